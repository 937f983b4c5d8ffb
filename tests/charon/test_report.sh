#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# INTEGRITY_INFO between the plugins of both ends: who shows the Vendor ID, who gets the
# Notify and when, that both ends name the same IKE SA, and what becomes of it when the
# agent says no, too late or nonsense. To be run in a VM: tests/vm/run.
# shellcheck disable=SC3043	# local: dash and busybox have it
# shellcheck disable=SC2034	# read by topology.sh
# shellcheck disable=SC2317	# functions are called by check and wait_for
cd "$(dirname "$0")" || exit 1
SEGW_TRUSTGATE=0
# shellcheck source=tests/charon/lib.sh
. ./lib.sh
VENDOR_ID=66bb45ccf28bc9277b09a4e304414f3b
TRACE=$TG_RUN/ike.trace
D=$TG_RUN/fake-hnb

# at END COMMAND...: with the agent of that end
at() {
	local D=$TG_RUN/fake-$1 WHO=$1
	shift
	"$@"
}
# agent END "MODE TYPE MS"|-: one with that policy for INTEGRITY_INFO, in place of the last
agent() {
	local d=$TG_RUN/fake-$1 socket=/run/trustgate/plugin.sock
	[ "$1" = hnb ] || socket=$TG_RUN/$1/plugin.sock
	tg_end "fake-$1" KILL
	mkdir -p "$d" "${socket%/*}"
	: > "$d/log"
	echo ok > "$d/mode"
	rm -f "$d/mode.integrity"
	[ "$2" = - ] || echo "$2" > "$d/mode.integrity"
	[ -e "$d/mode.record" ] || head -c 1500 /dev/urandom > "$d/mode.record"
	python3 ./fake-agent.py "$socket" "$d/log" "$d/mode" 2>> "$d/err" < /dev/null &
	echo $! > "$TG_RUN/pids/fake-$1"
	wait_for 20 test -S "$socket"
	wait_for 10 grep -q ^HELLO "$d/log"
	sleep 0.5
}
trace() { # anew
	tg_end trace TERM
	rm -f "$TRACE"
	nsenter --net=/run/netns/segw -- python3 ./ike-trace.py "$TRACE" 2> /dev/null &
	echo $! > "$TG_RUN/pids/trace"
	# Without it what must not be on the wire would not be found there.
	wait_for 30 test -e "$TRACE" || exit 1
}
again() {
	down
	at hnb forget
	at segw forget
	at hnb mode ok
	: > "$TG_RUN/hnb/log"
	trace
	up
}
# on_wire PATTERN EXCHANGE KIND [SOURCE]: octets, in hex
on_wire() { grep "^${4:-[0-9.]*} [0-9.]* $2 $3 " "$TRACE" | grep -q "$1"; }
# inits -eq|-ge N: requests that begin an IKE SA; one that is repeated is the same
inits() { test "$(grep 'IKE_SA_INIT request' "$TRACE" | sort -u | wc -l)" "$@"; }
anywhere() { grep -q "$1" "$TRACE"; }
record() { sha256sum "$TG_RUN/fake-hnb/mode.record" | cut -d ' ' -f 1; }
asked() { at hnb said '^REPORT '; }
told() { at segw said "^AUTHORIZE .*integrity=$(record)"; }
none() { at segw said '^AUTHORIZE ' && fails at segw said integrity=; }
# same ITEM...: the H(e)NB's agent was asked about the IKE SA that the SeGW's was told of
same() {
	local i
	for i; do
		[ -n "$(at hnb item REPORT "$i")" ] || return 1
		[ "$(at hnb item REPORT "$i")" = "$(at segw item AUTHORIZE "$i")" ] || return 1
	done
}
restart() { # END: its charon, with what charon_conf makes of the settings
	charon_stop "$1"
	charon_conf "$1"
	charon_start "$1" || exit 1
	wait_for 10 at "$1" said ^HELLO
	sleep 1
}

test_plain_segw() {
	charon_conf segw
	charon_conf hnb
	charon_start segw && charon_start hnb || exit 1
	agent hnb "auto 48320 2000"
	trace
	check "SGW-F2-03: a SeGW without Trustgate: a tunnel" up
	check "FFS-01: the H(e)NB shows its Vendor ID" on_wire $VENDOR_ID IKE_SA_INIT request
	check "HNB-INT-01, CON-09, PIT-21: nobody showed it back: the agent is not asked" fails asked
	check "HNB-INT-01: and charon's log says why" logged "did not show that it reads it"
	agent hnb "force 48320 2000"
	again
	ok $? "HNB-INT-06: sent by force to a SeGW that does not know it: a tunnel"
	check "HNB-INT-01: the agent was asked" asked
	check "HNB-INT-06: the SeGW's charon saw a Notify that it ignores" \
		grep -q "48320" "$TG_RUN/segw/log"
	check "SGW-F2-03: which shows no Vendor ID" fails on_wire $VENDOR_ID IKE_SA_INIT response
}

