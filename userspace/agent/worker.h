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
#include "agent/loop.h"
#include "pki/pki.h"
#include "tre/tre.h"

#define WORKER_NONCE_LEN	32

/* All that a worker can say; what its job does not touch stays zero. */
struct worker_result {
	struct pki_result chain, ocsp;
	struct tre_result tre;
};

struct worker;
/* Fills @out; runs in the child. */
typedef void worker_job(const void *arg, struct worker_result *out);

enum worker_kind {
	WORKER_PKI,		/* no file, no new socket: its user, no capability */
	WORKER_TRE,		/* may open files: the owner of the TPM's device */
};

struct worker {
	pid_t pid;		/* 0: not running */
	struct watch pipe;
	struct timer deadline;
	void (*done)(struct worker *w, const struct worker_result *result);
};

/* Whom the children of each kind run as. */
struct worker_ids {
	uid_t pki_uid, tre_uid;
	gid_t pki_gid, tre_gid;
};

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
void worker_cancel(struct worker *w);
static inline bool worker_running(const struct worker *w)
{
	return w->pid > 0;
}

/* confine.c: give up everything that @kind does not need. 0, or -1. */
int confine(enum worker_kind kind, const struct worker_ids *ids);

/* Path, profile, name, and with fd >= 0 the OCSP exchange over that socket. */
struct job_pki {
	const struct pki_der *certs;
	size_t ncerts;
	struct pki_chain_policy policy;
	int fd;
	const struct config_ocsp *ocsp;
	uint8_t nonce[WORKER_NONCE_LEN];
};
void job_pki(const void *arg, struct worker_result *out);

/* HTTP POST over a given socket; *@out is the caller's to free(). Returns NULL
 * or the rule that failed, with a line for a person in @why.
 */
const char *http_post(int fd, const struct config_ocsp *ocsp, const uint8_t *body, size_t len,
		      uint8_t **out, size_t *out_len, char *why, size_t whylen);

struct job_tre {
	const char *tcti;
	uint32_t pcrs;
	uint8_t qualifying[TRE_DIGEST_LEN];
	const char *policy_path;
	int policy_errno;	/* why it could not be read, or 0 */
	const char *policy;	/* the file's octets */
	size_t policy_len;
};
void job_tre(const void *arg, struct worker_result *out);

#endif /* TRUSTGATE_WORKER_H */
