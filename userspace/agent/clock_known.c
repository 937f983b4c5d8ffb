// SPDX-License-Identifier: GPL-2.0-or-later
/* The arithmetic of what is known of the time; no clock is read here. */
#include "agent/clock.h"

int64_t clock_least(const struct clock_known *k, uint64_t boot_ms)
{
	if (!k->wall_ms)
		return 0;
	/* Boottime of another boot would be one: nothing has passed. */
	return k->wall_ms + (boot_ms > k->boot_ms ? (int64_t)(boot_ms - k->boot_ms) : 0);
}

int64_t clock_judge(const struct clock_known *k, uint64_t boot_ms, int64_t wall_ms)
{
	int64_t least = clock_least(k, boot_ms);

	return wall_ms > least ? wall_ms : least;
}

bool clock_may_learn(const struct clock_known *proven, uint64_t boot_ms, int64_t wall_ms,
		     int64_t bound_ms, int64_t step_ms)
{
	int64_t least = clock_least(proven, boot_ms);

	return wall_ms < bound_ms && (!least || wall_ms <= least + step_ms);
}

void clock_learn(struct clock_known *k, uint64_t boot_ms, int64_t wall_ms)
{
	if (wall_ms <= clock_least(k, boot_ms) || wall_ms > CLOCK_LAST * 1000)
		return;
	k->wall_ms = wall_ms;
	k->boot_ms = boot_ms;
}
