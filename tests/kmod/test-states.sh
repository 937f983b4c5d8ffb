#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each transition of the state machine (2.5) that the kernel makes, by its name, and
# the invariants (2.7) that are the kernel's. E6 and E10 to E12 come of time.
. "$(dirname "$0")/lib.sh"

gate_load
net_up
ask h listen-events
ask h config t-bind-ms=600000 t-verify-ms=600000
new_agent
tunnel_policies
apply

# S1, S2, S5 and S6 hold, whatever is proven: I1
is() {	# STATE [REASON]: of the context, and what passes
	in_state "$1" 4000 || return 1
	[ -z "${2:-}" ] || says reason "$2" || return 1
	case $1 in
	open|reverify)	passes ;;
	*)		holds "${2:-}" ;;
	esac
}

timers() {
	ask h config "t-bind-ms=${1:-600000}" "t-verify-ms=${2:-600000}"
}

# ------------------------------------------------------------------------ S0, S1
s0_e1() {
	old_events
	fresh && event "sa-new:$(printf %#x $SPI),unbound,unbound" && ask h sa spi=$SPI &&
		says state unbound && holds unbound
}
check "S0 -E1-> S1, I1" s0_e1

s0_e2() {
	local k=$KEYS
	SPI=$((SPI + 2)) k="sa=esp,$SPI,$S4 sa=esp,$((SPI + 1)),$H4"
	# shellcheck disable=SC2086
	announce cert=aa required=1 && ask h bind "id=$CTX" $k && ask h sa spi=$SPI &&
		says state absent ctx "$CTX"
}
check "S0 -E2-> S0: announced before it is there" s0_e2

s0_e1_announced() {
	h_lines=$'xfrm state flush\n' s_lines=$'xfrm state flush\n'
	tunnel_states $SPI
	apply && ask h sa spi=$SPI && says state pending ctx "$CTX" && holds pending
}
check "S0 -E1-> S2: an announced SA comes" s0_e1_announced

s0_e1_open() {
	open_all 1 || return 1
	SPI=$((SPI + 2))
	# shellcheck disable=SC2046
	ask h bind "id=$CTX" $(keys $SPI) && h_lines=$'xfrm state flush\n' &&
		s_lines=$'xfrm state flush\n' || return 1
	tunnel_states $SPI
	apply && ask h sa spi=$SPI && says state open && passes
}
check "S0 -E1-> S3: an announced SA of an open context comes" s0_e1_open

announcement_lapses() {
	local _
	timers 600
	announce cert=aa required=1 && ask h bind "id=$CTX" "sa=esp,0x7777,$S4" &&
		ask h sa spi=0x7777 state=absent || return 1
	for _ in {1..20}; do
		ask h sa spi=0x7777 || break
		sleep 0.1
	done
	! ask h sa spi=0x7777 || return 1
	timers
	ask h context "id=$CTX" && says sas 0 state pending
}
check "S0 -E11-> S0: an announcement lasts T_BIND" announcement_lapses

s1_e2() {
	old_events
	pending 3 && event "context-state:$CTX,absent>pending,pending" "sa-bound:" && is pending &&
		ask h context "id=$CTX" && get deadline && [ "$V" -gt 500000 ] && says sas 2
}
check "S1 -E2-> S2: bound, T_VERIFY runs" s1_e2

s1_e2_open() {
	open_all 1 && fresh && holds unbound || return 1
	# shellcheck disable=SC2086
	ask h bind "id=$CTX" $KEYS && is open
}
check "S1 -E2 [TC open]-> S3; HNB-GATE-16: a second pair passes once it is bound" s1_e2_open

s1_e2_mismatch() {
	fresh && announce cert=aa required=1 || return 1
	# shellcheck disable=SC2086
	refused h EBADMSG "another certificate" bind "id=$CTX" cert=bb $KEYS &&
		in_state rejected && says reason cert-mismatch && holds unbound
}
check "S1 -E2 [digest differs]-> S6" s1_e2_mismatch

s1_e11() {
	timers 200
	old_events
	fresh && ask h sa spi=$((SPI + 1)) state=unbound reason=unbound-timeout wait=3000 &&
		ask h sa spi=$SPI state=unbound reason=unbound-timeout &&
		event "sa-unbound-timeout:" && holds unbound-timeout
}
check "S1 -E11-> S1: T_BIND is over, held for ever" s1_e11

late_bind() {
	timers
	announce cert=aa required=1 || return 1
	# shellcheck disable=SC2086
	ask h bind "id=$CTX" $KEYS && is pending
}
check "S1 -E2-> S2: also after T_BIND" late_bind

# ---------------------------------------------------------------------------- S2
s2_e4_part() {
	pending 3 && ask h evidence "id=$CTX" kind=device-auth && says state pending satisfied 0x1 &&
		is pending pending
}
check "S2 -E4 [mask not complete]-> S2" s2_e4_part

