// SPDX-License-Identifier: GPL-2.0-or-later
/* The plugin's messages and VICI's: what is exactly right, and what is not. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "../lib/tap.h"
#include "agent/decode.h"
#include "agent/vici_msg.h"
#include "charon/trustgate_msg.h"

struct msg {
	uint8_t data[TG_WIRE_MAX + 16];
	size_t len;
};

static void start(struct msg *m)
{
	m->len = sizeof(struct tg_wire_hdr);
}

static void item(struct msg *m, uint16_t type, const void *data, uint16_t len)
{
	struct tg_wire_item head = { .type = type, .len = len };

	memcpy(m->data + m->len, &head, sizeof(head));
	memcpy(m->data + m->len + sizeof(head), data, len);
	m->len += sizeof(head) + len;
}

static void number(struct msg *m, uint16_t type, uint32_t value)
{
	item(m, type, &value, sizeof(value));
}

static const char *finish(struct msg *m, uint16_t type, struct decode_msg *out)
{
	struct tg_wire_hdr hdr = {
		.magic = TG_WIRE_MAGIC, .version = TG_WIRE_VERSION, .type = type, .seq = 42,
		.len = (uint32_t)(m->len - sizeof(hdr)),
	};

	memcpy(m->data, &hdr, sizeof(hdr));
	return decode_msg(m->data, m->len, out);
}

static void authorize(struct msg *m)
{
	start(m);
	number(m, TG_WIRE_IKE_ID, 7);
	item(m, TG_WIRE_ROLE, "\0", 1);
	item(m, TG_WIRE_PEER_ID, "segw", 4);
	number(m, TG_WIRE_AUTH_KINDS, TG_WIRE_AUTH_PUBKEY);
}

static void child_keys(struct msg *m, uint8_t protocol)
{
	static const uint8_t addr[16] = { 192, 0, 2, 1 };

	start(m);
	number(m, TG_WIRE_IKE_ID, 7);
	number(m, TG_WIRE_CHILD_ID, 9);
	item(m, TG_WIRE_CHILD_NAME, "core", 4);
	item(m, TG_WIRE_PROTOCOL, &protocol, 1);
	number(m, TG_WIRE_SPI_IN, 1);
	number(m, TG_WIRE_SPI_OUT, 2);
	item(m, TG_WIRE_LOCAL, addr, 4);
	item(m, TG_WIRE_REMOTE, addr, 16);
	number(m, TG_WIRE_REQID, 3);
}

static void test_good(struct msg *m)
{
	struct decode_msg d;

	authorize(m);
	item(m, TG_WIRE_CERT, "leaf", 4);
	item(m, TG_WIRE_CERT, "issuer", 6);
	tap_ok(!finish(m, TG_WIRE_AUTHORIZE, &d) && d.seq == 42 && d.ike_id == 7 && d.role == 0 &&
	       !strcmp(d.peer_id, "segw") && d.ncerts == 2 && d.certs[1].len == 6 &&
	       !memcmp(d.certs[0].data, "leaf", 4), "authorize: certificates in order");
	authorize(m);
	item(m, TG_WIRE_OCSP, "one", 3);
	item(m, TG_WIRE_OCSP, "other", 5);
	number(m, TG_WIRE_SENT, 5);
	tap_ok(!finish(m, TG_WIRE_AUTHORIZE, &d) && d.nocsps == 2 && d.ocsps[1].len == 5 &&
	       !memcmp(d.ocsps[0].data, "one", 3) && d.sent == 5,
	       "HNB-OCSP-15: authorize: OCSP responses as sent");
	authorize(m);
	item(m, TG_WIRE_OWN_ID, "henb-1", 6);
	item(m, TG_WIRE_OWN_CERT, "own", 3);
	number(m, TG_WIRE_OWN_KINDS, TG_WIRE_AUTH_PUBKEY | TG_WIRE_AUTH_EAP);
	tap_ok(!finish(m, TG_WIRE_AUTHORIZE, &d) && !strcmp(d.own_id, "henb-1") &&
	       d.own_cert.len == 3 && !memcmp(d.own_cert.data, "own", 3) && !d.ncerts &&
	       d.own_kinds == 3,
	       "HNB-TRE-04, PIT-32: authorize: as whom we authenticated, by what, in which rounds");
	child_keys(m, IPPROTO_ESP);
	item(m, TG_WIRE_VIP, "\x0a\x32\0\x01", 4);
	tap_ok(!finish(m, TG_WIRE_CHILD_KEYS, &d) && d.spi_in == 1 && d.spi_out == 2 &&
	       d.local.family == AF_INET && d.remote.family == AF_INET6 && d.nvips == 1,
	       "child keys: addresses of both families");
	start(m);
	tap_ok(!finish(m, TG_WIRE_PING, &d), "ping: nothing in it");
}

static const uint8_t nonce[TG_WIRE_NONCE_MAX + 1], idi[TG_WIRE_IDI_MAX + 1];
static const uint8_t record[TG_WIRE_INTEGRITY_MAX + 1];

/* Which IKE SA it is, but for the item @without. */
static void binding(struct msg *m, uint16_t without)
{
	if (without != TG_WIRE_SPI_I)
		item(m, TG_WIRE_SPI_I, "initiate", 8);
	if (without != TG_WIRE_SPI_R)
		item(m, TG_WIRE_SPI_R, "response", 8);
	if (without != TG_WIRE_NI)
		item(m, TG_WIRE_NI, nonce, TG_WIRE_NONCE_MIN);
	if (without != TG_WIRE_NR)
		item(m, TG_WIRE_NR, nonce, TG_WIRE_NONCE_MAX);
	if (without != TG_WIRE_IDI)
		item(m, TG_WIRE_IDI, "\2\0\0\0box", 7);
}

