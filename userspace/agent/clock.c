// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Steps of the wall clock. Proofs expire on boottime, which does not step, but
 * what was judged by a clock that was wrong has to be judged again.
 */
#include "agent/agent.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "agent/log.h"

/* A second is what the times in certificates and responses resolve. */
#define TOLERANCE_MS	1000

static struct watch watch = { .fd = -1 };
static int64_t reference;

static int64_t wall_offset(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 - (int64_t)loop_now();
}

static int arm(int fd)
{
	struct itimerspec never = { .it_value.tv_sec = LONG_MAX };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) ?
	       -errno : 0;
}

static void stepped(struct watch *w, uint32_t events)
{
	uint64_t n;
	int64_t step;

	(void)events;
	if (read(w->fd, &n, sizeof(n)) < 0 && errno != ECANCELED)
		return;
	arm(w->fd);
	step = wall_offset() - reference;
	/* Against the reference, so that small steps can't add up unseen. */
	if (llabs(step) < TOLERANCE_MS)
		return;
	reference += step;
	log_say(LOG_WARNING, "clock-step", step > 0 ? "forward" : "backward",
		"nothing to do: all is proven anew; who sets the clock in steps?");
	context_clock_step();
}

int clock_start(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK), err;

	if (fd < 0)
		return -errno;
	reference = wall_offset();
	err = arm(fd);
	if (!err)
		err = watch_start(&watch, fd, EPOLLIN, stepped);
	return err;
}
