/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HNB-TRE-07: the signatures on the SeGW's certificate, verified by the TPM, link by
 * link from the root down. Which certificates form the path, and what else holds of
 * them, others have found out.
 */
#ifndef TRUSTGATE_TRE_VERIFY_H
#define TRUSTGATE_TRE_VERIFY_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include "tre/session.h"

struct tre_der {
	const uint8_t *data;
	size_t len;
};

/*
 * @certs: leaf first, each the subject of the next; @root, which vouches for the last.
 * TRE_PASS when each signature is good. A link that the TPM has no algorithm for is
 * verified here, and counted. Blocks; run in a child.
 */
void tre_verify_chain(struct tre_session *s, const struct tre_der *certs, size_t n,
		      struct tre_der root, struct tre_links *links, struct tre_result *result);

/* One signature in the TPM's terms. */
struct tre_link {
	TPM2B_PUBLIC issuer;
	TPM2B_DIGEST digest;
	TPMT_SIGNATURE signature;
	const char *fallback;	/* rule by which no TPM has it, or NULL */
};

/*
 * link.c: the signature of @cert, parsed from @der, as one by @issuer. False, with
 * @result, when it can't be one: other algorithms, or not encoded as such.
 */
bool tre_link_make(struct tre_der der, X509 *cert, X509 *issuer, struct tre_link *link,
		   struct tre_result *result);

/* The DER of an ECDSA signature. */
bool tre_ecdsa_signature(const uint8_t *der, size_t len, TPMI_ALG_HASH hash, TPMT_SIGNATURE *out);

#endif /* TRUSTGATE_TRE_VERIFY_H */
