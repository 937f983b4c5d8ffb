// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Appraising INTEGRITY_INFO: a right record of an enrolled device is good, and each
 * thing wrong alone has a rule of its own.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/tap.h"
#include "pki/ca.h"
#include "segw/appraise.h"
#include "segw/reference.h"
#include "tre/report_maker.h"

static EVP_PKEY *own, *foreign;
static struct entity box, other_box;
static struct appraise_reference *reference;

struct world {
	struct made_report m;
	struct appraise_device device;
	struct appraise_job job;
	struct tre_binding binding;
};

struct appraisal {
	const char *row, *what;
	enum appraise_verdict verdict;
	const char *rule;
	void (*before)(struct world *w);	/* bends what the box signs */
	void (*after)(struct world *w);		/* bends what the SeGW has */
	const char *in_detail;
};

#define GOOD		APPRAISE_GOOD, "appraise.good"

static void seen(struct world *w, uint32_t reset, uint32_t restart, uint64_t firmware)
{
	w->device.last = (struct appraise_counters){ true, reset, restart, firmware };
}

/* The TPM of report_maker.c is at reset 7, restart 3, firmware 2024000100000000. */
static void same_counters(struct world *w) { seen(w, 7, 3, 0x2024000100000000); }
static void after_reset(struct world *w) { seen(w, 6, 9, 0); }
static void after_restart(struct world *w) { seen(w, 7, 2, 0); }
static void later_reset(struct world *w) { seen(w, 8, 0, 0); }
static void later_restart(struct world *w) { seen(w, 7, 4, 0); }
static void newer_firmware(struct world *w) { seen(w, 7, 3, 0x2024000100000001); }
static void unseen(struct world *w) { later_reset(w); w->device.last.seen = false; }
static void not_enrolled(struct world *w) { w->job.device = NULL; }
static void other_cert(struct world *w) { w->job.certificate = other_box.der; }
static void no_cert(struct world *w) { w->job.certificate.len = 0; }
static void cut_cert(struct world *w) { w->job.certificate.len--; }
static void long_cert(struct world *w) { w->job.certificate = ca_append(box.der); }
static void no_reference(struct world *w) { w->job.reference = NULL; }
static void no_own_reference(struct world *w)
{
	w->job.reference = NULL;
	strcpy(w->device.reference, "lab-2");
}

static void degraded_ok(struct world *w) { w->job.degraded_passes = true; }
static void other_ak(struct world *w)
{
	struct made_quote q;

	quote_make(&q, foreign, REPORT_MASK);
	q.signature.sigAlg = TPM2_ALG_NULL;
	quote_marshal_rest(&q);
	memcpy(w->device.ak_public, q.public_der, q.public_len);
}

static void no_ak(struct world *w) { w->device.ak_public_len = 0; }
static void cut(struct world *w) { w->job.len--; }
static void none(struct world *w) { w->job.len = 0; }
static void other_spi(struct world *w) { w->binding.spi_r[0] ^= 1; }
static void other_nr(struct world *w) { w->binding.nr = w->binding.ni; }
static void other_id(struct world *w) { w->binding.idi = (const uint8_t *)"\2\0\0\0henb-2.example.org"; }
static void no_nr(struct world *w) { w->binding.nr_len = 0; }

static void degraded(struct world *w) { w->m.record.claims.verdict = TRE_CLAIM_DEGRADED; }
static void failed(struct world *w) { w->m.record.claims.verdict = TRE_CLAIM_FAIL; }
static void failed_bare(struct world *w) { failed(w); w->m.record.claims.has_policy = false; }
static void by_foreign(struct world *w) { w->m.quote.key = foreign; }
static void other_pcr(struct world *w)
{
	memset(w->m.quote.pcrs[7], 0x77, TRE_DIGEST_LEN);
	memcpy(w->m.record.pcrs, w->m.quote.pcrs, sizeof(w->m.record.pcrs));
	quote_digest(&w->m.quote);
}

static void other_pcr_told(struct world *w) { other_pcr(w); w->m.record.claims.with_pcrs = true; }
static void second_value(struct world *w)
{
	memset(w->m.quote.pcrs[7], 0x17, TRE_DIGEST_LEN);
	quote_digest(&w->m.quote);
}

/* What a TPM quotes that nobody measured into: zeros, PCR 0 with the locality of its start. */
static void nothing(struct world *w)
{
	for (int i = 0; i < TRE_PCRS; i++)
		memset(w->m.quote.pcrs[i], 0, TRE_DIGEST_LEN);
	quote_digest(&w->m.quote);
}

