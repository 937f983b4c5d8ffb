// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of "trustgate report": a few hundred octets each. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "report.h"

int report_read(const char *path, uint8_t *out, size_t room, size_t *len)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
	int err = fd < 0 ? errno : 0;
	ssize_t n = 1;

	*len = 0;
	while (!err && n > 0 && *len < room) {
		n = read(fd, out + *len, room - *len);
		if (n > 0)
			*len += (size_t)n;
		else if (n < 0 && errno != EINTR)
			err = errno;
		else if (n < 0)
			n = 1;
	}
	if (!err && *len == room)
		err = EFBIG;
	if (fd > STDIN_FILENO)
		close(fd);
	if (!err)
		return 0;
	complain(path, strerror(err), "give a readable file");
	return EXIT_USAGE;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : EIO;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int report_write(const char *path, const void *data, size_t len)
{
	int fd = STDOUT_FILENO, err;

	fflush(stdout);
	if (strcmp(path, "-"))
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
	err = fd < 0 ? errno : write_all(fd, data, len);
	if (fd > STDOUT_FILENO && close(fd) && !err)
		err = errno;
	if (!err)
		return 0;
	complain(path, strerror(err), "name another file");
	return EXIT_FAILED;
}
