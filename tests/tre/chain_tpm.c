// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * chain_tpm TCTI VENDOR ROOT ID OWN LEAF [CA...]: the agent's job_tre_chain() once, for
 * test_tre_chain.sh. VENDOR is PEM, ROOT, OWN and what follows are DER; "-": not there. With
 * VENDOR "-" the root is not looked at, with ID "-" the identity, and with $KEY=any the
 * key. $FRESH=0: an IKE SA that has its root already. $PROFILE=operator: HNB-AUTH-07.
 * $APPROVER: the key has to be bound to that one's approvals. Prints verdict, rule, signatures
 * verified in the TPM and in software, and detail; exits with 0 good, 1 bad, 2 neither.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent/worker.h"

#define CERTS_MAX	20
#define FILE_MAX	16384

static uint8_t files[CERTS_MAX][FILE_MAX];

static struct pki_der load(const char *path, size_t i)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : NULL;
	struct pki_der der = { .data = files[i] };

	if (f) {
		der.len = fread(files[i], 1, FILE_MAX, f);
		fclose(f);
	}
	return der;
}

static bool env_is(const char *name, const char *value)
{
	const char *is = getenv(name);

	return is && !strcmp(is, value);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "indeterminate", "good", "bad" };
	struct worker_result found = { .chain.verdict = PKI_GOOD, .chain.rule = "path.good" };
	struct worker_result out;
	struct job_tre_chain job = { .pki = &found };
	struct pki_der vendor, approver;

	if (argc < 7 || argc > CERTS_MAX)
		return 64;
	vendor = load(argv[2], 0);
	job.tcti = argv[1];
	job.anchor = strcmp(argv[2], "-") ? CONFIG_TRE_ANCHOR_NV : CONFIG_TRE_ANCHOR_FILE;
	job.vendor = (const char *)vendor.data;
	job.vendor_len = vendor.len;
	job.root = load(argv[3], 1);
	job.identity = strcmp(argv[4], "-") ? CONFIG_TRE_IDENTITY_NV : CONFIG_TRE_IDENTITY_ANY;
	job.profile = env_is("PROFILE", "operator") ? CONFIG_PROFILE_OPERATOR :
		      CONFIG_PROFILE_VENDOR;
	job.own_id = argv[4];
	job.own_cert = load(argv[5], 2);
	job.key = env_is("KEY", "any") ? CONFIG_TRE_KEY_ANY :
		  getenv("APPROVER") ? CONFIG_TRE_KEY_BOUND : CONFIG_TRE_KEY_TPM;
	if (job.key == CONFIG_TRE_KEY_BOUND) {
		approver = load(getenv("APPROVER"), 3);
		job.approver = (const char *)approver.data;
		job.approver_len = approver.len;
	}
	job.fresh = !env_is("FRESH", "0");
	for (int i = 6; i < argc; i++)
		job.certs[job.ncerts++] = load(argv[i], (size_t)i);
	job_tre_chain(&job, &out);
	printf("%s %s %u %u %s\n", names[out.chain.verdict], out.chain.rule, out.links.in_tpm,
	       out.links.in_software, out.chain.detail);
	return out.chain.verdict == PKI_GOOD ? 0 : out.chain.verdict == PKI_BAD ? 1 : 2;
}
