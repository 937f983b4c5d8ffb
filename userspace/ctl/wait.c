// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate wait: until all tunnels, or one, are open. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <time.h>
#include "ctl.h"

/* Leases and the agent's own state change without an event. */
#define LOOK_AGAIN_MS	1000

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_note(const struct tg_note *n, void *arg)
{
	(void)n;
	(void)arg;
}

/* Blocks until something may have changed. Returns false at the deadline. */
static bool sleep_on(struct tg_events *ev, int64_t deadline)
{
	struct pollfd fd = { .fd = tg_events_fd(ev), .events = POLLIN };
	int64_t left = deadline < 0 ? LOOK_AGAIN_MS : deadline - now_ms();

	if (left <= 0)
		return false;
	poll(&fd, 1, left < LOOK_AGAIN_MS ? (int)left : LOOK_AGAIN_MS);
	/* What it was does not matter: the whole box is looked at again. */
	tg_events_read(ev, on_note, NULL);
	return true;
}

static int missing(uint32_t id)
{
	char subject[32];

	snprintf(subject, sizeof(subject), "context %" PRIu32, id);
	complain(subject, "there is none", "trustgate status lists what there is");
	return EXIT_FAILED;
}

/* True when waiting is over, with the status in *@rc. */
static bool settled(const struct box *box, uint32_t id, int *rc)
{
	const struct tg_context *c = box_context(box, id);

	*rc = box_status(box, id);
	if (box->gate_status || *rc == EXIT_OPEN)
		return true;
	if (!id)
		return false;
	if (!c || c->state == TRUSTGATE_STATE_GONE) {
		*rc = missing(id);
		return true;
	}
	/* A rejected context never opens (I3); another may, so without an ID the
	 * wait goes on.
	 */
	return c->state == TRUSTGATE_STATE_REJECTED;
}

static int wait_loop(struct ctl *ctl, struct tg_events *ev, uint32_t id, int64_t deadline)
{
	struct box box;
	bool more = true;
	int rc;

	for (;;) {
		box_load(ctl, &box);
		if (settled(&box, id, &rc) || !more)
			break;
		box_free(&box);
		more = sleep_on(ev, deadline);
	}
	if (ctl->json || rc != EXIT_OPEN) {
		int printed = status_print(ctl, &box);

		if (printed == EXIT_FAILED)
			rc = printed;
	}
	box_free(&box);
	return rc;
}

int verb_wait(struct ctl *ctl, int argc, char **argv)
{
	struct tg_events *ev;
	uint32_t id = 0;
	char err[640];
	int rc;

	if (argc && parse_u32(argv[0], 1, UINT32_MAX, &id))
		return usage_error(argv[0], "not the ID of a context");
	rc = gate_open(ctl);
	if (rc)
		return rc;
	/* Before the first look, so that no change falls between. */
	rc = tg_events_open(&ev, err, sizeof(err));
	if (rc) {
		fprintf(stderr, "trustgate: %s\n", err);
		return gate_status(rc);
	}
	rc = wait_loop(ctl, ev, id, ctl->timed ? now_ms() + ctl->timeout_ms : -1);
	tg_events_close(ev);
	return rc;
}
