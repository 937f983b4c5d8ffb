/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making an INTEGRITY_INFO record: the nonce and the quote are the TPM's (HNB-TRE-12). */
#ifndef TRUSTGATE_TRE_REPORT_H
#define TRUSTGATE_TRE_REPORT_H

#include "tre/record.h"

/*
 * Have the TPM at @tcti make a nonce, and quote the PCRs of @pcr_mask by the
 * attestation key, over what binds @claims to the IKE SA @b. TRE_PASS: a record of
 * *@len octets is in @out, whatever @claims says of the box, and the TPM's counters are
 * in @result; else rule and detail say why there is none, and *@len is 0. Blocks as long
 * as the TPM takes: run in a child.
 */
void tre_report_make(const char *tcti, uint32_t pcr_mask, const struct tre_binding *b,
		     const struct tre_claims *claims, uint8_t out[TRE_RECORD_MAX], size_t *len,
		     struct tre_result *result);

#endif /* TRUSTGATE_TRE_REPORT_H */
