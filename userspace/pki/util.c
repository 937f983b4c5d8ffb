// SPDX-License-Identifier: GPL-2.0-or-later
/* Results, digests, certificates from bytes, and times. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include "pki/der.h"
#include "pki/der.h"
#include "pki/internal.h"

#define CERT_MAX	(1u << 20)

void pki_set(struct pki_result *result, enum pki_verdict verdict, const char *rule,
	     const char *fmt, ...)
{
	va_list ap;
	char *c;

	result->verdict = verdict;
	if (verdict != PKI_GOOD)
		result->expires = 0;
	snprintf(result->rule, sizeof(result->rule), "%s", rule);
	va_start(ap, fmt);
	vsnprintf(result->detail, sizeof(result->detail), fmt, ap);
	va_end(ap);
	/* Names in it come from the peer and end on terminals and in logs. */
	for (c = result->detail; *c; c++) {
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	}
}

void pki_sha256(const uint8_t *data, size_t len, uint8_t digest[PKI_DIGEST_LEN])
{
	static const uint8_t nothing[1];

	SHA256(data ? data : nothing, data ? len : 0, digest);
}

/* RFC 5280 4.2: each extension once; and DER inside those that have a meaning. */
static bool extensions_plain(const X509 *cert)
{
	int n = X509_get_ext_count(cert);

	for (int i = 0; i < n; i++) {
		X509_EXTENSION *ext = X509_get_ext(cert, i);
		const ASN1_OBJECT *oid = X509_EXTENSION_get_object(ext);
		const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(ext);
		struct pki_der der = { ASN1_STRING_get0_data(value),
				       (size_t)ASN1_STRING_length(value) };

		if (X509_get_ext_by_OBJ(cert, oid, i) >= 0 ||
		    (X509V3_EXT_get(ext) && !pki_der_strict(der)))
			return false;
	}
	return true;
}

X509 *pki_parse_cert(struct pki_der der)
{
	const uint8_t *p = der.data;
	uint8_t *again = NULL;
	X509 *cert;
	int len;

	/* BER would be read as well, and given back as it came. */
	if (!der.data || der.len > CERT_MAX || !pki_der_strict(der))
		return NULL;
	cert = d2i_X509(NULL, &p, (long)der.len);
	if (!cert)
		return NULL;
	/* The digest that stands for the certificate is over the bytes we were
	 * given: they must be the only encoding of what was parsed.
	 */
	len = i2d_X509(cert, &again);
	if (p != der.data + der.len || len < 0 || (size_t)len != der.len ||
	    memcmp(again, der.data, der.len) || !extensions_plain(cert) ||
	    /* Fills in, and checks, the extensions OpenSSL caches. */
	    X509_check_purpose(cert, -1, 0) != 1) {
		X509_free(cert);
		cert = NULL;
	}
	OPENSSL_free(again);
	return cert;
}

int pki_time(const ASN1_TIME *t, int64_t *out)
{
	struct pki_tlv tlv;

	if (!t)
		return -1;
	/* OpenSSL's types are the tags. */
	tlv.tag = (uint8_t)ASN1_STRING_type(t);
	tlv.value.data = ASN1_STRING_get0_data(t);
	tlv.value.len = (size_t)ASN1_STRING_length(t);
	return pki_der_time(&tlv, out);
}

const char *pki_time_text(int64_t t, char buf[PKI_TIME_TEXT])
{
	time_t seconds = t;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(buf, PKI_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(buf, PKI_TIME_TEXT, "@%" PRId64, t);
	return buf;
}

const char *pki_subject_text(const X509 *cert, char buf[PKI_NAME_TEXT])
{
	if (!X509_NAME_oneline(X509_get_subject_name(cert), buf, PKI_NAME_TEXT))
		snprintf(buf, PKI_NAME_TEXT, "?");
	return buf;
}

bool pki_valid_at(const X509 *cert, int64_t now, const char *what, enum pki_verdict verdict,
		  struct pki_result *result)
{
	char subject[PKI_NAME_TEXT], limit[PKI_TIME_TEXT], clock[PKI_TIME_TEXT];
	int64_t from, to;

	if (pki_time(X509_get0_notBefore(cert), &from) || pki_time(X509_get0_notAfter(cert), &to)) {
		pki_set(result, verdict, "time.encoding",
			"validity of %s %s does not parse (issue the certificate anew)",
			what, pki_subject_text(cert, subject));
		return false;
	}
	if (now < from) {
		pki_set(result, verdict, "time.future",
			"%s %s is valid from %s, the clock says %s (set the clock, or wait)",
			what, pki_subject_text(cert, subject), pki_time_text(from, limit),
			pki_time_text(now, clock));
		return false;
	}
	if (now > to) {
		pki_set(result, verdict, "time.expired",
			"%s %s expired at %s, the clock says %s (renew it, or set the clock)",
			what, pki_subject_text(cert, subject), pki_time_text(to, limit),
			pki_time_text(now, clock));
		return false;
	}
	return true;
}
