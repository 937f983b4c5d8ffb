#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by check, settings read by topology.sh
#
# INTEGRITY_INFO on the wire: a bit of what IKE encrypts changed on its way, and a peer
# whose Notify is too long or there twice (HNB-INT-02, HNB-INT-07, SGW-INT-10).
cd "$(dirname "$0")" || exit 1
. ./report.sh
W=$TMP/wire
HNB_PLUGINS=tg-tamper
HNB_STRONGSWAN="plugins { tg-tamper { file = $W } }"

# On the wire behind the H(e)NB: an octet of each IKE_AUTH. IP and UDP come before the IKE
# header, whose octet 18 is the exchange; offset 100 is of what is encrypted.
flip() {
	in_ns wan tc qdisc add dev hnb clsact &&
		in_ns wan tc filter add dev hnb ingress protocol ip u32 match ip protocol 17 0xff \
			match ip dport 500 0xffff match u8 35 0xff at 46 \
			action pedit munge offset 100 u8 invert pipe action csum udp
}
unflip() { in_ns wan tc qdisc del dev hnb clsact; }
is_dropped() { grep -qE 'integrity check failed|decrypt|verif.* failed|processing failed' "$TG_RUN/segw/log"; }
nothing() { # at the SeGW
	is contexts none "$(segw_state)" && is parsed 0 "$(count_of parsed)" &&
		{ ! grep -q decision=appraise "$LOG" || why "it was appraised"; }
}

echo none > "$W"
test_plugin tg-tamper || bail "no plugin"
report_setup
segw_agent required reject
agent_start
agent_says 60 'decision=integrity verdict=pass' || bail "the box has not measured itself"

# --- a bit of it ---------------------------------------------------------------------------
flip || bail "no tc"
swan hnb --initiate --child core --timeout 120 > "$TMP/initiate" 2>&1 &
initiating=$!
check "HNB-INT-02: an octet of SK changed on its way: the SeGW's IKE drops it" wait_for 60 is_dropped
check "HNB-INT-02: no context, nothing is parsed" nothing
check "HNB-INT-02: nor is there an SA" not sa_present
unflip
check "HNB-INT-02: sent once more and unchanged, it comes up" wait $initiating
check "HNB-INT-02: and opens" segw_gets 30 open
check "SGW-INT-10: by the one record that was whole" is parsed 1 "$(count_of parsed)"

# --- too much of it ------------------------------------------------------------------------
down
AGENT_INTEGRITY='integrity_info = off'
restart_hnb
segw_agent optional reject
attempt
check "SGW-INT-11: without one, where it is optional: IKE comes up" segw_says 5 'result=absent outcome=accepted'
unreadable=0 parsed=$(count_of parsed)
for mode in long two; do
	echo $mode > "$W"
	unreadable=$((unreadable + 1))
	check "HNB-INT-07: $mode: refused" refused
	check "HNB-INT-07: $mode: as what can't be read" segw_says 5 'result=bad outcome=refused rule=appraise.notify '
	check "HNB-INT-07: $mode: which is counted, and no parser has seen it" is "unreadable, parsed" \
		"$unreadable $parsed" "$(count_of unreadable) $(count_of parsed)"
done
echo none > "$W"
attempt
check "SGW-INT-10: the next without it is none the worse" segw_gets 20 open
down
tg_end segw-gate TERM
finish
