/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TPMS_ATTEST, read as what it is: octets from outside. TPM2 Part 2, 10.12. */
#ifndef TRUSTGATE_TRE_ATTEST_H
#define TRUSTGATE_TRE_ATTEST_H

#include <openssl/evp.h>
#include <tss2/tss2_tpm2_types.h>
#include "tre/tre.h"

/*
 * Magic and type alone, from the octets themselves: whether the unmarshaller looks at
 * them depends on its release, and some have let either pass.
 */
bool tre_attest_header(const uint8_t *attest, size_t len, TPM2_ST type, struct tre_result *result);

/*
 * @attest is exactly one TPMS_ATTEST that a TPM made, and of @type, TPM2_ST_ATTEST_QUOTE
 * or TPM2_ST_ATTEST_CERTIFY. False with TRE_FAIL in @result.
 */
bool tre_attest_parse(const uint8_t *attest, size_t len, TPM2_ST type, TPMS_ATTEST *out,
		      struct tre_result *result);

/* It selects the SHA-256 bank, once, and exactly the PCRs of @mask. */
bool tre_attest_selects(const TPML_PCR_SELECTION *list, uint32_t mask);

/* What a quote of these values has for digest. False: out of memory. */
bool tre_pcr_digest(uint32_t mask, const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN],
		    uint8_t digest[TRE_DIGEST_LEN]);

/* The public key at @point of P-256, for EVP_PKEY_free(); NULL: it is not on the curve. */
EVP_PKEY *tre_ecc_key(const TPMS_ECC_POINT *point);

#endif /* TRUSTGATE_TRE_ATTEST_H */
