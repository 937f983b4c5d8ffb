// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How each rule of a profile is looked at. Whether it is, and what follows, is the
 * profile's; so is the clause that asks for it.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "pki/profile_rules.h"

void pki_rule_detail(struct pki_subject *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->detail, PKI_TEXT_MAX + 1, fmt, ap);
	va_end(ap);
}

static bool met_version(struct pki_subject *s, const struct pki_rule *rule)
{
	if (X509_get_version(s->cert) == rule->value - 1)
		return true;
	pki_rule_detail(s, "version %ld, not %" PRId64 " (issue it anew)",
			X509_get_version(s->cert) + 1, rule->value);
	return false;
}

static EVP_PKEY *rsa_key(const struct pki_subject *s)
{
	EVP_PKEY *key = X509_get0_pubkey(s->cert);
	int id = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;

	return id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS ? key : NULL;
}

static bool met_rsa_bits(struct pki_subject *s, const struct pki_rule *rule)
{
	EVP_PKEY *key = rsa_key(s);

	if (!key || EVP_PKEY_get_bits(key) >= rule->value)
		return true;
	pki_rule_detail(s, "RSA key of %d bits, at least %" PRId64
			" are needed (issue it with a longer key)",
			EVP_PKEY_get_bits(key), rule->value);
	return false;
}

static bool met_rsa_bits_max(struct pki_subject *s, const struct pki_rule *rule)
{
	EVP_PKEY *key = rsa_key(s);

	if (!key || EVP_PKEY_get_bits(key) <= rule->value)
		return true;
	pki_rule_detail(s, "RSA key of %d bits, more than %" PRId64
			" cost peers much (issue it with a shorter key)",
			EVP_PKEY_get_bits(key), rule->value);
	return false;
}

static bool met_rsa_exponent(struct pki_subject *s, const struct pki_rule *rule)
{
	EVP_PKEY *key = rsa_key(s);
	BIGNUM *e = NULL;
	bool small;

	if (!key)
		return true;
	small = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1 ||
		(BN_num_bits(e) < 31 && (int64_t)BN_get_word(e) < rule->value);
	if (small)
		pki_rule_detail(s, "RSA exponent %lu, at least %" PRId64
				" is needed (issue it with 65537)",
				e ? (unsigned long)BN_get_word(e) : 0, rule->value);
	BN_free(e);
	return !small;
}

static int word_index(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (int i = 0; *words; i++) {
		size_t n = strcspn(words, " ");

		if (n == len && !memcmp(words, word, n))
			return i;
		words += n + (words[n] == ' ');
	}
	return -1;
}

static bool in_set(const struct pki_rule *rule, const char *words, const char *word)
{
	int i = word_index(words, word);

	return i >= 0 && rule->value & (int64_t)1 << i;
}

/* Names of our own, as OpenSSL has two for each curve. */
static const char *curve_name(EVP_PKEY *key, char *buf, size_t size)
{
	const char *name;
	int nid;

	/* Spelled out, it may only look like the one that it is taken for. */
	if (pki_key_unusable(key) || EVP_PKEY_get_group_name(key, buf, size, NULL) != 1)
		return "without a name";
	nid = OBJ_sn2nid(buf);
	name = nid == NID_undef ? NULL : EC_curve_nid2nist(nid);
	return name ? name : buf;
}

static bool met_curve(struct pki_subject *s, const struct pki_rule *rule)
{
	EVP_PKEY *key = X509_get0_pubkey(s->cert);
	char buf[64];
	const char *name;

	if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
		return true;
	name = curve_name(key, buf, sizeof(buf));
	if (in_set(rule, PKI_WORDS_CURVE, name))
		return true;
	pki_rule_detail(s, "EC key on curve %s (issue it with P-256 or P-384)", name);
	return false;
}

static const char *signature_name(const X509 *cert)
{
	int nid = X509_get_signature_nid(cert), digest, key;

	if (nid == NID_rsassaPss)
		return "rsa-pss";
	if (!OBJ_find_sigid_algs(nid, &digest, &key))
		return OBJ_nid2sn(nid);
	return key == NID_rsaEncryption ? "rsa-pkcs1" :
	       key == NID_X9_62_id_ecPublicKey ? "ecdsa" : OBJ_nid2sn(key);
}

