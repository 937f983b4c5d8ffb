// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate clock: what the agent takes for the time, and to say that the wall clock is right. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "ctl.h"

static void line(const char *what, json_t *clock, const char *key, const char *none)
{
	json_int_t seconds = json_integer_value(json_object_get(clock, key));
	time_t t = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (!seconds || !gmtime_r(&t, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(text, sizeof(text), "%s", none);
	printf("%-16s%s\n", what, text);
}

static int show(json_t *clock)
{
	bool synced = json_is_true(json_object_get(clock, "synchronised"));

	line("taken for now", clock, "now", "?");
	line("wall clock", clock, "wall", "?");
	printf("%-16s%s\n", "synchronised", synced ? "yes" : "no");
	line("at least", clock, "known", "nothing is known");
	line("of that proven", clock, "proven", "nothing");
	if (json_integer_value(json_object_get(clock, "now")) >
	    json_integer_value(json_object_get(clock, "wall")) + 1)
		printf("the wall clock is behind what is known "
		       "(set it right; if it is right: trustgate clock reset)\n");
	return EXIT_OPEN;
}

int verb_clock(struct ctl *ctl, int argc, char **argv)
{
	bool reset = argc && !strcmp(argv[0], "reset");
	char err[TEXT_ROOM + 128];
	json_t *reply, *clock;
	int rc;

	if (argc && !reset && strcmp(argv[0], "show") != 0)
		return usage_error(argv[0], "not show or reset");
	rc = control_ask(ctl, json_pack("{s:s, s:b}", "verb", "clock", "reset", reset), &reply, err,
			 sizeof(err));
	if (!rc) {
		clock = json_incref(json_object_get(reply, "clock"));
		json_decref(reply);
		if (ctl->json)
			return json_emit(clock, "trustgate.clock/1", true, EXIT_OPEN);
		rc = show(clock);
		json_decref(clock);
		return rc;
	}
	fprintf(stderr, "trustgate: %s%s\n", rc == -EREMOTEIO ? "" : "agent: ", err);
	if (rc == -EACCES || rc == -EPERM)
		return EXIT_PERM;
	return rc == -ENOENT || rc == -ECONNREFUSED ? EXIT_ABSENT : EXIT_FAILED;
}
