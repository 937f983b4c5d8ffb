// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the plugin tells of IKE SAs, and how that becomes contexts in the
 * kernel. Nothing here is a verdict: the plugin only says which certificate
 * authenticated which SA.
 */
#include "agent/context.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/evp.h>

#include "agent/devid.h"
#include "agent/log.h"
#include "agent/segw.h"
#include "agent/validation.h"

#define SWEEP_MS	10000	/* for the plugin to tell of all IKE SAs again */
#define FLAP_MS		600000	/* an IKE SA that is replaced sooner was not given up */
#define FLAPS		3
#define CHILDREN_STEP	8
#define REPLACED	"a newer IKE SA of the same device took its place"
/* An H(e)NB has a handful; of a SeGW the kernel's own limit is the first. */
#define CONTEXTS_MAX	(is_segw() ? 65536u : 256u)

static struct context *contexts;

static bool is_segw(void)
{
	return conf.agent.role == CONFIG_ROLE_SEGW;
}

static struct timer sweep;

static void log_context(int priority, const char *decision, const struct context *c,
			const char *value)
{
	struct log l;

	log_begin(&l, priority, decision);
	log_num(&l, "context", c->k.id);
	log_num(&l, "ike", c->ike_id);
	log_str(&l, "peer", c->k.peer);
	log_str(&l, "value", value);
	log_end(&l);
}

static struct context *by_ike(uint32_t ike_id)
{
	struct context *c = contexts;

	while (c && c->ike_id != ike_id)
		c = c->next;
	return c;
}

static struct context *by_id(uint32_t id)
{
	struct context *c = contexts;

	while (c && c->k.id != id)
		c = c->next;
	return c;
}

struct context *context_by_spis(const uint8_t spi_i[8], const uint8_t spi_r[8])
{
	struct context *c = contexts;

	while (c && (!c->binding.ni_len || memcmp(c->binding.spi_i, spi_i, 8) ||
		     memcmp(c->binding.spi_r, spi_r, 8)))
		c = c->next;
	return c;
}

static bool has_child(const struct context *c)
{
	for (size_t i = 0; i < c->nchildren; i++)
		if (c->children[i].id)
			return true;
	return false;
}

bool context_any(void)
{
	return contexts;
}

bool context_childless(void)
{
	for (struct context *c = contexts; c; c = c->next)
		if (c->k.state == TRUSTGATE_STATE_REJECTED || has_child(c))
			return false;
	return contexts;
}

bool context_up(const struct context *c)
{
	for (size_t i = 0; i < c->nchildren; i++)
		if (c->children[i].id && c->children[i].up)
			return true;
	return false;
}

void context_free(struct context *c)
{
	struct context **p = &contexts;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	verify_stop(c);
	react_stop(c);
	authorize_stop(c);
	validation_forget(c);
	timer_stop(&c->orphan);
	free(c->cert_data);
	free(c->children);
	free(c->device);
	tre_chain_forget(c);
	devid_forget(c);
	free(c);
}

/* The IKE SA is gone, and with it whatever was proven of it. */
static void forget(struct context *c)
{
	bool rejected = c->k.state == TRUSTGATE_STATE_REJECTED;
	char why[sizeof(c->detail)];
	bool opened = c->had_opened && !rejected;

	if (c->k.id && tg_context_del(gate(), c->k.id, TRUSTGATE_REASON_IKE_DELETED))
		log_context(LOG_WARNING, "not-deleted", c, tg_error(gate()));
	log_context(LOG_NOTICE, "ike-down", c, c->detail);
	snprintf(why, sizeof(why), "%s", *c->detail ? c->detail : "the IKE SA was deleted");
	context_free(c);
	if (!contexts)
		start_down(opened ? NULL : why);
}

static uint8_t *copy(struct pki_der *out, const struct pki_der *in, size_t n, uint8_t *p)
{
	for (size_t i = 0; i < n; i++) {
		if (in[i].len)
			memcpy(p, in[i].data, in[i].len);
		out[i].data = p;
		out[i].len = in[i].len;
		p += in[i].len;
	}
	return p;
}

