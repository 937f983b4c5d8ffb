// SPDX-License-Identifier: GPL-2.0-or-later
/* The single responses that are about our certificate. */
#include <stdio.h>
#include "pki/internal.h"

/*
 * CertIDs are recomputed with the hash each entry uses. Only the SHA family: with
 * a broken hash an entry about another issuer could be made to look like ours.
 * NULL: another hash, or no memory.
 */
static const OCSP_CERTID *own_id(struct pki_ocsp_subject *s, int digest)
{
	static const int digests[PKI_OCSP_DIGESTS] = {
		NID_sha1, NID_sha256, NID_sha384, NID_sha512,
	};
	int i;

	for (i = 0; i < PKI_OCSP_DIGESTS; i++) {
		if (digests[i] != digest)
			continue;
		if (!s->ids[i])
			s->ids[i] = OCSP_cert_to_id(EVP_get_digestbynid(digest),
						    s->leaf.cert, s->issuer.cert);
		return s->ids[i];
	}
	return NULL;
}

static bool is_ours(const struct pki_ocsp *o, OCSP_SINGLERESP *single)
{
	const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(single), *own;
	ASN1_OBJECT *oid = NULL;

	OCSP_id_get0_info(NULL, &oid, NULL, NULL, (OCSP_CERTID *)id);
	own = own_id(o->subject, OBJ_obj2nid(oid));
	return own && OCSP_id_cmp(own, id) == 0;
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

struct entry {
	int64_t from, next;
	bool has_next;
};

static bool entry_times(OCSP_SINGLERESP *single, struct entry *e, struct pki_result *result)
{
	ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;

	OCSP_single_get0_status(single, NULL, NULL, &this_update, &next_update);
	e->has_next = next_update;
	if (!pki_time(this_update, &e->from) && (!next_update || !pki_time(next_update, &e->next)))
		return true;
	pki_set(result, PKI_INDETERMINATE, "ocsp.time.encoding",
		"a time of the entry does not parse (check the responder)");
	return false;
}

/*
 * How long the entry is worth anything. Without nextUpdate newer information is
 * always available (RFC 6960 4.2.2.1), so thisUpdate must be recent. Where the
 * nonce that was sent didn't come back the answer was signed before we asked.
 */
static bool entry_age(struct pki_ocsp *o, const struct entry *e, struct pki_result *result)
{
	const struct {
		bool applies;
		int64_t seconds;
		const char *rule, *what, *setting;
	} limits[] = {
		{ o->nonce && !o->nonce_matched, o->policy->age_no_nonce_s,
		  "ocsp.nonce.old", "without our nonce, thisUpdate",
		  "as nonce = preferred allows; say nonce = none for answers signed in advance" },
		{ !e->has_next, o->policy->age_no_next_s,
		  "ocsp.nextupdate.absent", "without nextUpdate, thisUpdate",
		  "which is [ocsp] age_no_next; let the responder say nextUpdate, or set it" },
		{ true, o->policy->age_max_s, "ocsp.thisupdate.old", "thisUpdate",
		  "which is [ocsp] age_max; ask a fresher responder, set the clock, or raise it" },
	};
	char remedy[128];
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		int64_t end = e->from + limits[i].seconds;

		if (!limits[i].applies)
			continue;
		if (end <= o->now) {
			snprintf(remedy, sizeof(remedy), "older than %lld s, %s",
				 (long long)limits[i].seconds, limits[i].setting);
			return refuse_time(limits[i].rule, limits[i].what, e->from, o, remedy,
					   result);
		}
		if (end < o->expires)
			o->expires = end;
	}
	return true;
}

static bool entry_fresh(struct pki_ocsp *o, OCSP_SINGLERESP *single, struct pki_result *result)
{
	struct entry e = { 0 };

	if (!entry_times(single, &e, result))
		return false;
	if (e.from > o->now + o->policy->skew_s)
		return refuse_time("ocsp.thisupdate.future", "thisUpdate", e.from, o,
				   "set the clock here or there", result);
	if (e.from > o->produced + o->policy->skew_s)
		return refuse_time("ocsp.producedat.order", "thisUpdate, after producedAt,",
				   e.from, o, "check the responder", result);
	if (e.has_next && e.next < e.from)
		return refuse_time("ocsp.nextupdate.order", "nextUpdate, before thisUpdate,",
				   e.next, o, "check the responder", result);
	if (e.has_next && e.next <= o->now)
		return refuse_time("ocsp.nextupdate.past", "nextUpdate", e.next, o,
				   "the responder is stale, or set the clock", result);
	if (e.has_next && e.next < o->expires)
		o->expires = e.next;
	return entry_age(o, &e, result);
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
