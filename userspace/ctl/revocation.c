// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trustgate revocation import|fetch|show: CRLs that come as files (SGW-REV-05) or from
 * the servers of the configuration. The store is the root user's; the agent is only
 * told that something may have changed.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/x509.h>
#include "check.h"
#include "pki/crl.h"
#include "segw/config.h"
#include "segw/crlstore.h"
#include "revocation.h"

#define CONFIG_PATH	"/etc/trustgate/trustgated.conf"
#define SUBJECT_ROOM	128

/* What the options say. */
struct revocation {
	struct ctl *ctl;
	const char *config, *dir;
	enum rev_class class;
	struct check_items issuers;
	struct pki_profile profile;
	struct pki_crl_policy policy;
	time_t at;
	char found_dir[SEGW_TEXT_MAX + 1];	/* of the configuration */
	json_t *list;		/* -j */
	struct table table;
	int status;
};

static const char *subject(struct pki_der der, char buf[SUBJECT_ROOM])
{
	const uint8_t *p = der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)der.len);

	if (!cert || !X509_NAME_oneline(X509_get_subject_name(cert), buf, SUBJECT_ROOM))
		snprintf(buf, SUBJECT_ROOM, "?");
	X509_free(cert);
	return buf;
}

static const char *number(const struct pki_crl_info *info, char buf[2 * PKI_CRL_NUMBER_MAX + 3])
{
	size_t n = 2;

	if (!info->number_len)
		return "-";
	memcpy(buf, "0x", 3);
	for (size_t i = 0; i < info->number_len; i++, n += 2)
		snprintf(buf + n, 3, "%02X", info->number[i]);
	return buf;
}

static void on_error(void *arg, const char *file, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	char what[TEXT_ROOM + 64], v[TEXT_ROOM], where[32] = "";

	(void)arg;
	if (line)
		snprintf(where, sizeof(where), ":%d", line);
	snprintf(what, sizeof(what), "%.200s%s: %.100s %.300s", file, where, key,
		 clean(v, sizeof(v), value));
	complain(what, rule, remedy);
}

static struct segw_config config;

/* The anchors of the vendors, and where the store is. */
static int read_config(struct revocation *r, bool needed)
{
	char text[65536];
	FILE *f = fopen(r->config, "re");
	size_t n;
	int rc = 0;

	if (!f && !needed && errno == ENOENT)
		return 0;
	if (!f) {
		complain(r->config, strerror(errno), "name the issuer with --issuer, or the file with --config");
		return EXIT_USAGE;
	}
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	if (segw_config_parse(r->config, text, n, &config, on_error, NULL))
		return EXIT_USAGE;
	snprintf(r->found_dir, sizeof(r->found_dir), "%s", config.segw.crl_dir);
	for (size_t i = 0; needed && !rc && i < config.nvendors; i++)
		rc = check_load(config.vendors[i].anchor, "CERTIFICATE", &r->issuers);
	return rc;
}

static void print_import(struct revocation *r, const char *path, const struct pki_result *res,
			 const char *issuer)
{
	static const char *const words[] = { "indeterminate", "good", "bad" };
	char buf[TEXT_ROOM];

	if (r->list) {
		json_array_append_new(r->list, json_pack("{s:o, s:s, s:o, s:o, s:s, s:o}",
			"file", json_text(path), "class", rev_class_name(r->class),
			"issuer", json_text(issuer), "rule", json_text(res->rule),
			"verdict", words[res->verdict], "detail", json_text(res->detail)));
	} else if (res->verdict == PKI_GOOD) {
		printf("%s: %s of %s: %s\n", path, rev_class_name(r->class), issuer,
		       clean(buf, sizeof(buf), res->detail));
	}
	if (res->verdict != PKI_GOOD) {
		char why[TEXT_ROOM + 96];

		snprintf(why, sizeof(why), "%s: %s", res->rule,
			 clean(buf, sizeof(buf), res->detail));
		complain(path, why, NULL);
		r->status = EXIT_FAILED;
	}
}

/* Into the store, signed by whichever of the issuers did. */
static void import_one(struct revocation *r, const char *path, struct pki_der crl)
{
	struct pki_result result = { .verdict = PKI_INDETERMINATE }, last;
	char issuer[SUBJECT_ROOM] = "?";
	char named[SUBJECT_ROOM];

	snprintf(result.rule, sizeof(result.rule), "crl.issuer");
	snprintf(result.detail, sizeof(result.detail),
		 "no vendor's anchor signed it: name the CA with --issuer");
	for (size_t i = 0; i < r->issuers.n; i++) {
		crlstore_import(r->dir, r->class, crl, r->issuers.item[i], &r->policy, r->at, &last);
		/* The other CAs' opinion of a list that is not theirs is of no use. */
		if (strcmp(last.rule, "crl.issuer") != 0) {
			result = last;
			snprintf(issuer, sizeof(issuer), "%s",
				 subject(r->issuers.item[i], named));
		}
		if (last.verdict == PKI_GOOD)
			break;
	}
	print_import(r, path, &result, issuer);
}

