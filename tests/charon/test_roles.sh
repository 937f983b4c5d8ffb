#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The IKE plugin at the other end, SeGW; when an end moves (MOBIKE); and with a peer
# that has no certificate. To be run in a VM: tests/vm/run.
# shellcheck disable=SC3043	# local: dash and busybox have it
# shellcheck disable=SC2034	# read by topology.sh
cd "$(dirname "$0")" || exit 1
WHO=segw
SEGW_TRUSTGATE=1
HNB_CONNECTION='mobike = yes
	local_addrs = 192.0.2.2, 192.0.2.3'
SEGW_CONNECTION='mobike = yes'
# shellcheck source=tests/charon/lib.sh
. ./lib.sh

test_responder() {
	local leaf
	forget
	charon_conf segw
	charon_conf hnb
	# As the SeGW's configuration makes that directory.
	mkdir -p "${SOCKET%/*}"
	fake_start
	charon_start segw && charon_start hnb || exit 1
	says ^HELLO
	check "a tunnel comes up" up
	says '^CHILD_UP'
	check "the responder tells in the same order" \
		in_order HELLO AUTHORIZE CHILD_KEYS CHILD_UP
	check "that it is the responder" said '^AUTHORIZE ike=[0-9]* role=1 '
	leaf=$(openssl x509 -in "$PKI/hnb.crt" -outform DER | sha256sum | cut -d ' ' -f 1)
	check "with the H(e)NB's certificate" \
		said "^AUTHORIZE .*peer=$HNB_NAME cert=$leaf.*kinds=1"
	check "its inbound SPI is the kernel's" \
		test "$(item CHILD_KEYS spi_in)" = "$(spi 192.0.2.2 192.0.2.1)"
	check "and so is the outbound one" \
		test "$(item CHILD_KEYS spi_out)" = "$(spi 192.0.2.1 192.0.2.2)"
	check "and the inner address that it gave" said "^CHILD_KEYS .*vip=$(vip v4)"
}

# Where to is charon's choice: another IPv4 address, or IPv6.
test_move() {
	local from to
	forget
	ip -n hnb addr add 192.0.2.3/24 dev wan0
	ip -n hnb addr del 192.0.2.2/24 dev wan0
	ip -n hnb addr add 192.0.2.3/24 dev wan0 2> /dev/null
	ip -n hnb route replace default via 192.0.2.254
	says '^CHILD_KEYS' 30
	from=$(item CHILD_KEYS remote) to=$(item CHILD_KEYS local)
	echo "# $from to $to"
	check "a peer that moves is told with its new address" \
		test -n "$from" -a "$from" != 192.0.2.2
	check "as something new that needs a reply" fails said flags=
	check "the kernel's inbound SA moves as was told" \
		wait_for 10 moved "$from" "$to" spi_in
	check "and so does the outbound one" \
		wait_for 10 moved "$to" "$from" spi_out
	check "packets pass" ping_try hnb 10.99.0.1
	forget
	down
	check "its end is told" says ^IKE_DOWN 10
	ip -n hnb addr add 192.0.2.2/24 dev wan0
}

moved() { [ "$(spi "$1" "$2")" = "$(item CHILD_KEYS "$3")" ]; }

# No certificate, no proof: it must not look like one.
test_psk() {
	local end
	forget
	for end in hnb segw; do
		cat >> "$TG_RUN/$end/swanctl/swanctl.conf" <<-E
		secrets {
			ike {
				secret = "what everybody knows"
			}
		}
		E
	done
	sed -i '/local {/,/}/ { s/auth = pubkey/auth = psk/; /certs =/d }' \
		"$TG_RUN/hnb/swanctl/swanctl.conf"
	sed -i '/remote {/,/}/ { s/auth = pubkey/auth = psk/; /cacerts =/d; /revocation =/d }' \
		"$TG_RUN/segw/swanctl/swanctl.conf"
	swan segw --load-all --noprompt > /dev/null 2>&1
	swan hnb --load-all --noprompt > /dev/null 2>&1
	check "a peer with a pre-shared key gets its tunnel" up
	check "which is told without a kind of authentication" \
		says '^AUTHORIZE .*kinds=0 sent=0$'
	check "and without a certificate" fails said cert=
	down
}

begin
test_responder
test_move
test_psk
finish
