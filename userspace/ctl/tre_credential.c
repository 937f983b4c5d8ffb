// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trustgate tre credential make|activate: enrolment bound to the EK. The operator
 * makes a secret that only the TPM with these two keys gives out; the box gives it
 * out; they are compared.
 */
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include "tre.h"

struct enrolment {
	struct tre_certified c;
	uint8_t csr[TRE_FILE_MAX];
	size_t csr_len;
};

static int load(const char *dir, const char *name, uint8_t *out, size_t room, size_t *len)
{
	static uint8_t buf[TRE_FILE_MAX];
	int rc = tre_read(dir, name, buf, len);

	if (!rc && *len > room) {
		complain(name, "is too large", "take what 'trustgate tre provision' wrote");
		rc = EXIT_FAILED;
	}
	if (!rc)
		memcpy(out, buf, *len);
	return rc;
}

static int load_all(const char *dir, struct enrolment *e)
{
	const struct {
		const char *name;
		uint8_t *to;
		size_t room, *len;
	} files[] = {
		{ "ek.pub", e->c.ek, sizeof(e->c.ek), &e->c.ek_len },
		{ "ak.pub", e->c.ak, sizeof(e->c.ak), &e->c.ak_len },
		{ "ike.pub", e->c.ike, sizeof(e->c.ike), &e->c.ike_len },
		{ "ike.attest", e->c.attest, sizeof(e->c.attest), &e->c.attest_len },
		{ "ike.attest.sig", e->c.sig, sizeof(e->c.sig), &e->c.sig_len },
		{ "ike.csr", e->csr, sizeof(e->csr), &e->csr_len },
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(files); i++)
		rc = load(dir, files[i].name, files[i].to, files[i].room, files[i].len);
	return rc;
}

/* PEM to DER, in place. */
static bool unwrap(struct enrolment *e)
{
	BIO *bio = BIO_new_mem_buf(e->csr, (int)e->csr_len);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len = 0;
	bool ok = bio && PEM_read_bio(bio, &name, &header, &data, &len) == 1;

	if (ok) {
		memcpy(e->csr, data, (size_t)len);
		e->csr_len = (size_t)len;
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	BIO_free(bio);
	return ok;
}

/* Everything that can be known without the box. */
static int check(const char *dir, struct enrolment *e, char identity[TRE_IDENTITY_MAX + 1])
{
	struct tre_result result;
	EVP_PKEY *ike = NULL;
	bool ok;

	if (!unwrap(e)) {
		complain(dir, "ike.csr is no PEM", "take what 'trustgate tre provision' wrote");
		return EXIT_FAILED;
	}
	ok = tre_certified_check(&e->c, &ike, &result) &&
	     tre_csr_check(e->csr, e->csr_len, ike, identity, &result);
	EVP_PKEY_free(ike);
	return ok ? 0 : tre_failed(dir, &result);
}

static int make(const char *dir, const char *secret_path, const struct enrolment *e)
{
	uint8_t secret[TRE_SECRET_LEN], blob[TRE_CREDENTIAL_MAX];
	struct tre_result result;
	size_t len;
	int rc;

	if (RAND_bytes(secret, sizeof(secret)) != 1) {
		complain("secret", "there is no randomness", "look at OpenSSL");
		return EXIT_FAILED;
	}
	if (!tre_credential_make(e->c.ek, e->c.ek_len, e->c.ak, e->c.ak_len, secret, blob, &len,
				 &result))
		return tre_failed(dir, &result);
	rc = tre_write(NULL, secret_path, secret, sizeof(secret), true);
	if (!rc)
		rc = tre_write(dir, "credential", blob, len, false);
	OPENSSL_cleanse(secret, sizeof(secret));
	return rc;
}

static int verb_make(struct tre_args *a)
{
	static struct enrolment e;
	char identity[TRE_IDENTITY_MAX + 1];
	const char *dir = a->argv[0], *secret = tre_option(a, TRE_OPT_SECRET);
	int rc;

	if (!secret)
		return usage_error("tre credential make", "needs --secret");
	rc = load_all(dir, &e);
	if (!rc)
		rc = check(dir, &e, identity);
	if (!rc)
		rc = make(dir, secret, &e);
	if (rc)
		return rc;
	if (a->ctl->json)
		return json_emit(json_pack("{s:o, s:o, s:o}", "identity", json_text(identity),
					   "dir", json_text(dir), "secret", json_text(secret)),
				 "trustgate.tre-credential/1", true, EXIT_OPEN);
	printf("%s: the IKE key is in the TPM of the attestation key\n"
	       "%s/credential: for 'trustgate tre credential activate' on the box\n"
	       "%s: what it has to give out\n", identity, dir, secret);
	return EXIT_OPEN;
}

static int verb_activate(struct tre_args *a)
{
	static uint8_t blob[TRE_FILE_MAX];
	uint8_t secret[TRE_SECRET_LEN];
	const char *dir = a->argc ? a->argv[0] : TRE_DIR;
	struct tre_session s;
	struct tre_result result;
	size_t len;
	int rc = tre_read(dir, "credential", blob, &len);

	if (!rc)
		rc = tre_open(a, &s);
	if (rc)
		return rc;
	if (!tre_credential_activate(&s, blob, len, secret, &result))
		rc = tre_failed(dir, &result);
	tre_session_close(&s);
	if (!rc)
		rc = tre_write(dir, "activated", secret, sizeof(secret), true);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (rc)
		return rc;
	if (a->ctl->json)
		return json_emit(json_pack("{s:o}", "dir", json_text(dir)),
				 "trustgate.tre-credential/1", true, EXIT_OPEN);
	printf("%s/activated: for the operator to compare\n", dir);
	return EXIT_OPEN;
}

int tre_credential(struct ctl *ctl, int argc, char **argv)
{
	static const struct tre_verb verbs[] = {
		{ "make", verb_make, TRE_TAKES(SECRET), 1, 1,
		  "tre credential make DIR --secret FILE [-j]" },
		{ "activate", verb_activate, TRE_TAKES(TCTI), 0, 1,
		  "tre credential activate [DIR] [-j]" },
	};

	return tre_run(ctl, verbs, ARRAY_SIZE(verbs), argc, argv);
}
