// SPDX-License-Identifier: GPL-2.0-or-later
/* A record held against the key it claims and the IKE SA it came in. */
#include "tre/evidence.h"

#include <inttypes.h>
#include <string.h>
#include <tss2/tss2_mu.h>
#include "tre/attest.h"
#include "tre/internal.h"

#define RELAYED	"a replay, or another device's: look who sends it"

static bool digest_name(const uint8_t *public, size_t len, uint8_t name[TRE_NAME_LEN])
{
	name[0] = TPM2_ALG_SHA256 >> 8;
	name[1] = TPM2_ALG_SHA256 & 0xff;
	/* TPM2 Part 1, 16: of the TPMT_PUBLIC, which is behind the size. */
	return len > 2 && EVP_Digest(public + 2, len - 2, name + 2, NULL, EVP_sha256(), NULL) == 1;
}

bool tre_ak_name(const uint8_t *ak_public, size_t len, uint8_t name[TRE_NAME_LEN],
		 struct tre_result *result)
{
	EVP_PKEY *key;

	if (!tre_ak_key(ak_public, len, &key, result))
		return false;
	EVP_PKEY_free(key);
	if (digest_name(ak_public, len, name))
		return true;
	tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
	return false;
}

static uint32_t mask_of(const TPML_PCR_SELECTION *list)
{
	const TPMS_PCR_SELECTION *s = &list->pcrSelections[0];

	if (list->count != 1 || s->sizeofSelect < TRE_PCRS / 8)
		return 0;
	return (uint32_t)s->pcrSelect[0] | (uint32_t)s->pcrSelect[1] << 8 |
	       (uint32_t)s->pcrSelect[2] << 16;
}

static void note(const TPMS_ATTEST *a, struct tre_evidence *e)
{
	const TPMS_QUOTE_INFO *q = &a->attested.quote;

	memset(e, 0, sizeof(*e));
	e->reset = a->clockInfo.resetCount;
	e->restart = a->clockInfo.restartCount;
	e->firmware = a->firmwareVersion;
	if (a->type != TPM2_ST_ATTEST_QUOTE)
		return;
	e->pcr_mask = mask_of(&q->pcrSelect);
	if (q->pcrDigest.size == TRE_DIGEST_LEN)
		memcpy(e->pcr_digest, q->pcrDigest.buffer, TRE_DIGEST_LEN);
}

static bool check_pcrs(const struct tre_record *r, const TPMS_ATTEST *a,
		       const struct tre_evidence *e, struct tre_result *result)
{
	uint8_t digest[TRE_DIGEST_LEN];

	if (!e->pcr_mask || !tre_attest_selects(&a->attested.quote.pcrSelect, e->pcr_mask)) {
		tre_set(result, TRE_FAIL, "tre.quote.selection",
			"the quote is not over PCRs of the SHA-256 bank alone (check the box's [tre] pcrs)");
		return false;
	}
	if (a->attested.quote.pcrDigest.size != TRE_DIGEST_LEN) {
		tre_set(result, TRE_FAIL, "tre.quote.digest",
			"the quote's PCR digest is no SHA-256 (check the box's TPM)");
		return false;
	}
	if (!r->claims.with_pcrs)
		return true;
	if (r->pcr_mask != e->pcr_mask || !tre_pcr_digest(r->pcr_mask, r->pcrs, digest) ||
	    memcmp(digest, e->pcr_digest, sizeof(digest))) {
		tre_set(result, TRE_FAIL, "tre.quote.digest",
			"the PCR values told are not the ones quoted (measure again when the system is idle)");
		return false;
	}
	return true;
}

/* The quote is over something else than is here: what, as far as the record can tell. */
static void blame(const struct tre_record *r, const struct tre_binding *b, struct tre_result *result)
{
	static const struct { const char *rule, *what; } parts[] = {
		[TRE_FOR_SPI_I] = { "tre.quote.spi-i", "SPIi of another IKE SA" },
		[TRE_FOR_SPI_R] = { "tre.quote.spi-r", "SPIr of another IKE SA" },
		[TRE_FOR_NI] = { "tre.quote.ni", "Ni of another IKE SA" },
		[TRE_FOR_NR] = { "tre.quote.nr", "Nr of another IKE SA" },
		[TRE_FOR_IDI] = { "tre.quote.idi", "IDi of another H(e)NB" },
		[TRE_FOR_NONCE] = { "tre.quote.nonce", "another nonce than the record has" },
	};
	uint8_t here[TRE_FOR_PARTS][TRE_FOR_LEN];

	if (!r->has_made_for || !tre_record_made_for(b, r->nonce, here)) {
		tre_set(result, TRE_FAIL, "tre.quote.qualifying",
			"the quote is not over this IKE SA, this nonce and these claims (" RELAYED ")");
		return;
	}
	for (int i = 0; i < TRE_FOR_PARTS; i++) {
		if (!memcmp(r->made_for[i], here[i], TRE_FOR_LEN))
			continue;
		tre_set(result, TRE_FAIL, parts[i].rule, "the quote is over the %s (" RELAYED ")",
			parts[i].what);
		return;
	}
	tre_set(result, TRE_FAIL, "tre.quote.claims",
		"the quote is over other claims than the record has (somebody changed it: look who sends it)");
}

