// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of a configuration, and those that they include. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_lint.h"

/* strongSwan has no such limits, and never ends with a file that includes itself. */
#define FILES_MAX	1024
#define INCLUDES_MAX	16

static int read_all(int fd, char *buf, size_t size, size_t *len)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	for (*len = 0; *len < size; *len += (size_t)n) {
		n = read(fd, buf + *len, size - *len);
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
	}
	return -EFBIG;
}

char *config_read(struct config_report *report, const char *path, size_t max, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err;
	char *text = malloc(max + 2);

	*len = 0;
	if (!text)
		err = -ENOMEM;
	else
		err = fd < 0 ? -errno : read_all(fd, text, max + 1, len);
	if (fd >= 0)
		close(fd);
	if (text && !err) {
		text[*len] = '\0';
		return text;
	}
	free(text);
	report_error(report, path, 0, "", "", "config.file", strerror(-err),
		     "name a regular file that you may read and that is not too large");
	return NULL;
}

static void on_error(void *arg, const char *file, int line, const char *value, const char *rule,
		     const char *why, const char *remedy)
{
	struct config_tree *tree = arg;

	tree->failed = true;
	/* A name in a file that is not read to its end may be half of a secret: the line says
	 * which it is. A file's name is shown.
	 */
	if (strcmp(rule, "settings.include") != 0 || !strchr(value, '/'))
		value = "";
	report_error(tree->report, file, line, "", value, rule, why, remedy);
}

/* Relative patterns count from the directory of the file that includes. */
static int full_pattern(char *buf, size_t size, const char *pattern, const char *file)
{
	char copy[4096];
	int n;

	if (*pattern == '/')
		return (size_t)snprintf(buf, size, "%s", pattern) < size ? 0 : -1;
	if ((size_t)snprintf(copy, sizeof(copy), "%s", file) >= sizeof(copy))
		return -1;
	n = snprintf(buf, size, "%s/%s", dirname(copy), pattern);
	return n >= 0 && (size_t)n < size ? 0 : -1;
}

static int include(void *arg, struct settings *settings, struct settings_section *into,
		   const char *pattern, const char *file, int line)
{
	struct config_tree *tree = arg;
	char full[4096];
	glob_t g;
	int rc;

	(void)settings;
	if (tree->depth > INCLUDES_MAX || full_pattern(full, sizeof(full), pattern, file)) {
		on_error(tree, file, line, pattern, "settings.include",
			 "includes nested too deeply, or too long a name",
			 "take the file out of the loop");
		return -1;
	}
	rc = glob(full, GLOB_ERR, NULL, &g);
	if (rc == GLOB_NOMATCH) {
		if (strpbrk(pattern, "*?["))
			return 0;
		on_error(tree, file, line, pattern, "settings.include",
			 "there is no such file, and strongSwan would not say so",
			 "mend the name, or remove the line");
		return -1;
	}
	if (rc) {
		on_error(tree, file, line, pattern, "settings.include", "can't be looked for",
			 "see that its directory may be read");
		return -1;
	}
	for (size_t i = 0; !rc && i < g.gl_pathc; i++)
		rc = tree_read(tree, into, g.gl_pathv[i]);
	globfree(&g);
	return rc;
}

struct settings *tree_init(struct config_tree *tree, struct config_report *report)
{
	*tree = (struct config_tree){ .report = report, .settings = settings_new() };
	if (!tree->settings)
		on_error(tree, "settings", 0, "", "settings.memory", "out of memory",
			 "free some and try again");
	return tree->settings;
}

struct settings_calls tree_calls(struct config_tree *tree)
{
	return (struct settings_calls){ .report = on_error, .include = include, .arg = tree };
}

int tree_read(struct config_tree *tree, struct settings_section *into, const char *path)
{
	struct settings_calls calls = tree_calls(tree);
	char *text;
	size_t len;
	int rc;

	if (tree->files++ >= FILES_MAX) {
		on_error(tree, path, 0, "", "settings.include", "more files than are looked at",
			 "include fewer");
		return -1;
	}
	text = config_read(tree->report, path, SETTINGS_FILE_MAX, &len);
	if (!text) {
		tree->failed = true;
		return -1;
	}
	tree->depth++;
	rc = settings_parse(tree->settings, into, path, text, len, &calls);
	tree->depth--;
	free(text);
	return rc;
}
