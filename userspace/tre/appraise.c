// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A quote, taken apart and believed piece by piece: TPM2 Part 2, 10.12. Every
 * octet comes from outside; what isn't exactly as asked for fails.
 */
#include <inttypes.h>
#include <string.h>
#include <openssl/evp.h>
#include "tre/attest.h"
#include "tre/internal.h"
#include "tre/reset.h"

static bool parse_attest(const uint8_t *attest, size_t len, TPMS_ATTEST *out,
			 struct tre_result *result)
{
	if (!tre_attest_parse(attest, len, TPM2_ST_ATTEST_QUOTE, out, result))
		return false;
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
	if (!tre_attest_selects(&a->attested.quote.pcrSelect, mask)) {
		tre_set(result, TRE_FAIL, "tre.quote.selection",
			"the quote is not over the PCRs asked for, mask 0x%06" PRIx32 " of SHA-256 (check the TPM)",
			mask);
		return false;
	}
	if (!tre_pcr_digest(mask, pcrs, digest)) {
		tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
		return false;
	}
	if (quoted->size != TRE_DIGEST_LEN || memcmp(quoted->buffer, digest, TRE_DIGEST_LEN)) {
		tre_set(result, TRE_FAIL, "tre.quote.digest",
			"the PCR values read are not the ones quoted (measure again when the system is idle)");
		return false;
	}
	if (!tre_pcrs_prove(mask, pcrs)) {
		tre_set_nothing(result, mask);
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

bool tre_mask_ok(uint32_t mask, struct tre_result *result)
{
	if (mask && !(mask >> TRE_PCRS))
		return true;
	tre_set(result, TRE_FAIL, "tre.mask",
		"PCR mask 0x%" PRIx32 " names no PCR, or one above %d (configure PCRs 0 to %d)",
		mask, TRE_PCRS - 1, TRE_PCRS - 1);
	return false;
}

bool tre_arguments_ok(uint32_t mask, const struct tre_policy *policy, struct tre_result *result)
{
	if (!tre_mask_ok(mask, result))
		return false;
	if (policy)
		return true;
	tre_set(result, TRE_FAIL, "tre.policy.absent", "there is no reference policy (install one)");
	return false;
}

void tre_appraise_quote(const uint8_t *attest, size_t attest_len, const uint8_t *sig,
			size_t sig_len, const uint8_t *ak_public, size_t ak_public_len,
			uint32_t mask, const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN],
			const uint8_t qualifying[TRE_DIGEST_LEN], struct tre_result *result)
{
	EVP_PKEY *ak = NULL;
	TPMS_ATTEST a;

	memset(result, 0, sizeof(*result));
	digest_proof(attest, attest_len, sig, sig_len, result->proof_digest);
	if (tre_mask_ok(mask, result) &&
	    tre_ak_key(ak_public, ak_public_len, &ak, result) &&
	    tre_signature_check(ak, attest, attest_len, sig, sig_len, result) &&
	    parse_attest(attest, attest_len, &a, result) &&
	    check_quote(&a, mask, pcrs, qualifying, result))
		tre_set(result, TRE_PASS, "tre.quote.good", "PCRs 0x%06" PRIx32 " are what the TPM quotes",
			mask);
	EVP_PKEY_free(ak);
}

void tre_appraise(const uint8_t *attest, size_t attest_len, const uint8_t *sig, size_t sig_len,
		  const uint8_t *ak_public, size_t ak_public_len,
		  uint32_t mask, const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN],
		  const uint8_t qualifying[TRE_DIGEST_LEN],
		  const struct tre_policy *policy, struct tre_result *result)
{
	memset(result, 0, sizeof(*result));
	if (!tre_arguments_ok(mask, policy, result))
		return;
	tre_appraise_quote(attest, attest_len, sig, sig_len, ak_public, ak_public_len, mask, pcrs,
			   qualifying, result);
	if (result->verdict == TRE_PASS)
		tre_policy_match(policy, mask, pcrs, result);
}
