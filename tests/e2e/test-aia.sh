#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
# shellcheck disable=SC2034,SC2015,SC2119	# read by topology.sh; the middle can't fail
#
# HNB-OCSP-08, CON-05: a direct query to where the certificate says, by a name that a
# real name server answers for. The list decides who may be named, and each address is
# looked at after it was resolved: whoever answers for names leads nobody elsewhere.
cd "$(dirname "$0")" || exit 1
AGENT_CHARON='backoff_min = 500ms
backoff_max = 500ms'
AGENT_GATE='required = device-auth, revocation'
. ./lib.sh
setup
ocsp_start wan || bail "no responder in wan"
NAME=ocsp.operator.test WAN=192.0.2.254

# --- names
DNS=$TMP/names
teardown_names() { umount /etc/resolv.conf 2>/dev/null; teardown; }
trap teardown_names EXIT
names() { printf '%s\n' "$@" > "$DNS.new" && mv "$DNS.new" "$DNS"; }
names "$NAME $WAN"
nsenter --net=/run/netns/wan -- python3 "$TG_LIB/dns.py" "$DNS" > "$TMP/dns.log" 2>&1 &
echo $! > "$TG_RUN/pids/dns"
wait_for 20 grep -q ready "$TMP/dns.log" || bail "no name server: $(cat "$TMP/dns.log")"
printf 'nameserver %s\noptions timeout:1 attempts:1\n' $WAN > "$TMP/resolv.conf"
chmod 755 "$TMP"
chmod 644 "$TMP/resolv.conf"
[ -e /etc/resolv.conf ] || : > /etc/resolv.conf
mount --bind "$TMP/resolv.conf" /etc/resolv.conf || bail "no resolv.conf"

# --- a SeGW whose certificate names its responder
PKI_OCSP=http://$NAME:8080/opca pki_issue segw7 opca end "/O=Operator/CN=$SEGW_NAME" \
	"DNS:$SEGW_NAME,IP:192.0.2.1,IP:2001:db8:1::1" || bail "no certificate"
SEGW_CERT=segw7

# with LINE...: the agent, by direct queries and without a responder of its own
with() {
	agent_stop
	swan hnb --terminate --ike segw > /dev/null 2>&1
	AGENT_OCSP="mode = direct
$1"
	rm -f /run/trustgate/hnb/trustgated.conf
	agent_conf
	sed -i '/^uri = /d' /run/trustgate/hnb/trustgated.conf
	: > "$AGENT_LOG"
	ASKED=$(wc -l < "$(ocsp_dir wan)/requests")
	agent_start
}
asked() { [ "$(wc -l < "$(ocsp_dir wan)/requests")" -gt "$ASKED" ]; }
opened() { agent_says 25 decision=open; }
refused() { # RULE [TEXT]
	agent_says 20 "decision=refuse .*rule=$1 .*${2-}" && not grep -q decision=open "$AGENT_LOG"
}
ALLOW="aia = allow
allow = $NAME"

charon_conf segw
charon_conf hnb
charon_start segw && charon_start hnb || bail "no charon"

with "$ALLOW, 192.0.2.0/24"
check "HNB-OCSP-08: by the certificate's pointer, resolved: opens" opened
check "HNB-OCSP-08: its responder was asked" asked
check "HNB-GATE-06: user data passes" both_pass
with "$ALLOW"
check "HNB-OCSP-08: a name alone on the list: opens" opened
with "aia = allow
allow = other.operator.test, 192.0.2.0/24"
check "HNB-OCSP-08: a name that is not on the list: IKE aborted" refused ocsp.target
check "HNB-OCSP-08: and nobody was asked" not asked
with "aia = ignore
direct_uri = http://other.operator.test:8080/opca"
check "HNB-OCSP-08: a configured name that does not exist: IKE aborted" refused ocsp.resolve
check "HNB-OCSP-08: the pointer does not take its place" not asked
names "$NAME 198.51.100.7"
with "$ALLOW, 192.0.2.0/24"
check "HNB-OCSP-08: resolved to an address out of the prefixes: IKE aborted" \
	refused ocsp.target 'no address'
names "$NAME 127.0.0.1"
with "$ALLOW"
check "HNB-OCSP-08: resolved to this box itself: IKE aborted" refused ocsp.target 'no address'
names "$NAME 198.51.100.7 $WAN"
with "$ALLOW, 192.0.2.0/24"
check "HNB-OCSP-08: of two addresses only the one within is asked: opens" eval 'opened && asked'
names "$NAME silent"
with "$ALLOW, 192.0.2.0/24"
check "HNB-OCSP-05: the name server is silent: IKE aborted" \
	refused '\(ocsp.resolve\|worker.timeout\)'
names "$NAME $WAN"
with "$ALLOW, 192.0.2.0/24"
check "HNB-OCSP-08: and opens when names are resolved again" opened
finish
