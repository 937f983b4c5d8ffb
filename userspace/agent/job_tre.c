// SPDX-License-Identifier: GPL-2.0-or-later
/* The child that talks to the TPM. */
#include "agent/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void job_tre(const void *arg, struct worker_result *out)
{
	const struct job_tre *job = arg;
	struct tre_policy *policy;
	char err[TRE_TEXT_MAX + 1];

	memset(out, 0, sizeof(*out));
	out->chain.verdict = PKI_INDETERMINATE;
	out->ocsp.verdict = PKI_INDETERMINATE;
	out->tre.verdict = TRE_UNAVAILABLE;
	/* libtss2 is silent about what it tries; the verdict says what matters. */
	setenv("TSS2_LOG", "all+NONE", 1);
	if (job->policy_errno) {
		snprintf(out->tre.rule, sizeof(out->tre.rule), "tre.policy.read");
		snprintf(out->tre.detail, sizeof(out->tre.detail),
			 "%.120s: %.60s: write a reference policy there, see [tre] policy",
			 job->policy_path, strerror(job->policy_errno));
		return;
	}
	policy = tre_policy_parse(job->policy, job->policy_len, err, sizeof(err));
	if (!policy) {
		snprintf(out->tre.rule, sizeof(out->tre.rule), "tre.policy.syntax");
		snprintf(out->tre.detail, sizeof(out->tre.detail), "%.120s: %.120s",
			 job->policy_path, err);
		return;
	}
	tre_quote(job->tcti, job->pcrs, job->qualifying, policy, &out->tre);
	tre_policy_free(policy);
}
