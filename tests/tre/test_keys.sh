#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions and variables are used by ok
#
# trustgate tre provision, show and credential against swtpm, with tpm2-tools as witness:
# HNB-TRE-03, HNB-TRE-04, HNB-TRE-05, FFS-04, PIT-42.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tre/lib.sh
. ./lib.sh
need swtpm tpm2_readpublic openssl python3
echo "TAP version 13"
IKE=0x81010004 ID=0x01800010
has() { grep -A 2 '^attributes:' "$out" | grep -q -E "value: (.*\|)?$1(\||$)"; }
attributes() { tpm tpm2_readpublic -c "$1"; }
all_of() { local a; for a in "$@"; do has "$a" || return 1; done; }
none_of() { local a; for a in "$@"; do ! has "$a" || return 1; done; }

tpm_start one
ok "HNB-TRE-03: without keys each is named, with its remedy" eval 'exits 1 tre show &&
	complains "^trustgate: ike: tre.key.absent: .*(.trustgate tre provision.)"'
ok "HNB-TRE-03: a box is provisioned" exits 0 tre provision --identity henb-1.example --dir "$d/box"
ok "HNB-TRE-03: each part was made" eval '[ "$(grep -c made "$out")" = 5 ]'
(cd "$d/box" && sha256sum ./*) > "$d/before"
ok "HNB-TRE-03: provisioned again, each is kept" eval \
	'exits 0 tre provision --identity henb-1.example --dir "$d/box" &&
	[ "$(grep -c kept "$out")" = 5 ]'
(cd "$d/box" && sha256sum ./*) > "$d/after"
ok "HNB-TRE-03: and no file changed" cmp "$d/before" "$d/after"
ok "HNB-TRE-03: show says as JSON that all keys are good" eval \
	'exits 1 tre show -j; json "d[\"schema\"] == \"trustgate.tre/1\"" \
	"all(k[\"present\"] and k[\"problem\"] is None for k in d[\"keys\"])" \
	"d[\"identity\"][\"text\"] == \"henb-1.example\""'

ok "HNB-TRE-05: tpm2_readpublic: the IKE key is of this TPM alone" eval 'attributes $IKE &&
	all_of fixedtpm fixedparent sensitivedataorigin sign && none_of restricted decrypt'
ok "HNB-TRE-05: and names its scheme" eval 'grep -A 1 "^scheme:" "$out" | grep -q ecdsa &&
	grep -A 1 "^scheme-halg:" "$out" | grep -q sha256'
ok "FFS-04: the attestation key is restricted" eval 'attributes 0x81010002 &&
	all_of fixedtpm fixedparent sensitivedataorigin sign restricted && none_of decrypt'
tpm tpm2_createek -G ecc -c "$d/ek.ctx" -u "$d/ek.witness"
tpm tpm2_readpublic -c 0x81010001 -o "$d/ek.ours"
ok "FFS-04: the EK is the one that tpm2_createek makes" cmp "$d/ek.witness" "$d/ek.ours"
ok "FFS-04: which is what is enrolled" cmp "$d/box/ek.pub" "$d/ek.ours"
tpm2_flushcontext -t > /dev/null 2>&1

tpm tpm2_readpublic -c $IKE -f pem -o "$d/ike.pem"
ok "HNB-TRE-05: openssl verifies the request for a certificate" \
	tpm openssl req -in "$d/box/ike.csr" -verify -noout
ok "HNB-TRE-05: it is for the TPM's key" eval \
	'openssl req -in "$d/box/ike.csr" -noout -pubkey | cmp - "$d/ike.pem"'
ok "HNB-TRE-04: and for the identity" eval \
	'openssl req -in "$d/box/ike.csr" -noout -text | grep -q DNS:henb-1.example'
ok "FFS-04: tpm2_verifysignature: the AK signed the certification" tpm tpm2_verifysignature \
	-c 0x81010002 -g sha256 -m "$d/box/ike.attest" -s "$d/box/ike.attest.sig"

ok "FFS-04: a credential is made with no TPM" eval \
	'TRUSTGATE_TCTI=swtpm:path=/nonexistent exits 0 tre credential make "$d/box" --secret "$d/secret"'
ok "FFS-04: the box gives out the secret" exits 0 tre credential activate "$d/box"
ok "FFS-04: the one that was made" cmp "$d/secret" "$d/box/activated"
ek_session() { tpm tpm2_startauthsession --policy-session -S "$d/s" && tpm tpm2_policysecret -S "$d/s" -c e; }
ok "FFS-04: tpm2_activatecredential gives it out, too" eval 'ek_session &&
	tpm tpm2_activatecredential -c 0x81010002 -C 0x81010001 -i "$d/box/credential" \
	-o "$d/witness" -P "session:$d/s" && cmp "$d/witness" "$d/secret"'
tpm2_flushcontext "$d/s" > /dev/null 2>&1
name=$("$tool" tre show -j 2> /dev/null |
	python3 -c 'import json,sys; print(json.load(sys.stdin)["keys"][2]["name"])')
cp -r "$d/box" "$d/theirs"
ok "FFS-04: what tpm2_makecredential made is given out" eval \
	'tpm tpm2_makecredential -T none -G ecc -u "$d/ek.pem" -s "$d/secret" -n "$name" \
		-o "$d/theirs/credential" ||
	tpm tpm2_makecredential -e "$d/box/ek.pub" -s "$d/secret" -n "$name" -o "$d/theirs/credential" &&
	exits 0 tre credential activate "$d/theirs" && cmp "$d/secret" "$d/theirs/activated"'

for f in ek.pub ak.pub ike.pub ike.attest ike.attest.sig; do
	for at in 8 60 -1; do
		rm -rf "$d/bad" && cp -r "$d/box" "$d/bad"
		flip "$d/bad/$f" $at
		ok "FFS-04: bit $at of $f flipped: no credential" \
			exits 1 tre credential make "$d/bad" --secret "$d/none"
	done
done
rm -rf "$d/bad" && cp -r "$d/box" "$d/bad"
openssl ecparam -name prime256v1 -genkey -noout -out "$d/file.key"
openssl req -new -key "$d/file.key" -subj /CN=henb-1.example \
	-addext subjectAltName=DNS:henb-1.example -out "$d/bad/ike.csr"
ok "FFS-04: a request for a file's key is refused" \
	refuses tre.csr.bad tre credential make "$d/bad" --secret "$d/none"
ok "FFS-04: and no secret is written" test ! -e "$d/none"
rm -rf "$d/bad" && cp -r "$d/box" "$d/bad"
flip "$d/bad/credential" -1
ok "FFS-04: an altered credential is refused by the TPM" eval \
	'exits 1 tre credential activate "$d/bad" && complains "tre.credential"'

# HNB-TRE-04
ok "HNB-TRE-04: NV write after the lock: TPM_RC_NV_LOCKED" eval \
	'printf henb-2.example | tpm_fails tpm2_nvwrite $ID -C $ID -i - && grep -q -i "0x148\|locked" "$err"'
ok "HNB-TRE-04: tpm2_nvread gives the identity" eval \
	'[ "$(tpm2_nvread $ID -C $ID 2> /dev/null)" = henb-1.example ]'
ok "HNB-TRE-04: the owner can't write it either" eval \
	'printf henb-2.example | tpm_fails tpm2_nvwrite $ID -C o -i -'
ok "HNB-TRE-04: another identity is refused" \
	refuses tre.identity.other tre provision --identity henb-2.example --dir "$d/box"
tpm tpm2_nvundefine $ID -C o
tpm tpm2_nvdefine $ID -C o -s 14 -a "authwrite|ownerread|authread|writedefine|no_da"
printf henb-2.example | tpm tpm2_nvwrite $ID -C $ID -i -
ok "HNB-TRE-04: an index that is not locked is refused" \
	refuses tre.identity.unlocked tre provision --identity henb-1.example --dir "$d/box"
# Where the power failed: between the three commands that make it
made_whole() { # as it was
	exits 0 tre provision --identity henb-1.example --dir "$d/box" && says "identity  made" &&
		exits 0 tre provision --identity henb-1.example --dir "$d/box" && says "identity  kept" &&
		printf henb-2.example | tpm_fails tpm2_nvwrite $ID -C $ID -i -
}
printf henb-1.example | tpm tpm2_nvwrite $ID -C $ID -i -
ok "PIT-42: written, and the lock did not come: made whole" made_whole
tpm tpm2_nvundefine $ID -C o
tpm tpm2_nvdefine $ID -C o -s 14 -a "authwrite|ownerread|authread|writedefine|no_da"
ok "PIT-42: defined, and nothing came: made whole" made_whole
tpm tpm2_nvundefine $ID -C o
tpm tpm2_nvdefine $ID -C o -s 13 -a "authwrite|ownerread|authread|writedefine|no_da"
ok "PIT-42: for a name that is longer: refused" \
	refuses tre.identity.unlocked tre provision --identity henb-1.example --dir "$d/box"
tpm tpm2_nvundefine $ID -C o
tpm tpm2_nvdefine $ID -C o -s 14 -a "authwrite|ownerwrite|ownerread|authread|write_stclear|no_da"
printf henb-1.example | tpm tpm2_nvwrite $ID -C $ID -i -
tpm tpm2_nvwritelock $ID -C $ID
ok "HNB-TRE-04: a lock that a restart takes away is refused" \
	refuses tre.identity.attributes tre provision --identity henb-1.example --dir "$d/box"
ok "HNB-TRE-04: unless it is to be replaced" eval \
	'exits 0 tre provision --identity henb-1.example --replace identity --dir "$d/box" &&
	says "identity  replaced"'
ok "HNB-TRE-04: what is no name is refused" \
	refuses tre.identity.text tre provision --identity 'a b' --replace identity --dir "$d/x"
exits 0 tre provision --identity henb-1.example --dir "$d/box"

# HNB-TRE-05: keys of other kinds at the IKE key's handle
other_key() {	# other_key ATTRIBUTES [OPTIONS...]
	tpm tpm2_evictcontrol -C o -c $IKE
	tpm tpm2_create -C 0x81000001 -G "${2:-ecc:ecdsa-sha256}" -a "$1" -u "$d/k.pub" -r "$d/k.priv" &&
		tpm tpm2_load -C 0x81000001 -u "$d/k.pub" -r "$d/k.priv" -c "$d/k.ctx" &&
		tpm tpm2_evictcontrol -C o -c "$d/k.ctx" $IKE
	tpm2_flushcontext -t > /dev/null 2>&1
}
while read -r what attributes scheme; do
	other_key "$attributes" "$scheme" || echo "# no such key could be made"
	before=$(tpm2_readpublic -c $IKE 2> /dev/null | grep '^name:')
	ok "HNB-TRE-05: a key with $what: refused, by name" eval \
		'exits 1 tre provision --identity henb-1.example --dir "$d/box" &&
		complains "tre.key.[a-z]*: the IKE key at 0x81010004: $what .*--replace ike"'
	ok "HNB-TRE-05: and left where it is" eval \
		'[ "$(tpm2_readpublic -c $IKE 2> /dev/null | grep "^name:")" = "$before" ]'
done <<- 'E'
fixedTPM sensitivedataorigin|userwithauth|sign
restricted fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|restricted ecc256:ecdsa-sha256:null
decrypt fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|decrypt ecc
its.scheme fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign ecc
its.scheme fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign ecc:ecdsa-sha384
its.type fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign ecc384:ecdsa-sha256
its.type fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign rsa2048:rsassa-sha256
E
tpm tpm2_evictcontrol -C o -c $IKE
tpm tpm2_import -C 0x81000001 -G ecc -i "$d/file.key" -u "$d/k.pub" -r "$d/k.priv" -a "sign|userwithauth"
tpm tpm2_load -C 0x81000001 -u "$d/k.pub" -r "$d/k.priv" -c "$d/k.ctx"
tpm tpm2_evictcontrol -C o -c "$d/k.ctx" $IKE
tpm2_flushcontext -t > /dev/null 2>&1
ok "HNB-TRE-09: a file's key, imported: refused" \
	refuses tre.key.attributes tre provision --identity henb-1.example --dir "$d/box"
ok "HNB-TRE-05: show names it, too" eval 'exits 1 tre show && complains "^trustgate: ike: tre.key.attributes"'
ok "HNB-TRE-05: replaced by one of the TPM's own" eval \
	'exits 0 tre provision --identity henb-1.example --replace ike --dir "$d/box" && says "ike *replaced"'

# Passwords and lockout
echo 'a word for the owner' > "$d/auth"
ok "HNB-TRE-04: the owner gets a password" eval \
	'exits 0 tre provision --identity henb-1.example --owner-auth "$d/auth" --dir "$d/box"'
ok "HNB-TRE-04: without it nobody removes the identity" tpm_fails tpm2_nvundefine $ID -C o
ok "HNB-TRE-04: nor clears the TPM" tpm_fails tpm2_clear
ok "HNB-TRE-04: nothing is left to be mended but the root" eval \
	'exits 1 tre show && [ "$(grep -c "^trustgate:" "$err")" = 1 ] && complains tre.anchor.absent'
echo 'another' > "$d/auth2"
ok "HNB-TRE-04: with another one nothing is made" eval \
	'exits 1 tre provision --identity henb-3.example --replace identity --owner-auth "$d/auth2" --dir "$d/box"'
ok "HNB-TRE-04: with it, it can be" exits 0 tre provision --identity henb-3.example \
	--replace identity --owner-auth "$d/auth" --dir "$d/box"
lock_out() {
	tpm2_flushcontext -t > /dev/null 2>&1
	tpm tpm2_createprimary -C n -G ecc -p secret -a "sign|userwithauth|sensitivedataorigin|fixedtpm|fixedparent" -c "$d/p.ctx"
	for _ in 1 2 3 4 5; do
		tpm2_flushcontext -t > /dev/null 2>&1
		tpm tpm2_sign -c "$d/p.ctx" -p wrong -g sha256 -o "$d/sig" "$d/auth"
	done
	tpm2_flushcontext -t > /dev/null 2>&1
	tpm2_getcap properties-variable 2> /dev/null | grep -q 'inLockout: *1'
}
ok "PIT-42: the TPM is locked out" lock_out
ok "PIT-42: show says so, and for how long" eval 'exits 1 tre show && complains "lockout: tre.locked: .* s (wait"'
ok "PIT-42: the keys work on, as they have no password" eval \
	'rm -f "$d/box/ike.attest.sig" && exits 0 tre provision --dir "$d/box" && [ -s "$d/box/ike.attest.sig" ]'
tpm_stop

# Another box
tpm_start two
exits 0 tre provision --identity henb-9.example --dir "$d/box2"
ok "FFS-04: another box does not give the secret out" eval \
	'cp "$d/box/credential" "$d/box2/" && refuses tre.credential.refused tre credential activate "$d/box2"'
for f in ak.pub ike.pub ike.attest ike.attest.sig ike.csr; do
	rm -rf "$d/bad" && cp -r "$d/box" "$d/bad" && cp "$d/box2/$f" "$d/bad/"
	ok "FFS-04: another box's $f among ours: refused" \
		exits 1 tre credential make "$d/bad" --secret "$d/none"
done

# A TPM that is slow, or dies
kill -STOP "$swtpm"
start=$SECONDS
ok "PIT-42: a TPM that hangs is given up" eval \
	'TRUSTGATE_TPM_TIMEOUT=2 exits 1 tre show && complains "gave no answer in time"'
ok "PIT-42: in time" [ $((SECONDS - start)) -lt 20 ]
kill -CONT "$swtpm"
tpm_stop
ok "PIT-42: a TPM that is not there is named" refuses tre.tpm.open tre show
for ms in 0.02 0.1 0.12 0.14 0.3; do
	rm -rf "$d/three"
	tpm_start three
	(sleep $ms; kill -KILL "$swtpm") &
	# Either it was done, or it says what failed.
	ok "PIT-42: killed after $ms s: no crash" eval \
		'"$tool" tre provision --identity henb-1.example --dir "$d/box3" > "$out" 2> "$err"
		rc=$?; [ $rc = 0 ] || { [ $rc = 1 ] && complains "^trustgate: "; }'
	wait $! 2> /dev/null
	wait "$swtpm" 2> /dev/null
	swtpm=
	tpm_start three
	ok "PIT-42: and made whole when it is back" \
		exits 0 tre provision --identity henb-1.example --dir "$d/box3"
	tpm_stop
done
finish
