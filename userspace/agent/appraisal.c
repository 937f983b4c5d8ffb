// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role segw: INTEGRITY_INFO (TS 33.320 7.2.2, A.1 step 6). The rules of appraising are
 * in segw/appraise.h, what follows from them in segw/decide.h; this is where the two
 * meet an IKE SA. A record is good for as long as it is young: then IKE has to bring
 * another, as nothing else can ask for one.
 */
#include "agent/appraisal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/enrolled.h"
#include "agent/log.h"
#include "agent/references.h"
#include "agent/validation.h"
#include "segw/sinks.h"

#define BUSY_MS		200	/* another program writes to the file of the sinks */
#define STORE_MS	1500	/* of IKE's patience for a database */

static struct sinks *sinks;

/* SGW-INT-10: of whose records a parser saw anything. */
static struct {
	uint64_t parsed, absent, unreadable, refused, unkept;
	uint64_t verdicts[APPRAISE_VERDICTS];
} count;

static struct integrity_rules rules(void)
{
	return (struct integrity_rules){
		.policy = (enum integrity_policy)conf.integrity.policy,
		.on_fail = (enum integrity_on_fail)conf.integrity.on_fail,
		.validate = (enum integrity_validate)conf.integrity.validate,
	};
}

/* --- what the operator allows --------------------------------------------------- */

static void complain(const char *file, const char *why)
{
	struct log l;

	log_begin(&l, LOG_ERR, "segw-file");
	log_str(&l, "file", file);
	log_str(&l, "value", why);
	log_str(&l, "remedy", "mend the file; see trustgated.conf(5), [integrity]");
	log_end(&l);
}

int appraisal_start(void)
{
	char err[256];

	if (conf.integrity.policy == INTEGRITY_IGNORE)
		return 0;
	if (enrolled_start())
		return -1;
	if (*conf.integrity.sinks) {
		sinks = sinks_open(conf.integrity.sinks, BUSY_MS, err, sizeof(err));
		if (!sinks) {
			complain(conf.integrity.sinks, err);
			return -1;
		}
	}
	return references_start();
}

/* --- one IKE SA ------------------------------------------------------------------- */

static void job(const void *arg, struct worker_result *out)
{
	memset(out, 0, sizeof(*out));
	out->tre.verdict = TRE_UNAVAILABLE;
	appraise(arg, &out->appraisal);
}

static void forget_device(struct context *c)
{
	free(c->device);
	c->device = NULL;
}

/* Kept with @c until its report is judged. */
static int keep_device(struct context *c, const struct appraise_device *found)
{
	c->device = malloc(sizeof(*c->device));
	if (!c->device)
		return -ENOMEM;
	*c->device = *found;
	return 0;
}

/* The device of that identity. */
static int find_device(struct context *c, const char *identity)
{
	struct appraise_device found;
	int err = *identity ? enrolled_find(identity, &found) : -ENOENT;

	return err ? err == -ENOENT ? 0 : err : keep_device(c, &found);
}

static const char *const outcome_names[] = {
	[OUTCOME_REJECT] = "refused", [OUTCOME_HOLD] = "held",
	[OUTCOME_ACCEPT] = "accepted", [OUTCOME_PROVEN] = "proven",
};

/* SGW-INT-09: for statistics and FIGS. What can't be kept is counted, and changes nothing. */
static void keep(const struct context *c, const char *verdict, const struct appraise_result *r)
{
	char identity[AUTHZ_IDENTITY_MAX + 1];
	const struct sinks_event e = {
		.time_s = clock_ms() / 1000, .identity = identity, .verdict = verdict,
		.rule = c->integrity.rule, .outcome = outcome_names[c->outcome], .result = r,
	};

	if (!sinks || !authz_canonical(c->k.peer, strlen(c->k.peer), identity))
		return;
	if (!sinks_record(sinks, &e, conf.integrity.figs))
		return;
	if (!count.unkept++)
		log_say(LOG_ERR, "not-kept", sinks_error(sinks), NULL);
}

