#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions and variables are used by ok
#
# trustgate report and trustgate devices against swtpm. Witnesses that know nothing of
# our code: tpm2-tools for the TPM's structures, cbor2 for the record, and the grammar
# of Documentation for what it has.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tre/lib.sh
. ./lib.sh
need swtpm tpm2_checkquote tpm2_print openssl python3
python=${PYTHON:-/usr/bin/python3}
"$python" -c 'import cbor2' 2> /dev/null || { echo "1..0 # SKIP python3-cbor2 is not installed"; exit 4; }
echo "TAP version 13"

cddl=../../Documentation/integrity-info.cddl
ni=$(printf 'a5%.0s' {1..32}) nr=$(printf '5a%.0s' {1..32})
zero=$(printf '%064d' 0)
sa=(--spi-i 0102030405060708 --spi-r 1112131415161718 --ni "$ni" --nr "$nr" --id henb-1.example.org)
{
	printf 'policy 1\nname lab-7\n'
	echo "pcr 0 $firmware"
	for pcr in 1 2 3 4 5 6 7; do echo "pcr $pcr $zero"; done
} > "$d/policy"
sed "s/^pcr 4 .*/pcr 4 ${zero//0/f}/" "$d/policy" > "$d/policy.other"
echo "manifest of the firmware" > "$d/manifest"
printf '{"spi_i":"0102030405060708","spi_r":"1112131415161718","ni":"%s","nr":"%s","id":"henb-1.example.org"}' \
	"$ni" "$nr" > "$d/sa.json"

# What both ends have, as a CBOR library sees it: cbor FILE FILTER...
cbor() {
	"$python" - "$@" <<- 'E'
	import hashlib, sys, cbor2
	data = open(sys.argv[1], "rb").read()
	cmw = cbor2.loads(data)
	m = cbor2.loads(cmw[1])
	bare = cbor2.dumps({k: v for k, v in m.items() if k not in (4, 5)}, canonical=True)
	h = lambda s: bytes.fromhex(s)
	n = lambda b: len(b).to_bytes(2, "big") + b
	q = hashlib.sha256(b"3GPP-HNB-INTEGRITY-INFO-1\0" + h("0102030405060708") + h("1112131415161718") +
	                   n(h("a5" * 32)) + n(h("5a" * 32)) + n(b"\2\0\0\0henb-1.example.org") + m[3] +
	                   hashlib.sha256(bare).digest()).hexdigest()
	for f in sys.argv[2:]:
	    if f == "print":
	        print(q)
	    elif not eval(f, {"m": m, "cmw": cmw, "data": data, "q": q, "canonical": lambda: cbor2.dumps(cmw, canonical=True) == data and cbor2.dumps(m, canonical=True) == cmw[1]}):
	        sys.exit("false: " + f)
	E
}

valid() { tpm "$python" ../lib/cddl.py "$cddl" "$@"; }

tpm_start one
tpm "$tool" tre provision --identity henb-1.example.org --dir "$d/box"
make_it() { exits 0 report make "${sa[@]}" --policy "$d/policy" --firmware "$d/manifest" "$@"; }
ok "HNB-TRE-12: a report is made" make_it --output "$d/r" --ak-output "$d/ak.pub"
ok "FFS-04: the key is the provisioned one" cmp "$d/ak.pub" "$d/box/ak.pub"
ok "HNB-INT-04: TPM2_Quote made it" eval '[ "$(commands "00 00 01 58")" -ge 1 ]'
ok "HNB-INT-03: TPM2_GetRandom made its nonce" eval '[ "$(commands "00 00 01 7B")" -ge 1 ]'
ok "FFS-02: it has less than 1500 octets" eval '[ "$(stat -c %s "$d/r")" -lt 1500 ]'
ok "HNB-INT-07: and no PCR values" eval '"$tool" report show -j "$d/r" > "$out"; json "d[\"pcrs\"] is None"'
ok "FFS-02: a CBOR library decodes it, and writes it as the same octets" tpm cbor "$d/r" 'canonical()' \
	'cmw[0] == "application/vnd.trustgate.integrity-info+cbor"' 'list(m) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 11]' \
	'm[1] == 1 and m[2] == 1 and len(m[3]) == 32 and m[8][0] == "lab-7"'
ok "FFS-02: it is of the grammar" valid "$d/r"
ok "FFS-02: digests are those of the files" eval \
	'"$tool" report show -j "$d/r" > "$out" && json "d[\"firmware\"] == \"$(sha256sum < "$d/manifest" | cut -c -64)\"" \
	"d[\"policy\"][\"digest\"] == \"$(sha256sum < "$d/policy" | cut -c -64)\""'
