// SPDX-License-Identifier: GPL-2.0-or-later
/* The key whose signatures a policy obeys, and PolicyAuthorize with one of them. */
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include "tre/internal.h"
#include "tre/steps.h"
#include "tre/vendor.h"
#include "tre/verify.h"

bool tre_vendor_point(const uint8_t point[TRE_POINT_LEN], struct tre_vendor *out,
		      struct tre_result *result)
{
	TPMT_PUBLIC *pub = &out->public.publicArea;

	memset(out, 0, sizeof(*out));
	memcpy(out->point, point, TRE_POINT_LEN);
	*pub = (TPMT_PUBLIC) {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH,
		.parameters.eccDetail = {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
		.unique.ecc = { .x.size = 32, .y.size = 32 },
	};
	memcpy(pub->unique.ecc.x.buffer, point + 1, 32);
	memcpy(pub->unique.ecc.y.buffer, point + 33, 32);
	if (point[0] == 4 && tre_name_of(pub, &out->name))
		return true;
	tre_set(result, TRE_FAIL, "tre.vendor.point",
		"the authority's key is no uncompressed point of P-256 (take the file unaltered)");
	return false;
}

static bool get_point(EVP_PKEY *key, uint8_t point[TRE_POINT_LEN])
{
	char group[32] = "";
	size_t len = 0;

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group,
					      sizeof(group), NULL) == 1 &&
	       !strcmp(group, "prime256v1") &&
	       EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
					       TRE_POINT_LEN, &len) == 1 && len == TRE_POINT_LEN;
}

static EVP_PKEY *read_key(const void *pem, size_t len)
{
	BIO *bio = len <= INT32_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
	EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

	if (bio && !key && BIO_reset(bio) == 1) {
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		key = cert ? X509_get_pubkey(cert) : NULL;
		X509_free(cert);
	}
	BIO_free(bio);
	return key;
}

bool tre_vendor_load(const void *pem, size_t len, struct tre_vendor *out,
		     struct tre_result *result)
{
	EVP_PKEY *key = read_key(pem, len);
	uint8_t point[TRE_POINT_LEN];
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = key && get_point(key, point) && tre_vendor_point(point, out, result);
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (!ok)
		tre_set(result, TRE_FAIL, "tre.anchor.key",
			"the vendor's key is no public key of EC P-256 in PEM (export it with 'openssl pkey -pubout')");
	return ok;
}

bool tre_vendor_digest(const uint8_t policy[TRE_DIGEST_LEN], const char *ref,
		       uint8_t digest[TRE_DIGEST_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	     EVP_DigestUpdate(ctx, policy, TRE_DIGEST_LEN) == 1 &&
	     EVP_DigestUpdate(ctx, ref, strlen(ref)) == 1 &&
	     EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool tre_vendor_sign(EVP_PKEY *key, const uint8_t policy[TRE_DIGEST_LEN], const char *ref,
		     struct tre_sig *sig)
{
	uint8_t digest[TRE_DIGEST_LEN];
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok;

	sig->len = sizeof(sig->der);
	ok = ctx && tre_vendor_digest(policy, ref, digest) && EVP_PKEY_sign_init(ctx) == 1 &&
	     EVP_PKEY_sign(ctx, sig->der, &sig->len, digest, sizeof(digest)) == 1;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

/* The TPM's word that @vendor signed @digest. */
static bool ticket(struct tre_session *s, const struct tre_vendor *vendor,
		   const TPM2B_DIGEST *digest, const TPMT_SIGNATURE *sig, TPMT_TK_VERIFIED **out,
		   bool *refused, struct tre_result *result)
{
	ESYS_TR key = ESYS_TR_NONE;
	TSS2_RC rc;

	if (!tre_tpm_ok(Esys_LoadExternal(s->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
					  &vendor->public, ESYS_TR_RH_OWNER, &key),
			"TPM2_LoadExternal of the authority's key", result))
		return false;
	rc = Esys_VerifySignature(s->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, digest,
				  sig, out);
	tre_flush(s, &key);
	*refused = tre_rc_error(rc) == TPM2_RC_SIGNATURE;
	return tre_tpm_ok(rc, "TPM2_VerifySignature", result);
}

bool tre_vendor_authorize(struct tre_session *s, ESYS_TR session, const struct tre_vendor *vendor,
			  const uint8_t policy[TRE_DIGEST_LEN], const char *ref,
			  const struct tre_sig *sig, bool *refused, struct tre_result *result)
{
	TPM2B_DIGEST digest = { .size = TRE_DIGEST_LEN }, approved = { .size = TRE_DIGEST_LEN };
	TPM2B_NONCE reference = { .size = (UINT16)strlen(ref) };
	TPMT_TK_VERIFIED *verified = NULL;
	TPMT_SIGNATURE signature;
	bool ok;

	memcpy(reference.buffer, ref, reference.size);
	memcpy(approved.buffer, policy, TRE_DIGEST_LEN);
	*refused = !tre_ecdsa_signature(sig->der, sig->len, TPM2_ALG_SHA256, &signature);
	if (*refused || !tre_vendor_digest(policy, ref, digest.buffer)) {
		tre_set(result, TRE_FAIL, "tre.vendor.signature",
			"a signature is no ECDSA signature of P-256 (have it signed again)");
		return false;
	}
	ok = ticket(s, vendor, &digest, &signature, &verified, refused, result) &&
	     tre_tpm_ok(Esys_PolicyAuthorize(s->esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
					     ESYS_TR_NONE, &approved, &reference, &vendor->name,
					     verified), "TPM2_PolicyAuthorize", result);
	Esys_Free(verified);
	return ok;
}
