// SPDX-License-Identifier: GPL-2.0-or-later
/* One report: a nonce, a quote over it, and both in a record. HNB-TRE-12, HNB-INT-03, 04. */
#include "tre/report.h"

#include <string.h>
#include "tre/evidence.h"
#include "tre/internal.h"
#include "tre/keys.h"
#include "tre/measure.h"
#include "tre/reset.h"

/* A PCR may be extended between reading and quoting; on a live box not for ever. */
#define TRIES		4

struct report {
	struct tre_session tpm;
	ESYS_TR ak;
	uint8_t ak_public[TRE_PUBLIC_MAX];
	size_t ak_public_len;
	TPM2B_ATTEST *attest;
	uint8_t sig[sizeof(TPMT_SIGNATURE)];
	struct tre_record record;
};

/* A TPM may give fewer octets at a time than it is asked for. */
static bool make_nonce(struct report *rep, struct tre_result *result)
{
	size_t have = 0;

	while (have < TRE_NONCE_LEN) {
		TPM2B_DIGEST *random = NULL;
		size_t n = 0;

		if (!tre_tpm_ok(Esys_GetRandom(rep->tpm.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					       (UINT16)(TRE_NONCE_LEN - have), &random),
				"TPM2_GetRandom", result))
			return false;
		if (random->size <= TRE_NONCE_LEN - have)
			n = random->size;
		memcpy(rep->record.nonce + have, random->buffer, n);
		Esys_Free(random);
		if (!n) {
			tre_set(result, TRE_UNAVAILABLE, "tre.random",
				"the TPM gives no random octets (look at the TPM)");
			return false;
		}
		have += n;
	}
	return true;
}

static bool make_quote(struct report *rep, const struct tre_binding *b, uint32_t mask,
		       struct tre_result *result)
{
	struct tre_record *r = &rep->record;
	uint8_t qualifying[TRE_DIGEST_LEN];

	r->has_made_for = tre_record_made_for(b, r->nonce, r->made_for);
	if (!r->has_made_for || !tre_record_claims_digest(r, r->claims_digest) ||
	    !tre_record_qualifying(b, r->nonce, r->claims_digest, qualifying)) {
		tre_set(result, TRE_FAIL, "report.arguments",
			"the claims or the IKE SA's SPIs, nonces and IDi are not such as a record has (report this)");
		return false;
	}
	Esys_Free(rep->attest);
	if (!tre_quote_make(&rep->tpm, rep->ak, mask, qualifying, &rep->attest, rep->sig,
			    &r->sig_len, result))
		return false;
	r->attest = rep->attest->attestationData;
	r->attest_len = rep->attest->size;
	r->sig = rep->sig;
	return true;
}

static bool proves(struct report *rep, const struct tre_evidence *e, struct tre_result *result)
{
	if (!tre_digest_is_reset(e->pcr_mask, e->pcr_digest))
		return true;
	tre_set_nothing(result, e->pcr_mask);
	tre_tell_elsewhere(&rep->tpm, e->pcr_mask, result);
	return false;
}

/* Whoever gets it would refuse what the TPM, or what lies before it, got wrong. */
static bool make_record(struct report *rep, const struct tre_binding *b, uint32_t mask,
			struct tre_result *result)
{
	struct tre_record *r = &rep->record;
	struct tre_evidence evidence;

	r->pcr_mask = r->claims.with_pcrs ? mask : 0;
	for (int i = 0; i < TRIES; i++) {
		if ((r->claims.with_pcrs && !tre_pcrs_read(&rep->tpm, mask, r->pcrs, result)) ||
		    !make_quote(rep, b, mask, result))
			return false;
		if (tre_record_verify(r, b, rep->ak_public, rep->ak_public_len, &evidence, result)) {
			result->reset_count = evidence.reset;
			result->restart_count = evidence.restart;
			if (evidence.pcr_mask == mask)
				return proves(rep, &evidence, result);
			tre_set(result, TRE_FAIL, "tre.quote.selection",
				"the quote is not over the PCRs asked for, mask 0x%06x of SHA-256 (check the TPM)",
				mask);
		}
		if (strcmp(result->rule, "tre.quote.digest"))
			return false;
	}
	return false;
}

static size_t encode(const struct report *rep, uint8_t out[TRE_RECORD_MAX],
		     struct tre_result *result)
{
	size_t len = tre_record_encode(&rep->record, out);

	if (!len)
		tre_set(result, TRE_FAIL, "report.size",
			"the record would have more than %d octets (leave the PCRs' values out)",
			TRE_RECORD_MAX);
	else if (EVP_Digest(out, len, result->proof_digest, NULL, EVP_sha256(), NULL) != 1)
		len = 0;
	return len;
}

static bool mask_ok(uint32_t mask, struct tre_result *result)
{
	if (mask && !(mask >> TRE_PCRS))
		return true;
	tre_set(result, TRE_FAIL, "tre.mask",
		"PCR mask 0x%x names no PCR, or one above %d (configure PCRs 0 to %d)",
		mask, TRE_PCRS - 1, TRE_PCRS - 1);
	return false;
}

void tre_report_make(const char *tcti, uint32_t pcr_mask, const struct tre_binding *b,
		     const struct tre_claims *claims, uint8_t out[TRE_RECORD_MAX], size_t *len,
		     struct tre_result *result)
{
	struct report rep = { .ak = ESYS_TR_NONE, .record.claims = *claims };

	*len = 0;
	memset(result, 0, sizeof(*result));
	tre_set(result, TRE_UNAVAILABLE, "tre.tpm", "the TPM was not asked (report this)");
	if (!mask_ok(pcr_mask, result))
		return;
	if (tre_session_open(&rep.tpm, tcti, result) &&
	    tre_ak_load(&rep.tpm, &rep.ak, rep.ak_public, &rep.ak_public_len, result) &&
	    tre_ak_name(rep.ak_public, rep.ak_public_len, rep.record.ak_name, result) &&
	    make_nonce(&rep, result) && make_record(&rep, b, pcr_mask, result))
		*len = encode(&rep, out, result);
	tre_ak_drop(&rep.tpm, &rep.ak);
	Esys_Free(rep.attest);
	tre_session_close(&rep.tpm);
	if (*len)
		tre_set(result, TRE_PASS, "report.made", "%zu octets, PCRs 0x%06x", *len, pcr_mask);
}
