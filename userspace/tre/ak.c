// SPDX-License-Identifier: GPL-2.0-or-later
/* The attestation key of a box, provisioned or not. */
#include <tss2/tss2_mu.h>
#include "tre/internal.h"
#include "tre/keys.h"

/* The same key each time: primary keys are derived from the hierarchy's seed. */
static bool create_primary(struct tre_session *s, ESYS_TR *ak, TPM2B_PUBLIC **public,
			   struct tre_result *result)
{
	static const TPM2B_SENSITIVE_CREATE sensitive;
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION no_pcr;

	return tre_tpm_ok(Esys_CreatePrimary(s->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
					     ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
					     tre_key_template(TRE_KEY_AK), &outside, &no_pcr, ak,
					     public, NULL, NULL, NULL),
			  "TPM2_CreatePrimary", result);
}

bool tre_ak_load(struct tre_session *s, ESYS_TR *ak, uint8_t *public, size_t *len,
		 struct tre_result *result)
{
	TPM2B_PUBLIC *pub = NULL;
	bool ok;

	*len = 0;
	ok = tre_key_find(s, TRE_KEY_AK, ak, &pub, NULL, result) &&
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
