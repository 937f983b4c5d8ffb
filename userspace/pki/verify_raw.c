// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A signature over bytes as they came, without parsing and encoding what they say:
 * lists of revoked certificates are large. RSA, RSASSA-PSS (RFC 4055) and ECDSA.
 */
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "pki/crl_parse.h"

struct scheme {
	const EVP_MD *md, *mgf;
	int type;		/* EVP_PKEY_RSA or EVP_PKEY_EC */
	bool pss;
	int salt;
};

static const EVP_MD *digest_of(const X509_ALGOR *alg)
{
	return alg ? EVP_get_digestbyobj(alg->algorithm) : EVP_sha1();
}

static bool pss_scheme(const X509_ALGOR *alg, struct scheme *s)
{
	RSA_PSS_PARAMS *params = NULL;
	X509_ALGOR *hash = NULL;
	const void *value;
	int type;

	X509_ALGOR_get0(NULL, &type, &value, alg);
	if (type == V_ASN1_SEQUENCE)
		params = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (!params)
		return false;
	s->type = EVP_PKEY_RSA;
	s->pss = true;
	s->md = digest_of(params->hashAlgorithm);
	s->mgf = EVP_sha1();
	if (params->maskGenAlgorithm) {
		X509_ALGOR_get0(NULL, &type, &value, params->maskGenAlgorithm);
		if (OBJ_obj2nid(params->maskGenAlgorithm->algorithm) == NID_mgf1 &&
		    type == V_ASN1_SEQUENCE)
			hash = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
		s->mgf = hash ? digest_of(hash) : NULL;
		X509_ALGOR_free(hash);
	}
	s->salt = params->saltLength ? (int)ASN1_INTEGER_get(params->saltLength) : 20;
	/* trailerFieldBC is the only one there is. */
	if (params->trailerField && ASN1_INTEGER_get(params->trailerField) != 1)
		s->md = NULL;
	RSA_PSS_PARAMS_free(params);
	return s->md && s->mgf && s->salt >= 0;
}

static bool find_scheme(const X509_ALGOR *alg, struct scheme *s)
{
	const ASN1_OBJECT *oid;
	int digest, key;

	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	if (OBJ_obj2nid(oid) == NID_rsassaPss)
		return pss_scheme(alg, s);
	if (!OBJ_find_sigid_algs(OBJ_obj2nid(oid), &digest, &key))
		return false;
	s->md = EVP_get_digestbynid(digest);
	s->type = key == NID_rsaEncryption ? EVP_PKEY_RSA :
		  key == NID_X9_62_id_ecPublicKey ? EVP_PKEY_EC : EVP_PKEY_NONE;
	return s->md && s->type != EVP_PKEY_NONE;
}

static bool key_fits(EVP_PKEY *key, const struct scheme *s)
{
	int id = EVP_PKEY_get_base_id(key);

	return id == s->type || (id == EVP_PKEY_RSA_PSS && s->pss);
}

bool pki_verify_raw(EVP_PKEY *key, const X509_ALGOR *alg, struct pki_der tbs,
		    struct pki_der signature)
{
	struct scheme s = { 0 };
	EVP_PKEY_CTX *pctx = NULL;
	EVP_MD_CTX *ctx;
	bool ok;

	if (!key || !find_scheme(alg, &s) || !key_fits(key, &s))
		return false;
	ctx = EVP_MD_CTX_new();
	ok = ctx && EVP_DigestVerifyInit(ctx, &pctx, s.md, NULL, key) == 1;
	if (ok && s.pss)
		ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, s.salt) > 0 &&
		     EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, s.mgf) > 0;
	ok = ok && EVP_DigestVerify(ctx, signature.data, signature.len, tbs.data, tbs.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}
