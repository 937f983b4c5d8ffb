#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
# shellcheck disable=SC2034,SC2015,SC2016,SC2119,SC2120	# read by topology.sh; evaluated later
#
# How the SeGW's revocation status is learnt: in IKE (RFC 4806), directly, through the
# tunnel, in the configured order. What is not a valid answer aborts IKE in the first
# two (TS 33.320 7.2.3-4), keeps the gate shut in the third, and CON-06 decides when
# several are allowed.
cd "$(dirname "$0")" || exit 1
SEGW_TRUSTGATE=1
AGENT_CHARON='backoff_min = 500ms
backoff_max = 500ms'
AGENT_GATE='t_verify = 20s
boot_attempts = 100'
. ./lib.sh
CHARON_LOG=1
setup
ocsp_start wan || bail "no responder in wan"
WAN=http://192.0.2.254:8080/opca

# --- what the SeGW or a responder may say
A=$TMP/answers
mkdir -p "$A"
make_answers() {
	ocsp_make "$A/good" && ocsp_make "$A/other" segw2 &&
	OCSP_SIGNER=evilocsp ocsp_make "$A/signer" &&
	OCSP_SIGNER=opca ocsp_make "$A/ca" "$SEGW_CERT" -resp_no_certs &&
	segw_revoke && ocsp_make "$A/revoked" && segw_unrevoke || return 1
	python3 "$TG_LIB/ocsp-retime.py" "$A/ca" "$PKI/opca.key" -7200 "$A/stale" &&
	head -c -1 "$A/ca" > "$A/badsig" && printf '\0' >> "$A/badsig" &&
	head -c 100 "$A/good" > "$A/garbage"
	forget_serial
	ocsp_make "$A/unknown"
	remember_serial
}
forget_serial() {
	cp "$PKI/opca.db/index.txt" "$TMP/index"
	grep -v "$(openssl x509 -in "$PKI/segw.crt" -noout -serial | cut -d= -f2)" "$TMP/index" \
		> "$PKI/opca.db/index.txt"
}
remember_serial() { cp "$TMP/index" "$PKI/opca.db/index.txt"; }
make_answers || bail "no answers"
staple_only() { [ "$1" = none ] && staple || staple "$A/$1"; }

# modes LIST [LINE...]: the agent with these modes, one to each line more of [ocsp]
modes() {
	agent_stop
	swan hnb --terminate --ike segw > /dev/null 2>&1
	AGENT_OCSP="mode = $1
direct_uri = $WAN
try = 4s
${2-}"
	# What was revoked for one test is not for the next.
	rm -f /run/trustgate/hnb/trustgated.conf /run/trustgate/hnb/revoked
	agent_conf
	: > "$AGENT_LOG"
	MARK=0
	agent_start
}

# said PATTERN: the agent's log, since mark
mark() { MARK=$(wc -l < "$AGENT_LOG"); }
since() { tail -n +$((MARK + 1)) "$AGENT_LOG"; }
says() { wait_for "${2:-30}" since_has "$1" || why "no \"$1\""; }
since_has() { since | grep -q -- "$1"; }
drop() { swan hnb --terminate --ike segw > /dev/null 2>&1; }

# refuses RULE: IKE is aborted by it, no SA, never open
refuses() {
	says "decision=refuse .*proof=revocation rule=$1 " && wait_for 20 no_sa &&
		not since_has decision=open
}
no_sa() { not sa_present; }
# opened [SECONDS]: since mark. Not by trustgate wait, which sees those refused before.
opened() { says decision=open "${1:-20}"; }
# opens_by RULE: it opens, by this proof
opens_by() { opened && says "proof=revocation .*rule=$1 "; }
# keeps RULE: the tunnel is up and held by it
keeps() {
	says "proof=revocation result=indeterminate rule=$1 " && not since_has decision=open &&
		blocked lan $CORE4
}

charon_conf segw
charon_conf hnb
segw_agent_start
charon_start segw && charon_start hnb || bail "no charon"
clock_synced yes || bail "the kernel's clock can't be declared synchronised"

# --- inband: what IKE brings is all there is
staple "$A/good"
ocsp_mode silent
R=$(ocsp_requests)
modes inband
check "HNB-OCSP-04/05, HNB-F2-07, SGW-F2-10: inband, good: opens" opened 30
check "HNB-GATE-06: user data passes" both_pass
check "HNB-OCSP-06/08: no responder was asked" is requests "$R" "$(ocsp_requests)"
check "HNB-F2-07, HNB-OCSP-07: it was asked for in IKE" eval 'charon_log hnb | grep -q "asking .* for its OCSP"'
inband() { # RULE ANSWER ROWS: WHAT
	mark
	staple_only "$2"
	drop
	check "$3: inband, $4: IKE aborted, by rule $1" refuses "$1"
}
inband ocsp.inband.absent none HNB-OCSP-05 "no answer"
inband ocsp.revoked revoked HNB-OCSP-05/10 revoked
inband ocsp.unknown unknown HNB-OCSP-10 unknown
inband 'ocsp.signature[a-z.]*' badsig HNB-OCSP-09 "bad signature"
inband 'ocsp.signer[a-z.]*' signer HNB-OCSP-09 "another CA's responder"
inband 'ocsp.[a-z]*update[a-z.]*' stale HNB-OCSP-09 stale
inband ocsp.inband.absent other HNB-OCSP-15 "the right answer for another certificate"
inband ocsp.encoding garbage HNB-OCSP-09 "no OCSP response at all"
staple "$A/other" "$A/good"
modes inband
check "HNB-OCSP-15: inband, another certificate's and ours: opens" opened 30

