// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Path, then sources as the engine asks for them, then authorisation. The engine
 * decides; here it is only given what each source said.
 */
#include "segw/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include <netinet/in.h>
#include "pki/crl.h"
#include "segw/fetch.h"

#define BIT(c)		(1u << (c))

struct check;

/* One enabled source, while it is asked. */
struct asking {
	struct check *check;
	const struct segw_source *source;
	size_t next;			/* URI to try next */
	struct uri uris[SEGW_URIS_MAX];
	size_t nuris;
	bool pointed;			/* they are the certificate's, not the operator's */
	uint8_t nonce[PKI_NONCE_MAX];
	uint8_t *request;
	size_t request_len;
	struct pki_result result;	/* of the last answer */
};

struct check {
	const struct segw_job *job;
	const struct segw_vendor *vendor;
	struct pki_der issuer;
	int issuer_index;
	const struct pki_result *chain;
	struct crl_want *want;
	struct rev_policy policy;
	struct rev_answer answers[REV_CLASSES];
	struct asking asking[REV_CLASSES];
	unsigned int asked;
	struct rev_decision decision;
	struct fetch *fetch;
	int64_t begun_ms, end_ms;
};

static void say(struct pki_result *r, enum pki_verdict verdict, const char *rule,
		const char *detail)
{
	r->verdict = verdict;
	r->expires = 0;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	snprintf(r->detail, sizeof(r->detail), "%s", detail);
}

static int64_t now_of(const struct check *c)
{
	return c->job->now + (fetch_now() - c->begun_ms) / 1000;
}

/* What the engine is told of @result. */
static void answered(struct check *c, enum rev_class class, const struct pki_result *result)
{
	struct rev_answer *a = &c->answers[class];

	c->asking[class].result = *result;
	a->outcome = rev_outcome_of(result);
	a->expires = result->expires;
	if (a->outcome == REV_REVOKED && !(c->policy.folded & BIT(class)))
		a->expires = 0;
	memcpy(a->proof_digest, result->proof_digest, sizeof(a->proof_digest));
	snprintf(a->rule, sizeof(a->rule), "%s", result->rule);
}

static void crl_policy(const struct check *c, struct pki_crl_policy *policy)
{
	pki_crl_policy_default(policy, &c->job->world->profile);
	policy->skew_s = c->job->skew_s;
	policy->age_max_s = c->job->crl_age_max_s;
}

/* Half of its life is over: there should be another one. */
static bool is_due(const struct check *c, const struct pki_crl *crl)
{
	struct pki_crl_info info;

	pki_crl_info(crl, &info);
	return now_of(c) >= info.this_update + (info.next_update - info.this_update) / 2;
}

/* What one list says of @cert, and in @due whether there should be a newer one. */
static void by_one_crl(const struct check *c, const struct world_crl *found, struct pki_der cert,
		       struct pki_der issuer, bool *due, struct pki_result *r)
{
	struct pki_crl_policy policy;
	struct pki_crl *crl = NULL;

	memset(r, 0, sizeof(*r));
	*due = true;
	crl_policy(c, &policy);
	if (found->index.data)
		crl = pki_crl_attach(found->file.crl, found->index, issuer, &policy, r);
	/* Not made yet, or of another key: the list itself decides. */
	if (!crl)
		crl = pki_crl_load(found->file.crl, issuer, &policy, r);
	if (crl) {
		pki_crl_check(crl, cert, &policy, now_of(c), r);
		*due = is_due(c, crl);
	}
	pki_crl_free(crl);
}

/*
 * What the lists that are here say of @cert, issued by @issuer: revoked when one lists
 * it, good when one that is of such certificates does not (RFC 5280 6.3.3). True when one
 * should be asked for, if there is where.
 */
static bool by_crl(const struct check *c, enum rev_class class, struct pki_der cert,
		   struct pki_der issuer, struct pki_result *r)
{
	const struct world_crl *found = NULL;
	char base[CRLSTORE_NAME_ROOM];
	bool due = true, this_due;
	struct pki_result one;

	memset(r, 0, sizeof(*r));
	say(r, PKI_INDETERMINATE, "crl.missing",
	    "no list of this CA is here: see trustgate revocation import");
	if (crlstore_name(class, issuer, NULL, base))
		return true;
	while (r->verdict != PKI_BAD && (found = world_crl(c->job->world, base, found))) {
		by_one_crl(c, found, cert, issuer, &this_due, &one);
		if (one.verdict == PKI_INDETERMINATE && r->verdict == PKI_GOOD)
			continue;
		if (one.verdict == PKI_GOOD && r->verdict == PKI_GOOD && one.expires <= r->expires)
			continue;
		*r = one;
		due = this_due;
	}
	return due;
}

