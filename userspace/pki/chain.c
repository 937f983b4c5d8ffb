// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The path from the leaf to the anchor, TS 33.320 7.2.3. OpenSSL builds it and
 * verifies each signature; what it leaves to its caller is checked here.
 */
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include "pki/internal.h"

struct chain {
	X509 *anchor;
	STACK_OF(X509) *sent;	/* in the peer's order, leaf first */
	STACK_OF(X509) *path;	/* leaf to anchor */
};

static void chain_free(struct chain *c)
{
	X509_free(c->anchor);
	sk_X509_pop_free(c->sent, X509_free);
	sk_X509_pop_free(c->path, X509_free);
}

static bool parse_sent(struct chain *c, const struct pki_der *certs, size_t ncerts,
		       const struct pki_chain_policy *policy, struct pki_result *result)
{
	size_t i;

	if (!ncerts) {
		pki_set(result, PKI_BAD, "path.empty",
			"the peer sent no certificate (configure it to send its own)");
		return false;
	}
	if (ncerts > policy->max_sent) {
		pki_set(result, PKI_BAD, "path.length",
			"the peer sent %zu certificates, at most %u are taken (shorten its path)",
			ncerts, policy->max_sent);
		return false;
	}
	c->anchor = pki_parse_cert(policy->anchor);
	if (!c->anchor) {
		pki_set(result, PKI_BAD, "path.anchor",
			"the root certificate is not one DER certificate (provision it again)");
		return false;
	}
	c->sent = sk_X509_new_null();
	for (i = 0; c->sent && i < ncerts; i++) {
		X509 *cert = pki_parse_cert(certs[i]);

		if (cert && sk_X509_push(c->sent, cert) > 0)
			continue;
		X509_free(cert);
		pki_set(result, PKI_BAD, "path.encoding",
			"certificate %zu of %zu the peer sent is not one DER certificate (issue it anew)",
			i + 1, ncerts);
		return false;
	}
	if (!c->sent)
		pki_set(result, PKI_INDETERMINATE, "memory", "out of memory (free some)");
	return c->sent != NULL;
}

static const struct verify_rule {
	int error;
	const char *rule, *remedy;
} verify_rules[] = {
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, "path.signature", "refuse the peer" },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "path.signature", "refuse the peer" },
	{ X509_V_ERR_CERT_HAS_EXPIRED, "time.expired", "renew it, or set the clock" },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "time.future", "set the clock, or wait" },
	{ X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, "time.encoding", "issue it anew" },
	{ X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, "time.encoding", "issue it anew" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, "path.length", "shorten the path" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, "path.pathlen", "ask the CA above it" },
	{ X509_V_ERR_INVALID_CA, "path.ca", "issue from a CA certificate" },
	{ X509_V_ERR_INVALID_NON_CA, "path.ca", "issue from a CA certificate" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "path.ca", "issue from a CA certificate" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "path.extension", "issue it without it" },
	{ X509_V_ERR_PERMITTED_VIOLATION, "path.constraint", "ask the CA above it" },
	{ X509_V_ERR_EXCLUDED_VIOLATION, "path.constraint", "ask the CA above it" },
	{ X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, "path.key", "issue it with a named curve" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, "path.key", "issue it with a stronger key" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, "path.key", "issue it with a stronger key" },
	{ X509_V_ERR_CA_MD_TOO_WEAK, "path.digest", "issue it with SHA-256 or more" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "path.issuer", "the peer must send the CAs between" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "path.issuer",
	  "the peer must send the CAs between its own and the root" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "path.issuer",
	  "the peer must send the CAs between its own and the root" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "path.issuer", "it ends at a root that is not ours" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "path.issuer", "a peer can't vouch for itself" },
};

