/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A CertificateList as its parts, and what the files of the CRL code share. */
#ifndef TRUSTGATE_PKI_CRL_PARSE_H
#define TRUSTGATE_PKI_CRL_PARSE_H

#include "pki/crl.h"
#include "pki/der.h"
#include "pki/internal.h"

/* RFC 5280 5.3.1. */
enum { CRL_UNSPECIFIED = 0, CRL_HOLD = 6, CRL_REMOVE = 8, CRL_REASON_MAX = 10 };

/* Why what a list leaves out may be revoked all the same: no proof of being good. */
struct crl_partial {
	const char *rule;	/* NULL: it is complete as far as its scope goes */
	const char *what;	/* "the list ..." */
	const char *clause;	/* of the profile that asks for more; "" where it is not the profile */
};

/* issuingDistributionPoint, RFC 5280 5.2.5: of which certificates the list is complete. */
struct crl_scope {
	struct pki_der extension;	/* its value; data NULL: of all */
	bool point;			/* of those that name its distribution point */
	bool users, cas;		/* only of such certificates */
};

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
	struct crl_scope scope;
	struct crl_partial partial;	/* the first reason that was found */
};

/*
 * False with @result set unless @der is a list that this code understands. One that is
 * not complete is understood: what is on it is revoked (RFC 5280 5.3), see @partial.
 */
bool crl_parse(struct pki_der der, struct crl_parts *parts, struct pki_result *result);

struct crl_entry {
	struct pki_der serial;
	int64_t revoked_at;
	int reason;
	struct pki_der of;	/* content of its certificateIssuer; data NULL: as the one before */
};

/*
 * Takes the first of @entries. @version 1: without extensions. False at the end and at
 * an error, in which case @result is set and @entries is not empty.
 */
bool crl_next_entry(struct pki_der *entries, int version, struct crl_entry *entry,
		    struct pki_result *result);

/* crl_scope.c: issuingDistributionPoint, and what it covers. */
bool crl_scope_parse(struct pki_der value, struct crl_parts *parts);
/* NULL when a list of @issuer with @scope is complete as to @cert; else why it is not. */
const char *crl_scope_leaves_out(const struct crl_scope *scope, const X509_NAME *issuer,
				 X509 *cert);
/* Whether @names, the content of GeneralNames, has the directoryName @issuer. */
bool crl_names_issuer(struct pki_der names, struct pki_der issuer);

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
