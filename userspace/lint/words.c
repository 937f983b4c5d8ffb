// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of words, and what strongSwan takes for a boolean. */
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "lint/engine.h"

bool lint_word(const char **list, char sep, const char **word, size_t *len)
{
	const char stop[] = { ' ', '\t', sep, '\0' };

	*word = *list + strspn(*list, stop);
	*len = strcspn(*word, stop);
	*list = *word + *len;
	return *len > 0;
}

bool lint_matches(const char *words, const char *value)
{
	const char *word;
	size_t len;

	while (lint_word(&words, ' ', &word, &len)) {
		char pattern[128];

		if (len >= sizeof(pattern))
			continue;
		memcpy(pattern, word, len);
		pattern[len] = '\0';
		if (fnmatch(pattern, value, FNM_CASEFOLD | FNM_NOESCAPE) == 0)
			return true;
	}
	return false;
}

int lint_bool(const char *value)
{
	static const char *const words[][4] = {
		{ "0", "no", "false", "disabled" },
		{ "1", "yes", "true", "enabled" },
	};

	for (int b = 0; value && b < 2; b++)
		for (size_t i = 0; i < ARRAY_SIZE(words[b]); i++)
			if (strcasecmp(value, words[b][i]) == 0)
				return b;
	return -1;
}
