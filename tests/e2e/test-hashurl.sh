#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
# shellcheck disable=SC2034,SC2015,SC2119	# read by topology.sh; the middle can't fail
#
# Certificates named by hash and URL (RFC 7296 3.6): both charons do it, one fetches and
# authenticates, and the agent refuses: TS 33.320 7.2.3 has the path in the message's
# CERT payloads, where they are counted. HNB-PATH-02.
cd "$(dirname "$0")" || exit 1
AGENT_CHARON='backoff_min = 500ms
backoff_max = 500ms'
AGENT_GATE='required = device-auth, revocation
boot_attempts = 100'
. ./lib.sh
CHARON_LOG=1
HNB_PLUGINS="${HNB_PLUGINS-} curl"
setup
URL=http://192.0.2.254:8081/

# By the SHA-1 of their DER, as charon asks for them.
W=$TMP/www
mkdir -p "$W"
chmod 755 "$TMP" "$W"
for c in segw opca; do
	openssl x509 -in "$PKI/$c.crt" -outform DER -out "$TMP/der" &&
	cp "$TMP/der" "$W/$(sha1sum "$TMP/der" | cut -d ' ' -f 1)" || bail "no files"
done
nsenter --net=/run/netns/wan -- python3 -u -m http.server 8081 --directory "$W" \
	> "$TMP/http.log" 2>&1 < /dev/null &
echo $! > "$TG_RUN/pids/http"

# by_url END: its charon names certificates by URL, and takes such
by_url() {
	sed -i 's/^\( *\)threads = 8/\1hash_and_url = yes\n&/' "$TG_RUN/$1/strongswan.conf"
	[ "$1" = hnb ] || cat >> "$TG_RUN/$1/swanctl/swanctl.conf" <<-E
	authorities {
		opca {
			cacert = opca.crt
			cert_uri_base = $URL
		}
	}
	E
}
no_sa() { not sa_present; }
fresh_ends() {
	tunnel_down
	agent_stop
	: > "$AGENT_LOG"
	charon_conf segw
	charon_conf hnb
}

fresh_ends
charon_start segw && charon_start hnb || bail "no charon"
agent_start
check "HNB-PATH-02: certificates in the message: opens" agent_says 30 decision=open
check "HNB-PATH-02: and nothing was fetched" not grep -q GET "$TMP/http.log"
fresh_ends
by_url segw
by_url hnb
charon_start segw && charon_start hnb || bail "no charon"
agent_start
check "HNB-PATH-02: named by hash and URL: refused" \
	agent_says 30 'decision=refuse .*proof=device-auth rule=path.encoding .*hash and URL'
check "HNB-PATH-02: though charon had them by then" wait_for 5 grep -q GET "$TMP/http.log"
check "HNB-PATH-02: never open" not grep -q decision=open "$AGENT_LOG"
check "HNB-PATH-02: no SA" wait_for 10 no_sa
finish
