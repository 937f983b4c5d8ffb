#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# trustgate policy: a golden box and a box of the fleet, each with a TPM of its own whose
# PCR 10 is extended as the kernel's would be; every way to be refused; and an update on
# the two of them in either order. Needs swtpm and tpm2-tools.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/tre/lib.sh
. ./lib.sh
need swtpm tpm2_pcrextend openssl python3
zero=$(printf '%064d' 0)
measure() { python3 ./measure.py "$@"; }

# The tool's own configuration is for the whole machine.
config() { # FILE POLICY [KEY]
	cat > "$1" <<-C
	[charon]
	child = core
	[peer]
	name = segw.example.org
	anchor = /etc/trustgate/oproot.pem
	[ocsp]
	uri = http://10.99.0.2:8080/
	[tre]
	tcti = $TRUSTGATE_TCTI
	pcrs = 0-7
	policy = $2
	eventlog = $d/no-eventlog
	ima = $3
	${4:+policy_key = $4}
	C
}

# --------------------------------------------------------------------- offline, by hand
mkdir -p "$d/root/usr/bin" "$d/root/etc" "$d/root/var/log" "$d/root/proc"
printf 'sh one' > "$d/root/usr/bin/sh"
printf 'a name' > "$d/root/usr/bin/with blank#%"
printf 'log' > "$d/root/var/log/syslog"
printf 'proc' > "$d/root/proc/version"
ln -s sh "$d/root/usr/bin/dash"
p=$d/policy
sh1=$(sha256sum < "$d/root/usr/bin/sh" | cut -d' ' -f1)
pcrs() { echo "0 $firmware"; for i in 1 2 3 4 5 6 7; do echo "$i $zero"; done; }
pcrs > "$d/pcrs"

ok "HNB-TRE-01: a policy from a root tree and values" \
	exits 0 policy init --root "$d/root" --pcrs "$d/pcrs" --name lab -o "$p"
has() { grep -q -x -e "$1" "${2:-$p}"; }
made_json() { exits 0 policy init -j --pcrs "$d/pcrs" --name lab -o "$d/j" && json 'd["name"] == "lab"' 'd["version"] == 1'; }
ok "HNB-TRE-01: what was written, as JSON" made_json
ok "HNB-TRE-01: it has the file by path and digest" has "ima allow /usr/bin/sh $sh1"
ok "HNB-TRE-01: with its blank, # and % encoded" grep -q '^ima allow /usr/bin/with%20blank%23%25 ' "$p"
absent() { ! grep -q -e "$1" "${2:-$p}"; }
ok "HNB-TRE-01: not what no two boxes share" absent 'allow /\(var/log\|proc\)'
ok "HNB-TRE-01: no symbolic link" absent /usr/bin/dash
ok "HNB-TRE-01: the PCRs, and version 1" has "pcr 7 $zero"
ok "HNB-TRE-01: a version" has 'version 1'

