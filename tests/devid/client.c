// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients of the repository, many at once, and who counts what is left:
 *
 *	client load URL CA CERT KEY REPOSITORY.pub DEVICE.pub VERBS FIRST EACH CLIENTS
 *	client audit STORE STORE-KEY REPOSITORY.pub < LINES
 *	client ask SOCKET x|y IMEI
 *
 * load: each of CLIENTS processes takes EACH devices from number FIRST on and does VERBS
 * with each: p(ublish), q(uery), w(ithdraw). It prints "p NUMBER" once the repository has
 * acknowledged that, and ends with "gone" when it does not answer any more. Anything but
 * what has to come is "wrong ...", and exit status 1. audit: for lines as those printed,
 * whether the store has each, active, or withdrawn if there is a w; and how many it has.
 * ask: as a verifier asks the AAA front end; prints the rule, and whether a CA came with it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include "devid/aaa.h"
#include "devid/ask.h"
#include "devid/files.h"
#include "devid/store.h"
#include "maker.h"

#define NUMBERS	1000000

static void die(const char *what)
{
	fprintf(stderr, "client: %s\n", what);
	exit(2);
}

static EVP_PKEY *public_key(const char *path)
{
	char err[256];
	EVP_PKEY *key = file_public_key(path, err, sizeof(err));

	if (!key)
		die(err);
	return key;
}

/* One write, so that lines of different processes don't mix. */
static void say(const char *what, unsigned int n)
{
	char line[80];
	int len = snprintf(line, sizeof(line), "%s %u\n", what, n);

	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		exit(2);
}

struct load {
	struct ask *ask;
	EVP_PKEY *repository;
	struct pki_der spki;
};

/* The answer that has to come to @verb, when the binding is @status afterwards. */
static bool right(const struct load *l, const struct ask_answer *a, const char *imei, char verb,
		  enum devid_status status)
{
	struct devid_binding b;
	struct devid_result r;

	return a->status == (verb == 'p' ? 201 : 200) && a->record &&
	       devid_binding_verify(a->body, a->len, l->repository, &b, &r) && !strcmp(b.imei, imei) &&
	       b.solution == DEVID_Y && b.status == status && b.public_key.len == l->spki.len &&
	       !memcmp(b.public_key.data, l->spki.data, l->spki.len);
}

static int one(const struct load *l, const char *verbs, unsigned int n)
{
	struct devid_request q = { .solution = DEVID_Y };
	enum devid_status status = DEVID_ACTIVE;
	static struct ask_answer a;
	char err[256], what[2] = "";

	maker_imei(q.imei, n);
	for (; *verbs; verbs++) {
		*what = *verbs;
		q.verb = *what == 'p' ? DEVID_PUBLISH : *what == 'w' ? DEVID_WITHDRAW : DEVID_QUERY;
		q.subject = *what == 'p' ? l->spki : (struct pki_der){ 0 };
		status = *what == 'w' ? DEVID_WITHDRAWN : status;
		if (!ask_repository(l->ask, &q, &a, err, sizeof(err))) {
			say("gone", n);
			fprintf(stderr, "client: %s\n", err);
			return 3;
		}
		if (!right(l, &a, q.imei, *what, status)) {
			say("wrong", n);
			fprintf(stderr, "client: %c of %u: %ld %.*s\n", *what, n, a.status,
				a.record ? 0 : (int)a.len, (const char *)a.body);
			return 1;
		}
		say(what, n);
	}
	return 0;
}

static int run_client(char **argv, unsigned int first, unsigned int each)
{
	const struct ask_peer peer = { argv[0], argv[1], argv[2], argv[3], 120000 };
	char err[256];
	struct load l = { .repository = public_key(argv[4]), .spki = maker_spki(public_key(argv[5])) };
	int rc = 0;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	l.ask = ask_new(&peer, err, sizeof(err));
	if (!l.ask)
		die(err);
	for (unsigned int i = 0; !rc && i < each; i++)
		rc = one(&l, argv[6], first + i);
	return rc;
}

static int load(char **argv)
{
	unsigned int first = (unsigned int)atoi(argv[7]), each = (unsigned int)atoi(argv[8]);
	int clients = atoi(argv[9]), rc = 0, status;

	for (int i = 0; i < clients; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			_exit(run_client(argv, first + (unsigned int)i * each, each));
	}
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) > rc)
			rc = WIFEXITED(status) ? WEXITSTATUS(status) : 2;
	return rc;
}

static uint8_t expected[NUMBERS];	/* 1 published, 2 withdrawn */

static void read_lines(void)
{
	char line[80], what[16];
	unsigned int n;

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%15s %u", what, &n) != 2 || n >= NUMBERS)
			continue;
		if (!strcmp(what, "p") && !expected[n])
			expected[n] = 1;
		if (!strcmp(what, "w"))
			expected[n] = 2;
	}
}

static bool is_there(struct store *s, EVP_PKEY *repository, unsigned int n)
{
	char imei[DEVID_IMEI_MAX + 1];
	static struct store_record rec;
	struct devid_binding b;
	struct devid_result r;

	maker_imei(imei, n);
	return store_get(s, DEVID_Y, imei, &rec) == 1 &&
	       devid_binding_verify(rec.data, rec.len, repository, &b, &r) && !strcmp(b.imei, imei) &&
	       (b.status == DEVID_WITHDRAWN || expected[n] == 1);
}

static int audit(char **argv)
{
	EVP_PKEY *repository = public_key(argv[2]);
	unsigned int acknowledged = 0, lost = 0;
	uint8_t key[STORE_KEY_LEN];
	struct store_counts counts;
	char err[STORE_ERR_MAX];
	struct store *s;

	if (store_key_load(argv[1], false, key, err, sizeof(err)))
		die(err);
	s = store_open(argv[0], key, true, err, sizeof(err));
	if (!s || store_count(s, &counts))
		die(err);
	read_lines();
	for (unsigned int n = 0; n < NUMBERS; n++) {
		acknowledged += expected[n] != 0;
		lost += expected[n] && !is_there(s, repository, n);
	}
	printf("acknowledged %u lost %u active %lld withdrawn %lld\n", acknowledged, lost,
	       (long long)counts.active, (long long)counts.withdrawn);
	store_close(s);
	return lost != 0;
}

static int ask(char **argv)
{
	static struct aaa_answer a;
	struct devid_result r;
	bool ok = aaa_ask(argv[0], 60000, devid_solution_parse(argv[1]), argv[2], &a, &r);

	printf("%s%s\n", r.rule, ok && a.ca_usable ? " ca" : "");
	return ok ? 0 : r.verdict == DEVID_BAD ? 1 : 2;
}

int main(int argc, char **argv)
{
	if (argc == 12 && !strcmp(argv[1], "load"))
		return load(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "audit"))
		return audit(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "ask"))
		return ask(argv + 2);
	die("usage: see its source");
}
