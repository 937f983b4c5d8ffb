// SPDX-License-Identifier: GPL-2.0-or-later
#include "db/db.h"

#include <string.h>
#include "db/ops.h"

bool db_is_remote(const char *where)
{
	return !strncmp(where, "postgresql:", 11);
}

int db_open(struct db *db, const char *where, bool write, const struct db_schema *schema,
	    int busy_ms)
{
	memset(db, 0, sizeof(*db));
	db->ops = db_is_remote(where) ? &db_pg : &db_sqlite;
	return db->ops->open(db, where, write, schema, busy_ms);
}

void db_close(struct db *db)
{
	if (db->h)
		db->ops->close(db);
	db->h = NULL;
}

bool db_alive(const struct db *db)
{
	return db->h && db->ops->alive(db);
}

struct db_stmt *db_prepare(struct db *db, const char *sql)
{
	return db->ops->prepare(db, sql);
}

void db_finalize(struct db_stmt *s)
{
	if (s)
		s->db->ops->finalize(s);
}

int db_exec(struct db *db, const char *sql)
{
	return db->ops->exec(db, sql);
}

void db_bind_text(struct db_stmt *s, int at, const char *text)
{
	s->db->ops->bind_text(s, at, text);
}

void db_bind_int(struct db_stmt *s, int at, int64_t v)
{
	s->db->ops->bind_int(s, at, v);
}

void db_bind_blob(struct db_stmt *s, int at, const void *data, size_t len)
{
	s->db->ops->bind_blob(s, at, data, len);
}

int db_step(struct db_stmt *s)
{
	return s->db->ops->step(s);
}

void db_reset(struct db_stmt *s)
{
	s->db->ops->reset(s);
}

int db_run(struct db_stmt *s)
{
	int rc = db_step(s);

	db_reset(s);
	return rc;
}

int db_changes(struct db *db)
{
	return db->ops->changes(db);
}

int db_begin(struct db *db)
{
	return db_exec(db, db->ops->begin);
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

const char *db_for_update(const struct db *db)
{
	return db->ops->for_update;
}

int64_t db_int(struct db_stmt *s, int column)
{
	return s->db->ops->get_int(s, column);
}

bool db_null(struct db_stmt *s, int column)
{
	return s->db->ops->is_null(s, column);
}

bool db_blob(struct db_stmt *s, int column, uint8_t *to, size_t room, size_t *len)
{
	*len = 0;
	return s->db->ops->blob(s, column, to, room, len);
}

bool db_octets(struct db_stmt *s, int column, uint8_t *to, size_t len)
{
	size_t n;

	return db_blob(s, column, to, len, &n) && n == len;
}

bool db_text(struct db_stmt *s, int column, char *to, size_t room)
{
	return s->db->ops->text(s, column, to, room);
}
