// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The CRL store: which list may follow which, and that neither a bad import nor a
 * crash at any system call loses the list that is there. The calls are wrapped by the
 * linker (see the Makefile): the n-th one fails, or ends the process.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <openssl/x509v3.h>
#include "lib/tap.h"
#include "pki/ca.h"
#include "pki/profile.h"
#include "segw/crlstore.h"

static enum { RUN, FAIL, END } fault;
static int fault_at, calls;
static char trace[64];	/* one letter a call */

/* True: the call is to fail. */
static bool struck(char letter)
{
	size_t n = strlen(trace);

	if (n + 1 < sizeof(trace))
		trace[n] = letter;
	if (fault == RUN || ++calls != fault_at)
		return false;
	if (fault == END)
		_exit(77);
	errno = EIO;
	return true;
}

#define WRAP(type, name, letter, params, args) \
	type __real_##name params; \
	type __wrap_##name params; \
	type __wrap_##name params { return struck(letter) ? -1 : __real_##name args; }

WRAP(ssize_t, write, 'w', (int fd, const void *buf, size_t n), (fd, buf, n))
WRAP(int, fsync, 's', (int fd), (fd))
WRAP(int, renameat, 'r', (int a, const char *b, int c, const char *d), (a, b, c, d))
WRAP(int, unlinkat, 'u', (int a, const char *b, int c), (a, b, c))

static struct entity root, other;
static struct pki_profile profile;
static struct pki_crl_policy policy;
static char dir[64], store[96];

struct list {
	const struct entity *issuer;	/* NULL: root */
	long number;			/* 0: none */
	int this_update, next_update;	/* seconds from CA_NOW; next 0: a week on */
	long revoked;			/* serial number */
	const char *scope;		/* issuingDistributionPoint */
};

static struct pki_der make(const struct list *l)
{
	const struct entity *issuer = l->issuer ? l->issuer : &root;
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, CA_NOW + l->this_update);
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
	X509_REVOKED *r = X509_REVOKED_new();
	static struct pki_der made[64];
	static size_t nmade;
	unsigned char *der = NULL;
	int len;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert));
	X509_CRL_set1_lastUpdate(crl, t);
	ASN1_TIME_set(t, CA_NOW + (l->next_update ? l->next_update : 7 * CA_DAY));
	X509_CRL_set1_nextUpdate(crl, t);
	ASN1_INTEGER_set(n, l->revoked ? l->revoked : 1);
	X509_REVOKED_set_serialNumber(r, n);
	ASN1_TIME_set(t, CA_NOW - CA_DAY);
	X509_REVOKED_set_revocationDate(r, t);
	X509_CRL_add0_revoked(crl, r);
	ASN1_INTEGER_set(n, l->number);
	if (l->number)
		X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0);
	aki->keyid = ASN1_OCTET_STRING_dup(X509_get0_subject_key_id(issuer->cert));
	if (aki->keyid)
		X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, aki, 0, 0);
	if (l->scope) {
		X509_EXTENSION *ext = ca_extension(l->scope);

		X509_CRL_add_ext(crl, ext, -1);
		X509_EXTENSION_free(ext);
	}
	if (!X509_CRL_sign(crl, issuer->key, EVP_sha256()))
		ca_die("signing a CRL");
	len = i2d_X509_CRL(crl, &der);
	if (len <= 0 || nmade == sizeof(made) / sizeof(made[0]))
		ca_die("a CRL");
	made[nmade] = ca_copy((struct pki_der){ der, (size_t)len });
	OPENSSL_free(der);
	X509_CRL_free(crl);
	ASN1_TIME_free(t);
	ASN1_INTEGER_free(n);
	AUTHORITY_KEYID_free(aki);
	return made[nmade++];
}

static void clear(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", store);
	if (system(cmd))
		ca_die(cmd);
}

static struct pki_result import(struct pki_der crl, const struct entity *issuer)
{
	struct pki_result r;

	crlstore_import(store, REV_OPERATOR_CRL, crl, issuer->der, &policy, CA_NOW, &r);
	return r;
}

/* Whether exactly @crl is there. */
static bool holds(struct pki_der crl)
{
	struct crlstore_file f;
	bool same;

	if (crlstore_open(store, REV_OPERATOR_CRL, root.der, NULL, &f))
		return false;
	same = f.crl.len == crl.len && !memcmp(f.crl.data, crl.data, crl.len) &&
	       f.issuer.len == root.der.len && !memcmp(f.issuer.data, root.der.data, f.issuer.len);
	crlstore_close(&f);
	return same;
}

