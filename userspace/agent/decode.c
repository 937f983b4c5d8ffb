// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the plugin says is written by a process that parses hostile input, so
 * each message must be exactly what wire.h lists: anything else makes it bad.
 */
#include "agent/decode.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1ull << (n))

/* Items that may come more than once. */
#define SEVERAL	(BIT(TG_WIRE_CERT) | BIT(TG_WIRE_VIP) | BIT(TG_WIRE_OCSP))

/* Which IKE SA it is: all of them or none. */
#define BINDING	(BIT(TG_WIRE_SPI_I) | BIT(TG_WIRE_SPI_R) | BIT(TG_WIRE_NI) | BIT(TG_WIRE_NR) | \
		 BIT(TG_WIRE_IDI))

_Static_assert(TG_WIRE_ITEM_LAST < 64, "one bit an item");

struct shape {
	uint16_t type;
	uint64_t required, optional;
};

static const struct shape shapes[] = {
	{ TG_WIRE_HELLO, BIT(TG_WIRE_INSTANCE) | BIT(TG_WIRE_TEXT), 0 },
	{ TG_WIRE_AUTHORIZE,
	  BIT(TG_WIRE_IKE_ID) | BIT(TG_WIRE_ROLE) | BIT(TG_WIRE_PEER_ID) | BIT(TG_WIRE_AUTH_KINDS),
	  BIT(TG_WIRE_CERT) | BIT(TG_WIRE_SENT) | BIT(TG_WIRE_OCSP) | BIT(TG_WIRE_FLAGS) |
	  BINDING | BIT(TG_WIRE_AGE) | BIT(TG_WIRE_INTEGRITY) | BIT(TG_WIRE_OWN_ID) |
	  BIT(TG_WIRE_OWN_CERT) | BIT(TG_WIRE_OWN_KINDS) },
	{ TG_WIRE_CHILD_KEYS,
	  BIT(TG_WIRE_IKE_ID) | BIT(TG_WIRE_CHILD_ID) | BIT(TG_WIRE_CHILD_NAME) |
	  BIT(TG_WIRE_PROTOCOL) | BIT(TG_WIRE_SPI_IN) | BIT(TG_WIRE_SPI_OUT) |
	  BIT(TG_WIRE_LOCAL) | BIT(TG_WIRE_REMOTE) | BIT(TG_WIRE_REQID),
	  BIT(TG_WIRE_IF_ID_IN) | BIT(TG_WIRE_IF_ID_OUT) | BIT(TG_WIRE_VIP) | BIT(TG_WIRE_FLAGS) },
	{ TG_WIRE_CHILD_UP, BIT(TG_WIRE_IKE_ID) | BIT(TG_WIRE_CHILD_ID), BIT(TG_WIRE_VIP) },
	{ TG_WIRE_CHILD_DOWN, BIT(TG_WIRE_IKE_ID) | BIT(TG_WIRE_CHILD_ID), 0 },
	{ TG_WIRE_IKE_DOWN, BIT(TG_WIRE_IKE_ID), 0 },
	{ TG_WIRE_IKE_REKEY, BIT(TG_WIRE_IKE_ID) | BIT(TG_WIRE_NEW_IKE_ID), 0 },
	{ TG_WIRE_PING, 0, 0 },
	{ TG_WIRE_REPORT, BIT(TG_WIRE_IKE_ID) | BINDING, 0 },
	{ TG_WIRE_SIGN, 0, BIT(TG_WIRE_DIGEST) },
	{ TG_WIRE_NOTIFIED, BIT(TG_WIRE_IKE_ID) | BIT(TG_WIRE_NOTIFY) | BIT(TG_WIRE_DATA), 0 },
};

static const struct shape *find_shape(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		if (shapes[i].type == type)
			return &shapes[i];
	return NULL;
}

static bool take_fixed(void *out, size_t size, const uint8_t *data, size_t len)
{
	if (len != size)
		return false;
	memcpy(out, data, size);
	return true;
}

static bool take_text(char out[256], const uint8_t *data, size_t len)
{
	if (len > 255 || memchr(data, '\0', len))
		return false;
	memcpy(out, data, len);
	out[len] = '\0';
	return true;
}

