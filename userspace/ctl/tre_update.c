// SPDX-License-Identifier: GPL-2.0-or-later
/* An authorised root as a file. Who wrote it does not matter: the TPM checks it. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "tre_update.h"

static int bad(const char *path, const char *why)
{
	complain(path, why, "take the file that 'trustgate tre anchor sign' wrote, unaltered");
	return EXIT_FAILED;
}

static bool unhex(const char *text, uint8_t *out, size_t room, size_t *len)
{
	size_t n = strlen(text);

	if (!n || n % 2 || n / 2 > room || strspn(text, "0123456789abcdefABCDEF") != n)
		return false;
	for (size_t i = 0; i < n / 2; i++) {
		char octet[3] = { text[2 * i], text[2 * i + 1], '\0' };

		out[i] = (uint8_t)strtoul(octet, NULL, 16);
	}
	*len = n / 2;
	return true;
}

/* One certificate in @pem, and nothing that isn't white behind it. */
static bool uncert(const char *pem, struct update_file *u)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len = 0;
	bool ok = bio && PEM_read_bio(bio, &name, &header, &data, &len) == 1 &&
		  !strcmp(name, "CERTIFICATE") && len > 0 && len <= TRE_ANCHOR_DER_MAX;

	if (ok) {
		memcpy(u->der, data, (size_t)len);
		u->der_len = (size_t)len;
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	BIO_free(bio);
	ERR_clear_error();
	return ok;
}

static int parse(const char *path, json_t *doc, struct update_file *u)
{
	json_t *version = json_object_get(doc, "version");
	const char *key = json_str(doc, "key");
	struct tre_result result;

	if (strcmp(json_str(doc, "schema"), UPDATE_SCHEMA))
		return bad(path, "is no update of the root: its schema is not " UPDATE_SCHEMA);
	if (!json_is_integer(version) || json_integer_value(version) < 1)
		return bad(path, "has no version");
	if (!uncert(json_str(doc, "root"), u))
		return bad(path, "has no root certificate");
	if (!unhex(json_str(doc, "first"), u->update.first.der, TRE_SIG_MAX,
		   &u->update.first.len) ||
	    !unhex(json_str(doc, "update"), u->update.update.der, TRE_SIG_MAX,
		   &u->update.update.len))
		return bad(path, "has not two signatures");
	if (!tre_vendor_load(key, strlen(key), &u->vendor, &result) ||
	    !tre_anchor_make((uint64_t)json_integer_value(version), u->der, u->der_len,
			     &u->update.anchor, &result))
		return tre_failed(path, &result);
	return 0;
}

int update_read(const char *path, struct update_file *u)
{
	static uint8_t text[TRE_FILE_MAX];
	json_t *doc;
	size_t len;
	int rc = tre_read(NULL, path, text, &len);

	if (rc)
		return rc;
	memset(u, 0, sizeof(*u));
	doc = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, NULL);
	rc = doc ? parse(path, doc, u) : bad(path, "is no JSON");
	json_decref(doc);
	return rc;
}

int update_write(const char *path, const struct update_file *u, const char *vendor_pem)
{
	char first[2 * TRE_SIG_MAX + 1], update[2 * TRE_SIG_MAX + 1];
	char *root = tre_pem("CERTIFICATE", u->der, u->der_len);
	json_t *doc;
	char *text;
	int rc;

	hex_text(first, sizeof(first), u->update.first.der, u->update.first.len);
	hex_text(update, sizeof(update), u->update.update.der, u->update.update.len);
	doc = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "schema", UPDATE_SCHEMA, "version",
			(json_int_t)u->update.anchor.version, "root", root ? root : "", "key",
			vendor_pem, "first", first, "update", update);
	text = doc ? json_dumps(doc, JSON_INDENT(2)) : NULL;
	rc = root && text ? tre_write(NULL, path, text, strlen(text), false) : EXIT_FAILED;
	free(text);
	free(root);
	json_decref(doc);
	return rc;
}
