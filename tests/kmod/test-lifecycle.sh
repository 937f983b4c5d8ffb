#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What comes and goes under the gate: states, namespaces, the configuration, the
# machine's sleep, the module itself.
. "$(dirname "$0")/lib.sh"

LOADS=${LOADS:-100}

states_before=$(cut -d' ' -f1 /sys/kernel/slab/xfrm_state/objects 2>/dev/null || echo 0)
gate_load
net_up
ask h config t-bind-ms=600000 t-verify-ms=600000
ask h listen-events
new_agent
tunnel_policies
apply

# ------------------------------------------------------------------------- states
in_h() {
	ip -n tgk-h "$@"
}

updated() {
	open_all 1 && old_events && in_h xfrm state update src $H4 dst $S4 proto esp spi $SPI \
		mode tunnel reqid 1 flag af-unspec limit packet-hard 100000 $AEAD && passes &&
		ask h sas && [[ $R != *",$(printf %x $SPI),unbound"* ]] && ask h context "id=$CTX" &&
		says sas 2 state open
}
check "S3, E15: a state that is updated keeps its binding" updated

soft_expired() {
	fresh && in_h xfrm state update src $H4 dst $S4 proto esp spi $SPI mode tunnel reqid 1 \
		flag af-unspec limit packet-soft 2 limit packet-hard 6 $AEAD && bound 1 &&
		ask h prove "id=$CTX" mask=1 && ask h udp src=$hi4 dst=$si4 port=4001 n=4 && passes &&
		in_state open && ask h sa spi=$SPI state=open
}
check "S3, E15: a soft expiry changes nothing" soft_expired

hard_expired() {
	old_events
	ask h udp src=$hi4 dst=$si4 port=4001 n=4
	ask h sa spi=$SPI state=gone wait=3000 && event "sa-gone:" && ask h sa spi=$((SPI + 1)) state=open
}
check "any -E15-> S7: a hard expiry" hard_expired

time_expired() {
	fresh && in_h xfrm state update src $H4 dst $S4 proto esp spi $SPI mode tunnel reqid 1 \
		flag af-unspec limit time-hard 1 $AEAD && bound 1 && ask h sa spi=$SPI state=gone wait=5000
}
check "any -E15-> S7: a hard expiry by time" time_expired

flushed() {
	open_all 1 && old_events && in_h xfrm state flush && ask h sa spi=$SPI state=gone &&
		ask h sa spi=$((SPI + 1)) state=gone && event sa-gone: sa-gone: &&
		ask h context "id=$CTX" && says sas 0
}
check "any -E15-> S7: flushed" flushed

spi_again() {
	fresh && bound 1 && ask h prove "id=$CTX" mask=1 && passes || return 1
	h_lines="xfrm state delete src $H4 dst $S4 proto esp spi $SPI"$'\n'
	h_lines+="xfrm state delete src $S4 dst $H4 proto esp spi $((SPI + 1))"$'\n'
	s_lines=$h_lines
	tunnel_states $SPI
	apply && holds unbound && ask h sa spi=$SPI state=unbound
}
check "PIT-06, HNB-GATE-13, any -E15 [replaced]-> S1: an SPI that is used again is held" spi_again

moved() {
	# Delete, then add with another address: what charon does.
	open_all 1 && in_h xfrm state delete src $H4 dst $S4 proto esp spi $SPI || return 1
	in_h xfrm state add src $H4 dst 192.0.2.9 proto esp spi $SPI mode tunnel reqid 1 $AEAD &&
		ask h sa spi=$SPI state=unbound && in_state open
}
check "HNB-GATE-17: a state that moves to another address is held until it is bound" moved
flush
tunnel_policies
apply

# ----------------------------------------------------------------------- the scope
# reqid 1 is in or out; by the mark and the if_id only the list tells.
gone_from_sad() {	# SPI
	local list
	list=$(in_h xfrm state list)
	[[ $list != *$(printf 0x%08x "$1")* ]] || why "SA $1 was held, and is still there"
}
reqid_scope() {
	fresh && unchanged refused h EBUSY "--delete-held" config scope=reqid:50-60 && holds unbound &&
		ask h config scope=reqid:50-60 delete-held && gone_from_sad $SPI && fresh && passes &&
		! ask h sa spi=$SPI state=unbound &&
		ask h config scope=reqid:50-60 scope=reqid:1-1 && holds unbound &&
		ask h sa spi=$SPI state=unbound && ask h settings && says scopes 2 all 0
}
check "HNB-GATE-13: scope by reqid: outside untouched, inside held" reqid_scope

