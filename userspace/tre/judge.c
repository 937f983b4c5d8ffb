// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is what was measured what a policy allows? Deny lists come before everything: what
 * was allowed once, or is below an excluded path, may have turned out to be bad.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "tre/eventlog.h"
#include "tre/imalog.h"
#include "tre/internal.h"
#include "tre/judge.h"

#define IMA_BIT		(1u << TRE_IMA_PCR)
/* PCRs that boot_aggregate is made of, ima_calc_boot_aggregate_tfm(). */
#define BOOT_AGGREGATE	10
/* Of a path in a message: its end says more. */
#define SHOWN		100

struct judge {
	const struct tre_policy *const *policies;
	size_t n;
	const struct tre_measured *m;
	struct tre_judged *judged;
	struct tre_result *result;
	tre_refusal_fn *each;
	void *arg;
};

/* Printable, and not too long. A file's name is anybody's: only a plain one is fit for a
 * command that somebody may paste.
 */
struct shown {
	char text[SHOWN + 4];
	bool plain;
};

static void refuse(struct judge *j, enum tre_verdict verdict, const char *rule,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void refuse(struct judge *j, enum tre_verdict verdict, const char *rule,
		   const char *fmt, ...)
{
	unsigned int *count = verdict == TRE_FAIL ? &j->judged->refused : &j->judged->untold;
	struct tre_result one = { .verdict = verdict };
	va_list ap;

	snprintf(one.rule, sizeof(one.rule), "%s", rule);
	va_start(ap, fmt);
	vsnprintf(one.detail, sizeof(one.detail), fmt, ap);
	va_end(ap);
	/* What is wrong comes before what can't be told. */
	if (!*count && (verdict == TRE_FAIL || !j->judged->refused))
		tre_set(j->result, verdict, one.rule, "%s", one.detail);
	++*count;
	if (j->each)
		j->each(j->arg, &one);
}

static struct shown show(const char *path, size_t len)
{
	struct shown s = { .plain = len <= SHOWN };
	size_t i = 0;

	if (len > SHOWN) {
		memcpy(s.text, "...", 3);
		path += len - SHOWN;
		len = SHOWN;
		i = 3;
	}
	for (; len--; path++) {
		if (!isalnum((unsigned char)*path) && (!*path || !strchr("/._+,:@-", *path)))
			s.plain = false;
		if (*path > 0x20 && *path < 0x7f)
			s.text[i++] = *path;
		else
			s.text[i++] = '?';
	}
	s.text[i] = 0;
	return s;
}

/* The lines of the second policy are those of the file that is to replace the first. */
static const char *which(const struct judge *j, size_t policy)
{
	return j->n > 1 && policy ? " of the next policy" : "";
}

/* ------------------------------------------------------------------------- PCRs */

static bool value_allowed(const struct judge *j, int pcr)
{
	for (size_t i = 0; i < j->n; i++)
		if (tre_pcr_allowed(j->policies[i], pcr, j->m->pcrs[pcr]))
			return true;
	return false;
}

static void refuse_value(struct judge *j, int pcr)
{
	char measured[TRE_HEX_LEN + 1], first[TRE_HEX_LEN + 1], more[24] = "";
	const struct tre_allowed *allowed = NULL;
	size_t i;

	tre_hex(j->m->pcrs[pcr], measured);
	for (i = 0; i < j->n; i++) {
		allowed = &j->policies[i]->pcr[pcr];
		if (allowed->line)
			break;
	}
	if (i == j->n) {
		refuse(j, TRE_FAIL, "tre.pcr.unlisted",
		       "PCR %d is %s, the policy has no line for it (if that is known good: trustgate policy build --pcr %d=%s)",
		       pcr, measured, pcr, measured);
		return;
	}
	if (allowed->n > 1)
		snprintf(more, sizeof(more), " or %u more", allowed->n - 1);
	refuse(j, TRE_FAIL, "tre.pcr.mismatch",
	       "PCR %d is %s, policy line %u%s allows %s%s (boot known software, or if this is: trustgate policy build --pcr %d=%s)",
	       pcr, measured, allowed->line, which(j, i), tre_hex(allowed->values[0], first), more,
	       pcr, measured);
}

static uint32_t needed(const struct judge *j)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < j->n; i++)
		mask |= tre_policy_needs(j->policies[i]);
	return mask;
}

