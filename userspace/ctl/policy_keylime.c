// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A runtime policy of Keylime's, as far as there is a rule for it here: digests of files,
 * of keyrings and of buffers, and excludes. What there is none for is told, each of it, and
 * left out: these rules let something pass, so a box is refused without them, never let in.
 */
#include <stdlib.h>
#include <string.h>
#include "policy.h"

struct import {
	struct book *book;
	const char *path;
	bool other_alg;		/* digests of 64 digits are of another algorithm than SHA-256 */
	size_t digests, others, excludes, refused;
};

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "HEX", or "sha256:HEX"; an algorithm that is named counts, of others by their length. */
static bool digest_of(const struct import *im, const char *hex, uint8_t out[TRE_DIGEST_LEN])
{
	const char *colon = strchr(hex, ':');

	if (colon ? colon - hex != 6 || strncmp(hex, "sha256", 6) != 0 : im->other_alg)
		return false;
	hex = colon ? colon + 1 : hex;
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

static void left_out(struct import *im, const char *what, const char *why)
{
	char all[160];

	snprintf(all, sizeof(all), "%.60s: %.80s, and is left out", what, why);
	complain(im->path, all, "what it let pass there is refused here; see Documentation/policy.rst");
	im->refused++;
}

/* {"/path": ["digest", ...]}; those of other algorithms are counted. */
static int add_digests(struct import *im, const char *member, json_t *digests)
{
	uint8_t digest[TRE_DIGEST_LEN];
	const char *path;
	json_t *list, *item;
	size_t i;

	if (digests && !json_is_null(digests) && !json_is_object(digests))
		return usage_error(member, "of this policy of Keylime's is no object");
	json_object_foreach(digests, path, list) {
		if (!json_is_array(list) || !*path)
			return usage_error(path, "has no list of digests");
		if (!strcmp(path, "boot_aggregate"))
			continue;	/* which follows from the PCRs */
		json_array_foreach(list, i, item) {
			if (!json_is_string(item))
				return usage_error(path, "has a digest that is no text");
			if (digest_of(im, json_string_value(item), digest)) {
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

static void check_members(struct import *im, json_t *doc)
{
	static const char * const known[] = { "meta", "release", "digests", "excludes", "ima",
					      "keyrings", "ima-buf" };
	const char *name;
	json_t *value;

	json_object_foreach(doc, name, value) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			found |= !strcmp(name, known[i]);
		if (!found && !is_empty(value))
			left_out(im, name, "there is no such rule here");
	}
}

/* Buffers of a keyring that is ignored are let pass: by the keyring's name alone. */
static void add_ignored(struct import *im, json_t *names)
{
	json_t *item;
	size_t i;

	json_array_foreach(names, i, item) {
		const char *name = json_string_value(item);

		if (name && *name && !strpbrk(name, "*?%# \t/"))
			book_add(im->book, TRE_RULE_IMA_EXCLUDE, 0, NULL, name, strlen(name));
		else
			left_out(im, name ? name : "ignored_keyrings", "keyrings are ignored by their name alone");
	}
}

static void check_ima(struct import *im, json_t *ima)
{
	static const char * const same_length[] = { "sm3_256", "sm3-256", "sm3", "sha3_256", "sha3-256" };
	const char *name, *alg;
	json_t *value;

	json_object_foreach(ima, name, value) {
		if (is_empty(value))
			continue;
		alg = json_string_value(value);
		if (!strcmp(name, "ignored_keyrings"))
			add_ignored(im, value);
		else if (strcmp(name, "log_hash_alg") != 0)
			left_out(im, name, "there is no such rule of \"ima\" here");
		for (size_t i = 0; alg && !strcmp(name, "log_hash_alg") && i < ARRAY_SIZE(same_length); i++)
			im->other_alg |= !strcmp(alg, same_length[i]);
	}
}

static int import(struct import *im, json_t *doc)
{
	char why[96];
	int rc;

	check_members(im, doc);
	check_ima(im, json_object_get(doc, "ima"));
	rc = add_digests(im, "digests", json_object_get(doc, "digests"));
	if (!rc)
		rc = add_digests(im, "keyrings", json_object_get(doc, "keyrings"));
	if (!rc)
		rc = add_digests(im, "ima-buf", json_object_get(doc, "ima-buf"));
	if (!rc)
		rc = add_excludes(im, json_object_get(doc, "excludes"));
	if (rc)
		return rc;
	fprintf(stderr, "trustgate: %s: %zu digests, %zu of other algorithms left out, %zu excludes, %zu left out\n",
		im->path, im->digests, im->others, im->excludes, im->refused);
	if (im->digests)
		return 0;
	snprintf(why, sizeof(why), "has no digest at all");
	if (im->others)
		snprintf(why, sizeof(why), "none of its %zu digests is of SHA-256", im->others);
	complain(im->path, why, im->others ? "make it with SHA-256 digests: boot with ima_hash=sha256" :
		 "is this the policy you meant?");
	return EXIT_FAILED;
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
	if (json_object_get(doc, "payloadType")) {
		json_decref(doc);
		complain(path, "is a signed envelope (DSSE), which is not opened here",
			 "verify it with Keylime, and give the policy that is its payload");
		return EXIT_FAILED;
	}
	rc = import(&im, doc);
	json_decref(doc);
	return rc;
}
