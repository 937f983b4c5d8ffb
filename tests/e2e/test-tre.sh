#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
# shellcheck disable=SC2034,SC2015,SC2119	# read by topology.sh; the middle can't fail
#
# Root, identity and IKE key in the TPM of a real box: each of them replaced, the gate
# holds and says which. HNB-TRE-03, HNB-TRE-04, HNB-TRE-05, HNB-TRE-06, HNB-TRE-07,
# HNB-TRE-09.
cd "$(dirname "$0")" || exit 1
AGENT_CHARON='backoff_min = 1s
backoff_max = 1s'
AGENT_GATE='boot_attempts = 100'
. ./lib.sh
CHARON_LOG=1
setup
NV=0x01800011 ID=0x01800010 IKE=0x81010004
CA=$TMP/ca
AGENT_TRE="anchor = nv
anchor_key = $TMP/vendor.pem
identity = nv
key = tpm"
mkdir "$CA"
openssl ecparam -name prime256v1 -genkey -noout -out "$TMP/vendor.key"
openssl pkey -in "$TMP/vendor.key" -pubout -out "$TMP/vendor.pem"
provision() { tg tre provision --identity "$HNB_NAME" --anchor-key "$TMP/vendor.pem" --dir "$TMP/tre" "$@" > "$TMP/provision" 2>&1; }
authorise() { # authorise ROOT VERSION: as the vendor, and then the box
	tg tre anchor sign --root "$PKI/$1.crt" --version "$2" --key "$TMP/vendor.key" \
		-o "$TMP/update" && tg tre anchor update "$TMP/update" > /dev/null &&
		tg tre anchor install "$CA" > /dev/null
}
own_cert() { # own_cert SAN [KEY]: of the TPM's key, or of a file's
	rm -f "$PKI/hnb.crt"
	if [ "${2-}" ]; then
		openssl req -new -key "$2" -subj "/O=Vendor/CN=$HNB_NAME" -out "$TMP/csr"
	else
		cp "$TMP/tre/ike.csr" "$TMP/csr"
	fi
	PKI_CSR=$TMP/csr pki_issue hnb vca end "/O=Vendor/CN=$HNB_NAME" "$1"
}
provision --replace ek --replace ike || bail "not provisioned: $(cat "$TMP/provision")"
own_cert "DNS:$HNB_NAME" || bail "no certificate"
authorise oproot 1 || bail "no root"

# again: the box as its files now say, and a new try
again() {
	agent_stop
	charon_stop hnb
	ip -n hnb xfrm state flush
	ip -n hnb xfrm policy flush
	charon_conf hnb
	[ -z "${1-}" ] || "$1"
	charon_start hnb || bail "no charon"
	rm -f /run/trustgate/hnb/trustgated.conf
	agent_conf || bail "no configuration"
	sed -i "s|anchor = $PKI/oproot.crt|anchor = $CA/trustgate-anchor.pem|" \
		/run/trustgate/hnb/trustgated.conf
	: > "$AGENT_LOG"
	tpm_watch || note "the kernel does not tell of the TPM's commands"
	watch
	agent_start
}
refused() { # refused RULE: by that rule, with no SA and no packet
	agent_says 40 "decision=refuse .*rule=$1" && not happened open any && all_held &&
		not happened open any
}
charon_conf segw
charon_start segw || bail "no charon"

again
check "HNB-TRE-09: with root, identity and key in the TPM: opens" opens 60
check "HNB-TRE-09: AUTH was signed by the TPM, once for each IKE_AUTH" one_each
check "HNB-GATE-06: user data passes" both_pass
check "HNB-TRE-07: both signatures below the root were verified in the TPM" \
	agent_says 5 'decision=tre-chain .*in_tpm=2'
note "$(tg tre show 2>&1)"
tg recheck > /dev/null
check "HNB-TRE-07: again at a recheck, and it stays open" eval \
	'wait_for 20 eval "[ \$(grep -c decision=tre-chain $AGENT_LOG) -ge 2 ]" && in_state open && both_pass'

