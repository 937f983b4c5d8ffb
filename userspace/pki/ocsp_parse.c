// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bytes of an OCSP response, RFC 6960 4.2.1.
 *
 * The frame is walked here and only what is inside is OpenSSL's to parse: the
 * certificates are nearly all of the cost, and a responder sends the same ones
 * with each answer, so they are parsed when they change.
 */
#include <stdlib.h>
#include <string.h>
#include "pki/internal.h"

#define TAG_INTEGER	0x02
#define TAG_BIT_STRING	0x03
#define TAG_OCTETS	0x04
#define TAG_OID		0x06
#define TAG_ENUMERATED	0x0a
#define TAG_SEQUENCE	0x30
#define TAG_CONTEXT_0	0xa0

/* A basic response in pieces; the first three with their header. */
struct frame {
	struct pki_der tbs, alg, signature, certs;
	struct pki_der bits;	/* of the signature */
};

static bool bad_encoding(struct pki_result *result)
{
	pki_set(result, PKI_INDETERMINATE, "ocsp.encoding",
		"the octets are not one OCSP response in DER (check the responder and its URL)");
	return false;
}

/* The length at @p: definite and in the fewest octets. Its size, 0 when it isn't so. */
static size_t read_length(const uint8_t *p, size_t left, size_t *len)
{
	size_t n, i;

	if (!left)
		return 0;
	*len = p[0];
	if (p[0] < 0x80)
		return 1;
	n = p[0] & 0x7f;
	if (!n || n > 3 || n >= left || !p[1])
		return 0;
	for (*len = 0, i = 1; i <= n; i++)
		*len = *len << 8 | p[i];
	return *len < (n == 1 ? 0x80u : 1u << 8 * (n - 1)) ? 0 : n + 1;
}

/* Takes the element of @tag off the front of @from. @whole may be NULL. */
static bool take(struct pki_der *from, uint8_t tag, struct pki_der *content, struct pki_der *whole)
{
	size_t len, head;

	if (!from->len || from->data[0] != tag)
		return false;
	head = read_length(from->data + 1, from->len - 1, &len);
	if (!head++ || len > from->len - head)
		return false;
	content->data = from->data + head;
	content->len = len;
	if (whole)
		*whole = (struct pki_der){ from->data, head + len };
	from->data += head + len;
	from->len -= head + len;
	return true;
}

/* The same, when nothing may follow. */
static bool take_all(struct pki_der from, uint8_t tag, struct pki_der *content)
{
	return take(&from, tag, content, NULL) && !from.len;
}

/* ResponseData: OpenSSL reads any version. */
static bool version_known(struct pki_der tbs)
{
	struct pki_der data, tagged, number;

	if (!take_all(tbs, TAG_SEQUENCE, &data))
		return false;
	if (!data.len || data.data[0] != TAG_CONTEXT_0)
		return true;
	return take(&data, TAG_CONTEXT_0, &tagged, NULL) &&
	       take_all(tagged, TAG_INTEGER, &number) && number.len == 1 && !number.data[0];
}

static bool split_basic(struct pki_der basic, struct frame *f)
{
	struct pki_der in, content;

	memset(f, 0, sizeof(*f));
	if (!take_all(basic, TAG_SEQUENCE, &in) ||
	    !take(&in, TAG_SEQUENCE, &content, &f->tbs) ||
	    !take(&in, TAG_SEQUENCE, &content, &f->alg) ||
	    !take(&in, TAG_BIT_STRING, &f->bits, &f->signature) ||
	    /* Whole octets, and the count of unused bits says so. */
	    f->bits.len < 2 || f->bits.data[0])
		return false;
	f->bits.data++;
	f->bits.len--;
	return !in.len || (take(&in, TAG_CONTEXT_0, &f->certs, NULL) && !in.len);
}

static bool set_status(uint8_t status, struct pki_result *result)
{
	pki_set(result, PKI_INDETERMINATE, "ocsp.status",
		"the responder answered '%s' (%u), which says nothing of the certificate (check the responder)",
		OCSP_response_status_str(status), status);
	return false;
}

static bool bad_type(struct pki_result *result)
{
	pki_set(result, PKI_INDETERMINATE, "ocsp.type",
		"the response is not of the basic type (check the responder)");
	return false;
}

