// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the outside in: is it a record, of an enrolled device, of the one that signed
 * AUTH, of this IKE SA, not of before; and only then, is what it tells allowed.
 */
#include "segw/appraise.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>
#include "segw/certkey.h"
#include "segw/reference.h"
#include "tre/evidence.h"
#include "tre/reset.h"
#include "tre/values.h"

const char *appraise_verdict_name(enum appraise_verdict verdict)
{
	static const char *const names[APPRAISE_VERDICTS] = {
		"bad", "unknown", "fail", "unjudged", "good",
	};

	return verdict < APPRAISE_VERDICTS ? names[verdict] : "?";
}

__attribute__((format(printf, 4, 5)))
static bool say(struct appraise_result *r, enum appraise_verdict verdict, const char *rule,
		const char *fmt, ...)
{
	va_list ap;

	r->verdict = verdict;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	va_start(ap, fmt);
	vsnprintf(r->detail, sizeof(r->detail), fmt, ap);
	va_end(ap);
	return false;
}

/* What the TrE's side found; without a verdict of its own nothing is known. */
static bool pass_on(struct appraise_result *r, const struct tre_result *tre)
{
	return say(r, tre->verdict == TRE_FAIL ? APPRAISE_BAD : APPRAISE_UNKNOWN, tre->rule, "%s",
		   tre->detail);
}

/* FFS-04: the key that signed AUTH is the one that the attestation key has certified. */
static bool same_device(const struct appraise_job *job, struct appraise_result *r)
{
	uint8_t digest[PKI_DIGEST_LEN];

	if (!job->device)
		return say(r, APPRAISE_UNKNOWN, "appraise.device.unknown",
			   "no such device is enrolled (enrol it with 'trustgate devices enrol')");
	if (!certkey_digest(job->certificate, digest))
		return say(r, APPRAISE_UNKNOWN, "appraise.certificate",
			   "the device's certificate can't be read (report this)");
	if (memcmp(digest, job->device->ike_key, sizeof(digest)))
		return say(r, APPRAISE_BAD, "appraise.certificate.key",
			   "the certificate's key is not the one certified by %.80s's attestation key (enrol the device anew if it has a new key)",
			   job->device->identity);
	return true;
}

/* TPM2 Part 1, 36.3: restart counts from 0 at each reset, and reset never back. */
static bool not_before(const struct appraise_counters *last, struct appraise_result *r)
{
	const struct appraise_counters *now = &r->now;

	if (!last->seen)
		return true;
	if (now->reset < last->reset)
		return say(r, APPRAISE_BAD, "appraise.counter.reset",
			   "the TPM's resetCount went back from %" PRIu32 " to %" PRIu32 ": an old state, or a TPM that was cleared (look at the device, enrol it anew if it was cleared)",
			   last->reset, now->reset);
	if (now->reset == last->reset && now->restart < last->restart)
		return say(r, APPRAISE_BAD, "appraise.counter.restart",
			   "the TPM's restartCount went back from %" PRIu32 " to %" PRIu32 " with no reset: an old state (look at the device)",
			   last->restart, now->restart);
	return true;
}

static bool firmware_ok(const struct appraise_counters *last, struct appraise_result *r)
{
	if (!last->seen || r->now.firmware >= last->firmware)
		return true;
	return say(r, APPRAISE_FAIL, "appraise.firmware",
		   "the TPM's firmware went back from %016" PRIx64 " to %016" PRIx64 " (update it, or enrol the device anew)",
		   last->firmware, r->now.firmware);
}

static bool claim_ok(const struct appraise_job *job, struct appraise_result *r)
{
	const struct tre_claims *c = &r->claims;

	if (c->verdict == TRE_CLAIM_PASS || (c->verdict == TRE_CLAIM_DEGRADED && job->degraded_passes))
		return true;
	if (c->verdict == TRE_CLAIM_DEGRADED)
		return say(r, APPRAISE_FAIL, "appraise.claim.degraded",
			   "the device passes only by a policy on its way out, %.63s (update its software, or allow pass-degraded)",
			   c->has_policy ? c->policy_version : "unnamed");
	return say(r, APPRAISE_FAIL, "appraise.claim.fail",
		   "the device says itself that it is not as its policy %.63s says (run 'trustgate why' on it)",
		   c->has_policy ? c->policy_version : "unnamed");
}

