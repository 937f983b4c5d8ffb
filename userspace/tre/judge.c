// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is what was measured what a policy allows? Deny lists come before everything: what
 * was allowed once, or is below an excluded path, may have turned out to be bad.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "tre/imalog.h"
#include "tre/judge_internal.h"
#include "tre/reset.h"

#define IMA_BIT		(1u << TRE_IMA_PCR)

void judge_refuse(struct judge *j, enum tre_verdict verdict, const char *rule,
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

/* The lines of the second policy are those of the file that is to replace the first. */
const char *judge_which(const struct judge *j, size_t policy)
{
	return j->n > 1 && policy ? " of the next policy" : "";
}

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
		judge_refuse(j, TRE_FAIL, "tre.pcr.unlisted",
			     "PCR %d is %s, the policy has no line for it (if that is known good: trustgate policy build --pcr %d=%s)",
			     pcr, measured, pcr, measured);
		return;
	}
	if (allowed->n > 1)
		snprintf(more, sizeof(more), " or %u more", allowed->n - 1);
	judge_refuse(j, TRE_FAIL, "tre.pcr.mismatch",
		     "PCR %d is %s, policy line %u%s allows %s%s (boot known software, or if this is: trustgate policy build --pcr %d=%s)",
		     pcr, measured, allowed->line, judge_which(j, i),
		     tre_hex(allowed->values[0], first), more,
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
			judge_refuse(j, TRE_UNAVAILABLE, "tre.pcr.absent",
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

void tre_remark_elsewhere(struct tre_result *result, const char *elsewhere)
{
	char remark[96];

	if (!*elsewhere)
		return;
	snprintf(remark, sizeof(remark), "; something was into %s", elsewhere);
	tre_remark(result, remark);
}

/* Values that every TPM has which nobody measures into are nobody's state. */
static bool proves(struct judge *j, uint32_t mask)
{
	struct tre_result nothing;

	mask &= j->m->mask;
	if (!mask || tre_pcrs_prove(mask, j->m->pcrs))
		return true;
	tre_set_nothing(&nothing, mask);
	tre_remark_elsewhere(&nothing, j->m->elsewhere);
	judge_refuse(j, TRE_FAIL, nothing.rule, "%s", nothing.detail);
	return false;
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
		judge_refuse(j, TRE_UNAVAILABLE, "tre.policy.absent",
			     "there is no reference policy, or nothing to judge (install one)");
		return;
	}
	if (!proves(j, mask | rules))
		return;
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

void tre_judge_logs(const struct tre_measured *measured, uint32_t mask, tre_refusal_fn *each,
		    void *arg)
{
	struct tre_judged judged = { 0 };
	struct tre_result first;
	struct judge j = {
		.m = measured, .judged = &judged, .result = &first, .each = each, .arg = arg,
	};

	mask &= measured->mask;
	if (measured->eventlog.octets)
		judge_events_replay(&j, mask & ~IMA_BIT);
	if (measured->imalog.octets && mask & IMA_BIT)
		judge_files_replay(&j);
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
