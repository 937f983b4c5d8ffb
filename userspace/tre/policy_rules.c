// SPDX-License-Identifier: GPL-2.0-or-later
/* What a reference policy says of one value, one digest, one path. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tre/imalog.h"
#include "tre/internal.h"

/* NULL, of what has no path, comes first. */
static int order_paths(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int order_groups(const struct tre_known *x, const char *path, uint32_t pcr)
{
	int order = order_paths(x->path, path);

	return order ? order : (x->pcr > pcr) - (x->pcr < pcr);
}

int tre_known_order(const void *a, const void *b)
{
	const struct tre_known *x = a, *y = b;
	int order = order_groups(x, y->path, y->pcr);

	if (!order)
		order = memcmp(x->digest, y->digest, TRE_DIGEST_LEN);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

const struct tre_known *tre_known_find(const struct tre_known *list, size_t n, const char *path,
				       uint32_t pcr, size_t *count)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order_groups(&list[middle], path, pcr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (high = low; high < n && !order_groups(&list[high], path, pcr); high++)
		;
	*count = high - low;
	return list ? list + low : NULL;
}

static int order_digests(const void *key, const void *known)
{
	return memcmp(key, ((const struct tre_known *)known)->digest, TRE_DIGEST_LEN);
}

const struct tre_known *tre_known_digest(const struct tre_known *list, size_t n,
					 const uint8_t digest[TRE_DIGEST_LEN])
{
	return n ? bsearch(digest, list, n, sizeof(*list), order_digests) : NULL;
}

static int hex_value(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* One element of a pattern, that isn't a *, at @p: its length if it is @c, else 0. */
static size_t matches_one(const char *p, char c)
{
	if (*p == '%')
		return (char)(hex_value(p[1]) << 4 | hex_value(p[2])) == c ? 3 : 0;
	return *p && (*p == '?' || *p == c) ? 1 : 0;
}

/* A * is anything, slashes included. What follows the last one seen is tried from one
 * octet further each time, so that the time is at most the product of both lengths.
 */
static bool matches(const char *p, const char *s, size_t len)
{
	const char *star = NULL, *end = s + len, *again = NULL;

	while (s < end) {
		size_t used = matches_one(p, *s);

		if (*p == '*') {
			star = ++p;
			again = s;
		} else if (used) {
			p += used;
			s++;
		} else if (star) {
			p = star;
			s = ++again;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

const struct tre_glob *tre_glob_find(const struct tre_glob *list, size_t n, const char *path,
				     size_t len)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (matches(list[i].pattern, path, len))
			return &list[i];
	}
	return NULL;
}

uint64_t tre_policy_version(const struct tre_policy *policy)
{
	return policy->version;
}

bool tre_policy_has_ima(const struct tre_policy *policy)
{
	return policy->nfiles || policy->ndenied_files || policy->ndenied_paths ||
	       policy->nexcludes;
}

bool tre_policy_has_events(const struct tre_policy *policy)
{
	return policy->nevents;
}

uint32_t tre_policy_needs(const struct tre_policy *policy)
{
	uint32_t mask = tre_policy_has_ima(policy) ? 1u << TRE_IMA_PCR : 0;
	size_t i;

	for (i = 0; i < policy->nevents; i++)
		mask |= 1u << policy->events[i].pcr;
	return mask;
}

uint32_t tre_policy_pcrs(const struct tre_policy *policy)
{
	uint32_t mask = tre_policy_needs(policy);
	int i;

	for (i = 0; i < TRE_PCRS; i++) {
		if (policy->pcr[i].line)
			mask |= 1u << i;
	}
	return mask;
}

bool tre_pcr_allowed(const struct tre_policy *policy, int pcr, const uint8_t value[TRE_DIGEST_LEN])
{
	const struct tre_allowed *allowed = &policy->pcr[pcr];
	unsigned int i;

	for (i = 0; i < allowed->n; i++) {
		if (!memcmp(allowed->values[i], value, TRE_DIGEST_LEN))
			return true;
	}
	return false;
}

static bool walk_known(const struct tre_known *list, size_t n, enum tre_rule_kind kind,
		       tre_rule_fn *each, void *arg)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct tre_rule rule = {
			.kind = kind, .line = list[i].line, .pcr = list[i].pcr,
			.digest = list[i].digest, .text = list[i].path,
		};

		if (!each(arg, &rule))
			return false;
	}
	return true;
}

static bool walk_globs(const struct tre_glob *list, size_t n, enum tre_rule_kind kind,
		       tre_rule_fn *each, void *arg)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct tre_rule rule = {
			.kind = kind, .line = list[i].line, .text = list[i].pattern,
		};

		if (!each(arg, &rule))
			return false;
	}
	return true;
}

static bool walk_pcrs(const struct tre_policy *policy, tre_rule_fn *each, void *arg)
{
	unsigned int i, k;

	for (i = 0; i < TRE_PCRS; i++) {
		for (k = 0; k < policy->pcr[i].n; k++) {
			const struct tre_rule rule = {
				.kind = TRE_RULE_PCR, .line = policy->pcr[i].line, .pcr = i,
				.digest = policy->pcr[i].values[k],
			};

			if (!each(arg, &rule))
				return false;
		}
	}
	return true;
}

bool tre_policy_walk(const struct tre_policy *p, tre_rule_fn *each, void *arg)
{
	return walk_pcrs(p, each, arg) &&
	       walk_known(p->events, p->nevents, TRE_RULE_EVENT, each, arg) &&
	       walk_known(p->denied_events, p->ndenied_events, TRE_RULE_EVENT_DENY, each, arg) &&
	       walk_known(p->denied_files, p->ndenied_files, TRE_RULE_IMA_DENY, each, arg) &&
	       walk_globs(p->denied_paths, p->ndenied_paths, TRE_RULE_IMA_DENY_PATH, each, arg) &&
	       walk_globs(p->excludes, p->nexcludes, TRE_RULE_IMA_EXCLUDE, each, arg) &&
	       walk_known(p->files, p->nfiles, TRE_RULE_IMA_ALLOW, each, arg);
}

void tre_policy_encode(const char *path, size_t len, char *out)
{
	static const char hex[] = "0123456789abcdef";

	for (; len--; path++) {
		const unsigned char c = (unsigned char)*path;

		if (c > 0x20 && c < 0x7f && !strchr("#%*?", c)) {
			*out++ = (char)c;
			continue;
		}
		*out++ = '%';
		*out++ = hex[c >> 4];
		*out++ = hex[c & 15];
	}
	*out = 0;
}

size_t tre_policy_body(const struct tre_policy *policy)
{
	return policy->body;
}

bool tre_policy_is_signed(const struct tre_policy *policy)
{
	return policy->alg[0];
}