/* OCSPResponse: finds the basic response in it. */
static bool unwrap(struct pki_der response, struct pki_der *basic, struct pki_result *result)
{
	static const uint8_t basic_oid[] = { 0x2b, 6, 1, 5, 5, 7, 48, 1, 1 };
	struct pki_der in, status, tagged = { 0 }, bytes, oid;

	if (!take_all(response, TAG_SEQUENCE, &in) || !take(&in, TAG_ENUMERATED, &status, NULL) ||
	    status.len != 1 || (in.len && !take(&in, TAG_CONTEXT_0, &tagged, NULL)) || in.len)
		return bad_encoding(result);
	if (status.data[0] != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return set_status(status.data[0], result);
	if (!tagged.data)
		return bad_type(result);
	if (!take_all(tagged, TAG_SEQUENCE, &bytes) || !take(&bytes, TAG_OID, &oid, NULL) ||
	    !take_all(bytes, TAG_OCTETS, basic))
		return bad_encoding(result);
	if (oid.len != sizeof(basic_oid) || memcmp(oid.data, basic_oid, oid.len))
		return bad_type(result);
	return true;
}

/*
 * Without its certificates. OpenSSL checks signatures over its own encoding: what
 * it would encode must be what was sent.
 */
static OCSP_BASICRESP *parse_bare(const struct frame *f)
{
	size_t len = f->tbs.len + f->alg.len + f->signature.len;
	uint8_t *der = malloc(len + 4), *again = NULL, *q = der;
	OCSP_BASICRESP *basic = NULL;
	const uint8_t *p = der;
	int n;

	if (!der)
		return NULL;
	ASN1_put_object(&q, 1, (int)len, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	memcpy(q, f->tbs.data, f->tbs.len);
	memcpy(q += f->tbs.len, f->alg.data, f->alg.len);
	memcpy(q += f->alg.len, f->signature.data, f->signature.len);
	q += f->signature.len;
	basic = d2i_OCSP_BASICRESP(NULL, &p, q - der);
	n = basic ? i2d_OCSP_BASICRESP(basic, &again) : -1;
	if (!again || p != q || n != q - der || memcmp(der, again, (size_t)n)) {
		OCSP_BASICRESP_free(basic);
		basic = NULL;
	}
	OPENSSL_free(again);
	free(der);
	return basic;
}

static X509 *parse_sent(struct pki_der der)
{
	const uint8_t *p = der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)der.len);

	if (cert && p != der.data + der.len) {
		X509_free(cert);
		cert = NULL;
	}
	return cert;
}

static bool too_many(struct pki_result *result)
{
	pki_set(result, PKI_INDETERMINATE, "ocsp.signer.count",
		"the response carries more than %d certificates (check the responder)",
		PKI_OCSP_CERTS_MAX);
	return false;
}

void pki_ocsp_forget(struct pki_ocsp_subject *s)
{
	while (s->ncerts)
		X509_free(s->certs[--s->ncerts].cert);
	free(s->certs_der);
	s->certs_der = NULL;
	s->certs_len = 0;
}

/* @certs: the SEQUENCE of the certificates, or nothing. */
static bool load_certs(struct pki_ocsp_subject *s, struct pki_der certs, struct pki_result *result)
{
	struct pki_der in, content, whole;

	if (!certs.data) {
		pki_ocsp_forget(s);
		return true;
	}
	if (s->certs_der && s->certs_len == certs.len &&
	    !memcmp(s->certs_der, certs.data, certs.len))
		return true;
	pki_ocsp_forget(s);
	if (!take_all(certs, TAG_SEQUENCE, &in))
		return bad_encoding(result);
	while (in.len) {
		if (s->ncerts == PKI_OCSP_CERTS_MAX)
			return too_many(result);
		if (!take(&in, TAG_SEQUENCE, &content, &whole))
			return bad_encoding(result);
		s->certs[s->ncerts].verified = false;
		s->certs[s->ncerts].cert = parse_sent(whole);
		if (!s->certs[s->ncerts++].cert)
			return bad_encoding(result);
	}
	/* Only now, so that what failed half-way is parsed, and fails, again. */
	s->certs_der = malloc(certs.len);
	if (!s->certs_der)
		return false;
	s->certs_len = certs.len;
	memcpy(s->certs_der, certs.data, certs.len);
	return true;
}

bool pki_ocsp_parse(struct pki_ocsp *o, struct pki_der response, struct pki_result *result)
{
	size_t limit = o->policy->response_max;
	struct pki_der der;
	struct frame f;

	if (!response.data || !response.len) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.empty",
			"the response is empty (check the responder)");
		return false;
	}
	if (limit > PKI_OCSP_MAX)
		limit = PKI_OCSP_MAX;
	if (response.len > limit) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.size",
			"the response has %zu octets, at most %zu are read (check the responder)",
			response.len, limit);
		return false;
	}
	if (!unwrap(response, &der, result))
		return false;
	if (!split_basic(der, &f))
		return bad_encoding(result);
	if (!version_known(f.tbs)) {
		pki_set(result, PKI_INDETERMINATE, "ocsp.version",
			"the response is not of version 1 (check the responder)");
		return false;
	}
	o->tbs = f.tbs;
	o->signature = f.bits;
	o->basic = parse_bare(&f);
	return o->basic ? load_certs(o->subject, f.certs, result) : bad_encoding(result);
}