static void refused(struct msg *m, uint16_t type, const char *what)
{
	struct decode_msg d;

	tap_ok(finish(m, type, &d) != NULL, "refused: %s", what);
}

static void test_binding(struct msg *m)
{
	struct decode_msg d;

	start(m);
	number(m, TG_WIRE_IKE_ID, 7);
	binding(m, 0);
	tap_ok(!finish(m, TG_WIRE_REPORT, &d) && d.ike_id == 7 && !memcmp(d.spi_i, "initiate", 8) &&
	       !memcmp(d.spi_r, "response", 8) && d.ni.len == TG_WIRE_NONCE_MIN &&
	       d.nr.len == TG_WIRE_NONCE_MAX && d.idi.len == 7 && decode_has_binding(&d),
	       "FFS-03: report: an IKE SA's SPIs, nonces and identity");
	authorize(m);
	tap_ok(!finish(m, TG_WIRE_AUTHORIZE, &d) && !decode_has_binding(&d),
	       "SGW-INT-11: authorize: without any of it");
	authorize(m);
	binding(m, 0);
	number(m, TG_WIRE_AGE, 60);
	item(m, TG_WIRE_INTEGRITY, record, TG_WIRE_INTEGRITY_MAX);
	tap_ok(!finish(m, TG_WIRE_AUTHORIZE, &d) && d.integrity.len == TG_WIRE_INTEGRITY_MAX &&
	       d.age_s == 60 && decode_has_binding(&d), "FFS-03: authorize: with the longest record");
	for (int i = TG_WIRE_SPI_I; i <= TG_WIRE_IDI; i++) {
		start(m);
		number(m, TG_WIRE_IKE_ID, 7);
		binding(m, (uint16_t)i);
		refused(m, TG_WIRE_REPORT, "FFS-03: report: a part of the binding is missing");
		authorize(m);
		binding(m, (uint16_t)i);
		refused(m, TG_WIRE_AUTHORIZE, "FFS-03: authorize: a part of the binding is missing");
	}
	authorize(m);
	item(m, TG_WIRE_INTEGRITY, record, 9);
	refused(m, TG_WIRE_AUTHORIZE, "FFS-03: a record of no IKE SA");
}

