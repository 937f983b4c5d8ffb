// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The time by the box's own clock (TS 33.320 8.3.4): nobody waits for NTP, and no clock
 * that lost its power makes an expired certificate good.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "agent/clock.h"
#include "check_tls.h"

static bool of_agent(const struct ctl *ctl, time_t *at)
{
	char err[TEXT_ROOM + 128];
	json_t *reply = NULL, *now;
	bool found = false;

	if (!control_ask(ctl, json_pack("{s:s}", "verb", "status"), &reply, err, sizeof(err))) {
		now = json_object_get(json_object_get(reply, "clock"), "now");
		found = json_is_integer(now);
		if (found)
			*at = (time_t)json_integer_value(now);
	}
	json_decref(reply);
	return found;
}

int check_clock(const struct ctl *ctl, const char *file, time_t *at)
{
	char text[CLOCK_STATE_MAX + 1];
	ssize_t n = 0;
	int64_t now;
	int fd;

	if (of_agent(ctl, at))
		return 0;
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text));
		close(fd);
	}
	if ((fd < 0 && errno != ENOENT) || n < 0) {
		complain(file, strerror(errno), "make it readable, or give --at");
		return EXIT_USAGE;
	}
	now = hems_clock(text, (size_t)n, time(NULL));
	if (now < 0 || (fd >= 0 && !n)) {
		complain(file, "is no state of the agent's clock",
			 "set the clock right, then trustgate clock reset, or remove the file");
		return EXIT_USAGE;
	}
	*at = (time_t)now;
	return 0;
}
