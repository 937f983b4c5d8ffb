// SPDX-License-Identifier: GPL-2.0-or-later
/* Revocation lists: each rule violated alone, and what a list says of a certificate. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/x509v3.h>
#include "../lib/tap.h"
#include "ca.h"
#include "pki/crl.h"
#include "pki/profile.h"

#define EXT_MAX	4

enum who { CA, OTHER, TWIN, NO_SIGN, RSA_CA, RSA1024, SHORT, LEAF, LEAF2, BY_OTHER, BY_RSA,
	   BY_SHORT, POINTED, REASONED, RELATED, SUB, WHO };

static struct entity e[WHO];

struct listed {
	enum who who;
	int reason;		/* -1: without */
	const char *ext;
};

struct crl_spec {
	enum who by;
	const char *md;
	int from, to;		/* seconds from CA_NOW; 0: an hour ago, in a day */
	bool v1, no_next;
	struct listed listed[3];
	const char *ext[EXT_MAX];	/* besides crlNumber; "-": none at all */
	const char *number;
};

enum bend { STRAIGHT, FLIP, TAIL, CUT, BER, EMPTY };

struct crl_case {
	const char *row, *what;
	struct crl_spec spec;
	enum pki_verdict verdict;
	const char *rule;
	enum who cert;		/* 0: LEAF */
	enum who issuer;	/* 0: CA */
	int64_t now, expires;	/* seconds from CA_NOW */
	enum bend bend;
	const char *profile;
	bool number_required, sha1, lenient;
};

#define REVOKED(r)	.listed = { { LEAF, r } }
/* issuingDistributionPoint: critical, its content in hexadecimal. */
#define IDP(hex)	{ "2.5.29.28=critical,DER:" hex }
#define POINT		"A00EA00C860A687474703A2F2F632F31"	/* http://c/1 */
#define POINT2		"A00EA00C860A687474703A2F2F632F32"	/* http://c/2 */
#define BOTH_POINTS	"A01AA018860A687474703A2F2F632F32860A687474703A2F2F632F31"
#define USERS		"8101FF"
#define CAS		"8201FF"
#define SOME_REASONS	"83020640"
#define INDIRECT	"8401FF"
#define ATTRIBUTES	"8501FF"
#define RELATIVE	"A00FA10D300B0603550403130463726C31"
/* certificateIssuer of an entry: a dNSName, directoryNames. */
#define OF_DNS		"2.5.29.29=critical,DER:3003820161"

