/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plugin's messages, decoded. A pure function over octets. */
#ifndef TRUSTGATE_DECODE_H
#define TRUSTGATE_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "agent/wire.h"
#include "pki/pki.h"

#define DECODE_VIPS_MAX	16

struct decode_addr {
	uint16_t family;		/* AF_INET or AF_INET6 */
	uint8_t addr[16];
};

struct decode_msg {
	uint16_t type;			/* enum tg_wire_type */
	uint32_t seq;
	uint32_t have;			/* mask of 1 << enum tg_wire_item_type */
	uint64_t instance;
	uint32_t ike_id, new_ike_id, auth_kinds, child_id, reqid;
	uint32_t if_id_in, if_id_out, flags, status, sent;
	uint32_t spi_in, spi_out;	/* network byte order */
	uint8_t role, protocol;
	char text[256], peer_id[256], child_name[256];
	struct decode_addr local, remote;
	struct pki_der certs[TG_WIRE_CERTS_MAX];	/* into the message */
	size_t ncerts;
	struct pki_der ocsps[TG_WIRE_OCSPS_MAX];	/* likewise */
	size_t nocsps;
	struct decode_addr vips[DECODE_VIPS_MAX];
	size_t nvips;
};

/*
 * Decode the @len octets at @buf as one message. Returns NULL, or why the
 * message is bad; @out is then not to be used. @out points into @buf.
 */
const char *decode_msg(const uint8_t *buf, size_t len, struct decode_msg *out);

/*
 * Encode a reply of @status, @text (may be NULL) and @flags (0: none) to the
 * request @seq. @buf has room for DECODE_REPLY_MAX octets. Returns the length.
 */
#define DECODE_REPLY_MAX	512
size_t encode_reply(uint8_t *buf, uint32_t seq, uint32_t status, const char *text,
		    uint32_t flags);

/*
 * Encode TG_WIRE_STAPLE: the @n responses @ocsps to send with our certificate
 * @cert during the next @life_ms. @buf has room for TG_WIRE_MAX octets. Returns
 * the length, or 0 when a part is empty, too long or one too many.
 */
size_t encode_staple(uint8_t *buf, struct pki_der cert, const struct pki_der *ocsps, size_t n,
		     uint32_t life_ms);

#endif /* TRUSTGATE_DECODE_H */
