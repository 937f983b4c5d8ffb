// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole certificate is searched and not the names alone: an identifier in an
 * extension of the vendor's own is as public. 14 digits are 47 bits, which no key or
 * signature has by chance.
 */
#include "pki/mention.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/x509v3.h>
#include "pki/internal.h"

#define DEVICE_DIGITS	14	/* TS 23.003, 6.2: type allocation code and serial number */

static bool is_separator(uint8_t c)
{
	return c == ' ' || c == '-' || c == '.' || c == '/' || c == ':' || c == '_' || !c;
}

/* From @p on, what lies between digits left out. NUL is every other octet of a BMPString. */
static bool text_at(const uint8_t *p, const uint8_t *end, const char *imei)
{
	const unsigned char *digits = (const unsigned char *)imei;
	size_t n = 0;

	for (; p < end && n < DEVICE_DIGITS; p++) {
		if (*p == digits[n])
			n++;
		else if (!n || !is_separator(*p))
			return false;
	}
	return n == DEVICE_DIGITS;
}

static unsigned int nibble(struct pki_der d, size_t i, bool low_first)
{
	uint8_t octet = d.data[i / 2];

	return (i & 1) == low_first ? octet >> 4 : octet & 0xf;
}

/* TBCD has the low nibble first; TS 24.008's mobile identity starts in the middle of one. */
static bool bcd_at(struct pki_der d, size_t i, bool low_first, const char *digits)
{
	if (2 * d.len - i < DEVICE_DIGITS)
		return false;
	for (size_t n = 0; n < DEVICE_DIGITS; n++)
		if (nibble(d, i + n, low_first) != (unsigned int)(digits[n] - '0'))
			return false;
	return true;
}

/* As in an INTEGER: the 14 digits, and with the one or two that follow. */
static bool number_in(struct pki_der d, const char *imei)
{
	char digits[20];

	for (size_t n = DEVICE_DIGITS; n <= strlen(imei) && n < sizeof(digits); n++) {
		uint8_t be[8];
		uint64_t v;
		size_t skip = 0;

		memcpy(digits, imei, n);
		digits[n] = '\0';
		v = strtoull(digits, NULL, 10);
		for (int i = 7; i >= 0; i--, v >>= 8)
			be[i] = (uint8_t)v;
		while (skip < 4 && !be[skip])
			skip++;
		if (memmem(d.data, d.len, be + skip, sizeof(be) - skip))
			return true;
	}
	return false;
}

static const char *mentioned(struct pki_der d, const char *imei)
{
	for (size_t i = 0; i < d.len; i++)
		if (text_at(d.data + i, d.data + d.len, imei))
			return "as text";
	for (size_t i = 0; i < 2 * d.len; i++)
		if (bcd_at(d, i, true, imei) || bcd_at(d, i, false, imei))
			return "as BCD";
	return number_in(d, imei) ? "as a number" : NULL;
}

bool pki_no_imei(struct pki_der cert, const char *imei, struct pki_result *result)
{
	const char *how;

	if (strlen(imei) < DEVICE_DIGITS) {
		pki_set(result, PKI_BAD, "profile.imei", "there is no IMEI to look for (give its digits)");
		return false;
	}
	how = mentioned(cert, imei);
	if (!how)
		return true;
	pki_set(result, PKI_BAD, "profile.imei",
		"the certificate has the device's IMEI in it, %s (issue one whose subject is a random UUID or a digest of the key)",
		how);
	return false;
}

static bool is_uuid(const char *s, size_t len)
{
	if (len != 36)
		return false;
	for (size_t i = 0; i < len; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	return true;
}

/* Six pairs of hexadecimal digits with one separator, and nothing around them. */
static bool is_mac(const char *s, size_t len)
{
	if (len != 17)
		return false;
	for (size_t i = 0; i < len; i++)
		if (i % 3 == 2 ? s[i] != s[2] || isalnum((unsigned char)s[i]) :
		    !isxdigit((unsigned char)s[i]))
			return false;
	return true;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == ':';
}

static const char *word_is(const char *s, size_t len)
{
	size_t digits = 0;

	if (is_uuid(s, len))
		return NULL;
	if (is_mac(s, len))
		return "a MAC address";
	for (size_t i = 0; i < len; i++) {
		digits = isdigit((unsigned char)s[i]) ? digits + 1 : 0;
		/* Between letters they are part of a digest. */
		if (digits < DEVICE_DIGITS || (i + 1 < len && isalnum((unsigned char)s[i + 1])))
			continue;
		if (digits <= 16 && (i + 1 == digits || !isalnum((unsigned char)s[i - digits])))
			return "a number as long as an IMEI or IMSI";
	}
	return NULL;
}

static const char *text_is(const unsigned char *utf8, int len)
{
	const char *s = (const char *)utf8, *end = s + (len > 0 ? len : 0), *what = NULL;

	while (s < end && !what) {
		const char *word = s;

		while (s < end && is_name_char(*s))
			s++;
		what = word_is(word, (size_t)(s - word));
		s += s == word;
	}
	return what;
}

static const char *string_is(const ASN1_STRING *string)
{
	unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, string);
	const char *what = len < 0 ? NULL : text_is(utf8, len);

	OPENSSL_free(utf8);
	return what;
}

static const char *subject_is(X509 *cert)
{
	X509_NAME *name = X509_get_subject_name(cert);
	const char *what = NULL;

	for (int i = 0; !what && i < X509_NAME_entry_count(name); i++)
		what = string_is(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
	return what;
}

static const char *san_is(X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	const char *what = NULL;

	for (int i = 0; !what && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type == GEN_DNS || n->type == GEN_EMAIL || n->type == GEN_URI)
			what = text_is(ASN1_STRING_get0_data(n->d.ia5), ASN1_STRING_length(n->d.ia5));
	}
	GENERAL_NAMES_free(names);
	return what;
}

bool pki_opaque_names(struct pki_der der, struct pki_result *result)
{
	X509 *cert = pki_parse_cert(der);
	const char *what = cert ? subject_is(cert) : NULL;

	if (cert && !what)
		what = san_is(cert);
	if (!cert)
		pki_set(result, PKI_BAD, "cert.parse", "the certificate does not parse (give it as DER)");
	else if (what)
		pki_set(result, PKI_BAD, "profile.opaque-name",
			"a name in the certificate is %s (name the device by a random UUID or a digest of its key)",
			what);
	X509_free(cert);
	return cert && !what;
}
