// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trust state machine of one authenticated IKE SA (S2 to S7).
 *
 * Everything here runs under tn->lock. What closes a context does so with its
 * first write, before anybody is told: the packet path reads the epoch.
 */
#include <linux/jiffies.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "trustgate.h"
#include "trace.h"

#define TG_NEVER	U64_MAX

/* 0 is the epoch of what is closed; on 32 bits the count comes round. */
static void tg_epoch_bump(struct tg_net *tn)
{
	WRITE_ONCE(tn->epoch, tn->epoch + 1 ?: 1);
}

static unsigned long tg_jiffies_at(u64 when_ns, u64 now_ns)
{
	return when_ns > now_ns ? jiffies + nsecs_to_jiffies(when_ns - now_ns) : jiffies;
}

static bool tg_state_is_open(u32 state)
{
	return state == TRUSTGATE_STATE_OPEN || state == TRUSTGATE_STATE_REVERIFY;
}

static bool tg_state_is_final(u32 state)
{
	return state == TRUSTGATE_STATE_REJECTED || state == TRUSTGATE_STATE_GONE;
}

static void tg_context_enter(struct tg_context *ctx, u32 state, u32 reason, const char *detail)
{
	u32 old = ctx->state;

	if (!tg_state_is_open(state)) {
		WRITE_ONCE(ctx->epoch, 0);
		WRITE_ONCE(ctx->until, jiffies);
		ctx->expires_ns = 0;
	}
	if (detail)
		strscpy(ctx->detail, detail, sizeof(ctx->detail));
	else if (state != old && state != TRUSTGATE_STATE_GONE)
		ctx->detail[0] = '\0';
	if (state == old && reason == ctx->reason)
		return;
	WRITE_ONCE(ctx->state, state);
	WRITE_ONCE(ctx->reason, reason);
	ctx->since_ns = ktime_get_boottime_ns();
	ctx->tn->table_seq++;
	trace_trustgate_context(ctx, old);
	tg_event_context(ctx, state == TRUSTGATE_STATE_GONE ? TRUSTGATE_EVENT_CONTEXT_GONE :
							      TRUSTGATE_EVENT_CONTEXT_STATE, old);
}

static void tg_context_start_verify(struct tg_context *ctx)
{
	ctx->deadline_ns = ktime_get_boottime_ns() +
			   ctx->tn->config.t_verify_ms * (u64)NSEC_PER_MSEC;
	tg_kick(ctx->tn, ctx->deadline_ns);
}

static void tg_context_bump(struct tg_context *ctx)
{
	ctx->generation = ++ctx->tn->next_generation;
}

static void tg_context_forget(struct tg_context *ctx)
{
	memset(ctx->evidence, 0, sizeof(ctx->evidence));
}

/**
 * tg_context_satisfied() - kinds of proof that are good now
 * @ctx: the context
 * @now: boottime
 * @first: gets the boottime at which the first required one expires
 *
 * Return: mask of 1 << enum trustgate_evidence_kind.
 */
u32 tg_context_satisfied(const struct tg_context *ctx, u64 now, u64 *first)
{
	u32 mask = 0;
	int kind;

	*first = TG_NEVER;
	for (kind = 0; kind < TG_KINDS; kind++) {
		const struct tg_evidence *ev = &ctx->evidence[kind];

		if (!ev->present || ev->result != TRUSTGATE_RESULT_GOOD || ev->provisional ||
		    ev->expires_ns <= now)
			continue;
		mask |= BIT(kind);
		if (ctx->required & BIT(kind))
			*first = min(*first, ev->expires_ns);
	}
	return mask;
}

/* The only place that opens: the mask is complete, nothing has expired, the
 * lease is live.
 */
static void tg_context_try_open(struct tg_context *ctx)
{
	struct tg_net *tn = ctx->tn;
	u64 now = ktime_get_boottime_ns();
	u64 first;

	if (tg_state_is_final(ctx->state) || !tg_agent_live(tn) || !ctx->required)
		return;
	if ((tg_context_satisfied(ctx, now, &first) & ctx->required) != ctx->required)
		return;
	tg_boot_clear(ctx);
	ctx->deadline_ns = 0;
	ctx->expires_ns = first;
	tg_kick(tn, first);
	WRITE_ONCE(ctx->until, tg_jiffies_at(first, now));
	WRITE_ONCE(ctx->epoch, tn->epoch);
	tg_context_enter(ctx, TRUSTGATE_STATE_OPEN, TRUSTGATE_REASON_NONE, NULL);
}

