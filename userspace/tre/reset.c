// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What PCRs begin with: TPM2 Part 1, 17.2, and for which of them it is what, the PC
 * Client Platform TPM Profile, 4.6: zeros; of a dynamic root of trust ones until there
 * is a launch, and zeros then; and in PCR 0's last octet the locality of TPM2_Startup,
 * 0 or 3, or 4 where the root of trust for measurement came before it.
 */
#include "tre/reset.h"

#include <string.h>
#include "tre/attest.h"
#include "tre/imalog.h"
#include "tre/internal.h"

#define DYNAMIC		0x7e0000u	/* PCRs 17 to 22 */
#define IMA_BIT		(1u << TRE_IMA_PCR)

static const uint8_t localities[] = { 0, 3, 4 };

static bool all_are(const uint8_t *value, size_t len, uint8_t octet)
{
	for (size_t i = 0; i < len; i++)
		if (value[i] != octet)
			return false;
	return true;
}

bool tre_pcr_is_reset(unsigned int pcr, const uint8_t *value, size_t len)
{
	if (!len || all_are(value, len, 0))
		return true;
	if (DYNAMIC & 1u << pcr)
		return all_are(value, len, 0xff);
	return !pcr && all_are(value, len - 1, 0) &&
	       memchr(localities, value[len - 1], sizeof(localities));
}

uint32_t tre_pcrs_that_prove(uint32_t mask)
{
	return mask & ~IMA_BIT ? mask & ~IMA_BIT : mask;
}

bool tre_pcrs_prove(uint32_t mask, const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN])
{
	mask = tre_pcrs_that_prove(mask);
	for (unsigned int i = 0; i < TRE_PCRS; i++)
		if (mask & 1u << i && !tre_pcr_is_reset(i, pcrs[i], TRE_DIGEST_LEN))
			return true;
	return false;
}

bool tre_digest_is_reset(uint32_t mask, const uint8_t digest[TRE_DIGEST_LEN])
{
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN] = { 0 }, reset[TRE_DIGEST_LEN];

	for (size_t at = 0; at < 2 * sizeof(localities); at++) {
		pcrs[0][TRE_DIGEST_LEN - 1] = localities[at / 2];
		for (unsigned int i = 0; i < TRE_PCRS; i++)
			if (DYNAMIC & 1u << i)
				memset(pcrs[i], at % 2 ? 0xff : 0, TRE_DIGEST_LEN);
		/* Without memory to compare it nothing is proven either. */
		if (!tre_pcr_digest(mask, (const uint8_t (*)[TRE_DIGEST_LEN])pcrs, reset) ||
		    !memcmp(reset, digest, TRE_DIGEST_LEN))
			return true;
	}
	return false;
}

void tre_set_nothing(struct tre_result *result, uint32_t mask)
{
	tre_set(result, TRE_FAIL, TRE_RESET_RULE,
		"nothing was measured into PCRs 0x%06x of the SHA-256 bank, which have the values they are reset to "
		TRE_RESET_REMEDY, mask);
}
