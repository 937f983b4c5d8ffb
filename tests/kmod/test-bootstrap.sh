#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The one flow that may pass a context that is not open, and how narrow it is.
. "$(dirname "$0")/lib.sh"

gate_load
net_up
ask h config t-bind-ms=600000 t-verify-ms=600000
new_agent
tunnel_policies
apply
ask s listen "src=$si4" sport=80 && get fd && S80=$V
ask s listen "src=$si4" sport=81
ask s listen "src=$si6" sport=80 && get fd && S80V6=$V
# The far end says nothing by itself where a test counts: no resets.
in_ns s nft -f - <<-E
	table inet tgk {
		chain output {
			type filter hook output priority 0
			tcp flags rst drop
		}
	}
E
sport=6000

# flow [PORT] [MASK]: a pending context and its registered socket FD, from port sport
flow() {
	pending "${2:-3}" && registered "${1:-80}"
}

registered() {
	sport=$((sport + 1))
	ask h socket "src=$hi4" sport=$sport && get fd && FD=$V &&
		ask h bootstrap "id=$CTX" "fd=$FD" "remote=$si4" "port=${1:-80}"
}

connected() {
	ask h connect "fd=$FD" "dst=$si4" port=80 wait=3000 && ask s accept fd=$S80 wait=3000 &&
		get fd && PEER=$V
}

over() {
	ask h reset "fd=$FD"
	[ -z "${PEER:-}" ] || ask s reset "fd=$PEER"
	PEER=
}

# ------------------------------------------------------------------ what may pass
passes_data() {
	flow && connected && ask h write "fd=$FD" len=900 && ask s read "fd=$PEER" len=900 wait=3000 &&
		says n 900 && ask s write "fd=$PEER" len=4000 &&
		ask h read "fd=$FD" len=4000 wait=3000 && says n 4000
}
check "HNB-GATE-02, HNB-GATE-10: the registered flow passes, both ways" passes_data
over

counted() {
	local out in
	ask h flows "id=$CTX" && says n 1 ctx "$CTX" exhausted 0 attempt 1 && get out && out=$V && get in &&
		in=$V && [ "$out" -ge 3 ] && [ "$in" -ge 3 ] || why "$R" || return 1
	ask h passed dir=out && says n 0 boot "$out"
}
counted_apart() {
	flow && zero h && connected && ask h write "fd=$FD" len=10 &&
		ask s read "fd=$PEER" len=10 wait=2000 && ask s write "fd=$PEER" len=10 &&
		ask h read "fd=$FD" len=10 wait=2000 && ask h sleep ms=100 && counted
}
check "HNB-GATE-26: what passes by the allowance is counted apart" counted_apart
check "HNB-GATE-10, I1: user data is held meanwhile" holds pending

# nobody DIR NS COMMAND...: what the command sends is held, 0 of it at the other end
nobody() {
	local dir=$1 far=$2
	shift 2
	zero s h l
	ask "$@" || [[ $R == "err -ETIMEDOUT"* ]] || return 1
	ask h held "dir=$dir" min=1 && get n && [ "$V" -ge 1 ] || why "not held: $R" || return 1
	if [ "$dir" = out ]; then
		seen "$far" 0 "dst=$si4" && seen "$far" 0 "dst=$si6"
	else
		seen "$far" 0 "src=$si4" && seen "$far" 0 "src=$si6"
	fi
}

check "HNB-GATE-10: a second process to the same responder and port" \
	nobody out s e connect src=$hi4 dst=$si4 port=80
check "HNB-GATE-10: the agent's own second socket" nobody out s h connect src=$hi4 dst=$si4 port=80
check "HNB-GATE-10: the same addresses and ports, forged by another socket" \
	nobody out s e packet proto=tcp flags=a src=$hi4 sport=$sport dst=$si4 port=80
