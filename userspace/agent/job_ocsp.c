// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asking responders for the status of the certificates of a path, the leaf first.
 *
 * The gate lets one socket through. A responder that closes it after each answer is
 * asked again over that same socket, from the same port: one flow and one budget for
 * the whole path (HNB-OCSP-11).
 */
#include "agent/worker.h"
#include "pki/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>

#define NAME_ROOM	80

void job_unknown(struct pki_result *r, const char *rule, const char *detail)
{
	r->verdict = PKI_INDETERMINATE;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	snprintf(r->detail, sizeof(r->detail), "%s", detail);
}

void job_saw(const struct job_pki *job, size_t at, const struct pki_result *r, bool nonce)
{
	if (!job->seen || at >= PKI_PATH_MAX)
		return;
	if (r->verdict == PKI_BAD && !strcmp(r->rule, "ocsp.revoked"))
		job->seen->revoked[at] = true;
	else if (r->verdict == PKI_GOOD && nonce)
		job->seen->fresh[at] = true;
}

struct pki_der job_cert(const struct job_pki *job, const struct pki_path *path, size_t at)
{
	return at < path->n ? job->certs[path->index[at]] : job->policy.anchor;
}

static void subject_of(struct pki_der der, char out[NAME_ROOM])
{
	const unsigned char *p = der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)der.len);

	/* Its escapes leave printable ASCII alone. */
	if (!cert || !X509_NAME_oneline(X509_get_subject_name(cert), out, NAME_ROOM))
		snprintf(out, NAME_ROOM, "?");
	X509_free(cert);
	ERR_clear_error();
}

/* The whole is another proof than the leaf's alone. */
static void add_proof(struct pki_result *all, const struct pki_result *one)
{
	uint8_t both[2 * PKI_DIGEST_LEN];

	memcpy(both, all->proof_digest, PKI_DIGEST_LEN);
	memcpy(both + PKI_DIGEST_LEN, one->proof_digest, PKI_DIGEST_LEN);
	if (EVP_Digest(both, sizeof(both), all->proof_digest, NULL, EVP_sha256(), NULL) != 1)
		job_unknown(all, "memory", "out of memory (free some)");
}

void job_fold(const struct job_pki *job, const struct pki_path *path, size_t at,
	      const struct pki_result *one, struct pki_result *all)
{
	bool needed = job->ocsp->scope == CONFIG_SCOPE_CHAIN;
	char name[NAME_ROOM];

	if (one->verdict == PKI_GOOD) {
		if (one->provisional && !needed)
			return;
		all->provisional = all->provisional || one->provisional;
		all->sha1 += one->sha1;
		if (one->expires < all->expires)
			all->expires = one->expires;
		add_proof(all, one);
		return;
	}
	if (one->verdict != PKI_BAD && !needed)
		return;
	/* What falls with a CA is the path, and that is the leaf's: its digest stays. */
	subject_of(job_cert(job, path, at), name);
	all->verdict = one->verdict;
	all->provisional = false;
	all->expires = one->expires;
	memcpy(all->proof_digest, one->proof_digest, PKI_DIGEST_LEN);
	memcpy(all->rule, one->rule, sizeof(all->rule));
	snprintf(all->detail, sizeof(all->detail), "%.70s, CA %zu above the peer: %.130s",
		 name, at, one->detail);
}

static void ocsp_policy(const struct job_pki *job, struct pki_ocsp_policy *policy)
{
	const struct config_ocsp *c = job->ocsp;

	pki_ocsp_policy_default(policy);
	policy->nonce_required = c->nonce == PKI_NONCE_REQUIRED;
	policy->clock_unsynced = !job->synced;
	pki_ocsp_policy_profile(policy, job->policy.profile);
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

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* As it was when the gate was told of it: bound to its address and port. */
static int rewind_socket(int fd)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);

	if (getsockname(fd, (struct sockaddr *)&from, &len) || connect(fd, &none, sizeof(none)))
		return -errno;
	/* The kernel gives up a port that it chose; one bound by number is kept: EINVAL. */
	if (bind(fd, (struct sockaddr *)&from, len) && errno != EINVAL)
		return -errno;
	return 0;
}

