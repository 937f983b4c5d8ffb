#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# trustgate check ocsp: options, files and exit status, on answers that openssl-ocsp(1)
# gives. The rules themselves are test_ocsp's. Needs no module, agent or privilege.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/ctl/lib.sh
. ../ctl/lib.sh
TOOL=("${TG_TOOL:-trustgate}")
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT

cert() { # NAME CN ISSUER EXTENSIONS...: ISSUER "" is self-signed
	local name=$1 cn=$2 issuer=$3
	shift 3
	printf '%s\n' "$@" > "$d/ext"
	openssl ecparam -name prime256v1 -genkey -noout -out "$d/$name.key"
	openssl req -new -key "$d/$name.key" -subj "/O=Test/CN=$cn" -out "$d/csr"
	if [ "$issuer" ]; then
		openssl x509 -req -in "$d/csr" -CA "$d/$issuer.pem" -CAkey "$d/$issuer.key" \
			-set_serial "0x$(openssl rand -hex 8)" -days 30 -extfile "$d/ext" \
			-out "$d/$name.pem"
	else
		openssl x509 -req -in "$d/csr" -signkey "$d/$name.key" -days 30 \
			-extfile "$d/ext" -out "$d/$name.pem"
	fi
}

index() { # NAME STATUS: a line of the responder's database
	local serial revoked=
	serial=$(openssl x509 -in "$d/$1.pem" -noout -serial)
	[ "$2" = R ] && revoked=240101000000Z
	printf '%s\t491231235959Z\t%s\t%s\tunknown\t/O=Test/CN=%s\n' "$2" "$revoked" \
		"${serial#serial=}" "$1" >> "$d/index"
}

# answer FILE NAME [OPTIONS...]: what openssl-ocsp says of NAME; -nonce asks with one
answer() {
	local file=$1 name=$2 signer=${SIGNER:-ocsp} ask=-no_nonce
	shift 2
	[ "${1-}" = -nonce ] && { ask=-nonce; shift; }
	openssl ocsp -issuer "$d/ca.pem" -cert "$d/$name.pem" "$ask" -reqout "$d/req"
	openssl ocsp -index "$d/index" -CA "$d/ca.pem" -rsigner "$d/$signer.pem" \
		-rkey "$d/$signer.key" -reqin "$d/req" -respout "$d/$file" -ndays 2 "$@"
}

make() {
	set -e
	cert ca CA "" basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign
	for name in leaf gone stranger; do
		cert $name $name ca basicConstraints=CA:FALSE
	done
	cert ocsp OCSP ca extendedKeyUsage=OCSPSigning 1.3.6.1.5.5.7.48.1.5=DER:0500
	cert local Local "" basicConstraints=CA:FALSE
	index leaf V
	index gone R
	answer good.der leaf
	answer nonce.der leaf -nonce
	openssl ocsp -reqin "$d/req" -req_text -noverify | sed -n 's/^ *04[0-9A-F][0-9A-F]\([0-9A-F]*\)$/\1/p' \
		> "$d/nonce"
	answer gone.der gone
	answer stranger.der stranger
	answer sha1.der leaf -rmd sha1
	SIGNER=local answer local.der leaf
	for name in leaf ca; do
		openssl x509 -in "$d/$name.pem" -outform DER -out "$d/$name.der"
	done
	cat "$d/leaf.pem" "$d/ca.pem" > "$d/path.pem"
	{
		echo "-----BEGIN OCSP RESPONSE-----"
		openssl base64 -in "$d/good.der"
		echo "-----END OCSP RESPONSE-----"
	} > "$d/good.pem"
	{ cat "$d/good.der"; printf x; } > "$d/tail.der"
	printf '\x30\x03\x0a\x01\x03' > "$d/later.der"
	: > "$d/empty"
	echo garbage > "$d/garbage"
}

if ! (make) > "$d/log" 2>&1; then
	sed 's/^/# /' "$d/log"
	echo "Bail out! no certificates or answers"
	exit 1
fi
nonce=$(cat "$d/nonce")
# Each answer is five seconds old, or a little more.
now=$(date +%s)
at="@$((now + 5))"

