/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Role segw: what an H(e)NB's INTEGRITY_INFO is worth, for authorize.c and verify.c.
 * The record is of the network, so it is decoded and appraised in a worker, and only
 * of a peer whose AUTH and path are good (SGW-INT-10).
 */
#ifndef TRUSTGATE_AGENT_APPRAISAL_H
#define TRUSTGATE_AGENT_APPRAISAL_H

#include "agent/context.h"

/* Load what [integrity] names. 0, or -1, told. */
int appraisal_start(void);

/*
 * Appraise what @c has, in @w and within @ms, then @done. 1: there is nothing to
 * appraise, and the outcome is set already; 0; or a negative errno.
 */
int appraisal_run(struct context *c, struct worker *w, uint64_t ms,
		  void (*done)(struct worker *w, const struct worker_result *r));
/* Take what the worker found, and set the outcome. */
void appraisal_take(struct context *c, const struct appraise_result *found);
/* The validation entity has @said what it thinks of it, or the reason of its silence is new. */
void appraisal_validated(struct context *c, bool said);
/* How long a proof of it lasts, 0: no longer. */
uint64_t appraisal_life(const struct context *c);

/* For trustgate status. */
json_t *appraisal_json(void);

#endif /* TRUSTGATE_AGENT_APPRAISAL_H */
