/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two that db.c hands its calls to; each does what db.h says of the call. */
#ifndef TRUSTGATE_DB_OPS_H
#define TRUSTGATE_DB_OPS_H

#include "db/db.h"

struct db_ops {
	int (*open)(struct db *db, const char *where, bool write, const struct db_schema *schema,
		    int busy_ms);
	void (*close)(struct db *db);
	bool (*alive)(const struct db *db);
	struct db_stmt *(*prepare)(struct db *db, const char *sql);
	void (*finalize)(struct db_stmt *s);
	int (*exec)(struct db *db, const char *sql);
	void (*bind_text)(struct db_stmt *s, int at, const char *text);
	void (*bind_int)(struct db_stmt *s, int at, int64_t v);
	void (*bind_blob)(struct db_stmt *s, int at, const void *data, size_t len);
	int (*step)(struct db_stmt *s);
	void (*reset)(struct db_stmt *s);
	int (*changes)(struct db *db);
	int64_t (*get_int)(struct db_stmt *s, int column);
	bool (*is_null)(struct db_stmt *s, int column);
	bool (*blob)(struct db_stmt *s, int column, uint8_t *to, size_t room, size_t *len);
	bool (*text)(struct db_stmt *s, int column, char *to, size_t room);
	const char *begin, *for_update;
};

/* What the statements of both begin with. */
struct db_stmt {
	struct db *db;
};

extern const struct db_ops db_sqlite, db_pg;

#endif /* TRUSTGATE_DB_OPS_H */
