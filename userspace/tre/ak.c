// SPDX-License-Identifier: GPL-2.0-or-later
/* The attestation key of a box, provisioned or not. */
#include <tss2/tss2_mu.h>
#include "tre/internal.h"
#include "tre/keys.h"

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
static bool create_primary(struct tre_session *s, ESYS_TR *ak, TPM2B_PUBLIC **public,
			   struct tre_result *result)
{
	static const TPM2B_SENSITIVE_CREATE sensitive;
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION no_pcr;

	return tre_tpm_ok(Esys_CreatePrimary(s->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
					     ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &ak_template,
					     &outside, &no_pcr, ak, public, NULL, NULL, NULL),
			  "TPM2_CreatePrimary", result);
}

/* An empty handle is not an error, *@ak is then ESYS_TR_NONE. */
static bool find_persistent(struct tre_session *s, ESYS_TR *ak, TPM2B_PUBLIC **public,
			    struct tre_result *result)
{
	TSS2_RC rc = Esys_TR_FromTPMPublic(s->esys, TRE_HANDLE_AK, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ak);

	if (tre_rc_error(rc) == TPM2_RC_HANDLE) {
		*ak = ESYS_TR_NONE;
		return true;
	}
	return tre_tpm_ok(rc, "TPM2_ReadPublic of the AK", result) &&
	       tre_tpm_ok(Esys_ReadPublic(s->esys, *ak, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					  public, NULL, NULL), "TPM2_ReadPublic of the AK", result);
}

bool tre_ak_load(struct tre_session *s, ESYS_TR *ak, uint8_t *public, size_t *len,
		 struct tre_result *result)
{
	TPM2B_PUBLIC *pub = NULL;
	bool ok;

	*ak = ESYS_TR_NONE;
	*len = 0;
	ok = find_persistent(s, ak, &pub, result) &&
	     (*ak != ESYS_TR_NONE || create_primary(s, ak, &pub, result)) &&
	     tre_tpm_ok(Tss2_MU_TPM2B_PUBLIC_Marshal(pub, public, TRE_PUBLIC_MAX, len),
			"TPM2B_PUBLIC", result);
	Esys_Free(pub);
	return ok;
}

void tre_ak_drop(struct tre_session *s, ESYS_TR *ak)
{
	TPM2_HANDLE handle;

	if (*ak == ESYS_TR_NONE)
		return;
	/* TPM2_FlushContext is for what is not persistent. */
	if (Esys_TR_GetTpmHandle(s->esys, *ak, &handle) == TSS2_RC_SUCCESS &&
	    handle >> TPM2_HR_SHIFT == TPM2_HT_PERSISTENT)
		Esys_TR_Close(s->esys, ak);
	else
		Esys_FlushContext(s->esys, *ak);
	*ak = ESYS_TR_NONE;
}
