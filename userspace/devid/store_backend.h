/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kind of database does for the store. It sees neither IMEI nor record. */
#ifndef TRUSTGATE_DEVID_STORE_BACKEND_H
#define TRUSTGATE_DEVID_STORE_BACKEND_H

#include "devid/store.h"

#define STORE_INDEX_LEN	32
#define STORE_SEAL_MORE	28	/* nonce and tag of AES-256-GCM */
#define STORE_SEALED_MAX (DEVID_RECORD_MAX + STORE_SEAL_MORE)

struct store_row {
	uint8_t index[STORE_INDEX_LEN];
	int64_t status, time_s, version;
	uint8_t sealed[STORE_SEALED_MAX];
	size_t len;
};

/* Errors are negative errnos, and words in err. */
struct store_backend {
	void *(*open)(const char *where, bool write, char err[STORE_ERR_MAX]);
	void (*close)(void *db);
	/* A row that is not there yet, its version 1; -EEXIST. */
	int (*insert)(void *db, const struct store_row *row, char err[STORE_ERR_MAX]);
	/* In the place of row->version, and the generation with it; -EEXIST: another is there. */
	int (*update)(void *db, const struct store_row *row, char err[STORE_ERR_MAX]);
	/* Of row->index: 1, 0 or an error. */
	int (*get)(void *db, struct store_row *row, char err[STORE_ERR_MAX]);
	int (*generation)(void *db, int64_t *generation, char err[STORE_ERR_MAX]);
	int (*count)(void *db, struct store_counts *counts, char err[STORE_ERR_MAX]);
	int (*begin)(void *db, char err[STORE_ERR_MAX]);
	int (*end)(void *db, bool keep, char err[STORE_ERR_MAX]);
};

extern const struct store_backend store_sqlite, store_pg;

#endif /* TRUSTGATE_DEVID_STORE_BACKEND_H */
