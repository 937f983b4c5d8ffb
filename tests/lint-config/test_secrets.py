#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Secrets are not printed.

A word that stands nowhere else is put at each place of a configuration that is for a
secret, of every kind of file; as it should be, and broken: cut off behind each octet, with
each octet missing, and with what opens or closes something put in before each octet of the
secret. Nothing that the tool or the agent says may have five octets of it in a row.
"""
import os
import subprocess
import sys
import tempfile

TOOL = os.environ.get("TG_TOOL", "trustgate")
AGENT = os.environ.get("TG_AGENT", os.path.join(os.path.dirname(TOOL), "trustgated"))
CANARY = "Zq7xW3kVj9pH2"
PIECES = [CANARY[i:i + 5].lower() for i in range(len(CANARY) - 4)]
ROW = "secrets"

count = failures = 0


def ok(good, what, detail=""):
    global count, failures
    count += 1
    print("%sok %d - %s" % ("" if good else "not ", count, what))
    if not good:
        failures += 1
        for line in str(detail).splitlines()[:12]:
            print("# " + line)
    sys.stdout.flush()


HENB = """[charon]
child = core
[peer]
name = segw.example.org
anchor = /etc/trustgate/oproot.pem
[ocsp]
uri = http://u:@@10.99.0.2:8080/
direct_uri = http://u:@@responder.example.org/
[hems]
mode = internet-tls
url = https://admin:@@hems.operator.example:443/acs
"""
SEGW = """[agent]
role = segw
[authz]
mode = aaa
server = 10.0.0.1
secret = @
nas = segw
[vendor acme]
anchor = /etc/trustgate/vroot.pem
sources = a
[source a]
class = operator-ocsp
uri = http://u:@@10.0.0.2/ocsp
[segw]
status_uri = http://u:@@10.0.0.3/
[integrity]
enrolment = postgresql://trustgate:@@db.example.org/devices
validate_uri = https://u:@@validate.example.org/
[devid]
aaa = @
"""
SEGW = SEGW.replace("[devid]\naaa = @\n", "")
SWANCTL = """connections {
 segw {
  version = 2
  remote { id = segw.example.org }
 }
}
secrets {
 ike-a {
  secret = @
  id = henb.example.org
 }
 eap-b {
  secret = "@"
 }
 private-c {
  file = key.pem
  secret = 0s@
 }
 token-d {
  handle = 81010004
  pin = @
 }
 ppk-e {
  secret = @
 }
 pkcs12-f {
  secrt = @
 }
}
"""
STRONGSWAN = """charon {
 load_modular = yes
 plugins {
  eap-radius {
   load = yes
   secret = @
   servers {
    a { address = 10.0.0.1
     secret = @
    }
   }
  }
  sql { database = mysql://u:@@localhost/ipsec }
  load-tester { preshared_key = @ }
 }
}
"""
PLUGIN = """eap-radius {
 load = yes
 secret = @
}
"""
UCI = """config acs
\toption url 'https://admin:@@hems.operator.example/acs'
\toption username 'admin'
\toption password '@'
\toption ssl_cert '/etc/trustgate/hnb.pem'
\toption ssl_key 'tpm:0x81010004'
\toption ssl_verify 'enabled'
config cpe
\toption passwd "@"
config local
\toption password @
"""
LINES = """acs.url = https://admin:@@hems.operator.example/acs
acs.passwd = @
acs.ssl_cert = /etc/trustgate/hnb.pem
acs.ssl_verify = 1
cpe.passwd = @
local.password = @
"""
SHOW = """cwmp.acs=acs
cwmp.acs.url='https://admin:@@hems.operator.example/acs'
cwmp.acs.passwd='@'
cwmp.acs.ssl_verify='1'
cwmp.cfg03=local
cwmp.cfg03.password='@'
"""
KINDS = [("agent", HENB), ("agent", SEGW), ("swanctl", SWANCTL), ("strongswan", STRONGSWAN),
         ("plugin", PLUGIN), ("cwmp", UCI), ("cwmp", LINES),
         ("cwmp", SHOW)]


def filled(text):
    """A lone @ is the secret, @@ the secret and the @ before a host."""
    return text.replace("@@", "\0").replace("@", CANARY).replace("\0", CANARY + "@")


def edits(text):
    """(what was done, the text) of each."""
    yield "as it is", text
    for at in range(1, len(text)):
        yield "cut at %d" % at, text[:at]
        yield "without octet %d" % at, text[:at - 1] + text[at:]
    at = text.find(CANARY)
    while at >= 0:
        for n in range(at, at + len(CANARY) + 1, 3):
            for put in "}{#\"'= \n:;,[]\\@/\0\t\r":
                yield "%r at %d" % (put, n), text[:n] + put + text[n:]
        # On the lines around it as well: an octet too much before the secret's own.
        for put in "}{\"'=#":
            start = text.rfind("\n", 0, at) + 1
            yield "%r at %d" % (put, start), text[:start] + put + text[start:]
        at = text.find(CANARY, at + 1)


# Thousands of runs; other tests look for what is not freed.
ENV = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")


def run(args):
    r = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENV,
                       stdin=subprocess.DEVNULL, check=False)
    if r.returncode < 0 or b"Sanitizer" in r.stdout:
        return "it crashed: " + r.stdout.decode(errors="replace")
    return r.stdout.decode(errors="replace")


def leaks(text):
    """The line that has some of it; None."""
    for line in text.splitlines():
        if any(p in line.lower() for p in PIECES) or line.startswith("it crashed"):
            return line
    return None


def write(path, text):
    with open(path, "wb") as f:
        f.write(text.encode())


def check_files(d, text, options, what, step=1):
    """Each @step-th edit of one file, as many at once as make a short run."""
    n = 0
    batch = []
    bad = None

    def flush():
        nonlocal bad
        if batch and not bad:
            line = leaks(run([TOOL, "check", "config", "-j"] + options + [p for p, _ in batch]))
            if line:
                # Which of them it was.
                for path, edit in batch:
                    one = leaks(run([TOOL, "check", "config", "-j"] + options + [path]))
                    if one:
                        bad = "%s: %s" % (edit, one)
                        break
                else:
                    bad = line
        batch.clear()

    for edit, changed in list(edits(filled(text)))[::step]:
        path = os.path.join(d, "f%d.conf" % (n % 40))
        write(path, changed)
        batch.append((path, edit))
        n += 1
        if len(batch) == 40:
            flush()
    flush()
    ok(not bad, "%s: check config of %s: none of %d texts is shown" % (ROW, what, n), bad)


def main():
    with tempfile.TemporaryDirectory() as d:
        for i, (kind, text) in enumerate(KINDS):
            check_files(d, text, ["--kind", kind], "%s %d" % (kind, i))
            check_files(d, text, [], "%s %d, by its content" % (kind, i), 7)
        # Which file it is may be wrong, too.
        for i, (kind, text) in enumerate(KINDS):
            path = os.path.join(d, "swanctl.conf")
            write(path, filled(text))
            bad = None
            for other in ("agent", "swanctl", "strongswan", "plugin", "profile", "reference",
                          "rules", "modprobe", "cwmp"):
                line = leaks(run([TOOL, "check", "config", "-j", "--kind", other, path]))
                if line and not bad:
                    bad = other + ": " + line
            ok(not bad, "%s: %s %d taken for any other kind of file" % (ROW, kind, i), bad)
        agent_and_verbs(d)
        databases(d)
    print("1..%d" % count)
    return failures != 0


def agent_and_verbs(d):
    path = os.path.join(d, "trustgated.conf")
    verbs = [[AGENT, "--check", "-c", path],
             [TOOL, "policy", "check", "--config", path, "--pcrs", "/dev/null"],
             [TOOL, "policy", "init", "--config", path],
             [TOOL, "revocation", "show", "--config", path],
             [TOOL, "revocation", "check", "--config", path, "/dev/null"],
             [TOOL, "check", "config", "-j", path],
             [TOOL, "revocation", "load", "--config", path, "/dev/null"]]
    # Of the last one nothing but the secret is wrong: a name that no file has.
    good = SEGW.replace("u:@@", "").replace("secret = @", "secret = /@")
    for name, text in (("henb", HENB), ("segw", SEGW), ("segw, good", good)):
        text = filled(text)
        every = list(edits(text))
        # Each of these is a run of its own.
        some = every[:1] + every[1::41]
        for verb in verbs:
            bad = None
            for edit, changed in some:
                write(path, changed)
                line = leaks(run(verb))
                if line:
                    bad = "%s: %s" % (edit, line)
                    break
            ok(not bad, "%s: %s of role %s: none of %d texts is shown" % (
                ROW, " ".join(os.path.basename(w) for w in verb[:3]), name, len(some)), bad)


def databases(d):
    config = os.path.join(d, "repository.conf")
    urls = ["postgresql://u:%s@127.0.0.1:1/db", "postgresql://u:%s127.0.0.1:1/db",
            "postgresql://u%s@127.0.0.1:1/db", "postgresql://u:p/%s@127.0.0.1:1/db",
            "postgresql://u:p@%s@127.0.0.1:1/db", "postgresql://u:p?%s@127.0.0.1:1/db",
            "postgresql://u:p%%zz%s@127.0.0.1:1/db", "postgresql://u:%s@127.0.0.1:port/db",
            "postgresql://u:p#%s@127.0.0.1:1/db", "postgresql://u@127.0.0.1:1/db?password=%s",
            "postgresql://u@127.0.0.1:1/db?password=p&sslpassword=%s", "postgresql:/u:%s@127.0.0.1:1/db",
            "postgresql:u:%s@127.0.0.1:1/db", "postgresql://u:p[%s@127.0.0.1:1/db",
            "postgresql://u:%s@127.0.0.1:1/db?sslmode=none", "postgresql://u:%s@127.0.0.1:1/db?nosuch=1",
            "host=127.0.0.1 user=u password=%s", "postgresql://u:%s@", "postgresql://:%s@127.0.0.1:1"]
    urls = [u % CANARY for u in urls]
    for url in urls:
        bad = None
        write(config, "[repository]\nlisten = 127.0.0.1:4433\nstore = %s\ntls-cert = x\n" % url)
        for args in (["devices", "list", "--devices", url], ["devices", "list", "-j", "--devices", url],
                     ["devices", "remove", "--devices", url, "a.example.org"],
                     ["sinks", "show", "--store", url],
                     ["sinks", "retain", "--store", "/nonexistent", "--to", url],
                     ["report", "verify", "--spi-i", "01" * 8, "--spi-r", "02" * 8, "--ni", "03" * 16,
                      "--nr", "04" * 16, "--id", "a.example.org", "--device", "a.example.org",
                      "--cert", "/dev/null", "--devices", url, "/dev/null"],
                     ["devid", "serve", "--config", config, "--check"],
                     ["devid", "repository", "--config", config, "--check"]):
            line = leaks(run([TOOL] + args))
            if line and not bad:
                bad = " ".join(args[:3]) + ": " + line
        ok(not bad, "%s: a database by %s: no verb shows it" % (ROW, url.replace(CANARY, "SECRET")), bad)


sys.exit(main())
