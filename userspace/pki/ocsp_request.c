// SPDX-License-Identifier: GPL-2.0-or-later
/* The OCSP request, RFC 6960 4.1. */
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "pki/internal.h"

/*
 * The CertID is over SHA-1: it names the certificate and protects nothing, and it
 * is what every responder answers. The answer's CertIDs may use another hash.
 */
static OCSP_REQUEST *make_request(const X509 *leaf, const X509 *issuer,
				  const uint8_t *nonce, size_t nonce_len)
{
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), leaf, issuer);

	if (!request || !id || !OCSP_request_add0_id(request, id)) {
		OCSP_CERTID_free(id);
		OCSP_REQUEST_free(request);
		return NULL;
	}
	/* The request has taken the CertID. */
	if (nonce_len && OCSP_request_add1_nonce(request, (unsigned char *)nonce,
						 (int)nonce_len) != 1) {
		OCSP_REQUEST_free(request);
		return NULL;
	}
	return request;
}

int pki_ocsp_request(struct pki_der leaf, struct pki_der issuer,
		     const uint8_t *nonce, size_t nonce_len, uint8_t **out, size_t *len)
{
	X509 *leaf_cert = pki_parse_cert(leaf), *issuer_cert = pki_parse_cert(issuer);
	OCSP_REQUEST *request = NULL;
	unsigned char *der = NULL;
	int n = -1;

	*out = NULL;
	*len = 0;
	if (leaf_cert && issuer_cert && nonce_len <= PKI_NONCE_MAX && (nonce || !nonce_len))
		request = make_request(leaf_cert, issuer_cert, nonce, nonce_len);
	if (request)
		n = i2d_OCSP_REQUEST(request, &der);
	if (n > 0)
		*out = malloc((size_t)n);
	if (*out) {
		memcpy(*out, der, (size_t)n);
		*len = (size_t)n;
	}
	OPENSSL_free(der);
	OCSP_REQUEST_free(request);
	X509_free(leaf_cert);
	X509_free(issuer_cert);
	ERR_clear_error();
	return *out ? 0 : -1;
}
