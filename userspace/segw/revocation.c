// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The revocation engine. strongSwan lets a good OCSP answer satisfy the rule for
 * CRLs and falls back when OCSP fails, so "both", "either" and "revoked anywhere"
 * can't be said there (SGW-REV-13); here they are three short functions.
 */
#include "segw/revocation.h"

#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>

#define BIT(c)	(1u << (c))

/* The answers, as they are at one second. */
struct view {
	const struct rev_policy *policy;
	const struct rev_answer *answers;
	int64_t now;
};

static enum rev_outcome outcome_at(const struct view *v, enum rev_class c)
{
	const struct rev_answer *a = &v->answers[c];

	if (a->outcome > REV_BAD_SIGNATURE)
		return REV_BAD_SIGNATURE;
	return a->outcome == REV_GOOD && a->expires <= v->now ? REV_STALE : a->outcome;
}

/* Enabled classes whose outcome is @want. */
static unsigned int classes_with(const struct view *v, enum rev_outcome want)
{
	unsigned int mask = 0;

	for (size_t i = 0; i < v->policy->n; i++)
		if (outcome_at(v, v->policy->order[i]) == want)
			mask |= BIT(v->policy->order[i]);
	return mask;
}

static unsigned int enabled(const struct rev_policy *policy)
{
	unsigned int mask = 0;

	for (size_t i = 0; i < policy->n; i++)
		mask |= BIT(policy->order[i]);
	return mask;
}

/* NULL, or what makes the policy one that can't be applied. */
static const char *policy_problem(const struct rev_policy *policy)
{
	unsigned int mask = 0;

	if (!policy->n)
		return "no source is enabled";
	if (policy->n > REV_CLASSES || policy->rule > REV_ALL_REQUIRED)
		return "the rule or the number of sources is out of range";
	for (size_t i = 0; i < policy->n; i++) {
		if (policy->order[i] >= REV_CLASSES || mask & BIT(policy->order[i]))
			return "a source is enabled twice or is none of the four";
		mask |= BIT(policy->order[i]);
	}
	return NULL;
}

static void verdict(struct rev_decision *out, enum pki_verdict verdict, const char *rule)
{
	out->result.verdict = verdict;
	snprintf(out->result.rule, sizeof(out->result.rule), "%s", rule);
}

/* "rule: operator-crl good, operator-ocsp unreachable (ocsp.http.timeout); ..." */
static void describe(const struct view *v, struct rev_decision *out, const char *remedy)
{
	char *p = out->result.detail;
	size_t room = sizeof(out->result.detail), used;

	used = (size_t)snprintf(p, room, "%s:", rev_rule_name(v->policy->rule));
	for (size_t i = 0; i < v->policy->n; i++) {
		enum rev_class c = v->policy->order[i];
		const char *rule = v->answers[c].rule;
		bool void_answer = outcome_at(v, c) > REV_UNKNOWN && *rule;

		if (used < room)
			used += (size_t)snprintf(p + used, room - used, "%s %s %s%s%.24s%s",
						 i ? "," : "", rev_class_name(c),
						 rev_outcome_name(outcome_at(v, c)),
						 void_answer ? " (" : "", void_answer ? rule : "",
						 void_answer ? ")" : "");
	}
	if (used < room && *remedy)
		snprintf(p + used, room - used, ": %s", remedy);
}

/* Revoked anywhere refuses. @denied is not empty. */
static void refuse(const struct view *v, unsigned int denied, struct rev_decision *out)
{
	int64_t until = 0;

	verdict(out, PKI_BAD, "revocation.revoked");
	for (enum rev_class c = 0; c < REV_CLASSES; c++) {
		const struct rev_answer *a = &v->answers[c];
		int64_t at = a->expires;

		if (!(denied & BIT(c)))
			continue;
		memcpy(out->result.proof_digest, a->proof_digest, PKI_DIGEST_LEN);
		/* Only folded ones may be something else tomorrow; all must be. */
		if (!(v->policy->folded & BIT(c))) {
			until = 0;
			break;
		}
		if (!at || at > v->now + REV_FOLDED_S)
			at = v->now + REV_FOLDED_S;
		if (at > until)
			until = at;
	}
	out->result.expires = until;
	out->settled = true;
	out->ask = 0;
	describe(v, out, "the certificate is revoked, or its identity not allowed at present");
}

/*
 * Good, resting on @mask. One proof is its own digest; several are the digest of
 * theirs, in the order of the classes.
 */
static void accept(const struct view *v, unsigned int mask, struct rev_decision *out)
{
	uint8_t digests[REV_CLASSES][PKI_DIGEST_LEN];
	struct pki_result *r = &out->result;
	size_t n = 0;

	r->expires = INT64_MAX;
	for (enum rev_class c = 0; c < REV_CLASSES; c++) {
		if (!(mask & BIT(c)))
			continue;
		if (v->answers[c].expires < r->expires)
			r->expires = v->answers[c].expires;
		memcpy(digests[n++], v->answers[c].proof_digest, PKI_DIGEST_LEN);
	}
	if (n == 1)
		memcpy(r->proof_digest, digests[0], PKI_DIGEST_LEN);
	else if (EVP_Digest(digests, n * PKI_DIGEST_LEN, r->proof_digest, NULL,
			    EVP_sha256(), NULL) != 1) {
		verdict(out, PKI_INDETERMINATE, "memory");
		return;
	}
	verdict(out, PKI_GOOD, "revocation.good");
}

