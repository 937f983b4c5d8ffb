# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo's hands and eyes: the bench's shell, the gate's events, counters, flows."""

import collections
import ctypes
import errno
import json
import os
import re
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
USER_PORT = 7001        # of the demo's user data, both directions
OTHER_PROCESS_PORT = 5555
RUN = "/run/trustgate-test"
READERS = {}    # a Counters a namespace
libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """A step of the story did not happen."""


def boottime():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wait_for(seconds, condition):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    return None


class Namespace:
    """with Namespace("hnb"): sockets and programs of this thread are made there."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.enter(f"/run/netns/{self.name}")

    @staticmethod
    def enter(path, fd=None):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC) if fd is None else fd
        bad = libc.setns(fd, CLONE_NEWNET)
        os.close(fd)
        if bad:
            raise OSError(ctypes.get_errno(), "setns", path)

    def __exit__(self, *_):
        self.enter("", self.home)


def run(ns, *command, check=True):
    """What the command prints."""
    with Namespace(ns):
        p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, text=True)
    if check and p.returncode:
        raise Failed(f"{' '.join(command)} in {ns}: status {p.returncode}: {p.stderr.strip()}")
    return p.stdout


class Shell:
    """tests/lib/topology.sh, sourced by a shell that does what it is told."""

    def __init__(self):
        lib = os.environ["TG_REPO"] + "/tests/lib/topology.sh"
        # What it starts must not keep our pipes: only fd 3 carries the answers.
        loop = f'. {lib}; exec 3>&1 1>&2; while IFS= read -r line; do ' \
            'eval "$line" < /dev/null 3>&-; echo $? >&3; done'
        self.p = subprocess.Popen(["sh", "-c", loop], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True, bufsize=1)

    def __call__(self, line):
        self.p.stdin.write(line + "\n")
        status = self.p.stdout.readline().strip()
        if status != "0":
            raise Failed(f"{line}: status {status or 'none'}")

    def close(self):
        self.p.stdin.close()
        self.p.wait()


class Events:
    """trustgate monitor -j of the H(e)NB; each event is told as it comes."""

    def __init__(self, tell):
        self.tell = tell
        self.list = []
        with Namespace("hnb"):
            self.p = subprocess.Popen(["trustgate", "monitor", "-j"], stdout=subprocess.PIPE,
                                      stdin=subprocess.DEVNULL, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.p.stdout:
            e = json.loads(line)
            if e["event"] != "lost":
                e["at"] = e["time_ns"] / 1e9
                self.tell(e)
            self.list.append(e)

    def find(self, event, after=0, **members):
        return [e for e in list(self.list) if e["event"] == event and e["at"] >= after and
                all(e.get(k) == v for k, v in members.items())]

    def lost(self):
        return sum(e["event"] == "lost" for e in self.list)

    def close(self):
        self.p.terminate()
        self.p.wait()


# What is sent into the tunnel, counted where it is sent, before the gate sees it.
SOURCE = """
table inet demo {
    counter user {}
    counter process {}
    counter ocsp {}
    counter other {}
    chain out {
        type filter hook postrouting priority 300;
        rt ipsec missing return
        udp dport %d counter name user return
        tcp sport %d counter name process return
        tcp %s 8080 counter name ocsp return
        counter name other
    }
}
"""


def source_counters():
    for ns, side in (("hnb", "dport"), ("segw", "sport")):
        text = SOURCE % (USER_PORT, OTHER_PROCESS_PORT, side)
        with Namespace(ns):
            subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


class Counters:
    """The named nftables counters of a namespace, by netlink: `nft` takes long here."""

    GETOBJ = 10 << 8 | 19       # NFNL_SUBSYS_NFTABLES, NFT_MSG_GETOBJ

    def __init__(self, ns):
        with Namespace(ns):
            self.s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.s.settimeout(10)

    @staticmethod
    def attributes(data):
        while len(data) >= 4:
            length, kind = struct.unpack_from("=HH", data)
            if length < 4:
                break
            yield kind & 0x3fff, data[4:length]
            data = data[(length + 3) & ~3:]

    def counter(self, message):
        a = dict(self.attributes(message))
        packets = dict(self.attributes(a[4]))[2]        # NFTA_OBJ_DATA, COUNTER_PACKETS
        name = b".".join(a[n].rstrip(b"\0") for n in (1, 2)).decode()
        return name, struct.unpack("!Q", packets)[0]

    def read(self):
        """{"table.counter": packets}"""
        found = {}
        self.s.send(struct.pack("=IHHII4x", 20, self.GETOBJ, 0x301, 1, 0))
        while True:
            data = self.s.recv(1 << 18)
            while len(data) >= 16:
                length, kind = struct.unpack_from("=IH", data)
                if kind == 3:
                    return found
                if kind == 2 or length < 20:
                    raise Failed("the counters of nftables can't be read")
                name, packets = self.counter(data[20:length])
                found[name] = packets
                data = data[(length + 3) & ~3:]


def snapshot():
    """All counters now, as one flat Counter of (direction, name)."""
    for ns in ("hnb", "segw", "core", "lan", "wan"):
        if ns not in READERS:
            READERS[ns] = Counters(ns)
    c = {ns: reader.read() for ns, reader in READERS.items()}
    now = collections.Counter()
    for way, ns in (("out", "hnb"), ("in", "segw")):
        for name in ("user", "process", "ocsp", "other"):
            now[way, "sent", name] = c[ns]["demo." + name]
    for way, far in (("out", ["core"]), ("in", ["lan", "hnb"])):
        now[way, "far", "user"] = sum(c[ns][f"tg.{ns}_udp"] for ns in far)
        now[way, "far", "ocsp"] = sum(c[ns][f"tg.{ns}_ocsp"] for ns in far)
        now[way, "far", "other"] = \
            sum(c[ns][f"tg.{ns}_user"] for ns in far) - now[way, "far", "user"]
    now["out", "clear", "wan"] = c["wan"]["tg.wan_clear"]
    for g in json.loads(run("hnb", "trustgate", "show", "stats", "-j"))["counters"]:
        kind = "bootstrap" if g["bootstrap"] else "passed" if g["reason"] == "none" else "held"
        now[g["direction"], kind, g["reason"]] += g["packets"]
    return now


def settled():
    """A snapshot during which nothing was sent.

    The counters are not read all at once, and the responder's TCP repeats itself when it
    likes: what comes between two of them would be sent in one phase and held in another.
    """
    before = snapshot()
    for _ in range(20):
        now = snapshot()
        if now == before:
            return now
        before = now
    raise Failed("packets are sent without an end: the phases can't be counted apart")


class Flow:
    """One UDP flow: numbered packets from a namespace to another."""

    def __init__(self, number, way, path, source, target):
        self.number, self.way = number, way
        self.name = " to ".join(path)
        self.target = (target, USER_PORT)
        self.sent = self.refused = 0
        self.errors = collections.Counter()
        self.arrived = []       # numbers, in their order
        self.when = []          # boottime at which each was sent
        family = socket.AF_INET6 if ":" in target else socket.AF_INET
        with Namespace(path[0]):
            self.out = socket.socket(family, socket.SOCK_DGRAM)
            self.out.bind((source, 0))
        with Namespace(path[1]):
            self.sink = socket.socket(family, socket.SOCK_DGRAM)
            self.sink.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sink.setblocking(False)

    def listen(self, sinks):
        """Flows to the same address share the first one's socket."""
        if self.target in sinks:
            self.sink.close()
            self.sink = None
        else:
            self.sink.bind(self.target)
            sinks.add(self.target)

    def send(self):
        data = struct.pack("!II", self.number, self.sent).ljust(64, b"u")
        self.when.append(boottime())
        self.sent += 1
        try:
            self.out.sendto(data, self.target)
        except OSError as e:
            self.errors[errno.errorcode.get(e.errno, str(e))] += 1


