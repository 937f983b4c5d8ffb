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
#include "pki/der.h"
#include "pki/internal.h"

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

/* The content of the element of @tag that all of @der is; data NULL when it isn't one. */
static struct pki_der only(struct pki_der der, uint8_t tag)
{
	struct pki_tlv t;

	if (!pki_der_take(&der, tag, &t) || der.len)
		return (struct pki_der){ 0 };
	return t.value;
}

/* ResponseData: OpenSSL reads any version. */
static bool version_known(struct pki_der tbs)
{
	struct pki_der data = only(tbs, DER_SEQUENCE), number;
	struct pki_tlv tagged;

	if (!pki_der_take(&data, TAG_CONTEXT_0, &tagged))
		return data.data && (!data.len || data.data[0] != TAG_CONTEXT_0);
	number = only(tagged.value, DER_INTEGER);
	return number.len == 1 && !number.data[0];
}

static bool split_basic(struct pki_der basic, struct frame *f)
{
	struct pki_der in = only(basic, DER_SEQUENCE);
	struct pki_tlv tbs, alg, signature, certs;

	memset(f, 0, sizeof(*f));
	if (!pki_der_take(&in, DER_SEQUENCE, &tbs) || !pki_der_take(&in, DER_SEQUENCE, &alg) ||
	    !pki_der_take(&in, DER_BIT_STRING, &signature) ||
	    /* Whole octets, and the count of unused bits says so. */
	    signature.value.len < 2 || signature.value.data[0])
		return false;
	f->tbs = tbs.all;
	f->alg = alg.all;
	f->signature = signature.all;
	f->bits = (struct pki_der){ signature.value.data + 1, signature.value.len - 1 };
	if (!in.len)
		return true;
	if (!pki_der_take(&in, TAG_CONTEXT_0, &certs) || in.len)
		return false;
	f->certs = certs.value;
	return true;
}

static bool set_status(uint8_t status, struct pki_result *result)
{
	pki_set(result, PKI_INDETERMINATE, "ocsp.status",
		"the responder answered '%s' (%u), which says nothing of the certificate (%s)",
		OCSP_response_status_str(status), status,
		status == OCSP_RESPONSE_STATUS_MALFORMEDREQUEST ?
		"if it takes no nonce of this length say nonce_length = 16, or nonce = none; or check the responder" :
		"check the responder");
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
	struct pki_der in = only(response, DER_SEQUENCE), bytes;
	struct pki_tlv status, tagged = { 0 }, oid;

	if (!pki_der_take(&in, DER_ENUMERATED, &status) || status.value.len != 1 ||
	    (in.len && !pki_der_take(&in, TAG_CONTEXT_0, &tagged)) || in.len)
		return bad_encoding(result);
	if (status.value.data[0] != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return set_status(status.value.data[0], result);
	if (!tagged.all.data)
		return bad_type(result);
	bytes = only(tagged.value, DER_SEQUENCE);
	if (!pki_der_take(&bytes, DER_OID, &oid))
		return bad_encoding(result);
	*basic = only(bytes, DER_OCTET_STRING);
	if (!basic->data)
		return bad_encoding(result);
	if (oid.value.len != sizeof(basic_oid) ||
	    memcmp(oid.value.data, basic_oid, oid.value.len))
		return bad_type(result);
	return true;
}

/* Without its certificates. */
static OCSP_BASICRESP *parse_bare(const struct frame *f)
{
	size_t len = f->tbs.len + f->alg.len + f->signature.len;
	uint8_t *der = malloc(len + 4), *q = der;
	OCSP_BASICRESP *basic = NULL;
	const uint8_t *p = der;

	if (!der)
		return NULL;
	ASN1_put_object(&q, 1, (int)len, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	memcpy(q, f->tbs.data, f->tbs.len);
	memcpy(q += f->tbs.len, f->alg.data, f->alg.len);
	memcpy(q += f->alg.len, f->signature.data, f->signature.len);
	q += f->signature.len;
	basic = d2i_OCSP_BASICRESP(NULL, &p, q - der);
	if (p != q) {
		OCSP_BASICRESP_free(basic);
		basic = NULL;
	}
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
	struct pki_der in;
	struct pki_tlv t;

	if (!certs.data) {
		pki_ocsp_forget(s);
		return true;
	}
	if (s->certs_der && s->certs_len == certs.len &&
	    !memcmp(s->certs_der, certs.data, certs.len))
		return true;
	pki_ocsp_forget(s);
	in = only(certs, DER_SEQUENCE);
	if (!in.data)
		return bad_encoding(result);
	while (in.len) {
		if (s->ncerts == PKI_OCSP_CERTS_MAX)
			return too_many(result);
		if (!pki_der_take(&in, DER_SEQUENCE, &t))
			return bad_encoding(result);
		pki_ocsp_cert_set(&s->certs[s->ncerts], parse_sent(t.all));
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
	/* OpenSSL takes BER, of which the same may be written in many ways. */
	if (!pki_der_strict(der) || !split_basic(der, &f))
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