static void keep_report(struct context *c, const struct decode_msg *m, uint8_t *p)
{
	struct pki_der ni, nr, idi;
	uint64_t now = loop_now(), age = (uint64_t)m->age_s * 1000;

	validation_forget(c);
	p = copy(&ni, &m->ni, 1, p);
	p = copy(&nr, &m->nr, 1, p);
	p = copy(&idi, &m->idi, 1, p);
	copy(&c->report, &m->integrity, 1, p);
	c->binding = (struct tre_binding){
		.ni = ni.data, .ni_len = ni.len, .nr = nr.data, .nr_len = nr.len,
		.idi = idi.data, .idi_len = idi.len,
	};
	memcpy(c->binding.spi_i, m->spi_i, sizeof(c->binding.spi_i));
	memcpy(c->binding.spi_r, m->spi_r, sizeof(c->binding.spi_r));
	c->reported_ms = age < now ? now - age : 0;
}

/* What the peer sent, which outlives the message. */
static int keep_sent(struct context *c, const struct decode_msg *m)
{
	size_t total = 0;
	uint8_t *p;

	for (size_t i = 0; i < m->ncerts; i++)
		total += m->certs[i].len;
	for (size_t i = 0; i < m->nocsps; i++)
		total += m->ocsps[i].len;
	total += m->ni.len + m->nr.len + m->idi.len + m->integrity.len + m->own_cert.len;
	p = malloc(total + 1);
	if (!p)
		return -ENOMEM;
	free(c->cert_data);
	c->cert_data = p;
	c->ncerts = m->ncerts;
	c->nocsps = m->nocsps;
	p = copy(c->certs, m->certs, m->ncerts, p);
	p = copy(c->ocsps, m->ocsps, m->nocsps, p);
	p = copy(&c->own_cert, &m->own_cert, 1, p);
	memcpy(c->own_id, m->own_id, sizeof(c->own_id));
	keep_report(c, m, p);
	c->sent = m->sent;
	c->sent_flags = m->flags;
	return 0;
}

static struct context *make(uint32_t ike_id, uint64_t instance)
{
	struct context *c;
	unsigned int n = 0;

	for (c = contexts; c; c = c->next)
		n++;
	c = n < CONTEXTS_MAX ? calloc(1, sizeof(*c)) : NULL;
	if (!c)
		return NULL;
	c->ike_id = ike_id;
	c->k.ike_id = ike_id;
	c->k.ike_instance = instance;
	c->k.role = is_segw() ? TRUSTGATE_ROLE_SEGW : TRUSTGATE_ROLE_HENB;
	required_settle(c);
	c->source = CONFIG_OCSP_MODES;
	worker_init(&c->authorize);
	validation_init(c);
	verify_init(c);
	react_init(c);
	c->next = contexts;
	contexts = c;
	return c;
}

static const char *refuse_early(const struct decode_msg *m)
{
	if (!is_segw() && m->role != 0)
		return "this box is an H(e)NB and takes no IKE SA as responder: see [agent] role";
	if (is_segw() && m->role != 1)
		return "this box is a SeGW and starts no IKE SA: see [agent] role";
	if (!(m->auth_kinds & TG_WIRE_AUTH_PUBKEY) || !m->ncerts)
		return "the peer did not sign AUTH with a certificate: configure auth = pubkey";
	return NULL;
}

/* Of the peer at the SeGW, our own at the H(e)NB: who may be asked to do both rounds. */
static const char *lacks_round(const struct context *c)
{
	bool wanted = is_segw() ? segw_combined(c->k.peer) : conf.gate.required & KIND(HP_AUTH);

	if (!wanted || c->more || c->rounds & TG_WIRE_AUTH_EAP)
		return NULL;
	if (is_segw())
		return "this H(e)NB has to authenticate its hosting party as well ([segw] "
		       "combined), and no EAP-AKA round with a key came: see its [gate] "
		       "authentication and swanctl.conf";
	return "the SeGW took the certificate alone, and [gate] authentication = combined wants "
	       "the hosting party's EAP-AKA as well: does it say multiple_authentication = yes, "
	       "and has its connection a second remote round?";
}

void context_orphaned(struct context *c)
{
	if ((!c->k.id || c->early) && !has_child(c))
		forget(c);
}

void context_refused(struct context *c, const char *why)
{
	/* Of an earlier round. */
	if (c->k.id && tg_context_del(gate(), c->k.id, TRUSTGATE_REASON_IKE_DELETED))
		log_context(LOG_WARNING, "not-deleted", c, tg_error(gate()));
	context_free(c);
	/* Charon's own answer comes too late to count: it was told no by us. */
	if (!contexts)
		start_down(why);
}

