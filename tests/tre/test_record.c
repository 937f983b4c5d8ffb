// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * INTEGRITY_INFO records: what is written is read again, each other way of writing it
 * is refused by a rule of its own, and the qualifyingData is what FFS-03 says.
 */
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "../lib/tap.h"
#include "tre/record.h"

#define ATTEST	"ff54434780180000"
#define SIG	"0018000b00010100010a"
#define NONCE	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define NAME	"000b" NONCE
#define DIGEST	"5820" NONCE

/* The pairs of a right map, in order; a case bends one of them, or what is around. */
enum { P_VERSION, P_VERDICT, P_NONCE, P_ATTEST, P_SIG, P_NAME, P_FIRMWARE, P_POLICY, P_CLOCK,
       P_PCRS, PAIRS };

static const char *const right[PAIRS] = {
	"01" "01", "02" "01", "03" DIGEST, "04" "48" ATTEST, "05" "4a" SIG, "06" "5822" NAME,
	"07" DIGEST, "08" "82" "67" "6c61622d323031" DIGEST, "09" "82" "1a6a000000" "02",
	"0a" "a2" "00" DIGEST "17" DIGEST,
};

struct record_case {
	const char *what;
	const char *rule;	/* NULL: it is read */
	int at;			/* bend this pair: */
	const char *pair;	/* NULL: leave it out */
	const char *extra;	/* pairs behind the last, of which there are: */
	int nextra;
	const char *map;	/* the map's head instead of the right one */
	const char *tail;	/* octets behind the map, in the byte string */
	const char *cmw;	/* "TYPE" and what is before it, instead of the right one */
	const char *after;	/* octets behind the whole */
};

#define SAME	.at = P_VERSION, .pair = "0101"
#define TYPE	"782d6170706c69636174696f6e2f766e642e7472757374676174652e696e746567726974792d696e666f2b63626f72"

