// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: Documentation/netlink/specs/trustgate.yaml is the contract.
 *
 * Requests are serialised by the family's mutex. A request is checked whole
 * before anything changes, so what was good before a bad one still is. No
 * request opens a context: evidence does, in context.c.
 */
#include <linux/netlink.h>
#include <net/genetlink.h>

#include "trustgate.h"
#include "netlink_gen.h"

static struct genl_family tg_family;

static struct tg_net *tg_of(struct genl_info *info)
{
	return tg_pernet(genl_info_net(info));
}

static int tg_refuse(struct tg_net *tn, int err)
{
	if (err) {
		spin_lock_bh(&tn->lock);
		tn->refused++;
		spin_unlock_bh(&tn->lock);
	}
	return err;
}

static u32 tg_ms_left(u64 when, u64 now)
{
	return when > now ? min_t(u64, div_u64(when - now, NSEC_PER_MSEC), U32_MAX) : 0;
}

static u32 tg_ms_since(u64 when, u64 now)
{
	return tg_ms_left(now, when);
}

/* ------------------------------------------------------------- messages */

static int tg_fill_evidence(struct sk_buff *skb, const struct tg_context *ctx, int kind, u64 now)
{
	const struct tg_evidence *ev = &ctx->evidence[kind];
	struct nlattr *nest;

	if (!ev->present)
		return 0;
	nest = nla_nest_start(skb, TRUSTGATE_A_CONTEXT_EVIDENCE);
	if (!nest ||
	    nla_put_u32(skb, TRUSTGATE_A_EVIDENCE_KIND, kind) ||
	    nla_put_u32(skb, TRUSTGATE_A_EVIDENCE_RESULT, ev->result) ||
	    nla_put(skb, TRUSTGATE_A_EVIDENCE_CERT_DIGEST, TRUSTGATE_DIGEST_LEN,
		    ctx->cert_digest) ||
	    nla_put(skb, TRUSTGATE_A_EVIDENCE_PROOF_DIGEST, TRUSTGATE_DIGEST_LEN,
		    ev->proof_digest) ||
	    nla_put_u32(skb, TRUSTGATE_A_EVIDENCE_EXPIRES_MS, tg_ms_left(ev->expires_ns, now)) ||
	    nla_put_u32(skb, TRUSTGATE_A_EVIDENCE_AGE_MS, tg_ms_since(ev->set_ns, now)) ||
	    (ev->provisional && nla_put_flag(skb, TRUSTGATE_A_EVIDENCE_PROVISIONAL)) ||
	    nla_put_string(skb, TRUSTGATE_A_EVIDENCE_DETAIL, ev->detail))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static u64 tg_context_held(const struct tg_context *ctx)
{
	u64 held = ctx->held_gone;
	const struct tg_sa *sa;

	list_for_each_entry(sa, &ctx->sas, ctx_node)
		held += atomic64_read(&sa->held_packets);
	return held;
}

static int tg_fill_context_times(struct sk_buff *skb, const struct tg_context *ctx, u64 now)
{
	if (nla_put_u32(skb, TRUSTGATE_A_CONTEXT_SINCE_MS, tg_ms_since(ctx->since_ns, now)) ||
	    (ctx->expires_ns && nla_put_u32(skb, TRUSTGATE_A_CONTEXT_EXPIRES_MS,
					    tg_ms_left(ctx->expires_ns, now))) ||
	    (ctx->deadline_ns && ctx->state != TRUSTGATE_STATE_GONE &&
	     nla_put_u32(skb, TRUSTGATE_A_CONTEXT_DEADLINE_MS, tg_ms_left(ctx->deadline_ns, now))))
		return -EMSGSIZE;
	return 0;
}

static int tg_fill_context(struct sk_buff *skb, const struct tg_context *ctx)
{
	u64 now = ktime_get_boottime_ns(), first;
	int kind;

	if (nla_put_u32(skb, TRUSTGATE_A_CONTEXT_ID, ctx->id) ||
	    nla_put_u64_64bit(skb, TRUSTGATE_A_CONTEXT_IKE_INSTANCE, ctx->ike_instance,
			      TRUSTGATE_A_CONTEXT_PAD) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONTEXT_IKE_ID, ctx->ike_id) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONTEXT_ROLE, ctx->role) ||
	    nla_put(skb, TRUSTGATE_A_CONTEXT_CERT_DIGEST, TRUSTGATE_DIGEST_LEN,
		    ctx->cert_digest) ||
	    nla_put_string(skb, TRUSTGATE_A_CONTEXT_PEER, ctx->peer) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONTEXT_REQUIRED, ctx->required) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONTEXT_SATISFIED,
			tg_context_satisfied(ctx, now, &first)) ||
	    nla_put_u64_64bit(skb, TRUSTGATE_A_CONTEXT_GENERATION, ctx->generation,
			      TRUSTGATE_A_CONTEXT_PAD) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONTEXT_STATE, ctx->state) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONTEXT_REASON, ctx->reason) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONTEXT_SAS, ctx->nsas) ||
	    nla_put_u64_64bit(skb, TRUSTGATE_A_CONTEXT_HELD_PACKETS, tg_context_held(ctx),
			      TRUSTGATE_A_CONTEXT_PAD) ||
	    (ctx->detail[0] && nla_put_string(skb, TRUSTGATE_A_CONTEXT_DETAIL, ctx->detail)) ||
	    tg_fill_context_times(skb, ctx, now))
		return -EMSGSIZE;
	for (kind = 0; kind < TG_KINDS; kind++)
		if (tg_fill_evidence(skb, ctx, kind, now))
			return -EMSGSIZE;
	return 0;
}

static int tg_put_daddr(struct sk_buff *skb, int attr, const xfrm_address_t *addr, u16 family)
{
	return nla_put(skb, attr, family == AF_INET ? sizeof(addr->a4) : sizeof(addr->a6), addr);
}

static int tg_fill_sa(struct sk_buff *skb, const struct tg_sa *sa)
{
	const struct tg_sa_key *key = &sa->key;

	if (nla_put_u32(skb, TRUSTGATE_A_SA_ID, sa->id) ||
	    nla_put_u32(skb, TRUSTGATE_A_SA_CONTEXT_ID, sa->context_id) ||
	    nla_put_be32(skb, TRUSTGATE_A_SA_SPI, key->spi) ||
	    nla_put_u8(skb, TRUSTGATE_A_SA_PROTOCOL, key->proto) ||
	    nla_put_u16(skb, TRUSTGATE_A_SA_FAMILY, key->family) ||
	    tg_put_daddr(skb, TRUSTGATE_A_SA_DADDR, &key->daddr, key->family) ||
	    tg_put_daddr(skb, TRUSTGATE_A_SA_SADDR, &sa->saddr, key->family) ||
	    nla_put_u32(skb, TRUSTGATE_A_SA_IF_ID, sa->if_id) ||
	    nla_put_u32(skb, TRUSTGATE_A_SA_MARK, sa->mark) ||
	    nla_put_u32(skb, TRUSTGATE_A_SA_MARK_MASK, sa->mark_mask) ||
	    nla_put_u32(skb, TRUSTGATE_A_SA_REQID, sa->reqid) ||
	    nla_put_u8(skb, TRUSTGATE_A_SA_XFRM_MODE, sa->mode) ||
	    nla_put_u32(skb, TRUSTGATE_A_SA_STATE, tg_sa_state(sa)) ||
	    nla_put_u32(skb, TRUSTGATE_A_SA_REASON, tg_sa_reason(sa)) ||
	    nla_put_u32(skb, TRUSTGATE_A_SA_SINCE_MS,
			tg_ms_since(sa->since_ns, ktime_get_boottime_ns())) ||
	    nla_put_u64_64bit(skb, TRUSTGATE_A_SA_HELD_PACKETS,
			      atomic64_read(&sa->held_packets), TRUSTGATE_A_SA_PAD) ||
	    nla_put_u64_64bit(skb, TRUSTGATE_A_SA_HELD_BYTES,
			      atomic64_read(&sa->held_bytes), TRUSTGATE_A_SA_PAD))
		return -EMSGSIZE;
	return 0;
}

