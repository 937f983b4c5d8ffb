/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Octets of payloads, whatever charon itself makes of them.
 *
 * Of CERT and CERTREQ: not every strongSwan has an accessor for each encoding (5.9.8 knows RFC 4806 by
 * name only), but each payload says where its fields are, as charon's own parser
 * and generator need to know.
 */
#ifndef TRUSTGATE_PAYLOAD_H
#define TRUSTGATE_PAYLOAD_H

#include <encoding/payloads/id_payload.h>
#include <encoding/payloads/payload.h>

/**
 * tg_payload_encoding() - the encoding of a CERT or CERTREQ payload
 *
 * Return: cert_encoding_t, 0 if there is none
 */
uint8_t tg_payload_encoding(payload_t *payload);

/**
 * tg_payload_data() - what a CERT or CERTREQ payload holds
 *
 * Return: the payload's own octets, empty if there are none
 */
chunk_t tg_payload_data(payload_t *payload);

/**
 * tg_payload_ocsp_request() - CERTREQ that asks for OCSP responses (RFC 4806)
 *
 * Its list of trusted responders is empty: whoever the CA delegated may answer.
 *
 * Return: NULL if this strongSwan has no such thing
 */
payload_t *tg_payload_ocsp_request(void);

/**
 * tg_payload_identity() - body of an ID payload as it is on the wire
 *
 * Its type, the three reserved octets as sent, and its data: what AUTH is over.
 *
 * Return: allocated
 */
chunk_t tg_payload_identity(id_payload_t *payload);

#endif /* TRUSTGATE_PAYLOAD_H */
