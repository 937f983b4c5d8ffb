/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the module share. */
#ifndef TRUSTGATE_PRIV_H
#define TRUSTGATE_PRIV_H

#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/u64_stats_sync.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/xfrm.h>
#include <linux/trustgate.h>

#include "compat.h"

#define TG_KINDS	(TRUSTGATE_EVIDENCE_KIND_AUTHZ + 1)
#define TG_REASONS	(TRUSTGATE_REASON_DELETED + 1)
#define TG_SCOPES_MAX	16
#define TG_BIND_MAX	16
#define TG_SPI_BITS	10
/* T_GC: what is gone stays visible for its counters. */
#define TG_GC_NS	(60ULL * NSEC_PER_SEC)
/* Deletions that XFRM tells nobody of are found this late at worst. */
#define TG_SWEEP_NS	(5ULL * NSEC_PER_SEC)
#define TG_DAY_NS	(24 * 3600ULL * NSEC_PER_SEC)
/* Window of tg_config.boot_attempts. */
#define TG_BOOT_WINDOW_NS	(300ULL * NSEC_PER_SEC)

struct genl_info;
struct netlink_ext_ack;

/**
 * struct tg_scope - one range of SAs the gate looks at, bounds inclusive
 */
struct tg_scope {
	u32 if_id_min, if_id_max;
	u32 mark, mark_mask;
	u32 reqid_min, reqid_max;
};

struct tg_scopes {
	struct rcu_head rcu;
	unsigned int n;
	struct tg_scope scope[];
};

/**
 * struct tg_config - settings of a namespace; the packet path reads only @mode
 */
struct tg_config {
	u32 mode;
	u32 t_bind_ms, t_verify_ms, grace_ms;
	u32 boot_bytes, boot_packets, boot_attempts;
	u32 max_contexts, max_sas;
};

/* Per CPU; the reason none counts what passed. */
struct tg_stats {
	u64_stats_t packets[2][TG_REASONS];
	u64_stats_t bytes[2][TG_REASONS];
	u64_stats_t boot_packets[2];
	u64_stats_t boot_bytes[2];
	struct u64_stats_sync syncp;
};

struct tg_agent {
	u64 session;		/* 0: nobody is registered */
	u32 portid;
	u32 lease_ms;
	u64 lease_ns;		/* boottime at which the lease lapses */
	char name[64];
};

/**
 * struct tg_net - the gate of one network namespace
 * @epoch:	a context is open only while its own epoch equals this one, so
 *		one write closes all of them
 * @lease_until: jiffies at which the agent's lease lapses
 * @lock:	everything below it; taken inside x->lock and xfrm_state_lock,
 *		so neither may be taken under it
 */
struct tg_net {
	unsigned long epoch;
	unsigned long lease_until;
	struct tg_stats __percpu *stats;
	struct tg_scopes __rcu *scopes;	/* NULL: all SAs */

	spinlock_t lock;	/* everything below */
	struct net *net;
	struct tg_config config;
	struct tg_agent agent;
	struct xarray contexts;
	struct xarray sas;
	u32 ncontexts, nsas;
	u32 next_context, next_sa;
	u64 next_generation;
	u64 next_session;
	u64 event_seq;
	unsigned int table_seq;	/* of consistent dumps */
	u64 refused;
	bool hooked;
	bool used;		/* an agent is registered, or was since the gate is on */
	bool asleep;		/* from before a suspend until after it */
	bool missed;		/* a state was not entered; walk again */
	u64 next_ns;		/* when @work runs */
	struct delayed_work work;
	DECLARE_HASHTABLE(by_spi, TG_SPI_BITS);
};

struct tg_evidence {
	bool present;
	bool provisional;
	u32 result;
	u64 expires_ns;		/* boottime; of a good proof */
	u64 set_ns;
	u8 proof_digest[TRUSTGATE_DIGEST_LEN];
	char detail[TRUSTGATE_TEXT_MAX + 1];
};

/**
 * struct tg_context - the trust in one authenticated IKE SA
 * @epoch:	tn->epoch when open, 0 when not
 * @until:	jiffies at which the first required proof expires
 * @state:	enum trustgate_state; the packet path reads it for the reason
 * @boot:	the flow that passes while the context is not open
 */
struct tg_context {
	unsigned long epoch;
	unsigned long until;
	struct tg_net *tn;
	u32 state, reason;
	struct tg_boot __rcu *boot;

	u32 id;
	u64 ike_instance;
	u32 ike_id, role, required;
	u8 cert_digest[TRUSTGATE_DIGEST_LEN];
	u64 generation;
	u64 since_ns;
	u64 deadline_ns;	/* T_VERIFY; 0: does not run */
	u64 expires_ns;		/* first required proof; 0: not open */
	u64 boot_window_ns;
	u32 boot_attempts;
	u32 nsas;
	u64 held_gone;		/* held packets of SAs that have gone */
	struct list_head sas;
	struct tg_evidence evidence[TG_KINDS];
	char peer[TRUSTGATE_TEXT_MAX + 1];
	char detail[TRUSTGATE_TEXT_MAX + 1];
	struct rcu_head rcu;
};

struct tg_sa_key {
	xfrm_address_t daddr;
	__be32 spi;
	u16 family;
	u8 proto;
};

/**
 * struct tg_sa - one XFRM state in scope, or the announcement of one
 * @x:		the state, with a reference held, so that its address names
 *		nothing else while this entry can be found; NULL when announced
 * @reason:	TRUSTGATE_REASON_NONE, or why this SA is rejected by itself
 */
struct tg_sa {
	struct hlist_node node;
	struct xfrm_state *x;
	struct tg_context __rcu *ctx;

