#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every path a packet may take in or out of an SA: held, 0 packets at the far end;
# open, all; closed, 0 again. The gate's counters say how many and why. On several
# of these netfilter alone leaks.
. "$(dirname "$0")/lib.sh"

N=4

# What a path is: who sends, and who must see it. Each is "NS COMMAND...".
out_send=() out_seen=() in_send=() in_seen=()

send_out() {
	zero "${out_seen[0]}" h && ask "${out_send[@]}" "n=$N"
}

send_in() {
	zero "${in_seen[0]}" h && ask "${in_send[@]}" "n=$N"
}

# Waits for the counter first: when all were held, none is on its way.
none_out() {
	send_out && held out $N "$1" && seen "${out_seen[0]}" 0 "${out_seen[@]:1}"
}

none_in() {
	send_in && held in $N "$1" && seen "${in_seen[0]}" 0 "${in_seen[@]:1}"
}

all_out() {
	send_out && seen "${out_seen[0]}" $N "${out_seen[@]:1}" && ask h passed dir=out &&
		says n $N && held out 0
}

all_in() {
	send_in && seen "${in_seen[0]}" $N "${in_seen[@]:1}" && ask h passed dir=in && says n $N &&
		held in 0
}

# path NAME KEYS: the SAs are there, held
path() {
	local name=$1
	shift
	check "HNB-GATE-02, HNB-GATE-03: $name: held, 0 of $N leave" none_out unbound
	check "HNB-GATE-02, HNB-GATE-04: $name: held, 0 of $N arrive" none_in unbound
	check "HNB-GATE-06: $name: opens" opened "$@"
	check "HNB-GATE-06: $name: open, $N of $N leave" all_out
	check "HNB-GATE-06: $name: open, $N of $N arrive" all_in
	check "HNB-GATE-19, I7: $name: closes" ask h close "id=$CTX"
	check "HNB-GATE-19: $name: closed, 0 of $N leave" none_out closed
	check "HNB-GATE-19: $name: closed, 0 of $N arrive" none_in closed
	ask h del "id=$CTX"
}

local4() {
	out_send=(h udp "src=$hi4" "dst=$si4" port=4001)
	out_seen=(s "dst=$si4" port=4001)
	in_send=(s udp "src=$si4" "dst=$hi4" port=4002)
	in_seen=(h "dst=$hi4" port=4002)
}

forwarded4() {
	out_send=(l udp "src=$li4" "dst=$si4" port=4001)
	out_seen=(s "dst=$si4" port=4001)
	in_send=(s udp "src=$si4" "dst=$li4" port=4002)
	in_seen=(l "dst=$li4" port=4002)
}

# ------------------------------------------------------ SAs older than the module
load_with_live_sas() {
	local4
	zero s h && tunnel 0x100 && ask "${out_send[@]}" n=$N && seen s $N "dst=$si4" port=4001 ||
		return 1
	gate_load || why "the module can't be loaded" || return 1
	zero s h && ask "${out_send[@]}" n=$N && seen s 0 "dst=$si4" && held out $N unbound
}

check "the module can be unloaded" gate_unload
net_up
check "HNB-GATE-22: SAs that exist when the module loads are held" load_with_live_sas
check "HNB-GATE-22: and are listed" ask h sa spi=0x100 state=unbound
flush
gate_off_elsewhere
check "HNB-GATE-24: an agent registers" ask h register lease=300000

# ------------------------------------------------ kinds of traffic, one tunnel SA
attempts=0

# try NS COMMAND...: a packet that must not pass; errors are the point
try() {
	ask "$@"
	attempts=$((attempts + ${K:-1}))
}

