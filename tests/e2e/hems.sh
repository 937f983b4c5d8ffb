# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# topology.sh reads what is set here; from lib.sh
#
# Two H(e)MSs, one behind the tunnel and one on the Internet, and a CWMP client on the H(e)NB
# whose key is the TPM's. Sourced after lib.sh.

# What is for the tunnel leaves by it or not at all; on the Internet the H(e)MS alone may be
# reached, of the addresses in which these two boxes of the bench could be.
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
HEMS=hems.operator.test
CWMP=$here/../hems/cwmp
# From the repository, where nothing is built.
[ -x "$CWMP" ] || CWMP=/usr/libexec/trustgate-tests/hems/cwmp
PROFILE=/usr/share/trustgate/profiles/seed.conf
export TPM2OPENSSL_TCTI=device:/dev/tpmrm0

# acs NAME NAMESPACE ADDRESS:PORT [CERT KEY CA]: its log is $TMP/NAME
acs() {
	: > "$TMP/$1"
	rm -f "$TMP/$1.port"
	ACS_LISTEN=$3 nsenter "--net=/run/netns/$2" -- python3 "$here/../hems/acs.py" "$TMP/$1" "${@:4}" \
		> "$TMP/$1.port" 2> "$TMP/$1.err" < /dev/null &
	echo $! > "$TG_RUN/pids/acs-$1"
	wait_for 60 test -s "$TMP/$1.port" || bail "no ACS: $(cat "$TMP/$1.err")"
}

# inform ADDRESS: over TLS, with the TPM's key; TLS_KEYS: a file for those of TLS
inform() {
	SSLKEYLOGFILE=${TLS_KEYS-} timeout 60 nsenter --net=/run/netns/hnb -- "$CWMP" "https://$1/acs" $HEMS "$PKI/oproot.crt" "$PROFILE" \
		off "$TMP/hnb.pem" tpm:0x81010004 > "$TMP/cwmp" 2>&1 || why "$(head -n 3 "$TMP/cwmp")"
}
# reaches ADDRESS PORT: does TCP connect?
reaches() { tcp_try hnb "$1" "$2" "${3:-20}" > /dev/null || why "no connection to $1:$2"; }
informs() { grep -c ^Inform "$TMP/$1"; }

# hems_prepare: certificates, and who answers at each place
hems_prepare() {
	pki_issue hems opca end "/O=Operator/CN=$HEMS" DNS:$HEMS || bail "no certificate"
	cat "$PKI/hems.crt" "$PKI/opca.crt" > "$TMP/hems.pem"
	cat "$PKI/hnb.crt" "$PKI/vca.crt" > "$TMP/hnb.pem"
	acs tunnel core 10.99.0.2:7548 "$TMP/hems.pem" "$PKI/hems.key" "$PKI/vroot.crt"
	acs internet evil 192.0.2.66:7548 "$TMP/hems.pem" "$PKI/hems.key" "$PKI/vroot.crt"
	acs other evil 192.0.2.66:7549
}
