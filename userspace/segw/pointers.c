// SPDX-License-Identifier: GPL-2.0-or-later
/* CDP and AIA of a certificate, held against the operator's list. */
#include "segw/pointers.h"

#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

const char *pointer_addr_refused(const struct pointer_policy *policy, const struct uri_addr *addr)
{
	const char *why = uri_special(addr);

	if (!why)
		return NULL;
	for (size_t i = 0; i < policy->nnets; i++)
		if (uri_in_prefix(addr, &policy->nets[i]))
			return NULL;
	return why;
}

const char *pointer_host_parse(const char *text, struct pointer_host *out)
{
	char whole[URI_MAX + 1];
	const char *why;
	struct uri uri;

	if (strlen(text) > URI_MAX - 7)
		return "longer than a host name may be";
	if (strpbrk(text, "/?"))
		return "more than a host and a port";
	snprintf(whole, sizeof(whole), "http://%s", text);
	why = uri_parse(whole, strlen(whole), &uri);
	if (why)
		return why;
	memcpy(out->host, uri.host, sizeof(out->host));
	out->port = uri.port;
	return NULL;
}

const char *pointer_refused(const struct pointer_policy *policy, const struct uri *uri)
{
	bool listed = false;

	if (!policy->use)
		return "use_cert_pointers = no";
	for (size_t i = 0; i < policy->nhosts && !listed; i++)
		listed = policy->hosts[i].port == uri->port &&
			 !strcmp(policy->hosts[i].host, uri->host);
	if (!listed)
		return "its host and port are not in pointer_hosts";
	return uri->addr.family ? pointer_addr_refused(policy, &uri->addr) : NULL;
}

/* What pointers_of() fills, and whether something did not fit. */
struct list {
	const struct pointer_policy *policy;
	struct pointer *out;
	size_t n;
	bool overflow;
};

static void add(struct list *l, enum pointer_kind kind, const GENERAL_NAME *name)
{
	const ASN1_IA5STRING *s;
	struct pointer *p;

	if (l->n == POINTERS_MAX) {
		l->overflow = true;
		return;
	}
	p = &l->out[l->n++];
	memset(p, 0, sizeof(*p));
	p->kind = kind;
	if (name->type != GEN_URI) {
		p->refused = "not a URI";
		return;
	}
	s = name->d.uniformResourceIdentifier;
	p->refused = uri_parse((const char *)ASN1_STRING_get0_data(s),
			       (size_t)ASN1_STRING_length(s), &p->uri);
	if (!p->refused)
		p->refused = pointer_refused(l->policy, &p->uri);
}

static void add_aia(struct list *l, X509 *cert)
{
	AUTHORITY_INFO_ACCESS *aia = X509_get_ext_d2i(cert, NID_info_access, NULL, NULL);

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(aia); i++) {
		const ACCESS_DESCRIPTION *d = sk_ACCESS_DESCRIPTION_value(aia, i);

		if (OBJ_obj2nid(d->method) == NID_ad_OCSP)
			add(l, POINTER_OCSP, d->location);
	}
	AUTHORITY_INFO_ACCESS_free(aia);
}

static void add_cdp(struct list *l, X509 *cert)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);

		/* Lists of some reasons, or of another issuer, prove too little. */
		if (p->reasons || p->CRLissuer || !p->distpoint || p->distpoint->type != 0)
			continue;
		for (int j = 0; j < sk_GENERAL_NAME_num(p->distpoint->name.fullname); j++)
			add(l, POINTER_CRL, sk_GENERAL_NAME_value(p->distpoint->name.fullname, j));
	}
	CRL_DIST_POINTS_free(points);
}

size_t pointers_of(struct pki_der cert, const struct pki_result *chain,
		   const struct pointer_policy *policy, struct pointer out[POINTERS_MAX])
{
	struct list l = { .policy = policy, .out = out };
	const uint8_t *p = cert.data;
	uint8_t digest[PKI_DIGEST_LEN];
	X509 *x;

	if (chain->verdict != PKI_GOOD || cert.len > POINTER_CERT_MAX ||
	    EVP_Digest(cert.data, cert.len, digest, NULL, EVP_sha256(), NULL) != 1 ||
	    memcmp(digest, chain->cert_digest, sizeof(digest)) != 0)
		return 0;
	x = d2i_X509(NULL, &p, (long)cert.len);
	if (x && p == cert.data + cert.len) {
		add_aia(&l, x);
		add_cdp(&l, x);
	}
	X509_free(x);
	/* Which of too many would count is for nobody to choose. */
	for (size_t i = 0; l.overflow && i < l.n; i++)
		out[i].refused = "the certificate has too many pointers";
	return l.n;
}
