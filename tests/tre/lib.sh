# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2317,SC2034  # functions are called by ok; variables are of the tests
# A TPM of our own, TAP, and tpm2-tools beside the tool. Sourced.

n=0 failed=0
d=$(mktemp -d) || exit 1
out=$d/out err=$d/err
tool=${TG_TOOL:-trustgate}
swtpm=
export NO_COLOR=1

cleanup() {
	tpm_stop
	rm -rf "$d"
}
trap cleanup EXIT

need() {	# need COMMAND...: or all is skipped
	local c
	for c in "$@"; do
		command -v "$c" > /dev/null && continue
		echo "1..0 # SKIP $c is not installed"
		exit 4
	done
}

# The description is no variable: what it is about may be one of the test's.
ok() {	# ok DESCRIPTION COMMAND...
	n=$((n + 1))
	if "${@:2}"; then
		echo "ok $n $1"
	else
		failed=$((failed + 1))
		echo "not ok $n $1"
		sed 's/^/# out: /' "$out"
		sed 's/^/# err: /' "$err"
	fi
}

finish() {
	echo "1..$n"
	[ "$failed" = 0 ]
	exit
}

# What the firmware of a box measures into PCR 0, and what that then is.
measured=$(printf 'the firmware' | sha256sum | cut -c -64)
firmware=$(python3 -c 'import hashlib, sys
print(hashlib.sha256(bytes(32) + bytes.fromhex(sys.argv[1])).hexdigest())' "$measured")

# tpm_start NAME [blank]: the TPM whose state is of that name; its log counts commands. The
# firmware has measured itself, unless it is to be blank.
tpm_start() {
	local sock=$d/$1.sock
	mkdir -p "$d/$1"
	rm -f "$sock" "$sock.ctrl"
	: > "$d/$1.log"
	swtpm socket --tpm2 --tpmstate "dir=$d/$1" --flags not-need-init,startup-clear \
		--server "type=unixio,path=$sock" --ctrl "type=unixio,path=$sock.ctrl" \
		--log "level=20,file=$d/$1.log" 2> /dev/null &
	swtpm=$! log=$d/$1.log
	for _ in $(seq 50); do
		[ -S "$sock.ctrl" ] && break
		sleep 0.1
	done
	export TRUSTGATE_TCTI=swtpm:path=$sock TPM2TOOLS_TCTI=swtpm:path=$sock
	[ "${2-}" = blank ] || tpm2_pcrextend "0:sha256=$measured" > /dev/null
}

tpm_stop() {
	[ "$swtpm" ] || return 0
	kill -CONT "$swtpm" 2> /dev/null
	kill "$swtpm" 2> /dev/null
	wait "$swtpm" 2> /dev/null
	swtpm=
}

# commands CODE: how often the TPM was sent it, four octets in hex.
commands() { grep -c -E "^ 80 0[12]( [0-9A-F]{2}){4} $1" "$log"; }

# exits STATUS ARGS...: the tool ends with STATUS; what it says is in $out and $err.
exits() {
	local want=$1 got=0
	shift
	"$tool" "$@" > "$out" 2> "$err" || got=$?
	[ "$got" = "$want" ] || { echo "# trustgate $*: $got, not $want"; return 1; }
}

says() { grep -q -e "$1" "$out"; }
complains() { grep -q -e "$1" "$err"; }

# refuses RULE ARGS...: status 1, and the rule by which.
refuses() {
	local rule=$1
	shift
	exits 1 "$@" && complains ": $rule: .*("
}

tpm() { "$@" > "$out" 2> "$err"; }
tpm_fails() { ! tpm "$@"; }

# flip FILE OFFSET: one bit, from the end when it is negative.
flip() {
	python3 - "$1" "$2" <<- 'E'
	import sys
	b = bytearray(open(sys.argv[1], "rb").read())
	b[int(sys.argv[2])] ^= 1
	open(sys.argv[1], "wb").write(b)
	E
}

# json FILTER...: $out is one document on which python's FILTERs are all true.
json() {
	python3 - "$out" "$@" <<- 'E'
	import json, sys
	d = json.loads(open(sys.argv[1]).read())
	for f in sys.argv[2:]:
	    if not eval(f, {"d": d}):
	        print("# false:", f)
	        sys.exit(1)
	E
}
