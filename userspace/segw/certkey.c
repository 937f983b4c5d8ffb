// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RFC 5280, 4.1: SEQUENCE { TBSCertificate, ... }. OpenSSL decodes the key with the
 * certificate, which takes twice as long as verifying a signature.
 */
#include "segw/certkey.h"

#include <openssl/evp.h>
#include "pki/der.h"

#define VERSION_TAG	0xa0	/* [0] EXPLICIT */

bool certkey_digest(struct pki_der certificate, uint8_t digest[PKI_DIGEST_LEN])
{
	struct pki_der in = certificate, tbs;
	struct pki_tlv t;

	if (!pki_der_take(&in, DER_SEQUENCE, &t) || in.len)
		return false;
	in = t.value;
	if (!pki_der_take(&in, DER_SEQUENCE, &t))
		return false;
	tbs = t.value;
	pki_der_take(&tbs, VERSION_TAG, &t);
	if (!pki_der_take(&tbs, DER_INTEGER, &t))
		return false;
	/* signature, issuer, validity, subject, and then the key. */
	for (int i = 0; i < 5; i++)
		if (!pki_der_take(&tbs, DER_SEQUENCE, &t))
			return false;
	return EVP_Digest(t.all.data, t.all.len, digest, NULL, EVP_sha256(), NULL) == 1;
}
