#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
#
# A box whose measured state is not the known one: charon is never told to start, and
# a tunnel made by hand stays held. HNB-TRE-01, HNB-TRE-02, HNB-F1-01.
cd "$(dirname "$0")" || exit 1
AGENT_PCRS='0 1 2 3 4 5 6 7 10'
AGENT_TRE='retry = 2s'
AGENT_CHARON='backoff_min = 1s
backoff_max = 2s'
AGENT_OCSP='try = 5s'
. ./lib.sh
setup
agent_conf || bail "no policy"
want=$(sed -n 's/^pcr 10 //p' /run/trustgate/hnb/reference.policy)
line=$(grep -n '^pcr 10 ' /run/trustgate/hnb/reference.policy | cut -d: -f1)
tpm2_pcrextend "10:sha256=$(head -c 64 /dev/zero | tr '\0' a)" || bail "no tpm2_pcrextend"
have=$(tpm2_pcrread sha256:10 | sed -n 's/^ *10 *: 0x//p' | tr A-F a-f)

charon_conf segw
charon_conf hnb
charon_start segw && charon_start hnb || bail "no charon"
watch
count_reset
agent_start
check "HNB-TRE-01: an unknown value of PCR 10: the verdict is fail" \
	agent_says 30 'decision=integrity verdict=fail rule=tre.pcr.mismatch'
sleep 10
check "HNB-TRE-01: 10 s later: no UDP 500 or 4500 has left the box" \
	is "IKE packets on wan" 0 "$(count wan_ike)"
check "HNB-TRE-02: charon has no IKE SA" ike_gone
status() { local rc=0; tg status > "$TMP/status" 2>&1 || rc=$?; [ $rc != 0 ] || why "status is 0"; }
check "HNB-TRE-02: trustgate status is not 0" status
names() {
	tg why > "$TMP/why" 2>&1
	for w in "PCR 10" "$have" "$want" "line $line"; do
		grep -qi -- "$w" "$TMP/why" || why "no \"$w\" in: $(cat "$TMP/why")" || return 1
	done
}
check "HNB-TRE-01: trustgate why names the PCR, both values and the policy's line" names
note "$(cat "$TMP/why")"

# By hand.
tunnel_initiate
check "HNB-TRE-02: a tunnel by hand comes up" wait_for 30 sa_present
check "HNB-TRE-02: and is held: 0 user packets" all_held
check "HNB-TRE-02: rejected for bad integrity" wait_for 30 happened rejected bad-integrity
check "HNB-TRE-02: never open" not happened open any
check "HNB-TRE-02: 0 user packets after the verdict" all_held
check "HNB-TRE-02: trustgate why names it for the context as well" names

# A policy that knows the value.
agent_policy $AGENT_PCRS
check "HNB-TRE-01: with a policy that lists the value: opens" opens 90
check "HNB-GATE-06: user data passes" both_pass

# No TPM.
fresh
watch
agent_conf
sed -i 's/^\[tre\]/[tre]\ntcti = device:\/dev\/none/' /run/trustgate/hnb/trustgated.conf
charon_conf segw
charon_conf hnb
charon_start segw && charon_start hnb || bail "no charon"
count_reset
agent_start
check "HNB-TRE-01: without a TPM: the verdict is unavailable" \
	agent_says 30 'decision=integrity verdict=unavailable rule=tre.tpm'
sleep 5
check "HNB-TRE-01: no IKE packet leaves the box" is "IKE packets on wan" 0 "$(count wan_ike)"
tunnel_initiate
check "HNB-TRE-02: a tunnel by hand is held" all_held
no_tpm() { tg why 2>&1 | tee "$TMP/why" | grep -q /dev/none || why "$(cat "$TMP/why")"; }
check "HNB-TRE-01: trustgate why names the TPM" no_tpm
check "HNB-TRE-02: pending, for want of the proof" in_state pending
check "HNB-TRE-02: never open" not happened open any
finish
