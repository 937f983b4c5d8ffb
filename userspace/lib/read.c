// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replies and events into plain structures. Pure functions over a message: what
 * is absent stays zero, what does not fit makes the whole message bad.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "internal.h"
#include "tables_gen.h"

static uint8_t u8(struct nlattr *nla)
{
	return nla ? nla_get_u8(nla) : 0;
}

static uint16_t u16(struct nlattr *nla)
{
	return nla ? nla_get_u16(nla) : 0;
}

static uint32_t u32(struct nlattr *nla)
{
	return nla ? nla_get_u32(nla) : 0;
}

static uint32_t u32_or(struct nlattr *nla, uint32_t otherwise)
{
	return nla ? nla_get_u32(nla) : otherwise;
}

static uint64_t u64(struct nlattr *nla)
{
	return nla ? nla_get_u64(nla) : 0;
}

static void text(char *dst, size_t len, struct nlattr *nla)
{
	if (nla)
		nla_strlcpy(dst, nla, len);
}

static int digest(uint8_t dst[TRUSTGATE_DIGEST_LEN], struct nlattr *nla)
{
	if (!nla)
		return 0;
	if (nla_len(nla) != TRUSTGATE_DIGEST_LEN)
		return -EBADMSG;
	memcpy(dst, nla_data(nla), TRUSTGATE_DIGEST_LEN);
	return 0;
}

size_t tg_addr_len(uint16_t family)
{
	if (family == AF_INET)
		return 4;
	return family == AF_INET6 ? 16 : 0;
}

static int address(uint8_t dst[16], uint16_t family, struct nlattr *nla)
{
	if (!nla)
		return 0;
	if (!tg_addr_len(family) || nla_len(nla) != (int)tg_addr_len(family))
		return -EBADMSG;
	memcpy(dst, nla_data(nla), tg_addr_len(family));
	return 0;
}

/*
 * Calls @fn for each attribute of @type: the parser of libnl keeps the last of
 * several.
 */
static int each(struct nlmsghdr *nlh, int type, int (*fn)(struct nlattr *nla, void *arg), void *arg)
{
	struct genlmsghdr *g = nlmsg_data(nlh);
	struct nlattr *nla = genlmsg_attrdata(g, 0);
	int left = genlmsg_attrlen(g, 0);
	int rc = 0;

	for (; !rc && nla_ok(nla, left); nla = nla_next(nla, &left))
		if (nla_type(nla) == type)
			rc = fn(nla, arg);
	return rc;
}

static int read_scope(struct nlattr *nla, void *arg)
{
	struct nlattr *tb[TRUSTGATE_A_SCOPE_MAX + 1];
	struct tg_config *c = arg;
	struct tg_scope *s;

	if (c->nscopes == TG_SCOPES_MAX ||
	    nla_parse_nested(tb, TRUSTGATE_A_SCOPE_MAX, nla, tg_scope_policy) < 0)
		return -EBADMSG;
	s = &c->scopes[c->nscopes++];
	s->if_id_min = u32(tb[TRUSTGATE_A_SCOPE_IF_ID_MIN]);
	s->if_id_max = u32_or(tb[TRUSTGATE_A_SCOPE_IF_ID_MAX], UINT32_MAX);
	s->mark = u32(tb[TRUSTGATE_A_SCOPE_MARK]);
	s->mark_mask = u32(tb[TRUSTGATE_A_SCOPE_MARK_MASK]);
	s->reqid_min = u32(tb[TRUSTGATE_A_SCOPE_REQID_MIN]);
	s->reqid_max = u32_or(tb[TRUSTGATE_A_SCOPE_REQID_MAX], UINT32_MAX);
	return 0;
}

