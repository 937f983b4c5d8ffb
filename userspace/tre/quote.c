// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A quote from the TPM. One context for each operation: sessions and handles that
 * outlive it run into the TPM's context gap days later.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>
#include "tre/internal.h"

/* A PCR may be extended between reading and quoting; on a live box not for ever. */
#define TRIES		4

struct session {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	ESYS_TR ak;
	uint8_t ak_public[sizeof(TPM2B_PUBLIC)];
	size_t ak_public_len;
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN];
	TPM2B_ATTEST *attest;
	uint8_t sig[sizeof(TPMT_SIGNATURE)];
	size_t sig_len;
};

static const char *remedy(TSS2_RC rc)
{
	/* The number without what tells which handle, parameter or session it was. */
	TSS2_RC error = (rc & TPM2_RC_FMT1) ? rc & (TPM2_RC_FMT1 | 0x3f) : rc;

	if ((rc & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER)
		return "is the TPM's device there, and may this process open it?";
	if (error == TPM2_RC_AUTH_FAIL || error == TPM2_RC_BAD_AUTH)
		return "the endorsement hierarchy must have an empty password";
	if (error == TPM2_RC_OBJECT_MEMORY || error == TPM2_RC_OBJECT_HANDLES)
		return "use the resource manager, /dev/tpmrm0";
	if (error == TPM2_RC_INITIALIZE)
		return "the firmware must start the TPM";
	if (error == TPM2_RC_HIERARCHY)
		return "enable the endorsement hierarchy";
	return "look at the TPM and at the kernel's log";
}

static bool tpm_ok(TSS2_RC rc, const char *what, struct tre_result *result)
{
	if (rc == TSS2_RC_SUCCESS)
		return true;
	tre_set(result, TRE_UNAVAILABLE, "tre.tpm", "%s: %.100s, 0x%x (%s)", what,
		Tss2_RC_Decode(rc), rc, remedy(rc));
	return false;
}

static bool open_tpm(struct session *s, const char *tcti, struct tre_result *result)
{
	TSS2_RC rc;

	/* The library writes each failed attempt to stderr; ours is the message. */
	setenv("TSS2_LOG", "all+none", 0);
	rc = Tss2_TctiLdr_Initialize(tcti, &s->tcti);
	if (rc != TSS2_RC_SUCCESS) {
		tre_set(result, TRE_UNAVAILABLE, "tre.tpm.open", "no TPM at %.60s: %.80s, 0x%x (%s)",
			tcti, Tss2_RC_Decode(rc), rc,
			"look whether its device is there, and may be opened");
		return false;
	}
	return tpm_ok(Esys_Initialize(&s->esys, s->tcti, NULL), "Esys_Initialize", result);
}

static void close_tpm(struct session *s)
{
	if (s->ak != ESYS_TR_NONE)
		Esys_FlushContext(s->esys, s->ak);
	Esys_Free(s->attest);
	Esys_Finalize(&s->esys);
	Tss2_TctiLdr_Finalize(&s->tcti);
}

static const TPM2B_PUBLIC ak_template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TRE_AK_ATTRIBUTES | TPMA_OBJECT_USERWITHAUTH |
				    /* Or a box that loses power while signing locks itself out. */
				    TPMA_OBJECT_NODA,
		.parameters.eccDetail = {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme = {
				.scheme = TPM2_ALG_ECDSA,
				.details.ecdsa.hashAlg = TPM2_ALG_SHA256,
			},
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
	},
};

/* The same key each time: primary keys are derived from the hierarchy's seed. */
static bool create_ak(struct session *s, struct tre_result *result)
{
	static const TPM2B_SENSITIVE_CREATE sensitive;
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION no_pcr;
	TPM2B_PUBLIC *public = NULL;
	bool ok;

	ok = tpm_ok(Esys_CreatePrimary(s->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &ak_template,
				       &outside, &no_pcr, &s->ak, &public, NULL, NULL, NULL),
		    "TPM2_CreatePrimary", result) &&
	     tpm_ok(Tss2_MU_TPM2B_PUBLIC_Marshal(public, s->ak_public, sizeof(s->ak_public),
						 &s->ak_public_len), "TPM2B_PUBLIC", result);
	Esys_Free(public);
	return ok;
}

static TPML_PCR_SELECTION selection(uint32_t mask)
{
	return (TPML_PCR_SELECTION) {
		.count = 1,
		.pcrSelections = { {
			.hash = TPM2_ALG_SHA256,
			.sizeofSelect = 3,
			.pcrSelect = { (BYTE)mask, (BYTE)(mask >> 8), (BYTE)(mask >> 16) },
		} },
	};
}

