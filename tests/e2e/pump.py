#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""User packets of every kind, for the end-to-end tests.

pump.py send KIND=ADDRESS=COUNT[=SOURCE]...
    So many packets of each kind, each with MARK in it. Kinds: udp, tcp (SYN), icmp
    (echo request), sctp (INIT), other (protocol 253), hdrincl (UDP, with an IP header
    made here), mcast (UDP out of wan0). Prints how many there were; what the gate
    holds fails with an errno and counts.

pump.py flow ADDRESS PORT SECONDS MS [SOURCE]
    Numbered UDP packets, one every MS; ends early on SIGTERM. Prints how many.

pump.py sink PORT READY
    Receives them until SIGTERM, and then what is still on its way, until none came for a
    second. Prints how many different ones, and how many twice.
"""

import signal
import socket
import struct
import sys
import time

MARK = b"trustgate-user-data"
PORT = 4000     # nobody listens there: answers are ICMP errors and TCP resets


def v6(address):
    return ":" in address


def family(address):
    return socket.AF_INET6 if v6(address) else socket.AF_INET


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def raw(address, protocol, sum_at=None):
    s = socket.socket(family(address), socket.SOCK_RAW, protocol)
    if v6(address) and sum_at is not None and protocol != socket.IPPROTO_ICMPV6:
        s.setsockopt(socket.IPPROTO_IPV6, 7, sum_at)    # IPV6_CHECKSUM
    return s


def udp_header(length):
    return struct.pack("!HHHH", PORT, PORT, 8 + length, 0)


def open_udp(address, source):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    return s, MARK, (address, PORT)


def open_tcp(address, source):
    data = struct.pack("!HHIIBBHHH", PORT, PORT, 1, 0, 5 << 4, 2, 1024, 0, 0) + MARK
    if v6(address):
        return raw(address, 6, 16), data, (address, 0)
    # The checksum is the sender's; the far end need not like it to count it.
    return raw(address, 6), data, (address, 0)


def open_icmp(address, source):
    if v6(address):
        return raw(address, 58), struct.pack("!BBHHH", 128, 0, 0, 7, 1) + MARK, (address, 0)
    data = struct.pack("!BBHHH", 8, 0, 0, 7, 1) + MARK + b"."
    data = data[:2] + struct.pack("!H", checksum(data)) + data[4:]
    return raw(address, 1), data, (address, 0)


def open_sctp(address, source):
    data = struct.pack("!HHII", PORT, 38412, 0, 0) + \
        struct.pack("!BBHIIHHI", 1, 0, 20, 1, 65536, 1, 1, 1) + MARK
    return raw(address, 132), data, (address, 0)


def open_other(address, source):
    return raw(address, 253), MARK, (address, 0)


def open_hdrincl(address, source):
    payload = udp_header(len(MARK)) + MARK
    if v6(address):
        s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        head = struct.pack("!IHBB", 6 << 28, len(payload), 17, 64) + \
            socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, address)
    else:
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 77, 0, 64, 17, 0) + \
            socket.inet_aton(source) + socket.inet_aton(address)
    return s, head + payload, (address, 0)


def open_mcast(address, source):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    link = socket.if_nametoindex("wan0")
    if v6(address):
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, link)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 8)
    else:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("4s4si", b"", b"", link))
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 8)
    return s, MARK, (address, PORT)


def send(*what):
    total = 0
    for item in what:
        kind, address, count, *source = item.split("=")
        source = source[0] if source else None
        s, data, to = globals()["open_" + kind](address, source)
        if source and kind != "hdrincl":
            s.bind((source, 0))
        for _ in range(int(count)):
            try:
                s.sendto(data, to)
            except OSError:
                pass        # held; the counters at the far end are what counts
            total += 1
            time.sleep(0.001)
        s.close()
    print(total)


ended = False


def end(*_):
    global ended
    ended = True


def flow(address, port, seconds, ms, source=None):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    if source:
        s.bind((source, 0))
    start = time.monotonic()
    n = refused = 0
    while not ended and time.monotonic() - start < float(seconds):
        try:
            s.sendto(struct.pack("!I", n) + MARK, (address, int(port)))
        except OSError:
            refused += 1
        n += 1
        ahead = start + n * float(ms) / 1000 - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
    print(n, refused)


def sink(port, ready):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind(("::", int(port)))
    s.settimeout(1)
    with open(ready, "w", encoding="ascii"):
        pass
    seen, twice = set(), 0
    while True:
        try:
            data, peer = s.recvfrom(2048)
        except socket.timeout:
            if ended:
                break
            continue
        key = (peer[0], struct.unpack("!I", data[:4])[0])
        twice += key in seen
        seen.add(key)
    print(len(seen), twice)


signal.signal(signal.SIGTERM, end)
sys.exit({"send": send, "flow": flow, "sink": sink}[sys.argv[1]](*sys.argv[2:]))
