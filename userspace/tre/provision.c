// SPDX-License-Identifier: GPL-2.0-or-later
/* Make what is missing of a box, and nothing else. */
#include <string.h>
#include "tre/internal.h"
#include "tre/provision.h"
#include "tre/sign.h"

static const TPM2B_SENSITIVE_CREATE sensitive;
static const TPM2B_DATA outside;
static const TPML_PCR_SELECTION no_pcr;

const char *tre_part_word(enum tre_part part)
{
	if (part < TRE_PART_IDENTITY)
		return tre_key_word((enum tre_key)part);
	return part == TRE_PART_IDENTITY ? "identity" :
	       part == TRE_PART_ANCHOR ? "anchor" :
	       part == TRE_PART_APPROVAL ? "approval" : "operator";
}

bool tre_ek_session(struct tre_session *s, ESYS_TR *session, struct tre_result *result)
{
	return tre_policy_session(s, session, result) &&
	       tre_tpm_ok(Esys_PolicySecret(s->esys, ESYS_TR_RH_ENDORSEMENT, *session,
					    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
					    NULL, NULL, 0, NULL, NULL),
			  "TPM2_PolicySecret of the endorsement hierarchy", result);
}

static bool persist(struct tre_session *s, enum tre_key which, ESYS_TR *key,
		    struct tre_result *result)
{
	ESYS_TR persistent;
	bool ok = tre_tpm_ok(Esys_EvictControl(s->esys, ESYS_TR_RH_OWNER, *key, ESYS_TR_PASSWORD,
					       ESYS_TR_NONE, ESYS_TR_NONE, tre_key_handle(which),
					       &persistent), "TPM2_EvictControl", result);

	if (ok)
		Esys_TR_Close(s->esys, &persistent);
	tre_flush(s, key);
	return ok;
}

static bool make_primary(struct tre_session *s, enum tre_key which, struct tre_result *result)
{
	ESYS_TR hierarchy = which == TRE_KEY_EK ? ESYS_TR_RH_ENDORSEMENT : ESYS_TR_RH_OWNER;
	ESYS_TR key = ESYS_TR_NONE;

	return tre_tpm_ok(Esys_CreatePrimary(s->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					     ESYS_TR_NONE, &sensitive, tre_key_template(which),
					     &outside, &no_pcr, &key, NULL, NULL, NULL, NULL),
			  "TPM2_CreatePrimary", result) &&
	       persist(s, which, &key, result);
}

/* A use of the EK is one policy session. */
static bool parent_session(struct tre_session *s, enum tre_key parent, ESYS_TR *session,
			   struct tre_result *result)
{
	*session = ESYS_TR_PASSWORD;
	return parent != TRE_KEY_EK || tre_ek_session(s, session, result);
}

static void end_session(struct tre_session *s, ESYS_TR *session)
{
	if (*session != ESYS_TR_PASSWORD)
		tre_flush(s, session);
}

/* HNB-TRE-10: no use by password, and the operator's signatures for a policy. */
static bool make_template(enum tre_key which, const struct tre_approval *approval,
			  TPM2B_PUBLIC *out)
{
	*out = *tre_key_template(which);
	if (which != TRE_KEY_IKE || !approval)
		return true;
	out->publicArea.objectAttributes &= ~TPMA_OBJECT_USERWITHAUTH;
	out->publicArea.authPolicy.size = TRE_DIGEST_LEN;
	return tre_approval_key_policy(&approval->authority,
				       out->publicArea.authPolicy.buffer);
}

static bool create(struct tre_session *s, const TPM2B_PUBLIC *template, enum tre_key from,
		   ESYS_TR parent, TPM2B_PRIVATE **private, TPM2B_PUBLIC **public,
		   struct tre_result *result)
{
	ESYS_TR session;
	bool ok = parent_session(s, from, &session, result) &&
		  tre_tpm_ok(Esys_Create(s->esys, parent, session, ESYS_TR_NONE, ESYS_TR_NONE,
					 &sensitive, template, &outside, &no_pcr,
					 private, public, NULL, NULL, NULL),
			     "TPM2_Create", result);

	end_session(s, &session);
	return ok;
}

