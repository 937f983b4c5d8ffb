#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by check, settings read by topology.sh
#
# INTEGRITY_INFO from end to end: the H(e)NB's TPM signs for this IKE SA, its charon sends
# it, the SeGW's charon hands it over, the SeGW's agent appraises it, and the SeGW's
# context opens, or not: HNB-INT-*, SGW-INT-*, FFS-03, FFS-05, HNB-TRE-10 b, HNB-TRE-12.
cd "$(dirname "$0")" || exit 1
. ./report.sh

report_setup
segw_agent required reject
agent_start
check "HNB-TRE-11: the box has measured itself" agent_says 60 'decision=integrity verdict=pass'

# --- it is good --------------------------------------------------------------------
agent_says 20 'decision=plugin-connected' || bail "charon does not know of the agent"
attempt
check "HNB-INT-01: the H(e)NB's agent has a record made" agent_says 5 'decision=report '
note "$(grep decision=report "$AGENT_LOG" | tail -n 1)"
check "SGW-INT-08: the SeGW's finds it good" segw_says 5 'decision=appraise .*result=good outcome=proven'
check "SGW-INT-08, HNB-TRE-10: its context opens" segw_gets 20 open
check "SGW-INT-08: by that proof" proof_is good
check "HNB-F2-02: the H(e)NB's opens as well" opens 30
check "SGW-INT-08: user data passes, from either end" wait_for 30 both_pass
check "SGW-INT-10: one record was parsed" is parsed 1 "$(count_of parsed)"
cp "$T/record" "$T/kept"
note "a record has $(stat -c %s "$T/kept") octets"
segw_agent required reject
check "FFS-05: an agent that was restarted is told of it again, and finds it good" \
	segw_says 30 'decision=appraise .*outcome=proven'
check "FFS-05: and the context opens" segw_gets 30 open

# --- one bit of each part -------------------------------------------------------------
bits() { # RULE WHAT...
	local rule=$1 part
	shift
	for part; do
		tamper flip "$part"
		check "$ROWS: a bit of $part changed: IKE is refused" refused
		check "$ROWS: by the rule $rule" \
			segw_says 5 "decision=appraise .*result=bad outcome=refused rule=$rule "
		check "$ROWS: it was that bit" grep -q "^flip $part" "$T/log"
	done
	tamper none
}
for part in spi_i spi_r ni nr idi; do
	ROWS='FFS-03, HNB-TRE-10' bits "tre.quote.${part/_/-}" $part
done
for part in nonce claims; do
	ROWS='HNB-TRE-12' bits tre.quote.$part $part
done
ROWS='HNB-TRE-12, CON-26' bits tre.signature quote signature
ROWS='FFS-03, HNB-TRE-12' bits tre.ak.name ak
ROWS=FFS-03 bits record.version version
check "HNB-INT-02: charon's log at the SeGW says who refused, and why" \
	grep -q 'trustgate: .* is refused: ' "$TG_RUN/segw/log"

# --- another's words ------------------------------------------------------------------
tamper replay
check "HNB-INT-05: a record of an IKE SA before: refused" refused
check "HNB-INT-05, HNB-TRE-10: as of another IKE SA" segw_says 5 'outcome=refused rule=tre.quote.spi-i '
tamper cut
check "SGW-INT-10: what is no record, of a peer that has authenticated: refused" refused
check "SGW-INT-10: as such" segw_says 5 'outcome=refused rule=record\.'
parsed=$(count_of parsed)
sed -i 's/cacerts = vroot.crt/cacerts = opca.crt/' "$TG_RUN/segw/swanctl/swanctl.conf"
swan segw --load-all --noprompt > /dev/null 2>&1
check "SGW-INT-10: the same of one that has not: refused" refused
check "SGW-INT-10, CON-10: no parser has seen it" is parsed "$parsed" "$(count_of parsed)"
check "SGW-INT-10: nor has the agent" not grep -q decision=appraise "$LOG"
sed -i 's/cacerts = opca.crt/cacerts = vroot.crt/' "$TG_RUN/segw/swanctl/swanctl.conf"
swan segw --load-all --noprompt > /dev/null 2>&1
tamper none
provision --replace ak
restart_hnb
check "HNB-INT-04: another attestation key than was enrolled: refused" refused
check "HNB-INT-04: by its name" segw_says 5 'outcome=refused rule=tre.ak.name '
enrol
attempt
check "HNB-INT-04: enrolled with it: the context opens" segw_gets 20 open
tamper replay
check "HNB-INT-05, PIT-40: a record by the key of another box: refused" refused
check "HNB-INT-05: by the key's name" segw_says 5 'outcome=refused rule=tre.ak.name '
tamper none

