// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate check chain: path, profile, name and time of a peer's certificates. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/x509.h>
#include "check.h"
#include "devid.h"
#include "pki/mention.h"

#define PATH_SENT_MAX	4	/* TS 33.320 7.2.3 */

struct chain_args {
	struct check_items anchors, certs;
	const char *name, *identity, *at, *profile;
	enum pki_role role;
	bool have_role, strict, tls, dual;
	char imei[DEVID_IMEI_MAX + 1];
};

struct findings {
	const struct ctl *ctl;
	json_t *list;
	struct pki_finding *all;
	size_t n, warnings;
	bool incomplete;
};

enum { OPT_ANCHOR = 256, OPT_ROLE, OPT_NAME, OPT_AT, OPT_PROFILE, OPT_STRICT,
       OPT_TLS, OPT_DUAL, OPT_IDENTITY, OPT_NO_IMEI };

static const struct option options[] = {
	{ "anchor", required_argument, NULL, OPT_ANCHOR },
	{ "role", required_argument, NULL, OPT_ROLE },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "at", required_argument, NULL, OPT_AT },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "tls", no_argument, NULL, OPT_TLS },
	{ "dual-use", no_argument, NULL, OPT_DUAL },
	{ "identity", required_argument, NULL, OPT_IDENTITY },
	{ "no-imei", required_argument, NULL, OPT_NO_IMEI },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int usage(void)
{
	puts("usage: trustgate check chain --anchor FILE --role henb|segw|hems [OPTIONS] LEAF [CA...]\n\n"
	     "Whether LEAF, of a H(e)NB, SeGW or H(e)MS, has a good path over the CAs to an anchor.\n"
	     "FILE, LEAF and CA are PEM or DER; a PEM file may hold several certificates.\n\n"
	     "  --anchor FILE   trusted roots; may be given more than once\n"
	     "  --role ROLE     whose certificate LEAF is\n"
	     "  --name NAME     FQDN or IP address that its subjectAltName must have\n"
	     "  --at TIME       as if it were then: RFC 3339, or @ and seconds since the epoch\n"
	     "  --profile NAME  seed (default), rel9, rel17, rel17-strict, or a file with a / in it\n"
	     "  --strict        warnings are errors\n"
	     "  --tls           used for TLS, not for IKE; always so of a H(e)MS\n"
	     "  --dual-use      used for both: it has to be good for each\n"
	     "  --identity NAME the H(e)NB's identity: its common name, and in its subjectAltName\n"
	     "  --no-imei IMEI  LEAF must not have it in it, in any form; @FILE or - for where it is\n"
	     "  -j, --json      print one JSON document\n\n"
	     "exit status: 0 good, 1 bad, 64 usage");
	return EXIT_GOOD;
}

/* -1: go on; else the exit status. */
static int take_option(struct ctl *ctl, struct chain_args *a, int opt)
{
	int rc;

	switch (opt) {
	case OPT_ANCHOR:
		rc = check_load(optarg, "CERTIFICATE", &a->anchors);
		return rc ? rc : -1;
	case OPT_ROLE:
		if (pki_role_parse(optarg, &a->role))
			return usage_error(optarg, "no role: henb, segw and hems are");
		a->have_role = true;
		break;
	case OPT_NAME:
		a->name = optarg;
		break;
	case OPT_AT:
		a->at = optarg;
		break;
	case OPT_PROFILE:
		a->profile = optarg;
		break;
	case OPT_STRICT:
		a->strict = true;
		break;
	case OPT_TLS:
		a->tls = true;
		break;
	case OPT_DUAL:
		a->dual = true;
		break;
	case OPT_IDENTITY:
		a->identity = optarg;
		break;
	case OPT_NO_IMEI:
		rc = devid_imei_arg(optarg, a->imei);
		return rc ? rc : -1;
	case 'j':
		ctl->json = true;
		break;
	}
	return -1;
}

static int parse_args(struct ctl *ctl, struct chain_args *a, int argc, char **argv)
{
	int opt, rc;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (opt == '?')
			return option_error(argc, argv);
		if (opt == 'h')
			exit(usage());
		rc = take_option(ctl, a, opt);
		if (rc >= 0)
			return rc;
	}
	if (!a->have_role)
		return usage_error("check chain", "needs --role henb, segw or hems");
	if (!a->anchors.n)
		return usage_error("check chain", "needs --anchor and a root certificate's file");
	if (optind == argc)
		return usage_error("check chain", "needs the leaf's file");
	for (; optind < argc; optind++) {
		rc = check_load(argv[optind], "CERTIFICATE", &a->certs);
		if (rc)
			return rc;
	}
	return -1;
}

static void on_finding(void *arg, const struct pki_finding *f)
{
	struct findings *fs = arg;
	struct pki_finding *all = realloc(fs->all, (fs->n + 1) * sizeof(*all));
	json_t *o;

	fs->warnings += f->level == PKI_WARN;
	if (!all) {
		fs->incomplete = true;
		return;
	}
	fs->all = all;
	all[fs->n++] = *f;
	if (!fs->ctl->json)
		return;
	o = json_object();
	json_object_set_new(o, "level", json_text(pki_level_name(f->level)));
	json_object_set_new(o, "rule", json_text(f->rule));
	json_object_set_new(o, "clause", json_text(f->clause));
	json_object_set_new(o, "subject", json_text(f->subject));
	json_object_set_new(o, "detail", json_text(f->detail));
	json_array_append_new(fs->list, o);
}

