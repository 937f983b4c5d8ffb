// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settings of a CWMP client: UCI, as uci(1) reads it from a file, writes it with "export"
 * and prints it with "show"; or a line "acs.url = ..." for each. What is not read for sure
 * is an error: a line that was passed over might have been the one that weakens it.
 *
 * Each section of UCI becomes one of the tree, by its name, or without one by its type;
 * further ones of a type as "@TYPE[N]". Rules find them by either.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint/internal.h"

#define WORDS_MAX	512	/* of a statement: values of one list in "show" */

struct uci {
	struct settings *settings;
	struct settings_section *root, *in;
	const char *file;
	const char *p, *end;
	int line;		/* of what is read next */
	int at;			/* of the statement */
	char *text;		/* words of the statement, each with its NUL */
	char *word[WORDS_MAX];
	size_t n;
	const struct settings_calls *calls;
};

static int fail(const struct uci *u, const char *value, const char *why, const char *remedy)
{
	u->calls->report(u->calls->arg, u->file, u->at, value, "cwmp.syntax", why, remedy);
	return -1;
}

static int no_room(const struct uci *u)
{
	return fail(u, "", "out of memory, or more settings than are looked at",
		    "is this the file you meant?");
}

static bool is_name(const char *s)
{
	const char *c = s;

	while (isalnum((unsigned char)*c) || *c == '_' || *c == '-')
		c++;
	return c > s && !*c;
}

/* ---------------------------------------------------------------- words and statements */

/* The rest of a string behind @quote; @out gets what it has. Only in " is \ one. */
static bool take_string(struct uci *u, char quote, char **out)
{
	for (; u->p < u->end && *u->p != quote; u->p++) {
		if (quote == '"' && *u->p == '\\' && u->p + 1 < u->end)
			u->p++;
		u->line += *u->p == '\n';
		*(*out)++ = *u->p;
	}
	if (u->p == u->end)
		return false;
	u->p++;
	return true;
}

/* One word, of strings and what is between them. False: a quote is open. */
static bool take_word(struct uci *u, char **out)
{
	while (u->p < u->end && !isspace((unsigned char)*u->p) && *u->p != '#' && *u->p != ';') {
		char c = *u->p++;

		if (c == '\'' || c == '"') {
			if (!take_string(u, c, out))
				return false;
			continue;
		}
		if (c == '\\' && u->p < u->end) {
			c = *u->p++;
			u->line += c == '\n';
			if (c == '\n')
				continue;
		}
		*(*out)++ = c;
	}
	*(*out)++ = '\0';
	return true;
}

/* To the end of the line, a comment or a ";". 0, or -1. */
static int take_statement(struct uci *u)
{
	char *out = u->text;

	u->at = u->line;
	for (u->n = 0;;) {
		while (u->p < u->end && *u->p != '\n' && isspace((unsigned char)*u->p))
			u->p++;
		if (u->p < u->end && *u->p == '#')
			while (u->p < u->end && *u->p != '\n')
				u->p++;
		if (u->p == u->end)
			return 0;
		if (*u->p == '\n' || *u->p == ';') {
			u->line += *u->p++ == '\n';
			return 0;
		}
		if (u->n == WORDS_MAX)
			return fail(u, "", "more values than are looked at", "is this the file you meant?");
		u->word[u->n++] = out;
		if (!take_word(u, &out))
			return fail(u, "", "a quote that is not closed", "close it");
	}
}

/* ---------------------------------------------------------------------------- the tree */

static struct settings_section *find_typed(const struct uci *u, const char *type, unsigned int *n)
{
	struct settings_section *s, *first = NULL;

	*n = 0;
	for (s = u->root->sections; s; s = s->next) {
		if (!s->type || strcmp(s->type, type) != 0)
			continue;
		first = first ? first : s;
		++*n;
	}
	return first;
}

static bool open_section(struct uci *u, const char *type, const char *name)
{
	char further[128];
	unsigned int n;

	if (!name && find_typed(u, type, &n)) {
		snprintf(further, sizeof(further), "@%.100s[%u]", type, n);
		name = further;
	}
	u->in = settings_add(u->settings, u->root, name ? name : type, u->file, u->at);
	if (u->in)
		u->in->type = settings_copy(u->settings, type, strlen(type));
	return u->in && u->in->type;
}

