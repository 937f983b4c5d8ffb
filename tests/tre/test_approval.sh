#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions are called by ok
#
# An IKE key that signs only in states of the box that the operator approved, against
# swtpm, with tpm2-tools as the attacker: HNB-TRE-10.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tre/lib.sh
. ./lib.sh
need swtpm tpm2_sign openssl python3
echo "TAP version 13"
IKE=0x81010004 NV=0x01800012

authority() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$d/$1.key"
	openssl pkey -in "$d/$1.key" -pubout -out "$d/$1.pem"
}
# state NAME PCR...: the present values, as a reference policy of that name
state() {
	local name=$1 i
	shift
	{
		printf 'policy 1\nname %s\nversion 1\n' "$name"
		for i; do
			printf 'pcr %s %s\n' "$i" "$(tpm2_pcrread "sha256:$i" |
				sed -n 's/^ *[0-9]* *: 0x//p' | tr A-F a-f)"
		done
	} > "$d/$name.policy"
}
approve() {	# approve VERSION STATE...: approval-VERSION
	local version=$1 states=() s
	shift
	for s; do states+=("$d/$s.policy"); done
	"$tool" tre approval sign --version "$version" --key "$d/${KEY:-operator}.key" \
		-o "$d/approval-$version" "${states[@]}"
}
# auth_signs: with what is in force, by what the agent runs for AUTH
auth_signs() {
	printf %s AUTH | openssl dgst -sha256 -binary > "$d/digest"
	"$O/auth_tpm" "$TRUSTGATE_TCTI" "$d/box/ike.approval" "$d/digest" "$d/sig" > "$out" 2> "$err" &&
		tpm2_readpublic -c $IKE -f pem -o "$d/ike.pem" > /dev/null 2>&1 &&
		openssl pkeyutl -verify -pubin -inkey "$d/ike.pem" -in "$d/digest" -sigfile "$d/sig" > /dev/null 2>&1
}
# no_auth RULE: none, by that rule, and the TPM was not asked to sign
no_auth() {
	local before
	before=$(commands "00 00 01 5D")
	! auth_signs && grep -q "^[a-z]* $1 " "$out" && [ "$(commands "00 00 01 5D")" = "$before" ]
}
reboot() { tpm2_shutdown -c > /dev/null 2>&1; tpm_stop; tpm_start box; }
extend() { tpm2_pcrextend "$1:sha256=$(printf %s "$2" | sha256sum | cut -d' ' -f1)"; }

tpm_start box
authority operator
authority thief
state first 0 7 23
ok "HNB-TRE-10: the operator approves a state without a TPM" eval \
	'TRUSTGATE_TCTI=swtpm:path=/nonexistent approve 1 first'
ok "HNB-TRE-10: the approval names its PCRs" eval \
	'[ "$(sed -n "s/^pcr \([0-9]*\) .*/\1/p" "$d/approval-1" | tr "\n" " ")" = "0 7 23 " ]'
ok "HNB-TRE-10: a box is provisioned with a key bound to it" exits 0 tre provision \
	--identity henb-1.example --pcr-bound "$d/approval-1" --dir "$d/box"
ok "HNB-TRE-10: index and key are made" eval 'says "ike *made" && says "approval *made"'
ok "HNB-TRE-10: provisioned again, each is kept" eval 'exits 0 tre provision \
	--identity henb-1.example --pcr-bound "$d/approval-1" --dir "$d/box" &&
	says "ike *kept" && says "approval *kept"'
echo 352099001761481 > "$d/imei"
ok "DID-X-P1: a device identifier has its place beside it" eval \
	'exits 0 devid provision --solution y --imei "@$d/imei" --dir "$d/devid" && tpm tpm2_nvread $NV -C o -s 8'
attributes() { tpm tpm2_readpublic -c $IKE && ! grep -q userwithauth "$out" &&
	grep -q 'authorization policy: [0-9a-f]\{64\}' "$out"; }
ok "HNB-TRE-10: tpm2_readpublic: it has a policy, and no use by password" attributes
ok "HNB-TRE-10: the request for its certificate is signed by it" \
	tpm openssl req -in "$d/box/ike.csr" -verify -noout
ok "HNB-TRE-10: enrolment takes it as any other" \
	exits 0 tre credential make "$d/box" --secret "$d/secret"
before=$(commands "00 00 01 5D")
ok "HNB-TRE-10: in the approved state it signs AUTH" auth_signs
ok "HNB-TRE-09: by one TPM2_Sign" eval '[ "$(commands "00 00 01 5D")" = $((before + 1)) ]'
ok "HNB-TRE-10: and check says in which state" eval \
	'exits 0 tre approval check --dir "$d/box" && says "version 1 .* the state first$"'

