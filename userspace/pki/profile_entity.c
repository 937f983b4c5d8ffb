// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules of a profile on what only entities have: names, purposes, pointers. */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <openssl/x509v3.h>
#include "pki/profile_rules.h"

/* The text of a dNSName or URI without a NUL in it; NULL for any other name. */
static const char *text_of(const GENERAL_NAME *name, int type)
{
	const char *data;
	int is;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &is);

	if (is != type)
		return NULL;
	data = (const char *)ASN1_STRING_get0_data(value);
	/* OpenSSL ends every string with a NUL of its own. */
	return strlen(data) == (size_t)ASN1_STRING_length(value) ? data : NULL;
}

/* RFC 1123 2.1: the labels, of letters, digits and hyphens; 0 of what is no such name. */
static size_t labels_of(const char *s)
{
	size_t len = strlen(s), label = 0, dots = 0;

	if (len && s[len - 1] == '.')
		len--;
	if (!len || len > 253)
		return 0;
	for (size_t i = 0; i < len; i++) {
		bool alnum = (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'z') ||
			     (s[i] >= 'A' && s[i] <= 'Z');

		if (s[i] == '.') {
			if (!label || s[i - 1] == '-')
				return 0;
			dots++;
			label = 0;
			continue;
		}
		if (++label > 63 || !(alnum || (s[i] == '-' && label > 1)))
			return 0;
	}
	return label && s[len - 1] != '-' ? dots + 1 : 0;
}

struct names {
	int all, dns, fqdns;
	size_t labels;		/* of the longest name */
};

static void count_names(const X509 *cert, struct names *n)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	memset(n, 0, sizeof(*n));
	n->all = names ? sk_GENERAL_NAME_num(names) : 0;
	for (int i = 0; i < n->all; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const char *dns = text_of(name, GEN_DNS);
		size_t labels = dns ? labels_of(dns) : 0;

		n->dns += name->type == GEN_DNS;
		n->fqdns += labels > 1;
		n->labels = labels > n->labels ? labels : n->labels;
	}
	GENERAL_NAMES_free(names);
}

bool pki_met_san(struct pki_subject *s, const struct pki_rule *rule)
{
	struct names n;

	(void)rule;
	count_names(s->cert, &n);
	if (n.all)
		return true;
	pki_rule_detail(s, "subjectAltName is absent or empty (issue it with the entity's name)");
	return false;
}

bool pki_met_san_fqdn(struct pki_subject *s, const struct pki_rule *rule)
{
	struct names n;

	(void)rule;
	count_names(s->cert, &n);
	if (n.fqdns)
		return true;
	pki_rule_detail(s, "no dNSName of the subjectAltName is a fully qualified domain name (issue it with one)");
	return false;
}

/* FFS-08: an H(e)NB's name has its operator's domain behind it. */
bool pki_met_san_labels(struct pki_subject *s, const struct pki_rule *rule)
{
	struct names n;

	count_names(s->cert, &n);
	/* What is no name at all is san-fqdn's to tell. */
	if (!n.fqdns || (int64_t)n.labels >= rule->value)
		return true;
	pki_rule_detail(s, "no dNSName of the subjectAltName has %lld labels or more (as henb-1.operator.example)",
			(long long)rule->value);
	return false;
}

bool pki_met_san_single(struct pki_subject *s, const struct pki_rule *rule)
{
	struct names n;

	(void)rule;
	count_names(s->cert, &n);
	if (n.dns <= 1)
		return true;
	pki_rule_detail(s, "the subjectAltName has %d dNSNames (issue it with the identity alone)",
			n.dns);
	return false;
}

