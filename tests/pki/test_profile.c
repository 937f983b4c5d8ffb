// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Profiles: of a certificate that keeps every rule, each rule violated alone; each
 * shipped profile; and texts that are no profile.
 */
#include <stdlib.h>
#include <string.h>
#include "../lib/tap.h"
#include "ca.h"
#include "pki/profile.h"

#define SAN	"subjectAltName=DNS:henb1.operator.test"
#define POINTERS "crlDistributionPoints=URI:http://crl.operator.test/1", \
		 "authorityInfoAccess=OCSP;URI:http://ocsp.operator.test/"
#define KU	"keyUsage=critical,digitalSignature"
#define AKI	"2.5.29.35=DER:300680040A0B0C0D"
#define SKI	"2.5.29.14=DER:0404" "0A0B0C0D"
#define NAME	"O=Test,CN=henb1.operator.test"
#define GOLD	{ SAN, POINTERS, KU, AKI }
#define CA_BC	"basicConstraints=critical,CA:TRUE"
#define CA_KU	"keyUsage=critical,keyCertSign,cRLSign"

struct profile_case {
	const char *row, *what;
	enum pki_class class;
	enum pki_role role;
	struct ca_spec spec;
	enum pki_level level;	/* PKI_OFF: nothing is found */
	const char *rule;	/* without "profile.CLASS." */
	const char *profile;	/* NULL: seed */
	const char *from, *to;	/* what is replaced in its text */
	bool others;		/* what is missing is asked for by other rules, too */
};

#define ENTITY(...)	PKI_IKE_ENTITY, PKI_HENB, { .subject = NAME, __VA_ARGS__ }
#define SEGW(...)	PKI_IKE_ENTITY, PKI_SEGW, { .subject = NAME, __VA_ARGS__ }
#define CA(...)		PKI_IKE_CA, PKI_SEGW, { .subject = "O=Test,CN=CA", __VA_ARGS__ }
#define TLS(r, ...)	PKI_TLS_ENTITY, r, { .subject = NAME, __VA_ARGS__ }

