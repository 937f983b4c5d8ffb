// SPDX-License-Identifier: GPL-2.0-or-later
/* Digests of what a root tree has: an image, a chroot, or this box's own. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "policy.h"

/* What is in there no two boxes share, or no disk has. */
static bool is_skipped(const char *path)
{
	static const char * const dirs[] = {
		"/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/var/log", "/var/cache",
		"/lost+found",
	};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (!strcmp(path, dirs[i]))
			return true;
	return false;
}

static int digest_fd(EVP_MD_CTX *ctx, int fd, uint8_t digest[TRE_DIGEST_LEN])
{
	static uint8_t buf[1 << 17];
	ssize_t n;

	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && EVP_DigestUpdate(ctx, buf, (size_t)n) != 1)
			return -ENOMEM;
	}
	return EVP_DigestFinal_ex(ctx, digest, NULL) == 1 ? 0 : -ENOMEM;
}

static int add_file(struct book *b, EVP_MD_CTX *ctx, const char *file, const char *path)
{
	uint8_t digest[TRE_DIGEST_LEN];
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	int rc = fd < 0 ? -errno : digest_fd(ctx, fd, digest);

	if (fd >= 0)
		close(fd);
	if (!rc)
		book_add(b, TRE_RULE_IMA_ALLOW, 0, digest, path, strlen(path));
	else
		complain(file, strerror(-rc), "run as root, or give a tree that can be read as a whole");
	return rc ? EXIT_FAILED : 0;
}

static int visit(struct book *b, EVP_MD_CTX *ctx, FTS *tree, FTSENT *at, size_t prefix)
{
	const char *path = at->fts_path + prefix;

	switch (at->fts_info) {
	case FTS_D:
		if (is_skipped(path))
			fts_set(tree, at, FTS_SKIP);
		return 0;
	case FTS_F:
		return add_file(b, ctx, at->fts_path, path);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		complain(at->fts_path, strerror(at->fts_errno), "give a tree that can be read as a whole");
		return EXIT_FAILED;
	default:
		return 0;
	}
}

/* A path as the kernel will see it begins behind the tree's own. */
static size_t prefix_of(char *root)
{
	size_t len = strlen(root);

	while (len && root[len - 1] == '/')
		root[--len] = '\0';
	return len;
}

int book_add_tree(struct book *b, const char *given)
{
	char *root = strdup(given), *paths[2];
	const size_t before = b->n;
	struct stat st;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t prefix = root ? prefix_of(root) : 0;
	FTS *tree = NULL;
	FTSENT *at;
	int rc = 0;

	if (root && (!*given || stat(given, &st) || !S_ISDIR(st.st_mode))) {
		complain(*given ? given : "--root", !*given ? "names nothing" : access(given, F_OK) ?
			 strerror(errno) : "is no directory", "name the root of a tree");
		free(root);
		EVP_MD_CTX_free(ctx);
		return EXIT_USAGE;
	}
	paths[0] = prefix ? root : (char *)"/";
	paths[1] = NULL;
	if (root && ctx)
		tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!tree) {
		complain(given, strerror(ENOMEM), "free memory and try again");
		rc = EXIT_FAILED;
	}
	while (!rc && (at = fts_read(tree)))
		rc = visit(b, ctx, tree, at, prefix);
	if (tree)
		fts_close(tree);
	EVP_MD_CTX_free(ctx);
	free(root);
	if (!rc && b->n == before && !b->failed) {
		complain(given, "has no regular file that a policy is about", "is this the tree you meant?");
		rc = EXIT_FAILED;
	}
	return rc;
}