static void notified(struct msg *m, uint32_t type, uint16_t len)
{
	start(m);
	number(m, TG_WIRE_IKE_ID, 7);
	number(m, TG_WIRE_NOTIFY, type);
	item(m, TG_WIRE_DATA, record, len);
}

static void test_devid(struct msg *m)
{
	uint8_t buf[ENCODE_SEND_MAX];
	struct tg_order o;
	struct decode_msg d;
	size_t len;

	notified(m, TG_WIRE_PROOF_TYPE, TG_WIRE_DATA_MAX);
	tap_ok(!finish(m, TG_WIRE_NOTIFIED, &d) && d.ike_id == 7 && d.notify == 48323 &&
	       d.notified.len == TG_WIRE_DATA_MAX, "FFS-21: a proof that came in IKE");
	notified(m, 48320, 1);
	refused(m, TG_WIRE_NOTIFIED, "FFS-21: a Notify of another type");
	notified(m, TG_WIRE_CHALLENGE_TYPE, 0);
	refused(m, TG_WIRE_NOTIFIED, "FFS-21: one with nothing in it");
	notified(m, TG_WIRE_CHALLENGE_TYPE, TG_WIRE_DATA_MAX + 1);
	refused(m, TG_WIRE_NOTIFIED, "FFS-21: one that is too long");
	len = encode_send(buf, 7, TG_WIRE_CHALLENGE_TYPE, record, 34);
	tap_ok(len && !tg_msg_parse_order(buf, len, &o) && o.ike_id == 7 && o.notify == 48322 &&
	       o.data.len == 34, "FFS-21: the plugin reads the order to send a challenge");
	tap_ok(tg_msg_parse_order(buf, len - 1, &o) && !encode_send(buf, 7, 48322, record, 0) &&
	       !encode_send(buf, 7, 48322, record, TG_WIRE_DATA_MAX + 1),
	       "FFS-21: and none that is cut, empty or too long");
	len = encode_send(buf, 7, 48320, record, 34);
	tap_ok(tg_msg_parse_order(buf, len, &o) != NULL, "FFS-21: nor one of another type");
}

static void test_sign(struct msg *m)
{
	struct decode_msg d;

	start(m);
	tap_ok(!finish(m, TG_WIRE_SIGN, &d) && !(d.have >> TG_WIRE_DIGEST & 1),
	       "HNB-TRE-09: sign: the key alone is asked for");
	start(m);
	item(m, TG_WIRE_DIGEST, nonce, TG_WIRE_DIGEST_LEN);
	tap_ok(!finish(m, TG_WIRE_SIGN, &d) && d.have >> TG_WIRE_DIGEST & 1 &&
	       !memcmp(d.digest, nonce, TG_WIRE_DIGEST_LEN), "HNB-TRE-09: sign: a digest");
	start(m);
	item(m, TG_WIRE_DIGEST, nonce, TG_WIRE_DIGEST_LEN - 1);
	refused(m, TG_WIRE_SIGN, "HNB-TRE-09: a digest of 31 octets");
	start(m);
	item(m, TG_WIRE_DIGEST, nonce, TG_WIRE_DIGEST_LEN);
	item(m, TG_WIRE_DIGEST, nonce, TG_WIRE_DIGEST_LEN);
	refused(m, TG_WIRE_SIGN, "HNB-TRE-09: two digests");
	start(m);
	item(m, TG_WIRE_SIGNATURE, nonce, TG_WIRE_SIGNATURE_MAX);
	refused(m, TG_WIRE_SIGN, "HNB-TRE-09: a signature where one is asked for");
}

/* Authorize with @type of @len octets in place of a good one. */
static void misfit(struct msg *m, uint16_t type, const void *data, uint16_t len, const char *what)
{
	authorize(m);
	binding(m, type);
	item(m, type, data, len);
	refused(m, TG_WIRE_AUTHORIZE, what);
}