s2_e4() {
	old_events
	ask h evidence "id=$CTX" kind=hp-auth && says state open && is open &&
		ask h context "id=$CTX" && says satisfied 0x3 deadline 0 && get expires &&
		[ "$V" -gt 3000000 ] && event "evidence:$CTX,hp-auth,good" \
		"context-state:$CTX,pending>open,none"
}
check "S2 -E4 [mask complete]-> S3, I2" s2_e4

s2_e5() {
	local kind
	for kind in device-auth hp-auth revocation integrity authz; do
		old_events
		announce cert=aa required=31 && ask h evidence "id=$CTX" kind=$kind result=bad \
			detail=found && says state rejected && ask h context "id=$CTX" &&
			says reason bad-$kind detail found &&
			event "context-state:$CTX,pending>rejected,bad-$kind" || return 1
	done
	pending 1 && ask h evidence "id=$CTX" kind=integrity result=bad && is rejected bad-integrity
}
check "S2 -E5-> S6, each kind, required or not" s2_e5

s2_e6() {
	pending 1 && ask h evidence "id=$CTX" kind=device-auth result=indeterminate detail=timeout &&
		says state pending satisfied 0 && is pending pending
}
check "S2 -E6-> S2" s2_e6

s2_e12() {
	fresh && timers 600000 700 && bound 1 && timers &&
		is rejected not-verified
}
check "S2 -E12-> S6, HNB-GATE-08: T_VERIFY is over" s2_e12

s2_e17() {
	old_events
	ask s listen "src=$si4" sport=80 && get fd && local listener=$V
	ask h config boot-packets=1 && pending 1 && ask h socket src=$hi4 sport=5001 && get fd &&
		FD=$V && ask h bootstrap "id=$CTX" "fd=$FD" remote=$si4 port=80 || return 1
	# The SYN is the budget; a second packet is over it.
	ask h connect "fd=$FD" dst=$si4 port=80 wait=1500
	event "bootstrap-exhausted:" && ask h flows "id=$CTX" && says exhausted 1 && is pending pending
	local rc=$?
	ask h shut "fd=$FD"
	ask s shut "fd=$listener"
	ask h config boot-packets=200
	return $rc
}
check "S2 -E17-> S2: the bootstrap budget is used up" s2_e17

s2_e8() {
	old_events
	fresh && new_agent 700 && bound 1 &&
		is suspended lease && event "agent-lost:lease" "context-state:$CTX,pending>suspended,lease"
}
check "S2 -E8-> S5" s2_e8

s2_e9() {
	new_agent && pending 1 && ask h socket src=$hi4 sport=5002 && get fd && FD=$V &&
		ask h bootstrap "id=$CTX" "fd=$FD" remote=$si4 port=80 && ask h leave &&
		is suspended lease && ask h flows "id=$CTX" && says n 0
}
check "S2 -E9-> S5, I4: the agent's socket goes, bootstrap is off" s2_e9

# ------------------------------------------------------------------------- S3, S4
new_agent
s3_recheck() {
	open_all 1 && ask h reverify "id=$CTX" && is reverify
}
check "S3 -T_RECHECK-> S4" s3_recheck

s4_e6() {
	ask h evidence "id=$CTX" kind=device-auth result=indeterminate detail=silence &&
		says state reverify satisfied 0x1 && is reverify
}
check "S4 -E6-> S4: open until the proof expires" s4_e6

s4_e4() {
	ask h evidence "id=$CTX" kind=device-auth expires=7200000 && says state open && is open &&
		ask h context "id=$CTX" && get expires && [ "$V" -gt 7000000 ]
}
check "S4 -E4-> S3, HNB-GATE-18: a newer expiry" s4_e4

s3_e5() {
	old_events
	ask h evidence "id=$CTX" kind=revocation result=bad detail=revoked &&
		says state rejected && is rejected bad-revocation &&
		event "context-state:$CTX,open>rejected,bad-revocation"
}
check "S3 -E5-> S6, HNB-GATE-19" s3_e5

s4_e5() {
	open_all 1 && ask h reverify "id=$CTX" && ask h evidence "id=$CTX" kind=device-auth \
		result=bad && is rejected bad-device-auth
}
check "S4 -E5-> S6" s4_e5

s3_e10() {
	pending 3 && ask h evidence "id=$CTX" kind=hp-auth &&
		ask h evidence "id=$CTX" kind=device-auth expires=700 && says state open && is suspended expired && ask h context "id=$CTX" && says satisfied 0x2
}
check "S3 -E10-> S5, HNB-GATE-18" s3_e10

s5_e4() {
	ask h evidence "id=$CTX" kind=hp-auth && says state suspended && is suspended expired &&
		ask h evidence "id=$CTX" kind=device-auth && says state open && is open
}
check "S5 -E4-> S3: only with a new proof of the lapsed kind" s5_e4

