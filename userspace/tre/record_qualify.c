// SPDX-License-Identifier: GPL-2.0-or-later
/* FFS-03: what ties a quote to one IKE SA and to the claims beside it. */
#include <string.h>
#include <openssl/evp.h>
#include "tre/record.h"

/* With its NUL, which is the 00 of the formula. */
static const char label[] = "3GPP-HNB-INTEGRITY-INFO-1";

/* The length in two octets, high one first, so that no field runs into the next. */
static bool add_field(EVP_MD_CTX *md, const uint8_t *data, size_t len)
{
	const uint8_t head[2] = { (uint8_t)(len >> 8), (uint8_t)len };

	return EVP_DigestUpdate(md, head, sizeof(head)) == 1 && EVP_DigestUpdate(md, data, len) == 1;
}

static bool nonce_ok(const uint8_t *nonce, size_t len)
{
	return nonce && len >= TRE_IKE_NONCE_MIN && len <= TRE_IKE_NONCE_MAX;
}

bool tre_record_qualifying(const struct tre_binding *b, const uint8_t nonce[TRE_NONCE_LEN],
			   const uint8_t claims_digest[TRE_DIGEST_LEN],
			   uint8_t qualifying[TRE_DIGEST_LEN])
{
	EVP_MD_CTX *md;
	bool ok;

	/* RFC 7296 3.5: type and three reserved octets come before the identity. */
	if (!nonce_ok(b->ni, b->ni_len) || !nonce_ok(b->nr, b->nr_len) || !b->idi ||
	    b->idi_len <= 4 || b->idi_len > TRE_IDI_MAX)
		return false;
	md = EVP_MD_CTX_new();
	ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	     EVP_DigestUpdate(md, label, sizeof(label)) == 1 &&
	     EVP_DigestUpdate(md, b->spi_i, sizeof(b->spi_i)) == 1 &&
	     EVP_DigestUpdate(md, b->spi_r, sizeof(b->spi_r)) == 1 &&
	     add_field(md, b->ni, b->ni_len) && add_field(md, b->nr, b->nr_len) &&
	     add_field(md, b->idi, b->idi_len) &&
	     EVP_DigestUpdate(md, nonce, TRE_NONCE_LEN) == 1 &&
	     EVP_DigestUpdate(md, claims_digest, TRE_DIGEST_LEN) == 1 &&
	     EVP_DigestFinal_ex(md, qualifying, NULL) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

static bool shorten(const uint8_t *data, size_t len, uint8_t out[TRE_FOR_LEN])
{
	uint8_t digest[TRE_DIGEST_LEN];

	if (EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL) != 1)
		return false;
	memcpy(out, digest, TRE_FOR_LEN);
	return true;
}

bool tre_record_made_for(const struct tre_binding *b, const uint8_t nonce[TRE_NONCE_LEN],
			 uint8_t out[TRE_FOR_PARTS][TRE_FOR_LEN])
{
	memcpy(out[TRE_FOR_SPI_I], b->spi_i, TRE_FOR_LEN);
	memcpy(out[TRE_FOR_SPI_R], b->spi_r, TRE_FOR_LEN);
	return shorten(b->ni, b->ni_len, out[TRE_FOR_NI]) && shorten(b->nr, b->nr_len, out[TRE_FOR_NR]) &&
	       shorten(b->idi, b->idi_len, out[TRE_FOR_IDI]) &&
	       shorten(nonce, TRE_NONCE_LEN, out[TRE_FOR_NONCE]);
}
