// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's gate: settings, the lease, and events. The lease is renewed from
 * the loop and from nowhere else, so that a loop that hangs loses it.
 */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/log.h"

#define RETRY_MS	1000
#define FAILURES_MAX	30	/* then the service manager gets its turn */

static struct tg *tg;
static struct tg_events *events;
static struct watch events_watch = { .fd = -1 };
static struct timer renew_timer, suspect_timer;
static uint64_t session;
static bool live;
static uint32_t mode;
static unsigned int failures;
static unsigned int modules;	/* tg_modules() that was told everything */

struct tg *gate(void)
{
	return tg;
}

bool gate_live(void)
{
	return live;
}

bool gate_is_off(void)
{
	return mode == TRUSTGATE_MODE_OFF;
}

/* What only the machine's owner may raise while the namespace enforces. */
#define OWNERS	(TG_CONFIG_SET(TRUSTGATE_A_CONFIG_GRACE_MS) | \
		 TG_CONFIG_SET(TRUSTGATE_A_CONFIG_BOOT_BYTES) | \
		 TG_CONFIG_SET(TRUSTGATE_A_CONFIG_BOOT_PACKETS) | \
		 TG_CONFIG_SET(TRUSTGATE_A_CONFIG_BOOT_ATTEMPTS))

static struct tg_config settings(void)
{
	return (struct tg_config){
		.set = conf.gate.set | TG_CONFIG_SET(TRUSTGATE_A_CONFIG_MODE),
		.mode = conf.gate.mode,
		.t_bind_ms = conf.gate.t_bind_ms, .t_verify_ms = conf.gate.t_verify_ms,
		.grace_ms = conf.gate.grace_ms, .boot_bytes = conf.gate.boot_bytes,
		.boot_packets = conf.gate.boot_packets, .boot_attempts = conf.gate.boot_attempts,
		.max_contexts = conf.gate.max_contexts, .max_sas = conf.gate.max_sas,
	};
}

int gate_set_only(void)
{
	const struct tg_config c = settings();
	char why[256];
	int err = tg_open(&tg, why, sizeof(why));

	if (!err && (err = tg_config_set(tg, &c)))
		snprintf(why, sizeof(why), "%s", tg_error(tg));
	if (err)
		log_say(LOG_ERR, "gate-settings", why, "run it as root, with the module loaded");
	tg_close(tg);
	return err;
}

static int apply_settings(void)
{
	struct tg_config c = settings();
	int err = tg_config_set(tg, &c);

	/* Without the right to raise them they stay as they are, which holds more. */
	if (err == -EPERM && c.mode == TRUSTGATE_MODE_ENFORCE && c.set & OWNERS) {
		log_say(LOG_WARNING, "gate-settings", tg_error(tg),
			"grace and boot_* stay as they are: trustgated --set-gate, as the unit runs it "
			"before, sets them");
		c.set &= ~OWNERS;
		err = tg_config_set(tg, &c);
	}
	if (err == -EPERM && c.mode != TRUSTGATE_MODE_ENFORCE)
		/* An agent that is taken over must not be able to open the gate. */
		log_say(LOG_ERR, "gate-settings", tg_error(tg),
			c.mode == TRUSTGATE_MODE_OBSERVE ?
			"this namespace enforces, and the agent may not end that: run trustgate "
			"config set mode=observe first, or say mode = enforce in [gate]" :
			"this namespace enforces, and the agent may not end that: run trustgate "
			"config set mode=off first, or say mode = enforce in [gate]");
	else if (err)
		log_say(LOG_ERR, "gate-settings", tg_error(tg),
			"correct [gate] in the configuration, or the mode by trustgate config set");
	else
		mode = c.mode;
	return err;
}

static void renew(struct timer *t);

