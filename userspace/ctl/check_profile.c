// SPDX-License-Identifier: GPL-2.0-or-later
/* The certificate profile that "trustgate check" is to judge by. */
#include "agent/profile.h"
#include "check.h"

static void on_error(void *arg, const char *file, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	char what[2 * TEXT_ROOM], v[256], where[32] = "";

	(void)arg;
	if (line)
		snprintf(where, sizeof(where), ":%d", line);
	clean(v, sizeof(v), value);
	snprintf(what, sizeof(what), "%s%s%s%s%s%s", file, where, *key ? ": " : "", key,
		 *v ? " = " : "", v);
	complain(what, rule, remedy);
}

int check_profile(const char *name, struct pki_profile *profile)
{
	if (profile_load(name ? name : PROFILE_DEFAULT, profile, on_error, NULL))
		return EXIT_USAGE;
	return 0;
}
