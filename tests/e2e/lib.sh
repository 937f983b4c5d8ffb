# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034	# topology.sh reads what is set here
#
# What the end-to-end tests share: TAP, and questions about a box with a real charon,
# a real TPM and a real OCSP responder. A test sources it, says how the agent is to
# be configured, and calls setup.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ "$(id -u)" != 0 ] || [ ! -x /usr/sbin/trustgated ] || [ -z "${TG_REPO-}" ]; then
	echo "1..0 # SKIP needs a VM of tests/vm/run"
	exit 4
fi
. "$here/../lib/topology.sh"
CORE4=10.99.0.2 CORE6=fd99::2 LAN4=10.10.0.2 LAN6=fd10::2
AGENT_LOG=$TG_RUN/agent.log
TMP=$(mktemp -d)
CHARON_LOG=0
echo "TAP version 13"

# ------------------------------------------------------------------------- TAP
tap_n=0 tap_failed=0 WHY=''

# check "ROWS: what" COMMAND...: one test; WHY says more when it fails
check() {
	local what=$1
	shift
	WHY=
	tap_n=$((tap_n + 1))
	if "$@"; then
		echo "ok $tap_n - $what"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_n - $what"
		echo "# $*"
		[ -z "$WHY" ] || note "$WHY"
		tail -n 5 "$AGENT_LOG" 2>/dev/null | sed 's/^/# agent: /'
	fi
}

note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

why() {
	WHY=$*
	return 1
}

finish() {
	echo "1..$tap_n"
	note "$((tap_n - tap_failed)) of $tap_n passed, $SECONDS s"
	[ $tap_failed = 0 ]
	exit
}

# Without this nothing else is worth a try.
bail() {
	echo "Bail out! $*"
	tail -n 20 "$AGENT_LOG" 2>/dev/null | sed 's/^/# agent: /'
	exit 1
}

not() { ! "$@"; }

# walk FLOW CAPTURE KEYS [OPTION...]: a test for each step of lib/flows/FLOW.steps that has
# to be in CAPTURE; see lib/walk.py, which also writes $TMP/FLOW.json
walk() {
	local flow=$1 capture=$2 keys=$3 ok what
	shift 3
	python3 "$TG_LIB/walk.py" -o "$TMP/$flow.json" "$@" "$TG_LIB/flows/$flow.steps" \
		"$capture" "$keys" > "$TMP/$flow.walk" 2>&1
	# A walk that ends with no word is none.
	[ -s "$TMP/$flow.walk" ] || echo "not ok|$flow was not walked" > "$TMP/$flow.walk"
	while IFS='|' read -r ok what; do
		check "$what" [ "$ok" = ok ]
	done < "$TMP/$flow.walk"
}

# walk_refused PATTERN FLOW CAPTURE KEYS [OPTION...]: it is refused, by these words
walk_refused() {
	local pattern=$1 flow=$2 capture=$3 keys=$4
	shift 4
	! python3 "$TG_LIB/walk.py" "$@" "$TG_LIB/flows/$flow.steps" "$capture" "$keys" \
		> "$TMP/$flow.walk" 2>&1 && grep -q "^not ok|.*$pattern" "$TMP/$flow.walk" ||
		why "$(tail -n 2 "$TMP/$flow.walk")"
}

# is WHAT WANTED GOT
is() {
	[ "$2" = "$3" ] || why "$1: $3, not $2"
}

# within WHAT LOW HIGH GOT
within() {
	[ "$4" -ge "$2" ] && [ "$4" -le "$3" ] || why "$1: $4, not from $2 to $3"
}

# --------------------------------------------------------------------- the box
# setup: namespaces, gate and responder; nothing of an earlier test is left
setup() {
	# A test that was ended for its time has left its namespaces.
	[ ! -e /run/netns/lan ] || topology_down
	rm -rf /run/trustgate/hnb "$TG_RUN/hnb" "$TG_RUN/segw" "$TG_RUN"/ocsp*
	[ ! -c /dev/tpmrm0 ] || firmware_measures || bail "the TPM can't be measured into"
	topology_up && gate_load && ocsp_start || bail "no topology"
	segw_unrevoke > /dev/null 2>&1
	trap teardown EXIT
}

teardown() {
	[ -z "${watcher-}" ] || kill "$watcher" 2>/dev/null
	topology_down
	rm -rf "$TMP"
}

# fresh: end agent and charons, forget their SAs and configuration
fresh() {
	tunnel_down
	ip -n hnb xfrm state flush
	ip -n hnb xfrm policy flush
	ip -n segw xfrm state flush
	ip -n segw xfrm policy flush
	rm -rf /run/trustgate/hnb
	: > "$AGENT_LOG"
}

tg() {
	in_ns hnb trustgate "$@"
}