/* --------------------------------------------------------------- events */

/* Counted also when nobody listens, so that a listener sees a gap. */
static struct sk_buff *tg_event_start(struct tg_net *tn, u32 event, void **hdr)
{
	u64 seq = ++tn->event_seq;
	struct sk_buff *skb;

	if (!genl_has_listeners(&tg_family, tn->net, TRUSTGATE_NLGRP_EVENTS))
		return NULL;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_ATOMIC);
	if (!skb)
		return NULL;
	*hdr = genlmsg_put(skb, 0, 0, &tg_family, 0, TRUSTGATE_CMD_EVENT);
	if (!*hdr || nla_put_u32(skb, TRUSTGATE_A_NOTE_EVENT, event) ||
	    nla_put_u64_64bit(skb, TRUSTGATE_A_NOTE_SEQ, seq, TRUSTGATE_A_NOTE_PAD) ||
	    nla_put_u64_64bit(skb, TRUSTGATE_A_NOTE_TIME_NS, ktime_get_boottime_ns(),
			      TRUSTGATE_A_NOTE_PAD)) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static void tg_event_send(struct tg_net *tn, struct sk_buff *skb, void *hdr, int err)
{
	if (err) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&tg_family, tn->net, skb, 0, TRUSTGATE_NLGRP_EVENTS, GFP_ATOMIC);
}

static int tg_event_fill_context(struct sk_buff *skb, const struct tg_context *ctx)
{
	return nla_put_u32(skb, TRUSTGATE_A_NOTE_STATE, ctx->state) ||
	       nla_put_u32(skb, TRUSTGATE_A_NOTE_REASON, ctx->reason) ||
	       nla_put_u32(skb, TRUSTGATE_A_NOTE_CONTEXT_ID, ctx->id) ||
	       nla_put_u64_64bit(skb, TRUSTGATE_A_NOTE_IKE_INSTANCE, ctx->ike_instance,
				 TRUSTGATE_A_NOTE_PAD) ||
	       nla_put_u32(skb, TRUSTGATE_A_NOTE_IKE_ID, ctx->ike_id) ||
	       nla_put_u64_64bit(skb, TRUSTGATE_A_NOTE_GENERATION, ctx->generation,
				 TRUSTGATE_A_NOTE_PAD) ||
	       nla_put_string(skb, TRUSTGATE_A_NOTE_PEER, ctx->peer);
}

/**
 * tg_event_context() - a context changed its state
 * @ctx: context
 * @event: enum trustgate_event
 * @old_state: enum trustgate_state
 *
 * Context: tn->lock, as for every event, which keeps them in order.
 */
void tg_event_context(struct tg_context *ctx, u32 event, u32 old_state)
{
	struct sk_buff *skb;
	void *hdr;

	skb = tg_event_start(ctx->tn, event, &hdr);
	if (!skb)
		return;
	tg_event_send(ctx->tn, skb, hdr,
		      nla_put_u32(skb, TRUSTGATE_A_NOTE_OLD_STATE, old_state) ||
		      tg_event_fill_context(skb, ctx) ||
		      (ctx->detail[0] &&
		       nla_put_string(skb, TRUSTGATE_A_NOTE_DETAIL, ctx->detail)));
}

/**
 * tg_event_evidence() - a proof was handed in
 * @ctx: context
 * @kind: enum trustgate_evidence_kind
 */
void tg_event_evidence(struct tg_context *ctx, u32 kind)
{
	const struct tg_evidence *ev = &ctx->evidence[kind];
	struct sk_buff *skb;
	void *hdr;

	skb = tg_event_start(ctx->tn, TRUSTGATE_EVENT_EVIDENCE, &hdr);
	if (!skb)
		return;
	tg_event_send(ctx->tn, skb, hdr,
		      tg_event_fill_context(skb, ctx) ||
		      nla_put_u32(skb, TRUSTGATE_A_NOTE_KIND, kind) ||
		      nla_put_u32(skb, TRUSTGATE_A_NOTE_RESULT, ev->result) ||
		      nla_put_string(skb, TRUSTGATE_A_NOTE_DETAIL, ev->detail));
}

/**
 * tg_event_sa() - an SA came, was bound or went
 * @tn: namespace
 * @sa: SA
 * @event: enum trustgate_event
 */
void tg_event_sa(struct tg_net *tn, struct tg_sa *sa, u32 event)
{
	struct sk_buff *skb;
	void *hdr;

	skb = tg_event_start(tn, event, &hdr);
	if (!skb)
		return;
	tg_event_send(tn, skb, hdr,
		      nla_put_u32(skb, TRUSTGATE_A_NOTE_STATE, tg_sa_state(sa)) ||
		      nla_put_u32(skb, TRUSTGATE_A_NOTE_REASON, tg_sa_reason(sa)) ||
		      nla_put_u32(skb, TRUSTGATE_A_NOTE_CONTEXT_ID, sa->context_id) ||
		      nla_put_u32(skb, TRUSTGATE_A_NOTE_SA_ID, sa->id) ||
		      nla_put_be32(skb, TRUSTGATE_A_NOTE_SPI, sa->key.spi) ||
		      nla_put_u8(skb, TRUSTGATE_A_NOTE_PROTOCOL, sa->key.proto) ||
		      nla_put_u16(skb, TRUSTGATE_A_NOTE_FAMILY, sa->key.family) ||
		      tg_put_daddr(skb, TRUSTGATE_A_NOTE_DADDR, &sa->key.daddr, sa->key.family));
}

/**
 * tg_event_agent() - an agent was registered or lost
 * @tn: namespace
 * @event: enum trustgate_event
 * @reason: enum trustgate_reason
 */
void tg_event_agent(struct tg_net *tn, u32 event, u32 reason)
{
	struct sk_buff *skb;
	void *hdr;

	skb = tg_event_start(tn, event, &hdr);
	if (!skb)
		return;
	tg_event_send(tn, skb, hdr,
		      nla_put_u64_64bit(skb, TRUSTGATE_A_NOTE_SESSION, tn->agent.session,
					TRUSTGATE_A_NOTE_PAD) ||
		      nla_put_u32(skb, TRUSTGATE_A_NOTE_PORTID, tn->agent.portid) ||
		      nla_put_u32(skb, TRUSTGATE_A_NOTE_REASON, reason) ||
		      nla_put_string(skb, TRUSTGATE_A_NOTE_DETAIL, tn->agent.name));
}

/**
 * tg_event_config() - the configuration was changed
 * @tn: namespace
 * @rescope: so was the scope, and all SAs and contexts were forgotten
 */
void tg_event_config(struct tg_net *tn, bool rescope)
{
	struct sk_buff *skb;
	void *hdr;

	skb = tg_event_start(tn, TRUSTGATE_EVENT_CONFIG, &hdr);
	if (skb)
		tg_event_send(tn, skb, hdr,
			      nla_put_u32(skb, TRUSTGATE_A_NOTE_MODE, tn->config.mode) ||
			      (rescope && nla_put_flag(skb, TRUSTGATE_A_NOTE_RESCOPED)));
}

/* -------------------------------------------------------------- replies */

