// SPDX-License-Identifier: GPL-2.0-or-later
/* The octets of the plugin's messages, and replies that are none. */
#include <stdlib.h>
#include <string.h>

#include "charon/trustgate_msg.h"
#include "tap.h"

/* A reply of up to three items; returns its length. */
static size_t make_reply(uint8_t *buf, const uint16_t *types, const uint16_t *lens, int n)
{
	struct tg_wire_hdr hdr = {
		.magic = TG_WIRE_MAGIC, .version = TG_WIRE_VERSION,
		.type = TG_WIRE_REPLY, .seq = 7,
	};
	size_t len = sizeof(hdr);

	for (int i = 0; i < n; i++) {
		struct tg_wire_item item = { .type = types[i], .len = lens[i] };

		memcpy(buf + len, &item, sizeof(item));
		len += sizeof(item);
		memset(buf + len, types[i] == TG_WIRE_TEXT ? 'a' : 1, lens[i]);
		len += lens[i];
	}
	hdr.len = (uint32_t)(len - sizeof(hdr));
	memcpy(buf, &hdr, sizeof(hdr));
	return len;
}

#define REPLY(buf, types, lens) \
	make_reply(buf, types, lens, (int)(sizeof(types) / sizeof((types)[0])))

static void good_replies(void)
{
	const uint16_t types[] = { TG_WIRE_STATUS, TG_WIRE_TEXT }, lens[] = { 4, 255 };
	struct tg_reply r;
	uint8_t buf[512];
	size_t len = REPLY(buf, types, lens);

	tap_ok(!tg_msg_parse_reply(buf, len, &r) && r.seq == 7 && r.status == 0x01010101 &&
	       strlen(r.text) == 255, "a reply with the longest text");
	len = make_reply(buf, types, lens, 1);
	tap_ok(!tg_msg_parse_reply(buf, len, &r) && !r.text[0], "a reply without text");
	len = REPLY(buf, types, lens);
	buf[len - 1] = '\n';
	buf[len - 2] = 0x1b;
	tap_ok(!tg_msg_parse_reply(buf, len, &r) && !strcmp(r.text + 253, "??"),
	       "control characters do not reach the log");
}

static void bad_replies(void)
{
	static const uint16_t twice[] = { TG_WIRE_STATUS, TG_WIRE_STATUS }, four[] = { 4, 4 };
	static const uint16_t text[] = { TG_WIRE_TEXT }, one[] = { 1 };
	static const uint16_t status[] = { TG_WIRE_STATUS }, three[] = { 3 };
	static const uint16_t other[] = { TG_WIRE_STATUS, TG_WIRE_IKE_ID };
	static const uint16_t half[] = { TG_WIRE_STATUS, TG_WIRE_MODE };
	static const uint16_t far[] = { TG_WIRE_STATUS, 64 }, last[] = { TG_WIRE_STATUS, 65535 };
	static const uint16_t record[] = { TG_WIRE_STATUS, TG_WIRE_INTEGRITY };
	static const uint16_t none[] = { 4, 0 }, beyond[] = { 4, TG_WIRE_INTEGRITY_MAX + 1 };
	static const uint16_t both[] = { TG_WIRE_STATUS, TG_WIRE_TEXT }, longer[] = { 4, 256 };
	struct tg_reply r = { .seq = 99 };
	uint8_t buf[TG_WIRE_INTEGRITY_MAX + 512];
	size_t len;

	tap_ok(tg_msg_parse_reply(buf, REPLY(buf, twice, four), &r) != NULL, "status twice");
	tap_ok(tg_msg_parse_reply(buf, REPLY(buf, half, four), &r) != NULL,
	       "HNB-INT-01: a mode without type and deadline");
	tap_ok(tg_msg_parse_reply(buf, REPLY(buf, far, four), &r) != NULL &&
	       tg_msg_parse_reply(buf, REPLY(buf, last, four), &r) != NULL, "items there are not");
	tap_ok(tg_msg_parse_reply(buf, REPLY(buf, record, none), &r) != NULL,
	       "HNB-INT-01: an empty record");
	tap_ok(tg_msg_parse_reply(buf, REPLY(buf, record, beyond), &r) != NULL,
	       "HNB-INT-01: a record of 1501 octets");
	tap_ok(tg_msg_parse_reply(buf, REPLY(buf, text, one), &r) != NULL, "no status");
	tap_ok(tg_msg_parse_reply(buf, REPLY(buf, status, three), &r) != NULL, "short status");
	tap_ok(tg_msg_parse_reply(buf, REPLY(buf, other, four), &r) != NULL, "foreign item");
	tap_ok(tg_msg_parse_reply(buf, REPLY(buf, both, longer), &r) != NULL, "text too long");
	len = REPLY(buf, both, four);
	buf[len - 1] = '\0';
	tap_ok(tg_msg_parse_reply(buf, len, &r) != NULL, "text with a NUL");
	tap_ok(r.seq == 99, "a bad reply changes nothing");
}

/* Each cut of a good reply, in a buffer of just that size: for ASan. */
static void cut_replies(void)
{
	static const uint16_t types[] = { TG_WIRE_STATUS, TG_WIRE_TEXT }, lens[] = { 4, 9 };
	uint8_t buf[512];
	size_t len = REPLY(buf, types, lens);
	struct tg_reply r;
	bool refused = true;

	for (size_t n = 0; n < len; n++) {
		uint8_t *cut = malloc(n ? n : 1);

		if (!cut)
			abort();
		memcpy(cut, buf, n);
		refused &= tg_msg_parse_reply(cut, n, &r) != NULL;
		/* The same with a header that agrees. */
		if (n >= sizeof(struct tg_wire_hdr)) {
			uint32_t left = (uint32_t)(n - sizeof(struct tg_wire_hdr));
			bool whole = left == sizeof(struct tg_wire_item) + 4;

			memcpy(cut + offsetof(struct tg_wire_hdr, len), &left, sizeof(left));
			refused &= !tg_msg_parse_reply(cut, n, &r) == whole;
		}
		free(cut);
	}
	tap_ok(refused, "every cut of a reply");
	for (size_t n = 0; n < sizeof(struct tg_wire_hdr) - sizeof(uint32_t) * 2; n++) {
		buf[n] ^= 0x80;
		refused &= tg_msg_parse_reply(buf, len, &r) != NULL;
		buf[n] ^= 0x80;
	}
	tap_ok(refused, "another magic, version or type");
}

static void messages(void)
{
	struct tg_msg *m = tg_msg_create(TG_WIRE_AUTHORIZE);
	static const uint8_t cert[UINT16_MAX];
	char text[300];
	struct tg_wire_hdr hdr;

	if (!m)
		abort();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	tg_msg_put_text(m, TG_WIRE_PEER_ID, text);
	tap_ok(tg_msg_finish(m, 5) && m->len == sizeof(hdr) + sizeof(struct tg_wire_item) + 255 &&
	       !memcmp(m->buf + m->len - 3, "...", 3), "a long text is cut and says so");
	memcpy(&hdr, m->buf, sizeof(hdr));
	tap_ok(hdr.seq == 5 && hdr.len == m->len - sizeof(hdr), "the header fits");
	tap_ok(!tg_msg_fits(m, sizeof(cert)) && !tg_msg_fits(m, 1 << 20), "what is too much");
	tap_ok(!tg_msg_put(m, TG_WIRE_CERT, cert, sizeof(cert)) && !tg_msg_finish(m, 6),
	       "is not sent without it");
	free(m);
}

int main(void)
{
	tap_start();
	good_replies();
	bad_replies();
	cut_replies();
	messages();
	return tap_end();
}
