// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our own certificate and key. A key in the TPM never leaves it: the provider of
 * tpm2-openssl signs with it, and is loaded only then.
 */
#include "hems/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/store.h>

static const char *failed(const char *rule, char *why, size_t whylen, const char *what,
			  const char *remedy)
{
	unsigned long e = ERR_peek_last_error();
	const char *text = e ? ERR_reason_error_string(e) : NULL;

	snprintf(why, whylen, "%.80s: %.80s (%s)", what, text ? text : "there is none", remedy);
	ERR_clear_error();
	return rule;
}

static bool loaded;

/*
 * libssl takes the first provider that signs, and would have the default one sign with
 * the public half. The other one is preferred for this, and no longer: what the peer
 * signed is none of the TPM's business.
 */
void hems_prefer_tpm(bool on)
{
	if (loaded)
		EVP_set_default_properties(NULL, on ? "?tpm2.signature=yes" : "");
}

static bool load_provider(void)
{
	if (!loaded)
		loaded = OSSL_PROVIDER_load(NULL, "default") && OSSL_PROVIDER_load(NULL, "tpm2");
	return loaded;
}

static EVP_PKEY *first_key(OSSL_STORE_CTX *store)
{
	EVP_PKEY *key = NULL;

	while (!key && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (!info)
			break;
		if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	return key;
}

static EVP_PKEY *tpm_key(const char *handle)
{
	OSSL_STORE_CTX *store;
	EVP_PKEY *key;
	char uri[64];

	if (!load_provider())
		return NULL;
	snprintf(uri, sizeof(uri), "handle:%.32s", handle);
	store = OSSL_STORE_open_ex(uri, NULL, "?provider=tpm2", NULL, NULL, NULL, NULL, NULL);
	if (!store)
		return NULL;
	key = first_key(store);
	OSSL_STORE_close(store);
	return key;
}

static EVP_PKEY *file_key(const char *path)
{
	BIO *bio = BIO_new_file(path, "r");
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return key;
}

static X509 *cert_of(struct pki_der der)
{
	const uint8_t *p = der.data;
	X509 *cert = p ? d2i_X509(NULL, &p, (long)der.len) : NULL;

	if (cert && p == der.data + der.len)
		return cert;
	X509_free(cert);
	return NULL;
}

static bool use_certs(SSL_CTX *ctx, const struct pki_der *certs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		X509 *cert = cert_of(certs[i]);
		bool ok = cert && (i ? SSL_CTX_add1_chain_cert(ctx, cert) :
				   SSL_CTX_use_certificate(ctx, cert)) == 1;

		X509_free(cert);
		if (!ok)
			return false;
	}
	return n > 0;
}

const char *hems_own(SSL_CTX *ctx, const struct pki_der *certs, size_t n, const char *key,
		     char *why, size_t whylen)
{
	bool tpm = strncmp(key, HEMS_TPM, sizeof(HEMS_TPM) - 1) == 0;
	EVP_PKEY *pkey;
	int ok;

	ERR_clear_error();
	if (!use_certs(ctx, certs, n))
		return failed("tls.own.certificate", why, whylen, "our certificate",
			      "give the leaf and the CAs below the root, PEM or DER");
	pkey = tpm ? tpm_key(key + sizeof(HEMS_TPM) - 1) : file_key(key);
	if (!pkey)
		return failed(tpm ? "tls.own.tpm" : "tls.own.key", why, whylen, key, tpm ?
			      "is the provider of tpm2-openssl installed, and the key provisioned?" :
			      "give a private key's file, PEM");
	ok = SSL_CTX_use_PrivateKey(ctx, pkey);
	EVP_PKEY_free(pkey);
	if (ok != 1)
		return failed("tls.own.mismatch", why, whylen, key,
			      "give the key that the certificate was issued for");
	/* A key of the TPM's has its digest fixed: trustgate tre provision takes SHA-256. */
	if (tpm && SSL_CTX_set1_client_sigalgs_list(ctx, "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256") != 1)
		return failed("tls.own.tpm", why, whylen, key, "look at openssl.cnf");
	return NULL;
}
