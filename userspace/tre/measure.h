/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCRs of the SHA-256 bank, read and quoted; bit n of a mask is PCR n. */
#ifndef TRUSTGATE_TRE_MEASURE_H
#define TRUSTGATE_TRE_MEASURE_H

#include "tre/session.h"

/* Each: false, with @result TRE_UNAVAILABLE, when the TPM doesn't. */
bool tre_pcrs_read(struct tre_session *s, uint32_t mask, uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN],
		   struct tre_result *result);

/*
 * Which other banks something was measured into, of the PCRs of @mask: "sha1, sha384" in
 * @out, "" where there is none or the TPM does not say. For a person, not for a verdict.
 */
void tre_pcrs_elsewhere(struct tre_session *s, uint32_t mask, char *out, size_t size);
/* @result is tre.pcr.nothing: say so in it. */
void tre_tell_elsewhere(struct tre_session *s, uint32_t mask, struct tre_result *result);

/* *@attest is for Esys_Free(), also on failure; @sig is a TPMT_SIGNATURE. */
bool tre_quote_make(struct tre_session *s, ESYS_TR ak, uint32_t mask,
		    const uint8_t qualifying[TRE_DIGEST_LEN], TPM2B_ATTEST **attest,
		    uint8_t sig[sizeof(TPMT_SIGNATURE)], size_t *sig_len,
		    struct tre_result *result);

#endif /* TRUSTGATE_TRE_MEASURE_H */
