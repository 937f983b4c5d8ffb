// SPDX-License-Identifier: GPL-2.0-or-later
#include "segw/devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "db/db.h"

#define APPLICATION_ID	0x54474456	/* "TGDV" */

/* A key that two devices had would let one report for the other (PIT-40). */
static const struct db_schema schema = { APPLICATION_ID,
	"CREATE TABLE device ("
	" identity TEXT PRIMARY KEY NOT NULL,"
	" ak_public BLOB NOT NULL,"
	" ak_name BLOB NOT NULL UNIQUE,"
	" ike_key BLOB NOT NULL UNIQUE,"
	" ike_public BLOB NOT NULL,"
	" certify BLOB NOT NULL,"
	" signature BLOB NOT NULL,"
	" reference TEXT NOT NULL,"
	" enrolled_s INTEGER NOT NULL,"
	" seen_s INTEGER NOT NULL DEFAULT 0,"
	" reset INTEGER,"
	" restart INTEGER,"
	" firmware INTEGER"
	") STRICT, WITHOUT ROWID",
	"CREATE TABLE device ("
	" identity text PRIMARY KEY,"
	" ak_public bytea NOT NULL,"
	" ak_name bytea NOT NULL UNIQUE,"
	" ike_key bytea NOT NULL UNIQUE,"
	" ike_public bytea NOT NULL,"
	" certify bytea NOT NULL,"
	" signature bytea NOT NULL,"
	" reference text NOT NULL,"
	" enrolled_s bigint NOT NULL,"
	" seen_s bigint NOT NULL DEFAULT 0,"
	" reset bigint,"
	" restart bigint,"
	" firmware bigint"
	")",
	"enrol a device to make it",
};

#define COLUMNS	"identity, ak_public, ak_name, ike_key, reference, reset, restart, firmware, " \
		"enrolled_s, seen_s"

struct devices {
	struct db db;
	struct db_stmt *find, *lock, *each, *insert, *remove, *seen, *count;
};