all_kinds_out() {
	local a b c
	for a in "$hi4 $si4 $li4" "$hi6 $si6 $li6"; do
		read -r a b c <<< "$a"
		try h udp "src=$a" "dst=$b" port=4001
		try h connect "src=$a" "dst=$b" port=7000 "wait=${1:-200}"
		try h connect proto=sctp "src=$a" "dst=$b" port=7001 "wait=${1:-200}"
		try h packet proto=icmp "src=$a" "dst=$b"
		try h packet "src=$a" "dst=$b" port=4003	# raw, header included
		try h packet proto=47 "src=$a" "dst=$b"
		try h packet proto=tcp flags=a "src=$a" "dst=$b" port=4004
		try l udp "src=$c" "dst=$b" port=4005
		try l packet proto=icmp "src=$c" "dst=$b"
		try l packet proto=tcp "src=$c" "dst=$b" port=4006
		try l packet proto=132 "src=$c" "dst=$b"
	done
	try h udp src=$hi4 dst=239.1.1.1 port=4007
}

all_kinds_in() {
	local a b c
	for a in "$hi4 $si4 $li4" "$hi6 $si6 $li6"; do
		read -r a b c <<< "$a"
		try s udp "src=$b" "dst=$a" port=4001
		try s connect "src=$b" "dst=$a" port=7000 "wait=${1:-200}"
		try s connect proto=sctp "src=$b" "dst=$a" port=7001 "wait=${1:-200}"
		try s packet proto=icmp "src=$b" "dst=$a"
		try s packet proto=47 "src=$b" "dst=$a"
		try s packet "src=$b" "dst=$a" frag=1
		try s udp "src=$b" "dst=$c" port=4005
		try s packet proto=icmp "src=$b" "dst=$c"
		try s packet proto=tcp "src=$b" "dst=$c" port=4006
		try s packet proto=132 "src=$b" "dst=$c"
	done
	try s udp src=$si4 dst=239.1.1.1 port=4007
}

kinds_held_out() {
	zero s h
	attempts=0
	all_kinds_out
	held out $attempts "$1" && seen s 0 "src=$hi4" && seen s 0 "src=$hi6" &&
		seen s 0 "src=$li4" && seen s 0 "src=$li6"
}

kinds_held_in() {
	zero l h
	attempts=0
	all_kinds_in
	held in $attempts "$1" && seen h 0 "src=$si4" && seen h 0 "src=$si6" &&
		seen l 0 "src=$si4" && seen l 0 "src=$si6"
}

# seen_kinds NS SRC4 SRC6 PROTO...: of each at least one of each family
seen_kinds() {
	local ns=$1 a=$2 b=$3 p n=0
	shift 3
	for p; do
		ask "$ns" count "src=$a" "proto=$p" min=1 && get n && [ "$V" -gt 0 ] ||
			why "IPv4 protocol $p" || return 1
		[ "$p" != 1 ] || p=58
		ask "$ns" count "src=$b" "proto=$p" min=1 && get n && [ "$V" -gt 0 ] ||
			why "IPv6 protocol $p" || return 1
	done
}

kinds_pass_out() {
	zero s h
	all_kinds_out 1000
	held out 0 && seen_kinds s $hi4 $hi6 17 6 132 1 47 && seen_kinds s $li4 $li6 17 6 132 1 &&
		seen s 1 dst=239.1.1.1
}

kinds_pass_in() {
	zero l h
	all_kinds_in 1000
	held in 0 && seen_kinds h $si4 $si6 17 6 132 1 47 && seen_kinds l $si4 $si6 17 6 132 1 &&
		seen h 1 dst=239.1.1.1
}

errno_seen() {
	ask h udp src=$hi4 dst=$si4 port=4001 && says sent 0 errno EPERM &&
		ask h packet src=$hi6 dst=$si6 && says sent 0 errno EPERM
}

tcp_passes() {
	ask h connect src=$hi4 dst=$si4 port=7000 wait=2000 && ask h connect src=$hi6 dst=$si6 \
		port=7000 wait=2000 && ask h connect proto=sctp src=$hi4 dst=$si4 port=7001 wait=2000
}

for ns in h s; do
	ask $ns listen src=0.0.0.0 sport=7000
	ask $ns listen src=:: sport=7010
