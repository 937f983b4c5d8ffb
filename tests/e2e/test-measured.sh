#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by check
#
# What a real kernel measures into a real TPM, against a signed policy: an unknown file
# that runs closes the gate and is named, what mends it opens it again; a policy that is
# swapped, and a PCR that is extended. HNB-TRE-01, HNB-TRE-02, HNB-TRE-11, PIT-26.
# A kernel takes one policy of IMA's a boot: whatever runs behind this test is measured too.
cd "$(dirname "$0")" || exit 1
KEY=/run/trustgate/hnb/op.pub
AGENT_TRE="retry = 2s
watch = 1s
policy_key = $KEY"
AGENT_CHARON='backoff_min = 1s
backoff_max = 2s'
. ./lib.sh
ima=/sys/kernel/security/ima events=/sys/kernel/security/tpm0/binary_bios_measurements
[ -e $ima ] || mount -t securityfs securityfs /sys/kernel/security
[ -e $ima/binary_runtime_measurements ] || bail "the kernel has no IMA"
setup
policy=/run/trustgate/hnb/reference.policy conf=/run/trustgate/hnb/trustgated.conf
pcr() { tpm2_pcrread "sha256:$1" | sed -n 's/^ *[0-9][0-9]* *: 0x//p' | tr A-F a-f; }

# ------------------------------------------------------------- the firmware's own log
if [ -e $events ]; then
	leads() {
		local n v
		trustgate policy init --eventlog $events -o "$TMP/fw" > "$TMP/init" 2>&1 ||
			why "$(cat "$TMP/init")" || return 1
		while read -r _ n v _; do
			is "PCR $n" "$(pcr "$n")" "$v" || return 1
		done < <(grep '^pcr ' "$TMP/fw")
		[ "$(grep -c '^pcr ' "$TMP/fw")" = 8 ] || why "$(cat "$TMP/fw")"
	}
	check "HNB-TRE-01: this firmware's event log leads to the TPM's PCRs 0 to 7" leads
	note "$(wc -c < $events) octets of firmware events"
	by_events() {
		trustgate policy init --live --events 4,5 -o "$TMP/fw" > "$TMP/init" 2>&1 &&
			trustgate policy check --policy "$TMP/fw" --live > "$TMP/init" 2>&1 ||
			why "$(cat "$TMP/init")"
	}
	check "HNB-TRE-01: and this box conforms to a policy of its events" by_events
else
	note "this firmware leaves no event log"
fi

# --------------------------------------------------------------- the kernel measures
echo 'measure func=BPRM_CHECK mask=MAY_EXEC' > $ima/policy || bail "no policy of IMA's could be loaded"
cp /usr/bin/true "$TMP/first"
before=$(pcr 10) count=$(cat $ima/runtime_measurements_count)
"$TMP/first"
measures() {
	[ "$(cat $ima/runtime_measurements_count)" -gt "$count" ] || why "the list does not grow" || return 1
	[ "$(pcr 10)" != "$before" ] || why "PCR 10 stays $before"
}
check "HNB-TRE-01: the kernel measures what runs, into the TPM" measures

# What the guest has to run from here on, by path and digest; and what it ran so far.
tree=$TMP/tree
for dir in /usr/bin /usr/sbin /usr/lib/ipsec /usr/libexec; do
	[ -d $dir ] || continue
	mkdir -p "$tree$dir" && mount --bind -o ro $dir "$tree$dir"
done
agent_conf || bail "no configuration"
openssl genpkey -algorithm ed25519 -out "$TMP/op.key" 2> /dev/null
openssl pkey -in "$TMP/op.key" -pubout -out $KEY
golden() {
	trustgate policy init --config $conf --live --root "$tree" --exclude "$TG_REPO/*" \
		--name golden -o "$TMP/v1" > "$TMP/init" 2>&1 || why "$(cat "$TMP/init")" || return 1
	trustgate policy sign --key "$TMP/op.key" "$TMP/v1" || return 1
	rm -f $policy
	trustgate policy apply --config $conf "$TMP/v1" > "$TMP/init" 2>&1 || why "$(cat "$TMP/init")"
}
check "HNB-TRE-01: a policy of this golden box, signed and in force" golden
note "$(grep -c '^ima allow' $policy) files, $(cat $ima/runtime_measurements_count) measured"
conforms() {
	trustgate policy check --config $conf --live > "$TMP/check" 2>&1 || why "$(cat "$TMP/check")"
}
check "HNB-TRE-01: this box conforms to it" conforms
note "$(tail -n 1 "$TMP/check")"

