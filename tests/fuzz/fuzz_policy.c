// SPDX-License-Identifier: GPL-2.0-or-later
/* The TrE's reference policy, a text file. */
#include <string.h>
#include "fuzz.h"
#include "tre/policy.h"
#include "tre/tre.h"

#define A	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static bool look(void *arg, const struct tre_rule *rule)
{
	size_t *rules = arg;

	FUZZ_ASSERT(rule->line && rule->pcr < TRE_PCRS && (rule->digest || rule->text));
	/* A path is what it was when it is written and read again. */
	if (rule->kind == TRE_RULE_IMA_ALLOW) {
		char *encoded = malloc(3 * strlen(rule->text) + 1);

		FUZZ_ASSERT(encoded && *rule->text);
		tre_policy_encode(rule->text, strlen(rule->text), encoded);
		for (const char *p = encoded; *p; p++)
			FUZZ_ASSERT(*p > 0x20 && *p < 0x7f && *p != '#');
		free(encoded);
	}
	++*rules;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[64];
	struct tre_policy *policy = tre_policy_parse((const char *)data, size, err, sizeof(err));

	FUZZ_ASSERT(policy ? !err[0] : !strncmp(err, "line ", 5));
	if (policy) {
		size_t rules = 0;

		FUZZ_ASSERT(tre_policy_name(policy)[0]);
		FUZZ_ASSERT(tre_policy_walk(policy, look, &rules) && rules);
		FUZZ_ASSERT(tre_policy_pcrs(policy) && tre_policy_body(policy) <= size);
		FUZZ_ASSERT(!tre_policy_signed_by(policy, (const char *)data, "", 0, err, sizeof(err)) &&
			    err[0]);
	}
	tre_policy_free(policy);
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const char * const seeds[] = {
		"policy 1\npcr 0 " A "\n",
		"# lab\npolicy 1\nname lab-1 # first\npcr 0 " A " " A "\n\npcr\t23 " A,
		"policy 1\npcr 10\npcrs\n",
		"policy 1\nversion 7\nevent allow 4 " A " " A "\nevent deny " A "\npcr 0 " A "\n",
		"policy 1\nima allow /a%20b " A "\nima allow /a%20b " A "\nima deny " A " /b*%2a\n"
		"ima exclude /var/log/* ?x\nsignature ed25519 00ff\n",
	};

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	memcpy(buf, seeds[n], strlen(seeds[n]));
	return strlen(seeds[n]);
}
