#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
# shellcheck disable=SC2034,SC2015,SC2119	# read by topology.sh; the middle can't fail
#
# Paths of up to four certificates, and no more; names as they stand in the
# certificate; SHA-1 as the profile has it. HNB-PATH-02, HNB-AUTH-10, HASH-01.
cd "$(dirname "$0")" || exit 1
AGENT_CHARON='backoff_min = 1s
backoff_max = 1s'
AGENT_GATE='boot_attempts = 100'
. ./lib.sh
CHARON_LOG=1
setup
NAME=$SEGW_NAME

# --- more CAs, each below the one before
cat > "$TMP/ca" <<-'E'
[ca2]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
E
chain() { # N...: CA iN below the one before
	local above=oproot n
	for n; do
		PKI_EXT=$TMP/ca PKI_TO=100 pki_issue "i$n" "$above" ca2 "/O=Operator/CN=Operator CA $n" ||
			return 1
		above=i$n
	done
}
chain 1 2 3 4 || bail "no CAs"
leaf() { # NAME ISSUER SAN: a certificate for the SeGW
	pki_issue "$1" "$2" end "/O=Operator/CN=${CN:-$NAME}" "$3"
}
SAN="DNS:$NAME,IP:192.0.2.1,IP:2001:db8:1::1"

# segw_with CERT CA...: the SeGW has that certificate, and these CAs to send
segw_with() {
	local ca
	charon_stop segw
	SEGW_CERT=$1
	shift
	charon_conf segw
	rm "$TG_RUN/segw/swanctl/x509ca/opca.crt"
	for ca; do cp "$PKI/$ca.crt" "$TG_RUN/segw/swanctl/x509ca/"; done
	charon_start segw || bail "no charon"
}
# agent_with ISSUER: and the agent asks its responder
agent_with() {
	agent_stop
	swan hnb --terminate --ike segw > /dev/null 2>&1
	AGENT_OCSP_URI=$OCSP_URL/$1
	rm -f /run/trustgate/hnb/trustgated.conf
	agent_conf
	: > "$AGENT_LOG"
	watch
	agent_start
}
no_sa() { not sa_present; }
refused() { # RULE
	agent_says 20 "decision=refuse .*proof=device-auth rule=$1" && wait_for 5 no_sa &&
		not happened open any
}

charon_conf hnb
charon_start hnb || bail "no charon"
leaf p2 i1 "$SAN" && leaf p4 i3 "$SAN" && leaf p5 i4 "$SAN" || bail "no certificates"
segw_with p4 i1 i2 i3
agent_with i3
check "HNB-PATH-02: four certificates, the root apart: opens" opens 40
check "HNB-PATH-02: four were sent" eval 'charon_log segw | grep -c "sending \(end entity\|issuer\) cert" | grep -qx 4'
segw_with p5 i1 i2 i3 i4
agent_with i4
check "HNB-PATH-02: five: refused, by rule path.length" refused path.length
segw_with p2 i1 i2
agent_with i1
check "HNB-PATH-02: two: opens" opens 40
SEGW_TRUSTGATE=1
segw_agent_start
segw_with p5 i1 i2 i3 i4
agent_with i4
check "HNB-PATH-01: a SeGW with the plugin sends no path of five" wait_for 20 eval \
	'charon_log segw | grep -q "our path has 5 certificates"'
check "HNB-PATH-01: and gets no tunnel with none" eval 'wait_for 5 no_sa && not happened open any'
SEGW_TRUSTGATE=0

# --- names
segw_named() { # CERT NAME: the SeGW shows that, and is to be NAME
	SEGW_NAME=$2
	charon_stop hnb
	charon_conf hnb
	charon_start hnb || bail "no charon"
	segw_with "$1" opca
	agent_with opca
}
leaf wild opca 'DNS:*.operator.test' && CN=192.0.2.1 leaf cnonly opca 'email:segw@operator.test' &&
	leaf nameonly opca "DNS:$NAME" && leaf addresses opca 'IP:192.0.2.1,IP:2001:db8:1::1' ||
	bail "no certificates"
not_opened() { sleep 6; not happened open any && wait_for 5 no_sa; }
segw_named wild "$NAME"
check "HNB-AUTH-10: a wildcard: never opens" not_opened
segw_named cnonly 192.0.2.1
check "HNB-AUTH-10: the name in the subject only: never opens" not_opened
segw_named nameonly 192.0.2.1
check "HNB-AUTH-10: an address is wanted, and only a name there: never opens" not_opened
segw_named addresses 192.0.2.1
check "HNB-AUTH-10: the IPv4 address: opens" opens 40
TG_OUTER=v6
segw_named addresses 2001:db8:1::1
check "HNB-AUTH-10: the IPv6 address, over IPv6: opens" opens 40
TG_OUTER=v4
SEGW_NAME=$NAME

# --- SHA-1
PKI_MD=sha1 leaf old opca "$SAN" || bail "no certificate"
charon_stop hnb
charon_conf hnb
charon_start hnb || bail "no charon"
segw_with old opca
for p in seed rel9 rel17 rel17-strict; do
	AGENT_PEER="profile = $p"
	agent_with opca
	case $p in
	rel17*)	check "HASH-01: SHA-1, profile $p: refused" \
			refused '[a-z.-]*digest' ;;
	*)	check "HASH-01: SHA-1, profile $p: opens, and is counted" eval \
			'opens 40 && agent_says 5 "proof=device-auth result=good .* sha1=1 "' ;;
	esac
done
finish