/* What the values alone do not settle: PCRs that the logs have to explain. */
static uint32_t judge_values(struct judge *j, uint32_t mask, uint32_t rules)
{
	uint32_t left = 0;
	int i;

	for (i = 0; i < TRE_PCRS; i++) {
		if (!((mask | rules) & 1u << i))
			continue;
		if (!(j->m->mask & 1u << i))
			refuse(j, TRE_UNAVAILABLE, "tre.pcr.absent",
			       "the value of PCR %d is not known (read it, or quote it as well)", i);
		else if (value_allowed(j, i))
			continue;
		else if (rules & 1u << i)
			left |= 1u << i;
		else
			refuse_value(j, i);
	}
	return left;
}

/* ----------------------------------------------------------------------- events */

static bool any_denied_events(const struct judge *j)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->policies[i]->ndenied_events)
			return true;
	return false;
}

static bool event_denied(struct judge *j, const struct tre_event *e)
{
	char digest[TRE_HEX_LEN + 1], name[20];

	for (size_t i = 0; i < j->n; i++) {
		const struct tre_policy *p = j->policies[i];
		const struct tre_known *k = tre_known_digest(p->denied_events, p->ndenied_events,
							     e->digest);

		if (!k)
			continue;
		refuse(j, TRE_FAIL, "tre.event.denied",
		       "PCR %u: event %u (%s) is %s, which policy line %u%s denies (boot other software)",
		       e->pcr, e->n, tre_event_name(e->type, name), tre_hex(e->digest, digest),
		       k->line, which(j, i));
		return true;
	}
	return false;
}

static void judge_event(struct judge *j, const struct tre_event *e, uint32_t pcrs)
{
	char digest[TRE_HEX_LEN + 1], first[TRE_HEX_LEN + 1], name[20], allows[180] = "";

	if (event_denied(j, e) || !(pcrs & 1u << e->pcr))
		return;
	j->judged->events++;
	for (size_t i = 0; i < j->n; i++) {
		const struct tre_policy *p = j->policies[i];
		const struct tre_known *k;
		size_t n, at;

		k = tre_known_find(p->events, p->nevents, NULL, e->pcr, &n);
		for (at = 0; at < n; at++)
			if (!memcmp(k[at].digest, e->digest, TRE_DIGEST_LEN))
				return;
		if (n && !*allows)
			snprintf(allows, sizeof(allows), "policy line %u%s allows %s and %zu more",
				 k->line, which(j, i), tre_hex(k->digest, first), n - 1);
	}
	tre_hex(e->digest, digest);
	refuse(j, TRE_FAIL, "tre.event.unlisted",
	       "PCR %u: event %u (%s) is %s, %s (boot known software, or if this is: trustgate policy build --event %u=%s)",
	       e->pcr, e->n, tre_event_name(e->type, name), digest, allows, e->pcr, digest);
}

/* Does the log lead to the values of @pcrs? */
static bool events_replay(struct judge *j, uint32_t pcrs)
{
	char have[TRE_HEX_LEN + 1], want[TRE_HEX_LEN + 1];
	struct tre_eventlog log;
	struct tre_event e;
	bool ok = true;
	int more = 1, i;

	if (tre_eventlog_begin(&log, j->m->eventlog.octets, j->m->eventlog.len))
		while (more > 0)
			more = tre_eventlog_next(&log, &e);
	if (log.err[0]) {
		refuse(j, TRE_FAIL, "tre.eventlog.syntax", "firmware event log: %s", log.err);
		return false;
	}
	for (i = 0; i < TRE_PCRS; i++) {
		if (!(pcrs & 1u << i) || !memcmp(log.pcrs[i], j->m->pcrs[i], TRE_DIGEST_LEN))
			continue;
		refuse(j, TRE_FAIL, "tre.eventlog.replay",
		       "PCR %d is %s, but the firmware event log leads to %s: something else extended it, or the log was changed (reboot, and see trustgate policy check --live)",
		       i, tre_hex(j->m->pcrs[i], have), tre_hex(log.pcrs[i], want));
		ok = false;
	}
	return ok;
}

