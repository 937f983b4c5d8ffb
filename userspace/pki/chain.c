// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The path from the leaf to an anchor, TS 33.320 7.2.3: at most four certificates
 * from the peer, in any order, the root always ours.
 */
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "pki/path.h"

static void input_free(struct path_input *in)
{
	for (size_t i = 0; i < in->nsent; i++)
		X509_free(in->sent[i]);
	for (size_t i = 0; i < in->nanchors; i++)
		X509_free(in->anchors[i]);
}

static bool check_input(size_t ncerts, size_t nanchors, const struct pki_chain_policy *policy,
			struct pki_result *result)
{
	if (!policy->profile) {
		pki_set(result, PKI_INDETERMINATE, "path.profile",
			"no profile says which certificates are taken (configure one)");
		return false;
	}
	if (!ncerts) {
		pki_set(result, PKI_BAD, "path.empty",
			"the peer sent no certificate (configure it to send its own)");
		return false;
	}
	if (ncerts > policy->max_sent || ncerts > PATH_SENT_MAX) {
		pki_set(result, PKI_BAD, "path.length",
			"the peer sent %zu certificates, at most %u are taken (shorten its path)",
			ncerts, policy->max_sent);
		return false;
	}
	if (!nanchors || nanchors > PATH_ANCHORS_MAX) {
		pki_set(result, PKI_BAD, "path.anchor",
			"%zu root certificates, from 1 to %u are taken (provision them again)",
			nanchors, PATH_ANCHORS_MAX);
		return false;
	}
	return true;
}

static bool parse(struct path_input *in, const struct pki_der *certs, size_t ncerts,
		  const struct pki_der *anchors, size_t nanchors, struct pki_result *result)
{
	for (; in->nanchors < nanchors; in->nanchors++) {
		X509 *cert = pki_parse_cert(anchors[in->nanchors]);

		if (!cert) {
			pki_set(result, PKI_BAD, "path.anchor",
				"root certificate %zu of %zu is not one DER certificate (provision it again)",
				in->nanchors + 1, nanchors);
			return false;
		}
		in->anchors[in->nanchors] = cert;
	}
	for (; in->nsent < ncerts; in->nsent++) {
		X509 *cert = pki_parse_cert(certs[in->nsent]);

		if (!cert) {
			pki_set(result, PKI_BAD, "path.encoding",
				"certificate %zu of %zu the peer sent is not one DER certificate (issue it anew)",
				in->nsent + 1, ncerts);
			return false;
		}
		in->sent[in->nsent] = cert;
	}
	return true;
}

/* Where in what was sent the certificates of the path are. */
static void tell_path(const struct path_input *in, const struct path *path, size_t n,
		      struct pki_path *out)
{
	for (out->n = 0; out->n < n && out->n < path->n; out->n++)
		for (size_t i = 0; i < in->nsent; i++)
			if (in->sent[i] == path->certs[out->n])
				out->index[out->n] = (uint8_t)i;
}

static void judge(const struct path_input *in, struct pki_path *told, struct pki_result *result)
{
	const struct pki_chain_policy *policy = in->policy;
	char subject[PKI_NAME_TEXT], until[PKI_TIME_TEXT];
	struct path_outcome out = { 0 };
	struct path path = { 0 };

	if (!path_build(in, &path, &out, result) ||
	    (!policy->any_name && !pki_name_check(in->sent[0], policy->name, result)))
		return;
	tell_path(in, &path, out.n, told);
	pki_subject_text(in->sent[0], subject);
	pki_time_text(out.expires, until);
	if (policy->any_name)
		pki_set(result, PKI_GOOD, "path.good", "%s, valid until %s", subject, until);
	else
		pki_set(result, PKI_GOOD, "path.good", "%s is %s, valid until %s", subject,
			policy->name, until);
	result->expires = out.expires;
	result->sha1 = out.sha1;
}

void pki_check_path(const struct pki_der *certs, size_t ncerts,
		    const struct pki_chain_policy *policy, time_t now,
		    struct pki_path *path, struct pki_result *result)
{
	const struct pki_der *anchors = policy->nanchors ? policy->anchors : &policy->anchor;
	size_t nanchors = policy->nanchors ? policy->nanchors : 1;
	struct path_input in = { .policy = policy, .now = now };

	memset(result, 0, sizeof(*result));
	path->n = 0;
	if (ncerts)
		pki_sha256(certs[0].data, certs[0].len, result->cert_digest);
	pki_set(result, PKI_BAD, "path.invalid", "no path to the root (refuse the peer)");

	if (check_input(ncerts, nanchors, policy, result) &&
	    parse(&in, certs, ncerts, anchors, nanchors, result))
		judge(&in, path, result);
	input_free(&in);
	/* The queue is the thread's: what a peer made us push isn't the next caller's. */
	ERR_clear_error();
}

void pki_check_chain(const struct pki_der *certs, size_t ncerts,
		     const struct pki_chain_policy *policy, time_t now,
		     int *issuer, struct pki_result *result)
{
	struct pki_path path = { 0 };

	pki_check_path(certs, ncerts, policy, now, &path, result);
	if (issuer)
		*issuer = path.n > 1 ? path.index[1] : -1;
}
