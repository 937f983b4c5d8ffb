# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# A test PKI, EC P-256, all of it valid from yesterday. Sourced by tests/vm/identity,
# which makes it, and by topology.sh, so that a test can issue more from it.
#
#   oproot -> opca  -> segw segw2 segw6 ocsp     (the operator)
#   vroot  -> vca   -> hnb vocsp                 (the vendor; hnb's key is the TPM's)
#   evilroot        -> evil                      (somebody else, with the SeGW's name)
#
# Each NAME has NAME.crt and, but for hnb, NAME.key. A CA has its database in NAME.db.

SEGW_NAME=segw.operator.test
SEGW2_NAME=segw2.operator.test
HNB_NAME=0005b9-hnb000001.vendor.test
# Where the OCSP responder and the CRLs are, in core.
OCSP_URL=http://10.99.0.2:8080
OCSP_URL6='http://[fd99::2]:8080'

# pki_at DAYS: that many days from now, as openssl ca wants it
pki_at() {
	date -u -d "$1 days" +%y%m%d%H%M%SZ
}

pki_key() {
	[ -e "$PKI/$1.key" ] || openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$1.key"
}

# pki_conf ISSUER SAN OCSP CRL: the configuration of an issue
pki_conf() {
	cat <<-E
	[ca]
	default_ca=$1
	[$1]
	database=$PKI/$1.db/index.txt
	new_certs_dir=$PKI/$1.db
	crlnumber=$PKI/$1.db/crlnumber
	rand_serial=yes
	unique_subject=no
	default_md=${PKI_MD:-sha256}
	policy=any
	copy_extensions=none
	default_crl_days=30
	[any]
	countryName=optional
	organizationName=optional
	commonName=supplied
	[req]
	distinguished_name=dn
	prompt=no
	[dn]
	CN=x
	[root]
	basicConstraints=critical,CA:TRUE
	keyUsage=critical,keyCertSign,cRLSign
	subjectKeyIdentifier=hash
	[ca2]
	basicConstraints=critical,CA:TRUE,pathlen:0
	keyUsage=critical,keyCertSign,cRLSign
	subjectKeyIdentifier=hash
	authorityKeyIdentifier=keyid
	crlDistributionPoints=URI:$4
	[end]
	basicConstraints=critical,CA:FALSE
	keyUsage=critical,digitalSignature
	subjectKeyIdentifier=hash
	authorityKeyIdentifier=keyid
	subjectAltName=$2
	crlDistributionPoints=URI:$4
	authorityInfoAccess=OCSP;URI:$3
	[ocsp]
	basicConstraints=critical,CA:FALSE
	keyUsage=critical,digitalSignature
	extendedKeyUsage=critical,OCSPSigning
	noCheck=ignored
	subjectKeyIdentifier=hash
	authorityKeyIdentifier=keyid
	E
}

# pki_db NAME: an empty database for a CA
pki_db() {
	mkdir -p "$PKI/$1.db"
	: > "$PKI/$1.db/index.txt"
	echo 01 > "$PKI/$1.db/crlnumber"
}

# pki_issue NAME ISSUER PROFILE SUBJECT [SAN]
#
# PROFILE: root ca2 end ocsp. PKI_FROM and PKI_TO: its validity, in days from now.
# PKI_OCSP: its OCSP URL. PKI_EXT: a file that replaces the profile's extensions.
# PKI_MD: the digest it is signed with (sha256).
# PKI_CSR: the request of a key that is elsewhere (a TPM); the subject is its own.
pki_issue() {
	pki_conf "$2" "${5:-DNS:none.test}" "${PKI_OCSP:-$OCSP_URL/$2}" "$OCSP_URL/$2.crl" \
		> "$PKI/$1.cnf"
	if [ -n "${PKI_CSR-}" ]; then
		cp "$PKI_CSR" "$PKI/$1.csr"
	else
		pki_key "$1" &&
		OPENSSL_CONF=$PKI/$1.cnf openssl req -new -key "$PKI/$1.key" -subj "$4" -out "$PKI/$1.csr"
	fi &&
	if [ "$1" = "$2" ]; then
		pki_db "$1"
		set -- "$1" -selfsign "$3"
	else
		set -- "$1" "-cert $PKI/$2.crt" "$3"
		[ "$3" != ca2 ] || pki_db "$1"
	fi || return 1
	# shellcheck disable=SC2086  # two words
	OPENSSL_CONF=$PKI/$1.cnf openssl ca -batch -notext -rand_serial -out "$PKI/$1.crt" \
		-in "$PKI/$1.csr" -startdate "$(pki_at "${PKI_FROM:--1}")" \
		-enddate "$(pki_at "${PKI_TO:-364}")" -extensions "$3" \
		${PKI_EXT:+-extfile "$PKI_EXT"} \
		$2 -keyfile "$PKI/$(pki_issuer "$1").key" 2> "$PKI/$1.log" ||
		{ cat "$PKI/$1.log" >&2; return 1; }
	rm -f "$PKI/$1.csr" "$PKI/$1.log"
}