static bool met_signature(struct pki_subject *s, const struct pki_rule *rule)
{
	const char *name = signature_name(s->cert);

	if (s->anchor || in_set(rule, PKI_WORDS_SIGNATURE, name))
		return true;
	pki_rule_detail(s, "signed with %s (sign it with RSA or ECDSA)", name);
	return false;
}

static bool met_signature_advice(struct pki_subject *s, const struct pki_rule *rule)
{
	const char *name = signature_name(s->cert);

	if (s->anchor || in_set(rule, PKI_WORDS_SIGNATURE, name))
		return true;
	pki_rule_detail(s, "signed with %s, which is not recommended (sign it with ECDSA or RSASSA-PSS)",
			name);
	return false;
}

static bool met_digest(struct pki_subject *s, const struct pki_rule *rule)
{
	static const struct { int nid; const char *name; } digests[] = {
		{ NID_sha256, "sha256" }, { NID_sha384, "sha384" },
		{ NID_sha512, "sha512" }, { NID_sha224, "sha224" },
	};
	const X509_ALGOR *alg;
	int nid;

	X509_get0_signature(NULL, &alg, s->cert);
	nid = pki_sigalg_digest(alg);
	/* SHA-1 has a policy of its own. */
	if (s->anchor || nid == NID_sha1)
		return true;
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		if (digests[i].nid == nid && in_set(rule, PKI_WORDS_DIGEST, digests[i].name))
			return true;
	pki_rule_detail(s, "signed over %s (sign it over SHA-256 or more)",
			nid == NID_undef ? "no digest known" : OBJ_nid2sn(nid));
	return false;
}

static bool met_issuer(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (X509_NAME_entry_count(X509_get_issuer_name(s->cert)))
		return true;
	pki_rule_detail(s, "the issuer's name is empty (issue it from a CA that has one)");
	return false;
}

static bool met_subject(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (X509_NAME_entry_count(X509_get_subject_name(s->cert)))
		return true;
	pki_rule_detail(s, "the subject's name is empty (issue it with O and CN)");
	return false;
}

/* (C), O, CN or CN, (OU), DC. */
static bool plain_form(const X509_NAME *name)
{
	bool c = false, o = false, cn = false, ou = false, dc = false, other = false;

	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		switch (OBJ_obj2nid(X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i)))) {
		case NID_countryName:
			c = true;
			break;
		case NID_organizationName:
			o = true;
			break;
		case NID_commonName:
			cn = true;
			break;
		case NID_organizationalUnitName:
			ou = true;
			break;
		case NID_domainComponent:
			dc = true;
			break;
		default:
			other = true;
		}
	}
	return cn && !other && ((o && !ou && !dc) || (dc && !c && !o));
}

static bool met_name_form(struct pki_subject *s, const struct pki_rule *rule)
{
	bool subject = plain_form(X509_get_subject_name(s->cert));

	(void)rule;
	if (subject && plain_form(X509_get_issuer_name(s->cert)))
		return true;
	pki_rule_detail(s, "the %s's name is neither of (C), O, CN nor of CN, (OU), DC (name it so)",
			subject ? "issuer" : "subject");
	return false;
}

static bool met_serial(struct pki_subject *s, const struct pki_rule *rule)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(s->cert);
	const uint8_t *data = ASN1_STRING_get0_data(serial);
	int len = ASN1_STRING_length(serial);
	bool negative = ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER;
	bool zero = len == 0 || (len == 1 && !data[0]);

	/* As encoded: an octet more where the first bit would read as a sign. */
	len += len && data[0] & 0x80;
	if (!negative && !zero && len <= rule->value)
		return true;
	pki_rule_detail(s, "serial number is %s%d octets, not positive and of at most %" PRId64
			" (issue it anew)", negative ? "negative, " : zero ? "zero, " : "", len,
			rule->value);
	return false;
}

static bool met_key_usage(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (s->flags & EXFLAG_KUSAGE)
		return true;
	pki_rule_detail(s, "keyUsage is absent (issue it with one)");
	return false;
}

static bool critical_or_absent(const X509 *cert, int nid)
{
	int at = X509_get_ext_by_NID(cert, nid, -1);

	return at < 0 || X509_EXTENSION_get_critical(X509_get_ext(cert, at));
}

