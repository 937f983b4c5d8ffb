// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The proofs of one context: who seeks them, when again, and how they are
 * handed in. A round seeks every required kind; the kernel opens by itself.
 */
#include "agent/context.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/appraisal.h"
#include "agent/log.h"
#include "agent/segw.h"

#define CHAIN_MS	2500
#define OPEN_RETRY_MAX	60000
/* Fits the tunnels there are, so that no fragment is needed: none passes. */
#define MSS		1200

static unsigned int sha1_total;

static void start_pki(struct context *c);
static void start_tre(struct context *c);

unsigned int verify_sha1(void)
{
	return sha1_total;
}

static bool is_open(const struct context *c)
{
	return c->k.state == TRUSTGATE_STATE_OPEN || c->k.state == TRUSTGATE_STATE_REVERIFY;
}

static bool is_live(const struct context *c)
{
	return c->k.id && (is_open(c) || c->k.state == TRUSTGATE_STATE_PENDING ||
			   c->k.state == TRUSTGATE_STATE_SUSPENDED);
}

static void recheck_now(struct timer *t)
{
	verify_anew(container_of(t, struct context, recheck));
}

/* Half of what is left, at most T_RECHECK, up to a tenth earlier so that boxes
 * that started together do not ask together.
 */
static void plan_recheck(struct context *c)
{
	uint64_t now = loop_now(), left = TRUSTGATE_PROOF_MAX_MS;
	uint16_t dice = 0;

	for (uint32_t kind = 0; kind < TG_KINDS; kind++) {
		uint64_t until = c->good_until[kind];

		if (c->k.required & 1u << kind && until < now + left)
			left = until > now ? until - now : 0;
	}
	left /= 2;
	if (left > conf.ocsp.recheck_max_ms)
		left = conf.ocsp.recheck_max_ms;
	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != sizeof(dice))
		dice = 0;
	left -= left / 10 * dice / UINT16_MAX;
	timer_start(&c->recheck, left, recheck_now);
}

struct finding {
	uint32_t kind, result;
	uint64_t sought;		/* the generation that it was sought under */
	uint64_t life_ms;		/* of a good proof */
	const uint8_t *proof_digest;
	bool provisional;
	uint64_t since_ms;		/* when its check was started, or 0 */
	unsigned int sha1;		/* signatures over SHA-1 that it rests on */
	const char *rule, *detail;
};

static void log_proof(const struct context *c, const struct tg_evidence *e,
		      const struct finding *f)
{
	struct log l;

	log_begin(&l, e->result == TRUSTGATE_RESULT_GOOD ? LOG_INFO : LOG_WARNING, "proof");
	log_num(&l, "context", c->k.id);
	log_num(&l, "ike", c->ike_id);
	log_str(&l, "proof", tg_kind_name(e->kind));
	log_str(&l, "result", tg_result_name(e->result));
	log_str(&l, "rule", f->rule);
	if (e->expires_ms)
		log_num(&l, "expires_ms", e->expires_ms);
	if (f->sha1)
		log_num(&l, "sha1", f->sha1);
	if (f->since_ms)
		log_num(&l, "took_ms", loop_now() - f->since_ms);
	log_str(&l, "value", f->detail);
	log_end(&l);
}

/*
 * Hand in one proof. What the kernel makes of it comes back with the reply. This is the
 * one place where what comes late is dropped: a context that closed since is of another
 * generation, and what was sought for the one before proves nothing of it.
 */