static const char *hex(const uint8_t digest[TRE_DIGEST_LEN], char text[2 * TRE_DIGEST_LEN + 1])
{
	for (int i = 0; i < TRE_DIGEST_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

/* With values there is more to tell than that their digest is none that is known. */
static bool say_pcr(const struct appraise_reference *ref, const struct tre_record *record,
		    struct appraise_result *r)
{
	char is[2 * TRE_DIGEST_LEN + 1], may[2 * TRE_DIGEST_LEN + 1];
	const uint8_t (*values)[TRE_DIGEST_LEN];
	size_t n, at;

	for (unsigned int i = 0; i < TRE_PCRS; i++) {
		n = ref->mask & 1u << i ? tre_policy_values(ref->policy, i, &values) : 0;
		for (at = 0; at < n && memcmp(values[at], record->pcrs[i], TRE_DIGEST_LEN); at++)
			;
		if (n && at == n)
			return say(r, APPRAISE_FAIL, "appraise.pcr",
				   "PCR %u is %s, allowed is %s%s (boot known software, or update the reference)",
				   i, hex(record->pcrs[i], is), hex(values[0], may), n > 1 ? " or more" : "");
	}
	return true;
}

/* @own: the name of the one that the device goes by, if it has one of its own. */
static bool state_ok(const struct appraise_reference *ref, const char *own,
		     const struct tre_record *record, const struct tre_evidence *e,
		     struct appraise_result *r)
{
	char digest[2 * TRE_DIGEST_LEN + 1];

	if (tre_digest_is_reset(e->pcr_mask, e->pcr_digest))
		return say(r, APPRAISE_FAIL, "appraise.pcr.nothing",
			   "nothing was measured into PCRs 0x%06" PRIx32 " of the device's SHA-256 bank "
			   TRE_RESET_REMEDY, e->pcr_mask);
	if (!ref && *own)
		return say(r, APPRAISE_UNJUDGED, "appraise.reference.own",
			   "there is no reference %s, by which this device goes (put it into [integrity] references)",
			   own);
	if (!ref)
		return say(r, APPRAISE_UNJUDGED, "appraise.reference.absent",
			   "there is no reference to hold its PCRs against (give [integrity] reference)");
	if (e->pcr_mask != ref->mask)
		return say(r, APPRAISE_FAIL, "appraise.selection",
			   "PCRs 0x%06" PRIx32 " are quoted, the reference is about 0x%06" PRIx32 " (have both ends name the same PCRs)",
			   e->pcr_mask, ref->mask);
	if (appraise_reference_has(ref, e->pcr_digest))
		return true;
	if (record->claims.with_pcrs && !say_pcr(ref, record, r))
		return false;
	return say(r, APPRAISE_FAIL, "appraise.pcr",
		   "PCRs 0x%06" PRIx32 " digest to %s, none of the %zu of policy %.40s (boot known software, or update the reference)",
		   ref->mask, hex(e->pcr_digest, digest), ref->n, tre_policy_name(ref->policy));
}

static void note(struct appraise_result *r, const struct tre_record *record,
		 const struct tre_evidence *e)
{
	r->now = (struct appraise_counters){ true, e->reset, e->restart, e->firmware };
	r->claims = record->claims;
	memcpy(r->qualifying, e->qualifying, sizeof(r->qualifying));
}

static void judge(const struct appraise_job *job, bool by_key, struct appraise_result *r)
{
	struct tre_record record;
	struct tre_evidence e;
	struct tre_result tre = { 0 };

	memset(r, 0, sizeof(*r));
	if (EVP_Digest(job->record, job->len, r->proof_digest, NULL, EVP_sha256(), NULL) != 1) {
		say(r, APPRAISE_UNKNOWN, "appraise.memory", "out of memory (free some)");
		return;
	}
	if (!tre_record_decode(job->record, job->len, &record, &tre)) {
		pass_on(r, &tre);
		return;
	}
	if (!by_key && !same_device(job, r))
		return;
	if (!tre_record_verify(&record, job->binding, job->device->ak_public,
			       job->device->ak_public_len, &e, &tre)) {
		pass_on(r, &tre);
		return;
	}
	note(r, &record, &e);
	if (!not_before(&job->device->last, r)) {
		/* Not believed: neither its counters nor its words count. */
		memset(&r->now, 0, sizeof(r->now));
		memset(&r->claims, 0, sizeof(r->claims));
		return;
	}
	if (firmware_ok(&job->device->last, r) && claim_ok(job, r) &&
	    state_ok(job->reference, job->device->reference, &record, &e, r))
		say(r, APPRAISE_GOOD, "appraise.good", "%.80s is as policy %.63s says",
		    job->device->identity, tre_policy_name(job->reference->policy));
}

void appraise(const struct appraise_job *job, struct appraise_result *result)
{
	judge(job, false, result);
}

void appraise_by_key(const struct appraise_job *job, struct appraise_result *result)
{
	judge(job, true, result);
}
