// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files that the agent's configuration names: each is opened and read as what it is to be.
 * The agent says so too, but only when it starts, or when it is too late.
 */
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "agent/profile.h"
#include "config_lint.h"
#include "policy.h"

#define OCTETS_MAX	(16u << 20)

struct naming {
	struct config_report *report;
	const char *file;	/* that names them */
};

enum what { CERTIFICATE, PUBLIC_KEY, PRIVATE_KEY, CRL, POLICY, PROFILE, TEXT, DIRECTORY, POLICIES };

static void tell(const struct naming *n, enum lint_level level, const char *key, const char *path,
		 const char *why, const char *remedy)
{
	/* Somebody may have written the secret where its file's name is to be. */
	const bool secret = !strcmp(key, "authz.secret");
	const struct lint_finding f = {
		.level = level, .file = n->file, .key = key, .value = secret ? HIDDEN : path, .rule = "config.named",
		.clause = "", .why = why, .remedy = remedy,
	};

	report_finding(n->report, &f);
}

/* Of another machine's configuration not even the directory may be here. */
static void missing(const struct naming *n, const char *key, const char *path)
{
	char copy[PATH_MAX];
	bool here;

	snprintf(copy, sizeof(copy), "%s", path);
	here = !access(dirname(copy), F_OK);
	tell(n, here ? LINT_ERROR : LINT_WARNING, key, path,
	     here ? "there is no such file" : "there is neither such a file nor its directory",
	     here ? "put it there, or mend its name" : "check it on the machine that it is for, or say --no-files");
}

/* A key that asks for a password can't be read by a daemon either. */
static int no_password(char *buf, int size, int rw, void *arg)
{
	(void)buf, (void)size, (void)rw, (void)arg;
	return 0;
}

static const char *read_certificates(BIO *bio)
{
	X509 *cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);

	if (!cert && BIO_reset(bio) == 1)
		cert = d2i_X509_bio(bio, NULL);
	X509_free(cert);
	return cert ? NULL : "is no certificate, PEM or DER";
}

static const char *read_public(BIO *bio)
{
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);

	EVP_PKEY_free(key);
	return key ? NULL : "is no public key, PEM";
}

static const char *read_private(BIO *bio)
{
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);

	EVP_PKEY_free(key);
	return key ? NULL : "is no private key, PEM, that can be read without a password";
}

static const char *read_crl(BIO *bio)
{
	X509_CRL *crl = PEM_read_bio_X509_CRL(bio, NULL, no_password, NULL);

	if (!crl && BIO_reset(bio) == 1)
		crl = d2i_X509_CRL_bio(bio, NULL);
	X509_CRL_free(crl);
	return crl ? NULL : "is no certificate revocation list, PEM or DER";
}

static const char *(*const readers[])(BIO *bio) = {
	[CERTIFICATE] = read_certificates, [PUBLIC_KEY] = read_public, [PRIVATE_KEY] = read_private,
	[CRL] = read_crl,
};

/* The parser's words are "line N: why (what to do)". */
void config_reference(struct config_report *report, const char *path, const char *text, size_t len)
{
	char err[256] = "", *why = err, *todo;
	struct tre_policy *policy = tre_policy_parse(text, len, err, sizeof(err));
	int line = 0;

	tre_policy_free(policy);
	if (policy)
		return;
	if (strncmp(err, "line ", 5) == 0)
		line = (int)strtol(err + 5, &why, 10);
	why += strspn(why, ": ");
	todo = strstr(why, " (");
	if (todo) {
		*todo = '\0';
		todo += 2;
		todo[strcspn(todo, ")")] = '\0';
	}
	report_error(report, path, line, "", "", "reference.syntax", why,
		     todo ? todo : "write it again: a golden box knows the values");
}

