#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034,SC2015,SC2016,SC2086  # called by check; read by topology.sh;
# it can't fail; evaluated later; one word
#
# Flow F2, certificates, status and integrity information (TS 33.320 A.1), on the wire: each
# of its numbered steps, in order, with the SeGW's status in IKE. Then what somebody learns
# who plays the SeGW.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
. ./flow.sh
B=$TMP/box
STORE=$SEGW_D/devices.db
STATUS="certificate = $PKI/segw.crt
issuer = $PKI/opca.crt
status_uri = $OCSP_URL/opca"
AGENT_OCSP='mode = inband'
# A TPM in a machine that is emulated takes its time.
AGENT_INTEGRITY='deadline = 8s'
SEGW_MORE="[integrity]
policy = required
reference = $TMP/reference.policy
enrolment = $STORE"
setup
ocsp_start wan || bail "no responder in wan"

clock_synced yes || bail "the kernel's clock can't be declared synchronised"
mkdir -p $SEGW_D
agent_conf || bail "no policy"
cp /run/trustgate/hnb/reference.policy "$TMP/reference.policy"
trustgate tre provision --dir "$B" --replace ek > "$TMP/provision" 2>&1 &&
	trustgate devices enrol --cert "$PKI/hnb.crt" --dir "$B" --devices $STORE --replace \
		"$HNB_NAME" >> "$TMP/provision" 2>&1 || bail "no keys: $(cat "$TMP/provision")"

# boottime: what the wall clock was when the machine started
boottime() {
	python3 -c 'import time
print("%.6f" % (time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)))'
}
# measured_first FLOW: the box's own verdict is older than the first message
measured_first() {
	python3 - "$AGENT_LOG" "$TMP/$1.json" "$BOOT" <<-'X' || why "$(grep decision=integrity "$AGENT_LOG")"
	import json, re, sys
	log, walk = open(sys.argv[1]).read(), json.load(open(sys.argv[2]))
	verdict = re.search(r"boottime=([0-9.]+) decision=integrity verdict=pass", log)
	first = walk["messages"][0]["time"] - float(sys.argv[3])
	print("# measured good at %s s, first IKE message at %.3f s" % (verdict.group(1), first))
	sys.exit(float(verdict.group(1)) >= first)
	X
}

# --- the status in IKE
SEGW_MAIN=$STATUS
flow_up f2
BOOT=$(boottime)
check "HNB-F2-15: the SeGW's status came in IKE: the H(e)NB's gate opens" opens 60
check "SGW-INT-08, SGW-F2-08: the SeGW's opens, by its proofs of the H(e)NB" wait_for 60 segw_in open
flow_end f2
# shellcheck disable=SC2046  # words
walk f2 "$OUT/f2.pcap" "$TG_RUN/hnb/keys" $(names)
check "HNB-F2-01/02: measured, and good, before the first message was sent" measured_first f2
check "SGW-F2-10: the SeGW had asked for its status, before anybody asked it" \
	segw_says 1 'decision=own-status rule=ocsp.good'
check "HNB-F2-06: the H(e)NB asked nobody itself" eval \
	'! test -s "$(ocsp_dir wan)/requests" && ! grep -q "10\.50\." "$(ocsp_dir core)/requests"'
check "SGW-F2-11: user data passes, from either end" wait_for 30 both_pass

# --- somebody at the SeGW's address
SEGW_MAIN=
AGENT_CHARON='start = no'
AGENT_OCSP='mode = inband'
flow_down
SEGW_CERT=evil
both_start
agent_start
agent_says 60 'decision=integrity verdict=pass' && agent_says 30 decision=plugin-connected ||
	bail "no agent"
capture_start wan hnb || bail "no capture"
check "HNB-F2-13: somebody at the SeGW's address: no tunnel" not swan hnb --initiate \
	--child core --timeout 30 > /dev/null
check "HNB-F2-13: no SA" no_keys hnb
flow_end f2-evil
# shellcheck disable=SC2046  # words
walk f2-evil "$OUT/f2-evil.pcap" "$TG_RUN/segw/keys" $(names)
read_anything() {
	python3 - "$TMP/f2-evil.json" <<-'X'
	import json, re, sys
	has = [w for m in json.load(open(sys.argv[1]))["messages"] for w in m["has"]
	       if w.startswith(("IDi", "CERT=4:"))]
	sys.exit(not any(re.search(r"\d{14}", w) for w in has))
	X
}
# learnt: octets of INTEGRITY_INFO that he has
python3 - "$TMP/f2-evil.json" "$TMP/learnt" <<'X'
import json, sys
words = [w for m in json.load(open(sys.argv[1]))["messages"] for w in m["has"]]
found = [w.split(":", 1)[1] for w in words if w.startswith("N=48320:")]
open(sys.argv[2], "wb").write(bytes.fromhex(found[0]) if found else b"")
X
note "INTEGRITY_INFO has $(stat -c %s "$TMP/learnt") octets"
check "PRIV-04: it is a record, which says: pass" eval \
	'trustgate report show "$TMP/learnt" > "$TMP/show" 2>&1 && grep -q pass "$TMP/show"'
# An event log has kilobytes; an IMEI fifteen digits, an IMSI as many.
check "PRIV-04: with no event log in it" [ "$(stat -c %s "$TMP/learnt")" -lt 1024 ]
check "PRIV-04: and no number of a device or a subscriber, in all that he read" eval \
	'not grep -aqE "[0-9]{14,16}" "$TMP/learnt" && not read_anything'
clock_synced no
finish
