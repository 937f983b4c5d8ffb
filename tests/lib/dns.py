#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A name server of the test bench, on UDP port 53 of every address.

dns.py FILE

FILE has lines NAME ADDRESS... and is read again for each question. A name that is
not there does not exist; one whose only word is "silent" is never answered.
"""

import ipaddress
import socket
import struct
import sys


def records(name):
    with open(sys.argv[1], encoding="ascii") as f:
        for line in f:
            word = line.split()
            if word and word[0] == name:
                return word[1:]
    return None


def answer(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii").lower())
        at += 1 + query[at]
    kind = struct.unpack("!H", query[at + 1:at + 3])[0]
    found = records(".".join(labels))
    if found == ["silent"]:
        return None
    rdata = [ipaddress.ip_address(a).packed for a in found or []]
    rdata = [r for r in rdata if len(r) == {1: 4, 28: 16}.get(kind)]
    head = query[:2] + struct.pack("!5H", 0x8180 | (3 if found is None else 0), 1, len(rdata), 0, 0)
    return head + query[12:at + 5] + b"".join(
        struct.pack("!3HIH", 0xc00c, kind, 1, 0, len(r)) + r for r in rdata)


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("0.0.0.0", 53))
print("ready", flush=True)
while True:
    data, peer = server.recvfrom(512)
    reply = answer(data)
    if reply:
        server.sendto(reply, peer)
