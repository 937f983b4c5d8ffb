// SPDX-License-Identifier: GPL-2.0-or-later
/* The version of the approval in force, and the session that the IKE key accepts. */
#include <inttypes.h>
#include <string.h>
#include "tre/approval.h"
#include "tre/attest.h"
#include "tre/internal.h"
#include "tre/measure.h"
#include "tre/steps.h"

bool tre_approval_define(struct tre_session *s, const struct tre_vendor *authority,
			 struct tre_result *result)
{
	return tre_guard_define(s, &tre_approval_guard, authority, result);
}

/* What is in @nv, of @authority's. */
static bool read_version(struct tre_session *s, const struct tre_nv *nv,
			 const struct tre_vendor *authority, uint64_t *version,
			 struct tre_result *result)
{
	uint8_t content[8];
	size_t i;

	*version = 0;
	if (!tre_guard_is(&tre_approval_guard, nv, authority)) {
		tre_set(result, TRE_FAIL, "tre.approval.policy",
			"NV index 0x%08x can be written by others than the operator's key: attributes 0x%08x, or another key's policy ('trustgate tre provision --replace approval --pcr-bound FILE')",
			TRE_NV_APPROVAL, nv->public.attributes);
		return false;
	}
	if (!(nv->public.attributes & TPMA_NV_WRITTEN))
		return true;
	if (!tre_nv_read(s, nv, content, result))
		return false;
	for (i = 0; i < sizeof(content); i++)
		*version = *version << 8 | content[i];
	return true;
}

bool tre_approval_index(struct tre_session *s, const struct tre_vendor *authority, bool *there,
			uint64_t *version, struct tre_result *result)
{
	struct tre_nv nv;
	bool ok = tre_nv_find(s, TRE_NV_APPROVAL, &nv, result);

	*there = ok && nv.handle != ESYS_TR_NONE;
	*version = 0;
	if (*there)
		ok = read_version(s, &nv, authority, version, result);
	tre_nv_close(s, &nv);
	return ok;
}

static bool absent(struct tre_result *result)
{
	tre_set(result, TRE_FAIL, "tre.approval.absent",
		"the TPM holds no version of an approval at 0x%08x ('trustgate tre provision --pcr-bound FILE')",
		TRE_NV_APPROVAL);
	return false;
}

static bool rolled_back(const struct tre_approval *a, uint64_t version, struct tre_result *result)
{
	tre_set(result, TRE_FAIL, "tre.approval.rollback",
		"this approval is version %" PRIu64 ", the TPM takes none below version %" PRIu64 " (install the newest that the operator signed: 'trustgate tre approval install FILE')",
		a->version, version);
	return false;
}

/* Of the index @nv as it is now. */
static bool install(struct tre_session *s, const struct tre_nv *nv, const struct tre_approval *a,
		    struct tre_result *result)
{
	struct tre_guard_write w = {
		.vendor = &a->authority, .version = a->version, .first = a->first,
		.update = a->update,
	};
	uint64_t version;
	uint8_t content[8];

	if (nv->handle == ESYS_TR_NONE)
		return absent(result);
	if (!read_version(s, nv, &a->authority, &version, result))
		return false;
	if (version == a->version)
		return true;
	if (version > a->version)
		return rolled_back(a, version, result);
	tre_put_version(content, a->version);
	w.data = content;
	w.len = sizeof(content);
	return tre_guard_write(s, &tre_approval_guard, nv, &w, result);
}

bool tre_approval_install(struct tre_session *s, const struct tre_approval *a,
			  struct tre_result *result)
{
	struct tre_nv nv;
	bool ok = tre_approval_verify(a, result) && tre_nv_find(s, TRE_NV_APPROVAL, &nv, result);

	if (!ok)
		return false;
	ok = install(s, &nv, a, result);
	tre_nv_close(s, &nv);
	return ok;
}

/* The first PCR by which @pcrs is not @st; -1: it is. */
static int differs(const struct tre_approval_state *st,
		   const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN])
{
	int i;

	for (i = 0; i < TRE_PCRS; i++) {
		if (st->mask & 1u << i && memcmp(st->pcrs[i], pcrs[i], TRE_DIGEST_LEN))
			return i;
	}
	return -1;
}

