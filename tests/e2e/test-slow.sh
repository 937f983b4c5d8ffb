#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by check; read by topology.sh
#
# A TPM that does not answer, before there is a tunnel and under one: HNB-TRE-03, PIT-42. It
# is stopped, so it has to be a process of the guest's, as in a User-Mode Linux.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
tpm=$(pgrep -x swtpm) || { echo "1..0 # SKIP the TPM is not in the guest (see tests/vm/uml)"; exit 4; }
AGENT_TRE='max_age = 30s'
AGENT_GATE='t_verify = 20s
grace = 0s
boot_attempts = 100'
AGENT_CHARON='backoff_min = 1s
backoff_max = 2s'
CHARON_LOG=1
setup
trap 'kill -CONT $tpm; teardown' EXIT
charon_conf segw
charon_start segw || bail "no charon"
charon_conf hnb
charon_start hnb || bail "no charon"
agent_conf || bail "no configuration"
watch

kill -STOP "$tpm"
agent_start
check "PIT-42: the agent does not wait for it for ever, and says so" \
	agent_says 60 'decision=integrity verdict=unavailable rule=[a-z.]* value='
says_why() {
	tg why > "$TMP/why" 2>&1
	grep -q "^trustgate: tpm: unavailable, " "$TMP/why" || why "$(cat "$TMP/why")"
}
check "PIT-42: why says what is missing" says_why
no_ike() { not sa_present && not grep -q "initiating IKE_SA" "$TG_RUN/hnb/log"; }
check "HNB-TRE-03: charon is not told to start: no IKE SA" no_ike
check "HNB-TRE-03: and no user data passes" all_held
kill -CONT "$tpm"
check "PIT-42: when it answers again, the gate opens" opens 90
check "HNB-GATE-06: user data passes" both_pass

: > "$AGENT_LOG"
T=$(now_ms)
kill -STOP "$tpm"
check "PIT-42: under an open tunnel it is said as well" \
	agent_says 60 'decision=proof .*proof=integrity result=indeterminate rule='
check "HNB-GATE-18: the last proof lapses, and the gate closes" wait_for 60 happened suspended expired "$T"
check "HNB-GATE-18: no user data passes" all_held
check "HNB-GATE-08: no proof in time: the IKE SA is deleted" agent_says 60 'decision=terminate .*rule=not-verified'
kill -CONT "$tpm"
check "PIT-42: when it answers again, the gate opens" opens 90
check "HNB-GATE-06: user data passes" both_pass
finish
