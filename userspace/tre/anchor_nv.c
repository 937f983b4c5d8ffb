// SPDX-License-Identifier: GPL-2.0-or-later
/* The anchor's index in the TPM. */
#include <inttypes.h>
#include <string.h>
#include "tre/anchor_nv.h"
#include "tre/internal.h"
#include "tre/verify.h"

static bool is_ours(const struct tre_nv *nv, const struct tre_vendor *vendor)
{
	struct tre_vendor any = { .policy = { 0 } };
	TPMS_NV_PUBLIC want;

	tre_anchor_public(vendor ? vendor : &any, &want);
	return (nv->public.attributes & ~TPMA_NV_WRITTEN) == want.attributes &&
	       nv->public.nameAlg == want.nameAlg && nv->public.dataSize == want.dataSize &&
	       nv->public.authPolicy.size == TRE_DIGEST_LEN &&
	       (!vendor || !memcmp(nv->public.authPolicy.buffer, want.authPolicy.buffer,
				   TRE_DIGEST_LEN));
}

bool tre_anchor_check(struct tre_session *s, const struct tre_nv *nv,
		      const struct tre_vendor *vendor, struct tre_anchor *out,
		      struct tre_result *result)
{
	uint8_t record[TRE_ANCHOR_SIZE];

	out->form = TRE_ANCHOR_NONE;
	if (nv->handle == ESYS_TR_NONE) {
		tre_set(result, TRE_FAIL, "tre.anchor.absent",
			"the TPM holds no root at 0x%08x ('trustgate tre provision --anchor-key FILE', then 'anchor update')",
			TRE_NV_ANCHOR);
		return false;
	}
	if (!is_ours(nv, vendor)) {
		tre_set(result, TRE_FAIL, "tre.anchor.policy",
			"NV index 0x%08x can be written by others than the vendor's key: attributes 0x%08x, or another key's policy ('trustgate tre provision --replace anchor --anchor-key FILE')",
			TRE_NV_ANCHOR, nv->public.attributes);
		return false;
	}
	if (!(nv->public.attributes & TPMA_NV_WRITTEN)) {
		tre_set(result, TRE_FAIL, "tre.anchor.empty",
			"NV index 0x%08x was never written ('trustgate tre anchor update FILE')",
			TRE_NV_ANCHOR);
		return false;
	}
	return tre_nv_read(s, nv, record, result) && tre_anchor_decode(record, out, result);
}

bool tre_anchor_read(struct tre_session *s, const struct tre_vendor *vendor,
		     struct tre_anchor *out, struct tre_result *result)
{
	struct tre_nv nv;
	bool ok = tre_nv_find(s, TRE_NV_ANCHOR, &nv, result) &&
		  tre_anchor_check(s, &nv, vendor, out, result);

	tre_nv_close(s, &nv);
	return ok;
}

bool tre_anchor_define(struct tre_session *s, const struct tre_vendor *vendor,
		       struct tre_result *result)
{
	struct tre_nv nv = { .handle = ESYS_TR_NONE };
	TPMS_NV_PUBLIC public;
	bool ok;

	tre_anchor_public(vendor, &public);
	ok = tre_nv_define(s, &public, &nv, result);
	tre_nv_close(s, &nv);
	return ok;
}

/* One authorised write: what it is about, and what came of it. */
struct write {
	struct tre_session *s;
	const struct tre_vendor *vendor;
	const struct tre_anchor_update *update;
	const struct tre_nv *nv;
	bool written;
	ESYS_TR session;
};

/* The TPM's word that the vendor signed @policy. */
static bool ticket(struct write *w, const TPM2B_DIGEST *policy, TPMT_TK_VERIFIED **out,
		   struct tre_result *result)
{
	static const char ref[] = TRE_ANCHOR_REF;
	uint8_t message[TRE_DIGEST_LEN + sizeof(ref) - 1];
	TPM2B_DIGEST digest = { .size = TRE_DIGEST_LEN };
	TPMT_SIGNATURE sig;
	ESYS_TR key = ESYS_TR_NONE;
	TSS2_RC rc;
	bool ok;

	memcpy(message, policy->buffer, TRE_DIGEST_LEN);
	memcpy(message + TRE_DIGEST_LEN, ref, sizeof(ref) - 1);
	if (EVP_Digest(message, sizeof(message), digest.buffer, NULL, EVP_sha256(), NULL) != 1 ||
	    !tre_ecdsa_signature(w->written ? w->update->update : w->update->first,
				 w->written ? w->update->update_len : w->update->first_len,
				 TPM2_ALG_SHA256, &sig)) {
		tre_set(result, TRE_FAIL, "tre.anchor.signature",
			"the update's signature is no ECDSA signature of P-256 (have it signed again)");
		return false;
	}
	if (!tre_tpm_ok(Esys_LoadExternal(w->s->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					  NULL, &w->vendor->public, ESYS_TR_RH_OWNER, &key),
			"TPM2_LoadExternal of the vendor's key", result))
		return false;
	rc = Esys_VerifySignature(w->s->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  &digest, &sig, out);
	tre_flush(w->s, &key);
	if (tre_rc_error(rc) == TPM2_RC_SIGNATURE) {
		tre_set(result, TRE_FAIL, "tre.anchor.signature",
			"the vendor's key did not sign version %" PRIu64 " of this root for this box's index (take the file from the vendor, unaltered)",
			w->update->anchor.version);
		return false;
	}
	ok = tre_tpm_ok(rc, "TPM2_VerifySignature", result);
	return ok;
}