static void judge_events(struct judge *j, uint32_t pcrs)
{
	const struct tre_log *l = &j->m->eventlog;
	struct tre_eventlog log;
	struct tre_event e;

	if (!pcrs && (!l->octets || !any_denied_events(j)))
		return;
	if (!l->octets) {
		refuse(j, TRE_UNAVAILABLE, "tre.eventlog.absent",
		       "the policy has rules for events, and there is no firmware event log: %s",
		       l->why ? l->why : "none was given (give it)");
		return;
	}
	if (!events_replay(j, pcrs) || !tre_eventlog_begin(&log, l->octets, l->len))
		return;
	while (tre_eventlog_next(&log, &e) > 0)
		if (e.extends)
			judge_event(j, &e, pcrs);
}

/* ------------------------------------------------------------------------- files */

static bool any_denied_files(const struct judge *j)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->policies[i]->ndenied_files || j->policies[i]->ndenied_paths)
			return true;
	return false;
}

static bool file_denied(struct judge *j, const struct tre_ima_entry *e)
{
	struct shown path = show(e->path, e->path_len);
	char digest[TRE_HEX_LEN + 1];

	for (size_t i = 0; i < j->n; i++) {
		const struct tre_policy *p = j->policies[i];
		const struct tre_glob *g = tre_glob_find(p->denied_paths, p->ndenied_paths,
							 e->path, e->path_len);
		const struct tre_known *k = NULL;

		if (!g && e->sha256)
			k = tre_known_digest(p->denied_files, p->ndenied_files, e->digest);
		if (!g && !k)
			continue;
		refuse(j, TRE_FAIL, "tre.ima.denied",
		       "%s is %s (list entry %u), which policy line %u%s denies (remove or update the file, and reboot)",
		       path.text, e->sha256 ? tre_hex(e->digest, digest) : "of a denied path",
		       e->n, g ? g->line : k->line, which(j, i));
		return true;
	}
	return false;
}

static const struct tre_glob *excluded(const struct judge *j, const struct tre_ima_entry *e)
{
	const struct tre_glob *g = NULL;

	for (size_t i = 0; i < j->n && !g; i++)
		g = tre_glob_find(j->policies[i]->excludes, j->policies[i]->nexcludes, e->path,
				  e->path_len);
	return g;
}

/* The kernel's own first entry, over the firmware's PCRs: what they have to be, they
 * say themselves when they are quoted.
 */
static bool is_boot_aggregate(const struct judge *j, const struct tre_ima_entry *e)
{
	static const char name[] = "boot_aggregate";
	uint8_t digest[TRE_DIGEST_LEN];
	const uint32_t all = (1u << BOOT_AGGREGATE) - 1;

	if (e->path_len != sizeof(name) - 1 || memcmp(e->path, name, e->path_len) || e->violation)
		return false;
	if ((j->m->mask & all) != all)
		return e->n == 1;
	return e->sha256 &&
	       EVP_Digest(j->m->pcrs, BOOT_AGGREGATE * TRE_DIGEST_LEN, digest, NULL, EVP_sha256(),
			  NULL) == 1 && !memcmp(digest, e->digest, TRE_DIGEST_LEN);
}

/* The lines for @path, of the first policy that has one; or true when @e is among them. */
static bool file_allowed(struct judge *j, const struct tre_ima_entry *e, char *allows,
			 size_t size)
{
	char path[TRE_IMA_PATH_MAX + 1], first[TRE_HEX_LEN + 1], more[32] = "";

	memcpy(path, e->path, e->path_len);
	path[e->path_len] = 0;
	for (size_t i = 0; i < j->n; i++) {
		const struct tre_policy *p = j->policies[i];
		const struct tre_known *k;
		size_t n, at;

		k = tre_known_find(p->files, p->nfiles, path, 0, &n);
		for (at = 0; at < n; at++)
			if (e->sha256 && !memcmp(k[at].digest, e->digest, TRE_DIGEST_LEN)) {
				j->judged->allowed++;
				return true;
			}
		if (!n || *allows)
			continue;
		if (n > 1)
			snprintf(more, sizeof(more), " or %zu more", n - 1);
		snprintf(allows, size, "policy line %u%s allows %s%s", k->line, which(j, i),
			 tre_hex(k->digest, first), more);
	}
	return false;
}

