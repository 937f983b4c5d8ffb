/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware's event log, TCG PC Client Platform Firmware Profile 1.06, clause 10:
 * what was measured into which PCR before the kernel ran. Plain octets that anybody
 * may have written; only a PCR that the TPM quotes says that they are true.
 */
#ifndef TRUSTGATE_TRE_EVENTLOG_H
#define TRUSTGATE_TRE_EVENTLOG_H

#include "tre/tre.h"

/* Beyond this nobody measures; an endless log is not read for ever. */
#define TRE_EVENTS_MAX	65536

struct tre_event {
	unsigned int n;			/* counted from 0, the header included */
	uint32_t pcr, type;
	bool extends;			/* EV_NO_ACTION tells, and extends nothing */
	uint8_t digest[TRE_DIGEST_LEN];	/* SHA-256; of one that extends */
	const uint8_t *data;
	size_t len;
};

struct tre_eventlog {
	const uint8_t *p, *end;
	unsigned int n;
	struct {
		uint16_t id, size;
	} algs[16];
	unsigned int nalgs;
	/* Of the events seen so far. */
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN];
	uint32_t extended;		/* bit n: PCR n was */
	char err[128];			/* "what is wrong (what to do)" */
};

/* @log has to outlive @l. False, with the reason in @l->err: no log with a SHA-256 bank. */
bool tre_eventlog_begin(struct tre_eventlog *l, const uint8_t *log, size_t len);

/* The next event, replayed. 1; 0 at the end; -1 with the reason in @l->err. */
int tre_eventlog_next(struct tre_eventlog *l, struct tre_event *event);

/* "EV_SEPARATOR", or "event 0x..." in @buf of at least 20 octets. */
const char *tre_event_name(uint32_t type, char buf[20]);

#endif /* TRUSTGATE_TRE_EVENTLOG_H */