done
ask s listen src=$si6 sport=7000
ask h listen src=$hi6 sport=7000
ask s listen proto=sctp src=$si4 sport=7001
ask h listen proto=sctp src=$hi4 sport=7001
tunnel 0x200
rows='HNB-GATE-02, HNB-GATE-03, HNB-GATE-26'
kinds='UDP, TCP, ICMP, SCTP, GRE, raw, multicast, local and forwarded, v4 and v6'
check "$rows: $kinds: 0 leave an unbound SA, each counted" kinds_held_out unbound
check "HNB-GATE-02, HNB-GATE-04, HNB-GATE-26: $kinds: 0 arrive by an unbound SA, each counted" \
	kinds_held_in unbound
check "HNB-GATE-03: the sender is told EPERM" errno_seen
# shellcheck disable=SC2046
check "HNB-GATE-06: it opens" opened $(keys 0x200)
check "HNB-GATE-06: $kinds: leave an open SA" kinds_pass_out
check "HNB-GATE-06: $kinds: arrive by an open SA" kinds_pass_in
check "HNB-GATE-06: TCP and SCTP connections are made" tcp_passes
ask h quarantine "id=$CTX"
check "$rows: $kinds: 0 leave a rejected SA" kinds_held_out quarantine
check "HNB-GATE-04, HNB-GATE-26: $kinds: 0 arrive by a rejected SA" kinds_held_in quarantine
flush

# -------------------------------------------------------------- kinds of SA and way
forwarded4
tunnel 0x300
# shellcheck disable=SC2046
path "tunnel, forwarded" $(keys 0x300)
flush

ip_tunnel6() {
	state $H6 $S6 esp 0x310 tunnel 'reqid 1'
	state $S6 $H6 esp 0x311 tunnel 'reqid 1'
	policy fd50::/64 fd99::/64 $H6 $S6 'esp tunnel reqid 1'
	apply
	out_send=(h udp "src=$hi6" "dst=$si6" port=4001) out_seen=(s "dst=$si6" port=4001)
	in_send=(s udp "src=$si6" "dst=$hi6" port=4002) in_seen=(h "dst=$hi6" port=4002)
}
ip_tunnel6
path "tunnel, v6 in v6" "sa=esp,0x310,$S6" "sa=esp,0x311,$H6"
flush

transport() {
	state $H4 $S4 esp 0x320 transport 'reqid 1'
	state $S4 $H4 esp 0x321 transport 'reqid 1'
	h_lines+="xfrm policy add src $H4 dst $S4 proto 17 dir out tmpl proto esp mode transport reqid 1"$'\n'
	h_lines+="xfrm policy add src $S4 dst $H4 proto 17 dir in tmpl proto esp mode transport reqid 1"$'\n'
	s_lines+="xfrm policy add src $S4 dst $H4 proto 17 dir out tmpl proto esp mode transport reqid 1"$'\n'
	s_lines+="xfrm policy add src $H4 dst $S4 proto 17 dir in tmpl proto esp mode transport reqid 1"$'\n'
	apply
	ask s socket proto=udp src=$S4 sport=4001
	ask h socket proto=udp src=$H4 sport=4002
	out_send=(h udp "src=$H4" "dst=$S4" port=4001)
	in_send=(s udp "src=$S4" "dst=$H4" port=4002)
	# Nothing but the counters and the sockets see a transport mode packet in clear.
	out_seen=(s "dst=$S4" proto=50) in_seen=(h "dst=$H4" proto=17)
}

udp_got() {	# NS FD N
	local n=0
	while ask "$1" read "fd=$2" len=1 wait=100 && get n && [ "$V" -gt 0 ]; do
		n=$((n + 1))
	done
	[ $n = "$3" ] || why "$n datagrams, not $3"
}

transport_got() {	# N-OUT N-IN
	zero s h
	ask h udp src=$H4 dst=$S4 port=4001 n=$N
	ask s udp src=$S4 dst=$H4 port=4002 n=$N
	udp_got s "$sfd" "$1" && udp_got h "$hfd" "$2"
}
transport
ask s socket proto=udp src=$S4 sport=4011 && get fd && sfd=$((V - 1))
ask h socket proto=udp src=$H4 sport=4012 && get fd && hfd=$((V - 1))
check "HNB-GATE-02, HNB-GATE-03, HNB-GATE-04: transport mode: held, 0 reach a socket" \
	transport_got 0 0
