#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Walks the steps of a flow through a capture that charon's own keys decrypt.

    walk.py [-D NAME=VALUE]... [-o FILE] STEPS CAPTURE KEYS
    walk.py --profile DIRECTORY KEYS      make it a profile of Wireshark's with these keys

KEYS is a directory with what strongSwan's save-keys wrote: ikev2_decryption_table, esp_sa.
Every step has to be there, in the order of STEPS, and no IKE message may be there that is
not one of them: what is absent, repeated or out of order is refused, and so is an IKE
message that can't be decrypted, or that has a payload in clear once there are keys. For
each step there is a line: "ok" or "not ok", a bar, rows, words and the frame. -o writes
the same as JSON, with the times. It ends with 0 when all is as it has to be.

STEPS is a text of lines like

    ROWS | MESSAGE | HAS | words, to be read by a person

where ROWS are identifiers of requirements, {NAME} stands for a -D, a line of # is a comment,
and MESSAGE is one of

    > EXCHANGE N    the next IKE message is that, from the H(e)NB (whose IKE_SA_INIT
                    request comes first, or -D HENB=ADDRESS,...), with message ID N;
                    EXCHANGE is IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA or INFORMATIONAL
    < EXCHANGE N    the same, to the H(e)NB
    > ESP, < ESP    later there is a packet in ESP, of all those that there are
    > CLEAR, ...    likewise one that is in neither
    =               still the message of the line above
    never ESP       in the whole capture there is none such (never CLEAR, never > IKE_AUTH 2)
    before ESP      nor is there one before the message of the line above

HAS is a list of what is in it, each a word, or !word for what must not be; a * in a word
stands for anything, word*2 demands two of them. The words of an IKE message are

    SA KE Nonce IDi IDr CERT CERTREQ AUTH N D V TSi TSr CP EAP      and of these, in part
    IDi=fqdn:NAME   by type: fqdn, rfc822, addr, dn, key (also IDr)
    CERT=4          encoding: 4 is X.509, 14 an OCSP response; CERT=4:CN for a certificate
    CERTREQ=4       likewise; CERTREQ=4:HASH for each key identifier of a CA
    AUTH=14         method
    N=16404         type, with its name if it has one: N=MULTIPLE_AUTH_SUPPORTED
    N=16404:00AB    and its data
    D=IKE D=ESP     what is deleted
    V=HEX           a Vendor ID
    CP=REQUEST CP=REPLY CP=ip4 CP=ip6 CP=ip4:10.50.0.1      attributes, and their values
    TSi=10.50.0.1   where a range begins (also TSr)
    EAP=request EAP=response EAP=success EAP=failure EAP=23     code and type
    SA=1            of which IKE SA in this capture, counted by initiators' SPIs: #1
    src=A dst=A     addresses
    fragmented      if it came in several

and those of a packet: ip ipv6 udp tcp icmp icmpv6 http ocsp tls, src=A dst=A (the inner
addresses in ESP), sport=N dport=N, len=N (of what tcp and udp carry), ocsp=request
ocsp=response ocsp=good ocsp=revoked.
"""
import argparse
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

EXCHANGES = {34: "IKE_SA_INIT", 35: "IKE_AUTH", 36: "CREATE_CHILD_SA", 37: "INFORMATIONAL"}
PAYLOADS = {33: "SA", 34: "KE", 35: "IDi", 36: "IDr", 37: "CERT", 38: "CERTREQ", 39: "AUTH",
            40: "Nonce", 41: "N", 42: "D", 43: "V", 44: "TSi", 45: "TSr", 47: "CP", 48: "EAP"}
ENCRYPTED = {46, 53}
IDS = {1: "addr", 2: "fqdn", 3: "rfc822", 5: "addr", 9: "dn", 11: "key"}
CODES = {1: "request", 2: "response", 3: "success", 4: "failure"}
KINDS = {1: "REQUEST", 2: "REPLY", 3: "SET", 4: "ACK"}
PROTOCOLS = ("ip", "ipv6", "udp", "tcp", "icmp", "icmpv6", "http", "ocsp", "tls")
OUTER = ("geninfo", "frame", "eth", "ip", "ipv6")


class Refused(Exception):
    """The capture, or the table of steps, can't be walked."""


# ------------------------------------------------------------------------ what tshark says
def children(field, name):
    return [f for f in field if f.get("name") == name]


