/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which certificates may form a path, and what holds of one path. */
#ifndef TRUSTGATE_PKI_PATH_H
#define TRUSTGATE_PKI_PATH_H

#include "pki/internal.h"

#define PATH_SENT_MAX		PKI_PATH_MAX	/* the policy says fewer */
#define PATH_ANCHORS_MAX	1024
#define PATH_TRIES_MAX		64	/* paths that are verified, of a hostile peer's many */

struct path_input {
	X509 *sent[PATH_SENT_MAX];	/* in the peer's order, leaf first */
	X509 *anchors[PATH_ANCHORS_MAX];
	size_t nsent, nanchors;
	const struct pki_chain_policy *policy;
	time_t now;
};

/* One candidate: leaf first, without the anchor. */
struct path {
	X509 *certs[PATH_SENT_MAX];
	size_t n;
	X509 *anchor;
};

/* What a good path came to. */
struct path_outcome {
	size_t n;		/* certificates of the path before the anchor */
	int64_t expires;
	unsigned int sha1;
};

/* path.c: tries the paths there are until one is good; @result says why none is. */
bool path_build(const struct path_input *in, struct path *path, struct path_outcome *out,
		struct pki_result *result);

/* Of what is no path in the first place the reason is of little use. */
enum path_end { PATH_NO_LINK = 1, PATH_REFUSED, PATH_IS_GOOD };

/* path_verify.c: one path. */
enum path_end path_verify(const struct path_input *in, const struct path *path,
			  struct path_outcome *out, struct pki_result *result);

/* Tells the policy's found() of every departure from the profile on @path. */
void path_tell(const struct path_input *in, const struct path *path);

#endif /* TRUSTGATE_PKI_PATH_H */
