#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# The tool on a loaded gate, an actor in the agent's place: states, exit status,
# what it says of agent, TPM, charon and permissions, JSON, atomic configuration.
# Run as root; loads the module. HNB-GATE-26.
cd "$(dirname "$0")" || exit 1
if [ -z "${TG_INSIDE-}" ]; then
	if [ "$(id -u)" != 0 ]; then
		echo "1..0 # SKIP needs root"
		exit 4
	fi
	loaded=
	[ -e /sys/module/trustgate ] || { modprobe trustgate && loaded=1; } || exit 1
	# A network namespace of its own, so that no other's SAs are in the way.
	TG_INSIDE=1 unshare -n "./$(basename "$0")" "$@"
	rc=$?
	[ -z "$loaded" ] || { "${TG_TOOL:-trustgate}" config set mode=off --delete-held && rmmod trustgate; } || rc=1
	exit $rc
fi
# shellcheck source=tests/ctl/lib.sh
. ./lib.sh
dir=$(mktemp -d)
sock=$dir/control.sock
TOOL=("${TG_TOOL:-trustgate}" --socket "$sock")

say() {	# say TRE PLUGIN VICI START: what the agent answers to "status"
	cat > "$dir/reply" <<-E
	{"ok":true,"schema":"trustgate.agent/1","version":"test","role":"henb","pid":1,
	 "tre":$1,"plugin":{"connected":$2,"daemon":"charon"},"vici":{"connected":$3},
	 "start":$4,"contexts":[]}
	E
}
pass='{"verdict":"pass","rule":"","detail":"","age_s":1}'
up='{"state":"up","retry_in_s":0,"attempts":1,"last_error":""}'

complains_status() {
	"${TOOL[@]}" status > "$out" 2> "$err"
	complains "$1"
}

not_act() { ! act "$@" > /dev/null; }
not_grep() { ! grep -q -e "$1" "$2"; }

each_line_json() {
	python3 -c 'import json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
assert len(lines) > 5 and all(l["schema"] == "trustgate.event/1" for l in lines)' "$out"
}

in_user_namespace() { # root there has every capability, and none that counts
	local got=0
	unshare -rn "${TOOL[@]}" show config > "$out" 2> "$err" || got=$?
	[ "$got" = 77 ]
}

unprivileged() {	# as nobody, without a capability
	local want=$1 got=0
	shift
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all \
		"${TOOL[@]}" "$@" > "$out" 2> "$err" || got=$?
	[ "$got" = "$want" ]
}

echo "TAP version 13"

# --- permissions
chmod 755 "$dir"
for verb in status "show context" "show config" monitor "wait --timeout 1" why \
	"config set mode=enforce" "close 1" "quarantine 1"; do
	# shellcheck disable=SC2086
	ok "unprivileged $verb" unprivileged 77 $verb
	ok "it says what is needed" complains 'CAP_NET_ADMIN in the initial user namespace (run as root)'
done
ok "root of a user namespace of its own" in_user_namespace
ok "it is told so" complains 'CAP_NET_ADMIN'

# --- configuration
ok "config set" exits 0 config set mode=observe t-bind=1 t-verify=60s grace=500ms \
	boot-bytes=20000 boot-packets=50 boot-attempts=10 max-contexts=100 max-sas=200 \
	scope=if-id=1-5,reqid=7+mark=0x1/0xff
ok "config show" exits 0 config show
ok "it says what was set" grep -qx 'mode=observe' "$out"
ok "times too" grep -qx 'grace=500ms' "$out"
ok "scope too" grep -qx 'scope=if-id=1-5,reqid=7+mark=0x1/0xff' "$out"
cp "$out" "$dir/config"
ok "what it says can be set" xargs -a "$dir/config" "${TOOL[@]}" config set
ok "config show -j" exits 0 config show -j
ok "it is JSON" json 'd["schema"] == "trustgate.config/1"' 'd["mode"] == "observe"' \
	'd["grace_ms"] == 500' 'd["max_sas"] == 200'
ok "one bad key changes nothing" exits 64 config set mode=enforce max-sas=0
"${TOOL[@]}" config show > "$out"
ok "nothing has changed" cmp -s "$out" "$dir/config"
ok "status in observe says so" complains_status 'only observes'
ok "config set mode=enforce scope=all" exits 0 config set mode=enforce scope=all t-verify=600s
ok "show config is config show" exits 0 show config
ok "scope is all again" grep -qx 'scope=all' "$out"

