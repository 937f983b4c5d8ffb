// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading strongSwan's settings. Where its lexer has a quirk that changes what is
 * meant, the quirk is here too, with a word on it: a setting that is read here and
 * not there, or the other way, would make the lint's answer worthless.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lint/internal.h"

#define INCLUDE	"include"

struct parser {
	struct settings *settings;
	const struct settings_calls *calls;
	const char *file;
	const char *p, *end;
	int line;
	char *text;		/* room for any value in the file */
	size_t len;		/* used of it */
};

static int fail(const struct parser *ps, int line, const char *value, const char *rule,
		const char *why, const char *remedy)
{
	ps->calls->report(ps->calls->arg, ps->file, line, value, rule, why, remedy);
	return -1;
}

static int syntax(const struct parser *ps, const char *why, const char *remedy)
{
	char seen[2] = "";

	if (ps->p < ps->end)
		seen[0] = *ps->p;
	return fail(ps, ps->line, seen, "settings.syntax", why, remedy);
}

/* @err of the tree's functions, which is not 0. */
static int no_room(const struct parser *ps, int line, const char *name, int err)
{
	if (err == -ENOMEM)
		return fail(ps, line, name, "settings.memory", "out of memory",
			    "free some and try again");
	return fail(ps, line, name, "settings.size", "more settings than are looked at",
		    "split the configuration");
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool name_char(char c)
{
	return !strchr("#{}:.,=\"\r\n\t ", c);
}

/*
 * To the end of a comment. That is the next newline, and a carriage return on the way
 * there belongs to the comment; but it ends one that has only blanks before it, and one
 * that no newline follows.
 */
static void skip_comment(struct parser *ps, bool after_blanks)
{
	size_t left = (size_t)(ps->end - ps->p);
	const char *stop = after_blanks ? NULL : memchr(ps->p, '\n', left);

	for (; !stop && ps->p < ps->end; ps->p++)
		if (*ps->p == '\n' || *ps->p == '\r')
			return;
	ps->p = stop ? stop : ps->end;
}

static void skip(struct parser *ps)
{
	bool blanks = false, cr = false;

	for (; ps->p < ps->end; ps->p++) {
		if (*ps->p == '#') {
			skip_comment(ps, blanks && !cr);
			blanks = cr = false;
		}
		if (ps->p == ps->end)
			return;
		if (*ps->p == '\n') {
			ps->line++;
			blanks = cr = false;
		} else if (*ps->p == '\r') {
			cr = true;
		} else if (blank(*ps->p)) {
			blanks = true;
		} else {
			return;
		}
	}
}

static bool at(const struct parser *ps, char c)
{
	return ps->p < ps->end && *ps->p == c;
}

static void put(struct parser *ps, char c)
{
	ps->text[ps->len++] = c;
}

/* A name, of a reference with dots between its parts; NULL when there is none. */
static char *take_name(struct parser *ps, bool dots)
{
	const char *start = ps->p;

	while (ps->p < ps->end &&
	       (name_char(*ps->p) || (dots && *ps->p == '.' && ps->p > start &&
				      ps->p + 1 < ps->end && name_char(ps->p[1]))))
		ps->p++;
	if (ps->p == start)
		return NULL;
	return settings_copy(ps->settings, start, (size_t)(ps->p - start));
}

/* What follows a backslash in a string, as text. */
static void put_escaped(struct parser *ps)
{
	if (ps->p + 1 < ps->end && ps->p[0] == '\r' && ps->p[1] == '\n')
		ps->p++;
	switch (*ps->p) {
	case '\n':
		ps->line++;
		break;
	case 'n':
		put(ps, '\n');
		break;
	case 'r':
		put(ps, '\r');
		break;
	case 't':
		put(ps, '\t');
		break;
	default:
		put(ps, *ps->p);
		break;
	}
	ps->p++;
}

/* The rest of a string, behind its first quote. */
static int take_string(struct parser *ps)
{
	int line = ps->line;

	while (ps->p < ps->end && *ps->p != '"') {
		char c = *ps->p++;

		if (c == '\\') {
			if (ps->p == ps->end)
				break;
			put_escaped(ps);
		} else if (c != '\r') {
			ps->line += c == '\n';
			put(ps, c);
		}
	}
	if (ps->p == ps->end)
		return fail(ps, line, "", "settings.string", "a string without its closing quote",
			    "close it with \"");
	ps->p++;
	return 0;
}

/*
 * A value: words and strings to the end of the line, a comment or a closing brace, one
 * blank between each two. Without any, *@value is NULL.
 */
static int take_value(struct parser *ps, const char **value)
{
	bool any = false;

	*value = NULL;
	ps->len = 0;
	for (;;) {
		while (ps->p < ps->end && blank(*ps->p))
			ps->p++;
		if (ps->p == ps->end || strchr("#}\n", *ps->p))
			break;
		if (any)
			put(ps, ' ');
		any = true;
		if (*ps->p == '"') {
			ps->p++;
			if (take_string(ps))
				return -1;
			continue;
		}
		while (ps->p < ps->end && !strchr("#}\"\r\n\t ", *ps->p))
			put(ps, *ps->p++);
	}
	if (!any)
		return 0;
	*value = settings_copy(ps->settings, ps->text, ps->len);
	return *value ? 0 : no_room(ps, ps->line, "", -ENOMEM);
}

/* "include" only with blanks behind it, and no "=" behind these: then it is a key. */
static bool at_include(const struct parser *ps)
{
	size_t n = sizeof(INCLUDE) - 1;
	const char *p = ps->p + n;

	if ((size_t)(ps->end - ps->p) <= n || memcmp(ps->p, INCLUDE, n) != 0)
		return false;
	if (*p != ' ' && *p != '\t')
		return false;
	while (p < ps->end && (*p == ' ' || *p == '\t'))
		p++;
	/* With two blanks before the "=" strongSwan takes it for an include of nothing. */
	return p == ps->end || *p != '=' || p - ps->p > (ptrdiff_t)n + 1;
}

/* The pattern, to a blank, a comment, a closing brace or the end of the line. */
static int take_pattern(struct parser *ps)
{
	ps->len = 0;
	while (ps->p < ps->end && !strchr("#}\n\t ", *ps->p)) {
		char c = *ps->p++;

		if (c == '"')
			return take_string(ps);	/* which ends it */
		if (c == '\\' && ps->p < ps->end && strchr("\"#} ", *ps->p))
			c = *ps->p++;
		if (c != '\r')
			put(ps, c);
	}
	/* The blank that ends it is a part of it. */
	if (at(ps, ' ') || at(ps, '\t'))
		ps->p++;
	return 0;
}

static int parse_include(struct parser *ps, struct settings_section *into)
{
	int line = ps->line;
	char *pattern;

	ps->p += sizeof(INCLUDE) - 1;
	while (ps->p < ps->end && blank(*ps->p))
		ps->p++;
	if (at(ps, '='))
		return syntax(ps, "include without a file", "put the key in one word with its =");
	if (take_pattern(ps))
		return -1;
	if (!ps->len)
		return syntax(ps, "include without a file", "name one, or a pattern");
	pattern = settings_copy(ps->settings, ps->text, ps->len);
	if (!pattern)
		return no_room(ps, line, "", -ENOMEM);
	if (!ps->calls->include)
		return fail(ps, line, pattern, "settings.include", "an include is not allowed here",
			    "give one file that has all");
	return ps->calls->include(ps->calls->arg, ps->settings, into, pattern, ps->file, line);
}

static int parse_refs(struct parser *ps, struct settings_section *into)
{
	do {
		char *name;
		int err, line;

		ps->p++;	/* the colon, or a comma */
		skip(ps);
		line = ps->line;
		name = take_name(ps, true);
		if (!name)
			return syntax(ps, "no section's name after : or ,", "name one");
		err = settings_refer(ps->settings, into, name, ps->file, line);
		if (err)
			return no_room(ps, line, name, err);
		skip(ps);
	} while (at(ps, ','));
	return at(ps, '{') ? 0 : syntax(ps, "no { after a section's name", "open the section");
}

static int parse_statements(struct parser *ps, struct settings_section *into, int opened);

static int parse_section(struct parser *ps, struct settings_section *into, const char *name,
			 int line)
{
	struct settings_section *section;

	if (into->depth >= SETTINGS_DEPTH_MAX)
		return fail(ps, line, name, "settings.depth", "sections nested too deeply",
			    "strongSwan has no settings there");
	section = settings_add(ps->settings, into, name, ps->file, line);
	if (!section)
		return no_room(ps, line, name, -E2BIG);
	if (at(ps, ':') && parse_refs(ps, section))
		return -1;
	ps->p++;
	return parse_statements(ps, section, line);
}

static int parse_pair(struct parser *ps, struct settings_section *into, const char *name, int line)
{
	struct settings_pair pair = { .key = name, .file = ps->file, .line = line };
	int err;

	ps->p++;
	if (take_value(ps, &pair.value))
		return -1;
	err = settings_set(ps->settings, into, &pair);
	return err ? no_room(ps, line, name, err) : 0;
}

static int parse_statement(struct parser *ps, struct settings_section *into)
{
	int line = ps->line;
	char *name;

	if (at_include(ps))
		return parse_include(ps, into);
	name = take_name(ps, false);
	if (!name)
		return syntax(ps, "neither a section, a key = value nor a comment",
			      "quote it if it belongs to a value");
	/* A brace or a "=" may stand on a later line. */
	skip(ps);
	if (at(ps, '{') || at(ps, ':'))
		return parse_section(ps, into, name, line);
	if (at(ps, '='))
		return parse_pair(ps, into, name, line);
	return fail(ps, line, name, "settings.syntax", "a name without = or {",
		    "give it a value or a section; keys have no dots in a file");
}

/* To the end of the file, or, of a section that was @opened at that line, behind its }. */
static int parse_statements(struct parser *ps, struct settings_section *into, int opened)
{
	for (;;) {
		skip(ps);
		if (ps->p == ps->end && opened)
			return fail(ps, opened, into->name, "settings.unclosed",
				    "the section is not closed in this file", "close it with }");
		if (ps->p == ps->end)
			return 0;
		if (*ps->p == '}' && opened) {
			ps->p++;
			return 0;
		}
		if (*ps->p == '}')
			return syntax(ps, "a } too many", "remove it");
		if (parse_statement(ps, into))
			return -1;
	}
}

static int check_bytes(const struct parser *ps, const char *text, size_t len)
{
	const char *nul = memchr(text, '\0', len);
	int line = 1;

	if (len > SETTINGS_FILE_MAX)
		return fail(ps, 0, "", "settings.size", "larger than 1 MiB", "split it");
	if (!nul)
		return 0;
	for (const char *p = text; p < nul; p++)
		line += *p == '\n';
	return fail(ps, line, "", "settings.nul", "NUL in a text file",
		    "strongSwan would cut the value there; remove it");
}

int settings_parse(struct settings *settings, struct settings_section *into, const char *file,
		   const char *text, size_t len, const struct settings_calls *calls)
{
	struct parser ps = {
		.settings = settings, .calls = calls, .p = text, .end = text + len, .line = 1,
		.file = file,
	};
	int rc;

	if (check_bytes(&ps, text, len))
		return -1;
	ps.file = settings_copy(settings, file, strlen(file));
	ps.text = malloc(len + 1);
	if (ps.file && ps.text) {
		rc = parse_statements(&ps, into, 0);
	} else {
		ps.file = file;
		rc = no_room(&ps, 0, "", -ENOMEM);
	}
	free(ps.text);
	return rc;
}