	atomic64_t held_packets;
	atomic64_t held_bytes;
	u32 id, context_id;
	u32 reason;
	bool gone, bind_timed_out;
	struct tg_sa_key key;
	xfrm_address_t saddr;
	u32 if_id, reqid, mark, mark_mask;
	u8 mode;
	u64 since_ns;
	u64 deadline_ns;	/* T_BIND, or T_GC once gone */
	struct hlist_node spi_node;
	struct list_head ctx_node;
	struct rcu_head rcu_x, rcu;
};

extern unsigned int tg_net_id;

static inline struct tg_net *tg_pernet(struct net *net)
{
	return net_generic(net, tg_net_id);
}

/* A context that closes is seen to be closed by every packet after one write:
 * its own epoch, the namespace's epoch, or the clock.
 */
static inline bool tg_context_is_open(const struct tg_context *ctx)
{
	const struct tg_net *tn = ctx->tn;
	unsigned long now = jiffies;

	return READ_ONCE(ctx->epoch) == READ_ONCE(tn->epoch) &&
	       time_before(now, READ_ONCE(ctx->until)) &&
	       time_before(now, READ_ONCE(tn->lease_until));
}

extern struct hlist_head *tg_table;
extern unsigned int tg_table_shift;

static inline struct hlist_head *tg_bucket(const struct xfrm_state *x)
{
	return &tg_table[((u64)(unsigned long)x * GOLDEN_RATIO_64) >> tg_table_shift];
}

/**
 * tg_sa_find() - the entry of a state
 * @x: the state
 *
 * Context: RCU read side.
 * Return: the entry, or NULL, which means held.
 */
static __always_inline struct tg_sa *tg_sa_find(const struct xfrm_state *x)
{
	struct tg_sa *sa;

	hlist_for_each_entry_rcu(sa, tg_bucket(x), node)
		if (likely(sa->x == x))
			return sa;
	return NULL;
}

/* The context of an open SA, or NULL. */
static __always_inline struct tg_context *tg_open_context(const struct tg_sa *sa)
{
	struct tg_context *ctx = likely(sa) ? rcu_dereference(sa->ctx) : NULL;

	return likely(ctx) && likely(tg_context_is_open(ctx)) ? ctx : NULL;
}

/* main.c */
void tg_kick(struct tg_net *tn, u64 when_ns);
int tg_set_mode(struct tg_net *tn, u32 mode);
void tg_start_afresh(struct tg_net *tn);
void tg_agent_lost(struct tg_net *tn, u32 reason);
bool tg_agent_live(const struct tg_net *tn);

/* gate.c */
int tg_gate_init(void);
void tg_gate_exit(void);
int tg_gate_hook(struct net *net);
void tg_gate_unhook(struct net *net);

/* sa.c */
extern unsigned int tg_buckets;
int tg_sa_init(void);
void tg_sa_exit(void);
int tg_km_register(void);
void tg_km_unregister(void);
bool tg_in_scope(struct tg_net *tn, const struct xfrm_state *x);
void tg_sa_rescan(struct tg_net *tn);
unsigned int tg_sa_release_held(struct tg_net *tn, u32 mode, const struct tg_scopes *scopes,
				bool delete);
void tg_sa_drop_all(struct tg_net *tn);
u64 tg_sa_tick(struct tg_net *tn, u64 now);
int tg_sa_bind(struct tg_context *ctx, const struct tg_sa_key *keys, unsigned int n,
	       struct netlink_ext_ack *extack);
u32 tg_sa_state(const struct tg_sa *sa);
u32 tg_sa_reason(const struct tg_sa *sa);

/* context.c */
struct tg_context *tg_context_find(struct tg_net *tn, u64 instance, u32 ike_id);
struct tg_context *tg_context_new(struct tg_net *tn, struct netlink_ext_ack *extack);
void tg_context_announced(struct tg_context *ctx);
void tg_context_suspend(struct tg_context *ctx, u32 reason, const char *detail);
void tg_context_reject(struct tg_context *ctx, u32 reason, const char *detail);
void tg_context_gone(struct tg_context *ctx, u32 reason);
void tg_context_reverify(struct tg_context *ctx);
void tg_context_require(struct tg_context *ctx, u32 required);
int tg_context_evidence(struct tg_context *ctx, u32 kind, const struct tg_evidence *ev,
			struct netlink_ext_ack *extack);
u32 tg_context_satisfied(const struct tg_context *ctx, u64 now, u64 *first);
void tg_context_suspend_all(struct tg_net *tn, u32 reason, const char *detail);
void tg_context_wake_all(struct tg_net *tn);
u64 tg_context_tick(struct tg_net *tn, u64 now);
void tg_context_drop_all(struct tg_net *tn);

/* bootstrap.c */
struct tg_boot;
bool tg_boot_pass(struct tg_context *ctx, struct sk_buff *skb, const struct xfrm_state *x, int dir);
bool tg_boot_forwards(const struct tg_context *ctx, const struct sk_buff *skb);
struct tg_boot *tg_boot_make(struct genl_info *info);
void tg_boot_discard(struct tg_boot *boot);
int tg_boot_install(struct tg_context *ctx, struct tg_boot *boot, struct netlink_ext_ack *extack);
void tg_boot_clear(struct tg_context *ctx);
int tg_boot_fill(struct sk_buff *skb, const struct tg_context *ctx);

/* netlink.c */
int tg_netlink_init(void);
void tg_netlink_exit(void);
void tg_event_context(struct tg_context *ctx, u32 event, u32 old_state);
void tg_event_evidence(struct tg_context *ctx, u32 kind);
void tg_event_sa(struct tg_net *tn, struct tg_sa *sa, u32 event);
void tg_event_agent(struct tg_net *tn, u32 event, u32 reason);
void tg_event_config(struct tg_net *tn, bool rescope);

#endif /* TRUSTGATE_PRIV_H */
