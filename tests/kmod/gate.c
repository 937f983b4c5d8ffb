// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests to the gate, by libtrustgate: what an agent or an operator may send. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "gatectl.h"
#include "lib/trustgate.h"

static struct tg *handle;
static uint64_t session;
static struct tg_stats base;
static struct tg_events *events;

struct tg *gate(struct line *l)
{
	char why[512];
	int rc;

	if (handle)
		return handle;
	rc = tg_open(&handle, why, sizeof(why));
	if (rc) {
		handle = NULL;
		fail(l, rc, "%s", why);
		errno = -rc;
	}
	return handle;
}

#define GATE(l)	({ struct tg *tg_ = gate(l); if (!tg_) return -errno; tg_; })

static int refused(struct line *l, struct tg *tg, int rc)
{
	return rc ? fail(l, rc, "%s", tg_error(tg)) : 0;
}

/* Two hexadecimal digits that fill a digest, or all 64. */
static void digest_of(struct line *l, const char *key, uint8_t *out)
{
	const char *v = line_val(l, key);
	size_t len = v ? strlen(v) : 0;
	unsigned int octet;

	memset(out, 0, TRUSTGATE_DIGEST_LEN);
	if (!v)
		return;
	for (size_t i = 0; i < TRUSTGATE_DIGEST_LEN; i++) {
		if ((len != 2 && len != 2 * TRUSTGATE_DIGEST_LEN) ||
		    sscanf(v + (len == 2 ? 0 : 2 * i), "%2x", &octet) != 1) {
			l->wrong = key;
			return;
		}
		out[i] = (uint8_t)octet;
	}
}

static uint32_t name_num(struct line *l, const char *key, const char *(*name)(uint32_t),
			 uint32_t n, uint32_t otherwise)
{
	const char *v = line_val(l, key);

	for (uint32_t i = 0; v && i < n; i++)
		if (!strcmp(name(i), v))
			return i;
	return (uint32_t)line_num(l, key, otherwise);
}

static uint32_t reason_of(struct line *l, uint32_t otherwise)
{
	return name_num(l, "reason", tg_reason_name, TG_REASONS, otherwise);
}

static int do_register(struct line *l)
{
	struct tg *tg = GATE(l);
	int rc = tg_agent_register(tg, (uint32_t)line_num(l, "lease", 60000),
				   line_val(l, "name"), &session);

	if (!rc)
		say(l, "session=%" PRIu64, session);
	return refused(l, tg, rc);
}

static int do_renew(struct line *l)
{
	struct tg *tg = GATE(l);

	return refused(l, tg, tg_agent_renew(tg, line_num(l, "session", session)));
}

static int do_agent(struct line *l)
{
	struct tg *tg = GATE(l);
	struct tg_agent a;
	int rc = tg_agent_get(tg, &a);

	if (!rc)
		say(l, "session=%" PRIu64 " lease=%u left=%u name=%s", a.session, a.lease_ms,
		    a.lease_left_ms, a.name);
	return refused(l, tg, rc);
}

static int do_announce(struct line *l)
{
	struct tg *tg = GATE(l);
	struct tg_context c = {
		.ike_instance = line_num(l, "instance", 1),
		.ike_id = (uint32_t)line_num(l, "ike", 1),
		.role = (uint32_t)line_num(l, "role", TRUSTGATE_ROLE_HENB),
		.required = (uint32_t)line_num(l, "required", 1),
	};
	const char *peer = line_val(l, "peer");
	int rc;

	digest_of(l, "cert", c.cert_digest);
	snprintf(c.peer, sizeof(c.peer), "%s", peer ? peer : "segw.test");
	rc = tg_context_announce(tg, &c);
	if (!rc)
		say(l, "id=%u gen=%" PRIu64 " state=%s", c.id, c.generation,
		    tg_state_name(c.state));
	return refused(l, tg, rc);
}

