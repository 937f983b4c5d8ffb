/* SPDX-License-Identifier: GPL-2.0-or-later */
/* charon's IKE SAs and CHILD_SAs as messages. All return NULL without memory. */
#ifndef TRUSTGATE_DESCRIBE_H
#define TRUSTGATE_DESCRIBE_H

#include <sa/child_sa.h>
#include <sa/ike_sa.h>

#include "trustgate_msg.h"
#include "trustgate_report.h"
#include "trustgate_seen.h"

/**
 * tg_describe_peer() - AUTHORIZE: who authenticated, and with what
 * @ike_sa: whose peer has completed its authentication
 * @seen: what it sent
 * @report: what it says of its integrity
 * @flags: TG_WIRE_FLAG_*
 */
struct tg_msg *tg_describe_peer(ike_sa_t *ike_sa, trustgate_seen_t *seen,
				trustgate_report_t *report, uint32_t flags);

/**
 * tg_describe_child() - CHILD_KEYS: its SPIs and addresses
 * @ike_sa: whose CHILD_SA it is
 * @child: with both SPIs known
 * @local: outer address that inbound packets are sent to
 * @remote: outer address that outbound packets are sent to
 * @flags: TG_WIRE_FLAG_*
 */
struct tg_msg *tg_describe_child(ike_sa_t *ike_sa, child_sa_t *child, host_t *local,
				 host_t *remote, uint32_t flags);

/**
 * tg_describe_up() - CHILD_UP
 */
struct tg_msg *tg_describe_up(ike_sa_t *ike_sa, child_sa_t *child);

#endif /* TRUSTGATE_DESCRIBE_H */
