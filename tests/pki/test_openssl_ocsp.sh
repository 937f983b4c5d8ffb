#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The OCSP cases of OpenSSL's own tests, test/ocsp-tests with the list that
# test/recipes/80-test_ocsp.t has, on "trustgate check ocsp". They are answers that
# real responders gave in October 2012, and the same with one thing made wrong.
#
# OpenSSL looks at signatures alone, on 19 December 2012, when each of these answers
# is stale. So each case runs twice: at a time of its own, when what OpenSSL accepts
# is accepted, but for the cases listed in differs(); and on 19 December, when nothing is.
set -u -o pipefail
cd "$(dirname "$0")" || exit 1
tool=${TG_TOOL:-trustgate}
suite=$(./openssl-suite) || { echo "Bail out! no suite"; exit 1; }
data=$suite/test/ocsp-tests
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
n=0 failed=0

# What the rules refuse though the signature is right, with the rule and the reason.
differs() { # RESPONSE
	case $1 in
	D3) echo "ocsp.signer.nocheck: nobody says whether the responder is revoked (FFS-20)" ;;
	esac
}

# "TITLE|RESPONSE|ISSUER|EXPECTED" a line, of the recipe. The issuer is the one that
# OpenSSL is told to trust, or to complete the path with.
cases() {
	python3 - "$suite/test/recipes/80-test_ocsp.t" <<-'P'
	import re, sys
	text = open(sys.argv[1]).read()
	call = re.compile(r'"=== (.*?) ===" => sub|test_ocsp\("([^"]*)",\s*"([^"]*)",\s*"([^"]*)",'
	                  r'\s*"([^"]*)",\s*(\d),\s*(\d)')
	title = "?"
	for m in call.finditer(text):
	    if m[1]:
	        title = m[1]
	    else:
	        print(title.capitalize(), m[2], m[3], m[5] or m[4], m[6], sep="|")
	P
}

result() { # STATUS DESCRIPTION
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		failed=$((failed + 1))
		echo "not ok $n - $2"
		sed 's/^/# /' "$d/out"
	fi
}

# judge RESPONSE ISSUER TIME: sets status, rule
judge() {
	local name=${1##*_} cert
	name=${name%.ors}
	cert=$(echo "$data/$name"_Cert_*.pem)
	openssl base64 -d -in "$data/$1" -out "$d/response"
	status=0
	"$tool" check ocsp --cert "$cert" --issuer "$data/$2" --response "$d/response" \
		--policy "$d/policy" --at "$3" > "$d/out" 2>&1 || status=$?
	rule=$(sed -n '1s/^[a-z]*: \([a-z.]*\): .*/\1/p' "$d/out")
}

# When each was fresh.
own_time() { # RESPONSE
	case $1 in
	*ND[123].ors) echo 2012-10-11T12:00:00Z ;;
	*) echo 2012-10-23T12:00:00Z ;;
	esac
}

one() { # TITLE WHAT RESPONSE ISSUER EXPECTED
	local what="$1: $2 ($3, $4)" known
	known=$(differs "${3%.ors}")
	judge "$3" "$4" "$(own_time "$3")"
	if [ "$5" != 0 ]; then
		# Refused for what is wrong with it, not for what the sound one is refused for.
		[ "$status" = 2 ] && [[ $rule != ocsp.signer.lifetime && $rule != ocsp.signer.nocheck ]]
		result $? "HNB-OCSP-09: $what is refused: $rule"
	elif [ "$known" ]; then
		[ "$status" = 2 ] && [ "$rule" = "${known%%:*}" ]
		result $? "FFS-20: $what differs: $known"
	else
		[ "$status" = 0 ]
		result $? "HNB-OCSP-09: $what is accepted"
	fi
	judge "$3" "$4" @1355875200
	[ "$status" = 2 ]
	result $? "HNB-OCSP-09: $what is refused in December: $rule"
}

chain() { # CA: sets rule; its rules on names and uses are for no web server of 2012
	"$tool" check chain --anchor "$data/ND1_Cross_Root.pem" --role hems \
		--profile ../../policy/profiles/rel9.conf --at "$(own_time ND1.ors)" \
		"$data/ND1_Cert_EE.pem" "$data/$1" > "$d/out" 2>&1
	rule=$(sed -n '1s/^[a-z]*: \([a-z.-]*\): .*/\1/p' "$d/out")
}

# OpenSSL is given an issuer whose own certificate has a bad signature and looks for
# its path. Here an issuer comes from a path that was found before, by "check chain".
no_path() { # WHAT ISSUER
	chain ND1_Issuer_ICA-Cross.pem
	[ "${rule%%.*}" != path ]
	result $? "HNB-OCSP-09: $1: the sound one has a path: $rule"
	chain "$2"
	[ "${rule%%.*}" = path ]
	result $? "HNB-OCSP-09: $1 has none: $rule"
}

# The one answer from early that month, D2's, is 22 days old when the others are fresh.
printf '[ocsp]\nage_max = 30d\n' > "$d/policy"
echo "TAP version 13"
total=0
while IFS='|' read -r title what response issuer expected; do
	total=$((total + 1))
	if [ "$title" = "Untrusted issuer hints" ]; then
		no_path "$title: $what ($response, $issuer)" "$issuer"
	else
		one "$title" "$what" "$response" "$issuer" "$expected"
	fi
done < <(cases)
[ "$total" -ge 59 ]
result $? "HNB-OCSP-09: the suite has its 59 cases: $total"
echo "1..$n"
[ "$failed" = 0 ]
