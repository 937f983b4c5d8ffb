/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TLS link between an H(e)NB and its H(e)MS (TS 33.320 clause 8.3), for whoever
 * speaks CWMP over it: attach a policy to an SSL_CTX, and a handshake succeeds only with a
 * peer whose path, profile, name, dates and revocation status are good. All of it is
 * judged by libtrustgate-pki; libssl only carries it. Documentation/hems.rst has an example.
 */
#ifndef TRUSTGATE_HEMS_H
#define TRUSTGATE_HEMS_H

#include <openssl/ssl.h>
#include "pki/pki.h"

/* How the peer's revocation status is learnt; the first needs an answer, whoever forgot. */
enum hems_revocation {
	HEMS_ANY,		/* stapled, or else asked for */
	HEMS_STAPLE,		/* in the handshake (RFC 6066, status_request) */
	HEMS_DIRECT,		/* from an OCSP responder, while the handshake waits */
	HEMS_OFF,
};

/* One exchange with a responder, over http. */
struct hems_question {
	struct pki_der cert, issuer;
	const struct pki_result *chain;	/* of the path that @cert leads: it is good */
	const uint8_t *request;		/* OCSP request with a nonce */
	size_t len;
};

/*
 * Asks it: NULL, with *@out to be free()d, or the rule that failed, with a line for a
 * person in @why.
 */
typedef const char *hems_ask_fn(void *arg, const struct hems_question *q, uint8_t **out,
				size_t *len, char *why, size_t whylen);

struct hems_policy {
	/* PKI_HEMS: we are the H(e)NB, a client. PKI_HENB: we are the H(e)MS. */
	enum pki_role peer;
	/*
	 * What the peer's subjectAltName must have: the FQDN that its address was resolved
	 * from, or else the address (8.3.2.1 NOTE 1). NULL is for an H(e)MS that compares the
	 * identity itself, later; an H(e)NB then accepts nobody.
	 */
	const char *name;
	const struct pki_der *anchors;
	size_t nanchors;
	const struct pki_profile *profile;	/* pki/profile.h */
	enum hems_revocation revocation;
	/* For HEMS_ANY and HEMS_DIRECT; NULL: there is nobody to ask. */
	hems_ask_fn *ask;
	void *ask_arg;
	/* Responders trusted as such, or NULL; how one is asked, and octets of a nonce sent. */
	const struct pki_signers *signers;
	enum pki_nonce nonce;
	size_t nonce_len;		/* 0: PKI_NONCE_LEN */
	/* Second by the local clock (8.3.4): see hems_clock(). */
	int64_t now;
	/* As for SSL_CTX_set_cipher_list(), of TLS 1.2; NULL: HEMS_CIPHERS. */
	const char *ciphers;
};

#define HEMS_CIPHERS	"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+SHA256:ECDHE+SHA384:" \
			"!aNULL:!aDSS:!aPSK:!SRP"

/* Plain data, as struct pki_result. */
struct hems_report {
	/* Of the whole: PKI_GOOD only when path and status are. */
	struct pki_result result;
	struct pki_result chain, status;
	enum hems_revocation source;	/* of status: HEMS_STAPLE, HEMS_DIRECT or HEMS_OFF */
	bool stapled;			/* there was a response in the handshake */
	bool asked;			/* our certificate was asked for */
};

struct hems;

/* NULL when there is no memory. What @policy points to has to last as long. */
struct hems *hems_new(const struct hems_policy *policy);
void hems_free(struct hems *h);

/*
 * Have @ctx accept nobody but by the policy: TLS 1.2 at least, no cipher suite with RC4,
 * 3DES, NULL, EXPORT or without authentication, no session that was verified by another
 * handshake. NULL, or the rule that the policy breaks, with a line in @why.
 */
const char *hems_attach(struct hems *h, SSL_CTX *ctx, char *why, size_t whylen);

/*
 * After a handshake on a context of @h: what it came to. @ok: it, and what was read since,
 * did not fail; when it did, libssl or the peer may have ended it before anything was
 * judged, and libssl's error queue says why. @ssl may be NULL, if it is gone.
 */
void hems_end(struct hems *h, SSL *ssl, bool ok, struct hems_report *out);

/* The next handshake is judged at @now; its report is empty. */
void hems_begin(struct hems *h, int64_t now);

/*
 * own.c: our certificate, leaf first, and its key, of a PEM file or of the TPM. With the
 * latter the process makes one handshake at a time, from hems_begin() to hems_end().
 */
#define HEMS_TPM	"tpm:"	/* and a persistent handle, as tpm:0x81010004 */
/* NULL, or the rule that failed, with a line in @why. */
const char *hems_own(SSL_CTX *ctx, const struct pki_der *certs, size_t n, const char *key,
		     char *why, size_t whylen);

/*
 * clock.c: the time to judge by, of the wall clock's @wall and what the agent saved in
 * its file, @len octets of @text (len 0: there is none). Never waits for anybody, and is
 * never before what was saved (8.3.4). -1: @text is no such file.
 */
int64_t hems_clock(const char *text, size_t len, int64_t wall);

/* "any", "staple", "direct", "off"; -1: there is none of that name. */
const char *hems_revocation_name(enum hems_revocation revocation);
int hems_revocation_parse(const char *name, enum hems_revocation *out);

/* NULL, or what is wrong with a list of cipher suites. */
const char *hems_ciphers_problem(const char *ciphers, char *why, size_t whylen);

#endif /* TRUSTGATE_HEMS_H */
