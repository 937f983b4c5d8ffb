// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packet path: pass or hold. Held means dropped, never queued.
 *
 * Out: POST_ROUTING, after everybody else. Every software path into
 * xfrm_output() goes through xfrm4_output() or xfrm6_output(), which run that
 * hook; NAT may still pick the SA at priority 100, so the gate comes last.
 *
 * In: the callback of the xfrm protocols, before anybody else. It runs after
 * decryption and before the packet reaches a device, so that VTI, xfrm
 * interfaces in other namespaces, flowtables, tc and packet sockets, none of
 * which leave a security path for netfilter to see, come after it.
 *
 * PRE_ROUTING and FORWARD back these up: what passed a closed context by the bootstrap
 * allowance is for this box, unless the allowance is for a forwarded flow.
 */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/dst_metadata.h>

#include "trustgate.h"
#include "trace.h"

/*
 * A sender in process context may be preempted, and its softirq sends as well: the counters
 * stay those of one CPU, and on 32 bits, where they take two words, of one writer.
 */
static __always_inline struct tg_stats *tg_stats_begin(struct tg_net *tn)
{
	struct tg_stats *stats;

	if (BITS_PER_LONG == 32)
		local_bh_disable();
	else
		preempt_disable();
	stats = this_cpu_ptr(tn->stats);
	u64_stats_update_begin(&stats->syncp);
	return stats;
}

static __always_inline void tg_stats_end(struct tg_stats *stats)
{
	u64_stats_update_end(&stats->syncp);
	if (BITS_PER_LONG == 32)
		local_bh_enable();
	else
		preempt_enable();
}

static void tg_count(struct tg_net *tn, const struct sk_buff *skb, int dir, u32 reason)
{
	struct tg_stats *stats = tg_stats_begin(tn);

	u64_stats_inc(&stats->packets[dir][reason]);
	u64_stats_add(&stats->bytes[dir][reason], skb->len);
	tg_stats_end(stats);
}

static void tg_count_boot(struct tg_net *tn, const struct sk_buff *skb, int dir)
{
	struct tg_stats *stats = tg_stats_begin(tn);

	u64_stats_inc(&stats->boot_packets[dir]);
	u64_stats_add(&stats->boot_bytes[dir], skb->len);
	tg_stats_end(stats);
}

/* Only for the counters and a person: nothing is decided by it. */
static u32 tg_hold_reason(const struct tg_sa *sa, const struct tg_context *ctx,
			  const struct xfrm_state *x)
{
	u32 reason;

	/* Deleted after the packet had found it, as on a rekey: XFRM drops it too. */
	if (!sa)
		return READ_ONCE(x->km.state) == XFRM_STATE_VALID ? TRUSTGATE_REASON_UNBOUND :
								    TRUSTGATE_REASON_DELETED;
	if (sa->reason != TRUSTGATE_REASON_NONE)
		return sa->reason;
	if (!ctx)
		return READ_ONCE(sa->bind_timed_out) ? TRUSTGATE_REASON_UNBOUND_TIMEOUT :
						       TRUSTGATE_REASON_UNBOUND;
	reason = READ_ONCE(ctx->reason);
	if (reason != TRUSTGATE_REASON_NONE)
		return reason;
	/* Closed by a clock or an epoch before the bookkeeping came by. */
	if (!time_before(jiffies, READ_ONCE(ctx->tn->lease_until)))
		return TRUSTGATE_REASON_LEASE;
	return TRUSTGATE_REASON_EXPIRED;
}

static bool tg_hold(struct tg_net *tn, struct tg_sa *sa, struct tg_context *ctx,
		    const struct sk_buff *skb, const struct xfrm_state *x, int dir)
{
	u32 reason = tg_hold_reason(sa, ctx, x);

	tg_count(tn, skb, dir, reason);
	if (sa) {
		atomic64_inc(&sa->held_packets);
		atomic64_add(skb->len, &sa->held_bytes);
	}
	trace_trustgate_hold(tn, x, ctx, dir, reason, skb->len);
	return READ_ONCE(tn->config.mode) == TRUSTGATE_MODE_ENFORCE;
}

/* Whatever is not plainly open. Returns true to hold. */
static noinline bool tg_closed(struct sk_buff *skb, struct xfrm_state *x, struct tg_sa *sa, int dir,
			       bool bootstrap)
{
	struct tg_net *tn = tg_pernet(xs_net(x));
	struct tg_context *ctx;

	/*
	 * What has an entry is in scope, whatever an update has made of the state's if_id or
	 * mark since: the scope is what it was entered by.
	 */
	if (READ_ONCE(tn->config.mode) == TRUSTGATE_MODE_OFF || (!sa && !tg_in_scope(tn, x)))
		return false;
	ctx = sa ? rcu_dereference(sa->ctx) : NULL;
	if (bootstrap && ctx && tg_boot_pass(ctx, skb, x, dir)) {
		tg_count_boot(tn, skb, dir);
		return false;
	}
	return tg_hold(tn, sa, ctx, skb, x, dir);
}