/* id=, with the generation and certificate it has now unless given otherwise. */
static int context_of(struct line *l, struct tg *tg, struct tg_context *c)
{
	uint32_t id = (uint32_t)line_num(l, "id", 0);
	bool all = line_has(l, "gen") && line_has(l, "cert");
	int rc = all ? -ENOENT : tg_context_get(tg, id, c);

	/* Of one that is not there: let the request itself say so. */
	if (rc == -ENOENT)
		memset(c, 0, sizeof(*c));
	else if (rc)
		return refused(l, tg, rc);
	c->id = id;
	c->generation = line_num(l, "gen", c->generation);
	if (line_has(l, "cert"))
		digest_of(l, "cert", c->cert_digest);
	return 0;
}

static int say_brief(struct line *l, struct tg *tg, const struct tg_context *c, int rc)
{
	if (!rc)
		say(l, "id=%u gen=%" PRIu64 " state=%s satisfied=%#x", c->id, c->generation,
		    tg_state_name(c->state), c->satisfied);
	return refused(l, tg, rc);
}

/* esp,0x100,192.0.2.1 */
static bool key_of(const char *text, struct tg_sa_key *key)
{
	struct sockaddr_storage ss;
	char proto[8], addr[64];
	unsigned int spi;

	memset(key, 0, sizeof(*key));
	if (sscanf(text, "%7[a-z],%i,%63s", proto, (int *)&spi, addr) != 3 ||
	    !addr_parse(addr, &ss, 0))
		return false;
	key->spi = htonl(spi);
	key->protocol = !strcmp(proto, "esp") ? IPPROTO_ESP : !strcmp(proto, "ah") ? IPPROTO_AH :
			IPPROTO_COMP;
	key->family = ss.ss_family;
	if (key->family == AF_INET)
		memcpy(key->daddr, &((struct sockaddr_in *)&ss)->sin_addr, 4);
	else
		memcpy(key->daddr, &((struct sockaddr_in6 *)&ss)->sin6_addr, 16);
	return true;
}

static int do_bind(struct line *l)
{
	struct tg *tg = GATE(l);
	struct tg_sa_key keys[20];
	unsigned int n = 0;
	struct tg_context c;
	const char *v;
	int rc = context_of(l, tg, &c);

	while ((v = line_nth(l, "sa", n)) && n < 20)
		if (!key_of(v, &keys[n++]))
			return fail(l, -EINVAL, "sa=%s", v);
	return rc ?: refused(l, tg, tg_sa_bind(tg, &c, keys, n));
}

/* evidence id= kind= [result= expires= provisional detail= proof= gen= cert=] */
static int do_evidence(struct line *l)
{
	struct tg *tg = GATE(l);
	const char *detail = line_val(l, "detail");
	struct tg_evidence e = {
		.kind = name_num(l, "kind", tg_kind_name, TG_KINDS, 0),
		.result = name_num(l, "result", tg_result_name, 3, TRUSTGATE_RESULT_GOOD),
		.expires_ms = (uint32_t)line_num(l, "expires", 3600000),
		.provisional = line_has(l, "provisional"),
	};
	struct tg_context c;
	int rc = context_of(l, tg, &c);

	if (rc)
		return rc;
	memcpy(e.cert_digest, c.cert_digest, sizeof(e.cert_digest));
	digest_of(l, "proof", e.proof_digest);
	snprintf(e.detail, sizeof(e.detail), "%s", detail ? detail : "");
	return say_brief(l, tg, &c, tg_evidence_set(tg, &c, &e));
}

/*
 * prove id= mask= [expires=]: a good proof of each kind in mask, in one go
 */
static int do_prove(struct line *l)
{
	uint32_t mask = (uint32_t)line_num(l, "mask", 0);
	struct tg *tg = GATE(l);
	struct tg_evidence e = { .expires_ms = (uint32_t)line_num(l, "expires", 3600000) };
	struct tg_context c;
	int rc = context_of(l, tg, &c);

	memcpy(e.cert_digest, c.cert_digest, sizeof(e.cert_digest));
	for (e.kind = 0; e.kind < TG_KINDS && !rc; e.kind++)
		if (mask & 1U << e.kind)
			rc = tg_evidence_set(tg, &c, &e);
	return say_brief(l, tg, &c, rc);
}

