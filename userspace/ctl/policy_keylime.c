// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A runtime policy of Keylime's, as far as there is a rule for it here: digests and
 * excludes. What there is none for is refused, or told, never passed over.
 */
#include <stdlib.h>
#include <string.h>
#include "policy.h"

struct import {
	struct book *book;
	const char *path;
	size_t digests, others, excludes, refused;
};

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool digest_of(const char *hex, uint8_t out[TRE_DIGEST_LEN])
{
	if (strlen(hex) != (size_t)2 * TRE_DIGEST_LEN)
		return false;
	for (int i = 0; i < TRE_DIGEST_LEN; i++) {
		int hi = nibble(hex[2 * i]), lo = nibble(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

/* {"/path": ["digest", ...]}; those of other algorithms are counted. */
static int add_digests(struct import *im, json_t *digests)
{
	uint8_t digest[TRE_DIGEST_LEN];
	const char *path;
	json_t *list, *item;
	size_t i;

	if (digests && !json_is_object(digests))
		return usage_error(im->path, "its \"digests\" are no object");
	json_object_foreach(digests, path, list) {
		if (!json_is_array(list) || !*path)
			return usage_error(path, "has no list of digests");
		if (!strcmp(path, "boot_aggregate"))
			continue;	/* which follows from the PCRs */
		json_array_foreach(list, i, item) {
			if (!json_is_string(item))
				return usage_error(path, "has a digest that is no text");
			if (digest_of(json_string_value(item), digest)) {
				book_add(im->book, TRE_RULE_IMA_ALLOW, 0, digest, path, strlen(path));
				im->digests++;
			} else {
				im->others++;
			}
		}
	}
	return 0;
}

/*
 * A regular expression of plain characters, "\.", "." and ".*" as a pattern. False: it
 * is more than that. Keylime's match from the path's start and need not reach its end.
 */
static bool convert(const char *re, char *out)
{
	size_t n = 0;

	if (*re == '^')
		re++;
	for (; *re && *re != '$'; re++) {
		if (re[0] == '.' && re[1] == '*') {
			out[n++] = '*';
			re++;
		} else if (re[0] == '.') {
			out[n++] = '?';
		} else if (re[0] == '\\' && re[1] && strchr(".-_/+", re[1])) {
			out[n++] = *++re;
		} else if (*re > 0x20 && *re < 0x7f && !strchr("\\[](){}|+*?#%^$", *re)) {
			out[n++] = *re;
		} else {
			return false;
		}
	}
	if (!n || (re[0] == '$' && re[1]))
		return false;
	if (*re != '$' && out[n - 1] != '*')
		out[n++] = '*';
	out[n] = '\0';
	return strspn(out, "*?/") != n;
}

static int add_excludes(struct import *im, json_t *excludes)
{
	json_t *item;
	size_t i;

	if (excludes && !json_is_array(excludes))
		return usage_error(im->path, "its \"excludes\" are no list");
	json_array_foreach(excludes, i, item) {
		const char *re = json_string_value(item);
		char *pattern = re ? malloc(strlen(re) + 2) : NULL;

		if (!pattern)
			return usage_error(im->path, "has an exclude that is no text");
		if (convert(re, pattern)) {
			book_add(im->book, TRE_RULE_IMA_EXCLUDE, 0, NULL, pattern, strlen(pattern));
			im->excludes++;
		} else {
			complain(re, "this exclude has no pattern here and is left out",
				 "write 'ima exclude PATTERN' for it, if it is needed");
			im->refused++;
		}
		free(pattern);
	}
	return 0;
}

static bool is_empty(json_t *v)
{
	return !v || json_is_null(v) || (json_is_object(v) && !json_object_size(v)) ||
	       (json_is_array(v) && !json_array_size(v)) ||
	       (json_is_string(v) && !*json_string_value(v));
}

/* Whoever trusted these rules there would miss them here. */
static int check_members(const struct import *im, json_t *doc)
{
	static const char * const known[] = { "meta", "release", "digests", "excludes", "ima" };
	const char *name;
	json_t *value;

	json_object_foreach(doc, name, value) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			found |= !strcmp(name, known[i]);
		if (!found && !is_empty(value)) {
			complain(im->path, name, "no rule of ours says that: take it out, and see Documentation/policy.rst");
			return EXIT_USAGE;
		}
	}
	return 0;
}

/* "ima": what is ignored there would be let pass unseen. */
static int check_ima(const struct import *im, json_t *ima)
{
	const char *name;
	json_t *value;

	json_object_foreach(ima, name, value) {
		if (is_empty(value) || !strcmp(name, "log_hash_alg") ||
		    (!strcmp(name, "dm_policy") && json_is_null(value)))
			continue;
		complain(im->path, name, "its \"ima\" has a rule that there is none for here: take it out");
		return EXIT_USAGE;
	}
	return 0;
}

int book_add_keylime(struct book *b, const char *path)
{
	struct import im = { .book = b, .path = path };
	struct policy_text t;
	json_error_t error;
	json_t *doc;
	int rc;

	if (policy_need(path, TRE_POLICY_MAX, &t))
		return EXIT_USAGE;
	doc = json_loadb(t.data, t.len, JSON_REJECT_DUPLICATES, &error);
	free(t.data);
	if (!json_is_object(doc)) {
		json_decref(doc);
		complain(path, doc ? "is no object" : error.text, "give a runtime policy of Keylime's, JSON");
		return EXIT_USAGE;
	}
	rc = check_members(&im, doc);
	if (!rc)
		rc = check_ima(&im, json_object_get(doc, "ima"));
	if (!rc)
		rc = add_digests(&im, json_object_get(doc, "digests"));
	if (!rc)
		rc = add_excludes(&im, json_object_get(doc, "excludes"));
	json_decref(doc);
	if (!rc)
		fprintf(stderr, "trustgate: %s: %zu digests, %zu of other algorithms left out, %zu excludes, %zu left out\n",
			path, im.digests, im.others, im.excludes, im.refused);
	return rc;
}