static void nothing_locality(struct world *w)
{
	nothing(w);
	w->m.quote.pcrs[0][TRE_DIGEST_LEN - 1] = 3;
	quote_digest(&w->m.quote);
}

static void nothing_hcrtm(struct world *w)
{
	nothing_locality(w);
	w->m.quote.pcrs[0][TRE_DIGEST_LEN - 1] = 4;
	quote_digest(&w->m.quote);
}

static void more_pcrs(struct world *w)
{
	w->m.quote.attest.attested.quote.pcrSelect.pcrSelections[0].pcrSelect[1] |= 8;
}

static const struct appraisal cases[] = {
	{ "SGW-INT-08", "a right record is good", GOOD },
	{ "SGW-INT-08", "another value that is allowed is good", GOOD, second_value },
	{ "FFS-03", "the same counters again are good", GOOD, .after = same_counters },
	{ "FFS-03", "a reset later is good, and restarts count anew", GOOD, .after = after_reset },
	{ "FFS-03", "a restart later is good", GOOD, .after = after_restart },
	{ "FFS-03", "counters of a device not seen yet don't matter", GOOD, .after = unseen },
	{ "FFS-03", "an earlier reset is bad", APPRAISE_BAD, "appraise.counter.reset", .after = later_reset },
	{ "FFS-03", "an earlier restart is bad", APPRAISE_BAD, "appraise.counter.restart", .after = later_restart },
	{ "FFS-03", "older firmware of the TPM fails", APPRAISE_FAIL, "appraise.firmware", .after = newer_firmware },
	{ "FFS-04", "a device that is not enrolled is unknown", APPRAISE_UNKNOWN, "appraise.device.unknown",
	  .after = not_enrolled },
	{ "HNB-INT-04, PIT-40", "another device's certificate is bad", APPRAISE_BAD, "appraise.certificate.key",
	  .after = other_cert },
	{ "FFS-04", "no certificate proves nothing", APPRAISE_UNKNOWN, "appraise.certificate", .after = no_cert },
	{ "FFS-04", "a certificate cut short proves nothing", APPRAISE_UNKNOWN, "appraise.certificate",
	  .after = cut_cert },
	{ "FFS-04", "octets behind the certificate prove nothing", APPRAISE_UNKNOWN, "appraise.certificate",
	  .after = long_cert },
	{ "HNB-INT-04, PIT-40", "another device's attestation key is bad", APPRAISE_BAD, "tre.ak.name",
	  .after = other_ak },
	{ "FFS-04", "a damaged enrolment is bad", APPRAISE_BAD, "tre.ak.encoding", .after = no_ak },
	{ "HNB-TRE-12", "another key's signature is bad", APPRAISE_BAD, "tre.signature", by_foreign },
	{ "FFS-02", "a record cut short is bad", APPRAISE_BAD, "record.cmw", .after = cut },
	{ "FFS-02", "an empty record is bad", APPRAISE_BAD, "record.size", .after = none },
	{ "HNB-INT-05, PIT-40", "another IKE SA is bad", APPRAISE_BAD, "tre.quote.spi-r", .after = other_spi },
	{ "HNB-INT-05", "a replay with another Nr is bad", APPRAISE_BAD, "tre.quote.nr", .after = other_nr },
	{ "HNB-INT-05", "another IDi is bad", APPRAISE_BAD, "tre.quote.idi", .after = other_id },
	{ "HNB-INT-05", "an IKE SA whose nonce is lost proves nothing", APPRAISE_UNKNOWN, "tre.binding",
	  .after = no_nr },
	{ "FFS-05", "a box that says fail fails", APPRAISE_FAIL, "appraise.claim.fail", failed,
	  .in_detail = "lab-7" },
	{ "FFS-05", "a box that says fail and knows no policy fails", APPRAISE_FAIL, "appraise.claim.fail",
	  failed_bare, .in_detail = "unnamed" },
	{ "FFS-05", "a box that says pass-degraded fails", APPRAISE_FAIL, "appraise.claim.degraded", degraded },
	{ "FFS-05", "unless that is enough", GOOD, degraded, degraded_ok },
	{ "FFS-03", "without a reference there is no judgement", APPRAISE_UNJUDGED, "appraise.reference.absent",
	  .after = no_reference },
	{ "FFS-04", "nor without the one the device goes by", APPRAISE_UNJUDGED, "appraise.reference.own",
	  .after = no_own_reference, .in_detail = "lab-2" },
	{ "FFS-03", "PCRs that aren't in the reference set fail", APPRAISE_FAIL, "appraise.pcr", other_pcr,
	  .in_detail = "none of the 2" },
	{ "FFS-03", "with their values the PCR is named", APPRAISE_FAIL, "appraise.pcr", other_pcr_told,
	  .in_detail = "PCR 7 is 7777777777777777777777777777777777777777777777777777777777777777, allowed is 0707" },
	{ "FFS-03", "PCRs into which nothing was measured fail", APPRAISE_FAIL, "appraise.pcr.nothing", nothing,
	  .in_detail = "enable the SHA-256 bank" },
	{ "FFS-03", "so do they after a start at locality 3", APPRAISE_FAIL, "appraise.pcr.nothing", nothing_locality },
	{ "FFS-03", "or behind an H-CRTM", APPRAISE_FAIL, "appraise.pcr.nothing", nothing_hcrtm },
	{ "FFS-03", "and without a reference", APPRAISE_FAIL, "appraise.pcr.nothing", nothing, no_reference },
	{ "FFS-03", "more PCRs than the reference has fail", APPRAISE_FAIL, "appraise.selection", more_pcrs },
};

