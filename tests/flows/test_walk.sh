#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# Each capture that is kept is walked; and with a message taken out, twice, or in another
# place, or a step so changed, or without its keys, it is refused.
cd "$(dirname "$0")" || exit 1
command -v tshark > /dev/null || { echo "1..0 # SKIP tshark is not installed"; exit 4; }
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
n=0 failed=0
lib=../lib
echo "TAP version 13"

ok() { # WHAT COMMAND...
	local what=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $what"
	else
		failed=$((failed + 1))
		echo "not ok $n - $what"
		sed 's/^/# /' "$d/said"
	fi
}
# walk FLOW [CAPTURE [STEPS [KEYS]]]
walk() {
	local args=() line
	while read -r line; do args+=(-D "$line"); done < "$1/names"
	python3 $lib/walk.py -o "$d/$1.json" "${args[@]}" "${3:-$lib/flows/$1.steps}" "${2:-$1/$1.pcap}" \
		"${4:-$1}" > "$d/said" 2>&1
}
refused() { # WORDS WALK...: by these words
	local words=$1
	shift
	! walk "$@" && grep -q "^not ok|.*$words" "$d/said"
}
# frame FLOW MESSAGE: its frame
frame() {
	python3 -c 'import json, sys
print(next(m["frame"] for m in json.load(open(sys.argv[1]))["messages"] if m["message"] == sys.argv[2]))' \
		"$d/$1.json" "$2"
}
cut() { # FLOW FRAMES...
	python3 ./frames.py "$1/$1.pcap" "$d/cut.pcap" "${@:2}"
}

for flow in */; do
	flow=${flow%/}
	[ "$flow" != hems ] || continue	# no flow of IKE's: see test_cwmp.sh
	ok "$flow: every step, in order" walk "$flow"
	steps=$lib/flows/$flow.steps
	reply=$(frame "$flow" "< IKE_SA_INIT 0") request=$(frame "$flow" "> IKE_AUTH 1")
	mkdir -p "$d/none"
	ok "$flow: without keys" refused "can't be decrypted" "$flow" "" "" "$d/none"
	cut "$flow" 1- "-$reply"
	ok "$flow: the response to IKE_SA_INIT taken out" refused "is absent" "$flow" "$d/cut.pcap"
	cut "$flow" "1-$reply" "$reply-"
	ok "$flow: twice" refused "repeated" "$flow" "$d/cut.pcap"
	cut "$flow" "1-$((reply - 2))" "$reply" "$((reply - 1))" "$((reply + 1))-"
	ok "$flow: before its request" refused "out of order" "$flow" "$d/cut.pcap"
	cut "$flow" 1- "-$request"
	ok "$flow: a fragment of the IKE_AUTH request taken out" refused "." "$flow" "$d/cut.pcap"
	cut "$flow" "1-$request" "$request-"
	ok "$flow: the IKE_AUTH request twice" refused "repeated" "$flow" "$d/cut.pcap"
	cut "$flow" 1- "$reply"
	ok "$flow: the response once more at the end" refused "repeated" "$flow" "$d/cut.pcap"
	sed '/| < IKE_SA_INIT 0/d' "$steps" > "$d/steps"
	ok "$flow: a step taken out of the table" refused "where > IKE_AUTH 1 was to be" "$flow" "" "$d/steps"
	sed '/| > IKE_SA_INIT 0/p' "$steps" > "$d/steps"
	ok "$flow: a step twice in the table" refused "." "$flow" "" "$d/steps"
	sed 's/| > IKE_AUTH 1 | /&N=65000 /' "$steps" > "$d/steps"
	ok "$flow: a payload that is not there" refused "it has no N=65000" "$flow" "" "$d/steps"
	sed 's/| > IKE_AUTH 1 | /&!AUTH /' "$steps" > "$d/steps"
	ok "$flow: one that must not be" refused "it has AUTH" "$flow" "" "$d/steps"
	sed 's/^[A-Z].*| before ESP |.*/X-1 | never ESP | | nothing in ESP at all/' "$steps" > "$d/steps"
	if grep -q "> ESP" "$steps"; then
		ok "$flow: what must never be, and is" refused "nothing in ESP at all" "$flow" "" "$d/steps"
	fi
done
echo "HNB-F1-01 | > IKE_SA_INIT" > "$d/steps"
ok "a line that is none" refused "line 1" f1 "" "$d/steps"
ok "no steps" refused "begins with no message" f1 "" /dev/null
[ "$n" -gt 10 ] || { echo "not ok $((n + 1)) - no captures to walk"; failed=1; n=$((n + 1)); }
echo "1..$n"
[ $failed = 0 ]
