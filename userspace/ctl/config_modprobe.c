// SPDX-License-Identifier: GPL-2.0-or-later
/* modprobe.d(5): that pktgen, whose packets pass no gate, is kept out. */
#include <string.h>

#include "config_lint.h"

/* The next word of the line at *@p, which ends before @end; its length. */
static size_t next_word(const char **p, const char *end, const char **word)
{
	while (*p < end && strchr(" \t\r", **p))
		++*p;
	*word = *p;
	while (*p < end && !strchr(" \t\r", **p))
		++*p;
	return (size_t)(*p - *word);
}

static bool is(const char *word, size_t len, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i]) == len && memcmp(word, words[i], len) == 0)
			return true;
	return false;
}

bool config_is_modprobe(const char *line, size_t len)
{
	static const char *const commands[] = { "install", "options", "blacklist", "alias",
						"softdep", "remove" };
	const char *p = line, *word;
	size_t n = next_word(&p, line + len, &word);

	/* Settings have a brace or a "=" behind their first word. */
	return is(word, n, commands, ARRAY_SIZE(commands)) &&
	       next_word(&p, line + len, &word) && !strchr("{=", *word);
}

/* "install pktgen /bin/false" */
static bool keeps_pktgen_out(const char *line, const char *end)
{
	static const char *const words[][3] = {
		{ "install" }, { "pktgen" },
		{ "/bin/false", "/usr/bin/false", "/bin/true" },
	};
	const char *word;
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		n = next_word(&line, end, &word);
		if (!is(word, n, words[i], i == 2 ? 3 : 1))
			return false;
	}
	return true;
}

void config_modprobe(struct config_report *report, const char *path, const char *text, size_t len)
{
	const char *end = text + len, *p = text, *nl;
	int line = 0;

	for (; p < end; p = nl + 1) {
		const char *word, *q = p;
		size_t n;

		line++;
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			nl = end;
		n = next_word(&q, nl, &word);
		if (keeps_pktgen_out(p, nl))
			return;
		if (n && *word != '#' && !config_is_modprobe(p, (size_t)(nl - p)))
			report_error(report, path, line, "", "", "modprobe.syntax",
				     "not a command of modprobe.d", "see modprobe.d(5)");
	}
	report_error(report, path, 0, "", "", "modprobe.pktgen",
		     "pktgen's packets pass no hook, so that no gate holds them",
		     "say install pktgen /bin/false");
}
