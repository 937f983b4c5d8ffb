// SPDX-License-Identifier: GPL-2.0-or-later
/* Index and encryption of the rows, which are the same in each kind of database. */
#include "devid/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include "db/db.h"

#define APPLICATION_ID	0x54474442	/* "TGDB" */
#define BUSY_MS		5000
#define INDEX_LEN	32
#define NONCE_LEN	12
#define TAG_LEN		16
#define SEAL_MORE	(NONCE_LEN + TAG_LEN)
#define SEALED_MAX	(DEVID_RECORD_MAX + SEAL_MORE)

static const struct db_schema schema = { APPLICATION_ID,
	"CREATE TABLE devid_binding ("
	" id INTEGER PRIMARY KEY,"
	" idx BLOB NOT NULL UNIQUE CHECK (length(idx) = 32),"
	" status INTEGER NOT NULL CHECK (status IN (1, 2)),"
	" time_s INTEGER NOT NULL,"
	" version INTEGER NOT NULL,"
	" sealed BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE devid_change (one INTEGER PRIMARY KEY CHECK (one = 1),"
	" generation INTEGER NOT NULL) STRICT;"
	"INSERT INTO devid_change VALUES (1, 0)",
	"CREATE TABLE devid_binding ("
	" idx bytea PRIMARY KEY CHECK (length(idx) = 32),"
	" status bigint NOT NULL CHECK (status IN (1, 2)),"
	" time_s bigint NOT NULL,"
	" version bigint NOT NULL,"
	" sealed bytea NOT NULL);"
	"CREATE TABLE devid_change (one bigint PRIMARY KEY CHECK (one = 1),"
	" generation bigint NOT NULL);"
	"INSERT INTO devid_change VALUES (1, 0)",
	"publish a binding to make it",
};

/* As it is kept. */
struct row {
	uint8_t index[INDEX_LEN];
	int64_t status, time_s, version;
	uint8_t sealed[SEALED_MAX];
	size_t len;
};

struct store {
	char *where;
	bool write;
	struct db db;			/* with why the last call failed */
	struct db_stmt *insert, *update, *changed, *get, *generation, *count;
	bool batch;
	uint8_t index_key[STORE_KEY_LEN], seal_key[STORE_KEY_LEN], miss_key[STORE_KEY_LEN];
	struct row row;			/* too large for the stack */
};

static int fail(struct store *s, int err, const char *why)
{
	snprintf(s->db.err, sizeof(s->db.err), "%s", why);
	return err;
}

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

static void detach(struct store *s)
{
	struct db_stmt **const all[] = { &s->insert, &s->update, &s->changed, &s->get,
					 &s->generation, &s->count };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		db_finalize(*all[i]);
		*all[i] = NULL;
	}
	db_close(&s->db);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	detach(s);
	free(s->where);
	OPENSSL_cleanse(s, sizeof(*s));
	free(s);
}

const char *store_error(const struct store *s)
{
	return s->db.err;
}

static int index_of(struct store *s, const uint8_t key[STORE_KEY_LEN], enum devid_solution solution,
		    const char *imei)
{
	uint8_t text[1 + DEVID_IMEI_MAX] = { (uint8_t)solution };
	size_t len = strnlen(imei, DEVID_IMEI_MAX);

	memcpy(text + 1, imei, len);
	if (mac(key, text, 1 + len, s->row.index))
		return 0;
	return fail(s, -ENOMEM, "out of memory (free some)");
}

/* The row's index is authenticated with it: a record that was moved does not open. */
static bool gcm(struct store *s, bool seal, const uint8_t *nonce, const uint8_t *in, size_t len,
		uint8_t *out, uint8_t tag[TAG_LEN])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, end = 0, room = (int)len;
	bool ok = c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, s->seal_key, nonce, seal) == 1 &&
		  (seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1) &&
		  EVP_CipherUpdate(c, NULL, &n, s->row.index, INDEX_LEN) == 1 &&
		  EVP_CipherUpdate(c, out, &n, in, room) == 1 &&
		  EVP_CipherFinal_ex(c, out + n, &end) == 1 && n + end == room &&
		  (!seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) == 1);

	EVP_CIPHER_CTX_free(c);
	return ok;
}

/* nonce, what was encrypted, tag */
static bool seal(struct store *s, const uint8_t *data, size_t len)
{
	struct row *r = &s->row;

	if (!len || len > DEVID_RECORD_MAX || RAND_bytes(r->sealed, NONCE_LEN) != 1 ||
	    !gcm(s, true, r->sealed, data, len, r->sealed + NONCE_LEN, r->sealed + NONCE_LEN + len))
		return false;
	r->len = len + SEAL_MORE;
	return true;
}