open_outside() {
	ask h config scope=all && holds unbound && bound 1 && ask h prove "id=$CTX" mask=1 && passes &&
		old_events && ask h config scope=reqid:50-60 && passes && event context-gone config:rescoped &&
		! ask h context "id=$CTX" state=open && ask h config scope=all && holds unbound &&
		bound 1 && ask h prove "id=$CTX" mask=1 && passes
}
check "HNB-GATE-13: after a change of scope all is as at the start, and whoever listens knows" open_outside

# UPDSA can give a state another if_id: what is held stays so.
if_id_moves() {
	fresh && ask h config scope=ifid:0-0 && holds unbound || return 1
	in_h xfrm state update src $S4 dst $H4 proto esp spi $((SPI + 1)) mode tunnel reqid 1 if_id 7 \
		$AEAD || return 1
	zero s h && ask s udp src=$si4 dst=$hi4 port=4002 && held in 1 unbound
	local rc=$?
	ask h config scope=all
	return $rc
}
check "HNB-GATE-13, TH4: an update that moves a held SA out of the scope does not let it go" if_id_moves

if_id_comes() {
	ask h config scope=ifid:7-7 delete-held && fresh && passes && ! ask h sa spi=$((SPI + 1)) || return 1
	in_h xfrm state update src $S4 dst $H4 proto esp spi $((SPI + 1)) mode tunnel reqid 1 if_id 7 \
		$AEAD || return 1
	zero s h && ask s udp src=$si4 dst=$hi4 port=4002 && held in 1 unbound &&
		ask h sa spi=$((SPI + 1)) state=unbound wait=3000
	local rc=$?
	ask h config scope=all
	return $rc
}
check "HNB-GATE-13, I1: an update that moves an SA into the scope holds it, and it can be bound" if_id_comes

scope_needs_right() {
	local rc
	start w nsenter --net=/run/netns/tgk-h setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin
	fresh && unchanged refused w EPERM CAP_SYS_ADMIN config scope=reqid:50-60 &&
		unchanged refused w EPERM CAP_SYS_ADMIN config scope=reqid:50-60 delete-held &&
		unchanged refused w EPERM CAP_SYS_ADMIN config boot-bytes=70000 &&
		unchanged refused w EPERM CAP_SYS_ADMIN config boot-packets=201 &&
		unchanged refused w EPERM CAP_SYS_ADMIN config boot-attempts=4 &&
		unchanged refused w EPERM CAP_SYS_ADMIN config grace-ms=1 &&
		unchanged refused h ERANGE "" config boot-bytes=1048577 &&
		unchanged refused h ERANGE "" config boot-packets=4097 &&
		unchanged refused h ERANGE "" config boot-attempts=101 &&
		ask w config boot-bytes=1000 t-bind-ms=600000 && holds unbound
	rc=$?
	ask h config boot-bytes=65536
	stop w
	return $rc
}
check "HNB-GATE-22, HNB-GATE-24: whatever lets more pass needs CAP_SYS_ADMIN, and has bounds" scope_needs_right

agent_needs_right() {
	local rc
	ask h leave
	start w nsenter --net=/run/netns/tgk-h setpriv --bounding-set=-mac_admin --inh-caps=-mac_admin
	unchanged refused w EPERM CAP_MAC_ADMIN register lease=300000 name=other
	rc=$?
	stop w
	new_agent && return $rc
}
check "HNB-GATE-24: who has CAP_NET_ADMIN alone does not become the agent" agent_needs_right

listed() {	# SPI...: exactly these of the three are
	local s want
	for s in 0x801 0x802 0x803; do
		want=1
		[[ " $* " == *" $s "* ]] && want=0
		ask h sa spi=$s state=unbound
		[ $? = $want ] || why "$s, of $*: $R" || return 1
	done
}
mark_ifid_scope() {
	h_lines+="xfrm state add src $H4 dst $S4 proto esp spi 0x801 mode tunnel mark 5 mask 0xff $AEAD"$'\n'
	h_lines+="xfrm state add src $H4 dst $S4 proto esp spi 0x802 mode tunnel if_id 9 $AEAD"$'\n'
	h_lines+="xfrm state add src $H4 dst $S4 proto esp spi 0x803 mode tunnel $AEAD"$'\n'
	local three=$h_lines
	scoped() {	# SCOPE...: what is held outside of it goes, and comes again
		ask h config scope=all && ask h config "$@" delete-held || return 1
		h_lines=$'xfrm state flush\n'$three
		apply
	}
	apply && listed 0x801 0x802 0x803 && scoped scope=mark:5/255 && listed 0x801 &&
		scoped scope=ifid:7-10 && listed 0x802 && scoped scope=ifid:0-0 &&
		listed 0x801 0x803 && scoped scope=mark:5/255 scope=ifid:9-9 &&
		listed 0x801 0x802 && ask h config scope=all && listed 0x801 0x802 0x803
}
check "HNB-GATE-13: scope by mark and by if_id" mark_ifid_scope