static void set_verify_error(X509_STORE_CTX *ctx, time_t now, struct pki_result *result)
{
	const struct verify_rule *r = NULL;
	int error = X509_STORE_CTX_get_error(ctx);
	X509 *at = X509_STORE_CTX_get_current_cert(ctx);
	char subject[PKI_NAME_TEXT] = "?";
	size_t i;

	for (i = 0; i < sizeof(verify_rules) / sizeof(verify_rules[0]); i++) {
		if (verify_rules[i].error == error)
			r = &verify_rules[i];
	}
	/* Which also says by how much. */
	if ((error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) &&
	    at && !pki_valid_at(at, now, "certificate", PKI_BAD, result))
		return;
	if (at)
		pki_subject_text(at, subject);
	pki_set(result, error == X509_V_ERR_OUT_OF_MEM ? PKI_INDETERMINATE : PKI_BAD,
		r ? r->rule : "path.invalid", "%s at %s (%s)",
		X509_verify_cert_error_string(error), subject,
		r ? r->remedy : "issue the certificate anew");
}

static void set_params(X509_VERIFY_PARAM *param, const struct pki_chain_policy *policy, time_t now)
{
	X509_VERIFY_PARAM_set_time(param, now);
	/* Certificates between leaf and anchor. */
	X509_VERIFY_PARAM_set_depth(param, (int)policy->max_sent - 1);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
}

/* Fills c->path. The store has the anchor and nothing else to trust. */
static bool build_path(struct chain *c, const struct pki_chain_policy *policy, time_t now,
		       struct pki_result *result)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool ok = false;

	pki_set(result, PKI_INDETERMINATE, "memory", "out of memory (free some)");
	if (store && ctx && X509_STORE_add_cert(store, c->anchor) == 1 &&
	    X509_STORE_CTX_init(ctx, store, sk_X509_value(c->sent, 0), c->sent) == 1) {
		set_params(X509_STORE_CTX_get0_param(ctx), policy, now);
		ok = X509_verify_cert(ctx) == 1;
		if (ok)
			c->path = X509_STORE_CTX_get1_chain(ctx);
		else
			set_verify_error(ctx, now, result);
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return ok && c->path;
}

/* RFC 5280 4.2.1.3 and 4.2.1.9: both extensions, in every CA of the path. */
static bool check_ca(const X509 *cert, struct pki_result *result)
{
	char subject[PKI_NAME_TEXT];
	uint32_t flags = X509_get_extension_flags((X509 *)cert);

	if ((flags & EXFLAG_CA) && (flags & EXFLAG_KUSAGE) &&
	    (X509_get_key_usage((X509 *)cert) & KU_KEY_CERT_SIGN))
		return true;
	pki_set(result, PKI_BAD, "path.ca",
		"%s is not a CA with CA:TRUE and keyCertSign (issue from a CA certificate)",
		pki_subject_text(cert, subject));
	return false;
}

/* What an IKE end may use its key for: RFC 4945 5.1.3.12, TS 33.310 6.1.3. */
static bool leaf_eku_allowed(const X509 *leaf)
{
	static const int allowed[] = { NID_ipsec_IKE, NID_anyExtendedKeyUsage, NID_server_auth,
				       NID_client_auth };
	EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	bool ok = false;
	size_t j;
	int i;

	for (i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
		for (j = 0; j < sizeof(allowed) / sizeof(allowed[0]); j++)
			ok |= OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i)) == allowed[j];
	}
	EXTENDED_KEY_USAGE_free(eku);
	return ok;
}

static bool check_leaf(const X509 *cert, struct pki_result *result)
{
	uint32_t flags = X509_get_extension_flags((X509 *)cert);
	uint32_t usage = X509_get_key_usage((X509 *)cert);
	char subject[PKI_NAME_TEXT];

	pki_subject_text(cert, subject);
	if ((flags & EXFLAG_CA) || ((flags & EXFLAG_KUSAGE) && (usage & KU_KEY_CERT_SIGN)))
		pki_set(result, PKI_BAD, "leaf.ca",
			"%s is a CA (give the peer an end entity certificate)", subject);
	else if ((flags & EXFLAG_KUSAGE) && !(usage & KU_DIGITAL_SIGNATURE))
		pki_set(result, PKI_BAD, "leaf.keyusage",
			"keyUsage of %s lacks digitalSignature (issue it with it)", subject);
	else if ((flags & EXFLAG_XKUSAGE) && !leaf_eku_allowed(cert))
		pki_set(result, PKI_BAD, "leaf.eku",
			"extendedKeyUsage of %s does not allow IKE (issue it with ipsecIKE)", subject);
	else
		return true;
	return false;
}