/* The agent looks at the lists anew; it may as well not run. */
static void tell_agent(struct revocation *r)
{
	char err[TEXT_ROOM + 128];
	json_t *reply;
	int rc = control_ask(r->ctl, json_pack("{s:s}", "verb", "recheck"), &reply, err, sizeof(err));

	json_decref(reply);
	if (rc && rc != -ENOENT && rc != -ECONNREFUSED) {
		complain("agent", err, NULL);
		r->status = EXIT_FAILED;
	} else if (rc && !r->list) {
		printf("no agent runs: the list counts from its next start\n");
	}
}

static int import(struct revocation *r, int argc, char **argv)
{
	if (!argc)
		return usage_error("revocation import", "needs a file");
	for (int i = 0; i < argc; i++) {
		struct check_items crls = { 0 };

		if (check_load(argv[i], "X509 CRL", &crls))
			r->status = EXIT_FAILED;
		for (size_t j = 0; j < crls.n; j++)
			import_one(r, argv[i], crls.item[j]);
		check_items_free(&crls);
	}
	/* Also after a failure: the other files may be in. */
	tell_agent(r);
	return r->list ? json_emit(json_pack("{s:O}", "imports", r->list), "trustgate.revocation/1",
				   true, r->status) : r->status;
}

/* From the first of its URIs that has a list which is taken. */
static void fetch_source(struct revocation *r, const struct segw_source *s)
{
	int status = r->status;

	r->class = s->class;
	for (size_t i = 0; i < s->nuris; i++) {
		struct revocation_fetched got;

		r->status = status;
		if (revocation_fetch(&s->uris[i], s->interface, &got)) {
			complain(s->uris[i].text, got.why, "is it up, and can it be reached?");
			r->status = EXIT_FAILED;
			continue;
		}
		import_one(r, s->uris[i].text, got.crl);
		revocation_fetched_free(&got);
		if (r->status == status)
			return;
	}
}

static int fetch(struct revocation *r, int argc)
{
	bool any = false;

	if (argc)
		return usage_error("revocation fetch", "takes no file");
	for (size_t i = 0; i < config.nsources; i++) {
		const struct segw_source *s = &config.sources[i];

		if ((s->class != REV_OPERATOR_CRL && s->class != REV_MANUFACTURER_CRL) || !s->nuris)
			continue;
		any = true;
		fetch_source(r, s);
	}
	if (!any) {
		complain(r->config, "no source of CRLs has a uri", "give [source NAME] uri");
		return EXIT_USAGE;
	}
	tell_agent(r);
	return r->list ? json_emit(json_pack("{s:O}", "imports", r->list), "trustgate.revocation/1",
				   true, r->status) : r->status;
}

static int show_one(void *arg, enum rev_class class, const char *path,
		    struct crlstore_file *file)
{
	struct revocation *r = arg;
	struct pki_crl_info info = { 0 };
	struct pki_result why = { .rule = "crl.store.damaged", .verdict = PKI_INDETERMINATE };
	struct pki_crl *crl = NULL;
	char buf[SUBJECT_ROOM], num[2 * PKI_CRL_NUMBER_MAX + 3], t1[32], t2[32];

	if (file->map)
		crl = pki_crl_load(file->crl, file->issuer, &r->policy, &why);
	if (crl) {
		pki_crl_info(crl, &info);
		pki_crl_fresh(crl, &r->policy, r->at, &why);
	}
	pki_crl_free(crl);
	if (why.verdict != PKI_GOOD)
		r->status = EXIT_FAILED;
	if (r->list) {
		json_array_append_new(r->list, json_pack("{s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:o}",
			"class", rev_class_name(class), "path", json_text(path),
			"issuer", json_text(file->map ? subject(file->issuer, buf) : "?"),
			"number", json_text(number(&info, num)),
			"this_update_s", (json_int_t)info.this_update,
			"next_update_s", (json_int_t)info.next_update,
			"entries", (json_int_t)info.entries, "rule", json_text(why.rule)));
		return 0;
	}
	table_add(&r->table, "%s", rev_class_name(class));
	table_add(&r->table, "%s", file->map ? subject(file->issuer, buf) : "?");
	table_add(&r->table, "%s", number(&info, num));
	table_add(&r->table, "%s", crl ? check_time_text(t1, sizeof(t1), info.this_update) : "-");
	table_add(&r->table, "%s", crl ? check_time_text(t2, sizeof(t2), info.next_update) : "-");
	table_add(&r->table, "%zu", info.entries);
	table_add(&r->table, "%s", why.rule);
	return 0;
}

