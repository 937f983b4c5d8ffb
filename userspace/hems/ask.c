// SPDX-License-Identifier: GPL-2.0-or-later
/* One question to one responder: the configured one, or the certificate's own. */
#include "hems/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "segw/fetch.h"

struct asked {
	bool done;
	const char *rule;
	char *why;
	size_t whylen;
	uint8_t **out;
	size_t *len;
};

static void answered(void *arg, const struct fetch_answer *answer)
{
	struct asked *a = arg;

	a->done = true;
	a->rule = answer->rule;
	snprintf(a->why, a->whylen, "%s", answer->why);
	if (a->rule)
		return;
	*a->out = malloc(answer->len + 1);
	*a->len = answer->len;
	if (*a->out && answer->len)
		memcpy(*a->out, answer->data, answer->len);
	a->rule = *a->out ? NULL : "memory";
}

static bool is_done(void *arg)
{
	return ((struct asked *)arg)->done;
}

/* The first pointer to a responder that may be asked. */
static bool pointed(const struct hems_responder *r, const struct hems_question *q, struct uri *uri)
{
	struct pointer found[POINTERS_MAX];
	size_t n = pointers_of(q->cert, q->chain, &r->pointers, found);

	for (size_t i = 0; i < n; i++) {
		if (found[i].kind != POINTER_OCSP || found[i].refused)
			continue;
		*uri = found[i].uri;
		return true;
	}
	return false;
}

const char *hems_ask_http(void *arg, const struct hems_question *q, uint8_t **out, size_t *len,
			  char *why, size_t whylen)
{
	const struct hems_responder *r = arg;
	struct asked a = { .rule = "ocsp.http.timeout", .why = why, .whylen = whylen,
			   .out = out, .len = len };
	struct fetch_call call = {
		.uri = &r->uri, .body = q->request, .body_len = q->len,
		.max = 65536, .timeout_ms = r->timeout_ms,
	};
	struct uri uri;
	struct fetch *f;

	if (!*r->uri.text) {
		if (!pointed(r, q, &uri)) {
			snprintf(why, whylen, "the certificate points to no responder that may be asked (name one, or allow its host)");
			return "ocsp.responder.none";
		}
		call.uri = &uri;
		call.pointers = &r->pointers;
	}
	snprintf(why, whylen, "%.100s did not answer within %u ms (is it up?)", call.uri->text,
		 r->timeout_ms);
	f = fetch_new();
	if (!f || fetch_begin(f, &call, answered, &a, why, whylen))
		a.rule = "ocsp.http.transfer";
	else
		fetch_run(f, fetch_now() + r->timeout_ms, is_done, &a);
	fetch_free(f);
	return a.rule;
}
