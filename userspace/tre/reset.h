/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values that a PCR has before anything is measured into it. Whoever quotes them proves
 * that a TPM was started, and nothing about what runs beside it.
 */
#ifndef TRUSTGATE_TRE_RESET_H
#define TRUSTGATE_TRE_RESET_H

#include "tre/tre.h"

/* PCR @pcr's value of @len octets, in the bank of any algorithm, is one it is reset to. */
bool tre_pcr_is_reset(unsigned int pcr, const uint8_t *value, size_t len);

/*
 * Was something measured into the PCRs of @mask? The kernel extends PCR 10 in every bank,
 * also where the firmware measures into none: beside others it does not count, as nobody
 * says then which kernel that was.
 */
bool tre_pcrs_prove(uint32_t mask, const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN]);

/* Those of @mask that count for that. */
uint32_t tre_pcrs_that_prove(uint32_t mask);

/* A quote over the PCRs of @mask that has @digest is one over values they are reset to. */
bool tre_digest_is_reset(uint32_t mask, const uint8_t digest[TRE_DIGEST_LEN]);

/* A state of which nothing is proven: TRE_FAIL by the rule tre.pcr.nothing. */
#define TRE_RESET_RULE "tre.pcr.nothing"
void tre_set_nothing(struct tre_result *result, uint32_t mask);

/* What to do about it, in parentheses, as every detail ends. */
#define TRE_RESET_REMEDY \
	"(enable the SHA-256 bank, and measured boot, in the firmware; then reboot and make the policy anew)"

#endif /* TRUSTGATE_TRE_RESET_H */