int tg_read_config(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[TRUSTGATE_A_CONFIG_MAX + 1];
	struct tg_config *c = arg;

	if (genlmsg_parse(nlh, 0, tb, TRUSTGATE_A_CONFIG_MAX, tg_config_policy) < 0)
		return -EBADMSG;
	c->mode = u32(tb[TRUSTGATE_A_CONFIG_MODE]);
	c->scope_all = tb[TRUSTGATE_A_CONFIG_SCOPE_ALL];
	c->t_bind_ms = u32(tb[TRUSTGATE_A_CONFIG_T_BIND_MS]);
	c->t_verify_ms = u32(tb[TRUSTGATE_A_CONFIG_T_VERIFY_MS]);
	c->grace_ms = u32(tb[TRUSTGATE_A_CONFIG_GRACE_MS]);
	c->boot_bytes = u32(tb[TRUSTGATE_A_CONFIG_BOOT_BYTES]);
	c->boot_packets = u32(tb[TRUSTGATE_A_CONFIG_BOOT_PACKETS]);
	c->boot_attempts = u32(tb[TRUSTGATE_A_CONFIG_BOOT_ATTEMPTS]);
	c->max_contexts = u32(tb[TRUSTGATE_A_CONFIG_MAX_CONTEXTS]);
	c->max_sas = u32(tb[TRUSTGATE_A_CONFIG_MAX_SAS]);
	for (int i = 1; i <= TRUSTGATE_A_CONFIG_MAX; i++)
		if (tb[i])
			c->set |= TG_CONFIG_SET(i);
	return each(nlh, TRUSTGATE_A_CONFIG_SCOPE, read_scope, c);
}

int tg_read_agent(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[TRUSTGATE_A_AGENT_MAX + 1];
	struct tg_agent *a = arg;

	if (genlmsg_parse(nlh, 0, tb, TRUSTGATE_A_AGENT_MAX, tg_agent_policy) < 0)
		return -EBADMSG;
	a->session = u64(tb[TRUSTGATE_A_AGENT_SESSION]);
	a->portid = u32(tb[TRUSTGATE_A_AGENT_PORTID]);
	a->lease_ms = u32(tb[TRUSTGATE_A_AGENT_LEASE_MS]);
	a->lease_left_ms = u32(tb[TRUSTGATE_A_AGENT_LEASE_LEFT_MS]);
	text(a->name, sizeof(a->name), tb[TRUSTGATE_A_AGENT_NAME]);
	return 0;
}

static int read_evidence(struct nlattr *nla, void *arg)
{
	struct nlattr *tb[TRUSTGATE_A_EVIDENCE_MAX + 1];
	struct tg_context *c = arg;
	struct tg_evidence *e;
	uint32_t kind;

	if (nla_parse_nested(tb, TRUSTGATE_A_EVIDENCE_MAX, nla, tg_evidence_policy) < 0 ||
	    !tb[TRUSTGATE_A_EVIDENCE_KIND])
		return -EBADMSG;
	kind = u32(tb[TRUSTGATE_A_EVIDENCE_KIND]);
	if (kind >= TG_KINDS)
		return -EBADMSG;
	e = &c->evidence[kind];
	e->present = true;
	e->kind = kind;
	e->result = u32(tb[TRUSTGATE_A_EVIDENCE_RESULT]);
	e->expires_ms = u32(tb[TRUSTGATE_A_EVIDENCE_EXPIRES_MS]);
	e->age_ms = u32(tb[TRUSTGATE_A_EVIDENCE_AGE_MS]);
	e->provisional = tb[TRUSTGATE_A_EVIDENCE_PROVISIONAL];
	text(e->detail, sizeof(e->detail), tb[TRUSTGATE_A_EVIDENCE_DETAIL]);
	return digest(e->cert_digest, tb[TRUSTGATE_A_EVIDENCE_CERT_DIGEST]) ?:
	       digest(e->proof_digest, tb[TRUSTGATE_A_EVIDENCE_PROOF_DIGEST]);
}

int tg_read_context(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[TRUSTGATE_A_CONTEXT_MAX + 1];
	struct tg_context *c = arg;

	if (genlmsg_parse(nlh, 0, tb, TRUSTGATE_A_CONTEXT_MAX, tg_context_policy) < 0)
		return -EBADMSG;
	c->id = u32(tb[TRUSTGATE_A_CONTEXT_ID]);
	c->ike_instance = u64(tb[TRUSTGATE_A_CONTEXT_IKE_INSTANCE]);
	c->ike_id = u32(tb[TRUSTGATE_A_CONTEXT_IKE_ID]);
	c->role = u32(tb[TRUSTGATE_A_CONTEXT_ROLE]);
	text(c->peer, sizeof(c->peer), tb[TRUSTGATE_A_CONTEXT_PEER]);
	c->required = u32(tb[TRUSTGATE_A_CONTEXT_REQUIRED]);
	c->satisfied = u32(tb[TRUSTGATE_A_CONTEXT_SATISFIED]);
	c->generation = u64(tb[TRUSTGATE_A_CONTEXT_GENERATION]);
	c->state = u32(tb[TRUSTGATE_A_CONTEXT_STATE]);
	c->reason = u32(tb[TRUSTGATE_A_CONTEXT_REASON]);
	c->since_ms = u32(tb[TRUSTGATE_A_CONTEXT_SINCE_MS]);
	c->expires_ms = u32(tb[TRUSTGATE_A_CONTEXT_EXPIRES_MS]);
	c->deadline_ms = u32(tb[TRUSTGATE_A_CONTEXT_DEADLINE_MS]);
	c->sas = u32(tb[TRUSTGATE_A_CONTEXT_SAS]);
	text(c->detail, sizeof(c->detail), tb[TRUSTGATE_A_CONTEXT_DETAIL]);
	c->held_packets = u64(tb[TRUSTGATE_A_CONTEXT_HELD_PACKETS]);
	return digest(c->cert_digest, tb[TRUSTGATE_A_CONTEXT_CERT_DIGEST]) ?:
	       each(nlh, TRUSTGATE_A_CONTEXT_EVIDENCE, read_evidence, c);
}

