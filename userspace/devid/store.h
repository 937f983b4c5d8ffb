/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where bindings are kept: a file of SQLite, or a database of PostgreSQL that several
 * repositories share. A row is found by an HMAC of solution and IMEI and holds the signed
 * record encrypted, so that the store alone tells no IMEI, neither by its index nor by
 * trying all there are (PRIV-03). Both keys are derived from one file of 32 octets.
 * What was put is on the disk when store_put() returns; whatever was not, is not there.
 */
#ifndef TRUSTGATE_DEVID_STORE_H
#define TRUSTGATE_DEVID_STORE_H

#include "devid/binding.h"

#define STORE_PATH	"/var/lib/trustgate/devid.db"
#define STORE_KEY_LEN	32
#define STORE_ERR_MAX	256

struct store;

/* The signed record of a binding, and which of its versions it is. */
struct store_record {
	enum devid_status status;
	int64_t time_s;
	int64_t version;	/* 1 when it is published first; store_put() says which follows */
	uint8_t data[DEVID_RECORD_MAX];
	size_t len;
};

struct store_counts {
	int64_t active, withdrawn;
	int64_t generation;	/* one more with each change of a binding that was there */
};

/*
 * Open @where: a path, or what begins with "postgresql:". @write: make what is missing.
 * NULL with why, and what to do, in @err.
 */
struct store *store_open(const char *where, const uint8_t key[STORE_KEY_LEN], bool write,
			 char *err, size_t errlen);
void store_close(struct store *s);
const char *store_error(const struct store *s);

/* Read the file of @path; with @make one that is not there is made. 0, or a negative errno. */
int store_key_load(const char *path, bool make, uint8_t key[STORE_KEY_LEN], char *err, size_t errlen);

/*
 * Keep @record in the place of version record->version, 0 for a binding that is not
 * there. -EEXIST: that is not the version there is. All or nothing.
 */
int store_put(struct store *s, enum devid_solution solution, const char *imei,
	      const struct store_record *record);

/* 1, 0 when there is none, or a negative errno: it could not be told. */
int store_get(struct store *s, enum devid_solution solution, const char *imei,
	      struct store_record *record);

/* What store_get() costs when there is none, without looking for it. */
int store_miss(struct store *s, enum devid_solution solution, const char *imei);

int store_count(struct store *s, struct store_counts *counts);
int store_generation(struct store *s, int64_t *generation);

/* Many at once, of which all or none are kept: for an import. */
int store_begin(struct store *s);
int store_end(struct store *s, bool keep);

#endif /* TRUSTGATE_DEVID_STORE_H */