/**
 * tg_context_find() - the context of an IKE SA, one that has gone included
 * @tn: namespace
 * @instance: run of the IKE daemon
 * @ike_id: unique id in that run, which the daemon never uses twice
 */
struct tg_context *tg_context_find(struct tg_net *tn, u64 instance, u32 ike_id)
{
	struct tg_context *ctx;
	unsigned long id;

	xa_for_each(&tn->contexts, id, ctx)
		if (ctx->ike_id == ike_id && ctx->ike_instance == instance)
			return ctx;
	return NULL;
}

/**
 * tg_context_new() - make a pending context
 * @tn: namespace
 * @extack: gets the reason of a refusal
 *
 * The caller fills in what was announced and calls tg_context_announced().
 *
 * Return: the context or an ERR_PTR.
 */
struct tg_context *tg_context_new(struct tg_net *tn, struct netlink_ext_ack *extack)
{
	struct tg_context *ctx;
	int err;

	if (tn->ncontexts >= tn->config.max_contexts) {
		NL_SET_ERR_MSG(extack, "no room for another context: raise max-contexts");
		return ERR_PTR(-ENOSPC);
	}
	ctx = kzalloc(sizeof(*ctx), GFP_ATOMIC);
	if (!ctx)
		return ERR_PTR(-ENOMEM);
	err = xa_alloc_cyclic(&tn->contexts, &ctx->id, ctx, XA_LIMIT(1, U32_MAX),
			      &tn->next_context, GFP_ATOMIC);
	if (err < 0) {
		kfree(ctx);
		return ERR_PTR(err);
	}
	tn->ncontexts++;
	ctx->tn = tn;
	INIT_LIST_HEAD(&ctx->sas);
	return ctx;
}

/**
 * tg_context_announced() - a context starts to be verified, afresh
 * @ctx: a new context, or a suspended one that its agent announced again
 */
void tg_context_announced(struct tg_context *ctx)
{
	tg_context_bump(ctx);
	tg_context_forget(ctx);
	ctx->boot_attempts = 0;
	tg_context_start_verify(ctx);
	tg_context_enter(ctx, TRUSTGATE_STATE_PENDING, TRUSTGATE_REASON_PENDING, NULL);
}

/**
 * tg_context_suspend() - close, recoverably (S5)
 * @ctx: context; one that is final stays as it is
 * @reason: enum trustgate_reason
 * @detail: for a person, or NULL
 *
 * An expired proof leaves the others standing; whatever else suspends makes
 * all of them void.
 */
void tg_context_suspend(struct tg_context *ctx, u32 reason, const char *detail)
{
	if (tg_state_is_final(ctx->state))
		return;
	WRITE_ONCE(ctx->epoch, 0);
	if (reason != TRUSTGATE_REASON_EXPIRED) {
		tg_context_bump(ctx);
		tg_context_forget(ctx);
	}
	tg_boot_clear(ctx);
	ctx->boot_attempts = 0;
	if (ctx->state != TRUSTGATE_STATE_SUSPENDED)
		tg_context_start_verify(ctx);
	tg_context_enter(ctx, TRUSTGATE_STATE_SUSPENDED, reason, detail);
}

/**
 * tg_context_reject() - close for good (S6)
 * @ctx: context
 * @reason: enum trustgate_reason
 * @detail: for a person, or NULL
 */
void tg_context_reject(struct tg_context *ctx, u32 reason, const char *detail)
{
	if (tg_state_is_final(ctx->state))
		return;
	WRITE_ONCE(ctx->epoch, 0);
	tg_context_bump(ctx);
	tg_boot_clear(ctx);
	ctx->deadline_ns = 0;
	tg_context_enter(ctx, TRUSTGATE_STATE_REJECTED, reason, detail);
	tg_kick(ctx->tn, ctx->since_ns + TG_GC_NS);
}

