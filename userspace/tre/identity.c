// SPDX-License-Identifier: GPL-2.0-or-later
/* The identity of the box in an NV index that is written once (HNB-TRE-04). */
#include <ctype.h>
#include <string.h>
#include "tre/internal.h"
#include "tre/nv.h"

/* A lock of WRITEDEFINE holds until the index is removed: TPM2 Part 2, 13.4. */
#define ATTRIBUTES	(TPMA_NV_AUTHWRITE | TPMA_NV_WRITEDEFINE | TPMA_NV_AUTHREAD |	\
			 TPMA_NV_OWNERREAD | TPMA_NV_NO_DA)
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
	if (is != (ATTRIBUTES | TPMA_NV_WRITELOCKED | TPMA_NV_WRITTEN) ||
	    nv->public.authPolicy.size || nv->public.dataSize > TRE_IDENTITY_MAX) {
		tre_set(result, TRE_FAIL, "tre.identity.attributes",
			"NV index 0x%08x, the identity, has attributes 0x%08x, not 0x%08x (" REMEDY ")",
			nv->public.nvIndex, is,
			ATTRIBUTES | TPMA_NV_WRITELOCKED | TPMA_NV_WRITTEN,
			part_of(nv->public.nvIndex));
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

static bool lock(struct tre_session *s, const struct tre_nv *nv, struct tre_result *result)
{
	return tre_tpm_ok(Esys_NV_WriteLock(s->esys, nv->handle, nv->handle, ESYS_TR_PASSWORD,
					    ESYS_TR_NONE, ESYS_TR_NONE),
			  "TPM2_NV_WriteLock", result);
}

static bool write_locked(struct tre_session *s, const struct tre_nv *nv, const char *identity,
			 size_t len, struct tre_result *result)
{
	TPM2B_MAX_NV_BUFFER data = { .size = (UINT16)len };

	memcpy(data.buffer, identity, len);
	return tre_tpm_ok(Esys_NV_Write(s->esys, nv->handle, nv->handle, ESYS_TR_PASSWORD,
					ESYS_TR_NONE, ESYS_TR_NONE, &data, 0),
			  "TPM2_NV_Write", result) && lock(s, nv, result);
}

/* As tre_identity_write() leaves it until the lock. */
static bool is_begun(const struct tre_nv *nv, size_t len)
{
	return (nv->public.attributes & ~TPMA_NV_WRITTEN) == ATTRIBUTES &&
	       !nv->public.authPolicy.size && nv->public.dataSize == len;
}

bool tre_identity_finish(struct tre_session *s, struct tre_nv *nv, const char *identity,
			 bool *finished, struct tre_result *result)
{
	TPM2_HANDLE index = nv->public.nvIndex;
	char is[TRE_IDENTITY_MAX];
	size_t len = strlen(identity);
	bool ok;

	*finished = false;
	if (!is_identity(identity, len) || !is_begun(nv, len))
		return true;
	if (nv->public.attributes & TPMA_NV_WRITTEN) {
		if (!tre_nv_read(s, nv, (uint8_t *)is, result))
			return false;
		if (memcmp(is, identity, len))
			return true;
		ok = lock(s, nv, result);
	} else {
		ok = write_locked(s, nv, identity, len, result);
	}
	tre_nv_close(s, nv);
	*finished = ok;
	return ok && tre_nv_find(s, index, nv, result);
}

bool tre_identity_write(struct tre_session *s, TPM2_HANDLE index, const char *identity,
			struct tre_result *result)
{
	size_t len = strlen(identity);
	const TPMS_NV_PUBLIC public = {
		.nvIndex = index,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = ATTRIBUTES,
		.dataSize = (UINT16)len,
	};
	struct tre_nv nv = { .handle = ESYS_TR_NONE };
	bool ok;

	if (!is_identity(identity, len)) {
		tre_set(result, TRE_FAIL, "tre.identity.text",
			"'%.60s' is no host name of 1 to %d letters, digits, '-' and '.' (choose another)",
			identity, TRE_IDENTITY_MAX);
		return false;
	}
	ok = tre_nv_define(s, &public, &nv, result) &&
	     write_locked(s, &nv, identity, len, result);
	tre_nv_close(s, &nv);
	return ok;
}
