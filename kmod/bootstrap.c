// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one flow that passes while a context is not open: the verification's own
 * TCP connection, made by one socket of the agent, to one address and port, on
 * the context's SAs in tunnel mode, within a budget. 3GPP TS 33.320 cl. 7.2.3
 * NOTE 2 needs this much and no more.
 *
 * What it must not be: "allow port 80". Outbound is matched by the socket, not
 * by the addresses alone; inbound only the exact reverse flow, once we have
 * spoken first. A fragment has no ports and an extension header hides them, so
 * neither passes.
 *
 * On a SeGW the flow is the peer's instead: a H(e)NB that verifies through the
 * tunnel has to reach the responder while the SeGW's own context is pending, or
 * both ends wait for each other. Then its SYN says which connection it is.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/net.h>
#include <linux/tcp.h>
#include <net/genetlink.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "trustgate.h"
#include "trace.h"

struct tg_flow {
	struct in6_addr local, remote;	/* v4 as v4-mapped */
	__be16 local_port, remote_port;
};

struct tg_boot {
	struct sock *sk;		/* NULL: the peer's flow, forwarded */
	spinlock_t lock;		/* the local half of a forwarded flow */
	struct tg_flow flow;
	u16 family;
	u32 max_packets, max_bytes;
	u32 attempt;
	atomic_t packets[2], bytes[2];
	bool spoken, exhausted;
	struct rcu_head rcu;
};

static void tg_boot_free(struct rcu_head *rcu)
{
	struct tg_boot *boot = container_of(rcu, struct tg_boot, rcu);

	if (boot->sk)
		sock_put(boot->sk);
	kfree(boot);
}

/**
 * tg_boot_clear() - no flow passes any more
 * @ctx: the context
 *
 * Context: tn->lock.
 */
void tg_boot_clear(struct tg_context *ctx)
{
	struct tg_boot *boot = rcu_dereference_protected(ctx->boot, 1);

	if (!boot)
		return;
	RCU_INIT_POINTER(ctx->boot, NULL);
	call_rcu(&boot->rcu, tg_boot_free);
}

static bool tg_parse_addrs(const struct sk_buff *skb, struct in6_addr *src, struct in6_addr *dst,
			   int *thoff)
{
	int off = skb_network_offset(skb);
	struct ipv6hdr buf6;
	const struct ipv6hdr *ip6;
	struct iphdr buf;
	const struct iphdr *ip;

	ip = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!ip)
		return false;
	if (ip->version == 4) {
		if (ip->ihl != 5 || ip->protocol != IPPROTO_TCP || ip_is_fragment(ip))
			return false;
		ipv6_addr_set_v4mapped(ip->saddr, src);
		ipv6_addr_set_v4mapped(ip->daddr, dst);
		*thoff = off + sizeof(*ip);
		return true;
	}
	ip6 = skb_header_pointer(skb, off, sizeof(buf6), &buf6);
	if (!ip6 || ip6->version != 6 || ip6->nexthdr != IPPROTO_TCP)
		return false;
	*src = ip6->saddr;
	*dst = ip6->daddr;
	*thoff = off + sizeof(*ip6);
	return true;
}

struct tg_segment {
	struct in6_addr src, dst;
	__be16 sport, dport;
	bool opens;			/* SYN without ACK */
};

static bool tg_parse_segment(const struct sk_buff *skb, struct tg_segment *seg)
{
	const struct tcphdr *th;
	struct tcphdr buf;
	int thoff;

	if (!tg_parse_addrs(skb, &seg->src, &seg->dst, &thoff))
		return false;
	th = skb_header_pointer(skb, thoff, sizeof(buf), &buf);
	if (!th)
		return false;
	seg->sport = th->source;
	seg->dport = th->dest;
	seg->opens = th->syn && !th->ack;
	return true;
}

static bool tg_to_remote(const struct tg_flow *f, const struct tg_segment *seg)
{
	return ipv6_addr_equal(&seg->dst, &f->remote) && seg->dport == f->remote_port;
}

static bool tg_from_local(const struct tg_flow *f, const struct tg_segment *seg)
{
	return ipv6_addr_equal(&seg->src, &f->local) && seg->sport == f->local_port;
}

static bool tg_to_local(const struct tg_flow *f, const struct tg_segment *seg)
{
	return ipv6_addr_equal(&seg->src, &f->remote) && seg->sport == f->remote_port &&
	       ipv6_addr_equal(&seg->dst, &f->local) && seg->dport == f->local_port;
}