static void test_misfits(struct msg *m)
{
	misfit(m, TG_WIRE_SPI_I, nonce, 7, "FFS-03: an SPI of 7 octets");
	misfit(m, TG_WIRE_SPI_R, nonce, 9, "FFS-03: an SPI of 9 octets");
	misfit(m, TG_WIRE_NI, nonce, TG_WIRE_NONCE_MIN - 1, "FFS-03: a nonce of 15 octets");
	misfit(m, TG_WIRE_NR, nonce, TG_WIRE_NONCE_MAX + 1, "FFS-03: a nonce of 257 octets");
	misfit(m, TG_WIRE_IDI, idi, 3, "FFS-03: an identity without its type");
	misfit(m, TG_WIRE_IDI, idi, TG_WIRE_IDI_MAX + 1, "FFS-03: an identity of 1025 octets");
	authorize(m);
	binding(m, 0);
	item(m, TG_WIRE_INTEGRITY, record, 0);
	refused(m, TG_WIRE_AUTHORIZE, "HNB-INT-01: an empty record");
	authorize(m);
	binding(m, 0);
	item(m, TG_WIRE_INTEGRITY, record, TG_WIRE_INTEGRITY_MAX + 1);
	refused(m, TG_WIRE_AUTHORIZE, "HNB-INT-01: a record of 1501 octets");
	authorize(m);
	binding(m, 0);
	item(m, TG_WIRE_INTEGRITY, record, 9);
	item(m, TG_WIRE_INTEGRITY, record, 9);
	refused(m, TG_WIRE_AUTHORIZE, "HNB-INT-01: a record twice");
	start(m);
	number(m, TG_WIRE_IKE_ID, 7);
	binding(m, 0);
	item(m, TG_WIRE_INTEGRITY, record, 9);
	refused(m, TG_WIRE_REPORT, "HNB-INT-01: a record where one is asked for");
	start(m);
	number(m, TG_WIRE_MODE, 1);
	refused(m, TG_WIRE_PING, "HNB-INT-01: what only the agent says");
}

static void test_version(struct msg *m)
{
	struct tg_wire_hdr hdr;
	struct decode_msg d;

	authorize(m);
	finish(m, TG_WIRE_AUTHORIZE, &d);
	memcpy(&hdr, m->data, sizeof(hdr));
	hdr.version = TG_WIRE_VERSION - 1;
	memcpy(m->data, &hdr, sizeof(hdr));
	tap_ok(decode_msg(m->data, m->len, &d) != NULL, "refused: a plugin of the version before");
}

static void test_items(struct msg *m)
{
	static const uint8_t big[TG_WIRE_OCSP_MAX + 1];

	authorize(m);
	number(m, TG_WIRE_IKE_ID, 8);
	refused(m, TG_WIRE_AUTHORIZE, "an item twice");
	authorize(m);
	item(m, TG_WIRE_OWN_CERT, "", 0);
	refused(m, TG_WIRE_AUTHORIZE, "HNB-TRE-04: an empty certificate of our own");
	authorize(m);
	item(m, TG_WIRE_OWN_ID, "a", 1);
	item(m, TG_WIRE_OWN_ID, "b", 1);
	refused(m, TG_WIRE_AUTHORIZE, "HNB-TRE-04: two identities of our own");
	authorize(m);
	number(m, TG_WIRE_SPI_IN, 8);
	refused(m, TG_WIRE_AUTHORIZE, "an item of another message");
	start(m);
	refused(m, TG_WIRE_AUTHORIZE, "items missing");
	authorize(m);
	for (int i = 0; i <= TG_WIRE_CERTS_MAX; i++)
		item(m, TG_WIRE_CERT, "x", 1);
	refused(m, TG_WIRE_AUTHORIZE, "nine certificates");
	authorize(m);
	item(m, TG_WIRE_CERT, "", 0);
	refused(m, TG_WIRE_AUTHORIZE, "an empty certificate");
	authorize(m);
	for (int i = 0; i <= TG_WIRE_OCSPS_MAX; i++)
		item(m, TG_WIRE_OCSP, "x", 1);
	refused(m, TG_WIRE_AUTHORIZE, "PIT-38: five OCSP responses");
	authorize(m);
	item(m, TG_WIRE_OCSP, "", 0);
	refused(m, TG_WIRE_AUTHORIZE, "PIT-38: an empty OCSP response");
	authorize(m);
	item(m, TG_WIRE_OCSP, big, sizeof(big));
	refused(m, TG_WIRE_AUTHORIZE, "PIT-38: an OCSP response beyond 16 KiB");
	authorize(m);
	number(m, TG_WIRE_SENT, 1);
	number(m, TG_WIRE_SENT, 1);
	refused(m, TG_WIRE_AUTHORIZE, "the number sent, twice");
	start(m);
	item(m, TG_WIRE_IKE_ID, "\1\0", 2);
	refused(m, TG_WIRE_IKE_DOWN, "a number of two octets");
	start(m);
	item(m, TG_WIRE_INSTANCE, "12345678", 8);
	item(m, TG_WIRE_TEXT, "a\0b", 3);
	refused(m, TG_WIRE_HELLO, "NUL in a text");
	child_keys(m, IPPROTO_TCP);
	refused(m, TG_WIRE_CHILD_KEYS, "neither ESP nor AH");
	authorize(m);
	item(m, 31, "x", 1);
	refused(m, TG_WIRE_AUTHORIZE, "an item there is not");
	authorize(m);
	item(m, 0, "x", 1);
	refused(m, TG_WIRE_AUTHORIZE, "an item of type 0");
	authorize(m);
	item(m, 0xffff, "x", 1);
	refused(m, TG_WIRE_AUTHORIZE, "an item beyond all types");
	start(m);
	refused(m, TG_WIRE_REPLY, "a reply");
}

