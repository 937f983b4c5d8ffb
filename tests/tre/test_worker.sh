#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2119,SC2120  # functions are called by ok
#
# A TPM that is slow, locked out, dead, gone, reset or not started, and what the agent's
# children come to: PIT-42, HNB-TRE-02, HNB-TRE-03, HNB-TRE-10. Needs swtpm and tpm2-tools.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tre/lib.sh
. ./lib.sh
need swtpm tpm2_sign openssl python3
worker=${O:-../../build/tests/tre}/worker_tpm
echo "TAP version 13"
zero=$(printf '%064d' 0)
printf 'policy 1\nname lab\nversion 1\npcr 0 %s\npcr 7 %s\n' "$firmware" "$zero" > "$d/policy"
openssl ecparam -name prime256v1 -genkey -noout -out "$d/operator.key"

asked() { "$worker" "$TRUSTGATE_TCTI" "${1:-20000}" "$d/policy" "$d/box/ike.approval" > "$out" 2> "$err"; }
# both VERDICT RULE [RULE]: measuring and signing came to that
both() {
	[ "$(sed -n 's/^measure //p' "$out" | cut -d' ' -f1,2)" = "$1 $2" ] &&
		[ "$(sed -n 's/^sign //p' "$out" | cut -d' ' -f1,2)" = "$1 ${3-$2}" ]
}
# in_time MS: and each took that long at least, and the loop went on meanwhile
in_time() { awk -v ms="$1" '$4 < ms || $5 < 2 { bad = 1 } END { exit bad || NR != 2 }' "$out"; }

tpm_start box
exits 0 tre approval sign --version 1 --key "$d/operator.key" -o "$d/approval" "$d/policy"
exits 0 tre provision --identity henb-1.example --pcr-bound "$d/approval" --dir "$d/box"
ok "PIT-42: a TPM that answers: both pass" eval 'asked && both pass tre.good tre.sign.good'

kill -STOP "$swtpm"
ok "PIT-42: one that is slow: both are given up" eval 'asked 1000 && both unavailable worker.timeout'
ok "PIT-42: not before the deadline, and the agent went on meanwhile" in_time 1000
ok "HNB-TRE-03: and it is said" [ "$(grep -c "took too long" "$out")" = 2 ]
kill -CONT "$swtpm"
ok "PIT-42: when it is back: both pass" eval 'asked && both pass tre.good tre.sign.good'

lock_out() {
	tpm tpm2_createprimary -C n -G ecc -p secret -a "sign|userwithauth|sensitivedataorigin|fixedtpm|fixedparent" -c "$d/p.ctx"
	for _ in 1 2 3 4 5; do
		tpm2_flushcontext -t > /dev/null 2>&1
		tpm tpm2_sign -c "$d/p.ctx" -p wrong -g sha256 -o "$d/sig" "$d/policy"
	done
	tpm2_flushcontext -t > /dev/null 2>&1
	tpm2_getcap properties-variable 2> /dev/null | grep -q 'inLockout: *1'
}
ok "PIT-42: the TPM is locked out" lock_out
ok "PIT-42: which measuring and signing do not mind" eval 'asked && both pass tre.good tre.sign.good'

for round in 1 2 3; do
	(sleep 0.0$round; kill -KILL "$swtpm") &
	asked
	wait $! 2> /dev/null
	wait "$swtpm" 2> /dev/null
	swtpm=
	ok "HNB-TRE-03: killed while it is asked ($round): a verdict on each" [ "$(grep -c . "$out")" = 2 ]
	ok "HNB-TRE-03: and none by a TPM that is gone" eval 'asked && both unavailable tre.tpm.open'
	ok "HNB-TRE-03: which names it" grep -q "no TPM at .*(" "$out"
	tpm_start box
done
ok "PIT-42: it is back, and was reset: both pass" eval 'asked && both pass tre.good tre.sign.good'
tpm_stop

# One that nobody has started: a reset on the way.
sock=$d/box.sock
swtpm socket --tpm2 --tpmstate "dir=$d/box" --flags not-need-init --server "type=unixio,path=$sock" \
	--ctrl "type=unixio,path=$sock.ctrl" 2> /dev/null &
swtpm=$!
for _ in $(seq 50); do [ -S "$sock.ctrl" ] && break; sleep 0.1; done
ok "PIT-42: a TPM that was reset and not started: neither passes" eval \
	'asked && both unavailable tre.tpm && [ "$(grep -c "firmware must start" "$out")" = 2 ]'
tpm_stop

# PCRs of another boot
tpm_start box
tpm2_pcrextend "7:sha256=$zero"
ok "HNB-TRE-10: PCR 7 extended: the box fails, and AUTH is not signed" eval \
	'asked && both fail tre.pcr.mismatch tre.approval.pcr'
finish
