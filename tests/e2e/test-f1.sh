#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034,SC2015  # called by check; read by topology.sh; it can't fail
#
# Flow F1, certificates alone, on the wire: each of its numbered steps, in order; with an
# inner address that is assigned, and with one of the box's own. Then what has one thing
# in it that is wrong, and what is sent once more.
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

# --- each step
ocsp_mode silent
flow_up f1
check "SGW-F1-09: after IKE_AUTH the H(e)NB has SAs" sa_present
check "SGW-F1-09: so has the SeGW" test "$(keyed segw)" -ge 2
check "SGW-F1-09: no user data passes on either side" all_held
ocsp_mode good
tg recheck > /dev/null
check "HNB-F1-11: the SeGW is proven: the H(e)NB's gate opens" opens 60
check "SGW-F1-07: the H(e)NB is proven: so does the SeGW's" segw_opens
flow_end f1
# shellcheck disable=SC2046  # words
walk f1 "$OUT/f1.pcap" "$TG_RUN/hnb/keys" $(names)
check "SGW-F1-09: user data passes, from either end" wait_for 30 both_pass

# --- once more
# Counted where charon gets them: of what belongs to no IKE SA it says nothing.
in_ns segw nft -f - <<-X
table inet evil {
	counter ike {}
	chain in { type filter hook input priority 0; ip saddr 192.0.2.66 udp dport 500 counter name ike; }
}
X
datagrams() { in_ns segw nft list counter inet evil ike | sed -n 's/.*packets \([0-9]*\) .*/\1/p'; }
arrived() { [ "$(datagrams)" -ge "$1" ]; }
replay() { # FLOW WHAT MESSAGE...: nobody is any the better for it
	local before flow=$1 what=$2 n
	shift 2
	before=$(keyed segw)
	n=$(datagrams)
	n=$((n + $(in_ns evil python3 ./replay.py "$OUT/$flow.pcap" "$TMP/$flow.json" 192.0.2.1 "$@")))
	check "SGW-F1-07: $what: it arrives" wait_for 20 arrived $n
	sleep 2
	check "SGW-F1-07: $what: the SeGW has no SA more" is "SAs" "$before" "$(keyed segw)"
}
agent_stop
swan hnb --terminate --ike segw --timeout 20 > /dev/null 2>&1
check "SGW-F1-07: its IKE SA is ended" no_keys segw
replay f1 "IKE_AUTH again, when its IKE SA is gone" "> IKE_AUTH 1"
replay f1 "IKE_AUTH before IKE_SA_INIT, both of then" "> IKE_AUTH 1" "> IKE_SA_INIT 0"
replay f1 "both of them, in order" "> IKE_SA_INIT 0" "> IKE_AUTH 1"

# --- an address of its own
static() { sed -i '/vips = /d' "$TG_RUN/hnb/swanctl/swanctl.conf"; }
AGENT_OCSP="$AGENT_OCSP
source = 10.10.0.1"
flow_up f1-static static
check "HNB-F1-04: a box with an inner address of its own: opens" opens 60
check "HNB-F1-04: it was assigned none" is address "" "$(vip v4)"
flow_end f1-static
walk f1-static "$OUT/f1-static.pcap" "$TG_RUN/hnb/keys" -D "HNB=$HNB_NAME"
replay f1-static "IKE_AUTH again, while its IKE SA is there" "> IKE_AUTH 1"
check "SGW-F1-07: which it does no harm" wait_for 30 both_pass

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
fails SGW-F1-07 "a bit of AUTH changed" auth
fails HNB-F1-03 "no certificate of the H(e)NB's in the message" nocert
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