static const struct profile_case cases[] = {
	/* Those that keep every rule. */
	{ "CRT-01", "a certificate of a H(e)NB", ENTITY(.ext = GOLD) },
	{ "CRT-01", "one of a SeGW", SEGW(.ext = GOLD) },
	{ "CA-01", "one of a CA", CA(.ext = { CA_BC, CA_KU, AKI, SKI }) },
	{ "TLSC-01", "one of a H(e)MS",
	  TLS(PKI_HEMS, .ext = { SAN, POINTERS, KU, AKI, "extendedKeyUsage=serverAuth" }) },
	{ "TLSC-08", "one of a H(e)NB for TLS",
	  TLS(PKI_HENB, .ext = { SAN, POINTERS, KU, AKI, "extendedKeyUsage=clientAuth" }) },
	{ "CRT-01", "the same under rel17-strict", ENTITY(.ext = GOLD), .profile = "rel17-strict" },
	{ "CA-01", "a CA under rel17-strict", CA(.ext = { CA_BC, CA_KU, AKI, SKI }),
	  .profile = "rel17-strict" },
	/* Every class. */
	{ "CRT-02", "version 1", CA(.v1 = true), PKI_ERROR, "version" },
	{ "CRT-04", "RSA 1024", ENTITY(.key = "RSA-1024", .ext = GOLD), PKI_ERROR, "rsa-bits" },
	{ "CRT-04", "RSA 1024 under rel9", ENTITY(.key = "RSA-1024", .ext = GOLD),
	  .profile = "rel9" },
	{ "CRT-04", "RSA 1024 of a CA under rel9",
	  CA(.key = "RSA-1024", .ext = { CA_BC, CA_KU, AKI, SKI }), PKI_ERROR, "rsa-bits",
	  .profile = "rel9" },
	{ "CRT-04", "RSA 3072", ENTITY(.key = "RSA-3072", .ext = GOLD) },
	{ "CRT-04", "RSA of more than a maximum", ENTITY(.key = "RSA-3072", .ext = GOLD), PKI_WARN,
	  "rsa-bits-max", .from = "rsa-bits-max = warn 8192", .to = "rsa-bits-max = warn 3071" },
	{ "CRT-04", "RSA with exponent 3", ENTITY(.key = "RSA3-2048", .ext = GOLD), PKI_WARN,
	  "rsa-exponent" },
	{ "CRT-04", "P-192", ENTITY(.key = "P-192", .ext = GOLD), PKI_ERROR, "ec-curve" },
	{ "CRT-04", "P-224", ENTITY(.key = "P-224", .ext = GOLD), PKI_ERROR, "ec-curve" },
	{ "CRT-04", "P-384", ENTITY(.key = "P-384", .ext = GOLD) },
	{ "CRT-04", "P-521", ENTITY(.key = "P-521", .ext = GOLD) },
	{ "CRT-04", "parameters spelled out", ENTITY(.key = "explicit", .ext = GOLD), PKI_ERROR,
	  "ec-curve" },
	{ "CRT-03", "MD5", ENTITY(.key = "RSA-2048", .md = "MD5", .ext = GOLD), PKI_ERROR,
	  "digest" },
	{ "HASH-04", "MD5 under rel9", ENTITY(.key = "RSA-2048", .md = "MD5", .ext = GOLD),
	  PKI_ERROR, "digest", .profile = "rel9" },
	{ "CRT-03", "SHA-384", ENTITY(.md = "SHA384", .ext = GOLD) },
	{ "CRT-03", "SHA-512", ENTITY(.md = "SHA512", .ext = GOLD) },
	{ "CRT-03", "RSASSA-PSS", ENTITY(.key = "RSA-2048", .md = "pss:SHA256", .ext = GOLD) },
	{ "CRT-03", "PKCS #1 v1.5, which Release 17 does not recommend",
	  ENTITY(.key = "RSA-2048", .ext = GOLD), PKI_WARN, "signature-advice",
	  .profile = "rel17-strict" },
	{ "CRT-03", "an algorithm that the profile leaves out", ENTITY(.key = "RSA-2048",
	  .ext = GOLD), PKI_ERROR, "signature", .from = "signature = error rsa-pkcs1 rsa-pss ecdsa",
	  .to = "signature = error ecdsa" },
	{ "CRT-05", "no issuer name", ENTITY(.issuer_name = "", .ext = GOLD), PKI_ERROR, "issuer",
	  .from = "name-form = warn", .to = "name-form = off" },
	{ "CRT-05", "no subject name", PKI_IKE_ENTITY, PKI_HENB,
	  { .subject = "", .issuer_name = NAME, .ext = { POINTERS, KU, AKI,
	    "subjectAltName=critical,DNS:henb1.operator.test" } }, PKI_WARN, "subject",
	  .from = "name-form = warn", .to = "name-form = off" },
	{ "CRT-13", "constraints that are not critical", CA(.ext = { CA_BC, CA_KU, AKI, SKI,
	  "nameConstraints=permitted;DNS:operator.test" }), PKI_WARN, "critical-needed" },
	{ "CRT-05", "CN, OU and DC", PKI_IKE_ENTITY, PKI_HENB,
	  { .subject = "CN=henb1.operator.test,OU=a,DC=b", .ext = GOLD } },
	{ "CRT-05", "a name of another form", PKI_IKE_ENTITY, PKI_HENB,
	  { .subject = "O=Test,CN=a,L=Here", .ext = GOLD }, PKI_WARN, "name-form" },
	{ "CRT-13", "a negative serial number", ENTITY(.serial = "-1", .ext = GOLD), PKI_ERROR,
	  "serial" },
	{ "CRT-13", "the serial number 0", ENTITY(.serial = "0", .ext = GOLD), PKI_ERROR, "serial" },
	{ "CRT-13", "a serial number of 20 octets", ENTITY(
	  .serial = "7f000000000000000000000000000000000000ff", .ext = GOLD) },
	{ "CRT-13", "a serial number of 21 octets as encoded", ENTITY(
	  .serial = "ff000000000000000000000000000000000000ff", .ext = GOLD), PKI_ERROR, "serial" },
	{ "CRT-12", "no keyUsage", ENTITY(.ext = { SAN, POINTERS, AKI }), PKI_ERROR, "key-usage" },
	{ "CRT-12", "a keyUsage that is not critical", ENTITY(.ext = { SAN, POINTERS, AKI,
	  "keyUsage=digitalSignature" }), PKI_WARN, "key-usage-critical" },
	{ "CRT-12", "the same under rel17", ENTITY(.ext = { SAN, POINTERS, AKI,
	  "keyUsage=digitalSignature" }), PKI_ERROR, "key-usage-critical", .profile = "rel17" },
	{ "CRT-12", "another critical extension", ENTITY(.ext = { SAN, KU, AKI,
	  "crlDistributionPoints=critical,URI:http://a.test/",
	  "authorityInfoAccess=OCSP;URI:http://ocsp.operator.test/" }), PKI_WARN,
	  "critical-others" },
	{ "CRT-12", "no key identifier of the issuer", ENTITY(.issuer_name = "O=Test,CN=other",
	  .ext = { SAN, POINTERS, KU }), PKI_INFO, "authority-key-id" },
	{ "HNB-AUTH-16", "an end before the device's", ENTITY(.ext = GOLD), PKI_WARN, "life-end",
	  .from = "life-end = off", .to = "life-end = warn" },
	{ "HNB-AUTH-16", "an end after the device's", ENTITY(.ext = GOLD),
	  .from = "life-end = off 2040-01-01", .to = "life-end = warn 2026-10-01" },
	/* certificatePolicies: 1.2.3 with the qualifier 1.2.4, or with a CPS. */
	{ "CRT-14", "a critical policy with a qualifier that is not known", ENTITY(.ext = { SAN,
	  POINTERS, KU, AKI, "2.5.29.32=critical,DER:3010300E06022A033008300606022A040500" }),
	  PKI_ERROR, "policy-qualifier", .others = true },
	{ "CRT-14", "the same of a CA", CA(.ext = { CA_BC, CA_KU, AKI, SKI,
	  "2.5.29.32=critical,DER:3010300E06022A033008300606022A040500" }),
	  PKI_ERROR, "policy-qualifier", .others = true },
	{ "CRT-14", "the same where the profile tolerates it", ENTITY(.ext = { SAN, POINTERS, KU,
	  AKI, "2.5.29.32=critical,DER:3010300E06022A033008300606022A040500" }), PKI_WARN,
	  "critical-others", .from = "policy-qualifier = error", .to = "policy-qualifier = off" },
	{ "CRT-14", "one that is not critical", ENTITY(.ext = { SAN, POINTERS, KU, AKI,
	  "2.5.29.32=DER:3010300E06022A033008300606022A040500" }) },
	{ "CRT-14", "a critical policy with the address of a statement", ENTITY(.ext = { SAN,
	  POINTERS, KU, AKI,
	  "2.5.29.32=critical,DER:301B301906022A033013301106082B06010505070201160568747470" "3A" }),
	  PKI_WARN, "critical-others" },
	/* Purposes of a CA are those of what it issues. */
	{ "CA-04", "a CA for signing code", CA(.ext = { CA_BC, CA_KU, AKI, SKI,
	  "extendedKeyUsage=codeSigning" }), PKI_ERROR, "extended-key-usage" },
	{ "CA-04", "a CA for OCSP and mail alone", CA(.ext = { CA_BC, CA_KU, AKI, SKI,
	  "extendedKeyUsage=OCSPSigning,emailProtection" }), PKI_ERROR, "extended-key-usage" },
	{ "CA-04", "a CA for IKE", CA(.ext = { CA_BC, CA_KU, AKI, SKI,
	  "extendedKeyUsage=codeSigning,ipsecIKE" }) },
	{ "CA-04", "a CA for anything", CA(.ext = { CA_BC, CA_KU, AKI, SKI,
	  "extendedKeyUsage=anyExtendedKeyUsage" }) },
	/* Entities. */
	{ "CRT-12", "a keyUsage without digitalSignature", ENTITY(.ext = { SAN, POINTERS, AKI,
	  "keyUsage=critical,keyAgreement" }), PKI_ERROR, "key-usage-bits" },
	{ "CRT-12", "nonRepudiation alone", ENTITY(.ext = { SAN, POINTERS, AKI,
	  "keyUsage=critical,nonRepudiation" }), PKI_WARN, "non-repudiation-alone" },
	{ "CRT-12", "keyCertSign in an entity", ENTITY(.ext = { SAN, POINTERS, AKI,
	  "keyUsage=critical,digitalSignature,keyCertSign" }), PKI_ERROR, "cert-sign-absent" },
	{ "CRT-12", "no subjectAltName", SEGW(.ext = { POINTERS, KU, AKI }), PKI_ERROR, "san" },
	{ "HNB-AUTH-04", "an iPAddress alone, of a H(e)NB", ENTITY(.ext = { POINTERS, KU, AKI,
	  "subjectAltName=IP:192.0.2.1" }), PKI_ERROR, "san-fqdn" },
	{ "HNB-AUTH-10", "an iPAddress alone, of a SeGW", SEGW(.ext = { POINTERS, KU, AKI,
	  "subjectAltName=IP:192.0.2.1" }) },
	{ "HNB-AUTH-04", "a name of one label", ENTITY(.ext = { POINTERS, KU, AKI,
	  "subjectAltName=DNS:henb1" }), PKI_ERROR, "san-fqdn" },
	{ "HNB-AUTH-04", "a wildcard", ENTITY(.ext = { POINTERS, KU, AKI,
	  "subjectAltName=DNS:*.operator.test" }), PKI_ERROR, "san-fqdn" },
	{ "FFS-08, CRT-11", "a name of two labels, of a H(e)NB", ENTITY(.ext = { POINTERS, KU, AKI,
	  "subjectAltName=DNS:henb1.test" }), PKI_WARN, "san-labels" },
	{ "FFS-08, CRT-11", "four asked for", ENTITY(.ext = GOLD), PKI_ERROR, "san-labels",
	  .from = "san-labels = warn 3", .to = "san-labels = error 4" },
	{ "FFS-08", "a name of two labels, of a SeGW", SEGW(.ext = { POINTERS, KU, AKI,
	  "subjectAltName=DNS:segw.test" }) },
	{ "CRT-07", "two names of a H(e)NB", ENTITY(.ext = { POINTERS, KU, AKI,
	  "subjectAltName=DNS:henb1.operator.test,DNS:henb2.operator.test" }), PKI_WARN,
	  "san-single" },
	{ "CRT-13", "a purpose that is not IKE", ENTITY(.ext = { SAN, POINTERS, KU, AKI,
	  "extendedKeyUsage=codeSigning" }), PKI_ERROR, "extended-key-usage" },
	{ "CRT-13", "the purpose ipsecIKE", ENTITY(.ext = { SAN, POINTERS, KU, AKI,
	  "extendedKeyUsage=ipsecIKE" }) },
	{ "CRT-13", "any purpose", ENTITY(.ext = { SAN, POINTERS, KU, AKI,
	  "extendedKeyUsage=anyExtendedKeyUsage" }) },
	{ "CRT-13", "the purpose serverAuth is tolerated", ENTITY(.ext = { SAN, POINTERS, KU, AKI,
	  "extendedKeyUsage=serverAuth" }), PKI_WARN, "extended-key-usage-advice" },
	{ "CON-23", "no CRL distribution point, of a H(e)NB", ENTITY(.ext = { SAN, KU, AKI,
	  "authorityInfoAccess=OCSP;URI:http://ocsp.operator.test/" }), PKI_INFO,
	  "crl-distribution-point" },
	{ "CRT-12", "none, of a SeGW under rel17", SEGW(.ext = { SAN, KU, AKI,
	  "authorityInfoAccess=OCSP;URI:http://ocsp.operator.test/" }), PKI_ERROR,
	  "crl-distribution-point", .profile = "rel17" },
	{ "CON-23", "none, of a H(e)NB under rel17", ENTITY(.ext = { SAN, KU, AKI,
	  "authorityInfoAccess=OCSP;URI:http://ocsp.operator.test/" }), PKI_INFO,
	  "crl-distribution-point", .profile = "rel17" },
	{ "CRT-10", "no OCSP responder where one is asked for", SEGW(.ext = { SAN, KU, AKI,
	  "crlDistributionPoints=URI:http://a.test/" }), PKI_ERROR, "ocsp-pointer",
	  .from = "ocsp-pointer = info", .to = "ocsp-pointer = error" },
	{ "CRT-08", "neither pointer where one is asked for", ENTITY(.ext = { SAN, KU, AKI }),
	  PKI_ERROR, "revocation-pointer", .from = "revocation-pointer = off",
	  .to = "revocation-pointer = error", .others = true },
	{ "CRT-08", "a responder alone where one pointer is asked for", ENTITY(.ext = { SAN, KU, AKI,
	  "authorityInfoAccess=OCSP;URI:http://ocsp.operator.test/" }), PKI_INFO,
	  "crl-distribution-point", .from = "revocation-pointer = off",
	  .to = "revocation-pointer = error" },
	{ "TLSC-06", "a H(e)MS without its name as CN", PKI_TLS_ENTITY, PKI_HEMS,
	  { .subject = "O=Test,CN=hems", .ext = GOLD }, PKI_ERROR, "common-name" },
	{ "TLSC-03", "a H(e)NB with two CNs", PKI_TLS_ENTITY, PKI_HENB,
	  { .subject = NAME ",CN=henb1.operator.test", .ext = GOLD }, PKI_ERROR, "common-name" },
	{ "TLSC-01", "a H(e)MS for clients alone", TLS(PKI_HEMS, .ext = { SAN, POINTERS, KU, AKI,
	  "extendedKeyUsage=clientAuth" }), PKI_ERROR, "extended-key-usage", .others = true },
	{ "TLSC-01", "a H(e)MS with keyEncipherment", TLS(PKI_HEMS, .ext = { SAN, POINTERS, AKI,
	  "keyUsage=critical,keyEncipherment" }) },
	/* CAs. */
	{ "CA-03", "no basicConstraints", CA(.ext = { CA_KU, AKI, SKI }), PKI_ERROR,
	  "basic-constraints" },
	{ "CA-03", "basicConstraints that are not critical", CA(.ext = { CA_KU, AKI, SKI,
	  "basicConstraints=CA:TRUE" }), PKI_ERROR, "basic-constraints-critical" },
	{ "CA-03", "no keyCertSign", CA(.ext = { CA_BC, AKI, SKI, "keyUsage=critical,cRLSign" }),
	  PKI_ERROR, "cert-sign" },
	{ "CA-03", "no cRLSign", CA(.ext = { CA_BC, AKI, SKI, "keyUsage=critical,keyCertSign" }),
	  PKI_WARN, "crl-sign" },
	{ "CA-03", "no key identifier", CA(.ext = { CA_BC, CA_KU, AKI }), PKI_INFO,
	  "subject-key-id" },
	{ "CA-02", "a CA of an arbitrary root", CA(.issuer_name = "O=Elsewhere,CN=Root",
	  .ext = { CA_BC, CA_KU, AKI, SKI }) },
};