# --- no agent
ok "status without an agent" exits 5 status
ok "it says whom to start" complains 'agent: .*systemctl start trustgated'
ok "in the form of errors" errors_in_form
ok "show agent without an agent" exits 5 show agent
ok "it says whom to start" complains 'systemctl start trustgated'
ok "why without an agent" exits 5 why
ok "wait gives up" exits 5 wait --timeout 500ms

actor_start
say "$pass" true true "$up"
ok "control socket" act control "$sock" "$dir/reply"
ok "an agent that is not registered" exits 5 status
ok "it says so" complains 'not registered with the gate'
ok "register" act register 300000 actor
ok "show agent" exits 0 show agent
ok "it is named" says '^actor, session'
ok "show agent -j" exits 0 show agent -j
ok "it is JSON" json 'd["name"] == "actor"' 'd["lease_ms"] == 300000'

# --- what is missing on the box
ok "no tunnel: held" exits 3 status
ok "it says so" complains 'tunnel: there is none ('
say '{"verdict":"unavailable","rule":"tre.tpm.open","detail":"no TPM at device:/dev/tpmrm0","age_s":1}' \
	true true "$up"
ok "no TPM" exits 3 status
ok "it says what to do" complains '^trustgate: tpm: unavailable, tre.tpm.open: .*tpm_crb'
say '{"verdict":"fail","rule":"tre.pcr.mismatch","detail":"PCR 9 is 00ff, line 7 allows 11ee","age_s":1}' \
	true true "$up"
ok "PCR mismatch" exits 3 why
ok "it names the PCR and the line" complains 'tpm: fail, tre.pcr.mismatch: PCR 9 is 00ff, line 7'
say "$pass" false false "$up"
ok "no charon" exits 3 status
ok "it names the plugin" complains '^trustgate: charon: its trustgate plugin is not connected.*(.*strongswan'
ok "it names VICI" complains '^trustgate: charon: the agent has no VICI'
ok "in the form of errors" errors_in_form
say "$pass" true true '{"state":"backoff","retry_in_s":9,"attempts":3,"last_error":"timeout"}'
ok "back-off" exits 3 status
ok "it says why and when" complains 'attempt 3 failed: timeout; next in 9 s'
printf 'garbage' > "$dir/reply"
ok "garbage from the agent" exits 3 status
ok "it says so" complains "can't be read"
printf '{"ok":false,"error":"recheck: no context 9 (trustgate status)"}' > "$dir/reply"
ok "recheck that the agent refuses" exits 1 recheck 9
ok "in the agent's words" grep -qx 'trustgate: recheck: no context 9 (trustgate status)' "$err"
printf '{"ok":true}' > "$dir/reply"
ok "recheck" exits 0 recheck
ok "recheck -j" exits 0 recheck -j
ok "it is JSON" json 'd["schema"] == "trustgate.recheck/1"' 'd["ok"]'
say "$pass" true true "$up"

# --- a tunnel's life
"${TOOL[@]}" monitor -j > "$dir/events" 2> "$dir/events.err" &
monitor=$!
"${TOOL[@]}" monitor > "$dir/lines" 2>&1 &
lines=$!
sleep 1
ok "context" act context 7 0xd "segw.example.org"
id=$answer
ok "pending: held" exits 3 status
ok "one line a tunnel" says "^$id  *segw.example.org  *pending .* device-auth,revocation,integrity$"
ok "why" exits 3 why "$id"
ok "it names what is missing" says 'revocation: missing'
ok "and the remedy" says 'remedy: .*OCSP responder'
ok "unknown" act unknown revocation "ocsp.timeout: no answer in 5 s"
ok "why says what the agent said" exits 3 why "$id"
ok "with its words" says 'said:   ocsp.timeout: no answer in 5 s'
ok "good device-auth" act good device-auth 60000 "path of 2"
ok "good integrity" act good integrity 60000 ""
"${TOOL[@]}" wait --timeout 30 "$id" > "$dir/wait" 2>&1 &
waiting=$!
sleep 1
ok "good revocation" act good revocation 60000 "ocsp.good"
ok "wait ends when it opens" wait "$waiting"
ok "open" exits 0 status
ok "nothing is missing" says "^$id  *segw.example.org  *open .* -$"
ok "status -j" exits 0 status -j
ok "it is JSON" json 'd["exit"] == 0' 'd["problems"] == []' 'd["tunnels"][0]["state"] == "open"' \
	'd["tunnels"][0]["missing"] == []' 'd["agent"]["name"] == "actor"' \
	'd["tunnels"][0]["ike_instance"] == "0xfeedfacecafebeef"'
