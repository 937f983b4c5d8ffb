// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The child that looks at this box: it reads what its parent opened, asks the TPM for a
 * quote, and holds both against the reference policy.
 */
#include "agent/worker.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "tre/judge.h"
#include "tre/policy.h"

/* Half a million files that ran since the system started: it is time for a reboot. */
#define LOG_MAX		(48u << 20)

struct text {
	char *data;
	size_t len;
};

static void say(struct tre_result *r, enum tre_verdict verdict, const char *rule,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void say(struct tre_result *r, enum tre_verdict verdict, const char *rule,
		const char *fmt, ...)
{
	va_list ap;

	r->verdict = verdict;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	va_start(ap, fmt);
	vsnprintf(r->detail, sizeof(r->detail), fmt, ap);
	va_end(ap);
}

/* All of it, at most @max octets. 0 or an errno. */
static int read_whole(const struct job_file *f, size_t max, struct text *t)
{
	size_t room = 0;
	ssize_t n;

	*t = (struct text){ 0 };
	if (f->fd < 0)
		return f->error ? f->error : ENOENT;
	do {
		if (t->len == room) {
			char *more = realloc(t->data, room ? 2 * room : 65536);

			if (!more)
				return ENOMEM;
			t->data = more;
			room = room ? 2 * room : 65536;
		}
		n = read(f->fd, t->data + t->len, room - t->len);
		if (n < 0 && errno != EINTR)
			return errno;
		t->len += n > 0 ? (size_t)n : 0;
		if (t->len > max)
			return EFBIG;
	} while (n);
	return 0;
}

/* The operator's key, if there has to be one. False, and why in @r. */
static bool read_key(const struct job_tre *job, struct text *key, struct tre_result *r)
{
	int rc = job->key.path ? read_whole(&job->key, TRE_KEY_MAX, key) : 0;

	if (rc)
		say(r, TRE_UNAVAILABLE, "tre.policy.key",
		    "%.120s: %.60s: put the operator's public key there, see [tre] policy_key",
		    job->key.path, strerror(rc));
	return !rc;
}

/* NULL, and why in @r. @sealed: it has to be signed, by one of @key. */
static struct tre_policy *load_policy(const struct job_file *f, bool sealed, const struct text *key,
				      uint8_t digest[TRE_DIGEST_LEN], struct tre_result *r)
{
	struct tre_policy *policy = NULL;
	struct text text;
	char err[256];
	int rc = read_whole(f, TRE_POLICY_MAX, &text);

	if (rc) {
		say(r, TRE_UNAVAILABLE, "tre.policy.read",
		    "%.120s: %.60s: write a reference policy there (trustgate policy init), see [tre] policy",
		    f->path, strerror(rc));
		free(text.data);
		return NULL;
	}
	policy = tre_policy_parse(text.data, text.len, err, sizeof(err));
	if (!policy) {
		say(r, TRE_UNAVAILABLE, "tre.policy.syntax", "%.120s: %.250s", f->path, err);
	} else if (sealed &&
		   !tre_policy_signed_by(policy, text.data, key->data, key->len, err, sizeof(err))) {
		say(r, TRE_FAIL, "tre.policy.signature", "%.120s: %.250s", f->path, err);
		tre_policy_free(policy);
		policy = NULL;
	}
	if (policy && EVP_Digest(text.data, text.len, digest, NULL, EVP_sha256(), NULL) != 1)
		memset(digest, 0, TRE_DIGEST_LEN);
	free(text.data);
	return policy;
}

/* What is to replace @policy is not what @policy replaced. */
static struct tre_policy *load_next(const struct job_tre *job, bool sealed,
				    const struct text *key, const struct tre_policy *policy,
				    struct tre_result *r)
{
	uint8_t digest[TRE_DIGEST_LEN];
	struct tre_policy *next = load_policy(&job->next, sealed, key, digest, r);

	if (!next || tre_policy_version(next) >= tre_policy_version(policy))
		return next;
	say(r, TRE_FAIL, "tre.policy.version", "%.120s: its version %llu is older than %llu",
	    job->next.path, (unsigned long long)tre_policy_version(next),
	    (unsigned long long)tre_policy_version(policy));
	tre_policy_free(next);
	return NULL;
}

/* After the quote, so that it has everything the quote is about. */
static void read_log(const struct job_file *f, struct text *t, char *why, size_t size,
		     struct tre_log *log)
{
	int rc = read_whole(f, LOG_MAX, t);

	log->octets = NULL;
	log->len = t->len;
	if (!rc) {
		/* An empty one is there all the same. */
		log->octets = (const uint8_t *)(t->data ? t->data : "");
		return;
	}
	snprintf(why, size, "%.100s: %.60s (%s)", f->path, strerror(rc), rc == EFBIG ?
		 "it is longer than 48 MiB: reboot, or measure less" :
		 "is securityfs mounted, and does the kernel measure? see [tre]");
	log->why = why;
}

/* PCRs lose what was measured when the TPM is reset behind a running system's back. */
static bool same_boot(const struct job_tre *job, struct tre_result *r)
{
	if (!job->booted || job->reset_count == r->reset_count)
		return true;
	say(r, TRE_FAIL, "tre.boot",
	    "the TPM's reset counter is %u, it was %u when this system was measured first: the TPM was reset while it ran (reboot)",
	    r->reset_count, job->reset_count);
	return false;
}

static void judge(const struct job_tre *job, const struct tre_policy *const *policies, size_t n,
		  const char *note, struct tre_result *r)
{
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN];
	char why_events[256], why_ima[256];
	struct text events = { 0 }, ima = { 0 };
	struct tre_measured m = { .mask = job->pcrs, .pcrs = (const uint8_t (*)[TRE_DIGEST_LEN])pcrs };
	struct tre_judged judged;

	for (size_t i = 0; i < n; i++)
		m.mask |= tre_policy_needs(policies[i]);
	tre_quote_values(job->tcti, m.mask, job->qualifying, pcrs, r);
	if (r->verdict != TRE_PASS || !same_boot(job, r))
		return;
	read_log(&job->eventlog, &events, why_events, sizeof(why_events), &m.eventlog);
	read_log(&job->ima, &ima, why_ima, sizeof(why_ima), &m.imalog);
	tre_judge(policies, n, job->pcrs, &m, &judged, r, NULL, NULL);
	tre_remark(r, note);
	free(events.data);
	free(ima.data);
}

