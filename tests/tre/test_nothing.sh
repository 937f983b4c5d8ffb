#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions and variables are used by ok
#
# A TPM that nothing was measured into proves nothing, whoever says what its values have to
# be; and a policy is held against what it was made from before anybody else is. Needs swtpm.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tre/lib.sh
. ./lib.sh
need swtpm tpm2_pcrextend tpm2_pcrread python3
echo "TAP version 13"
measure() { python3 ./measure.py "$@"; }

zero=$(printf '%064d' 0) ones=$(printf '%064d' 0 | tr 0 f) some=$(printf some | sha256sum | cut -c -64)
# pcrs FIRST LAST VALUE
pcrs() { for i in $(seq "$1" "$2"); do echo "$i $3"; done; }
policy() { echo "policy 1"; echo "name lab"; sed 's/^/pcr /'; }
nothing() { grep -q -e 'was \(ever \)\?measured' "$out" "$err"; }

# ------------------------------------------------------------------------- files alone
pcrs 0 7 "$zero" > "$d/zeros"
{ echo "0 ${zero%?}3"; pcrs 1 7 "$zero"; } > "$d/locality3"
{ echo "0 ${zero%?}4"; pcrs 1 7 "$zero"; } > "$d/locality4"
pcrs 17 22 "$ones" > "$d/dynamic"
{ pcrs 0 16 "$zero"; pcrs 17 22 "$ones"; echo "23 $zero"; } > "$d/all"
{ pcrs 0 7 "$zero"; echo "10 $some"; } > "$d/kernel"
{ echo "0 $some"; pcrs 1 7 "$zero"; } > "$d/one"

refuses_init() { exits 1 policy init --pcrs "$d/$1" --mask 0-23 -o "$d/made" && nothing && [ ! -e "$d/made" ]; }
refuses_check() { policy < "$d/$1" > "$d/p"; exits 64 policy check --policy "$d/p" --pcrs "$d/$1" && nothing; }
refuses_sign() { policy < "$d/$1" > "$d/p"; exits 1 policy sign --key "$d/key" -o "$d/signed" "$d/p" && nothing; }
refuses_build() { policy < "$d/$1" > "$d/p"; exits 1 policy build --policy "$d/p" --deny "$some" -o "$d/built" && nothing; }
refuses_apply() { policy < "$d/$1" > "$d/p"; exits 1 policy apply "$d/p" --policy "$d/force" --now && nothing && [ ! -e "$d/force" ]; }
refuses_state() { policy < "$d/one" > "$d/p"; exits 1 policy check --policy "$d/p" --pcrs "$d/$1" --mask "$2" && says 'tre.pcr.nothing'; }
openssl genpkey -algorithm ed25519 -out "$d/key" 2> /dev/null
for kind in zeros locality3 locality4 dynamic all kernel; do
	ok "HNB-TRE-01: no policy is made of values of nothing ($kind)" refuses_init $kind
	ok "HNB-TRE-01: one that was made by hand is refused at check ($kind)" refuses_check $kind
	ok "HNB-TRE-01: at sign ($kind)" refuses_sign $kind
	ok "HNB-TRE-01: at build ($kind)" refuses_build $kind
	ok "HNB-TRE-01: and at apply, and nothing is in force ($kind)" refuses_apply $kind
done
ok "HNB-TRE-01: a state of nothing is refused, whatever the policy (zeros)" refuses_state zeros 0-7
ok "HNB-TRE-01: also where only the kernel measured" refuses_state kernel 0-7,10
ok "HNB-TRE-01: and of PCRs that the state has values in, only those judged count" refuses_state one 1-7
ok "HNB-TRE-01: a box of which one PCR was measured has a policy" eval \
	'exits 0 policy init --pcrs "$d/one" -o "$d/made" && exits 0 policy check --policy "$d/made" --pcrs "$d/one"'
{ echo "policy 1"; echo "pcr 0 $zero $some"; pcrs 1 7 "$zero" | sed 's/^/pcr /'; } > "$d/either"
ok "HNB-TRE-01: that a value of nothing is allowed beside another does not make it prove something" eval \
	'exits 1 policy check --policy "$d/either" --pcrs "$d/zeros" && says tre.pcr.nothing &&
	 exits 0 policy check --policy "$d/either" --pcrs "$d/one"'
ok "HNB-TRE-01: no value of nothing is added to a PCR that has one only" eval \
	'exits 1 policy init --pcr 0=$zero --pcr 7=$zero -o "$d/made2" && nothing && [ ! -e "$d/made2" ]'
ok "HNB-TRE-01: nor by build --drop-old" eval 'policy < "$d/one" > "$d/p" &&
	exits 1 policy build --policy "$d/p" --drop-old --pcrs "$d/zeros" -o "$d/built" && nothing && [ ! -e "$d/built" ]'