struct seen {
	unsigned int n, errors;
	bool hit, clause;
	const struct profile_case *c;
};

static void on_finding(void *arg, const struct pki_finding *f)
{
	struct seen *s = arg;
	char rule[96];

	/* Of what a version 1 certificate can't have. */
	if (s->c->spec.v1 && strcmp(f->rule, "profile.ike-ca.version"))
		return;
	s->n++;
	s->errors += f->level == PKI_ERROR;
	snprintf(rule, sizeof(rule), "profile.%s.%s", pki_class_name(s->c->class),
		 s->c->rule ? s->c->rule : "");
	if (!strcmp(rule, f->rule) && f->level == s->c->level && f->detail[0] && f->clause[0])
		s->hit = true;
	printf("# %s %s, %s: %s\n", pki_level_name(f->level), f->rule, f->clause, f->detail);
}

static void run_case(const struct profile_case *c)
{
	static struct pki_profile profile;
	struct seen seen = { .c = c };
	struct pki_result r;
	struct entity e = { 0 };

	ca_profile(&profile, c->profile ? c->profile : "seed", c->from, c->to);
	ca_issue(&e, &c->spec);
	pki_profile_check(&profile, e.der, c->class, c->role, on_finding, &seen, &r);
	tap_ok(c->level == PKI_OFF ? !seen.n && r.verdict == PKI_GOOD :
	       seen.hit && (seen.n == 1 || c->others) &&
	       (r.verdict == PKI_GOOD) == (c->level != PKI_ERROR),
	       "%s: %s, %s: %s%s%s", c->row, c->what, pki_class_name(c->class),
	       c->level == PKI_OFF ? "nothing is found" : pki_level_name(c->level),
	       c->rule ? " by " : "", c->rule ? c->rule : "");
	X509_free(e.cert);
	EVP_PKEY_free(e.key);
	free((uint8_t *)e.der.data);
}

