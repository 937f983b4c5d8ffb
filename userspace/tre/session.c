// SPDX-License-Identifier: GPL-2.0-or-later
/* The connection to the TPM, and what its errors mean to a person. */
#include <signal.h>
#include <stdlib.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>
#include "tre/internal.h"
#include "tre/session.h"

TSS2_RC tre_rc_error(TSS2_RC rc)
{
	return (rc & TPM2_RC_FMT1) ? rc & (TPM2_RC_FMT1 | 0x3f) : rc;
}

static const char *remedy(TSS2_RC rc)
{
	static const struct { TSS2_RC error; const char *text; } remedies[] = {
		{ TPM2_RC_AUTH_FAIL, "the hierarchies must have an empty password" },
		{ TPM2_RC_BAD_AUTH, "the hierarchies must have an empty password" },
		{ TPM2_RC_OBJECT_MEMORY, "use the resource manager, /dev/tpmrm0" },
		{ TPM2_RC_OBJECT_HANDLES, "use the resource manager, /dev/tpmrm0" },
		{ TPM2_RC_INITIALIZE, "the firmware must start the TPM" },
		{ TPM2_RC_HIERARCHY, "enable the endorsement and the owner hierarchy" },
		{ TPM2_RC_LOCKOUT,
		  "locked after wrong passwords: see 'trustgate tre show' for how long" },
		{ TPM2_RC_POLICY_FAIL, "the key's policy is not met: 'trustgate tre approval check'" },
		{ TPM2_RC_PCR_CHANGED, "a PCR changed meanwhile: it is tried again" },
		{ TPM2_RC_FAILURE, "the TPM has failed its self test: power-cycle the box" },
	};
	TSS2_RC error = tre_rc_error(rc);
	size_t i;

	if ((rc & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER)
		return "is the TPM's device there, and may this process open it?";
	for (i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
		if (error == remedies[i].error)
			return remedies[i].text;
	}
	return "look at the TPM and at the kernel's log";
}

bool tre_tpm_ok(TSS2_RC rc, const char *what, struct tre_result *result)
{
	if (rc == TSS2_RC_SUCCESS)
		return true;
	tre_set(result, TRE_UNAVAILABLE, "tre.tpm", "%s: %.100s, 0x%x (%s)", what,
		Tss2_RC_Decode(rc), rc, remedy(rc));
	return false;
}

bool tre_session_open(struct tre_session *s, const char *tcti, struct tre_result *result)
{
	TSS2_RC rc;

	s->tcti = NULL;
	s->esys = NULL;
	/* The library writes each failed attempt to stderr; ours is the message. */
	setenv("TSS2_LOG", "all+none", 0);
	/* One behind a socket that goes away is the error of a call, with a message, no signal. */
	signal(SIGPIPE, SIG_IGN);
	rc = Tss2_TctiLdr_Initialize(tcti, &s->tcti);
	if (rc != TSS2_RC_SUCCESS) {
		tre_set(result, TRE_UNAVAILABLE, "tre.tpm.open", "no TPM at %.60s: %.80s, 0x%x (%s)",
			tcti, Tss2_RC_Decode(rc), rc,
			"look whether its device is there, and may be opened");
		return false;
	}
	return tre_tpm_ok(Esys_Initialize(&s->esys, s->tcti, NULL), "Esys_Initialize", result);
}

void tre_session_close(struct tre_session *s)
{
	Esys_Finalize(&s->esys);
	Tss2_TctiLdr_Finalize(&s->tcti);
}

bool tre_policy_session(struct tre_session *s, ESYS_TR *session, struct tre_result *result)
{
	static const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };

	*session = ESYS_TR_NONE;
	return tre_tpm_ok(Esys_StartAuthSession(s->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
						ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY,
						&none, TPM2_ALG_SHA256, session),
			  "TPM2_StartAuthSession", result) &&
	       tre_tpm_ok(Esys_TRSess_SetAttributes(s->esys, *session,
						    TPMA_SESSION_CONTINUESESSION,
						    TPMA_SESSION_CONTINUESESSION),
			  "session attributes", result);
}

void tre_flush(struct tre_session *s, ESYS_TR *object)
{
	if (*object != ESYS_TR_NONE)
		Esys_FlushContext(s->esys, *object);
	*object = ESYS_TR_NONE;
}
