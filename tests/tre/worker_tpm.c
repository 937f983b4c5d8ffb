// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * worker_tpm TCTI DEADLINE_MS POLICY APPROVAL: the agent's loop and its children, asking the
 * TPM first to measure the box and then to sign for AUTH. A line for each: job, verdict,
 * rule, ms, how often the loop's other timer fired meanwhile, and what was said.
 *
 * The children keep their privileges: they may not make a socket, and the TPM here is one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent/worker.h"

#define TICK_MS	20

static struct worker worker;
static struct timer ticker;
static unsigned int ticks;
static uint64_t started;
static const char *tcti, *policy, *approval;
static uint32_t deadline;

int confine(enum worker_kind kind, const struct worker_ids *ids)
{
	(void)kind;
	(void)ids;
	return 0;
}

static void tick(struct timer *t)
{
	ticks++;
	timer_start(t, TICK_MS, tick);
}

static void tell(const char *job, const struct tre_result *r)
{
	static const char *const words[] = { "unavailable", "pass", "fail" };

	printf("%s %s %s %llu %u %s\n", job, words[r->verdict], r->rule,
	       (unsigned long long)(loop_now() - started), ticks, r->detail);
	fflush(stdout);
}

static void begin(worker_job *run, const void *arg, int fd,
		  void (*done)(struct worker *w, const struct worker_result *r))
{
	ticks = 0;
	started = loop_now();
	if (worker_start(&worker, WORKER_TRE, run, arg, fd, deadline, done))
		exit(70);
}

static void signed_(struct worker *w, const struct worker_result *r)
{
	(void)w;
	tell(r->auth.sig_len || r->tre.verdict != TRE_PASS ? "sign" : "none", &r->tre);
	loop_stop(0);
}

static void measured(struct worker *w, const struct worker_result *r)
{
	static char text[TRE_APPROVAL_TEXT_MAX];
	struct job_sign job = { .tcti = tcti, .approval = text, .has_digest = true };
	FILE *f = fopen(approval, "re");

	(void)w;
	tell("measure", &r->tre);
	if (f) {
		job.approval_len = fread(text, 1, sizeof(text), f);
		fclose(f);
	}
	begin(job_sign, &job, -1, signed_);
}

int main(int argc, char **argv)
{
	struct job_tre job = {
		.pcrs = 0x81, .next.fd = -1, .key.fd = -1, .eventlog = { "", -1, ENOENT },
		.ima = { "", -1, ENOENT },
	};

	if (argc != 5 || loop_init())
		return 64;
	tcti = argv[1];
	deadline = (uint32_t)strtoul(argv[2], NULL, 10);
	policy = argv[3];
	approval = argv[4];
	job.tcti = tcti;
	job.policy.path = policy;
	job.policy.fd = open(policy, O_RDONLY | O_CLOEXEC);
	worker_init(&worker);
	timer_start(&ticker, TICK_MS, tick);
	begin(job_tre, &job, job.policy.fd, measured);
	return loop_run();
}
