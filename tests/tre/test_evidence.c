// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a record and a certification prove: right ones, each of their parts wrong alone,
 * and each bit of a right one flipped.
 */
#include <stdlib.h>
#include <string.h>
#include "../lib/tap.h"
#include "report_maker.h"

static EVP_PKEY *own, *foreign, *ike;

/* Decode and verify against the binding and the key of @m. */
static bool verify(const struct made_report *m, const struct tre_binding *b,
		   struct tre_evidence *e, struct tre_result *result)
{
	struct tre_record r;

	memset(result, 0, sizeof(*result));
	return tre_record_decode(m->data, m->len, &r, result) &&
	       tre_record_verify(&r, b, m->quote.public_der, m->quote.public_len, e, result);
}

struct record_case {
	const char *row, *what;
	const char *rule;	/* NULL: it is proven */
	void (*before)(struct made_report *m);	/* is signed */
	void (*after)(struct made_report *m);	/* is not */
	void (*binding)(struct tre_binding *b);
};

#define QUOTED	quote.attest.attested.quote

static void magic(struct made_report *m) { m->quote.attest.magic ^= 1; }
static void a_time(struct made_report *m) { m->quote.attest.type = TPM2_ST_ATTEST_TIME; }
static void by_foreign(struct made_report *m) { m->quote.key = foreign; }
static void name(struct made_report *m) { m->record.ak_name[33] ^= 1; }
static void two_banks(struct made_report *m)
{
	m->QUOTED.pcrSelect.count = 2;
	m->QUOTED.pcrSelect.pcrSelections[1] = m->QUOTED.pcrSelect.pcrSelections[0];
}

static void sha1(struct made_report *m) { m->QUOTED.pcrSelect.pcrSelections[0].hash = TPM2_ALG_SHA1; }
static void no_pcr(struct made_report *m) { memset(m->QUOTED.pcrSelect.pcrSelections[0].pcrSelect, 0, 3); }
static void short_digest(struct made_report *m) { m->QUOTED.pcrDigest.size = 20; }
static void with_pcrs(struct made_report *m) { m->record.claims.with_pcrs = true; }
static void other_pcr(struct made_report *m) { with_pcrs(m); m->record.pcrs[7][0] ^= 1; }
static void less_pcrs(struct made_report *m) { with_pcrs(m); m->record.pcr_mask &= ~1u; }

/* What is behind the signature is not what was signed: the record is made anew. */
static void encode(struct made_report *m)
{
	m->len = tre_record_encode(&m->record, m->data);
}

static void verdict(struct made_report *m) { m->record.claims.verdict = TRE_CLAIM_DEGRADED; encode(m); }
static void nonce(struct made_report *m) { m->record.nonce[0] ^= 1; encode(m); }
static void firmware(struct made_report *m) { m->record.claims.firmware[0] ^= 1; encode(m); }
static void no_firmware(struct made_report *m) { m->record.claims.has_firmware = false; encode(m); }
static void policy(struct made_report *m) { m->record.claims.policy_version[0] = 'L'; encode(m); }
static void clock_s(struct made_report *m) { m->record.claims.clock_s++; encode(m); }
static void no_sync(struct made_report *m) { m->record.claims.clock = TRE_CLOCK_FLOOR; encode(m); }
static void add_pcrs(struct made_report *m) { with_pcrs(m); encode(m); }
static void attest_bit(struct made_report *m) { m->quote.attest_der[m->quote.attest_len - 1] ^= 1; encode(m); }
static void attest_tail(struct made_report *m) { m->record.attest_len++; encode(m); }
static void sig_tail(struct made_report *m) { m->record.sig_len++; encode(m); }
static void extra(struct made_report *m) { m->quote.attest_der[60] ^= 1; encode(m); }
static void add_unknown(struct made_report *m)
{
	/* [ type, bytes ] of the map: one more pair, and one octet of length is enough. */
	size_t head = m->len;

	while (memcmp(m->data + head - 2, "\1\1", 2) || (m->data[head - 3] & 0xf0) != 0xa0)
		head--;
	m->data[head - 3]++;
	memcpy(m->data + m->len, "\x0c\x00", 2);
	m->len += 2;
	m->data[head - 4] = (uint8_t)(m->data[head - 4] + 2);
}

