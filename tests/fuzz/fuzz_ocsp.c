// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An OCSP response. Once as it is, and, when it parses, once signed anew by the
 * right responder, or nothing behind the signature check would ever run.
 */
#include <string.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include "fuzz.h"
#include "../pki/ca.h"

static struct entity ca, leaf, other, delegate;
/* As whoever asks again and again has it: what it remembers is part of the target. */
static struct pki_ocsp_subject *subject;
static const uint8_t nonce[32] = "a nonce of thirty-two octets...";

static void setup(void)
{
	if (ca.cert)
		return;
	ca_issue(&ca, &(struct ca_spec){ .cn = "CA", .key = "fixed-1", .ext = { CA_EXT_CA } });
	ca_issue(&leaf, &(struct ca_spec){ .cn = "segw", .key = "fixed-2", .issuer = &ca,
					   .ext = { CA_EXT_END } });
	ca_issue(&other, &(struct ca_spec){ .cn = "other", .key = "fixed-3", .issuer = &ca,
					    .ext = { CA_EXT_END } });
	ca_issue(&delegate, &(struct ca_spec){ .cn = "OCSP", .key = "fixed-4", .issuer = &ca,
		 .ext = { CA_EXT_END, "extendedKeyUsage=OCSPSigning", "noCheck=ignored" } });
	subject = pki_ocsp_subject_new(leaf.der, ca.der, NULL, 0);
	FUZZ_ASSERT(subject);
}

static void evaluate(struct pki_der response)
{
	struct pki_ocsp_policy policy;
	struct pki_result r;
	const char *c;

	pki_ocsp_policy_default(&policy);
	pki_ocsp_judge(subject, response, nonce, sizeof(nonce), &policy, CA_NOW, &r);
	if (r.verdict == PKI_GOOD)
		FUZZ_ASSERT(r.expires > CA_NOW && r.expires <= CA_NOW + policy.age_max_s);
	else
		FUZZ_ASSERT(!r.expires);
	FUZZ_ASSERT(r.verdict != PKI_BAD || !strcmp(r.rule, "ocsp.revoked"));
	FUZZ_ASSERT(r.rule[0] && memchr(r.rule, 0, sizeof(r.rule)));
	FUZZ_ASSERT(r.detail[0] && memchr(r.detail, 0, sizeof(r.detail)));
	for (c = r.detail; *c; c++)
		FUZZ_ASSERT(*c >= 0x20 && *c <= 0x7e);
}

static void sign(OCSP_BASICRESP *basic)
{
	if (OCSP_basic_sign(basic, delegate.cert, delegate.key, EVP_sha256(), NULL,
			    OCSP_NOTIME | OCSP_RESPID_KEY) != 1)
		ERR_clear_error();
}

/* Keeps who it says it is from, and the certificates: the mutant's. */
static void sign_again(OCSP_BASICRESP *basic)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	FUZZ_ASSERT(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, delegate.key) == 1);
	if (ASN1_item_sign_ctx(ASN1_ITEM_rptr(OCSP_RESPDATA),
			       (X509_ALGOR *)OCSP_resp_get0_tbs_sigalg(basic), NULL,
			       (ASN1_BIT_STRING *)OCSP_resp_get0_signature(basic),
			       (void *)OCSP_resp_get0_respdata(basic), ctx) <= 0)
		ERR_clear_error();
	EVP_MD_CTX_free(ctx);
}

static int encode(OCSP_BASICRESP *basic, uint8_t **der)
{
	OCSP_RESPONSE *r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	int len;

	*der = NULL;
	len = r ? i2d_OCSP_RESPONSE(r, der) : -1;
	OCSP_RESPONSE_free(r);
	return len;
}

static void evaluate_signed(const uint8_t *data, size_t size)
{
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &data, (long)size);
	OCSP_BASICRESP *basic = r ? OCSP_response_get1_basic(r) : NULL;
	uint8_t *der = NULL;
	int len;

	if (basic) {
		sign_again(basic);
		len = encode(basic, &der);
		if (len > 0)
			evaluate((struct pki_der){ der, (size_t)len });
	}
	OPENSSL_free(der);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(r);
	ERR_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	setup();
	evaluate((struct pki_der){ data, size });
	evaluate_signed(data, size);
	return 0;
}

static void add(OCSP_BASICRESP *basic, const struct entity *about, int status, const EVP_MD *md)
{
	ASN1_GENERALIZEDTIME *from = ASN1_GENERALIZEDTIME_set(NULL, CA_NOW - 60);
	ASN1_GENERALIZEDTIME *to = ASN1_GENERALIZEDTIME_set(NULL, CA_NOW + CA_HOUR);
	OCSP_CERTID *id = OCSP_cert_to_id(md, about->cert, ca.cert);

	OCSP_basic_add1_status(basic, id, status, OCSP_REVOKED_STATUS_KEYCOMPROMISE, from,
			       from, to);
	OCSP_CERTID_free(id);
	ASN1_GENERALIZEDTIME_free(from);
	ASN1_GENERALIZEDTIME_free(to);
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	OCSP_BASICRESP *basic;
	uint8_t *der;
	int len;

	if (n > 2)
		return 0;
	setup();
	basic = OCSP_BASICRESP_new();
	add(basic, &leaf, n == 1 ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD, EVP_sha1());
	if (n == 2)
		add(basic, &other, V_OCSP_CERTSTATUS_UNKNOWN, EVP_sha256());
	OCSP_basic_add1_nonce(basic, (unsigned char *)nonce, sizeof(nonce));
	ASN1_GENERALIZEDTIME_set((ASN1_GENERALIZEDTIME *)OCSP_resp_get0_produced_at(basic),
				 CA_NOW - 60);
	sign(basic);
	len = encode(basic, &der);
	FUZZ_ASSERT(len > 0 && len < FUZZ_MAX);
	memcpy(buf, der, (size_t)len);
	OPENSSL_free(der);
	OCSP_BASICRESP_free(basic);
	return (size_t)len;
}
