#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# trustgate sinks deliver and trustgate report validate against a server over TLS that is
# up, down, slow, somebody else's, or of another opinion. TG_TOOL: the trustgate to test;
# the first argument: the test_sinks that fills stores.
set -u -o pipefail
tool=${TG_TOOL:-trustgate}
fill=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
n=0 bad=0 server=
dir=$(mktemp -d)
trap 'stop; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
store=$dir/sinks.db

ok() { # NAME COMMAND...
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $name"
	else
		sed 's/^/# /' out err
		echo "not ok $n - $name"
		bad=1
	fi
}

start() { # CERTIFICATE [CA]
	rm -f port
	/usr/bin/python3 "$here/../lib/sink-server.py" "$1.pem" "$1.key" "$dir" ${2:+"$2"} 2> server.err &
	server=$!
	for _ in $(seq 50); do
		[ -s port ] && break
		sleep 0.1
	done
	url=https://localhost:$(cat port)
}

stop() {
	[ "$server" ] || return 0
	kill "$server" 2> /dev/null
	wait "$server" 2> /dev/null
	server=
}

exits() { # STATUS ARGS...
	local want=$1 rc=0
	shift
	"$tool" "$@" > out 2> err || rc=$?
	[ "$rc" = "$want" ]
}

deliver() { exits "$1" sinks deliver --figs "$url/figs" --ca ca.pem --sinks "$store" "${@:2}"; }
got() { [ "$(wc -l < got)" = "$1" ]; }
waits() { "$tool" sinks show -j --sinks "$store" > out 2> err && grep -q "\"waiting\":$1[,}]" out; }
# Of the field $1 of all requests: how many different ones there are.
different() { /usr/bin/python3 -c 'import json, sys
print(len({json.loads(line)[sys.argv[1]] for line in open("got")}))' "$1"; }

ca() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" \
		-subj "/CN=$1" -days 30 2> /dev/null
}
issue() { # NAME CA HOST
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" \
		-subj "/CN=$1" 2> /dev/null
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -out "$1.pem" -days 30 \
		-extfile <(echo "subjectAltName=DNS:$3") 2> /dev/null
}
ca ca
ca other
issue server ca localhost
issue stranger other localhost
issue elsewhere ca elsewhere.example
issue client ca segw.example
: > got
: > out
: > err

echo "TAP version 13"
"$fill" "$store" 5 || exit 1
start server
stop
ok "SGW-INT-09: no server: nothing is lost, and it is told" eval 'deliver 1 && waits 5 && deliver 1 && grep -q "is the server up" err'
echo 200 > answer
start server
ok "SGW-INT-09: a server that is up again gets what it missed" deliver 0
ok "SGW-INT-09: all of it" got 5
ok "SGW-INT-09: once" eval '[ "$(different key)" = 5 ] && [ "$(different event)" = 5 ]'
ok "SGW-INT-09: and then there is nothing" eval 'deliver 0 && got 5 && waits 0'
ok "SGW-INT-09: as JSON" eval 'deliver 0 -j && grep -q "\"delivered\":0" out && grep -q "\"kept\":5" out'

: > got
"$fill" "$store" 3
echo 503 > answer
ok "SGW-INT-09: a server in trouble is asked once" eval 'deliver 1 && got 1 && waits 3'
echo "200 taken" > answer
ok "SGW-INT-09: and later gets all, the first by the same key again" eval 'deliver 0 && got 4 && [ "$(different key)" = 3 ]'

: > got
"$fill" "$store" 2
echo 400 > answer
ok "SGW-INT-09: what is refused is told of" eval 'deliver 1 && got 2 && grep -q "answered 400" err && waits 2'
"$fill" "$store" 1
echo 200 > answer
ok "SGW-INT-09: it does not hold up what comes after" eval 'deliver 1 && got 3 && waits 2'
sqlite3 "$store" 'UPDATE outbox SET due_s = 1' 2> /dev/null ||
	/usr/bin/python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1]); c.execute("UPDATE outbox SET due_s = 1"); c.commit()' "$store"
ok "SGW-INT-09: and is sent again when it is due" eval 'deliver 0 && got 5 && [ "$(different key)" = 3 ]'

