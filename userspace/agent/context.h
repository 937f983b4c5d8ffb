/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One IKE SA, as the agent knows it: shared by context.c, verify.c, react.c. */
#ifndef TRUSTGATE_CONTEXT_H
#define TRUSTGATE_CONTEXT_H

#include "agent/agent.h"
#include "agent/vici.h"
#include "agent/worker.h"

#define PKI_KINDS	(KIND(DEVICE_AUTH) | KIND(REVOCATION) | KIND(AUTHZ))
#define KIND(kind)	(1u << TRUSTGATE_EVIDENCE_KIND_##kind)

struct child {
	uint32_t id;			/* 0: free */
	bool up;
	uint32_t reqid;
	struct decode_addr local, remote;	/* outer */
};

/* One proof being sought, and when to try again. */
struct check {
	struct turn turn;
	struct timer patience;		/* while it waits for its turn */
	bool waited;			/* it did, since the last attempt */
	struct worker worker;
	struct timer retry;
	unsigned int tries;
	uint64_t started_ms;		/* of the try that runs or ran last */
};

struct context {
	struct context *next;
	struct tg_context k;		/* the kernel's view, id 0: not announced */
	uint32_t ike_id;		/* at present; the kernel knows the first one */
	uint32_t seen_state;
	uint64_t seen_generation;
	bool chain_known;
	/* The generation that chain, revocation and integrity below were sought under; 0:
	 * before the kernel knew of the IKE SA, for its first one.
	 */
	uint64_t known_sought;
	uint32_t vendor;		/* role segw: whose, by its path, */
	bool vendor_known;		/* once that was looked at */
	const char *lacks_round;	/* NULL, or why the peer's rounds are not enough */
	bool resumed;			/* told of again, not for a decision */
	bool stale;			/* not told of again since the plugin was lost */
	bool more;			/* the round told of is not the last one (RFC 4739) */
	bool early;			/* in the kernel since an earlier round, without an SA */
	bool combined;			/* both rounds: the certificate, and EAP-AKA */
	bool replaced;			/* by a newer IKE SA: waits for its end, and is nothing */
	uint64_t admitted_ms;		/* loop_now() when it was let in; 0: not yet */
	uint32_t rounds;		/* TG_WIRE_AUTH_* done by the H(e)NB, which may be us */
	unsigned int takeovers;		/* IKE SAs replaced before this one, each soon */
	bool had_opened;
	uint32_t authorize_seq;

	struct pki_der certs[TG_WIRE_CERTS_MAX];	/* into cert_data */
	size_t ncerts;
	struct pki_der ocsps[TG_WIRE_OCSPS_MAX];	/* likewise */
	size_t nocsps;
	uint8_t *cert_data;
	char own_id[256];		/* as whom charon authenticated */
	struct pki_der own_cert;	/* likewise, with which certificate */
	/* tre_chain.c: the root that this IKE SA rests on, with [tre] anchor = nv. */
	struct pki_der root;
	bool root_known;		/* it was the TPM's */
	uint32_t sent;			/* certificates in the peer's message */
	uint32_t sent_flags;		/* TG_WIRE_FLAG_* of AUTHORIZE */
	struct tre_binding binding;	/* likewise; ni_len 0: not told */
	struct pki_der report;		/* likewise: INTEGRITY_INFO; len 0: none */
	uint64_t reported_ms;		/* when it came, loop_now() */
	enum integrity_outcome outcome;	/* of it, or of its absence */
	struct pki_result integrity;	/* why, to be handed in likewise */
	struct appraise_device *device;	/* while it is appraised: whose it should be */
	uint64_t appraise_by_ms;	/* when that has to be done */
	struct appraise_result appraised;	/* what was found of it here, for validation.c */
	enum validation validation;	/* what the validation entity said of it */
	char validation_why[TRUSTGATE_TEXT_MAX + 1];	/* or why it said nothing */
	bool revalidate;		/* though it said something: this is a new round */
	struct check entity;
	bool integrity_known;
	struct pki_result chain;
	struct pki_result inband;	/* what came in IKE says */
	bool inband_good;		/* without being provisional */
	struct pki_result revocation;	/* to be handed in once the kernel can take it */
	bool revocation_known;
	uint32_t source;		/* mode that the last good one came from */
	uint64_t reauth_ms;		/* when charon was last told to authenticate anew */
	uint32_t walk;			/* index in conf.ocsp.modes of the one being tried */