static void test_lengths(struct msg *m)
{
	struct decode_msg d;
	bool all = true;

	authorize(m);
	finish(m, TG_WIRE_AUTHORIZE, &d);
	for (size_t len = 0; len < m->len; len++)
		all = all && decode_msg(m->data, len, &d);
	tap_ok(all, "refused: every truncation");
	tap_ok(decode_msg(m->data, m->len + 1, &d) != NULL, "refused: an octet left over");
	m->data[0] ^= 1;
	tap_ok(decode_msg(m->data, m->len, &d) != NULL, "refused: another magic");
	start(m);
	m->len += 3;
	refused(m, TG_WIRE_PING, "half an item");
	start(m);
	m->len = TG_WIRE_MAX + 1;
	refused(m, TG_WIRE_PING, "longer than a message may be");
}

static void test_reply(void)
{
	uint8_t buf[DECODE_REPLY_MAX];
	struct tg_wire_hdr hdr;
	char text[400];
	size_t len;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	len = encode_reply(buf, 42, 13, text);
	memcpy(&hdr, buf, sizeof(hdr));
	tap_ok(hdr.seq == 42 && hdr.type == TG_WIRE_REPLY && hdr.len == len - sizeof(hdr) &&
	       len == sizeof(hdr) + 8 + 4 + 255, "reply: a long text is cut at 255");
}

