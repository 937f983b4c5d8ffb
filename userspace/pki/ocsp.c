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
		.skew_s = 300,
		.age_max_s = 24 * INT64_C(3600),
		.age_no_next_s = 300,
		.response_max = 65536,
	};
}

static void set_status(long status, struct pki_result *result)
{
	pki_set(result, PKI_INDETERMINATE, "ocsp.status",
		"the responder answered '%s' (%ld), which says nothing of the certificate (check the responder)",
		OCSP_response_status_str(status), status);
}

/*
 * The response must be the only encoding of what was parsed. OpenSSL checks the
 * signature over its own encoding, and lets bytes pass behind either structure.
 */
static bool is_der(const OCSP_BASICRESP *basic, struct pki_der response)
{
	OCSP_RESPONSE *again;
	uint8_t *der = NULL;
	bool same;
	int len;

	again = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, (OCSP_BASICRESP *)basic);
	len = i2d_OCSP_RESPONSE(again, &der);
	same = again && len > 0 && (size_t)len == response.len &&
	       !memcmp(der, response.data, response.len);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(again);
	return same;
}

static OCSP_BASICRESP *basic_of(OCSP_RESPONSE *parsed, struct pki_der response,
				struct pki_result *result)
{
	OCSP_BASICRESP *basic;

	if (OCSP_response_status(parsed) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
		set_status(OCSP_response_status(parsed), result);
		return NULL;
	}
	basic = OCSP_response_get1_basic(parsed);
	if (!basic) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.type",
			"the response is not of the basic type (check the responder)");
		return NULL;
	}
	if (!is_der(basic, response)) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.encoding",
			"the response is not DER, or has bytes behind it (check the responder)");
		OCSP_BASICRESP_free(basic);
		return NULL;
	}
	return basic;
}

static OCSP_BASICRESP *parse_response(struct pki_der response, const struct pki_ocsp_policy *policy,
				      struct pki_result *result)
{
	const uint8_t *p = response.data;
	OCSP_RESPONSE *parsed;
	OCSP_BASICRESP *basic = NULL;

	if (!response.data || !response.len) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.empty",
			"the response is empty (check the responder)");
		return NULL;
	}
	if (response.len > policy->response_max || response.len > INT32_MAX) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.size",
			"the response has %zu octets, at most %zu are read (check the responder)",
			response.len, policy->response_max);
		return NULL;
	}
	parsed = d2i_OCSP_RESPONSE(NULL, &p, (long)response.len);
	if (!parsed || p != response.data + response.len)
		pki_set(result, PKI_INDETERMINATE, "ocsp.encoding",
			"the %zu octets are not one OCSP response (check the responder and its URL)",
			response.len);
	else
		basic = basic_of(parsed, response, result);
	OCSP_RESPONSE_free(parsed);
	return basic;
}

/* The caller has checked the path; that both belong together is cheap to repeat. */
static bool check_pair(struct pki_ocsp *o, struct pki_result *result)
{
	if (!o->leaf || !o->issuer) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.certificate",
			"%s is not one DER certificate (check the file)",
			o->leaf ? "the issuer's certificate" : "the certificate");
		return false;
	}
	if (X509_check_issued(o->issuer, o->leaf) != X509_V_OK ||
	    X509_verify(o->leaf, X509_get0_pubkey(o->issuer)) != 1) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.issuer",
			"the certificate was not issued by the issuer given (give the right one)");
		return false;
	}
	return true;
}

/* Response extensions, and producedAt, which is judged against our clock. */
static bool check_response(const struct pki_ocsp *o, struct pki_result *result)
{
	char made[PKI_TIME_TEXT], clock[PKI_TIME_TEXT], oid[64];
	int64_t produced;
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
	if (pki_time(OCSP_resp_get0_produced_at(o->basic), &produced)) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.producedat.encoding",
			"producedAt does not parse (check the responder)");
		return false;
	}
	if (produced > o->now + o->policy->skew_s) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.producedat.future",
			"produced at %s, the clock says %s (set the clock here or there)",
			pki_time_text(produced, made), pki_time_text(o->now, clock));
		return false;
	}
	return true;
}

/* Leaf and issuer are valid now, and bound how long the answer is worth anything. */
static bool check_validity(struct pki_ocsp *o, struct pki_result *result)
{
	X509 *certs[] = { o->leaf, o->issuer };
	static const char * const what[] = { "certificate", "issuer" };
	int64_t to;
	int i;

	for (i = 0; i < 2; i++) {
		if (!pki_valid_at(certs[i], o->now, what[i], PKI_INDETERMINATE, result))
			return false;
		if (!pki_time(X509_get0_notAfter(certs[i]), &to) && to < o->expires)
			o->expires = to;
	}
	return true;
}

static void evaluate(struct pki_ocsp *o, struct pki_result *result)
{
	struct pki_result why = *result;
	enum pki_signer signer;
	char until[PKI_TIME_TEXT];
	int status;

	signer = pki_ocsp_signer(o, &why);
	if (signer == PKI_SIGNER_NONE) {
		*result = why;
		return;
	}
	status = pki_ocsp_status(o, result);
	if (status != V_OCSP_CERTSTATUS_GOOD)
		return;
	if (signer != PKI_SIGNER_FULL) {
		*result = why;
		return;
	}
	if (!check_validity(o, result) || !check_response(o, result) ||
	    !pki_ocsp_nonce(o, result) || !pki_ocsp_entries_fresh(o, result))
		return;
	if (o->expires <= o->now) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.expired",
			"the answer stopped being true at %s (ask again)",
			pki_time_text(o->expires, until));
		return;
	}
	pki_set(result, PKI_GOOD, "ocsp.good", "not revoked, good until %s%s%s",
		pki_time_text(o->expires, until), o->nonce_matched ? "" : ", without a nonce",
		pki_ocsp_sha1(o) ? ", signed over SHA-1 (let the responder use SHA-256)" : "");
	result->expires = o->expires;
}

void pki_ocsp_evaluate(struct pki_der leaf, struct pki_der issuer,
		       const struct pki_der *signers, size_t nsigners,
		       struct pki_der response, const uint8_t *nonce, size_t nonce_len,
		       const struct pki_ocsp_policy *policy, time_t now,
		       struct pki_result *result)
{
	struct pki_ocsp o = {
		.signers = signers,
		.nsigners = nsigners,
		.now = now,
		.policy = policy,
		.nonce = nonce,
		.nonce_len = nonce_len,
		.expires = (int64_t)now + policy->age_max_s,
	};

	memset(result, 0, sizeof(*result));
	pki_sha256(leaf.data, leaf.len, result->cert_digest);
	pki_sha256(response.data, response.len, result->proof_digest);
	pki_set(result, PKI_INDETERMINATE, "memory", "out of memory (free some)");

	o.leaf = pki_parse_cert(leaf);
	o.issuer = pki_parse_cert(issuer);
	if (check_pair(&o, result))
		o.basic = parse_response(response, policy, result);
	if (o.basic)
		evaluate(&o, result);
	OCSP_BASICRESP_free(o.basic);
	X509_free(o.leaf);
	X509_free(o.issuer);
	ERR_clear_error();
}