static const struct crl_case cases[] = {
	{ "SGW-REV-12", "a list without our certificate", { 0 }, PKI_GOOD, "crl.good",
	  .expires = CA_DAY },
	{ "SGW-REV-12", "a list with another one", { .listed = { { LEAF2, 1 } } }, PKI_GOOD,
	  "crl.good" },
	{ "SGW-REV-12", "ours without a reason", { REVOKED(-1) }, PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "ours as keyCompromise", { REVOKED(1) }, PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "ours on hold", { REVOKED(6) }, PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "ours between others", { .listed = { { LEAF2, 4 }, { LEAF, 1 },
	  { BY_OTHER, 1 } } }, PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "ours as removeFromCRL, in a complete list", { REVOKED(8) },
	  PKI_INDETERMINATE, "crl.entry.remove" },
	{ "SGW-REV-12", "ours revoked and removed", { .listed = { { LEAF, 8 }, { LEAF, 1 } } },
	  PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "a reason that is none", { REVOKED(7) }, PKI_INDETERMINATE,
	  "crl.encoding" },
	/* Who issued it. */
	{ "SGW-REV-12", "the list of another CA", { .by = OTHER }, PKI_INDETERMINATE, "crl.issuer" },
	{ "SGW-REV-12", "a list by another key of that name", { .by = TWIN }, PKI_INDETERMINATE,
	  "crl.signature" },
	{ "SGW-REV-12", "a certificate of another CA", { 0 }, PKI_INDETERMINATE, "crl.cert.issuer",
	  .cert = BY_OTHER },
	{ "SGW-REV-12", "a certificate by another key of that name", { 0 }, PKI_INDETERMINATE,
	  "crl.cert.issuer", .cert = SHORT },
	{ "SGW-REV-12", "an issuer without cRLSign", { .by = NO_SIGN }, PKI_INDETERMINATE,
	  "crl.issuer.usage", .issuer = NO_SIGN },
	{ "SGW-REV-12", "an issuer that is no CA", { .by = LEAF2 }, PKI_INDETERMINATE,
	  "crl.issuer.usage", .issuer = LEAF2 },
	{ "CRT-04", "an issuer of RSA 1024", { .by = RSA1024 }, PKI_INDETERMINATE,
	  "crl.issuer.key", .issuer = RSA1024 },
	{ "SGW-REV-12", "an issuer that expired", { .by = SHORT, .from = -7200 },
	  PKI_INDETERMINATE, "crl.issuer.time", .issuer = SHORT, .cert = BY_SHORT,
	  .now = 2 * CA_HOUR },
	{ "SGW-REV-12", "an issuer that expires first bounds the verdict", { .by = SHORT },
	  PKI_GOOD, "crl.good", .issuer = SHORT, .cert = BY_SHORT, .expires = CA_HOUR },
	{ "SGW-REV-12", "another key identifier", { .ext = { "2.5.29.35=DER:30068004FFFFFFFF" } },
	  PKI_INDETERMINATE, "crl.aki" },
	/* Signature and digest. */
	{ "SGW-REV-12", "a bit of the signature changed", { 0 }, PKI_INDETERMINATE, "crl.signature",
	  .bend = FLIP },
	{ "SGW-REV-10", "SHA-1", { .by = RSA_CA, .md = "SHA1" }, PKI_GOOD, "crl.good", .issuer = RSA_CA,
	  .cert = BY_RSA, .sha1 = true },
	{ "HASH-01", "SHA-1 with ECDSA", { .md = "SHA1" }, PKI_GOOD, "crl.good", .sha1 = true },
	{ "HASH-02", "SHA-1 under rel17-strict", { .by = RSA_CA, .md = "SHA1" }, PKI_INDETERMINATE,
	  "crl.digest", .issuer = RSA_CA, .cert = BY_RSA, .profile = "rel17-strict" },
	{ "HASH-04", "MD5", { .by = RSA_CA, .md = "MD5" }, PKI_INDETERMINATE, "crl.digest",
	  .issuer = RSA_CA, .cert = BY_RSA },
	{ "SGW-REV-10", "SHA-256 with RSA", { .by = RSA_CA }, PKI_GOOD, "crl.good", .issuer = RSA_CA,
	  .cert = BY_RSA },
	{ "SGW-REV-10", "RSASSA-PSS", { .by = RSA_CA, .md = "pss:SHA256" }, PKI_GOOD, "crl.good",
	  .issuer = RSA_CA, .cert = BY_RSA },
	{ "SGW-REV-10", "RSASSA-PSS changed", { .by = RSA_CA, .md = "pss:SHA256" },
	  PKI_INDETERMINATE, "crl.signature", .issuer = RSA_CA, .cert = BY_RSA, .bend = FLIP },
	{ "SGW-REV-10", "SHA-512", { .md = "SHA512" }, PKI_GOOD, "crl.good" },
	/* Time. */
	{ "SGW-REV-12", "no nextUpdate", { .no_next = true }, PKI_INDETERMINATE, "crl.time.nonext" },
	{ "SGW-REV-12", "the second of nextUpdate", { 0 }, PKI_GOOD, "crl.good", .now = CA_DAY },
	{ "SGW-REV-12", "the second after", { 0 }, PKI_INDETERMINATE, "crl.time.stale",
	  .now = CA_DAY + 1 },
	{ "SGW-REV-12", "stale, and ours is listed", { REVOKED(1) }, PKI_BAD, "crl.revoked",
	  .now = 2 * CA_DAY },
	{ "SGW-REV-12", "thisUpdate as far in the future as is tolerated", { .from = 300 },
	  PKI_GOOD, "crl.good" },
	{ "SGW-REV-12", "a second further", { .from = 301 }, PKI_INDETERMINATE, "crl.time.future" },
	{ "SGW-REV-12", "of the future, and ours is listed", { .from = CA_HOUR, REVOKED(1) },
	  PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "nextUpdate before thisUpdate", { .from = -60, .to = -120 },
	  PKI_INDETERMINATE, "crl.time.order" },
	{ "SGW-REV-12", "the evidence ends after a day", { .to = 20 * CA_DAY }, PKI_GOOD,
	  "crl.good", .expires = CA_DAY },
	/* Kinds of lists. */
	{ "SGW-REV-12", "a delta", { .ext = { "2.5.29.27=critical,DER:020101" } },
	  PKI_INDETERMINATE, "crl.delta" },
	{ "SGW-REV-12", "a delta that does not say it is critical",
	  { .ext = { "2.5.29.27=DER:020101" } }, PKI_INDETERMINATE, "crl.delta" },
	/* Of which certificates: RFC 5280 5.2.5, 6.3.3. What is listed is listed. */
	{ "SGW-REV-12", "a list of users only, and a user", { .ext = IDP("3003" USERS) }, PKI_GOOD,
	  "crl.good" },
	{ "SGW-REV-12", "of users only, ours listed", { .ext = IDP("3003" USERS), REVOKED(1) },
	  PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "of users only, and a CA", { .ext = IDP("3003" USERS) },
	  PKI_INDETERMINATE, "crl.partitioned", .cert = SUB },
	{ "SGW-REV-12", "of users only, and the CA is listed", { .ext = IDP("3003" USERS),
	  .listed = { { SUB, 2 } } }, PKI_BAD, "crl.revoked", .cert = SUB },
	{ "SGW-REV-12", "of CAs only, and a CA", { .ext = IDP("3003" CAS) }, PKI_GOOD, "crl.good",
	  .cert = SUB },
	{ "SGW-REV-12", "of CAs only, and a user", { .ext = IDP("3003" CAS) },
	  PKI_INDETERMINATE, "crl.partitioned" },
	{ "SGW-REV-12", "of CAs only, and ours is listed", { .ext = IDP("3003" CAS), REVOKED(1) },
	  PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "of users and of CAs only", { .ext = IDP("3006" USERS CAS) },
	  PKI_INDETERMINATE, "crl.partitioned" },
	{ "SGW-REV-12", "of the certificate's distribution point", { .ext = IDP("3010" POINT) },
	  PKI_GOOD, "crl.good", .cert = POINTED },
	{ "SGW-REV-12", "of that point's users", { .ext = IDP("3013" POINT USERS) }, PKI_GOOD,
	  "crl.good", .cert = POINTED },
	{ "SGW-REV-12", "of two points, the second the certificate's",
	  { .ext = IDP("301C" BOTH_POINTS) }, PKI_GOOD, "crl.good", .cert = POINTED },
	{ "SGW-REV-12", "of another point", { .ext = IDP("3010" POINT2) }, PKI_INDETERMINATE,
	  "crl.partitioned", .cert = POINTED },
	{ "SGW-REV-12", "of another point, and ours is listed", { .ext = IDP("3010" POINT2),
	  .listed = { { POINTED, 1 } } }, PKI_BAD, "crl.revoked", .cert = POINTED },
	{ "SGW-REV-12", "of a point, and a certificate without one", { .ext = IDP("3010" POINT) },
	  PKI_INDETERMINATE, "crl.partitioned" },
	{ "SGW-REV-12", "of a point that the certificate names for some reasons",
	  { .ext = IDP("3010" POINT) }, PKI_INDETERMINATE, "crl.partitioned", .cert = REASONED },
	{ "SGW-REV-12", "of a point named relative to the issuer, and not the certificate's",
	  { .ext = IDP("3011" RELATIVE) }, PKI_INDETERMINATE, "crl.partitioned", .cert = POINTED },
	{ "SGW-REV-12", "of a point named relative to the issuer, the certificate's",
	  { .ext = IDP("3011" RELATIVE) }, PKI_GOOD, "crl.good", .cert = RELATED },
	{ "SGW-REV-12", "of such a point, and ours is listed", { .ext = IDP("3011" RELATIVE),
	  REVOKED(1) }, PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "of some reasons only", { .ext = IDP("3004" SOME_REASONS) },
	  PKI_INDETERMINATE, "crl.partitioned" },
	{ "SGW-REV-12", "of some reasons only, and ours is listed",
	  { .ext = IDP("3004" SOME_REASONS), REVOKED(1) }, PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "of attribute certificates", { .ext = IDP("3003" ATTRIBUTES) },
	  PKI_INDETERMINATE, "crl.partitioned" },
	{ "SGW-REV-12", "an empty issuingDistributionPoint", { .ext = IDP("3000") }, PKI_GOOD,
	  "crl.good" },
	{ "SGW-REV-12", "one that is not critical counts as well",
	  { .ext = { "2.5.29.28=DER:3003" CAS } }, PKI_INDETERMINATE, "crl.partitioned" },
	{ "SGW-REV-12", "a scope with a FALSE that DER leaves out", { .ext = IDP("3003810100") },
	  PKI_INDETERMINATE, "crl.encoding" },
	{ "SGW-REV-12", "a scope in the wrong order", { .ext = IDP("3006" CAS USERS) },
	  PKI_INDETERMINATE, "crl.encoding" },
	{ "SGW-REV-12", "a scope with something behind it", { .ext = IDP("30038601FF") },
	  PKI_INDETERMINATE, "crl.encoding" },
	{ "SGW-REV-12", "an indirect list", { .ext = IDP("3003" INDIRECT) }, PKI_INDETERMINATE,
	  "crl.indirect" },
	{ "SGW-REV-12", "an indirect list, ours listed as its issuer's own",
	  { .ext = IDP("3003" INDIRECT), .listed = { { LEAF, 1 }, { LEAF2, -1, OF_DNS } } },
	  PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "an indirect list, our number listed of another CA",
	  { .ext = IDP("3003" INDIRECT), .listed = { { LEAF, -1, OF_DNS } } }, PKI_INDETERMINATE,
	  "crl.indirect" },
	{ "SGW-REV-12", "an indirect list, our number listed behind another CA's",
	  { .ext = IDP("3003" INDIRECT), .listed = { { LEAF2, -1, OF_DNS }, { LEAF, 1 } } },
	  PKI_INDETERMINATE, "crl.indirect" },
	{ "SGW-REV-12", "an entry of another CA in a list that is not indirect",
	  { .listed = { { LEAF2, -1, OF_DNS } } }, PKI_INDETERMINATE, "crl.indirect" },
	{ "SGW-REV-12", "an issuer of an entry that is no name",
	  { .listed = { { LEAF2, -1, "2.5.29.29=critical,DER:3000" } } }, PKI_INDETERMINATE,
	  "crl.encoding" },
	/* What else makes a list prove nothing good does not unsay what is on it. */
	{ "SGW-REV-12", "a delta, and ours is listed", { .ext = { "2.5.29.27=critical,DER:020101" },
	  REVOKED(1) }, PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "no nextUpdate, and ours is listed", { .no_next = true, REVOKED(1) },
	  PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "nextUpdate before thisUpdate, and ours is listed",
	  { .from = -60, .to = -120, REVOKED(1) }, PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "no crlNumber, and ours is listed", { .ext = { "-" }, REVOKED(-1) },
	  PKI_BAD, "crl.revoked" },
	{ "SGW-REV-12", "version 1, and ours is listed", { .v1 = true, REVOKED(-1) }, PKI_BAD,
	  "crl.revoked" },
	{ "SGW-REV-12", "a list that has deltas", { .ext = { "2.5.29.46=DER:3000" } },
	  PKI_INDETERMINATE, "crl.delta.published" },
	{ "SGW-REV-12", "one that has deltas, and ours is listed",
	  { .ext = { "2.5.29.46=DER:3000" }, REVOKED(1) }, PKI_BAD, "crl.revoked" },
	/* Extensions. */
	{ "SGW-REV-12", "an unknown critical extension",
	  { .ext = { "1.3.6.1.4.1.99999.1=critical,DER:0500" } }, PKI_INDETERMINATE,
	  "crl.extension" },
	{ "SGW-REV-12", "an unknown critical extension, and ours is listed",
	  { .ext = { "1.3.6.1.4.1.99999.1=critical,DER:0500" }, REVOKED(1) }, PKI_INDETERMINATE,
	  "crl.extension" },
	{ "SGW-REV-12", "an unknown one that is not critical",
	  { .ext = { "1.3.6.1.4.1.99999.1=DER:0500" } }, PKI_GOOD, "crl.good" },
	{ "SGW-REV-12", "an extension twice",
	  { .ext = { "2.5.29.35=DER:3000", "2.5.29.35=DER:3000" } }, PKI_INDETERMINATE,
	  "crl.encoding" },
	{ "SGW-REV-12", "an unknown critical extension of an entry",
	  { .listed = { { LEAF2, -1, "1.3.6.1.4.1.99999.1=critical,DER:0500" } } },
	  PKI_INDETERMINATE, "crl.entry.extension" },
	{ "SGW-REV-12", "an unknown one of an entry that is not critical",
	  { .listed = { { LEAF2, 1, "1.3.6.1.4.1.99999.1=DER:0500" } } }, PKI_GOOD, "crl.good" },
	/* Version and number. */
	{ "SGW-REV-12", "a crlNumber of 20 octets", { .number =
	  "2.5.29.20=DER:02147000000000000000000000000000000000000001" }, PKI_GOOD, "crl.good" },
	{ "SGW-REV-12", "one of 21 is named as such", { .number =
	  "2.5.29.20=DER:0215700000000000000000000000000000000000000001" }, PKI_INDETERMINATE,
	  "crl.number.length" },
	{ "SGW-REV-12", "no crlNumber", { .ext = { "-" } }, PKI_INDETERMINATE, "crl.number" },
	{ "SGW-REV-12", "no crlNumber where the profile does without", { .ext = { "-" } },
	  PKI_GOOD, "crl.good", .lenient = true },
	{ "SGW-REV-12", "none where the store can't do without", { .ext = { "-" } },
	  PKI_INDETERMINATE, "crl.number", .lenient = true, .number_required = true },
	{ "SGW-REV-12", "a critical crlNumber", { .number = "2.5.29.20=critical,DER:020107" },
	  PKI_INDETERMINATE, "crl.encoding" },
	{ "SGW-REV-12", "a negative crlNumber", { .number = "2.5.29.20=DER:0201FF" },
	  PKI_INDETERMINATE, "crl.encoding" },
	{ "SGW-REV-12", "version 1", { .v1 = true }, PKI_INDETERMINATE, "crl.version" },
	/* Bytes. */
	{ "SGW-REV-12", "a byte behind the list", { 0 }, PKI_INDETERMINATE, "crl.encoding",
	  .bend = TAIL },
	{ "SGW-REV-12", "a list cut short", { 0 }, PKI_INDETERMINATE, "crl.encoding", .bend = CUT },
	{ "SGW-REV-12", "a length in BER", { 0 }, PKI_INDETERMINATE, "crl.encoding", .bend = BER },
	{ "SGW-REV-12", "nothing at all", { 0 }, PKI_INDETERMINATE, "crl.encoding", .bend = EMPTY },
};