static int do_close(struct line *l)
{
	struct tg *tg = GATE(l);

	return refused(l, tg, tg_context_close(tg, (uint32_t)line_num(l, "id", 0),
					       reason_of(l, TRUSTGATE_REASON_CLOSED),
					       line_val(l, "detail")));
}

static int do_quarantine(struct line *l)
{
	struct tg *tg = GATE(l);

	return refused(l, tg, tg_context_quarantine(tg, (uint32_t)line_num(l, "id", 0),
						    line_val(l, "detail")));
}

static int do_del(struct line *l)
{
	struct tg *tg = GATE(l);

	return refused(l, tg, tg_context_del(tg, (uint32_t)line_num(l, "id", 0),
					     reason_of(l, TRUSTGATE_REASON_IKE_DELETED)));
}

static int do_reverify(struct line *l)
{
	struct tg *tg = GATE(l);
	struct tg_context c;
	int rc = context_of(l, tg, &c);

	return rc ?: refused(l, tg, tg_context_reverify(tg, c.id, c.generation));
}

static int do_require(struct line *l)
{
	struct tg *tg = GATE(l);
	struct tg_context c;
	int rc = context_of(l, tg, &c);

	c.required = (uint32_t)line_num(l, "required", 0);
	return rc ?: say_brief(l, tg, &c, tg_context_require(tg, &c));
}

/* bootstrap id= [fd=] [forward] remote= port=: the flow of a socket made before, or the
 * peer's
 */
static int do_bootstrap(struct line *l)
{
	uint16_t port = (uint16_t)line_num(l, "port", 0);
	struct tg *tg = GATE(l);
	struct sockaddr_storage ss;
	struct tg_context c;
	const void *addr;
	int rc = context_of(l, tg, &c);

	line_addr(l, "remote", &ss, 0);
	addr = ss.ss_family == AF_INET ? (void *)&((struct sockaddr_in *)&ss)->sin_addr :
					 (void *)&((struct sockaddr_in6 *)&ss)->sin6_addr;
	if (rc)
		return rc;
	if (line_has(l, "forward"))
		rc = tg_bootstrap_forward(tg, &c, addr, ss.ss_family, port);
	else
		rc = tg_bootstrap_set(tg, &c, (int)line_num(l, "fd", UINT32_MAX), addr,
				      ss.ss_family, port);
	return refused(l, tg, rc);
}

/* flows [id=]: the registered flows, of one context or of all */
static int do_flows(struct line *l)
{
	uint32_t id = (uint32_t)line_num(l, "id", 0);
	struct tg *tg = GATE(l);
	size_t shown = 0;
	struct tg_bootstrap *b;
	size_t n;
	int rc = tg_bootstrap_dump(tg, &b, &n);

	if (rc)
		return refused(l, tg, rc);
	for (size_t i = 0; i < n; i++)
		shown += !id || b[i].context_id == id;
	say(l, "n=%zu", shown);
	for (size_t i = 0; i < n; i++)
		if (!id || b[i].context_id == id)
			say(l, " ctx=%u out=%u in=%u outbytes=%u inbytes=%u attempt=%u exhausted=%d forward=%d",
			    b[i].context_id, b[i].out_packets, b[i].in_packets, b[i].out_bytes,
			    b[i].in_bytes, b[i].attempt, b[i].exhausted, b[i].forward);
	free(b);
	return 0;
}

static void say_context(struct line *l, const struct tg_context *c)
{
	say(l, "id=%u ike=%u gen=%" PRIu64 " state=%s reason=%s required=%#x satisfied=%#x "
	    "since=%u expires=%u deadline=%u sas=%u held=%" PRIu64 " detail=%s", c->id, c->ike_id,
	    c->generation, tg_state_name(c->state), tg_reason_name(c->reason), c->required,
	    c->satisfied, c->since_ms, c->expires_ms, c->deadline_ms, c->sas, c->held_packets,
	    *c->detail ? c->detail : "-");
}

