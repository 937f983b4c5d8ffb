/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernels Trustgate is built for: 6.1, 6.12, current. */
#ifndef TRUSTGATE_COMPAT_H
#define TRUSTGATE_COMPAT_H

#include <net/xfrm.h>

/* IP-TFS came with 6.14; a state of that mode is known by its number. */
#define TG_XFRM_MODE_IPTFS	5

static inline bool tg_packet_offload(const struct xfrm_state *x)
{
#ifdef CONFIG_XFRM_OFFLOAD
	return x->xso.type == XFRM_DEV_OFFLOAD_PACKET;
#else
	return false;
#endif
}

#endif /* TRUSTGATE_COMPAT_H */
