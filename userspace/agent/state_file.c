// SPDX-License-Identifier: GPL-2.0-or-later
/* Written beside and renamed over: a torn file would be no file. */
#include "agent/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/config.h"

static int write_all(int fd, const char *text, size_t len)
{
	ssize_t n = write(fd, text, len);

	if (n != (ssize_t)len)
		return n < 0 ? -errno : -EIO;
	return fsync(fd) ? -errno : 0;
}

/* That the rename lasts; where a directory can't be synced, the file is there all the same. */
static void sync_dir(const char *path)
{
	char dir[CONFIG_TEXT_MAX + 1];
	char *slash;
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (!slash)
		return;
	slash[slash == dir] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int state_file_write(const char *path, const char *text, size_t len)
{
	char temp[CONFIG_TEXT_MAX + 8];
	int fd, err;

	snprintf(temp, sizeof(temp), "%s.new", path);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text, len);
	close(fd);
	if (!err && rename(temp, path))
		err = -errno;
	if (!err)
		sync_dir(path);
	return err;
}

ssize_t state_file_read(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (len < room && (n = read(fd, out + len, room - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? n : (ssize_t)len;
}
