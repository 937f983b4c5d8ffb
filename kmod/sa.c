// SPDX-License-Identifier: GPL-2.0-only
/*
 * The XFRM states the gate knows, and what they are bound to.
 *
 * The packet path finds an entry by the state's address. The entry holds a
 * reference to the state until no reader can see the entry any more, so an
 * address never names a newer state. A state without an entry is held, so
 * nothing here is needed for safety: the notifications may come late or not at
 * all (they come after the state is usable: xfrm_add_sa() inserts, then tells).
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rculist.h>

#include "trustgate.h"
#include "trace.h"

unsigned int tg_buckets = 1 << 14;
module_param_named(buckets, tg_buckets, uint, 0444);
MODULE_PARM_DESC(buckets, "Buckets of the table of SAs, a power of two (default 16384)");

struct hlist_head *tg_table __read_mostly;
unsigned int tg_table_shift __read_mostly;
/* Writers of the table; each also holds its namespace's lock. */
static DEFINE_SPINLOCK(tg_table_lock);

/*
 * The IPIP state that the kernel makes for those of IPComp has their mark and if_id, but no
 * reqid, and may be of several: it is in scope when one of them may be.
 */
static bool tg_scope_match(const struct tg_scope *s, const struct xfrm_state *x)
{
	return x->if_id >= s->if_id_min && x->if_id <= s->if_id_max &&
	       (x->mark.v & s->mark_mask) == s->mark &&
	       (xfrm_state_kern(x) ||
		(x->props.reqid >= s->reqid_min && x->props.reqid <= s->reqid_max));
}

/* NULL: all are. */
static bool tg_scopes_match(const struct tg_scopes *scopes, const struct xfrm_state *x)
{
	bool in = !scopes;
	unsigned int i;

	for (i = 0; scopes && i < scopes->n && !in; i++)
		in = tg_scope_match(&scopes->scope[i], x);
	return in;
}

/**
 * tg_in_scope() - is this state the gate's business
 * @tn: its namespace
 * @x: the state
 */
bool tg_in_scope(struct tg_net *tn, const struct xfrm_state *x)
{
	bool in;

	rcu_read_lock();
	in = tg_scopes_match(rcu_dereference(tn->scopes), x);
	rcu_read_unlock();
	return in;
}

/* IPComp and the IPIP state under it carry nothing of their own; they follow
 * the ESP or AH state they come with (gate.c).
 */
static bool tg_sa_has_entry(const struct xfrm_state *x)
{
	return x->id.proto == IPPROTO_ESP || x->id.proto == IPPROTO_AH;
}

static void tg_sa_key_of(const struct xfrm_state *x, struct tg_sa_key *key)
{
	memset(key, 0, sizeof(*key));
	key->spi = x->id.spi;
	key->proto = x->id.proto;
	key->family = x->props.family;
	if (key->family == AF_INET)
		key->daddr.a4 = x->id.daddr.a4;
	else
		key->daddr = x->id.daddr;
}

static bool tg_sa_key_equal(const struct tg_sa_key *a, const struct tg_sa_key *b)
{
	return a->spi == b->spi && a->proto == b->proto && a->family == b->family &&
	       xfrm_addr_equal(&a->daddr, &b->daddr, a->family);
}

/* A state whose deletion nobody told us of must not stand for its successor. */
static bool tg_sa_live(const struct tg_sa *sa)
{
	return !sa->gone && (!sa->x || READ_ONCE(sa->x->km.state) == XFRM_STATE_VALID);
}

static struct tg_sa *tg_sa_by_key(struct tg_net *tn, const struct tg_sa_key *key)
{
	struct tg_sa *sa;

	hash_for_each_possible(tn->by_spi, sa, spi_node, (__force u32)key->spi)
		if (tg_sa_live(sa) && tg_sa_key_equal(&sa->key, key))
			return sa;
	return NULL;
}

static struct tg_context *tg_sa_context(const struct tg_sa *sa)
{
	return rcu_dereference_protected(sa->ctx, 1);
}

/**
 * tg_sa_state() - state of an SA as the state machine names it
 * @sa: the SA
 *
 * Context: tn->lock.
 * Return: enum trustgate_state.
 */
