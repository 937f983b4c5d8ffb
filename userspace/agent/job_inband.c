// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * OCSP responses that the peer sent in IKE (RFC 4806). They have no nonce, so what
 * they prove is bounded by their age and by how far our clock can be trusted.
 */
#include "agent/worker.h"
#include "pki/profile.h"

#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>

static void policy_of(const struct job_pki *job, struct pki_ocsp_policy *policy)
{
	pki_ocsp_policy_inband(policy);
	policy->clock_unsynced = !job->synced;
	pki_ocsp_policy_profile(policy, job->policy.profile);
	policy->skew_s = job->ocsp->skew_ms / 1000;
	policy->age_max_s = job->ocsp->age_max_ms / 1000;
	/* Beside a mode that shows how fresh it is, that one decides; alone, this is all. */
	if (!config_shows_freshness(job->ocsp) &&
	    job->ocsp->inband_age_max_ms < job->ocsp->age_max_ms)
		policy->age_max_s = job->ocsp->inband_age_max_ms / 1000;
	policy->age_no_next_s = job->ocsp->age_no_next_ms / 1000;
	policy->response_max = job->ocsp->inband_max;
}

static void evaluate(const struct job_pki *job, struct pki_der cert, struct pki_der issuer,
		     struct pki_der response, struct pki_result *r)
{
	struct pki_ocsp_policy policy;

	policy_of(job, &policy);
	pki_ocsp_evaluate(cert, issuer, job->signers->cert, job->signers->n, response, NULL, 0,
			  &policy, job_now(job), r);
}

/* Whether @basic has an entry about @cert, as issued by @issuer. */
static bool has_entry(OCSP_BASICRESP *basic, X509 *cert, X509 *issuer)
{
	bool found = false;

	for (int i = 0; !found && i < OCSP_resp_count(basic); i++) {
		OCSP_CERTID *id = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(OCSP_resp_get0(basic, i));
		ASN1_OBJECT *md = NULL;
		OCSP_CERTID *ours;

		OCSP_id_get0_info(NULL, &md, NULL, NULL, id);
		ours = OCSP_cert_to_id(EVP_get_digestbyobj(md), cert, issuer);
		found = ours && !OCSP_id_cmp(ours, id);
		OCSP_CERTID_free(ours);
	}
	return found;
}

static X509 *parse(struct pki_der der)
{
	const unsigned char *p = der.data;

	return d2i_X509(NULL, &p, (long)der.len);
}

/*
 * HNB-OCSP-15: is the response about another certificate only? One that can't be
 * read is not: it came in place of ours.
 */
static bool about_another(struct pki_der cert, struct pki_der issuer, struct pki_der response)
{
	const unsigned char *p = response.data;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)response.len);
	OCSP_BASICRESP *basic = r ? OCSP_response_get1_basic(r) : NULL;
	X509 *c = parse(cert), *i = parse(issuer);
	bool another = basic && c && i && OCSP_resp_count(basic) > 0 && !has_entry(basic, c, i);

	X509_free(c);
	X509_free(i);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(r);
	ERR_clear_error();
	return another;
}

static void nothing(const struct job_pki *job, struct pki_result *result)
{
	memset(result, 0, sizeof(*result));
	result->verdict = PKI_INDETERMINATE;
	snprintf(result->rule, sizeof(result->rule), job->cut ? "ocsp.inband.size" :
		 "ocsp.inband.absent");
	snprintf(result->detail, sizeof(result->detail), job->cut ?
		 "the peer sent an OCSP response in IKE that is too long, or too many of them: "
		 "at most 4 of 16 KiB (look at the peer)" :
		 "the peer sent no OCSP response for its certificate in IKE "
		 "(have it reply, or allow another [ocsp] mode)");
}

/*
 * What was sent about the certificate at @at: revoked before good before anything else.
 * False when nothing was.
 */
static bool about(const struct job_pki *job, const struct pki_path *path, size_t at,
		  struct pki_result *out)
{
	struct pki_der cert = job_cert(job, path, at), issuer = job_cert(job, path, at + 1);
	bool good = false, any = false;

	for (size_t i = 0; i < job->nocsps; i++) {
		struct pki_result r;

		if (about_another(cert, issuer, job->ocsps[i]))
			continue;
		evaluate(job, cert, issuer, job->ocsps[i], &r);
		any = true;
		job_saw(job, at, &r, false);
		if (r.verdict == PKI_BAD || !good)
			*out = r;
		if (r.verdict == PKI_BAD)
			break;
		good = good || r.verdict == PKI_GOOD;
	}
	return any;
}

/*
 * HNB-OCSP-11: of a CA a response counts when it revokes, and one has to be there and
 * good when the whole chain must. The leaf's own status is in @result.
 */
static void look_above(const struct job_pki *job, const struct pki_path *path,
		       struct pki_result *result, bool *absent)
{
	enum pki_verdict leaf = result->verdict;

	for (size_t at = 1; at < path->n; at++) {
		struct pki_result one;
		bool there = about(job, path, at, &one);

		if (!there)
			nothing(job, &one);
		if (one.verdict != PKI_BAD && leaf != PKI_GOOD)
			continue;
		job_fold(job, path, at, &one, result);
		if (result->verdict != PKI_GOOD)
			*absent = !there && !job->cut;
		if (result->verdict != PKI_GOOD)
			return;
	}
}

void job_inband(const struct job_pki *job, const struct pki_path *path,
		struct pki_result *result, bool *absent)
{
	nothing(job, result);
	*absent = !about(job, path, 0, result) && !job->cut;
	if (result->verdict != PKI_BAD)
		look_above(job, path, result, absent);
	/* Whatever it is about, it is handed in as the leaf's. */
	EVP_Digest(job_cert(job, path, 0).data, job_cert(job, path, 0).len, result->cert_digest,
		   NULL, EVP_sha256(), NULL);
}
