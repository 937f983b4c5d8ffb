// SPDX-License-Identifier: GPL-2.0-or-later
/* Private keys that swanctl would load, though no setting names them. */
#include <glob.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#include "config_lint.h"

static void tell(struct config_report *report, const char *path)
{
	const struct lint_finding f = {
		.level = LINT_ERROR, .file = path, .key = "", .value = "",
		.rule = "swanctl.key-file", .clause = "TS 33.320 7.2.2, HNB-TRE-09",
		.why = "a key in a file can be copied off the box, and swanctl loads this one",
		.remedy = "remove it; name the TrE's key in secrets",
	};

	report_finding(report, &f);
}

void config_keys(struct config_report *report, const char *swanctl)
{
	static const char *const dirs[] = { "private", "rsa", "ecdsa", "pkcs8", "pkcs12" };
	char copy[4096], pattern[4200];
	struct stat st;
	glob_t g;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", swanctl) >= sizeof(copy))
		return;
	swanctl = dirname(copy);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(pattern, sizeof(pattern), "%s/%s/*", swanctl, dirs[i]);
		if (glob(pattern, GLOB_PERIOD, NULL, &g))
			continue;
		for (size_t n = 0; n < g.gl_pathc; n++)
			if (stat(g.gl_pathv[n], &st) == 0 && S_ISREG(st.st_mode))
				tell(report, g.gl_pathv[n]);
		globfree(&g);
	}
}
