// SPDX-License-Identifier: GPL-2.0-or-later
/* tre_policy_parse(): what is a policy, and what one error makes of it. */
#include <string.h>
#include "../lib/tap.h"
#include "tre/internal.h"
#include "tre/policy.h"

#define A	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B	"0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD"

static const struct policy_case {
	const char *what, *text;
	const char *err;	/* NULL: it parses; else how the error begins */
	size_t len;		/* 0: that of the text */
} cases[] = {
	{ "the smallest policy parses", "policy 1\npcr 0 " A },
	{ "a whole policy parses", "policy 1\nname lab-2026.11\npcr 0 " A "\npcr 23 " A " " B "\n" },
	{ "comments, blanks and tabs parse",
	  "# lab\n\n \t\n  policy\t1 # first\n\tpcr  10\t" A "  # IMA\n#end" },
	{ "an empty policy is refused", "", "line 0: no PCR is named" },
	{ "only comments are refused", "# nothing\n", "line 1: no PCR is named" },
	{ "a policy without PCRs is refused", "policy 1\nname x\n", "line 2: no PCR is named" },
	{ "a missing version is refused", "pcr 0 " A, "line 1: the first directive" },
	{ "another version is refused", "policy 2\npcr 0 " A, "line 1: policy version" },
	{ "a version of more digits is refused", "policy 01\npcr 0 " A, "line 1: policy version" },
	{ "no version number is refused", "policy\npcr 0 " A, "line 1: policy version" },
	{ "words behind the version are refused", "policy 1 2\npcr 0 " A, "line 1: '2' behind" },
	{ "the version twice is refused", "policy 1\npolicy 1\npcr 0 " A, "line 2: 'policy' for" },
	{ "a name twice is refused", "policy 1\nname a\nname b\npcr 0 " A, "line 3: 'name' for" },
	{ "no name behind 'name' is refused", "policy 1\nname\npcr 0 " A, "line 2: a name has" },
	{ "a name of two words is refused", "policy 1\nname a b\npcr 0 " A, "line 2: 'b' behind" },
	{ "a name with a slash is refused", "policy 1\nname a/b\npcr 0 " A, "line 2: a name is made" },
	{ "a name of 64 characters is refused", "policy 1\nname " A "\npcr 0 " A,
	  "line 2: a name has" },
	{ "an unknown directive is refused", "policy 1\npcr 0 " A "\npcrs 1 " A "\n",
	  "line 3: 'pcrs' is unknown" },
	{ "another case of a directive is refused", "policy 1\nPCR 0 " A, "line 2: 'PCR' is unknown" },
	{ "PCR 24 is refused", "policy 1\npcr 24 " A, "line 2: a PCR is a number" },
	{ "PCR -1 is refused", "policy 1\npcr -1 " A, "line 2: a PCR is a number" },
	{ "PCR 00 is refused", "policy 1\npcr 00 " A, "line 2: a PCR is a number" },
	{ "PCR 0x1 is refused", "policy 1\npcr 0x1 " A, "line 2: a PCR is a number" },
	{ "a huge PCR is refused", "policy 1\npcr 4294967296 " A, "line 2: a PCR is a number" },
	{ "no PCR number is refused", "policy 1\npcr\n", "line 2: a PCR is a number" },
	{ "a PCR twice is refused", "policy 1\npcr 1 " A "\npcr 2 " A "\npcr 1 " B,
	  "line 4: PCR 1 was named in line 2" },
	{ "a PCR without a value is refused", "policy 1\npcr 0\n", "line 2: PCR 0 has no value" },
	{ "63 digits are refused", "policy 1\npcr 0 " A "\npcr 1 a" "\n", "line 3: 'a' is not 64" },
	{ "65 digits are refused", "policy 1\npcr 0 a" A, "line 2: 'aaaa" },
	{ "a digit that is none is refused",
	  "policy 1\npcr 0 g123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD",
	  "line 2: 'g123" },
	{ "one bad value among good ones is refused", "policy 1\npcr 0 " A " 00 " B, "line 2: '00'" },
	{ "a carriage return is refused", "policy 1\r\npcr 0 " A, "line 1: byte 0x0d" },
	{ "a NUL is refused", "policy 1\npcr 0 " A "\0" "\n", "line 2: byte 0x00",
	  9 + 6 + 64 + 2 },
	{ "a byte beyond ASCII is refused", "policy 1\n# \xc3\xa9\npcr 0 " A, "line 2: byte 0xc3" },
	{ "a number of bytes beyond the limit is refused", "", "line 0: 16777217 octets",
	  (16 << 20) + 1 },
	{ "a policy of files alone parses", "policy 1\nima allow /bin/sh " A " " B "\n" },
	{ "every directive parses",
	  "policy 1\nversion 7\npcr 0 " A "\nevent allow 4 " A " " B "\nevent deny " B
	  "\nima allow /a%20b " A "\nima deny " A " /evil/*\nima exclude /var/log/*\n" },
	{ "a path twice parses", "policy 1\nima allow /a " A "\nima allow /a " B },
	{ "version 0 is refused", "policy 1\nversion 0\npcr 0 " A, "line 2: a version is" },
	{ "version 07 is refused", "policy 1\nversion 07\npcr 0 " A, "line 2: a version is" },
	{ "a version of 19 digits is refused", "policy 1\nversion 1000000000000000000\npcr 0 " A,
	  "line 2: a version is" },
	{ "two versions are refused", "policy 1\nversion 1\nversion 2\npcr 0 " A,
	  "line 3: 'version' for" },
	{ "an event rule without a verb is refused", "policy 1\nevent 4 " A, "line 2: 'event' is not" },
	{ "an event rule of PCR 24 is refused", "policy 1\nevent allow 24 " A, "line 2: a PCR is" },
	{ "an event rule without a digest is refused", "policy 1\nevent allow 4\n",
	  "line 2: no digest" },
	{ "an event deny of a path is refused", "policy 1\npcr 0 " A "\nevent deny /a",
	  "line 3: '/a' is not 64" },
	{ "values and event rules of a PCR are refused",
	  "policy 1\npcr 4 " A "\nevent allow 4 " B, "line 2: PCR 4 has values, and rules" },
	{ "values of PCR 10 and rules for files are refused",
	  "policy 1\nima exclude /a\npcr 10 " A, "line 3: PCR 10 has values, and rules" },
	{ "an ima rule without a verb is refused", "policy 1\nima\n", "line 2: 'ima' is not" },
	{ "an unknown ima rule is refused", "policy 1\nima permit /a " A, "line 2: 'ima' is not" },
	{ "a file without a digest is refused", "policy 1\nima allow /a\n",
	  "line 2: '/a' has no digest" },
	{ "a file without a path is refused", "policy 1\nima allow\n", "line 2: no path" },
	{ "a file with a short digest is refused", "policy 1\nima allow /a 00\n",
	  "line 2: '00' is not 64" },
	{ "a NUL in a path is refused", "policy 1\nima allow /a%00b " A, "line 2: a % in a path" },
	{ "half an escape is refused", "policy 1\nima allow /a%2 " A, "line 2: a % in a path" },
	{ "half an escape in a pattern is refused", "policy 1\nima exclude /a%2", "line 2: a % in" },
	{ "a denied thing that is neither digest nor path is refused", "policy 1\nima deny abc\n",
	  "line 2: 'abc' is neither" },
	{ "nothing that is denied is refused", "policy 1\nima deny\n", "line 2: nothing is named" },
	{ "nothing that is excluded is refused", "policy 1\nima exclude # all\n",
	  "line 2: nothing is named" },
	{ "a signature of an unknown kind is refused", "policy 1\npcr 0 " A "\nsignature rsa 00",
	  "line 3: the signature's algorithm" },
	{ "a signature that is none is refused", "policy 1\npcr 0 " A "\nsignature ed25519 0g",
	  "line 3: the signature is none" },
	{ "a signature of half an octet is refused", "policy 1\npcr 0 " A "\nsignature ed25519 000",
	  "line 3: the signature is none" },
	{ "a signature of 81 octets is refused",
	  "policy 1\npcr 0 " A "\nsignature ed25519 " A A "00112233445566778899aabbccddeeff0011",
	  "line 3: the signature is none" },
	{ "a rule behind the signature is refused",
	  "policy 1\npcr 0 " A "\nsignature ed25519 00\npcr 1 " B, "line 4: behind the signature" },
	{ "a comment behind the signature is refused",
	  "policy 1\npcr 0 " A "\nsignature ed25519 00\n#\n", "line 4: behind the signature" },
};

