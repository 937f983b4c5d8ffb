#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# The SeGW's chain verified in the TPM: HNB-TRE-07, HNB-TRE-08, CON-11, PIT-42, PIT-43.
# Needs verify_tpm beside it or in $O.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tre/lib.sh
. ./lib.sh
need swtpm openssl python3
dir=.
[ -x ./verify_tpm ] || dir=$O
echo "TAP version 13"
VERIFY="00 00 01 77" LOAD="00 00 01 67"

key() { # key NAME ALGORITHM [OPTION...]
	openssl genpkey -algorithm "$2" "${@:3}" -out "$d/$1.key" 2> /dev/null
}
cert() { # cert NAME ISSUER [SIGNING OPTION...]: ISSUER "" is self-signed
	local name=$1 issuer=$2
	shift 2
	echo "basicConstraints=critical,CA:TRUE" > "$d/ext"
	openssl req -new -key "$d/$name.key" -subj "/CN=$name" -out "$d/csr" 2> /dev/null
	if [ "$issuer" ]; then
		openssl x509 -req -in "$d/csr" -CA "$d/$issuer.pem" -CAkey "$d/$issuer.key" \
			-set_serial 7 -days 30 -extfile "$d/ext" "$@" -out "$d/$name.pem" 2> "$err"
	else
		openssl x509 -req -in "$d/csr" -signkey "$d/$name.key" -days 30 -extfile "$d/ext" \
			-out "$d/$name.pem" 2> "$err"
	fi
	openssl x509 -in "$d/$name.pem" -outform DER -out "$d/$name.der"
}
P256=(EC -pkeyopt ec_paramgen_curve:P-256) P384=(EC -pkeyopt ec_paramgen_curve:P-384)
P521=(EC -pkeyopt ec_paramgen_curve:P-521)

key root "${P256[@]}"; cert root ""
key sub1 "${P384[@]}"; cert sub1 root -sha256
key sub2 "${P256[@]}"; cert sub2 sub1 -sha384
key leaf "${P256[@]}"; cert leaf sub2 -sha256
key rsaroot RSA -pkeyopt rsa_keygen_bits:2048; cert rsaroot ""
key rsasub RSA -pkeyopt rsa_keygen_bits:3072; cert rsasub rsaroot -sha256
key rsaleaf "${P256[@]}"; cert rsaleaf rsasub -sha512
key pssleaf "${P256[@]}"
cert pssleaf rsaroot -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
key saltleaf "${P256[@]}"
cert saltleaf rsaroot -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20
key maskleaf "${P256[@]}"
cert maskleaf rsaroot -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha512
key bigroot "${P521[@]}"; cert bigroot ""
key bigleaf "${P256[@]}"; cert bigleaf bigroot -sha512
key edroot ED25519; cert edroot ""
key edleaf "${P256[@]}"; cert edleaf edroot
key longroot RSA -pkeyopt rsa_keygen_bits:4096; cert longroot ""
key longleaf "${P256[@]}"; cert longleaf longroot -sha256
key threeroot RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3; cert threeroot ""
key threeleaf "${P256[@]}"; cert threeleaf threeroot -sha256
key k1root EC -pkeyopt ec_paramgen_curve:secp256k1; cert k1root ""
key k1leaf "${P256[@]}"; cert k1leaf k1root -sha256
tpm_start one

# chain STATUS VERDICT RULE IN-TPM IN-SOFTWARE FALLBACK ROOT CERT...
chain() {
	local want=$1 expect="$2 $3 $4 $5 $6" got=0
	shift 6
	"$dir/verify_tpm" "$TRUSTGATE_TCTI" "${@/#/$d/}" > "$out" 2> "$err" || got=$?
	[ "$got" = "$want" ] && [ "$(cut -d ' ' -f 1-5 "$out")" = "$expect" ]
}
good() { chain 0 pass tre.verify.good "$@"; }
bad() { chain 1 fail tre.verify.signature "$@"; }

before=$(commands "$VERIFY")
ok "HNB-TRE-07: three links, P-256 and P-384, all in the TPM" \
	good 3 0 - root.der leaf.der sub2.der sub1.der
ok "HNB-TRE-07: TPM2_VerifySignature is sent once a link" \
	[ $(($(commands "$VERIFY") - before)) = 3 ]
ok "HNB-TRE-07: and each CA's key loaded" [ "$(commands "$LOAD")" = 3 ]
ok "HNB-TRE-07: one link" good 1 0 - sub2.der leaf.der
ok "HNB-TRE-07: RSA PKCS#1, 2048 and 3072 bits, SHA-256 and SHA-512" \
	good 2 0 - rsaroot.der rsaleaf.der rsasub.der