static void hand_in(struct context *c, const struct finding *f)
{
	struct tg_evidence e = {
		.kind = f->kind, .result = f->result, .provisional = f->provisional,
	};
	int err;

	if (!is_live(c))
		return;
	if (f->sought != c->k.generation && f->result != TRUSTGATE_RESULT_BAD) {
		log_say(LOG_INFO, "late", tg_kind_name(f->kind),
			"it was sought before the gate closed, and is sought again");
		return;
	}
	if (f->result == TRUSTGATE_RESULT_GOOD)
		e.expires_ms = f->life_ms < TRUSTGATE_PROOF_MAX_MS ? (uint32_t)f->life_ms :
								     TRUSTGATE_PROOF_MAX_MS;
	memcpy(e.cert_digest, c->k.cert_digest, sizeof(e.cert_digest));
	memcpy(e.proof_digest, f->proof_digest, sizeof(e.proof_digest));
	snprintf(e.detail, sizeof(e.detail), "%s: %s", f->rule, f->detail);
	if (f->result != TRUSTGATE_RESULT_GOOD)
		memcpy(c->detail, e.detail, sizeof(c->detail));
	log_proof(c, &e, f);
	err = tg_evidence_set(gate(), &c->k, &e);
	if (err) {
		log_say(LOG_ERR, "not-handed-in", tg_error(gate()), NULL);
		if (err == -ESTALE)
			gate_suspect();
		react_soon(c);
		return;
	}
	if (f->result == TRUSTGATE_RESULT_GOOD && !f->provisional) {
		c->wanted &= ~(1u << f->kind);
		c->good_until[f->kind] = loop_now() + e.expires_ms;
	}
	if (c->k.state != c->seen_state)
		react_soon(c);
	if (f->result == TRUSTGATE_RESULT_GOOD && !c->wanted && is_open(c)) {
		c->detail[0] = '\0';
		plan_recheck(c);
	}
}

static uint32_t pki_kind_result(const struct pki_result *r, uint64_t *life_ms)
{
	int64_t now = clock_ms(), left;

	*life_ms = 0;
	if (r->verdict == PKI_BAD)
		return TRUSTGATE_RESULT_BAD;
	/* Bounded before it is multiplied: the child may say anything. */
	if (r->verdict != PKI_GOOD || r->expires <= now / 1000)
		return TRUSTGATE_RESULT_INDETERMINATE;
	left = TRUSTGATE_PROOF_MAX_MS;
	if (r->expires < now / 1000 + TRUSTGATE_PROOF_MAX_MS / 1000)
		left = r->expires * 1000 - now;
	/* To the millisecond: it ends with that second of the wall clock, not after. */
	*life_ms = (uint64_t)left;
	return TRUSTGATE_RESULT_GOOD;
}

static void hand_in_pki(struct context *c, uint32_t kind, const struct pki_result *r,
			uint64_t since_ms, uint64_t sought)
{
	struct finding f = {
		.kind = kind, .sought = sought, .proof_digest = r->proof_digest, .provisional = r->provisional,
		.rule = r->rule, .detail = r->detail, .since_ms = since_ms,
		.sha1 = r->verdict == PKI_GOOD ? r->sha1 : 0,
	};

	sha1_total += f.sha1;
	f.result = pki_kind_result(r, &f.life_ms);
	/* The child names what it looked at; it must be what charon named. */
	if (f.result != TRUSTGATE_RESULT_INDETERMINATE &&
	    memcmp(r->cert_digest, c->k.cert_digest, sizeof(r->cert_digest))) {
		f.result = TRUSTGATE_RESULT_INDETERMINATE;
		f.rule = "worker.digest";
		f.detail = "the checking process looked at another certificate: restart the agent";
	}
	hand_in(c, &f);
}

static void bad_chain(struct context *c, const char *rule, const char *detail)
{
	c->chain.verdict = PKI_BAD;
	snprintf(c->chain.rule, sizeof(c->chain.rule), "%s", rule);
	snprintf(c->chain.detail, sizeof(c->chain.detail), "%s", detail);
}

void verify_take_chain(struct context *c, const struct pki_result *chain)
{
	char why[64];

	c->chain = *chain;
	if (c->chain.verdict != PKI_GOOD)
		return;
	clock_vouch(c->chain.expires);
	/* TS 33.320 7.2.3: charon leaves out what it does not need for its path. */
	snprintf(why, sizeof(why), "the peer sent %u certificates, at most %u are taken", c->sent,
		 conf.peer.max_chain);
	if (c->sent > conf.peer.max_chain)
		bad_chain(c, "path.length", why);
	else if (c->sent_flags & TG_WIRE_FLAG_HASH_URL)
		bad_chain(c, "path.encoding", "the peer named a certificate by hash and URL "
			  "(configure it to send certificates)");
}

