// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * INTEGRITY_INFO as any peer may send it, held against an enrolled device; and signed
 * anew, or nothing behind the signature check would ever run (HNB-INT-07).
 */
#include <string.h>
#include "fuzz.h"
#include "../tre/report_maker.h"
#include "segw/appraise.h"

#define SEEDS	3

static struct made_report made[SEEDS];
#define good	made[0]
static EVP_PKEY *key;

static void setup(void)
{
	if (key)
		return;
	setenv("TSS2_LOG", "all+none", 0);
	key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	FUZZ_ASSERT(key);
	for (int i = 0; i < SEEDS; i++) {
		report_begin(&made[i], key);
		made[i].record.claims.with_pcrs = i == 1;
		if (i == 2) {
			made[i].record.claims.has_policy = false;
			made[i].record.claims.has_firmware = false;
			made[i].record.claims.verdict = TRE_CLAIM_FAIL;
		}
		report_end(&made[i]);
	}
}

/* What was read is written again as it came, unless there was more than is known. */
static void check_canonical(const struct tre_record *r, const uint8_t *data, size_t size)
{
	uint8_t again[TRE_RECORD_MAX], digest[TRE_DIGEST_LEN];

	if (r->skipped)
		return;
	FUZZ_ASSERT(tre_record_encode(r, again) == size && !memcmp(again, data, size));
	FUZZ_ASSERT(tre_record_claims_digest(r, digest) &&
		    !memcmp(digest, r->claims_digest, sizeof(digest)));
}

static bool is_made(const uint8_t *data, size_t size)
{
	for (int i = 0; i < SEEDS; i++)
		if (size == made[i].len && !memcmp(data, made[i].data, size))
			return true;
	return false;
}

static void appraise_it(const uint8_t *data, size_t size)
{
	static struct appraise_device device;
	const struct appraise_job job = {
		.record = data, .len = size, .binding = &good.binding, .device = &device,
	};
	struct appraise_result r;

	memcpy(device.ak_public, good.quote.public_der, good.quote.public_len);
	device.ak_public_len = good.quote.public_len;
	appraise_by_key(&job, &r);
	FUZZ_ASSERT(r.verdict < APPRAISE_GOOD && r.rule[0] && r.detail[0]);
	FUZZ_ASSERT(memchr(r.rule, 0, sizeof(r.rule)) && memchr(r.detail, 0, sizeof(r.detail)));
	/* Nobody but the key's owner gets as far as a judgement. */
	FUZZ_ASSERT(r.verdict < APPRAISE_FAIL || is_made(data, size));
}

/* The same octets as TPMS_ATTEST, by the right key. */
static void sign_again(const struct tre_record *r)
{
	static struct made_report again;
	struct tre_evidence e;
	struct tre_result result = { 0 };

	if (r->attest_len > sizeof(again.quote.attest_der))
		return;
	again = good;
	memcpy(again.quote.attest_der, r->attest, r->attest_len);
	again.quote.attest_len = r->attest_len;
	quote_sign(&again.quote);
	quote_marshal_rest(&again.quote);
	again.record.attest = again.quote.attest_der;
	again.record.attest_len = r->attest_len;
	again.record.sig = again.quote.sig_der;
	again.record.sig_len = again.quote.sig_len;
	if (!tre_record_verify(&again.record, &good.binding, good.quote.public_der,
			       good.quote.public_len, &e, &result))
		FUZZ_ASSERT(result.rule[0] && result.detail[0] && result.verdict != TRE_PASS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tre_result result = { 0 };
	struct tre_record r;

	setup();
	if (!tre_record_decode(data, size, &r, &result)) {
		FUZZ_ASSERT(result.rule[0] && result.detail[0] && result.verdict != TRE_PASS);
		appraise_it(data, size);
		return 0;
	}
	check_canonical(&r, data, size);
	appraise_it(data, size);
	sign_again(&r);
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	setup();
	if (n >= SEEDS)
		return 0;
	memcpy(buf, made[n].data, made[n].len);
	return made[n].len;
}
