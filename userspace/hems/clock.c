// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The time that a peer is judged by (TS 33.320 8.3.4): the wall clock, which after a loss
 * of power may stand anywhere, and never before what the agent's clock service saved.
 */
#include "hems/hems.h"

#include "agent/clock.h"

int64_t hems_clock(const char *text, size_t len, int64_t wall)
{
	struct clock_known known = { 0 };
	struct clock_state saved;

	if (len && !clock_state_read(text, len, &saved))
		return -1;
	if (len)
		clock_learn(&known, 0, saved.least * 1000);
	return clock_judge(&known, 0, wall * 1000) / 1000;
}