s4_e10() {
	pending 1 && ask h evidence "id=$CTX" kind=device-auth expires=700 &&
		ask h reverify "id=$CTX" && is suspended expired
}
check "S4 -E10-> S5" s4_e10

s3_e8() {
	fresh && new_agent 900 && bound 1 && ask h prove "id=$CTX" mask=1 && says state open &&
		is suspended lease
}
check "S3 -E8-> S5, HNB-GATE-20" s3_e8

s3_e9() {
	new_agent && open_all 1 && ask h leave && is suspended lease
}
check "S3 -E9-> S5, HNB-GATE-20, I4" s3_e9

s4_e9() {
	new_agent && open_all 1 && ask h reverify "id=$CTX" && ask h leave && is suspended lease
}
check "S4 -E9-> S5" s4_e9

s3_e9_grace() {
	ask h config grace-ms=1500 && new_agent && open_all 1 && ask h leave && is open && is suspended lease && ask h config grace-ms=0
}
check "S3 -E9 [T_GRACE_AGENT]-> S3, then S5" s3_e9_grace

s3_e13() {
	local r
	new_agent
	for r in clock resume; do
		open_all 3 && ask h close "id=$CTX" reason=$r && is suspended $r &&
			ask h context "id=$CTX" && says satisfied 0 &&
			ask h prove "id=$CTX" mask=1 && says state suspended &&
			ask h prove "id=$CTX" mask=2 && says state open || return 1
	done
}
check "S3 -E13-> S5: all is proven anew" s3_e13

s3_e14() {
	open_all 1 && ask h context "id=$CTX" && get gen && local gen=$V &&
		ask h require "id=$CTX" required=5 && says state pending && is pending policy &&
		ask h context "id=$CTX" && says satisfied 0x1 && get gen && [ "$V" != "$gen" ] &&
		ask h evidence "id=$CTX" kind=revocation && says state open && is open
}
check "S3 -E14 [mask grew]-> S2; what stands is kept" s3_e14

s3_e14_less() {
	ask h require "id=$CTX" required=1 && says state open && is open
}
check "S3 -E14 [mask shrank]-> S3" s3_e14_less

s3_e3() {
	open_all 1 || return 1
	local old=$SPI
	SPI=$((SPI + 2))
	# shellcheck disable=SC2046
	ask h bind "id=$CTX" $(keys $SPI) && tunnel_states $SPI && apply && is open &&
		ask h sa spi=$old && says state open && ask h sa spi=$SPI && says state open || return 1
	h_lines="xfrm state delete src $H4 dst $S4 proto esp spi $old"$'\n'
	h_lines+="xfrm state delete src $S4 dst $H4 proto esp spi $((old + 1))"$'\n'
	s_lines=$h_lines
	apply && is open && ask h sa spi=$old && says state gone
}
check "S3 -E3-> S3, HNB-GATE-14: rekeyed; the old SA lives until it is deleted" s3_e3

s3_e18() {
	open_all 1 && ask h close "id=$CTX" detail=operator && is suspended closed &&
		ask h context "id=$CTX" && says detail operator
}
check "S3 -E18 close-> S5" s3_e18
s3_e18_q() {
	open_all 1 && ask h quarantine "id=$CTX" && is rejected quarantine
}
check "S3 -E18 quarantine-> S6" s3_e18_q
replaced() {
	open_all 1 && ask h close "id=$CTX" reason=replaced && is rejected replaced
}
check "S3 -E2 of a newer IKE SA-> S6: replaced (2.9)" replaced

# ---------------------------------------------------------------------------- S5
s5_e19() {
	open_all 1 && ask h context "id=$CTX" && get gen && local gen=$V && new_agent &&
		is suspended lease && refused h ESTALE "another generation" evidence "id=$CTX" \
		"gen=$gen" kind=device-auth && ask h announce "ike=$ike" cert=aa required=1 &&
		says id "$CTX" state pending && get gen && [ "$V" != "$gen" ] && is pending pending &&
		ask h context "id=$CTX" && says satisfied 0 && ask h prove "id=$CTX" mask=1 && is open
}
check "S5 -E19, E2-> S2: a new agent's word counts, the old one's does not" s5_e19

s5_e5() {
	ask h close "id=$CTX" && is suspended closed && ask h evidence "id=$CTX" \
		kind=revocation result=bad && is rejected bad-revocation
}
check "S5 -E5-> S6" s5_e5

s5_e12() {
	open_all 1 && timers 600000 300 && ask h close "id=$CTX" && timers && is rejected not-verified
}
check "S5 -E12-> S6: T_VERIFY starts again on entry" s5_e12

