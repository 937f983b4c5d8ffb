#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# trustgate tre anchor against swtpm, with tpm2-tools as witness: HNB-TRE-06, CON-11.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tre/lib.sh
. ./lib.sh
need swtpm tpm2_nvread openssl python3
echo "TAP version 13"
NV=0x01800011

root() {	# root NAME KEY-OPTIONS...
	local name=$1
	shift
	openssl req -x509 -newkey "$@" -nodes -keyout "$d/$name.key" -out "$d/$name.pem" \
		-subj "/O=Test/CN=$name" -days 30 2> /dev/null
	openssl x509 -in "$d/$name.pem" -outform DER -out "$d/$name.der"
}
vendor() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$d/$1.key"
	openssl pkey -in "$d/$1.key" -pubout -out "$d/$1.pem"
}
sign() {	# sign ROOT VERSION [KEY]: into update-ROOT-VERSION
	"$tool" tre anchor sign --root "$d/$1.pem" --version "$2" --key "$d/${3:-vendor}.key" \
		-o "$d/update-$1-$2"
}
for i in 1 2 3; do root "root$i" ec -pkeyopt ec_paramgen_curve:P-256; done
root large rsa:4096
vendor vendor
vendor thief
tpm_start one

ok "HNB-TRE-06: the vendor signs without a TPM" eval \
	'TRUSTGATE_TCTI=swtpm:path=/nonexistent sign root1 1 && sign root2 2 && sign root3 3 &&
	sign root1 2 && mv "$d/update-root1-2" "$d/same" && sign large 4 && sign root3 5 thief'
ok "HNB-TRE-06: no index, no root" refuses tre.anchor.absent tre anchor show
ok "HNB-TRE-06: nothing to write to" refuses tre.anchor.absent tre anchor update "$d/update-root1-1"
ok "HNB-TRE-06: the index is made for the vendor's key" \
	exits 0 tre provision --anchor-key "$d/vendor.pem" --dir "$d/box"
ok "HNB-TRE-06: and is empty" refuses tre.anchor.empty tre anchor show
ok "HNB-TRE-06: NV write without authority fails" eval \
	'printf x | tpm_fails tpm2_nvwrite $NV -C $NV -i -'
ok "HNB-TRE-06: the owner has none either" eval 'printf x | tpm_fails tpm2_nvwrite $NV -C o -i -'
policy_fails() {
	tpm tpm2_startauthsession --policy-session -S "$d/s" || return 1
	tpm_fails tpm2_nvwrite $NV -C $NV -P "session:$d/s" -i "$d/root2.der"
	local rc=$?
	tpm2_flushcontext "$d/s" > /dev/null 2>&1
	return $rc
}
ok "HNB-TRE-06: nor has a session whose policy nobody signed" policy_fails

altered() {	# altered FILE PYTHON: a copy of it, changed
	python3 - "$1" "$d/altered" "$2" <<- 'E'
	import json, sys
	d = json.load(open(sys.argv[1]))
	def flip(s, i):
	    return s[:i] + ("0" if s[i] != "0" else "1") + s[i + 1:]
	exec(sys.argv[3])
	json.dump(d, open(sys.argv[2], "w"))
	E
}
while IFS='|' read -r text change rule; do
	altered "$d/update-root1-1" "$change"
	ok "HNB-TRE-06: $text" refuses "$rule" tre anchor update "$d/altered"
done <<- E
another root under the signature is refused|d["root"] = open("$d/root2.pem").read()|tre.anchor.signature
another version is refused|d["version"] = 9|tre.anchor.signature
a bit of the signature is refused|d["first"] = flip(d["first"], 40)|tre.anchor.signature
the signature for later writes is refused for the first|d["first"] = d["update"]|tre.anchor.signature
another key than the index has is refused|d["key"] = open("$d/thief.pem").read()|tre.anchor.policy
E
ok "HNB-TRE-06: a thief's key signs nothing for this box" \
	refuses tre.anchor.policy tre anchor update "$d/update-root3-5"
for change in 'd["schema"] = "x"' 'd["version"] = 0' 'd["root"] = ""' 'd["first"] = "zz"' \
	'del d["update"]' 'd["key"] = "x"'; do
	altered "$d/update-root1-1" "$change"
	ok "HNB-TRE-06: no update: $change" exits 1 tre anchor update "$d/altered"
done
ok "HNB-TRE-06: after all of that the index is empty" refuses tre.anchor.empty tre anchor show

ok "HNB-TRE-06: the first root is written" exits 0 tre anchor update "$d/update-root1-1"
nv_has() {	# nv_has DER: behind the record's head
	tpm2_nvread $NV -C $NV -o "$d/nv" 2> /dev/null &&
		tail -c +13 "$d/nv" | head -c "$(stat -c %s "$1")" | cmp - "$1"
}
ok "HNB-TRE-06: tpm2_nvread gives the certificate" nv_has "$d/root1.der"
ok "HNB-TRE-06: the first write is not repeated" eval \
	'refuses tre.anchor.rollback tre anchor update "$d/update-root1-1"'
