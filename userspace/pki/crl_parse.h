/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A CertificateList as its parts, and what the files of the CRL code share. */
#ifndef TRUSTGATE_PKI_CRL_PARSE_H
#define TRUSTGATE_PKI_CRL_PARSE_H

#include "pki/crl.h"
#include "pki/der.h"
#include "pki/internal.h"

/* RFC 5280 5.3.1. */
enum { CRL_UNSPECIFIED = 0, CRL_REMOVE = 8, CRL_REASON_MAX = 10 };

/* Points into the list. */
struct crl_parts {
	struct pki_der tbs, algorithm, signature;
	struct pki_der issuer;		/* Name */
	int version;			/* 1 or 2 */
	int64_t this_update, next_update;
	struct pki_der entries;		/* one after the other */
	struct pki_der number;		/* content of the INTEGER; data NULL: none */
	struct pki_der key_id;		/* of the authorityKeyIdentifier; likewise */
	bool delta_published;		/* freshestCRL: there are deltas of it elsewhere */
};

/* False with @result set unless @der is a complete list that this code understands. */
bool crl_parse(struct pki_der der, struct crl_parts *parts, struct pki_result *result);

struct crl_entry {
	struct pki_der serial;
	int64_t revoked_at;
	int reason;
};

/*
 * Takes the first of @entries. @version 1: without extensions. False at the end and at
 * an error, in which case @result is set and @entries is not empty.
 */
bool crl_next_entry(struct pki_der *entries, int version, struct crl_entry *entry,
		    struct pki_result *result);

/* One Extension, and whether there was another. */
struct crl_extension {
	struct pki_der oid, value;
	bool critical;
};

bool crl_next_extension(struct pki_der *list, struct crl_extension *ext);

/* Signature over @tbs by @key as @alg says. */
bool pki_verify_raw(EVP_PKEY *key, const X509_ALGOR *alg, struct pki_der tbs,
		    struct pki_der signature);

#endif /* TRUSTGATE_PKI_CRL_PARSE_H */
