// SPDX-License-Identifier: GPL-2.0-or-later
/* The record of a root, as octets. */
#include <string.h>
#include <openssl/evp.h>
#include "tre/anchor.h"
#include "tre/internal.h"
#include "tre/steps.h"

bool tre_anchor_make(uint64_t version, const uint8_t *der, size_t len, struct tre_anchor *out,
		     struct tre_result *result)
{
	memset(out, 0, sizeof(*out));
	if (!version || version == UINT64_MAX || !len || len > TRE_ANCHOR_DER_MAX) {
		tre_set(result, TRE_FAIL, "tre.anchor.record",
			"a root has a version from 1 and 1 to %d octets (look at --version and --root)",
			TRE_ANCHOR_DER_MAX);
		return false;
	}
	out->version = version;
	out->form = len <= TRE_ANCHOR_DATA_MAX ? TRE_ANCHOR_DER : TRE_ANCHOR_SHA256;
	if (out->form == TRE_ANCHOR_DER) {
		out->len = len;
		memcpy(out->data, der, len);
		return true;
	}
	out->len = TRE_DIGEST_LEN;
	if (EVP_Digest(der, len, out->data, NULL, EVP_sha256(), NULL) == 1)
		return true;
	tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
	return false;
}

static void put(uint8_t *to, uint64_t v, int octets)
{
	while (octets--) {
		to[octets] = (uint8_t)v;
		v >>= 8;
	}
}

static uint64_t get(const uint8_t *from, int octets)
{
	uint64_t v = 0;

	while (octets--)
		v = v << 8 | *from++;
	return v;
}

size_t tre_anchor_encode(const struct tre_anchor *a, uint8_t out[TRE_ANCHOR_SIZE])
{
	tre_put_version(out, a->version);
	put(out + 8, a->form, 2);
	put(out + 10, a->len, 2);
	memcpy(out + TRE_ANCHOR_HEAD, a->data, a->len);
	return TRE_ANCHOR_HEAD + a->len;
}

/* What is behind the record is of an older, longer one. */
bool tre_anchor_decode(const uint8_t in[TRE_ANCHOR_SIZE], struct tre_anchor *out,
		       struct tre_result *result)
{
	uint64_t form = get(in + 8, 2), len = get(in + 10, 2);

	memset(out, 0, sizeof(*out));
	out->version = get(in, 8);
	if (!out->version || out->version == UINT64_MAX || !len || len > TRE_ANCHOR_DATA_MAX ||
	    (form != TRE_ANCHOR_DER && form != TRE_ANCHOR_SHA256) ||
	    (form == TRE_ANCHOR_SHA256 && len != TRE_DIGEST_LEN)) {
		tre_set(result, TRE_FAIL, "tre.anchor.record",
			"NV index 0x%08x holds no root: form %u, %u octets ('trustgate tre anchor update FILE')",
			TRE_NV_ANCHOR, (unsigned int)form, (unsigned int)len);
		return false;
	}
	out->form = (enum tre_anchor_form)form;
	out->len = (size_t)len;
	memcpy(out->data, in + TRE_ANCHOR_HEAD, out->len);
	return true;
}

bool tre_anchor_is(const struct tre_anchor *a, const uint8_t *der, size_t len)
{
	uint8_t digest[TRE_DIGEST_LEN];

	if (a->form == TRE_ANCHOR_DER)
		return len && len == a->len && !memcmp(der, a->data, len);
	return a->form == TRE_ANCHOR_SHA256 && len &&
	       EVP_Digest(der, len, digest, NULL, EVP_sha256(), NULL) == 1 &&
	       !memcmp(digest, a->data, TRE_DIGEST_LEN);
}

void tre_anchor_digest(const struct tre_anchor *a, uint8_t digest[TRE_DIGEST_LEN])
{
	if (a->form == TRE_ANCHOR_SHA256)
		memcpy(digest, a->data, TRE_DIGEST_LEN);
	else if (EVP_Digest(a->data, a->len, digest, NULL, EVP_sha256(), NULL) != 1)
		memset(digest, 0, TRE_DIGEST_LEN);
}
