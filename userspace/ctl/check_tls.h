/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trustgate check tls: what is asked, and what its child found. */
#ifndef TRUSTGATE_CHECK_TLS_H
#define TRUSTGATE_CHECK_TLS_H

#include "check.h"
#include "hems/ask.h"

#define TLS_TEXT_MAX	255

struct tls_job {
	char host[TLS_TEXT_MAX + 1];	/* to connect to */
	uint16_t port;
	const char *name;		/* in its certificate; NULL: @host */
	struct check_items anchors, own;
	const char *key;		/* NULL: none of our own */
	struct pki_profile profile;
	enum hems_revocation revocation;
	struct hems_responder responder;
	bool has_responder;
	const char *ciphers;		/* NULL: the library's */
	struct pki_signers signers;	/* of the responder, of [hems] signer */
	enum pki_nonce nonce;
	size_t nonce_len;		/* 0: PKI_NONCE_LEN */
	time_t at;
	uint32_t timeout_ms;
};

/* Plain data: the child leaves it in memory that it shares with its parent. */
struct tls_outcome {
	struct hems_report report;
	bool connected, sent;		/* our certificate was sent */
	char address[64], version[16], cipher[48];
};

/* check_tls_run.c: connects, in a child without privilege. */
void tls_run(const struct tls_job *job, struct tls_outcome *out);

/*
 * check_clock.c: the time to judge by when none is given: the running agent's, or else
 * the wall clock and what is in @file, the state of the agent's clock. 0, or EXIT_USAGE
 * after having complained.
 */
int check_clock(const struct ctl *ctl, const char *file, time_t *at);

#endif /* TRUSTGATE_CHECK_TLS_H */
