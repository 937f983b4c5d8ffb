/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an INTEGRITY_INFO record is of this device, of this IKE SA, and tells of a
 * state that is allowed (FFS-02 to FFS-04). Pure: records come from the network, the
 * rest from the store and the configuration, and all of it is the caller's.
 *
 * To be called only for a peer whose AUTH was verified (SGW-INT-10).
 */
#ifndef TRUSTGATE_SEGW_APPRAISE_H
#define TRUSTGATE_SEGW_APPRAISE_H

#include "pki/pki.h"
#include "segw/authz.h"
#include "tre/record.h"

#define APPRAISE_AK_MAX		256	/* octets of a TPM2B_PUBLIC of an attestation key */
#define APPRAISE_REFERENCE_MAX	63

/* What the TPM says of itself in each quote, and may never say less of again. */
struct appraise_counters {
	bool seen;			/* false: no report of it was accepted yet */
	uint32_t reset, restart;	/* restart counts anew at each reset */
	uint64_t firmware;		/* of the TPM */
};

/* An enrolled device, as segw/devices.h keeps it. */
struct appraise_device {
	char identity[AUTHZ_IDENTITY_MAX + 1];
	uint8_t ak_public[APPRAISE_AK_MAX];	/* TPM2B_PUBLIC */
	size_t ak_public_len;
	uint8_t ak_name[TRE_NAME_LEN];
	/* SHA-256 of the SubjectPublicKeyInfo of the IKE key that the AK certified. */
	uint8_t ike_key[PKI_DIGEST_LEN];
	struct appraise_counters last;
	char reference[APPRAISE_REFERENCE_MAX + 1];	/* name of its reference, empty: the default */
};

/* The PCR digests that are allowed, made of a reference policy. */
struct appraise_reference;

/*
 * Of the values @policy allows for the PCRs of @mask. Takes @policy, also on error.
 * NULL with why in @err: no PCR, a PCR without a line in the policy, nothing but the
 * values that they are reset to, more than APPRAISE_DIGESTS_MAX combinations, or no memory.
 */
#define APPRAISE_DIGESTS_MAX	65536
struct appraise_reference *appraise_reference_make(struct tre_policy *policy, uint32_t mask,
						   char *err, size_t errlen);
void appraise_reference_free(struct appraise_reference *reference);

/* The higher, the more is proven; 0 opens nothing. */
enum appraise_verdict {
	APPRAISE_BAD,		/* not readable, not of this device, or not of this IKE SA */
	APPRAISE_UNKNOWN,	/* no enrolment to hold it against: it may be anybody's */
	APPRAISE_FAIL,		/* authentic and fresh, of a state that is not allowed */
	APPRAISE_UNJUDGED,	/* authentic and fresh, and there is no reference */
	APPRAISE_GOOD,
	APPRAISE_VERDICTS
};

struct appraise_job {
	const uint8_t *record;
	size_t len;
	const struct tre_binding *binding;	/* of this IKE SA, as this end knows it */
	struct pki_der certificate;		/* the leaf that signed AUTH */
	const struct appraise_device *device;	/* NULL: not enrolled */
	const struct appraise_reference *reference;	/* NULL: there is none */
	bool degraded_passes;			/* the box's own "pass-degraded" is enough */
};

/* Plain data, so that a confined child can write it to its parent as it is. */
struct appraise_result {
	enum appraise_verdict verdict;
	uint8_t proof_digest[PKI_DIGEST_LEN];	/* SHA-256 of the record */
	struct appraise_counters now;	/* from FAIL on: to be stored, whatever was decided */
	struct tre_claims claims;	/* from FAIL on: believed to be the box's words */
	uint8_t qualifying[TRE_DIGEST_LEN];	/* from FAIL on: what its quote is over */
	char rule[64];			/* for example "appraise.qualifying" */
	char detail[PKI_TEXT_MAX + 1];
};

void appraise(const struct appraise_job *job, struct appraise_result *result);
/*
 * The same for somebody who trusts an attestation key and knows no device: which key
 * signed AUTH is not looked at. Never for what opens a gate.
 */
void appraise_by_key(const struct appraise_job *job, struct appraise_result *result);
const char *appraise_verdict_name(enum appraise_verdict verdict);

#endif /* TRUSTGATE_SEGW_APPRAISE_H */
