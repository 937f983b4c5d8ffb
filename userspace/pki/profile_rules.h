/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parser and the checker of profiles both know of a rule. */
#ifndef TRUSTGATE_PKI_PROFILE_RULES_H
#define TRUSTGATE_PKI_PROFILE_RULES_H

#include "pki/internal.h"
#include "pki/profile.h"

#define ENTITIES	(1u << PKI_IKE_ENTITY | 1u << PKI_TLS_ENTITY)
#define CAS		(1u << PKI_IKE_CA | 1u << PKI_TLS_CA)

enum pki_value_kind { PKI_VALUE_NONE, PKI_VALUE_NUMBER, PKI_VALUE_DATE, PKI_VALUE_SET };

/* Of a rule whose value is a set: bit n of it stands for the nth word. */
#define PKI_WORDS_CURVE		"P-256 P-384 P-521 brainpoolP256r1 brainpoolP384r1 brainpoolP512r1"
#define PKI_WORDS_SIGNATURE	"rsa-pkcs1 rsa-pss ecdsa"
#define PKI_WORDS_DIGEST	"sha256 sha384 sha512 sha224"
#define PKI_WORDS_USAGE		"digitalSignature keyEncipherment keyAgreement"
#define PKI_WORDS_EKU		"ipsecIKE anyExtendedKeyUsage serverAuth clientAuth"

/* A certificate under a rule. */
struct pki_subject {
	X509 *cert;
	uint32_t flags, usage;	/* OpenSSL's EXFLAG_* and KU_* */
	bool anchor;		/* trusted for its key: its own signature counts for nothing */
	char *detail;		/* of PKI_TEXT_MAX + 1 */
};

/* Whether the rule is met; if not, the value seen and the remedy are in detail. */
typedef bool pki_rule_fn(struct pki_subject *s, const struct pki_rule *rule);

struct pki_rule_kind {
	const char *name;
	unsigned int classes;		/* mask of 1 << enum pki_class */
	enum pki_value_kind kind;
	const char *words;
	pki_rule_fn *met;
	/* What a profile says in @later classes that was written before the rule was there. */
	unsigned int later;
	const char *unsaid;
};

extern const struct pki_rule_kind pki_rule_kinds[PKI_RULES];

void pki_rule_detail(struct pki_subject *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* profile_rules.c, profile_entity.c */
pki_rule_fn pki_met_san, pki_met_san_fqdn, pki_met_san_labels, pki_met_san_single,
	pki_met_common_name;
pki_rule_fn pki_met_eku, pki_met_eku_tolerated, pki_met_cdp, pki_met_aia, pki_met_pointer;

/*
 * All rules of @class and @role against @cert. As pki_profile_check(); false when one
 * at PKI_ERROR is not met, with @result set.
 */
bool pki_profile_apply(const struct pki_profile *profile, X509 *cert, bool anchor,
		       enum pki_class class, enum pki_role role, pki_finding_fn *found, void *arg,
		       struct pki_result *result);

/*
 * Whether a signature over @alg is accepted for something made at @made. False with
 * @result set otherwise; SHA-1 that is accepted is counted in *@sha1.
 */
bool pki_digest_accepted(const struct pki_profile *profile, enum pki_sha1_use use,
			 const X509_ALGOR *alg, int64_t made, const char *what,
			 unsigned int *sha1, enum pki_verdict verdict, struct pki_result *result);

#endif /* TRUSTGATE_PKI_PROFILE_RULES_H */
