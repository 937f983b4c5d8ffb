// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the peer may have an SA at all: the plugin has asked, and charon waits.
 *
 * TS 33.320 clause 7.2.3 aborts IKE when no valid OCSP response arrives, NOTE 2 of
 * 7.2.2 lets the tunnel come up and the query go through it. Both hold: a response
 * in IKE that is there and not good ends it, whatever else is allowed; without one
 * the next mode decides, and the tunnel may only if it is listed (CON-06).
 */
#include "agent/context.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/appraisal.h"
#include "agent/log.h"
#include "agent/segw.h"

/* The plugin waits for 3 s. */
#define ANSWER_MS	2700
/* Within which a turn has to come; the rest is for the check itself. */
#define TURN_MS		2200
#define ORPHAN_MS	30000	/* for an IKE SA that was authorized to get a CHILD_SA */

static void walk(struct context *c);

static uint64_t time_left(const struct context *c)
{
	uint64_t now = loop_now();

	return c->authorize_by_ms > now ? c->authorize_by_ms - now : 1;
}

/* charon says nothing of an IKE SA that fails after we authorized the peer. */
static void orphaned(struct timer *t)
{
	struct context *c = container_of(t, struct context, orphan);

	context_orphaned(c);
}

static void log_decision(const struct context *c, int priority, const char *decision,
			 const char *proof, const struct pki_result *r)
{
	struct log l;

	log_begin(&l, priority, decision);
	log_num(&l, "ike", c->ike_id);
	log_str(&l, "peer", c->k.peer);
	log_str(&l, "proof", proof);
	log_str(&l, "rule", r->rule);
	log_str(&l, "value", r->detail);
	log_end(&l);
}

static bool is_up(const struct context *c)
{
	return c->resumed || (c->k.id && !c->early);
}

static void admit(struct context *c, const char *proof, const struct pki_result *r)
{
	log_decision(c, LOG_NOTICE, c->more ? "round" : "authorize", proof, r);
	/* Before the peer hears of it: then its old IKE SAs carry nothing any more. */
	if (c->more) {
		/* The rest is looked at again after the last round. */
		c->revocation_known = false;
		context_round(c);
	} else {
		context_admitted(c);
	}
	plugin_reply(c->authorize_seq, 0, r->detail);
	timer_start(&c->orphan, ORPHAN_MS, orphaned);
	verify_hand_in_known(c);
}

static void refuse(struct context *c, const char *proof, const struct pki_result *r)
{
	char why[sizeof(r->detail)];

	log_decision(c, LOG_ERR, "refuse", proof, r);
	plugin_reply(c->authorize_seq, EACCES, r->detail);
	if (is_up(c)) {
		/* The kernel has to hear of it. */
		timer_start(&c->orphan, ORPHAN_MS, orphaned);
		verify_hand_in_known(c);
		return;
	}
	snprintf(why, sizeof(why), "%s", r->detail);
	context_refused(c, why);
}

void authorize_refuse(struct context *c, const char *proof, const char *rule, const char *why)
{
	struct pki_result r = { .verdict = PKI_BAD };

	snprintf(r.rule, sizeof(r.rule), "%s", rule);
	snprintf(r.detail, sizeof(r.detail), "%s", why);
	refuse(c, proof, &r);
}

static void admit_by(struct context *c, uint32_t mode, const struct pki_result *r)
{
	c->revocation = *r;
	c->revocation_known = true;
	c->source = mode;
	admit(c, "revocation", r);
}

static void asked(struct worker *w, const struct worker_result *r)
{
	struct context *c = container_of(w, struct context, authorize);

	c->known_sought = r->sought;
	revoked_learn(r);
	if (r->chain.verdict == PKI_GOOD && r->ocsp.verdict == PKI_GOOD && !r->ocsp.provisional) {
		clock_confirm(r->produced);
		admit_by(c, CONFIG_OCSP_DIRECT, &r->ocsp);
		return;
	}
	c->revocation = r->ocsp;
	c->revocation_known = false;
	if (r->ocsp.verdict == PKI_BAD) {
		refuse(c, "revocation", &r->ocsp);
		return;
	}
	log_decision(c, LOG_WARNING, "no-answer", "revocation", &r->ocsp);
	c->walk++;
	walk(c);
}

