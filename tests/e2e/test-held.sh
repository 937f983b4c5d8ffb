#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2046  # functions are called by check; kinds prints words
#
# From the SA's install to the verdict: no user packet of any kind, in any direction,
# reaches the far end, and the gate's counters say so; IKE, ESP and the registered
# OCSP flow pass. After the verdict each of them passes. HNB-GATE-01..06, 10, 26, 27.
cd "$(dirname "$0")" || exit 1
AGENT_GATE='t_verify = 600s
boot_attempts = 5'
# One exchange that hangs: no other packet of it can disturb the counting.
AGENT_OCSP='try = 60s
retries = 0'
MC='239.1.1.0/24, ff15::1:0/112'	# to the SeGW
MCI='239.2.2.0/24, ff15::2:0/112'	# to the H(e)NB
HNB_CHILD="remote_ts = 10.99.0.0/24, fd99::/64, $MC
local_ts = dynamic, 10.10.0.0/24, fd10::/64, $MCI"
SEGW_CHILD="local_ts = 10.99.0.0/24, fd99::/64, $MC
remote_ts = dynamic, 10.10.0.0/24, fd10::/64, $MCI"
. ./lib.sh
N=5

setup
in_ns segw nft -f - <<-'X'
table inet mc {
	counter mc {}
	chain in {
		type filter hook prerouting priority -500;
		ip daddr 239.1.1.0/24 counter name mc
		ip6 daddr ff15::1:0/112 counter name mc
	}
}
X
in_ns hnb nft -f - <<-'X'
table inet mc {
	counter mc {}
	chain in {
		type filter hook prerouting priority -500;
		ip daddr 239.2.2.0/24 counter name mc
		ip6 daddr ff15::2:0/112 counter name mc
	}
}
X
# Routes that differ by their prefix alone, as charon's do, one for each selector, share a next
# hop. With it Linux keeps, for each processor, the kind of the route that was used first
# (__mkroute_output()): if that was multicast, a unicast packet has a TTL of 1 there, and a
# connection ends with ENETUNREACH. So multicast goes by a next hop of its own here.
mc_route() { # NS PREFIX
	ip -n "$1" rule add pref 100 to "$2" lookup 100 &&
		ip -n "$1" route add "$2" dev wan0 table 100
}
mc_route hnb 239.1.1.0/24 && mc_route segw 239.2.2.0/24 || bail "no route for multicast"
mc_count() {
	in_ns "$1" nft list counter inet mc mc | sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

in_ns core nft 'table inet mss { counter fits { }; chain in { type filter hook input priority -500;
	tcp dport 8080 tcp flags & (syn | ack) == syn tcp option maxseg size <= 1200 counter name fits; }; }'
ocsp_mode silent
capture_start wan br0
capture_start hnb lan0
tunnel_up || bail "no tunnel"
inner() {
	V4=$(vip v4) V6=$(vip v6)
	[ -n "$V4" ] && [ -n "$V6" ]
}
for _ in $(seq 100); do inner && break; sleep 0.1; done
note "inner addresses $V4 $V6"
wait_for 20 test -s "$TG_RUN/ocsp/requests"
check "HNB-GATE-01/02: the request arrives through the tunnel, from the inner address" \
	grep -q "$V4 opca silent" "$TG_RUN/ocsp/requests"
mss_fits() { in_ns core nft list counter inet mss fits | grep -q 'packets [1-9]'; }
check "PIT-46: OCSP asks for segments of 1200 octets at most" mss_fits
check "HNB-GATE-02: the context is pending" in_state pending

# Every kind, both families; hdrincl and multicast where they make sense.
kinds() { # ADDRESS4 ADDRESS6 [SOURCE4 SOURCE6]
	local k
	for k in udp tcp icmp sctp other ${3:+hdrincl}; do
		printf '%s ' "$k=$1=$N${3:+=$3}" "$k=$2=$N${4:+=$4}"
	done
}

# sends NS WHAT...: SENT; OUT and IN: what the gate held of it; ESP: seen on wan
sends() {
	local ns=$1 o i
	shift
	count_reset
	o=$(held out) i=$(held in)
	# shellcheck disable=SC2068  # words
	SENT=$(pump "$ns" $@)
	settle
	OUT=$(($(held out) - o)) IN=$(($(held in) - i)) ESP=$(count wan_esp)
	note "$ns: $SENT sent, held $OUT out, $IN in, $ESP ESP packets on wan"
}

none_arrived() {
	is "user packets at core, lan, hnb" 0 "$(user)" && is "in clear on wan" 0 "$(count wan_clear)"
}

sends hnb $(kinds $CORE4 $CORE6 "$V4" "$V6")
check "HNB-GATE-03: hnb->core, UDP TCP ICMP SCTP other and raw headers, v4 and v6: 0 arrive" \
	none_arrived
check "HNB-GATE-26: every one of them is counted as held out, pending" \
	is "held out" "$SENT" "$OUT"
sends lan $(kinds $CORE4 $CORE6)
check "HNB-GATE-03: forwarded lan->core, v4 and v6: 0 arrive" none_arrived
check "HNB-GATE-26: every one of them is counted as held out" is "held out" "$SENT" "$OUT"
check "HNB-GATE-03: held before encryption: no ESP on wan" \
	within "ESP packets, a few of the OCSP flow's apart" 0 9 "$ESP"