static json_t *details(const struct chain_args *a, const struct pki_profile *profile,
		       const struct pki_result *r, struct findings *fs)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "role", json_text(pki_role_name(a->role)));
	json_object_set_new(doc, "use", json_text(a->dual ? "ike+tls" : a->tls || a->role == PKI_HEMS ?
						  "tls" : "ike"));
	json_object_set_new(doc, "name", a->name ? json_text(a->name) : json_null());
	json_object_set_new(doc, "profile", json_text(profile->name));
	json_object_set_new(doc, "certificates", json_integer((json_int_t)a->certs.n));
	json_object_set_new(doc, "anchor", r->verdict == PKI_GOOD ? json_integer(r->anchor) :
			    json_null());
	json_object_set_new(doc, "sha1", json_integer(r->sha1));
	json_object_set_new(doc, "findings", fs->list);
	fs->list = NULL;
	return doc;
}

static void print_findings(const struct findings *fs)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct pki_finding *f = &fs->all[i];

		printf("%s: %s (%s): %s: %s\n", pki_level_name(f->level), f->rule, f->clause,
		       f->subject, f->detail);
	}
}

/* TS 33.320 8.3.3.1, 8.3.4: the H(e)NB is who its common name says, and there is one. */
static bool is_identity(struct pki_der der, const char *identity)
{
	const uint8_t *p = der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)der.len);
	const X509_NAME *subject = cert ? X509_get_subject_name(cert) : NULL;
	int at = subject ? X509_NAME_get_index_by_NID((X509_NAME *)subject, NID_commonName, -1) : -1;
	bool same = false;
	unsigned char *cn = NULL;
	int len = -1;

	if (at >= 0 && X509_NAME_get_index_by_NID((X509_NAME *)subject, NID_commonName, at) < 0)
		len = ASN1_STRING_to_UTF8(&cn, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	same = len >= 0 && (size_t)len == strlen(identity) && !strncasecmp((char *)cn, identity, (size_t)len);
	OPENSSL_free(cn);
	X509_free(cert);
	return same;
}

/* What the path alone does not show. */
static void check_use(const struct chain_args *a, struct pki_chain_policy *policy, time_t at,
		      struct pki_result *r)
{
	if (r->verdict == PKI_GOOD && a->dual) {
		policy->tls = true;
		pki_check_chain(a->certs.item, a->certs.n, policy, at, NULL, r);
	}
	if (r->verdict != PKI_GOOD || !a->identity || is_identity(a->certs.item[0], a->identity))
		return;
	r->verdict = PKI_BAD;
	snprintf(r->rule, sizeof(r->rule), "name.identity");
	snprintf(r->detail, sizeof(r->detail),
		 "the common name is not %.100s alone (refuse the H(e)NB, or mend what is expected)",
		 a->identity);
}

/* The anchor is trusted for being given, the leaf is not: a file can't be both. */
static int judge(const struct ctl *ctl, const struct chain_args *a, time_t at,
		 const struct pki_profile *profile)
{
	struct findings fs = { .ctl = ctl, .list = json_array() };
	struct pki_chain_policy policy = {
		.anchors = a->anchors.item, .nanchors = a->anchors.n,
		.name = a->name ? a->name : a->identity, .any_name = !a->name && !a->identity,
		.max_sent = PATH_SENT_MAX, .role = a->role, .tls = a->tls, .profile = profile,
		.found = on_finding, .arg = &fs,
	};
	struct pki_result r = { 0 };
	int status;

	/* DID-X-P4: looked at first, as who it is for may not have its CA yet. */
	if (!*a->imei || pki_no_imei(a->certs.item[0], a->imei, &r))
		pki_check_chain(a->certs.item, a->certs.n, &policy, at, NULL, &r);
	check_use(a, &policy, at, &r);
	if (r.verdict == PKI_GOOD && (fs.incomplete || (a->strict && (fs.warnings || r.sha1)))) {
		r.verdict = PKI_BAD;
		snprintf(r.rule, sizeof(r.rule), "%s", fs.incomplete ? "memory" : "path.strict");
		snprintf(r.detail, sizeof(r.detail),
			 fs.incomplete ? "out of memory (free some)" :
			 "%zu warnings and %u signatures over SHA-1, which --strict refuses",
			 fs.warnings, r.sha1);
	}
	status = r.verdict == PKI_GOOD ? EXIT_GOOD : EXIT_BAD;
	status = check_print(ctl, &r, status ? "bad" : "good", at,
			     ctl->json ? details(a, profile, &r, &fs) : NULL,
			     "trustgate.check-chain/1", status);
	if (!ctl->json) {
		if (r.sha1)
			printf("warn: path.digest: signatures over SHA-1: %u\n", r.sha1);
		print_findings(&fs);
	}
	json_decref(fs.list);
	free(fs.all);
	return status;
}

int check_chain(struct ctl *ctl, int argc, char **argv)
{
	struct chain_args a = { 0 };
	struct pki_profile profile;
	time_t at = 0;
	int rc = parse_args(ctl, &a, argc, argv);

	if (rc < 0)
		rc = check_at(a.at, &at);
	if (!rc)
		rc = check_profile(a.profile, &profile);
	if (!rc)
		rc = judge(ctl, &a, at, &profile);
	check_items_free(&a.anchors);
	check_items_free(&a.certs);
	return rc;
}
