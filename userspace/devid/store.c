// SPDX-License-Identifier: GPL-2.0-or-later
/* Index and encryption, the same over each kind of database. */
#include "devid/store_backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#define NONCE_LEN	12
#define TAG_LEN		16

struct store {
	const struct store_backend *backend;
	void *db;
	uint8_t index_key[STORE_KEY_LEN], seal_key[STORE_KEY_LEN], miss_key[STORE_KEY_LEN];
	struct store_row row;		/* too large for the stack */
	char err[STORE_ERR_MAX];
};

static bool mac(const uint8_t key[STORE_KEY_LEN], const void *data, size_t len, uint8_t out[32])
{
	unsigned int n = 32;

	return HMAC(EVP_sha256(), key, STORE_KEY_LEN, data, len, out, &n) != NULL;
}

static bool derive(struct store *s, const uint8_t key[STORE_KEY_LEN])
{
	return mac(key, "index", 5, s->index_key) && mac(key, "seal", 4, s->seal_key) &&
	       RAND_bytes(s->miss_key, sizeof(s->miss_key)) == 1;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->db)
		s->backend->close(s->db);
	OPENSSL_cleanse(s, sizeof(*s));
	free(s);
}

const char *store_error(const struct store *s)
{
	return s->err;
}

static int index_of(struct store *s, const uint8_t key[STORE_KEY_LEN], enum devid_solution solution,
		    const char *imei)
{
	uint8_t text[1 + DEVID_IMEI_MAX] = { (uint8_t)solution };
	size_t len = strnlen(imei, DEVID_IMEI_MAX);

	memcpy(text + 1, imei, len);
	if (mac(key, text, 1 + len, s->row.index))
		return 0;
	snprintf(s->err, sizeof(s->err), "out of memory (free some)");
	return -ENOMEM;
}

/* The row's index is authenticated with it: a record that was moved does not open. */
static bool gcm(struct store *s, bool seal, const uint8_t *nonce, const uint8_t *in, size_t len,
		uint8_t *out, uint8_t tag[TAG_LEN])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, end = 0, room = (int)len;
	bool ok = c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, s->seal_key, nonce, seal) == 1 &&
		  (seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1) &&
		  EVP_CipherUpdate(c, NULL, &n, s->row.index, STORE_INDEX_LEN) == 1 &&
		  EVP_CipherUpdate(c, out, &n, in, room) == 1 &&
		  EVP_CipherFinal_ex(c, out + n, &end) == 1 && n + end == room &&
		  (!seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) == 1);

	EVP_CIPHER_CTX_free(c);
	return ok;
}

/* nonce, what was encrypted, tag */
static bool seal(struct store *s, const uint8_t *data, size_t len)
{
	struct store_row *r = &s->row;

	if (!len || len > DEVID_RECORD_MAX || RAND_bytes(r->sealed, NONCE_LEN) != 1 ||
	    !gcm(s, true, r->sealed, data, len, r->sealed + NONCE_LEN, r->sealed + NONCE_LEN + len))
		return false;
	r->len = len + STORE_SEAL_MORE;
	return true;
}

static bool unseal(struct store *s, struct store_record *record)
{
	struct store_row *r = &s->row;

	if (r->len <= STORE_SEAL_MORE || r->len > sizeof(r->sealed))
		return false;
	record->len = r->len - STORE_SEAL_MORE;
	return gcm(s, false, r->sealed, r->sealed + NONCE_LEN, record->len, record->data,
		   r->sealed + NONCE_LEN + record->len);
}

static const uint8_t key_check[] = "trustgate devid store";

/*
 * A row of its own, under the index that is all zeros, tells whether this is the key that
 * the store was begun with: with another, every binding would just not be there.
 */
static int key_fits(struct store *s, bool write)
{
	struct store_record check;
	int rc;

	memset(s->row.index, 0, sizeof(s->row.index));
	rc = s->backend->get(s->db, &s->row, s->err);
	if (rc == 1 && unseal(s, &check) && check.len == sizeof(key_check) &&
	    !memcmp(check.data, key_check, sizeof(key_check)))
		return 0;
	if (rc)
		snprintf(s->err, sizeof(s->err), "it was begun with another store-key (give that)");
	if (rc || !write)
		return rc ? -EBADMSG : 0;
	if (!seal(s, key_check, sizeof(key_check)))
		return -ENOMEM;
	s->row.status = DEVID_WITHDRAWN;
	s->row.time_s = 0;
	rc = s->backend->insert(s->db, &s->row, s->err);
	/* Somebody was faster, with the same key we hope. */
	return rc == -EEXIST ? key_fits(s, false) : rc;
}

struct store *store_open(const char *where, const uint8_t key[STORE_KEY_LEN], bool write,
			 char *err, size_t errlen)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s || !derive(s, key)) {
		snprintf(err, errlen, "out of memory (free some)");
		store_close(s);
		return NULL;
	}
	s->backend = strncmp(where, "postgresql:", 11) ? &store_sqlite : &store_pg;
	s->db = s->backend->open(where, write, s->err);
	if (s->db && !key_fits(s, write))
		return s;
	snprintf(err, errlen, "%s", s->err);
	store_close(s);
	return NULL;
}

int store_put(struct store *s, enum devid_solution solution, const char *imei,
	      const struct store_record *record)
{
	int rc = index_of(s, s->index_key, solution, imei);

	if (rc)
		return rc;
	if (!seal(s, record->data, record->len)) {
		snprintf(s->err, sizeof(s->err), "the record can't be encrypted (free memory)");
		return -EIO;
	}
	s->row.status = record->status;
	s->row.time_s = record->time_s;
	s->row.version = record->version;
	return record->version ? s->backend->update(s->db, &s->row, s->err) :
		s->backend->insert(s->db, &s->row, s->err);
}

int store_get(struct store *s, enum devid_solution solution, const char *imei,
	      struct store_record *record)
{
	int rc = index_of(s, s->index_key, solution, imei);

	record->len = 0;
	rc = rc ? rc : s->backend->get(s->db, &s->row, s->err);
	if (rc <= 0)
		return rc;
	if (!unseal(s, record)) {
		snprintf(s->err, sizeof(s->err),
			 "a record does not open (was it written with another store-key? restore a backup)");
		record->len = 0;
		return -EBADMSG;
	}
	record->status = (enum devid_status)s->row.status;
	record->time_s = s->row.time_s;
	record->version = s->row.version;
	return 1;
}

/* By an index that nothing is ever put under. */
int store_miss(struct store *s, enum devid_solution solution, const char *imei)
{
	int rc = index_of(s, s->miss_key, solution, imei);

	return rc ? rc : s->backend->get(s->db, &s->row, s->err);
}

int store_generation(struct store *s, int64_t *generation)
{
	return s->backend->generation(s->db, generation, s->err);
}

int store_count(struct store *s, struct store_counts *counts)
{
	memset(counts, 0, sizeof(*counts));
	return s->backend->count(s->db, counts, s->err);
}

int store_begin(struct store *s)
{
	return s->backend->begin(s->db, s->err);
}

int store_end(struct store *s, bool keep)
{
	return s->backend->end(s->db, keep, s->err);
}