static bool tg_match_own(const struct tg_boot *boot, const struct sk_buff *skb,
			 const struct tg_segment *seg, int dir)
{
	if (dir == TRUSTGATE_DIRECTION_OUT)
		return skb->sk && sk_to_full_sk(skb->sk) == boot->sk &&
		       tg_from_local(&boot->flow, seg) && tg_to_remote(&boot->flow, seg);
	return READ_ONCE(boot->spoken) && !seg->opens && tg_to_local(&boot->flow, seg);
}

/* One connection at a time; the next one of a peer that tries again is its SYN. */
static bool tg_match_forwarded(struct tg_boot *boot, const struct tg_segment *seg, int dir)
{
	bool match;

	spin_lock_bh(&boot->lock);
	if (dir == TRUSTGATE_DIRECTION_IN && seg->opens && tg_to_remote(&boot->flow, seg)) {
		boot->flow.local = seg->src;
		boot->flow.local_port = seg->sport;
	}
	if (dir == TRUSTGATE_DIRECTION_IN)
		match = tg_from_local(&boot->flow, seg) && tg_to_remote(&boot->flow, seg);
	else
		match = boot->flow.local_port && !seg->opens && tg_to_local(&boot->flow, seg);
	spin_unlock_bh(&boot->lock);
	return match;
}

static bool tg_boot_match(struct tg_boot *boot, const struct sk_buff *skb, int dir)
{
	struct tg_segment seg;

	if (!tg_parse_segment(skb, &seg))
		return false;
	return boot->sk ? tg_match_own(boot, skb, &seg, dir) : tg_match_forwarded(boot, &seg, dir);
}

static void tg_boot_exhausted(struct tg_context *ctx, struct tg_boot *boot)
{
	struct tg_net *tn = ctx->tn;

	spin_lock_bh(&tn->lock);
	if (!boot->exhausted) {
		WRITE_ONCE(boot->exhausted, true);
		tg_event_context(ctx, TRUSTGATE_EVENT_BOOTSTRAP_EXHAUSTED, ctx->state);
	}
	spin_unlock_bh(&tn->lock);
}

/**
 * tg_boot_pass() - may this packet of a context that is not open pass
 * @ctx: the context
 * @skb: the packet, inner header at the network offset
 * @x: the state it uses
 * @dir: enum trustgate_direction
 *
 * Context: RCU read side, packet path.
 */
bool tg_boot_pass(struct tg_context *ctx, struct sk_buff *skb, const struct xfrm_state *x, int dir)
{
	unsigned int packets = max_t(unsigned int, 1, skb_shinfo(skb)->gso_segs);
	struct tg_boot *boot = rcu_dereference(ctx->boot);
	const struct tg_net *tn = ctx->tn;

	if (!boot || x->props.mode != XFRM_MODE_TUNNEL || READ_ONCE(boot->exhausted) ||
	    !time_before(jiffies, READ_ONCE(tn->lease_until)))
		return false;
	if (!tg_boot_match(boot, skb, dir))
		return false;
	if (atomic_add_return(packets, &boot->packets[dir]) > boot->max_packets ||
	    atomic_add_return(skb->len, &boot->bytes[dir]) > boot->max_bytes) {
		tg_boot_exhausted(ctx, boot);
		return false;
	}
	if (dir == TRUSTGATE_DIRECTION_OUT && !READ_ONCE(boot->spoken))
		WRITE_ONCE(boot->spoken, true);
	return true;
}

/**
 * tg_boot_forwards() - does this packet, which came in by the allowance, go on
 * @ctx: the context
 * @skb: the packet, inner header at the network offset
 *
 * Context: RCU read side, FORWARD hook. Nothing is counted twice.
 */
bool tg_boot_forwards(const struct tg_context *ctx, const struct sk_buff *skb)
{
	struct tg_boot *boot = rcu_dereference(ctx->boot);

	return boot && !boot->sk && !READ_ONCE(boot->exhausted) &&
	       tg_boot_match(boot, skb, TRUSTGATE_DIRECTION_IN);
}

/* The local half of the flow is what the socket is bound to. */
static int tg_boot_local(const struct sock *sk, struct tg_boot *boot)
{
	const struct inet_sock *inet = inet_sk(sk);

	boot->family = sk->sk_family;
	boot->flow.local_port = inet->inet_sport;
	if (sk->sk_family == AF_INET)
		ipv6_addr_set_v4mapped(inet->inet_rcv_saddr, &boot->flow.local);
#if IS_ENABLED(CONFIG_IPV6)
	else if (sk->sk_family == AF_INET6)
		boot->flow.local = sk->sk_v6_rcv_saddr;
#endif
	else
		return -EAFNOSUPPORT;
	if (!boot->flow.local_port || ipv6_addr_any(&boot->flow.local) ||
	    (boot->family == AF_INET && !inet->inet_rcv_saddr))
		return -EADDRNOTAVAIL;
	return 0;
}