check() { # STATUS LOG...: against $p, with the values that the logs and $d/pcrs have
	local want=$1 log=$2
	shift 2
	cp "$d/pcrs" "$d/state"
	echo "10 $value" >> "$d/state"
	exits "$want" policy check --policy "$p" --pcrs "$d/state" --ima "$log" "$@"
}
log() { # NAME ENTRY...: a list, whose value is in $value
	local f=$d/$1 values
	shift
	rm -f "$f"
	mapfile -t values < <(measure ima "$f" "$@")
	value=$(measure replay "${values[@]}")
}
log good boot_aggregate="$zero" /usr/bin/sh="$d/root/usr/bin/sh" "/usr/bin/with blank#%=$d/root/usr/bin/with blank#%"
ok "HNB-TRE-01: a box that ran what the tree has conforms" check 0 "$d/good"
ok "HNB-TRE-01: and says how many files" says 'conforms: .* 3 files, 0 of them excluded'
measure ima "$d/good" "/usr/bin/later=$sh1" > /dev/null
ok "HNB-TRE-01: a list that is longer than the value: its prefix counts" check 0 "$d/good"
ok "HNB-TRE-01: and what is behind it is told" says '1 measured later'
log unknown boot_aggregate="$zero" /usr/bin/sh="$d/root/usr/bin/sh" /usr/bin/evil="$sh1"
ok "HNB-TRE-01: an unknown file is refused" check 1 "$d/unknown"
ok "HNB-TRE-01: by name, entry and digest" says "tre.ima.unlisted: /usr/bin/evil is $sh1 (list entry 3)"
ok "HNB-TRE-01: with the command that mends it" says "trustgate policy build --allow /usr/bin/evil=$sh1)"
mend() { # the remedy that was named does
	local rule
	rule=$(sed -n 's/.*trustgate policy build \(--allow [^)]*\)).*/\1/p' "$out" | head -n 1)
	# shellcheck disable=SC2086
	exits 0 policy build --policy "$p" $rule -o "$d/mended" && p=$d/mended check 0 "$d/unknown"
}
ok "HNB-TRE-01: and it does" mend
ok "HNB-TRE-01: the policy it makes is version 2" has 'version 2' "$d/mended"
log shell boot_aggregate="$zero" "/tmp/\$(reboot);x=$sh1"
no_command() { check 1 "$d/shell" && says 'tre.ima.unlisted: /tmp/$(reboot);x is' && says '--allow PATH='; }
ok "HNB-TRE-01: a name that a shell would run is in no command" no_command
log changed boot_aggregate="$zero" /usr/bin/sh="$zero"
ok "HNB-TRE-01: a known file with other contents is refused" check 1 "$d/changed"
line=$(grep -n '^ima allow /usr/bin/sh ' "$p" | cut -d: -f1)
ok "HNB-TRE-01: with measured and allowed digest and the policy's line" \
	says "tre.ima.mismatch: /usr/bin/sh is $zero (list entry 2), policy line $line allows $sh1 "
log bad boot_aggregate="$zero" /a="$zero" /b="$zero" /usr/bin/sh="$zero"
all_told() { check 1 "$d/bad" && [ "$(grep -c ^refused: "$out")" = 4 ]; }
ok "HNB-TRE-01: all that is wrong is told, not the first" all_told
ok "HNB-TRE-01: as JSON" check 1 "$d/bad" -j
ok "HNB-TRE-01: of its schema" json 'd["schema"] == "trustgate.policy-check/1"' \
	'd["verdict"] == "refused"' 'len(d["findings"]) == 3' \
	'{f["rule"] for f in d["findings"]} == {"tre.ima.unlisted", "tre.ima.mismatch"}'
value=$(measure replay "$sh1")
ok "HNB-TRE-01: a value that no prefix leads to is refused, though all entries are good" \
	check 1 "$d/good"
