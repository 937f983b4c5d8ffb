// SPDX-License-Identifier: GPL-2.0-or-later
/* Profiles for tests, as they are shipped or with a rule changed. */
#include <stdio.h>
#include <string.h>
#include "ca.h"
#include "pki/profile.h"

static void on_error(void *arg, const char *file, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	(void)arg;
	printf("# %s:%d: %s = %s: %s (%s)\n", file, line, key, value, rule, remedy);
}

/* Where this tree has them, or where they were installed. */
static size_t read_profile(const char *name, char *text, size_t size)
{
	static const char *const dirs[] = { "../../policy/profiles",
					    "/usr/share/trustgate/profiles" };
	char path[256];
	size_t len = 0;
	FILE *f;

	for (size_t i = 0; !len && i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s.conf", dirs[i], name);
		f = fopen(path, "r");
		if (!f)
			continue;
		len = fread(text, 1, size - 1, f);
		fclose(f);
	}
	text[len] = 0;
	return len;
}

void ca_profile(struct pki_profile *out, const char *name, const char *from, const char *to)
{
	static char text[PKI_PROFILE_MAX], bent[PKI_PROFILE_MAX];
	const char *at = read_profile(name, text, sizeof(text)) ? text : NULL, *hit;
	size_t len = 0;

	if (!at)
		ca_die(name);
	/* Everywhere, as a rule stands in more than one section. */
	while (from && (hit = strstr(at, from))) {
		len += (size_t)snprintf(bent + len, sizeof(bent) - len, "%.*s%s",
					(int)(hit - at), at, to);
		at = hit + strlen(from);
	}
	if (from && at == text)
		ca_die(from);
	snprintf(bent + len, sizeof(bent) - len, "%s", at);
	if (pki_profile_parse(name, bent, strlen(bent), out, on_error, NULL))
		ca_die(name);
}
