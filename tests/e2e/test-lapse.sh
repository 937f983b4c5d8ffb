#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
#
# What closes an open tunnel, and what opens it again. HNB-GATE-15, 18..20.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
AGENT_AGENT='lease = 20s
renew = 2s'
AGENT_GATE='t_verify = 300s
grace = 0s
boot_attempts = 100'
AGENT_OCSP='try = 5s'
AGENT_CHARON='backoff_min = 1s
backoff_max = 2s
heartbeat = 10s'
setup
watch
tunnel_up || bail "no tunnel"
check "HNB-GATE-06: opens" opens 60
check "HNB-GATE-06: user data passes" both_pass
check "wait: ends with 0 at once when all is open" tg wait --timeout 1

# closed_at STATE REASON T LIMIT: that happened at most LIMIT ms after T
closed_at() {
	local when
	wait_for 30 happened "$1" "$2" "$3" || why "it never was $1 ($2)" || return 1
	when=$(event "$1" "$2" "$3")
	note "$1 ($2) $((when - $3)) ms later"
	within "ms until $1" 0 "$4" $((when - $3))
}

# --- the agent dies
T=$(now_ms)
agent_kill
check "HNB-GATE-20: kill -9 of the agent closes within the lease, without grace at once" \
	closed_at suspended lease "$T" 3000
check "HNB-GATE-20: 0 user packets pass" all_held
held_wait() { local rc=0; tg wait --timeout 2 > /dev/null 2>&1 || rc=$?; is "exit status" 5 $rc; }
check "wait: says that there is no agent, with status 5" held_wait
R=$(ocsp_requests) T=$(now_ms)
agent_start
check "HNB-GATE-20: opens again after a restart of the agent" opens 60
anew() {
	tg show evidence -j | python3 -c '
import json, sys
age = int(sys.argv[1])
e = [e for c in json.load(sys.stdin)["contexts"] for e in c["evidence"]]
good = [x for x in e if x["result"] == "good"]
sys.exit(0 if len(good) == 3 and all(x["age_ms"] < age for x in good) else str(e))' \
		$(($(now_ms) - T)) && [ "$(ocsp_requests)" -gt "$R" ]
}
check "HNB-GATE-20: each of the three proofs was made anew, and the responder asked" anew
check "HNB-GATE-06: user data passes again" both_pass

# --- an operator
ocsp_mode silent
read -r ID _ < <(context)
tg close "$ID"
check "close: returns when nothing passes any more" all_held
check "close: suspended, closed" in_state suspended closed
check "close: stays so while there is no new proof" blocked lan $CORE4
wait_held() { local rc=0; tg wait --timeout 2 "$ID" > /dev/null 2>&1 || rc=$?; is "exit status" 3 $rc; }
check "wait: gives up after its time with 3, held" wait_held
ocsp_mode good
R=$(ocsp_requests)
check "recheck: is taken" tg recheck "$ID"
check "recheck: a new proof opens again" opens 60
check "recheck: the responder was asked" test "$(ocsp_requests)" -gt "$R"

# --- the wall clock
stepped() { # SECONDS
	T=$(now_ms) R=$(ocsp_requests)
	date -s "@$(($(date +%s) + $1))" > /dev/null
	closed_at suspended clock "$T" 3000 && opens 60 && [ "$(ocsp_requests)" -gt "$R" ]
}
check "SEC-06, I10: the wall clock jumps an hour ahead: suspended until all is proven anew" stepped 3600
check "SEC-06, I10: and back" stepped -3600
check "HNB-GATE-06: user data passes again" both_pass

# --- revoked while open
segw_revoke
T=$(now_ms)
tg recheck
check "HNB-GATE-19: revoked while open: the recheck rejects" closed_at rejected bad-revocation "$T" 20000
check "HNB-GATE-19: 0 user packets pass" all_held
check "HNB-GATE-19: the IKE SA is deleted" agent_says 20 'decision=ike-down'
segw_unrevoke
check "HNB-GATE-15: only a new IKE SA opens again" opens 60
read -r ID2 _ < <(context)
check "HNB-GATE-15: it is a new context" test "$ID2" -gt "$ID"

# --- quarantine
tg quarantine "$ID2"
check "quarantine: returns when nothing passes any more" all_held
check "quarantine: rejected, quarantine" in_state rejected quarantine
tg recheck "$ID2" 2>/dev/null
sleep 2
check "I3: a recheck does not open it" in_state rejected quarantine
check "quarantine: the IKE SA stays for a look" not ike_gone
wait_rejected() { local rc=0; tg wait --timeout 2 "$ID2" > /dev/null 2>&1 || rc=$?; is "exit status" 4 $rc; }
check "wait: of a rejected one ends with 4" wait_rejected
swan hnb --terminate --ike segw > /dev/null 2>&1
check "I3: a new IKE SA opens" opens 60

# --- charon dies
T=$(now_ms)
charon_kill hnb
check "HNB-GATE-20: kill -9 of charon closes" closed_at suspended ike-lost "$T" 15000
check "HNB-GATE-20: the SAs are still there" sa_present
check "HNB-GATE-20: 0 user packets pass" all_held
charon_start hnb
check "HNB-GATE-20: a new charon, a new IKE SA, opens" opens 90

# --- the responder falls silent
agent_stop
AGENT_OCSP='try = 5s
age_max = 16s
age_no_next = 16s'
rm /run/trustgate/hnb/trustgated.conf
agent_conf && agent_start
check "HNB-GATE-18: opens with proofs that live for 16 s" opens 60
flow_core() {
	begin core sink 9000 "$TMP/ready" > "$TMP/sink"
	wait_for 20 test -e "$TMP/ready"
	in_ns lan python3 ./pump.py flow $CORE4 9000 24 20 > "$TMP/flow"
	sleep 1
	kill "$BEGUN"
	wait "$BEGUN"
	read -r sent _ < "$TMP/flow"
	read -r came _ < "$TMP/sink"
	note "$sent packets sent in 24 s, over at least one renewal: $came arrived"
	[ "$sent" -gt 50 ] && is "packets" "$sent" "$came"
}
check "HNB-GATE-18: while the responder answers, the renewal loses no packet" flow_core
ocsp_mode silent
# Of the proof that is the last: what is in flight may still come in.
sleep 2
expires() {
	tg show context -j | python3 -c '
import json, sys
c = max(json.load(sys.stdin)["contexts"], key=lambda c: c["id"])
print(c["expires_ms"])'
}
# It was asked between the two, which on a crowded machine may be a second.
T=$(now_ms)
E=$(expires)
ASKED=$(($(now_ms) - T))
D=$((T + E))
note "expires in $E ms, said within $ASKED ms"
at_expiry() {
	wait_for 40 happened suspended expired "$T" || why "it never was suspended (expired)" || return 1
	local when
	when=$(event suspended expired "$T")
	note "closed $((when - D)) ms after the expiry that was told"
	within "ms from expiry to close" -1000 $((1000 + ASKED)) $((when - D))
}
check "HNB-GATE-18: the responder silent: closes at hard expiry, within 1 s" at_expiry
check "HNB-GATE-18: 0 user packets pass" all_held
ocsp_mode good
check "HNB-GATE-18: opens again with a new proof" opens 60
finish