u32 tg_sa_state(const struct tg_sa *sa)
{
	const struct tg_context *ctx = tg_sa_context(sa);

	if (sa->gone)
		return TRUSTGATE_STATE_GONE;
	if (sa->reason != TRUSTGATE_REASON_NONE)
		return TRUSTGATE_STATE_REJECTED;
	if (!sa->x)
		return TRUSTGATE_STATE_ABSENT;
	return ctx ? ctx->state : TRUSTGATE_STATE_UNBOUND;
}

/**
 * tg_sa_reason() - why an SA is not open
 * @sa: the SA
 *
 * Context: tn->lock.
 * Return: enum trustgate_reason, none when it is open.
 */
u32 tg_sa_reason(const struct tg_sa *sa)
{
	const struct tg_context *ctx = tg_sa_context(sa);

	if (sa->reason != TRUSTGATE_REASON_NONE)
		return sa->reason;
	if (sa->gone)
		return TRUSTGATE_REASON_DELETED;
	if (ctx)
		return ctx->reason;
	return sa->bind_timed_out ? TRUSTGATE_REASON_UNBOUND_TIMEOUT : TRUSTGATE_REASON_UNBOUND;
}

static struct tg_sa *tg_sa_alloc(struct tg_net *tn, const struct tg_sa_key *key, gfp_t gfp)
{
	u64 now = ktime_get_boottime_ns();
	struct tg_sa *sa;

	if (tn->nsas >= tn->config.max_sas)
		return NULL;
	sa = kzalloc(sizeof(*sa), gfp);
	if (!sa)
		return NULL;
	if (xa_alloc_cyclic(&tn->sas, &sa->id, sa, XA_LIMIT(1, U32_MAX), &tn->next_sa, gfp) < 0) {
		kfree(sa);
		return NULL;
	}
	sa->key = *key;
	sa->since_ns = now;
	sa->deadline_ns = now + tn->config.t_bind_ms * (u64)NSEC_PER_MSEC;
	INIT_LIST_HEAD(&sa->ctx_node);
	hash_add(tn->by_spi, &sa->spi_node, (__force u32)key->spi);
	tn->nsas++;
	tn->table_seq++;
	tg_kick(tn, sa->deadline_ns);
	return sa;
}

static void tg_sa_free(struct tg_net *tn, struct tg_sa *sa)
{
	hash_del(&sa->spi_node);
	xa_erase(&tn->sas, sa->id);
	tn->nsas--;
	tn->table_seq++;
	kfree_rcu(sa, rcu);
}

static void tg_sa_detach(struct tg_sa *sa)
{
	struct tg_context *ctx = tg_sa_context(sa);

	if (!ctx)
		return;
	list_del_init(&sa->ctx_node);
	ctx->nsas--;
	ctx->held_gone += atomic64_read(&sa->held_packets);
	rcu_assign_pointer(sa->ctx, NULL);
}

static void tg_sa_attach(struct tg_sa *sa, struct tg_context *ctx)
{
	sa->context_id = ctx->id;
	sa->deadline_ns = 0;
	list_add_tail(&sa->ctx_node, &ctx->sas);
	ctx->nsas++;
	rcu_assign_pointer(sa->ctx, ctx);
}

/* Fill in what the state says and let the packet path find it. */
static void tg_sa_enter(struct tg_sa *sa, struct xfrm_state *x)
{
	xfrm_state_hold(x);
	sa->x = x;
	sa->saddr = x->props.saddr;
	sa->if_id = x->if_id;
	sa->reqid = x->props.reqid;
	sa->mark = x->mark.v;
	sa->mark_mask = x->mark.m;
	sa->mode = x->props.mode;
	sa->since_ns = ktime_get_boottime_ns();
	if (tg_sa_context(sa))
		sa->deadline_ns = 0;
	if (tg_packet_offload(x))
		sa->reason = TRUSTGATE_REASON_OFFLOAD;
	else if (x->props.mode == TG_XFRM_MODE_IPTFS)
		sa->reason = TRUSTGATE_REASON_MODE;
	/* Rejected by itself: no context opens it. */
	if (sa->reason != TRUSTGATE_REASON_NONE)
		tg_sa_detach(sa);
	spin_lock(&tg_table_lock);
	hlist_add_head_rcu(&sa->node, tg_bucket(x));
	spin_unlock(&tg_table_lock);
}

