// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The matrix of SGW-REV-08: every non-empty subset of the four sources, in every
 * order, with every outcome of each, under every rule, wherever the CRLs are, and in
 * every order of arrival. Then what no matrix shows: times, digests, nonsense.
 */
#include <string.h>
#include "lib/tap.h"
#include "oracle.h"
#include "segw/revocation.h"

#define NOW	1790000000
#define HOUR	3600

static const char letters[] = "?grunsb";
static const char rules[] = "far";

/* What went through the matrix, and what came out wrong. */
static unsigned long cases, wrong, good, bad, indeterminate, early, steps;

static char letter(enum pki_verdict v)
{
	return v == PKI_GOOD ? 'G' : v == PKI_BAD ? 'B' : 'I';
}

static void answer(struct rev_answer *a, enum rev_outcome o, enum rev_class c)
{
	memset(a, 0, sizeof(*a));
	a->outcome = o;
	a->expires = o == REV_GOOD ? NOW + HOUR + (int)c : 0;
	memset(a->proof_digest, 'a' + (int)c, sizeof(a->proof_digest));
}

static void complain(const struct rev_policy *p, const char *outcomes, const char *what)
{
	if (wrong++ > 10)
		return;
	printf("# %s, outcomes %s, first source %s: %s\n", rev_rule_name(p->rule), outcomes,
	       rev_class_name(p->order[0]), what);
}

/* Everything answered: the verdict is the oracle's. */
static void check_final(const struct rev_policy *p, const struct rev_answer *answers,
			const char *outcomes)
{
	struct rev_decision d;
	char want = oracle(rules[p->rule], outcomes);

	rev_decide(p, answers, NOW, &d);
	cases++;
	good += d.result.verdict == PKI_GOOD;
	bad += d.result.verdict == PKI_BAD;
	indeterminate += d.result.verdict == PKI_INDETERMINATE;
	if (letter(d.result.verdict) != want)
		complain(p, outcomes, "not what the oracle says");
	if (!d.settled || d.ask)
		complain(p, outcomes, "all have answered, and it is not settled");
	if (!*d.result.rule || !*d.result.detail)
		complain(p, outcomes, "no rule or no detail");
}

/*
 * What may be said before all have answered. GOOD: only under first-definite, by the
 * source that decides, and after every local CRL; it can turn to BAD and to nothing
 * else. Whoever has not answered and is not asked is asked later.
 */
static void check_step(const struct rev_policy *p, const struct rev_answer *answers,
		       const char *outcomes, const struct rev_decision *d)
{
	char end = oracle(rules[p->rule], outcomes);
	unsigned int missing = 0;

	for (size_t i = 0; i < p->n; i++)
		if (answers[p->order[i]].outcome == REV_NOT_ASKED)
			missing |= 1u << p->order[i];
	steps++;
	if (d->ask & ~missing)
		complain(p, outcomes, "asks one that is not enabled, or has answered");
	if (d->result.verdict == PKI_BAD && end != 'B')
		complain(p, outcomes, "refused early, and wrongly");
	if (missing && d->result.verdict != PKI_BAD && (d->settled || !d->ask))
		complain(p, outcomes, "gave up before all were asked");
	if (!missing || d->result.verdict != PKI_GOOD)
		return;
	early++;
	if (p->rule != REV_FIRST_DEFINITE || missing & p->local || end == 'I')
		complain(p, outcomes, "opened too early");
	if (d->ask != missing)
		complain(p, outcomes, "does not go on asking after it opened");
}

/* Ask as the engine wants, the answer of @pick-th asked first each time. */
static void arrive(const struct rev_policy *p, const struct rev_answer *all, const char *outcomes,
		   unsigned int pick)
{
	struct rev_answer answers[REV_CLASSES] = { 0 };
	struct rev_decision d;
	unsigned int rounds = 0;

	for (rev_decide(p, answers, NOW, &d); d.ask; rev_decide(p, answers, NOW, &d)) {
		enum rev_class asked[REV_CLASSES];
		unsigned int n = 0;

		check_step(p, answers, outcomes, &d);
		for (enum rev_class c = 0; c < REV_CLASSES; c++)
			if (d.ask & 1u << c)
				asked[n++] = c;
		if (p->rule == REV_FIRST_DEFINITE && d.result.verdict != PKI_GOOD && !p->local &&
		    n > 1 && !strchr(outcomes, 'u'))
			complain(p, outcomes, "asks several at once");
		answers[asked[pick % n]] = all[asked[pick % n]];
		if (++rounds > REV_CLASSES) {
			complain(p, outcomes, "asks without end");
			return;
		}
	}
	check_step(p, answers, outcomes, &d);
	if (letter(d.result.verdict) != oracle(rules[p->rule], outcomes))
		complain(p, outcomes, "asked one by one it says something else");
}

