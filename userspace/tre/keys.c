// SPDX-License-Identifier: GPL-2.0-or-later
/* What each key of a box is made from, and is later held against. */
#include <string.h>
#include "tre/internal.h"
#include "tre/keys.h"

#define STORAGE_ATTRIBUTES	(TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT |		\
				 TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |	\
				 TPMA_OBJECT_SENSITIVEDATAORIGIN)
/* HNB-TRE-05: made in this TPM, and never to leave it. */
#define IKE_ATTRIBUTES		(TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM |	\
				 TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN)
/* Bits that TPM2 Part 2, 8.3, gives no meaning. */
#define RESERVED		0xfff0f309u
#define AES_128_CFB		{ .algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB }
#define ECDSA_SHA256		{ .scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256 }

/* Without NODA a box that loses power while signing locks itself out. */
static const struct key {
	const char *word, *name;
	TPM2_HANDLE handle;
	TPMA_OBJECT must, never;
	bool signs;
	TPM2B_PUBLIC template;
} keys[TRE_KEYS] = {
	/* TCG EK Credential Profile for TPM 2.0, 2.5, template L-2: PolicySecret of
	 * the endorsement hierarchy.
	 */
	[TRE_KEY_EK] = { "ek", "endorsement key", TRE_HANDLE_EK, STORAGE_ATTRIBUTES,
		TPMA_OBJECT_SIGN_ENCRYPT, false, { .publicArea = {
			.type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = STORAGE_ATTRIBUTES | TPMA_OBJECT_ADMINWITHPOLICY,
			.authPolicy = { .size = 32, .buffer = {
				0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
				0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
				0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa } },
			.parameters.eccDetail = {
				.symmetric = AES_128_CFB, .scheme.scheme = TPM2_ALG_NULL,
				.curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL },
			.unique.ecc = { .x.size = 32, .y.size = 32 } } } },
	[TRE_KEY_SRK] = { "srk", "storage root key", TRE_HANDLE_SRK, STORAGE_ATTRIBUTES,
		TPMA_OBJECT_SIGN_ENCRYPT, false, { .publicArea = {
			.type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = STORAGE_ATTRIBUTES | TPMA_OBJECT_USERWITHAUTH |
					    TPMA_OBJECT_NODA,
			.parameters.eccDetail = {
				.symmetric = AES_128_CFB, .scheme.scheme = TPM2_ALG_NULL,
				.curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL },
			.unique.ecc = { .x.size = 32, .y.size = 32 } } } },
	[TRE_KEY_AK] = { "ak", "attestation key", TRE_HANDLE_AK, TRE_AK_ATTRIBUTES,
		TPMA_OBJECT_DECRYPT, true, { .publicArea = {
			.type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TRE_AK_ATTRIBUTES | TPMA_OBJECT_USERWITHAUTH |
					    TPMA_OBJECT_NODA,
			.parameters.eccDetail = {
				.symmetric.algorithm = TPM2_ALG_NULL, .scheme = ECDSA_SHA256,
				.curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL } } } },
	[TRE_KEY_IKE] = { "ike", "IKE key", TRE_HANDLE_IKE, IKE_ATTRIBUTES,
		TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_ENCRYPTEDDUPLICATION,
		true, { .publicArea = {
			.type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = IKE_ATTRIBUTES | TPMA_OBJECT_USERWITHAUTH |
					    TPMA_OBJECT_NODA,
			/* charon's tpm plugin signs with the scheme that the key names. */
			.parameters.eccDetail = {
				.symmetric.algorithm = TPM2_ALG_NULL, .scheme = ECDSA_SHA256,
				.curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL } } } },
};

const char *tre_key_word(enum tre_key which)
{
	return keys[which].word;
}

const char *tre_key_name(enum tre_key which)
{
	return keys[which].name;
}

TPM2_HANDLE tre_key_handle(enum tre_key which)
{
	return keys[which].handle;
}

const TPM2B_PUBLIC *tre_key_template(enum tre_key which)
{
	return &keys[which].template;
}

