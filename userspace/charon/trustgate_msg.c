// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_msg.h"

#include <stdlib.h>
#include <string.h>

struct tg_msg *tg_msg_create(uint16_t type)
{
	struct tg_wire_hdr hdr = {
		.magic = TG_WIRE_MAGIC,
		.version = TG_WIRE_VERSION,
		.type = type,
	};
	struct tg_msg *m = malloc(sizeof(*m));

	if (!m)
		return NULL;
	m->len = sizeof(hdr);
	m->overflow = false;
	memcpy(m->buf, &hdr, sizeof(hdr));
	return m;
}

bool tg_msg_fits(const struct tg_msg *m, size_t len)
{
	return len <= UINT16_MAX &&
	       sizeof(struct tg_wire_item) + len <= sizeof(m->buf) - m->len;
}

bool tg_msg_put(struct tg_msg *m, uint16_t type, const void *data, size_t len)
{
	struct tg_wire_item item = { .type = type, .len = (uint16_t)len };

	if (!tg_msg_fits(m, len)) {
		m->overflow = true;
		return false;
	}
	memcpy(m->buf + m->len, &item, sizeof(item));
	m->len += sizeof(item);
	if (len)
		memcpy(m->buf + m->len, data, len);
	m->len += len;
	return true;
}

bool tg_msg_put_u8(struct tg_msg *m, uint16_t type, uint8_t value)
{
	return tg_msg_put(m, type, &value, sizeof(value));
}

bool tg_msg_put_u32(struct tg_msg *m, uint16_t type, uint32_t value)
{
	return tg_msg_put(m, type, &value, sizeof(value));
}

bool tg_msg_put_u64(struct tg_msg *m, uint16_t type, uint64_t value)
{
	return tg_msg_put(m, type, &value, sizeof(value));
}

bool tg_msg_put_text(struct tg_msg *m, uint16_t type, const char *text)
{
	static const char cut[] = "...";
	char buf[TG_MSG_TEXT_MAX];
	size_t len = strlen(text), keep;

	if (len <= sizeof(buf))
		return tg_msg_put(m, type, text, len);
	keep = sizeof(buf) - (sizeof(cut) - 1);
	memcpy(buf, text, keep);
	memcpy(buf + keep, cut, sizeof(cut) - 1);
	return tg_msg_put(m, type, buf, sizeof(buf));
}

bool tg_msg_finish(struct tg_msg *m, uint32_t seq)
{
	struct tg_wire_hdr hdr;

	if (m->overflow)
		return false;
	memcpy(&hdr, m->buf, sizeof(hdr));
	hdr.seq = seq;
	hdr.len = (uint32_t)(m->len - sizeof(hdr));
	memcpy(m->buf, &hdr, sizeof(hdr));
	return true;
}

/* What an agent says goes into charon's log: keep terminals and log lines safe. */
static bool take_text(char out[TG_MSG_TEXT_MAX + 1], const uint8_t *data, size_t len)
{
	if (len > TG_MSG_TEXT_MAX || memchr(data, '\0', len))
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = data[i] < 0x20 || data[i] == 0x7f ? '?' : (char)data[i];
	out[len] = '\0';
	return true;
}

/* The next item of @*p; false when @*left ends before it does. */
static bool next_item(const uint8_t **p, size_t *left, struct tg_wire_item *item,
		      const uint8_t **data)
{
	if (*left < sizeof(*item))
		return false;
	memcpy(item, *p, sizeof(*item));
	*data = *p + sizeof(*item);
	if (item->len > *left - sizeof(*item))
		return false;
	*p = *data + item->len;
	*left -= sizeof(*item) + item->len;
	return true;
}

static bool take_u32(uint32_t *out, bool *have, const uint8_t *data, size_t len)
{
	if (*have || len != sizeof(*out))
		return false;
	memcpy(out, data, len);
	*have = true;
	return true;
}

static bool take_u32s(struct tg_reply *r, uint16_t type, const uint8_t *data, size_t len)
{
	uint32_t *out[] = {
		[TG_WIRE_STATUS] = &r->status, [TG_WIRE_FLAGS] = &r->flags,
		[TG_WIRE_MODE] = &r->mode, [TG_WIRE_NOTIFY] = &r->notify,
		[TG_WIRE_LIFE] = &r->wait_ms,
	};

	if (type >= sizeof(out) / sizeof(out[0]) || !out[type] || len != sizeof(uint32_t))
		return false;
	memcpy(out[type], data, len);
	return true;
}

static bool copy(uint8_t *out, size_t room, size_t *out_len, const uint8_t *data, size_t len)
{
	if (!len || len > room)
		return false;
	memcpy(out, data, len);
	*out_len = len;
	return true;
}

static bool take_item(struct tg_reply *r, uint16_t type, const uint8_t *data, size_t len)
{
	switch (type) {
	case TG_WIRE_TEXT:
		return take_text(r->text, data, len);
	case TG_WIRE_INTEGRITY:
		return copy(r->integrity, sizeof(r->integrity), &r->integrity_len, data, len);
	case TG_WIRE_SIGNATURE:
		return copy(r->signature, sizeof(r->signature), &r->signature_len, data, len);
	case TG_WIRE_KEY:
		return copy(r->key, sizeof(r->key), &r->key_len, data, len);
	default:
		return take_u32s(r, type, data, len);
	}
}

