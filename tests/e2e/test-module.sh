#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
#
# What becomes of a tunnel when the gate under it starts afresh: another scope, another
# module. All is held at first, and opens again by proofs alone. HNB-GATE-13.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
AGENT_AGENT='lease = 20s
renew = 2s'
AGENT_GATE='t_verify = 300s
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

# --- the scope
out() { tg config set scope=reqid=77-78 --delete-held; }
check "HNB-GATE-13: what is open leaves the scope" out
check "HNB-GATE-13: and is none of the gate's business there" both_pass
back() { tg config set scope=all && opens 60 && both_pass; }
check "HNB-GATE-13: back in scope it is announced and proven anew, and opens" back
unbound_timeouts() { ! tg show sa | grep -q unbound-timeout; }
check "HNB-GATE-13: no SA is left that nobody announces" unbound_timeouts

# --- the module
ocsp_mode silent
replace() {
	trustgate config set mode=off --delete-held && gate_unload && gate_load &&
		tg config show | grep -qx mode=enforce
}
check "HNB-GATE-22: the module is replaced under agent and charon" replace
check "HNB-GATE-22: the new one holds all: 0 user packets pass" all_held
ocsp_mode good
check "HNB-GATE-22: the agent finds it, and the same IKE SA opens again" opens 60
check "HNB-GATE-06: user data passes" both_pass
check "HNB-GATE-22: the agent says what happened" agent_says 5 decision=module-replaced
finish