ok "HNB-TRE-07: RSASSA-PSS with a salt as long as the hash" good 1 0 - rsaroot.der pssleaf.der
ok "PIT-43: another salt is verified in software, by its rule" \
	good 0 1 tre.verify.pss-salt rsaroot.der saltleaf.der
ok "PIT-43: another hash in its mask, too" good 0 1 tre.verify.pss-mask rsaroot.der maskleaf.der
ok "PIT-43: Ed25519, which no TPM has" good 0 1 tre.verify.key-type edroot.der edleaf.der
ok "PIT-43: P-521, which this TPM has or not" eval \
	'good 1 0 - bigroot.der bigleaf.der || good 0 1 tre.verify.curve bigroot.der bigleaf.der'
ok "PIT-43: a curve that has no name in a TPM" good 0 1 tre.verify.curve k1root.der k1leaf.der
ok "PIT-43: RSA of 4096 bits, which this TPM has or not" eval \
	'good 1 0 - longroot.der longleaf.der || good 0 1 tre.verify.rsa longroot.der longleaf.der'
ok "PIT-43: an exponent of 3, which this TPM takes or not" eval \
	'good 1 0 - threeroot.der threeleaf.der || good 0 1 tre.verify.rsa threeroot.der threeleaf.der'
ok "PIT-43: what was left to software is said" grep -q "in software by rule tre.verify" "$out"

# The last octets of a certificate are its signature.
while read -r in_tpm in_software which rest; do
	# shellcheck disable=SC2086  # a list
	set -- $rest
	for at in -1 -20; do
		cp "$d/$which.der" "$d/keep" && flip "$d/$which.der" $at
		ok "HNB-TRE-07: octet $at of the signature of $which flipped: refused" \
			bad "$in_tpm" "$in_software" - "${@/%/.der}"
		mv "$d/keep" "$d/$which.der"
	done
done <<- 'E'
2 0 leaf root leaf sub2 sub1
1 0 sub2 root leaf sub2 sub1
0 0 sub1 root leaf sub2 sub1
1 0 rsaleaf rsaroot rsaleaf rsasub
0 0 rsasub rsaroot rsaleaf rsasub
0 0 pssleaf rsaroot pssleaf
0 0 saltleaf rsaroot saltleaf
0 0 edleaf edroot edleaf
E
cp "$d/sub2.der" "$d/keep" && flip "$d/sub2.der" 20
ok "HNB-TRE-07: a bit of what is signed flipped: refused" bad 1 0 - root.der leaf.der sub2.der sub1.der
mv "$d/keep" "$d/sub2.der"
ok "HNB-TRE-07: another root: refused at the first link" bad 0 0 - bigroot.der leaf.der sub2.der sub1.der ||
	bad 0 0 - sub2.der leaf.der sub2.der sub1.der
key fake "${P256[@]}"; cert fake ""; cp "$d/fake.key" "$d/fakeroot.key"
ok "HNB-TRE-07: a root of the same kind that did not sign: refused" \
	bad 0 0 - fake.der leaf.der sub2.der sub1.der
ok "HNB-TRE-07: a link left out: refused" bad 1 0 - root.der leaf.der sub1.der
ok "HNB-TRE-07: in another order: refused" bad 0 0 - root.der sub1.der sub2.der leaf.der
ok "HNB-TRE-07: a signature of another algorithm than the key above: refused" eval \
	'chain 1 fail tre.verify.encoding 0 0 - rsaroot.der leaf.der'
ok "HNB-TRE-07: no certificate: refused" chain 1 fail tre.verify.certificate 0 0 - root.der
head -c 100 "$d/leaf.der" > "$d/cut.der"
ok "HNB-TRE-07: half a certificate: refused" chain 1 fail tre.verify.certificate 0 0 - root.der cut.der
cat "$d/leaf.der" "$d/leaf.der" > "$d/two.der"
ok "HNB-TRE-07: octets behind it: refused" chain 1 fail tre.verify.certificate 0 0 - sub2.der two.der

for _ in $(seq 20); do good 3 0 - root.der leaf.der sub2.der sub1.der || break; done
ok "PIT-42: twenty chains later the TPM's memory is free" \
	good 3 0 - root.der leaf.der sub2.der sub1.der
kill -KILL "$swtpm"
wait "$swtpm" 2> /dev/null
swtpm=
ok "HNB-TRE-07: without the TPM nothing is verified, in software neither" \
	chain 2 unavailable tre.tpm.open 0 0 - root.der leaf.der sub2.der sub1.der
ok "HNB-TRE-07: not even what only software could" \
	chain 2 unavailable tre.tpm.open 0 0 - edroot.der edleaf.der
finish