/* @signature: also judge the algorithm it was signed with. */
static bool check_strength(X509 *cert, bool signature, struct pki_result *result)
{
	const char *key = pki_key_problem(X509_get0_pubkey(cert));
	const char *sig = signature ? pki_cert_sigalg_problem(cert) : NULL;
	char subject[PKI_NAME_TEXT];

	if (key)
		pki_set(result, PKI_BAD, "path.key", "%s: %s (issue it with RSA 2048, P-256 or stronger)",
			pki_subject_text(cert, subject), key);
	else if (sig)
		pki_set(result, PKI_BAD, "path.digest", "%s: %s (issue it with SHA-256 or more)",
			pki_subject_text(cert, subject), sig);
	return !key && !sig;
}

/* Lowers *@expires to the earliest end of validity. */
static bool check_path(const struct chain *c, time_t now, int64_t *expires,
		       struct pki_result *result)
{
	int i, n = sk_X509_num(c->path);

	for (i = 0; i < n; i++) {
		X509 *cert = sk_X509_value(c->path, i);
		int64_t to;

		/* The anchor is trusted for its key, not for its own signature. */
		if (!check_strength(cert, i < n - 1, result) ||
		    !pki_valid_at(cert, now, "certificate", PKI_BAD, result) ||
		    !(i ? check_ca(cert, result) : check_leaf(cert, result)))
			return false;
		if (!pki_time(X509_get0_notAfter(cert), &to) && to < *expires)
			*expires = to;
	}
	return n > 1;
}

/* Index in what was sent of the leaf's issuer, -1 when it's the anchor. */
static int issuer_index(const struct chain *c)
{
	const X509 *issuer = sk_X509_value(c->path, 1);
	int i;

	if (!issuer || !X509_cmp(issuer, c->anchor))
		return -1;
	for (i = 1; i < sk_X509_num(c->sent); i++) {
		if (!X509_cmp(issuer, sk_X509_value(c->sent, i)))
			return i;
	}
	return -1;
}

void pki_check_chain(const struct pki_der *certs, size_t ncerts,
		     const struct pki_chain_policy *policy, time_t now,
		     int *issuer, struct pki_result *result)
{
	struct chain c = { 0 };
	char subject[PKI_NAME_TEXT], until[PKI_TIME_TEXT];
	int64_t expires = INT64_MAX;
	X509 *leaf;

	memset(result, 0, sizeof(*result));
	if (issuer)
		*issuer = -1;
	if (ncerts)
		pki_sha256(certs[0].data, certs[0].len, result->cert_digest);
	pki_set(result, PKI_BAD, "path.invalid", "no path to the root (refuse the peer)");

	if (parse_sent(&c, certs, ncerts, policy, result) &&
	    build_path(&c, policy, now, result) &&
	    check_path(&c, now, &expires, result) &&
	    pki_name_check(sk_X509_value(c.sent, 0), policy->name, result)) {
		leaf = sk_X509_value(c.sent, 0);
		if (issuer)
			*issuer = issuer_index(&c);
		pki_set(result, PKI_GOOD, "path.good", "%s is %s, valid until %s",
			pki_subject_text(leaf, subject), policy->name,
			pki_time_text(expires, until));
		result->expires = expires;
	}
	chain_free(&c);
	/* The queue is the thread's: what a peer made us push isn't the next caller's. */
	ERR_clear_error();
}
