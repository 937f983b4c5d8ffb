// SPDX-License-Identifier: GPL-2.0-or-later
/* The single responses that are about our certificate, and the nonce. */
#include <string.h>
#include "pki/internal.h"

/*
 * CertIDs are recomputed with the hash each entry uses. Only the SHA family: with
 * a broken hash an entry about another issuer could be made to look like ours.
 */
static const EVP_MD *certid_digest(const OCSP_CERTID *id)
{
	ASN1_OBJECT *oid = NULL;

	OCSP_id_get0_info(NULL, &oid, NULL, NULL, (OCSP_CERTID *)id);
	switch (OBJ_obj2nid(oid)) {
	case NID_sha1:
		return EVP_sha1();
	case NID_sha256:
		return EVP_sha256();
	case NID_sha384:
		return EVP_sha384();
	case NID_sha512:
		return EVP_sha512();
	}
	return NULL;
}

static bool is_ours(const struct pki_ocsp *o, OCSP_SINGLERESP *single)
{
	const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(single);
	const EVP_MD *md = certid_digest(id);
	OCSP_CERTID *own;
	bool same;

	if (!md)
		return false;
	own = OCSP_cert_to_id(md, o->leaf, o->issuer);
	same = own && OCSP_id_cmp(own, id) == 0;
	OCSP_CERTID_free(own);
	return same;
}

static void set_revoked(int reason, const ASN1_GENERALIZEDTIME *since, struct pki_result *result)
{
	char text[PKI_TIME_TEXT] = "an unreadable time";
	int64_t t;

	if (!pki_time(since, &t))
		pki_time_text(t, text);
	pki_set(result, PKI_BAD, "ocsp.revoked",
		"the certificate was revoked at %s, reason %s (the peer needs a new certificate)",
		text, reason == OCSP_REVOKED_STATUS_NOSTATUS ? "not given" :
		OCSP_crl_reason_str(reason));
}

int pki_ocsp_status(const struct pki_ocsp *o, struct pki_result *result)
{
	int i, n = OCSP_resp_count(o->basic), worst = -1;

	for (i = 0; i < n; i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(o->basic, i);
		ASN1_GENERALIZEDTIME *since = NULL;
		int status, reason = OCSP_REVOKED_STATUS_NOSTATUS;

		if (!is_ours(o, single))
			continue;
		status = OCSP_single_get0_status(single, &reason, &since, NULL, NULL);
		if (status == V_OCSP_CERTSTATUS_REVOKED) {
			set_revoked(reason, since, result);
			return status;
		}
		if (status != V_OCSP_CERTSTATUS_GOOD || worst < 0)
			worst = status == V_OCSP_CERTSTATUS_GOOD ? status :
				V_OCSP_CERTSTATUS_UNKNOWN;
	}
	if (worst < 0)
		pki_set(result, PKI_INDETERMINATE, "ocsp.certid",
			"none of the %d entries is about this certificate (check the responder's issuer)",
			n);
	else if (worst == V_OCSP_CERTSTATUS_UNKNOWN)
		pki_set(result, PKI_INDETERMINATE, "ocsp.unknown",
			"the responder does not know the certificate (check the responder's database)");
	return worst;
}

static bool critical_free(OCSP_SINGLERESP *single, struct pki_result *result)
{
	char oid[64];
	int i;

	for (i = 0; i < OCSP_SINGLERESP_get_ext_count(single); i++) {
		X509_EXTENSION *ext = OCSP_SINGLERESP_get_ext(single, i);

		if (!X509_EXTENSION_get_critical(ext))
			continue;
		OBJ_obj2txt(oid, sizeof(oid), X509_EXTENSION_get_object(ext), 1);
		pki_set(result, PKI_INDETERMINATE, "ocsp.single.extension",
			"critical extension %s of the entry is unknown (check the responder)", oid);
		return false;
	}
	return true;
}

static bool refuse_time(const char *rule, const char *what, int64_t t, const struct pki_ocsp *o,
			const char *remedy, struct pki_result *result)
{
	char text[PKI_TIME_TEXT], clock[PKI_TIME_TEXT];

	pki_set(result, PKI_INDETERMINATE, rule, "%s is %s, the clock says %s (%s)", what,
		pki_time_text(t, text), pki_time_text(o->now, clock), remedy);
	return false;
}