static void set_up(struct world *w)
{
	memset(w, 0, sizeof(*w));
	report_begin(&w->m, own);
}

static void enrol(struct world *w)
{
	unsigned char *key = NULL;
	int len = i2d_PUBKEY(box.key, &key);

	report_end(&w->m);
	snprintf(w->device.identity, sizeof(w->device.identity), "henb-1.example.org");
	memcpy(w->device.ak_public, w->m.quote.public_der, w->m.quote.public_len);
	w->device.ak_public_len = w->m.quote.public_len;
	memcpy(w->device.ak_name, w->m.record.ak_name, TRE_NAME_LEN);
	EVP_Digest(key, (size_t)len, w->device.ike_key, NULL, EVP_sha256(), NULL);
	OPENSSL_free(key);
	w->binding = w->m.binding;
	w->job = (struct appraise_job){
		.record = w->m.data, .len = w->m.len, .binding = &w->binding,
		.certificate = box.der, .device = &w->device, .reference = reference,
	};
}

static void run_case(const struct appraisal *c)
{
	static struct world w;
	struct appraise_result r;
	bool counted;

	set_up(&w);
	if (c->before)
		c->before(&w);
	enrol(&w);
	if (c->after)
		c->after(&w);
	appraise(&w.job, &r);
	/* Only what was authentic is worth remembering, or passing on. */
	counted = c->verdict >= APPRAISE_FAIL ?
		  r.now.seen && r.now.reset == 7 && r.now.restart == 3 && r.claims.verdict :
		  !r.now.seen && !r.claims.verdict;
	if (!tap_ok(r.verdict == c->verdict && !strcmp(r.rule, c->rule) && r.detail[0] && counted &&
		    (!c->in_detail || strstr(r.detail, c->in_detail)), "%s: %s: %s", c->row, c->what,
		    c->rule))
		printf("# %s: %s: %s\n", appraise_verdict_name(r.verdict), r.rule, r.detail);
}

