// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A line for each class and source. Classes go in their order, sources take turns, and
 * within a line who came first is first. So a source that is silent holds up those who
 * ask it and nobody else, and a flood in one class leaves the others some processes.
 */
#include "agent/queue.h"

#include "agent/loop.h"

struct line {
	struct turn *first, **end;	/* end NULL: never used */
	size_t n;
};

static struct line lines[QUEUE_CLASSES][QUEUE_SOURCES];
static size_t waiting[QUEUE_CLASSES];
static unsigned int next_source[QUEUE_CLASSES];
static unsigned int running[QUEUE_CLASSES], asking[QUEUE_SOURCES], silences[QUEUE_SOURCES];
static bool heard[QUEUE_SOURCES];
static struct timer granter;

/* What each class finds free however many the others want. */
static const unsigned int reserved[QUEUE_CLASSES] = {
	[QUEUE_OPEN] = 6, [QUEUE_ADMIT] = 8, [QUEUE_HELD] = 6,
};

static unsigned int source_index(unsigned int source)
{
	return source < QUEUE_SOURCES ? source : QUEUE_SOURCES - 1;
}

static bool class_is_free(enum queue_class class)
{
	unsigned int taken = 0;

	for (unsigned int c = 0; c < QUEUE_CLASSES; c++)
		taken += c != class && running[c] < reserved[c] ? reserved[c] : running[c];
	return taken < QUEUE_PROCESSES;
}

static bool source_is_free(unsigned int source)
{
	if (source == QUEUE_LOCAL || heard[source])
		return true;
	return asking[source] < (silences[source] < QUEUE_SILENT_AFTER ? QUEUE_SOURCE_MAX : 1);
}

/* The first of @class whose source may be asked; its source's line goes behind the others. */
static struct turn *first_of(enum queue_class class)
{
	for (unsigned int i = 0; i < QUEUE_SOURCES; i++) {
		unsigned int source = (next_source[class] + i) % QUEUE_SOURCES;

		if (!lines[class][source].n || !source_is_free(source))
			continue;
		next_source[class] = (source + 1) % QUEUE_SOURCES;
		return lines[class][source].first;
	}
	return NULL;
}

static struct turn *next_turn(void)
{
	for (unsigned int class = 0; class < QUEUE_CLASSES; class++) {
		struct turn *turn = waiting[class] && class_is_free((enum queue_class)class) ?
				    first_of((enum queue_class)class) : NULL;

		if (turn)
			return turn;
	}
	return NULL;
}

/* At most once round: what a turn that starts nothing does next is its own affair. */
static void grant(struct timer *t)
{
	struct turn *turn;

	(void)t;
	for (unsigned int i = 0; i < QUEUE_PROCESSES && (turn = next_turn()); i++) {
		queue_leave(turn);
		turn->come(turn);
	}
	if (next_turn())
		timer_start(&granter, 0, grant);
}

void queue_wait(struct turn *turn, enum queue_class class, unsigned int source,
		void (*come)(struct turn *turn))
{
	struct line *line = &lines[class][source_index(source)];

	turn->come = come;
	if (queue_waits(turn)) {
		if (turn->class == class && turn->source == source_index(source))
			return;
		queue_leave(turn);
	}
	turn->class = class;
	turn->source = source_index(source);
	/* Nobody is passed over who waits for the same. */
	if (!line->n && class_is_free(class) && source_is_free(turn->source)) {
		come(turn);
		return;
	}
	if (!line->n)
		line->end = &line->first;
	turn->next = NULL;
	turn->at = line->end;
	*line->end = turn;
	line->end = &turn->next;
	line->n++;
	waiting[class]++;
}

void queue_leave(struct turn *turn)
{
	struct line *line = &lines[turn->class][turn->source];

	if (!queue_waits(turn))
		return;
	*turn->at = turn->next;
	if (turn->next)
		turn->next->at = turn->at;
	else
		line->end = turn->at;
	turn->at = NULL;
	line->n--;
	waiting[turn->class]--;
}

void queue_started(enum queue_class class, unsigned int source)
{
	running[class]++;
	asking[source_index(source)]++;
}

void queue_ended(enum queue_class class, unsigned int source)
{
	running[class]--;
	asking[source_index(source)]--;
	/* Not from here: who ends it may be in the middle of something. */
	if (!granter.armed)
		timer_start(&granter, 0, grant);
}

void queue_heard(unsigned int source, bool answered)
{
	source = source_index(source);
	heard[source] = answered;
	if (answered)
		silences[source] = 0;
	else if (silences[source] < QUEUE_SILENT_AFTER)
		silences[source]++;
}

size_t queue_waiting(enum queue_class class)
{
	return waiting[class];
}