static struct sk_buff *tg_reply_start(struct genl_info *info, void **hdr)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*hdr = genlmsg_put_reply(skb, info, &tg_family, 0, info->genlhdr->cmd);
	if (!*hdr) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static int tg_reply_send(struct genl_info *info, struct sk_buff *skb, void *hdr, int err)
{
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

/* The id, generation, state and proven kinds of a context. */
static int tg_reply_context(struct genl_info *info, u32 id, u64 generation, u32 state,
			    u32 satisfied)
{
	struct sk_buff *skb;
	void *hdr;
	int err = 0;

	skb = tg_reply_start(info, &hdr);
	if (!skb)
		return -ENOMEM;
	if (nla_put_u32(skb, TRUSTGATE_A_CONTEXT_ID, id) ||
	    nla_put_u64_64bit(skb, TRUSTGATE_A_CONTEXT_GENERATION, generation,
			      TRUSTGATE_A_CONTEXT_PAD) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONTEXT_STATE, state) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONTEXT_SATISFIED, satisfied))
		err = -EMSGSIZE;
	return tg_reply_send(info, skb, hdr, err);
}

/* --------------------------------------------------------------- config */

static int tg_fill_scopes(struct sk_buff *skb, const struct tg_net *tn)
{
	const struct tg_scopes *scopes = rcu_dereference_protected(tn->scopes, 1);
	unsigned int i;

	if (!scopes)
		return nla_put_flag(skb, TRUSTGATE_A_CONFIG_SCOPE_ALL);
	for (i = 0; i < scopes->n; i++) {
		const struct tg_scope *s = &scopes->scope[i];
		struct nlattr *nest = nla_nest_start(skb, TRUSTGATE_A_CONFIG_SCOPE);

		if (!nest ||
		    nla_put_u32(skb, TRUSTGATE_A_SCOPE_IF_ID_MIN, s->if_id_min) ||
		    nla_put_u32(skb, TRUSTGATE_A_SCOPE_IF_ID_MAX, s->if_id_max) ||
		    nla_put_u32(skb, TRUSTGATE_A_SCOPE_MARK, s->mark) ||
		    nla_put_u32(skb, TRUSTGATE_A_SCOPE_MARK_MASK, s->mark_mask) ||
		    nla_put_u32(skb, TRUSTGATE_A_SCOPE_REQID_MIN, s->reqid_min) ||
		    nla_put_u32(skb, TRUSTGATE_A_SCOPE_REQID_MAX, s->reqid_max))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

int trustgate_nl_config_get_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	const struct tg_config *c = &tn->config;
	struct sk_buff *skb;
	void *hdr;
	int err = 0;

	skb = tg_reply_start(info, &hdr);
	if (!skb)
		return -ENOMEM;
	if (nla_put_u32(skb, TRUSTGATE_A_CONFIG_MODE, c->mode) ||
	    tg_fill_scopes(skb, tn) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONFIG_T_BIND_MS, c->t_bind_ms) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONFIG_T_VERIFY_MS, c->t_verify_ms) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONFIG_GRACE_MS, c->grace_ms) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONFIG_BOOT_BYTES, c->boot_bytes) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONFIG_BOOT_PACKETS, c->boot_packets) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONFIG_BOOT_ATTEMPTS, c->boot_attempts) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONFIG_MAX_CONTEXTS, c->max_contexts) ||
	    nla_put_u32(skb, TRUSTGATE_A_CONFIG_MAX_SAS, c->max_sas))
		err = -EMSGSIZE;
	return tg_reply_send(info, skb, hdr, err);
}

static u32 tg_attr_u32(const struct nlattr *attr, u32 otherwise)
{
	return attr ? nla_get_u32(attr) : otherwise;
}

static int tg_parse_scope(const struct nlattr *attr, struct tg_scope *s,
			  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TRUSTGATE_A_SCOPE_MAX + 1];
	int err;

	err = nla_parse_nested(tb, TRUSTGATE_A_SCOPE_MAX, attr, trustgate_scope_nl_policy, extack);
	if (err)
		return err;
	s->if_id_min = tg_attr_u32(tb[TRUSTGATE_A_SCOPE_IF_ID_MIN], 0);
	s->if_id_max = tg_attr_u32(tb[TRUSTGATE_A_SCOPE_IF_ID_MAX], U32_MAX);
	s->reqid_min = tg_attr_u32(tb[TRUSTGATE_A_SCOPE_REQID_MIN], 0);
	s->reqid_max = tg_attr_u32(tb[TRUSTGATE_A_SCOPE_REQID_MAX], U32_MAX);
	s->mark = tg_attr_u32(tb[TRUSTGATE_A_SCOPE_MARK], 0);
	s->mark_mask = tg_attr_u32(tb[TRUSTGATE_A_SCOPE_MARK_MASK],
				   tb[TRUSTGATE_A_SCOPE_MARK] ? U32_MAX : 0);
	if (s->if_id_min > s->if_id_max || s->reqid_min > s->reqid_max ||
	    (s->mark & ~s->mark_mask)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "this scope can match nothing");
		return -EINVAL;
	}
	return 0;
}

/* NULL: none was given. */
static struct tg_scopes *tg_parse_scopes(struct genl_info *info)
{
	struct tg_scopes *scopes = NULL;
	struct nlattr *attr;
	unsigned int n = 0;
	int rem, err;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		n += nla_type(attr) == TRUSTGATE_A_CONFIG_SCOPE;
	if (!n)
		return NULL;
	if (n > TG_SCOPES_MAX || info->attrs[TRUSTGATE_A_CONFIG_SCOPE_ALL]) {
		NL_SET_ERR_MSG(info->extack, "give scope-all, or at most 16 scopes");
		return ERR_PTR(-EINVAL);
	}
	scopes = kzalloc(struct_size(scopes, scope, n), GFP_KERNEL);
	if (!scopes)
		return ERR_PTR(-ENOMEM);
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != TRUSTGATE_A_CONFIG_SCOPE)
			continue;
		err = tg_parse_scope(attr, &scopes->scope[scopes->n++], info->extack);
		if (err) {
			kfree(scopes);
			return ERR_PTR(err);
		}
	}
	return scopes;
}

static void tg_parse_config(struct genl_info *info, struct tg_config *c)
{
	struct nlattr **a = info->attrs;

	c->mode = tg_attr_u32(a[TRUSTGATE_A_CONFIG_MODE], c->mode);
	c->t_bind_ms = tg_attr_u32(a[TRUSTGATE_A_CONFIG_T_BIND_MS], c->t_bind_ms);
	c->t_verify_ms = tg_attr_u32(a[TRUSTGATE_A_CONFIG_T_VERIFY_MS], c->t_verify_ms);
	c->grace_ms = tg_attr_u32(a[TRUSTGATE_A_CONFIG_GRACE_MS], c->grace_ms);
	c->boot_bytes = tg_attr_u32(a[TRUSTGATE_A_CONFIG_BOOT_BYTES], c->boot_bytes);
	c->boot_packets = tg_attr_u32(a[TRUSTGATE_A_CONFIG_BOOT_PACKETS], c->boot_packets);
	c->boot_attempts = tg_attr_u32(a[TRUSTGATE_A_CONFIG_BOOT_ATTEMPTS], c->boot_attempts);
	c->max_contexts = tg_attr_u32(a[TRUSTGATE_A_CONFIG_MAX_CONTEXTS], c->max_contexts);
	c->max_sas = tg_attr_u32(a[TRUSTGATE_A_CONFIG_MAX_SAS], c->max_sas);
}

/* A change of the configuration, checked whole before any of it is made. */
struct tg_change {
	struct tg_config config;
	struct tg_scopes *scopes;	/* NULL: all SAs */
	bool rescope;
	bool delete_held;
};

/* Whether more may pass afterwards. To be in scope of everything never lets more pass. */
static bool tg_widens(const struct tg_config *old, const struct tg_change *new)
{
	const struct tg_config *c = &new->config;

	return c->mode != TRUSTGATE_MODE_ENFORCE || (new->rescope && new->scopes) ||
	       c->grace_ms > old->grace_ms || c->boot_bytes > old->boot_bytes ||
	       c->boot_packets > old->boot_packets || c->boot_attempts > old->boot_attempts;
}

