/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The identity response of both solutions (steps 4, 5 and 9): an IMEI and a signature, and
 * neither certificate nor key, which the verifier has from the repository. Pure. Rows
 * DID-X-04, DID-X-05, DID-X-09, DID-X-10, DID-Y-04, DID-Y-05, DID-Y-09.
 *
 * On the wire: version 1, solution (1 x, 2 y), length and digits of the IMEI, two octets of
 * length (the high one first) and the signature. All of a length of IMEI have one encoding.
 */
#ifndef TRUSTGATE_DEVID_PROOF_H
#define TRUSTGATE_DEVID_PROOF_H

#include <time.h>
#include "devid/binding.h"
#include "devid/challenge.h"

#define PROOF_VERSION	1
#define PROOF_SIG_MAX	512	/* RSA of 4096 bit; ECDSA has at most 139 */
#define PROOF_MAX	(5 + DEVID_IMEI_MAX + PROOF_SIG_MAX)
#define PROOF_DIGEST_LEN	32

struct devid_proof {
	enum devid_solution solution;
	char imei[DEVID_IMEI_MAX + 1];
	const uint8_t *sig;		/* of a decoded proof, into its octets */
	size_t sig_len;
};

/* Octets written; 0 when there is no such proof. */
size_t devid_proof_encode(const struct devid_proof *p, uint8_t out[PROOF_MAX]);
/* Exactly one proof. False with the rule in @result, and @p zeroed. */
bool devid_proof_decode(const uint8_t *data, size_t len, struct devid_proof *p,
			struct devid_result *result);

/*
 * What is signed, as the digest that the TPM signs: SHA-256 over "3GPP-DEVID-1" and a NUL,
 * the solution, length and digits of the IMEI, length and octets of the nonce, and the
 * channel, lengths and solution in one octet each.
 */
bool devid_proof_digest(const struct devid_challenge *c, const char *imei,
			const uint8_t channel[DEVID_CHANNEL_LEN],
			uint8_t out[PROOF_DIGEST_LEN]);

struct pki_profile;

/* What the verifier's operator says. */
struct devid_policy {
	/* x: roots that may have issued device certificates. */
	const struct pki_der *anchors;
	size_t nanchors;
	const struct pki_profile *profile;
	/* x: a list of revoked certificates, of the issuer @crl_issuer; len 0: none. */
	struct pki_der crl, crl_issuer;
	/* ca_source = repository: the CA that came with the binding is a root as well. */
	bool binding_ca;
	time_t now;
};

/*
 * Does @p answer @asked, by what is bound in @b? The binding is looked at first, then the
 * certificate with its path, validity, profile and revocation, then the key's strength,
 * then the signature, and last what the IMEI is. True and DEVID_GOOD alone.
 */
bool devid_proof_verify(const struct devid_proof *p, const struct devid_issued *asked,
			const struct devid_binding *b, const struct devid_policy *policy,
			struct devid_result *result);

#endif /* TRUSTGATE_DEVID_PROOF_H */
