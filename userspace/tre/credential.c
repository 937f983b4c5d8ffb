// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TPM2_MakeCredential without a TPM, TPM2 Part 1, 24: a secret for whoever has the EK,
 * and the AK beside it. Annex C.6.1: the seed is agreed on with ECDH.
 */
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <tss2/tss2_mu.h>
#include "tre/attest.h"
#include "tre/internal.h"
#include "tre/provision.h"

#define MAGIC		0xbadcc0deu	/* of tpm2-tools */
#define VERSION		1u
#define KEY_LEN		16		/* AES-128, of the EK's template */
#define COORD_LEN	32

static bool fail(const char *rule, const char *why, struct tre_result *result)
{
	ERR_clear_error();
	tre_set(result, TRE_FAIL, rule, "%s", why);
	return false;
}

static bool coordinate(EVP_PKEY *key, const char *which, uint8_t out[COORD_LEN])
{
	BIGNUM *n = NULL;
	bool ok = EVP_PKEY_get_bn_param(key, which, &n) == 1 &&
		  BN_bn2binpad(n, out, COORD_LEN) == COORD_LEN;

	BN_free(n);
	return ok;
}

static bool agree(EVP_PKEY *mine, EVP_PKEY *theirs, uint8_t z[COORD_LEN])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mine, NULL);
	size_t len = COORD_LEN;
	bool ok = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
		  EVP_PKEY_derive_set_peer(ctx, theirs) == 1 &&
		  EVP_PKEY_derive(ctx, z, &len) == 1 && len == COORD_LEN;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* KDFe, TPM2 Part 1, 11.4.10.3, for one block of SHA-256. */
