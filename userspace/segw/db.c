// SPDX-License-Identifier: GPL-2.0-or-later
#include "segw/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int error_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_SCHEMA:
		return -EBADMSG;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_CANTOPEN:
		return -EACCES;
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
	case -EACCES:
		return "may this process read and write it, and its directory?";
	default:
		return "look at the disk and at the kernel's log";
	}
}

static int fail(struct db *db, int rc)
{
	int err = error_of(rc);

	snprintf(db->err, sizeof(db->err), "%.160s (%s)",
		 db->h ? sqlite3_errmsg(db->h) : sqlite3_errstr(rc), remedy(err));
	return err;
}

int db_exec(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(db, rc);
}

static int pragma(struct db *db, const char *sql, int *value)
{
	sqlite3_stmt *stmt = db_prepare(db, sql);
	int rc = stmt ? db_step(db, stmt) : -EIO;

	*value = rc == 1 ? sqlite3_column_int(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return rc < 0 ? rc : 0;
}

/* A new file gets the schema; one of another kind is not ours to write to. */
static int be_ours(struct db *db, bool write, const struct db_schema *schema)
{
	char sql[96];
	int id, version, tables, err;

	err = pragma(db, "PRAGMA application_id", &id);
	err = err ? err : pragma(db, "PRAGMA user_version", &version);
	err = err ? err : pragma(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (err)
		return err;
	if (write && !id && !version && !tables) {
		snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = 1",
			 schema->id);
		err = db_exec(db, schema->create);
		return err ? err : db_exec(db, sql);
	}
	if (id == schema->id && version == 1)
		return 0;
	snprintf(db->err, sizeof(db->err), "kind %d, version %d, not %d and 1 (name another file)",
		 id, version, schema->id);
	return -EBADMSG;
}

static int set_up(struct db *db, bool write, const struct db_schema *schema)
{
	int err;

	/* The defaults trust the schema's functions, and double-quoted typing errors. */
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	if (!write)
		return be_ours(db, write, schema);
	err = db_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		      "PRAGMA foreign_keys = ON");
	if (!err)
		err = db_begin(db);
	return err ? err : db_end(db, be_ours(db, write, schema));
}

/* SQLite would make it readable by all. */
static int make_file(struct db *db, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int err = fd < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (err)
		snprintf(db->err, sizeof(db->err), "%s (%s)", strerror(-err), remedy(-EACCES));
	return err;
}

int db_open(struct db *db, const char *path, bool write, const struct db_schema *schema,
	    int busy_ms)
{
	int flags = write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, err = 0, rc;

	memset(db, 0, sizeof(*db));
	if (write)
		err = make_file(db, path);
	else if (access(path, F_OK))
		err = -errno;
	if (err && !write)
		snprintf(db->err, sizeof(db->err), "%s (enrol a device to make it)", strerror(-err));
	if (err)
		return err;
	rc = sqlite3_open_v2(path, &db->h, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
			     SQLITE_OPEN_NOFOLLOW, NULL);
	if (rc != SQLITE_OK)
		return fail(db, rc);
	sqlite3_busy_timeout(db->h, busy_ms);
	return set_up(db, write, schema);
}

void db_close(struct db *db)
{
	sqlite3_close_v2(db->h);
	db->h = NULL;
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);

	if (rc != SQLITE_OK)
		fail(db, rc);
	return stmt;
}

int db_step(struct db *db, sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : fail(db, rc);
}

int db_run(struct db *db, sqlite3_stmt *stmt)
{
	int rc = db_step(db, stmt);

	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc;
}

int db_begin(struct db *db)
{
	return db_exec(db, "BEGIN IMMEDIATE");
}

int db_end(struct db *db, int err)
{
	char why[sizeof(db->err)];

	if (!err)
		err = db_exec(db, "COMMIT");
	if (!err)
		return 0;
	/* What went wrong is to be told, not that it was undone. */
	memcpy(why, db->err, sizeof(why));
	db_exec(db, "ROLLBACK");
	memcpy(db->err, why, sizeof(why));
	return err;
}

bool db_blob(sqlite3_stmt *stmt, int column, uint8_t *to, size_t room, size_t *len)
{
	const void *data = sqlite3_column_blob(stmt, column);
	int n = sqlite3_column_bytes(stmt, column);

	*len = 0;
	if (sqlite3_column_type(stmt, column) != SQLITE_BLOB || !data || n <= 0 || (size_t)n > room)
		return false;
	memcpy(to, data, (size_t)n);
	*len = (size_t)n;
	return true;
}

bool db_octets(sqlite3_stmt *stmt, int column, uint8_t *to, size_t len)
{
	size_t n;

	return db_blob(stmt, column, to, len, &n) && n == len;
}

bool db_text(sqlite3_stmt *stmt, int column, char *to, size_t room)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);
	int n = sqlite3_column_bytes(stmt, column);

	if (!text || n < 0 || (size_t)n >= room || memchr(text, 0, (size_t)n))
		return false;
	memcpy(to, text, (size_t)n);
	to[n] = '\0';
	return true;
}
