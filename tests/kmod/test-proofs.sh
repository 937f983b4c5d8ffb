#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which proofs open and which do not; who may hand them in; and that what is refused
# is refused with words and changes nothing.
. "$(dirname "$0")/lib.sh"

gate_load
net_up
ask h config t-bind-ms=600000 t-verify-ms=600000
new_agent
tunnel_policies
apply

# ----------------------------------------------------------------- all 32 subsets
# subsets REQUIRED [traffic]: each subset of the five proofs; a close makes all void
subsets() {
	local required=$1 mask want
	if [ "${2:-}" ]; then
		pending "$required"
	else
		announce cert=aa "required=$required"
	fi || return 1
	for mask in {0..31}; do
		want=pending
		[ "$mask" = 0 ] || ask h close "id=$CTX"
		[ "$mask" = 0 ] || want=suspended
		[ $((mask & required)) != "$required" ] || want=open
		ask h prove "id=$CTX" "mask=$mask" || return 1
		[ "$mask" = 0 ] || says state $want satisfied "$(printf %#x "$mask")" || return 1
		in_state $want || return 1
		[ "${2:-}" ] || continue
		if [ $want = open ]; then passes; else holds; fi || return 1
	done
}

for required in 1 3 7 13 17 21 29 31; do
	check "HNB-GATE-09, I2: $(printf 'mask %#x' $required): of 32 subsets the supersets open" \
		subsets $required
done
check "HNB-GATE-09, I1: mask 0xd: of 32 subsets user data passes with the supersets" \
	subsets 13 traffic

orders() {
	local order k n
	for order in "0 2 3" "0 3 2" "2 0 3" "2 3 0" "3 0 2" "3 2 0"; do
		announce cert=aa required=13 || return 1
		n=0
		for k in $order; do
			in_state pending && ask h evidence "id=$CTX" kind=$k || return 1
		done
		in_state open || return 1
	done
}
check "HNB-GATE-09: in whatever order they come" orders

bad_rejects() {
	local k mask
	for k in 0 1 2 3 4; do
		for mask in 0 31; do
			announce cert=aa required=31 && ask h prove "id=$CTX" "mask=$mask" &&
				ask h evidence "id=$CTX" kind=$k result=bad && says state rejected &&
				! ask h prove "id=$CTX" mask=31 && in_state rejected || return 1
		done
	done
}
check "HNB-GATE-07, HNB-GATE-19, I3: a bad proof of any kind rejects, for good" bad_rejects

# --------------------------------------------------------------------- refusals
# Two pairs of SAs: OPEN is open and 0x600, PEND is pending and 0x610. Whatever is
# refused leaves both as they are.
flush
tunnel_states 0x600
tunnel_policies
h_lines+="xfrm state add src $H4 dst $S4 proto esp spi 0x610 mode tunnel reqid 9 $AEAD"$'\n'
apply
# shellcheck disable=SC2046
opened $(keys 0x600)
OPEN=$CTX
announce cert=aa required=3
ask h bind "id=$CTX" "sa=esp,0x610,$S4"
PEND=$CTX
ask h context "id=$PEND"
get gen
GEN=$V

# no "ROWS: what" ERRNO WORDS COMMAND...: refused, nothing changed, and said so
no() {
	local what=$1
	shift
	check "$what" no_change "$@"
}

no_change() {
	unchanged refused "$1" "$2" "$3" "${@:4}" && passes &&
		ask h sa spi=0x610 && says state pending
}

no "HNB-GATE-05: another certificate's proof" h EBADMSG "another certificate" \
	evidence id=$PEND cert=ab kind=device-auth
no "HNB-GATE-24, I5: a proof for an old generation" h ESTALE "another generation" \
	evidence id=$PEND gen=$((GEN - 1)) kind=device-auth
no "I5: a proof for a generation to come" h ESTALE "another generation" \
	evidence id=$PEND gen=$((GEN + 1)) kind=device-auth
no "HNB-GATE-18: a good proof without an expiry" h EKEYEXPIRED "needs expires-ms" \
	evidence id=$PEND kind=device-auth expires=0
