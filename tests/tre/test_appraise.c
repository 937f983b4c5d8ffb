// SPDX-License-Identifier: GPL-2.0-or-later
/* tre_appraise(): a right quote, and each of its fields wrong alone. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/sha.h>
#include "../lib/tap.h"
#include "quote_maker.h"

#define MASK	((1u << 0) | (1u << 7) | (1u << 10) | (1u << 23))

static EVP_PKEY *own, *foreign;

/* Before: bends structures that are then marshalled and signed. After: bends bytes. */
struct appraise_case {
	const char *row, *what;
	const char *rule;	/* NULL: pass */
	void (*before)(struct made_quote *q);
	void (*signature)(struct made_quote *q);
	void (*after)(struct made_quote *q);
	const char *policy;	/* NULL: allows what was measured */
	const char *in_detail;
};

#define QUOTE	attest.attested.quote
#define BANK	QUOTE.pcrSelect.pcrSelections[0]

static void magic(struct made_quote *q) { q->attest.magic ^= 1; }
static void type(struct made_quote *q) { q->attest.type = TPM2_ST_ATTEST_TIME; }
static void extra_value(struct made_quote *q) { q->attest.extraData.buffer[31] ^= 1; }
static void extra_short(struct made_quote *q) { q->attest.extraData.size = 31; }
static void extra_none(struct made_quote *q) { q->attest.extraData.size = 0; }
static void extra_long(struct made_quote *q) { q->attest.extraData.size = 33; }
static void digest_value(struct made_quote *q) { q->QUOTE.pcrDigest.buffer[0] ^= 1; }
static void digest_short(struct made_quote *q) { q->QUOTE.pcrDigest.size = 20; }
static void digest_long(struct made_quote *q) { q->QUOTE.pcrDigest.size = 33; }
static void bank(struct made_quote *q) { q->BANK.hash = TPM2_ALG_SHA1; }
static void select_less(struct made_quote *q) { q->BANK.pcrSelect[0] &= 0xfe; }
static void select_more(struct made_quote *q) { q->BANK.pcrSelect[0] |= 2; }
static void select_none(struct made_quote *q) { q->QUOTE.pcrSelect.count = 0; }
static void select_wide(struct made_quote *q)
{
	q->QUOTE.pcrSelect.pcrSelections[0].sizeofSelect = 4;
}

static void select_beyond(struct made_quote *q)
{
	q->QUOTE.pcrSelect.pcrSelections[0].sizeofSelect = 4;
	q->QUOTE.pcrSelect.pcrSelections[0].pcrSelect[3] = 1;
}

static void select_twice(struct made_quote *q)
{
	q->QUOTE.pcrSelect.count = 2;
	q->QUOTE.pcrSelect.pcrSelections[1] = q->QUOTE.pcrSelect.pcrSelections[0];
}

static void select_two_banks(struct made_quote *q)
{
	select_twice(q);
	q->QUOTE.pcrSelect.pcrSelections[1].hash = TPM2_ALG_SHA1;
}

static void by_foreign(struct made_quote *q) { q->key = foreign; }
static void sig_r(struct made_quote *q) { q->signature.signature.ecdsa.signatureR.buffer[31] ^= 1; }
static void sig_empty(struct made_quote *q) { q->signature.signature.ecdsa.signatureS.size = 0; }
static void sig_long(struct made_quote *q) { q->signature.signature.ecdsa.signatureS.size = 33; }
static void sig_hash(struct made_quote *q) { q->signature.signature.ecdsa.hash = TPM2_ALG_SHA1; }
static void sig_alg(struct made_quote *q) { q->signature.sigAlg = TPM2_ALG_ECDAA; }
static void sig_rsa(struct made_quote *q)
{
	memset(&q->signature, 0, sizeof(q->signature));
	q->signature.sigAlg = TPM2_ALG_RSASSA;
	q->signature.signature.rsassa.hash = TPM2_ALG_SHA256;
	q->signature.signature.rsassa.sig.size = 256;
}

static void ak_without(struct made_quote *q, TPMA_OBJECT bit)
{
	q->public.publicArea.objectAttributes &= ~bit;
}

