// SPDX-License-Identifier: GPL-2.0-or-later
/* Of whom OCSP responses are judged: a certificate, its issuer, trusted responders. */
#include <stdlib.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include "pki/internal.h"

void pki_ocsp_cert_set(struct pki_ocsp_cert *c, X509 *cert)
{
	const ASN1_BIT_STRING *key;

	*c = (struct pki_ocsp_cert){ .cert = cert };
	if (!cert)
		return;
	if (pki_time(X509_get0_notBefore(cert), &c->from) ||
	    pki_time(X509_get0_notAfter(cert), &c->to))
		c->to = INT64_MIN;
	c->weak = pki_key_problem(X509_get0_pubkey(cert));
	key = X509_get0_pubkey_bitstr(cert);
	SHA1(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key), c->key_hash);
}

static void problem(struct pki_ocsp_subject *s, const char *rule, const char *detail)
{
	pki_set(&s->problem, PKI_INDETERMINATE, rule, "%s", detail);
}

/*
 * The caller has checked the path. That both belong together is cheap to repeat
 * once, and without it the CertID would name somebody else.
 */
static void check_pair(struct pki_ocsp_subject *s)
{
	const char *weak;
	const X509_ALGOR *alg;

	if (X509_check_issued(s->issuer.cert, s->leaf.cert) != X509_V_OK ||
	    X509_verify(s->leaf.cert, X509_get0_pubkey(s->issuer.cert)) != 1) {
		problem(s, "ocsp.issuer",
			"the certificate was not issued by the issuer given (give the right one)");
		return;
	}
	if (X509_check_ca(s->issuer.cert) != 1) {
		problem(s, "ocsp.issuer.ca", "the issuer is not a CA (give the right one)");
		return;
	}
	weak = s->issuer.weak;
	X509_get0_signature(NULL, &alg, s->leaf.cert);
	/* Certificates over SHA-1 are for the path's profile to judge. */
	if (!weak && pki_sigalg_digest(alg) != NID_sha1)
		weak = pki_sigalg_problem(alg);
	if (weak)
		pki_set(&s->problem, PKI_INDETERMINATE, "ocsp.issuer.weak",
			"the certificate's issuer: %s (issue it with a stronger key, and SHA-256)",
			weak);
}

static void load_signers(struct pki_ocsp_subject *s, const struct pki_der *signers, size_t n)
{
	if (n > PKI_OCSP_SIGNERS_MAX) {
		problem(s, "ocsp.signer.count", "more than 16 responders are trusted (name fewer)");
		return;
	}
	for (; s->nsigners < n; s->nsigners++) {
		struct pki_ocsp_cert *c = &s->signers[s->nsigners];

		pki_ocsp_cert_set(c, pki_parse_cert(signers[s->nsigners]));
		if (c->cert)
			continue;
		problem(s, "ocsp.certificate",
			"a trusted responder's certificate is not one DER certificate (check the file)");
		return;
	}
}

struct pki_ocsp_subject *pki_ocsp_subject_new(struct pki_der leaf, struct pki_der issuer,
					      const struct pki_der *signers, size_t nsigners)
{
	struct pki_ocsp_subject *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	pki_sha256(leaf.data, leaf.len, s->leaf_digest);
	pki_ocsp_cert_set(&s->leaf, pki_parse_cert(leaf));
	pki_ocsp_cert_set(&s->issuer, pki_parse_cert(issuer));
	if (s->leaf.cert && s->issuer.cert)
		check_pair(s);
	else
		problem(s, "ocsp.certificate", s->leaf.cert ?
			"the issuer's certificate is not one DER certificate (check the file)" :
			"the certificate is not one DER certificate (check the file)");
	if (!s->problem.rule[0])
		load_signers(s, signers, nsigners);
	ERR_clear_error();
	return s;
}

void pki_ocsp_subject_free(struct pki_ocsp_subject *s)
{
	size_t i;

	if (!s)
		return;
	pki_ocsp_forget(s);
	for (i = 0; i < PKI_OCSP_DIGESTS; i++)
		OCSP_CERTID_free(s->ids[i]);
	for (i = 0; i < s->nsigners; i++)
		X509_free(s->signers[i].cert);
	X509_free(s->leaf.cert);
	X509_free(s->issuer.cert);
	free(s);
}