echo '{"digests": {"/bin/sh": ["'"$some"'"]}}' > "$d/keylime"
ok "HNB-TRE-01: nor beside an import" eval \
	'exits 1 policy init --keylime "$d/keylime" --pcrs "$d/zeros" -o "$d/made3" && nothing && [ ! -e "$d/made3" ]'

# ------------------------------------------------------------- banks, by their names
bank() { # NAME VALUE PCR...: as tpm2_pcrread prints them
	echo "  $1:"
	for i in "${@:3}"; do printf '    %-2s: 0x%s\n' "$i" "${2^^}"; done
}
other=$(printf other | sha256sum | cut -c -64) sha1=$(printf %040d 7) sha384=$(printf %096d 7) sha512=$(printf %0128d 7)
only_sha256() { exits 0 policy init --pcrs "$d/banks" --mask 0,7 && says "^pcr 0 $some" && ! says "$other"; }
for kind in sm3_256 sha3_256 0x0099; do
	{ bank sha256 "$some" 0 7; bank $kind "$other" 0 7; } > "$d/banks"
	ok "HNB-TRE-01: values of $kind behind those of SHA-256 are not taken" only_sha256
	{ bank $kind "$other" 0 7; bank sha256 "$some" 0 7; } > "$d/banks"
	ok "HNB-TRE-01: nor before them" only_sha256
	bank $kind "$other" 0 7 > "$d/banks"
	ok "HNB-TRE-01: a file of $kind alone is refused, and it is named" eval \
		'exits 64 policy init --pcrs "$d/banks" -o "$d/made4" && complains "$kind" && [ ! -e "$d/made4" ]'
done
{ bank sha1 "$sha1" 0 7; bank sha256 "$some" 0 7; bank sha384 "$sha384" 0 7; bank sha512 "$sha512" 0 7; } > "$d/banks"
ok "HNB-TRE-01: what tpm2_pcrread prints of all banks is read" only_sha256
{ bank sha1 "$sha1" 0 7; bank sha256 "$zero" 0 7; bank sha384 "$(printf %096d 0)" 0 7; } > "$d/banks"
ok "HNB-TRE-01: nothing in SHA-256: the bank that has values is named" eval \
	'exits 1 policy init --pcrs "$d/banks" --mask 0,7 -o "$d/made5" && nothing && complains sha1 && ! complains sha384'
ok "HNB-TRE-01: at check as well" eval 'policy < "$d/one" > "$d/p"
	exits 1 policy check --policy "$d/p" --pcrs "$d/banks" --mask 0,7 && says "tre.pcr.nothing.*sha1"'
{ bank sha256 "$some" 0 7; echo "    0 : 0x$other"; } > "$d/banks"
ok "HNB-TRE-01: two values of one PCR are refused" exits 64 policy init --pcrs "$d/banks"
{ bank sha256 "$some" 0; echo "    7 : 0x$other and more"; } > "$d/banks"
ok "HNB-TRE-01: so is what follows a value" exits 64 policy init --pcrs "$d/banks"

# ------------------------------------------------------- held against what it was made of
zeros_digest=$(head -c 320 /dev/zero | sha256sum | cut -c -64)
mapfile -t values < <(measure ima "$d/list" boot_aggregate="$zeros_digest" /bin/sh="$some")
right=$(measure replay "${values[@]}")
{ cat "$d/one"; echo "10 $other"; } > "$d/state"
ok "HNB-TRE-01: a list that does not lead to PCR 10 makes no policy" eval \
	'exits 1 policy init --pcrs "$d/state" --ima "$d/list" -o "$d/made6" && complains tre.ima.replay && [ ! -e "$d/made6" ]'
{ cat "$d/one"; echo "10 $right"; } > "$d/state"
ok "HNB-TRE-01: one that does makes one" exits 0 policy init --pcrs "$d/state" --ima "$d/list" -o "$d/made7"
ok "HNB-TRE-01: nor is a list that has been cut off at its end enough" eval \
	'measure ima "$d/short" boot_aggregate="$zeros_digest" > /dev/null &&
	 exits 1 policy init --pcrs "$d/state" --ima "$d/short" -o "$d/made8" && complains tre.ima.replay'