static int show(struct revocation *r, int argc)
{
	static const char *const head[] = {
		"CLASS", "ISSUER", "NUMBER", "THIS-UPDATE", "NEXT-UPDATE", "ENTRIES", "RULE",
	};
	int rc;

	if (argc)
		return usage_error("revocation show", "takes no file");
	table_init(&r->table, head, ARRAY_SIZE(head));
	rc = crlstore_each(r->dir, show_one, r);
	if (rc) {
		complain(r->dir, strerror(-rc), "it takes root, see Documentation/segw.rst");
		r->status = rc == -EACCES ? EXIT_PERM : EXIT_FAILED;
	}
	if (!r->list)
		return table_print(&r->table, r->ctl) ? EXIT_FAILED : r->status;
	return json_emit(json_pack("{s:O}", "lists", r->list), "trustgate.revocation/1", true,
			 r->status);
}

enum { OPT_ISSUER = 256, OPT_CONFIG, OPT_DIR, OPT_CLASS, OPT_PROFILE, OPT_AT };

static const struct option options[] = {
	{ "issuer", required_argument, NULL, OPT_ISSUER },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "class", required_argument, NULL, OPT_CLASS },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "at", required_argument, NULL, OPT_AT },
	{ "json", no_argument, NULL, 'j' },
	{ 0 },
};

static int take_class(struct revocation *r, const char *name)
{
	if (!strcmp(name, rev_class_name(REV_OPERATOR_CRL)))
		r->class = REV_OPERATOR_CRL;
	else if (!strcmp(name, rev_class_name(REV_MANUFACTURER_CRL)))
		r->class = REV_MANUFACTURER_CRL;
	else
		return usage_error(name, "no class of CRLs: operator-crl or manufacturer-crl");
	return 0;
}

/* 0, or the exit status. */
static int parse(struct revocation *r, int argc, char **argv)
{
	const char *profile = NULL, *at = NULL;
	int opt, rc = 0;

	optind = 0;
	while (!rc && (opt = getopt_long(argc, argv, "j", options, NULL)) != -1) {
		if (opt == 'j')
			r->ctl->json = true;
		else if (opt == OPT_ISSUER)
			rc = check_load(optarg, "CERTIFICATE", &r->issuers);
		else if (opt == OPT_CONFIG)
			r->config = optarg;
		else if (opt == OPT_DIR)
			r->dir = optarg;
		else if (opt == OPT_CLASS)
			rc = take_class(r, optarg);
		else if (opt == OPT_PROFILE)
			profile = optarg;
		else if (opt == OPT_AT)
			at = optarg;
		else
			rc = option_error(argc, argv);
	}
	if (!rc)
		rc = check_profile(profile, &r->profile);
	if (!rc)
		rc = check_at(at, &r->at);
	pki_crl_policy_default(&r->policy, &r->profile);
	return rc;
}

int verb_revocation(struct ctl *ctl, int argc, char **argv)
{
	struct revocation r = { .ctl = ctl, .config = CONFIG_PATH, .class = REV_OPERATOR_CRL };
	bool importing = argc && !strcmp(argv[0], "import");
	bool fetching = argc && !strcmp(argv[0], "fetch");
	int rc;

	if (argc && !strcmp(argv[0], "check"))
		return revocation_check(ctl, argc, argv);
	if (!importing && !fetching && (!argc || strcmp(argv[0], "show") != 0))
		return usage_error(argc ? argv[0] : "revocation", "import, fetch, show or check");
	rc = parse(&r, argc, argv);
	argc -= optind;
	argv += optind;
	if (!rc)
		rc = read_config(&r, fetching || (importing && !r.issuers.n));
	if (!r.dir)
		r.dir = *r.found_dir ? r.found_dir : SEGW_CRL_DIR;
	r.list = ctl->json ? json_array() : NULL;
	if (!rc)
		rc = importing ? import(&r, argc, argv) : fetching ? fetch(&r, argc) : show(&r, argc);
	json_decref(r.list);
	check_items_free(&r.issuers);
	return rc;
}
