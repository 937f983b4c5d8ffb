// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate why: which proof is missing or bad, by which rule, and the remedy. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include "ctl.h"

static void print_advice(struct advice a)
{
	printf("    why:    %s\n    remedy: %s\n", a.why, a.todo);
}

static void print_proof(const struct tg_context *c, uint32_t kind)
{
	const struct tg_evidence *e = &c->evidence[kind];
	struct advice a = advice_proof(c, kind);
	char buf[TEXT_ROOM];

	if (!(c->required & 1u << kind))
		return;
	printf("  %s: %s", tg_kind_name(kind), proof_word(c, kind));
	if (!a.why) {
		if (e->expires_ms)
			printf(" for %s", duration(buf, sizeof(buf), e->expires_ms));
		putchar('\n');
		return;
	}
	putchar('\n');
	if (*e->detail)
		printf("    said:   %s\n", clean(buf, sizeof(buf), e->detail));
	print_advice(a);
}

/* What the agent does about context @id just now, in its own words. */
static json_t *agent_view(const struct box *box, uint32_t id)
{
	json_t *list = json_object_get(box->control, "contexts"), *c;
	size_t i;

	json_array_foreach(list, i, c)
		if (json_integer_value(json_object_get(c, "id")) == id)
			return c;
	return NULL;
}

static void print_agent(const struct box *box, uint32_t id)
{
	json_t *view = agent_view(box, id);
	const char *phase = json_str(view, "phase"), *detail = json_str(view, "detail");
	char buf[TEXT_ROOM];

	if (!*phase)
		return;
	printf("  agent: %s", clean(buf, sizeof(buf), phase));
	if (*detail)
		printf(", %s", clean(buf, sizeof(buf), detail));
	putchar('\n');
}

static void print_context(const struct ctl *ctl, const struct box *box, const struct tg_context *c)
{
	char peer[TEXT_ROOM], detail[TEXT_ROOM], since[32];
	const char *state = tg_state_name(c->state);

	printf("context %" PRIu32 ", %s: %s%s%s for %s\n", c->id, clean(peer, sizeof(peer), c->peer),
	       state_color(ctl, state), state, color_reset(ctl),
	       duration(since, sizeof(since), c->since_ms));
	if (!state_is_open(c->state)) {
		printf("  %s\n", tg_reason_name(c->reason));
		if (*c->detail)
			printf("    said:   %s\n", clean(detail, sizeof(detail), c->detail));
		print_advice(advice_reason(c->reason));
		print_agent(box, c->id);
	}
	for (uint32_t kind = 0; kind < TG_KINDS; kind++)
		print_proof(c, kind);
}

static void print_sa(const struct ctl *ctl, const struct tg_sa *s)
{
	char addr[INET6_ADDRSTRLEN], since[32];
	const char *state = tg_state_name(s->state);

	printf("SA %s 0x%08" PRIx32 " to %s: %s%s%s for %s\n", protocol_name(s->key.protocol),
	       ntohl(s->key.spi), address_text(addr, sizeof(addr), s->key.family, s->key.daddr),
	       state_color(ctl, state), state, color_reset(ctl),
	       duration(since, sizeof(since), s->since_ms));
	if (s->reason)
		print_advice(advice_reason(s->reason));
}

static void set_advice(json_t *o, struct advice a)
{
	json_object_set_new(o, "why", a.why ? json_text(a.why) : json_null());
	json_object_set_new(o, "remedy", a.todo ? json_text(a.todo) : json_null());
}

static json_t *context_to_json(const struct box *box, const struct tg_context *c)
{
	json_t *o = json_context(c), *findings = json_array(), *view = agent_view(box, c->id);

	for (uint32_t kind = 0; kind < TG_KINDS; kind++) {
		const struct tg_evidence *e = &c->evidence[kind];
		struct advice a = advice_proof(c, kind);
		json_t *f;

		if (!a.why)
			continue;
		f = json_object();
		json_object_set_new(f, "kind", json_text(tg_kind_name(kind)));
		json_object_set_new(f, "result",
				    json_text(proof_word(c, kind)));
		json_object_set_new(f, "detail", json_text(e->detail));
		set_advice(f, a);
		json_array_append_new(findings, f);
	}
	set_advice(o, state_is_open(c->state) ? (struct advice) { NULL, NULL } :
		   advice_reason(c->reason));
	json_object_set_new(o, "findings", findings);
	json_object_set_new(o, "agent", view ? json_incref(view) : json_null());
	return o;
}

