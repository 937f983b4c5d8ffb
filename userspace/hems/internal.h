/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TRUSTGATE_HEMS_INTERNAL_H
#define TRUSTGATE_HEMS_INTERNAL_H

#include "hems/hems.h"

struct hems {
	struct hems_policy policy;
	struct hems_report report;
	bool refused;			/* by us, in the handshake */
	/* Of a good path: whose status it is, and who speaks of it. */
	struct pki_der leaf, issuer;
	struct pki_der *sent;		/* each to be free()d */
	size_t nsent;
};

void hems_say(struct pki_result *r, enum pki_verdict verdict, const char *rule,
	      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* status.c: what is known of the peer's status, @staple (len 0: none) included. */
void hems_status(struct hems *h, struct pki_der staple);

/* own.c: whether a key of the TPM's, if there is one, is about to sign. */
void hems_prefer_tpm(bool on);

/* ciphers.c: NULL, or the rule that it breaks. */
const char *hems_set_ciphers(SSL_CTX *ctx, const char *ciphers, char *why, size_t whylen);

#endif /* TRUSTGATE_HEMS_INTERNAL_H */
