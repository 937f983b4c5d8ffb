/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libtrustgate-tre: what the TPM says of this box. The TPM's replies are
 * untrusted input. A context is opened for each operation and closed after it;
 * the calls block for as long as the TPM takes, so they run in a child.
 */
#ifndef TRUSTGATE_TRE_H
#define TRUSTGATE_TRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRE_DIGEST_LEN	32
#define TRE_PCRS	24
#define TRE_TEXT_MAX	639

/* 0 is the one that opens nothing, whoever forgot to say. */
enum tre_verdict { TRE_UNAVAILABLE, TRE_PASS, TRE_FAIL };

/*
 * Reference policy: what may have been measured. A text file, one directive a line,
 * '#' starts a comment; Documentation/policy.rst has all of it:
 *
 *	policy 1
 *	name lab-2026-11
 *	version 3
 *	pcr 0 DIGEST [DIGEST...]		values in the SHA-256 bank
 *	event allow 4 DIGEST [DIGEST...]	or what may have led to PCR 4's
 *	event deny DIGEST...
 *	ima allow PATH DIGEST [DIGEST...]	and what to PCR 10's
 *	ima deny DIGEST|PATTERN...
 *	ima exclude PATTERN...
 *	signature ALGORITHM HEX			last; see tre/policy.h
 *
 * A PCR that is asked for and has no rule fails. Unknown directives, a PCR named
 * twice, or anything that does not parse make the whole policy bad.
 */
struct tre_policy;

/* @text need not end in NUL. NULL on error, with the line and why in @err. */
struct tre_policy *tre_policy_parse(const char *text, size_t len, char *err, size_t errlen);
void tre_policy_free(struct tre_policy *policy);
const char *tre_policy_name(const struct tre_policy *policy);

/* Plain data, so that a child can write it to its parent as it is. */
struct tre_result {
	enum tre_verdict verdict;
	uint8_t proof_digest[TRE_DIGEST_LEN];	/* SHA-256 of TPMS_ATTEST and signature */
	uint32_t reset_count, restart_count;
	/* The policy that it was held against, by tre_judge()'s caller. */
	char policy[64];
	uint8_t policy_digest[TRE_DIGEST_LEN];	/* SHA-256 of its text */
	char rule[64];				/* for example "tre.pcr.mismatch" */
	/* For a person: names the PCR, the measured and the allowed value, the
	 * policy line and the remedy.
	 */
	char detail[TRE_TEXT_MAX + 1];
};

/* What the signatures of a path came to: tre/verify.h. */
struct tre_links {
	unsigned int in_tpm, in_software;
	/* PIT-43: the rule by which the last one was left to software, or "". */
	char fallback[64];
};

/*
 * Quote the PCRs of @mask (bit n: PCR n, SHA-256 bank) over @qualifying, verify
 * signature, magic, type, extraData and PCR digest, and compare the values with
 * @policy. @tcti: for example "device:/dev/tpmrm0".
 */
void tre_quote(const char *tcti, uint32_t mask, const uint8_t qualifying[TRE_DIGEST_LEN],
	       const struct tre_policy *policy, struct tre_result *result);

/* The same without a policy: a good quote is TRE_PASS, its values are in @pcrs. */
void tre_quote_values(const char *tcti, uint32_t mask, const uint8_t qualifying[TRE_DIGEST_LEN],
		      uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN], struct tre_result *result);

/*
 * The part of tre_quote() that needs no TPM: appraise a marshalled TPMS_ATTEST
 * and TPMT_SIGNATURE made by the key in @ak_public (TPM2B_PUBLIC), for the PCR
 * values given.
 */
void tre_appraise(const uint8_t *attest, size_t attest_len, const uint8_t *sig, size_t sig_len,
		  const uint8_t *ak_public, size_t ak_public_len,
		  uint32_t mask, const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN],
		  const uint8_t qualifying[TRE_DIGEST_LEN],
		  const struct tre_policy *policy, struct tre_result *result);

/* And that of tre_quote_values(). */
void tre_appraise_quote(const uint8_t *attest, size_t attest_len, const uint8_t *sig,
			size_t sig_len, const uint8_t *ak_public, size_t ak_public_len,
			uint32_t mask, const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN],
			const uint8_t qualifying[TRE_DIGEST_LEN], struct tre_result *result);

#endif /* TRUSTGATE_TRE_H */
