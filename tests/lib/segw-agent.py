#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A SeGW's agent that allows everything and says which OCSP responses to send in IKE.

segw-agent.py SOCKET CERT.der DIRECTORY

Sends the files DIRECTORY/now/*.der, in the order of their names, as the responses for
that certificate, and again whenever they change; now is a link to a directory, whose
name is in DIRECTORY/seen once they are sent. DIRECTORY/life has their life in ms (10
minutes). DIRECTORY/told gets a line each time.
"""
import glob
import os
import select
import socket
import struct
import sys

HDR = struct.Struct("=IHHII")
ITEM = struct.Struct("=HH")
MAGIC, VERSION = 0x54474154, 3
REPLY, STAPLE = 16, 17
REPLIED = {1, 2, 3, 8}
CERT, STATUS, OCSP, LIFE = 7, 21, 22, 24


def item(number, data):
    return ITEM.pack(number, len(data)) + data


def message(kind, seq, body):
    return HDR.pack(MAGIC, VERSION, kind, seq, len(body)) + body


def read(path):
    with open(path, "rb") as f:
        return f.read()


def state(directory):
    """What is to be told: where that is, life and responses."""
    now = os.path.realpath(f"{directory}/now")
    responses = [read(f) for f in sorted(glob.glob(f"{now}/*.der"))]
    life = 600000
    if os.path.exists(f"{directory}/life"):
        life = int(read(f"{directory}/life"))
    return (os.path.basename(now), life if responses else 0, responses)


def staple(cert, _where, life, responses):
    body = item(CERT, cert) + item(LIFE, struct.pack("=I", life))
    for r in responses:
        body += item(OCSP, r)
    return message(STAPLE, 0, body)


def serve(conn, cert, directory):
    told = None
    greeted = False
    while True:
        if select.select([conn], [], [], 0.1)[0]:
            msg = conn.recv(1 << 17)
            if not msg:
                return
            _, _, kind, seq, _ = HDR.unpack_from(msg)
            if kind in REPLIED:
                conn.send(message(REPLY, seq, item(STATUS, struct.pack("=I", 0))))
            greeted = greeted or kind == 1
        try:
            now = state(directory)
        except FileNotFoundError:
            continue
        if greeted and now != told:
            conn.send(staple(cert, *now))
            told = now
            with open(f"{directory}/told", "a", encoding="ascii") as f:
                f.write(f"{now[1]} {len(now[2])}\n")
            with open(f"{directory}/seen", "w", encoding="ascii") as f:
                f.write(f"{now[0]}\n")


def main():
    path, cert_file, directory = sys.argv[1:]
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(8)
    while True:
        conn = listener.accept()[0]
        try:
            serve(conn, read(cert_file), directory)
        except OSError:
            pass
        conn.close()


main()
