#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
#
# Bad input gets one clear error and changes nothing: what is open stays open, what is
# held stays held. HNB-GATE-20, HNB-GATE-24, HNB-OCSP-09.
cd "$(dirname "$0")" || exit 1
AGENT_AGENT='lease = 20s
renew = 2s'
AGENT_GATE='t_verify = 600s
boot_attempts = 100'
AGENT_OCSP='try = 5s'
AGENT_CHARON='heartbeat = 10s'
. ./lib.sh
setup
watch
tunnel_up || bail "no tunnel"
check "HNB-GATE-06: opens" opens 60
CONF=/run/trustgate/hnb/trustgated.conf

# same: still open, never anything else since the last call
same() {
	sleep 1
	local n
	n=$(grep -c '"event":"context-state"' "$TMP/events")
	in_state open && both_pass && is "changes of state" "$CHANGES" "$n"
}
CHANGES=$(grep -c '"event":"context-state"' "$TMP/events")
mark() { MARK=$(wc -l < "$AGENT_LOG"); }
errors() { tail -n +$((MARK + 1)) "$AGENT_LOG" | grep -c -- "$1"; }

# --- the plugin's socket
garbage() { # HEX...: one packet each, on a connection each
	in_ns hnb python3 - "$@" <<-'X'
	import socket, sys
	for text in sys.argv[1:]:
	    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	    s.settimeout(5)
	    s.connect("/run/trustgate/plugin.sock")
	    try:
	        s.send(bytes.fromhex(text))
	        s.recv(100)
	    except OSError:
	        pass
	    s.close()
	X
}
one_error() {
	local what=$1
	mark
	shift
	garbage "$@"
	sleep 4
	is "errors" 1 "$(errors 'decision=plugin-bad-message')"
}
check "HNB-GATE-24: a garbage message to the plugin's socket: one error" \
	one_error "" 6761726261676521
check "HNB-GATE-24: and nothing changes" same
check "HNB-GATE-24: a message before hello: one error" \
	one_error "" 54414754010006000100000000000000
check "HNB-GATE-24: and nothing changes" same
check "HNB-GATE-24: the plugin is back" eval 'tg status -j | grep -q "\"plugin\":{\"connected\":true"'

# --- the control socket
control() {
	in_ns hnb python3 - <<-'X'
	import socket
	for data in (b"\x00\xff" * 50, b"{", b"[]", b'{"verb":"open"}', b'{"verb":7}'):
	    for kind in (socket.SOCK_SEQPACKET, socket.SOCK_STREAM):
	        s = socket.socket(socket.AF_UNIX, kind)
	        s.settimeout(3)
	        try:
	            s.connect("/run/trustgate/control.sock")
	        except OSError:
	            continue
	        try:
	            s.send(data)
	            s.shutdown(socket.SHUT_WR)
	            answer = s.recv(4096)
	        except OSError:
	            answer = b""
	        assert b'"ok":true' not in answer.replace(b" ", b""), answer
	        break
	    else:
	        raise SystemExit("no control socket")
	X
}
check "HNB-GATE-24: garbage on the control socket: nothing is done" control
check "HNB-GATE-24: and nothing changes" same

# --- configuration
typo() {
	local rc=0
	sed 's/^lease = /laese = /' "$CONF" > "$TMP/typo.conf"
	in_ns hnb /usr/sbin/trustgated -c "$TMP/typo.conf" > "$TMP/typo" 2>&1 || rc=$?
	[ $rc != 0 ] && is "lines" 1 "$(grep -c laese "$TMP/typo")" && grep -q "$TMP/typo.conf:2" "$TMP/typo" ||
		why "status $rc: $(cat "$TMP/typo")"
}
check "a typo in the configuration: the agent refuses to start, and names file and line" typo
check "and nothing changes" same
second() {
	local rc=0
	sed "s/^\[agent\]/[agent]\nplugin_socket = \/run\/tg2.plugin\ncontrol_socket = \/run\/tg2.control/" \
		"$CONF" > "$TMP/second.conf"
	in_ns hnb timeout 10 /usr/sbin/trustgated -c "$TMP/second.conf" > "$TMP/second" 2>&1 || rc=$?
	note "$(tail -n 2 "$TMP/second")"
	[ $rc != 0 ] && grep -qi 'agent' "$TMP/second" || why "status $rc: $(cat "$TMP/second")"
}
check "HNB-GATE-24: a second agent does not take over, and says why" second
check "HNB-GATE-24: and nothing changes" same

# --- netlink, by the tool: refused, with a reason
refuses() { # WORDS ARGS...
	local words=$1 rc=0
	shift
	tg "$@" > "$TMP/refused" 2>&1 || rc=$?
	[ $rc != 0 ] && is "lines" 1 "$(wc -l < "$TMP/refused")" && grep -qi -- "$words" "$TMP/refused" ||
		why "status $rc: $(cat "$TMP/refused")"
}
check "HNB-GATE-24: close of a context that is not there: one error" refuses 'no such context' close 4711
check "config set with a key that is not there: one error" refuses laese config set laese=1
check "and nothing changes" same

# --- the responder's answer, while open
truncated() {
	mark
	ocsp_mode truncate
	tg recheck
	wait_for 20 truncated_said
	is "errors" 1 "$(errors 'proof=revocation result=indeterminate')"
}
truncated_said() { [ "$(errors 'proof=revocation result=indeterminate')" -ge 1 ]; }
check "HNB-OCSP-09: a truncated answer while open: one error" truncated
check "HNB-OCSP-09: it stays open on the proof it has" eval 'both_pass && not happened suspended any'
ocsp_mode good
tg recheck
check "HNB-OCSP-09: and the next good one counts" opens 30
finish