static void issue_all(void)
{
	static const char *const ca[] = { CA_EXT_CA, "2.5.29.14=DER:04040A0B0C0D" };
	struct ca_spec spec = { .cn = "CA", .to = 300 * CA_DAY, .ext = { ca[0], ca[1], ca[2] } };

	ca_issue(&e[CA], &spec);
	spec.cn = "Other";
	ca_issue(&e[OTHER], &spec);
	spec.cn = "CA";
	ca_issue(&e[TWIN], &spec);
	spec = (struct ca_spec){ .cn = "CA", .to = CA_HOUR, .ext = { CA_EXT_CA } };
	ca_issue(&e[SHORT], &spec);
	spec = (struct ca_spec){ .cn = "RSA", .key = "RSA-2048", .ext = { CA_EXT_CA } };
	ca_issue(&e[RSA_CA], &spec);
	spec.key = "RSA-1024";
	ca_issue(&e[RSA1024], &spec);
	spec = (struct ca_spec){ .cn = "No sign", .ext = { ca[0], "keyUsage=critical,keyCertSign" } };
	ca_issue(&e[NO_SIGN], &spec);
	spec = (struct ca_spec){ .cn = "Leaf", .issuer = &e[CA], .ext = { CA_EXT_END } };
	ca_issue(&e[LEAF], &spec);
	ca_issue(&e[LEAF2], &spec);
	spec.ext[2] = "crlDistributionPoints=URI:http://c/1";
	ca_issue(&e[POINTED], &spec);
	/* The same with reasons (RFC 5280 4.2.1.13): another list has the other ones. */
	spec.ext[2] = "2.5.29.31=DER:30163014A00EA00C860A687474703A2F2F632F3181020640";
	ca_issue(&e[REASONED], &spec);
	spec.ext[2] = "2.5.29.31=DER:30133011" RELATIVE;
	ca_issue(&e[RELATED], &spec);
	spec = (struct ca_spec){ .cn = "Sub", .issuer = &e[CA], .ext = { CA_EXT_CA } };
	ca_issue(&e[SUB], &spec);
	spec = (struct ca_spec){ .cn = "Leaf", .issuer = &e[OTHER], .ext = { CA_EXT_END } };
	ca_issue(&e[BY_OTHER], &spec);
	spec.issuer = &e[RSA_CA];
	ca_issue(&e[BY_RSA], &spec);
	spec.issuer = &e[SHORT];
	ca_issue(&e[BY_SHORT], &spec);
}

