// SPDX-License-Identifier: GPL-2.0-or-later
/* The identity of the box in an NV index that is written once (HNB-TRE-04). */
#include <ctype.h>
#include <string.h>
#include "tre/internal.h"
#include "tre/nv.h"

#define LOCKED		(TRE_NV_ONCE | TPMA_NV_WRITELOCKED | TPMA_NV_WRITTEN)
#define REMEDY		"'trustgate tre provision --replace %s' as the TPM's owner"

/* What it is called among what a box is provisioned with. */
static const char *part_of(TPM2_HANDLE index)
{
	return index == TRE_NV_OPERATOR ? "operator" : "identity";
}

static bool is_identity(const char *text, size_t len)
{
	size_t i;

	if (!len || len > TRE_IDENTITY_MAX || text[0] == '.' || text[0] == '-')
		return false;
	for (i = 0; i < len; i++) {
		if (!isalnum((unsigned char)text[i]) && !strchr(".-", text[i]))
			return false;
		if (!text[i])
			return false;
	}
	return true;
}

static bool attributes_ok(const struct tre_nv *nv, struct tre_result *result)
{
	TPMA_NV is = nv->public.attributes;

	if (!(is & TPMA_NV_WRITELOCKED) || !(is & TPMA_NV_WRITTEN)) {
		tre_set(result, TRE_FAIL, "tre.identity.unlocked",
			"NV index 0x%08x, the identity, is not %s: attributes 0x%08x (" REMEDY ")",
			nv->public.nvIndex, is & TPMA_NV_WRITTEN ? "locked" : "written", is,
			part_of(nv->public.nvIndex));
		return false;
	}
	if (is != LOCKED || nv->public.authPolicy.size ||
	    nv->public.dataSize > TRE_IDENTITY_MAX) {
		tre_set(result, TRE_FAIL, "tre.identity.attributes",
			"NV index 0x%08x, the identity, has attributes 0x%08x, not 0x%08x (" REMEDY ")",
			nv->public.nvIndex, is, LOCKED, part_of(nv->public.nvIndex));
		return false;
	}
	return true;
}

static bool absent(TPM2_HANDLE index, struct tre_result *result)
{
	tre_set(result, TRE_FAIL, "tre.identity.absent",
		"the TPM holds no identity at 0x%08x ('trustgate tre provision --%sidentity NAME')",
		index, index == TRE_NV_OPERATOR ? "operator-" : "");
	return false;
}

bool tre_identity_check(struct tre_session *s, const struct tre_nv *nv,
			char text[TRE_IDENTITY_MAX + 1], struct tre_result *result)
{
	if (nv->handle == ESYS_TR_NONE)
		return absent(nv->public.nvIndex, result);
	if (!attributes_ok(nv, result) || !tre_nv_read(s, nv, (uint8_t *)text, result))
		return false;
	text[nv->public.dataSize] = 0;
	if (is_identity(text, nv->public.dataSize))
		return true;
	tre_set(result, TRE_FAIL, "tre.identity.text",
		"NV index 0x%08x, the identity, holds no host name (" REMEDY ")",
		nv->public.nvIndex, part_of(nv->public.nvIndex));
	return false;
}

bool tre_identity_read(struct tre_session *s, TPM2_HANDLE index,
		       char text[TRE_IDENTITY_MAX + 1], struct tre_result *result)
{
	struct tre_nv nv;
	bool ok = tre_nv_find(s, index, &nv, result) &&
		  tre_identity_check(s, &nv, text, result);

	tre_nv_close(s, &nv);
	return ok;
}

bool tre_identity_write(struct tre_session *s, TPM2_HANDLE index, const char *identity,
			struct tre_result *result)
{
	if (is_identity(identity, strlen(identity)))
		return tre_nv_once_write(s, index, identity, result);
	tre_set(result, TRE_FAIL, "tre.identity.text",
		"'%.60s' is no host name of 1 to %d letters, digits, '-' and '.' (choose another)",
		identity, TRE_IDENTITY_MAX);
	return false;
}

bool tre_identity_finish(struct tre_session *s, struct tre_nv *nv, const char *identity,
			 bool *finished, struct tre_result *result)
{
	*finished = false;
	return !is_identity(identity, strlen(identity)) ||
	       tre_nv_once_finish(s, nv, identity, finished, result);
}
