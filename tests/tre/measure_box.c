// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure_box TCTI MASK POLICY [next=F] [key=F] [eventlog=F] [ima=F] [resets=N]: what the
 * agent's child says of this box: "VERDICT RULE RESETS POLICY DETAIL".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent/worker.h"

static struct job_file open_file(const char *path)
{
	struct job_file f = { .path = path };

	f.fd = open(path, O_RDONLY | O_CLOEXEC);
	f.error = f.fd < 0 ? errno : 0;
	return f;
}

static struct job_file *file_of(struct job_tre *job, const char *name, size_t len)
{
	const struct {
		const char *name;
		struct job_file *file;
	} files[] = {
		{ "next", &job->next }, { "key", &job->key }, { "eventlog", &job->eventlog },
		{ "ima", &job->ima },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strlen(files[i].name) == len && !strncmp(files[i].name, name, len))
			return files[i].file;
	return NULL;
}

int main(int argc, char **argv)
{
	static const char * const verdicts[] = { "unavailable", "pass", "fail" };
	static struct worker_result r;
	struct job_tre job = { 0 };

	if (argc < 4)
		return 64;
	job.tcti = argv[1];
	job.pcrs = (uint32_t)strtoul(argv[2], NULL, 0);
	memset(job.qualifying, 7, sizeof(job.qualifying));
	job.policy = open_file(argv[3]);
	job.next.fd = job.key.fd = -1;
	job.eventlog = open_file("/nonexistent/eventlog");
	job.ima = open_file("/nonexistent/ima");
	for (int i = 4; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		struct job_file *f = equals ? file_of(&job, argv[i], (size_t)(equals - argv[i])) : NULL;

		if (f) {
			*f = open_file(equals + 1);
		} else if (!strncmp(argv[i], "resets=", 7)) {
			job.booted = true;
			job.reset_count = (uint32_t)strtoul(equals + 1, NULL, 10);
		} else {
			return 64;
		}
	}
	job_tre(&job, &r);
	printf("%s %s %u %s %s\n", verdicts[r.tre.verdict], r.tre.rule, r.tre.reset_count,
	       *r.tre.policy ? r.tre.policy : "-", r.tre.detail);
	return r.tre.verdict != TRE_PASS;
}
