/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificate revocation lists (RFC 5280 5, row SGW-REV-12), of one issuer each. What is
 * on an authentic list is revoked, whatever the list lacks. What is absent from it is
 * good only where the list is known to be complete: not from a delta, not from an
 * indirect list, and from one that has an issuingDistributionPoint for the certificates
 * alone that it is of.
 */
#ifndef TRUSTGATE_PKI_CRL_H
#define TRUSTGATE_PKI_CRL_H

#include "pki/pki.h"

#define PKI_SERIAL_MAX		32	/* octets of a serial number that are taken */
#define PKI_CRL_NUMBER_MAX	20	/* RFC 5280 5.2.3 */

struct pki_profile;

struct pki_crl_policy {
	const struct pki_profile *profile;	/* hash and version rules; required */
	int64_t skew_s;			/* SKEW: tolerated thisUpdate in the future */
	int64_t age_max_s;		/* evidence ends this long after @now at the latest */
	size_t size_max;		/* octets */
	bool number_required;		/* a list without crlNumber is refused */
};

/* SKEW and AGE_MAX of the requirements, 256 MiB, and @profile. */
void pki_crl_policy_default(struct pki_crl_policy *policy, const struct pki_profile *profile);

/* The serial numbers of a list whose signature was verified. */
struct pki_crl;

/*
 * Verifies @der against @issuer, a certificate the caller trusts as a CA, and builds
 * the index; neither @der nor @issuer is needed afterwards. Time is not looked at:
 * pki_crl_check() does. NULL, with @result PKI_INDETERMINATE and why, unless the list
 * is an authentic one of that issuer. @result is PKI_GOOD for a list that is complete as
 * far as its scope goes, PKI_INDETERMINATE with the reason for one that proves nothing
 * good of anybody. pki_crl_free() takes it.
 */
struct pki_crl *pki_crl_load(struct pki_der der, struct pki_der issuer,
			     const struct pki_crl_policy *policy, struct pki_result *result);
void pki_crl_free(struct pki_crl *crl);

/*
 * The index for other processes, as octets without a pointer in them: made once, by
 * whoever verified the list, in memory that is then shared (SGW-REV-15).
 * pki_crl_flat_room() is what the index of a list of @der_len octets takes at most.
 * pki_crl_flatten() returns how much of @room was used, 0 when it is too small.
 */
size_t pki_crl_flat_room(size_t der_len);
size_t pki_crl_flatten(const struct pki_crl *crl, void *out, size_t room);

/* How many of the @room octets at @flat are an index; 0 when they are none. */
size_t pki_crl_flat_len(const void *flat, size_t room);

/*
 * As pki_crl_load(), with an index made of @der, which the list uses while it lives.
 * The signature is not verified again: @flat has to come from a process that did, and
 * @der not to have changed since. All else is looked at; the entries are not read.
 */
struct pki_crl *pki_crl_attach(struct pki_der der, struct pki_der flat, struct pki_der issuer,
			       const struct pki_crl_policy *policy, struct pki_result *result);

/* PKI_GOOD while the list is neither too old nor of the future, with the moment it ends. */
void pki_crl_fresh(const struct pki_crl *crl, const struct pki_crl_policy *policy, time_t now,
		   struct pki_result *result);

/*
 * What the list says of @cert at @now: PKI_BAD ("crl.revoked") when it is listed, even
 * when the list is stale or partial; PKI_GOOD when it is not, the list is of such
 * certificates and fresh; PKI_INDETERMINATE otherwise, and when @cert is not of the
 * list's issuer or not signed by it. Costs one verification of that signature.
 */
void pki_crl_check(const struct pki_crl *crl, struct pki_der cert,
		   const struct pki_crl_policy *policy, time_t now, struct pki_result *result);

/*
 * The same of a serial number, the content octets of its INTEGER, of a certificate
 * that the caller knows to be of that issuer: a binary search and no more. A list with
 * a scope proves nothing good in this way, as the certificate would have to be seen.
 */
void pki_crl_check_serial(const struct pki_crl *crl, const uint8_t *serial, size_t len,
			  const struct pki_crl_policy *policy, time_t now,
			  struct pki_result *result);

/* For stores: how one list follows another, and what it costs. */
struct pki_crl_info {
	uint8_t digest[PKI_DIGEST_LEN];		/* SHA-256 of the list */
	uint8_t issuer_digest[PKI_DIGEST_LEN];	/* SHA-256 of the issuer's subject name, DER */
	int64_t this_update, next_update;	/* epoch seconds */
	size_t entries, memory;			/* octets of the index */
	bool sha1;				/* signed over SHA-1, and allowed to be */
	bool scoped;				/* it has an issuingDistributionPoint, */
	uint8_t scope_digest[PKI_DIGEST_LEN];	/* of which this is the SHA-256 */
	uint8_t number_len;			/* 0: no crlNumber */
	uint8_t number[PKI_CRL_NUMBER_MAX];	/* big endian, without leading zeros but one */
};

void pki_crl_info(const struct pki_crl *crl, struct pki_crl_info *info);

/* Below, equal or above 0: the crlNumber of @a against that of @b; absent is below all. */
int pki_crl_number_cmp(const struct pki_crl_info *a, const struct pki_crl_info *b);

/* "keyCompromise", for the reason code of an entry; "unspecified" when there was none. */
const char *pki_crl_reason_name(int reason);

#endif /* TRUSTGATE_PKI_CRL_H */