static void outcomes_of(const struct rev_policy *policy)
{
	struct rev_answer answers[REV_CLASSES] = { 0 };
	struct rev_policy p = *policy;
	unsigned long end = 1;

	for (size_t i = 0; i < p.n; i++)
		end *= 6;
	for (unsigned long code = 0; code < end; code++) {
		char outcomes[REV_CLASSES + 1] = "";
		unsigned long rest = code;

		for (size_t i = 0; i < p.n; i++, rest /= 6) {
			answer(&answers[p.order[i]], 1 + rest % 6, p.order[i]);
			outcomes[i] = letters[1 + rest % 6];
		}
		for (p.rule = REV_FIRST_DEFINITE; p.rule <= REV_ALL_REQUIRED; p.rule++) {
			check_final(&p, answers, outcomes);
			for (unsigned int pick = 0; pick < p.n; pick++)
				arrive(&p, answers, outcomes, pick);
		}
	}
}

/* All orders of the sources in @left, added to @p. */
static unsigned int orders_of(struct rev_policy *p, unsigned int left)
{
	unsigned int n = 0;

	if (!left) {
		outcomes_of(p);
		return 1;
	}
	for (enum rev_class c = 0; c < REV_CLASSES; c++) {
		if (!(left & 1u << c))
			continue;
		p->order[p->n++] = c;
		n += orders_of(p, left & ~(1u << c));
		p->n--;
	}
	return n;
}

static void matrix(void)
{
	static const unsigned int crls = 1u << REV_OPERATOR_CRL | 1u << REV_MANUFACTURER_CRL;

	for (unsigned int subset = 1; subset < 16; subset++) {
		unsigned int orders = 0, last = ~0u;
		unsigned long before = cases;

		wrong = 0;
		/* No CRL at hand, one of them, both. */
		for (unsigned int local = 0; local < 16; local++) {
			struct rev_policy p = { .local = local & crls & subset };

			if (p.local != local || p.local == last)
				continue;
			last = p.local;
			orders += orders_of(&p, subset);
		}
		tap_ok(!wrong, "SGW-REV-08, PIT-36: sources%s%s%s%s: %lu verdicts in %u orders are the oracle's",
		       subset & 1 ? " operator-crl" : "", subset & 2 ? " operator-ocsp" : "",
		       subset & 4 ? " manufacturer-crl" : "",
		       subset & 8 ? " manufacturer-ocsp" : "", cases - before, orders);
	}
	tap_ok(good && bad && indeterminate && early,
	       "SGW-REV-08: of %lu verdicts %lu are good, %lu bad, %lu indeterminate; %lu of %lu steps opened early",
	       cases, good, bad, indeterminate, early, steps);
}

static const struct rev_policy two = {
	.rule = REV_ALL_REQUIRED, .n = 2, .order = { REV_OPERATOR_OCSP, REV_MANUFACTURER_CRL },
};

static struct rev_decision decide(const struct rev_policy *p, const struct rev_answer *a)
{
	struct rev_decision d;

	rev_decide(p, a, NOW, &d);
	return d;
}

static void times(void)
{
	struct rev_answer a[REV_CLASSES] = { 0 };
	struct rev_policy p = two;
	struct rev_decision d;

	answer(&a[REV_OPERATOR_OCSP], REV_GOOD, 0);
	answer(&a[REV_MANUFACTURER_CRL], REV_GOOD, 0);
	a[REV_MANUFACTURER_CRL].expires = NOW + 60;
	a[REV_OPERATOR_OCSP].expires = NOW + 90;
	d = decide(&p, a);
	tap_ok(d.result.verdict == PKI_GOOD && d.result.expires == NOW + 60,
	       "SGW-REV-08: all-required ends with the first answer that does");
	p.rule = REV_FIRST_DEFINITE;
	d = decide(&p, a);
	tap_ok(d.result.expires == NOW + 90, "SGW-REV-08: first-definite ends with its decider");
	p.rule = REV_ALL_REQUIRED;
	a[REV_MANUFACTURER_CRL].expires = NOW;
	d = decide(&p, a);
	tap_ok(d.result.verdict == PKI_INDETERMINATE && strstr(d.result.detail, "stale"),
	       "SGW-REV-08: good until this very second is stale");
	a[REV_MANUFACTURER_CRL].outcome = REV_REVOKED;
	a[REV_MANUFACTURER_CRL].expires = NOW - HOUR;
	d = decide(&p, a);
	tap_ok(d.result.verdict == PKI_BAD && !d.result.expires,
	       "SGW-REV-08: revoked does not wear off");
}

static void folded(void)
{
	struct rev_answer a[REV_CLASSES] = { 0 };
	struct rev_policy p = two;
	struct rev_decision d;

	p.folded = 1u << REV_OPERATOR_OCSP;
	answer(&a[REV_OPERATOR_OCSP], REV_REVOKED, 0);
	answer(&a[REV_MANUFACTURER_CRL], REV_GOOD, 0);
	a[REV_OPERATOR_OCSP].expires = NOW + HOUR;
	d = decide(&p, a);
	tap_ok(d.result.verdict == PKI_BAD && d.result.expires == NOW + REV_FOLDED_S,
	       "SGW-AAA-04, PIT-35: a folded revoked is denied, and asked again within 60 s");
	a[REV_OPERATOR_OCSP].expires = NOW + 10;
	d = decide(&p, a);
	tap_ok(d.result.expires == NOW + 10, "SGW-AAA-04: sooner when the answer ends sooner");
	answer(&a[REV_MANUFACTURER_CRL], REV_REVOKED, 0);
	d = decide(&p, a);
	tap_ok(d.result.verdict == PKI_BAD && !d.result.expires,
	       "SGW-AAA-04: not when another source says revoked too");
}