/*
 * When the entry stops being true. Without nextUpdate newer information is always
 * available (RFC 6960 4.2.2.1), so thisUpdate must be recent. Without our nonce
 * the entry may be a replay, and its age counts from thisUpdate.
 */
static int64_t entry_end(const struct pki_ocsp *o, int64_t from, bool has_next, int64_t next)
{
	int64_t end = has_next ? next : from + o->policy->age_no_next_s;

	if (!o->nonce_matched && from + o->policy->age_max_s < end)
		end = from + o->policy->age_max_s;
	return end;
}

static bool entry_fresh(struct pki_ocsp *o, OCSP_SINGLERESP *single, struct pki_result *result)
{
	ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;
	int64_t from, next = 0, end, produced;

	OCSP_single_get0_status(single, NULL, NULL, &this_update, &next_update);
	if (pki_time(this_update, &from) || (next_update && pki_time(next_update, &next)) ||
	    pki_time(OCSP_resp_get0_produced_at(o->basic), &produced)) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.time.encoding",
			"a time of the entry does not parse (check the responder)");
		return false;
	}
	if (from > o->now + o->policy->skew_s)
		return refuse_time("ocsp.thisupdate.future", "thisUpdate", from, o,
				   "set the clock here or there", result);
	if (from > produced + o->policy->skew_s)
		return refuse_time("ocsp.producedat.order", "thisUpdate, after producedAt,", from, o,
				   "check the responder", result);
	if (next_update && next < from)
		return refuse_time("ocsp.nextupdate.order", "nextUpdate, before thisUpdate,", next,
				   o, "check the responder", result);
	if (next_update && next <= o->now)
		return refuse_time("ocsp.nextupdate.past", "nextUpdate", next, o,
				   "the responder is stale, or set the clock", result);
	end = entry_end(o, from, next_update, next);
	if (end <= o->now)
		return refuse_time("ocsp.thisupdate.old", "thisUpdate", from, o,
				   "the responder is stale, or set the clock", result);
	if (end < o->expires)
		o->expires = end;
	return true;
}

bool pki_ocsp_entries_fresh(struct pki_ocsp *o, struct pki_result *result)
{
	int i, n = OCSP_resp_count(o->basic);

	/* Each entry of ours: the freshness of one must not carry another. */
	for (i = 0; i < n; i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(o->basic, i);

		if (is_ours(o, single) &&
		    (!critical_free(single, result) || !entry_fresh(o, single, result)))
			return false;
	}
	return true;
}

/* RFC 9654 2.1: the value is the DER of an OCTET STRING. */
static bool nonce_equals(X509_EXTENSION *ext, const uint8_t *nonce, size_t len)
{
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(ext);
	const uint8_t *data = ASN1_STRING_get0_data(value);

	return len && len < 0x80 && (size_t)ASN1_STRING_length(value) == len + 2 &&
	       data[0] == V_ASN1_OCTET_STRING && data[1] == len && !memcmp(data + 2, nonce, len);
}

bool pki_ocsp_nonce(struct pki_ocsp *o, struct pki_result *result)
{
	int at = OCSP_BASICRESP_get_ext_by_NID(o->basic, NID_id_pkix_OCSP_Nonce, -1);

	if (o->nonce && at >= 0) {
		if (OCSP_BASICRESP_get_ext_by_NID(o->basic, NID_id_pkix_OCSP_Nonce, at) >= 0 ||
		    !nonce_equals(OCSP_BASICRESP_get_ext(o->basic, at), o->nonce, o->nonce_len)) {
			pki_set(result, PKI_INDETERMINATE, "ocsp.nonce.mismatch",
				"the nonce is not the one sent: a replay, or a cache between (check what is on the way)");
			return false;
		}
		o->nonce_matched = true;
		return true;
	}
	if (!o->policy->nonce_required)
		return true;
	if (o->nonce)
		pki_set(result, PKI_INDETERMINATE, "ocsp.nonce.absent",
			"the response has no nonce, %zu octets were sent (let the responder copy nonces)",
			o->nonce_len);
	else
		pki_set(result, PKI_INDETERMINATE, "ocsp.nonce.unsent",
			"a nonce is required and none was sent (send one)");
	return false;
}