/* context id= [state= wait=MS]: waits until it is in that state */
static int do_context(struct line *l)
{
	int64_t until = now_ms() + (int64_t)line_num(l, "wait", 0);
	uint32_t id = (uint32_t)line_num(l, "id", 0);
	const char *state = line_val(l, "state");
	struct tg *tg = GATE(l);
	struct tg_context c;
	int rc;

	while (!(rc = tg_context_get(tg, id, &c)) && state &&
	       strcmp(tg_state_name(c.state), state)) {
		if (now_ms() >= until)
			return fail(l, -ETIMEDOUT, "state=%s reason=%s, not %s",
				    tg_state_name(c.state), tg_reason_name(c.reason), state);
		usleep(2000);
	}
	if (!rc)
		say_context(l, &c);
	return refused(l, tg, rc);
}

static void say_sa(struct line *l, const struct tg_sa *s)
{
	say(l, "id=%u ctx=%u spi=%#x proto=%u state=%s reason=%s mode=%u ifid=%u reqid=%u mark=%u "
	    "held=%" PRIu64, s->id, s->context_id, ntohl(s->key.spi), s->key.protocol,
	    tg_state_name(s->state), tg_reason_name(s->reason), s->xfrm_mode, s->if_id, s->reqid,
	    s->mark, s->held_packets);
}

static bool named(const char *want, const char *have)
{
	return !want || !strcmp(want, have);
}

/* sa spi= [state= reason= wait=MS]: the newest with that SPI */
static int do_sa(struct line *l)
{
	int64_t until = now_ms() + (int64_t)line_num(l, "wait", 0);
	uint32_t spi = htonl((uint32_t)line_num(l, "spi", 0));
	const char *state = line_val(l, "state"), *reason = line_val(l, "reason");
	struct tg *tg = GATE(l);

	for (;;) {
		struct tg_sa *sas, best = { 0 };
		size_t n;
		int rc = tg_sa_dump(tg, &sas, &n);

		if (rc)
			return refused(l, tg, rc);
		for (size_t i = 0; i < n; i++)
			if (sas[i].key.spi == spi && sas[i].id >= best.id)
				best = sas[i];
		free(sas);
		if (best.id && named(state, tg_state_name(best.state)) &&
		    named(reason, tg_reason_name(best.reason))) {
			say_sa(l, &best);
			return 0;
		}
		if (now_ms() >= until)
			return fail(l, best.id ? -ETIMEDOUT : -ENOENT, "no such SA%s%s",
				    best.id ? ", it is " : "",
				    best.id ? tg_state_name(best.state) : "");
		usleep(5000);
	}
}

static const struct {
	const char *name;
	int attr;
	size_t at;
} numbers[] = {
	{ "t-bind-ms", TRUSTGATE_A_CONFIG_T_BIND_MS, offsetof(struct tg_config, t_bind_ms) },
	{ "t-verify-ms", TRUSTGATE_A_CONFIG_T_VERIFY_MS, offsetof(struct tg_config, t_verify_ms) },
	{ "grace-ms", TRUSTGATE_A_CONFIG_GRACE_MS, offsetof(struct tg_config, grace_ms) },
	{ "boot-bytes", TRUSTGATE_A_CONFIG_BOOT_BYTES, offsetof(struct tg_config, boot_bytes) },
	{ "boot-packets", TRUSTGATE_A_CONFIG_BOOT_PACKETS,
	  offsetof(struct tg_config, boot_packets) },
	{ "boot-attempts", TRUSTGATE_A_CONFIG_BOOT_ATTEMPTS,
	  offsetof(struct tg_config, boot_attempts) },
	{ "max-contexts", TRUSTGATE_A_CONFIG_MAX_CONTEXTS,
	  offsetof(struct tg_config, max_contexts) },
	{ "max-sas", TRUSTGATE_A_CONFIG_MAX_SAS, offsetof(struct tg_config, max_sas) },
};

