#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# trustgate check chain and check crl: options, files and exit status, on what openssl(1)
# issues. The rules themselves are test_chain's, test_profile's and test_crl's. Needs no
# module, agent or privilege.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/ctl/lib.sh
. ../ctl/lib.sh
TOOL=("${TG_TOOL:-trustgate}")
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
NAME=segw.operator.test
PROFILES=$PWD/../../policy/profiles
[ -d "$PROFILES" ] || PROFILES=/usr/share/trustgate/profiles

key() { openssl ecparam -name "${2:-prime256v1}" -genkey -noout -out "$d/$1.key"; }

cert() { # NAME ISSUER EXTENSIONS...: ISSUER "" is self-signed
	local name=$1 issuer=$2
	shift 2
	printf '%s\n' "$@" > "$d/ext"
	[ -e "$d/$name.key" ] || key "$name"
	openssl req -new -key "$d/$name.key" -subj "/O=Test/CN=$name" -out "$d/csr"
	if [ "$issuer" ]; then
		openssl x509 -req -in "$d/csr" -CA "$d/$issuer.pem" -CAkey "$d/$issuer.key" \
			-set_serial "0x$(openssl rand -hex 8)" -days 30 "${MD:--sha256}" \
			-extfile "$d/ext" -out "$d/$name.pem"
	else
		openssl x509 -req -in "$d/csr" -signkey "$d/$name.key" -days 30 -extfile "$d/ext" \
			-out "$d/$name.pem"
	fi
}

crl() { # FILE [OPTIONS...]
	local file=$1
	shift
	openssl ca -config "$d/ca.cnf" -gencrl -out "$d/$file" "$@"
}

make() {
	set -e
	local ca=("basicConstraints=critical,CA:TRUE" "keyUsage=critical,keyCertSign,cRLSign"
		"subjectKeyIdentifier=hash")
	local end=("keyUsage=critical,digitalSignature" "subjectAltName=DNS:$NAME,IP:2001:db8::1")
	cert root "" "${ca[@]}"
	cert other "" "${ca[@]}"
	cert sub1 root "${ca[@]}"
	cert sub2 sub1 "${ca[@]}"
	cert sub3 sub2 "${ca[@]}"
	cert sub4 sub3 "${ca[@]}"
	cert leaf root "${end[@]}"
	cert leaf1 sub1 "${end[@]}"
	cert leaf3 sub3 "${end[@]}"
	cert leaf4 sub4 "${end[@]}"
	cert plainroot "" "basicConstraints=critical,CA:TRUE"
	cert plainca root "basicConstraints=critical,CA:TRUE"
	cert nosignca root "basicConstraints=critical,CA:TRUE" "keyUsage=critical,cRLSign"
	cert codeca root "${ca[@]}" "extendedKeyUsage=codeSigning"
	local n
	for n in plainroot plainca nosignca codeca; do cert "by-$n" "$n" "${end[@]}"; done
	# As one that was written before these rules were there, and that does without keyUsage.
	sed -E -e '/^policy-qualifier/d' -e '/^\[ike-ca\]/,/^\[tls/{/^extended-key-usage/d
		s/^(key-usage|key-usage-critical|cert-sign) = error/\1 = off/}' \
		"$PROFILES/seed.conf" > "$d/relaxed.conf"
	MD=-sha1 cert sha1 root "${end[@]}"
	key weak secp224r1
	cert weak root "${end[@]}"
	openssl x509 -in "$d/leaf.pem" -outform DER -out "$d/leaf.der"
	openssl x509 -in "$d/root.pem" -outform DER -out "$d/root.der"
	cat "$d/leaf3.pem" "$d/sub1.pem" "$d/sub3.pem" "$d/sub2.pem" > "$d/bundle.pem"
	cat "$d/other.pem" "$d/root.pem" > "$d/roots.pem"
	{ cat "$d/leaf.der"; echo; } > "$d/tail.der"
	head -c 100 "$d/leaf.der" > "$d/cut.der"
	cat "$d/leaf.der" "$d/root.der" > "$d/two.der"
	{ openssl x509 -in "$d/leaf.pem" -noout -text; cat "$d/leaf.key" "$d/leaf.pem"; } > "$d/text.pem"
	sed '3s/./*/' "$d/leaf.pem" > "$d/broken.pem"
	: > "$d/empty"
	head -c 300000 /dev/urandom > "$d/noise"

	: > "$d/index"
	echo 01 > "$d/number"
	cat > "$d/ca.cnf" <<-CNF
	[ca]
	default_ca = test
	[test]
	database = $d/index
	crlnumber = $d/number
	certificate = $d/root.pem
	private_key = $d/root.key
	default_md = sha256
	default_crl_days = 7
	crl_extensions = extensions
	[extensions]
	authorityKeyIdentifier = keyid
	CNF
	crl empty.crl
	openssl ca -config "$d/ca.cnf" -revoke "$d/leaf.pem" -crl_reason keyCompromise
	crl full.crl
	crl sha1.crl -md sha1
	openssl crl -in "$d/full.crl" -outform DER -out "$d/full.der"
	head -c 200 "$d/full.der" > "$d/cut.crl"
	{ cat "$d/full.der"; echo; } > "$d/tail.crl"
}