static void tg_sa_release_x(struct rcu_head *rcu)
{
	struct tg_sa *sa = container_of(rcu, struct tg_sa, rcu_x);
	struct xfrm_state *x = sa->x;

	WRITE_ONCE(sa->x, NULL);
	xfrm_state_put(x);
}

/* The state has left the SAD: S7. The entry stays for its counters. */
static void tg_sa_gone(struct tg_net *tn, struct tg_sa *sa)
{
	u32 old = tg_sa_state(sa);

	tg_sa_detach(sa);
	sa->gone = true;
	sa->since_ns = ktime_get_boottime_ns();
	sa->deadline_ns = sa->since_ns + TG_GC_NS;
	tn->table_seq++;
	spin_lock(&tg_table_lock);
	hlist_del_rcu(&sa->node);
	spin_unlock(&tg_table_lock);
	trace_trustgate_sa(tn, sa, old);
	tg_event_sa(tn, sa, TRUSTGATE_EVENT_SA_GONE);
	call_rcu(&sa->rcu_x, tg_sa_release_x);
	tg_kick(tn, sa->deadline_ns);
}

static void tg_sa_added(struct tg_net *tn, struct tg_sa *sa, u32 old)
{
	tn->table_seq++;
	trace_trustgate_sa(tn, sa, old);
	if (sa->reason != TRUSTGATE_REASON_NONE)
		tg_event_sa(tn, sa, TRUSTGATE_EVENT_SA_REJECTED);
	else
		tg_event_sa(tn, sa, tg_sa_context(sa) ? TRUSTGATE_EVENT_SA_BOUND :
							TRUSTGATE_EVENT_SA_NEW);
}

/* E1. Returns true when no hook can hold this state, so that it has to go. */
static bool tg_sa_add(struct tg_net *tn, struct xfrm_state *x)
{
	struct tg_sa_key key;
	struct tg_sa *sa;
	bool refuse = false;

	tg_sa_key_of(x, &key);
	spin_lock_bh(&tn->lock);
	if (tn->config.mode == TRUSTGATE_MODE_OFF || !tg_in_scope(tn, x) || !tg_sa_has_entry(x))
		goto out;
	sa = tg_sa_find(x);
	if (sa) {
		refuse = sa->reason != TRUSTGATE_REASON_NONE;
		goto out;
	}
	sa = tg_sa_by_key(tn, &key);
	if (!sa || sa->x) {
		sa = tg_sa_alloc(tn, &key, GFP_ATOMIC);
		if (!sa) {
			tn->missed = true;
			tg_kick(tn, ktime_get_boottime_ns() + TG_SWEEP_NS);
			goto out;
		}
	}
	tg_sa_enter(sa, x);
	tg_sa_added(tn, sa, TRUSTGATE_STATE_ABSENT);
	refuse = sa->reason != TRUSTGATE_REASON_NONE && tn->config.mode == TRUSTGATE_MODE_ENFORCE;
out:
	spin_unlock_bh(&tn->lock);
	return refuse;
}

static void tg_sa_del(struct tg_net *tn, const struct xfrm_state *x)
{
	struct tg_sa *sa;

	spin_lock_bh(&tn->lock);
	rcu_read_lock();
	sa = tg_sa_find(x);
	if (sa && !sa->gone)
		tg_sa_gone(tn, sa);
	rcu_read_unlock();
	spin_unlock_bh(&tn->lock);
}

static void tg_sa_flushed(struct tg_net *tn)
{
	unsigned long id;
	struct tg_sa *sa;

	spin_lock_bh(&tn->lock);
	xa_for_each(&tn->sas, id, sa)
		if (sa->x && !sa->gone && READ_ONCE(sa->x->km.state) == XFRM_STATE_DEAD)
			tg_sa_gone(tn, sa);
	spin_unlock_bh(&tn->lock);
}

/* Have the SAD walked again: something is, or may be, in it that has no entry. */
static void tg_sa_look_again(struct tg_net *tn)
{
	spin_lock_bh(&tn->lock);
	tn->missed = true;
	tg_kick(tn, ktime_get_boottime_ns() + NSEC_PER_SEC);
	spin_unlock_bh(&tn->lock);
}

/*
 * UPDSA on a live state is told with a copy that is dead and not hashed
 * (xfrm_state_update()), and a hard expiry may come without a reference left:
 * only VALID states are entered, and none is referenced but by tg_sa_add().
 */
