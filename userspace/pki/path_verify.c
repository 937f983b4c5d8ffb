// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One path. OpenSSL verifies signatures, times, path length, constraints and policies
 * over exactly these certificates; what it leaves to its caller is checked here. Its
 * security level is set to 0, and keys and digests are the profile's: the level's
 * meaning changes between releases and machines (row PIT-49).
 */
#include <stdio.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include "pki/path.h"
#include "pki/profile_rules.h"

static const struct verify_rule {
	int error;
	const char *rule, *remedy;
} verify_rules[] = {
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, "path.signature", "refuse the peer" },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "path.signature", "refuse the peer" },
	{ X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, "path.key", "issue it with another key" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, "path.length", "shorten the path" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, "path.pathlen", "ask the CA above it" },
	{ X509_V_ERR_INVALID_CA, "path.ca", "issue from a CA certificate" },
	{ X509_V_ERR_INVALID_NON_CA, "path.ca", "issue from a CA certificate" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "path.ca", "issue from a CA certificate" },
	{ X509_V_ERR_AKID_SKID_MISMATCH, "path.aki", "issue it anew from that CA" },
	{ X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH, "path.aki", "issue it anew from that CA" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "path.extension", "issue it without it" },
	{ X509_V_ERR_INVALID_EXTENSION, "path.extension", "issue it anew" },
	{ X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, "path.extension", "issue it without it" },
	{ X509_V_ERR_PERMITTED_VIOLATION, "path.constraint", "ask the CA above it" },
	{ X509_V_ERR_EXCLUDED_VIOLATION, "path.constraint", "ask the CA above it" },
	{ X509_V_ERR_SUBTREE_MINMAX, "path.constraint", "ask the CA above it" },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, "path.constraint", "ask the CA above it" },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, "path.constraint", "ask the CA above it" },
	{ X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, "path.constraint", "issue it with plain names" },
	{ X509_V_ERR_NO_EXPLICIT_POLICY, "path.policy", "issue it under the policy asked for" },
	{ X509_V_ERR_INVALID_POLICY_EXTENSION, "path.policy", "issue it anew" },
	{ X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, "path.key", "issue it with a named curve" },
};

static void set_verify_error(X509_STORE_CTX *ctx, int error, const X509 *at,
			     struct pki_result *result)
{
	const struct verify_rule *r = NULL;
	char subject[PKI_NAME_TEXT] = "?";
	size_t i;

	if (ctx) {
		error = X509_STORE_CTX_get_error(ctx);
		at = X509_STORE_CTX_get_current_cert(ctx);
	}
	for (i = 0; i < sizeof(verify_rules) / sizeof(verify_rules[0]); i++) {
		if (verify_rules[i].error == error)
			r = &verify_rules[i];
	}
	if (at)
		pki_subject_text(at, subject);
	pki_set(result, error == X509_V_ERR_OUT_OF_MEM ? PKI_INDETERMINATE : PKI_BAD,
		r ? r->rule : "path.invalid", "%s at %s (%s)",
		X509_verify_cert_error_string(error), subject,
		r ? r->remedy : "issue the certificate anew");
}

/* Every link before OpenSSL looks for another one and only finds that there is none. */
static bool check_links(const struct path *path, struct pki_result *result)
{
	for (size_t i = 0; i < path->n; i++) {
		X509 *issuer = i + 1 < path->n ? path->certs[i + 1] : path->anchor;
		int error = X509_check_issued(issuer, path->certs[i]);

		if (error == X509_V_OK)
			continue;
		set_verify_error(NULL, error, path->certs[i], result);
		return false;
	}
	return true;
}

static bool add_policies(X509_VERIFY_PARAM *param, const struct pki_profile *profile)
{
	/* Without any in the profile: anyPolicy, which OpenSSL does not take for granted. */
	static const char any[] = "2.5.29.32.0";
	char text[PKI_POLICIES_MAX + 1], *save = NULL, *oid;

	snprintf(text, sizeof(text), "%s", profile->policies[0] ? profile->policies : any);
	for (oid = strtok_r(text, " ", &save); oid; oid = strtok_r(NULL, " ", &save)) {
		ASN1_OBJECT *policy = OBJ_txt2obj(oid, 1);

		if (!policy || X509_VERIFY_PARAM_add0_policy(param, policy) != 1) {
			ASN1_OBJECT_free(policy);
			return false;
		}
	}
	return true;
}

static bool set_params(X509_VERIFY_PARAM *param, const struct path_input *in)
{
	const struct pki_profile *profile = in->policy->profile;
	/*
	 * Time is looked at here, as OpenSSL takes the second of notAfter for expired. An
	 * anchor may be a CA below a root. A certificate that asks for an explicit policy
	 * is to get one.
	 */
	unsigned long flags = X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN |
			      X509_V_FLAG_POLICY_CHECK;

	/* Certificates between leaf and anchor. */
	X509_VERIFY_PARAM_set_depth(param, (int)in->policy->max_sent - 1);
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	flags |= profile->explicit_policy || profile->policies[0] ? X509_V_FLAG_EXPLICIT_POLICY : 0;
	flags |= profile->inhibit_any ? X509_V_FLAG_INHIBIT_ANY : 0;
	flags |= profile->inhibit_mapping ? X509_V_FLAG_INHIBIT_MAP : 0;
	return X509_VERIFY_PARAM_set_flags(param, flags) == 1 && add_policies(param, profile);
}