(make) > "$d/log" 2>&1 || { echo "Bail out! openssl"; sed 's/^/# /' "$d/log"; exit 1; }

chain() { # STATUS ARGS...: files without their directory
	local want=$1 a args=()
	shift
	for a in "$@"; do
		case $a in
		*.pem|*.der|empty|noise)	args+=("$d/$a") ;;
		*)				args+=("$a") ;;
		esac
	done
	exits "$want" check chain "${args[@]}"
}

list() { # STATUS ARGS...
	local want=$1 a args=()
	shift
	for a in "$@"; do
		case $a in
		*.pem|*.der|*.crl|empty|noise)	args+=("$d/$a") ;;
		*)				args+=("$a") ;;
		esac
	done
	exits "$want" check crl "${args[@]}"
}

usage() { "$@" && silent && errors_in_form; }
segw=(--anchor root.pem --role segw)
soon=$(date -u -d '+20 days' +%Y-%m-%dT%H:%M:%SZ)
late=$(date -u -d '+40 days' +%s)

echo "TAP version 13"
ok "HNB-AUTH-09: a good path" chain 0 "${segw[@]}" --name $NAME leaf.pem
ok "HNB-AUTH-09: it says so" says '^good: path.good: '
ok "HNB-AUTH-09: DER does as well" chain 0 --anchor root.der --role segw --name $NAME leaf.der
ok "HNB-AUTH-09: options may stand behind" chain 0 leaf.pem "${segw[@]}" --name $NAME
ok "HNB-AUTH-09: another name" chain 1 "${segw[@]}" --name other.operator.test leaf.pem
ok "HNB-AUTH-09: it names the rule" says '^bad: name.mismatch: '
ok "HNB-AUTH-10: an IPv6 address" chain 0 "${segw[@]}" --name 2001:DB8:0::1 leaf.pem
ok "HNB-AUTH-09: an empty name is none" chain 1 "${segw[@]}" --name "" leaf.pem
ok "HNB-AUTH-09: a name is not asked for" chain 0 "${segw[@]}" leaf.pem
ok "HNB-PATH-02: four in a bundle, in another order" chain 0 "${segw[@]}" bundle.pem
ok "HNB-PATH-02: four in files, one of them twice is five" chain 1 "${segw[@]}" bundle.pem sub1.pem
ok "HNB-PATH-02: five" chain 1 "${segw[@]}" leaf4.pem sub4.pem sub3.pem sub2.pem sub1.pem
ok "HNB-PATH-02: it names the rule" says '^bad: path.length: '
ok "HNB-PATH-02: one missing" chain 1 "${segw[@]}" leaf3.pem sub3.pem sub1.pem
ok "HNB-TRE-07: another root" chain 1 --anchor other.pem --role segw leaf.pem
ok "HNB-TRE-07: one of two roots in a file" chain 0 --anchor roots.pem --role segw leaf.pem
ok "HNB-TRE-07: one of two files" chain 0 --anchor other.pem "${segw[@]}" leaf.pem
ok "HNB-TRE-07: a root that is sent is none" chain 1 --anchor other.pem --role segw leaf.pem root.pem
ok "HNB-TRE-07: a CA below the root as anchor" chain 0 --anchor sub1.pem --role segw leaf1.pem
ok "HNB-F1-11: the leaf as its own anchor" chain 1 --anchor leaf.pem --role segw leaf.pem
ok "HNB-F1-11: the root as leaf" chain 1 "${segw[@]}" root.pem
ok "HNB-PATH-03: before its time" chain 1 "${segw[@]}" --at @0 leaf.pem
ok "HNB-PATH-03: it names the rule" says '^bad: time.future: '
ok "HNB-PATH-03: in its time" chain 0 "${segw[@]}" --at "$soon" leaf.pem
ok "HNB-PATH-03: the same time in another zone" chain 0 "${segw[@]}" \
	--at "$(TZ=UTC-2 date -d "$soon" +%Y-%m-%dT%H:%M:%S+02:00)" leaf.pem
