/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HNB-TRE-06: the root that verifies the SeGW, in an NV index that only the holder of
 * the vendor's key can have written.
 *
 * The index's policy is PolicyAuthorize(vendor). What the vendor signs is a policy for
 * one write alone, the whole command (PolicyCpHash), and only over something older:
 *
 *	first	PolicyNvWritten(NO), PolicyCpHash(NV_Write of this record)
 *	update	PolicyNV(the index's version < this version), PolicyCpHash(the same)
 *
 * So the TPM itself refuses another root, and one that was authorised before a newer
 * one took its place. The index is the same on every box of a vendor, and so are the
 * policies: they are signed once, with no box at hand.
 */
#ifndef TRUSTGATE_TRE_ANCHOR_H
#define TRUSTGATE_TRE_ANCHOR_H

#include "tre/nv.h"

#define TRE_ANCHOR_SIZE		768	/* of the index; a TPM writes as much at once */
#define TRE_ANCHOR_HEAD		12
#define TRE_ANCHOR_DATA_MAX	(TRE_ANCHOR_SIZE - TRE_ANCHOR_HEAD)
#define TRE_ANCHOR_DER_MAX	16384
#define TRE_ANCHOR_SIG_MAX	72	/* ECDSA P-256, DER */
/* What the vendor's signature is over: a policy, and then this. */
#define TRE_ANCHOR_REF		"trustgate-anchor-1"

/* 0 is none. */
enum tre_anchor_form { TRE_ANCHOR_NONE, TRE_ANCHOR_DER, TRE_ANCHOR_SHA256 };

/* Version, form and length, big-endian, and the certificate or its digest. */
struct tre_anchor {
	uint64_t version;	/* 1 and more */
	enum tre_anchor_form form;
	size_t len;
	uint8_t data[TRE_ANCHOR_DATA_MAX];
};

/* The vendor's public key as the TPM loads it: ECC P-256. */
struct tre_vendor {
	TPM2B_PUBLIC public;
	TPM2B_NAME name;
	uint8_t policy[TRE_DIGEST_LEN];		/* of the index */
};

struct tre_anchor_policies {
	uint8_t first[TRE_DIGEST_LEN], update[TRE_DIGEST_LEN];
};

/* A record of @der, the certificate or, where it is longer than fits, its digest. */
bool tre_anchor_make(uint64_t version, const uint8_t *der, size_t len, struct tre_anchor *out,
		     struct tre_result *result);
size_t tre_anchor_encode(const struct tre_anchor *a, uint8_t out[TRE_ANCHOR_SIZE]);
bool tre_anchor_decode(const uint8_t in[TRE_ANCHOR_SIZE], struct tre_anchor *out,
		       struct tre_result *result);
/* Is @der that root? */
bool tre_anchor_is(const struct tre_anchor *a, const uint8_t *der, size_t len);
void tre_anchor_digest(const struct tre_anchor *a, uint8_t digest[TRE_DIGEST_LEN]);

/* @pem: a public key, or a certificate with one. */
bool tre_vendor_load(const void *pem, size_t len, struct tre_vendor *out,
		     struct tre_result *result);
/* The policies that @vendor signs for @a. */
bool tre_anchor_policies(const struct tre_vendor *vendor, const struct tre_anchor *a,
			 struct tre_anchor_policies *out);

/* A root, authorised: signatures in DER over policy and TRE_ANCHOR_REF. */
struct tre_anchor_update {
	struct tre_anchor anchor;
	uint8_t first[TRE_ANCHOR_SIG_MAX], update[TRE_ANCHOR_SIG_MAX];
	size_t first_len, update_len;
};

/*
 * tre_anchor_check(): @nv is the anchor's index, of @vendor's (NULL: whose is not
 * looked at), and has a record. tre_anchor_read(): the same of the index itself.
 * tre_anchor_define(): make the index. tre_anchor_write(): what the TPM refuses to
 * write is TRE_FAIL, with the reason.
 */
bool tre_anchor_check(struct tre_session *s, const struct tre_nv *nv,
		      const struct tre_vendor *vendor, struct tre_anchor *out,
		      struct tre_result *result);
bool tre_anchor_read(struct tre_session *s, const struct tre_vendor *vendor,
		     struct tre_anchor *out, struct tre_result *result);
bool tre_anchor_define(struct tre_session *s, const struct tre_vendor *vendor,
		       struct tre_result *result);
bool tre_anchor_write(struct tre_session *s, const struct tre_vendor *vendor,
		      const struct tre_anchor_update *update, struct tre_result *result);

#endif /* TRUSTGATE_TRE_ANCHOR_H */
