#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""FIGS and a validation entity for tests, over TLS on a port of the loopback address.

	sink-server.py CERT KEY DIR [CA]

Writes its port to DIR/port, and one JSON object a request to DIR/got. What it answers is
in DIR/answer: a status, and a body if there is one; "slow": never; "location": 302. With
CA clients have to show a certificate. TG_PORT: the port, if it is not to be any.
"""
import hashlib
import http.server
import json
import os
import ssl
import sys
import time

CERT, KEY, DIR = sys.argv[1:4]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(os.path.join(DIR, "answer"), encoding="ascii") as f:
            answer = f.read().strip()
        with open(os.path.join(DIR, "got"), "a", encoding="ascii") as f:
            f.write(json.dumps({
                "path": self.path, "type": self.headers["Content-Type"],
                "key": self.headers["Idempotency-Key"],
                "qualifying": self.headers["Trustgate-Qualifying-Data"],
                "sha256": hashlib.sha256(body).hexdigest(),
                "event": json.loads(body)["event"] if body[:1] == b"{" else None}) + "\n")
        if answer == "slow":
            time.sleep(60)
        status, _, text = answer.partition(" ")
        self.send_response(302 if answer == "location" else int(status))
        if answer == "location":
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERT, KEY)
if len(sys.argv) > 4:
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(sys.argv[4])
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("TG_PORT", 0))), Handler)
server.daemon_threads = True
server.socket = context.wrap_socket(server.socket, server_side=True)
with open(os.path.join(DIR, "port.new"), "w", encoding="ascii") as f:
    f.write(str(server.server_address[1]))
os.rename(os.path.join(DIR, "port.new"), os.path.join(DIR, "port"))
server.serve_forever()
