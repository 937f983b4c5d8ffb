// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The child that looks at certificates. The path is checked again with every
 * OCSP exchange: it may have expired since, and who issued the leaf comes from
 * a path that was checked, never from what was sent.
 */
#include "agent/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void indeterminate(struct pki_result *r, const char *rule, const char *detail)
{
	r->verdict = PKI_INDETERMINATE;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	snprintf(r->detail, sizeof(r->detail), "%s", detail);
}

static void ocsp_policy(const struct config_ocsp *c, struct pki_ocsp_policy *policy)
{
	pki_ocsp_policy_default(policy);
	policy->nonce_required = c->nonce == CONFIG_NONCE_REQUIRED;
	/* Rounded so that a fraction of a second never widens a limit. */
	policy->skew_s = c->skew_ms / 1000;
	policy->age_max_s = c->age_max_ms / 1000;
	policy->age_no_next_s = c->age_no_next_ms / 1000;
	policy->response_max = c->response_max;
}

static void exchange(const struct job_pki *job, struct pki_der leaf, struct pki_der issuer,
		     struct pki_result *r)
{
	uint8_t *request = NULL, *response = NULL;
	struct pki_ocsp_policy policy;
	size_t request_len, len = 0;
	char why[PKI_TEXT_MAX + 1];
	const char *rule;

	if (pki_ocsp_request(leaf, issuer, job->nonce, sizeof(job->nonce),
			     &request, &request_len)) {
		indeterminate(r, "ocsp.request",
			      "no OCSP request can be made for this certificate: "
			      "look at the peer's certificate");
		return;
	}
	rule = http_post(job->fd, job->ocsp, request, request_len, &response, &len,
			 why, sizeof(why));
	if (rule) {
		indeterminate(r, rule, why);
	} else {
		struct pki_der answer = { .data = response, .len = len };

		ocsp_policy(job->ocsp, &policy);
		pki_ocsp_evaluate(leaf, issuer, NULL, 0, answer, job->nonce, sizeof(job->nonce),
				  &policy, time(NULL), r);
	}
	free(request);
	free(response);
}

void job_pki(const void *arg, struct worker_result *out)
{
	const struct job_pki *job = arg;
	int issuer = -1;

	memset(out, 0, sizeof(*out));
	out->tre.verdict = TRE_UNAVAILABLE;
	indeterminate(&out->chain, "chain.unchecked", "the path was not checked");
	indeterminate(&out->ocsp, "ocsp.unchecked",
		      "the path is not good, so no OCSP responder was asked");
	pki_check_chain(job->certs, job->ncerts, &job->policy, time(NULL), &issuer, &out->chain);
	if (job->fd < 0 || out->chain.verdict != PKI_GOOD)
		return;
	exchange(job, job->certs[0], issuer < 0 ? job->policy.anchor : job->certs[issuer],
		 &out->ocsp);
}