static const struct {
	const char *what;
	struct list old, new;
	const char *rule;
	bool taken;
} successions[] = {
	{ "a higher number", { .number = 5 }, { .number = 6, .this_update = 60 }, "crl.import.new", true },
	{ "a number of more octets", { .number = 255 }, { .number = 256, .this_update = 60 },
	  "crl.import.new", true },
	{ "a lower number", { .number = 5 }, { .number = 4, .this_update = 60 },
	  "crl.import.number.older", false },
	{ "the same number, other content", { .number = 5 },
	  { .number = 5, .this_update = 60, .revoked = 9 }, "crl.import.number.same", false },
	{ "no number after one", { .number = 5 }, { .this_update = 60 }, "crl.import.number.absent", false },
	{ "a number after none", { .this_update = -60 }, { .number = 1 }, "crl.import.new", true },
	{ "a higher number, an earlier thisUpdate", { .number = 5 }, { .number = 6, .this_update = -60 },
	  "crl.import.thisupdate", false },
	{ "a higher number, the same thisUpdate", { .number = 5 }, { .number = 6 }, "crl.import.new", true },
	{ "no numbers, later", { .this_update = -60 }, { .this_update = -30 }, "crl.import.new", true },
	{ "no numbers, earlier", { .this_update = -60 }, { .this_update = -90 },
	  "crl.import.thisupdate", false },
	{ "no numbers, the same thisUpdate", { .revoked = 8 }, { .revoked = 9 },
	  "crl.import.thisupdate", false },
	{ "one of the future", { .number = 5 }, { .number = 6, .this_update = CA_DAY },
	  "crl.import.future", false },
	{ "a newer one that is stale", { .number = 5, .this_update = -CA_DAY },
	  { .number = 6, .this_update = -CA_HOUR, .next_update = -60 }, "crl.import.new", true },
};

static void succession(void)
{
	policy.number_required = false;
	for (size_t i = 0; i < sizeof(successions) / sizeof(successions[0]); i++) {
		struct pki_der old = make(&successions[i].old), new = make(&successions[i].new);
		struct pki_result r;

		clear();
		r = import(old, &root);
		if (r.verdict != PKI_GOOD || !holds(old))
			ca_die(r.detail);
		r = import(new, &root);
		tap_ok((r.verdict == PKI_GOOD) == successions[i].taken &&
		       !strcmp(r.rule, successions[i].rule) &&
		       holds(successions[i].taken ? new : old),
		       "SGW-REV-05, SGW-REV-12: %s: %s", successions[i].what, r.rule);
	}
}

static void refused(void)
{
	struct pki_der old = make(&(struct list){ .number = 5 });
	struct pki_der new = make(&(struct list){ .number = 6 }), bad;
	struct pki_result r;

	clear();
	import(old, &root);
	r = import(old, &root);
	tap_ok(r.verdict == PKI_GOOD && !strcmp(r.rule, "crl.import.same") && holds(old),
	       "SGW-REV-05: the very same list again");
	bad = ca_flip(new, -1);
	r = import(bad, &root);
	tap_ok(r.verdict != PKI_GOOD && holds(old), "SGW-REV-05: a bad signature: %s", r.rule);
	bad = make(&(struct list){ .issuer = &other, .number = 9 });
	r = import(bad, &root);
	tap_ok(r.verdict != PKI_GOOD && holds(old), "SGW-REV-05: a list of another CA: %s", r.rule);
	r = import(ca_append(new), &root);
	tap_ok(r.verdict != PKI_GOOD && holds(old), "SGW-REV-05: an octet behind: %s", r.rule);
	r = import((struct pki_der){ new.data, new.len / 2 }, &root);
	tap_ok(r.verdict != PKI_GOOD && holds(old), "SGW-REV-05: half a list: %s", r.rule);
	policy.number_required = true;
	r = import(make(&(struct list){ .this_update = 60 }), &root);
	tap_ok(r.verdict != PKI_GOOD && holds(old), "SGW-REV-12: no crlNumber where one is required: %s",
	       r.rule);
	r = import(bad, &other);
	tap_ok(r.verdict == PKI_GOOD && holds(old), "SGW-REV-05: another CA's list has a file of its own");
}

static void end_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		ca_die("waitpid");
}

static void crashes(void)
{
	struct pki_der old = make(&(struct list){ .number = 5 });
	struct pki_der new = make(&(struct list){ .number = 6 });
	bool whole = true, again = true, both[2] = { false, false };
	int n, total;

	clear();
	import(old, &root);
	memset(trace, 0, sizeof(trace));
	import(new, &root);
	total = (int)strlen(trace);
	tap_ok(!strcmp(trace, "uwwsrs"), "SGW-REV-05: written, synced, renamed, directory synced: %s",
	       trace);
	for (n = 1; n <= total; n++) {
		pid_t pid;

		clear();
		import(old, &root);
		pid = fork();
		if (!pid) {
			fault = END;
			fault_at = n;
			import(new, &root);
			_exit(0);
		}
		end_of(pid);
		whole = whole && (holds(old) || holds(new));
		both[holds(new)] = true;
		/* What was left behind hinders nobody. */
		again = again && import(new, &root).verdict == PKI_GOOD && holds(new);
	}
	tap_ok(whole && both[0] && both[1],
	       "SGW-REV-05: ended at each of %d calls, the old list or the new one is there", total);
	tap_ok(again, "SGW-REV-05: the next import succeeds after each");
}

