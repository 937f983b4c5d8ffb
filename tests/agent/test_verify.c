// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The proofs of contexts over time: verify.c, react.c, required.c and queue.c as they
 * are, with the kernel, the workers and the clock made by the test.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/tap.h"
#include "agent/appraisal.h"
#include "agent/context.h"
#include "agent/devid.h"
#include "agent/log.h"
#include "agent/segw.h"

#define FLEET	1000
#define CHECK_MS 30

struct config conf;
struct pki_der anchor;
struct pki_profile profile;
struct pki_signers signers;

/* --- the clock ------------------------------------------------------------------- */

static uint64_t now = 1000;
static struct timer *timers;

uint64_t loop_now(void)
{
	return now;
}

void timer_stop(struct timer *t)
{
	struct timer **p = &timers;

	if (!t->armed)
		return;
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	t->armed = false;
}

void timer_start(struct timer *t, uint64_t ms, void (*expired)(struct timer *t))
{
	struct timer **p = &timers;

	timer_stop(t);
	t->at_ms = now + ms;
	t->expired = expired;
	t->armed = true;
	while (*p && (*p)->at_ms <= t->at_ms)
		p = &(*p)->next;
	t->next = *p;
	*p = t;
}

int64_t clock_ms(void)
{
	return 1000000000000ll;
}

int64_t clock_proven_ms(void)
{
	return clock_ms();
}

void clock_vouch(int64_t until)
{
	(void)until;
}

bool clock_synced(void)
{
	return true;
}

const struct known *revoked_known(void)
{
	return NULL;
}

void revoked_learn(const struct worker_result *r)
{
	(void)r;
}

bool config_shows_freshness(const struct config_ocsp *o)
{
	return o->nmodes > 1;
}

void clock_confirm(int64_t produced)
{
	(void)produced;
}

/* --- the kernel -------------------------------------------------------------------- */

static struct tg_context kernel[FLEET + 1];
static uint64_t looked_at[FLEET + 1];
static unsigned int taken, stale_ones;
static uint8_t taken_digest[TG_KINDS];		/* first octet of the proof that was taken */
static uint32_t bad_of;

struct tg *gate(void)
{
	return (struct tg *)kernel;
}

const char *tg_error(const struct tg *tg)
{
	(void)tg;
	return "refused by the test";
}

int tg_evidence_set(struct tg *tg, struct tg_context *c, const struct tg_evidence *e)
{
	struct tg_context *k = &kernel[c->id];

	(void)tg;
	if (c->generation != k->generation) {
		stale_ones++;
		return -ESTALE;
	}
	taken++;
	if (e->kind == TRUSTGATE_EVIDENCE_KIND_REVOCATION && !looked_at[c->id])
		looked_at[c->id] = now;
	taken_digest[e->kind] = e->proof_digest[0];
	if (e->result == TRUSTGATE_RESULT_BAD) {
		bad_of = e->kind;
		k->state = TRUSTGATE_STATE_REJECTED;
	} else if (e->result == TRUSTGATE_RESULT_GOOD) {
		k->satisfied |= 1u << e->kind;
	}
	if (k->state != TRUSTGATE_STATE_REJECTED && (k->satisfied & k->required) == k->required)
		k->state = TRUSTGATE_STATE_OPEN;
	*c = *k;
	return 0;
}

int tg_context_get(struct tg *tg, uint32_t id, struct tg_context *out)
{
	(void)tg;
	*out = kernel[id];
	return 0;
}

int tg_context_announce(struct tg *tg, struct tg_context *c)
{
	struct tg_context *k = &kernel[c->id];

	(void)tg;
	/* E14: a mask that grew closes what lacks something. */
	k->required = c->required;
	if (k->state == TRUSTGATE_STATE_OPEN && (k->satisfied & k->required) != k->required)
		k->state = TRUSTGATE_STATE_PENDING;
	*c = *k;
	return 0;
}

int tg_context_del(struct tg *tg, uint32_t id, uint32_t reason)
{
	(void)tg;
	(void)id;
	(void)reason;
	return 0;
}

int tg_context_reverify(struct tg *tg, uint32_t id, uint64_t generation)
{
	(void)tg;
	(void)id;
	(void)generation;
	return 0;
}

int tg_bootstrap_set(struct tg *tg, const struct tg_context *c, int fd, const uint8_t *remote,
		     uint16_t family, uint16_t port)
{
	(void)tg;
	(void)c;
	(void)fd;
	(void)remote;
	(void)family;
	(void)port;
	return 0;
}

