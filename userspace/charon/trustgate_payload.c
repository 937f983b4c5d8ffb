// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_payload.h"

#include <encoding/payloads/cert_payload.h>
#include <encoding/payloads/certreq_payload.h>

/* The field of that type behind the payload's generic header. */
static void *field(payload_t *payload, encoding_type_t type)
{
	encoding_rule_t *rules;
	bool body = FALSE;
	int count;

	if (payload->get_type(payload) != PLV2_CERTIFICATE &&
	    payload->get_type(payload) != PLV2_CERTREQ)
		return NULL;
	count = payload->get_encoding_rules(payload, &rules);
	for (int i = 0; i < count; i++) {
		if (body && rules[i].type == type)
			return (char *)payload + rules[i].offset;
		body = body || rules[i].type == PAYLOAD_LENGTH;
	}
	return NULL;
}

uint8_t tg_payload_encoding(payload_t *payload)
{
	const uint8_t *encoding = field(payload, U_INT_8);

	return encoding ? *encoding : 0;
}

chunk_t tg_payload_data(payload_t *payload)
{
	const chunk_t *data = field(payload, CHUNK_DATA);

	return data ? *data : chunk_empty;
}

chunk_t tg_payload_identity(id_payload_t *payload)
{
	chunk_t body = payload->get_encoded(payload);
	const uint8_t *reserved;

	/* What get_encoded() has there is IKEv1's protocol and port. */
	for (u_int i = 0; i < 3 && body.len > 3; i++) {
		reserved = payload_get_field((payload_t *)payload, RESERVED_BYTE, i);
		body.ptr[1 + i] = reserved ? *reserved : 0;
	}
	return body;
}

payload_t *tg_payload_ocsp_request(void)
{
	payload_t *payload = (payload_t *)certreq_payload_create(PLV2_CERTREQ);
	uint8_t *encoding = payload ? field(payload, U_INT_8) : NULL;

	if (encoding)
		*encoding = ENC_OCSP_CONTENT;
	else if (payload)
		payload->destroy(payload);
	return encoding ? payload : NULL;
}
