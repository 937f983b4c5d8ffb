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

/*
 * The attestation key: the provisioned one, else the primary that any box has.
 * @public gets its TPM2B_PUBLIC, room for TRE_PUBLIC_MAX octets. What is at the
 * handle is taken as it is; whether it is an attestation key, tre_appraise() says.
 */
bool tre_ak_load(struct tre_session *s, ESYS_TR *ak, uint8_t *public, size_t *len,
		 struct tre_result *result);
/* To be called when done with it. */
void tre_ak_drop(struct tre_session *s, ESYS_TR *ak);

#endif /* TRUSTGATE_TRE_KEYS_H */
