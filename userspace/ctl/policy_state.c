// SPDX-License-Identifier: GPL-2.0-or-later
/* What was measured on a box: PCR values and logs, of this one or from files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "policy.h"
#include "tre/eventlog.h"
#include "tre/imalog.h"
#include "tre/measure.h"
#include "tre/reset.h"
#include "tre/session.h"

static bool read_tpm(struct policy_state *s, const char *tcti, uint32_t mask,
		     struct tre_result *r)
{
	struct tre_session tpm;
	bool ok;

	ok = tre_session_open(&tpm, tcti, r) && tre_pcrs_read(&tpm, mask, s->pcrs, r);
	if (ok && !tre_pcrs_prove(mask, (const uint8_t (*)[TRE_DIGEST_LEN])s->pcrs))
		tre_pcrs_elsewhere(&tpm, mask, s->elsewhere, sizeof(s->elsewhere));
	tre_session_close(&tpm);
	return ok;
}

static bool try_log(const char *path, struct policy_text *t, char *why, size_t size)
{
	int rc = policy_read(path, POLICY_LOG_MAX, t);

	if (rc)
		snprintf(why, size, "%.90s: %.40s", path, strerror(-rc));
	return !rc;
}

int state_live(struct policy_state *s, const struct config *c, uint32_t mask)
{
	struct tre_result r = { 0 };

	if (!read_tpm(s, c->tre.tcti, mask, &r)) {
		fprintf(stderr, "trustgate: %s\n", r.detail);
		return EXIT_FAILED;
	}
	s->mask = mask;
	/* Behind the values, so that they have what led to these. */
	if (!s->has_eventlog)
		s->has_eventlog = try_log(c->tre.eventlog, &s->eventlog, s->why_eventlog,
					  sizeof(s->why_eventlog));
	if (!s->has_ima)
		s->has_ima = try_log(c->tre.ima, &s->ima, s->why_ima, sizeof(s->why_ima));
	return 0;
}

int state_eventlog(struct policy_state *s, const char *path)
{
	s->has_eventlog = !policy_need(path, POLICY_LOG_MAX, &s->eventlog);
	return s->has_eventlog ? 0 : EXIT_USAGE;
}

int state_ima(struct policy_state *s, const char *path)
{
	s->has_ima = !policy_need(path, POLICY_LOG_MAX, &s->ima);
	return s->has_ima ? 0 : EXIT_USAGE;
}

/* A PCR that the firmware never extended has its first value. */
static int replay_events(struct policy_state *s)
{
	const uint32_t firmware = 0x3ff;
	struct tre_eventlog log;
	struct tre_event e;

	if (tre_eventlog_begin(&log, (const uint8_t *)s->eventlog.data, s->eventlog.len))
		while (tre_eventlog_next(&log, &e) > 0)
			;
	if (log.err[0]) {
		complain("event log", log.err, NULL);
		return EXIT_USAGE;
	}
	for (int i = 0; i < TRE_PCRS; i++) {
		if (s->mask & 1u << i || !((log.extended | firmware) & 1u << i))
			continue;
		memcpy(s->pcrs[i], log.pcrs[i], TRE_DIGEST_LEN);
		s->mask |= 1u << i;
	}
	return 0;
}

static int replay_files(struct policy_state *s)
{
	struct tre_ima_entry e;
	struct tre_imalog log;

	tre_imalog_begin(&log, (const uint8_t *)s->ima.data, s->ima.len);
	while (tre_imalog_next(&log, &e) > 0)
		;
	if (log.err[0]) {
		complain("measurement list", log.err, NULL);
		return EXIT_USAGE;
	}
	memcpy(s->pcrs[TRE_IMA_PCR], log.pcr10, TRE_DIGEST_LEN);
	s->mask |= 1u << TRE_IMA_PCR;
	return 0;
}

int state_replay(struct policy_state *s)
{
	int rc = s->has_eventlog ? replay_events(s) : 0;

	if (!rc && s->has_ima && !(s->mask & 1u << TRE_IMA_PCR))
		rc = replay_files(s);
	return rc;
}

struct tre_measured state_measured(const struct policy_state *s)
{
	struct tre_measured m = {
		.mask = s->mask, .pcrs = (const uint8_t (*)[TRE_DIGEST_LEN])s->pcrs,
		.eventlog = {
			.octets = s->has_eventlog ? (const uint8_t *)s->eventlog.data : NULL,
			.len = s->eventlog.len, .why = *s->why_eventlog ? s->why_eventlog : NULL,
		},
		.imalog = {
			.octets = s->has_ima ? (const uint8_t *)s->ima.data : NULL,
			.len = s->ima.len, .why = *s->why_ima ? s->why_ima : NULL,
		},
	};

	snprintf(m.elsewhere, sizeof(m.elsewhere), "%s", s->elsewhere);
	return m;
}

void state_free(struct policy_state *s)
{
	free(s->eventlog.data);
	free(s->ima.data);
}
