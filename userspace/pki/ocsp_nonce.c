// SPDX-License-Identifier: GPL-2.0-or-later
/* The nonce of an OCSP response, RFC 9654, and what its absence means (FFS-15). */
#include <string.h>
#include "pki/internal.h"

/* RFC 9654 2.1: the value is the DER of an OCTET STRING. */
static bool nonce_equals(X509_EXTENSION *ext, const uint8_t *nonce, size_t len)
{
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(ext);
	const uint8_t *data = ASN1_STRING_get0_data(value);
	uint8_t head[3] = { V_ASN1_OCTET_STRING, (uint8_t)len };
	size_t n = 2;

	if (!len || len > PKI_NONCE_MAX)
		return false;
	if (len >= 0x80) {
		head[1] = 0x81;
		head[2] = (uint8_t)len;
		n = 3;
	}
	return (size_t)ASN1_STRING_length(value) == n + len && !memcmp(data, head, n) &&
	       !memcmp(data + n, nonce, len);
}

bool pki_ocsp_nonce(struct pki_ocsp *o, struct pki_result *result)
{
	int at = OCSP_BASICRESP_get_ext_by_NID(o->basic, NID_id_pkix_OCSP_Nonce, -1);

	if (o->nonce && at >= 0) {
		if (OCSP_BASICRESP_get_ext_by_NID(o->basic, NID_id_pkix_OCSP_Nonce, at) >= 0 ||
		    !nonce_equals(OCSP_BASICRESP_get_ext(o->basic, at), o->nonce, o->nonce_len)) {
			pki_set(result, PKI_INDETERMINATE, "ocsp.nonce.mismatch",
				"the nonce is not the one sent: a replay, or a cache between (check what is on the way)");
			return false;
		}
		o->nonce_matched = true;
		return true;
	}
	if (!o->policy->nonce_required)
		return true;
	if (o->nonce)
		pki_set(result, PKI_INDETERMINATE, "ocsp.nonce.absent",
			"the response has no nonce, %zu octets were sent (let the responder copy nonces)",
			o->nonce_len);
	else
		pki_set(result, PKI_INDETERMINATE, "ocsp.nonce.unsent",
			"a nonce is required and none was sent (send one)");
	return false;
}
