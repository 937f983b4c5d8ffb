// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trustgate check ocsp: what a response proves of a certificate. What was given to
 * ask with must be usable, or it's a usage error; the response may be anything, and
 * then proves nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include "check.h"
#include "ocsp_policy.h"
#include "pki/profile.h"

#define SIGNERS_MAX	16

enum { OPT_CERT = 256, OPT_ISSUER, OPT_SIGNER, OPT_RESPONSE, OPT_NONCE, OPT_AT, OPT_POLICY,
       OPT_PROFILE };

static const struct option options[] = {
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "issuer", required_argument, NULL, OPT_ISSUER },
	{ "signer", required_argument, NULL, OPT_SIGNER },
	{ "response", required_argument, NULL, OPT_RESPONSE },
	{ "nonce", required_argument, NULL, OPT_NONCE },
	{ "at", required_argument, NULL, OPT_AT },
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct job {
	const char *cert, *issuer, *response, *nonce_text, *at_text, *policy_file, *profile;
	struct check_items certs;	/* certificate, issuer, signers */
	const char *signer[SIGNERS_MAX];
	size_t nsigners;
	uint8_t nonce[PKI_NONCE_MAX];
	size_t nonce_len;
	time_t at;
	struct pki_ocsp_policy policy;
	bool help;
};

static int usage(FILE *f, int status)
{
	fputs("usage: trustgate check ocsp --cert F --issuer F [--signer F]... --response F\n"
	      "                            [--nonce HEX] [--at TIME] [--policy F]\n"
	      "                            [--profile NAME] [-j]\n"
	      "What an OCSP response proves. Exit 0 good, 1 revoked, 2 indeterminate, 64 usage.\n", f);
	return status;
}

static int once(const char **where, const char *option)
{
	if (*where)
		return usage_error(option, "given twice");
	*where = optarg;
	return 0;
}

static int take_option(struct ctl *ctl, struct job *job, int opt, int argc, char **argv)
{
	switch (opt) {
	case OPT_CERT:
		return once(&job->cert, "--cert");
	case OPT_ISSUER:
		return once(&job->issuer, "--issuer");
	case OPT_RESPONSE:
		return once(&job->response, "--response");
	case OPT_NONCE:
		return once(&job->nonce_text, "--nonce");
	case OPT_AT:
		return once(&job->at_text, "--at");
	case OPT_POLICY:
		return once(&job->policy_file, "--policy");
	case OPT_PROFILE:
		return once(&job->profile, "--profile");
	case OPT_SIGNER:
		if (job->nsigners == SIGNERS_MAX)
			return usage_error("--signer", "given more than 16 times");
		job->signer[job->nsigners++] = optarg;
		return 0;
	case 'j':
		ctl->json = true;
		return 0;
	case 'h':
		job->help = true;
		return 0;
	}
	return option_error(argc, argv);
}

static int parse_options(struct ctl *ctl, struct job *job, int argc, char **argv)
{
	int opt, rc;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		rc = take_option(ctl, job, opt, argc, argv);
		if (rc)
			return rc;
	}
	if (job->help)
		return 0;
	if (optind < argc)
		return usage_error(argv[optind], "belongs to no option");
	if (!job->cert || !job->issuer || !job->response)
		return usage_error(!job->cert ? "--cert" : !job->issuer ? "--issuer" :
				   "--response", "missing");
	return check_at(job->at_text, &job->at);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_nonce(struct job *job)
{
	const char *s = job->nonce_text;
	size_t n;

	if (!s)
		return 0;
	for (n = 0; s[0] && s[1] && n < sizeof(job->nonce); n++, s += 2) {
		int high = hex_digit(s[0]), low = hex_digit(s[1]);

		if (high < 0 || low < 0)
			return usage_error("--nonce", "not hexadecimal");
		job->nonce[n] = (uint8_t)(high << 4 | low);
	}
	if (*s || !n)
		return usage_error("--nonce", "not 1 to 128 octets, two digits each");
	job->nonce_len = n;
	return 0;
}

static void on_error(void *arg, const char *key, const char *value, const char *rule,
		     const char *remedy)
{
	char k[TEXT_ROOM], v[TEXT_ROOM];

	clean(k, sizeof(k), key);
	clean(v, sizeof(v), value);
	fprintf(stderr, "trustgate: %s: %s%s%s%s%s (%s)\n", (const char *)arg, k,
		*k ? " = " : "", v, *k ? ": " : "", rule, remedy);
}

