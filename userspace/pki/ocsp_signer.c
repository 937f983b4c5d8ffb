// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may sign an OCSP response, RFC 6960 4.2.2.2: the issuer, a delegate whose
 * certificate the issuer signed itself, or a responder named in the configuration.
 */
#include <string.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include "pki/internal.h"

/* A signature check for each candidate: bounds what a response can make us do. */
#define CANDIDATES_MAX	16
/* A responder nobody can revoke must not live long (FFS-20). */
#define NOCHECK_LIFE_S	(90 * INT64_C(86400))

enum kind { ISSUER, EXPLICIT, DELEGATE };

struct responder_id {
	const ASN1_OCTET_STRING *key_hash;
	const X509_NAME *name;
};

static bool id_matches(const struct responder_id *id, const X509 *cert)
{
	const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(cert);
	uint8_t hash[SHA_DIGEST_LENGTH];

	if (id->name)
		return !X509_NAME_cmp(id->name, X509_get_subject_name(cert));
	if (!id->key_hash || !key || ASN1_STRING_length(id->key_hash) != sizeof(hash))
		return false;
	/* RFC 6960 4.2.1: SHA-1 of the key, a name for it and no more. */
	SHA1(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key), hash);
	return !memcmp(hash, ASN1_STRING_get0_data(id->key_hash), sizeof(hash));
}

bool pki_ocsp_sha1(const struct pki_ocsp *o)
{
	const X509_ALGOR *alg = OCSP_resp_get0_tbs_sigalg(o->basic);
	const ASN1_OBJECT *oid;
	int digest;

	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	return OBJ_find_sigid_algs(OBJ_obj2nid(oid), &digest, NULL) && digest == NID_sha1;
}

static bool signature_verifies(const struct pki_ocsp *o, X509 *cert, struct pki_result *result)
{
	const X509_ALGOR *alg = OCSP_resp_get0_tbs_sigalg(o->basic);
	const char *problem = pki_key_problem(X509_get0_pubkey(cert));
	char subject[PKI_NAME_TEXT];

	if (!problem && !(pki_ocsp_sha1(o) && !o->policy->sha1_refused))
		problem = pki_sigalg_problem(alg);
	if (problem) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.signature.weak",
			"responder %s: %s (give it a stronger key)",
			pki_subject_text(cert, subject), problem);
		return false;
	}
	if (ASN1_item_verify(ASN1_ITEM_rptr(OCSP_RESPDATA), alg, OCSP_resp_get0_signature(o->basic),
			     OCSP_resp_get0_respdata(o->basic), X509_get0_pubkey(cert)) == 1)
		return true;
	pki_set(result, PKI_INDETERMINATE, "ocsp.signature",
		"the signature does not verify with the key of %s (check the responder)",
		pki_subject_text(cert, subject));
	return false;
}

/* That the issuer itself gave @cert the right to sign for it. */
static bool delegated(const struct pki_ocsp *o, X509 *cert, struct pki_result *result)
{
	const char *rule, *why;
	char subject[PKI_NAME_TEXT];

	if (X509_check_issued(o->issuer, cert) != X509_V_OK ||
	    X509_verify(cert, X509_get0_pubkey(o->issuer)) != 1) {
		rule = "ocsp.signer.issuer";
		why = "was not issued by the CA that issued the certificate (let that CA issue it)";
	} else if (pki_cert_sigalg_problem(cert)) {
		rule = "ocsp.signer.digest";
		why = "is signed with a weak algorithm (issue it with SHA-256 or more)";
	} else if (!(X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) ||
		   !(X509_get_extended_key_usage(cert) & XKU_OCSP_SIGN)) {
		rule = "ocsp.signer.eku";
		why = "lacks the extended key usage OCSPSigning (issue it with it)";
	} else if ((X509_get_extension_flags(cert) & EXFLAG_KUSAGE) &&
		   !(X509_get_key_usage(cert) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION))) {
		rule = "ocsp.signer.keyusage";
		why = "has a keyUsage without digitalSignature (issue it with it)";
	} else if (!pki_critical_known(cert)) {
		rule = "ocsp.signer.extension";
		why = "has an unknown critical extension (issue it without)";
	} else {
		return true;
	}
	pki_set(result, PKI_INDETERMINATE, rule, "responder %s %s",
		pki_subject_text(cert, subject), why);
	return false;
}

