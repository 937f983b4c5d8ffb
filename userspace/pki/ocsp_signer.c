// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may sign an OCSP response, RFC 6960 4.2.2.2: the issuer, a delegate whose
 * certificate the issuer signed itself, or a responder named in the configuration.
 */
#include <string.h>
#include <openssl/x509v3.h>
#include "pki/crl_parse.h"
#include "pki/internal.h"

#define DAY	INT64_C(86400)

enum kind { ISSUER, EXPLICIT, DELEGATE };

struct responder_id {
	const ASN1_OCTET_STRING *key_hash;
	const X509_NAME *name;
};

static bool id_matches(const struct responder_id *id, const struct pki_ocsp_cert *c)
{
	if (id->name)
		return !X509_NAME_cmp(id->name, X509_get_subject_name(c->cert));
	return id->key_hash && ASN1_STRING_length(id->key_hash) == sizeof(c->key_hash) &&
	       !memcmp(c->key_hash, ASN1_STRING_get0_data(id->key_hash), sizeof(c->key_hash));
}

/*
 * Whether @alg over something made at @made counts; *@sha1 is raised when SHA-1
 * does. NULL, or what is wrong.
 */
static const char *digest_problem(const struct pki_ocsp *o, const X509_ALGOR *alg, int64_t made,
				  unsigned int *sha1)
{
	if (pki_sigalg_digest(alg) != NID_sha1)
		return pki_sigalg_problem(alg);
	if (!pki_sha1_allowed(&o->policy->sha1, made))
		return "signature over SHA-1, which the policy does not allow";
	++*sha1;
	return NULL;
}

static bool signature_verifies(struct pki_ocsp *o, const struct pki_ocsp_cert *c,
			       struct pki_result *result)
{
	const X509_ALGOR *alg = OCSP_resp_get0_tbs_sigalg(o->basic);
	const char *problem = c->weak;
	char subject[PKI_NAME_TEXT];
	unsigned int sha1 = 0;

	if (!problem)
		problem = digest_problem(o, alg, o->produced, &sha1);
	if (problem) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.signature.weak",
			"responder %s: %s (give it a stronger key, and SHA-256)",
			pki_subject_text(c->cert, subject), problem);
		return false;
	}
	if (pki_verify_raw(X509_get0_pubkey(c->cert), alg, o->tbs, o->signature)) {
		o->sha1 = sha1;
		return true;
	}
	pki_set(result, PKI_INDETERMINATE, "ocsp.signature",
		"the signature does not verify with the key of %s (check the responder)",
		pki_subject_text(c->cert, subject));
	return false;
}

/* The signature is as good tomorrow: it is looked at once for each certificate. */
static bool issued(const struct pki_ocsp *o, struct pki_ocsp_cert *c)
{
	X509 *issuer = o->subject->issuer.cert;

	if (!c->verified)
		c->verified = X509_check_issued(issuer, c->cert) == X509_V_OK &&
			      X509_verify(c->cert, X509_get0_pubkey(issuer)) == 1;
	return c->verified;
}

static bool may_sign(X509 *cert, const char **rule, const char **why)
{
	if (!(X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) ||
	    !(X509_get_extended_key_usage(cert) & XKU_OCSP_SIGN)) {
		*rule = "ocsp.signer.eku";
		*why = "lacks the extended key usage OCSPSigning (issue it with it)";
	} else if ((X509_get_extension_flags(cert) & EXFLAG_KUSAGE) &&
		   !(X509_get_key_usage(cert) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION))) {
		*rule = "ocsp.signer.keyusage";
		*why = "has a keyUsage without digitalSignature (issue it with it)";
	} else if (!pki_critical_known(cert)) {
		*rule = "ocsp.signer.extension";
		*why = "has an unknown critical extension (issue it without)";
	} else {
		return true;
	}
	return false;
}

/* That the issuer itself gave @c the right to sign for it. */
static bool delegated(struct pki_ocsp *o, struct pki_ocsp_cert *c, unsigned int *sha1,
		      struct pki_result *result)
{
	char subject[PKI_NAME_TEXT];
	const X509_ALGOR *alg;
	const char *rule, *why;

	X509_get0_signature(NULL, &alg, c->cert);
	if (!issued(o, c)) {
		rule = "ocsp.signer.issuer";
		why = "was not issued by the CA that issued the certificate (let that CA issue it)";
	} else if (digest_problem(o, alg, c->to == INT64_MIN ? INT64_MAX : c->from, sha1)) {
		rule = "ocsp.signer.digest";
		why = "is signed with a weak algorithm (issue it with SHA-256 or more)";
	} else if (may_sign(c->cert, &rule, &why)) {
		return true;
	}
	pki_set(result, PKI_INDETERMINATE, rule, "responder %s %s",
		pki_subject_text(c->cert, subject), why);
	return false;
}

/* RFC 6960 4.2.2.2.1: its value is NULL. */
static bool has_nocheck(const X509 *cert)
{
	int at = X509_get_ext_by_NID(cert, NID_id_pkix_OCSP_noCheck, -1);
	const ASN1_OCTET_STRING *value;

	if (at < 0)
		return false;
	value = X509_EXTENSION_get_data(X509_get_ext(cert, at));
	return ASN1_STRING_length(value) == 2 &&
	       !memcmp(ASN1_STRING_get0_data(value), "\x05", 2);
}