/*
 * GATE-22: letting go is an act of the machine's owner, and is logged. What is held does
 * not pass by it: it is deleted, if that was asked for, and else nothing is changed. A
 * gate that no agent ever used holds nobody's SAs but those of others.
 */
static int tg_may_change(struct sk_buff *req, struct tg_net *tn, const struct tg_change *new,
			 struct netlink_ext_ack *extack)
{
	const struct tg_scopes *scopes = new->rescope ? new->scopes :
					 rcu_dereference_protected(tn->scopes, 1);

	if (tn->config.mode != TRUSTGATE_MODE_ENFORCE || !tg_widens(&tn->config, new))
		return 0;
	if (!netlink_capable(req, CAP_SYS_ADMIN)) {
		NL_SET_ERR_MSG(extack,
			       "more would pass than now (mode, scope, grace, boot-*): that needs CAP_SYS_ADMIN");
		return -EPERM;
	}
	if (tn->used && !new->delete_held &&
	    tg_sa_release_held(tn, new->config.mode, scopes, false)) {
		NL_SET_ERR_MSG(extack,
			       "SAs are held that would pass from then on: give --delete-held to have them deleted");
		return -EBUSY;
	}
	pr_notice("netns %llu: mode %u, scope %s, grace %u ms, bootstrap %u octets: more may pass than before\n",
		  (unsigned long long)tn->net->net_cookie, new->config.mode,
		  scopes ? "narrowed" : "all", new->config.grace_ms, new->config.boot_bytes);
	if (tn->used)
		tg_sa_release_held(tn, new->config.mode, scopes, true);
	return 0;
}

static void tg_apply_config(struct tg_net *tn, const struct tg_config *c, bool rescope)
{
	u32 mode = tn->config.mode;

	spin_lock_bh(&tn->lock);
	tn->config = *c;
	tn->config.mode = mode;	/* tg_set_mode() has seen to it */
	tg_event_config(tn, rescope);
	spin_unlock_bh(&tn->lock);
}

static void tg_rescope(struct tg_net *tn, struct tg_scopes *scopes)
{
	struct tg_scopes *old = rcu_replace_pointer(tn->scopes, scopes, true);

	if (old)
		kfree_rcu(old, rcu);
	tg_start_afresh(tn);
}

int trustgate_nl_config_set_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct tg_change new = {
		.config = tn->config,
		.delete_held = info->attrs[TRUSTGATE_A_CONFIG_DELETE_HELD],
	};
	int err;

	tg_parse_config(info, &new.config);
	new.scopes = tg_parse_scopes(info);
	if (IS_ERR(new.scopes))
		return tg_refuse(tn, PTR_ERR(new.scopes));
	new.rescope = new.scopes || info->attrs[TRUSTGATE_A_CONFIG_SCOPE_ALL];
	err = tg_may_change(req, tn, &new, info->extack);
	if (!err)
		err = tg_set_mode(tn, new.config.mode);
	if (err) {
		kfree(new.scopes);
		return tg_refuse(tn, err);
	}
	if (new.rescope)
		tg_rescope(tn, new.scopes);
	tg_apply_config(tn, &new.config, new.rescope);
	return 0;
}

/* ---------------------------------------------------------------- agent */

static int tg_check_agent(struct tg_net *tn, struct genl_info *info)
{
	if (!tn->agent.session) {
		NL_SET_ERR_MSG(info->extack, "no agent holds a lease: register first");
		return -ESTALE;
	}
	if (tn->agent.portid != info->snd_portid) {
		NL_SET_ERR_MSG(info->extack, "only the registered agent may do this");
		return -EPERM;
	}
	if (!tg_agent_live(tn)) {
		tg_agent_lost(tn, TRUSTGATE_REASON_LEASE);
		NL_SET_ERR_MSG(info->extack, "the lease has lapsed: register again");
		return -ESTALE;
	}
	return 0;
}

static void tg_lease_renew(struct tg_net *tn)
{
	tn->agent.lease_ns = ktime_get_boottime_ns() + tn->agent.lease_ms * (u64)NSEC_PER_MSEC;
	WRITE_ONCE(tn->lease_until, jiffies + msecs_to_jiffies(tn->agent.lease_ms));
	tg_kick(tn, tn->agent.lease_ns);
}

static int tg_agent_register(struct tg_net *tn, struct genl_info *info, u64 *session)
{
	struct nlattr *name = info->attrs[TRUSTGATE_A_AGENT_NAME];

	/* One whose socket is gone lives on for T_GRACE_AGENT: the next one takes its place. */
	if (tg_agent_live(tn) && tn->agent.portid) {
		NL_SET_ERR_MSG(info->extack, "another agent holds the lease: stop it first");
		return -EBUSY;
	}
	/* Proofs of whoever was there before do not count (E19). */
	tg_agent_lost(tn, TRUSTGATE_REASON_LEASE);
	tg_context_suspend_all(tn, TRUSTGATE_REASON_LEASE, NULL);
	tn->used = true;
	tn->agent.session = ++tn->next_session;
	tn->agent.portid = info->snd_portid;
	tn->agent.lease_ms = nla_get_u32(info->attrs[TRUSTGATE_A_AGENT_LEASE_MS]);
	if (name)
		nla_strscpy(tn->agent.name, name, sizeof(tn->agent.name));
	tg_lease_renew(tn);
	tg_event_agent(tn, TRUSTGATE_EVENT_AGENT_REGISTERED, TRUSTGATE_REASON_NONE);
	*session = tn->agent.session;
	return 0;
}

int trustgate_nl_agent_register_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct sk_buff *skb;
	u64 session = 0;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_AGENT_LEASE_MS))
		return tg_refuse(tn, -EINVAL);
	/* GATE-24: who may set addresses may not decide what is proven. */
	if (!netlink_capable(req, CAP_MAC_ADMIN)) {
		NL_SET_ERR_MSG(info->extack,
			       "an agent needs CAP_MAC_ADMIN beside CAP_NET_ADMIN: see trustgated.service");
		return tg_refuse(tn, -EPERM);
	}
	skb = tg_reply_start(info, &hdr);
	if (!skb)
		return -ENOMEM;
	spin_lock_bh(&tn->lock);
	err = tg_agent_register(tn, info, &session);
	spin_unlock_bh(&tn->lock);
	if (!err && (nla_put_u64_64bit(skb, TRUSTGATE_A_AGENT_SESSION, session,
				       TRUSTGATE_A_AGENT_PAD) ||
		     nla_put_u32(skb, TRUSTGATE_A_AGENT_LEASE_MS,
				 nla_get_u32(info->attrs[TRUSTGATE_A_AGENT_LEASE_MS]))))
		err = -EMSGSIZE;
	return tg_refuse(tn, tg_reply_send(info, skb, hdr, err));
}

int trustgate_nl_agent_renew_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_AGENT_SESSION))
		return tg_refuse(tn, -EINVAL);
	spin_lock_bh(&tn->lock);
	err = tg_check_agent(tn, info);
	if (!err && nla_get_u64(info->attrs[TRUSTGATE_A_AGENT_SESSION]) != tn->agent.session) {
		NL_SET_ERR_MSG(info->extack, "another session holds the lease: register again");
		err = -ESTALE;
	}
	if (!err)
		tg_lease_renew(tn);
	spin_unlock_bh(&tn->lock);
	return tg_refuse(tn, err);
}

