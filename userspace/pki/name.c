// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The peer's name: exactly one entry of the subjectAltName (TS 33.320 7.2.2).
 * No wildcard, no common name, no guessing: a name that is not plain is refused.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <openssl/x509v3.h>
#include "pki/internal.h"

#define DNS_MAX		253

/* A name as it is compared: an address, or a host name without its last dot. */
struct wanted {
	int type;		/* GEN_DNS or GEN_IPADD */
	uint8_t addr[16];
	char host[DNS_MAX + 1];
	size_t len;
};

/* Only characters that mean themselves: no '*', no NUL, no U-label. */
static bool plain_host(const char *s, size_t len)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";
	size_t i;

	for (i = 0; i < len; i++) {
		if (!s[i] || !strchr(allowed, s[i]))
			return false;
	}
	return len > 0;
}

static size_t without_last_dot(const char *s, size_t len)
{
	return len > 1 && s[len - 1] == '.' ? len - 1 : len;
}

static bool parse_wanted(const char *name, struct wanted *w)
{
	size_t len;

	if (!name)
		return false;
	memset(w, 0, sizeof(*w));
	w->type = GEN_IPADD;
	w->len = 4;
	if (inet_pton(AF_INET, name, w->addr) == 1)
		return true;
	w->len = 16;
	if (inet_pton(AF_INET6, name, w->addr) == 1)
		return true;

	w->type = GEN_DNS;
	len = without_last_dot(name, strlen(name));
	if (len > DNS_MAX || !plain_host(name, len))
		return false;
	memcpy(w->host, name, len);
	w->len = len;
	return true;
}

/* 1: it is, 0: it isn't, -1: this entry makes the whole certificate suspect. */
static int entry_matches(const GENERAL_NAME *entry, const struct wanted *w)
{
	const ASN1_STRING *value;
	const char *data;
	size_t len;
	int type;

	value = GENERAL_NAME_get0_value(entry, &type);
	if (type != GEN_DNS && type != GEN_IPADD)
		return 0;
	data = (const char *)ASN1_STRING_get0_data(value);
	len = (size_t)ASN1_STRING_length(value);
	if (type == GEN_IPADD)
		return w->type == GEN_IPADD && len == w->len && !memcmp(data, w->addr, len);
	/* An empty label, also the first, is no name: RFC 5280 4.2.1.6. */
	if (memchr(data, 0, len) || !len || *data == '.' || memmem(data, len, "..", 2))
		return -1;
	len = without_last_dot(data, len);
	return w->type == GEN_DNS && plain_host(data, len) && len == w->len &&
	       !strncasecmp(data, w->host, len);
}

/* The entries as text, for the detail of a refusal. */
static void list_entries(const GENERAL_NAMES *names, char *buf, size_t size)
{
	char addr[INET6_ADDRSTRLEN];
	size_t used = 0;
	int i, type;

	buf[0] = 0;
	for (i = 0; i < sk_GENERAL_NAME_num(names) && used + 1 < size; i++) {
		const ASN1_STRING *v = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i),
							       &type);
		const uint8_t *data;
		int len;

		if (type != GEN_DNS && type != GEN_IPADD)
			continue;
		data = ASN1_STRING_get0_data(v);
		len = ASN1_STRING_length(v);
		if (type == GEN_IPADD && (len == 4 || len == 16)) {
			inet_ntop(len == 4 ? AF_INET : AF_INET6, data, addr, sizeof(addr));
			data = (const uint8_t *)addr;
			len = (int)strlen(addr);
		} else if (type == GEN_IPADD) {
			continue;
		}
		used += (size_t)snprintf(buf + used, size - used, "%s%s:%.*s", used ? ", " : "",
					 type == GEN_DNS ? "DNS" : "IP", len,
					 (const char *)data);
	}
	if (!buf[0])
		snprintf(buf, size, "no usable name");
}

static int find(const GENERAL_NAMES *names, const struct wanted *w)
{
	int i, found = 0;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		int match = entry_matches(sk_GENERAL_NAME_value(names, i), w);

		if (match < 0)
			return match;
		found |= match;
	}
	return found;
}

bool pki_name_check(const X509 *leaf, const char *name, struct pki_result *result)
{
	GENERAL_NAMES *names;
	struct wanted w;
	char list[120];
	int found;

	if (!parse_wanted(name, &w)) {
		pki_set(result, PKI_BAD, "name.invalid",
			"'%.100s' is neither a host name nor an address (configure the peer's exact name)",
			name ? name : "");
		return false;
	}
	/* NULL too when there are two of the extension. */
	names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	if (!names) {
		pki_set(result, PKI_BAD, "name.absent",
			"the certificate has no readable subjectAltName, %.80s is needed in it (issue it with one; the common name does not count)",
			name);
		return false;
	}
	found = find(names, &w);
	list_entries(names, list, sizeof(list));
	GENERAL_NAMES_free(names);
	if (found < 0)
		pki_set(result, PKI_BAD, "name.encoding",
			"a dNSName of the certificate contains a NUL or an empty label: %s (refuse its issuer)",
			list);
	else if (!found)
		pki_set(result, PKI_BAD, "name.mismatch",
			"the certificate is for %s, not for %.80s (correct the configured name, or the certificate)",
			list, name);
	return found > 0;
}
