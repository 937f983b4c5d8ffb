#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""frames.py FROM TO NUMBER...: a capture of these frames of another, in this order; a range
A-B is all of them, and -N leaves one out of what was named before."""
import struct
import sys


def main():
    with open(sys.argv[1], "rb") as f:
        data = f.read()
    frames, at = [], 24
    while at + 16 <= len(data):
        length = 16 + struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at:at + length])
        at += length
    chosen = []
    for word in sys.argv[3:]:
        if word.startswith("-"):
            chosen.remove(int(word[1:]))
        elif "-" in word:
            first, last = word.split("-")
            chosen += range(int(first), int(last or len(frames)) + 1)
        else:
            chosen.append(int(word))
    with open(sys.argv[2], "wb") as f:
        f.write(data[:24] + b"".join(frames[n - 1] for n in chosen))


main()
