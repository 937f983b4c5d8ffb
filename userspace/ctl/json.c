// SPDX-License-Identifier: GPL-2.0-or-later
/* The gate's structures as JSON; Documentation/json.rst is the contract. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include "ctl.h"

/*
 * Jansson takes a NULL value for an error and goes on, so the first failure
 * would leave a member out. Memory is small here: one check, when all is built.
 */
static bool incomplete;

static void put(json_t *o, const char *key, json_t *value)
{
	if (json_object_set_new(o, key, value))
		incomplete = true;
}

static void put_int(json_t *o, const char *key, uint64_t v)
{
	put(o, key, json_integer((json_int_t)v));
}

static void put_text(json_t *o, const char *key, const char *v)
{
	put(o, key, json_text(v));
}

static void put_hex(json_t *o, const char *key, const uint8_t *data, size_t n)
{
	char buf[2 * TRUSTGATE_DIGEST_LEN + 1];

	put_text(o, key, hex_text(buf, sizeof(buf), data, n));
}

static void put_addr(json_t *o, const char *key, uint16_t family, const uint8_t *addr)
{
	char buf[INET6_ADDRSTRLEN];

	put_text(o, key, address_text(buf, sizeof(buf), family, addr));
}

/* Random, beyond what JSON readers keep exactly, and only good for comparing. */
static void put_u64_hex(json_t *o, const char *key, uint64_t v)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%016" PRIx64, v);
	put_text(o, key, buf);
}

static void put_spi(json_t *o, const struct tg_sa_key *key)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "0x%08" PRIx32, ntohl(key->spi));
	put_text(o, "spi", buf);
	put_text(o, "protocol", protocol_name(key->protocol));
	put_addr(o, "daddr", key->family, key->daddr);
}

json_t *json_text(const char *s)
{
	char buf[4 * TEXT_ROOM];

	return json_string(clean(buf, sizeof(buf), s));
}

json_t *json_kinds(uint32_t mask)
{
	json_t *a = json_array();

	for (uint32_t kind = 0; kind < TG_KINDS; kind++)
		if (mask & 1u << kind && json_array_append_new(a, json_text(tg_kind_name(kind))))
			incomplete = true;
	return a;
}

json_t *json_evidence(const struct tg_evidence *e)
{
	json_t *o = json_object();

	put_text(o, "kind", tg_kind_name(e->kind));
	put_text(o, "result", tg_result_name(e->result));
	put(o, "provisional", json_boolean(e->provisional));
	put_int(o, "expires_ms", e->expires_ms);
	put_int(o, "age_ms", e->age_ms);
	put_hex(o, "cert_digest", e->cert_digest, sizeof(e->cert_digest));
	put_hex(o, "proof_digest", e->proof_digest, sizeof(e->proof_digest));
	put_text(o, "detail", e->detail);
	return o;
}

json_t *json_context(const struct tg_context *c)
{
	json_t *o = json_object(), *evidence = json_array();

	put_int(o, "id", c->id);
	put_text(o, "peer", c->peer);
	put_text(o, "role", tg_role_name(c->role));
	put_text(o, "state", tg_state_name(c->state));
	put_text(o, "reason", tg_reason_name(c->reason));
	put_text(o, "detail", c->detail);
	put(o, "required", json_kinds(c->required));
	put(o, "satisfied", json_kinds(c->satisfied));
	put(o, "missing", json_kinds(c->required & ~c->satisfied));
	put_int(o, "since_ms", c->since_ms);
	put_int(o, "expires_ms", c->expires_ms);
	put_int(o, "deadline_ms", c->deadline_ms);
	put_int(o, "sas", c->sas);
	put_int(o, "held_packets", c->held_packets);
	put_u64_hex(o, "generation", c->generation);
	put_u64_hex(o, "ike_instance", c->ike_instance);
	put_int(o, "ike_id", c->ike_id);
	put_hex(o, "cert_digest", c->cert_digest, sizeof(c->cert_digest));
	for (uint32_t kind = 0; kind < TG_KINDS; kind++)
		if (c->evidence[kind].present &&
		    json_array_append_new(evidence, json_evidence(&c->evidence[kind])))
			incomplete = true;
	put(o, "evidence", evidence);
	return o;
}

json_t *json_sa(const struct tg_sa *s)
{
	json_t *o = json_object();

	put_int(o, "id", s->id);
	put_int(o, "context_id", s->context_id);
	put_spi(o, &s->key);
	put_addr(o, "saddr", s->key.family, s->saddr);
	put_text(o, "mode", xfrm_mode_name(s->xfrm_mode));
	put_int(o, "reqid", s->reqid);
	put_int(o, "if_id", s->if_id);
	put_int(o, "mark", s->mark);
	put_int(o, "mark_mask", s->mark_mask);
	put_text(o, "state", tg_state_name(s->state));
	put_text(o, "reason", tg_reason_name(s->reason));
	put_int(o, "since_ms", s->since_ms);
	put_int(o, "held_packets", s->held_packets);
	put_int(o, "held_bytes", s->held_bytes);
	return o;
}

