// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The AAA front end between verifier and repository: what it believes, and what it remembers.
 * DID-X-06 to DID-X-08, DID-Y-06 to DID-Y-08, DID-X-07a, DID-Y-07a, FFS-10.
 */
#include <string.h>
#include <openssl/evp.h>
#include "lib/tap.h"
#include "devid/aaa_lookup.h"
#include "maker.h"

/* A repository as it may be. */
static struct {
	bool down;
	long status;
	int64_t generation;
	uint8_t record[DEVID_RECORD_MAX];
	size_t len;
	unsigned int asked;
} repository;

static EVP_PKEY *key;
static struct pki_der spki;
static struct devid_result result;
static uint8_t out[DEVID_RECORD_MAX];
static bool cached;

static bool ask(void *arg, const struct devid_request *q, struct ask_answer *a, char *err, size_t errlen)
{
	(void)arg;
	repository.asked++;
	if (repository.down || q->verb != DEVID_QUERY) {
		snprintf(err, errlen, "no route");
		return false;
	}
	memset(a, 0, sizeof(*a));
	a->status = repository.status;
	a->record = repository.status == 200;
	a->generation = repository.generation;
	memcpy(a->body, repository.record, repository.len);
	a->len = repository.len;
	return true;
}

static void serve(enum devid_status status, const char *imei, EVP_PKEY *signer)
{
	struct devid_binding b = maker_y(spki);
	struct devid_result r;

	strcpy(b.imei, imei);
	b.status = status;
	repository.down = false;
	repository.status = 200;
	repository.len = devid_binding_sign(&b, signer, repository.record, &r);
}

static bool look(struct aaa *aaa, enum devid_solution solution, const char *imei, int64_t now)
{
	return aaa_lookup(aaa, solution, imei, now, out, &cached, &result) == repository.len &&
	       result.verdict == DEVID_GOOD;
}

static void refused(struct aaa *aaa, const char *rule, enum devid_verdict verdict, const char *name)
{
	bool ok = look(aaa, DEVID_Y, MAKER_IMEI, 1000);

	tap_ok(!ok && result.verdict == verdict && !strcmp(result.rule, rule), "%s: %s", name, result.rule);
}

static void without_cache(void)
{
	const struct aaa_limits off = { 0, 30 };
	struct aaa *aaa = aaa_new(key, &off, ask, NULL);
	unsigned int before;

	serve(DEVID_ACTIVE, MAKER_IMEI, key);
	tap_ok(look(aaa, DEVID_Y, MAKER_IMEI, 1000) && !memcmp(out, repository.record, repository.len),
	       "DID-Y-08: the record as the repository signed it");
	before = repository.asked;
	tap_ok(look(aaa, DEVID_Y, MAKER_IMEI, 1000) && !cached && repository.asked == before + 1,
	       "DID-Y-07: the repository is asked each time");
	serve(DEVID_WITHDRAWN, MAKER_IMEI, key);
	refused(aaa, "binding.withdrawn", DEVID_BAD, "DID-Y-07a: cache off, withdrawn: the next check fails");
	serve(DEVID_ACTIVE, MAKER_OTHER, key);
	refused(aaa, "binding.imei", DEVID_BAD, "another device's record");
	serve(DEVID_ACTIVE, MAKER_IMEI, maker_key("P-256"));
	refused(aaa, "binding.signer", DEVID_BAD, "DID-X-P7: a record signed by somebody else");
	serve(DEVID_ACTIVE, MAKER_IMEI, key);
	repository.record[repository.len - 1] ^= 1;
	refused(aaa, "binding.signature", DEVID_BAD, "DID-X-P3: a record that was changed");
	repository.status = 404;
	refused(aaa, "binding.none", DEVID_BAD, "DID-X-07: unknown");
	repository.status = 503;
	refused(aaa, "aaa.repository", DEVID_INDETERMINATE, "a repository that can't say");
	repository.down = true;
	refused(aaa, "aaa.repository", DEVID_INDETERMINATE, "no repository");
	before = repository.asked;
	tap_ok(!look(aaa, DEVID_Y, "352099001761482", 1000) && repository.asked == before &&
	       !strcmp(result.rule, "imei.check-digit"), "DID-X-09: a wrong check digit is not asked for");
	aaa_free(aaa);
}

static void with_cache(void)
{
	const struct aaa_limits on = { 3600, 30 };
	struct aaa *aaa = aaa_new(key, &on, ask, NULL);
	unsigned int before;

	serve(DEVID_ACTIVE, MAKER_IMEI, key);
	repository.generation = 5;
	look(aaa, DEVID_Y, MAKER_IMEI, 1000);
	before = repository.asked;
	tap_ok(look(aaa, DEVID_Y, MAKER_IMEI, 1029) && cached && repository.asked == before,
	       "FFS-10: remembered for 29 s");
	tap_ok(!memcmp(out, repository.record, repository.len), "it is the signed record still");
	tap_ok(!look(aaa, DEVID_X, MAKER_IMEI, 1029) && !strcmp(result.rule, "binding.solution"),
	       "DID-Y-04: not for the other solution");
	serve(DEVID_WITHDRAWN, MAKER_IMEI, key);
	repository.generation = 6;
	before = repository.asked;
	tap_ok(!look(aaa, DEVID_Y, MAKER_IMEI, 1060) && repository.asked == before + 1 &&
	       !strcmp(result.rule, "binding.withdrawn"), "DID-X-07a: withdrawn: gone with the next recheck");
	serve(DEVID_ACTIVE, MAKER_IMEI, key);
	look(aaa, DEVID_Y, MAKER_IMEI, 2000);
	serve(DEVID_ACTIVE, MAKER_OTHER, key);
	repository.generation = 7;
	look(aaa, DEVID_Y, MAKER_OTHER, 2010);
	before = repository.asked;
	look(aaa, DEVID_Y, MAKER_IMEI, 2011);
	tap_ok(repository.asked == before + 1, "FFS-10: a change told with another's answer empties all");
	aaa_free(aaa);
}

static void cache_ends(void)
{
	const struct aaa_limits on = { 60, 3600 };
	struct aaa *aaa = aaa_new(key, &on, ask, NULL);
	unsigned int before;

	serve(DEVID_ACTIVE, MAKER_IMEI, key);
	look(aaa, DEVID_Y, MAKER_IMEI, 1000);
	before = repository.asked;
	tap_ok(look(aaa, DEVID_Y, MAKER_IMEI, 1059) && cached, "FFS-10: remembered to the end");
	look(aaa, DEVID_Y, MAKER_IMEI, 1060);
	tap_ok(!cached && repository.asked == before + 1, "and no longer");
	look(aaa, DEVID_Y, MAKER_IMEI, 900);
	tap_ok(!cached, "a clock that ran back keeps nothing alive");
	repository.generation = -1;
	look(aaa, DEVID_Y, MAKER_IMEI, 5000);
	look(aaa, DEVID_Y, MAKER_IMEI, 5001);
	tap_ok(!cached, "nor a repository that does not count");
	repository.generation = 9;
	look(aaa, DEVID_Y, MAKER_IMEI, 6000);
	repository.down = true;
	tap_ok(!look(aaa, DEVID_Y, MAKER_IMEI, 6060) && result.verdict == DEVID_INDETERMINATE,
	       "nor one that is gone");
	aaa_free(aaa);
}

int main(void)
{
	tap_start();
	key = maker_key("P-256");
	spki = maker_spki(maker_key("P-256"));
	without_cache();
	with_cache();
	cache_ends();
	return tap_end();
}