/* A second certificate for the same IKE SA: the kernel closes it for good. */
static void mismatch(struct context *c, const uint8_t digest[TRUSTGATE_DIGEST_LEN])
{
	struct tg_context other = c->k;

	memcpy(other.cert_digest, digest, TRUSTGATE_DIGEST_LEN);
	if (c->k.id && tg_context_announce(gate(), &other))
		log_context(LOG_ERR, "refuse", c, tg_error(gate()));
	if (c->k.id)
		react(c);
}

void context_authorize(const struct decode_msg *m, uint64_t instance)
{
	const char *why = refuse_early(m);
	uint8_t digest[TRUSTGATE_DIGEST_LEN];
	struct context *c = by_ike(m->ike_id);

	if (why) {
		log_say(LOG_ERR, "refuse", why, NULL);
		plugin_reply(m->seq, EACCES, why);
		return;
	}
	if (EVP_Digest(m->certs[0].data, m->certs[0].len, digest, NULL, EVP_sha256(), NULL) != 1)
		goto nomem;
	if (c && c->replaced) {
		c->stale = false;
		plugin_reply(m->seq, EACCES, REPLACED);
		return;
	}
	if (c && memcmp(c->k.cert_digest, digest, sizeof(digest))) {
		mismatch(c, digest);
		plugin_reply(m->seq, EACCES,
			     "another certificate was named for this IKE SA before");
		return;
	}
	c = c ?: make(m->ike_id, instance);
	if (!c || keep_sent(c, m) || !devid_authorized(c))
		goto nomem;
	memcpy(c->k.cert_digest, digest, sizeof(digest));
	snprintf(c->k.peer, sizeof(c->k.peer), "%s", m->peer_id);
	c->stale = false;
	c->resumed = m->flags & TG_WIRE_FLAG_RESUMED;
	c->more = m->flags & TG_WIRE_FLAG_MORE;
	c->authorize_seq = m->seq;
	start_up();
	/* Before anything is announced: the peer's name is part of it. */
	required_settle(c);
	c->rounds = is_segw() ? m->auth_kinds : m->own_kinds;
	c->lacks_round = lacks_round(c);
	if (c->lacks_round)
		authorize_refuse(c, "hp-auth", "round.missing", c->lacks_round);
	else
		authorize_begin(c);
	return;
nomem:
	plugin_reply(m->seq, ENOMEM, "no room or memory to check the peer with (free some)");
}

static void set_key(struct tg_sa_key *key, const struct decode_msg *m, uint32_t spi,
		    const struct decode_addr *daddr)
{
	memset(key, 0, sizeof(*key));
	key->spi = spi;
	key->protocol = m->protocol;
	key->family = daddr->family;
	memcpy(key->daddr, daddr->addr, sizeof(key->daddr));
}

/* Announce to the kernel, or take over from the agent before this one. 1: its
 * verification is to start, once its SAs are bound; 0: it is known already.
 */
static int announce(struct context *c)
{
	bool known = c->k.id && (c->k.state == TRUSTGATE_STATE_PENDING ||
				 c->k.state == TRUSTGATE_STATE_OPEN ||
				 c->k.state == TRUSTGATE_STATE_REVERIFY);
	int err;

	if (known)
		return 0;
	err = tg_context_announce(gate(), &c->k);
	if (err) {
		log_context(LOG_ERR, "not-announced", c, tg_error(gate()));
		if (err == -ESTALE)
			gate_suspect();
		return err;
	}
	c->held_since_ms = loop_now();
	log_context(LOG_INFO, "announce", c, tg_state_name(c->k.state));
	c->seen_state = c->k.state;
	c->seen_generation = c->k.generation;
	/* What was found before is of the IKE SA's first generation. */
	if (!c->known_sought)
		c->known_sought = c->k.generation;
	return c->k.state == TRUSTGATE_STATE_PENDING;
}

void context_round(struct context *c)
{
	if (gate_is_off() || c->k.id)
		return;
	c->early = announce(c) >= 0;
}

static bool same_device(const struct context *a, const struct context *b)
{
	return !strcasecmp(a->k.peer, b->k.peer);
}

