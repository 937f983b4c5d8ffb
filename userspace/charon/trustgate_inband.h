/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What we add to, or keep out of, an IKE_AUTH message of our own. */
#ifndef TRUSTGATE_INBAND_H
#define TRUSTGATE_INBAND_H

#include "trustgate_seen.h"
#include "trustgate_staple.h"

/**
 * tg_inband_send() - complete an IKE_AUTH message before it is encrypted
 *
 * As initiator it asks for OCSP responses, as responder it adds those it has to
 * who asked (RFC 4806). A path of more than four certificates is not sent at all
 * (TS 33.320 clauses 7.2.3 and 7.2.4).
 */
void tg_inband_send(ike_sa_t *ike_sa, message_t *message, trustgate_seen_t *seen,
		    trustgate_staple_t *staples);

#endif /* TRUSTGATE_INBAND_H */