static int errors_at;

static void on_error(void *arg, const char *file, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	int *n = arg;

	(*n)++;
	errors_at = line;
	printf("# %s:%d: %s = %s: %s (%s)\n", file, line, key, value, rule, remedy);
}

static char seed[PKI_PROFILE_MAX];

/* seed with @from replaced by @to, read as a profile: refused at its line. */
static void refused(const char *what, const char *from, const char *to)
{
	static char text[PKI_PROFILE_MAX + 64];
	static struct pki_profile profile;
	const char *at = strstr(seed, from);
	int n = 0, line = 1, rc;

	if (!at)
		ca_die(from);
	for (const char *p = seed; p < at; p++)
		line += *p == '\n';
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - seed), seed, to, at + strlen(from));
	rc = pki_profile_parse("p.conf", text, strlen(text), &profile, on_error, &n);
	tap_ok(rc > 0 && rc == n && (errors_at == line || !errors_at), "CON-27: %s is refused",
	       what);
}

static void texts(void)
{
	static struct pki_profile profile;
	int n = 0;
	FILE *f = fopen("../../policy/profiles/seed.conf", "r");

	if (!f)
		f = fopen("/usr/share/trustgate/profiles/seed.conf", "r");
	if (!f || !fread(seed, 1, sizeof(seed) - 1, f))
		ca_die("seed.conf");
	fclose(f);
	refused("an unknown rule", "rsa-bits = error", "rsa-bytes = error");
	refused("an unknown section", "[ike-ca]", "[ike-authority]");
	refused("an unknown role", "[ike-entity.henb]", "[ike-entity.box]");
	refused("an unknown level", "rsa-bits = error", "rsa-bits = fatal");
	refused("a rule without its clause", "rsa-bits = error 2048 | TS 33.310 6.1.1",
		"rsa-bits = error 2048");
	refused("a rule without its number", "rsa-bits = error 2048", "rsa-bits = error");
	refused("a number that is none", "rsa-bits = error 2048", "rsa-bits = error 2048k");
	refused("one value too many", "rsa-bits = error 2048", "rsa-bits = error 2048 4096");
	refused("a curve that is unknown", "error P-256", "error P-257");
	refused("a date that is none", "off 2040-01-01", "off 2040-02-30");
	refused("a rule left out", "rsa-bits = error 2048", "# rsa-bits = error 2048");
	refused("a rule given twice", "rsa-bits-max = warn 8192", "rsa-bits = warn 8192");
	refused("a rule of CAs for entities", "san = error", "crl-sign = error");
	refused("a responder's life of no day", "max-lifetime = off 366", "max-lifetime = error 0");
	refused("a responder's life of more than a century", "max-lifetime = off 366",
		"max-lifetime = error 36526");
	refused("a rule of responders that is unknown", "nocheck = error", "nochek = error");
	refused("SHA-1 neither allowed nor denied", "crl = allow", "crl = perhaps");
	refused("a cut-off without its date", "crl = allow", "crl = legacy-before=");
	refused("SHA-1 left out", "ocsp = allow", "# ocsp = allow");
	refused("no name", "name = seed", "");
	refused("policies that are no identifiers", "name = seed", "policies = any\nname = seed");
	refused("a line that is none", "name = seed", "seed\nname = seed");
	n = 0;
	tap_ok(pki_profile_parse("p.conf", seed, strlen(seed), &profile, on_error, &n) == 0 &&
	       !strcmp(profile.name, "seed") && !n, "CON-27: the text itself is read");
	tap_ok(pki_profile_parse("p.conf", "", 0, &profile, on_error, &n) > 0,
	       "CON-27: an empty text is refused");
	tap_ok(pki_profile_parse("p.conf", "a\0b", 3, &profile, on_error, &n) > 0,
	       "CON-27: a text with a NUL is refused");
}

