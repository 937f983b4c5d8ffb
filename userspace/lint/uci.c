// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settings of a CWMP client: UCI, as easycwmp and icwmp have them ("config acs", then
 * "option url '...'"), or a line "acs.url = ..." for each. What is not read for sure is an
 * error: a line that was passed over might have been the one that weakens it.
 */
#include <ctype.h>
#include <string.h>

#include "lint/internal.h"

struct uci {
	struct settings *settings;
	struct settings_section *root, *in;
	const char *file;
	int line;
	const struct settings_calls *calls;
};

static int fail(const struct uci *u, const char *value, const char *why, const char *remedy)
{
	u->calls->report(u->calls->arg, u->file, u->line, value, "cwmp.syntax", why, remedy);
	return -1;
}

static bool is_word(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_' && s[i] != '-')
			return false;
	return len > 0;
}

/* The next word of *@p before @end, quoted or not. 1, 0 at the end, -1: a quote is open. */
static int next_word(const char **p, const char *end, const char **word, size_t *len)
{
	char quote;

	while (*p < end && isblank((unsigned char)**p))
		++*p;
	if (*p == end || **p == '#')
		return 0;
	quote = (char)(**p == '\'' || **p == '"' ? **p : 0);
	if (quote)
		++*p;
	*word = *p;
	while (*p < end && (quote ? **p != quote : !isblank((unsigned char)**p)))
		++*p;
	*len = (size_t)(*p - *word);
	if (quote && *p == end)
		return -1;
	*p += quote != 0;
	return 1;
}

static int set(struct uci *u, struct settings_section *in, const char *key, size_t keylen,
	       const char *value, size_t len)
{
	struct settings_pair pair = { .file = u->file, .line = u->line };

	pair.key = settings_copy(u->settings, key, keylen);
	pair.value = settings_copy(u->settings, value, len);
	if (!pair.key || !pair.value)
		return fail(u, "", "out of memory", "free some and try again");
	if (settings_get(in, pair.key))
		return fail(u, pair.key, "given twice", "keep one of the lines");
	if (settings_set(u->settings, in, &pair))
		return fail(u, pair.key, "too many settings", "is this the file you meant?");
	return 0;
}

static struct settings_section *section(struct uci *u, const char *name, size_t len)
{
	char *copy = settings_copy(u->settings, name, len);

	return copy ? settings_add(u->settings, u->root, copy, u->file, u->line) : NULL;
}

/* "acs.url = value" */
static int take_pair(struct uci *u, const char *p, const char *end, const char *equals)
{
	const char *dot = memchr(p, '.', (size_t)(equals - p)), *last = equals;
	const char *value = equals + 1;
	struct settings_section *in;

	while (last > p && isblank((unsigned char)last[-1]))
		last--;
	while (value < end && isblank((unsigned char)*value))
		value++;
	while (end > value && isblank((unsigned char)end[-1]))
		end--;
	if (!dot || dot >= last || !is_word(p, (size_t)(dot - p)) ||
	    !is_word(dot + 1, (size_t)(last - dot) - 1))
		return fail(u, "", "neither UCI nor SECTION.KEY = VALUE", "mend the line");
	in = section(u, p, (size_t)(dot - p));
	return in ? set(u, in, dot + 1, (size_t)(last - dot) - 1, value, (size_t)(end - value)) :
		    fail(u, "", "too many sections", "is this the file you meant?");
}

static int take_line(struct uci *u, const char *p, const char *end)
{
	const char *word[3], *more, *equals;
	size_t len[3], ignored;
	int n = 0, rc = 1;

	while (n < 3 && (rc = next_word(&p, end, &word[n], &len[n])) > 0)
		n++;
	if (!n && !rc)
		return 0;
	if (rc > 0)
		rc = next_word(&p, end, &more, &ignored) ? -1 : 0;
	if (!rc && n >= 2 && len[0] == 6 && !memcmp(word[0], "config", 6) && is_word(word[1], len[1])) {
		u->in = section(u, word[1], len[1]);
		return u->in ? 0 : fail(u, "", "too many sections", "is this the file you meant?");
	}
	if (!rc && n == 3 && u->in && is_word(word[1], len[1]) &&
	    ((len[0] == 6 && !memcmp(word[0], "option", 6)) || (len[0] == 4 && !memcmp(word[0], "list", 4))))
		return set(u, u->in, word[1], len[1], word[2], len[2]);
	equals = n ? memchr(word[0], '=', (size_t)(end - word[0])) : NULL;
	if (equals)
		return take_pair(u, word[0], end, equals);
	return fail(u, "", "neither UCI nor SECTION.KEY = VALUE", "mend the line");
}

int settings_parse_cwmp(struct settings *settings, struct settings_section *into, const char *file,
			const char *text, size_t len, const struct settings_calls *calls)
{
	struct uci u = { .settings = settings, .root = into, .file = file, .calls = calls };
	const char *end = text + len;

	if (memchr(text, '\0', len))
		return fail(&u, "", "NUL in a text file", "is this the file you meant?");
	for (const char *p = text, *nl; p < end; p = nl + 1) {
		const char *last;

		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		last = nl > p && nl[-1] == '\r' ? nl - 1 : nl;
		u.line++;
		if (take_line(&u, p, last))
			return -1;
	}
	return 0;
}