static void ak_free(struct made_quote *q) { ak_without(q, TPMA_OBJECT_RESTRICTED); }
static void ak_no_sign(struct made_quote *q) { ak_without(q, TPMA_OBJECT_SIGN_ENCRYPT); }
static void ak_movable(struct made_quote *q) { ak_without(q, TPMA_OBJECT_FIXEDTPM); }
static void ak_parent(struct made_quote *q) { ak_without(q, TPMA_OBJECT_FIXEDPARENT); }
static void ak_imported(struct made_quote *q) { ak_without(q, TPMA_OBJECT_SENSITIVEDATAORIGIN); }
static void ak_decrypts(struct made_quote *q)
{
	q->public.publicArea.objectAttributes |= TPMA_OBJECT_DECRYPT;
}

static void ak_curve(struct made_quote *q)
{
	q->public.publicArea.parameters.eccDetail.curveID = TPM2_ECC_NIST_P384;
}

static void ak_scheme(struct made_quote *q)
{
	q->public.publicArea.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
}

static void ak_off_curve(struct made_quote *q)
{
	q->public.publicArea.unique.ecc.y.buffer[31] ^= 1;
}

static void ak_no_point(struct made_quote *q) { q->public.publicArea.unique.ecc.x.size = 0; }
static void ak_long_point(struct made_quote *q) { q->public.publicArea.unique.ecc.x.size = 33; }

static void attest_tail(struct made_quote *q) { q->attest_len++; }
static void attest_cut(struct made_quote *q) { q->attest_len--; }
static void attest_bit(struct made_quote *q) { q->attest_der[q->attest_len - 1] ^= 1; }
static void attest_none(struct made_quote *q) { q->attest_len = 0; }
static void sig_tail(struct made_quote *q) { q->sig_len++; }
static void sig_cut(struct made_quote *q) { q->sig_len--; }
static void sig_none(struct made_quote *q) { q->sig_len = 0; }
static void ak_tail(struct made_quote *q) { q->public_len++; }
static void ak_cut(struct made_quote *q) { q->public_len--; }
static void pcr_other(struct made_quote *q) { q->pcrs[10][0] ^= 1; }
static void pcr_outside(struct made_quote *q) { q->pcrs[11][0] ^= 1; }
static void other_question(struct made_quote *q) { q->qualifying[0] ^= 1; }
static void mask_none(struct made_quote *q) { q->mask = 0; }
static void mask_beyond(struct made_quote *q) { q->mask |= 1u << 24; }
static void mask_less(struct made_quote *q) { q->mask &= ~1u; }

/* Still signed, but with bytes behind that the signature covers. */
static void attest_signed_tail(struct made_quote *q)
{
	q->attest_len += 4;
	quote_sign(q);
}

#define V(hex)	hex hex hex hex hex hex hex hex hex hex hex hex hex hex hex hex \
		hex hex hex hex hex hex hex hex hex hex hex hex hex hex hex hex
#define POLICY	"policy 1\nname lab\npcr 0 " V("00") "\npcr 7 " V("07") "\n"