/* What the agent says is what the plugin hears. */
static void test_plugin(void)
{
	static uint8_t buf[TG_WIRE_MAX], big[TG_WIRE_OCSP_MAX + 1];
	struct pki_der cert = { (const uint8_t *)"cert", 4 }, ocsps[TG_WIRE_OCSPS_MAX + 1];
	struct tg_staple s;
	struct tg_reply r;
	size_t len;
	bool all = true;

	len = encode_hello_reply(buf, 7, &(struct decode_hello){ .flags = TG_WIRE_FLAG_REQUIRED });
	tap_ok(!tg_msg_parse_reply(buf, len, &r) && r.seq == 7 && r.flags == TG_WIRE_FLAG_REQUIRED &&
	       r.mode == TG_WIRE_MODE_OFF, "HNB-OCSP-15: a reply with the agent's policy");
	for (size_t i = 0; i <= TG_WIRE_OCSPS_MAX; i++)
		ocsps[i] = (struct pki_der){ big, i + 1 };
	len = encode_staple(buf, cert, ocsps, TG_WIRE_OCSPS_MAX, 1234);
	tap_ok(len && !tg_msg_parse_staple(buf, len, &s) && s.life_ms == 1234 && s.nocsps == 4 &&
	       s.cert.len == 4 && !memcmp(s.cert.ptr, "cert", 4) && s.ocsps[3].len == 4,
	       "SGW-F2-10: responses for a certificate of ours");
	for (size_t n = 0; n < len; n++)
		all = all && tg_msg_parse_staple(buf, n, &s);
	tap_ok(all, "SGW-F2-10: refused: every truncation");
	len = encode_staple(buf, cert, NULL, 0, 0);
	tap_ok(len && !tg_msg_parse_staple(buf, len, &s) && !s.nocsps && !s.life_ms,
	       "SGW-F2-10: and their withdrawal");
	tap_ok(!encode_staple(buf, cert, ocsps, 0, 1) && !encode_staple(buf, cert, ocsps, 1, 0) &&
	       !encode_staple(buf, cert, ocsps, TG_WIRE_OCSPS_MAX + 1, 1) &&
	       !encode_staple(buf, (struct pki_der){ big, 0 }, ocsps, 1, 1),
	       "SGW-F2-10: a life without a response, a response without life, five, none of ours");
	ocsps[0].len = sizeof(big);
	tap_ok(!encode_staple(buf, cert, ocsps, 1, 1), "PIT-38: nor one beyond 16 KiB");
	len = encode_staple(buf, cert, ocsps + 1, 1, 1);
	buf[len - 1] ^= 1;
	memset(buf + sizeof(struct tg_wire_hdr) + 8 + 4, 0, 4);
	tap_ok(tg_msg_parse_staple(buf, len, &s) != NULL, "SGW-F2-10: refused: life 0 with a response");
}

static void test_plugin_integrity(void)
{
	static const struct decode_hello good = {
		.mode = TG_WIRE_MODE_FORCE, .notify = 50000, .wait_ms = 1700,
	};
	static uint8_t buf[DECODE_REPLY_MAX], longest[TG_WIRE_INTEGRITY_MAX];
	struct decode_hello h = good;
	struct tg_reply r;
	size_t len;

	len = encode_hello_reply(buf, 1, &h);
	tap_ok(!tg_msg_parse_reply(buf, len, &r) && r.mode == TG_WIRE_MODE_FORCE &&
	       r.notify == 50000 && r.wait_ms == 1700 && !r.integrity_len,
	       "HNB-INT-01: the greeting tells mode, type and deadline");
	h.mode = TG_WIRE_MODE_LAST + 1;
	tap_ok(tg_msg_parse_reply(buf, encode_hello_reply(buf, 1, &h), &r) != NULL,
	       "HNB-INT-01: refused: a mode there is not");
	h = good;
	h.notify = TG_WIRE_NOTIFY_MIN - 1;
	tap_ok(tg_msg_parse_reply(buf, encode_hello_reply(buf, 1, &h), &r) != NULL,
	       "HNB-INT-06: refused: a type that is not of private use");
	h.notify = TG_WIRE_NOTIFY_MAX + 1;
	tap_ok(tg_msg_parse_reply(buf, encode_hello_reply(buf, 1, &h), &r) != NULL,
	       "HNB-INT-06: refused: a type beyond 16 bits");
	memset(longest, 0x5a, sizeof(longest));
	len = encode_record(buf, 9, longest, sizeof(longest));
	tap_ok(!tg_msg_parse_reply(buf, len, &r) && r.seq == 9 && !r.status &&
	       r.integrity_len == sizeof(longest) && !memcmp(r.integrity, longest, sizeof(longest)),
	       "HNB-INT-01: the longest record reaches the plugin");
	len = encode_record(buf, 9, longest, 0);
	tap_ok(tg_msg_parse_reply(buf, len, &r) != NULL, "HNB-INT-01: refused: an empty record");
	len = encode_signature(buf, 9, longest, TG_WIRE_KEY_MAX, longest, TG_WIRE_SIGNATURE_MAX);
	tap_ok(!tg_msg_parse_reply(buf, len, &r) && r.key_len == TG_WIRE_KEY_MAX &&
	       r.signature_len == TG_WIRE_SIGNATURE_MAX && !memcmp(r.signature, longest, 72),
	       "HNB-TRE-09: the longest key and signature reach the plugin");
	len = encode_signature(buf, 9, longest, 91, NULL, 0);
	tap_ok(!tg_msg_parse_reply(buf, len, &r) && r.key_len == 91 && !r.signature_len,
	       "HNB-TRE-09: and a key without one");
	len = encode_signature(buf, 9, longest, 91, longest, TG_WIRE_SIGNATURE_MAX + 1);
	tap_ok(tg_msg_parse_reply(buf, len, &r) != NULL,
	       "HNB-TRE-09: refused: a signature of 73 octets");
	len = encode_signature(buf, 9, longest, TG_WIRE_KEY_MAX + 1, longest, 70);
	tap_ok(tg_msg_parse_reply(buf, len, &r) != NULL, "HNB-TRE-09: refused: a key of 129 octets");
	len = encode_signature(buf, 9, longest, 0, longest, 70);
	tap_ok(tg_msg_parse_reply(buf, len, &r) != NULL, "HNB-TRE-09: refused: an empty key");
}