static bool take_addr(struct decode_addr *out, const uint8_t *data, size_t len)
{
	if (len != 4 && len != 16)
		return false;
	memset(out, 0, sizeof(*out));
	out->family = len == 4 ? AF_INET : AF_INET6;
	memcpy(out->addr, data, len);
	return true;
}

static bool take_cert(struct decode_msg *m, const uint8_t *data, size_t len)
{
	if (m->ncerts == TG_WIRE_CERTS_MAX || !len)
		return false;
	m->certs[m->ncerts].data = data;
	m->certs[m->ncerts++].len = len;
	return true;
}

static bool take_ocsp(struct decode_msg *m, const uint8_t *data, size_t len)
{
	if (m->nocsps == TG_WIRE_OCSPS_MAX || !len || len > TG_WIRE_OCSP_MAX)
		return false;
	m->ocsps[m->nocsps].data = data;
	m->ocsps[m->nocsps++].len = len;
	return true;
}

static bool take_octets(struct pki_der *out, size_t min, size_t max, const uint8_t *data,
			size_t len)
{
	if (len < min || len > max)
		return false;
	out->data = data;
	out->len = len;
	return true;
}

static bool take_number(struct decode_msg *m, uint16_t type, const uint8_t *data, size_t len)
{
	uint32_t *out[] = {
		[TG_WIRE_IKE_ID] = &m->ike_id, [TG_WIRE_NEW_IKE_ID] = &m->new_ike_id,
		[TG_WIRE_AUTH_KINDS] = &m->auth_kinds, [TG_WIRE_CHILD_ID] = &m->child_id,
		[TG_WIRE_SPI_IN] = &m->spi_in, [TG_WIRE_SPI_OUT] = &m->spi_out,
		[TG_WIRE_REQID] = &m->reqid, [TG_WIRE_IF_ID_IN] = &m->if_id_in,
		[TG_WIRE_IF_ID_OUT] = &m->if_id_out, [TG_WIRE_FLAGS] = &m->flags,
		[TG_WIRE_STATUS] = &m->status, [TG_WIRE_SENT] = &m->sent,
		[TG_WIRE_AGE] = &m->age_s, [TG_WIRE_OWN_KINDS] = &m->own_kinds,
		[TG_WIRE_NOTIFY] = &m->notify,
	};

	return type < ARRAY_SIZE(out) && out[type] &&
	       take_fixed(out[type], sizeof(uint32_t), data, len);
}

static bool take_item(struct decode_msg *m, uint16_t type, const uint8_t *data, size_t len)
{
	switch (type) {
	case TG_WIRE_INSTANCE:
		return take_fixed(&m->instance, sizeof(m->instance), data, len);
	case TG_WIRE_ROLE:
		return take_fixed(&m->role, sizeof(m->role), data, len);
	case TG_WIRE_PROTOCOL:
		return take_fixed(&m->protocol, sizeof(m->protocol), data, len) &&
		       (m->protocol == IPPROTO_ESP || m->protocol == IPPROTO_AH);
	case TG_WIRE_TEXT:
		return take_text(m->text, data, len);
	case TG_WIRE_PEER_ID:
		return take_text(m->peer_id, data, len);
	case TG_WIRE_CHILD_NAME:
		return take_text(m->child_name, data, len);
	case TG_WIRE_OWN_ID:
		return take_text(m->own_id, data, len);
	case TG_WIRE_OWN_CERT:
		return take_octets(&m->own_cert, 1, UINT16_MAX, data, len);
	case TG_WIRE_LOCAL:
		return take_addr(&m->local, data, len);
	case TG_WIRE_REMOTE:
		return take_addr(&m->remote, data, len);
	case TG_WIRE_CERT:
		return take_cert(m, data, len);
	case TG_WIRE_OCSP:
		return take_ocsp(m, data, len);
	case TG_WIRE_VIP:
		return m->nvips < DECODE_VIPS_MAX && take_addr(&m->vips[m->nvips++], data, len);
	case TG_WIRE_SPI_I:
		return take_fixed(m->spi_i, sizeof(m->spi_i), data, len);
	case TG_WIRE_SPI_R:
		return take_fixed(m->spi_r, sizeof(m->spi_r), data, len);
	case TG_WIRE_NI:
		return take_octets(&m->ni, TG_WIRE_NONCE_MIN, TG_WIRE_NONCE_MAX, data, len);
	case TG_WIRE_NR:
		return take_octets(&m->nr, TG_WIRE_NONCE_MIN, TG_WIRE_NONCE_MAX, data, len);
	case TG_WIRE_IDI:
		return take_octets(&m->idi, 4, TG_WIRE_IDI_MAX, data, len);
	case TG_WIRE_DIGEST:
		return take_fixed(m->digest, sizeof(m->digest), data, len);
	case TG_WIRE_INTEGRITY:
		return take_octets(&m->integrity, 1, TG_WIRE_INTEGRITY_MAX, data, len);
	case TG_WIRE_DATA:
		return take_octets(&m->notified, 1, TG_WIRE_DATA_MAX, data, len);
	default:
		return take_number(m, type, data, len);
	}
}

