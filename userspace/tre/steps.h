/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The digest of a policy, computed step by step as the TPM does when it is asked to:
 * TPM2 Part 3, 23. Starts as 32 octets of zero. Each: false without memory.
 */
#ifndef TRUSTGATE_TRE_STEPS_H
#define TRUSTGATE_TRE_STEPS_H

#include <tss2/tss2_tpm2_types.h>
#include "tre/tre.h"

/* PolicyNvWritten(NO): the index was never written. */
bool tre_step_unwritten(uint8_t policy[TRE_DIGEST_LEN]);
/* PolicyNV: the first 8 octets of the index compare to @version as @op says. */
bool tre_step_version(uint8_t policy[TRE_DIGEST_LEN], const TPM2B_NAME *index, uint64_t version,
		      TPM2_EO op);
/* PolicyCpHash of this one command alone. */
bool tre_step_command(uint8_t policy[TRE_DIGEST_LEN], const TPM2B_DIGEST *cp);
/* PolicyPCR: the PCRs of @mask have these values. */
bool tre_step_pcr(uint8_t policy[TRE_DIGEST_LEN], uint32_t mask,
		  const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN]);
/* PolicyAuthorize: in place of all before it, whatever @key signs together with @ref. */
bool tre_step_authorize(uint8_t policy[TRE_DIGEST_LEN], const TPM2B_NAME *key, const char *ref);

/* TPM2 Part 1, 16: the digest's algorithm, and the digest of the public area. */
bool tre_name_of(const TPMT_PUBLIC *public, TPM2B_NAME *name);
/* The name of an index, before it was first written or since. */
bool tre_nv_name(const TPMS_NV_PUBLIC *public, bool written, TPM2B_NAME *name);
/* cpHash of TPM2_NV_Write of @data to the start of an index that is its own authority. */
bool tre_nv_write_hash(const TPM2B_NAME *index, const uint8_t *data, size_t len,
		       TPM2B_DIGEST *out);
/* As PolicyNV wants it. */
void tre_put_version(uint8_t out[8], uint64_t version);
/* The SHA-256 bank, bit n of @mask being PCR n. */
void tre_pcr_selection(uint32_t mask, TPML_PCR_SELECTION *out);

#endif /* TRUSTGATE_TRE_STEPS_H */
