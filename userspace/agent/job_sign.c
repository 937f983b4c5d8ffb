// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The child that has the TPM sign for AUTH (HNB-TRE-09, -10). It parses the approval,
 * which root put where it was read from.
 */
#include "agent/worker.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#include "tre/sign.h"

/* What does not fit is not told. */
static bool take(uint8_t *to, size_t room, size_t *len, const uint8_t *from, size_t n)
{
	if (n > room)
		return false;
	if (n)
		memcpy(to, from, n);
	*len = n;
	return true;
}

static bool sign(const struct job_sign *job, struct worker_result *out)
{
	static struct tre_approval approval;
	struct tre_auth auth = { 0 };
	struct tre_session s;
	bool ok;

	if (job->approval_len &&
	    !tre_approval_parse(job->approval, job->approval_len, &approval, &out->tre))
		return false;
	ok = tre_session_open(&s, job->tcti, &out->tre) &&
	     tre_auth_sign(&s, job->approval_len ? &approval : NULL,
			   job->has_digest ? job->digest : NULL, &auth, &out->tre) &&
	     take(out->auth.key, sizeof(out->auth.key), &out->auth.key_len, auth.spki,
		  auth.spki_len) &&
	     take(out->auth.sig, sizeof(out->auth.sig), &out->auth.sig_len, auth.sig,
		  auth.sig_len);
	tre_session_close(&s);
	OPENSSL_free(auth.spki);
	OPENSSL_free(auth.sig);
	return ok;
}

void job_sign(const void *arg, struct worker_result *out)
{
	memset(out, 0, sizeof(*out));
	out->chain.verdict = PKI_INDETERMINATE;
	out->ocsp.verdict = PKI_INDETERMINATE;
	/* libtss2 is silent about what it tries; the verdict says what matters. */
	setenv("TSS2_LOG", "all+NONE", 1);
	if (sign(arg, out))
		return;
	memset(&out->auth, 0, sizeof(out->auth));
	if (out->tre.verdict == TRE_PASS)
		out->tre.verdict = TRE_UNAVAILABLE;
}