ok "why of an open one" exits 0 why "$id"
ok "wait when it is open" exits 0 wait --timeout 1
for what in context evidence; do
	ok "show $what" exits 0 show $what "$id"
	ok "show $what -j" exits 0 show $what "$id" -j
	ok "it is JSON" json "d['schema'] == 'trustgate.$what/1'" 'len(d["contexts"]) == 1'
done
ok "show context of another id" exits 1 show context 4000000000
ok "it says so" complains 'there is none'

# --- SAs
ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xc1234567 reqid 9 mode tunnel \
	aead 'rfc4106(gcm(aes))' 0x0102030405060708090a0b0c0d0e0f1011121314 128
ok "an SA of nobody: held" exits 3 status
ok "it has a line" says '^-  *esp 0xc1234567 to 192.0.2.2  *unbound'
ok "why of its SPI" exits 3 why 0xc1234567
ok "it says that nobody announced it" says 'no IKE SA has announced it'
ok "why of an SPI that is not there" exits 1 why 0xdeadbeef
ok "bind" act bind 0xc1234567 192.0.2.2
ok "bound to an open context: open" exits 0 status
ok "show sa" exits 0 show sa 0xc1234567
ok "it is open" says '0xc1234567  *esp  *tunnel  *192.0.2.1  *192.0.2.2  *9 .* open '
ok "show sa -j" exits 0 show sa 0xc1234567 -j
ok "it is JSON" json 'd["sas"][0]["spi"] == "0xc1234567"' 'd["sas"][0]["state"] == "open"' \
	"d['sas'][0]['context_id'] == $id"
ok "why of its SPI shows SA and context" exits 0 why 0xc1234567
ok "both" says "context $id, segw.example.org"
ok "show bootstrap" exits 0 show bootstrap
ok "show bootstrap -j" exits 0 show bootstrap -j
ok "it is JSON" json 'd["bootstraps"] == []'
ok "show stats" exits 0 show stats
ok "show stats -j" exits 0 show stats -j
ok "it is JSON" json 'd["contexts"] >= 1' 'd["sas"] >= 1'

# --- closing
ok "close" exits 0 close "$id"
ok "suspended: held" exits 3 status
ok "why says by whom" exits 3 why "$id"
ok "it was us" says 'said:   trustgate close by uid'
ok "close of what is not there" exits 1 close 4000000000
ok "the kernel's words" complains 'no such context'
ok "quarantine" exits 0 quarantine "$id"
ok "rejected" exits 4 status
ok "wait for a rejected one ends" exits 4 wait --timeout 30 "$id"
ok "its proofs are refused" not_act good revocation 60000 ""

# --- foreign text
ok "a peer with escapes and broken UTF-8" act context 8 1 $'evil\e[31m\xff\xe2\x80\xae.example'
evil=$answer
ok "status" exits 4 status
ok "no control character reaches the terminal" not_grep $'\e\|\xe2\x80\xae' "$out"
ok "they are shown" says 'evil\\x1b\[31m\\xff\\xe2'
ok "status -j" exits 4 status -j
ok "it is JSON" json "any(t['id'] == $evil for t in d['tunnels'])"
ok "a bad proof" act bad device-auth "pki.name: segw2 is not segw (remedy)"
ok "why" exits 4 why "$evil"
ok "names the rule" says 'said:   pki.name: segw2'
ok "why -j" exits 4 why "$evil" -j
ok "it is JSON" json 'd["contexts"][0]["findings"][0]["kind"] == "device-auth"' \
	'd["contexts"][0]["findings"][0]["result"] == "bad"' 'd["contexts"][0]["remedy"]'

# --- the agent dies
actor_stop
sleep 1	# longer than grace
ok "no agent any more" exits 5 status
kill -INT "$monitor" "$lines"
ok "monitor ends at an interrupt" wait "$monitor"
wait "$lines"
cp "$dir/events" "$out"
ok "monitor -j: one document a line" each_line_json
ok "it saw the context open" grep -q '"event":"context-state".*"state":"open"' "$dir/events"
ok "it saw a proof" grep -q '"event":"evidence".*"kind":"revocation","result":"good"' "$dir/events"
ok "it saw the agent go" grep -q '"event":"agent-lost"' "$dir/events"
cp "$dir/lines" "$out"
ok "monitor: a line an event" says '^[0-9:.]* context-state context [0-9]* segw.example.org: pending -> open'

ip xfrm state flush
rm -rf "$dir"
finish
