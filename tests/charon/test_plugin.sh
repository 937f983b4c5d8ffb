#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the IKE plugin tells an agent, in which order, and what it does with one that
# refuses, is silent, talks nonsense or dies. To be run in a VM: tests/vm/run.
# The gate is not loaded: this is about charon's side only.
# shellcheck disable=SC3043	# local: dash and busybox have it
# shellcheck disable=SC2317	# functions are called by check and wait_for
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/charon/lib.sh
. ./lib.sh

test_first_tunnel() {
	local leaf
	forget
	fake_start
	charon_conf segw
	charon_conf hnb
	charon_start segw && charon_start hnb || exit 1
	check "charon greets the agent" says '^HELLO instance=.* text=charon-systemd [56]\.'
	PLAIN=$(milliseconds)
	check "a tunnel comes up" up
	# What it takes with an agent that answers: the machine's speed.
	PLAIN=$(($(milliseconds) - PLAIN))
	echo "# took $PLAIN ms"
	says '^CHILD_UP'
	check "who, then which SPIs, then that it is up" \
		in_order HELLO AUTHORIZE CHILD_KEYS CHILD_UP
	leaf=$(openssl x509 -in "$PKI/$SEGW_CERT.crt" -outform DER | sha256sum | cut -d ' ' -f 1)
	check "the certificate is the one that signed AUTH" \
		grep -q "^AUTHORIZE .*peer=$SEGW_NAME .* cert=$leaf" "$D/log"
	check "as initiator, authenticated by signature, not resumed" \
		grep -Eq '^AUTHORIZE ike=[0-9]+ role=0 .*kinds=1 sent=2$' "$D/log"
	check "the inbound SPI is the kernel's" \
		test "$(item CHILD_KEYS spi_in)" = "$(spi 192.0.2.1 192.0.2.2)"
	check "the outbound SPI is the kernel's" \
		test "$(item CHILD_KEYS spi_out)" = "$(spi 192.0.2.2 192.0.2.1)"
	check "with the outer addresses" said 'local=192.0.2.2 remote=192.0.2.1'
	check "with both inner addresses" said "^CHILD_UP .*vip=$(vip v4) vip=$(vip v6)"
	check "and the first announcement has them already" \
		said "^CHILD_KEYS .*vip=$(vip v4) vip=$(vip v6)"
}

test_child_rekey() {
	local old
	old=$(item CHILD_KEYS child)
	forget
	swan hnb --rekey --child core > /dev/null
	says '^CHILD_UP'
	check "a rekeyed CHILD_SA is announced as such" said '^CHILD_KEYS .*flags=2$'
	check "before it is up, and only once" \
		test "$(grep -c '^CHILD_KEYS' "$D/log")" = 1
	check "its inbound SPI is in the kernel" \
		sh -c "ip -n hnb xfrm state | grep -q '$(item CHILD_KEYS spi_in)'"
	check "the old one goes, once" says "^CHILD_DOWN ike=[0-9]* child=$old\$" 15
	sleep 1
	check "and nothing else is told" in_order CHILD_KEYS CHILD_UP CHILD_DOWN
	forget
	swan segw --rekey --child core > /dev/null
	says '^CHILD_UP' 15
	check "so it is when the peer rekeys" said '^CHILD_KEYS .*flags=2$'
	says '^CHILD_DOWN' 15
}

test_ike_rekey() {
	forget
	swan hnb --rekey --ike segw > /dev/null
	check "a rekeyed IKE SA has a new number" says '^IKE_REKEY ike=[0-9]* new_ike=[0-9]*$'
	sleep 1
	check "and the old one is not told to be down" in_order IKE_REKEY
	IKE=$(item IKE_REKEY new_ike)
}

test_agent_restart() {
	fake_kill
	forget
	fake_start
	check "a new agent is told again" says '^CHILD_UP' 10
	check "in the order of the first time" in_order HELLO AUTHORIZE CHILD_KEYS CHILD_UP
	check "that this is not new, with the role of the first exchange" \
		said "^AUTHORIZE ike=$IKE role=0 .*flags=1"
	check "and that neither are its SPIs" said "^CHILD_KEYS ike=$IKE .*flags=1$"
	check "with the SPIs of the kernel" \
		test "$(item CHILD_KEYS spi_out)" = "$(spi 192.0.2.2 192.0.2.1)"
}

