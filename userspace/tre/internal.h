/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of libtrustgate-tre share. */
#ifndef TRUSTGATE_TRE_INTERNAL_H
#define TRUSTGATE_TRE_INTERNAL_H

#include <openssl/evp.h>
#include <tss2/tss2_tpm2_types.h>
#include "tre/tre.h"

#define TRE_HEX_LEN	(2 * TRE_DIGEST_LEN)

/* Values of one PCR that the policy allows, and the line that says so. */
struct tre_allowed {
	unsigned int line;	/* 0: the policy has no line for this PCR */
	unsigned int n;
	uint8_t (*values)[TRE_DIGEST_LEN];
};

struct tre_policy {
	char name[64];
	struct tre_allowed pcr[TRE_PCRS];
};

/* Set verdict, rule and detail. */
void tre_set(struct tre_result *result, enum tre_verdict verdict, const char *rule,
	     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

const char *tre_hex(const uint8_t digest[TRE_DIGEST_LEN], char hex[TRE_HEX_LEN + 1]);

/*
 * Each: false, with @result set, when it isn't so.
 *
 * tre_arguments_ok(): @mask names PCRs there are, and there is a policy.
 * tre_ak_key(): @public is an attestation key of ours; *@key is the caller's to free.
 * tre_signature_check(): @sig is a TPMT_SIGNATURE by @key over @attest.
 * tre_policy_match(): every PCR of @mask has a value that @policy allows.
 */
bool tre_arguments_ok(uint32_t mask, const struct tre_policy *policy, struct tre_result *result);
bool tre_ak_key(const uint8_t *public, size_t len, EVP_PKEY **key, struct tre_result *result);
bool tre_signature_check(EVP_PKEY *key, const uint8_t *attest, size_t attest_len,
			 const uint8_t *sig, size_t sig_len, struct tre_result *result);
bool tre_policy_match(const struct tre_policy *policy, uint32_t mask,
		      const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN], struct tre_result *result);

/* What an attestation key is: TPM2 Part 1, 31.2: restricted, so that the TPM signs
 * nothing it did not make itself.
 */
#define TRE_AK_ATTRIBUTES	(TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT |	\
				 TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |	\
				 TPMA_OBJECT_SENSITIVEDATAORIGIN)

#endif /* TRUSTGATE_TRE_INTERNAL_H */
