#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A RADIUS proxy between a SeGW and its AAA server: writes down what passes.

usage: radius.py ADDRESS:PORT SERVER:PORT SECRET LOG MODE

TS 33.320 A.2-8 has the SeGW send the identity of IDi and an empty EAP AVP. hostapd's RADIUS
server answers no empty one, so that is made an EAP-Response/Identity with that identity here,
as the AAA server of a network does by itself. MODE is a file, read for each packet:

    good        nothing else is changed
    keyless     the keys are taken out of an Access-Accept

LOG gets a line for each packet: its kind, the identity, what EAP it has, whether keys.
"""
import hashlib
import hmac
import selectors
import socket
import struct
import sys

CODES = {1: "Access-Request", 2: "Access-Accept", 3: "Access-Reject", 11: "Access-Challenge"}
USER_NAME, VENDOR, EAP, AUTHENTICATOR = 1, 26, 79, 80
MICROSOFT = 311
EAP_CODES = {1: "request", 2: "response", 3: "success", 4: "failure"}
EAP_TYPES = {1: "identity", 3: "nak", 4: "md5", 23: "aka"}
AKA = {1: "challenge", 2: "reject", 4: "resync", 5: "identity", 12: "notification", 14: "error"}


def attributes(packet):
    found, rest = [], packet[20:struct.unpack_from("!H", packet, 2)[0]]
    while len(rest) >= 2 and 2 <= rest[1] <= len(rest):
        found.append((rest[0], rest[2:rest[1]]))
        rest = rest[rest[1]:]
    return found


def build(packet, attrs, secret, request_authenticator=None):
    """The packet with these attributes, and with authenticators that fit."""
    def assemble(authenticator, attrs):
        body = b"".join(bytes([t, len(v) + 2]) + v for t, v in attrs)
        return packet[:2] + struct.pack("!H", 20 + len(body)) + authenticator + body

    before = request_authenticator or packet[4:20]
    attrs = [(t, bytes(16) if t == AUTHENTICATOR else v) for t, v in attrs]
    mac = hmac.new(secret, assemble(before, attrs), "md5").digest()
    attrs = [(t, mac if t == AUTHENTICATOR else v) for t, v in attrs]
    done = assemble(before, attrs)
    if request_authenticator:
        done = assemble(hashlib.md5(done + secret).digest(), attrs)
    return done


def eap_of(attrs):
    if not any(t == EAP for t, _ in attrs):
        return "none"
    eap = b"".join(v for t, v in attrs if t == EAP)
    if not eap:
        return "start"
    words = [EAP_CODES.get(eap[0], "other")]
    if len(eap) > 4:
        words.append(EAP_TYPES.get(eap[4], "type%d" % eap[4]))
        if eap[4] == 23 and len(eap) > 5:
            words.append(AKA.get(eap[5], "subtype%d" % eap[5]))
    return "/".join(words)


def is_key(attr):
    return attr[0] == VENDOR and struct.unpack_from("!I", attr[1])[0] == MICROSOFT


def describe(packet, attrs):
    words = [CODES.get(packet[0], "code%d" % packet[0])]
    words += ["identity=" + v.decode(errors="replace") for t, v in attrs if t == USER_NAME]
    words.append("eap=" + eap_of(attrs))
    if packet[0] == 2:
        words.append("keys=" + ("yes" if any(map(is_key, attrs)) else "no"))
    return " ".join(words)


def with_identity(attrs):
    """EAP-Start as EAP-Response/Identity."""
    name = b"".join(v for t, v in attrs if t == USER_NAME)
    eap = struct.pack("!BBHB", 2, 0, 5 + len(name), 1) + name
    return [(t, eap if t == EAP else v) for t, v in attrs]


class Proxy:
    def __init__(self, listen, server, secret, log, mode_file):
        self.server, self.secret, self.log, self.mode_file = server, secret, log, mode_file
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(listen)
        self.back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.asked = {}			# (identifier) -> client, its authenticator

    def say(self, packet, attrs):
        print(describe(packet, attrs), file=self.log, flush=True)

    def request(self):
        packet, client = self.front.recvfrom(4096)
        attrs = attributes(packet)
        self.say(packet, attrs)
        self.asked[packet[1]] = client, packet[4:20]
        if eap_of(attrs) == "start":
            packet = build(packet, with_identity(attrs), self.secret)
        self.back.sendto(packet, self.server)

    def response(self):
        packet = self.back.recv(4096)
        client, authenticator = self.asked[packet[1]]
        attrs = attributes(packet)
        with open(self.mode_file, encoding="ascii") as f:
            if f.read().strip() == "keyless":
                attrs = [a for a in attrs if not is_key(a)]
                packet = build(packet, attrs, self.secret, authenticator)
        self.say(packet, attrs)
        self.front.sendto(packet, client)

    def run(self):
        ready = selectors.DefaultSelector()
        ready.register(self.front, selectors.EVENT_READ, self.request)
        ready.register(self.back, selectors.EVENT_READ, self.response)
        while True:
            for key, _ in ready.select():
                key.data()


def endpoint(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def main():
    listen, server, secret, log_file, mode_file = sys.argv[1:]
    with open(log_file, "a", encoding="utf-8") as log:
        Proxy(endpoint(listen), endpoint(server), secret.encode(), log, mode_file).run()


main()