static int tg_boot_remote(struct genl_info *info, struct tg_boot *boot)
{
	struct nlattr *addr = info->attrs[TRUSTGATE_A_BOOTSTRAP_REMOTE_ADDR];

	boot->flow.remote_port = nla_get_be16(info->attrs[TRUSTGATE_A_BOOTSTRAP_REMOTE_PORT]);
	if (nla_len(addr) == sizeof(__be32) && boot->family == AF_INET)
		ipv6_addr_set_v4mapped(nla_get_in_addr(addr), &boot->flow.remote);
	else if (nla_len(addr) == sizeof(struct in6_addr) && boot->family == AF_INET6)
		boot->flow.remote = nla_get_in6_addr(addr);
	else
		return -EAFNOSUPPORT;
	return boot->flow.remote_port ? 0 : -EINVAL;
}

static struct tg_boot *tg_boot_from_socket(struct sock *sk, struct genl_info *info)
{
	struct tg_boot *boot;
	int err;

	if (sk->sk_protocol != IPPROTO_TCP || sk->sk_type != SOCK_STREAM ||
	    !net_eq(sock_net(sk), genl_info_net(info)) || READ_ONCE(sk->sk_state) != TCP_CLOSE) {
		NL_SET_ERR_MSG(info->extack,
			       "not a closed TCP socket of this namespace: bind it, register it, then connect");
		return ERR_PTR(-EBADF);
	}
	boot = kzalloc(sizeof(*boot), GFP_KERNEL);
	if (!boot)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&boot->lock);
	err = tg_boot_local(sk, boot);
	if (err)
		NL_SET_ERR_MSG(info->extack,
			       "bind the socket to the inner address and a port first");
	else
		err = tg_boot_remote(info, boot);
	if (err == -EAFNOSUPPORT)
		NL_SET_ERR_MSG(info->extack, "socket and remote address are of different families");
	if (err) {
		kfree(boot);
		return ERR_PTR(err);
	}
	sock_hold(sk);
	boot->sk = sk;
	return boot;
}

static struct tg_boot *tg_boot_forwarded(struct genl_info *info)
{
	struct tg_boot *boot = kzalloc(sizeof(*boot), GFP_KERNEL);
	int err;

	if (!boot)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&boot->lock);
	boot->family = nla_len(info->attrs[TRUSTGATE_A_BOOTSTRAP_REMOTE_ADDR]) == sizeof(__be32) ?
		       AF_INET : AF_INET6;
	err = tg_boot_remote(info, boot);
	if (!err)
		return boot;
	NL_SET_ERR_MSG(info->extack, "remote is an IPv4 or IPv6 address and a port");
	kfree(boot);
	return ERR_PTR(err);
}

static int tg_boot_attempt(struct tg_context *ctx, struct netlink_ext_ack *extack)
{
	const struct tg_config *config = &ctx->tn->config;
	u64 now = ktime_get_boottime_ns();

	if (!ctx->boot_attempts || now - ctx->boot_window_ns > TG_BOOT_WINDOW_NS) {
		ctx->boot_window_ns = now;
		ctx->boot_attempts = 0;
	}
	if (ctx->boot_attempts >= config->boot_attempts || !config->boot_bytes) {
		NL_SET_ERR_MSG(extack,
			       "no bootstrap attempt is left for five minutes: see boot-attempts");
		return -EDQUOT;
	}
	ctx->boot_attempts++;
	return 0;
}

/**
 * tg_boot_make() - the flow that a request describes
 * @info: the request; its sender holds the socket
 *
 * Context: process, in the sender's task.
 * Return: the flow, to be installed or discarded, or an ERR_PTR: %-EINVAL without
 * exactly one of sockfd and forward; %-EBADF, %-EADDRNOTAVAIL or %-EAFNOSUPPORT
 * for a socket that will not do.
 */
struct tg_boot *tg_boot_make(struct genl_info *info)
{
	bool forward = nla_get_flag(info->attrs[TRUSTGATE_A_BOOTSTRAP_FORWARD]);
	struct socket *sock;
	struct tg_boot *boot;
	int err;

