// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate show: the kernel's own view. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"

/* What a person asked for: 0 all, else a number, of an SA perhaps its SPI. */
struct pick {
	uint32_t id;
	bool spi;
};

static int parse_pick(const char *s, bool spis, struct pick *pick)
{
	if (!s)
		return 0;
	pick->spi = strncmp(s, "0x", 2) == 0;
	if ((pick->spi && !spis) || parse_u32(s, 1, UINT32_MAX, &pick->id))
		return usage_error(s, spis ? "neither an ID nor an SPI as 0xc1234567" :
				   "not the ID of a context");
	return 0;
}

static int nothing(const char *what, const struct pick *pick)
{
	char subject[64];

	if (pick->spi)
		snprintf(subject, sizeof(subject), "%s 0x%08" PRIx32, what, pick->id);
	else
		snprintf(subject, sizeof(subject), "%s %" PRIu32, what, pick->id);
	complain(subject, "there is none", "trustgate show without an ID lists all");
	return EXIT_FAILED;
}

/*
 * One kind of object: a dump, and how one of it is printed. The table and the
 * JSON array are filled by the same loop.
 */
struct view {
	const char *name, *schema, *array;
	size_t size;
	int (*dump)(struct tg *tg, void **items, size_t *n);
	bool (*match)(const void *item, const struct pick *pick);
	json_t *(*json)(const void *item);
	void (*row)(struct table *t, const void *item);
	const char *const *head;
	unsigned int columns;
	bool spis;		/* ID may be an SPI */
};

static int dump_contexts(struct tg *tg, void **items, size_t *n)
{
	return tg_context_dump(tg, (struct tg_context **)items, n);
}

static bool match_context(const void *item, const struct pick *pick)
{
	return ((const struct tg_context *)item)->id == pick->id;
}

static json_t *context_to_json(const void *item)
{
	return json_context(item);
}

static const char *const context_head[] = {
	"ID", "PEER", "ROLE", "STATE", "REASON", "SINCE", "REQUIRED", "SATISFIED", "SAS", "HELD",
	"IKE", "CERT", "DETAIL",
};

static void context_row(struct table *t, const void *item)
{
	const struct tg_context *c = item;
	char buf[TEXT_ROOM];

	table_add(t, "%" PRIu32, c->id);
	table_add(t, "%s", clean(buf, sizeof(buf), c->peer));
	table_add(t, "%s", tg_role_name(c->role));
	table_add(t, "%s", tg_state_name(c->state));
	table_add(t, "%s", tg_reason_name(c->reason));
	table_add(t, "%s", duration(buf, sizeof(buf), c->since_ms));
	table_add(t, "%s", kinds_text(buf, sizeof(buf), c->required));
	table_add(t, "%s", kinds_text(buf, sizeof(buf), c->satisfied));
	table_add(t, "%" PRIu32, c->sas);
	table_add(t, "%" PRIu64, c->held_packets);
	table_add(t, "%" PRIu32, c->ike_id);
	/* As much of a digest as tells certificates apart; -j has all of it. */
	table_add(t, "%s", hex_text(buf, sizeof(buf), c->cert_digest, 8));
	table_add(t, "%s", *c->detail ? clean(buf, sizeof(buf), c->detail) : "-");
}

static int dump_sas(struct tg *tg, void **items, size_t *n)
{
	return tg_sa_dump(tg, (struct tg_sa **)items, n);
}

static bool match_sa(const void *item, const struct pick *pick)
{
	const struct tg_sa *s = item;

	return pick->spi ? ntohl(s->key.spi) == pick->id : s->id == pick->id;
}

static json_t *sa_to_json(const void *item)
{
	return json_sa(item);
}

static const char *const sa_head[] = {
	"ID", "CONTEXT", "SPI", "PROTO", "MODE", "SRC", "DST", "REQID", "IF-ID", "MARK",
	"STATE", "REASON", "SINCE", "HELD", "OCTETS",
};

static void sa_row(struct table *t, const void *item)
{
	const struct tg_sa *s = item;
	/* Announced only: what is not in its key is not known yet. */
	bool absent = s->state == TRUSTGATE_STATE_ABSENT;
	char buf[INET6_ADDRSTRLEN];

	table_add(t, "%" PRIu32, s->id);
	if (s->context_id)
		table_add(t, "%" PRIu32, s->context_id);
	else
		table_add(t, "-");
	table_add(t, "0x%08" PRIx32, ntohl(s->key.spi));
	table_add(t, "%s", protocol_name(s->key.protocol));
	table_add(t, "%s", absent ? "-" : xfrm_mode_name(s->xfrm_mode));
	table_add(t, "%s", absent ? "-" :
		  address_text(buf, sizeof(buf), s->key.family, s->saddr));
	table_add(t, "%s", address_text(buf, sizeof(buf), s->key.family, s->key.daddr));
	table_add(t, "%" PRIu32, s->reqid);
	table_add(t, "0x%" PRIx32, s->if_id);
	table_add(t, "0x%" PRIx32 "/0x%" PRIx32, s->mark, s->mark_mask);
	table_add(t, "%s", tg_state_name(s->state));
	table_add(t, "%s", tg_reason_name(s->reason));
	table_add(t, "%s", duration(buf, sizeof(buf), s->since_ms));
	table_add(t, "%" PRIu64, s->held_packets);
	table_add(t, "%" PRIu64, s->held_bytes);
}

