// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may do what, and that whoever may not learns nothing: DID-X-P6, DID-X-11, DID-Y-P4,
 * PRIV-02, PRIV-03. What the configuration may say: FFS-10, DID-X-P7.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "lib/tap.h"
#include "devid/repository.h"
#include "maker.h"

#define REPOSITORY "[repository]\nlisten=127.0.0.1:0\ntls-cert=/a\ntls-key=/b\nclient-ca=/c\n" \
		   "store=/d\nstore-key=/e\nsigning-key=/f\n"
#define AAA	"[aaa]\nurl=https://r.example\nca=/a\ntls-cert=/b\ntls-key=/c\nrepository-key=/d\n"
#define CLIENTS	"[client maker]\nname=maker.example\npublish=35209900\nwithdraw=35209900\n" \
		"[client operator]\nname=Operator.example\nquery=35209900-35209909, 35824005\n" \
		"[client elsewhere]\nname=elsewhere.example\nquery=11111111\npublish=11111111\nwithdraw=11111111\n"

static struct devid_config config;
static struct repository repository;
static struct pki_der spki;
static char why[256];

static void report(void *arg, int line, const char *key, const char *text)
{
	(void)arg;
	if (!*why)
		snprintf(why, sizeof(why), "%d %s: %s", line, key, text);
}

