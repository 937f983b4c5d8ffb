#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The capture of the link to the H(e)MS: with the keys that are kept with it CWMP can be read,
# on the Internet and in the tunnel; without them nothing of it can.
cd "$(dirname "$0")" || exit 1
command -v tshark > /dev/null || { echo "1..0 # SKIP tshark is not installed"; exit 4; }
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
cp hems/ikev2_decryption_table hems/esp_sa "$d/"
# cwmp CAPTURE KEYS FILTER: frames of it, decrypted with the keys in that directory
cwmp() {
	WIRESHARK_CONFIG_DIR=$2 HOME=$2 tshark -n -r "$1" -o esp.enable_encryption_decode:TRUE \
		-d tcp.port==7548,tls -Y "$3" -T fields -e frame.number 2> "$d/said" | grep -c .
}
n=0 failed=0
ok() { # WHAT WANTED GOT
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		failed=$((failed + 1))
		echo "# $3, not $2"
		sed 's/^/# /' "$d/said"
		echo "not ok $n - $1"
	fi
}
mkdir "$d/none"
# Without its blocks of secrets, which not every editcap can discard.
python3 - hems/hems.pcap "$d/without.pcap" <<'X'
import struct, sys
data, at = open(sys.argv[1], "rb").read(), 0
with open(sys.argv[2], "wb") as out:
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind != 10:
            out.write(data[at:at + length])
        at += length
X
echo "TAP version 13"
ok "HMS-06: an Inform on the Internet, and what was answered" 2 \
	"$(cwmp hems/hems.pcap "$d" '!esp && tls && xml')"
ok "HMS-03: one in the tunnel, and what was answered" 2 \
	"$(cwmp hems/hems.pcap "$d" 'esp && tls && xml')"
ok "TLS is in it without its keys as well" yes \
	"$([ "$(cwmp "$d/without.pcap" "$d" tls)" -gt 0 ] && echo yes)"
ok "TR69-01: without the keys of TLS there is no CWMP" 0 "$(cwmp "$d/without.pcap" "$d" 'tls && http')"
ok "ESP is in it without its keys as well" yes \
	"$([ "$(cwmp hems/hems.pcap "$d/none" esp)" -gt 0 ] && echo yes)"
ok "HMS-02: without those of IPsec nothing is in the tunnel" 0 "$(cwmp hems/hems.pcap "$d/none" 'esp && tcp')"
echo "1..$n"
[ $failed = 0 ]