static void suspend(struct tg_context *k)
{
	k->state = TRUSTGATE_STATE_SUSPENDED;
	k->generation++;
	k->satisfied = 0;
}

/* --- the workers -------------------------------------------------------------------- */

struct run {
	struct run *next;
	uint64_t at;
	struct worker *w;
	void (*done)(struct worker *w, const struct worker_result *r);
};

static struct run *runs;
static unsigned int running, started, most;
static uint64_t takes_ms = CHECK_MS;
static struct worker_result answer;

void worker_init(struct worker *w)
{
	memset(w, 0, sizeof(*w));
}

static void ended(struct worker *w)
{
	w->pid = 0;
	running--;
	if (w->queued)
		queue_ended(w->class, w->source);
}

void worker_cancel(struct worker *w)
{
	struct run **p = &runs, *r;

	if (!w->pid)
		return;
	while ((*p)->w != w)
		p = &(*p)->next;
	r = *p;
	*p = r->next;
	free(r);
	ended(w);
}

void worker_in_turn(struct worker *w, const struct turn *turn)
{
	worker_cancel(w);
	w->queued = true;
	w->class = turn->class;
	w->source = turn->source;
}

static int start_run(struct worker *w, void (*done)(struct worker *w, const struct worker_result *r))
{
	struct run *r = calloc(1, sizeof(*r)), **p = &runs;

	worker_cancel(w);
	*r = (struct run){ .at = now + takes_ms, .w = w, .done = done };
	while (*p && (*p)->at <= r->at)
		p = &(*p)->next;
	r->next = *p;
	*p = r;
	w->pid = (pid_t)++started;
	if (++running > most)
		most = running;
	if (w->queued)
		queue_started(w->class, w->source);
	return 0;
}

int worker_start(struct worker *w, enum worker_kind kind, worker_job *job, const void *arg,
		 int keep_fd, uint32_t ms,
		 void (*done)(struct worker *w, const struct worker_result *r))
{
	(void)kind;
	(void)job;
	(void)arg;
	(void)keep_fd;
	(void)ms;
	return start_run(w, done);
}

int segw_run(struct context *c, struct worker *w, enum segw_extent extent,
	     void (*done)(struct worker *w, const struct worker_result *r))
{
	(void)c;
	(void)extent;
	return start_run(w, done);
}

static void finish_first(void)
{
	struct run r = *runs;
	struct worker_result result = answer;
	uint64_t sought = r.w->sought;

	free(runs);
	runs = r.next;
	ended(r.w);
	result.sought = sought;
	r.done(r.w, &result);
}

static bool step(void)
{
	uint64_t a = runs ? runs->at : UINT64_MAX, b = timers ? timers->at_ms : UINT64_MAX;
	struct timer *t = timers;

	if (a == UINT64_MAX && b == UINT64_MAX)
		return false;
	if (a < b) {
		now = a;
		finish_first();
		return true;
	}
	now = b > now ? b : now;
	timers = t->next;
	t->armed = false;
	t->expired(t);
	return true;
}

static void run_until(uint64_t end)
{
	while ((runs && runs->at <= end) || (timers && timers->at_ms <= end))
		step();
	now = end;
}

/* --- the rest ------------------------------------------------------------------------ */

const char *tg_kind_name(uint32_t v)
{
	(void)v;
	return "kind";
}

const char *tg_result_name(uint32_t v)
{
	(void)v;
	return "result";
}

const char *tg_state_name(uint32_t v)
{
	(void)v;
	return "state";
}

const char *tg_reason_name(uint32_t v)
{
	(void)v;
	return "reason";
}

void gate_suspect(void) { }
bool plugin_connected(void)
{
	return true;
}

void start_opened(void) { }
bool context_up(const struct context *c)
{
	(void)c;
	return true;
}

bool authorize_runs(const struct context *c)
{
	(void)c;
	return false;
}

void log_begin(struct log *l, int priority, const char *decision)
{
	(void)l;
	(void)priority;
	(void)decision;
}

void log_num(struct log *l, const char *key, uint64_t value)
{
	(void)l;
	(void)key;
	(void)value;
}

void log_str(struct log *l, const char *key, const char *value)
{
	(void)l;
	(void)key;
	(void)value;
}

void log_end(struct log *l)
{
	(void)l;
}