#define NUMBERS	(sizeof(numbers) / sizeof(numbers[0]))

static uint32_t *number_at(struct tg_config *c, size_t i)
{
	return (uint32_t *)((char *)c + numbers[i].at);
}

/* ifid:A-B, reqid:A-B or mark:V/M */
static bool scope_of(const char *text, struct tg_scope *s)
{
	*s = (struct tg_scope)TG_SCOPE_ANY;
	return sscanf(text, "ifid:%u-%u", &s->if_id_min, &s->if_id_max) == 2 ||
	       sscanf(text, "reqid:%u-%u", &s->reqid_min, &s->reqid_max) == 2 ||
	       sscanf(text, "mark:%u/%u", &s->mark, &s->mark_mask) == 2;
}

static int config_mode_scope(struct line *l, struct tg_config *c)
{
	const char *v = line_val(l, "mode");

	if (v) {
		if (tg_mode_parse(v, &c->mode))
			c->mode = (uint32_t)line_num(l, "mode", 0);
		c->set |= TG_CONFIG_SET(TRUSTGATE_A_CONFIG_MODE);
	}
	while ((v = line_nth(l, "scope", c->nscopes)) && c->nscopes < TG_SCOPES_MAX) {
		if (!strcmp(v, "all")) {
			c->scope_all = true;
			c->set |= TG_CONFIG_SET(TRUSTGATE_A_CONFIG_SCOPE_ALL);
			break;
		}
		if (!scope_of(v, &c->scopes[c->nscopes++]))
			return fail(l, -EINVAL, "scope=%s", v);
		c->set |= TG_CONFIG_SET(TRUSTGATE_A_CONFIG_SCOPE);
	}
	return 0;
}

/* config [delete-held mode= scope=... t-bind-ms=...]: sets what is given */
static int do_config(struct line *l)
{
	struct tg *tg = GATE(l);
	struct tg_config c = { 0 };
	int rc = config_mode_scope(l, &c);

	for (size_t i = 0; i < NUMBERS; i++) {
		if (!line_has(l, numbers[i].name))
			continue;
		*number_at(&c, i) = (uint32_t)line_num(l, numbers[i].name, 0);
		c.set |= TG_CONFIG_SET(numbers[i].attr);
	}
	if (line_has(l, "delete-held"))
		c.set |= TG_CONFIG_SET(TRUSTGATE_A_CONFIG_DELETE_HELD);
	return rc ?: refused(l, tg, tg_config_set(tg, &c));
}

static void say_config(struct line *l, struct tg_config *c)
{
	say(l, "mode=%s scopes=%u all=%d", tg_mode_name(c->mode), c->nscopes, c->scope_all);
	for (size_t i = 0; i < NUMBERS; i++)
		say(l, " %s=%u", numbers[i].name, *number_at(c, i));
}

static int do_settings(struct line *l)
{
	struct tg *tg = GATE(l);
	struct tg_config c;
	int rc = tg_config_get(tg, &c);

	if (!rc)
		say_config(l, &c);
	return refused(l, tg, rc);
}

static uint64_t counter(const struct tg_stats *s, uint32_t dir, uint32_t reason, bool boot)
{
	for (unsigned int i = 0; i < s->ncounters; i++)
		if (s->counters[i].direction == dir && s->counters[i].reason == reason &&
		    s->counters[i].bootstrap == boot)
			return s->counters[i].packets;
	return 0;
}

static uint64_t since_zero(const struct tg_stats *s, uint32_t dir, uint32_t reason, bool boot)
{
	return counter(s, dir, reason, boot) - counter(&base, dir, reason, boot);
}

