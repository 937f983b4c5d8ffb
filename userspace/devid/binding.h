/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record that binds an IMEI to a certificate (solution x) or to a public key (y),
 * signed by the repository's key; Documentation/devid.rst has its octets. Pure: neither
 * file nor socket nor clock. Rows DID-X-P3, DID-Y-P3, DID-X-P4, CRT-04.
 */
#ifndef TRUSTGATE_DEVID_BINDING_H
#define TRUSTGATE_DEVID_BINDING_H

#include <openssl/types.h>
#include "devid/devid.h"
#include "pki/pki.h"

#define DEVID_CERT_MAX		6144	/* octets of a certificate, DER */
#define DEVID_KEY_MAX		2200	/* of a SubjectPublicKeyInfo: RSA of 16384 bit */
#define DEVID_SIG_MAX		1024
#define DEVID_RECORD_MAX	(2 * DEVID_CERT_MAX + DEVID_SIG_MAX + 256)
#define DEVID_DIGEST_LEN	32

enum devid_status {
	DEVID_STATUS_NONE,	/* no status: can't be encoded */
	DEVID_ACTIVE,
	DEVID_WITHDRAWN,
};

struct devid_binding {
	enum devid_solution solution;
	enum devid_status status;
	char imei[DEVID_IMEI_MAX + 1];
	int64_t time_s;			/* when it got this status, epoch seconds */
	/* Of a decoded record they lie in its octets. */
	struct pki_der certificate;	/* x alone */
	struct pki_der ca;		/* x: its CA's certificate; len 0: not with the binding */
	struct pki_der public_key;	/* y alone: SubjectPublicKeyInfo */
	uint8_t signer[DEVID_DIGEST_LEN];	/* SHA-256 of the repository's SubjectPublicKeyInfo */
};

/*
 * Octets written, 0 when a field of @b can't be encoded (its rule is then in @result) or
 * @key does not sign. b->signer is filled in from @key.
 */
size_t devid_binding_sign(struct devid_binding *b, EVP_PKEY *key, uint8_t out[DEVID_RECORD_MAX],
			  struct devid_result *result);

/*
 * Exactly one record, of one encoding, whose signature is by @repository. @b points
 * into @data. True alone: nothing of @b is to be used otherwise, and it is zeroed.
 */
bool devid_binding_verify(const uint8_t *data, size_t len, EVP_PKEY *repository,
			  struct devid_binding *b, struct devid_result *result);

/* The same without the signature: for a store that shows what it has, not for a verdict. */
bool devid_binding_decode(const uint8_t *data, size_t len, struct devid_binding *b,
			  struct devid_result *result);

/* Whether @b is what was asked for: of @solution, of exactly @imei, and active. */
bool devid_binding_answers(const struct devid_binding *b, enum devid_solution solution,
			   const char *imei, struct devid_result *result);

/*
 * The key that the device signs with, from its certificate (x) or as it is bound (y),
 * for EVP_PKEY_free(). NULL with @result set when it does not parse or is weak: CRT-04,
 * DID-Y-09. The certificate's own path is the caller's to check.
 */
EVP_PKEY *devid_binding_key(const struct devid_binding *b, struct devid_result *result);

/*
 * What may be published: an IMEI, a key that counts, and a certificate that mentions
 * neither the IMEI nor another identity (DID-X-P4, DID-X-P5, FFS-09).
 */
bool devid_binding_admit(const struct devid_binding *b, struct devid_result *result);

/* A public key's digest, as it stands in signer. */
bool devid_key_digest(EVP_PKEY *key, uint8_t digest[DEVID_DIGEST_LEN]);

const char *devid_status_name(enum devid_status status);

#endif /* TRUSTGATE_DEVID_BINDING_H */
