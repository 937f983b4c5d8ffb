/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificate profiles: what TS 33.310 clause 6.1 asks of a certificate beyond
 * RFC 5280, as data. A profile is read from text (policy/profiles/NAME.conf, see
 * Documentation/profiles.rst); nothing here opens a file and there is no built-in one.
 */
#ifndef TRUSTGATE_PKI_PROFILE_H
#define TRUSTGATE_PKI_PROFILE_H

#include "pki/pki.h"

#define PKI_PROFILE_MAX		65536	/* octets of text */
#define PKI_CLAUSE_MAX		47
#define PKI_POLICIES_MAX	255

/* Of a certificate: what it is used for. */
enum pki_class { PKI_IKE_ENTITY, PKI_IKE_CA, PKI_TLS_ENTITY, PKI_TLS_CA, PKI_CLASSES };

/* A departure at PKI_ERROR refuses, below it is only told. */
enum pki_level { PKI_OFF, PKI_INFO, PKI_WARN, PKI_ERROR };

/* What is signed over SHA-1 (rows HASH-01..03). */
enum pki_sha1_use { PKI_SHA1_CERTIFICATE, PKI_SHA1_CRL, PKI_SHA1_OCSP, PKI_SHA1_USES };

/* In the order in which they are looked at. */
enum pki_rule_id {
	/* Every class. */
	PKI_R_VERSION, PKI_R_RSA_BITS, PKI_R_RSA_BITS_MAX, PKI_R_RSA_EXPONENT, PKI_R_EC_CURVE,
	PKI_R_SIGNATURE, PKI_R_SIGNATURE_ADVICE, PKI_R_DIGEST, PKI_R_ISSUER, PKI_R_SUBJECT,
	PKI_R_NAME_FORM, PKI_R_SERIAL, PKI_R_KEY_USAGE, PKI_R_KEY_USAGE_CRITICAL,
	PKI_R_CRITICAL_OTHERS, PKI_R_CRITICAL_NEEDED, PKI_R_AKI, PKI_R_LIFE_END,
	PKI_R_POLICY_QUALIFIER, PKI_R_EKU,
	/* Entities. */
	PKI_R_SIGNING_BITS, PKI_R_NON_REPUDIATION, PKI_R_CERT_SIGN_ABSENT, PKI_R_SAN,
	PKI_R_SAN_FQDN, PKI_R_SAN_LABELS, PKI_R_SAN_SINGLE, PKI_R_COMMON_NAME,
	PKI_R_EKU_TOLERATED, PKI_R_CDP, PKI_R_AIA_OCSP, PKI_R_REVOCATION_POINTER,
	/* CAs. */
	PKI_R_BASIC_CONSTRAINTS, PKI_R_BASIC_CONSTRAINTS_CRITICAL, PKI_R_CERT_SIGN,
	PKI_R_CRL_SIGN, PKI_R_SKI,
	PKI_RULES
};

struct pki_rule {
	uint8_t level;			/* enum pki_level */
	int64_t value;			/* number, date or mask, as the rule takes */
	char clause[PKI_CLAUSE_MAX + 1];
};

/* Of a delegated responder's certificate. */
enum pki_signer_rule_id { PKI_SIGNER_NOCHECK, PKI_SIGNER_LIFE, PKI_SIGNER_RULES };

enum pki_crl_rule_id { PKI_CRL_VERSION, PKI_CRL_NUMBER, PKI_CRL_AKI, PKI_CRL_DELTA, PKI_CRL_RULES };

struct pki_profile {
	char name[32];
	char description[128];
	struct pki_rule rules[PKI_CLASSES][PKI_ROLES][PKI_RULES];
	struct pki_rule crl[PKI_CRL_RULES];
	struct pki_rule signer[PKI_SIGNER_RULES];
	struct pki_sha1 sha1[PKI_SHA1_USES];
	char sha1_clause[PKI_SHA1_USES][PKI_CLAUSE_MAX + 1];
	/* Certificate policies of which the path must have one, OIDs separated by
	 * blanks; empty: any or none will do (RFC 5280 6.1.1 c).
	 */
	char policies[PKI_POLICIES_MAX + 1];
	bool explicit_policy, inhibit_mapping, inhibit_any;
};

/* As config_report_fn of the agent: one call for each error in the text. */
typedef void pki_profile_report_fn(void *arg, const char *file, int line, const char *key,
				   const char *value, const char *rule, const char *remedy);

/*
 * Read a profile from @len octets of @text. @file is only for the reports. 0, or
 * the number of errors, each of which was reported; @out is then not to be used.
 */
int pki_profile_parse(const char *file, const char *text, size_t len, struct pki_profile *out,
		      pki_profile_report_fn *report, void *arg);

/* What @profile says of responses and of whom they are signed by, for @policy. */
void pki_ocsp_policy_profile(struct pki_ocsp_policy *policy, const struct pki_profile *profile);

/* One departure from a profile. */
struct pki_finding {
	enum pki_level level;
	char rule[64];			/* "profile.ike-entity.key-usage" */
	char clause[PKI_CLAUSE_MAX + 1];
	char subject[96];
	char detail[PKI_TEXT_MAX + 1];	/* value seen and remedy */
};

typedef void pki_finding_fn(void *arg, const struct pki_finding *finding);

/*
 * Whether @cert, used by or on the path of a @role, is one of @class. Departures
 * go to @found (may be NULL), the first at PKI_ERROR to @result as PKI_BAD as well;
 * PKI_GOOD otherwise. Looks at this certificate alone: no signature, no path, no
 * time but that of the rule on its life.
 */
void pki_profile_check(const struct pki_profile *profile, struct pki_der cert,
		       enum pki_class class, enum pki_role role, pki_finding_fn *found, void *arg,
		       struct pki_result *result);

const char *pki_class_name(enum pki_class class);
const char *pki_level_name(enum pki_level level);
const char *pki_role_name(enum pki_role role);
/* 0, or -1 when there is no role of that name: segw, henb, hems. */
int pki_role_parse(const char *name, enum pki_role *role);

#endif /* TRUSTGATE_PKI_PROFILE_H */