check "HNB-GATE-26: transport mode: held ones are counted out" held out $N unbound
check "HNB-GATE-26: transport mode: held ones are counted in" held in $N unbound
check "HNB-GATE-06: transport mode: opens" opened sa=esp,0x320,$S4 sa=esp,0x321,$H4
check "HNB-GATE-06: transport mode: open, $N reach each socket" transport_got $N $N
ask h close "id=$CTX"
check "HNB-GATE-19: transport mode: closed, 0 reach a socket" transport_got 0 0
flush

nested() {
	state $H4 $S4 esp 0x330 tunnel 'reqid 1'
	state $S4 $H4 esp 0x331 tunnel 'reqid 1'
	state $H4 $S4 ah 0x332 transport 'reqid 2'
	state $S4 $H4 ah 0x333 transport 'reqid 2'
	policy $hi4/32 10.99.0.0/24 $H4 $S4 'esp tunnel reqid 1' 'ah transport reqid 2'
	apply
	local4
}
nested
check "HNB-GATE-12: ESP in AH: the ESP SAs alone are opened" opened sa=esp,0x330,$S4 \
	sa=esp,0x331,$H4
check "HNB-GATE-12, I1: ESP in AH: the AH SA still holds what leaves" none_out unbound
check "HNB-GATE-12, I1: ESP in AH: the AH SA still holds what arrives" none_in unbound
ask h del "id=$CTX"
flush
nested
path "ESP in AH" sa=esp,0x330,$S4 sa=esp,0x331,$H4 sa=ah,0x332,$S4 sa=ah,0x333,$H4
flush

ipcomp() {
	state $H4 $S4 comp 0x1340 tunnel 'reqid 1'
	state $S4 $H4 comp 0x1341 tunnel 'reqid 1'
	state $H4 $S4 esp 0x342 transport 'reqid 2'
	state $S4 $H4 esp 0x343 transport 'reqid 2'
	policy $hi4/32 10.99.0.0/24 $H4 $S4 'comp tunnel reqid 1' 'esp transport reqid 2'
	apply
	out_send=(h udp "src=$hi4" "dst=$si4" port=4001 "len=$1")
	out_seen=(s "dst=$si4" port=4001)
	in_send=(s udp "src=$si4" "dst=$hi4" port=4002 "len=$1")
	in_seen=(h "dst=$hi4" port=4002)
}
for len in 900 16; do
	ipcomp $len
	path "IPComp, $len octets" sa=esp,0x342,$S4 sa=esp,0x343,$H4
	flush
done

# IPComp with nothing that carries it: what is too short to be compressed comes as plain IPIP,
# by a state that the kernel makes, and that has no reqid.
ipcomp_alone() {	# LEN
	local dir tmpl="tmpl src $S4 dst $H4 proto comp mode tunnel reqid 1"
	state $H4 $S4 comp 0x1350 tunnel 'reqid 1'
	state $S4 $H4 comp 0x1351 tunnel 'reqid 1'
	h_lines+="xfrm policy add src $hi4 dst $si4 dir out tmpl src $H4 dst $S4 proto comp mode tunnel reqid 1"$'\n'
	s_lines+="xfrm policy add src $si4 dst $hi4 dir out $tmpl"$'\n'
	for dir in in fwd; do
		h_lines+="xfrm policy add src $si4 dst $hi4 dir $dir $tmpl level use"$'\n'
	done
	s_lines+="xfrm policy add src $hi4 dst $si4 dir in tmpl src $H4 dst $S4 proto comp mode tunnel reqid 1 level use"$'\n'
	apply || why "no such SAs and policies here" || return 1
	out_send=(h udp "src=$hi4" "dst=$si4" port=4001 "len=$1")
	out_seen=(s "dst=$si4" port=4001)
	in_send=(s udp "src=$si4" "dst=$hi4" port=4002 "len=$1")
	in_seen=(h "dst=$hi4" port=4002)
}
# By a socket: PRE_ROUTING, where IPIP is held, comes after packet sockets.
ipcomp_alone_got() {	# N
	send_in && udp_got h "$hfd" "$1"
}
# The same packets do arrive where nothing is held, or the test could not fail.
ipcomp_alone_observed() {
	ask h config mode=observe delete-held && ipcomp_alone "$1" && ipcomp_alone_got $N
	local rc=$?
	flush
	ask h config mode=enforce || rc=1
	return $rc
}
ask h socket proto=udp src=$hi4 sport=4002 && get fd && hfd=$V
for len in 900 16; do
	check "IPComp alone, $len octets: observed, $N of $N reach a socket" ipcomp_alone_observed $len
	for scope in all reqid:1-1; do
		ask h config scope=$scope delete-held && ipcomp_alone $len
		check "HNB-GATE-12, HNB-GATE-03: IPComp alone, $len octets, scope $scope: 0 of $N leave" \
			none_out unbound
		check "HNB-GATE-12, HNB-GATE-04: IPComp alone, $len octets, scope $scope: 0 reach a socket" \
			ipcomp_alone_got 0
		check "HNB-GATE-26: IPComp alone, $len octets, scope $scope: counted as held" \
			held in $N unbound
		flush
	done
	ask h config scope=all