json_t *json_bootstrap(const struct tg_bootstrap *b)
{
	json_t *o = json_object();

	put_int(o, "context_id", b->context_id);
	put_addr(o, "local_addr", b->family, b->local_addr);
	put_int(o, "local_port", b->local_port);
	put_addr(o, "remote_addr", b->family, b->remote_addr);
	put_int(o, "remote_port", b->remote_port);
	put_int(o, "out_packets", b->out_packets);
	put_int(o, "out_bytes", b->out_bytes);
	put_int(o, "in_packets", b->in_packets);
	put_int(o, "in_bytes", b->in_bytes);
	put_int(o, "attempt", b->attempt);
	put(o, "exhausted", json_boolean(b->exhausted));
	put(o, "forward", json_boolean(b->forward));
	return o;
}

json_t *json_config(const struct tg_config *c)
{
	char scope[TG_SCOPES_MAX * 96];
	json_t *o = json_object();

	format_scope(scope, sizeof(scope), c);
	put_text(o, "mode", tg_mode_name(c->mode));
	put_text(o, "scope", scope);
	put_int(o, "t_bind_ms", c->t_bind_ms);
	put_int(o, "t_verify_ms", c->t_verify_ms);
	put_int(o, "grace_ms", c->grace_ms);
	put_int(o, "boot_bytes", c->boot_bytes);
	put_int(o, "boot_packets", c->boot_packets);
	put_int(o, "boot_attempts", c->boot_attempts);
	put_int(o, "max_contexts", c->max_contexts);
	put_int(o, "max_sas", c->max_sas);
	return o;
}

json_t *json_agent(const struct tg_agent *a)
{
	json_t *o = json_object();

	put_text(o, "name", a->name);
	put_u64_hex(o, "session", a->session);
	put_int(o, "portid", a->portid);
	put_int(o, "lease_ms", a->lease_ms);
	put_int(o, "lease_left_ms", a->lease_left_ms);
	return o;
}

json_t *json_stats(const struct tg_stats *s)
{
	json_t *o = json_object(), *counters = json_array();

	for (unsigned int i = 0; i < s->ncounters; i++) {
		const struct tg_counter *c = &s->counters[i];
		json_t *e = json_object();

		put_text(e, "direction", tg_direction_name(c->direction));
		put_text(e, "reason", tg_reason_name(c->reason));
		put(e, "bootstrap", json_boolean(c->bootstrap));
		put_int(e, "packets", c->packets);
		put_int(e, "bytes", c->bytes);
		if (json_array_append_new(counters, e))
			incomplete = true;
	}
	put_int(o, "contexts", s->contexts);
	put_int(o, "sas", s->sas);
	put_int(o, "refused", s->refused);
	put(o, "counters", counters);
	return o;
}

static void put_note_subject(json_t *o, const struct tg_note *n)
{
	if (n->context_id)
		put_int(o, "context_id", n->context_id);
	if (n->ike_instance) {
		put_u64_hex(o, "ike_instance", n->ike_instance);
		put_int(o, "ike_id", n->ike_id);
	}
	if (*n->peer)
		put_text(o, "peer", n->peer);
	if (n->generation)
		put_u64_hex(o, "generation", n->generation);
	if (n->sa_id)
		put_int(o, "sa_id", n->sa_id);
	if (n->key.family)
		put_spi(o, &n->key);
}

json_t *json_note(const struct tg_note *n)
{
	json_t *o = json_object();

	put_text(o, "event", tg_event_name(n->event));
	put_int(o, "seq", n->seq);
	put_int(o, "time_ns", n->time_ns);
	put_note_subject(o, n);
	switch (n->event) {
	case TRUSTGATE_EVENT_EVIDENCE:
		put_text(o, "kind", tg_kind_name(n->kind));
		put_text(o, "result", tg_result_name(n->result));
		break;
	case TRUSTGATE_EVENT_AGENT_REGISTERED:
	case TRUSTGATE_EVENT_AGENT_LOST:
		put_u64_hex(o, "session", n->session);
		put_int(o, "portid", n->portid);
		put_text(o, "reason", tg_reason_name(n->reason));
		break;
	case TRUSTGATE_EVENT_CONFIG:
		put_text(o, "mode", tg_mode_name(n->mode));
		break;
	default:
		put_text(o, "old_state", tg_state_name(n->old_state));
		put_text(o, "state", tg_state_name(n->state));
		put_text(o, "reason", tg_reason_name(n->reason));
		break;
	}
	if (*n->detail)
		put_text(o, "detail", n->detail);
	return o;
}

int json_emit(json_t *doc, const char *schema, bool pretty, int status)
{
	size_t flags = pretty && isatty(STDOUT_FILENO) ? JSON_INDENT(2) : JSON_COMPACT;
	json_t *out = json_object();

	/* In a new object, so that the schema comes first. */
	put_text(out, "schema", schema);
	if (json_object_update(out, doc))
		incomplete = true;
	json_decref(doc);
	if (incomplete) {
		complain("output", "out of memory", "free some and try again");
		status = EXIT_FAILED;
	} else if (json_dumpf(out, stdout, flags) || putchar('\n') == EOF || fflush(stdout)) {
		complain("output", "can't be written", "is the disk full?");
		status = EXIT_FAILED;
	}
	json_decref(out);
	return status;
}

const char *json_str(json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}
