/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a box, where they are in its TPM, and what they have to be. */
#ifndef TRUSTGATE_TRE_KEYS_H
#define TRUSTGATE_TRE_KEYS_H

#include "tre/session.h"

/* Persistent handles; TCG Registry of Reserved TPM 2.0 Handles, 2.3.1. */
#define TRE_HANDLE_SRK	0x81000001u
#define TRE_HANDLE_EK	0x81010001u
#define TRE_HANDLE_AK	0x81010002u
#define TRE_HANDLE_IKE	0x81010004u

/* Largest TPM2B_PUBLIC, marshalled. */
#define TRE_PUBLIC_MAX	(sizeof(TPM2B_PUBLIC))

enum tre_key { TRE_KEY_EK, TRE_KEY_SRK, TRE_KEY_AK, TRE_KEY_IKE, TRE_KEYS };

/* "ek", "srk", "ak", "ike" */
const char *tre_key_word(enum tre_key which);
/* "endorsement key", ... */
const char *tre_key_name(enum tre_key which);
TPM2_HANDLE tre_key_handle(enum tre_key which);
/* What it is created from. */
const TPM2B_PUBLIC *tre_key_template(enum tre_key which);

/*
 * Is @pub such a key? False, with TRE_FAIL and the attribute that is wrong. What a
 * key of the operator's own making may have beyond that (a policy, say) it may.
 */
bool tre_key_check(enum tre_key which, const TPMT_PUBLIC *pub, struct tre_result *result);

/*
 * What is at the handle of @which: *@key is ESYS_TR_NONE when that is nothing, which
 * is no error. *@pub and *@name are for Esys_Free(), either may be NULL.
 */
bool tre_key_find(struct tre_session *s, enum tre_key which, ESYS_TR *key, TPM2B_PUBLIC **pub,
		  TPM2B_NAME **name, struct tre_result *result);

/*
 * The attestation key: the provisioned one, else the primary that any box has.
 * @public gets its TPM2B_PUBLIC, room for TRE_PUBLIC_MAX octets. What is at the
 * handle is taken as it is; whether it is an attestation key, tre_appraise() says.
 */
bool tre_ak_load(struct tre_session *s, ESYS_TR *ak, uint8_t *public, size_t *len,
		 struct tre_result *result);
/* To be called when done with it, or with any other key, persistent or not. */
void tre_ak_drop(struct tre_session *s, ESYS_TR *ak);

#endif /* TRUSTGATE_TRE_KEYS_H */