static void configs(void)
{
	static const struct { const char *text, *wrong; } cases[] = {
		{ REPOSITORY, NULL }, { AAA, NULL }, { REPOSITORY CLIENTS AAA, NULL },
		{ AAA "cache=3600s\nrecheck=1s\nca-source=repository\n", NULL },
		{ AAA "cache=60min\n", NULL }, { AAA "cache=0\n", NULL },
		{ AAA "cache=3601s\n", "7 cache: above" }, { AAA "cache=61min\n", "7 cache: above" },
		{ AAA "cache=4294967295min\n", "7 cache: above" },
		{ AAA "cache=30\n", "7 cache: seconds" }, { AAA "recheck=0s\n", "7 recheck: below" },
		{ AAA "ca-source=anyone\n", "7 ca-source: neither" },
		{ AAA "ca-source=\n", "7 ca-source: neither" },
		{ "[aaa]\nurl=http://r.example\nca=/a\ntls-cert=/b\ntls-key=/c\nrepository-key=/d\n", "url: not" },
		{ "", "[repository]: there" }, { "[repository]\n", "[repository]: there" },
		{ "[repository]\nlisten=127.0.0.1:0\n", "tls-cert: has to" },
		{ REPOSITORY "listen=127.0.0.1:1\n", "9 listen: given twice" },
		{ REPOSITORY "lisen=127.0.0.1:1\n", "9 lisen: no such" },
		{ REPOSITORY "store=b.db\n", "9 store: given" },
		{ REPOSITORY "connections=0\n", "9 connections: below" },
		{ REPOSITORY "[client a]\nquery=all\n", "a: has no name" },
		{ REPOSITORY "[client a]\nname=*.example\n", "10 name: no DNS" },
		{ REPOSITORY "[client a]\nname=a\n[client b]\nname=A\n", "12 name: is another" },
		{ REPOSITORY "[client a]\nname=a\nquery=3520990\n", "11 query: not a type" },
		{ REPOSITORY "[client a]\nname=a\nquery=35209909-35209900\n", "11 query: the range" },
		{ REPOSITORY "[client a]\nname=a\nquery=35209900,\n", "11 query: not a type" },
		{ REPOSITORY "[client a]\nname=a\nquery=\n", "11 query: empty" },
		{ REPOSITORY "[client a]\nname=a\nquery=all\nquery=all\n", "12 query: given twice" },
		{ REPOSITORY "[client a]\nname=a\ndelete=all\n", "11 delete: no such" },
		{ REPOSITORY "[client 12345678901234567890123456789012345678901234567890]\nname=a\n", "9 line: has too long" },
		{ REPOSITORY " user=x\n", "9 line: starts" },
		{ "[client a]\nname=a\nquery=all\n" AAA, "[client]: is of" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int errors;

		*why = '\0';
		errors = devid_config_parse(cases[i].text, strlen(cases[i].text), &config, report, NULL);
		tap_ok(cases[i].wrong ? errors && strstr(why, cases[i].wrong) : !errors,
		       "configuration %zu: %s", i, errors ? why : "taken");
	}
	devid_config_parse(AAA, strlen(AAA), &config, report, NULL);
	tap_ok(!config.aaa_cache_s && !config.aaa_ca_from_repository,
	       "FFS-10, DID-X-P7: unless it says so no cache, and no CA of the repository's");
}

static void allowed(const char *name, enum devid_verb verb, const char *imei, bool ok)
{
	const char *const names[] = { "x.example", name };
	int client;

	tap_ok(access_allows(&config, names, 2, verb, imei, &client) == ok, "DID-X-P6: %s, verb %d, of type %.8s: %s",
	       name, verb, imei, ok ? "may" : "may not");
}

static void access_list(void)
{
	int client;

	devid_config_parse(REPOSITORY CLIENTS, strlen(REPOSITORY CLIENTS), &config, report, NULL);
	allowed("operator.example", DEVID_QUERY, "352099001761481", true);
	allowed("OPERATOR.EXAMPLE", DEVID_QUERY, "352099091761481", true);
	allowed("operator.example", DEVID_QUERY, "352099101761481", false);
	allowed("operator.example", DEVID_QUERY, "358240051761481", true);
	allowed("operator.example", DEVID_QUERY, "358240061761481", false);
	allowed("operator.example", DEVID_PUBLISH, "352099001761481", false);
	allowed("operator.example", DEVID_WITHDRAW, "352099001761481", false);
	allowed("maker.example", DEVID_PUBLISH, "352099001761481", true);
	allowed("maker.example", DEVID_QUERY, "352099001761481", false);
	allowed("nobody.example", DEVID_QUERY, "352099001761481", false);
	allowed("operator.example.org", DEVID_QUERY, "352099001761481", false);
	tap_ok(!access_allows(&config, NULL, 0, DEVID_QUERY, "352099001761481", &client) && client == -1,
	       "DID-X-P6: no certificate: may not");
}

/* @name's request, and the answer. */
static const struct repository_answer *request(const char *name, enum devid_verb verb, const char *imei)
{
	struct devid_request q = { .verb = verb, .solution = DEVID_Y };
	static struct repository_answer a;
	uint8_t body[DEVID_REQUEST_MAX];
	size_t len;

	strcpy(q.imei, imei);
	if (verb == DEVID_PUBLISH)
		q.subject = spki;
	len = devid_request_encode(&q, body);
	memset(&a, 0xaa, sizeof(a));
	repository_handle(&repository, &name, name ? 1 : 0, body, len, 1790000000, &a);
	return &a;
}

static void outcome(const char *what, const struct repository_answer *a, unsigned int status)
{
	tap_ok(a->status == status && a->record == (status < 300), "%s: %u", what, a->status);
	tap_ok(!strstr(a->log, "352099") && (a->record || !memmem(a->body, a->len, "352099", 6)),
	       "PRIV-02: the log has no IMEI: %s", a->log);
}

/* What a stranger sees of a device that there is, and of one that there is not. */
static void indistinguishable(const char *who, enum devid_verb verb)
{
	struct repository_answer there = *request(who, verb, MAKER_IMEI);
	struct repository_answer not = *request(who, verb, MAKER_OTHER);
	struct repository_answer unknown = *request("operator.example", DEVID_QUERY, MAKER_OTHER);

	tap_ok(there.status == 404 && not.status == 404 && there.len == not.len &&
	       !memcmp(there.body, not.body, not.len) && there.generation == not.generation,
	       "DID-X-P6: %s, verb %d: the same of a device that there is", who ? who : "nobody", verb);
	tap_ok(unknown.status == 404 && unknown.len == there.len && !memcmp(unknown.body, there.body, there.len),
	       "DID-X-P6: and the same as who may ask is told of one there is not");
}

static void answers(void)
{
	static const char *const strangers[] = { "maker.example", "elsewhere.example", "nobody.example", NULL };

	outcome("DID-X-P3: published", request("maker.example", DEVID_PUBLISH, MAKER_IMEI), 201);
	outcome("published again", request("maker.example", DEVID_PUBLISH, MAKER_IMEI), 409);
	outcome("DID-X-07: queried", request("operator.example", DEVID_QUERY, MAKER_IMEI), 200);
	outcome("DID-X-07: unknown", request("operator.example", DEVID_QUERY, MAKER_OTHER), 404);
	outcome("withdrawn by an operator", request("operator.example", DEVID_WITHDRAW, MAKER_IMEI), 404);
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		indistinguishable(strangers[i], DEVID_QUERY);
	indistinguishable("operator.example", DEVID_PUBLISH);
	indistinguishable("elsewhere.example", DEVID_WITHDRAW);
	outcome("DID-Y-P3: withdrawn", request("maker.example", DEVID_WITHDRAW, MAKER_IMEI), 200);
	outcome("withdrawn again", request("maker.example", DEVID_WITHDRAW, MAKER_IMEI), 409);
	tap_ok(request("operator.example", DEVID_QUERY, MAKER_IMEI)->generation == 1,
	       "FFS-10: who may ask is told how many changes there were");
	tap_ok(request("nobody.example", DEVID_QUERY, MAKER_IMEI)->generation == 0, "and nobody else");
}

static void malformed(void)
{
	const char *const known[] = { "operator.example" }, *const unknown[] = { "x" };
	static struct repository_answer a;

	repository_handle(&repository, known, 1, (const uint8_t *)"junk", 4, 1790000000, &a);
	tap_ok(a.status == 400 && !a.record, "a request that does not parse: 400");
	repository_handle(&repository, unknown, 1, (const uint8_t *)"junk", 4, 1790000000, &a);
	tap_ok(a.status == 404, "a stranger's: as all of his");
	repository_handle(&repository, known, 1, NULL, 0, 1790000000, &a);
	tap_ok(a.status == 400, "none: 400");
}

int main(void)
{
	static const uint8_t key[STORE_KEY_LEN] = { 1 };
	char dir[] = "/tmp/trustgate-devid.XXXXXX", path[64], wal[80], shm[80], err[STORE_ERR_MAX];

	tap_start();
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/b.db", dir);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	snprintf(shm, sizeof(shm), "%s-shm", path);
	configs();
	access_list();
	repository_init(&repository, &config, store_open(path, key, true, err, sizeof(err)), maker_key("P-256"));
	spki = maker_spki(maker_key("P-256"));
	if (repository.store) {
		answers();
		malformed();
	} else {
		tap_ok(false, "%s", err);
	}
	store_close(repository.store);
	unlink(path);
	unlink(wal);
	unlink(shm);
	rmdir(dir);
	return tap_end();
}
