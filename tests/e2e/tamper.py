#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands between an IKE plugin and its agent, and changes what the plugin says.

usage: tamper.py PLUGIN-SOCKET AGENT-SOCKET DIRECTORY

DIRECTORY/mode says what, read for each AUTHORIZE with a record:

    none            nothing
    flip WHAT       one bit of spi_i, spi_r, ni, nr or idi, or of a part of the record:
                    version, nonce, quote, signature, claims (its verdict), ak
    replay          put the record of DIRECTORY/kept in its place
    cut             leave out the record's last octet
    late MS         hold back what the agent greets the plugin with

The record as the plugin had it goes to DIRECTORY/record, a line for each to DIRECTORY/log.
"""
import os
import select
import socket
import struct
import sys
import time

HDR = struct.Struct("=IHHII")
ITEM = struct.Struct("=HH")
HELLO, AUTHORIZE = 1, 2
ITEMS = {"spi_i": 25, "spi_r": 26, "ni": 27, "nr": 28, "idi": 29}
INTEGRITY = 30
# Documentation/integrity-info.cddl
KEYS = {"version": 1, "claims": 2, "nonce": 3, "quote": 4, "signature": 5, "ak": 6}


def head(data, pos):
    """Major type, argument and where what follows begins, of the CBOR item at pos."""
    major, low = data[pos] >> 5, data[pos] & 31
    if low < 24:
        return major, low, pos + 1
    size = 1 << (low - 24)
    return major, int.from_bytes(data[pos + 1:pos + 1 + size], "big"), pos + 1 + size


def end_of(data, pos):
    major, value, pos = head(data, pos)
    if major in (2, 3):
        return pos + value
    for _ in range({4: value, 5: 2 * value, 6: 1}.get(major, 0)):
        pos = end_of(data, pos)
    return pos


def octet_of(record, what):
    """Where the last octet of that part of the record is."""
    # A CMW record: type, then the map as a byte string.
    _, _, pos = head(record, 0)
    pos = end_of(record, pos)
    _, _, pos = head(record, pos)
    _, entries, pos = head(record, pos)
    for _ in range(entries):
        _, key, value = head(record, pos)
        pos = end_of(record, value)
        if key == KEYS[what]:
            return pos - 1
    raise ValueError(what)


def flip(data, at, bit=1):
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1:]


def split(body):
    pos = 0
    while pos < len(body):
        number, length = ITEM.unpack_from(body, pos)
        pos += ITEM.size
        yield number, body[pos:pos + length]
        pos += length


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path + ".new", "wb") as f:
        f.write(data)
    os.rename(path + ".new", path)


def change(number, data, mode, directory):
    what, part = (mode.split() + ["", ""])[:2]
    if number == INTEGRITY:
        write(f"{directory}/record", data)
        if what == "replay":
            return read(f"{directory}/kept")
        if what == "cut":
            return data[:-1]
        if what == "flip" and part in KEYS:
            # Of the verdict a pass becomes another, of a version another.
            return flip(data, octet_of(data, part), 2 if part in ("claims", "version") else 1)
    elif what == "flip" and ITEMS.get(part) == number:
        return flip(data, len(data) - 1)
    return data


def tamper(msg, directory):
    magic, version, kind, seq, _ = HDR.unpack_from(msg)
    items = list(split(msg[HDR.size:]))
    if kind != AUTHORIZE or INTEGRITY not in dict(items):
        return msg
    mode = read(f"{directory}/mode").decode()
    items = [(n, change(n, d, mode, directory)) for n, d in items]
    with open(f"{directory}/log", "a", encoding="ascii") as f:
        f.write(mode.strip() + "\n")
    body = b"".join(ITEM.pack(n, len(d)) + d for n, d in items)
    return HDR.pack(magic, version, kind, seq, len(body)) + body


def connect(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.connect(path)
    return sock


def wait(directory):
    what, *ms = read(f"{directory}/mode").decode().split()
    if what == "late":
        time.sleep(int(ms[0]) / 1000)


def serve(plugin, agent, directory):
    greeted = False
    while True:
        for sock in select.select([plugin, agent], [], [])[0]:
            msg = sock.recv(1 << 17)
            if not msg:
                return
            if sock is plugin:
                agent.send(tamper(msg, directory))
                continue
            if not greeted:
                wait(directory)
            greeted = True
            plugin.send(msg)


def main():
    path, agent_path, directory = sys.argv[1:]
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(8)
    while True:
        plugin = listener.accept()[0]
        try:
            agent = connect(agent_path)
            serve(plugin, agent, directory)
            agent.close()
        except OSError:
            pass
        plugin.close()


main()