static bool tg_is_carrier(const struct xfrm_state *x)
{
	return x->id.proto == IPPROTO_ESP || x->id.proto == IPPROTO_AH;
}

/*
 * All states of a bundle or of a security path, when not just one open state.
 * IPComp, and the IPIP state under it, are open when the ESP or AH state that
 * they come with is: they are skipped, and without any carrier all is held.
 */
struct tg_walk {
	struct tg_context *open;
	struct xfrm_state *first;
	bool carrier;
};

/* One state; true to hold. */
static bool tg_walk_one(struct tg_walk *w, struct sk_buff *skb, struct xfrm_state *x, int dir)
{
	struct tg_sa *sa = tg_sa_find(x);
	struct tg_context *ctx = tg_open_context(sa);

	if (!w->first)
		w->first = x;
	if (ctx) {
		w->open = ctx;
		w->carrier = true;
		return false;
	}
	if (!tg_is_carrier(x))
		return false;
	w->carrier = true;
	return tg_closed(skb, x, sa, dir, true);
}

/* After the last one; true to hold. */
static bool tg_walk_end(const struct tg_walk *w, struct sk_buff *skb, int dir)
{
	if (w->open)
		tg_count(w->open->tn, skb, dir, TRUSTGATE_REASON_NONE);
	return !w->carrier && tg_closed(skb, w->first, NULL, dir, false);
}

/* A nested transport-mode state gets no hook of its own: walk them all. */
static noinline unsigned int tg_post_routing_walk(struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb);
	struct tg_walk w = {};
	struct xfrm_state *x;

	for (; dst && (x = dst_xfrm(dst)); dst = xfrm_dst_child(dst))
		if (tg_walk_one(&w, skb, x, TRUSTGATE_DIRECTION_OUT))
			goto hold;
	if (!tg_walk_end(&w, skb, TRUSTGATE_DIRECTION_OUT))
		return NF_ACCEPT;
hold:
	return NF_DROP_REASON(skb, SKB_DROP_REASON_XFRM_POLICY, EPERM);
}

static unsigned int tg_post_routing(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	const struct dst_entry *dst = skb_dst(skb);
	const struct dst_entry *child;
	struct tg_context *ctx;

	if (likely(!dst || !dst_xfrm(dst)) || unlikely(!skb_valid_dst(skb)))
		return NF_ACCEPT;
	ctx = tg_open_context(tg_sa_find(dst_xfrm(dst)));
	child = ((const struct xfrm_dst *)dst)->child;
	if (unlikely(!ctx || (child && dst_xfrm(child))))
		return tg_post_routing_walk(skb);
	tg_count(ctx->tn, skb, TRUSTGATE_DIRECTION_OUT, TRUSTGATE_REASON_NONE);
	return NF_ACCEPT;
}

static noinline int tg_rcv_walk(struct sk_buff *skb, const struct sec_path *sp)
{
	struct tg_walk w = {};
	int i;

	for (i = 0; i < sp->len; i++)
		if (tg_walk_one(&w, skb, sp->xvec[i], TRUSTGATE_DIRECTION_IN))
			return -EPERM;
	return tg_walk_end(&w, skb, TRUSTGATE_DIRECTION_IN) ? -EPERM : 1;
}

/*
 * After decryption, the inner header at the network offset. Returns 1 to let
 * the next handler look, or an error, which drops.
 */
static int tg_rcv_cb(struct sk_buff *skb, int err)
{
	const struct sec_path *sp;
	struct tg_context *ctx;

	if (unlikely(err))	/* only told that the packet was dropped already */
		return 1;
	sp = skb_sec_path(skb);
	if (unlikely(!sp || !sp->len))
		return -EPERM;
	ctx = tg_open_context(tg_sa_find(sp->xvec[0]));
	if (unlikely(!ctx || sp->len != 1))
		return tg_rcv_walk(skb, sp);
	tg_count(ctx->tn, skb, TRUSTGATE_DIRECTION_IN, TRUSTGATE_REASON_NONE);
	return 1;
}

/* By the allowance, and counted when it came in. */
static bool tg_forwarded(const struct tg_sa *sa, const struct sk_buff *skb)
{
	const struct tg_context *ctx = sa ? rcu_dereference(sa->ctx) : NULL;

	return ctx && tg_boot_forwards(ctx, skb);
}

/*
 * IPIP under an IPComp state on its own comes in by a handler that has no callback of ours:
 * what no ESP or AH state carried is held here.
 */