# --- the state is not the allowed one ---------------------------------------------------
attempt
segw_gets 20 open
sed -i 's/^\(pcr 0\) .*/\1 '"$(printf '%064d' 1)"'/' $D/reference.policy
check "FFS-05: the state of an open context is no longer allowed: it is closed" \
	segw_gets 20 rejected
check "FFS-05: and the log says by which PCR" segw_says 5 'result=fail outcome=refused rule=appraise.pcr .*PCR'
check "FFS-05: nor does IKE come up again" refused
segw_agent required pending-validate
attempt
check "FFS-05: pending-validate: IKE comes up" segw_says 5 'result=fail outcome=held rule=appraise.pcr '
check "FFS-05: and the context is held" segw_gets 5 pending
check "FFS-05: with no user data, in either direction" all_held
check "FFS-05: until T_VERIFY, when it is refused" segw_says 40 'decision=reject .*not-verified'
check "FFS-05: and gone" segw_gets 20 gone
segw_agent optional log
attempt
check "FFS-05: log, and optional: it opens" segw_gets 20 open
check "FFS-05: without that proof" proof_is none
check "FFS-05: which is logged" segw_says 5 'result=fail outcome=accepted rule=appraise.pcr '
cp /run/trustgate/hnb/reference.policy $D/reference.policy
check "FFS-05: when its state is allowed again, the proof comes" wait_for 20 proof_is good

# --- the box's own verdict ----------------------------------------------------------------
segw_agent required reject
sed -i 's/^\(pcr 0\) .*/\1 '"$(printf '%064d' 1)"'/' /run/trustgate/hnb/reference.policy
restart_hnb fail
check "HNB-F2-02: a box whose own verdict is fail says so: refused" refused
check "HNB-F2-02: by its own words" segw_says 5 'result=fail outcome=refused rule=appraise.claim.fail '
cp $D/reference.policy /run/trustgate/hnb/reference.policy
restart_hnb

# --- none -----------------------------------------------------------------------------------
rm -f $STORE
segw_agent required reject
attempt
check "FFS-04: not enrolled, and required: held" segw_says 5 'result=unknown outcome=held rule=appraise.device.unknown '
check "FFS-04: the context is held" segw_gets 5 pending
enrol
check "FFS-04: enrolled meanwhile: it opens" segw_gets 20 open
AGENT_INTEGRITY='integrity_info = off'
restart_hnb
check "SGW-INT-11: required, and none came: refused" refused
check "SGW-INT-11: as such" segw_says 5 'result=absent outcome=refused rule=appraise.absent '
segw_agent optional reject
attempt
check "SGW-INT-11, CON-09: optional, and none came: it opens" segw_gets 20 open
check "SGW-INT-11: without that proof" proof_is none
check "SGW-INT-11: user data passes" wait_for 30 both_pass
check "SGW-INT-10: nothing was parsed" is parsed 0 "$(count_of parsed)"
AGENT_INTEGRITY='deadline = 100ms'
restart_hnb
# It makes RSA keys, which takes it longer than that; now and then it is between two.
busy() { while :; do tpm2_createprimary -Q -C o -G rsa2048 -c "$TMP/busy.$1" && tpm2_flushcontext -t; done; }
late() {
	for _ in $(seq 8); do
		attempt
		! grep -q 'decision=no-report .*rule=worker.timeout' "$AGENT_LOG" || return 0
	done
	why "it never was"
}
busy 1 > /dev/null 2>&1 &
one=$!
busy 2 > /dev/null 2>&1 &
two=$!
check "PIT-42: a TPM that is late: the H(e)NB's log says so" late
kill $one $two
check "PIT-42: and IKE went on without a record" segw_says 5 'result=absent outcome=accepted'
check "PIT-42: the context opens" segw_gets 20 open

# --- a plugin that is late to read what the agent wants of charon ----------------------------
down
agent_stop
mkdir "$T/late"
echo late 1000 > "$T/late/mode"
AGENT_AGENT='plugin_socket = /run/trustgate/hnb/plugin.sock' AGENT_CHARON='' AGENT_INTEGRITY=''
agent_conf
python3 ./tamper.py /run/trustgate/plugin.sock /run/trustgate/hnb/plugin.sock "$T/late" \
	2> "$TMP/late.err" < /dev/null &
echo $! > "$TG_RUN/pids/tamper-hnb"
segw_agent required reject
agent_start
check "HNB-INT-01: a plugin that is late to read that it is to send a record: it is sent" \
	segw_says 60 'decision=appraise .*outcome=proven'
check "HNB-INT-01: and no IKE SA was begun without" is attempts 1 "$(grep -c decision=appraise "$LOG")"
check "HNB-INT-01: the context opens" segw_gets 30 open
down
tg_end segw-gate TERM
finish