static const char *take_items(struct tg_reply *r, const uint8_t *p, size_t left)
{
	const uint64_t policy = 1ull << TG_WIRE_MODE | 1ull << TG_WIRE_NOTIFY |
				1ull << TG_WIRE_LIFE;
	struct tg_wire_item item;
	const uint8_t *data;
	uint64_t have = 0;

	while (left) {
		if (!next_item(&p, &left, &item, &data))
			return "an item longer than the message";
		if (item.type > TG_WIRE_ITEM_LAST || have >> item.type & 1 ||
		    !take_item(r, item.type, data, item.len))
			return "an item that is wrong, there twice or has no place there";
		have |= 1ull << item.type;
	}
	if (!(have >> TG_WIRE_STATUS & 1))
		return "no status";
	if (have & policy && ((have & policy) != policy || r->mode > TG_WIRE_MODE_LAST ||
			      r->notify < TG_WIRE_NOTIFY_MIN || r->notify > TG_WIRE_NOTIFY_MAX))
		return "a mode or type of INTEGRITY_INFO that there is not";
	return NULL;
}

static bool take_octets(struct tg_octets *out, const uint8_t *data, size_t len, size_t max)
{
	if (out->len || !len || len > max)
		return false;
	out->ptr = data;
	out->len = len;
	return true;
}

static const char *take_staple(struct tg_staple *s, const uint8_t *p, size_t left)
{
	struct tg_wire_item item;
	bool have_life = false, good;
	const uint8_t *data;

	while (left) {
		if (!next_item(&p, &left, &item, &data))
			return "an item longer than the message";
		switch (item.type) {
		case TG_WIRE_CERT:
			good = take_octets(&s->cert, data, item.len, UINT16_MAX);
			break;
		case TG_WIRE_LIFE:
			good = take_u32(&s->life_ms, &have_life, data, item.len);
			break;
		case TG_WIRE_OCSP:
			good = s->nocsps < TG_WIRE_OCSPS_MAX &&
			       take_octets(&s->ocsps[s->nocsps++], data, item.len,
					   TG_WIRE_OCSP_MAX);
			break;
		default:
			good = false;
		}
		if (!good)
			return "an item that is wrong, there twice or has no place there";
	}
	if (!s->cert.len || !have_life)
		return "an item is missing";
	return !s->nocsps == !s->life_ms ? NULL : "a response without life, or a life without one";
}

static const char *take_order(struct tg_order *o, const uint8_t *p, size_t left)
{
	bool have_id = false, have_type = false, good;
	struct tg_wire_item item;
	const uint8_t *data;

	while (left) {
		if (!next_item(&p, &left, &item, &data))
			return "an item longer than the message";
		switch (item.type) {
		case TG_WIRE_IKE_ID:
			good = take_u32(&o->ike_id, &have_id, data, item.len);
			break;
		case TG_WIRE_NOTIFY:
			good = take_u32(&o->notify, &have_type, data, item.len);
			break;
		case TG_WIRE_DATA:
			good = take_octets(&o->data, data, item.len, TG_WIRE_DATA_MAX);
			break;
		default:
			good = false;
		}
		if (!good)
			return "an item that is wrong, there twice or has no place there";
	}
	if (!have_id || !o->data.len ||
	    (o->notify != TG_WIRE_CHALLENGE_TYPE && o->notify != TG_WIRE_PROOF_TYPE))
		return "an item is missing, or a Notify of another type";
	return NULL;
}

uint16_t tg_msg_type(const uint8_t *buf, size_t len)
{
	struct tg_wire_hdr hdr;

	if (len < sizeof(hdr))
		return 0;
	memcpy(&hdr, buf, sizeof(hdr));
	if (hdr.magic != TG_WIRE_MAGIC || hdr.version != TG_WIRE_VERSION ||
	    hdr.len != len - sizeof(hdr))
		return 0;
	return hdr.type;
}

const char *tg_msg_parse_staple(const uint8_t *buf, size_t len, struct tg_staple *out)
{
	struct tg_staple s = { 0 };
	const char *why;

	if (tg_msg_type(buf, len) != TG_WIRE_STAPLE)
		return "not a staple, or a length that does not fit";
	why = take_staple(&s, buf + sizeof(struct tg_wire_hdr), len - sizeof(struct tg_wire_hdr));
	if (!why)
		*out = s;
	return why;
}

const char *tg_msg_parse_order(const uint8_t *buf, size_t len, struct tg_order *out)
{
	struct tg_order o = { 0 };
	const char *why;

	if (tg_msg_type(buf, len) != TG_WIRE_SEND)
		return "not an order, or a length that does not fit";
	why = take_order(&o, buf + sizeof(struct tg_wire_hdr), len - sizeof(struct tg_wire_hdr));
	if (!why)
		*out = o;
	return why;
}

const char *tg_msg_parse_reply(const uint8_t *buf, size_t len, struct tg_reply *out)
{
	struct tg_reply r = { 0 };
	struct tg_wire_hdr hdr;
	const char *why;

	if (tg_msg_type(buf, len) != TG_WIRE_REPLY)
		return "not a reply, or a length that does not fit";
	memcpy(&hdr, buf, sizeof(hdr));
	r.seq = hdr.seq;
	why = take_items(&r, buf + sizeof(hdr), hdr.len);
	if (!why)
		*out = r;
	return why;
}
