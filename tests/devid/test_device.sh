#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034,SC2016  # functions are called by ok; evaluated later
#
# The device's side and its verifier's by hand, with a TPM: provision, show, challenge,
# prove, verify. DID-X-P1, DID-X-P2, DID-X-P4, DID-X-P5, DID-Y-P1, DID-Y-P2, DID-X-01,
# DID-X-03, DID-X-04, DID-X-09, DID-Y-09, PRIV-01, PRIV-02, FFS-09.
cd "$(dirname "$0")" || exit 1
. ../tre/lib.sh
need swtpm openssl python3 "$tool"
IMEI=352099001761481 OTHER=352099001761499
echo $IMEI > "$d/imei"
echo $OTHER > "$d/other"
D=$d/device

ec_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2> /dev/null; }
root() { # NAME
	ec_key "$d/$1.key" && openssl req -x509 -new -key "$d/$1.key" -subj "/CN=$1" -days 30 \
		-addext keyUsage=critical,keyCertSign,cRLSign -out "$d/$1.crt" 2> /dev/null
}
printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n' > "$d/ext"
# certify OUT CA DAYS [SUBJECT]: the TPM's key, by what it asked for or by another name
certify() {
	openssl x509 -req -in "$D/device.csr" ${4:+-subj "$4"} -CA "$d/$2.crt" \
		-CAkey "$d/$2.key" -days "$3" -extfile "$d/ext" -out "$d/$1.crt" 2> "$err"
}
in_nothing() { ! grep -rqF "$1" "$out" "$err" "$D"; }
verdict() { # STATUS RULE ARGUMENT...
	exits "$1" devid verify --challenge "$d/challenge" --proof "$d/proof" --channel "$channel" \
		--ca "$d/root.crt" "${@:3}" && says ": $2: "
}
binding() { # NAME ARGUMENT...: the record of it
	"$tool" devid publish --store "$d/bindings.db" --store-key "$d/store.key" \
		--signing-key "$d/sign.key" --imei "@$d/imei" --replace "${@:2}" > "$out" 2> "$err" &&
	"$tool" devid query --store "$d/bindings.db" --store-key "$d/store.key" \
		--signing-key "$d/sign.key" --imei "@$d/imei" --solution "${1%-*}" -o "$d/$1.record" \
		> "$out" 2> "$err"
}
with() { echo "--record $d/$1.record --repository-key $d/sign.pub"; }

root root && root stranger && ec_key "$d/sign.key" &&
	openssl pkey -in "$d/sign.key" -pubout -out "$d/sign.pub" 2> /dev/null || exit 1
tpm_start box
ok "DID-X-P1: without a storage root key: refused" \
	refuses tre.key.absent devid provision --solution y --imei "@$d/imei" --dir "$D"
ok "the box has its keys" exits 0 tre provision --dir "$d/tre"
ok "DID-X-01: a box without a device key says so" refuses tre.device.absent devid show
ok "DID-Y-P1: a device key is made, and the IMEI kept" \
	exits 0 devid provision --solution y --imei "@$d/imei" --dir "$D"
ok "PRIV-02: and nothing that is said or written has the IMEI in it" in_nothing $IMEI
ok "DID-Y-P1: the public key is the TPM's" eval \
	'tpm tpm2_readpublic -c 0x81010005 -f pem -o "$d/tpm.pub" && cmp -s "$d/tpm.pub" "$D/device.pub"'
ok "DID-X-P2: it is not the IKE key" eval \
	'tpm tpm2_readpublic -c 0x81010004 -f pem -o "$d/ike.pub" && ! cmp -s "$d/ike.pub" "$D/device.pub"'
ok "DID-X-P2, DID-Y-P2: it can't leave the TPM: fixedtpm, fixedparent, sensitivedataorigin" eval \
	'tpm tpm2_readpublic -c 0x81010005 && for a in fixedtpm fixedparent sensitivedataorigin; do says "$a"; done'
ok "DID-X-P2: nor is it restricted, or for decryption" eval '! says restricted && ! says decrypt'
ok "PRIV-02: the IMEI is in an index that nobody can write any more" eval \
	'tpm tpm2_nvreadpublic 0x1800014 && says writelocked && says writedefine'
ok "DID-X-P1: done again, nothing changes" eval \
	'exits 0 devid provision --solution x --imei "@$d/imei" --dir "$D" -j && json "d[\"key\"] == \"kept\"" "d[\"imei\"] == \"kept\""'
ok "DID-X-P1: another IMEI is refused" refuses tre.imei.other devid provision --solution x --imei "@$d/other" --dir "$D"
ok "PRIV-02: in words that have neither" in_nothing $OTHER
tpm tpm2_nvundefine 0x1800014 -C o
tpm tpm2_nvdefine 0x1800014 -C o -s 15 -a "authwrite|ownerread|authread|writedefine|no_da"
ok "PIT-42, DID-X-P1: where the power failed before the IMEI was in it: made whole" eval \
	'exits 0 devid provision --solution x --imei "@$d/imei" --dir "$D" -j && json "d[\"key\"] == \"kept\"" "d[\"imei\"] == \"made\"" &&
	tpm tpm2_nvreadpublic 0x1800014 && says writelocked'
