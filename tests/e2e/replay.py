#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends what was captured once more, as somebody who recorded it.

usage: replay.py CAPTURE WALK TARGET MESSAGE...

WALK is what walk.py -o wrote of CAPTURE; a MESSAGE is like "> IKE_AUTH 1": the first such,
all fragments of it. Prints how many datagrams were sent.
"""
import json
import socket
import struct
import sys

EXCHANGES = {34: "IKE_SA_INIT", 35: "IKE_AUTH", 36: "CREATE_CHILD_SA", 37: "INFORMATIONAL"}


def records(path):
    with open(path, "rb") as f:
        data = f.read()
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def ike(frame):
    """SPI of the initiator, exchange, message ID and octets; None: it is something else."""
    if len(frame) < 14 + 20 + 8 + 28 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    data = frame[14 + (frame[14] & 15) * 4:]
    if struct.unpack_from("!H", data, 2)[0] != 500:
        return None
    data = data[8:]
    return data[:8], EXCHANGES.get(data[18]), struct.unpack_from("!I", data, 20)[0], data


def main():
    capture, walk, target = sys.argv[1:4]
    frames = list(records(capture))
    with open(walk, encoding="ascii") as f:
        messages = json.load(f)["messages"]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("", 500))
    sent = 0
    for wanted in sys.argv[4:]:
        last = next(m["frame"] for m in messages if m["message"] == wanted)
        spi, exchange, number, end = ike(frames[last - 1])
        for frame in frames[:last]:
            one = ike(frame)
            # Whoever sent the last fragment has sent the others.
            if one and one[:3] == (spi, exchange, number) and one[3][19] == end[19]:
                sock.sendto(one[3], (target, 500))
                sent += 1
    print(sent)


main()
