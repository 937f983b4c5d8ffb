#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by check, settings read by topology.sh
#
# Old IKE SAs (TS 33.320 A.1-9, A.2-21): an H(e)NB that comes back has what it had before
# closed in the moment it is let in, and deleted; found by the device, whatever UICC is in
# it; from the same address or another; and nobody can have that done to another box.
cd "$(dirname "$0")" || exit 1
. ./lib.sh
. ./segw-end.sh
. ../lib/aka.sh
SEGW_TRUSTGATE=1 CHARON_LOG=1
AGENT_CHARON='start = no'
AGENT_GATE='authentication = combined
t_verify = 300s'
AGENT_OCSP='mode = off'
SEGW_MAIN='combined = *'
OTHER=hnb000002.vendor.test
# What the other box has behind it, of which it asks for nothing else.
SEGW_CHILD='remote_ts = dynamic, 10.10.0.0/24, fd10::/64, 10.20.0.0/24, fd20::/64'
# An IKE SA more each time, though there is one.
HNB_STRONGSWAN='reuse_ikesa = no'

both() {
	local ns other
	for ns in hnb segw; do
		ip -n $ns xfrm state flush
		ip -n $ns xfrm policy flush
	done
	charon_conf segw
	charon_conf hnb
	(trap - EXIT; charon_start segw) &
	other=$!
	charon_start hnb || bail "no charon"
	wait $other || bail "no charon at the SeGW"
	joined "$AGENT_LOG" && joined "$SEGW_LOG" || bail "no plugin"
}
# joined LOG: the plugin's newest connection stands
joined() {
	wait_for 30 eval 'grep -oE "decision=plugin-(connected|lost)" '"$1"' | tail -n 1 | grep -q connected'
}

again() { initiate core 60; }
# of IDENTITY: contexts that it has at the SeGW, those that are gone apart, as id:state
of() {
	segw_tg show context -j | python3 -c '
import json, sys
print(" ".join("%d:%s" % (c["id"], c["state"]) for c in sorted(
    json.load(sys.stdin)["contexts"], key=lambda c: c["id"])
    if c["peer"] == sys.argv[1] and c["state"] != "gone"))' "$1"
}
# one_open IDENTITY: it has one context there, and that is open
one_open() {
	case $(of "$1") in *' '*|'') why "$1 has: $(of "$1")" ;; *:open) ;; *) why "$1: $(of "$1")" ;; esac
}
henb_has() { is "IKE SAs at the H(e)NB" "$1" "$(swan hnb --list-sas | grep -c '^segw:.*ESTABLISHED')"; }
# in_time: the old context was gone before the new one's SAs were there, and held nothing open
in_time() {
	python3 - "$TMP/segw-events" "$1" <<-'X'
	import json, sys
	old = int(sys.argv[2])
	gone = new = None
	for line in open(sys.argv[1]):
	    try:
	        e = json.loads(line)
	    except ValueError:
	        continue
	    if e["event"] == "context-gone" and e.get("context_id") == old and \
	       e["reason"] == "replaced":
	        gone = e["time_ns"]
	    if e["event"] == "sa-bound" and gone and not new and e.get("context_id") != old:
	        new = e["time_ns"]
	sys.exit(not (gone and new and gone < new))
	X
}
# taken_over WHAT: after `again`, all that has to follow; OLD is the context before
taken_over() {
	check "SGW-OLD-01: $1: the old context is closed before the new one has an SA" \
		wait_for 10 in_time "$OLD"
	check "SGW-OLD-01: $1: within 12 s the old IKE SA is gone, the new one open" \
		wait_for 12 one_open "$HNB_NAME"
	check "SGW-OLD-02: $1: the H(e)NB was sent a Delete, and has one IKE SA" \
		wait_for 12 henb_has 1
	check "SGW-OLD-02: $1: which was an INFORMATIONAL on the old one" \
		grep -q "received DELETE for IKE_SA segw" "$TG_RUN/hnb/log"
	check "HNB-OLD-03: $1: the H(e)NB's new context is open" opens 60
	check "HNB-OLD-03: $1: and data passes, from either end" both_pass
}
anew() {
	OLD=$(of "$HNB_NAME")
	OLD=${OLD%%:*}
	: > "$TG_RUN/hnb/log"
	: > "$TG_RUN/segw/log"
}

# box2 CERT KEY ID NAI: another H(e)NB in evil, with a charon alone, and its attempt
box2() {
	local d=$TG_RUN/evil
	tg_end charon-evil TERM
	rm -rf "$d"
	cp -r "$TG_RUN/hnb" "$d"
	rm -f "$d/vici" "$d/log" "$d/swanctl/x509/"*
	cp "$PKI/$1.crt" "$d/swanctl/x509/"
	cp "$PKI/$1.key" "$d/swanctl/private/"
	cp "$PKI/evilroot.crt" "$d/swanctl/x509ca/"
	sed -i "s#$TG_RUN/hnb/#$d/#g; s/ tpm / /; s/ trustgate\$//" "$d/strongswan.conf"
	sed -i "s/local_addrs = .*/local_addrs = 192.0.2.66/; s/certs = hnb.crt/certs = $1.crt/; s/id = $HNB_NAME/id = $3/
		s/$(aka_nai 1)/$4/; s/10\.10\.0\.0/10.20.0.0/; s/fd10::/fd20::/
		s/local_ts = dynamic, /local_ts = /; /tokenhnb {/,/}/d" "$d/swanctl/swanctl.conf"
	charon_start evil || bail "no charon of the other box"
	swan evil --initiate --child core --timeout 20 > "$d/initiate" 2>&1
}