static bool met_key_usage_critical(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (critical_or_absent(s->cert, NID_key_usage))
		return true;
	pki_rule_detail(s, "keyUsage is not critical (issue it with a critical one)");
	return false;
}

static bool met_critical_others(struct pki_subject *s, const struct pki_rule *rule)
{
	static const int expected[] = { NID_key_usage, NID_basic_constraints, NID_name_constraints,
					NID_policy_constraints, NID_inhibit_any_policy };
	bool nameless = !X509_NAME_entry_count(X509_get_subject_name(s->cert));
	char name[64];

	(void)rule;
	for (int i = 0; i < X509_get_ext_count(s->cert); i++) {
		X509_EXTENSION *ext = X509_get_ext(s->cert, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));
		/* RFC 5280 4.2.1.6. */
		bool known = nid == NID_subject_alt_name && nameless;

		for (size_t j = 0; j < sizeof(expected) / sizeof(expected[0]); j++)
			known |= nid == expected[j];
		if (known || !X509_EXTENSION_get_critical(ext))
			continue;
		OBJ_obj2txt(name, sizeof(name), X509_EXTENSION_get_object(ext), 0);
		pki_rule_detail(s, "%s is critical (issue it with it not critical)", name);
		return false;
	}
	return true;
}

static bool met_critical_needed(struct pki_subject *s, const struct pki_rule *rule)
{
	static const int nids[] = { NID_name_constraints, NID_policy_constraints,
				    NID_inhibit_any_policy, NID_subject_alt_name };
	bool nameless = !X509_NAME_entry_count(X509_get_subject_name(s->cert));

	(void)rule;
	for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
		/* RFC 5280 4.2.1.6: it then is the only name. */
		if (nids[i] == NID_subject_alt_name && !nameless)
			continue;
		if (critical_or_absent(s->cert, nids[i]))
			continue;
		pki_rule_detail(s, "%s is not critical (issue it with it critical)",
				OBJ_nid2ln(nids[i]));
		return false;
	}
	return true;
}

static bool met_aki(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	/* RFC 5280 4.2.1.1: a self-signed certificate may go without. */
	if (X509_get0_authority_key_id(s->cert) || s->flags & EXFLAG_SI)
		return true;
	pki_rule_detail(s, "authorityKeyIdentifier has no key identifier (issue it with one)");
	return false;
}

static bool met_ski(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (X509_get0_subject_key_id(s->cert))
		return true;
	pki_rule_detail(s, "subjectKeyIdentifier is absent (issue it with one)");
	return false;
}

static bool met_life_end(struct pki_subject *s, const struct pki_rule *rule)
{
	char end[PKI_TIME_TEXT], needed[PKI_TIME_TEXT];
	int64_t to;

	if (!pki_time(X509_get0_notAfter(s->cert), &to) && to >= rule->value)
		return true;
	pki_rule_detail(s, "valid until %s, the device lives until %s (issue it for longer, or plan renewal)",
			pki_time_text(to, end), pki_time_text(rule->value, needed));
	return false;
}

static bool known_qualifiers(const POLICYINFO *policy)
{
	for (int i = 0; i < sk_POLICYQUALINFO_num(policy->qualifiers); i++) {
		const POLICYQUALINFO *q = sk_POLICYQUALINFO_value(policy->qualifiers, i);
		int nid = OBJ_obj2nid(q->pqualid);

		if (nid != NID_id_qt_cps && nid != NID_id_qt_unotice)
			return false;
	}
	return true;
}

/*
 * RFC 5280 4.2.1.4: who can't interpret a critical certificatePolicies, qualifiers
 * included, has to refuse the certificate. OpenSSL passes over qualifiers.
 */
static bool met_policy_qualifier(struct pki_subject *s, const struct pki_rule *rule)
{
	int at = X509_get_ext_by_NID(s->cert, NID_certificate_policies, -1);
	CERTIFICATEPOLICIES *policies;
	bool known;

	(void)rule;
	if (s->anchor || at < 0 || !X509_EXTENSION_get_critical(X509_get_ext(s->cert, at)))
		return true;
	policies = X509_get_ext_d2i(s->cert, NID_certificate_policies, NULL, NULL);
	known = policies;
	for (int i = 0; known && i < sk_POLICYINFO_num(policies); i++)
		known = known_qualifiers(sk_POLICYINFO_value(policies, i));
	CERTIFICATEPOLICIES_free(policies);
	if (!known)
		pki_rule_detail(s, "certificatePolicies is critical and has a qualifier that is not known (issue it without the qualifier, or not critical)");
	return known;
}

