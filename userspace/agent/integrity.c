// SPDX-License-Identifier: GPL-2.0-or-later
/* The latest verdict on this box itself. The quotes are made by workers. */
#include "agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "agent/log.h"

#define POLICY_MAX	65536
#define QUOTE_MS	10000	/* a busy TPM takes seconds */

static const char label[] = "trustgate-local-1";

static struct tre_result latest;
static uint64_t latest_ms;
static bool checked;

/* The policy of the quote that was asked for last, and of the latest verdict. */
static struct policy_of {
	char name[TRE_POLICY_VERSION_MAX + 1];
	uint8_t digest[TRE_DIGEST_LEN];
} asked, judged_by;

bool integrity_required(void)
{
	return conf.gate.required & 1u << TRUSTGATE_EVIDENCE_KIND_INTEGRITY;
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

/* Octets of the policy file in @buf, or a negative errno. */
static ssize_t read_policy(char *buf, size_t size)
{
	int fd = open(conf.tre.policy, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = 0, n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buf + len, size - (size_t)len);
		if (n < 0)
			len = -errno;
		else
			len += n;
	} while (n > 0 && (size_t)len < size);
	close(fd);
	return (size_t)len == size ? -EFBIG : len;
}

static void note_policy(const char *text, size_t len)
{
	char err[TRE_TEXT_MAX + 1];
	struct tre_policy *policy = tre_policy_parse(text, len, err, sizeof(err));
	const char *name = policy ? tre_policy_name(policy) : "";

	memset(&asked, 0, sizeof(asked));
	if (EVP_Digest(text, len, asked.digest, NULL, EVP_sha256(), NULL) == 1)
		snprintf(asked.name, sizeof(asked.name), "%.63s", *name ? name : "unnamed");
	/* The record takes no other. */
	for (char *p = asked.name; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	tre_policy_free(policy);
}

bool integrity_claims(struct tre_claims *claims, uint32_t *resets, uint32_t *restarts)
{
	memset(claims, 0, sizeof(*claims));
	if (!checked || latest.verdict == TRE_UNAVAILABLE ||
	    loop_now() - latest_ms >= conf.tre.max_age_ms)
		return false;
	claims->verdict = latest.verdict == TRE_PASS ? TRE_CLAIM_PASS : TRE_CLAIM_FAIL;
	claims->has_policy = *judged_by.name;
	memcpy(claims->policy_version, judged_by.name, sizeof(claims->policy_version));
	memcpy(claims->policy_digest, judged_by.digest, sizeof(claims->policy_digest));
	claims->clock_s = (uint64_t)clock_ms() / 1000;
	claims->clock = clock_synced() ? TRE_CLOCK_SYNCED : TRE_CLOCK_UNKNOWN;
	*resets = latest.reset_count;
	*restarts = latest.restart_count;
	return true;
}

int integrity_quote(struct worker *w, const void *binding, size_t len,
		    void (*done)(struct worker *w, const struct worker_result *r))
{
	static char policy[POLICY_MAX];
	struct job_tre job = { .tcti = conf.tre.tcti, .pcrs = conf.tre.pcrs, .policy = policy };
	ssize_t n = read_policy(policy, sizeof(policy));

	job.policy_path = conf.tre.policy;
	job.policy_errno = n < 0 ? (int)-n : 0;
	job.policy_len = n < 0 ? 0 : (size_t)n;
	note_policy(policy, job.policy_len);
	if (integrity_qualify(binding, len, job.qualifying))
		return -EIO;
	return worker_start(w, WORKER_TRE, job_tre, &job, -1, QUOTE_MS, done);
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
	judged_by = asked;
	latest_ms = loop_now();
	checked = true;
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
	return json_pack("{s:s, s:o, s:o, s:I}",
			 "verdict", checked ? verdict_name(latest.verdict) : "unchecked",
			 "rule", control_text(latest.rule), "detail", control_text(latest.detail),
			 "age_s", (json_int_t)(checked ? (loop_now() - latest_ms) / 1000 : 0));
}