no "HNB-GATE-18: a proof that is good for more than a day" h ERANGE "" \
	evidence id=$PEND kind=device-auth expires=86400001
no "SEC-02: a kind of proof that there is not" h ERANGE "" evidence id=$PEND kind=5
no "SEC-02: a result that there is not" h ERANGE "" evidence id=$PEND kind=0 result=3
no "a proof for a context that there is not" h ENOENT "no such context" \
	evidence id=9999 gen=1 cert=aa kind=device-auth
no "HNB-GATE-24: a second agent registers" e EBUSY "another agent" register lease=1000
no "HNB-GATE-24: the same agent registers twice" h EBUSY "another agent" register lease=1000
no "HNB-GATE-24: a second agent's proof" e EPERM "only the registered agent" \
	evidence id=$PEND kind=device-auth
no "HNB-GATE-24: a second agent announces" e EPERM "only the registered agent" \
	announce ike=7000 cert=aa required=1
no "HNB-GATE-24: a second agent binds" e EPERM "only the registered agent" \
	bind id=$OPEN sa=esp,0x610,$S4
no "HNB-GATE-24: a second agent lowers what is required" e EPERM "only the registered agent" \
	require id=$PEND required=1
no "HNB-GATE-24: a second agent deletes" e EPERM "only the registered agent" del id=$OPEN
no "HNB-GATE-24: a second agent re-verifies" e EPERM "only the registered agent" reverify id=$OPEN
no "HNB-GATE-24: a second agent renews" e EPERM "only the registered agent" renew session=1
no "HNB-GATE-24: another session's lease" h ESTALE "another session" renew session=1
no "HNB-GATE-14: an SA of another context is bound" h EBUSY "bound to another context" \
	bind id=$OPEN sa=esp,0x610,$S4
no "HNB-GATE-14: all or none is bound" h EBUSY "nothing was bound" \
	bind id=$OPEN sa=esp,0x5555,$S4 sa=esp,0x610,$S4
no "HNB-GATE-14: an old generation binds" h ESTALE "another generation" \
	bind id=$PEND gen=$((GEN - 1)) sa=esp,0x5555,$S4
no "an SA is named twice" h EINVAL "named twice" bind id=$PEND sa=esp,0x5555,$S4 sa=esp,0x5555,$S4
no "IPComp is not bound by itself" h EINVAL "ESP or AH" bind id=$PEND sa=comp,0x5555,$S4
no "an SPI of 0" h EINVAL "not the spi" bind id=$PEND sa=esp,0,$S4
# shellcheck disable=SC2046
no "more than 16 SAs" h E2BIG "more than 16" bind id=$PEND \
	$(for i in {1..17}; do echo sa=esp,$((i + 20000)),$S4; done)
no "HNB-GATE-09: a context that requires nothing" h ERANGE "" announce ike=7001 cert=aa required=0
no "HNB-GATE-09: a proof is required that there is not" h ERANGE "" announce ike=7001 cert=aa \
	required=32
no "HNB-GATE-09: the mask becomes empty" h ERANGE "" require id=$PEND required=0
no "HNB-AUTH-01: a context that does not require device-auth" h EINVAL "device-auth" announce \
	ike=7001 cert=aa required=2
no "HNB-AUTH-01: nor all but device-auth" h EINVAL "device-auth" announce ike=7001 cert=aa required=30
no "HNB-AUTH-01: nor does a mask lose it" h EINVAL "device-auth" require id=$PEND required=2
no "a close with a reason that is not the sender's to give" h EINVAL "can't have this reason" \
	close id=$OPEN reason=bad-revocation
no "a close of a context that there is not" h ENOENT "no such context" close id=9999
no "a quarantine of a context that there is not" h ENOENT "no such context" quarantine id=9999

# A refused request is counted, for whoever wonders.
refused_counted() {
	ask e stats && get refused && local n=$V
	ask e register lease=1000
	ask e stats && says refused $((n + 1))
}
check "HNB-GATE-26: refused requests are counted" refused_counted

# ------------------------------------------------------------------ who may ask
all_eperm() {
	local answers
	ask "$1" ask-all own || return 1
	answers=" ${R#ok }"
	[ -z "$(tr ' ' '\n' <<< "$answers" | sed '/^$/d' | grep -v ':EPERM$')" ] || why "$R"
}

