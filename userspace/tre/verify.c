// SPDX-License-Identifier: GPL-2.0-or-later
/* TPM2_LoadExternal and TPM2_VerifySignature, a link at a time. */
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include "tre/internal.h"
#include "tre/verify.h"

#define CERTS_MAX	16

/* PIT-43: what the TPM says of an algorithm, a size or a curve that it lacks. */
static const char *lacks(TSS2_RC rc)
{
	static const struct { TSS2_RC error; const char *rule; } rules[] = {
		{ TPM2_RC_CURVE, "tre.verify.curve" },
		{ TPM2_RC_KEY_SIZE, "tre.verify.rsa" },
		{ TPM2_RC_HASH, "tre.verify.hash" },
		{ TPM2_RC_SCHEME, "tre.verify.scheme" },
		{ TPM2_RC_ASYMMETRIC, "tre.verify.key-type" },
		{ TPM2_RC_TYPE, "tre.verify.key-type" },
		/* An RSA key of a size, or with an exponent, that it does not have. */
		{ TPM2_RC_VALUE, "tre.verify.rsa" },
		{ TPM2_RC_RANGE, "tre.verify.rsa" },
		{ TPM2_RC_SIZE, "tre.verify.rsa" },
	};
	TSS2_RC error = tre_rc_error(rc);
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (error == rules[i].error)
			return rules[i].rule;
	}
	return NULL;
}

static void bad_link(X509 *cert, struct tre_result *result)
{
	char subject[120] = "?";

	X509_NAME_oneline(X509_get_subject_name(cert), subject, sizeof(subject));
	tre_set(result, TRE_FAIL, "tre.verify.signature",
		"the certificate %s is not signed by the CA above it (refuse the peer)", subject);
}

static bool in_software(X509 *cert, X509 *issuer, const char *rule, struct tre_links *links,
			struct tre_result *result)
{
	bool ok = X509_verify(cert, X509_get0_pubkey(issuer)) == 1;

	ERR_clear_error();
	if (!ok) {
		bad_link(cert, result);
		return false;
	}
	links->in_software++;
	snprintf(links->fallback, sizeof(links->fallback), "%s", rule);
	return true;
}

static bool in_tpm(struct tre_session *s, X509 *cert, struct tre_link *link, ESYS_TR key,
		   struct tre_links *links, struct tre_result *result)
{
	TPMT_TK_VERIFIED *verified = NULL;
	TSS2_RC rc = Esys_VerifySignature(s->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					  &link->digest, &link->signature, &verified);
	bool ok = rc == TSS2_RC_SUCCESS && verified->tag == TPM2_ST_VERIFIED;

	Esys_Free(verified);
	if (ok) {
		links->in_tpm++;
		return true;
	}
	/* Whoever made it: a number out of range is no signature either. */
	if (rc == TSS2_RC_SUCCESS || tre_rc_error(rc) == TPM2_RC_SIGNATURE ||
	    (tre_rc_error(rc) == TPM2_RC_SIZE && link->signature.sigAlg != TPM2_ALG_ECDSA)) {
		bad_link(cert, result);
		return false;
	}
	link->fallback = lacks(rc);
	return link->fallback ? false : tre_tpm_ok(rc, "TPM2_VerifySignature", result);
}

/* The ticket is of a hierarchy that has a proof: of the null one it would say nothing. */
static bool verify_link(struct tre_session *s, struct tre_der der, X509 *cert, X509 *issuer,
			struct tre_links *links, struct tre_result *result)
{
	ESYS_TR key = ESYS_TR_NONE;
	struct tre_link link;
	TSS2_RC rc;
	bool ok;

	if (!tre_link_make(der, cert, issuer, &link, result))
		return false;
	if (link.fallback)
		return in_software(cert, issuer, link.fallback, links, result);
	rc = Esys_LoadExternal(s->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
			       &link.issuer, ESYS_TR_RH_OWNER, &key);
	link.fallback = lacks(rc);
	if (link.fallback)
		return in_software(cert, issuer, link.fallback, links, result);
	if (!tre_tpm_ok(rc, "TPM2_LoadExternal", result))
		return false;
	ok = in_tpm(s, cert, &link, key, links, result);
	tre_flush(s, &key);
	if (!ok && link.fallback)
		return in_software(cert, issuer, link.fallback, links, result);
	return ok;
}

/* Downward: what an untrusted key signs is not looked at. */
static void verify_all(struct tre_session *s, const struct tre_der *ders, X509 *const *certs,
		       size_t n, struct tre_links *links, struct tre_result *result)
{
	char software[128] = "";
	size_t i;

	for (i = n; i > 0; i--) {
		if (!verify_link(s, ders[i - 1], certs[i - 1], certs[i], links, result))
			return;
	}
	if (links->in_software)
		snprintf(software, sizeof(software), ", %u in software by rule %s",
			 links->in_software, links->fallback);
	tre_set(result, TRE_PASS, "tre.verify.good",
		"%u of %zu signatures from the root down verified in the TPM%s", links->in_tpm, n,
		software);
}

static X509 *parse(struct tre_der der)
{
	const uint8_t *p = der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)der.len);

	if (cert && p == der.data + der.len)
		return cert;
	X509_free(cert);
	return NULL;
}

void tre_verify_chain(struct tre_session *s, const struct tre_der *certs, size_t n,
		      struct tre_der root, struct tre_links *links, struct tre_result *result)
{
	X509 *chain[CERTS_MAX + 1] = { NULL };
	size_t i;
	bool ok = n > 0 && n <= CERTS_MAX;

	memset(links, 0, sizeof(*links));
	memset(result, 0, sizeof(*result));
	for (i = 0; ok && i <= n; i++) {
		chain[i] = parse(i < n ? certs[i] : root);
		ok = chain[i] != NULL;
	}
	if (ok)
		verify_all(s, certs, chain, n, links, result);
	else
		tre_set(result, TRE_FAIL, "tre.verify.certificate",
			"%zu certificates below the root, of which one is not DER, or none or too many (refuse the peer)",
			n);
	for (i = 0; i <= CERTS_MAX; i++)
		X509_free(chain[i]);
	ERR_clear_error();
}
