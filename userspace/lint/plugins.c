// SPDX-License-Identifier: GPL-2.0-or-later
/* Which plugins the IKE daemon loads. */
#include <stdlib.h>
#include <string.h>

#include "lint/engine.h"

static const char *text_of(const struct settings_pair *pair)
{
	return pair ? pair->value : NULL;
}

/* "plugins.NAME.load": a boolean, or a number, which is a priority. */
static bool wanted(const struct settings_pair *load, bool preset)
{
	const char *value = text_of(load);
	int b = lint_bool(value);
	char *end;
	long prio;

	if (!value)
		return preset;
	prio = strtol(value, &end, 10);
	if (!*end && end != value)
		return prio != 0;
	return b < 0 ? preset : b;
}

static bool listed(const struct settings_pair *load, const char *name, size_t len)
{
	const char *list = text_of(load), *word;
	size_t n;

	while (list && lint_word(&list, ' ', &word, &n)) {
		/* "name!": the daemon does not start without it. */
		if (word[n - 1] == '!')
			n--;
		if (n == len && memcmp(word, name, len) == 0)
			return true;
	}
	return false;
}

bool lint_loads(const struct settings_section *daemon, const char *name, size_t len,
		const struct settings_pair **blame)
{
	const struct settings_section *s = settings_find(daemon, "plugins");
	const struct settings_pair *load = NULL;

	for (s = s ? s->sections : NULL; s; s = s->next)
		if (strlen(s->name) == len && memcmp(s->name, name, len) == 0)
			load = settings_get(s, "load");
	if (load)
		*blame = load;
	if (lint_bool(text_of(settings_get(daemon, "load_modular"))) == 1)
		return wanted(load, false);
	if (!listed(settings_get(daemon, "load"), name, len))
		return false;
	if (!load)
		*blame = settings_get(daemon, "load");
	return wanted(load, true);
}
