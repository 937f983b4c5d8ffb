// SPDX-License-Identifier: GPL-2.0-or-later
/* FFS-05. What is bad is never mended by a validation entity: it can't know the IKE SA. */
#include "segw/decide.h"

/* Whether the validation entity is to speak on a report that is @verdict. */
static bool is_asked(const struct integrity_rules *rules, enum appraise_verdict verdict)
{
	if (verdict == APPRAISE_GOOD)
		return rules->validate != VALIDATE_OFF;
	if (verdict == APPRAISE_FAIL || verdict == APPRAISE_UNJUDGED)
		return rules->on_fail == ON_FAIL_PENDING_VALIDATE;
	return false;
}

bool integrity_validates(const struct integrity_rules *rules, bool present,
			 enum appraise_verdict verdict)
{
	return present && rules->policy != INTEGRITY_IGNORE && is_asked(rules, verdict);
}

/* Of a report that speaks against the device. */
static enum integrity_outcome refuse(const struct integrity_rules *rules)
{
	if (rules->on_fail != ON_FAIL_LOG)
		return OUTCOME_REJECT;
	return rules->policy == INTEGRITY_OPTIONAL ? OUTCOME_ACCEPT : OUTCOME_HOLD;
}

/* Without a report, or with one that nothing here can judge. */
static enum integrity_outcome go_without(const struct integrity_rules *rules,
					 enum integrity_outcome required)
{
	return rules->policy == INTEGRITY_OPTIONAL ? OUTCOME_ACCEPT : required;
}

static enum integrity_outcome judged(const struct integrity_rules *rules,
				     enum appraise_verdict verdict)
{
	switch (verdict) {
	case APPRAISE_GOOD:
		return OUTCOME_PROVEN;
	case APPRAISE_UNKNOWN:
	case APPRAISE_UNJUDGED:
		return go_without(rules, OUTCOME_HOLD);
	default:
		return refuse(rules);
	}
}

enum integrity_outcome integrity_decide(const struct integrity_rules *rules, bool present,
					enum appraise_verdict verdict, enum validation validation)
{
	if (rules->policy == INTEGRITY_IGNORE)
		return OUTCOME_ACCEPT;
	if (!present)
		return go_without(rules, OUTCOME_REJECT);
	if (!is_asked(rules, verdict))
		return judged(rules, verdict);
	if (validation == VALIDATION_GOOD)
		return OUTCOME_PROVEN;
	if (validation == VALIDATION_BAD)
		return refuse(rules);
	/* Silence: best effort goes by what was found here, the others wait. */
	if (verdict == APPRAISE_GOOD && rules->validate == VALIDATE_BEST_EFFORT)
		return OUTCOME_PROVEN;
	return OUTCOME_HOLD;
}
