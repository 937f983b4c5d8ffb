#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317,SC2034  # functions and variables are used by ok
#
# trustgate check config opens the files that a configuration names: each of them missing, not
# to be read, a directory, empty, and another kind of file than it is to be.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/ctl/lib.sh
. ../ctl/lib.sh
TOOL=("${TG_TOOL:-trustgate}")
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
echo "TAP version 13"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -keyout "$d/key" -out "$d/cert" 2> /dev/null
openssl pkey -in "$d/key" -pubout -out "$d/pub" 2> /dev/null
openssl pkey -in "$d/key" -aes128 -passout pass:x -out "$d/locked" 2> /dev/null
openssl x509 -in "$d/cert" -outform DER -out "$d/der"
printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s/index\ndefault_md=sha256\ndefault_crl_days=3\n' "$d" > "$d/cnf"
: > "$d/index"
openssl ca -gencrl -config "$d/cnf" -keyfile "$d/key" -cert "$d/cert" -out "$d/crl" 2> /dev/null
printf 'policy 1\npcr 0 %064d\n' 5 > "$d/policy"
echo text > "$d/text"
mkdir "$d/dir" "$d/references" "$d/x509" "$d/x509ca"

henb() {
	cat <<- C
	[charon]
	child = core
	[peer]
	name = segw.example.org
	anchor = $d/cert
	profile = seed
	[ocsp]
	uri = http://10.99.0.2:8080/
	[tre]
	policy = $d/policy
	policy_key = $d/pub
	anchor_key = $d/pub
	approval_key = $d/pub
	[hems]
	mode = intranet-ipsec+tls
	url = https://hems.example.org/
	anchor = $d/cert
	certificate = $d/cert
	key = $d/key
	profile = seed
	C
}
segw() {
	cat <<- C
	[agent]
	role = segw
	[vendor acme]
	anchor = $d/cert
	sources = a
	[source a]
	class = operator-ocsp
	uri = http://10.0.0.2/
	signer = $d/cert
	[segw]
	crl_dir = $d/dir
	certificate = $d/cert
	issuer = $d/cert
	status_uri = http://10.0.0.3/
	[authz]
	mode = allowlist
	allowlist = $d/text
	[integrity]
	reference = $d/policy
	references = $d/references
	validate = require
	validate_uri = https://validate.example.org/
	validate_ca = $d/cert
	validate_cert = $d/cert
	validate_key = $d/key
	[devid]
	solution = x
	ca = $d/cert
	crl = $d/crl
	C
}
conf=$d/trustgated.conf
henb > "$conf"
ok "an H(e)NB's files that are there and good" exits 0 check config "$conf"
silent_err() { [ ! -s "$err" ]; }
ok "nothing is said of them" silent_err
segw > "$conf"
ok "and a SeGW's" exits 0 check config "$conf"
ok "nor of these" silent_err

# with ROLE SECTION KEY VALUE: that role's, with another value
with() { "$1" | awk -v s="[$2]" -v k="$3" -v v="$4" '/^\[/ { in_it = ($0 == s) } in_it && $1 == k { $0 = k " = " v } { print }' > "$conf"; }
named() { # RULE
	exits 1 check config -j "$conf" && json "[(e['rule'], e['key']) for e in d['errors']] == [('config.named', '$1')]"
}
each() { # ROLE SECTION KEY KIND...: what it is not
	local role=$1 section=$2 key=$3 bad
	for bad in none empty dir "${@:4}"; do
		with "$role" "$section" "$key" "$d/$bad"
		ok "$section.$key: $bad" named "$section.$key"
	done
}
: > "$d/empty"
for key in "peer anchor" "hems anchor" "hems certificate"; do each henb ${key} text key policy; done
for key in policy_key anchor_key approval_key; do each henb tre $key text cert key; done
each henb hems key text cert pub locked
for key in "vendor acme:anchor" "source a:signer" segw:certificate segw:issuer integrity:validate_ca \
	integrity:validate_cert devid:ca; do each segw "${key%%:*}" "${key##*:}" text key crl; done
each segw integrity validate_key text cert pub locked
each segw devid crl text cert
each segw authz allowlist
with segw segw crl_dir "$d/none"
ok "segw.crl_dir: none" named segw.crl_dir
with segw segw crl_dir "$d/text"
ok "segw.crl_dir: a file" named segw.crl_dir
with henb peer anchor "$d/der"
ok "a certificate may be DER" exits 0 check config "$conf"

syntax() { exits 1 check config -j "$conf" && json "[e['rule'] for e in d['errors']] == ['reference.syntax']"; }
with henb tre policy "$d/text"
ok "tre.policy: a text that is none" syntax
printf 'policy 1\npcr 0 %064d\n' 0 > "$d/zeros"
with henb tre policy "$d/zeros"
ok "HNB-TRE-01: tre.policy: one that proves nothing" syntax
for bad in none empty dir; do with henb tre policy "$d/$bad"; ok "tre.policy: $bad" named tre.policy; done
henb > "$conf"
cp "$d/policy" "$d/policy.next"
ok "the policy that is to replace it is good" exits 0 check config "$conf"
echo nonsense > "$d/policy.next"
ok "or not" syntax
rm "$d/policy.next"
segw > "$conf"
echo nonsense > "$d/references/lab.policy"
ok "integrity.references: each of them is read" syntax
rm "$d/references/lab.policy"

with henb peer anchor /nonexistent/trustgate/root.pem
warned() { exits 0 check config -j "$conf" && json "[(w['rule'], w['key']) for w in d['warnings']] == [('config.named', 'peer.anchor')]"; }
ok "what is of another machine is only warned of" warned
not_opened() { exits 0 check config --no-files "$conf" && silent_err; }
ok "and with --no-files it is not looked at" not_opened
with henb peer profile "$d/text"
no_profile() { exits 1 check config -j "$conf" && json "{e['rule'] for e in d['errors']} == {'profile.syntax'}"; }
ok "peer.profile: a file that is none" no_profile
with henb peer profile no-such-profile
ok "peer.profile: a name that there is none of" no_profile
with henb hems profile "$d/none"
ok "hems.profile: missing" no_profile
if [ "$(id -u)" != 0 ]; then
	chmod 0 "$d/cert"
	henb > "$conf"
	ok "one that may not be read" eval 'exits 1 check config "$conf" && complains "Permission denied"'
	chmod 600 "$d/cert"
fi

# swanctl's, beside its own file.
cat > "$d/swanctl.conf" <<- C
connections {
 segw {
  local { certs = henb.pem }
  remote { cacerts = root.pem
   certs = $d/none }
 }
}
C
swanctl_names() { "${TOOL[@]}" check config -j "$d/swanctl.conf" > "$out" 2> "$err"
	json "sorted(e['key'] for e in d['errors'] if e['rule'] == 'config.named') == $1"; }
ok "swanctl.conf: certificates and CAs that are not there" swanctl_names \
	"['connections.segw.local.certs', 'connections.segw.remote.cacerts', 'connections.segw.remote.certs']"
cp "$d/cert" "$d/x509/henb.pem"
cp "$d/key" "$d/x509ca/root.pem"
ok "swanctl.conf: or are another kind of file" swanctl_names \
	"['connections.segw.remote.cacerts', 'connections.segw.remote.certs']"
cp "$d/cert" "$d/x509ca/root.pem"
ok "swanctl.conf: and good ones" swanctl_names "['connections.segw.remote.certs']"
finish
