// SPDX-License-Identifier: GPL-2.0-or-later
/* PCRs read and quoted. What a TPM answers is looked at before it is used. */
#include "tre/measure.h"

#include <string.h>
#include <tss2/tss2_mu.h>
#include "tre/internal.h"
#include "tre/steps.h"

/* The PCRs a reply has values of; 0 when it isn't about the SHA-256 bank alone. */
static uint32_t selected(const TPML_PCR_SELECTION *list)
{
	const TPMS_PCR_SELECTION *sel = &list->pcrSelections[0];
	uint32_t mask = 0;
	int i;

	if (list->count != 1 || sel->hash != TPM2_ALG_SHA256 || sel->sizeofSelect < 3)
		return 0;
	for (i = 0; i < 3; i++)
		mask |= (uint32_t)sel->pcrSelect[i] << 8 * i;
	return mask;
}

/* Store one reply's values; what it gave, 0 when it's nothing that was asked. */
static uint32_t store_pcrs(uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN], uint32_t asked,
			   const TPML_PCR_SELECTION *out, const TPML_DIGEST *values)
{
	uint32_t got = selected(out) & asked;
	unsigned int i, n = 0;

	if (got != selected(out))
		return 0;
	for (i = 0; i < TRE_PCRS; i++) {
		if (!(got & 1u << i))
			continue;
		if (n >= values->count || values->digests[n].size != TRE_DIGEST_LEN)
			return 0;
		memcpy(pcrs[i], values->digests[n++].buffer, TRE_DIGEST_LEN);
	}
	return n == values->count ? got : 0;
}

/* A reply has eight values at most. */
bool tre_pcrs_read(struct tre_session *s, uint32_t mask, uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN],
		   struct tre_result *result)
{
	while (mask) {
		TPML_PCR_SELECTION in, *out = NULL;
		TPML_DIGEST *values = NULL;
		UINT32 counter;
		uint32_t got = 0;

		tre_pcr_selection(mask, &in);
		if (!tre_tpm_ok(Esys_PCR_Read(s->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					      &in, &counter, &out, &values), "TPM2_PCR_Read", result))
			return false;
		got = store_pcrs(pcrs, mask, out, values);
		Esys_Free(out);
		Esys_Free(values);
		if (!got) {
			tre_set(result, TRE_UNAVAILABLE, "tre.pcr.bank",
				"the TPM gives no SHA-256 value of PCRs 0x%06x (enable its SHA-256 bank)",
				mask);
			return false;
		}
		mask &= ~got;
	}
	return true;
}

bool tre_quote_make(struct tre_session *s, ESYS_TR ak, uint32_t mask,
		    const uint8_t qualifying[TRE_DIGEST_LEN], TPM2B_ATTEST **attest,
		    uint8_t sig[sizeof(TPMT_SIGNATURE)], size_t *sig_len,
		    struct tre_result *result)
{
	static const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL };
	TPML_PCR_SELECTION pcrs;
	TPM2B_DATA data = { .size = TRE_DIGEST_LEN };
	TPMT_SIGNATURE *signature = NULL;
	bool ok;

	*attest = NULL;
	*sig_len = 0;
	tre_pcr_selection(mask, &pcrs);
	memcpy(data.buffer, qualifying, TRE_DIGEST_LEN);
	ok = tre_tpm_ok(Esys_Quote(s->esys, ak, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				   &data, &scheme, &pcrs, attest, &signature),
			"TPM2_Quote", result) &&
	     tre_tpm_ok(Tss2_MU_TPMT_SIGNATURE_Marshal(signature, sig, sizeof(TPMT_SIGNATURE),
						       sig_len), "TPMT_SIGNATURE", result);
	Esys_Free(signature);
	return ok;
}