/* The one common name as UTF-8, or NULL. The caller's to OPENSSL_free(). */
static char *common_name(const X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID((X509_NAME *)subject, NID_commonName, -1);
	unsigned char *text = NULL;
	int len;

	if (at < 0 || X509_NAME_get_index_by_NID((X509_NAME *)subject, NID_commonName, at) >= 0)
		return NULL;
	len = ASN1_STRING_to_UTF8(&text,
				  X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (len >= 0 && strlen((char *)text) == (size_t)len)
		return (char *)text;
	OPENSSL_free(text);
	return NULL;
}

static bool same_host(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	n -= n && a[n - 1] == '.';
	m -= m && b[m - 1] == '.';
	return n && n == m && !strncasecmp(a, b, n);
}

/* What has no name is called by its address (TS 33.320 8.3.2.1 NOTE 1). */
static bool is_address(const GENERAL_NAME *name, const char *text)
{
	unsigned char addr[16];
	const ASN1_STRING *value = name->type == GEN_IPADD ? name->d.iPAddress : NULL;
	int len = value ? ASN1_STRING_length(value) : 0;

	return (len == 4 || len == 16) &&
	       inet_pton(len == 4 ? AF_INET : AF_INET6, text, addr) == 1 &&
	       !memcmp(addr, ASN1_STRING_get0_data(value), (size_t)len);
}

bool pki_met_common_name(struct pki_subject *s, const struct pki_rule *rule)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(s->cert, NID_subject_alt_name, NULL, NULL);
	char *cn = common_name(s->cert);
	bool found = false;

	(void)rule;
	for (int i = 0; cn && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const char *dns = text_of(name, GEN_DNS);

		found |= (dns && same_host(dns, cn)) || is_address(name, cn);
	}
	if (!found)
		pki_rule_detail(s, "the common name is %.80s, which no dNSName or address equals (issue it with the identity in both)",
				cn ? cn : "absent, or there are two");
	OPENSSL_free(cn);
	GENERAL_NAMES_free(names);
	return found;
}

/* Mask of PKI_WORDS_EKU. *@present: there is the extension. */
static int64_t purposes(const X509 *cert, bool *present)
{
	static const int nids[] = { NID_ipsec_IKE, NID_anyExtendedKeyUsage, NID_server_auth,
				    NID_client_auth };
	EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
	int64_t mask = 0;

	*present = X509_get_ext_by_NID(cert, NID_ext_key_usage, -1) >= 0;
	for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++)
		for (size_t j = 0; j < sizeof(nids) / sizeof(nids[0]); j++)
			if (OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i)) == nids[j])
				mask |= (int64_t)1 << j;
	EXTENDED_KEY_USAGE_free(eku);
	return mask;
}

/* Of a CA it restricts what the certificates below it may be for (CA/B Forum 7.1.2.2). */
bool pki_met_eku(struct pki_subject *s, const struct pki_rule *rule)
{
	bool present;

	if (s->anchor || purposes(s->cert, &present) & rule->value || !present)
		return true;
	pki_rule_detail(s, "extendedKeyUsage allows none of what it is used for (issue it without, or with the use: ipsecIKE, serverAuth, clientAuth)");
	return false;
}

bool pki_met_eku_tolerated(struct pki_subject *s, const struct pki_rule *rule)
{
	bool present;
	int64_t mask = purposes(s->cert, &present);

	/* None that is known at all is the other rule's. */
	if (!mask || mask & rule->value)
		return true;
	pki_rule_detail(s, "extendedKeyUsage names other purposes only (issue it with ipsecIKE)");
	return false;
}

static bool fetchable(const GENERAL_NAME *name)
{
	const char *uri = text_of(name, GEN_URI);

	return uri && (!strncasecmp(uri, "http://", 7) || !strncasecmp(uri, "ldap://", 7));
}

static bool has_cdp(const X509 *cert)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT_NAME *name = sk_DIST_POINT_value(points, i)->distpoint;

		/* A name relative to the issuer's is for a directory only. */
		if (!name || name->type)
			continue;
		for (int j = 0; j < sk_GENERAL_NAME_num(name->name.fullname); j++)
			found |= fetchable(sk_GENERAL_NAME_value(name->name.fullname, j));
	}
	CRL_DIST_POINTS_free(points);
	return found;
}

static bool has_ocsp(const X509 *cert)
{
	AUTHORITY_INFO_ACCESS *aia = X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(aia); i++) {
		const ACCESS_DESCRIPTION *ad = sk_ACCESS_DESCRIPTION_value(aia, i);

		found |= OBJ_obj2nid(ad->method) == NID_ad_OCSP && fetchable(ad->location);
	}
	AUTHORITY_INFO_ACCESS_free(aia);
	return found;
}

bool pki_met_cdp(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (has_cdp(s->cert))
		return true;
	pki_rule_detail(s, "no CRL distribution point with an http or ldap URI (issue it with one)");
	return false;
}

bool pki_met_aia(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (has_ocsp(s->cert))
		return true;
	pki_rule_detail(s, "no authorityInfoAccess for OCSP with an http URI (issue it with one)");
	return false;
}

bool pki_met_pointer(struct pki_subject *s, const struct pki_rule *rule)
{
	(void)rule;
	if (has_cdp(s->cert) || has_ocsp(s->cert))
		return true;
	pki_rule_detail(s, "neither a CRL distribution point nor an OCSP responder (issue it with one)");
	return false;
}