q=$(cbor "$d/r" print)
ok "FFS-03: its quote is over what another program computes" eval \
	'exits 0 report show -j "${sa[@]}" "$d/r" && json "d[\"quote\"][\"qualifying\"] == \"$q\"" \
	"d[\"qualifying_expected\"] == \"$q\""'

ok "FFS-03: the raw structures are written" exits 0 report show --raw "$d/raw" "$d/r"
ok "FFS-03: tpm2_print reads the attestation" eval 'tpm tpm2_print -t TPMS_ATTEST "$d/raw/quote.attest" &&
	says "magic: ff544347" && says "type: 8018" && says "extraData: $q"'
ok "FFS-03: tpm2_checkquote accepts it" tpm tpm2_checkquote -u "$d/ak.pub" -m "$d/raw/quote.attest" \
	-s "$d/raw/quote.sig" -q "$q"
ok "FFS-03: and not over another IKE SA" tpm_fails tpm2_checkquote -u "$d/ak.pub" -m "$d/raw/quote.attest" \
	-s "$d/raw/quote.sig" -q "${q//a/b}"

verify() { local want=$1; shift; exits "$want" report verify "$@" "$d/r"; }
good=(--ak "$d/ak.pub" --reference "$d/policy")
ok "SGW-INT-08: it verifies" verify 0 "${sa[@]}" "${good[@]}"
ok "SGW-INT-08: with the IKE SA from a file" verify 0 --binding "$d/sa.json" "${good[@]}"
ok "SGW-INT-08: from standard input" eval 'exits 0 report verify "${sa[@]}" "${good[@]}" - < "$d/r"'
ok "SGW-INT-08: as JSON" eval 'verify 0 "${sa[@]}" "${good[@]}" -j && json "d[\"verdict\"] == \"good\"" \
	"d[\"rule\"] == \"appraise.good\" and d[\"claim\"] == \"pass\" and d[\"reset_count\"] is not None"'
ok "FFS-05: without a reference it is indeterminate" eval 'verify 2 "${sa[@]}" --ak "$d/ak.pub" &&
	says "^unjudged: appraise.reference.absent"'
ok "FFS-03: another reference: the digest is bad, and told" eval \
	'verify 1 "${sa[@]}" --ak "$d/ak.pub" --reference "$d/policy.other" && says "^fail: appraise.pcr: "'
ok "FFS-03: other PCRs than were quoted are bad" eval \
	'verify 1 "${sa[@]}" "${good[@]}" --pcrs 0-6 && says "^fail: appraise.selection"'
for field in spi-i:ff02030405060708 spi-r:1112131415161719 "ni:${ni/a5/a4}" "nr:${nr/5a/5b}" id:henb-2.example.org; do
	rule=${field%%:*}
	ok "HNB-INT-05: another ${field%%:*} is bad" eval 'verify 1 --binding "$d/sa.json" \
		"--${field%%:*}" "${field#*:}" "${good[@]}" && says "^bad: tre.quote.${rule/#id/idi}:"'
done
ok "SGW-INT-08: a missing nonce is a usage error" verify 64 --spi-i 0102030405060708 "${good[@]}"
ok "SGW-INT-08: so are too short a nonce" verify 64 "${sa[@]}" --ni a5a5 "${good[@]}"
ok "SGW-INT-08: no key" verify 64 "${sa[@]}" --reference "$d/policy"
ok "SGW-INT-08: an option twice" verify 64 "${sa[@]}" "${good[@]}" --ak "$d/ak.pub"
ok "SGW-INT-08: no record" exits 64 report verify "${sa[@]}" "${good[@]}" "$d/none"
ok "SGW-INT-08: and a device without its certificate" verify 64 "${sa[@]}" --device henb-1.example.org

ok "FFS-02: with PCR values it has them" eval 'make_it --with-pcrs --output "$d/pcrs" &&
	valid "$d/pcrs" && "$tool" report show -j "$d/pcrs" > "$out" && json "len(d[\"pcrs\"]) == 8"'
ok "FFS-03: then the PCR that differs is named" eval 'exits 1 report verify "${sa[@]}" --ak "$d/ak.pub" \
	--reference "$d/policy.other" "$d/pcrs" && says "PCR 4 is 000"'
