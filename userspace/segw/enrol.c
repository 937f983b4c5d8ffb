// SPDX-License-Identifier: GPL-2.0-or-later
/* FFS-04 (b): what has to be true of a device before it is enrolled. */
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "segw/certkey.h"
#include "segw/devices.h"

static bool refuse(struct tre_result *result, enum tre_verdict verdict, const char *rule,
		   const char *detail)
{
	result->verdict = verdict;
	snprintf(result->rule, sizeof(result->rule), "%s", rule);
	snprintf(result->detail, sizeof(result->detail), "%s", detail);
	return false;
}

static bool check_certificate(const char *identity, struct pki_der certificate,
			      const EVP_PKEY *ike, uint8_t digest[PKI_DIGEST_LEN],
			      struct tre_result *result)
{
	const uint8_t *p = certificate.data;
	X509 *cert = d2i_X509(NULL, &p, (long)certificate.len);
	bool ok = false;

	if (!cert || p != certificate.data + certificate.len)
		refuse(result, TRE_FAIL, "enrol.certificate",
		       "the certificate can't be read (give one, PEM or DER)");
	/* The same name that IKE and the gate know it by: its subjectAltName's. */
	else if (X509_check_host(cert, identity, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
				 X509_CHECK_FLAG_NO_WILDCARDS, NULL) != 1)
		refuse(result, TRE_FAIL, "enrol.identity",
		       "the certificate's subjectAltName is not this identity (give the one it has)");
	else if (EVP_PKEY_eq(X509_get0_pubkey(cert), ike) != 1)
		refuse(result, TRE_FAIL, "enrol.certificate.key",
		       "the certificate's key is not the IKE key that was certified (give the files of one device)");
	else if (!certkey_digest(certificate, digest))
		refuse(result, TRE_UNAVAILABLE, "enrol.certificate",
		       "the certificate's key can't be found in it (give one in DER)");
	else
		ok = true;
	X509_free(cert);
	ERR_clear_error();
	return ok;
}

bool devices_prepare(const char *identity, struct pki_der certificate,
		     const struct tre_certification *c, const char *reference,
		     struct appraise_device *device, struct tre_result *result)
{
	struct tre_evidence evidence;
	EVP_PKEY *ike = NULL;
	bool ok;

	memset(device, 0, sizeof(*device));
	memset(result, 0, sizeof(*result));
	if (!authz_canonical(identity, strlen(identity), device->identity))
		return refuse(result, TRE_FAIL, "enrol.identity",
			      "the identity is no FQDN (give the certificate's subjectAltName)");
	if (c->ak_public_len > sizeof(device->ak_public))
		return refuse(result, TRE_FAIL, "tre.ak.encoding",
			      "the attestation key is longer than any of P-256 (give the file that the box made)");
	if (strlen(reference) >= sizeof(device->reference))
		return refuse(result, TRE_FAIL, "enrol.reference",
			      "the reference's name has more than 63 characters (shorten it)");
	ok = tre_certification_check(c, &ike, &evidence, result) &&
	     tre_ak_name(c->ak_public, c->ak_public_len, device->ak_name, result) &&
	     check_certificate(device->identity, certificate, ike, device->ike_key, result);
	EVP_PKEY_free(ike);
	if (!ok)
		return false;
	memcpy(device->ak_public, c->ak_public, c->ak_public_len);
	device->ak_public_len = c->ak_public_len;
	snprintf(device->reference, sizeof(device->reference), "%s", reference);
	result->verdict = TRE_PASS;
	snprintf(result->rule, sizeof(result->rule), "enrol.good");
	return true;
}