sends core $(kinds $LAN4 $LAN6)
check "HNB-GATE-04: core->lan, v4 and v6: 0 arrive" none_arrived
check "HNB-GATE-26: every one of them is counted as held in" is "held in" "$SENT" "$IN"
check "HNB-F1: ESP itself is not touched: each crosses wan" \
	within "ESP packets" "$SENT" $((SENT + 9)) "$ESP"
sends core $(kinds "$V4" "$V6")
check "HNB-GATE-04: core->hnb's inner addresses, v4 and v6: 0 arrive" none_arrived
check "HNB-GATE-26: every one of them is counted as held in" is "held in" "$SENT" "$IN"
sends hnb "mcast=239.1.1.1=$N=$V4" "mcast=ff15::1:1=$N=$V6"
check "HNB-GATE-03: multicast to the SeGW: 0 arrive" is "multicast at segw" 0 "$(mc_count segw)"
check "HNB-GATE-26: every one of them is counted as held out" is "held out" "$SENT" "$OUT"
sends segw "mcast=239.2.2.1=$N=10.99.0.1" "mcast=ff15::2:1=$N=fd99::1"
check "HNB-GATE-04: multicast from the SeGW: 0 arrive" is "multicast at hnb" 0 "$(mc_count hnb)"
check "HNB-GATE-26: every one of them is counted as held in" is "held in" "$SENT" "$IN"
reasons() {
	tg show stats -j | python3 -c '
import json, sys
c = json.load(sys.stdin)["counters"]
r = {x["reason"] for x in c if x["packets"] and not x["bootstrap"]}
sys.exit(0 if r == {"pending"} else f"# reasons: {r}")'
}
check "HNB-GATE-26: show stats -j: all for the reason pending, and nothing passed but bootstrap" reasons

# The agent's own exchange may end at this very moment: it begins no other.
in_ns core nft 'table inet syn { counter syn { }; chain in { type filter hook input priority -500;
	tcp dport 8080 tcp flags & (syn | ack) == syn counter name syn; }; }'
syns() { in_ns core nft list counter inet syn syn | grep -o 'packets [0-9]*'; }
another_process() {
	local n
	n=$(syns)
	! tcp_try hnb $CORE4 8080 2 > /dev/null && is "connections at the responder" "$n" "$(syns)" &&
		is "at core" 0 "$(count core_user)"
}
count_reset
check "HNB-GATE-10: a second process, same responder, same port: 0 arrive" another_process
check "HNB-GATE-10: a second process from the same inner address" eval \
	'pump hnb "tcp='$CORE4'=3='"$V4"'" > /dev/null; is "at core" 0 "$(count core_user)"'
responder_syn() {
	in_ns core python3 -c 'import socket
s = socket.socket(); s.settimeout(1)
try: s.connect(("'"$V4"'", 22))
except OSError: pass'
	is "at hnb" 0 "$(user)"
}
check "HNB-GATE-10: a connection from the responder: 0 arrive" responder_syn
more_ike() { [ "$(count wan_ike)" -gt "$1" ]; }
ike_passes() {
	local n
	n=$(count wan_ike)
	swan hnb --rekey --ike segw > /dev/null && wait_for 10 more_ike "$n" ||
		why "IKE packets: $n before, $(count wan_ike) after"
}
check "PIT-47, HNB-GATE-15: IKE passes while user data is held" ike_passes
check "HNB-GATE-15: a new key for the IKE SA opens nothing" in_state pending
capture_stop wan br0
capture_stop hnb lan0
PCAP=${TG_OUT:-$TG_RUN/pcap}
check "HNB-GATE-03: what was sent is in the clear on lan0 (the captures work)" \
	grep -qa trustgate-user-data "$PCAP/hnb-lan0.pcap"
check "HNB-GATE-21: and nothing of it on wan" not grep -qa trustgate-user-data "$PCAP/wan-br0.pcap"
check "HNB-GATE-21: there was ESP on wan" eval \
	'[ "$(tcpdump -n -r "$PCAP/wan-br0.pcap" esp 2>/dev/null | wc -l)" -gt 10 ]'

# The verdict.
ocsp_mode good
tg recheck || note "recheck failed"
check "HNB-GATE-06: a good answer opens" opens 60
arrived() { # WHAT COUNTER
	is "$1" "$SENT" "$(count "$2")"
}
sends hnb $(kinds $CORE4 $CORE6 "$V4" "$V6")
check "HNB-GATE-06: after it every packet hnb->core arrives" arrived core core_user
sends lan $(kinds $CORE4 $CORE6)
check "HNB-GATE-06: lan->core likewise" arrived core core_user
check "HNB-GATE-06: within ESP, none in clear" is "in clear on wan" 0 "$(count wan_clear)"
sends core $(kinds $LAN4 $LAN6)
check "HNB-GATE-06: core->lan likewise" arrived lan lan_user
sends core $(kinds "$V4" "$V6")
check "HNB-GATE-06: core->hnb likewise" arrived hnb hnb_user
sends hnb "mcast=239.1.1.1=$N=$V4" "mcast=ff15::1:1=$N=$V6"
check "HNB-GATE-06: multicast to the SeGW likewise" is "multicast at segw" "$SENT" "$(mc_count segw)"
sends segw "mcast=239.2.2.1=$N=10.99.0.1" "mcast=ff15::2:1=$N=fd99::1"
check "HNB-GATE-06: multicast from the SeGW likewise" is "multicast at hnb" "$SENT" "$(mc_count hnb)"
N=$(syns)
check "HNB-GATE-10: nobody's connection to the responder is held any more" eval \
	'tcp_try hnb $CORE4 8080 2 > /dev/null && [ "$(syns)" != "$N" ]'
finish
