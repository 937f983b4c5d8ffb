#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034,SC2015  # called by check; read by topology.sh; it can't fail
#
# Flow F1 with one thing in it that is wrong: nothing comes of it, at either end.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
. ./flow.sh
AGENT_OCSP='mode = intunnel
try = 2s'
AGENT_INTEGRITY='integrity_info = off'
SEGW_VENDOR='sources = own'
SEGW_MORE="[source own]
class = manufacturer-ocsp
uri = $OCSP_URL/vca
[integrity]
policy = ignore
[ocsp]
uri = $OCSP_URL/"
HNB_PLUGINS=tg-tamper
T=$TMP/tamper
HNB_STRONGSWAN="plugins { tg-tamper { file = $T
}
trustgate { ocsp_request = no
} }"
setup
hnb_unrevoke > /dev/null 2>&1
test_plugin tg-tamper || bail "no plugin"

# --- one thing that is wrong: the H(e)NB's agent asks nothing of it
flow_down
both_start
# Three more certificates, of keys in files.
pki_issue hnbfile vca end "/O=Vendor/CN=$HNB_NAME" "DNS:$HNB_NAME" &&
	PKI_FROM=-20 PKI_TO=-1 pki_issue hnbold vca end "/O=Vendor/CN=$HNB_NAME" "DNS:$HNB_NAME" &&
	pki_issue hnbevil evilroot end "/O=Vendor/CN=$HNB_NAME" "DNS:$HNB_NAME" || bail "no certificates"
C=$TG_RUN/hnb/swanctl
change() { # NS SED...: its swanctl.conf, loaded
	local ns=$1
	shift
	cp "$TG_RUN/$ns/swanctl/swanctl.conf" "$TMP/swanctl.$ns"
	sed -i "$@" "$TG_RUN/$ns/swanctl/swanctl.conf"
	swan "$ns" --load-all --noprompt > "$TMP/load" 2>&1 || bail "$(cat "$TMP/load")"
}
back() { # NS: as it was
	cp "$TMP/swanctl.$1" "$TG_RUN/$1/swanctl/swanctl.conf"
	swan "$1" --load-all --noprompt > /dev/null 2>&1
}
try() {
	swan hnb --initiate --child core --timeout 30 > "$TMP/initiate" 2>&1
}
fails() { # ROWS WHAT [MODE]
	# It keeps what it has verified once.
	swan segw --flush-certs > /dev/null 2>&1
	echo "${3:-none}" > "$T"
	check "$1: $2: no tunnel" not try
	echo none > "$T"
	check "$1: $2: no SA at the SeGW" no_keys segw
}
with_key() { # NAME: that certificate and its key, instead of those that are there
	cp "$PKI/$1.crt" "$C/x509/$1.crt"
	cp "$PKI/$1.key" "$C/private/$1.key"
	change hnb "s/certs = hnb[a-z]*.crt/certs = $1.crt/"
}
with_key hnbfile
capture_start wan hnb || bail "no capture"
fails HNB-F1-03 "no certificate of the H(e)NB's in the message" nocert
fails SGW-F1-07 "a bit of AUTH changed" auth
fails HNB-F1-05 "no AUTH" noauth
fails HNB-F1-05 "AUTH repeated" twice
change hnb "s/id = $HNB_NAME/id = hnb@vendor.test/"
fails "HNB-F1-03, FFS-08" "IDi is no FQDN"
back hnb
with_key hnbold
fails SGW-F1-07 "a certificate that has expired"
back hnb
with_key hnbevil
fails SGW-F1-07 "a certificate of another CA's"
back hnb
cp "$PKI/evil.crt" "$TG_RUN/segw/swanctl/x509/"
cp "$PKI/evil.key" "$TG_RUN/segw/swanctl/private/"
change segw 's/certs = segw.crt/certs = evil.crt/'
fails HNB-F1-11 "the SeGW's certificate is of an unknown root"
check "HNB-F1-11: nor at the H(e)NB" no_keys hnb
back segw
change segw 's/pools = /send_certreq = no\n&/'
cp "$TMP/swanctl.segw" "$TMP/swanctl.asks"
change hnb 's/send_cert = always/send_cert = ifasked/'
fails SGW-F1-02 "no CERTREQ, and a certificate only if asked"
back hnb
check "SGW-F1-02: no CERTREQ, and send_cert = always: works" initiate core 60
check "SGW-F1-02: and is told of" grep -q 'trustgate: 192.0.2.1.* asks for no certificate' "$TG_RUN/hnb/log"
flow_end f1-refused
walk f1-refused "$OUT/f1-refused.pcap" "$TG_RUN/hnb/keys" -D "HNB=$HNB_NAME" -D HNB_MAIL=hnb@vendor.test
finish