static int dump_bootstraps(struct tg *tg, void **items, size_t *n)
{
	return tg_bootstrap_dump(tg, (struct tg_bootstrap **)items, n);
}

static bool match_bootstrap(const void *item, const struct pick *pick)
{
	return ((const struct tg_bootstrap *)item)->context_id == pick->id;
}

static json_t *bootstrap_to_json(const void *item)
{
	return json_bootstrap(item);
}

static const char *const bootstrap_head[] = {
	"CONTEXT", "LOCAL", "REMOTE", "OUT", "OUT-OCTETS", "IN", "IN-OCTETS", "ATTEMPT", "BUDGET",
	"FLOW",
};

static void bootstrap_row(struct table *t, const void *item)
{
	const struct tg_bootstrap *b = item;
	char buf[INET6_ADDRSTRLEN];

	table_add(t, "%" PRIu32, b->context_id);
	table_add(t, "[%s]:%u", address_text(buf, sizeof(buf), b->family, b->local_addr),
		  b->local_port);
	table_add(t, "[%s]:%u", address_text(buf, sizeof(buf), b->family, b->remote_addr),
		  b->remote_port);
	table_add(t, "%" PRIu32, b->out_packets);
	table_add(t, "%" PRIu32, b->out_bytes);
	table_add(t, "%" PRIu32, b->in_packets);
	table_add(t, "%" PRIu32, b->in_bytes);
	table_add(t, "%" PRIu32, b->attempt);
	table_add(t, "%s", b->exhausted ? "used up" : "left");
	table_add(t, "%s", b->forward ? "the peer's" : "ours");
}

/* Proofs are printed a row each, of contexts. */
static json_t *evidence_to_json(const void *item)
{
	const struct tg_context *c = item;
	json_t *o = json_object(), *a = json_array();

	for (uint32_t kind = 0; kind < TG_KINDS; kind++)
		if (c->evidence[kind].present)
			json_array_append_new(a, json_evidence(&c->evidence[kind]));
	json_object_set_new(o, "context_id", json_integer(c->id));
	json_object_set_new(o, "required", json_kinds(c->required));
	json_object_set_new(o, "satisfied", json_kinds(c->satisfied));
	json_object_set_new(o, "evidence", a);
	return o;
}

static const char *const evidence_head[] = {
	"CONTEXT", "KIND", "REQUIRED", "RESULT", "COUNTS", "AGE", "EXPIRES", "PROOF", "DETAIL",
};

static void evidence_line(struct table *t, const struct tg_context *c, uint32_t kind)
{
	const struct tg_evidence *e = &c->evidence[kind];
	char buf[TEXT_ROOM];

	table_add(t, "%" PRIu32, c->id);
	table_add(t, "%s", tg_kind_name(kind));
	table_add(t, "%s", c->required & 1u << kind ? "yes" : "no");
	table_add(t, "%s%s", e->present ? tg_result_name(e->result) : "missing",
		  e->provisional ? " (provisional)" : "");
	table_add(t, "%s", c->satisfied & 1u << kind ? "yes" : "no");
	table_add(t, "%s", e->present ? duration(buf, sizeof(buf), e->age_ms) : "-");
	table_add(t, "%s", e->expires_ms ? duration(buf, sizeof(buf), e->expires_ms) : "-");
	table_add(t, "%s", e->present ? hex_text(buf, sizeof(buf), e->proof_digest, 8) : "-");
	table_add(t, "%s", *e->detail ? clean(buf, sizeof(buf), e->detail) : "-");
}

static void evidence_row(struct table *t, const void *item)
{
	const struct tg_context *c = item;

	for (uint32_t kind = 0; kind < TG_KINDS; kind++)
		if (c->evidence[kind].present || c->required & 1u << kind)
			evidence_line(t, c, kind);
}

static const struct view views[] = {
	{ .name = "context", .schema = "trustgate.context/1", .array = "contexts",
	  .size = sizeof(struct tg_context), .dump = dump_contexts, .match = match_context,
	  .json = context_to_json, .row = context_row, .head = context_head,
	  .columns = ARRAY_SIZE(context_head) },
	{ .name = "sa", .schema = "trustgate.sa/1", .array = "sas", .spis = true,
	  .size = sizeof(struct tg_sa), .dump = dump_sas, .match = match_sa,
	  .json = sa_to_json, .row = sa_row, .head = sa_head, .columns = ARRAY_SIZE(sa_head) },
	{ .name = "evidence", .schema = "trustgate.evidence/1", .array = "contexts",
	  .size = sizeof(struct tg_context), .dump = dump_contexts, .match = match_context,
	  .json = evidence_to_json, .row = evidence_row, .head = evidence_head,
	  .columns = ARRAY_SIZE(evidence_head) },
	{ .name = "bootstrap", .schema = "trustgate.bootstrap/1", .array = "bootstraps",
	  .size = sizeof(struct tg_bootstrap), .dump = dump_bootstraps,
	  .match = match_bootstrap, .json = bootstrap_to_json, .row = bootstrap_row,
	  .head = bootstrap_head, .columns = ARRAY_SIZE(bootstrap_head) },
};

