// SPDX-License-Identifier: GPL-2.0-or-later
/* A certificate against the rules of a profile; and what a signature is made over. */
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "pki/profile_rules.h"

#define DAY	INT64_C(86400)

static const char *const class_names[PKI_CLASSES] = { "ike-entity", "ike-ca", "tls-entity",
						      "tls-ca" };
static const char *const level_names[] = { "off", "info", "warn", "error" };
static const char *const role_names[PKI_ROLES] = { "segw", "henb", "hems" };

const char *pki_class_name(enum pki_class class)
{
	return class_names[class];
}

const char *pki_level_name(enum pki_level level)
{
	return level_names[level];
}

const char *pki_role_name(enum pki_role role)
{
	return role_names[role];
}

int pki_role_parse(const char *name, enum pki_role *role)
{
	for (unsigned int i = 0; i < PKI_ROLES; i++) {
		if (strcmp(name, role_names[i]))
			continue;
		*role = (enum pki_role)i;
		return 0;
	}
	return -1;
}

static void printable(char *s)
{
	/* Names in it come from the peer and end on terminals and in logs. */
	for (; *s; s++)
		if (*s < 0x20 || *s > 0x7e)
			*s = '?';
}

bool pki_profile_apply(const struct pki_profile *profile, X509 *cert, bool anchor,
		       enum pki_class class, enum pki_role role, pki_finding_fn *found, void *arg,
		       struct pki_result *result)
{
	struct pki_finding f = { 0 };
	struct pki_subject s = {
		.cert = cert,
		.flags = X509_get_extension_flags(cert),
		.usage = X509_get_key_usage(cert),
		.anchor = anchor,
		.detail = f.detail,
	};
	bool ok = true;

	pki_subject_text(cert, f.subject);
	printable(f.subject);
	for (unsigned int i = 0; i < PKI_RULES; i++) {
		const struct pki_rule *rule = &profile->rules[class][role][i];

		if (rule->level == PKI_OFF || !(pki_rule_kinds[i].classes & 1u << class) ||
		    pki_rule_kinds[i].met(&s, rule))
			continue;
		f.level = (enum pki_level)rule->level;
		snprintf(f.rule, sizeof(f.rule), "profile.%s.%s", class_names[class],
			 pki_rule_kinds[i].name);
		snprintf(f.clause, sizeof(f.clause), "%s", rule->clause);
		printable(f.detail);
		if (found)
			found(arg, &f);
		if (f.level == PKI_ERROR && ok) {
			ok = false;
			pki_set(result, PKI_BAD, f.rule, "%s, %s: %s", f.subject, f.clause,
				f.detail);
		}
	}
	return ok;
}

void pki_profile_check(const struct pki_profile *profile, struct pki_der der,
		       enum pki_class class, enum pki_role role, pki_finding_fn *found, void *arg,
		       struct pki_result *result)
{
	X509 *cert = pki_parse_cert(der);
	char subject[PKI_NAME_TEXT];

	memset(result, 0, sizeof(*result));
	pki_sha256(der.data, der.len, result->cert_digest);
	if (!cert)
		pki_set(result, PKI_BAD, "path.encoding",
			"not one DER certificate (issue it anew)");
	else if (pki_profile_apply(profile, cert, false, class, role, found, arg, result))
		pki_set(result, PKI_GOOD, "profile.good", "%s is a certificate of %s",
			pki_subject_text(cert, subject), class_names[class]);
	X509_free(cert);
	ERR_clear_error();
}

void pki_ocsp_policy_profile(struct pki_ocsp_policy *policy, const struct pki_profile *profile)
{
	const struct pki_rule *life = &profile->signer[PKI_SIGNER_LIFE];

	policy->sha1 = profile->sha1[PKI_SHA1_OCSP];
	policy->nocheck_optional = profile->signer[PKI_SIGNER_NOCHECK].level != PKI_ERROR;
	policy->signer_life_s = life->level == PKI_ERROR ? life->value * DAY : 0;
}

bool pki_digest_accepted(const struct pki_profile *profile, enum pki_sha1_use use,
			 const X509_ALGOR *alg, int64_t made, const char *what,
			 unsigned int *sha1, enum pki_verdict verdict, struct pki_result *result)
{
	static const char *const rules[] = { "path.digest", "crl.digest", "ocsp.digest" };
	int nid = pki_sigalg_digest(alg);

	if (nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512 || nid == NID_sha224)
		return true;
	/* MD5 and what nobody knows: no profile can allow them (row HASH-04). */
	if (nid != NID_sha1) {
		pki_set(result, verdict, rules[use],
			"%s is signed over %s (sign it over SHA-256 or more)", what,
			nid == NID_undef ? "no digest known" : OBJ_nid2sn(nid));
		return false;
	}
	if (pki_sha1_allowed(&profile->sha1[use], made)) {
		(*sha1)++;
		return true;
	}
	pki_set(result, verdict, rules[use],
		"%s is signed over SHA-1, which the profile refuses, %s (sign it over SHA-256 or more)",
		what, profile->sha1_clause[use]);
	return false;
}