charon_conf segw
charon_conf hnb
charon_start segw && charon_start hnb || bail "no charon"
watch
agent_start
check "HNB-TRE-01: the verdict is pass" agent_says 60 'decision=integrity verdict=pass rule=tre.good'
check "HNB-TRE-01: the gate opens" opens 90
check "HNB-GATE-06: user data passes" both_pass
boot() { tg status -j | python3 -c '
import json, sys
t = json.load(sys.stdin)["control"]["tre"]
sys.exit(0 if t["verdict"] == "pass" and t["boot"]["resets"] > 0 and t["policy"] == "golden" else 1)' ||
	why "$(tg status -j)"; }
check "HNB-TRE-11: the verdict carries its boot and its policy" boot

# A file of another name with known octets is unknown as well.
cp /usr/bin/true "$TMP/evil"
printf x >> "$TMP/evil"
evil=$(sha256sum "$TMP/evil" | cut -d' ' -f1)
start=$(now_ms)
"$TMP/evil"
check "PIT-26 HNB-TRE-01: an unknown file runs: the gate closes by itself" \
	wait_for 30 happened rejected bad-integrity
note "after $(($(event rejected bad-integrity) - start)) ms"
check "HNB-TRE-01: nothing passes" all_held
names() {
	local w
	tg why > "$TMP/why" 2>&1
	for w; do
		grep -q -e "$w" "$TMP/why" || why "no \"$w\" in: $(cat "$TMP/why")" || return 1
	done
}
check "HNB-TRE-01: trustgate why names file, digest and the command that mends it" \
	names tre.ima.unlisted "$TMP/evil is $evil" "trustgate policy build --allow $TMP/evil=$evil"
note "$(grep -m 1 tre.ima "$TMP/why")"
sleep 3
count_reset
sleep 5
check "HNB-TRE-02: and no IKE packet leaves the box" is "IKE packets on wan" 0 "$(count wan_ike)"

mends() {
	trustgate policy build --config $conf --allow "$TMP/evil=$evil" -o "$TMP/v2" &&
		trustgate policy sign --key "$TMP/op.key" "$TMP/v2" &&
		trustgate policy apply --config $conf "$TMP/v2"
}
mended() { mends > "$TMP/init" 2>&1 || why "$(cat "$TMP/init")"; }
check "HNB-TRE-01: it is allowed by that command, signed and applied" mended
check "HNB-TRE-01: the gate opens, with the new policy beside the old one" opens 90
check "HNB-GATE-06: user data passes" both_pass
finished() { trustgate policy apply --config $conf --finish > "$TMP/init" 2>&1 || why "$(cat "$TMP/init")"; }
check "HNB-TRE-01: the window ends" finished
sleep 5
check "HNB-TRE-01: and the gate stays open" both_pass

# ------------------------------------------------------------------ the policy is swapped
openssl genpkey -algorithm ed25519 -out "$TMP/other.key" 2> /dev/null
sed 's/^ima exclude .*/ima exclude \/*/' $policy > "$TMP/swapped"
trustgate policy sign --key "$TMP/other.key" "$TMP/swapped"
cp $policy "$TMP/good"
watch
cp "$TMP/swapped" $policy
check "HNB-TRE-01: a policy that another key signed: the gate closes" wait_for 30 happened rejected bad-integrity
check "HNB-TRE-01: nothing passes" all_held
check "HNB-TRE-01: trustgate why names the policy" names tre.policy.signature "$policy"
cp "$TMP/good" $policy
check "HNB-TRE-01: with the operator's back in its place it opens" opens 90
sed '/^signature/d' $policy > "$TMP/swapped"
watch
cp "$TMP/swapped" $policy
check "HNB-TRE-01: an unsigned policy: the gate closes" wait_for 30 happened rejected bad-integrity
cp "$TMP/good" $policy
check "HNB-TRE-01: with the signed one back it opens" opens 90

# ----------------------------------------------------------------- a PCR behind our back
watch
tpm2_pcrextend "7:sha256=$evil" || bail "no tpm2_pcrextend"
tg recheck
check "HNB-TRE-01: PCR 7 is extended: the gate closes" wait_for 30 happened rejected bad-integrity
check "HNB-TRE-01: trustgate why names PCR and values" names 'PCR 7 is' "$(pcr 7)" 'policy line'
check "HNB-TRE-01: nothing passes" all_held

# PCR 10 extended by something that is not the kernel.
tpm2_pcrextend "10:sha256=$evil" || bail "no tpm2_pcrextend"
foreign() {
	trustgate policy check --config $conf --live > "$TMP/check" 2>&1
	is status 1 $? || return 1
	grep -q 'tre.ima.replay' "$TMP/check" || why "$(cat "$TMP/check")"
}
check "HNB-TRE-01: PCR 10 extended by another than the kernel: no prefix leads to it" foreign
for dir in "$tree"/usr/*; do umount "$dir" 2> /dev/null; done
umount "$tree/usr/lib/ipsec" 2> /dev/null
finish
