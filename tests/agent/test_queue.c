// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who gets a process and when: nobody is refused or forgotten, a silent source holds up
 * those who ask it and nobody else, and what may close comes first.
 */
#include <stdlib.h>
#include <string.h>

#include "../lib/tap.h"
#include "agent/loop.h"
#include "agent/queue.h"

#define ASKERS	1000

struct asker {
	struct turn turn;
	enum queue_class class;
	unsigned int source;
	unsigned int order;		/* when its turn came, from 1; 0: not yet */
	bool starts_nothing;
};

static struct asker askers[ASKERS];
static struct timer *armed;
static unsigned int came, most, now_running;

void timer_start(struct timer *t, uint64_t ms, void (*expired)(struct timer *t))
{
	(void)ms;
	t->armed = true;
	t->expired = expired;
	armed = t;
}

static void turn_of(struct turn *turn)
{
	struct asker *a = container_of(turn, struct asker, turn);

	a->order = ++came;
	if (a->starts_nothing)
		return;
	queue_started(a->class, a->source);
	if (++now_running > most)
		most = now_running;
}

static void ask(struct asker *a, enum queue_class class, unsigned int source)
{
	*a = (struct asker){ .class = class, .source = source };
	queue_wait(&a->turn, class, source, turn_of);
}

static void tick(void)
{
	while (armed && armed->armed) {
		armed->armed = false;
		armed->expired(armed);
	}
}

static void end(const struct asker *a)
{
	now_running--;
	queue_ended(a->class, a->source);
	tick();
}

static void begin(void)
{
	came = most = now_running = 0;
	memset(askers, 0, sizeof(askers));
}

/* Everybody who runs ends, in the order of coming, until nobody waits. */
static unsigned int run_out(size_t n)
{
	unsigned int next = 1, done = 0;
	bool found = true;

	while (found) {
		found = false;
		for (size_t i = 0; i < n; i++) {
			if (askers[i].order != next || askers[i].starts_nothing)
				continue;
			next++;
			done++;
			found = true;
			end(&askers[i]);
			break;
		}
	}
	return done;
}

static void all_get_one(void)
{
	bool in_order = true;

	begin();
	for (size_t i = 0; i < ASKERS; i++)
		ask(&askers[i], QUEUE_OPEN, QUEUE_LOCAL);
	tap_ok(now_running && now_running < QUEUE_PROCESSES && queue_waiting(QUEUE_OPEN) == ASKERS - now_running,
	       "SGW-REV-15: a thousand at once: some run, all others wait, and some processes are left");
	tap_ok(run_out(ASKERS) == ASKERS && !queue_waiting(QUEUE_OPEN) && most < QUEUE_PROCESSES,
	       "SGW-REV-15: each has its turn in the end");
	for (size_t i = 1; i < ASKERS; i++)
		in_order &= askers[i].order > askers[i - 1].order;
	tap_ok(in_order, "SGW-REV-15: in the order in which they came");
}

static void admissions(void)
{
	unsigned int running;

	begin();
	for (size_t i = 0; i < 600; i++)
		ask(&askers[i], QUEUE_OPEN, QUEUE_LOCAL);
	for (size_t i = 600; i < 700; i++)
		ask(&askers[i], QUEUE_HELD, QUEUE_LOCAL);
	running = now_running;
	for (size_t i = 700; i < 708; i++)
		ask(&askers[i], QUEUE_ADMIT, QUEUE_LOCAL);
	tap_ok(now_running == running + 8 && now_running == QUEUE_PROCESSES,
	       "SGW-REV-11: eight new peers are looked at at once, during a flood of rechecks");
	ask(&askers[708], QUEUE_ADMIT, QUEUE_LOCAL);
	tap_ok(!askers[708].order, "SGW-REV-11: the ninth waits, and is not refused");
	tap_ok(run_out(709) == 709, "SGW-REV-11: and nobody of any class is forgotten");
}

static void may_close_first(void)
{
	begin();
	for (size_t i = 0; i < 100; i++)
		ask(&askers[i], QUEUE_HELD, QUEUE_LOCAL);
	for (size_t i = 100; i < 200; i++)
		ask(&askers[i], QUEUE_OPEN, QUEUE_LOCAL);
	run_out(200);
	tap_ok(askers[199].order < askers[99].order,
	       "HNB-GATE-19: rechecks of what is open come before what is held, though asked later");
}

