/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of RADIUS (RFC 2865) as one question takes: may this identity connect?
 * Message-Authenticator (RFC 3579 3.2) is sent first and required in the answer,
 * without which anyone between can turn a reject into an accept (CVE-2024-3596).
 *
 * Not a library, because none fits: radcli, the one that Debian 12 and 13 have, is at
 * a release that sends the attribute with EAP only and does not look at the one it
 * gets; it also opens its own sockets and files, which the confined worker can't.
 */
#ifndef TRUSTGATE_SEGW_RADIUS_H
#define TRUSTGATE_SEGW_RADIUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RADIUS_MAX		4096	/* octets of a packet, RFC 2865 3 */
#define RADIUS_NAME_MAX		253	/* octets of an attribute's value */
#define RADIUS_SECRET_MIN	16	/* RFC 2865 3 prefers at least that many */
#define RADIUS_SECRET_MAX	128

struct radius_request {
	const char *identity;		/* User-Name and Calling-Station-Id */
	const char *nas;		/* NAS-Identifier */
	const uint8_t *secret;
	size_t secret_len;
	uint8_t id;
	uint8_t authenticator[16];	/* random, never used twice */
};

enum radius_code { RADIUS_ACCEPT = 2, RADIUS_REJECT = 3, RADIUS_CHALLENGE = 11 };

struct radius_reply {
	enum radius_code code;
	bool timed;
	uint32_t timeout_s;		/* Session-Timeout, when timed */
	char message[254];		/* Reply-Message, printable ASCII, or empty */
};

/*
 * Access-Request, Service-Type Call Check: no password is involved, the certificate
 * has proven who it is. Returns its length, 0 when an argument is out of range or the
 * library has no MD5 (it has none in FIPS mode).
 */
size_t radius_encode(const struct radius_request *r, uint8_t out[RADIUS_MAX]);

/*
 * Whether @packet is a genuine answer to @r. NULL and @reply filled, or the rule
 * that it breaks ("authz.radius.authenticator"), and then it is to be ignored as if
 * it had not come: anyone can send one.
 */
const char *radius_decode(const struct radius_request *r, const uint8_t *packet, size_t len,
			  struct radius_reply *reply);

/*
 * Send @r over @fd, a connected UDP socket, up to @tries times and wait @try_ms after
 * each. NULL and @reply filled, or the rule ("authz.radius.timeout", or why the last
 * answer that came was ignored).
 */
const char *radius_ask(int fd, const struct radius_request *r, unsigned int tries,
		       unsigned int try_ms, struct radius_reply *reply);

#endif /* TRUSTGATE_SEGW_RADIUS_H */