static const char *take_items(struct decode_msg *m, const struct shape *shape,
			      const uint8_t *p, size_t left)
{
	struct tg_wire_item item;

	while (left) {
		if (left < sizeof(item))
			return "octets left over";
		memcpy(&item, p, sizeof(item));
		p += sizeof(item);
		left -= sizeof(item);
		if (item.len > left)
			return "item is longer than the message";
		if (item.type > TG_WIRE_ITEM_LAST ||
		    !((shape->required | shape->optional) & BIT(item.type)))
			return "item has no place in this message";
		if (m->have & BIT(item.type) & ~SEVERAL)
			return "item is there twice";
		if (!take_item(m, item.type, p, item.len))
			return "item has a bad length, value or number";
		m->have |= BIT(item.type);
		p += item.len;
		left -= item.len;
	}
	if ((m->have & shape->required) != shape->required)
		return "item is missing";
	if ((m->have & BINDING && (m->have & BINDING) != BINDING) ||
	    (m->have & BIT(TG_WIRE_INTEGRITY) && !(m->have & BINDING)))
		return "of an IKE SA's SPIs, nonces and identity some are missing";
	if (m->have & BIT(TG_WIRE_NOTIFY) && m->notify != TG_WIRE_CHALLENGE_TYPE &&
	    m->notify != TG_WIRE_PROOF_TYPE)
		return "a Notify of a type that nobody asked for";
	return NULL;
}

const char *decode_msg(const uint8_t *buf, size_t len, struct decode_msg *out)
{
	const struct shape *shape;
	struct tg_wire_hdr hdr;

	if (len < sizeof(hdr))
		return "shorter than its header";
	if (len > TG_WIRE_MAX)
		return "longer than a message may be";
	memcpy(&hdr, buf, sizeof(hdr));
	if (hdr.magic != TG_WIRE_MAGIC || hdr.version != TG_WIRE_VERSION)
		return "another protocol or version";
	if (hdr.len != len - sizeof(hdr))
		return "length does not fit";
	shape = find_shape(hdr.type);
	if (!shape)
		return "unknown type of message";
	memset(out, 0, sizeof(*out));
	out->type = hdr.type;
	out->seq = hdr.seq;
	return take_items(out, shape, buf + sizeof(hdr), len - sizeof(hdr));
}

static uint8_t *put_item(uint8_t *p, uint16_t type, const void *data, uint16_t len)
{
	struct tg_wire_item item = { .type = type, .len = len };

	memcpy(p, &item, sizeof(item));
	memcpy(p + sizeof(item), data, len);
	return p + sizeof(item) + len;
}

static size_t finish(uint8_t *buf, const uint8_t *end, uint16_t type, uint32_t seq)
{
	struct tg_wire_hdr hdr = {
		.magic = TG_WIRE_MAGIC, .version = TG_WIRE_VERSION, .type = type, .seq = seq,
		.len = (uint32_t)(end - buf - (ptrdiff_t)sizeof(hdr)),
	};

	memcpy(buf, &hdr, sizeof(hdr));
	return (size_t)(end - buf);
}

