# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2317  # functions are called by ok
# TAP and the actor for the tests of the tool. Sourced.

n=0 failed=0
out=$(mktemp) err=$(mktemp)
export NO_COLOR=1

ok() {	# ok DESCRIPTION COMMAND...
	local what=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n $what"
	else
		failed=$((failed + 1))
		echo "not ok $n $what"
		sed 's/^/# out: /' "$out"
		sed 's/^/# err: /' "$err"
	fi
}

skip() {	# skip DESCRIPTION WHY
	n=$((n + 1))
	echo "ok $n $1 # SKIP $2"
}

finish() {
	echo "1..$n"
	rm -f "$out" "$err"
	[ "$failed" = 0 ]
	exit
}

# exits STATUS ARGS...: the tool ends with STATUS; what it says is in $out and $err.
exits() {
	local want=$1 got=0
	shift
	"${TOOL[@]}" "$@" > "$out" 2> "$err" || got=$?
	[ "$got" = "$want" ] || { echo "# trustgate $*: $got, not $want"; return 1; }
}

says() { grep -q -e "$1" "$out"; }
complains() { grep -q -e "$1" "$err"; }
silent() { [ ! -s "$out" ]; }

# Every error reads "trustgate: what: why (what to do)".
errors_in_form() {
	[ -s "$err" ] && ! grep -v -E '^trustgate: [^:]+.*: .+ \(.+\)$' "$err"
}

# json FILTER...: $out is one document on which python's FILTERs are all true.
json() {
	python3 - "$out" "$@" <<-'E'
	import json, sys
	d = json.loads(open(sys.argv[1]).read())
	assert isinstance(d["schema"], str) and d["schema"].startswith("trustgate.")
	for f in sys.argv[2:]:
	    if not eval(f, {"d": d}):
	        print("# false:", f, file=sys.stderr)
	        sys.exit(1)
	E
}

actor_start() {
	# Installed beside the script, or where the Makefile built it.
	if [ -z "${TG_ACTOR-}" ]; then
		TG_ACTOR=./actor
		[ -x "$TG_ACTOR" ] || TG_ACTOR=../../build/tests/ctl/actor
	fi
	coproc ACTOR { exec "$TG_ACTOR"; }
	# shellcheck disable=SC2153  # set by coproc
	actor_pid=$ACTOR_PID
}

actor_stop() {
	kill -KILL "$actor_pid" 2> /dev/null
	wait "$actor_pid" 2> /dev/null
}

# act COMMAND...: the rest of the actor's "ok" is in $answer
act() {
	local line
	printf '%s\n' "$*" >&"${ACTOR[1]}"
	read -r -t 10 line <&"${ACTOR[0]}" || return 1
	answer=${line#ok}
	answer=${answer# }
	[ "${line%% *}" = ok ] || { echo "# actor: $*: $line"; return 1; }
}
