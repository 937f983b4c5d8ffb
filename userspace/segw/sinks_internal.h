/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TRUSTGATE_SEGW_SINKS_INTERNAL_H
#define TRUSTGATE_SEGW_SINKS_INTERNAL_H

#include "db/db.h"
#include "segw/sinks.h"

#define SINKS_KEY_LEN	32

struct sinks {
	struct db db;
	uint8_t key[SINKS_KEY_LEN];
	struct db_stmt *report, *outbox, *next, *delivered, *postpone, *count;
};

#endif /* TRUSTGATE_SEGW_SINKS_INTERNAL_H */
