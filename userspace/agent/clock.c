// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The clock that certificates and responses are judged by, its file, and steps of
 * the wall clock. Proofs expire on boottime, which does not step, but what was
 * judged by a clock that was wrong has to be judged again.
 */
#include "agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/log.h"
#include "agent/state_file.h"

/* A second is what the times in certificates and responses resolve. */
#define TOLERANCE_MS	1000

static struct watch watch = { .fd = -1 };
static struct timer saver;
static struct clock_known known;
static int64_t reference;
/* A nonce tells the time once a run: it sets the clock right, it does not move it. */
static bool told;
static bool complained;

static int64_t wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool clock_synced(void)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);

	return state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

int64_t clock_ms(void)
{
	return clock_judge(&known, loop_now(), wall_ms());
}

int64_t clock_least_s(void)
{
	return clock_least(&known, loop_now()) / 1000;
}

void clock_confirm(int64_t produced)
{
	int64_t now = wall_ms();

	if (told || produced <= 0 || produced > CLOCK_LAST)
		return;
	told = true;
	clock_learn(&known, loop_now(), produced * 1000 < now ? produced * 1000 : now);
}

static void look(void)
{
	if (clock_synced())
		clock_learn(&known, loop_now(), wall_ms());
}

static void save(void)
{
	char text[CLOCK_STATE_MAX];
	int64_t least;
	int err;

	look();
	least = clock_least(&known, loop_now());
	if (!least)
		return;
	err = state_file_write(conf.clock.state, text, clock_state_write(text, least / 1000));
	if (err && !complained)
		log_say(LOG_WARNING, "clock-not-saved", strerror(-err),
			"make the directory of [clock] state, writable by root");
	complained = err;
}

static void save_again(struct timer *t)
{
	save();
	timer_start(t, conf.clock.save_ms, save_again);
}

static void load(void)
{
	char text[CLOCK_STATE_MAX + 1];
	int fd = open(conf.clock.state, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	int64_t seconds;
	ssize_t n;

	if (fd < 0) {
		if (errno != ENOENT)
			log_say(LOG_WARNING, "clock-not-loaded", strerror(errno),
				"see [clock] state");
		return;
	}
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n > 0 && clock_state_read(text, (size_t)n, &seconds))
		clock_learn(&known, loop_now(), seconds * 1000);
	else
		log_say(LOG_ERR, "clock-not-loaded", "it is not a clock's state file",
			"set the clock right, then remove the file");
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
	step = wall_ms() - (int64_t)loop_now() - reference;
	/* Against the reference, so that small steps can't add up unseen. */
	if (llabs(step) < TOLERANCE_MS)
		return;
	reference += step;
	look();
	log_say(LOG_WARNING, "clock-step", step > 0 ? "forward" : "backward",
		"nothing to do: all is proven anew; who sets the clock in steps?");
	if (wall_ms() + TOLERANCE_MS < clock_least(&known, loop_now()))
		log_say(LOG_WARNING, "clock-behind", "the wall clock is behind what is known",
			"set it right: until then the time that is known counts");
	context_clock_step();
}

int clock_start(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK), err;

	if (fd < 0)
		return -errno;
	load();
	look();
	reference = wall_ms() - (int64_t)loop_now();
	timer_start(&saver, conf.clock.save_ms, save_again);
	err = arm(fd);
	if (!err)
		err = watch_start(&watch, fd, EPOLLIN, stepped);
	return err;
}

void clock_stop(void)
{
	save();
}

json_t *clock_json(void)
{
	return json_pack("{s:I, s:b, s:I}", "now", (json_int_t)(clock_ms() / 1000),
			 "synchronised", clock_synced(),
			 "known", (json_int_t)(clock_least(&known, loop_now()) / 1000));
}
