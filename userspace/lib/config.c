// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration, statistics and the agent's registration. */
#include <string.h>
#include "internal.h"

int tg_config_get(struct tg *tg, struct tg_config *out)
{
	struct tg_req req;

	memset(out, 0, sizeof(*out));
	tg_req_init(&req, tg, TRUSTGATE_CMD_CONFIG_GET, "config get");
	return tg_req_send(&req, tg_read_config, out);
}

static void put_scope(struct tg_req *req, const struct tg_scope *s)
{
	struct nlattr *nest = tg_req_nest(req, TRUSTGATE_A_CONFIG_SCOPE);

	if (s->if_id_min)
		tg_req_u32(req, TRUSTGATE_A_SCOPE_IF_ID_MIN, s->if_id_min);
	if (s->if_id_max != UINT32_MAX)
		tg_req_u32(req, TRUSTGATE_A_SCOPE_IF_ID_MAX, s->if_id_max);
	if (s->mark_mask) {
		tg_req_u32(req, TRUSTGATE_A_SCOPE_MARK, s->mark);
		tg_req_u32(req, TRUSTGATE_A_SCOPE_MARK_MASK, s->mark_mask);
	}
	if (s->reqid_min)
		tg_req_u32(req, TRUSTGATE_A_SCOPE_REQID_MIN, s->reqid_min);
	if (s->reqid_max != UINT32_MAX)
		tg_req_u32(req, TRUSTGATE_A_SCOPE_REQID_MAX, s->reqid_max);
	tg_req_nest_end(req, nest);
}

static void put_if_set(struct tg_req *req, uint32_t set, int attr, uint32_t v)
{
	if (set & TG_CONFIG_SET(attr))
		tg_req_u32(req, attr, v);
}

int tg_config_set(struct tg *tg, const struct tg_config *c)
{
	struct tg_req req;

	tg_req_init(&req, tg, TRUSTGATE_CMD_CONFIG_SET, "config set");
	put_if_set(&req, c->set, TRUSTGATE_A_CONFIG_MODE, c->mode);
	if (c->set & TG_CONFIG_SET(TRUSTGATE_A_CONFIG_SCOPE))
		for (unsigned int i = 0; i < c->nscopes && i < TG_SCOPES_MAX; i++)
			put_scope(&req, &c->scopes[i]);
	if (c->set & TG_CONFIG_SET(TRUSTGATE_A_CONFIG_SCOPE_ALL) && c->scope_all)
		tg_req_flag(&req, TRUSTGATE_A_CONFIG_SCOPE_ALL);
	put_if_set(&req, c->set, TRUSTGATE_A_CONFIG_T_BIND_MS, c->t_bind_ms);
	put_if_set(&req, c->set, TRUSTGATE_A_CONFIG_T_VERIFY_MS, c->t_verify_ms);
	put_if_set(&req, c->set, TRUSTGATE_A_CONFIG_GRACE_MS, c->grace_ms);
	put_if_set(&req, c->set, TRUSTGATE_A_CONFIG_BOOT_BYTES, c->boot_bytes);
	put_if_set(&req, c->set, TRUSTGATE_A_CONFIG_BOOT_PACKETS, c->boot_packets);
	put_if_set(&req, c->set, TRUSTGATE_A_CONFIG_BOOT_ATTEMPTS, c->boot_attempts);
	put_if_set(&req, c->set, TRUSTGATE_A_CONFIG_MAX_CONTEXTS, c->max_contexts);
	put_if_set(&req, c->set, TRUSTGATE_A_CONFIG_MAX_SAS, c->max_sas);
	if (c->set & TG_CONFIG_SET(TRUSTGATE_A_CONFIG_DELETE_HELD))
		tg_req_flag(&req, TRUSTGATE_A_CONFIG_DELETE_HELD);
	return tg_req_send(&req, NULL, NULL);
}

int tg_agent_register(struct tg *tg, uint32_t lease_ms, const char *name, uint64_t *session)
{
	struct tg_agent agent = { 0 };
	struct tg_req req;
	int rc;

	tg_req_init(&req, tg, TRUSTGATE_CMD_AGENT_REGISTER, "agent register");
	tg_req_u32(&req, TRUSTGATE_A_AGENT_LEASE_MS, lease_ms);
	if (name)
		tg_req_text(&req, TRUSTGATE_A_AGENT_NAME, name);
	rc = tg_req_send(&req, tg_read_agent, &agent);
	if (!rc)
		*session = agent.session;
	return rc;
}

int tg_agent_renew(struct tg *tg, uint64_t session)
{
	struct tg_req req;

	tg_req_init(&req, tg, TRUSTGATE_CMD_AGENT_RENEW, "agent renew");
	tg_req_u64(&req, TRUSTGATE_A_AGENT_SESSION, session);
	return tg_req_send(&req, NULL, NULL);
}

int tg_agent_get(struct tg *tg, struct tg_agent *out)
{
	struct tg_req req;

	memset(out, 0, sizeof(*out));
	tg_req_init(&req, tg, TRUSTGATE_CMD_AGENT_GET, "agent get");
	return tg_req_send(&req, tg_read_agent, out);
}

int tg_stats_get(struct tg *tg, struct tg_stats *out)
{
	struct tg_req req;

	memset(out, 0, sizeof(*out));
	tg_req_init(&req, tg, TRUSTGATE_CMD_STATS_GET, "stats get");
	return tg_req_send(&req, tg_read_stats, out);
}