# What the TPM itself refuses, to whoever has it.
printf AUTH > "$d/message"
plain() { tpm tpm2_sign -c $IKE -g sha256 -s ecdsa -o "$d/none" "$d/message"; }
ok "HNB-TRE-10: by password it does not sign" eval '! plain && grep -q -i "0x12f\|auth" "$err"'
ok "HNB-TRE-10: and nothing was written" test ! -e "$d/none"
session() {	# session COMMAND...: a policy session, these in it, and then TPM2_Sign
	local rc=1
	tpm tpm2_startauthsession --policy-session -S "$d/s" || return 2
	"$@" && tpm tpm2_sign -c $IKE -g sha256 -s ecdsa -p "session:$d/s" -o "$d/none" "$d/message" && rc=0
	tpm2_flushcontext "$d/s" > /dev/null 2>&1
	return $rc
}
ok "HNB-TRE-10: an empty policy session does not do" eval '! session true'
by_pcr() { tpm tpm2_policypcr -S "$d/s" -l sha256:0,7,23; }
ok "HNB-TRE-10: nor PolicyPCR alone, with the right values" eval '! session by_pcr'

# A PCR is extended after boot.
extend 23 unknown
ok "HNB-TRE-10: PCR 23 extended after boot: no AUTH" no_auth tre.approval.pcr
ok "HNB-TRE-10: the PCR, its value and the approved one are named" eval \
	'says "PCR 23 is $(tpm2_pcrread sha256:23 | sed -n "s/^ *[0-9]* *: 0x//p" | tr A-F a-f), version 1 .* has $(printf "0%.0s" $(seq 64))"'
ok "HNB-TRE-10: check says the same" refuses tre.approval.pcr tre approval check --dir "$d/box"
ok "HNB-TRE-10: a request for a certificate is not signed either" eval \
	'rm "$d/box/ike.attest.sig"; refuses tre.approval.pcr tre provision --identity henb-1.example --pcr-bound "$d/approval-1" --dir "$d/box"'
forced() {	# the check before it left out: the values are said to be those that are
	sed "s/^pcr 23 .*/pcr 23 $(tpm2_pcrread sha256:23 | sed -n "s/^ *[0-9]* *: 0x//p" | tr A-F a-f)/" \
		"$d/approval-1" > "$d/forced"
	cp "$d/box/ike.approval" "$d/kept"
	cp "$d/forced" "$d/box/ike.approval"
	no_auth tre.approval.signature
	local rc=$?
	cp "$d/kept" "$d/box/ike.approval"
	return $rc
}
ok "HNB-TRE-10: the present value written into the file: the TPM does not find it signed" forced

# The new state is approved: the same key, and no certificate is issued.
state second 0 7 23
approve 2 second first
ok "HNB-TRE-10: version 2, of both states, is installed" \
	exits 0 tre approval install "$d/approval-2" --dir "$d/box"
ok "HNB-TRE-10: the same key signs in the new state" eval \
	'cp "$d/box/ike.pub" "$d/pub"; auth_signs; tpm tpm2_readpublic -c $IKE -o "$d/now"; cmp "$d/pub" "$d/now" && auth_signs'
ok "HNB-TRE-10: which check names" eval 'exits 0 tre approval check --dir "$d/box" && says "version 2 .* second$"'
tpm tpm2_pcrreset 23
ok "HNB-TRE-10: and in the old one, while both are approved" eval \
	'auth_signs && exits 0 tre approval check --dir "$d/box" && says "first$"'

# Roll-back
ok "HNB-TRE-10: version 1 can't be installed again" \
	refuses tre.approval.rollback tre approval install "$d/approval-1" --dir "$d/box"
ok "HNB-TRE-10: and the file of version 2 stays" cmp "$d/approval-2" "$d/box/ike.approval"
cp "$d/approval-1" "$d/box/ike.approval"
ok "HNB-TRE-10: its file put there all the same: no AUTH, in the state it approved" \
	no_auth tre.approval.rollback
ok "HNB-TRE-10: both versions are named" says "is version 1, the TPM takes none below version 2"
ok "HNB-TRE-10: which is the TPM's word: TPM2_PolicyNV was asked" eval '[ "$(commands "00 00 01 49")" -gt 0 ]'
approve 3 second
ok "HNB-TRE-10: version 3 takes the old state back" eval \
	'exits 0 tre approval install "$d/approval-3" --dir "$d/box" && no_auth tre.approval.pcr'
cp "$d/approval-2" "$d/box/ike.approval"
ok "HNB-TRE-10: version 2, which had it: no AUTH" no_auth tre.approval.rollback
ok "HNB-TRE-10: nor after a reset of the TPM" eval 'reboot; no_auth tre.approval.rollback'
cp "$d/approval-3" "$d/box/ike.approval"
extend 23 unknown
ok "HNB-TRE-10: in the approved state it signs after the reset" auth_signs

