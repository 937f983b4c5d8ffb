// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A list that is authentic, as an index of serial numbers: one array of records of
 * one width, sorted. A lookup is a binary search; a million entries of 16 octets
 * take 22 MB.
 */
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "pki/crl_index.h"
#include "pki/profile_rules.h"

#define DAY	86400

void pki_crl_policy_default(struct pki_crl_policy *policy, const struct pki_profile *profile)
{
	*policy = (struct pki_crl_policy){
		.profile = profile,
		.skew_s = 300,
		.age_max_s = DAY,
		.size_max = 256u << 20,
	};
}

void pki_crl_free(struct pki_crl *crl)
{
	if (!crl)
		return;
	X509_NAME_free(crl->issuer);
	EVP_PKEY_free(crl->key);
	if (!crl->borrowed)
		free(crl->records);
	free((void *)crl->scope.extension.data);
	free(crl);
}

/* Same serial numbers next to each other; of them, what revokes first. */
static int compare(const void *a, const void *b, void *arg)
{
	const struct pki_crl *crl = arg;

	return memcmp(a, b, crl->width);
}

static void put_record(struct pki_crl *crl, uint8_t *record, const struct crl_entry *e)
{
	uint32_t when = e->revoked_at < 0 ? 0 : e->revoked_at > UINT32_MAX ? UINT32_MAX :
			(uint32_t)e->revoked_at;
	uint8_t *tail = record + crl->width - CRL_TAIL;

	record[0] = (uint8_t)e->serial.len;
	memcpy(record + 1, e->serial.data, e->serial.len);
	memset(record + 1 + e->serial.len, 0, crl->width - CRL_TAIL - 1 - e->serial.len);
	/* Removal sorts behind every reason to revoke. */
	tail[0] = e->reason == CRL_REMOVE ? 0xff : (uint8_t)e->reason;
	memcpy(tail + 1, &when, sizeof(when));
}

/*
 * The next entry of the list's own issuer. Those of others, of which an indirect list has
 * some, are passed over (RFC 5280 5.3.3: a certificateIssuer counts until the next one).
 */
struct walk {
	const struct crl_parts *parts;
	struct pki_der entries;
	bool foreign, any_foreign;
};

static bool next_own_entry(struct walk *w, struct crl_entry *e, struct pki_result *result)
{
	while (crl_next_entry(&w->entries, w->parts->version, e, result)) {
		if (e->of.data)
			w->foreign = !crl_names_issuer(e->of, w->parts->issuer);
		if (!w->foreign)
			return true;
		w->any_foreign = true;
	}
	return false;
}

/* How many entries there are, and the longest serial number: everything is read once. */
static bool measure(struct pki_crl *crl, const struct crl_parts *parts, struct pki_result *result)
{
	struct walk w = { parts, parts->entries, false, false };
	struct crl_entry e;
	size_t longest = 1;

	while (next_own_entry(&w, &e, result)) {
		crl->n++;
		if (e.serial.len > longest)
			longest = e.serial.len;
	}
	crl->width = 1 + longest + CRL_TAIL;
	crl->foreign = w.any_foreign;
	return !w.entries.len;
}

static bool build_index(struct pki_crl *crl, const struct crl_parts *parts,
			struct pki_result *result)
{
	struct walk w = { parts, parts->entries, false, false };
	bool sorted = true;
	struct crl_entry e;
	uint8_t *at;

	if (!measure(crl, parts, result))
		return false;
	crl->records = malloc(crl->n ? crl->n * crl->width : 1);
	if (!crl->records) {
		pki_set(result, PKI_INDETERMINATE, "memory",
			"out of memory for %zu entries (free some)", crl->n);
		return false;
	}
	for (at = crl->records; next_own_entry(&w, &e, result); at += crl->width) {
		put_record(crl, at, &e);
		if (at > crl->records && memcmp(at - crl->width, at, crl->width) > 0)
			sorted = false;
	}
	if (!sorted)
		qsort_r(crl->records, crl->n, crl->width, compare, crl);
	return true;
}

static bool check_issuer(struct pki_crl *crl, const struct crl_parts *parts, X509 *issuer,
			 struct pki_result *result)
{
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(issuer);
	uint32_t flags = X509_get_extension_flags(issuer);
	const uint8_t *p = parts->issuer.data;
	const char *key = pki_key_problem(X509_get0_pubkey(issuer));
	struct pki_der id = { 0 };
	char subject[PKI_NAME_TEXT];