/* PIT-30: a box that comes and goes is two boxes that throw each other out. */
static void count_takeover(struct context *c, const struct context *old)
{
	if (c->admitted_ms - old->admitted_ms >= FLAP_MS)
		return;
	c->takeovers = old->takeovers + 1;
	if (c->takeovers >= FLAPS)
		log_context(LOG_ALERT, "flapping", c,
			    "this H(e)NB takes its own place again and again: is there a second "
			    "box with its key?");
}

/*
 * SGW-OLD-01, A.1-9, A.2-21: the H(e)NB is here anew, so its old IKE SAs are void. They
 * are found by the device's identity: the hosting party's may have moved to another box
 * (PIT-31). Only now, when all rounds are done and we let it in, or anyone could have an
 * H(e)NB thrown out by its name (SGW-OLD-04).
 */
static void replace_old(struct context *c)
{
	for (struct context *old = contexts; old; old = old->next) {
		if (old == c || !old->admitted_ms || old->replaced || !same_device(old, c))
			continue;
		count_takeover(c, old);
		react_replaced(old);
	}
}

void context_admitted(struct context *c)
{
	c->combined = c->rounds & TG_WIRE_AUTH_EAP;
	/* What is required may have been learnt since. */
	if (c->early && tg_context_announce(gate(), &c->k))
		log_context(LOG_ERR, "not-announced", c, tg_error(gate()));
	if (c->admitted_ms)
		return;
	c->admitted_ms = loop_now();
	if (is_segw() && !c->resumed)
		replace_old(c);
}

/* The context that an SA is bound to; 0: none. */
static uint32_t bound_to(const struct tg_sa_key *key)
{
	struct tg_sa *sas = NULL;
	uint32_t id = 0;
	size_t n = 0;

	if (!tg_sa_dump(gate(), &sas, &n))
		for (size_t i = 0; i < n; i++)
			if (sas[i].key.spi == key->spi && sas[i].key.protocol == key->protocol &&
			    sas[i].key.family == key->family &&
			    !memcmp(sas[i].key.daddr, key->daddr, sizeof(key->daddr)))
				id = sas[i].context_id;
	free(sas);
	return id;
}

/*
 * After an IKE rekey the kernel knows the context by the first IKE id. An agent
 * that was restarted since finds it by the SAs, and only takes over what names
 * the same certificate and is nobody else's.
 */
static int adopt(struct context *c, const struct tg_sa_key *key)
{
	uint32_t id = bound_to(key), mine = c->k.id;
	struct tg_context found;

	if (!id || by_id(id) || tg_context_get(gate(), id, &found) ||
	    found.ike_instance != c->k.ike_instance ||
	    memcmp(found.cert_digest, c->k.cert_digest, sizeof(found.cert_digest)))
		return -EBUSY;
	verify_stop(c);
	c->k.ike_id = found.ike_id;
	c->k.id = 0;
	if (announce(c) < 0)
		return -EBUSY;
	log_context(LOG_NOTICE, "adopt", c, "an IKE SA that was rekeyed before");
	return tg_context_del(gate(), mine, TRUSTGATE_REASON_REPLACED);
}

static int bind_keys(struct context *c, const struct tg_sa_key keys[2])
{
	int err = tg_sa_bind(gate(), &c->k, keys, 2);

	if (err == -ESTALE) {
		react(c);
		err = tg_sa_bind(gate(), &c->k, keys, 2);
	}
	if (err == -EBUSY && !adopt(c, &keys[0]))
		err = tg_sa_bind(gate(), &c->k, keys, 2);
	return err;
}

static struct child *child_find(struct context *c, uint32_t id)
{
	for (size_t i = 0; i < c->nchildren; i++)
		if (c->children[i].id == id)
			return &c->children[i];
	return NULL;
}

/* As many as charon has: one that is not known would not count as up when all others are gone. */
static struct child *child_slot(struct context *c, uint32_t id)
{
	struct child *child = child_find(c, id) ?: child_find(c, 0);
	size_t n = c->nchildren;

	if (child)
		return child;
	child = reallocarray(c->children, n + CHILDREN_STEP, sizeof(*child));
	if (!child)
		return NULL;
	memset(child + n, 0, CHILDREN_STEP * sizeof(*child));
	c->children = child;
	c->nchildren = n + CHILDREN_STEP;
	return &child[n];
}

