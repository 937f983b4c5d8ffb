#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules for strongSwan's configuration, each broken alone.

The shipped configurations pass. Then each rule, as listed in the rules themselves, is
broken in an otherwise good configuration: by a bad value, and by taking the key away when
strongSwan's default is bad. Exactly that rule must complain, of that file and line. A rule
that has no way to break it below fails the test.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOOL = os.environ.get("TG_TOOL", "trustgate")
POLICY = os.path.join(HERE, "..", "..", "policy")
if not os.path.exists(POLICY):
    POLICY = HERE


def shipped(name):
    flat = os.path.join(POLICY, os.path.basename(name))
    with open(flat if POLICY == HERE else os.path.join(POLICY, name), encoding="utf-8") as f:
        return f.read()


HENB = shipped("swanctl-henb.conf")
SEGW = shipped("swanctl-segw.conf")
DAEMON = shipped("strongswan-baseline.conf")
PLUGIN = shipped("strongswan-trustgate.conf")
AGENT = shipped("trustgated.conf")
RULES = shipped("lint/strongswan.rules")

count = failures = 0


def ok(good, what, detail=""):
    global count, failures
    count += 1
    print("%sok %d - %s" % ("" if good else "not ", count, what))
    if not good:
        failures += 1
        for line in str(detail).splitlines():
            print("# " + line)
    sys.stdout.flush()
    return good