void verify_take_inband(struct context *c, const struct worker_result *r)
{
	c->inband = r->ocsp;
	/* FFS-16: by a clock that nobody keeps right, an old response looks new. */
	if (conf.clock.unsynced == CONFIG_UNSYNCED_ACCEPT_INBAND)
		c->inband.provisional = false;
	/* It may be older than a revocation: whoever can be asked now has the word. */
	if (config_shows_freshness(&conf.ocsp))
		c->inband.provisional = true;
	c->inband_good = c->inband.verdict == PKI_GOOD && !c->inband.provisional;
}

/* A recheck of what is open may close it, so that it comes first. */
static enum queue_class class_of(const struct context *c)
{
	return is_open(c) ? QUEUE_OPEN : QUEUE_HELD;
}

/* There was no process to be had, which is no try: T_VERIFY is for those who are asked. */
static void not_started(struct context *c, struct check *check, void (*retry)(struct timer *t))
{
	check->tries -= check->tries > 0;
	if (is_live(c))
		timer_start(&check->retry, 1000, retry);
}

static void retry_pki(struct timer *t)
{
	start_pki(container_of(t, struct context, pki.retry));
}

static void retry_tre(struct timer *t)
{
	start_tre(container_of(t, struct context, tre.retry));
}

/* 1, 2, 4, 8 s; while open further on to a minute, until the proof expires.
 * While held the kernel's T_VERIFY has the last word.
 */
static void again(struct context *c, struct check *check, void (*retry)(struct timer *t))
{
	uint64_t ms;

	if (!is_live(c) || (!is_open(c) && check->tries > conf.ocsp.retries))
		return;
	ms = 1000ull << (check->tries < 7 ? check->tries - 1 : 6);
	if (!is_open(c) && ms > 8000)
		ms = 8000;
	timer_start(&check->retry, ms < OPEN_RETRY_MAX ? ms : OPEN_RETRY_MAX, retry);
}

/* Role segw: of the H(e)NB's report; the box's own is tre_done()'s. */
static void hand_in_report(struct context *c)
{
	struct finding f = {
		.kind = TRUSTGATE_EVIDENCE_KIND_INTEGRITY, .rule = c->integrity.rule,
		.detail = c->integrity.detail, .proof_digest = c->integrity.proof_digest,
		.result = TRUSTGATE_RESULT_INDETERMINATE, .life_ms = appraisal_life(c),
		.sought = c->known_sought,
	};

	c->integrity_known = false;
	if (c->outcome == OUTCOME_REJECT) {
		f.result = TRUSTGATE_RESULT_BAD;
	} else if (c->outcome == OUTCOME_PROVEN && f.life_ms) {
		f.result = TRUSTGATE_RESULT_GOOD;
	} else if (c->outcome == OUTCOME_PROVEN) {
		f.rule = "appraise.age";
		f.detail = "the H(e)NB's report is older than [integrity] max_age: it has to "
			   "authenticate anew (set its reauth_time below that)";
	}
	hand_in(c, &f);
	if (!(c->wanted & KIND(INTEGRITY)))
		return;
	/* It may be enrolled meanwhile, or its state allowed. */
	c->tre.tries += !c->tre.tries;
	again(c, &c->tre, retry_tre);
}

/*
 * What the second round proved holds for as long as the IKE SA: EAP is not done again,
 * unless by reauthentication.
 */
static void hand_in_hosting_party(struct context *c)
{
	static const uint8_t none[TRUSTGATE_DIGEST_LEN];
	struct finding f = {
		.kind = TRUSTGATE_EVIDENCE_KIND_HP_AUTH, .result = TRUSTGATE_RESULT_GOOD,
		.life_ms = TRUSTGATE_PROOF_MAX_MS, .proof_digest = none, .sought = c->k.generation,
		.rule = "round.eap-aka", .detail = "AUTH was made with EAP-AKA's key (RFC 4739)",
	};

	/* Told of again by charon: it came up while nobody was there to refuse it. */
	if (c->lacks_round) {
		f.result = TRUSTGATE_RESULT_BAD;
		f.rule = "round.missing";
		f.detail = c->lacks_round;
	}
	if ((c->combined || c->lacks_round) && c->k.required & c->wanted & KIND(HP_AUTH))
		hand_in(c, &f);
}