ok "HNB-TRE-01: as tampering" says tre.ima.replay
log violation boot_aggregate="$zero" violation:/usr/bin/sh
ok "HNB-TRE-01: a violation is refused" check 1 "$d/violation"
ok "HNB-TRE-01: as one" says 'tre.ima.violation: /usr/bin/sh was written while'
log logs violation:/var/log/syslog /var/log/x="$zero" /usr/bin/sh="$sh1"
ok "HNB-TRE-01: below a default exclude it passes" check 0 "$d/logs"
ok "HNB-TRE-01: and is counted" says '3 files, 2 of them excluded'
log sha1 sha1:/usr/bin/sh="$d/root/usr/bin/sh"
ok "HNB-TRE-01: a file measured with SHA-1 is refused" check 1 "$d/sha1"
ok "HNB-TRE-01: which says what to do" says 'tre.ima.algorithm: .*ima_hash=sha256'
log raw raw:d-xyz
ok "HNB-TRE-01: an unknown template is refused" check 1 "$d/raw"
log second boot_aggregate="$zero" boot_aggregate="$sh1"
ok "HNB-TRE-01: a second boot_aggregate is refused" check 1 "$d/second"
log other pcr11:/usr/bin/evil="$zero" /usr/bin/sh="$sh1"
ok "HNB-TRE-01: an entry of another PCR is none of PCR 10, and refused all the same" check 1 "$d/other"
ok "HNB-TRE-01: for its file" says 'tre.ima.unlisted: /usr/bin/evil'
log aggregate boot_aggregate="$zero"
ok "HNB-TRE-01: a kernel that measured nothing is refused" check 1 "$d/aggregate"
ok "HNB-TRE-01: as one that does not measure" says tre.ima.nothing
value=$zero
ok "HNB-TRE-01: so is one that measures, but not into the TPM" check 1 "$d/good"
ok "HNB-TRE-01: likewise" says 'tre.ima.nothing: .* 0 in all'
log good boot_aggregate="$zero" /usr/bin/sh="$d/root/usr/bin/sh"
head -c -1 "$d/good" > "$d/torn"
ok "HNB-TRE-01: a list that is cut off is refused" check 1 "$d/torn"
ok "HNB-TRE-01: by syntax" says 'tre.ima.syntax'
untold() { exits 2 policy check --policy "$p" --pcrs "$d/pcrs" && says tre.pcr.absent; }
ok "HNB-TRE-01: no value of PCR 10: can't be told" untold
echo "10 $value" >> "$d/state"
nolog() { exits 2 policy check --policy "$p" --pcrs "$d/state" && says tre.ima.absent; }
cp "$d/pcrs" "$d/state"; echo "10 $value" >> "$d/state"
ok "HNB-TRE-01: no list: can't be told" nolog
sed "s/^3 .*/3 $sh1/" "$d/pcrs" > "$d/pcrs3"
mask3() { cp "$d/pcrs3" "$d/state"; echo "10 $value" >> "$d/state"
	exits 1 policy check --policy "$p" --pcrs "$d/state" --ima "$d/good" &&
	says "tre.pcr.mismatch: PCR 3 is $sh1, policy line"; }
ok "HNB-TRE-01: a PCR with another value is refused" mask3
ok "HNB-TRE-01: a policy that can't be read is no verdict" exits 64 policy check --policy "$d/none"
ok "HNB-TRE-01: nor an option there isn't" exits 64 policy check --none

# --------------------------------------------------------------------------- deny lists
denies() { # WHAT LOG RULE: added to the policy
	exits 0 policy build --policy "$d/policy" --deny "$1" -o "$d/denying" &&
		p=$d/denying check 1 "$2" && says "tre.ima.denied: .*policy line"
}
ok "HNB-TRE-01: a denied digest is refused though it is allowed" denies "$sh1" "$d/good"
ok "HNB-TRE-01: a denied path as well" denies '/usr/bin/s*' "$d/good"
log logs /var/log/x="$sh1"
ok "HNB-TRE-01: a denied digest below an excluded path as well" denies "$sh1" "$d/logs"
ok "HNB-TRE-01: a denied path below an excluded path as well" denies '/var/log/x' "$d/logs"

# ------------------------------------------------------------------------------- events
measure events "$d/events" 0:locality:03 0:8:aa 4:0x80000003:b0 4:4:00 7:0x80000001:dd 5:0x999:ee > "$d/ev"
ok "HNB-TRE-01: a policy from a firmware's log" \
	exits 0 policy init --eventlog "$d/events" --events 4,5 -o "$d/evpolicy"
in_log() { has "pcr 0 $(sed -n 's/^0 //p' "$d/ev")" "$d/evpolicy"; }
ok "HNB-TRE-01: values are those it leads to, the startup locality included" in_log
ok "HNB-TRE-01: events are listed by digest" grep -q '^event allow 4 ' "$d/evpolicy"
ok "HNB-TRE-01: the box conforms" exits 0 policy check --policy "$d/evpolicy" --eventlog "$d/events"
measure events "$d/events2" 0:locality:03 0:8:aa 4:4:00 4:0x80000003:b0 7:0x80000001:dd 5:0x999:ee > /dev/null
ok "HNB-TRE-01: so does one that booted them in another order" \
	exits 0 policy check --policy "$d/evpolicy" --eventlog "$d/events2"