ok "HNB-PATH-03: after it" chain 1 "${segw[@]}" --at "@$late" leaf.pem
ok "CRT-04: P-224" chain 1 "${segw[@]}" weak.pem
ok "CRT-04: it names rule and clause" says 'profile.ike-entity.ec-curve.*TS 33.310 6.1.1'
ok "HASH-02: SHA-1, by default" chain 0 "${segw[@]}" sha1.pem
ok "HASH-02: it is told" says '^warn: path.digest: signatures over SHA-1: 1'
ok "HASH-03: SHA-1 under rel17-strict" chain 1 "${segw[@]}" --profile rel17-strict sha1.pem
ok "HASH-02: SHA-1 with --strict" chain 1 "${segw[@]}" --strict sha1.pem
ok "HNB-AUTH-16: no warning with --strict" chain 0 "${segw[@]}" --strict leaf.pem
ok "CRT-12: a SeGW without CRL distribution point under rel17" chain 1 "${segw[@]}" \
	--profile rel17 leaf.pem
ok "CON-23: a H(e)NB without one" chain 0 --anchor root.pem --role henb --profile rel17 leaf.pem
ok "TLSC-06: as a H(e)MS its common name is another" chain 1 --anchor root.pem --role hems leaf.pem
profiles=../../policy/profiles
[ -d $profiles ] || profiles=/usr/share/trustgate/profiles
sed '/^rsa-bits = /s/error/fatal/' $profiles/seed.conf > "$d/bad.conf"
ok "CON-27: a profile in a file" chain 0 "${segw[@]}" --profile $profiles/seed.conf leaf.pem
ok "CON-27: a profile with a mistake" chain 64 "${segw[@]}" --profile "$d/bad.conf" leaf.pem
ok "CON-27: it names file and line" complains "^trustgate: $d/bad.conf:[0-9]*: ike-entity.rsa-bits"

ok "PIT-15: a byte behind it" chain 1 "${segw[@]}" tail.der
ok "PIT-15: cut short" chain 1 "${segw[@]}" cut.der
ok "PIT-15: two in one DER file" chain 1 "${segw[@]}" two.der
ok "PIT-15: text, a key and a certificate" chain 0 "${segw[@]}" text.pem
ok "PIT-15: broken PEM" chain 1 "${segw[@]}" broken.pem
ok "PIT-15: an empty file" chain 1 "${segw[@]}" empty
ok "PIT-15: noise" chain 1 "${segw[@]}" noise
ok "PIT-15: noise as a CA" chain 1 "${segw[@]}" leaf.pem noise
ok "PIT-15: noise as anchor" chain 1 --anchor noise --role segw leaf.pem
ok "PIT-15: an empty anchor" chain 1 --anchor empty --role segw leaf.pem

