// SPDX-License-Identifier: GPL-2.0-or-later
#include "tre/device.h"

#include <string.h>
#include <openssl/err.h>
#include "tre/attest.h"
#include "tre/internal.h"
#include "tre/nv.h"

/* HNB-TRE-05: made in this TPM, and never to leave it. */
#define KEY_MUST	(TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM |	\
			 TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN)
#define KEY_NEVER	(TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT |		\
			 TPMA_OBJECT_ENCRYPTEDDUPLICATION)
#define NV_IS		(TRE_NV_ONCE | TPMA_NV_WRITELOCKED | TPMA_NV_WRITTEN)
#define REMEDY		"'trustgate devid provision --replace' as the TPM's owner"

static const TPM2B_PUBLIC template = { .publicArea = {
	.type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = KEY_MUST | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
	.parameters.eccDetail = {
		.symmetric.algorithm = TPM2_ALG_NULL,
		.scheme = { .scheme = TPM2_ALG_ECDSA,
			    .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
		.curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL } } };

/* --- the key ------------------------------------------------------------------ */

/* What is at the handle; *@key is ESYS_TR_NONE when that is nothing, which is no error. */
static bool find_key(struct tre_session *s, ESYS_TR *key, TPM2B_PUBLIC **pub,
		     struct tre_result *result)
{
	TSS2_RC rc = Esys_TR_FromTPMPublic(s->esys, TRE_HANDLE_DEVICE, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, key);

	*pub = NULL;
	if (rc != TSS2_RC_SUCCESS)
		*key = ESYS_TR_NONE;
	if (tre_rc_error(rc) == TPM2_RC_HANDLE)
		return true;
	return tre_tpm_ok(rc, "TPM2_ReadPublic", result) &&
	       tre_tpm_ok(Esys_ReadPublic(s->esys, *key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					  pub, NULL, NULL), "TPM2_ReadPublic", result);
}

static bool key_ok(const TPMT_PUBLIC *pub, struct tre_result *result)
{
	const TPMS_ECC_PARMS *ecc = &pub->parameters.eccDetail;

	if (pub->type == TPM2_ALG_ECC && pub->nameAlg == TPM2_ALG_SHA256 &&
	    (pub->objectAttributes & KEY_MUST) == KEY_MUST &&
	    !(pub->objectAttributes & KEY_NEVER) && ecc->curveID == TPM2_ECC_NIST_P256 &&
	    ecc->scheme.scheme == TPM2_ALG_ECDSA &&
	    ecc->scheme.details.ecdsa.hashAlg == TPM2_ALG_SHA256)
		return true;
	tre_set(result, TRE_FAIL, "tre.device.key",
		"the key at 0x%08x is of type 0x%04x with attributes 0x%08x, not an unrestricted ECDSA P-256 signing key that this TPM made (%s)",
		TRE_HANDLE_DEVICE, pub->type, pub->objectAttributes, REMEDY);
	return false;
}

/* The key that is there and as it has to be. */
static bool open_key(struct tre_session *s, ESYS_TR *key, TPM2B_PUBLIC **pub,
		     struct tre_result *result)
{
	if (!find_key(s, key, pub, result))
		return false;
	if (*key == ESYS_TR_NONE || !*pub) {
		tre_set(result, TRE_FAIL, "tre.device.absent",
			"there is no device key at 0x%08x ('trustgate devid provision')",
			TRE_HANDLE_DEVICE);
		return false;
	}
	return key_ok(&(*pub)->publicArea, result);
}

static void close_key(struct tre_session *s, ESYS_TR *key, TPM2B_PUBLIC *pub)
{
	Esys_Free(pub);
	tre_ak_drop(s, key);
}

static bool find_parent(struct tre_session *s, ESYS_TR *parent, struct tre_result *result)
{
	if (!tre_key_find(s, TRE_KEY_SRK, parent, NULL, NULL, result))
		return false;
	if (*parent != ESYS_TR_NONE)
		return true;
	tre_set(result, TRE_FAIL, "tre.key.absent",
		"there is no storage root key at 0x%08x ('trustgate tre provision')",
		TRE_HANDLE_SRK);
	return false;
}

static bool persist(struct tre_session *s, ESYS_TR *key, struct tre_result *result)
{
	ESYS_TR persistent;
	bool ok = tre_tpm_ok(Esys_EvictControl(s->esys, ESYS_TR_RH_OWNER, *key, ESYS_TR_PASSWORD,
					       ESYS_TR_NONE, ESYS_TR_NONE, TRE_HANDLE_DEVICE,
					       &persistent), "TPM2_EvictControl", result);

	if (ok)
		Esys_TR_Close(s->esys, &persistent);
	tre_flush(s, key);
	return ok;
}

static bool make_key(struct tre_session *s, struct tre_result *result)
{
	static const TPM2B_SENSITIVE_CREATE sensitive;
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION no_pcr;
	ESYS_TR parent = ESYS_TR_NONE, key = ESYS_TR_NONE;
	TPM2B_PRIVATE *private = NULL;
	TPM2B_PUBLIC *public = NULL;
	bool ok;

	ok = find_parent(s, &parent, result) &&
	     tre_tpm_ok(Esys_Create(s->esys, parent, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				    &sensitive, &template, &outside, &no_pcr, &private, &public,
				    NULL, NULL, NULL), "TPM2_Create", result) &&
	     tre_tpm_ok(Esys_Load(s->esys, parent, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				  private, public, &key), "TPM2_Load", result) &&
	     persist(s, &key, result);
	tre_ak_drop(s, &parent);
	Esys_Free(private);
	Esys_Free(public);
	return ok;
}

static bool evict(struct tre_session *s, ESYS_TR *key, struct tre_result *result)
{
	ESYS_TR none;
	bool ok = tre_tpm_ok(Esys_EvictControl(s->esys, ESYS_TR_RH_OWNER, *key, ESYS_TR_PASSWORD,
					       ESYS_TR_NONE, ESYS_TR_NONE, TRE_HANDLE_DEVICE, &none),
			     "TPM2_EvictControl", result);

	/* Or the library takes what comes next for what was there. */
	if (ok)
		Esys_TR_Close(s->esys, key);
	return ok;
}

static enum tre_outcome outcome_of(bool there, bool replace)
{
	return !there ? TRE_MADE : replace ? TRE_REPLACED : TRE_KEPT;
}

static bool provision_key(struct tre_session *s, bool replace, enum tre_outcome *outcome,
			  struct tre_result *result)
{
	TPM2B_PUBLIC *pub;
	ESYS_TR key;
	bool ok = find_key(s, &key, &pub, result), there = ok && key != ESYS_TR_NONE && pub;

	if (there)
		ok = replace ? evict(s, &key, result) : key_ok(&pub->publicArea, result);
	close_key(s, &key, pub);
	if (ok && (!there || replace))
		ok = make_key(s, result);
	if (ok)
		*outcome = outcome_of(there, replace);
	return ok;
}

/* --- the IMEI ----------------------------------------------------------------- */

static bool is_imei(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len == TRE_IMEI_MAX || len == TRE_IMEI_MAX - 1;
}

/* No message has it in it: PRIV-02. */
static bool check_index(struct tre_session *s, const struct tre_nv *nv,
			char imei[TRE_IMEI_MAX + 1], struct tre_result *result)
{
	const char *why = NULL;

	if (nv->handle == ESYS_TR_NONE)
		why = "is not there";
	else if (nv->public.attributes != NV_IS || nv->public.authPolicy.size)
		why = "is not written and locked";
	else if (nv->public.dataSize > TRE_IMEI_MAX)
		why = "is too long for an IMEI";
	if (!why && !tre_nv_read(s, nv, (uint8_t *)imei, result))
		return false;
	if (!why && !is_imei(imei, nv->public.dataSize))
		why = "holds no 15 or 16 digits";
	if (!why) {
		imei[nv->public.dataSize] = '\0';
		return true;
	}
	tre_set(result, TRE_FAIL, nv->handle == ESYS_TR_NONE ? "tre.imei.absent" : "tre.imei.index",
		"NV index 0x%08x, the IMEI, %s (%s)", TRE_NV_IMEI, why,
		nv->handle == ESYS_TR_NONE ? "'trustgate devid provision --imei FILE'" : REMEDY);
	return false;
}

static bool same_imei(struct tre_session *s, const struct tre_nv *nv, const char *imei,
		      struct tre_result *result)
{
	char is[TRE_IMEI_MAX + 1];

	if (!check_index(s, nv, is, result))
		return false;
	if (!strcmp(is, imei))
		return true;
	tre_set(result, TRE_FAIL, "tre.imei.other",
		"this box has another IMEI already (if it is to change: %s)", REMEDY);
	return false;
}

static bool provision_imei(struct tre_session *s, const char *imei, bool replace,
			   enum tre_outcome *outcome, struct tre_result *result)
{
	struct tre_nv nv;
	bool ok = tre_nv_find(s, TRE_NV_IMEI, &nv, result);
	bool there = ok && nv.handle != ESYS_TR_NONE, finished = false;

	if (there && replace)
		ok = tre_nv_undefine(s, &nv, result);
	else if (there)
		ok = tre_nv_once_finish(s, &nv, imei, &finished, result) &&
		     same_imei(s, &nv, imei, result);
	tre_nv_close(s, &nv);
	if (ok && (!there || replace))
		ok = tre_nv_once_write(s, TRE_NV_IMEI, imei, result);
	if (ok)
		*outcome = outcome_of(there && !finished, replace);
	return ok;
}

bool tre_device_provision(struct tre_session *s, const char *imei, bool replace,
			  enum tre_outcome *key, enum tre_outcome *index,
			  struct tre_result *result)
{
	*key = TRE_UNTOUCHED;
	*index = TRE_UNTOUCHED;
	if (imei && !is_imei(imei, strlen(imei))) {
		tre_set(result, TRE_FAIL, "tre.imei.text",
			"an IMEI has 15 digits, an IMEISV 16 (give another)");
		return false;
	}
	if (!provision_key(s, replace, key, result) ||
	    (imei && !provision_imei(s, imei, replace, index, result)))
		return false;
	tre_set(result, TRE_PASS, "tre.device.good", "the box can prove its device identifier");
	return true;
}

/* --- use ---------------------------------------------------------------------- */

static bool take_spki(const TPMT_PUBLIC *pub, struct tre_device *d, struct tre_result *result)
{
	EVP_PKEY *key = tre_ecc_key(&pub->unique.ecc);
	int len = key ? i2d_PUBKEY(key, NULL) : -1;
	uint8_t *p = d->spki;

	d->spki_len = 0;
	if (len > 0 && len <= TRE_SPKI_MAX)
		d->spki_len = (size_t)i2d_PUBKEY(key, &p);
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (!d->spki_len)
		tre_set(result, TRE_FAIL, "tre.device.point",
			"the device key is no point of P-256 (check the TPM)");
	return d->spki_len;
}

bool tre_device_read(struct tre_session *s, struct tre_device *d, struct tre_result *result)
{
	struct tre_nv nv = { .handle = ESYS_TR_NONE };
	TPM2B_PUBLIC *pub = NULL;
	ESYS_TR key;
	bool ok;

	memset(d, 0, sizeof(*d));
	ok = open_key(s, &key, &pub, result) && take_spki(&pub->publicArea, d, result);
	close_key(s, &key, pub);
	ok = ok && tre_nv_find(s, TRE_NV_IMEI, &nv, result) &&
	     check_index(s, &nv, d->imei, result);
	tre_nv_close(s, &nv);
	if (ok)
		tre_set(result, TRE_PASS, "tre.device.good",
			"the box can prove its device identifier");
	return ok;
}

bool tre_device_sign(struct tre_session *s, const uint8_t sha256[TRE_DIGEST_LEN],
		     uint8_t sig[TRE_SIGNATURE_DER_MAX], size_t *len, struct tre_result *result)
{
	TPM2B_PUBLIC *pub;
	uint8_t *der = NULL;
	ESYS_TR key;
	bool ok;

	*len = 0;
	ok = open_key(s, &key, &pub, result) && tre_sign(s, key, ESYS_TR_PASSWORD, sha256, &der, len, result);
	close_key(s, &key, pub);
	if (ok && *len <= TRE_SIGNATURE_DER_MAX) {
		memcpy(sig, der, *len);
	} else if (ok) {
		tre_set(result, TRE_FAIL, "tre.device.signature",
			"a signature of %zu octets is not one of P-256 (check the TPM)", *len);
		ok = false;
	}
	OPENSSL_free(der);
	return ok;
}

bool tre_device_name(const struct tre_device *d, char name[TRE_DEVICE_NAME_LEN + 1])
{
	uint8_t digest[TRE_DIGEST_LEN];
	char hex[TRE_HEX_LEN + 1];

	if (EVP_Digest(d->spki, d->spki_len, digest, NULL, EVP_sha256(), NULL) != 1)
		return false;
	memcpy(name, tre_hex(digest, hex), TRE_DEVICE_NAME_LEN);
	name[TRE_DEVICE_NAME_LEN] = '\0';
	return true;
}

static X509_REQ *make_request(const struct tre_device *d)
{
	const uint8_t *p = d->spki;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)d->spki_len);
	X509_REQ *req = X509_REQ_new();
	char name[TRE_DEVICE_NAME_LEN + 1];
	bool ok;

	ok = key && req && tre_device_name(d, name) &&
	     X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
	     X509_REQ_set_pubkey(req, key) == 1 &&
	     X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_ASC,
					(const uint8_t *)name, -1, -1, 0) == 1;
	EVP_PKEY_free(key);
	if (ok)
		return req;
	X509_REQ_free(req);
	return NULL;
}

bool tre_device_csr(struct tre_session *s, uint8_t **der, size_t *len, struct tre_result *result)
{
	struct tre_device d = { 0 };
	TPM2B_PUBLIC *pub;
	X509_REQ *req;
	ESYS_TR key;
	int n = -1;

	*der = NULL;
	*len = 0;
	if (open_key(s, &key, &pub, result) && take_spki(&pub->publicArea, &d, result)) {
		/* Overwritten by whatever goes wrong at the TPM. */
		tre_set(result, TRE_UNAVAILABLE, "tre.csr",
			"no request could be made (look at OpenSSL)");
		req = make_request(&d);
		if (req && tre_request_sign(s, key, ESYS_TR_PASSWORD, req, result))
			n = i2d_X509_REQ(req, der);
		X509_REQ_free(req);
	}
	close_key(s, &key, pub);
	ERR_clear_error();
	*len = n > 0 ? (size_t)n : 0;
	return n > 0;
}