/* What OpenSSL verified, leaf to anchor; NULL with @result set. */
static STACK_OF(X509) *verify(const struct path_input *in, const struct path *path,
			      struct pki_result *result)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = sk_X509_new_null(), *chain = NULL;
	bool ready = store && ctx && untrusted;

	pki_set(result, PKI_INDETERMINATE, "memory", "out of memory (free some)");
	for (size_t i = 1; ready && i < path->n; i++)
		ready = sk_X509_push(untrusted, path->certs[i]) > 0;
	if (ready && X509_STORE_add_cert(store, path->anchor) == 1 &&
	    X509_STORE_CTX_init(ctx, store, path->certs[0], untrusted) == 1 &&
	    set_params(X509_STORE_CTX_get0_param(ctx), in)) {
		if (X509_verify_cert(ctx) == 1)
			chain = X509_STORE_CTX_get1_chain(ctx);
		else
			set_verify_error(ctx, 0, NULL, result);
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(untrusted);
	return chain;
}

/*
 * RFC 5280 6.1.4 k and n: CA:TRUE, and keyCertSign where there is a keyUsage. One that is
 * absent restricts nothing; TS 33.310 6.1.4b asks for one, which is a rule of the profile.
 */
static bool check_ca(X509 *cert, struct pki_result *result)
{
	char subject[PKI_NAME_TEXT];
	uint32_t flags = X509_get_extension_flags(cert);
	const char *lacks = NULL;

	if (!(flags & EXFLAG_CA))
		lacks = "CA:TRUE in basicConstraints";
	else if (flags & EXFLAG_KUSAGE && !(X509_get_key_usage(cert) & KU_KEY_CERT_SIGN))
		lacks = "keyCertSign in its keyUsage";
	if (lacks)
		pki_set(result, PKI_BAD, "path.ca",
			"%s is not a CA: it lacks %s (issue from a CA certificate)",
			pki_subject_text(cert, subject), lacks);
	return !lacks;
}

static bool check_leaf(X509 *cert, struct pki_result *result)
{
	uint32_t flags = X509_get_extension_flags(cert);
	char subject[PKI_NAME_TEXT];

	if (!(flags & EXFLAG_CA))
		return true;
	pki_set(result, PKI_BAD, "leaf.ca", "%s is a CA (give the peer an end entity certificate)",
		pki_subject_text(cert, subject));
	return false;
}

/* RFC 5280 4.2.1.10: an address and a mask, in the style of RFC 4632. */
static bool plain_network(const uint8_t *base, int len)
{
	bool ended = false;

	if (len != 8 && len != 32)
		return false;
	for (int i = len / 2; i < len; i++) {
		for (int bit = 7; bit >= 0; bit--) {
			bool one = base[i] >> bit & 1;

			if (one && ended)
				return false;
			ended = ended || !one;
		}
	}
	return true;
}

/*
 * A base that RFC 5280 4.2.1.10 has no meaning for: a dot in front, a wildcard, half a
 * network. OpenSSL finds no name within it, so that what it excludes would pass.
 */
static bool plain_base(const GENERAL_NAME *base)
{
	const ASN1_STRING *value = base->type == GEN_DNS ? base->d.dNSName :
				   base->type == GEN_IPADD ? base->d.iPAddress : NULL;
	const uint8_t *data = value ? ASN1_STRING_get0_data(value) : NULL;
	int len = value ? ASN1_STRING_length(value) : 0;

	if (base->type == GEN_IPADD)
		return plain_network(data, len);
	return base->type != GEN_DNS || !len || (data[0] != '.' && !memchr(data, '*', (size_t)len));
}

static bool plain_subtrees(const STACK_OF(GENERAL_SUBTREE) *trees)
{
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++)
		if (!plain_base(sk_GENERAL_SUBTREE_value(trees, i)->base))
			return false;
	return true;
}

/* OpenSSL applies constraints; whether they are any is left to us. */
static bool check_constraints(X509 *cert, bool leaf, struct pki_result *result)
{
	NAME_CONSTRAINTS *nc;
	char subject[PKI_NAME_TEXT];
	bool ok;

	if (X509_get_ext_by_NID(cert, NID_name_constraints, -1) < 0)
		return true;
	nc = X509_get_ext_d2i(cert, NID_name_constraints, NULL, NULL);
	ok = nc && !leaf && plain_subtrees(nc->permittedSubtrees) &&
	     plain_subtrees(nc->excludedSubtrees) &&
	     (sk_GENERAL_SUBTREE_num(nc->permittedSubtrees) > 0 ||
	      sk_GENERAL_SUBTREE_num(nc->excludedSubtrees) > 0);
	if (!ok)
		pki_set(result, PKI_BAD, "path.constraint",
			"nameConstraints of %s %s (issue it anew)",
			pki_subject_text(cert, subject),
			leaf ? "are in an end entity certificate" : "are empty or malformed");
	NAME_CONSTRAINTS_free(nc);
	return ok;
}