static void shipped(void)
{
	static const char *const names[] = { "seed", "rel9", "rel17", "rel17-strict", "devid" };
	static const enum pki_sha1_mode certificates[] = { PKI_SHA1_ALLOW, PKI_SHA1_ALLOW,
							   PKI_SHA1_DENY, PKI_SHA1_DENY,
							   PKI_SHA1_DENY };
	static const enum pki_sha1_mode lists[] = { PKI_SHA1_ALLOW, PKI_SHA1_ALLOW,
						    PKI_SHA1_ALLOW, PKI_SHA1_DENY,
						    PKI_SHA1_DENY };
	static struct pki_profile p;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ca_profile(&p, names[i], NULL, NULL);
		tap_ok(!strcmp(p.name, names[i]) &&
		       p.sha1[PKI_SHA1_CERTIFICATE].mode == certificates[i] &&
		       p.sha1[PKI_SHA1_CRL].mode == lists[i] &&
		       p.sha1[PKI_SHA1_OCSP].mode == lists[i],
		       "HASH-02, HASH-03: %s is read, and says of SHA-1 what it is for", names[i]);
	}
	ca_profile(&p, "seed", "crl = allow", "crl = legacy-before=2014-09-01");
	tap_ok(p.sha1[PKI_SHA1_CRL].mode == PKI_SHA1_LEGACY &&
	       p.sha1[PKI_SHA1_CRL].before == 1409529600, "HASH-02: a cut-off date is read");
}

int main(void)
{
	tap_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	shipped();
	texts();
	return tap_end();
}