static bool prepare_all(struct devices *d, bool write)
{
	struct db *db = &d->db;
	char lock[256];

	d->find = db_prepare(db, "SELECT " COLUMNS " FROM device WHERE identity = ?1");
	d->each = db_prepare(db, "SELECT " COLUMNS " FROM device ORDER BY identity");
	d->count = db_prepare(db, "SELECT count(*) FROM device");
	if (write) {
		snprintf(lock, sizeof(lock), "SELECT " COLUMNS " FROM device WHERE identity = ?1%s",
			 db_for_update(db));
		d->lock = db_prepare(db, lock);
		d->insert = db_prepare(db, "INSERT INTO device (identity, ak_public, ak_name, ike_key,"
				       " ike_public, certify, signature, reference, enrolled_s)"
				       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
		d->remove = db_prepare(db, "DELETE FROM device WHERE identity = ?1");
		d->seen = db_prepare(db, "UPDATE device SET reset = ?2, restart = ?3, firmware = ?4,"
				     " seen_s = ?5 WHERE identity = ?1");
	}
	return d->find && d->each && d->count && (!write || (d->lock && d->insert && d->remove && d->seen));
}

struct devices *devices_open(const char *path, bool write, int busy_ms, char *err, size_t errlen)
{
	struct devices *d = calloc(1, sizeof(*d));

	if (!d) {
		snprintf(err, errlen, "out of memory (free some)");
		return NULL;
	}
	if (!db_open(&d->db, path, write, &schema, busy_ms) && prepare_all(d, write))
		return d;
	snprintf(err, errlen, "%s", d->db.err);
	devices_close(d);
	return NULL;
}

void devices_close(struct devices *d)
{
	if (!d)
		return;
	db_finalize(d->find);
	db_finalize(d->lock);
	db_finalize(d->each);
	db_finalize(d->insert);
	db_finalize(d->remove);
	db_finalize(d->seen);
	db_finalize(d->count);
	db_close(&d->db);
	free(d);
}

const char *devices_error(const struct devices *d)
{
	return d->db.err;
}

static int damaged(struct devices *d)
{
	snprintf(d->db.err, sizeof(d->db.err), "a device in the store is damaged (enrol it anew)");
	return -EBADMSG;
}

static bool read_counters(struct db_stmt *s, int column, struct appraise_counters *c)
{
	int64_t reset = db_int(s, column), restart = db_int(s, column + 1);

	c->seen = !db_null(s, column);
	if (reset < 0 || reset > UINT32_MAX || restart < 0 || restart > UINT32_MAX)
		return false;
	c->reset = (uint32_t)reset;
	c->restart = (uint32_t)restart;
	c->firmware = (uint64_t)db_int(s, column + 2);
	return true;
}

/* COLUMNS of the row that @s is at. */
static int read_device(struct devices *d, struct db_stmt *s, struct devices_entry *e)
{
	struct appraise_device *dev = &e->device;

	memset(e, 0, sizeof(*e));
	e->enrolled_s = db_int(s, 8);
	e->seen_s = db_int(s, 9);
	if (db_text(s, 0, dev->identity, sizeof(dev->identity)) &&
	    db_blob(s, 1, dev->ak_public, sizeof(dev->ak_public), &dev->ak_public_len) &&
	    db_octets(s, 2, dev->ak_name, sizeof(dev->ak_name)) &&
	    db_octets(s, 3, dev->ike_key, sizeof(dev->ike_key)) &&
	    db_text(s, 4, dev->reference, sizeof(dev->reference)) &&
	    read_counters(s, 5, &dev->last))
		return 0;
	return damaged(d);
}

static int find(struct devices *d, struct db_stmt *s, const char *identity, struct devices_entry *e)
{
	int rc;

	db_bind_text(s, 1, identity);
	rc = db_step(s);
	if (rc == 1)
		rc = read_device(d, s, e);
	else if (!rc)
		rc = -ENOENT;
	if (rc == -ENOENT)
		snprintf(d->db.err, sizeof(d->db.err), "no such device is enrolled (see 'trustgate devices list')");
	db_reset(s);
	return rc;
}

int devices_find(struct devices *d, const char *identity, struct appraise_device *device)
{
	struct devices_entry e;
	int rc = find(d, d->find, identity, &e);

	if (!rc)
		*device = e.device;
	return rc;
}

static int run_remove(struct devices *d, const char *identity)
{
	int rc;

	db_bind_text(d->remove, 1, identity);
	rc = db_run(d->remove);
	return rc ? rc : db_changes(&d->db) ? 0 : -ENOENT;
}

int devices_remove(struct devices *d, const char *identity)
{
	int rc = run_remove(d, identity);

	if (rc == -ENOENT)
		snprintf(d->db.err, sizeof(d->db.err), "no such device is enrolled (see 'trustgate devices list')");
	return rc;
}

static int run_insert(struct devices *d, const struct appraise_device *dev,
		      const struct tre_certification *c, int64_t now)
{
	struct db_stmt *s = d->insert;

	db_bind_text(s, 1, dev->identity);
	db_bind_blob(s, 2, dev->ak_public, dev->ak_public_len);
	db_bind_blob(s, 3, dev->ak_name, sizeof(dev->ak_name));
	db_bind_blob(s, 4, dev->ike_key, sizeof(dev->ike_key));
	db_bind_blob(s, 5, c->ike_public, c->ike_public_len);
	db_bind_blob(s, 6, c->attest, c->attest_len);
	db_bind_blob(s, 7, c->sig, c->sig_len);
	db_bind_text(s, 8, dev->reference);
	db_bind_int(s, 9, now);
	return db_run(s);
}

int devices_enrol(struct devices *d, const struct appraise_device *device,
		  const struct tre_certification *c, int64_t now, bool replace)
{
	int rc = db_begin(&d->db);

	if (rc)
		return rc;
	if (replace)
		rc = run_remove(d, device->identity);
	if (rc == -ENOENT)
		rc = 0;
	if (!rc)
		rc = run_insert(d, device, c, now);
	return db_end(&d->db, rc);
}

/* Whether @b may follow @a: TPM2 Part 1, 36.3. */
static bool follows(const struct appraise_counters *a, const struct appraise_counters *b)
{
	return !a->seen || b->reset > a->reset || (b->reset == a->reset && b->restart >= a->restart);
}

static int update_seen(struct devices *d, const struct appraise_device *device,
		       const struct appraise_counters *now, int64_t now_s)
{
	struct devices_entry e;
	uint64_t firmware;
	int rc = find(d, d->lock, device->identity, &e);

	if (rc)
		return rc == -ENOENT ? -ESTALE : rc;
	/* Another report may have come in between, or another enrolment. */
	if (memcmp(e.device.ak_name, device->ak_name, sizeof(device->ak_name)) ||
	    !follows(&e.device.last, now))
		return -ESTALE;
	firmware = e.device.last.seen && e.device.last.firmware > now->firmware ?
		   e.device.last.firmware : now->firmware;
	db_bind_text(d->seen, 1, device->identity);
	db_bind_int(d->seen, 2, now->reset);
	db_bind_int(d->seen, 3, now->restart);
	db_bind_int(d->seen, 4, (int64_t)firmware);
	db_bind_int(d->seen, 5, now_s);
	return db_run(d->seen);
}

int devices_seen(struct devices *d, const struct appraise_device *device,
		 const struct appraise_counters *now, int64_t now_s)
{
	int rc = db_begin(&d->db);

	if (rc)
		return rc;
	rc = update_seen(d, device, now, now_s);
	if (rc == -ESTALE)
		snprintf(d->db.err, sizeof(d->db.err),
			 "the TPM's counters or the enrolment are later by now (have the device connect again)");
	return db_end(&d->db, rc);
}

int devices_each(struct devices *d, int (*each)(void *arg, const struct devices_entry *entry),
		 void *arg)
{
	struct devices_entry e;
	int rc, result = 0;

	while (!result && (rc = db_step(d->each)) != 0) {
		result = rc < 0 ? rc : read_device(d, d->each, &e);
		if (!result)
			result = each(arg, &e);
	}
	db_reset(d->each);
	return result;
}

int64_t devices_count(struct devices *d)
{
	int rc = db_step(d->count);
	int64_t n = rc == 1 ? db_int(d->count, 0) : rc ? rc : -EIO;

	db_reset(d->count);
	return n;
}
