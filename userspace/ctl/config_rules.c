// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding and reading the rules for strongSwan's configuration and a CWMP client's. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_lint.h"

#ifndef SHARE_DIR
#define SHARE_DIR	"/usr/share/trustgate"
#endif

static void on_error(void *arg, const char *file, int line, const char *value, const char *rule,
		     const char *why, const char *remedy)
{
	report_error(arg, file, line, "", value, rule, why, remedy);
}

/* In the directory of the running program, for one that was not installed. */
static bool beside_program(const char *name, char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return false;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	slash[1] = '\0';
	n = snprintf(path, PATH_MAX, "%slint/%s.rules", self, name);
	return n < PATH_MAX && access(path, F_OK) == 0;
}

struct lint_rules *config_rules(struct config_report *report, const char *name)
{
	const struct settings_calls calls = { .report = on_error, .arg = report };
	char own[64], shared[PATH_MAX], beside[PATH_MAX];
	const char *path = shared;
	struct lint_rules *rules = NULL;
	size_t len;
	char *text;

	snprintf(own, sizeof(own), "/etc/trustgate/lint/%s.rules", name);
	snprintf(shared, sizeof(shared), SHARE_DIR "/lint/%s.rules", name);
	if (access(own, F_OK) == 0)
		path = own;
	else if (beside_program(name, beside))
		path = beside;
	text = config_read(report, path, SETTINGS_FILE_MAX, &len);
	if (text)
		rules = lint_rules_parse(path, text, len, &calls);
	free(text);
	return rules;
}
