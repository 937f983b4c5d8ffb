// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an OCSP response proves: RFC 6960 3.2 and the rules of TS 33.320 7.2.3.
 *
 * Good needs every rule. Revoked needs only that somebody whom the issuer gave
 * the right to say it has said it of this certificate: an old answer, one
 * without our nonce, or one by a responder whose own status isn't proven, still
 * closes, since closing needs no proof.
 */
#include <string.h>
#include <openssl/err.h>
#include "pki/internal.h"

void pki_ocsp_policy_default(struct pki_ocsp_policy *policy)
{
	*policy = (struct pki_ocsp_policy) {
		.nonce_required = true,
		.sha1 = { .mode = PKI_SHA1_ALLOW },
		.skew_s = 300,
		.age_max_s = 24 * INT64_C(3600),
		.age_no_next_s = 300,
		.age_no_nonce_s = 3600,
		.response_max = PKI_OCSP_MAX,
	};
}

void pki_ocsp_policy_inband(struct pki_ocsp_policy *policy)
{
	pki_ocsp_policy_default(policy);
	policy->nonce_required = false;
	policy->response_max = 16384;
}

/* Response extensions, and producedAt, which is judged against our clock. */
static bool check_response(const struct pki_ocsp *o, struct pki_result *result)
{
	char made[PKI_TIME_TEXT], clock[PKI_TIME_TEXT], oid[64];
	int i;

	for (i = 0; i < OCSP_BASICRESP_get_ext_count(o->basic); i++) {
		X509_EXTENSION *ext = OCSP_BASICRESP_get_ext(o->basic, i);
		ASN1_OBJECT *obj = X509_EXTENSION_get_object(ext);

		if (!X509_EXTENSION_get_critical(ext) || OBJ_obj2nid(obj) == NID_id_pkix_OCSP_Nonce)
			continue;
		OBJ_obj2txt(oid, sizeof(oid), obj, 1);
		pki_set(result, PKI_INDETERMINATE, "ocsp.extension",
			"critical response extension %s is unknown (check the responder)", oid);
		return false;
	}
	if (o->produced > o->now + o->policy->skew_s) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.producedat.future",
			"produced at %s, the clock says %s (set the clock here or there)",
			pki_time_text(o->produced, made), pki_time_text(o->now, clock));
		return false;
	}
	return true;
}

/* Leaf and issuer are valid now, and bound how long the answer is worth anything. */
static bool check_validity(struct pki_ocsp *o, struct pki_result *result)
{
	const struct pki_ocsp_cert *certs[] = { &o->subject->leaf, &o->subject->issuer };
	static const char * const what[] = { "certificate", "issuer" };
	int i;

	for (i = 0; i < 2; i++) {
		if (!pki_ocsp_valid(o, certs[i], what[i], result))
			return false;
		if (certs[i]->to < o->expires)
			o->expires = certs[i]->to;
	}
	return true;
}

static void set_good(const struct pki_ocsp *o, struct pki_result *result)
{
	char until[PKI_TIME_TEXT];

	pki_set(result, PKI_GOOD, "ocsp.good", "not revoked, good until %s%s%s%s",
		pki_time_text(o->expires, until), o->nonce_matched ? "" : ", without a nonce",
		o->sha1 ? ", signed over SHA-1 (let the responder use SHA-256)" : "",
		o->policy->clock_unsynced && !o->nonce_matched ?
		", provisional as the clock is not set (ask again with a nonce)" : "");
	result->expires = o->expires;
	result->sha1 = o->sha1;
	/* FFS-16: times prove nothing to a clock that may be anything; our nonce does. */
	result->provisional = o->policy->clock_unsynced && !o->nonce_matched;
}

static void evaluate(struct pki_ocsp *o, struct pki_result *result)
{
	struct pki_result why = *result;
	enum pki_signer signer;
	char until[PKI_TIME_TEXT];

	if (pki_time(OCSP_resp_get0_produced_at(o->basic), &o->produced))
		o->produced = PKI_NO_TIME;
	signer = pki_ocsp_signer(o, &why);
	if (signer == PKI_SIGNER_NONE) {
		*result = why;
		return;
	}
	if (pki_ocsp_status(o, result) != V_OCSP_CERTSTATUS_GOOD)
		return;
	if (signer != PKI_SIGNER_FULL) {
		*result = why;
		return;
	}
	if (!check_validity(o, result) || !check_response(o, result) ||
	    !pki_ocsp_nonce(o, result) || !pki_ocsp_entries_fresh(o, result))
		return;
	if (o->expires <= o->now)
		pki_set(result, PKI_INDETERMINATE, "ocsp.expired",
			"the answer stopped being true at %s (ask again)",
			pki_time_text(o->expires, until));
	else
		set_good(o, result);
}

void pki_ocsp_judge(struct pki_ocsp_subject *subject, struct pki_der response,
		    const uint8_t *nonce, size_t nonce_len,
		    const struct pki_ocsp_policy *policy, time_t now,
		    struct pki_result *result)
{
	struct pki_ocsp o = {
		.subject = subject,
		.policy = policy,
		.nonce = nonce,
		.nonce_len = nonce_len,
		.now = now,
		.expires = (int64_t)now + policy->age_max_s,
	};

	*result = subject->problem;
	memcpy(result->cert_digest, subject->leaf_digest, PKI_DIGEST_LEN);
	pki_sha256(response.data, response.len, result->proof_digest);
	if (result->rule[0])
		return;
	pki_set(result, PKI_INDETERMINATE, "memory", "out of memory (free some)");
	if (pki_ocsp_parse(&o, response, result))
		evaluate(&o, result);
	OCSP_BASICRESP_free(o.basic);
	ERR_clear_error();
}

void pki_ocsp_evaluate(struct pki_der leaf, struct pki_der issuer,
		       const struct pki_der *signers, size_t nsigners,
		       struct pki_der response, const uint8_t *nonce, size_t nonce_len,
		       const struct pki_ocsp_policy *policy, time_t now,
		       struct pki_result *result)
{
	struct pki_ocsp_subject *subject = pki_ocsp_subject_new(leaf, issuer, signers, nsigners);

	if (subject) {
		pki_ocsp_judge(subject, response, nonce, nonce_len, policy, now, result);
	} else {
		memset(result, 0, sizeof(*result));
		pki_set(result, PKI_INDETERMINATE, "memory", "out of memory (free some)");
	}
	pki_ocsp_subject_free(subject);
}
