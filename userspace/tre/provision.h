/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes a box one of the operator's: its keys, its identity, the index for its
 * root. Each is made when it is missing; what is there and as it has to be is left
 * alone; what is there and deviates is refused, unless it is to be replaced.
 */
#ifndef TRUSTGATE_TRE_PROVISION_H
#define TRUSTGATE_TRE_PROVISION_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include "tre/anchor.h"
#include "tre/approval.h"
#include "tre/keys.h"

enum tre_part {
	TRE_PART_EK, TRE_PART_SRK, TRE_PART_AK, TRE_PART_IKE,	/* as enum tre_key */
	TRE_PART_IDENTITY, TRE_PART_ANCHOR, TRE_PART_APPROVAL, TRE_PART_OPERATOR, TRE_PARTS,
};

/* "ek", ..., "identity", "anchor", "approval", "operator" */
const char *tre_part_word(enum tre_part part);

struct tre_provision {
	const char *identity, *operator;	/* of either profile; NULL: leave it */
	const struct tre_vendor *vendor;	/* NULL: leave the root's index */
	const struct tre_approval *approval;	/* by which the IKE key signs; NULL: by password */
	uint32_t replace;			/* mask of 1 << enum tre_part */
};

enum tre_outcome { TRE_UNTOUCHED, TRE_KEPT, TRE_MADE, TRE_REPLACED };

/* False with @result at the first that can't be; @outcome says how far it came. */
bool tre_provision(struct tre_session *s, const struct tre_provision *want,
		   enum tre_outcome outcome[TRE_PARTS], struct tre_result *result);

/*
 * FFS-04 (b): the AK's word that the IKE key is in the same TPM. What it said is
 * checked elsewhere, with no TPM, at enrolment.
 */
struct tre_certified {
	uint8_t ek[TRE_PUBLIC_MAX], ak[TRE_PUBLIC_MAX], ike[TRE_PUBLIC_MAX];	/* TPM2B_PUBLIC */
	size_t ek_len, ak_len, ike_len;
	uint8_t attest[sizeof(TPM2B_ATTEST)], sig[sizeof(TPMT_SIGNATURE)];
	size_t attest_len, sig_len;
};

bool tre_certify(struct tre_session *s, struct tre_certified *out, struct tre_result *result);
/*
 * The AK and the IKE key are what they have to be, and the AK says of the IKE key that
 * it has seen it. *@ike is its public key, the caller's to free.
 */
bool tre_certified_check(const struct tre_certified *c, EVP_PKEY **ike,
			 struct tre_result *result);

/*
 * PKCS#10 for the IKE key, signed in the TPM: subject CN and subjectAltName dNSName
 * are @identity. @approval: as of tre_ike_sign(). *@der is for OPENSSL_free().
 */
bool tre_csr_make(struct tre_session *s, const struct tre_approval *approval,
		  const char *identity, uint8_t **der, size_t *len, struct tre_result *result);
/* It is signed by @key, and for @key; its dNSName is @identity. */
bool tre_csr_check(const uint8_t *der, size_t len, EVP_PKEY *key,
		   char identity[TRE_IDENTITY_MAX + 1], struct tre_result *result);

/*
 * An ECDSA-Sig-Value over @sha256, in @session (ESYS_TR_PASSWORD, or one that the key's
 * policy takes); *@der is for OPENSSL_free().
 */
bool tre_sign(struct tre_session *s, ESYS_TR key, ESYS_TR session,
	      const uint8_t sha256[TRE_DIGEST_LEN], uint8_t **der, size_t *len,
	      struct tre_result *result);
/* By @key, whose public key @req has. @result is left alone when it is OpenSSL that fails. */
bool tre_request_sign(struct tre_session *s, ESYS_TR key, ESYS_TR session, X509_REQ *req,
		      struct tre_result *result);

/*
 * Enrolment bound to the EK: what TPM2_ActivateCredential gives out only in the TPM
 * that has both keys. @blob is in the format of tpm2-tools.
 */
#define TRE_CREDENTIAL_MAX	(8 + sizeof(TPM2B_ID_OBJECT) + sizeof(TPM2B_ENCRYPTED_SECRET))
#define TRE_SECRET_LEN		32

bool tre_credential_make(const uint8_t *ek, size_t ek_len, const uint8_t *ak, size_t ak_len,
			 const uint8_t secret[TRE_SECRET_LEN], uint8_t blob[TRE_CREDENTIAL_MAX],
			 size_t *len, struct tre_result *result);
bool tre_credential_activate(struct tre_session *s, const uint8_t *blob, size_t len,
			     uint8_t secret[TRE_SECRET_LEN], struct tre_result *result);

/* A policy session that satisfies the EK: PolicySecret(endorsement). */
bool tre_ek_session(struct tre_session *s, ESYS_TR *session, struct tre_result *result);

#endif /* TRUSTGATE_TRE_PROVISION_H */
