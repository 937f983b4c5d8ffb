/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device identifier asked for and proven (FFS-21): Notifies of two private types in
 * INFORMATIONAL exchanges of an IKE SA whose peers have authenticated each other, so that
 * SK keeps them from others.
 *
 * Either end's request is answered at once with an empty response, as any that charon has
 * nothing to say to: the proof, which takes a TPM its time, goes back in an exchange of
 * its own. charon waits for neither TPM nor agent.
 */
#ifndef TRUSTGATE_NOTIFY_H
#define TRUSTGATE_NOTIFY_H

#include <encoding/message.h>
#include <sa/ike_sa.h>

#include "trustgate_link.h"

/**
 * tg_notify_received() - a plain INFORMATIONAL request came: tell the agent what is in it
 *
 * One with more than one such Notify, or one that is empty, too long, or of a protocol,
 * is as good as without.
 */
void tg_notify_received(trustgate_link_t *link, ike_sa_t *ike_sa, message_t *message);

/**
 * tg_notify_send() - have one sent, as soon as that IKE SA has no other exchange
 * @order: copied
 */
void tg_notify_send(const struct tg_order *order);

#endif /* TRUSTGATE_NOTIFY_H */