setup
aka_set && aka_start || bail "no AAA server"
pki_issue hnb2 vca end "/O=Vendor/CN=$OTHER" "DNS:$OTHER" || bail "no certificate"
agent_conf && agent_start
segw_agent
nsenter --net=/run/netns/segw -- trustgate monitor -j > "$TMP/segw-events" 2> /dev/null &
echo $! > "$TG_RUN/pids/segw-watch"
both
again || bail "no tunnel: $(tail -n 5 "$TG_RUN/hnb/initiate")"
check "SGW-OLD-01: an H(e)NB is connected" opens 60
check "SGW-OLD-01: at both ends" wait_for 10 one_open "$HNB_NAME"

# --- somebody else, with its name
anew
WAS=$(of "$HNB_NAME")
count_reset
SENT=$(pump core "udp=$LAN4=5")
box2 evil evil "$HNB_NAME" "$(aka_nai 1)"
SENT=$((SENT + $(pump core "udp=$LAN4=5")))
settle
check "SGW-OLD-04: IDi of the H(e)NB and a bad AUTH: refused" \
	grep -q AUTH_FAILED "$TG_RUN/evil/log"
check "SGW-OLD-04: the H(e)NB's context is as it was" is context "$WAS" "$(of "$HNB_NAME")"
check "SGW-OLD-04: every packet of before and after arrived" \
	is "packets at the LAN" "$SENT" "$(lan_user_packets)"

# --- the H(e)NB itself
anew
again
taken_over "from the same address"

ip -n hnb addr add 192.0.2.3/24 dev wan0
sed -i 's/local_addrs = 192.0.2.2$/local_addrs = 192.0.2.3/' "$TG_RUN/hnb/swanctl/swanctl.conf"
swan hnb --load-all --noprompt > /dev/null 2>&1
anew
again
taken_over "from another address"

# --- one UICC in two boxes
WAS=$(of "$HNB_NAME")
box2 hnb2 hnb2 "$OTHER" "$(aka_nai 1)"
check "SGW-F3-21, PIT-31: another box with this one's UICC is connected" \
	wait_for 10 one_open "$OTHER"
check "SGW-F3-21, PIT-31: it takes nothing from the first" \
	is context "$WAS" "$(of "$HNB_NAME")"
check "SGW-F3-21: whose data passes" both_pass
WAS=$(of "$OTHER")
sed -i "s/$(aka_nai 1)/$(aka_nai 2)/" "$TG_RUN/hnb/swanctl/swanctl.conf"
swan hnb --load-all --noprompt > /dev/null 2>&1
anew
again
taken_over "with another UICC"
check "SGW-F3-21: the other box keeps its own" is context "$WAS" "$(of "$OTHER")"
check "PIT-30: an H(e)NB that replaces itself again and again is told of" \
	segw_says 5 "decision=flapping .*peer=$HNB_NAME"
tg_end charon-evil TERM

# --- it has forgotten its IKE SA, which the SeGW has not
charon_kill hnb
ip -n hnb xfrm state flush
anew
charon_start hnb || bail "no charon"
joined "$AGENT_LOG" || bail "no plugin"
again
check "HNB-OLD-03: it has forgotten: the SeGW deletes what it had" \
	wait_for 20 grep -q 'sending DELETE for IKE_SA' "$TG_RUN/segw/log"
check "HNB-OLD-03: a Delete for an SPI it does not know changes nothing: open" opens 60
check "SGW-OLD-01: one IKE SA is left" wait_for 10 one_open "$HNB_NAME"
check "HNB-OLD-03: data passes, from either end" both_pass

# --- what INITIAL_CONTACT does, which the lint warns of
sed -i 's/unique = never/unique = replace/' "$TG_RUN/hnb/swanctl/swanctl.conf" \
	"$TG_RUN/segw/swanctl/swanctl.conf"
swan segw --load-all --noprompt > /dev/null 2>&1
charon_kill hnb
ip -n hnb xfrm state flush
anew
charon_start hnb || bail "no charon"
joined "$AGENT_LOG" || bail "no plugin"
again
check "SGW-OLD-02, PIT-29: with INITIAL_CONTACT charon destroys the old IKE SA" \
	wait_for 20 grep -q 'received INITIAL_CONTACT' "$TG_RUN/segw/log"
check "SGW-OLD-02, PIT-29: and sends no Delete" not grep -q 'sending DELETE' "$TG_RUN/segw/log"
finish
