// SPDX-License-Identifier: GPL-2.0-or-later
/* TPM2_Certify of the IKE key by the attestation key, made and checked (FFS-04). */
#include <string.h>
#include <tss2/tss2_mu.h>
#include "tre/evidence.h"
#include "tre/internal.h"
#include "tre/provision.h"

static bool put_public(const TPM2B_PUBLIC *pub, uint8_t out[TRE_PUBLIC_MAX], size_t *len,
		       struct tre_result *result)
{
	*len = 0;
	return tre_tpm_ok(Tss2_MU_TPM2B_PUBLIC_Marshal(pub, out, TRE_PUBLIC_MAX, len),
			  "TPM2B_PUBLIC", result);
}

/* The key has to be there, and to be one. */
static bool take(struct tre_session *s, enum tre_key which, ESYS_TR *key,
		 uint8_t out[TRE_PUBLIC_MAX], size_t *len, struct tre_result *result)
{
	TPM2B_PUBLIC *pub = NULL;
	bool ok = tre_key_find(s, which, key, &pub, NULL, result);

	if (ok && *key == ESYS_TR_NONE) {
		tre_set(result, TRE_FAIL, "tre.key.absent",
			"there is no %s at 0x%08x ('trustgate tre provision')",
			tre_key_name(which), tre_key_handle(which));
		ok = false;
	}
	ok = ok && tre_key_check(which, &pub->publicArea, result) &&
	     put_public(pub, out, len, result);
	Esys_Free(pub);
	return ok;
}

static bool certify(struct tre_session *s, ESYS_TR ike, ESYS_TR ak, struct tre_certified *out,
		    struct tre_result *result)
{
	static const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_NULL };
	static const TPM2B_DATA no_data;
	TPM2B_ATTEST *attest = NULL;
	TPMT_SIGNATURE *sig = NULL;
	bool ok;

	ok = tre_tpm_ok(Esys_Certify(s->esys, ike, ak, ESYS_TR_PASSWORD, ESYS_TR_PASSWORD,
				     ESYS_TR_NONE, &no_data, &scheme, &attest, &sig),
			"TPM2_Certify", result) &&
	     tre_tpm_ok(Tss2_MU_TPMT_SIGNATURE_Marshal(sig, out->sig, sizeof(out->sig),
						       &out->sig_len), "TPMT_SIGNATURE", result);
	if (ok) {
		out->attest_len = attest->size;
		memcpy(out->attest, attest->attestationData, attest->size);
	}
	Esys_Free(attest);
	Esys_Free(sig);
	return ok;
}

bool tre_certify(struct tre_session *s, struct tre_certified *out, struct tre_result *result)
{
	ESYS_TR ek = ESYS_TR_NONE, ak = ESYS_TR_NONE, ike = ESYS_TR_NONE;
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = take(s, TRE_KEY_EK, &ek, out->ek, &out->ek_len, result) &&
	     take(s, TRE_KEY_AK, &ak, out->ak, &out->ak_len, result) &&
	     take(s, TRE_KEY_IKE, &ike, out->ike, &out->ike_len, result) &&
	     certify(s, ike, ak, out, result);
	tre_ak_drop(s, &ek);
	tre_ak_drop(s, &ak);
	tre_ak_drop(s, &ike);
	return ok;
}

/*
 * Stricter than what is asked of any device at enrolment: it is a key that we made, whose
 * scheme charon needs.
 */
bool tre_certified_check(const struct tre_certified *c, EVP_PKEY **ike, struct tre_result *result)
{
	const struct tre_certification certification = {
		.ak_public = c->ak, .ak_public_len = c->ak_len,
		.ike_public = c->ike, .ike_public_len = c->ike_len,
		.attest = c->attest, .attest_len = c->attest_len,
		.sig = c->sig, .sig_len = c->sig_len,
	};
	struct tre_evidence evidence;
	TPM2B_PUBLIC pub = { 0 };
	size_t used = 0;

	memset(result, 0, sizeof(*result));
	if (!tre_certification_check(&certification, ike, &evidence, result))
		return false;
	if (!Tss2_MU_TPM2B_PUBLIC_Unmarshal(c->ike, c->ike_len, &used, &pub) &&
	    tre_key_check(TRE_KEY_IKE, &pub.publicArea, result))
		return true;
	EVP_PKEY_free(*ike);
	*ike = NULL;
	return false;
}