/* Nothing was written before; or what is there is older. */
static TSS2_RC policy_newer(struct write *w)
{
	TPM2B_OPERAND version = { .size = 8 };
	uint8_t record[TRE_ANCHOR_SIZE];

	if (!w->written)
		return Esys_PolicyNvWritten(w->s->esys, w->session, ESYS_TR_NONE, ESYS_TR_NONE,
					    ESYS_TR_NONE, TPM2_NO);
	tre_anchor_encode(&w->update->anchor, record);
	memcpy(version.buffer, record, 8);
	return Esys_PolicyNV(w->s->esys, w->nv->handle, w->nv->handle, w->session,
			     ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &version, 0,
			     TPM2_EO_UNSIGNED_LT);
}

static bool explain_policy(struct write *w, TSS2_RC rc, struct tre_result *result)
{
	struct tre_anchor old;

	if (tre_rc_error(rc) != TPM2_RC_POLICY || !w->written ||
	    !tre_anchor_check(w->s, w->nv, w->vendor, &old, result))
		return tre_tpm_ok(rc, "TPM2_PolicyNV", result);
	tre_set(result, TRE_FAIL, "tre.anchor.rollback",
		"the TPM holds version %" PRIu64 " of the root, this is version %" PRIu64 ": only a newer one can be written (have a newer one signed)",
		old.version, w->update->anchor.version);
	return false;
}

static bool authorize(struct write *w, struct tre_result *result)
{
	TPM2B_NONCE ref = { .size = sizeof(TRE_ANCHOR_REF) - 1 };
	TPM2B_DIGEST policy = { .size = TRE_DIGEST_LEN }, cp;
	struct tre_anchor_policies policies;
	TPMT_TK_VERIFIED *verified = NULL;
	TSS2_RC rc;
	bool ok;

	memcpy(ref.buffer, TRE_ANCHOR_REF, ref.size);
	if (!tre_anchor_policies(w->vendor, &w->update->anchor, &policies) ||
	    !tre_anchor_cphash(w->vendor, &w->update->anchor, w->written, &cp)) {
		tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
		return false;
	}
	memcpy(policy.buffer, w->written ? policies.update : policies.first, TRE_DIGEST_LEN);
	rc = policy_newer(w);
	if (rc != TSS2_RC_SUCCESS)
		return explain_policy(w, rc, result);
	ok = ticket(w, &policy, &verified, result) &&
	     tre_tpm_ok(Esys_PolicyCpHash(w->s->esys, w->session, ESYS_TR_NONE, ESYS_TR_NONE,
					  ESYS_TR_NONE, &cp), "TPM2_PolicyCpHash", result) &&
	     tre_tpm_ok(Esys_PolicyAuthorize(w->s->esys, w->session, ESYS_TR_NONE, ESYS_TR_NONE,
					     ESYS_TR_NONE, &policy, &ref, &w->vendor->name,
					     verified), "TPM2_PolicyAuthorize", result);
	Esys_Free(verified);
	return ok;
}

static bool write_record(struct write *w, struct tre_result *result)
{
	TPM2B_MAX_NV_BUFFER data = { .size = 0 };

	data.size = (UINT16)tre_anchor_encode(&w->update->anchor, data.buffer);
	return tre_tpm_ok(Esys_NV_Write(w->s->esys, w->nv->handle, w->nv->handle, w->session,
					ESYS_TR_NONE, ESYS_TR_NONE, &data, 0),
			  "TPM2_NV_Write", result);
}

bool tre_anchor_write(struct tre_session *s, const struct tre_vendor *vendor,
		      const struct tre_anchor_update *update, struct tre_result *result)
{
	struct write w = {
		.s = s, .vendor = vendor, .update = update, .session = ESYS_TR_NONE,
	};
	struct tre_anchor old;
	struct tre_nv nv;
	bool ok;

	if (!tre_nv_find(s, TRE_NV_ANCHOR, &nv, result))
		return false;
	w.nv = &nv;
	w.written = nv.handle != ESYS_TR_NONE && nv.public.attributes & TPMA_NV_WRITTEN;
	/* Whose index it is; that nothing is in it yet is no fault. */
	ok = tre_anchor_check(s, &nv, vendor, &old, result) ||
	     !strcmp(result->rule, "tre.anchor.empty");
	ok = ok && tre_policy_session(s, &w.session, result) && authorize(&w, result) &&
	     write_record(&w, result);
	tre_flush(s, &w.session);
	tre_nv_close(s, &nv);
	return ok;
}