/* The PCRs a reply has values of; 0 when it isn't about the SHA-256 bank alone. */
static uint32_t selected(const TPML_PCR_SELECTION *list)
{
	const TPMS_PCR_SELECTION *sel = &list->pcrSelections[0];
	uint32_t mask = 0;
	int i;

	if (list->count != 1 || sel->hash != TPM2_ALG_SHA256 || sel->sizeofSelect < 3)
		return 0;
	for (i = 0; i < 3; i++)
		mask |= (uint32_t)sel->pcrSelect[i] << 8 * i;
	return mask;
}

/* Store one reply's values; what it gave, 0 when it's nothing that was asked. */
static uint32_t store_pcrs(struct session *s, uint32_t asked, const TPML_PCR_SELECTION *out,
			   const TPML_DIGEST *values)
{
	uint32_t got = selected(out) & asked;
	unsigned int i, n = 0;

	if (got != selected(out))
		return 0;
	for (i = 0; i < TRE_PCRS; i++) {
		if (!(got & 1u << i))
			continue;
		if (n >= values->count || values->digests[n].size != TRE_DIGEST_LEN)
			return 0;
		memcpy(s->pcrs[i], values->digests[n++].buffer, TRE_DIGEST_LEN);
	}
	return n == values->count ? got : 0;
}

/* A reply has eight values at most. */
static bool read_pcrs(struct session *s, uint32_t mask, struct tre_result *result)
{
	while (mask) {
		TPML_PCR_SELECTION in = selection(mask), *out = NULL;
		TPML_DIGEST *values = NULL;
		UINT32 counter;
		uint32_t got = 0;

		if (!tpm_ok(Esys_PCR_Read(s->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &in,
					  &counter, &out, &values), "TPM2_PCR_Read", result))
			return false;
		got = store_pcrs(s, mask, out, values);
		Esys_Free(out);
		Esys_Free(values);
		if (!got) {
			tre_set(result, TRE_UNAVAILABLE, "tre.pcr.bank",
				"the TPM gives no SHA-256 value of PCRs 0x%06x (enable its SHA-256 bank)",
				mask);
			return false;
		}
		mask &= ~got;
	}
	return true;
}

static bool quote(struct session *s, uint32_t mask, const uint8_t qualifying[TRE_DIGEST_LEN],
		  struct tre_result *result)
{
	static const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL };
	TPML_PCR_SELECTION pcrs = selection(mask);
	TPM2B_DATA data = { .size = TRE_DIGEST_LEN };
	TPMT_SIGNATURE *signature = NULL;
	bool ok;

	memcpy(data.buffer, qualifying, TRE_DIGEST_LEN);
	Esys_Free(s->attest);
	s->attest = NULL;
	s->sig_len = 0;
	ok = tpm_ok(Esys_Quote(s->esys, s->ak, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data,
			       &scheme, &pcrs, &s->attest, &signature), "TPM2_Quote", result) &&
	     tpm_ok(Tss2_MU_TPMT_SIGNATURE_Marshal(signature, s->sig, sizeof(s->sig), &s->sig_len),
		    "TPMT_SIGNATURE", result);
	Esys_Free(signature);
	return ok;
}

static void measure(struct session *s, uint32_t mask, const uint8_t qualifying[TRE_DIGEST_LEN],
		    const struct tre_policy *policy, struct tre_result *result)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		if (!read_pcrs(s, mask, result) || !quote(s, mask, qualifying, result))
			return;
		tre_appraise(s->attest->attestationData, s->attest->size, s->sig, s->sig_len,
			     s->ak_public, s->ak_public_len, mask,
			     (const uint8_t (*)[TRE_DIGEST_LEN])s->pcrs, qualifying, policy,
			     result);
		if (strcmp(result->rule, "tre.quote.digest"))
			return;
	}
}

void tre_quote(const char *tcti, uint32_t mask, const uint8_t qualifying[TRE_DIGEST_LEN],
	       const struct tre_policy *policy, struct tre_result *result)
{
	struct session s = { .ak = ESYS_TR_NONE };

	memset(result, 0, sizeof(*result));
	tre_set(result, TRE_UNAVAILABLE, "tre.tpm", "the TPM was not asked (report this)");
	if (!tre_arguments_ok(mask, policy, result))
		return;
	if (open_tpm(&s, tcti, result) && create_ak(&s, result))
		measure(&s, mask, qualifying, policy, result);
	close_tpm(&s);
}
