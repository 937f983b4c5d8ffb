/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns charon's events into messages, in the order they happen. */
#ifndef TRUSTGATE_LISTENER_H
#define TRUSTGATE_LISTENER_H

#include <bus/listeners/listener.h>

#include "trustgate_link.h"

typedef struct trustgate_listener_t trustgate_listener_t;

struct trustgate_listener_t {
	/* For the bus. */
	listener_t listener;

	/* Queue the announcement of all IKE SAs; @listener is this. */
	void (*announce)(void *listener);

	/* Take what to send with a certificate of ours; @listener is this. */
	void (*staple)(void *listener, const struct tg_staple *staple);

	/* Have a Notify sent to a peer; @listener is this. */
	void (*order)(void *listener, const struct tg_order *order);

	void (*destroy)(trustgate_listener_t *this);
};

trustgate_listener_t *trustgate_listener_create(trustgate_link_t *link);

#endif /* TRUSTGATE_LISTENER_H */