/* SGW-REV-06: where the certificate says that its list is, when the operator has no
 * place of his own for it. It is for the next check: nobody waits for it here.
 */
static void want_list(struct check *c, const struct segw_source *source)
{
	struct pointer found[POINTERS_MAX];
	size_t n;

	if (source->nuris || *c->want->uri)
		return;
	n = pointers_of(c->job->certs[0], c->chain, &c->job->world->config.segw.pointers, found);
	for (size_t i = 0; i < n; i++) {
		if (found[i].kind != POINTER_CRL || found[i].refused ||
		    crlstore_name(source->class, c->issuer, NULL, c->want->name))
			continue;
		snprintf(c->want->uri, sizeof(c->want->uri), "%s", found[i].uri.text);
		c->want->class = source->class;
		c->want->issuer = c->issuer_index;
		return;
	}
}

static void http_done(void *arg, const struct fetch_answer *answer);

/*
 * How long one server may take. Asked one after the other, each source has its part of
 * the deadline, or one that hangs would leave none for those that come after it.
 */
static uint32_t share_ms(const struct asking *a)
{
	const struct check *c = a->check;
	uint32_t ms = c->job->deadline_ms;

	if (c->policy.rule == REV_FIRST_DEFINITE)
		ms /= (uint32_t)c->policy.n;
	ms /= (uint32_t)a->nuris;
	return ms ? ms : 1;
}

/* Begin with the next URI of @a; false when none is left, and the reason is in result. */
static bool try_next(struct asking *a)
{
	char why[PKI_TEXT_MAX + 1];

	while (a->next < a->nuris) {
		struct fetch_call call = {
			.uri = &a->uris[a->next++], .interface = a->source->interface,
			.pointers = a->pointed ? &a->check->job->world->config.segw.pointers : NULL,
			.body = a->request, .body_len = a->request_len,
			.max = a->check->job->ocsp.response_max, .timeout_ms = share_ms(a),
		};

		if (!fetch_begin(a->check->fetch, &call, http_done, a, why, sizeof(why)))
			return true;
		say(&a->result, PKI_INDETERMINATE, "source.unreachable", why);
	}
	return false;
}

/* How many octets are sent. */
static size_t nonce_len(const struct asking *a)
{
	return a->source->nonce == PKI_NONCE_NONE ? 0 : a->source->nonce_length;
}

static void evaluate(struct asking *a, struct pki_der response)
{
	const struct segw_world *w = a->check->job->world;
	const struct pki_signers *signers = &w->signers[a->source - w->config.sources];
	struct pki_ocsp_policy policy = a->check->job->ocsp;
	size_t len = nonce_len(a);

	policy.nonce_required = a->source->nonce == PKI_NONCE_REQUIRED;
	pki_ocsp_evaluate(a->check->job->certs[0], a->check->issuer, signers->cert,
			  signers->n, response, len ? a->nonce : NULL, len, &policy,
			  now_of(a->check), &a->result);
}

static void http_done(void *arg, const struct fetch_answer *answer)
{
	struct asking *a = arg;

	memset(&a->result, 0, sizeof(a->result));
	if (answer->rule)
		say(&a->result, PKI_INDETERMINATE, answer->rule, answer->why);
	else
		evaluate(a, (struct pki_der){ answer->data, answer->len });
	/* Another server of the same source may do better; not if this one decided. */
	if (rev_outcome_of(&a->result) > REV_UNKNOWN && try_next(a))
		return;
	answered(a->check, a->source->class, &a->result);
}

/* The URIs to ask: the operator's before the certificate's (SGW-REV-09). */
static void find_uris(struct asking *a)
{
	struct pointer found[POINTERS_MAX];
	size_t n;

	a->nuris = a->source->nuris;
	memcpy(a->uris, a->source->uris, a->nuris * sizeof(a->uris[0]));
	if (a->nuris)
		return;
	a->pointed = true;
	n = pointers_of(a->check->job->certs[0], a->check->chain,
			&a->check->job->world->config.segw.pointers, found);
	for (size_t i = 0; i < n && a->nuris < SEGW_URIS_MAX; i++)
		if (found[i].kind == POINTER_OCSP && !found[i].refused)
			a->uris[a->nuris++] = found[i].uri;
}

