/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the record's map, for who writes and who reads it. */
#ifndef TRUSTGATE_DEVID_BINDING_INTERNAL_H
#define TRUSTGATE_DEVID_BINDING_INTERNAL_H

#include "devid/binding.h"

#define BINDING_VERSION	1
/* In front of what is signed, with its NUL: no signature for another use is one here. */
#define BINDING_LABEL	"3gpp-hnb-trust DEVID-BINDING v1"

/* Ascending, and all that a solution has are there. A key, once given out, keeps its meaning. */
enum binding_field {
	BINDING_F_VERSION = 1,
	BINDING_F_SOLUTION,
	BINDING_F_STATUS,
	BINDING_F_TIME,
	BINDING_F_IMEI,
	BINDING_F_SIGNER,
	BINDING_F_CERTIFICATE,	/* x */
	BINDING_F_PUBLIC_KEY,	/* y */
	BINDING_F_CA,		/* x, or left out */
};

/* What a record can hold: solution, status, time, IMEI, lengths. */
bool binding_encodable(const struct devid_binding *b, struct devid_result *result);

/* ECDSA or RSA over SHA-256 of label and @payload. */
bool binding_signature_ok(EVP_PKEY *key, struct pki_der payload, struct pki_der signature);

/* NULL, or what is wrong with @key as the repository's. */
const char *binding_signer_problem(EVP_PKEY *key);

#endif /* TRUSTGATE_DEVID_BINDING_INTERNAL_H */