static bool unseal(struct store *s, struct store_record *record)
{
	struct row *r = &s->row;

	if (r->len <= SEAL_MORE || r->len > sizeof(r->sealed))
		return false;
	record->len = r->len - SEAL_MORE;
	return gcm(s, false, r->sealed, r->sealed + NONCE_LEN, record->len, record->data,
		   r->sealed + NONCE_LEN + record->len);
}

/* --- rows ------------------------------------------------------------------------- */

static void bind_row(struct db_stmt *q, const struct row *row)
{
	db_bind_blob(q, 1, row->index, INDEX_LEN);
	db_bind_int(q, 2, row->status);
	db_bind_int(q, 3, row->time_s);
	db_bind_blob(q, 4, row->sealed, row->len);
}

static int insert_row(struct store *s)
{
	bind_row(s->insert, &s->row);
	return db_run(s->insert);
}

static int update_both(struct store *s)
{
	int rc;

	bind_row(s->update, &s->row);
	db_bind_int(s->update, 5, s->row.version);
	rc = db_run(s->update);
	if (!rc && !db_changes(&s->db))
		return fail(s, -EEXIST, "somebody else changed it meanwhile (look at it again)");
	return rc ? rc : db_run(s->changed);
}

/* In the place of row.version, and the generation with it. */
static int update_row(struct store *s)
{
	int rc;

	if (s->batch)
		return update_both(s);
	rc = db_begin(&s->db);
	return rc ? rc : db_end(&s->db, update_both(s));
}

/* Of row.index: 1, 0 or an error. */
static int get_row(struct store *s)
{
	struct row *row = &s->row;
	int rc;

	db_bind_blob(s->get, 1, row->index, INDEX_LEN);
	rc = db_step(s->get);
	if (rc == 1) {
		row->status = db_int(s->get, 0);
		row->time_s = db_int(s->get, 1);
		row->version = db_int(s->get, 2);
		if (!db_blob(s->get, 3, row->sealed, sizeof(row->sealed), &row->len))
			rc = fail(s, -EBADMSG, "a row is damaged (restore a backup)");
	}
	db_reset(s->get);
	return rc;
}

/* Of all rows but that of key_fits(). */
static int count_rows(struct store *s, struct store_counts *counts)
{
	static const uint8_t check[INDEX_LEN];
	int rc;

	memset(counts, 0, sizeof(*counts));
	db_bind_blob(s->count, 1, check, sizeof(check));
	rc = db_step(s->count);
	if (rc == 1) {
		counts->active = db_int(s->count, 0);
		counts->withdrawn = db_int(s->count, 1);
	}
	db_reset(s->count);
	if (!rc)
		return fail(s, -EBADMSG, "a table is damaged (restore a backup)");
	return rc == 1 ? 0 : rc;
}

static bool begun(struct store *s)
{
	struct store_counts n;

	return count_rows(s, &n) || n.active || n.withdrawn;
}

static const uint8_t key_check[] = "trustgate devid store";

/*
 * A row of its own, under the index that is all zeros, tells whether this is the key that
 * the store was begun with: with another, every binding would just not be there.
 */
static int key_fits(struct store *s, bool make)
{
	struct store_record check;
	int rc;

	memset(s->row.index, 0, sizeof(s->row.index));
	rc = get_row(s);
	if (rc < 0)
		return rc;
	if (!rc && (!make || begun(s)))
		return fail(s, make ? -EEXIST : -EBADMSG,
			    "nothing in it tells its store-key (restore a backup)");
	if (rc == 1)
		return unseal(s, &check) && check.len == sizeof(key_check) &&
		       !memcmp(check.data, key_check, sizeof(key_check)) ? 0 :
			fail(s, -EBADMSG, "it was begun with another store-key (give that)");
	if (!seal(s, key_check, sizeof(key_check)))
		return fail(s, -ENOMEM, "out of memory (free some)");
	s->row.status = DEVID_WITHDRAWN;
	s->row.time_s = 0;
	return insert_row(s);
}

/* --- the database ------------------------------------------------------------------- */

