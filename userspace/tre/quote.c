// SPDX-License-Identifier: GPL-2.0-or-later
/* A quote from the TPM. */
#include <string.h>
#include "tre/internal.h"
#include "tre/keys.h"
#include "tre/measure.h"

/* A PCR may be extended between reading and quoting; on a live box not for ever. */
#define TRIES		4

struct quote {
	struct tre_session tpm;
	ESYS_TR ak;
	uint8_t ak_public[TRE_PUBLIC_MAX];
	size_t ak_public_len;
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN];
	TPM2B_ATTEST *attest;
	uint8_t sig[sizeof(TPMT_SIGNATURE)];
	size_t sig_len;
};

static bool quote(struct quote *q, uint32_t mask, const uint8_t qualifying[TRE_DIGEST_LEN],
		  struct tre_result *result)
{
	Esys_Free(q->attest);
	q->attest = NULL;
	q->sig_len = 0;
	return tre_quote_make(&q->tpm, q->ak, mask, qualifying, &q->attest, q->sig, &q->sig_len,
			      result);
}

static void measure(struct quote *q, uint32_t mask, const uint8_t qualifying[TRE_DIGEST_LEN],
		    struct tre_result *result)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		if (!tre_pcrs_read(&q->tpm, mask, q->pcrs, result) ||
		    !quote(q, mask, qualifying, result))
			return;
		tre_appraise_quote(q->attest->attestationData, q->attest->size, q->sig, q->sig_len,
				   q->ak_public, q->ak_public_len, mask,
				   (const uint8_t (*)[TRE_DIGEST_LEN])q->pcrs, qualifying, result);
		if (strcmp(result->rule, "tre.quote.digest"))
			return;
	}
}

void tre_quote_values(const char *tcti, uint32_t mask, const uint8_t qualifying[TRE_DIGEST_LEN],
		      uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN], struct tre_result *result)
{
	struct quote q = { .ak = ESYS_TR_NONE };

	memset(result, 0, sizeof(*result));
	tre_set(result, TRE_UNAVAILABLE, "tre.tpm", "the TPM was not asked (report this)");
	if (!tre_mask_ok(mask, result))
		return;
	if (tre_session_open(&q.tpm, tcti, result) &&
	    tre_ak_load(&q.tpm, &q.ak, q.ak_public, &q.ak_public_len, result))
		measure(&q, mask, qualifying, result);
	tre_tell_elsewhere(&q.tpm, mask, result);
	memcpy(pcrs, q.pcrs, sizeof(q.pcrs));
	tre_ak_drop(&q.tpm, &q.ak);
	Esys_Free(q.attest);
	tre_session_close(&q.tpm);
}

void tre_quote(const char *tcti, uint32_t mask, const uint8_t qualifying[TRE_DIGEST_LEN],
	       const struct tre_policy *policy, struct tre_result *result)
{
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN];

	memset(result, 0, sizeof(*result));
	if (!tre_arguments_ok(mask, policy, result))
		return;
	tre_quote_values(tcti, mask, qualifying, pcrs, result);
	if (result->verdict == TRE_PASS)
		tre_policy_match(policy, mask, (const uint8_t (*)[TRE_DIGEST_LEN])pcrs, result);
}
