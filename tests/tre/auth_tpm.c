// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * auth_tpm TCTI APPROVAL DIGEST-FILE SIGNATURE-FILE: what the agent's child does when
 * charon wants AUTH signed; then verdict, rule and detail.
 */
#include <stdio.h>
#include "agent/worker.h"

static size_t load(const char *path, void *out, size_t room)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(out, 1, room, f) : 0;

	if (f)
		fclose(f);
	return n;
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "unavailable", "pass", "fail" };
	static char approval[TRE_APPROVAL_TEXT_MAX];
	static struct worker_result r;
	struct job_sign job = { .has_digest = true, .approval = approval };
	FILE *f;

	if (argc != 5)
		return 64;
	job.tcti = argv[1];
	job.approval_len = load(argv[2], approval, sizeof(approval));
	if (load(argv[3], job.digest, sizeof(job.digest)) != sizeof(job.digest))
		return 64;
	job_sign(&job, &r);
	printf("%s %s %s\n", words[r.tre.verdict], r.tre.rule, r.tre.detail);
	if (r.tre.verdict != TRE_PASS || !r.auth.sig_len)
		return 1;
	f = fopen(argv[4], "we");
	if (!f || fwrite(r.auth.sig, 1, r.auth.sig_len, f) != r.auth.sig_len)
		return 1;
	return fclose(f) ? 1 : 0;
}