static const struct appraise_case cases[] = {
	{ "HNB-TRE-01", "a right quote passes" },
	{ "HNB-TRE-01", "PCRs that weren't asked for don't matter", .after = pcr_outside },
	{ "FFS-03", "a selection of four octets passes", .before = select_wide },
	{ "FFS-03", "another magic fails", "tre.quote.magic", magic },
	{ "FFS-03", "another type fails", "tre.quote.type", type },
	{ "FFS-03", "other extraData fails", "tre.quote.qualifying", extra_value },
	{ "FFS-03", "shorter extraData fails", "tre.quote.qualifying", extra_short },
	{ "FFS-03", "longer extraData fails", "tre.quote.qualifying", extra_long },
	{ "FFS-03", "no extraData fails", "tre.quote.qualifying", extra_none },
	{ "HNB-TRE-10", "an earlier quote, replayed, fails", "tre.quote.qualifying",
	  .after = other_question },
	{ "FFS-03", "another bank fails", "tre.quote.selection", bank },
	{ "FFS-03", "a PCR less fails", "tre.quote.selection", select_less },
	{ "FFS-03", "a PCR more fails", "tre.quote.selection", select_more },
	{ "FFS-03", "no selection fails", "tre.quote.selection", select_none },
	{ "FFS-03", "a PCR beyond 23 fails", "tre.quote.selection", select_beyond },
	{ "FFS-03", "the bank twice fails", "tre.quote.selection", select_twice },
	{ "FFS-03", "a second bank fails", "tre.quote.selection", select_two_banks },
	{ "FFS-03", "a quote of more than was asked fails", "tre.quote.selection",
	  .after = mask_less },
	{ "FFS-03", "another PCR digest fails", "tre.quote.digest", digest_value },
	{ "FFS-03", "a shorter PCR digest fails", "tre.quote.digest", digest_short },
	{ "FFS-03", "a longer PCR digest fails", "tre.quote.digest", digest_long },
	{ "FFS-03", "a value that wasn't quoted fails", "tre.quote.digest", .after = pcr_other },
	{ "HNB-TRE-12", "another key's signature fails", "tre.signature", by_foreign },
	{ "HNB-TRE-12", "a flipped bit in the signature fails", "tre.signature",
	  .signature = sig_r },
	{ "HNB-TRE-12", "a flipped bit in the quote fails", "tre.signature", .after = attest_bit },
	{ "HNB-TRE-12", "an empty half of the signature fails", "tre.signature",
	  .signature = sig_empty },
	{ "HNB-TRE-12", "a half of the signature too long fails", "tre.signature",
	  .signature = sig_long },
	{ "HNB-TRE-12", "another hash fails", "tre.signature.scheme", .signature = sig_hash },
	{ "HNB-TRE-12", "another scheme fails", "tre.signature.scheme|tre.signature.encoding",
	  .signature = sig_alg },
	{ "HNB-TRE-12", "an RSA signature fails", "tre.signature.scheme", .signature = sig_rsa },
	{ "HNB-TRE-12", "no signature fails", "tre.signature.encoding", .after = sig_none },
	{ "HNB-TRE-12", "a signature cut short fails", "tre.signature.encoding",
	  .after = sig_cut },
	{ "HNB-TRE-12", "a byte behind the signature fails", "tre.signature.encoding",
	  .after = sig_tail },
	{ "HNB-TRE-05", "a key that signs anything fails", "tre.ak.attributes", ak_free },
	{ "HNB-TRE-05", "a key that doesn't sign fails", "tre.ak.attributes", ak_no_sign },
	{ "HNB-TRE-05", "a key that can leave the TPM fails", "tre.ak.attributes", ak_movable },
	{ "HNB-TRE-05", "a key that can leave its parent fails", "tre.ak.attributes", ak_parent },
	{ "HNB-TRE-05", "a key made elsewhere fails", "tre.ak.attributes", ak_imported },
	{ "HNB-TRE-05", "a key that decrypts fails", "tre.ak.attributes", ak_decrypts },
	{ "HNB-TRE-05", "a key on another curve fails", "tre.ak.attributes", ak_curve },
	{ "HNB-TRE-05", "a key without a scheme fails", "tre.ak.attributes", ak_scheme },
	{ "HNB-TRE-05", "a key off the curve fails", "tre.ak.point", ak_off_curve },
	{ "HNB-TRE-05", "a key without a point fails", "tre.ak.point", ak_no_point },
	{ "HNB-TRE-05", "a coordinate too long fails", "tre.ak.point", ak_long_point },
	{ "HNB-TRE-05", "a byte behind the key fails", "tre.ak.encoding", .after = ak_tail },
	{ "HNB-TRE-05", "a key cut short fails", "tre.ak.encoding", .after = ak_cut },
	{ "FFS-03", "a byte behind the quote fails", "tre.signature", .after = attest_tail },
	{ "FFS-03", "signed bytes behind the quote fail", "tre.quote.encoding",
	  .signature = attest_signed_tail },
	{ "FFS-03", "a quote cut short fails", "tre.signature", .after = attest_cut },
	{ "FFS-03", "no quote fails", "tre.signature", .after = attest_none },
	{ "HNB-TRE-01", "asking for no PCR fails", "tre.mask", .after = mask_none },
	{ "HNB-TRE-01", "asking for a PCR there isn't fails", "tre.mask", .after = mask_beyond },
	{ "HNB-TRE-01", "a PCR without a line fails", "tre.pcr.unlisted",
	  .policy = POLICY "pcr 23 " V("17") "\n", .in_detail = "PCR 10 is " V("0a") ", the policy" },
	{ "HNB-TRE-01", "a value that isn't allowed fails", "tre.pcr.mismatch",
	  .policy = POLICY "# IMA\npcr 10 " V("bb") "\npcr 23 " V("17") "\n",
	  .in_detail = "PCR 10 is " V("0a") ", policy line 6 allows " V("bb") " (" },
	{ "HNB-TRE-01", "none of three allowed values fails", "tre.pcr.mismatch",
	  .policy = POLICY "pcr 10 " V("bb") " " V("cc") " " V("dd") "\npcr 23 " V("17") "\n",
	  .in_detail = "policy line 5 allows " V("bb") " or 2 more (" },
	{ "HNB-TRE-01", "the last of three allowed values passes",
	  .policy = POLICY "pcr 10 " V("bb") " " V("cc") " " V("0A") "\npcr 23 " V("17") },
	{ "HNB-TRE-01", "another PCR's value doesn't pass", "tre.pcr.mismatch",
	  .policy = POLICY "pcr 10 " V("07") "\npcr 23 " V("17") "\n" },
};