static const char *post_intunnel(const struct job_pki *job, const struct ocsp_ask *ask,
				 struct ocsp_reply *reply)
{
	struct http_call call = {
		.uri = ask->uri->text, .timeout_ms = job->ocsp->try_ms,
		.max = job->ocsp->response_max,
	};
	int err = ask->again ? rewind_socket(job->fd) : 0;

	/* libcurl closes what it is given. */
	call.fd = err ? -1 : fcntl(job->fd, F_DUPFD_CLOEXEC, 3);
	if (call.fd < 0) {
		snprintf(reply->why, sizeof(reply->why), "the socket can't be used again: %s",
			 strerror(err ? -err : errno));
		return "ocsp.socket";
	}
	return http_post(&call, ask->body, ask->len, &reply->data, &reply->len, reply->why,
			 sizeof(reply->why));
}

static void exchange(const struct job_pki *job, struct ocsp_ask *ask, struct pki_result *out,
		     int64_t *produced)
{
	struct ocsp_reply reply = { 0 };
	struct pki_ocsp_policy policy;
	size_t nonce_len = job->ocsp->nonce == PKI_NONCE_NONE ? 0 : job->ocsp->nonce_length;
	uint8_t nonce[PKI_NONCE_MAX], *body = NULL;
	const char *rule;

	memcpy(nonce, job->nonce, sizeof(nonce));
	nonce[0] ^= (uint8_t)ask->again;
	if (pki_ocsp_request(ask->cert, ask->issuer, nonce, nonce_len, &body, &ask->len)) {
		job_unknown(out, "ocsp.request", "no OCSP request can be made for this "
			    "certificate: look at the peer's certificate");
		return;
	}
	ask->body = body;
	rule = job->mode == CONFIG_OCSP_DIRECT ? direct_post(job, ask, &reply) :
						 post_intunnel(job, ask, &reply);
	if (rule) {
		job_unknown(out, rule, reply.why);
	} else {
		struct pki_der answer = { .data = reply.data, .len = reply.len };

		ocsp_policy(job, &policy);
		pki_ocsp_evaluate(ask->cert, ask->issuer, job->signers->cert, job->signers->n,
				  answer, nonce_len ? nonce : NULL, nonce_len, &policy,
				  job_now(job), out);
		if (out->verdict == PKI_GOOD && policy.nonce_required)
			*produced = produced_at(answer);
		job_saw(job, ask->again, out, policy.nonce_required);
	}
	free(body);
	free(reply.data);
}

const struct config_uri *job_source(const struct job_pki *job, size_t at)
{
	static const struct config_uri pointed;
	const struct config_ocsp *o = job->ocsp;
	bool direct = job->mode == CONFIG_OCSP_DIRECT;
	const struct config_uri *leaf = direct ? &o->direct_uri : &o->uri;
	const struct config_uri *ca = direct ? &o->direct_ca_uri : &o->ca_uri;

	if (!at)
		return leaf;
	if (*ca->text)
		return ca;
	if (direct && o->aia == CONFIG_AIA_ALLOW)
		return &pointed;
	/* Whoever says that all must be good has one responder for all. */
	return o->scope == CONFIG_SCOPE_CHAIN ? leaf : NULL;
}

void job_ocsp(const struct job_pki *job, const struct pki_path *path, struct pki_result *out,
	      int64_t *produced)
{
	int64_t end = now_ms() + job->ocsp->direct_try_ms, ignored;

	for (size_t at = 0; at < path->n; at++) {
		struct ocsp_ask ask = {
			.cert = job_cert(job, path, at), .issuer = job_cert(job, path, at + 1),
			.uri = job_source(job, at), .end_ms = end, .again = (unsigned int)at,
		};
		struct pki_result one = { 0 };

		if (!ask.uri)
			continue;
		exchange(job, &ask, at ? &one : out, at ? &ignored : produced);
		if (at)
			job_fold(job, path, at, &one, out);
		if (out->verdict != PKI_GOOD)
			return;
	}
}
