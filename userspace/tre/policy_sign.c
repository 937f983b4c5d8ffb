// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signatures of reference policies: ECDSA over P-256 with SHA-256, and Ed25519. In the
 * file, so that a policy and its signature change places in one step.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "tre/internal.h"

/* Of what is signed: so that no signature made for something else fits. */
static const char label[] = "trustgate-policy-1";

static bool fail(char *err, size_t errlen, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static bool fail(char *err, size_t errlen, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, errlen, fmt, ap);
	va_end(ap);
	ERR_clear_error();
	return false;
}

/* NULL for a key that is neither. */
static const char *algorithm(EVP_PKEY *key)
{
	char curve[32] = "";

	if (EVP_PKEY_is_a(key, "ED25519"))
		return "ed25519";
	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof(curve),
					   NULL) == 1 &&
	    (!strcmp(curve, "prime256v1") || !strcmp(curve, "P-256")))
		return "ecdsa-p256";
	return NULL;
}

static const EVP_MD *digest_of(const char *alg)
{
	return !strcmp(alg, "ed25519") ? NULL : EVP_sha256();
}

/* Label, NUL included, and text; the caller's to free. */
static uint8_t *signed_octets(const char *text, size_t len)
{
	uint8_t *buf = malloc(sizeof(label) + len);

	if (buf) {
		memcpy(buf, label, sizeof(label));
		memcpy(buf + sizeof(label), text, len);
	}
	return buf;
}

static bool verifies(EVP_PKEY *key, const struct tre_policy *policy, const uint8_t *octets,
		     size_t len)
{
	const char *alg = algorithm(key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = ctx && alg && !strcmp(alg, policy->alg) &&
	     EVP_DigestVerifyInit(ctx, NULL, digest_of(alg), NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, policy->signature, policy->signature_len, octets, len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* Any of the keys of a file: while one replaces another there are two. */
static bool any_verifies(const struct tre_policy *policy, const uint8_t *octets, size_t len,
			 BIO *bio, unsigned int *keys)
{
	EVP_PKEY *key;
	bool ok = false;

	while (!ok && (key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL))) {
		++*keys;
		ok = verifies(key, policy, octets, len);
		EVP_PKEY_free(key);
	}
	return ok;
}

bool tre_policy_signed_by(const struct tre_policy *policy, const char *text, const char *pem,
			  size_t pem_len, char *err, size_t errlen)
{
	unsigned int keys = 0;
	uint8_t *octets;
	BIO *bio;
	bool ok;

	if (!policy->alg[0])
		return fail(err, errlen, "the policy is not signed (trustgate policy sign)");
	octets = signed_octets(text, policy->body);
	bio = BIO_new_mem_buf(pem, pem_len > TRE_KEY_MAX ? TRE_KEY_MAX : (int)pem_len);
	ok = octets && bio &&
	     any_verifies(policy, octets, sizeof(label) + policy->body, bio, &keys);
	BIO_free(bio);
	free(octets);
	ERR_clear_error();
	if (!ok && !keys)
		return fail(err, errlen, "the key's file has no public key in PEM (openssl pkey -pubout writes one)");
	return ok ? true :
	       fail(err, errlen, "the policy is not signed by the operator's key, or was changed since (trustgate policy sign)");
}

static EVP_PKEY *private_key(const char *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return key;
}

static char *signature_line(const char *alg, const uint8_t *sig, size_t len)
{
	size_t room = strlen(alg) + 2 * len + 16, n, i;
	char *line = malloc(room);

	if (!line)
		return NULL;
	n = (size_t)snprintf(line, room, "signature %s ", alg);
	for (i = 0; i < len; i++)
		n += (size_t)snprintf(line + n, room - n, "%02x", sig[i]);
	snprintf(line + n, room - n, "\n");
	return line;
}

static char *make_line(EVP_PKEY *key, const char *alg, const uint8_t *octets, size_t len)
{
	uint8_t sig[TRE_SIGNATURE_MAX];
	size_t sig_len = sizeof(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char *line = NULL;

	if (octets && ctx && EVP_DigestSignInit(ctx, NULL, digest_of(alg), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, &sig_len, octets, len) == 1)
		line = signature_line(alg, sig, sig_len);
	EVP_MD_CTX_free(ctx);
	return line;
}

bool tre_policy_sign(const char *text, size_t len, const char *pem, size_t pem_len, char **line,
		     char *err, size_t errlen)
{
	EVP_PKEY *key = private_key(pem, pem_len);
	const char *alg = key ? algorithm(key) : NULL;
	uint8_t *octets = NULL;

	*line = NULL;
	if (alg) {
		octets = signed_octets(text, len);
		*line = make_line(key, alg, octets, sizeof(label) + len);
		free(octets);
	}
	EVP_PKEY_free(key);
	if (*line)
		return true;
	if (!key)
		return fail(err, errlen, "no private key in PEM (openssl genpkey makes one)");
	if (!alg)
		return fail(err, errlen, "neither an EC key over P-256 nor an Ed25519 one (openssl genpkey -algorithm ed25519)");
	return fail(err, errlen, "it can't be signed: OpenSSL refuses (is the key whole?)");
}
