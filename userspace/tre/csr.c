// SPDX-License-Identifier: GPL-2.0-or-later
/* A request for a certificate of the IKE key, signed in the TPM. */
#include <string.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "tre/attest.h"
#include "tre/internal.h"
#include "tre/provision.h"
#include "tre/sign.h"

static bool add_name(X509_REQ *req, const char *identity)
{
	STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	X509_EXTENSION *ext = NULL;
	bool ok = exts && names && name && text && ASN1_STRING_set(text, identity, -1) == 1;

	if (ok) {
		GENERAL_NAME_set0_value(name, GEN_DNS, text);
		text = NULL;
		ok = sk_GENERAL_NAME_push(names, name) > 0;
		name = ok ? NULL : name;
	}
	ext = ok ? X509V3_EXT_i2d(NID_subject_alt_name, 0, names) : NULL;
	ok = ext && sk_X509_EXTENSION_push(exts, ext) > 0;
	if (!ok)
		X509_EXTENSION_free(ext);
	ok = ok && X509_REQ_add_extensions(req, exts) == 1;
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	GENERAL_NAMES_free(names);
	GENERAL_NAME_free(name);
	ASN1_IA5STRING_free(text);
	return ok;
}

/* A CN has at most 64 characters: X.520. A longer identity is in the subjectAltName. */
static bool set_subject(X509_REQ *req, const char *identity)
{
	X509_NAME *name = X509_REQ_get_subject_name(req);

	return strlen(identity) > 64 ||
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)identity, -1,
					  -1, 0) == 1;
}

static X509_REQ *make_request(EVP_PKEY *key, const char *identity)
{
	X509_REQ *req = X509_REQ_new();

	if (req && X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
	    X509_REQ_set_pubkey(req, key) == 1 && set_subject(req, identity) &&
	    add_name(req, identity))
		return req;
	X509_REQ_free(req);
	return NULL;
}

/* ECDSA-Sig-Value; *@der is for OPENSSL_free(). */
static int signature_der(const TPMS_SIGNATURE_ECDSA *s, uint8_t **der)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(s->signatureR.buffer, s->signatureR.size, NULL);
	BIGNUM *v = BN_bin2bn(s->signatureS.buffer, s->signatureS.size, NULL);
	int len = -1;

	*der = NULL;
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

bool tre_sign(struct tre_session *s, ESYS_TR key, ESYS_TR session,
	      const uint8_t sha256[TRE_DIGEST_LEN], uint8_t **der, size_t *len,
	      struct tre_result *result)
{
	static const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL };
	static const TPMT_TK_HASHCHECK unchecked = {
		.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL,
	};
	TPM2B_DIGEST digest = { .size = TRE_DIGEST_LEN };
	TPMT_SIGNATURE *sig = NULL;
	int n;

	*der = NULL;
	memcpy(digest.buffer, sha256, TRE_DIGEST_LEN);
	if (!tre_tpm_ok(Esys_Sign(s->esys, key, session, ESYS_TR_NONE, ESYS_TR_NONE,
				  &digest, &scheme, &unchecked, &sig), "TPM2_Sign", result))
		return false;
	n = signature_der(&sig->signature.ecdsa, der);
	Esys_Free(sig);
	*len = n > 0 ? (size_t)n : 0;
	if (n <= 0)
		tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
	return n > 0;
}

/*
 * The signature's algorithm is set, what it covers encoded, and the signature put
 * beside it: OpenSSL has no key to make it with.
 */
bool tre_request_sign(struct tre_session *s, ESYS_TR key, ESYS_TR session, X509_REQ *req,
		      struct tre_result *result)
{
	X509_ALGOR *alg = X509_ALGOR_new();
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	uint8_t *tbs = NULL, *der = NULL, digest[TRE_DIGEST_LEN];
	size_t der_len;
	bool ok = false;
	int len;