done

xfrmi() {	# IF_ID NS
	ip -n tgk-h link add xi$1 type xfrm dev wan if_id "$1"
	[ "$2" = h ] || ip -n tgk-h link set xi$1 netns tgk-$2
	ip -n tgk-$2 -batch - <<-E
		addr add 10.60.0.2/32 dev xi$1
		link set xi$1 up
		route add $si4/32 dev xi$1 src 10.60.0.2
	E
	h_lines+="xfrm state add src $H4 dst $S4 proto esp spi 0x35$1 mode tunnel if_id $1 reqid 1 $AEAD"$'\n'
	h_lines+="xfrm state add src $S4 dst $H4 proto esp spi 0x36$1 mode tunnel if_id $1 reqid 1 $AEAD"$'\n'
	s_lines+="xfrm state add src $H4 dst $S4 proto esp spi 0x35$1 mode tunnel reqid 1 $AEAD"$'\n'
	s_lines+="xfrm state add src $S4 dst $H4 proto esp spi 0x36$1 mode tunnel reqid 1 $AEAD"$'\n'
	policy 10.60.0.2/32 10.99.0.0/24 $H4 $S4 'esp tunnel reqid 1' -- if_id "$1"
	apply
	out_send=("$2" udp src=10.60.0.2 "dst=$si4" port=4001) out_seen=(s "dst=$si4" port=4001)
	in_send=(s udp "src=$si4" dst=10.60.0.2 port=4002) in_seen=("$2" dst=10.60.0.2 port=4002)
}
xfrmi 7 h
path "xfrm interface" sa=esp,0x357,$S4 sa=esp,0x367,$H4
ask h zero
flush
xfrmi_again() {
	ip -n tgk-h link del xi7
	xfrmi 7 h
	out_send=(h packet src=10.60.0.2 "dst=$si4" port=4001 dev=xi7)
}
xfrmi_again
path "packet socket into an xfrm interface" sa=esp,0x357,$S4 sa=esp,0x367,$H4
flush
ip -n tgk-h link del xi7
ns_add h2
xfrmi 8 h2
path "xfrm interface in another namespace" sa=esp,0x358,$S4 sa=esp,0x368,$H4
flush
ns_del h2

vti() {
	ip -n tgk-h -batch - <<-E
		link add vti9 type vti local $H4 remote $S4 key 42
		addr add 10.61.0.2/32 dev vti9
		link set vti9 up
		route add $si4/32 dev vti9 src 10.61.0.2
	E
	state $H4 $S4 esp 0x370 tunnel 'reqid 1'
	state $S4 $H4 esp 0x371 tunnel 'reqid 1'
	policy 10.61.0.2/32 10.99.0.0/24 $H4 $S4 'esp tunnel reqid 1' -- mark 42
	apply
	out_send=(h udp src=10.61.0.2 "dst=$si4" port=4001) out_seen=(s "dst=$si4" port=4001)
	in_send=(s udp "src=$si4" dst=10.61.0.2 port=4002) in_seen=(h dst=10.61.0.2 port=4002)
}
vti
path "VTI" sa=esp,0x370,$S4 sa=esp,0x371,$H4
flush
ip -n tgk-h link del vti9

