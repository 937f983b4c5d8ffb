// SPDX-License-Identifier: GPL-2.0-or-later
/* The record's octets: keys ascend, and libcbor writes the shortest heads. */
#include <string.h>
#include <cbor.h>
#include <openssl/evp.h>
#include "tre/internal.h"
#include "tre/record_internal.h"

struct out {
	uint8_t data[TRE_RECORD_MAX];
	size_t len;
	bool failed;
};

/* @n: what an encoder wrote into what is left, 0 when it did not fit. */
static void wrote(struct out *o, size_t n)
{
	o->len += n;
	o->failed |= !n;
}

#define PUT(o, fn, value) wrote((o), fn((value), (o)->data + (o)->len, sizeof((o)->data) - (o)->len))

static void put_uint(struct out *o, uint64_t v)
{
	PUT(o, cbor_encode_uint, v);
}

static void put_octets(struct out *o, const void *data, size_t len)
{
	if (o->failed || len > sizeof(o->data) - o->len) {
		o->failed = true;
		return;
	}
	memcpy(o->data + o->len, data, len);
	o->len += len;
}

static void put_bytes(struct out *o, const void *data, size_t len)
{
	PUT(o, cbor_encode_bytestring_start, len);
	put_octets(o, data, len);
}

static void put_text(struct out *o, const char *s)
{
	PUT(o, cbor_encode_string_start, strlen(s));
	put_octets(o, s, strlen(s));
}

static void put_pcrs(struct out *o, const struct tre_record *r)
{
	put_uint(o, TRE_FIELD_PCRS);
	PUT(o, cbor_encode_map_start, (size_t)__builtin_popcount(r->pcr_mask));
	for (unsigned int i = 0; i < TRE_PCRS; i++) {
		if (!(r->pcr_mask & 1u << i))
			continue;
		put_uint(o, i);
		put_bytes(o, r->pcrs[i], TRE_DIGEST_LEN);
	}
}

static void put_policy(struct out *o, const struct tre_claims *c)
{
	put_uint(o, TRE_FIELD_POLICY);
	PUT(o, cbor_encode_array_start, 2);
	put_text(o, c->policy_version);
	put_bytes(o, c->policy_digest, TRE_DIGEST_LEN);
}

static void put_map(struct out *o, const struct tre_record *r, bool proof)
{
	const struct tre_claims *c = &r->claims;

	PUT(o, cbor_encode_map_start, (size_t)(5 + 2 * proof + c->has_firmware + c->has_policy +
					       c->with_pcrs + r->has_made_for));
	put_uint(o, TRE_FIELD_VERSION);
	put_uint(o, TRE_RECORD_VERSION);
	put_uint(o, TRE_FIELD_VERDICT);
	put_uint(o, c->verdict);
	put_uint(o, TRE_FIELD_NONCE);
	put_bytes(o, r->nonce, sizeof(r->nonce));
	if (proof) {
		put_uint(o, TRE_FIELD_ATTESTATION);
		put_bytes(o, r->attest, r->attest_len);
		put_uint(o, TRE_FIELD_SIGNATURE);
		put_bytes(o, r->sig, r->sig_len);
	}
	put_uint(o, TRE_FIELD_AK_NAME);
	put_bytes(o, r->ak_name, sizeof(r->ak_name));
	if (c->has_firmware) {
		put_uint(o, TRE_FIELD_FIRMWARE);
		put_bytes(o, c->firmware, sizeof(c->firmware));
	}
	if (c->has_policy)
		put_policy(o, c);
	put_uint(o, TRE_FIELD_CLOCK);
	PUT(o, cbor_encode_array_start, 2);
	put_uint(o, c->clock_s);
	put_uint(o, c->clock);
	if (c->with_pcrs)
		put_pcrs(o, r);
	if (r->has_made_for) {
		put_uint(o, TRE_FIELD_MADE_FOR);
		put_bytes(o, r->made_for, sizeof(r->made_for));
	}
}

/* What a reader would refuse is not written. */
static bool encodable(const struct tre_record *r)
{
	const struct tre_claims *c = &r->claims;

	return c->verdict >= TRE_CLAIM_PASS && c->verdict <= TRE_CLAIM_FAIL &&
	       c->clock <= TRE_CLOCK_SYNCED &&
	       (!c->has_policy ||
		tre_policy_version_ok(c->policy_version,
				      strnlen(c->policy_version, sizeof(c->policy_version)))) &&
	       (!c->with_pcrs || (r->pcr_mask && !(r->pcr_mask >> TRE_PCRS)));
}

bool tre_record_claims_digest(const struct tre_record *r, uint8_t digest[TRE_DIGEST_LEN])
{
	struct out o = { 0 };

	if (!encodable(r))
		return false;
	put_map(&o, r, false);
	return !o.failed && EVP_Digest(o.data, o.len, digest, NULL, EVP_sha256(), NULL) == 1;
}

size_t tre_record_encode(const struct tre_record *r, uint8_t out[TRE_RECORD_MAX])
{
	struct out map = { 0 }, o = { 0 };

	if (!encodable(r) || !r->attest_len || !r->sig_len)
		return 0;
	put_map(&map, r, true);
	if (map.failed)
		return 0;
	PUT(&o, cbor_encode_array_start, 2);
	put_text(&o, TRE_RECORD_TYPE);
	put_bytes(&o, map.data, map.len);
	if (o.failed)
		return 0;
	memcpy(out, o.data, o.len);
	return o.len;
}
