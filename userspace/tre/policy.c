// SPDX-License-Identifier: GPL-2.0-or-later
/* The reference policy: its text, read. What follows from it: policy_rules.c */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tre/internal.h"
#include "tre/reset.h"

#define VALUES_MAX	256
#define NUMBER_DIGITS	18

struct parser {
	struct tre_policy *policy;
	char *p, *end;		/* what is left of the line; of a copy, decoded in place */
	size_t room_files, room_denied_files, room_events, room_denied_events;
	size_t room_denied_paths, room_excludes;
	size_t offset;		/* of the line */
	unsigned int line;
	bool versioned;
	char *err;
	size_t errlen;
};

struct word {
	char *s;
	size_t len;
};

static bool fail(struct parser *ps, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct parser *ps, const char *fmt, ...)
{
	char why[224];
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

/* Plain decimal, no sign and no leading zero. -1 when it is none. */
static int64_t parse_number(const struct word *w)
{
	int64_t n = 0;
	size_t i;

	if (!w->len || w->len > NUMBER_DIGITS || (w->len > 1 && w->s[0] == '0'))
		return -1;
	for (i = 0; i < w->len; i++) {
		if (w->s[i] < '0' || w->s[i] > '9')
			return -1;
		n = 10 * n + (w->s[i] - '0');
	}
	return n;
}

/* The number of a PCR, or -1 with the reason. */
static int parse_pcr_number(struct parser *ps, const char *directive)
{
	struct word w;
	int64_t n = next_word(ps, &w) ? parse_number(&w) : -1;

	if (n >= 0 && n < TRE_PCRS)
		return (int)n;
	fail(ps, "a PCR is a number from 0 to %d (write '%s N VALUE...')", TRE_PCRS - 1, directive);
	return -1;
}

/* Room for one more of the @n elements; NULL, with the reason. */
static void *grow(struct parser *ps, void *list, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 16;

	if (n < *room)
		return list;
	list = reallocarray(list, more, size);
	if (!list)
		fail(ps, "out of memory (free some)");
	else
		*room = more;
	return list;
}

/* %XX is an octet. In place; false when a % is none, or the octet is a NUL. */
static bool decode(struct word *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->len; i++) {
		int hi, lo;

		w->s[n++] = w->s[i];
		if (w->s[i] != '%')
			continue;
		if (w->len - i < 3)
			return false;
		hi = hex_digit(w->s[i + 1]);
		lo = hex_digit(w->s[i + 2]);
		if (hi < 0 || lo < 0 || !(hi | lo))
			return false;
		w->s[n - 1] = (char)(hi << 4 | lo);
		i += 2;
	}
	w->len = n;
	return true;
}