ok "FFS-05: a box that is not as its policy says claims so" eval 'exits 0 report make "${sa[@]}" \
	--policy "$d/policy.other" --output "$d/failed" && complains "tre.pcr.mismatch: PCR 4"'
ok "FFS-05: which is bad though its PCRs are known" eval 'exits 1 report verify "${sa[@]}" "${good[@]}" \
	"$d/failed" && says "^fail: appraise.claim.fail"'
ok "FFS-05: so does one without a policy" eval 'exits 0 report make "${sa[@]}" --output "$d/bare" &&
	valid "$d/bare" && exits 1 report verify "${sa[@]}" "${good[@]}" "$d/bare" && says "claim.fail"'
ok "HNB-INT-03: no two nonces are the same" eval 'for i in 1 2 3 4 5 6 7 8; do make_it --output "$d/n$i"; done &&
	[ "$(for i in 1 2 3 4 5 6 7 8; do "$tool" report show "$d/n$i"; done | grep ^nonce | sort -u | wc -l)" = 8 ]'

if [ -x "${O:-.}/report_tpm" ]; then
	ok "HNB-INT-03: nor of a thousand" eval '"$O/report_tpm" "$TRUSTGATE_TCTI" 1000 > "$out" && says "^1000 1000$"'
fi

# Records that are none: our reader and the grammar's have to agree.
ok "FFS-02: records altered by a CBOR library are made" tpm "$python" - "$d" <<- 'E'
	import sys, cbor2
	d = sys.argv[1]
	cmw = cbor2.loads(open(d + "/r", "rb").read())
	m = cbor2.loads(cmw[1])
	D = lambda v: cbor2.dumps(v, canonical=True)
	def put(name, value, t=cmw[0]):
	    open("%s/bad.%s" % (d, name), "wb").write(D([t, value if isinstance(value, bytes) else D(value)]))
	without = lambda k: {a: b for a, b in m.items() if a != k}
	for k in (1, 2, 3, 4, 5, 6, 9):
	    put("without-%d" % k, without(k))
	put("version", {**m, 1: 2})
	put("verdict", {**m, 2: 4})
	put("verdict-text", {**m, 2: "pass"})
	put("nonce-short", {**m, 3: m[3][:-1]})
	put("nonce-text", {**m, 3: "x" * 32})
	put("attest-empty", {**m, 4: b""})
	put("name-long", {**m, 6: m[6] + b"x"})
	put("firmware-sha1", {**m, 7: b"x" * 20})
	put("policy-alone", {**m, 8: ["lab-7"]})
	put("policy-empty", {**m, 8: ["", m[8][1]]})
	put("clock-negative", {**m, 9: [-1, 2]})
	put("clock-state", {**m, 9: [1, 3]})
	put("clock-alone", {**m, 9: [1]})
	put("pcrs-empty", {**m, 10: {}})
	put("pcrs-24", {**m, 10: {24: b"x" * 32}})
	put("pcrs-short", {**m, 10: {0: b"x" * 31}})
	put("critical", {**m, -1: 0})
	put("text-key", {**m, "a": 0})
	put("array", list(m.items()))
	put("type", m, "text/plain")
	put("trailing", D(m) + b"\0")
	put("long-integer", b"\xa9\x18\x01" + D(m)[2:])
	put("twice", b"\xaa\x01\x01" + D(m)[1:])
	keys = sorted(m, reverse=True)
	put("order", b"\xa9" + b"".join(D(k) + D(m[k]) for k in keys))
	open(d + "/bad.behind", "wb").write(open(d + "/r", "rb").read() + b"\0")
	open(d + "/bad.cut", "wb").write(open(d + "/r", "rb").read()[:-1])
	open(d + "/bad.three", "wb").write(D(cmw + [4]))
	open(d + "/more", "wb").write(D([cmw[0], D({**m, 12: [1, {2: b"3"}], 23: None})]))
E
for bad in "$d"/bad.*; do
	ok "FFS-02: ${bad##*/bad.}: refused by the reader and by the grammar" eval \
		'exits 1 report show "$bad" && complains ": record\." &&
		! "$python" ../lib/cddl.py "$cddl" "$bad" > "$out" 2> "$err"'
done
ok "FFS-02: keys that aren't known and not critical are of the grammar" valid "$d/more"
ok "FFS-02: and read" eval 'exits 0 report show -j "$d/more" && json "d[\"skipped\"] == 2"'
ok "HNB-INT-05: though nobody signed them" eval 'exits 1 report verify "${sa[@]}" "${good[@]}" "$d/more" &&
	says "tre.quote.claims"'