static void revoke(X509_CRL *crl, const struct listed *l)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, CA_NOW - CA_HOUR);

	X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(e[l->who].cert));
	X509_REVOKED_set_revocationDate(r, when);
	if (l->reason >= 0) {
		ASN1_ENUMERATED_set(reason, l->reason);
		X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0, 0);
	}
	if (l->ext) {
		X509_EXTENSION *ext = ca_extension(l->ext);

		X509_REVOKED_add_ext(r, ext, -1);
		X509_EXTENSION_free(ext);
	}
	X509_CRL_add0_revoked(crl, r);
	ASN1_ENUMERATED_free(reason);
	ASN1_TIME_free(when);
}

static void add_extension(X509_CRL *crl, const char *line)
{
	X509_EXTENSION *ext = ca_extension(line);

	X509_CRL_add_ext(crl, ext, -1);
	X509_EXTENSION_free(ext);
}

static void sign(X509_CRL *crl, EVP_PKEY *key, const char *md)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	bool pss = md && !strncmp(md, "pss:", 4);
	const EVP_MD *digest = EVP_get_digestbyname(!md ? "SHA256" : pss ? md + 4 : md);

	if (EVP_DigestSignInit(ctx, &pctx, digest, NULL, key) != 1 ||
	    (pss && EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1) ||
	    X509_CRL_sign_ctx(crl, ctx) <= 0)
		ca_die("signing a list");
	EVP_MD_CTX_free(ctx);
}

