#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The agent's end of the plugin's socket, to see what the plugin says.

usage: fake-agent.py SOCKET LOG MODE

Writes a line to LOG for each message, but for PING: its type, then NAME=VALUE for
each item. MODE is a file read before each answer:

    ok              answer everything
    silent          answer nothing
    mute TYPE       answer everything but that type
    refuse TYPE     answer it with EACCES and a text
    garbage TYPE    answer it with octets that are no message
    close TYPE      close the connection on it
    require         answer everything, and say that no peer is to pass without an answer
    long REPORT     answer it with a record of one octet too many
    empty REPORT    answer it with a record of none

MODE.integrity, when there, has what to say of INTEGRITY_INFO in the greeting: off, auto
or force, the type of the Notify, and ms to wait. MODE.record is what REPORT gets.
"""
import hashlib
import os
import socket
import struct
import sys

HDR = struct.Struct("=IHHII")
ITEM = struct.Struct("=HH")
MAGIC, VERSION, REPLY = 0x54474154, 3, 16
TYPES = {1: "HELLO", 2: "AUTHORIZE", 3: "CHILD_KEYS", 4: "CHILD_UP", 5: "CHILD_DOWN",
         6: "IKE_DOWN", 7: "IKE_REKEY", 8: "PING", 9: "REPORT"}
REPLIED = {"HELLO", "AUTHORIZE", "CHILD_KEYS", "PING", "REPORT"}
ITEMS = ["", "instance", "text", "ike", "new_ike", "role", "peer", "cert", "kinds", "child",
         "name", "proto", "spi_in", "spi_out", "local", "remote", "reqid", "if_in", "if_out",
         "vip", "flags", "status", "ocsp", "sent", "life", "spi_i", "spi_r", "ni", "nr", "idi", "integrity",
         "mode", "notify", "age", "own_id", "own_cert",
         "own_kinds"]
TEXTS = {"text", "peer", "name", "own_id"}
ADDRESSES = {"local", "remote", "vip"}
STATUS, TEXT, FLAGS, LIFE, INTEGRITY, MODE, NOTIFY = 21, 2, 20, 24, 30, 31, 32
RECORD_MAX = 1500
REQUIRED = 0x10


def show(name, data):
    if name in TEXTS:
        return data.decode()
    if name in ADDRESSES:
        family = socket.AF_INET if len(data) == 4 else socket.AF_INET6
        return socket.inet_ntop(family, data)
    if name in ("cert", "ocsp", "integrity", "own_cert"):
        return hashlib.sha256(data).hexdigest()
    if name.startswith("spi"):
        return "0x" + data.hex()
    if name in ("instance", "ni", "nr", "idi"):
        return data.hex()
    return str(int.from_bytes(data, sys.byteorder))


def parse(msg):
    magic, version, kind, seq, length = HDR.unpack_from(msg)
    assert (magic, version, length) == (MAGIC, VERSION, len(msg) - HDR.size), "header"
    items, pos = [], HDR.size
    while pos < len(msg):
        number, length = ITEM.unpack_from(msg, pos)
        pos += ITEM.size
        assert pos + length <= len(msg), "item"
        items.append(f"{ITEMS[number]}={show(ITEMS[number], msg[pos:pos + length])}")
        pos += length
    return TYPES[kind], seq, items


def item(number, data):
    return ITEM.pack(number, len(data)) + data


def reply(seq, status, text=b"", flags=0, more=b""):
    body = item(STATUS, struct.pack("=I", status)) + more
    if flags:
        body += item(FLAGS, struct.pack("=I", flags))
    if text:
        body += item(TEXT, text)
    return HDR.pack(MAGIC, VERSION, REPLY, seq, len(body)) + body


def integrity(mode_file):
    """For the greeting."""
    if not os.path.exists(mode_file + ".integrity"):
        return b""
    with open(mode_file + ".integrity", encoding="ascii") as f:
        mode, notify, wait = f.read().split()
    numbers = {MODE: ["off", "auto", "force"].index(mode), NOTIFY: int(notify), LIFE: int(wait)}
    return b"".join(item(n, struct.pack("=I", v)) for n, v in numbers.items())


def record(mode_file, what):
    with open(mode_file + ".record", "rb") as f:
        data = f.read()
    if what == "long":
        data = data.ljust(RECORD_MAX + 1, b"x")
    return item(INTEGRITY, b"" if what == "empty" else data)


def answer(conn, mode_file, kind, seq):
    with open(mode_file, encoding="ascii") as f:
        mode = f.read()
    what, of = (mode.split() + [""])[:2]
    if what == "silent" or (what == "mute" and of == kind):
        return True
    if what == "close" and of == kind:
        return False
    if what == "garbage" and of == kind:
        conn.send(b"\xff" * 37)
    elif what == "refuse" and of == kind:
        conn.send(reply(seq, 13, b"no such peer here"))
    elif what == "require" and kind == "HELLO":
        conn.send(reply(seq, 0, flags=REQUIRED))
    elif kind == "HELLO":
        conn.send(reply(seq, 0, more=integrity(mode_file)))
    elif kind == "REPORT":
        conn.send(reply(seq, 0, more=record(mode_file, what)))
    elif kind in REPLIED:
        conn.send(reply(seq, 0))
    return True


def serve(conn, log, mode_file):
    while True:
        msg = conn.recv(1 << 17)
        if not msg:
            break
        kind, seq, items = parse(msg)
        if kind != "PING":
            print(kind, *items, file=log, flush=True)
        if not answer(conn, mode_file, kind, seq):
            break
    print("CLOSED", file=log, flush=True)
    conn.close()


def main():
    path, log_file, mode_file = sys.argv[1:]
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(8)
    with open(log_file, "a", encoding="utf-8") as log:
        while True:
            conn = listener.accept()[0]
            try:
                serve(conn, log, mode_file)
            except OSError as e:
                print("CLOSED", e.errno, file=log, flush=True)


main()
