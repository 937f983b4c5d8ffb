// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate check tls: the H(e)MS at the other end of a TLS connection (TS 33.320 8.3). */
#include <stdlib.h>
#include <string.h>
#include "agent/config.h"
#include "check_tls.h"

#define CLOCK_FILE	"/var/lib/trustgate/clock"
#define TRY_MS		10000

struct args {
	struct tls_job job;
	const char *at, *profile, *clock, *config, *target, *key;
	bool have_revocation, help;
	struct config *conf;		/* of --config */
};

enum { OPT_ANCHOR = 256, OPT_NAME, OPT_CERT, OPT_KEY, OPT_REVOCATION, OPT_OCSP, OPT_ALLOW,
       OPT_AT, OPT_CLOCK, OPT_PROFILE, OPT_CIPHERS, OPT_TIMEOUT, OPT_CONFIG };

static const struct option options[] = {
	{ "anchor", required_argument, NULL, OPT_ANCHOR },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "revocation", required_argument, NULL, OPT_REVOCATION },
	{ "ocsp", required_argument, NULL, OPT_OCSP },
	{ "allow", required_argument, NULL, OPT_ALLOW },
	{ "at", required_argument, NULL, OPT_AT },
	{ "clock", required_argument, NULL, OPT_CLOCK },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "ciphers", required_argument, NULL, OPT_CIPHERS },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int usage(void)
{
	puts("usage: trustgate check tls --anchor FILE [OPTIONS] HOST:PORT|URL\n"
	     "       trustgate check tls --config FILE\n\n"
	     "Whether the H(e)MS there is the one that is meant: a TLS handshake, and its path,\n"
	     "profile, name, dates and revocation status.\n\n"
	     "  --anchor FILE      trusted roots; may be given more than once\n"
	     "  --name NAME        FQDN or IP address in its subjectAltName, if it is not HOST\n"
	     "  --cert FILE        our certificate, and the CAs below the root\n"
	     "  --key FILE|tpm:HANDLE  its key; 0x81010004 is the one of trustgate tre provision\n"
	     "  --revocation MODE  any (default), staple, direct, off\n"
	     "  --ocsp URI         the responder to ask\n"
	     "  --allow HOST       or follow the certificate's pointer to this HOST[:PORT]\n"
	     "  --at TIME          as if it were then: RFC 3339, or @ and seconds since the epoch\n"
	     "  --clock FILE       state of the agent's clock, when no agent runs\n"
	     "  --profile NAME     seed (default), rel9, rel17, rel17-strict, or a file with a / in it\n"
	     "  --ciphers LIST     suites of TLS 1.2, as for openssl-ciphers(1)\n"
	     "  --timeout SECONDS  for each of connecting and reading (10)\n"
	     "  --config FILE      all of it from [hems] of a trustgated.conf\n"
	     "  -j, --json         print one JSON document\n\n"
	     "exit status: 0 good, 1 bad, 2 indeterminate, 64 usage");
	return EXIT_GOOD;
}

static int take_responder(struct args *a, const char *text)
{
	const char *why = uri_parse(text, strlen(text), &a->job.responder.uri);

	a->job.has_responder = true;
	return why ? usage_error(text, why) : 0;
}

static int take_host(struct args *a, const char *text)
{
	struct pointer_policy *p = &a->job.responder.pointers;
	const char *why;

	if (p->nhosts == POINTER_HOSTS_MAX)
		return usage_error("--allow", "given more than 32 times");
	why = pointer_host_parse(text, &p->hosts[p->nhosts++]);
	a->job.has_responder = p->use = true;
	return why ? usage_error(text, why) : 0;
}

