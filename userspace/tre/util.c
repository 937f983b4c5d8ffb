// SPDX-License-Identifier: GPL-2.0-or-later
/* Results as text. */
#include <stdarg.h>
#include <stdio.h>
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
