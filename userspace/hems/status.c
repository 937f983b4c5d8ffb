// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The revocation status of the peer's certificate: stapled, or asked for, by the same
 * evaluator that the tunnel's is held against (TS 33.320 8.3.2.1).
 */
#include "hems/internal.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/rand.h>
#include "pki/profile.h"

static const char *const names[] = { "any", "staple", "direct", "off" };

const char *hems_revocation_name(enum hems_revocation revocation)
{
	return revocation <= HEMS_OFF ? names[revocation] : "?";
}

int hems_revocation_parse(const char *name, enum hems_revocation *out)
{
	for (unsigned int i = 0; i <= HEMS_OFF; i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		*out = (enum hems_revocation)i;
		return 0;
	}
	return -1;
}

static void judge(const struct hems *h, struct pki_der response, const uint8_t *nonce, size_t len,
		  struct pki_ocsp_policy *policy, struct pki_result *r)
{
	static const struct pki_signers none;
	const struct pki_signers *signers = h->policy.signers ? h->policy.signers : &none;

	pki_ocsp_policy_profile(policy, h->policy.profile);
	pki_ocsp_evaluate(h->leaf, h->issuer, signers->cert, signers->n, response,
			  len ? nonce : NULL, len, policy, h->policy.now, r);
}

/* RFC 6066 8: no nonce can be in it. */
static void by_staple(struct hems *h, struct pki_der staple)
{
	struct pki_result *r = &h->report.status;
	struct pki_ocsp_policy policy;

	h->report.source = HEMS_STAPLE;
	if (!staple.len) {
		hems_say(r, PKI_INDETERMINATE, "tls.staple.missing",
			 "the peer staples no status to its certificate (have it staple, or name a responder and say direct or any)");
		return;
	}
	pki_ocsp_policy_inband(&policy);
	judge(h, staple, NULL, 0, &policy, r);
}

static void by_responder(struct hems *h)
{
	struct pki_result *r = &h->report.status;
	struct hems_question q = { .cert = h->leaf, .issuer = h->issuer, .chain = &h->report.chain };
	struct pki_ocsp_policy policy;
	size_t sent = h->policy.nonce == PKI_NONCE_NONE ? 0 :
		      h->policy.nonce_len ? h->policy.nonce_len : PKI_NONCE_LEN;
	uint8_t nonce[PKI_NONCE_MAX], *request = NULL, *answer = NULL;
	size_t len = 0;
	char why[PKI_TEXT_MAX + 1] = "";
	const char *rule;

	h->report.source = HEMS_DIRECT;
	hems_say(r, PKI_INDETERMINATE, "memory", "out of memory (free some)");
	if (RAND_bytes(nonce, sizeof(nonce)) != 1 ||
	    pki_ocsp_request(h->leaf, h->issuer, nonce, sent, &request, &q.len))
		return;
	q.request = request;
	rule = h->policy.ask(h->policy.ask_arg, &q, &answer, &len, why, sizeof(why));
	free(request);
	if (rule) {
		hems_say(r, PKI_INDETERMINATE, rule, "%s", why);
		return;
	}
	pki_ocsp_policy_default(&policy);
	policy.nonce_required = h->policy.nonce == PKI_NONCE_REQUIRED;
	judge(h, (struct pki_der){ answer, len }, nonce, sent, &policy, r);
	free(answer);
}

void hems_status(struct hems *h, struct pki_der staple)
{
	enum hems_revocation how = h->policy.revocation;
	struct pki_result *r = &h->report.status;

	memset(r, 0, sizeof(*r));
	if (how == HEMS_OFF) {
		h->report.source = HEMS_OFF;
		hems_say(r, PKI_GOOD, "revocation.off", "nobody was asked, as the policy says");
		r->expires = h->report.chain.expires;
		return;
	}
	if (how != HEMS_DIRECT) {
		by_staple(h, staple);
		/* A revoked one stays so; of no use is no answer. */
		if (how == HEMS_STAPLE || r->verdict != PKI_INDETERMINATE || !h->policy.ask)
			return;
	}
	if (h->policy.ask) {
		by_responder(h);
		return;
	}
	h->report.source = HEMS_DIRECT;
	hems_say(r, PKI_INDETERMINATE, "ocsp.responder.none",
		 "there is no responder to ask (name one)");
}