int trustgate_nl_agent_get_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct tg_agent agent;
	struct sk_buff *skb;
	void *hdr;
	int err = 0;

	spin_lock_bh(&tn->lock);
	agent = tn->agent;
	spin_unlock_bh(&tn->lock);
	if (!agent.session) {
		NL_SET_ERR_MSG(info->extack, "no agent is registered: start trustgated");
		return -ENOENT;
	}
	skb = tg_reply_start(info, &hdr);
	if (!skb)
		return -ENOMEM;
	if (nla_put_u32(skb, TRUSTGATE_A_AGENT_LEASE_MS, agent.lease_ms) ||
	    nla_put_u64_64bit(skb, TRUSTGATE_A_AGENT_SESSION, agent.session,
			      TRUSTGATE_A_AGENT_PAD) ||
	    nla_put_u32(skb, TRUSTGATE_A_AGENT_PORTID, agent.portid) ||
	    nla_put_u32(skb, TRUSTGATE_A_AGENT_LEASE_LEFT_MS,
			tg_ms_left(agent.lease_ns, ktime_get_boottime_ns())) ||
	    nla_put_string(skb, TRUSTGATE_A_AGENT_NAME, agent.name))
		err = -EMSGSIZE;
	return tg_reply_send(info, skb, hdr, err);
}

/* -------------------------------------------------------------- context */

static struct tg_context *tg_context_by_id(struct tg_net *tn, const struct nlattr *id,
					   struct netlink_ext_ack *extack)
{
	struct tg_context *ctx = xa_load(&tn->contexts, nla_get_u32(id));

	if (!ctx)
		NL_SET_ERR_MSG_ATTR(extack, id, "no such context (see trustgate show context)");
	return ctx;
}

/* Agent, context and, unless NULL, generation of a request that may change trust. */
static struct tg_context *tg_agents_context(struct tg_net *tn, struct genl_info *info,
					    const struct nlattr *id,
					    const struct nlattr *generation)
{
	struct tg_context *ctx;
	int err;

	err = tg_check_agent(tn, info);
	if (err)
		return ERR_PTR(err);
	ctx = tg_context_by_id(tn, id, info->extack);
	if (!ctx)
		return ERR_PTR(-ENOENT);
	if (generation && nla_get_u64(generation) != ctx->generation) {
		NL_SET_ERR_MSG_ATTR(info->extack, generation,
				    "the context has another generation by now: get it again");
		return ERR_PTR(-ESTALE);
	}
	return ctx;
}

static int tg_context_check_digest(struct tg_context *ctx, const struct nlattr *digest,
				   struct netlink_ext_ack *extack)
{
	if (!memcmp(nla_data(digest), ctx->cert_digest, TRUSTGATE_DIGEST_LEN))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, digest, "this names another certificate than the IKE SA's");
	return -EBADMSG;
}

/* AUTH-01: whatever else is proven would be proven of nobody. */
static int tg_check_required(const struct nlattr *required, struct netlink_ext_ack *extack)
{
	if (nla_get_u32(required) & BIT(TRUSTGATE_EVIDENCE_KIND_DEVICE_AUTH))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, required,
			    "device-auth has to be among the required proofs: add it");
	return -EINVAL;
}

static void tg_context_fill_in(struct tg_context *ctx, struct genl_info *info)
{
	struct nlattr **a = info->attrs;

	ctx->ike_instance = nla_get_u64(a[TRUSTGATE_A_CONTEXT_IKE_INSTANCE]);
	ctx->ike_id = nla_get_u32(a[TRUSTGATE_A_CONTEXT_IKE_ID]);
	ctx->role = tg_attr_u32(a[TRUSTGATE_A_CONTEXT_ROLE], TRUSTGATE_ROLE_HENB);
	ctx->required = nla_get_u32(a[TRUSTGATE_A_CONTEXT_REQUIRED]);
	memcpy(ctx->cert_digest, nla_data(a[TRUSTGATE_A_CONTEXT_CERT_DIGEST]),
	       TRUSTGATE_DIGEST_LEN);
	nla_strscpy(ctx->peer, a[TRUSTGATE_A_CONTEXT_PEER], sizeof(ctx->peer));
}

static int tg_context_again(struct tg_context *ctx, struct genl_info *info)
{
	u32 required = nla_get_u32(info->attrs[TRUSTGATE_A_CONTEXT_REQUIRED]);
	int err;

	if (ctx->state == TRUSTGATE_STATE_GONE) {
		NL_SET_ERR_MSG(info->extack, "this IKE SA was deleted");
		return -EKEYREJECTED;
	}
	err = tg_context_check_digest(ctx, info->attrs[TRUSTGATE_A_CONTEXT_CERT_DIGEST],
				      info->extack);
	if (err) {
		tg_context_reject(ctx, TRUSTGATE_REASON_CERT_MISMATCH, NULL);
		return err;
	}
	if (ctx->state == TRUSTGATE_STATE_SUSPENDED) {
		ctx->required = required;
		tg_context_announced(ctx);
	} else if (ctx->state != TRUSTGATE_STATE_REJECTED && required != ctx->required) {
		tg_context_require(ctx, required);
	}
	return 0;
}

static struct tg_context *tg_context_announce(struct tg_net *tn, struct genl_info *info)
{
	struct tg_context *ctx;
	int err;

	err = tg_check_agent(tn, info);
	if (err)
		return ERR_PTR(err);
	if (tn->config.mode == TRUSTGATE_MODE_OFF) {
		NL_SET_ERR_MSG(info->extack,
			       "the gate is off here: trustgate config set mode=enforce");
		return ERR_PTR(-EOPNOTSUPP);
	}
	ctx = tg_context_find(tn, nla_get_u64(info->attrs[TRUSTGATE_A_CONTEXT_IKE_INSTANCE]),
			      nla_get_u32(info->attrs[TRUSTGATE_A_CONTEXT_IKE_ID]));
	if (ctx) {
		err = tg_context_again(ctx, info);
		return err ? ERR_PTR(err) : ctx;
	}
	ctx = tg_context_new(tn, info->extack);
	if (IS_ERR(ctx))
		return ctx;
	tg_context_fill_in(ctx, info);
	tg_context_announced(ctx);
	return ctx;
}

/* What a reply says of a context, read while the lock is held. */
struct tg_brief {
	u32 id, state, satisfied;
	u64 generation;
};

static void tg_brief_of(const struct tg_context *ctx, struct tg_brief *b)
{
	u64 first;

	b->id = ctx->id;
	b->state = ctx->state;
	b->generation = ctx->generation;
	b->satisfied = tg_context_satisfied(ctx, ktime_get_boottime_ns(), &first);
}

static int tg_reply_brief(struct genl_info *info, const struct tg_brief *b)
{
	return tg_reply_context(info, b->id, b->generation, b->state, b->satisfied);
}

int trustgate_nl_context_set_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct tg_context *ctx;
	struct tg_brief brief;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_IKE_INSTANCE) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_IKE_ID) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_CERT_DIGEST) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_PEER) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_REQUIRED) ||
	    tg_check_required(info->attrs[TRUSTGATE_A_CONTEXT_REQUIRED], info->extack))
		return tg_refuse(tn, -EINVAL);
	spin_lock_bh(&tn->lock);
	ctx = tg_context_announce(tn, info);
	if (!IS_ERR(ctx))
		tg_brief_of(ctx, &brief);
	spin_unlock_bh(&tn->lock);
	if (IS_ERR(ctx))
		return tg_refuse(tn, PTR_ERR(ctx));
	return tg_reply_brief(info, &brief);
}

int trustgate_nl_context_del_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct tg_context *ctx = NULL;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_ID))
		return tg_refuse(tn, -EINVAL);
	spin_lock_bh(&tn->lock);
	err = tg_check_agent(tn, info);
	if (!err) {
		ctx = tg_context_by_id(tn, info->attrs[TRUSTGATE_A_CONTEXT_ID], info->extack);
		err = ctx ? 0 : -ENOENT;
	}
	if (!err)
		tg_context_gone(ctx, tg_attr_u32(info->attrs[TRUSTGATE_A_CONTEXT_REASON],
						 TRUSTGATE_REASON_IKE_DELETED));
	spin_unlock_bh(&tn->lock);
	if (!err)
		synchronize_net();
	return tg_refuse(tn, err);
}

