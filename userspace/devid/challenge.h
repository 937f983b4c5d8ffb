/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The identity request of both solutions (step 3): a fresh challenge, for one solution and
 * one IKE SA. Pure: who calls has the randomness and the clock. Rows DID-X-03, DID-Y-03.
 *
 * On the wire, 34 octets: version 1, solution (1 x, 2 y), 32 random octets.
 */
#ifndef TRUSTGATE_DEVID_CHALLENGE_H
#define TRUSTGATE_DEVID_CHALLENGE_H

#include "devid/devid.h"

#define CHALLENGE_VERSION	1
#define CHALLENGE_NONCE_LEN	32
#define CHALLENGE_LEN		(2 + CHALLENGE_NONCE_LEN)
#define CHALLENGE_LIFE_MS	10000
#define DEVID_CHANNEL_LEN	32

struct devid_challenge {
	enum devid_solution solution;
	uint8_t nonce[CHALLENGE_NONCE_LEN];
};

/* Octets written, CHALLENGE_LEN; 0 when the solution is none. */
size_t devid_challenge_encode(const struct devid_challenge *c, uint8_t out[CHALLENGE_LEN]);
/* Exactly one challenge. False with the rule in @result, and @c zeroed. */
bool devid_challenge_decode(const uint8_t *data, size_t len, struct devid_challenge *c,
			    struct devid_result *result);

/*
 * Which IKE SA it is: SHA-256 of the SPIs and the data of both nonces, in that order. A
 * rekeyed IKE SA goes on to be the one that the peer authenticated in. False: a nonce is
 * not one of RFC 7296, or there is no memory.
 */
bool devid_channel(const uint8_t spi_i[8], const uint8_t spi_r[8],
		   const uint8_t *ni, size_t ni_len, const uint8_t *nr, size_t nr_len,
		   uint8_t out[DEVID_CHANNEL_LEN]);

/* A verifier's own: of one that it has sent. */
struct devid_issued {
	bool pending;
	struct devid_challenge challenge;
	uint8_t channel[DEVID_CHANNEL_LEN];
	uint64_t issued_ms;		/* of the clock that devid_redeem() is told */
};

/* @nonce is CHALLENGE_NONCE_LEN fresh random octets. Takes the place of one before. */
void devid_issue(struct devid_issued *i, enum devid_solution solution, const uint8_t *nonce,
		 const uint8_t channel[DEVID_CHANNEL_LEN], uint64_t now_ms);

/*
 * An answer has come, whatever it says: no other one counts. False when there was nothing
 * to answer, or it is older than CHALLENGE_LIFE_MS; @result says which. @taken gets what
 * was asked.
 */
bool devid_redeem(struct devid_issued *i, uint64_t now_ms, struct devid_issued *taken,
		  struct devid_result *result);

#endif /* TRUSTGATE_DEVID_CHALLENGE_H */
