/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agent's one event loop: descriptors, and timers on CLOCK_BOOTTIME. */
#ifndef TRUSTGATE_LOOP_H
#define TRUSTGATE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

struct watch {
	int fd;			/* -1: not watched */
	void (*ready)(struct watch *w, uint32_t events);
};

struct timer {
	struct timer *next;
	uint64_t at_ms;
	bool armed;
	void (*expired)(struct timer *t);
};

/* 0 or a negative errno. */
int loop_init(void);
/* Runs until loop_stop(); returns what that was given, or a negative errno. */
int loop_run(void);
void loop_stop(int status);

/* CLOCK_BOOTTIME in ms. */
uint64_t loop_now(void);

/* Watch @fd. Callbacks may end any watch and stop any timer. */
int watch_start(struct watch *w, int fd, uint32_t events,
		void (*ready)(struct watch *w, uint32_t events));
int watch_events(struct watch *w, uint32_t events);
/* Stops watching and closes the descriptor; does nothing for -1. */
void watch_close(struct watch *w);

/* (Re)arm @t to expire once, @ms from now. */
void timer_start(struct timer *t, uint64_t ms, void (*expired)(struct timer *t));
void timer_stop(struct timer *t);
/* ms until it expires, 0 when it is not armed. */
uint64_t timer_left(const struct timer *t);

#endif /* TRUSTGATE_LOOP_H */