static int enlist(void)
{
	struct log l;
	int err = tg_agent_register(tg, conf.agent.lease_ms, "trustgated " AGENT_VERSION, &session);

	live = !err;
	failures = err ? failures + 1 : 0;
	log_begin(&l, err ? LOG_ERR : LOG_NOTICE, err ? "not-registered" : "registered");
	if (err)
		log_str(&l, "value", tg_error(tg));
	else
		log_num(&l, "session", session);
	log_num(&l, "lease_ms", conf.agent.lease_ms);
	log_end(&l);
	timer_start(&renew_timer, err ? RETRY_MS : conf.agent.renew_ms, renew);
	if (failures == FAILURES_MAX) {
		log_say(LOG_ERR, "give-up", "the gate takes no agent",
			"is the module still loaded, or another agent running?");
		loop_stop(-EIO);
	}
	return err;
}

/*
 * The module was replaced under us: it has neither our settings nor a context, and holds
 * all. What charon has is told by the plugin, as when an agent starts.
 */
static void module_replaced(void)
{
	if (tg_modules(tg) == modules)
		return;
	modules = tg_modules(tg);
	log_say(LOG_NOTICE, "module-replaced", "another module answers for the gate",
		"nothing to do: all is announced and proven anew");
	apply_settings();
	context_resync();
	plugin_again();
}

static void renew(struct timer *t)
{
	if (live && !tg_agent_renew(tg, session)) {
		timer_start(t, conf.agent.renew_ms, renew);
		return;
	}
	if (live)
		log_say(LOG_WARNING, "lease-lost", tg_error(tg),
			"nothing to do: all is proven anew; a machine this slow needs a longer lease");
	live = false;
	if (!enlist()) {
		module_replaced();
		context_announce_all();
	}
}

static void look_again(struct timer *t)
{
	renew(&renew_timer);
	(void)t;
}

void gate_suspect(void)
{
	/* From the loop: whoever found out is in the middle of something. */
	if (!suspect_timer.armed)
		timer_start(&suspect_timer, 0, look_again);
}

/* Turning it off forgets all contexts, and so does another scope: it starts afresh. */
static void mode_changed(uint32_t now, bool rescoped)
{
	bool on = (gate_is_off() || rescoped) && now != TRUSTGATE_MODE_OFF;
	bool changed = now != mode || rescoped;

	mode = now;
	if (changed)
		context_resync();
	if (on)
		plugin_again();
}

static void on_event(const struct tg_note *note, void *arg)
{
	(void)arg;
	switch (note->event) {
	case TRUSTGATE_EVENT_SA_UNBOUND_TIMEOUT:
		log_say(LOG_WARNING, "unbound", "an SA that no IKE SA announced stays held",
			"who made it? see: trustgate show sa");
		break;
	case TRUSTGATE_EVENT_AGENT_LOST:
		if (note->session == session)
			gate_suspect();
		break;
	case TRUSTGATE_EVENT_CONFIG:
		mode_changed(note->mode, note->rescoped);
		break;
	default:
		if (note->context_id)
			context_event(note);
	}
}

static void events_ready(struct watch *w, uint32_t flags)
{
	int err = tg_events_read(events, on_event, NULL);

	(void)w;
	(void)flags;
	if (err == -ENOBUFS) {
		log_say(LOG_WARNING, "events-lost", "the kernel had more to say than was read",
			"nothing to do: all contexts are looked at again");
		context_resync();
		/* Another module may be why: it knows no agent yet. */
		gate_suspect();
	}
}

int gate_start(void)
{
	char why[256];
	int err = tg_open(&tg, why, sizeof(why));

	if (err) {
		log_say(LOG_ERR, "no-gate", why, NULL);
		return err;
	}
	err = tg_events_open(&events, why, sizeof(why));
	if (err) {
		log_say(LOG_ERR, "no-events", why, NULL);
		return err;
	}
	/* libtrustgate closes the descriptor, the watch never does. */
	err = watch_start(&events_watch, tg_events_fd(events), EPOLLIN, events_ready);
	if (!err)
		err = apply_settings();
	if (!err)
		err = enlist();
	return err;
}

void gate_stop(void)
{
	timer_stop(&renew_timer);
	tg_events_close(events);
	tg_close(tg);
	live = false;
}
