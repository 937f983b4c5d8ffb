// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A list's index as plain octets, for processes that share memory. Who reads it
 * believes no length in it that leads out of it; what it says about serial numbers is
 * the word of the process that verified the list.
 */
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include "pki/crl_index.h"

#define MAGIC		UINT64_C(0x3252434754)	/* "TGCR2" */
/* SEQUENCE, INTEGER of one octet, UTCTime. */
#define ENTRY_MIN	20
#define WIDTH_MIN	(1 + 1 + CRL_TAIL)
#define WIDTH_MAX	(1 + PKI_SERIAL_MAX + CRL_TAIL)

struct crl_flat {
	uint64_t magic, len, der_len, n, width, foreign;
	uint8_t digest[PKI_DIGEST_LEN];		/* of the list */
	uint8_t key_digest[PKI_DIGEST_LEN];	/* of the key that signed it */
	uint8_t records[];
};

size_t pki_crl_flat_room(size_t der_len)
{
	return sizeof(struct crl_flat) + (der_len / ENTRY_MIN + 1) * WIDTH_MAX;
}

size_t pki_crl_flatten(const struct pki_crl *crl, void *out, size_t room)
{
	size_t len = sizeof(struct crl_flat) + crl->n * crl->width;
	struct crl_flat *flat = out;

	if (room < len)
		return 0;
	flat->len = len;
	flat->der_len = crl->der_len;
	flat->n = crl->n;
	flat->width = crl->width;
	flat->foreign = crl->foreign;
	memcpy(flat->digest, crl->digest, sizeof(flat->digest));
	memcpy(flat->key_digest, crl->key_digest, sizeof(flat->key_digest));
	memcpy(flat->records, crl->records, crl->n * crl->width);
	flat->magic = MAGIC;
	return len;
}

size_t pki_crl_flat_len(const void *octets, size_t room)
{
	const struct crl_flat *flat = octets;

	if (room < sizeof(*flat) || flat->magic != MAGIC || flat->len > room ||
	    flat->len < sizeof(*flat) || flat->width < WIDTH_MIN || flat->width > WIDTH_MAX ||
	    flat->n > (flat->len - sizeof(*flat)) / flat->width ||
	    flat->n * flat->width != flat->len - sizeof(*flat))
		return 0;
	return flat->len;
}

static bool attach(struct pki_crl *crl, struct pki_der der, struct pki_der octets, X509 *issuer,
		   const struct pki_crl_policy *policy, struct pki_result *result)
{
	const struct crl_flat *flat = (const void *)octets.data;
	struct crl_parts parts;

	pki_set(result, PKI_INDETERMINATE, "crl.index",
		"the index is not of this list and issuer (load the list)");
	if (!pki_crl_flat_len(octets.data, octets.len) || flat->der_len != der.len ||
	    !crl_parse(der, &parts, result))
		return false;
	crl->foreign = flat->foreign;
	if (!crl_describe(crl, &parts, issuer, policy, result) ||
	    memcmp(crl->key_digest, flat->key_digest, sizeof(crl->key_digest)) ||
	    !crl_check_parts(crl, &parts, issuer, policy, result))
		return false;
	memcpy(crl->digest, flat->digest, sizeof(crl->digest));
	crl->der_len = der.len;
	crl->records = (uint8_t *)flat->records;
	crl->borrowed = true;
	crl->n = flat->n;
	crl->width = flat->width;
	return true;
}

struct pki_crl *pki_crl_attach(struct pki_der der, struct pki_der flat, struct pki_der issuer_der,
			       const struct pki_crl_policy *policy, struct pki_result *result)
{
	struct pki_crl *crl = calloc(1, sizeof(*crl));
	X509 *issuer = pki_parse_cert(issuer_der);

	memset(result, 0, sizeof(*result));
	pki_set(result, PKI_INDETERMINATE, "crl.issuer.encoding",
		"the issuer is not one DER certificate (give its certificate)");
	if (!crl || !issuer || !policy->profile ||
	    !attach(crl, der, flat, issuer, policy, result)) {
		pki_crl_free(crl);
		crl = NULL;
	} else {
		crl_set_loaded(crl, result);
		memcpy(result->proof_digest, crl->digest, sizeof(result->proof_digest));
	}
	X509_free(issuer);
	ERR_clear_error();
	return crl;
}