/**
 * tg_context_gone() - the IKE SA was deleted (S7)
 * @ctx: context
 * @reason: enum trustgate_reason
 *
 * SAs that are still bound are held until they leave the SAD.
 */
void tg_context_gone(struct tg_context *ctx, u32 reason)
{
	if (ctx->state == TRUSTGATE_STATE_GONE)
		return;
	WRITE_ONCE(ctx->epoch, 0);
	tg_context_bump(ctx);
	tg_boot_clear(ctx);
	ctx->deadline_ns = ktime_get_boottime_ns() + TG_GC_NS;
	tg_kick(ctx->tn, ctx->deadline_ns);
	tg_context_enter(ctx, TRUSTGATE_STATE_GONE, reason, NULL);
}

/**
 * tg_context_reverify() - its proofs are being sought from now on
 * @ctx: context
 *
 * A refresh of an open one is in flight (S4). One that is held waited for its turn until
 * now: T_VERIFY is for the attempt, not for the queue before it.
 */
void tg_context_reverify(struct tg_context *ctx)
{
	if (ctx->state == TRUSTGATE_STATE_PENDING || ctx->state == TRUSTGATE_STATE_SUSPENDED)
		tg_context_start_verify(ctx);
	else if (ctx->state == TRUSTGATE_STATE_OPEN)
		tg_context_enter(ctx, TRUSTGATE_STATE_REVERIFY, TRUSTGATE_REASON_NONE, NULL);
}

/**
 * tg_context_require() - change the required proofs (E14)
 * @ctx: context that is not final
 * @required: the new mask
 *
 * Proofs that still stand under the new mask are kept; the rest is verified.
 */
void tg_context_require(struct tg_context *ctx, u32 required)
{
	bool grew = required & ~ctx->required;

	/* What is being sought for a mask that only shrank is sought for this one, too. */
	if (grew)
		tg_context_bump(ctx);
	ctx->required = required;
	if (grew && tg_state_is_open(ctx->state)) {
		tg_context_start_verify(ctx);
		tg_context_enter(ctx, TRUSTGATE_STATE_PENDING, TRUSTGATE_REASON_POLICY, NULL);
	}
	tg_context_try_open(ctx);
}

static const u32 tg_bad_reason[TG_KINDS] = {
	[TRUSTGATE_EVIDENCE_KIND_DEVICE_AUTH]	= TRUSTGATE_REASON_BAD_DEVICE_AUTH,
	[TRUSTGATE_EVIDENCE_KIND_HP_AUTH]	= TRUSTGATE_REASON_BAD_HP_AUTH,
	[TRUSTGATE_EVIDENCE_KIND_REVOCATION]	= TRUSTGATE_REASON_BAD_REVOCATION,
	[TRUSTGATE_EVIDENCE_KIND_INTEGRITY]	= TRUSTGATE_REASON_BAD_INTEGRITY,
	[TRUSTGATE_EVIDENCE_KIND_AUTHZ]		= TRUSTGATE_REASON_BAD_AUTHZ,
};

/**
 * tg_context_evidence() - take one proof (E4, E5, E6)
 * @ctx: the context, whose generation and certificate the caller has compared
 * @kind: enum trustgate_evidence_kind
 * @ev: the proof
 * @extack: gets the reason of a refusal
 *
 * Return: 0; %-EKEYREJECTED for a context that is closed for good.
 */
int tg_context_evidence(struct tg_context *ctx, u32 kind, const struct tg_evidence *ev,
			struct netlink_ext_ack *extack)
{
	struct tg_evidence *have = &ctx->evidence[kind];

