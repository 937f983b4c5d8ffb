// SPDX-License-Identifier: GPL-2.0-or-later
/* trustgate sinks: what the agent kept of INTEGRITY_INFO, told on to FIGS. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "check.h"
#include "segw/post.h"
#include "segw/sinks.h"

#define BUSY_MS		5000
#define POST_MS		10000
#define AGAIN_S		3600	/* what FIGS refuses is not sent again before */

enum { OPT_FIGS = 256, OPT_CA, OPT_CERT, OPT_KEY, OPT_STORE, OPT_TO, OPT_GATEWAY };

static const struct option options[] = {
	{ "figs", required_argument, NULL, OPT_FIGS },
	{ "ca", required_argument, NULL, OPT_CA },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "sinks", required_argument, NULL, OPT_STORE },
	{ "to", required_argument, NULL, OPT_TO },
	{ "gateway", required_argument, NULL, OPT_GATEWAY },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct sinks_args {
	struct ctl *ctl;
	const char *figs, *ca, *cert, *key, *store, *to, *gateway;
};

static int usage(void)
{
	puts("usage: trustgate sinks deliver --figs URL [OPTIONS]\n"
	     "       trustgate sinks retain --to URI [OPTIONS]\n"
	     "       trustgate sinks show [OPTIONS]\n\n"
	     "What became of the H(e)NBs' reports, as the agent keeps it where [integrity] sinks says.\n"
	     "deliver sends what waits, in the order it came, one JSON object a POST. It ends at the\n"
	     "first that finds no server; what was refused is sent again after an hour. An event has\n"
	     "the same Idempotency-Key whenever it is sent, and leaves the store when it is answered\n"
	     "with 200 to 299. retain puts what is kept into a database of PostgreSQL that several\n"
	     "gateways share, each report once, from where it stopped.\n\n"
	     "  --figs URL        where to, https:// alone\n"
	     "  --ca FILE         PEM, who may have issued the server's certificate\n"
	     "  --cert FILE       PEM, to show the server, and its\n"
	     "  --key FILE        key\n"
	     "  --to URI          postgresql://...; PGPASSWORD and PGPASSFILE are looked at\n"
	     "  --gateway NAME    what this gateway is called there: its host name unless given\n"
	     "  --sinks FILE      the store: " SINKS_PATH " unless given\n"
	     "  -j, --json        print one JSON document\n\n"
	     "exit status: 0 nothing waits (show: always), 1 something does, 64 usage");
	return EXIT_GOOD;
}

struct delivery {
	struct sinks *sinks;
	struct post post;
	int64_t sent, refused;
	bool down;
};

/* 0, or a negative errno of the store. */
static int send_one(struct delivery *d, const struct sinks_item *item)
{
	char key[32 + SINKS_EVENT_LEN], status[64];
	const char *const headers[] = { key, NULL };
	struct post_answer a;
	int rc = 0;

	snprintf(key, sizeof(key), "Idempotency-Key: %s", item->event);
	d->post.headers = headers;
	d->post.body = item->body;
	d->post.len = strlen(item->body);
	post(&d->post, &a);
	if (a.status >= 200 && a.status < 300) {
		rc = sinks_delivered(d->sinks, item);
		d->sent += !rc;
	} else if (a.status >= 400 && a.status < 500 && a.status != 408 && a.status != 429) {
		/* One event that nobody takes must not hold up the others. */
		snprintf(status, sizeof(status), "answered %ld to event %s", a.status, item->event);
		complain(d->post.url, status, "look at its log; the event is sent again in an hour");
		rc = sinks_postpone(d->sinks, item, time(NULL) + AGAIN_S);
		d->refused += !rc;
	} else {
		snprintf(status, sizeof(status), "answered %ld", a.status);
		complain(d->post.url, a.status ? status : a.why, a.status ? "what waits is sent at the next time" : NULL);
		d->down = true;
	}
	d->post.headers = NULL;
	d->post.body = NULL;
	return rc;
}

static int send_all(struct delivery *d)
{
	struct sinks_item item = { 0 };
	int64_t now = time(NULL);
	int rc;

	while ((rc = sinks_next(d->sinks, now, item.seq, &item)) == 1) {
		rc = send_one(d, &item);
		if (rc || d->down)
			break;
	}
	return rc;
}

