// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * quote_tpm TCTI MASK POLICY: tre_quote() once, for test_tpm.sh. Prints verdict, rule,
 * reset count and detail; exits with 0 pass, 1 fail, 2 unavailable, 9 when the policy
 * is bad.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tre/tre.h"

int main(int argc, char **argv)
{
	static const char * const names[] = { "unavailable", "pass", "fail" };
	uint8_t qualifying[TRE_DIGEST_LEN];
	struct tre_policy *policy;
	struct tre_result r;
	char err[200];

	if (argc != 4)
		return 64;
	policy = tre_policy_parse(argv[3], strlen(argv[3]), err, sizeof(err));
	if (!policy) {
		fprintf(stderr, "%s\n", err);
		return 9;
	}
	memset(qualifying, 0x5a, sizeof(qualifying));
	tre_quote(argv[1], (uint32_t)strtoul(argv[2], NULL, 0), qualifying, policy, &r);
	printf("%s %s %u %s\n", names[r.verdict], r.rule, r.reset_count, r.detail);
	tre_policy_free(policy);
	return r.verdict == TRE_PASS ? 0 : r.verdict == TRE_FAIL ? 1 : 2;
}
