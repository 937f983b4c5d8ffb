// SPDX-License-Identifier: GPL-2.0-or-later
/* pki_ocsp_evaluate() and pki_ocsp_request(): each rule violated alone. */
#include <stdlib.h>
#include <string.h>
#include <openssl/ocsp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include "../lib/tap.h"
#include "pki/internal.h"
#include "ca.h"

#define NOCHECK		"noCheck=ignored"
#define EKU		"extendedKeyUsage=critical,OCSPSigning"
#define CRITICAL_EXT	"1.3.6.1.4.1.99999.1=critical,DER:0500"
#define PLAIN_EXT	"1.3.6.1.4.1.99999.1=DER:0500"
#define BIG_EXT		"big"		/* 16 KiB of it */
#define ENTRIES_MAX	3

enum who {
	NOBODY, ROOT, CA, TWIN_CA, OTHER_CA, RENAMED_CA, LEAF, SIBLING, OLD_LEAF,
	DELEGATE, NO_EKU, ANY_EKU, NO_NOCHECK, LONG_LIFE, CRIT_NOCHECK, EXPIRED, FUTURE, ENDS_SOON,
	BY_ROOT, BY_TWIN, BY_OTHER, BY_RENAMED, NO_DS, CRITICAL, WEAK_KEY, WEAK_SIG,
	RSA_DELEGATE, LOCAL, LOCAL_EXPIRED, ODD_NOCHECK, OLD_SHA1, DSA_DELEGATE, ED_DELEGATE,
	P384_DELEGATE, P521_DELEGATE, P224_DELEGATE,
	RSA_CA, RSA_LEAF, RSA_CA_DELEGATE, WEAK_CA, WEAK_CA_LEAF, WEAK_CA_DELEGATE, MD5_LEAF,
	NO_CA, NO_CA_LEAF, NEW_CA, NEW_CA_LEAF, SOON_LEAF, SOON_CA, SOON_CA_LEAF, ENTITIES
};

