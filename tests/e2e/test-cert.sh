#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
#
# A SeGW whose certificate charon takes and Trustgate does not: refused in authorize,
# before there is an SA. And one that charon itself refuses. HNB-F1-11, HNB-GATE-05.
cd "$(dirname "$0")" || exit 1
AGENT_CHARON='backoff_min = 1s
backoff_max = 2s'
AGENT_OCSP='try = 5s'
. ./lib.sh
setup
charon_conf segw
charon_conf hnb
charon_start segw && charon_start hnb || bail "no charon"

# refused RULE WHAT: with the agent's configuration of now
refused() {
	count_reset
	watch
	agent_start
	check "HNB-F1-11: $2: refused, by rule $1" \
		agent_says 30 "decision=refuse .*proof=device-auth rule=$1"
	check "HNB-GATE-08: $2: backs off, and knows why" agent_says 10 'decision=back-off.*value='
	check "HNB-GATE-08: $2: longer each time" agent_says 20 'decision=back-off attempts=2 retry_in_ms=2000'
	check "HNB-F1-11: $2: no SA, and nothing in ESP" eval \
		'not sa_present && is "ESP packets" 0 "$(count wan_esp)"'
	check "HNB-GATE-03/04: $2: 0 user packets pass" all_held
	check "HNB-GATE-06: $2: never open" not happened open any
	agent_stop
	swan hnb --terminate --ike segw > /dev/null 2>&1
	rm -f /run/trustgate/hnb/trustgated.conf
	agent_conf
}

agent_conf
sed -i "s/^name = $SEGW_NAME\$/name = $SEGW2_NAME/" /run/trustgate/hnb/trustgated.conf
refused name.mismatch "a certificate with another name in it"
sed -i "s/oproot.crt/evilroot.crt/" /run/trustgate/hnb/trustgated.conf
refused path.issuer "a path to another root"
# OpenSSL's own store has the root that the SeGW's path leads to: that is not asked.
cp "$PKI/oproot.crt" "/etc/ssl/certs/$(openssl x509 -in "$PKI/oproot.crt" -noout -hash).0"
check "SGW-AUTH-08: OpenSSL by itself would take that path" \
	openssl verify -untrusted "$PKI/opca.crt" "$PKI/segw.crt"
sed -i "s/oproot.crt/evilroot.crt/" /run/trustgate/hnb/trustgated.conf
refused path.issuer "SGW-AUTH-08: a path to a root of the system's alone"
limit() { # MOST: certificates that the SeGW may send; it sends 2
	sed -i "s/^\[peer\]/[peer]\nmax_chain = $1/" /run/trustgate/hnb/trustgated.conf
}
limit 1
refused path.length "one certificate more than may be sent"
limit 2
agent_start
check "HNB-F1-11: the right certificate opens, with as many as may be sent" opens 60
check "HNB-GATE-06: and user data passes" both_pass

# charon's own check comes first.
fresh
SEGW_CERT=segw2
charon_conf segw
charon_conf hnb
charon_start segw && charon_start hnb || bail "no charon"
watch
agent_start
check "HNB-F1-11: charon refuses a SeGW of another identity" agent_says 40 'decision=back-off'
check "HNB-F1-11: no SA" not sa_present
check "HNB-GATE-06: never open" not happened open any
finish