check "HNB-GATE-10: UDP to the responder" nobody out s h udp src=$hi4 sport=$sport dst=$si4 port=80
check "HNB-GATE-10: ICMP to the responder" nobody out s h packet proto=icmp src=$hi4 dst=$si4
check "HNB-GATE-10: DNS" nobody out s h udp src=$hi4 dst=$si4 port=53
tuple="src=$si4 sport=80 dst=$hi4 port=$sport"
in="nobody in h s packet"
# shellcheck disable=SC2086
{
check "HNB-GATE-10: a SYN from the responder" $in proto=tcp flags=s $tuple
check "HNB-GATE-10: from another port of the responder" $in proto=tcp flags=a src=$si4 sport=81 \
	dst=$hi4 port=$sport
check "HNB-GATE-10: to another port of ours" $in proto=tcp flags=a src=$si4 sport=80 dst=$hi4 \
	port=$((sport + 500))
check "HNB-GATE-10: a first fragment" $in proto=tcp flags=a frag=1 $tuple
check "HNB-GATE-10: a later fragment" $in proto=tcp flags=a frag=2 $tuple
check "HNB-GATE-10: IP options" $in proto=tcp flags=a options $tuple
check "HNB-GATE-10: UDP from the responder" $in proto=udp $tuple
check "HNB-GATE-10: ICMP from the responder" $in proto=icmp src=$si4 dst=$hi4
check "HNB-GATE-10: to the host behind us" $in proto=tcp flags=a src=$si4 sport=80 dst=$li4 \
	port=$sport
}

forwarded_out() {
	in_ns h sh -c 'echo 1 > /proc/sys/net/ipv4/conf/lan/accept_local'
	nobody out s l packet proto=tcp flags=a src=$hi4 sport=$sport dst=$si4 port=80
}
check "HNB-GATE-10: a forwarded copy of the flow, out" forwarded_out

forwarded_in() {
	local rc
	# Early demux would find the socket, and what has a socket is not forwarded.
	in_ns h sh -c 'echo 0 > /proc/sys/net/ipv4/ip_early_demux'
	ip -n tgk-h -batch - <<-E
		addr del $hi4/32 dev inner
		route add $hi4/32 via $li4 dev lan
	E
	# shellcheck disable=SC2086
	nobody in l s packet proto=tcp flags=a $tuple
	rc=$?
	in_ns h sh -c 'echo 1 > /proc/sys/net/ipv4/ip_early_demux'
	ip -n tgk-h -batch - <<-E
		route del $hi4/32 via $li4 dev lan
		addr add $hi4/32 dev inner
		route replace 10.99.0.0/24 via $S4 src $hi4
		route replace 239.0.0.0/8 dev wan src $hi4
	E
	return $rc
}
check "HNB-GATE-10: a forwarded copy of the flow, in" forwarded_in
still() {
	ask h write "fd=$FD" len=10 && ask s read "fd=$PEER" len=10 wait=3000 && says n 10
}
check "HNB-GATE-10: the flow itself still passes" still
over

not_before_spoken() {
	flow && nobody in h s packet proto=tcp flags=a src=$si4 sport=80 dst=$hi4 port=$sport
}
check "HNB-GATE-10: nothing from the responder before we have spoken" not_before_spoken
over
other_port() {
	flow 80 && nobody out s h connect "fd=$FD" dst=$si4 port=81
}
check "HNB-GATE-10: the registered socket, to another port" other_port
over

# ------------------------------------------------------------------------- IPv6
flow6() {
	pending && sport=$((sport + 1)) && ask h socket src=$hi6 sport=$sport && get fd && FD=$V &&
		ask h bootstrap "id=$CTX" "fd=$FD" remote=$si6 port=80 &&
		ask h connect "fd=$FD" dst=$si6 port=80 wait=3000 && ask s accept fd=$S80V6 && get fd &&
		PEER=$V && ask s write "fd=$PEER" len=2000 && ask h read "fd=$FD" len=2000 wait=3000 &&
		says n 2000
}
check "HNB-GATE-10: the registered flow passes, v6" flow6
tuple6="src=$si6 sport=80 dst=$hi6 port=$sport"
# shellcheck disable=SC2086
{
check "HNB-GATE-10: v6, a hop-by-hop header" $in proto=tcp flags=a hopbyhop $tuple6
check "HNB-GATE-10: v6, a first fragment" $in proto=tcp flags=a frag=1 $tuple6
check "HNB-GATE-10: v6, a SYN from the responder" $in proto=tcp flags=s $tuple6
check "HNB-GATE-10: v6, a second process" nobody out s e connect src=$hi6 dst=$si6 port=80
}
over

