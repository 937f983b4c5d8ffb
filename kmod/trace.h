/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM trustgate

#if !defined(TRUSTGATE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define TRUSTGATE_TRACE_H

#include <linux/tracepoint.h>

#include "trustgate.h"

/* States, reasons and directions are the numbers of the netlink spec. */

TRACE_EVENT(trustgate_context,
	    TP_PROTO(const struct tg_context *ctx, u32 old),
	    TP_ARGS(ctx, old),
	    TP_STRUCT__entry(__field(u64, netns)
			     __field(u32, context)
			     __field(u32, ike)
			     __field(u32, old)
			     __field(u32, state)
			     __field(u32, reason)
			     __field(u64, generation)),
	    TP_fast_assign(__entry->netns = ctx->tn->net->net_cookie;
			   __entry->context = ctx->id;
			   __entry->ike = ctx->ike_id;
			   __entry->old = old;
			   __entry->state = ctx->state;
			   __entry->reason = ctx->reason;
			   __entry->generation = ctx->generation;),
	    TP_printk("netns=%llu context=%u ike=%u state=%u->%u reason=%u generation=%llu",
		      __entry->netns, __entry->context, __entry->ike, __entry->old, __entry->state,
		      __entry->reason, __entry->generation));

TRACE_EVENT(trustgate_sa,
	    TP_PROTO(const struct tg_net *tn, const struct tg_sa *sa, u32 old),
	    TP_ARGS(tn, sa, old),
	    TP_STRUCT__entry(__field(u64, netns)
			     __field(u32, sa)
			     __field(u32, context)
			     __field(u32, spi)
			     __field(u8, proto)
			     __field(u32, old)
			     __field(u32, state)
			     __field(u32, reason)),
	    TP_fast_assign(__entry->netns = tn->net->net_cookie;
			   __entry->sa = sa->id;
			   __entry->context = sa->context_id;
			   __entry->spi = ntohl(sa->key.spi);
			   __entry->proto = sa->key.proto;
			   __entry->old = old;
			   __entry->state = tg_sa_state(sa);
			   __entry->reason = tg_sa_reason(sa);),
	    TP_printk("netns=%llu sa=%u context=%u proto=%u spi=0x%08x state=%u->%u reason=%u",
		      __entry->netns, __entry->sa, __entry->context, __entry->proto, __entry->spi,
		      __entry->old, __entry->state, __entry->reason));

TRACE_EVENT(trustgate_hold,
	    TP_PROTO(const struct tg_net *tn, const struct xfrm_state *x,
		     const struct tg_context *ctx, int dir, u32 reason, unsigned int len),
	    TP_ARGS(tn, x, ctx, dir, reason, len),
	    TP_STRUCT__entry(__field(u64, netns)
			     __field(u32, context)
			     __field(u32, spi)
			     __field(u32, dir)
			     __field(u32, reason)
			     __field(u32, len)),
	    TP_fast_assign(__entry->netns = tn->net->net_cookie;
			   __entry->context = ctx ? ctx->id : 0;
			   __entry->spi = ntohl(x->id.spi);
			   __entry->dir = dir;
			   __entry->reason = reason;
			   __entry->len = len;),
	    TP_printk("netns=%llu context=%u spi=0x%08x dir=%u reason=%u len=%u",
		      __entry->netns, __entry->context, __entry->spi, __entry->dir, __entry->reason,
		      __entry->len));

#endif /* TRUSTGATE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
