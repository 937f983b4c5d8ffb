// SPDX-License-Identifier: GPL-2.0-or-later
/* The plugin's messages: any octets are either a whole message or refused. */
#include <netinet/in.h>
#include <string.h>
#include "agent/decode.h"
#include "charon/trustgate_msg.h"
#include "fuzz.h"

/* Read every octet, so that a sanitizer sees one that is not there. */
static void look(const void *p, size_t len)
{
	const volatile uint8_t *octet = p;

	for (size_t i = 0; i < len; i++)
		(void)octet[i];
}

/* The plugin's ear, for what comes from the agent. */
static void hear(const uint8_t *data, size_t size)
{
	struct tg_staple s;
	struct tg_order o;
	struct tg_reply r;

	if (!tg_msg_parse_staple(data, size, &s)) {
		FUZZ_ASSERT(s.cert.len && !s.nocsps == !s.life_ms);
		look(s.cert.ptr, s.cert.len);
		for (int i = 0; i < s.nocsps; i++)
			look(s.ocsps[i].ptr, s.ocsps[i].len);
	}
	if (!tg_msg_parse_order(data, size, &o)) {
		FUZZ_ASSERT(o.data.len && o.data.len <= TG_WIRE_DATA_MAX);
		look(o.data.ptr, o.data.len);
	}
	if (!tg_msg_parse_reply(data, size, &r)) {
		FUZZ_ASSERT(strlen(r.text) <= TG_MSG_TEXT_MAX);
		FUZZ_ASSERT(r.integrity_len <= sizeof(r.integrity));
		FUZZ_ASSERT(r.key_len <= sizeof(r.key));
		FUZZ_ASSERT(r.signature_len <= sizeof(r.signature));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t reply[DECODE_REPLY_MAX];
	struct decode_msg m;

	hear(data, size);
	if (decode_msg(data, size, &m))
		return 0;
	for (size_t i = 0; i < m.ncerts; i++)
		look(m.certs[i].data, m.certs[i].len);
	FUZZ_ASSERT(m.nocsps <= TG_WIRE_OCSPS_MAX);
	for (size_t i = 0; i < m.nocsps; i++) {
		FUZZ_ASSERT(m.ocsps[i].len && m.ocsps[i].len <= TG_WIRE_OCSP_MAX);
		look(m.ocsps[i].data, m.ocsps[i].len);
	}
	look(m.vips, m.nvips * sizeof(m.vips[0]));
	FUZZ_ASSERT(strlen(m.text) <= 255 && strlen(m.peer_id) <= 255);
	FUZZ_ASSERT(strlen(m.child_name) <= 255);
	FUZZ_ASSERT(m.integrity.len <= TG_WIRE_INTEGRITY_MAX);
	FUZZ_ASSERT(!m.integrity.len || decode_has_binding(&m));
	look(m.integrity.data, m.integrity.len);
	FUZZ_ASSERT(m.notified.len <= TG_WIRE_DATA_MAX);
	look(m.notified.data, m.notified.len);
	if (decode_has_binding(&m)) {
		FUZZ_ASSERT(m.ni.len >= TG_WIRE_NONCE_MIN && m.ni.len <= TG_WIRE_NONCE_MAX);
		FUZZ_ASSERT(m.nr.len >= TG_WIRE_NONCE_MIN && m.nr.len <= TG_WIRE_NONCE_MAX);
		FUZZ_ASSERT(m.idi.len >= 4 && m.idi.len <= TG_WIRE_IDI_MAX);
		look(m.ni.data, m.ni.len);
		look(m.nr.data, m.nr.len);
		look(m.idi.data, m.idi.len);
	}
	FUZZ_ASSERT(encode_reply(reply, m.seq, m.ike_id, m.text) <= sizeof(reply));
	return 0;
}

struct seed {
	uint8_t *buf;
	size_t len;
};

static void item(struct seed *s, uint16_t type, const void *data, uint16_t len)
{
	struct tg_wire_item head = { .type = type, .len = len };

	memcpy(s->buf + s->len, &head, sizeof(head));
	memcpy(s->buf + s->len + sizeof(head), data, len);
	s->len += sizeof(head) + len;
}

static void number(struct seed *s, uint16_t type, uint32_t value)
{
	item(s, type, &value, sizeof(value));
}

static void binding(struct seed *s)
{
	item(s, TG_WIRE_SPI_I, "initiate", 8);
	item(s, TG_WIRE_SPI_R, "response", 8);
	item(s, TG_WIRE_NI, "sixteen octets..", 16);
	item(s, TG_WIRE_NR, "or thirty-two of them, like this", 32);
	item(s, TG_WIRE_IDI, "\2\0\0\0box", 7);
}

static void authorize(struct seed *s)
{
	number(s, TG_WIRE_IKE_ID, 7);
	item(s, TG_WIRE_ROLE, "\0", 1);
	item(s, TG_WIRE_PEER_ID, "segw.example.org", 16);
	item(s, TG_WIRE_CERT, "\x30\x03\x02\x01\x01", 5);
	item(s, TG_WIRE_CERT, "\x30\x03\x02\x01\x02", 5);
	number(s, TG_WIRE_AUTH_KINDS, TG_WIRE_AUTH_PUBKEY);
	number(s, TG_WIRE_SENT, 2);
	item(s, TG_WIRE_OCSP, "\x30\x03\x0a\x01\x03", 5);
	number(s, TG_WIRE_FLAGS, TG_WIRE_FLAG_RESUMED);
	binding(s);
	number(s, TG_WIRE_AGE, 3);
	item(s, TG_WIRE_INTEGRITY, "\x82\x01\x02", 3);
}

static void child_keys(struct seed *s)
{
	static const uint8_t addr[16] = { 0xfd };

	number(s, TG_WIRE_IKE_ID, 7);
	number(s, TG_WIRE_CHILD_ID, 9);
	item(s, TG_WIRE_CHILD_NAME, "core", 4);
	item(s, TG_WIRE_PROTOCOL, &(uint8_t){ IPPROTO_ESP }, 1);
	number(s, TG_WIRE_SPI_IN, 0x12345678);
	number(s, TG_WIRE_SPI_OUT, 0x9abcdef0);
	item(s, TG_WIRE_LOCAL, addr, 4);
	item(s, TG_WIRE_REMOTE, addr, 16);
	number(s, TG_WIRE_REQID, 1);
	item(s, TG_WIRE_VIP, addr, 4);
	item(s, TG_WIRE_VIP, addr, 16);
}

static size_t from_agent(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const struct pki_der cert = { (const uint8_t *)"\x30\x03\x02\x01\x01", 5 };
	static const struct pki_der ocsp = { (const uint8_t *)"\x30\x03\x0a\x01\x03", 5 };

	if (n == 0)
		return encode_reply(buf, 1, 13, "no such peer");
	if (n == 2)
		return encode_hello_reply(buf, 1, &(struct decode_hello){
			TG_WIRE_FLAG_REQUIRED, TG_WIRE_MODE_AUTO, 48320, 2000 });
	if (n == 5)
		return encode_signature(buf, 7, cert.data, cert.len, ocsp.data, ocsp.len);
	if (n == 4)
		return encode_send(buf, 7, TG_WIRE_CHALLENGE_TYPE, cert.data, cert.len);
	if (n == 3)
		return encode_record(buf, 1, cert.data, cert.len);
	return n == 1 ? encode_staple(buf, cert, &ocsp, 1, 60000) : 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const uint16_t types[] = {
		TG_WIRE_HELLO, TG_WIRE_AUTHORIZE, TG_WIRE_CHILD_KEYS, TG_WIRE_PING, TG_WIRE_REPORT,
		TG_WIRE_NOTIFIED, TG_WIRE_SIGN,
	};
	struct tg_wire_hdr hdr = { .magic = TG_WIRE_MAGIC, .version = TG_WIRE_VERSION, .seq = 1 };
	struct seed s = { .buf = buf, .len = sizeof(hdr) };
	struct decode_msg m;

	if (n >= sizeof(types) / sizeof(types[0]))
		return from_agent(n - sizeof(types) / sizeof(types[0]), buf);
	hdr.type = types[n];
	if (hdr.type == TG_WIRE_HELLO) {
		item(&s, TG_WIRE_INSTANCE, "12345678", 8);
		item(&s, TG_WIRE_TEXT, "charon 6.0.1", 12);
	} else if (hdr.type == TG_WIRE_AUTHORIZE) {
		authorize(&s);
	} else if (hdr.type == TG_WIRE_CHILD_KEYS) {
		child_keys(&s);
	} else if (hdr.type == TG_WIRE_REPORT) {
		number(&s, TG_WIRE_IKE_ID, 7);
		binding(&s);
	} else if (hdr.type == TG_WIRE_SIGN) {
		item(&s, TG_WIRE_DIGEST, "0123456789abcdef0123456789abcdef", 32);
	} else if (hdr.type == TG_WIRE_NOTIFIED) {
		number(&s, TG_WIRE_IKE_ID, 7);
		number(&s, TG_WIRE_NOTIFY, TG_WIRE_PROOF_TYPE);
		item(&s, TG_WIRE_DATA, "\1\2\3", 3);
	}
	hdr.len = (uint32_t)(s.len - sizeof(hdr));
	memcpy(buf, &hdr, sizeof(hdr));
	FUZZ_ASSERT(!decode_msg(buf, s.len, &m));
	return s.len;
}
