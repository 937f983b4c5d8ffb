#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# What the agent's child says of a box: a quote of a real TPM, the logs beside it, a
# signed policy and the one that is to replace it. Needs swtpm and tpm2-tools.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tre/lib.sh
. ./lib.sh
need swtpm tpm2_pcrextend openssl python3
zero=$(printf '%064d' 0) ones=$(printf '%064d' 0 | tr 0 1)
box=${O:-../../build/tests/tre}/measure_box
measure() { python3 ./measure.py "$@"; }
# says_box VERDICT RULE MASK POLICY [ARGS...]
says_box() {
	"$box" "$TPM2TOOLS_TCTI" "${@:3}" > "$out" 2> "$err"
	[ "$(cut -d' ' -f1,2 "$out")" = "$1 $2" ]
}
policy() { # FILE LINE...
	printf '%s\n' 'policy 1' 'name lab' 'version 1' "${@:2}" > "$1"
}
runs() { for v in $(measure ima "$d/ima" "$@"); do tpm2_pcrextend "10:sha256=$v"; done; }

tpm_start box
policy "$d/p" "pcr 0 $firmware" "pcr 7 $zero"
ok "HNB-TRE-01: values alone: pass" says_box pass tre.good 0x81 "$d/p"
has_name() { [ "$(cut -d' ' -f4 "$out")" = lab ]; }
ok "HNB-TRE-01: with the policy's name" has_name
ok "HNB-TRE-01: a PCR that the policy does not name" says_box fail tre.pcr.unlisted 0x83 "$d/p"
ok "HNB-TRE-02: no policy" says_box unavailable tre.policy.read 0x81 "$d/none"
ok "HNB-TRE-02: a directory for a policy" says_box unavailable tre.policy.read 0x81 "$d"
echo 'pcrs' >> "$d/p"
ok "HNB-TRE-02: a policy that does not parse" says_box unavailable tre.policy.syntax 0x81 "$d/p"

# Files: PCR 10 is quoted because the policy has rules for it.
policy "$d/p" "pcr 0 $firmware" "ima allow /bin/sh $ones"
ok "HNB-TRE-02: rules for files, and no list" says_box unavailable tre.ima.absent 0x1 "$d/p"
ok "HNB-TRE-01: which one is missing" says /nonexistent/ima
runs boot_aggregate="$zero" /bin/sh="$ones"
ok "HNB-TRE-01: rules for files: pass" says_box pass tre.good 0x1 "$d/p" "ima=$d/ima"
ok "HNB-TRE-01: PCR 10 was quoted though nobody asked" says 'PCRs 0x000401'
tail -c +5 "$d/ima" > "$d/shifted"
ok "HNB-TRE-01: a list that is none" says_box fail tre.ima.syntax 0x1 "$d/p" "ima=$d/shifted"
: > "$d/empty"
ok "HNB-TRE-01: an empty list" says_box fail tre.ima.replay 0x1 "$d/p" "ima=$d/empty"
runs /bin/evil="$zero"
ok "HNB-TRE-01: an unknown file" says_box fail tre.ima.unlisted 0x1 "$d/p" "ima=$d/ima"

# The next policy beside it.
policy "$d/n" "pcr 0 $firmware" "ima allow /bin/evil $zero"
ok "HNB-TRE-01: known to the next policy: pass" says_box pass tre.good 0x1 "$d/p" "ima=$d/ima" "next=$d/n"
ok "HNB-TRE-01: it alone does not know the old file" says_box fail tre.ima.unlisted 0x1 "$d/n" "ima=$d/ima"
policy "$d/n" "ima allow /bin/evil $zero" "ima deny $ones"
ok "HNB-TRE-01: what the next policy denies is denied at once" \
	says_box fail tre.ima.denied 0x1 "$d/p" "ima=$d/ima" "next=$d/n"
ok "HNB-TRE-01: and its line is named" says 'line 5 of the next policy denies'
policy "$d/n" "ima allow /bin/evil $zero"
sed -i 's/^version 1/version 2/' "$d/p"
ok "HNB-TRE-01: a next policy of an older version allows nothing" \
	says_box fail tre.ima.unlisted 0x1 "$d/p" "ima=$d/ima" "next=$d/n"
ok "HNB-TRE-01: and is told" says 'not used: .* its version 1 is older than 2'
sed -i 's/^version 2/version 1/' "$d/p"
policy "$d/n" "ima allow /bin/evil $zero" "ima deny $ones"
echo bad >> "$d/n"
ok "HNB-TRE-01: a next policy that does not parse allows nothing" \
	says_box fail tre.ima.unlisted 0x1 "$d/p" "ima=$d/ima" "next=$d/n"
