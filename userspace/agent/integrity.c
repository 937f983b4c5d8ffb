// SPDX-License-Identifier: GPL-2.0-or-later
/* The latest verdict on this box itself. The quotes are made by workers. */
#include "agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "agent/log.h"

/* The policy that is to replace another lies beside it: trustgate policy apply. */
#define NEXT		".next"
#define QUOTE_MS	10000	/* a busy TPM takes seconds */

static const char label[] = "trustgate-local-1";

static struct tre_result latest;
static uint64_t latest_ms;
static bool checked;

/* The TPM counts its resets; one while this system runs makes its PCRs anybody's. */
static bool booted;
static uint32_t boot_resets;

/* A SeGW's proof of integrity is about its H(e)NBs, and made from their reports. */
bool integrity_required(void)
{
	return conf.agent.role == CONFIG_ROLE_HENB &&
	       conf.gate.required & 1u << TRUSTGATE_EVIDENCE_KIND_INTEGRITY;
}

bool integrity_pass(void)
{
	return checked && latest.verdict == TRE_PASS &&
	       loop_now() - latest_ms < conf.tre.max_age_ms;
}

/* SHA-256 of label, binding and 32 random octets: no quote made before, and
 * none made for another IKE SA, fits.
 */
int integrity_qualify(const void *binding, size_t len, uint8_t out[TRE_DIGEST_LEN])
{
	uint8_t buf[256];
	size_t n = sizeof(label) - 1;

	if (n + len + 32 > sizeof(buf))
		return -1;
	memcpy(buf, label, n);
	if (len)
		memcpy(buf + n, binding, len);
	n += len;
	if (getrandom(buf + n, 32, 0) != 32)
		return -1;
	return EVP_Digest(buf, n + 32, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

bool integrity_claims(struct tre_claims *claims, uint32_t *resets, uint32_t *restarts)
{
	memset(claims, 0, sizeof(*claims));
	if (!checked || latest.verdict == TRE_UNAVAILABLE ||
	    loop_now() - latest_ms >= conf.tre.max_age_ms)
		return false;
	claims->verdict = latest.verdict == TRE_PASS ? TRE_CLAIM_PASS : TRE_CLAIM_FAIL;
	claims->has_policy = *latest.policy;
	snprintf(claims->policy_version, sizeof(claims->policy_version), "%s", latest.policy);
	memcpy(claims->policy_digest, latest.policy_digest, sizeof(claims->policy_digest));
	claims->clock_s = (uint64_t)clock_ms() / 1000;
	claims->clock = clock_synced() ? TRE_CLOCK_SYNCED : TRE_CLOCK_UNKNOWN;
	*resets = latest.reset_count;
	*restarts = latest.restart_count;
	return true;
}

static struct job_file open_file(const char *path)
{
	struct job_file f = { .path = path };

	f.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	f.error = f.fd < 0 ? errno : 0;
	return f;
}

/* What only root may read is opened here and read by the child, which is nobody. */
int integrity_quote(struct worker *w, const void *binding, size_t len,
		    void (*done)(struct worker *w, const struct worker_result *r))
{
	struct job_tre job = {
		.tcti = conf.tre.tcti, .pcrs = conf.tre.pcrs,
		.booted = booted, .reset_count = boot_resets,
	};
	char next[sizeof(conf.tre.policy) + sizeof(NEXT)];
	int err;

	if (integrity_qualify(binding, len, job.qualifying))
		return -EIO;
	snprintf(next, sizeof(next), "%s" NEXT, conf.tre.policy);
	job.policy = open_file(conf.tre.policy);
	job.next = open_file(next);
	if (job.next.error == ENOENT)
		job.next.path = NULL;
	job.key.fd = -1;
	if (*conf.tre.policy_key)
		job.key = open_file(conf.tre.policy_key);
	job.eventlog = open_file(conf.tre.eventlog);
	job.ima = open_file(conf.tre.ima);

	const int fds[] = {
		job.policy.fd, job.next.fd, job.key.fd, job.eventlog.fd, job.ima.fd,
	};
	const size_t n = sizeof(fds) / sizeof(fds[0]);

	err = worker_start_keeping(w, WORKER_TRE, job_tre, &job, fds, n, QUOTE_MS, done);
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return err;
}

static const char *verdict_name(enum tre_verdict v)
{
	return v == TRE_PASS ? "pass" : v == TRE_FAIL ? "fail" : "unavailable";
}

void integrity_note(const struct tre_result *r)
{
	bool news = !checked || r->verdict != latest.verdict ||
		    strcmp(r->rule, latest.rule);
	struct log l;

	latest = *r;
	latest_ms = loop_now();
	checked = true;
	if (r->verdict == TRE_PASS && !booted) {
		booted = true;
		boot_resets = r->reset_count;
	}
	if (!news)
		return;
	log_begin(&l, r->verdict == TRE_PASS ? LOG_NOTICE : LOG_ERR, "integrity");
	log_str(&l, "verdict", verdict_name(r->verdict));
	log_str(&l, "rule", r->rule);
	log_str(&l, "value", r->detail);
	log_end(&l);
}

json_t *integrity_json(void)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:{s:I, s:I}, s:I}",
			 "verdict", checked ? verdict_name(latest.verdict) : "unchecked",
			 "rule", control_text(latest.rule), "detail", control_text(latest.detail),
			 "policy", control_text(latest.policy),
			 "boot", "resets", (json_int_t)latest.reset_count,
			 "restarts", (json_int_t)latest.restart_count,
			 "age_s", (json_int_t)(checked ? (loop_now() - latest_ms) / 1000 : 0));
}