void verify_hand_in_known(struct context *c)
{
	if (!is_live(c))
		return;
	hand_in_hosting_party(c);
	if (c->chain_known && c->k.required & KIND(DEVICE_AUTH)) {
		/* The path's own proof is the leaf that it leads to. */
		memcpy(c->chain.proof_digest, c->k.cert_digest, sizeof(c->chain.proof_digest));
		hand_in_pki(c, TRUSTGATE_EVIDENCE_KIND_DEVICE_AUTH, &c->chain, 0,
			    c->known_sought);
	}
	c->chain_known = false;
	if (c->revocation_known && c->k.required & KIND(REVOCATION))
		hand_in_pki(c, TRUSTGATE_EVIDENCE_KIND_REVOCATION, &c->revocation, 0,
			    c->known_sought);
	c->revocation_known = false;
	if (c->integrity_known)
		hand_in_report(c);
}

static void told_charon(void *arg, const struct vici_answer *answer)
{
	(void)arg;
	if (answer->status)
		log_say(LOG_WARNING, "not-reauthenticated", answer->error,
			"the gate closes when the proof expires, and then starts anew");
}

/*
 * What came in IKE is renewed by IKE: a new IKE SA, with what the peer sends then,
 * opens before this one's proof ends.
 */
static void renew_inband(struct context *c)
{
	uint64_t now = loop_now();
	struct log l;

	if (!is_open(c) || c->source != CONFIG_OCSP_INBAND ||
	    (c->reauth_ms && now - c->reauth_ms < OPEN_RETRY_MAX))
		return;
	c->reauth_ms = now;
	log_begin(&l, LOG_INFO, "reauthenticate");
	log_num(&l, "context", c->k.id);
	log_num(&l, "ike", c->ike_id);
	log_end(&l);
	vici_reauth(conf.charon.vici, c->ike_id, told_charon, NULL);
}

/* The mode tried had no answer that decides: the next one, or all again later. */
static void next_mode(struct context *c)
{
	if (++c->walk < conf.ocsp.nmodes) {
		start_pki(c);
		return;
	}
	c->walk = 0;
	renew_inband(c);
	again(c, &c->pki, retry_pki);
}

static void take_revocation(struct context *c, const struct worker_result *r)
{
	uint32_t mode = conf.ocsp.modes[c->walk];
	const struct pki_result *found = &r->ocsp;

	if (mode == CONFIG_OCSP_INBAND) {
		verify_take_inband(c, r);
		found = &c->inband;
	}
	/* HNB-OCSP-10: nothing stays open over what is known revoked. */
	if (r->known && is_open(c) && found->verdict != PKI_BAD) {
		c->inband = *found;
		c->inband.verdict = PKI_BAD;
		snprintf(c->inband.rule, sizeof(c->inband.rule), "ocsp.known");
		found = &c->inband;
	}
	if (found->verdict == PKI_GOOD)
		c->source = mode;
	hand_in_pki(c, TRUSTGATE_EVIDENCE_KIND_REVOCATION, found, c->pki.started_ms, r->sought);
}

static void pki_done(struct worker *w, const struct worker_result *r)
{
	struct context *c = container_of(w, struct context, pki.worker);

	revoked_learn(r);
	/* First: what it says of the time, the path's end is held against. */
	if (r->ocsp.verdict == PKI_GOOD)
		clock_confirm(r->produced);
	verify_take_chain(c, &r->chain);
	c->known_sought = r->sought;
	/* What was just handed in need not be said twice, unless it changed. */
	c->chain_known = c->wanted & KIND(DEVICE_AUTH) || c->chain.verdict != PKI_GOOD;
	verify_hand_in_known(c);
	if (c->wanted & KIND(REVOCATION) && c->walk < conf.ocsp.nmodes)
		take_revocation(c, r);
	if (c->wanted & KIND(REVOCATION))
		next_mode(c);
	else if (c->wanted & KIND(DEVICE_AUTH))
		again(c, &c->pki, retry_pki);
}