start u nsenter --net=/run/netns/tgk-h setpriv --reuid 65534 --regid 65534 --clear-groups \
	--inh-caps=-all --bounding-set=-all
check "HNB-GATE-24: without CAP_NET_ADMIN every request is refused" unchanged all_eperm u
stop u
start n nsenter --net=/run/netns/tgk-h unshare -U -r
check "HNB-GATE-24: root of another user namespace: every request is refused" unchanged all_eperm n
stop n
start n unshare -U -r -n
check "HNB-GATE-24: root of another user namespace, in a network namespace of its own" all_eperm n
stop n
start w nsenter --net=/run/netns/tgk-h setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin
check "HNB-GATE-22: leaving enforce needs CAP_SYS_ADMIN" unchanged refused w EPERM \
	"CAP_SYS_ADMIN" config mode=off
check "HNB-GATE-22: observe is leaving, too" unchanged refused w EPERM "CAP_SYS_ADMIN" \
	config mode=observe
stop w
check "HNB-GATE-24: what was open is open after all that" passes

# ----------------------------------------------------------------- weaker proofs
provisional() {
	announce cert=aa required=1 && ask h evidence "id=$CTX" kind=device-auth provisional &&
		says state pending satisfied 0 && in_state pending &&
		ask h evidence "id=$CTX" kind=device-auth && says state open
}
check "I2: a provisional proof is recorded and does not open" provisional
provisional_after() {
	ask h evidence "id=$CTX" kind=device-auth provisional && in_state suspended &&
		says satisfied 0
}
check "I2: a provisional proof in place of a full one closes" provisional_after

one_expired() {
	announce cert=aa required=3 && ask h evidence "id=$CTX" kind=device-auth expires=300 || return 1
	sleep 0.4
	ask h evidence "id=$CTX" kind=hp-auth && says state pending satisfied 0x2
}
check "HNB-GATE-18: a proof that expired while the others came does not count" one_expired

rejected_evidence() {
	ask h quarantine "id=$CTX" && unchanged refused h EKEYREJECTED "closed for good" \
		evidence "id=$CTX" kind=device-auth
}
check "I3: a proof for a rejected context" rejected_evidence

mismatch() {
	announce cert=aa required=1 && ask h prove "id=$CTX" mask=1 && refused h EBADMSG \
		"another certificate" announce "ike=$ike" cert=bb required=1 && in_state rejected &&
		says reason cert-mismatch
}
check "I2: one IKE SA, two certificates: closed for good" mismatch

foreign_netns() {
	refused s EOPNOTSUPP "" evidence "id=$OPEN" gen=1 cert=aa kind=0 ||
		refused s ESTALE "no agent" evidence "id=$OPEN" gen=1 cert=aa kind=0
}
check "I2: the contexts of another namespace are out of reach" unchanged foreign_netns

# -------------------------------------------------------------------------- time
# took LOW HIGH FROM TO: from one event to the other, in ms, by the kernel's clock
took() {
	ask h events wait=30 && event_ms "$3" && local from=$V && event_ms "$4" && [ -n "$from" ] &&
		[ -n "$V" ] || why "no $3 or $4: $R" || return 1
	[ $((V - from)) -ge "$1" ] && [ $((V - from)) -le "$2" ] ||
		why "$((V - from)) ms, not $1 to $2"
}
ask h listen-events
CTX=$OPEN

expiry() {
	old_events
	ask h evidence "id=$CTX" kind=device-auth expires=800 && passes && in_state suspended 4000 &&
		took 800 1800 "evidence:$CTX" "context-state:$CTX,open>suspended,expired" &&
		holds expired
}
check "HNB-GATE-18: closed within 1 s of hard expiry" expiry
inline_expiry() {
	ask h evidence "id=$OPEN" kind=device-auth && in_state open &&
		ask h evidence "id=$OPEN" kind=device-auth expires=100 && ask h sleep ms=110 && holds
}
check "HNB-GATE-18: the packet path looks at the clock itself" inline_expiry

