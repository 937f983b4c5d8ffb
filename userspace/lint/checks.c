// SPDX-License-Identifier: GPL-2.0-or-later
/* The questions that a rule may ask of a value; Documentation/lint.rst lists them. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lint/engine.h"

static bool is_bool(struct lint_at *at, const char *args, const char *value)
{
	int b = lint_bool(value);

	(void)at;
	/* What is neither charon takes for its default, or refuses. */
	return b >= 0 && b == lint_bool(args);
}

static bool is_unset(struct lint_at *at, const char *args, const char *value)
{
	(void)at;
	(void)args;
	return !value;
}

static bool is_one_of(struct lint_at *at, const char *args, const char *value)
{
	(void)at;
	return value && lint_matches(args, value);
}

static bool is_none_of(struct lint_at *at, const char *args, const char *value)
{
	(void)at;
	return !value || !lint_matches(args, value);
}

/* Every element of a list of cipher suites that puts some in, not out, is none of these. */
static bool are_ciphers(struct lint_at *at, const char *args, const char *value)
{
	char element[128];
	size_t len;

	(void)at;
	for (; value && *value; value += len + (value[len] != '\0')) {
		len = strcspn(value, ":, ");
		if (!len || *value == '!' || *value == '-')
			continue;
		if (len >= sizeof(element))
			return false;
		memcpy(element, value, len);
		element[len] = '\0';
		if (lint_matches(args, element))
			return false;
	}
	return true;
}

/*
 * Of a CHILD_SA: tunnel or drop; or pass, for the H(e)MS alone, which TS 33.320 8.3.2.1
 * has outside of the tunnel.
 */
static bool is_child_mode(struct lint_at *at, const char *args, const char *value)
{
	const struct settings_pair *to = settings_get(at->section, "remote_ts");

	if (value && lint_matches(args, value))
		return true;
	return value && lint_matches("pass", value) && at->context->hems && to && to->value &&
	       !strcmp(to->value, at->context->hems);
}

/* A duration as strongSwan reads it, in seconds; 0 when it is none. */
static unsigned long long seconds(const char *value)
{
	static const char units[] = "smhd";
	static const unsigned int in[] = { 1, 60, 3600, 86400 };
	unsigned long long n;
	const char *unit;
	char *end;

	if (!value || !isdigit((unsigned char)*value))
		return 0;
	errno = 0;
	n = strtoull(value, &end, 0);
	while (*end == ' ')
		end++;
	if (errno || n > UINT32_MAX)
		return 0;
	if (!*end)
		return n;
	unit = strchr(units, tolower((unsigned char)*end));
	return unit && !end[1] ? n * in[unit - units] : 0;
}

/* A time that is over at some point, @args at the latest. */
static bool is_time_within(struct lint_at *at, const char *args, const char *value)
{
	unsigned long long s = seconds(value);

	(void)at;
	return s && s <= seconds(args);
}

/* A handle of the TPM or of a PKCS#11 token: hexadecimal digits. */
static bool is_handle(struct lint_at *at, const char *args, const char *value)
{
	(void)args;
	if (at->context->signs && !value)
		return true;
	if (value && strncmp(value, "0x", 2) == 0)
		value += 2;
	return value && *value && strspn(value, "0123456789abcdefABCDEF:") == strlen(value);
}

/* The section must not be there. */
static bool is_absent(struct lint_at *at, const char *args, const char *value)
{
	(void)args;
	(void)value;
	return !at->section;
}

/* Unlike values, keys have to be spelt as charon does. */
static bool has_word(const char *words, const char *key)
{
	const char *word;
	size_t len;

	while (lint_word(&words, ' ', &word, &len))
		if (strlen(key) == len && memcmp(word, key, len) == 0)
			return true;
	return false;
}

/* Every key of the section is one of these; the first that is not gets the blame. */
static bool has_keys(struct lint_at *at, const char *args, const char *value)
{
	const struct settings_pair *p;

	(void)value;
	for (p = at->section ? at->section->pairs : NULL; p; p = p->next) {
		if (has_word(args, p->key))
			continue;
		at->pair = p;
		return false;
	}
	return true;
}

static bool any_loaded(struct lint_at *at, const char *args)
{
	const char *word;
	size_t len;

	while (lint_word(&args, ' ', &word, &len))
		if (lint_loads(at->root, word, len, &at->blame))
			return true;
	return false;
}

static bool is_loaded(struct lint_at *at, const char *args, const char *value)
{
	(void)value;
	return any_loaded(at, args);
}

static bool is_not_loaded(struct lint_at *at, const char *args, const char *value)
{
	(void)value;
	return !any_loaded(at, args);
}

/* Either "no", or the plugin that it belongs to is not loaded. */
static bool is_off(struct lint_at *at, const char *args, const char *value)
{
	const struct settings_pair *ignored;

	return lint_bool(value) == 0 || !lint_loads(at->root, args, strlen(args), &ignored);
}

static const struct lint_check checks[] = {
	{ "bool", is_bool, false },
	{ "one-of", is_one_of, false },
	{ "none-of", is_none_of, false },
	{ "ciphers", are_ciphers, false },
	{ "child-mode", is_child_mode, false },
	{ "unset", is_unset, false },
	{ "time-within", is_time_within, false },
	{ "handle", is_handle, false },
	{ "identity", lint_is_identity, false },
	{ "pattern", lint_is_pattern, false },
	{ "addresses", lint_are_addresses, false },
	{ "auth", lint_is_auth, false },
	{ "anchor", lint_has_anchor, false },
	{ "unique", lint_is_unique, false },
	{ "covered", lint_is_covered, false },
	{ "unmixed", lint_is_unmixed, false },
	{ "loaded", is_loaded, false },
	{ "not-loaded", is_not_loaded, false },
	{ "off", is_off, false },
	{ "absent", is_absent, true },
	{ "keys", has_keys, true },
};

const struct lint_check *lint_check_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (strlen(checks[i].name) == len && memcmp(checks[i].name, name, len) == 0)
			return &checks[i];
	return NULL;
}
