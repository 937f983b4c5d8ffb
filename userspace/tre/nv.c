// SPDX-License-Identifier: GPL-2.0-or-later
/* NV indices: found, read, defined, removed. */
#include <string.h>
#include "tre/internal.h"
#include "tre/nv.h"

#define CHUNK	512	/* no TPM has a smaller buffer: TCG PTP, TPM_PT_NV_BUFFER_MAX */

bool tre_nv_find(struct tre_session *s, TPM2_HANDLE index, struct tre_nv *nv,
		 struct tre_result *result)
{
	TPM2B_NV_PUBLIC *public = NULL;
	TPM2B_NAME *name = NULL;
	TSS2_RC rc;
	bool ok;

	memset(nv, 0, sizeof(*nv));
	nv->public.nvIndex = index;
	rc = Esys_TR_FromTPMPublic(s->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   &nv->handle);
	if (rc != TSS2_RC_SUCCESS)
		nv->handle = ESYS_TR_NONE;
	if (tre_rc_error(rc) == TPM2_RC_HANDLE)
		return true;
	ok = tre_tpm_ok(rc, "TPM2_NV_ReadPublic", result) &&
	     tre_tpm_ok(Esys_NV_ReadPublic(s->esys, nv->handle, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, &public, &name),
			"TPM2_NV_ReadPublic", result);
	if (ok) {
		nv->public = public->nvPublic;
		nv->name = *name;
	}
	Esys_Free(public);
	Esys_Free(name);
	return ok;
}

void tre_nv_close(struct tre_session *s, struct tre_nv *nv)
{
	if (nv->handle != ESYS_TR_NONE)
		Esys_TR_Close(s->esys, &nv->handle);
	nv->handle = ESYS_TR_NONE;
}

bool tre_nv_read(struct tre_session *s, const struct tre_nv *nv, uint8_t *out,
		 struct tre_result *result)
{
	UINT16 at = 0, left = nv->public.dataSize;

	while (left) {
		UINT16 want = left < CHUNK ? left : CHUNK;
		TPM2B_MAX_NV_BUFFER *data = NULL;
		bool ok = tre_tpm_ok(Esys_NV_Read(s->esys, nv->handle, nv->handle, ESYS_TR_PASSWORD,
						  ESYS_TR_NONE, ESYS_TR_NONE, want, at, &data),
				     "TPM2_NV_Read", result);

		if (ok && data->size != want) {
			tre_set(result, TRE_UNAVAILABLE, "tre.nv.short",
				"NV index 0x%08x gives %u octets of %u (check the TPM)",
				nv->public.nvIndex, data->size, want);
			ok = false;
		}
		if (ok)
			memcpy(out + at, data->buffer, want);
		Esys_Free(data);
		if (!ok)
			return false;
		at += want;
		left -= want;
	}
	return true;
}

bool tre_nv_define(struct tre_session *s, const TPMS_NV_PUBLIC *public, struct tre_nv *nv,
		   struct tre_result *result)
{
	TPM2B_NV_PUBLIC in = { .nvPublic = *public };
	static const TPM2B_AUTH no_auth;
	ESYS_TR handle;

	if (!tre_tpm_ok(Esys_NV_DefineSpace(s->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
					    ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, &in, &handle),
			"TPM2_NV_DefineSpace", result))
		return false;
	Esys_TR_Close(s->esys, &handle);
	return tre_nv_find(s, public->nvIndex, nv, result);
}

bool tre_nv_undefine(struct tre_session *s, struct tre_nv *nv, struct tre_result *result)
{
	bool ok = tre_tpm_ok(Esys_NV_UndefineSpace(s->esys, ESYS_TR_RH_OWNER, nv->handle,
						   ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE),
			     "TPM2_NV_UndefineSpace", result);

	/* The library forgets the handle of what is gone. */
	if (ok)
		nv->handle = ESYS_TR_NONE;
	return ok;
}