# Identity
own_cert "DNS:$HNB_NAME,DNS:other.vendor.test"
other_id() { sed -i "s/id = $HNB_NAME/id = other.vendor.test/" "$TG_RUN/hnb/swanctl/swanctl.conf"; }
again other_id
check "HNB-TRE-04: local.id edited: held, by name" refused tre.identity.mismatch
check "HNB-TRE-04: which names both" grep -q "other.vendor.test.*$HNB_NAME" "$AGENT_LOG"
own_cert DNS:other.vendor.test
again
check "HNB-TRE-04: a certificate for another name: held" refused 'tre.identity.[a-z]*'
own_cert "DNS:$HNB_NAME"
tpm2_nvundefine $ID -C o > /dev/null 2>&1
again
check "HNB-TRE-04: the identity removed: held" refused tre.identity.absent
tpm2_nvdefine $ID -C o -s ${#HNB_NAME} -a "authwrite|ownerread|authread|no_da" > /dev/null 2>&1
printf %s "$HNB_NAME" | tpm2_nvwrite $ID -C $ID -i - > /dev/null 2>&1
again
check "HNB-TRE-04: the right one, in an index that can be written: held" \
	refused tre.identity.unlocked
provision --replace identity || bail "no identity: $(cat "$TMP/provision")"

# Root
cp "$PKI/evilroot.crt" "$CA/trustgate-anchor.pem"
again
check "HNB-TRE-06: another root in the file: held" refused '[a-z.]*'
openssl req -x509 -new -key "$PKI/oproot.key" -days 300 -out "$CA/trustgate-anchor.pem" \
	-subj "$(openssl x509 -in "$PKI/oproot.crt" -noout -subject -nameopt compat | sed 's/^subject=//')" \
	-addext keyUsage=critical,keyCertSign,cRLSign
again
check "HNB-TRE-06: one with the same key and name, so that the path is good: held" \
	refused tre.anchor.file
tg tre anchor install "$CA" > /dev/null
again
check "HNB-TRE-06: the file made from the TPM again: opens" opens 60
printf x | tpm2_nvwrite $NV -C $NV -i - > "$TMP/nv" 2>&1
check "HNB-TRE-06: NV write without authority fails" test "${PIPESTATUS[1]}" != 0
tpm2_nvundefine $NV -C o > /dev/null 2>&1
tpm2_nvdefine $NV -C o -s 768 -a "ownerwrite|ownerread|authread|no_da" > /dev/null 2>&1
again
check "HNB-TRE-06: an index that others can write: held" refused tre.anchor.policy
provision --replace anchor || bail "no index: $(cat "$TMP/provision")"
again
check "HNB-TRE-06: the index empty: held" refused tre.anchor.empty
authorise oproot 1

# An update, of a root and of what is below it
pki_issue oproot2 oproot2 root "/O=Operator/CN=Operator Root 2" &&
	pki_issue opca2 oproot2 ca2 "/O=Operator/CN=Operator CA 2" &&
	PKI_OCSP=$OCSP_URL/opca pki_issue segwnew opca2 end "/O=Operator/CN=$SEGW_NAME" \
		"DNS:$SEGW_NAME,IP:192.0.2.1,IP:2001:db8:1::1" || bail "no new root"
again
check "HNB-TRE-06: with version 1: opens" opens 60
authorise oproot2 2 || bail "no update"
: > "$AGENT_LOG"
tg recheck > /dev/null
check "HNB-TRE-06: version 2 written: the SA that there is stays open" eval \
	'agent_says 20 decision=tre-chain && sleep 2 && in_state open && both_pass'
again
check "HNB-TRE-06: a new SA by the old root: held" refused '[a-z.]*'
charon_stop segw
SEGW_CERT=segwnew
charon_conf segw
cp "$PKI/opca2.crt" "$TG_RUN/segw/swanctl/x509ca/"
charon_start segw || bail "no charon"
new_root() {
	cp "$CA/trustgate-anchor.pem" "$TG_RUN/hnb/swanctl/x509ca/oproot.crt"
}
AGENT_GATE="$AGENT_GATE
required = device-auth, integrity"
again new_root
check "HNB-TRE-06: a new SA by the new root: passes the TPM" agent_says 40 'decision=tre-chain .*in_tpm=2'
check "HNB-TRE-06: and opens" opens 60
check "HNB-TRE-06: the old one, authorised before, can't come back" eval \
	'! authorise oproot 1 2> "$TMP/err" && grep -q tre.anchor.rollback "$TMP/err"'

# The key
openssl ecparam -name prime256v1 -genkey -noout -out "$TMP/known.key"
openssl ec -in "$TMP/known.key" -text -noout 2> /dev/null | sed -n '/priv:/,/pub:/{/^ /p}' | tr -d ' :\n' > "$TMP/known.hex"
own_cert "DNS:$HNB_NAME" "$TMP/known.key"
file_key() {
	new_root
	cp "$TMP/known.key" "$TG_RUN/hnb/swanctl/private/"
	sed -i '/^	*tokenhnb {/,/}/d' "$TG_RUN/hnb/swanctl/swanctl.conf"
}
# Private octets in a process's memory, whole or turned round.
has_key() { # has_key PID
	python3 - "$1" "$(cat "$TMP/known.hex")" <<-'E'
	import sys
	pid, key = sys.argv[1], bytes.fromhex(sys.argv[2])[-32:]
	found = seen = 0
	with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
	    for line in maps:
	        span, perms = line.split()[:2]
	        if "r" not in perms or "[v" in line:
	            continue
	        start, end = (int(x, 16) for x in span.split("-"))
	        try:
	            mem.seek(start)
	            data = mem.read(end - start)
	        except (OSError, ValueError, OverflowError):
	            continue
	        seen += len(data)
	        found += data.count(key) + data.count(key[::-1])
	print("#", pid, seen, "octets", found, "times")
	sys.exit(not found or seen < 1 << 20)
	E
}
again file_key
check "HNB-TRE-09: a key in a file, with a certificate of its own: held" refused tre.key.mismatch
check "HNB-TRE-09: the TPM signed nothing for it" is TPM2_Sign 0 "$(tpm_signs)"
check "HNB-TRE-03: it is found in charon's memory" has_key "$(cat "$TG_RUN/pids/charon-hnb")"
tpm2_evictcontrol -C o -c $IKE > /dev/null 2>&1
tpm2_import -C 0x81000001 -G ecc:ecdsa-sha256 -i "$TMP/known.key" -u "$TMP/k.pub" -r "$TMP/k.priv" \
	-a "sign|userwithauth|noda" > "$TMP/import" 2>&1 &&
	tpm2_load -C 0x81000001 -u "$TMP/k.pub" -r "$TMP/k.priv" -c "$TMP/k.ctx" >> "$TMP/import" 2>&1 &&
	tpm2_evictcontrol -C o -c "$TMP/k.ctx" $IKE >> "$TMP/import" 2>&1 || note "$(cat "$TMP/import")"
again file_key
check "HNB-TRE-09: the same key in the TPM too, their public parts equal: held" \
	refused tre.key.attributes
again new_root
check "HNB-TRE-05: the TPM's key, but one that came from outside: held" refused tre.key.attributes
check "HNB-TRE-03: AUTH was made with it and it is not in charon's memory" \
	not has_key "$(cat "$TG_RUN/pids/charon-hnb")"
check "HNB-TRE-03: nor in the agent's" not has_key "$(cat "$TG_RUN/pids/agent")"
provision --replace ek --replace ike || bail "no key: $(cat "$TMP/provision")"
own_cert "DNS:$HNB_NAME"
again new_root
check "HNB-TRE-05: with a key of the TPM's own: opens" opens 60

# The TPM gone, and back for the tests after this one
gone() { mv /dev/tpmrm0 /dev/tpmrm0.away && mv /dev/tpm0 /dev/tpm0.away; }
back() {
	mv /dev/tpm0.away /dev/tpm0 && mv /dev/tpmrm0.away /dev/tpmrm0 || return 1
	tg tre show > "$TMP/show" 2>&1
	grep -q "identity .*$HNB_NAME" "$TMP/show" || why "$(cat "$TMP/show")"
}
agent_stop
check "HNB-TRE-03: the TPM is taken away" gone
again new_root
check "HNB-TRE-03: the verdict is unavailable" agent_says 30 'decision=integrity verdict=unavailable'
tunnel_initiate 2> /dev/null
check "HNB-TRE-03: AUTH can't be built: no IKE SA" ike_gone
check "HNB-TRE-03: no SA, no packet" eval 'not sa_present && all_held'
check "HNB-TRE-03: the TPM is back, with what it held" back
finish