static void spi_i(struct tre_binding *b) { b->spi_i[0] ^= 0x80; }
static void spi_r(struct tre_binding *b) { b->spi_r[7] ^= 1; }
static void ni(struct tre_binding *b) { b->ni_len--; }
static void nr(struct tre_binding *b) { b->nr = b->ni; }
static void idi(struct tre_binding *b) { b->idi = (const uint8_t *)"\2\0\0\0henb-2.example.org"; }
static void unknown(struct tre_binding *b) { b->nr = NULL; }

static const struct record_case cases[] = {
	{ "HNB-TRE-12", "a right record is proven" },
	{ "HNB-TRE-12", "with the PCRs that were quoted it is, too", .before = with_pcrs },
	{ "FFS-03", "another magic fails", "tre.quote.magic", magic },
	{ "FFS-03", "another type fails", "tre.quote.type", a_time },
	{ "HNB-TRE-12", "a signature by another key fails", "tre.signature", by_foreign },
	{ "HNB-INT-04", "the name of another attestation key fails", "tre.ak.name", name },
	{ "FFS-03", "two banks fail", "tre.quote.selection", two_banks },
	{ "FFS-03", "the SHA-1 bank fails", "tre.quote.selection", sha1 },
	{ "FFS-03", "a quote of no PCR fails", "tre.quote.selection", no_pcr },
	{ "FFS-03", "a PCR digest of 20 octets fails", "tre.quote.digest", short_digest },
	{ "FFS-03", "another PCR value than was quoted fails", "tre.quote.digest", other_pcr },
	{ "FFS-03", "a PCR less than was quoted fails", "tre.quote.digest", less_pcrs },
	{ "HNB-TRE-12", "another verdict than was signed fails", "tre.quote.claims", .after = verdict },
	{ "HNB-INT-03", "another nonce than was signed fails", "tre.quote.nonce", .after = nonce },
	{ "HNB-INT-05", "another firmware than was signed fails", "tre.quote.claims", .after = firmware },
	{ "HNB-INT-05", "a claim left out fails", "tre.quote.claims", .after = no_firmware },
	{ "HNB-INT-05", "another policy than was signed fails", "tre.quote.claims", .after = policy },
	{ "HNB-INT-05", "another time than was signed fails", "tre.quote.claims", .after = clock_s },
	{ "HNB-INT-05", "another clock state than was signed fails", "tre.quote.claims", .after = no_sync },
	{ "HNB-INT-05", "PCRs that were not signed fail", "tre.quote.claims", .after = add_pcrs },
	{ "HNB-INT-05", "an unknown key that was not signed fails", "tre.quote.claims", .after = add_unknown },
	{ "HNB-TRE-12", "a bit of the quote fails", "tre.signature", .after = attest_bit },
	{ "HNB-TRE-12", "a bit of its extraData fails", "tre.signature", .after = extra },
	{ "HNB-TRE-12", "an octet behind the quote fails", "tre.signature", .after = attest_tail },
	{ "HNB-TRE-12", "an octet behind the signature fails", "tre.signature.encoding", .after = sig_tail },
	{ "HNB-INT-05", "another SPIi fails", "tre.quote.spi-i", .binding = spi_i },
	{ "HNB-INT-05", "another SPIr fails", "tre.quote.spi-r", .binding = spi_r },
	{ "HNB-INT-05", "another Ni fails", "tre.quote.ni", .binding = ni },
	{ "HNB-INT-05", "another Nr, a replay, fails", "tre.quote.nr", .binding = nr },
	{ "HNB-INT-05", "another H(e)NB's IDi fails", "tre.quote.idi", .binding = idi },
	{ "HNB-INT-05", "an IKE SA that is not known is no proof", "tre.binding", .binding = unknown },
};

static void run_case(const struct record_case *c)
{
	static struct made_report m;
	struct tre_evidence e;
	struct tre_result result;
	struct tre_binding b;
	bool ok;

	report_begin(&m, own);
	if (c->before)
		c->before(&m);
	report_end(&m);
	if (c->after)
		c->after(&m);
	b = m.binding;
	if (c->binding)
		c->binding(&b);
	ok = verify(&m, &b, &e, &result);
	if (!tap_ok(ok == !c->rule && (ok || (!strcmp(result.rule, c->rule) &&
					      result.verdict != TRE_PASS && result.detail[0])),
		    "%s: %s", c->row, c->what))
		printf("# %s: %s\n", result.rule, result.detail);
}

