/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a peer sent in IKE_AUTH: how many certificates, which OCSP responses, and
 * whether it wants ours. Only kept here: the messages are seen before AUTH is
 * verified, and nothing is told of them before it is.
 */
#ifndef TRUSTGATE_SEEN_H
#define TRUSTGATE_SEEN_H

#include <encoding/message.h>
#include <sa/ike_sa.h>

#include "trustgate_msg.h"

typedef struct trustgate_seen_t trustgate_seen_t;

struct trustgate_seen_t {
	/* Keep what matters of a decrypted IKE_AUTH message from the peer. */
	void (*keep)(trustgate_seen_t *this, ike_sa_t *ike_sa, message_t *message);

	/* Note whether a plain IKE_AUTH request says that another round follows. */
	void (*round)(trustgate_seen_t *this, ike_sa_t *ike_sa, message_t *message);

	/* Did the last one say so? */
	bool (*more)(trustgate_seen_t *this, uint32_t id);

	/* Has the peer asked for OCSP responses? */
	bool (*wants_ocsp)(trustgate_seen_t *this, uint32_t id);

	/* Note that we asked the peer. Return: whether we had not before. */
	bool (*ask)(trustgate_seen_t *this, uint32_t id);

	/**
	 * Add SENT and OCSP to AUTHORIZE; responses are left out if fewer than
	 * @reserve octets would be left for what comes after.
	 *
	 * Return: TG_WIRE_FLAG_* that it takes
	 */
	uint32_t (*put)(trustgate_seen_t *this, uint32_t id, struct tg_msg *m, size_t reserve);

	/* The IKE SA @from is called @to now. */
	void (*move)(trustgate_seen_t *this, uint32_t from, uint32_t to);

	void (*forget)(trustgate_seen_t *this, uint32_t id);

	void (*destroy)(trustgate_seen_t *this);
};

trustgate_seen_t *trustgate_seen_create(void);

#endif /* TRUSTGATE_SEEN_H */