/* A policy's own lines are told by themselves. */
static void check_octets(const struct naming *n, enum what what, const char *key, const char *path,
			 const struct policy_text *t)
{
	const char *why = t->len ? NULL : "is empty";
	BIO *bio = NULL;

	if (!why && what == POLICY) {
		config_reference(n->report, path, t->data, t->len);
		return;
	}
	if (!why && what < ARRAY_SIZE(readers)) {
		bio = BIO_new_mem_buf(t->data, (int)t->len);
		why = bio ? readers[what](bio) : "can't be looked at: out of memory";
	}
	BIO_free(bio);
	ERR_clear_error();
	if (why)
		tell(n, LINT_ERROR, key, path, why, "give the file that is meant");
}

static void check_file(const struct naming *n, enum what what, const char *key, const char *path)
{
	struct policy_text t;
	struct stat st;
	int rc;

	if (stat(path, &st)) {
		if (errno == ENOENT || errno == ENOTDIR)
			missing(n, key, path);
		else
			tell(n, LINT_ERROR, key, path, strerror(errno), "run as root, or let it be read");
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		tell(n, LINT_ERROR, key, path, "is no regular file", "give the file that is meant");
		return;
	}
	rc = policy_read(path, OCTETS_MAX, &t);
	if (rc)
		tell(n, LINT_ERROR, key, path, strerror(-rc), "run as root, or let it be read");
	else
		check_octets(n, what, key, path, &t);
	/* It may have been a key. */
	if (t.data)
		explicit_bzero(t.data, t.len);
	free(t.data);
}

static void check_directory(const struct naming *n, enum what what, const char *key, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	char full[PATH_MAX];

	if (!dir) {
		if (errno == ENOENT)
			missing(n, key, path);
		else
			tell(n, LINT_ERROR, key, path, strerror(errno), "give a directory that may be read");
		return;
	}
	while (what == POLICIES && (e = readdir(dir))) {
		const char *dot = strrchr(e->d_name, '.');

		if (dot && !strcmp(dot, ".policy") &&
		    (size_t)snprintf(full, sizeof(full), "%s/%s", path, e->d_name) < sizeof(full))
			check_file(n, POLICY, key, full);
	}
	closedir(dir);
}

static void on_profile_error(void *arg, const char *file, int line, const char *key, const char *value,
			     const char *rule, const char *remedy)
{
	const struct naming *n = arg;

	report_error(n->report, file, line, key, value, "profile.syntax", rule, remedy);
}

static void look(const struct naming *n, enum what what, const char *key, const char *path)
{
	static struct pki_profile profile;

	if (!*path)
		return;
	if (what == DIRECTORY || what == POLICIES)
		check_directory(n, what, key, path);
	else if (what == PROFILE)
		profile_load(path, &profile, on_profile_error, (void *)(uintptr_t)n);
	else
		check_file(n, what, key, path);
}

static void look_henb(const struct naming *n, const struct config *c)
{
	const struct config_tre *t = &c->tre;
	const struct config_hems *h = &c->hems;
	char next[PATH_MAX];

	look(n, CERTIFICATE, "peer.anchor", c->peer.anchor);
	look(n, PROFILE, "peer.profile", c->peer.profile);
	look(n, POLICY, "tre.policy", t->policy);
	snprintf(next, sizeof(next), "%s" POLICY_NEXT, t->policy);
	if (!access(next, F_OK))
		look(n, POLICY, "tre.policy", next);
	look(n, PUBLIC_KEY, "tre.policy_key", t->policy_key);
	look(n, PUBLIC_KEY, "tre.anchor_key", t->anchor_key);
	look(n, PUBLIC_KEY, "tre.approval_key", t->approval_key);
	if (t->key == CONFIG_TRE_KEY_BOUND)
		look(n, TEXT, "tre.approval", t->approval);
	if (h->mode == CONFIG_HEMS_NONE)
		return;
	look(n, CERTIFICATE, "hems.anchor", h->anchor);
	look(n, CERTIFICATE, "hems.certificate", h->certificate);
	look(n, PROFILE, "hems.profile", h->profile);
	if (strncmp(h->key, "tpm:", 4) != 0)
		look(n, PRIVATE_KEY, "hems.key", h->key);
}

