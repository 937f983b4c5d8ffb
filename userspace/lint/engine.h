/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the lint share. */
#ifndef TRUSTGATE_LINT_ENGINE_H
#define TRUSTGATE_LINT_ENGINE_H

#include "lint/rules.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Where a rule is applied. */
struct lint_at {
	const struct lint_context *context;
	const struct settings_section *root;	/* of the file, or the daemon's section */
	const struct settings_section *parent;	/* of @section; NULL: not there either */
	const struct settings_section *section;	/* that has the key; NULL: not there */
	const struct settings_pair *pair;	/* NULL: not there */
	unsigned int roles;			/* of the connection, or of all */
	/* Set by a predicate: the line to blame, when it is not @pair's. */
	const struct settings_pair *blame;
};

/*
 * Whether @value, as given or else the default, may be. @args: those of the rule.
 * @value is NULL when there is neither.
 */
typedef bool lint_check_fn(struct lint_at *at, const char *args, const char *value);

struct lint_check {
	const char *name;
	lint_check_fn *holds;
	bool sections;		/* the path leads to sections, not keys */
};

/* checks.c: NULL when there is none of that name. */
const struct lint_check *lint_check_find(const char *name, size_t len);

struct lint_where {
	const char *key, *values, *preset;	/* key NULL: everywhere */
};

struct lint_rule {
	const char *id, *path, *args, *preset, *clause, *why, *remedy;
	const struct lint_check *check;
	struct lint_where where;
	unsigned int roles, modes, except_modes;
	enum lint_level level;
	bool daemon;		/* of strongswan.conf */
	bool cwmp;		/* of a CWMP client */
};

struct lint_rules {
	struct settings *settings;	/* owns all text */
	struct lint_rule *rule;
	unsigned int n;
};

/* words.c: helpers on lists of words. */

/* The next word of *@list; false at its end. Separated by blanks, or by @sep as well. */
bool lint_word(const char **list, char sep, const char **word, size_t *len);
/* Whether @value is one of @words, in any case; * and ? are wildcards in @words. */
bool lint_matches(const char *words, const char *value);
/* What strongSwan takes for yes (1) and no (0); -1: neither. */
int lint_bool(const char *value);

/* plugins.c: whether the daemon loads plugin @name; @blame gets the line that says so. */
bool lint_loads(const struct settings_section *daemon, const char *name, size_t len,
		const struct settings_pair **blame);

/* identity.c */
lint_check_fn lint_is_identity, lint_is_pattern, lint_are_addresses;
/* auth.c */
lint_check_fn lint_is_auth, lint_has_anchor, lint_is_unique;
/* shunt.c */
lint_check_fn lint_is_covered, lint_is_unmixed;
bool lint_is_shunt_only(const struct settings_section *conn);

#endif /* TRUSTGATE_LINT_ENGINE_H */