check() { # STATUS RESPONSE [OPTIONS...]
	local want=$1 response=$2
	shift 2
	exits "$want" check ocsp --cert "$d/${CERT:-leaf.pem}" --issuer "$d/${ISSUER:-ca.pem}" \
		--at "${AT:-$at}" --response "$d/$response" "$@"
}
of() { local CERT=$1; shift; check "$@"; }
by() { local ISSUER=$1; shift; check "$@"; }
when() { local AT=$1; shift; check "$@"; }
check_der() { local CERT=leaf.der ISSUER=ca.der; check 0 good.der; }
rule() { says "^$1: $2: "; }
policy() { # LINE STATUS RESPONSE [OPTIONS...]
	printf '[ocsp]\n%s\n' "$1" > "$d/policy"
	shift
	check "$@" --policy "$d/policy"
}
usage() { check 64 good.der "$@" && silent && errors_in_form; }
bad_policy() { policy "$1" 64 good.der && silent && errors_in_form; }

echo "TAP version 13"
ok "HNB-OCSP-01: good is 0" check 0 good.der
ok "HNB-OCSP-09: it says by which rule" rule good ocsp.good
ok "HNB-OCSP-09: and until when" says '^until 2'
ok "HNB-OCSP-10: revoked is 1" of gone.pem 1 gone.der
ok "HNB-OCSP-10: it says so" rule revoked ocsp.revoked
stale_revoked() { local AT="@$((now + 10 * 86400))"; of gone.pem 1 gone.der; }
ok "HNB-OCSP-10: revoked is 1 though the answer is stale" stale_revoked
ok "HNB-OCSP-10: unknown is 2" of stranger.pem 2 stranger.der
ok "HNB-OCSP-10: it says so" rule indeterminate ocsp.unknown
ok "HNB-OCSP-09: an answer for another certificate is 2" of stranger.pem 2 good.der
ok "HNB-OCSP-09: it says so" rule indeterminate ocsp.certid
ok "HNB-OCSP-10: tryLater is 2" check 2 later.der
ok "HNB-OCSP-10: it says so" rule indeterminate ocsp.status
ok "HNB-OCSP-09: another issuer is 2" by local.pem 2 good.der
ok "HNB-OCSP-09: a byte behind the response is 2" check 2 tail.der
ok "HNB-OCSP-09: garbage is 2" check 2 garbage
ok "HNB-OCSP-09: an empty response is 2" check 2 empty
ok "HNB-OCSP-09: no response is 2" check 2 nothing
ok "HNB-OCSP-09: and standard error says why" complains 'nothing: No such file'
ok "HNB-OCSP-09: an answer of two days ago is 2" when "@$((now + 2 * 86400))" 2 good.der
ok "PIT-16: and one older than AGE_MAX, before its nextUpdate" when "@$((now + 86400 + 60))" 2 \
	good.der
ok "PIT-16: it says so" rule indeterminate ocsp.thisupdate.old
ok "PIT-17: an answer of the future is 2" when "@$((now - 400))" 2 good.der
ok "HNB-OCSP-09: the time may be RFC 3339" when "$(date -ud "@$((now + 5))" +%FT%TZ)" 0 good.der
ok "HNB-OCSP-09: with an offset" when "$(TZ=XXX-2 date -d "@$((now + 5))" +%FT%T+02:00)" 0 good.der

ok "HNB-OCSP-09: certificates may be DER" check_der
ok "HNB-OCSP-09: of several certificates in a file the first counts" of path.pem 0 good.der
ok "HNB-OCSP-09: a response may be PEM" check 0 good.pem

ok "FFS-15: our nonce is good" check 0 nonce.der --nonce "$nonce"
ok "FFS-15: in small letters too" check 0 nonce.der --nonce "${nonce,,}"
ok "PIT-16: another nonce is 2" check 2 nonce.der --nonce "00${nonce:2}"
ok "PIT-16: it says so" rule indeterminate ocsp.nonce.mismatch
ok "FFS-15: a nonce that is missing is 2" check 2 good.der --nonce "$nonce"
ok "FFS-15: it says so" rule indeterminate ocsp.nonce.absent
ok "FFS-15: a nonce nobody asked for is good" check 0 nonce.der
ok "FFS-15: preferred: without it is good" policy 'nonce = preferred' 0 good.der --nonce "$nonce"
preferred_late() { local AT="@$((now + 3700))"; policy 'nonce = preferred' 2 good.der --nonce 00; }
ok "FFS-15: preferred: for an hour" preferred_late
ok "FFS-15: it says so" rule indeterminate ocsp.nonce.old
ok "FFS-15: preferred: another one is 2" policy 'nonce = preferred' 2 nonce.der --nonce 00
ok "FFS-15: required and not given is 2" policy 'nonce = required' 2 good.der