static int tg_km_notify(struct xfrm_state *x, const struct km_event *c)
{
	/* c->net is not set for an expiry, and x is not for a flush. */
	struct tg_net *tn = tg_pernet(x ? xs_net(x) : c->net);

	switch (c->event) {
	case XFRM_MSG_UPDSA:
		/*
		 * The live state that was updated may have come into the scope, without an
		 * entry. Each inbound SA of a rekey comes by UPDSA too, but as itself: that
		 * is worth no walk of a large SAD.
		 */
		if (x->km.state != XFRM_STATE_VALID)
			tg_sa_look_again(tn);
		fallthrough;
	case XFRM_MSG_NEWSA:
		if (x->km.state == XFRM_STATE_VALID && tg_sa_add(tn, x))
			xfrm_state_delete(x);
		break;
	case XFRM_MSG_DELSA:
		tg_sa_del(tn, x);
		break;
	case XFRM_MSG_EXPIRE:
		if (c->data.hard)
			tg_sa_del(tn, x);
		break;
	case XFRM_MSG_FLUSHSA:
		tg_sa_flushed(tn);
		break;
	}
	return 0;
}

/* Called without a test for NULL; 0 would mean that a daemon was told. */
static int tg_km_acquire(struct xfrm_state *x, struct xfrm_tmpl *t, struct xfrm_policy *xp)
{
	return -EOPNOTSUPP;
}

/* Called without a test for NULL by setsockopt(IP_XFRM_POLICY). */
static struct xfrm_policy *tg_km_compile_policy(struct sock *sk, int opt, u8 *data, int len,
						int *dir)
{
	*dir = -EOPNOTSUPP;
	return NULL;
}

static struct xfrm_mgr tg_km = {
	.notify		= tg_km_notify,
	.acquire	= tg_km_acquire,
	.compile_policy	= tg_km_compile_policy,
};

int tg_km_register(void)
{
	xfrm_register_km(&tg_km);
	return 0;
}

void tg_km_unregister(void)
{
	xfrm_unregister_km(&tg_km);
	/* A notification that is under way ends before the tables go. */
	synchronize_rcu();
}

static int tg_sa_walk_one(struct xfrm_state *x, int count, void *arg)
{
	if (x->km.state == XFRM_STATE_VALID)
		tg_sa_add(arg, x);
	return 0;
}

/* States that are deleted here were collected with a reference each, because
 * xfrm_state_delete() takes x->lock, outside which tn->lock has to stay.
 */
#define TG_BATCH	32

static unsigned int tg_sa_collect(struct tg_net *tn, bool (*want)(const struct tg_sa *sa),
				  struct xfrm_state **batch)
{
	unsigned int n = 0;
	unsigned long id;
	struct tg_sa *sa;

	spin_lock_bh(&tn->lock);
	xa_for_each(&tn->sas, id, sa) {
		if (n == TG_BATCH)
			break;
		if (!sa->x || sa->gone || !want(sa))
			continue;
		batch[n] = sa->x;
		xfrm_state_hold(batch[n++]);
		tg_sa_gone(tn, sa);
	}
	spin_unlock_bh(&tn->lock);
	return n;
}

static void tg_sa_delete(struct tg_net *tn, bool (*want)(const struct tg_sa *sa))
{
	struct xfrm_state *batch[TG_BATCH];
	unsigned int i, n;

	do {
		n = tg_sa_collect(tn, want, batch);
		for (i = 0; i < n; i++) {
			xfrm_state_delete(batch[i]);
			xfrm_state_put(batch[i]);
		}
	} while (n);
}

static bool tg_sa_is_ungateable(const struct tg_sa *sa)
{
	return sa->reason != TRUSTGATE_REASON_NONE;
}

/* What a change of mode or scope lets go, see tg_sa_release_held(). */
struct tg_release {
	struct tg_net *tn;
	u32 mode;
	const struct tg_scopes *scopes;
	bool delete;
	unsigned int found, n;
	struct xfrm_state *batch[TG_BATCH];
};

/* One state of the SAD, which may have no entry: beyond max-sas it is held for that. */
static bool tg_release_wants(const struct tg_release *r, const struct xfrm_state *x)
{
	struct tg_sa *sa;
	bool held;

	if (x->km.state != XFRM_STATE_VALID || !tg_sa_has_entry(x))
		return false;
	rcu_read_lock();
	sa = tg_sa_find(x);
	held = sa ? !tg_open_context(sa) : tg_in_scope(r->tn, x);
	rcu_read_unlock();
	return held && (r->mode != TRUSTGATE_MODE_ENFORCE || !tg_scopes_match(r->scopes, x));
}

