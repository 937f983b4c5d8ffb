// SPDX-License-Identifier: GPL-2.0-or-later
/* One file: write-ahead log, and each commit on the disk before it is believed. */
#include "devid/store_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sqlite3.h>

#define APPLICATION_ID	0x54474442	/* "TGDB" */
#define BUSY_MS		5000

static const char create[] =
	"CREATE TABLE binding ("
	" id INTEGER PRIMARY KEY,"
	" idx BLOB NOT NULL UNIQUE CHECK (length(idx) = 32),"
	" status INTEGER NOT NULL CHECK (status IN (1, 2)),"
	" time_s INTEGER NOT NULL,"
	" version INTEGER NOT NULL,"
	" sealed BLOB NOT NULL"
	") STRICT;"
	"CREATE TABLE change (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL) STRICT;"
	"INSERT INTO change VALUES (1, 0)";

struct lite {
	sqlite3 *h;
	sqlite3_stmt *insert, *update, *changed, *get, *generation, *count;
	bool batch;
};

static int error_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

static const char *remedy(int err)
{
	switch (err) {
	case -EBUSY:
		return "somebody else writes to it: try again";
	case -EBADMSG:
		return "it is damaged or no store: put a backup in its place";
	case -EEXIST:
		return "it is there already";
	case -ENOSPC:
		return "make room on the disk";
	case -ENOMEM:
		return "free memory";
	default:
		return "may this process read and write it, and its directory?";
	}
}

static int fail(struct lite *db, int rc, char err[STORE_ERR_MAX])
{
	int e = error_of(rc);

	snprintf(err, STORE_ERR_MAX, "%.160s (%s)",
		 db->h ? sqlite3_errmsg(db->h) : sqlite3_errstr(rc), remedy(e));
	return e;
}

static int run(struct lite *db, const char *sql, char err[STORE_ERR_MAX])
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(db, rc, err);
}

/* 1: a row, which is to be read before sqlite3_reset(); 0: none. */
static int step(struct lite *db, sqlite3_stmt *q, char err[STORE_ERR_MAX])
{
	int rc = sqlite3_step(q);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : fail(db, rc, err);
}

static int number(struct lite *db, const char *sql, int *value, char err[STORE_ERR_MAX])
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(db->h, sql, -1, &q, NULL);

	rc = rc == SQLITE_OK ? step(db, q, err) : fail(db, rc, err);
	*value = rc == 1 ? sqlite3_column_int(q, 0) : 0;
	sqlite3_finalize(q);
	return rc < 0 ? rc : 0;
}

/* A new file gets the schema; one of another kind is not ours. */
static int be_ours(struct lite *db, bool write, char err[STORE_ERR_MAX])
{
	char sql[96];
	int id, version, tables, rc;

	rc = number(db, "PRAGMA application_id", &id, err);
	rc = rc ? rc : number(db, "PRAGMA user_version", &version, err);
	rc = rc ? rc : number(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
	if (rc)
		return rc;
	if (write && !id && !version && !tables) {
		snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = 1", APPLICATION_ID);
		rc = run(db, create, err);
		return rc ? rc : run(db, sql, err);
	}
	if (id == APPLICATION_ID && version == 1)
		return 0;
	snprintf(err, STORE_ERR_MAX, "it is no store of bindings of version 1 (name another file)");
	return -EBADMSG;
}

static int lite_begin(void *arg, char err[STORE_ERR_MAX])
{
	struct lite *db = arg;
	int rc = run(db, "BEGIN IMMEDIATE", err);

	db->batch = !rc;
	return rc;
}

static int lite_end(void *arg, bool keep, char err[STORE_ERR_MAX])
{
	struct lite *db = arg;
	char ignored[STORE_ERR_MAX];
	int rc = keep ? run(db, "COMMIT", err) : 0;

	if (!keep || rc)
		run(db, "ROLLBACK", ignored);
	db->batch = false;
	return rc;
}

static int set_up(struct lite *db, bool write, char err[STORE_ERR_MAX])
{
	char ignored[STORE_ERR_MAX];
	int rc;

	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (!write)
		return be_ours(db, false, err);
	/* FULL: the log is on the disk before COMMIT returns, so nothing that was
	 * acknowledged goes with the power.
	 */
	rc = run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", err);
	rc = rc ? rc : lite_begin(db, err);
	if (rc)
		return rc;
	rc = be_ours(db, true, err);
	if (!rc)
		return lite_end(db, true, err);
	lite_end(db, false, ignored);
	return rc;
}

static bool prepare(struct lite *db, sqlite3_stmt **q, const char *sql)
{
	return sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, q, NULL) == SQLITE_OK;
}

static bool prepare_all(struct lite *db)
{
	return prepare(db, &db->insert, "INSERT INTO binding (idx, status, time_s, version, sealed)"
		       " VALUES (?1, ?2, ?3, 1, ?4)") &&
	       prepare(db, &db->update, "UPDATE binding SET status = ?2, time_s = ?3, sealed = ?4,"
		       " version = version + 1 WHERE idx = ?1 AND version = ?5") &&
	       prepare(db, &db->changed, "UPDATE change SET generation = generation + 1") &&
	       prepare(db, &db->get, "SELECT status, time_s, version, sealed FROM binding WHERE idx = ?1") &&
	       prepare(db, &db->generation, "SELECT generation FROM change") &&
	       prepare(db, &db->count, "SELECT coalesce(sum(status = 1), 0), coalesce(sum(status = 2), 0)"
		       " FROM binding WHERE idx <> zeroblob(32)");
}

