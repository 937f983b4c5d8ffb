// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trustgate tre anchor: the root that verifies the SeGW, in the TPM. sign is the
 * vendor's and needs no TPM; the others are the box's.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include "tre.h"
#include "tre_update.h"

#define CA_FILE	"trustgate-anchor.pem"

static int no_tpm_error(const char *what, const char *why, const char *todo)
{
	complain(what, why, todo);
	return EXIT_FAILED;
}

static int sign(EVP_PKEY *key, const char *pem, uint64_t version, struct update_file *u)
{
	struct tre_guard_policies policies;
	struct tre_result result;

	if (!tre_vendor_load(pem, strlen(pem), &u->vendor, &result) ||
	    !tre_anchor_make(version, u->der, u->der_len, &u->update.anchor, &result))
		return tre_failed("sign", &result);
	if (!tre_anchor_policies(&u->vendor, &u->update.anchor, &policies) ||
	    !tre_vendor_sign(key, policies.first, TRE_ANCHOR_REF, &u->update.first) ||
	    !tre_vendor_sign(key, policies.update, TRE_ANCHOR_REF, &u->update.update))
		return no_tpm_error("sign", "the key does not sign", "use a private key of EC P-256");
	return 0;
}

static int anchor_sign(struct tre_args *a)
{
	const char *root = tre_option(a, TRE_OPT_ROOT), *number = tre_option(a, TRE_OPT_VERSION);
	const char *path = tre_option(a, TRE_OPT_KEY), *out = tre_option(a, TRE_OPT_OUTPUT);
	static struct update_file u;
	uint32_t version;
	char *pem;
	EVP_PKEY *key;
	int rc;

	if (!root || !number || !path || !out)
		return usage_error("tre anchor sign", "needs --root, --version, --key and -o");
	if (parse_u32(number, 1, UINT32_MAX, &version))
		return usage_error(number, "is no version: a number from 1");
	rc = tre_cert(root, u.der, &u.der_len);
	if (rc)
		return rc;
	key = tre_private(path);
	if (!key)
		return no_tpm_error(path, "is no private key in PEM", "use one of EC P-256");
	pem = tre_public_pem(key);
	rc = pem ? sign(key, pem, version, &u) : EXIT_FAILED;
	if (!rc)
		rc = update_write(out, &u, pem);
	free(pem);
	EVP_PKEY_free(key);
	return rc;
}

/* @u NULL, or the update, whose key the index has to be of. */
static int read_anchor(const struct tre_args *a, struct tre_anchor *anchor)
{
	struct tre_result result;
	struct tre_vendor vendor;
	struct tre_session s;
	bool there, ok;
	int rc = tre_vendor(a, &vendor, &there);

	if (!rc)
		rc = tre_open(a, &s);
	if (rc)
		return rc;
	ok = tre_anchor_read(&s, there ? &vendor : NULL, anchor, &result);
	tre_session_close(&s);
	return ok ? 0 : tre_failed("anchor", &result);
}

static int anchor_show(struct tre_args *a)
{
	char hex[TRE_HEX_ROOM];
	struct tre_anchor anchor;
	const char *form;
	char *pem = NULL;
	int rc = read_anchor(a, &anchor);

	if (rc)
		return rc;
	tre_anchor_hex(&anchor, hex);
	form = anchor.form == TRE_ANCHOR_DER ? "certificate" : "digest";
	if (anchor.form == TRE_ANCHOR_DER)
		pem = tre_pem("CERTIFICATE", anchor.data, anchor.len);
	if (a->ctl->json)
		rc = json_emit(json_pack("{s:I, s:s, s:s, s:o}", "version",
					 (json_int_t)anchor.version, "form", form, "sha256", hex,
					 "certificate", pem ? json_string(pem) : json_null()),
			       "trustgate.tre-anchor/1", true, EXIT_OPEN);
	else
		printf("version %" PRIu64 ", %s, sha256 %s\n%s", anchor.version, form, hex,
		       pem ? pem : "");
	free(pem);
	return rc;
}

static int anchor_update(struct tre_args *a)
{
	static struct update_file u;
	struct tre_result result;
	struct tre_session s;
	bool ok;
	int rc = update_read(a->argv[0], &u);

	if (!rc)
		rc = tre_open(a, &s);
	if (rc)
		return rc;
	ok = tre_anchor_write(&s, &u.vendor, &u.update, &result);
	tre_session_close(&s);
	if (!ok)
		return tre_failed(a->argv[0], &result);
	if (a->ctl->json)
		return json_emit(json_pack("{s:I}", "version", (json_int_t)u.update.anchor.version),
				 "trustgate.tre-anchor/1", true, EXIT_OPEN);
	printf("version %" PRIu64 " written; 'trustgate tre anchor install DIR' gives it to charon\n",
	       u.update.anchor.version);
	return EXIT_OPEN;
}

