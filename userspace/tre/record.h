/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INTEGRITY_INFO: what an H(e)NB's TrE says of it in the first IKE_AUTH request. One
 * CMW record (RFC 9999) around a deterministic CBOR map; Documentation/integrity-info.rst
 * has its octets, integrity-info.cddl their grammar. Pure: neither TPM nor file nor
 * clock. All rows FFS-01 to FFS-03.
 */
#ifndef TRUSTGATE_TRE_RECORD_H
#define TRUSTGATE_TRE_RECORD_H

#include "tre/tre.h"

#define TRE_RECORD_MAX		1500	/* INT_MAX of FFS-02 */
#define TRE_RECORD_VERSION	1
#define TRE_RECORD_TYPE		"application/vnd.trustgate.integrity-info+cbor"
#define TRE_RECORD_NOTIFY	48320	/* FFS-01: the default of notify_type */
/* First 16 octets of SHA-256("3gpp-hnb-trust INTEGRITY_INFO v1"): whoever shows it reads the Notify. */
#define TRE_RECORD_VENDOR_ID	"\x66\xbb\x45\xcc\xf2\x8b\xc9\x27\x7b\x09\xa4\xe3\x04\x41\x4f\x3b"
#define TRE_RECORD_VENDOR_ID_LEN 16

#define TRE_NONCE_LEN		32
#define TRE_NAME_LEN		34	/* TPM2B_NAME without its size: TPM_ALG_SHA256, digest */
#define TRE_POLICY_VERSION_MAX	63
#define TRE_IKE_NONCE_MIN	16	/* RFC 7296 2.10 and 3.9 */
#define TRE_IKE_NONCE_MAX	256
#define TRE_IDI_MAX		1024	/* far above any identity; the payload could have 65531 */

/* The IKE SA that a report was made for, as both ends know it. The octets are the caller's. */
struct tre_binding {
	uint8_t spi_i[8], spi_r[8];
	const uint8_t *ni, *nr;
	size_t ni_len, nr_len;
	const uint8_t *idi;		/* body of the IDi payload: type, 3 reserved octets, data */
	size_t idi_len;
};

/* The box's own verdict, which the SeGW may doubt but not better. */
enum tre_claim {
	TRE_CLAIM_NONE,			/* not a verdict: can't be encoded */
	TRE_CLAIM_PASS,
	TRE_CLAIM_DEGRADED,		/* passes, by a policy that is on its way out */
	TRE_CLAIM_FAIL,
};

enum tre_clock {
	TRE_CLOCK_UNKNOWN,		/* may stand anywhere */
	TRE_CLOCK_FLOOR,		/* not earlier than this: a saved or a signed time */
	TRE_CLOCK_SYNCED,
};

/* What the caller of tre_report_make() claims. Zeroed, and then what is known. */
struct tre_claims {
	enum tre_claim verdict;
	bool has_firmware;		/* SHA-256 of the firmware's manifest */
	uint8_t firmware[TRE_DIGEST_LEN];
	bool has_policy;		/* version and SHA-256 of the reference policy */
	char policy_version[TRE_POLICY_VERSION_MAX + 1];	/* printable ASCII, 1 at least */
	uint8_t policy_digest[TRE_DIGEST_LEN];
	uint64_t clock_s;		/* seconds since the epoch */
	enum tre_clock clock;
	bool with_pcrs;			/* also tell the PCRs' values: off by default */
};

/*
 * What a record was made for: SPIs, and the first octets of SHA-256 of the others. Proves
 * nothing, which the quote does; says which of them is another here when it does not.
 */
enum tre_made_for {
	TRE_FOR_SPI_I, TRE_FOR_SPI_R, TRE_FOR_NI, TRE_FOR_NR, TRE_FOR_IDI, TRE_FOR_NONCE, TRE_FOR_PARTS
};
#define TRE_FOR_LEN	8

struct tre_record {
	struct tre_claims claims;
	uint8_t nonce[TRE_NONCE_LEN];	/* of TPM2_GetRandom */
	uint8_t ak_name[TRE_NAME_LEN];
	bool has_made_for;
	uint8_t made_for[TRE_FOR_PARTS][TRE_FOR_LEN];
	/* Raw TPMS_ATTEST and TPMT_SIGNATURE; of a decoded record they lie in its octets. */
	const uint8_t *attest, *sig;
	size_t attest_len, sig_len;
	uint32_t pcr_mask;		/* with_pcrs: whose values these are */
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN];
	/* SHA-256 of the map without attestation and signature, unknown keys included. */
	uint8_t claims_digest[TRE_DIGEST_LEN];
	unsigned int skipped;		/* non-critical keys that are not known here */
};

/*
 * SHA-256 of the map of @r without attestation and signature, which tre_record_encode()
 * then adds. False when a field of @r can't be encoded, or there is no memory.
 */
bool tre_record_claims_digest(const struct tre_record *r, uint8_t digest[TRE_DIGEST_LEN]);

/* Octets written, 0 when a field of @r can't be encoded or the whole is too long. */
size_t tre_record_encode(const struct tre_record *r, uint8_t out[TRE_RECORD_MAX]);

/*
 * Read exactly one record. Accepts one encoding of each: shortest integers and lengths,
 * none indefinite, keys ascending, none twice, nothing behind it. A key not known here
 * is skipped when it is positive and refuses the record when it is negative. False with
 * rule and detail in @result; @r points into @data otherwise.
 */
bool tre_record_decode(const uint8_t *data, size_t len, struct tre_record *r,
		       struct tre_result *result);

/*
 * FFS-03: what the quote's extraData has to be for a record with @nonce and
 * @claims_digest in the IKE SA @b. False when @b is no IKE SA's (a nonce of a length
 * RFC 7296 does not have, no IDi), or without memory.
 */
bool tre_record_qualifying(const struct tre_binding *b, const uint8_t nonce[TRE_NONCE_LEN],
			   const uint8_t claims_digest[TRE_DIGEST_LEN],
			   uint8_t qualifying[TRE_DIGEST_LEN]);

/* What is to be in made_for in the IKE SA @b. False without memory. */
bool tre_record_made_for(const struct tre_binding *b, const uint8_t nonce[TRE_NONCE_LEN],
			 uint8_t out[TRE_FOR_PARTS][TRE_FOR_LEN]);

/* "pass", "pass-degraded", "fail"; "unknown", "floor", "synced"; "?" for anything else. */
const char *tre_claim_name(enum tre_claim claim);
const char *tre_clock_name(enum tre_clock clock);

#endif /* TRUSTGATE_TRE_RECORD_H */