# ------------------------------------------------------------------------ budgets
ask h listen-events
budget_in() {
	old_events
	ask h config boot-bytes=8192 && flow && connected || return 1
	ask s write "fd=$PEER" len=1048576 wait=300
	ask h read "fd=$FD" wait=500 && get n && [ "$V" -le 8192 ] && [ "$V" -gt 0 ] ||
		why "$V octets" || return 1
	event "bootstrap-exhausted:" && ask h flows "id=$CTX" && says exhausted 1 && in_state pending
}
check "HNB-GATE-10, I6: 1 MiB after the response is cut at the budget" budget_in
over

budget_out() {
	flow && connected || return 1
	ask h write "fd=$FD" len=100000 wait=300
	ask s read "fd=$PEER" wait=500 && get n && [ "$V" -le 8192 ] && ask h flows "id=$CTX" && says exhausted 1
}
check "HNB-GATE-10, I6: so is what is sent" budget_out
over

budgets_apart() {
	flow && connected && ask h write "fd=$FD" len=5000 && ask s read "fd=$PEER" len=5000 wait=3000 &&
		says n 5000 && ask s write "fd=$PEER" len=5000 &&
		ask h read "fd=$FD" len=5000 wait=3000 && says n 5000 && ask h flows "id=$CTX" && says exhausted 0
}
check "HNB-GATE-10: each direction has a budget of its own" budgets_apart
over

budget_packets() {
	ask h config boot-bytes=65536 boot-packets=4 && flow && connected || return 1
	for _ in 1 2 3 4 5 6; do
		ask h write "fd=$FD" len=10
		ask h sleep ms=20
	done
	ask s read "fd=$PEER" wait=300 && get n && [ "$V" -le 40 ] && ask h flows "id=$CTX" && says exhausted 1
}
check "HNB-GATE-10, I6: packets are counted as well" budget_packets
over
ask h config boot-packets=200

attempts() {
	ask h config boot-attempts=2 && flow && ask h shut "fd=$FD" && registered &&
		ask h flows "id=$CTX" && says attempt 2 n 1 && ask h shut "fd=$FD" || return 1
	! registered && [[ $R == "err -EDQUOT "*"no bootstrap attempt"* ]] || why "$R"
}
check "HNB-GATE-10, I6: no more attempts than the limit" attempts
ask h config boot-attempts=100

forbidden() {
	ask h config boot-bytes=0 && pending || return 1
	! registered && [[ $R == "err -EDQUOT "* ]] || why "$R"
}
check "HNB-GATE-10: a budget of 0 forbids it" forbidden
ask h config boot-bytes=65536

# ---------------------------------------------------------------- when it is over
# ended STATE COMMAND...: after the command there is no flow, and its data is held
ended() {
	local state=$1
	shift
	flow 80 1 && connected && "$@" && in_state "$state" && ask h flows "id=$CTX" && says n 0 &&
		zero s h || return 1
	[ "$state" != open ] || return 0
	ask h write "fd=$FD" len=10
	ask h held dir=out min=1 && get n && [ "$V" -ge 1 ] && seen s 0 "dst=$si4" port=80
}
opens() {
	ask h prove "id=$CTX" mask=1
}
rejects() {
	ask h evidence "id=$CTX" kind=revocation result=bad
}
closes() {
	ask h close "id=$CTX"
}
leaves() {
	ask h leave
}
check "HNB-GATE-10: over when the context opens, and the connection goes on as user data" \
	ended open opens
as_user_data() {
	still && ask h passed dir=out && get n && [ "$V" -ge 1 ]
}
check "HNB-GATE-06: which passes" as_user_data
over
check "HNB-GATE-10: over when the context is rejected" ended rejected rejects
over
check "HNB-GATE-10: over when the context is closed" ended suspended closes
over
check "HNB-GATE-10, HNB-GATE-20: over when the agent is gone" ended suspended leaves
over
new_agent

after_suspend() {
	fresh && bound 1 && ask h prove "id=$CTX" mask=1 && ask h close "id=$CTX" && registered && connected
}
check "S5: a suspended context is verified through a fresh allowance" after_suspend
over

