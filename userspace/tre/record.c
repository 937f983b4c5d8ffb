// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a record. Every octet comes from the network. */
#include "tre/record.h"

#include <inttypes.h>
#include <string.h>
#include <openssl/evp.h>
#include "tre/cbor.h"
#include "tre/internal.h"
#include "tre/record_internal.h"

#define KEYS_MAX	32	/* known and unknown */
#define AK_NAME_ALG_HI	(TPM2_ALG_SHA256 >> 8)
#define AK_NAME_ALG_LO	(TPM2_ALG_SHA256 & 0xff)

#define REMEDY_UPDATE	"update whichever of the two ends is older"

static const char *const field_names[TRE_FIELDS] = {
	[TRE_FIELD_VERSION] = "version", [TRE_FIELD_VERDICT] = "verdict",
	[TRE_FIELD_NONCE] = "nonce", [TRE_FIELD_ATTESTATION] = "attestation",
	[TRE_FIELD_SIGNATURE] = "signature", [TRE_FIELD_AK_NAME] = "ak-name",
	[TRE_FIELD_FIRMWARE] = "firmware", [TRE_FIELD_POLICY] = "policy",
	[TRE_FIELD_CLOCK] = "clock", [TRE_FIELD_PCRS] = "pcrs",
	[TRE_FIELD_MADE_FOR] = "made-for",
};

#define REQUIRED (1u << TRE_FIELD_VERSION | 1u << TRE_FIELD_VERDICT | 1u << TRE_FIELD_NONCE |		\
		  1u << TRE_FIELD_ATTESTATION | 1u << TRE_FIELD_SIGNATURE | 1u << TRE_FIELD_AK_NAME |	\
		  1u << TRE_FIELD_CLOCK)

struct reader {
	struct tre_cbor in;
	struct tre_record *r;
	struct tre_result *result;
	EVP_MD_CTX *md;			/* of the claims */
	uint32_t seen;			/* bit: enum tre_record_field */
};

const char *tre_claim_name(enum tre_claim claim)
{
	static const char *const names[] = { "?", "pass", "pass-degraded", "fail" };

	return claim <= TRE_CLAIM_FAIL ? names[claim] : "?";
}

const char *tre_clock_name(enum tre_clock clock)
{
	static const char *const names[] = { "unknown", "floor", "synced" };

	return clock <= TRE_CLOCK_SYNCED ? names[clock] : "?";
}

