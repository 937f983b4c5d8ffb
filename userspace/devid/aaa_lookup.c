// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The repository counts the changes of its bindings and tells the count with each answer.
 * Any change empties the cache; and as a repository that is not asked tells nothing, one
 * request in recheck_s goes there whatever the cache has.
 */
#include "devid/aaa_lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#define SLOTS		4096	/* of a direct-mapped cache: who collides is asked for again */

struct slot {
	uint8_t id[32];			/* HMAC of solution and IMEI */
	int64_t since_s;
	uint8_t *record;
	size_t len;
};

struct aaa {
	EVP_PKEY *key;
	struct aaa_limits limits;
	aaa_ask_fn *ask;
	void *arg;
	uint8_t mac_key[32];
	int64_t generation, told_s;	/* what was told, and when; -1: nothing */
	struct ask_answer answer;
	struct slot slots[SLOTS];
};

struct aaa *aaa_new(EVP_PKEY *key, const struct aaa_limits *limits, aaa_ask_fn *ask, void *arg)
{
	struct aaa *aaa = calloc(1, sizeof(*aaa));

	if (!aaa || RAND_bytes(aaa->mac_key, sizeof(aaa->mac_key)) != 1) {
		free(aaa);
		return NULL;
	}
	aaa->key = key;
	aaa->limits = *limits;
	aaa->ask = ask;
	aaa->arg = arg;
	aaa->generation = -1;
	return aaa;
}

static void drop(struct slot *s)
{
	OPENSSL_clear_free(s->record, s->len);
	memset(s, 0, sizeof(*s));
}

static void drop_all(struct aaa *aaa)
{
	for (size_t i = 0; i < SLOTS; i++)
		drop(&aaa->slots[i]);
}

void aaa_free(struct aaa *aaa)
{
	if (!aaa)
		return;
	drop_all(aaa);
	OPENSSL_cleanse(aaa, sizeof(*aaa));
	free(aaa);
}

static struct slot *slot_of(struct aaa *aaa, enum devid_solution solution, const char *imei, uint8_t id[32])
{
	uint8_t text[1 + DEVID_IMEI_MAX] = { (uint8_t)solution };
	size_t len = strnlen(imei, DEVID_IMEI_MAX);
	unsigned int n = 32;

	memcpy(text + 1, imei, len);
	if (!HMAC(EVP_sha256(), aaa->mac_key, sizeof(aaa->mac_key), text, 1 + len, id, &n))
		return NULL;
	return &aaa->slots[(id[0] << 8 | id[1]) % SLOTS];
}

static bool fresh(const struct aaa *aaa, const struct slot *s, const uint8_t id[32], int64_t now_s)
{
	return s->record && !memcmp(s->id, id, sizeof(s->id)) && aaa->generation >= 0 &&
	       now_s >= s->since_s && now_s - s->since_s < aaa->limits.cache_s &&
	       now_s >= aaa->told_s && now_s - aaa->told_s < aaa->limits.recheck_s;
}

static void keep(struct aaa *aaa, struct slot *s, const uint8_t id[32], int64_t now_s)
{
	uint8_t *record = OPENSSL_memdup(aaa->answer.body, aaa->answer.len);

	drop(s);
	if (!record)
		return;
	memcpy(s->id, id, sizeof(s->id));
	s->record = record;
	s->len = aaa->answer.len;
	s->since_s = now_s;
}

/* An answer without the count keeps nothing alive. */
static void told(struct aaa *aaa, int64_t generation, int64_t now_s)
{
	if (generation != aaa->generation || generation < 0)
		drop_all(aaa);
	aaa->generation = generation;
	aaa->told_s = now_s;
}

static bool ask_for(struct aaa *aaa, enum devid_solution solution, const char *imei, int64_t now_s,
		    struct devid_result *result)
{
	struct devid_request q = { .verb = DEVID_QUERY, .solution = solution };
	struct ask_answer *a = &aaa->answer;
	char err[DEVID_TEXT_MAX + 1] = "";

	snprintf(q.imei, sizeof(q.imei), "%s", imei);
	if (!aaa->ask(aaa->arg, &q, a, err, sizeof(err))) {
		devid_set(result, DEVID_INDETERMINATE, "aaa.repository", "%s", err);
		return false;
	}
	told(aaa, a->generation, now_s);
	if (a->status == 200 && a->record)
		return true;
	if (a->status == 404)
		devid_set(result, DEVID_BAD, "binding.none",
			  "there is no such binding, or this AAA may not know of it (publish it, or look at the repository's access list)");
	else
		devid_set(result, DEVID_INDETERMINATE, "aaa.repository",
			  "the repository answered %ld and no record (look at its log)", a->status);
	return false;
}

static size_t verified(struct aaa *aaa, const uint8_t *data, size_t len, enum devid_solution solution,
		       const char *imei, uint8_t *record, struct devid_result *result)
{
	struct devid_binding b;

	if (!devid_binding_verify(data, len, aaa->key, &b, result) ||
	    !devid_binding_answers(&b, solution, imei, result))
		return 0;
	memcpy(record, data, len);
	return len;
}

size_t aaa_lookup(struct aaa *aaa, enum devid_solution solution, const char *imei, int64_t now_s,
		  uint8_t *record, bool *cached, struct devid_result *result)
{
	struct slot *s;
	uint8_t id[32];
	size_t len;

	*cached = false;
	if (!devid_imei_ok(imei, strlen(imei), result))
		return 0;
	s = slot_of(aaa, solution, imei, id);
	if (!s) {
		devid_set(result, DEVID_INDETERMINATE, "devid.memory", "out of memory (free some)");
		return 0;
	}
	if (aaa->limits.cache_s && fresh(aaa, s, id, now_s)) {
		*cached = true;
		return verified(aaa, s->record, s->len, solution, imei, record, result);
	}
	if (!ask_for(aaa, solution, imei, now_s, result))
		return 0;
	len = verified(aaa, aaa->answer.body, aaa->answer.len, solution, imei, record, result);
	if (len && aaa->limits.cache_s && aaa->generation >= 0)
		keep(aaa, s, id, now_s);
	return len;
}
