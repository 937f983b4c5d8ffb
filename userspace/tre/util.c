// SPDX-License-Identifier: GPL-2.0-or-later
/* Results as text, and what a TPM does with a digest. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "tre/internal.h"

void tre_set(struct tre_result *result, enum tre_verdict verdict, const char *rule,
	     const char *fmt, ...)
{
	va_list ap;

	result->verdict = verdict;
	snprintf(result->rule, sizeof(result->rule), "%s", rule);
	va_start(ap, fmt);
	vsnprintf(result->detail, sizeof(result->detail), fmt, ap);
	va_end(ap);
}

const char *tre_hex(const uint8_t digest[TRE_DIGEST_LEN], char hex[TRE_HEX_LEN + 1])
{
	int i;

	for (i = 0; i < TRE_DIGEST_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return hex;
}

bool tre_extend(uint8_t pcr[TRE_DIGEST_LEN], const uint8_t digest[TRE_DIGEST_LEN])
{
	uint8_t both[2 * TRE_DIGEST_LEN];

	memcpy(both, pcr, TRE_DIGEST_LEN);
	memcpy(both + TRE_DIGEST_LEN, digest, TRE_DIGEST_LEN);
	return EVP_Digest(both, sizeof(both), pcr, NULL, EVP_sha256(), NULL) == 1;
}