static void take_vips(struct context *c, const struct decode_msg *m)
{
	if (!m->nvips)
		return;
	memcpy(c->vips, m->vips, sizeof(c->vips));
	c->nvips = m->nvips;
}

uint32_t context_child_keys(const struct decode_msg *m, char *why, size_t whylen)
{
	struct context *c = by_ike(m->ike_id);
	struct tg_sa_key keys[2];
	struct child *child;
	int fresh, err;

	if (!c || c->replaced) {
		snprintf(why, whylen, "%s", c ? REPLACED : "this IKE SA was never authorized");
		return EACCES;
	}
	take_vips(c, m);
	child = child_slot(c, m->child_id);
	if (!child) {
		snprintf(why, whylen, "out of memory: it stays held (free some)");
		log_context(LOG_ERR, "not-bound", c, why);
		return ENOMEM;
	}
	child->id = m->child_id;
	child->reqid = m->reqid;
	child->local = m->local;
	child->remote = m->remote;
	if (gate_is_off())
		return 0;
	set_key(&keys[0], m, m->spi_in, &m->local);
	set_key(&keys[1], m, m->spi_out, &m->remote);
	fresh = announce(c);
	err = fresh < 0 ? fresh : bind_keys(c, keys);
	if (err == -ENOENT) {
		/* The gate was turned off and on. */
		react(c);
		fresh = announce(c);
		err = fresh < 0 ? fresh : bind_keys(c, keys);
	}
	if (err) {
		snprintf(why, whylen, "%s", tg_error(gate()));
		log_context(LOG_ERR, "not-bound", c, why);
	}
	if (fresh > 0 || c->early)
		verify_anew(c);
	c->early = false;
	return (uint32_t)-err;
}

void context_child_up(const struct decode_msg *m)
{
	struct context *c = by_ike(m->ike_id);
	struct child *child = c ? child_slot(c, m->child_id) : NULL;

	if (!c)
		return;
	take_vips(c, m);
	if (child) {
		child->id = m->child_id;
		child->up = true;
	}
	verify_child_up(c);
	devid_progress(c);
}

void context_notified(const struct decode_msg *m)
{
	struct context *c = by_ike(m->ike_id);

	if (c)
		devid_notified(c, m->notify, m->notified);
}

const char *context_ask_devid(uint32_t id)
{
	const char *why = "the agent knows no such context (see trustgate status)", *one;

	for (struct context *c = contexts; c; c = c->next) {
		if (!c->k.id || (id && c->k.id != id))
			continue;
		one = devid_ask_anew(c);
		if (!one || why)
			why = one;
	}
	return why;
}

void context_child_down(const struct decode_msg *m)
{
	struct context *c = by_ike(m->ike_id);
	struct child *child = c ? child_find(c, m->child_id) : NULL;

	/* The kernel sees the SAs go by itself. */
	if (child)
		memset(child, 0, sizeof(*child));
}

void context_ike_down(const struct decode_msg *m)
{
	struct context *c = by_ike(m->ike_id);

	if (c)
		forget(c);
}

void context_ike_rekey(const struct decode_msg *m)
{
	struct context *c = by_ike(m->ike_id);

	if (!c)
		return;
	c->ike_id = m->new_ike_id;
	log_context(LOG_INFO, "ike-rekey", c, NULL);
}

void context_plugin_gone(void)
{
	timer_stop(&sweep);
	for (struct context *c = contexts; c; c = c->next) {
		c->stale = true;
		authorize_stop(c);
	}
}

void context_plugin_lost(void)
{
	if (!contexts)
		return;
	for (struct context *c = contexts; c; c = c->next)
		verify_stop(c);
	if (tg_context_close(gate(), 0, TRUSTGATE_REASON_IKE_LOST,
			     "the IKE daemon stopped answering the agent"))
		log_say(LOG_ERR, "not-closed", tg_error(gate()), NULL);
	else
		log_say(LOG_ERR, "close", "the IKE daemon stopped answering the agent",
			"is charon up, with its trustgate plugin?");
}

