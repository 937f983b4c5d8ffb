/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SQLite as the SeGW's stores use it: write-ahead log, every commit on the disk before
 * it is believed, one schema a file. Errors are negative errnos, and words in err.
 */
#ifndef TRUSTGATE_SEGW_DB_H
#define TRUSTGATE_SEGW_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sqlite3.h>

struct db {
	sqlite3 *h;
	char err[256];		/* why the last call failed, and what to do */
};

/* What a file has to be: PRAGMA application_id, and user_version 1. */
struct db_schema {
	int id;
	const char *create;	/* statements for a new file */
};

/*
 * Open the file @path. @write: make it when it is not there, readable by the owner
 * alone. Nobody is waited for longer than @busy_ms. db_close() takes it, also then.
 */
int db_open(struct db *db, const char *path, bool write, const struct db_schema *schema,
	    int busy_ms);
void db_close(struct db *db);

/* NULL: db->err says why. sqlite3_finalize() takes it. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql);
int db_exec(struct db *db, const char *sql);
/* 1: a row, 0: there is no (other) one, else a negative errno. */
int db_step(struct db *db, sqlite3_stmt *stmt);
/* Run a statement that has no rows, and make it ready for the next time. */
int db_run(struct db *db, sqlite3_stmt *stmt);

/* Between them all or nothing; one writer at a time. db_end() rolls back when @err is set. */
int db_begin(struct db *db);
int db_end(struct db *db, int err);

/* Copy a BLOB of exactly @len octets. False: it is none. */
bool db_octets(sqlite3_stmt *stmt, int column, uint8_t *to, size_t len);
/* A BLOB of at most @room; *@len of it. */
bool db_blob(sqlite3_stmt *stmt, int column, uint8_t *to, size_t room, size_t *len);
/* Text of fewer than @room octets, no NUL in it. */
bool db_text(sqlite3_stmt *stmt, int column, char *to, size_t room);

#endif /* TRUSTGATE_SEGW_DB_H */