static int print_view(const struct ctl *ctl, const struct view *v, const char *items, size_t n,
		      const struct pick *pick)
{
	json_t *doc, *a = json_array();
	struct table t;
	size_t found = 0;

	table_init(&t, v->head, v->columns);
	for (size_t i = 0; i < n; i++) {
		const char *item = items + i * v->size;

		if (pick->id && !v->match(item, pick))
			continue;
		found++;
		if (ctl->json)
			json_array_append_new(a, v->json(item));
		else
			v->row(&t, item);
	}
	if (pick->id && !found) {
		json_decref(a);
		return nothing(v->name, pick);
	}
	if (!ctl->json) {
		json_decref(a);
		return table_print(&t, ctl);
	}
	doc = json_object();
	json_object_set_new(doc, v->array, a);
	return json_emit(doc, v->schema, true, EXIT_OPEN);
}

static int show_view(struct ctl *ctl, const struct view *v, const char *id)
{
	struct pick pick = { 0 };
	void *items = NULL;
	size_t n = 0;
	int rc;

	rc = parse_pick(id, v->spis, &pick);
	if (rc)
		return rc;
	rc = gate_open(ctl);
	if (rc)
		return rc;
	rc = v->dump(ctl->tg, &items, &n);
	rc = rc ? gate_failed(ctl, rc) : print_view(ctl, v, items, n, &pick);
	free(items);
	return rc;
}

static int show_stats(struct ctl *ctl)
{
	static const char *const head[] = { "DIRECTION", "WHAT", "REASON", "PACKETS", "OCTETS" };
	struct tg_stats s;
	struct table t;
	int rc = gate_open(ctl);

	if (rc)
		return rc;
	rc = tg_stats_get(ctl->tg, &s);
	if (rc)
		return gate_failed(ctl, rc);
	if (ctl->json)
		return json_emit(json_stats(&s), "trustgate.stats/1", true, EXIT_OPEN);
	table_init(&t, head, ARRAY_SIZE(head));
	for (unsigned int i = 0; i < s.ncounters; i++) {
		const struct tg_counter *c = &s.counters[i];

		table_add(&t, "%s", tg_direction_name(c->direction));
		table_add(&t, "%s", c->bootstrap ? "bootstrap" : c->reason ? "held" : "passed");
		table_add(&t, "%s", c->reason ? tg_reason_name(c->reason) : "-");
		table_add(&t, "%" PRIu64, c->packets);
		table_add(&t, "%" PRIu64, c->bytes);
	}
	rc = table_print(&t, ctl);
	printf("contexts %" PRIu32 ", SAs %" PRIu32 ", requests refused %" PRIu64 "\n", s.contexts,
	       s.sas, s.refused);
	return rc;
}

static int show_agent(struct ctl *ctl)
{
	struct tg_agent a;
	char left[32], lease[32], name[TEXT_ROOM];
	int rc = gate_open(ctl);

	if (rc)
		return rc;
	rc = tg_agent_get(ctl->tg, &a);
	if (rc == -ENOENT) {
		complain("agent", "none is registered with the gate", "systemctl start trustgated");
		return EXIT_ABSENT;
	}
	if (rc)
		return gate_failed(ctl, rc);
	if (ctl->json)
		return json_emit(json_agent(&a), "trustgate.agent-registration/1", true, EXIT_OPEN);
	printf("%s, session 0x%016" PRIx64 ", netlink port %" PRIu32 ", lease %s, %s left\n",
	       clean(name, sizeof(name), a.name), a.session, a.portid,
	       duration(lease, sizeof(lease), a.lease_ms),
	       duration(left, sizeof(left), a.lease_left_ms));
	return EXIT_OPEN;
}

int verb_show(struct ctl *ctl, int argc, char **argv)
{
	const char *what = argv[0], *id = argc > 1 ? argv[1] : NULL;
	char *show[] = { (char *)"show" };

	for (size_t i = 0; i < ARRAY_SIZE(views); i++)
		if (strcmp(views[i].name, what) == 0)
			return show_view(ctl, &views[i], id);
	if (id)
		return usage_error(what, "takes no ID, or is not known");
	if (strcmp(what, "config") == 0)
		return verb_config(ctl, 1, show);
	if (strcmp(what, "stats") == 0)
		return show_stats(ctl);
	if (strcmp(what, "agent") == 0)
		return show_agent(ctl);
	return usage_error(what, "can't be shown: context, sa, evidence, bootstrap, config, stats, agent can");
}
