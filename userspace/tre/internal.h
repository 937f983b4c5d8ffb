/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of libtrustgate-tre share. */
#ifndef TRUSTGATE_TRE_INTERNAL_H
#define TRUSTGATE_TRE_INTERNAL_H

#include <openssl/evp.h>
#include <tss2/tss2_tpm2_types.h>
#include "tre/policy.h"
#include "tre/tre.h"

#define TRE_HEX_LEN	(2 * TRE_DIGEST_LEN)

/* Values of one PCR that the policy allows, and the line that says so. */
struct tre_allowed {
	unsigned int line;	/* 0: the policy has no line for this PCR */
	unsigned int n;
	uint8_t (*values)[TRE_DIGEST_LEN];
};

/* A digest that is allowed or denied, of an event in @pcr or of the file @path. */
struct tre_known {
	const char *path;
	uint32_t pcr;
	unsigned int line;
	uint8_t digest[TRE_DIGEST_LEN];
};

/* Paths, with * and ? */
struct tre_glob {
	const char *pattern;
	unsigned int line;
};

struct tre_policy {
	char name[64];
	uint64_t version;
	unsigned int version_line;
	struct tre_allowed pcr[TRE_PCRS];
	/* Sorted by path, PCR and digest. */
	struct tre_known *files, *denied_files, *events, *denied_events;
	size_t nfiles, ndenied_files, nevents, ndenied_events;
	struct tre_glob *denied_paths, *excludes;
	size_t ndenied_paths, nexcludes;
	char *text;		/* what paths and patterns are part of */
	size_t body;		/* octets before the signature's line */
	char alg[16];		/* of the signature; empty: there is none */
	uint8_t signature[TRE_SIGNATURE_MAX];
	size_t signature_len;
};

/* How two of them are sorted. */
int tre_known_order(const void *a, const void *b);
/* Those of the @n of @list for @path (or NULL) and @pcr: the first, and *@count. */
const struct tre_known *tre_known_find(const struct tre_known *list, size_t n, const char *path,
				       uint32_t pcr, size_t *count);
/* The one of the @n of @list, none of which has a path or PCR, with @digest; or NULL. */
const struct tre_known *tre_known_digest(const struct tre_known *list, size_t n,
					 const uint8_t digest[TRE_DIGEST_LEN]);
/* Which of the @n of @list matches, or NULL. */
const struct tre_glob *tre_glob_find(const struct tre_glob *list, size_t n, const char *path,
				     size_t len);
bool tre_pcr_allowed(const struct tre_policy *policy, int pcr, const uint8_t value[TRE_DIGEST_LEN]);

/* Set verdict, rule and detail. */
void tre_set(struct tre_result *result, enum tre_verdict verdict, const char *rule,
	     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

const char *tre_hex(const uint8_t digest[TRE_DIGEST_LEN], char hex[TRE_HEX_LEN + 1]);

/* TPM2_PCR_Extend() of the SHA-256 bank. False: out of memory. */
bool tre_extend(uint8_t pcr[TRE_DIGEST_LEN], const uint8_t digest[TRE_DIGEST_LEN]);

/*
 * Each: false, with @result set, when it isn't so.
 *
 * tre_mask_ok(): @mask names PCRs there are.
 * tre_arguments_ok(): and there is a policy.
 * tre_ak_key(): @public is an attestation key of ours; *@key is the caller's to free.
 * tre_signature_check(): @sig is a TPMT_SIGNATURE by @key over @attest.
 * tre_policy_match(): every PCR of @mask has a value that @policy allows. What it has
 *	rules for, and not values, can't be told without the logs; what nobody asked for
 *	isn't.
 */
bool tre_mask_ok(uint32_t mask, struct tre_result *result);
bool tre_arguments_ok(uint32_t mask, const struct tre_policy *policy, struct tre_result *result);
bool tre_ak_key(const uint8_t *public, size_t len, EVP_PKEY **key, struct tre_result *result);
bool tre_signature_check(EVP_PKEY *key, const uint8_t *attest, size_t attest_len,
			 const uint8_t *sig, size_t sig_len, struct tre_result *result);
bool tre_policy_match(const struct tre_policy *policy, uint32_t mask,
		      const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN], struct tre_result *result);

/* What an attestation key is: TPM2 Part 1, 31.2: restricted, so that the TPM signs
 * nothing it did not make itself.
 */
#define TRE_AK_ATTRIBUTES	(TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT |	\
				 TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |	\
				 TPMA_OBJECT_SENSITIVEDATAORIGIN)

#endif /* TRUSTGATE_TRE_INTERNAL_H */
