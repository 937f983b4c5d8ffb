// SPDX-License-Identifier: GPL-2.0-or-later
/* The attestation key and its signature, verified with OpenSSL. */
#include <pthread.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <tss2/tss2_mu.h>
#include "tre/attest.h"
#include "tre/internal.h"

#define COORD_LEN	32	/* P-256 */

/* Only what could not sign a forged attestation: all of ours, and not a decryption key. */
static bool is_ak(const TPMT_PUBLIC *pub)
{
	const TPMS_ECC_PARMS *ecc = &pub->parameters.eccDetail;

	return pub->type == TPM2_ALG_ECC && pub->nameAlg == TPM2_ALG_SHA256 &&
	       (pub->objectAttributes & TRE_AK_ATTRIBUTES) == TRE_AK_ATTRIBUTES &&
	       !(pub->objectAttributes & TPMA_OBJECT_DECRYPT) &&
	       ecc->curveID == TPM2_ECC_NIST_P256 && ecc->scheme.scheme == TPM2_ALG_ECDSA &&
	       ecc->scheme.details.ecdsa.hashAlg == TPM2_ALG_SHA256;
}

/* TPMs may leave leading zeros out. */
static bool put_coord(uint8_t *to, const TPM2B_ECC_PARAMETER *coord)
{
	if (!coord->size || coord->size > COORD_LEN)
		return false;
	memcpy(to + COORD_LEN - coord->size, coord->buffer, coord->size);
	return true;
}

static EVP_PKEY *p256;

static void make_p256(void)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0),
		OSSL_PARAM_END,
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &p256, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		p256 = NULL;
	EVP_PKEY_CTX_free(ctx);
}

/*
 * A copy of the bare curve and the point in it: a quarter of what it takes OpenSSL to
 * make the curve from its name, which is a third of verifying a signature.
 */
EVP_PKEY *tre_ecc_key(const TPMS_ECC_POINT *point)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint8_t octets[1 + 2 * COORD_LEN] = { POINT_CONVERSION_UNCOMPRESSED };
	EVP_PKEY *key;

	pthread_once(&once, make_p256);
	key = p256 ? EVP_PKEY_dup(p256) : NULL;
	/* A point that isn't on the curve is refused by OpenSSL. */
	if (key && put_coord(octets + 1, &point->x) && put_coord(octets + 1 + COORD_LEN, &point->y) &&
	    EVP_PKEY_set1_encoded_public_key(key, octets, sizeof(octets)) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

bool tre_ak_key(const uint8_t *public, size_t len, EVP_PKEY **key, struct tre_result *result)
{
	TPM2B_PUBLIC pub = { 0 };
	size_t used = 0;

	*key = NULL;
	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(public, len, &used, &pub) || used != len) {
		tre_set(result, TRE_FAIL, "tre.ak.encoding",
			"the attestation key is not one TPM2B_PUBLIC (check the TPM)");
		return false;
	}
	if (!is_ak(&pub.publicArea)) {
		tre_set(result, TRE_FAIL, "tre.ak.attributes",
			"key type 0x%04x, attributes 0x%08x: not a restricted ECDSA P-256 key of this TPM (check the TPM)",
			pub.publicArea.type, pub.publicArea.objectAttributes);
		return false;
	}
	*key = tre_ecc_key(&pub.publicArea.unique.ecc);
	ERR_clear_error();
	if (!*key)
		tre_set(result, TRE_FAIL, "tre.ak.point",
			"the attestation key is no point of P-256 (check the TPM)");
	return *key != NULL;
}

/* DER of the signature, as OpenSSL wants it. The caller frees *@der. */
static int to_der(const TPMS_SIGNATURE_ECDSA *s, uint8_t **der)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = NULL, *v = NULL;
	int len = -1;

	*der = NULL;
	if (s->signatureR.size <= COORD_LEN && s->signatureS.size <= COORD_LEN) {
		r = BN_bin2bn(s->signatureR.buffer, s->signatureR.size, NULL);
		v = BN_bin2bn(s->signatureS.buffer, s->signatureS.size, NULL);
	}
	if (sig && r && v && ECDSA_SIG_set0(sig, r, v) == 1) {
		r = NULL;
		v = NULL;
		len = i2d_ECDSA_SIG(sig, der);
	}
	BN_free(r);
	BN_free(v);
	ECDSA_SIG_free(sig);
	return len;
}

static bool verify(EVP_PKEY *key, const uint8_t *data, size_t len, const TPMS_SIGNATURE_ECDSA *s)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *der;
	int der_len = to_der(s, &der);
	bool ok;

	ok = ctx && der_len > 0 &&
	     EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, der, (size_t)der_len, data, len) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

bool tre_signature_check(EVP_PKEY *key, const uint8_t *attest, size_t attest_len,
			 const uint8_t *sig, size_t sig_len, struct tre_result *result)
{
	TPMT_SIGNATURE signature = { 0 };
	size_t used = 0;

	if (Tss2_MU_TPMT_SIGNATURE_Unmarshal(sig, sig_len, &used, &signature) ||
	    used != sig_len) {
		tre_set(result, TRE_FAIL, "tre.signature.encoding",
			"the signature is not one TPMT_SIGNATURE (check the TPM)");
		return false;
	}
	if (signature.sigAlg != TPM2_ALG_ECDSA ||
	    signature.signature.ecdsa.hash != TPM2_ALG_SHA256) {
		tre_set(result, TRE_FAIL, "tre.signature.scheme",
			"signature scheme 0x%04x with hash 0x%04x, not ECDSA with SHA-256 (check the TPM)",
			signature.sigAlg, signature.signature.any.hashAlg);
		return false;
	}
	if (!verify(key, attest, attest_len, &signature.signature.ecdsa)) {
		tre_set(result, TRE_FAIL, "tre.signature",
			"the quote is not signed by the attestation key (check what lies between here and the TPM)");
		return false;
	}
	return true;
}