ok "HNB-TRE-06: a newer one takes its place" eval \
	'exits 0 tre anchor update "$d/update-root2-2" && nv_has "$d/root2.der"'
ok "HNB-TRE-06: the older one, authorised once, is refused by the TPM" eval \
	'before=$(commands "00 00 01 37"); refuses tre.anchor.rollback tre anchor update "$d/update-root1-1" &&
	[ "$(commands "00 00 01 49")" -gt 0 ] && [ "$(commands "00 00 01 37")" = "$before" ] && nv_has "$d/root2.der"'
ok "HNB-TRE-06: another one of the same version, too" eval \
	'refuses tre.anchor.rollback tre anchor update "$d/same" && nv_has "$d/root2.der"'

# By hand, without our checks before it: the TPM itself has to refuse.
by_hand() {	# by_hand UPDATE: PolicyNV alone decides
	python3 -c 'import json,sys; v=json.load(open(sys.argv[1]))["version"]; sys.stdout.buffer.write(v.to_bytes(8,"big"))' "$1" > "$d/operand"
	tpm tpm2_startauthsession --policy-session -S "$d/s" || return 2
	tpm tpm2_policynv -S "$d/s" -i "$d/operand" -C $NV $NV ult
	local rc=$?
	tpm2_flushcontext "$d/s" > /dev/null 2>&1
	return $rc
}
ok "HNB-TRE-06: tpm2_policynv agrees: version 3 may be" by_hand "$d/update-root3-3"
ok "HNB-TRE-06: version 2 may not" eval '! by_hand "$d/update-root2-2"'
ok "HNB-TRE-06: version 1 may not" eval '! by_hand "$d/update-root1-1"'

# What charon is given
mkdir "$d/x509ca"
ok "HNB-TRE-06: charon's file is written from the TPM" eval \
	'exits 0 tre anchor install "$d/x509ca" && openssl x509 -in "$d/x509ca/trustgate-anchor.pem" -outform DER | cmp - "$d/root2.der"'
ok "HNB-TRE-06: and is found to be that" exits 0 tre anchor check "$d/x509ca/trustgate-anchor.pem"
cp "$d/root1.pem" "$d/x509ca/trustgate-anchor.pem"
ok "HNB-TRE-06: a file put in its place is not" eval \
	'exits 1 tre anchor check "$d/x509ca/trustgate-anchor.pem" && complains "not the root that the TPM holds (.*anchor install"'
ok "HNB-TRE-06: JSON says so" eval \
	'exits 1 tre anchor check -j "$d/x509ca/trustgate-anchor.pem"; json "d[\"same\"] is False" "d[\"version\"] == 2"'
ok "HNB-TRE-06: made anew, it is" eval \
	'exits 0 tre anchor install "$d/x509ca" && exits 0 tre anchor check "$d/x509ca/trustgate-anchor.pem"'

ok "HNB-TRE-06: a root that is too large is held by its digest" eval \
	'exits 0 tre anchor update "$d/update-large-4" && exits 0 tre anchor show &&
	says "^version 4, digest, sha256 $(sha256sum < "$d/large.der" | cut -d " " -f 1)$"'
ok "HNB-TRE-06: its file is needed then" eval \
	'exits 1 tre anchor install "$d/x509ca" && complains "only the digest"'
ok "HNB-TRE-06: and has to be it" eval \
	'exits 1 tre anchor install "$d/x509ca" --root "$d/root2.pem" && complains "not the root"'
ok "HNB-TRE-06: and is" eval \
	'exits 0 tre anchor install "$d/x509ca" --root "$d/large.pem" && exits 0 tre anchor check "$d/large.pem"'

# The index made anew by whoever owns the TPM
tpm tpm2_nvundefine $NV -C o
tpm tpm2_nvdefine $NV -C o -s 768 -a "ownerwrite|authwrite|ownerread|authread|no_da"
tpm tpm2_nvwrite $NV -C o -i "$d/nv"
ok "HNB-TRE-06: an index that anybody can write is refused" eval \
	'refuses tre.anchor.policy tre anchor show && refuses tre.anchor.policy tre provision --anchor-key "$d/vendor.pem" --dir "$d/box"'
tpm tpm2_nvundefine $NV -C o
exits 0 tre provision --anchor-key "$d/thief.pem" --dir "$d/box"
exits 0 tre anchor update "$d/update-root3-5"
ok "HNB-TRE-06: another vendor's index is refused by whoever names the key" \
	refuses tre.anchor.policy tre anchor show --anchor-key "$d/vendor.pem"
ok "HNB-TRE-06: and by provision" \
	refuses tre.anchor.policy tre provision --anchor-key "$d/vendor.pem" --dir "$d/box"
ok "HNB-TRE-06: and replaced when it says so" eval \
	'exits 0 tre provision --anchor-key "$d/vendor.pem" --replace anchor --dir "$d/box" && says "anchor *replaced"'
ok "HNB-TRE-06: keys of other kinds authorise nothing" eval \
	'openssl ecparam -name secp384r1 -genkey -noout | openssl pkey -pubout -out "$d/p384.pem" &&
	refuses tre.anchor.key tre provision --anchor-key "$d/p384.pem" --dir "$d/box"'
finish