/*
 * The kernel's list grows when a file runs that has not run before, and a policy changes
 * when somebody puts another in its place: the verdict is made anew (PIT-26).
 */
struct seen {
	char count[24];		/* of the kernel's list, as it says it */
	struct {
		dev_t dev;
		ino_t ino;
		off_t size;
		struct timespec mtime;
	} files[4];
};

static struct seen seen;
static struct timer watch;
static struct worker again;

static void see_file(struct seen *s, unsigned int n, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return;
	s->files[n].dev = st.st_dev;
	s->files[n].ino = st.st_ino;
	s->files[n].size = st.st_size;
	s->files[n].mtime = st.st_mtim;
}

/* Beside the list, in a directory of the kernel's. */
static void see_count(struct seen *s)
{
	static const char name[] = "runtime_measurements_count";
	char path[sizeof(conf.tre.ima) + sizeof(name)];
	const char *slash = strrchr(conf.tre.ima, '/');
	int fd;

	snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - conf.tre.ima), conf.tre.ima, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	if (read(fd, s->count, sizeof(s->count)) < 0)
		memset(s->count, 0, sizeof(s->count));
	close(fd);
}

static void see(struct seen *s)
{
	char next[sizeof(conf.tre.policy) + sizeof(NEXT)];

	/* With memset(), since it is compared as a whole. */
	memset(s, 0, sizeof(*s));
	snprintf(next, sizeof(next), "%s" NEXT, conf.tre.policy);
	see_file(s, 0, conf.tre.policy);
	see_file(s, 1, next);
	if (*conf.tre.policy_key)
		see_file(s, 2, conf.tre.policy_key);
	see_file(s, 3, conf.tre.ima);
	see_count(s);
}

static void seen_again(struct worker *w, const struct worker_result *r)
{
	bool passed = integrity_pass();

	(void)w;
	integrity_note(&r->tre);
	/* What rests on another verdict is proven anew, each IKE SA for itself. */
	if (r->tre.verdict != TRE_PASS || !passed)
		context_recheck(0);
	if (r->tre.verdict == TRE_PASS && !passed)
		start_now();
}

static void look(struct timer *t)
{
	struct seen now;

	see(&now);
	if (memcmp(&now, &seen, sizeof(now)) && !worker_running(&again) &&
	    !integrity_quote(&again, NULL, 0, seen_again))
		seen = now;
	timer_start(t, conf.tre.watch_ms, look);
}

void integrity_watch(void)
{
	if (!integrity_required())
		return;
	worker_init(&again);
	see(&seen);
	timer_start(&watch, conf.tre.watch_ms, look);
}
