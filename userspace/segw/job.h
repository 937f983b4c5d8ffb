/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that the SeGW checks of one H(e)NB: its path, whether it was revoked,
 * whether it may connect. For a confined worker that may make sockets of the Internet
 * and nothing else; it opens no file.
 */
#ifndef TRUSTGATE_SEGW_JOB_H
#define TRUSTGATE_SEGW_JOB_H

#include "segw/crl_get.h"
#include "segw/world.h"

/* At most, beyond the deadline of the sources: a worker that is late says nothing. */
#define SEGW_AUTHZ_MS	1500

struct segw_job {
	const struct segw_world *world;
	const struct pki_der *certs;	/* the leaf that signed AUTH first */
	size_t ncerts;
	const char *identity;		/* IDi, which the leaf's SAN must have */
	bool tls;			/* it was shown in TLS, to an H(e)MS */
	/*
	 * How far: the path alone; all; or, after it was opened by the first source,
	 * whether another one says revoked.
	 */
	enum { SEGW_JOB_PATH, SEGW_JOB_ALL, SEGW_JOB_FOLLOW } extent;
	int64_t now;			/* seconds since the epoch, when it begins */
	/* For all sources together; authorisation ends SEGW_AUTHZ_MS after it. */
	uint32_t deadline_ms;
	struct pki_ocsp_policy ocsp;	/* nonce_required is the source's */
	int64_t skew_s, crl_age_max_s;
};

struct segw_job_result {
	struct pki_result chain, revocation, authz;
	uint32_t vendor;		/* of config.vendors, when the path is good */
	struct crl_want want;		/* a list that its certificate points to */
	bool follow;			/* opened by the first; the others are to be asked */
};

/* Fills all of @out. What was not looked at is PKI_INDETERMINATE. */
void segw_job(const struct segw_job *job, struct segw_job_result *out);

#endif /* TRUSTGATE_SEGW_JOB_H */