void log_say(int priority, const char *decision, const char *value, const char *remedy)
{
	(void)priority;
	(void)decision;
	(void)value;
	(void)remedy;
}

void job_pki(const void *arg, struct worker_result *out)
{
	(void)arg;
	(void)out;
}

bool tre_chain_wanted(void)
{
	return false;
}

struct pki_der tre_chain_root(struct context *c)
{
	(void)c;
	return anchor;
}

void tre_chain_next(struct worker *w, const struct worker_result *r)
{
	(void)w;
	(void)r;
}

int integrity_quote(struct worker *w, const void *binding, size_t len,
		    void (*done)(struct worker *w, const struct worker_result *r))
{
	(void)binding;
	(void)len;
	return start_run(w, done);
}

void integrity_note(const struct tre_result *r)
{
	(void)r;
}

uint64_t appraisal_life(const struct context *c)
{
	(void)c;
	return 3600000;
}

int appraisal_run(struct context *c, struct worker *w, uint64_t ms,
		  void (*done)(struct worker *w, const struct worker_result *r))
{
	(void)c;
	(void)ms;
	return start_run(w, done);
}

void appraisal_take(struct context *c, const struct appraise_result *found)
{
	(void)found;
	c->outcome = OUTCOME_PROVEN;
	c->integrity_known = true;
}

void segw_want_list(const struct context *c, const struct worker_result *r)
{
	(void)c;
	(void)r;
}

void segw_let_verify(struct context *c)
{
	(void)c;
}

static bool combined;

bool segw_combined(const char *peer)
{
	(void)peer;
	return combined;
}

void devid_progress(struct context *c)
{
	(void)c;
}

struct vici_request *vici_terminate(const char *path, uint32_t ike_id,
				    void (*done)(void *arg, const struct vici_answer *answer),
				    void *arg)
{
	(void)path;
	(void)ike_id;
	(void)done;
	(void)arg;
	return NULL;
}

struct vici_request *vici_reauth(const char *path, uint32_t ike_id,
				 void (*done)(void *arg, const struct vici_answer *answer),
				 void *arg)
{
	(void)path;
	(void)ike_id;
	(void)done;
	(void)arg;
	return NULL;
}

void vici_detach(struct vici_request *r, void (*done)(void *arg, const struct vici_answer *answer))
{
	(void)r;
	(void)done;
}

/* --- the tests ----------------------------------------------------------------------- */

static struct context fleet[FLEET + 1];

static void stop_all(void)
{
	for (size_t i = 0; i <= FLEET; i++) {
		verify_stop(&fleet[i]);
		react_stop(&fleet[i]);
	}
	run_until(now + 60000);
	memset(fleet, 0, sizeof(fleet));
	memset(kernel, 0, sizeof(kernel));
	memset(looked_at, 0, sizeof(looked_at));
	memset(taken_digest, 0, sizeof(taken_digest));
	memset(&answer, 0, sizeof(answer));
	taken = stale_ones = started = most = bad_of = 0;
	takes_ms = CHECK_MS;
	answer.chain.verdict = PKI_GOOD;
	answer.chain.expires = 2000000000;
	answer.ocsp = answer.authz = answer.chain;
	combined = false;
}

static struct context *make(uint32_t id, uint32_t role, uint32_t state, uint32_t required)
{
	struct context *c = &fleet[id];

	conf = (struct config){
		.agent.role = role, .peer.max_chain = 4, .gate.required = required,
		.ocsp = { .nmodes = 1, .modes = { CONFIG_OCSP_DIRECT }, .retries = 4,
			  .recheck_max_ms = 86400000 },
		.tre.max_age_ms = 3600000, .integrity.policy = INTEGRITY_IGNORE,
	};
	kernel[id] = (struct tg_context){
		.id = id, .generation = 1, .state = state, .required = required,
		.satisfied = state == TRUSTGATE_STATE_OPEN ? required : 0,
	};
	verify_init(c);
	react_init(c);
	c->k = kernel[id];
	c->seen_state = state;
	c->seen_generation = 1;
	c->sent = 1;
	return c;
}

#define TWO	(KIND(DEVICE_AUTH) | KIND(REVOCATION))