test_down() {
	forget
	check "the tunnel goes" down
	check "and that is told, once" says "^IKE_DOWN ike=$IKE$"
	sleep 1
	check "for the whole of it" test "$(grep -c ^IKE_DOWN "$D/log")" = 1
}

test_refusal() {
	forget
	mode refuse AUTHORIZE
	check "a refused peer gets no tunnel" fails up
	check "charon's log says why" logged 'is refused: no such peer here'
	check "no CHILD_SA was announced" fails said ^CHILD_KEYS
	check "the refused IKE SA is told to be down" says '^IKE_DOWN'
	check "there is no SA" fails sa_present
	mode ok
	forget
	mode refuse CHILD_KEYS
	check "SPIs the gate refuses do not stop charon" up
	check "its log says so" logged 'is not proven: no such peer here'
	mode ok
	down
}

# within BOUND TOOK: the bound was waited for, and beyond it only what a tunnel takes
within() { [ "$2" -ge "$1" ] && [ "$2" -lt $(($1 + 3 * PLAIN + 500)) ]; }

test_silence() {
	local start took
	forget
	mode mute AUTHORIZE
	start=$(milliseconds)
	up
	ok $? "an agent that does not answer: the tunnel comes up, held"
	took=$(($(milliseconds) - start))
	echo "# took $took ms"
	check "after 3 s and no more than charon needs" within 3000 $took
	mode ok
	check "the connection is made anew" says ^CLOSED
	check "and the tunnel announced over it" says '^CHILD_KEYS .*flags=1$' 10
	down
	says ^IKE_DOWN
	forget
	mode mute CHILD_KEYS
	start=$(milliseconds)
	up
	ok $? "an agent that does not answer for the SPIs: the tunnel comes up"
	took=$(($(milliseconds) - start))
	echo "# took $took ms"
	check "after 1 s and no more than charon needs" within 1000 $took
	mode ok
	check "and is announced again" says '^CHILD_KEYS .*flags=1$' 10
	forget
	mode silent
	check "an agent without a heartbeat is left" says ^CLOSED 10
	mode ok
	check "and found again" says '^CHILD_KEYS .*flags=1$' 10
	down
	says ^IKE_DOWN
}

test_garbage() {
	forget
	mode garbage AUTHORIZE
	check "an agent that talks nonsense: the tunnel comes up, held" up
	check "charon's log says so" logged 'bad message from the agent'
	mode ok
	check "the connection is made anew" says ^CLOSED
	check "and the tunnel announced over it" says '^CHILD_KEYS .*flags=1$' 10
	forget
	mode garbage PING
	check "so it is for nonsense at any time" says ^CLOSED 5
	mode close CHILD_KEYS
	swan hnb --rekey --child core > /dev/null
	mode ok
	check "an agent that dies in the middle of a rekeying" \
		says '^CHILD_KEYS .*flags=1$' 15
	check "does no harm" ping_try hnb 10.99.0.1
	down
	fake_kill
	check "charon lives" charon_lives
}

test_no_agent() {
	local start took
	start=$(milliseconds)
	up
	ok $? "no agent: the tunnel comes up, held"
	took=$(($(milliseconds) - start))
	check "at once ($took ms)" within 0 $took
	down
	forget
	fake_start
	up
	says '^CHILD_UP' 10
	start=$(milliseconds)
	charon_stop hnb
	took=$(($(milliseconds) - start))
	check "charon stops in time with an agent there ($took ms)" test $took -lt 5000
	check "and tells that its tunnels are down" said '^IKE_DOWN'
	check "its log has no crash" sh -c "! grep -qi 'killed\|signal 11\|backtrace' '$TG_RUN/hnb/log'"
	fake_kill
	sed -i 's/trustgate {/trustgate { require_agent = yes/' "$TG_RUN/hnb/strongswan.conf"
	sed -i 's/require_agent = yes socket/require_agent = yes\nsocket/' "$TG_RUN/hnb/strongswan.conf"
	charon_start hnb
	check "with require_agent: no agent, no tunnel" fails up
	check "its log says so" logged 'refused, as require_agent wants'
}

begin
test_first_tunnel
test_child_rekey
test_ike_rekey
test_agent_restart
test_down
test_refusal
test_silence
test_garbage
test_no_agent
finish
