// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The children that read what the other end sent: the device's, which has the TPM sign,
 * and the verifier's, which asks the AAA. The IMEI is in clear nowhere else in the agent.
 */
#include "agent/devid.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "devid/aaa.h"
#include "devid/proof.h"
#include "tre/device.h"

#define AAA_MS	5000

static void from_devid(struct tre_result *out, const struct devid_result *r)
{
	out->verdict = TRE_FAIL;
	memcpy(out->rule, r->rule, sizeof(out->rule));
	memcpy(out->detail, r->detail, sizeof(r->detail));
}

static bool is_wanted(const struct job_devid_prove *job, const struct devid_challenge *c,
		      struct devid_result *r)
{
	if (job->solutions & 1u << c->solution)
		return true;
	devid_set(r, DEVID_BAD, "challenge.solution",
		  "solution %s is asked for, which this box does not answer (see [devid] solution)",
		  devid_solution_name(c->solution));
	return false;
}

static void sign(const struct job_devid_prove *job, const struct devid_challenge *c,
		 struct worker_result *out)
{
	uint8_t digest[PROOF_DIGEST_LEN], sig[TRE_SIGNATURE_DER_MAX];
	struct devid_proof proof = { .solution = c->solution, .sig = sig };
	struct tre_session tpm;
	struct tre_device device = { 0 };

	if (tre_session_open(&tpm, job->tcti, &out->tre) &&
	    tre_device_read(&tpm, &device, &out->tre)) {
		memcpy(proof.imei, device.imei, sizeof(device.imei));
		if (devid_proof_digest(c, proof.imei, job->channel, digest) &&
		    tre_device_sign(&tpm, digest, sig, &proof.sig_len, &out->tre))
			out->record_len = devid_proof_encode(&proof, out->record);
	}
	tre_session_close(&tpm);
	OPENSSL_cleanse(&device, sizeof(device));
	OPENSSL_cleanse(&proof, sizeof(proof));
}

_Static_assert(sizeof(((struct tre_device *)0)->imei) == sizeof(((struct devid_proof *)0)->imei),
	       "one IMEI fits where the other does");
_Static_assert(PROOF_MAX <= sizeof(((struct worker_result *)0)->record), "a proof is a record");

void job_devid_prove(const void *arg, struct worker_result *out)
{
	const struct job_devid_prove *job = arg;
	struct devid_challenge challenge;
	struct devid_result r;

	memset(out, 0, sizeof(*out));
	setenv("TSS2_LOG", "all+NONE", 1);
	if (devid_challenge_decode(job->challenge.data, job->challenge.len, &challenge, &r) &&
	    is_wanted(job, &challenge, &r))
		sign(job, &challenge, out);
	else
		from_devid(&out->tre, &r);
}

/* --- the verifier ---------------------------------------------------------------- */

/* An operator can tell two devices from each other, and that one came back; not which. */
static void put_hash(const struct job_devid_verify *job, const char *imei,
		     struct worker_result *out)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (!HMAC(EVP_sha256(), job->key, sizeof(job->key), (const uint8_t *)imei, strlen(imei),
		  mac, &len) || len < DEVID_HASH_LEN)
		return;
	memcpy(out->record, mac, DEVID_HASH_LEN);
	out->record_len = DEVID_HASH_LEN;
}

static bool ask(const struct job_devid_verify *job, const struct devid_proof *proof,
		struct aaa_answer *answer, struct devid_result *r)
{
	if (job->aaa >= 0)
		return aaa_ask_on(job->aaa, AAA_MS, proof->solution, proof->imei, answer, r);
	devid_set(r, DEVID_INDETERMINATE, "aaa.unreachable",
		  "%.100s (is 'trustgate devid aaa' running? see [devid] aaa)", job->aaa_error);
	return false;
}

static void verify(const struct job_devid_verify *job, const struct devid_proof *proof,
		   struct devid_result *r)
{
	struct aaa_answer *answer = calloc(1, sizeof(*answer));
	struct devid_policy policy = {
		.anchors = job->anchors, .nanchors = job->nanchors, .profile = job->profile,
		.crl = job->crl, .now = (time_t)job->now,
	};

	if (job->crl.len && job->nanchors)
		policy.crl_issuer = job->anchors[0];
	if (!answer) {
		devid_set(r, DEVID_INDETERMINATE, "devid.memory", "out of memory (free some)");
		return;
	}
	/* For another solution than was asked for there is nothing to look up. */
	if (proof->solution != job->issued->challenge.solution) {
		const struct devid_binding none = { 0 };

		devid_proof_verify(proof, job->issued, &none, &policy, r);
	} else if (ask(job, proof, answer, r)) {
		policy.binding_ca = answer->ca_usable;
		devid_proof_verify(proof, job->issued, &answer->binding, &policy, r);
	}
	OPENSSL_cleanse(answer, sizeof(*answer));
	free(answer);
}

void job_devid_verify(const void *arg, struct worker_result *out)
{
	const struct job_devid_verify *job = arg;
	struct devid_proof proof;
	struct devid_result r;

	memset(out, 0, sizeof(*out));
	if (devid_proof_decode(job->proof.data, job->proof.len, &proof, &r)) {
		put_hash(job, proof.imei, out);
		verify(job, &proof, &r);
	}
	OPENSSL_cleanse(&proof, sizeof(proof));
	out->chain.verdict = r.verdict == DEVID_GOOD ? PKI_GOOD :
			     r.verdict == DEVID_BAD ? PKI_BAD : PKI_INDETERMINATE;
	memcpy(out->chain.rule, r.rule, sizeof(out->chain.rule));
	memcpy(out->chain.detail, r.detail, sizeof(out->chain.detail));
}
