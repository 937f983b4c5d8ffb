// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_tpm TCTI N: have the TPM make N reports and verify each; says how many were
 * made, and how many of their nonces are different.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report_maker.h"
#include "tre/report.h"

static int by_value(const void *a, const void *b)
{
	return memcmp(a, b, TRE_NONCE_LEN);
}

int main(int argc, char **argv)
{
	const struct tre_claims claims = { .verdict = TRE_CLAIM_PASS };
	const struct tre_binding b = report_binding();
	size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, i, different = 0, len;
	uint8_t (*nonces)[TRE_NONCE_LEN] = calloc(n + 1, sizeof(*nonces)), data[TRE_RECORD_MAX];
	struct tre_record record;
	struct tre_result r;

	for (i = 0; nonces && i < n; i++) {
		/* tre_report_make() has verified it. */
		tre_report_make(argv[1], 0xff, &b, &claims, data, &len, &r);
		if (!len || !tre_record_decode(data, len, &record, &r)) {
			printf("%s: %s\n", r.rule, r.detail);
			break;
		}
		memcpy(nonces[i], record.nonce, TRE_NONCE_LEN);
	}
	if (nonces)
		qsort(nonces, i, sizeof(*nonces), by_value);
	for (size_t k = 0; nonces && k < i; k++)
		different += !k || memcmp(nonces[k - 1], nonces[k], TRE_NONCE_LEN);
	printf("%zu %zu\n", i, different);
	free(nonces);
	return 0;
}
