// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An NV index that is written once: defined, written, locked. Between the three commands the
 * power can fail (PIT-42); the next to provision the same ends what was begun.
 */
#include <string.h>
#include "tre/internal.h"
#include "tre/nv.h"

static bool lock(struct tre_session *s, const struct tre_nv *nv, struct tre_result *result)
{
	return tre_tpm_ok(Esys_NV_WriteLock(s->esys, nv->handle, nv->handle, ESYS_TR_PASSWORD,
					    ESYS_TR_NONE, ESYS_TR_NONE),
			  "TPM2_NV_WriteLock", result);
}

static bool write_locked(struct tre_session *s, const struct tre_nv *nv, const char *text,
			 struct tre_result *result)
{
	TPM2B_MAX_NV_BUFFER data = { .size = nv->public.dataSize };

	memcpy(data.buffer, text, data.size);
	return tre_tpm_ok(Esys_NV_Write(s->esys, nv->handle, nv->handle, ESYS_TR_PASSWORD,
					ESYS_TR_NONE, ESYS_TR_NONE, &data, 0),
			  "TPM2_NV_Write", result) && lock(s, nv, result);
}

bool tre_nv_once_write(struct tre_session *s, TPM2_HANDLE index, const char *text,
		       struct tre_result *result)
{
	const TPMS_NV_PUBLIC public = {
		.nvIndex = index, .nameAlg = TPM2_ALG_SHA256, .attributes = TRE_NV_ONCE,
		.dataSize = (UINT16)strlen(text),
	};
	struct tre_nv nv = { .handle = ESYS_TR_NONE };
	bool ok = tre_nv_define(s, &public, &nv, result) && write_locked(s, &nv, text, result);

	tre_nv_close(s, &nv);
	return ok;
}

/* As tre_nv_once_write() leaves it until the lock. */
static bool is_begun(const struct tre_nv *nv, size_t len)
{
	return (nv->public.attributes & ~TPMA_NV_WRITTEN) == TRE_NV_ONCE &&
	       !nv->public.authPolicy.size && nv->public.dataSize == len;
}

bool tre_nv_once_finish(struct tre_session *s, struct tre_nv *nv, const char *text,
			bool *finished, struct tre_result *result)
{
	TPM2_HANDLE index = nv->public.nvIndex;
	uint8_t is[TRE_IDENTITY_MAX];
	size_t len = strlen(text);
	bool ok;

	*finished = false;
	if (len > sizeof(is) || !is_begun(nv, len))
		return true;
	if (nv->public.attributes & TPMA_NV_WRITTEN) {
		if (!tre_nv_read(s, nv, is, result))
			return false;
		if (memcmp(is, text, len))
			return true;
		ok = lock(s, nv, result);
	} else {
		ok = write_locked(s, nv, text, result);
	}
	tre_nv_close(s, nv);
	*finished = ok;
	return ok && tre_nv_find(s, index, nv, result);
}
