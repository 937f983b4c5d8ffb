/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of libtrustgate-pki share. */
#ifndef TRUSTGATE_PKI_INTERNAL_H
#define TRUSTGATE_PKI_INTERNAL_H

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include "pki/pki.h"

#define PKI_TIME_TEXT	24	/* "2026-11-21T03:40:33Z" and room */
#define PKI_NAME_TEXT	96

/* Set verdict, rule and detail. What is not printable ASCII becomes '?'. */
void pki_set(struct pki_result *result, enum pki_verdict verdict, const char *rule,
	     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

void pki_sha256(const uint8_t *data, size_t len, uint8_t digest[PKI_DIGEST_LEN]);

/* NULL unless all of @der is one well-formed DER certificate. Caller frees. */
X509 *pki_parse_cert(struct pki_der der);

/* Seconds since the epoch. -1 when @t isn't the form RFC 5280 4.1.2.5 allows. */
int pki_time(const ASN1_TIME *t, int64_t *out);
const char *pki_time_text(int64_t t, char buf[PKI_TIME_TEXT]);
const char *pki_subject_text(const X509 *cert, char buf[PKI_NAME_TEXT]);

/* What is wrong with a key or a signature algorithm, or NULL. */
const char *pki_key_problem(EVP_PKEY *key);
/* The same, of what no profile can allow. */
const char *pki_key_unusable(EVP_PKEY *key);
const char *pki_sigalg_problem(const X509_ALGOR *alg);
/* NID of the digest that is signed, NID_undef when it isn't RSA or ECDSA over one. */
int pki_sigalg_digest(const X509_ALGOR *alg);
/* Whether SHA-1 over something made at @made is accepted. */
bool pki_sha1_allowed(const struct pki_sha1 *policy, int64_t made);

/* Whether each critical extension of @cert is one that was processed. */
bool pki_critical_known(const X509 *cert);

/* Sets @result and returns false when @cert isn't valid at @now. */
bool pki_valid_at(const X509 *cert, int64_t now, const char *what, enum pki_verdict verdict,
		  struct pki_result *result);

/* Sets @result and returns false when the SAN of @leaf lacks @name. */
bool pki_name_check(const X509 *leaf, const char *name, struct pki_result *result);

#define PKI_OCSP_MAX		65536	/* octets of a response, whatever the policy says */
/* A signature check for each: bounds what a response can make us do. */
#define PKI_OCSP_CERTS_MAX	16
#define PKI_OCSP_DIGESTS	4

/* A certificate, and what is asked of it again with each response. */
struct pki_ocsp_cert {
	X509 *cert;
	int64_t from, to;		/* validity; @to is INT64_MIN when it doesn't parse */
	const char *weak;		/* what is wrong with the key, or NULL */
	uint8_t key_hash[20];		/* RFC 6960 4.2.1: SHA-1 of the key, a name for it */
	bool verified;			/* the issuer's signature is on it */
};

/* Whom we ask about: what doesn't change from one response to the next. */
struct pki_ocsp_subject {
	struct pki_ocsp_cert leaf, issuer;
	uint8_t leaf_digest[PKI_DIGEST_LEN];
	OCSP_CERTID *ids[PKI_OCSP_DIGESTS];	/* ours, made when first needed */
	struct pki_ocsp_cert signers[PKI_OCSP_SIGNERS_MAX];
	size_t nsigners;
	struct pki_result problem;	/* rule is "" when there is none */
	/* Certificates that came with the latest response, and their bytes. */
	struct pki_ocsp_cert certs[PKI_OCSP_CERTS_MAX];
	size_t ncerts;
	uint8_t *certs_der;
	size_t certs_len;
};

/* An OCSP response that was parsed, and whom it is about. */
#define PKI_NO_TIME	INT64_MAX	/* producedAt that does not parse: outside any validity */

struct pki_ocsp {
	OCSP_BASICRESP *basic;	/* its certificates are the subject's */
	struct pki_der tbs, signature;	/* the octets that are signed, and those that sign */
	struct pki_ocsp_subject *subject;
	int64_t now;
	const struct pki_ocsp_policy *policy;
	const uint8_t *nonce;	/* NULL: none was sent */
	size_t nonce_len;
	bool nonce_matched;
	unsigned int sha1;	/* signatures over SHA-1 */
	int64_t produced;
	int64_t expires;
};

/*
 * Sets basic, tbs and signature of @ocsp, and the certificates of its subject. False,
 * with @result set, unless all of @response is one basic response in DER.
 */
bool pki_ocsp_parse(struct pki_ocsp *ocsp, struct pki_der response, struct pki_result *result);
/* Takes @cert, which may be NULL, and looks at it. */
void pki_ocsp_cert_set(struct pki_ocsp_cert *c, X509 *cert);
/* Frees the certificates of the latest response. */
void pki_ocsp_forget(struct pki_ocsp_subject *subject);

/*
 * Who signed. PKI_SIGNER_DENY: the issuer gave this signer the right to speak of
 * our certificate, but something about it (its own validity or revocation) is
 * not proven, which is enough to close and not enough to open.
 */
enum pki_signer { PKI_SIGNER_NONE, PKI_SIGNER_DENY, PKI_SIGNER_FULL };

/* @result is set unless PKI_SIGNER_FULL. Lowers ocsp->expires. */
enum pki_signer pki_ocsp_signer(struct pki_ocsp *ocsp, struct pki_result *result);

/* False, with @result set, unless @c is valid now. */
bool pki_ocsp_valid(const struct pki_ocsp *ocsp, const struct pki_ocsp_cert *c,
		    const char *what, struct pki_result *result);

/* False, with @result set, when the nonce rule isn't met. */
bool pki_ocsp_nonce(struct pki_ocsp *ocsp, struct pki_result *result);

/*
 * The V_OCSP_CERTSTATUS_* of our certificate, -1 when @ocsp has no entry of it.
 * Revoked beats unknown beats good.
 */
int pki_ocsp_status(const struct pki_ocsp *ocsp, struct pki_result *result);

/* Times and extensions of every entry of ours. Lowers ocsp->expires. */
bool pki_ocsp_entries_fresh(struct pki_ocsp *ocsp, struct pki_result *result);

#endif /* TRUSTGATE_PKI_INTERNAL_H */
