// SPDX-License-Identifier: GPL-2.0-or-later
/* Files into memory. They are the operator's own; what peers send is not parsed here. */
#include "segw/world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <openssl/pem.h>

#define CERT_FILE_MAX	65536
#define SETTLE_MS	1000

struct teller {
	segw_report_fn *report;
	void *arg;
};

static void tell(const struct teller *t, const char *file, int line, const char *value,
		 const char *why, const char *remedy)
{
	t->report(t->arg, file, line, "", value, why, remedy);
}

/* All of a regular file of at most @max octets, with a NUL behind, or NULL and errno. */
static uint8_t *read_file(const char *path, size_t max, size_t *len, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	uint8_t *data = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, st) || !S_ISREG(st->st_mode) || (uintmax_t)st->st_size > max) {
		errno = errno ? errno : EINVAL;
	} else {
		data = malloc((size_t)st->st_size + 1);
		n = data ? read(fd, data, (size_t)st->st_size) : -1;
		if (n != st->st_size) {
			free(data);
			data = NULL;
			errno = errno ? errno : EIO;
		} else {
			data[n] = '\0';
			*len = (size_t)n;
		}
	}
	close(fd);
	return data;
}

/* One certificate, PEM or DER. @out lasts as long as the process. */
static int load_cert(const struct teller *t, const char *path, struct pki_der *out)
{
	unsigned char *der = NULL;
	struct stat st;
	size_t len = 0;
	long der_len;
	uint8_t *data;
	BIO *bio;

	errno = 0;
	data = read_file(path, CERT_FILE_MAX, &len, &st);
	if (!data) {
		tell(t, path, 0, "", strerror(errno), "put the certificate there");
		return -1;
	}
	*out = (struct pki_der){ data, len };
	bio = BIO_new_mem_buf(data, (int)len);
	if (bio && PEM_bytes_read_bio(&der, &der_len, NULL, PEM_STRING_X509, bio, NULL, NULL) == 1) {
		*out = (struct pki_der){ der, (size_t)der_len };
		free(data);
	}
	BIO_free(bio);
	if (out->len > 2 && out->data[0] == 0x30)
		return 0;
	tell(t, path, 0, "", "is not a certificate", "give PEM or DER");
	return -1;
}

int world_cert(const char *path, struct pki_der *out, segw_report_fn *report, void *arg)
{
	const struct teller t = { report, arg };

	return load_cert(&t, path, out);
}

static int load_signers(const struct teller *t, const char *path, struct pki_signers *out)
{
	struct stat st;
	const char *why;
	size_t len = 0;
	uint8_t *data;

	errno = 0;
	data = read_file(path, CERT_FILE_MAX, &len, &st);
	why = data ? pki_signers_read(data, len, out) : strerror(errno);
	free(data);
	if (why)
		tell(t, path, 0, "", why, "put the responders' certificates there, PEM or DER");
	return why ? -1 : 0;
}

int world_signers(const char *path, struct pki_signers *out, segw_report_fn *report, void *arg)
{
	const struct teller t = { report, arg };

	return load_signers(&t, path, out);
}

static int load_secret(const struct teller *t, struct segw_world *w)
{
	const char *path = w->config.authz.secret;
	struct stat st;
	size_t len = 0;
	uint8_t *data;

	errno = 0;
	data = read_file(path, RADIUS_SECRET_MAX + 2, &len, &st);
	if (!data) {
		tell(t, path, 0, "", strerror(errno), "put the RADIUS secret there");
		return -1;
	}
	while (len && (data[len - 1] == '\n' || data[len - 1] == '\r'))
		len--;
	if (st.st_mode & 077)
		tell(t, path, 0, "", "others than its owner may read it", "chmod 600");
	else if (len < RADIUS_SECRET_MIN || len > RADIUS_SECRET_MAX)
		tell(t, path, 0, "", "the secret has not 16 to 128 octets", "make a longer one");
	else
		w->secret_len = len;
	memcpy(w->secret, data, w->secret_len);
	OPENSSL_cleanse(data, len);
	free(data);
	return w->secret_len ? 0 : -1;
}

