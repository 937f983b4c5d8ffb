// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AUTH of this box (HNB-TRE-09, -10): charon computes what is to be signed and has no
 * TPM; a child of ours has it sign, by the policy that the key has. So there is one that
 * asks the TPM, with a deadline, and when it is gone nothing is signed. Who may ask is who
 * may tell us of SAs: root.
 */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/log.h"

/* More IKE SAs than that at once no H(e)NB has. */
#define WAITING_MAX	8

struct request {
	uint32_t seq;
	bool has_digest;
	uint8_t digest[TG_WIRE_DIGEST_LEN];
};

_Static_assert(TG_WIRE_DIGEST_LEN == TRE_DIGEST_LEN, "it is a SHA-256");
_Static_assert(TG_WIRE_SIGNATURE_MAX == TRE_SIG_MAX, "the plugin is told every signature");

/* The TPM does one after another; the first is under way. */
static struct {
	struct worker worker;
	bool ready;
	struct request waiting[WAITING_MAX];
	unsigned int n;
	uint64_t started_ms, signatures, failed;
} signing;

static void next(void);

bool auth_wanted(void)
{
	return conf.agent.role == CONFIG_ROLE_HENB && conf.tre.sign_auth;
}

static size_t read_approval(char out[TRE_APPROVAL_TEXT_MAX])
{
	FILE *f = fopen(conf.tre.approval, "re");
	size_t len = f ? fread(out, 1, TRE_APPROVAL_TEXT_MAX, f) : 0;

	if (f)
		fclose(f);
	return len;
}

/* The gate stays as it is, which is closed: there is no SA without AUTH. */
static void refuse(uint32_t seq, uint32_t status, const char *rule, const char *detail)
{
	struct log l;

	signing.failed++;
	log_begin(&l, LOG_ERR, "no-auth");
	log_str(&l, "rule", rule);
	log_str(&l, "value", detail);
	log_end(&l);
	start_error(detail);
	plugin_reply(seq, status, detail);
}

static void answer(const struct request *q, const struct worker_result *r)
{
	struct log l;

	/* The child is not believed about lengths. */
	if (r->tre.verdict != TRE_PASS || !r->auth.key_len ||
	    r->auth.key_len > sizeof(r->auth.key) || r->auth.sig_len > sizeof(r->auth.sig) ||
	    q->has_digest != (r->auth.sig_len > 0)) {
		refuse(q->seq, EACCES, r->tre.rule, r->tre.detail);
		return;
	}
	if (q->has_digest) {
		signing.signatures++;
		log_begin(&l, LOG_INFO, "auth");
		log_num(&l, "took_ms", loop_now() - signing.started_ms);
		log_end(&l);
	}
	plugin_signature(q->seq, &r->auth);
}

static void drop_first(void)
{
	signing.n--;
	memmove(&signing.waiting[0], &signing.waiting[1],
		signing.n * sizeof(signing.waiting[0]));
}

static void done(struct worker *w, const struct worker_result *r)
{
	struct request q = signing.waiting[0];

	(void)w;
	drop_first();
	answer(&q, r);
	next();
}

static void next(void)
{
	static char approval[TRE_APPROVAL_TEXT_MAX];
	struct job_sign job = { .tcti = conf.tre.tcti, .approval = approval };
	struct request q;

	while (signing.n && !worker_running(&signing.worker)) {
		q = signing.waiting[0];
		job.has_digest = q.has_digest;
		memcpy(job.digest, q.digest, sizeof(job.digest));
		/* As it is now, so that an approval needs no restart. */
		job.approval_len = read_approval(approval);
		signing.started_ms = loop_now();
		if (!worker_start(&signing.worker, WORKER_TRE, job_sign, &job, -1,
				  conf.tre.sign_deadline_ms, done))
			return;
		drop_first();
		refuse(q.seq, EAGAIN, "auth.worker", "no process to ask the TPM with: it is tried again");
	}
}

void auth_sign(const struct decode_msg *m)
{
	struct request *q = &signing.waiting[signing.n];

	if (!signing.ready)
		worker_init(&signing.worker);
	signing.ready = true;
	if (!auth_wanted()) {
		refuse(m->seq, EPERM, "auth.off", "the agent does not sign: see [tre] sign_auth");
		return;
	}
	if (signing.n == WAITING_MAX) {
		refuse(m->seq, EAGAIN, "auth.busy", "8 signatures are waited for: is the TPM slow?");
		return;
	}
	q->seq = m->seq;
	q->has_digest = m->have >> TG_WIRE_DIGEST & 1;
	memcpy(q->digest, m->digest, sizeof(q->digest));
	signing.n++;
	next();
}

void auth_stop(void)
{
	signing.n = 0;
	if (signing.ready)
		worker_cancel(&signing.worker);
}

json_t *auth_json(void)
{
	return json_pack("{s:b, s:I, s:I}", "wanted", auth_wanted(),
			 "signatures", (json_int_t)signing.signatures,
			 "failed", (json_int_t)signing.failed);
}