now_ms() {
	local s
	read -r s _ < /proc/uptime
	echo $((10#${s/./} * 10))
}

# context: id, state, reason of the newest, one line
context() {
	tg show context -j | python3 -c '
import json, sys
c = max(json.load(sys.stdin)["contexts"], key=lambda c: c["id"], default=None)
print(c["id"], c["state"], c["reason"]) if c else print("0 none none")'
}

# in_state STATE [REASON]: the newest context is
in_state() {
	local id state reason
	read -r id state reason < <(context)
	[ "$state" = "$1" ] && [ "${2:-$reason}" = "$reason" ] ||
		why "context $id is $state ($reason), not $1 ${2:+($2)}"
}

opens() {
	tg wait --timeout "${1:-30}" > "$TMP/wait" 2>&1 || why "$(cat "$TMP/wait")"
}

# agent_says SECONDS PATTERN: its log does, in time
agent_says() {
	wait_for "$1" grep -q -- "$2" "$AGENT_LOG" || why "no \"$2\" within $1 s"
}

# held DIRECTION [REASON]: packets held so far, in sum
held() {
	tg show stats | awk -v d="$1" -v r="${2:-}" \
		'$1 == d && $2 == "held" && (r == "" || $3 == r) { n += $4 } END { print n + 0 }'
}

# --------------------------------------------------------------------- traffic
# pump NS KIND=ADDRESS=COUNT[=SOURCE]...: see pump.py; prints how many were sent
pump() {
	local ns=$1
	shift
	in_ns "$ns" python3 "$here/pump.py" send "$@"
}

# begin NS PROGRAM ARGS...: pump.py in the background; BEGUN is its process ID.
# Not by in_ns, whose process would be a shell's.
begin() {
	local ns=$1
	shift
	nsenter "--net=/run/netns/$ns" -- python3 "$here/pump.py" "$@" &
	BEGUN=$!
}

# passes NS ADDRESS / blocked NS ADDRESS: is there an answer to an echo request?
passes() { ping_try "$1" "$2" || why "no answer from $2"; }
blocked() { not in_ns "$1" ping -n -q -c 2 -i 0.2 -W 1 "$2" > /dev/null 2>&1 || why "$2 answered"; }

# user: user packets that arrived at either end since count_reset
user() {
	tally core lan hnb |
		awk '/_user/ { n += $2; seen++ } END { print (seen == 3) ? n : "not counted" }'
}

# settle: until nothing is on its way any more, on a crowded machine too
settle() {
	local now before=-
	for _ in $(seq 20); do
		sleep 0.2
		now=$(tally core lan hnb wan | grep -E '_user|wan_esp')
		[ "$now" != "$before" ] || return 0
		before=$now
	done
}

# all_held: traffic of either direction, and none of it arrives
all_held() {
	count_reset
	pump hnb "udp=$CORE4=5" "icmp=$CORE4=5" > /dev/null
	pump lan "udp=$CORE4=5" "icmp=$CORE6=5" > /dev/null
	pump core "udp=$LAN4=5" "icmp=$LAN6=5" > /dev/null
	settle
	is "user packets at the far ends" 0 "$(user)"
}

# both_pass: a packet and its answer, from either end
both_pass() {
	passes lan $CORE4 && passes core $LAN6
}

# stays_held SECONDS: it does, and nothing passes meanwhile
stays_held() {
	local end=$(($(now_ms) + $1 * 1000))
	while [ "$(now_ms)" -lt $end ]; do
		not both_pass > /dev/null 2>&1 || why "packets pass" || return 1
		sleep 0.2
	done
}

# ------------------------------------------------------------------------ events
# watch: keep the gate's events from now on
watch() {
	[ -z "${watcher-}" ] || kill "$watcher" 2>/dev/null
	: > "$TMP/events"
	# Not in_ns: the process ID is to be that of the program.
	nsenter --net=/run/netns/hnb -- trustgate monitor -j >> "$TMP/events" 2>/dev/null &
	watcher=$!
	echo $watcher > "$TG_RUN/pids/watch"
	sleep 1
}

# event STATE REASON [AFTER_MS]: when (ms of boottime) a context last got there; 0: not
event() {
	python3 - "$TMP/events" "$1" "$2" "${3:-0}" <<-'X'
	import json, sys
	when = 0
	for line in open(sys.argv[1]):
	    try:
	        e = json.loads(line)
	    except ValueError:
	        continue
	    if e["event"] == "context-state" and e["state"] == sys.argv[2] and \
	       sys.argv[3] in ("any", e["reason"]) and e["time_ns"] // 1000000 >= int(sys.argv[4]):
	        when = e["time_ns"] // 1000000
	print(when)
	X
}

happened() { [ "$(event "$@")" != 0 ]; }

# ike_gone: hnb's charon has no IKE SA
ike_gone() {
	[ -z "$(swan hnb --list-sas 2>/dev/null)" ]
}

# --------------------------------------------------------------------------- the TPM
# tpm_watch: count from now on what commands the kernel hands to the TPM, whoever sends
# them: the command's code is at octet 6 of what tpm_transmit() gets.
tpm_watch() {
	local t=/sys/kernel/tracing
	auths_before=$(auths)
	[ -e $t/kprobe_events ] || mount -t tracefs tracefs $t
	grep -q kprobes/tg_tpm $t/kprobe_events ||
		echo 'p:tg_tpm tpm_transmit cc=+6(%si):x32' >> $t/kprobe_events || return 1
	echo 1 > $t/events/kprobes/tg_tpm/enable && echo 1 > $t/tracing_on && : > $t/trace
}

# tpm_signs: how many of them were TPM2_Sign (0x15d, big-endian)
tpm_signs() { grep -c 'tg_tpm: .*cc=0x5d010000' /sys/kernel/tracing/trace; }

# auths: first requests of IKE_AUTH in the SeGW's log, whose level has to be 1; auths_sent:
# those since tpm_watch
auths() { cat "$TG_RUN/segw/log" 2> /dev/null | grep -c 'parsed IKE_AUTH request 1 \[ IDi'; }
auths_sent() { echo $(($(auths) - auths_before)); }
# one_each: as many signatures as requests, and there was one
one_each() {
	[ "$(auths_sent)" -ge 1 ] || why "no IKE_AUTH" || return 1
	is "TPM2_Sign for $(auths_sent) IKE_AUTH" "$(auths_sent)" "$(tpm_signs)"
}
