# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2317  # variables are of the tests; functions are called by ok
# A PKI, TLS servers on loopback and TAP, for the tests of the H(e)MS link. Sourced.
# shellcheck source=tests/ctl/lib.sh
. ../ctl/lib.sh
TOOL=("${TG_TOOL:-trustgate}")
d=$(mktemp -d) || exit 1
# Whom a child without privilege may have to read; the keys stay root's.
chmod 755 "$d"
PKI=$d/pki
# shellcheck source=tests/lib/pki.sh
. ../lib/pki.sh
HEMS=hems.operator.test
CPE=0005b9-hnb000001.vendor.test
server='' PORT='' servers=()
# A server ends with its standard input; this one has no end.
mkfifo "$d/stdin" && exec 9<> "$d/stdin"

cleanup() {
	local p
	for p in "$server" "${servers[@]}"; do
		[ -z "$p" ] || kill "$p" 2> /dev/null
	done
	rm -rf "$d"
}
trap cleanup EXIT

# Without this nothing else is worth a try.
bail() {
	echo "Bail out! $1"
	sed 's/^/# /' "$d/$1"
	exit 1
}

# extensions SAN...: of an entity whose subjectAltName is these; EKU, KU: others
extensions() {
	cat > "$d/ext" <<-X
	[end]
	basicConstraints=critical,CA:FALSE
	keyUsage=critical,${KU:-digitalSignature}
	extendedKeyUsage=${EKU:-serverAuth}
	subjectKeyIdentifier=hash
	authorityKeyIdentifier=keyid
	crlDistributionPoints=URI:http://crl.test/ca.crl
	authorityInfoAccess=OCSP;URI:${AIA:-http://ocsp.test/}
	${1:+subjectAltName=$1}
	X
}

# entity NAME CA CN [SAN]
entity() {
	extensions "${4-}"
	PKI_EXT=$d/ext pki_issue "$1" "$2" end "/O=Test/CN=$3" || return
	cat "$PKI/$1.crt" "$PKI/$2.crt" > "$PKI/$1.pem"
}

pki_for_hems() {
	mkdir -p "$PKI"
	PKI_TO=3650 pki_issue oproot oproot root "/O=Operator/CN=Operator root"
	PKI_TO=1800 pki_issue opca oproot ca2 "/O=Operator/CN=Operator CA"
	PKI_TO=60 pki_issue ocsp opca ocsp "/O=Operator/CN=Operator OCSP"
	PKI_TO=3650 pki_issue vroot vroot root "/O=Vendor/CN=Vendor root"
	PKI_TO=1800 pki_issue vca vroot ca2 "/O=Vendor/CN=Vendor CA"
	PKI_TO=60 pki_issue vocsp vca ocsp "/O=Vendor/CN=Vendor OCSP"
	PKI_TO=3650 pki_issue evilroot evilroot root "/O=Evil/CN=Evil root"
	entity hems opca $HEMS DNS:$HEMS
	EKU=clientAuth entity cpe vca $CPE DNS:$CPE
}

# staple NAME FILE [OPENSSL-OCSP-OPTIONS...]: what the responder says of NAME now
staple() {
	local name=$1 file=$2
	shift 2
	openssl ocsp -index "$PKI/opca.db/index.txt" -CA "$PKI/opca.crt" -issuer "$PKI/opca.crt" \
		-rsigner "$PKI/ocsp.crt" -rkey "$PKI/ocsp.key" -cert "$PKI/$name.crt" -no_nonce \
		-ndays 1 -respout "$d/$file" "$@" > "$d/ocsp.log" 2>&1
}

# until SECONDS COMMAND...: it became true; the wait is generous, the machine may be busy
until_true() {
	local n=$(($1 * 20))
	shift
	until "$@"; do
		[ $((n -= 1)) -gt 0 ] || return 1
		sleep 0.05
	done
}

# serve NAME [S_SERVER-OPTIONS...]: a TLS server with NAME's certificate, on $PORT
serve() {
	local name=$1
	shift
	unserve
	: > "$d/server"
	openssl s_server -accept 127.0.0.1:0 -cert "$PKI/$name.crt" -key "$PKI/$name.key" \
		-cert_chain "$PKI/$(pki_issuer "$name").crt" -naccept 1000 "$@" <&9 > "$d/server" 2>&1 &
	server=$!
	until_true 30 eval 'grep -q "^ACCEPT" "$d/server" || ! kill -0 $server 2> /dev/null'
	grep -q '^ACCEPT' "$d/server" || bail server
	PORT=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' "$d/server" | head -n 1)
}

unserve() {
	[ -z "$server" ] || { kill "$server" && wait "$server"; } 2> /dev/null
	server=
}

# tls STATUS RULE [OPTIONS...]: what the tool says of whom it finds on $PORT
tls() {
	local want=$1 rule=$2
	shift 2
	exits "$want" check tls --name "${NAME-$HEMS}" --anchor "$PKI/oproot.crt" --timeout 30 \
		--clock "$d/clock" "$@" "127.0.0.1:$PORT" && says "^[a-z]*: $rule: "
}

mutual=(--cert "$PKI/cpe.pem" --key "$PKI/cpe.key")
verify=(-Verify 3 -verify_return_error -CAfile "$PKI/vroot.crt" -verifyCAfile "$PKI/vroot.crt")
