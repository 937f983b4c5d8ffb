// SPDX-License-Identifier: GPL-2.0-or-later
/* The record's octets: keys ascend, libcbor writes the shortest heads; and its signature. */
#include "devid/binding_internal.h"

#include <string.h>
#include <cbor.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "pki/internal.h"

struct out {
	uint8_t data[DEVID_RECORD_MAX];
	size_t len;
	bool failed;
};

static void wrote(struct out *o, size_t n)
{
	o->len += n;
	o->failed |= !n;
}

#define PUT(o, fn, value) wrote((o), fn((value), (o)->data + (o)->len, sizeof((o)->data) - (o)->len))

static void put_octets(struct out *o, const void *data, size_t len)
{
	if (o->failed || len > sizeof(o->data) - o->len) {
		o->failed = true;
		return;
	}
	memcpy(o->data + o->len, data, len);
	o->len += len;
}

static void put_uint(struct out *o, enum binding_field key, uint64_t v)
{
	PUT(o, cbor_encode_uint, (uint64_t)key);
	PUT(o, cbor_encode_uint, v);
}

static void put_bytes(struct out *o, const void *data, size_t len)
{
	PUT(o, cbor_encode_bytestring_start, len);
	put_octets(o, data, len);
}

static void put_field(struct out *o, enum binding_field key, struct pki_der der)
{
	if (!der.len)
		return;
	PUT(o, cbor_encode_uint, (uint64_t)key);
	put_bytes(o, der.data, der.len);
}

static void put_map(struct out *o, const struct devid_binding *b)
{
	PUT(o, cbor_encode_map_start, (size_t)(b->ca.len ? 8 : 7));
	put_uint(o, BINDING_F_VERSION, BINDING_VERSION);
	put_uint(o, BINDING_F_SOLUTION, b->solution);
	put_uint(o, BINDING_F_STATUS, b->status);
	put_uint(o, BINDING_F_TIME, (uint64_t)b->time_s);
	PUT(o, cbor_encode_uint, (uint64_t)BINDING_F_IMEI);
	PUT(o, cbor_encode_string_start, strlen(b->imei));
	put_octets(o, b->imei, strlen(b->imei));
	put_field(o, BINDING_F_SIGNER, (struct pki_der){ b->signer, sizeof(b->signer) });
	put_field(o, BINDING_F_CERTIFICATE, b->certificate);
	put_field(o, BINDING_F_PUBLIC_KEY, b->public_key);
	put_field(o, BINDING_F_CA, b->ca);
}

bool binding_encodable(const struct devid_binding *b, struct devid_result *result)
{
	const char *what = NULL;

	if (b->solution != DEVID_X && b->solution != DEVID_Y)
		what = "the solution is neither x nor y";
	else if (b->status != DEVID_ACTIVE && b->status != DEVID_WITHDRAWN)
		what = "the status is neither active nor withdrawn";
	else if (b->time_s < 0)
		what = "the time is before 1970";
	else if (b->solution == DEVID_X ? !b->certificate.len || b->public_key.len :
		 !b->public_key.len || b->certificate.len || b->ca.len)
		what = "x has a certificate and no bare key, y a key alone";
	else if (b->certificate.len > DEVID_CERT_MAX || b->ca.len > DEVID_CERT_MAX ||
		 b->public_key.len > DEVID_KEY_MAX)
		what = "the certificate or key is too long";
	if (!what)
		return devid_imei_ok(b->imei, strnlen(b->imei, sizeof(b->imei)), result);
	devid_set(result, DEVID_BAD, "binding.content", "%s (give what the solution has)", what);
	return false;
}

bool devid_key_digest(EVP_PKEY *key, uint8_t digest[DEVID_DIGEST_LEN])
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	bool ok = len > 0 && EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return ok;
}

const char *binding_signer_problem(EVP_PKEY *key)
{
	return key ? pki_key_problem(key) : "there is none";
}

bool binding_signature_ok(EVP_PKEY *key, struct pki_der payload, struct pki_der signature)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md && EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestVerifyUpdate(md, BINDING_LABEL, sizeof(BINDING_LABEL)) == 1 &&
		  EVP_DigestVerifyUpdate(md, payload.data, payload.len) == 1 &&
		  EVP_DigestVerifyFinal(md, signature.data, signature.len) == 1;

	EVP_MD_CTX_free(md);
	return ok;
}

static bool sign(EVP_PKEY *key, const struct out *map, uint8_t sig[DEVID_SIG_MAX], size_t *len)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok;

	*len = DEVID_SIG_MAX;
	ok = md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestSignUpdate(md, BINDING_LABEL, sizeof(BINDING_LABEL)) == 1 &&
	     EVP_DigestSignUpdate(md, map->data, map->len) == 1 &&
	     EVP_DigestSignFinal(md, sig, len) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

size_t devid_binding_sign(struct devid_binding *b, EVP_PKEY *key, uint8_t out[DEVID_RECORD_MAX],
			  struct devid_result *result)
{
	struct out map = { 0 }, o = { 0 };
	uint8_t sig[DEVID_SIG_MAX];
	const char *problem = binding_signer_problem(key);
	size_t len;

	if (problem) {
		devid_set(result, DEVID_BAD, "binding.repository-key",
			  "the repository's key does not count: %s (make another)", problem);
		return 0;
	}
	if (!binding_encodable(b, result))
		return 0;
	devid_set(result, DEVID_INDETERMINATE, "binding.sign",
		  "the repository's key does not sign (is it a private key of RSA or EC?)");
	if (!devid_key_digest(key, b->signer))
		return 0;
	put_map(&map, b);
	if (map.failed || !sign(key, &map, sig, &len))
		return 0;
	PUT(&o, cbor_encode_array_start, 2);
	put_bytes(&o, map.data, map.len);
	put_bytes(&o, sig, len);
	if (o.failed)
		return 0;
	devid_set(result, DEVID_GOOD, "binding.ok", "signed");
	memcpy(out, o.data, o.len);
	return o.len;
}

const char *devid_status_name(enum devid_status status)
{
	return status == DEVID_ACTIVE ? "active" : status == DEVID_WITHDRAWN ? "withdrawn" : "?";
}
