// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two processes do: neither writes a file. */
#include "segw/crl_get.h"

#include <stdio.h>
#include <string.h>
#include "segw/fetch.h"

struct taking {
	struct crl_got *got;
	struct pki_result *result;
	bool done;
};

static void refuse(struct pki_result *r, const char *rule, const char *why)
{
	memset(r, 0, sizeof(*r));
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	snprintf(r->detail, sizeof(r->detail), "%s", why);
}

static void take(void *arg, const struct fetch_answer *answer)
{
	struct taking *t = arg;

	t->done = true;
	if (answer->rule || !answer->len || answer->len > CRL_GET_MAX) {
		/* The rules of HTTP are named for OCSP, whose fetcher it is. */
		refuse(t->result, !answer->rule ? "crl.http.size" : "crl.http",
		       answer->rule ? answer->why : "an empty answer");
		if (answer->rule && !strncmp(answer->rule, "ocsp.", 5))
			snprintf(t->result->rule, sizeof(t->result->rule), "crl.%s",
				 answer->rule + 5);
		return;
	}
	memcpy(t->got->data, answer->data, answer->len);
	t->got->len = answer->len;
	t->result->verdict = PKI_GOOD;
}

static bool over(void *arg)
{
	return ((struct taking *)arg)->done;
}

void crl_get_fetch(const struct crl_want *want, const struct pointer_policy *policy,
		   const char *interface, uint32_t ms, struct crl_got *got,
		   struct pki_result *result)
{
	struct taking t = { got, result, false };
	char why[PKI_TEXT_MAX + 1];
	struct uri uri;
	struct fetch_call call = {
		.uri = &uri, .interface = interface, .pointers = policy, .max = CRL_GET_MAX,
		.timeout_ms = ms,
	};
	const char *rule = uri_parse(want->uri, strnlen(want->uri, sizeof(want->uri)), &uri);
	struct fetch *f;

	rule = rule ?: pointer_refused(policy, &uri);
	if (rule) {
		refuse(result, "crl.pointer", rule);
		return;
	}
	refuse(result, "crl.http.timeout", "no answer in time");
	f = fetch_new();
	if (f && !fetch_begin(f, &call, take, &t, why, sizeof(why)))
		fetch_run(f, fetch_now() + ms, over, &t);
	else
		refuse(result, "crl.http.begin", f ? why : "out of memory");
	fetch_free(f);
}

void crl_get_judge(struct pki_der crl, struct pki_der issuer, struct pki_der old_der,
		   const struct pki_crl_policy *policy, int64_t now, struct pki_result *result)
{
	struct pki_crl_info new, old;
	struct pki_crl *list = pki_crl_load(crl, issuer, policy, result);
	struct pki_result ignored;
	bool known = false;

	if (!list)
		return;
	pki_crl_info(list, &new);
	pki_crl_free(list);
	if (old_der.data) {
		list = pki_crl_load(old_der, issuer, policy, &ignored);
		known = list;
		if (list)
			pki_crl_info(list, &old);
		pki_crl_free(list);
	}
	crlstore_succession(known ? &old : NULL, &new, policy->skew_s, now, result);
}
