/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a record and the certification of an IKE key prove, given the attestation key
 * that is known for the device (FFS-03, FFS-04). Pure; every structure is from outside.
 */
#ifndef TRUSTGATE_TRE_EVIDENCE_H
#define TRUSTGATE_TRE_EVIDENCE_H

#include <openssl/evp.h>
#include "tre/record.h"

/* Largest TPM2B_PUBLIC, TPMS_ATTEST or TPMT_SIGNATURE that is looked at. */
#define TRE_STRUCT_MAX	1024

/* From TPMS_ATTEST: what the TPM said beside its answer. */
struct tre_evidence {
	uint32_t reset, restart;
	uint64_t firmware;		/* of the TPM */
	uint32_t pcr_mask;
	uint8_t pcr_digest[TRE_DIGEST_LEN];
	uint8_t qualifying[TRE_DIGEST_LEN];	/* of a record: what its quote is over */
};

/*
 * The TPM name of the attestation key in @ak_public, one TPM2B_PUBLIC, which must be a
 * restricted ECDSA P-256 key. False with @result set.
 */
bool tre_ak_name(const uint8_t *ak_public, size_t len, uint8_t name[TRE_NAME_LEN],
		 struct tre_result *result);

/*
 * @r was signed by the attestation key in @ak_public, names that key, and was made for
 * the IKE SA @b with the claims it has; values of PCRs, if it has any, are the quoted
 * ones. Which values are allowed is not looked at. False with @result set.
 */
bool tre_record_verify(const struct tre_record *r, const struct tre_binding *b,
		       const uint8_t *ak_public, size_t ak_public_len,
		       struct tre_evidence *evidence, struct tre_result *result);

/* TPM2_Certify of the IKE key by the attestation key, as the box gives it at enrolment. */
struct tre_certification {
	const uint8_t *ak_public, *ike_public;	/* TPM2B_PUBLIC */
	size_t ak_public_len, ike_public_len;
	const uint8_t *attest, *sig;		/* TPMS_ATTEST, TPMT_SIGNATURE */
	size_t attest_len, sig_len;
};

/*
 * The attestation key certifies that the IKE key is in the same TPM, and the IKE key
 * can neither leave it nor be used for anything but signing. *@ike gets its public key
 * for EVP_PKEY_free(). False with @result set.
 */
bool tre_certification_check(const struct tre_certification *c, EVP_PKEY **ike,
			     struct tre_evidence *evidence, struct tre_result *result);

#endif /* TRUSTGATE_TRE_EVIDENCE_H */
