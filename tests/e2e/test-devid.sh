#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034,SC2015,SC2016,SC2046  # called by check; read by topology.sh;
# it can't fail; evaluated later; words
#
# Device identifiers (TR 33.899, solutions #2.x and #2.y) from end to end: a real TPM signs,
# real charons carry it, the SeGW's agent asks the AAA, which asks the repository. Over IKE
# and over TCP through the tunnel. Nobody on the way sees the IMEI, and no log has it.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
. ./flow.sh
. ./devid.sh
setup

# --- manufacture: step 1 of both, and who knows of it ------------------------------------
devid_prepare
check "DID-X-P1, DID-X-P2: the device key is made in the TPM, and asks for a certificate" \
	eval 'trustgate devid provision --solution x --imei "@$TMP/imei" --dir "$D" > "$TMP/out" 2>&1'
leaf devca device '' "$D/device.csr" || bail "no device certificate"
check "DID-X-P1, DID-X-P5: which names nobody, and is taken" \
	eval 'trustgate devid provision --solution x --cert "$R/device.crt" --dir "$D" > "$TMP/out" 2>&1'
service serve
service aaa
check "DID-X-P3: the maker publishes the binding of x" maker publish --cert "$R/device.crt"
check "DID-Y-P1, DID-Y-P3: and that of y, by the same key" maker publish --public-key "$D/device.pub"

# --- x over IKE -----------------------------------------------------------------------------------
devca_crl || bail "no list of the device's CA: $WHY"
segw_devid "solution = x
crl = $R/devca.crl"
hnb_devid 'solution = x, y
after = authenticated'
# Once more where the answer came after 10 s, as then another question is on the wire.
for _ in 1 2 3; do
	flow_up devid
	segw_says 150 "$GOOD"
	flow_end devid
	asked_again || break
done
check "DID-00, DID-X-09: x over IKE: the SeGW authenticates the device identifier" segw_says 1 "$GOOD"
note "$(grep 'decision=devid ' "$SEGW_LOG")"
walk devid "$OUT/devid.pcap" "$TG_RUN/hnb/keys" $(names)
check "DID-X-04: the TPM signed it" grep -q 'decision=devid-proof ' "$AGENT_LOG"
check "DID-X-06/07/08: the AAA was asked, and had it from the repository" \
	grep -q 'solution=x imei=[0-9a-f]\{16\} result=good' "$SEGW_LOG"
check "DID-X-05, PRIV-02: nobody on the way sees the IMEI, and no log has it" unseen "$OUT/devid.pcap"
check "DID-X-09: both gates open" opens 120
# ask: once more, with a log of its own
ask() {
	: > "$SEGW_LOG"
	segw_tg devid ask > "$TMP/out" 2>&1 || why "$(cat "$TMP/out")"
}
wait_for 60 segw_in open || bail "the SeGW's gate does not open"
echo "no list" > "$R/devca.crl"
ask
check "DID-X-09: a list that can't be read is told, and is not put in the other's place" \
	eval 'segw_says 120 "$GOOD" && segw_says 1 "decision=devid-file .*devca.crl"'
check "DID-X-09: the device's certificate is revoked" devca_crl "$R/device.crt"
ask
check "DID-X-09: its next answer is no good, without a restart" \
	segw_says 120 'decision=devid .*result=bad rule=crl.revoked'
check "DID-X-07a: the binding is withdrawn" maker withdraw --solution x
check "DID-X-07: it is asked once more" ask
check "DID-X-07a, FFS-10: the next check fails" segw_says 120 'decision=devid .*result=bad rule=binding'
check "DID-X-09: with on_bad = log user data passes all the same" wait_for 30 both_pass

# --- y over IKE, before and after the gate is open ------------------------------------------------
ocsp_mode silent
segw_devid 'solution = y
after = authenticated
on_bad = close'
hnb_devid 'solution = y'
flow_up devid-y
check "DID-X-02, DID-Y-02: asked before its gate is open, the device does not answer" \
	agent_says 120 'decision=devid-unanswered .*rule=devid.early'
