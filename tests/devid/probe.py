#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a client sees of the repository, octet by octet.

probe.py PORT CA CERT|- KEY raw|slow|large|times [HEX...]

raw: sends the bodies HEX one after the other, prints each answer in hexadecimal, its date
blanked. slow: an octet now and then; large: a body without end: both print how they were
ended. times: sends two bodies by turns, prints the medians and what one octet more or
less would be in it."""
import socket
import ssl
import statistics
import sys
import time


def connect(port, ca, cert, key):
    ctx = ssl.create_default_context(cafile=ca)
    if cert != '-':
        ctx.load_cert_chain(cert, key)
    s = socket.create_connection(('127.0.0.1', port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return ctx.wrap_socket(s, server_hostname='localhost')


def request(body):
    return (b'POST /v1/binding HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n'
            % len(body)) + body


def answer(s):
    data = b''
    while b'\r\n\r\n' not in data:
        more = s.recv(65536)
        if not more:
            raise EOFError
        data += more
    head, rest = data.split(b'\r\n\r\n', 1)
    lines = head.split(b'\r\n')
    length = next(int(line.split(b':')[1]) for line in lines
                  if line.lower().startswith(b'content-length:'))
    while len(rest) < length:
        rest += s.recv(65536)
    blanked = [b'Date: ' + b'-' * (len(line) - 6) if line.lower().startswith(b'date:') else line
               for line in lines]
    return b'\r\n'.join(blanked) + b'\r\n\r\n' + rest


def raw(s, bodies):
    for body in bodies:
        s.sendall(request(body))
        print(answer(s).hex())


def ended(s, send):
    """Whether the server ends it, within four minutes."""
    start = time.monotonic()
    s.settimeout(1)
    while time.monotonic() - start < 240:
        try:
            send(s)
            if not s.recv(1):
                return 'closed'
        except (TimeoutError, ssl.SSLWantReadError):
            continue
        except OSError:
            return 'closed'
    return 'held open'


def times(s, bodies):
    spent = {body: [] for body in bodies}
    for i in range(1500):
        for body in bodies if i % 2 else bodies[::-1]:
            begin = time.perf_counter_ns()
            s.sendall(request(body))
            answer(s)
            spent[body].append(time.perf_counter_ns() - begin)
    a, b = (sorted(spent[body]) for body in bodies)
    # The middle half: what else the machine did is not in it.
    spread = statistics.median((a[len(a) * 3 // 4] - a[len(a) // 4],
                                b[len(b) * 3 // 4] - b[len(b) // 4]))
    apart = abs(statistics.median(a) - statistics.median(b))
    print(f'medians {statistics.median(a):.0f} and {statistics.median(b):.0f} ns, '
          f'half of each within {spread:.0f} ns')
    return 0 if apart <= max(spread, statistics.median(a) / 20) else 1


def main():
    port, ca, cert, key, what = sys.argv[1:6]
    s = connect(int(port), ca, cert, key)
    bodies = [bytes.fromhex(h) for h in sys.argv[6:]]
    if what == 'raw':
        raw(s, bodies)
    elif what == 'slow':
        print(ended(s, lambda c: c.sendall(b'P')))
    elif what == 'large':
        s.sendall(b'POST /v1/binding HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n')
        print(ended(s, lambda c: c.sendall(b'x' * 65536)))
    elif what == 'times':
        return times(s, bodies)
    return 0


sys.exit(main())