def shows(field, name):
    """What all the fields of that name below @field say."""
    return [f.get("show") for f in field.iter("field") if f.get("name") == name]


def show(field, name, default=""):
    return next(iter(shows(field, name)), default)


def octets(text):
    return text.replace(":", "").lower()


def number(text):
    return int(text, 0) if text else 0


def words_of_id(kind, p):
    yield "%s=%s:%s" % (kind, IDS.get(number(show(p, "isakmp.id.type")), "other"), next(
        (f.get("show") for f in p.iter("field")
         if (f.get("name") or "").startswith("isakmp.id.data.")), ""))


def words_of_cert(kind, p):
    encoding = show(p, "isakmp.cert.encoding") or show(p, "isakmp.certreq.type")
    yield "%s=%s" % (kind, encoding)
    for f in children(p, "isakmp.cert.data"):
        name = re.search(r"id-at-commonName=([^,)]*)", f.get("showname") or "")
        if name:
            yield "%s=%s:%s" % (kind, encoding, name.group(1))
    for authority in shows(p, "isakmp.ike.certreq.authority"):
        yield "%s=%s:%s" % (kind, encoding, octets(authority))


def words_of_notify(kind, p):
    number_, data = show(p, "isakmp.notify.msgtype"), octets(show(p, "isakmp.notify.data"))
    name = re.search(r": (\S+) \(\d+\)$", next(
        (f.get("showname") for f in p if f.get("name") == "isakmp.notify.msgtype"), ""))
    for word in [number_] + ([name.group(1)] if name else []):
        yield "%s=%s" % (kind, word)
        yield "%s=%s:%s" % (kind, word, data)


def words_of_delete(kind, p):
    yield "%s=%s" % (kind, {1: "IKE", 2: "AH", 3: "ESP"}.get(
        number(show(p, "isakmp.delete.protoid")), "other"))


def words_of_vendor(kind, p):
    yield "%s=%s" % (kind, octets(show(p, "isakmp.vid_bytes")))


def words_of_config(kind, p):
    yield "%s=%s" % (kind, KINDS.get(number(show(p, "isakmp.cfg.type"))))
    for a in p.iter("field"):
        if a.get("name") != "isakmp.cfg.attr":
            continue
        what = number(show(a, "isakmp.cfg.attr.type"))
        what = {1: "ip4", 8: "ip6"}.get(what, str(what))
        yield "%s=%s" % (kind, what)
        for value in shows(a, "isakmp.cfg.attr.internal_%s_address" % what):
            yield "%s=%s:%s" % (kind, what, value)


def words_of_selectors(kind, p):
    for f in p.iter("field"):
        if f.get("name") in ("isakmp.ts.start_ipv4", "isakmp.ts.start_ipv6"):
            yield "%s=%s" % (kind, f.get("show"))


def words_of_eap(kind, p):
    yield "%s=%s" % (kind, CODES.get(number(show(p, "eap.code")), "other"))
    for value in shows(p, "eap.type"):
        yield "%s=%s" % (kind, value)


def words_of_auth(kind, p):
    yield "%s=%s" % (kind, show(p, "isakmp.auth.method"))


DETAILS = {"IDi": words_of_id, "IDr": words_of_id, "CERT": words_of_cert,
           "CERTREQ": words_of_cert, "N": words_of_notify, "D": words_of_delete,
           "V": words_of_vendor, "CP": words_of_config, "TSi": words_of_selectors,
           "TSr": words_of_selectors, "EAP": words_of_eap, "AUTH": words_of_auth}


