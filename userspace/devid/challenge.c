// SPDX-License-Identifier: GPL-2.0-or-later
#include "devid/challenge.h"

#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

/* RFC 7296 3.9. */
#define IKE_NONCE_MIN	16
#define IKE_NONCE_MAX	256

size_t devid_challenge_encode(const struct devid_challenge *c, uint8_t out[CHALLENGE_LEN])
{
	if (c->solution != DEVID_X && c->solution != DEVID_Y)
		return 0;
	out[0] = CHALLENGE_VERSION;
	out[1] = (uint8_t)c->solution;
	memcpy(out + 2, c->nonce, sizeof(c->nonce));
	return CHALLENGE_LEN;
}

bool devid_challenge_decode(const uint8_t *data, size_t len, struct devid_challenge *c,
			    struct devid_result *result)
{
	memset(c, 0, sizeof(*c));
	if (len != CHALLENGE_LEN) {
		devid_set(result, DEVID_BAD, "challenge.length",
			  "%zu octets, a challenge has %d (same version at both ends?)", len,
			  CHALLENGE_LEN);
		return false;
	}
	if (data[0] != CHALLENGE_VERSION) {
		devid_set(result, DEVID_BAD, "challenge.version",
			  "version %u, known is %d (same version at both ends?)", data[0],
			  CHALLENGE_VERSION);
		return false;
	}
	if (data[1] != DEVID_X && data[1] != DEVID_Y) {
		devid_set(result, DEVID_BAD, "challenge.solution",
			  "solution %u, there are 1 (x) and 2 (y) (see the verifier's [devid] solution)",
			  data[1]);
		return false;
	}
	c->solution = (enum devid_solution)data[1];
	memcpy(c->nonce, data + 2, sizeof(c->nonce));
	return true;
}

static bool is_nonce(size_t len)
{
	return len >= IKE_NONCE_MIN && len <= IKE_NONCE_MAX;
}

bool devid_channel(const uint8_t spi_i[8], const uint8_t spi_r[8],
		   const uint8_t *ni, size_t ni_len, const uint8_t *nr, size_t nr_len,
		   uint8_t out[DEVID_CHANNEL_LEN])
{
	uint8_t buf[16 + 2 * IKE_NONCE_MAX];
	size_t n = 16;

	if (!is_nonce(ni_len) || !is_nonce(nr_len))
		return false;
	memcpy(buf, spi_i, 8);
	memcpy(buf + 8, spi_r, 8);
	memcpy(buf + n, ni, ni_len);
	n += ni_len;
	memcpy(buf + n, nr, nr_len);
	n += nr_len;
	return EVP_Digest(buf, n, out, NULL, EVP_sha256(), NULL) == 1;
}

void devid_issue(struct devid_issued *i, enum devid_solution solution, const uint8_t *nonce,
		 const uint8_t channel[DEVID_CHANNEL_LEN], uint64_t now_ms)
{
	i->pending = true;
	i->challenge.solution = solution;
	memcpy(i->challenge.nonce, nonce, sizeof(i->challenge.nonce));
	memcpy(i->channel, channel, sizeof(i->channel));
	i->issued_ms = now_ms;
}

bool devid_redeem(struct devid_issued *i, uint64_t now_ms, struct devid_issued *taken,
		  struct devid_result *result)
{
	*taken = *i;
	OPENSSL_cleanse(i, sizeof(*i));
	if (!taken->pending) {
		devid_set(result, DEVID_BAD, "challenge.none",
			  "an answer to no challenge, or a second one to the same (ask again)");
		return false;
	}
	/* A clock that goes backwards proves no freshness either. */
	if (now_ms < taken->issued_ms || now_ms - taken->issued_ms > CHALLENGE_LIFE_MS) {
		devid_set(result, DEVID_BAD, "challenge.late",
			  "answered after %llu ms, at most %d are allowed (ask again)",
			  (unsigned long long)(now_ms - taken->issued_ms), CHALLENGE_LIFE_MS);
		return false;
	}
	return true;
}
