// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The child that looks at certificates. The path is checked again with every
 * OCSP exchange: it may have expired since, and who issued what comes from
 * a path that was checked, never from what was sent.
 */
#include "agent/worker.h"

#include <string.h>
#include <time.h>

int64_t job_now(const struct job_pki *job)
{
	struct timespec ts;
	int64_t passed;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	passed = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 - (int64_t)job->boot_ms;
	return (job->wall_ms + passed) / 1000;
}

void job_pki(const void *arg, struct worker_result *out)
{
	const struct job_pki *job = arg;
	struct job_seen seen = { 0 };
	struct job_pki looked = *job;
	struct pki_path path = { 0 };

	memset(out, 0, sizeof(*out));
	out->tre.verdict = TRE_UNAVAILABLE;
	job_unknown(&out->chain, "chain.unchecked", "the path was not checked");
	job_unknown(&out->ocsp, "ocsp.unchecked",
		    "the path is not good, so nobody was asked about its revocation");
	pki_check_path(job->certs, job->ncerts, &job->policy, job_now(job), &path, &out->chain);
	out->path = path;
	if (out->chain.verdict != PKI_GOOD || !path.n)
		return;
	looked.seen = &seen;
	if (job->mode == CONFIG_OCSP_INBAND)
		job_inband(&looked, &path, &out->ocsp, &out->absent);
	else if (job->mode == CONFIG_OCSP_DIRECT || job->mode == CONFIG_OCSP_INTUNNEL)
		job_ocsp(&looked, &path, &out->ocsp, &out->produced);
	else
		return;
	job_known(&looked, &path, &seen, out);
}
