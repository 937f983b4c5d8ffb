/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status of the SeGW's own certificate, for H(e)NBs that ask for it in IKE
 * (RFC 4806, SGW-F2-10): fetched before it is needed, and looked at as they will, so
 * that nothing is sent that they would refuse.
 */
#ifndef TRUSTGATE_SEGW_OWN_H
#define TRUSTGATE_SEGW_OWN_H

#include "pki/pki.h"
#include "segw/uri.h"

#define OWN_RESPONSE_MAX	16384u	/* TG_WIRE_OCSP_MAX */

/* Where a worker leaves what it fetched: memory that it shares with its parent. */
struct own_response {
	uint32_t len;
	uint8_t data[OWN_RESPONSE_MAX];
};

struct own_job {
	struct pki_der cert, issuer;
	const struct uri *uri;
	struct pki_ocsp_policy policy;
	int64_t now;
	uint32_t deadline_ms;
	const struct pki_signers *signers;
	uint32_t nonce;			/* enum pki_nonce */
	size_t nonce_len;		/* octets sent, unless that is none */
	struct own_response *response;
};

/*
 * Ask, and evaluate as for a H(e)NB. @result is PKI_GOOD and *@job->response filled, or
 * says why not, and its len is 0. For a worker that may make sockets.
 */
void own_job(const struct own_job *job, struct pki_result *result);

#endif /* TRUSTGATE_SEGW_OWN_H */