/*
 * FFS-20: nobody says here whether the delegate is revoked. RFC 6960 4.2.2.2.1 lets its CA
 * say that nobody needs to, and advises a short life then; how short is the profile's.
 */
static bool delegate_status_known(const struct pki_ocsp *o, const struct pki_ocsp_cert *c,
				  struct pki_result *result)
{
	const struct pki_ocsp_policy *p = o->policy;
	char subject[PKI_NAME_TEXT];

	if (!has_nocheck(c->cert) && !p->nocheck_optional) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.signer.nocheck",
			"responder %.90s has no id-pkix-ocsp-nocheck and its own status is not known (issue it with it, name it as signer, or say nocheck = off in [ocsp-signer] of the profile)",
			pki_subject_text(c->cert, subject));
		return false;
	}
	if (p->signer_life_s && c->to - c->from > p->signer_life_s) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.signer.lifetime",
			"responder %.90s is issued for %lld days, the profile allows %lld (issue it for less, name it as signer, or change max-lifetime in [ocsp-signer])",
			pki_subject_text(c->cert, subject), (long long)((c->to - c->from) / DAY),
			(long long)(p->signer_life_s / DAY));
		return false;
	}
	return true;
}

bool pki_ocsp_valid(const struct pki_ocsp *o, const struct pki_ocsp_cert *c, const char *what,
		    struct pki_result *result)
{
	if (c->from <= o->now && o->now <= c->to)
		return true;
	/* Only for its words: it comes to the same. */
	pki_valid_at(c->cert, o->now, what, PKI_INDETERMINATE, result);
	return false;
}

static bool signed_while_valid(const struct pki_ocsp *o, const struct pki_ocsp_cert *c,
			       struct pki_result *result)
{
	char text[PKI_TIME_TEXT];

	if (!pki_ocsp_valid(o, c, "responder", result))
		return false;
	if (o->produced >= c->from && o->produced <= c->to)
		return true;
	if (o->produced == PKI_NO_TIME) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.producedat.encoding",
			"producedAt does not parse (check the responder)");
		return false;
	}
	pki_set(result, PKI_INDETERMINATE, "ocsp.producedat.signer",
		"produced at %s, outside the validity of the responder's certificate (check the responder)",
		pki_time_text(o->produced, text));
	return false;
}

static enum pki_signer judge(struct pki_ocsp *o, const struct responder_id *id,
			     struct pki_ocsp_cert *c, enum kind kind, struct pki_result *result)
{
	unsigned int sha1 = 0;

	if (!id_matches(id, c))
		return PKI_SIGNER_NONE;
	if (kind == DELEGATE && !delegated(o, c, &sha1, result))
		return PKI_SIGNER_NONE;
	if (!signature_verifies(o, c, result))
		return PKI_SIGNER_NONE;
	if (!signed_while_valid(o, c, result) ||
	    (kind == DELEGATE && !delegate_status_known(o, c, result)))
		return PKI_SIGNER_DENY;
	if (c->to < o->expires)
		o->expires = c->to;
	o->sha1 += sha1;
	return PKI_SIGNER_FULL;
}

/* Keep the best so far, with the reason it isn't better. */
static void try_candidate(struct pki_ocsp *o, const struct responder_id *id,
			  struct pki_ocsp_cert *c, enum kind kind, enum pki_signer *best,
			  struct pki_result *result)
{
	struct pki_result why = *result;
	enum pki_signer s = judge(o, id, c, kind, &why);

	if (s > *best || *best == PKI_SIGNER_NONE)
		*result = why;
	if (s > *best)
		*best = s;
}

enum pki_signer pki_ocsp_signer(struct pki_ocsp *o, struct pki_result *result)
{
	struct pki_ocsp_subject *s = o->subject;
	enum pki_signer best = PKI_SIGNER_NONE;
	struct responder_id id = { 0 };
	size_t i;

	if (OCSP_resp_get0_id(o->basic, &id.key_hash, &id.name) != 1)
		memset(&id, 0, sizeof(id));
	pki_set(result, PKI_INDETERMINATE, "ocsp.signer.unknown", s->ncerts ?
		"neither the issuer nor a responder it delegated to signed the response (check the responder's certificate)" :
		"the response is not signed by the issuer and brings no responder's certificate (have the responder send its certificate, or name it as signer)");
	try_candidate(o, &id, &s->issuer, ISSUER, &best, result);
	for (i = 0; i < s->nsigners && best != PKI_SIGNER_FULL; i++)
		try_candidate(o, &id, &s->signers[i], EXPLICIT, &best, result);
	for (i = 0; i < s->ncerts && best != PKI_SIGNER_FULL; i++) {
		struct pki_ocsp_cert *c = &s->certs[i];

		/* The issuer was judged as itself; a copy of it is no delegate. */
		if (X509_cmp(c->cert, s->issuer.cert) && X509_check_purpose(c->cert, -1, 0) == 1)
			try_candidate(o, &id, c, DELEGATE, &best, result);
	}
	return best;
}
