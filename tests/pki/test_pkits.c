// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_pkits DIR CASES DIFFERING PROFILE: NIST's PKITS against the path and the
 * revocation lists. DIR has certs/ and crls/; DIFFERING lists the cases in which we
 * refuse what NIST accepts, each with its reason. What NIST refuses and we accept
 * fails, whatever is listed.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/x509.h>
#include "../lib/tap.h"
#include "ca.h"
#include "pki/crl.h"
#include "pki/profile.h"

#define NOW		1780000000	/* 2026-05-28, when the suite's certificates are valid */
#define FILES_MAX	512
#define SENT_MAX	PKI_PATH_MAX

struct file {
	struct pki_der der;
	X509 *cert;
	X509_CRL *crl;
};

static struct file certs[FILES_MAX], crls[FILES_MAX];
static size_t ncerts, ncrls;
static struct file *anchor;
static struct pki_profile profile;

struct test {
	char id[16], name[96];
	bool good;
	struct pki_profile profile;
};

static struct pki_der read_whole(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct pki_der der = { 0 };
	uint8_t *data;
	long len;

	if (!f || fseek(f, 0, SEEK_END) || (len = ftell(f)) < 0)
		ca_die(path);
	rewind(f);
	data = malloc((size_t)len + 1);
	if (!data || fread(data, 1, (size_t)len, f) != (size_t)len)
		ca_die(path);
	fclose(f);
	der.data = data;
	der.len = (size_t)len;
	return der;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

static size_t read_dir(const char *dir, const char *sub, const char *end, struct file *files)
{
	char path[4096];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s", dir, sub);
	d = opendir(path);
	if (!d)
		ca_die(path);
	while ((e = readdir(d)) && n < FILES_MAX) {
		const uint8_t *p;

		if (!ends_with(e->d_name, end))
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", dir, sub, e->d_name);
		files[n].der = read_whole(path);
		p = files[n].der.data;
		if (!strcmp(end, ".crt"))
			files[n].cert = d2i_X509(NULL, &p, (long)files[n].der.len);
		else
			files[n].crl = d2i_X509_CRL(NULL, &p, (long)files[n].der.len);
		if (!strcmp(e->d_name, "TrustAnchorRootCertificate.crt"))
			anchor = &files[n];
		n++;
	}
	closedir(d);
	return n;
}

static bool issued_by(const X509 *cert, const X509 *issuer)
{
	return !X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer));
}

static bool sent_already(const struct file *const *sent, size_t n, const struct file *f)
{
	while (n--)
		if (sent[n] == f)
			return true;
	return false;
}

/* The leaf and every CA above it that the suite has, as many as can be sent. */
static size_t collect(const struct file *leaf, const struct file **sent)
{
	size_t n = 1;

	sent[0] = leaf;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < ncerts && n < SENT_MAX; j++)
			if (&certs[j] != anchor && certs[j].cert &&
			    issued_by(sent[i]->cert, certs[j].cert) &&
			    !sent_already(sent, n, &certs[j]))
				sent[n++] = &certs[j];
	return n;
}

/* Of all the issuer's lists: revoked when one says so, good when one says that. */
static enum pki_verdict revocation(struct pki_der cert, const X509 *x, struct pki_der issuer,
				   const struct pki_profile *p, struct pki_result *last)
{
	enum pki_verdict verdict = PKI_INDETERMINATE;
	struct pki_crl_policy policy;
	struct pki_result r = { .verdict = PKI_INDETERMINATE, .rule = "crl.none" };

	*last = r;
	pki_crl_policy_default(&policy, p);
	for (size_t i = 0; i < ncrls; i++) {
		struct pki_crl *crl;

		if (!crls[i].crl || X509_NAME_cmp(X509_CRL_get_issuer(crls[i].crl),
						  X509_get_issuer_name(x)))
			continue;
		crl = pki_crl_load(crls[i].der, issuer, &policy, &r);
		if (crl)
			pki_crl_check(crl, cert, &policy, NOW, &r);
		pki_crl_free(crl);
		if (r.verdict == PKI_BAD || verdict == PKI_INDETERMINATE)
			*last = r;
		if (r.verdict == PKI_BAD)
			return PKI_BAD;
		if (r.verdict == PKI_GOOD)
			verdict = PKI_GOOD;
	}
	return verdict;
}

