// SPDX-License-Identifier: GPL-2.0-or-later
/* What a TPM signs of itself, taken apart and believed piece by piece. */
#include "tre/attest.h"

#include <inttypes.h>
#include <string.h>
#include <tss2/tss2_mu.h>
#include "tre/internal.h"

bool tre_pcr_digest(uint32_t mask, const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN],
		    uint8_t digest[TRE_DIGEST_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
	int i;

	for (i = 0; i < TRE_PCRS && ok; i++) {
		if (mask & 1u << i)
			ok = EVP_DigestUpdate(ctx, pcrs[i], TRE_DIGEST_LEN) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool tre_attest_selects(const TPML_PCR_SELECTION *list, uint32_t mask)
{
	const TPMS_PCR_SELECTION *s = &list->pcrSelections[0];
	unsigned int i;

	if (list->count != 1 || s->hash != TPM2_ALG_SHA256 ||
	    s->sizeofSelect < TRE_PCRS / 8 || s->sizeofSelect > sizeof(s->pcrSelect))
		return false;
	for (i = 0; i < s->sizeofSelect; i++) {
		uint8_t wanted = i < sizeof(mask) ? (uint8_t)(mask >> 8 * i) : 0;

		if (s->pcrSelect[i] != wanted)
			return false;
	}
	return true;
}

static const char *type_name(TPM2_ST type)
{
	return type == TPM2_ST_ATTEST_QUOTE ? "quote" : "certify";
}

bool tre_attest_header(const uint8_t *attest, size_t len, TPM2_ST type, struct tre_result *result)
{
	char rule[32];
	uint32_t magic = 0;
	uint16_t seen = 0;
	size_t used = 0;

	if (Tss2_MU_UINT32_Unmarshal(attest, len, &used, &magic) ||
	    magic != TPM2_GENERATED_VALUE) {
		snprintf(rule, sizeof(rule), "tre.%s.magic", type_name(type));
		tre_set(result, TRE_FAIL, rule,
			"magic is 0x%08" PRIx32 ": no TPM made this (check what lies between here and the TPM)",
			magic);
		return false;
	}
	if (Tss2_MU_UINT16_Unmarshal(attest, len, &used, &seen) || seen != type) {
		snprintf(rule, sizeof(rule), "tre.%s.type", type_name(type));
		tre_set(result, TRE_FAIL, rule, "attestation type 0x%04x is no %s (check the TPM)",
			seen, type_name(type));
		return false;
	}
	return true;
}

bool tre_attest_parse(const uint8_t *attest, size_t len, TPM2_ST type, TPMS_ATTEST *out,
		      struct tre_result *result)
{
	char rule[32];
	size_t used = 0;

	if (!tre_attest_header(attest, len, type, result))
		return false;
	memset(out, 0, sizeof(*out));
	if (!Tss2_MU_TPMS_ATTEST_Unmarshal(attest, len, &used, out) && used == len)
		return true;
	snprintf(rule, sizeof(rule), "tre.%s.encoding", type_name(type));
	tre_set(result, TRE_FAIL, rule, "the %zu octets are not one TPMS_ATTEST (check the TPM)", len);
	return false;
}