static int print(const struct sinks_args *a, struct sinks *s, const struct delivery *d)
{
	struct sinks_counts c;
	char when[32];
	json_t *o;

	if (sinks_count(s, &c)) {
		complain("sinks", sinks_error(s), NULL);
		return EXIT_FAILED;
	}
	if (!a->ctl->json) {
		if (d)
			printf("%lld delivered, ", (long long)d->sent);
		printf("%lld kept, %lld wait", (long long)c.kept, (long long)c.waiting);
		if (c.waiting)
			printf(" since %s, %lld of them were refused",
			       check_time_text(when, sizeof(when), c.oldest_s), (long long)c.refused);
		putchar('\n');
		return d && c.waiting ? EXIT_FAILED : EXIT_GOOD;
	}
	o = json_pack("{s:I, s:I, s:I, s:I}", "kept", (json_int_t)c.kept, "waiting", (json_int_t)c.waiting,
		      "refused", (json_int_t)c.refused, "oldest_s", (json_int_t)c.oldest_s);
	if (d)
		json_object_set_new(o, "delivered", json_integer(d->sent));
	return json_emit(o, "trustgate.sinks/1", true, d && c.waiting ? EXIT_FAILED : EXIT_GOOD);
}

static int deliver(const struct sinks_args *a, struct sinks *s, const char *path)
{
	struct delivery d = {
		.sinks = s, .post = { .url = a->figs, .ca = a->ca, .cert = a->cert, .key = a->key,
				      .type = "application/json", .timeout_ms = POST_MS },
	};
	int lock = sinks_lock(path), rc;

	if (lock < 0) {
		complain(path, lock == -EBUSY ? "another one delivers" : strerror(-lock), "try again later");
		return EXIT_FAILED;
	}
	rc = send_all(&d);
	close(lock);
	if (!rc)
		return print(a, s, &d);
	complain(path, sinks_error(s), NULL);
	return EXIT_FAILED;
}

static int retain(const struct sinks_args *a, struct sinks *s, const char *path)
{
	char host[SINKS_GATEWAY_MAX + 1] = "";
	int lock = sinks_lock(path), rc;
	int64_t copied;

	if (lock < 0) {
		complain(path, lock == -EBUSY ? "another one delivers" : strerror(-lock), "try again later");
		return EXIT_FAILED;
	}
	if (!a->gateway && gethostname(host, sizeof(host) - 1))
		*host = '\0';
	rc = sinks_copy(s, a->to, a->gateway ? a->gateway : host, &copied);
	close(lock);
	if (rc) {
		complain("sinks retain", sinks_error(s), NULL);
		return EXIT_FAILED;
	}
	if (a->ctl->json)
		return json_emit(json_pack("{s:I}", "copied", (json_int_t)copied), "trustgate.sinks-retain/1",
				 true, EXIT_GOOD);
	printf("%lld copied\n", (long long)copied);
	return EXIT_GOOD;
}

static int parse(struct sinks_args *a, int argc, char **argv)
{
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		const char **const to[] = { &a->figs, &a->ca, &a->cert, &a->key, &a->store, &a->to, &a->gateway };

		if (opt == '?')
			return option_error(argc, argv);
		if (opt == 'h')
			exit(usage());
		if (opt == 'j')
			a->ctl->json = true;
		else if (*to[opt - OPT_FIGS])
			return usage_error(options[opt - OPT_FIGS].name, "given twice");
		else
			*to[opt - OPT_FIGS] = optarg;
	}
	return optind < argc ? usage_error(argv[optind], "one argument too many") : 0;
}

int verb_sinks(struct ctl *ctl, int argc, char **argv)
{
	struct sinks_args a = { .ctl = ctl };
	bool delivers = argc && !strcmp(argv[0], "deliver");
	bool retains = argc && !strcmp(argv[0], "retain");
	struct sinks *s;
	char err[256];
	int rc;

	if (argc && (!strcmp(argv[0], "-h") || !strcmp(argv[0], "--help")))
		return usage();
	if (!argc || (!delivers && !retains && strcmp(argv[0], "show")))
		return usage_error(argc ? argv[0] : "sinks", "deliver, retain or show");
	rc = parse(&a, argc, argv);
	if (!rc && delivers && !a.figs)
		rc = usage_error("sinks deliver", "needs --figs");
	if (!rc && retains && !a.to)
		rc = usage_error("sinks retain", "needs --to");
	if (rc)
		return rc;
	if (!a.store)
		a.store = SINKS_PATH;
	s = sinks_open(a.store, BUSY_MS, err, sizeof(err));
	if (!s) {
		complain(a.store, err, NULL);
		return EXIT_FAILED;
	}
	rc = delivers ? deliver(&a, s, a.store) : retains ? retain(&a, s, a.store) : print(&a, s, NULL);
	sinks_close(s);
	return rc;
}
