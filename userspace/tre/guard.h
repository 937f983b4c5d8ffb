/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An NV index that only the holder of a key can have written, and only with something
 * newer than what was there. Its content begins with a version, 8 octets big-endian.
 *
 * The index's policy is PolicyAuthorize(key, reference). What the key signs is a policy
 * for one write alone, the whole command (PolicyCpHash), and only over something older:
 *
 *	first	PolicyNvWritten(NO), PolicyCpHash(NV_Write of this content)
 *	update	PolicyNV(the index's version < this version), PolicyCpHash(the same)
 *
 * So the TPM itself refuses other content, and what was authorised before something
 * newer took its place. The index is the same on every box with that key, and so are the
 * policies: they are signed once, with no box at hand.
 */
#ifndef TRUSTGATE_TRE_GUARD_H
#define TRUSTGATE_TRE_GUARD_H

#include "tre/nv.h"
#include "tre/vendor.h"

struct tre_guard {
	const char *word;	/* of the rules: tre.WORD.rollback */
	const char *what;	/* "root" */
	const char *get;	/* how to get what is missing, as a command */
	TPM2_HANDLE index;
	uint16_t size;
	const char *ref;	/* signed together with a policy */
};

struct tre_guard_policies {
	uint8_t first[TRE_DIGEST_LEN], update[TRE_DIGEST_LEN];
};

/* What is to be written, and the signatures of either policy. */
struct tre_guard_write {
	const struct tre_vendor *vendor;
	uint64_t version;	/* the first 8 octets of @data */
	const uint8_t *data;
	size_t len;
	struct tre_sig first, update;
};

/* The index as it is defined. False without memory. */
bool tre_guard_public(const struct tre_guard *g, const struct tre_vendor *vendor,
		      TPMS_NV_PUBLIC *out);
/* The policies that @w->vendor signs for it. */
bool tre_guard_policies(const struct tre_guard *g, const struct tre_guard_write *w,
			struct tre_guard_policies *out);
/* Is @nv such an index, of @vendor's (NULL: whose is not looked at)? */
bool tre_guard_is(const struct tre_guard *g, const struct tre_nv *nv,
		  const struct tre_vendor *vendor);
bool tre_guard_define(struct tre_session *s, const struct tre_guard *g,
		      const struct tre_vendor *vendor, struct tre_result *result);
/* Into @nv, which is such an index. What the TPM refuses is TRE_FAIL, with the reason. */
bool tre_guard_write(struct tre_session *s, const struct tre_guard *g, const struct tre_nv *nv,
		     const struct tre_guard_write *w, struct tre_result *result);

#endif /* TRUSTGATE_TRE_GUARD_H */
