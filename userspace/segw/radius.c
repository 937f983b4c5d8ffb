// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets of RFC 2865, made and taken apart. MD5 is what the protocol has. */
#include "segw/radius.h"

#include <ctype.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define ACCESS_REQUEST	1
#define HEADER		20
#define AUTH_AT		4
#define MD5_LEN		16

enum attribute {
	USER_NAME = 1,
	SERVICE_TYPE = 6,
	REPLY_MESSAGE = 18,
	SESSION_TIMEOUT = 27,
	CALLING_STATION_ID = 31,
	NAS_IDENTIFIER = 32,
	MESSAGE_AUTHENTICATOR = 80,
};

#define CALL_CHECK	10

static size_t put(uint8_t *out, size_t at, enum attribute type, const void *value, size_t len)
{
	out[at] = (uint8_t)type;
	out[at + 1] = (uint8_t)(len + 2);
	memcpy(out + at + 2, value, len);
	return at + 2 + len;
}

static bool hmac_md5(const struct radius_request *r, const uint8_t *data, size_t len,
		     uint8_t mac[MD5_LEN])
{
	return HMAC(EVP_md5(), r->secret, (int)r->secret_len, data, len, mac, NULL);
}

size_t radius_encode(const struct radius_request *r, uint8_t out[RADIUS_MAX])
{
	static const uint8_t zero[MD5_LEN], service[4] = { 0, 0, 0, CALL_CHECK };
	size_t name = strlen(r->identity), nas = strlen(r->nas), len;

	if (!name || name > RADIUS_NAME_MAX || !nas || nas > RADIUS_NAME_MAX ||
	    r->secret_len < RADIUS_SECRET_MIN || r->secret_len > RADIUS_SECRET_MAX)
		return 0;
	out[0] = ACCESS_REQUEST;
	out[1] = r->id;
	memcpy(out + AUTH_AT, r->authenticator, sizeof(r->authenticator));
	/* First, so that nobody can put a chosen prefix before it. */
	len = put(out, HEADER, MESSAGE_AUTHENTICATOR, zero, sizeof(zero));
	len = put(out, len, USER_NAME, r->identity, name);
	len = put(out, len, SERVICE_TYPE, service, sizeof(service));
	len = put(out, len, CALLING_STATION_ID, r->identity, name);
	len = put(out, len, NAS_IDENTIFIER, r->nas, nas);
	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)len;
	return hmac_md5(r, out, len, out + HEADER + 2) ? len : 0;
}

/* MD5 of the answer with the request's authenticator in it, and the secret. */
static bool authentic(const struct radius_request *r, const uint8_t *packet, size_t len)
{
	uint8_t buf[RADIUS_MAX + RADIUS_SECRET_MAX], md[MD5_LEN];

	memcpy(buf, packet, len);
	memcpy(buf + AUTH_AT, r->authenticator, sizeof(r->authenticator));
	memcpy(buf + len, r->secret, r->secret_len);
	return EVP_Digest(buf, len + r->secret_len, md, NULL, EVP_md5(), NULL) == 1 &&
	       !CRYPTO_memcmp(md, packet + AUTH_AT, sizeof(md));
}

static bool message_authentic(const struct radius_request *r, const uint8_t *packet, size_t len,
			      size_t at)
{
	uint8_t buf[RADIUS_MAX], mac[MD5_LEN];

	memcpy(buf, packet, len);
	memcpy(buf + AUTH_AT, r->authenticator, sizeof(r->authenticator));
	memset(buf + at, 0, MD5_LEN);
	return hmac_md5(r, buf, len, mac) && !CRYPTO_memcmp(mac, packet + at, sizeof(mac));
}

static void take(uint8_t type, const uint8_t *value, size_t len, struct radius_reply *reply)
{
	size_t i;

	if (type == SESSION_TIMEOUT && len == 4) {
		uint32_t s = (uint32_t)value[0] << 24 | (uint32_t)value[1] << 16 |
			     (uint32_t)value[2] << 8 | value[3];

		/* Of several the shortest: nothing is gained by doubling it. */
		if (!reply->timed || s < reply->timeout_s)
			reply->timeout_s = s;
		reply->timed = true;
	} else if (type == REPLY_MESSAGE && !*reply->message) {
		for (i = 0; i < len && i < sizeof(reply->message) - 1; i++)
			reply->message[i] = isprint(value[i]) ? (char)value[i] : '?';
		reply->message[i] = '\0';
	}
}

/* Takes the attributes apart; *@mac is where Message-Authenticator's value begins. */
static const char *attributes(const uint8_t *packet, size_t len, size_t *mac,
			      struct radius_reply *reply)
{
	size_t at = HEADER;

	for (*mac = 0; at < len; at += packet[at + 1]) {
		uint8_t type = packet[at];

		if (len - at < 2 || packet[at + 1] < 2 || packet[at + 1] > len - at)
			return "authz.radius.attribute";
		if (type == MESSAGE_AUTHENTICATOR) {
			if (*mac || packet[at + 1] != 2 + MD5_LEN)
				return "authz.radius.message-authenticator";
			*mac = at + 2;
		}
		take(type, packet + at + 2, packet[at + 1] - 2u, reply);
	}
	return *mac ? NULL : "authz.radius.message-authenticator.absent";
}

const char *radius_decode(const struct radius_request *r, const uint8_t *packet, size_t len,
			  struct radius_reply *reply)
{
	const char *why;
	size_t said, mac;

	memset(reply, 0, sizeof(*reply));
	if (len < HEADER || r->secret_len > RADIUS_SECRET_MAX)
		return "authz.radius.length";
	said = (size_t)packet[2] << 8 | packet[3];
	/* What is behind the length is padding, RFC 2865 3. */
	if (said < HEADER || said > len || said > RADIUS_MAX)
		return "authz.radius.length";
	if (packet[1] != r->id)
		return "authz.radius.identifier";
	if (packet[0] != RADIUS_ACCEPT && packet[0] != RADIUS_REJECT &&
	    packet[0] != RADIUS_CHALLENGE)
		return "authz.radius.code";
	if (!authentic(r, packet, said))
		return "authz.radius.authenticator";
	why = attributes(packet, said, &mac, reply);
	if (why)
		return why;
	if (!message_authentic(r, packet, said, mac))
		return "authz.radius.message-authenticator";
	reply->code = packet[0];
	return NULL;
}
