// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate devid publish, query, withdraw, status: at a repository, or in its store. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "check.h"
#include "devid.h"
#include "devid/ask.h"
#include "devid/files.h"
#include "devid/repository.h"
#include "report.h"

#define TIMEOUT_MS	10000

enum {
	DO_IMEI = 256, DO_SOLUTION, DO_CERT, DO_PUBLIC_KEY, DO_DEVICE_CA, DO_REPLACE, DO_OUTPUT,
	DO_REPOSITORY_KEY, DO_STORE, DO_STORE_KEY, DO_SIGNING_KEY, DO_URL, DO_CA, DO_TLS_CERT,
	DO_TLS_KEY, DO_END,
};

#define BIT(o)		(1u << ((o) - DO_IMEI))
#define WHERE		(BIT(DO_STORE) | BIT(DO_STORE_KEY) | BIT(DO_SIGNING_KEY) | BIT(DO_URL) | \
			 BIT(DO_CA) | BIT(DO_TLS_CERT) | BIT(DO_TLS_KEY) | BIT(DO_REPOSITORY_KEY))
#define WHERE_HELP							\
	"The repository:\n"						\
	"  --url URL             https://NAME[:PORT]\n"			\
	"  --ca FILE             PEM, who may have issued its certificate\n"	\
	"  --tls-cert FILE       PEM, our certificate, and its\n"	\
	"  --tls-key FILE        key\n"					\
	"  --repository-key FILE PEM, the public key that its records are signed with\n"	\
	"or its store:\n"						\
	"  --store WHERE         a file, or postgresql://...\n"		\
	"  --store-key FILE      32 octets that open it; made with a new file\n"	\
	"  --signing-key FILE    PEM, the private key that records are signed with\n"

