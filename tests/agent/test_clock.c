// SPDX-License-Identifier: GPL-2.0-or-later
/* What time it is: never earlier than what is known, whatever the wall clock says. */
#include <stdio.h>
#include <string.h>

#include "../lib/tap.h"
#include "agent/clock.h"

#define T	1800000000000	/* 2027-01-15, ms */
#define DAY	86400000

static void test_time(void)
{
	struct clock_known k = { 0 };

	tap_ok(clock_judge(&k, 5000, T) == T && clock_judge(&k, 6000, 0) == 0,
	       "FFS-16: with nothing known, the wall clock counts");
	clock_learn(&k, 5000, T);
	tap_ok(clock_judge(&k, 5000, 0) == T && clock_judge(&k, 8000, 0) == T + 3000,
	       "PIT-22: 1970: what is known, and what has passed since, count");
	tap_ok(clock_judge(&k, 8000, T + DAY) == T + DAY && clock_judge(&k, 9000, T) == T + 4000,
	       "PIT-22: a step ahead is followed, and is not known by that");
	clock_learn(&k, 9000, T);
	tap_ok(clock_least(&k, 9000) == T + 4000, "PIT-22: what is learnt never moves it back");
	clock_learn(&k, 10000, T + DAY);
	tap_ok(clock_judge(&k, 11000, T) == T + DAY + 1000, "PIT-22: nor back from what was learnt");
	tap_ok(clock_least(&k, 4000) == T + DAY, "PIT-22: a boottime that went back takes nothing off");
	clock_learn(&k, 12000, INT64_MAX);
	tap_ok(clock_least(&k, 12000) == T + DAY + 2000, "PIT-22: a year beyond 9999 is none");
}

static void test_bounds(void)
{
	struct clock_known none = { 0 }, proven = { T, 1000 };

	tap_ok(!clock_may_learn(&none, 1000, T, 0, DAY),
	       "PIT-22: no path found good yet: a clock that is said to be right teaches nothing");
	tap_ok(clock_may_learn(&none, 1000, T, T + DAY, DAY) && clock_may_learn(&none, 1000, T + 9 * DAY, T + 10ll * DAY, DAY),
	       "TR69-08: nothing proven: it is believed as far as the path lasts");
	tap_ok(!clock_may_learn(&none, 1000, T + DAY, T + DAY, DAY) &&
	       !clock_may_learn(&none, 1000, 2208988800000, T + 365ll * DAY, DAY),
	       "PIT-25: 2040, said to be right, after the end of that path: not learnt");
	tap_ok(clock_may_learn(&proven, 1000, T + DAY, T + 365ll * DAY, DAY) &&
	       !clock_may_learn(&proven, 1000, T + DAY + 1, T + 365ll * DAY, DAY),
	       "PIT-25: nor a longer step than step_max ahead of what is proven");
	tap_ok(clock_may_learn(&proven, 3000, T + DAY + 2000, T + 365ll * DAY, DAY),
	       "PIT-22: which goes on with the time that has passed");
}

static bool reads(const char *text, int64_t want)
{
	struct clock_state got = { -1, -1 };

	return clock_state_read(text, strlen(text), &got) && got.least == want;
}

static void test_state(void)
{
	static const char *const bad[] = {
		"", "\n", "trustgate-clock 1 \n", "trustgate-clock 1 12", "trustgate-clock 2 12\n", "trustgate-clock 3 12 1\n", "trustgate-clock 2 12 13\n",
		"trustgate-clock 2 12 1", "trustgate-clock 2 12 1 1\n", "trustgate-clock 1 12 1\n",
		"trustgate-clock 1 -1\n", "trustgate-clock 1 12x\n", "trustgate-clock 1 12\n\n",
		"trustgate-clock 1 253402300800\n", "trustgate-clock 1 99999999999999999999999\n",
	};
	char text[CLOCK_STATE_MAX];
	bool none = true;
	struct clock_state s = { 0 }, last = { CLOCK_LAST, 7 };

	tap_ok(reads("trustgate-clock 1 1800000000\n", 1800000000), "FFS-17, PIT-22: the state file is read");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		none = none && !clock_state_read(bad[i], strlen(bad[i]), &s);
	tap_ok(none && !clock_state_read("trustgate-clock 1 1\0\n", 21, &s),
	       "PIT-22: what is not exactly one is none");
	tap_ok(clock_state_write(text, &last) < sizeof(text) && reads(text, CLOCK_LAST) &&
	       clock_state_read(text, strlen(text), &s) && s.proven == 7,
	       "PIT-22: and written as it is read");
}

int main(void)
{
	tap_start();
	test_time();
	test_bounds();
	test_state();
	return tap_end();
}