/* The class that decides; REV_CLASSES when there is none yet, or none at all. */
static enum rev_class first_definite(const struct view *v)
{
	for (size_t i = 0; i < v->policy->n; i++) {
		enum rev_class c = v->policy->order[i];
		enum rev_outcome o = outcome_at(v, c);

		if (o == REV_GOOD || o == REV_UNKNOWN)
			return c;
		if (o == REV_NOT_ASKED)
			break;
	}
	return REV_CLASSES;
}

static void by_first_definite(const struct view *v, unsigned int missing, struct rev_decision *out)
{
	enum rev_class c = first_definite(v);
	unsigned int local = missing & v->policy->local;

	if (c != REV_CLASSES) {
		if (outcome_at(v, c) == REV_UNKNOWN)
			verdict(out, PKI_INDETERMINATE, "revocation.unknown");
		else if (!local)
			accept(v, BIT(c), out);
		return;
	}
	if (!missing) {
		verdict(out, PKI_INDETERMINATE, "revocation.no-answer");
		return;
	}
	/* Nobody has decided: the first of those missing is next. */
	out->ask = local;
	for (size_t i = 0; i < v->policy->n; i++) {
		if (missing & BIT(v->policy->order[i])) {
			out->ask |= BIT(v->policy->order[i]);
			break;
		}
	}
}

static void by_any_good(const struct view *v, unsigned int missing, struct rev_decision *out)
{
	unsigned int good = classes_with(v, REV_GOOD);

	if (missing)
		return;
	if (good)
		accept(v, good, out);
	else if (classes_with(v, REV_UNKNOWN))
		verdict(out, PKI_INDETERMINATE, "revocation.unknown");
	else
		verdict(out, PKI_INDETERMINATE, "revocation.no-answer");
}

static void by_all_required(const struct view *v, unsigned int missing, struct rev_decision *out)
{
	unsigned int good = classes_with(v, REV_GOOD);

	if (missing)
		return;
	if (good == enabled(v->policy))
		accept(v, good, out);
	else
		verdict(out, PKI_INDETERMINATE, "revocation.not-all");
}

void rev_decide(const struct rev_policy *policy, const struct rev_answer answers[REV_CLASSES],
		int64_t now, struct rev_decision *out)
{
	const struct view v = { .policy = policy, .answers = answers, .now = now };
	const char *problem = policy_problem(policy);
	unsigned int missing, denied;

	memset(out, 0, sizeof(*out));
	verdict(out, PKI_INDETERMINATE, "revocation.pending");
	if (problem) {
		verdict(out, PKI_INDETERMINATE, "revocation.policy");
		snprintf(out->result.detail, sizeof(out->result.detail),
			 "%s: give [vendor] sources, or check = off", problem);
		out->settled = true;
		return;
	}
	denied = classes_with(&v, REV_REVOKED);
	if (denied) {
		refuse(&v, denied, out);
		return;
	}
	missing = classes_with(&v, REV_NOT_ASKED);
	out->ask = missing;
	out->settled = !missing;
	if (policy->rule == REV_FIRST_DEFINITE)
		by_first_definite(&v, missing, out);
	else if (policy->rule == REV_ANY_GOOD)
		by_any_good(&v, missing, out);
	else
		by_all_required(&v, missing, out);
	describe(&v, out, out->result.verdict == PKI_GOOD ? "" :
		 out->settled ? "mend the sources that are not good" : "still asking");
}

void rev_deadline(const struct rev_policy *policy, struct rev_answer answers[REV_CLASSES])
{
	for (size_t i = 0; i < policy->n && i < REV_CLASSES; i++) {
		struct rev_answer *a;

		if (policy->order[i] >= REV_CLASSES)
			continue;
		a = &answers[policy->order[i]];
		if (a->outcome != REV_NOT_ASKED)
			continue;
		a->outcome = REV_UNREACHABLE;
		snprintf(a->rule, sizeof(a->rule), "revocation.deadline");
	}
}

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

enum rev_outcome rev_outcome_of(const struct pki_result *r)
{
	/* Rules that mean "no answer", and that mean "not of this time". */
	static const char *const absent[] = {
		"ocsp.http", "ocsp.unchecked", "ocsp.source", "ocsp.socket", "ocsp.status",
		"crl.missing", "crl.http", "worker.", "memory", "source.",
	};
	static const char *const stale[] = {
		"ocsp.thisupdate", "ocsp.nextupdate", "ocsp.expired", "ocsp.nonce",
		"ocsp.producedat", "crl.time",
	};
	static const char *const unknown[] = { "ocsp.unknown", "crl.cert.issuer" };

	if (r->verdict == PKI_GOOD)
		return r->provisional ? REV_STALE : REV_GOOD;
	if (r->verdict == PKI_BAD)
		return REV_REVOKED;
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		if (starts(r->rule, absent[i]))
			return REV_UNREACHABLE;
	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++)
		if (starts(r->rule, stale[i]))
			return REV_STALE;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if (starts(r->rule, unknown[i]))
			return REV_UNKNOWN;
	return REV_BAD_SIGNATURE;
}

static const char *name(const char *const *names, size_t n, unsigned int i)
{
	return i < n ? names[i] : "invalid";
}

const char *rev_class_name(enum rev_class c)
{
	static const char *const names[] = {
		"operator-crl", "operator-ocsp", "manufacturer-crl", "manufacturer-ocsp",
	};

	return name(names, REV_CLASSES, c);
}

const char *rev_rule_name(enum rev_rule rule)
{
	static const char *const names[] = { "first-definite", "any-good", "all-required" };

	return name(names, REV_ALL_REQUIRED + 1, rule);
}

const char *rev_outcome_name(enum rev_outcome outcome)
{
	static const char *const names[] = {
		"not asked", "good", "revoked", "unknown", "unreachable", "stale", "bad-signature",
	};

	return name(names, REV_BAD_SIGNATURE + 1, outcome);
}