static bool load(struct tre_session *s, enum tre_key from, ESYS_TR parent,
		 const TPM2B_PRIVATE *private, const TPM2B_PUBLIC *public, ESYS_TR *key,
		 struct tre_result *result)
{
	ESYS_TR session;
	bool ok = parent_session(s, from, &session, result) &&
		  tre_tpm_ok(Esys_Load(s->esys, parent, session, ESYS_TR_NONE, ESYS_TR_NONE,
				       private, public, key), "TPM2_Load", result);

	end_session(s, &session);
	return ok;
}

static bool make_child(struct tre_session *s, enum tre_key which, enum tre_key from,
		       const struct tre_approval *approval, struct tre_result *result)
{
	TPM2B_PUBLIC template;
	TPM2B_PRIVATE *private = NULL;
	TPM2B_PUBLIC *public = NULL;
	ESYS_TR parent = ESYS_TR_NONE, key = ESYS_TR_NONE;
	bool ok;

	tre_set(result, TRE_UNAVAILABLE, "tre.memory", "out of memory (free some)");
	ok = make_template(which, approval, &template) &&
	     tre_key_find(s, from, &parent, NULL, NULL, result) &&
	     create(s, &template, from, parent, &private, &public, result) &&
	     load(s, from, parent, private, public, &key, result) &&
	     persist(s, which, &key, result);
	tre_ak_drop(s, &parent);
	Esys_Free(private);
	Esys_Free(public);
	return ok;
}

static bool make_key(struct tre_session *s, enum tre_key which,
		     const struct tre_approval *approval, struct tre_result *result)
{
	if (which == TRE_KEY_EK || which == TRE_KEY_SRK)
		return make_primary(s, which, result);
	return make_child(s, which, which == TRE_KEY_AK ? TRE_KEY_EK : TRE_KEY_SRK, approval,
			  result);
}

static bool evict(struct tre_session *s, enum tre_key which, ESYS_TR *key,
		  struct tre_result *result)
{
	ESYS_TR none;
	bool ok = tre_tpm_ok(Esys_EvictControl(s->esys, ESYS_TR_RH_OWNER, *key, ESYS_TR_PASSWORD,
					       ESYS_TR_NONE, ESYS_TR_NONE, tre_key_handle(which),
					       &none), "TPM2_EvictControl", result);

	/* Or the library takes what comes next for what was there. */
	if (ok)
		Esys_TR_Close(s->esys, key);
	return ok;
}

/* What is there is kept if it is that; one that obeys nobody does not begin to. */
static bool keep_key(enum tre_key which, const TPMT_PUBLIC *pub,
		     const struct tre_approval *approval, struct tre_result *result)
{
	return tre_key_check(which, pub, result) &&
	       (which != TRE_KEY_IKE || !approval ||
		tre_ike_bound(pub, &approval->authority, result));
}

static bool provision_key(struct tre_session *s, enum tre_key which,
			  const struct tre_provision *want, enum tre_outcome *outcome,
			  struct tre_result *result)
{
	bool replace = want->replace & 1u << which;
	TPM2B_PUBLIC *pub = NULL;
	ESYS_TR key;
	bool ok = tre_key_find(s, which, &key, &pub, NULL, result), there;

	there = ok && key != ESYS_TR_NONE;
	if (there && replace)
		ok = evict(s, which, &key, result);
	else if (there)
		ok = keep_key(which, &pub->publicArea, want->approval, result);
	Esys_Free(pub);
	tre_ak_drop(s, &key);
	if (!ok)
		return false;
	if (there && !replace) {
		*outcome = TRE_KEPT;
		return true;
	}
	if (!make_key(s, which, want->approval, result))
		return false;
	*outcome = there ? TRE_REPLACED : TRE_MADE;
	return true;
}

static bool same_identity(struct tre_session *s, const struct tre_nv *nv, const char *identity,
			  struct tre_result *result)
{
	char is[TRE_IDENTITY_MAX + 1];

	if (!tre_identity_check(s, nv, is, result))
		return false;
	if (!strcmp(is, identity))
		return true;
	tre_set(result, TRE_FAIL, "tre.identity.other",
		"this box is %s, and not to become %.100s (if it is: --replace %s)", is,
		identity, nv->public.nvIndex == TRE_NV_OPERATOR ? "operator" : "identity");
	return false;
}

