#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""acs.py LOG [CERT KEY CLIENT-CA]: an ACS (TR-069) of the smallest kind, on loopback or on
ADDRESS:PORT of ACS_LISTEN.

Answers an Inform with an InformResponse of its ID, an empty POST with 204, and all else
with 400. With CERT it speaks TLS itself and demands a certificate; without, it is for
nginx to be in front of. Prints its port; LOG gets a line per request: method and serial
number of the Inform, and whom nginx says the client is.
"""
import http.server
import os
import ssl
import sys
import xml.etree.ElementTree as ET

CWMP = "{urn:dslforum-org:cwmp-1-0}"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:cwmp="urn:dslforum-org:cwmp-1-0">
<soap:Header><cwmp:ID soap:mustUnderstand="1">%s</cwmp:ID></soap:Header>
<soap:Body><cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse></soap:Body>
</soap:Envelope>
"""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if body:
            self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        who = self.headers.get("X-Client", "-")
        if not body:
            self.note("end", who)
            self.answer(204)
            return
        try:
            envelope = ET.fromstring(body)
            inform = envelope.find(f"{SOAP}Body/{CWMP}Inform")
            ident = envelope.findtext(f"{SOAP}Header/{CWMP}ID", "")
            serial = inform.findtext("DeviceId/SerialNumber")
        except (ET.ParseError, AttributeError):
            self.answer(400)
            return
        self.note("Inform", serial, who)
        self.answer(200, (ANSWER % ident).encode())

    def note(self, *words):
        with open(sys.argv[1], "a", encoding="utf-8") as f:
            f.write(" ".join(words) + "\n")

    def log_message(self, *_):
        pass


def main():
    address, port = os.environ.get("ACS_LISTEN", "127.0.0.1:0").split(":")
    server = http.server.ThreadingHTTPServer((address, int(port)), Handler)
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        context.load_verify_locations(sys.argv[4])
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