int world_load(struct segw_world *w, segw_report_fn *report, void *arg)
{
	const struct teller t = { report, arg };
	int rc = 0;

	for (size_t i = 0; i < w->config.nvendors; i++)
		rc |= load_cert(&t, w->config.vendors[i].anchor, &w->anchors[i]);
	for (size_t i = 0; i < w->config.nsources; i++)
		if (*w->config.sources[i].signer)
			rc |= load_signers(&t, w->config.sources[i].signer, &w->signers[i]);
	if (w->config.authz.mode == AUTHZ_AAA)
		rc |= load_secret(&t, w);
	return rc;
}

/* Somebody may be writing it still: half a list would deny the other half. */
static bool is_young(const struct stat *st)
{
	struct timespec now;
	int64_t age_ms;

	clock_gettime(CLOCK_REALTIME, &now);
	age_ms = (now.tv_sec - st->st_mtim.tv_sec) * 1000 +
		 (now.tv_nsec - st->st_mtim.tv_nsec) / 1000000;
	return age_ms >= 0 && age_ms < SETTLE_MS;
}

static bool refresh_list(const struct teller *t, struct segw_world *w)
{
	const char *path = w->config.authz.allowlist;
	struct authz_error e = { 0 };
	int64_t stamp[3] = { -1, -1, -1 };
	struct stat st;
	uint8_t *data;
	size_t len = 0;

	if (w->config.authz.mode != AUTHZ_ALLOWLIST)
		return false;
	if (!stat(path, &st)) {
		stamp[0] = (int64_t)st.st_ino;
		stamp[1] = st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec;
		stamp[2] = st.st_size;
	}
	if (!memcmp(stamp, w->list_stamp, sizeof(stamp)) ||
	    (w->list && stamp[0] != -1 && is_young(&st)))
		return false;
	memcpy(w->list_stamp, stamp, sizeof(stamp));
	authz_list_free(w->list);
	w->list = NULL;
	errno = 0;
	data = read_file(path, AUTHZ_LIST_MAX, &len, &st);
	if (!data) {
		tell(t, path, 0, "", strerror(errno), "nobody new is allowed until it is there");
		return true;
	}
	w->list = authz_list_parse((char *)data, len, &e);
	if (!w->list)
		tell(t, path, e.line, e.value, e.rule, e.remedy);
	free(data);
	return true;
}

static int64_t stamp_crl(const char *dir)
{
	struct stat st;

	/* A rename in the directory is what an import is. */
	return stat(dir, &st) ? -1 : st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec;
}

struct gather {
	const struct teller *t;
	struct segw_world *w;
	struct world_crl *old;		/* what there was before */
	size_t nold;
};

static void drop_crl(struct world_crl *crl)
{
	if (crl->index.data)
		munmap((void *)crl->index.data, crl->index.len);
	crlstore_close(&crl->file);
	memset(crl, 0, sizeof(*crl));
}

static void stamp_file(const char *path, int64_t stamp[3])
{
	struct stat st;

	memset(stamp, 0, 3 * sizeof(*stamp));
	if (stat(path, &st))
		return;
	stamp[0] = (int64_t)st.st_ino;
	stamp[1] = st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec;
	stamp[2] = st.st_size;
}

/* A file that is the same keeps its index. */
static bool keep_crl(struct gather *g, const struct world_crl *new)
{
	for (size_t i = 0; i < g->nold; i++) {
		struct world_crl *old = &g->old[i];

		if (strcmp(old->name, new->name) || !new->stamp[0] ||
		    memcmp(old->stamp, new->stamp, sizeof(old->stamp)))
			continue;
		g->w->crls[g->w->ncrls++] = *old;
		memset(old, 0, sizeof(*old));
		return true;
	}
	return false;
}

static int add_crl(void *arg, enum rev_class class, const char *path,
		   struct crlstore_file *file)
{
	struct gather *g = arg;
	const char *name = strrchr(path, '/');
	struct world_crl crl = { 0 };