t_verify() {
	old_events
	ask h config t-verify-ms=600 && announce cert=aa required=1 && in_state rejected 4000 &&
		says reason not-verified &&
		took 600 1600 "context-state:$CTX,absent" "context-state:$CTX,pending>rejected"
}
check "HNB-GATE-08: T_VERIFY rejects, within 1 s" t_verify
ask h config t-verify-ms=600000

t_bind() {
	ask h config t-bind-ms=600
	old_events
	fresh && ask h sa spi=$((SPI + 1)) reason=unbound-timeout wait=4000 &&
		took 600 1600 "sa-new:$(printf %#x $SPI)" "sa-unbound-timeout:$(printf %#x $SPI)" &&
		holds unbound-timeout
}
check "HNB-GATE-13: T_BIND is told of, within 1 s" t_bind
ask h config t-bind-ms=600000

lease() {
	local _
	fresh && new_agent 3000 && bound 1 && ask h prove "id=$CTX" mask=1 && passes || return 1
	for _ in 1 2 3; do
		sleep 1.2
		ask h renew || return 1
	done
	old_events
	ask h renew && passes && in_state suspended 6000 && holds lease &&
		refused h ESTALE "" renew && refused h ESTALE "" evidence "id=$CTX" kind=0
}
check "HNB-GATE-20: renewed it lasts, then it lapses and closes" lease

no_lease() {
	unchanged refused h ESTALE "no agent" announce ike=7002 cert=aa required=1
}
check "HNB-GATE-24: a proof without a lease" no_lease

killed() {
	start k nsenter --net=/run/netns/tgk-h
	fresh && ask k register lease=300000 && ike=$((ike + 1)) &&
		ask k announce ike=$ike cert=aa required=1 && get id && CTX=$V || return 1
	# shellcheck disable=SC2086
	ask k bind "id=$CTX" $KEYS && ask k prove "id=$CTX" mask=1 && passes || return 1
	stop k KILL
	holds lease && ! ask h agent
}
check "HNB-GATE-20, I4: an agent that is killed closes at once" killed

grace() {
	ask h config grace-ms=1500 && fresh && new_agent && bound 1 && ask h prove "id=$CTX" mask=1 &&
		ask h leave && passes && in_state suspended 4000 && holds lease && ask h config grace-ms=0
}
check "HNB-GATE-20: T_GRACE_AGENT bounds how long it outlives its agent" grace

# An agent that was restarted is not kept out by the grace of the one before it.
grace_over() {
	ask h config grace-ms=30000 && fresh && new_agent && bound 1 && ask h prove "id=$CTX" mask=1 &&
		passes && refused e EBUSY "another agent" register lease=1000 && ask h leave &&
		ask h register lease=300000 name=next && holds &&
		ask h announce "ike=$ike" cert=aa required=1 && ask h prove "id=$CTX" mask=1 && passes
	local rc=$?
	ask h config grace-ms=0
	return $rc
}
check "HNB-GATE-20: during the grace the next agent registers, and all is proven anew" grace_over

# I5: a bad proof closes, whichever generation it was sought under.
bad_of_before() {
	fresh && bound 1 && ask h context "id=$CTX" && get gen || return 1
	local old=$V
	ask h close "id=$CTX" && ask h prove "id=$CTX" mask=1 && says state open && passes &&
		refused h ESTALE "another generation" evidence "id=$CTX" gen="$old" cert=aa kind=revocation &&
		passes && ask h evidence "id=$CTX" "gen=$old" cert=aa kind=revocation result=bad &&
		in_state rejected && holds bad-revocation
}
check "I5, HNB-GATE-19: a bad proof of an old generation closes, a good one does not count" bad_of_before

# T_VERIFY is for the attempt: who waits for a turn says so, and the time starts again.
t_verify_waits() {
	local _
	ask h config t-verify-ms=1500 && announce cert=aa required=1 || return 1
	for _ in 1 2 3 4; do
		sleep 0.8
		ask h reverify "id=$CTX" && in_state pending || return 1
	done
	in_state rejected 4000 && ask h config t-verify-ms=600000
}
check "HNB-GATE-08: T_VERIFY starts with the attempt, and ends it" t_verify_waits
finish