ok "DID-X-P1: what is no IMEI is refused" exits 64 devid provision --solution x --imei 352099001761482 --dir "$D"
ok "DID-X-01: the box is ready" exits 0 devid show
ok "PRIV-02: and shows no IMEI" in_nothing $IMEI
ok "DID-X-P1: the request is signed by the key" eval 'openssl req -in "$D/device.csr" -verify -noout > "$out" 2>&1'
ok "DID-X-P5, FFS-09: its subject is a CN of 40 hexadecimal digits" eval \
	'openssl req -in "$D/device.csr" -noout -subject > "$out" && says "CN *= *[0-9a-f]\{40\}$"'
certify device root 30
ok "DID-X-P1: its certificate is taken" exits 0 devid provision --solution x --cert "$d/device.crt" --dir "$D"
certify named root 30 "/CN=$IMEI"
ok "DID-X-P4, PRIV-01: not one with the IMEI in its subject" \
	exits 1 devid provision --solution x --cert "$d/named.crt" --dir "$D"
certify named root 30 "/serialNumber=35209900176148/CN=box"
ok "DID-X-P4: nor with its 14 digits in the serialNumber attribute" \
	exits 1 devid provision --solution x --cert "$d/named.crt" --dir "$D"
ok "DID-X-P1: nor of another key" exits 1 devid provision --solution x --cert "$d/root.crt" --dir "$D"

# --- asked, answered, judged --------------------------------------------------------------
channel=$(printf '%064d' 7)
ok "DID-X-P3: x is published" binding x --cert "$d/device.crt"
ok "DID-Y-P3: and y" binding y --public-key "$D/device.pub"
ok "DID-X-03: a challenge" exits 0 devid challenge --solution x -o "$d/challenge"
ok "DID-X-03: of 34 octets" [ "$(stat -c %s "$d/challenge")" = 34 ]
exits 0 devid challenge --solution x -o "$d/challenge2"
ok "DID-X-03: two requests differ" eval '! cmp -s "$d/challenge" "$d/challenge2"'
signed=$(commands "00 00 01 5D")
ok "DID-X-04: is answered" exits 0 devid prove --challenge "$d/challenge" --channel "$channel" -o "$d/proof"
ok "DID-X-04: by one signature of the TPM" [ "$(commands "00 00 01 5D")" = $((signed + 1)) ]
ok "DID-X-10: in fewer than 128 octets" [ "$(stat -c %s "$d/proof")" -lt 128 ]
# shellcheck disable=SC2046,SC2086  # options
{
ok "DID-X-09: x: authenticated" verdict 0 proof.good $(with x)
ok "PRIV-02: which is said without the IMEI" in_nothing $IMEI
}
exit_of_ca() { # ROOT STATUS
	exits "$2" devid verify --challenge "$d/challenge" --proof "$d/proof" --channel "$channel" \
		--ca "$d/$1.crt" --record "$d/x.record" --repository-key "$d/sign.pub"
}
ok "DID-X-09: another CA: refused" exit_of_ca stranger 1
cp "$d/challenge2" "$d/challenge"
# shellcheck disable=SC2046
ok "DID-X-09: a replayed answer: refused" verdict 1 proof.signature $(with x)
exits 0 devid prove --challenge "$d/challenge" --channel "$channel" -o "$d/proof"
channel=$(printf '%064d' 8)
# shellcheck disable=SC2046
ok "DID-X-03: another channel: refused" verdict 1 proof.signature $(with x)
channel=$(printf '%064d' 7)
# shellcheck disable=SC2046
ok "DID-X-09: a certificate that has ended: refused" \
	verdict 1 time.expired $(with x) --at "@$(($(date +%s) + 40 * 86400))"
flip "$d/proof" -1
# shellcheck disable=SC2046
ok "DID-X-09: a bit of the signature changed: refused" verdict 1 proof.signature $(with x)
head -c 20 "$d/proof" > "$d/cut" && cp "$d/cut" "$d/proof"
# shellcheck disable=SC2046
ok "DID-X-05: a proof that is cut: refused" verdict 1 proof.encoding $(with x)
ok "DID-Y-03: a challenge for y" exits 0 devid challenge --solution y -o "$d/challenge"
exits 0 devid prove --challenge "$d/challenge" --channel "$channel" -o "$d/proof"
# shellcheck disable=SC2046
ok "DID-Y-09: y: authenticated" verdict 0 proof.good $(with y)
# shellcheck disable=SC2046
ok "DID-X-09: and not by a binding of x" verdict 1 binding.solution $(with x)
flip "$d/y.record" 40
# shellcheck disable=SC2046
ok "DID-Y-P3: nor by a record with a bit changed" exits 1 devid verify --challenge "$d/challenge" \
	--proof "$d/proof" --channel "$channel" $(with y)
ok "DID-X-07: no AAA: can't be told" exits 2 devid verify --challenge "$d/challenge" \
	--proof "$d/proof" --channel "$channel" --aaa "$d/none.sock"
ok "DID-X-P1: --replace: another key, and another IMEI" eval \
	'exits 0 devid provision --solution y --imei "@$d/other" --dir "$D" --replace -j && json "d[\"key\"] == \"replaced\"" "d[\"imei\"] == \"replaced\""'
tpm_stop
ok "DID-X-04: without a TPM nothing is proven" exits 1 devid prove --challenge "$d/challenge" --channel "$channel" -o "$d/none"
finish