check "DID-X-02, DID-Y-02: and counts it" [ "$(counter early)" -ge 1 ]
check "DID-Y-02: nothing was signed" eval 'not grep -q devid-proof "$AGENT_LOG" && [ "$(counter proven)" = 0 ]'
ocsp_mode good
tg recheck > /dev/null 2>&1
check "DID-Y-02: then its gate opens" opens 120
check "DID-Y-09: y over IKE: and the SeGW authenticates the device identifier" segw_says 150 "$GOOD"
flow_end devid-early
check "DID-Y-05, PRIV-02: nobody sees the IMEI, and no log has it" unseen "$OUT/devid-early.pcap"
wait_for 60 segw_in open || bail "the SeGW's gate does not open"
for _ in 1 2 3; do
	capture_start wan hnb || bail "no capture"
	: > "$SEGW_LOG"
	segw_tg devid ask > "$TMP/out" 2>&1 || note "$(cat "$TMP/out")"
	segw_says 150 "$GOOD"
	flow_end devid-y
	asked_again || break
done
check "DID-Y-03: asked once more, it answers" segw_says 1 "$GOOD"
# last WHO: the number of its latest request
last() { sed -n 's/.*generating INFORMATIONAL request \([0-9]*\) .*/\1/p' "$TG_RUN/$1/log" | tail -n 1; }
walk devid-y "$OUT/devid-y.pcap" "$TG_RUN/hnb/keys" -D HENB=192.0.2.2 \
	-D "ASKED=$(last segw)" -D "PROVEN=$(last hnb)"
# Charon repeats what was lost much later: an answer to what is asked no more.
: > "$SEGW_LOG"
in_ns hnb nft 'table inet lost { chain out { type filter hook output priority 0; udp sport { 500, 4500 } drop; }; }'
segw_tg devid ask > "$TMP/out" 2>&1 || note "$(cat "$TMP/out")"
check "DID-Y-03: an answer is lost: it is asked again" segw_says 60 'devid-again .*no answer in time'
in_ns hnb nft delete table inet lost
check "DID-Y-03: one that is late is not taken for a wrong one" \
	segw_says 150 'devid-again .*asked before'
check "DID-Y-09: and the next is good" segw_says 60 "$GOOD"
check "DID-Y-09: its gate was open throughout" eval 'segw_in open && not grep -q result=bad "$SEGW_LOG"'
segw_devid 'solution = y
after = authenticated
on_bad = close
every = 10s'
segw_agent
check "DID-Y-03: the SeGW's agent starts anew: it asks the same IKE SA" segw_says 120 "$GOOD"
: > "$SEGW_LOG"
check "DID-Y-03: and again after the time that [devid] every gives" segw_says 120 "$GOOD"
check "DID-Y-09: its gate opens again" wait_for 60 segw_in open
check "DID-Y-P3: the binding of y is withdrawn" maker withdraw --solution y
segw_tg devid ask > "$TMP/out" 2>&1 || note "$(cat "$TMP/out")"
check "DID-Y-07a: the next check fails" segw_says 120 'decision=devid .*result=bad rule=binding'
check "DID-Y-09: on_bad = close: the gate closes for good" wait_for 30 segw_in rejected
check "DID-Y-09: and no user data passes" blocked lan $CORE4

# --- x over TCP, through the tunnel ---------------------------------------------------------------
maker publish --replace --cert "$R/device.crt" || bail "x is not published: $WHY"
segw_devid 'solution = x
transport = tcp
listen = 10.99.0.1:48322'
hnb_devid 'solution = x
transport = tcp
verifier = 10.99.0.1:48322'
flow_up devid-tcp
check "FFS-21, DID-X-09: x over TCP: the SeGW authenticates the device identifier" segw_says 150 "$GOOD"
flow_end devid-tcp
walk devid-tcp "$OUT/devid-tcp.pcap" "$TG_RUN/hnb/keys" $(names)
check "DID-X-05, PRIV-02: nobody on the way sees the IMEI, and no log has it" unseen "$OUT/devid-tcp.pcap"

# --- likewise over IPv6, its ESP in UDP as behind a NAT -------------------------------------------
segw_devid 'solution = x
transport = tcp
listen = [fd99::1]:48322'
hnb_devid 'solution = x
transport = tcp
verifier = [fd99::1]:48322'
HNB_CONNECTION="$HNB_CONNECTION
encap = yes"
flow_up devid-tcp6
check "FFS-21, DID-X-09: x over TCP and IPv6, in ESP in UDP: the SeGW authenticates it" segw_says 150 "$GOOD"
flow_end devid-tcp6
# frames FILTER: how many of the capture
frames() { tcpdump -nr "$OUT/devid-tcp6.pcap" "$1" 2> /dev/null | wc -l; }
check "PRIV-02: ESP in UDP it was" [ "$(frames 'udp port 4500 and udp[8:4] != 0 and udp[4:2] > 9')" -gt 4 ]
check "PRIV-02: and none of it in clear" is "frames" 0 "$(frames 'port 48322 or esp')"
flow_down
finish
