/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files share that hold a box against a policy. */
#ifndef TRUSTGATE_TRE_JUDGE_INTERNAL_H
#define TRUSTGATE_TRE_JUDGE_INTERNAL_H

#include "tre/internal.h"
#include "tre/judge.h"

struct judge {
	const struct tre_policy *const *policies;
	size_t n;
	const struct tre_measured *m;
	struct tre_judged *judged;
	struct tre_result *result;
	tre_refusal_fn *each;
	void *arg;
};

/* Count it, tell of it, and remember the first. */
void judge_refuse(struct judge *j, enum tre_verdict verdict, const char *rule,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Behind "policy line N": of which policy it is. */
const char *judge_which(const struct judge *j, size_t policy);

/* judge_events.c: the PCRs of @pcrs by what the firmware says led to them; and whatever
 * is denied.
 */
void judge_events(struct judge *j, uint32_t pcrs);
/* Does the log lead to the values of @pcrs? */
bool judge_events_replay(struct judge *j, uint32_t pcrs);
/* judge_files.c: PCR 10, if @prove, by the files that led to it; likewise. */
void judge_files(struct judge *j, bool prove);
/* Entries up to the quoted value, which the list has gone past when it is read later; or
 * -1. Those behind it another quote will be about.
 */
long judge_files_replay(struct judge *j);

#endif /* TRUSTGATE_TRE_JUDGE_INTERNAL_H */