static const struct {
	enum who issuer;
	struct ca_spec spec;
} specs[ENTITIES] = {
	[ROOT] = { 0, { .cn = "Root", .ext = { CA_EXT_CA } } },
	[CA] = { ROOT, { .cn = "CA", .ext = { CA_EXT_CA } } },
	[TWIN_CA] = { ROOT, { .cn = "CA", .ext = { CA_EXT_CA } } },
	[OTHER_CA] = { ROOT, { .cn = "Other CA", .ext = { CA_EXT_CA } } },
	[RENAMED_CA] = { ROOT, { .cn = "Renamed CA", .ext = { CA_EXT_CA } } },	/* CA's key */
	[LEAF] = { CA, { .cn = "segw", .to = 20 * CA_DAY, .ext = { CA_EXT_END } } },
	[SIBLING] = { CA, { .cn = "sibling", .ext = { CA_EXT_END } } },
	[OLD_LEAF] = { CA, { .cn = "old segw", .to = -1, .ext = { CA_EXT_END } } },
	[DELEGATE] = { CA, { .cn = "OCSP", .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[NO_EKU] = { CA, { .cn = "No EKU", .ext = { CA_EXT_END, NOCHECK } } },
	[ANY_EKU] = { CA, { .cn = "Any EKU", .ext = { CA_EXT_END, NOCHECK,
						      "extendedKeyUsage=anyExtendedKeyUsage" } } },
	[NO_NOCHECK] = { CA, { .cn = "No nocheck", .ext = { CA_EXT_END, EKU } } },
	[LONG_LIFE] = { CA, { .cn = "Long", .to = 91 * CA_DAY, .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[CRIT_NOCHECK] = { CA, { .cn = "Critical nocheck", .ext = { CA_EXT_END, EKU,
								    "noCheck=critical,ignored" } } },
	[EXPIRED] = { CA, { .cn = "Expired", .to = -1, .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[FUTURE] = { CA, { .cn = "Future", .from = 1, .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[ENDS_SOON] = { CA, { .cn = "Soon", .to = 60, .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[BY_ROOT] = { ROOT, { .cn = "By root", .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[BY_TWIN] = { TWIN_CA, { .cn = "By twin", .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[BY_OTHER] = { OTHER_CA, { .cn = "By other", .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[BY_RENAMED] = { RENAMED_CA, { .cn = "By renamed", .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[NO_DS] = { CA, { .cn = "No DS", .ext = { "keyUsage=critical,keyAgreement", EKU, NOCHECK } } },
	[CRITICAL] = { CA, { .cn = "Critical", .ext = { CA_EXT_END, EKU, NOCHECK, CRITICAL_EXT } } },
	[WEAK_KEY] = { CA, { .cn = "Weak", .key = "RSA-1024", .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[WEAK_SIG] = { CA, { .cn = "SHA-1", .md = "SHA1", .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[RSA_DELEGATE] = { CA, { .cn = "RSA OCSP", .key = "RSA-2048",
				 .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[ODD_NOCHECK] = { CA, { .cn = "Odd", .ext = { CA_EXT_END, EKU,
						     "1.3.6.1.5.5.7.48.1.5=DER:0101FF" } } },
	[OLD_SHA1] = { CA, { .cn = "Old", .md = "SHA1", .from = -20 * CA_DAY,
			     .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[DSA_DELEGATE] = { CA, { .cn = "DSA", .key = "DSA", .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[ED_DELEGATE] = { CA, { .cn = "Ed", .key = "ED25519",
				.ext = { CA_EXT_END, EKU, NOCHECK } } },
	[P384_DELEGATE] = { CA, { .cn = "P-384", .key = "P-384",
				  .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[P521_DELEGATE] = { CA, { .cn = "P-521", .key = "P-521",
				  .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[P224_DELEGATE] = { CA, { .cn = "P-224", .key = "P-224",
				  .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[RSA_CA] = { ROOT, { .cn = "RSA CA", .key = "RSA-3072", .ext = { CA_EXT_CA } } },
	[RSA_LEAF] = { RSA_CA, { .cn = "RSA segw", .key = "RSA-2048", .md = "pss:SHA256",
				 .to = 20 * CA_DAY, .ext = { CA_EXT_END } } },
	[RSA_CA_DELEGATE] = { RSA_CA, { .cn = "RSA CA OCSP", .md = "pss:SHA384",
					.ext = { CA_EXT_END, EKU, NOCHECK } } },
	[WEAK_CA] = { ROOT, { .cn = "Weak CA", .key = "RSA-1024", .ext = { CA_EXT_CA } } },
	[WEAK_CA_LEAF] = { WEAK_CA, { .cn = "weak segw", .ext = { CA_EXT_END } } },
	[WEAK_CA_DELEGATE] = { WEAK_CA, { .cn = "Weak CA OCSP",
					  .ext = { CA_EXT_END, EKU, NOCHECK } } },
	[MD5_LEAF] = { RSA_CA, { .cn = "MD5 segw", .md = "MD5", .ext = { CA_EXT_END } } },
	[NO_CA] = { ROOT, { .cn = "No CA", .ext = { "keyUsage=keyCertSign" } } },
	[NO_CA_LEAF] = { NO_CA, { .cn = "segw of no CA", .ext = { CA_EXT_END } } },
	[NEW_CA] = { ROOT, { .cn = "Future CA", .from = 1, .ext = { CA_EXT_CA } } },
	[NEW_CA_LEAF] = { NEW_CA, { .cn = "segw of the future CA", .ext = { CA_EXT_END } } },
	[SOON_LEAF] = { CA, { .cn = "segw until soon", .to = 90, .ext = { CA_EXT_END } } },
	[SOON_CA] = { ROOT, { .cn = "CA until soon", .to = 30, .ext = { CA_EXT_CA } } },
	[SOON_CA_LEAF] = { SOON_CA, { .cn = "segw of it", .ext = { CA_EXT_END } } },
	[LOCAL] = { 0, { .cn = "Local OCSP", .ext = { CA_EXT_END } } },
	[LOCAL_EXPIRED] = { 0, { .cn = "Local OCSP", .to = -1, .ext = { CA_EXT_END } } },
};

static struct entity entities[ENTITIES];
static const uint8_t nonce[32] = "a nonce of thirty-two octets...";
static const uint8_t long_nonce[PKI_NONCE_MAX] = "a nonce of as many octets as RFC 9654 knows";

enum status { GOOD, REVOKED, UNKNOWN };	/* as V_OCSP_CERTSTATUS_* */
enum about { OURS, OTHER_SERIAL, WRONG_NAME_HASH, WRONG_KEY_HASH };
enum nonces { SAME, ABSENT, OTHER, TWICE, PREFIX, TAIL, RAW, CRITICAL_NONCE, LONG, BAD_LENGTH,
	      BAD_TAG };

#define NO_NEXT		INT32_MIN
#define FRESH		.from = -60, .next = CA_HOUR

struct entry {
	enum about about;
	enum status status;
	int from, next;		/* seconds from CA_NOW */
	const char *md;		/* of the CertID; NULL: SHA-1 */
	const char *ext;
	const char *from_text, *next_text;	/* instead, as they are */
};

struct made {
	struct pki_der der;
	struct pki_der nonce;
	struct pki_ocsp_policy policy;
	struct pki_der leaf, issuer;
	struct pki_der signers[PKI_OCSP_SIGNERS_MAX + 1];
	size_t nsigners;
};

struct ocsp_case {
	const char *row, *what;
	const char *rule;	/* NULL: good */
	struct entry entries[ENTRIES_MAX];
	unsigned int n;		/* of entries; 0: 1 */
	enum who signer;	/* 0: DELEGATE */
	enum who key;		/* whose key signs instead; 0: the signer's */
	enum who ca;		/* who issued; 0: CA */
	enum who leaf, issuer;	/* 0: LEAF, and who issued it */
	enum nonces nonce;
	int produced;		/* seconds from CA_NOW; 0: -60 */
	const char *produced_text;
	const char *md;		/* of the signature, "pss:SHA256" for RSASSA-PSS */
	const char *ext;	/* of the response */
	bool by_name;		/* responderID */
	bool bare;		/* without certificates */
	int expires;		/* seconds from CA_NOW; 0: not looked at */
	unsigned int sha1;	/* signatures over it that are counted */
	bool provisional;
	void (*bend)(struct made *made);
};

static const struct pki_der whole;

static void bend_tail(struct made *m) { m->der = ca_append(m->der); }
static void bend_signature(struct made *m);
static void bend_inner_tail(struct made *m);
static void bend_truncate(struct made *m) { m->der.len--; }
static void bend_empty(struct made *m) { m->der = whole; }
static void bend_long_form(struct made *m);
static void bend_type(struct made *m);
static void bend_size(struct made *m) { m->policy.response_max = m->der.len - 1; }
static void bend_size_fits(struct made *m) { m->policy.response_max = m->der.len; }
static void bend_no_sha1(struct made *m) { m->policy.sha1.mode = PKI_SHA1_DENY; }
static void bend_cutoff(struct made *m, int before)
{
	m->policy.sha1.mode = PKI_SHA1_LEGACY;
	m->policy.sha1.before = CA_NOW + before;
}

static void bend_cutoff_after(struct made *m) { bend_cutoff(m, -59); }
static void bend_cutoff_before(struct made *m) { bend_cutoff(m, -60); }
static void bend_cutoff_delegate(struct made *m) { bend_cutoff(m, -20 * CA_DAY); }
static void bend_cutoff_old(struct made *m) { bend_cutoff(m, -20 * CA_DAY + 1); }
static void bend_inband(struct made *m);
static void bend_inband_size(struct made *m);
static void bend_version(struct made *m);
static void bend_status_octets(struct made *m);
static void bend_long_nonce(struct made *m) { m->nonce = (struct pki_der){ long_nonce,
								sizeof(long_nonce) }; }
static void bend_unsynced(struct made *m);
static void bend_unsynced_nonce(struct made *m);
static void bend_certs(struct made *m);
static void bend_certs_fit(struct made *m);
static void bend_ber(struct made *m);
static void bend_leaf(struct made *m) { m->leaf = ca_append(m->leaf); }
static void bend_issuer(struct made *m) { m->issuer = ca_append(m->issuer); }

static void bend_signer(struct made *m)
{
	m->signers[0] = ca_append(entities[LOCAL].der);
	m->nsigners = 1;
}

static void bend_many_signers(struct made *m)
{
	for (m->nsigners = 0; m->nsigners <= PKI_OCSP_SIGNERS_MAX; m->nsigners++)
		m->signers[m->nsigners] = entities[LOCAL].der;
}

static void bend_nonce_optional(struct made *m) { m->policy.nonce_required = false; }

static void bend_nonce_unsent(struct made *m)
{
	m->nonce = whole;
}

static void bend_nonce_unwanted(struct made *m)
{
	m->nonce = whole;
	m->policy.nonce_required = false;
}

static void bend_trust_local(struct made *m)
{
	m->signers[0] = entities[LOCAL].der;
	m->nsigners = 1;
}

static void bend_trust_expired(struct made *m)
{
	m->signers[0] = entities[LOCAL_EXPIRED].der;
	m->nsigners = 1;
}

static void bend_nocheck_optional(struct made *m) { m->policy.nocheck_optional = true; }
static void bend_life_91(struct made *m) { m->policy.signer_life_s = 92 * CA_DAY; }
static void bend_life_90(struct made *m) { m->policy.signer_life_s = 92 * CA_DAY - 1; }
static void bend_life_named(struct made *m)
{
	m->policy.signer_life_s = CA_DAY;
	m->signers[0] = entities[LONG_LIFE].der;
	m->nsigners = 1;
}

static void bend_trust_no_nocheck(struct made *m)
{
	m->signers[0] = entities[NO_NOCHECK].der;
	m->nsigners = 1;
}

static void answer(struct made *m, int status)
{
	OCSP_RESPONSE *r = OCSP_response_create(status, NULL);
	uint8_t *der = NULL;
	int len = i2d_OCSP_RESPONSE(r, &der);

	if (len <= 0)
		ca_die("OCSP error response");
	m->der = ca_copy((struct pki_der){ der, (size_t)len });
	OPENSSL_free(der);
	OCSP_RESPONSE_free(r);
}

static void bend_try_later(struct made *m) { answer(m, OCSP_RESPONSE_STATUS_TRYLATER); }
static void bend_unauthorized(struct made *m) { answer(m, OCSP_RESPONSE_STATUS_UNAUTHORIZED); }
static void bend_internal(struct made *m) { answer(m, OCSP_RESPONSE_STATUS_INTERNALERROR); }
static void bend_malformed(struct made *m) { answer(m, OCSP_RESPONSE_STATUS_MALFORMEDREQUEST); }
static void bend_no_bytes(struct made *m) { answer(m, OCSP_RESPONSE_STATUS_SUCCESSFUL); }

static const struct ocsp_case cases[] = {
	/* The good ones, so that the others fail for their own reason. */
	{ "HNB-OCSP-09", "a delegate's good answer is accepted", NULL, { { FRESH } },
	  .expires = CA_HOUR },
	{ "HNB-OCSP-09", "the issuer's own good answer is accepted", NULL, { { FRESH } },
	  .signer = CA },
	{ "HNB-OCSP-09", "the issuer's own answer without certificates is accepted", NULL,
	  { { FRESH } }, .signer = CA, .bare = true },
	{ "HNB-OCSP-09", "a responder named by its subject is accepted", NULL, { { FRESH } },
	  .by_name = true },
	{ "HNB-OCSP-09", "a configured responder is accepted", NULL, { { FRESH } },
	  .signer = LOCAL, .bend = bend_trust_local },
	{ "HNB-OCSP-12", "an RSA delegate is accepted", NULL, { { FRESH } }, .signer = RSA_DELEGATE },
	{ "HNB-OCSP-12", "CertID over SHA-256 is accepted", NULL, { { FRESH, .md = "SHA256" } } },
	{ "HNB-OCSP-12", "CertID over SHA-384 is accepted", NULL, { { FRESH, .md = "SHA384" } } },
	{ "HNB-OCSP-12", "CertID over SHA-512 is accepted", NULL, { { FRESH, .md = "SHA512" } } },
	{ "HNB-OCSP-12, HASH-01", "a SHA-1 signature is accepted by default, and counted", NULL,
	  { { FRESH } }, .md = "SHA1", .sha1 = 1 },
	{ "HNB-OCSP-12, HASH-01", "SHA-1 in signature and SHA-256 in CertID are accepted", NULL,
	  { { FRESH, .md = "SHA256" } }, .md = "SHA1", .sha1 = 1 },
	{ "HNB-OCSP-12", "a SHA-384 signature is accepted", NULL, { { FRESH } }, .md = "SHA384" },
	{ "HNB-OCSP-12", "a SHA-512 signature is accepted", NULL, { { FRESH } }, .md = "SHA512" },
	{ "HNB-OCSP-02", "a P-384 delegate is accepted", NULL, { { FRESH } },
	  .signer = P384_DELEGATE, .md = "SHA384" },
	{ "HNB-OCSP-02", "a P-521 delegate is accepted", NULL, { { FRESH } },
	  .signer = P521_DELEGATE, .md = "SHA512" },
	{ "HNB-OCSP-02", "RSA over SHA-384 is accepted", NULL, { { FRESH } },
	  .signer = RSA_DELEGATE, .md = "SHA384" },
	{ "HNB-OCSP-02", "RSA over SHA-512 is accepted", NULL, { { FRESH } },
	  .signer = RSA_DELEGATE, .md = "SHA512" },
	{ "HASH-01, PIT-49", "RSA over SHA-1 is accepted by default, and counted", NULL,
	  { { FRESH } }, .signer = RSA_DELEGATE, .md = "SHA1", .sha1 = 1 },
	{ "HNB-OCSP-02", "RSASSA-PSS over SHA-256 is accepted", NULL, { { FRESH } },
	  .signer = RSA_DELEGATE, .md = "pss:SHA256" },
	{ "HNB-OCSP-02", "RSASSA-PSS over SHA-512 is accepted", NULL, { { FRESH } },
	  .signer = RSA_DELEGATE, .md = "pss:SHA512" },
	{ "HASH-01", "RSASSA-PSS over SHA-1 is accepted by default, and counted", NULL,
	  { { FRESH } }, .signer = RSA_DELEGATE, .md = "pss:SHA1", .sha1 = 1 },
	{ "HASH-02", "RSASSA-PSS over SHA-1 is refused when denied", "ocsp.signature.weak",
	  { { FRESH } }, .signer = RSA_DELEGATE, .md = "pss:SHA1", .bend = bend_no_sha1 },
	{ "HNB-OCSP-02", "an RSA CA's own answer is accepted", NULL, { { FRESH } },
	  .signer = RSA_CA, .ca = RSA_CA, .leaf = RSA_LEAF },
	{ "HNB-OCSP-02", "an RSA CA's own answer in RSASSA-PSS is accepted", NULL, { { FRESH } },
	  .signer = RSA_CA, .ca = RSA_CA, .leaf = RSA_LEAF, .md = "pss:SHA384", .by_name = true },
	{ "HNB-OCSP-02", "a delegate certified in RSASSA-PSS is accepted", NULL, { { FRESH } },
	  .signer = RSA_CA_DELEGATE, .ca = RSA_CA, .leaf = RSA_LEAF },
	{ "HASH-02", "SHA-1 made before the cut-off is accepted", NULL, { { FRESH } },
	  .md = "SHA1", .sha1 = 1, .bend = bend_cutoff_after },
	{ "HASH-02", "SHA-1 made at the cut-off is refused", "ocsp.signature.weak", { { FRESH } },
	  .md = "SHA1", .bend = bend_cutoff_before },
	{ "HASH-02", "SHA-256 made after the cut-off is accepted", NULL, { { FRESH } },
	  .bend = bend_cutoff_before },
	{ "HASH-02", "a revocation signed over a SHA-1 that is denied proves nothing",
	  "ocsp.signature.weak", { { OURS, REVOKED, FRESH } }, .md = "SHA1",
	  .bend = bend_no_sha1 },
	{ "HASH-02", "a responder certified over SHA-1 is accepted by default, and counted", NULL,
	  { { FRESH } }, .signer = WEAK_SIG, .sha1 = 1 },
	{ "HASH-02", "SHA-1 in certificate and response is counted twice", NULL, { { FRESH } },
	  .signer = WEAK_SIG, .md = "SHA1", .sha1 = 2 },
	{ "HASH-02", "a responder certified over SHA-1 is refused when denied",
	  "ocsp.signer.digest", { { FRESH } }, .signer = WEAK_SIG, .bend = bend_no_sha1 },
	{ "HASH-02", "a responder certified over SHA-1 at the cut-off is refused",
	  "ocsp.signer.digest", { { FRESH } }, .signer = OLD_SHA1, .bend = bend_cutoff_delegate },
	{ "HASH-02", "a responder certified over SHA-1 before the cut-off is accepted", NULL,
	  { { FRESH } }, .signer = OLD_SHA1, .sha1 = 1, .bend = bend_cutoff_old },
	{ "HASH-06", "a CertID over SHA-1 is no SHA-1 signature", NULL, { { FRESH } },
	  .bend = bend_no_sha1 },
	{ "HNB-OCSP-13", "a SHA-1 signature is refused when denied", "ocsp.signature.weak",
	  { { FRESH } }, .md = "SHA1", .bend = bend_no_sha1 },
	{ "HNB-OCSP-02", "an MD5 signature is refused", "ocsp.signature.weak", { { FRESH } },
	  .signer = RSA_DELEGATE, .md = "MD5" },
	{ "HNB-OCSP-02", "an RSA 1024 responder is refused", "ocsp.signature.weak", { { FRESH } },
	  .signer = WEAK_KEY },
	{ "HNB-OCSP-02", "a DSA responder is refused", "ocsp.signature.weak", { { FRESH } },
	  .signer = DSA_DELEGATE },
	{ "HNB-OCSP-02", "an EC key below 256 bits is refused", "ocsp.signature.weak",
	  { { FRESH } }, .signer = P224_DELEGATE },
	{ "HNB-OCSP-02", "SHA-224 is refused", "ocsp.signature.weak", { { FRESH } },
	  .md = "SHA224" },
	{ "HNB-OCSP-02, HASH-04", "a revocation over MD5 proves nothing", "ocsp.signature.weak",
	  { { OURS, REVOKED, FRESH } }, .signer = RSA_DELEGATE, .md = "MD5" },
	{ "HNB-OCSP-02", "an RSA 1024 CA's own answer is refused", "ocsp.issuer.weak",
	  { { FRESH } }, .signer = WEAK_CA, .ca = WEAK_CA, .leaf = WEAK_CA_LEAF },
	{ "HNB-OCSP-02", "a strong delegate of an RSA 1024 CA is refused", "ocsp.issuer.weak",
	  { { FRESH } }, .signer = WEAK_CA_DELEGATE, .ca = WEAK_CA, .leaf = WEAK_CA_LEAF },
	{ "HASH-04", "a certificate over MD5 is refused", "ocsp.issuer.weak", { { FRESH } },
	  .signer = RSA_CA, .ca = RSA_CA, .leaf = MD5_LEAF },
	/* Status of the response, and its bytes. */
	{ "HNB-OCSP-10", "tryLater is not good", "ocsp.status", { { FRESH } },
	  .bend = bend_try_later },
	{ "HNB-OCSP-10", "unauthorized is not good", "ocsp.status", { { FRESH } },
	  .bend = bend_unauthorized },
	{ "HNB-OCSP-10", "internalError is not good", "ocsp.status", { { FRESH } },
	  .bend = bend_internal },
	{ "HNB-OCSP-10", "malformedRequest is not good", "ocsp.status", { { FRESH } },
	  .bend = bend_malformed },
	{ "PIT-20", "successful without a response is not good", "ocsp.type", { { FRESH } },
	  .bend = bend_no_bytes },
	{ "HNB-OCSP-09", "another response type is refused", "ocsp.type", { { FRESH } },
	  .bend = bend_type },
	{ "HNB-OCSP-09", "an empty response is refused", "ocsp.empty", { { FRESH } },
	  .bend = bend_empty },
	{ "HNB-OCSP-09", "a truncated response is refused", "ocsp.encoding", { { FRESH } },
	  .bend = bend_truncate },
	{ "HNB-OCSP-09", "a byte behind the response is refused", "ocsp.encoding", { { FRESH } },
	  .bend = bend_tail },
	{ "HNB-OCSP-09", "bytes behind the basic response are refused", "ocsp.encoding",
	  { { FRESH } }, .bend = bend_inner_tail },
	{ "HNB-OCSP-09", "BER that isn't DER is refused", "ocsp.encoding", { { FRESH } },
	  .bend = bend_long_form },
	{ "HNB-OCSP-09", "a response one octet too long is refused", "ocsp.size", { { FRESH } },
	  .bend = bend_size },
	{ "HNB-OCSP-09", "a response as long as allowed is accepted", NULL, { { FRESH } },
	  .bend = bend_size_fits },
	{ "HNB-OCSP-09", "a response of another version is refused", "ocsp.version",
	  { { FRESH } }, .bend = bend_version },
	{ "HNB-OCSP-09", "a status of two octets is refused", "ocsp.encoding", { { FRESH } },
	  .bend = bend_status_octets },
	{ "HNB-OCSP-09", "BER in what is signed is refused", "ocsp.encoding", { { FRESH } },
	  .nonce = CRITICAL_NONCE, .bend = bend_ber },
	{ "HNB-OCSP-09", "16 certificates in a response are accepted", NULL, { { FRESH } },
	  .bend = bend_certs_fit },
	{ "HNB-OCSP-09", "17 certificates in a response are refused", "ocsp.signer.count",
	  { { FRESH } }, .bend = bend_certs },
	{ "PIT-15", "a certificate with a byte behind it is refused", "ocsp.certificate",
	  { { FRESH } }, .bend = bend_leaf },
	{ "PIT-15", "an issuer with a byte behind it is refused", "ocsp.certificate",
	  { { FRESH } }, .bend = bend_issuer },
	{ "FFS-14", "a trusted responder with a byte behind it is refused", "ocsp.certificate",
	  { { FRESH } }, .bend = bend_signer },
	{ "FFS-14", "17 trusted responders are refused", "ocsp.signer.count", { { FRESH } },
	  .bend = bend_many_signers },
	{ "HNB-OCSP-09", "an issuer that is no CA is refused", "ocsp.issuer.ca", { { FRESH } },
	  .signer = NO_CA, .ca = NO_CA, .leaf = NO_CA_LEAF },
	{ "HNB-PATH-03", "the certificate's notAfter bounds the verdict", NULL, { { FRESH } },
	  .leaf = SOON_LEAF, .expires = 90 },
	{ "HNB-PATH-03", "the issuer's notAfter bounds the verdict", NULL, { { FRESH } },
	  .signer = LOCAL, .ca = SOON_CA, .leaf = SOON_CA_LEAF, .bend = bend_trust_local,
	  .expires = 30 },
	{ "HNB-PATH-03", "an issuer of the future is refused", "time.future", { { FRESH } },
	  .signer = LOCAL, .ca = NEW_CA, .leaf = NEW_CA_LEAF, .bend = bend_trust_local },
	/* Who signed. */
	{ "HNB-OCSP-09", "a flipped bit in the signature is refused", "ocsp.signature",
	  { { FRESH } }, .bend = bend_signature },
	{ "HNB-OCSP-09", "a signature with another key is refused", "ocsp.signature", { { FRESH } },
	  .key = NO_EKU },
	{ "PIT-19", "a delegate without OCSPSigning is refused", "ocsp.signer.eku", { { FRESH } },
	  .signer = NO_EKU },
	{ "PIT-19", "anyExtendedKeyUsage is not OCSPSigning", "ocsp.signer.eku", { { FRESH } },
	  .signer = ANY_EKU },
	{ "PIT-19", "a delegate of the CA above is refused", "ocsp.signer.issuer", { { FRESH } },
	  .signer = BY_ROOT },
	{ "PIT-19", "a delegate of a CA of the same name is refused", "ocsp.signer.issuer",
	  { { FRESH } }, .signer = BY_TWIN },
	{ "PIT-19", "a delegate of a CA of the same key is refused", "ocsp.signer.issuer",
	  { { FRESH } }, .signer = BY_RENAMED },
	{ "PIT-19", "a delegate of another CA is refused", "ocsp.signer.issuer", { { FRESH } },
	  .signer = BY_OTHER },
	{ "HNB-OCSP-09", "another CA's own answer is refused", "ocsp.signer", { { FRESH } },
	  .signer = OTHER_CA },
	{ "HNB-OCSP-09", "the certificate can't answer for itself", "ocsp.signer.eku", { { FRESH } },
	  .signer = LEAF },
	{ "HNB-OCSP-09", "a delegate that isn't sent along is refused", "ocsp.signer.unknown",
	  { { FRESH } }, .bare = true },
	{ "HNB-OCSP-09", "a local responder nobody configured is refused", "ocsp.signer",
	  { { FRESH } }, .signer = LOCAL },
	{ "PIT-19", "an expired delegate is refused", "time.expired", { { FRESH } },
	  .signer = EXPIRED },
	{ "PIT-19", "a delegate of the future is refused", "time.future", { { FRESH } },
	  .signer = FUTURE },
	{ "PIT-19", "an expired configured responder is refused", "time.expired", { { FRESH } },
	  .signer = LOCAL_EXPIRED, .bend = bend_trust_expired },
	{ "PIT-19", "the responder's notAfter bounds the verdict", NULL, { { FRESH } },
	  .signer = ENDS_SOON, .expires = 60 },
	{ "PIT-19", "a delegate without digitalSignature is refused", "ocsp.signer.keyusage",
	  { { FRESH } }, .signer = NO_DS },
	{ "PIT-19", "a delegate with an unknown critical extension is refused",
	  "ocsp.signer.extension", { { FRESH } }, .signer = CRITICAL },
	{ "FFS-20", "a delegate without nocheck is refused", "ocsp.signer.nocheck", { { FRESH } },
	  .signer = NO_NOCHECK },
	{ "FFS-20", "a delegate without nocheck is accepted when configured", NULL, { { FRESH } },
	  .signer = NO_NOCHECK, .bend = bend_trust_no_nocheck },
	{ "FFS-20", "a delegate without nocheck is accepted where the profile has it off", NULL,
	  { { FRESH } }, .signer = NO_NOCHECK, .bend = bend_nocheck_optional },
	{ "FFS-20", "a nocheck has no longest life of its own", NULL, { { FRESH } },
	  .signer = LONG_LIFE },
	{ "FFS-20", "a nocheck within the profile's longest life", NULL, { { FRESH } },
	  .signer = LONG_LIFE, .bend = bend_life_91 },
	{ "FFS-20", "a nocheck a second beyond it is refused: the whole life counts",
	  "ocsp.signer.lifetime", { { FRESH } }, .signer = LONG_LIFE, .bend = bend_life_90 },
	{ "FFS-20", "a responder that is named may live longer", NULL, { { FRESH } },
	  .signer = LONG_LIFE, .bend = bend_life_named },
	{ "FFS-20", "a nocheck that isn't NULL is none", "ocsp.signer.nocheck", { { FRESH } },
	  .signer = ODD_NOCHECK },
	{ "HNB-OCSP-02", "an Ed25519 delegate is refused", "ocsp.signature.weak", { { FRESH } },
	  .signer = ED_DELEGATE, .md = "none" },
	{ "FFS-20", "a critical nocheck is accepted", NULL, { { FRESH } }, .signer = CRIT_NOCHECK },
	/* Whom it is about. */
	{ "HNB-OCSP-09", "another serial is refused", "ocsp.certid",
	  { { OTHER_SERIAL, FRESH } } },
	{ "HNB-OCSP-09", "a wrong issuer name hash is refused", "ocsp.certid",
	  { { WRONG_NAME_HASH, FRESH } } },
	{ "HNB-OCSP-09", "a wrong issuer key hash is refused", "ocsp.certid",
	  { { WRONG_KEY_HASH, FRESH } } },
	{ "HNB-OCSP-09", "a CertID over MD5 is refused", "ocsp.certid",
	  { { FRESH, .md = "MD5" } } },
	{ "HNB-OCSP-09", "a certificate of another issuer is refused", "ocsp.issuer", { { FRESH } },
	  .issuer = OTHER_CA },
	{ "HNB-OCSP-09", "a certificate of an issuer of the same name is refused", "ocsp.issuer",
	  { { FRESH } }, .issuer = TWIN_CA },
	{ "HNB-OCSP-09", "a certificate of an issuer of the same key is refused", "ocsp.issuer",
	  { { FRESH } }, .issuer = RENAMED_CA },
	{ "HNB-OCSP-09", "ours among others is found", NULL,
	  { { OTHER_SERIAL, FRESH }, { FRESH }, { WRONG_KEY_HASH, REVOKED, FRESH } }, 3 },
	{ "HNB-OCSP-09", "another certificate's revocation is not ours", NULL,
	  { { OTHER_SERIAL, REVOKED, FRESH }, { FRESH } }, 2 },
	/* What it says. */
	{ "HNB-OCSP-10", "unknown is not good", "ocsp.unknown", { { OURS, UNKNOWN, FRESH } } },
	{ "HNB-OCSP-10", "revoked is bad", "ocsp.revoked", { { OURS, REVOKED, FRESH } } },
	{ "HNB-OCSP-10", "good and then revoked is bad", "ocsp.revoked",
	  { { FRESH }, { OURS, REVOKED, FRESH } }, 2 },
	{ "HNB-OCSP-10", "good and then unknown is not good", "ocsp.unknown",
	  { { FRESH }, { OURS, UNKNOWN, FRESH } }, 2 },
	{ "HNB-OCSP-10", "unknown and then good is not good", "ocsp.unknown",
	  { { OURS, UNKNOWN, FRESH }, { FRESH } }, 2 },
	{ "HNB-OCSP-10", "unknown and then revoked is bad", "ocsp.revoked",
	  { { OURS, UNKNOWN, FRESH }, { OURS, REVOKED, FRESH, .md = "SHA256" } }, 2 },
	{ "HNB-OCSP-10", "revoked counts though stale", "ocsp.revoked",
	  { { OURS, REVOKED, .from = -10 * CA_DAY, .next = -9 * CA_DAY } } },
	{ "HNB-OCSP-10", "revoked counts without a nonce", "ocsp.revoked",
	  { { OURS, REVOKED, FRESH } }, .nonce = ABSENT },
	{ "HNB-OCSP-10", "revoked counts with another nonce", "ocsp.revoked",
	  { { OURS, REVOKED, FRESH } }, .nonce = OTHER },
	{ "HNB-OCSP-10", "revoked counts though the delegate has expired since", "ocsp.revoked",
	  { { OURS, REVOKED, FRESH } }, .signer = EXPIRED },
	{ "HNB-OCSP-10", "revoked counts from a delegate without nocheck", "ocsp.revoked",
	  { { OURS, REVOKED, FRESH } }, .signer = NO_NOCHECK },
	{ "HNB-OCSP-10", "revoked doesn't count with a wrong signature", "ocsp.signature",
	  { { OURS, REVOKED, FRESH } }, .key = NO_EKU },
	{ "HNB-OCSP-10", "revoked doesn't count from another CA's delegate", "ocsp.signer.issuer",
	  { { OURS, REVOKED, FRESH } }, .signer = BY_OTHER },
	{ "HNB-OCSP-10", "revoked of another certificate doesn't count", "ocsp.certid",
	  { { OTHER_SERIAL, REVOKED, FRESH } } },
	/* When. */
	{ "PIT-17", "ours stale and another fresh is refused", "ocsp.nextupdate.past",
	  { { .from = -CA_DAY, .next = -1 }, { OTHER_SERIAL, FRESH } }, 2 },
	{ "PIT-17", "ours twice, one stale, is refused", "ocsp.nextupdate.past",
	  { { FRESH }, { .from = -CA_DAY, .next = -1, .md = "SHA256" } }, 2 },
	{ "PIT-17", "ours twice, the earlier end counts", NULL,
	  { { FRESH }, { .from = -60, .next = 120, .md = "SHA256" } }, 2, .expires = 120 },
	{ "HNB-OCSP-09", "nextUpdate at this very second is refused", "ocsp.nextupdate.past",
	  { { .from = -60, .next = 0 } } },
	{ "HNB-OCSP-09", "nextUpdate in one second is accepted", NULL,
	  { { .from = -60, .next = 1 } }, .expires = 1 },
	{ "PIT-17", "thisUpdate within the skew is accepted", NULL,
	  { { .from = 300, .next = CA_HOUR } }, .produced = 300 },
	{ "PIT-17", "thisUpdate beyond the skew is refused", "ocsp.thisupdate.future",
	  { { .from = 301, .next = CA_HOUR } }, .produced = 300 },
	{ "HNB-OCSP-09", "nextUpdate before thisUpdate is refused", "ocsp.nextupdate.order",
	  { { .from = 200, .next = 100 } } },
	{ "PIT-18", "a recent thisUpdate without nextUpdate is accepted", NULL,
	  { { .from = -60, .next = NO_NEXT } }, .expires = 240 },
	{ "PIT-18", "an old thisUpdate without nextUpdate is refused", "ocsp.nextupdate.absent",
	  { { .from = -300, .next = NO_NEXT } } },
	{ "PIT-18", "an old thisUpdate without nextUpdate is refused though the nonce is ours",
	  "ocsp.nextupdate.absent", { { .from = -301, .next = NO_NEXT } } },
	{ "PIT-16", "the longest life is a day from thisUpdate", NULL,
	  { { .from = -CA_HOUR, .next = 10 * CA_DAY } }, .expires = 23 * CA_HOUR },
	{ "PIT-16", "a thisUpdate in the future makes the day no longer", NULL,
	  { { .from = 60, .next = 10 * CA_DAY } }, .produced = 60, .expires = CA_DAY },
	{ "PIT-16", "what was known a day ago is refused", "ocsp.thisupdate.old",
	  { { .from = -CA_DAY, .next = 10 * CA_DAY } } },
	{ "PIT-16", "what was known a second less than a day ago is accepted", NULL,
	  { { .from = -CA_DAY + 1, .next = 10 * CA_DAY } }, .expires = 1 },
	{ "FFS-15", "preferred: without a nonce thisUpdate is at most an hour old", "ocsp.nonce.old",
	  { { .from = -CA_HOUR, .next = 10 * CA_DAY } }, .nonce = ABSENT,
	  .bend = bend_nonce_optional },
	{ "FFS-15", "preferred: without a nonce, within the hour, until the hour is over", NULL,
	  { { .from = -CA_HOUR + 60, .next = 10 * CA_DAY } }, .nonce = ABSENT,
	  .bend = bend_nonce_optional, .expires = 60 },
	{ "FFS-15", "preferred: with the nonce the hour doesn't matter", NULL,
	  { { .from = -2 * CA_HOUR, .next = 10 * CA_DAY } },
	  .bend = bend_nonce_optional, .expires = 22 * CA_HOUR },
	{ "FFS-15", "in-band: no nonce, AGE_MAX from thisUpdate", NULL,
	  { { .from = -2 * CA_HOUR, .next = 10 * CA_DAY } }, .nonce = ABSENT,
	  .bend = bend_inband, .expires = 22 * CA_HOUR },
	{ "FFS-15", "in-band: what was known a day ago is refused", "ocsp.thisupdate.old",
	  { { .from = -CA_DAY, .next = 10 * CA_DAY } }, .nonce = ABSENT, .bend = bend_inband },
	{ "FFS-15", "in-band: a nonce nobody sent is ignored", NULL, { { FRESH } },
	  .bend = bend_inband },
	{ "HNB-OCSP-09", "in-band: 16 KiB are the most", "ocsp.size",
	  { { FRESH, .ext = BIG_EXT } }, .bend = bend_inband_size },
	{ "FFS-16", "without trusted time and without nonce: good is provisional", NULL,
	  { { FRESH } }, .nonce = ABSENT, .bend = bend_unsynced, .provisional = true },
	{ "FFS-16", "without trusted time, with our nonce: good is good", NULL, { { FRESH } },
	  .bend = bend_unsynced_nonce },
	{ "FFS-16, PIT-25", "without trusted time a future thisUpdate is refused",
	  "ocsp.thisupdate.future", { { .from = 301, .next = CA_HOUR } }, .produced = 300,
	  .nonce = ABSENT, .bend = bend_unsynced },
	{ "FFS-16", "without trusted time revoked is bad", "ocsp.revoked",
	  { { OURS, REVOKED, FRESH } }, .nonce = ABSENT, .bend = bend_unsynced },
	{ "HNB-OCSP-09", "producedAt beyond the skew is refused", "ocsp.producedat.future",
	  { { FRESH } }, .produced = 301 },
	{ "HNB-OCSP-09", "producedAt before the responder's validity is refused",
	  "ocsp.producedat.signer", { { FRESH } }, .produced = -2 * CA_DAY },
	{ "HNB-OCSP-09", "producedAt long before thisUpdate is refused", "ocsp.producedat.order",
	  { { FRESH } }, .produced = -CA_HOUR },
	{ "HNB-OCSP-09", "a producedAt that doesn't parse is refused", "ocsp.producedat.encoding",
	  { { FRESH } }, .produced_text = "20260921141220.5Z" },
	{ "HNB-OCSP-09", "a thisUpdate that doesn't parse is refused", "ocsp.time.encoding",
	  { { FRESH, .from_text = "20260921141220.5Z" } } },
	{ "HNB-OCSP-09", "a thisUpdate with a time zone is refused", "ocsp.time.encoding",
	  { { FRESH, .from_text = "20260921141220+0200" } } },
	{ "HNB-OCSP-09", "a nextUpdate on the 31st of June is refused", "ocsp.time.encoding",
	  { { FRESH, .next_text = "20270631000000Z" } } },
	{ "HNB-PATH-03", "an expired certificate is not good", "time.expired", { { FRESH } },
	  .leaf = OLD_LEAF },
	/* Extensions. */
	{ "HNB-OCSP-09", "an unknown critical response extension is refused", "ocsp.extension",
	  { { FRESH } }, .ext = CRITICAL_EXT },
	{ "HNB-OCSP-09", "an unknown response extension is ignored", NULL, { { FRESH } },
	  .ext = PLAIN_EXT },
	{ "HNB-OCSP-09", "an unknown critical extension of the entry is refused",
	  "ocsp.single.extension", { { FRESH, .ext = CRITICAL_EXT } } },
	{ "HNB-OCSP-09", "an unknown extension of the entry is ignored", NULL,
	  { { FRESH, .ext = PLAIN_EXT } } },
	{ "HNB-OCSP-09", "a critical extension of another entry is not ours", NULL,
	  { { FRESH }, { OTHER_SERIAL, FRESH, .ext = CRITICAL_EXT } }, 2 },
	/* Nonce. */
	{ "FFS-15", "a missing nonce is refused", "ocsp.nonce.absent", { { FRESH } },
	  .nonce = ABSENT },
	{ "PIT-16, PIT-51", "another nonce is refused", "ocsp.nonce.mismatch", { { FRESH } },
	  .nonce = OTHER },
	{ "PIT-16", "another nonce is refused though none is required", "ocsp.nonce.mismatch",
	  { { FRESH } }, .nonce = OTHER, .bend = bend_nonce_optional },
	{ "PIT-16", "two nonces are refused", "ocsp.nonce.mismatch", { { FRESH } }, .nonce = TWICE },
	{ "PIT-16", "a prefix of the nonce is refused", "ocsp.nonce.mismatch", { { FRESH } },
	  .nonce = PREFIX },
	{ "PIT-16", "a byte behind the nonce is refused", "ocsp.nonce.mismatch", { { FRESH } },
	  .nonce = TAIL },
	{ "PIT-16", "a nonce that isn't an OCTET STRING is refused", "ocsp.nonce.mismatch",
	  { { FRESH } }, .nonce = RAW },
	{ "FFS-15", "a nonce of 128 octets is accepted", NULL, { { FRESH } }, .nonce = LONG,
	  .bend = bend_long_nonce },
	{ "PIT-16", "a nonce of another type is refused", "ocsp.nonce.mismatch", { { FRESH } },
	  .nonce = BAD_TAG },
	{ "PIT-16", "a nonce whose length isn't DER is refused", "ocsp.nonce.mismatch",
	  { { FRESH } }, .nonce = BAD_LENGTH },
	{ "FFS-15", "a critical nonce is accepted", NULL, { { FRESH } }, .nonce = CRITICAL_NONCE },
	{ "FFS-15", "a missing nonce is accepted when not required", NULL, { { FRESH } },
	  .nonce = ABSENT, .bend = bend_nonce_optional },
	{ "FFS-15", "required and never sent is refused", "ocsp.nonce.unsent", { { FRESH } },
	  .bend = bend_nonce_unsent },
	{ "FFS-15", "not sent and not required is accepted", NULL, { { FRESH } },
	  .bend = bend_nonce_unwanted },
};

static ASN1_GENERALIZEDTIME *time_at(int offset)
{
	ASN1_GENERALIZEDTIME *t = ASN1_GENERALIZEDTIME_set(NULL, CA_NOW + offset);

	if (!t)
		ca_die("time");
	return t;
}

static OCSP_CERTID *certid(const struct entry *e, const struct entity *leaf,
			   const struct entity *issuer)
{
	const EVP_MD *md = EVP_get_digestbyname(e->md ? e->md : "SHA1");
	OCSP_CERTID *id = NULL;

	switch (e->about) {
	case OURS:
		id = OCSP_cert_to_id(md, leaf->cert, issuer->cert);
		break;
	case OTHER_SERIAL:
		id = OCSP_cert_to_id(md, entities[SIBLING].cert, issuer->cert);
		break;
	case WRONG_NAME_HASH:
		id = OCSP_cert_id_new(md, X509_get_subject_name(entities[OTHER_CA].cert),
				      X509_get0_pubkey_bitstr(issuer->cert),
				      X509_get0_serialNumber(leaf->cert));
		break;
	case WRONG_KEY_HASH:
		id = OCSP_cert_id_new(md, X509_get_subject_name(issuer->cert),
				      X509_get0_pubkey_bitstr(entities[TWIN_CA].cert),
				      X509_get0_serialNumber(leaf->cert));
		break;
	}
	if (!id)
		ca_die("CertID");
	return id;
}

static X509_EXTENSION *big_extension(void)
{
	static uint8_t big[16384];
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	ASN1_OCTET_STRING_set(value, big, sizeof(big));
	ext = X509_EXTENSION_create_by_NID(NULL, NID_ms_ext_req, 0, value);
	ASN1_OCTET_STRING_free(value);
	return ext;
}

static void add_entry(OCSP_BASICRESP *basic, const struct entry *e, const struct entity *leaf,
		      const struct entity *issuer)
{
	ASN1_GENERALIZEDTIME *from = time_at(e->from), *revoked = time_at(-CA_DAY), *next = NULL;
	ASN1_GENERALIZEDTIME *this_update, *next_update;
	OCSP_CERTID *id = certid(e, leaf, issuer);
	OCSP_SINGLERESP *single;

	if (e->next != NO_NEXT)
		next = time_at(e->next);
	single = OCSP_basic_add1_status(basic, id, (int)e->status,
					OCSP_REVOKED_STATUS_KEYCOMPROMISE,
					e->status == REVOKED ? revoked : NULL, from, next);
	if (!single)
		ca_die("single response");
	OCSP_single_get0_status(single, NULL, NULL, &this_update, &next_update);
	if (e->from_text)
		ASN1_STRING_set(this_update, e->from_text, -1);
	if (e->next_text)
		ASN1_STRING_set(next_update, e->next_text, -1);
	if (e->ext) {
		X509_EXTENSION *ext = !strcmp(e->ext, BIG_EXT) ? big_extension() :
				      ca_extension(e->ext);

		OCSP_SINGLERESP_add_ext(single, ext, -1);
		X509_EXTENSION_free(ext);
	}
	OCSP_CERTID_free(id);
	ASN1_GENERALIZEDTIME_free(from);
	ASN1_GENERALIZEDTIME_free(revoked);
	ASN1_GENERALIZEDTIME_free(next);
}

static void add_raw_nonce(OCSP_BASICRESP *basic, const uint8_t *data, size_t len, int critical)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	ASN1_OCTET_STRING_set(value, data, (int)len);
	ext = X509_EXTENSION_create_by_NID(NULL, NID_id_pkix_OCSP_Nonce, critical, value);
	if (!ext || OCSP_BASICRESP_add_ext(basic, ext, -1) != 1)
		ca_die("nonce");
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
}

static void add_nonce(OCSP_BASICRESP *basic, enum nonces kind)
{
	uint8_t other[sizeof(nonce)], der[2 + sizeof(nonce) + 1] = { 4, sizeof(nonce) };
	uint8_t long_der[3 + sizeof(long_nonce)] = { 4, 0x81, sizeof(long_nonce) };
	uint8_t loose[3 + sizeof(nonce)] = { 4, 0x81, sizeof(nonce) };

	memcpy(long_der + 3, long_nonce, sizeof(long_nonce));
	memcpy(loose + 3, nonce, sizeof(nonce));
	memcpy(other, nonce, sizeof(nonce));
	other[sizeof(other) - 1] ^= 1;
	memcpy(der + 2, nonce, sizeof(nonce));
	switch (kind) {
	case SAME:
		add_raw_nonce(basic, der, sizeof(der) - 1, 0);
		break;
	case ABSENT:
		break;
	case OTHER:
		memcpy(der + 2, other, sizeof(other));
		add_raw_nonce(basic, der, sizeof(der) - 1, 0);
		break;
	case TWICE:
		add_raw_nonce(basic, der, sizeof(der) - 1, 0);
		memcpy(der + 2, other, sizeof(other));
		add_raw_nonce(basic, der, sizeof(der) - 1, 0);
		break;
	case PREFIX:
		der[1] = sizeof(nonce) / 2;
		add_raw_nonce(basic, der, 2 + sizeof(nonce) / 2, 0);
		break;
	case TAIL:
		add_raw_nonce(basic, der, sizeof(der), 0);
		break;
	case RAW:
		add_raw_nonce(basic, nonce, sizeof(nonce), 0);
		break;
	case CRITICAL_NONCE:
		add_raw_nonce(basic, der, sizeof(der) - 1, 1);
		break;
	case LONG:
		add_raw_nonce(basic, long_der, sizeof(long_der), 0);
		break;
	case BAD_TAG:
		der[0] = V_ASN1_UTF8STRING;
		add_raw_nonce(basic, der, sizeof(der) - 1, 0);
		break;
	case BAD_LENGTH:
		add_raw_nonce(basic, loose, sizeof(loose), 0);
		break;
	}
}

/* A stranger may send a certificate and sign with another key, OpenSSL's call can't. */
static void resign(OCSP_BASICRESP *basic, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    ASN1_item_sign_ctx(ASN1_ITEM_rptr(OCSP_RESPDATA), NULL, NULL,
			       (ASN1_BIT_STRING *)OCSP_resp_get0_signature(basic),
			       (void *)OCSP_resp_get0_respdata(basic), ctx) <= 0)
		ca_die("signing again");
	EVP_MD_CTX_free(ctx);
}

static struct pki_der wrap(OCSP_BASICRESP *basic)
{
	OCSP_RESPONSE *r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	uint8_t *der = NULL;
	struct pki_der out;
	int len = i2d_OCSP_RESPONSE(r, &der);

	if (len <= 0)
		ca_die("OCSP response");
	out = ca_copy((struct pki_der){ der, (size_t)len });
	OPENSSL_free(der);
	OCSP_RESPONSE_free(r);
	return out;
}

static void sign(const struct ocsp_case *c, OCSP_BASICRESP *basic, const struct entity *signer)
{
	const char *md = c->md ? c->md : "SHA256";
	bool pss = !strncmp(md, "pss:", 4);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned long flags = OCSP_NOTIME;
	EVP_PKEY_CTX *pctx;

	flags |= c->by_name ? 0 : OCSP_RESPID_KEY;
	flags |= c->bare ? OCSP_NOCERTS : 0;
	if (EVP_DigestSignInit(ctx, &pctx, EVP_get_digestbyname(md + (pss ? 4 : 0)), NULL,
			       signer->key) != 1 ||
	    (pss && EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1) ||
	    (pss && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) != 1) ||
	    OCSP_basic_sign_ctx(basic, signer->cert, ctx, NULL, flags) != 1)
		ca_die("signing a response");
	EVP_MD_CTX_free(ctx);
}

static struct pki_der respond(const struct ocsp_case *c, const struct entity *leaf,
			      const struct entity *issuer)
{
	const struct entity *signer = &entities[c->signer ? c->signer : DELEGATE];
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	ASN1_GENERALIZEDTIME *produced;
	struct pki_der der;
	unsigned int i;

	for (i = 0; i < (c->n ? c->n : 1); i++)
		add_entry(basic, &c->entries[i], leaf, issuer);
	if (c->ext) {
		X509_EXTENSION *ext = ca_extension(c->ext);

		OCSP_BASICRESP_add_ext(basic, ext, -1);
		X509_EXTENSION_free(ext);
	}
	add_nonce(basic, c->nonce);
	/* The only way to a time of our own. */
	produced = (ASN1_GENERALIZEDTIME *)OCSP_resp_get0_produced_at(basic);
	ASN1_GENERALIZEDTIME_set(produced, CA_NOW + (c->produced ? c->produced : -60));
	if (c->produced_text)
		ASN1_STRING_set(produced, c->produced_text, -1);
	sign(c, basic, signer);
	if (c->key)
		resign(basic, entities[c->key].key);
	der = wrap(basic);
	OCSP_BASICRESP_free(basic);
	return der;
}

static OCSP_BASICRESP *unwrap(struct pki_der der)
{
	const uint8_t *p = der.data;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)der.len);
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(r);

	OCSP_RESPONSE_free(r);
	return basic;
}

static void bend_signature(struct made *m)
{
	OCSP_BASICRESP *basic = unwrap(m->der);
	const ASN1_OCTET_STRING *sig = OCSP_resp_get0_signature(basic);

	((uint8_t *)ASN1_STRING_get0_data(sig))[ASN1_STRING_length(sig) - 1] ^= 1;
	m->der = wrap(basic);
	OCSP_BASICRESP_free(basic);
}

/* OCSPResponse { successful, { id-pkix-ocsp-basic, BASIC tail } }, lengths made right. */
static struct pki_der build(const uint8_t *basic, size_t len, size_t tail, bool long_form,
			    uint8_t last_arc)
{
	const uint8_t head[] = { 0x0a, 0x01, 0x00 };
	const uint8_t oid[] = { 0x06, 0x09, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, last_arc };
	size_t octets = len + tail, inner = sizeof(oid) + 4 + octets, tagged = inner + 4;
	size_t outer = sizeof(head) + tagged + 4;
	uint8_t *buf = calloc(1, outer + 8), *p = buf;
	struct pki_der out;

#define HEADER(tag, n) do { *p++ = (tag); *p++ = 0x82; *p++ = (uint8_t)((n) >> 8); \
			    *p++ = (uint8_t)(n); } while (0)
	if (long_form) {
		*p++ = 0x30;
		*p++ = 0x83;
		*p++ = 0;
		*p++ = (uint8_t)(outer >> 8);
		*p++ = (uint8_t)outer;
	} else {
		HEADER(0x30, outer);
	}
	memcpy(p, head, sizeof(head));
	p += sizeof(head);
	HEADER(0xa0, tagged);
	HEADER(0x30, inner);
	memcpy(p, oid, sizeof(oid));
	p += sizeof(oid);
	HEADER(0x04, octets);
	memcpy(p, basic, len);
	out = ca_copy((struct pki_der){ buf, (size_t)(p - buf) + octets });
	free(buf);
	return out;
#undef HEADER
}

static void rebuild(struct made *m, size_t tail, bool long_form, uint8_t last_arc)
{
	OCSP_BASICRESP *basic = unwrap(m->der);
	uint8_t *der = NULL;
	int len = i2d_OCSP_BASICRESP(basic, &der);

	if (len < 256)
		ca_die("basic response");
	m->der = build(der, (size_t)len, tail, long_form, last_arc);
	OPENSSL_free(der);
	OCSP_BASICRESP_free(basic);
}

static void bend_inner_tail(struct made *m) { rebuild(m, 3, false, 1); }
static void bend_long_form(struct made *m) { rebuild(m, 0, true, 1); }
static void bend_type(struct made *m) { rebuild(m, 0, false, 99); }

static void bend_inband(struct made *m)
{
	m->nonce = whole;
	pki_ocsp_policy_inband(&m->policy);
}

static void bend_inband_size(struct made *m)
{
	struct pki_result r;

	/* Out of band it is small enough. */
	pki_ocsp_evaluate(m->leaf, m->issuer, NULL, 0, m->der, m->nonce.data, m->nonce.len,
			  &m->policy, CA_NOW, &r);
	if (r.verdict != PKI_GOOD)
		ca_die("a big response");
	bend_inband(m);
}

static void bend_unsynced_nonce(struct made *m) { m->policy.clock_unsynced = true; }

static void bend_unsynced(struct made *m)
{
	bend_inband(m);
	m->policy.clock_unsynced = true;
}

/* The signature no longer fits, which is of no matter as the version comes first. */
static void bend_version(struct made *m)
{
	static const uint8_t v2[] = { 0xa0, 3, 2, 1, 1 };
	OCSP_BASICRESP *basic = unwrap(m->der);
	uint8_t *der = NULL, *copy, *tbs;
	size_t len = (size_t)i2d_OCSP_BASICRESP(basic, &der), head;

	copy = calloc(1, len + sizeof(v2));
	/* The header of tbsResponseData follows that of the whole, 4 octets. */
	head = 4 + 2 + (der[5] & 0x80 ? der[5] & 0x7f : 0);
	memcpy(copy, der, head);
	memcpy(copy + head, v2, sizeof(v2));
	memcpy(copy + head + sizeof(v2), der + head, len - head);
	len += sizeof(v2);
	copy[2] = (uint8_t)((len - 4) >> 8);
	copy[3] = (uint8_t)(len - 4);
	tbs = copy + head - 1;
	*tbs += sizeof(v2);
	if (der[1] != 0x82 || *tbs < sizeof(v2))
		ca_die("lengths that do not fit");
	m->der = build(copy, len, 0, false, 1);
	free(copy);
	OPENSSL_free(der);
	OCSP_BASICRESP_free(basic);
}

static void bend_status_octets(struct made *m)
{
	static const uint8_t later[] = { 0x30, 4, 0x0a, 2, 0, 3 };

	m->der = ca_copy((struct pki_der){ later, sizeof(later) });
}

static void more_certs(struct made *m, int n)
{
	OCSP_BASICRESP *basic = unwrap(m->der);

	while (n--)
		OCSP_basic_add1_cert(basic, entities[SIBLING].cert);
	m->der = wrap(basic);
	OCSP_BASICRESP_free(basic);
}

static void bend_certs(struct made *m) { more_certs(m, PKI_OCSP_CERTS_MAX); }
static void bend_certs_fit(struct made *m) { more_certs(m, PKI_OCSP_CERTS_MAX - 1); }

/* TRUE as 01, which OpenSSL reads, and a signature of the delegate's over that. */
static void bend_ber(struct made *m)
{
	static const uint8_t flag[] = { 1, 1, 0xff };
	OCSP_BASICRESP *basic = unwrap(m->der);
	ASN1_BIT_STRING *sig = (ASN1_BIT_STRING *)OCSP_resp_get0_signature(basic);
	uint8_t *der = NULL, *tbs = NULL, *at, made[256];
	size_t tbs_len = (size_t)i2d_OCSP_RESPDATA((void *)OCSP_resp_get0_respdata(basic), &tbs);
	size_t made_len = sizeof(made);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int len;

	at = memmem(tbs, tbs_len, flag, sizeof(flag));
	if (!at)
		ca_die("no BOOLEAN");
	at[2] = 1;
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, entities[DELEGATE].key) != 1 ||
	    EVP_DigestSign(ctx, made, &made_len, tbs, tbs_len) != 1)
		ca_die("signing BER");
	ASN1_BIT_STRING_set(sig, made, (int)made_len);
	len = i2d_OCSP_BASICRESP(basic, &der);
	at = memmem(der, (size_t)len, flag, sizeof(flag));
	at[2] = 1;
	m->der = build(der, (size_t)len, 0, false, 1);
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(der);
	OPENSSL_free(tbs);
	OCSP_BASICRESP_free(basic);
}

static bool as_expected(const struct ocsp_case *c, const struct made *m,
			const struct pki_result *r)
{
	uint8_t leaf[PKI_DIGEST_LEN], proof[PKI_DIGEST_LEN];
	enum pki_verdict wanted = PKI_INDETERMINATE;

	SHA256(m->leaf.data, m->leaf.len, leaf);
	SHA256(m->der.data ? m->der.data : leaf, m->der.len, proof);
	if (memcmp(leaf, r->cert_digest, sizeof(leaf)) ||
	    memcmp(proof, r->proof_digest, sizeof(proof)))
		return false;
	if (!c->rule)
		return r->verdict == PKI_GOOD && r->provisional == c->provisional &&
		       r->expires > CA_NOW && r->sha1 == c->sha1 &&
		       (!c->expires || r->expires == CA_NOW + c->expires);
	if (!strcmp(c->rule, "ocsp.revoked"))
		wanted = PKI_BAD;
	/* "ocsp.signer" stands for all that begin so. */
	return r->verdict == wanted && !r->expires && r->detail[0] &&
	       (!strcmp(c->rule, "ocsp.signer") ? !strncmp(r->rule, c->rule, strlen(c->rule)) :
		!strcmp(c->rule, r->rule));
}

static void run_case(const struct ocsp_case *c)
{
	const struct entity *leaf = &entities[c->leaf ? c->leaf : LEAF];
	enum who ca = c->ca ? c->ca : CA;
	struct made m = { .nonce = { nonce, sizeof(nonce) }, .leaf = leaf->der };
	struct pki_result r;

	pki_ocsp_policy_default(&m.policy);
	m.issuer = entities[c->issuer ? c->issuer : ca].der;
	m.der = respond(c, leaf, &entities[ca]);
	if (c->bend)
		c->bend(&m);
	pki_ocsp_evaluate(m.leaf, m.issuer, m.signers, m.nsigners, m.der, m.nonce.data, m.nonce.len,
			  &m.policy, CA_NOW, &r);
	if (!tap_ok(as_expected(c, &m, &r), "%s: %s", c->row, c->what))
		printf("# verdict %d, expires %+lld, wanted %s\n", r.verdict,
		       (long long)r.expires - CA_NOW, c->rule ? c->rule : "good");
	printf("# %s: %s\n", r.rule, r.detail);
}

static enum pki_verdict verdict_of(struct pki_ocsp_subject *subject, struct pki_der der,
				   struct pki_result *r)
{
	struct pki_ocsp_policy policy;

	pki_ocsp_policy_default(&policy);
	pki_ocsp_judge(subject, der, nonce, sizeof(nonce), &policy, CA_NOW, r);
	return r->verdict;
}

/* No single bit of a good answer, and no octet of its end, can be missing. */
static void test_each_bit(void)
{
	static const struct ocsp_case good = { .entries = { { FRESH } } };
	struct pki_ocsp_subject *subject =
		pki_ocsp_subject_new(entities[LEAF].der, entities[CA].der, NULL, 0);
	struct pki_der der = ca_copy(respond(&good, &entities[LEAF], &entities[CA]));
	uint8_t *octets = (uint8_t *)der.data;
	size_t bit, wrong = 0, cut;
	struct pki_result r;

	tap_ok(verdict_of(subject, der, &r) == PKI_GOOD, "HNB-OCSP-09: as it is, it is good");
	for (bit = 0; bit < der.len * 8; bit++) {
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (verdict_of(subject, der, &r) != PKI_INDETERMINATE && !wrong++)
			printf("# bit %zu: %s: %s\n", bit, r.rule, r.detail);
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	tap_ok(!wrong, "HNB-OCSP-09: with any of its %zu bits changed it proves nothing", bit);
	for (cut = 0, wrong = 0; cut < der.len; cut++) {
		struct pki_der shorter = { der.data, cut };

		wrong += verdict_of(subject, shorter, &r) != PKI_INDETERMINATE;
	}
	tap_ok(!wrong, "HNB-OCSP-09: cut short anywhere it proves nothing");
	pki_ocsp_subject_free(subject);
}

/* What is remembered of one response decides nothing about the next. */
static void test_memory(void)
{
	static const struct ocsp_case good = { .entries = { { FRESH } } },
		bare = { .entries = { { FRESH } }, .bare = true },
		revoked = { .entries = { { OURS, REVOKED, FRESH } } },
		other = { .entries = { { FRESH } }, .signer = BY_OTHER },
		stale = { .entries = { { .from = -CA_DAY, .next = -1 } } },
		forged = { .entries = { { FRESH } }, .key = NO_EKU };
	static const struct {
		const struct ocsp_case *c;
		enum pki_verdict verdict;
		const char *rule;
	} turns[] = {
		{ &good, PKI_GOOD, "ocsp.good" },
		{ &bare, PKI_INDETERMINATE, "ocsp.signer.unknown" },
		{ &good, PKI_GOOD, "ocsp.good" },
		{ &forged, PKI_INDETERMINATE, "ocsp.signature" },
		{ &stale, PKI_INDETERMINATE, "ocsp.nextupdate.past" },
		{ &revoked, PKI_BAD, "ocsp.revoked" },
		{ &other, PKI_INDETERMINATE, "ocsp.signer.issuer" },
		{ &good, PKI_GOOD, "ocsp.good" },
	};
	struct pki_ocsp_subject *subject =
		pki_ocsp_subject_new(entities[LEAF].der, entities[CA].der, NULL, 0);
	struct pki_result r;
	size_t i;

	for (i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		struct pki_der der = respond(turns[i].c, &entities[LEAF], &entities[CA]);

		tap_ok(verdict_of(subject, der, &r) == turns[i].verdict &&
		       !strcmp(r.rule, turns[i].rule),
		       "PIT-17: one after another, %zu: %s", i + 1, turns[i].rule);
		printf("# %s: %s\n", r.rule, r.detail);
	}
	pki_ocsp_subject_free(subject);
}

/* The request carries our CertID and exactly our nonce. */
static void test_request(void)
{
	uint8_t expected[2 + sizeof(nonce)] = { 4, sizeof(nonce) }, *der;
	OCSP_REQUEST *request;
	OCSP_CERTID *own;
	X509_EXTENSION *ext;
	const ASN1_OCTET_STRING *value;
	const uint8_t *p;
	size_t len;
	int at;

	memcpy(expected + 2, nonce, sizeof(nonce));
	if (!tap_ok(!pki_ocsp_request(entities[LEAF].der, entities[CA].der, nonce, sizeof(nonce),
				      &der, &len), "HNB-OCSP-01: a request is made"))
		return;
	p = der;
	request = d2i_OCSP_REQUEST(NULL, &p, (long)len);
	own = OCSP_cert_to_id(EVP_sha1(), entities[LEAF].cert, entities[CA].cert);
	tap_ok(request && p == der + len && OCSP_request_onereq_count(request) == 1 &&
	       !OCSP_id_cmp(own, OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0))),
	       "HNB-OCSP-01: it asks for this certificate alone");
	at = OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce, -1);
	ext = OCSP_REQUEST_get_ext(request, at);
	value = ext ? X509_EXTENSION_get_data(ext) : NULL;
	tap_ok(value && ASN1_STRING_length(value) == sizeof(expected) &&
	       !memcmp(ASN1_STRING_get0_data(value), expected, sizeof(expected)),
	       "FFS-15: its nonce is an OCTET STRING of 32 octets");
	OCSP_REQUEST_free(request);
	OCSP_CERTID_free(own);
	free(der);

	tap_ok(pki_ocsp_request(ca_append(entities[LEAF].der), entities[CA].der, nonce,
				sizeof(nonce), &der, &len) == -1 && !der,
	       "PIT-15: a certificate with a byte behind it makes no request");
	tap_ok(pki_ocsp_request(entities[LEAF].der, entities[CA].der, nonce, PKI_NONCE_MAX + 1,
				&der, &len) == -1 && !der,
	       "FFS-15: a nonce that is too long makes no request");
}

int main(void)
{
	size_t i;

	for (i = ROOT; i < ENTITIES; i++) {
		struct ca_spec spec = specs[i].spec;

		if (i == RENAMED_CA)
			entities[i].key = entities[CA].key;
		spec.issuer = specs[i].issuer ? &entities[specs[i].issuer] : NULL;
		ca_issue(&entities[i], &spec);
	}
	tap_start();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	test_each_bit();
	test_memory();
	test_request();
	return tap_end();
}