/* Those of IKE SAs that went while no agent was there to hear of it. */
static void bury_unknown(void)
{
	struct tg_context *all = NULL;
	size_t n = 0;

	if (tg_context_dump(gate(), &all, &n))
		log_say(LOG_WARNING, "no-dump", tg_error(gate()), NULL);
	for (size_t i = 0; i < n; i++)
		if (!by_id(all[i].id) && all[i].state != TRUSTGATE_STATE_GONE)
			tg_context_del(gate(), all[i].id, TRUSTGATE_REASON_IKE_DELETED);
	free(all);
}

/* Contexts of a run of charon that has ended belong to nobody. */
static void bury_others(uint64_t instance)
{
	struct tg_context *all = NULL;
	struct context *next;
	size_t n = 0;

	for (struct context *c = contexts; c; c = next) {
		next = c->next;
		if (c->k.ike_instance != instance)
			forget(c);
	}
	if (tg_context_dump(gate(), &all, &n))
		log_say(LOG_WARNING, "no-dump", tg_error(gate()), NULL);
	for (size_t i = 0; i < n; i++)
		if (all[i].ike_instance != instance && all[i].state != TRUSTGATE_STATE_GONE)
			tg_context_del(gate(), all[i].id, TRUSTGATE_REASON_IKE_DELETED);
	free(all);
}

static void sweep_stale(struct timer *t)
{
	struct context *next;

	(void)t;
	for (struct context *c = contexts; c; c = next) {
		next = c->next;
		if (c->stale)
			forget(c);
	}
	bury_unknown();
}

void context_plugin_back(uint64_t instance)
{
	bury_others(instance);
	timer_start(&sweep, SWEEP_MS, sweep_stale);
}

void context_event(const struct tg_note *note)
{
	struct context *c = by_id(note->context_id);

	if (c && (note->event == TRUSTGATE_EVENT_CONTEXT_STATE ||
		  note->event == TRUSTGATE_EVENT_CONTEXT_GONE))
		react(c);
	else if (c && note->event == TRUSTGATE_EVENT_BOOTSTRAP_EXHAUSTED)
		log_context(LOG_ALERT, "budget", c,
			    "the bootstrap budget of this attempt is used up: look at the responder");
}

void context_resync(void)
{
	struct context *next;

	for (struct context *c = contexts; c; c = next) {
		next = c->next;
		if (c->k.id)
			react(c);
	}
}

void context_announce_all(void)
{
	for (struct context *c = contexts; c; c = c->next) {
		if (!c->k.id || c->stale || c->replaced)
			continue;
		verify_stop(c);
		c->k.state = TRUSTGATE_STATE_SUSPENDED;
		if (announce(c) > 0)
			verify_anew(c);
	}
}

void context_clock_step(void)
{
	if (contexts && tg_context_close(gate(), 0, TRUSTGATE_REASON_CLOCK,
					 "the wall clock was stepped"))
		log_say(LOG_ERR, "not-closed", tg_error(gate()), NULL);
	/* The kernel's events start the verification. */
}

bool context_authorizing(void)
{
	for (struct context *c = contexts; c; c = c->next)
		if (authorize_runs(c))
			return true;
	return false;
}

void context_rules_changed(const uint32_t *vendors, size_t n)
{
	for (struct context *c = contexts; c; c = c->next) {
		c->vendor_known = c->vendor_known && c->vendor < n && vendors[c->vendor] < n;
		if (c->vendor_known)
			c->vendor = vendors[c->vendor];
		c->lacks_round = lacks_round(c);
		required_settle(c);
	}
	context_recheck(0);
}

bool context_recheck(uint32_t id)
{
	bool found = !id;

	for (struct context *c = contexts; c; c = c->next) {
		if (!c->k.id || (id && c->k.id != id))
			continue;
		found = true;
		if (c->k.state != TRUSTGATE_STATE_REJECTED && c->k.state != TRUSTGATE_STATE_GONE)
			verify_anew(c);
	}
	return found;
}

json_t *context_json(void)
{
	json_t *list = json_array();

	for (struct context *c = contexts; c; c = c->next)
		json_array_append_new(list, json_pack("{s:I, s:I, s:o, s:s, s:I, s:o, s:o}",
			"id", (json_int_t)c->k.id, "ike_id", (json_int_t)c->ike_id,
			"peer", control_text(c->k.peer), "phase", verify_phase(c),
			"recheck_in_s", (json_int_t)(timer_left(&c->recheck) / 1000),
			"detail", control_text(c->detail), "devid", devid_context_json(c)));
	return list;
}
