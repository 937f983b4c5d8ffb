// SPDX-License-Identifier: GPL-2.0-or-later
/* TPM2_Certify of the IKE key by the attestation key, made and checked (FFS-04). */
#include <string.h>
#include <tss2/tss2_mu.h>
#include "tre/attest.h"
#include "tre/internal.h"
#include "tre/provision.h"
#include "tre/steps.h"

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

static bool fail(const char *rule, const char *why, struct tre_result *result)
{
	tre_set(result, TRE_FAIL, rule, "%s (provision the box again and enrol what it gives out)",
		why);
	return false;
}

static bool certifies(const uint8_t *attest, size_t len, const TPM2B_NAME *name,
		      struct tre_result *result)
{
	const TPM2B_NAME *said;
	TPMS_ATTEST a;

	if (!tre_attest_parse(attest, len, TPM2_ST_ATTEST_CERTIFY, &a, result))
		return false;
	said = &a.attested.certify.name;
	if (said->size != name->size || memcmp(said->name, name->name, name->size))
		return fail("tre.certify.name", "the attestation is about another key", result);
	return true;
}

bool tre_certified_check(const struct tre_certified *c, EVP_PKEY **ike, struct tre_result *result)
{
	TPM2B_PUBLIC pub = { 0 };
	EVP_PKEY *ak = NULL;
	TPM2B_NAME name;
	size_t used = 0;
	bool ok;

	*ike = NULL;
	memset(result, 0, sizeof(*result));
	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(c->ike, c->ike_len, &used, &pub) || used != c->ike_len)
		return fail("tre.key.encoding", "the IKE key is not one TPM2B_PUBLIC", result);
	if (!tre_key_check(TRE_KEY_IKE, &pub.publicArea, result))
		return false;
	ok = tre_ak_key(c->ak, c->ak_len, &ak, result) &&
	     tre_signature_check(ak, c->attest, c->attest_len, c->sig, c->sig_len, result) &&
	     tre_name_of(&pub.publicArea, &name) && certifies(c->attest, c->attest_len, &name, result);
	EVP_PKEY_free(ak);
	if (!ok)
		return false;
	*ike = tre_ecc_key(&pub.publicArea.unique.ecc);
	if (!*ike)
		return fail("tre.key.point", "the IKE key is no point of P-256", result);
	tre_set(result, TRE_PASS, "tre.certify.good",
		"the attestation key says that the IKE key is in the same TPM");
	return true;
}
