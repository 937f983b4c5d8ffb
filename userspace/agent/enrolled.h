/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Role segw: the enrolled devices, wherever they are. A file is looked at at once; a
 * database in a worker, as its server may be slow, away, or somebody else's by now.
 */
#ifndef TRUSTGATE_AGENT_ENROLLED_H
#define TRUSTGATE_AGENT_ENROLLED_H

#include "agent/worker.h"

/* Open the file that [integrity] enrolment names. 0, or -1, told. */
int enrolled_start(void);
/* It names a database: of the calls below the last two, else the first two. */
bool enrolled_remote(void);

/* As devices_find() and devices_seen(); -ENOENT without a store. */
int enrolled_find(const char *identity, struct appraise_device *device);
int enrolled_seen(const struct appraise_device *device, const struct appraise_counters *now);
const char *enrolled_error(void);

/* As worker_start(): the answer is in store, the device in device, why there is none in tre. */
int enrolled_ask(struct worker *w, const char *identity, uint32_t ms,
		 void (*done)(struct worker *w, const struct worker_result *r));
int enrolled_tell(struct worker *w, const struct appraise_device *device,
		  const struct appraise_counters *now, uint32_t ms,
		  void (*done)(struct worker *w, const struct worker_result *r));

/* What the worker does; @arg is a struct enrolled_job. */
struct enrolled_job {
	const char *where;
	struct appraise_device device;	/* to ask: only its identity counts */
	bool tells;
	struct appraise_counters now;
	int64_t now_s;
};

void enrolled_run(const void *arg, struct worker_result *out);

#endif /* TRUSTGATE_AGENT_ENROLLED_H */
