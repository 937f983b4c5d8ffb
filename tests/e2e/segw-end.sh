# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The SeGW's own agent and gate, for tests in which both ends have one. Sourced after
# lib.sh, with SEGW_TRUSTGATE=1.

SEGW_D=/run/trustgate/segw
SEGW_LOG=$TG_RUN/segw-agent.log

# segw_agent: start it anew; SEGW_MAIN, SEGW_VENDOR, SEGW_MORE: more lines of [segw],
# [vendor] and at the end
segw_agent() {
	tg_end segw-gate TERM
	mkdir -p $SEGW_D
	cat > $SEGW_D/trustgated.conf <<-E
	[agent]
	role = segw
	plugin_socket = $TG_RUN/segw/plugin.sock
	control_socket = $SEGW_D/control.sock
	[charon]
	vici = $TG_RUN/segw/vici
	[gate]
	t_verify = 300s
	[clock]
	state = $SEGW_D/clock
	[segw]
	crl_dir = $TMP/crl
	${SEGW_MAIN-}
	[vendor acme]
	anchor = $PKI/vroot.crt
	${SEGW_VENDOR-check = off}
	${SEGW_MORE-}
	E
	: > "$SEGW_LOG"
	nsenter --net=/run/netns/segw -- /usr/sbin/trustgated -c $SEGW_D/trustgated.conf \
		>> "$SEGW_LOG" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/segw-gate"
	wait_for 20 test -S $SEGW_D/control.sock || bail "no agent at the SeGW: $(tail -n 3 "$SEGW_LOG")"
}

segw_tg() { in_ns segw trustgate --socket $SEGW_D/control.sock "$@"; }

# segw_context: id, state, reason of its newest context
segw_context() {
	segw_tg show context -j | python3 -c '
import json, sys
c = max(json.load(sys.stdin)["contexts"], key=lambda c: c["id"], default=None)
print(c["id"], c["state"], c["reason"]) if c else print("0 none none")'
}

segw_in() {
	local id state reason
	read -r id state reason < <(segw_context)
	[ "$state" = "$1" ] || why "the SeGW's context $id is $state ($reason), not $1"
}

segw_says() {
	wait_for "$1" grep -q -- "$2" "$SEGW_LOG" || why "the SeGW has no \"$2\" within $1 s"
}

# segw_agent_end: nobody answers for it any more, and its gate is out of the way
segw_agent_end() {
	tg_end segw-gate TERM
	in_ns segw trustgate config set mode=off --delete-held
}
