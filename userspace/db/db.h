/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stores are kept in: a file of SQLite, or a database of PostgreSQL that several
 * machines share. A commit is on the disk before it is believed, nobody is waited
 * for without end. Parameters are written ?1, ?2. Errors are negative errnos, and words
 * in err.
 */
#ifndef TRUSTGATE_DB_H
#define TRUSTGATE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db_ops;
struct db_stmt;

struct db {
	const struct db_ops *ops;
	void *h;		/* sqlite3 *, or PGconn * */
	char err[256];		/* why the last call failed, and what to do */
};

/* What a store has to be, of the only version there is: 1. */
struct db_schema {
	int id;			/* PRAGMA application_id */
	const char *create;	/* statements of SQLite for a new file */
	const char *create_pg;	/* and of PostgreSQL, NULL: it is never there */
	const char *make;	/* what to do when there is none; not seen by who writes */
};

/* Whether @where names a database of PostgreSQL, and not a file. */
bool db_is_remote(const char *where);

/*
 * Open the file @where, or what begins with "postgresql:". @write: make it when it is not
 * there, a file readable by the owner alone. Nobody is waited for longer than @busy_ms, a
 * server not longer than some seconds. db_close() takes it, also then.
 */
int db_open(struct db *db, const char *where, bool write, const struct db_schema *schema,
	    int busy_ms);
void db_close(struct db *db);
/* False: it is closed, or its server has gone; to be closed and opened again. */
bool db_alive(const struct db *db);

/* NULL: db->err says why. db_finalize() takes it, and NULL. */
struct db_stmt *db_prepare(struct db *db, const char *sql);
void db_finalize(struct db_stmt *s);
int db_exec(struct db *db, const char *sql);

/* What is bound is the caller's, until db_reset() or db_run(); what is not is NULL. */
void db_bind_text(struct db_stmt *s, int at, const char *text);
void db_bind_int(struct db_stmt *s, int at, int64_t v);
void db_bind_blob(struct db_stmt *s, int at, const void *data, size_t len);

/* 1: a row, 0: there is no (other) one, else a negative errno. */
int db_step(struct db_stmt *s);
void db_reset(struct db_stmt *s);
/* Run a statement that has no rows, and make it ready for the next time. */
int db_run(struct db_stmt *s);
/* Rows that the last db_run() changed. */
int db_changes(struct db *db);

/* Between them all or nothing; db_end() rolls back when @err is set. */
int db_begin(struct db *db);
int db_end(struct db *db, int err);
/* To end a SELECT with, so that nobody changes the row before db_end(). */
const char *db_for_update(const struct db *db);

/* Of the row. */
int64_t db_int(struct db_stmt *s, int column);
bool db_null(struct db_stmt *s, int column);
/* Copy a BLOB of exactly @len octets. False: it is none. */
bool db_octets(struct db_stmt *s, int column, uint8_t *to, size_t len);
/* A BLOB of at most @room; *@len of it. */
bool db_blob(struct db_stmt *s, int column, uint8_t *to, size_t room, size_t *len);
/* Text of fewer than @room octets, no NUL in it. */
bool db_text(struct db_stmt *s, int column, char *to, size_t room);

#endif /* TRUSTGATE_DB_H */