static void silent_source(void)
{
	unsigned int others = 0, stuck = 0;

	begin();
	/* Source 1 never answers: its askers run for ever. */
	for (size_t i = 0; i < 100; i++)
		ask(&askers[i], QUEUE_HELD, 1);
	for (size_t i = 0; i < 100; i++)
		stuck += askers[i].order > 0;
	tap_ok(stuck == QUEUE_SOURCE_MAX, "PIT-36: a source that is slow has eight processes at most");
	for (size_t i = 100; i < 500; i++)
		ask(&askers[i], QUEUE_HELD, 2 + i % 4);
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 100; i < 500; i++) {
			if (!askers[i].order || askers[i].starts_nothing)
				continue;
			askers[i].starts_nothing = true;
			others++;
			more = true;
			end(&askers[i]);
		}
	}
	tap_ok(others == 400, "PIT-36: all who ask the four other sources have their turn meanwhile");
	tap_ok(queue_waiting(QUEUE_HELD) == 100 - QUEUE_SOURCE_MAX, "PIT-36: its own askers wait for it");
	for (unsigned int i = 0; i < QUEUE_SILENT_AFTER; i++)
		queue_heard(1, false);
	for (size_t i = 0; i < QUEUE_SOURCE_MAX; i++)
		end(&askers[i]);
	for (stuck = 0; stuck < 100 && askers[stuck].order; stuck++)
		;
	tap_ok(now_running == 1 && stuck == QUEUE_SOURCE_MAX + 1,
	       "PIT-36: one that is silent has a single process, to hear when it is back");
	queue_heard(1, true);
	end(&askers[stuck - 1]);
	tap_ok(now_running > QUEUE_SOURCE_MAX, "PIT-36: and as many as there are when it answers");
	for (size_t i = stuck; i < 100; i++)
		while (!askers[i].order && now_running)
			for (size_t j = stuck; j < 100; j++)
				if (askers[j].order && !askers[j].starts_nothing) {
					askers[j].starts_nothing = true;
					end(&askers[j]);
				}
	for (size_t j = stuck; j < 100; j++)
		if (!askers[j].starts_nothing)
			end(&askers[j]);
	tap_ok(!now_running && !queue_waiting(QUEUE_HELD), "PIT-36: so that nobody waits any more");
}

static void leaving(void)
{
	bool nobody = true;

	begin();
	for (size_t i = 0; i < 100; i++)
		ask(&askers[i], QUEUE_HELD, QUEUE_LOCAL);
	for (size_t i = 50; i < 100; i++)
		queue_leave(&askers[i].turn);
	queue_leave(&askers[99].turn);
	run_out(100);
	for (size_t i = 50; i < 100; i++)
		nobody &= !askers[i].order;
	tap_ok(nobody && askers[49].order && !queue_waiting(QUEUE_HELD),
	       "SGW-REV-15: who left, also twice, has no turn, and those behind do");
	begin();
	for (size_t i = 0; i < 40; i++)
		ask(&askers[i], QUEUE_HELD, QUEUE_LOCAL);
	queue_wait(&askers[39].turn, QUEUE_HELD, QUEUE_LOCAL, turn_of);
	tap_ok(queue_waiting(QUEUE_HELD) == 40 - now_running, "SGW-REV-15: who asks twice waits once");
	queue_wait(&askers[39].turn, QUEUE_OPEN, QUEUE_LOCAL, turn_of);
	tap_ok(askers[39].order || queue_waiting(QUEUE_OPEN) == 1,
	       "HNB-GATE-19: and one that opened meanwhile goes over to that class");
	askers[39].class = QUEUE_OPEN;
	run_out(40);
}

/* A turn that is not taken up costs nobody a process. */
static void unused(void)
{
	begin();
	for (size_t i = 0; i < 200; i++) {
		askers[i] = (struct asker){ .class = QUEUE_HELD, .starts_nothing = i % 2 };
		queue_wait(&askers[i].turn, QUEUE_HELD, QUEUE_LOCAL, turn_of);
	}
	for (size_t i = 0; i < 200; i += 2) {
		tick();
		if (askers[i].order)
			end(&askers[i]);
	}
	tick();
	for (size_t i = 0; i < 200; i += 2)
		if (!askers[i].order)
			tick();
	tap_ok(!queue_waiting(QUEUE_HELD), "SGW-REV-15: turns that start nothing hold up nobody");
}

int main(void)
{
	tap_start();
	all_get_one();
	admissions();
	may_close_first();
	silent_source();
	leaving();
	unused();
	return tap_end();
}
