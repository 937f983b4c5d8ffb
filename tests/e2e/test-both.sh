#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by check, settings read by topology.sh
#
# Both ends gate, and the H(e)NB verifies through the tunnel: the SeGW lets that flow
# and no other through while it holds the H(e)NB (PIT-55, state machine 2.9). And with
# its own status in IKE nobody has to ask (SGW-F2-10). Each mode of learning it is here;
# both rounds of authentication are in test-f3.sh.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
SEGW_TRUSTGATE=1
AGENT_GATE='t_verify = 300s
boot_attempts = 100'
AGENT_OCSP='try = 3s
retries = 16'
D=/run/trustgate/segw
LOG=$TG_RUN/segw-agent.log

# segw_agent [URI]: what its H(e)NBs may reach while they are held; its own source is a
# responder beside it
segw_agent() {
	tg_end segw-gate TERM
	mkdir -p $D
	cat > $D/trustgated.conf <<-E
	[agent]
	role = segw
	plugin_socket = $TG_RUN/segw/plugin.sock
	control_socket = $D/control.sock
	[charon]
	vici = $TG_RUN/segw/vici
	[gate]
	t_verify = 300s
	[ocsp]
	${1:+uri = $1}
	revoked = $D/revoked
	[clock]
	state = $D/clock
	[segw]
	crl_dir = $TMP/crl
	${STATUS-}
	[vendor acme]
	anchor = $PKI/vroot.crt
	sources = own
	[source own]
	class = manufacturer-ocsp
	uri = http://10.99.0.1:8080/vca
	[authz]
	E
	: > "$LOG"
	nsenter --net=/run/netns/segw -- /usr/sbin/trustgated -c $D/trustgated.conf \
		>> "$LOG" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/segw-gate"
	wait_for 20 test -S $D/control.sock || bail "no agent at the SeGW: $(tail -n 3 "$LOG")"
}

segw_state() {
	in_ns segw trustgate --socket $D/control.sock show context -j | python3 -c '
import json, sys
print(max(json.load(sys.stdin)["contexts"], key=lambda c: c["id"], default={"state": "none"})["state"])'
}
segw_is() { is "the SeGW's context" "$1" "$(segw_state)"; }

setup
hnb_unrevoke
ocsp_start segw
ocsp_mode good
ocsp_mode_of segw silent

segw_agent "$OCSP_URL/"
tunnel_up || bail "no tunnel"
check "PIT-55: the H(e)NB's query passes a SeGW that is pending, and it opens" opens 60
check "PIT-55: the SeGW is pending still" segw_is pending
check "HNB-GATE-25, PIT-55: so no user data passes, in either direction" all_held
ocsp_mode_of segw good
check "PIT-55: its source answers: it opens as well" wait_for 60 segw_is open
check "PIT-55: user data passes, from either end" both_pass

fresh
ip -n segw xfrm state flush
ip -n segw xfrm policy flush
ocsp_mode_of segw silent
segw_agent
tunnel_up || bail "no tunnel"
check "PIT-55: nothing is registered: the H(e)NB's query does not pass" \
	agent_says 30 'proof=revocation result=indeterminate rule=ocsp.http'
check "PIT-55: and it stays pending" in_state pending
ocsp_mode_of segw good
check "PIT-55: until the SeGW is open" opens 90
check "PIT-55: user data passes, from either end, then" wait_for 30 both_pass

# The SeGW brings its own status along, fetched before anybody asked.
again() {
	fresh
	ip -n segw xfrm state flush
	ip -n segw xfrm policy flush
	: > "$TG_RUN/ocsp/requests"
}
STATUS="certificate = $PKI/segw.crt
issuer = $PKI/opca.crt
status_uri = $OCSP_URL/opca"
AGENT_OCSP='mode = inband'
clock_synced yes
again
segw_agent
tunnel_up || bail "no tunnel"
check "SGW-F2-10, HNB-F2-07: the H(e)NB has the SeGW's status from IKE, and opens" opens 60
check "SGW-F2-10: for which the SeGW asked" grep -q ' opca ' "$TG_RUN/ocsp/requests"
check "HNB-OCSP-04: it asked nobody" not grep -q '10\.50\.' "$TG_RUN/ocsp/requests"
check "SGW-F2-10: user data passes, from either end" wait_for 30 both_pass
ocsp_stop
again
tunnel_up || bail "no tunnel"
check "SGW-F2-10: the responder down, what was fetched holds: opens" opens 60

# It asks for the SeGW's status outside of the tunnel, before there is one.
ocsp_start wan
AGENT_OCSP='mode = direct
direct_uri = http://192.0.2.254:8080/opca'
again
ocsp_mode_of segw silent
segw_agent
tunnel_up || bail "no tunnel"
check "HNB-GATE-25: direct: the SeGW is pending" segw_is pending
check "HNB-GATE-25: so no user data passes, in either direction" all_held
ocsp_mode_of segw good
check "HNB-F2-06: direct: the H(e)NB opens" opens 60
check "HNB-GATE-25: and so does the SeGW" wait_for 60 segw_is open
check "HNB-GATE-25: user data passes, from either end" wait_for 30 both_pass
clock_synced no
tg_end segw-gate TERM
finish
