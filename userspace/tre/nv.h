/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The NV indices of a box: TPM2 Part 1, 37. */
#ifndef TRUSTGATE_TRE_NV_H
#define TRUSTGATE_TRE_NV_H

#include "tre/session.h"

/* Of the owner's range, TCG Registry of Reserved TPM 2.0 Handles, 2.2. */
#define TRE_NV_IDENTITY	0x01800010u
#define TRE_NV_ANCHOR	0x01800011u
#define TRE_NV_APPROVAL	0x01800012u
#define TRE_NV_OPERATOR	0x01800013u
#define TRE_NV_IMEI	0x01800014u

/* A host name, RFC 1035 2.3.4. */
#define TRE_IDENTITY_MAX	253

struct tre_nv {
	ESYS_TR handle;		/* ESYS_TR_NONE: there is no such index */
	TPMS_NV_PUBLIC public;
	TPM2B_NAME name;
};

/* An index that is not there is no error. Close what was found. */
bool tre_nv_find(struct tre_session *s, TPM2_HANDLE index, struct tre_nv *nv,
		 struct tre_result *result);
void tre_nv_close(struct tre_session *s, struct tre_nv *nv);
/* All of it, nv->public.dataSize octets, @out has room for. */
bool tre_nv_read(struct tre_session *s, const struct tre_nv *nv, uint8_t *out,
		 struct tre_result *result);
/* By the owner, who has given its password to the session. */
bool tre_nv_define(struct tre_session *s, const TPMS_NV_PUBLIC *public, struct tre_nv *nv,
		   struct tre_result *result);
bool tre_nv_undefine(struct tre_session *s, struct tre_nv *nv, struct tre_result *result);

/* A lock of WRITEDEFINE holds until the index is removed: TPM2 Part 2, 13.4. */
#define TRE_NV_ONCE	(TPMA_NV_AUTHWRITE | TPMA_NV_WRITEDEFINE | TPMA_NV_AUTHREAD |	\
			 TPMA_NV_OWNERREAD | TPMA_NV_NO_DA)
/* @text, of at most TRE_IDENTITY_MAX octets, into a new index, which is then locked. */
bool tre_nv_once_write(struct tre_session *s, TPM2_HANDLE index, const char *text,
		       struct tre_result *result);
/*
 * PIT-42: if @nv is what a tre_nv_once_write() of @text leaves that was cut short, bring it to
 * its end, and @finished. Any other is left as it is, for its check to judge.
 */
bool tre_nv_once_finish(struct tre_session *s, struct tre_nv *nv, const char *text,
			bool *finished, struct tre_result *result);

/*
 * HNB-TRE-04: an identity, written once and locked. A person who owns the TPM can
 * remove the index, and the keys, and so end what the box is; not rename it. There may
 * be two: the vendor's, in TRE_NV_IDENTITY, and for a box that is enrolled to the
 * operator's PKI the operator's, in TRE_NV_OPERATOR (HNB-AUTH-07).
 *
 * tre_identity_check(): @nv is such an index; @text gets what is in it.
 * tre_identity_read(): the same, of the one of @index.
 * tre_identity_write(): into a new index.
 * tre_identity_finish(): as tre_nv_once_finish().
 */
bool tre_identity_check(struct tre_session *s, const struct tre_nv *nv,
			char text[TRE_IDENTITY_MAX + 1], struct tre_result *result);
bool tre_identity_read(struct tre_session *s, TPM2_HANDLE index,
		       char text[TRE_IDENTITY_MAX + 1], struct tre_result *result);
bool tre_identity_write(struct tre_session *s, TPM2_HANDLE index, const char *identity,
			struct tre_result *result);
bool tre_identity_finish(struct tre_session *s, struct tre_nv *nv, const char *identity,
			 bool *finished, struct tre_result *result);

#endif /* TRUSTGATE_TRE_NV_H */