static json_t *sa_to_json(const struct tg_sa *s)
{
	json_t *o = json_sa(s);

	set_advice(o, s->reason ? advice_reason(s->reason) : (struct advice) { NULL, NULL });
	return o;
}

/* What is being asked about. */
struct question {
	uint32_t id, spi;	/* 0: not that; both 0: the whole box */
	unsigned int found;
	json_t *contexts, *sas;
};

static void tell_context(const struct ctl *ctl, const struct box *box, struct question *q,
			 const struct tg_context *c)
{
	q->found++;
	if (ctl->json)
		json_array_append_new(q->contexts, context_to_json(box, c));
	else
		print_context(ctl, box, c);
}

static void tell_sa(const struct ctl *ctl, struct question *q, const struct tg_sa *s)
{
	q->found++;
	if (ctl->json)
		json_array_append_new(q->sas, sa_to_json(s));
	else
		print_sa(ctl, s);
}

static void tell_spi(const struct ctl *ctl, const struct box *box, struct question *q)
{
	uint32_t last = 0;

	for (size_t i = 0; i < box->nsas; i++) {
		const struct tg_sa *s = &box->sas[i];
		const struct tg_context *c = box_context(box, s->context_id);

		if (ntohl(s->key.spi) != q->spi)
			continue;
		tell_sa(ctl, q, s);
		if (c && c->id != last)
			tell_context(ctl, box, q, c);
		last = s->context_id;
	}
}

static void tell_all(const struct ctl *ctl, const struct box *box, struct question *q)
{
	for (size_t i = 0; i < box->ncontexts; i++)
		if (box->contexts[i].state != TRUSTGATE_STATE_GONE)
			tell_context(ctl, box, q, &box->contexts[i]);
	for (size_t i = 0; i < box->nsas; i++)
		if (sa_is_loose(&box->sas[i]))
			tell_sa(ctl, q, &box->sas[i]);
}

static int emit(const struct box *box, struct question *q, int status)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "exit", json_integer(status));
	json_object_set_new(doc, "problems", box_problems(box));
	json_object_set_new(doc, "contexts", q->contexts);
	json_object_set_new(doc, "sas", q->sas);
	return json_emit(doc, "trustgate.why/1", true, status);
}

/* Why there is no tunnel at all, when the agent says nothing is wrong. */
static void tell_nothing(const struct box *box)
{
	json_t *start = json_object_get(box->control, "start");
	const char *state = json_str(start, "state");
	char *why = NULL;

	if (box->nproblems)
		return;
	if (asprintf(&why, "there is none; the agent's state is %s", *state ? state : "unknown") < 0)
		return;
	complain("tunnel", why, "wait, or swanctl --initiate; journalctl -u trustgated tells more");
	free(why);
}

static void tell(const struct ctl *ctl, const struct box *box, struct question *q)
{
	const struct tg_context *c = box_context(box, q->id);

	if (q->spi)
		tell_spi(ctl, box, q);
	else if (!q->id)
		tell_all(ctl, box, q);
	else if (c)
		tell_context(ctl, box, q, c);
}

static int not_found(const struct question *q)
{
	char subject[32];

	if (q->spi)
		snprintf(subject, sizeof(subject), "SPI 0x%08" PRIx32, q->spi);
	else
		snprintf(subject, sizeof(subject), "context %" PRIu32, q->id);
	complain(subject, "there is none", "trustgate status lists what there is");
	return EXIT_FAILED;
}

static int answer(const struct ctl *ctl, const struct box *box, struct question *q)
{
	int status = box_status(box, q->id);

	box_complain(box);
	tell(ctl, box, q);
	if (!q->found && !box->gate_status) {
		if (q->id || q->spi)
			status = not_found(q);
		else
			tell_nothing(box);
	}
	return ctl->json ? emit(box, q, status) : status;
}

int verb_why(struct ctl *ctl, int argc, char **argv)
{
	struct question q = { 0 };
	struct box box;
	int rc;

	if (argc && parse_u32(argv[0], 1, UINT32_MAX,
			      strncmp(argv[0], "0x", 2) == 0 ? &q.spi : &q.id))
		return usage_error(argv[0], "neither the ID of a context nor an SPI as 0xc1234567");
	if (ctl->json) {
		q.contexts = json_array();
		q.sas = json_array();
	}
	box_load(ctl, &box);
	rc = answer(ctl, &box, &q);
	box_free(&box);
	return rc;
}