static void ask_ocsp(struct check *c, enum rev_class class)
{
	struct asking *a = &c->asking[class];
	size_t len = nonce_len(a);

	find_uris(a);
	say(&a->result, PKI_INDETERMINATE, "source.none",
	    "nobody to ask: give the source a uri, or list the certificate's host");
	if (getrandom(a->nonce, sizeof(a->nonce), 0) != sizeof(a->nonce) ||
	    pki_ocsp_request(c->job->certs[0], c->issuer, len ? a->nonce : NULL,
			     len, &a->request, &a->request_len))
		say(&a->result, PKI_INDETERMINATE, "source.request", "no OCSP request can be made");
	else if (try_next(a))
		return;
	answered(c, class, &a->result);
}

/* Ask whom the engine wants and who was not asked. */
static void ask(struct check *c, unsigned int wanted)
{
	for (enum rev_class class = 0; class < REV_CLASSES; class++) {
		struct pki_result r;

		if (!(wanted & ~c->asked & BIT(class)))
			continue;
		c->asked |= BIT(class);
		c->asking[class].check = c;
		c->asking[class].source = segw_config_source(&c->job->world->config, c->vendor, class);
		if (class == REV_OPERATOR_OCSP || class == REV_MANUFACTURER_OCSP) {
			ask_ocsp(c, class);
			continue;
		}
		if (by_crl(c, class, c->job->certs[0], c->issuer, &r))
			want_list(c, c->asking[class].source);
		answered(c, class, &r);
	}
}

/* Authorisation hangs on a source that has not answered yet. */
static bool unheard(const struct check *c)
{
	return c->job->world->config.authz.mode == AUTHZ_OCSP &&
	       c->policy.folded & BIT(REV_OPERATOR_OCSP) && c->job->extent == SEGW_JOB_ALL &&
	       c->answers[REV_OPERATOR_OCSP].outcome == REV_NOT_ASKED;
}

/* Whether there is nothing to wait for; asks whom there is to ask. */
static bool decided(void *arg)
{
	struct check *c = arg;
	unsigned int before;

	do {
		before = c->asked;
		rev_decide(&c->policy, c->answers, now_of(c), &c->decision);
		/* By the first definite: the others are asked after it has opened. */
		if (c->decision.settled || (c->decision.result.verdict == PKI_GOOD && !unheard(c)))
			return true;
		ask(c, c->decision.ask);
	} while (c->asked != before);
	return false;
}

/* No certificate on the path may be on a list that is here. */
static bool path_revoked(const struct check *c, struct pki_result *r)
{
	const struct segw_job *job = c->job;
	size_t anchor = c->chain->anchor;

	for (size_t i = 1; i < job->ncerts; i++) {
		for (size_t j = 1; j <= job->ncerts; j++) {
			struct pki_der issuer = j < job->ncerts ? job->certs[j] :
						job->world->anchors[anchor];

			for (size_t k = 0; k < c->policy.n; k++) {
				enum rev_class class = c->policy.order[k];

				if (i == j || !(c->policy.local & BIT(class)))
					continue;
				by_crl(c, class, job->certs[i], issuer, r);
				if (r->verdict == PKI_BAD)
					return true;
			}
		}
	}
	return false;
}

static void revocation(struct check *c, struct segw_job_result *out)
{
	struct pki_result *r = &out->revocation;

	if (!c->vendor->check) {
		say(r, PKI_INDETERMINATE, "revocation.off", "check = off: nobody is asked");
		return;
	}
	segw_config_policy(&c->job->world->config, c->vendor, &c->policy);
	c->policy.local = BIT(REV_OPERATOR_CRL) | BIT(REV_MANUFACTURER_CRL);
	if (c->job->extent == SEGW_JOB_FOLLOW)
		c->policy.rule = REV_ANY_GOOD;
	if (!path_revoked(c, r)) {
		fetch_run(c->fetch, c->end_ms, decided, c);
		if (!c->decision.settled && c->decision.result.verdict != PKI_GOOD)
			rev_deadline(&c->policy, c->answers);
		rev_decide(&c->policy, c->answers, now_of(c), &c->decision);
		*r = c->decision.result;
		out->follow = r->verdict == PKI_GOOD && !c->decision.settled;
	}
	memcpy(r->cert_digest, c->chain->cert_digest, sizeof(r->cert_digest));
}

