// SPDX-License-Identifier: GPL-2.0-or-later
/* One question about our own certificate, with a nonce unless it is set otherwise. */
#include "segw/own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "segw/fetch.h"

struct own {
	const struct own_job *job;
	struct pki_result *result;
	uint8_t nonce[PKI_NONCE_MAX];
	size_t nonce_len;
	bool done;
};

static void say(struct pki_result *r, const char *rule, const char *detail)
{
	r->verdict = PKI_INDETERMINATE;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	snprintf(r->detail, sizeof(r->detail), "%s", detail);
}

static void http_done(void *arg, const struct fetch_answer *answer)
{
	struct own *o = arg;
	struct pki_der response = { answer->data, answer->len };

	o->done = true;
	if (answer->rule) {
		say(o->result, answer->rule, answer->why);
		return;
	}
	pki_ocsp_evaluate(o->job->cert, o->job->issuer, o->job->signers->cert, o->job->signers->n,
			  response, o->nonce_len ? o->nonce : NULL, o->nonce_len, &o->job->policy,
			  o->job->now, o->result);
	if (o->result->verdict != PKI_GOOD || o->result->provisional ||
	    answer->len > OWN_RESPONSE_MAX)
		return;
	memcpy(o->job->response->data, answer->data, answer->len);
	o->job->response->len = (uint32_t)answer->len;
}

static bool over(void *arg)
{
	return ((struct own *)arg)->done;
}

void own_job(const struct own_job *job, struct pki_result *result)
{
	struct own o = { .job = job, .result = result,
			 .nonce_len = job->nonce == PKI_NONCE_NONE ? 0 : job->nonce_len };
	struct fetch_call call = {
		.uri = job->uri, .max = OWN_RESPONSE_MAX, .timeout_ms = job->deadline_ms,
	};
	struct fetch *f = fetch_new();
	uint8_t *request = NULL;
	char why[PKI_TEXT_MAX + 1];

	job->response->len = 0;
	memset(result, 0, sizeof(*result));
	say(result, "source.request", "no OCSP request can be made: look at [segw] certificate and issuer");
	if (f && getrandom(o.nonce, sizeof(o.nonce), 0) == sizeof(o.nonce) &&
	    !pki_ocsp_request(job->cert, job->issuer, o.nonce, o.nonce_len, &request,
			      &call.body_len)) {
		call.body = request;
		say(result, "ocsp.http.timeout", "no answer in time: look at [segw] status_uri");
		if (fetch_begin(f, &call, http_done, &o, why, sizeof(why)))
			say(result, "source.unreachable", why);
		else
			fetch_run(f, fetch_now() + job->deadline_ms, over, &o);
	}
	fetch_free(f);
	free(request);
}
