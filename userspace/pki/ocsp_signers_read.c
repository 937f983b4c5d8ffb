// SPDX-License-Identifier: GPL-2.0-or-later
/* The responders' certificates that an operator names, from the text of a file. */
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "pki/internal.h"

#define FILE_MAX	(1u << 20)

void pki_signers_free(struct pki_signers *signers)
{
	while (signers->n)
		free((uint8_t *)signers->cert[--signers->n].data);
}

static const char *add(struct pki_signers *out, const uint8_t *der, size_t len)
{
	X509 *cert = pki_parse_cert((struct pki_der){ der, len });
	uint8_t *copy;

	if (!cert)
		return "is not a certificate";
	X509_free(cert);
	if (out->n == PKI_OCSP_SIGNERS_MAX)
		return "has more than 16 certificates";
	copy = malloc(len);
	if (!copy)
		return "takes more memory than there is";
	memcpy(copy, der, len);
	out->cert[out->n++] = (struct pki_der){ copy, len };
	return NULL;
}

static const char *read_pem(BIO *bio, struct pki_signers *out)
{
	unsigned char *der = NULL;
	const char *why = NULL;
	long len;

	while (!why && PEM_bytes_read_bio(&der, &len, NULL, PEM_STRING_X509, bio, NULL, NULL) == 1) {
		why = add(out, der, (size_t)len);
		OPENSSL_free(der);
		der = NULL;
	}
	/* At the end there is no further one; anything else is a file that is cut off. */
	if (!why && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		why = "has a certificate that is cut off or not base64";
	return why;
}

const char *pki_signers_read(const uint8_t *text, size_t len, struct pki_signers *out)
{
	const char *why = "takes more memory than there is";
	BIO *bio;

	memset(out, 0, sizeof(*out));
	if (!len || len > FILE_MAX)
		return len ? "is larger than 1 MiB" : "is empty";
	if (text[0] == 0x30) {
		why = add(out, text, len);
	} else {
		bio = BIO_new_mem_buf(text, (int)len);
		if (bio)
			why = read_pem(bio, out);
		BIO_free(bio);
		if (!why && !out->n)
			why = "has no certificate";
	}
	ERR_clear_error();
	if (why)
		pki_signers_free(out);
	return why;
}
