// SPDX-License-Identifier: GPL-2.0-or-later
/* A reference policy in the making: rules from anywhere, each of them once, as text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "policy.h"

#define VALUES_A_LINE	8

void book_add(struct book *b, enum tre_rule_kind kind, uint32_t pcr,
	      const uint8_t *digest, const char *text, size_t len)
{
	struct book_rule *r;

	if (b->n == b->room) {
		size_t room = b->room ? 2 * b->room : 256;

		r = reallocarray(b->rules, room, sizeof(*r));
		b->failed |= !r;
		if (!r)
			return;
		b->rules = r;
		b->room = room;
	}
	r = &b->rules[b->n];
	*r = (struct book_rule){ .kind = kind, .pcr = pcr, .has_digest = digest };
	if (digest)
		memcpy(r->digest, digest, sizeof(r->digest));
	if (text) {
		r->text = strndup(text, len);
		b->failed |= !r->text;
		if (!r->text)
			return;
	}
	b->n++;
}

struct adding {
	struct book *book;
	uint32_t kinds;
};

static bool add_rule(void *arg, const struct tre_rule *rule)
{
	struct adding *a = arg;

	if (a->kinds & 1u << rule->kind)
		book_add(a->book, rule->kind, rule->pcr, rule->digest, rule->text,
			 rule->text ? strlen(rule->text) : 0);
	return true;
}

void book_add_policy(struct book *b, const struct tre_policy *p, uint32_t kinds)
{
	struct adding a = { b, kinds };

	tre_policy_walk(p, add_rule, &a);
}

size_t book_count(const struct book *b, enum tre_rule_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->rules[i].kind == kind;
	return n;
}

/* Rules with the same first words. */
static int order_groups(const struct book_rule *x, const struct book_rule *y)
{
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->pcr != y->pcr)
		return x->pcr < y->pcr ? -1 : 1;
	return strcmp(x->text ? x->text : "", y->text ? y->text : "");
}

static int order(const void *a, const void *b)
{
	const struct book_rule *x = a, *y = b;
	int by = order_groups(x, y);

	return by ? by : memcmp(x->digest, y->digest, sizeof(x->digest));
}

static void write_digest(FILE *f, const uint8_t *digest)
{
	fputc(' ', f);
	for (int i = 0; i < TRE_DIGEST_LEN; i++)
		fprintf(f, "%02x", digest[i]);
}

static bool write_head(FILE *f, const struct book_rule *r)
{
	size_t len = r->text ? strlen(r->text) : 0;
	char *encoded;

	switch (r->kind) {
	case TRE_RULE_PCR:
		fprintf(f, "pcr %u", r->pcr);
		return true;
	case TRE_RULE_EVENT:
		fprintf(f, "event allow %u", r->pcr);
		return true;
	case TRE_RULE_EVENT_DENY:
		fputs("event deny", f);
		return true;
	case TRE_RULE_IMA_DENY:
		fputs("ima deny", f);
		return true;
	case TRE_RULE_IMA_DENY_PATH:
		fprintf(f, "ima deny %s", r->text);
		return true;
	case TRE_RULE_IMA_EXCLUDE:
		fprintf(f, "ima exclude %s", r->text);
		return true;
	case TRE_RULE_IMA_ALLOW:
		encoded = malloc(3 * len + 1);
		if (!encoded)
			return false;
		tre_policy_encode(r->text, len, encoded);
		fprintf(f, "ima allow %s", encoded);
		free(encoded);
		return true;
	}
	return false;
}

/* A PCR's values have to be in one line. */
static bool starts_line(const struct book_rule *r, const struct book_rule *before, size_t in_line)
{
	return !before || order_groups(before, r) || (in_line == VALUES_A_LINE && r->kind != TRE_RULE_PCR);
}

static bool write_rules(FILE *f, const struct book *b)
{
	const struct book_rule *before = NULL;
	size_t in_line = 0;

	for (size_t i = 0; i < b->n; i++) {
		const struct book_rule *r = &b->rules[i];

		if (before && !order(before, r))
			continue;
		if (starts_line(r, before, in_line)) {
			if (before)
				fputc('\n', f);
			if (!write_head(f, r))
				return false;
			in_line = 0;
		}
		if (r->has_digest)
			write_digest(f, r->digest);
		in_line++;
		before = r;
	}
	if (before)
		fputc('\n', f);
	return true;
}

char *book_write(struct book *b, size_t *len)
{
	char *text = NULL, err[256];
	struct tre_policy *p;
	FILE *f = open_memstream(&text, len);
	bool ok = f && !b->failed;

	if (ok) {
		if (b->n)
			qsort(b->rules, b->n, sizeof(*b->rules), order);
		fprintf(f, "policy 1\nname %s\nversion %llu\n", b->name,
			(unsigned long long)b->version);
		ok = write_rules(f, b);
	}
	if (f && fclose(f))
		ok = false;
	if (!ok) {
		complain("policy", strerror(ENOMEM), "free memory and try again");
		free(text);
		return NULL;
	}
	/* It is for a parser that takes nothing else. */
	p = tre_policy_parse(text, *len, err, sizeof(err));
	if (!p) {
		complain("policy", err, NULL);
		free(text);
		return NULL;
	}
	tre_policy_free(p);
	return text;
}

void book_free(struct book *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->rules[i].text);
	free(b->rules);
}
