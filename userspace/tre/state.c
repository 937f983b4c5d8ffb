// SPDX-License-Identifier: GPL-2.0-or-later
/* The TPM as it is, part by part. */
#include <string.h>
#include "tre/internal.h"
#include "tre/state.h"

static void passed(struct tre_result *r)
{
	tre_set(r, TRE_PASS, "tre.good", "as it has to be");
}

static bool read_key(struct tre_session *s, enum tre_key which, struct tre_key_state *k,
		     struct tre_result *result)
{
	TPM2B_PUBLIC *pub = NULL;
	TPM2B_NAME *name = NULL;
	ESYS_TR key;
	bool ok = tre_key_find(s, which, &key, &pub, &name, result);

	k->there = ok && key != ESYS_TR_NONE;
	if (k->there) {
		k->attributes = pub->publicArea.objectAttributes;
		k->name = *name;
		if (tre_key_check(which, &pub->publicArea, &k->check))
			passed(&k->check);
	} else if (ok) {
		tre_set(&k->check, TRE_FAIL, "tre.key.absent",
			"there is no %s at 0x%08x ('trustgate tre provision')",
			tre_key_name(which), tre_key_handle(which));
	}
	Esys_Free(pub);
	Esys_Free(name);
	tre_ak_drop(s, &key);
	return ok;
}

static bool read_identity(struct tre_session *s, TPM2_HANDLE index,
			  char text[TRE_IDENTITY_MAX + 1], TPMA_NV *attributes,
			  struct tre_result *check, struct tre_result *result)
{
	struct tre_nv nv;
	bool ok = tre_nv_find(s, index, &nv, result);

	if (ok) {
		*attributes = nv.handle == ESYS_TR_NONE ? 0 : nv.public.attributes;
		if (tre_identity_check(s, &nv, text, check))
			passed(check);
		else
			text[0] = 0;
	}
	tre_nv_close(s, &nv);
	return ok;
}

static bool read_anchor(struct tre_session *s, const struct tre_vendor *vendor,
			struct tre_state *st, struct tre_result *result)
{
	struct tre_nv nv;
	bool ok = tre_nv_find(s, TRE_NV_ANCHOR, &nv, result);

	if (ok) {
		st->anchor_attributes = nv.handle == ESYS_TR_NONE ? 0 : nv.public.attributes;
		if (nv.public.authPolicy.size == TRE_DIGEST_LEN)
			memcpy(st->anchor_policy, nv.public.authPolicy.buffer, TRE_DIGEST_LEN);
		if (tre_anchor_check(s, &nv, vendor, &st->anchor, &st->anchor_check))
			passed(&st->anchor_check);
	}
	tre_nv_close(s, &nv);
	return ok;
}

static bool read_properties(struct tre_session *s, TPML_TAGGED_TPM_PROPERTY *out,
			    struct tre_result *result)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	bool ok = tre_tpm_ok(Esys_GetCapability(s->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
						TPM2_CAP_TPM_PROPERTIES, TPM2_PT_PERMANENT,
						TPM2_MAX_TPM_PROPERTIES, NULL, &data),
			     "TPM2_GetCapability", result);

	if (ok)
		*out = data->data.tpmProperties;
	Esys_Free(data);
	return ok;
}

static uint32_t property(const TPML_TAGGED_TPM_PROPERTY *list, TPM2_PT which)
{
	uint32_t i;

	for (i = 0; i < list->count && i < TPM2_MAX_TPM_PROPERTIES; i++) {
		if (list->tpmProperty[i].property == which)
			return list->tpmProperty[i].value;
	}
	return 0;
}