static struct pki_der issue(const struct crl_spec *s)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, CA_NOW + (s->from ? s->from : -CA_HOUR));
	ASN1_TIME *to = ASN1_TIME_set(NULL, CA_NOW + (s->to ? s->to : CA_DAY));
	X509_CRL *crl = X509_CRL_new();
	unsigned char *der = NULL;
	struct pki_der copy;
	int len;

	/* Version 1 is the absence of the field. */
	if (!s->v1)
		X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(e[s->by].cert));
	X509_CRL_set1_lastUpdate(crl, from);
	if (!s->no_next)
		X509_CRL_set1_nextUpdate(crl, to);
	for (size_t i = 0; i < 3 && s->listed[i].who; i++)
		revoke(crl, &s->listed[i]);
	if (!s->v1 && !(s->ext[0] && !strcmp(s->ext[0], "-"))) {
		add_extension(crl, s->number ? s->number : "2.5.29.20=DER:020107");
		for (size_t i = 0; i < EXT_MAX && s->ext[i]; i++)
			add_extension(crl, s->ext[i]);
	}
	sign(crl, e[s->by].key, s->md);
	len = i2d_X509_CRL(crl, &der);
	if (len <= 0)
		ca_die("encoding a list");
	copy = ca_copy((struct pki_der){ der, (size_t)len });
	OPENSSL_free(der);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return copy;
}

