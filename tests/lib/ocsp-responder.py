#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The OCSP responder of the test bench, and what can go wrong with one.

ocsp-responder.py PKI STATE

Listens on port 8080 of every address. POST /CA (or / for opca) is answered by
`openssl ocsp` from PKI/CA.db/index.txt, signed by opca's or vca's delegate, else by the
CA itself; GET /CA.crl gives that CRL. STATE/mode-CA, or
else STATE/mode, is read again for each request and says how to behave:

  good           what the index says, with the request's nonce
  delay S        the same after S seconds
  silent         take the request, never answer
  refuse         close the connection at once
  trylater       OCSP status tryLater
  unauthorized   OCSP status unauthorized
  http CODE      that HTTP status
  redirect URL   an HTTP redirect
  garbage        an HTTP answer whose body is not OCSP
  truncate       the first half of the good answer
  trailing       a good answer followed by a few more bytes
  stale [FILE]   FILE again, or the last good answer there was (another nonce)
  nononce        the good answer without the nonce
  flood [BYTES]  the good answer, and then more and more (1 MiB)
  wrongcert      good, but about another of the CA's certificates: segw2, opca2
  signer NAME    signed by NAME of the PKI
  direct         good, signed by the CA itself, no certificates
  badsig         the same with one bit of the signature wrong
  old SECONDS    the same, made that long ago, nonce and all
  loris          an answer that comes octet by octet and never ends
  endless        a body without a length that never ends