	if (tg_state_is_final(ctx->state)) {
		NL_SET_ERR_MSG(extack, "the context is closed for good: a new IKE SA is needed");
		return -EKEYREJECTED;
	}
	if (ev->result == TRUSTGATE_RESULT_INDETERMINATE && have->present &&
	    have->result == TRUSTGATE_RESULT_GOOD) {
		/* No answer does not take away a proof that has not expired. */
		strscpy(have->detail, ev->detail, sizeof(have->detail));
		tg_event_evidence(ctx, kind);
		return 0;
	}
	*have = *ev;
	ctx->tn->table_seq++;
	tg_event_evidence(ctx, kind);
	if (ev->result == TRUSTGATE_RESULT_BAD)
		tg_context_reject(ctx, tg_bad_reason[kind], ev->detail);
	else if (ev->result == TRUSTGATE_RESULT_GOOD && tg_state_is_open(ctx->state) &&
		 ev->provisional && (ctx->required & BIT(kind)))
		tg_context_suspend(ctx, TRUSTGATE_REASON_EXPIRED,
				   "a provisional proof replaced a full one");
	else if (ev->result == TRUSTGATE_RESULT_GOOD)
		tg_context_try_open(ctx);
	return 0;
}

/**
 * tg_context_suspend_all() - close every context of a namespace
 * @tn: namespace
 * @reason: enum trustgate_reason
 * @detail: for a person, or NULL
 *
 * One write closes them; what follows is bookkeeping.
 */
void tg_context_suspend_all(struct tg_net *tn, u32 reason, const char *detail)
{
	struct tg_context *ctx;
	unsigned long id;

	tg_epoch_bump(tn);
	xa_for_each(&tn->contexts, id, ctx)
		tg_context_suspend(ctx, reason, detail);
}

/**
 * tg_context_wake_all() - the machine is awake again: T_VERIFY begins anew
 * @tn: namespace
 *
 * Nobody could verify anything while it slept, however long that was.
 */
void tg_context_wake_all(struct tg_net *tn)
{
	struct tg_context *ctx;
	unsigned long id;

	xa_for_each(&tn->contexts, id, ctx)
		if (ctx->state == TRUSTGATE_STATE_SUSPENDED ||
		    ctx->state == TRUSTGATE_STATE_PENDING)
			tg_context_start_verify(ctx);
}

static void tg_context_free(struct tg_net *tn, struct tg_context *ctx)
{
	tg_boot_clear(ctx);
	xa_erase(&tn->contexts, ctx->id);
	tn->ncontexts--;
	tn->table_seq++;
	kfree_rcu(ctx, rcu);
}

static u64 tg_context_tick_one(struct tg_net *tn, struct tg_context *ctx, u64 now)
{
	if (ctx->expires_ns && ctx->expires_ns <= now)
		tg_context_suspend(ctx, TRUSTGATE_REASON_EXPIRED, NULL);
	if (ctx->state == TRUSTGATE_STATE_REJECTED && !ctx->nsas) {
		if (ctx->since_ns + TG_GC_NS > now)
			return ctx->since_ns + TG_GC_NS;
		tg_context_gone(ctx, ctx->reason);
	}
	if (!ctx->deadline_ns)
		return ctx->expires_ns ?: TG_NEVER;
	if (ctx->deadline_ns > now)
		return ctx->deadline_ns;
	if (ctx->state != TRUSTGATE_STATE_GONE) {
		/* tg_context_wake_all() gives it its time. */
		if (tn->asleep)
			return TG_NEVER;
		tg_context_reject(ctx, TRUSTGATE_REASON_NOT_VERIFIED, NULL);
		return now + TG_GC_NS;
	}
	if (!ctx->nsas) {
		tg_context_free(tn, ctx);
		return TG_NEVER;
	}
	return now + TG_SWEEP_NS;
}

/**
 * tg_context_tick() - expiries, T_VERIFY and T_GC
 * @tn: namespace
 * @now: boottime
 *
 * Return: when to look again.
 */
u64 tg_context_tick(struct tg_net *tn, u64 now)
{
	u64 next = TG_NEVER;
	struct tg_context *ctx;
	unsigned long id;

	xa_for_each(&tn->contexts, id, ctx)
		next = min(next, tg_context_tick_one(tn, ctx, now));
	return next;
}

/**
 * tg_context_drop_all() - forget every context
 * @tn: namespace whose SAs have been dropped already
 */
void tg_context_drop_all(struct tg_net *tn)
{
	struct tg_context *ctx;
	unsigned long id;

	tg_epoch_bump(tn);
	xa_for_each(&tn->contexts, id, ctx) {
		tg_context_gone(ctx, TRUSTGATE_REASON_POLICY);
		tg_context_free(tn, ctx);
	}
}
