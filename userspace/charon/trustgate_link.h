/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to the agent. A job of its own keeps it: it connects, greets,
 * reads the replies and beats the heart; whoever else sends never reads.
 *
 * A connection that was greeted has a generation, a number that is never 0 and
 * never used again in this run. An agent that fails to answer in time loses its
 * connection, so that charon waits for it once and not for each peer again.
 */
#ifndef TRUSTGATE_LINK_H
#define TRUSTGATE_LINK_H

#include <encoding/payloads/notify_payload.h>
#include <library.h>

#include "trustgate_msg.h"

typedef struct trustgate_link_t trustgate_link_t;

/* What the agent wants done about INTEGRITY_INFO. */
struct tg_integrity {
	uint32_t mode;			/* enum tg_wire_mode */
	notify_type_t notify;
	unsigned int wait_ms;		/* for a record */
};

struct trustgate_link_t {
	/**
	 * Start the job. By it are called, with @data: @up after each greeting,
	 * @staple for each response of ours that the agent tells, and @order for each
	 * Notify that it wants sent.
	 */
	void (*start)(trustgate_link_t *this, void (*up)(void *data),
		      void (*staple)(void *data, const struct tg_staple *staple),
		      void (*order)(void *data, const struct tg_order *order), void *data);

	/**
	 * Generation of the connection that is up now, 0 if none is.
	 */
	uint32_t (*generation)(trustgate_link_t *this);

	/**
	 * Did the agent say, when it greeted last, that no peer is to pass without
	 * its word?
	 */
	bool (*required)(trustgate_link_t *this);

	/**
	 * What the agent said of INTEGRITY_INFO when it greeted last; off before that.
	 */
	struct tg_integrity (*integrity)(trustgate_link_t *this);

	/**
	 * Did the agent say, when it greeted last, that it wants to hear of device
	 * identifiers?
	 */
	bool (*devid)(trustgate_link_t *this);

	/**
	 * Did the agent say, when it greeted last, that it has AUTH signed?
	 */
	bool (*signs)(trustgate_link_t *this);

	/**
	 * Send without waiting for a reply; a full socket is waited for 1 s.
	 *
	 * @m: message, freed in any case; NULL does nothing
	 *
	 * Return: generation of the connection it went over, 0 if it did not
	 */
	uint32_t (*send)(trustgate_link_t *this, struct tg_msg *m);

	/**
	 * Send and wait for the reply.
	 *
	 * @m: message, freed in any case; NULL does nothing
	 * @timeout_ms: how long at most
	 * @reply: filled in if there was one
	 *
	 * Return: as send(); 0 as well if no reply came in time
	 */
	uint32_t (*request)(trustgate_link_t *this, struct tg_msg *m, unsigned int timeout_ms,
			    struct tg_reply *reply);

	/* After the job has ended: charon ends all jobs before it unloads plugins. */
	void (*destroy)(trustgate_link_t *this);
};

/**
 * trustgate_link_create() - a link that is not started
 * @path: of the agent's socket
 *
 * Return: NULL, logged, if @path is too long or the system is out of descriptors
 */
trustgate_link_t *trustgate_link_create(const char *path);

#endif /* TRUSTGATE_LINK_H */