test_both() {
	down
	SEGW_TRUSTGATE=1
	mkdir -p "$TG_RUN/segw"
	restart segw
	agent segw "auto 48320 2000"
	agent hnb "auto 48320 2000"
	again
	ok $? "HNB-INT-01: between two plugins: a tunnel"
	check "SGW-F2-03: the SeGW shows its Vendor ID" on_wire $VENDOR_ID IKE_SA_INIT response
	check "SGW-F2-03: and so does the H(e)NB" on_wire $VENDOR_ID IKE_SA_INIT request
	check "HNB-INT-01: the record arrives as the agent gave it, through IKE fragmentation" told
	check "HNB-F2-02, FFS-03: both ends name the same SPIs, nonces and IDi" \
		same spi_i spi_r ni nr idi
	check "FFS-03: the IDi is a payload's body" \
		at hnb said "^REPORT .*idi=02000000$(printf %s "$HNB_NAME" | od -An -tx1 | tr -d ' \n')"
	check "FFS-03: the SPIs are those of the wire" on_wire \
		" $(at hnb item REPORT spi_i | cut -c 3-)$(at hnb item REPORT spi_r | cut -c 3-)" \
		IKE_AUTH request
	check "FFS-03: the nonces are those of the wire" on_wire "$(at hnb item REPORT ni)" \
		IKE_SA_INIT request
	check "FFS-03: of either end" on_wire "$(at hnb item REPORT nr)" IKE_SA_INIT response
	check "HNB-INT-02, PRIV-04, PIT-21, CON-26: the record is in no packet in clear" fails anywhere \
		"$(head -c 16 "$TG_RUN/fake-hnb/mode.record" | od -An -tx1 | tr -d ' \n')"
	check "HNB-INT-01: the agent was asked once" \
		test "$(grep -c ^REPORT "$TG_RUN/fake-hnb/log")" = 1
	check "SGW-INT-10, CON-10: and the SeGW's told once, of a peer that has passed AUTH" \
		test "$(grep -c integrity= "$TG_RUN/fake-segw/log")" = 1
}

test_no_repeat() {
	local first
	first=$(at segw item AUTHORIZE spi_i)
	at hnb forget
	swan hnb --rekey --ike segw > /dev/null
	check "HNB-INT-01: an IKE SA is rekeyed" wait_for 10 at hnb said ^IKE_REKEY
	swan hnb --rekey --child core > /dev/null
	check "HNB-INT-01: and a CHILD_SA" wait_for 10 at hnb said ^CHILD_UP
	check "HNB-INT-01: the agent is not asked again" fails asked
	agent segw "auto 48320 2000"
	check "FFS-03: a new agent of the SeGW is told of the IKE_AUTH that was" \
		wait_for 10 at segw said "^AUTHORIZE .*integrity=$(record).*flags=1"
	check "FFS-03: by the SPIs it had then" test "$first" = "$(at segw item AUTHORIZE spi_i)"
	check "FFS-05: and how long ago that is" test "$(at segw item AUTHORIZE age)" -ge 1
	at hnb forget
	at segw forget
	swan hnb --rekey --ike segw --reauth > /dev/null
	check "HNB-INT-05: a reauthentication asks for another" wait_for 20 asked
	check "HNB-INT-05: about another IKE SA" wait_for 10 at segw said "^AUTHORIZE .*integrity="
	check "HNB-INT-05: which both ends name alike" same spi_i spi_r ni nr idi
}

test_retries() {
	local id
	sleep 2
	down
	charon_stop hnb
	charon_stop segw
	HNB_CONNECTION='proposals = aes128gcm16-prfsha256-x25519-ecp256'
	restart segw
	restart hnb
	again
	ok $? "FFS-03: a group that the SeGW does not want: a tunnel"
	check "FFS-03: after two requests" wait_for 5 inits -eq 2
	check "FFS-03: the last pair of nonces counts" same ni nr spi_i spi_r
	check "FFS-03: which is that of the wire" sh -c \
		"grep 'IKE_SA_INIT request' '$TRACE' | tail -n 1 | grep -q $(at hnb item REPORT ni)"
	check "FFS-03: and the record arrives" told
	HNB_CONNECTION=
	down
	charon_stop hnb
	restart hnb
	sed -i 's/threads = 8/threads = 8\ncookie_threshold = 1/' "$TG_RUN/segw/strongswan.conf"
	charon_stop segw
	charon_start segw || exit 1
	wait_for 10 at segw said ^HELLO
	sleep 2
	down
	at hnb forget
	at segw forget
	for id in 1 2 3 4; do
		nsenter --net=/run/netns/hnb -- python3 ./ike-trace.py again "$TRACE" 192.0.2.1
	done
	trace
	up
	ok $? "FFS-03: a SeGW that wants a cookie: a tunnel"
	check "FFS-03: after two requests" wait_for 5 inits -ge 2
	check "FFS-03: the nonces are those that count" same ni nr spi_i spi_r
	check "FFS-03: and the record arrives" told
}