/*
 * RFC 5280 4.2.1.1 and 4.2.1.2: never critical. OpenSSL has them among the unknown
 * ones, for now; a release that knows them is not to let in what this one refuses.
 */
static bool check_identifiers(const X509 *cert, struct pki_result *result)
{
	static const int nids[] = { NID_authority_key_identifier, NID_subject_key_identifier };
	char subject[PKI_NAME_TEXT];

	for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
		int at = X509_get_ext_by_NID(cert, nids[i], -1);

		if (at < 0 || !X509_EXTENSION_get_critical(X509_get_ext(cert, at)))
			continue;
		pki_set(result, PKI_BAD, "path.extension", "%s of %s is critical (issue it anew)",
			OBJ_nid2ln(nids[i]), pki_subject_text(cert, subject));
		return false;
	}
	return true;
}

/* What no profile can allow. */
static bool check_key(const X509 *cert, struct pki_result *result)
{
	const char *problem = pki_key_unusable(X509_get0_pubkey(cert));
	char subject[PKI_NAME_TEXT];

	if (problem)
		pki_set(result, PKI_BAD, "path.key",
			"%s: %s (issue it with RSA 2048, P-256 or stronger)",
			pki_subject_text(cert, subject), problem);
	return !problem;
}

static bool check_digest(X509 *cert, const struct pki_profile *profile, unsigned int *sha1,
			 struct pki_result *result)
{
	char subject[PKI_NAME_TEXT];
	const X509_ALGOR *alg;
	int64_t from = INT64_MAX;

	X509_get0_signature(NULL, &alg, cert);
	pki_time(X509_get0_notBefore(cert), &from);
	return pki_digest_accepted(profile, PKI_SHA1_CERTIFICATE, alg, from,
				   pki_subject_text(cert, subject), sha1, PKI_BAD, result);
}

static enum pki_class class_of(const struct pki_chain_policy *p, bool entity)
{
	if (p->tls || p->role == PKI_HEMS)
		return entity ? PKI_TLS_ENTITY : PKI_TLS_CA;
	return entity ? PKI_IKE_ENTITY : PKI_IKE_CA;
}

static bool check_cert(const struct path_input *in, X509 *cert, bool leaf, bool anchor,
		       struct path_outcome *out, struct pki_result *result)
{
	const struct pki_chain_policy *p = in->policy;
	int64_t to;

	/* The anchor is trusted for its key, not for its own signature. */
	if (!(leaf ? check_leaf(cert, result) : check_ca(cert, result)) ||
	    !check_constraints(cert, leaf, result) || !check_identifiers(cert, result) ||
	    !check_key(cert, result) ||
	    (!anchor && !check_digest(cert, p->profile, &out->sha1, result)) ||
	    !pki_valid_at(cert, in->now, "certificate", PKI_BAD, result) ||
	    !pki_profile_apply(p->profile, cert, anchor, class_of(p, leaf), p->role, NULL,
			       NULL, result))
		return false;
	if (!pki_time(X509_get0_notAfter(cert), &to) && to < out->expires)
		out->expires = to;
	return true;
}

void path_tell(const struct path_input *in, const struct path *path)
{
	const struct pki_chain_policy *p = in->policy;
	struct pki_result ignored;

	if (!p->found)
		return;
	for (size_t i = 0; i < path->n; i++)
		pki_profile_apply(p->profile, path->certs[i], false, class_of(p, !i),
				  p->role, p->found, p->arg, &ignored);
	pki_profile_apply(p->profile, path->anchor, true, class_of(p, false), p->role,
			  p->found, p->arg, &ignored);
}

enum path_end path_verify(const struct path_input *in, const struct path *path,
			  struct path_outcome *out, struct pki_result *result)
{
	STACK_OF(X509) *chain;
	bool good = true;
	int i, n;

	if (!check_links(path, result))
		return PATH_NO_LINK;
	chain = verify(in, path, result);
	if (!chain)
		return PATH_REFUSED;
	out->expires = INT64_MAX;
	out->sha1 = 0;
	n = sk_X509_num(chain);
	for (i = 0; good && i < n; i++)
		good = check_cert(in, sk_X509_value(chain, i), i == 0, i == n - 1 && i, out,
				  result);
	if (good && n < 2) {
		pki_set(result, PKI_BAD, "path.issuer",
			"the leaf is a root of ours (a peer can't vouch for itself)");
		good = false;
	}
	/* All of @path, or the beginning of it when the anchor has the key of one. */
	out->n = (size_t)n - 1;
	sk_X509_pop_free(chain, X509_free);
	return good ? PATH_IS_GOOD : PATH_REFUSED;
}