snat() {
	in_ns h nft -f - <<-E
		table ip tgk {
			chain post {
				type nat hook postrouting priority 100
				ip saddr 10.77.0.0/24 snat to $hi4
			}
		}
	E
	ip -n tgk-l addr add 10.77.0.2/32 dev lan
	ip -n tgk-h route add 10.77.0.0/24 dev lan
	out_send=(l udp src=10.77.0.2 sport=4100 "dst=$si4" port=4101)
	out_seen=(s "src=$hi4" "dst=$si4" port=4101)
	in_send=(s udp "src=$si4" sport=4101 "dst=$hi4" port=4100)
	in_seen=(l dst=10.77.0.2 port=4100)
}
tunnel 0x380
snat
# shellcheck disable=SC2046
path "SNAT into the policy" $(keys 0x380)
flush
in_ns h nft delete table ip tgk

# ---------------------------------------------------- what netfilter never gets to see
flowtable() {
	in_ns h nft -f - <<-E
		table inet tgk {
			flowtable f {
				hook ingress priority 0
				devices = { lan, wan }
			}
			chain forward {
				type filter hook forward priority 0
				ct state established flow add @f
			}
		}
	E
	out_send=(l udp "src=$li4" sport=4200 "dst=$si4" port=4201)
	out_seen=(s "dst=$si4" port=4201)
	in_send=(s udp "src=$si4" sport=4201 "dst=$li4" port=4200)
	in_seen=(l "dst=$li4" port=4200)
}

offloaded() {
	local _
	for _ in 1 2 3; do
		ask "${out_send[@]}"
		ask "${in_send[@]}"
		sleep 0.1
	done
	in_ns h conntrack -L 2>/dev/null | grep -q OFFLOAD || why "no offloaded flow"
}
tunnel 0x390
flowtable
# shellcheck disable=SC2046
check "HNB-GATE-06: flowtable: opens" opened $(keys 0x390)
check "HNB-GATE-23: flowtable: the flow is offloaded" offloaded
check "HNB-GATE-06: flowtable: open, $N of $N leave" all_out
check "HNB-GATE-06: flowtable: open, $N of $N arrive" all_in
ask h close "id=$CTX"
check "HNB-GATE-19, HNB-GATE-23: flowtable: closed, 0 of $N of an offloaded flow leave" \
	none_out closed
check "HNB-GATE-19, HNB-GATE-23: flowtable: closed, 0 of $N of an offloaded flow arrive" \
	none_in closed
in_ns h nft delete table inet tgk
flush

mirred() {
	ip -n tgk-h -batch - <<< $'link add sink type dummy\nlink set sink up'
	in_ns h tc qdisc add dev wan ingress
	in_ns h tc filter add dev wan ingress protocol ip u32 match ip src $si4 \
		action mirred egress redirect dev sink
	local4
	in_seen=(h dev=sink dir=out)
}
tunnel 0x3a0
mirred
# shellcheck disable=SC2046
path "tc redirect at ingress" $(keys 0x3a0)
in_ns h tc qdisc del dev wan ingress
flush

# A packet socket in h is what in_seen of local4 is: it saw 0 of each held packet.
tunnel 0x3b0
local4
# shellcheck disable=SC2046
path "packet sockets that listen on the box" $(keys 0x3b0)

outer_untouched() {
	zero s h
	ask h udp src=$H4 dst=$S4 port=500 && says sent 1 && ask h udp src=$H6 dst=$S6 port=4500 &&
		says sent 1 && seen s 1 port=500 && seen s 1 port=4500 &&
		ask s udp src=$S4 dst=$H4 port=500 && seen h 1 port=500 && held out 0 && held in 0
}
check "I9: IKE and what else is not in an SA passes, whatever is held" outer_untouched
# What is held leaves no outer packet either.
no_outer() {
	zero s h && ask h udp src=$hi4 dst=$si4 port=4001 n=$N && held out $N && seen s 0 proto=50
}
check "HNB-GATE-03: nothing of a held packet is on the wire" no_outer
flush
finish
