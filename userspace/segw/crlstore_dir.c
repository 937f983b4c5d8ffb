// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of the CRL store. A new one is written beside, synced, and renamed over the
 * old; then the directory is synced. What a crash leaves behind has a name that
 * nobody reads, and the next import takes its place.
 */
#include "segw/crlstore_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define PATH_ROOM	4096
#define NAME_ROOM	CRLSTORE_NAME_ROOM

static char *put_hex(char *out, const uint8_t *octets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out += sprintf(out, "%02x", octets[i]);
	return out;
}

int crlstore_name(enum rev_class class, struct pki_der issuer, const uint8_t *scope,
		  char out[NAME_ROOM])
{
	const uint8_t *p = issuer.data;
	X509 *cert = d2i_X509(NULL, &p, (long)issuer.len);
	uint8_t digests[2][PKI_DIGEST_LEN], digest[PKI_DIGEST_LEN];
	unsigned char *key = NULL;
	int len = -1, err = -EINVAL;

	if (cert)
		len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &key);
	if (len > 0 && X509_NAME_digest(X509_get_subject_name(cert), EVP_sha256(), digests[0], NULL) == 1 &&
	    EVP_Digest(key, (size_t)len, digests[1], NULL, EVP_sha256(), NULL) == 1 &&
	    EVP_Digest(digests, sizeof(digests), digest, NULL, EVP_sha256(), NULL) == 1)
		err = 0;
	OPENSSL_free(key);
	X509_free(cert);
	if (err)
		return err;
	out += snprintf(out, NAME_ROOM, "%s-", rev_class_name(class));
	out = put_hex(out, digest, sizeof(digest));
	if (scope) {
		*out++ = '-';
		put_hex(out, scope, CRLSTORE_SCOPE_LEN);
	}
	return 0;
}

bool crlstore_name_is_of(const char *name, const char *base)
{
	size_t n = strlen(base);

	return !strncmp(name, base, n) && (!name[n] || name[n] == '-');
}

/* @dir and the directory above it. */
static int make_dir(const char *dir)
{
	const char *slash = strrchr(dir, '/');
	char above[PATH_ROOM];

	if (slash && slash > dir && (size_t)(slash - dir) < sizeof(above)) {
		memcpy(above, dir, (size_t)(slash - dir));
		above[slash - dir] = '\0';
		if (mkdir(above, 0755) && errno != EEXIST)
			return -errno;
	}
	return mkdir(dir, 0755) && errno != EEXIST ? -errno : 0;
}

static int lock_dir(const char *dir, int how)
{
	int fd, err;

	err = make_dir(dir);
	if (err)
		return err;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!flock(fd, how))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int crlstore_dir_lock(const char *dir)
{
	return lock_dir(dir, LOCK_EX);
}

int crlstore_dir_trylock(const char *dir)
{
	return lock_dir(dir, LOCK_EX | LOCK_NB);
}

void crlstore_dir_unlock(int lock)
{
	close(lock);
}