static void take(void *arg, const struct vici_str *path, size_t depth, struct vici_str key,
		 struct vici_str value)
{
	char *out = arg;

	for (size_t i = 0; i < depth; i++) {
		strncat(out, path[i].s, path[i].len);
		strcat(out, "/");
	}
	strncat(out, key.s, key.len);
	strcat(out, "=");
	strncat(out, value.s, value.len);
	strcat(out, ";");
}

static int walk(const char *data, size_t len, char *out)
{
	*out = '\0';
	return vici_walk((const uint8_t *)data, len, take, NULL, out);
}

static void test_vici(void)
{
	static const char good[] = "\1\1a\3\1k\0\1v\1\1b\4\1l\5\0\1x\5\0\1y\6\2\2\3\1t\0\0";
	struct vici_packet_buf b;
	char out[512], name[300];
	bool all = true;
	uint32_t len;

	tap_ok(!walk(good, sizeof(good) - 1, out) &&
	       !strcmp(out, "a/k=v;a/b/l=x;a/b/l=y;t=;"), "vici: sections, values, lists");
	for (size_t n = 1; n < sizeof(good) - 1; n++)
		all = all && (walk(good, n, out) || n == 26);
	tap_ok(all, "vici: refused: every truncation inside a section or value");
	tap_ok(walk("\2", 1, out) != 0, "vici: refused: an end without a start");
	tap_ok(walk("\7", 1, out) != 0, "vici: refused: an element there is not");
	tap_ok(walk("\1\0\1\0\1\0\1\0\1\0\1\0\1\0\1\0\1\0", 18, out) != 0,
	       "vici: refused: nine sections deep");
	vici_begin(&b, VICI_CMD_REQUEST, "initiate");
	vici_add(&b, "child", "core");
	tap_ok(!vici_finish(&b), "vici: a request fits");
	memcpy(&len, b.data, sizeof(len));
	tap_ok(ntohl(len) == b.len - 4 && !memcmp(b.data + 4, "\0\10initiate\3\5child\0\4core", 23),
	       "vici: as the protocol has it");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	vici_begin(&b, VICI_CMD_REQUEST, "initiate");
	vici_add(&b, name, "x");
	tap_ok(vici_finish(&b) != 0, "vici: a name beyond 255 octets does not go out");
}

int main(void)
{
	static struct msg m;

	tap_start();
	test_good(&m);
	test_binding(&m);
	test_devid(&m);
	test_sign(&m);
	test_misfits(&m);
	test_version(&m);
	test_items(&m);
	test_lengths(&m);
	test_reply();
	test_plugin();
	test_plugin_integrity();
	test_vici();
	return tap_end();
}