static void log_outcome(const struct context *c, const char *verdict)
{
	struct log l;

	log_begin(&l, c->outcome == OUTCOME_PROVEN ? LOG_INFO : LOG_WARNING, "appraise");
	log_num(&l, "ike", c->ike_id);
	log_str(&l, "peer", c->k.peer);
	log_str(&l, "result", verdict);
	log_str(&l, "outcome", outcome_names[c->outcome]);
	log_str(&l, "rule", c->integrity.rule);
	log_str(&l, "value", c->integrity.detail);
	log_end(&l);
}

/* It is the entity's turn, was, or is: then that is the reason, with what was found here. */
static void explain(struct context *c)
{
	static const char *const rules_of[] = {
		[VALIDATION_NONE] = "validate.wait", [VALIDATION_BAD] = "validate.bad",
		[VALIDATION_GOOD] = "validate.good",
	};
	char found[sizeof(c->integrity.detail)];

	memcpy(found, c->integrity.detail, sizeof(found));
	snprintf(c->integrity.rule, sizeof(c->integrity.rule), "%s", rules_of[c->validation]);
	if (c->validation == VALIDATION_GOOD)
		snprintf(c->integrity.detail, sizeof(c->integrity.detail),
			 "the validation entity takes it; here: %.160s", found);
	else if (c->validation == VALIDATION_BAD)
		snprintf(c->integrity.detail, sizeof(c->integrity.detail),
			 "the validation entity refuses it (look at its log); here: %.150s", found);
	else
		snprintf(c->integrity.detail, sizeof(c->integrity.detail), "%.120s; here: %.120s",
			 *c->validation_why ? c->validation_why :
			 "the validation entity was asked and has not answered yet", found);
}

static void say(struct context *c, const char *rule, const char *detail)
{
	memset(&c->integrity, 0, sizeof(c->integrity));
	snprintf(c->integrity.rule, sizeof(c->integrity.rule), "%s", rule);
	snprintf(c->integrity.detail, sizeof(c->integrity.detail), "%s", detail);
}

/* By what was found here, with @verdict, and what the entity has said so far. */
static void decide(struct context *c, bool present, enum appraise_verdict verdict)
{
	const struct integrity_rules r = rules();
	bool asked = *conf.integrity.validate_uri && integrity_validates(&r, present, verdict);

	c->outcome = integrity_decide(&r, present, verdict, c->validation);
	c->integrity.verdict = c->outcome == OUTCOME_PROVEN ? PKI_GOOD :
			       c->outcome == OUTCOME_REJECT ? PKI_BAD : PKI_INDETERMINATE;
	memcpy(c->integrity.cert_digest, c->k.cert_digest, sizeof(c->integrity.cert_digest));
	c->integrity_known = c->outcome != OUTCOME_ACCEPT;
	/* What best effort goes by is what was found here. */
	if (asked && (c->validation != VALIDATION_NONE || c->outcome == OUTCOME_HOLD))
		explain(c);
}

static void follow(struct context *c, const char *word, const struct appraise_result *found,
		   bool was_proven)
{
	count.refused += c->outcome == OUTCOME_REJECT;
	log_outcome(c, word);
	keep(c, word, found);
	required_settle(c);
	/* What was good once is so no more: that is not for want of an answer. */
	if (was_proven && c->outcome == OUTCOME_HOLD && c->k.id)
		tg_context_close(gate(), c->k.id, TRUSTGATE_REASON_POLICY, c->integrity.detail);
}

/* @found: what was read of the record, NULL: nothing was. */
static void settle(struct context *c, bool present, enum appraise_verdict verdict,
		   const struct appraise_result *found)
{
	const char *word = present ? appraise_verdict_name(verdict) : "absent";
	const struct integrity_rules r = rules();
	bool was_proven = c->outcome == OUTCOME_PROVEN;

	memset(&c->appraised, 0, sizeof(c->appraised));
	if (found)
		c->appraised = *found;
	decide(c, present, verdict);
	follow(c, word, found, was_proven);
	if (found && integrity_validates(&r, present, verdict))
		validation_seek(c, c->revalidate);
	c->revalidate = false;
}

