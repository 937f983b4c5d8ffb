#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
#
# What the OCSP responder may answer, and what follows. HNB-OCSP-08..10, HNB-GATE-05..08.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
setup

# --- no proof: each of these leaves it pending, and says why
AGENT_GATE='t_verify = 600s
boot_attempts = 100'
AGENT_OCSP='try = 8s'
ocsp_mode good
tunnel_up || bail "no tunnel"
check "HNB-GATE-06: a good answer opens" opens 60
check "HNB-GATE-06: user data passes, from either end" both_pass
cp "$TG_RUN/ocsp/last.der" "$TMP/old.der"
on_record() {
	tg show context -j | grep -q "\"proof_digest\": *\"$(sha256sum < "$TMP/old.der" | cut -d' ' -f1)\"" ||
		why "no $(sha256sum < "$TMP/old.der") in $(tg show context -j | grep -o '"proof_digest": *"[0-9a-f]*"')"
}
check "SEC-05: the gate knows the digest of the response that it opened by" on_record
ocsp_mode silent
tg close 1
check "HNB-GATE-18: closed, and the responder silent" in_state suspended closed

# answer RULE ROW MODE...: recheck with the responder in that mode
answer() {
	local rule=$1 row=$2 what=$3 lines
	shift 2
	ocsp_mode "$@"
	lines=$(wc -l < "$AGENT_LOG")
	tg recheck
	said() { tail -n +$((lines + 1)) "$AGENT_LOG" | grep -q "result=indeterminate rule=$rule"; }
	check "$row: answer $what: no proof, by rule $rule" wait_for 20 said
	check "$row: answer $what: stays held" eval 'in_state suspended && not happened_open'
}
happened_open() { tail -n +$((lines + 1)) "$AGENT_LOG" | grep -q decision=open; }

answer ocsp.status HNB-OCSP-10 trylater
answer ocsp.status HNB-OCSP-10 unauthorized
answer ocsp.http.status HNB-OCSP-10 http 503
answer ocsp.encoding HNB-OCSP-09 garbage
answer 'ocsp.\(encoding\|type\)' HNB-OCSP-09 truncate
answer 'ocsp.\(encoding\|type\)' HNB-OCSP-09 trailing
answer ocsp.nonce.absent HNB-OCSP-09 nononce
answer ocsp.nonce.mismatch HNB-OCSP-09 stale "$TMP/old.der"
answer ocsp.certid HNB-OCSP-09 wrongcert
answer ocsp.signer HNB-OCSP-09 signer evilocsp
answer ocsp.http.transfer HNB-OCSP-10 refuse
answer ocsp.http.timeout HNB-GATE-08 silent
cp "$PKI/opca.db/index.txt" "$TMP/index"
grep -v "$(openssl x509 -in "$PKI/segw.crt" -noout -serial | cut -d= -f2)" "$TMP/index" \
	> "$PKI/opca.db/index.txt"
answer ocsp.unknown HNB-OCSP-10 good	# of a certificate that it does not know
check "HNB-GATE-03/04: after all these 0 user packets pass, in either direction" all_held
cp "$TMP/index" "$PKI/opca.db/index.txt"
tg recheck
check "HNB-OCSP-09: and a good answer opens it again" opens 60
check "HNB-GATE-06: user data passes again" both_pass

# --- revoked from the start
fresh
AGENT_GATE='t_verify = 60s'
AGENT_OCSP='try = 5s'
AGENT_CHARON='backoff_min = 1s
backoff_max = 2s'
watch
segw_revoke
ocsp_mode good
count_reset
tunnel_up || bail "no tunnel"
wait_for 30 happened rejected bad-revocation
check "HNB-GATE-07: revoked: rejected, not pending" happened rejected bad-revocation
check "HNB-GATE-07: and never was open" not happened open any
check "HNB-GATE-03/04: 0 user packets pass" all_held
check "HNB-OCSP-10: the agent names proof and rule" \
	agent_says 5 'proof=revocation result=bad rule=ocsp.revoked'
every_change() {
	python3 -c '
import json, sys
e = [json.loads(l) for l in open(sys.argv[1])]
e = [x for x in e if x["event"] == "context-state"]
bad = [x for x in e if not x.get("state") or not x.get("reason") or not x.get("time_ns")]
sys.exit(0 if len(e) > 1 and not bad else f"# {len(e)} changes, {bad[:2]}")' "$TMP/events"
}
check "SEC-05: each change of state is told with its reason and its time" every_change
check "HNB-GATE-07: the IKE SA is deleted" agent_says 20 'decision=ike-down'
# Of the first context that was rejected: by now there may be more.
quarantined() {
	local id from to
	read -r id from < <(python3 -c '
import json, sys
for e in map(json.loads, open(sys.argv[1])):
    if e["event"] == "context-state" and e["reason"] == "bad-revocation":
        print(e["context_id"], e["time_ns"] // 1000000)
        break' "$TMP/events")
	to=$(sed -n "s/.*boottime=\([0-9]*\)\.\([0-9]*\) decision=terminate context=$id .*/\1\2/p" "$AGENT_LOG")
	within "ms from rejection to deletion" 1900 6000 $((to - from))
}
check "HNB-GATE-07: after a quarantine of 2 s" quarantined
check "HNB-GATE-08: then backs off" agent_says 10 'decision=back-off'
segw_unrevoke
check "HNB-GATE-08: and tries again: when it is good again, opens" opens 60

# --- silence
fresh
AGENT_GATE='t_verify = 12s'
AGENT_OCSP='try = 4s'
watch
ocsp_mode silent
tunnel_up || bail "no tunnel"
check "HNB-GATE-08: silent responder: held" all_held
check "HNB-GATE-08: at T_VERIFY not verified" wait_for 40 happened rejected not-verified
t_verify() {
	within "ms from pending to rejected" 11900 13500 \
		$(($(event rejected not-verified) - $(first_pending)))
}
first_pending() { # of the context that was rejected last
	python3 -c '
import json, sys
e = [json.loads(l) for l in open(sys.argv[1])]
r = [x for x in e if x.get("reason") == "not-verified" and x["event"] == "context-state"][-1]
print([x["time_ns"] for x in e if x.get("context_id") == r["context_id"] and
       x.get("state") == "pending"][0] // 1000000)' "$TMP/events"
}
check "HNB-GATE-08: neither sooner nor later" t_verify
check "HNB-GATE-08: never open" not happened open any
check "HNB-GATE-08: the IKE SA is deleted" agent_says 20 'decision=ike-down'
check "HNB-GATE-08: and retried after a back-off" \
	agent_says 20 'decision=back-off attempts=1 retry_in_ms=1000'
ocsp_mode good
check "HNB-GATE-08: it opens by itself when the responder is back" opens 90
check "HNB-GATE-06: and user data passes" both_pass
finish
