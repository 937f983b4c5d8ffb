// SPDX-License-Identifier: GPL-2.0-or-later
/* The policies of the anchor's index, computed as the TPM does: TPM2 Part 3, 23. */
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <tss2/tss2_mu.h>
#include "tre/anchor_nv.h"
#include "tre/internal.h"

#define ARGS_MAX	(2 * sizeof(TPMU_NAME) + TRE_ANCHOR_SIZE + 16)

/* Octets of a command's digest, appended piece by piece. */
struct octets {
	uint8_t buf[ARGS_MAX];
	size_t len;
	bool bad;
};

static void add(struct octets *o, const void *p, size_t len)
{
	if (o->bad || len > sizeof(o->buf) - o->len) {
		o->bad = true;
		return;
	}
	memcpy(o->buf + o->len, p, len);
	o->len += len;
}

static void add_number(struct octets *o, uint32_t v, size_t octets)
{
	uint8_t be[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	add(o, be + 4 - octets, octets);
}

static bool hash(const struct octets *o, uint8_t out[TRE_DIGEST_LEN])
{
	return !o->bad && EVP_Digest(o->buf, o->len, out, NULL, EVP_sha256(), NULL) == 1;
}

/* The next value of @policy: its old one, the command, and what it is about. */
static bool extend(uint8_t policy[TRE_DIGEST_LEN], TPM2_CC cc, const void *args, size_t len)
{
	struct octets o = { .len = 0 };

	add(&o, policy, TRE_DIGEST_LEN);
	add_number(&o, cc, 4);
	add(&o, args, len);
	return hash(&o, policy);
}

/* TPM2 Part 1, 16: the digest's algorithm, and the digest of the public area. */
static bool make_name(const uint8_t *public, size_t len, TPM2B_NAME *name)
{
	name->size = 2 + TRE_DIGEST_LEN;
	name->name[0] = TPM2_ALG_SHA256 >> 8;
	name->name[1] = TPM2_ALG_SHA256 & 0xff;
	return EVP_Digest(public, len, name->name + 2, NULL, EVP_sha256(), NULL) == 1;
}

void tre_anchor_public(const struct tre_vendor *vendor, TPMS_NV_PUBLIC *out)
{
	*out = (TPMS_NV_PUBLIC) {
		.nvIndex = TRE_NV_ANCHOR,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPMA_NV_POLICYWRITE | TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD |
			      TPMA_NV_NO_DA,
		.authPolicy.size = TRE_DIGEST_LEN,
		.dataSize = TRE_ANCHOR_SIZE,
	};
	memcpy(out->authPolicy.buffer, vendor->policy, TRE_DIGEST_LEN);
}

static bool nv_name(const struct tre_vendor *vendor, bool written, TPM2B_NAME *name)
{
	uint8_t buf[sizeof(TPMS_NV_PUBLIC)];
	TPMS_NV_PUBLIC public;
	size_t len = 0;

	tre_anchor_public(vendor, &public);
	if (written)
		public.attributes |= TPMA_NV_WRITTEN;
	return !Tss2_MU_TPMS_NV_PUBLIC_Marshal(&public, buf, sizeof(buf), &len) &&
	       make_name(buf, len, name);
}

bool tre_anchor_cphash(const struct tre_vendor *vendor, const struct tre_anchor *a, bool written,
		       TPM2B_DIGEST *out)
{
	struct octets o = { .len = 0 };
	uint8_t record[TRE_ANCHOR_SIZE];
	TPM2B_NAME name;
	size_t len = tre_anchor_encode(a, record);

	if (!nv_name(vendor, written, &name))
		return false;
	add_number(&o, TPM2_CC_NV_Write, 4);
	/* The index is its own authority. */
	add(&o, name.name, name.size);
	add(&o, name.name, name.size);
	add_number(&o, (uint32_t)len, 2);
	add(&o, record, len);
	add_number(&o, 0, 2);
	out->size = TRE_DIGEST_LEN;
	return hash(&o, out->buffer);
}

static bool add_write(const struct tre_vendor *vendor, const struct tre_anchor *a, bool written,
		      uint8_t policy[TRE_DIGEST_LEN])
{
	TPM2B_DIGEST cp;

	return tre_anchor_cphash(vendor, a, written, &cp) &&
	       extend(policy, TPM2_CC_PolicyCpHash, cp.buffer, cp.size);
}

/* The version in the index, its first eight octets, is below this one's. */
static bool add_newer(const struct tre_vendor *vendor, const struct tre_anchor *a,
		      uint8_t policy[TRE_DIGEST_LEN])
{
	uint8_t record[TRE_ANCHOR_SIZE], digest[TRE_DIGEST_LEN];
	struct octets args = { .len = 0 };
	TPM2B_NAME name;

	tre_anchor_encode(a, record);
	add(&args, record, 8);
	add_number(&args, 0, 2);
	add_number(&args, TPM2_EO_UNSIGNED_LT, 2);
	if (!hash(&args, digest) || !nv_name(vendor, true, &name))
		return false;
	args.len = 0;
	add(&args, digest, sizeof(digest));
	add(&args, name.name, name.size);
	return !args.bad && extend(policy, TPM2_CC_PolicyNV, args.buf, args.len);
}

bool tre_anchor_policies(const struct tre_vendor *vendor, const struct tre_anchor *a,
			 struct tre_anchor_policies *out)
{
	static const uint8_t no = TPM2_NO;

	memset(out, 0, sizeof(*out));
	return extend(out->first, TPM2_CC_PolicyNvWritten, &no, 1) &&
	       add_write(vendor, a, false, out->first) &&
	       add_newer(vendor, a, out->update) &&
	       add_write(vendor, a, true, out->update);
}

/* PolicyAuthorize: the key's name, and then what kind of policies it signs. */
static bool set_policy(struct tre_vendor *vendor)
{
	static const char ref[] = TRE_ANCHOR_REF;
	struct octets o = { .len = 0 };

	memset(vendor->policy, 0, TRE_DIGEST_LEN);
	if (!extend(vendor->policy, TPM2_CC_PolicyAuthorize, vendor->name.name, vendor->name.size))
		return false;
	add(&o, vendor->policy, TRE_DIGEST_LEN);
	add(&o, ref, sizeof(ref) - 1);
	return hash(&o, vendor->policy);
}

static bool set_public(EVP_PKEY *key, struct tre_vendor *out)
{
	uint8_t point[65], buf[TRE_PUBLIC_MAX];
	char group[32] = "";
	size_t len = 0;
	TPMT_PUBLIC *pub = &out->public.publicArea;

	if (!EVP_PKEY_is_a(key, "EC") ||
	    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
					   NULL) != 1 || strcmp(group, "prime256v1") ||
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
					    sizeof(point), &len) != 1 ||
	    len != sizeof(point) || point[0] != 4)
		return false;
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
	len = 0;
	return !Tss2_MU_TPMT_PUBLIC_Marshal(pub, buf, sizeof(buf), &len) &&
	       make_name(buf, len, &out->name);
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
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = key && set_public(key, out) && set_policy(out);
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (!ok)
		tre_set(result, TRE_FAIL, "tre.anchor.key",
			"the vendor's key is no public key of EC P-256 in PEM (export it with 'openssl pkey -pubout')");
	return ok;
}
