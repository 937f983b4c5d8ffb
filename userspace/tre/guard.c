// SPDX-License-Identifier: GPL-2.0-or-later
/* NV indices that obey a key's signatures. */
#include <inttypes.h>
#include <string.h>
#include "tre/guard.h"
#include "tre/internal.h"
#include "tre/steps.h"

bool tre_guard_public(const struct tre_guard *g, const struct tre_vendor *vendor,
		      TPMS_NV_PUBLIC *out)
{
	*out = (TPMS_NV_PUBLIC) {
		.nvIndex = g->index,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = TPMA_NV_POLICYWRITE | TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD |
			      TPMA_NV_NO_DA,
		.authPolicy.size = TRE_DIGEST_LEN,
		.dataSize = g->size,
	};
	return tre_step_authorize(out->authPolicy.buffer, &vendor->name, g->ref);
}

static bool command(const struct tre_guard *g, const struct tre_guard_write *w, bool written,
		    TPM2B_DIGEST *out)
{
	TPMS_NV_PUBLIC public;
	TPM2B_NAME name;

	return tre_guard_public(g, w->vendor, &public) && tre_nv_name(&public, written, &name) &&
	       tre_nv_write_hash(&name, w->data, w->len, out);
}

static bool newer(const struct tre_guard *g, const struct tre_guard_write *w,
		  uint8_t policy[TRE_DIGEST_LEN])
{
	TPMS_NV_PUBLIC public;
	TPM2B_NAME name;

	return tre_guard_public(g, w->vendor, &public) && tre_nv_name(&public, true, &name) &&
	       tre_step_version(policy, &name, w->version, TPM2_EO_UNSIGNED_LT);
}

bool tre_guard_policies(const struct tre_guard *g, const struct tre_guard_write *w,
			struct tre_guard_policies *out)
{
	TPM2B_DIGEST first, update;

	memset(out, 0, sizeof(*out));
	return command(g, w, false, &first) && command(g, w, true, &update) &&
	       tre_step_unwritten(out->first) && tre_step_command(out->first, &first) &&
	       newer(g, w, out->update) && tre_step_command(out->update, &update);
}

bool tre_guard_is(const struct tre_guard *g, const struct tre_nv *nv,
		  const struct tre_vendor *vendor)
{
	static const struct tre_vendor any;
	TPMS_NV_PUBLIC want;

	return tre_guard_public(g, vendor ? vendor : &any, &want) &&
	       (nv->public.attributes & ~TPMA_NV_WRITTEN) == want.attributes &&
	       nv->public.nameAlg == want.nameAlg && nv->public.dataSize == want.dataSize &&
	       nv->public.authPolicy.size == TRE_DIGEST_LEN &&
	       (!vendor || !memcmp(nv->public.authPolicy.buffer, want.authPolicy.buffer,
				   TRE_DIGEST_LEN));
}

bool tre_guard_define(struct tre_session *s, const struct tre_guard *g,
		      const struct tre_vendor *vendor, struct tre_result *result)
{
	struct tre_nv nv = { .handle = ESYS_TR_NONE };
	TPMS_NV_PUBLIC public;
	bool ok;

	tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
	ok = tre_guard_public(g, vendor, &public) && tre_nv_define(s, &public, &nv, result);
	tre_nv_close(s, &nv);
	return ok;
}

/* One authorised write under way. */
struct write {
	struct tre_session *s;
	const struct tre_guard *g;
	const struct tre_nv *nv;
	const struct tre_guard_write *w;
	bool written;
	ESYS_TR session;
};

/* Nothing was written before; or what is there is older. */
static TSS2_RC policy_newer(struct write *w)
{
	TPM2B_OPERAND version = { .size = 8 };

	if (!w->written)
		return Esys_PolicyNvWritten(w->s->esys, w->session, ESYS_TR_NONE, ESYS_TR_NONE,
					    ESYS_TR_NONE, TPM2_NO);
	tre_put_version(version.buffer, w->w->version);
	return Esys_PolicyNV(w->s->esys, w->nv->handle, w->nv->handle, w->session,
			     ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &version, 0,
			     TPM2_EO_UNSIGNED_LT);
}

static bool fail(const struct write *w, const char *rule, const char *why,
		 struct tre_result *result)
{
	char full[48];

	snprintf(full, sizeof(full), "tre.%s.%s", w->g->word, rule);
	tre_set(result, TRE_FAIL, full, "version %" PRIu64 " of the %s: %s (%s)", w->w->version,
		w->g->what, why, w->g->get);
	return false;
}

static bool explain_policy(struct write *w, TSS2_RC rc, struct tre_result *result)
{
	uint8_t content[TPM2_MAX_NV_BUFFER_SIZE];
	char why[80];
	uint64_t old = 0;
	int i;

	if (tre_rc_error(rc) != TPM2_RC_POLICY || !w->written ||
	    w->nv->public.dataSize > sizeof(content))
		return tre_tpm_ok(rc, "TPM2_PolicyNV", result);
	if (!tre_nv_read(w->s, w->nv, content, result))
		return false;
	for (i = 0; i < 8; i++)
		old = old << 8 | content[i];
	snprintf(why, sizeof(why), "the TPM holds version %" PRIu64 ", only a newer one is taken",
		 old);
	return fail(w, "rollback", why, result);
}

static bool authorize(struct write *w, struct tre_result *result)
{
	struct tre_guard_policies policies;
	TPM2B_DIGEST cp;
	bool refused = false;
	TSS2_RC rc;

	tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
	if (!tre_guard_policies(w->g, w->w, &policies) || !command(w->g, w->w, w->written, &cp))
		return false;
	rc = policy_newer(w);
	if (rc != TSS2_RC_SUCCESS)
		return explain_policy(w, rc, result);
	if (!tre_tpm_ok(Esys_PolicyCpHash(w->s->esys, w->session, ESYS_TR_NONE, ESYS_TR_NONE,
					  ESYS_TR_NONE, &cp), "TPM2_PolicyCpHash", result))
		return false;
	if (tre_vendor_authorize(w->s, w->session, w->w->vendor,
				 w->written ? policies.update : policies.first, w->g->ref,
				 w->written ? &w->w->update : &w->w->first, &refused, result))
		return true;
	if (refused)
		fail(w, "signature", "the key that this box obeys did not sign it; take the file unaltered",
		     result);
	return false;
}

bool tre_guard_write(struct tre_session *s, const struct tre_guard *g, const struct tre_nv *nv,
		     const struct tre_guard_write *want, struct tre_result *result)
{
	struct write w = {
		.s = s, .g = g, .nv = nv, .w = want, .session = ESYS_TR_NONE,
		.written = nv->public.attributes & TPMA_NV_WRITTEN,
	};
	TPM2B_MAX_NV_BUFFER data = { .size = (UINT16)want->len };
	bool ok;

	if (want->len > sizeof(data.buffer) || want->len > g->size) {
		tre_set(result, TRE_FAIL, "tre.nv.size", "%zu octets don't fit (report this)",
			want->len);
		return false;
	}
	memcpy(data.buffer, want->data, want->len);
	ok = tre_policy_session(s, &w.session, result) && authorize(&w, result) &&
	     tre_tpm_ok(Esys_NV_Write(s->esys, nv->handle, nv->handle, w.session, ESYS_TR_NONE,
				      ESYS_TR_NONE, &data, 0), "TPM2_NV_Write", result);
	tre_flush(s, &w.session);
	return ok;
}
