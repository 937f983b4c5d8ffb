/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent was told on which connection: a new agent knows nothing of what
 * the last one was told, and each end is announced once.
 */
#ifndef TRUSTGATE_TOLD_H
#define TRUSTGATE_TOLD_H

#include <library.h>

typedef struct trustgate_told_t trustgate_told_t;

/* IKE SAs and CHILD_SAs are numbered separately: one of these for each. */
struct trustgate_told_t {
	/* @id was told on connection @generation, which is not 0. */
	void (*mark)(trustgate_told_t *this, uint32_t id, uint32_t generation);

	/* Was @id told on connection @generation? */
	bool (*check)(trustgate_told_t *this, uint32_t id, uint32_t generation);

	/* As check(), and forget @id. */
	bool (*forget)(trustgate_told_t *this, uint32_t id, uint32_t generation);

	void (*destroy)(trustgate_told_t *this);
};

trustgate_told_t *trustgate_told_create(void);

#endif /* TRUSTGATE_TOLD_H */