static int take_option(struct ctl *ctl, struct args *a, int opt, int argc, char **argv)
{
	switch (opt) {
	case OPT_ANCHOR:
		return check_load(optarg, "CERTIFICATE", &a->job.anchors);
	case OPT_NAME:
		a->job.name = optarg;
		return 0;
	case OPT_CERT:
		return check_load(optarg, "CERTIFICATE", &a->job.own);
	case OPT_KEY:
		a->job.key = optarg;
		return 0;
	case OPT_REVOCATION:
		a->have_revocation = true;
		return hems_revocation_parse(optarg, &a->job.revocation) ?
		       usage_error(optarg, "not any, staple, direct or off") : 0;
	case OPT_OCSP:
		return take_responder(a, optarg);
	case OPT_ALLOW:
		return take_host(a, optarg);
	case OPT_AT:
		a->at = optarg;
		return 0;
	case OPT_CLOCK:
		a->clock = optarg;
		return 0;
	case OPT_PROFILE:
		a->profile = optarg;
		return 0;
	case OPT_CIPHERS:
		a->job.ciphers = optarg;
		return 0;
	case OPT_TIMEOUT:
		return parse_duration(optarg, 100, 600000, &a->job.timeout_ms) ?
		       usage_error(optarg, "not a time from 0.1 s to 10 min") : 0;
	case OPT_CONFIG:
		a->config = optarg;
		return 0;
	case 'j':
		ctl->json = true;
		return 0;
	case 'h':
		a->help = true;
		return 0;
	}
	return option_error(argc, argv);
}

static void on_error(void *arg, const char *file, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	char what[2 * TEXT_ROOM], v[TEXT_ROOM], where[16] = "";

	(void)arg;
	if (line)
		snprintf(where, sizeof(where), ":%d", line);
	snprintf(what, sizeof(what), "%.400s%s: %.100s %.600s", file, where, key,
		 clean(v, sizeof(v), value));
	complain(what, rule, remedy);
}

static int check_signers(const char *path, struct pki_signers *out)
{
	struct check_items text = { 0 };
	int rc = check_load_one(path, "", &text);
	const char *why = NULL;

	if (!rc)
		why = pki_signers_read(text.item[0].data, text.item[0].len, out);
	if (why) {
		complain(path, why, "put the responders' certificates there, PEM or DER");
		rc = EXIT_USAGE;
	}
	check_items_free(&text);
	return rc;
}

/* [hems], where no option says otherwise. */
static int take_config(struct args *a)
{
	const struct config_hems *h;
	int rc = 0;

	a->conf = calloc(1, sizeof(*a->conf));
	if (!a->conf || config_load(a->config, a->conf, on_error, NULL))
		return EXIT_USAGE;
	h = &a->conf->hems;
	if (!config_hems_tls(h->mode)) {
		complain(a->config, "[hems] mode is not one with TLS", "there is nothing to check");
		return EXIT_USAGE;
	}
	a->target = a->target ? a->target : h->url;
	if (!a->job.name && *h->name)
		a->job.name = h->name;
	if (!a->job.anchors.n)
		rc = check_load(h->anchor, "CERTIFICATE", &a->job.anchors);
	if (!rc && !a->job.own.n)
		rc = check_load(h->certificate, "CERTIFICATE", &a->job.own);
	a->job.key = a->job.key ? a->job.key : h->key;
	a->profile = a->profile ? a->profile : h->profile;
	a->clock = a->clock ? a->clock : a->conf->clock.state;
	if (!a->have_revocation)
		a->job.revocation = (enum hems_revocation)h->revocation;
	if (!a->job.ciphers && *h->ciphers)
		a->job.ciphers = h->ciphers;
	if (!rc && !a->job.has_responder && *h->ocsp_uri.text)
		rc = take_responder(a, h->ocsp_uri.text);
	a->job.nonce = (enum pki_nonce)h->nonce;
	a->job.nonce_len = h->nonce_length;
	if (!rc && *h->signer)
		rc = check_signers(h->signer, &a->job.signers);
	return rc;
}

static int take_target(struct args *a)
{
	char url[TLS_TEXT_MAX + 16];
	bool tls;
	const char *why;

	if (!a->target)
		return usage_error("check tls", "needs HOST:PORT or a URL");
	snprintf(url, sizeof(url), "%s%s", strstr(a->target, "://") ? "" : "https://", a->target);
	why = config_hems_url(url, &tls, a->job.host, &a->job.port);
	if (!why && !tls)
		why = "http: an H(e)MS is reached by https where TLS is used (TS 33.320 8.3.4)";
	return why ? usage_error(a->target, why) : 0;
}

