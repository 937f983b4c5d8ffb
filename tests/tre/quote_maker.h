/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes made without a TPM, by a key of OpenSSL's: right ones, and any other. */
#ifndef TRUSTGATE_TEST_QUOTE_MAKER_H
#define TRUSTGATE_TEST_QUOTE_MAKER_H

#include <openssl/evp.h>
#include <tss2/tss2_tpm2_types.h>
#include "tre/tre.h"

struct made_quote {
	EVP_PKEY *key;		/* signs */
	TPM2B_PUBLIC public;
	TPMS_ATTEST attest;
	TPMT_SIGNATURE signature;
	uint32_t mask;
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN];
	uint8_t qualifying[TRE_DIGEST_LEN];
	/* What quote_marshal() makes of the above. */
	uint8_t attest_der[sizeof(TPMS_ATTEST)], sig_der[sizeof(TPMT_SIGNATURE)];
	uint8_t public_der[sizeof(TPM2B_PUBLIC)];
	size_t attest_len, sig_len, public_len;
};

/* A right quote over @mask; PCR n is 32 octets of n. */
void quote_make(struct made_quote *q, EVP_PKEY *key, uint32_t mask);
/* Digest the PCRs, marshal, sign. */
void quote_digest(struct made_quote *q);
void quote_marshal_attest(struct made_quote *q);
void quote_sign(struct made_quote *q);
void quote_marshal_rest(struct made_quote *q);
void quote_die(const char *what) __attribute__((noreturn));

#endif /* TRUSTGATE_TEST_QUOTE_MAKER_H */