static const char *attribute_name(TPMA_OBJECT bit)
{
	static const struct { TPMA_OBJECT bit; const char *name; } names[] = {
		{ TPMA_OBJECT_FIXEDTPM, "fixedTPM" },
		{ TPMA_OBJECT_FIXEDPARENT, "fixedParent" },
		{ TPMA_OBJECT_SENSITIVEDATAORIGIN, "sensitiveDataOrigin" },
		{ TPMA_OBJECT_RESTRICTED, "restricted" },
		{ TPMA_OBJECT_SIGN_ENCRYPT, "sign" },
		{ TPMA_OBJECT_DECRYPT, "decrypt" },
		{ TPMA_OBJECT_ENCRYPTEDDUPLICATION, "encryptedDuplication" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].bit & bit)
			return names[i].name;
	}
	return "another attribute";
}

static bool refuse(const struct key *k, const char *rule, const char *what, const char *is,
		   struct tre_result *result)
{
	tre_set(result, TRE_FAIL, rule,
		"the %s at 0x%08x: %s %s (make it with 'trustgate tre provision --replace %s')",
		k->name, k->handle, what, is, k->word);
	return false;
}

static bool scheme_ok(const struct key *k, const TPMS_ECC_PARMS *ecc)
{
	if (!k->signs)
		return ecc->scheme.scheme == TPM2_ALG_NULL;
	return ecc->scheme.scheme == TPM2_ALG_ECDSA &&
	       ecc->scheme.details.ecdsa.hashAlg == TPM2_ALG_SHA256;
}

bool tre_key_check(enum tre_key which, const TPMT_PUBLIC *pub, struct tre_result *result)
{
	const struct key *k = &keys[which];
	const TPMS_ECC_PARMS *ecc = &pub->parameters.eccDetail;
	TPMA_OBJECT clear = k->must & ~pub->objectAttributes;
	TPMA_OBJECT set = (k->never | RESERVED) & pub->objectAttributes;

	if (clear)
		return refuse(k, "tre.key.attributes", attribute_name(clear), "is clear", result);
	if (set)
		return refuse(k, "tre.key.attributes", attribute_name(set), "is set", result);
	/* Whose storage key it is does not matter, nor which; it is the platform's. */
	if (which == TRE_KEY_SRK)
		return true;
	if (pub->type != TPM2_ALG_ECC || ecc->curveID != TPM2_ECC_NIST_P256 ||
	    pub->nameAlg != TPM2_ALG_SHA256)
		return refuse(k, "tre.key.type", "its type", "is not ECC P-256 with SHA-256 names",
			      result);
	if (!scheme_ok(k, ecc))
		return refuse(k, "tre.key.scheme", "its scheme",
			      k->signs ? "is not ECDSA with SHA-256" : "is not null", result);
	if (which == TRE_KEY_EK &&
	    (pub->authPolicy.size != k->template.publicArea.authPolicy.size ||
	     memcmp(pub->authPolicy.buffer, k->template.publicArea.authPolicy.buffer,
		    pub->authPolicy.size)))
		return refuse(k, "tre.key.policy", "its policy", "is not that of template L-2",
			      result);
	return true;
}

bool tre_key_find(struct tre_session *s, enum tre_key which, ESYS_TR *key, TPM2B_PUBLIC **pub,
		  TPM2B_NAME **name, struct tre_result *result)
{
	TSS2_RC rc = Esys_TR_FromTPMPublic(s->esys, keys[which].handle, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, key);

	if (pub)
		*pub = NULL;
	if (name)
		*name = NULL;
	if (rc != TSS2_RC_SUCCESS)
		*key = ESYS_TR_NONE;
	if (tre_rc_error(rc) == TPM2_RC_HANDLE)
		return true;
	return tre_tpm_ok(rc, "TPM2_ReadPublic", result) &&
	       tre_tpm_ok(Esys_ReadPublic(s->esys, *key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					  pub, name, NULL), "TPM2_ReadPublic", result);
}
