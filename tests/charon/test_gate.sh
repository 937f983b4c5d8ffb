#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# No gate, no SA: the plugin looks for the gate itself, at either end, also when no agent
# asks for anything, and also after IKE is up. What passes is counted at the far end. To be
# run in a VM: tests/vm/run.
# shellcheck disable=SC3043	# local: dash and busybox have it
# shellcheck disable=SC2034	# read by topology.sh
# shellcheck disable=SC2317	# functions are called by check
cd "$(dirname "$0")" || exit 1
HNB_GATE=required
SEGW_GATE=required
SEGW_TRUSTGATE=1
# shellcheck source=tests/charon/lib.sh
. ./lib.sh

states() { [ "$(ip -n "$1" xfrm state | grep -c '^src')" = "$2" ]; }
# Packets of the H(e)NB's user that are seen in the core, and the other way round.
nothing_passes() {
	local seen
	count_reset
	in_ns hnb ping -c 3 -i 0.2 -W 1 10.99.0.1
	seen=$(in_ns core cat /proc/net/snmp | awk '/^Icmp:/ && !h {h = 1; next} /^Icmp:/ {print $9}')
	in_ns hnb ping -c 3 -i 0.2 -W 1 10.99.0.1
	[ "$seen" = "$(in_ns core cat /proc/net/snmp | awk '/^Icmp:/ && !h {h = 1; next} /^Icmp:/ {print $9}')" ]
}
says_why() { wait_for 10 logged "$1"; }
cannot() { # CONDITION REASON: no CHILD_SA, of which side WHO is the one that refuses
	check "$1: IKE comes to nothing" fails up
	check "$1: the plugin says why" says_why "$2"
	check "$1: HNB-GATE-01: no SA is there" eval 'wait_for 10 states hnb 0 && states segw 0'
	check "$1: HNB-GATE-01: 0 user packets reach the core" nothing_passes
	: > "$TG_RUN/$WHO/log"
}
ends() { # HNB SEGW: their settings of the gate
	HNB_GATE=$1 SEGW_GATE=$2
	charon_stop hnb
	charon_stop segw
	charon_conf segw
	charon_conf hnb
	charon_start segw && charon_start hnb
}
# The first namespace keeps it as well.
unload() {
	trustgate config set mode=off --delete-held
	gate_unload
}
mode_of() { in_ns "$1" trustgate config set "$2" --delete-held; }

begin
grep -q '^trustgate ' /proc/modules && unload

# PIT-44, SEC-01: the initiator, H(e)NB.
ends required absent-ok
WHO=hnb
cannot "no module, H(e)NB" 'nothing would hold it: the module trustgate is not loaded'
check "and never says that anything is held" fails logged 'held'
gate_load
cannot_modes() {
	mode_of hnb mode=off
	cannot "a gate that is off, H(e)NB" 'the gate of this network namespace is off'
	mode_of hnb mode=observe
	cannot "a gate that observes, H(e)NB" 'only observes'
	mode_of hnb 'mode=enforce'
	in_ns hnb trustgate config set scope=reqid=77-78 --delete-held
	cannot "a scope that leaves the SA out, H(e)NB" "scope leaves this SA out"
	in_ns hnb trustgate config set scope=all
}
cannot_modes
check "HNB-GATE-01: a gate that enforces: the SAs come up" up
check "HNB-GATE-01: and are held: 0 user packets reach the core" nothing_passes
child_goes() { swan hnb --rekey --child core > /dev/null 2>&1; wait_for 10 logged 'nothing would hold it'; }
: > "$TG_RUN/hnb/log"
in_ns hnb trustgate config set mode=observe --delete-held
check "HNB-GATE-16: the gate let go while IKE is up: no further CHILD_SA" child_goes
check "HNB-GATE-16: 0 user packets by one" nothing_passes
down

# The responder, SeGW: the same, of which nobody asks anything.
ends absent-ok required
WHO=segw
mode_of segw mode=off
cannot "a gate that is off, SeGW" 'the gate of this network namespace is off'
unload
cannot "no module, SeGW" 'the module trustgate is not loaded'

# In so many words.
ends absent-ok absent-ok
WHO=hnb
check "gate = absent-ok at both ends: the SAs come up" up
check "and it is said that nothing holds them" says_why 'they pass, as gate = absent-ok wants'
check "packets pass" ping_try hnb 10.99.0.1
down
ends any absent-ok
cannot "a word that is no setting is not absent-ok" 'the module trustgate is not loaded'
finish