int trustgate_nl_context_get_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct tg_context *ctx;
	struct sk_buff *skb;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_ID))
		return -EINVAL;
	skb = tg_reply_start(info, &hdr);
	if (!skb)
		return -ENOMEM;
	spin_lock_bh(&tn->lock);
	ctx = tg_context_by_id(tn, info->attrs[TRUSTGATE_A_CONTEXT_ID], info->extack);
	err = ctx ? tg_fill_context(skb, ctx) : -ENOENT;
	spin_unlock_bh(&tn->lock);
	return tg_reply_send(info, skb, hdr, err);
}

/* Dumps go by id: what is there throughout is seen once, and a change of the
 * table while it is read is flagged.
 */
int trustgate_nl_context_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct tg_net *tn = tg_pernet(sock_net(skb->sk));
	unsigned long id = cb->args[0];
	struct tg_context *ctx;

	spin_lock_bh(&tn->lock);
	cb->seq = tn->table_seq + 1;
	xa_for_each_start(&tn->contexts, id, ctx, id) {
		void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
					&tg_family, NLM_F_MULTI, TRUSTGATE_CMD_CONTEXT_GET);

		if (!hdr || tg_fill_context(skb, ctx)) {
			if (hdr)
				genlmsg_cancel(skb, hdr);
			break;
		}
		genl_dump_check_consistent(cb, hdr);
		genlmsg_end(skb, hdr);
		cb->args[0] = id + 1;
	}
	spin_unlock_bh(&tn->lock);
	return skb->len;
}

/* Reasons that userspace may give for a close. */
static bool tg_may_close_with(u32 reason)
{
	switch (reason) {
	case TRUSTGATE_REASON_CLOSED:
	case TRUSTGATE_REASON_CLOCK:
	case TRUSTGATE_REASON_RESUME:
	case TRUSTGATE_REASON_POLICY:
	case TRUSTGATE_REASON_IKE_LOST:
	case TRUSTGATE_REASON_REPLACED:
		return true;
	}
	return false;
}

static int tg_context_close(struct tg_net *tn, struct genl_info *info, u32 reason,
			    const char *detail)
{
	struct tg_context *ctx;

	if (!info->attrs[TRUSTGATE_A_CONTEXT_ID]) {
		tg_context_suspend_all(tn, reason, detail);
		return 0;
	}
	ctx = tg_context_by_id(tn, info->attrs[TRUSTGATE_A_CONTEXT_ID], info->extack);
	if (!ctx)
		return -ENOENT;
	/* What a newer IKE SA replaced does not come back (2.9). */
	if (reason == TRUSTGATE_REASON_REPLACED)
		tg_context_reject(ctx, reason, detail);
	else
		tg_context_suspend(ctx, reason, detail);
	return 0;
}

static const char *tg_attr_text(const struct nlattr *attr)
{
	return attr ? nla_data(attr) : NULL;
}

int trustgate_nl_context_close_doit(struct sk_buff *req, struct genl_info *info)
{
	u32 reason = tg_attr_u32(info->attrs[TRUSTGATE_A_CONTEXT_REASON], TRUSTGATE_REASON_CLOSED);
	struct tg_net *tn = tg_of(info);
	int err;

	if (!tg_may_close_with(reason)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[TRUSTGATE_A_CONTEXT_REASON],
				    "a close can't have this reason");
		return tg_refuse(tn, -EINVAL);
	}
	spin_lock_bh(&tn->lock);
	err = tg_context_close(tn, info, reason,
			       tg_attr_text(info->attrs[TRUSTGATE_A_CONTEXT_DETAIL]));
	spin_unlock_bh(&tn->lock);
	/* I7: packets that read the old verdict are through when we reply. */
	if (!err)
		synchronize_net();
	return tg_refuse(tn, err);
}

int trustgate_nl_context_quarantine_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct tg_context *ctx;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_ID))
		return tg_refuse(tn, -EINVAL);
	spin_lock_bh(&tn->lock);
	ctx = tg_context_by_id(tn, info->attrs[TRUSTGATE_A_CONTEXT_ID], info->extack);
	if (ctx)
		tg_context_reject(ctx, TRUSTGATE_REASON_QUARANTINE,
				  tg_attr_text(info->attrs[TRUSTGATE_A_CONTEXT_DETAIL]));
	spin_unlock_bh(&tn->lock);
	if (!ctx)
		return tg_refuse(tn, -ENOENT);
	synchronize_net();
	return 0;
}

int trustgate_nl_context_reverify_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct tg_context *ctx;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_ID) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_GENERATION))
		return tg_refuse(tn, -EINVAL);
	spin_lock_bh(&tn->lock);
	ctx = tg_agents_context(tn, info, info->attrs[TRUSTGATE_A_CONTEXT_ID],
				info->attrs[TRUSTGATE_A_CONTEXT_GENERATION]);
	if (!IS_ERR(ctx))
		tg_context_reverify(ctx);
	spin_unlock_bh(&tn->lock);
	return tg_refuse(tn, PTR_ERR_OR_ZERO(ctx));
}

static struct tg_context *tg_require(struct tg_net *tn, struct genl_info *info)
{
	struct tg_context *ctx;

	ctx = tg_agents_context(tn, info, info->attrs[TRUSTGATE_A_CONTEXT_ID],
				info->attrs[TRUSTGATE_A_CONTEXT_GENERATION]);
	if (IS_ERR(ctx))
		return ctx;
	if (ctx->state == TRUSTGATE_STATE_REJECTED || ctx->state == TRUSTGATE_STATE_GONE) {
		NL_SET_ERR_MSG(info->extack,
			       "the context is closed for good: a new IKE SA is needed");
		return ERR_PTR(-EKEYREJECTED);
	}
	tg_context_require(ctx, nla_get_u32(info->attrs[TRUSTGATE_A_CONTEXT_REQUIRED]));
	return ctx;
}

int trustgate_nl_context_require_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct tg_context *ctx;
	struct tg_brief brief;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_ID) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_GENERATION) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_REQUIRED) ||
	    tg_check_required(info->attrs[TRUSTGATE_A_CONTEXT_REQUIRED], info->extack))
		return tg_refuse(tn, -EINVAL);
	spin_lock_bh(&tn->lock);
	ctx = tg_require(tn, info);
	if (!IS_ERR(ctx))
		tg_brief_of(ctx, &brief);
	spin_unlock_bh(&tn->lock);
	if (IS_ERR(ctx))
		return tg_refuse(tn, PTR_ERR(ctx));
	synchronize_net();
	return tg_reply_brief(info, &brief);
}

/* ------------------------------------------------------------- evidence */

static int tg_parse_evidence(struct nlattr **tb, struct tg_evidence *ev,
			     struct netlink_ext_ack *extack)
{
	u32 expires_ms = tg_attr_u32(tb[TRUSTGATE_A_EVIDENCE_EXPIRES_MS], 0);
	u64 now = ktime_get_boottime_ns();

	if (!tb[TRUSTGATE_A_EVIDENCE_KIND] || !tb[TRUSTGATE_A_EVIDENCE_RESULT] ||
	    !tb[TRUSTGATE_A_EVIDENCE_CERT_DIGEST]) {
		NL_SET_ERR_MSG(extack, "evidence needs kind, result and cert-digest");
		return -EINVAL;
	}
	memset(ev, 0, sizeof(*ev));
	ev->present = true;
	ev->result = nla_get_u32(tb[TRUSTGATE_A_EVIDENCE_RESULT]);
	ev->provisional = nla_get_flag(tb[TRUSTGATE_A_EVIDENCE_PROVISIONAL]);
	if (ev->result == TRUSTGATE_RESULT_GOOD && !expires_ms) {
		NL_SET_ERR_MSG(extack, "a good proof needs expires-ms, and it has not passed");
		return -EKEYEXPIRED;
	}
	ev->set_ns = now;
	ev->expires_ns = now + expires_ms * (u64)NSEC_PER_MSEC;
	if (tb[TRUSTGATE_A_EVIDENCE_PROOF_DIGEST])
		memcpy(ev->proof_digest, nla_data(tb[TRUSTGATE_A_EVIDENCE_PROOF_DIGEST]),
		       TRUSTGATE_DIGEST_LEN);
	if (tb[TRUSTGATE_A_EVIDENCE_DETAIL])
		nla_strscpy(ev->detail, tb[TRUSTGATE_A_EVIDENCE_DETAIL], sizeof(ev->detail));
	return 0;
}