static void faults(void)
{
	struct pki_der old = make(&(struct list){ .number = 5 });
	struct pki_der new = make(&(struct list){ .number = 6 });
	bool told = true, kept = true;

	/* Not the first, which is the unlink that may fail, nor the last: then it is renamed. */
	for (int n = 2; n <= 5; n++) {
		struct pki_result r;

		clear();
		import(old, &root);
		fault = FAIL;
		fault_at = n;
		calls = 0;
		r = import(new, &root);
		fault = RUN;
		told = told && r.verdict == PKI_INDETERMINATE && !strcmp(r.rule, "crl.import.write");
		kept = kept && holds(old);
	}
	tap_ok(told && kept, "SGW-REV-05: a disk that fails is told of, and the old list is there");
}

static void write_file(const char *name, const void *data, size_t len)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", store, name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		ca_die(path);
}

static int count(void *arg, enum rev_class class, const char *path, struct crlstore_file *f)
{
	int *n = arg;

	if (!path || class != REV_OPERATOR_CRL)
		return -1;
	n[!f->map]++;
	return 0;
}

/* The parts of a split list: each has a succession of its own. */
static void scopes(void)
{
	static const char users[] = "2.5.29.28=critical,DER:30038101FF";
	static const char cas[] = "2.5.29.28=critical,DER:30038201FF";
	static const char delta[] = "2.5.29.27=critical,DER:020101";
	static const char indirect[] = "2.5.29.28=critical,DER:30038401FF";
	struct pki_der whole = make(&(struct list){ .number = 5 });
	struct pki_result r[5];
	int n[2] = { 0, 0 };

	clear();
	r[0] = import(whole, &root);
	r[1] = import(make(&(struct list){ .number = 3, .scope = users }), &root);
	r[2] = import(make(&(struct list){ .number = 2, .scope = cas }), &root);
	tap_ok(r[0].verdict == PKI_GOOD && r[1].verdict == PKI_GOOD && r[2].verdict == PKI_GOOD &&
	       !crlstore_each(store, count, n) && n[0] == 3 && holds(whole),
	       "SGW-REV-05: a complete list and two parts, with smaller numbers, lie side by side");
	r[3] = import(make(&(struct list){ .number = 2, .scope = users, .this_update = 60 }), &root);
	tap_ok(r[3].verdict == PKI_BAD && !strcmp(r[3].rule, "crl.import.number.older"),
	       "SGW-REV-05, SGW-REV-12: an older part does not replace the newer one");
	r[3] = import(make(&(struct list){ .number = 9, .scope = delta, .this_update = 60 }), &root);
	r[4] = import(make(&(struct list){ .number = 9, .scope = indirect, .this_update = 60 }), &root);
	tap_ok(r[3].verdict == PKI_INDETERMINATE && !strcmp(r[3].rule, "crl.delta") &&
	       r[4].verdict == PKI_INDETERMINATE && !strcmp(r[4].rule, "crl.indirect") &&
	       holds(whole),
	       "SGW-REV-12: a delta or an indirect list takes nobody's place");
}

static void damaged(void)
{
	struct pki_der old = make(&(struct list){ .number = 5 });
	char name[CRLSTORE_NAME_ROOM];
	struct crlstore_file f;
	int n[2] = { 0, 0 };

	clear();
	tap_ok(crlstore_open(store, REV_OPERATOR_CRL, root.der, NULL, &f) == -ENOENT &&
	       !crlstore_each(store, count, n) && !n[0], "SGW-REV-05: no directory is an empty store");
	import(old, &root);
	tap_ok(crlstore_open(store, REV_MANUFACTURER_CRL, root.der, NULL, &f) == -ENOENT,
	       "SGW-REV-01: the operator's list is not the manufacturer's");
	write_file(".operator-crl-x.new", "half", 4);
	write_file("README", "not ours", 8);
	tap_ok(!crlstore_each(store, count, n) && n[0] == 1 && !n[1],
	       "SGW-REV-05: what a crash left behind is not looked at");
	if (crlstore_name(REV_OPERATOR_CRL, root.der, NULL, name))
		ca_die("name");
	write_file(name, "0\x82zz", 4);
	n[0] = 0;
	tap_ok(crlstore_open(store, REV_OPERATOR_CRL, root.der, NULL, &f) == -EBADMSG &&
	       !crlstore_each(store, count, n) && n[1] == 1, "SGW-REV-05: a damaged file is told of");
	tap_ok(import(old, &root).verdict == PKI_GOOD && holds(old),
	       "SGW-REV-05: and an import mends it");
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/crlstore-XXXXXX");
	if (!mkdtemp(dir))
		ca_die(dir);
	snprintf(store, sizeof(store), "%s/lib/crl", dir);
	/* A profile that asks for nothing: what is tested is what the store asks for. */
	pki_crl_policy_default(&policy, &profile);
	ca_issue(&root, &(struct ca_spec){ .cn = "vendor", .ext = { CA_EXT_CA, "subjectKeyIdentifier=01020304" } });
	ca_issue(&other, &(struct ca_spec){ .cn = "other", .ext = { CA_EXT_CA, "subjectKeyIdentifier=01020304" } });
	tap_start();
	refused();
	succession();
	crashes();
	faults();
	scopes();
	damaged();
	clear();
	snprintf(store, sizeof(store), "%s", dir);
	clear();
	return tap_end();
}
