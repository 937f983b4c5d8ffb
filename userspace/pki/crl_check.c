// SPDX-License-Identifier: GPL-2.0-or-later
/* What a verified list says, and for how long. */
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "pki/crl_index.h"
#include "pki/profile.h"

static const char *const reasons[] = {
	"unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded",
	"cessationOfOperation", "certificateHold", "7", "removeFromCRL", "privilegeWithdrawn",
	"aACompromise",
};

const char *pki_crl_reason_name(int reason)
{
	return reason >= 0 && reason <= CRL_REASON_MAX ? reasons[reason] : "removeFromCRL";
}

void pki_crl_info(const struct pki_crl *crl, struct pki_crl_info *info)
{
	memset(info, 0, sizeof(*info));
	memcpy(info->digest, crl->digest, sizeof(info->digest));
	memcpy(info->issuer_digest, crl->issuer_digest, sizeof(info->issuer_digest));
	info->this_update = crl->this_update;
	info->next_update = crl->next_update;
	info->entries = crl->n;
	info->memory = sizeof(*crl) + crl->n * crl->width;
	info->sha1 = crl->sha1 > 0;
	info->scoped = crl->scope.extension.data;
	if (info->scoped)
		pki_sha256(crl->scope.extension.data, crl->scope.extension.len,
			   info->scope_digest);
	info->number_len = crl->number_len;
	memcpy(info->number, crl->number, crl->number_len);
}

int pki_crl_number_cmp(const struct pki_crl_info *a, const struct pki_crl_info *b)
{
	size_t n = a->number_len, m = b->number_len;
	const uint8_t *p = a->number, *q = b->number;

	if (!n || !m)
		return (n > 0) - (m > 0);
	/* The octet that keeps a number from reading as a negative one. */
	for (; n > 1 && !*p; n--)
		p++;
	for (; m > 1 && !*q; m--)
		q++;
	return n != m ? (n > m) - (n < m) : memcmp(p, q, n);
}

static void at_time(const struct pki_crl *crl, const struct pki_crl_policy *policy, int64_t now,
		    struct pki_result *result)
{
	char limit[PKI_TIME_TEXT], clock[PKI_TIME_TEXT];

	if (!crl_is_complete(crl, result))
		return;
	pki_time_text(now, clock);
	if (now < crl->issuer_from || now > crl->issuer_to)
		pki_set(result, PKI_INDETERMINATE, "crl.issuer.time",
			"the issuer's certificate is not valid at %s (renew it, or set the clock)",
			clock);
	else if (crl->this_update > now + policy->skew_s)
		pki_set(result, PKI_INDETERMINATE, "crl.time.future",
			"the list is of %s, the clock says %s (set the clock, or wait)",
			pki_time_text(crl->this_update, limit), clock);
	else if (now > crl->next_update)
		pki_set(result, PKI_INDETERMINATE, "crl.time.stale",
			"the list ended at %s, the clock says %s (import the next one, or set the clock)",
			pki_time_text(crl->next_update, limit), clock);
	else if (crl->delta_published && policy->profile &&
		 policy->profile->crl[PKI_CRL_DELTA].level == PKI_ERROR)
		pki_set(result, PKI_INDETERMINATE, "crl.delta.published",
			"the CA revokes in delta lists between two such lists, and those are not read (have it issue complete lists only)");
	else
		pki_set(result, PKI_GOOD, "crl.good", "the list is good until %s",
			pki_time_text(crl->next_update, limit));
	if (result->verdict != PKI_GOOD)
		return;
	result->expires = crl->next_update < crl->issuer_to ? crl->next_update : crl->issuer_to;
	if (result->expires > now + policy->age_max_s)
		result->expires = now + policy->age_max_s;
	result->sha1 = crl->sha1;
}

static void start(const struct pki_crl *crl, struct pki_result *result)
{
	memset(result, 0, sizeof(*result));
	memcpy(result->proof_digest, crl->digest, sizeof(result->proof_digest));
}

void pki_crl_fresh(const struct pki_crl *crl, const struct pki_crl_policy *policy, time_t now,
		   struct pki_result *result)
{
	start(crl, result);
	at_time(crl, policy, now, result);
}

/* The first record of that serial number, NULL when there is none. */
static const uint8_t *find(const struct pki_crl *crl, const uint8_t *serial, size_t len)
{
	size_t key_len = crl->width - CRL_TAIL, low = 0, high = crl->n;
	uint8_t key[1 + PKI_SERIAL_MAX] = { (uint8_t)len };

	if (!len || len + 1 > key_len)
		return NULL;
	memcpy(key + 1, serial, len);
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(crl->records + mid * crl->width, key, key_len) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == crl->n || memcmp(crl->records + low * crl->width, key, key_len))
		return NULL;
	return crl->records + low * crl->width;
}

