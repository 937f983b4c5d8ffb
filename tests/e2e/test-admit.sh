#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by check, settings read by topology.sh
#
# What a SeGW requires of an H(e)NB is settled before the gate hears of it, and is the same
# for one that comes, for one that was here before the agent, and for one that is open when
# the configuration is changed (state machine, E14).
cd "$(dirname "$0")" || exit 1
. ./lib.sh
. ./segw-end.sh
SEGW_TRUSTGATE=1
AGENT_CHARON='start = no'
AGENT_GATE='required = device-auth'
COMBINED='combined = *.vendor.test'

# segw_hup SED...: the agent there reads its configuration again, so changed by sed
segw_hup() {
	SEGW_MARK=$(wc -l < "$SEGW_LOG")
	sed -i "$@" $SEGW_D/trustgated.conf
	kill -HUP "$(tg_pid segw-gate)"
	segw_since "decision=\(reload\|not-reloaded\)"
}
segw_since() {
	wait_for "${2:-20}" eval "tail -n +$((SEGW_MARK + 1)) '$SEGW_LOG' | grep -q -- '$1'" ||
		why "the SeGW has no new \"$1\""
}
segw_opens() { wait_for 60 segw_in open; }
segw_rejects() { wait_for 40 segw_in rejected || wait_for 1 segw_in gone; }
# anew: no IKE SA, then one
anew() {
	swan hnb --terminate --ike segw --force --timeout 10 > /dev/null 2>&1
	wait_for 20 ike_gone
	initiate core 60
}
never_opened() { not grep -q 'decision=open' "$SEGW_LOG"; }
requires() {
	segw_tg show context -j | python3 -c '
import json, sys
c = max(json.load(sys.stdin)["contexts"], key=lambda c: c["id"], default=None)
sys.exit(not c or sys.argv[1] not in c["required"])' "$1" || why "$1 is not required"
}

setup
ocsp_start segw
ocsp_mode_of segw silent
segw_agent
charon_conf segw
charon_conf hnb
charon_start segw && charon_start hnb || bail "no charon"
agent_start
segw_says 30 plugin-connected && agent_says 30 plugin-connected || bail "no plugin"
anew || bail "no tunnel"
check "SGW-F1-06: one round is enough, and done: it opens" segw_opens
check "SGW-F1-06: user data passes, from either end" wait_for 30 both_pass

# --- one that was here before the agent
SEGW_MAIN=$COMBINED segw_agent
check "SGW-F3-20: the agent anew, which wants both rounds: the one that is there is refused" \
	segw_says 40 'decision=refuse .*proof=hp-auth rule=round.missing'
check "SGW-F3-20: and closed for good" segw_rejects
check "SGW-F3-20: by the proof that is missing" segw_says 10 'decision=reject .*rule=bad-hp-auth'
check "HNB-GATE-25: it never opened" never_opened
check "HNB-GATE-25: 0 user packets arrive, in either direction" all_held
check "SGW-F1-06: the next one is refused by IKE itself" not anew

# --- one that is open when more is wanted
segw_agent
segw_says 30 plugin-connected || bail "no plugin"
anew || bail "no tunnel"
check "SGW-F1-06: one round is enough again: it opens" segw_opens
segw_hup "s/^\\[segw\\]/&\\n$COMBINED/"
check "SGW-F3-20: both rounds wanted by reload: what is open closes for good" \
	segw_since 'decision=reject .*rule=bad-hp-auth'
check "SGW-F3-20: 0 user packets arrive, in either direction" all_held

segw_agent
segw_says 30 plugin-connected || bail "no plugin"
anew || bail "no tunnel"
segw_opens || bail "not open: $WHY"
segw_hup 's/^check = off/sources = own\n[source own]\nclass = manufacturer-ocsp\nuri = http:\/\/10.99.0.1:8080\/vca/'
check "SGW-REV-01: revocation wanted by reload: what is open has to prove it" \
	wait_for 20 requires revocation
check "SGW-REV-01: and is held until then" wait_for 20 segw_in pending
check "SGW-REV-01: 0 user packets arrive, in either direction" all_held
ocsp_mode_of segw good
check "SGW-REV-01: its source answers: it opens" segw_opens
segw_hup 's/^sources = own/check = off/; /^\[source own\]/,/^uri/d'
check "SGW-REV-01: less is not wanted by reload: that takes a restart" \
	segw_since 'decision=not-reloaded .*required, to less'
check "SGW-REV-01: and it is required still" requires revocation

# --- at the H(e)NB
anew || bail "no tunnel"
agent_says 40 decision=open || bail "the H(e)NB is not open"
sed -i 's/^required = .*/required = device-auth, revocation/' /run/trustgate/hnb/trustgated.conf
ocsp_stop core 2> /dev/null
kill -HUP "$(tg_pid agent)"
check "HNB-AUTH-15: more proofs are required by reload: taken" agent_says 20 'decision=reload '
check "HNB-AUTH-15: what is open is held until they are there" wait_for 20 in_state pending
check "HNB-AUTH-15: 0 user packets arrive, in either direction" all_held
sed -i 's/^required = .*/required = revocation/' /run/trustgate/hnb/trustgated.conf
kill -HUP "$(tg_pid agent)"
check "HNB-AUTH-01: without device-auth nothing is taken" \
	agent_says 20 'decision=not-reloaded .*gate.required.*device-auth is missing'
tg_end segw-gate TERM
finish