# ------------------------------------------------------------ sockets that won't do
pending
# won't ERRNO WORDS SOCKET... : registering it is refused
wont() {
	local errno=$1 words=$2 rc
	shift 2
	ask h socket "$@" && get fd && FD=$V &&
		unchanged refused h "$errno" "$words" bootstrap "id=$CTX" "fd=$FD" remote=$si4 port=80
	rc=$?
	ask h shut "fd=$FD"
	return $rc
}
check "HNB-GATE-10: a UDP socket is refused" wont EBADF "not a closed TCP socket" proto=udp \
	src=$hi4 sport=7001
check "HNB-GATE-10: a socket that is not bound is refused" wont EADDRNOTAVAIL "bind the socket"
check "HNB-GATE-10: a socket without an address is refused" wont EADDRNOTAVAIL "bind the socket" \
	src=0.0.0.0 sport=7002
check "HNB-GATE-10: a socket of another namespace is refused" wont EBADF "of this namespace" \
	src=$li4 sport=7003 netns=tgk-l
check "HNB-GATE-10: a socket of the other family is refused" wont EAFNOSUPPORT \
	"different families" src=$hi6 sport=7004

listening() {
	ask h listen src=$hi4 sport=7005 && get fd &&
		refused h EBADF "not a closed TCP" bootstrap "id=$CTX" "fd=$V" remote=$si4 port=80
}
check "HNB-GATE-10: a listening socket is refused" listening
connecting() {
	ask h socket src=$H4 sport=7006 && get fd && FD=$V && ask s listen src=$S4 sport=7007 &&
		ask h connect "fd=$FD" dst=$S4 port=7007 &&
		refused h EBADF "not a closed TCP" bootstrap "id=$CTX" "fd=$FD" remote=$si4 port=80
}
check "HNB-GATE-10: a connected socket is refused" connecting
check "a descriptor that is not open" refused h EBADF "not a socket" bootstrap "id=$CTX" fd=999 \
	remote=$si4 port=80
check "a descriptor of no socket" refused h ENOTSOCK "not a socket" bootstrap "id=$CTX" fd=0 \
	remote=$si4 port=80
ask h socket src=$hi4 sport=7010
get fd
FD=$V
check "port 0" refused h EINVAL "" bootstrap "id=$CTX" "fd=$FD" remote=$si4 port=0
check "HNB-GATE-24: an old generation" refused h ESTALE "another generation" bootstrap "id=$CTX" \
	gen=1 cert=aa "fd=$FD" remote=$si4 port=80
second_agent() {
	ask e socket src=$hi4 sport=7011 && get fd &&
		refused e EPERM "only the registered agent" bootstrap "id=$CTX" "fd=$V" remote=$si4 port=80
}
check "HNB-GATE-24: somebody else than the agent" second_agent
not_pending() {
	ask h prove "id=$CTX" mask=3 && refused h EALREADY "neither pending nor suspended" bootstrap \
		"id=$CTX" "fd=$FD" remote=$si4 port=80 && ask h quarantine "id=$CTX" &&
		refused h EALREADY "neither pending nor suspended" bootstrap "id=$CTX" "fd=$FD" \
		remote=$si4 port=80
}
check "HNB-GATE-10: an open or a rejected context has no allowance" not_pending

# ------------------------------------------------- a SeGW: the peer's flow, forwarded
# Here h is the SeGW, s its peer, and l, behind h, the responder.
ask l listen "src=$li4" sport=80 && get fd && L80=$V
ask l listen "src=$li4" sport=81
in_ns l nft -f - <<-E
	table inet tgk {
		chain output {
			type filter hook output priority 0
			tcp flags rst drop
		}
	}
E
pport=8000
forward() {
	pending && ask h bootstrap "id=$CTX" forward remote=$li4 port=80
}
peer_connects() {
	pport=$((pport + 1))
	ask s socket "src=$si4" sport=$pport && get fd && FD=$V &&
		ask s connect "fd=$FD" "dst=$li4" port=80 wait=3000 &&
		ask l accept fd=$L80 wait=3000 && get fd && PEER=$V
}
peer_over() {
	ask s reset "fd=$FD"
	[ -z "$PEER" ] || ask l reset "fd=$PEER"
	PEER=
}
peer_exchange() {
	ask s write "fd=$FD" len=300 && ask l read "fd=$PEER" len=300 wait=3000 && says n 300 &&
		ask l write "fd=$PEER" len=3000 && ask s read "fd=$FD" len=3000 wait=3000 &&
		says n 3000
}
check "PIT-55: forward: the peer's connection to the responder passes, both ways" \
	eval 'forward && peer_connects && peer_exchange'
