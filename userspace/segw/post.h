/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One POST over HTTPS, to FIGS or to a validation entity. Blocks: not for the agent's loop.
 * Starts neither thread nor process, so that a confined worker can call it.
 */
#ifndef TRUSTGATE_SEGW_POST_H
#define TRUSTGATE_SEGW_POST_H

#include <stddef.h>
#include "segw/decide.h"

#define POST_ANSWER_MAX	4096

struct post_pem {
	const void *data;		/* NULL: there is none */
	size_t len;
};

struct post {
	const char *url;		/* https:// alone */
	const char *ca;			/* PEM file of who may have signed the server's, NULL: the system's */
	const char *cert, *key;		/* of ours, PEM files, or NULL */
	/* The same three as text, for who may not read the files. */
	struct post_pem ca_pem, cert_pem, key_pem;
	const char *type;		/* Content-Type */
	const char *const *headers;	/* further ones, up to a NULL; or NULL */
	const void *body;
	size_t len;
	long timeout_ms;		/* for all of it */
};

struct post_answer {
	long status;			/* of HTTP; 0: there was none */
	char text[POST_ANSWER_MAX + 1];	/* what it answered, cut off */
	size_t len;
	char why[256];			/* status 0: why, and what to do */
};

void post(const struct post *p, struct post_answer *answer);

/*
 * Ask a validation entity about the record @cmw, which is sent unchanged as
 * application/cmw+cbor; @qualifying, what its quote has to be over in this IKE SA, goes
 * in a header. VALIDATION_NONE, with @why, unless it answers 200 and a JSON object with
 * "verdict": "good" or "bad".
 */
enum validation validate(const struct post *entity, const uint8_t *cmw, size_t len,
			 const uint8_t qualifying[TRE_DIGEST_LEN], char why[256]);

#endif /* TRUSTGATE_SEGW_POST_H */
