// SPDX-License-Identifier: GPL-2.0-or-later
/* A certificate's signature and its issuer's key, as a TPM wants them. */
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "tre/internal.h"
#include "tre/verify.h"

static TPMI_ALG_HASH tpm_hash(int nid)
{
	switch (nid) {
	case NID_sha1:
		return TPM2_ALG_SHA1;
	case NID_sha256:
		return TPM2_ALG_SHA256;
	case NID_sha384:
		return TPM2_ALG_SHA384;
	case NID_sha512:
		return TPM2_ALG_SHA512;
	default:
		return TPM2_ALG_NULL;
	}
}

static bool set_ec_key(EVP_PKEY *key, TPMT_PUBLIC *pub)
{
	static const struct { const char *group; TPMI_ECC_CURVE curve; } curves[] = {
		{ "prime256v1", TPM2_ECC_NIST_P256 }, { "secp384r1", TPM2_ECC_NIST_P384 },
		{ "secp521r1", TPM2_ECC_NIST_P521 },
	};
	uint8_t point[1 + 2 * 66];
	char group[32] = "";
	size_t len = 0, half, i;

	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
					   NULL) != 1 ||
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
					    sizeof(point), &len) != 1 || len < 3 || point[0] != 4)
		return false;
	pub->type = TPM2_ALG_ECC;
	pub->parameters.eccDetail = (TPMS_ECC_PARMS) {
		.symmetric.algorithm = TPM2_ALG_NULL, .scheme.scheme = TPM2_ALG_NULL,
		.kdf.scheme = TPM2_ALG_NULL,
	};
	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (!strcmp(group, curves[i].group))
			pub->parameters.eccDetail.curveID = curves[i].curve;
	}
	half = len / 2;
	pub->unique.ecc.x.size = (UINT16)half;
	pub->unique.ecc.y.size = (UINT16)half;
	memcpy(pub->unique.ecc.x.buffer, point + 1, half);
	memcpy(pub->unique.ecc.y.buffer, point + 1 + half, half);
	return pub->parameters.eccDetail.curveID != TPM2_ECC_NONE;
}

static bool set_rsa_key(EVP_PKEY *key, TPMT_PUBLIC *pub)
{
	BIGNUM *n = NULL, *e = NULL;
	int len;
	bool ok;

	pub->type = TPM2_ALG_RSA;
	pub->parameters.rsaDetail = (TPMS_RSA_PARMS) {
		.symmetric.algorithm = TPM2_ALG_NULL, .scheme.scheme = TPM2_ALG_NULL,
	};
	ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	     EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1;
	len = ok ? BN_num_bytes(n) : 0;
	ok = ok && len <= (int)sizeof(pub->unique.rsa.buffer) && BN_num_bits(e) <= 32;
	if (ok) {
		pub->parameters.rsaDetail.keyBits = (TPMI_RSA_KEY_BITS)BN_num_bits(n);
		/* 0 stands for 65537, the only one that all TPMs know. */
		pub->parameters.rsaDetail.exponent =
			BN_is_word(e, 65537) ? 0 : (UINT32)BN_get_word(e);
		pub->unique.rsa.size = (UINT16)len;
		BN_bn2bin(n, pub->unique.rsa.buffer);
	}
	BN_free(n);
	BN_free(e);
	return ok;
}

/* NULL, or the rule by which no TPM can have such a key. */
static const char *set_key(EVP_PKEY *key, TPMT_PUBLIC *pub)
{
	pub->nameAlg = TPM2_ALG_SHA256;
	pub->objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH;
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_EC:
		return set_ec_key(key, pub) ? NULL : "tre.verify.curve";
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return set_rsa_key(key, pub) ? NULL : "tre.verify.rsa";
	default:
		return "tre.verify.key-type";
	}
}

static bool put_number(const BIGNUM *n, TPM2B_ECC_PARAMETER *out)
{
	int len = BN_num_bytes(n);

	if (BN_is_negative(n) || !len || len > (int)sizeof(out->buffer))
		return false;
	out->size = (UINT16)len;
	return BN_bn2bin(n, out->buffer) == len;
}

bool tre_ecdsa_signature(const uint8_t *der, size_t len, TPMI_ALG_HASH hash, TPMT_SIGNATURE *out)
{
	const uint8_t *p = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	TPMS_SIGNATURE_ECDSA *ec = &out->signature.ecdsa;
	bool ok;

	memset(out, 0, sizeof(*out));
	out->sigAlg = TPM2_ALG_ECDSA;
	ec->hash = hash;
	ok = sig && p == der + len && put_number(ECDSA_SIG_get0_r(sig), &ec->signatureR) &&
	     put_number(ECDSA_SIG_get0_s(sig), &ec->signatureS);
	ECDSA_SIG_free(sig);
	ERR_clear_error();
	return ok;
}

static bool rsa_signature(const ASN1_BIT_STRING *bits, TPMI_ALG_SIG_SCHEME scheme,
			  TPMI_ALG_HASH hash, TPMT_SIGNATURE *out)
{
	TPMS_SIGNATURE_RSA *rsa = &out->signature.rsassa;
	int len = ASN1_STRING_length(bits);

	memset(out, 0, sizeof(*out));
	if (len <= 0 || len > (int)sizeof(rsa->sig.buffer))
		return false;
	out->sigAlg = scheme;
	rsa->hash = hash;
	rsa->sig.size = (UINT16)len;
	memcpy(rsa->sig.buffer, ASN1_STRING_get0_data(bits), (size_t)len);
	return true;
}