static struct tre_policy *policy_of(const char *text)
{
	char err[200];
	struct tre_policy *policy;

	if (!text)
		text = POLICY "pcr 10 " V("0a") "\npcr 23 " V("17") "\n";
	policy = tre_policy_parse(text, strlen(text), err, sizeof(err));
	if (!policy)
		quote_die(err);
	return policy;
}

/* "a|b": either. */
static bool rule_is(const char *rule, const char *wanted)
{
	const char *bar = strchr(wanted, '|');
	size_t len = bar ? (size_t)(bar - wanted) : strlen(wanted);

	if (strlen(rule) == len && !strncmp(rule, wanted, len))
		return true;
	return bar && rule_is(rule, bar + 1);
}

static bool as_expected(const struct appraise_case *c, const struct tre_result *r)
{
	if (c->in_detail && !strstr(r->detail, c->in_detail))
		return false;
	if (c->rule)
		return r->verdict == TRE_FAIL && rule_is(r->rule, c->rule) && r->detail[0];
	return r->verdict == TRE_PASS && r->reset_count == 7 && r->restart_count == 3;
}

static void run_case(const struct appraise_case *c)
{
	struct tre_policy *policy = policy_of(c->policy);
	struct made_quote q;
	struct tre_result r;

	quote_make(&q, own, MASK);
	if (c->before)
		c->before(&q);
	quote_marshal_attest(&q);
	quote_sign(&q);
	if (c->signature)
		c->signature(&q);
	quote_marshal_rest(&q);
	if (c->after)
		c->after(&q);
	tre_appraise(q.attest_der, q.attest_len, q.sig_der, q.sig_len, q.public_der, q.public_len,
		     q.mask, (const uint8_t (*)[TRE_DIGEST_LEN])q.pcrs, q.qualifying, policy, &r);
	if (!tap_ok(as_expected(c, &r), "%s: %s", c->row, c->what))
		printf("# verdict %d, wanted %s\n", r.verdict, c->rule ? c->rule : "pass");
	printf("# %s: %s\n", r.rule, r.detail);
	tre_policy_free(policy);
}

static void test_proof_digest(void)
{
	uint8_t both[sizeof(TPMS_ATTEST) + sizeof(TPMT_SIGNATURE)], digest[TRE_DIGEST_LEN];
	struct tre_policy *policy = policy_of(NULL);
	struct made_quote q;
	struct tre_result r;

	quote_make(&q, own, MASK);
	quote_marshal_attest(&q);
	quote_sign(&q);
	quote_marshal_rest(&q);
	tre_appraise(q.attest_der, q.attest_len, q.sig_der, q.sig_len, q.public_der, q.public_len,
		     q.mask, (const uint8_t (*)[TRE_DIGEST_LEN])q.pcrs, q.qualifying, policy, &r);
	memcpy(both, q.attest_der, q.attest_len);
	memcpy(both + q.attest_len, q.sig_der, q.sig_len);
	SHA256(both, q.attest_len + q.sig_len, digest);
	tap_ok(!memcmp(digest, r.proof_digest, sizeof(digest)),
	       "HNB-TRE-12: the proof's digest is over quote and signature");
	tre_appraise(q.attest_der, q.attest_len, q.sig_der, q.sig_len, q.public_der, q.public_len,
		     q.mask, (const uint8_t (*)[TRE_DIGEST_LEN])q.pcrs, q.qualifying, NULL, &r);
	tap_ok(r.verdict == TRE_FAIL && !strcmp(r.rule, "tre.policy.absent"),
	       "HNB-TRE-01: no policy fails");
	tre_policy_free(policy);
}

int main(void)
{
	size_t i;

	own = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	foreign = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	if (!own || !foreign)
		quote_die("keys");
	tap_start();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	test_proof_digest();
	EVP_PKEY_free(own);
	EVP_PKEY_free(foreign);
	return tap_end();
}