static void disagree(void)
{
	struct rev_answer a[REV_CLASSES] = { 0 };
	struct rev_policy p = two;

	answer(&a[REV_OPERATOR_OCSP], REV_GOOD, 0);
	answer(&a[REV_MANUFACTURER_CRL], REV_REVOKED, 0);
	tap_ok(decide(&p, a).result.verdict == PKI_BAD,
	       "SGW-REV-13: all-required, OCSP good and CRL revoked: refused");
	p.rule = REV_FIRST_DEFINITE;
	a[REV_MANUFACTURER_CRL].outcome = REV_NOT_ASKED;
	p.local = 1u << REV_MANUFACTURER_CRL;
	tap_ok(decide(&p, a).result.verdict == PKI_INDETERMINATE,
	       "PIT-36: first-definite waits for the CRL that is here");
	p.local = 0;
	tap_ok(decide(&p, a).result.verdict == PKI_GOOD && !decide(&p, a).settled,
	       "SGW-REV-08: first-definite opens by the first, and asks on");
	rev_deadline(&p, a);
	tap_ok(a[REV_MANUFACTURER_CRL].outcome == REV_UNREACHABLE && decide(&p, a).settled &&
	       a[REV_OPERATOR_OCSP].outcome == REV_GOOD,
	       "SGW-REV-11: who has not answered at the deadline is unreachable");
}

static void nonsense(void)
{
	static const struct { const char *what; struct rev_policy p; } table[] = {
		{ "no source", { .rule = REV_ANY_GOOD } },
		{ "a source twice", { .n = 2 } },
		{ "a source of no class", { .n = 1, .order = { REV_CLASSES } } },
		{ "an unknown rule", { .n = 1, .rule = REV_ALL_REQUIRED + 1 } },
		{ "too many sources", { .n = REV_CLASSES + 1 } },
	};
	struct rev_answer a[REV_CLASSES];

	for (enum rev_class c = 0; c < REV_CLASSES; c++)
		answer(&a[c], REV_GOOD, c);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct rev_decision d = decide(&table[i].p, a);

		tap_ok(d.result.verdict == PKI_INDETERMINATE && d.settled && !d.ask &&
		       !strcmp(d.result.rule, "revocation.policy"),
		       "SGW-REV-04: %s: indeterminate by revocation.policy", table[i].what);
	}
	a[0].outcome = REV_BAD_SIGNATURE + 1;
	tap_ok(decide(&(struct rev_policy){ .n = 1 }, a).result.verdict == PKI_INDETERMINATE,
	       "SGW-REV-08: an outcome that does not exist proves nothing");
}

static void outcomes(void)
{
	static const struct { enum pki_verdict v; const char *rule; enum rev_outcome want; } table[] = {
		{ PKI_GOOD, "ocsp.good", REV_GOOD },
		{ PKI_BAD, "ocsp.revoked", REV_REVOKED },
		{ PKI_INDETERMINATE, "ocsp.unknown", REV_UNKNOWN },
		{ PKI_INDETERMINATE, "ocsp.http.timeout", REV_UNREACHABLE },
		{ PKI_INDETERMINATE, "ocsp.status", REV_UNREACHABLE },
		{ PKI_INDETERMINATE, "ocsp.nonce.mismatch", REV_STALE },
		{ PKI_INDETERMINATE, "ocsp.nextupdate.past", REV_STALE },
		{ PKI_INDETERMINATE, "crl.time.stale", REV_STALE },
		{ PKI_INDETERMINATE, "crl.time.future", REV_STALE },
		{ PKI_INDETERMINATE, "crl.missing", REV_UNREACHABLE },
		{ PKI_INDETERMINATE, "crl.cert.issuer", REV_UNKNOWN },
		{ PKI_INDETERMINATE, "crl.signature", REV_BAD_SIGNATURE },
		{ PKI_INDETERMINATE, "ocsp.signature", REV_BAD_SIGNATURE },
		{ PKI_INDETERMINATE, "ocsp.certid", REV_BAD_SIGNATURE },
		{ PKI_INDETERMINATE, "a.rule.nobody.knows", REV_BAD_SIGNATURE },
	};
	struct pki_result r = { .verdict = PKI_GOOD, .provisional = true };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct pki_result one = { .verdict = table[i].v };

		snprintf(one.rule, sizeof(one.rule), "%s", table[i].rule);
		tap_ok(rev_outcome_of(&one) == table[i].want, "SGW-REV-01: %s is %s",
		       table[i].rule, rev_outcome_name(table[i].want));
	}
	tap_ok(rev_outcome_of(&r) == REV_STALE, "FFS-16: a provisional good is not good");
}

int main(void)
{
	tap_start();
	matrix();
	times();
	folded();
	disagree();
	nonsense();
	outcomes();
	return tap_end();
}
