// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding and reading the file of a certificate profile. */
#include "agent/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The Makefile says otherwise for another PREFIX. */
#ifndef PROFILE_DIR
#define PROFILE_DIR	"/usr/share/trustgate/profiles"
#endif

/* "DIR/profiles/NAME.conf" for the directory of the running program. */
static int beside_program(const char *name, char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return -1;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return -1;
	*slash = '\0';
	n = snprintf(path, PATH_MAX, "%s/profiles/%s.conf", self, name);
	return n < 0 || n >= PATH_MAX ? -1 : 0;
}

static int open_profile(const char *name, char path[PATH_MAX])
{
	static const char *const dirs[] = { "/etc/trustgate/profiles", NULL, PROFILE_DIR };
	int fd = -1, n;

	if (strchr(name, '/')) {
		n = snprintf(path, PATH_MAX, "%s", name);
		return n < PATH_MAX ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
	}
	for (size_t i = 0; fd < 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (dirs[i])
			n = snprintf(path, PATH_MAX, "%s/%s.conf", dirs[i], name);
		else
			n = beside_program(name, path);
		if (n >= 0 && n < PATH_MAX)
			fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		/* One that is there and can't be read is not to be passed over. */
		if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
			break;
	}
	return fd;
}

/* Octets read, or -errno. */
static ssize_t read_text(int fd, char *buf, size_t size)
{
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	while (len < size) {
		n = read(fd, buf + len, size - len);
		if (n < 0)
			return -errno;
		if (!n)
			return (ssize_t)len;
		len += (size_t)n;
	}
	return -EFBIG;
}

int profile_load(const char *name, struct pki_profile *out, pki_profile_report_fn *report,
		 void *arg)
{
	static const char remedy[] = "give seed, rel9, rel17, rel17-strict, or a file with a / in it";
	char *text = malloc(PKI_PROFILE_MAX + 1), path[PATH_MAX] = "";
	int fd = open_profile(name, path), errors = 1;
	ssize_t len;

	if (fd < 0) {
		report(arg, name, 0, "", "", strerror(errno), remedy);
	} else {
		len = text ? read_text(fd, text, PKI_PROFILE_MAX + 1) : -ENOMEM;
		if (len < 0)
			report(arg, path, 0, "", "", strerror((int)-len), remedy);
		else
			errors = pki_profile_parse(path, text, (size_t)len, out, report, arg);
		close(fd);
	}
	free(text);
	return errors;
}
