/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DER, strictly: definite lengths in their shortest form, tags of one octet.
 * OpenSSL also takes BER, so that two readers may see two things in the same bytes.
 */
#ifndef TRUSTGATE_PKI_DER_H
#define TRUSTGATE_PKI_DER_H

#include "pki/pki.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
};

struct pki_tlv {
	uint8_t tag;
	struct pki_der value;
	struct pki_der all;	/* with tag and length */
};

/* Takes the first element off @in. False at its end, and when it isn't DER. */
bool pki_der_next(struct pki_der *in, struct pki_tlv *out);

/* The same when it has @tag; otherwise nothing is taken. */
bool pki_der_take(struct pki_der *in, uint8_t tag, struct pki_tlv *out);

/* Whether all of @der is one element, DER through and through. */
bool pki_der_strict(struct pki_der der);

bool pki_der_equal(struct pki_der a, struct pki_der b);

/* Content of a UTCTime or GeneralizedTime in the forms of RFC 5280 4.1.2.5. 0, or -1. */
int pki_der_time(const struct pki_tlv *tlv, int64_t *out);

#endif /* TRUSTGATE_PKI_DER_H */