/* So that it is a string; what follows it is behind the blank that this takes. */
static void end_word(struct parser *ps, struct word *w)
{
	w->s[w->len] = 0;
	if (ps->p < ps->end)
		ps->p++;
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
	int n = parse_pcr_number(ps, "pcr");

	if (n < 0)
		return false;
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

static bool parse_policy_version(struct parser *ps)
{
	struct tre_policy *p = ps->policy;
	struct word w;
	int64_t n = next_word(ps, &w) ? parse_number(&w) : -1;

	if (p->version_line)
		return fail(ps, "'version' for the second time (remove one)");
	if (n < 1)
		return fail(ps, "a version is a number from 1 (write 'version N')");
	p->version = (uint64_t)n;
	p->version_line = ps->line;
	return line_ends(ps, "version");
}

static bool add_known(struct parser *ps, struct tre_known **list, size_t *n, size_t *room,
		      const char *path, uint32_t pcr, const struct word *w)
{
	struct tre_known *more = grow(ps, *list, *n, room, sizeof(*more));

	if (!more)
		return false;
	*list = more;
	more[*n] = (struct tre_known){ .path = path, .pcr = pcr, .line = ps->line };
	if (!parse_digest(w, more[*n].digest))
		return fail(ps, "'%.*s' is not 64 hex digits (write a SHA-256 digest)",
			    (int)(w->len < 70 ? w->len : 70), w->s);
	++*n;
	return true;
}

static bool add_glob(struct parser *ps, struct tre_glob **list, size_t *n, size_t *room,
		     struct word *w)
{
	struct tre_glob *more = grow(ps, *list, *n, room, sizeof(*more));
	struct word copy = *w;
	size_t i;

	if (!more)
		return false;
	*list = more;
	for (i = 0; i < w->len; i++) {
		if (w->s[i] == '%' && (w->len - i < 3 || hex_digit(w->s[i + 1]) < 0 ||
				       hex_digit(w->s[i + 2]) < 0))
			return fail(ps, "a %% in a path without two hex digits (write %%25 for a %%)");
	}
	end_word(ps, &copy);
	more[(*n)++] = (struct tre_glob){ .pattern = w->s, .line = ps->line };
	return true;
}

static bool parse_event(struct parser *ps)
{
	struct tre_policy *p = ps->policy;
	bool any = false, deny;
	struct word w;
	int pcr = 0;

	if (!next_word(ps, &w) || (!is(&w, "allow") && !is(&w, "deny")))
		return fail(ps, "'event' is not followed by allow or deny (write 'event allow N DIGEST...')");
	deny = is(&w, "deny");
	if (!deny)
		pcr = parse_pcr_number(ps, "event allow");
	if (pcr < 0)
		return false;
	while (next_word(ps, &w)) {
		any = true;
		if (deny ? !add_known(ps, &p->denied_events, &p->ndenied_events,
				      &ps->room_denied_events, NULL, 0, &w) :
			   !add_known(ps, &p->events, &p->nevents, &ps->room_events, NULL,
				      (uint32_t)pcr, &w))
			return false;
	}
	return any ? true : fail(ps, "no digest (write 64 hex digits)");
}

static bool parse_allow(struct parser *ps)
{
	struct tre_policy *p = ps->policy;
	struct word path, w;
	bool any = false;

	if (!next_word(ps, &path))
		return fail(ps, "no path (write 'ima allow PATH DIGEST...')");
	if (!decode(&path))
		return fail(ps, "a %% in a path without two hex digits (write %%25 for a %%)");
	end_word(ps, &path);
	while (next_word(ps, &w)) {
		any = true;
		if (!add_known(ps, &p->files, &p->nfiles, &ps->room_files, path.s, 0, &w))
			return false;
	}
	return any ? true : fail(ps, "'%.64s' has no digest (write 64 hex digits)", path.s);
}

/* A word of 64 hex digits is a digest, any other a pattern of paths. */
static bool parse_denied(struct parser *ps, struct word *w)
{
	struct tre_policy *p = ps->policy;
	uint8_t digest[TRE_DIGEST_LEN];

	if (parse_digest(w, digest))
		return add_known(ps, &p->denied_files, &p->ndenied_files, &ps->room_denied_files,
				 NULL, 0, w);
	if (w->s[0] != '/' && !memchr(w->s, '*', w->len))
		return fail(ps, "'%.*s' is neither 64 hex digits nor a path (write one, from / or with a *)",
			    (int)(w->len < 70 ? w->len : 70), w->s);
	return add_glob(ps, &p->denied_paths, &p->ndenied_paths, &ps->room_denied_paths, w);
}

static bool parse_ima(struct parser *ps)
{
	struct tre_policy *p = ps->policy;
	bool any = false, deny;
	struct word w;

	if (!next_word(ps, &w))
		return fail(ps, "'ima' is not followed by allow, deny or exclude (write one)");
	if (is(&w, "allow"))
		return parse_allow(ps);
	deny = is(&w, "deny");
	if (!deny && !is(&w, "exclude"))
		return fail(ps, "'ima' is not followed by allow, deny or exclude (write one)");
	while (next_word(ps, &w)) {
		any = true;
		if (deny ? !parse_denied(ps, &w) :
			   !add_glob(ps, &p->excludes, &p->nexcludes, &ps->room_excludes, &w))
			return false;
	}
	return any ? true : fail(ps, "nothing is named (write a path%s)", deny ? " or a digest" : "");
}

static bool parse_signature(struct parser *ps)
{
	struct tre_policy *p = ps->policy;
	struct word w;
	size_t i;

	if (!next_word(ps, &w) || (!is(&w, "ed25519") && !is(&w, "ecdsa-p256")))
		return fail(ps, "the signature's algorithm is unknown (sign it with 'trustgate policy sign')");
	memcpy(p->alg, w.s, w.len);
	p->alg[w.len] = 0;
	if (!next_word(ps, &w) || !w.len || w.len % 2 || w.len / 2 > sizeof(p->signature))
		return fail(ps, "the signature is none (sign it with 'trustgate policy sign')");
	for (i = 0; i < w.len / 2; i++) {
		int hi = hex_digit(w.s[2 * i]), lo = hex_digit(w.s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return fail(ps, "the signature is none (sign it with 'trustgate policy sign')");
		p->signature[i] = (uint8_t)(hi << 4 | lo);
	}
	p->signature_len = w.len / 2;
	p->body = ps->offset;
	return line_ends(ps, "signature");
}

static bool check_characters(struct parser *ps)
{
	const char *c;

	for (c = ps->p; c < ps->end; c++) {
		if ((*c < 0x20 && *c != '\t') || *c > 0x7e)
			return fail(ps, "byte 0x%02x (a policy is plain text with Unix line ends)",
				    (unsigned char)*c);
	}
	return true;
}

static bool parse_line(struct parser *ps)
{
	static const struct {
		const char *name;
		bool (*parse)(struct parser *ps);
	} directives[] = {
		{ "name", parse_name }, { "version", parse_policy_version }, { "pcr", parse_pcr },
		{ "event", parse_event }, { "ima", parse_ima }, { "signature", parse_signature },
	};
	struct word w;
	char *c;
	size_t i;

	if (ps->policy->alg[0])
		return fail(ps, "behind the signature, which is the last line (remove it)");
	if (!check_characters(ps))
		return false;
	c = memchr(ps->p, '#', (size_t)(ps->end - ps->p));
	if (c)
		ps->end = c;
	if (!next_word(ps, &w))
		return true;
	if (is(&w, "policy"))
		return parse_version(ps);
	if (!ps->versioned)
		return fail(ps, "the first directive is not 'policy 1' (write it)");
	for (i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		if (is(&w, directives[i].name))
			return directives[i].parse(ps);
	}
	return fail(ps, "'%.*s' is unknown (use policy, name, version, pcr, event or ima)",
		    (int)(w.len < 32 ? w.len : 32), w.s);
}

static void sort(struct tre_known *list, size_t n)
{
	if (n)
		qsort(list, n, sizeof(*list), tre_known_order);
}

/* Whatever has nothing but the values that PCRs are reset to is as its policy says. */
static bool check_proves(struct parser *ps)
{
	const struct tre_policy *p = ps->policy;
	uint32_t rules = tre_policy_needs(p), mask = tre_pcrs_that_prove(tre_policy_pcrs(p));
	unsigned int i, k;

	for (i = 0; i < TRE_PCRS; i++) {
		if (!(mask & 1u << i))
			continue;
		if (rules & 1u << i)
			return true;
		for (k = 0; k < p->pcr[i].n; k++) {
			if (!tre_pcr_is_reset(i, p->pcr[i].values[k], TRE_DIGEST_LEN))
				return true;
		}
		ps->line = p->pcr[i].line;
	}
	return fail(ps, "nothing was ever measured into any of its PCRs, so it proves nothing "
		    TRE_RESET_REMEDY);
}

/* A PCR has its values, or rules for what leads to them: with both, which counts? */
static bool check_whole(struct parser *ps)
{
	struct tre_policy *p = ps->policy;
	uint32_t rules = tre_policy_needs(p), both = 0;
	int i;

	for (i = 0; i < TRE_PCRS; i++) {
		if (p->pcr[i].line && rules & 1u << i)
			both |= 1u << i;
	}
	for (i = 0; i < TRE_PCRS; i++) {
		if (!(both & 1u << i))
			continue;
		ps->line = p->pcr[i].line;
		return fail(ps, "PCR %d has values, and rules for its %s (remove one of them)", i,
			    i == 10 && tre_policy_has_ima(p) ? "files" : "events");
	}
	if (!tre_policy_pcrs(p))
		return fail(ps, "no PCR is named (write 'policy 1' and 'pcr N VALUE...')");
	return check_proves(ps);
}

static bool parse_text(struct parser *ps, size_t len)
{
	char *text = ps->policy->text, *end = text + len;

	ps->policy->body = len;
	while (text < end) {
		char *eol = memchr(text, '\n', (size_t)(end - text));

		ps->line++;
		ps->offset = (size_t)(text - ps->policy->text);
		ps->p = text;
		ps->end = eol ? eol : end;
		text = eol ? eol + 1 : end;
		if (!parse_line(ps))
			return false;
	}
	sort(ps->policy->files, ps->policy->nfiles);
	sort(ps->policy->events, ps->policy->nevents);
	sort(ps->policy->denied_files, ps->policy->ndenied_files);
	sort(ps->policy->denied_events, ps->policy->ndenied_events);
	return check_whole(ps);
}

struct tre_policy *tre_policy_parse(const char *text, size_t len, char *err, size_t errlen)
{
	struct parser ps = { .err = err, .errlen = errlen };

	if (err && errlen)
		err[0] = 0;
	if (len > TRE_POLICY_MAX) {
		fail(&ps, "%zu octets, at most %u are read (shorten it)", len, TRE_POLICY_MAX);
		return NULL;
	}
	ps.policy = calloc(1, sizeof(*ps.policy));
	if (ps.policy)
		ps.policy->text = malloc(len + 1);
	if (!ps.policy || !ps.policy->text) {
		fail(&ps, "out of memory (free some)");
	} else {
		if (len)
			memcpy(ps.policy->text, text, len);
		ps.policy->text[len] = 0;
		if (parse_text(&ps, len))
			return ps.policy;
	}
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
	free(policy->files);
	free(policy->denied_files);
	free(policy->events);
	free(policy->denied_events);
	free(policy->denied_paths);
	free(policy->excludes);
	free(policy->text);
	free(policy);
}

const char *tre_policy_name(const struct tre_policy *policy)
{
	return policy->name[0] ? policy->name : "unnamed";
}
