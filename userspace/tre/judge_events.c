// SPDX-License-Identifier: GPL-2.0-or-later
/* What the firmware measured, against the rules for its events. */
#include <string.h>
#include "tre/eventlog.h"
#include "tre/judge_internal.h"

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
		judge_refuse(j, TRE_FAIL, "tre.event.denied",
			     "PCR %u: event %u (%s) is %s, which policy line %u%s denies (boot other software)",
			     e->pcr, e->n, tre_event_name(e->type, name), tre_hex(e->digest, digest),
			     k->line, judge_which(j, i));
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
				 k->line, judge_which(j, i), tre_hex(k->digest, first), n - 1);
	}
	tre_hex(e->digest, digest);
	judge_refuse(j, TRE_FAIL, "tre.event.unlisted",
		     "PCR %u: event %u (%s) is %s, %s (boot known software, or if this is: trustgate policy build --event %u=%s)",
		     e->pcr, e->n, tre_event_name(e->type, name), digest, allows, e->pcr, digest);
}

bool judge_events_replay(struct judge *j, uint32_t pcrs)
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
		judge_refuse(j, TRE_FAIL, "tre.eventlog.syntax", "firmware event log: %s", log.err);
		return false;
	}
	for (i = 0; i < TRE_PCRS; i++) {
		if (!(pcrs & 1u << i) || !memcmp(log.pcrs[i], j->m->pcrs[i], TRE_DIGEST_LEN))
			continue;
		judge_refuse(j, TRE_FAIL, "tre.eventlog.replay",
			     "PCR %d is %s, but the firmware event log leads to %s: something else extended it, or the log was changed (reboot, and see trustgate policy check --live)",
			     i, tre_hex(j->m->pcrs[i], have), tre_hex(log.pcrs[i], want));
		ok = false;
	}
	return ok;
}

void judge_events(struct judge *j, uint32_t pcrs)
{
	const struct tre_log *l = &j->m->eventlog;
	struct tre_eventlog log;
	struct tre_event e;

	if (!pcrs && !any_denied_events(j))
		return;
	if (!l->octets) {
		judge_refuse(j, TRE_UNAVAILABLE, "tre.eventlog.absent",
			     "the policy has rules for events, and there is no firmware event log: %s",
			     l->why ? l->why : "none was given (give it)");
		return;
	}
	if (!judge_events_replay(j, pcrs) || !tre_eventlog_begin(&log, l->octets, l->len))
		return;
	while (tre_eventlog_next(&log, &e) > 0)
		if (e.extends)
			judge_event(j, &e, pcrs);
}