check "PIT-55: forward: it is shown" eval 'ask h flows "id=$CTX" && says n 1 forward 1 attempt 1'
check "PIT-55, I1: forward: user data is held meanwhile" holds pending
tuple="src=$si4 sport=$pport dst=$li4 port=80"
# shellcheck disable=SC2086
{
check "PIT-55: forward: another port of the responder" nobody in l s packet proto=tcp flags=s \
	src=$si4 sport=$pport dst=$li4 port=81
check "PIT-55: forward: the SeGW itself, at that port" nobody in h s packet proto=tcp flags=s \
	src=$si4 sport=$pport dst=$hi4 port=80
check "PIT-55: forward: another port of the peer, no SYN" nobody in l s packet proto=tcp flags=a \
	src=$si4 sport=9999 dst=$li4 port=80
check "PIT-55: forward: a first fragment" nobody in l s packet proto=tcp flags=a frag=1 $tuple
check "PIT-55: forward: UDP to the responder" nobody in l s packet proto=udp $tuple
}
# What l sends has other addresses than nobody looks for.
nobody_out() {
	zero s h
	ask l packet proto=tcp "$@" && ask h held dir=out min=1 && get n && [ "$V" -ge 1 ] &&
		seen s 0 "src=$li4"
}
check "PIT-55: forward: a SYN of the responder's" nobody_out flags=s \
	src=$li4 sport=80 dst=$si4 port=$pport
check "PIT-55: forward: another port of the responder, to the peer" nobody_out flags=a \
	src=$li4 sport=81 dst=$si4 port=$pport
check "PIT-55: forward: the responder, to another port of the peer" nobody_out flags=a \
	src=$li4 sport=80 dst=$si4 port=9999
check "PIT-55: forward: the connection itself still passes" peer_exchange
peer_over
check "PIT-55: forward: the peer may try again, within the same attempt" eval \
	'peer_connects && peer_exchange && ask h flows "id=$CTX" && says attempt 1'
check "PIT-55: forward: and its first connection is over" nobody_out flags=a \
	src=$li4 sport=80 dst=$si4 port=$((pport - 1))
peer_over
forward_budget() {
	ask h config boot-bytes=8192 && forward && peer_connects || return 1
	ask l write "fd=$PEER" len=1048576 wait=300
	ask s read "fd=$FD" wait=500 && get n && [ "$V" -le 8192 ] && [ "$V" -gt 0 ] ||
		why "$V octets" || return 1
	ask h flows "id=$CTX" && says exhausted 1
}
check "PIT-55, I6: forward: within the same budget" forward_budget
peer_over
ask h config boot-bytes=65536
forward_unsaid() {
	pending && nobody in l s packet proto=tcp flags=s src=$si4 sport=9998 dst=$li4 port=80
}
check "PIT-55: without it the peer reaches no responder" forward_unsaid
forward_open() {
	forward && ask h prove "id=$CTX" mask=3 && ask h flows "id=$CTX" && says n 0
}
check "PIT-55: forward: over when the context opens" forward_open

# ------------------------------------------------------------------ transport mode
transport() {
	flush
	state $H4 $S4 esp 0x700 transport 'reqid 1'
	state $S4 $H4 esp 0x701 transport 'reqid 1'
	h_lines+="xfrm policy add src $H4 dst $S4 proto 6 dir out tmpl proto esp mode transport reqid 1"$'\n'
	s_lines+="xfrm policy add src $S4 dst $H4 proto 6 dir out tmpl proto esp mode transport reqid 1"$'\n'
	apply
	ask s listen src=$S4 sport=80 && announce cert=aa required=3 &&
		ask h bind "id=$CTX" sa=esp,0x700,$S4 sa=esp,0x701,$H4 &&
		ask h socket src=$H4 sport=7020 && get fd && FD=$V &&
		ask h bootstrap "id=$CTX" "fd=$FD" remote=$S4 port=80 && zero h || return 1
	! ask h connect "fd=$FD" dst=$S4 port=80 && ask h held dir=out min=1 && get n && [ "$V" -ge 1 ]
}
check "HNB-GATE-10: no allowance on SAs in transport mode" transport
finish
