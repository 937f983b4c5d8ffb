#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Logs as firmware and kernel write them, and the values they lead to, made by nothing of
the code that is tested.

measure.py ima LOG ENTRY...	appends; ENTRY is PATH=FILE (its digest is measured),
				PATH=HEX, violation:PATH, sha1:PATH=FILE, pcr11:PATH=FILE or
				raw:TEMPLATE; prints for each what extends PCR 10, in hex
measure.py events LOG PCR:TYPE:HEX...	a whole log; TYPE is a number, or locality; HEX what
				is measured, or the locality; prints "N VALUE" for each PCR
measure.py replay VALUE...	what a PCR is when these were extended
"""
import hashlib
import struct
import sys


def sha256(b):
    return hashlib.sha256(b).digest()


def field(b):
    return struct.pack("<I", len(b)) + b


def digest_of(source):
    try:
        d = bytes.fromhex(source)
        if len(d) == 32:
            return d
    except ValueError:
        pass
    return sha256(open(source, "rb").read())


def ima(log, entries):
    out = open(log, "ab")
    for e in entries:
        pcr, name, violation, alg = 10, b"ima-ng", False, b"sha256"
        if e.startswith("raw:"):
            name, data = e[4:].encode(), b"\x07\x07"
        else:
            if e.startswith("violation:"):
                violation, e = True, e[10:] + "=" + "00" * 32
            elif e.startswith("sha1:"):
                alg, e = b"sha1", e[5:]
            elif e.startswith("pcr11:"):
                pcr, e = 11, e[6:]
            path, source = e.rsplit("=", 1)
            d = digest_of(source)
            if alg == b"sha1":
                d = d[:20]
            data = field(alg + b":\0" + d) + field(path.encode("latin-1") + b"\0")
        sha1 = bytes(20) if violation else hashlib.sha1(data).digest()
        out.write(struct.pack("<I", pcr) + sha1 + field(name) + field(data))
        if pcr == 10:
            print("ff" * 32 if violation else sha256(data).hex())


def spec_id():
    data = b"Spec ID Event03\0" + struct.pack("<IBBBB", 0, 0, 2, 0, 2)
    data += struct.pack("<I", 2) + struct.pack("<HHHH", 4, 20, 11, 32) + b"\0"
    return struct.pack("<II", 0, 3) + bytes(20) + field(data)


def events(log, entries):
    pcrs, out = {}, spec_id()
    for e in entries:
        pcr, kind, what = e.split(":")
        pcr, data = int(pcr), bytes.fromhex(what)
        kind, data = (3, b"StartupLocality\0" + data) if kind == "locality" else (int(kind, 0), data)
        no_action = kind == 3
        d1, d2 = (bytes(20), bytes(32)) if no_action else (hashlib.sha1(data).digest(), sha256(data))
        out += struct.pack("<III", pcr, kind, 2)
        out += struct.pack("<H", 4) + d1 + struct.pack("<H", 11) + d2 + field(data)
        if no_action and data.startswith(b"StartupLocality"):
            pcrs[0] = bytes(31) + data[16:17]
        if not no_action:
            pcrs[pcr] = sha256(pcrs.get(pcr, bytes(32)) + d2)
    open(log, "wb").write(out)
    for n in sorted(pcrs):
        print(n, pcrs[n].hex())


def replay(values):
    pcr = bytes(32)
    for v in values:
        pcr = sha256(pcr + bytes.fromhex(v))
    print(pcr.hex())


if sys.argv[1] == "replay":
    replay(sys.argv[2:])
else:
    {"ima": ima, "events": events}[sys.argv[1]](sys.argv[2], sys.argv[3:])