static bool prepare_all(struct store *s)
{
	struct db *db = &s->db;

	return (s->insert = db_prepare(db, "INSERT INTO devid_binding (idx, status, time_s,"
				       " version, sealed) VALUES (?1, ?2, ?3, 1, ?4)")) &&
	       (s->update = db_prepare(db, "UPDATE devid_binding SET status = ?2, time_s = ?3,"
				       " sealed = ?4, version = version + 1"
				       " WHERE idx = ?1 AND version = ?5")) &&
	       (s->changed = db_prepare(db, "UPDATE devid_change SET generation = generation + 1")) &&
	       (s->get = db_prepare(db, "SELECT status, time_s, version, sealed FROM devid_binding"
				    " WHERE idx = ?1")) &&
	       (s->generation = db_prepare(db, "SELECT generation FROM devid_change")) &&
	       (s->count = db_prepare(db, "SELECT count(*) FILTER (WHERE status = 1),"
				      " count(*) FILTER (WHERE status = 2)"
				      " FROM devid_binding WHERE idx <> ?1"));
}

/* @make: begin it when it is not there; not one that was, and comes back empty. */
static int attach(struct store *s, bool make)
{
	int rc = db_open(&s->db, s->where, s->write, &schema, BUSY_MS);

	if (!rc && !prepare_all(s))
		rc = -EIO;
	rc = rc ? rc : key_fits(s, make);
	/* Two that begin a store at once: the other's row is there now; or it was lost. */
	rc = rc == -EEXIST ? key_fits(s, false) : rc;
	if (rc)
		detach(s);
	return rc;
}

/* A server that was restarted is asked again; what was half done with the old one is void. */
static int attached(struct store *s)
{
	if (s->batch || db_alive(&s->db))
		return 0;
	detach(s);
	return attach(s, false);
}

struct store *store_open(const char *where, const uint8_t key[STORE_KEY_LEN], bool write,
			 char *err, size_t errlen)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s)
		s->where = strdup(where);
	if (!s || !s->where || !derive(s, key)) {
		snprintf(err, errlen, "out of memory (free some)");
		store_close(s);
		return NULL;
	}
	s->write = write;
	if (!attach(s, write))
		return s;
	snprintf(err, errlen, "%s", s->db.err);
	store_close(s);
	return NULL;
}

int store_put(struct store *s, enum devid_solution solution, const char *imei,
	      const struct store_record *record)
{
	int rc = attached(s);

	rc = rc ? rc : index_of(s, s->index_key, solution, imei);
	if (rc)
		return rc;
	if (!seal(s, record->data, record->len))
		return fail(s, -EIO, "the record can't be encrypted (free memory)");
	s->row.status = record->status;
	s->row.time_s = record->time_s;
	s->row.version = record->version;
	return record->version ? update_row(s) : insert_row(s);
}

int store_get(struct store *s, enum devid_solution solution, const char *imei,
	      struct store_record *record)
{
	int rc = attached(s);

	record->len = 0;
	rc = rc ? rc : index_of(s, s->index_key, solution, imei);
	rc = rc ? rc : get_row(s);
	if (rc <= 0)
		return rc;
	if (!unseal(s, record)) {
		record->len = 0;
		return fail(s, -EBADMSG, "a record does not open (was it written with another"
			    " store-key? restore a backup)");
	}
	record->status = (enum devid_status)s->row.status;
	record->time_s = s->row.time_s;
	record->version = s->row.version;
	return 1;
}

/* By an index that nothing is ever put under. */
int store_miss(struct store *s, enum devid_solution solution, const char *imei)
{
	int rc = attached(s);

	rc = rc ? rc : index_of(s, s->miss_key, solution, imei);
	return rc ? rc : get_row(s);
}

int store_generation(struct store *s, int64_t *generation)
{
	int rc = attached(s);

	if (rc)
		return rc;
	rc = db_step(s->generation);
	if (rc == 1)
		*generation = db_int(s->generation, 0);
	db_reset(s->generation);
	if (!rc)
		return fail(s, -EBADMSG, "a table is damaged (restore a backup)");
	return rc == 1 ? 0 : rc;
}

int store_count(struct store *s, struct store_counts *counts)
{
	int rc = attached(s);

	rc = rc ? rc : count_rows(s, counts);
	return rc ? rc : store_generation(s, &counts->generation);
}

int store_begin(struct store *s)
{
	int rc = attached(s);

	rc = rc ? rc : db_begin(&s->db);
	s->batch = !rc;
	return rc;
}

int store_end(struct store *s, bool keep)
{
	int rc = db_end(&s->db, keep ? 0 : -ECANCELED);

	s->batch = false;
	return keep ? rc : 0;
}