	if (ski)
		id = (struct pki_der){ ASN1_STRING_get0_data(ski),
				       (size_t)ASN1_STRING_length(ski) };
	crl->key = X509_get_pubkey(issuer);
	crl->issuer = d2i_X509_NAME(NULL, &p, (long)parts->issuer.len);
	pki_subject_text(issuer, subject);
	if (!crl->issuer || X509_NAME_cmp(crl->issuer, X509_get_subject_name(issuer)))
		pki_set(result, PKI_INDETERMINATE, "crl.issuer",
			"the list is not of %s (give the list and the issuer that belong together)",
			subject);
	else if (parts->key_id.data && id.data && !pki_der_equal(parts->key_id, id))
		pki_set(result, PKI_INDETERMINATE, "crl.aki",
			"the list is by another key of %s (give the issuer's certificate of that key)",
			subject);
	else if (!(flags & EXFLAG_CA) || ((flags & EXFLAG_KUSAGE) &&
					  !(X509_get_key_usage(issuer) & KU_CRL_SIGN)))
		pki_set(result, PKI_INDETERMINATE, "crl.issuer.usage",
			"%s is not a CA that may sign lists: CA:TRUE and cRLSign (issue it anew)",
			subject);
	else if (key)
		pki_set(result, PKI_INDETERMINATE, "crl.issuer.key", "%s: %s (issue it anew)",
			subject, key);
	else
		return true;
	return false;
}

static X509_ALGOR *algorithm(const struct crl_parts *parts)
{
	const uint8_t *p = parts->algorithm.data;

	return d2i_X509_ALGOR(NULL, &p, (long)parts->algorithm.len);
}

static bool check_digest(struct pki_crl *crl, const struct crl_parts *parts,
			 const struct pki_crl_policy *policy, struct pki_result *result)
{
	X509_ALGOR *alg = algorithm(parts);
	bool ok = false;

	if (!alg)
		pki_set(result, PKI_INDETERMINATE, "crl.encoding",
			"the signature algorithm does not parse (issue it anew)");
	else
		ok = pki_digest_accepted(policy->profile, PKI_SHA1_CRL, alg, parts->this_update,
					 "the list", &crl->sha1, PKI_INDETERMINATE, result);
	X509_ALGOR_free(alg);
	return ok;
}

static bool check_signature(const struct crl_parts *parts, X509 *issuer,
			    struct pki_result *result)
{
	X509_ALGOR *alg = algorithm(parts);
	bool ok = alg && pki_verify_raw(X509_get0_pubkey(issuer), alg, parts->tbs, parts->signature);

	if (!ok)
		pki_set(result, PKI_INDETERMINATE, "crl.signature",
			"the signature is not by the issuer over this list (fetch it anew)");
	X509_ALGOR_free(alg);
	return ok;
}

/* What the profile asks of a list that is to prove anything good. */
static void hold_against_profile(struct pki_crl *crl, const struct crl_parts *parts,
				 const struct pki_crl_policy *policy)
{
	const struct { enum pki_crl_rule_id id; bool met; const char *rule, *what; } rules[] = {
		{ PKI_CRL_VERSION, parts->version == 2, "crl.version", "has version 1, not 2" },
		{ PKI_CRL_NUMBER, parts->number.data, "crl.number", "has no crlNumber" },
		{ PKI_CRL_AKI, parts->key_id.data, "crl.aki.absent",
		  "has no authorityKeyIdentifier" },
	};

	crl->partial = parts->partial;
	if (!crl->partial.rule && crl->foreign)
		crl->partial = (struct crl_partial){ "crl.indirect", "has entries of other CAs", "" };
	for (size_t i = 0; !crl->partial.rule && i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct pki_rule *r = &policy->profile->crl[rules[i].id];
		bool needed = r->level == PKI_ERROR ||
			      (rules[i].id == PKI_CRL_NUMBER && policy->number_required);

		if (!rules[i].met && needed)
			crl->partial = (struct crl_partial){ rules[i].rule, rules[i].what, r->clause };
	}
}

/* The list goes, its scope stays. */
static bool keep_scope(struct pki_crl *crl, const struct crl_parts *parts,
		       struct pki_result *result)
{
	const struct crl_scope *from = &parts->scope;
	uint8_t *copy;

	if (!from->extension.data)
		return true;
	copy = malloc(from->extension.len);
	if (!copy) {
		pki_set(result, PKI_INDETERMINATE, "memory", "out of memory (free some)");
		return false;
	}
	memcpy(copy, from->extension.data, from->extension.len);
	crl->scope = *from;
	crl->scope.extension.data = copy;
	return true;
}

