// SPDX-License-Identifier: GPL-2.0-or-later
/* The texts that say how to judge: a certificate profile, and a policy of check ocsp. */
#include <string.h>
#include "ctl/check.h"
#include "ctl/ocsp_policy.h"
#include "fuzz.h"

/* What the readers of files, which are not the target, would say. */
void complain(const char *what, const char *why, const char *todo)
{
	(void)what;
	(void)why;
	(void)todo;
}

int usage_error(const char *what, const char *why)
{
	(void)what;
	(void)why;
	return EXIT_USAGE;
}

static void count(void *arg, const char *file, int line, const char *key, const char *value,
		  const char *rule, const char *remedy)
{
	FUZZ_ASSERT(file && line >= 0 && key && value && rule && remedy);
	++*(int *)arg;
}

static void profile(const char *text, size_t size)
{
	static struct pki_profile p;
	int reported = 0;

	FUZZ_ASSERT(pki_profile_parse("fuzz", text, size, &p, count, &reported) == reported);
	if (reported)
		return;
	FUZZ_ASSERT(memchr(p.name, 0, sizeof(p.name)) &&
		    memchr(p.policies, 0, sizeof(p.policies)));
	for (int use = 0; use < PKI_SHA1_USES; use++)
		FUZZ_ASSERT(p.sha1[use].mode <= PKI_SHA1_DENY);
}

static void count_policy(void *arg, const char *key, const char *value, const char *rule,
			 const char *remedy)
{
	count(arg, "", 0, key, value, rule, remedy);
}

static void policy(const char *text, size_t size)
{
	struct pki_ocsp_policy p;
	int reported = 0;

	pki_ocsp_policy_default(&p);
	FUZZ_ASSERT(ocsp_policy_parse(text, size, &p, count_policy, &reported) == reported);
	if (reported)
		return;
	FUZZ_ASSERT(p.skew_s >= 0 && p.skew_s <= 86400 && p.age_max_s > 0 && p.age_no_next_s > 0);
	FUZZ_ASSERT(p.age_no_nonce_s > 0 && p.response_max && p.response_max <= 65536);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	profile((const char *)data, size);
	policy((const char *)data, size);
	return 0;
}

/* Profiles are the shipped ones, named on the command line. */
size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const char text[] =
		"# all of it\n[ocsp]\nskew = 5min\nage_max = 24 h\nage_no_next=300 ; seconds\n"
		"age_no_nonce = 1h\nnonce = preferred\nsha1 = legacy-before=2026-01-01T00:00:00Z\n"
		"response_max = 65536\n";

	if (n)
		return 0;
	memcpy(buf, text, sizeof(text) - 1);
	return sizeof(text) - 1;
}
