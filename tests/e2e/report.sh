# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034	# topology.sh reads what is set here
#
# What the tests of INTEGRITY_INFO share: an agent at either end, a box that is enrolled
# at the SeGW's, and who may tamper with what the SeGW's charon says. A test sources it,
# and calls report_setup.

. ./lib.sh
SEGW_TRUSTGATE=1 CHARON_LOG=1
AGENT_CHARON='start = no'
AGENT_GATE='required = device-auth, integrity
t_verify = 60s'
AGENT_OCSP='mode = off'
D=/run/trustgate/segw
B=$TMP/box
T=$TMP/tamper
STORE=$D/devices.db
LOG=$TG_RUN/segw-agent.log
# A TPM in a machine that is emulated takes its time.
AGENT_INTEGRITY='deadline = 8s'

stg() { in_ns segw trustgate --socket $D/control.sock "$@"; }
segw_says() { wait_for "$1" grep -q -- "$2" "$LOG" || why "no \"$2\" within $1 s: $(tail -n 4 "$LOG")"; }
# count_of NAME [VERDICT]: of integrity_info at the SeGW
count_of() {
	stg status -j 2>/dev/null | python3 -c '
import json, sys
c = json.load(sys.stdin)["control"]["integrity_info"]
print(c["verdicts"][sys.argv[2]] if len(sys.argv) > 2 else c[sys.argv[1]])' "$@"
}
segw_state() {
	stg show context -j | python3 -c '
import json, sys
print(max(json.load(sys.stdin)["contexts"], key=lambda c: c["id"], default={"state": "none"})["state"])'
}
segw_is() { is "the SeGW's context" "$1" "$(segw_state)"; }
segw_gets() { wait_for "$1" segw_is "$2" || segw_is "$2"; }
# evidence: what the newest context has of integrity: good, bad, indeterminate or none
evidence() {
	stg show evidence -j | python3 -c '
import json, sys
c = max(json.load(sys.stdin)["contexts"], key=lambda c: c["context_id"], default={"evidence": []})
e = [e["result"] for e in c["evidence"] if e["kind"] == "integrity"]
print(e[0] if e else "none")'
}
proof_is() { is "integrity at the SeGW" "$1" "$(evidence)"; }

# segw_agent POLICY ON_FAIL [LINES]: an agent for the SeGW, behind who may tamper
segw_agent() {
	tg_end segw-gate TERM
	mkdir -p $D
	cat > $D/trustgated.conf <<-E
	[agent]
	role = segw
	plugin_socket = $D/plugin.sock
	control_socket = $D/control.sock
	[charon]
	vici = $TG_RUN/segw/vici
	[gate]
	t_verify = ${SEGW_T_VERIFY-20s}
	[clock]
	state = $D/clock
	[segw]
	crl_dir = $TMP/crl
	[vendor acme]
	anchor = $PKI/vroot.crt
	check = off
	[integrity]
	policy = $1
	on_fail = $2
	reference = $D/reference.policy
	enrolment = $STORE
	${3-}
	E
	: > "$LOG"
	nsenter --net=/run/netns/segw -- /usr/sbin/trustgated -c $D/trustgated.conf \
		>> "$LOG" 2>&1 < /dev/null &
	echo $! > "$TG_RUN/pids/segw-gate"
	wait_for 20 test -S $D/control.sock || bail "no agent at the SeGW: $(tail -n 3 "$LOG")"
	wait_for 20 grep -q plugin-connected "$LOG" || bail "no plugin at the SeGW"
}
tamper() { echo "$*" > "$T/mode"; }
provision() {
	rm -rf "$B"
	trustgate tre provision --dir "$B" "$@" > "$TMP/provision" 2>&1 ||
		bail "no keys: $(cat "$TMP/provision")"
}
enrol() {
	trustgate devices enrol --cert "$PKI/hnb.crt" --dir "$B" --devices $STORE --replace \
		"$HNB_NAME" > "$TMP/enrol" 2>&1 || bail "not enrolled: $(cat "$TMP/enrol")"
}
down() {
	swan hnb --terminate --ike segw --timeout 10 > /dev/null 2>&1
	wait_for 10 ike_gone
	ip -n segw xfrm state flush
	ip -n hnb xfrm state flush
}
# attempt: from nothing
attempt() {
	down
	: > "$LOG"
	initiate core 30
}
refused() { attempt && why "IKE came up"; ! sa_present || why "there is an SA"; }
restart_hnb() { # with agent_conf's settings as they are now
	agent_stop
	agent_conf
	agent_start
	agent_says 60 "decision=integrity verdict=${1:-pass}"
	agent_says 20 'decision=plugin-connected'
}

# report_setup: both charons; the agents are the test's to start
report_setup() {
	setup
	mkdir -p "$T" $D "$TG_RUN/segw"
	tamper none
	agent_conf || bail "no policy"
	provision --replace ek
	cp /run/trustgate/hnb/reference.policy $D/reference.policy
	enrol
	python3 ./tamper.py "$TG_RUN/segw/plugin.sock" $D/plugin.sock "$T" 2> "$TMP/tamper.err" < /dev/null &
	echo $! > "$TG_RUN/pids/tamper"
	charon_conf segw
	charon_conf hnb
	charon_start segw && charon_start hnb || bail "no charon"
}
