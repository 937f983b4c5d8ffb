#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
# shellcheck disable=SC2034,SC2015,SC2119	# read by topology.sh; the middle can't fail
#
# HNB-OCSP-11: which certificates of the SeGW's path are asked about, through the
# tunnel in the one flow that the gate lets pass, and directly. What the CA's issuer
# says of it counts as much as what the CA says of the SeGW.
cd "$(dirname "$0")" || exit 1
AGENT_CHARON='backoff_min = 500ms
backoff_max = 500ms'
AGENT_GATE='t_verify = 20s
boot_attempts = 100
required = device-auth, revocation'
. ./lib.sh
setup
ocsp_start wan || bail "no responder in wan"
WAN=http://192.0.2.254:8080

# Another CA below the same root; serial numbers of one length, for the responder.
other_ca() {
	for _ in $(seq 20); do
		PKI_TO=1800 pki_issue opca2 oproot ca2 "/O=Operator/CN=Operator CA 2" || return 1
		[ "$(serial_len opca2)" != "$(serial_len opca)" ] || return 0
	done
	return 1
}
serial_len() { openssl x509 -in "$PKI/$1.crt" -noout -serial | wc -c; }
other_ca || bail "no second CA"
ca_revoke() { pki_revoke oproot opca; }
ca_unrevoke() { pki_unrevoke oproot opca; }
teardown_scope() { ca_unrevoke; ocsp_mode_ca core oproot; ocsp_mode_ca wan oproot; teardown; }
trap teardown_scope EXIT

# with MODE SCOPE [LINE]: the agent, anew
with() {
	agent_stop
	swan hnb --terminate --ike segw > /dev/null 2>&1
	AGENT_OCSP="mode = $1
scope = $2
direct_uri = $WAN/opca
try = 3s
${3-}"
	rm -f /run/trustgate/hnb/trustgated.conf
	agent_conf
	: > "$AGENT_LOG"
	agent_start
}
log_has() { grep -q -- "$1" "$AGENT_LOG"; }
opened() { agent_says "${1:-25}" decision=open; }
# asked NS CA: it was, since the agent was started
asked() { tail -n +"$((MARK + 1))" "$(ocsp_dir "$1")/requests" | grep -q " $2 "; }
mark() { MARK=$(wc -l < "$(ocsp_dir "$1")/requests"); }
# held_by RULE: never opened, and this rule, about the CA, said why
held_by() {
	agent_says 20 "rule=$1 .*Operator CA, CA 1 above" && not log_has decision=open &&
		blocked lan $CORE4
}
rejected() { held_by ocsp.revoked && log_has 'result=bad rule=ocsp.revoked'; }
# refused_by RULE: IKE itself
refused_by() {
	agent_says 60 "decision=refuse .*rule=$1 .*Operator CA, CA 1 above" &&
		not log_has decision=open
}
# revoked_ca SCOPE: leaf+available goes by the SeGW's answer where the CA's is late, as on a
# busy machine: then once more
revoked_ca() {
	local _
	for _ in 1 2 3; do
		with direct "$1" "$WAN_CA"
		agent_says 60 'decision=\(refuse\|open\)' && not log_has decision=open &&
			refused_by ocsp.revoked && return
	done
	return 1
}

charon_conf segw
charon_conf hnb
charon_start segw && charon_start hnb || bail "no charon"
CA="ca_uri = $OCSP_URL/oproot"
WAN_CA="direct_ca_uri = $WAN/oproot"

# --- through the tunnel
mark core
with intunnel leaf+available
check "HNB-OCSP-11: leaf+available, no responder for CAs: opens" opened
check "HNB-OCSP-11: and of the CA nobody was asked" not asked core oproot
mark core
with intunnel leaf+available "$CA"
check "HNB-OCSP-11: leaf+available, both good: opens" opened
check "HNB-OCSP-11: of the CA its issuer's responder was asked" asked core oproot
check "HNB-OCSP-11: user data passes" both_pass
with intunnel chain "$CA"
check "HNB-OCSP-11: chain, both good: opens" opened
ca_revoke
with intunnel leaf+available "$CA"
check "HNB-OCSP-11: leaf+available, the CA revoked, the SeGW's answer good: rejected" rejected
with intunnel chain "$CA"
check "HNB-OCSP-11: chain, likewise" rejected
ca_unrevoke
# What is known revoked stays so until an answer with our nonce says otherwise.
with intunnel chain "$CA"
check "HNB-OCSP-11, HNB-OCSP-09: the CA good again, by a fresh answer: opens" opened
ocsp_mode_ca core oproot silent
with intunnel chain "$CA"
check "HNB-OCSP-11: chain, no answer for the CA: held" held_by ocsp.http.timeout
with intunnel leaf+available "$CA"
check "HNB-OCSP-11: leaf+available, no answer for the CA: opens by the SeGW's" opened
ocsp_mode_ca core oproot wrongcert
with intunnel chain "$CA"
check "HNB-OCSP-11: chain, the right answer for another CA: held" held_by ocsp.certid
ocsp_mode_ca core oproot signer opca
with intunnel chain "$CA"
check "HNB-OCSP-11: chain, the CA's own word of itself: held" held_by 'ocsp.sign[a-z.]*'
ocsp_mode_ca core oproot

# --- revoked while it is open
with intunnel leaf+available "$CA"
check "HNB-OCSP-11: good again: opens" opened
ca_revoke
tg recheck
check "HNB-OCSP-11: the CA revoked while open: closes" eval \
	'agent_says 15 "decision=reject" && blocked lan $CORE4'
ca_unrevoke

# --- outside of the tunnel
mark wan
with direct leaf+available "$WAN_CA"
check "HNB-OCSP-11: direct, both good: opens" opened
check "HNB-OCSP-11: direct, of the CA its issuer's responder was asked" asked wan oproot
ca_revoke
check "HNB-OCSP-11: direct, the CA revoked: IKE aborted" revoked_ca leaf+available
check "HNB-OCSP-11: direct, chain, likewise" revoked_ca chain
ca_unrevoke
ocsp_mode_ca wan oproot silent
with direct chain "$WAN_CA"
check "HNB-OCSP-11: direct, chain, no answer for the CA: IKE aborted" refused_by ocsp.http.timeout
ocsp_mode_ca wan oproot wrongcert
with direct chain "$WAN_CA"
check "HNB-OCSP-11: direct, chain, the right answer for another CA: IKE aborted" \
	refused_by ocsp.certid
finish