static unsigned int tg_pre_routing(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct sec_path *sp = skb_sec_path(skb);
	int i;

	if (likely(!sp || !sp->len || tg_is_carrier(sp->xvec[0])))
		return NF_ACCEPT;
	for (i = 1; i < sp->len; i++)
		if (tg_is_carrier(sp->xvec[i]))
			return NF_ACCEPT;
	return tg_closed(skb, sp->xvec[0], NULL, TRUSTGATE_DIRECTION_IN, false) ? NF_DROP :
										  NF_ACCEPT;
}

static unsigned int tg_forward(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct sec_path *sp = skb_sec_path(skb);
	int i;

	if (likely(!sp))
		return NF_ACCEPT;
	for (i = 0; i < sp->len; i++) {
		struct tg_sa *sa = tg_sa_find(sp->xvec[i]);

		if (tg_is_carrier(sp->xvec[i]) && !tg_open_context(sa) &&
		    !tg_forwarded(sa, skb) &&
		    tg_closed(skb, sp->xvec[i], sa, TRUSTGATE_DIRECTION_IN, false))
			return NF_DROP;
	}
	return NF_ACCEPT;
}

static const struct nf_hook_ops tg_hooks[] = {
	{ .hook = tg_post_routing, .pf = NFPROTO_IPV4, .hooknum = NF_INET_POST_ROUTING,
	  .priority = INT_MAX },
	{ .hook = tg_post_routing, .pf = NFPROTO_IPV6, .hooknum = NF_INET_POST_ROUTING,
	  .priority = INT_MAX },
	{ .hook = tg_pre_routing, .pf = NFPROTO_IPV4, .hooknum = NF_INET_PRE_ROUTING,
	  .priority = INT_MIN },
	{ .hook = tg_pre_routing, .pf = NFPROTO_IPV6, .hooknum = NF_INET_PRE_ROUTING,
	  .priority = INT_MIN },
	{ .hook = tg_forward, .pf = NFPROTO_IPV4, .hooknum = NF_INET_FORWARD,
	  .priority = INT_MIN },
	{ .hook = tg_forward, .pf = NFPROTO_IPV6, .hooknum = NF_INET_FORWARD,
	  .priority = INT_MIN },
};

int tg_gate_hook(struct net *net)
{
	return nf_register_net_hooks(net, tg_hooks, ARRAY_SIZE(tg_hooks));
}

void tg_gate_unhook(struct net *net)
{
	nf_unregister_net_hooks(net, tg_hooks, ARRAY_SIZE(tg_hooks));
}

/* Not ours to receive: the next handler of the protocol does. */
static int tg_rcv(struct sk_buff *skb)
{
	return -EINVAL;
}

static int tg_rcv_input(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	return -EINVAL;
}

static int tg_err4(struct sk_buff *skb, u32 info)
{
	return -ENOENT;
}

static int tg_err6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type, u8 code, int offset,
		   __be32 info)
{
	return -ENOENT;
}

static const u8 tg_protos[] = { IPPROTO_ESP, IPPROTO_AH, IPPROTO_COMP };
static struct xfrm4_protocol tg_proto4[ARRAY_SIZE(tg_protos)];
static struct xfrm6_protocol tg_proto6[ARRAY_SIZE(tg_protos)];

static int tg_proto_register(int i)
{
	int err;

	tg_proto4[i] = (struct xfrm4_protocol) {
		.handler = tg_rcv, .input_handler = tg_rcv_input, .cb_handler = tg_rcv_cb,
		.err_handler = tg_err4, .priority = INT_MAX,
	};
	tg_proto6[i] = (struct xfrm6_protocol) {
		.handler = tg_rcv, .input_handler = tg_rcv_input, .cb_handler = tg_rcv_cb,
		.err_handler = tg_err6, .priority = INT_MAX,
	};
	err = xfrm4_protocol_register(&tg_proto4[i], tg_protos[i]);
	if (err)
		return err;
	err = tg_xfrm6_register(&tg_proto6[i], tg_protos[i]);
	if (err)
		xfrm4_protocol_deregister(&tg_proto4[i], tg_protos[i]);
	return err;
}

static void tg_proto_unregister(int n)
{
	while (n--) {
		tg_xfrm6_deregister(&tg_proto6[n], tg_protos[n]);
		xfrm4_protocol_deregister(&tg_proto4[n], tg_protos[n]);
	}
}

int tg_gate_init(void)
{
	int err, i;

	for (i = 0; i < ARRAY_SIZE(tg_protos); i++) {
		err = tg_proto_register(i);
		if (err) {
			pr_err("another module gates protocol %u already\n", tg_protos[i]);
			tg_proto_unregister(i);
			return err;
		}
	}
	return 0;
}

void tg_gate_exit(void)
{
	tg_proto_unregister(ARRAY_SIZE(tg_protos));
}
