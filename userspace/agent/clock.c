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
/* What a response with our nonce or a person told, and what a clock that is said to be right did. */
static struct clock_known proven, said;
static int64_t bound_ms;
static bool doubted;
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

static int64_t least_ms(void)
{
	int64_t a = clock_least(&proven, loop_now()), b = clock_least(&said, loop_now());

	return a > b ? a : b;
}

int64_t clock_ms(void)
{
	int64_t least = least_ms(), now = wall_ms();

	return now > least ? now : least;
}

int64_t clock_proven_ms(void)
{
	return clock_judge(&proven, loop_now(), wall_ms());
}

int64_t clock_least_s(void)
{
	return clock_least(&proven, loop_now()) / 1000;
}

static void look(void)
{
	int64_t now = wall_ms(), step = conf.clock.step_max_ms;
	bool may = clock_may_learn(&proven, loop_now(), now, bound_ms, step);

	if (!clock_synced())
		return;
	if (may)
		clock_learn(&said, loop_now(), now);
	else if (bound_ms && !doubted)
		log_say(LOG_WARNING, "clock-doubted", "the wall clock is said to be right, and is "
			"further ahead than is learnt unseen", "if it is right: trustgate clock reset");
	doubted = !may && bound_ms;
}

void clock_vouch(int64_t until)
{
	bound_ms = until > 0 && until <= CLOCK_LAST ? until * 1000 : 0;
	look();
}

/* A response with our nonce is of now: what was only said goes when it is later. */
static void lower(int64_t produced_ms)
{
	if (clock_least(&said, loop_now()) <= produced_ms + (int64_t)conf.ocsp.skew_ms)
		return;
	memset(&said, 0, sizeof(said));
	log_say(LOG_WARNING, "clock-lowered", "a response with our nonce shows that the wall clock "
		"was wrong when it was said to be right", "who keeps it?");
}

void clock_confirm(int64_t produced)
{
	int64_t now = wall_ms();

	if (produced <= 0 || produced > CLOCK_LAST)
		return;
	lower(produced * 1000);
	if (told)
		return;
	told = true;
	clock_learn(&proven, loop_now(), produced * 1000 < now ? produced * 1000 : now);
}

static void save(void)
{
	char text[CLOCK_STATE_MAX];
	struct clock_state s;
	int err;

	look();
	s.least = least_ms() / 1000;
	s.proven = clock_least(&proven, loop_now()) / 1000;
	if (!s.least)
		return;
	err = state_file_write(conf.clock.state, text, clock_state_write(text, &s));
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
	ssize_t n = state_file_read(conf.clock.state, text, sizeof(text));
	struct clock_state s;

	if (n == -ENOENT)
		return;
	if (n < 0) {
		log_say(LOG_WARNING, "clock-not-loaded", strerror((int)-n), "see [clock] state");
	} else if (clock_state_read(text, (size_t)n, &s)) {
		clock_learn(&proven, loop_now(), s.proven * 1000);
		clock_learn(&said, loop_now(), s.least * 1000);
	} else {
		log_say(LOG_ERR, "clock-not-loaded", "it is not a clock's state file",
			"set the clock right, then trustgate clock reset");
	}
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
	if (wall_ms() + TOLERANCE_MS < least_ms())
		log_say(LOG_WARNING, "clock-behind", "the wall clock is behind what is known",
			"set it right: until then the time that is known counts; if it is right, "
			"trustgate clock reset");
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

void clock_reset(void)
{
	struct clock_known now = { wall_ms(), loop_now() };

	proven = now;
	memset(&said, 0, sizeof(said));
	log_say(LOG_NOTICE, "clock-reset", "the wall clock is what is known, by the operator", NULL);
	save();
	context_clock_step();
}

json_t *clock_json(void)
{
	return json_pack("{s:I, s:I, s:b, s:I, s:I}", "now", (json_int_t)(clock_ms() / 1000),
			 "wall", (json_int_t)(wall_ms() / 1000), "synchronised", clock_synced(),
			 "known", (json_int_t)(least_ms() / 1000),
			 "proven", (json_int_t)(clock_least(&proven, loop_now()) / 1000));
}
