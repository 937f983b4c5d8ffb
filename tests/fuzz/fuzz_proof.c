// SPDX-License-Identifier: GPL-2.0-or-later
/* Device identifiers: a challenge and a proof, each exactly what is written back, or refused. */
#include <string.h>
#include "devid/proof.h"
#include "fuzz.h"

static void challenge(const uint8_t *data, size_t size)
{
	uint8_t again[CHALLENGE_LEN];
	struct devid_challenge c;
	struct devid_result r = { 0 };

	if (devid_challenge_decode(data, size, &c, &r)) {
		FUZZ_ASSERT(devid_challenge_encode(&c, again) == size);
		FUZZ_ASSERT(!memcmp(again, data, size));
	} else {
		FUZZ_ASSERT(r.verdict == DEVID_BAD && *r.rule && !c.solution);
	}
}

static void proof(const uint8_t *data, size_t size)
{
	static const uint8_t channel[DEVID_CHANNEL_LEN];
	struct devid_challenge asked = { .solution = DEVID_X };
	uint8_t again[PROOF_MAX], digest[PROOF_DIGEST_LEN];
	struct devid_result r = { 0 };
	struct devid_proof p;

	if (devid_proof_decode(data, size, &p, &r)) {
		FUZZ_ASSERT(size <= PROOF_MAX && devid_proof_encode(&p, again) == size);
		FUZZ_ASSERT(!memcmp(again, data, size));
		FUZZ_ASSERT(devid_proof_digest(&asked, p.imei, channel, digest));
	} else {
		FUZZ_ASSERT(r.verdict == DEVID_BAD && *r.rule && !p.solution && !p.sig);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	challenge(data, size);
	proof(data, size);
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const uint8_t sig[72] = { 0x30, 70 };
	const struct devid_proof p = {
		.solution = n & 1 ? DEVID_Y : DEVID_X, .sig = sig, .sig_len = sizeof(sig),
		.imei = "352099001761481",
	};
	const struct devid_challenge c = { .solution = p.solution };

	if (n < 2)
		return devid_challenge_encode(&c, buf);
	return n < 4 ? devid_proof_encode(&p, buf) : 0;
}
