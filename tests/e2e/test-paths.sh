#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2086  # functions are called by check; words
#
# The paths on which a netfilter-only gate leaks, with CHILD_SAs that charon made: an
# xfrm interface, the same in another namespace, VTI, transport mode, an offloaded flow,
# tc redirect, packet sockets. Pending: 0 at the far end, and counted; open: all;
# closed: 0 again. HNB-GATE-02..06, 19, 21, 23, 26.
cd "$(dirname "$0")" || exit 1
AGENT_GATE='t_verify = 600s
boot_attempts = 20'
AGENT_OCSP='try = 60s
retries = 0'
# Networks of their own: a packet that a policy without if_id or mark fits goes there.
children() { # LEFT RIGHT: whose selectors come first
	cat <<-X
	children {
		xi {
			$1 = 10.20.1.0/24, fd20:1::/64
			$2 = 10.99.0.0/24, fd99::/64
			$3
		}
		xin {
			$1 = 10.20.2.0/24, fd20:2::/64
			$2 = 10.99.0.0/24, fd99::/64
			$4
		}
		vti {
			$1 = 10.20.3.0/24
			$2 = 10.99.0.0/24
			$5
		}
		$TRANSPORT
	}
	X
}
HNB_CONNECTION=$(children local_ts remote_ts 'if_id_in = 7
	if_id_out = 7' 'if_id_in = 8
	if_id_out = 8' 'mark_in = 42
	mark_out = 42')
TRANSPORT='tr {
	mode = transport
	remote_ts = 192.0.2.2/32[17]
	local_ts = 192.0.2.1/32[17]
}'
SEGW_CONNECTION="$(children remote_ts local_ts)
unique = never"
. ./lib.sh
N=5
XI4=10.20.1.1 XI6=fd20:1::1 XIN4=10.20.2.1 XIN6=fd20:2::1 VTI4=10.20.3.1

# Links, addresses and routes as an administrator makes them for such CHILD_SAs.
links() {
	ip netns add app
	ip -n hnb -b - <<-X || return 1
	link add xi type xfrm dev wan0 if_id 7
	link set xi up
	addr add $XI4/32 dev xi
	addr add $XI6/128 dev xi nodad
	link add xin type xfrm dev wan0 if_id 8
	link set xin netns app
	addr add $VTI4/32 dev lo
	rule add pref 100 from $XI4 lookup 60
	rule add pref 100 from $VTI4 lookup 61
	route add 10.99.0.0/24 dev xi table 60
	link add sink type dummy
	link set sink up
	X
	ip -n hnb -6 rule add pref 100 from $XI6 lookup 60
	ip -n hnb -6 route add fd99::/64 dev xi table 60
	ip -n app -b - <<-X || return 1
	link set xin up
	addr add $XIN4/32 dev xin
	addr add $XIN6/128 dev xin nodad
	route add 10.99.0.0/24 dev xin
	route add fd99::/64 dev xin
	X
	in_ns app nft -f - <<-X &&
	table inet tg {
		counter user {}
		chain in { type filter hook input priority 0; ip saddr 10.99.0.2 counter name user; ip6 saddr fd99::2 counter name user; }
	}
	X
	in_ns segw nft -f - <<-X
	table inet tr {
		counter user {}
		chain in { type filter hook input priority 0; ip saddr 192.0.2.2 udp dport 4000 counter name user; }
	}
	X
	in_ns hnb nft -f - <<-X
	table inet tr {
		counter user {}
		chain in { type filter hook input priority 0; ip saddr 192.0.2.1 udp dport 4000 counter name user; }
	}
	X
}

