// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What judging an OCSP response costs on one core, against the bare verification of
 * the one signature that each new response needs, in alternation on the same bytes.
 * Every response is another one: it has a nonce and a signature of its own.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include "../../pki/ca.h"

#define RESPONSES	64
#define ROUNDS		40

struct response {
	struct pki_der der;
	uint8_t nonce[32];
	uint8_t *tbs;
	size_t tbs_len;
	uint8_t *sig;
	size_t sig_len;
};

static struct entity ca, leaf, delegate;
static struct response responses[RESPONSES];

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void make_certs(const char *key)
{
	memset(&ca, 0, sizeof(ca));
	memset(&leaf, 0, sizeof(leaf));
	memset(&delegate, 0, sizeof(delegate));
	ca_issue(&ca, &(struct ca_spec){ .cn = "CA", .key = key, .ext = { CA_EXT_CA } });
	ca_issue(&leaf, &(struct ca_spec){ .cn = "segw", .issuer = &ca, .key = key,
					   .ext = { CA_EXT_END } });
	ca_issue(&delegate, &(struct ca_spec){ .cn = "OCSP", .issuer = &ca, .key = key,
		 .ext = { CA_EXT_END, "extendedKeyUsage=OCSPSigning", "noCheck=ignored" } });
}

static void add_entry(OCSP_BASICRESP *basic)
{
	ASN1_GENERALIZEDTIME *from = ASN1_GENERALIZEDTIME_set(NULL, CA_NOW - 60);
	ASN1_GENERALIZEDTIME *to = ASN1_GENERALIZEDTIME_set(NULL, CA_NOW + CA_HOUR);
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), leaf.cert, ca.cert);

	if (!from || !to || !id ||
	    !OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, from, to))
		ca_die("entry");
	OCSP_CERTID_free(id);
	ASN1_GENERALIZEDTIME_free(from);
	ASN1_GENERALIZEDTIME_free(to);
}

static uint8_t *copy(const uint8_t *data, size_t len)
{
	return (uint8_t *)ca_copy((struct pki_der){ data, len }).data;
}

static void respond(struct response *r, const struct entity *signer, unsigned long flags)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	const ASN1_OCTET_STRING *sig;
	OCSP_RESPONSE *response;
	uint8_t *der = NULL;
	int len;

	add_entry(basic);
	OCSP_basic_add1_nonce(basic, r->nonce, sizeof(r->nonce));
	ASN1_GENERALIZEDTIME_set((ASN1_GENERALIZEDTIME *)OCSP_resp_get0_produced_at(basic),
				 CA_NOW - 60);
	if (OCSP_basic_sign(basic, signer->cert, signer->key, EVP_sha256(), NULL,
			    flags | OCSP_NOTIME | OCSP_RESPID_KEY) != 1)
		ca_die("signature");
	len = i2d_OCSP_RESPDATA((OCSP_RESPDATA *)OCSP_resp_get0_respdata(basic), &der);
	r->tbs = copy(der, (size_t)len);
	r->tbs_len = (size_t)len;
	sig = OCSP_resp_get0_signature(basic);
	r->sig_len = (size_t)ASN1_STRING_length(sig);
	r->sig = copy(ASN1_STRING_get0_data(sig), r->sig_len);
	OPENSSL_free(der);
	der = NULL;
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	len = i2d_OCSP_RESPONSE(response, &der);
	r->der = ca_copy((struct pki_der){ der, (size_t)len });
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
}

static double bare(EVP_PKEY *key)
{
	double start = cpu();

	for (int i = 0; i < RESPONSES; i++) {
		const struct response *r = &responses[i];
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
		    EVP_DigestVerify(ctx, r->sig, r->sig_len, r->tbs, r->tbs_len) != 1)
			ca_die("verification");
		EVP_MD_CTX_free(ctx);
	}
	return cpu() - start;
}

static double judged(struct pki_ocsp_subject *subject)
{
	struct pki_ocsp_policy policy;
	struct pki_result result;
	double start = cpu();

	pki_ocsp_policy_default(&policy);
	for (int i = 0; i < RESPONSES; i++) {
		const struct response *r = &responses[i];

		if (subject)
			pki_ocsp_judge(subject, r->der, r->nonce, sizeof(r->nonce), &policy,
				       CA_NOW, &result);
		else
			pki_ocsp_evaluate(leaf.der, ca.der, NULL, 0, r->der, r->nonce,
					  sizeof(r->nonce), &policy, CA_NOW, &result);
		if (result.verdict != PKI_GOOD)
			ca_die(result.detail);
	}
	return cpu() - start;
}

/* The quickest of the rounds: what else runs here only adds. */
static void row(const char *key, const char *who, const struct entity *signer)
{
	struct pki_ocsp_subject *subject = pki_ocsp_subject_new(leaf.der, ca.der, NULL, 0);
	double best[3] = { 1e9, 1e9, 1e9 };

	for (int i = 0; i < ROUNDS; i++) {
		double took[3] = { bare(signer->key), judged(subject), 1e9 };

		if (i % 8 == 0)
			took[2] = judged(NULL);
		for (int j = 0; j < 3; j++)
			best[j] = took[j] < best[j] ? took[j] : best[j];
	}
	printf("%-9s %-10s %12.0f %12.0f %8.2f %12.0f\n", key, who, RESPONSES / best[0],
	       RESPONSES / best[1], best[0] / best[1], RESPONSES / best[2]);
	pki_ocsp_subject_free(subject);
}

int main(void)
{
	static const char *const keys[] = { "P-256", "P-384", "RSA-2048", "RSA-3072" };

	printf("%-9s %-10s %12s %12s %8s %12s\n", "key", "signed by", "bare", "evaluated", "ratio",
	       "from scratch");
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		make_certs(keys[k]);
		for (int d = 0; d < 2; d++) {
			for (unsigned int i = 0; i < RESPONSES; i++) {
				memset(responses[i].nonce, (int)i + 1, 32);
				respond(&responses[i], d ? &delegate : &ca,
					d ? 0 : OCSP_NOCERTS);
			}
			row(keys[k], d ? "delegate" : "issuer", d ? &delegate : &ca);
		}
	}
	return 0;
}