static const struct record_case cases[] = {
	{ "a record with every field is read", NULL, SAME },
	{ "a record without firmware is read", NULL, P_FIRMWARE, NULL },
	{ "a record without policy is read", NULL, P_POLICY, NULL },
	{ "a record without PCRs is read", NULL, P_PCRS, NULL },
	{ "unknown keys that aren't critical are skipped", NULL, SAME,
	  .extra = "0c" "f6" "0d" "83010203" "1818" "a2" "01" "f4" "20" "f5", .nextra = 3 },
	{ "key 0 is unknown and skipped", NULL, P_VERSION, "00" "00" "01" "01", .nextra = 1, .extra = "" },
	{ "a second's clock of 0 is read", NULL, P_CLOCK, "09" "82" "00" "00" },
	/* Critical: RFC 8949's negative integers. */
	{ "an unknown critical key refuses", "record.critical", SAME, .extra = "20" "00", .nextra = 1 },
	{ "a critical key behind an unknown one refuses", "record.critical", SAME,
	  .extra = "0c" "00" "3863" "00", .nextra = 2 },
	/* What must be there. */
	{ "no version refuses", "record.missing", P_VERSION, NULL },
	{ "no verdict refuses", "record.missing", P_VERDICT, NULL },
	{ "HNB-INT-03: no nonce refuses", "record.missing", P_NONCE, NULL },
	{ "no attestation refuses", "record.missing", P_ATTEST, NULL },
	{ "HNB-TRE-12: no signature refuses", "record.missing", P_SIG, NULL },
	{ "no AK name refuses", "record.missing", P_NAME, NULL },
	{ "no clock refuses", "record.missing", P_CLOCK, NULL },
	/* Values. */
	{ "version 0 refuses", "record.version", P_VERSION, "01" "00" },
	{ "version 2 refuses", "record.version", P_VERSION, "01" "02" },
	{ "version -1 refuses", "record.version", P_VERSION, "01" "20" },
	{ "a verdict of 0 refuses", "record.verdict", P_VERDICT, "02" "00" },
	{ "a verdict of 4 refuses", "record.verdict", P_VERDICT, "02" "04" },
	{ "a verdict in words refuses", "record.verdict", P_VERDICT, "02" "6470617373" },
	{ "a verdict of true refuses", "record.verdict", P_VERDICT, "02" "f5" },
	{ "HNB-INT-03: a nonce of 31 octets refuses", "record.nonce", P_NONCE,
	  "03" "581f" "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e" },
	{ "HNB-INT-03: a nonce of 33 octets refuses", "record.nonce", P_NONCE, "03" "5821" NONCE "00" },
	{ "HNB-INT-03: an empty nonce refuses", "record.nonce", P_NONCE, "03" "40" },
	{ "a nonce as text refuses", "record.nonce", P_NONCE, "03" "7820" NONCE },
	{ "an empty attestation refuses", "record.attestation", P_ATTEST, "04" "40" },
	{ "an attestation as array refuses", "record.attestation", P_ATTEST, "04" "8101" },
	{ "an empty signature refuses", "record.signature", P_SIG, "05" "40" },
	{ "a signature of null refuses", "record.signature", P_SIG, "05" "f6" },
	{ "an AK name of 33 octets refuses", "record.ak-name", P_NAME,
	  "06" "5821" "000b000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e" },
	{ "an AK name of SHA-384 refuses", "record.ak-name", P_NAME, "06" "5822" "000c" NONCE },
	{ "an AK name of another algorithm refuses", "record.ak-name", P_NAME, "06" "5822" "010b" NONCE },
	{ "a firmware digest of 20 octets refuses", "record.firmware", P_FIRMWARE,
	  "07" "54" "000102030405060708090a0b0c0d0e0f10111213" },
	{ "a policy without digest refuses", "record.policy", P_POLICY, "08" "81" "61" "31" },
	{ "a policy of three refuses", "record.policy", P_POLICY, "08" "83" "61" "31" DIGEST "00" },
	{ "an empty policy version refuses", "record.policy", P_POLICY, "08" "82" "60" DIGEST },
	{ "a policy version with a blank refuses", "record.policy", P_POLICY,
	  "08" "82" "63" "612062" DIGEST },
	{ "a policy version of 64 characters refuses", "record.policy", P_POLICY, "08" "82" "7840"
	  "4141414141414141414141414141414141414141414141414141414141414141"
	  "4141414141414141414141414141414141414141414141414141414141414141" DIGEST },
	{ "a clock without state refuses", "record.clock", P_CLOCK, "09" "81" "00" },
	{ "a clock state of 3 refuses", "record.clock", P_CLOCK, "09" "82" "00" "03" },
	{ "a clock before the epoch refuses", "record.clock", P_CLOCK, "09" "82" "20" "00" },
	{ "a clock beyond 2^63 refuses", "record.clock", P_CLOCK, "09" "82" "1b8000000000000000" "00" },
	{ "an empty map of PCRs refuses", "record.pcrs", P_PCRS, "0a" "a0" },
	{ "PCR 24 refuses", "record.pcrs", P_PCRS, "0a" "a1" "1818" DIGEST },
	{ "a PCR of 20 octets refuses", "record.pcrs", P_PCRS,
	  "0a" "a1" "00" "54" "000102030405060708090a0b0c0d0e0f10111213" },
	{ "PCRs out of order refuse", "record.pcrs", P_PCRS, "0a" "a2" "01" DIGEST "00" DIGEST },
	{ "a PCR twice refuses", "record.pcrs", P_PCRS, "0a" "a2" "01" DIGEST "01" DIGEST },
	{ "a PCR less than the map says refuses", "record.pcrs", P_PCRS, "0a" "a2" "01" DIGEST },
	/* Order and repetition. */
	{ "keys out of order refuse", "record.order", P_VERSION, "02" "01" "01" "01", .extra = "", .nextra = 1 },
	{ "a key twice refuses", "record.order", P_VERDICT, "02" "01" "02" "01", .extra = "", .nextra = 1 },
	{ "the signature twice refuses", "record.order", P_SIG, "05" "4a" SIG "05" "4a" SIG,
	  .extra = "", .nextra = 1 },
	{ "what it was made for is read", NULL, SAME, .extra = "0b" "5830" NONCE "00112233445566778899aabbccddeeff", .nextra = 1 },
	{ "47 octets of it refuse", "record.made-for", SAME, .extra = "0b" "582f" NONCE "112233445566778899aabbccddeeff", .nextra = 1 },
	{ "a text of it refuses", "record.made-for", SAME, .extra = "0b" "6130", .nextra = 1 },
	{ "an unknown key twice refuses", "record.order", SAME, .extra = "0c000c00", .nextra = 2 },
	{ "a critical key before a known one refuses", "record.critical", P_VERSION, "20" "00" "01" "01",
	  .extra = "", .nextra = 1 },
	/* One encoding a value: RFC 8949, 4.2.1. */
	{ "an integer of an octet too many refuses", "record.version", P_VERSION, "01" "1801" },
	{ "an integer of eight octets too many refuses", "record.verdict", P_VERDICT, "02" "1b0000000000000001" },
	{ "a key of an octet too many refuses", "record.cbor", P_VERDICT, "1802" "01" },
	{ "a length of an octet too many refuses", "record.nonce", P_NONCE, "03" "590020" NONCE },
	{ "a byte string of indefinite length refuses", "record.attestation", P_ATTEST, "04" "5f" "48" ATTEST "ff" },
	{ "an array of indefinite length refuses", "record.clock", P_CLOCK, "09" "9f" "00" "00" "ff" },
	{ "a map's head of an octet too many refuses", "record.cbor", SAME, .map = "b80a" },
	{ "a map of indefinite length refuses", "record.cbor", SAME, .map = "bf", .tail = "ff" },
	{ "a tag before the map refuses", "record.cbor", SAME, .map = "d9d9f7aa" },
	{ "a tag in an unknown value refuses", "record.cbor", SAME, .extra = "0c" "c000", .nextra = 1 },
	{ "a float in an unknown value refuses", "record.cbor", SAME, .extra = "0c" "f93c00", .nextra = 1 },
	{ "undefined in an unknown value refuses", "record.cbor", SAME, .extra = "0c" "f7", .nextra = 1 },
	{ "a reserved simple value refuses", "record.cbor", SAME, .extra = "0c" "f818", .nextra = 1 },
	{ "a reserved length refuses", "record.cbor", SAME, .extra = "0c" "1c", .nextra = 1 },
	{ "a break out of place refuses", "record.cbor", SAME, .extra = "0c" "ff", .nextra = 1 },
	{ "text beyond ASCII refuses", "record.cbor", SAME, .extra = "0c" "62c3a9", .nextra = 1 },
	{ "an unknown map out of order refuses", "record.cbor", SAME, .extra = "0c" "a202000100", .nextra = 1 },
	{ "an unknown map with a key twice refuses", "record.cbor", SAME, .extra = "0c" "a201000100", .nextra = 1 },
	{ "four levels are read", NULL, SAME, .extra = "0c" "8181818100", .nextra = 1 },
	{ "five levels refuse", "record.cbor", SAME, .extra = "0c" "818181818100", .nextra = 1 },
	{ "an array longer than the record refuses", "record.cbor", SAME,
	  .extra = "0c" "9bffffffffffffffff", .nextra = 1 },
	{ "a map longer than the record refuses", "record.cbor", SAME,
	  .extra = "0c" "bb7fffffffffffffff00", .nextra = 1 },
	{ "a byte string longer than the record refuses", "record.cbor", SAME,
	  .extra = "0c" "5bffffffffffffffff00", .nextra = 1 },
	{ "a text key refuses", "record.cbor", SAME, .extra = "6161" "00", .nextra = 1 },
	{ "a key of bytes refuses", "record.cbor", SAME, .extra = "4161" "00", .nextra = 1 },
	/* Around it. */
	{ "a key more than the map says refuses", "record.trailing", SAME, .map = "a9" },
	{ "a key less than the map says refuses", "record.cbor", SAME, .map = "ab" },
	{ "a map of one key refuses", "record.map", SAME, .map = "a1" },
	{ "an array instead of the map refuses", "record.map", SAME, .map = "8a" },
	{ "a map of 33 keys refuses", "record.map", SAME, .map = "b821" },
	{ "octets behind the map refuse", "record.trailing", SAME, .tail = "00" },
	{ "octets behind the CMW refuse", "record.trailing", SAME, .after = "00" },
	{ "another media type refuses", "record.type", SAME, .cmw = "82" "69" "746578742f68746d6c" },
	{ "a content-format refuses", "record.type", SAME, .cmw = "82" "1903e8" },
	{ "a CMW of three refuses", "record.cmw", SAME, .cmw = "83" TYPE, .after = "04" },
	{ "a CMW of one refuses", "record.cmw", SAME, .cmw = "81" TYPE },
	{ "a map instead of the CMW refuses", "record.cmw", SAME, .cmw = "a1" TYPE },
	{ "a tagged CMW refuses", "record.cmw", SAME, .cmw = "d9d9f782" TYPE },
	{ "an array of indefinite length instead of the CMW refuses", "record.cmw", SAME,
	  .cmw = "9f" TYPE, .after = "ff" },
};

