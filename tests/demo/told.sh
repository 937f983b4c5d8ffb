# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2317	# settings of the bench; from lib.sh; called by must
#
# What the demos of flows share. flow-NAME is one: it sources this, has things happen, and
# says what must be so. What is told is what the agents, the gate and the capture tell,
# in the order of their times; demo_end's status is 0 only if all that must be was so.

cd "$(dirname "${BASH_SOURCE[0]}")/../e2e" || exit 1
. ./lib.sh > /dev/null
. ./flow.sh
failed=0

paint() { # COLOUR TEXT
	if [ -n "${DEMO_COLOR-}" ]; then printf '\033[%sm%s\033[0m' "$1" "$2"; else printf %s "$2"; fi
}
chapter() { printf '\n%s\n' "$(paint 1 "$*")"; }

# must WHAT COMMAND...: it is so, or the demo fails
must() {
	local what=$1
	shift
	WHY=
	if "$@"; then
		printf '  %s %s\n' "$(paint 32 yes)" "$what"
	else
		failed=$((failed + 1))
		printf '  %s %s%s\n' "$(paint 31 NO)" "$what" "${WHY:+: $WHY}"
		tail -n 5 "$AGENT_LOG" "$SEGW_LOG" 2> /dev/null | sed 's/^/    /'
	fi
}
# What the tests' functions report to.
check() { must "$@"; }

# number WHAT WANTED GOT: they agree
number() { must "$1: $3" is "$1" "$2" "$3"; }

# The wall clock when the machine started: captures have one time, the rest the other.
demo_clock() {
	python3 -c 'import time
print("%.6f" % (time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)))'
}

# demo_story FLOW: what happened, line by line, with its source; from FLOW's walk
demo_story() {
	python3 "$TG_REPO/tests/demo/timeline.py" "$(demo_clock)" "$TMP/$1.json" "$TMP/events" \
		"henb=$AGENT_LOG" "segw=$SEGW_LOG" || failed=$((failed + 1))
}

# demo_keep FLOW OPTIONS...: what tests/captures/make takes besides the capture
demo_keep() {
	[ -n "${TG_OUT-}" ] || return 0
	cp -r "$TG_RUN/hnb/keys" "$OUT/$1.keys"
	printf '%s\n' "${@:2}" | grep -v '^-D$' > "$OUT/$1.names"
}

# demo_walk FLOW OPTIONS...: the capture $OUT/FLOW.pcap has all of its steps
demo_walk() {
	local flow=$1 steps rc
	shift
	demo_keep "$flow" "$@"
	python3 "$TG_LIB/walk.py" -o "$TMP/$flow.json" "$@" "$TG_LIB/flows/$flow.steps" \
		"$OUT/$flow.pcap" "$TG_RUN/hnb/keys" > "$TMP/$flow.walk" 2>&1
	rc=$?
	demo_story "$flow"
	steps=$(grep -c '^ok' "$TMP/$flow.walk")
	must "all steps of $flow are on the wire, in order, and nothing else: $steps" [ $rc = 0 ]
	grep -v '^ok' "$TMP/$flow.walk" | sed 's/^/    /'
}

# demo_data PHASE COUNT: so many packets from the LAN, and how many arrive in core
demo_data() {
	local sent
	count_reset
	sent=$(pump lan "udp=$CORE4=5" "icmp=$CORE6=5" "tcp=$CORE4=5")
	settle
	number "$1: of $sent user packets that the LAN sent, arrived in core" "$2" "$(count core_user)"
}

demo_end() {
	echo
	if [ $failed = 0 ]; then
		paint 32 "Every step happened, every number agrees."
	else
		paint 31 "The story is NOT as it should be: $failed differences."
	fi
	echo
	[ $failed = 0 ]
	exit
}
