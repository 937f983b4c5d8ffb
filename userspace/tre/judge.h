/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The measured state of a box, PCRs and the logs that explain them, held against a
 * reference policy; or against two, while an update is on its way. No TPM and no file:
 * only octets.
 */
#ifndef TRUSTGATE_TRE_JUDGE_H
#define TRUSTGATE_TRE_JUDGE_H

#include "tre/policy.h"
#include "tre/tre.h"

/* Octets of a log; NULL, and why there is none, "what (what to do)". */
struct tre_log {
	const uint8_t *octets;
	size_t len;
	const char *why;
};

struct tre_measured {
	uint32_t mask;		/* PCRs whose values are known: those of the quote */
	const uint8_t (*pcrs)[TRE_DIGEST_LEN];	/* TRE_PCRS of them */
	struct tre_log eventlog, imalog;
	/* Other banks of that TPM that something was measured into, "sha1, sha384"; or "". */
	char elsewhere[64];
};

struct tre_judged {
	unsigned int refused;	/* what no policy allows, or one denies */
	unsigned int untold;	/* what can't be told, for want of a value or a log */
	unsigned int events;	/* of the firmware, that were looked at */
	unsigned int files;	/* measured, up to the quoted value of PCR 10 */
	unsigned int allowed;	/* of these, by a policy's digest */
	unsigned int excluded;	/* of these, that nothing but their path lets pass */
	unsigned int later;	/* entries behind that value */
};

typedef void tre_refusal_fn(void *arg, const struct tre_result *refusal);

/*
 * A value, event or file is allowed when one of the @n policies allows it and none
 * denies it. @mask: PCRs that have to be good, besides those that the policies have
 * rules for. @each, if any, is told of everything that isn't allowed or can't be told;
 * @result gets the first of what isn't, and how many more there are; its counters and
 * proof_digest are left alone.
 */
void tre_judge(const struct tre_policy *const *policies, size_t n, uint32_t mask,
	       const struct tre_measured *measured, struct tre_judged *judged,
	       struct tre_result *result, tre_refusal_fn *each, void *arg);

/* Do the logs that are there lead to the values of @mask? @each is told where not. */
void tre_judge_logs(const struct tre_measured *measured, uint32_t mask, tre_refusal_fn *each,
		    void *arg);

/* tre.pcr.nothing in @result: where @elsewhere, if anywhere, something was measured. */
void tre_remark_elsewhere(struct tre_result *result, const char *elsewhere);

/* Say more in @result's detail, before its remedy, if there is room. */
void tre_remark(struct tre_result *result, const char *remark);

#endif /* TRUSTGATE_TRE_JUDGE_H */