static size_t unhex(uint8_t *to, const char *hex)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		const char two[] = { hex[2 * i], hex[2 * i + 1], 0 };

		to[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

static size_t build(const struct record_case *c, uint8_t out[2 * TRE_RECORD_MAX])
{
	uint8_t map[2 * TRE_RECORD_MAX];
	char head[8];
	int pairs = PAIRS + c->nextra - !c->pair;
	size_t len, n;

	snprintf(head, sizeof(head), "%02x", 0xa0 + pairs);
	len = unhex(map, c->map ? c->map : head);
	for (int i = 0; i < PAIRS; i++) {
		if (i != c->at)
			len += unhex(map + len, right[i]);
		else if (c->pair)
			len += unhex(map + len, c->pair);
	}
	len += unhex(map + len, c->extra ? c->extra : "");
	len += unhex(map + len, c->tail ? c->tail : "");
	n = unhex(out, c->cmw ? c->cmw : "82" TYPE);
	out[n++] = len > UINT8_MAX ? 0x59 : 0x58;
	if (len > UINT8_MAX)
		out[n++] = (uint8_t)(len >> 8);
	out[n++] = (uint8_t)len;
	memcpy(out + n, map, len);
	n += len;
	return n + unhex(out + n, c->after ? c->after : "");
}

static bool decode(const uint8_t *data, size_t len, struct tre_record *r, struct tre_result *result)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool ok;

	/* On the heap, so that a read behind its end is seen. */
	memcpy(copy, data, len);
	memset(result, 0, sizeof(*result));
	ok = tre_record_decode(copy, len, r, result);
	free(copy);
	return ok;
}