atomic() {
	unchanged refused h EINVAL "match nothing" config t-bind-ms=1234 scope=reqid:9-3 &&
		unchanged refused h EINVAL "match nothing" config mode=observe scope=mark:5/2 &&
		unchanged refused h ERANGE "" config t-verify-ms=1234 t-bind-ms=1 && passes_or_holds
}
passes_or_holds() {
	fresh && holds unbound
}
check "SEC-02: a configuration that is partly wrong changes nothing" atomic

# --------------------------------------------------------------------------- modes
observe() {
	fresh && unchanged refused h EBUSY "--delete-held" config mode=observe && holds unbound &&
		ask h config mode=observe delete-held && gone_from_sad $SPI && fresh && zero s h &&
		ask h packet proto=47 src=$hi4 dst=$si4 n=3 && seen s 3 "dst=$si4" proto=47 &&
		held out 3 unbound && ask s packet proto=47 src=$si4 dst=$hi4 n=3 &&
		seen h 3 "dst=$hi4" proto=47 && ask h held dir=in min=3 && ask h config mode=enforce &&
		holds unbound
}
check "HNB-GATE-26: observe counts what it would hold, and passes it; enforce holds it" observe

off_deletes() {
	open_all 1 && h_lines+="xfrm state add src $H4 dst $S4 proto esp spi 0x811 mode tunnel $AEAD"$'\n' &&
		apply && unchanged refused h EBUSY "--delete-held" config mode=off && passes &&
		ask h config mode=off delete-held || return 1
	local list
	list=$(in_h xfrm state list)
	[[ $list != *0x00000811* ]] || why "a held SA is still there" || return 1
	[[ $list == *$(printf 0x%08x $SPI)* ]] || why "the open SA has gone" || return 1
	zero s h && ask h udp src=$hi4 dst=$si4 port=4001 && seen s 1 "dst=$si4" port=4001
}
check "HNB-GATE-22: off deletes what is held, and leaves what is open" off_deletes
off_refuses() {
	refused h EOPNOTSUPP "the gate is off" announce ike=9000 cert=aa required=1 && ask h sas &&
		says n 0
}
check "off: no context, no SA" off_refuses
on_again() {
	ask h config mode=enforce && ask h sa spi=$SPI state=unbound && holds unbound
}
check "HNB-GATE-13: enforce after off holds what is there" on_again

new_netns() {
	ns_add n && ask n settings && says mode enforce all 1 &&
		ip -n tgk-n xfrm state add src $H4 dst $S4 proto esp spi 0x820 mode tunnel $AEAD &&
		ask n sa spi=0x820 state=unbound && ! ask h sa spi=0x820 && ns_del n
}
check "SEC-08, HNB-GATE-13: a new namespace enforces, and sees its own SAs only" new_netns

# -------------------------------------------------------------------------- limits
max_contexts() {
	ask h stats && get contexts && ask h config max-contexts=$((V + 2)) &&
		announce cert=aa required=1 && announce cert=aa required=1 &&
		unchanged refused h ENOSPC "raise max-contexts" announce ike=9001 cert=aa required=1 &&
		ask h config max-contexts=16384 && announce cert=aa required=1
}
check "SEC-09: no more contexts than max-contexts" max_contexts

