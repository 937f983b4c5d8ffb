/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What several sources together prove of one certificate. Pure: it is given what
 * each source said and when that stops being true, and says what follows and whom
 * to ask next. Documentation/segw.rst defines the rules; the tests hold an oracle
 * that was written from that text.
 */
#ifndef TRUSTGATE_SEGW_REVOCATION_H
#define TRUSTGATE_SEGW_REVOCATION_H

#include "pki/pki.h"

/* Who runs a source, and what it speaks (TS 33.320 7.2.2). */
enum rev_class {
	REV_OPERATOR_CRL,
	REV_OPERATOR_OCSP,
	REV_MANUFACTURER_CRL,
	REV_MANUFACTURER_OCSP,
	REV_CLASSES,
};

enum rev_rule { REV_FIRST_DEFINITE, REV_ANY_GOOD, REV_ALL_REQUIRED };

enum rev_outcome {
	REV_NOT_ASKED,		/* or asked, and not answered yet */
	REV_GOOD,
	REV_REVOKED,
	REV_UNKNOWN,		/* a valid answer of a source that does not know it */
	REV_UNREACHABLE,
	REV_STALE,
	REV_BAD_SIGNATURE,	/* or anything else that makes an answer void */
};

struct rev_policy {
	enum rev_rule rule;
	enum rev_class order[REV_CLASSES];	/* the enabled ones, each once */
	size_t n;				/* how many of @order count */
	/* Masks of 1 << enum rev_class. */
	unsigned int local;	/* answered from what is here: always asked first */
	unsigned int folded;	/* carries_authz: "revoked" may mean "not allowed now" */
};

struct rev_answer {
	enum rev_outcome outcome;
	/* Second at which it stops being true. REV_GOOD is REV_STALE from then on;
	 * REV_REVOKED stays, and this only says when to ask again, 0 for never.
	 */
	int64_t expires;
	uint8_t proof_digest[PKI_DIGEST_LEN];
	char rule[64];			/* of the source's own check, or empty */
};

struct rev_decision {
	/*
	 * PKI_GOOD and PKI_BAD hold at once; PKI_INDETERMINATE only when settled.
	 * expires: of PKI_GOOD, the earliest of what it rests on; of PKI_BAD, when
	 * asking again is of use, 0 for never. cert_digest is the caller's.
	 */
	struct pki_result result;
	bool settled;		/* no answer that is missing can change the verdict */
	unsigned int ask;	/* mask of classes that should be in flight now */
};

/* Most that a "revoked" from a source that carries authorisation is believed. */
#define REV_FOLDED_S	60

/*
 * What @answers, indexed by enum rev_class, prove at @now by @policy. Answers of
 * classes that are not enabled are not looked at. A policy that makes no sense
 * is PKI_INDETERMINATE, settled, and asks nobody.
 */
void rev_decide(const struct rev_policy *policy, const struct rev_answer answers[REV_CLASSES],
		int64_t now, struct rev_decision *out);

/* The time is up: whoever has not answered by now is unreachable. */
void rev_deadline(const struct rev_policy *policy, struct rev_answer answers[REV_CLASSES]);

/* What a result of pki_ocsp_evaluate() or pki_crl_check() is to the engine. */
enum rev_outcome rev_outcome_of(const struct pki_result *r);

/* "operator-crl", ...; "first-definite", ...; "bad-signature", ... */
const char *rev_class_name(enum rev_class c);
const char *rev_rule_name(enum rev_rule rule);
const char *rev_outcome_name(enum rev_outcome outcome);

#endif /* TRUSTGATE_SEGW_REVOCATION_H */
