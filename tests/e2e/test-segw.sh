#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by check, settings read by topology.sh
#
# role = segw with a real charon: the H(e)NB is checked by its vendor's anchor, by CRL
# and OCSP and by an allow-list, and closed when it is revoked. The H(e)NB's own side
# has no gate here.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
AGENT=0 SEGW_TRUSTGATE=1 CHARON_LOG=1
D=/run/trustgate/segw
AGENT_LOG=$TG_RUN/segw-agent.log
CRLS=$TMP/crl

tg() { in_ns segw trustgate --socket $D/control.sock "$@"; }

# conf RULE SOURCES [VENDOR-LINE] [AUTHZ-LINES]
conf() {
	mkdir -p $D
	cat > $D/trustgated.conf <<-E
	[agent]
	role = segw
	plugin_socket = $TG_RUN/segw/plugin.sock
	control_socket = $D/control.sock
	[charon]
	vici = $TG_RUN/segw/vici
	[gate]
	t_verify = 60s
	[clock]
	state = $D/clock
	[segw]
	crl_dir = $CRLS
	${SEGW_LINE-}
	[vendor acme]
	anchor = ${ANCHOR:-$PKI/vroot.crt}
	rule = $1
	sources = $2
	${3-}
	[authz]
	${4-}
	E
	case $2 in *ocsp*) printf '[source ocsp]\nclass = operator-ocsp\nuri = %s/vca\n' "$OCSP_URL" ;; esac \
		>> $D/trustgated.conf
	case $2 in *list*) printf '[source list]\nclass = manufacturer-crl\nuri = %s/vca.crl\n' "$OCSP_URL" ;; esac \
		>> $D/trustgated.conf
	case $2 in *pointed*) printf '[source pointed]\nclass = manufacturer-crl\n' ;; esac \
		>> $D/trustgated.conf
}

start() {
	tg_end segw-gate TERM
	: > "$AGENT_LOG"
	nsenter --net=/run/netns/segw -- /usr/sbin/trustgated -c $D/trustgated.conf \
		>> "$AGENT_LOG" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/segw-gate"
	wait_for 20 test -S $D/control.sock || bail "no agent"
}

# again: both charons and the agent anew, and an attempt
again() {
	charon_stop hnb
	charon_stop segw
	ip -n segw xfrm state flush
	ip -n segw xfrm policy flush
	start
	charon_conf segw
	charon_start segw || bail "no charon"
	wait_for 20 grep -q plugin-connected "$AGENT_LOG" || bail "no plugin"
	tunnel_try
}

tunnel_try() {
	charon_stop hnb
	ip -n hnb xfrm state flush
	ip -n hnb xfrm policy flush
	charon_conf hnb
	charon_start hnb || bail "no charon at the H(e)NB"
	initiate core 20
}

no_ike() { wait_for "${1:-20}" ike_gone || why "the H(e)NB has an IKE SA"; }
refused() { grep -qE 'AUTH(ENTICATION)?_FAILED' "$TG_RUN/hnb/log" || why "no AUTHENTICATION_FAILED: $(tail -n 3 "$TG_RUN/hnb/log")"; }
import() { in_ns segw trustgate --socket $D/control.sock revocation import --config $D/trustgated.conf \
	--issuer "$PKI/vca.crt" --class manufacturer-crl "$PKI/vca.crl" > "$TMP/import" 2>&1 ||
	why "$(cat "$TMP/import")"; }

# Here it is the SeGW that is gated.
HNB_GATE=absent-ok SEGW_GATE=required
setup
in_ns hnb trustgate config set mode=off --delete-held
hnb_unrevoke

# --- OCSP alone
conf all-required ocsp
again
check "SGW-REV-01: the vendor's box, good by OCSP: open" opens 30
check "SGW-REV-01: user data passes" both_pass
check "SGW-REV-14: a recheck of one that is still good" eval 'tg recheck && sleep 2 && in_state open'
hnb_revoke
tg recheck
check "SGW-REV-14: revoked while connected: rejected at the recheck" wait_for 15 in_state rejected
check "SGW-REV-14: no user data passes" blocked core $LAN4
check "SGW-REV-11: and its IKE SA is deleted" no_ike 20
tunnel_try
check "SGW-REV-11: revoked, it comes back and gets nothing" eval 'sleep 3; blocked core $LAN4'
check "SGW-REV-11: and its IKE SA is deleted again" no_ike 20
hnb_unrevoke

# --- the responder down, a list imported
conf any-good 'ocsp, list'
ocsp_stop
check "SGW-REV-05: import the vendor's list" import
again
check "SGW-REV-08: any-good, the responder down, the list at hand: open" opens 30
check "SGW-REV-15: the list is verified and indexed once, for all checks" \
	agent_says 10 'decision=segw-index value=manufacturer-crl-'
hnb_revoke
check "SGW-REV-05: import a list that has it" import
check "SGW-REV-14: its context closes at import" wait_for 10 in_state rejected
check "SGW-REV-14: and its IKE SA is deleted" no_ike 20
ocsp_start
check "SGW-REV-13: OCSP is asked as well and the list decides" eval 'tunnel_try; sleep 3; blocked core $LAN4'
hnb_unrevoke
rm -rf "$CRLS"

# --- a list that nobody imported: the certificate says where it is
POINTERS='use_cert_pointers = allowlist
pointer_networks = 10.99.0.0/16
pointer_hosts = '
SEGW_LINE=${POINTERS}10.99.0.2:8080 conf all-required pointed
again
check "SGW-REV-06: the list that the certificate points to is fetched: open" opens 40
check "SGW-REV-06: and it is in the store" eval \
	'agent_says 1 "decision=segw-list .*rule=crl.import.new" && ls "$CRLS"/manufacturer-crl-*'
