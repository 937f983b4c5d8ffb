/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What time it is, for every check. The wall clock of this box may stand anywhere
 * after a loss of power, and may be set by whoever answers for NTP, so it counts
 * only from what is known on: the time that was saved, or that a synchronised
 * clock or a response with our nonce told, and what has passed since. It is never
 * earlier than that. A step ahead is followed, as it can only close; it becomes
 * known when the clock is synchronised.
 */
#ifndef TRUSTGATE_CLOCK_H
#define TRUSTGATE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_STATE_MAX	64
#define CLOCK_LAST	253402300799	/* 9999-12-31T23:59:59Z */

/* What is known: ms since the epoch at @boot_ms of CLOCK_BOOTTIME; 0: nothing. */
struct clock_known {
	int64_t wall_ms;
	uint64_t boot_ms;
};

/* The least that it can be at @boot_ms. */
int64_t clock_least(const struct clock_known *k, uint64_t boot_ms);
/* What to take for the time when the wall clock says @wall_ms. */
int64_t clock_judge(const struct clock_known *k, uint64_t boot_ms, int64_t wall_ms);
/* It is at least @wall_ms at @boot_ms. Never moves back. */
void clock_learn(struct clock_known *k, uint64_t boot_ms, int64_t wall_ms);

/*
 * Whether a clock that is only said to be right may teach @wall_ms: not beyond @bound_ms,
 * the end of a path found good (0: there is none, so nothing), as it would end that for
 * good; and not more than @step_ms ahead of what is proven, if anything is.
 */
bool clock_may_learn(const struct clock_known *proven, uint64_t boot_ms, int64_t wall_ms,
		     int64_t bound_ms, int64_t step_ms);

/* Seconds since the epoch: what it is at least, and of that what is proven; 0: nothing. */
struct clock_state {
	int64_t least, proven;
};

/* False unless @text is exactly a state file. One of version 1 does not say what is proven. */
bool clock_state_read(const char *text, size_t len, struct clock_state *state);
size_t clock_state_write(char out[CLOCK_STATE_MAX], const struct clock_state *state);

#endif /* TRUSTGATE_CLOCK_H */
