// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <tss2/tss2_mu.h>
#include "quote_maker.h"

void quote_die(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

static void set_coord(TPM2B_ECC_PARAMETER *to, const EVP_PKEY *key, const char *name)
{
	BIGNUM *n = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &n) != 1 || BN_bn2binpad(n, to->buffer, 32) != 32)
		quote_die(name);
	to->size = 32;
	BN_free(n);
}

static void set_public(struct made_quote *q)
{
	TPMT_PUBLIC *p = &q->public.publicArea;

	p->type = TPM2_ALG_ECC;
	p->nameAlg = TPM2_ALG_SHA256;
	p->objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT |
			      TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			      TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH;
	p->parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
	p->parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
	p->parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
	p->parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
	p->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	set_coord(&p->unique.ecc.x, q->key, OSSL_PKEY_PARAM_EC_PUB_X);
	set_coord(&p->unique.ecc.y, q->key, OSSL_PKEY_PARAM_EC_PUB_Y);
}

static void set_attest(struct made_quote *q)
{
	TPMS_ATTEST *a = &q->attest;
	TPMS_PCR_SELECTION *s = &a->attested.quote.pcrSelect.pcrSelections[0];
	int i;

	a->magic = TPM2_GENERATED_VALUE;
	a->type = TPM2_ST_ATTEST_QUOTE;
	a->qualifiedSigner.size = 34;
	a->extraData.size = TRE_DIGEST_LEN;
	memcpy(a->extraData.buffer, q->qualifying, TRE_DIGEST_LEN);
	a->clockInfo.resetCount = 7;
	a->clockInfo.restartCount = 3;
	a->clockInfo.safe = TPM2_YES;
	a->attested.quote.pcrSelect.count = 1;
	s->hash = TPM2_ALG_SHA256;
	s->sizeofSelect = 3;
	for (i = 0; i < 3; i++)
		s->pcrSelect[i] = (BYTE)(q->mask >> 8 * i);
	quote_digest(q);
}

void quote_digest(struct made_quote *q)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int i;

	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	for (i = 0; i < TRE_PCRS; i++) {
		if (q->mask & 1u << i)
			EVP_DigestUpdate(ctx, q->pcrs[i], TRE_DIGEST_LEN);
	}
	q->attest.attested.quote.pcrDigest.size = TRE_DIGEST_LEN;
	EVP_DigestFinal_ex(ctx, q->attest.attested.quote.pcrDigest.buffer, NULL);
	EVP_MD_CTX_free(ctx);
}

void quote_make(struct made_quote *q, EVP_PKEY *key, uint32_t mask)
{
	int i;

	memset(q, 0, sizeof(*q));
	q->key = key;
	q->mask = mask;
	for (i = 0; i < TRE_PCRS; i++)
		memset(q->pcrs[i], i, TRE_DIGEST_LEN);
	memset(q->qualifying, 0xa5, TRE_DIGEST_LEN);
	set_public(q);
	set_attest(q);
}

void quote_marshal_attest(struct made_quote *q)
{
	q->attest_len = 0;
	if (Tss2_MU_TPMS_ATTEST_Marshal(&q->attest, q->attest_der, sizeof(q->attest_der),
					&q->attest_len))
		quote_die("TPMS_ATTEST");
}

void quote_sign(struct made_quote *q)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[128];
	const uint8_t *p = der;
	size_t len = sizeof(der);
	TPMS_SIGNATURE_ECDSA *out = &q->signature.signature.ecdsa;
	ECDSA_SIG *sig;

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, q->key) != 1 ||
	    EVP_DigestSign(ctx, der, &len, q->attest_der, q->attest_len) != 1)
		quote_die("signing");
	sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	q->signature.sigAlg = TPM2_ALG_ECDSA;
	out->hash = TPM2_ALG_SHA256;
	out->signatureR.size = 32;
	out->signatureS.size = 32;
	if (!sig || BN_bn2binpad(ECDSA_SIG_get0_r(sig), out->signatureR.buffer, 32) != 32 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out->signatureS.buffer, 32) != 32)
		quote_die("signature");
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

void quote_marshal_rest(struct made_quote *q)
{
	q->sig_len = 0;
	q->public_len = 0;
	if (Tss2_MU_TPMT_SIGNATURE_Marshal(&q->signature, q->sig_der, sizeof(q->sig_der),
					   &q->sig_len) ||
	    Tss2_MU_TPM2B_PUBLIC_Marshal(&q->public, q->public_der, sizeof(q->public_der),
					 &q->public_len))
		quote_die("marshalling");
}