/* The TPM has the root, or the digest of the one in @path. */
static int find_root(const struct tre_anchor *anchor, const char *path, uint8_t *der, size_t *len)
{
	int rc;

	if (!path && anchor->form == TRE_ANCHOR_DER) {
		memcpy(der, anchor->data, anchor->len);
		*len = anchor->len;
		return 0;
	}
	if (!path)
		return no_tpm_error("anchor", "the TPM has only the digest of this root",
				    "name the certificate's file with --root");
	rc = tre_cert(path, der, len);
	if (!rc && !tre_anchor_is(anchor, der, *len))
		rc = no_tpm_error(path, "is not the root that the TPM holds",
				  "see 'trustgate tre anchor show'");
	return rc;
}

static int anchor_install(struct tre_args *a)
{
	static uint8_t der[TRE_ANCHOR_DER_MAX];
	struct tre_anchor anchor;
	size_t len;
	char *pem;
	int rc = read_anchor(a, &anchor);

	if (!rc)
		rc = find_root(&anchor, tre_option(a, TRE_OPT_ROOT), der, &len);
	if (rc)
		return rc;
	pem = tre_pem("CERTIFICATE", der, len);
	rc = pem ? tre_write(a->argv[0], CA_FILE, pem, strlen(pem), false) : EXIT_FAILED;
	free(pem);
	if (!rc && a->ctl->json)
		return json_emit(json_pack("{s:I, s:o}", "version", (json_int_t)anchor.version,
					   "dir", json_text(a->argv[0])),
				 "trustgate.tre-anchor/1", true, EXIT_OPEN);
	if (!rc)
		printf("%s/%s: version %" PRIu64 "; 'swanctl --load-creds' has charon read it\n",
		       a->argv[0], CA_FILE, anchor.version);
	return rc;
}

static int anchor_check(struct tre_args *a)
{
	static uint8_t der[TRE_ANCHOR_DER_MAX];
	struct tre_anchor anchor;
	size_t len;
	bool same;
	int rc = tre_cert(a->argv[0], der, &len);

	if (!rc)
		rc = read_anchor(a, &anchor);
	if (rc)
		return rc;
	same = tre_anchor_is(&anchor, der, len);
	if (a->ctl->json)
		return json_emit(json_pack("{s:I, s:b}", "version", (json_int_t)anchor.version,
					   "same", same), "trustgate.tre-anchor/1", true,
				 same ? EXIT_OPEN : EXIT_FAILED);
	if (!same)
		return no_tpm_error(a->argv[0], "is not the root that the TPM holds",
				    "'trustgate tre anchor install DIR' writes that one");
	printf("%s: version %" PRIu64 " of the root\n", a->argv[0], anchor.version);
	return EXIT_OPEN;
}

int tre_anchor(struct ctl *ctl, int argc, char **argv)
{
	static const struct tre_verb verbs[] = {
		{ "show", anchor_show, TRE_TAKES(TCTI) | TRE_TAKES(ANCHOR_KEY), 0, 0,
		  "tre anchor show [--anchor-key FILE] [-j]" },
		{ "update", anchor_update, TRE_TAKES(TCTI), 1, 1, "tre anchor update FILE [-j]" },
		{ "install", anchor_install,
		  TRE_TAKES(TCTI) | TRE_TAKES(ANCHOR_KEY) | TRE_TAKES(ROOT), 1, 1,
		  "tre anchor install DIR [--root FILE] [--anchor-key FILE] [-j]" },
		{ "check", anchor_check, TRE_TAKES(TCTI) | TRE_TAKES(ANCHOR_KEY), 1, 1,
		  "tre anchor check FILE [--anchor-key FILE] [-j]" },
		{ "sign", anchor_sign,
		  TRE_TAKES(ROOT) | TRE_TAKES(VERSION) | TRE_TAKES(KEY) | TRE_TAKES(OUTPUT), 0, 0,
		  "tre anchor sign --root FILE --version N --key FILE -o FILE" },
	};

	return tre_run(ctl, verbs, ARRAY_SIZE(verbs), argc, argv);
}
