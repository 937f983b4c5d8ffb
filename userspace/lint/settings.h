/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * strongSwan's settings syntax, as in strongswan.conf(5) and swanctl.conf(5): nested
 * sections, keys, quoted strings, includes, references to other sections. Read as
 * strongSwan reads it, so that what is judged is what is run; what it would refuse,
 * and what it would silently pass over, is an error here.
 *
 * Nothing here opens a file: who calls resolves includes.
 */
#ifndef TRUSTGATE_SETTINGS_H
#define TRUSTGATE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "pki/hidden.h"

#define SETTINGS_FILE_MAX	(1u << 20)	/* octets of one file */
#define SETTINGS_DEPTH_MAX	32u		/* sections in sections */
#define SETTINGS_WIDTH_MAX	4096u		/* keys and sections in one section */
#define SETTINGS_NODES_MAX	65536u		/* keys and sections in all */

struct settings_pair {
	struct settings_pair *next;
	const char *key;
	const char *value;		/* NULL: "key =", as if it were not given */
	const char *file;
	int line;
	enum hidden_kind hidden;	/* what of @value may be shown */
};

struct settings_ref {
	struct settings_ref *next;
	const char *name;		/* from the root, "a.b" */
	const char *file;
	int line;
};

struct settings_section {
	struct settings_section *next;
	const char *name;		/* "" of a root */
	const char *type, *shown;	/* of UCI: its type, and what "uci show" calls it; or NULL */
	const char *file;
	int line;
	unsigned int depth, entries;
	bool secrets;			/* "secrets" of a root, or in it */
	struct settings_pair *pairs;	/* in the order of their first appearance */
	struct settings_section *sections;
	struct settings_ref *refs;
};

/* Owner of all that was read; opaque. */
struct settings;

/*
 * How errors are told, once each. @rule is machine-readable ("settings.syntax"),
 * @value what was read, may be "". It may be half of a secret: who knows that the file
 * has some does not show it.
 */
typedef void settings_report_fn(void *arg, const char *file, int line, const char *value,
				const char *rule, const char *why, const char *remedy);

/*
 * Called for "include PATTERN" at @line of @file: reads the files that match, each
 * with settings_parse() into @into. Returns 0, or -1 after having reported.
 */
typedef int settings_include_fn(void *arg, struct settings *settings,
				struct settings_section *into, const char *pattern,
				const char *file, int line);

struct settings_calls {
	settings_report_fn *report;
	settings_include_fn *include;	/* NULL: includes are errors */
	void *arg;
};

/* An empty one; NULL when out of memory. */
struct settings *settings_new(void);
void settings_free(struct settings *settings);
struct settings_section *settings_root(struct settings *settings);

/*
 * Read @len octets of @text, called @file, into @into: settings_root(), or a section
 * that an include stands in. Sections that exist already are extended, keys replaced,
 * as strongSwan does. Returns 0, or -1 after the first error was reported; @into then
 * is incomplete and must not be judged.
 */
int settings_parse(struct settings *settings, struct settings_section *into, const char *file,
		   const char *text, size_t len, const struct settings_calls *calls);

/* The same of a CWMP client's settings: UCI, or lines "SECTION.KEY = VALUE"; uci.c. */
int settings_parse_cwmp(struct settings *settings, struct settings_section *into, const char *file,
			const char *text, size_t len, const struct settings_calls *calls);

/* The first line of a file, which is no comment, is one of UCI. */
bool settings_is_uci(const char *line, size_t len);

/* @section of @into, made when it is not there; NULL when out of memory or room. */
struct settings_section *settings_add(struct settings *settings, struct settings_section *into,
				      const char *section, const char *file, int line);

/*
 * Have @section fall back to @name as a daemon does to another's section, after all
 * references of its own. 0, or -ENOMEM.
 */
int settings_fall_back(struct settings *settings, struct settings_section *section,
		       const char *name);

/*
 * The tree with all references followed: what is not given in a section is taken from
 * those it refers to. Each key keeps the file and line it comes from. NULL after having
 * reported a reference to nothing or to itself, or that there is no memory. Belongs to
 * @settings.
 */
struct settings_section *settings_resolve(struct settings *settings,
					  const struct settings_calls *calls);

/* NULL when there is none. */
const struct settings_section *settings_find(const struct settings_section *in, const char *name);
const struct settings_pair *settings_get(const struct settings_section *in, const char *key);

#endif /* TRUSTGATE_SETTINGS_H */
