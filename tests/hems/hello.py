#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""hello.py SUITE: a TLS 1.2 server that answers each ClientHello by taking SUITE,
offered or not. Prints its port, then a line for each client: what it offered."""
import socket
import struct
import sys

# Suites of RFC 2246 to 5246 and 6347's registry with RC4, NULL, EXPORT, DES or 3DES.
WEAK = (set(range(0x0000, 0x001C)) | {0x002C, 0x002D, 0x002E} | set(range(0x001E, 0x002C)) |
        {0x003B, 0x008A, 0x008B, 0x008E, 0x008F, 0x0092, 0x0093, 0x00B0, 0x00B1, 0x00B4,
         0x00B5, 0x00B8, 0x00B9, 0xC001, 0xC002, 0xC003, 0xC006, 0xC007, 0xC008, 0xC00B, 0xC00C,
         0xC00D, 0xC010, 0xC011, 0xC012, 0xC015, 0xC016, 0xC017, 0xC01A, 0xC01B, 0xC01C})


def exactly(conn, n):
    data = b""
    while len(data) < n:
        more = conn.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def offered(conn):
    kind, _, length = struct.unpack("!BHH", exactly(conn, 5))
    hello = exactly(conn, length)
    assert kind == 22 and hello[0] == 1
    at = 4 + 2 + 32
    at += 1 + hello[at]
    n = struct.unpack_from("!H", hello, at)[0]
    return struct.unpack_from(f"!{n // 2}H", hello, at + 2)


def main():
    suite = int(sys.argv[1], 0)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        with conn:
            suites = offered(conn)
            print("offered", *("%04x%s" % (s, " weak" * (s in WEAK)) for s in suites), flush=True)
            body = b"\x03\x03" + bytes(32) + b"\x00" + struct.pack("!HB", suite, 0)
            body += b"\x00\x05" + b"\xff\x01\x00\x01\x00"  # renegotiation_info
            hello = b"\x02" + struct.pack("!I", len(body))[1:] + body
            conn.sendall(struct.pack("!BHH", 22, 0x0303, len(hello)) + hello)
            # Its alert, and its end.
            while conn.recv(4096):
                pass


main()