class Message:
    """One IKE message, or one other packet, as words."""

    def __init__(self, packet):
        self.protos = {}
        for p in packet:
            self.protos.setdefault(p.get("name"), []).append(p)
        self.frame = number(show(self.protos["frame"][0], "frame.number"))
        self.time = float(show(self.protos["frame"][0], "frame.time_epoch"))
        self.words, self.way, self.id, self.wrong = [], "?", None, ""
        self.partial = False    # of IKE: what the last fragment completes
        outer = next(p for p in packet if p.get("name") in ("ip", "ipv6"))
        self.source, self.target = self.ends(outer)
        if "isakmp" in self.protos:
            self.read_ike(self.protos["isakmp"][0])
        else:
            self.read_packet(packet)

    @staticmethod
    def ends(ip):
        name = ip.get("name")
        return show(ip, name + ".src"), show(ip, name + ".dst")

    def read_ike(self, ike):
        self.kind = EXCHANGES.get(number(show(ike, "isakmp.exchangetype")), "other")
        self.id = number(show(ike, "isakmp.messageid"))
        self.spi = octets(show(ike, "isakmp.ispi"))
        self.response = show(ike, "isakmp.flag_r") in ("True", "1")
        self.words = ["src=" + self.source, "dst=" + self.target]
        top = children(ike, "isakmp.typepayload")
        # The last fragment has the payloads of all; those before have none.
        parts = show(ike, "isakmp.frag.total")
        self.partial = bool(parts) and not shows(ike, "isakmp.reassembled.length")
        self.part = (self.spi, self.id, self.response, show(ike, "isakmp.frag.number"))
        if parts:
            self.words.append("fragmented")
        for p in top:
            self.read_payload(p, number(p.get("show")))

    def read_payload(self, p, kind):
        if kind in ENCRYPTED:
            self.read_encrypted(p)
        elif self.kind != "IKE_SA_INIT" and p.get("inside") is None:
            self.wrong = "%s is in clear" % PAYLOADS.get(kind, "payload %d" % kind)
        elif kind in PAYLOADS:
            name = PAYLOADS[kind]
            self.words.append(name)
            # What is twice in one payload is no reason to say a word twice.
            self.words.extend(dict.fromkeys(DETAILS[name](name, p) if name in DETAILS else ()))
        else:
            self.words.append("payload=%d" % kind)

    def read_encrypted(self, p):
        if not shows(p, "isakmp.enc.icd") or "isakmp.enc.decrypted" not in {
                f.get("name") for f in p.iter("field")}:
            self.wrong = "it can't be decrypted by these keys"
        for holder in [p] + [f for f in p.iter("field")
                             if f.get("name") == "isakmp.enc.contained"]:
            for inner in children(holder, "isakmp.typepayload"):
                inner.set("inside", "1")
                self.read_payload(inner, number(inner.get("show")))

    def read_packet(self, packet):
        names = [p.get("name") for p in packet]
        self.kind = "ESP" if "esp" in names else "CLEAR"
        inner = packet[names.index("esp") + 1:] if self.kind == "ESP" else list(packet)
        for p in inner:
            name = p.get("name")
            if name in PROTOCOLS:
                self.words.append(name)
            if name in ("ip", "ipv6"):
                self.words += ["src=%s" % self.ends(p)[0], "dst=%s" % self.ends(p)[1]]
            elif name in ("tcp", "udp"):
                self.words += ["sport=" + show(p, name + ".srcport"),
                               "dport=" + show(p, name + ".dstport"),
                               "len=" + (show(p, "tcp.len") or show(p, "udp.length"))]
            elif name == "ocsp":
                self.read_ocsp(p)

    def read_ocsp(self, p):
        answer = shows(p, "ocsp.responseStatus")
        self.words.append("ocsp=response" if answer else "ocsp=request")
        for status in shows(p, "ocsp.certStatus"):
            self.words.append("ocsp=" + {"0": "good", "1": "revoked"}.get(status, "unknown"))

    def said(self):
        known = "" if self.id is None else " %d" % self.id
        return "%s %s%s" % (self.way, self.kind, known)


def decrypting(keys, directory):
    """A profile of Wireshark's with these keys."""
    for name in ("ikev2_decryption_table", "esp_sa"):
        if os.path.exists(os.path.join(keys, name)):
            shutil.copy(os.path.join(keys, name), directory)
    esp = os.path.join(directory, "esp_sa")
    if os.path.exists(esp):
        with open(esp, encoding="ascii") as f:
            text = f.read()
        # save-keys has the name that was Wireshark's before it was told the ICV's length.
        text = text.replace('"AES-GCM [RFC4106]"', '"AES-GCM with 16 octet ICV [RFC4106]"')
        text = text.replace('"ANY 128 bit authentication [no checking]"', '"NULL"')
        with open(esp, "w", encoding="ascii") as f:
            f.write(text)


def write_profile(keys, directory):
    decrypting(keys, directory)
    with open(os.path.join(directory, "preferences"), "w", encoding="ascii") as f:
        f.write("esp.enable_encryption_decode: TRUE\n")