void job_tre(const void *arg, struct worker_result *out)
{
	const struct job_tre *job = arg;
	struct tre_policy *policies[2] = { NULL, NULL };
	uint8_t digest[TRE_DIGEST_LEN];
	const bool sealed = job->key.path;
	struct text key = { 0 };
	struct tre_result other;
	char note[256] = "";

	memset(out, 0, sizeof(*out));
	out->chain.verdict = PKI_INDETERMINATE;
	out->ocsp.verdict = PKI_INDETERMINATE;
	out->tre.verdict = TRE_UNAVAILABLE;
	/* libtss2 is silent about what it tries; the verdict says what matters. */
	setenv("TSS2_LOG", "all+NONE", 1);
	if (read_key(job, &key, &out->tre))
		policies[0] = load_policy(&job->policy, sealed, &key, digest, &out->tre);
	if (policies[0] && job->next.path) {
		policies[1] = load_next(job, sealed, &key, policies[0], &other);
		/* It was never applied; the one that was still holds. */
		if (!policies[1])
			snprintf(note, sizeof(note), " [not used: %.200s]", other.detail);
	}
	free(key.data);
	if (!policies[0])
		return;
	judge(job, (const struct tre_policy *const *)policies, policies[1] ? 2 : 1, note, &out->tre);
	snprintf(out->tre.policy, sizeof(out->tre.policy), "%s", tre_policy_name(policies[0]));
	memcpy(out->tre.policy_digest, digest, sizeof(digest));
	tre_policy_free(policies[0]);
	tre_policy_free(policies[1]);
}
