/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workers: whatever parses hostile octets or may block runs in a forked child
 * that has given up its privileges and answers with one plain structure, or is
 * killed when it is late.
 */
#ifndef TRUSTGATE_WORKER_H
#define TRUSTGATE_WORKER_H

#include <sys/types.h>

#include "agent/config.h"
#include "agent/known.h"
#include "agent/loop.h"
#include "agent/queue.h"
#include "agent/wire.h"
#include "pki/pki.h"
#include "segw/appraise.h"
#include "segw/crl_get.h"
#include "segw/decide.h"
#include "tre/record.h"
#include "tre/sign.h"
#include "tre/tre.h"

/* Of a path, how many can be found good again at once: more than are taken of a peer. */
#define WORKER_CLEARED_MAX	5

/* A signature by the IKE key, and that key; empty: there is none. */
struct worker_auth {
	size_t key_len, sig_len;
	uint8_t key[TG_WIRE_KEY_MAX], sig[TG_WIRE_SIGNATURE_MAX];
};

/* Of a store of devices; 0 is what opens nothing. */
enum store_answer { STORE_SILENT, STORE_ABSENT, STORE_STALE, STORE_DONE };

/* All that a worker can say; what its job does not touch stays zero. */
struct worker_result {
	/* Not the child's: worker.sought, of when it was started. */
	uint64_t sought;
	struct pki_result chain, ocsp, authz;
	struct pki_path path;		/* of a good chain */
	struct tre_links links;		/* and what became of it in the TPM */
	struct tre_result tre;
	/* INTEGRITY_INFO, made by the TPM: octets of record, 0 with why in tre. */
	size_t record_len;
	/* No box does both. */
	union {
		uint8_t record[TRE_RECORD_MAX];
		struct worker_auth auth;
		struct appraise_result appraisal;
		struct appraise_device device;	/* of store, done */
		/* What an authentic answer says is revoked; and what was, and is good by an
		 * answer with our nonce that was asked for since: their struct known_cert.id.
		 */
		struct {
			struct known_cert revoked;
			uint8_t cleared[WORKER_CLEARED_MAX][PKI_DIGEST_LEN];
		};
	};
	enum validation validation;	/* why there is none: in tre */
	enum store_answer store;	/* likewise */
	/* In IKE there was no response about this certificate, good or bad. */
	bool absent;
	bool is_revoked;		/* see revoked */
	bool known;			/* revoked before, and no fresh answer undoes it */
	uint8_t ncleared;		/* and cleared */
	/* When a good response with our nonce was made, seconds; or 0. */
	int64_t produced;
	/* Role segw: whose H(e)NB it is, and that more sources are to be asked. */
	uint32_t vendor;
	bool follow;
	/* And a list that its certificate points to and that is not here. */
	struct crl_want want;
};

struct worker;
/* Fills @out; runs in the child. */
typedef void worker_job(const void *arg, struct worker_result *out);

enum worker_kind {
	WORKER_PKI,		/* no file, no new socket: its user, no capability */
	WORKER_FETCH,		/* the same, and may resolve a name and connect */
	WORKER_TRE,		/* may open files: the owner of the TPM's device */
};

struct worker {
	pid_t pid;		/* 0: not running */
	/* The generation of the context that the result is sought for; 0: it has none yet.
	 * Whoever starts a worker for a context says so, and hands in nothing that was
	 * sought under another one.
	 */
	uint64_t sought;
	bool queued;		/* it was started in a turn, of this class and source */
	enum queue_class class;
	unsigned int source;
	struct watch pipe;
	struct timer deadline;
	void (*done)(struct worker *w, const struct worker_result *result);
	/* Of whoever starts a second one where the first ends: tre_chain.c. */
	void *owner;
	void (*then)(struct worker *w, const struct worker_result *result);
};

/* Whom the children of each kind run as. */
struct worker_ids {
	uid_t pki_uid, tre_uid;
	gid_t pki_gid, tre_gid;
};