far() { # NS TABLE: its counter, which starts at 0 again
	in_ns "$1" nft reset counter inet "$2" user | sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

# Each sends from one end and prints how many arrived at the other.
to_core() { # NS WHAT...
	count_reset
	pump "$@" > /dev/null
	settle
	count core_user
}
to_hnb() { # WHAT...
	count_reset
	pump core "$@" > /dev/null
	settle
	count hnb_user
}
xi_out() { to_core hnb udp=$CORE4=$N=$XI4 udp=$CORE6=$N=$XI6; }
xi_in() { to_hnb udp=$XI4=$N udp=$XI6=$N; }
xin_out() { to_core app udp=$CORE4=$N udp=$CORE6=$N; }
xin_in() {
	far app tg > /dev/null
	pump core udp=$XIN4=$N udp=$XIN6=$N > /dev/null
	settle
	far app tg
}
# Only now: a VTI takes all ESP between its two addresses.
with_vti() {
	ip -n hnb -b - <<-X
	link add vti type vti local 192.0.2.2 remote 192.0.2.1 key 42
	link set vti up
	route add 10.99.0.0/24 dev vti table 61
	X
	"$@"
	ip -n hnb link del vti
}
vti_out() { with_vti to_core hnb udp=$CORE4=$((2 * N))=$VTI4; }
vti_in() { with_vti to_hnb udp=$VTI4=$((2 * N)); }
tr_out() {
	far segw tr > /dev/null
	pump hnb udp=192.0.2.1=$((2 * N)) > /dev/null
	settle
	far segw tr
}
tr_in() {
	far hnb tr > /dev/null
	pump segw udp=192.0.2.2=$((2 * N)) > /dev/null
	settle
	far hnb tr
}
# A packet socket that sends into the interface, above IP.
packet_out() {
	count_reset
	in_ns hnb python3 - xi $XI4 $CORE4 $((2 * N)) <<-'X'
	import socket, struct, sys
	link, src, dst, n = sys.argv[1:]
	s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x800))
	data = struct.pack("!HHHH", 4000, 4000, 16, 0) + b"trustgat"
	head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), 1, 0, 64, 17, 0,
	                   socket.inet_aton(src), socket.inet_aton(dst))
	t = sum(struct.unpack("!10H", head))
	t = (t & 0xffff) + (t >> 16)
	head = head[:10] + struct.pack("!H", ~t & 0xffff) + head[12:]
	for _ in range(int(n)):
	    try:
	        s.sendto(head + data, (link, 0x800, 0, 0, b""))
	    except OSError:
	        pass
	X
	settle
	count core_user
}
# One that listens on the box: what it sees of core's packets in clear. It has read
# them all when it has read the answer to an echo request of later.
packet_in() {
	capture_start hnb wan0
	pump core udp=$LAN4=$((2 * N)) > /dev/null
	settle
	in_ns hnb ping -q -c 1 -W 5 192.0.2.1 > /dev/null
	wait_for 10 captured 'icmp and src 192.0.2.1'
	capture_stop hnb wan0
	listened "src $CORE4 and udp port 4000" | wc -l
}
listened() {
	tcpdump -n -r "${TG_OUT:-$TG_RUN/pcap}/hnb-wan0.pcap" "$1" 2>/dev/null
}
captured() { [ -n "$(listened "$1")" ]; }
# tc acts on the decrypted packet before any hook of netfilter.
redirect_in() {
	local before
	in_ns hnb tc qdisc add dev wan0 ingress
	in_ns hnb tc filter add dev wan0 ingress protocol ip u32 match ip src $CORE4 \
		action mirred egress redirect dev sink
	before=$(redirected)
	pump core udp=$LAN4=$((2 * N)) > /dev/null
	settle
	echo $(($(redirected) - before))
	in_ns hnb tc qdisc del dev wan0 ingress
}
redirected() {
	ip -n hnb -s -j link show dev sink | python3 -c \
		'import json, sys; print(json.load(sys.stdin)[0]["stats64"]["tx"]["packets"])'
}

gets() { # WANTED FUNCTION DIRECTION
	local before got
	before=$(held "$3")
	got=$($2)
	is "packets at the far end" "$1" "$got" || return 1
	[ "$1" != 0 ] || within "counted as held $3" $((2 * N)) $((2 * N + 2)) $(($(held "$3") - before))
}