measure events "$d/events3" 0:locality:03 0:8:aa 4:0x80000003:b1 4:4:00 7:0x80000001:dd 5:0x999:ee > "$d/ev3"
ev() { # RULE FILE [OPTIONS...]
	local rule=$1
	shift
	exits 1 policy check --policy "$d/evpolicy" --eventlog "$@" && says "$rule"
}
ok "HNB-TRE-01: another boot loader is refused" \
	ev 'tre.event.unlisted: PCR 4: event 3 (EV_EFI_BOOT_SERVICES_APPLICATION) is' "$d/events3"
sed 's/^4 .*//' "$d/ev3" > "$d/ev4"; sed -n 's/^4 /4 /p' "$d/ev" >> "$d/ev4"
for i in 1 2 3 6; do echo "$i $zero" >> "$d/ev4"; done
ok "HNB-TRE-01: a log that does not lead to the PCR's value is refused" \
	ev tre.eventlog.replay "$d/events3" --pcrs "$d/ev4"
measure events "$d/events0" 0:locality:00 0:8:aa 4:0x80000003:b0 4:4:00 7:0x80000001:dd 5:0x999:ee > /dev/null
ok "HNB-TRE-01: another startup locality is refused" ev 'tre.pcr.mismatch: PCR 0' "$d/events0"
event=$(printf '\xb0' | sha256sum | cut -d' ' -f1)
deny_event() {
	exits 0 policy build --policy "$d/evpolicy" --deny-event "$event" -o "$d/evdeny" &&
		exits 1 policy check --policy "$d/evdeny" --eventlog "$d/events" && says tre.event.denied
}
ok "HNB-TRE-01: a denied boot loader is refused though it is allowed" deny_event
deny_value() { # PCR 4 by value: its log still names what is denied
	exits 0 policy init --eventlog "$d/events" --deny-event "$event" -o "$d/evdeny" &&
		exits 1 policy check --policy "$d/evdeny" --eventlog "$d/events" && says tre.event.denied
}
ok "HNB-TRE-01: and though the PCR's value is allowed" deny_value
head -c -1 "$d/events" > "$d/torn"
ok "HNB-TRE-01: a log that is cut off is refused" exits 64 policy check --policy "$d/evpolicy" --eventlog "$d/torn"

# ------------------------------------------------------------------------------ Keylime
cat > "$d/keylime.json" <<-J
{"meta": {"version": 5}, "release": 0,
 "digests": {"/usr/bin/sh": ["$sh1", "aabb"], "boot_aggregate": ["$zero"]},
 "excludes": ["/tmp/.*", "^/opt/a\\\\.log\$", "/(a|b)"],
 "keyrings": {}, "ima": {"ignored_keyrings": [], "log_hash_alg": "sha1", "dm_policy": null},
 "ima-buf": {}, "verification-keys": ""}
J
ok "a policy of Keylime's is read" exits 0 policy init --keylime "$d/keylime.json" -o "$d/kl"
ok "its digests are there" has "ima allow /usr/bin/sh $sh1" "$d/kl"
ok "an exclude is a pattern" has 'ima exclude /tmp/\*' "$d/kl"
ok "to its end, where it says so" has 'ima exclude /opt/a.log' "$d/kl"
ok "what is no pattern is told" complains '/(a|b): this exclude has no pattern here'
ok "and what is of another algorithm" complains '1 of other algorithms left out'
kl() { python3 - "$d/keylime.json" "$d/kl.json" "$1" <<-'X'
	import json, sys
	d = json.load(open(sys.argv[1]))
	exec(sys.argv[3])
	json.dump(d, open(sys.argv[2], "w"))
	X
}
imports() { exits 0 policy init --keylime "$d/kl.json" -o "$d/kl2"; }
kl "d['keyrings'] = {'.ima': ['$zero']}; d['ima-buf'] = {'dm_table_load': ['sha256:$sh1']}"
ok "keyrings and buffers are rules on their names" eval \
	'imports && has "ima allow .ima $zero" "$d/kl2" && has "ima allow dm_table_load $sh1" "$d/kl2"'
