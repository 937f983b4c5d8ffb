#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""rekey.py VICI CHILD COUNT SECONDS: rekey a CHILD_SA so often, one after another.

Speaks VICI itself: a start of swanctl costs more than a rekey. Each one is waited for
(event child-rekey) and the SA that it made is the next one's. Prints how many, in what
time; exit status 1 if there were fewer than COUNT.
"""

import socket
import struct
import sys
import time


class Vici:
    REQUEST, RESPONSE, UNKNOWN, REGISTER, _, CONFIRM, _, EVENT = range(8)

    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(path)

    def send(self, kind, name, body=b""):
        data = struct.pack("!BB", kind, len(name)) + name.encode() + body
        self.s.sendall(struct.pack("!I", len(data)) + data)

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.s.recv(n - len(data))
            if not more:
                raise EOFError("charon is gone")
            data += more
        return data

    def receive(self, timeout):
        self.s.settimeout(timeout)
        length, = struct.unpack("!I", self.exactly(4))
        self.s.settimeout(10)
        return self.exactly(length)


def keys(**values):
    out = b""
    for k, v in values.items():
        k, v = k.replace("_", "-").encode(), str(v).encode()
        out += struct.pack("!BB", 3, len(k)) + k + struct.pack("!H", len(v)) + v
    return out


def parse(data):
    """The sections of a message as nested dictionaries."""
    at, stack = 0, [{}]
    while at < len(data):
        kind = data[at]
        at += 1
        if kind in (2, 6):
            if kind == 2:
                stack.pop()
            continue
        if kind == 5:
            n, = struct.unpack_from("!H", data, at)
            at += 2 + n
            continue
        name = data[at + 1:at + 1 + data[at]].decode()
        at += 1 + data[at]
        if kind == 1:
            stack[-1][name] = {}
            stack.append(stack[-1][name])
        elif kind == 3:
            n, = struct.unpack_from("!H", data, at)
            stack[-1][name] = data[at + 2:at + 2 + n].decode(errors="replace")
            at += 2 + n
    return stack[0]


def new_child(event):
    for section in event.values():
        if isinstance(section, dict):
            for child in section.get("child-sas", {}).values():
                if "new" in child:
                    return child["new"].get("uniqueid")
    return None


def main(path, child, count, seconds):
    v = Vici(path)
    v.send(Vici.REGISTER, "child-rekey")
    assert v.receive(10)[0] == Vici.CONFIRM
    done, which = 0, {"child": child}
    start = time.monotonic()
    while done < int(count) and time.monotonic() - start < float(seconds):
        v.send(Vici.REQUEST, "rekey", keys(**which))
        try:
            while True:
                data = v.receive(10)
                if data[0] != Vici.EVENT:
                    continue
                unique = new_child(parse(data[2 + data[1]:]))
                if unique:
                    which = {"child_id": unique}
                    done += 1
                    break
        except socket.timeout:
            # Of the same one again: by name all would be, and two were left.
            print("a rekey took more than 10 s")
    took = time.monotonic() - start
    print(f"{done} rekeys in {took:.1f} s, {1000 * took / max(done, 1):.0f} ms each")
    return 0 if done == int(count) else 1


sys.exit(main(*sys.argv[1:]))