ok "no role" usage chain 64 --anchor root.pem leaf.pem
ok "no such role" usage chain 64 --anchor root.pem --role enb leaf.pem
ok "no anchor" usage chain 64 --role segw leaf.pem
ok "no leaf" usage chain 64 "${segw[@]}"
ok "no such option" usage chain 64 "${segw[@]}" --frob leaf.pem
ok "an option without its value" usage chain 64 "${segw[@]}" leaf.pem --name
ok "a file that is not there" usage chain 64 "${segw[@]}" /nonexistent/leaf
ok "a directory" usage chain 64 "${segw[@]}" /
ok "an anchor that is not there" usage chain 64 --anchor /nonexistent/root --role segw leaf.pem
ok "a PEM file without a certificate" usage chain 64 "${segw[@]}" "$d/leaf.key"
ok "no such profile" usage chain 64 "${segw[@]}" --profile rel99 leaf.pem
ok "a file that is no profile" usage chain 64 "${segw[@]}" --profile "$d/leaf.key" leaf.pem
for t in 2026-09-21 2026-02-30T00:00:00Z 2026-09-21T14:13:20 2026-09-21T24:00:00Z tomorrow @ @1x \
	@99999999999999999999 '' 1790000000; do
	ok "no time: '$t'" usage chain 64 "${segw[@]}" --at "$t" leaf.pem
done
ok "help" chain 0 --help
ok "it names the options" says '--anchor FILE'
ok "JSON" chain 0 "${segw[@]}" --name $NAME -j sha1.pem
ok "it is as documented" json 'd["schema"] == "trustgate.check-chain/1"' 'd["verdict"] == "good"' \
	'd["rule"] == "path.good"' 'd["sha1"] == 1' 'd["anchor"] == 0' 'd["role"] == "segw"' \
	'd["expires_s"] > d["at_s"]' 'd["profile"] == "seed"' 'd["name"] == "segw.operator.test"' \
	'all(f["rule"] and f["clause"] and f["level"] == "info" for f in d["findings"])'
ok "JSON of a refusal" chain 1 "${segw[@]}" --name other.test -j leaf.pem
ok "it has the rule" json 'd["verdict"] == "bad"' 'd["rule"] == "name.mismatch"' \
	'd["expires_s"] is None' 'd["anchor"] is None'

root=(--issuer root.pem --cert leaf.pem)
ok "SGW-REV-12: a list without the certificate" list 0 --crl empty.crl "${root[@]}"
ok "SGW-REV-12: it says so" says '^good: crl.good: '
ok "SGW-REV-12: a list with it" list 1 --crl full.crl "${root[@]}"
ok "SGW-REV-12: it says why" says '^revoked: crl.revoked: .* for keyCompromise'
ok "SGW-REV-12: in DER" list 1 --crl full.der --issuer root.der --cert leaf.der
ok "SGW-REV-12: another certificate" list 0 --crl full.crl --issuer root.pem --cert sub1.pem
ok "SGW-REV-12: the list alone" list 0 --crl full.crl --issuer root.pem
named=(--role segw --name "$NAME")
ok "CA-03: a root without keyUsage, by a profile that asks for none (RFC 5280 6.1.4 n)" \
	chain 0 --anchor plainroot.pem "${named[@]}" --profile "$d/relaxed.conf" by-plainroot.pem
ok "CA-03: the same by the profile of TS 33.310" \
	chain 1 --anchor plainroot.pem "${named[@]}" by-plainroot.pem
