// SPDX-License-Identifier: GPL-2.0-or-later
/* The IKE key signs, as its policy lets it. */
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include "tre/attest.h"
#include "tre/internal.h"
#include "tre/provision.h"
#include "tre/sign.h"

bool tre_ike_open(struct tre_session *s, struct tre_ike *ike, struct tre_result *result)
{
	TPM2B_PUBLIC *pub = NULL;
	bool ok;

	*ike = (struct tre_ike){ .key = ESYS_TR_NONE, .session = ESYS_TR_PASSWORD };
	ok = tre_key_find(s, TRE_KEY_IKE, &ike->key, &pub, NULL, result);
	if (ok && ike->key == ESYS_TR_NONE) {
		tre_set(result, TRE_FAIL, "tre.key.absent",
			"there is no IKE key at 0x%08x ('trustgate tre provision')",
			TRE_HANDLE_IKE);
		ok = false;
	}
	ok = ok && tre_key_check(TRE_KEY_IKE, &pub->publicArea, result);
	if (ok)
		ike->public = pub->publicArea;
	Esys_Free(pub);
	return ok;
}

void tre_ike_close(struct tre_session *s, struct tre_ike *ike)
{
	if (ike->session != ESYS_TR_PASSWORD)
		tre_flush(s, &ike->session);
	tre_ak_drop(s, &ike->key);
}

bool tre_ike_bound(const TPMT_PUBLIC *pub, const struct tre_vendor *authority,
		   struct tre_result *result)
{
	bool by_password = pub->objectAttributes & TPMA_OBJECT_USERWITHAUTH;
	uint8_t policy[TRE_DIGEST_LEN];

	if (!by_password && tre_approval_key_policy(authority, policy) &&
	    pub->authPolicy.size == sizeof(policy) &&
	    !memcmp(pub->authPolicy.buffer, policy, sizeof(policy)))
		return true;
	tre_set(result, TRE_FAIL, "tre.key.unbound",
		"the IKE key at 0x%08x %s (make it with 'trustgate tre provision --pcr-bound FILE --replace ike', and have a certificate issued)",
		TRE_HANDLE_IKE, by_password ? "signs whatever the PCRs are" :
		"obeys another key's approvals, or another policy");
	return false;
}

bool tre_ike_use(struct tre_session *s, struct tre_ike *ike, const struct tre_approval *a,
		 struct tre_result *result)
{
	if (ike->public.objectAttributes & TPMA_OBJECT_USERWITHAUTH)
		return true;
	if (!a) {
		tre_set(result, TRE_FAIL, "tre.approval.missing",
			"the IKE key signs only by an approval, and there is none ('trustgate tre approval install FILE')");
		return false;
	}
	ike->session = ESYS_TR_NONE;
	return tre_ike_bound(&ike->public, &a->authority, result) &&
	       tre_approval_session(s, a, &ike->session, result);
}

static bool put_key(const struct tre_ike *ike, struct tre_auth *out, struct tre_result *result)
{
	EVP_PKEY *key = tre_ecc_key(&ike->public.unique.ecc);
	int len = key ? i2d_PUBKEY(key, &out->spki) : 0;

	EVP_PKEY_free(key);
	ERR_clear_error();
	out->spki_len = len > 0 ? (size_t)len : 0;
	if (!out->spki_len)
		tre_set(result, TRE_FAIL, "tre.key.point", "the IKE key is no point of P-256 ('trustgate tre provision --replace ike')");
	return out->spki_len;
}

bool tre_auth_sign(struct tre_session *s, const struct tre_approval *a, const uint8_t *digest,
		   struct tre_auth *out, struct tre_result *result)
{
	struct tre_ike ike;
	bool ok;

	memset(out, 0, sizeof(*out));
	ok = tre_ike_open(s, &ike, result) && put_key(&ike, out, result);
	if (digest)
		ok = ok && tre_ike_use(s, &ike, a, result) &&
		     tre_sign(s, ike.key, ike.session, digest, &out->sig, &out->sig_len, result);
	tre_ike_close(s, &ike);
	if (ok)
		tre_set(result, TRE_PASS, "tre.sign.good", "the IKE key signs");
	return ok;
}