static int do_zero(struct line *l)
{
	struct tg *tg = gate(l);

	watch_zero();
	if (!tg)	/* a namespace may be watched without the module */
		fail(l, 0, "%s", "");
	return tg ? refused(l, tg, tg_stats_get(tg, &base)) : 0;
}

static uint32_t direction(struct line *l)
{
	return name_num(l, "dir", tg_direction_name, 2, TRUSTGATE_DIRECTION_OUT);
}

/* held dir= [min= wait=MS]: packets held since zero, by reason */
static int do_held(struct line *l)
{
	uint64_t min = line_num(l, "min", 0), n;
	int64_t until = now_ms() + (int64_t)line_num(l, "wait", 1000);
	uint32_t dir = direction(l);
	struct tg *tg = GATE(l);
	struct tg_stats s;

	for (;;) {
		int rc = tg_stats_get(tg, &s);

		if (rc)
			return refused(l, tg, rc);
		n = 0;
		for (uint32_t r = 1; r < TG_REASONS; r++)
			n += since_zero(&s, dir, r, false);
		if (n >= min || now_ms() >= until)
			break;
		usleep(5000);
	}
	say(l, "n=%" PRIu64, n);
	for (uint32_t r = 1; r < TG_REASONS; r++)
		if (since_zero(&s, dir, r, false))
			say(l, " %s=%" PRIu64, tg_reason_name(r), since_zero(&s, dir, r, false));
	return 0;
}

static int do_passed(struct line *l)
{
	uint32_t dir = direction(l);
	struct tg *tg = GATE(l);
	struct tg_stats s;
	int rc = tg_stats_get(tg, &s);

	if (!rc)
		say(l, "n=%" PRIu64 " boot=%" PRIu64, since_zero(&s, dir, 0, false),
		    since_zero(&s, dir, 0, true));
	return refused(l, tg, rc);
}

static int do_stats(struct line *l)
{
	struct tg *tg = GATE(l);
	struct tg_stats s;
	int rc = tg_stats_get(tg, &s);

	if (!rc)
		say(l, "contexts=%u sas=%u refused=%" PRIu64, s.contexts, s.sas, s.refused);
	return refused(l, tg, rc);
}

static void snapshot_sas(struct line *l, const struct tg_sa *sas, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sas[i].state != TRUSTGATE_STATE_GONE)
			say(l, " sa:%u,%u,%x,%s,%s", sas[i].id, sas[i].context_id,
			    ntohl(sas[i].key.spi), tg_state_name(sas[i].state),
			    tg_reason_name(sas[i].reason));
}

/* bash reads a pipe an octet at a time: not for a whole snapshot. */
static void hash_reply(struct line *l)
{
	uint64_t h = 0xcbf29ce484222325;
	size_t len = l->len;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)l->reply[i]) * 0x100000001b3;
	l->len = 0;
	say(l, "hash=%016" PRIx64 " len=%zu", h, len);
}

/*
 * snapshot [full]: all that a request could have changed, and no clock or counter,
 * as a hash or in full. What has gone leaves by itself.
 */
static int do_snapshot(struct line *l)
{
	bool full = line_has(l, "full");
	struct tg *tg = GATE(l);
	struct tg_context *cs = NULL;
	struct tg_sa *sas = NULL;
	struct tg_agent a = { 0 };
	struct tg_config c;
	size_t ncs, nsas;
	int rc = tg_config_get(tg, &c);

	rc = rc ?: tg_context_dump(tg, &cs, &ncs);
	rc = rc ?: tg_sa_dump(tg, &sas, &nsas);
	if (rc)
		return refused(l, tg, rc);
	tg_agent_get(tg, &a);
	say_config(l, &c);
	say(l, " agent=%" PRIu64 "/%u/%s", a.session, a.lease_ms, a.name);
	for (size_t i = 0; i < ncs; i++)
		if (cs[i].state != TRUSTGATE_STATE_GONE)
			say(l, " context:%u,%u,%" PRIu64 ",%s,%s,%x,%x,%u,%s,%s", cs[i].id,
			    cs[i].ike_id, cs[i].generation, tg_state_name(cs[i].state),
			    tg_reason_name(cs[i].reason), cs[i].required, cs[i].satisfied,
			    cs[i].sas, cs[i].peer, cs[i].detail);
	snapshot_sas(l, sas, nsas);
	if (!full)
		hash_reply(l);
	free(cs);
	free(sas);
	return 0;
}