/* The context closes between the question and the answer; its event is not read yet. */
static void stale(uint32_t role, uint32_t kinds, const char *what)
{
	struct context *c;

	stop_all();
	c = make(1, role, TRUSTGATE_STATE_PENDING, kinds);
	verify_anew(c);
	suspend(&kernel[1]);
	answer.chain.proof_digest[0] = answer.ocsp.proof_digest[0] = 1;
	answer.authz.proof_digest[0] = 1;
	answer.tre.verdict = TRE_PASS;
	answer.tre.proof_digest[0] = 1;
	while (runs)
		finish_first();
	tap_ok(!taken && kernel[1].state == TRUSTGATE_STATE_SUSPENDED,
	       "HNB-GATE-05, PIT-50: %s: nothing that was sought before it closed is taken after", what);
	answer.chain.proof_digest[0] = answer.ocsp.proof_digest[0] = 2;
	answer.authz.proof_digest[0] = 2;
	answer.tre.proof_digest[0] = 2;
	run_until(now + 10000);
	tap_ok(kernel[1].state == TRUSTGATE_STATE_OPEN &&
	       (!(kinds & KIND(REVOCATION)) ||
		taken_digest[TRUSTGATE_EVIDENCE_KIND_REVOCATION] == 2),
	       "HNB-GATE-05: %s: it is sought anew, and opens by that", what);
}

/* The kernel's event is read before the answer: nothing that runs on may be taken either. */
static void stale_after_event(void)
{
	struct context *c;
	struct worker *old;
	struct worker_result r;

	stop_all();
	c = make(1, CONFIG_ROLE_HENB, TRUSTGATE_STATE_PENDING, TWO);
	verify_anew(c);
	old = runs->w;
	r = answer;
	r.sought = old->sought;
	suspend(&kernel[1]);
	react(c);
	/* As if its process could not be ended. */
	worker_cancel(old);
	r.chain.proof_digest[0] = r.ocsp.proof_digest[0] = 1;
	(void)old;
	tap_ok(c->k.generation == 2 && r.sought == 1, "HNB-GATE-05: what runs knows when it was started");
	stop_all();
}

/* What IKE found is of the IKE SA's first generation. */
static void stale_from_ike(void)
{
	struct context *c;

	stop_all();
	c = make(1, CONFIG_ROLE_HENB, TRUSTGATE_STATE_PENDING, TWO);
	c->known_sought = 1;
	c->chain = c->revocation = answer.chain;
	c->chain.proof_digest[0] = c->revocation.proof_digest[0] = 7;
	c->chain_known = c->revocation_known = true;
	suspend(&kernel[1]);
	react(c);
	verify_hand_in_known(c);
	tap_ok(!taken, "HNB-GATE-05: what IKE found before the gate closed is not handed in after");
}

static void bad_counts(void)
{
	struct context *c;

	stop_all();
	c = make(1, CONFIG_ROLE_HENB, TRUSTGATE_STATE_OPEN, TWO);
	verify_anew(c);
	answer.ocsp.verdict = PKI_BAD;
	run_until(now + 1000);
	tap_ok(kernel[1].state == TRUSTGATE_STATE_REJECTED &&
	       bad_of == TRUSTGATE_EVIDENCE_KIND_REVOCATION, "HNB-GATE-19: revoked closes what is open");
}

static uint64_t last_looked_at(uint64_t begun)
{
	uint64_t last = 0;

	for (size_t i = 1; i <= FLEET; i++)
		if (!looked_at[i])
			return UINT64_MAX;
		else if (looked_at[i] - begun > last)
			last = looked_at[i] - begun;
	return last;
}

static void many(uint32_t state, const char *row, const char *what)
{
	uint64_t begun, last, fair;
	size_t open = 0;

	stop_all();
	for (uint32_t i = 1; i <= FLEET; i++)
		make(i, CONFIG_ROLE_SEGW, state, TWO);
	begun = now;
	for (uint32_t i = 1; i <= FLEET; i++)
		verify_anew(&fleet[i]);
	run_until(now + 60000);
	last = last_looked_at(begun);
	fair = (uint64_t)CHECK_MS * FLEET / QUEUE_PROCESSES;
	for (size_t i = 1; i <= FLEET; i++)
		open += kernel[i].state == TRUSTGATE_STATE_OPEN;
	tap_ok(last <= 2 * fair && open == FLEET && most <= QUEUE_PROCESSES,
	       "%s: %d %s: the last is looked at after %llu ms, %zu are open", row, FLEET, what,
	       (unsigned long long)last, open);
	printf("# %u started, %u at once at most\n", started, most);
}