int tg_read_sa(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[TRUSTGATE_A_SA_MAX + 1];
	struct tg_sa *s = arg;

	if (genlmsg_parse(nlh, 0, tb, TRUSTGATE_A_SA_MAX, tg_sa_policy) < 0)
		return -EBADMSG;
	s->id = u32(tb[TRUSTGATE_A_SA_ID]);
	s->context_id = u32(tb[TRUSTGATE_A_SA_CONTEXT_ID]);
	s->key.spi = u32(tb[TRUSTGATE_A_SA_SPI]);
	s->key.protocol = u8(tb[TRUSTGATE_A_SA_PROTOCOL]);
	s->key.family = u16(tb[TRUSTGATE_A_SA_FAMILY]);
	s->if_id = u32(tb[TRUSTGATE_A_SA_IF_ID]);
	s->mark = u32(tb[TRUSTGATE_A_SA_MARK]);
	s->mark_mask = u32(tb[TRUSTGATE_A_SA_MARK_MASK]);
	s->reqid = u32(tb[TRUSTGATE_A_SA_REQID]);
	s->xfrm_mode = u8(tb[TRUSTGATE_A_SA_XFRM_MODE]);
	s->state = u32(tb[TRUSTGATE_A_SA_STATE]);
	s->reason = u32(tb[TRUSTGATE_A_SA_REASON]);
	s->since_ms = u32(tb[TRUSTGATE_A_SA_SINCE_MS]);
	s->held_packets = u64(tb[TRUSTGATE_A_SA_HELD_PACKETS]);
	s->held_bytes = u64(tb[TRUSTGATE_A_SA_HELD_BYTES]);
	return address(s->key.daddr, s->key.family, tb[TRUSTGATE_A_SA_DADDR]) ?:
	       address(s->saddr, s->key.family, tb[TRUSTGATE_A_SA_SADDR]);
}

int tg_read_bootstrap(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[TRUSTGATE_A_BOOTSTRAP_MAX + 1];
	struct tg_bootstrap *b = arg;

	if (genlmsg_parse(nlh, 0, tb, TRUSTGATE_A_BOOTSTRAP_MAX, tg_bootstrap_policy) < 0)
		return -EBADMSG;
	b->context_id = u32(tb[TRUSTGATE_A_BOOTSTRAP_CONTEXT_ID]);
	b->family = u16(tb[TRUSTGATE_A_BOOTSTRAP_FAMILY]);
	b->local_port = ntohs(u16(tb[TRUSTGATE_A_BOOTSTRAP_LOCAL_PORT]));
	b->remote_port = ntohs(u16(tb[TRUSTGATE_A_BOOTSTRAP_REMOTE_PORT]));
	b->out_packets = u32(tb[TRUSTGATE_A_BOOTSTRAP_OUT_PACKETS]);
	b->out_bytes = u32(tb[TRUSTGATE_A_BOOTSTRAP_OUT_BYTES]);
	b->in_packets = u32(tb[TRUSTGATE_A_BOOTSTRAP_IN_PACKETS]);
	b->in_bytes = u32(tb[TRUSTGATE_A_BOOTSTRAP_IN_BYTES]);
	b->attempt = u32(tb[TRUSTGATE_A_BOOTSTRAP_ATTEMPT]);
	b->exhausted = tb[TRUSTGATE_A_BOOTSTRAP_EXHAUSTED];
	b->forward = tb[TRUSTGATE_A_BOOTSTRAP_FORWARD];
	return address(b->local_addr, b->family, tb[TRUSTGATE_A_BOOTSTRAP_LOCAL_ADDR]) ?:
	       address(b->remote_addr, b->family, tb[TRUSTGATE_A_BOOTSTRAP_REMOTE_ADDR]);
}

