/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HNB-TRE-10 (a): an IKE key that signs only while the PCRs have values that the operator
 * approved. Its policy is PolicyAuthorize(operator's key, reference), and it has no use by
 * password. What the operator signs, for each approved state of a box, is
 *
 *	PolicyNV(version in the index <= this version), PolicyPCR(these values)
 *
 * so the key outlives an update of what is measured, and the TPM itself refuses an
 * approval once a newer one was installed. The index is one of tre/guard.h.
 *
 * An approval is a text, so that a person can read what it is about; what it is worth is
 * in its signatures. Each line once and in this order but for states, of which there are
 * up to TRE_APPROVAL_STATES, each with its PCRs in ascending order:
 *
 *	approval 1
 *	version NUMBER
 *	key POINT
 *	first SIGNATURE
 *	update SIGNATURE
 *	state NAME
 *	pcr NUMBER DIGEST
 *	signature SIGNATURE
 */
#ifndef TRUSTGATE_TRE_APPROVAL_H
#define TRUSTGATE_TRE_APPROVAL_H

#include "tre/guard.h"

#define TRE_APPROVAL_STATES	8
#define TRE_APPROVAL_NAME_MAX	63
#define TRE_APPROVAL_TEXT_MAX	32768
/* What is signed together with a policy of the key, and with one of the index. */
#define TRE_APPROVAL_REF	"trustgate-ike-1"
#define TRE_APPROVAL_INDEX_REF	"trustgate-ike-version-1"

struct tre_approval_state {
	char name[TRE_APPROVAL_NAME_MAX + 1];
	uint32_t mask;		/* bit n: PCR n; never 0 */
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN];
	struct tre_sig sig;
};

struct tre_approval {
	uint64_t version;	/* 1 and more */
	struct tre_vendor authority;
	struct tre_sig first, update;	/* for the index: tre/guard.h */
	size_t n;
	struct tre_approval_state states[TRE_APPROVAL_STATES];
};

/* approval.c, without a TPM. Each: false with TRE_FAIL in @result. */
bool tre_approval_parse(const char *text, size_t len, struct tre_approval *out,
			struct tre_result *result);
/* For free(); NULL without memory. */
char *tre_approval_text(const struct tre_approval *a);
/* Of a key that obeys @authority. False without memory. */
bool tre_approval_key_policy(const struct tre_vendor *authority, uint8_t policy[TRE_DIGEST_LEN]);
/* All that there is to sign in @a, whose authority is @key's. False: it does not sign. */
bool tre_approval_sign(EVP_PKEY *key, struct tre_approval *a);
/* And whether it was. */
bool tre_approval_verify(const struct tre_approval *a, struct tre_result *result);

/*
 * approval_tpm.c.
 *
 * tre_approval_define(): make the index.
 * tre_approval_index(): *@there: it is there, and of @authority's (NULL: whose is not
 *	looked at); *@version is in it, 0 when it was never written.
 * tre_approval_install(): raise its version to that of @a; the same one stays.
 * tre_approval_find(): which state of @a this box is in. False: TRE_FAIL, which names
 *	the PCR and both values.
 * tre_approval_session(): a session that the IKE key accepts; tre_flush() it.
 */
bool tre_approval_define(struct tre_session *s, const struct tre_vendor *authority,
			 struct tre_result *result);
bool tre_approval_index(struct tre_session *s, const struct tre_vendor *authority, bool *there,
			uint64_t *version, struct tre_result *result);
bool tre_approval_install(struct tre_session *s, const struct tre_approval *a,
			  struct tre_result *result);
bool tre_approval_find(struct tre_session *s, const struct tre_approval *a, size_t *state,
		       struct tre_result *result);
bool tre_approval_session(struct tre_session *s, const struct tre_approval *a, ESYS_TR *session,
			  struct tre_result *result);

/* The index, as a part of a box. */
extern const struct tre_guard tre_approval_guard;
/* The policy of state @i of @a. False without memory. */
bool tre_approval_policy(const struct tre_approval *a, size_t i, uint8_t policy[TRE_DIGEST_LEN]);

#endif /* TRUSTGATE_TRE_APPROVAL_H */