static int write_all(int fd, struct pki_der der)
{
	while (der.len) {
		ssize_t n = write(fd, der.data, der.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		der.data += n;
		der.len -= (size_t)n;
	}
	return 0;
}

int crlstore_dir_replace(const char *dir, enum rev_class class, struct pki_der issuer,
			 const uint8_t *scope, struct pki_der crl)
{
	char name[NAME_ROOM];
	int err = crlstore_name(class, issuer, scope, name);

	return err ? err : crlstore_dir_put(dir, name, issuer, crl);
}

static bool is_digests(const char *s)
{
	static const char digits[] = "0123456789abcdef";
	const size_t hex = 2 * (size_t)PKI_DIGEST_LEN;

	if (strspn(s, digits) != hex)
		return false;
	s += hex;
	return !*s || (*s == '-' && strspn(s + 1, digits) == 2 * (size_t)CRLSTORE_SCOPE_LEN &&
		       !s[1 + 2 * CRLSTORE_SCOPE_LEN]);
}

static bool class_of(const char *name, enum rev_class *class)
{
	for (*class = 0; *class < REV_CLASSES; ++*class) {
		size_t n = strlen(rev_class_name(*class));

		if (!strncmp(name, rev_class_name(*class), n) && name[n] == '-' &&
		    is_digests(name + n + 1))
			return true;
	}
	return false;
}

int crlstore_dir_put(const char *dir, const char *name, struct pki_der issuer,
		     struct pki_der crl)
{
	int at, fd, err;
	char temp[NAME_ROOM + 8];
	enum rev_class class;

	if (!class_of(name, &class) || strchr(name, '/'))
		return -EINVAL;
	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return -errno;
	snprintf(temp, sizeof(temp), ".%s.new", name);
	unlinkat(at, temp, 0);
	fd = openat(at, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	err = fd < 0 ? -errno : write_all(fd, issuer);
	if (!err)
		err = write_all(fd, crl);
	if (!err && fsync(fd))
		err = -errno;
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (!err && renameat(at, temp, at, name))
		err = -errno;
	if (err && fd >= 0)
		unlinkat(at, temp, 0);
	/* The rename is done; what is left to fear is that it does not last. */
	if (!err && fsync(at))
		err = -errno;
	close(at);
	return err;
}

/* Octets of the DER SEQUENCE at @p, 0 when there is none of at most @left. */
static size_t sequence(const uint8_t *p, size_t left)
{
	size_t len, n;

	if (left < 2 || p[0] != 0x30)
		return 0;
	if (p[1] < 0x80)
		return p[1] + 2u <= left ? p[1] + 2u : 0;
	n = p[1] & 0x7f;
	if (!n || n > 4 || left < 2 + n)
		return 0;
	len = 0;
	for (size_t i = 0; i < n; i++)
		len = len << 8 | p[2 + i];
	return len <= left - 2 - n ? 2 + n + len : 0;
}

static int split(struct crlstore_file *f)
{
	size_t first = f->map ? sequence(f->map, f->len) : 0;

	if (!first || sequence(f->map + first, f->len - first) != f->len - first)
		return -EBADMSG;
	f->issuer = (struct pki_der){ f->map, first };
	f->crl = (struct pki_der){ f->map + first, f->len - first };
	return 0;
}

static int open_at(int at, const char *name, struct crlstore_file *f)
{
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err = 0;
	struct stat st;

	memset(f, 0, sizeof(*f));
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size < 4)
		err = -EBADMSG;
	if (!err) {
		/* Files are renamed over, never written to: the map stays what it is. */
		f->len = (size_t)st.st_size;
		f->map = mmap(NULL, f->len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (f->map == MAP_FAILED) {
			err = -errno;
			f->map = NULL;
		}
	}
	close(fd);
	err = err ? err : split(f);
	if (err)
		crlstore_close(f);
	return err;
}

int crlstore_open(const char *dir, enum rev_class class, struct pki_der issuer,
		  const uint8_t *scope, struct crlstore_file *file)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	char name[NAME_ROOM];

	memset(file, 0, sizeof(*file));
	if (at < 0)
		return -errno;
	err = crlstore_name(class, issuer, scope, name);
	if (!err)
		err = open_at(at, name, file);
	close(at);
	return err;
}

void crlstore_close(struct crlstore_file *file)
{
	if (file->map)
		munmap(file->map, file->len);
	memset(file, 0, sizeof(*file));
}

int crlstore_each(const char *dir,
		  int (*each)(void *arg, enum rev_class class, const char *path,
			      struct crlstore_file *file), void *arg)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int rc = 0;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while (!rc && (e = readdir(d))) {
		struct crlstore_file file;
		char path[PATH_ROOM];
		enum rev_class class;

		if (!class_of(e->d_name, &class))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		rc = open_at(dirfd(d), e->d_name, &file);
		/* One that can't be read is still one to tell of. */
		rc = rc == -ENOMEM ? rc : each(arg, class, path, &file);
		crlstore_close(&file);
	}
	closedir(d);
	return rc;
}