ok "CA-03: the profile's rule refuses it" says '^bad: profile.ike-ca.key-usage: '
ok "CA-03: a CA without keyUsage in between" chain 0 --anchor root.pem "${named[@]}" \
	--profile "$d/relaxed.conf" by-plainca.pem plainca.pem
ok "CA-03: one that may not sign certificates, whatever the profile" chain 1 --anchor root.pem \
	"${named[@]}" --profile "$d/relaxed.conf" by-nosignca.pem nosignca.pem
ok "CA-03: it is said what it lacks" says '^bad: path.ca: .*certificate signing'
ok "CA-03: an end entity as the issuer lacks the other" chain 1 --anchor leaf.pem "${named[@]}" \
	--profile "$d/relaxed.conf" leaf.pem
ok "CA-04: a CA for signing code only" chain 1 --anchor root.pem "${named[@]}" by-codeca.pem codeca.pem
ok "CA-04: it names the rule" says '^bad: profile.ike-ca.extended-key-usage: '
ok "CA-04: nor by a profile from before there was that rule" chain 1 --anchor root.pem \
	"${named[@]}" --profile "$d/relaxed.conf" by-codeca.pem codeca.pem
ok "SGW-REV-12: a certificate of another CA" list 2 --crl full.crl --issuer root.pem --cert leaf1.pem
ok "SGW-REV-12: another issuer" list 2 --crl full.crl --issuer other.pem --cert leaf.pem
ok "SGW-REV-12: a stale list without it" list 2 --crl empty.crl "${root[@]}" --at "$soon"
ok "SGW-REV-12: it names the rule" says '^indeterminate: crl.time.stale: '
ok "SGW-REV-12: a stale list with it" list 1 --crl full.crl "${root[@]}" --at "$soon"
ok "SGW-REV-12: a list of the future" list 2 --crl empty.crl "${root[@]}" --at @0
ok "SGW-REV-10: SHA-1" list 0 --crl sha1.crl --issuer root.pem
ok "SGW-REV-10: it is told" says '^warn: crl.digest: '
ok "HASH-03: SHA-1 under rel17-strict" list 2 --crl sha1.crl --issuer root.pem --profile rel17-strict
ok "SGW-REV-12: cut short" list 2 --crl cut.crl "${root[@]}"
ok "SGW-REV-12: a byte behind it" list 2 --crl tail.crl "${root[@]}"
ok "SGW-REV-12: an empty list" list 2 --crl empty "${root[@]}"
ok "SGW-REV-12: noise" list 2 --crl noise "${root[@]}"
ok "SGW-REV-12: a list that is not there" list 2 --crl /nonexistent/list "${root[@]}"
ok "SGW-REV-12: a certificate for a list" list 2 --crl leaf.pem "${root[@]}"
ok "SGW-REV-12: a list for a certificate" list 2 --crl full.crl --issuer root.pem --cert full.der
ok "SGW-REV-12: noise for the issuer" list 2 --crl full.crl --issuer noise --cert leaf.pem
ok "no list" usage list 64 "${root[@]}"
ok "no issuer" usage list 64 --crl full.crl
ok "two lists" usage list 64 --crl full.crl --crl empty.crl --issuer root.pem
ok "an argument too many" usage list 64 --crl full.crl --issuer root.pem leaf.pem
ok "an issuer that is not there" usage list 64 --crl full.crl --issuer /nonexistent/root
ok "help" list 0 --help
ok "JSON" list 1 --crl full.crl "${root[@]}" -j
ok "it is as documented" json 'd["schema"] == "trustgate.check-crl/1"' 'd["verdict"] == "revoked"' \
	'd["list"]["entries"] == 1' 'd["list"]["number"] == "02"' 'd["list"]["sha1"] is False' \
	'len(d["proof_digest"]) == 64'
ok "JSON of a list that is none" list 2 --crl noise "${root[@]}" -j
ok "it has none" json 'd["list"] is None' 'd["rule"] == "crl.encoding"'
finish