static void look_segw(const struct naming *n, const struct config *c)
{
	const struct config_integrity *i = &c->integrity;
	const struct segw_config *s = &c->segw;
	char key[128];

	look(n, PROFILE, "peer.profile", c->peer.profile);
	look(n, POLICY, "integrity.reference", i->reference);
	look(n, POLICIES, "integrity.references", i->references);
	look(n, CERTIFICATE, "integrity.validate_ca", i->validate_ca);
	look(n, CERTIFICATE, "integrity.validate_cert", i->validate_cert);
	look(n, PRIVATE_KEY, "integrity.validate_key", i->validate_key);
	look(n, CERTIFICATE, "segw.certificate", s->segw.certificate);
	look(n, CERTIFICATE, "segw.issuer", s->segw.issuer);
	if (s->nsources)
		look(n, DIRECTORY, "segw.crl_dir", s->segw.crl_dir);
	look(n, TEXT, "authz.allowlist", s->authz.allowlist);
	look(n, TEXT, "authz.secret", s->authz.secret);
	for (size_t k = 0; k < s->nvendors; k++) {
		snprintf(key, sizeof(key), "vendor %s.anchor", s->vendors[k].name);
		look(n, CERTIFICATE, key, s->vendors[k].anchor);
	}
	for (size_t k = 0; k < s->nsources; k++) {
		snprintf(key, sizeof(key), "source %s.signer", s->sources[k].name);
		look(n, CERTIFICATE, key, s->sources[k].signer);
	}
	if (!c->devid.solutions)
		return;
	look(n, CERTIFICATE, "devid.ca", c->devid.ca);
	look(n, CRL, "devid.crl", c->devid.crl);
	look(n, PROFILE, "devid.profile", c->devid.profile);
}

void config_named(struct config_report *report, const char *path, const struct config *c)
{
	const struct naming n = { report, path };

	if (c->agent.role == CONFIG_ROLE_HENB)
		look_henb(&n, c);
	else
		look_segw(&n, c);
}

/* Certificates by a name as swanctl has them, in its directory beside swanctl.conf. */
static void look_certs(const struct naming *n, const char *conn, const struct settings_section *round,
		       const char *key, const char *dir)
{
	const struct settings_pair *pair = settings_get(round, key);
	char path[PATH_MAX], full[256];

	snprintf(full, sizeof(full), "connections.%s.%s.%s", conn, round->name, key);
	for (const char *p = pair && pair->value ? pair->value : ""; *p; p += strspn(p, ", \t")) {
		size_t len = strcspn(p, ", \t");

		if (len && (size_t)snprintf(path, sizeof(path), "%s%s%.*s", *p == '/' ? "" : dir,
					    *p == '/' ? "" : "/", (int)len, p) < sizeof(path))
			look(n, CERTIFICATE, full, path);
		p += len;
	}
}

void config_named_swanctl(struct config_report *report, const char *path,
			  const struct settings_section *root)
{
	const struct settings_section *conn = settings_find(root, "connections"), *round;
	const struct naming n = { report, path };
	char copy[PATH_MAX], certs[PATH_MAX + 16], cas[PATH_MAX + 16];
	const char *dir;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy))
		return;
	dir = dirname(copy);
	snprintf(certs, sizeof(certs), "%s/x509", dir);
	snprintf(cas, sizeof(cas), "%s/x509ca", dir);
	for (conn = conn ? conn->sections : NULL; conn; conn = conn->next) {
		for (round = conn->sections; round; round = round->next) {
			if (strncasecmp(round->name, "local", 5) && strncasecmp(round->name, "remote", 6))
				continue;
			look_certs(&n, conn->name, round, "certs", certs);
			look_certs(&n, conn->name, round, "cacerts", cas);
		}
	}
}
