#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by check, settings read by topology.sh
#
# Flow F3, certificate and EAP-AKA (TS 33.320 A.2, RFC 4739): with a USIM in software, a
# AAA server and an HLR, and the gate at both ends. Each step on the wire, in order; and
# whatever is not both rounds opens nothing.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
. ./flow.sh
. ../lib/aka.sh
AGENT_CHARON='start = no'
AGENT_GATE='authentication = combined
t_verify = 300s'
# With a way to verify later: else nobody gets in without an agent.
AGENT_OCSP='mode = inband, intunnel'
AGENT_INTEGRITY='integrity_info = force'
STATUS="certificate = $PKI/segw.crt
issuer = $PKI/opca.crt
status_uri = $OCSP_URL/opca"
SEGW_MORE='[integrity]
policy = ignore'

# both: the charons anew, and nothing left of what they had; the agents that are there
# know of them
both() {
	local ns was other
	was=$(connected)
	rm -f "$TG_RUN/staple/seen"
	charon_stop hnb
	charon_stop segw
	for ns in hnb segw; do
		ip -n $ns xfrm state flush
		ip -n $ns xfrm policy flush
	done
	charon_conf segw
	charon_conf hnb
	(trap - EXIT; charon_start segw) &
	other=$!
	charon_start hnb || bail "no charon"
	wait $other || bail "no charon at the SeGW"
	[ -z "$(tg_pid agent)" ] || wait_for 30 eval '[ "$(connected)" -gt '"$was"' ]' || bail "no plugin"
	[ -z "$(tg_pid segw-agent)" ] || wait_for 30 test -e "$TG_RUN/staple/seen" ||
		bail "no plugin at the SeGW"
}
connected() { cat "$AGENT_LOG" 2> /dev/null | grep -c plugin-connected; }

anew() {
	swan hnb --terminate --ike segw --force --timeout 10 > /dev/null 2>&1
	wait_for 20 ike_gone
	: > "$AKA_D/log"
	: > "$TG_RUN/hnb/log"
	aka_mode good
	aka_aaa good
}
try() { initiate core 60; }
# first_round: it is captured, and HLR and AAA server wait; once more where charon's TPM
# plugin wrote no DER
first_round() {
	local before
	for _ in 1 2 3; do
		before=$(tg_unreadable)
		: > "$AKA_D/hlr.log"
		aka_mode hold
		capture_start wan hnb || return 1
		swan hnb --initiate --child core --timeout 120 > "$TG_RUN/hnb/initiate" 2>&1 &
		trying=$!
		wait_for 90 eval 'grep -q AKA-REQ-AUTH "$AKA_D/hlr.log" ||
			[ "$(tg_unreadable)" -gt '"$before"' ]' || return 1
		[ "$(tg_unreadable)" -gt "$before" ] || return 0
		wait $trying
		capture_stop wan hnb
	done
	return 1
}
proxy() { grep -q -- "$1" "$AKA_D/log" || why "RADIUS: $(tr '\n' ';' < "$AKA_D/log")"; }
# The last IKE_AUTH request was the first of its IKE SA
is_one() {
	is "the last of its requests" 1 "$(sed -n 's/.*generating IKE_AUTH request \([0-9]*\) .*/\1/p' \
		"$TG_RUN/hnb/log" | tail -n 1)"
}
# proofs NS: those that are good of its newest context
proofs() {
	local tool=tg
	[ "$1" = hnb ] || tool=segw_tg
	$tool show context -j | python3 -c '
import json, sys
c = max(json.load(sys.stdin)["contexts"], key=lambda c: c["id"], default=None)
print(",".join(k for k in c["required"] if k not in c["missing"]) if c else "none")'
}
proven() { is "proofs at $1" "$2" "$(proofs "$1")"; }
# refused: no IKE SA, nothing has opened, nothing passes
refused() {
	wait_for 30 ike_gone || why "there is an IKE SA" || return 1
	not happened open any "$T" || why "the gate opened" || return 1
	no_keys hnb
}
# lacking: how often a round was missing so far; lacks N: it was once more
lacking() { grep -c 'decision=refuse .*rule=round.missing' "$AGENT_LOG"; }
lacks() { [ "$(lacking)" -gt "$1" ] || why "no round was missing"; }
# fails: an attempt that comes to nothing
fails() {
	T=$(now_ms)
	not try && refused
}

setup
aka_set && aka_start || bail "no AAA server"
check "AAA-F3-09: the vectors are Milenage's, by the sets of TS 35.208" \
	eval 'python3 ../lib/hlr.py --self-test > /dev/null'
clock_synced yes

# --- every step, and between the rounds
SEGW_MAIN="$STATUS
combined = *.vendor.test" segw_agent
both
wait_for 30 grep -q plugin-connected "$SEGW_LOG" || bail "no plugin at the SeGW"
agent_start
agent_says 30 plugin-connected || bail "no plugin at the H(e)NB"
segw_says 60 decision=own-status || bail "the SeGW has no status of its own"
watch
check "AAA-F3-10: the first round is done, and the AAA server asks its HLR" first_round
check "SGW-F3-08: it was sent the identity and an empty EAP AVP" \
	proxy "^Access-Request identity=$(aka_nai 1) eap=start"