max_sas() {
	fresh && bound 1 && ask h stats && get sas && local n=$V && ask h config max-sas=$((n + 1)) &&
		unchanged refused h ENOSPC "raise max-sas" bind "id=$CTX" sa=esp,0x7001,$S4 \
		sa=esp,0x7002,$S4 || return 1
	h_lines+="xfrm state add src $H4 dst $S4 proto esp spi 0x830 mode tunnel reqid 1 $AEAD"$'\n'
	h_lines+="xfrm state add src $H4 dst $S4 proto esp spi 0x831 mode tunnel reqid 1 $AEAD"$'\n'
	apply && ask h sa spi=0x830 state=unbound && ! ask h sa spi=0x831
}
check "SEC-09: no more SAs than max-sas" max_sas
past_max_sas() {
	ask h config max-sas=1
	SPI=$((SPI + 2))
	KEYS=$(keys $SPI)
	h_lines=$'xfrm state flush\n' s_lines=$'xfrm state flush\n'
	tunnel_states $SPI
	apply && ! ask h sa spi=$SPI && holds unbound
}
check "SEC-09, I1: an SA that finds no room is held" past_max_sas
room_again() {
	ask h config max-sas=65536 && ask h sa spi=$SPI state=unbound wait=8000 && bound 1 &&
		ask h prove "id=$CTX" mask=1 && passes
}
check "SEC-09: with room again it is found" room_again

# Without an entry it is held all the same, so turning the gate off takes it, too. The agent
# has been there all the time, also when the gate was off.
off_past_max_sas() {
	ask h config max-sas=1 && fresh && ! ask h sa spi=$SPI && holds unbound &&
		unchanged refused h EBUSY "--delete-held" config mode=off && holds unbound &&
		ask h config mode=off delete-held && gone_from_sad $SPI && gone_from_sad $((SPI + 1))
	local rc=$?
	ask h config mode=enforce max-sas=65536 && new_agent || rc=1
	return $rc
}
check "HNB-GATE-22, I1: turned off, no SA that found no room is left to pass" off_past_max_sas
# Off and on again under the same agent: what is held is as much the gate's as before.
off_and_on() {
	fresh && ask h config mode=off delete-held && ask h config mode=enforce && fresh &&
		holds unbound && unchanged refused h EBUSY "--delete-held" config mode=off && holds unbound
}
check "HNB-GATE-22: off and on again, an agent's gate is not taken for one that nobody used" off_and_on

# ---------------------------------------------------------------- events and dumps
events_in_order() {
	old_events
	open_all 1 && ask h reverify "id=$CTX" && ask h evidence "id=$CTX" kind=device-auth &&
		ask h close "id=$CTX" && ask h quarantine "id=$CTX" && ask h del "id=$CTX" &&
		event "context-state:$CTX,absent>pending" sa-bound: sa-bound: "evidence:$CTX" \
		"context-state:$CTX,pending>open" "context-state:$CTX,open>reverify" "evidence:$CTX" \
		"context-state:$CTX,reverify>open" "context-state:$CTX,open>suspended,closed" \
		"context-state:$CTX,suspended>rejected,quarantine" \
		"context-gone:$CTX,rejected>gone,ike-deleted" && says gaps 0
}
check "HNB-GATE-26: events come in order, without a gap" events_in_order

# churn FILE: SAs come and go until it has gone; a line in FILE.rounds for each time
churn() {
	while [ -e "$1" ]; do
		for spi in {3000..3060}; do
			echo "xfrm state add src $H4 dst $S4 proto esp spi $spi mode tunnel $AEAD"
		done
		for spi in {3000..3060}; do
			echo "xfrm state delete src $H4 dst $S4 proto esp spi $spi"
		done
		echo >> "$1.rounds"
		sleep 0.2
	done | in_h -batch -
}
# An answer, or the word that the table kept changing, and then again.
dumped() {
	until ask "$@"; do
		[[ $R == *' -EAGAIN '* ]] || return 1
	done
}
consistent() {
	dumped e sas || return 1
	get n
	says distinct "$V" || return 1
	dumped e sa spi=$SPI state=unbound && dumped e sa spi=$((SPI + 1)) state=unbound
}
dumps() {
	local pid rc n=0 run=$TMP/churn
	enough() { [ $n -ge 3 ] && [ "$(wc -l < "$run.rounds")" -ge 5 ]; }
	fresh
	: > "$run"
	: > "$run.rounds"
	churn "$run" &
	pid=$!
	until enough || ! consistent; do n=$((n + 1)); done
	enough
	rc=$?
	rm "$run"
	wait $pid || why "the SAs did not come and go" || return 1
	return $rc
}
check "HNB-GATE-26: dumps are consistent while SAs come and go" dumps