static bool judge(const struct test *t, const struct file *leaf, struct pki_result *r)
{
	const struct file *sent[SENT_MAX];
	struct pki_der ders[SENT_MAX];
	size_t n = collect(leaf, sent);
	struct pki_chain_policy policy = {
		.anchor = anchor->der, .any_name = true, .max_sent = SENT_MAX,
		.profile = &t->profile,
	};
	struct pki_path path;

	for (size_t i = 0; i < n; i++)
		ders[i] = sent[i]->der;
	pki_check_path(ders, n, &policy, NOW, &path, r);
	for (size_t i = 0; r->verdict == PKI_GOOD && i < path.n; i++) {
		struct pki_der issuer = i + 1 < path.n ? ders[path.index[i + 1]] : anchor->der;
		struct pki_result crl;

		if (revocation(ders[path.index[i]], sent[path.index[i]]->cert, issuer, &t->profile,
			       &crl) != PKI_GOOD)
			*r = crl;
	}
	return r->verdict == PKI_GOOD;
}

/* "explicit", "inhibit-mapping", "inhibit-any", "policies=1,2" */
static void take_setting(struct test *t, const char *w)
{
	char *out = t->profile.policies;

	if (!strcmp(w, "explicit"))
		t->profile.explicit_policy = true;
	else if (!strcmp(w, "inhibit-mapping"))
		t->profile.inhibit_mapping = true;
	else if (!strcmp(w, "inhibit-any"))
		t->profile.inhibit_any = true;
	else if (!strncmp(w, "policies=", 9))
		for (w += 9; *w; w++)
			out += *w == ',' ? 0 : sprintf(out, "2.16.840.1.101.3.2.1.48.%c ", *w);
	else
		ca_die(w);
}

static bool parse_case(char *line, struct test *t)
{
	char *save = NULL, *w = strtok_r(line, " \t\n", &save);

	if (!w || *w == '#')
		return false;
	memset(t, 0, sizeof(*t));
	t->profile = profile;
	snprintf(t->id, sizeof(t->id), "%s", w);
	w = strtok_r(NULL, " \t\n", &save);
	t->good = w && !strcmp(w, "good");
	w = strtok_r(NULL, " \t\n", &save);
	snprintf(t->name, sizeof(t->name), "%s", w ? w : "?");
	while ((w = strtok_r(NULL, " \t\n", &save)))
		take_setting(t, w);
	return true;
}

struct difference {
	char rule[64], why[256];
};

/* Rule and reason listed for a case; false when there are none. */
static bool differing(const char *file, const char *id, struct difference *d)
{
	char line[512], listed[16];
	FILE *f = fopen(file, "r");
	bool found = false;

	if (!f)
		ca_die(file);
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%15s %63s %255[^\n]", listed, d->rule, d->why) == 3 &&
			!strcmp(listed, id);
	fclose(f);
	return found;
}

static void run(const char *dir, const struct test *t, const char *differences)
{
	struct difference d;
	struct file leaf = { 0 };
	struct pki_result r;
	char path[4096];
	const uint8_t *p;
	bool good;

	snprintf(path, sizeof(path), "%s/certs/%s.crt", dir, t->name);
	leaf.der = read_whole(path);
	p = leaf.der.data;
	leaf.cert = d2i_X509(NULL, &p, (long)leaf.der.len);
	if (!leaf.cert)
		ca_die(path);
	good = judge(t, &leaf, &r);
	if (t->good && differing(differences, t->id, &d))
		tap_ok(!good && !strcmp(r.rule, d.rule),
		       "CRT-14, SGW-REV-12: PKITS %s %s is good and refused by %s: %s", t->id,
		       t->name, d.rule, d.why);
	else
		tap_ok(good == t->good, "CRT-14, SGW-REV-12: PKITS %s %s is %s", t->id, t->name,
		       t->good ? "good" : "not good");
	printf("# %s: %s\n", r.rule, r.detail);
	X509_free(leaf.cert);
	free((uint8_t *)leaf.der.data);
}

static void on_error(void *arg, const char *file, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	(void)arg;
	printf("# %s:%d: %s %s: %s (%s)\n", file, line, key, value, rule, remedy);
}

int main(int argc, char **argv)
{
	char line[512];
	struct pki_der text;
	struct test t;
	FILE *f;

	if (argc != 5)
		ca_die("usage: test_pkits DIR CASES DIFFERING PROFILE");
	text = read_whole(argv[4]);
	if (pki_profile_parse(argv[4], (const char *)text.data, text.len, &profile, on_error, NULL))
		ca_die(argv[4]);
	free((uint8_t *)text.data);
	ncerts = read_dir(argv[1], "certs", ".crt", certs);
	ncrls = read_dir(argv[1], "crls", ".crl", crls);
	f = fopen(argv[2], "r");
	if (!anchor || !ncrls || !f)
		ca_die(argv[2]);
	tap_start();
	while (fgets(line, sizeof(line), f))
		if (parse_case(line, &t))
			run(argv[1], &t, argv[3]);
	fclose(f);
	return tap_end();
}