kl "d['ima']['ignored_keyrings'] = ['.blacklist', '*']; d['verification-keys'] = 'x'; d['ima']['dm_policy'] = {'a': 1}"
ok "a keyring that is ignored is excluded by its name" eval 'imports && has "ima exclude .blacklist" "$d/kl2"'
ok "what can't be kept is told, each of it, and left out" eval \
	'complains "[*]: keyrings are ignored" && complains verification-keys && complains dm_policy && absent "exclude [*]$" "$d/kl2"'
rm -f "$d/kl2"
no_sha256() { exits 1 policy init --keylime "$d/kl.json" -o "$d/kl2" && complains "$1" && [ ! -e "$d/kl2" ]; }
kl "d['digests'] = {'/a': ['ab' * 64, 'ab' * 48, 'ab' * 20]}"
ok "no digest of SHA-256: said" no_sha256 'none of its 3 digests is of SHA-256'
kl "d['ima']['log_hash_alg'] = 'sm3_256'"
ok "one of SM3, which is as long, is none" no_sha256 'none of its 2 digests is of SHA-256'
kl "d['digests'] = {'/a': ['sm3_256:$sh1', 'sha3_256:$sh1']}"
ok "also where it is named" no_sha256 'none of its 2 digests is of SHA-256'
kl "d['digests'] = {'/a': ['sm3_256:$zero', 'sha256:$sh1']}"
ok "of both the right one is taken" eval 'imports && has "ima allow /a $sh1" "$d/kl2"'
rm -f "$d/kl2"
kl "d['digests'] = {}"
ok "an empty one is said to be" no_sha256 'has no digest at all'
echo '{"payload": "e30=", "payloadType": "application/vnd.keylime+json", "signatures": []}' > "$d/kl.json"
ok "a signed envelope is named as one" no_sha256 'is a signed envelope (DSSE)'
mkdir "$d/emptytree"
ok "--root of a file is said to be none" eval 'exits 64 policy init --root "$d/kl.json" && complains "is no directory"'
ok "an empty --root too" eval 'exits 1 policy init --root "$d/emptytree" && complains "no regular file"'
ok "--root of nothing as well" eval 'exits 64 policy init --root "" && complains "names nothing"'
echo '{"digests": [' > "$d/kl.json"
ok "and what is no JSON" exits 64 policy init --keylime "$d/kl.json" -o "$d/kl2"

# ------------------------------------------------------------------------------- signing
openssl genpkey -algorithm ed25519 -out "$d/op.key" 2> /dev/null
openssl pkey -in "$d/op.key" -pubout -out "$d/op.pub"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$d/ec.key" 2> /dev/null
openssl pkey -in "$d/ec.key" -pubout -out "$d/ec.pub"
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$d/rsa.key" 2> /dev/null
log good boot_aggregate="$zero" /usr/bin/sh="$d/root/usr/bin/sh"
for k in op ec; do
	cp "$d/policy" "$d/$k.policy"
	ok "HNB-TRE-01: a policy is signed ($k)" exits 0 policy sign --key "$d/$k.key" "$d/$k.policy"
	ok "HNB-TRE-01: and taken" eval "p=\$d/$k.policy check 0 \"\$d/good\" --key \"\$d/$k.pub\""
done
# What is signed is documented, for keys that no file has.
{ printf 'trustgate-policy-1\0'; sed '/^signature/d' "$d/ec.policy"; } > "$d/octets"
sed -n 's/^signature ecdsa-p256 //p' "$d/ec.policy" |
	python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' > "$d/sig"
