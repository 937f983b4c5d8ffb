#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
#
# What the gate calls for a packet, as ftrace's function graph of its three entries tells it:
# nothing there allocates, sleeps or takes a lock. SEC-01.
. "$(dirname "$0")/lib.sh"
t=/sys/kernel/tracing
entries="tg_post_routing tg_rcv_cb tg_forward"
forbidden='k[vmz]*alloc|kmem_cache_alloc|alloc_pages|mutex|schedule|might_sleep|spin_lock|rwsem|down_(read|write)|synchronize'

if ! grep -qw function_graph $t/available_tracers; then
	skip "SEC-01: what the gate calls for a packet" "this kernel has no function_graph tracer"
	finish
fi
gate_load
net_up
ask h listen-events
ask h config t-bind-ms=600000 t-verify-ms=600000
new_agent
tunnel_policies
apply

# traced FILE COMMAND...: what the entries call meanwhile
traced() {
	local file=$1 rc e
	shift
	for e in $entries; do
		echo "$e" >> $t/set_graph_function || why "$e can't be traced" || return 1
	done
	echo 0 > $t/options/funcgraph-irqs &&
		: > $t/trace && echo function_graph > $t/current_tracer || why "no tracer" || return 1
	"$@"
	rc=$?
	# Complete, before the tracer goes.
	cat $t/trace > "$file"
	echo nop > $t/current_tracer
	: > $t/set_graph_function
	return $rc
}

# free_of FILE: it has every entry, and nothing that is forbidden
free_of() {
	local e
	for e in tg_post_routing tg_rcv_cb; do
		grep -q "$e" "$1" || why "$e was not traced" || return 1
	done
	! grep -qE "$forbidden" "$1" || why "$(grep -E -m 3 "$forbidden" "$1")"
}

open_free() { traced "$TMP/open" passes && free_of "$TMP/open"; }
# The same tracer sees an allocation where there is one: in the answer to a request.
finds() {
	entries=trustgate_nl_context_get_doit traced "$TMP/alloc" ask h context "id=$CTX" state=open
	grep -qE "$forbidden" "$TMP/alloc"
}
held_free() { traced "$TMP/held" holds pending && free_of "$TMP/held"; }

fresh && open_all 1 || why "nothing opens"
check "SEC-01: the tracer would see it" finds
check "SEC-01: an open context's packets: nothing allocates, sleeps or takes a lock" open_free
fresh && pending 1 || why "nothing is pending"
check "SEC-01: those that are held: nothing allocates, sleeps or takes a lock" held_free
flush
finish
