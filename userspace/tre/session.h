/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to the TPM, for one operation: sessions and handles that outlive it
 * run into the TPM's context gap days later. Its calls block for as long as the TPM
 * takes, so they are made in a child that has a deadline.
 */
#ifndef TRUSTGATE_TRE_SESSION_H
#define TRUSTGATE_TRE_SESSION_H

#include <stdbool.h>
#include <tss2/tss2_esys.h>
#include "tre/tre.h"

struct tre_session {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
};

/* Close @s in either case. False, with @result set, when there is no TPM. */
bool tre_session_open(struct tre_session *s, const char *tcti, struct tre_result *result);
void tre_session_close(struct tre_session *s);

/* False, with @result TRE_UNAVAILABLE and a remedy, when @rc of @what is an error. */
bool tre_tpm_ok(TSS2_RC rc, const char *what, struct tre_result *result);
/* The error alone, without what tells which handle, parameter or session it was. */
TSS2_RC tre_rc_error(TSS2_RC rc);

/* A policy session with nothing in it yet; tre_flush() it. */
bool tre_policy_session(struct tre_session *s, ESYS_TR *session, struct tre_result *result);

/* Drop an object or a session of this connection, if it is one. */
void tre_flush(struct tre_session *s, ESYS_TR *object);

#endif /* TRUSTGATE_TRE_SESSION_H */
