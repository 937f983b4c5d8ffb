/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HNB-TRE-06: the root that verifies the SeGW, in an NV index that only the holder of
 * the vendor's key can have written.
 *
 * The record has a version, and is written by signatures of the vendor's: tre/guard.h.
 */
#ifndef TRUSTGATE_TRE_ANCHOR_H
#define TRUSTGATE_TRE_ANCHOR_H

#include "tre/guard.h"

#define TRE_ANCHOR_SIZE		768	/* of the index; a TPM writes as much at once */
#define TRE_ANCHOR_HEAD		12
#define TRE_ANCHOR_DATA_MAX	(TRE_ANCHOR_SIZE - TRE_ANCHOR_HEAD)
#define TRE_ANCHOR_DER_MAX	16384
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

/* A record of @der, the certificate or, where it is longer than fits, its digest. */
bool tre_anchor_make(uint64_t version, const uint8_t *der, size_t len, struct tre_anchor *out,
		     struct tre_result *result);
size_t tre_anchor_encode(const struct tre_anchor *a, uint8_t out[TRE_ANCHOR_SIZE]);
bool tre_anchor_decode(const uint8_t in[TRE_ANCHOR_SIZE], struct tre_anchor *out,
		       struct tre_result *result);
/* Is @der that root? */
bool tre_anchor_is(const struct tre_anchor *a, const uint8_t *der, size_t len);
void tre_anchor_digest(const struct tre_anchor *a, uint8_t digest[TRE_DIGEST_LEN]);

/* The policies that @vendor signs for @a. */
bool tre_anchor_policies(const struct tre_vendor *vendor, const struct tre_anchor *a,
			 struct tre_guard_policies *out);

/* A root, authorised. */
struct tre_anchor_update {
	struct tre_anchor anchor;
	struct tre_sig first, update;
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
