// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two processes do: neither writes a file. */
#include "segw/crl_get.h"

#include <stdio.h>
#include <string.h>
#include "segw/fetch.h"
#include "segw/world.h"

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

/* The list that is in the store under @name, as far as it counts. */
static bool info_of(const struct segw_world *w, const char *name, struct pki_der issuer,
		    const struct pki_crl_policy *policy, struct pki_crl_info *info)
{
	const struct world_crl *old = NULL;
	struct pki_result ignored;
	struct pki_crl *list;

	do
		old = world_crl(w, name, old);
	while (old && strcmp(old->name, name) != 0);
	list = old ? pki_crl_load(old->file.crl, issuer, policy, &ignored) : NULL;
	if (list)
		pki_crl_info(list, info);
	pki_crl_free(list);
	return list;
}

void crl_get_judge(const struct segw_world *w, struct crl_want *want, struct pki_der crl,
		   struct pki_der issuer, const struct pki_crl_policy *policy, int64_t now,
		   struct pki_result *result)
{
	struct pki_crl *list = pki_crl_load(crl, issuer, policy, result);
	struct pki_crl_info new = { 0 }, old;
	bool known;

	if (list)
		pki_crl_info(list, &new);
	pki_crl_free(list);
	if (result->verdict != PKI_GOOD)
		return;
	if (crlstore_name(want->class, issuer, new.scoped ? new.scope_digest : NULL, want->name)) {
		refuse(result, "crl.issuer.encoding", "the issuer is not one certificate");
		return;
	}
	known = info_of(w, want->name, issuer, policy, &old);
	crlstore_succession(known ? &old : NULL, &new, policy->skew_s, now, result);
}
