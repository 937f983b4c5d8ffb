// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Role henb: a challenge is answered, once the gate is open (DID-X-02, DID-Y-02), by the
 * TPM, one at a time. Whoever asks before, or what can't be read, gets no answer and no
 * reason: it is counted, and logged here.
 */
#include "agent/devid.h"

#include <string.h>

#include <errno.h>

#include "agent/log.h"

#define PROVE_MS	8000	/* within the life of a challenge, or for nothing */

/* Whom the proof is for. */
static void (*deliver)(struct context *c, const uint8_t *proof, size_t len);

static void no_answer(const struct context *c, const char *rule, const char *detail,
		      uint64_t *counter)
{
	struct log l;

	++*counter;
	log_begin(&l, LOG_WARNING, "devid-unanswered");
	log_num(&l, "context", c->k.id);
	log_num(&l, "ike", c->ike_id);
	log_str(&l, "rule", rule);
	log_str(&l, "value", detail);
	log_end(&l);
}

static void prove(struct devid *d, struct pki_der challenge);

/* Whoever asked anew has given up what was asked before: its answer would be a wrong one. */
static void prove_next(struct devid *d)
{
	uint8_t challenge[CHALLENGE_LEN];
	const struct pki_der data = { challenge, d->next_len };

	no_answer(d->c, "devid.replaced", "asked anew while the TPM signed: that one is answered",
		  &devid_count.unfit);
	memcpy(challenge, d->next, d->next_len);
	d->next_len = 0;
	prove(d, data);
}

static void proven(struct worker *w, const struct worker_result *r)
{
	struct devid *d = container_of(w, struct devid, worker);
	struct log l;

	if (d->next_len) {
		prove_next(d);
		return;
	}
	if (!r->record_len) {
		no_answer(d->c, r->tre.rule, r->tre.detail, &devid_count.unfit);
		return;
	}
	devid_count.proven++;
	log_begin(&l, LOG_NOTICE, "devid-proof");
	log_num(&l, "context", d->c->k.id);
	log_num(&l, "ike", d->c->ike_id);
	log_num(&l, "octets", r->record_len);
	log_num(&l, "took_ms", loop_now() - d->started_ms);
	log_end(&l);
	deliver(d->c, r->record, r->record_len);
}

static void prove(struct devid *d, struct pki_der challenge)
{
	struct job_devid_prove job = {
		.tcti = conf.tre.tcti, .solutions = conf.devid.solutions, .challenge = challenge,
	};

	memcpy(job.channel, d->channel, sizeof(job.channel));
	d->started_ms = loop_now();
	if (worker_start(&d->worker, WORKER_TRE, job_devid_prove, &job, -1, PROVE_MS, proven))
		no_answer(d->c, "devid.worker", "no process to sign with", &devid_count.unfit);
}

void devid_prove(struct context *c, struct pki_der data,
		 void (*done)(struct context *c, const uint8_t *proof, size_t len))
{
	struct devid *d = c->devid;

	devid_count.asked++;
	if (!devid_ready(c)) {
		no_answer(c, "devid.early", "asked before the gate is open: see [devid] after",
			  &devid_count.early);
		return;
	}
	if (!d || !d->channel_known) {
		no_answer(c, "devid.channel", "it is not known which IKE SA this is: "
			  "authenticate anew", &devid_count.unfit);
		return;
	}
	/* The same for all: one role, one transport. */
	deliver = done;
	if (!worker_running(&d->worker)) {
		prove(d, data);
	} else if (data.len && data.len <= sizeof(d->next)) {
		memcpy(d->next, data.data, data.len);
		d->next_len = data.len;
	} else {
		no_answer(c, "devid.challenge", "it has not the length of a challenge", &devid_count.unfit);
	}
}
