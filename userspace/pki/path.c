// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Building the path, RFC 4158 in small. A peer may send cross certificates and others
 * in any order; OpenSSL follows the first issuer that fits and gives up where it does
 * not lead. With four certificates all paths can be tried.
 */
#include <string.h>
#include <openssl/x509v3.h>
#include "pki/path.h"

struct search {
	const struct path_input *in;
	struct path *path;
	struct path_outcome *out;
	struct pki_result *result;
	bool used[PATH_SENT_MAX];
	unsigned int tries;
	enum path_end worst;	/* 0: none failed yet; else @result has why @failed did */
	struct path failed;
};

static bool names_issuer(const X509 *cert, const X509 *issuer)
{
	return !X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer));
}

static bool same(const X509 *a, const X509 *b)
{
	return !X509_cmp(a, b);
}

/* A root that is sent is no link of a path: only ours are roots. */
static bool is_anchor(const struct path_input *in, const X509 *cert)
{
	for (size_t i = 0; i < in->nanchors; i++)
		if (same(cert, in->anchors[i]))
			return true;
	return false;
}

static bool already_in(const struct path *path, const X509 *cert)
{
	for (size_t i = 0; i < path->n; i++)
		if (same(path->certs[i], cert))
			return true;
	return false;
}

static bool try_anchors(struct search *s)
{
	const X509 *last = s->path->certs[s->path->n - 1];
	struct pki_result why;
	enum path_end end;

	for (size_t i = 0; i < s->in->nanchors; i++) {
		if (!names_issuer(last, s->in->anchors[i]) || s->tries == PATH_TRIES_MAX)
			continue;
		s->tries++;
		s->path->anchor = s->in->anchors[i];
		why = *s->result;
		end = path_verify(s->in, s->path, s->out, &why);
		if (end == PATH_IS_GOOD) {
			s->result->anchor = (unsigned int)i;
			return true;
		}
		/* The first that was followed to its end is what a person asks about. */
		if (end > s->worst) {
			*s->result = why;
			s->failed = *s->path;
			s->worst = end;
		}
	}
	return false;
}

static bool extend(struct search *s);

static bool try_next(struct search *s, size_t i)
{
	X509 *cert = s->in->sent[i];
	bool good;

	if (s->used[i] || already_in(s->path, cert) || is_anchor(s->in, cert) ||
	    !names_issuer(s->path->certs[s->path->n - 1], cert))
		return false;
	s->used[i] = true;
	s->path->certs[s->path->n++] = cert;
	good = extend(s);
	if (!good)
		s->path->n--;
	s->used[i] = false;
	return good;
}

/* As deep as certificates were sent. */
static bool extend(struct search *s)
{
	if (try_anchors(s))
		return true;
	for (size_t i = 1; i < s->in->nsent && s->tries < PATH_TRIES_MAX; i++)
		if (try_next(s, i))
			return true;
	return false;
}

/* The last certificate of the longest way up that there is, for the reason given. */
static const X509 *loose_end(const struct path_input *in)
{
	const X509 *at = in->sent[0];

	for (size_t steps = 0; steps < in->nsent; steps++) {
		const X509 *next = NULL;

		for (size_t i = 1; i < in->nsent && !next; i++)
			if (names_issuer(at, in->sent[i]) && !same(at, in->sent[i]))
				next = in->sent[i];
		if (!next)
			break;
		at = next;
	}
	return at;
}

static void no_way(const struct path_input *in, struct pki_result *result)
{
	const X509 *end = loose_end(in);
	char subject[PKI_NAME_TEXT], issuer[PKI_NAME_TEXT];

	pki_subject_text(end, subject);
	if (names_issuer(end, end)) {
		pki_set(result, PKI_BAD, "path.issuer",
			"the path ends at %s, which vouches for itself and is no root of ours (provision its root, or refuse the peer)",
			subject);
		return;
	}
	if (!X509_NAME_oneline(X509_get_issuer_name(end), issuer, sizeof(issuer)))
		strcpy(issuer, "?");
	pki_set(result, PKI_BAD, "path.issuer",
		"%s is by %s, which is neither a root of ours nor sent (the peer must send the CAs between its own and the root)",
		subject, issuer);
}

bool path_build(const struct path_input *in, struct path *path, struct path_outcome *out,
		struct pki_result *result)
{
	struct search s = { .in = in, .path = path, .out = out, .result = result };

	path->n = 1;
	path->certs[0] = in->sent[0];
	if (extend(&s)) {
		path_tell(in, path);
		return true;
	}
	if (s.worst)
		path_tell(in, &s.failed);
	else
		no_way(in, result);
	return false;
}