test_off() {
	agent hnb "off 48320 2000"
	again
	ok $? "HNB-INT-01: off at the H(e)NB: a tunnel"
	check "HNB-INT-01: no Vendor ID" fails on_wire $VENDOR_ID IKE_SA_INIT request 192.0.2.2
	check "HNB-INT-01: the agent is not asked" fails asked
	check "SGW-INT-11: and the SeGW's hears of none" none
	agent hnb -
	again
	check "HNB-INT-01: an agent that says nothing of it: as off" fails asked
	agent hnb "auto 48320 2000"
	agent segw "off 48320 2000"
	again
	ok $? "SGW-F2-03: off at the SeGW: a tunnel"
	check "SGW-F2-03: no Vendor ID of it" fails on_wire $VENDOR_ID IKE_SA_INIT response
	check "SGW-F2-03: the H(e)NB sends none" fails asked
	agent hnb "force 48320 2000"
	again
	check "SGW-F2-03: and when it is forced to, the SeGW keeps nothing of it" none
	agent segw "auto 50000 2000"
	again
	ok $? "HNB-INT-06: another type at either end: a tunnel"
	check "HNB-INT-06: sent, and not for this SeGW" sh -c "grep -q ^REPORT $TG_RUN/fake-hnb/log"
	check "HNB-INT-06: which tells of none" none
	agent hnb "auto 50000 2000"
	again
	check "HNB-INT-06: the same type again: it arrives" told
}

# within BOUND TOOK: waited for, and not much longer
within() { [ "$2" -ge "$1" ] && [ "$2" -lt $(($1 + 15000)) ]; }

test_agent_says_no() {
	local start took
	agent hnb "auto 48320 2000"
	agent segw "auto 48320 2000"
	at hnb mode refuse REPORT
	down; at hnb forget; at segw forget; trace
	up
	ok $? "PIT-42: an agent that has none: a tunnel"
	check "PIT-42: and no Notify" none
	check "PIT-42: charon's log says why" logged "no integrity information for .*no such peer here"
	at hnb forget; at segw forget; down; at hnb mode mute REPORT; : > "$TG_RUN/hnb/log"
	start=$(milliseconds)
	up
	ok $? "PIT-42: an agent that is late: a tunnel"
	took=$(($(milliseconds) - start))
	check "PIT-42: after its 2 s and no more than charon needs ($took ms)" within 2000 $took
	check "PIT-42: and no Notify" none
	check "PIT-42: charon's log says why" logged "no integrity information for .*no agent answered"
	for what in garbage long empty close; do
		at hnb mode ok
		wait_for 10 at hnb said ^HELLO
		down
		sleep 2
		at hnb forget; at segw forget
		at hnb mode $what REPORT
		up
		ok $? "PIT-42: an agent whose answer is $what: a tunnel"
		check "PIT-42: $what: it was asked, and no Notify was sent" \
			sh -c "grep -q ^REPORT $TG_RUN/fake-hnb/log && ! grep -q integrity= $TG_RUN/fake-segw/log"
	done
	at hnb mode ok
	wait_for 10 at hnb said ^HELLO
	sleep 1
	again
	check "PIT-42: and when it is well again, the record arrives" told
	check "charon lives" charon_lives
}

test_unauthenticated() {
	local socket
	down
	at hnb forget
	at segw forget
	sed -i 's/cacerts = vroot.crt/cacerts = opca.crt/' "$TG_RUN/segw/swanctl/swanctl.conf"
	swan segw --load-all --noprompt > /dev/null 2>&1
	check "SGW-INT-10: a peer whose AUTH does not verify: no tunnel" fails up
	check "SGW-INT-10: it had sent a record" asked
	check "SGW-INT-10, CON-10: of which the agent hears nothing" fails at segw said AUTHORIZE
	sed -i 's/cacerts = opca.crt/cacerts = vroot.crt/' "$TG_RUN/segw/swanctl/swanctl.conf"
	swan segw --load-all --noprompt > /dev/null 2>&1
	agent segw "auto 48320 2000"
	at segw mode refuse AUTHORIZE
	again
	check "FFS-05: an agent that refuses what it was told of: no tunnel" \
		fails sa_present
	check "FFS-05: the record was told" told
}

begin
mkdir -p "$TG_RUN/fake-segw"
test_plain_segw
test_both
test_no_repeat
test_retries
test_off
test_agent_says_no
test_unauthenticated
finish
