#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2317  # functions are called by ok
#
# What an H(e)MS checks of an H(e)NB: its certificate for TLS and its identity (HMS-04,
# TLSC-01, TLSC-03, TLSC-08, TR69-10), and the sources of revocation, by the rules of a SeGW,
# each combination of two (HMS-10): list and responder, good, revoked, stale, not there.
cd "$(dirname "$0")" || exit 1
# shellcheck source=tests/hems/lib.sh
. ./lib.sh
echo "TAP version 13"

make() {
	pki_for_hems
	extensions DNS:$CPE,DNS:second.vendor.test
	sed -i s/serverAuth/clientAuth/ "$d/ext"
	PKI_EXT=$d/ext pki_issue two vca end "/CN=$CPE"
	EKU=clientAuth entity cnother vca other.vendor.test DNS:$CPE
	EKU=clientAuth entity cntwo vca "$CPE/CN=other.vendor.test" DNS:$CPE
	KU=keyEncipherment EKU=clientAuth entity usage vca $CPE DNS:$CPE
	EKU=serverAuth entity purpose vca $CPE DNS:$CPE
	pki_crl vca && cp "$PKI/vca.crl" "$d/good.crl"
	pki_revoke vca cpe
	mkdir "$d/ocsp"
	cp "$PKI/vca.db/index.txt" "$d/ocsp/index" && echo unique_subject = no > "$d/ocsp/index.attr"
	pki_crl vca && cp "$PKI/vca.crl" "$d/revoked.crl"
	pki_unrevoke vca cpe
}
make > "$d/log" 2>&1
[ -s "$d/revoked.crl" ] || bail log

chain() { # STATUS RULE [OPTIONS...] CERTIFICATE
	local want=$1 rule=$2
	shift 2
	exits "$want" check chain --role henb --anchor "$PKI/vroot.crt" "$@" "$PKI/vca.crt" && says "^[a-z]*: $rule:"
}
ok "TLSC-01: an H(e)NB's certificate for TLS" chain 0 path.good --tls --identity $CPE "$PKI/cpe.crt"
ok "TR69-10: another identity is refused" chain 1 name.mismatch --tls --identity hnb2.vendor.test "$PKI/cpe.crt"
ok "TLSC-03: the identity in the subjectAltName alone" chain 1 profile.tls-entity.common-name --tls \
	--identity $CPE "$PKI/cnother.crt"
ok "TLSC-03: two common names" chain 1 profile.tls-entity.common-name --tls --identity $CPE "$PKI/cntwo.crt"
ok "TR69-10: another name of its subjectAltName is not its identity" chain 1 name.identity --tls \
	--identity second.vendor.test "$PKI/two.crt"
ok "TLSC-01: a key that may not sign is no client's" chain 1 profile.tls-entity.key-usage-bits --tls "$PKI/usage.crt"
ok "TLSC-01: nor is a server's certificate" chain 1 profile.tls-entity.extended-key-usage --tls "$PKI/purpose.crt"
ok "TLSC-08: good for IKE and for TLS" chain 0 path.good --dual-use --name $CPE "$PKI/cpe.crt"
ok "TLSC-08: one that is good for IKE alone" chain 1 'profile.tls-entity.*' --dual-use --name $CPE "$PKI/cnother.crt"

# A responder of the vendor's: its answer is the last part of its path.
python3 - "$PKI" "$d/ocsp" <<- 'P' > "$d/ocsp.port" 2> "$d/ocsp.err" &
	import http.server, subprocess, sys
	pki, state = sys.argv[1:]
	class H(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        req = self.rfile.read(int(self.headers["Content-Length"]))
	        open(state + "/req", "wb").write(req)
	        index = pki + "/vca.db/index.txt"
	        if self.path == "/error":
	            self.send_error(503)
	            return
	        if self.path == "/revoked":
	            index = state + "/index"
	        subprocess.run(["openssl", "ocsp", "-index", index, "-CA", pki + "/vca.crt", "-rsigner",
	            pki + "/vocsp.crt", "-rkey", pki + "/vocsp.key", "-reqin", state + "/req",
	            "-respout", state + "/resp", "-ndays", "1"], check=True, capture_output=True)
	        resp = open(state + "/resp", "rb").read()
	        self.send_response(200)
	        self.send_header("Content-Type", "application/ocsp-response")
	        self.send_header("Content-Length", str(len(resp)))
	        self.end_headers()
	        self.wfile.write(resp)
	    def log_message(self, *a): pass
	s = http.server.HTTPServer(("127.0.0.1", 0), H)
	print(s.server_address[1], flush=True)
	s.serve_forever()
P
servers+=($!)
until_true 60 test -s "$d/ocsp.port" || bail ocsp.err
OCSP=http://127.0.0.1:$(cat "$d/ocsp.port")

config() { # RULE RESPONDER
	cat <<- C > "$d/segw.conf"
	[agent]
	role = segw
	[segw]
	crl_dir = $d/crl
	deadline = 10s
	[vendor acme]
	anchor = $PKI/vroot.crt
	check = on
	rule = $1
	sources = list, responder
	[source list]
	class = manufacturer-crl
	[source responder]
	class = manufacturer-ocsp
	uri = $2
	C
}

lists() { # good, revoked or none
	rm -rf "$d/crl"
	mkdir -p "$d/crl"
	[ "$1" = none ] || "${TOOL[@]}" revocation import --class manufacturer-crl --issuer "$PKI/vca.crt" \
		--dir "$d/crl" "$d/$1.crl" > "$out" 2> "$err"
}

# matrix RULE LIST RESPONDER STATUS
matrix() {
	local what="HMS-10: $1: list $2, responder $3" want=$4
	config "$1" "$OCSP/$3"
	lists "$2"
	ok "$what: $want" exits "$want" revocation check --tls --config "$d/segw.conf" --name $CPE \
		--clock "$d/clock" "$PKI/cpe.crt" "$PKI/vca.crt"
}
#      rule           list    responder   exit
matrix first-definite good    good        0
matrix first-definite good    error       0
matrix first-definite revoked good        1
matrix first-definite none    good        0
matrix first-definite none    revoked     1
matrix first-definite none    error       2
matrix any-good       good    error       0
matrix any-good       good    revoked     1
matrix any-good       revoked good        1
matrix any-good       none    good        0
matrix any-good       none    error       2
matrix all-required   good    good        0
matrix all-required   good    error       2
matrix all-required   good    revoked     1
matrix all-required   revoked good        1
matrix all-required   none    good        2
config first-definite "$OCSP/good"
lists good
ok "HMS-10: an H(e)NB of another name" exits 1 revocation check --tls --config "$d/segw.conf" \
	--name hnb2.vendor.test --clock "$d/clock" "$PKI/cpe.crt" "$PKI/vca.crt"
ok "HMS-10: as JSON" eval 'exits 0 revocation check -j --tls --config "$d/segw.conf" --name $CPE --clock "$d/clock" \
	"$PKI/cpe.crt" "$PKI/vca.crt" && json "d[\"verdict\"] == \"good\"" "d[\"vendor\"] == \"acme\"" "d[\"checked\"]"'
sed -i 's/^check = on/check = off/; /^sources/d; /^rule/d; /^\[source/,$d' "$d/segw.conf"
ok "HMS-10: nobody has to be asked" exits 0 revocation check --tls --config "$d/segw.conf" --name $CPE \
	--clock "$d/clock" "$PKI/cpe.crt" "$PKI/vca.crt"
finish
