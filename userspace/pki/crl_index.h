/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index of a verified list. Private to crl.c, crl_flat.c and crl_check.c. */
#ifndef TRUSTGATE_PKI_CRL_INDEX_H
#define TRUSTGATE_PKI_CRL_INDEX_H

#include "pki/crl_parse.h"

/* Behind the serial number in a record: reason, second it was revoked at. */
#define CRL_TAIL	(1 + sizeof(uint32_t))

struct pki_crl {
	X509_NAME *issuer;
	EVP_PKEY *key;			/* of the issuer */
	uint8_t digest[PKI_DIGEST_LEN], issuer_digest[PKI_DIGEST_LEN];
	uint8_t key_digest[PKI_DIGEST_LEN];	/* of that key */
	uint8_t key_id[64];		/* subjectKeyIdentifier of the issuer */
	size_t key_id_len;
	int64_t this_update, next_update;
	int64_t issuer_from, issuer_to;	/* the issuer's own validity */
	unsigned int sha1;
	bool delta_published;
	uint8_t number_len, number[PKI_CRL_NUMBER_MAX];
	/* Records of @width: length of the serial, the serial, zeros, the tail. */
	uint8_t *records;
	size_t n, width;
	size_t der_len;			/* of the list */
	bool borrowed;			/* the records are somebody else's */
	bool foreign;			/* it has entries of other CAs, which are not among them */
	struct crl_scope scope;		/* points into a copy of the extension */
	struct crl_partial partial;
};

/* crl.c: everything but the index and whose signature it is. */
bool crl_check_parts(struct pki_crl *crl, const struct crl_parts *parts, X509 *issuer,
		     const struct pki_crl_policy *policy, struct pki_result *result);
bool crl_describe(struct pki_crl *crl, const struct crl_parts *parts, X509 *issuer,
		  const struct pki_crl_policy *policy, struct pki_result *result);
/* Good, or why what is not on the list proves nothing. */
void crl_set_loaded(const struct pki_crl *crl, struct pki_result *result);
/* @result says so, unless the list is complete as far as its scope goes. */
bool crl_is_complete(const struct pki_crl *crl, struct pki_result *result);

#endif /* TRUSTGATE_PKI_CRL_INDEX_H */
