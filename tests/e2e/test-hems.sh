#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by check; topology.sh reads HNB_SWANCTL
#
# The link to the H(e)MS and the gate: in the tunnel CWMP is user data, held until the gate
# opens, and never in clear (HMS-01, HMS-02, HMS-03, HNB-GATE-27); outside of it the H(e)MS's
# address and port alone may be reached, and by TLS with the TPM's key (HMS-06, TR69-09).
cd "$(dirname "$0")" || exit 1
HNB_SWANCTL='connections {
	internet {
		children {
			core-or-nothing {
				mode = drop
				start_action = trap
				local_ts = 0.0.0.0/0
				remote_ts = 10.99.0.0/24
			}
			world {
				mode = drop
				start_action = trap
				local_ts = 192.0.2.2
				remote_ts = 192.0.2.64/26
			}
			hems {
				mode = pass
				start_action = trap
				local_ts = 192.0.2.2[tcp]
				remote_ts = 192.0.2.66[tcp/7548]
			}
		}
	}
}'
AGENT_GATE='t_verify = 600s
boot_attempts = 5'
AGENT_OCSP='try = 60s
retries = 0'
. ./lib.sh
HEMS=hems.operator.test
CWMP=$here/../hems/cwmp
PROFILE=/usr/share/trustgate/profiles/seed.conf
export TPM2OPENSSL_TCTI=device:/dev/tpmrm0

# acs NAME NAMESPACE ADDRESS:PORT [CERT KEY CA]: its log is $TMP/NAME
acs() {
	: > "$TMP/$1"
	ACS_LISTEN=$3 nsenter "--net=/run/netns/$2" -- python3 "$here/../hems/acs.py" "$TMP/$1" "${@:4}" \
		> "$TMP/$1.port" 2> "$TMP/$1.err" < /dev/null &
	echo $! > "$TG_RUN/pids/acs-$1"
	wait_for 60 test -s "$TMP/$1.port" || bail "no ACS: $(cat "$TMP/$1.err")"
}

# inform ADDRESS: over TLS, with the TPM's key
inform() {
	timeout 60 nsenter --net=/run/netns/hnb -- "$CWMP" "https://$1/acs" $HEMS "$PKI/oproot.crt" "$PROFILE" \
		off "$TMP/hnb.pem" tpm:0x81010004 > "$TMP/cwmp" 2>&1 || why "$(head -n 3 "$TMP/cwmp")"
}
# reaches ADDRESS PORT: does TCP connect?
reaches() { [ -z "$(tcp_try hnb "$1" "$2" "${3:-20}")" ] || why "no connection to $1:$2"; }
informs() { grep -c ^Inform "$TMP/$1"; }

setup
pki_issue hems opca end "/O=Operator/CN=$HEMS" DNS:$HEMS || bail "no certificate"
cat "$PKI/hems.crt" "$PKI/opca.crt" > "$TMP/hems.pem"
cat "$PKI/hnb.crt" "$PKI/vca.crt" > "$TMP/hnb.pem"
acs tunnel core 10.99.0.2:7548 "$TMP/hems.pem" "$PKI/hems.key" "$PKI/vroot.crt"
acs internet evil 192.0.2.66:7548 "$TMP/hems.pem" "$PKI/hems.key" "$PKI/vroot.crt"
acs other evil 192.0.2.66:7549

ocsp_mode silent
tunnel_up || bail "no tunnel"
wait_for 60 test -s "$TG_RUN/ocsp/requests" || bail "nobody is asked"
check "HMS-02/HNB-GATE-27: held: the H(e)MS in the tunnel can't be reached" not reaches 10.99.0.2 7548 3
check "HMS-06: the one on the Internet can, and by TLS with the TPM's key: TR69-09" inform 192.0.2.66:7548
check "TR69-07: before any tunnel is open, and without NTP" is "Informs of the Internet's" 1 "$(informs internet)"
check "HMS-06: nobody else there can be reached" not reaches 192.0.2.66 7549 3
ocsp_mode good
tg recheck > /dev/null
check "HMS-02: verified, the gate opens" opens 120
check "HMS-02: and the H(e)MS in the tunnel can be reached" reaches 10.99.0.2 7548
check "HMS-03: an Inform by TLS in the tunnel" inform 10.99.0.2:7548
check "HMS-03: arrived" is "Informs of the tunnel's" 1 "$(informs tunnel)"
check "HMS-02: nothing of it was on wan in clear" is "packets in clear" 0 "$(count wan_clear)"
agent_stop
swan hnb --terminate --ike segw > /dev/null 2>&1
check "HMS-02: the tunnel is deleted" wait_for 60 ike_gone
count_reset
check "HMS-02/HNB-GATE-21: without the tunnel nothing reaches it" not reaches 10.99.0.2 7548 3
check "HMS-02/HNB-GATE-21: nor leaves in clear" is "packets in clear" 0 "$(count wan_clear)"
finish
