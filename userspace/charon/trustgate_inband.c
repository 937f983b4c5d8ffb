// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_inband.h"

#include <daemon.h>
#include <encoding/payloads/cert_payload.h>

#include "trustgate_payload.h"

/* TS 33.320 clauses 7.2.3 and 7.2.4: leaf and intermediates. */
#define CERTS_MAX	4

static bool option(const char *name, bool preset)
{
	return lib->settings->get_bool(lib->settings, "%s.plugins.trustgate.%s", preset, lib->ns,
				       name);
}

static int count(message_t *message, payload_type_t type, uint8_t encoding)
{
	enumerator_t *enumerator = message->create_payload_enumerator(message);
	payload_t *payload;
	int n = 0;

	while (enumerator->enumerate(enumerator, &payload))
		n += payload->get_type(payload) == type &&
		     tg_payload_encoding(payload) == encoding;
	enumerator->destroy(enumerator);
	return n;
}

/*
 * Without any certificate rather than with some: a path cut short would only look
 * as if it were complete. The peer then refuses us, and both logs say why.
 */
static void strip(message_t *message, int certs)
{
	enumerator_t *enumerator = message->create_payload_enumerator(message);
	payload_t *payload;

	while (enumerator->enumerate(enumerator, &payload)) {
		if (payload->get_type(payload) != PLV2_CERTIFICATE)
			continue;
		message->remove_payload_at(message, enumerator);
		payload->destroy(payload);
	}
	enumerator->destroy(enumerator);
	DBG1(DBG_IKE, "trustgate: our path has %d certificates, at most %d may be sent: none is "
	     "(leave CAs out of swanctl.conf or x509ca, or shorten the path)", certs, CERTS_MAX);
}

static void request(ike_sa_t *ike_sa, message_t *message, trustgate_seen_t *seen)
{
	payload_t *payload;

	/* Of the messages of IKE_AUTH, the first has our identity. */
	if (!message->get_payload(message, PLV2_ID_INITIATOR) ||
	    !seen->ask(seen, ike_sa->get_unique_id(ike_sa)) ||
	    !option("ocsp_request", TRUE) ||
	    count(message, PLV2_CERTREQ, ENC_OCSP_CONTENT))
		return;
	payload = tg_payload_ocsp_request();
	if (!payload)
		return;
	message->add_payload(message, payload);
	DBG1(DBG_IKE, "trustgate: asking %Y for its OCSP response",
	     ike_sa->get_other_id(ike_sa));
}

static void respond(ike_sa_t *ike_sa, message_t *message, trustgate_seen_t *seen,
		    trustgate_staple_t *staples)
{
	bool asked = seen->wants_ocsp(seen, ike_sa->get_unique_id(ike_sa));
	int n;

	/* What charon itself has is as good, and one for each certificate enough. */
	if ((!asked && !option("ocsp_unsolicited", FALSE)) ||
	    count(message, PLV2_CERTIFICATE, ENC_OCSP_CONTENT))
		return;
	n = staples->attach(staples, message);
	if (n)
		DBG1(DBG_IKE, "trustgate: sending %d OCSP response(s) of our certificate%s", n,
		     asked ? "" : ", unasked");
	else if (asked && count(message, PLV2_CERTIFICATE, ENC_X509_SIGNATURE))
		DBG1(DBG_IKE, "trustgate: the peer wants an OCSP response of our certificate, "
		     "and there is none now");
}

void tg_inband_send(ike_sa_t *ike_sa, message_t *message, trustgate_seen_t *seen,
		    trustgate_staple_t *staples)
{
	int certs = count(message, PLV2_CERTIFICATE, ENC_X509_SIGNATURE);

	if (certs > CERTS_MAX)
		strip(message, certs);
	if (message->get_request(message))
		request(ike_sa, message, seen);
	else
		respond(ike_sa, message, seen, staples);
}
