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
#include <openssl/ocsp.h>

int64_t job_now(const struct job_pki *job)
{
	struct timespec ts;
	int64_t passed;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	passed = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 - (int64_t)job->boot_ms;
	return (job->wall_ms + passed) / 1000;
}

static void indeterminate(struct pki_result *r, const char *rule, const char *detail)
{
	r->verdict = PKI_INDETERMINATE;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	snprintf(r->detail, sizeof(r->detail), "%s", detail);
}

static void ocsp_policy(const struct job_pki *job, struct pki_ocsp_policy *policy)
{
	const struct config_ocsp *c = job->ocsp;

	pki_ocsp_policy_default(policy);
	policy->nonce_required = c->nonce == CONFIG_NONCE_REQUIRED;
	policy->clock_unsynced = !job->synced;
	policy->sha1 = job->sha1;
	/* Rounded so that a fraction of a second never widens a limit. */
	policy->skew_s = c->skew_ms / 1000;
	policy->age_max_s = c->age_max_ms / 1000;
	policy->age_no_next_s = c->age_no_next_ms / 1000;
	policy->response_max = c->response_max;
}

/* When a response that was found good was made. */
static int64_t produced_at(struct pki_der response)
{
	const unsigned char *p = response.data;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)response.len);
	OCSP_BASICRESP *basic = r ? OCSP_response_get1_basic(r) : NULL;
	struct tm tm;
	int64_t when = 0;

	if (basic && ASN1_TIME_to_tm(OCSP_resp_get0_produced_at(basic), &tm))
		when = timegm(&tm);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(r);
	return when;
}

static const char *post(const struct job_pki *job, const uint8_t *request, size_t len,
			uint8_t **response, size_t *response_len, char *why, size_t whylen)
{
	struct http_call call = {
		.uri = job->ocsp->uri.text, .fd = job->fd, .timeout_ms = job->ocsp->try_ms,
		.max = job->ocsp->response_max,
	};

	if (job->mode == CONFIG_OCSP_DIRECT)
		return direct_post(job, request, len, response, response_len, why, whylen);
	return http_post(&call, request, len, response, response_len, why, whylen);
}

static void exchange(const struct job_pki *job, struct pki_der issuer, struct worker_result *out)
{
	uint8_t *request = NULL, *response = NULL;
	struct pki_ocsp_policy policy;
	size_t request_len, len = 0;
	char why[PKI_TEXT_MAX + 1];
	const char *rule;

	if (pki_ocsp_request(job->certs[0], issuer, job->nonce, sizeof(job->nonce),
			     &request, &request_len)) {
		indeterminate(&out->ocsp, "ocsp.request",
			      "no OCSP request can be made for this certificate: "
			      "look at the peer's certificate");
		return;
	}
	rule = post(job, request, request_len, &response, &len, why, sizeof(why));
	if (rule) {
		indeterminate(&out->ocsp, rule, why);
	} else {
		struct pki_der answer = { .data = response, .len = len };

		ocsp_policy(job, &policy);
		pki_ocsp_evaluate(job->certs[0], issuer, NULL, 0, answer, job->nonce,
				  sizeof(job->nonce), &policy, job_now(job), &out->ocsp);
		if (out->ocsp.verdict == PKI_GOOD && policy.nonce_required)
			out->produced = produced_at(answer);
	}
	free(request);
	free(response);
}

void job_pki(const void *arg, struct worker_result *out)
{
	const struct job_pki *job = arg;
	struct pki_der issuer;
	int at = -1;

	memset(out, 0, sizeof(*out));
	out->tre.verdict = TRE_UNAVAILABLE;
	indeterminate(&out->chain, "chain.unchecked", "the path was not checked");
	indeterminate(&out->ocsp, "ocsp.unchecked",
		      "the path is not good, so nobody was asked about its revocation");
	pki_check_chain(job->certs, job->ncerts, &job->policy, job_now(job), &at, &out->chain);
	if (out->chain.verdict != PKI_GOOD)
		return;
	issuer = at < 0 ? job->policy.anchor : job->certs[at];
	if (job->mode == CONFIG_OCSP_INBAND)
		job_inband(job, issuer, &out->ocsp, &out->absent);
	else if (job->mode == CONFIG_OCSP_DIRECT || job->mode == CONFIG_OCSP_INTUNNEL)
		exchange(job, issuer, out);
}
