#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tre_quote() against a TPM: the one TRE_TCTI names, or swtpm, or where that is not
# installed the machine's own. PCR 16 is extended. Needs quote_tpm beside it or in $O.

dir=$(dirname "$0")
[ -x "$dir/quote_tpm" ] || dir=$O
n=0
failed=0

echo "TAP version 13"
ok() {		# ok STATUS TEXT
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}
finish() {
	[ -z "$swtpm" ] || kill "$swtpm" 2>/dev/null
	[ -z "$tmp" ] || rm -rf "$tmp"
	echo "1..$n"
	exit $failed
}

if [ -z "$TRE_TCTI" ] && [ -c /dev/tpmrm0 ] && ! command -v swtpm > /dev/null; then
	TRE_TCTI=device:/dev/tpmrm0
fi
if [ -z "$TRE_TCTI" ]; then
	if ! command -v swtpm >/dev/null; then
		echo "ok 1 - HNB-TRE-01: a quote of a TPM # SKIP swtpm is not installed"
		echo "1..1"
		exit 4
	fi
	command -v tpm2_pcrextend > /dev/null || {
		echo "ok 1 - HNB-TRE-01: a quote of a TPM # SKIP tpm2_pcrextend is not installed"
		echo "1..1"
		exit 4
	}
	tmp=$(mktemp -d) || exit 1
	swtpm socket --tpm2 --tpmstate dir="$tmp" --flags not-need-init,startup-clear \
		--server type=unixio,path="$tmp/sock" --ctrl type=unixio,path="$tmp/sock.ctrl" \
		2> "$tmp/log" &
	swtpm=$!
	TRE_TCTI=swtpm:path=$tmp/sock
	i=0
	while [ ! -S "$tmp/sock.ctrl" ] && [ $i -lt 50 ]; do
		sleep 0.1
		i=$((i + 1))
	done
fi

# expect STATUS RULE TEXT MASK POLICY...
expect() {
	want=$1 rule=$2 text=$3 mask=$4
	shift 4
	out=$("$dir/quote_tpm" "$TRE_TCTI" "$mask" "$(printf '%s\n' "policy 1" "$@")")
	status=$?
	echo "# $out"
	[ "$status" = "$want" ] && [ "$(echo "$out" | cut -d ' ' -f 2)" = "$rule" ]
	ok $? "$text"
}

zero=$(printf '%064d' 0)
ones=$(echo "$zero" | tr 0 f)
# What PCRs 0 and 16 are, when ones are measured into them.
one=$(python3 -c 'import hashlib
print(hashlib.sha256(bytes(32) + b"\xff" * 32).hexdigest())')
tpm2_pcrextend -T "$TRE_TCTI" 16:sha256="$ones" 2> /dev/null
[ -z "$swtpm" ] || tpm2_pcrextend -T "$TRE_TCTI" 0:sha256="$ones"
all="pcr 0 $one
pcr 16 $one"
for pcr in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 23; do
	all="$all${all:+
}pcr $pcr $zero"
done
for pcr in 17 18 19 20 21 22; do
	all="$all
pcr $pcr $ones"
done

if [ -n "$swtpm" ]; then
	expect 0 tre.good "HNB-TRE-01: a quote of one PCR passes" 0x1 "pcr 0 $one"
	expect 0 tre.good "HNB-TRE-01: a quote of all 24 PCRs passes" 0xffffff "$all"
	expect 0 tre.good "HNB-TRE-01: a quote passes again" 0xffffff "$all"
	expect 1 tre.pcr.mismatch "HNB-TRE-01: a value that isn't allowed fails" 0x401 \
		"pcr 0 $one" "pcr 10 $ones"
fi
if [ -n "$swtpm" ]; then
	expect 0 tre.good "HNB-TRE-01: rules for files that nobody asked for are none of a quote's" 0x1 \
		"pcr 0 $one" "ima allow /bin/sh $ones"
	expect 2 tre.ima.absent "HNB-TRE-01: rules for files, and no list: can't be told" 0x401 \
		"pcr 0 $one" "ima allow /bin/sh $ones"
	expect 2 tre.eventlog.absent "HNB-TRE-01: rules for events, and no log: can't be told" 0x11 \
		"pcr 0 $one" "event allow 4 $ones"
fi
expect 1 tre.pcr.unlisted "HNB-TRE-01: a PCR without a line fails" 0x10000 "pcr 23 $ones"
expect 1 tre.mask "HNB-TRE-01: PCR 24 fails" 0x1000000 "pcr 0 $one"
expect 1 tre.mask "HNB-TRE-01: no PCR fails" 0 "pcr 0 $one"

# The value that makes one fail makes it pass: the value named is the one measured.
value=$("$dir/quote_tpm" "$TRE_TCTI" 0x10000 "$(printf 'policy 1\npcr 23 %s' "$ones")" |
	sed -n 's/.*PCR 16 is \([0-9a-f]*\),.*/\1/p')
expect 0 tre.good "HNB-TRE-01: the value a failure names is the one measured" 0x10000 "pcr 16 $value"

if command -v tpm2_pcrextend >/dev/null; then
	tpm2_pcrextend -T "$TRE_TCTI" 16:sha256="$ones" 2>/dev/null
	ok $? "HNB-TRE-01: PCR 16 is extended"
	expect 1 tre.pcr.mismatch "HNB-TRE-01: it then fails" 0x10000 "pcr 16 $value"
fi

if [ -n "$swtpm" ]; then
	kill "$swtpm"
	wait "$swtpm" 2>/dev/null
	swtpm=
fi
TRE_TCTI=swtpm:path=/nonexistent/sock
expect 2 tre.tpm.open "HNB-TRE-02: no TPM is no pass" 0x1 "pcr 0 $one"
TRE_TCTI=nonsense:1
expect 2 tre.tpm.open "HNB-TRE-02: a TCTI there isn't is no pass" 0x1 "pcr 0 $one"
err=$("$dir/quote_tpm" "$TRE_TCTI" 1 "$(printf 'policy 1\npcr 0 %s' "$ones")" 2>&1 >/dev/null)
[ -z "$err" ]
ok $? "HNB-TRE-02: nothing but the result is written"
finish