static void run_case(const struct policy_case *c)
{
	size_t len = c->len ? c->len : strlen(c->text);
	struct tre_policy *policy;
	char err[200];
	bool ok;

	policy = tre_policy_parse(c->text, len, err, sizeof(err));
	ok = c->err ? !policy && !strncmp(err, c->err, strlen(c->err)) : policy && !err[0];
	if (!tap_ok(ok, "HNB-TRE-01: policy: %s", c->what))
		printf("# wanted %s\n", c->err ? c->err : "a policy");
	if (err[0])
		printf("# %s\n", err);
	tre_policy_free(policy);
}

/* The value is allowed, and what led to it may be denied: without a log who knows. */
static void deny_without_log(void)
{
	static const char text[] = "policy 1\npcr 0 " A "\nevent deny " B "\n";
	struct tre_policy *p = tre_policy_parse(text, sizeof(text) - 1, NULL, 0);
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN] = { 0 };
	struct tre_result r = { 0 };

	if (p)
		memcpy(pcrs[0], p->pcr[0].values[0], TRE_DIGEST_LEN);
	tap_ok(p && !tre_policy_match(p, 1, (const uint8_t (*)[TRE_DIGEST_LEN])pcrs, &r) &&
	       r.verdict == TRE_UNAVAILABLE && !strcmp(r.rule, "tre.eventlog.absent"),
	       "HNB-TRE-01: policy: a deny list of events, and no log: can't be told");
	tre_policy_free(p);
}

int main(void)
{
	static const char named[] = "policy 1\nname lab-1\npcr 0 " A, plain[] = "policy 1\npcr 0 " A;
	struct tre_policy *policy;
	size_t i;

	tap_start();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
	policy = tre_policy_parse(named, sizeof(named) - 1, NULL, 0);
	tap_ok(policy && !strcmp(tre_policy_name(policy), "lab-1"), "HNB-TRE-01: policy: has its name");
	tre_policy_free(policy);
	policy = tre_policy_parse(plain, sizeof(plain) - 1, NULL, 0);
	tap_ok(policy && !strcmp(tre_policy_name(policy), "unnamed"),
	       "HNB-TRE-01: policy: without a name it is 'unnamed'");
	tre_policy_free(policy);
	tap_ok(!tre_policy_parse("pcr", 3, NULL, 0), "HNB-TRE-01: policy: an error needs no buffer");
	deny_without_log();
	return tap_end();
}
