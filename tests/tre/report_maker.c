// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <tss2/tss2_mu.h>
#include "report_maker.h"

static const uint8_t ni[32] = "nonce of the initiator", nr[32] = "nonce of the responder";
static const uint8_t idi[] = "\2\0\0\0henb-1.example.org";

struct tre_binding report_binding(void)
{
	return (struct tre_binding){
		.spi_i = { 1, 2, 3, 4, 5, 6, 7, 8 }, .spi_r = { 8, 7, 6, 5, 4, 3, 2, 1 },
		.ni = ni, .ni_len = sizeof(ni), .nr = nr, .nr_len = sizeof(nr),
		.idi = idi, .idi_len = sizeof(idi) - 1,
	};
}

static void put_name(const uint8_t *public, size_t len, uint8_t name[TRE_NAME_LEN])
{
	name[0] = 0;
	name[1] = TPM2_ALG_SHA256;
	EVP_Digest(public + 2, len - 2, name + 2, NULL, EVP_sha256(), NULL);
}

static void marshal_public(struct made_quote *q)
{
	q->public_len = 0;
	if (Tss2_MU_TPM2B_PUBLIC_Marshal(&q->public, q->public_der, sizeof(q->public_der),
					 &q->public_len))
		quote_die("TPM2B_PUBLIC");
}

void report_begin(struct made_report *m, EVP_PKEY *ak)
{
	struct tre_record *r = &m->record;

	memset(m, 0, sizeof(*m));
	quote_make(&m->quote, ak, REPORT_MASK);
	m->quote.attest.firmwareVersion = 0x2024000100000000;
	m->binding = report_binding();
	marshal_public(&m->quote);
	put_name(m->quote.public_der, m->quote.public_len, r->ak_name);
	memset(r->nonce, 0x5a, sizeof(r->nonce));
	r->claims = (struct tre_claims){
		.verdict = TRE_CLAIM_PASS, .has_firmware = true, .has_policy = true,
		.policy_version = "lab-7", .clock_s = 1790000000, .clock = TRE_CLOCK_SYNCED,
	};
	memset(r->claims.firmware, 0xf1, TRE_DIGEST_LEN);
	memset(r->claims.policy_digest, 0xb0, TRE_DIGEST_LEN);
	r->pcr_mask = REPORT_MASK;
	memcpy(r->pcrs, m->quote.pcrs, sizeof(r->pcrs));
}

/* Also of a record that no honest box makes. */
void report_end(struct made_report *m)
{
	struct tre_record *r = &m->record;
	struct made_quote *q = &m->quote;

	r->has_made_for = tre_record_made_for(&m->binding, r->nonce, r->made_for);
	if (!r->has_made_for || !tre_record_claims_digest(r, r->claims_digest) ||
	    !tre_record_qualifying(&m->binding, r->nonce, r->claims_digest, q->qualifying))
		quote_die("record");
	memcpy(q->attest.extraData.buffer, q->qualifying, TRE_DIGEST_LEN);
	quote_marshal_attest(q);
	quote_sign(q);
	quote_marshal_rest(q);
	r->attest = q->attest_der;
	r->attest_len = q->attest_len;
	r->sig = q->sig_der;
	r->sig_len = q->sig_len;
	m->len = tre_record_encode(r, m->data);
	if (!m->len)
		quote_die("encoding");
}

void report_make(struct made_report *m, EVP_PKEY *ak)
{
	report_begin(m, ak);
	report_end(m);
}

void certification_begin(struct made_certification *m, EVP_PKEY *ak, EVP_PKEY *ike)
{
	TPMT_PUBLIC *pub = &m->ike.public.publicArea;

	memset(m, 0, sizeof(*m));
	quote_make(&m->ak, ak, REPORT_MASK);
	quote_make(&m->ike, ike, REPORT_MASK);
	pub->objectAttributes &= ~TPMA_OBJECT_RESTRICTED;
	memset(&m->ak.attest.attested, 0, sizeof(m->ak.attest.attested));
	m->ak.attest.type = TPM2_ST_ATTEST_CERTIFY;
	marshal_public(&m->ike);
	m->ak.attest.attested.certify.name.size = TRE_NAME_LEN;
	put_name(m->ike.public_der, m->ike.public_len, m->ak.attest.attested.certify.name.name);
	m->ak.attest.attested.certify.qualifiedName.size = TRE_NAME_LEN;
}

void certification_end(struct made_certification *m)
{
	quote_marshal_attest(&m->ak);
	quote_sign(&m->ak);
	quote_marshal_rest(&m->ak);
	marshal_public(&m->ike);
	m->c = (struct tre_certification){
		.ak_public = m->ak.public_der, .ak_public_len = m->ak.public_len,
		.ike_public = m->ike.public_der, .ike_public_len = m->ike.public_len,
		.attest = m->ak.attest_der, .attest_len = m->ak.attest_len,
		.sig = m->ak.sig_der, .sig_len = m->ak.sig_len,
	};
}
