// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events. One descriptor is served per turn, so that a callback can end any
 * other watch without leaving a stale event behind.
 */
#include "agent/loop.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int epoll_fd = -1;
static struct timer *timers;	/* the earliest first */
static struct watch tick = { .fd = -1 };
static bool stopped;
static int exit_status;

uint64_t loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* A timerfd rather than epoll's timeout, which stands still in suspend. */
static void arm_tick(void)
{
	struct itimerspec its = { 0 };

	if (timers) {
		its.it_value.tv_sec = (time_t)(timers->at_ms / 1000);
		its.it_value.tv_nsec = (long)(timers->at_ms % 1000) * 1000000 + 1;
	}
	timerfd_settime(tick.fd, TFD_TIMER_ABSTIME, &its, NULL);
}

static void run_timers(struct watch *w, uint32_t events)
{
	uint64_t n;

	(void)events;
	if (read(w->fd, &n, sizeof(n)) < 0)
		n = 0;
	while (timers && timers->at_ms <= loop_now()) {
		struct timer *t = timers;

		timers = t->next;
		t->armed = false;
		t->expired(t);
	}
	arm_tick();
}

void timer_stop(struct timer *t)
{
	if (!t->armed)
		return;
	for (struct timer **p = &timers; *p; p = &(*p)->next) {
		if (*p == t) {
			*p = t->next;
			break;
		}
	}
	t->armed = false;
	arm_tick();
}

void timer_start(struct timer *t, uint64_t ms, void (*expired)(struct timer *t))
{
	struct timer **p = &timers;

	timer_stop(t);
	t->at_ms = loop_now() + ms;
	t->expired = expired;
	t->armed = true;
	while (*p && (*p)->at_ms <= t->at_ms)
		p = &(*p)->next;
	t->next = *p;
	*p = t;
	arm_tick();
}

uint64_t timer_left(const struct timer *t)
{
	uint64_t now = loop_now();

	return t->armed && t->at_ms > now ? t->at_ms - now : 0;
}

int watch_start(struct watch *w, int fd, uint32_t events,
		void (*ready)(struct watch *w, uint32_t events))
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev))
		return -errno;
	w->fd = fd;
	w->ready = ready;
	return 0;
}

int watch_events(struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	return epoll_ctl(epoll_fd, EPOLL_CTL_MOD, w->fd, &ev) ? -errno : 0;
}

void watch_close(struct watch *w)
{
	if (w->fd < 0)
		return;
	/* Explicit: a forked child may still hold the open file. */
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
	close(w->fd);
	w->fd = -1;
}

int loop_init(void)
{
	int fd;

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		return -errno;
	fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	return watch_start(&tick, fd, EPOLLIN, run_timers);
}

void loop_stop(int status)
{
	stopped = true;
	exit_status = status;
}

int loop_run(void)
{
	struct epoll_event ev;

	while (!stopped) {
		int n = epoll_wait(epoll_fd, &ev, 1, -1);
		struct watch *w = ev.data.ptr;

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			w->ready(w, ev.events);
	}
	return exit_status;
}
