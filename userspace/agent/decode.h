/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plugin's messages, decoded. A pure function over octets. */
#ifndef TRUSTGATE_DECODE_H
#define TRUSTGATE_DECODE_H

#include <stdbool.h>
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
	uint64_t have;			/* mask of 1 << enum tg_wire_item_type */
	uint64_t instance;
	uint32_t ike_id, new_ike_id, auth_kinds, own_kinds, child_id, reqid;
	uint32_t if_id_in, if_id_out, flags, status, sent, age_s;
	uint32_t spi_in, spi_out;	/* network byte order */
	uint8_t role, protocol;
	char text[256], peer_id[256], child_name[256], own_id[256];
	struct decode_addr local, remote;
	struct pki_der certs[TG_WIRE_CERTS_MAX];	/* into the message */
	size_t ncerts;
	struct pki_der ocsps[TG_WIRE_OCSPS_MAX];	/* likewise */
	size_t nocsps;
	struct decode_addr vips[DECODE_VIPS_MAX];
	size_t nvips;
	uint8_t spi_i[8], spi_r[8];
	struct pki_der ni, nr, idi, integrity, own_cert;	/* likewise */
	uint32_t notify;		/* type of a Notify, and what is in it */
	struct pki_der notified;	/* likewise */
	uint8_t digest[TG_WIRE_DIGEST_LEN];
};

/* What the plugin is told in the reply to HELLO. */
struct decode_hello {
	uint32_t flags;			/* TG_WIRE_FLAG_* */
	uint32_t mode;			/* enum tg_wire_mode */
	uint32_t notify;		/* type of the Notify, unless off */
	uint32_t wait_ms;		/* for a record, unless off */
};

/*
 * Decode the @len octets at @buf as one message. Returns NULL, or why the
 * message is bad; @out is then not to be used. @out points into @buf.
 */
const char *decode_msg(const uint8_t *buf, size_t len, struct decode_msg *out);

/*
 * Did AUTHORIZE say which IKE SA it is, as decode_msg() made sure of for REPORT? Either
 * all of SPI_I, SPI_R, NI, NR and IDI are there or none.
 */
static inline bool decode_has_binding(const struct decode_msg *m)
{
	return m->have >> TG_WIRE_IDI & 1;
}

/*
 * Encode a reply of @status and @text (may be NULL) to the request @seq. @buf has
 * room for DECODE_REPLY_MAX octets. Returns the length.
 */
#define DECODE_REPLY_MAX	(512 + TG_WIRE_INTEGRITY_MAX)
size_t encode_reply(uint8_t *buf, uint32_t seq, uint32_t status, const char *text);

/* The same for HELLO, which is never refused. */
size_t encode_hello_reply(uint8_t *buf, uint32_t seq, const struct decode_hello *hello);

/* The same for REPORT: a record of @len octets, at most TG_WIRE_INTEGRITY_MAX. */
size_t encode_record(uint8_t *buf, uint32_t seq, const uint8_t *record, size_t len);

/* The same for SIGN: the key, and a signature unless @sig_len is 0. */
size_t encode_signature(uint8_t *buf, uint32_t seq, const uint8_t *key, size_t key_len,
			const uint8_t *sig, size_t sig_len);

/*
 * Encode TG_WIRE_STAPLE: the @n responses @ocsps to send with our certificate
 * @cert during the next @life_ms. @buf has room for TG_WIRE_MAX octets. Returns
 * the length, or 0 when a part is empty, too long or one too many.
 */
size_t encode_staple(uint8_t *buf, struct pki_der cert, const struct pki_der *ocsps, size_t n,
		     uint32_t life_ms);

/*
 * Encode TG_WIRE_SEND: a Notify of @type with the @len octets of @data, for the peer of
 * @ike_id. @buf has room for ENCODE_SEND_MAX octets. Returns the length, 0 when there
 * are none or more than TG_WIRE_DATA_MAX.
 */
#define ENCODE_SEND_MAX	(64 + TG_WIRE_DATA_MAX)
size_t encode_send(uint8_t *buf, uint32_t ike_id, uint32_t type, const uint8_t *data, size_t len);

#endif /* TRUSTGATE_DECODE_H */
