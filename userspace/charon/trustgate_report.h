/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INTEGRITY_INFO: the Notify in which an H(e)NB's TrE says how the box is.
 *
 * A type of the private range means something only between consenting peers, so each
 * shows a Vendor ID in IKE_SA_INIT. The Notify goes into the first IKE_AUTH request,
 * the one with AUTH, and nowhere else: before that it would go out in clear, and later
 * it would be said twice. AUTH is not computed over it. SK keeps it from others, and
 * the TrE's own signature says whose it is and for which IKE SA (CON-26): hence the
 * nonces and SPIs that are kept here.
 *
 * What a peer sent is kept unread until its AUTH was verified.
 */
#ifndef TRUSTGATE_REPORT_H
#define TRUSTGATE_REPORT_H

#include <encoding/message.h>
#include <sa/ike_sa.h>

#include "trustgate_link.h"

typedef struct trustgate_report_t trustgate_report_t;

struct trustgate_report_t {
	/**
	 * A plain message of IKE_SA_INIT or IKE_AUTH: keep of it what matters, add to
	 * it what is to be sent. In the latter case may wait for the agent.
	 */
	void (*message)(trustgate_report_t *this, ike_sa_t *ike_sa, message_t *message,
			bool incoming);

	/**
	 * Add to AUTHORIZE which IKE SA this is, and what the peer sent, as responder.
	 *
	 * Return: TG_WIRE_FLAG_* that it takes
	 */
	uint32_t (*put)(trustgate_report_t *this, uint32_t id, struct tg_msg *m);

	/* Did the peer show our Vendor ID? */
	bool (*shown)(trustgate_report_t *this, uint32_t id);

	/* The IKE SA @from is called @to now. */
	void (*move)(trustgate_report_t *this, uint32_t from, uint32_t to);

	void (*forget)(trustgate_report_t *this, uint32_t id);

	void (*destroy)(trustgate_report_t *this);
};

trustgate_report_t *trustgate_report_create(trustgate_link_t *link);

#endif /* TRUSTGATE_REPORT_H */