static struct tg_context *tg_take_evidence(struct tg_net *tn, struct genl_info *info,
					   struct nlattr **tb, const struct tg_evidence *ev)
{
	struct nlattr *generation = info->attrs[TRUSTGATE_A_CONTEXT_GENERATION];
	struct tg_context *ctx;
	int err;

	/* I5: what closes needs no generation; a bad proof is as bad as when it was sought. */
	if (ev->result == TRUSTGATE_RESULT_BAD)
		generation = NULL;
	ctx = tg_agents_context(tn, info, info->attrs[TRUSTGATE_A_CONTEXT_ID], generation);
	if (IS_ERR(ctx))
		return ctx;
	err = tg_context_check_digest(ctx, tb[TRUSTGATE_A_EVIDENCE_CERT_DIGEST], info->extack);
	if (!err)
		err = tg_context_evidence(ctx, nla_get_u32(tb[TRUSTGATE_A_EVIDENCE_KIND]), ev,
					  info->extack);
	return err ? ERR_PTR(err) : ctx;
}

int trustgate_nl_evidence_set_doit(struct sk_buff *req, struct genl_info *info)
{
	struct nlattr *tb[TRUSTGATE_A_EVIDENCE_MAX + 1];
	struct tg_net *tn = tg_of(info);
	struct tg_context *ctx;
	struct tg_evidence ev;
	struct tg_brief brief;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_ID) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_GENERATION) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_CONTEXT_EVIDENCE))
		return tg_refuse(tn, -EINVAL);
	err = nla_parse_nested(tb, TRUSTGATE_A_EVIDENCE_MAX,
			       info->attrs[TRUSTGATE_A_CONTEXT_EVIDENCE],
			       trustgate_evidence_nl_policy, info->extack);
	if (!err)
		err = tg_parse_evidence(tb, &ev, info->extack);
	if (err)
		return tg_refuse(tn, err);
	spin_lock_bh(&tn->lock);
	ctx = tg_take_evidence(tn, info, tb, &ev);
	if (!IS_ERR(ctx))
		tg_brief_of(ctx, &brief);
	spin_unlock_bh(&tn->lock);
	if (IS_ERR(ctx))
		return tg_refuse(tn, PTR_ERR(ctx));
	if (ev.result == TRUSTGATE_RESULT_BAD)
		synchronize_net();
	return tg_reply_brief(info, &brief);
}

/* ------------------------------------------------------------------- SA */

static int tg_parse_sa_key(const struct nlattr *attr, struct tg_sa_key *key,
			   struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TRUSTGATE_A_SA_KEY_MAX + 1];
	int err, len;

	err = nla_parse_nested(tb, TRUSTGATE_A_SA_KEY_MAX, attr, trustgate_sa_key_nl_policy,
			       extack);
	if (err)
		return err;
	if (!tb[TRUSTGATE_A_SA_KEY_SPI] || !tb[TRUSTGATE_A_SA_KEY_PROTOCOL] ||
	    !tb[TRUSTGATE_A_SA_KEY_FAMILY] || !tb[TRUSTGATE_A_SA_KEY_DADDR]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "an SA needs spi, protocol, family and daddr");
		return -EINVAL;
	}
	memset(key, 0, sizeof(*key));
	key->spi = nla_get_be32(tb[TRUSTGATE_A_SA_KEY_SPI]);
	key->proto = nla_get_u8(tb[TRUSTGATE_A_SA_KEY_PROTOCOL]);
	key->family = nla_get_u16(tb[TRUSTGATE_A_SA_KEY_FAMILY]);
	len = key->family == AF_INET ? sizeof(key->daddr.a4) :
	      key->family == AF_INET6 ? sizeof(key->daddr.a6) : 0;
	if (!key->spi || !len || nla_len(tb[TRUSTGATE_A_SA_KEY_DADDR]) != len ||
	    (key->proto != IPPROTO_ESP && key->proto != IPPROTO_AH)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "not the spi, protocol, family and daddr of an ESP or AH SA");
		return -EINVAL;
	}
	memcpy(&key->daddr, nla_data(tb[TRUSTGATE_A_SA_KEY_DADDR]), len);
	return 0;
}

static int tg_parse_sa_keys(struct genl_info *info, struct tg_sa_key *keys)
{
	struct nlattr *attr;
	int n = 0, rem, err, i;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != TRUSTGATE_A_BIND_SA)
			continue;
		if (n == TG_BIND_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr, "more than 16 SAs in one request");
			return -E2BIG;
		}
		err = tg_parse_sa_key(attr, &keys[n], info->extack);
		if (err)
			return err;
		for (i = 0; i < n; i++) {
			if (memcmp(&keys[i], &keys[n], sizeof(keys[n])))
				continue;
			NL_SET_ERR_MSG_ATTR(info->extack, attr, "this SA is named twice");
			return -EINVAL;
		}
		n++;
	}
	return n;
}

static int tg_bind(struct tg_net *tn, struct genl_info *info, const struct tg_sa_key *keys, int n)
{
	struct tg_context *ctx;
	int err;

	ctx = tg_agents_context(tn, info, info->attrs[TRUSTGATE_A_BIND_CONTEXT_ID],
				info->attrs[TRUSTGATE_A_BIND_GENERATION]);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	if (ctx->state == TRUSTGATE_STATE_REJECTED || ctx->state == TRUSTGATE_STATE_GONE) {
		NL_SET_ERR_MSG(info->extack,
			       "the context is closed for good: a new IKE SA is needed");
		return -EKEYREJECTED;
	}
	err = tg_context_check_digest(ctx, info->attrs[TRUSTGATE_A_BIND_CERT_DIGEST],
				      info->extack);
	if (err) {
		/* One IKE SA, two certificates: contradictory, so closed for good. */
		tg_context_reject(ctx, TRUSTGATE_REASON_CERT_MISMATCH, NULL);
		return err;
	}
	return tg_sa_bind(ctx, keys, n, info->extack);
}

int trustgate_nl_sa_bind_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_sa_key keys[TG_BIND_MAX];
	struct tg_net *tn = tg_of(info);
	int n, err;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_BIND_CONTEXT_ID) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_BIND_GENERATION) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_BIND_CERT_DIGEST) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_BIND_SA))
		return tg_refuse(tn, -EINVAL);
	n = tg_parse_sa_keys(info, keys);
	if (n < 0)
		return tg_refuse(tn, n);
	spin_lock_bh(&tn->lock);
	err = tg_bind(tn, info, keys, n);
	spin_unlock_bh(&tn->lock);
	return tg_refuse(tn, err);
}

int trustgate_nl_sa_get_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct sk_buff *skb;
	struct tg_sa *sa;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_SA_ID))
		return -EINVAL;
	skb = tg_reply_start(info, &hdr);
	if (!skb)
		return -ENOMEM;
	spin_lock_bh(&tn->lock);
	sa = xa_load(&tn->sas, nla_get_u32(info->attrs[TRUSTGATE_A_SA_ID]));
	err = sa ? tg_fill_sa(skb, sa) : -ENOENT;
	spin_unlock_bh(&tn->lock);
	if (!sa)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[TRUSTGATE_A_SA_ID], "no such SA");
	return tg_reply_send(info, skb, hdr, err);
}

