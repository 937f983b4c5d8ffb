// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When charon is told to start: not before the measured state of this box has
 * passed (TS 33.320 A.1, step 1), and after a failure only with back-off.
 */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/log.h"
#include "agent/vici.h"

#define INITIATE_MS	30000
#define POLL_MS		2000	/* for what charon has in hand, or charon itself */
#define WATCH_MS	10000	/* is charon still there? */

enum state { IDLE, WAITING_TRE, INITIATING, UP, BACKOFF };

static const char *const names[] = { "idle", "waiting-tre", "initiating", "up", "backoff" };

static enum state state;
static struct timer timer;
static struct worker quote;
static unsigned int attempts;	/* that failed, since the last one that opened */
static char last_error[256];
static bool charon_seen, asking, wants_plugin;

static void step(struct timer *t);

static void enter(enum state next)
{
	struct log l;

	if (next == state)
		return;
	state = next;
	log_begin(&l, LOG_INFO, "start");
	log_str(&l, "state", names[state]);
	log_end(&l);
}

void start_error(const char *why)
{
	snprintf(last_error, sizeof(last_error), "%.255s", why);
}

bool start_reached(void)
{
	return charon_seen;
}

static void back_off(void)
{
	uint64_t ms = conf.charon.backoff_min_ms;
	struct log l;

	for (unsigned int i = 1; i < attempts && ms < conf.charon.backoff_max_ms; i++)
		ms *= 2;
	if (ms > conf.charon.backoff_max_ms)
		ms = conf.charon.backoff_max_ms;
	enter(BACKOFF);
	log_begin(&l, LOG_NOTICE, "back-off");
	log_num(&l, "attempts", attempts);
	log_num(&l, "retry_in_ms", ms);
	log_str(&l, "value", last_error);
	log_end(&l);
	timer_start(&timer, ms, step);
}

static void probed(void *arg, const struct vici_answer *answer)
{
	(void)arg;
	charon_seen = !answer->status;
}

/* For status only: charon may be asked, it is not told. */
static void probe(void)
{
	vici_list(conf.charon.vici, conf.charon.ike, conf.charon.child, probed, NULL);
}

static void quoted(struct worker *w, const struct worker_result *r)
{
	(void)w;
	integrity_note(&r->tre);
	if (integrity_pass() || !conf.charon.start) {
		step(&timer);
		return;
	}
	start_error(r->tre.detail);
	timer_start(&timer, conf.tre.retry_ms, step);
	probe();
}

static void check_box(void)
{
	enter(WAITING_TRE);
	if (worker_running(&quote))
		return;
	if (integrity_quote(&quote, NULL, 0, quoted))
		timer_start(&timer, conf.tre.retry_ms, step);
}

static void initiated(void *arg, const struct vici_answer *answer)
{
	(void)arg;
	asking = false;
	charon_seen = answer->status != -ENOENT && answer->status != -ECONNREFUSED;
	if (state != INITIATING)
		return;
	if (!answer->status) {
		/* What happens next the plugin tells; if it is mute, look again. */
		timer_start(&timer, POLL_MS, step);
		return;
	}
	attempts++;
	/* A refusal of ours says more than charon's words for it. */
	if (!*last_error)
		start_error(answer->error);
	back_off();
}

static void initiate(void)
{
	enter(INITIATING);
	last_error[0] = '\0';
	asking = true;
	vici_initiate(conf.charon.vici, conf.charon.ike, conf.charon.child, INITIATE_MS,
		      initiated, NULL);
}

static void no_charon(const struct vici_answer *answer)
{
	if (charon_seen || !*last_error)
		log_say(LOG_WARNING, "no-charon", answer->error,
			"start strongSwan, and see [charon] vici");
	charon_seen = false;
	start_error(answer->error);
	if (conf.charon.start && !context_any())
		enter(BACKOFF);
	timer_start(&timer, POLL_MS, step);
}

/* Without it an SA is announced by nobody, and held for ever. */
static void await_plugin(void)
{
	if (!wants_plugin && !plugin_connected())
		log_say(LOG_NOTICE, "await-plugin", "charon's trustgate plugin is not connected",
			"does swanctl --stats list it?");
	wants_plugin = true;
	start_error("charon's trustgate plugin is not connected");
	enter(BACKOFF);
	timer_start(&timer, POLL_MS, step);
}

static bool wants_child(const struct vici_answer *answer)
{
	if (!conf.charon.start || answer->child_up || answer->connecting)
		return false;
	/* Or the peer deleted the CHILD_SA and kept the IKE SA. */
	return !context_any() ||
	       (context_childless() && (integrity_pass() || !integrity_required()));
}

static void listed(void *arg, const struct vici_answer *answer)
{
	(void)arg;
	asking = false;
	if (answer->status) {
		no_charon(answer);
		return;
	}
	if (!charon_seen)
		last_error[0] = '\0';
	charon_seen = true;
	if (wants_child(answer)) {
		if (plugin_ready())
			initiate();
		else
			await_plugin();
		return;
	}
	if (!conf.charon.start)
		enter(IDLE);
	else
		enter(answer->connecting ? INITIATING : UP);
	/* Without a context the gate holds until the plugin has told of it. */
	timer_start(&timer, !conf.charon.start || context_any() ? WATCH_MS : POLL_MS, step);
}

static void step(struct timer *t)
{
	timer_stop(t);
	if (asking)
		return;
	if (conf.charon.start && !context_any()) {
		if (integrity_required() && !integrity_pass()) {
			check_box();
			return;
		}
		if (!gate_live()) {
			timer_start(t, POLL_MS, step);
			return;
		}
	}
	asking = true;
	vici_list(conf.charon.vici, conf.charon.ike, conf.charon.child, listed, NULL);
}

void start_begin(void)
{
	worker_init(&quote);
	/* The verdict is wanted for status all the same. */
	if (!conf.charon.start && integrity_required() &&
	    integrity_quote(&quote, NULL, 0, quoted))
		start_error("no quote of this box could be started");
	step(&timer);
}

void start_up(void)
{
	if (!conf.charon.start)
		return;
	timer_start(&timer, WATCH_MS, step);
	enter(UP);
}

void start_opened(void)
{
	attempts = 0;
	last_error[0] = '\0';
}

void start_down(const char *why)
{
	if (!conf.charon.start)
		return;
	if (why) {
		attempts++;
		start_error(why);
	}
	back_off();
}

void start_plugin(void)
{
	if (wants_plugin)
		timer_start(&timer, 0, step);
	wants_plugin = false;
}

void start_now(void)
{
	if (state == BACKOFF || state == WAITING_TRE || !conf.charon.start)
		timer_start(&timer, 0, step);
}

json_t *start_json(void)
{
	return json_pack("{s:s, s:I, s:I, s:o}", "state", names[state],
			 "retry_in_s", (json_int_t)(timer_left(&timer) / 1000),
			 "attempts", (json_int_t)attempts,
			 "last_error", control_text(last_error));
}
