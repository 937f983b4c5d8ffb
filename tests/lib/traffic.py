#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""User traffic of the test bench: a few packets of any kind, bounded in time.

traffic.py udp ADDRESS PORT COUNT [SIZE]
traffic.py tcp ADDRESS PORT [SECONDS]
traffic.py raw ADDRESS PROTOCOL [COUNT]      (132: SCTP INIT; 1, 58: echo request)
traffic.py echo ADDRESS PORT COUNT [SECONDS] (UDP there and back)
traffic.py serve PORT READY                  (answers UDP and TCP; READY is created)

Exit status 0 if everything was sent (tcp: connected; echo: all came back), 1 if not.
What failed is printed by the name of its errno.
"""

import collections
import errno
import socket
import struct
import sys
import threading
import time


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def sending(count, send):
    failed = collections.Counter()
    for n in range(count):
        try:
            send(n)
        except OSError as e:
            failed[errno.errorcode.get(e.errno, str(e))] += 1
        time.sleep(0.002)
    bad = sum(failed.values())
    print("sent", count - bad, "failed", bad, *sorted(failed))
    return 0 if not bad else 1


def udp(address, port, count, size="64"):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    return sending(int(count), lambda n: s.sendto(
        struct.pack("!I", n).ljust(int(size), b"u"), (address, int(port))))


def tcp(address, port, seconds="3"):
    s = socket.socket(family(address), socket.SOCK_STREAM)
    s.settimeout(float(seconds))
    try:
        s.connect((address, int(port)))
    except socket.timeout:
        print("ETIMEDOUT")
        return 1
    except OSError as e:
        print(errno.errorcode.get(e.errno, str(e)))
        return 1
    print("connected")
    return 0


def raw(address, protocol, count="1"):
    protocol = int(protocol)
    s = socket.socket(family(address), socket.SOCK_RAW, protocol)
    if protocol == 132:     # ports, no verification tag, INIT chunk
        data = struct.pack("!HHII", 4000, 38412, 0, 0) + \
            struct.pack("!BBHIIHHI", 1, 0, 20, 1, 65536, 1, 1, 1)
    elif protocol in (1, 58):
        data = struct.pack("!BBHHH", 8 if protocol == 1 else 128, 0, 0, 77, 1)
        if protocol == 1:
            total = sum(struct.unpack("!4H", data))
            total = (total & 0xffff) + (total >> 16)
            data = struct.pack("!BBHHH", 8, 0, ~total & 0xffff, 77, 1)
    else:
        data = b"trustgate"
    return sending(int(count), lambda n: s.sendto(data, (address, 0)))


def echo(address, port, count, seconds="2"):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.settimeout(float(seconds))
    back = 0
    failed = set()
    for n in range(int(count)):
        try:
            s.sendto(struct.pack("!I", n), (address, int(port)))
            s.recv(2048)
            back += 1
        except socket.timeout:
            failed.add("ETIMEDOUT")
        except OSError as e:
            failed.add(errno.errorcode.get(e.errno, str(e)))
    print("sent", count, "back", back, *sorted(failed))
    return 0 if back == int(count) else 1


def serve(port, ready):
    u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    u.bind(("::", int(port)))
    t = socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True)

    def connections():
        while True:
            c, _ = t.accept()
            threading.Thread(target=one, args=(c,), daemon=True).start()

    def one(c):
        with c:
            while data := c.recv(65536):
                c.sendall(data)

    threading.Thread(target=connections, daemon=True).start()
    with open(ready, "w", encoding="ascii"):
        pass
    while True:
        data, peer = u.recvfrom(65536)
        u.sendto(data, peer)


sys.exit({"udp": udp, "tcp": tcp, "raw": raw, "echo": echo, "serve": serve}[sys.argv[1]](
    *sys.argv[2:]))
