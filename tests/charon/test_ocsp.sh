#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# OCSP in IKE (RFC 4806) between the plugins of both ends, whatever charon makes of it:
# asked for, sent from what an agent gave before, and handed over as sent.
# shellcheck disable=SC3043	# local: dash and busybox have it
# shellcheck disable=SC2034	# read by topology.sh
# shellcheck disable=SC2317	# functions are called by check and wait_for
cd "$(dirname "$0")" || exit 1
SEGW_TRUSTGATE=1
# shellcheck source=tests/charon/lib.sh
. ./lib.sh

# again: a new IKE SA, from nothing
again() {
	down
	forget
	# The SeGW's plugin refuses when its agent is late, which on a crowded machine it is.
	up || { sleep 1; forget; up; }
	says '^CHILD_UP' 10
}
# option END NAME VALUE: of its plugin, for a charon that is started again
option() {
	charon_stop "$1"
	sed -i "s/trustgate { socket/trustgate {\\n$2 = $3\\nsocket/" "$TG_RUN/$1/strongswan.conf"
	charon_start "$1" || exit 1
	sleep 2
}
digest() { sha256sum "$1" | cut -d ' ' -f 1; }
has() { says "^AUTHORIZE .*ocsp=$(digest "$1")"; }
none() { said '^AUTHORIZE .*sent=2' && fails said ocsp=; }

test_asked() {
	mkdir -p "$TG_RUN/ocsp"
	ocsp_make "$D/one" && ocsp_make "$D/two" segw2 || exit 1
	fake_start
	segw_agent_start
	charon_conf segw
	charon_conf hnb
	charon_start segw && charon_start hnb || exit 1
	says ^HELLO
	up
	says '^CHILD_UP' 10
	check "SGW-F2-10: nothing to send, nothing sent" none
	staple "$D/one"
	again
	check "SGW-F2-10a: asked for, and sent as it is" has "$D/one"
	check "HNB-F2-07: charon's log says who asked" logged "asking .* for its OCSP response"
	staple "$D/one" "$D/two"
	again
	check "HNB-OCSP-15: two, in their order" \
		says "^AUTHORIZE .*ocsp=$(digest "$D/one") ocsp=$(digest "$D/two")"
	check "HNB-PATH-02: and how many certificates there were" said '^AUTHORIZE .*sent=2 '
	fake_kill
	forget
	fake_start
	check "HNB-OCSP-15: told again to a new agent" \
		says "^AUTHORIZE .*ocsp=$(digest "$D/one") .*flags=1" 10
	forget
	swan hnb --rekey --ike segw > /dev/null
	says ^IKE_REKEY
	fake_kill
	forget
	fake_start
	check "HNB-OCSP-15: and after the IKE SA was rekeyed" \
		says "^AUTHORIZE .*ocsp=$(digest "$D/one") .*flags=1" 10
}

test_cached() {
	staple "$D/one"
	tg_end segw-agent KILL
	sleep 1
	again
	check "SGW-F2-10b: no agent, but a response that holds: sent" has "$D/one"
	segw_agent_start
	echo 1500 > "$TG_RUN/staple/life"
	sleep 2
	staple "$D/one"
	sleep 3
	again
	check "SGW-F2-10c: one whose life is over: not sent" none
	rm "$TG_RUN/staple/life"
	staple "$D/two"
	again
	check "SGW-F2-10: another takes its place" has "$D/two"
}

test_unasked() {
	option hnb ocsp_request no
	again
	check "SGW-F2-10, FFS-18: not asked for, not sent" none
	option segw ocsp_unsolicited yes
	says '^HELLO' 5
	again
	check "SGW-F2-10d, FFS-18: sent unasked, when so configured, and taken" has "$D/two"
}

test_required() {
	down
	fake_kill
	forget
	fake_start require
	says ^HELLO 10
	check "HNB-OCSP-15: an agent that wants to be asked: a tunnel" up
	down
	fake_kill
	sleep 1
	check "HNB-OCSP-15: gone, no tunnel" fails up
	check "HNB-OCSP-15: charon's log says so" logged "refused, as the agent's policy wants"
}

begin
test_asked
test_cached
test_unasked
test_required
finish
