#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write down the IKE messages of a network namespace, or send one again.

usage: ike-trace.py LOG
       ike-trace.py again LOG ADDRESS

LOG is there once nothing is missed any more. A line each: source, destination, exchange,
"request" or "response", and its octets in hex. "again" sends the last IKE_SA_INIT request
in LOG from a new SPI to ADDRESS: a peer that nobody knows, and that goes no further.
"""
import os
import socket
import struct
import sys

EXCHANGES = {34: "IKE_SA_INIT", 35: "IKE_AUTH", 36: "CREATE_CHILD_SA", 37: "INFORMATIONAL"}


def ike_of(packet):
    """Addresses and message of an IPv4 packet, or None."""
    if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_UDP:
        return None
    udp = packet[(packet[0] & 15) * 4:]
    ports = struct.unpack_from("!HH", udp)
    message = udp[8:]
    if 4500 in ports and message[:4] == bytes(4):
        message = message[4:]
    elif 500 not in ports:
        return None
    if len(message) < 28 or message[18] not in EXCHANGES:
        return None
    return socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20]), message


def trace(sock, log):
    while True:
        packet, address = sock.recvfrom(1 << 16)
        found = ike_of(packet) if address[1] == 0x0800 else None
        if found:
            source, to, message = found
            print(source, to, EXCHANGES[message[18]],
                  "response" if message[19] & 0x20 else "request", message.hex(),
                  file=log, flush=True)


def again(log, address):
    requests = [line.split() for line in log if " IKE_SA_INIT request " in line]
    message = bytes.fromhex(requests[-1][4])
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.sendto(os.urandom(8) + message[8:], (address, 500))


if sys.argv[1] == "again":
    with open(sys.argv[2], encoding="ascii") as f:
        again(f, sys.argv[3])
else:
    # Of all protocols: only then what goes out is seen as well.
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    with open(sys.argv[1], "a", encoding="ascii") as f:
        trace(packets, f)
