/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device identifiers (TR 33.899 solutions #2.x and #2.y) of an IKE SA: the H(e)NB's agent
 * proves one when it is asked to, the SeGW's asks for one. Neither opens anything: that is
 * the gate's, by other proofs.
 */
#ifndef TRUSTGATE_AGENT_DEVID_H
#define TRUSTGATE_AGENT_DEVID_H

#include "agent/context.h"
#include "devid/challenge.h"

/* Of one IKE SA; made when it is first needed. */
struct devid {
	struct context *c;
	bool channel_known;
	uint8_t channel[DEVID_CHANNEL_LEN];
	struct worker worker;
	uint64_t started_ms;		/* of what the worker does */
	/* Role segw. */
	struct devid_issued issued;	/* over IKE */
	struct timer timeout, again;
	bool waited, asked, judged;
	bool lost;			/* what was asked before may be answered yet */
	unsigned int tries;		/* in vain, since it was asked or judged last */
	struct devid_result verdict;	/* the latest */
	/* Role henb: what came while the TPM signed for the one before. */
	uint8_t next[CHALLENGE_LEN];
	size_t next_len;
	/* Role henb, transport tcp: devid_tcp.c. */
	struct devid_link *link;
};

/* How often something happened; see trustgate status -j. */
struct devid_count {
	uint64_t asked, proven;		/* henb: proofs made; segw: challenges, good verdicts */
	uint64_t early;			/* asked of an IKE SA that is not open: no answer */
	uint64_t unfit;			/* and for another reason */
	uint64_t bad, unanswered, stray;
};
extern struct devid_count devid_count;

bool devid_wanted(void);	/* [devid] solution is not off */
/* Read what the configuration names. 0, or -1, told. */
int devid_start(void);
void devid_stop(void);

/*
 * AUTHORIZE says which IKE SA this is; the first that does counts. False: no memory, and a
 * device that would never be asked is not let in.
 */
bool devid_authorized(struct context *c);
/* It has a CHILD_SA, or is open: what can start, starts. */
void devid_progress(struct context *c);
void devid_forget(struct context *c);
/* The plugin got a Notify of @type from the peer. */
void devid_notified(struct context *c, uint32_t type, struct pki_der data);
/* Ask for it anew. NULL, or why not. */
const char *devid_ask_anew(struct context *c);
json_t *devid_json(void);
json_t *devid_context_json(const struct context *c);

/* --- its parts ----------------------------------------------------------------- */

/* Is it as far as [devid] after wants it? */
bool devid_ready(const struct context *c);
/* Have a Notify sent to the peer. */
void devid_send(const struct context *c, uint32_t type, const uint8_t *data, size_t len);

/* devid_device.c: have @data, a challenge as it came, answered; @done gets the proof. */
void devid_prove(struct context *c, struct pki_der data,
		 void (*done)(struct context *c, const uint8_t *proof, size_t len));

/* devid_verifier.c */
int devid_verifier_start(void);
void devid_ask(struct context *c);
/* Somebody is to ask for a challenge within @ms. */
void devid_expect(struct context *c, uint64_t ms);
/* A challenge for @c into @out. False, told, when it is not known which IKE SA that is. */
bool devid_challenge(struct context *c, struct devid_issued *issued, uint8_t out[CHALLENGE_LEN]);
/* @data answers @issued, which is spent. False: it is not even looked at. */
bool devid_answered(struct context *c, struct devid_issued *issued, struct pki_der data);

/* devid_tcp.c */
int devid_tcp_start(void);
void devid_tcp_stop(void);
void devid_tcp_progress(struct context *c);
void devid_tcp_forget(struct context *c);

/* job_devid.c: what workers do. */
struct job_devid_prove {
	const char *tcti;
	uint32_t solutions;		/* mask of 1 << enum devid_solution */
	uint8_t channel[DEVID_CHANNEL_LEN];
	struct pki_der challenge;
};
/* The proof into out->record; or why not into out->tre. */
void job_devid_prove(const void *arg, struct worker_result *out);

#define DEVID_HASH_LEN	8	/* of an IMEI, with a key of this boot: PRIV-02 */
#define DEVID_KEY_LEN	32

struct job_devid_verify {
	int aaa;			/* connection, or -1 */
	const char *aaa_error;		/* why not */
	const struct devid_issued *issued;
	struct pki_der proof;
	const struct pki_der *anchors;
	size_t nanchors;
	struct pki_der crl;		/* len 0: none */
	const struct pki_profile *profile;
	int64_t now;
	uint8_t key[DEVID_KEY_LEN];
};
/* The verdict into out->chain, and DEVID_HASH_LEN octets of out->record if there is an IMEI. */
void job_devid_verify(const void *arg, struct worker_result *out);

#endif /* TRUSTGATE_AGENT_DEVID_H */