static bool check_binding(const struct tre_record *r, const struct tre_binding *b,
			  const TPMS_ATTEST *a, struct tre_evidence *e, struct tre_result *result)
{
	if (!tre_record_qualifying(b, r->nonce, r->claims_digest, e->qualifying)) {
		tre_set(result, TRE_UNAVAILABLE, "tre.binding",
			"SPIs, nonces or IDi of this IKE SA are not known (report this)");
		return false;
	}
	if (a->extraData.size != TRE_DIGEST_LEN ||
	    memcmp(a->extraData.buffer, e->qualifying, TRE_DIGEST_LEN)) {
		blame(r, b, result);
		return false;
	}
	return true;
}

bool tre_record_verify(const struct tre_record *r, const struct tre_binding *b,
		       const uint8_t *ak_public, size_t ak_public_len,
		       struct tre_evidence *evidence, struct tre_result *result)
{
	uint8_t name[TRE_NAME_LEN];
	EVP_PKEY *ak = NULL;
	TPMS_ATTEST a;
	bool ok = false;

	memset(evidence, 0, sizeof(*evidence));
	if (!tre_ak_key(ak_public, ak_public_len, &ak, result))
		return false;
	if (!digest_name(ak_public, ak_public_len, name))
		tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
	else if (memcmp(name, r->ak_name, sizeof(name)))
		tre_set(result, TRE_FAIL, "tre.ak.name",
			"the record names another attestation key than is known (" RELAYED ", or enrol its new key)");
	else
		/* Nothing is read of what nobody signed, but for its magic and type. */
		ok = tre_attest_header(r->attest, r->attest_len, TPM2_ST_ATTEST_QUOTE, result) &&
		     tre_signature_check(ak, r->attest, r->attest_len, r->sig, r->sig_len, result) &&
		     tre_attest_parse(r->attest, r->attest_len, TPM2_ST_ATTEST_QUOTE, &a, result);
	EVP_PKEY_free(ak);
	if (!ok)
		return false;
	note(&a, evidence);
	return check_binding(r, b, &a, evidence, result) && check_pcrs(r, &a, evidence, result);
}

#define IKE_ATTRIBUTES	(TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM |	\
			 TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN)

/* HNB-TRE-05: made in a TPM, never to leave it, and of no use for decrypting. */
static EVP_PKEY *ike_key(const struct tre_certification *c, struct tre_result *result)
{
	TPM2B_PUBLIC pub = { 0 };
	const TPMT_PUBLIC *p = &pub.publicArea;
	EVP_PKEY *key = NULL;
	size_t used = 0;

	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(c->ike_public, c->ike_public_len, &used, &pub) ||
	    used != c->ike_public_len) {
		tre_set(result, TRE_FAIL, "tre.ike.encoding",
			"the IKE key is not one TPM2B_PUBLIC (give the file that the box made)");
		return NULL;
	}
	if ((p->objectAttributes & IKE_ATTRIBUTES) != IKE_ATTRIBUTES ||
	    p->objectAttributes & TPMA_OBJECT_DECRYPT) {
		tre_set(result, TRE_FAIL, "tre.ike.attributes",
			"the IKE key's attributes are 0x%08" PRIx32 ": it could leave the TPM, or do more than sign (make another)",
			p->objectAttributes);
		return NULL;
	}
	if (p->type == TPM2_ALG_ECC && p->nameAlg == TPM2_ALG_SHA256 &&
	    p->parameters.eccDetail.curveID == TPM2_ECC_NIST_P256)
		key = tre_ecc_key(&p->unique.ecc);
	if (!key)
		tre_set(result, TRE_FAIL, "tre.ike.type",
			"the IKE key, type 0x%04x, is no ECC key of P-256 with SHA-256 names (make another)",
			p->type);
	return key;
}

/* Signed by the attestation key, and about the IKE key. */
static bool certified(const struct tre_certification *c, struct tre_evidence *evidence,
		      struct tre_result *result)
{
	uint8_t name[TRE_NAME_LEN];
	const TPM2B_NAME *said;
	EVP_PKEY *ak = NULL;
	TPMS_ATTEST a;
	bool ok;

	ok = tre_ak_key(c->ak_public, c->ak_public_len, &ak, result) &&
	     tre_attest_header(c->attest, c->attest_len, TPM2_ST_ATTEST_CERTIFY, result) &&
	     tre_signature_check(ak, c->attest, c->attest_len, c->sig, c->sig_len, result) &&
	     tre_attest_parse(c->attest, c->attest_len, TPM2_ST_ATTEST_CERTIFY, &a, result);
	EVP_PKEY_free(ak);
	if (!ok)
		return false;
	note(&a, evidence);
	said = &a.attested.certify.name;
	if (digest_name(c->ike_public, c->ike_public_len, name) && said->size == sizeof(name) &&
	    !memcmp(said->name, name, sizeof(name)))
		return true;
	tre_set(result, TRE_FAIL, "tre.certify.name",
		"the attestation key certified another key than this one (give the files of one provisioning)");
	return false;
}

bool tre_certification_check(const struct tre_certification *c, EVP_PKEY **ike,
			     struct tre_evidence *evidence, struct tre_result *result)
{
	memset(evidence, 0, sizeof(*evidence));
	*ike = ike_key(c, result);
	if (*ike && certified(c, evidence, result))
		return true;
	EVP_PKEY_free(*ike);
	*ike = NULL;
	return false;
}
