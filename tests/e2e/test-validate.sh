#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by check, settings read by topology.sh
#
# What the SeGW does with a report beside appraising it, with real servers over TLS: a
# validation entity that is up, slow, down and of another opinion; FIGS and the statistics
# that are missed and told later, once: SGW-INT-08, SGW-INT-09, SGW-F2-17, FFS-05, FFS-07,
# PRIV-07.
cd "$(dirname "$0")" || exit 1
. ./report.sh
SEGW_T_VERIFY=120s
SERVER=$TMP/server
SINKS=$D/sinks.db
HOLD=$TMP/hold

ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$SERVER/ca.key" \
		-out "$SERVER/ca.pem" -subj /CN=figs-ca -days 30 2> /dev/null
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$SERVER/server.key" \
		-out "$SERVER/server.pem" -CA "$SERVER/ca.pem" -CAkey "$SERVER/ca.key" -subj /CN=figs -days 30 \
		-addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:false 2> /dev/null
}
# answers ANSWER: from now on
answers() { echo "$*" > "$SERVER/answer"; }
good() { answers '200 {"verdict":"good"}'; }
bad() { answers '200 {"verdict":"bad"}'; }
up() {
	rm -f "$SERVER/port"
	nsenter --net=/run/netns/segw -- python3 ../lib/sink-server.py "$SERVER/server.pem" \
		"$SERVER/server.key" "$SERVER" > "$SERVER/log" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/server"
	wait_for 20 test -s "$SERVER/port" || bail "no server: $(cat "$SERVER/log")"
}
# Its port stays the same.
server_down() { tg_end server KILL; }
got() { # PATH FIELD: of all requests there
	python3 - "$SERVER/got" "$@" <<-'X'
	import json, sys
	for line in open(sys.argv[1]):
	    e = json.loads(line)
	    if e["path"] == sys.argv[2]:
	        print(e[sys.argv[3]])
	X
}
asked() { [ "$(got /validate sha256 | wc -l)" -ge "$1" ] || why "asked $(got /validate sha256 | wc -l) times"; }
deliver() { in_ns segw trustgate sinks deliver --figs "$URL/figs" --ca "$SERVER/ca.pem" --sinks $SINKS "$@"; }
kept() { trustgate sinks show -j --sinks $SINKS | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
is_up() { [ -n "$(swan segw --list-sas 2> /dev/null)" ] || why "no IKE SA"; }
evidence_says() {
	stg show evidence -j | grep -q -- "$1" || why "$(stg show evidence -j | tr -d '\n' | tail -c 400)"
}
with() { # VALIDATE POLICY ON_FAIL: the SeGW's agent
	segw_agent "$2" "$3" "$(printf '%s\n' "validate = $1" "validate_uri = $URL/validate" \
		"validate_ca = $SERVER/ca.pem" 'validate_try = 4s' "sinks = $SINKS" 'figs = yes')"
}

mkdir "$SERVER"
ca || bail "no certificates"
: > "$SERVER/got"
report_setup
good
up
URL=https://localhost:$(cat "$SERVER/port")
with require required reject
agent_start
agent_says 60 'decision=integrity verdict=pass' || bail "the box has not measured itself"
agent_says 20 'decision=plugin-connected' || bail "charon does not know of the agent"

# --- its word opens and closes ------------------------------------------------------
attempt
check "SGW-INT-09: the validation entity is asked, and says good" segw_says 20 'decision=validate .*result=good'
check "SGW-INT-09: the context opens" segw_gets 20 open
check "SGW-INT-09: by that proof" proof_is good
check "SGW-INT-08: it got the record unchanged" is "digest of the record" \
	"$(sha256sum < "$T/record" | cut -c -64)" "$(got /validate sha256 | head -n 1)"
check "SGW-INT-08: as a CMW" is type application/cmw+cbor "$(got /validate type | head -n 1)"
check "FFS-03: with what its quote has to be over" grep -qE '^[0-9a-f]{64}$' <(got /validate qualifying)
bad
stg recheck > /dev/null
check "SGW-INT-09: it changes its mind: the context is closed" segw_gets 30 rejected
check "SGW-INT-09: and the log says by whose word" segw_says 10 'outcome=refused rule=validate.bad '

# --- its silence does neither ---------------------------------------------------------
server_down
attempt
check "SGW-INT-09: nobody is there: IKE comes up all the same" is_up
check "SGW-INT-09: that is told" segw_says 20 'decision=validate .*result=none'
check "SGW-INT-09: the context is held" segw_is pending
check "SGW-INT-09: with no user data, in either direction" all_held
check "SGW-INT-09: and says for whom it waits" wait_for 10 evidence_says 'validate.wait: .*server up'
n=$(wc -l < "$SERVER/got")
answers slow
TG_PORT=$(cat "$SERVER/port") up
check "SGW-INT-09: there, and without an answer: it was asked" wait_for 60 asked $((n + 1))
check "SGW-INT-09: and is given up in time" wait_for 30 evidence_says 'validate.wait: .*[Tt]imed out'
check "SGW-INT-09: the context is held still" segw_is pending
good
check "SGW-INT-09: once it answers the context opens" segw_gets 60 open
check "SGW-INT-09: and user data passes" wait_for 30 both_pass

# --- what is not allowed here ------------------------------------------------------------
with off required pending-validate
sed -i 's/^\(pcr 0\) .*/\1 '"$(printf '%064d' 1)"'/' $D/reference.policy
attempt
check "FFS-05: pending-validate, a state that is not the reference's: its word opens" segw_gets 60 open
check "FFS-05: and both findings are told" segw_says 10 'result=fail outcome=proven rule=validate.good .*PCR'
bad
attempt
check "FFS-05: or refuses" segw_says 60 'result=fail outcome=refused rule=validate.bad '
check "FFS-05: nothing opens" not segw_is open
cp /run/trustgate/hnb/reference.policy $D/reference.policy

# --- FIGS and statistics -------------------------------------------------------------------
server_down
down
with best-effort required reject
kept=$(kept kept)
check "SGW-INT-08: what became of each report is kept" test "$kept" -ge 5
check "SGW-F2-17: and waits for FIGS, also over the agent's restart" is waiting "$kept" "$(kept waiting)"
check "SGW-INT-09: FIGS is down: nothing is delivered" not deliver > /dev/null 2>&1
check "SGW-INT-09: and all waits" is waiting "$kept" "$(kept waiting)"
# Somebody else writes to the store, and does not end.
: > "$HOLD"
python3 - $SINKS "$HOLD" <<-'X' &
	import os, sqlite3, sys, time
	c = sqlite3.connect(sys.argv[1], isolation_level=None)
	c.execute("BEGIN IMMEDIATE")
	os.remove(sys.argv[2])
	while not os.path.exists(sys.argv[2]):
	    time.sleep(0.1)
X
holder=$!
wait_for 20 test ! -e "$HOLD"
attempt
check "SGW-INT-09: neither entity nor store: IKE comes up" is_up
check "SGW-INT-09: best effort: the context opens by what was found here" segw_gets 20 open
check "SGW-INT-09: what can't be kept is counted" is unkept 1 "$(count_of unkept)"
: > "$HOLD"
wait $holder
answers 200
TG_PORT=$(cat "$SERVER/port") up
check "SGW-INT-09: FIGS is up again, and gets what it missed" deliver > /dev/null 2>&1
check "SGW-INT-09: all of it, once" is "events at FIGS" "$kept $kept" \
	"$(got /figs event | wc -l) $(got /figs event | sort -u | wc -l)"
check "SGW-INT-09: there is nothing to deliver twice" deliver > /dev/null 2>&1
check "SGW-INT-09: nor was it" is "events at FIGS" "$kept" "$(got /figs event | wc -l)"
check "PRIV-07: no name of a device is in the store" not grep -qa "$HNB_NAME" $SINKS
down
tg_end segw-gate TERM
finish