# ---------------------------------------------------------------------------- S6
s6_stays() {
	local k closed="closed for good"
	for k in device-auth hp-auth revocation integrity authz; do
		refused h EKEYREJECTED "$closed" evidence "id=$CTX" kind=$k || return 1
	done
	refused h EKEYREJECTED "$closed" bind "id=$CTX" "sa=esp,0x8888,$S4" &&
		refused h EKEYREJECTED "$closed" require "id=$CTX" required=1 &&
		ask h renew && ask h close "id=$CTX" && ask h announce "ike=$ike" cert=aa required=1 &&
		says state rejected && is rejected not-verified
}
check "S6 -E4, E7, E3-> S6, I3: nothing opens what was rejected" s6_stays

s6_new_agent() {
	new_agent && is rejected not-verified
}
check "S6 -E19-> S6, I3" s6_new_agent

s6_e15() {
	h_lines=$'xfrm state flush\n'
	apply && ask h sa spi=$SPI state=gone wait=2000 && ask h context "id=$CTX" && says sas 0 \
		state rejected
}
check "S6 -E15-> S7: its SAs have gone" s6_e15

s6_e16() {
	old_events
	ask h del "id=$CTX" && in_state gone && event "context-gone:$CTX,rejected>gone" &&
		refused h EKEYREJECTED "was deleted" announce "ike=$ike" cert=aa required=1
}
check "S6 -E16-> S7" s6_e16

# --------------------------------------------------------------------------- any
any_e15() {
	open_all 1 || return 1
	local held=$SPI
	h_lines=$'xfrm state flush\n' s_lines=$'xfrm state flush\n'
	old_events
	apply && ask h sa spi=$held && says state gone reason deleted && event "sa-gone:"
}
check "any -E15-> S7: deleted" any_e15

any_e15_replaced() {
	tunnel_states $SPI
	apply && ask h sa spi=$SPI && says state unbound && holds unbound
}
check "any -E15 [replaced, nobody announced]-> S1: an SPI used again is held" any_e15_replaced

two_contexts() {
	local first
	open_all 1 || return 1
	first=$CTX
	SPI=$((SPI + 2))
	tunnel_states $SPI
	apply && announce cert=bb required=1 || return 1
	# shellcheck disable=SC2046
	ask h bind "id=$CTX" $(keys $SPI) && ask h prove "id=$CTX" mask=1 && is open &&
		ask h del "id=$first" && ask h context "id=$first" && says state gone sas 2 &&
		is open && ask h sa spi=$((SPI - 2)) && says state gone
}
check "any -E16-> S7, I8, HNB-GATE-12: the other context stays open" two_contexts

gone_holds() {
	open_all 1 && ask h del "id=$CTX" && holds ike-deleted
}
check "any -E16-> S7: its SAs are held while they are in the SAD" gone_holds

any_e20() {
	ip -n tgk-h xfrm state add src $H4 dst $S4 proto esp spi 0x9999 mode iptfs $AEAD &&
		ask h sa spi=0x9999 && says state gone
}
if ip xfrm state help 2>&1 | grep -q iptfs && modprobe -q xfrm_iptfs; then
	check "any -E20-> S6, HNB-GATE-23: IP-TFS" any_e20
else
	skip "any -E20-> S6, HNB-GATE-23: IP-TFS" "this kernel has no IP-TFS"
fi

any_e18_unload() {
	! rmmod trustgate 2>/dev/null && open_all 1 && passes
}
check "any -E18 unload: refused while enforcing" any_e18_unload

# -------------------------------------------------------------------- invariants
i5() {
	pending 1 && ask h context "id=$CTX" && get gen && local gen=$V && ask h close "id=$CTX" &&
		refused h ESTALE "another generation" evidence "id=$CTX" "gen=$gen" kind=device-auth &&
		is suspended closed
}
check "I5: opening names the generation, closing does not" i5

i7() {
	local n
	open_all 1 && zero s h || return 1
	# e sends while h closes; what was on its way has 50 ms.
	echo "udp src=$hi4 dst=$si4 port=4001 n=4000" >&"${IN[e]}"
	ask s count port=4001 min=50 wait=5000 && ask h close "id=$CTX" || return 1
	sleep 0.05
	zero s
	IFS= read -r -t 60 R <&"${OUT[e]}"
	ask h held dir=out && get n && [ "$V" -gt 0 ] || why "the sender was done before" || return 1
	seen s 0 port=4001
}
check "I7: a close under load is complete when the reply is there" i7

i10() {
	local now rc
	pending 1 && ask h evidence "id=$CTX" kind=device-auth expires=1500 && says state open || return 1
	now=$(date +%s)
	date -s "@$((now - 86400))" > /dev/null
	passes && is suspended expired
	rc=$?
	date -s "@$((now + 1))" > /dev/null
	return $rc
}
check "SEC-06, I10: a wall clock set back extends nothing" i10
finish