/* Good but provisional: told, and does not count. */
static void provisional(struct context *c)
{
	c->revocation_known = c->inband.verdict == PKI_GOOD;
	if (c->revocation_known)
		snprintf(c->revocation.rule, sizeof(c->revocation.rule), "%s",
			 "ocsp.inband.provisional");
}

/* Try what can be tried before there is an SA, in the configured order. */
static void walk(struct context *c)
{
	for (; c->walk < conf.ocsp.nmodes; c->walk++) {
		switch (conf.ocsp.modes[c->walk]) {
		case CONFIG_OCSP_INBAND:
			if (c->inband_good) {
				admit_by(c, CONFIG_OCSP_INBAND, &c->inband);
				return;
			}
			c->revocation = c->inband;
			provisional(c);
			break;
		case CONFIG_OCSP_DIRECT:
			if (!verify_run(c, &c->authorize, CONFIG_OCSP_DIRECT, -1, time_left(c), asked))
				return;
			break;
		default:
			admit(c, "device-auth", &c->chain);
			return;
		}
	}
	refuse(c, "revocation", &c->revocation);
}

static void checked(struct worker *w, const struct worker_result *r)
{
	struct context *c = container_of(w, struct context, authorize);
	bool inband = config_has_mode(&conf.ocsp, CONFIG_OCSP_INBAND);

	c->known_sought = r->sought;
	revoked_learn(r);
	verify_take_chain(c, &r->chain);
	c->chain_known = true;
	if (c->chain.verdict != PKI_GOOD) {
		refuse(c, "device-auth", &c->chain);
		return;
	}
	verify_take_inband(c, r);
	if (!(c->k.required & KIND(REVOCATION))) {
		admit(c, "device-auth", &c->chain);
		return;
	}
	if (inband && (c->inband.verdict == PKI_BAD ||
		       (c->inband.verdict != PKI_GOOD && !r->absent && !is_up(c)))) {
		c->revocation = c->inband;
		c->revocation_known = true;
		refuse(c, "revocation", &c->inband);
		return;
	}
	if (is_up(c)) {
		/* What IKE said then is as good as it ever was. */
		if (c->inband_good && conf.ocsp.modes[0] == CONFIG_OCSP_INBAND)
			admit_by(c, CONFIG_OCSP_INBAND, &c->inband);
		else
			admit(c, "device-auth", &c->chain);
		return;
	}
	walk(c);
}

/* What its INTEGRITY_INFO, or that there was none, comes to (FFS-05). */
static void conclude(struct context *c)
{
	if (c->outcome == OUTCOME_REJECT)
		refuse(c, "integrity", &c->integrity);
	else
		admit(c, "device-auth", &c->chain);
}

static void appraised(struct worker *w, const struct worker_result *r)
{
	struct context *c = container_of(w, struct context, authorize);

	c->known_sought = r->sought;
	appraisal_take(c, &r->appraisal);
	conclude(c);
}

/* Wait for a process in IKE's time. */
static void wait_turn(struct context *c, unsigned int source, void (*come)(struct turn *turn),
		      void (*late)(struct timer *t))
{
	uint64_t left = time_left(c);

	timer_start(&c->authorize_late, left > ANSWER_MS - TURN_MS ? left - (ANSWER_MS - TURN_MS) : 0,
		    late);
	queue_wait(&c->authorize_turn, QUEUE_ADMIT, source, come);
}

static void turn_came(struct context *c, const struct turn *turn)
{
	timer_stop(&c->authorize_late);
	worker_in_turn(&c->authorize, turn);
	c->authorize.sought = c->k.id ? c->k.generation : 0;
}

static void unappraised(struct context *c)
{
	static const struct appraise_result none = {
		.rule = "worker.start", .detail = "no room, memory or process to appraise with",
	};

	appraisal_take(c, &none);
	conclude(c);
}

static void appraise_late(struct timer *t)
{
	struct context *c = container_of(t, struct context, authorize_late);

	queue_leave(&c->authorize_turn);
	unappraised(c);
}