ok "HNB-TRE-01: and is told" says 'not used: .*line 6'
policy "$d/p" "pcr 0 $firmware" "ima allow /bin/sh $ones" "ima allow /bin/evil $zero"
ok "HNB-TRE-01: nor does it keep a good box from passing" \
	says_box pass tre.good 0x1 "$d/p" "ima=$d/ima" "next=$d/n"

# Signed.
openssl genpkey -algorithm ed25519 -out "$d/key" 2> /dev/null
openssl pkey -in "$d/key" -pubout -out "$d/pub"
openssl genpkey -algorithm ed25519 -out "$d/other" 2> /dev/null
ok "HNB-TRE-01: unsigned, and a key is configured" \
	says_box fail tre.policy.signature 0x1 "$d/p" "ima=$d/ima" "key=$d/pub"
exits 0 policy sign --key "$d/key" "$d/p"
ok "HNB-TRE-01: signed: pass" says_box pass tre.good 0x1 "$d/p" "ima=$d/ima" "key=$d/pub"
exits 0 policy sign --key "$d/other" "$d/p"
ok "HNB-TRE-01: signed by another" says_box fail tre.policy.signature 0x1 "$d/p" "ima=$d/ima" "key=$d/pub"
exits 0 policy sign --key "$d/key" "$d/p"
ok "HNB-TRE-02: the key is missing" says_box unavailable tre.policy.key 0x1 "$d/p" "ima=$d/ima" "key=$d/none"
policy "$d/p" "pcr 0 $firmware" "ima allow /bin/sh $ones"
exits 0 policy sign --key "$d/key" "$d/p"
policy "$d/n" "ima allow /bin/evil $zero"
exits 0 policy sign --key "$d/key" "$d/n"
ok "HNB-TRE-01: a signed next policy beside a signed one: pass" \
	says_box pass tre.good 0x1 "$d/p" "ima=$d/ima" "key=$d/pub" "next=$d/n"
policy "$d/n" "ima allow /bin/evil $zero"
ok "HNB-TRE-01: an unsigned next policy allows nothing" \
	says_box fail tre.ima.unlisted 0x1 "$d/p" "ima=$d/ima" "key=$d/pub" "next=$d/n"

# Events.
measure events "$d/events" 4:0x80000003:aa 4:4:00 > "$d/values"
tpm2_pcrextend "4:sha256=$(printf '\xaa' | sha256sum | cut -d' ' -f1)"
tpm2_pcrextend "4:sha256=$(printf '\x00' | sha256sum | cut -d' ' -f1)"
policy "$d/e" "event allow 4 $(printf '\xaa' | sha256sum | cut -d' ' -f1)" \
	"event allow 4 $(printf '\x00' | sha256sum | cut -d' ' -f1)" "pcr 0 $firmware"
ok "HNB-TRE-01: rules for events: pass" says_box pass tre.good 0x1 "$d/e" "eventlog=$d/events"
ok "HNB-TRE-02: and no log" says_box unavailable tre.eventlog.absent 0x1 "$d/e"
measure events "$d/events" 4:0x80000003:aa > /dev/null
ok "HNB-TRE-01: a log that leaves one out" says_box fail tre.eventlog.replay 0x1 "$d/e" "eventlog=$d/events"
ok "HNB-TRE-01: an empty log" says_box fail tre.eventlog.syntax 0x1 "$d/e" "eventlog=$d/empty"

# Another boot.
policy "$d/p" "pcr 0 $firmware" "pcr 16 $zero"
says_box pass tre.good 0x1 "$d/p"
resets=$(cut -d' ' -f3 "$out")
ok "HNB-TRE-11: the boot that it was first measured in: pass" \
	says_box pass tre.good 0x1 "$d/p" "resets=$resets"
tpm2_shutdown -c > /dev/null 2>&1
tpm_stop
tpm_start box
ok "HNB-TRE-11: the TPM was reset meanwhile: its PCRs prove nothing" \
	says_box fail tre.boot 0x1 "$d/p" "resets=$resets"
ok "HNB-TRE-11: both counts are named" says "reset counter is $((resets + 1)), it was $resets"
ok "HNB-TRE-11: measured anew it passes" says_box pass tre.good 0x1 "$d/p"
tpm_stop
ok "HNB-TRE-02: no TPM" says_box unavailable tre.tpm.open 0x1 "$d/p"
finish