/* FFS-20: its own revocation is either bounded by a short life or not known. */
static bool delegate_status_known(const struct pki_ocsp *o, X509 *cert, struct pki_result *result)
{
	char subject[PKI_NAME_TEXT], until[PKI_TIME_TEXT];
	int64_t to = 0;

	if (X509_get_ext_by_NID(cert, NID_id_pkix_OCSP_noCheck, -1) < 0) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.signer.nocheck",
			"responder %s lacks id-pkix-ocsp-nocheck and its own status is not known (issue it with it, for at most 90 days)",
			pki_subject_text(cert, subject));
		return false;
	}
	if (pki_time(X509_get0_notAfter(cert), &to) || to - o->now > NOCHECK_LIFE_S) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.signer.lifetime",
			"responder %s has nocheck and lives until %s (issue it for at most 90 days)",
			pki_subject_text(cert, subject), pki_time_text(to, until));
		return false;
	}
	return true;
}

static bool signed_while_valid(const struct pki_ocsp *o, X509 *cert, struct pki_result *result)
{
	int64_t produced, from, to;
	char text[PKI_TIME_TEXT];

	if (!pki_valid_at(cert, o->now, "responder", PKI_INDETERMINATE, result))
		return false;
	if (pki_time(OCSP_resp_get0_produced_at(o->basic), &produced)) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.producedat.encoding",
			"producedAt does not parse (check the responder)");
		return false;
	}
	if (!pki_time(X509_get0_notBefore(cert), &from) &&
	    !pki_time(X509_get0_notAfter(cert), &to) && produced >= from && produced <= to)
		return true;
	pki_set(result, PKI_INDETERMINATE, "ocsp.producedat.signer",
		"produced at %s, outside the validity of the responder's certificate (check the responder)",
		pki_time_text(produced, text));
	return false;
}

static enum pki_signer judge(struct pki_ocsp *o, const struct responder_id *id, X509 *cert,
			     enum kind kind, struct pki_result *result)
{
	int64_t to;

	if (!id_matches(id, cert))
		return PKI_SIGNER_NONE;
	if (kind == DELEGATE && !delegated(o, cert, result))
		return PKI_SIGNER_NONE;
	if (!signature_verifies(o, cert, result))
		return PKI_SIGNER_NONE;
	if (!signed_while_valid(o, cert, result) ||
	    (kind == DELEGATE && !delegate_status_known(o, cert, result)))
		return PKI_SIGNER_DENY;
	if (!pki_time(X509_get0_notAfter(cert), &to) && to < o->expires)
		o->expires = to;
	return PKI_SIGNER_FULL;
}

/* Keep the best so far, with the reason it isn't better. */
static void try_candidate(struct pki_ocsp *o, const struct responder_id *id, X509 *cert,
			  enum kind kind, enum pki_signer *best, struct pki_result *result)
{
	struct pki_result why = *result;
	enum pki_signer s = judge(o, id, cert, kind, &why);

	if (s > *best || *best == PKI_SIGNER_NONE)
		*result = why;
	if (s > *best)
		*best = s;
}

static void try_explicit(struct pki_ocsp *o, const struct responder_id *id,
			 enum pki_signer *best, struct pki_result *result)
{
	size_t i;

	for (i = 0; i < o->nsigners && *best != PKI_SIGNER_FULL; i++) {
		X509 *cert = pki_parse_cert(o->signers[i]);

		if (cert)
			try_candidate(o, id, cert, EXPLICIT, best, result);
		X509_free(cert);
	}
}

static void try_delegates(struct pki_ocsp *o, const struct responder_id *id,
			  enum pki_signer *best, struct pki_result *result)
{
	const STACK_OF(X509) *certs = OCSP_resp_get0_certs(o->basic);
	int i;

	if (sk_X509_num(certs) > CANDIDATES_MAX) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.signer.count",
			"the response carries %d certificates, at most %d are read (check the responder)",
			sk_X509_num(certs), CANDIDATES_MAX);
		return;
	}
	for (i = 0; i < sk_X509_num(certs) && *best != PKI_SIGNER_FULL; i++) {
		X509 *cert = sk_X509_value(certs, i);

		/* The issuer was judged as itself; a copy of it is no delegate. */
		if (X509_cmp(cert, o->issuer) && X509_check_purpose(cert, -1, 0) == 1)
			try_candidate(o, id, cert, DELEGATE, best, result);
	}
}

enum pki_signer pki_ocsp_signer(struct pki_ocsp *o, struct pki_result *result)
{
	enum pki_signer best = PKI_SIGNER_NONE;
	struct responder_id id = { 0 };

	if (OCSP_resp_get0_id(o->basic, &id.key_hash, &id.name) != 1)
		memset(&id, 0, sizeof(id));
	pki_set(result, PKI_INDETERMINATE, "ocsp.signer.unknown",
		"neither the issuer nor a responder it delegated to signed the response (check the responder's certificate)");
	try_candidate(o, &id, o->issuer, ISSUER, &best, result);
	if (best != PKI_SIGNER_FULL)
		try_explicit(o, &id, &best, result);
	if (best != PKI_SIGNER_FULL)
		try_delegates(o, &id, &best, result);
	return best;
}
