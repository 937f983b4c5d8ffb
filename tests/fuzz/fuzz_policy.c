// SPDX-License-Identifier: GPL-2.0-or-later
/* The TrE's reference policy, a text file. */
#include <string.h>
#include "fuzz.h"
#include "tre/tre.h"

#define A	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[64];
	struct tre_policy *policy = tre_policy_parse((const char *)data, size, err, sizeof(err));

	FUZZ_ASSERT(policy ? !err[0] : !strncmp(err, "line ", 5));
	FUZZ_ASSERT(!policy || tre_policy_name(policy)[0]);
	tre_policy_free(policy);
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const char * const seeds[] = {
		"policy 1\npcr 0 " A "\n",
		"# lab\npolicy 1\nname lab-1 # first\npcr 0 " A " " A "\n\npcr\t23 " A,
		"policy 1\npcr 10\npcrs\n",
	};

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	memcpy(buf, seeds[n], strlen(seeds[n]));
	return strlen(seeds[n]);
}