/* What @w runs from now on counts as of @turn's class and source. Ends what runs. */
void worker_in_turn(struct worker *w, const struct turn *turn);

/* Once, before the first worker. @tcti names the TPM's device.
 * Returns 0, or a negative errno with the reason in @err.
 */
int worker_setup(const char *user, const char *tcti, char *err, size_t errlen);

void worker_init(struct worker *w);
/*
 * Fork a child that runs @job(@arg) and keeps @keep_fd (or -1) open. @done is
 * called once, unless worker_cancel() comes first. A child that is late or dies
 * yields a result in which all verdicts are PKI_INDETERMINATE and
 * TRE_UNAVAILABLE. 0 or a negative errno.
 */
int worker_start(struct worker *w, enum worker_kind kind, worker_job *job, const void *arg,
		 int keep_fd, uint32_t deadline_ms,
		 void (*done)(struct worker *w, const struct worker_result *result));
/* The same, and @n descriptors of @keep stay open. */
int worker_start_keeping(struct worker *w, enum worker_kind kind, worker_job *job,
			 const void *arg, const int *keep, size_t n, uint32_t deadline_ms,
			 void (*done)(struct worker *w, const struct worker_result *result));
void worker_cancel(struct worker *w);
static inline bool worker_running(const struct worker *w)
{
	return w->pid > 0;
}

/* confine.c: give up everything that @kind does not need. 0, or -1. */
int confine(enum worker_kind kind, const struct worker_ids *ids);

/* Path, profile, name; and what @mode says of its certificates' revocation. */
struct job_pki {
	const struct pki_der *certs;
	size_t ncerts;
	struct pki_chain_policy policy;
	const struct config_ocsp *ocsp;
	const struct pki_signers *signers;	/* responders that are trusted as such */
	uint32_t mode;			/* enum config_ocsp_mode; CONFIG_OCSP_MODES: none */
	const struct pki_der *ocsps;	/* inband: as sent */
	size_t nocsps;
	bool cut;			/* inband: and there was more than may be */
	int fd;				/* intunnel: the socket, registered with the gate */
	int64_t wall_ms;		/* clock_ms() at @boot_ms */
	uint64_t boot_ms;
	bool synced;
	uint8_t nonce[PKI_NONCE_MAX];	/* random; of ocsp.nonce_length octets it is sent */
	const struct known *known;	/* as of the start: what is asked is asked since */
	struct job_seen *seen;		/* or NULL */
};

/* What answers of one run said of the certificates of a path, by place. */
struct job_seen {
	bool revoked[PKI_PATH_MAX];
	bool fresh[PKI_PATH_MAX];	/* good, and bound to our nonce */
};

void job_pki(const void *arg, struct worker_result *out);
/* The time for its checks, now, in seconds. */
int64_t job_now(const struct job_pki *job);

/* The certificate at @at of @path; the anchor above the last. */
struct pki_der job_cert(const struct job_pki *job, const struct pki_path *path, size_t at);
/* Note what an answer about the certificate at @at says. @nonce: it has ours. */
void job_saw(const struct job_pki *job, size_t at, const struct pki_result *r, bool nonce);
void job_unknown(struct pki_result *r, const char *rule, const char *detail);

/*
 * HNB-OCSP-11: what the status @one of the CA at @at makes of @all, which is good so
 * far: revoked closes, whatever the scope; without an answer it stays good unless the
 * whole chain is to be; a good one bounds how long.
 */
void job_fold(const struct job_pki *job, const struct pki_path *path, size_t at,
	      const struct pki_result *one, struct pki_result *all);

/*
 * What the responses that came in IKE say of the certificates of @path. @absent:
 * none is about the leaf, or about a CA that has to be good.
 */
void job_inband(const struct job_pki *job, const struct pki_path *path,
		struct pki_result *result, bool *absent);

/* known_cert.c: an answer that proves no freshness opens nothing that is known revoked;
 * fills what the agent is to remember.
 */
