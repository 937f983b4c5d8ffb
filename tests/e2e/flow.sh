# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2015	# read by topology.sh, and by who sources this; from lib.sh
#
# What tests of a flow share: one that is walked on the wide area network, between two
# boxes that both gate. Sourced after lib.sh.

. "$here/segw-end.sh"
SEGW_TRUSTGATE=1 SAVE_KEYS=1 CHARON_LOG=1
OUT=${TG_OUT:-$TG_RUN/pcap}
VID=66bb45ccf28bc9277b09a4e304414f3b
AGENT_GATE='boot_attempts = 100
t_verify = 300s'
HNB_CONNECTION='send_cert = always'

# key_id NAME: what a CERTREQ calls that CA
key_id() {
	openssl x509 -in "$PKI/$1.crt" -noout -pubkey | openssl pkey -pubin -outform DER |
		sha1sum | cut -c1-40
}

# names: what the tables of steps ask for
names() {
	printf -- '-D %s\n' "HNB=$HNB_NAME" "SEGW=$SEGW_NAME" "VID=$VID" HNB4=192.0.2.2 \
		"VIP4=$(vip v4)" "VIP6=$(vip v6)" "VROOT=$(key_id vroot)" "OPROOT=$(key_id oproot)"
}

# flow_down: nothing is left of either end
flow_down() {
	fresh
	tg_end segw-gate TERM
	rm -f /run/trustgate/hnb/trustgated.conf
}

# both_start [CHANGE]: the SeGW's agent and both charons, which know of each other; CHANGE
# is made to what they read. The H(e)NB's agent, which begins, is not started.
both_start() {
	local segw
	segw_agent
	LOGGED=$(wc -l 2> /dev/null < "$TG_RUN/hnb/log" || echo 0)
	charon_conf segw
	charon_conf hnb
	${1-}
	(trap - EXIT; charon_start segw) &
	segw=$!
	charon_start hnb && wait "$segw" || bail "no charon"
	segw_says 30 plugin-connected || bail "$WHY"
	case ${SEGW_MAIN-} in *status_uri*) segw_says 60 'decision=own-status' || bail "$WHY" ;; esac
}

# flow_up FLOW [CHANGE]: both ends anew, and a capture from the first packet on; once more
# where one attempt was not enough: charon's TPM plugin wrote no DER (see
# Documentation/tre.rst), or a busy machine was too late for a deadline of IKE's.
# Charon's log goes on from one start of it to the next.
attempts() { tail -n "+$((LOGGED + 1))" "$TG_RUN/hnb/log" | grep -c 'initiating IKE_SA'; }
flow_up() {
	local _
	for _ in 1 2 3 4; do
		flow_down
		both_start "${2-}"
		capture_start wan hnb || bail "no capture"
		agent_start
		wait_for 60 sa_present || bail "$1: no SA: $(tail -n 3 "$TG_RUN/hnb/log")"
		[ "$(attempts)" != 1 ] || return 0
		note "$1: once more, as that took $(attempts) attempts"
		capture_stop wan hnb
	done
	bail "$1: never at the first attempt"
}

# flow_end FLOW: the capture ends, and is $OUT/FLOW.pcap
flow_end() {
	capture_stop wan hnb
	mv "$OUT/wan-hnb.pcap" "$OUT/$1.pcap"
}

# segw_opens: it does. One query may be on its way, to a responder that was silent then.
segw_asks() { segw_tg recheck > /dev/null 2>&1; sleep 2; segw_in open; }
segw_opens() { wait_for 20 segw_asks || segw_in open; }

keyed() { ip -n "$1" xfrm state | grep -cE '^[[:space:]]+(enc|aead) '; }
keyless() { [ "$(keyed "$1")" = 0 ]; }
no_keys() { wait_for 20 keyless "$1" || why "$(keyed "$1") SAs with keys at $1"; }
