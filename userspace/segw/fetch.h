/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP to several servers at once, for a confined worker: plain http, no redirect, no
 * proxy of the environment, limits on time and size, and every address looked at when
 * it is connected to, after it was resolved (PIT-34). One that hangs delays no other.
 */
#ifndef TRUSTGATE_SEGW_FETCH_H
#define TRUSTGATE_SEGW_FETCH_H

#include "segw/pointers.h"

struct fetch_call {
	const struct uri *uri;
	const char *interface;		/* to send through, or NULL */
	/* What a pointer's address is held against; NULL: an operator's own URI. */
	const struct pointer_policy *pointers;
	const uint8_t *body;		/* of a POST of an OCSP request; NULL: GET a CRL */
	size_t body_len;
	size_t max;			/* octets of the answer */
	uint32_t timeout_ms;		/* from connecting to the last octet */
};

struct fetch_answer {
	/* NULL: @data is what it answered; else the rule, "ocsp.http.timeout", and why. */
	const char *rule;
	char why[256];
	uint8_t *data;			/* valid until the callback returns */
	size_t len;
};

struct fetch;

/* A set of calls without any, or NULL. fetch_free() ends those that run. */
struct fetch *fetch_new(void);
void fetch_free(struct fetch *f);

/*
 * Begin @call, which is copied but for what it points to; that has to last. @done is
 * called from fetch_run(), once, and may begin others. 0, or -1 when there is no memory
 * or nothing that may be connected to, and @done is not called; @why then says it.
 */
int fetch_begin(struct fetch *f, const struct fetch_call *call,
		void (*done)(void *arg, const struct fetch_answer *answer), void *arg,
		char *why, size_t whylen);

/* Go on until @end_ms of CLOCK_BOOTTIME, none is left, or @stop(@arg). */
void fetch_run(struct fetch *f, int64_t end_ms, bool (*stop)(void *arg), void *arg);

/* CLOCK_BOOTTIME in ms. */
int64_t fetch_now(void);

#endif /* TRUSTGATE_SEGW_FETCH_H */