void job_known(const struct job_pki *job, const struct pki_path *path,
	       const struct job_seen *seen, struct worker_result *out);

/* The configured responder for the certificate at @at; its text is empty when its own
 * pointer is to be followed; NULL: nobody is asked of it.
 */
const struct config_uri *job_source(const struct job_pki *job, size_t at);

/* Ask of each certificate of @path that there is a responder for. @produced: as in
 * struct worker_result.
 */
void job_ocsp(const struct job_pki *job, const struct pki_path *path, struct pki_result *out,
	      int64_t *produced);

struct ocsp_ask {
	struct pki_der cert, issuer;
	const struct config_uri *uri;	/* job_source() */
	const uint8_t *body;		/* the request */
	size_t len;
	int64_t end_ms;			/* direct: CLOCK_BOOTTIME */
	unsigned int again;		/* how many were asked before */
};

struct ocsp_reply {
	uint8_t *data;			/* to free() */
	size_t len;
	char why[PKI_TEXT_MAX + 1];
};

/* One exchange with a responder. */
struct http_call {
	const char *uri;
	const char *connect_to;		/* "::ADDRESS:PORT", or NULL: the URI has an address */
	int fd;				/* socket to use */
	uint32_t timeout_ms;
	size_t max;			/* octets of the answer */
};

/* HTTP POST; *@out is the caller's to free(). Returns NULL or the rule that
 * failed, with a line for a person in @why.
 */
const char *http_post(const struct http_call *call, const uint8_t *body, size_t len,
		      uint8_t **out, size_t *out_len, char *why, size_t whylen);

/* The same to a responder outside of the tunnel: the configured one, or where the
 * certificate's pointer leads if that is allowed. Each address is looked at before it
 * is asked.
 */
const char *direct_post(const struct job_pki *job, const struct ocsp_ask *ask,
			struct ocsp_reply *reply);

/* A file that was opened for the child, which may not: what it has, nobody parsed. */
struct job_file {
	const char *path;	/* NULL: not asked for */
	int fd;			/* or -1, and why in @error */
	int error;
};

/* This box, measured: a quote, and the logs that explain it, against the policy. */
/* [tre] anchor, identity, key: what the TPM has to have, and the chain verified in it. */
struct job_tre_chain {
	const char *tcti;
	uint32_t anchor, identity, key;	/* enum config_tre_* */
	uint32_t profile;		/* enum config_profile */
	bool fresh;			/* a new IKE SA: the TPM's root is to be its root */
	const char *vendor;		/* PEM of the vendor's key */
	size_t vendor_len;
	const char *approver;		/* and of the one whose approvals bind the IKE key */
	size_t approver_len;
	struct pki_der root, own_cert;
	const char *own_id;
	struct pki_der certs[PKI_PATH_MAX];	/* of the path, leaf first */
	size_t ncerts;
	const struct worker_result *pki;	/* to which this adds */
};
void job_tre_chain(const void *arg, struct worker_result *out);

struct job_tre {
	const char *tcti;
	uint32_t pcrs;
	uint8_t qualifying[TRE_DIGEST_LEN];
	/* @next: the policy that is to replace it, and holds beside it until then. */
	struct job_file policy, next, key, eventlog, ima;
	/* The TPM's reset counter as of the first quote in this boot. */
	bool booted;
	uint32_t reset_count;
};
void job_tre(const void *arg, struct worker_result *out);

struct job_report {
	const char *tcti;
	uint32_t pcrs;
	struct tre_binding binding;
	struct tre_claims claims;
};
void job_report(const void *arg, struct worker_result *out);

/* AUTH, in whose TPM the key is. */
struct job_sign {
	const char *tcti;
	const char *approval;		/* the file's text */
	size_t approval_len;		/* 0: there is none */
	bool has_digest;		/* or the key alone is wanted */
	uint8_t digest[TRE_DIGEST_LEN];
};
void job_sign(const void *arg, struct worker_result *out);

#endif /* TRUSTGATE_WORKER_H */