static bool provision_identity(struct tre_session *s, TPM2_HANDLE index, const char *identity,
			       bool replace, enum tre_outcome *outcome,
			       struct tre_result *result)
{
	struct tre_nv nv;
	bool ok = tre_nv_find(s, index, &nv, result), there, finished = false;

	there = ok && nv.handle != ESYS_TR_NONE;
	if (there && replace)
		ok = tre_nv_undefine(s, &nv, result);
	else if (there)
		ok = tre_identity_finish(s, &nv, identity, &finished, result) &&
		     same_identity(s, &nv, identity, result);
	tre_nv_close(s, &nv);
	if (ok && (!there || replace))
		ok = tre_identity_write(s, index, identity, result);
	if (ok)
		*outcome = !there || finished ? TRE_MADE : replace ? TRE_REPLACED : TRE_KEPT;
	return ok;
}

static bool provision_anchor(struct tre_session *s, const struct tre_vendor *vendor, bool replace,
			     enum tre_outcome *outcome, struct tre_result *result)
{
	struct tre_anchor anchor;
	struct tre_nv nv;
	bool ok = tre_nv_find(s, TRE_NV_ANCHOR, &nv, result), there;

	there = ok && nv.handle != ESYS_TR_NONE;
	if (there && replace)
		ok = tre_nv_undefine(s, &nv, result);
	else if (there)
		ok = tre_anchor_check(s, &nv, vendor, &anchor, result) ||
		     !strcmp(result->rule, "tre.anchor.empty");
	tre_nv_close(s, &nv);
	if (ok && (!there || replace))
		ok = tre_anchor_define(s, vendor, result);
	if (ok)
		*outcome = !there ? TRE_MADE : replace ? TRE_REPLACED : TRE_KEPT;
	return ok;
}

/* The index of versions, and this one's in it: a key without signs nothing. */
static bool provision_approval(struct tre_session *s, const struct tre_approval *approval,
			       bool replace, enum tre_outcome *outcome, struct tre_result *result)
{
	struct tre_nv nv;
	uint64_t version;
	bool ok = tre_nv_find(s, TRE_NV_APPROVAL, &nv, result), there;

	there = ok && nv.handle != ESYS_TR_NONE;
	if (there && replace)
		ok = tre_nv_undefine(s, &nv, result);
	tre_nv_close(s, &nv);
	if (there && !replace)
		ok = tre_approval_index(s, &approval->authority, &there, &version, result);
	else
		ok = ok && tre_approval_define(s, &approval->authority, result);
	ok = ok && tre_approval_install(s, approval, result);
	if (ok)
		*outcome = !there ? TRE_MADE : replace ? TRE_REPLACED : TRE_KEPT;
	return ok;
}

bool tre_provision(struct tre_session *s, const struct tre_provision *want,
		   enum tre_outcome outcome[TRE_PARTS], struct tre_result *result)
{
	unsigned int i;

	memset(outcome, 0, TRE_PARTS * sizeof(*outcome));
	for (i = 0; i < TRE_KEYS; i++) {
		if (!provision_key(s, (enum tre_key)i, want, &outcome[i], result))
			return false;
	}
	if (want->identity &&
	    !provision_identity(s, TRE_NV_IDENTITY, want->identity,
				want->replace & 1u << TRE_PART_IDENTITY,
				&outcome[TRE_PART_IDENTITY], result))
		return false;
	if (want->operator &&
	    !provision_identity(s, TRE_NV_OPERATOR, want->operator,
				want->replace & 1u << TRE_PART_OPERATOR,
				&outcome[TRE_PART_OPERATOR], result))
		return false;
	if (want->vendor &&
	    !provision_anchor(s, want->vendor, want->replace & 1u << TRE_PART_ANCHOR,
			      &outcome[TRE_PART_ANCHOR], result))
		return false;
	if (want->approval &&
	    !provision_approval(s, want->approval, want->replace & 1u << TRE_PART_APPROVAL,
				&outcome[TRE_PART_APPROVAL], result))
		return false;
	tre_set(result, TRE_PASS, "tre.provision.good", "the box has its keys");
	return true;
}