static int check_together(struct args *a)
{
	char why[PKI_TEXT_MAX + 1];

	if (!a->job.anchors.n)
		return usage_error("check tls", "needs --anchor and a root certificate's file");
	if (!a->job.key != !a->job.own.n)
		return usage_error(a->job.key ? "--key" : "--cert", "is of use with the other only: "
				   "--cert and --key");
	if (a->job.ciphers && hems_ciphers_problem(a->job.ciphers, why, sizeof(why)))
		return usage_error("--ciphers", why);
	return 0;
}

/* 0: go on. */
static int parse_args(struct ctl *ctl, struct args *a, int argc, char **argv)
{
	int opt, rc = 0;

	optind = 0;
	while (!rc && (opt = getopt_long(argc, argv, "jh", options, NULL)) != -1)
		rc = take_option(ctl, a, opt, argc, argv);
	if (rc || a->help)
		return rc;
	if (optind < argc)
		a->target = argv[optind++];
	if (optind < argc)
		return usage_error(argv[optind], "belongs to no option");
	if (a->config)
		rc = take_config(a);
	if (!rc)
		rc = take_target(a);
	if (!rc)
		rc = check_together(a);
	if (!rc)
		rc = check_profile(a->profile, &a->job.profile);
	if (!rc)
		rc = a->at ? check_at(a->at, &a->job.at) :
		     check_clock(ctl, a->clock ? a->clock : CLOCK_FILE, &a->job.at);
	return rc;
}

static const char *status_source(const struct hems_report *r)
{
	/* Nobody said anything of it. */
	return strcmp(r->status.rule, "ocsp.unchecked") == 0 || !*r->status.rule ? "none" :
	       hems_revocation_name(r->source);
}

static json_t *details(const struct tls_job *job, const struct tls_outcome *o)
{
	const struct hems_report *r = &o->report;

	return json_pack("{s:o, s:o, s:i, s:o, s:o, s:o, s:{s:b, s:b}, s:{s:s, s:b, s:s, s:o}, s:i}",
		"name", json_text(job->name ? job->name : job->host),
		"host", json_text(job->host), "port", job->port,
		"address", *o->address ? json_text(o->address) : json_null(),
		"version", *o->version ? json_text(o->version) : json_null(),
		"cipher", *o->cipher ? json_text(o->cipher) : json_null(),
		"client", "asked", r->asked, "sent", o->sent,
		"revocation", "mode", hems_revocation_name(job->revocation),
		"stapled", r->stapled, "source", status_source(r), "rule", json_text(r->status.rule),
		"sha1", (int)r->result.sha1);
}

static const struct {
	const char *word;
	int status;
} outcomes[] = {
	[PKI_GOOD] = { "good", EXIT_GOOD },
	[PKI_BAD] = { "bad", EXIT_BAD },
	[PKI_INDETERMINATE] = { "indeterminate", EXIT_INDETERMINATE },
};

static int judge(const struct ctl *ctl, const struct tls_job *job)
{
	struct tls_outcome o;
	const struct pki_result *r = &o.report.result;
	int status;

	tls_run(job, &o);
	status = check_print(ctl, r, outcomes[r->verdict].word, job->at,
			     ctl->json ? details(job, &o) : NULL, "trustgate.check-tls/1",
			     outcomes[r->verdict].status);
	if (ctl->json || !o.connected)
		return status;
	printf("%s, %s, of %s port %u\n", o.version, o.cipher, o.address, job->port);
	printf("status: %s; our certificate: %s\n", status_source(&o.report),
	       o.sent ? "shown" : o.report.asked ? "asked for, and there is none" : "not asked for");
	return status;
}

int check_tls(struct ctl *ctl, int argc, char **argv)
{
	struct args a = { .job.timeout_ms = TRY_MS };
	int rc = parse_args(ctl, &a, argc, argv);

	if (!rc && a.help)
		rc = usage();
	else if (!rc) {
		a.job.responder.timeout_ms = a.job.timeout_ms;
		rc = judge(ctl, &a.job);
	}
	check_items_free(&a.job.anchors);
	check_items_free(&a.job.own);
	free(a.conf);
	return rc;
}
