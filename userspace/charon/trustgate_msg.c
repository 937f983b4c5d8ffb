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

static const char *take_items(struct tg_reply *r, const uint8_t *p, size_t left)
{
	bool have_status = false, have_text = false;
	struct tg_wire_item item;

	while (left) {
		if (left < sizeof(item))
			return "octets left over";
		memcpy(&item, p, sizeof(item));
		p += sizeof(item);
		left -= sizeof(item);
		if (item.len > left)
			return "an item longer than the message";
		if (item.type == TG_WIRE_STATUS && !have_status) {
			if (item.len != sizeof(r->status))
				return "a status of a wrong length";
			memcpy(&r->status, p, sizeof(r->status));
			have_status = true;
		} else if (item.type == TG_WIRE_TEXT && !have_text) {
			if (!take_text(r->text, p, item.len))
				return "a text too long or with a NUL";
			have_text = true;
		} else {
			return "an item that has no place there";
		}
		p += item.len;
		left -= item.len;
	}
	return have_status ? NULL : "no status";
}

const char *tg_msg_parse_reply(const uint8_t *buf, size_t len, struct tg_reply *out)
{
	struct tg_reply r = { 0 };
	struct tg_wire_hdr hdr;
	const char *why;

	if (len < sizeof(hdr))
		return "shorter than its header";
	memcpy(&hdr, buf, sizeof(hdr));
	if (hdr.magic != TG_WIRE_MAGIC || hdr.version != TG_WIRE_VERSION)
		return "another protocol or version";
	if (hdr.type != TG_WIRE_REPLY)
		return "not a reply";
	if (hdr.len != len - sizeof(hdr))
		return "a length that does not fit";
	r.seq = hdr.seq;
	why = take_items(&r, buf + sizeof(hdr), hdr.len);
	if (!why)
		*out = r;
	return why;
}