/* SQLite would make it readable by all. */
static int make_file(const char *path, bool write, char err[STORE_ERR_MAX])
{
	int flags = write ? O_RDWR | O_CREAT : O_RDONLY;
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600), e = errno;

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	snprintf(err, STORE_ERR_MAX, "%s (%s)", strerror(e), remedy(-EIO));
	return -e;
}

static void lite_close(void *arg)
{
	struct lite *db = arg;

	sqlite3_finalize(db->insert);
	sqlite3_finalize(db->update);
	sqlite3_finalize(db->changed);
	sqlite3_finalize(db->get);
	sqlite3_finalize(db->generation);
	sqlite3_finalize(db->count);
	sqlite3_close_v2(db->h);
	free(db);
}

static void *lite_open(const char *where, bool write, char err[STORE_ERR_MAX])
{
	int flags = write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, rc;
	struct lite *db = calloc(1, sizeof(*db));

	if (!db) {
		snprintf(err, STORE_ERR_MAX, "out of memory (free some)");
		return NULL;
	}
	rc = make_file(where, write, err);
	if (!rc) {
		rc = sqlite3_open_v2(where, &db->h, flags | SQLITE_OPEN_NOMUTEX |
				     SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW, NULL);
		rc = rc == SQLITE_OK ? 0 : fail(db, rc, err);
	}
	if (!rc) {
		sqlite3_busy_timeout(db->h, BUSY_MS);
		rc = set_up(db, write, err);
	}
	if (!rc && prepare_all(db))
		return db;
	if (!rc)
		fail(db, sqlite3_extended_errcode(db->h), err);
	lite_close(db);
	return NULL;
}

static void bind_row(sqlite3_stmt *q, const struct store_row *row)
{
	sqlite3_bind_blob(q, 1, row->index, STORE_INDEX_LEN, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, row->status);
	sqlite3_bind_int64(q, 3, row->time_s);
	sqlite3_bind_blob(q, 4, row->sealed, (int)row->len, SQLITE_STATIC);
}

static int run_once(struct lite *db, sqlite3_stmt *q, char err[STORE_ERR_MAX])
{
	int rc = step(db, q, err);

	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
	return rc;
}

static int lite_insert(void *arg, const struct store_row *row, char err[STORE_ERR_MAX])
{
	struct lite *db = arg;

	bind_row(db->insert, row);
	return run_once(db, db->insert, err);
}

static int update_both(struct lite *db, const struct store_row *row, char err[STORE_ERR_MAX])
{
	int rc;

	bind_row(db->update, row);
	sqlite3_bind_int64(db->update, 5, row->version);
	rc = run_once(db, db->update, err);
	if (!rc && !sqlite3_changes(db->h)) {
		snprintf(err, STORE_ERR_MAX, "somebody else changed it meanwhile (look at it again)");
		rc = -EEXIST;
	}
	return rc ? rc : run_once(db, db->changed, err);
}

static int lite_update(void *arg, const struct store_row *row, char err[STORE_ERR_MAX])
{
	struct lite *db = arg;
	char ignored[STORE_ERR_MAX];
	int rc;

	if (db->batch)
		return update_both(db, row, err);
	rc = lite_begin(db, err);
	if (rc)
		return rc;
	rc = update_both(db, row, err);
	if (!rc)
		return lite_end(db, true, err);
	lite_end(db, false, ignored);
	return rc;
}

static int take_row(sqlite3_stmt *q, struct store_row *row)
{
	const void *data = sqlite3_column_blob(q, 3);
	int len = sqlite3_column_bytes(q, 3);

	if (!data || len <= 0 || (size_t)len > sizeof(row->sealed))
		return -EBADMSG;
	row->status = sqlite3_column_int64(q, 0);
	row->time_s = sqlite3_column_int64(q, 1);
	row->version = sqlite3_column_int64(q, 2);
	memcpy(row->sealed, data, (size_t)len);
	row->len = (size_t)len;
	return 1;
}

static int lite_get(void *arg, struct store_row *row, char err[STORE_ERR_MAX])
{
	struct lite *db = arg;
	int rc;

	sqlite3_bind_blob(db->get, 1, row->index, STORE_INDEX_LEN, SQLITE_STATIC);
	rc = step(db, db->get, err);
	if (rc == 1) {
		rc = take_row(db->get, row);
		if (rc < 0)
			snprintf(err, STORE_ERR_MAX, "a row is damaged (%s)", remedy(rc));
	}
	sqlite3_reset(db->get);
	return rc;
}

static int lite_generation(void *arg, int64_t *generation, char err[STORE_ERR_MAX])
{
	struct lite *db = arg;
	int rc = step(db, db->generation, err);

	if (rc == 1)
		*generation = sqlite3_column_int64(db->generation, 0);
	sqlite3_reset(db->generation);
	return rc == 1 ? 0 : rc ? rc : -EBADMSG;
}

static int lite_count(void *arg, struct store_counts *counts, char err[STORE_ERR_MAX])
{
	struct lite *db = arg;
	int rc = step(db, db->count, err);

	if (rc == 1) {
		counts->active = sqlite3_column_int64(db->count, 0);
		counts->withdrawn = sqlite3_column_int64(db->count, 1);
	}
	sqlite3_reset(db->count);
	return rc == 1 ? lite_generation(db, &counts->generation, err) : rc ? rc : -EBADMSG;
}

const struct store_backend store_sqlite = {
	lite_open, lite_close, lite_insert, lite_update, lite_get, lite_generation, lite_count,
	lite_begin, lite_end,
};