static const struct option options[] = {
	{ "imei", required_argument, NULL, DO_IMEI },
	{ "solution", required_argument, NULL, DO_SOLUTION },
	{ "cert", required_argument, NULL, DO_CERT },
	{ "public-key", required_argument, NULL, DO_PUBLIC_KEY },
	{ "device-ca", required_argument, NULL, DO_DEVICE_CA },
	{ "replace", no_argument, NULL, DO_REPLACE },
	{ "output", required_argument, NULL, DO_OUTPUT },
	{ "repository-key", required_argument, NULL, DO_REPOSITORY_KEY },
	{ "store", required_argument, NULL, DO_STORE },
	{ "store-key", required_argument, NULL, DO_STORE_KEY },
	{ "signing-key", required_argument, NULL, DO_SIGNING_KEY },
	{ "url", required_argument, NULL, DO_URL },
	{ "ca", required_argument, NULL, DO_CA },
	{ "tls-cert", required_argument, NULL, DO_TLS_CERT },
	{ "tls-key", required_argument, NULL, DO_TLS_KEY },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct args {
	struct ctl *ctl;
	const char *option[DO_END - DO_IMEI];
	bool help;
};

static const char *opt(const struct args *a, int o)
{
	return a->option[o - DO_IMEI];
}

/* A repository that is reached one way or the other. */
struct target {
	EVP_PKEY *verify;		/* what its records are signed with */
	struct ask *ask;		/* over HTTPS, or */
	struct repository local;	/* in its store */
};

/* What came of it. */
struct outcome {
	unsigned int status;		/* of HTTP */
	bool record;
	uint8_t *data;
	size_t len;
	struct devid_binding b;		/* of a record, verified */
	struct devid_result result;
};

static int parse(struct args *a, uint32_t takes, int argc, char **argv)
{
	int o;

	optind = 0;
	while ((o = getopt_long(argc, argv, "jho:", options, NULL)) != -1) {
		o = o == 'o' ? DO_OUTPUT : o;
		if (o == '?')
			return option_error(argc, argv);
		if (o == 'h' || o == 'j') {
			a->help |= o == 'h';
			a->ctl->json |= o == 'j';
			continue;
		}
		if (!(takes & BIT(o)))
			return usage_error(argv[optind - 1], "no option of this verb");
		if (opt(a, o))
			return usage_error(argv[0], "is given an option twice");
		a->option[o - DO_IMEI] = optarg ? optarg : "";
	}
	return optind == argc ? 0 : usage_error(argv[optind], "takes no argument");
}

static int open_remote(const struct args *a, struct target *t)
{
	const struct ask_peer peer = { opt(a, DO_URL), opt(a, DO_CA), opt(a, DO_TLS_CERT),
				       opt(a, DO_TLS_KEY), TIMEOUT_MS };
	char err[DEVID_TEXT_MAX + 1];

	if (!peer.ca || !peer.cert || !peer.key || !opt(a, DO_REPOSITORY_KEY))
		return usage_error("--url", "needs --ca, --tls-cert, --tls-key and --repository-key");
	if (strncmp(peer.url, "https://", 8) != 0)
		return usage_error("--url", "is not https://");
	t->verify = file_public_key(opt(a, DO_REPOSITORY_KEY), err, sizeof(err));
	if (t->verify && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		t->ask = ask_new(&peer, err, sizeof(err));
	if (t->ask)
		return 0;
	complain("devid", err, NULL);
	return EXIT_USAGE;
}

static int open_local(const struct args *a, struct target *t, bool write)
{
	const char *where = opt(a, DO_STORE), *signer = opt(a, DO_SIGNING_KEY);
	uint8_t key[STORE_KEY_LEN];
	struct store *store = NULL;
	char err[STORE_ERR_MAX];
	bool make = write && access(where, F_OK) && errno == ENOENT &&
		    strncmp(where, "postgresql:", 11) != 0;

	if (!opt(a, DO_STORE_KEY) || (write && !signer))
		return usage_error("--store", "needs --store-key, and --signing-key to change it");
	if (signer)
		t->verify = file_private_key(signer, err, sizeof(err));
	else if (opt(a, DO_REPOSITORY_KEY))
		t->verify = file_public_key(opt(a, DO_REPOSITORY_KEY), err, sizeof(err));
	else
		return usage_error("--store", "needs --signing-key or --repository-key");
	if (t->verify && !store_key_load(opt(a, DO_STORE_KEY), make, key, err, sizeof(err)))
		store = store_open(where, key, write, err, sizeof(err));
	OPENSSL_cleanse(key, sizeof(key));
	if (store && repository_init(&t->local, NULL, store, t->verify))
		return 0;
	complain(where, err, NULL);
	return EXIT_FAILED;
}

static int open_target(const struct args *a, struct target *t, bool write)
{
	memset(t, 0, sizeof(*t));
	if (!opt(a, DO_STORE) == !opt(a, DO_URL))
		return usage_error("devid", "needs either --url or --store");
	return opt(a, DO_URL) ? open_remote(a, t) : open_local(a, t, write);
}

static void close_target(struct target *t)
{
	store_close(t->local.store);
	ask_free(t->ask);
	EVP_PKEY_free(t->verify);
}

/* "rule: detail (remedy)\n", as the repository says what it refuses. */
static void take_text(struct outcome *o)
{
	char text[REPOSITORY_TEXT_MAX], *colon;

	snprintf(text, sizeof(text), "%.*s", (int)(o->len < sizeof(text) ? o->len : sizeof(text) - 1),
		 (const char *)o->data);
	text[strcspn(text, "\r\n")] = '\0';
	colon = strstr(text, ": ");
	if (colon)
		*colon = '\0';
	devid_set(&o->result, o->status >= 500 ? DEVID_INDETERMINATE : DEVID_BAD,
		  colon ? text : "repository.answer", "%.250s", colon ? colon + 2 : text);
}

static void judge(const struct target *t, const struct devid_request *q, struct outcome *o)
{
	if (!o->record) {
		take_text(o);
		return;
	}
	if (!devid_binding_verify(o->data, o->len, t->verify, &o->b, &o->result))
		return;
	/* Withdrawn is what may have been asked for. */
	if (!devid_binding_answers(&o->b, q->solution, q->imei, &o->result) &&
	    strcmp(o->result.rule, "binding.withdrawn") != 0)
		memset(&o->b, 0, sizeof(o->b));
}

/* False: nobody answered; told. */
static bool perform(struct target *t, const struct devid_request *q, struct outcome *o)
{
	char err[DEVID_TEXT_MAX + 1];

	memset(o, 0, sizeof(*o));
	if (t->ask) {
		static struct ask_answer a;

		if (!ask_repository(t->ask, q, &a, err, sizeof(err))) {
			complain("repository", err, NULL);
			return false;
		}
		*o = (struct outcome){ .status = (unsigned int)a.status, .record = a.record,
				       .data = a.body, .len = a.len };
	} else {
		static struct repository_answer a;

		repository_do(&t->local, q, time(NULL), &a);
		*o = (struct outcome){ .status = a.status, .record = a.record, .data = a.body,
				       .len = a.len };
	}
	judge(t, q, o);
	return true;
}

static json_t *describe(const struct outcome *o, const char *state)
{
	char hex[2 * DEVID_DIGEST_LEN + 1];

	hex_text(hex, sizeof(hex), o->b.signer, DEVID_DIGEST_LEN);
	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "solution", devid_solution_name(o->b.solution),
			 "state", state, "time_s", (json_int_t)o->b.time_s, "repository_key", hex,
			 "rule", o->result.rule, "detail", o->result.detail);
}

/* Without the IMEI, which whoever asked knows, and whoever reads the log need not. */
static int show(const struct args *a, const struct outcome *o, int status)
{
	bool known = o->b.status != DEVID_STATUS_NONE;
	const char *state = known ? devid_status_name(o->b.status) :
		!strcmp(o->result.rule, "binding.none") ? "none" : "unknown";
	char when[32], text[TEXT_ROOM];

	if (a->ctl->json)
		return json_emit(known ? describe(o, state) :
				 json_pack("{s:s, s:s, s:o}", "state", state, "rule", o->result.rule,
					   "detail", json_text(o->result.detail)),
				 "trustgate.devid-binding/1", true, status);
	if (known)
		printf("%s: solution %s, since %s, signed by the repository\n", state,
		       devid_solution_name(o->b.solution), check_time_text(when, sizeof(when), o->b.time_s));
	else
		printf("%s: %s: %s\n", !strcmp(state, "none") ? "no binding" : state, o->result.rule,
		       clean(text, sizeof(text), o->result.detail));
	return status;
}

static int exit_of(const struct outcome *o)
{
	return o->result.verdict == DEVID_GOOD ? EXIT_GOOD :
	       o->result.verdict == DEVID_BAD ? EXIT_BAD : EXIT_INDETERMINATE;
}

static int imei_and_solution(const struct args *a, struct devid_request *q)
{
	const char *solution = opt(a, DO_SOLUTION);

	if (!opt(a, DO_IMEI))
		return usage_error("--imei", "has to be given");
	if (solution)
		q->solution = devid_solution_parse(solution);
	if (!q->solution)
		return usage_error("--solution", "is x (a certificate) or y (a public key)");
	return devid_imei_arg(opt(a, DO_IMEI), q->imei);
}

/* The verbs of one binding but publish. @ok: what its status has to be to be good. */
static int one_binding(const struct args *a, enum devid_verb verb, enum devid_status ok)
{
	struct devid_request q = { .verb = verb };
	struct outcome o;
	struct target t;
	int rc = imei_and_solution(a, &q);

	rc = rc ? rc : open_target(a, &t, verb == DEVID_WITHDRAW);
	if (rc)
		return rc;
	rc = EXIT_INDETERMINATE;
	if (perform(&t, &q, &o)) {
		rc = o.b.status == ok ? EXIT_GOOD : exit_of(&o);
		if (o.b.status && opt(a, DO_OUTPUT) && report_write(opt(a, DO_OUTPUT), o.data, o.len))
			rc = EXIT_FAILED;
		rc = show(a, &o, rc);
	}
	close_target(&t);
	return rc;
}

static int load_subject(const struct args *a, struct devid_request *q, struct check_items *subject,
			struct check_items *ca)
{
	const char *cert = opt(a, DO_CERT), *key = opt(a, DO_PUBLIC_KEY);

	if (!cert == !key || (key && opt(a, DO_DEVICE_CA)))
		return usage_error("publish", "needs --cert, and --device-ca if that goes with it, or --public-key");
	q->solution = cert ? DEVID_X : DEVID_Y;
	if (opt(a, DO_SOLUTION) && devid_solution_parse(opt(a, DO_SOLUTION)) != q->solution)
		return usage_error("--solution", "x has a certificate, y a public key");
	if (check_load_one(cert ? cert : key, cert ? "CERTIFICATE" : "PUBLIC KEY", subject) ||
	    (opt(a, DO_DEVICE_CA) && check_load_one(opt(a, DO_DEVICE_CA), "CERTIFICATE", ca)))
		return EXIT_USAGE;
	q->subject = subject->item[0];
	if (ca->n)
		q->ca = ca->item[0];
	if (q->subject.len <= DEVID_CERT_MAX && q->ca.len <= DEVID_CERT_MAX)
		return 0;
	complain("publish", "the certificate is too long", "6144 octets at most");
	return EXIT_BAD;
}

static int do_publish(const struct args *a)
{
	struct devid_request q = { .verb = DEVID_PUBLISH, .replace = opt(a, DO_REPLACE) != NULL };
	struct check_items subject = { 0 }, ca = { 0 };
	struct outcome o;
	struct target t;
	int rc = load_subject(a, &q, &subject, &ca);

	rc = rc ? rc : imei_and_solution(a, &q);
	rc = rc ? rc : open_target(a, &t, true);
	if (!rc) {
		rc = EXIT_INDETERMINATE;
		if (perform(&t, &q, &o))
			rc = show(a, &o, exit_of(&o));
		close_target(&t);
	}
	check_items_free(&subject);
	check_items_free(&ca);
	return rc;
}

static int do_counts(const struct args *a)
{
	struct store_counts n;
	struct target t;
	int rc;

	if (!opt(a, DO_STORE))
		return usage_error("status", "needs --imei and --solution, or --store to count");
	rc = open_target(a, &t, false);
	if (rc)
		return rc;
	rc = store_count(t.local.store, &n);
	if (rc)
		complain(opt(a, DO_STORE), store_error(t.local.store), NULL);
	else if (!a->ctl->json)
		printf("%lld active, %lld withdrawn\n", (long long)n.active, (long long)n.withdrawn);
	close_target(&t);
	if (rc || !a->ctl->json)
		return rc ? EXIT_FAILED : EXIT_GOOD;
	return json_emit(json_pack("{s:I, s:I, s:I}", "active", (json_int_t)n.active, "withdrawn",
				   (json_int_t)n.withdrawn, "generation", (json_int_t)n.generation),
			 "trustgate.devid-status/1", true, EXIT_GOOD);
}

static int help(const char *text)
{
	fputs(text, stdout);
	fputs("\n" WHERE_HELP "Options:\n"
	      "  -j, --json            print one JSON document\n\n"
	      "exit status: 0 done, or active; 1 refused, none, withdrawn or not authentic;\n"
	      "2 no answer; 64 usage\n", stdout);
	return EXIT_GOOD;
}

#define IMEI_HELP							\
	"  --imei IMEI           15 digits, or 16; @FILE or - keeps them from other users\n"

int devid_publish(struct ctl *ctl, int argc, char **argv)
{
	struct args a = { .ctl = ctl };
	int rc = parse(&a, WHERE | BIT(DO_IMEI) | BIT(DO_SOLUTION) | BIT(DO_CERT) | BIT(DO_PUBLIC_KEY) |
		       BIT(DO_DEVICE_CA) | BIT(DO_REPLACE), argc, argv);

	if (rc)
		return rc;
	return a.help ? help("usage: trustgate devid publish --imei IMEI (--cert FILE | --public-key FILE) REPOSITORY\n\n"
			     "Binds an IMEI to a certificate (solution x) or to a public key (y).\n\n" IMEI_HELP
			     "  --cert FILE           the device's certificate, or\n"
			     "  --public-key FILE     its public key; PEM or DER\n"
			     "  --device-ca FILE      its CA's certificate, to be kept with the binding\n"
			     "  --replace             also in the place of the binding there is\n") : do_publish(&a);
}

int devid_query(struct ctl *ctl, int argc, char **argv)
{
	struct args a = { .ctl = ctl };
	int rc = parse(&a, WHERE | BIT(DO_IMEI) | BIT(DO_SOLUTION) | BIT(DO_OUTPUT), argc, argv);

	if (rc)
		return rc;
	return a.help ? help("usage: trustgate devid query --imei IMEI --solution x|y [-o FILE] REPOSITORY\n\n"
			     "The binding of an IMEI, verified.\n\n" IMEI_HELP
			     "  --solution x|y        whether a certificate or a public key\n"
			     "  -o, --output FILE     where the signed record goes\n") :
		one_binding(&a, DEVID_QUERY, DEVID_ACTIVE);
}

int devid_withdraw(struct ctl *ctl, int argc, char **argv)
{
	struct args a = { .ctl = ctl };
	int rc = parse(&a, WHERE | BIT(DO_IMEI) | BIT(DO_SOLUTION), argc, argv);

	if (rc)
		return rc;
	return a.help ? help("usage: trustgate devid withdraw --imei IMEI --solution x|y REPOSITORY\n\n"
			     "From now on the binding authenticates nobody.\n\n" IMEI_HELP
			     "  --solution x|y        whether of a certificate or a public key\n") :
		one_binding(&a, DEVID_WITHDRAW, DEVID_WITHDRAWN);
}

int devid_status(struct ctl *ctl, int argc, char **argv)
{
	struct args a = { .ctl = ctl };
	int rc = parse(&a, WHERE | BIT(DO_IMEI) | BIT(DO_SOLUTION), argc, argv);

	if (rc)
		return rc;
	if (a.help)
		return help("usage: trustgate devid status [--imei IMEI --solution x|y] REPOSITORY\n\n"
			    "Whether an IMEI has a binding; without one, how many a store has.\n\n" IMEI_HELP
			    "  --solution x|y        whether to a certificate or a public key\n");
	return opt(&a, DO_IMEI) ? one_binding(&a, DEVID_QUERY, DEVID_ACTIVE) : do_counts(&a);
}