/* As uci(1) does, the later option counts; values of a list come together. */
static int set(struct uci *u, struct settings_section *in, const char *key, const char *value,
	       bool list)
{
	const struct settings_pair *old = list ? settings_get(in, key) : NULL;
	struct settings_pair pair = { .file = u->file, .line = u->at };
	char *all;

	pair.key = settings_copy(u->settings, key, strlen(key));
	if (old && old->value) {
		if (asprintf(&all, "%s %s", old->value, value) < 0)
			return no_room(u);
		pair.value = settings_copy(u->settings, all, strlen(all));
		free(all);
	} else {
		pair.value = settings_copy(u->settings, value, strlen(value));
	}
	if (!pair.key || !pair.value || settings_set(u->settings, in, &pair))
		return no_room(u);
	return 0;
}

/* ----------------------------------------------------------------------------- a file */

/* uci(1) takes the first letter for the word. */
static bool keyword(const char *word, const char *name)
{
	return !strcmp(word, name) || (word[0] == name[0] && !word[1]);
}

static int take_uci(struct uci *u)
{
	bool list = keyword(u->word[0], "list");

	if (keyword(u->word[0], "package")) {
		u->in = NULL;
		return u->n == 2 && is_name(u->word[1]) ? 0 :
		       fail(u, "", "package without its name", "mend the line");
	}
	if (keyword(u->word[0], "config")) {
		if (u->n < 2 || u->n > 3 || !is_name(u->word[1]) || (u->n == 3 && *u->word[2] && !is_name(u->word[2])))
			return fail(u, "", "neither config TYPE nor config TYPE NAME", "mend the line");
		return open_section(u, u->word[1], u->n == 3 && *u->word[2] ? u->word[2] : NULL) ? 0 : no_room(u);
	}
	if (!list && !keyword(u->word[0], "option"))
		return fail(u, "", "neither package, config, option nor list", "mend the line");
	if (!u->in)
		return fail(u, "", "in no section", "put it below its config");
	if (u->n != 3 || !is_name(u->word[1]))
		return fail(u, "", "not a name and one value", "quote a value that has blanks");
	return set(u, u->in, u->word[1], u->word[2], list);
}

/* PACKAGE.SECTION=TYPE, PACKAGE.SECTION.OPTION='VALUE' and more of a list's values. */
static int take_show(struct uci *u)
{
	char *name = strchr(u->word[0], '.'), *equals = strchr(u->word[0], '='), *key;
	unsigned int n = 0;

	if (!name || !equals || name > equals)
		return fail(u, "", "not PACKAGE.SECTION.OPTION='VALUE', as uci show has them", "mend the line");
	*equals++ = '\0';
	name++;
	key = strchr(name, '.');
	if (!key) {
		/* @TYPE[N], or by the name that uci(1) made up. */
		bool anonymous = *name == '@' || !strncmp(name, "cfg", 3);

		if (u->n != 1 || !is_name(equals))
			return fail(u, "", "a section without a type", "mend the line");
		if (!open_section(u, equals, anonymous ? NULL : name))
			return no_room(u);
		u->in->shown = settings_copy(u->settings, name, strlen(name));
		return u->in->shown ? 0 : no_room(u);
	}
	*key++ = '\0';
	if (!u->in || !u->in->shown || strcmp(u->in->shown, name) != 0)
		return fail(u, "", "an option of another section than the one before it", "mend the line");
	if (!is_name(key))
		return fail(u, "", "an option without its name", "mend the line");
	if (set(u, u->in, key, equals, false))
		return -1;
	for (n = 1; n < u->n; n++)
		if (set(u, u->in, key, u->word[n], true))
			return -1;
	return 0;
}

