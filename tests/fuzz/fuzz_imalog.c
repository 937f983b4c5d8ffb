// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's measurement list, and what is judged by it. */
#include <string.h>
#include "fuzz.h"
#include "tre/imalog.h"
#include "tre/judge.h"

#define A	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define Z	"0707070707070707070707070707070707070707070707070707070707070707"

static const char text[] =
	"policy 1\nima allow /bin/sh " Z "\nima deny " A " /evil*\nima exclude /log/*?x*\n";

static void judge(const uint8_t *data, size_t size, const uint8_t pcr10[TRE_DIGEST_LEN],
		  unsigned int entries)
{
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN] = { 0 };
	struct tre_measured m = {
		.mask = 0xffffff, .pcrs = (const uint8_t (*)[TRE_DIGEST_LEN])pcrs,
		.imalog = { .octets = data, .len = size },
	};
	struct tre_policy *policy = tre_policy_parse(text, sizeof(text) - 1, NULL, 0);
	const struct tre_policy *both[2] = { policy, policy };
	struct tre_judged judged, again;
	struct tre_result r = { 0 };

	FUZZ_ASSERT(policy);
	memcpy(pcrs[TRE_IMA_PCR], pcr10, TRE_DIGEST_LEN);
	tre_judge(both, 1, 0, &m, &judged, &r, NULL, NULL);
	FUZZ_ASSERT(r.rule[0] && r.detail[0]);
	FUZZ_ASSERT((r.verdict == TRE_PASS) == !(judged.refused + judged.untold));
	FUZZ_ASSERT(judged.files <= entries && judged.excluded + judged.allowed <= judged.files);
	/* A policy beside itself says the same. */
	tre_judge(both, 2, 0, &m, &again, &r, NULL, NULL);
	FUZZ_ASSERT(!memcmp(&judged, &again, sizeof(judged)));
	tre_policy_free(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tre_ima_entry e;
	struct tre_imalog log;
	unsigned int n = 0;
	int more;

	tre_imalog_begin(&log, data, size);
	while ((more = tre_imalog_next(&log, &e)) > 0) {
		const uint8_t *path = (const uint8_t *)e.path;

		FUZZ_ASSERT(e.n == ++n && e.pcr < TRE_PCRS);
		FUZZ_ASSERT(!e.known || (e.path_len && e.path_len <= TRE_IMA_PATH_MAX &&
					 path >= data && path + e.path_len <= data + size));
		FUZZ_ASSERT(!e.known || !memchr(e.path, 0, e.path_len));
		FUZZ_ASSERT(memchr(e.alg, 0, sizeof(e.alg)) &&
			    memchr(e.template, 0, sizeof(e.template)));
	}
	FUZZ_ASSERT(log.n == n && (more < 0) == (log.err[0] != 0));
	FUZZ_ASSERT(tre_imalog_next(&log, &e) == more);
	judge(data, size, log.pcr10, n);
	return 0;
}

static size_t put(uint8_t *buf, size_t at, const void *data, size_t len)
{
	memcpy(buf + at, data, len);
	return at + len;
}

static size_t put_le32(uint8_t *buf, size_t at, size_t v)
{
	for (int i = 0; i < 4; i++)
		buf[at++] = (uint8_t)(v >> 8 * i);
	return at;
}

static size_t put_entry(uint8_t *buf, size_t at, uint32_t pcr, const char *template,
			const char *alg, const char *path, bool violation)
{
	size_t digest = !strncmp(alg, "sha1", 4) ? 20 : 32;
	size_t head = strlen(alg) + 2, name = strlen(path) + 1;

	at = put_le32(buf, at, pcr);
	memset(buf + at, violation ? 0 : 1, 20);
	at = put_le32(buf, at + 20, strlen(template));
	at = put(buf, at, template, strlen(template));
	at = put_le32(buf, at, 4 + head + digest + 4 + name);
	at = put_le32(buf, at, head + digest);
	at = put(buf, at, alg, head - 2);
	at = put(buf, at, ":", 2);
	memset(buf + at, 7, digest);
	at = put_le32(buf, at + digest, name);
	return put(buf, at, path, name);
}

static size_t put_old(uint8_t *buf, size_t at, const char *path)
{
	at = put_le32(buf, at, 10);
	memset(buf + at, 1, 20);
	at = put(buf, put_le32(buf, at + 20, 3), "ima", 3);
	memset(buf + at, 7, 20);
	at = put_le32(buf, at + 20, strlen(path));
	return put(buf, at, path, strlen(path));
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	size_t at = 0;

	switch (n) {
	case 0:
		at = put_entry(buf, at, 10, "ima-ng", "sha256", "boot_aggregate", false);
		at = put_entry(buf, at, 10, "ima-ng", "sha256", "/bin/sh", false);
		return put_entry(buf, at, 10, "ima-ng", "sha1", "/log/ax", true);
	case 1:
		at = put_entry(buf, at, 10, "ima-ngv2", "ima:sha256", "/bin/sh", false);
		at = put_entry(buf, at, 10, "ima-sigv2", "verity:sha256", "/evil/1", false);
		return put_entry(buf, at, 11, "d-ng|x", "sha256", "/log/yyyyx", false);
	case 2:
		return put_old(buf, put_old(buf, at, "boot_aggregate"), "/bin/sh");
	default:
		return 0;
	}
}