openssl_agrees() { openssl dgst -sha256 -verify "$d/ec.pub" -signature "$d/sig" "$d/octets" > "$out" 2> "$err"; }
ok "HNB-TRE-01: openssl(1) verifies the signature over the octets documented" openssl_agrees
by_hand() {
	{ printf 'trustgate-policy-1\0'; cat "$d/policy"; } > "$d/octets"
	openssl pkeyutl -sign -rawin -inkey "$d/op.key" -in "$d/octets" -out "$d/sig" || return 1
	{ cat "$d/policy"; echo "signature ed25519 $(od -An -v -tx1 "$d/sig" | tr -d ' \n')"; } > "$d/hand.policy"
	p=$d/hand.policy check 0 "$d/good" --key "$d/op.pub"
}
ok "HNB-TRE-01: and makes one that is taken" by_hand
cat "$d/ec.pub" "$d/op.pub" > "$d/both.pub"
ok "HNB-TRE-01: by either key of a file" eval 'p=$d/op.policy check 0 "$d/good" --key "$d/both.pub"'
bad_key() { p=$1 check 64 "$d/good" --key "$2" && complains "$3"; }
ok "HNB-TRE-01: another key's is refused" bad_key "$d/ec.policy" "$d/op.pub" "not signed by the operator's key"
ok "HNB-TRE-01: an unsigned one is refused" bad_key "$d/policy" "$d/op.pub" 'is not signed'
sed 's/^name lab/name lib/' "$d/op.policy" > "$d/forged"
ok "HNB-TRE-01: a changed one is refused" bad_key "$d/forged" "$d/op.pub" 'or was changed'
sed -i -E '$s/0([^0 ]*)$/1\1/' "$d/op.policy"
ok "HNB-TRE-01: a changed signature is refused" bad_key "$d/op.policy" "$d/op.pub" 'or was changed'
ok "HNB-TRE-01: a key that is none is refused" bad_key "$d/ec.policy" "$d/pcrs" 'no public key'
ok "HNB-TRE-01: an RSA key signs nothing" exits 1 policy sign --key "$d/rsa.key" "$d/ec.policy"
sed '/^version/d; /^signature/d' "$d/ec.policy" > "$d/nover"
ok "HNB-TRE-01: a policy without a version is not signed" exits 1 policy sign --key "$d/op.key" "$d/nover"

# ------------------------------------------------------------------- two boxes, two TPMs
# box NAME: its TPM, list and configuration are the current ones
box() {
	tpm_stop
	tpm_start "$1"
	name=$1 list=$d/$1.ima
	config "$d/$1.conf" "$d/$1.policy" "$list" "$d/op.pub"
}
# runs ENTRY...: on the current box; the kernel writes the list and extends the PCR
runs() {
	local v
	for v in $(measure ima "$list" "$@"); do
		tpm2_pcrextend "10:sha256=$v" || return 1
	done
}
live() { exits "$1" policy check --live --config "$d/$name.conf"; }
apply() { exits "$1" policy apply --config "$d/$name.conf" "${@:2}"; }

mkdir -p "$d/new/usr/bin"
printf 'sh two' > "$d/new/usr/bin/sh"
printf 'lib two' > "$d/new/usr/bin/lib"
# fleet NAME: boots with what is old
boots() {
	rm -rf "${d:?}/$1" "$d/$1.ima" "$d/$1.policy"*
	box "$1"
	runs boot_aggregate="$zero" /usr/bin/sh="$d/root/usr/bin/sh"
}
updates() { runs /usr/bin/sh="$d/new/usr/bin/sh" /usr/bin/lib="$d/new/usr/bin/lib"; }

