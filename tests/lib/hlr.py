#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An HLR with its AuC, for hostapd's RADIUS server: AKA vectors by Milenage.

usage: hlr.py SOCKET SUBSCRIBERS LOG MODE
       hlr.py --self-test

SUBSCRIBERS has a line each: IMSI K OPC, in hex. MODE is a file, read for each request:

    good            vectors of the subscriber
    hold            no answer until MODE says something else
    autn            with a MAC in AUTN that K does not make: as of a network that lacks K
    nobody          none: the subscriber is not known

LOG gets a line for each request, and one for what became of it. Milenage is TS 35.206, its functions
checked against sets of TS 35.208; AES-128 is FIPS 197. hostapd speaks the HLR/AuC gateway's
protocol over a datagram socket: "AKA-REQ-AUTH IMSI", and "AKA-RESP-AUTH IMSI RAND AUTN IK CK
RES" or "... FAILURE".
"""
import os
import socket
import sys
import time

AMF = bytes.fromhex("8000")


# --------------------------------------------------------------------- AES-128, one block
def double(x):
    return (x << 1) ^ (0x11b if x & 0x80 else 0)


def multiply(x, y):
    product = 0
    while y:
        product ^= x if y & 1 else 0
        x, y = double(x), y >> 1
    return product


def make_sbox():
    """Inverses in GF(2^8), by powers of 3, and the affine map."""
    powers, x = [], 1
    for _ in range(255):
        powers.append(x)
        x = multiply(x, 3)
    box = []
    for value in range(256):
        inverse = powers[-powers.index(value) % 255] if value else 0
        bits = inverse | inverse << 8
        box.append((bits ^ bits >> 4 ^ bits >> 5 ^ bits >> 6 ^ bits >> 7) & 0xff ^ 0x63)
    return bytes(box)


SBOX = make_sbox()


def expand(key):
    words, rcon = [key[i:i + 4] for i in range(0, 16, 4)], 1
    while len(words) < 44:
        last = words[-1]
        if len(words) % 4 == 0:
            last = bytes(SBOX[b] for b in last[1:] + last[:1])
            last = bytes([last[0] ^ rcon]) + last[1:]
            rcon = double(rcon)
        words.append(xor(words[-4], last))
    return [b"".join(words[i:i + 4]) for i in range(0, 44, 4)]


def mix(column):
    a = list(column)
    return bytes(double(a[i]) ^ double(a[(i + 1) % 4]) ^ a[(i + 1) % 4] ^
                 a[(i + 2) % 4] ^ a[(i + 3) % 4] for i in range(4))


def aes(key, block):
    keys = expand(key)
    state = xor(block, keys[0])
    for r in range(1, 11):
        state = bytes(SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16))
        if r < 10:
            state = b"".join(mix(state[i:i + 4]) for i in range(0, 16, 4))
        state = xor(state, keys[r])
    return state


# ------------------------------------------------------------------------------- Milenage
def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def rotate(block, octets):
    return block[octets:] + block[:octets]


class Milenage:
    """Functions f1 to f5* of one subscriber, for one RAND."""

    def __init__(self, k, opc, rand):
        self.k, self.opc = k, opc
        self.temp = aes(k, xor(rand, opc))

    def out(self, octets, constant):
        block = rotate(xor(self.temp, self.opc), octets)
        block = block[:15] + bytes([block[15] ^ constant])
        return xor(aes(self.k, block), self.opc)

    def f1(self, sqn, amf):
        """MAC-A and MAC-S."""
        block = rotate(xor((sqn + amf) * 2, self.opc), 8)
        mac = xor(aes(self.k, xor(self.temp, block)), self.opc)
        return mac[:8], mac[8:]

    def f2345(self):
        """RES, CK, IK, AK."""
        two = self.out(0, 1)
        return two[8:], self.out(4, 2), self.out(8, 4), two[:6]

    def f5star(self):
        return self.out(12, 8)[:6]


def make_opc(k, op):
    return xor(aes(k, op), op)


# ------------------------------------------------------------------------------ self-test
# Of TS 35.208 4.3: K RAND SQN AMF OP OPc MAC-A MAC-S RES CK IK AK AK*
SETS = """
465b5ce8b199b49faa5f0a2ee238a6bc 23553cbe9637a89d218ae64dae47bf35 ff9bb4d0b607 b9b9
cdc202d5123e20f62b6d676ac72cb318 cd63cb71954a9f4e48a5994e37a02baf 4a9ffac354dfafb3
01cfaf9ec4e871e9 a54211d5e3ba50bf b40ba9a3c58b2a05bbf0d987b21bf8cb
f769bcd751044604127672711c6d3441 aa689c648370 451e8beca43b

