// SPDX-License-Identifier: GPL-2.0-or-later
#include "segw/rounds.h"

#include <string.h>
#include <strings.h>

#include "segw/config_values.h"

const char *rounds_check(const char *list)
{
	char name[SEGW_TEXT_MAX + 1];

	while (value_next(&list, name, sizeof(name))) {
		const char *star = strchr(name, '*');

		if (!*name)
			return "an empty element";
		if (star && (star != name || strchr(star + 1, '*') ||
			     (name[1] && (name[1] != '.' || !name[2]))))
			return "a * stands for all, or before a dot for what is left of a domain";
	}
	return NULL;
}

static bool matches(const char *pattern, const char *identity)
{
	size_t n = strlen(identity), tail = strlen(pattern) - 1;

	if (*pattern != '*')
		return !strcasecmp(pattern, identity);
	/* Of *.DOMAIN what is left of the dot is not empty. */
	return !tail || (n > tail && !strcasecmp(identity + n - tail, pattern + 1));
}

bool rounds_combined(const char *list, const char *identity)
{
	char name[SEGW_TEXT_MAX + 1];

	while (value_next(&list, name, sizeof(name)))
		if (matches(name, identity))
			return true;
	return false;
}