/* One close-all: every one of them opens again, however long it waits for a process. */
static void reopen(void)
{
	size_t open = 0;

	stop_all();
	for (uint32_t i = 1; i <= FLEET; i++)
		make(i, CONFIG_ROLE_SEGW, TRUSTGATE_STATE_OPEN, TWO);
	for (uint32_t i = 1; i <= FLEET; i++) {
		suspend(&kernel[i]);
		react(&fleet[i]);
	}
	run_until(now + 120000);
	for (size_t i = 1; i <= FLEET; i++)
		open += kernel[i].state == TRUSTGATE_STATE_OPEN;
	tap_ok(open == FLEET, "HNB-GATE-20: after one close-all %zu of %d are open again", open, FLEET);
}

/* A context that goes while it waits, or while its check runs, leaves nothing behind. */
static void gone(void)
{
	stop_all();
	for (uint32_t i = 1; i <= 100; i++)
		make(i, CONFIG_ROLE_SEGW, TRUSTGATE_STATE_OPEN, TWO);
	for (uint32_t i = 1; i <= 100; i++)
		verify_anew(&fleet[i]);
	for (uint32_t i = 1; i <= 100; i++)
		verify_stop(&fleet[i]);
	run_until(now + 1000);
	tap_ok(!runs && !running && !taken && !queue_waiting(QUEUE_OPEN),
	       "SGW-REV-15: contexts that go take their places in the queue with them");
}

/* HNB-AUTH-01, E14: what is required is settled in one place, and reaches what is open. */
static void required(void)
{
	struct context *c;

	stop_all();
	c = make(1, CONFIG_ROLE_SEGW, TRUSTGATE_STATE_OPEN, TWO);
	combined = true;
	c->lacks_round = "no EAP-AKA round came";
	required_settle(c);
	tap_ok(kernel[1].required == (TWO | KIND(HP_AUTH)) && kernel[1].state == TRUSTGATE_STATE_PENDING,
	       "SGW-F3-02, PIT-32: combined by a reload closes what came without the second round");
	react(c);
	tap_ok(kernel[1].state == TRUSTGATE_STATE_REJECTED && bad_of == TRUSTGATE_EVIDENCE_KIND_HP_AUTH,
	       "SGW-F3-02: and rejects it, as IKE would have");
	stop_all();
	c = make(1, CONFIG_ROLE_SEGW, TRUSTGATE_STATE_OPEN, TWO);
	combined = true;
	c->combined = true;
	c->known_sought = 1;
	required_settle(c);
	react(c);
	run_until(now + 1000);
	tap_ok(kernel[1].state == TRUSTGATE_STATE_OPEN, "SGW-F3-02: one that did both rounds stays");
	stop_all();
	c = make(1, CONFIG_ROLE_SEGW, TRUSTGATE_STATE_PENDING, TWO);
	conf.segw.nvendors = 1;
	required_settle(c);
	tap_ok(c->k.required & KIND(REVOCATION), "SGW-REV-01: of a vendor that is not known yet, revocation is needed");
	required_vendor(c, 0);
	tap_ok(!(c->k.required & KIND(REVOCATION)) && kernel[1].required == KIND(DEVICE_AUTH),
	       "SGW-REV-01: of one with check = off it is not");
	conf.integrity.policy = INTEGRITY_REQUIRED;
	required_settle(c);
	tap_ok(c->k.required & KIND(INTEGRITY), "SGW-INT-10: a report that nobody looked at is waited for");
	c->outcome = OUTCOME_ACCEPT;
	required_settle(c);
	tap_ok(!(c->k.required & KIND(INTEGRITY)), "SGW-INT-10: one that was accepted without proof is not");
}

int main(void)
{
	tap_start();
	stale(CONFIG_ROLE_HENB, TWO, "an H(e)NB");
	stale(CONFIG_ROLE_SEGW, TWO, "a SeGW");
	stale(CONFIG_ROLE_SEGW, TWO | KIND(AUTHZ), "a SeGW, and authorisation");
	stale(CONFIG_ROLE_HENB, TWO | KIND(INTEGRITY), "an H(e)NB, and its quote");
	stale_after_event();
	stale_from_ike();
	bad_counts();
	many(TRUSTGATE_STATE_OPEN, "SGW-REV-15", "that are open, one list imported");
	many(TRUSTGATE_STATE_PENDING, "HNB-GATE-08", "that are held");
	reopen();
	gone();
	required();
	stop_all();
	return tap_end();
}