fec86ba6eb707ed08905757b1bb44b8f 9f7c8d021accf4db213ccff0c7f71a6a 9d0277595ffc 725c
dbc59adcb6f9a0ef735477b7fadf8374 1006020f0a478bf6b699f15c062e42b3 9cabc3e99baf7281
95814ba2b3044324 8011c48c0c214ed2 5dbdbb2954e8f3cde665b046179a5098
59a92d3b476a0443487055cf88b2307b 33484dc2136b deacdd848cc6

9e5944aea94b81165c82fbf9f32db751 ce83dbc54ac0274a157c17f80d017bd6 0b604a81eca8 9e09
223014c5806694c007ca1eeef57f004f a64a507ae1a2a98bb88eb4210135dc87 74a58220cba84c49
ac2cc74a96871837 f365cd683cd92e96 e203edb3971574f5a94b0d61b816345d
0c4524adeac041c4dd830d20854fc46b f0b9c08ad02e 6085a86c6f63
"""


def self_test():
    known = bytes.fromhex("69c4e0d86a7b0430d8cdb78070b4c55a")	# FIPS 197, appendix C.1
    results = [("FIPS 197 C.1", aes(bytes(range(16)), bytes(
        16 * i + i for i in range(16))) == known)]
    numbers = [bytes.fromhex(word) for word in SETS.split()]
    for n in range(0, len(numbers), 13):
        k, rand, sqn, amf, op, opc, *want = numbers[n:n + 13]
        m = Milenage(k, opc, rand)
        got = [*m.f1(sqn, amf), *m.f2345(), m.f5star()]
        results.append(("TS 35.208, K %s..." % k.hex()[:8],
                        make_opc(k, op) == opc and got == want))
    print("1..%d" % len(results))
    for n, (what, good) in enumerate(results, 1):
        print("%sok %d - AAA-F3-09: %s" % ("" if good else "not ", n, what))
    return 0 if all(good for _, good in results) else 1


# -------------------------------------------------------------------------------- the HLR
def vector(k, opc, spoilt):
    """RAND AUTN IK CK RES. SQN is the time, so no USIM has seen a later one."""
    rand, sqn = os.urandom(16), int(time.time() * 0x10000).to_bytes(6, "big")
    m = Milenage(k, opc, rand)
    res, ck, ik, ak = m.f2345()
    mac = m.f1(sqn, AMF)[0]
    if spoilt:
        mac = xor(mac, bytes([0xff] * 8))
    return [rand, xor(sqn, ak) + AMF + mac, ik, ck, res]


def answer(request, subscribers, mode):
    what, imsi, *_ = request.split()
    if what != "AKA-REQ-AUTH":
        return None
    if imsi not in subscribers or mode == "nobody":
        return "AKA-RESP-AUTH %s FAILURE" % imsi
    return "AKA-RESP-AUTH %s %s" % (imsi, " ".join(
        part.hex() for part in vector(*subscribers[imsi], mode == "autn")))


def read_subscribers(path):
    with open(path, encoding="ascii") as f:
        lines = [line.split() for line in f if line.strip()]
    return {imsi: (bytes.fromhex(k), bytes.fromhex(opc)) for imsi, k, opc in lines}


def read_mode(path):
    mode = "hold"
    while mode == "hold":
        with open(path, encoding="ascii") as f:
            mode = f.read().strip()
        time.sleep(0.1 if mode == "hold" else 0)
    return mode


def serve(path, subscribers, log, mode_file):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(path)
    while True:
        request, peer = sock.recvfrom(1024)
        print(request.decode().split()[0], file=log, flush=True)
        mode = read_mode(mode_file)
        reply = answer(request.decode(), subscribers, mode)
        print(mode, "-" if reply is None else
              "failure" if reply.endswith("FAILURE") else "vector", file=log, flush=True)
        if reply:
            sock.sendto(reply.encode(), peer)


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    path, subscribers, log_file, mode_file = sys.argv[1:]
    if os.path.exists(path):
        os.unlink(path)
    with open(log_file, "a", encoding="ascii") as log:
        serve(path, read_subscribers(subscribers), log, mode_file)


if __name__ == "__main__":
    main()