	(void)class;
	if (!file->map || g->w->ncrls == WORLD_CRLS_MAX) {
		tell(g->t, path, 0, "", file->map ? "one list too many" : "is damaged",
		     file->map ? "delete those that nobody needs" : "import it again");
		return 0;
	}
	snprintf(crl.name, sizeof(crl.name), "%s", name + 1);
	stamp_file(path, crl.stamp);
	if (keep_crl(g, &crl))
		return 0;
	crl.file = *file;
	g->w->crls[g->w->ncrls++] = crl;
	memset(file, 0, sizeof(*file));
	return 0;
}

static bool refresh_crls(const struct teller *t, struct segw_world *w)
{
	const char *dir = w->config.segw.crl_dir;
	struct world_crl old[WORLD_CRLS_MAX];
	int64_t stamp = stamp_crl(dir);
	struct gather g = { t, w, old, w->ncrls };
	int err;

	if (stamp == w->crl_stamp)
		return false;
	w->crl_stamp = stamp;
	memcpy(old, w->crls, sizeof(old));
	w->ncrls = 0;
	err = crlstore_each(dir, add_crl, &g);
	if (err)
		tell(t, dir, 0, "", strerror(-err), "make it readable");
	for (size_t i = 0; i < g.nold; i++)
		drop_crl(&old[i]);
	return true;
}

bool world_changed(const struct segw_world *w)
{
	return stamp_crl(w->config.segw.crl_dir) != w->crl_stamp;
}

bool world_refresh(struct segw_world *w, segw_report_fn *report, void *arg)
{
	const struct teller t = { report, arg };
	bool list = refresh_list(&t, w);

	return refresh_crls(&t, w) || list;
}

const struct world_crl *world_crl(const struct segw_world *w, const char *base,
				  const struct world_crl *after)
{
	for (size_t i = after ? (size_t)(after - w->crls) + 1 : 0; i < w->ncrls; i++)
		if (crlstore_name_is_of(w->crls[i].name, base))
			return &w->crls[i];
	return NULL;
}

struct world_crl *world_unindexed(struct segw_world *w)
{
	for (size_t i = 0; i < w->ncrls; i++)
		if (!w->crls[i].index.data && !w->crls[i].index_tried)
			return &w->crls[i];
	return NULL;
}

int world_index_begin(struct world_crl *crl, struct pki_der *room)
{
	size_t len = pki_crl_flat_room(crl->file.crl.len);
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	crl->index_tried = true;
	if (map == MAP_FAILED)
		return -errno;
	*room = (struct pki_der){ map, len };
	return 0;
}

void world_index_end(struct world_crl *crl, struct pki_der room, bool good)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len = room.len;
	size_t used = good ? pki_crl_flat_len(room.data, len) : 0;

	if (!used || mprotect((void *)room.data, len, PROT_READ)) {
		munmap((void *)room.data, len);
		return;
	}
	/* Room was for the worst list of that length. */
	used = (used + page - 1) / page * page;
	len = (len + page - 1) / page * page;
	if (used < len && !munmap((uint8_t *)room.data + used, len - used))
		len = used;
	crl->index = (struct pki_der){ room.data, len };
}

void world_index_make(const struct world_crl *crl, struct pki_der room,
		      const struct pki_profile *profile, struct pki_result *result)
{
	struct pki_crl_policy policy;
	struct pki_crl *list;

	pki_crl_policy_default(&policy, profile);
	list = pki_crl_load(crl->file.crl, crl->file.issuer, &policy, result);
	if (list && !pki_crl_flatten(list, (void *)room.data, room.len)) {
		result->verdict = PKI_INDETERMINATE;
		snprintf(result->rule, sizeof(result->rule), "crl.index.room");
		snprintf(result->detail, sizeof(result->detail), "its index takes more than was "
			 "reckoned: each check reads the list");
	}
	pki_crl_free(list);
}
