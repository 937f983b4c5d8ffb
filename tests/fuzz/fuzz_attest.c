// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a TPM may answer to TPM2_Quote: attest, signature and key, each behind its
 * length in two octets. Once as it is, and once signed anew by a known key, or
 * nothing behind the signature check would ever run.
 */
#include "parts.h"
#include "../tre/quote_maker.h"

#define MASK	0x000481

static struct made_quote good;
static struct tre_policy *policy;
static EVP_PKEY *key;

static void setup(void)
{
	static const char text[] = "policy 1\n"
		"pcr 0 0000000000000000000000000000000000000000000000000000000000000000\n"
		"pcr 7 0707070707070707070707070707070707070707070707070707070707070707\n"
		"pcr 10 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a\n";

	if (key)
		return;
	setenv("TSS2_LOG", "all+none", 0);
	key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	policy = tre_policy_parse(text, sizeof(text) - 1, NULL, 0);
	FUZZ_ASSERT(key && policy);
	quote_make(&good, key, MASK);
	quote_marshal_attest(&good);
	quote_sign(&good);
	quote_marshal_rest(&good);
}

static void appraise(const uint8_t *attest, size_t attest_len, const uint8_t *sig, size_t sig_len,
		     const uint8_t *ak, size_t ak_len, struct tre_result *r)
{
	tre_appraise(attest, attest_len, sig, sig_len, ak, ak_len, MASK,
		     (const uint8_t (*)[TRE_DIGEST_LEN])good.pcrs, good.qualifying, policy, r);
	FUZZ_ASSERT(r->verdict == TRE_PASS || r->verdict == TRE_FAIL);
	FUZZ_ASSERT(r->rule[0] && memchr(r->rule, 0, sizeof(r->rule)));
	FUZZ_ASSERT(r->detail[0] && memchr(r->detail, 0, sizeof(r->detail)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *attest, *sig, *ak;
	size_t attest_len, sig_len, ak_len;
	struct made_quote again;
	struct tre_result r;

	setup();
	attest = fuzz_take(&data, &size, &attest_len);
	sig = fuzz_take(&data, &size, &sig_len);
	ak = fuzz_take(&data, &size, &ak_len);
	appraise(attest, attest_len, sig, sig_len, ak, ak_len, &r);

	again = good;
	if (attest_len > sizeof(again.attest_der))
		return 0;
	memcpy(again.attest_der, attest, attest_len);
	again.attest_len = attest_len;
	quote_sign(&again);
	again.sig_len = 0;
	quote_marshal_rest(&again);
	appraise(again.attest_der, attest_len, again.sig_der, again.sig_len, again.public_der,
		 again.public_len, &r);
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	size_t len;

	if (n)
		return 0;
	setup();
	len = fuzz_put(buf, good.attest_der, good.attest_len);
	len += fuzz_put(buf + len, good.sig_der, good.sig_len);
	return len + fuzz_put(buf + len, good.public_der, good.public_len);
}
