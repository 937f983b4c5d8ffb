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

/* A kernel without IPv6 has nothing there to hold. */
static inline int tg_xfrm6_register(struct xfrm6_protocol *handler, unsigned char protocol)
{
#if IS_ENABLED(CONFIG_IPV6)
	return xfrm6_protocol_register(handler, protocol);
#else
	return 0;
#endif
}

static inline void tg_xfrm6_deregister(struct xfrm6_protocol *handler, unsigned char protocol)
{
#if IS_ENABLED(CONFIG_IPV6)
	xfrm6_protocol_deregister(handler, protocol);
#endif
}

#endif /* TRUSTGATE_COMPAT_H */