static void test_evidence(void)
{
	static struct made_report m;
	struct tre_result result;
	struct tre_evidence e;

	report_make(&m, own);
	tap_ok(verify(&m, &m.binding, &e, &result) && e.reset == 7 && e.restart == 3 &&
	       e.firmware == 0x2024000100000000 && e.pcr_mask == REPORT_MASK &&
	       !memcmp(e.pcr_digest, m.QUOTED.pcrDigest.buffer, TRE_DIGEST_LEN),
	       "FFS-03: counters, firmware and PCR digest are what the TPM said");
}

/* Every bit counts: none of the record may be changed by who passes it on. */
static void test_bits(void)
{
	static struct made_report m;
	static const char *seen[64];
	struct tre_evidence e;
	struct tre_result result;
	size_t proven = 0, rules = 0, i;

	report_make(&m, own);
	for (size_t bit = 0; bit < 8 * m.len; bit++) {
		m.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (verify(&m, &m.binding, &e, &result) || !result.rule[0]) {
			proven++;
			printf("# bit %zu of octet %zu\n", bit % 8, bit / 8);
		}
		for (i = 0; i < rules && strcmp(seen[i], result.rule); i++)
			;
		if (i == rules && rules < 64)
			seen[rules++] = strdup(result.rule);
		m.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	tap_ok(!proven, "HNB-INT-05, HNB-TRE-12: none of %zu records with a bit flipped is proven", 8 * m.len);
	printf("# by:");
	for (i = 0; i < rules; i++) {
		printf(" %s", seen[i]);
		free((char *)seen[i]);
	}
	putchar('\n');
}

struct key_case {
	const char *row, *what, *rule;
	void (*before)(struct made_certification *m);
	void (*after)(struct made_certification *m);
};

#define IKE	ike.public.publicArea

static void not_fixed(struct made_certification *m) { m->IKE.objectAttributes &= ~TPMA_OBJECT_FIXEDTPM; }
static void parent(struct made_certification *m) { m->IKE.objectAttributes &= ~TPMA_OBJECT_FIXEDPARENT; }
static void imported(struct made_certification *m)
{
	m->IKE.objectAttributes &= ~TPMA_OBJECT_SENSITIVEDATAORIGIN;
}

static void no_sign(struct made_certification *m) { m->IKE.objectAttributes &= ~TPMA_OBJECT_SIGN_ENCRYPT; }
static void decrypts(struct made_certification *m) { m->IKE.objectAttributes |= TPMA_OBJECT_DECRYPT; }
static void p384(struct made_certification *m)
{
	m->IKE.parameters.eccDetail.curveID = TPM2_ECC_NIST_P384;
}

static void off_curve(struct made_certification *m) { m->IKE.unique.ecc.y.buffer[0] ^= 1; }
static void name_alg(struct made_certification *m) { m->IKE.nameAlg = TPM2_ALG_SHA1; }
static void free_ak(struct made_certification *m)
{
	m->ak.public.publicArea.objectAttributes &= ~TPMA_OBJECT_RESTRICTED;
}

static void signed_by_foreign(struct made_certification *m) { m->ak.key = foreign; }
static void other_name(struct made_certification *m) { m->ak.attest.attested.certify.name.name[33] ^= 1; }
static void short_name(struct made_certification *m) { m->ak.attest.attested.certify.name.size = 20; }
static void no_name(struct made_certification *m) { m->ak.attest.attested.certify.name.size = 0; }
static void a_quote(struct made_certification *m)
{
	struct made_quote q;

	quote_make(&q, own, REPORT_MASK);
	m->ak.attest = q.attest;
}

static void certify_magic(struct made_certification *m) { m->ak.attest.magic = 0; }
static void ike_tail(struct made_certification *m) { m->c.ike_public_len++; }
static void ike_none(struct made_certification *m) { m->c.ike_public_len = 0; }
static void ike_is_ak(struct made_certification *m)
{
	m->c.ike_public = m->c.ak_public;
	m->c.ike_public_len = m->c.ak_public_len;
}

static void certify_sig(struct made_certification *m) { m->ak.sig_der[20] ^= 1; }
static void certify_attest(struct made_certification *m) { m->ak.attest_der[m->ak.attest_len - 1] ^= 1; }
static void certify_cut(struct made_certification *m) { m->c.attest_len--; }
static void certify_none(struct made_certification *m) { m->c.attest_len = 0; }
static void no_sig(struct made_certification *m) { m->c.sig_len = 0; }
static void no_ak(struct made_certification *m) { m->c.ak_public_len = 0; }

static const struct key_case keys[] = {
	{ "FFS-04", "a right certification is proven" },
	{ "HNB-TRE-05", "an IKE key that can leave its TPM fails", "tre.ike.attributes", not_fixed },
	{ "HNB-TRE-05", "an IKE key that can leave its parent fails", "tre.ike.attributes", parent },
	{ "HNB-TRE-05", "an IKE key made elsewhere fails", "tre.ike.attributes", imported },
	{ "FFS-04", "an IKE key that can't sign fails", "tre.ike.attributes", no_sign },
	{ "FFS-04", "an IKE key that decrypts fails", "tre.ike.attributes", decrypts },
	{ "FFS-04", "an IKE key of P-384 fails", "tre.ike.type", p384 },
	{ "FFS-04", "an IKE key off the curve fails", "tre.ike.type", off_curve },
	{ "FFS-04", "an IKE key with names of SHA-1 fails", "tre.ike.type", name_alg },
	{ "FFS-04", "an attestation key that is not restricted fails", "tre.ak.attributes", free_ak },
	{ "FFS-04", "a certification by another key fails", "tre.signature", signed_by_foreign },
	{ "FFS-04", "a certification of another key fails", "tre.certify.name", other_name },
	{ "FFS-04", "a certification of a short name fails", "tre.certify.name", short_name },
	{ "FFS-04", "a certification of no name fails", "tre.certify.name", no_name },
	{ "FFS-04", "a quote is no certification", "tre.certify.type", a_quote },
	{ "FFS-04", "a certification no TPM made fails", "tre.certify.magic", certify_magic },
	{ "FFS-04", "octets behind the IKE key fail", "tre.ike.encoding", .after = ike_tail },
	{ "FFS-04", "no IKE key fails", "tre.ike.encoding", .after = ike_none },
	{ "FFS-04", "the attestation key in the IKE key's place fails", "tre.certify.name", .after = ike_is_ak },
	{ "FFS-04", "a bit of the signature fails", "tre.signature", .after = certify_sig },
	{ "FFS-04", "a bit of the certification fails", "tre.signature", .after = certify_attest },
	{ "FFS-04", "a certification cut short fails", "tre.signature", .after = certify_cut },
	{ "FFS-04", "no certification fails", "tre.certify.magic", .after = certify_none },
	{ "FFS-04", "no signature fails", "tre.signature.encoding", .after = no_sig },
	{ "FFS-04", "no attestation key fails", "tre.ak.encoding", .after = no_ak },
};

static void run_key(const struct key_case *c)
{
	static struct made_certification m;
	struct tre_result result = { 0 };
	struct tre_evidence e;
	EVP_PKEY *key = NULL;
	bool ok;

	certification_begin(&m, own, ike);
	if (c->before)
		c->before(&m);
	certification_end(&m);
	if (c->after)
		c->after(&m);
	ok = tre_certification_check(&m.c, &key, &e, &result);
	if (!tap_ok(ok == !c->rule && ok == !!key &&
		    (ok ? EVP_PKEY_eq(key, ike) == 1 : !strcmp(result.rule, c->rule) && result.detail[0]),
		    "%s: %s", c->row, c->what))
		printf("# %s: %s\n", result.rule, result.detail);
	EVP_PKEY_free(key);
}

int main(void)
{
	setenv("TSS2_LOG", "all+none", 0);
	own = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	foreign = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	ike = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	if (!own || !foreign || !ike)
		quote_die("key");
	tap_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		run_case(&cases[i]);
	test_evidence();
	test_bits();
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		run_key(&keys[i]);
	EVP_PKEY_free(own);
	EVP_PKEY_free(foreign);
	EVP_PKEY_free(ike);
	return tap_end();
}