static int algorithm(const X509_ALGOR *alg)
{
	const ASN1_OBJECT *oid;

	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	return OBJ_obj2nid(oid);
}

/*
 * RFC 4055: NULL, or the rule by which no TPM does it: the TPM's mask is made with
 * the hash of the message, and its salt is as long as that hash (TPM2 Part 1, B.7).
 */
static const char *pss_hash(const X509_ALGOR *alg, int *nid)
{
	RSA_PSS_PARAMS *p = NULL;
	X509_ALGOR *mask = NULL;
	const void *value;
	int type, salt = 20, mgf = NID_sha1;

	*nid = NID_sha1;
	X509_ALGOR_get0(NULL, &type, &value, alg);
	if (type == V_ASN1_SEQUENCE)
		p = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (!p)
		return "tre.verify.pss-parameters";
	if (p->hashAlgorithm)
		*nid = algorithm(p->hashAlgorithm);
	if (p->maskGenAlgorithm) {
		X509_ALGOR_get0(NULL, &type, &value, p->maskGenAlgorithm);
		if (type == V_ASN1_SEQUENCE)
			mask = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
		mgf = mask ? algorithm(mask) : NID_undef;
		X509_ALGOR_free(mask);
	}
	if (p->saltLength)
		salt = (int)ASN1_INTEGER_get(p->saltLength);
	RSA_PSS_PARAMS_free(p);
	if (mgf != *nid)
		return "tre.verify.pss-mask";
	return EVP_get_digestbynid(*nid) &&
	       salt == EVP_MD_get_size(EVP_get_digestbynid(*nid)) ? NULL : "tre.verify.pss-salt";
}

/* What is signed, its octets as they came: the first element of the certificate. */
static bool find_signed(struct tre_der cert, struct tre_der *out)
{
	const uint8_t *p = cert.data, *start;
	const uint8_t *end = cert.data + cert.len;
	int tag, class;
	long len;

	if (ASN1_get_object(&p, &len, &tag, &class, end - p) & 0x81 || tag != V_ASN1_SEQUENCE)
		return false;
	start = p;
	if (ASN1_get_object(&p, &len, &tag, &class, end - p) & 0x81 || tag != V_ASN1_SEQUENCE)
		return false;
	out->data = start;
	out->len = (size_t)(p - start) + (size_t)len;
	return true;
}

static bool hash_signed(struct tre_der cert, int nid, TPM2B_DIGEST *out)
{
	struct tre_der tbs;
	unsigned int n = 0;
	bool ok;

	ok = find_signed(cert, &tbs) &&
	     EVP_Digest(tbs.data, tbs.len, out->buffer, &n, EVP_get_digestbynid(nid), NULL) == 1;
	out->size = (UINT16)n;
	return ok;
}

/* False: not a signature of that algorithm, whoever looks at it. */
static bool set_signature(struct tre_der cert, const X509_ALGOR *alg, const ASN1_BIT_STRING *bits,
			  struct tre_link *link)
{
	int hash = NID_undef, key = NID_undef;
	TPMI_ALG_HASH h;

	if (algorithm(alg) == NID_rsassaPss) {
		link->fallback = pss_hash(alg, &hash);
		key = NID_rsassaPss;
	} else if (!OBJ_find_sigid_algs(algorithm(alg), &hash, &key)) {
		return false;
	}
	h = tpm_hash(hash);
	if (!link->fallback && h == TPM2_ALG_NULL)
		link->fallback = "tre.verify.hash";
	if (link->fallback)
		return true;
	if (!hash_signed(cert, hash, &link->digest))
		return false;
	if (link->issuer.publicArea.type == TPM2_ALG_ECC)
		return key == NID_X9_62_id_ecPublicKey &&
		       tre_ecdsa_signature(ASN1_STRING_get0_data(bits),
					   (size_t)ASN1_STRING_length(bits), h, &link->signature);
	return (key == NID_rsaEncryption || key == NID_rsassaPss) &&
	       rsa_signature(bits, key == NID_rsassaPss ? TPM2_ALG_RSAPSS : TPM2_ALG_RSASSA, h,
			     &link->signature);
}

bool tre_link_make(struct tre_der der, X509 *cert, X509 *issuer, struct tre_link *link,
		   struct tre_result *result)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	const ASN1_BIT_STRING *bits = NULL;
	const X509_ALGOR *alg = NULL;

	memset(link, 0, sizeof(*link));
	X509_get0_signature(&bits, &alg, cert);
	link->fallback = key ? set_key(key, &link->issuer.publicArea) : NULL;
	if (key && bits && alg &&
	    (link->fallback || set_signature(der, alg, bits, link)))
		return true;
	tre_set(result, TRE_FAIL, "tre.verify.encoding",
		"a certificate's signature is none by the key of the CA above it (refuse the peer)");
	return false;
}
