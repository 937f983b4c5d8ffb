// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks the validation entity, in a worker, until it answers or the IKE SA is gone. A
 * silent one opens nothing: the gate stays as it is, and says whom it waits for.
 */
#include "agent/validation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <openssl/crypto.h>

#include "agent/appraisal.h"
#include "agent/log.h"
#include "agent/references.h"
#include "segw/post.h"

#define MARGIN_MS	2000	/* of the worker beyond the exchange */
#define HELD_MAX_MS	8000	/* between two tries while the gate waits for it */
#define OPEN_MAX_MS	60000

static struct {
	uint64_t asked, good, bad, silent;
} count;

struct question {
	struct post entity;
	const uint8_t *cmw;
	size_t len;
	uint8_t qualifying[TRE_DIGEST_LEN];
};

static void job(const void *arg, struct worker_result *out)
{
	const struct question *q = arg;
	char why[256] = "";

	memset(out, 0, sizeof(*out));
	out->tre.verdict = TRE_UNAVAILABLE;
	out->validation = validate(&q->entity, q->cmw, q->len, q->qualifying, why);
	snprintf(out->tre.rule, sizeof(out->tre.rule), "validate.answer");
	snprintf(out->tre.detail, sizeof(out->tre.detail), "%s", why);
}

/* The worker may open neither. @path empty: there is none. False, told. */
static bool load(const char *path, struct post_pem *pem, char **text)
{
	struct stat st;

	*text = *path ? references_read(path, &pem->len, &st) : NULL;
	pem->data = *text;
	return *text || !*path;
}

static void unload(const struct post_pem *pem, char *text)
{
	if (text)
		OPENSSL_cleanse(text, pem->len);
	free(text);
}

static void retry(struct timer *t);

/* 1, 2, 4, 8 s, and further on to a minute when nothing is held for it. */
static void again(struct context *c)
{
	uint32_t max = c->outcome == OUTCOME_HOLD ? HELD_MAX_MS : OPEN_MAX_MS;
	unsigned int n = c->entity.tries < 7 ? c->entity.tries : 7;
	uint64_t ms = 1000ull << (n ? n - 1 : 0);

	timer_start(&c->entity.retry, ms < max ? ms : max, retry);
}

static void log_answer(const struct context *c, const char *answer, const char *why)
{
	struct log l;

	log_begin(&l, c->validation == VALIDATION_GOOD ? LOG_INFO : LOG_WARNING, "validate");
	log_num(&l, "ike", c->ike_id);
	log_str(&l, "peer", c->k.peer);
	log_str(&l, "result", answer);
	log_num(&l, "took_ms", loop_now() - c->entity.started_ms);
	log_str(&l, "value", why);
	log_end(&l);
}

static void silent(struct context *c, const char *why)
{
	count.silent++;
	log_answer(c, "none", why);
	snprintf(c->validation_why, sizeof(c->validation_why), "%s", why);
	again(c);
	appraisal_validated(c, false);
}

static void answered(struct worker *w, const struct worker_result *r)
{
	struct context *c = container_of(w, struct context, entity.worker);
	bool good = r->validation == VALIDATION_GOOD;

	if (c->k.state == TRUSTGATE_STATE_REJECTED)
		return;
	queue_heard(QUEUE_SOURCES - 1, r->validation != VALIDATION_NONE);
	if (r->validation == VALIDATION_NONE) {
		silent(c, r->tre.detail);
		return;
	}
	count.good += good;
	count.bad += !good;
	c->entity.tries = 0;
	c->validation = r->validation;
	c->validation_why[0] = '\0';
	log_answer(c, good ? "good" : "bad", "");
	appraisal_validated(c, true);
}

static void ask(struct context *c);

static void ask_in_turn(struct turn *turn)
{
	struct context *c = container_of(turn, struct context, entity.turn);

	if (c->k.state == TRUSTGATE_STATE_REJECTED || worker_running(&c->entity.worker))
		return;
	worker_in_turn(&c->entity.worker, turn);
	c->entity.worker.sought = c->k.generation;
	ask(c);
}

/* One entity, which is a source as any other: the last number is its. */
static void wait_to_ask(struct context *c)
{
	queue_wait(&c->entity.turn, c->outcome == OUTCOME_HOLD ? QUEUE_HELD : QUEUE_OPEN,
		   QUEUE_SOURCES - 1, ask_in_turn);
}

static void ask(struct context *c)
{
	struct question q = {
		.entity = { .url = conf.integrity.validate_uri, .timeout_ms = conf.integrity.validate_try_ms },
		.cmw = c->report.data, .len = c->report.len,
	};
	char *ca, *cert = NULL, *key = NULL;
	int err = -ENOENT;

	c->entity.tries++;
	c->entity.started_ms = loop_now();
	count.asked++;
	memcpy(q.qualifying, c->appraised.qualifying, sizeof(q.qualifying));
	if (load(conf.integrity.validate_ca, &q.entity.ca_pem, &ca) &&
	    load(conf.integrity.validate_cert, &q.entity.cert_pem, &cert) &&
	    load(conf.integrity.validate_key, &q.entity.key_pem, &key))
		err = worker_start(&c->entity.worker, WORKER_FETCH, job, &q, -1,
				   conf.integrity.validate_try_ms + MARGIN_MS, answered);
	unload(&q.entity.ca_pem, ca);
	unload(&q.entity.cert_pem, cert);
	unload(&q.entity.key_pem, key);
	if (err == -ENOENT)
		silent(c, "a file of [integrity] validate_ca, _cert or _key can't be read (see the log)");
	else if (err)
		silent(c, "no process to ask with (look at the load of this machine)");
}

static void retry(struct timer *t)
{
	struct context *c = container_of(t, struct context, entity.retry);

	if (c->k.state != TRUSTGATE_STATE_REJECTED)
		wait_to_ask(c);
}

void validation_init(struct context *c)
{
	worker_init(&c->entity.worker);
}

void validation_seek(struct context *c, bool anew)
{
	if (!*conf.integrity.validate_uri || worker_running(&c->entity.worker) ||
	    c->entity.retry.armed || (c->validation != VALIDATION_NONE && !anew))
		return;
	wait_to_ask(c);
}

void validation_forget(struct context *c)
{
	queue_leave(&c->entity.turn);
	worker_cancel(&c->entity.worker);
	timer_stop(&c->entity.retry);
	c->entity.tries = 0;
	c->validation = VALIDATION_NONE;
	c->validation_why[0] = '\0';
}

json_t *validation_json(void)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "asked", (json_int_t)count.asked,
			 "good", (json_int_t)count.good, "bad", (json_int_t)count.bad,
			 "silent", (json_int_t)count.silent);
}