# What a box that runs the update, and nothing else, is; and one with something unknown.
for order in golden-first fleet-first; do
	boots golden
	golden_policy() {
		exits 0 policy init --live --config "$d/golden.conf" -o "$d/v1" &&
			exits 0 policy sign --key "$d/op.key" "$d/v1"
	}
	ok "HNB-TRE-01: $order: a policy of the golden box" golden_policy
	ok "HNB-TRE-01: $order: put in force there" apply 0 "$d/v1"
	ok "HNB-TRE-01: $order: the golden box conforms" live 0
	boots fleet
	ok "HNB-TRE-01: $order: put in force on the fleet's box" apply 0 "$d/v1"
	ok "HNB-TRE-01: $order: which conforms" live 0
	# The update is known from its packages, before any box has it.
	next_policy() {
		exits 0 policy build --policy "$d/v1" --root "$d/new" -o "$d/v2" &&
			exits 0 policy build --policy "$d/v1" --root "$d/new" --drop-old -o "$d/v2only" &&
			exits 0 policy sign --key "$d/op.key" "$d/v2only"
	}
	ok "HNB-TRE-01: $order: a policy of the update alone" next_policy
	ok "HNB-TRE-01: $order: which does not know the old file" absent "$sh1" "$d/v2only"
	both='golden fleet'
	[ $order = golden-first ] || both='fleet golden'
	for b in $both; do
		box_again() { tpm_stop; swtpm=; name=$b list=$d/$b.ima; }
		box_again
		# The TPM of a box is not reset: its state is kept by replaying its list.
		tpm_start "$b.$order"
		config "$d/$b.conf" "$d/$b.policy" "$list" "$d/op.pub"
		rm -f "$list"
		runs boot_aggregate="$zero" /usr/bin/sh="$d/root/usr/bin/sh"
		ok "HNB-TRE-01: $order: $b: the new policy holds beside the old one" apply 0 "$d/v2only"
		ok "HNB-TRE-01: $order: $b: before its update it conforms: no gap" live 0
		ok "HNB-TRE-01: $order: $b: ending the window is refused, it would be held" apply 1 --finish
		ok "HNB-TRE-01: $order: $b: and it still conforms" live 0
		updates
		ok "HNB-TRE-01: $order: $b: after it, old and new files in its list: no gap" live 0
		runs /usr/bin/evil="$zero"
		ok "HNB-TRE-01: $order: $b: a file of neither is refused: no hole" live 1
		# It reboots, with the update alone.
		tpm_stop
		tpm_start "$b.$order.rebooted"
		config "$d/$b.conf" "$d/$b.policy" "$list" "$d/op.pub"
		rm -f "$list"
		runs boot_aggregate="$zero"
		updates
		ok "HNB-TRE-01: $order: $b: rebooted, it conforms" live 0
	done
	for b in $both; do
		tpm_stop
		name=$b list=$d/$b.ima
		tpm_start "$b.$order.rebooted"
		config "$d/$b.conf" "$d/$b.policy" "$list" "$d/op.pub"
		rm -f "$list"
		runs boot_aggregate="$zero"
		updates
		ok "HNB-TRE-01: $order: $b: the window ends" apply 0 --finish
		ok "HNB-TRE-01: $order: $b: it conforms to the new policy alone" live 0
		ok "HNB-TRE-01: $order: $b: of which there is one" test ! -e "$d/$b.policy.next"
		runs /usr/bin/sh="$d/root/usr/bin/sh"
		ok "HNB-TRE-01: $order: $b: the old file is refused: no hole" live 1
	done
done

# --------------------------------------------------------------------- what apply refuses
unchanged() { # ARGS...: refused, and the policy in force is what it was
	local before
	before=$(cat "$d/$name.policy"*)
	apply 1 "$@" && [ "$before" = "$(cat "$d/$name.policy"*)" ]
}
ok "HNB-TRE-01: an older policy is refused" unchanged "$d/v1"
ok "HNB-TRE-01: as a roll-back" complains 'roll-back: version 1 is no newer than the 2'
exits 0 policy build --policy "$d/v2only" -o "$d/v3"
ok "HNB-TRE-01: an unsigned policy is refused" unchanged "$d/v3"
exits 0 policy sign --key "$d/ec.key" "$d/v3"
ok "HNB-TRE-01: one that another key signed is refused" unchanged "$d/v3"
exits 0 policy sign --key "$d/op.key" "$d/v3"
sed 's/^ima allow.*/ima allow/' "$d/v3" > "$d/v3bad"
ok "HNB-TRE-01: one that can't be read is refused" unchanged "$d/v3bad"
sed 's/^name .*/name other/; /^signature/d' "$d/v2only" > "$d/v2other"
exits 0 policy sign --key "$d/op.key" "$d/v2other"
ok "HNB-TRE-01: another policy of the same version is refused" unchanged "$d/v2other"
ok "HNB-TRE-01: no window: there is none to end" unchanged --finish
ok "HNB-TRE-01: nor to take back" unchanged --cancel
as_json() { apply 0 -j "$d/v3" && json 'd["schema"] == "trustgate.policy/1"' 'd["version"] == 2' 'd["window"]' &&
	apply 0 -j --cancel && json 'not d["window"]'; }