static void judge_hierarchies(struct tre_state *st)
{
	if (st->owner_auth && st->lockout_auth)
		passed(&st->owner_check);
	else
		tre_set(&st->owner_check, TRE_FAIL, "tre.owner.open",
			"the %s hierarchy has no password: root can remove identity and root from the TPM ('trustgate tre provision --owner-auth FILE')",
			st->owner_auth ? "lockout" : "owner");
	if (!st->locked)
		passed(&st->lockout_check);
	else
		tre_set(&st->lockout_check, TRE_FAIL, "tre.locked",
			"locked out after %u wrong passwords of %u; one is forgiven every %u s (wait, or 'tpm2_dictionarylockout --clear-lockout')",
			st->lockout_tries, st->lockout_max, st->lockout_interval_s);
}

static bool read_hierarchies(struct tre_session *s, struct tre_state *st,
			     struct tre_result *result)
{
	TPML_TAGGED_TPM_PROPERTY list;
	TPMA_PERMANENT permanent;

	if (!read_properties(s, &list, result))
		return false;
	permanent = property(&list, TPM2_PT_PERMANENT);
	st->owner_auth = permanent & TPMA_PERMANENT_OWNERAUTHSET;
	st->endorsement_auth = permanent & TPMA_PERMANENT_ENDORSEMENTAUTHSET;
	st->lockout_auth = permanent & TPMA_PERMANENT_LOCKOUTAUTHSET;
	st->locked = permanent & TPMA_PERMANENT_INLOCKOUT;
	st->lockout_tries = property(&list, TPM2_PT_LOCKOUT_COUNTER);
	st->lockout_max = property(&list, TPM2_PT_MAX_AUTH_FAIL);
	st->lockout_interval_s = property(&list, TPM2_PT_LOCKOUT_INTERVAL);
	st->lockout_recovery_s = property(&list, TPM2_PT_LOCKOUT_RECOVERY);
	judge_hierarchies(st);
	return true;
}

bool tre_state_read(struct tre_session *s, const struct tre_vendor *vendor, struct tre_state *out,
		    struct tre_result *result)
{
	unsigned int i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < TRE_KEYS; i++) {
		if (!read_key(s, (enum tre_key)i, &out->keys[i], result))
			return false;
	}
	return read_identity(s, TRE_NV_IDENTITY, out->identity, &out->identity_attributes,
			     &out->identity_check, result) &&
	       read_identity(s, TRE_NV_OPERATOR, out->operator, &out->operator_attributes,
			     &out->operator_check, result) &&
	       read_anchor(s, vendor, out, result) &&
	       read_hierarchies(s, out, result);
}

static bool set_password(struct tre_session *s, ESYS_TR hierarchy, bool has, const TPM2B_AUTH *auth,
			 struct tre_result *result)
{
	if (!has && !tre_tpm_ok(Esys_HierarchyChangeAuth(s->esys, hierarchy, ESYS_TR_PASSWORD,
							 ESYS_TR_NONE, ESYS_TR_NONE, auth),
				"TPM2_HierarchyChangeAuth", result))
		return false;
	return tre_tpm_ok(Esys_TR_SetAuth(s->esys, hierarchy, auth), "the password", result);
}

bool tre_owner(struct tre_session *s, const uint8_t *auth, size_t len, struct tre_result *result)
{
	TPML_TAGGED_TPM_PROPERTY list;
	TPMA_PERMANENT permanent;
	TPM2B_AUTH password = { .size = (UINT16)len };

	if (!len || len > TRE_AUTH_MAX) {
		tre_set(result, TRE_FAIL, "tre.owner.password",
			"a password has 1 to %d octets, this one %zu (write a shorter one)",
			TRE_AUTH_MAX, len);
		return false;
	}
	memcpy(password.buffer, auth, len);
	if (!read_properties(s, &list, result))
		return false;
	permanent = property(&list, TPM2_PT_PERMANENT);
	return set_password(s, ESYS_TR_RH_OWNER, permanent & TPMA_PERMANENT_OWNERAUTHSET, &password,
			    result) &&
	       set_password(s, ESYS_TR_RH_LOCKOUT, permanent & TPMA_PERMANENT_LOCKOUTAUTHSET,
			    &password, result);
}
