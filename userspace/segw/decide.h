/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a peer after its INTEGRITY_INFO was appraised, or did not come
 * (FFS-05, SGW-INT-08, SGW-INT-09, SGW-INT-11). A pure function of the operator's policy.
 */
#ifndef TRUSTGATE_SEGW_DECIDE_H
#define TRUSTGATE_SEGW_DECIDE_H

#include "segw/appraise.h"

/* 0 is what opens least, whoever forgot to say. */
enum integrity_policy { INTEGRITY_REQUIRED, INTEGRITY_OPTIONAL, INTEGRITY_IGNORE };
enum integrity_on_fail { ON_FAIL_REJECT, ON_FAIL_PENDING_VALIDATE, ON_FAIL_LOG };
/* Whether a validation entity has its say of every report, and what its silence means. */
enum integrity_validate { VALIDATE_REQUIRE, VALIDATE_BEST_EFFORT, VALIDATE_OFF };

struct integrity_rules {
	enum integrity_policy policy;
	enum integrity_on_fail on_fail;
	enum integrity_validate validate;
};

/* What the validation entity said so far. */
enum validation { VALIDATION_NONE, VALIDATION_BAD, VALIDATION_GOOD };

enum integrity_outcome {
	OUTCOME_REJECT,		/* the peer is refused, now */
	OUTCOME_HOLD,		/* no proof yet: held, and refused when its time is up */
	OUTCOME_ACCEPT,		/* goes on without a proof of integrity */
	OUTCOME_PROVEN,		/* hand in the proof */
};

/* @verdict counts only when @present. To be asked again when @validation changes. */
enum integrity_outcome integrity_decide(const struct integrity_rules *rules, bool present,
					enum appraise_verdict verdict, enum validation validation);
/* Whether to ask the validation entity about this report. */
bool integrity_validates(const struct integrity_rules *rules, bool present,
			 enum appraise_verdict verdict);

#endif /* TRUSTGATE_SEGW_DECIDE_H */
