#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
#
# New keys for the CHILD_SA under load, both directions: an open context loses no
# packet, a closed one passes none. HNB-GATE-14, HNB-GATE-15. REKEYS: how many.
cd "$(dirname "$0")" || exit 1
REKEYS=${REKEYS:-200}
AGENT_GATE='t_verify = 600s
boot_attempts = 100'
AGENT_OCSP='try = 5s'
# A virtual processor waits while the other one goes on: what it forwards comes out of
# order, by hundreds on a busy machine, and beyond the window XFRM takes it for a replay.
REPLAY_WINDOW=4096
. ./lib.sh
setup
watch
tunnel_up || bail "no tunnel"
check "HNB-GATE-06: opens" opens 60
check "HNB-GATE-06: user data passes" both_pass
S0=$(tg show stats | awk '$2 == "held" && $3 != "deleted" { n += $4 } END { print n + 0 }')

# load_start MS / load_end: numbered packets, both ways, at the same time
load_start() {
	rm -f "$TMP"/ready-*
	begin core sink 9000 "$TMP/ready-core" > "$TMP/sink-core"; sink1=$BEGUN
	begin lan sink 9000 "$TMP/ready-lan" > "$TMP/sink-lan"; sink2=$BEGUN
	wait_for 30 test -e "$TMP/ready-core" -a -e "$TMP/ready-lan"
	begin lan flow $CORE4 9000 600 "$1" > "$TMP/flow-lan"; flow1=$BEGUN
	begin core flow $LAN6 9000 600 "$1" > "$TMP/flow-core"; flow2=$BEGUN
	sleep 1
}
load_end() {
	kill $flow1 $flow2
	wait $flow1 $flow2
	sleep 1
	kill $sink1 $sink2
	wait $sink1 $sink2
	read -r SENT_LAN _ < "$TMP/flow-lan"
	read -r SENT_CORE _ < "$TMP/flow-core"
	read -r CAME_CORE _ < "$TMP/sink-core"
	read -r CAME_LAN _ < "$TMP/sink-lan"
	note "lan->core $SENT_LAN sent, $CAME_CORE arrived; core->lan $SENT_CORE sent, $CAME_LAN arrived"
}
rekeys() {
	python3 ./rekey.py "$TG_RUN/hnb/vici" "$TG_CHILD" "$1" 480 > "$TMP/rekeys"
	local rc=$?
	note "$(cat "$TMP/rekeys")"
	return $rc
}

load_start 10
check "HNB-GATE-14: $REKEYS rekeys of the CHILD_SA under load" rekeys "$REKEYS"
load_end
# A packet that met its SA before charon deleted it, and that the machine then kept
# waiting, is dropped by XFRM itself, and counted so: with or without a gate. One for ten
# rekeys may be; no other counter of XFRM is an excuse.
too_late() {
	local ns
	for ns in hnb segw; do
		in_ns $ns cat /proc/net/xfrm_stat
	done | awk '/^Xfrm(InNoStates|OutNoStates|OutStateInvalid) / { n += $2 } END { print n + 0 }'
}
LATE=$(too_late)
DELETED=$(held out deleted)
note "of these on an SA already deleted: $LATE counted by XFRM, $DELETED by the gate"
for ns in hnb segw; do
	note "$ns: $(in_ns $ns awk '$2 { printf "%s %s; ", $1, $2 }' /proc/net/xfrm_stat)"
done
none_lost() {
	[ "$SENT_LAN" -gt 100 ] && [ "$SENT_CORE" -gt 100 ] || why "no load" || return 1
	is "lost" $((LATE + DELETED)) $((SENT_LAN - CAME_CORE + SENT_CORE - CAME_LAN)) &&
		within "lost with their SA" 0 $((REKEYS / 10)) $((LATE + DELETED))
}
check "HNB-GATE-14: on an open context none is lost but with an SA that charon had deleted" none_lost
S1=$(tg show stats | awk '$2 == "held" && $3 != "deleted" { n += $4 } END { print n + 0 }')
check "HNB-GATE-14: and the gate held none" is "held" "$S0" "$S1"
check "HNB-GATE-14: it stayed open all the time" not happened suspended any
# A state without keys is none of charon's, but XFRM's own, of a packet that found none
# (XfrmOutNoStates).
old_gone() { [ "$(ip -n hnb xfrm state | grep -cE '^[[:space:]]+(aead|enc) ')" -le 2 ]; }
last_is_left() {
	wait_for 60 old_gone || why "$(ip -n hnb xfrm state; swan hnb --list-sas)"
}
# One whose five seconds end while its IKE SA hands over to the next, charon looks for at
# the old (child_sa_manager_t.checkout_by_id) and keeps, for the hour that its keys last.
check "HNB-GATE-14: of the CHILD_SAs the last is left" last_is_left
check "HNB-GATE-15: the IKE SA may have new keys as well" eval 'swan hnb --rekey --ike segw > /dev/null'
check "HNB-GATE-15: and passes on" both_pass
check "HNB-GATE-14: and its CHILD_SA after that" rekeys 2
check "HNB-GATE-14: and passes on" both_pass

ocsp_mode silent
read -r ID _ < <(context)
T=$(now_ms)
tg close "$ID"
count_reset
load_start 10
check "HNB-GATE-14: 40 rekeys on a closed context" rekeys 40
load_end
none_passed() {
	[ "$SENT_LAN" -gt 100 ] && [ "$SENT_CORE" -gt 100 ] || why "no load" || return 1
	is "lan->core" 0 "$CAME_CORE" && is "core->lan" 0 "$CAME_LAN" && is "user packets" 0 "$(user)"
}
check "HNB-GATE-14: on a closed context 0 pass" none_passed
check "HNB-GATE-14: it stayed closed" not happened open any "$T"
# The agent has to know the last of the forty by then: it asks through it.
check "HNB-GATE-14: of the closed ones the last is left" last_is_left
ocsp_mode good
tg recheck
check "HNB-GATE-06: and opens with new proofs, with the keys of now" opens 60
check "HNB-GATE-06: user data passes again" both_pass
finish