class Flows:
    """User data of all kinds of origin, v4 and v6, both directions."""

    def __init__(self, vip4, vip6):
        ways = (
            ("out", ("lan", "core"), "10.10.0.2", "10.99.0.2"),
            ("out", ("lan", "core"), "fd10::2", "fd99::2"),
            ("out", ("hnb", "core"), vip4, "10.99.0.2"),
            ("out", ("hnb", "core"), vip6, "fd99::2"),
            ("in", ("core", "lan"), "10.99.0.2", "10.10.0.2"),
            ("in", ("core", "lan"), "fd99::2", "fd10::2"),
            ("in", ("core", "hnb"), "10.99.0.2", vip4),
            ("in", ("core", "hnb"), "fd99::2", vip6),
        )
        self.going, self.thread = False, None
        self.all = [Flow(n, *way) for n, way in enumerate(ways)]
        sinks = set()
        for f in self.all:
            f.listen(sinks)

    def round(self):
        """One packet of each flow, and what arrived."""
        for f in self.all:
            f.send()
        self.drain()

    def rounds(self, n):
        for _ in range(n):
            self.round()
            time.sleep(0.02)

    def start(self):
        """Send in the background, until stop()."""
        self.going = True
        self.thread = threading.Thread(target=self.send_on, daemon=True)
        self.thread.start()

    def send_on(self):
        while self.going:
            self.round()
            time.sleep(0.05)

    def stop(self):
        self.going = False
        if self.thread:
            self.thread.join()

    def drain(self):
        for f in self.all:
            while f.sink:
                try:
                    data = f.sink.recv(2048)
                except BlockingIOError:
                    break
                number, seq = struct.unpack("!II", data[:8])
                self.all[number].arrived.append(seq)

    def sent(self, way):
        return sum(f.sent for f in self.all if f.way == way)

    def arrived(self, way):
        return sum(len(f.arrived) for f in self.all if f.way == way)

    def errors(self):
        return sum((f.errors for f in self.all), collections.Counter())


def other_process(source):
    """Another process connects to the responder's very port.

    Returns the segments its socket sent, as the kernel counted them, and whether it
    was connected.
    """
    with Namespace("hnb"):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.bind((source, OTHER_PROCESS_PORT))
    s.setblocking(False)
    result = s.connect_ex(("10.99.0.2", 8080))
    time.sleep(0.4)
    info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    connected = info[0] == 1
    segments = struct.unpack_from("=I", info, 136)[0]
    s.close()
    return segments, connected, errno.errorcode.get(result, str(result))


def inner_addresses():
    """The H(e)NB's inner addresses, once charon has the routes to use them, too."""
    text = run("hnb", "sh", "-c", "ip -o addr show; ip -o -4 route show table 220; "
               "ip -o -6 route show table 220", check=False)
    v4 = re.search(r"inet (10\.50\.[0-9.]+)/", text)
    v6 = re.search(r"inet6 (fd50:[0-9a-f:]+)/", text)
    if v4 and v6 and "10.99.0.0/24 " in text and "fd99::/64 " in text:
        return v4.group(1), v6.group(1)
    return None


def agent_log():
    """The agent's lines: (boottime, or 0 if it is no decision; text)."""
    lines = []
    try:
        with open(f"{RUN}/agent.log", encoding="utf-8", errors="replace") as f:
            lines = f.read().splitlines()
    except FileNotFoundError:
        pass        # it is only being started
    for line in lines:
        found = re.match(r"trustgated: boottime=([0-9.]+) (.*)", line)
        yield (float(found.group(1)), found.group(2)) if found else (0, line)