static int read_counter(struct nlattr *nla, void *arg)
{
	struct nlattr *tb[TRUSTGATE_A_COUNTER_MAX + 1];
	struct tg_stats *s = arg;
	struct tg_counter *c;

	if (s->ncounters == TG_COUNTERS_MAX ||
	    nla_parse_nested(tb, TRUSTGATE_A_COUNTER_MAX, nla, tg_counter_policy) < 0)
		return -EBADMSG;
	c = &s->counters[s->ncounters++];
	c->direction = u32(tb[TRUSTGATE_A_COUNTER_DIRECTION]);
	c->reason = u32(tb[TRUSTGATE_A_COUNTER_REASON]);
	c->packets = u64(tb[TRUSTGATE_A_COUNTER_PACKETS]);
	c->bytes = u64(tb[TRUSTGATE_A_COUNTER_BYTES]);
	c->bootstrap = tb[TRUSTGATE_A_COUNTER_BOOTSTRAP];
	return 0;
}

int tg_read_stats(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[TRUSTGATE_A_STATS_MAX + 1];
	struct tg_stats *s = arg;

	if (genlmsg_parse(nlh, 0, tb, TRUSTGATE_A_STATS_MAX, tg_stats_policy) < 0)
		return -EBADMSG;
	s->contexts = u32(tb[TRUSTGATE_A_STATS_CONTEXTS]);
	s->sas = u32(tb[TRUSTGATE_A_STATS_SAS]);
	s->refused = u64(tb[TRUSTGATE_A_STATS_REFUSED]);
	return each(nlh, TRUSTGATE_A_STATS_COUNTER, read_counter, s);
}

int tg_read_note(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[TRUSTGATE_A_NOTE_MAX + 1];
	struct tg_note *n = arg;

	if (genlmsg_parse(nlh, 0, tb, TRUSTGATE_A_NOTE_MAX, tg_note_policy) < 0 ||
	    !tb[TRUSTGATE_A_NOTE_EVENT])
		return -EBADMSG;
	n->event = u32(tb[TRUSTGATE_A_NOTE_EVENT]);
	n->seq = u64(tb[TRUSTGATE_A_NOTE_SEQ]);
	n->time_ns = u64(tb[TRUSTGATE_A_NOTE_TIME_NS]);
	n->old_state = u32(tb[TRUSTGATE_A_NOTE_OLD_STATE]);
	n->state = u32(tb[TRUSTGATE_A_NOTE_STATE]);
	n->reason = u32(tb[TRUSTGATE_A_NOTE_REASON]);
	n->context_id = u32(tb[TRUSTGATE_A_NOTE_CONTEXT_ID]);
	n->ike_instance = u64(tb[TRUSTGATE_A_NOTE_IKE_INSTANCE]);
	n->ike_id = u32(tb[TRUSTGATE_A_NOTE_IKE_ID]);
	n->generation = u64(tb[TRUSTGATE_A_NOTE_GENERATION]);
	text(n->peer, sizeof(n->peer), tb[TRUSTGATE_A_NOTE_PEER]);
	n->sa_id = u32(tb[TRUSTGATE_A_NOTE_SA_ID]);
	n->key.spi = u32(tb[TRUSTGATE_A_NOTE_SPI]);
	n->key.protocol = u8(tb[TRUSTGATE_A_NOTE_PROTOCOL]);
	n->key.family = u16(tb[TRUSTGATE_A_NOTE_FAMILY]);
	n->kind = u32(tb[TRUSTGATE_A_NOTE_KIND]);
	n->result = u32(tb[TRUSTGATE_A_NOTE_RESULT]);
	text(n->detail, sizeof(n->detail), tb[TRUSTGATE_A_NOTE_DETAIL]);
	n->session = u64(tb[TRUSTGATE_A_NOTE_SESSION]);
	n->portid = u32(tb[TRUSTGATE_A_NOTE_PORTID]);
	n->mode = u32(tb[TRUSTGATE_A_NOTE_MODE]);
	n->rescoped = tb[TRUSTGATE_A_NOTE_RESCOPED];
	return address(n->key.daddr, n->key.family, tb[TRUSTGATE_A_NOTE_DADDR]);
}
