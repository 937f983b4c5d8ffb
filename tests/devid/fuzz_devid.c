// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What comes from elsewhere: a record as a repository or a disk may give it, a request as
 * a client may send it, a configuration. The first octet says which.
 */
#include <string.h>
#include <openssl/evp.h>
#include "fuzz.h"
#include "devid/access.h"
#include "devid/binding.h"
#include "maker.h"

static EVP_PKEY *key;
static uint8_t record[DEVID_RECORD_MAX];
static size_t record_len;
static struct pki_der spki;

static void setup(void)
{
	struct devid_binding b;
	struct devid_result r;

	if (key)
		return;
	key = maker_key("P-256");
	spki = maker_spki(key);
	b = maker_y(spki);
	record_len = devid_binding_sign(&b, key, record, &r);
	FUZZ_ASSERT(record_len);
}

/* No octets but those that were signed are believed; what is read can be written again. */
static void try_record(const uint8_t *data, size_t len)
{
	uint8_t again[DEVID_RECORD_MAX];
	struct devid_binding b, c;
	struct devid_result r;

	if (devid_binding_verify(data, len, key, &b, &r))
		FUZZ_ASSERT(len == record_len && !memcmp(data, record, len));
	else
		FUZZ_ASSERT(r.verdict != DEVID_GOOD && *r.rule && !b.solution);
	if (!devid_binding_decode(data, len, &b, &r))
		return;
	FUZZ_ASSERT(r.verdict != DEVID_GOOD);
	len = devid_binding_sign(&b, key, again, &r);
	FUZZ_ASSERT(len && devid_binding_verify(again, len, key, &c, &r) && !strcmp(b.imei, c.imei));
	if (devid_binding_admit(&b, &r))
		EVP_PKEY_free(devid_binding_key(&b, &r));
}

static void try_request(const uint8_t *data, size_t len)
{
	uint8_t again[DEVID_REQUEST_MAX];
	struct devid_request q;
	struct devid_result r;

	if (devid_request_decode(data, len, &q, &r))
		FUZZ_ASSERT(devid_request_encode(&q, again) == len && !memcmp(again, data, len));
	else
		FUZZ_ASSERT(r.verdict != DEVID_GOOD && !q.verb);
}

/* Whatever it says, who is not named in it may nothing. */
static void try_config(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "" };
	static struct devid_config c;
	int client;

	if (!devid_config_parse((const char *)data, len, &c, NULL, NULL))
		FUZZ_ASSERT(!access_allows(&c, names, 1, DEVID_QUERY, MAKER_IMEI, &client) && client < 0 &&
			    c.aaa_cache_s <= 3600);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	setup();
	if (!size)
		return 0;
	/* Of its own, so that one octet too far is seen. */
	copy = malloc(size);
	FUZZ_ASSERT(copy);
	memcpy(copy, data + 1, size - 1);
	if (data[0] % 3 == 0)
		try_record(copy, size - 1);
	else if (data[0] % 3 == 1)
		try_request(copy, size - 1);
	else
		try_config(copy, size - 1);
	free(copy);
	return 0;
}

static const char config[] =
	"[repository]\nlisten = 127.0.0.1:0\ntls-cert = /a\ntls-key = /b\nclient-ca = /c\n"
	"store = /d\nstore-key = /e\nsigning-key = /f\n"
	"[client one]\nname = one.example\nquery = 35209900-35209999, 12345678\npublish = all\n"
	"[aaa]\nurl = https://repository.example\nca = /a\ntls-cert = /b\ntls-key = /c\n"
	"repository-key = /d\ncache = 30min\nca-source = repository\n";

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	struct devid_request q = { .verb = n == 1 ? DEVID_QUERY : DEVID_PUBLISH, .solution = DEVID_Y,
				   .imei = MAKER_IMEI };

	setup();
	if (n == 2)
		q.subject = spki;
	buf[0] = (uint8_t)(n == 0 ? 0 : n == 3 ? 2 : 1);
	if (n == 0) {
		memcpy(buf + 1, record, record_len);
		return 1 + record_len;
	}
	if (n < 3)
		return 1 + devid_request_encode(&q, buf + 1);
	memcpy(buf + 1, config, sizeof(config) - 1);
	return n == 3 ? sizeof(config) : 0;
}
