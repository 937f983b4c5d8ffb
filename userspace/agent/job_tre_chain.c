// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The child that asks the TPM about root, identity and key of this box, and verifies
 * the path in it. It parses certificates: those of a path that the other child, which
 * has no TPM, found to be signed by the root, and our own.
 */
#include "agent/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include "tre/anchor.h"
#include "tre/box.h"

static struct tre_der der(struct pki_der d)
{
	return (struct tre_der){ d.data, d.len };
}

/* The root that the path was checked by is the TPM's. */
static bool check_root(const struct job_tre_chain *job, struct tre_session *s,
		       struct tre_result *result)
{
	struct tre_anchor anchor;
	struct tre_vendor vendor;

	if (!tre_vendor_load(job->vendor, job->vendor_len, &vendor, result) ||
	    !tre_anchor_read(s, &vendor, &anchor, result))
		return false;
	/* HNB-TRE-06: an update is for new SAs. */
	if (!job->fresh || tre_anchor_is(&anchor, job->root.data, job->root.len))
		return true;
	result->verdict = TRE_FAIL;
	snprintf(result->rule, sizeof(result->rule), "tre.anchor.file");
	snprintf(result->detail, sizeof(result->detail),
		 "the root in [peer] anchor's file is not version %llu, which the TPM holds "
		 "('trustgate tre anchor install DIR', then 'swanctl --load-creds')",
		 (unsigned long long)anchor.version);
	return false;
}

static bool check_key(const struct job_tre_chain *job, struct tre_session *s,
		      struct tre_result *result)
{
	struct tre_vendor approver;

	if (job->key != CONFIG_TRE_KEY_BOUND)
		return tre_box_key(s, der(job->own_cert), NULL, result);
	return tre_vendor_load(job->approver, job->approver_len, &approver, result) &&
	       tre_box_key(s, der(job->own_cert), &approver, result);
}

static bool check_box(const struct job_tre_chain *job, struct tre_session *s,
		      struct tre_result *result)
{
	return (job->identity != CONFIG_TRE_IDENTITY_NV ||
		tre_box_identity(s, job->profile == CONFIG_PROFILE_OPERATOR, job->own_id,
				 der(job->own_cert), result)) &&
	       (job->key == CONFIG_TRE_KEY_ANY || check_key(job, s, result));
}

static bool check_chain(const struct job_tre_chain *job, struct tre_session *s,
			struct tre_links *links, struct tre_result *result)
{
	struct tre_der certs[PKI_PATH_MAX];

	if (job->anchor != CONFIG_TRE_ANCHOR_NV)
		return true;
	if (!check_root(job, s, result))
		return false;
	for (size_t i = 0; i < job->ncerts; i++)
		certs[i] = der(job->certs[i]);
	tre_verify_chain(s, certs, job->ncerts, der(job->root), links, result);
	return result->verdict == TRE_PASS;
}

/* What is not proven in the TPM is not good. */
static void spoil(struct pki_result *chain, const struct tre_result *r)
{
	chain->verdict = r->verdict == TRE_FAIL ? PKI_BAD : PKI_INDETERMINATE;
	chain->expires = 0;
	snprintf(chain->rule, sizeof(chain->rule), "%s", r->rule);
	snprintf(chain->detail, sizeof(chain->detail), "%.255s", r->detail);
}

void job_tre_chain(const void *arg, struct worker_result *out)
{
	const struct job_tre_chain *job = arg;
	struct tre_result result = { .verdict = TRE_UNAVAILABLE };
	struct tre_session s;

	/* libtss2 is silent about what it tries; the verdict says what matters. */
	setenv("TSS2_LOG", "all+NONE", 1);
	*out = *job->pki;
	if (!tre_session_open(&s, job->tcti, &result) || !check_box(job, &s, &result) ||
	    !check_chain(job, &s, &out->links, &result))
		spoil(&out->chain, &result);
	tre_session_close(&s);
}
