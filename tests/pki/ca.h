/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CA for tests: certificates made at run time, right and wrong ones alike. What
 * can't be made ends the test; nothing is freed before it does.
 */
#ifndef TRUSTGATE_TEST_CA_H
#define TRUSTGATE_TEST_CA_H

#include <stdbool.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "pki/pki.h"

/* The second at which every test happens: 2026-09-21T14:13:20Z. */
#define CA_NOW		1790000000
#define CA_HOUR		3600
#define CA_DAY		(24 * CA_HOUR)
#define CA_EXT_MAX	8

struct entity {
	X509 *cert;
	EVP_PKEY *key;
	struct pki_der der;
};

/* Members left out: P-256, SHA-256, valid from a day ago for 30 days, self-signed. */
struct ca_spec {
	const char *cn;
	const struct entity *issuer;
	const char *key;	/* "P-256", "P-224", "explicit", "ED25519", "RSA-2048", "RSA3-2048" (exponent 3), "fixed-1", ... */
	const char *md;		/* "SHA1", ...; "pss:SHA1" for RSASSA-PSS */
	int from, to;		/* seconds from CA_NOW */
	const char *subject;	/* "CN=a,DC=b" instead of O and @cn; "" for an empty name */
	const char *issuer_name;	/* the same, instead of the issuer's */
	const char *serial;	/* hexadecimal, also negative; else counted from 1001 */
	bool v1;
	const char *ext[CA_EXT_MAX];	/* "keyUsage=critical,digitalSignature" */
};

void ca_issue(struct entity *out, const struct ca_spec *spec);
EVP_PKEY *ca_key(const char *kind);
X509_EXTENSION *ca_extension(const char *line);
/* A copy, which lives as long as the test. */
struct pki_der ca_copy(struct pki_der der);
/* A copy with the byte at @at, counted from the end when negative, changed. */
struct pki_der ca_flip(struct pki_der der, long at);
/* A copy with a byte behind it. */
struct pki_der ca_append(struct pki_der der);
/* A copy with the outer length in an octet more than it needs: BER, not DER. */
struct pki_der ca_lengthen(struct pki_der der);
/* The same of what is signed: the outer length is right. */
struct pki_der ca_lengthen_tbs(struct pki_der der);
struct pki_profile;
/* The profile @name as it is shipped, with @from in its text replaced by @to, if any. */
void ca_profile(struct pki_profile *out, const char *name, const char *from, const char *to);
void ca_die(const char *what) __attribute__((noreturn));

#define CA_EXT_CA	"basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"
#define CA_EXT_END	"basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature"

#endif /* TRUSTGATE_TEST_CA_H */
