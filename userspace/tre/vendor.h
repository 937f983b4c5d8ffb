/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose signatures a policy obeys: the vendor's key for the root, the operator's for PCRs. */
#ifndef TRUSTGATE_TRE_VENDOR_H
#define TRUSTGATE_TRE_VENDOR_H

#include <openssl/evp.h>
#include "tre/session.h"

#define TRE_POINT_LEN	65	/* P-256, uncompressed */
#define TRE_SIG_MAX	72	/* ECDSA P-256, DER */

/* A public key as the TPM loads it: ECC P-256. */
struct tre_vendor {
	TPM2B_PUBLIC public;
	TPM2B_NAME name;
	uint8_t point[TRE_POINT_LEN];
};

/* An ECDSA signature in DER; len 0: none. */
struct tre_sig {
	size_t len;
	uint8_t der[TRE_SIG_MAX];
};

/* @pem: a public key, or a certificate with one. */
bool tre_vendor_load(const void *pem, size_t len, struct tre_vendor *out,
		     struct tre_result *result);
/* The same of a point; whether it is on the curve, the TPM says. */
bool tre_vendor_point(const uint8_t point[TRE_POINT_LEN], struct tre_vendor *out,
		      struct tre_result *result);
/* The SHA-256 that is signed for PolicyAuthorize. False without memory. */
bool tre_vendor_digest(const uint8_t policy[TRE_DIGEST_LEN], const char *ref,
		       uint8_t digest[TRE_DIGEST_LEN]);

/* By the authority itself. False when @key does not sign. */
bool tre_vendor_sign(EVP_PKEY *key, const uint8_t policy[TRE_DIGEST_LEN], const char *ref,
		     struct tre_sig *sig);

/*
 * PolicyAuthorize in @session, whose policy has come to @policy, which @vendor signed
 * with @ref. *@refused: what failed is that signature, and not the TPM.
 */
bool tre_vendor_authorize(struct tre_session *s, ESYS_TR session, const struct tre_vendor *vendor,
			  const uint8_t policy[TRE_DIGEST_LEN], const char *ref,
			  const struct tre_sig *sig, bool *refused, struct tre_result *result);

#endif /* TRUSTGATE_TRE_VENDOR_H */