static void set_listed(const struct pki_crl *crl, const uint8_t *record, struct pki_result *result)
{
	const uint8_t *tail = record + crl->width - CRL_TAIL;
	char when[PKI_TIME_TEXT];
	uint32_t seconds;

	memcpy(&seconds, tail + 1, sizeof(seconds));
	pki_time_text(seconds, when);
	/* Only a delta can take something off a list (RFC 5280 5.3.1). */
	if (tail[0] == 0xff)
		pki_set(result, PKI_INDETERMINATE, "crl.entry.remove",
			"listed as removeFromCRL at %s, which a complete list can't say (have the CA issue it anew)",
			when);
	else
		pki_set(result, PKI_BAD, "crl.revoked", "%s at %s for %s (%s)",
			tail[0] == CRL_HOLD ? "put on hold" : "revoked", when,
			pki_crl_reason_name(tail[0]), tail[0] == CRL_HOLD ?
			"refuse the peer until a later list leaves it out" : "refuse the peer");
}

/* The list is not about @cert, so that not being on it says nothing. */
static bool leaves_out(const struct pki_crl *crl, X509 *cert, struct pki_result *result)
{
	const char *why = NULL;

	if (cert)
		why = crl_scope_leaves_out(&crl->scope, crl->issuer, cert);
	else if (crl->scope.extension.data)
		why = "is of some certificates only, and there is none to see whether of this one";
	if (why)
		pki_set(result, PKI_INDETERMINATE, "crl.partitioned",
			"the list %s (give the list of the certificate's own distribution point)",
			why);
	return why;
}

/* @cert NULL: it is not at hand. */
static void look_up(const struct pki_crl *crl, struct pki_der serial, X509 *cert,
		    const struct pki_crl_policy *policy, int64_t now, struct pki_result *result)
{
	const uint8_t *record;

	if (!serial.len || serial.len > PKI_SERIAL_MAX) {
		pki_set(result, PKI_INDETERMINATE, "crl.cert.serial",
			"a serial number of %zu octets, from 1 to %u are taken (issue the certificate anew)",
			serial.len, PKI_SERIAL_MAX);
		return;
	}
	record = find(crl, serial.data, serial.len);
	/* Revoked passes neither with the list that says so nor with what it leaves out. */
	if (record)
		set_listed(crl, record, result);
	else if (!leaves_out(crl, cert, result))
		at_time(crl, policy, now, result);
	if (result->verdict == PKI_GOOD)
		pki_set(result, PKI_GOOD, "crl.good", "not among the %zu entries of the list",
			crl->n);
}

void pki_crl_check_serial(const struct pki_crl *crl, const uint8_t *serial, size_t len,
			  const struct pki_crl_policy *policy, time_t now,
			  struct pki_result *result)
{
	start(crl, result);
	look_up(crl, (struct pki_der){ serial, len }, NULL, policy, now, result);
}

/* By name, and by key where both say which; its signature is looked at after that. */
static bool same_issuer(const struct pki_crl *crl, const X509 *cert)
{
	const ASN1_OCTET_STRING *aki = X509_get0_authority_key_id((X509 *)cert);

	if (X509_NAME_cmp(X509_get_issuer_name(cert), crl->issuer))
		return false;
	return !aki || !crl->key_id_len ||
	       ((size_t)ASN1_STRING_length(aki) == crl->key_id_len &&
		!memcmp(ASN1_STRING_get0_data(aki), crl->key_id, crl->key_id_len));
}

/* The content octets of the serial number as they are in the certificate. */
static struct pki_der serial_of(struct pki_der der)
{
	struct pki_tlv cert, tbs, t;

	if (!pki_der_take(&der, DER_SEQUENCE, &cert) ||
	    !pki_der_take(&cert.value, DER_SEQUENCE, &tbs))
		return (struct pki_der){ 0 };
	pki_der_take(&tbs.value, 0xa0, &t);
	if (!pki_der_take(&tbs.value, DER_INTEGER, &t))
		return (struct pki_der){ 0 };
	return t.value;
}

void pki_crl_check(const struct pki_crl *crl, struct pki_der der,
		   const struct pki_crl_policy *policy, time_t now, struct pki_result *result)
{
	X509 *cert = pki_parse_cert(der);
	char subject[PKI_NAME_TEXT];

	start(crl, result);
	if (!cert) {
		pki_set(result, PKI_INDETERMINATE, "crl.cert.encoding",
			"the certificate is not one DER certificate (issue it anew)");
	} else if (!same_issuer(crl, cert) || X509_verify(cert, crl->key) != 1) {
		pki_set(result, PKI_INDETERMINATE, "crl.cert.issuer",
			"%s is not by the issuer of the list (give the list of its issuer)",
			pki_subject_text(cert, subject));
	} else {
		look_up(crl, serial_of(der), cert, policy, now, result);
	}
	pki_sha256(der.data, der.len, result->cert_digest);
	X509_free(cert);
	ERR_clear_error();
}