ok "FFS-14: a responder nobody named is 2" check 2 local.der
ok "FFS-14: a responder that is trusted is good" check 0 local.der --signer "$d/local.pem"
ok "FFS-14: so it is as the second one" check 0 local.der --signer "$d/leaf.pem" \
	--signer "$d/local.pem"
ok "FFS-14: another one that is trusted is 2" check 2 local.der --signer "$d/leaf.pem"

ok "HNB-OCSP-12: SHA-1 is good by default" check 0 sha1.der
ok "HNB-OCSP-13: and complained of" says 'signed over SHA-1'
ok "HNB-OCSP-13: sha1 = deny is 2" policy 'sha1 = deny' 2 sha1.der
ok "HASH-02: a cut-off in the past is 2" policy 'sha1 = legacy-before=2020-01-01' 2 sha1.der
ok "HASH-02: a cut-off in the future is good" policy 'sha1 = legacy-before=2100-01-01T00:00:00Z' \
	0 sha1.der
ok "PIT-16: a shorter AGE_MAX" policy 'age_max = 4s' 2 good.der
later() { local AT="@$((now + 86400 + 60))"; policy 'age_max = 3d' 0 good.der; }
ok "PIT-16: a longer AGE_MAX" later
ok "HNB-OCSP-09: a smaller OCSP_MAX" policy 'response_max = 64' 2 good.der
ok "HNB-OCSP-09: it says so" rule indeterminate ocsp.size

ok "HNB-OCSP-09: -j" check 0 good.der -j
ok "HNB-OCSP-09: it is JSON" json 'd["schema"] == "trustgate.check-ocsp/1"' \
	'd["verdict"] == "good"' 'd["rule"] == "ocsp.good"' 'd["expires_s"] > d["at_s"]' \
	"d['at_s'] == $((now + 5))" 'not d["provisional"]' 'd["sha1"] == 0' \
	"d['proof_digest'] == '$(sha256sum < "$d/good.der" | cut -c-64)'" \
	"d['cert_digest'] == '$(openssl x509 -in "$d/leaf.pem" -outform DER | sha256sum | cut -c-64)'"
ok "HNB-OCSP-10: -j of a revocation" of gone.pem 1 gone.der --json
ok "HNB-OCSP-10: it is JSON" json 'd["verdict"] == "revoked"' 'd["expires_s"] is None'
ok "HNB-OCSP-13: -j of SHA-1" check 0 sha1.der -j
ok "HNB-OCSP-13: it is counted" json 'd["sha1"] == 1'

ok "check ocsp --help" exits 0 check ocsp --help
ok "no option" exits 64 check ocsp
ok "no certificate" exits 64 check ocsp --issuer "$d/ca.pem" --response "$d/good.der"
ok "no issuer" exits 64 check ocsp --cert "$d/leaf.pem" --response "$d/good.der"
ok "no response" exits 64 check ocsp --cert "$d/leaf.pem" --issuer "$d/ca.pem"
ok "a certificate that isn't there" of nothing 64 good.der
ok "a certificate that is none" of garbage 64 good.der
ok "an issuer that is none" by garbage 64 good.der
ok "a trusted responder that is none" usage --signer "$d/garbage"
ok "an option that is none" usage --frobs
ok "an option without its value" usage --nonce
ok "an option twice" usage --cert "$d/leaf.pem"
ok "an argument" usage good
ok "a time that is none" when soon 64 good.der
ok "a nonce that is not hexadecimal" usage --nonce 0g
ok "half a nonce" usage --nonce 000
ok "an empty nonce" usage --nonce ""
ok "a nonce of 129 octets" usage --nonce "$(printf '00%.0s' {1..129})"
ok "a policy that isn't there" usage --policy "$d/nothing"
ok "a policy with an unknown key" bad_policy 'colour = red'
ok "it names the key" complains 'colour = red: unknown key'
ok "a policy with a key twice" bad_policy "$(printf 'skew = 1s\nskew = 2s')"
ok "a policy with another section" bad_policy "$(printf '[peer]\nname = x')"
ok "a policy with a bad unit" bad_policy 'skew = 5 weeks'
ok "a policy with a number out of range" bad_policy 'response_max = 65537'
ok "a policy with a negative number" bad_policy 'skew = -5'
ok "a policy with a bad nonce rule" bad_policy 'nonce = maybe'
ok "a policy with a bad SHA-1 rule" bad_policy 'sha1 = sometimes'
ok "a policy with a bad date" bad_policy 'sha1 = legacy-before=2026-02-31'
ok "a policy with a line that is none" bad_policy 'frobs'
finish