static const char *ask_radius(const struct check *c, struct radius_reply *reply)
{
	const struct segw_job *job = c->job;
	const struct segw_authz *a = &job->world->config.authz;
	int64_t left = c->end_ms + SEGW_AUTHZ_MS - fetch_now();
	uint32_t try_ms = left < (int64_t)a->try_ms ? (uint32_t)(left > 0 ? left : 1) : a->try_ms;
	uint32_t tries = left > 0 ? (uint32_t)left / try_ms : 1;
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(a->port) };
	char name[AUTHZ_IDENTITY_MAX + 1];
	struct radius_request r = {
		.identity = name, .nas = a->nas, .secret = job->world->secret,
		.secret_len = job->world->secret_len,
	};
	const char *rule = "authz.radius.socket";
	int fd;

	memset(reply, 0, sizeof(*reply));
	if (!authz_canonical(job->identity, strlen(job->identity), name))
		return "authz.identity";
	memcpy(&v4.sin_addr, a->server.addr, sizeof(v4.sin_addr));
	memcpy(&v6.sin6_addr, a->server.addr, sizeof(v6.sin6_addr));
	fd = socket(a->server.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && getrandom(r.authenticator, sizeof(r.authenticator), 0) == sizeof(r.authenticator) &&
	    getrandom(&r.id, 1, 0) == 1 &&
	    !(a->server.family == AF_INET ? connect(fd, (struct sockaddr *)&v4, sizeof(v4)) :
	      connect(fd, (struct sockaddr *)&v6, sizeof(v6))))
		rule = radius_ask(fd, &r, tries < a->tries ? tries : a->tries, try_ms, reply);
	if (fd >= 0)
		close(fd);
	return rule;
}

/* The identity is the certificate's: the path is good, so its SAN has it. */
static void authorise(struct check *c, struct segw_job_result *out)
{
	const struct segw_world *w = c->job->world;
	int64_t life_s = w->config.authz.life_ms / 1000;
	struct pki_result *r = &out->authz;
	struct radius_reply reply;

	switch (w->config.authz.mode) {
	case AUTHZ_ALLOWLIST:
		authz_by_list(w->list, c->job->identity, now_of(c), life_s, r);
		break;
	case AUTHZ_AAA: {
		const char *rule = ask_radius(c, &reply);

		authz_by_radius(rule, &reply, now_of(c), life_s, r);
		break;
	}
	case AUTHZ_OCSP:
		/* The operator's responder, if it carries authorisation and was asked. */
		authz_by_ocsp(&c->asking[REV_OPERATOR_OCSP].result,
			      c->policy.folded & BIT(REV_OPERATOR_OCSP), now_of(c), life_s, r);
		break;
	default:
		say(r, PKI_INDETERMINATE, "authz.off", "authz mode = none");
		break;
	}
	memcpy(r->cert_digest, c->chain->cert_digest, sizeof(r->cert_digest));
}

static bool path(const struct segw_job *job, struct check *c, struct segw_job_result *out)
{
	const struct segw_world *w = job->world;
	struct pki_chain_policy policy = {
		.anchors = w->anchors, .nanchors = w->config.nvendors, .name = job->identity,
		.max_sent = 4, .role = PKI_HENB, .tls = job->tls, .profile = &w->profile,
	};
	int issuer = -1;

	pki_check_chain(job->certs, job->ncerts, &policy, job->now, &issuer, &out->chain);
	if (out->chain.verdict != PKI_GOOD)
		return false;
	out->vendor = out->chain.anchor;
	c->vendor = &w->config.vendors[out->vendor];
	c->issuer_index = issuer;
	c->issuer = issuer < 0 ? w->anchors[out->vendor] : job->certs[issuer];
	c->chain = &out->chain;
	return true;
}

void segw_job(const struct segw_job *job, struct segw_job_result *out)
{
	struct check *c = calloc(1, sizeof(*c));

	memset(out, 0, sizeof(*out));
	say(&out->chain, PKI_INDETERMINATE, "memory", "out of memory: free some");
	say(&out->revocation, PKI_INDETERMINATE, "revocation.unchecked", "the path is not good");
	say(&out->authz, PKI_INDETERMINATE, "authz.unchecked", "the path is not good");
	if (!c)
		return;
	for (enum rev_class i = 0; i < REV_CLASSES; i++)
		say(&c->asking[i].result, PKI_INDETERMINATE, "source.unasked", "it was not asked");
	c->job = job;
	c->want = &out->want;
	c->begun_ms = fetch_now();
	c->end_ms = c->begun_ms + job->deadline_ms;
	c->fetch = fetch_new();
	if (c->fetch && path(job, c, out) && job->extent != SEGW_JOB_PATH) {
		/* A resolver that waits longer than we would have us killed. */
		setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
		revocation(c, out);
		if (job->extent == SEGW_JOB_ALL)
			authorise(c, out);
	}
	fetch_free(c->fetch);
	for (enum rev_class i = 0; i < REV_CLASSES; i++)
		free(c->asking[i].request);
	free(c);
}