static void run_case(const struct record_case *c)
{
	uint8_t data[2 * TRE_RECORD_MAX];
	struct tre_result result;
	struct tre_record r;
	size_t len = build(c, data);
	bool ok = decode(data, len, &r, &result);

	if (!tap_ok(ok == !c->rule && (ok || (!strcmp(result.rule, c->rule) && result.detail[0] &&
					      result.verdict == TRE_FAIL)), "FFS-02: %s", c->what))
		printf("# %s: %s\n", result.rule, result.detail);
}

static struct tre_record filled(void)
{
	static uint8_t attest[8], sig[10];
	struct tre_record r = {
		.claims = {
			.verdict = TRE_CLAIM_PASS, .has_firmware = true, .has_policy = true,
			.policy_version = "lab-201", .clock_s = 0x6a000000,
			.clock = TRE_CLOCK_SYNCED, .with_pcrs = true,
		},
		.attest = attest, .attest_len = unhex(attest, ATTEST),
		.sig = sig, .sig_len = unhex(sig, SIG),
		.pcr_mask = 1u << 0 | 1u << 23,
	};

	unhex(r.nonce, NONCE);
	unhex(r.ak_name, NAME);
	unhex(r.claims.firmware, NONCE);
	unhex(r.claims.policy_digest, NONCE);
	unhex(r.pcrs[0], NONCE);
	unhex(r.pcrs[23], NONCE);
	return r;
}