class Result:
    def __init__(self, args, cwd=None, files=False):
        # What the shipped files name is nowhere here.
        how = ["-j"] if files else ["-j", "--no-files"]
        run = subprocess.run([TOOL, "check", "config"] + how + args, cwd=cwd,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.code = run.returncode
        self.err = run.stderr.decode(errors="replace")
        self.doc = json.loads(run.stdout) if run.stdout else {}
        self.errors = self.doc.get("errors", [])
        self.warnings = self.doc.get("warnings", [])

    def rules(self):
        return sorted(e["rule"] for e in self.errors)

    def clean(self):
        return (self.code == 0 and self.doc["ok"] and not self.errors and not self.warnings
                and not self.err)

    def only(self, rule, name, line):
        """Exactly this, in JSON and as text, and the exit status says so."""
        if self.code != 1 or self.doc["ok"] or len(self.errors) != 1:
            return False
        e = self.errors[0]
        return (e["rule"] == rule and os.path.basename(e["file"]) == name and
                e["line"] == line and e["why"] and e["remedy"] and
                re.search(r"^trustgate: \S*%s%s: .+ \[%s.*\] \(.+\)$" % (
                    re.escape(name), ":%d" % line if line else "", re.escape(rule)),
                          self.err, re.M))

    def __str__(self):
        return "exit %d\n%s" % (self.code, self.err)


def check(files, *args):
    """The texts of @files, a dict by name, as one configuration."""
    with tempfile.TemporaryDirectory() as d:
        for name, text in files.items():
            path = os.path.join(d, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(text if isinstance(text, bytes) else text.encode())
        named = [os.path.join(d, n) for n in files if not n.startswith("inc/")]
        return Result(list(args) + named)


# --- editing the shipped files, which have one statement a line ---------------------

def scan(text):
    """(line number from 0, path of the section, what) of each line of interest."""
    path = []
    for n, line in enumerate(text.splitlines()):
        line = line.split("#")[0].strip()
        if line.endswith("{"):
            path.append(line[:-1].split(":")[0].strip())
            yield n, ".".join(path), None
        elif line == "}":
            path.pop()
        elif "=" in line:
            yield n, ".".join(path), line.split("=")[0].strip()


def where(text, path):
    """Line of section or key @path, None."""
    for n, section, key in scan(text):
        if path == (section if key is None else section + "." + key):
            return n
    return None


def insert(text, section, *lines):
    """Right behind the opening line of @section; its line number, from 1."""
    rows = text.splitlines()
    n = where(text, section)
    rows[n + 1:n + 1] = lines
    return "\n".join(rows) + "\n", n + 2


def put(text, path, value):
    """Key @path gets @value; the line."""
    section, key = path.rsplit(".", 1)
    n = where(text, path)
    while n is None and where(text, section) is None:
        # The sections on the way, on one line.
        section, inner = section.rsplit(".", 1)
        key = "%s { %s = %s }" % (inner, key, value) if "{" not in key else \
            "%s { %s }" % (inner, key)
    if n is None:
        line = key if "{" in key else "%s = %s" % (key, value)
        return insert(text, section, line)
    rows = text.splitlines()
    rows[n] = "%s = %s" % (key, value)
    return "\n".join(rows) + "\n", n + 1


def drop(text, path):
    """Key @path goes; the line of the section that lacks it then."""
    n = where(text, path)
    rows = text.splitlines()
    if n is not None:
        del rows[n]
    section = path.rsplit(".", 1)[0]
    while where(text, section) is None:
        section = section.rsplit(".", 1)[0]
    return "\n".join(rows) + "\n", where(text, section) + 1


def cut(text, section):
    """Without @section and all in it; its line."""
    rows = text.splitlines()
    n = where(text, section)
    depth, end = 0, n
    while True:
        depth += rows[end].split("#")[0].count("{") - rows[end].split("#")[0].count("}")
        end += 1
        if depth == 0:
            break
    del rows[n:end]
    return "\n".join(rows) + "\n", n + 1


# --- each rule ----------------------------------------------------------------------

def read_rules():
    """{identifier: {key: value}}; the file has one statement a line."""
    rules, scope, name = {}, None, None
    depth = 0
    for line in RULES.splitlines():
        line = line.strip()
        if line.startswith("#"):
            continue
        if line.endswith("{"):
            depth += 1
            if depth == 1:
                scope = line[:-1].strip()
            elif depth == 2:
                name = scope + "." + line[:-1].strip()
                rules[name] = {}
        elif line == "}":
            depth -= 1
        elif "=" in line and depth == 2:
            key, value = line.split("=", 1)
            rules[name][key.strip()] = value.strip().strip('"')
    return rules


IDS = ["%any", "*", "\"\"", "*.example.org", "segw*.example.org", "segw", "C=CH,CN=segw.example.org",
       "keyid:segw.example.org", "segw@example.org", "10.0.0.0/24", "10.0.0.1-10.0.0.9", "0.0.0.0",
       "::", "%any6", "fqdn:*.example.org", "@*.example.org", "segw.example.org.",
       "-segw.example.org", "\"asn1dn:#30\""]
AUTHS = ["pubkey", "psk", "eap-aka", "eap", "xauth", "pubkey-sha1", "pubkey-sha256-sha1", "rsa",
         "rsa-2048", "ecdsa", "ecdsa-256", "pubkey-sha224", "pubkey-sha265", "pubkey-md5",
         "ike:pubkey", "sha256", "PUBKEY-sha256", "eap-aka-pubkey-sha256", "eap:pubkey-sha256"]
ACTIONS = ["start", "restart", "trap|start", "always"]

# Values that break the rule, and whether strongSwan's default breaks it as well.
BREAK = {
    "swanctl.version": (["1", "0", "two"], True),
    "swanctl.remote-addrs": (["%any", "0.0.0.0/0", "segw.example.org, %any", "10.0.0.0/8",
                              "10.0.0.1-10.0.0.9", "::"], True),
    "swanctl.remote-id": (IDS, True),
    "swanctl.remote-id-pattern": (["%any", "*", "*.org", "henb*.example.org", "C=CH,CN=*",
                                   "*@example.org", "*.*.example.org"], True),
    "swanctl.local-auth": (AUTHS, True),
    "swanctl.local-auth-segw": (AUTHS + ["eap-radius"], True),
    "swanctl.remote-auth": (AUTHS, True),
    "swanctl.remote-auth-segw": (AUTHS + ["eap-radius"], True),
    "swanctl.raw-key": (["segw.pem", "0x3059"], False),
    "swanctl.raw-key-local": (["henb.pem"], False),
    "swanctl.key-token": (["henb.pem", "\"\""], True),
    "swanctl.key-private": (["private-henb { file = henb.pem }"], False),
    "swanctl.key-rsa": (["rsa { file = henb.pem }", "RSA2 { }"], False),
    "swanctl.key-ecdsa": (["ecdsa-1 { file = henb.pem }"], False),
    "swanctl.key-pkcs8": (["pkcs8_1 { file = henb.pem }"], False),
    "swanctl.key-pkcs12": (["pkcs12x { file = henb.p12 }"], False),
    "swanctl.psk": (["ike-1 { secret = foo }"], False),
    "swanctl.anchor": (["oproot.pem, other.pem", "\"\""], True),
    "swanctl.anchor-segw": (["\"\""], True),
    "swanctl.revocation-strict": (["relaxed", "ifuri", "no"], True),
    "swanctl.revocation-inband": (["relaxed", "ifuri", "no"], True),
    "swanctl.revocation-relaxed": (["strict", "ifuri", "no"], False),
    "swanctl.ocsp": (["reply", "never", "yes"], False),
    "swanctl.ocsp-reply": (["request", "never", "no"], False),
    "swanctl.send-cert": (["ifasked", "never", "yes"], True),
    "swanctl.send-certreq": (["no", "0", "maybe"], False),
    "swanctl.unique": (["no", "replace", "keep", "yes"], True),
    "swanctl.unique-segw": (["no", "keep", "yes"], True),
    "swanctl.mobike": (["yes", "1", "true", "Enabled", "off"], True),
    "swanctl.fragmentation": (["no", "accept", "on"], False),
    "swanctl.reauth-time": (["0", "0s", "25h", "2d", "86401", "1441m", "-1", "1w", "24 hours",
                             "99999999999999999999"], True),
    "swanctl.start-action": (ACTIONS, False),
    "swanctl.start-action-trap": (["trap", "route"], False),
    "swanctl.close-action": (ACTIONS, False),
    "swanctl.dpd-action": (ACTIONS, False),
    "swanctl.child-mode": (["pass", "transport", "beet"], False),
    "swanctl.leak": (["0.0.0.0/0", "10.0.0.0/8", "10.98.0.0/24", "10.99.0.0/24, 10.99.1.1",
                      "::/0", "dynamic", "10.99.0.200-10.99.1.3", "nonsense"], True),
    "swanctl.multicast": (["10.99.0.0/24, fd99::/64, 239.1.1.0/24", "224.0.0.0/4, 10.99.0.1",
                           "10.99.0.0/24, 239.1.1.1-239.1.1.9", "0.0.0.0/0, 239.0.0.0/8"], False),
    "swanctl.policies": (["no", "0"], False),
    "swanctl.hw-offload": (["yes", "auto", "packet", "crypto"], False),
    "swanctl.unknown-connection": (["mobik = no", "start_action = none", "VERSION = 2"], False),
    "swanctl.unknown-local": (["cert = a.pem", "revocation = strict"], False),
    "swanctl.unknown-remote": (["cacert = a.pem", "mobike = no"], False),
    "swanctl.unknown-child": (["start-action = none", "hwoffload = no"], False),
    "charon.trustgate": (["no", "0", "false"], True),
    "charon.key-store": (["no"], True),
    "charon.ocsp-request": (["no", "0"], False),
    "charon.systime-fix": (["yes", "1", "10"], False),
    "charon.kernel-libipsec": (["yes"], False),
    "charon.bypass-lan": (["yes"], False),
    "charon.load-tester": (["yes"], False),
    "charon.hash-and-url": (["yes", "1", "perhaps"], False),
    "charon.follow-redirects": (["yes", "1", "off"], True),
    "charon.multiple-authentication": (["no"], False),
    "charon.flush-auth-cfg": (["yes"], False),
    "charon.ocsp-nonce-len": (["16", "8", "0"], False),
    "charon.revocation-ocsp": (["yes", "later"], True),
    "charon.revocation-crl": (["yes", "later"], True),
    "charon.signature-authentication": (["no"], False),
    "charon.signature-constraints": (["no"], False),
    "charon.eap-only": (["yes"], False),
}


def concrete(path, role):
    """A rule's path in the shipped files."""
    conn = "henb" if role == "segw" else "segw"
    path = re.sub(r"^connections\.\*", "connections." + conn, path)
    path = path.replace("children.*", "children.core").replace("token*", "token-ike")
    return re.sub(r"\b(local|remote)\*", r"\1", path)


def base_of(rule):
    """File name, its text, path and options with which the rule alone can break."""
    path = rule["path"]
    if rule["scope"] == "charon":
        return "strongswan.conf", DAEMON, "charon." + path, []
    role = "segw" if rule.get("role") == "segw" else "henb"
    text = SEGW if role == "segw" else HENB
    args = ["--role", role]
    if rule["check"] == "unmixed":
        text = put(text, "connections.segw.children.core-or-nothing.remote_ts", "0.0.0.0/0, ::/0")[0]
    if rule.get("mode", "intunnel") != "intunnel":
        text = put(text, "connections.segw.remote.revocation", "strict")[0]
        args += ["--mode", rule["mode"]]
    return "swanctl.conf", text, concrete(path, role), args


def break_value(name, rule, value):
    file, text, path, args = base_of(rule)
    if rule["check"] == "absent":
        bad, line = insert(text, path.rsplit(".", 1)[0], value)
    elif rule["check"].startswith("keys "):
        bad, line = insert(text, path, value)
    else:
        bad, line = put(text, path, value)
    got = check({file: bad}, *args)
    rows = rule["clause"]
    if rule.get("level") == "warning":
        good = (got.code == 0 and not got.errors and len(got.warnings) == 1 and
                got.warnings[0]["rule"] == name and got.warnings[0]["line"] == line)
    else:
        good = got.only(name, file, line)
        if good and rule["check"] != "absent" and value[0] != '"':
            good = got.errors[0]["value"] == value and not got.errors[0]["default"]
    ok(good, "%s (%s): %s" % (name, rows, value or "empty"), got)


def take_away(name, rule, unsafe):
    file, text, path, args = base_of(rule)
    if rule["check"] == "absent" or rule["check"].startswith("keys "):
        return
    bad, line = drop(text, path)
    got = check({file: bad}, *args)
    told = got.warnings if rule.get("level") == "warning" else got.errors
    if unsafe and rule.get("level") == "warning":
        good = got.code == 0 and [w["rule"] for w in told] == [name] and told[0]["default"]
    elif unsafe:
        good = got.only(name, file, line) and told[0]["default"]
    else:
        good = got.clean()
    ok(good, "%s (%s): not set, which is %s" % (name, rule["clause"],
                                                 "refused" if unsafe else "as good"), got)


def each_rule():
    rules = read_rules()
    ok(len(rules) > 40, "there are rules", rules)
    for name, rule in rules.items():
        rule["scope"] = name.split(".")[0]
        if not ok(name in BREAK, "%s: the test knows how to break it" % name):
            continue
        values, unsafe = BREAK[name]
        file, text, _, args = base_of(rule)
        got = check({file: text}, *args)
        ok(got.clean(), "%s: passes before" % name, got)
        for value in values:
            break_value(name, rule, value)
        take_away(name, rule, unsafe)
    ok(not set(BREAK) - set(rules), "no test of a rule that is gone", set(BREAK) - set(rules))


# --- what no rule alone shows -------------------------------------------------------

def passes(what, files, *args):
    got = check(files, *args)
    ok(got.clean(), what, got)


def refused(what, files, rule, name, line, *args):
    got = check(files, *args)
    ok(got.only(rule, name, line), what, got)


def each_shipped():
    for name in ("swanctl-henb.conf", "swanctl-segw.conf", "strongswan-baseline.conf",
                 "strongswan-trustgate.conf", "trustgated.conf", "lint/strongswan.rules",
                 "modprobe-trustgate.conf", "trustgated-segw.conf"):
        passes("shipped, and by its own name: " + name,
               {os.path.basename(name): shipped(name)})
    passes("shipped, as one configuration", {
        "trustgated.conf": AGENT, "swanctl.conf": HENB, "strongswan.conf": DAEMON})
    henb, segw = shipped("swanctl-henb-combined.conf"), shipped("swanctl-segw-combined.conf")
    agent = AGENT.replace("[gate]", "[gate]\nauthentication = combined", 1)
    gateway = shipped("trustgated-segw.conf").replace("[segw]", "[segw]\ncombined = *", 1)
    passes("HNB-F3-03c: shipped, with both rounds",
           {"trustgated.conf": agent, "swanctl.conf": henb, "strongswan.conf": DAEMON})
    passes("SGW-F3-03b: shipped, the SeGW's with both rounds",
           {"trustgated.conf": gateway, "swanctl.conf": segw, "strongswan.conf": DAEMON})
    signs = AGENT.replace("[tre]", "[tre]\nsign_auth = yes", 1)
    got = check({"trustgated.conf": signs, "swanctl.conf": HENB})
    ok(got.rules() == ["trustgated.tre.sign_auth"],
       "HNB-TRE-10: the agent is to sign, and charon has a token", got)
    bare = re.sub(r"(?s)\n\s*token[^{]*{.*?}", "", HENB)
    passes("HNB-TRE-10: the agent is to sign, and charon has none",
           {"trustgated.conf": signs, "swanctl.conf": bare, "strongswan.conf": DAEMON})
    got = check({"trustgated.conf": agent, "swanctl.conf": HENB})
    ok(got.rules() == ["trustgated.gate.authentication"],
       "HNB-F3-03c: combined, and there is no second local round", got)
    got = check({"trustgated.conf": gateway, "swanctl.conf": SEGW})
    ok(got.rules() == ["trustgated.segw.combined"],
       "SGW-F3-03b: combined, and there is no second remote round", got)
    refused("SGW-F3-21, PIT-31: with EAP charon would find the wrong IKE SAs",
            {"swanctl.conf": segw.replace("unique = never", "unique = replace")},
            "swanctl.unique-segw", "swanctl.conf", where(segw, "connections.henb.unique") + 1)
    refused("SGW-OLD-02, PIT-29: INITIAL_CONTACT, and the old IKE SA goes without a Delete",
            {"swanctl.conf": HENB.replace("unique = never", "unique = replace")},
            "swanctl.unique", "swanctl.conf", where(HENB, "connections.segw.unique") + 1)
    passes("shipped, the SeGW's", {
        "trustgated.conf": shipped("trustgated-segw.conf"), "swanctl.conf": SEGW,
        "strongswan.conf": DAEMON})


def good_values():
    conn = "connections.segw."
    for value in ("192.0.2.1", "2001:db8::1", "@segw.example.org", "fqdn:segw.example.org",
                  "SEGW.example.org"):
        text, _ = put(HENB, conn + "remote.id", value)
        passes("HNB-AUTH-09: remote.id = %s passes" % value, {"swanctl.conf": text})
    for value in ("rsa/pss-sha256", "ecdsa-256-sha384", "ike:pubkey-sha512", "rsa-3072-sha256",
                  "ed25519-identity", "pubkey-sha384-ike:pubkey-sha512"):
        text, _ = put(HENB, conn + "remote.auth", value)
        passes("HASH-05: remote.auth = %s passes" % value, {"swanctl.conf": text})
    for value in ("86400", "1d", "24h", "1440m", "1 h", "30s", "0x100"):
        text, _ = put(HENB, conn + "reauth_time", value)
        passes("HNB-GATE-15: reauth_time = %s passes" % value, {"swanctl.conf": text})
    for value in ("no", "0", "False", "DISABLED"):
        text, _ = put(HENB, conn + "mobike", value)
        passes("HNB-GATE-17: mobike = %s passes" % value, {"swanctl.conf": text})
    text, _ = drop(HENB, conn + "remote.cacerts")
    text, _ = insert(text, conn + "remote", "cacert-tpm { handle = 0x01800001 }")
    passes("HNB-TRE-06: a root in the TPM passes", {"swanctl.conf": text})


def rounds():
    conn = "connections.segw"
    text, _ = insert(HENB, conn, "local-2 {", "round = 2", "auth = eap-aka", "}")
    passes("HNB-F3-03c: eap-aka as second round passes", {"swanctl.conf": text})
    text, line = insert(HENB, conn, "local-2 {", "round = 2", "auth = eap-md5", "}")
    refused("HNB-F3-03c: another EAP does not", {"swanctl.conf": text}, "swanctl.local-auth",
            "swanctl.conf", line + 2)
    text, line = insert(HENB, conn, "local-0 { auth = eap-aka }")
    refused("HNB-AUTH-01: eap-aka before the certificate", {"swanctl.conf": text},
            "swanctl.local-auth", "swanctl.conf", line)
    text, line = insert(HENB, conn, "local-2 { auth = eap-aka }")
    text, _ = insert(text, conn + ".local", "round = 1")
    refused("HNB-AUTH-01: eap-aka made the first by its number", {"swanctl.conf": text},
            "swanctl.local-auth", "swanctl.conf", line)
    text, line = insert(HENB, conn, "remote-2 {", "round = 2", "id = segw.example.org",
                        "cacerts = oproot.pem", "auth = psk", "}")
    refused("HNB-AUTH-01: a second remote round with a secret", {"swanctl.conf": text},
            "swanctl.remote-auth", "swanctl.conf", line + 4)
    text, _ = put(SEGW, "connections.henb.unique", "never")
    text, _ = insert(text, "connections.henb", "remote-2 {", "round = 2", "auth = eap-radius", "}")
    passes("SGW-F3-08: eap-radius as second round of a SeGW passes", {"swanctl.conf": text})
    text, line = cut(HENB, conn + ".remote")
    got = check({"swanctl.conf": text})
    ok(got.code == 1 and got.rules() == ["swanctl.anchor", "swanctl.remote-auth",
                                         "swanctl.remote-id"],
       "HNB-AUTH-09: without a remote section its defaults are judged", got)


# As Documentation/gate.rst has it, and as strongSwan's own scenarios do.
EXAMPLE = """shunt {
    children {
        core {
            mode = drop
            start_action = trap
            local_ts = 10.10.0.0/24, 10.50.0.0/24
            remote_ts = 10.99.0.0/24
        }
    }
}
"""


def shunt_connections():
    gate = os.path.join(HERE, "..", "..", "Documentation", "gate.rst")
    if os.path.exists(gate):
        with open(gate, encoding="utf-8") as f:
            ok("".join(EXAMPLE.split()) in "".join(f.read().split()), "HNB-GATE-21: it is gate.rst's example")
    lines = EXAMPLE.splitlines()
    both, _ = insert(HENB, "connections", *lines)
    passes("HNB-GATE-21: its example beside a tunnel passes", {"swanctl.conf": both})
    passes("HNB-GATE-21: and in a file of its own",
           {"swanctl.conf": HENB, "shunts.conf": "connections {\n" + EXAMPLE + "}\n"})
    both, _ = insert(SEGW, "connections", *lines)
    passes("HNB-GATE-21: and at a SeGW", {"swanctl.conf": both})
    local = EXAMPLE.replace("shunt {", "shunt {\n remote_addrs = 127.0.0.1", 1).splitlines()
    both, _ = insert(HENB, "connections", *local)
    passes("HNB-GATE-21: as strongSwan's scenarios have it, with an address of nobody", {"swanctl.conf": both})
    both, _ = insert(HENB, "connections", *EXAMPLE.replace("drop", "pass").splitlines())
    got = check({"swanctl.conf": both})
    ok(got.code == 1 and got.rules() == ["swanctl.child-mode"], "HNB-GATE-21: one that passes is refused as that", got)
    both, _ = insert(HENB, "connections", *EXAMPLE.replace("mode = drop", "").splitlines())
    got = check({"swanctl.conf": both})
    ok(got.code == 1 and "swanctl.version" in got.rules() and "swanctl.anchor" in got.rules(),
       "HNB-AUTH-05: one of a tunnel is none that only shunts", got)
    two = EXAMPLE.replace("core {", "other { remote_ts = 10.98.0.0/24 }\n core {")
    both, _ = insert(HENB, "connections", *two.splitlines())
    got = check({"swanctl.conf": both})
    ok(got.code == 1 and "swanctl.version" in got.rules(), "HNB-AUTH-05: nor one that has both", got)
    both, _ = insert(HENB, "connections", *EXAMPLE.replace("shunt {", "shunt {\n mobik = no").splitlines())
    got = check({"swanctl.conf": both})
    ok(got.code == 0 and [w["rule"] for w in got.warnings] == ["swanctl.unknown-connection"],
       "a key that it has and nobody knows is told", got)
    none = {"swanctl.conf": "connections { }\nsecrets {\n ike-a {\n  secret = x\n }\n}\n"}
    got = check(none)
    ok(got.code == 1 and [w["rule"] for w in got.warnings] == ["swanctl.connections"] and
       got.rules() == ["swanctl.psk"], "HNB-AUTH-01: no connections: said, and rules of no role count", got)
    got = check({"swanctl.conf": "authorities {\n}\n"})
    ok(got.code == 0 and [w["rule"] for w in got.warnings] == ["swanctl.connections"], "also without the section", got)
    for name, text in (("ipsec.conf", "config setup\n"), ("a.conf", "config setup\n\tuniqueids=no\n"),
                       ("b.conf", "# x\nconn %default\n\tkeyexchange=ikev2\n"),
                       ("c.conf", "ca strongswan\n\tcacert=x.pem\n\nconn a\n\tauto=add\n"),
                       ("ipsec.secrets", ""), ("d.conf", ": RSA key.pem\n"), ("e.conf", "a b : PSK \"x\"\n")):
        got = check({name: text})
        ok(got.code == 1 and got.rules() == ["config.kind"] and "ipsec.conf" in got.err,
           "%s is named as what it is" % name, got)
    text, _ = insert(HENB, "connections.segw.remote", "xauth_id = x")
    passes("remote.xauth_id is a key of charon's", {"swanctl.conf": text})


def shunts():
    child = "connections.segw.children.core"
    shunt = child + "-or-nothing"
    line = where(HENB, child + ".remote_ts") + 1
    for what, text in (
            ("removed", cut(HENB, shunt)[0]),
            ("not installed", put(HENB, shunt + ".start_action", "none")[0]),
            ("started in vain", put(HENB, shunt + ".start_action", "start")[0]),
            ("too narrow", put(HENB, shunt + ".remote_ts", "10.99.0.0/25, fd99::/64")[0]),
            ("for IPv4 only", put(HENB, shunt + ".remote_ts", "10.99.0.0/24")[0]),
            ("for one source only", put(HENB, shunt + ".local_ts", "10.1.1.1, ::/0")[0]),
            ("for one protocol only",
             put(HENB, shunt + ".remote_ts", "10.99.0.0/24[tcp], fd99::/64")[0]),
            ("for one mark only", insert(HENB, shunt, "mark_out = 1")[0]),
            ("for one interface only", insert(HENB, shunt, "if_id_out = 7")[0])):
        got = check({"swanctl.conf": text})
        bad = [e for e in got.errors if e["rule"] == "swanctl.leak"]
        at = where(text, child + ".remote_ts") + 1
        ok(got.code == 1 and len(bad) == 1 and len(got.errors) <= 2 and bad[0]["line"] == at,
           "HNB-GATE-21: a drop policy %s leaks" % what, got)
    text, _ = put(HENB, shunt + ".remote_ts", "0.0.0.0/0, ::/0")
    passes("HNB-GATE-21: one for everything covers", {"swanctl.conf": text})
    for what, selectors in (("everything", "0.0.0.0/0, ::/0"), ("groups alone", "239.1.0.0/16, 239.2.2.2"),
                            ("hosts and groups of IPv6", "10.99.0.0/24, fd99::/64, ff15::/64")):
        mixed, _ = put(text, child + ".remote_ts", selectors)
        passes("HNB-GATE-21: selectors that share no next hop: " + what, {"swanctl.conf": mixed})
    shunt_connections()
    text, _ = put(HENB, shunt + ".remote_ts", "10.98.255.0-10.99.0.255, fd99::/64")
    passes("HNB-GATE-21: a range covers", {"swanctl.conf": text})
    text, _ = drop(put(HENB, shunt + ".local_ts", "dynamic")[0], shunt + ".remote_ts")
    passes("HNB-GATE-21: dynamic in a policy means everything", {"swanctl.conf": text})
    text, _ = put(HENB, child + ".local_ts", "dynamic, 10.10.0.0/24, fd10::/64")
    passes("HNB-GATE-21: networks behind the box are covered", {"swanctl.conf": text})
    text, _ = put(cut(HENB, shunt)[0], child + ".start_action", "trap")
    got = check({"swanctl.conf": text})
    ok(got.code == 0 and [w["rule"] for w in got.warnings] == ["swanctl.start-action-trap"],
       "HNB-GATE-21: a trap leaks nothing, but is warned of", got)
    text, _ = insert(HENB, "connections.segw.children", "lan { mode = pass remote_ts = 10.0.0.0/8 }")
    refused("HNB-GATE-21: a pass policy", {"swanctl.conf": text}, "swanctl.child-mode",
            "swanctl.conf", where(text, "connections.segw.children") + 2)
    text, _ = insert(HENB, child, "remote_ts = 10.77.0.0/24")
    ok(check({"swanctl.conf": text}).clean(), "of a key given twice the last counts", line)


def modes():
    conn = "connections.segw."
    got = check({"swanctl.conf": HENB}, "--mode", "direct")
    ok(got.rules() == ["swanctl.revocation-strict"],
       "HNB-OCSP-05: mode direct wants strict", got)
    passes("HNB-GATE-01: with intunnel among the modes it stays relaxed", {"swanctl.conf": HENB},
           "--mode", "inband,direct,intunnel")
    for value in ("request", "both"):
        text, _ = put(HENB, conn + "ocsp", value)
        passes("HNB-F2-07: ocsp = %s passes" % value, {"swanctl.conf": text})
    text, line = put(DAEMON, "charon.plugins.trustgate.ocsp_request", "no")
    passes("HNB-F2-07: nothing is asked where nothing is wanted", {"strongswan.conf": text},
           "--mode", "intunnel")
    text = re.sub(r"enable_(ocsp|crl) = no", "", DAEMON)
    passes("HNB-GATE-01: outside of the tunnel charon may fetch", {"strongswan.conf": text},
           "--mode", "direct")
    passes("PIT-56: a SeGW's charon may fetch", {"strongswan.conf": text}, "--role", "segw")


def daemons():
    passes("charon-systemd reads charon's section as well", {
        "strongswan.conf": DAEMON + "charon-systemd { journal { default = 1 } }\n"})
    text = DAEMON + "charon-systemd {\nfollow_redirects = yes\n}\n"
    refused("PIT-52: but its own counts first", {"strongswan.conf": text},
            "charon.follow-redirects", "strongswan.conf", len(text.splitlines()) - 1)
    got = check({"strongswan.conf": "# nothing\n"})
    ok(got.code == 1 and "charon.follow-redirects" in got.rules(),
       "PIT-52: an empty strongswan.conf means the defaults", got)
    listed = DAEMON.replace("load_modular = yes",
                            "load = random openssl tpm! revocation vici trustgate\n")
    passes("plugins by list", {"strongswan.conf": listed})
    for bad, rule in ((" trustgate\n", "charon.trustgate"), (" tpm! ", "charon.key-store")):
        got = check({"strongswan.conf": listed.replace(bad, "\n" if "\n" in bad else " ")})
        ok(got.rules() == [rule], "%s: not in the list" % rule, got)
    text = listed.replace("vici ", "vici systime-fix ")
    refused("PIT-23: systime-fix in the list", {"strongswan.conf": text}, "charon.systime-fix",
            "strongswan.conf", where(text, "charon.load") + 1)
    text = re.sub(r"enable_(ocsp|crl) = no", "", listed.replace(" revocation vici", " vici"))
    passes("PIT-56: revocation that is not loaded fetches nothing", {"strongswan.conf": text})
    text = PLUGIN.replace("load = yes", "load = no")
    refused("a plugin's own file that does not load it", {"trustgate.conf": text},
            "charon.trustgate", "trustgate.conf", where(text, "trustgate.load") + 1)


def includes():
    split = {"swanctl.conf": "# split\ninclude inc/*.conf\n", "inc/a.conf": HENB}
    passes("an include by pattern is followed", split)
    bad, line = put(HENB, "connections.segw.mobike", "yes")
    refused("HNB-GATE-17: what is found is found in the included file",
            dict(split, **{"inc/a.conf": bad}), "swanctl.mobike", "a.conf", line)
    refused("HNB-GATE-17: a later include overrides",
            {"swanctl.conf": HENB + "include inc/z.conf\n",
             "inc/z.conf": "connections { segw {\n mobike = yes\n}}\n"},
            "swanctl.mobike", "z.conf", 2)
    passes("and is overridden", {
        "swanctl.conf": "include inc/z.conf\n" + HENB,
        "inc/z.conf": "connections { segw {\n mobike = yes\n}}\n"})
    passes("an include in a section, relative to its file", {
        "strongswan.conf": DAEMON + "charon { plugins { include inc/*.conf } }\n",
        "inc/vici.conf": "vici { load = yes }\n"})
    refused("an include of a file that is not there", {"swanctl.conf": HENB + "include nil.conf\n"},
            "settings.include", "swanctl.conf", len(HENB.splitlines()) + 1)
    got = check({"swanctl.conf": "include swanctl.conf\n"})
    ok(got.code == 1 and "settings.include" in got.rules(), "a file that includes itself", got)
    refused("an error in an included file", dict(split, **{"inc/b.conf": "\nconnections {\n"}),
            "settings.unclosed", "b.conf", 2)
    text, line = drop(HENB, "connections.segw.mobike")
    text = text.replace("    segw {", "    segw : common {", 1) + "common {\n  mobike = no\n}\n"
    passes("a value by reference", {"swanctl.conf": text})
    refused("HNB-GATE-17: a bad value by reference, where it stands",
            {"swanctl.conf": text.replace("mobike = no", "mobike = yes")},
            "swanctl.mobike", "swanctl.conf", len(text.splitlines()) - 1)
    refused("a reference to nothing", {"swanctl.conf": text.replace("}\ncommon {", "}\ncomon {")},
            "settings.reference", "swanctl.conf", where(text, "connections.segw") + 1)
    passes("in two files", {"swanctl.conf": HENB, "conf.d/pools.conf": "pools { }\n"})


def whole():
    agent = {"trustgated.conf": AGENT}
    text, line = put(HENB, "connections.segw.remote.id", "other.example.org")
    refused("HNB-AUTH-09: another name than the agent's", dict(agent, **{"swanctl.conf": text}),
            "swanctl.remote-id", "swanctl.conf", line)
    passes("which alone would do", {"swanctl.conf": text})
    got = check({"trustgated.conf": shipped("trustgated-segw.conf"),
                 "swanctl.conf": HENB.replace("unique = never", "unique = keep")})
    ok(got.code == 1 and "swanctl.unique-segw" in got.rules(), "the agent's role: segw", got)
    got = check(dict(agent, **{"swanctl.conf": SEGW}))
    ok("swanctl.remote-id" in got.rules(), "the agent's role counts before a guess", got)
    got = check({"swanctl.conf": SEGW}, "--role", "henb")
    ok("swanctl.unique" in got.rules(), "and --role before both", got)
    for key, bad in (("ike", "sgw"), ("child", "cor")):
        text = re.sub(r"^%s = .*" % key, "%s = %s" % (key, bad), AGENT, flags=re.M)
        got = check({"trustgated.conf": text, "swanctl.conf": HENB})
        ok(got.rules() == ["trustgated.charon." + key], "the agent's %s is not there" % key, got)
    got = check({"trustgated.conf": AGENT.replace("#nonce = required", "nonce = maybe")})
    ok(got.rules() == ["trustgated.ocsp.nonce"], "the agent's file: the key is the rule", got)
    direct = AGENT.replace("uri = http", "mode = direct\nuri = http", 1)
    got = check({"trustgated.conf": direct, "swanctl.conf": HENB})
    ok(got.rules() == ["swanctl.revocation-strict"],
       "HNB-OCSP-05: the agent's mode counts", got)
    got = check({"swanctl.conf": put(HENB, "connections.segw.mobike", "yes")[0],
                 "strongswan.conf": put(DAEMON, "charon.follow_redirects", "yes")[0]})
    ok(got.rules() == ["charon.follow-redirects", "swanctl.mobike"], "all is told at once", got)


def bad_files():
    for what, name, text, rule in (
            ("not closed", "swanctl.conf", HENB[:-10], "settings.unclosed"),
            ("NUL in it", "swanctl.conf", HENB.encode() + b"\0", "settings.nul"),
            ("huge", "swanctl.conf", HENB + "#" * (1 << 20), "config.file"),
            ("unknown", "what.conf", "a { b = c }\n", "config.kind"),
            ("empty, without a name that tells", "what.conf", "", "config.kind"),
            ("a reference policy with an error", "x", "policy 1\nfrob\n", "reference.syntax"),
            ("a profile with an error", "x", "[profile]\nfrob = 1\n", "profile.syntax"),
            ("rules with an unknown key", "x.rules",
             RULES.replace("check = one-of 2", "check = one-of 2\nchk = x"), "rules.rule"),
            ("rules with an unknown check", "strongswan.rules",
             RULES.replace("check = one-of 2", "check = luck 2"), "rules.rule"),
            ("pktgen let in", "x", "install pktgen /sbin/modprobe -i pktgen\n", "modprobe.pktgen"),
            ("a command there is not", "x", "options a b=1\nfrob a\n", "modprobe.syntax"),
            ("no rules", "strongswan.rules", "", "rules.rule")):
        args = ["--kind", "rules"] if name == "x.rules" else []
        got = check({name: text}, *args)
        ok(got.code == 1 and rule in got.rules(), "refused: %s" % what, got)
    got = Result(["/nonexistent/swanctl.conf"])
    ok(got.code == 1 and got.rules() == ["config.file"], "refused: a file that is not there", got)
    got = Result(["/"])
    ok(got.code == 1 and got.rules() == ["config.file"], "refused: a directory", got)
    for args in (["--kind", "soup"], ["--role", "hems"], ["--mode", "luck"], ["--frob"],
                 ["--mode", ""]):
        run = subprocess.run([TOOL, "check", "config"] + args, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
        ok(run.returncode == 64 and not run.stdout and run.stderr, "usage: %s" % " ".join(args))
    run = subprocess.run([TOOL, "check", "config", "--help"], stdout=subprocess.PIPE, check=False)
    ok(run.returncode == 0 and b"--mode" in run.stdout, "--help")
    secret = "connections { a { local { auth = psk } } }\nsecrets { ike { secret = \"hunter2\" } }\n"
    got = check({"swanctl.conf": secret})
    ok(got.code == 1 and "swanctl.psk" in got.rules() and "hunter2" not in got.err and
       "hunter2" not in json.dumps(got.doc), "no secret is told", got)


def openssl(*args, cwd):
    subprocess.run(["openssl"] + list(args), cwd=cwd, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_path(d, length):
    """x509/henb.pem below @length - 1 intermediates and the root, which are in x509ca."""
    names = ["oproot"] + ["ca%d" % n for n in range(1, length)] + ["henb"]
    for sub in ("x509", "x509ca"):
        os.makedirs(os.path.join(d, sub))
    for n, name in enumerate(names):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name + ".key", cwd=d)
        where_to = "x509/henb.pem" if name == "henb" else "x509ca/%s.pem" % name
        if n == 0:
            openssl("req", "-x509", "-new", "-key", name + ".key", "-subj", "/CN=" + name,
                    "-days", "9", "-out", where_to, cwd=d)
            continue
        openssl("req", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-out", "csr", cwd=d)
        with open(os.path.join(d, "ext"), "w", encoding="utf-8") as f:
            f.write("basicConstraints=critical,CA:%s\n" % ("FALSE" if name == "henb" else "TRUE"))
        openssl("x509", "-req", "-in", "csr", "-CA", "x509ca/%s.pem" % names[n - 1],
                "-CAkey", names[n - 1] + ".key", "-set_serial", str(n), "-days", "9",
                "-extfile", "ext", "-out", where_to, cwd=d)


def paths():
    for length, good in ((1, True), (4, True), (5, False), (6, False)):
        with tempfile.TemporaryDirectory() as d:
            make_path(d, length)
            path = os.path.join(d, "swanctl.conf")
            with open(path, "w", encoding="utf-8") as f:
                f.write(HENB)
            got = Result([path])
        line = where(HENB, "connections.segw.local.certs") + 1
        ok(got.clean() if good else got.only("swanctl.path-length", "swanctl.conf", line),
           "HNB-PATH-01, SGW-PATH-04: a path of %d that would be sent %s" % (
               length, "passes" if good else "is refused"), got)


INSTALLED = """
set -e
mount -t tmpfs none /etc
mkdir -p /etc/trustgate /etc/swanctl/conf.d /etc/strongswan.d/charon
cd "$1"
[ ! -e trustgated.conf ] || cp trustgated.conf /etc/trustgate/
[ ! -e strongswan.conf ] || cp strongswan.conf /etc/strongswan.d/henb.conf
[ ! -e strongswan.conf ] || echo 'include strongswan.d/*.conf' > /etc/strongswan.conf
[ ! -e swanctl.conf ] || cp swanctl.conf /etc/swanctl/conf.d/henb.conf
[ ! -e swanctl.conf ] || echo 'include conf.d/*.conf' > /etc/swanctl/swanctl.conf
[ ! -e key.pem ] || { mkdir /etc/swanctl/private; cp key.pem /etc/swanctl/private/; }
exec "$2" check config -j --no-files
"""


def installed(files):
    """The tool without arguments, where @files are what is in /etc."""
    with tempfile.TemporaryDirectory() as d:
        for name, text in files.items():
            with open(os.path.join(d, name), "w", encoding="utf-8") as f:
                f.write(text)
        tool = TOOL if "/" not in TOOL else os.path.abspath(TOOL)
        how = "-m" if os.geteuid() == 0 else "-rm"
        run = subprocess.run(["unshare", how, "sh", "-c", INSTALLED, "sh", d, tool],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    got = Result.__new__(Result)
    got.code, got.err = run.returncode, run.stderr.decode(errors="replace")
    got.doc = json.loads(run.stdout) if run.stdout else {"ok": None}
    got.errors, got.warnings = got.doc.get("errors", []), got.doc.get("warnings", [])
    return got


def defaults():
    good = {"trustgated.conf": AGENT, "swanctl.conf": HENB, "strongswan.conf": DAEMON}
    got = installed(good)
    ok(got.clean() and got.doc["files"] == ["/etc/trustgate/trustgated.conf",
                                            "/etc/strongswan.conf",
                                            "/etc/swanctl/swanctl.conf"],
       "without arguments: this box's files", got)
    got = installed({"trustgated.conf": AGENT})
    ok(got.clean(), "those that are there", got)
    got = installed({})
    ok(got.code == 1 and got.rules() == ["config.file"], "none is an error", got)
    bad, line = put(HENB, "connections.segw.mobike", "yes")
    got = installed(dict(good, **{"swanctl.conf": bad}))
    ok(got.only("swanctl.mobike", "henb.conf", line), "HNB-GATE-17: and what they include", got)
    got = installed(dict(good, **{"key.pem": "not looked into"}))
    ok(got.only("swanctl.key-file", "key.pem", 0),
       "HNB-TRE-09: a key in a file that swanctl would load", got)


def main():
    print("TAP version 13")
    each_shipped()
    each_rule()
    good_values()
    rounds()
    shunts()
    modes()
    daemons()
    includes()
    whole()
    bad_files()
    paths()
    defaults()
    print("1..%d" % count)
    return 1 if failures else 0


sys.exit(main())