static struct pki_der bent(struct pki_der der, enum bend bend)
{
	switch (bend) {
	case FLIP:
		return ca_flip(der, -1);
	case TAIL:
		return ca_append(der);
	case CUT:
		der.len--;
		return der;
	case BER:
		return ca_lengthen(der);
	case EMPTY:
		return (struct pki_der){ 0 };
	default:
		return der;
	}
}

static void run_case(const struct crl_case *c)
{
	static struct pki_profile profile;
	struct pki_der der = bent(issue(&c->spec), c->bend);
	struct pki_crl_policy policy;
	struct pki_result r;
	struct pki_crl *crl;
	bool ok;

	ca_profile(&profile, c->profile ? c->profile : "seed", c->lenient ? "number = error" : NULL,
		   "number = warn");
	pki_crl_policy_default(&policy, &profile);
	policy.number_required = c->number_required;
	crl = pki_crl_load(der, e[c->issuer].der, &policy, &r);
	ok = r.verdict == PKI_INDETERMINATE || (crl && r.verdict == PKI_GOOD);
	if (crl)
		pki_crl_check(crl, e[c->cert ? c->cert : LEAF].der, &policy, CA_NOW + c->now, &r);
	pki_crl_free(crl);
	ok = ok && r.verdict == c->verdict && !strcmp(r.rule, c->rule) && r.detail[0] &&
	     (r.verdict == PKI_GOOD ? r.expires >= CA_NOW + c->now : !r.expires) &&
	     (!c->expires || r.expires == CA_NOW + c->expires) && !!r.sha1 == c->sha1;
	tap_ok(ok, "%s: %s: %s", c->row, c->what, c->rule);
	printf("# %d %s: %s\n", r.verdict, r.rule, r.detail);
}

