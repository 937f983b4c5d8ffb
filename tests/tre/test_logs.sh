#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# Logs that other people's firmware and kernels wrote: each has to lead to the values that
# tpm2_eventlog(1) computes, and each octet that is cut off has to be noticed. HNB-TRE-01.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tre/lib.sh
. ./lib.sh
need tpm2_eventlog python3
replay=${O:-../../build/tests/tre}/log_replay
suite=$(./log-suite) || {
	echo "1..0 # SKIP the sources that have the logs can't be fetched"
	exit 4
}

# "N VALUE" of each PCR of the SHA-256 bank
expected() {
	tpm2_eventlog "$1" 2> /dev/null | awk '
		/^pcrs:/ { pcrs = 1 }
		pcrs && /^  [a-z0-9_]+:/ { bank = $1 }
		pcrs && bank == "sha256:" && / : 0x/ { sub("0x", "", $3); print $1, $3 }'
}

same() {
	"$replay" event "$1" > "$out" 2> "$err"
	local rc=$?
	expected "$1" > "$d/want"
	if [ -s "$d/want" ]; then
		[ $rc = 0 ] && diff "$d/want" "$out" && [ ! -s "$err" ]
	else
		# Without events, or without SHA-256: nothing that could be quoted.
		[ ! -s "$out" ]
	fi
}

logs=0 values=0
while read -r f; do
	ok "HNB-TRE-01: ${f##*/}: leads to what tpm2_eventlog says" same "$f"
	logs=$((logs + 1)) values=$((values + $(wc -l < "$d/want")))
done < <(find "$suite" \( -name 'binary_measurements*.bin' -o -name 'event*.bin' -o -name 'specid*.bin' \) -size +0 | sort)
echo "# $logs logs, $values values"
enough() { [ $logs -ge 7 ] && [ $values -ge 20 ]; }
ok "HNB-TRE-01: there were logs enough" enough

# No octet can be missing: of a log that is whole, every shorter one either ends with an
# event, and leads elsewhere, or is refused.
cut() {
	local f=$1 len n refused=0
	"$replay" event "$f" > "$d/whole" || return 1
	len=$(stat -c %s "$f")
	for n in $(seq 40 97 $((len - 1))) $((len - 1)); do
		head -c "$n" "$f" > "$d/cut"
		if "$replay" event "$d/cut" > "$out" 2> "$err"; then
			cmp -s "$out" "$d/whole" && return 1
		else
			[ ! -s "$out" ] && grep -q '(' "$err" || return 1
			refused=$((refused + 1))
		fi
	done
	[ $refused -gt 10 ]
}
f=$(find "$suite" -name 'binary_measurements_pc_client.bin')
ok "HNB-TRE-01: a log that is cut anywhere is refused, or leads elsewhere" cut "$f"

sha1_only() { ! "$replay" event "$1" > "$out" 2> "$err" && grep -q 'SHA-1 digests alone' "$err"; }
ok "HNB-TRE-01: a log without SHA-256 is refused as one" \
	sha1_only "$(find "$suite" -name 'binary_measurements_nuc.bin')"

# Those of kernels end in the middle of an entry, as they were cut for those tests.
kernel() { # NAME ENTRIES [WORD]
	"$replay" ima "$(find "$suite" -name "$1")" > "$out" 2> "$err"
	[ "$(grep -c '^# [0-9]' "$out")" = "$2" ] && grep -q -e "${3:-boot_aggregate}" "$out"
}
ok "HNB-TRE-01: a kernel's list, template ima" kernel sml-ima-sha1.bin 12 '^# 2 /init sha1$'
ok "HNB-TRE-01: a kernel's list, template ima-ng" kernel sml-ima-ng-sha1.bin 6 '^# 3 /usr/bin/sh sha1$'
ok "HNB-TRE-01: a kernel's list, template ima-sig" kernel sml-ima-sig-sha256.bin 9 '^# 2 /init sha256$'
ok "HNB-TRE-01: one with a violation" kernel sml-ima-sig-sha256-invalidated.bin 2 '/init sha256 violation'
finish
