# SPDX-License-Identifier: GPL-2.0-or-later
"""What a capture of one link says. Only Ethernet, IP, TCP and UDP, as on the bench."""

import collections
import ipaddress
import struct

INNER = [ipaddress.ip_network(n) for n in (
    "10.10.0.0/24", "10.50.0.0/24", "192.0.2.0/24", "fd10::/64", "fd50::/112")]

Packet = collections.namedtuple("Packet", "at source target protocol sport dport data seq flags")


def ports(protocol, l4):
    """Ports, payload, sequence number and flags."""
    if protocol == 6 and len(l4) >= 20:
        sport, dport, seq = struct.unpack_from("!HHI", l4)
        return sport, dport, l4[(l4[12] >> 4) * 4:], seq, l4[13]
    if protocol == 17 and len(l4) >= 8:
        sport, dport = struct.unpack_from("!HH", l4)
        return sport, dport, l4[8:], 0, 0
    return 0, 0, l4, 0, 0


def parse(at, frame):
    kind, ip = struct.unpack_from("!H", frame, 12)[0], frame[14:]
    if kind == 0x0800 and len(ip) >= 20:
        length, protocol = struct.unpack_from("!H", ip, 2)[0], ip[9]
        source, target, l4 = ip[12:16], ip[16:20], ip[(ip[0] & 15) * 4:length]
    elif kind == 0x86dd and len(ip) >= 40:
        length, protocol = struct.unpack_from("!HB", ip, 4)
        source, target, l4 = ip[8:24], ip[24:40], ip[40:40 + length]
    else:
        return None
    return Packet(at, ipaddress.ip_address(source), ipaddress.ip_address(target), protocol,
                  *ports(protocol, l4))


def packets(path, offset):
    """The IP packets of a capture; @offset turns its wall clock into boottime."""
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    unit = 1e-9 if data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e-6
    if struct.unpack_from(order + "I", data, 20)[0] & 0xffff != 1:
        raise ValueError(f"{path} is not of an Ethernet link")
    here = 24
    while here + 16 <= len(data):
        s, sub, length, _ = struct.unpack_from(order + "IIII", data, here)
        frame = data[here + 16:here + 16 + length]
        here += 16 + length
        p = parse(s + sub * unit - offset, frame) if len(frame) == length else None
        if p:
            yield p


def from_tunnel(p):
    return any(p.source in n for n in INNER)


def is_question(p):
    return from_tunnel(p) and p.protocol == 6 and p.dport == 8080


def is_answer(p):
    return p.protocol == 6 and p.sport == 8080


def stream(found):
    """The octets of one direction of one TCP connection, in order."""
    first = min((p.seq for p in found if p.data), default=0)
    pieces = {p.seq - first: p.data for p in found if p.data}
    octets = b""
    for at in sorted(pieces):
        if at > len(octets):
            break
        octets = octets[:at] + pieces[at]
    return octets


def ike_exchange(p):
    """Exchange type and flags of an IKE packet, or None."""
    if p.protocol != 17 or not {p.sport, p.dport} & {500, 4500}:
        return None
    data = p.data
    if 4500 in (p.sport, p.dport):
        if data[:4] != bytes(4):
            return None
        data = data[4:]
    return (data[18], data[19]) if len(data) >= 28 else None