static void numbers(void)
{
	static const struct { const char *a, *b; int sign; } pairs[] = {
		{ "02:01:07", "02:01:08", -1 }, { "02:01:08", "02:01:08", 0 },
		{ "02:02:01:00", "02:01:7F", 1 }, { "02:02:00:80", "02:01:7F", 1 },
		{ "02:02:00:80", "02:02:01:00", -1 },
	};
	static struct pki_profile profile;
	struct pki_crl_policy policy;

	ca_profile(&profile, "seed", NULL, NULL);
	pki_crl_policy_default(&policy, &profile);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct pki_crl_info info[2] = { 0 };
		int cmp;

		for (int j = 0; j < 2; j++) {
			char line[64];
			struct crl_spec spec = { .number = line };
			struct pki_crl *crl;
			struct pki_result r;

			snprintf(line, sizeof(line), "2.5.29.20=DER:%s",
				 j ? pairs[i].b : pairs[i].a);
			crl = pki_crl_load(issue(&spec), e[CA].der, &policy, &r);
			if (!crl)
				ca_die(r.detail);
			pki_crl_info(crl, &info[j]);
			pki_crl_free(crl);
		}
		cmp = pki_crl_number_cmp(&info[0], &info[1]);
		tap_ok((cmp > 0) - (cmp < 0) == pairs[i].sign,
		       "SGW-REV-05: crlNumber %s against %s", pairs[i].a, pairs[i].b);
	}
}

/* Many serial numbers, in an order that is none. */
static struct pki_der issue_many(long n)
{
	struct crl_spec spec = { 0 };
	struct pki_der der = issue(&spec), copy;
	const uint8_t *p = der.data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.len);
	ASN1_TIME *when = ASN1_TIME_set(NULL, CA_NOW - CA_HOUR);
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	unsigned char *out = NULL;
	int len;

	for (long i = 0; i < n; i++) {
		X509_REVOKED *r = X509_REVOKED_new();

		/* Even ones, each once: 7919 is a prime that does not divide n. */
		ASN1_INTEGER_set(serial, 1000000 + 2 * (i * 7919 % n));
		X509_REVOKED_set_serialNumber(r, serial);
		X509_REVOKED_set_revocationDate(r, when);
		X509_CRL_add0_revoked(crl, r);
	}
	sign(crl, e[CA].key, NULL);
	len = i2d_X509_CRL(crl, &out);
	copy = ca_copy((struct pki_der){ out, (size_t)len });
	OPENSSL_free(out);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(when);
	X509_CRL_free(crl);
	return copy;
}