static void refuse_file(struct judge *j, const struct tre_ima_entry *e, const char *allows)
{
	struct shown path = show(e->path, e->path_len);
	char digest[TRE_HEX_LEN + 1];

	if (!e->known)
		refuse(j, TRE_FAIL, "tre.ima.template",
		       "list entry %u is of template %s, which is not known (boot with ima_template=ima-ng or ima-sig)",
		       e->n, e->template);
	else if (e->violation)
		refuse(j, TRE_FAIL, "tre.ima.violation",
		       "%s was written while it was measured (list entry %u, a violation): what was read is not known (if its contents do not matter: trustgate policy build --exclude PATH; then reboot)",
		       path.text, e->n);
	else if (!e->sha256)
		refuse(j, TRE_FAIL, "tre.ima.algorithm",
		       "%s was measured with %s (list entry %u), policies know SHA-256 (boot with ima_hash=sha256)",
		       path.text, e->alg, e->n);
	else
		refuse(j, TRE_FAIL, *allows ? "tre.ima.mismatch" : "tre.ima.unlisted",
		       "%s is %s (list entry %u), %s (remove it and reboot, or if it is known good: trustgate policy build --allow %s=%s)",
		       path.text, tre_hex(e->digest, digest), e->n,
		       *allows ? allows : "the policy does not know the file",
		       path.plain ? path.text : "PATH", digest);
}

static void judge_file(struct judge *j, const struct tre_ima_entry *e, bool prove)
{
	char allows[200] = "";

	if ((e->known && file_denied(j, e)) || !prove)
		return;
	j->judged->files++;
	if (!e->known) {
		refuse_file(j, e, allows);
		return;
	}
	if (is_boot_aggregate(j, e) || (!e->violation && file_allowed(j, e, allows, sizeof(allows))))
		return;
	if (excluded(j, e))
		j->judged->excluded++;
	else
		refuse_file(j, e, allows);
}

/* Entries up to the quoted value, which the list has gone past when it is read later; or
 * -1. Those behind it another quote will be about.
 */
static long files_replay(struct judge *j)
{
	char have[TRE_HEX_LEN + 1], want[TRE_HEX_LEN + 1];
	const uint8_t *quoted = j->m->pcrs[TRE_IMA_PCR];
	struct tre_ima_entry e;
	struct tre_imalog log;
	long entries;
	int more = 1;

	tre_imalog_begin(&log, j->m->imalog.octets, j->m->imalog.len);
	while (more > 0 && memcmp(log.pcr10, quoted, TRE_DIGEST_LEN))
		more = tre_imalog_next(&log, &e);
	if (more < 0) {
		refuse(j, TRE_FAIL, "tre.ima.syntax", "measurement list: %s", log.err);
		return -1;
	}
	if (memcmp(log.pcr10, quoted, TRE_DIGEST_LEN)) {
		refuse(j, TRE_FAIL, "tre.ima.replay",
		       "PCR 10 is %s, which none of the measurement list's %u entries leads to, the last one to %s: something else extended it, or the list was changed (reboot)",
		       tre_hex(quoted, have), log.n, tre_hex(log.pcr10, want));
		return -1;
	}
	entries = log.n;
	while (tre_imalog_next(&log, &e) > 0)
		j->judged->later++;
	return entries;
}