bool crl_is_complete(const struct pki_crl *crl, struct pki_result *result)
{
	const struct crl_partial *p = &crl->partial;

	if (!p->rule)
		return true;
	pki_set(result, PKI_INDETERMINATE, p->rule,
		"the list %s%s%s, so that what it leaves out may still be revoked (have the CA issue a complete list)",
		p->what, *p->clause ? ", " : "", p->clause);
	return false;
}

void crl_set_loaded(const struct pki_crl *crl, struct pki_result *result)
{
	result->sha1 = crl->sha1;
	if (!crl_is_complete(crl, result))
		return;
	pki_set(result, PKI_GOOD, "crl.good", "%zu entries", crl->n);
	result->expires = crl->next_update;
}

bool crl_describe(struct pki_crl *crl, const struct crl_parts *parts, X509 *issuer,
		  const struct pki_crl_policy *policy, struct pki_result *result)
{
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(issuer);

	pki_sha256(parts->issuer.data, parts->issuer.len, crl->issuer_digest);
	/* Zero is no digest of anything. */
	if (X509_pubkey_digest(issuer, EVP_sha256(), crl->key_digest, NULL) != 1)
		memset(crl->key_digest, 0, sizeof(crl->key_digest));
	crl->this_update = parts->this_update;
	crl->next_update = parts->next_update;
	crl->delta_published = parts->delta_published;
	/* Neither is NULL or wrong in a certificate that was parsed; if so, never valid. */
	if (pki_time(X509_get0_notBefore(issuer), &crl->issuer_from) ||
	    pki_time(X509_get0_notAfter(issuer), &crl->issuer_to))
		crl->issuer_from = INT64_MAX;
	crl->number_len = (uint8_t)parts->number.len;
	if (parts->number.data)
		memcpy(crl->number, parts->number.data, parts->number.len);
	if (ski && ASN1_STRING_length(ski) <= (int)sizeof(crl->key_id)) {
		crl->key_id_len = (size_t)ASN1_STRING_length(ski);
		memcpy(crl->key_id, ASN1_STRING_get0_data(ski), crl->key_id_len);
	}
	hold_against_profile(crl, parts, policy);
	return keep_scope(crl, parts, result);
}

bool crl_check_parts(struct pki_crl *crl, const struct crl_parts *parts, X509 *issuer,
		     const struct pki_crl_policy *policy, struct pki_result *result)
{
	return check_issuer(crl, parts, issuer, result) &&
	       check_digest(crl, parts, policy, result);
}

static bool load(struct pki_crl *crl, struct pki_der der, X509 *issuer,
		 const struct pki_crl_policy *policy, struct pki_result *result)
{
	struct crl_parts parts;

	if (der.len > policy->size_max) {
		pki_set(result, PKI_INDETERMINATE, "crl.size",
			"%zu octets, at most %zu are taken (issue a shorter list)", der.len,
			policy->size_max);
		return false;
	}
	if (!crl_parse(der, &parts, result) ||
	    !crl_check_parts(crl, &parts, issuer, policy, result) ||
	    !check_signature(&parts, issuer, result) || !build_index(crl, &parts, result))
		return false;
	pki_sha256(der.data, der.len, crl->digest);
	crl->der_len = der.len;
	return crl_describe(crl, &parts, issuer, policy, result);
}

struct pki_crl *pki_crl_load(struct pki_der der, struct pki_der issuer_der,
			     const struct pki_crl_policy *policy, struct pki_result *result)
{
	struct pki_crl *crl = calloc(1, sizeof(*crl));
	X509 *issuer = pki_parse_cert(issuer_der);
	bool ok = false;

	memset(result, 0, sizeof(*result));
	pki_sha256(der.data, der.len, result->proof_digest);
	if (!crl)
		pki_set(result, PKI_INDETERMINATE, "memory", "out of memory (free some)");
	else if (!issuer)
		pki_set(result, PKI_INDETERMINATE, "crl.issuer.encoding",
			"the issuer is not one DER certificate (give its certificate)");
	else if (!policy->profile)
		pki_set(result, PKI_INDETERMINATE, "crl.profile",
			"no profile says which lists are taken (configure one)");
	else
		ok = load(crl, der, issuer, policy, result);
	if (ok) {
		crl_set_loaded(crl, result);
	} else {
		pki_crl_free(crl);
		crl = NULL;
	}
	X509_free(issuer);
	ERR_clear_error();
	return crl;
}
