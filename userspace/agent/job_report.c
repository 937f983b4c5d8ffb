// SPDX-License-Identifier: GPL-2.0-or-later
/* The child that has the TPM make an INTEGRITY_INFO record. */
#include "agent/worker.h"

#include <stdlib.h>
#include <string.h>

#include "tre/report.h"

void job_report(const void *arg, struct worker_result *out)
{
	const struct job_report *job = arg;

	memset(out, 0, sizeof(*out));
	out->chain.verdict = PKI_INDETERMINATE;
	out->ocsp.verdict = PKI_INDETERMINATE;
	/* libtss2 is silent about what it tries; the verdict says what matters. */
	setenv("TSS2_LOG", "all+NONE", 1);
	tre_report_make(job->tcti, job->pcrs, &job->binding, &job->claims, out->record,
			&out->record_len, &out->tre);
}