static bool met_signing_bits(struct pki_subject *s, const struct pki_rule *rule)
{
	static const uint32_t bits[] = { KU_DIGITAL_SIGNATURE, KU_KEY_ENCIPHERMENT,
					 KU_KEY_AGREEMENT };

	/* nonRepudiation alone is the next rule's. */
	if (!(s->flags & EXFLAG_KUSAGE) || s->usage & KU_NON_REPUDIATION)
		return true;
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (rule->value & (int64_t)1 << i && s->usage & bits[i])
			return true;
	pki_rule_detail(s, "keyUsage lacks digitalSignature (issue it with it)");
	return false;
}

static bool met_non_repudiation(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if ((s->usage & (KU_NON_REPUDIATION | KU_DIGITAL_SIGNATURE)) != KU_NON_REPUDIATION ||
	    !(s->flags & EXFLAG_KUSAGE))
		return true;
	pki_rule_detail(s, "keyUsage has nonRepudiation without digitalSignature (issue it with both)");
	return false;
}

static bool met_cert_sign_absent(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (!(s->flags & EXFLAG_KUSAGE) || !(s->usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)))
		return true;
	pki_rule_detail(s, "keyUsage has keyCertSign or cRLSign (issue it without)");
	return false;
}

static bool met_basic_constraints(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (s->flags & EXFLAG_BCONS)
		return true;
	pki_rule_detail(s, "basicConstraints is absent (issue it with CA:TRUE)");
	return false;
}

static bool met_basic_constraints_critical(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (critical_or_absent(s->cert, NID_basic_constraints))
		return true;
	pki_rule_detail(s, "basicConstraints is not critical (issue it with a critical one)");
	return false;
}

static bool met_cert_sign(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (s->flags & EXFLAG_KUSAGE && s->usage & KU_KEY_CERT_SIGN)
		return true;
	pki_rule_detail(s, "keyUsage lacks keyCertSign (issue it with it)");
	return false;
}

static bool met_crl_sign(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (s->flags & EXFLAG_KUSAGE && s->usage & KU_CRL_SIGN)
		return true;
	pki_rule_detail(s, "keyUsage lacks cRLSign (issue it with it)");
	return false;
}

#define EVERY	(ENTITIES | CAS)

