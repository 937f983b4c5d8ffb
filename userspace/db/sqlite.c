// SPDX-License-Identifier: GPL-2.0-or-later
/* A file: write-ahead log, every commit on the disk before it is believed. */
#include "db/ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sqlite3.h>

struct stmt {
	struct db_stmt base;
	sqlite3_stmt *s;
};

static sqlite3_stmt *of(struct db_stmt *s)
{
	return ((struct stmt *)s)->s;
}

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

static int exec(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(db, rc);
}

static int pragma(struct db *db, const char *sql, int *value)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db->h, sql, -1, &stmt, NULL);

	*value = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*value = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : fail(db, rc);
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
		err = exec(db, schema->create);
		return err ? err : exec(db, sql);
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
	err = exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
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

static int open_file(struct db *db, const char *path, bool write, const struct db_schema *schema,
		     int busy_ms)
{
	int flags = write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, err = 0, rc;
	sqlite3 *h = NULL;

	if (write)
		err = make_file(db, path);
	else if (access(path, F_OK))
		err = -errno;
	if (err && !write)
		snprintf(db->err, sizeof(db->err), "%s (%s)", strerror(-err), schema->make);
	if (err)
		return err;
	rc = sqlite3_open_v2(path, &h, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
			     SQLITE_OPEN_NOFOLLOW, NULL);
	db->h = h;
	if (rc != SQLITE_OK)
		return fail(db, rc);
	sqlite3_busy_timeout(h, busy_ms);
	return set_up(db, write, schema);
}

static void close_file(struct db *db)
{
	sqlite3_close_v2(db->h);
}

static bool alive(const struct db *db)
{
	(void)db;
	return true;
}

static void finalize(struct db_stmt *s)
{
	sqlite3_finalize(of(s));
	free(s);
}

static struct db_stmt *prepare(struct db *db, const char *sql)
{
	struct stmt *s = calloc(1, sizeof(*s));
	int rc = SQLITE_NOMEM;

	if (s) {
		s->base.db = db;
		rc = sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->s, NULL);
	}
	if (rc == SQLITE_OK)
		return &s->base;
	fail(db, rc);
	free(s);
	return NULL;
}

static void bind_text(struct db_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(of(s), at, text, -1, SQLITE_STATIC);
}

static void bind_int(struct db_stmt *s, int at, int64_t v)
{
	sqlite3_bind_int64(of(s), at, v);
}

static void bind_blob(struct db_stmt *s, int at, const void *data, size_t len)
{
	sqlite3_bind_blob64(of(s), at, data, len, SQLITE_STATIC);
}

static int step(struct db_stmt *s)
{
	int rc = sqlite3_step(of(s));

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : fail(s->db, rc);
}

static void reset(struct db_stmt *s)
{
	sqlite3_reset(of(s));
	sqlite3_clear_bindings(of(s));
}

static int changes(struct db *db)
{
	return sqlite3_changes(db->h);
}

static int64_t get_int(struct db_stmt *s, int column)
{
	return sqlite3_column_int64(of(s), column);
}

static bool is_null(struct db_stmt *s, int column)
{
	return sqlite3_column_type(of(s), column) == SQLITE_NULL;
}

static bool blob(struct db_stmt *stmt, int column, uint8_t *to, size_t room, size_t *len)
{
	sqlite3_stmt *s = of(stmt);
	const void *data = sqlite3_column_blob(s, column);
	int n = sqlite3_column_bytes(s, column);

	if (sqlite3_column_type(s, column) != SQLITE_BLOB || !data || n <= 0 || (size_t)n > room)
		return false;
	memcpy(to, data, (size_t)n);
	*len = (size_t)n;
	return true;
}

static bool text(struct db_stmt *stmt, int column, char *to, size_t room)
{
	const unsigned char *from = sqlite3_column_text(of(stmt), column);
	int n = sqlite3_column_bytes(of(stmt), column);

	if (!from || n < 0 || (size_t)n >= room || memchr(from, 0, (size_t)n))
		return false;
	memcpy(to, from, (size_t)n);
	to[n] = '\0';
	return true;
}

const struct db_ops db_sqlite = {
	.open = open_file, .close = close_file, .alive = alive, .prepare = prepare,
	.finalize = finalize, .exec = exec, .bind_text = bind_text, .bind_int = bind_int,
	.bind_blob = bind_blob, .step = step, .reset = reset, .changes = changes,
	.get_int = get_int, .is_null = is_null, .blob = blob, .text = text,
	.begin = "BEGIN IMMEDIATE", .for_update = "",
};
