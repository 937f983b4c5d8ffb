// SPDX-License-Identifier: GPL-2.0-or-later
/* The anchor's index in the TPM. */
#include <string.h>
#include "tre/anchor.h"
#include "tre/internal.h"

static const struct tre_guard guard = {
	.word = "anchor", .what = "root", .get = "have a newer one signed", .index = TRE_NV_ANCHOR,
	.size = TRE_ANCHOR_SIZE, .ref = TRE_ANCHOR_REF,
};

static struct tre_guard_write record_write(const struct tre_vendor *vendor,
					   const struct tre_anchor *a,
					   uint8_t record[TRE_ANCHOR_SIZE])
{
	return (struct tre_guard_write){
		.vendor = vendor, .version = a->version, .data = record,
		.len = tre_anchor_encode(a, record),
	};
}

bool tre_anchor_policies(const struct tre_vendor *vendor, const struct tre_anchor *a,
			 struct tre_guard_policies *out)
{
	uint8_t record[TRE_ANCHOR_SIZE];
	struct tre_guard_write w = record_write(vendor, a, record);

	return tre_guard_policies(&guard, &w, out);
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
	if (!tre_guard_is(&guard, nv, vendor)) {
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
	return tre_guard_define(s, &guard, vendor, result);
}

bool tre_anchor_write(struct tre_session *s, const struct tre_vendor *vendor,
		      const struct tre_anchor_update *update, struct tre_result *result)
{
	uint8_t record[TRE_ANCHOR_SIZE];
	struct tre_guard_write w = record_write(vendor, &update->anchor, record);
	struct tre_anchor old;
	struct tre_nv nv;
	bool ok;

	w.first = update->first;
	w.update = update->update;
	if (!tre_nv_find(s, TRE_NV_ANCHOR, &nv, result))
		return false;
	/* Whose index it is; that nothing is in it yet is no fault. */
	ok = tre_anchor_check(s, &nv, vendor, &old, result) ||
	     !strcmp(result->rule, "tre.anchor.empty");
	ok = ok && tre_guard_write(s, &guard, &nv, &w, result);
	tre_nv_close(s, &nv);
	return ok;
}