const struct pki_rule_kind pki_rule_kinds[PKI_RULES] = {
	[PKI_R_VERSION] = { "version", EVERY, PKI_VALUE_NUMBER, NULL, met_version },
	[PKI_R_RSA_BITS] = { "rsa-bits", EVERY, PKI_VALUE_NUMBER, NULL, met_rsa_bits },
	[PKI_R_RSA_BITS_MAX] = { "rsa-bits-max", EVERY, PKI_VALUE_NUMBER, NULL, met_rsa_bits_max },
	[PKI_R_RSA_EXPONENT] = { "rsa-exponent", EVERY, PKI_VALUE_NUMBER, NULL, met_rsa_exponent },
	[PKI_R_EC_CURVE] = { "ec-curve", EVERY, PKI_VALUE_SET, PKI_WORDS_CURVE, met_curve },
	[PKI_R_SIGNATURE] = { "signature", EVERY, PKI_VALUE_SET, PKI_WORDS_SIGNATURE,
			      met_signature },
	[PKI_R_SIGNATURE_ADVICE] = { "signature-advice", EVERY, PKI_VALUE_SET, PKI_WORDS_SIGNATURE,
				     met_signature_advice },
	[PKI_R_DIGEST] = { "digest", EVERY, PKI_VALUE_SET, PKI_WORDS_DIGEST, met_digest },
	[PKI_R_ISSUER] = { "issuer", EVERY, PKI_VALUE_NONE, NULL, met_issuer },
	[PKI_R_SUBJECT] = { "subject", EVERY, PKI_VALUE_NONE, NULL, met_subject },
	[PKI_R_NAME_FORM] = { "name-form", EVERY, PKI_VALUE_NONE, NULL, met_name_form },
	[PKI_R_SERIAL] = { "serial", EVERY, PKI_VALUE_NUMBER, NULL, met_serial },
	[PKI_R_KEY_USAGE] = { "key-usage", EVERY, PKI_VALUE_NONE, NULL, met_key_usage },
	[PKI_R_KEY_USAGE_CRITICAL] = { "key-usage-critical", EVERY, PKI_VALUE_NONE, NULL,
				       met_key_usage_critical },
	[PKI_R_CRITICAL_OTHERS] = { "critical-others", EVERY, PKI_VALUE_NONE, NULL,
				    met_critical_others },
	[PKI_R_CRITICAL_NEEDED] = { "critical-needed", EVERY, PKI_VALUE_NONE, NULL,
				    met_critical_needed },
	[PKI_R_AKI] = { "authority-key-id", EVERY, PKI_VALUE_NONE, NULL, met_aki },
	[PKI_R_LIFE_END] = { "life-end", EVERY, PKI_VALUE_DATE, NULL, met_life_end },

	[PKI_R_POLICY_QUALIFIER] = { "policy-qualifier", EVERY, PKI_VALUE_NONE, NULL,
				     met_policy_qualifier, EVERY, "error | RFC 5280 4.2.1.4" },
	[PKI_R_EKU] = { "extended-key-usage", EVERY, PKI_VALUE_SET, PKI_WORDS_EKU, pki_met_eku,
			CAS, "error " PKI_WORDS_EKU " | RFC 5280 4.2.1.12" },

	[PKI_R_SIGNING_BITS] = { "key-usage-bits", ENTITIES, PKI_VALUE_SET, PKI_WORDS_USAGE,
				 met_signing_bits },
	[PKI_R_NON_REPUDIATION] = { "non-repudiation-alone", ENTITIES, PKI_VALUE_NONE, NULL,
				    met_non_repudiation },
	[PKI_R_CERT_SIGN_ABSENT] = { "cert-sign-absent", ENTITIES, PKI_VALUE_NONE, NULL,
				     met_cert_sign_absent },
	[PKI_R_SAN] = { "san", ENTITIES, PKI_VALUE_NONE, NULL, pki_met_san },
	[PKI_R_SAN_FQDN] = { "san-fqdn", ENTITIES, PKI_VALUE_NONE, NULL, pki_met_san_fqdn },
	[PKI_R_SAN_LABELS] = { "san-labels", ENTITIES, PKI_VALUE_NUMBER, NULL, pki_met_san_labels },
	[PKI_R_SAN_SINGLE] = { "san-single", ENTITIES, PKI_VALUE_NONE, NULL, pki_met_san_single },
	[PKI_R_COMMON_NAME] = { "common-name", ENTITIES, PKI_VALUE_NONE, NULL,
				pki_met_common_name },
	[PKI_R_EKU_TOLERATED] = { "extended-key-usage-advice", ENTITIES, PKI_VALUE_SET,
				  PKI_WORDS_EKU, pki_met_eku_tolerated },
	[PKI_R_CDP] = { "crl-distribution-point", ENTITIES, PKI_VALUE_NONE, NULL, pki_met_cdp },
	[PKI_R_AIA_OCSP] = { "ocsp-pointer", ENTITIES, PKI_VALUE_NONE, NULL, pki_met_aia },
	[PKI_R_REVOCATION_POINTER] = { "revocation-pointer", ENTITIES, PKI_VALUE_NONE, NULL,
				       pki_met_pointer },

	[PKI_R_BASIC_CONSTRAINTS] = { "basic-constraints", CAS, PKI_VALUE_NONE, NULL,
				      met_basic_constraints },
	[PKI_R_BASIC_CONSTRAINTS_CRITICAL] = { "basic-constraints-critical", CAS, PKI_VALUE_NONE,
					       NULL, met_basic_constraints_critical },
	[PKI_R_CERT_SIGN] = { "cert-sign", CAS, PKI_VALUE_NONE, NULL, met_cert_sign },
	[PKI_R_CRL_SIGN] = { "crl-sign", CAS, PKI_VALUE_NONE, NULL, met_crl_sign },
	[PKI_R_SKI] = { "subject-key-id", CAS, PKI_VALUE_NONE, NULL, met_ski },
};
