/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reference policy says, for those who make, sign or explain one. */
#ifndef TRUSTGATE_TRE_POLICY_H
#define TRUSTGATE_TRE_POLICY_H

#include "tre/tre.h"

/* A root tree of 50,000 files, several digests each, is below this. */
#define TRE_POLICY_MAX		(16u << 20)
#define TRE_SIGNATURE_MAX	80	/* of ECDSA P-256, in DER, and of Ed25519 */
#define TRE_KEY_MAX		8192	/* octets of PEM */

/* Raised with each change; 0: the policy has none. */
uint64_t tre_policy_version(const struct tre_policy *policy);
/* It has rules for files: the kernel's measurement list has to be there. */
bool tre_policy_has_ima(const struct tre_policy *policy);
/* It has rules for events: the firmware's log has to be there. */
bool tre_policy_has_events(const struct tre_policy *policy);
/* PCRs that the rules for files and events are about, whatever else is asked for. */
uint32_t tre_policy_needs(const struct tre_policy *policy);
/* PCRs that it says anything about. */
uint32_t tre_policy_pcrs(const struct tre_policy *policy);

/*
 * Everything a policy says, in the file's order but for "ima allow", which is in that
 * of paths and digests. @digest is NULL where there is none, @text where there is none;
 * what belongs to a pattern stays encoded, a path doesn't.
 */
enum tre_rule_kind {
	TRE_RULE_PCR, TRE_RULE_EVENT, TRE_RULE_EVENT_DENY, TRE_RULE_IMA_ALLOW,
	TRE_RULE_IMA_DENY, TRE_RULE_IMA_DENY_PATH, TRE_RULE_IMA_EXCLUDE,
};

struct tre_rule {
	enum tre_rule_kind kind;
	unsigned int line;
	uint32_t pcr;
	const uint8_t *digest;
	const char *text;
};

typedef bool tre_rule_fn(void *arg, const struct tre_rule *rule);
/* Until @each returns false; what the last call returned. */
bool tre_policy_walk(const struct tre_policy *policy, tre_rule_fn *each, void *arg);

/*
 * A path or pattern as a policy writes it: %XX for blanks, '#', '%', what isn't ASCII
 * and, in a path, for * and ? as well. Room for three times @len, and a NUL.
 */
void tre_policy_encode(const char *path, size_t len, char *out);

/*
 * The last line of a signed policy is "signature ALGORITHM HEX", over all before it.
 *
 * @text[0 .. len) without such a line, signed with the private key in @pem: *@line is
 * that line, the caller's to free. False, with why in @err.
 */
bool tre_policy_sign(const char *text, size_t len, const char *pem, size_t pem_len, char **line,
		     char *err, size_t errlen);
/* @policy, which was parsed from @text, is signed by one of the public keys in @pem. */
bool tre_policy_signed_by(const struct tre_policy *policy, const char *text, const char *pem,
			  size_t pem_len, char *err, size_t errlen);
/* Octets before the signature's line; all of @text if it has none. */
size_t tre_policy_body(const struct tre_policy *policy);
bool tre_policy_is_signed(const struct tre_policy *policy);

#endif /* TRUSTGATE_TRE_POLICY_H */