# --- renewed by IKE itself
modes inband 'age_max = 20s
age_no_next = 20s'
fresh_staple() { ocsp_make "$A/good" && staple "$A/good"; }
fresh_staple
check "HNB-GATE-18: inband, a proof of 20 s: opens" opened 30
mark
fresh_staple
check "HNB-GATE-15/18: inband: renewed by a new IKE SA before it ends" eval \
	'says decision=reauthenticate 20 && says "decision=announce" && opened'
check "HNB-GATE-18: and did not lapse" not since_has 'rule=expired'

# --- FFS-16: nobody keeps the clock right
clock_synced no
mark
staple "$A/good"
drop
check "FFS-16: inband, clock not synchronised: good is provisional, aborted" \
	refuses ocsp.inband.provisional
AGENT_CLOCK='unsynced = accept-inband'
modes inband
check "FFS-16: unsynced = accept-inband: opens, as configured" opened 30
AGENT_CLOCK=
ocsp_mode silent
modes inband,intunnel
MARK=0
check "FFS-16: inband, intunnel: provisional, the tunnel is held" \
	says 'proof=revocation result=good rule=ocsp.inband.provisional '
check "FFS-16: and stays so without an answer" eval 'keeps ocsp.http.timeout'
ocsp_mode good
mark
tg recheck
check "FFS-16: an answer with our nonce opens" opened 30
clock_synced yes

# --- CON-06: both allowed
both() { # EXPECT RULE ANSWER MODE WHAT
	mark
	ocsp_mode "$4"
	staple_only "$3"
	drop
	check "$6: inband, intunnel: $5" "$1" "$2"
}
both opens_by ocsp.good none good "nothing in IKE, good through the tunnel: opens" CON-06
both opens_by ocsp.good other good "another's in IKE, good through the tunnel: opens" HNB-OCSP-15
both refuses ocsp.revoked revoked good "revoked in IKE: aborted whatever the tunnel would say" CON-06
both refuses 'ocsp.signer[a-z.]*' signer good "wrong signer in IKE: aborted likewise" CON-06
both keeps ocsp.http.timeout none silent "nothing in IKE, silence in the tunnel: held" HNB-OCSP-04

# --- direct: outside of the tunnel, before there is an SA
staple
ocsp_mode silent
ocsp_mode_of wan good
R=$(ocsp_requests)
modes direct
check "HNB-F2-06, CON-05, HNB-OCSP-08: direct, good: opens" opened 30
check "HNB-F2-06: the responder in wan was asked" test -s "$(ocsp_dir wan)/requests"
check "HNB-OCSP-08: the one behind the tunnel was not" is requests "$R" "$(ocsp_requests)"
cp "$(ocsp_dir wan)/last.der" "$TMP/old.der"
direct() { # RULE ROWS WHAT MODE...
	local rule=$1 rows=$2 what=$3
	shift 3
	mark
	ocsp_mode_of wan "$@"
	drop
	check "$rows: direct, $what: IKE aborted, by rule $rule" refuses "$rule"
}
R=$(ocsp_requests)
segw_revoke
direct ocsp.revoked HNB-OCSP-05/10 revoked good
direct ocsp.nonce.mismatch HNB-OCSP-09 "an old good answer, after the revocation" stale "$TMP/old.der"
segw_unrevoke
forget_serial
direct ocsp.unknown HNB-OCSP-10 unknown good
# Not good for a moment: the next attempt is half a second away.
ocsp_mode_of wan silent
remember_serial
direct ocsp.http.timeout HNB-OCSP-05 "no answer" silent
direct ocsp.http.timeout HNB-OCSP-05 "an answer octet by octet" loris
direct ocsp.http.size HNB-OCSP-05 "an answer without end" endless
direct 'ocsp.signature[a-z.]*' HNB-OCSP-09 "bad signature" badsig
direct 'ocsp.[a-z]*\(at\|update\)[a-z.]*' HNB-OCSP-09 "stale, with our nonce" old 7200
direct ocsp.certid HNB-OCSP-09 "the right answer for another certificate" wrongcert
direct ocsp.http.status HNB-OCSP-08 "a redirect" redirect http://10.99.0.2:8080/opca
check "HNB-OCSP-08: no redirect is followed" is requests "$R" "$(ocsp_requests)"
mark
ocsp_mode_of wan direct
check "HNB-F2-06: direct, good again, signed by the CA itself: opens" opened 30

# --- off, and back
modes off
check "HNB-AUTH-15: off, no responder answers: opens by the box alone" opened 30
check "HNB-AUTH-14: which is logged" since_has decision=revocation-off
check "HNB-AUTH-14: the agent has OCSP" eval 'trustgated --features | grep -qw ocsp'
check "HNB-AUTH-15: and the status says so" eval \
	'tg status 2>&1 | grep -q "revocation: not configured"'
ocsp_mode silent
ocsp_mode_of wan refuse
agent_stop
AGENT_OCSP='mode = any
try = 4s'
rm -f /run/trustgate/hnb/trustgated.conf
agent_conf
: > "$AGENT_LOG"
agent_start
check "HNB-AUTH-17: off to any on a live tunnel: user data stops" eval \
	'agent_says 20 "proof=revocation result=indeterminate" && blocked lan $CORE4'
mark
ocsp_mode good
tg recheck
check "HNB-AUTH-12: any: opens with an answer" opened 40
finish