static void chain_policy(struct context *c, struct pki_chain_policy *policy)
{
	policy->anchor = tre_chain_root(c);
	policy->name = conf.peer.name;
	policy->max_sent = conf.peer.max_chain;
	policy->role = PKI_SEGW;
	policy->profile = &profile;
}

int verify_run(struct context *c, struct worker *w, uint32_t mode, int fd, uint64_t ms,
	       void (*done)(struct worker *w, const struct worker_result *r))
{
	struct job_pki job = {
		.certs = c->certs, .ncerts = c->ncerts, .ocsp = &conf.ocsp, .mode = mode,
		.ocsps = c->ocsps, .nocsps = c->nocsps, .fd = fd,
		.cut = c->sent_flags & TG_WIRE_FLAG_OCSP_CUT,
		.wall_ms = clock_ms(), .boot_ms = loop_now(), .synced = clock_synced(),
		.signers = &signers, .known = revoked_known(),
	};
	bool in_tpm;

	/* What is handed in is held against the later time until such an answer is there. */
	if (config_shows_freshness(&conf.ocsp) && conf.ocsp.nonce == PKI_NONCE_REQUIRED &&
	    clock_proven_ms() < job.wall_ms) {
		job.wall_ms = clock_proven_ms();
		job.synced = false;
	}
	chain_policy(c, &job.policy);
	if (getrandom(job.nonce, sizeof(job.nonce), 0) != sizeof(job.nonce))
		return -EIO;
	/* Asked outside of the tunnel about a path that has just been looked at. */
	in_tpm = tre_chain_wanted() && !(w == &c->authorize && mode == CONFIG_OCSP_DIRECT);
	w->owner = c;
	w->then = done;
	return worker_start(w, mode == CONFIG_OCSP_DIRECT ? WORKER_FETCH : WORKER_PKI, job_pki,
			    &job, fd, (uint32_t)ms, in_tpm ? tre_chain_next : done);
}

static void no_answer(struct context *c, const char *rule, const char *detail)
{
	static const uint8_t none[TRUSTGATE_DIGEST_LEN];
	struct finding f = {
		.kind = TRUSTGATE_EVIDENCE_KIND_REVOCATION,
		.result = TRUSTGATE_RESULT_INDETERMINATE, .proof_digest = none,
		.sought = c->k.generation, .rule = rule, .detail = detail,
	};

	hand_in(c, &f);
}

/* The inner address that the request is sent from. */
static bool inner_addr(const struct context *c, struct config_addr *out)
{
	uint16_t family = conf.ocsp.uri.addr.family;

	*out = conf.ocsp.source;
	for (size_t i = 0; !out->family && i < c->nvips; i++) {
		if (c->vips[i].family != family)
			continue;
		out->family = family;
		memcpy(out->addr, c->vips[i].addr, sizeof(out->addr));
	}
	return out->family == family;
}

static int bind_to(int fd, const struct config_addr *a)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	memcpy(&v6.sin6_addr, a->addr, sizeof(v6.sin6_addr));
	memcpy(&v4.sin_addr, a->addr, sizeof(v4.sin_addr));
	if (a->family == AF_INET)
		return bind(fd, (struct sockaddr *)&v4, sizeof(v4));
	return bind(fd, (struct sockaddr *)&v6, sizeof(v6));
}

