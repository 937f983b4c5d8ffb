// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of "trustgate policy": read whole, written whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "policy.h"

static int read_all(int fd, size_t max, struct policy_text *t)
{
	size_t room = 0;
	ssize_t n;

	do {
		if (t->len + 1 >= room) {
			char *more = realloc(t->data, room ? 2 * room : 65536);

			if (!more)
				return -ENOMEM;
			t->data = more;
			room = room ? 2 * room : 65536;
		}
		n = read(fd, t->data + t->len, room - 1 - t->len);
		if (n < 0 && errno != EINTR)
			return -errno;
		t->len += n > 0 ? (size_t)n : 0;
		if (t->len > max)
			return -EFBIG;
	} while (n);
	t->data[t->len] = '\0';
	return 0;
}

int policy_read(const char *path, size_t max, struct policy_text *t)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int rc;

	*t = (struct policy_text){ 0 };
	if (fd < 0)
		return -errno;
	rc = read_all(fd, max, t);
	if (!standard)
		close(fd);
	if (rc) {
		free(t->data);
		*t = (struct policy_text){ 0 };
	}
	return rc;
}

int policy_need(const char *path, size_t max, struct policy_text *t)
{
	int rc = policy_read(path, max, t);

	if (!rc)
		return 0;
	complain(path, strerror(-rc), rc == -EFBIG ? "is this the file you meant?" :
		 "give a readable file");
	return EXIT_USAGE;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Or the rename is forgotten when the power goes. */
static int sync_directory(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int rc = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	free(copy);
	return rc;
}

static int write_file(const char *path, const char *data, size_t len)
{
	char *tmp = NULL;
	int fd, rc;

	if (asprintf(&tmp, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(tmp, O_CLOEXEC);
	rc = fd < 0 ? -errno : write_all(fd, data, len);
	if (!rc && (fchmod(fd, 0644) || fsync(fd)))
		rc = -errno;
	if (fd >= 0 && close(fd) && !rc)
		rc = -errno;
	if (!rc && rename(tmp, path))
		rc = -errno;
	if (rc && fd >= 0)
		unlink(tmp);
	free(tmp);
	return rc ? rc : sync_directory(path);
}

int policy_write(const char *path, const char *data, size_t len)
{
	int rc;

	if (!path || !strcmp(path, "-"))
		return fwrite(data, 1, len, stdout) == len ? EXIT_OPEN : EXIT_FAILED;
	rc = write_file(path, data, len);
	if (!rc)
		return EXIT_OPEN;
	complain(path, strerror(-rc), "may it be written, and is there room on the disk?");
	return rc == -EACCES || rc == -EPERM ? EXIT_PERM : EXIT_FAILED;
}

struct tre_policy *policy_load(const char *path, struct policy_text *t)
{
	struct tre_policy *policy;
	char err[256];

	if (policy_need(path, TRE_POLICY_MAX, t))
		return NULL;
	policy = tre_policy_parse(t->data, t->len, err, sizeof(err));
	if (!policy)
		complain(path, err, NULL);
	return policy;
}

static void on_error(void *arg, const char *file, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	char what[512];

	(void)arg;
	snprintf(what, sizeof(what), "%s:%d: %s%s%s", file, line, key, *value ? " = " : "", value);
	complain(what, rule, remedy);
}

static void on_default(void *arg, const char *file, int line, const char *key, const char *value,
		       const char *rule, const char *remedy)
{
	(void)arg, (void)file, (void)line, (void)key, (void)value, (void)rule, (void)remedy;
}

int policy_config(const char *path, struct config *c)
{
	const char *tcti = getenv("TRUSTGATE_TCTI");

	/* Without the file what is needed elsewhere lacks; the defaults of [tre] are there. */
	if (!path && access(CONFIG_PATH, R_OK))
		config_parse("", "", 0, c, on_default, NULL);
	else if (config_load(path ? path : CONFIG_PATH, c, on_error, NULL))
		return EXIT_USAGE;
	if (tcti && *tcti)
		snprintf(c->tre.tcti, sizeof(c->tre.tcti), "%s", tcti);
	return 0;
}

int policy_mask(const char *s, uint32_t *mask)
{
	const char *all = s;

	for (*mask = 0; *s;) {
		char *end;
		unsigned long from = strtoul(s, &end, 10), to = from;

		if (end != s && *end == '-') {
			s = end + 1;
			to = strtoul(s, &end, 10);
		}
		if (end == s || from > to || to >= TRE_PCRS || (*end && *end != ','))
			return usage_error(all, "not a list of PCRs, as 0-7,10");
		for (; from <= to; from++)
			*mask |= 1u << from;
		s = *end ? end + 1 : end;
	}
	return *mask ? 0 : usage_error("PCRs", "none is named, write for example 0-7,10");
}