static void judge_files(struct judge *j, bool prove)
{
	const struct tre_log *l = &j->m->imalog;
	struct tre_ima_entry e;
	struct tre_imalog log;
	long entries;

	if (!prove && (!l->octets || !any_denied_files(j) || !(j->m->mask & IMA_BIT)))
		return;
	if (!l->octets) {
		refuse(j, TRE_UNAVAILABLE, "tre.ima.absent",
		       "the policy has rules for files, and there is no measurement list: %s",
		       l->why ? l->why : "none was given (give it)");
		return;
	}
	entries = files_replay(j);
	tre_imalog_begin(&log, l->octets, l->len);
	if (entries < 0)
		return;
	while (entries-- > 0 && tre_imalog_next(&log, &e) > 0)
		judge_file(j, &e, prove);
	/* A kernel that measures nothing has nothing to be refused either. */
	if (prove && !j->judged->allowed && !j->judged->refused)
		refuse(j, TRE_FAIL, "tre.ima.nothing",
		       "the kernel measured no file that the policy knows, %u in all: it does not measure, or not into this TPM (boot with ima_policy=tcb, the TPM's driver built in)",
		       j->judged->files);
}

void tre_remark(struct tre_result *result, const char *remark)
{
	size_t len = strlen(result->detail), extra = strlen(remark), at = len;

	if (len && result->detail[len - 1] == ')')
		while (at && strncmp(result->detail + at, " (", 2))
			at--;
	if (!at)
		at = len;
	/* A remedy that does not fit any more is worth more than the remark. */
	if (len + extra >= sizeof(result->detail))
		return;
	memmove(result->detail + at + extra, result->detail + at, len - at + 1);
	memcpy(result->detail + at, remark, extra);
}

static void conclude(struct judge *j, uint32_t mask)
{
	unsigned int more = j->judged->refused + j->judged->untold;
	char remark[80];

	if (!more) {
		tre_set(j->result, TRE_PASS, "tre.good", "PCRs 0x%06" PRIx32 " are as policy %s says%s",
			mask, tre_policy_name(j->policies[0]),
			j->n > 1 ? ", or the next one" : "");
		if (!j->judged->files)
			return;
		snprintf(remark, sizeof(remark), "; %u files measured, %u of them excluded",
			 j->judged->files, j->judged->excluded);
		tre_remark(j->result, remark);
	} else if (more > 1) {
		snprintf(remark, sizeof(remark), ", and %u more", more - 1);
		tre_remark(j->result, remark);
	}
}

/* @rules: PCRs whose rules count, besides the values of @mask. */
static void judge_all(struct judge *j, uint32_t mask, uint32_t rules)
{
	uint32_t left;
	bool ima = false;
	size_t i;

	memset(j->judged, 0, sizeof(*j->judged));
	if (!j->n || !(mask | rules)) {
		refuse(j, TRE_UNAVAILABLE, "tre.policy.absent",
		       "there is no reference policy, or nothing to judge (install one)");
		return;
	}
	left = judge_values(j, mask, rules);
	/* Files are what PCR 10 is for; whoever has rules for events in it means those. */
	for (i = 0; i < j->n; i++)
		ima |= tre_policy_has_ima(j->policies[i]);
	judge_events(j, left & ~(ima ? IMA_BIT : 0));
	judge_files(j, left & IMA_BIT && ima);
	conclude(j, mask | rules);
}

void tre_judge(const struct tre_policy *const *policies, size_t n, uint32_t mask,
	       const struct tre_measured *measured, struct tre_judged *judged,
	       struct tre_result *result, tre_refusal_fn *each, void *arg)
{
	struct judge j = {
		.policies = policies, .n = n, .m = measured, .judged = judged, .result = result,
		.each = each, .arg = arg,
	};

	judge_all(&j, mask, needed(&j));
}

bool tre_policy_match(const struct tre_policy *policy, uint32_t mask,
		      const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN], struct tre_result *result)
{
	const struct tre_measured measured = { .mask = mask, .pcrs = pcrs };
	struct tre_judged judged;
	struct judge j = {
		.policies = &policy, .n = 1, .m = &measured, .judged = &judged, .result = result,
	};

	judge_all(&j, mask, needed(&j) & mask);
	return result->verdict == TRE_PASS;
}