ok "HNB-TRE-01: a window, as JSON" as_json
cancels() { apply 0 "$d/v3" && test -e "$d/$name.policy.next" && apply 0 --cancel && test ! -e "$d/$name.policy.next"; }
ok "HNB-TRE-01: a window is opened and taken back" cancels
ok "HNB-TRE-01: the same policy again changes nothing" apply 0 "$d/v2only"
no_room() { # nothing can be written beside it
	mkdir -p "$d/ro" && cp "$d/$name.policy" "$d/ro/p" && chattr +i "$d/ro" 2> /dev/null || return 0
	exits 77 policy apply --config "$d/$name.conf" --policy "$d/ro/p" "$d/v3"
	local rc=$?
	chattr -i "$d/ro"
	[ $rc = 0 ] && cmp -s "$d/$name.policy" "$d/ro/p"
}
ok "HNB-TRE-01: a directory that can't be written keeps its policy" no_room
ok "HNB-TRE-01: nothing is left lying about" test -z "$(find "$d" -name '*policy*.??????' -newer "$d/v3")"
now() { apply 0 --now "$d/v3" && cmp -s "$d/v3" "$d/$name.policy"; }
ok "HNB-TRE-01: without a window it is replaced at once" now
tpm_stop
ok "HNB-TRE-01: without a TPM this box can't be told" exits 2 policy check --live --config "$d/$name.conf"
exits 0 policy build --policy "$d/v3" -o "$d/v4" && exits 0 policy sign --key "$d/op.key" "$d/v4"
apply 0 "$d/v4"
ok "HNB-TRE-01: without a TPM a window isn't ended" apply 1 --finish
ok "HNB-TRE-01: unless it is forced" apply 0 --finish --force

# ------------------------------------------------------------------------ a box without IMA
tpm_start plain
config "$d/plain.conf" "$d/plain.policy" "$d/no-such-list"
ok "HNB-TRE-01: a golden box that does not measure files: no error" \
	exits 0 policy init --config "$d/plain.conf" -o "$d/plain.new"
ok "HNB-TRE-01: but told" complains 'no measurement list, and so no rules for files'
ok "HNB-TRE-01: and the policy has its PCRs" has "pcr 0 $firmware" "$d/plain.new"

# ------------------------------------------------------------------------------------ size
mkdir -p "$d/big/usr/lib"
python3 - "$d/big/usr/lib" <<-'X'
import sys
for i in range(20000):
    open(f"{sys.argv[1]}/file-{i}", "w").write(str(i))
X
big() {
	exits 0 policy init --root "$d/big" -o "$d/bigp" && [ "$(grep -c '^ima allow' "$d/bigp")" = 20000 ]
}
ok "HNB-TRE-01: a root tree of 20,000 files" big
python3 - "$d/big/usr/lib" "$d/bigentries" <<-'X'
import sys
open(sys.argv[2], "w").writelines(f"/usr/lib/file-{i}={sys.argv[1]}/file-{i}\n" for i in range(0, 20000))
X
mapfile -t entries < "$d/bigentries"
log biglist "${entries[@]}"
p=$d/bigp
ok "HNB-TRE-01: and a list of as many entries conforms" \
	exits 0 policy check --policy "$d/bigp" --ima "$d/biglist"
finish
