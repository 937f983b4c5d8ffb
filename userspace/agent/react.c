// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What follows from a context's state in the kernel. Events only say that there
 * is something to look at: they may be late or lost, so the state itself is
 * read and compared with what was seen before.
 */
#include "agent/context.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/devid.h"
#include "agent/log.h"

#define TERMINATE_RETRY_MS	5000
#define TERMINATE_TRIES		5

static void terminate(struct timer *t);

static void log_state(const struct context *c, int priority, const char *decision,
		      const char *remedy)
{
	struct log l;

	log_begin(&l, priority, decision);
	log_num(&l, "context", c->k.id);
	log_num(&l, "ike", c->ike_id);
	log_str(&l, "peer", c->k.peer);
	log_str(&l, "rule", c->k.reason ? tg_reason_name(c->k.reason) : NULL);
	/* The kernel has no words for a silence; the last answer may. */
	log_str(&l, "value", *c->k.detail || c->k.state != TRUSTGATE_STATE_REJECTED ?
		c->k.detail : c->detail);
	if (c->k.state == TRUSTGATE_STATE_OPEN)
		log_num(&l, "held_ms", loop_now() - c->held_since_ms);
	log_str(&l, "remedy", remedy);
	log_end(&l);
}

static void terminated(void *arg, const struct vici_answer *answer)
{
	struct context *c = arg;

	c->vici = NULL;
	if (!answer->status)
		return;
	log_say(LOG_WARNING, "not-terminated", answer->error,
		"the gate holds all the same; swanctl --terminate deletes the IKE SA by hand");
	if (++c->terminations < TERMINATE_TRIES)
		timer_start(&c->terminate, TERMINATE_RETRY_MS, terminate);
}

static void terminate(struct timer *t)
{
	struct context *c = container_of(t, struct context, terminate);
	struct log l;

	log_begin(&l, LOG_NOTICE, "terminate");
	log_num(&l, "context", c->k.id);
	log_num(&l, "ike", c->ike_id);
	log_str(&l, "rule", tg_reason_name(c->k.reason));
	log_end(&l);
	c->vici = vici_terminate(conf.charon.vici, c->ike_id, terminated, c);
}

static void rejected(struct context *c)
{
	bool silence = c->k.reason == TRUSTGATE_REASON_NOT_VERIFIED;
	bool operator = c->k.reason == TRUSTGATE_REASON_QUARANTINE;
	bool hold = operator || (conf.peer.on_invalid == CONFIG_HOLD && !silence);
	const char *remedy = "the IKE SA is deleted; ask the operator of the peer";

	if (c->k.reason == TRUSTGATE_REASON_BAD_INTEGRITY)
		remedy = "the IKE SA is deleted; boot known software, or update the policy";
	if (hold)
		remedy = "stays closed until the IKE SA is deleted";
	else if (silence)
		remedy = "can the OCSP responder be reached through the tunnel, and the TPM?";
	/* No answer says nothing of the certificate: not the same alarm. */
	log_state(c, silence ? LOG_WARNING : LOG_ALERT, "reject", remedy);
	if (hold)
		return;
	timer_start(&c->terminate, silence ? 0 : conf.peer.quarantine_ms, terminate);
}

static void suspended(struct context *c)
{
	c->held_since_ms = loop_now();
	log_state(c, LOG_WARNING, "suspend", "all is proven anew");
	/* While the plugin is away nobody knows whether the IKE SA still is. */
	if (c->stale || !plugin_connected())
		verify_stop(c);
	else
		verify_anew(c);
}

static void act(struct context *c, uint32_t old)
{
	bool was_open = old == TRUSTGATE_STATE_OPEN || old == TRUSTGATE_STATE_REVERIFY;

	switch (c->k.state) {
	case TRUSTGATE_STATE_OPEN:
		if (was_open)
			break;
		c->had_opened = true;
		log_state(c, LOG_NOTICE, "open", NULL);
		start_opened();
		devid_progress(c);
		break;
	case TRUSTGATE_STATE_PENDING:
		verify_anew(c);
		break;
	case TRUSTGATE_STATE_SUSPENDED:
		suspended(c);
		break;
	case TRUSTGATE_STATE_REJECTED:
		verify_stop(c);
		rejected(c);
		break;
	case TRUSTGATE_STATE_GONE:
		verify_stop(c);
		break;
	}
}

void react(struct context *c)
{
	uint32_t old = c->seen_state;
	struct tg_context now;
	int err = tg_context_get(gate(), c->k.id, &now);

	if (err == -ENOENT) {
		/* The module was reloaded, or the operator turned the gate off. */
		verify_stop(c);
		c->k.id = 0;
		c->k.state = TRUSTGATE_STATE_ABSENT;
		return;
	}
	if (err) {
		log_say(LOG_ERR, "no-context", tg_error(gate()), NULL);
		return;
	}
	c->k = now;
	if (now.state == c->seen_state && now.generation == c->seen_generation)
		return;
	c->seen_state = now.state;
	c->seen_generation = now.generation;
	if (*now.detail)
		snprintf(c->detail, sizeof(c->detail), "%s", now.detail);
	act(c, old);
}

static void react_now(struct timer *t)
{
	react(container_of(t, struct context, reaction));
}

void react_soon(struct context *c)
{
	timer_start(&c->reaction, 0, react_now);
}

void react_replaced(struct context *c)
{
	verify_stop(c);
	c->replaced = true;
	if (c->k.id && tg_context_del(gate(), c->k.id, TRUSTGATE_REASON_REPLACED))
		log_say(LOG_ERR, "not-closed", tg_error(gate()), NULL);
	c->k.reason = TRUSTGATE_REASON_REPLACED;
	log_state(c, LOG_NOTICE, "replaced", "its peer is told to delete it as well");
	timer_start(&c->terminate, 0, terminate);
}

void react_init(struct context *c)
{
	c->seen_state = TRUSTGATE_STATE_ABSENT;
}

static void forgotten(void *arg, const struct vici_answer *answer)
{
	(void)arg;
	(void)answer;
}

void react_stop(struct context *c)
{
	timer_stop(&c->reaction);
	timer_stop(&c->terminate);
	if (c->vici)
		vici_detach(c->vici, forgotten);
}