paths='xi:an_xfrm_interface xin:an_xfrm_interface_in_another_namespace vti:VTI'
each() { # WORD WANTED
	local p name
	for p in $paths packet:a_packet_socket_that_sends; do
		name=${p#*:}
		check "HNB-GATE-03, $1: ${name//_/ }: $2 of $((2 * N)) leave" gets "$2" ${p%:*}_out out
	done
	for p in $paths packet:a_packet_socket_that_listens redirect:tc_redirect; do
		name=${p#*:}
		check "HNB-GATE-04, $1: ${name//_/ }: $2 of $((2 * N)) arrive" gets "$2" ${p%:*}_in in
	done
}

# charon makes no transport mode SA of an IKE SA with inner addresses.
transport_up() {
	cat >> "$TG_RUN/hnb/swanctl/swanctl.conf" <<-X
	connections {
		tr {
			version = 2
			local_addrs = 192.0.2.2
			remote_addrs = 192.0.2.1
			proposals = $PROPOSALS
			unique = never
			local {
				auth = pubkey
				certs = hnb.crt
				id = $HNB_NAME
			}
			remote {
				auth = pubkey
				id = $SEGW_NAME
				cacerts = oproot.crt
			}
			children {
				tr {
					mode = transport
					local_ts = 192.0.2.2/32[17]
					remote_ts = 192.0.2.1/32[17]
					esp_proposals = $ESP_PROPOSALS
				}
			}
		}
	}
	X
	sed -i '/pools = /d' "$TG_RUN/segw/swanctl/swanctl.conf"
	swan hnb --load-conns > "$TMP/conns" 2>&1
	swan segw --load-conns > "$TMP/conns" 2>&1
	transport_initiate
}
transport_initiate() {
	initiate tr 20 || bail "no CHILD_SA tr: $(tail -n 3 "$TG_RUN/hnb/initiate")"
}

setup
ocsp_mode silent
links || bail "no links"
tunnel_up || bail "no tunnel"
wait_for 20 test -s "$TG_RUN/ocsp/requests"
for c in xi xin vti; do
	initiate $c 20 || bail "no CHILD_SA $c: $(tail -n 3 "$TG_RUN/hnb/initiate")"
done
check "HNB-GATE-02: the context is pending" in_state pending
each "HNB-GATE-26: held" 0
ocsp_mode good
tg recheck
check "HNB-GATE-06: a good answer opens" opens 60
each "HNB-GATE-06: open" $((2 * N))

# A flow that nft has offloaded passes no netfilter hook at all.
in_ns hnb nft -f - <<-'X'
table inet ft {
	flowtable f { hook ingress priority 0; devices = { lan0, wan0 }; }
	chain forward { type filter hook forward priority 0; ct state established flow add @f; }
}
X
echo_start core
echo_start lan
nsenter --net=/run/netns/lan -- python3 pump.py flow $CORE4 7 60 20 > "$TMP/flow1" &
flow1=$!
nsenter --net=/run/netns/core -- python3 pump.py flow $LAN4 7 60 20 > "$TMP/flow2" &
flow2=$!
offloaded() { [ "$(in_ns hnb conntrack -L 2>/dev/null | grep -c OFFLOAD)" -ge 2 ]; }
check "HNB-GATE-23: both flows are offloaded" wait_for 10 offloaded
flows() { # arrivals at core and lan within a second
	count_reset
	sleep 1
	echo "$(count core_udp) $(count lan_udp)"
}
flowing() {
	local a b
	read -r a b < <(flows)
	[ "$a" -gt 20 ] && [ "$b" -gt 20 ] || why "$a at core, $b at lan in a second"
}
check "HNB-GATE-06: open: they pass" flowing
read -r id _ < <(context)
ocsp_mode silent
tg close "$id"
check "HNB-GATE-19: closed: 0 packets of an offloaded flow leave or arrive" is "core, lan" "0 0" "$(flows)"
kill $flow1 $flow2
wait $flow1 $flow2
each "HNB-GATE-19: closed" 0
# The SAs go, the packets don't: the shunt of the configuration drops them.
nsenter --net=/run/netns/lan -- python3 pump.py flow $CORE4 4000 20 20 > "$TMP/flow1" &
flow1=$!
agent_kill
count_reset
swan hnb --terminate --ike segw --timeout 10 > /dev/null 2>&1
gone() { not sa_present; }
check "HNB-GATE-21: the IKE SA is deleted by hand, under traffic" wait_for 10 gone
pump hnb udp=$CORE4=$N=10.10.0.1 udp=$CORE6=$N=fd10::1 > /dev/null
sleep 1
check "HNB-GATE-21: no SA: nothing is on wan in clear" is "packets in clear" 0 "$(count wan_clear)"
kill $flow1
wait $flow1
check "HNB-GATE-21: though packets were sent all the time" eval '[ "$(cut -d" " -f1 "$TMP/flow1")" -gt 40 ]'

transport_up
check "HNB-GATE-03, HNB-GATE-26: held: transport mode: 0 of $((2 * N)) leave" gets 0 tr_out out
check "HNB-GATE-04, HNB-GATE-26: held: transport mode: 0 of $((2 * N)) arrive" gets 0 tr_in in
tg config set mode=off --delete-held
swan hnb --terminate --ike tr --timeout 10 > "$TMP/tr" 2>&1
check "PIT-44: without the gate the plugin lets no CHILD_SA be made" not initiate tr 20
# Only an operator's word changes that: what was held is to be seen to have had a way.
sed -i 's/gate = required/gate = absent-ok/' "$TG_RUN/hnb/strongswan.conf"
swan hnb --reload-settings > "$TMP/settings" 2>&1 || bail "charon does not read its settings again: $(cat "$TMP/settings")"
transport_initiate
check "without the gate, transport mode: all leave" is "at segw" $((2 * N)) "$(tr_out)"
check "without the gate, transport mode: all arrive" is "at hnb" $((2 * N)) "$(tr_in)"
finish
