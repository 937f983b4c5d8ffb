// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trustgate revocation check: what the SeGW checks of an H(e)NB, for whoever else has one
 * before it, as an H(e)MS (TS 33.320 8.3.2.1: the same rules, the same configuration).
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "agent/worker.h"
#include "check_tls.h"
#include "revocation.h"
#include "segw/job.h"

#define NOBODY		65534
#define CLOCK_FILE	"/var/lib/trustgate/clock"

enum { OPT_CONFIG = 256, OPT_NAME, OPT_PROFILE, OPT_AT, OPT_CLOCK, OPT_TLS };

static const struct option options[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "at", required_argument, NULL, OPT_AT },
	{ "clock", required_argument, NULL, OPT_CLOCK },
	{ "tls", no_argument, NULL, OPT_TLS },
	{ "json", no_argument, NULL, 'j' },
	{ 0 },
};

struct question {
	const char *config, *name, *profile, *at, *clock;
	struct check_items certs;
	time_t when;
	bool tls;
};

static struct segw_world world;
static struct config conf;

static void on_error(void *arg, const char *file, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	char what[2 * TEXT_ROOM], v[TEXT_ROOM], where[16] = "";

	(void)arg;
	if (line)
		snprintf(where, sizeof(where), ":%d", line);
	snprintf(what, sizeof(what), "%.400s%s: %.100s %.600s", file, where, key,
		 clean(v, sizeof(v), value));
	complain(what, rule, remedy);
}

static int load(const struct question *q)
{
	if (config_load(q->config, &conf, on_error, NULL))
		return EXIT_USAGE;
	if (conf.agent.role != CONFIG_ROLE_SEGW) {
		complain(q->config, "is not of role = segw", "give the file that has the [vendor]s and [source]s");
		return EXIT_USAGE;
	}
	world.config = conf.segw;
	if (check_profile(q->profile ? q->profile : conf.peer.profile, &world.profile) ||
	    world_load(&world, on_error, NULL))
		return EXIT_USAGE;
	world_refresh(&world, on_error, NULL);
	return 0;
}

static int give_up(void)
{
	const struct worker_ids ids = { .pki_uid = NOBODY, .pki_gid = NOBODY };
	const struct rlimit none = { 0, 0 };

	if (!geteuid())
		return confine(WORKER_FETCH, &ids);
	return prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       setrlimit(RLIMIT_FSIZE, &none) ? -1 : 0;
}

static void ask(const struct question *q, struct segw_job_result *out)
{
	struct segw_job job = {
		.world = &world, .certs = q->certs.item, .ncerts = q->certs.n,
		.identity = q->name, .tls = q->tls, .extent = SEGW_JOB_ALL, .now = q->when,
		.deadline_ms = conf.segw.segw.deadline_ms, .skew_s = conf.ocsp.skew_ms / 1000,
		.crl_age_max_s = conf.ocsp.age_max_ms / 1000,
	};

	pki_ocsp_policy_default(&job.ocsp);
	pki_ocsp_policy_profile(&job.ocsp, &world.profile);
	job.ocsp.skew_s = conf.ocsp.skew_ms / 1000;
	job.ocsp.age_max_s = conf.ocsp.age_max_ms / 1000;
	job.ocsp.age_no_next_s = conf.ocsp.age_no_next_ms / 1000;
	job.ocsp.response_max = conf.ocsp.response_max;
	if (!give_up())
		segw_job(&job, out);
}

/* In a child without privilege, which parses what sources answer. */
static int ask_confined(const struct question *q, struct segw_job_result *out)
{
	struct segw_job_result *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (s == MAP_FAILED)
		return -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		signal(SIGPIPE, SIG_IGN);
		ask(q, s);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	*out = *s;
	munmap(s, sizeof(*s));
	return pid > 0 && *out->chain.rule ? 0 : -1;
}

static int judge(const struct ctl *ctl, const struct question *q)
{
	static const struct { const char *word; int status; } outcomes[] = {
		[PKI_GOOD] = { "good", EXIT_GOOD }, [PKI_BAD] = { "bad", EXIT_BAD },
		[PKI_INDETERMINATE] = { "indeterminate", EXIT_INDETERMINATE },
	};
	struct segw_job_result out;
	const struct pki_result *r = &out.revocation;
	json_t *doc = NULL;
	bool checked;

	if (ask_confined(q, &out)) {
		complain("revocation check", "the child that asks went wrong", "is there memory?");
		return EXIT_INDETERMINATE;
	}
	checked = out.vendor < conf.segw.nvendors && conf.segw.vendors[out.vendor].check;
	if (out.chain.verdict != PKI_GOOD || !checked)
		r = &out.chain;
	if (ctl->json)
		doc = json_pack("{s:o, s:o, s:b}", "name", json_text(q->name), "vendor",
				out.chain.verdict == PKI_GOOD ?
				json_text(conf.segw.vendors[out.vendor].name) : json_null(),
				"checked", checked);
	return check_print(ctl, r, outcomes[r->verdict].word, q->when, doc,
			   "trustgate.revocation-check/1", outcomes[r->verdict].status);
}

static int parse(struct ctl *ctl, struct question *q, int argc, char **argv)
{
	int opt, rc = 0;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "j", options, NULL)) != -1) {
		if (opt == 'j')
			ctl->json = true;
		else if (opt == OPT_CONFIG)
			q->config = optarg;
		else if (opt == OPT_NAME)
			q->name = optarg;
		else if (opt == OPT_PROFILE)
			q->profile = optarg;
		else if (opt == OPT_AT)
			q->at = optarg;
		else if (opt == OPT_CLOCK)
			q->clock = optarg;
		else if (opt == OPT_TLS)
			q->tls = true;
		else
			return option_error(argc, argv);
	}
	if (optind == argc || !q->name)
		return usage_error("revocation check", !q->name ? "needs --name, the H(e)NB's identity" :
				   "needs the H(e)NB's certificate");
	for (; !rc && optind < argc; optind++)
		rc = check_load(argv[optind], "CERTIFICATE", &q->certs);
	return rc ? rc : q->at ? check_at(q->at, &q->when) :
	       check_clock(ctl, q->clock ? q->clock : CLOCK_FILE, &q->when);
}

int revocation_check(struct ctl *ctl, int argc, char **argv)
{
	struct question q = { .config = CONFIG_PATH };
	int rc = parse(ctl, &q, argc, argv);

	if (!rc)
		rc = load(&q);
	if (!rc)
		rc = judge(ctl, &q);
	check_items_free(&q.certs);
	return rc;
}
