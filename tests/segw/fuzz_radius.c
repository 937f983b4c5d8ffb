// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers of a RADIUS server. The first two octets say what to mend: with both digests
 * made right again the parser behind them is reached, too.
 */
#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "fuzz/fuzz.h"
#include "segw/radius.h"

static const uint8_t secret[] = "sixteen octets or more";

static const struct radius_request question = {
	.identity = "0001.femto.example.org", .nas = "segw.example.org", .id = 7,
	.secret = secret, .secret_len = sizeof(secret) - 1, .authenticator = "0123456789abcde",
};

/* As a server that knows the secret would, if it sent such a thing. */
static void mend(uint8_t *p, size_t len)
{
	uint8_t buf[RADIUS_MAX + sizeof(secret)];

	p[1] = question.id;
	p[2] = (uint8_t)(len >> 8);
	p[3] = (uint8_t)len;
	memcpy(p + 4, question.authenticator, 16);
	for (size_t at = 20; at + 18 <= len && p[at + 1] >= 2; at += p[at + 1]) {
		if (p[at] != 80 || p[at + 1] != 18)
			continue;
		memset(p + at + 2, 0, 16);
		HMAC(EVP_md5(), secret, sizeof(secret) - 1, p, len, buf, NULL);
		memcpy(p + at + 2, buf, 16);
		break;
	}
	memcpy(buf, p, len);
	memcpy(buf + len, secret, sizeof(secret) - 1);
	EVP_Digest(buf, len + sizeof(secret) - 1, p + 4, NULL, EVP_md5(), NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct radius_reply reply;
	uint8_t p[RADIUS_MAX];
	const char *rule;
	size_t len;

	if (!size)
		return 0;
	len = size - 1 < sizeof(p) ? size - 1 : sizeof(p);
	memcpy(p, data + 1, len);
	if (data[0] & 1 && len >= 20)
		mend(p, len);
	rule = radius_decode(&question, p, len, &reply);
	if (rule) {
		FUZZ_ASSERT(!strncmp(rule, "authz.radius.", 13));
		return 0;
	}
	/* What is believed carries a Message-Authenticator and is one of three. */
	FUZZ_ASSERT(len >= 38 && memchr(p + 20, 80, len - 20));
	FUZZ_ASSERT(reply.code == RADIUS_ACCEPT || reply.code == RADIUS_REJECT ||
		    reply.code == RADIUS_CHALLENGE);
	FUZZ_ASSERT(memchr(reply.message, 0, sizeof(reply.message)));
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const struct { const char *attrs; uint8_t code, len; } seeds[] = {
		{ "", 2, 0 }, { "\x12\x06nope", 3, 6 }, { "\x1b\x06\0\0\0\x5a", 2, 6 },
		{ "\x18\x04" "ab", 11, 4 },
	};

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	memset(buf, 0, 39);
	buf[0] = 1;
	buf[1] = seeds[n].code;
	buf[21] = 80;
	buf[22] = 18;
	memcpy(buf + 39, seeds[n].attrs, seeds[n].len);
	return 39u + seeds[n].len;
}