int trustgate_nl_sa_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct tg_net *tn = tg_pernet(sock_net(skb->sk));
	unsigned long id = cb->args[0];
	struct tg_sa *sa;

	spin_lock_bh(&tn->lock);
	cb->seq = tn->table_seq + 1;
	xa_for_each_start(&tn->sas, id, sa, id) {
		void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
					&tg_family, NLM_F_MULTI, TRUSTGATE_CMD_SA_GET);

		if (!hdr || tg_fill_sa(skb, sa)) {
			if (hdr)
				genlmsg_cancel(skb, hdr);
			break;
		}
		genl_dump_check_consistent(cb, hdr);
		genlmsg_end(skb, hdr);
		cb->args[0] = id + 1;
	}
	spin_unlock_bh(&tn->lock);
	return skb->len;
}

/* ------------------------------------------------------------ bootstrap */

int trustgate_nl_bootstrap_set_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct tg_context *ctx;
	struct tg_boot *boot;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_BOOTSTRAP_GENERATION) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_BOOTSTRAP_REMOTE_ADDR) ||
	    GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_BOOTSTRAP_REMOTE_PORT))
		return tg_refuse(tn, -EINVAL);
	boot = tg_boot_make(info);
	if (IS_ERR(boot))
		return tg_refuse(tn, PTR_ERR(boot));
	spin_lock_bh(&tn->lock);
	ctx = tg_agents_context(tn, info, info->attrs[TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID],
				info->attrs[TRUSTGATE_A_BOOTSTRAP_GENERATION]);
	err = IS_ERR(ctx) ? PTR_ERR(ctx) : tg_boot_install(ctx, boot, info->extack);
	spin_unlock_bh(&tn->lock);
	if (err)
		tg_boot_discard(boot);
	return tg_refuse(tn, err);
}

int trustgate_nl_bootstrap_get_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct tg_context *ctx;
	struct sk_buff *skb;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID))
		return -EINVAL;
	skb = tg_reply_start(info, &hdr);
	if (!skb)
		return -ENOMEM;
	spin_lock_bh(&tn->lock);
	ctx = tg_context_by_id(tn, info->attrs[TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID], info->extack);
	err = ctx ? tg_boot_fill(skb, ctx) : -ENOENT;
	spin_unlock_bh(&tn->lock);
	return tg_reply_send(info, skb, hdr, err);
}

int trustgate_nl_bootstrap_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct tg_net *tn = tg_pernet(sock_net(skb->sk));
	unsigned long id = cb->args[0];
	struct tg_context *ctx;
	int err;

	spin_lock_bh(&tn->lock);
	cb->seq = tn->table_seq + 1;
	xa_for_each_start(&tn->contexts, id, ctx, id) {
		void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
					&tg_family, NLM_F_MULTI, TRUSTGATE_CMD_BOOTSTRAP_GET);

		err = hdr ? tg_boot_fill(skb, ctx) : -EMSGSIZE;
		if (err) {
			if (hdr)
				genlmsg_cancel(skb, hdr);
			if (err == -EMSGSIZE)
				break;
		} else {
			genl_dump_check_consistent(cb, hdr);
			genlmsg_end(skb, hdr);
		}
		cb->args[0] = id + 1;
	}
	spin_unlock_bh(&tn->lock);
	return skb->len;
}

/* ---------------------------------------------------------------- stats */

static void tg_sum(const struct tg_net *tn, const u64_stats_t __percpu *packets,
		   const u64_stats_t __percpu *bytes, u64 *p, u64 *b)
{
	int cpu;

	*p = 0;
	*b = 0;
	for_each_possible_cpu(cpu) {
		const struct tg_stats *stats = per_cpu_ptr(tn->stats, cpu);
		unsigned int start;
		u64 sp, sb;

		do {
			start = u64_stats_fetch_begin(&stats->syncp);
			sp = u64_stats_read(per_cpu_ptr(packets, cpu));
			sb = u64_stats_read(per_cpu_ptr(bytes, cpu));
		} while (u64_stats_fetch_retry(&stats->syncp, start));
		*p += sp;
		*b += sb;
	}
}

static int tg_fill_counter(struct sk_buff *skb, int dir, u32 reason, bool boot, u64 packets,
			   u64 bytes)
{
	struct nlattr *nest;

	if (!packets)
		return 0;
	nest = nla_nest_start(skb, TRUSTGATE_A_STATS_COUNTER);
	if (!nest ||
	    nla_put_u32(skb, TRUSTGATE_A_COUNTER_DIRECTION, dir) ||
	    nla_put_u32(skb, TRUSTGATE_A_COUNTER_REASON, reason) ||
	    nla_put_u64_64bit(skb, TRUSTGATE_A_COUNTER_PACKETS, packets,
			      TRUSTGATE_A_COUNTER_PAD) ||
	    nla_put_u64_64bit(skb, TRUSTGATE_A_COUNTER_BYTES, bytes, TRUSTGATE_A_COUNTER_PAD) ||
	    (boot && nla_put_flag(skb, TRUSTGATE_A_COUNTER_BOOTSTRAP)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int tg_fill_counters(struct sk_buff *skb, const struct tg_net *tn)
{
	u64 packets, bytes;
	int dir, err = 0;
	u32 reason;

	for (dir = 0; dir < 2 && !err; dir++) {
		for (reason = 0; reason < TG_REASONS && !err; reason++) {
			tg_sum(tn, &tn->stats->packets[dir][reason],
			       &tn->stats->bytes[dir][reason], &packets, &bytes);
			err = tg_fill_counter(skb, dir, reason, false, packets, bytes);
		}
		if (err)
			break;
		tg_sum(tn, &tn->stats->boot_packets[dir], &tn->stats->boot_bytes[dir], &packets,
		       &bytes);
		err = tg_fill_counter(skb, dir, TRUSTGATE_REASON_NONE, true, packets, bytes);
	}
	return err;
}

int trustgate_nl_stats_get_doit(struct sk_buff *req, struct genl_info *info)
{
	struct tg_net *tn = tg_of(info);
	struct sk_buff *skb;
	void *hdr;
	int err;

	skb = tg_reply_start(info, &hdr);
	if (!skb)
		return -ENOMEM;
	err = tg_fill_counters(skb, tn);
	spin_lock_bh(&tn->lock);
	if (!err && (nla_put_u32(skb, TRUSTGATE_A_STATS_CONTEXTS, tn->ncontexts) ||
		     nla_put_u32(skb, TRUSTGATE_A_STATS_SAS, tn->nsas) ||
		     nla_put_u64_64bit(skb, TRUSTGATE_A_STATS_REFUSED, tn->refused,
				       TRUSTGATE_A_STATS_PAD)))
		err = -EMSGSIZE;
	spin_unlock_bh(&tn->lock);
	return tg_reply_send(info, skb, hdr, err);
}

static const struct genl_multicast_group tg_groups[] = {
	[TRUSTGATE_NLGRP_EVENTS] = {
		.name = TRUSTGATE_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

static struct genl_family tg_family __ro_after_init = {
	.name		= TRUSTGATE_FAMILY_NAME,
	.version	= TRUSTGATE_FAMILY_VERSION,
	.module		= THIS_MODULE,
	.netnsok	= true,
	.ops		= trustgate_nl_ops,
	.n_ops		= ARRAY_SIZE(trustgate_nl_ops),
	.resv_start_op	= TRUSTGATE_CMD_CONFIG_GET,
	.mcgrps		= tg_groups,
	.n_mcgrps	= ARRAY_SIZE(tg_groups),
};

int tg_netlink_init(void)
{
	return genl_register_family(&tg_family);
}

void tg_netlink_exit(void)
{
	genl_unregister_family(&tg_family);
}
