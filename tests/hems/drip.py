#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A TLS server whose ServerHello comes octet by octet, for a minute. Prints its port."""
import socket
import time

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
conn, _ = listener.accept()
try:
    for octet in bytes.fromhex("160303200002001ffc") + bytes(291):
        conn.send(bytes([octet]))
        time.sleep(0.2)
except OSError:
    pass