rm -rf "$CRLS"
hnb_revoke
again
check "SGW-REV-06: a list that is fetched so and has it: rejected" wait_for 30 in_state rejected
hnb_unrevoke
rm -rf "$CRLS"
SEGW_LINE=${POINTERS}10.99.0.3:8080 conf all-required pointed
again
check "SGW-REV-06: a host that is not listed: held, and no list is fetched" eval \
	'agent_says 20 "crl.missing" && in_state pending && not test -e "$CRLS" &&
	 not grep -q decision=segw-list "$AGENT_LOG"'

# --- paths
ANCHOR=$PKI/oproot.crt conf all-required ocsp
again
check "SGW-PATH-05: a vendor that is not configured is refused" refused
check "SGW-PATH-05: it has no IKE SA" no_ike 5

# --- refused in IKE itself
SEGW_LINE='refuse = in-ike' conf all-required ocsp
hnb_revoke
again
check "SGW-REV-11: refuse = in-ike, revoked: AUTHENTICATION_FAILED" refused
check "SGW-REV-11: it has no IKE SA" no_ike 5
hnb_unrevoke
ocsp_mode silent
tunnel_try
check "SGW-REV-11: the responder silent: held" in_state pending
ocsp_mode good
check "SGW-REV-11: and open once it answers" opens 30

# --- policy off
conf all-required ocsp 'check = off'
n=$(ocsp_requests)
again
check "SGW-PATH-08: check = off: open" opens 30
check "SGW-PATH-08: and nobody was asked" is requests "$n" "$(ocsp_requests)"

# --- authorisation
echo "$HNB_NAME" > "$TMP/allowed"
chmod 755 "$TMP"
conf all-required ocsp '' "mode = allowlist
allowlist = $TMP/allowed"
again
check "SGW-F1-08: on the allow-list: open" opens 30
echo other.vendor.test > "$TMP/allowed"
check "SGW-F1-08: taken off the list: closed, without a restart" wait_for 15 in_state rejected
check "SGW-AAA-02: good certificate, denied: no user data" blocked core $LAN4
echo "$HNB_NAME" >> "$TMP/allowed"
sleep 4
tunnel_try
check "SGW-AAA-04: allowed again, the next attempt succeeds" opens 30

# --- the identity of the operator, and a certificate of another key
# other_identity CERT ID ROOT CA: both charons anew, the H(e)NB with that certificate
other_identity() {
	charon_stop hnb
	charon_stop segw
	ip -n hnb xfrm state flush
	ip -n hnb xfrm policy flush
	ip -n segw xfrm state flush
	ip -n segw xfrm policy flush
	start
	charon_conf segw
	cp "$PKI/$3.crt" "$TG_RUN/segw/swanctl/x509ca/"
	sed -i "s/cacerts = vroot.crt/cacerts = $3.crt/" "$TG_RUN/segw/swanctl/swanctl.conf"
	charon_start segw || bail "no charon"
	wait_for 20 grep -q plugin-connected "$AGENT_LOG" || bail "no plugin"
	charon_conf hnb
	cp "$1" "$TG_RUN/hnb/swanctl/x509/hnb.crt"
	cp "$PKI/$4.crt" "$TG_RUN/hnb/swanctl/x509ca/"
	sed -i "s/id = $HNB_NAME/id = $2/" "$TG_RUN/hnb/swanctl/swanctl.conf"
	charon_start hnb || bail "no charon at the H(e)NB"
	initiate core 10
}
# For the key in the TPM, which is in the vendor's certificate.
OPERATORS=hnb000001.operator.test
openssl x509 -in "$PKI/hnb.crt" -noout -pubkey > "$TMP/key.pub"
printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' \
	"subjectAltName=DNS:$OPERATORS" > "$TMP/ext"
openssl x509 -new -force_pubkey "$TMP/key.pub" -subj "/O=Operator/CN=$OPERATORS" -days 30 \
	-CA "$PKI/opca.crt" -CAkey "$PKI/opca.key" -extfile "$TMP/ext" -out "$TMP/operators.crt" \
	2> "$TMP/x509" || bail "no certificate: $(cat "$TMP/x509")"
ANCHOR=$PKI/oproot.crt conf all-required ocsp 'check = off'
other_identity "$TMP/operators.crt" $OPERATORS oproot opca
check "HNB-AUTH-07: enrolled with the operator, the operator's identity: open" opens 30
other_identity "$TMP/operators.crt" $HNB_NAME oproot opca
check "HNB-AUTH-07: the operator's certificate, the vendor's identity: no IKE SA" no_ike 20
conf all-required ocsp 'check = off'
other_identity "$PKI/hnb.crt" $OPERATORS vroot vca
check "HNB-AUTH-07: the vendor's certificate, the operator's identity: no IKE SA" no_ike 20
pki_issue other vca end "/O=Vendor/CN=$HNB_NAME" "DNS:$HNB_NAME"
other_identity "$PKI/other.crt" $HNB_NAME vroot vca
check "HNB-AUTH-03: a certificate for another key than the TPM's: no IKE SA" no_ike 20
check "HNB-AUTH-03: and no user data" blocked core $LAN4
other_identity "$PKI/hnb.crt" $HNB_NAME vroot vca
check "HNB-AUTH-03: the certificate for the key in the TPM authenticates it" opens 30
finish
