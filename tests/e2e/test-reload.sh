#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
# shellcheck disable=SC2034,SC2015,SC2119	# read by topology.sh; the middle can't fail
#
# SIGHUP: a configuration with an error, or with what needs a restart, changes nothing
# and says so; a good one is in effect at once, and what is open stays so (HNB-GATE-15).
cd "$(dirname "$0")" || exit 1
AGENT_CHARON='backoff_min = 500ms
backoff_max = 500ms'
AGENT_GATE='required = device-auth, revocation'
. ./lib.sh
setup
CONF=/run/trustgate/hnb/trustgated.conf

# hup SED...: the configuration so changed, and told
hup() {
	MARK=$(wc -l < "$AGENT_LOG")
	sed -i "$@" $CONF
	kill -HUP "$(tg_pid agent)"
}
since() { tail -n +$((MARK + 1)) "$AGENT_LOG"; }
since_has() { since | grep -q -- "$1"; }
says() { wait_for "${2:-10}" since_has "$1" || why "no \"$1\""; }
# told KEY RULE: not reloaded, for this
told() { says "decision=not-reloaded .*key=$1.* rule=\"*$2" && not since_has decision=reload\ ; }
open() { in_state open || in_state reverify; }
unchanged() { open && both_pass && is "process" "$PID" "$(tg_pid agent)"; }
more_requests() { [ "$(ocsp_requests)" -gt "$1" ]; }

charon_conf segw
charon_conf hnb
charon_start segw && charon_start hnb || bail "no charon"
agent_start
check "HNB-GATE-06: opens" agent_says 40 decision=open
PID=$(tg_pid agent)
cp $CONF "$TMP/good"
watch
hup 's/^uri = .*/uri = https:\/\/10.99.0.2\//'
check "reload: a file with an error is told of, with the key" told ocsp.uri 'OCSP over https'
check "reload: and changes nothing" unchanged
cp "$TMP/good" $CONF
hup 's/^anchor = .*/anchor = \/nowhere/'
check "reload: a file that it names and that is not there" told peer.anchor 'No such file'
check "reload: changes nothing" unchanged
cp "$TMP/good" $CONF
hup 's/^\[agent\]/&\nlease = 20s/'
check "reload: what needs a restart is told" told '"*\[agent\]' "can't change"
check "reload: and changes nothing" unchanged
cp "$TMP/good" $CONF
hup 's/^required = .*/required = device-auth/'
check "reload: which proofs are required can't be taken back so" told '"*\[gate\]' "can't change"
check "reload: user data passes as before" unchanged
cp "$TMP/good" $CONF
N=$(ocsp_requests)
hup 's/^\[ocsp\]/&\nrecheck_max = 3s/'
check "reload: a good file is taken" says 'decision=reload '
check "reload: all is proven again" wait_for 10 more_requests "$N"
sleep 3
N=$(ocsp_requests)
check "reload: and what it says is in effect: asked again within 3 s" wait_for 15 more_requests "$N"
check "HNB-GATE-15: what was open never closed" eval \
	'both_pass && not happened suspended any && not happened pending any &&
	 not happened rejected any'
hup 's/^name = .*/name = other.operator.test/'
check "HNB-F2-14: by a new name of the peer it is another, and closes" eval \
	'says "decision=reload " && says "decision=reject" 15 && blocked lan $CORE4'
check "HNB-F2-14: and the next IKE SA is held against that name" \
	says 'decision=refuse .*rule=name.mismatch' 40
finish
