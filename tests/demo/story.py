#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The story of one tunnel, told in the VM: from its first SA to its end.

What is said comes from the gate's events and counters, the agent's log, counters at
both ends and captures. A step that does not happen ends the story; a number that
disagrees is named. Either makes the exit status 1.
"""

import collections
import hashlib
import json
import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import capture                                                          # noqa: E402
import world                                                            # noqa: E402
from world import Failed, Flows, boottime, run, settled, wait_for       # noqa: E402

BREAK = os.environ.get("DEMO_BREAK", "")
COLORS = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"} \
    if os.environ.get("DEMO_COLOR") else {}
OUT = os.environ["TG_OUT"]
START = boottime()


def paint(color, text):
    return f"\033[{COLORS[color]}m{text}\033[0m" if color in COLORS else text


def say(text, at=None, who="demo"):
    at = (boottime() if at is None else at) - START
    print(f"{paint('dim', f'[{at:7.3f}]')} {who:<8} {text}", flush=True)


def chapter(text):
    print(f"\n{paint('bold', text)}", flush=True)


def state(name):
    color = {"open": "green", "reverify": "green", "rejected": "red"}.get(name, "yellow")
    return paint(color, name)


def tell(e):
    """One event of the gate, as a line."""
    what, reason = e["event"], e.get("reason", "none")
    why = "" if reason == "none" else f" ({reason})"
    detail = f": {e['detail']}" if e.get("detail") else ""
    if what.startswith("sa-"):
        words = {"sa-new": "SA is in the kernel", "sa-bound": "SA belongs to an IKE SA",
                 "sa-gone": "SA is deleted"}.get(what, what)
        text = f"{words}: ESP {e['spi']} to {e['daddr']}: {state(e['state'])}{why}"
    elif what == "context-state":
        text = f"tunnel to {e.get('peer', '?')}: {e['old_state']} -> {state(e['state'])}{why}"
    elif what == "evidence":
        text = f"proof: {e['kind']} {paint('green' if e['result'] == 'good' else 'red', e['result'])}"
    elif what == "context-gone":
        text = f"the IKE SA is gone{why}"
    elif what == "config":
        text = f"mode {e['mode']}"
    else:
        text = f"{what}{why}"
    say(text + detail, e["at"], "gate")


class Story:
    def __init__(self):
        self.shell = self.events = self.flows = None
        self.rows = []          # (phase, direction, changes of the counters)
        self.wrong = []         # numbers that disagree
        self.before = None
        self.process = 0        # segments of the other process
        self.offset = time.time() - boottime()
        self.delay = 0          # of the OCSP responder, s
        self.closed = 0         # when the gate closed
        self.times = self.nonce = None

    # --- what every chapter uses ---------------------------------------------------

    def expect(self, what, good, seen=""):
        if not good:
            raise Failed(f"{what}{': ' if seen else ''}{seen}")

    def number(self, what, is_, should):
        """Note a number that disagrees; the story goes on."""
        if is_ != should:
            self.wrong.append(f"{what}: {is_}, not {should}")
            say(paint("red", f"{what}: {is_}, not {should}"))

    def event(self, name, seconds=60, after=0, **members):
        found = wait_for(seconds, lambda: self.events.find(name, after, **members))
        wanted = ", ".join(f"{k} {v}" for k, v in members.items())
        self.expect(f"the gate said nothing of {name} ({wanted}) in time", found)
        return found[0]

    def phase(self, name):
        """End a phase: everything that is under way arrives, then count."""
        time.sleep(0.5)
        self.flows.drain()
        now = settled()
        change = {k: now[k] - self.before[k] for k in now}
        for way in ("out", "in"):
            self.rows.append((name, way, collections.Counter(
                {k[1:]: v for k, v in change.items() if k[0] == way})))
        self.before = now
        for name_, way, row in self.rows[-2:]:
            far = "core" if way == "out" else "LAN and H(e)NB"
            say(f"{'H(e)NB side to core' if way == 'out' else 'core to H(e)NB side'}: "
                f"user packets {row['sent', 'user']} sent, {held(row)} held by the gate, "
                f"{row['far', 'user']} arrived ({far})", who="counters")
        return self.rows[-2:]

    # --- the chapters --------------------------------------------------------------

    def bench(self):
        chapter("The bench: LAN, H(e)NB, a wide area network, SeGW, operator's core")
        self.shell = world.Shell()
        sh = self.shell
        sh("topology_up")
        world.source_counters()
        sh("gate_load && ocsp_start")
        if BREAK == "revoked":
            sh("segw_revoke 2>/dev/null")
        self.events = world.Events(tell)
        sh("capture_start core eth0; capture_start wan hnb")
        # Time enough for something to be seen while all is held, on a slow machine too.
        self.delay = round(min(max(8, (boottime() - START) / 2), 20))
        sh(f"ocsp_mode {'silent' if BREAK == 'silent' else f'delay {self.delay}'}")
        sh(f"AGENT_OCSP='try = {self.delay + 20} s'; AGENT_PEER='quarantine = {self.delay} s'; "
           "AGENT_CHARON='backoff_min = 5 min'; AGENT_GATE='t_verify = 90 s'")
        sh("agent_conf")
        if BREAK == "pcr":
            sh("sed -i 's/^\\(pcr 4\\) ..../\\1 0000/' /run/trustgate/hnb/reference.policy")
        if BREAK == "loss":
            run("segw", "nft", "insert rule inet tg forward ip daddr 10.99.0.2 udp dport "
                f"{world.USER_PORT} limit rate 1/minute burst 1 packets drop")
        say(f"namespaces and links are up; the gate is loaded; the OCSP responder answers "
            f"after {self.delay} s")
        self.before = settled()

    def measured(self):
        chapter("0. The box is measured before it may speak IKE")
        self.shell("charon_conf segw; charon_conf hnb; (trap - EXIT; charon_start segw) & segw=$!; "
                   "charon_start hnb && wait $segw")
        say("charon runs on both sides and has initiated nothing", who="charon")
        self.shell("agent_start")

        def verdict():
            return [(at, t) for at, t in world.agent_log() if t.startswith("decision=integrity ")]
        found = wait_for(60, verdict)
        self.expect("the agent did not measure the box", found,
                    "its log ends: " + " | ".join(t for _, t in world.agent_log())[-400:])
        at, text = found[0]
        say(text, at, "agent")
        if BREAK == "observe":
            run("hnb", "trustgate", "config", "set", "mode=observe")
        self.expect("the TPM's PCRs are not as the policy says", "verdict=pass" in text,
                    field(text, "value"))
        status = json.loads(run("hnb", "trustgate", "status", "-j", check=False))
        tre = (status["control"] or {}).get("tre", {})
        self.expect("trustgate status does not say that the box is sound",
                    tre.get("verdict") == "pass", json.dumps(tre))
        say(f"status: integrity {tre['verdict']}: {tre['detail']}", who="agent")
        ike = [p for p in self.captured("wan-hnb") if capture.ike_exchange(p)]
        self.expect("IKE left the box before it was measured",
                    not ike or ike[0].at > at - 0.002)

    def pending(self):
        chapter("1. The tunnel is up. User data is sent in both directions, and held")
        self.event("sa-new")
        self.expect("the SAs were not bound to their IKE SA",
                    wait_for(60, lambda: len(self.events.find("sa-bound")) >= 2))
        inner = wait_for(60, world.inner_addresses)
        self.expect("the H(e)NB has no inner addresses", inner)
        self.flows = Flows(*inner)
        self.flows.rounds(1)
        say("user data starts: UDP, v4 and v6: LAN and H(e)NB to core, core to LAN and H(e)NB",
            who="flow")

        def asked():
            self.flows.round()
            return [p for p in self.captured("core-eth0") if capture.is_question(p) and p.data]
        self.expect("no OCSP request reached core", wait_for(60, asked))
        self.flows.rounds(25)
        self.process, connected, error = world.other_process(inner[0])
        say("another process of the H(e)NB connects to the responder, same address, same port: "
            f"{self.process} segment(s) sent, {'CONNECTED' if connected else 'none answered'}",
            who="flow")
        if BREAK == "leak":
            self.leak()
        rows = self.phase("pending")
        self.expect("the gate opened before the pending phase was counted; the machine is too "
                    "slow for the responder's delay", not self.opened())
        self.expect("another process was connected to the responder", not connected)
        for _, way, row in rows:
            self.expect(f"user data was sent ({way})", row["sent", "user"] > 0)
            self.expect("user data arrived while the proofs were missing",
                        row["far", "user"] + row["far", "other"] == 0,
                        f"{row['far', 'user'] + row['far', 'other']} packets, direction {way}")
        if self.flows.errors():
            say("local senders were told: " + ", ".join(
                f"{n} x {e}" for e, n in self.flows.errors().items()), who="flow")
        context = json.loads(run("hnb", "trustgate", "show", "context", "-j"))["contexts"][0]
        say(f"trustgate: {state(context['state'])}, missing: {', '.join(context['missing'])}",
            who="gate")
        self.flows.start()

    def opened(self):
        return self.events.find("context-state", state="open")

    @staticmethod
    def leak():
        """A packet that never saw the gate, as a hole in it would let through."""
        send = ("import socket,struct;s=socket.socket(2,3,255);"
                "u=struct.pack('!HHHH',4000,%d,16,0)+bytes(8);"
                "s.sendto(struct.pack('!BBHHHBBH4s4s',69,0,36,0,0,64,17,0,"
                "bytes([10,10,0,2]),bytes([10,99,0,2]))+u,('10.99.0.2',0))" % world.USER_PORT)
        run("segw", "python3", "-c", send)

    def captured(self, name):
        return list(capture.packets(f"{OUT}/{name}.pcap", self.offset))

    def question(self):
        chapter("2. What reached core so far: the OCSP request, and nothing else")
        came = [p for p in self.captured("core-eth0") if capture.from_tunnel(p)]
        ours = [p for p in came if capture.is_question(p)]
        octets = capture.stream(ours)
        head, _, body = octets.partition(b"\r\n\r\n")
        self.expect("the request can't be found in core's capture", body)
        p = [p for p in ours if p.data][0]
        say(f"{p.source} port {p.sport} to {p.target} port {p.dport}: "
            f"{head.splitlines()[0].decode(errors='replace')}, {len(body)} octets",
            p.at, "core")
        text = decode("-reqin", body)
        serial = field_of(text, "Serial Number")
        nonce = nonce_of(text)
        say(f"OCSP request: serial {serial}, nonce {nonce}", p.at, "core")
        crt = subprocess.run(["openssl", "x509", "-in", f"{os.environ['TG_PKI']}/segw.crt",
                              "-noout", "-serial"], check=True, capture_output=True, text=True)
        self.expect("the request is not about the SeGW's certificate",
                    crt.stdout.strip().split("=")[1].lstrip("0") == serial.lstrip("0"))
        self.expect("the request has no nonce", nonce)
        others = len(came) - len(ours)
        say(f"{len(ours)} packets of one TCP connection to the responder; {others} other packets",
            who="core")
        connections = {(p.source, p.sport) for p in ours}
        self.expect("more than one connection reached the responder", len(connections) == 1,
                    str(connections))
        self.nonce = nonce
        self.expect("a user packet is in core's capture", others == 0, str(others))

    def opening(self):
        chapter("3. TPM quote and OCSP answer are in: the gate opens, by itself")
        wait_for(60, lambda: self.opened() or
                 self.events.find("context-state", state="rejected"))
        e = self.event("context-state", 0.1, state="open")
        time.sleep(1)
        self.flows.stop()
        rows = self.phase("opening")
        self.evidence(e["at"])
        for f in self.flows.all:
            self.ordered(f, "opening")
        late = [min(f.when[n] for n in f.arrived) - e["at"] for f in self.flows.all if f.arrived]
        self.expect("not every flow passes", len(late) == len(self.flows.all))
        say(f"all {len(late)} flows pass; the first packet that arrived was sent "
            f"{min(late) * 1000:+.0f} ms from the opening", who="flow")
        for _, way, row in rows:
            self.expect(f"the gate passed nothing ({way})", row["far", "user"] > 0)
        self.flows.rounds(25)
        for _, way, row in self.phase("open"):
            self.number(f"open, {way}: held", held(row), 0)
            self.number(f"open, {way}: user packets at the far end", row["far", "user"],
                        row["sent", "user"])

    def ordered(self, f, phase):
        """Nothing is held after the first packet that passed."""
        want = list(range(f.sent - len(f.arrived), f.sent))
        self.number(f"{phase}, flow {f.name} to {f.target[0]}: packets in a row up to the last",
                    sum(a == b for a, b in zip(f.arrived, want)), len(f.arrived))

    def evidence(self, opened_at):
        contexts = json.loads(run("hnb", "trustgate", "show", "evidence", "-j"))["contexts"]
        proofs = {e["kind"]: e for e in contexts[0]["evidence"]}
        for kind in contexts[0]["required"]:
            e = proofs.get(kind, {})
            self.expect(f"no good proof of {kind}", e.get("result") == "good")
            say(f"{kind}: {e['detail']}; SHA-256 {e['proof_digest'][:16]}..., "
                f"good for {e['expires_ms'] // 1000} s", who="proof")
        answer = [p for p in self.captured("core-eth0") if capture.is_answer(p)]
        _, _, body = capture.stream(answer).partition(b"\r\n\r\n")
        text = decode("-respin", body)
        say(f"the answer that left core: {field_of(text, 'Cert Status')}, nonce {nonce_of(text)}, "
            f"SHA-256 {hashlib.sha256(body).hexdigest()[:16]}...", answer[-1].at, "core")
        self.expect("the answer has another nonce than the request", nonce_of(text) == self.nonce)
        self.expect("the kernel's proof is not the answer that left core",
                    hashlib.sha256(body).hexdigest() == proofs["revocation"]["proof_digest"])
        self.times = self.taken_apart(opened_at, answer)

    def taken_apart(self, opened, answer):
        """(name, start, end) from the first SA to open, without a gap."""
        asked = [p for p in self.captured("core-eth0") if capture.is_question(p)]
        new = self.events.find("sa-new")[0]["at"]
        bound = max(e["at"] for e in self.events.find("sa-bound") if e["at"] < opened)
        syn = asked[0].at
        request = [p for p in asked if p.data][-1].at
        reply = [p for p in answer if p.data]
        proof = self.events.find("evidence", kind="revocation", result="good")[0]["at"]
        quote = self.events.find("evidence", kind="integrity", result="good")[0]["at"]
        context = self.events.find("context-state", state="pending")[0]["at"]
        marks = [("plugin and agent: SA installed to announced and bound", new),
                 ("agent: flow registered, child started, SYN at core", max(new, bound)),
                 ("OCSP: SYN to whole request at core", syn),
                 ("OCSP: responder thinks (the demo's delay is in it)", request),
                 ("OCSP: answer leaves core, is checked and handed in", reply[-1].at),
                 ("gate: last proof to open", proof)]
        ends = [m[1] for m in marks[1:]] + [max(opened, proof)]
        return [(n, s, e) for (n, s), e in zip(marks, ends)], (context, quote), opened

    def revoke(self):
        chapter("4. The operator revokes the SeGW's certificate; trustgate recheck")
        sh = self.shell
        sh("ocsp_mode good")
        if BREAK != "trust":
            sh("segw_revoke 2>/dev/null")
        say("the SeGW's certificate is " + ("left alone" if BREAK == "trust" else "revoked"),
            who="operator")
        self.flows.start()
        asked = boottime()
        say("trustgate recheck, while user data flows", asked, "operator")
        run("hnb", "trustgate", "recheck")
        e = self.event("context-state", 20, asked, state="rejected")
        self.expect("the gate closed for another reason", e["reason"] == "bad-revocation",
                    e["reason"])
        time.sleep(0.3)
        self.flows.stop()
        self.phase("closing")
        late = [max(f.when[n] for n in f.arrived) - e["at"] for f in self.flows.all if f.arrived]
        say(f"the last packet that arrived was sent {max(late) * 1000:+.0f} ms from the closing",
            who="flow")
        arrived = [len(f.arrived) for f in self.flows.all]
        self.flows.rounds(25)
        for _, way, row in self.phase("closed"):
            self.number(f"closed, {way}: packets at the far end",
                        row["far", "user"] + row["far", "other"], 0)
            self.expect(f"user data was sent ({way})", row["sent", "user"] > 0)
        self.number("closed: packets that the receivers saw",
                    sum(len(f.arrived) for f in self.flows.all), sum(arrived))
        self.closed = e["at"]
        self.expect("IKE was deleted before the closed phase was counted",
                    not self.events.find("sa-gone", self.closed))

    def deleted(self):
        chapter("5. IKE is deleted")
        self.expect("the SAs are not deleted", wait_for(
            30, lambda: len(self.events.find("sa-gone", self.closed)) >= 2))
        self.shell("agent_stop")
        for at, text in world.agent_log():
            if at > self.closed and text.startswith(("decision=reject", "decision=terminate")):
                say(text, at, "agent")

        def deletes():
            return [p for p in self.captured("wan-hnb") if p.at > self.closed and
                    str(p.source) == "192.0.2.2" and
                    (capture.ike_exchange(p) or (0, 0))[0] == 37]
        # What is captured may be in the file a little later.
        self.expect("no INFORMATIONAL exchange was seen on the wide area network",
                    wait_for(5, deletes))
        say("INFORMATIONAL request seen on the wide area network", deletes()[0].at, "wan")
        with open(f"{world.RUN}/segw/log", encoding="utf-8", errors="replace") as f:
            found = re.findall(r"received DELETE for IKE_SA .*", f.read())
        self.expect("the SeGW did not receive a DELETE for the IKE SA", found)
        say(found[-1], who="segw")
        left = run("hnb", "ip", "xfrm", "state").count("proto esp")
        self.expect("SAs are left", left == 0, str(left))
        say("no SA is left in the H(e)NB's kernel", who="kernel")

    # --- the end -----------------------------------------------------------------------

    def times_table(self):
        parts, (context, quote), opened = self.times
        chapter("From SA install to open")
        for name, start, end in parts:
            print(f"  {start - START:8.3f}  {(end - start) * 1000:9.1f} ms  {name}")
        total = opened - parts[0][1]
        print(f"            {total * 1000:9.1f} ms  in all")
        print(f"  beside it {(quote - context) * 1000:9.1f} ms  "
              "TPM quote, from the context's start to its proof")

    def table(self):
        chapter("Packets, by the senders' side, the gate, and the far end")
        print("                        sent before the gate         gate's counters"
              "            at the far end")
        print("  phase    direction   user  OCSP other   sum      held  passed boot"
              "       user  OCSP other   sum  agree")
        total = collections.Counter()
        for name, way, row in self.rows:
            total.update(row)
            self.line(name, way, row)
        self.line("sum", "both", total)
        print("  sent = held + arrived, and passed + boot = arrived, in each line. OCSP: the flow "
              "of the\n  verification; boot: what the allowance let through while closed; other: "
              "all else that met\n  the gate, here the process that tried the responder's port.")

    def line(self, name, way, row):
        sent = [row["sent", "user"], row["sent", "ocsp"],
                row["sent", "other"] + row["sent", "process"]]
        far = [row["far", "user"], row["far", "ocsp"], row["far", "other"]]
        h, passed = held(row), row["passed", "none"]
        boot = sum(v for k, v in row.items() if k[0] == "bootstrap")
        good = sum(sent) == h + sum(far) and passed + boot == sum(far)
        if not good:
            self.wrong.append(
                f"{name}, {way}: {sum(sent)} sent, {h} held, {passed} + {boot} passed, "
                f"{sum(far)} arrived")
        print(f"  {name:<8} {way:<9} " + "".join(f"{n:6}" for n in (*sent, sum(sent))) +
              f"    {h:6}  {passed:6} {boot:4}     " +
              "".join(f"{n:6}" for n in (*far, sum(far))) +
              f"  {paint('green', 'yes') if good else paint('red', 'NO')}")

    def totals(self):
        """The programs' own counts against those of the kernels' tables."""
        for way in ("out", "in"):
            rows = [r for _, w, r in self.rows if w == way]
            self.number(f"{way}: user packets that the senders sent and that met the gate",
                        sum(r["sent", "user"] for r in rows), self.flows.sent(way))
            self.number(f"{way}: user packets that the far end counted and that receivers saw",
                        sum(r["far", "user"] for r in rows), self.flows.arrived(way))
        self.number("segments of the other process that met the gate",
                    sum(r["sent", "process"] for _, _, r in self.rows), self.process)
        self.number("inner addresses in clear on the wide area network",
                    self.before["out", "clear", "wan"], 0)
        self.number("kinds of errors that senders were told but EPERM",
                    len(set(self.flows.errors()) - {"EPERM"}), 0)
        self.number("events of the gate that were lost", self.events.lost(), 0)

    def cut_off(self):
        """After a failure: count what the open phase saw, so that the sums hold."""
        try:
            if self.flows:
                self.flows.stop()
                self.phase("cut off")
        except Exception as e:      # pylint: disable=broad-except  # one failure is enough
            return f" (and then {e!r})"
        return ""

    def close(self):
        for thing in (self.events, self.shell):
            if thing:
                thing.close()


def held(row):
    return sum(v for k, v in row.items() if k[0] == "held")


def field(text, key):
    found = re.search(key + r'=(?:"((?:[^"\\]|\\.)*)"|(\S+))', text)
    return (found.group(1) or found.group(2)) if found else text


def field_of(text, key):
    found = re.search(re.escape(key) + r": *(\S+)", text)
    return found.group(1) if found else ""


def nonce_of(text):
    # The value is an OCTET STRING in DER: 04, its length, the octets.
    found = re.search(r"OCSP Nonce:\s*04[0-9A-F]{2}([0-9A-F]{16,})", text)
    return found.group(1)[:16] + "..." if found else ""


def decode(option, der):
    path = f"{world.RUN}/demo.der"
    with open(path, "wb") as f:
        f.write(der)
    p = subprocess.run(["openssl", "ocsp", option, path, option[:-2] + "_text", "-noverify"],
                       capture_output=True, text=True)
    return p.stdout


def main():
    story = Story()
    failed = None
    try:
        for step in (story.bench, story.measured, story.pending, story.question, story.opening,
                     story.revoke, story.deleted):
            step()
    except Failed as e:
        failed = f"{step.__name__}: {e}"
    except Exception as e:      # pylint: disable=broad-except  # no tool may spoil the end
        failed = f"{step.__name__}: {e!r}"
    if failed:
        failed += story.cut_off()
    if story.times:
        story.times_table()
    if story.rows:
        story.table()
        story.totals()
    story.close()
    print()
    for text in story.wrong:
        print(f"demo: a number disagrees: {text}")
    if failed:
        print(f"demo: a step did not happen: {failed}")
    if failed or story.wrong:
        print(paint("red", "The story is NOT as it should be."))
        return 1
    print(paint("green", "Every step happened, every number agrees."))
    return 0


if __name__ == "__main__":
    sys.exit(main())