static int tg_release_one(struct xfrm_state *x, int count, void *arg)
{
	struct tg_release *r = arg;

	if (!tg_release_wants(r, x))
		return 0;
	if (r->n == TG_BATCH)
		return -ENOBUFS;	/* from here on again, once these are deleted */
	r->found++;
	if (!r->delete)
		return 0;
	xfrm_state_hold(x);
	r->batch[r->n++] = x;
	return 0;
}

/**
 * tg_sa_release_held() - SAs that are held, and would pass after a change
 * @tn: namespace that enforces
 * @mode: enum trustgate_mode that it is to have
 * @scopes: the scope that it is to have, NULL: all SAs
 * @delete: delete them, so that nothing that was held passes
 *
 * Context: process; the caller serialises.
 * Return: how many there are, or were.
 */
unsigned int tg_sa_release_held(struct tg_net *tn, u32 mode, const struct tg_scopes *scopes,
				bool delete)
{
	struct tg_release r = { .tn = tn, .mode = mode, .scopes = scopes, .delete = delete };
	struct xfrm_state_walk walk;
	int err;

	xfrm_state_walk_init(&walk, 0, NULL);
	do {
		err = xfrm_state_walk(tn->net, &walk, tg_release_one, &r);
		while (r.n) {
			xfrm_state_delete(r.batch[--r.n]);
			xfrm_state_put(r.batch[r.n]);
		}
		cond_resched();
	} while (err == -ENOBUFS);
	xfrm_state_walk_done(&walk, tn->net);
	return r.found;
}

/**
 * tg_sa_rescan() - give every state in scope that has none an entry
 * @tn: the namespace
 *
 * Context: process.
 */
void tg_sa_rescan(struct tg_net *tn)
{
	struct xfrm_state_walk walk;

	WRITE_ONCE(tn->missed, false);
	xfrm_state_walk_init(&walk, 0, NULL);
	xfrm_state_walk(tn->net, &walk, tg_sa_walk_one, tn);
	xfrm_state_walk_done(&walk, tn->net);
	if (READ_ONCE(tn->config.mode) == TRUSTGATE_MODE_ENFORCE)
		tg_sa_delete(tn, tg_sa_is_ungateable);
}

/* All or none: either every key has an entry afterwards, or nothing changed. */
static int tg_sa_bind_prepare(struct tg_context *ctx, const struct tg_sa_key *keys, unsigned int n,
			      struct tg_sa **sas, struct netlink_ext_ack *extack)
{
	struct tg_net *tn = ctx->tn;
	unsigned int i, made = 0;
	struct tg_sa *fresh[TG_BIND_MAX];
	int err;

	for (i = 0; i < n; i++) {
		struct tg_context *other;

		sas[i] = tg_sa_by_key(tn, &keys[i]);
		other = sas[i] ? tg_sa_context(sas[i]) : NULL;
		if (other && other != ctx) {
			NL_SET_ERR_MSG(extack,
				       "an SA is bound to another context; nothing was bound");
			err = -EBUSY;
			goto undo;
		}
		if (sas[i] && sas[i]->reason != TRUSTGATE_REASON_NONE) {
			NL_SET_ERR_MSG(extack,
				       "an SA is rejected by itself (offload or mode); nothing was bound");
			err = -EKEYREJECTED;
			goto undo;
		}
		if (sas[i])
			continue;
		sas[i] = tg_sa_alloc(tn, &keys[i], GFP_ATOMIC);
		if (!sas[i]) {
			NL_SET_ERR_MSG(extack, "no room for another SA: raise max-sas");
			err = -ENOSPC;
			goto undo;
		}
		fresh[made++] = sas[i];
	}
	return 0;
undo:
	while (made)
		tg_sa_free(tn, fresh[--made]);
	return err;
}

/**
 * tg_sa_bind() - bind SAs to a context, announcing those that are not there yet
 * @ctx: the context
 * @keys: what names the SAs
 * @n: how many, at most TG_BIND_MAX
 * @extack: gets the reason of a refusal
 *
 * Context: tn->lock.
 * Return: 0; %-EBUSY when one is bound to another context; %-EKEYREJECTED when
 * no context may open one; %-ENOSPC.
 */
