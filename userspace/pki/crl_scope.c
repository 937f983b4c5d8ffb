// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Of which certificates a list is complete: issuingDistributionPoint, RFC 5280 5.2.5.
 * A CA with many certificates splits its list, and each part names itself as the
 * certificates on it do in their cRLDistributionPoints (RFC 5280 6.3.3 b).
 */
#include <string.h>
#include <openssl/x509v3.h>
#include "pki/crl_parse.h"

enum {
	TAG_POINT = 0xa0, TAG_USERS = 0x81, TAG_CAS = 0x82, TAG_REASONS = 0x83,
	TAG_INDIRECT = 0x84, TAG_ATTRIBUTES = 0x85,
	NAME_DIRECTORY = 0xa4,
};

/* Absent is FALSE, which DER leaves out. */
static bool take_flag(struct pki_der *seq, uint8_t tag, bool *flag)
{
	struct pki_tlv t;

	*flag = seq->len && seq->data[0] == tag;
	return !*flag || (pki_der_take(seq, tag, &t) && t.value.len == 1 && t.value.data[0] == 0xff);
}

static void set_partial(struct crl_parts *parts, const char *rule, const char *what)
{
	if (!parts->partial.rule)
		parts->partial = (struct crl_partial){ rule, what, "" };
}

static bool take_point(struct pki_der *seq, struct crl_scope *s)
{
	struct pki_tlv point;

	s->point = seq->len && seq->data[0] == TAG_POINT;
	return !s->point || pki_der_take(seq, TAG_POINT, &point);
}

bool crl_scope_parse(struct pki_der value, struct crl_parts *parts)
{
	bool indirect, attributes, reasons;
	struct crl_scope *s = &parts->scope;
	struct pki_tlv seq, t;

	if (!pki_der_strict(value))
		return false;
	s->extension = value;
	if (!pki_der_take(&value, DER_SEQUENCE, &seq) || value.len ||
	    !take_point(&seq.value, s) || !take_flag(&seq.value, TAG_USERS, &s->users) ||
	    !take_flag(&seq.value, TAG_CAS, &s->cas))
		return false;
	reasons = seq.value.len && seq.value.data[0] == TAG_REASONS;
	if (reasons && !pki_der_take(&seq.value, TAG_REASONS, &t))
		return false;
	if (!take_flag(&seq.value, TAG_INDIRECT, &indirect) ||
	    !take_flag(&seq.value, TAG_ATTRIBUTES, &attributes) || seq.value.len)
		return false;
	if (indirect)
		set_partial(parts, "crl.indirect", "is indirect: it has entries of other CAs");
	if (reasons)
		set_partial(parts, "crl.partitioned", "is of some reasons to revoke only");
	if (attributes)
		set_partial(parts, "crl.partitioned", "is of attribute certificates only");
	if (s->users + s->cas + attributes > 1)
		set_partial(parts, "crl.partitioned", "contradicts itself about what it is of");
	return true;
}

bool crl_names_issuer(struct pki_der names, struct pki_der issuer)
{
	const uint8_t *p = issuer.data;
	X509_NAME *want = d2i_X509_NAME(NULL, &p, (long)issuer.len), *name;
	struct pki_tlv t;
	bool found = false;

	while (want && !found && names.len && pki_der_next(&names, &t)) {
		if (t.all.data[0] != NAME_DIRECTORY)
			continue;
		p = t.value.data;
		name = d2i_X509_NAME(NULL, &p, (long)t.value.len);
		found = name && !X509_NAME_cmp(name, want);
		X509_NAME_free(name);
	}
	X509_NAME_free(want);
	return found;
}

static bool same_name(const GENERAL_NAMES *names, const GENERAL_NAME *want)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		if (!GENERAL_NAME_cmp(sk_GENERAL_NAME_value(names, i), (GENERAL_NAME *)want))
			return true;
	return false;
}

/* The whole name where the point has one relative to @issuer; NULL where it has others. */
static const X509_NAME *directory_name(DIST_POINT_NAME *point, const X509_NAME *issuer)
{
	return point->type == 1 && DIST_POINT_set_dpname(point, issuer) ? point->dpname : NULL;
}

static bool names_meet(DIST_POINT_NAME *a, const X509_NAME *relative, DIST_POINT_NAME *b,
		       const X509_NAME *issuer)
{
	const X509_NAME *other = directory_name(b, issuer);
	GENERAL_NAME dir = { .type = GEN_DIRNAME };

	if (relative && other)
		return !X509_NAME_cmp(relative, other);
	if (relative || other) {
		dir.d.directoryName = (X509_NAME *)(relative ? relative : other);
		a = relative ? b : a;
		return a->type == 0 && same_name(a->name.fullname, &dir);
	}
	for (int i = 0; !a->type && !b->type && i < sk_GENERAL_NAME_num(a->name.fullname); i++)
		if (same_name(b->name.fullname, sk_GENERAL_NAME_value(a->name.fullname, i)))
			return true;
	return false;
}

static bool cert_points_to(DIST_POINT_NAME *point, const X509_NAME *issuer, X509 *cert)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
	const X509_NAME *relative = directory_name(point, issuer);
	bool found = false;

	for (int i = 0; !found && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);

		/* At one with a cRLIssuer another signs, one with reasons is of a part. */
		if (p->distpoint && !p->CRLissuer && !p->reasons)
			found = names_meet(point, relative, p->distpoint, issuer);
	}
	CRL_DIST_POINTS_free(points);
	return found;
}

const char *crl_scope_leaves_out(const struct crl_scope *scope, const X509_NAME *issuer, X509 *cert)
{
	const uint8_t *p = scope->extension.data;
	bool ca = X509_get_extension_flags(cert) & EXFLAG_CA, here;
	ISSUING_DIST_POINT *idp;

	if (scope->users && ca)
		return "is of end entities only, and this is a CA";
	if (scope->cas && !ca)
		return "is of CAs only, and this is none";
	if (!scope->point)
		return NULL;
	idp = d2i_ISSUING_DIST_POINT(NULL, &p, (long)scope->extension.len);
	here = idp && idp->distpoint && cert_points_to(idp->distpoint, issuer, cert);
	ISSUING_DIST_POINT_free(idp);
	return here ? NULL : "is of a distribution point that the certificate does not name";
}