	/* The plugin's AUTHORIZE that waits for a decision, and how long it does. */
	struct turn authorize_turn;
	struct worker authorize;
	uint64_t authorize_by_ms;
	struct timer authorize_late;
	struct timer orphan;

	struct child *children;		/* a rekeyed one too, until charon drops it */
	size_t nchildren;
	struct decode_addr vips[DECODE_VIPS_MAX];
	size_t nvips;

	uint32_t wanted;		/* kinds that this round has yet to prove */
	unsigned int terminations;
	struct devid *devid;		/* devid.h; NULL: nothing yet */
	uint64_t held_since_ms;
	uint64_t good_until[TG_KINDS];	/* loop_now() */
	struct check pki, tre;
	struct timer recheck;

	struct timer reaction;		/* the kernel's view is to be read */
	struct timer terminate;
	struct vici_request *vici;

	char detail[TRUSTGATE_TEXT_MAX + 1];	/* of the latest decision */
};

/* context.c */
bool context_up(const struct context *c);
/* Of an IKE SA as it was set up; NULL: none. */
struct context *context_by_spis(const uint8_t spi_i[8], const uint8_t spi_r[8]);
void context_free(struct context *c);
/* It was authorized a while ago: without a CHILD_SA there is no IKE SA either. */
void context_orphaned(struct context *c);
/* The peer was refused before it had an SA. */
void context_refused(struct context *c, const char *why);
/* One of its rounds is good: the kernel may know of it, and of what was proven. */
void context_round(struct context *c);
/* The peer is let in: what an earlier round announced is brought up to date, and the IKE
 * SAs that the same H(e)NB had are closed.
 */
void context_admitted(struct context *c);

/* required.c */
/* Settle what @c needs, and tell the kernel of a change (state machine: E14). */
void required_settle(struct context *c);
/* Its vendor has become known: an index into conf.segw.vendors. */
void required_vendor(struct context *c, uint32_t vendor);

/* authorize.c: may the peer have an SA at all? */
/* Find out, and answer the plugin. */
void authorize_begin(struct context *c);
/* Nobody waits for the answer any more. */
void authorize_stop(struct context *c);
bool authorize_runs(const struct context *c);
/* No, for a reason that needs no looking. */
void authorize_refuse(struct context *c, const char *proof, const char *rule, const char *why);

/* verify.c */
void verify_init(struct context *c);
/* Seek all required proofs, whatever was proven before. */
void verify_anew(struct context *c);
/* The first CHILD_SA is up: what needs the tunnel can start. */
void verify_child_up(struct context *c);
void verify_stop(struct context *c);
/* Check the path, and by @mode the revocation, within @ms; as worker_start(). @fd:
 * the socket for CONFIG_OCSP_INTUNNEL, or -1.
 */
int verify_run(struct context *c, struct worker *w, uint32_t mode, int fd, uint64_t ms,
	       void (*done)(struct worker *w, const struct worker_result *r));
/* What the path is worth, that and how it was sent considered. */
void verify_take_chain(struct context *c, const struct pki_result *chain);
/* What came in IKE is worth, by the clock of now. */
void verify_take_inband(struct context *c, const struct worker_result *r);
/* Hand in what was found out before the kernel knew the context. */
void verify_hand_in_known(struct context *c);
const char *verify_phase(const struct context *c);

/* tre_chain.c: the box's own root, identity and key, and the chain, in the TPM. */
bool tre_chain_wanted(void);
/* The root to check the path by. @c's first one stays: HNB-TRE-06. */
struct pki_der tre_chain_root(struct context *c);
void tre_chain_forget(struct context *c);
/* As @done of verify_run()'s worker @w: goes on to the TPM, and then to w->then(). */
void tre_chain_next(struct worker *w, const struct worker_result *r);
json_t *tre_chain_json(void);

/* react.c: what follows from the kernel's state of a context. */
/* Read the kernel's view and act on what is new in it. */
void react(struct context *c);
/* The same as soon as what is being done is done: for whom the kernel has just refused. */
void react_soon(struct context *c);
void react_init(struct context *c);
/* A newer IKE SA took its place: close it for good now, and delete it. */
void react_replaced(struct context *c);
void react_stop(struct context *c);

#endif /* TRUSTGATE_CONTEXT_H */
