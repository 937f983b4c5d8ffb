// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate check crl: a list of revoked certificates, and what it says of one. */
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "pki/crl.h"

struct crl_args {
	const char *crl, *issuer, *cert, *at, *profile;
};

/* What the files held; cert: not given when it has none. */
struct crl_files {
	struct check_items crl, issuer, cert;
};

enum { OPT_CRL = 256, OPT_ISSUER, OPT_CERT, OPT_AT, OPT_PROFILE };

static const struct option options[] = {
	{ "crl", required_argument, NULL, OPT_CRL },
	{ "issuer", required_argument, NULL, OPT_ISSUER },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "at", required_argument, NULL, OPT_AT },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int usage(void)
{
	puts("usage: trustgate check crl --crl FILE --issuer FILE [--cert FILE] [OPTIONS]\n\n"
	     "Whether the list is a complete, authentic and fresh one of the issuer, and, with --cert,\n"
	     "whether the certificate is on it. Files are PEM or DER.\n\n"
	     "  --crl FILE      the list\n"
	     "  --issuer FILE   certificate of the CA that issued it\n"
	     "  --cert FILE     a certificate of that CA\n"
	     "  --at TIME       as if it were then: RFC 3339, or @ and seconds since the epoch\n"
	     "  --profile NAME  seed (default), rel9, rel17, rel17-strict, or a file with a / in it\n"
	     "  -j, --json      print one JSON document\n\n"
	     "exit status: 0 good, 1 revoked, 2 indeterminate, 64 usage");
	return EXIT_GOOD;
}

static int parse_args(struct ctl *ctl, struct crl_args *a, int argc, char **argv)
{
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		const char **const to[] = { &a->crl, &a->issuer, &a->cert, &a->at, &a->profile };

		if (opt == '?')
			return option_error(argc, argv);
		if (opt == 'h')
			exit(usage());
		if (opt == 'j') {
			ctl->json = true;
			continue;
		}
		/* Which of two is meant can't be told. */
		if (*to[opt - OPT_CRL])
			return usage_error(options[opt - OPT_CRL].name, "given twice");
		*to[opt - OPT_CRL] = optarg;
	}
	if (optind < argc)
		return usage_error(argv[optind], "one argument too many");
	if (!a->crl || !a->issuer)
		return usage_error("check crl", "needs --crl and --issuer");
	return 0;
}

static int load_files(const struct crl_args *a, struct crl_files *files)
{
	int rc = check_load_one(a->issuer, "CERTIFICATE", &files->issuer);

	/* A list that is not to be had proves nothing, as one that is broken. */
	if (!rc && check_load_one(a->crl, "X509 CRL", &files->crl))
		check_items_free(&files->crl);
	if (!rc && a->cert)
		rc = check_load_one(a->cert, "CERTIFICATE", &files->cert);
	return rc;
}

static json_t *details(const struct pki_profile *profile, const struct pki_crl *crl)
{
	json_t *doc = json_object(), *list = crl ? json_object() : json_null();
	char buf[2 * PKI_CRL_NUMBER_MAX + 1];
	struct pki_crl_info info;

	json_object_set_new(doc, "profile", json_text(profile->name));
	if (crl) {
		pki_crl_info(crl, &info);
		json_object_set_new(list, "entries", json_integer((json_int_t)info.entries));
		json_object_set_new(list, "this_update_s", json_integer(info.this_update));
		json_object_set_new(list, "next_update_s", json_integer(info.next_update));
		json_object_set_new(list, "number", info.number_len ?
				    json_text(hex_text(buf, sizeof(buf), info.number,
						       info.number_len)) : json_null());
		json_object_set_new(list, "sha1", json_boolean(info.sha1));
	}
	json_object_set_new(doc, "list", list);
	return doc;
}

static int judge(const struct ctl *ctl, const struct crl_files *files, time_t at,
		 const struct pki_profile *profile)
{
	static const struct { const char *word; int status; } outcomes[] = {
		[PKI_GOOD] = { "good", EXIT_GOOD },
		[PKI_BAD] = { "revoked", EXIT_BAD },
		[PKI_INDETERMINATE] = { "indeterminate", EXIT_INDETERMINATE },
	};
	struct pki_crl_policy policy;
	struct pki_result r = {
		.verdict = PKI_INDETERMINATE, .rule = "crl.unreadable",
		.detail = "there is no list to look at (give a file with one)",
	};
	struct pki_crl *crl = NULL;
	int status;

	pki_crl_policy_default(&policy, profile);
	policy.size_max = CHECK_FILE_MAX;
	if (files->crl.n)
		crl = pki_crl_load(files->crl.item[0], files->issuer.item[0], &policy, &r);
	if (crl && files->cert.n)
		pki_crl_check(crl, files->cert.item[0], &policy, at, &r);
	else if (crl)
		pki_crl_fresh(crl, &policy, at, &r);
	status = check_print(ctl, &r, outcomes[r.verdict].word, at,
			     ctl->json ? details(profile, crl) : NULL, "trustgate.check-crl/1",
			     outcomes[r.verdict].status);
	if (!ctl->json && r.sha1)
		puts("warn: crl.digest: the list is signed over SHA-1");
	pki_crl_free(crl);
	return status;
}

int check_crl(struct ctl *ctl, int argc, char **argv)
{
	struct crl_files files = { 0 };
	struct pki_profile profile;
	struct crl_args a = { 0 };
	time_t at = 0;
	int rc = parse_args(ctl, &a, argc, argv);

	if (!rc)
		rc = check_at(a.at, &at);
	if (!rc)
		rc = check_profile(a.profile, &profile);
	if (!rc)
		rc = load_files(&a, &files);
	if (!rc)
		rc = judge(ctl, &files, at, &profile);
	check_items_free(&files.crl);
	check_items_free(&files.issuer);
	check_items_free(&files.cert);
	return rc;
}
