#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC3043	# local: dash and busybox have it
#
# The bench itself, without Trustgate: two charons, a key in the TPM, OCSP in core,
# traffic both ways, and the counters that tests rely on.
AGENT=0
. tests/lib/topology.sh

n=0 bad=0
ok() {	# ok DESCRIPTION COMMAND...
	local what=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n $what"
	else
		echo "not ok $n $what"
		bad=$((bad + 1))
	fi
}
is() { [ "$1" = "$2" ] || { echo "# is $1, not $2"; return 1; }; }
not() { ! "$@"; }
time_is() { echo "# $(cut -d' ' -f1 /proc/uptime) s: $*"; }

echo "TAP version 13"
time_is start
ok "topology" topology_up
time_is topology
ok "no way from lan to core without the tunnel" not ping_try lan 10.99.0.2
ok "what went there was seen in clear on wan" test "$(count wan_clear)" -gt 0
ok "OCSP responder" ocsp_start
time_is ocsp
ok "tunnel" tunnel_up
time_is tunnel
ok "the key was the TPM's" grep -q 'private key from token' "$TG_RUN/hnb/load" "$TG_RUN/hnb/log"
count_reset
ok "ping lan to core, v4" ping_try lan 10.99.0.2 2
ok "ping lan to core, v6" ping_try lan fd99::2 2
ok "four of them counted in core" is "$(count core_icmp)" 4
ok "and in lan" is "$(count lan_icmp)" 4
ok "none in clear" is "$(wan_clear_packets)" 0
ok "on wan they are ESP" is "$(count wan_esp)" 8
ok "hnb has inner addresses" test -n "$(vip v4)" -a -n "$(vip v6)"
time_is ping
for url in "$OCSP_URL/opca" "$OCSP_URL6/opca"; do
	ok "OCSP through the tunnel, $url" sh -c "nsenter --net=/run/netns/hnb -- openssl ocsp \
		-issuer $PKI/opca.crt -cert $PKI/segw.crt -url '$url' -CAfile $PKI/oproot.crt \
		-verify_other $PKI/opca.crt 2>&1 | grep -q 'segw.crt: good'"
done
ok "two requests" is "$(ocsp_requests)" 2
ok "not counted as user data" is "$(core_user_packets)" 4
time_is ocsp through the tunnel
tunnel_down
ok "no way after the tunnel" not ping_try lan 10.99.0.2
time_is end
echo "1..$n"
exit $((bad != 0))
