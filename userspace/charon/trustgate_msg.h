/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Octets of the messages in agent/wire.h; knows nothing of charon or sockets. */
#ifndef TRUSTGATE_MSG_H
#define TRUSTGATE_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/wire.h"

/* Largest text of an item, without the final NUL. */
#define TG_MSG_TEXT_MAX	255

struct tg_msg {
	size_t len;
	bool overflow;
	uint8_t buf[TG_WIRE_MAX];
};

struct tg_reply {
	uint32_t seq;
	uint32_t status;
	uint32_t flags;		/* TG_WIRE_FLAG_* */
	char text[TG_MSG_TEXT_MAX + 1];
	/* To HELLO; mode is TG_WIRE_MODE_OFF when it says nothing of it. */
	uint32_t mode, notify, wait_ms;
	/* To REPORT. */
	uint8_t integrity[TG_WIRE_INTEGRITY_MAX];
	size_t integrity_len;
	/* To SIGN. */
	uint8_t signature[TG_WIRE_SIGNATURE_MAX], key[TG_WIRE_KEY_MAX];
	size_t signature_len, key_len;
};

/* Octets within a message. */
struct tg_octets {
	const uint8_t *ptr;
	size_t len;
};

/* A Notify that the agent wants sent. */
struct tg_order {
	uint32_t ike_id, notify;
	struct tg_octets data;
};

struct tg_staple {
	struct tg_octets cert;
	struct tg_octets ocsps[TG_WIRE_OCSPS_MAX];
	int nocsps;
	uint32_t life_ms;
};

/**
 * tg_msg_create() - start a message
 * @type: enum tg_wire_type
 *
 * Return: the message, to be freed with free(); NULL without memory
 */
struct tg_msg *tg_msg_create(uint16_t type);

/**
 * tg_msg_put() - add an item
 * @m: message; an item that does not fit makes tg_msg_finish() fail
 * @type: enum tg_wire_item_type
 * @data: its octets, copied
 * @len: how many
 *
 * Return: whether it was added
 */
bool tg_msg_put(struct tg_msg *m, uint16_t type, const void *data, size_t len);

bool tg_msg_put_u8(struct tg_msg *m, uint16_t type, uint8_t value);
bool tg_msg_put_u32(struct tg_msg *m, uint16_t type, uint32_t value);
bool tg_msg_put_u64(struct tg_msg *m, uint16_t type, uint64_t value);

/**
 * tg_msg_put_text() - add a text, cut to what an item of text may hold
 *
 * A cut text ends in "...", so it never equals the whole of another.
 */
bool tg_msg_put_text(struct tg_msg *m, uint16_t type, const char *text);

/**
 * tg_msg_fits() - would an item of that many octets still fit?
 */
bool tg_msg_fits(const struct tg_msg *m, size_t len);

/**
 * tg_msg_finish() - complete the header
 * @m: message, whose buf and len are what to send afterwards
 * @seq: sequence number
 *
 * Return: false if an item did not fit: the message must not be sent
 */
bool tg_msg_finish(struct tg_msg *m, uint32_t seq);

/**
 * tg_msg_type() - what the agent sent
 * @buf: the whole message
 * @len: octets of it
 *
 * Return: enum tg_wire_type; 0 if the header is not one, or has another length
 */
uint16_t tg_msg_type(const uint8_t *buf, size_t len);

/**
 * tg_msg_parse_staple() - read TG_WIRE_STAPLE
 * @buf: the whole message
 * @len: octets of it
 * @out: filled in only on success; points into @buf
 *
 * Return: NULL, or what is wrong with it
 */
const char *tg_msg_parse_staple(const uint8_t *buf, size_t len, struct tg_staple *out);

/**
 * tg_msg_parse_order() - read TG_WIRE_SEND
 *
 * As tg_msg_parse_staple().
 */
const char *tg_msg_parse_order(const uint8_t *buf, size_t len, struct tg_order *out);

/**
 * tg_msg_parse_reply() - read TG_WIRE_REPLY
 * @buf: the whole message
 * @len: octets of it
 * @out: filled in only on success; text has no control characters
 *
 * Return: NULL, or what is wrong with it
 */
const char *tg_msg_parse_reply(const uint8_t *buf, size_t len, struct tg_reply *out);

#endif /* TRUSTGATE_MSG_H */
