// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate tre provision: make what is missing, and write what the operator enrols. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <openssl/crypto.h>
#include "tre/nv.h"
#include "tre/state.h"
#include "tre.h"

int tre_be_owner(const char *path, struct tre_session *s)
{
	static uint8_t auth[TRE_FILE_MAX];
	struct tre_result result;
	size_t len;
	int rc;

	if (!path)
		return 0;
	rc = tre_read(NULL, path, auth, &len);
	while (!rc && len && (auth[len - 1] == '\n' || auth[len - 1] == '\r'))
		len--;
	if (!rc && !tre_owner(s, auth, len, &result))
		rc = tre_failed(path, &result);
	OPENSSL_cleanse(auth, sizeof(auth));
	return rc;
}

/* What makes it be so takes an argument of its own. */
static int check_args(const struct tre_args *a)
{
	if (a->replace & 1u << TRE_PART_IDENTITY && !tre_option(a, TRE_OPT_IDENTITY))
		return usage_error("--replace identity", "needs --identity");
	if (a->replace & 1u << TRE_PART_OPERATOR && !tre_option(a, TRE_OPT_OPERATOR))
		return usage_error("--replace operator", "needs --operator-identity");
	if (a->replace & 1u << TRE_PART_ANCHOR && !tre_option(a, TRE_OPT_ANCHOR_KEY))
		return usage_error("--replace anchor", "needs --anchor-key");
	if (a->replace & 1u << TRE_PART_APPROVAL && !tre_option(a, TRE_OPT_PCR_BOUND))
		return usage_error("--replace approval", "needs --pcr-bound");
	return 0;
}

static int write_key(const char *dir, const char *name, const uint8_t *der, size_t len,
		     const char *label)
{
	char *pem = tre_pem(label, der, len);
	int rc = pem ? tre_write(dir, name, pem, strlen(pem), false) : EXIT_FAILED;

	free(pem);
	return rc;
}

/* One key, and a request for each name that it has. */
static int write_request(struct tre_session *s, const struct tre_approval *approval,
			 TPM2_HANDLE index, const char *dir, struct tre_result *result)
{
	char identity[TRE_IDENTITY_MAX + 1];
	uint8_t *der = NULL;
	size_t len;
	int rc;

	if (!tre_identity_read(s, index, identity, result))
		return 0;	/* a box without a name asks for no certificate */
	if (!tre_csr_make(s, approval, identity, &der, &len, result))
		return tre_failed("request", result);
	rc = write_key(dir, index == TRE_NV_OPERATOR ? "operator.csr" : "ike.csr", der, len,
		       "CERTIFICATE REQUEST");
	OPENSSL_free(der);
	return rc;
}

static int write_files(struct tre_session *s, const struct tre_approval *approval,
		       const char *dir)
{
	struct tre_certified c;
	struct tre_result result;
	int rc;

	if (mkdir(dir, 0755) && errno != EEXIST) {
		complain(dir, strerror(errno), "make the directory above it, or name another with --dir");
		return EXIT_FAILED;
	}
	if (!tre_certify(s, &c, &result))
		return tre_failed("TPM", &result);
	rc = tre_write(dir, "ek.pub", c.ek, c.ek_len, false);
	if (!rc)
		rc = tre_write(dir, "ak.pub", c.ak, c.ak_len, false);
	if (!rc)
		rc = tre_write(dir, "ike.pub", c.ike, c.ike_len, false);
	if (!rc)
		rc = tre_write(dir, "ike.attest", c.attest, c.attest_len, false);
	if (!rc)
		rc = tre_write(dir, "ike.attest.sig", c.sig, c.sig_len, false);
	if (!rc && approval)
		rc = tre_approval_keep(dir, approval);
	if (!rc)
		rc = write_request(s, approval, TRE_NV_IDENTITY, dir, &result);
	return rc ? rc : write_request(s, approval, TRE_NV_OPERATOR, dir, &result);
}

static bool is_written(const char *dir)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/ike.attest.sig", dir);
	return !stat(path, &st);
}

static bool changed(const enum tre_outcome outcome[TRE_PARTS])
{
	for (unsigned int i = 0; i < TRE_PARTS; i++)
		if (outcome[i] == TRE_MADE || outcome[i] == TRE_REPLACED)
			return true;
	return false;
}

static int print(const struct tre_args *a, const enum tre_outcome outcome[TRE_PARTS],
		 const char *dir)
{
	static const char *const words[] = { "untouched", "kept", "made", "replaced" };
	json_t *doc;

	if (!a->ctl->json) {
		for (unsigned int i = 0; i < TRE_PARTS; i++)
			printf("%-9s %s\n", tre_part_word((enum tre_part)i), words[outcome[i]]);
		printf("for enrolment: %s\n", dir);
		return EXIT_OPEN;
	}
	doc = json_pack("{s:o}", "dir", json_text(dir));
	for (unsigned int i = 0; i < TRE_PARTS; i++)
		json_object_set_new(doc, tre_part_word((enum tre_part)i),
				    json_string(words[outcome[i]]));
	return json_emit(doc, "trustgate.tre-provision/1", true, EXIT_OPEN);
}

static int provision(const struct tre_args *a, struct tre_session *s, const char *dir)
{
	struct tre_provision want = {
		.identity = tre_option(a, TRE_OPT_IDENTITY),
		.operator = tre_option(a, TRE_OPT_OPERATOR), .replace = a->replace,
	};
	enum tre_outcome outcome[TRE_PARTS];
	struct tre_vendor vendor;
	struct tre_result result;
	bool there;
	const char *bound = tre_option(a, TRE_OPT_PCR_BOUND);
	static struct tre_approval approval;
	int rc = tre_vendor(a, &vendor, &there);

	if (!rc && bound)
		rc = tre_approval_load(NULL, bound, &approval);
	want.approval = bound ? &approval : NULL;
	want.vendor = there ? &vendor : NULL;
	if (!rc)
		rc = tre_be_owner(tre_option(a, TRE_OPT_OWNER_AUTH), s);
	if (rc)
		return rc;
	if (!tre_provision(s, &want, outcome, &result))
		return tre_failed("TPM", &result);
	if (changed(outcome) || !is_written(dir))
		rc = write_files(s, want.approval, dir);
	return rc ? rc : print(a, outcome, dir);
}

int tre_verb_provision(struct tre_args *a)
{
	const char *dir = tre_option(a, TRE_OPT_DIR);
	struct tre_session s;
	int rc = check_args(a);

	if (rc)
		return rc;
	rc = tre_open(a, &s);
	if (rc)
		return rc;
	rc = provision(a, &s, dir ? dir : TRE_DIR);
	tre_session_close(&s);
	return rc;
}