/* Of several states, the one that was approved last is told of. */
static bool not_approved(const struct tre_approval *a,
			 const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN], struct tre_result *result)
{
	const struct tre_approval_state *st = &a->states[a->n - 1];
	char is[TRE_HEX_LEN + 1], want[TRE_HEX_LEN + 1];
	int i = differs(st, pcrs);

	tre_set(result, TRE_FAIL, "tre.approval.pcr",
		"PCR %d is %s, version %" PRIu64 " of the approval, state '%s', has %s (boot what was approved, or have this approved)",
		i, tre_hex(pcrs[i], is), a->version, st->name, tre_hex(st->pcrs[i], want));
	return false;
}

bool tre_approval_find(struct tre_session *s, const struct tre_approval *a, size_t *state,
		       struct tre_result *result)
{
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN] = { { 0 } };
	uint32_t mask = 0;
	size_t i;

	for (i = 0; i < a->n; i++)
		mask |= a->states[i].mask;
	if (!tre_pcrs_read(s, mask, pcrs, result))
		return false;
	for (i = 0; i < a->n; i++) {
		if (differs(&a->states[i], (const uint8_t (*)[TRE_DIGEST_LEN])pcrs) < 0) {
			*state = i;
			return true;
		}
	}
	return not_approved(a, (const uint8_t (*)[TRE_DIGEST_LEN])pcrs, result);
}

/* The version in the index is not above that of @a: the TPM says so itself. */
static bool policy_version(struct tre_session *s, const struct tre_approval *a, ESYS_TR session,
			   struct tre_result *result)
{
	TPM2B_OPERAND operand = { .size = 8 };
	struct tre_nv nv;
	uint64_t version;
	TSS2_RC rc;
	bool ok;

	if (!tre_nv_find(s, TRE_NV_APPROVAL, &nv, result))
		return false;
	ok = nv.handle != ESYS_TR_NONE ? read_version(s, &nv, &a->authority, &version, result) :
					 absent(result);
	if (ok) {
		tre_put_version(operand.buffer, a->version);
		rc = Esys_PolicyNV(s->esys, nv.handle, nv.handle, session, ESYS_TR_PASSWORD,
				   ESYS_TR_NONE, ESYS_TR_NONE, &operand, 0, TPM2_EO_UNSIGNED_LE);
		if (tre_rc_error(rc) == TPM2_RC_POLICY)
			ok = rolled_back(a, version, result);
		else
			ok = tre_tpm_ok(rc, "TPM2_PolicyNV of the approval's version", result);
	}
	tre_nv_close(s, &nv);
	return ok;
}

static bool policy_pcr(struct tre_session *s, const struct tre_approval_state *st, ESYS_TR session,
		       struct tre_result *result)
{
	TPM2B_DIGEST digest = { .size = TRE_DIGEST_LEN };
	TPML_PCR_SELECTION pcrs;

	tre_pcr_selection(st->mask, &pcrs);
	if (!tre_pcr_digest(st->mask, (const uint8_t (*)[TRE_DIGEST_LEN])st->pcrs,
			    digest.buffer)) {
		tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
		return false;
	}
	return tre_tpm_ok(Esys_PolicyPCR(s->esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
					 ESYS_TR_NONE, &digest, &pcrs), "TPM2_PolicyPCR", result);
}

static bool authorize(struct tre_session *s, const struct tre_approval *a, size_t i,
		      ESYS_TR session, struct tre_result *result)
{
	uint8_t policy[TRE_DIGEST_LEN];
	bool refused = false;

	tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
	if (!tre_approval_policy(a, i, policy))
		return false;
	if (tre_vendor_authorize(s, session, &a->authority, policy, TRE_APPROVAL_REF,
				 &a->states[i].sig, &refused, result))
		return true;
	if (refused)
		tre_set(result, TRE_FAIL, "tre.approval.signature",
			"state '%s' of version %" PRIu64 " was not signed by the key that the approval names (take the file from the operator, unaltered)",
			a->states[i].name, a->version);
	return false;
}

bool tre_approval_session(struct tre_session *s, const struct tre_approval *a, ESYS_TR *session,
			  struct tre_result *result)
{
	size_t i;

	*session = ESYS_TR_NONE;
	if (tre_approval_find(s, a, &i, result) && tre_policy_session(s, session, result) &&
	    policy_version(s, a, *session, result) &&
	    policy_pcr(s, &a->states[i], *session, result) &&
	    authorize(s, a, i, *session, result))
		return true;
	tre_flush(s, session);
	return false;
}