static void many(void)
{
	static struct pki_profile profile;
	struct pki_der der = issue_many(100000);
	struct pki_crl_policy policy;
	struct timespec a, b;
	struct pki_result r;
	struct pki_crl_info info;
	struct pki_crl *crl;
	long wrong = 0;
	double s;

	ca_profile(&profile, "seed", NULL, NULL);
	pki_crl_policy_default(&policy, &profile);
	crl = pki_crl_load(der, e[CA].der, &policy, &r);
	if (!crl)
		ca_die(r.detail);
	pki_crl_info(crl, &info);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < 10000; i++) {
		long v = 1000000 + i * 19;
		uint8_t serial[] = { (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

		pki_crl_check_serial(crl, serial, sizeof(serial), &policy, CA_NOW, &r);
		wrong += r.verdict != (v % 2 ? PKI_GOOD : PKI_BAD);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	pki_crl_free(crl);
	s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	tap_ok(!wrong && info.entries == 100000 && s < 1,
	       "SGW-REV-15: 10000 lookups in a list of 100000 entries within a second");
	printf("# %ld wrong, %.3f s, %zu octets for %zu entries\n", wrong, s, info.memory,
	       info.entries);
	tap_ok(info.memory <= info.entries * 10, "SGW-REV-15: at most 10 octets for each of them");
}

static bool refused(struct pki_der der, struct pki_der flat, const struct entity *issuer,
		    const struct pki_crl_policy *policy, const char *rule)
{
	struct pki_result r;
	struct pki_crl *crl = pki_crl_attach(der, flat, issuer->der, policy, &r);
	bool ok = r.verdict == PKI_INDETERMINATE && !strcmp(r.rule, rule);

	/* One that lacks something can still be asked who is on it. */
	if (crl)
		pki_crl_fresh(crl, policy, CA_NOW, &r);
	ok = ok && r.verdict == PKI_INDETERMINATE;

	if (!ok)
		printf("# %s %s\n", crl ? "attached" : r.rule, r.detail);
	pki_crl_free(crl);
	return ok;
}

/* The index that processes share: the same answers, and no step beyond its end. */
static void flat(void)
{
	static struct pki_profile profile, strict;
	struct pki_der der = issue_many(1000), at;
	size_t room = pki_crl_flat_room(der.len);
	struct pki_crl_policy policy, other;
	uint8_t *octets = malloc(room);
	struct pki_crl *crl, *shared;
	struct pki_result r, again;
	long wrong = 0, bent_ones = 0;

	ca_profile(&profile, "seed", NULL, NULL);
	strict = profile;
	strict.crl[PKI_CRL_AKI] = (struct pki_rule){ .level = PKI_ERROR, .clause = "this test" };
	pki_crl_policy_default(&policy, &profile);
	crl = pki_crl_load(der, e[CA].der, &policy, &r);
	if (!crl || !octets)
		ca_die(r.detail);
	at = (struct pki_der){ octets, pki_crl_flatten(crl, octets, room) };
	shared = pki_crl_attach(der, at, e[CA].der, &policy, &again);
	tap_ok(at.len && shared && again.expires == r.expires &&
	       !memcmp(again.proof_digest, r.proof_digest, sizeof(r.proof_digest)),
	       "SGW-REV-15: an index made once is a list to others, with its proof and its end");
	for (long v = 999000; shared && v < 1001100; v++) {
		uint8_t serial[] = { (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

		pki_crl_check_serial(crl, serial, sizeof(serial), &policy, CA_NOW, &r);
		pki_crl_check_serial(shared, serial, sizeof(serial), &policy, CA_NOW, &again);
		wrong += memcmp(&r, &again, sizeof(r)) != 0;
	}
	tap_ok(shared && !wrong, "SGW-REV-15: and says the same of each serial number");
	pki_crl_free(shared);
	tap_ok(!pki_crl_flatten(crl, octets, at.len - 1), "SGW-REV-15: not in less room than it takes");
	pki_crl_flatten(crl, octets, room);
	tap_ok(refused(der, (struct pki_der){ octets, at.len - 1 }, &e[CA], &policy, "crl.index") &&
	       refused(der, (struct pki_der){ octets, 8 }, &e[CA], &policy, "crl.index") &&
	       refused(der, (struct pki_der){ 0 }, &e[CA], &policy, "crl.index"),
	       "SGW-REV-12/15: a short index is none");
	tap_ok(refused(der, at, &e[OTHER], &policy, "crl.index"),
	       "SGW-REV-12/15: nor is one of a list that another key signed");
	tap_ok(refused(issue_many(1001), at, &e[CA], &policy, "crl.index"),
	       "SGW-REV-12/15: nor one of another list");
	other = policy;
	other.profile = &strict;
	tap_ok(refused(der, at, &e[CA], &other, "crl.aki.absent"),
	       "SGW-REV-12/15: the profile is held against the list each time");
	/* Each octet of the header: whatever it then says, nothing is read beyond the end. */
	for (size_t i = 0; i < 40; i++) {
		uint8_t serial[] = { 0x0f, 0x42, 0x40 };

		octets[i] ^= 0x81;
		shared = pki_crl_attach(der, at, e[CA].der, &policy, &again);
		if (shared)
			pki_crl_check_serial(shared, serial, sizeof(serial), &policy, CA_NOW, &again);
		bent_ones += !shared;
		pki_crl_free(shared);
		octets[i] ^= 0x81;
	}
	tap_ok(bent_ones == 40, "SGW-REV-12/15: a header with a bent length is none");
	pki_crl_free(crl);
	free(octets);
}

int main(void)
{
	issue_all();
	tap_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	numbers();
	many();
	flat();
	for (size_t i = 0; i < WHO; i++) {
		X509_free(e[i].cert);
		EVP_PKEY_free(e[i].key);
		OPENSSL_free((uint8_t *)e[i].der.data);
	}
	return tap_end();
}