	if (forward == !!info->attrs[TRUSTGATE_A_BOOTSTRAP_SOCKFD]) {
		NL_SET_ERR_MSG(info->extack, "give either sockfd or forward");
		return ERR_PTR(-EINVAL);
	}
	if (forward)
		return tg_boot_forwarded(info);
	sock = sockfd_lookup(nla_get_s32(info->attrs[TRUSTGATE_A_BOOTSTRAP_SOCKFD]), &err);
	if (!sock) {
		NL_SET_ERR_MSG(info->extack, "sockfd is not a socket of the sender");
		return ERR_PTR(err);
	}
	boot = tg_boot_from_socket(sock->sk, info);
	sockfd_put(sock);
	return boot;
}

/**
 * tg_boot_discard() - the flow was not installed
 * @boot: from tg_boot_make()
 */
void tg_boot_discard(struct tg_boot *boot)
{
	tg_boot_free(&boot->rcu);
}

/**
 * tg_boot_install() - let a flow pass; it takes the place of the one before
 * @ctx: context
 * @boot: from tg_boot_make(); the context's when this returns 0
 * @extack: gets the reason of a refusal
 *
 * Context: tn->lock.
 * Return: 0; %-EDQUOT when no attempt is left; %-EALREADY when the context is
 * neither pending nor suspended.
 */
int tg_boot_install(struct tg_context *ctx, struct tg_boot *boot, struct netlink_ext_ack *extack)
{
	int err;

	if (ctx->state != TRUSTGATE_STATE_PENDING && ctx->state != TRUSTGATE_STATE_SUSPENDED) {
		NL_SET_ERR_MSG(extack,
			       "the context is neither pending nor suspended: connect without");
		return -EALREADY;
	}
	err = tg_boot_attempt(ctx, extack);
	if (err)
		return err;
	boot->attempt = ctx->boot_attempts;
	boot->max_bytes = ctx->tn->config.boot_bytes;
	boot->max_packets = ctx->tn->config.boot_packets;
	tg_boot_clear(ctx);
	rcu_assign_pointer(ctx->boot, boot);
	return 0;
}

static int tg_put_addr(struct sk_buff *skb, int attr, u16 family, const struct in6_addr *addr)
{
	if (family == AF_INET)
		return nla_put(skb, attr, sizeof(__be32), &addr->s6_addr32[3]);
	return nla_put(skb, attr, sizeof(*addr), addr);
}

/**
 * tg_boot_fill() - describe the registered flow
 * @skb: message
 * @ctx: context
 *
 * Context: tn->lock.
 * Return: 0, %-ENOENT when there is no flow, %-EMSGSIZE.
 */
int tg_boot_fill(struct sk_buff *skb, const struct tg_context *ctx)
{
	struct tg_boot *boot = rcu_dereference_protected(ctx->boot, 1);

	struct tg_flow flow;

	if (!boot)
		return -ENOENT;
	spin_lock(&boot->lock);
	flow = boot->flow;
	spin_unlock(&boot->lock);
	if (nla_put_u32(skb, TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID, ctx->id) ||
	    nla_put_u16(skb, TRUSTGATE_A_BOOTSTRAP_FAMILY, boot->family) ||
	    tg_put_addr(skb, TRUSTGATE_A_BOOTSTRAP_LOCAL_ADDR, boot->family, &flow.local) ||
	    nla_put_be16(skb, TRUSTGATE_A_BOOTSTRAP_LOCAL_PORT, flow.local_port) ||
	    tg_put_addr(skb, TRUSTGATE_A_BOOTSTRAP_REMOTE_ADDR, boot->family, &flow.remote) ||
	    nla_put_be16(skb, TRUSTGATE_A_BOOTSTRAP_REMOTE_PORT, flow.remote_port) ||
	    nla_put_u32(skb, TRUSTGATE_A_BOOTSTRAP_OUT_PACKETS, atomic_read(&boot->packets[0])) ||
	    nla_put_u32(skb, TRUSTGATE_A_BOOTSTRAP_OUT_BYTES, atomic_read(&boot->bytes[0])) ||
	    nla_put_u32(skb, TRUSTGATE_A_BOOTSTRAP_IN_PACKETS, atomic_read(&boot->packets[1])) ||
	    nla_put_u32(skb, TRUSTGATE_A_BOOTSTRAP_IN_BYTES, atomic_read(&boot->bytes[1])) ||
	    nla_put_u32(skb, TRUSTGATE_A_BOOTSTRAP_ATTEMPT, boot->attempt) ||
	    (!boot->sk && nla_put_flag(skb, TRUSTGATE_A_BOOTSTRAP_FORWARD)) ||
	    (READ_ONCE(boot->exhausted) && nla_put_flag(skb, TRUSTGATE_A_BOOTSTRAP_EXHAUSTED)))
		return -EMSGSIZE;
	return 0;
}