/* "acs.url = value", to the end of the line. */
static int take_pair(struct uci *u, char *line)
{
	char *equals = strchr(line, '='), *dot = strchr(line, '.'), *last, *value;
	struct settings_section *in;

	if (!equals || !dot || dot > equals)
		return fail(u, "", "neither UCI nor SECTION.KEY = VALUE", "mend the line");
	*dot = *equals = '\0';
	for (last = equals; last > dot + 1 && isspace((unsigned char)last[-1]); last--)
		last[-1] = '\0';
	value = equals + 1 + strspn(equals + 1, " \t");
	for (last = value + strlen(value); last > value && isspace((unsigned char)last[-1]); last--)
		last[-1] = '\0';
	if (!is_name(line) || !is_name(dot + 1))
		return fail(u, "", "neither UCI nor SECTION.KEY = VALUE", "mend the line");
	in = settings_add(u->settings, u->root, line, u->file, u->at);
	if (!in)
		return no_room(u);
	if (settings_get(in, dot + 1))
		return fail(u, dot + 1, "given twice", "keep one of the lines");
	return set(u, in, dot + 1, value, false);
}

static int read_lines(struct uci *u)
{
	while (u->p < u->end) {
		const char *nl = memchr(u->p, '\n', (size_t)(u->end - u->p));
		size_t len = (size_t)((nl ? nl : u->end) - u->p);
		char *line;

		memcpy(u->text, u->p, len);
		u->text[len] = '\0';
		line = u->text + strspn(u->text, " \t\r");
		u->at = u->line++;
		u->p += len + (nl ? 1 : 0);
		if (*line && *line != '#' && take_pair(u, line))
			return -1;
	}
	return 0;
}

static int read_statements(struct uci *u, int (*take)(struct uci *u))
{
	while (u->p < u->end)
		if (take_statement(u) || (u->n && take(u)))
			return -1;
	return 0;
}

enum dress { DRESS_UCI, DRESS_SHOW, DRESS_LINES };

/* How a line of @len octets looks; DRESS_LINES where it does not tell. */
static enum dress line_dress(const char *line, size_t len)
{
	static const char *const words[] = { "package", "config", "option", "list" };
	size_t n = 0, dots = 0, i;

	while (n < len && isalpha((unsigned char)line[n]))
		n++;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if ((n == 1 ? *line == *words[i] : n == strlen(words[i]) && !memcmp(line, words[i], n)) &&
		    (n == len || !strchr(".=", line[n])))
			return DRESS_UCI;
	for (n = 0; n < len && line[n] != '=' && !isspace((unsigned char)line[n]); n++)
		dots += line[n] == '.';
	/* "uci show" has no blank around its "=", and the package in front. */
	return dots == 2 && n < len && line[n] == '=' ? DRESS_SHOW : DRESS_LINES;
}

/* The first line that tells. */
static enum dress file_dress(const char *p, const char *end)
{
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		enum dress dress;

		nl = nl ? nl : end;
		while (p < nl && isspace((unsigned char)*p))
			p++;
		dress = p < nl && *p != '#' ? line_dress(p, (size_t)(nl - p)) : DRESS_LINES;
		if (dress != DRESS_LINES)
			return dress;
		p = nl + 1;
	}
	return DRESS_LINES;
}

int settings_parse_cwmp(struct settings *settings, struct settings_section *into, const char *file,
			const char *text, size_t len, const struct settings_calls *calls)
{
	struct uci u = {
		.settings = settings, .root = into, .file = file, .calls = calls, .p = text,
		.end = text + len, .line = 1, .at = 1,
	};
	enum dress dress = file_dress(text, text + len);
	int rc;

	if (memchr(text, '\0', len))
		return fail(&u, "", "NUL in a text file", "is this the file you meant?");
	/* A word has no more octets than it takes in the file, but for its NUL. */
	u.text = malloc(2 * len + 2);
	if (!u.text)
		return no_room(&u);
	if (dress == DRESS_LINES)
		rc = read_lines(&u);
	else
		rc = read_statements(&u, dress == DRESS_SHOW ? take_show : take_uci);
	free(u.text);
	return rc;
}

bool settings_is_uci(const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len), *dot = memchr(line, '.', len);
	size_t n = 0;

	while (n < len && isalpha((unsigned char)line[n]))
		n++;
	if (n > 1 && line_dress(line, len) == DRESS_UCI) {
		while (n < len && isblank((unsigned char)line[n]))
			n++;
		return n < len && !strchr("={", line[n]);
	}
	/* PACKAGE.SECTION=TYPE, of which strongSwan's files have no line. */
	return equals && dot && dot < equals && !memchr(line, ' ', (size_t)(equals - line)) &&
	       !memchr(line, ':', (size_t)(equals - line)) && !memchr(line, '{', len);
}
