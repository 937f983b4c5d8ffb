// SPDX-License-Identifier: GPL-2.0-or-later
/* PCRs read and quoted. What a TPM answers is looked at before it is used. */
#include "tre/measure.h"

#include <string.h>
#include <tss2/tss2_mu.h>
#include "tre/internal.h"
#include "tre/judge.h"
#include "tre/reset.h"
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

static const char *bank_name(TPM2_ALG_ID hash)
{
	static const struct { TPM2_ALG_ID hash; const char *name; } names[] = {
		{ TPM2_ALG_SHA1, "sha1" }, { TPM2_ALG_SHA384, "sha384" },
		{ TPM2_ALG_SHA512, "sha512" }, { TPM2_ALG_SM3_256, "sm3_256" },
		{ TPM2_ALG_SHA3_256, "sha3_256" }, { TPM2_ALG_SHA3_384, "sha3_384" },
		{ TPM2_ALG_SHA3_512, "sha3_512" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].hash == hash)
			return names[i].name;
	return "another bank";
}

/* One PCR a time: how many a reply has does not matter to who reads this. */
static bool bank_measured(struct tre_session *s, TPM2_ALG_ID hash, uint32_t mask)
{
	bool measured = false;

	for (unsigned int i = 0; i < TRE_PCRS && !measured; i++) {
		TPML_PCR_SELECTION in, *out = NULL;
		TPML_DIGEST *values = NULL;
		UINT32 counter;

		if (!(mask & 1u << i))
			continue;
		tre_pcr_selection(1u << i, &in);
		in.pcrSelections[0].hash = hash;
		if (!Esys_PCR_Read(s->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &in, &counter,
				   &out, &values) && values->count == 1)
			measured = !tre_pcr_is_reset(i, values->digests[0].buffer,
						     values->digests[0].size);
		Esys_Free(out);
		Esys_Free(values);
	}
	return measured;
}

void tre_pcrs_elsewhere(struct tre_session *s, uint32_t mask, char *out, size_t size)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	size_t used = 0;

	*out = 0;
	mask = tre_pcrs_that_prove(mask);
	if (Esys_GetCapability(s->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_PCRS, 0, 1,
			       NULL, &data))
		return;
	for (UINT32 i = 0; i < data->data.assignedPCR.count && i < TPM2_NUM_PCR_BANKS; i++) {
		TPM2_ALG_ID hash = data->data.assignedPCR.pcrSelections[i].hash;

		if (hash == TPM2_ALG_SHA256 || used >= size || !bank_measured(s, hash, mask))
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
					 bank_name(hash));
	}
	Esys_Free(data);
}

void tre_tell_elsewhere(struct tre_session *s, uint32_t mask, struct tre_result *result)
{
	char elsewhere[64];

	if (strcmp(result->rule, TRE_RESET_RULE))
		return;
	tre_pcrs_elsewhere(s, mask, elsewhere, sizeof(elsewhere));
	tre_remark_elsewhere(result, elsewhere);
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