# pki_issuer NAME: who issues it, as its configuration says
pki_issuer() {
	sed -n 's/^default_ca=//p' "$PKI/$1.cnf"
}

# pki_crl CA: write CA.crl (PEM) from its database
pki_crl() {
	pki_conf "$1" DNS:none.test x x > "$PKI/$1.crl.cnf"
	OPENSSL_CONF=$PKI/$1.crl.cnf openssl ca -gencrl -cert "$PKI/$1.crt" \
		-keyfile "$PKI/$1.key" -out "$PKI/$1.crl" 2>/dev/null
}

# pki_revoke CA NAME / pki_unrevoke CA NAME: in the database alone
pki_revoke() {
	pki_serial=$(openssl x509 -in "$PKI/$2.crt" -noout -serial)
	awk -F '\t' -v OFS='\t' -v s="${pki_serial#*=}" -v t="$(pki_at -0)" \
		'$4 == s { $1 = "R"; $3 = t ",keyCompromise" } 1' \
		"$PKI/$1.db/index.txt" > "$PKI/$1.db/index.new" &&
	mv "$PKI/$1.db/index.new" "$PKI/$1.db/index.txt"
}

pki_unrevoke() {
	pki_serial=$(openssl x509 -in "$PKI/$2.crt" -noout -serial)
	awk -F '\t' -v OFS='\t' -v s="${pki_serial#*=}" \
		'$4 == s { $1 = "V"; $3 = "" } 1' \
		"$PKI/$1.db/index.txt" > "$PKI/$1.db/index.new" &&
	mv "$PKI/$1.db/index.new" "$PKI/$1.db/index.txt"
}

# pki_make: all of it. HNB_CSR: the request of hnb's TPM key.
pki_make() {
	mkdir -p "$PKI" &&
	PKI_TO=3650 pki_issue oproot oproot root "/O=Operator/CN=Operator root" &&
	PKI_TO=1800 pki_issue opca oproot ca2 "/O=Operator/CN=Operator CA" &&
	pki_issue segw opca end "/O=Operator/CN=$SEGW_NAME" \
		"DNS:$SEGW_NAME,IP:192.0.2.1,IP:2001:db8:1::1" &&
	pki_issue segw2 opca end "/O=Operator/CN=$SEGW2_NAME" \
		"DNS:$SEGW2_NAME,IP:192.0.2.1,IP:2001:db8:1::1" &&
	PKI_OCSP=$OCSP_URL6/opca pki_issue segw6 opca end "/O=Operator/CN=$SEGW_NAME" \
		"DNS:$SEGW_NAME,IP:192.0.2.1,IP:2001:db8:1::1" &&
	PKI_TO=60 pki_issue ocsp opca ocsp "/O=Operator/CN=Operator OCSP" &&
	PKI_TO=3650 pki_issue vroot vroot root "/O=Vendor/CN=Vendor root" &&
	PKI_TO=1800 pki_issue vca vroot ca2 "/O=Vendor/CN=Vendor CA" &&
	PKI_CSR=${HNB_CSR-} pki_issue hnb vca end "/O=Vendor/CN=$HNB_NAME" "DNS:$HNB_NAME" &&
	PKI_TO=60 pki_issue vocsp vca ocsp "/O=Vendor/CN=Vendor OCSP" &&
	PKI_TO=3650 pki_issue evilroot evilroot root "/O=Evil/CN=Evil root" &&
	pki_issue evil evilroot end "/O=Evil/CN=$SEGW_NAME" \
		"DNS:$SEGW_NAME,IP:192.0.2.66,IP:2001:db8:1::66" &&
	PKI_TO=60 pki_issue evilocsp evilroot ocsp "/O=Evil/CN=Evil OCSP" &&
	for pki_ca in opca vca; do pki_crl "$pki_ca" || return 1; done
}