static const struct record_case whole = { "", NULL, SAME };

static void test_encode(void)
{
	uint8_t want[2 * TRE_RECORD_MAX], got[TRE_RECORD_MAX], digest[TRE_DIGEST_LEN];
	struct tre_record r = filled(), back;
	struct tre_result result;
	size_t want_len = build(&whole, want), len = tre_record_encode(&r, got);

	tap_ok(len == want_len && !memcmp(got, want, len),
	       "FFS-02: every field is written as the test wrote it by hand");
	tap_ok(tre_record_decode(got, len, &back, &result) &&
	       back.claims.verdict == r.claims.verdict && back.claims.clock == r.claims.clock &&
	       back.claims.clock_s == r.claims.clock_s && back.pcr_mask == r.pcr_mask &&
	       back.claims.has_firmware && back.claims.has_policy && back.claims.with_pcrs &&
	       !strcmp(back.claims.policy_version, r.claims.policy_version) &&
	       !memcmp(back.nonce, r.nonce, sizeof(r.nonce)) &&
	       !memcmp(back.ak_name, r.ak_name, sizeof(r.ak_name)) &&
	       !memcmp(back.pcrs, r.pcrs, sizeof(r.pcrs)) &&
	       back.attest_len == 8 && !memcmp(back.attest, r.attest, 8) &&
	       back.sig_len == 10 && !memcmp(back.sig, r.sig, 10) && !back.skipped,
	       "FFS-02: and read as what it was");
	tap_ok(tre_record_claims_digest(&r, digest) && !memcmp(digest, back.claims_digest, sizeof(digest)),
	       "FFS-03: writer and reader digest the same claims");
}

struct refused {
	const char *what;
	void (*bend)(struct tre_record *r);
};

static uint8_t much[TRE_RECORD_MAX];

static void no_verdict(struct tre_record *r) { r->claims.verdict = TRE_CLAIM_NONE; }
static void some_verdict(struct tre_record *r) { r->claims.verdict = (enum tre_claim)4; }
static void some_clock(struct tre_record *r) { r->claims.clock = (enum tre_clock)3; }
static void no_version(struct tre_record *r) { r->claims.policy_version[0] = 0; }
static void bad_version(struct tre_record *r) { r->claims.policy_version[1] = '\n'; }
static void long_version(struct tre_record *r) { memset(r->claims.policy_version, 'a', 64); }
static void no_pcr(struct tre_record *r) { r->pcr_mask = 0; }
static void pcr_24(struct tre_record *r) { r->pcr_mask |= 1u << 24; }
static void no_attest(struct tre_record *r) { r->attest_len = 0; }
static void no_sig(struct tre_record *r) { r->sig_len = 0; }
static void too_long(struct tre_record *r) { r->attest = much; r->attest_len = sizeof(much) - 300; }
static void far_too_long(struct tre_record *r) { r->sig = much; r->sig_len = SIZE_MAX; }

static const struct refused refused[] = {
	{ "no verdict is not written", no_verdict }, { "verdict 4 is not written", some_verdict },
	{ "clock state 3 is not written", some_clock },
	{ "an empty policy version is not written", no_version },
	{ "a policy version of two lines is not written", bad_version },
	{ "a policy version without an end is not written", long_version },
	{ "PCRs without one are not written", no_pcr }, { "PCR 24 is not written", pcr_24 },
	{ "no attestation is not written", no_attest }, { "no signature is not written", no_sig },
	{ "more than 1500 octets are not written", too_long },
	{ "a length beyond memory is not written", far_too_long },
};

