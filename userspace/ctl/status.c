// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate status: one line a tunnel. What is wrong with the box goes to stderr. */
#include <arpa/inet.h>
#include <inttypes.h>
#include "ctl.h"

/* What keeps @c from being open, in one cell. */
static void add_missing(struct table *t, const struct tg_context *c)
{
	char kinds[128];

	if (state_is_open(c->state))
		table_add(t, "-");
	else if (c->state == TRUSTGATE_STATE_PENDING && c->required & ~c->satisfied)
		table_add(t, "%s", kinds_text(kinds, sizeof(kinds), c->required & ~c->satisfied));
	else if (c->required & ~c->satisfied)
		table_add(t, "%s (%s)",
			  kinds_text(kinds, sizeof(kinds), c->required & ~c->satisfied),
			  tg_reason_name(c->reason));
	else
		table_add(t, "(%s)", tg_reason_name(c->reason));
}

/* Open: the first proof's expiry. Held: T_VERIFY, when it is rejected. */
static void add_expiry(struct table *t, const struct tg_context *c)
{
	uint32_t ms = state_is_open(c->state) ? c->expires_ms : c->deadline_ms;
	char buf[32];

	if (!ms || c->state == TRUSTGATE_STATE_REJECTED)
		table_add(t, "-");
	else
		table_add(t, "%s", duration(buf, sizeof(buf), ms));
}

static void add_context(struct table *t, const struct tg_context *c)
{
	char peer[TEXT_ROOM], since[32];

	table_add(t, "%" PRIu32, c->id);
	table_add(t, "%s", *c->peer ? clean(peer, sizeof(peer), c->peer) : "?");
	table_add(t, "%s", tg_state_name(c->state));
	table_add(t, "%s", duration(since, sizeof(since), c->since_ms));
	add_expiry(t, c);
	add_missing(t, c);
}

static void add_loose(struct table *t, const struct tg_sa *s)
{
	char addr[INET6_ADDRSTRLEN], since[32];

	table_add(t, "-");
	table_add(t, "%s 0x%08" PRIx32 " to %s", protocol_name(s->key.protocol),
		  ntohl(s->key.spi), address_text(addr, sizeof(addr), s->key.family, s->key.daddr));
	table_add(t, "%s", tg_state_name(s->state));
	table_add(t, "%s", duration(since, sizeof(since), s->since_ms));
	table_add(t, "-");
	table_add(t, "an IKE SA (%s)", tg_reason_name(s->reason));
}

static void print_table(const struct ctl *ctl, const struct box *box)
{
	static const char *const head[] = {
		"ID", "PEER", "STATE", "SINCE", "EXPIRES", "MISSING",
	};
	struct table t;

	table_init(&t, head, ARRAY_SIZE(head));
	for (size_t i = 0; i < box->ncontexts; i++)
		if (box->contexts[i].state != TRUSTGATE_STATE_GONE)
			add_context(&t, &box->contexts[i]);
	for (size_t i = 0; i < box->nsas; i++)
		if (sa_is_loose(&box->sas[i]))
			add_loose(&t, &box->sas[i]);
	if (!t.n && !box->gate_status)
		complain("tunnel", "there is none",
			 box->nproblems ? "see above" : "swanctl --initiate, or wait for the agent to start it");
	table_print(&t, ctl);
}

static int print_json(const struct box *box)
{
	json_t *doc = json_object(), *tunnels = json_array(), *loose = json_array();
	int status = box_status(box, 0);

	for (size_t i = 0; i < box->ncontexts; i++)
		if (box->contexts[i].state != TRUSTGATE_STATE_GONE)
			json_array_append_new(tunnels, json_context(&box->contexts[i]));
	for (size_t i = 0; i < box->nsas; i++)
		if (sa_is_loose(&box->sas[i]))
			json_array_append_new(loose, json_sa(&box->sas[i]));
	json_object_set_new(doc, "exit", json_integer(status));
	json_object_set_new(doc, "problems", box_problems(box));
	json_object_set_new(doc, "gate", box->gate_status ? json_null() :
			    json_config(&box->config));
	json_object_set_new(doc, "agent", box->registered ? json_agent(&box->agent) : json_null());
	json_object_set_new(doc, "control", box->control ? json_incref(box->control) : json_null());
	json_object_set_new(doc, "tunnels", tunnels);
	json_object_set_new(doc, "unbound", loose);
	return json_emit(doc, "trustgate.status/1", true, status);
}

/* HNB-AUTH-15: whoever turned the check off is reminded of it. */
static void complain_unchecked(const struct box *box)
{
	json_t *revocation = json_object_get(box->control, "revocation");

	if (json_is_false(json_object_get(revocation, "configured")))
		complain("revocation", "not configured",
			 "[ocsp] mode is off, or [gate] required leaves it out");
}

int status_print(const struct ctl *ctl, const struct box *box)
{
	box_complain(box);
	complain_unchecked(box);
	if (ctl->json)
		return print_json(box);
	print_table(ctl, box);
	return box_status(box, 0);
}

int verb_status(struct ctl *ctl, int argc, char **argv)
{
	struct box box;
	int rc;

	(void)argc;
	(void)argv;
	box_load(ctl, &box);
	rc = status_print(ctl, &box);
	box_free(&box);
	return rc;
}
