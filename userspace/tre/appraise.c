// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A quote, taken apart and believed piece by piece: TPM2 Part 2, 10.12. Every
 * octet comes from outside; what isn't exactly as asked for fails.
 */
#include <inttypes.h>
#include <string.h>
#include <openssl/evp.h>
#include <tss2/tss2_mu.h>
#include "tre/internal.h"

static bool digest_of_pcrs(uint32_t mask, const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN],
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

/* The SHA-256 bank, once, and exactly the PCRs of @mask. */
static bool selects(const TPML_PCR_SELECTION *list, uint32_t mask)
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

/*
 * Magic and type come first, from the octets themselves: whether the unmarshaller
 * looks at them depends on its release, and some have let either pass.
 */
static bool check_header(const uint8_t *attest, size_t len, struct tre_result *result)
{
	uint32_t magic = 0;
	uint16_t type = 0;
	size_t used = 0;

	if (Tss2_MU_UINT32_Unmarshal(attest, len, &used, &magic) ||
	    magic != TPM2_GENERATED_VALUE) {
		tre_set(result, TRE_FAIL, "tre.quote.magic",
			"magic is 0x%08" PRIx32 ": the TPM did not make this (check what lies between here and the TPM)",
			magic);
		return false;
	}
	if (Tss2_MU_UINT16_Unmarshal(attest, len, &used, &type) || type != TPM2_ST_ATTEST_QUOTE) {
		tre_set(result, TRE_FAIL, "tre.quote.type",
			"attestation type 0x%04x is no quote (check the TPM)", type);
		return false;
	}
	return true;
}

static bool parse_attest(const uint8_t *attest, size_t len, TPMS_ATTEST *out,
			 struct tre_result *result)
{
	size_t used = 0;

	if (!check_header(attest, len, result))
		return false;
	memset(out, 0, sizeof(*out));
	if (Tss2_MU_TPMS_ATTEST_Unmarshal(attest, len, &used, out) || used != len) {
		tre_set(result, TRE_FAIL, "tre.quote.encoding",
			"the %zu octets are not one TPMS_ATTEST (check the TPM)", len);
		return false;
	}
	result->reset_count = out->clockInfo.resetCount;
	result->restart_count = out->clockInfo.restartCount;
	return true;
}

static bool check_quote(const TPMS_ATTEST *a, uint32_t mask,
			const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN],
			const uint8_t qualifying[TRE_DIGEST_LEN], struct tre_result *result)
{
	const TPM2B_DIGEST *quoted = &a->attested.quote.pcrDigest;
	uint8_t digest[TRE_DIGEST_LEN];

	if (a->extraData.size != TRE_DIGEST_LEN ||
	    memcmp(a->extraData.buffer, qualifying, TRE_DIGEST_LEN)) {
		tre_set(result, TRE_FAIL, "tre.quote.qualifying",
			"the quote is over other data than was asked: a replay (check what lies between here and the TPM)");
		return false;
	}
	if (!selects(&a->attested.quote.pcrSelect, mask)) {
		tre_set(result, TRE_FAIL, "tre.quote.selection",
			"the quote is not over the PCRs asked for, mask 0x%06" PRIx32 " of SHA-256 (check the TPM)",
			mask);
		return false;
	}
	if (!digest_of_pcrs(mask, pcrs, digest)) {
		tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
		return false;
	}
	if (quoted->size != TRE_DIGEST_LEN || memcmp(quoted->buffer, digest, TRE_DIGEST_LEN)) {
		tre_set(result, TRE_FAIL, "tre.quote.digest",
			"the PCR values read are not the ones quoted (measure again when the system is idle)");
		return false;
	}
	return true;
}

static void digest_proof(const uint8_t *attest, size_t attest_len, const uint8_t *sig,
			 size_t sig_len, uint8_t digest[TRE_DIGEST_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, attest, attest_len) != 1 ||
	    EVP_DigestUpdate(ctx, sig, sig_len) != 1 ||
	    EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
		memset(digest, 0, TRE_DIGEST_LEN);
	EVP_MD_CTX_free(ctx);
}

bool tre_arguments_ok(uint32_t mask, const struct tre_policy *policy, struct tre_result *result)
{
	if (!mask || mask >> TRE_PCRS) {
		tre_set(result, TRE_FAIL, "tre.mask",
			"PCR mask 0x%" PRIx32 " names no PCR, or one above %d (configure PCRs 0 to %d)",
			mask, TRE_PCRS - 1, TRE_PCRS - 1);
		return false;
	}
	if (!policy) {
		tre_set(result, TRE_FAIL, "tre.policy.absent",
			"there is no reference policy (install one)");
		return false;
	}
	return true;
}

void tre_appraise(const uint8_t *attest, size_t attest_len, const uint8_t *sig, size_t sig_len,
		  const uint8_t *ak_public, size_t ak_public_len,
		  uint32_t mask, const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN],
		  const uint8_t qualifying[TRE_DIGEST_LEN],
		  const struct tre_policy *policy, struct tre_result *result)
{
	EVP_PKEY *ak = NULL;
	TPMS_ATTEST a;

	memset(result, 0, sizeof(*result));
	digest_proof(attest, attest_len, sig, sig_len, result->proof_digest);
	if (tre_arguments_ok(mask, policy, result) &&
	    tre_ak_key(ak_public, ak_public_len, &ak, result) &&
	    tre_signature_check(ak, attest, attest_len, sig, sig_len, result) &&
	    parse_attest(attest, attest_len, &a, result) &&
	    check_quote(&a, mask, pcrs, qualifying, result) &&
	    tre_policy_match(policy, mask, pcrs, result))
		tre_set(result, TRE_PASS, "tre.good", "PCRs 0x%06" PRIx32 " are as policy %s says",
			mask, tre_policy_name(policy));
	EVP_PKEY_free(ak);
}
