/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device certificate, which anybody may see, tells of the device's identifiers:
 * rows DID-X-P4, DID-X-P5, PRIV-01, FFS-09.
 */
#ifndef TRUSTGATE_PKI_MENTION_H
#define TRUSTGATE_PKI_MENTION_H

#include "pki/pki.h"

/*
 * False, with @result PKI_BAD, when @cert has the IMEI or IMEISV @imei anywhere: its
 * first 14 digits, which are the device's, as text, also with separators or in wide
 * characters, as BCD in either order of the nibbles, or as a number.
 */
bool pki_no_imei(struct pki_der cert, const char *imei, struct pki_result *result);

/*
 * False when a name in subject or subjectAltName looks like an identifier of device or
 * subscriber: a word of 14 to 16 digits, or a MAC address. UUIDs and digests don't.
 */
bool pki_opaque_names(struct pki_der cert, struct pki_result *result);

#endif /* TRUSTGATE_PKI_MENTION_H */
