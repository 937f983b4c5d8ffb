#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
# shellcheck disable=SC2034,SC2015,SC2016	# read by topology.sh; evaluated later
#
# What time it is: certificates that end while the gate is open, and a wall clock that
# is wrong at the start or stepped. Nothing here has NTP (PIT-24).
cd "$(dirname "$0")" || exit 1
AGENT_CHARON='backoff_min = 1s
backoff_max = 1s'
AGENT_GATE='boot_attempts = 100'
AGENT_OCSP='try = 8s'
. ./lib.sh
STATE=/run/trustgate/hnb/clock
DRIFT=0		# how far the wall clock was stepped by us
setup
charon_conf segw
charon_conf hnb
charon_start segw && charon_start hnb || bail "no charon"
watch

wall() { # SECONDS: by so much
	# Not by date, which loses the part of a second each time.
	python3 -c 'import sys, time; time.clock_settime(time.CLOCK_REALTIME, time.time() + int(sys.argv[1]))' "$1"
	DRIFT=$((DRIFT + $1))
}
mark() { MARK=$(wc -l < "$AGENT_LOG") T=$(now_ms); }
since_has() { tail -n +$((MARK + 1)) "$AGENT_LOG" | grep -q -- "$1"; }
says() { wait_for "${2:-15}" since_has "$1" || why "no \"$1\""; }
drop() { swan hnb --terminate --ike segw > /dev/null 2>&1; }
no_sa() { not sa_present; }

# --- the wall clock stepped while open
agent_start
check "FFS-16, PIT-24: without NTP an answer with our nonce opens" opens 60
mark
wall 2332800000		# 2100
check "HNB-PATH-03: 2100: closes at once" wait_for 3 happened suspended clock "$T"
check "HNB-PATH-03: and the path has expired" says 'proof=device-auth result=bad rule=time.expired'
check "HNB-PATH-03: 0 user packets pass" all_held
wall -2332800000
check "PIT-25: back in the present: opens again" opens 40
mark
wall -1700000000	# 1973
check "HNB-PATH-03: the past: closes at once" wait_for 3 happened suspended clock "$T"
check "PIT-22: what is known is not forgotten" says 'decision=clock-behind'
check "PIT-22: an answer of then proves nothing now" \
	says 'proof=revocation result=indeterminate rule=ocsp.[a-z]*\(update\|at\)'
check "HNB-PATH-03: stays closed" stays_held 3
wall 1700000000
drop
check "PIT-25: back in the present: opens again" opens 40

# --- at the start
agent_stop
check "PIT-22: what is known is saved" grep -Eq '^trustgate-clock 2 [0-9]+ [0-9]+$' "$STATE"
within_saved() { within "seconds since" -5 20 $(($(date +%s) - $(cut -d ' ' -f 3 "$STATE"))); }
check "PIT-22: as it is" within_saved
drop
wall -1000000000
: > "$AGENT_LOG"
watch
agent_start
check "HNB-PATH-03: decades ago at the start: never opens" eval \
	'sleep 8; not happened open any && wait_for 5 no_sa'
agent_stop
wall 1000000000
: > "$AGENT_LOG"
agent_start
check "HNB-PATH-03: the clock set right: opens" opens 40
agent_stop

# --- a second of false time, which somebody said was right
drop
echo "trustgate-clock 1 2208988800" > "$STATE"	# 2040, by NTP alone
: > "$AGENT_LOG"
agent_start
MARK=0
check "PIT-25: 2040 learnt from NTP alone: an answer with our nonce opens" opens 60
check "PIT-25: and takes it back" says decision=clock-lowered
mark
wall 2332800000
clock_synced yes	# a step makes the kernel forget it
agent_stop
check "PIT-25: 2100, said to be right: not learnt" says decision=clock-doubted
wall -2332800000
clock_synced no
check "PIT-25: nor saved" within_saved
drop
echo "trustgate-clock 2 2208988800 2208988800" > "$STATE"	# 2040, proven
: > "$AGENT_LOG"
watch
agent_start
check "PIT-22: 2040, proven: never opens" eval 'sleep 8; not happened open any'
check "PIT-25: trustgate clock shows what to do" eval 'tg clock | grep -q "trustgate clock reset"'
check "PIT-25: which helps" eval 'tg clock reset && opens 60'
agent_stop
drop
: > "$AGENT_LOG"

# --- a certificate that ends, and what was known of the time when it did
issue_short() { # SECONDS
	PKI_TO="$1 seconds 0" pki_issue short opca end "/O=Operator/CN=$SEGW_NAME" \
		"DNS:$SEGW_NAME,IP:192.0.2.1,IP:2001:db8:1::1"
}
ends() { date -d "$(openssl x509 -in "$PKI/short.crt" -noout -enddate | cut -d= -f2)" +%s; }
short() { # SECONDS: the SeGW with a certificate that lives so long
	drop
	issue_short "$1" || bail "no certificate"
	SEGW_CERT=short
	charon_stop segw
	charon_conf segw
	charon_start segw || bail "no charon"
}
# boottime, in ms, of the second that the certificate ends with
end_ms() {
	python3 -c 'import sys, time
print(int((int(sys.argv[1]) - time.time() + time.clock_gettime(time.CLOCK_BOOTTIME)) * 1000))' "$(ends)"
}
at_end() { # ms from the end of the certificate to the close
	wait_for 60 happened suspended expired "$T" || why "it never was suspended (expired)" || return 1
	note "closed $(($(event suspended expired "$T") - END)) ms after the end"
	within "ms from the end to the close" -1100 1000 $(($(event suspended expired "$T") - END))
}
short 35
mark
agent_start
check "HNB-PATH-03: a certificate of 35 s: opens" opens 25
END=$(end_ms)
check "HNB-PATH-03: and closes with its last second" at_end
check "HNB-PATH-03: 0 user packets pass" all_held
check "HNB-PATH-03: it has expired" says 'rule=time.expired' 20
mark
wall -1800
check "PIT-22: the clock set back half an hour: it has expired all the same" \
	says 'decision=refuse .*rule=time.expired' 25
check "PIT-22: no SA" wait_for 5 no_sa
wall 1800
agent_stop
short 50
mark
agent_start
check "HNB-PATH-03: another one, of 50 s: opens" opens 25
END=$(end_ms)
wall -900
check "I10: set back a quarter of an hour while open: opens by a new proof" eval \
	'wait_for 3 happened suspended clock "$T" && opens 25'
T=$(now_ms)
check "I10: and closes at the second it would have" at_end
wall 900
drop
agent_stop
note "clock off by $DRIFT s"
finish
