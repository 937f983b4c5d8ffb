// SPDX-License-Identifier: GPL-2.0-or-later
/* The path of certificates that charon would send: a leaf, and the CAs it has for it. */
#include <glob.h>
#include <libgen.h>
#include <string.h>
#include <strings.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "config_lint.h"

#define SENT_MAX	4	/* TS 33.320 7.2.3 and 7.2.4 */
#define CAS_MAX		256
#define PATH_ROOM	4096

struct store {
	X509 *ca[CAS_MAX];
	size_t n;
};

/* PEM or DER; NULL when it is neither, which charon complains of by itself. */
static X509 *read_cert(const char *path)
{
	BIO *bio = BIO_new_file(path, "r");
	X509 *cert = NULL;

	if (bio)
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (bio && !cert && BIO_reset(bio) == 0)
		cert = d2i_X509_bio(bio, NULL);
	BIO_free(bio);
	return cert;
}

static void load_cas(struct store *store, const char *dir)
{
	char pattern[PATH_ROOM + 16];
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s/x509ca/*", dir);
	if (glob(pattern, 0, NULL, &g))
		return;
	for (size_t i = 0; i < g.gl_pathc && store->n < CAS_MAX; i++) {
		X509 *ca = read_cert(g.gl_pathv[i]);

		/* Roots are not sent. */
		if (ca && X509_NAME_cmp(X509_get_subject_name(ca), X509_get_issuer_name(ca)) != 0)
			store->ca[store->n++] = ca;
		else
			X509_free(ca);
	}
	globfree(&g);
}

static unsigned int sent(const struct store *store, X509 *cert)
{
	unsigned int n = 1;

	/* A loop of CAs that issued each other ends at the limit as well. */
	for (size_t i = 0; i < store->n && n <= SENT_MAX; i++) {
		if (X509_check_issued(store->ca[i], cert) != X509_V_OK)
			continue;
		cert = store->ca[i];
		n++;
		i = (size_t)-1;
	}
	return n;
}

static void tell(struct config_report *report, const struct settings_pair *pair,
		 const char *conn, const char *round)
{
	char key[256];
	const struct lint_finding f = {
		.level = LINT_ERROR, .file = pair->file, .line = pair->line, .key = key,
		.value = pair->value, .rule = "swanctl.path-length",
		.clause = "TS 33.320 7.2.3-1, 7.2.4-1, HNB-PATH-01, SGW-PATH-04",
		.why = "charon would send more than four certificates, which the peer may refuse",
		.remedy = "have a CA nearer to the root issue it, or remove CAs from x509ca",
	};

	snprintf(key, sizeof(key), "connections.%s.%s.%s", conn, round, pair->key);
	report_finding(report, &f);
}

/* One certificate, by a name as in swanctl.conf. */
static bool too_long(const struct store *store, const char *dir, const char *name, size_t len)
{
	char path[2 * PATH_ROOM];
	bool bad = false;
	X509 *cert;

	if (len >= PATH_ROOM)
		return false;
	if (*name == '/')
		snprintf(path, sizeof(path), "%.*s", (int)len, name);
	else
		snprintf(path, sizeof(path), "%s/x509/%.*s", dir, (int)len, name);
	cert = read_cert(path);
	if (cert)
		bad = sent(store, cert) > SENT_MAX;
	X509_free(cert);
	return bad;
}

static void check_round(struct config_report *report, const struct store *store, const char *dir,
			const char *conn, const struct settings_section *round)
{
	const struct settings_pair *pair = settings_get(round, "certs");
	const struct settings_section *s;

	for (const char *p = pair && pair->value ? pair->value : ""; *p; p += strspn(p, ", \t")) {
		size_t len = strcspn(p, ", \t");

		if (len && too_long(store, dir, p, len))
			tell(report, pair, conn, round->name);
		p += len;
	}
	for (s = round->sections; s; s = s->next) {
		pair = settings_get(s, "file");
		if (strncasecmp(s->name, "cert", 4) == 0 && pair && pair->value &&
		    too_long(store, dir, pair->value, strlen(pair->value)))
			tell(report, pair, conn, round->name);
	}
}

void config_path(struct config_report *report, const struct settings_section *root,
		 const char *swanctl)
{
	const struct settings_section *conn = settings_find(root, "connections"), *round;
	struct store store = { .n = 0 };
	char copy[PATH_ROOM], *dir;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", swanctl) >= sizeof(copy))
		return;
	dir = dirname(copy);
	load_cas(&store, dir);
	for (conn = conn ? conn->sections : NULL; conn; conn = conn->next)
		for (round = conn->sections; round; round = round->next)
			if (strncasecmp(round->name, "local", 5) == 0)
				check_round(report, &store, dir, conn->name, round);
	while (store.n)
		X509_free(store.ca[--store.n]);
}