static bool kdfe(const uint8_t z[COORD_LEN], const char *label, const uint8_t u[COORD_LEN],
		 const uint8_t v[COORD_LEN], uint8_t out[TRE_DIGEST_LEN])
{
	static const uint8_t counter[4] = { 0, 0, 0, 1 };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(ctx, counter, sizeof(counter)) == 1 &&
		  EVP_DigestUpdate(ctx, z, COORD_LEN) == 1 &&
		  EVP_DigestUpdate(ctx, label, strlen(label) + 1) == 1 &&
		  EVP_DigestUpdate(ctx, u, COORD_LEN) == 1 &&
		  EVP_DigestUpdate(ctx, v, COORD_LEN) == 1 &&
		  EVP_DigestFinal_ex(ctx, out, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

/* KDFa, 11.4.10.2: SP 800-108 with HMAC of SHA-256 and a counter; one block. */
static bool kdfa(const uint8_t seed[TRE_DIGEST_LEN], const char *label, const TPM2B_NAME *context,
		 uint8_t *out, size_t len)
{
	uint8_t msg[4 + 16 + sizeof(context->name) + 4] = { 0, 0, 0, 1 }, block[TRE_DIGEST_LEN];
	size_t n = 4, label_len = strlen(label) + 1;
	unsigned int got;

	memcpy(msg + n, label, label_len);
	n += label_len;
	if (context) {
		memcpy(msg + n, context->name, context->size);
		n += context->size;
	}
	msg[n++] = 0;
	msg[n++] = 0;
	msg[n++] = (uint8_t)(8 * len >> 8);
	msg[n++] = (uint8_t)(8 * len);
	if (!HMAC(EVP_sha256(), seed, TRE_DIGEST_LEN, msg, n, block, &got))
		return false;
	memcpy(out, block, len);
	return true;
}

/* The seed, and what the TPM needs to find it: a point of ours. */
static bool make_seed(EVP_PKEY *ek, uint8_t seed[TRE_DIGEST_LEN], TPMS_ECC_POINT *point)
{
	EVP_PKEY *mine = EVP_EC_gen("P-256");
	uint8_t z[COORD_LEN], x[COORD_LEN];
	bool ok = mine && agree(mine, ek, z) &&
		  coordinate(mine, OSSL_PKEY_PARAM_EC_PUB_X, point->x.buffer) &&
		  coordinate(mine, OSSL_PKEY_PARAM_EC_PUB_Y, point->y.buffer) &&
		  coordinate(ek, OSSL_PKEY_PARAM_EC_PUB_X, x) &&
		  kdfe(z, "IDENTITY", point->x.buffer, x, seed);

	point->x.size = COORD_LEN;
	point->y.size = COORD_LEN;
	OPENSSL_cleanse(z, sizeof(z));
	EVP_PKEY_free(mine);
	return ok;
}

static bool encrypt(const uint8_t key[KEY_LEN], const uint8_t *in, size_t len, uint8_t *out)
{
	static const uint8_t iv[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_cfb128(), NULL, key, iv) == 1 &&
		  EVP_EncryptUpdate(ctx, out, &n, in, (int)len) == 1 && (size_t)n == len;

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* TPMS_ID_OBJECT: HMAC, and the secret enciphered. */
static bool seal(const uint8_t seed[TRE_DIGEST_LEN], const TPM2B_NAME *name,
		 const uint8_t secret[TRE_SECRET_LEN], TPM2B_ID_OBJECT *out)
{
	uint8_t key[KEY_LEN], mac_key[TRE_DIGEST_LEN], plain[2 + TRE_SECRET_LEN];
	uint8_t signed_part[sizeof(plain) + sizeof(name->name)];
	uint8_t *mac = out->credential + 2, *sealed = mac + TRE_DIGEST_LEN;
	unsigned int n;
	bool ok;

	plain[0] = 0;
	plain[1] = TRE_SECRET_LEN;
	memcpy(plain + 2, secret, TRE_SECRET_LEN);
	ok = kdfa(seed, "STORAGE", name, key, sizeof(key)) &&
	     kdfa(seed, "INTEGRITY", NULL, mac_key, sizeof(mac_key)) &&
	     encrypt(key, plain, sizeof(plain), sealed);
	memcpy(signed_part, sealed, sizeof(plain));
	memcpy(signed_part + sizeof(plain), name->name, name->size);
	ok = ok && HMAC(EVP_sha256(), mac_key, sizeof(mac_key), signed_part,
			sizeof(plain) + name->size, mac, &n);
	out->credential[0] = 0;
	out->credential[1] = TRE_DIGEST_LEN;
	out->size = 2 + TRE_DIGEST_LEN + sizeof(plain);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(plain, sizeof(plain));
	return ok;
}

static bool put_blob(const TPM2B_ID_OBJECT *id, const TPMS_ECC_POINT *point,
		     uint8_t blob[TRE_CREDENTIAL_MAX], size_t *len)
{
	TPM2B_ENCRYPTED_SECRET secret = { 0 };
	size_t n = 0;

	*len = 0;
	if (Tss2_MU_TPMS_ECC_POINT_Marshal(point, secret.secret, sizeof(secret.secret), &n))
		return false;
	secret.size = (UINT16)n;
	return !Tss2_MU_UINT32_Marshal(MAGIC, blob, TRE_CREDENTIAL_MAX, len) &&
	       !Tss2_MU_UINT32_Marshal(VERSION, blob, TRE_CREDENTIAL_MAX, len) &&
	       !Tss2_MU_TPM2B_ID_OBJECT_Marshal(id, blob, TRE_CREDENTIAL_MAX, len) &&
	       !Tss2_MU_TPM2B_ENCRYPTED_SECRET_Marshal(&secret, blob, TRE_CREDENTIAL_MAX, len);
}

static bool parse_public(const uint8_t *in, size_t len, TPM2B_PUBLIC *out)
{
	size_t used = 0;

	memset(out, 0, sizeof(*out));
	return !Tss2_MU_TPM2B_PUBLIC_Unmarshal(in, len, &used, out) && used == len;
}

static bool name_of(const uint8_t *public, size_t len, TPM2B_NAME *name)
{
	name->size = 2 + TRE_DIGEST_LEN;
	name->name[0] = TPM2_ALG_SHA256 >> 8;
	name->name[1] = TPM2_ALG_SHA256 & 0xff;
	/* Behind the size. */
	return len > 2 &&
	       EVP_Digest(public + 2, len - 2, name->name + 2, NULL, EVP_sha256(), NULL) == 1;
}

bool tre_credential_make(const uint8_t *ek, size_t ek_len, const uint8_t *ak, size_t ak_len,
			 const uint8_t secret[TRE_SECRET_LEN], uint8_t blob[TRE_CREDENTIAL_MAX],
			 size_t *len, struct tre_result *result)
{
	TPM2B_PUBLIC ek_public, ak_public;
	TPM2B_ID_OBJECT id = { 0 };
	TPMS_ECC_POINT point = { 0 };
	uint8_t seed[TRE_DIGEST_LEN];
	EVP_PKEY *key;
	TPM2B_NAME name;
	bool ok;

	memset(result, 0, sizeof(*result));
	if (!parse_public(ek, ek_len, &ek_public) || !parse_public(ak, ak_len, &ak_public))
		return fail("tre.key.encoding", "EK and AK are not each one TPM2B_PUBLIC (take what 'trustgate tre provision' wrote)", result);
	if (!tre_key_check(TRE_KEY_EK, &ek_public.publicArea, result) ||
	    !tre_key_check(TRE_KEY_AK, &ak_public.publicArea, result))
		return false;
	key = tre_ecc_key(&ek_public.publicArea.unique.ecc);
	if (!key)
		return fail("tre.key.point", "the EK is no point of P-256 (take what 'trustgate tre provision' wrote)", result);
	ok = name_of(ak, ak_len, &name) && make_seed(key, seed, &point) &&
	     seal(seed, &name, secret, &id) && put_blob(&id, &point, blob, len);
	OPENSSL_cleanse(seed, sizeof(seed));
	EVP_PKEY_free(key);
	if (!ok)
		return fail("tre.credential.make", "no credential could be made (look at OpenSSL's providers)", result);
	tre_set(result, TRE_PASS, "tre.credential.good", "made for this EK and this AK");
	return true;
}

static bool parse_blob(const uint8_t *blob, size_t len, TPM2B_ID_OBJECT *id,
		       TPM2B_ENCRYPTED_SECRET *secret)
{
	UINT32 magic = 0, version = 0;
	size_t used = 0;

	return !Tss2_MU_UINT32_Unmarshal(blob, len, &used, &magic) &&
	       !Tss2_MU_UINT32_Unmarshal(blob, len, &used, &version) && magic == MAGIC &&
	       version == VERSION &&
	       !Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(blob, len, &used, id) &&
	       !Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(blob, len, &used, secret) && used == len;
}

static bool activate(struct tre_session *s, ESYS_TR ek, ESYS_TR ak, const TPM2B_ID_OBJECT *id,
		     const TPM2B_ENCRYPTED_SECRET *secret, TPM2B_DIGEST **out,
		     struct tre_result *result)
{
	ESYS_TR session = ESYS_TR_NONE;
	TSS2_RC rc;
	bool ok = tre_ek_session(s, &session, result);

	if (ok) {
		rc = Esys_ActivateCredential(s->esys, ak, ek, ESYS_TR_PASSWORD, session,
					     ESYS_TR_NONE, id, secret, out);
		ok = rc == TSS2_RC_SUCCESS;
		if (tre_rc_error(rc) == TPM2_RC_INTEGRITY || tre_rc_error(rc) == TPM2_RC_VALUE ||
		    tre_rc_error(rc) == TPM2_RC_ECC_POINT)
			fail("tre.credential.refused", "the TPM refuses it: it was made for another EK or another AK (have one made from this box's files)", result);
		else if (!ok)
			tre_tpm_ok(rc, "TPM2_ActivateCredential", result);
	}
	tre_flush(s, &session);
	return ok;
}

static bool key_there(enum tre_key which, ESYS_TR key, struct tre_result *result)
{
	if (key != ESYS_TR_NONE)
		return true;
	tre_set(result, TRE_FAIL, "tre.key.absent",
		"there is no %s at 0x%08x ('trustgate tre provision')", tre_key_name(which),
		tre_key_handle(which));
	return false;
}

bool tre_credential_activate(struct tre_session *s, const uint8_t *blob, size_t len,
			     uint8_t secret[TRE_SECRET_LEN], struct tre_result *result)
{
	TPM2B_ENCRYPTED_SECRET sealed = { 0 };
	TPM2B_ID_OBJECT id = { 0 };
	TPM2B_DIGEST *out = NULL;
	ESYS_TR ek = ESYS_TR_NONE, ak = ESYS_TR_NONE;
	bool ok;

	if (!parse_blob(blob, len, &id, &sealed))
		return fail("tre.credential.encoding", "no credential that 'trustgate tre credential make' or tpm2_makecredential wrote", result);
	ok = tre_key_find(s, TRE_KEY_EK, &ek, NULL, NULL, result) &&
	     key_there(TRE_KEY_EK, ek, result) &&
	     tre_key_find(s, TRE_KEY_AK, &ak, NULL, NULL, result) &&
	     key_there(TRE_KEY_AK, ak, result) &&
	     activate(s, ek, ak, &id, &sealed, &out, result);
	if (ok && out->size != TRE_SECRET_LEN)
		ok = fail("tre.credential.secret", "the secret is not 32 octets (have it made by 'trustgate tre credential make')", result);
	if (ok)
		memcpy(secret, out->buffer, TRE_SECRET_LEN);
	Esys_Free(out);
	tre_ak_drop(s, &ek);
	tre_ak_drop(s, &ak);
	return ok;
}