# ------------------------------------------------------------------ the machine sleeps
sleeps() {
	open_all 1 && passes || return 1
	echo 0 > /sys/module/suspend/parameters/pm_test_delay 2>/dev/null
	echo freezer > /sys/power/pm_test || return 1
	echo freeze > /sys/power/state
	echo none > /sys/power/pm_test
	in_state suspended 1000 && says reason resume satisfied 0 && holds resume &&
		ask h prove "id=$CTX" mask=1 && passes
}
# Longer than T_VERIFY: nobody could verify meanwhile, so nobody is rejected for it.
sleeps_long() {
	ask h config t-verify-ms=1000 && open_all 1 && passes || return 1
	echo 4 > /sys/module/suspend/parameters/pm_test_delay || why "no pm_test_delay" || return 1
	echo freezer > /sys/power/pm_test || return 1
	echo freeze > /sys/power/state
	echo none > /sys/power/pm_test
	in_state suspended && holds resume && ask h prove "id=$CTX" mask=1 && passes
	local rc=$?
	ask h config t-verify-ms=600000
	return $rc
}
if [ -w /sys/power/pm_test ] && grep -q freeze /sys/power/state; then
	check "SEC-07, S3 -E13-> S5: what was open is closed after a suspend" sleeps
	check "SEC-07, E13: a suspend longer than T_VERIFY closes, and rejects nobody" sleeps_long
else
	skip "SEC-07, S3 -E13-> S5: what was open is closed after a suspend" "no pm_test here"
	skip "SEC-07, E13: a suspend longer than T_VERIFY closes, and rejects nobody" "no pm_test here"
fi

# ------------------------------------------------------------- namespaces and module
refused_unload() {
	! rmmod trustgate 2> "$TMP/rmmod" && grep -q 'in use\|busy\|unavailable' "$TMP/rmmod" &&
		open_all 1 && passes
}
check "HNB-GATE-22, any -E18 unload: refused while enforcing" refused_unload

# Objects of the cache of states, which other caches of that size may share.
xfrm_states() {
	echo 1 > /sys/kernel/slab/xfrm_state/shrink 2>/dev/null
	V=$(cut -d' ' -f1 /sys/kernel/slab/xfrm_state/objects 2>/dev/null || echo 0)
}

# Given up after a grace period, and a cache is never counted to the object.
no_states_left() {
	local _
	for _ in {1..30}; do
		xfrm_states
		[ "$V" -le $((states_before + 8)) ] && return
		sleep 0.1
	done
	why "$V XFRM states, $states_before before the test"
}

netns_gone() {
	local _
	open_all 1 && passes || return 1
	# Both ends send until there is nothing left to send from.
	echo "udp src=$si4 dst=$hi4 port=4002 n=3000" >&"${IN[s]}"
	echo "udp src=$hi4 dst=$si4 port=4001 n=3000" >&"${IN[e]}"
	net_down
	for _ in {1..100}; do
		[ "$(cat /sys/module/trustgate/refcnt)" = 1 ] && break
		sleep 0.1
	done
	[ "$(cat /sys/module/trustgate/refcnt)" = 1 ] || why "refcnt $(cat /sys/module/trustgate/refcnt)" ||
		return 1
	no_states_left
}
check "any -E15-> S7: namespaces with open SAs go under traffic, and hold nothing" netns_gone
check "HNB-GATE-22: nothing enforces any more: it unloads" gate_unload

