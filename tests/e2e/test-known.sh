#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
# shellcheck disable=SC2034,SC2015,SC2016,SC2119,SC2120	# read by topology.sh; evaluated later
#
# What is known revoked stays revoked: a staple made before opens nothing after, over
# reconnects and restarts, until an answer with our nonce says otherwise.
cd "$(dirname "$0")" || exit 1
SEGW_TRUSTGATE=1
AGENT_CHARON='backoff_min = 500ms
backoff_max = 500ms'
AGENT_GATE='t_verify = 20s
boot_attempts = 100'
AGENT_OCSP='mode = any
recheck_max = 3s
try = 3s'
. ./lib.sh
setup
ocsp_make "$TMP/good" || bail "no answer"

charon_conf segw
charon_conf hnb
segw_agent_start
charon_start segw && charon_start hnb || bail "no charon"
clock_synced yes || bail "the kernel's clock can't be declared synchronised"

mark() { MARK=$(wc -l < "$AGENT_LOG"); }
since_has() { tail -n +$((MARK + 1)) "$AGENT_LOG" | grep -q -- "$1"; }
says() { wait_for "${2:-30}" since_has "$1" || why "no \"$1\""; }
drop() { swan hnb --terminate --ike segw > /dev/null 2>&1; }
# never_opens SECONDS: in that time, with attempts made
never_opens() { sleep "$1"; not since_has decision=open && blocked lan "$CORE4"; }
restart() {
	agent_stop
	drop
	: > "$AGENT_LOG"
	MARK=0
	agent_start
}
KNOWN=/run/trustgate/hnb/revoked

# --- a responder that is silent: a staple alone opens nothing
staple "$TMP/good"
ocsp_mode silent
MARK=0
agent_start
check "FFS-15: any: a good staple is provisional until the responder has answered" \
	says 'proof=revocation result=good rule=ocsp.inband.provisional '
check "FFS-15: and it is asked" says 'rule=ocsp.http.timeout '
check "FFS-15: silent: the gate stays shut" never_opens 6
ocsp_mode good
check "FFS-15: its answer opens" says decision=open 60

# --- revoked, then the same staple
mark
segw_revoke
tg recheck
check "HNB-OCSP-10: the nonce query says revoked: closed" says 'proof=revocation result=bad rule=ocsp.revoked '
check "HNB-OCSP-10: it is remembered" says decision=known-revoked
check "HNB-OCSP-10: in its file" wait_for 5 grep -q "^[0-9a-f]\{64\} [0-9a-f]\{64\} .*$SEGW_NAME" $KNOWN
check "HNB-OCSP-10: the status shows it" eval 'tg status -j | grep -q sha256 || tg show agent -j | grep -q sha256'
mark
ocsp_mode silent
check "HNB-OCSP-10: the old good staple again, the responder silent: never opens" never_opens 12
check "HNB-OCSP-10: because it is known" says 'rule=ocsp.known '
restart
check "HNB-OCSP-10: nor after a restart" never_opens 10
check "HNB-OCSP-10: which remembers" says 'rule=ocsp.known '

# --- inband alone
AGENT_OCSP='mode = inband'
rm -f /run/trustgate/hnb/trustgated.conf
agent_conf
restart
check "HNB-OCSP-10: inband alone, the good staple: refused" says 'decision=refuse .*rule=ocsp.known '
check "HNB-OCSP-10: never opens" never_opens 4

# --- a damaged file
AGENT_OCSP='mode = any
try = 3s'
rm -f /run/trustgate/hnb/trustgated.conf
agent_conf
agent_stop
segw_unrevoke
head -c 100 $KNOWN > "$TMP/cut" && cp "$TMP/cut" $KNOWN
restart
check "HNB-OCSP-10: a damaged file: told" says 'decision=revoked-not-loaded '
check "HNB-OCSP-10: and the staple does not open" never_opens 8
check "HNB-OCSP-10: it is not written over" cmp "$TMP/cut" $KNOWN
ocsp_mode good
mark
check "HNB-OCSP-11: nor does a fresh answer about the leaf alone: its CA may be known" never_opens 8

# --- and good again
agent_stop
drop
rm -f $KNOWN
segw_revoke
restart
check "HNB-OCSP-10: revoked again: remembered" says decision=known-revoked 60
segw_unrevoke
mark
check "FFS-15: an answer with our nonce says good: opens" says decision=open 60
check "FFS-15: and it is forgotten" says decision=known-cleared
check "FFS-15: in the file too" not grep -q "$SEGW_NAME" $KNOWN
finish
