// SPDX-License-Identifier: GPL-2.0-or-later
/* tre_policy_parse(): what is a policy, and what one error makes of it. */
#include <string.h>
#include "../lib/tap.h"
#include "tre/tre.h"

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
	{ "a number of bytes beyond the limit is refused", "", "line 0: 1048576 octets", 1 << 20 },
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
	return tap_end();
}