/* A socket for one exchange, registered with the gate unless that is open. */
static int ocsp_socket(struct context *c)
{
	struct config_addr from;
	int fd, err, mss = MSS;

	if (!inner_addr(c, &from)) {
		no_answer(c, "ocsp.source",
			  "no inner address of the responder's family was assigned: "
			  "ask for one (vips) in swanctl.conf, or set [ocsp] source");
		return -1;
	}
	fd = socket(from.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && !bind_to(fd, &from) &&
	    !setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof(mss))) {
		err = is_open(c) ? 0 : tg_bootstrap_set(gate(), &c->k, fd,
							conf.ocsp.uri.addr.addr,
							from.family, conf.ocsp.uri.port);
		if (!err || err == -EALREADY)
			return fd;
		no_answer(c, "ocsp.bootstrap", tg_error(gate()));
	} else {
		no_answer(c, "ocsp.socket", strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* How many certificates are asked about at most. */
static uint32_t asks(const struct context *c)
{
	bool cas = *conf.ocsp.ca_uri.text || conf.ocsp.scope == CONFIG_SCOPE_CHAIN;

	return cas && c->ncerts > 1 ? (uint32_t)c->ncerts : 1;
}

/* Through the tunnel, once there is one. */
static void start_intunnel(struct context *c)
{
	int fd, err;

	if (!context_up(c))
		return;
	fd = ocsp_socket(c);
	if (fd < 0) {
		next_mode(c);
		return;
	}
	err = verify_run(c, &c->pki.worker, CONFIG_OCSP_INTUNNEL, fd,
			 (uint64_t)conf.ocsp.try_ms * asks(c) + CHAIN_MS, pki_done);
	close(fd);
	if (err)
		not_started(c, &c->pki, retry_pki);
}

/* How long a try of @mode takes at most. */
static uint64_t try_ms(uint32_t mode)
{
	return CHAIN_MS + (mode == CONFIG_OCSP_DIRECT ? conf.ocsp.direct_try_ms : 0);
}

/* Role segw: all sources of a vendor are asked in one process. */
static unsigned int source_of(const struct context *c)
{
	return conf.agent.role == CONFIG_ROLE_SEGW ? c->vendor + 1 : QUEUE_LOCAL;
}

/* A source that is silent gets fewer processes, so that the others have some. */
static void note_silence(const struct context *c, const struct worker_result *r)
{
	bool silent = r->ocsp.verdict == PKI_INDETERMINATE &&
		      (!strcmp(r->ocsp.rule, "revocation.no-answer") ||
		       !strcmp(r->ocsp.rule, "worker.timeout"));

	queue_heard(source_of(c), !silent);
}

/* Another source was asked after the first had opened: it can only close. */
static void followed(struct worker *w, const struct worker_result *r)
{
	struct context *c = container_of(w, struct context, pki.worker);

	note_silence(c, r);
	if (r->ocsp.verdict == PKI_BAD)
		hand_in_pki(c, TRUSTGATE_EVIDENCE_KIND_REVOCATION, &r->ocsp, c->pki.started_ms,
			    r->sought);
}

static void follow(struct turn *turn)
{
	struct context *c = container_of(turn, struct context, pki.turn);

	if (!is_live(c) || worker_running(&c->pki.worker))
		return;
	worker_in_turn(&c->pki.worker, turn);
	c->pki.worker.sought = c->k.generation;
	if (segw_run(c, &c->pki.worker, SEGW_FOLLOW, followed))
		log_say(LOG_WARNING, "not-followed", "no process for the other sources", NULL);
}

static void henb_checked(struct worker *w, const struct worker_result *r)
{
	struct context *c = container_of(w, struct context, pki.worker);

	segw_want_list(c, r);
	note_silence(c, r);
	verify_take_chain(c, &r->chain);
	/* An agent that was restarted learns it here, the IKE SA being older. */
	if (c->chain.verdict == PKI_GOOD)
		required_vendor(c, r->vendor);
	c->known_sought = r->sought;
	c->chain_known = c->wanted & KIND(DEVICE_AUTH) || c->chain.verdict != PKI_GOOD;
	verify_hand_in_known(c);
	if (c->wanted & KIND(REVOCATION))
		hand_in_pki(c, TRUSTGATE_EVIDENCE_KIND_REVOCATION, &r->ocsp, c->pki.started_ms,
			    r->sought);
	if (c->wanted & KIND(AUTHZ))
		hand_in_pki(c, TRUSTGATE_EVIDENCE_KIND_AUTHZ, &r->authz, c->pki.started_ms,
			    r->sought);
	if (c->wanted & PKI_KINDS)
		again(c, &c->pki, retry_pki);
	else if (r->follow && is_live(c))
		queue_wait(&c->pki.turn, QUEUE_OPEN, source_of(c), follow);
}

static void start_henb(struct context *c)
{
	c->pki.tries++;
	if (!is_open(c))
		segw_let_verify(c);
	if (segw_run(c, &c->pki.worker, SEGW_ALL, henb_checked))
		not_started(c, &c->pki, retry_pki);
}

static void start_as_henb(struct context *c)
{
	uint32_t mode = CONFIG_OCSP_MODES;

	if (!c->walk)
		c->pki.tries++;
	if (c->wanted & KIND(REVOCATION) && c->walk < conf.ocsp.nmodes)
		mode = conf.ocsp.modes[c->walk];
	if (mode == CONFIG_OCSP_INTUNNEL)
		start_intunnel(c);
	/* What came in IKE is no news to a recheck. */
	else if (mode == CONFIG_OCSP_INBAND && (is_open(c) || !c->nocsps))
		next_mode(c);
	else if (verify_run(c, &c->pki.worker, mode, -1, try_ms(mode), pki_done))
		not_started(c, &c->pki, retry_pki);
}

#define PATIENCE_MS	10000	/* well below T_VERIFY */

/* T_VERIFY is for the attempt, not for the queue before it: it starts when the turn comes. */
static void restart_t_verify(struct context *c)
{
	if (!is_open(c) && tg_context_reverify(gate(), c->k.id, c->k.generation))
		react_soon(c);
}

static void wait_on(struct timer *t)
{
	struct context *c = container_of(t, struct context, pki.patience);

	if (!is_live(c) || !queue_waits(&c->pki.turn))
		return;
	restart_t_verify(c);
	timer_start(t, PATIENCE_MS, wait_on);
}

static void pki_turn(struct turn *turn)
{
	struct context *c = container_of(turn, struct context, pki.turn);

	timer_stop(&c->pki.patience);
	if (!is_live(c) || worker_running(&c->pki.worker))
		return;
	if (c->pki.waited && !c->pki.tries)
		restart_t_verify(c);
	c->pki.waited = false;
	worker_in_turn(&c->pki.worker, turn);
	c->pki.worker.sought = c->k.generation;
	c->pki.started_ms = loop_now();
	if (conf.agent.role == CONFIG_ROLE_SEGW)
		start_henb(c);
	else
		start_as_henb(c);
}

static void start_pki(struct context *c)
{
	if (!is_live(c) || worker_running(&c->pki.worker))
		return;
	queue_wait(&c->pki.turn, class_of(c), source_of(c), pki_turn);
	if (!queue_waits(&c->pki.turn))
		return;
	c->pki.waited = true;
	timer_start(&c->pki.patience, PATIENCE_MS, wait_on);
}

static void tre_done(struct worker *w, const struct worker_result *r)
{
	struct context *c = container_of(w, struct context, tre.worker);
	struct finding f = {
		.kind = TRUSTGATE_EVIDENCE_KIND_INTEGRITY, .proof_digest = r->tre.proof_digest,
		.life_ms = conf.tre.max_age_ms, .since_ms = c->tre.started_ms, .sought = r->sought,
		.rule = r->tre.rule, .detail = r->tre.detail,
	};

	integrity_note(&r->tre);
	f.result = TRUSTGATE_RESULT_INDETERMINATE;
	if (r->tre.verdict == TRE_PASS)
		f.result = TRUSTGATE_RESULT_GOOD;
	else if (r->tre.verdict == TRE_FAIL)
		f.result = TRUSTGATE_RESULT_BAD;
	hand_in(c, &f);
	if (c->wanted & KIND(INTEGRITY))
		again(c, &c->tre, retry_tre);
}

static void report_done(struct worker *w, const struct worker_result *r)
{
	struct context *c = container_of(w, struct context, tre.worker);

	c->known_sought = r->sought;
	appraisal_take(c, &r->appraisal);
	if (c->outcome == OUTCOME_ACCEPT)
		c->wanted &= ~KIND(INTEGRITY);
	verify_hand_in_known(c);
}

/* The same record, by what is allowed and enrolled now. */
static void start_report(struct context *c)
{
	int err;

	/* That there was none was looked at when it came; and one look at a time. */
	if (!c->report.len || conf.integrity.policy == INTEGRITY_IGNORE || authorize_runs(c))
		return;
	c->tre.tries++;
	err = appraisal_run(c, &c->tre.worker, CHAIN_MS, report_done);
	if (err > 0) {
		c->known_sought = c->k.generation;
		verify_hand_in_known(c);
	} else if (err) {
		not_started(c, &c->tre, retry_tre);
	}
}

/* Of this box. */
static void start_quote(struct context *c)
{
	struct {
		uint64_t instance;
		uint64_t ike_id;
		uint8_t cert[TRUSTGATE_DIGEST_LEN];
	} binding = { .instance = c->k.ike_instance, .ike_id = c->k.ike_id };

	memcpy(binding.cert, c->k.cert_digest, sizeof(binding.cert));
	c->tre.tries++;
	c->tre.started_ms = loop_now();
	if (integrity_quote(&c->tre.worker, &binding, sizeof(binding), tre_done))
		not_started(c, &c->tre, retry_tre);
}

static void tre_turn(struct turn *turn)
{
	struct context *c = container_of(turn, struct context, tre.turn);

	if (!is_live(c) || worker_running(&c->tre.worker))
		return;
	worker_in_turn(&c->tre.worker, turn);
	c->tre.worker.sought = c->k.generation;
	if (conf.agent.role == CONFIG_ROLE_SEGW)
		start_report(c);
	else
		start_quote(c);
}

static void start_tre(struct context *c)
{
	if (is_live(c) && !worker_running(&c->tre.worker))
		queue_wait(&c->tre.turn, class_of(c), QUEUE_LOCAL, tre_turn);
}

void verify_anew(struct context *c)
{
	verify_stop(c);
	if (!is_live(c))
		return;
	c->wanted = c->k.required;
	c->walk = 0;
	c->revalidate = is_open(c);
	c->pki.tries = 0;
	c->tre.tries = 0;
	if (c->k.state == TRUSTGATE_STATE_OPEN &&
	    tg_context_reverify(gate(), c->k.id, c->k.generation))
		log_say(LOG_WARNING, "no-reverify", tg_error(gate()), NULL);
	/* What IKE has just brought need not be looked at twice. */
	if (conf.agent.role == CONFIG_ROLE_SEGW ? !c->integrity_known : c->wanted & KIND(INTEGRITY))
		start_tre(c);
	verify_hand_in_known(c);
	verify_child_up(c);
}

void verify_child_up(struct context *c)
{
	bool chain_only = c->wanted & KIND(DEVICE_AUTH) && !authorize_runs(c);

	if (c->pki.retry.armed || worker_running(&c->pki.worker))
		return;
	if (c->wanted & (KIND(REVOCATION) | KIND(AUTHZ)) || chain_only)
		start_pki(c);
}

void verify_stop(struct context *c)
{
	queue_leave(&c->pki.turn);
	queue_leave(&c->tre.turn);
	timer_stop(&c->pki.patience);
	c->pki.waited = false;
	worker_cancel(&c->pki.worker);
	worker_cancel(&c->tre.worker);
	timer_stop(&c->pki.retry);
	timer_stop(&c->tre.retry);
	timer_stop(&c->recheck);
	c->wanted = 0;
}

void verify_init(struct context *c)
{
	worker_init(&c->pki.worker);
	worker_init(&c->tre.worker);
}

const char *verify_phase(const struct context *c)
{
	if (authorize_runs(c))
		return "authorizing";
	if (!c->k.id)
		return "announced";
	switch (c->k.state) {
	case TRUSTGATE_STATE_OPEN:
	case TRUSTGATE_STATE_REVERIFY:
		return c->wanted ? "rechecking" : "open";
	case TRUSTGATE_STATE_PENDING:
	case TRUSTGATE_STATE_SUSPENDED:
		return c->wanted ? "verifying" : "closed";
	default:
		return tg_state_name(c->k.state);
	}
}
