/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device's identifier and the key that proves it (rows DID-X-P1, DID-X-P2, DID-Y-P1,
 * DID-Y-P2). The key is one of its own, not IKE's: whoever may have one signed with may
 * not have the other. The IMEI is in an NV index that is written once: who can open the
 * TPM's device can read it, nobody else.
 */
#ifndef TRUSTGATE_TRE_DEVICE_H
#define TRUSTGATE_TRE_DEVICE_H

#include "tre/provision.h"

#define TRE_HANDLE_DEVICE	0x81010005u
#define TRE_IMEI_MAX		16
#define TRE_SPKI_MAX		128	/* SubjectPublicKeyInfo of P-256 */
#define TRE_SIGNATURE_DER_MAX	80	/* of P-256 */

struct tre_device {
	char imei[TRE_IMEI_MAX + 1];
	uint8_t spki[TRE_SPKI_MAX];
	size_t spki_len;
};

/*
 * Make what is missing. @imei NULL: leave it. What is there and deviates, or is of another
 * IMEI, is refused unless @replace.
 */
bool tre_device_provision(struct tre_session *s, const char *imei, bool replace,
			  enum tre_outcome *key, enum tre_outcome *index,
			  struct tre_result *result);

/* Both, looked at: TRE_PASS, or what is missing or deviates. */
bool tre_device_read(struct tre_session *s, struct tre_device *d, struct tre_result *result);

/* A signature over @sha256 by the key; the octets at @sig are of DER. */
bool tre_device_sign(struct tre_session *s, const uint8_t sha256[TRE_DIGEST_LEN],
		     uint8_t sig[TRE_SIGNATURE_DER_MAX], size_t *len, struct tre_result *result);

/*
 * PKCS#10 for the key. FFS-09: its subject is a CN of 40 hexadecimal digits, the first
 * 20 octets of SHA-256 over the SubjectPublicKeyInfo, so that it
 * says which key it is and nothing else. *@der is for OPENSSL_free().
 */
bool tre_device_csr(struct tre_session *s, uint8_t **der, size_t *len, struct tre_result *result);
#define TRE_DEVICE_NAME_LEN	40
bool tre_device_name(const struct tre_device *d, char name[TRE_DEVICE_NAME_LEN + 1]);

#endif /* TRUSTGATE_TRE_DEVICE_H */
