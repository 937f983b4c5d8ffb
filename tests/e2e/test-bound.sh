#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
# shellcheck disable=SC2034,SC2119	# read by topology.sh
#
# AUTH by an IKE key that signs in approved states of the box alone, which charon has the
# agent's child use: HNB-TRE-09, HNB-TRE-10. PCR 23 stands for what is measured after
# boot, as software can set it back.
cd "$(dirname "$0")" || exit 1
AGENT_CHARON='backoff_min = 1s
backoff_max = 1s'
AGENT_GATE='boot_attempts = 100'
. ./lib.sh
CHARON_LOG=1
setup
IKE=0x81010004
B=$TMP/tre
AGENT_TRE="sign_auth = yes
key = bound
approval = $B/ike.approval
approval_key = $TMP/operator.pem"
openssl ecparam -name prime256v1 -genkey -noout -out "$TMP/operator.key"
openssl pkey -in "$TMP/operator.key" -pubout -out "$TMP/operator.pem"
pcr() { tpm2_pcrread "sha256:$1" | sed -n 's/^ *[0-9][0-9]* *: 0x//p' | tr A-F a-f; }
# approve VERSION: the present state, as the operator
approve() {
	{
		printf 'policy 1\nname state-%s\n' "$1"
		printf 'pcr %s %s\n' 0 "$(pcr 0)" 7 "$(pcr 7)" 23 "$(pcr 23)"
	} > "$TMP/state"
	tg tre approval sign --version "$1" --key "$TMP/operator.key" -o "$TMP/approval-$1" "$TMP/state"
}
provision() {
	tg tre provision --identity "$HNB_NAME" --dir "$B" "$@" > "$TMP/provision" 2>&1 ||
		bail "not provisioned: $(cat "$TMP/provision")"
	rm -f "$PKI/hnb.crt"
	PKI_CSR=$B/ike.csr pki_issue hnb vca end "/O=Vendor/CN=$HNB_NAME" "DNS:$HNB_NAME" ||
		bail "no certificate"
}
# again: the box as its files now say, and a new try; charon has no token
again() {
	agent_stop
	charon_stop hnb
	ip -n hnb xfrm state flush
	ip -n hnb xfrm policy flush
	charon_conf hnb
	sed -i '/^	*tokenhnb {/,/}/d' "$TG_RUN/hnb/swanctl/swanctl.conf"
	charon_start hnb || bail "no charon"
	rm -f /run/trustgate/hnb/trustgated.conf
	: > "$AGENT_LOG"
	tpm_watch || note "the kernel does not tell of the TPM's commands"
	watch
	agent_start
}
no_auth() { # no_auth RULE: by that rule no AUTH was sent, and the gate holds
	agent_says 40 "decision=no-auth rule=$1" && is "IKE_AUTH at the SeGW" 0 "$(auths_sent)" &&
		is "TPM2_Sign" 0 "$(tpm_signs)" && not happened open any && all_held
}

tpm2_pcrreset 23 || bail "PCR 23 can't be set back"
approve 1 || bail "no approval"
provision --pcr-bound "$TMP/approval-1" --replace ek --replace ike --replace identity --replace approval
tpm2_readpublic -c $IKE -o "$TMP/key" > /dev/null 2>&1
charon_conf segw
charon_start segw || bail "no charon"
again
check "HNB-TRE-10: AUTH by a key bound to this state: opens" opens 60
check "HNB-GATE-06: user data passes" both_pass
check "HNB-TRE-09: one TPM2_Sign for each IKE_AUTH" one_each
check "HNB-TRE-09: which the agent had done" agent_says 5 'decision=auth '

tpm2_pcrextend "23:sha256=$(printf x | sha256sum | cut -d' ' -f1)"
again
check "HNB-TRE-10: PCR 23 extended: no AUTH, held" no_auth tre.approval.pcr
check "HNB-TRE-10: PCR, value and approved value are named" \
	grep -q "PCR 23 is $(pcr 23), version 1 .* has 0\{64\}" "$AGENT_LOG"
names() { tg status > "$TMP/status" 2>&1; grep -q "PCR 23 is $(pcr 23)" "$TMP/status" || why "$(cat "$TMP/status")"; }
check "HNB-TRE-10: trustgate status says why" wait_for 20 names

# The agent is at it all the while: nothing is restarted.
approve 2 && tg tre approval install "$TMP/approval-2" --dir "$B" > "$TMP/install" 2>&1 ||
	note "$(cat "$TMP/install")"
check "HNB-TRE-10: this state approved: opens" opens 60
same_key() { tpm2_readpublic -c $IKE -o "$TMP/now" > /dev/null 2>&1 && cmp "$TMP/key" "$TMP/now"; }
check "HNB-TRE-10: with the same key and certificate" same_key
check "HNB-TRE-09: one TPM2_Sign for each IKE_AUTH" one_each

tpm2_pcrreset 23
cp "$TMP/approval-1" "$B/ike.approval"
again
check "HNB-TRE-10: rolled back, state and approval: no AUTH, held" no_auth tre.approval.rollback
rm "$B/ike.approval"
again
check "HNB-TRE-10: without an approval: no AUTH, held" no_auth tre.approval.missing

# charon alone
agent_stop
tpm_watch
tunnel_initiate 2> /dev/null
check "HNB-TRE-09: without the agent: no AUTH" eval 'is "IKE_AUTH at the SeGW" 0 "$(auths_sent)" && ike_gone'
check "HNB-TRE-09: the TPM was not asked" is TPM2_Sign 0 "$(tpm_signs)"

# An ordinary key, by the agent as well
AGENT_TRE='sign_auth = yes
key = bound
approval_key = '$TMP/operator.pem
provision --replace ike
again
check "HNB-TRE-10: a key that signs in any state where a bound one is wanted: held" \
	eval 'agent_says 40 "decision=refuse .*rule=tre.key.unbound" && not happened open any && all_held'
AGENT_TRE='sign_auth = yes
key = tpm'
again
check "HNB-TRE-09: a key of the TPM's without approvals: opens" opens 60
check "HNB-TRE-09: one TPM2_Sign for each IKE_AUTH" one_each
check "HNB-GATE-06: user data passes" both_pass
finish
