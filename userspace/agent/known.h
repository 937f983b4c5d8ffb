/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates that an authentic answer said are revoked. Revocation is for good (RFC
 * 5280 5.3.1; a hold may end): what was said before it, or what may have been, proves
 * nothing any more. They are remembered over reconnects and restarts until an answer
 * bound to our nonce, which was asked for after that, says otherwise.
 */
#ifndef TRUSTGATE_KNOWN_H
#define TRUSTGATE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pki/pki.h"

#define KNOWN_MAX	256
#define KNOWN_NAME	80
/* Two digests in hexadecimal, two times, a name, and what separates them. */
#define KNOWN_LINE_MAX	(4 * PKI_DIGEST_LEN + 2 * 21 + KNOWN_NAME + 8)
#define KNOWN_FILE_MAX	(KNOWN_MAX * KNOWN_LINE_MAX + 128)

struct known_cert {
	uint8_t digest[PKI_DIGEST_LEN];	/* SHA-256 of the certificate */
	uint8_t id[PKI_DIGEST_LEN];	/* and of its issuer's name and its serial number */
	int64_t since, not_after;	/* seconds since the epoch */
	char name[KNOWN_NAME];		/* for a person: printable ASCII */
};

struct known {
	size_t n;
	/* What is known can't be read, or has no room: any certificate may be revoked. */
	bool lost;
	struct known_cert list[KNOWN_MAX];
};

/* Whether @cert, by either digest, is known revoked: since when and whose is in *@out. */
bool known_find(const struct known *k, const struct known_cert *cert, struct known_cert *out);
/*
 * Remember @cert. At the limit those whose notAfter lies before @least, the earliest that
 * it can be, make room; without room the memory is lost. True when it is new.
 */
bool known_add(struct known *k, const struct known_cert *cert, int64_t least);
/* Forget the certificate of this @id. False when it is not known. */
bool known_del(struct known *k, const uint8_t id[PKI_DIGEST_LEN]);

/* The file. Anything but a whole one that was written here: false, and @k is lost. */
bool known_read(struct known *k, const char *text, size_t len);
/* @out has KNOWN_FILE_MAX octets; the length, without a NUL. */
size_t known_write(const struct known *k, char *out);

/* What @der, a certificate, is known by; runs in a worker. 0, or -1 when it is none. */
int known_cert_of(struct pki_der der, struct known_cert *out);

#endif /* TRUSTGATE_KNOWN_H */