int tg_sa_bind(struct tg_context *ctx, const struct tg_sa_key *keys, unsigned int n,
	       struct netlink_ext_ack *extack)
{
	struct tg_sa *sas[TG_BIND_MAX];
	struct tg_net *tn = ctx->tn;
	unsigned int i;
	int err;

	err = tg_sa_bind_prepare(ctx, keys, n, sas, extack);
	if (err)
		return err;
	for (i = 0; i < n; i++) {
		u32 old = tg_sa_state(sas[i]);
		u64 bind_by = sas[i]->deadline_ns;

		if (tg_sa_context(sas[i]) == ctx)
			continue;
		tg_sa_attach(sas[i], ctx);
		if (!sas[i]->x)
			sas[i]->deadline_ns = bind_by;	/* an announcement lasts T_BIND */
		else
			tg_sa_added(tn, sas[i], old);
	}
	return 0;
}

static void tg_sa_expire_one(struct tg_net *tn, struct tg_sa *sa)
{
	if (sa->gone) {
		/* The last reader may still be about to release the state. */
		if (!READ_ONCE(sa->x))
			tg_sa_free(tn, sa);
		else
			sa->deadline_ns += NSEC_PER_SEC;
	} else if (!sa->x) {
		tg_sa_detach(sa);
		tg_sa_free(tn, sa);
	} else {
		sa->bind_timed_out = true;
		sa->deadline_ns = 0;
		tn->table_seq++;
		tg_event_sa(tn, sa, TRUSTGATE_EVENT_SA_UNBOUND_TIMEOUT);
	}
}

/**
 * tg_sa_tick() - T_BIND, T_GC, and deletions that nobody told of
 * @tn: the namespace
 * @now: boottime
 *
 * Context: tn->lock.
 * Return: when to look again.
 */
u64 tg_sa_tick(struct tg_net *tn, u64 now)
{
	u64 next = U64_MAX;
	unsigned long id;
	struct tg_sa *sa;

	xa_for_each(&tn->sas, id, sa) {
		if (sa->x && !sa->gone) {
			if (READ_ONCE(sa->x->km.state) == XFRM_STATE_DEAD) {
				tg_sa_gone(tn, sa);
				/* MIGRATE puts another state in its place, and tells nobody. */
				tn->missed = true;
				next = min(next, now + 1);
			}
			next = min(next, now + TG_SWEEP_NS);
		}
		if (sa->deadline_ns && sa->deadline_ns <= now) {
			tg_sa_expire_one(tn, sa);
			next = min(next, now + NSEC_PER_SEC);
		} else if (sa->deadline_ns) {
			next = min(next, sa->deadline_ns);
		}
	}
	return next;
}

/**
 * tg_sa_drop_all() - forget every SA of a namespace
 * @tn: the namespace, whose gate is off or which is going away
 *
 * Context: process; no notification may be under way.
 */
void tg_sa_drop_all(struct tg_net *tn)
{
	unsigned long id;
	struct tg_sa *sa;

	if (!READ_ONCE(tn->nsas))
		return;
	spin_lock_bh(&tn->lock);
	xa_for_each(&tn->sas, id, sa) {
		if (sa->x && !sa->gone)
			tg_sa_gone(tn, sa);
		else
			tg_sa_detach(sa);
	}
	spin_unlock_bh(&tn->lock);

	/* The references to the states are put, then nothing needs an entry. */
	rcu_barrier();
	spin_lock_bh(&tn->lock);
	xa_for_each(&tn->sas, id, sa)
		tg_sa_free(tn, sa);
	spin_unlock_bh(&tn->lock);
}

int tg_sa_init(void)
{
	if (!is_power_of_2(tg_buckets) || tg_buckets < 2 || tg_buckets > 1U << 24) {
		pr_err("buckets=%u: not a power of two from 2 to 16777216\n", tg_buckets);
		return -EINVAL;
	}
	tg_table_shift = 64 - ilog2(tg_buckets);
	tg_table = kvcalloc(tg_buckets, sizeof(*tg_table), GFP_KERNEL);
	return tg_table ? 0 : -ENOMEM;
}

void tg_sa_exit(void)
{
	kvfree(tg_table);
}
