/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OCSP responses about our own certificates, as the agent gave them, to be sent in
 * IKE (RFC 4806). Kept until they expire, also while the agent is away.
 */
#ifndef TRUSTGATE_STAPLE_H
#define TRUSTGATE_STAPLE_H

#include <encoding/message.h>

#include "trustgate_msg.h"

typedef struct trustgate_staple_t trustgate_staple_t;

struct trustgate_staple_t {
	/* What the agent said takes the place of what it said before. */
	void (*set)(trustgate_staple_t *this, const struct tg_staple *staple);

	/**
	 * Add the responses for the certificate that @message carries first.
	 *
	 * Return: how many were added
	 */
	int (*attach)(trustgate_staple_t *this, message_t *message);

	void (*destroy)(trustgate_staple_t *this);
};

trustgate_staple_t *trustgate_staple_create(void);

#endif /* TRUSTGATE_STAPLE_H */