void appraisal_validated(struct context *c, bool said)
{
	const struct appraise_result found = c->appraised;
	bool was_proven = c->outcome == OUTCOME_PROVEN;

	/* Silence changes nothing but the reason. */
	if (!said && c->outcome != OUTCOME_HOLD)
		return;
	say(c, found.rule, found.detail);
	memcpy(c->integrity.proof_digest, found.proof_digest, sizeof(c->integrity.proof_digest));
	decide(c, true, found.verdict);
	if (said)
		follow(c, appraise_verdict_name(found.verdict), &found, was_proven);
	if (c->outcome == OUTCOME_ACCEPT)
		c->wanted &= ~KIND(INTEGRITY);
	verify_hand_in_known(c);
}

static void take_absence(struct context *c)
{
	count.absent++;
	say(c, "appraise.absent", "the H(e)NB sent no INTEGRITY_INFO, and [integrity] policy is "
	    "what says whether it may (its own log says why there was none)");
	settle(c, false, APPRAISE_BAD, NULL);
}

/* What the plugin did not even pass on. */
static void take_cut(struct context *c)
{
	count.unreadable++;
	say(c, "appraise.notify", "the H(e)NB's INTEGRITY_INFO is empty, longer than 1500 octets, "
	    "of a protocol, or there twice (install the same version at both ends)");
	settle(c, true, APPRAISE_BAD, NULL);
}

static void unfit(struct appraise_result *r, enum appraise_verdict verdict, const char *rule,
		  const char *detail)
{
	r->verdict = verdict;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	snprintf(r->detail, sizeof(r->detail), "%.255s", detail);
}

static void stale(struct appraise_result *r)
{
	unfit(r, APPRAISE_BAD, "appraise.counter.stale", "a later report of this device, or "
	      "another enrolment, came in between (let it connect again)");
}

/* What the TPM counts, before anything opens by it: it may never say less again. */
static void remember(struct context *c, struct appraise_result *r)
{
	int err;

	if (!c->device) {
		unfit(r, APPRAISE_BAD, "worker.device", "the checking process believed a report of "
		      "a device that is not enrolled: restart the agent");
		return;
	}
	/* A database was told in a worker. */
	if (enrolled_remote())
		return;
	err = enrolled_seen(c->device, &r->now);
	if (err == -ESTALE)
		stale(r);
	else if (err)
		unfit(r, APPRAISE_UNKNOWN, "appraise.store", enrolled_error());
}

void appraisal_take(struct context *c, const struct appraise_result *found)
{
	struct appraise_result r = *found;

	/* The child may have been taken over by what it parsed. */
	r.rule[sizeof(r.rule) - 1] = '\0';
	r.detail[sizeof(r.detail) - 1] = '\0';
	if (r.verdict >= APPRAISE_VERDICTS)
		r.verdict = APPRAISE_BAD;
	if (r.verdict >= APPRAISE_FAIL)
		remember(c, &r);
	forget_device(c);
	count.verdicts[r.verdict]++;
	say(c, r.rule, r.detail);
	memcpy(c->integrity.proof_digest, r.proof_digest, sizeof(c->integrity.proof_digest));
	settle(c, true, r.verdict, &r);
}

static int start(struct context *c, struct worker *w, uint32_t ms,
		 void (*done)(struct worker *w, const struct worker_result *r))
{
	const struct appraise_job j = {
		.record = c->report.data, .len = c->report.len, .binding = &c->binding,
		.certificate = c->certs[0], .device = c->device,
		.reference = references_for(c->device),
		.degraded_passes = conf.integrity.accept_degraded,
	};
	int err = worker_start(w, WORKER_PKI, job, &j, -1, ms, done);

	count.parsed += !err;
	return err;
}

/* --- with a database: asked before, and told after, each in a worker --------------- */

/* What is left of the time, of which the store has its share at most. */
static uint32_t left(const struct context *c, uint64_t most)
{
	uint64_t now = loop_now(), ms = c->appraise_by_ms > now ? c->appraise_by_ms - now : 1;

	return (uint32_t)(ms < most ? ms : most);
}

