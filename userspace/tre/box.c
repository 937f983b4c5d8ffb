// SPDX-License-Identifier: GPL-2.0-or-later
/* What was used in IKE against what the TPM holds. */
#include <string.h>
#include <strings.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "tre/attest.h"
#include "tre/box.h"
#include "tre/internal.h"
#include "tre/keys.h"
#include "tre/nv.h"
#include "tre/sign.h"

static X509 *parse(struct tre_der der, struct tre_result *result)
{
	const uint8_t *p = der.data;
	X509 *cert = der.len ? d2i_X509(NULL, &p, (long)der.len) : NULL;

	ERR_clear_error();
	if (!cert)
		tre_set(result, TRE_FAIL, "tre.box.certificate",
			"charon did not say with which certificate of ours it authenticated (configure local { certs })");
	return cert;
}

static bool names(X509 *cert, const char *identity)
{
	return X509_check_host(cert, identity, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
			       X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1;
}

/* HNB-AUTH-07: never one profile's certificate or name with the other one's identity. */
static bool is_other_profile(struct tre_session *s, bool operator, const char *id,
			     struct tre_result *result)
{
	char other[TRE_IDENTITY_MAX + 1];
	struct tre_result none;

	if (!tre_identity_read(s, operator ? TRE_NV_IDENTITY : TRE_NV_OPERATOR, other, &none) ||
	    strcasecmp(other, id))
		return false;
	tre_set(result, TRE_FAIL, "tre.identity.profile",
		"the box authenticates as '%.80s', its %s identity, and [credential] profile is %s (have certificate, local { id } and profile of one kind)",
		id, operator ? "vendor" : "operator", operator ? "operator" : "vendor");
	return true;
}

bool tre_box_identity(struct tre_session *s, bool operator, const char *id, struct tre_der cert,
		      struct tre_result *result)
{
	char identity[TRE_IDENTITY_MAX + 1];
	X509 *own;
	bool ok;

	if (!tre_identity_read(s, operator ? TRE_NV_OPERATOR : TRE_NV_IDENTITY, identity, result))
		return false;
	if (strcasecmp(identity, id) && is_other_profile(s, operator, id, result))
		return false;
	if (strcasecmp(identity, id)) {
		tre_set(result, TRE_FAIL, "tre.identity.mismatch",
			"the box authenticates as '%.80s', its TPM holds '%.80s' (set local { id } in swanctl.conf to that)",
			id, identity);
		return false;
	}
	own = parse(cert, result);
	if (!own)
		return false;
	ok = names(own, identity);
	if (!ok)
		tre_set(result, TRE_FAIL, "tre.identity.certificate",
			"the box's certificate has no dNSName '%.80s', which its TPM holds (have one issued for it)",
			identity);
	X509_free(own);
	return ok;
}

static bool check_key(const TPMT_PUBLIC *pub, X509 *own, const struct tre_vendor *authority,
		      struct tre_result *result)
{
	EVP_PKEY *key;
	bool same;

	if (!tre_key_check(TRE_KEY_IKE, pub, result) ||
	    (authority && !tre_ike_bound(pub, authority, result)))
		return false;
	key = tre_ecc_key(&pub->unique.ecc);
	same = key && EVP_PKEY_eq(key, X509_get0_pubkey(own)) == 1;
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (!same)
		tre_set(result, TRE_FAIL, "tre.key.mismatch",
			"the box authenticates with another key than the TPM's at 0x%08x (have its certificate issued for that one, and name it as token in swanctl.conf)",
			TRE_HANDLE_IKE);
	return same;
}

bool tre_box_key(struct tre_session *s, struct tre_der cert, const struct tre_vendor *authority,
		 struct tre_result *result)
{
	TPM2B_PUBLIC *pub = NULL;
	ESYS_TR key = ESYS_TR_NONE;
	X509 *own = parse(cert, result);
	bool ok = own && tre_key_find(s, TRE_KEY_IKE, &key, &pub, NULL, result);

	if (ok && key == ESYS_TR_NONE) {
		tre_set(result, TRE_FAIL, "tre.key.absent",
			"there is no IKE key at 0x%08x ('trustgate tre provision')",
			TRE_HANDLE_IKE);
		ok = false;
	}
	ok = ok && check_key(&pub->publicArea, own, authority, result);
	Esys_Free(pub);
	tre_ak_drop(s, &key);
	X509_free(own);
	return ok;
}
