#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Messages that no program of ours sends, from the agent's own socket and from
# another, the same ones each time: refused, and nothing changes.
. "$(dirname "$0")/lib.sh"

N=${N:-1000}

gate_load
net_up
ask h config t-bind-ms=600000 t-verify-ms=600000
new_agent
tunnel_policies
apply
open_all 3
announce cert=bb required=1

complaints() {
	dmesg | grep -cE 'WARNING: |BUG: |Oops|general protection|refcount_t|Call Trace:'
}
before=$(complaints)

# answers: each message was refused, none accepted, none without an answer
survives() {
	unchanged ask "$@" && passes && in_state pending
}

for seed in 1 2; do
	check "SEC-02: $N malformed messages on the agent's socket, seed $seed" \
		survives h fuzz n=$N seed=$seed
done
check "SEC-02: $N malformed messages on another socket" survives h fuzz n=$N seed=3 own
check "SEC-02: lengths and values that the spec excludes" survives h wrong-values
check "SEC-02: the same on another socket" survives h wrong-values own
check "SEC-02: headers that lie, requests that there are not" survives h wrong-headers

no_kernel_only() {
	unchanged refused h EOPNOTSUPP "" raw cmd=200 && unchanged refused h EOPNOTSUPP "" raw cmd=0
}
check "SEC-02: a request that there is not" no_kernel_only
u32() {
	printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24))
}
# Numbers as in the uapi header: config-set, mode = off, with a T_BIND out of range behind it
all_or_nothing() {
	unchanged refused h ERANGE "" raw cmd=2 "attr=1:$(u32 0)" "attr=4:$(u32 1)" && passes
}
check "SEC-02: of a request that is bad at its end nothing is done" all_or_nothing
check "the agent's lease has outlived all this" ask h renew
quiet() {
	[ "$(complaints)" = "$before" ] || why "$(dmesg | tail -n 20)"
}
check "SEC-02: the kernel has not complained" quiet
finish