cat > "$d/eventlog.py" <<'P'
import hashlib, struct, sys
# Three events of PCR 4 and a separator in each of PCRs 0 to 7, and what they lead to.
h = lambda b: hashlib.sha256(b).digest()
pcrs = {i: bytes(32) for i in range(24)}
spec = b"Spec ID Event03\0" + struct.pack("<IBBBBIHHB", 0, 0, 2, 0, 2, 1, 0x0b, 32, 0)
log = struct.pack("<II", 0, 3) + bytes(20) + struct.pack("<I", len(spec)) + spec
for pcr, data in [(4, b"a"), (4, b"b")] + [(i, bytes(4)) for i in range(8)]:
    log += struct.pack("<IIIH", pcr, 4 if len(data) == 4 else 0x80000003, 1, 0x0b) + h(data)
    log += struct.pack("<I", len(data)) + data
    pcrs[pcr] = h(pcrs[pcr] + h(data))
open(sys.argv[1], "wb").write(log)
for i in range(8):
    print(i, pcrs[i].hex())
P
python3 "$d/eventlog.py" "$d/log" > "$d/fw"
sed "4s/ .*/ $other/" "$d/fw" > "$d/fw3"
ok "HNB-TRE-01: a firmware log that leads to the values makes a policy by events" \
	exits 0 policy init --pcrs "$d/fw" --eventlog "$d/log" --events 0-7 -o "$d/made9"
ok "HNB-TRE-01: one that does not lead to them makes none" eval \
	'exits 1 policy init --pcrs "$d/fw3" --eventlog "$d/log" --events 0-7 -o "$d/made10" && complains "tre.eventlog.replay: PCR 3" && [ ! -e "$d/made10" ]'
ok "HNB-TRE-01: nor one of values alone, which the log given contradicts" eval \
	'exits 1 policy init --pcrs "$d/fw3" --eventlog "$d/log" -o "$d/made11" && complains "tre.eventlog.replay: PCR 3" && [ ! -e "$d/made11" ]'
ok "HNB-TRE-01: nor in build" eval 'exits 1 policy build --policy "$d/made9" --drop-old --pcrs "$d/fw3" \
	--eventlog "$d/log" --events 0-7 -o "$d/made12" && complains tre.eventlog.replay && [ ! -e "$d/made12" ]'

# ---------------------------------------------------------------------- a TPM of its own
tpm_start tpm blank
tpm "$tool" tre provision --identity henb-1.example.net --dir "$d/tre"
sa=(--spi-i 0102030405060708 --spi-r 1112131415161718 --ni "$(printf '11%.0s' {1..32})"
	--nr "$(printf '22%.0s' {1..32})" --id henb-1.example.net)
live() { exits 1 policy init --live -o "$d/l" && nothing && [ ! -e "$d/l" ]; }
ok "HNB-TRE-01: a TPM into which nobody measured: init" live
policy < "$d/one" > "$d/p"
ok "HNB-TRE-01: check" eval 'exits 1 policy check --policy "$d/p" --live && says tre.pcr.nothing'
ok "HNB-INT-04: no report is made" eval 'exits 1 report make "${sa[@]}" --output "$d/r" && complains tre.pcr.nothing && [ ! -e "$d/r" ]'
ok "HNB-INT-04: with a policy neither" eval \
	'exits 1 report make "${sa[@]}" --policy "$d/p" --output "$d/r" && complains tre.pcr.nothing && [ ! -e "$d/r" ]'
tpm tpm2_pcrextend "4:sha1=$(printf %040d 1)"
ok "HNB-TRE-01: the firmware measures into another bank: init names it" eval 'live && complains sha1'
ok "HNB-TRE-01: check names it" eval 'exits 1 policy check --policy "$d/p" --live && says "tre.pcr.nothing.*sha1"'
ok "HNB-INT-04: report names it" eval 'exits 1 report make "${sa[@]}" --output "$d/r" && complains "tre.pcr.nothing.*sha1"'
tpm tpm2_pcrextend "10:sha256=$some"
ok "HNB-TRE-01: the kernel alone measures into ours: nothing is proven" eval \
	'exits 1 policy init --live --mask 0-7,10 -o "$d/l" && nothing && complains sha1'
if [ -x "${O:-.}/quote_tpm" ]; then
	ok "HNB-TRE-01: nor is a quote good" eval '"$O/quote_tpm" "$TRUSTGATE_TCTI" 0xff \
		"$(policy < "$d/one")" > "$out"; [ $? = 1 ] && says tre.pcr.nothing && says sha1'
fi
tpm tpm2_pcrextend "4:sha256=$some"
ok "HNB-TRE-01: measured into ours, there is a policy" eval \
	'exits 0 policy init --live -o "$d/l" && exits 0 policy check --policy "$d/l" --live'
ok "HNB-INT-04: and a report that is good" eval \
	'exits 0 report make "${sa[@]}" --policy "$d/l" --output "$d/r" --ak-output "$d/ak" &&
	 exits 0 report verify "${sa[@]}" --ak "$d/ak" --reference "$d/l" "$d/r"'
tpm_stop
finish