static void appraise_in_turn(struct turn *turn)
{
	struct context *c = container_of(turn, struct context, authorize_turn);
	int err;

	turn_came(c, turn);
	err = appraisal_run(c, &c->authorize, time_left(c), appraised);
	if (err < 0)
		unappraised(c);
	else if (err > 0)
		conclude(c);
}

/* SGW-INT-10: it is looked at last, once it is known whose it is. */
static void look_at_report(struct context *c)
{
	/* Once, when all rounds are done: it is kept until then. */
	if (c->more || conf.integrity.policy == INTEGRITY_IGNORE) {
		admit(c, "device-auth", &c->chain);
		return;
	}
	queue_leave(&c->tre.turn);
	worker_cancel(&c->tre.worker);
	wait_turn(c, QUEUE_LOCAL, appraise_in_turn, appraise_late);
}

/*
 * SGW-REV-11: with refuse = in-ike what is bad already ends IKE itself. What is good is
 * looked at again while the SA is held, as an answer's life began then.
 */
static void checked_sources(struct worker *w, const struct worker_result *r)
{
	struct context *c = container_of(w, struct context, authorize);

	c->known_sought = r->sought;
	if (c->k.required & KIND(REVOCATION) && r->ocsp.verdict == PKI_BAD) {
		c->revocation = r->ocsp;
		c->revocation_known = true;
		refuse(c, "revocation", &c->revocation);
	} else if (c->k.required & KIND(AUTHZ) && r->authz.verdict == PKI_BAD) {
		refuse(c, "authz", &r->authz);
	} else {
		look_at_report(c);
	}
}

/* Whoever has no time left for the sources asks them while the SA is held. */
static void sources_late(struct timer *t)
{
	struct context *c = container_of(t, struct context, authorize_late);

	queue_leave(&c->authorize_turn);
	look_at_report(c);
}

static void sources_in_turn(struct turn *turn)
{
	struct context *c = container_of(turn, struct context, authorize_turn);

	turn_came(c, turn);
	if (segw_run(c, &c->authorize, SEGW_FIRST, checked_sources))
		look_at_report(c);
}

/* Role segw: the path is looked at here, and all else while the SA is held. */
static void checked_henb(struct worker *w, const struct worker_result *r)
{
	struct context *c = container_of(w, struct context, authorize);

	c->known_sought = r->sought;
	verify_take_chain(c, &r->chain);
	c->chain_known = true;
	if (c->chain.verdict != PKI_GOOD) {
		refuse(c, "device-auth", &c->chain);
		return;
	}
	required_vendor(c, r->vendor);
	if (conf.segw.segw.refuse_in_ike)
		wait_turn(c, c->vendor + 1, sources_in_turn, sources_late);
	else
		look_at_report(c);
}

static void no_process(struct context *c)
{
	authorize_refuse(c, "device-auth", "worker.start",
			 "no process was free in time to check the peer (look at the load of "
			 "this machine; the peer tries again)");
}

static void path_late(struct timer *t)
{
	struct context *c = container_of(t, struct context, authorize_late);

	queue_leave(&c->authorize_turn);
	no_process(c);
}

static void path_in_turn(struct turn *turn)
{
	struct context *c = container_of(turn, struct context, authorize_turn);
	uint32_t mode = config_has_mode(&conf.ocsp, CONFIG_OCSP_INBAND) ?
			CONFIG_OCSP_INBAND : CONFIG_OCSP_MODES;
	int err;

	turn_came(c, turn);
	if (conf.agent.role == CONFIG_ROLE_SEGW)
		err = segw_run(c, &c->authorize, SEGW_PATH, checked_henb);
	else
		err = verify_run(c, &c->authorize, mode, -1, time_left(c), checked);
	if (err)
		no_process(c);
}

void authorize_begin(struct context *c)
{
	c->walk = 0;
	c->revocation_known = false;
	c->authorize_by_ms = loop_now() + ANSWER_MS;
	wait_turn(c, QUEUE_LOCAL, path_in_turn, path_late);
}

void authorize_stop(struct context *c)
{
	timer_stop(&c->authorize_late);
	queue_leave(&c->authorize_turn);
	worker_cancel(&c->authorize);
}

bool authorize_runs(const struct context *c)
{
	return worker_running(&c->authorize) || queue_waits(&c->authorize_turn);
}
