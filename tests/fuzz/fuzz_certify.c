// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is given at enrolment: attestation key, IKE key, certification and signature,
 * each behind its length in two octets. Once as it is, and once signed anew by a known
 * key (FFS-04).
 */
#include "parts.h"
#include "../tre/report_maker.h"

static struct made_certification good;
static EVP_PKEY *ak, *ike;

static void setup(void)
{
	if (ak)
		return;
	setenv("TSS2_LOG", "all+none", 0);
	ak = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	ike = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	FUZZ_ASSERT(ak && ike);
	certification_begin(&good, ak, ike);
	certification_end(&good);
}

/* Whatever is certified is a key of this name, by the key that was given. */
static bool check(const struct tre_certification *c)
{
	struct tre_evidence e;
	struct tre_result result = { 0 };
	EVP_PKEY *key = NULL;
	bool ok = tre_certification_check(c, &key, &e, &result);

	FUZZ_ASSERT(ok == !!key);
	FUZZ_ASSERT(ok || (result.rule[0] && result.detail[0] && result.verdict != TRE_PASS));
	EVP_PKEY_free(key);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct made_quote again;
	uint8_t name[TRE_NAME_LEN];
	struct tre_result result;
	struct tre_certification c;

	setup();
	c.ak_public = fuzz_take(&data, &size, &c.ak_public_len);
	c.ike_public = fuzz_take(&data, &size, &c.ike_public_len);
	c.attest = fuzz_take(&data, &size, &c.attest_len);
	c.sig = fuzz_take(&data, &size, &c.sig_len);
	/* Nobody has another attestation key's signature. */
	if (check(&c))
		FUZZ_ASSERT(c.ak_public_len == good.c.ak_public_len);
	tre_ak_name(c.ak_public, c.ak_public_len, name, &result);

	if (c.attest_len > sizeof(again.attest_der))
		return 0;
	again = good.ak;
	memcpy(again.attest_der, c.attest, c.attest_len);
	again.attest_len = c.attest_len;
	quote_sign(&again);
	quote_marshal_rest(&again);
	c.ak_public = good.c.ak_public;
	c.ak_public_len = good.c.ak_public_len;
	c.attest = again.attest_der;
	c.sig = again.sig_der;
	c.sig_len = again.sig_len;
	check(&c);
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	const struct tre_certification *c = &good.c;
	size_t len;

	if (n)
		return 0;
	setup();
	len = fuzz_put(buf, c->ak_public, c->ak_public_len);
	len += fuzz_put(buf + len, c->ike_public, c->ike_public_len);
	len += fuzz_put(buf + len, c->attest, c->attest_len);
	return len + fuzz_put(buf + len, c->sig, c->sig_len);
}