static void test_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		uint8_t out[TRE_RECORD_MAX];
		struct tre_record r = filled();

		refused[i].bend(&r);
		tap_ok(!tre_record_encode(&r, out), "FFS-02: %s", refused[i].what);
	}
}

/* One encoding a record: what is read is written again as the same octets. */
static void test_bits(void)
{
	uint8_t good[2 * TRE_RECORD_MAX], again[TRE_RECORD_MAX];
	size_t len = build(&whole, good), read = 0, ambiguous = 0;
	struct tre_result result;
	struct tre_record r;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		good[bit / 8] ^= (uint8_t)(1u << bit % 8);
		memset(&result, 0, sizeof(result));
		if (tre_record_decode(good, len, &r, &result)) {
			size_t n = tre_record_encode(&r, again);

			read++;
			/* A bit in a key can make it one that is not known. */
			if (!r.skipped && (n != len || memcmp(good, again, len)))
				ambiguous++;
		} else if (strncmp(result.rule, "record.", 7)) {
			ambiguous++;
		}
		good[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	tap_ok(read && !ambiguous, "FFS-02: of %zu records with a bit flipped %zu are read, each as itself",
	       8 * len, read);
}

static void test_cut(void)
{
	uint8_t good[2 * TRE_RECORD_MAX];
	size_t len = build(&whole, good), read = 0;
	struct tre_result result;
	struct tre_record r;

	for (size_t n = 0; n < len; n++)
		read += decode(good, n, &r, &result);
	tap_ok(!read, "FFS-02: none of %zu records cut short is read", len);
	memset(good + len, 0, sizeof(good) - len);
	tap_ok(!decode(good, TRE_RECORD_MAX + 1, &r, &result) && !strcmp(result.rule, "record.size"),
	       "FFS-02: 1501 octets refuse");
	tap_ok(!decode(good, 0, &r, &result) && !strcmp(result.rule, "record.size"), "FFS-02: none refuse");
}

static const uint8_t ni[32] = "initiator", nr[16] = "responder", idi[] = "\2\0\0\0henb.example.org",
	nonce[TRE_NONCE_LEN] = "nonce", claims[TRE_DIGEST_LEN] = "claims";

static const struct tre_binding binding = {
	.spi_i = "initiat", .spi_r = "respond", .ni = ni, .ni_len = sizeof(ni), .nr = nr,
	.nr_len = sizeof(nr), .idi = idi, .idi_len = sizeof(idi) - 1,
};

/* As FFS-03 has it, octet by octet. */
static void by_hand(uint8_t digest[TRE_DIGEST_LEN])
{
	uint8_t buf[512];
	size_t n = 0;

#define ADD(data, len) (memcpy(buf + n, (data), (len)), n += (len))
	ADD("3GPP-HNB-INTEGRITY-INFO-1", 26);
	ADD("initiat", 8);
	ADD("respond", 8);
	ADD("\0\x20", 2);
	ADD(ni, 32);
	ADD("\0\x10", 2);
	ADD(nr, 16);
	ADD("\0\x14", 2);
	ADD(idi, 20);
	ADD(nonce, 32);
	ADD(claims, 32);
#undef ADD
	EVP_Digest(buf, n, digest, NULL, EVP_sha256(), NULL);
}

struct binding_case {
	const char *what;
	bool valid;		/* differs from the others, else: refused */
	void (*bend)(struct tre_binding *b, uint8_t *n, uint8_t *c);
};

#define BEND(name, statement) \
	static void name(struct tre_binding *b, uint8_t *n, uint8_t *c) \
	{ (void)b; (void)n; (void)c; statement; }

BEND(spi_i, b->spi_i[7] ^= 1)
BEND(spi_r, b->spi_r[0] ^= 1)
BEND(swap_spis, memcpy(b->spi_i, "respond", 8); memcpy(b->spi_r, "initiat", 8))
BEND(ni_other, b->ni = (const uint8_t *)"Initiator other nonce of 32 octets")
BEND(ni_shorter, b->ni_len = 31)
BEND(ni_none, b->ni = NULL)
BEND(ni_short, b->ni_len = 15)
BEND(nr_other, b->nr = (const uint8_t *)"Responder other nonce")
BEND(nr_none, b->nr_len = 0)
BEND(nr_long, b->nr_len = 257)
BEND(swap_nonces, b->ni = nr; b->ni_len = 16; b->nr = ni; b->nr_len = 32)
BEND(idi_type, b->idi = (const uint8_t *)"\3\0\0\0henb.example.org")
BEND(idi_other, b->idi = (const uint8_t *)"\2\0\0\0henc.example.org")
BEND(idi_shorter, b->idi_len--)
BEND(idi_empty, b->idi_len = 4)
BEND(idi_none, b->idi = NULL)
BEND(idi_long, b->idi_len = TRE_IDI_MAX + 1)
BEND(nonce_bit, n[31] ^= 0x80)
BEND(claims_bit, c[0] ^= 1)

static const struct binding_case bindings[] = {
	{ "another SPIi", true, spi_i }, { "another SPIr", true, spi_r },
	{ "SPIs swapped", true, swap_spis }, { "another Ni", true, ni_other },
	{ "a shorter Ni", true, ni_shorter }, { "another Nr", true, nr_other },
	{ "nonces swapped", true, swap_nonces }, { "another type of IDi", true, idi_type },
	{ "another IDi", true, idi_other }, { "a shorter IDi", true, idi_shorter },
	{ "another nonce", true, nonce_bit }, { "other claims", true, claims_bit },
	{ "no Ni", false, ni_none }, { "an Ni of 15 octets", false, ni_short },
	{ "no Nr", false, nr_none }, { "an Nr of 257 octets", false, nr_long },
	{ "an empty IDi", false, idi_empty }, { "no IDi", false, idi_none },
	{ "an IDi of 1025 octets", false, idi_long },
};

static void test_qualifying(void)
{
	uint8_t want[TRE_DIGEST_LEN], got[TRE_DIGEST_LEN], n[TRE_NONCE_LEN], c[TRE_DIGEST_LEN];

	by_hand(want);
	tap_ok(tre_record_qualifying(&binding, nonce, claims, got) && !memcmp(got, want, sizeof(got)),
	       "FFS-03: qualifyingData is the digest made by hand");
	for (size_t i = 0; i < sizeof(bindings) / sizeof(*bindings); i++) {
		struct tre_binding b = binding;
		bool ok;

		memcpy(n, nonce, sizeof(n));
		memcpy(c, claims, sizeof(c));
		memcpy(got, want, sizeof(got));
		bindings[i].bend(&b, n, c);
		ok = tre_record_qualifying(&b, n, c, got);
		tap_ok(ok == bindings[i].valid && (!ok || memcmp(got, want, sizeof(got))),
		       "HNB-INT-05: %s %s", bindings[i].what, bindings[i].valid ? "makes another" : "makes none");
	}
}

int main(void)
{
	uint8_t id[TRE_DIGEST_LEN];

	tap_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		run_case(&cases[i]);
	test_encode();
	test_refused();
	test_bits();
	test_cut();
	test_qualifying();
	EVP_Digest("3gpp-hnb-trust INTEGRITY_INFO v1", 32, id, NULL, EVP_sha256(), NULL);
	tap_ok(!memcmp(id, TRE_RECORD_VENDOR_ID, TRE_RECORD_VENDOR_ID_LEN) && TRE_RECORD_NOTIFY == 48320,
	       "FFS-01, HNB-INT-06: the Vendor ID and the Notify's number");
	return tap_end();
}
