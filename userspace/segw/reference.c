// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A quote has one digest over all PCRs it selects. Every combination of the values a
 * policy allows gives one; a report's is looked up among them.
 */
#include "segw/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "tre/reset.h"
#include "tre/values.h"

struct pcr_values {
	unsigned int pcr;
	const uint8_t (*values)[TRE_DIGEST_LEN];
	size_t n, at;
};

struct combinations {
	struct pcr_values pcr[TRE_PCRS];
	unsigned int npcrs;
	uint32_t proving;	/* of them: tre_pcrs_that_prove() */
	size_t total;
};

/* Those of each PCR of @mask. False with why in @err. */
static bool collect(struct combinations *c, const struct tre_policy *policy, uint32_t mask,
		    char *err, size_t errlen)
{
	c->total = 1;
	c->proving = tre_pcrs_that_prove(mask);
	for (unsigned int i = 0; i < TRE_PCRS; i++) {
		struct pcr_values *p = &c->pcr[c->npcrs];

		if (!(mask & 1u << i))
			continue;
		p->pcr = i;
		p->n = tre_policy_values(policy, i, &p->values);
		if (!p->n) {
			snprintf(err, errlen, "the policy has no value for PCR %u, which reports quote", i);
			return false;
		}
		c->npcrs++;
		if (p->n > APPRAISE_DIGESTS_MAX / c->total) {
			snprintf(err, errlen, "the policy's values combine in more than %d ways",
				 APPRAISE_DIGESTS_MAX);
			return false;
		}
		c->total *= p->n;
	}
	return true;
}

/* Values that PCRs are reset to are nobody's state, whatever else each of them may be. */
static bool proves(const struct combinations *c)
{
	for (unsigned int i = 0; i < c->npcrs; i++) {
		const struct pcr_values *p = &c->pcr[i];

		if (c->proving & 1u << p->pcr && !tre_pcr_is_reset(p->pcr, p->values[p->at], TRE_DIGEST_LEN))
			return true;
	}
	return false;
}

static bool digest_one(EVP_MD_CTX *md, const struct combinations *c, uint8_t out[TRE_DIGEST_LEN])
{
	bool ok = EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

	for (unsigned int i = 0; i < c->npcrs && ok; i++)
		ok = EVP_DigestUpdate(md, c->pcr[i].values[c->pcr[i].at], TRE_DIGEST_LEN) == 1;
	return ok && EVP_DigestFinal_ex(md, out, NULL) == 1;
}

/* As an odometer does. */
static void step(struct combinations *c)
{
	for (unsigned int i = 0; i < c->npcrs; i++) {
		if (++c->pcr[i].at < c->pcr[i].n)
			return;
		c->pcr[i].at = 0;
	}
}

static int by_value(const void *a, const void *b)
{
	return memcmp(a, b, TRE_DIGEST_LEN);
}

static bool digest_all(struct appraise_reference *r, struct combinations *c)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md;

	r->digests = calloc(c->total, sizeof(*r->digests));
	ok = ok && r->digests;
	for (size_t i = 0; ok && i < c->total; i++) {
		if (proves(c))
			ok = digest_one(md, c, r->digests[r->n++]);
		step(c);
	}
	EVP_MD_CTX_free(md);
	if (ok)
		qsort(r->digests, r->n, sizeof(*r->digests), by_value);
	return ok;
}

struct appraise_reference *appraise_reference_make(struct tre_policy *policy, uint32_t mask,
						   char *err, size_t errlen)
{
	struct appraise_reference *r = calloc(1, sizeof(*r));
	struct combinations c = { 0 };

	if (!r) {
		snprintf(err, errlen, "out of memory");
		tre_policy_free(policy);
		return NULL;
	}
	r->policy = policy;
	r->mask = mask;
	if (!mask || mask >> TRE_PCRS) {
		snprintf(err, errlen, "mask 0x%x names no PCR, or one above %d", mask, TRE_PCRS - 1);
	} else if (collect(&c, policy, mask, err, errlen)) {
		if (!digest_all(r, &c))
			snprintf(err, errlen, "out of memory");
		else if (r->n)
			return r;
		else
			snprintf(err, errlen, "nothing was ever measured into PCRs 0x%06x, so they prove nothing "
				 TRE_RESET_REMEDY, mask);
	}
	appraise_reference_free(r);
	return NULL;
}

void appraise_reference_free(struct appraise_reference *r)
{
	if (!r)
		return;
	tre_policy_free(r->policy);
	free(r->digests);
	free(r);
}

bool appraise_reference_has(const struct appraise_reference *r, const uint8_t digest[TRE_DIGEST_LEN])
{
	return bsearch(digest, r->digests, r->n, sizeof(*r->digests), by_value);
}