def dissect(capture, keys):
    with tempfile.TemporaryDirectory() as directory:
        decrypting(keys, directory)
        env = dict(os.environ, WIRESHARK_CONFIG_DIR=directory, HOME=directory)
        # One run: tshark takes longer to start than to read.
        p = subprocess.run(
            ["tshark", "-n", "-r", capture, "-T", "pdml", "-Y", "isakmp || esp || udp || tcp",
             "-o", "esp.enable_encryption_decode:TRUE"],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    try:
        return ElementTree.fromstring(p.stdout)
    except ElementTree.ParseError as e:
        raise Refused("tshark can't read %s: %s %s" % (
            capture, e, p.stderr.decode(errors="replace")[-300:])) from e


def read_capture(capture, keys, henb):
    found = [Message(packet) for packet in dissect(capture, keys)
             if {"ip", "ipv6"} & {p.get("name") for p in packet}]
    parts = set()
    for m in found:
        if "fragmented" in m.words and m.part in parts:
            # Of a message that is complete already, and would be taken for none.
            m.partial, m.wrong = False, "fragment %s is repeated" % m.part[-1]
        parts.add(getattr(m, "part", None))
    found = [m for m in found if not m.partial or m.wrong]
    first = next((m for m in found if m.kind == "IKE_SA_INIT" and not m.response), None)
    if not henb and first:
        henb = [first.source]
    spis = list(dict.fromkeys(m.spi for m in found if m.id is not None))
    for m in found:
        m.way = ">" if m.source in henb else "<"
        if m.id is not None:
            m.words.append("SA=#%d" % (spis.index(m.spi) + 1))
    return found


# ------------------------------------------------------------------------ the table of steps
class Step:
    """One line of the table."""

    def __init__(self, line, at):
        parts = [p.strip() for p in line.split("|", 3)]
        if len(parts) != 4 or not parts[0] or not parts[3]:
            raise Refused("line %d: not ROWS | MESSAGE | HAS | words" % at)
        self.rows, message, has, self.what = parts
        self.line, self.wanted, words = at, has.split(), message.split()
        self.mode = words.pop(0) if words and words[0] in ("=", "never", "before") else "next"
        self.way = words.pop(0) if words and words[0] in "<>" else None
        self.kind = words.pop(0) if words else None
        self.id = int(words.pop(0)) if words else None
        if words or (self.mode == "=") != (self.kind is None) or \
           self.kind not in (None, "ESP", "CLEAR", *EXCHANGES.values()) or \
           (self.mode == "next" and not self.way):
            raise Refused("line %d: '%s' is no message" % (at, message))

    @property
    def of_ike(self):
        return self.kind in EXCHANGES.values()

    def said(self):
        return " ".join(str(w) for w in (self.way, self.kind, self.id) if w is not None)

    def is_message(self, m):
        return self.kind == m.kind and self.way in (None, m.way) and self.id in (None, m.id)

    def missing(self, m):
        """What of HAS is not so in @m."""
        out = []
        for word in self.wanted:
            not_, pattern = word.startswith("!"), word.lstrip("!")
            count = re.search(r"\*(\d+)$", pattern)
            pattern = pattern[:count.start()] if count else pattern
            found = fnmatch.filter(m.words, glob(pattern))
            if not_ and found:
                out.append("it has " + " ".join(found))
            elif count and len(found) != int(count.group(1)):
                out.append("it has %d of %s, not %s" % (len(found), pattern, count.group(1)))
            elif not not_ and not found:
                out.append("it has no " + pattern)
        return out

    def matches(self, m):
        return self.is_message(m) and not self.missing(m)


def glob(pattern):
    """Only * is special."""
    return re.sub(r"([\[\]?])", r"[\1]", pattern)


def read_steps(path, names):
    steps = []
    with open(path, encoding="utf-8") as f:
        for at, line in enumerate(f, 1):
            line = "" if line.startswith("#") else line.strip()
            if not line:
                continue
            for name in re.findall(r"\{([A-Z0-9_]+)\}", line):
                if name not in names:
                    raise Refused("%s:%d: {%s} has no -D" % (path, at, name))
                line = line.replace("{%s}" % name, names[name])
            steps.append(Step(line, at))
    if not steps or steps[0].mode not in ("next", "never"):
        raise Refused("%s: it begins with no message" % path)
    return steps


# ------------------------------------------------------------------------ the walk
class Walk:
    def __init__(self, messages):
        self.messages = messages
        self.at = 0             # the next that was not looked at
        self.now = None         # of the line above
        self.used = []
        self.lines, self.failed = [], False

    def tell(self, step, frame, why=""):
        where = ", frame %d" % frame.frame if frame else ""
        self.failed = self.failed or bool(why)
        self.lines.append({
            "ok": not why, "rows": step.rows if step else "", "what": step.what if step else "",
            "message": frame.said() if frame else "", "frame": frame.frame if frame else 0,
            "time": frame.time if frame else 0, "why": why})
        print("%s|%s%s%s" % ("not ok" if why else "ok",
                             "%s: %s" % (step.rows, step.what) if step else "all is explained",
                             where, ": " + why if why else ""))

    def advance(self, step):
        """The message that @step is about, or None and why."""
        for i in range(self.at, len(self.messages)):
            m = self.messages[i]
            if m.id is None and (step.of_ike or not step.matches(m)):
                continue        # other packets than those of IKE may be of anything
            if m.id is not None and not step.of_ike:
                return None, self.unexplained(m, step)
            if not step.is_message(m):
                return None, self.unexplained(m, step)
            self.at = i + 1
            self.used.append(m)
            return m, ""
        return None, self.absent(step)

    def absent(self, step):
        if any(step.is_message(m) for m in self.messages[:self.at]):
            return "%s is not there any more; it was before: out of order" % step.said()
        return "%s is absent" % step.said()

    def unexplained(self, m, step):
        here = "frame %d is %s" % (m.frame, m.said())
        if any(u.said() == m.said() and u.id is not None and u.spi == m.spi for u in self.used):
            return "%s, repeated, where %s was to be" % (here, step.said())
        if any(step.is_message(x) for x in self.messages[self.at:]):
            return "%s, where %s was to be, which comes later: out of order" % (here, step.said())
        return "%s, where %s was to be, which is absent" % (here, step.said())

    def forbidden(self, step, among):
        found = next((m for m in among if step.matches(m)), None)
        self.tell(step, None, "frame %d is %s: %s" % (
            found.frame, found.said(), " ".join(found.words)) if found else "")

    def step(self, step):
        if step.mode == "never":
            self.forbidden(step, self.messages)
            return True
        if step.mode == "before":
            self.forbidden(step, self.messages[:self.messages.index(self.now)])
            return True
        if step.mode == "next":
            m, why = self.advance(step)
            if not m:
                self.tell(step, None, why)
                return False
            self.now = m
        why = self.now.wrong or "; ".join(step.missing(self.now))
        self.tell(step, self.now, why + (" (%s)" % " ".join(self.now.words) if why else ""))
        return True

    def run(self, steps):
        # What follows an absent one can't be told.
        if not all(self.step(s) for s in steps):
            return
        rest = next((m for m in self.messages[self.at:] if m.id is not None), None)
        why = ""
        if rest:
            twice = any(u.said() == rest.said() and u.spi == rest.spi for u in self.used
                        if u.id is not None)
            why = "%s is %s" % (rest.said(), "repeated" if twice else "no step of the flow")
        self.tell(None, rest, why)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("-D", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("-o", metavar="FILE")
    if sys.argv[1:2] == ["--profile"] and len(sys.argv) == 4:
        write_profile(sys.argv[3], sys.argv[2])
        return 0
    parser.add_argument("steps")
    parser.add_argument("capture")
    parser.add_argument("keys")
    args = parser.parse_args()
    names = dict(d.split("=", 1) for d in args.D)
    try:
        steps = read_steps(args.steps, names)
        walk = Walk(read_capture(args.capture, args.keys,
                                 [a for a in names.get("HENB", "").split(",") if a]))
        walk.run(steps)
    except (Refused, OSError) as e:
        print("not ok|%s" % e)
        return 1
    if args.o:
        with open(args.o, "w", encoding="ascii") as f:
            json.dump({"steps": walk.lines, "messages": [
                {"frame": m.frame, "time": m.time, "message": m.said(), "has": m.words}
                for m in walk.messages if m.id is not None]}, f, indent=1)
    return 1 if walk.failed else 0


if __name__ == "__main__":
    sys.exit(main())
