// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which keys and signatures count: TS 33.310 6.1.1. A list of what is allowed,
 * not OpenSSL's security level alone, whose meaning changes between releases.
 */
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "pki/internal.h"

const char *pki_key_unusable(EVP_PKEY *key)
{
	int explicit_params = 0;
	BIGNUM *e = NULL;
	char group[64];
	bool odd;

	if (!key)
		return "public key does not parse";
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		/* With exponent 1 every signature fits. */
		odd = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
		      BN_is_odd(e) && !BN_is_one(e);
		BN_free(e);
		return odd ? NULL : "RSA exponent is 1 or even";
	case EVP_PKEY_EC:
		/* Parameters spelled out can describe a curve that only looks known
		 * (CVE-2020-0601): the name must be there.
		 */
		EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
				       &explicit_params);
		if (explicit_params ||
		    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
			return "EC key without a named curve";
		return NULL;
	}
	return "key is neither RSA nor EC";
}

const char *pki_key_problem(EVP_PKEY *key)
{
	const char *problem = pki_key_unusable(key);

	if (problem)
		return problem;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
		return EVP_PKEY_get_bits(key) < 256 ? "EC key below 256 bits" : NULL;
	return EVP_PKEY_get_bits(key) < 2048 ? "RSA key below 2048 bits" : NULL;
}

static bool digest_allowed(int nid)
{
	return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

/* RFC 4055 3.1: without parameters, or without a hash in them, it's SHA-1. */
static int pss_digest(const X509_ALGOR *alg)
{
	RSA_PSS_PARAMS *params = NULL;
	int nid = NID_undef, type;
	const void *value;

	X509_ALGOR_get0(NULL, &type, &value, alg);
	if (type == V_ASN1_SEQUENCE)
		params = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (params)
		nid = params->hashAlgorithm ? OBJ_obj2nid(params->hashAlgorithm->algorithm) :
		      NID_sha1;
	RSA_PSS_PARAMS_free(params);
	return nid;
}

int pki_sigalg_digest(const X509_ALGOR *alg)
{
	const ASN1_OBJECT *oid;
	int nid, digest, key;

	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	nid = OBJ_obj2nid(oid);
	if (nid == NID_rsassaPss)
		return pss_digest(alg);
	if (!OBJ_find_sigid_algs(nid, &digest, &key) ||
	    (key != NID_rsaEncryption && key != NID_X9_62_id_ecPublicKey))
		return NID_undef;
	return digest;
}

const char *pki_sigalg_problem(const X509_ALGOR *alg)
{
	int digest = pki_sigalg_digest(alg);

	if (digest == NID_undef)
		return "signature is neither RSA nor ECDSA over a digest known";
	return digest_allowed(digest) ? NULL : "signature digest is not SHA-256, 384 or 512";
}

bool pki_sha1_allowed(const struct pki_sha1 *policy, int64_t made)
{
	return policy->mode == PKI_SHA1_ALLOW ||
	       (policy->mode == PKI_SHA1_LEGACY && made < policy->before);
}

bool pki_critical_known(const X509 *cert)
{
	int i;

	for (i = 0; i < X509_get_ext_count(cert); i++) {
		X509_EXTENSION *ext = X509_get_ext(cert, i);

		if (!X509_EXTENSION_get_critical(ext) || X509_supported_extension(ext))
			continue;
		/* Processed here and not by OpenSSL, which doesn't list it. */
		if (OBJ_obj2nid(X509_EXTENSION_get_object(ext)) != NID_id_pkix_OCSP_noCheck)
			return false;
	}
	return true;
}
