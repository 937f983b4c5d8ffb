// SPDX-License-Identifier: GPL-2.0-or-later
/* The reference policy: its text, and whether measured values are in it. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tre/internal.h"

#define POLICY_MAX	(256 * 1024)
#define VALUES_MAX	256

struct parser {
	struct tre_policy *policy;
	const char *p, *end;	/* what is left of the line */
	unsigned int line;
	bool versioned;
	char *err;
	size_t errlen;
};

struct word {
	const char *s;
	size_t len;
};

static bool fail(struct parser *ps, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct parser *ps, const char *fmt, ...)
{
	char why[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (ps->err && ps->errlen)
		snprintf(ps->err, ps->errlen, "line %u: %s", ps->line, why);
	return false;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of the line; false at its end. */
static bool next_word(struct parser *ps, struct word *w)
{
	while (ps->p < ps->end && blank(*ps->p))
		ps->p++;
	w->s = ps->p;
	while (ps->p < ps->end && !blank(*ps->p))
		ps->p++;
	w->len = (size_t)(ps->p - w->s);
	return w->len > 0;
}

static bool is(const struct word *w, const char *s)
{
	return w->len == strlen(s) && !memcmp(w->s, s, w->len);
}

static bool line_ends(struct parser *ps, const char *directive)
{
	struct word w;

	if (!next_word(ps, &w))
		return true;
	return fail(ps, "'%.*s' behind '%s' (remove it)", (int)(w.len < 32 ? w.len : 32), w.s,
		    directive);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool parse_digest(const struct word *w, uint8_t out[TRE_DIGEST_LEN])
{
	size_t i;

	if (w->len != TRE_HEX_LEN)
		return false;
	for (i = 0; i < TRE_DIGEST_LEN; i++) {
		int hi = hex_digit(w->s[2 * i]), lo = hex_digit(w->s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

/* Plain decimal, no sign and no leading zero. -1 when it isn't below @limit. */
static int parse_number(const struct word *w, int limit)
{
	int n = 0;
	size_t i;

	if (!w->len || w->len > 4 || (w->len > 1 && w->s[0] == '0'))
		return -1;
	for (i = 0; i < w->len; i++) {
		if (w->s[i] < '0' || w->s[i] > '9')
			return -1;
		n = 10 * n + (w->s[i] - '0');
	}
	return n < limit ? n : -1;
}

static bool parse_version(struct parser *ps)
{
	struct word w;

	if (ps->versioned)
		return fail(ps, "'policy' for the second time (remove one)");
	if (!next_word(ps, &w) || !is(&w, "1"))
		return fail(ps, "policy version is not 1, the only one known (write 'policy 1')");
	ps->versioned = true;
	return line_ends(ps, "policy 1");
}

static bool parse_name(struct parser *ps)
{
	struct word w;
	size_t i;

	if (ps->policy->name[0])
		return fail(ps, "'name' for the second time (remove one)");
	if (!next_word(ps, &w) || w.len >= sizeof(ps->policy->name))
		return fail(ps, "a name has 1 to %zu characters (write 'name SOMETHING')",
			    sizeof(ps->policy->name) - 1);
	for (i = 0; i < w.len; i++) {
		if (!isalnum((unsigned char)w.s[i]) && !strchr("._-+:", w.s[i]))
			return fail(ps, "a name is made of letters, digits and . _ - + : (change it)");
	}
	memcpy(ps->policy->name, w.s, w.len);
	return line_ends(ps, "name");
}

static bool add_value(struct parser *ps, struct tre_allowed *allowed, const struct word *w)
{
	uint8_t (*more)[TRE_DIGEST_LEN];

	if (allowed->n == VALUES_MAX)
		return fail(ps, "more than %d values (remove old ones)", VALUES_MAX);
	more = realloc(allowed->values, (allowed->n + 1) * sizeof(*more));
	if (!more)
		return fail(ps, "out of memory (free some)");
	allowed->values = more;
	if (!parse_digest(w, more[allowed->n]))
		return fail(ps, "'%.*s' is not 64 hex digits (write a SHA-256 value)",
			    (int)(w->len < 70 ? w->len : 70), w->s);
	allowed->n++;
	return true;
}

static bool parse_pcr(struct parser *ps)
{
	struct tre_allowed *allowed;
	struct word w;
	int n;

	n = next_word(ps, &w) ? parse_number(&w, TRE_PCRS) : -1;
	if (n < 0)
		return fail(ps, "a PCR is a number from 0 to %d (write 'pcr N VALUE...')",
			    TRE_PCRS - 1);
	allowed = &ps->policy->pcr[n];
	if (allowed->line)
		return fail(ps, "PCR %d was named in line %u already (put all its values there)",
			    n, allowed->line);
	allowed->line = ps->line;
	while (next_word(ps, &w)) {
		if (!add_value(ps, allowed, &w))
			return false;
	}
	return allowed->n ? true : fail(ps, "PCR %d has no value (write 64 hex digits)", n);
}

static bool parse_line(struct parser *ps)
{
	const char *c;
	struct word w;

	for (c = ps->p; c < ps->end; c++) {
		if ((*c < 0x20 && *c != '\t') || *c > 0x7e)
			return fail(ps, "byte 0x%02x (a policy is plain text with Unix line ends)",
				    (unsigned char)*c);
	}
	c = memchr(ps->p, '#', (size_t)(ps->end - ps->p));
	if (c)
		ps->end = c;
	if (!next_word(ps, &w))
		return true;
	if (is(&w, "policy"))
		return parse_version(ps);
	if (!ps->versioned)
		return fail(ps, "the first directive is not 'policy 1' (write it)");
	if (is(&w, "name"))
		return parse_name(ps);
	if (is(&w, "pcr"))
		return parse_pcr(ps);
	return fail(ps, "'%.*s' is unknown (use policy, name or pcr)",
		    (int)(w.len < 32 ? w.len : 32), w.s);
}

static bool parse_text(struct parser *ps, const char *text, size_t len)
{
	const char *end = text + len;
	bool any = false;
	int i;

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));

		ps->line++;
		ps->p = text;
		ps->end = eol ? eol : end;
		text = eol ? eol + 1 : end;
		if (!parse_line(ps))
			return false;
	}
	for (i = 0; i < TRE_PCRS; i++)
		any |= ps->policy->pcr[i].line != 0;
	return any ? true : fail(ps, "no PCR is named (write 'policy 1' and 'pcr N VALUE...')");
}

struct tre_policy *tre_policy_parse(const char *text, size_t len, char *err, size_t errlen)
{
	struct parser ps = { .err = err, .errlen = errlen };

	if (err && errlen)
		err[0] = 0;
	ps.policy = calloc(1, sizeof(*ps.policy));
	if (!ps.policy) {
		fail(&ps, "out of memory (free some)");
		return NULL;
	}
	if (len > POLICY_MAX)
		fail(&ps, "%zu octets, at most %d are read (shorten it)", len, POLICY_MAX);
	else if (parse_text(&ps, text, len))
		return ps.policy;
	tre_policy_free(ps.policy);
	return NULL;
}

void tre_policy_free(struct tre_policy *policy)
{
	int i;

	if (!policy)
		return;
	for (i = 0; i < TRE_PCRS; i++)
		free(policy->pcr[i].values);
	free(policy);
}

const char *tre_policy_name(const struct tre_policy *policy)
{
	return policy->name[0] ? policy->name : "unnamed";
}

static bool allows(const struct tre_allowed *allowed, const uint8_t value[TRE_DIGEST_LEN])
{
	unsigned int i;

	for (i = 0; i < allowed->n; i++) {
		if (!memcmp(allowed->values[i], value, TRE_DIGEST_LEN))
			return true;
	}
	return false;
}

static void set_mismatch(int pcr, const struct tre_allowed *allowed,
			 const uint8_t value[TRE_DIGEST_LEN], struct tre_result *result)
{
	char measured[TRE_HEX_LEN + 1], first[TRE_HEX_LEN + 1], more[24] = "";

	tre_hex(value, measured);
	if (!allowed->line) {
		tre_set(result, TRE_FAIL, "tre.pcr.unlisted",
			"PCR %d is %s, the policy has no line for it (add 'pcr %d VALUE' if the value is known good)",
			pcr, measured, pcr);
		return;
	}
	if (allowed->n > 1)
		snprintf(more, sizeof(more), " or %u more", allowed->n - 1);
	tre_set(result, TRE_FAIL, "tre.pcr.mismatch",
		"PCR %d is %s, policy line %u allows %s%s (boot known software, or update the policy)",
		pcr, measured, allowed->line, tre_hex(allowed->values[0], first), more);
}

bool tre_policy_match(const struct tre_policy *policy, uint32_t mask,
		      const uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN], struct tre_result *result)
{
	int i;

	for (i = 0; i < TRE_PCRS; i++) {
		if ((mask & 1u << i) && !allows(&policy->pcr[i], pcrs[i])) {
			set_mismatch(i, &policy->pcr[i], pcrs[i], result);
			return false;
		}
	}
	return true;
}
