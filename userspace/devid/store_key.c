// SPDX-License-Identifier: GPL-2.0-or-later
/* The file that opens the store. Lost, the store is; so it is made once, and never over. */
#include "devid/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>

/* Or the store may outlive a power cut, and its key not. */
static int sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";
	int fd, err;

	if (slash && (size_t)(slash - path) < sizeof(dir) - 1) {
		memcpy(dir, path, (size_t)(slash - path) + 1);
		dir[slash - path + 1] = '\0';
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fsync(fd) ? -errno : 0;
	close(fd);
	return err;
}

static int make_key(const char *path)
{
	uint8_t key[STORE_KEY_LEN];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), err = 0;

	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	if (getrandom(key, sizeof(key), 0) != sizeof(key) ||
	    write(fd, key, sizeof(key)) != sizeof(key) || fsync(fd))
		err = errno ? -errno : -EIO;
	close(fd);
	err = err ? err : sync_directory(path);
	if (err)
		unlink(path);
	OPENSSL_cleanse(key, sizeof(key));
	return err;
}

static int read_key(int fd, uint8_t key[STORE_KEY_LEN], const char **why)
{
	uint8_t more;
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_mode & 077) {
		*why = "others may read it (chmod 600)";
		return -EPERM;
	}
	if (read(fd, key, STORE_KEY_LEN) == STORE_KEY_LEN && read(fd, &more, 1) == 0)
		return 0;
	*why = "it has not 32 octets (restore it from a backup)";
	return -EBADMSG;
}

int store_key_load(const char *path, bool make, uint8_t key[STORE_KEY_LEN], char *err, size_t errlen)
{
	int rc = make ? make_key(path) : 0, fd = -1;
	const char *why = NULL;

	if (!rc) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		rc = fd < 0 ? -errno : read_key(fd, key, &why);
	}
	if (fd >= 0)
		close(fd);
	if (rc && why)
		snprintf(err, errlen, "%.120s: %s", path, why);
	else if (rc)
		snprintf(err, errlen, "%.120s: %s (may this process read it?)", path, strerror(-rc));
	return rc;
}