static int do_sas(struct line *l)
{
	struct tg *tg = GATE(l);
	struct tg_sa *sas;
	size_t n, distinct = 0;
	int rc = tg_sa_dump(tg, &sas, &n);

	if (rc)
		return refused(l, tg, rc);
	for (size_t i = 0; i < n; i++)
		distinct += !i || sas[i].id > sas[i - 1].id;
	say(l, "n=%zu distinct=%zu", n, distinct);
	snapshot_sas(l, sas, n < 100 ? n : 0);
	free(sas);
	return 0;
}

static int do_listening(struct line *l)
{
	char why[512];
	int rc;

	if (events)
		return 0;
	rc = tg_events_open(&events, why, sizeof(why));
	return rc ? fail(l, rc, "%s", why) : 0;
}

static uint64_t last_seq;
static unsigned int gaps;

static void on_event(const struct tg_note *note, void *arg)
{
	struct line *l = arg;

	gaps += last_seq && note->seq != last_seq + 1;
	last_seq = note->seq;
	say(l, " %s:", tg_event_name(note->event));
	if (note->event == TRUSTGATE_EVENT_CONTEXT_STATE ||
	    note->event == TRUSTGATE_EVENT_CONTEXT_GONE)
		say(l, "%u,%s>%s,%s", note->context_id, tg_state_name(note->old_state),
		    tg_state_name(note->state), tg_reason_name(note->reason));
	else if (note->key.spi)
		say(l, "%#x,%s,%s", ntohl(note->key.spi), tg_state_name(note->state),
		    tg_reason_name(note->reason));
	else if (note->event == TRUSTGATE_EVENT_EVIDENCE)
		say(l, "%u,%s,%s", note->context_id, tg_kind_name(note->kind),
		    tg_result_name(note->result));
	else
		say(l, "%s", note->rescoped ? "rescoped" : tg_reason_name(note->reason));
	say(l, "@%" PRIu64, note->time_ns / 1000000);
}

/* events [wait=MS]: what came since the last time, in order, without a gap */
static int do_events(struct line *l)
{
	uint64_t ms = line_num(l, "wait", 50);
	int rc = 0;

	if (!events)
		return fail(l, -ENOTCONN, "events: listen-events first");
	gaps = 0;
	while (!rc && !socket_wait(tg_events_fd(events), 1, ms))
		rc = tg_events_read(events, on_event, l);
	if (rc)
		return fail(l, rc, "events were lost");
	say(l, " gaps=%u", gaps);
	return 0;
}

/* leave: what the death of an agent looks like to the kernel */
static int do_leave(struct line *l)
{
	(void)l;
	tg_close(handle);
	handle = NULL;
	return 0;
}

const struct command gate_commands[] = {
	{ "register", do_register }, { "renew", do_renew }, { "agent", do_agent },
	{ "announce", do_announce }, { "bind", do_bind }, { "evidence", do_evidence },
	{ "prove", do_prove }, { "close", do_close }, { "quarantine", do_quarantine },
	{ "del", do_del }, { "reverify", do_reverify }, { "require", do_require },
	{ "bootstrap", do_bootstrap }, { "flows", do_flows }, { "context", do_context },
	{ "sa", do_sa }, { "sas", do_sas }, { "config", do_config }, { "settings", do_settings },
	{ "zero", do_zero }, { "held", do_held }, { "passed", do_passed }, { "stats", do_stats },
	{ "snapshot", do_snapshot }, { "listen-events", do_listening }, { "events", do_events },
	{ "leave", do_leave }, { NULL, NULL },
};