: > got
"$fill" "$store" 1
echo location > answer
ok "SGW-INT-09: a redirection is not followed" eval 'deliver 1 && got 1 && waits 1'
ok "SGW-INT-09: plain HTTP is not spoken" eval 'exits 1 sinks deliver --figs "http://localhost:1/" --sinks "$store" && waits 1'
stop
: > got
echo 200 > answer
start stranger
ok "SGW-INT-09: a server of another CA gets nothing" eval 'deliver 1 && got 0 && waits 1'
stop
start elsewhere
ok "SGW-INT-09: nor does one of another name" eval 'deliver 1 && got 0 && waits 1'
stop
start server ca.pem
ok "SGW-INT-09: one that asks for a certificate gets it, or nothing" eval 'deliver 1 && waits 1 &&
	deliver 0 --cert client.pem --key client.key && got 1 && waits 0'
stop

# Killed at any moment, an event may be sent twice, by one key, and none is missing.
start server
: > got
"$fill" "$store" 60
for i in 1 2 3 4 5 6 7 8; do
	"$tool" sinks deliver --figs "$url/figs" --ca ca.pem --sinks "$store" > out 2> err &
	pid=$!
	sleep "0.0$((i % 5 + 2))"
	kill -9 $pid 2> /dev/null
	wait $pid 2> /dev/null
done
ok "SGW-INT-09: after 8 kills the rest is delivered" eval 'deliver 0 && waits 0'
ok "SGW-INT-09: each event arrived, and has one key" eval '[ "$(different key)" = 60 ] && [ "$(different event)" = 60 ]'
: > got
"$fill" "$store" 40
"$tool" sinks deliver --figs "$url/figs" --ca ca.pem --sinks "$store" > /dev/null 2>&1 &
pid=$!
"$tool" sinks deliver --figs "$url/figs" --ca ca.pem --sinks "$store" > /dev/null 2>&1
wait $pid
ok "SGW-INT-09: two that deliver at once send nothing twice" eval 'got 40 && [ "$(different key)" = 40 ]'

# A validation entity.
: > got
nonce=$(printf 'a5%.0s' {1..32})
sa=(--spi-i 0102030405060708 --spi-r 1112131415161718 --ni "$nonce" --nr "$nonce" --id henb-1.example.org)
/usr/bin/python3 - <<- 'E'
	import struct
	b = lambda d: (bytes([0x40 + len(d)]) if len(d) < 24 else bytes([0x58, len(d)])) + d
	m = bytes([0xa7, 1, 1, 2, 1, 3]) + b(b"n" * 32) + b"\4" + b(b"attest") + b"\5" + b(b"sig") + \
	    b"\6" + b(b"\0\x0b" + b"a" * 32) + bytes([9, 0x82, 0, 0])
	t = b"application/vnd.trustgate.integrity-info+cbor"
	open("record", "wb").write(b"\x82\x78" + bytes([len(t)]) + t + b(m))
E
ask() { exits "$1" report validate "${sa[@]}" --url "$url/validate" --ca ca.pem record; }
echo '200 {"verdict":"good"}' > answer
ok "SGW-INT-09: good is good" eval 'ask 0 && grep -qx good out'
ok "SGW-INT-08: the record came unchanged, as a CMW" eval 'grep -q "$(sha256sum < record | cut -c -64)" got &&
	grep -q "application/cmw+cbor" got'
ok "FFS-03: with what its quote has to be over" eval 'grep -q "$("$tool" report show -j "${sa[@]}" record |
	sed "s/.*\"qualifying_expected\": *\"\([0-9a-f]*\)\".*/\1/")" got'
echo '200 {"verdict":"bad"}' > answer
ok "SGW-INT-09: bad is bad" eval 'ask 1 && grep -qx bad out'
for answer in 200 '200 good' '200 {"verdict":true}' '200 {"verdict":"fine"}' '200 ["good"]' \
	'200 {"verdict":"good","verdict":"bad"}' '500 {"verdict":"good"}' '404 {"verdict":"good"}' location; do
	echo "$answer" > answer
	ok "SGW-INT-09: $answer is no answer" eval 'ask 2 && grep -qx none out && [ -s err ]'
done
echo slow > answer
# shellcheck disable=SC2034  # in the next line
began=$SECONDS
ok "SGW-INT-09: nor is silence, for ten seconds" eval 'ask 2 && [ $((SECONDS - began)) -lt 20 ]'
stop
ok "SGW-INT-09: nor is no server" ask 2
echo "1..$n"
exit $bad
