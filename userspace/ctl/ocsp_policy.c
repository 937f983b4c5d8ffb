// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <ini.h>
#include "check.h"
#include "ocsp_policy.h"

#define DAY		INT64_C(86400)
#define AGE_LIMIT	(36525 * DAY)	/* a century */

struct parser {
	struct pki_ocsp_policy *policy;
	ocsp_policy_report_fn *report;
	void *arg;
	int errors;
	unsigned int seen;	/* one bit a key */
};

struct key;
/* NULL, or the rule that @value breaks. */
typedef const char *store_fn(const struct key *key, const char *value,
			     struct pki_ocsp_policy *policy);

struct key {
	const char *name;
	store_fn *store;
	size_t offset;		/* of the int64_t in struct pki_ocsp_policy */
	int64_t min, max;
	const char *remedy;
};

static store_fn store_seconds, store_nonce, store_sha1, store_octets;

#define AT(member)	offsetof(struct pki_ocsp_policy, member)

static const struct key keys[] = {
	{ "skew", store_seconds, AT(skew_s), 0, DAY, "give 0 to 1d, as 5min" },
	{ "age_max", store_seconds, AT(age_max_s), 1, AGE_LIMIT, "give 1s to 36525d, as 24h" },
	{ "age_no_next", store_seconds, AT(age_no_next_s), 1, AGE_LIMIT,
	  "give 1s to 36525d, as 5min" },
	{ "age_no_nonce", store_seconds, AT(age_no_nonce_s), 1, AGE_LIMIT,
	  "give 1s to 36525d, as 1h" },
	{ "nonce", store_nonce, 0, 0, 0, "say required, preferred or none" },
	{ "sha1", store_sha1, 0, 0, 0, "say allow, deny or legacy-before=DATE, as 2026-01-01" },
	{ "response_max", store_octets, 0, 1, 65536, "give a number from 1 to 65536" },
};

_Static_assert(ARRAY_SIZE(keys) <= 32, "too many keys for the mask");

static const char *number(const char *value, const char **end, int64_t *n)
{
	char *e;
	long long v;

	if (!isdigit((unsigned char)*value))
		return "not a number";
	errno = 0;
	v = strtoll(value, &e, 10);
	if (errno)
		return "number is too large";
	*end = e;
	*n = v;
	return NULL;
}

static const char *in_range(const struct key *key, int64_t v)
{
	if (v < key->min)
		return "below the smallest value allowed";
	return v > key->max ? "above the largest value allowed" : NULL;
}

static const char *store_seconds(const struct key *key, const char *value,
				 struct pki_ocsp_policy *policy)
{
	static const struct { const char *name; int64_t s; } units[] = {
		{ "", 1 }, { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", DAY },
	};
	const char *unit, *why;
	int64_t n;

	why = number(value, &unit, &n);
	if (why)
		return why;
	while (*unit == ' ')
		unit++;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(unit, units[i].name))
			continue;
		if (n > AGE_LIMIT)
			return "above the largest value allowed";
		n *= units[i].s;
		why = in_range(key, n);
		if (!why)
			*(int64_t *)((char *)policy + key->offset) = n;
		return why;
	}
	return "unknown unit";
}

static const char *store_octets(const struct key *key, const char *value,
				struct pki_ocsp_policy *policy)
{
	const char *end, *why;
	int64_t n;

	why = number(value, &end, &n);
	if (why)
		return why;
	if (*end)
		return "not a number";
	why = in_range(key, n);
	if (!why)
		policy->response_max = (size_t)n;
	return why;
}

static const char *store_nonce(const struct key *key, const char *value,
			       struct pki_ocsp_policy *policy)
{
	(void)key;
	policy->nonce_required = !strcmp(value, "required");
	return policy->nonce_required || !strcmp(value, "preferred") || !strcmp(value, "none") ? NULL :
	       "not one of the values known";
}

static const char *store_sha1(const struct key *key, const char *value,
			      struct pki_ocsp_policy *policy)
{
	static const char legacy[] = "legacy-before=";
	char midnight[32];
	time_t t;

	(void)key;
	if (!strcmp(value, "allow")) {
		policy->sha1.mode = PKI_SHA1_ALLOW;
		return NULL;
	}
	policy->sha1.mode = PKI_SHA1_DENY;
	if (!strcmp(value, "deny"))
		return NULL;
	if (strncmp(value, legacy, sizeof(legacy) - 1))
		return "not one of the values known";
	value += sizeof(legacy) - 1;
	snprintf(midnight, sizeof(midnight), "%.20sT00:00:00Z", value);
	if (check_time(strlen(value) == 10 ? midnight : value, &t))
		return "not a date";
	policy->sha1.mode = PKI_SHA1_LEGACY;
	policy->sha1.before = t;
	return NULL;
}

static void complain_of(struct parser *p, const char *key, const char *value, const char *rule,
			const char *remedy)
{
	p->errors++;
	p->report(p->arg, key, value, rule, remedy);
}

static int take_value(void *arg, const char *section, const char *name, const char *value)
{
	struct parser *p = arg;
	const char *why;

	if (strcmp(section, "ocsp")) {
		complain_of(p, name, value, "not in the section [ocsp]", "put it below [ocsp]");
		return 1;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].name, name))
			continue;
		if (p->seen & 1u << i)
			why = "given twice";
		else
			why = keys[i].store(&keys[i], value, p->policy);
		p->seen |= 1u << i;
		if (why)
			complain_of(p, name, value, why, keys[i].remedy);
		return 1;
	}
	complain_of(p, name, value, "unknown key", "look for a typing mistake; see trustgate(8)");
	return 1;
}

int ocsp_policy_parse(const char *text, size_t len, struct pki_ocsp_policy *policy,
		      ocsp_policy_report_fn *report, void *arg)
{
	struct parser p = { .policy = policy, .report = report, .arg = arg };
	char *copy;
	int line;

	if (len > OCSP_POLICY_MAX || memchr(text, 0, len)) {
		complain_of(&p, "", "", "not a text of at most 64 KiB", "give a policy file");
		return p.errors;
	}
	copy = strndup(text, len);
	line = copy ? ini_parse_string(copy, take_value, &p) : -1;
	if (line)
		complain_of(&p, "", "", line > 0 ?
			    "a line is neither a section, a key = value nor a comment" :
			    "out of memory", "mend the file; see trustgate(8)");
	free(copy);
	return p.errors;
}
