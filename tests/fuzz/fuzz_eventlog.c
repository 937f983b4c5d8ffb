// SPDX-License-Identifier: GPL-2.0-or-later
/* The firmware's event log, and what is judged by it. */
#include <string.h>
#include "fuzz.h"
#include "tre/eventlog.h"
#include "tre/judge.h"

#define A	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char text[] = "policy 1\nevent allow 0 " A "\nevent allow 4 " A "\nevent deny " A "\n";

/* Whatever it is held against, nobody knows these digests: it never passes. */
static void judge(const uint8_t *data, size_t size, uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN])
{
	struct tre_measured m = {
		.mask = 0xffffff, .pcrs = (const uint8_t (*)[TRE_DIGEST_LEN])pcrs,
		.eventlog = { .octets = data, .len = size },
	};
	struct tre_policy *policy = tre_policy_parse(text, sizeof(text) - 1, NULL, 0);
	const struct tre_policy *one = policy;
	struct tre_judged judged;
	struct tre_result r = { 0 };

	FUZZ_ASSERT(policy);
	tre_judge(&one, 1, 0, &m, &judged, &r, NULL, NULL);
	FUZZ_ASSERT(r.rule[0] && r.detail[0]);
	FUZZ_ASSERT((r.verdict == TRE_PASS) == !(judged.refused + judged.untold));
	tre_policy_free(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tre_eventlog log;
	struct tre_event e;
	uint32_t extended = 0;
	unsigned int n = 0;
	char name[20];
	int more = -1;

	if (tre_eventlog_begin(&log, data, size)) {
		while ((more = tre_eventlog_next(&log, &e)) > 0) {
			FUZZ_ASSERT(e.n == ++n && tre_event_name(e.type, name)[0]);
			FUZZ_ASSERT(!e.len || (e.data >= data && e.data + e.len <= data + size));
			FUZZ_ASSERT(!e.extends || e.pcr < TRE_PCRS);
			if (e.extends)
				extended |= 1u << e.pcr;
		}
	}
	FUZZ_ASSERT(more < 0 ? log.err[0] : !log.err[0] && log.extended == extended);
	/* Once it is refused it stays so. */
	FUZZ_ASSERT(more == 0 || tre_eventlog_next(&log, &e) < 0);
	judge(data, size, log.pcrs);
	return 0;
}

static size_t put(uint8_t *buf, size_t at, const void *data, size_t len)
{
	memcpy(buf + at, data, len);
	return at + len;
}

static size_t put_le(uint8_t *buf, size_t at, uint32_t v, size_t len)
{
	while (len--) {
		buf[at++] = (uint8_t)v;
		v >>= 8;
	}
	return at;
}

static size_t put_header(uint8_t *buf)
{
	size_t at = 0;

	memset(buf, 0, 32);
	at = put_le(buf, put_le(buf, at, 0, 4), 3, 4) + 20;
	at = put_le(buf, at, 16 + 8 + 4 + 8 + 1, 4);
	at = put(buf, at, "Spec ID Event03", 16);
	at = put(buf, at, "\0\0\0\0\0\x02\0\x02", 8);
	at = put_le(buf, at, 2, 4);
	at = put_le(buf, put_le(buf, at, 4, 2), 20, 2);
	at = put_le(buf, put_le(buf, at, 11, 2), 32, 2);
	return put_le(buf, at, 0, 1);
}

static size_t put_event(uint8_t *buf, size_t at, uint32_t pcr, uint32_t type, const char *data,
			size_t len)
{
	at = put_le(buf, put_le(buf, put_le(buf, at, pcr, 4), type, 4), 2, 4);
	at = put_le(buf, at, 4, 2);
	memset(buf + at, 1, 20);
	at = put_le(buf, at + 20, 11, 2);
	memset(buf + at, 2, 32);
	at = put_le(buf, at + 32, (uint32_t)len, 4);
	return put(buf, at, data, len);
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	size_t at = put_header(buf);

	switch (n) {
	case 0:
		at = put_event(buf, at, 0, 3, "StartupLocality\0\x03", 17);
		at = put_event(buf, at, 0, 8, "crtm", 4);
		return put_event(buf, at, 4, 0x80000003, "loader", 6);
	case 1:
		at = put_event(buf, at, 0xffffffff, 3, "tells", 5);
		at = put_event(buf, at, 23, 0x4711, "", 0);
		memset(buf + at, 0, 64);
		return at + 64;
	case 2:
		return at;
	default:
		return 0;
	}
}
