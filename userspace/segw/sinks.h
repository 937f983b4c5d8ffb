/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of INTEGRITY_INFO, kept and told on (SGW-INT-08, SGW-INT-09, FFS-07,
 * PRIV-07). One SQLite file: a table that is only ever appended to, and an outbox for
 * FIGS, out of which "trustgate sinks deliver" takes what was delivered. Who writes here
 * waits for no server. Devices are pseudonyms, by a key that is in a file beside it.
 */
#ifndef TRUSTGATE_SEGW_SINKS_H
#define TRUSTGATE_SEGW_SINKS_H

#include "segw/appraise.h"

#define SINKS_PATH		"/var/lib/trustgate/sinks.db"
#define SINKS_EVENT_LEN		32	/* hexadecimal digits */
#define SINKS_BODY_MAX		2048

struct sinks;

/*
 * Open the file @path, which is made with its key, @path.key, when it is not there.
 * Nobody is waited for longer than @busy_ms. NULL with why, and what to do, in @err.
 */
struct sinks *sinks_open(const char *path, int busy_ms, char *err, size_t errlen);
void sinks_close(struct sinks *s);
const char *sinks_error(const struct sinks *s);

struct sinks_event {
	int64_t time_s;
	const char *identity;		/* is not stored: its pseudonym is */
	const char *verdict;		/* appraise_verdict_name(), or "absent" */
	const char *rule, *outcome;	/* as the agent logs them */
	const struct appraise_result *result;	/* NULL: there was no report */
};

/* Keep @event, and put it into the outbox when @figs: both or neither. 0, or a negative errno. */
int sinks_record(struct sinks *s, const struct sinks_event *event, bool figs);

/* HMAC-SHA-256 of the identity, in hexadecimal. */
bool sinks_pseudonym(const struct sinks *s, const char *identity, char out[2 * PKI_DIGEST_LEN + 1]);

struct sinks_item {
	int64_t seq;
	char event[SINKS_EVENT_LEN + 1];	/* the same whenever it is sent */
	char body[SINKS_BODY_MAX];		/* one object of JSON */
};

/* Nobody else delivers while the descriptor is open. -EBUSY: somebody does. */
int sinks_lock(const char *path);
/* The first that is due at @now and behind @seq: 1, 0 for none, or a negative errno. */
int sinks_next(struct sinks *s, int64_t now, int64_t seq, struct sinks_item *item);
int sinks_delivered(struct sinks *s, const struct sinks_item *item);
/* It was refused: not again before @when. */
int sinks_postpone(struct sinks *s, const struct sinks_item *item, int64_t when);

struct sinks_counts {
	int64_t kept, waiting, refused;	/* of waiting: those that were refused */
	int64_t oldest_s;		/* of waiting, 0: none */
};

int sinks_count(struct sinks *s, struct sinks_counts *counts);

/*
 * Put what is kept here and is not there yet into the database @where, under the name of
 * this @gateway; several may share it. What is there is there once: a row is known by
 * gateway and number, and where it stopped is what the database says. 0 or a negative
 * errno; *@copied says how many, also then. -EEXIST: another store has that name there.
 */
#define SINKS_GATEWAY_MAX	253
int sinks_copy(struct sinks *s, const char *where, const char *gateway, int64_t *copied);

#endif /* TRUSTGATE_SEGW_SINKS_H */