static void end_unknown(struct worker *w, const char *rule, const char *detail)
{
	struct worker_result r = { .tre.verdict = TRE_UNAVAILABLE, .sought = w->sought };

	unfit(&r.appraisal, APPRAISE_UNKNOWN, rule, detail);
	w->then(w, &r);
}

static void told(struct worker *w, const struct worker_result *r)
{
	struct context *c = w->owner;
	struct worker_result out = {
		.tre.verdict = TRE_UNAVAILABLE, .appraisal = c->appraised, .sought = w->sought,
	};

	if (r->store == STORE_STALE || r->store == STORE_ABSENT)
		stale(&out.appraisal);
	else if (r->store != STORE_DONE)
		unfit(&out.appraisal, APPRAISE_UNKNOWN, "appraise.store", r->tre.detail);
	w->then(w, &out);
}

static void appraised(struct worker *w, const struct worker_result *r)
{
	struct context *c = w->owner;

	if (!c->device || r->appraisal.verdict < APPRAISE_FAIL ||
	    r->appraisal.verdict >= APPRAISE_VERDICTS) {
		w->then(w, r);
		return;
	}
	c->appraised = r->appraisal;
	if (enrolled_tell(w, c->device, &r->appraisal.now, left(c, STORE_MS), told))
		end_unknown(w, "worker.start", "no process to tell the store with");
}

static void asked(struct worker *w, const struct worker_result *r)
{
	struct context *c = w->owner;
	struct appraise_device found;

	if (r->store != STORE_DONE && r->store != STORE_ABSENT) {
		end_unknown(w, "appraise.store", r->tre.detail);
		return;
	}
	found = r->device;
	found.identity[sizeof(found.identity) - 1] = '\0';
	found.reference[sizeof(found.reference) - 1] = '\0';
	if (found.ak_public_len > sizeof(found.ak_public) ||
	    (r->store == STORE_DONE && keep_device(c, &found)) ||
	    start(c, w, left(c, UINT32_MAX), appraised))
		end_unknown(w, "worker.start", "no memory or process to appraise with");
}

/* ------------------------------------------------------------------------------------ */

int appraisal_run(struct context *c, struct worker *w, uint64_t ms,
		  void (*done)(struct worker *w, const struct worker_result *r))
{
	char identity[AUTHZ_IDENTITY_MAX + 1];
	int err;

	c->integrity_known = false;
	if (c->sent_flags & TG_WIRE_FLAG_INTEGRITY_CUT) {
		take_cut(c);
		return 1;
	}
	if (!c->report.len || conf.integrity.policy == INTEGRITY_IGNORE) {
		take_absence(c);
		return 1;
	}
	forget_device(c);
	if (!authz_canonical(c->k.peer, strlen(c->k.peer), identity))
		*identity = '\0';
	if (*identity && enrolled_remote()) {
		w->owner = c;
		w->then = done;
		c->appraise_by_ms = loop_now() + ms;
		return enrolled_ask(w, identity, left(c, STORE_MS), asked);
	}
	err = find_device(c, identity);
	if (!err)
		return start(c, w, (uint32_t)ms, done);
	say(c, "appraise.store", err == -ENOMEM ? "out of memory" : enrolled_error());
	settle(c, true, APPRAISE_UNKNOWN, NULL);
	return 1;
}

uint64_t appraisal_life(const struct context *c)
{
	uint64_t end = c->reported_ms + conf.integrity.max_age_ms, now = loop_now();

	return end > now ? end - now : 0;
}

json_t *appraisal_json(void)
{
	json_t *verdicts = json_object();

	for (enum appraise_verdict v = 0; v < APPRAISE_VERDICTS; v++)
		json_object_set_new(verdicts, appraise_verdict_name(v),
				    json_integer((json_int_t)count.verdicts[v]));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "absent", (json_int_t)count.absent,
			 "unreadable", (json_int_t)count.unreadable,
			 "parsed", (json_int_t)count.parsed,
			 "refused", (json_int_t)count.refused,
			 "unkept", (json_int_t)count.unkept, "verdicts", verdicts,
			 "validation", validation_json());
}
