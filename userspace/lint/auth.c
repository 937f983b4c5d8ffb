// SPDX-License-Identifier: GPL-2.0-or-later
/* Rounds of authentication, and the CA they rest on. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lint/engine.h"

static bool word_is(const char *word, size_t len, const char *want)
{
	return strlen(want) == len && memcmp(word, want, len) == 0;
}

static bool one_of(const char *word, size_t len, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (word_is(word, len, words[i]))
			return true;
	return false;
}

static bool is_number(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)word[i]))
			return false;
	return len > 0;
}

/*
 * A public key, over hashes of the SHA-2 family only. Without a hash any will do: then
 * SHA-1, too, which RSA's AUTH of RFC 7296 uses. A word that charon does not know it
 * passes over, and with it what was meant.
 */
static bool is_strong(const char *value)
{
	static const char *const keys[] = {
		"pubkey", "rsa", "rsa/pss", "ecdsa", "ike:pubkey", "ike:rsa", "ike:rsa/pss",
		"ike:ecdsa", "ed25519", "ike:ed25519", "ed448", "ike:ed448",
	};
	static const char *const hashes[] = { "sha256", "sha384", "sha512", "identity" };
	bool key = false, hash = false, first = true;
	const char *word;
	size_t len;

	for (; lint_word(&value, '-', &word, &len); first = false) {
		if (one_of(word, len, keys, ARRAY_SIZE(keys)))
			key = true;
		else if (!first && one_of(word, len, hashes, ARRAY_SIZE(hashes)))
			hash = true;
		else if (first || !is_number(word, len))
			return false;
	}
	return key && hash;
}

/* The number that strongSwan sorts rounds by; without, they stay in their order. */
static unsigned long round_of(const struct settings_section *s)
{
	const struct settings_pair *p = settings_get(s, "round");

	return p && p->value ? strtoul(p->value, NULL, 0) : 0;
}

/* Whether @s is the first of its end's rounds, local or remote, in @in. */
static bool is_first(const struct settings_section *in, const struct settings_section *s)
{
	const char *end = strncasecmp(s->name, "local", 5) == 0 ? "local" : "remote";
	const struct settings_section *first = NULL, *i;

	for (i = in->sections; i; i = i->next) {
		if (strncasecmp(i->name, end, strlen(end)) != 0)
			continue;
		if (!first || round_of(i) < round_of(first))
			first = i;
	}
	return first == s;
}

/* @args: what else a second round may be (TS 33.320: EAP-AKA of the hosting party). */
bool lint_is_auth(struct lint_at *at, const char *args, const char *value)
{
	if (!value)
		return false;
	if (is_strong(value))
		return true;
	return at->section && at->parent && !is_first(at->parent, at->section) &&
	       lint_matches(args, value);
}

/*
 * PIT-31: with EAP charon looks for old IKE SAs by EAP's identity, which may have moved from
 * one box to another, and deletes those of the wrong one. Then never; else one of @args, too.
 */
bool lint_is_unique(struct lint_at *at, const char *args, const char *value)
{
	const struct settings_section *s;

	if (!value || lint_matches("never", value))
		return value;
	for (s = at->section ? at->section->sections : NULL; s; s = s->next) {
		const struct settings_pair *auth = settings_get(s, "auth");

		if (strncasecmp(s->name, "remote", 6) == 0 && !is_first(at->section, s) && auth &&
		    auth->value && lint_matches("eap*", auth->value))
			return false;
	}
	return lint_matches(args, value);
}

/* CAs named for a round: files, and sections with a file or a handle. At most @args. */
bool lint_has_anchor(struct lint_at *at, const char *args, const char *value)
{
	const struct settings_section *s;
	unsigned long n = 0, max = strtoul(args, NULL, 10);
	const char *word;
	size_t len;

	while (value && lint_word(&value, ',', &word, &len))
		n++;
	for (s = at->section ? at->section->sections : NULL; s; s = s->next)
		if (strncasecmp(s->name, "cacert", 6) == 0 &&
		    (settings_get(s, "file") || settings_get(s, "handle")))
			n++;
	return n && (!max || n <= max);
}