	len = i2d_re_X509_REQ_tbs(req, &tbs);
	if (alg && bits && len > 0 &&
	    EVP_Digest(tbs, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1 &&
	    tre_sign(s, key, session, digest, &der, &der_len, result)) {
		ok = X509_ALGOR_set0(alg, OBJ_nid2obj(NID_ecdsa_with_SHA256), V_ASN1_UNDEF,
				     NULL) == 1 &&
		     ASN1_STRING_set(bits, der, (int)der_len) == 1 &&
		     X509_REQ_set1_signature_algo(req, alg) == 1;
		if (ok) {
			/* No unused bits in the last octet. */
			bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
			bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
			X509_REQ_set0_signature(req, bits);
			bits = NULL;
		}
	}
	OPENSSL_free(tbs);
	OPENSSL_free(der);
	ASN1_BIT_STRING_free(bits);
	X509_ALGOR_free(alg);
	return ok;
}

static bool request(struct tre_session *s, ESYS_TR key, ESYS_TR session,
		    const TPMT_PUBLIC *pub, const char *identity, uint8_t **der, size_t *len,
		    struct tre_result *result)
{
	EVP_PKEY *public = tre_ecc_key(&pub->unique.ecc);
	X509_REQ *req = public ? make_request(public, identity) : NULL;
	int n = -1;

	/* Overwritten by whatever goes wrong at the TPM. */
	tre_set(result, TRE_UNAVAILABLE, "tre.csr", "no request could be made (look at OpenSSL)");
	if (req && tre_request_sign(s, key, session, req, result))
		n = i2d_X509_REQ(req, der);
	*len = n > 0 ? (size_t)n : 0;
	X509_REQ_free(req);
	EVP_PKEY_free(public);
	ERR_clear_error();
	return n > 0;
}

bool tre_csr_make(struct tre_session *s, const struct tre_approval *approval,
		  const char *identity, uint8_t **der, size_t *len, struct tre_result *result)
{
	struct tre_ike ike;
	bool ok;

	*der = NULL;
	*len = 0;
	ok = tre_ike_open(s, &ike, result) && tre_ike_use(s, &ike, approval, result) &&
	     request(s, ike.key, ike.session, &ike.public, identity, der, len, result);
	tre_ike_close(s, &ike);
	return ok;
}

static bool request_name(X509_REQ *req, char identity[TRE_IDENTITY_MAX + 1])
{
	STACK_OF(X509_EXTENSION) *exts = X509_REQ_get_extensions(req);
	GENERAL_NAMES *names = X509V3_get_d2i(exts, NID_subject_alt_name, NULL, NULL);
	const GENERAL_NAME *name = names && sk_GENERAL_NAME_num(names) == 1 ?
				   sk_GENERAL_NAME_value(names, 0) : NULL;
	int len = name && name->type == GEN_DNS ? ASN1_STRING_length(name->d.dNSName) : 0;
	bool ok = len > 0 && len <= TRE_IDENTITY_MAX &&
		  !memchr(ASN1_STRING_get0_data(name->d.dNSName), 0, (size_t)len);

	if (ok) {
		memcpy(identity, ASN1_STRING_get0_data(name->d.dNSName), (size_t)len);
		identity[len] = 0;
	}
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return ok;
}

bool tre_csr_check(const uint8_t *der, size_t len, EVP_PKEY *key,
		   char identity[TRE_IDENTITY_MAX + 1], struct tre_result *result)
{
	const uint8_t *p = der;
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)len);
	EVP_PKEY *own = req ? X509_REQ_get0_pubkey(req) : NULL;
	const char *why = NULL;

	memset(result, 0, sizeof(*result));
	if (!own || p != der + len)
		why = "the request is not one PKCS#10";
	else if (EVP_PKEY_eq(own, key) != 1)
		why = "the request is for another key than the TPM's IKE key";
	else if (X509_REQ_verify(req, own) != 1)
		why = "the request is not signed by its key";
	else if (!request_name(req, identity))
		why = "the request has not one dNSName";
	X509_REQ_free(req);
	ERR_clear_error();
	if (why)
		tre_set(result, TRE_FAIL, "tre.csr.bad", "%s (provision the box again)", why);
	else
		tre_set(result, TRE_PASS, "tre.csr.good", "for %s", identity);
	return !why;
}