/* Without a policy a nonce is demanded when one is given: offline, none was sent. */
static int load_policy(struct job *job)
{
	struct check_items text = { 0 };
	struct pki_profile profile;
	int rc;

	pki_ocsp_policy_default(&job->policy);
	if (job->profile) {
		rc = check_profile(job->profile, &profile);
		if (rc)
			return rc;
		pki_ocsp_policy_profile(&job->policy, &profile);
	}
	job->policy.nonce_required = job->nonce_len;
	if (!job->policy_file)
		return 0;
	rc = check_load_one(job->policy_file, "", &text);
	if (!rc && ocsp_policy_parse((const char *)text.item[0].data, text.item[0].len,
				     &job->policy, on_error, (void *)job->policy_file))
		rc = EXIT_USAGE;
	check_items_free(&text);
	return rc;
}

/* A certificate that OpenSSL reads, and no more: the rest is judged. */
static bool is_cert(struct pki_der der)
{
	const uint8_t *p = der.data;
	X509 *cert = der.data ? d2i_X509(NULL, &p, (long)der.len) : NULL;
	bool all = cert && p == der.data + der.len;

	X509_free(cert);
	ERR_clear_error();
	return all;
}

static int load_signer(struct job *job, const char *path)
{
	size_t i = job->certs.n;
	int rc = check_load(path, "CERTIFICATE", &job->certs);

	for (; !rc && i < job->certs.n; i++) {
		if (is_cert(job->certs.item[i]))
			continue;
		complain(path, "is not an X.509 certificate", "give a readable file, PEM or DER");
		rc = EXIT_USAGE;
	}
	return rc;
}

/* Of several the first: in a file with the path, that is whom it is about. */
static int load_cert(struct job *job, const char *path)
{
	size_t i = job->certs.n + 1;
	int rc = load_signer(job, path);

	while (job->certs.n > i)
		free((uint8_t *)job->certs.item[--job->certs.n].data);
	return rc;
}

static int load_certs(struct job *job)
{
	int rc = load_cert(job, job->cert);

	if (!rc)
		rc = load_cert(job, job->issuer);
	for (size_t i = 0; !rc && i < job->nsigners; i++)
		rc = load_signer(job, job->signer[i]);
	return rc;
}

static const struct {
	const char *word;
	int status;
} outcomes[] = {
	[PKI_GOOD] = { "good", EXIT_GOOD },
	[PKI_BAD] = { "revoked", EXIT_BAD },
	[PKI_INDETERMINATE] = { "indeterminate", EXIT_INDETERMINATE },
};

static int judge(const struct ctl *ctl, const struct job *job)
{
	struct check_items response = { 0 };
	const struct pki_der *c = job->certs.item;
	struct pki_result r;
	json_t *doc = NULL;

	/* What can't be read, having said so, is a response that proves nothing. */
	(void)check_load_one(job->response, "OCSP RESPONSE", &response);
	pki_ocsp_evaluate(c[0], c[1], c + 2, job->certs.n - 2,
			  response.n == 1 ? response.item[0] : (struct pki_der){ 0 },
			  job->nonce_len ? job->nonce : NULL, job->nonce_len,
			  &job->policy, job->at, &r);
	check_items_free(&response);
	if (ctl->json) {
		doc = json_object();
		json_object_set_new(doc, "provisional", json_boolean(r.provisional));
		json_object_set_new(doc, "sha1", json_integer(r.sha1));
	}
	return check_print(ctl, &r, outcomes[r.verdict].word, job->at, doc,
			   "trustgate.check-ocsp/1", outcomes[r.verdict].status);
}

int check_ocsp(struct ctl *ctl, int argc, char **argv)
{
	struct job job = { 0 };
	int rc = parse_options(ctl, &job, argc, argv);

	if (!rc && job.help)
		return usage(stdout, EXIT_GOOD);
	if (!rc)
		rc = parse_nonce(&job);
	if (!rc)
		rc = load_policy(&job);
	if (!rc)
		rc = load_certs(&job);
	if (!rc)
		rc = judge(ctl, &job);
	check_items_free(&job.certs);
	return rc;
}
