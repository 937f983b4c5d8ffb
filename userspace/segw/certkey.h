/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TRUSTGATE_SEGW_CERTKEY_H
#define TRUSTGATE_SEGW_CERTKEY_H

#include "pki/pki.h"

/*
 * SHA-256 of the SubjectPublicKeyInfo of @certificate, as it is there. False when there
 * is none to be found, or no memory. Nothing else of the certificate is looked at.
 */
bool certkey_digest(struct pki_der certificate, uint8_t digest[PKI_DIGEST_LEN]);

#endif /* TRUSTGATE_SEGW_CERTKEY_H */
