// SPDX-License-Identifier: GPL-2.0-or-later
/* FFS-05: every combination of policy, on_fail, validation and what was found. */
#include <string.h>
#include "lib/tap.h"
#include "segw/decide.h"

#define VALIDATIONS	(VALIDATION_GOOD + 1)
#define FOUND		(1 + APPRAISE_VERDICTS)

/*
 * A group of three for each of: absent, bad, unknown, fail, unjudged, good; in it, the
 * validation entity: silent, bad, good. R: reject, H: hold, A: accept, P: proven.
 */
static const struct row {
	enum integrity_policy policy;
	enum integrity_on_fail on_fail;
	enum integrity_validate validate;
	const char *outcomes;
} rows[] = {
	{ INTEGRITY_REQUIRED, ON_FAIL_REJECT, VALIDATE_REQUIRE, "RRR RRR HHH RRR HHH HRP" },
	{ INTEGRITY_REQUIRED, ON_FAIL_REJECT, VALIDATE_BEST_EFFORT, "RRR RRR HHH RRR HHH PRP" },
	{ INTEGRITY_REQUIRED, ON_FAIL_REJECT, VALIDATE_OFF, "RRR RRR HHH RRR HHH PPP" },
	{ INTEGRITY_REQUIRED, ON_FAIL_PENDING_VALIDATE, VALIDATE_REQUIRE, "RRR RRR HHH HRP HRP HRP" },
	{ INTEGRITY_REQUIRED, ON_FAIL_PENDING_VALIDATE, VALIDATE_BEST_EFFORT, "RRR RRR HHH HRP HRP PRP" },
	{ INTEGRITY_REQUIRED, ON_FAIL_PENDING_VALIDATE, VALIDATE_OFF, "RRR RRR HHH HRP HRP PPP" },
	{ INTEGRITY_REQUIRED, ON_FAIL_LOG, VALIDATE_REQUIRE, "RRR HHH HHH HHH HHH HHP" },
	{ INTEGRITY_REQUIRED, ON_FAIL_LOG, VALIDATE_BEST_EFFORT, "RRR HHH HHH HHH HHH PHP" },
	{ INTEGRITY_REQUIRED, ON_FAIL_LOG, VALIDATE_OFF, "RRR HHH HHH HHH HHH PPP" },
	{ INTEGRITY_OPTIONAL, ON_FAIL_REJECT, VALIDATE_REQUIRE, "AAA RRR AAA RRR AAA HRP" },
	{ INTEGRITY_OPTIONAL, ON_FAIL_REJECT, VALIDATE_BEST_EFFORT, "AAA RRR AAA RRR AAA PRP" },
	{ INTEGRITY_OPTIONAL, ON_FAIL_REJECT, VALIDATE_OFF, "AAA RRR AAA RRR AAA PPP" },
	{ INTEGRITY_OPTIONAL, ON_FAIL_PENDING_VALIDATE, VALIDATE_REQUIRE, "AAA RRR AAA HRP HRP HRP" },
	{ INTEGRITY_OPTIONAL, ON_FAIL_PENDING_VALIDATE, VALIDATE_BEST_EFFORT, "AAA RRR AAA HRP HRP PRP" },
	{ INTEGRITY_OPTIONAL, ON_FAIL_PENDING_VALIDATE, VALIDATE_OFF, "AAA RRR AAA HRP HRP PPP" },
	{ INTEGRITY_OPTIONAL, ON_FAIL_LOG, VALIDATE_REQUIRE, "AAA AAA AAA AAA AAA HAP" },
	{ INTEGRITY_OPTIONAL, ON_FAIL_LOG, VALIDATE_BEST_EFFORT, "AAA AAA AAA AAA AAA PAP" },
	{ INTEGRITY_OPTIONAL, ON_FAIL_LOG, VALIDATE_OFF, "AAA AAA AAA AAA AAA PPP" },
#define IGNORE(on_fail, validate) \
	{ INTEGRITY_IGNORE, on_fail, validate, "AAA AAA AAA AAA AAA AAA" }
	IGNORE(ON_FAIL_REJECT, VALIDATE_REQUIRE), IGNORE(ON_FAIL_REJECT, VALIDATE_BEST_EFFORT),
	IGNORE(ON_FAIL_REJECT, VALIDATE_OFF), IGNORE(ON_FAIL_PENDING_VALIDATE, VALIDATE_REQUIRE),
	IGNORE(ON_FAIL_PENDING_VALIDATE, VALIDATE_BEST_EFFORT),
	IGNORE(ON_FAIL_PENDING_VALIDATE, VALIDATE_OFF), IGNORE(ON_FAIL_LOG, VALIDATE_REQUIRE),
	IGNORE(ON_FAIL_LOG, VALIDATE_BEST_EFFORT), IGNORE(ON_FAIL_LOG, VALIDATE_OFF),
};

static const char *const policies[] = { "required", "optional", "ignore" };
static const char *const on_fails[] = { "reject", "pending-validate", "log" };
static const char *const validates[] = { "require", "best-effort", "off" };

static void run_row(const struct row *row)
{
	const struct integrity_rules rules = { row->policy, row->on_fail, row->validate };
	char got[4 * FOUND + 1];
	bool asks_right = true;

	for (int found = 0; found < FOUND; found++) {
		enum appraise_verdict verdict = found ? (enum appraise_verdict)(found - 1) : APPRAISE_GOOD;
		char *group = got + 4 * found;

		for (int v = 0; v < VALIDATIONS; v++)
			group[v] = "RHAP"[integrity_decide(&rules, found, verdict, (enum validation)v)];
		group[3] = found == FOUND - 1 ? '\0' : ' ';
		/* Whoever is asked makes a difference, and nobody else does. */
		if (integrity_validates(&rules, found, verdict) != (group[1] != group[2]))
			asks_right = false;
	}
	tap_ok(!strcmp(got, row->outcomes) && asks_right, "FFS-05, SGW-INT-08, SGW-INT-11: %s, on_fail %s, validate %s",
	       policies[row->policy], on_fails[row->on_fail], validates[row->validate]);
	if (strcmp(got, row->outcomes))
		printf("# %s, not %s\n", got, row->outcomes);
}

/* What is known is that there are no other words for the same. */
static void complete(void)
{
	bool seen[3][3][3] = { 0 };
	int n = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool *one = &seen[rows[i].policy][rows[i].on_fail][rows[i].validate];

		n += !*one;
		*one = true;
	}
	tap_ok(n == 27 && sizeof(rows) / sizeof(*rows) == 27, "FFS-05: the table has each combination once");
}

int main(void)
{
	struct integrity_rules zero = { 0 };

	tap_start();
	complete();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		run_row(&rows[i]);
	tap_ok(integrity_decide(&zero, false, APPRAISE_GOOD, VALIDATION_GOOD) == OUTCOME_REJECT &&
	       integrity_decide(&zero, true, APPRAISE_GOOD, VALIDATION_NONE) == OUTCOME_HOLD,
	       "SGW-INT-09: rules that nobody set open nothing");
	return tap_end();
}