# Other keys, other texts
KEY=thief approve 9 second
ok "HNB-TRE-10: another key's approval is not installed" \
	refuses tre.approval.policy tre approval install "$d/approval-9" --dir "$d/box"
cp "$d/approval-9" "$d/box/ike.approval"
ok "HNB-TRE-10: nor does the key obey it" no_auth tre.key.unbound
cp "$d/approval-3" "$d/box/ike.approval"
while IFS='|' read -r text change rule; do
	python3 - "$d/approval-3" "$d/altered" "$change" <<- 'E'
	import re, sys
	t = open(sys.argv[1]).read()
	exec(sys.argv[3])
	open(sys.argv[2], "w").write(t)
	E
	ok "HNB-TRE-10: $text" refuses "$rule" tre approval install "$d/altered" --dir "$d/none"
done <<- 'E'
another version|t = t.replace("version 3", "version 4")|tre.approval.signature
another value|t = re.sub("(?m)^pcr 7 .", "pcr 7 e", t)|tre.approval.signature
a PCR left out|t = re.sub("(?m)^pcr 7 .*\n", "", t)|tre.approval.signature
the signatures of the version in each other's place|t = re.sub("first (.*)\nupdate (.*)\n", r"first \2\nupdate \1\n", t)|tre.approval.signature
no state|t = t[:t.index("state")]|tre.approval.syntax
a state without a PCR|t = re.sub("(?m)^pcr .*\n", "", t)|tre.approval.syntax
a PCR twice|t = re.sub("(?m)^(pcr 7 .*\n)", r"\1\1", t)|tre.approval.syntax
a PCR that there is not|t = t.replace("pcr 23", "pcr 24")|tre.approval.syntax
version 0|t = t.replace("version 3", "version 0")|tre.approval.syntax
a version of 33 bits|t = t.replace("version 3", "version 4294967296")|tre.approval.syntax
a line behind it|t += "x\n"|tre.approval.syntax
a last line that does not end|t = t[:-1]|tre.approval.syntax
a NUL|t = t.replace("second", "sec\0nd")|tre.approval.syntax
no approval at all|t = ""|tre.approval.syntax
a point that is on no curve|t = re.sub("(?m)^key 04..", "key 0400", t)|tre.approval.signature
E
ok "HNB-TRE-10: and nothing was kept of them" test ! -e "$d/none"
{
	cat "$d/second.policy"
	printf 'pcr 8 %064d %064d\n' 0 1
} > "$d/choice.policy"
ok "HNB-TRE-10: a state with a choice of values can't be signed" eval \
	'! approve 5 choice 2> "$err" && complains "choice.policy: .*several values"'
rm "$d/box/ike.approval"
ok "HNB-TRE-10: no approval at hand: no AUTH" eval 'no_auth tre.approval.missing && says "approval install"'
cp "$d/approval-3" "$d/box/ike.approval"

# Another index under the version, by the TPM's owner.
tpm tpm2_nvundefine $NV -C o
ok "HNB-TRE-10: the index of versions removed: no AUTH" no_auth tre.approval.absent
tpm tpm2_nvdefine $NV -C o -s 8 -a "ownerwrite|authwrite|ownerread|authread|no_da"
printf '\0\0\0\0\0\0\0\1' | tpm tpm2_nvwrite $NV -C $NV -i -
ok "HNB-TRE-10: one that anybody can write in its place: no AUTH" no_auth tre.approval.policy
ok "HNB-TRE-10: and provision refuses it" refuses tre.approval.policy tre provision \
	--identity henb-1.example --pcr-bound "$d/approval-3" --dir "$d/box"
ok "HNB-TRE-10: unless it is to be replaced" eval 'exits 0 tre provision --identity henb-1.example \
	--pcr-bound "$d/approval-3" --replace approval --dir "$d/box" && says "approval *replaced" && auth_signs'

# Keys that are not bound
ok "HNB-TRE-10: a key of another operator's approvals is refused" eval \
	'KEY=thief approve 10 second; refuses tre.key.unbound tre provision --identity henb-1.example --pcr-bound "$d/approval-10" --dir "$d/box"'
exits 0 tre provision --identity henb-1.example --replace ike --dir "$d/box"
ok "HNB-TRE-10: a key that signs by password: does" auth_signs
ok "HNB-TRE-10: and is refused where a bound one is wanted" \
	refuses tre.key.unbound tre provision --identity henb-1.example --pcr-bound "$d/approval-3" --dir "$d/box"
ok "HNB-TRE-10: check says that it obeys nobody" refuses tre.key.unbound tre approval check --dir "$d/box"
finish
