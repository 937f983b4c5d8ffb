/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may start a worker, and when. A check that wants one waits for its turn here: it is
 * never refused for lack of a process, and keeps its place. The job itself is made when
 * the turn comes, so that it is about the context as it is then.
 */
#ifndef TRUSTGATE_QUEUE_H
#define TRUSTGATE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

/* In this order; each has some processes that the others leave to it. */
enum queue_class {
	QUEUE_OPEN,		/* a recheck of what is open: it may close */
	QUEUE_ADMIT,		/* IKE waits for the answer */
	QUEUE_HELD,		/* what is held */
	QUEUE_CLASSES,
};

#define QUEUE_PROCESSES		32	/* at once, of all classes */
/*
 * A source of revocation data is a number; QUEUE_LOCAL asks nobody. One that answers has
 * as many processes as there are. One that was not heard yet, or whose last asking had no
 * answer, has QUEUE_SOURCE_MAX at most, and one that stays silent a single one, to hear
 * when it is back.
 */
#define QUEUE_LOCAL		0
#define QUEUE_SOURCES		32
#define QUEUE_SOURCE_MAX	8
#define QUEUE_SILENT_AFTER	4	/* askings in a row without an answer */

struct turn {
	struct turn *next, **at;	/* in its line; at NULL: it does not wait */
	enum queue_class class;
	unsigned int source;
	/* Starts a worker, with @class and @source of the turn, or does not. */
	void (*come)(struct turn *turn);
};

/*
 * Call @come when a process is free for @class and @source: at once, if one is. A turn
 * that waits already keeps its place. @source at or above QUEUE_SOURCES is the last one.
 */
void queue_wait(struct turn *turn, enum queue_class class, unsigned int source,
		void (*come)(struct turn *turn));
/* It wants none any more. */
void queue_leave(struct turn *turn);
static inline bool queue_waits(const struct turn *turn)
{
	return turn->at;
}

/* worker.c: a process of @class that asks @source has started, has ended. */
void queue_started(enum queue_class class, unsigned int source);
void queue_ended(enum queue_class class, unsigned int source);
/* Whether @source answered, whatever it said. */
void queue_heard(unsigned int source, bool answered);

/* How many wait in @class, for status. */
size_t queue_waiting(enum queue_class class);

#endif /* TRUSTGATE_QUEUE_H */