# Enrolment, and a report of a device that is known.
store=$d/devices.db
names=(--devices "$store")
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$d/ca.key" -out "$d/ca.pem" \
	-subj /CN=ca > "$out" 2> "$err"
cert() {	# cert CSR OUT: as the request says
	openssl x509 -req -in "$1" -CA "$d/ca.pem" -CAkey "$d/ca.key" -CAcreateserial -copy_extensions copy \
		-out "$2" 2> "$err"
}
cert "$d/box/ike.csr" "$d/box/cert.pem"
device=("${sa[@]}" --device henb-1.example.org --cert "$d/box/cert.pem" "${names[@]}" --reference "$d/policy")
enrol() { exits "$1" devices enrol "${@:2}" "${names[@]}" henb-1.example.org; }
: > "$d/empty"
ok "FFS-04: there is no store at first" eval 'exits 1 devices list "${names[@]}" && complains "enrol a device"'
ok "FFS-04: a device is enrolled" enrol 0 --cert "$d/box/cert.pem" --dir "$d/box" --reference lab
ok "FFS-04: not twice" eval 'enrol 1 --cert "$d/box/cert.pem" --dir "$d/box" && complains "already"'
ok "FFS-04: but in its own place" enrol 0 --cert "$d/box/cert.pem" --dir "$d/box" --reference lab --replace
ok "FFS-04: it is listed" eval 'exits 0 devices list -j "${names[@]}" && json \
	"d[\"devices\"][0][\"identity\"] == \"henb-1.example.org\" and d[\"devices\"][0][\"reference\"] == \"lab\""'
ok "SGW-INT-08: its report verifies" verify 0 "${device[@]}"
tpm_stop
tpm_start two
sed 's/henb-1/henb-2/' "$d/sa.json" > "$d/sa2.json"
tpm "$tool" tre provision --identity henb-1.example.org --dir "$d/thief"
cert "$d/thief/ike.csr" "$d/thief/cert.pem"
ok "PIT-40: another box that has its name makes a report" exits 0 report make "${sa[@]}" \
	--policy "$d/policy" --output "$d/stolen"
ok "HNB-INT-04: by its own attestation key it is bad" eval 'exits 1 report verify "${device[@]}" "$d/stolen" &&
	says "^bad: tre.ak.name"'
ok "PIT-40: with the other box's certificate too" eval 'exits 1 report verify "${sa[@]}" \
	--device henb-1.example.org --cert "$d/thief/cert.pem" "${names[@]}" --reference "$d/policy" "$d/r" &&
	says "^bad: appraise.certificate.key"'
ok "FFS-04: its key is not enrolled with this one's certificate" eval \
	'enrol 1 --replace --cert "$d/box/cert.pem" --dir "$d/thief" && complains "enrol.certificate.key"'
mkdir "$d/mixed"
cp "$d"/box/* "$d/mixed"
cp "$d/thief/ak.pub" "$d/mixed"
ok "FFS-04: nor one's certification with the other's attestation key" eval \
	'enrol 1 --replace --cert "$d/box/cert.pem" --dir "$d/mixed" && complains "tre.signature"'
cp "$d/thief/ike.pub" "$d/box/ak.pub" "$d/mixed"
ok "FFS-04: nor with the other's IKE key" eval \
	'enrol 1 --replace --cert "$d/thief/cert.pem" --dir "$d/mixed" && complains "tre.certify.name"'
cp "$d/box/ike.pub" "$d/mixed"
for file in ak.pub ike.pub ike.attest ike.attest.sig; do
	cp "$d/box/$file" "$d/mixed"
	flip "$d/mixed/$file" -1
	ok "FFS-04: nor with a bit of $file flipped" enrol 1 --replace --cert "$d/box/cert.pem" --dir "$d/mixed"
	cp "$d/box/$file" "$d/mixed"
done
ok "FFS-04: and the device is as it was" verify 0 "${device[@]}"
ok "FFS-04: a device that nobody enrolled is unknown" eval 'verify 2 "${sa[@]}" --device henb-9.example.org \
	--cert "$d/box/cert.pem" "${names[@]}" --reference "$d/policy" && says "^unknown: appraise.device.unknown"'
ok "FFS-04: it is removed" exits 0 devices remove "${names[@]}" henb-1.example.org
ok "FFS-04: once" exits 1 devices remove "${names[@]}" henb-1.example.org
ok "FFS-04: and unknown then" verify 2 "${device[@]}"
finish