/* The mutation test of the whole: nothing about a record or its IKE SA is free. */
static void test_bits(void)
{
	static struct world w;
	struct appraise_result r;
	size_t good = 0, n = 0;

	set_up(&w);
	enrol(&w);
	for (size_t bit = 0; bit < 8 * w.job.len; bit++, n++) {
		w.m.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		appraise(&w.job, &r);
		good += r.verdict != APPRAISE_BAD;
		w.m.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	tap_ok(!good && n > 3000, "HNB-TRE-12, HNB-INT-05: each of the record's %zu bits flipped is bad", n);
	good = 0;
	for (size_t bit = 0; bit < 128; bit++) {
		uint8_t *octet = bit < 64 ? &w.binding.spi_i[bit / 8] : &w.binding.spi_r[bit / 8 - 8];

		*octet ^= (uint8_t)(1u << bit % 8);
		appraise(&w.job, &r);
		good += r.verdict != APPRAISE_BAD ||
			strcmp(r.rule, bit < 64 ? "tre.quote.spi-i" : "tre.quote.spi-r");
		*octet ^= (uint8_t)(1u << bit % 8);
	}
	tap_ok(!good, "HNB-INT-05: each bit of the SPIs flipped is bad, by its own reason");
	appraise(&w.job, &r);
	tap_ok(r.verdict == APPRAISE_GOOD, "SGW-INT-08: and unflipped it is good again");
}

/* The bits of Ni, Nr and IDi, which are pointed to. */
static void test_field(const char *what, const char *rule, size_t nat, size_t len_at)
{
	static struct world w;
	struct appraise_result r;
	const uint8_t **field = (const uint8_t **)(void *)((char *)&w.binding + nat), *was;
	size_t len, good = 0;
	uint8_t *copy;

	set_up(&w);
	enrol(&w);
	memcpy(&len, (char *)&w.binding + len_at, sizeof(len));
	copy = malloc(len);
	memcpy(copy, *field, len);
	was = *field;
	*field = copy;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		appraise(&w.job, &r);
		good += r.verdict != APPRAISE_BAD || strcmp(r.rule, rule);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	tap_ok(!good, "HNB-INT-05: each bit of %s flipped is bad: %s", what, rule);
	*field = was;
	free(copy);
}

#define X(h)	h h h h h h h h h h h h h h h h h h h h h h h h h h h h h h h h
#define POLICY	"policy 1\nname lab\npcr 0 " X("00") "\npcr 7 " X("07") " " X("17") "\npcr 10 " X("0a") "\n"

static struct appraise_reference *make(const char *text, uint32_t mask, char err[128])
{
	struct tre_policy *policy = tre_policy_parse(text, strlen(text), err, 128);

	if (!policy)
		quote_die(err);
	return appraise_reference_make(policy, mask, err, 128);
}

static void test_reference(void)
{
	struct appraise_reference *r;
	static char big[65536];
	char err[128];
	size_t n;

	r = make(POLICY, REPORT_MASK, err);
	tap_ok(r && r->n == 2, "FFS-03: a policy with two values of one PCR allows two digests");
	appraise_reference_free(r);
	r = make(POLICY, 0x400, err);
	tap_ok(r && r->n == 1, "FFS-03: of PCRs that aren't quoted nothing counts");
	appraise_reference_free(r);
	tap_ok(!make(POLICY, 1, err) && strstr(err, "nothing was ever measured"),
	       "FFS-03: PCRs that have the value they are reset to are no reference");
	tap_ok(!make(POLICY, 0x401, err) && strstr(err, "nothing was ever measured"),
	       "FFS-03: nor are they beside the kernel's");
	r = make("policy 1\npcr 0 " X("00") " " X("01") "\npcr 7 " X("00") "\n", 0x81, err);
	tap_ok(r && r->n == 1, "FFS-03: nor do they make one of the digests of another");
	appraise_reference_free(r);
	tap_ok(!make(POLICY, REPORT_MASK | 2, err) && strstr(err, "PCR 1"),
	       "FFS-03: a PCR that is quoted and has no value is no reference");
	tap_ok(!make(POLICY, 0, err) && !make(POLICY, 1u << 24, err), "FFS-03: nor is no PCR, or PCR 24");
	n = (size_t)snprintf(big, sizeof(big), "policy 1\n");
	for (int pcr = 0; pcr < 3; pcr++) {
		n += (size_t)snprintf(big + n, sizeof(big) - n, "pcr %d", pcr);
		for (int i = 0; i < (pcr ? 255 : 2); i++)
			n += (size_t)snprintf(big + n, sizeof(big) - n, " %064x", i);
		n += (size_t)snprintf(big + n, sizeof(big) - n, "\n");
	}
	tap_ok(!make(big, 7, err) && strstr(err, "more than 65536"),
	       "FFS-03: more combinations than can be looked through are no reference");
	r = make(big, 6, err);
	tap_ok(r && r->n == (size_t)255 * 255 - 1, "FFS-03: 65025 are, but for the one of nothing");
	appraise_reference_free(r);
}

int main(void)
{
	const struct ca_spec spec = { .cn = "henb-1.example.org", .ext = { CA_EXT_END } };
	char err[128];

	setenv("TSS2_LOG", "all+none", 0);
	own = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	foreign = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	ca_issue(&box, &spec);
	ca_issue(&other_box, &spec);
	reference = make(POLICY, REPORT_MASK, err);
	if (!own || !foreign || !reference)
		quote_die("set up");
	tap_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		run_case(&cases[i]);
	test_bits();
	test_field("Ni", "tre.quote.ni", offsetof(struct tre_binding, ni), offsetof(struct tre_binding, ni_len));
	test_field("Nr", "tre.quote.nr", offsetof(struct tre_binding, nr), offsetof(struct tre_binding, nr_len));
	test_field("IDi", "tre.quote.idi", offsetof(struct tre_binding, idi), offsetof(struct tre_binding, idi_len));
	test_reference();
	appraise_reference_free(reference);
	EVP_PKEY_free(own);
	EVP_PKEY_free(foreign);
	return tap_end();
}