bool tre_policy_version_ok(const char *s, size_t len)
{
	if (!len || len > TRE_POLICY_VERSION_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return true;
}

static bool not_cbor(struct reader *rd)
{
	tre_set(rd->result, TRE_FAIL, "record.cbor",
		"the octets are not CBOR as records are written, shortest and in order (" REMEDY_UPDATE ")");
	return false;
}

static bool bad_field(struct reader *rd, enum tre_record_field key, const char *expected)
{
	char rule[64];

	snprintf(rule, sizeof(rule), "record.%s", field_names[key]);
	tre_set(rd->result, TRE_FAIL, rule, "%s is not %s (" REMEDY_UPDATE ")",
		field_names[key], expected);
	return false;
}

static bool next_uint(struct reader *rd, uint64_t max, uint64_t *v)
{
	struct tre_cbor_item item;

	if (!tre_cbor_next(&rd->in, &item) || item.kind != TRE_CBOR_UINT || item.value > max)
		return false;
	*v = item.value;
	return true;
}

/* A byte string of @len octets exactly. */
static bool next_octets(struct reader *rd, uint8_t *to, size_t len)
{
	struct tre_cbor_item item;

	if (!tre_cbor_next(&rd->in, &item) || item.kind != TRE_CBOR_BYTES || item.value != len)
		return false;
	memcpy(to, item.data, len);
	return true;
}

static bool next_bytes(struct reader *rd, const uint8_t **data, size_t *len)
{
	struct tre_cbor_item item;

	if (!tre_cbor_next(&rd->in, &item) || item.kind != TRE_CBOR_BYTES || !item.value)
		return false;
	*data = item.data;
	*len = (size_t)item.value;
	return true;
}

static bool next_array(struct reader *rd, uint64_t items)
{
	struct tre_cbor_item item;

	return tre_cbor_next(&rd->in, &item) && item.kind == TRE_CBOR_ARRAY && item.value == items;
}

static bool read_policy(struct reader *rd)
{
	struct tre_claims *c = &rd->r->claims;
	struct tre_cbor_item item;

	if (!next_array(rd, 2) || !tre_cbor_next(&rd->in, &item) || item.kind != TRE_CBOR_TEXT ||
	    !tre_policy_version_ok((const char *)item.data, (size_t)item.value) ||
	    !next_octets(rd, c->policy_digest, sizeof(c->policy_digest)))
		return false;
	memcpy(c->policy_version, item.data, (size_t)item.value);
	c->has_policy = true;
	return true;
}

static bool read_clock(struct reader *rd)
{
	uint64_t state;

	if (!next_array(rd, 2) || !next_uint(rd, INT64_MAX, &rd->r->claims.clock_s) ||
	    !next_uint(rd, TRE_CLOCK_SYNCED, &state))
		return false;
	rd->r->claims.clock = (enum tre_clock)state;
	return true;
}

static bool read_pcrs(struct reader *rd)
{
	struct tre_record *r = rd->r;
	struct tre_cbor_item item;
	uint64_t pcr;

	if (!tre_cbor_next(&rd->in, &item) || item.kind != TRE_CBOR_MAP || !item.value)
		return false;
	while (item.value--) {
		/* None twice, and each above those before. */
		if (!next_uint(rd, TRE_PCRS - 1, &pcr) || r->pcr_mask >> pcr ||
		    !next_octets(rd, r->pcrs[pcr], TRE_DIGEST_LEN))
			return false;
		r->pcr_mask |= 1u << pcr;
	}
	r->claims.with_pcrs = true;
	return true;
}

static bool read_version(struct reader *rd)
{
	uint64_t v;

	return (next_uint(rd, TRE_RECORD_VERSION, &v) && v == TRE_RECORD_VERSION) ||
	       bad_field(rd, TRE_FIELD_VERSION, "1, the only one known");
}

static bool read_verdict(struct reader *rd)
{
	uint64_t v;

	if (!next_uint(rd, TRE_CLAIM_FAIL, &v) || v == TRE_CLAIM_NONE)
		return bad_field(rd, TRE_FIELD_VERDICT, "pass, pass-degraded or fail: 1, 2 or 3");
	rd->r->claims.verdict = (enum tre_claim)v;
	return true;
}

static bool read_ak_name(struct reader *rd)
{
	uint8_t *name = rd->r->ak_name;

	return (next_octets(rd, name, TRE_NAME_LEN) && name[0] == AK_NAME_ALG_HI &&
		name[1] == AK_NAME_ALG_LO) ||
	       bad_field(rd, TRE_FIELD_AK_NAME, "a TPM name of SHA-256, 34 octets");
}

static bool read_value(struct reader *rd, enum tre_record_field key)
{
	struct tre_record *r = rd->r;

	switch (key) {
	case TRE_FIELD_VERSION:
		return read_version(rd);
	case TRE_FIELD_VERDICT:
		return read_verdict(rd);
	case TRE_FIELD_NONCE:
		return next_octets(rd, r->nonce, sizeof(r->nonce)) ||
		       bad_field(rd, key, "of 32 octets");
	case TRE_FIELD_ATTESTATION:
		return next_bytes(rd, &r->attest, &r->attest_len) ||
		       bad_field(rd, key, "a byte string with a TPMS_ATTEST");
	case TRE_FIELD_SIGNATURE:
		return next_bytes(rd, &r->sig, &r->sig_len) ||
		       bad_field(rd, key, "a byte string with a TPMT_SIGNATURE");
	case TRE_FIELD_AK_NAME:
		return read_ak_name(rd);
	case TRE_FIELD_FIRMWARE:
		r->claims.has_firmware = next_octets(rd, r->claims.firmware, TRE_DIGEST_LEN);
		return r->claims.has_firmware || bad_field(rd, key, "a SHA-256 digest");
	case TRE_FIELD_POLICY:
		return read_policy(rd) || bad_field(rd, key, "a version and a SHA-256 digest");
	case TRE_FIELD_CLOCK:
		return read_clock(rd) || bad_field(rd, key, "seconds and a state");
	case TRE_FIELD_MADE_FOR:
		r->has_made_for = next_octets(rd, r->made_for[0], sizeof(r->made_for));
		return r->has_made_for || bad_field(rd, key, "of 48 octets");
	default:
		return read_pcrs(rd) || bad_field(rd, key, "SHA-256 values by ascending PCR");
	}
}

static bool read_unknown(struct reader *rd, const struct tre_cbor_item *key)
{
	/* RFC 8949, 3.1: major type 1 says -1 - value. */
	if (key->kind == TRE_CBOR_NEGATIVE) {
		tre_set(rd->result, TRE_FAIL, "record.critical",
			"key -1 - %" PRIu64 " is critical and not known here (update this end)",
			key->value);
		return false;
	}
	if (key->kind != TRE_CBOR_UINT || !tre_cbor_skip(&rd->in))
		return not_cbor(rd);
	rd->r->skipped++;
	return true;
}

/* One key with its value. @last: the key before, moved on to this one. */
static bool read_pair(struct reader *rd, struct tre_cbor *last)
{
	const uint8_t *start = rd->in.p;
	struct tre_cbor_item key;
	bool known;

	if (!tre_cbor_next(&rd->in, &key))
		return not_cbor(rd);
	if (last->p && !tre_cbor_ascends(last->p, (size_t)(last->end - last->p), start,
					 (size_t)(rd->in.p - start))) {
		tre_set(rd->result, TRE_FAIL, "record.order",
			"a key is there twice, or before a lower one (" REMEDY_UPDATE ")");
		return false;
	}
	*last = (struct tre_cbor){ start, rd->in.p };
	known = key.kind == TRE_CBOR_UINT && key.value && key.value < TRE_FIELDS;
	if (!(known ? read_value(rd, (enum tre_record_field)key.value) : read_unknown(rd, &key)))
		return false;
	if (known)
		rd->seen |= 1u << key.value;
	if (known && (key.value == TRE_FIELD_ATTESTATION || key.value == TRE_FIELD_SIGNATURE))
		return true;
	if (EVP_DigestUpdate(rd->md, start, (size_t)(rd->in.p - start)) == 1)
		return true;
	tre_set(rd->result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
	return false;
}

static bool all_there(struct reader *rd)
{
	uint32_t missing = REQUIRED & ~rd->seen;
	const char *name;

	if (!missing)
		return true;
	name = field_names[__builtin_ctz(missing)];
	tre_set(rd->result, TRE_FAIL, "record.missing", "there is no %s (" REMEDY_UPDATE ")", name);
	return false;
}

/* Digest what the map without attestation and signature would begin with. */
static bool begin_claims(struct reader *rd, uint64_t pairs)
{
	/* Fewer than 24 pairs: the head is one octet, major type 5 and the number. */
	uint8_t head[2] = { (uint8_t)(0xa0 | (pairs - 2)) };
	size_t len = 1;

	if (pairs - 2 >= 24) {
		head[0] = 0xb8;
		head[1] = (uint8_t)(pairs - 2);
		len = 2;
	}
	rd->md = EVP_MD_CTX_new();
	if (rd->md && EVP_DigestInit_ex(rd->md, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(rd->md, head, len) == 1)
		return true;
	tre_set(rd->result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
	return false;
}

static bool trails(struct reader *rd)
{
	if (rd->in.p == rd->in.end)
		return false;
	tre_set(rd->result, TRE_FAIL, "record.trailing", "%zu octets follow the record (" REMEDY_UPDATE ")",
		(size_t)(rd->in.end - rd->in.p));
	return true;
}

static bool read_map(struct reader *rd)
{
	struct tre_cbor last = { 0 };
	struct tre_cbor_item map;

	if (!tre_cbor_next(&rd->in, &map))
		return not_cbor(rd);
	if (map.kind != TRE_CBOR_MAP || map.value < 2 || map.value > KEYS_MAX) {
		tre_set(rd->result, TRE_FAIL, "record.map",
			"the record's value is no map of 2 to %d keys (" REMEDY_UPDATE ")", KEYS_MAX);
		return false;
	}
	if (!begin_claims(rd, map.value))
		return false;
	while (map.value--)
		if (!read_pair(rd, &last))
			return false;
	if (trails(rd) || !all_there(rd))
		return false;
	if (EVP_DigestFinal_ex(rd->md, rd->r->claims_digest, NULL) == 1)
		return true;
	tre_set(rd->result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
	return false;
}

/* RFC 9999: [ media type, value ]. Leaves the reader at the value. */
static bool read_cmw(struct reader *rd)
{
	struct tre_cbor_item item;

	if (!next_array(rd, 2)) {
		tre_set(rd->result, TRE_FAIL, "record.cmw",
			"the octets don't begin a CMW record, an array of two (" REMEDY_UPDATE ")");
		return false;
	}
	if (!tre_cbor_next(&rd->in, &item) || item.kind != TRE_CBOR_TEXT ||
	    item.value != sizeof(TRE_RECORD_TYPE) - 1 ||
	    memcmp(item.data, TRE_RECORD_TYPE, sizeof(TRE_RECORD_TYPE) - 1)) {
		tre_set(rd->result, TRE_FAIL, "record.type",
			"the CMW's type is not " TRE_RECORD_TYPE " (" REMEDY_UPDATE ")");
		return false;
	}
	if (!tre_cbor_next(&rd->in, &item) || item.kind != TRE_CBOR_BYTES) {
		tre_set(rd->result, TRE_FAIL, "record.cmw",
			"the CMW's value is no byte string (" REMEDY_UPDATE ")");
		return false;
	}
	if (trails(rd))
		return false;
	rd->in = (struct tre_cbor){ item.data, item.data + item.value };
	return true;
}

bool tre_record_decode(const uint8_t *data, size_t len, struct tre_record *r,
		       struct tre_result *result)
{
	struct reader rd = { .in = { data, data + len }, .r = r, .result = result };
	bool ok = false;

	memset(r, 0, sizeof(*r));
	if (!len || len > TRE_RECORD_MAX)
		tre_set(result, TRE_FAIL, "record.size", "%zu octets, a record has 1 to %d (" REMEDY_UPDATE ")",
			len, TRE_RECORD_MAX);
	else
		ok = read_cmw(&rd) && read_map(&rd);
	EVP_MD_CTX_free(rd.md);
	if (!ok)
		memset(r, 0, sizeof(*r));
	return ok;
}