static uint8_t *put_u32(uint8_t *p, uint16_t type, uint32_t value)
{
	return put_item(p, type, &value, sizeof(value));
}

size_t encode_reply(uint8_t *buf, uint32_t seq, uint32_t status, const char *text)
{
	uint8_t *p = buf + sizeof(struct tg_wire_hdr);

	p = put_u32(p, TG_WIRE_STATUS, status);
	if (text && *text)
		p = put_item(p, TG_WIRE_TEXT, text, (uint16_t)strnlen(text, 255));
	return finish(buf, p, TG_WIRE_REPLY, seq);
}

size_t encode_hello_reply(uint8_t *buf, uint32_t seq, const struct decode_hello *hello)
{
	uint8_t *p = buf + sizeof(struct tg_wire_hdr);

	p = put_u32(p, TG_WIRE_STATUS, 0);
	if (hello->flags)
		p = put_u32(p, TG_WIRE_FLAGS, hello->flags);
	if (hello->mode != TG_WIRE_MODE_OFF) {
		p = put_u32(p, TG_WIRE_MODE, hello->mode);
		p = put_u32(p, TG_WIRE_NOTIFY, hello->notify);
		p = put_u32(p, TG_WIRE_LIFE, hello->wait_ms);
	}
	return finish(buf, p, TG_WIRE_REPLY, seq);
}

size_t encode_record(uint8_t *buf, uint32_t seq, const uint8_t *record, size_t len)
{
	uint8_t *p = buf + sizeof(struct tg_wire_hdr);

	p = put_u32(p, TG_WIRE_STATUS, 0);
	p = put_item(p, TG_WIRE_INTEGRITY, record, (uint16_t)len);
	return finish(buf, p, TG_WIRE_REPLY, seq);
}

size_t encode_signature(uint8_t *buf, uint32_t seq, const uint8_t *key, size_t key_len,
			const uint8_t *sig, size_t sig_len)
{
	uint8_t *p = buf + sizeof(struct tg_wire_hdr);

	p = put_u32(p, TG_WIRE_STATUS, 0);
	p = put_item(p, TG_WIRE_KEY, key, (uint16_t)key_len);
	if (sig_len)
		p = put_item(p, TG_WIRE_SIGNATURE, sig, (uint16_t)sig_len);
	return finish(buf, p, TG_WIRE_REPLY, seq);
}

size_t encode_staple(uint8_t *buf, struct pki_der cert, const struct pki_der *ocsps, size_t n,
		     uint32_t life_ms)
{
	size_t len = sizeof(struct tg_wire_hdr) + 2 * sizeof(struct tg_wire_item) + cert.len +
		     sizeof(life_ms);
	uint8_t *p = buf + sizeof(struct tg_wire_hdr);

	if (!cert.len || cert.len > UINT16_MAX || n > TG_WIRE_OCSPS_MAX || !n != !life_ms)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!ocsps[i].len || ocsps[i].len > TG_WIRE_OCSP_MAX)
			return 0;
		len += sizeof(struct tg_wire_item) + ocsps[i].len;
	}
	if (len > TG_WIRE_MAX)
		return 0;
	p = put_item(p, TG_WIRE_CERT, cert.data, (uint16_t)cert.len);
	p = put_item(p, TG_WIRE_LIFE, &life_ms, sizeof(life_ms));
	for (size_t i = 0; i < n; i++)
		p = put_item(p, TG_WIRE_OCSP, ocsps[i].data, (uint16_t)ocsps[i].len);
	return finish(buf, p, TG_WIRE_STAPLE, 0);
}

size_t encode_send(uint8_t *buf, uint32_t ike_id, uint32_t type, const uint8_t *data, size_t len)
{
	uint8_t *p = buf + sizeof(struct tg_wire_hdr);

	if (!len || len > TG_WIRE_DATA_MAX)
		return 0;
	p = put_u32(p, TG_WIRE_IKE_ID, ike_id);
	p = put_u32(p, TG_WIRE_NOTIFY, type);
	p = put_item(p, TG_WIRE_DATA, data, (uint16_t)len);
	return finish(buf, p, TG_WIRE_SEND, 0);
}