STATE/requests gets a line per request, STATE/last.der the last good answer.
"""

import functools
import functools
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PKI, STATE = sys.argv[1:3]
SIGNERS = {"opca": "ocsp", "vca": "vocsp"}
LOG = threading.Lock()

spec = importlib.util.spec_from_file_location(
    "retime", os.path.join(os.path.dirname(os.path.abspath(__file__)), "ocsp-retime.py"))
retime = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(retime)


def openssl(*args):
    return subprocess.run(["openssl", *args], check=True, capture_output=True).stdout


@functools.cache
def serial_of(path, _changed):
    return openssl("x509", "-in", path, "-noout", "-serial").decode().strip().split("=")[1]


# H(e)NBs wait 2 s for an answer, and a slow machine takes one for an openssl.
@functools.cache
def serial(name):
    path = f"{PKI}/{name}.crt"
    return serial_of(path, os.stat(path).st_mtime_ns)


def answer(ca, request, signer=None, *more):
    signer = signer or SIGNERS.get(ca, ca)
    with tempfile.TemporaryDirectory(dir=STATE) as d:
        with open(f"{d}/req", "wb") as f:
            f.write(request)
        openssl("ocsp", "-index", f"{PKI}/{ca}.db/index.txt", "-CA", f"{PKI}/{ca}.crt",
                "-rsigner", f"{PKI}/{signer}.crt", "-rkey", f"{PKI}/{signer}.key",
                "-reqin", f"{d}/req", "-respout", f"{d}/resp", "-nmin", "60", *more)
        with open(f"{d}/resp", "rb") as f:
            return f.read()


def by_issuer(ca, request, mode, arg):
    data = answer(ca, request, ca, "-resp_no_certs")
    if mode == "badsig":
        data = data[:-1] + bytes([data[-1] ^ 1])
    elif mode == "old":
        data = retime.retime(data, f"{PKI}/{ca}.key", -int(arg[0]))
    return data


def without_nonce(ca, request):
    """A request for the same certificate that has no nonce."""
    with tempfile.TemporaryDirectory(dir=STATE) as d:
        with open(f"{d}/req", "wb") as f:
            f.write(request)
        text = openssl("ocsp", "-reqin", f"{d}/req", "-req_text").decode()
        field = dict(line.strip().split(": ", 1) for line in text.splitlines()
                     if ": " in line.strip())
        openssl("ocsp", "-issuer", f"{PKI}/{ca}.crt", "-no_nonce",
                "-" + field["Hash Algorithm"], "-serial", "0x" + field["Serial Number"],
                "-reqout", f"{d}/new")
        with open(f"{d}/new", "rb") as f:
            return f.read()


def about_another(ca, request):
    """The same request, nonce and all, for another certificate of @ca."""
    names, other = (("opca",), "opca2") if ca == "oproot" else (("segw", "segw6"), "segw2")
    for name in names:
        old, new = bytes.fromhex(serial(name)), bytes.fromhex(serial(other))
        if old in request:
            if len(old) != len(new):
                raise ValueError("serial numbers of different length")
            return request.replace(old, new)
    raise ValueError(f"a request for none of {names}")


class Responder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):
        pass

    def body(self, data, length=None, kind="application/ocsp-response"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    def drip(self, chunk, pause):
        """Until the other end has had enough."""
        self.send_response(200)
        self.send_header("Content-Type", "application/ocsp-response")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(chunk)
                self.wfile.flush()
                time.sleep(pause)
        except OSError:
            pass

    def do_GET(self):
        name = os.path.basename(self.path)
        if not name.endswith(".crl") or not os.path.exists(f"{PKI}/{name}"):
            self.send_error(404)
            return
        self.body(openssl("crl", "-in", f"{PKI}/{name}", "-outform", "DER"),
                  kind="application/pkix-crl")

    def do_POST(self):
        ca = self.path.strip("/") or "opca"
        mode, arg = "good", []
        for name in (f"mode-{os.path.basename(ca)}", "mode"):
            if os.path.exists(f"{STATE}/{name}"):
                with open(f"{STATE}/{name}", encoding="ascii") as f:
                    mode, *arg = f.read().split() or ["good"]
                break
        with LOG, open(f"{STATE}/requests", "a", encoding="ascii") as f:
            f.write(f"{time.time():.3f} {self.client_address[0]} {ca} {mode}\n")
        if mode == "refuse":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        request = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not os.path.exists(f"{PKI}/{ca}.db/index.txt"):
            self.send_error(404)
            return
        if mode == "silent":
            time.sleep(3600)
        elif mode == "http":
            self.send_error(int(arg[0]))
        elif mode == "redirect":
            self.send_response(302)
            self.send_header("Location", arg[0])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif mode == "garbage":
            self.body(b"<html>not here</html>\n")
        elif mode == "trylater":
            self.body(bytes.fromhex("30030a0103"))
        elif mode == "unauthorized":
            self.body(bytes.fromhex("30030a0106"))
        elif mode == "stale":
            with open(arg[0] if arg else f"{STATE}/last.der", "rb") as f:
                self.body(f.read())
        elif mode == "nononce":
            self.body(answer(ca, without_nonce(ca, request)))
        elif mode == "wrongcert":
            self.body(answer(ca, about_another(ca, request)))
        elif mode in ("direct", "badsig", "old"):
            self.body(by_issuer(ca, request, mode, arg))
        elif mode == "loris":
            self.drip(b"0", 0.3)
        elif mode == "endless":
            self.drip(bytes(4096), 0)
        elif mode == "signer":
            self.body(answer(ca, request, arg[0]))
        elif mode in ("good", "delay", "truncate", "trailing", "flood"):
            if mode == "delay":
                time.sleep(float(arg[0]))
            data = answer(ca, request)
            if mode == "truncate":
                self.body(data[:len(data) // 2])
            elif mode == "trailing":
                self.body(data + b"\x05\x00\x05\x00")
            elif mode == "flood":
                more = int(arg[0]) if arg else 1 << 20
                self.body(data + bytes(more))
            else:
                with open(f"{STATE}/last.new", "wb") as f:
                    f.write(data)
                os.rename(f"{STATE}/last.new", f"{STATE}/last.der")
                self.body(data)
        else:
            self.send_error(500, f"mode {mode}?")


class Server(ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Not HTTPServer's, which asks DNS for the machine's name.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "core", 8080

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        detail = getattr(error, "stderr", b"")
        print(f"{client_address[0]}: {error!r} {detail.decode(errors='replace')}",
              file=sys.stderr, flush=True)


server = Server(("::", 8080), Responder)
with open(f"{STATE}/ready", "w", encoding="ascii"):
    pass
server.serve_forever()
