#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# What "trustgate status" says of a box that lacks something, with the real agent:
# no TPM, a TPM that does not vouch, no charon, the wrong user, a dead agent.
# Run as root; loads the module. HNB-TRE-02, HNB-GATE-26.
cd "$(dirname "$0")" || exit 1
if [ -z "${TG_INSIDE-}" ]; then
	if [ "$(id -u)" != 0 ] || ! command -v "${TG_AGENT:-trustgated}" > /dev/null; then
		echo "1..0 # SKIP needs root and trustgated"
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
chmod 755 "$dir"
TOOL=("${TG_TOOL:-trustgate}" --socket "$dir/control.sock")

configure() {	# configure TCTI POLICY-LINE...
	local tcti=$1
	shift
	{ echo "policy 1"; printf '%s\n' "$@"; } > "$dir/policy"
	cat > "$dir/conf" <<-E
	[agent]
	plugin_socket = $dir/plugin.sock
	control_socket = $dir/control.sock
	[charon]
	vici = $dir/vici
	child = net
	[peer]
	name = segw.example.org
	anchor = $dir/anchor.pem
	[ocsp]
	uri = http://192.0.2.1:8080/
	[tre]
	tcti = $tcti
	pcrs = 0,9
	policy = $dir/policy
	retry = 1s
	E
}

agent_start() {
	: > "$dir/log"
	"${TG_AGENT:-trustgated}" -c "$dir/conf" >> "$dir/log" 2>&1 &
	agent=$!
}

agent_end() {	# agent_end SIGNAL
	kill "-$1" "$agent"
	wait "$agent" 2> /dev/null
	true
}

# until_says PATTERN ARGS...: the tool complains of PATTERN within ten seconds
until_says() {
	local pattern=$1 _
	shift
	for _ in $(seq 50); do
		"${TOOL[@]}" "$@" > "$out" 2> "$err"
		complains "$pattern" && return 0
		sleep 0.2
	done
	sed 's/^/# agent: /' "$dir/log"
	return 1
}

until_registered() {
	local _
	for _ in $(seq 50); do
		"${TOOL[@]}" show agent > "$out" 2> "$err" && return 0
		sleep 0.2
	done
	sed 's/^/# agent: /' "$dir/log"
	return 1
}

unprivileged() {
	local got=0
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all \
		"${TOOL[@]}" "$@" > "$out" 2> "$err" || got=$?
	[ "$got" = 77 ]
}

echo "TAP version 13"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-subj /CN=anchor -keyout "$dir/key.pem" -out "$dir/anchor.pem" 2> /dev/null

zeros=$(printf '0%.0s' $(seq 64)) ones=$(printf '1%.0s' $(seq 64))
configure "device:$dir/no-tpm" "pcr 0 $zeros" "pcr 9 $ones"
ok "check config finds no error" exits 0 check config "$dir/conf"
agent_start
ok "the agent registers" until_registered
ok "no TPM" until_says '^trustgate: tpm: unavailable'
ok "it says what to do" complains 'tpm: unavailable.*(.*modprobe tpm_crb.*tcti'
ok "no charon: the plugin" complains '^trustgate: charon: its trustgate plugin is not connected'
ok "no charon: VICI" complains '^trustgate: charon: the agent has no VICI connection'
ok "in the form of errors" errors_in_form
ok "held" exits 3 status
ok "why says the same" exits 3 why
ok "the TPM first" complains '^trustgate: tpm: unavailable'
ok "status -j" exits 3 status -j
ok "it is JSON" json 'd["control"]["schema"] == "trustgate.agent/1"' \
	'd["control"]["tre"]["verdict"] == "unavailable"' \
	'{p["what"] for p in d["problems"]} >= {"tpm", "charon"}'
ok "recheck" exits 0 recheck
ok "recheck of no context" exits 1 recheck 4000000000
ok "in the agent's words" errors_in_form
ok "unprivileged status" unprivileged status
ok "it says to be root" complains 'run as root'
ok "unprivileged recheck" unprivileged recheck
ok "it says to be root as well" complains 'run as root'
agent_end KILL
ok "a killed agent" until_says 'agent: .*(.*systemctl start trustgated' status
ok "no agent" exits 5 status

if [ -c /dev/tpmrm0 ]; then
	# A machine without firmware measures nothing, and is told that instead.
	tpm2_pcrread sha256:0,9 | grep -q '0x.*[1-9A-F]' || tpm2_pcrextend "0:sha256=$ones"
	configure device:/dev/tpmrm0 "pcr 0 $ones" "pcr 9 $zeros"
	agent_start
	ok "a TPM that does not vouch for the box" until_says '^trustgate: tpm: fail'
	ok "it names PCR, both values and the line" \
		complains 'PCR 0.*[0-9a-f]\{64\}.*line'
ok "why says it" exits 3 why
	ok "the same" complains '^trustgate: tpm: fail'
	agent_end TERM
else
	skip "a TPM that does not vouch for the box" "there is no TPM"
fi
rm -rf "$dir"
finish
