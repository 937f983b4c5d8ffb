/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line a decision on stderr: key=value pairs, values quoted where needed.
 *
 *	struct log l;
 *
 *	log_begin(&l, LOG_NOTICE, "reject");
 *	log_num(&l, "context", 7);
 *	log_str(&l, "rule", "ocsp.revoked");
 *	log_end(&l);
 */
#ifndef TRUSTGATE_LOG_H
#define TRUSTGATE_LOG_H

#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

struct log {
	char text[1536];
	size_t len;
};

/* @priority as in syslog(3); shown to the journal, not to a terminal. */
void log_begin(struct log *l, int priority, const char *decision);
/* Leaves the pair out when @value is NULL or empty. */
void log_str(struct log *l, const char *key, const char *value);
void log_num(struct log *l, const char *key, uint64_t value);
void log_end(struct log *l);

/* The usual line: what, why and what to do. @remedy may be NULL. */
void log_say(int priority, const char *decision, const char *value, const char *remedy);

#endif /* TRUSTGATE_LOG_H */
