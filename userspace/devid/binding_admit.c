// SPDX-License-Identifier: GPL-2.0-or-later
/* What may be published, and the key in it. */
#include "devid/binding_internal.h"

#include <string.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "pki/der.h"
#include "pki/internal.h"
#include "pki/mention.h"

/* DER through and through, and nothing behind it: one key, one encoding, one digest. */
static EVP_PKEY *parse_spki(struct pki_der der)
{
	const uint8_t *p = der.data;
	EVP_PKEY *key = pki_der_strict(der) ? d2i_PUBKEY(NULL, &p, (long)der.len) : NULL;

	if (key && p == der.data + der.len)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static EVP_PKEY *parse_key(const struct devid_binding *b, const char **what)
{
	X509 *cert;
	EVP_PKEY *key;

	*what = "the public key";
	if (b->solution == DEVID_Y)
		return parse_spki(b->public_key);
	*what = "the certificate";
	cert = pki_parse_cert(b->certificate);
	key = cert ? X509_get_pubkey(cert) : NULL;
	X509_free(cert);
	return key;
}

EVP_PKEY *devid_binding_key(const struct devid_binding *b, struct devid_result *result)
{
	const char *what, *problem;
	EVP_PKEY *key = parse_key(b, &what);

	if (!key) {
		devid_set(result, DEVID_BAD, "binding.key",
			  "%s does not parse as DER (give one certificate, or one SubjectPublicKeyInfo)", what);
		return NULL;
	}
	problem = pki_key_problem(key);
	if (!problem)
		return key;
	devid_set(result, DEVID_BAD, "binding.weak-key",
		  "%s: %s (RSA from 2048 bit on, EC from 256 on a named curve)", what, problem);
	EVP_PKEY_free(key);
	return NULL;
}

static bool same_rule(const struct pki_result *r, struct devid_result *result)
{
	devid_set(result, DEVID_BAD, r->rule, "%s", r->detail);
	return false;
}

/* The certificate is public, the binding is not: DID-X-P4, DID-X-P5. */
static bool certificate_ok(const struct devid_binding *b, struct devid_result *result)
{
	struct pki_result r = { 0 };
	X509 *ca;

	if (!pki_no_imei(b->certificate, b->imei, &r) || !pki_opaque_names(b->certificate, &r))
		return same_rule(&r, result);
	if (!b->ca.len)
		return true;
	ca = pki_parse_cert(b->ca);
	if (ca) {
		X509_free(ca);
		return true;
	}
	devid_set(result, DEVID_BAD, "binding.ca", "the CA's certificate does not parse (give one, as DER)");
	return false;
}

bool devid_binding_admit(const struct devid_binding *b, struct devid_result *result)
{
	EVP_PKEY *key;

	if (!binding_encodable(b, result))
		return false;
	key = devid_binding_key(b, result);
	if (!key)
		return false;
	EVP_PKEY_free(key);
	if (b->solution == DEVID_X && !certificate_ok(b, result))
		return false;
	devid_set(result, DEVID_GOOD, "binding.ok", "it may be published");
	return true;
}
