#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034,SC2015  # called by check; read by topology.sh; it can't fail
#
# Flow F1, certificates alone, on the wire: each of its numbered steps, in order, with an
# inner address that is assigned; and what is sent once more. What has one thing in it
# that is wrong is test-refused's.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
. ./flow.sh
AGENT_OCSP='mode = intunnel
try = 2s'
AGENT_INTEGRITY='integrity_info = off'
SEGW_VENDOR='sources = own'
SEGW_MORE="[source own]
class = manufacturer-ocsp
uri = $OCSP_URL/vca
[integrity]
policy = ignore
[ocsp]
uri = $OCSP_URL/"
HNB_STRONGSWAN="plugins { trustgate { ocsp_request = no
} }"
setup
hnb_unrevoke > /dev/null 2>&1

# --- each step
ocsp_mode silent
flow_up f1
check "SGW-F1-09: after IKE_AUTH the H(e)NB has SAs" sa_present
check "SGW-F1-09: so has the SeGW" test "$(keyed segw)" -ge 2
check "SGW-F1-09: no user data passes on either side" all_held
ocsp_mode good
tg recheck > /dev/null
check "HNB-F1-11: the SeGW is proven: the H(e)NB's gate opens" opens 60
check "SGW-F1-07: the H(e)NB is proven: so does the SeGW's" segw_opens
flow_end f1
# shellcheck disable=SC2046  # words
walk f1 "$OUT/f1.pcap" "$TG_RUN/hnb/keys" $(names)
check "SGW-F1-09: user data passes, from either end" wait_for 30 both_pass

# --- once more
# Counted where charon gets them: of what belongs to no IKE SA it says nothing.
in_ns segw nft -f - <<-X
table inet evil {
	counter ike {}
	chain in { type filter hook input priority 0; ip saddr 192.0.2.66 udp dport 500 counter name ike; }
}
X
datagrams() { in_ns segw nft list counter inet evil ike | sed -n 's/.*packets \([0-9]*\) .*/\1/p'; }
arrived() { [ "$(datagrams)" -ge "$1" ]; }
replay() { # FLOW WHAT MESSAGE...: nobody is any the better for it
	local before flow=$1 what=$2 n
	shift 2
	before=$(keyed segw)
	n=$(datagrams)
	n=$((n + $(in_ns evil python3 ./replay.py "$OUT/$flow.pcap" "$TMP/$flow.json" 192.0.2.1 "$@")))
	check "SGW-F1-07: $what: it arrives" wait_for 20 arrived $n
	sleep 2
	check "SGW-F1-07: $what: the SeGW has no SA more" is "SAs" "$before" "$(keyed segw)"
}
agent_stop
swan hnb --terminate --ike segw --timeout 20 > /dev/null 2>&1
check "SGW-F1-07: its IKE SA is ended" no_keys segw
replay f1 "IKE_AUTH again, when its IKE SA is gone" "> IKE_AUTH 1"
replay f1 "IKE_AUTH before IKE_SA_INIT, both of then" "> IKE_AUTH 1" "> IKE_SA_INIT 0"
replay f1 "both of them, in order" "> IKE_SA_INIT 0" "> IKE_AUTH 1"
finish