observe_default() {
	gate_load mode=observe && ns_add o && ask o settings && says mode observe && ns_del o &&
		rmmod trustgate
}
check "the parameter mode says what namespaces start with" observe_default
netns_default() {
	gate_load mode=observe netns_mode=off && ns_add o && ask o settings && says mode off && ns_del o &&
		rmmod trustgate
}
check "HNB-GATE-22: the parameter netns_mode says so for all but the first" netns_default
# A gate that nobody used holds the SAs of others: it lets them be.
never_used() {
	gate_load && ns_add o && ip netns exec tgk-o ip xfrm state add src 192.0.2.1 dst 192.0.2.2 \
		proto esp spi 0x901 mode tunnel $AEAD && ask o sa spi=0x901 state=unbound &&
		grep -q "inode $(stat -Lc %i /run/netns/tgk-o) " /sys/module/trustgate/parameters/enforcing &&
		ask o config mode=off || return 1
	ip netns exec tgk-o ip xfrm state list | grep -q 0x00000901 || why "its SA was deleted" || return 1
	! grep -q "inode $(stat -Lc %i /run/netns/tgk-o) " /sys/module/trustgate/parameters/enforcing &&
		ns_del o && gate_unload
}
check "HNB-GATE-22: a gate that no agent used is turned off without touching an SA" never_used
complaints() {
	dmesg | grep -cE 'WARNING: |BUG: |Oops|refcount_t|Call Trace:|waiting for .* to become free'
}
# The parameter is in sysfs before the module has begun, and after it has ended.
read_throughout() {
	local n before reader rc=0
	before=$(complaints)
	: > "$TMP/reading"
	: > "$TMP/read"
	while [ -e "$TMP/reading" ]; do
		{ mapfile -t seen < /sys/module/trustgate/parameters/enforcing; } 2>/dev/null &&
			printf '%s\n' "${seen[@]}" >> "$TMP/read"
	done &
	reader=$!
	for n in {1..30}; do
		gate_load mode=observe && rmmod trustgate || rc=1
		[ $rc = 0 ] || break
	done
	gate_load && until grep -q '(the first one)' "$TMP/read"; do sleep 0.1; done
	rm "$TMP/reading"
	wait $reader
	gate_unload || rc=1
	[ "$(complaints)" = "$before" ] || why "the kernel complained" || return 1
	return $rc
}
check "HNB-GATE-22: who enforces can be read while the module comes and goes" read_throughout
bad_parameter() {
	! gate_load mode=sometimes 2>/dev/null && ! gate_load buckets=1000 2>/dev/null &&
		! grep -q '^trustgate ' /proc/modules
}
check "SEC-02: parameters that make no sense are refused" bad_parameter

kb() {
	sed -n "s/^$1: *\([0-9]*\) kB/\1/p" /proc/meminfo
}

# What is loaded again and again: without its debug information it is read faster.
small_copy() {
	local ko=${TG_KO:-$(modinfo -n trustgate)}
	strip -g -o "$TMP/trustgate.ko" "$ko" 2>/dev/null || cp "$ko" "$TMP/trustgate.ko"
	TG_KO=$TMP/trustgate.ko
}

# The number of the family is another one each time: nobody keeps a connection.
off_everywhere() {
	local n
	for n in i h s l; do
		ask $n config mode=off delete-held && ask $n leave || return 1
	done
}

one_load() {	# N: every tenth enforces
	if [ $(($1 % 10)) = 0 ]; then
		gate_load && off_everywhere
		# Off has deleted them.
		tunnel_states $SPI
		apply
	else
		gate_load mode=observe
	fi
	rmmod trustgate
}

expedited() { [ ! -w /sys/kernel/rcu_expedited ] || echo "$1" > /sys/kernel/rcu_expedited; }

loads() {
	local n slab percpu complained
	small_copy
	# Dozens of grace periods a load are not what is measured.
	expedited 1
	net_up
	tunnel 0x900
	SPI=0x900
	complained=$(complaints)
	one_load 1 || return 1
	slab=$(kb SUnreclaim) percpu=$(kb Percpu)
	for ((n = 1; n <= LOADS; n++)); do
		# Traffic in both directions while it comes and goes.
		[ $((n % 10)) = 0 ] || {
			echo "udp src=$hi4 dst=$si4 port=4001 n=20 gap=5" >&"${IN[e]}"
			echo "udp src=$si4 dst=$hi4 port=4002 n=20 gap=5" >&"${IN[s]}"
		}
		one_load $n || why "load $n" || return 1
		[ $((n % 10)) = 0 ] || {
			IFS= read -r -t 20 R <&"${OUT[e]}"
			IFS= read -r -t 20 R <&"${OUT[s]}"
		}
	done
	# The watching sockets hold what they saw.
	for n in h s l; do
		ask $n zero
	done
	[ "$(complaints)" = "$complained" ] || why "the kernel complained" || return 1
	[ $(($(kb Percpu) - percpu)) -lt 200 ] || why "Percpu $percpu -> $(kb Percpu)" || return 1
	# KASAN keeps what was freed for a while; there kmemleak tells, when the run ends.
	[ -e /sys/kernel/debug/kmemleak ] || [ $(($(kb SUnreclaim) - slab)) -lt 4096 ] ||
		why "SUnreclaim $slab -> $(kb SUnreclaim)"
}
check "$LOADS times loaded and unloaded under traffic: no leak, no complaint" loads
expedited 0
no_state_left() {
	net_down
	no_states_left
}
check "and no reference to a state is held" no_state_left
finish
