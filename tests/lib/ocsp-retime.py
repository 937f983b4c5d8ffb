#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Move the times of an OCSP response, and sign it again.

ocsp-retime.py RESPONSE KEY SECONDS OUT

Every GeneralizedTime of what is signed moves by SECONDS (negative: into the past).
KEY is the EC key of the signer; the response is to carry no certificates, so it is
the issuer's own.
"""

import datetime
import re
import subprocess
import sys


def tlv(data, pos):
    """Tag, start of the content and end of the element at @pos."""
    length, start = data[pos + 1], pos + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(data[start:start + count], "big")
        start += count
    return data[pos], start, start + length


def make(tag, content):
    size = len(content)
    if size < 0x80:
        head = bytes([size])
    else:
        octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
        head = bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + head + content


def sign(key, data):
    return subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=data, check=True,
                          capture_output=True).stdout


def moved(match, seconds):
    then = datetime.datetime.strptime(match.group(1).decode(), "%Y%m%d%H%M%SZ")
    return b"\x18\x0f" + (then + datetime.timedelta(seconds=seconds)).strftime(
        "%Y%m%d%H%M%SZ").encode()


def retime(response, key, seconds):
    body = response[tlv(response, 0)[1]:]
    status = body[:tlv(body, 0)[2]]
    octets = body[tlv(body, len(status))[1]:]	# SEQUENCE of type and OCTET STRING
    inner = octets[tlv(octets, 0)[1]:]
    kind = inner[:tlv(inner, 0)[2]]
    _, start, end = tlv(inner, len(kind))
    basic = inner[start:end]
    basic = basic[tlv(basic, 0)[1]:]
    tbs = basic[:tlv(basic, 0)[2]]
    algorithm = basic[len(tbs):tlv(basic, len(tbs))[2]]
    tbs = re.sub(rb"\x18\x0f(\d{14}Z)", lambda m: moved(m, seconds), tbs)
    signature = make(0x03, b"\0" + sign(key, tbs))
    basic = make(0x30, tbs + algorithm + signature)
    return make(0x30, status + make(0xA0, make(0x30, kind + make(0x04, basic))))


if __name__ == "__main__":
    source, key_file, by, target = sys.argv[1:]
    with open(source, "rb") as f:
        made = retime(f.read(), key_file, int(by))
    with open(target, "wb") as f:
        f.write(made)