check "SGW-F3-05: between the rounds the H(e)NB has no SA" no_keys hnb
check "SGW-F3-05: nor has the SeGW" no_keys segw
check "SGW-F3-05: the H(e)NB's context has device-auth alone" proven hnb device-auth
check "SGW-F3-05: and so has the SeGW's" proven segw device-auth
aka_mode good
wait $trying
check "SGW-F3-20: both rounds done, the H(e)NB's gate opens" opens 60
check "SGW-F3-20: and the SeGW's" wait_for 60 segw_in open
check "HNB-F3-18: it opened with hp-auth among the proofs" eval 'proofs hnb | grep -q hp-auth'
check "SGW-F3-20: so did the SeGW's" eval 'proofs segw | grep -q hp-auth'
check "SGW-F3-20: user data passes, from either end" both_pass
flow_end f3
check "SGW-F3-14: the challenge's answer went to the AAA server" \
	proxy 'Access-Request .*eap=response/aka/challenge'
check "AAA-F3-15: whose success has keys" proxy 'Access-Accept .*eap=success keys=yes'
walk f3 "$OUT/f3.pcap" "$TG_RUN/hnb/keys" -D "HNB=$HNB_NAME" -D "SEGW=$SEGW_NAME" \
	-D "NAI=$(aka_nai 1)"
check "SGW-F3-21: the device is who it is called by, not its hosting party" \
	eval 'segw_tg show context -j | grep -q "\"peer\": *\"$HNB_NAME\""'

# --- of those who must do both rounds
anew
sed -i '/local-hp {/,/}/d' "$TG_RUN/hnb/swanctl/swanctl.conf"
swan hnb --load-all --noprompt > /dev/null 2>&1
cp "$TG_RUN/segw/swanctl/swanctl.conf" "$TMP/segw.conf"
sed -i '/remote-hp {/,/}/d' "$TG_RUN/segw/swanctl/swanctl.conf"
swan segw --load-all --noprompt > /dev/null 2>&1
check "SGW-F1-06: combined, and the H(e)NB omits ANOTHER_AUTH_FOLLOWS: refused" fails
check "SGW-F1-06: because of the round that is missing" \
	segw_says 5 'decision=refuse .*rule=round.missing'

# --- by an agent that lets everybody in, so that the H(e)NB is alone with it
segw_agent_end
ocsp_make "$TMP/good.der" || bail "no OCSP response"
segw_revoke > /dev/null 2>&1
ocsp_make "$TMP/revoked.der" || bail "no OCSP response"
segw_unrevoke > /dev/null 2>&1
segw_agent_start
staple "$TMP/good.der"
aka_set
SEGW_CONNECTION='unique = never' SEGW_STRONGSWAN='multiple_authentication = no'
both
anew
n=$(lacking)
check "SGW-F3-02, PIT-32: a SeGW without MULTIPLE_AUTH_SUPPORTED: the H(e)NB gives up" fails
check "PIT-32: though the SeGW would take the certificate alone" \
	grep -q "authentication of '$HNB_NAME' with .* successful" "$TG_RUN/segw/log"
check "PIT-32: and says why" lacks "$n"
check "PIT-32: 0 user packets arrive" all_held

aka_set
both
anew
staple "$TMP/revoked.der"
check "HNB-F3-06: the SeGW's status is revoked: refused" fails
check "HNB-F3-06: step 7 was never sent" is_one
check "HNB-F3-06: and the AAA server has not heard of the hosting party" test ! -s "$AKA_D/log"
staple "$TMP/good.der"

anew
aka_mode autn
check "HNB-F3-12: AUTN of a network without the key: EAP fails, no IKE SA" fails
check "HNB-F3-12: the USIM has refused it" proxy 'eap=response/aka/reject'
check "HNB-F3-12: 0 user packets arrive" all_held

anew
aka_aaa keyless
check "AAA-F3-15: success without keys: no IKE SA" fails
check "AAA-F3-15: it was success" proxy 'Access-Accept .*keys=no'
check "SGW-F3-16: AUTH did not fit what SK_p makes" \
	grep -q 'verification of AUTH payload without EAP MSK failed' "$TG_RUN/segw/log"

anew
aka_second 3 eap-md5 testing
both
anew
n=$(lacking)
check "SGW-F3-16: a method without a key, AUTH of SK_p at both ends: refused" fails
check "SGW-F3-16: though EAP and AUTH were good by charon" \
	grep -q "authentication of '$(aka_nai 3)' with EAP successful" "$TG_RUN/segw/log"
check "SGW-F3-16: for want of a round that counts" \
	lacks "$n"

# --- the agent is killed between the rounds
aka_second
both
anew
first_round || bail "no second round"
agent_kill
aka_mode good
wait $trying
check "SGW-F3-20: the agent killed before step 20: there is an SA" \
	wait_for 20 eval '[ "$(keyed hnb)" -ge 2 ]'
check "SGW-F3-20: and 0 user packets" all_held
clock_synced no
finish
