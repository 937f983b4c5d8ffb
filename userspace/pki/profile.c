// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Profiles from text. Every rule of every class must be there, with its level, so
 * that none is left out unawares: a profile that forgets is refused, not lenient.
 * Read line by line here: inih cuts long lines and joins indented ones, either of
 * which would change a rule without a word.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pki/hidden.h"
#include "pki/der.h"
#include "pki/profile_rules.h"

#define LINE_LEN	255
#define LIFE_MAX_DAYS	36525
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct parser;

/* Takes a key of a section. Returns NULL, or the rule that @value breaks. */
typedef const char *section_fn(struct parser *p, const char *key, char *value);

struct parser {
	const char *file;
	int line, errors;
	pki_profile_report_fn *report;
	void *arg;
	struct pki_profile *out;
	section_fn *section;
	char section_name[32];
	enum pki_class class;
	int role;			/* -1: all of them */
	/* First column: the class itself. */
	bool seen[PKI_CLASSES][1 + PKI_ROLES][PKI_RULES];
	bool seen_crl[PKI_CRL_RULES], seen_signer[PKI_SIGNER_RULES],
	     seen_sha1[PKI_SHA1_USES], seen_other[8];
};

static const char unknown_key[] = "unknown key";
static const char twice[] = "given twice";

static void complain(struct parser *p, int line, const char *key, const char *value,
		     const char *rule)
{
	char where[80];

	snprintf(where, sizeof(where), "%s%s%s", p->section_name, *key ? "." : "", key);
	p->errors++;
	/* A file without a section of a profile's is another one, and may have secrets. */
	p->report(p->arg, p->file, line, where, p->section ? value : "", rule,
		  "see policy/profiles/seed.conf and Documentation/profiles.rst");
}

static char *trim(char *s)
{
	size_t len;

	while (isspace((unsigned char)*s))
		s++;
	len = strlen(s);
	while (len && isspace((unsigned char)s[len - 1]))
		s[--len] = '\0';
	return s;
}

/* The next word of *@s, NULL at its end. */
static char *word(char **s)
{
	char *w = *s + strspn(*s, " \t");
	size_t len = strcspn(w, " \t");

	if (!len)
		return NULL;
	*s = w + len + (w[len] != '\0');
	w[len] = '\0';
	return w;
}

static int index_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

/* @words NULL: there are none. */
static int word_bit(const char *words, const char *w)
{
	size_t len = strlen(w);

	for (int i = 0; words && *words; i++) {
		size_t n = strcspn(words, " ");

		if (n == len && !memcmp(words, w, n))
			return i;
		words += n + (words[n] == ' ');
	}
	return -1;
}

static const char *number(const char *w, int64_t *out)
{
	char *end;

	errno = 0;
	if (!isdigit((unsigned char)*w))
		return "not a number";
	*out = strtoll(w, &end, 10);
	return errno || *end ? "not a number" : NULL;
}

/* "2014-09-01": the first second of that day. */
static const char *date(const char *w, int64_t *out)
{
	struct pki_tlv t = { .tag = DER_GENERALIZED_TIME };
	char text[] = "YYYYMMDD000000Z";

	if (strlen(w) != 10 || w[4] != '-' || w[7] != '-')
		return "not a date, as 2014-09-01";
	memcpy(text, w, 4);
	memcpy(text + 4, w + 5, 2);
	memcpy(text + 6, w + 8, 2);
	t.value = (struct pki_der){ (const uint8_t *)text, 15 };
	return pki_der_time(&t, out) ? "not a date, as 2014-09-01" : NULL;
}

static const char *set(const char *words, char *rest, int64_t *out)
{
	char *w;

	for (*out = 0; (w = word(&rest)); ) {
		int bit = word_bit(words, w);

		if (bit < 0)
			return "not one of the values known";
		*out |= (int64_t)1 << bit;
	}
	return *out ? NULL : "no value given";
}

/* Cuts "... | clause" off @value. */
static const char *take_clause(char *value, char clause[PKI_CLAUSE_MAX + 1])
{
	char *bar = strchr(value, '|');
	const char *text;

	if (!bar)
		return "no clause given (as \"error | TS 33.310 6.1.1\")";
	*bar = '\0';
	text = trim(bar + 1);
	if (!*text)
		return "no clause given (as \"error | TS 33.310 6.1.1\")";
	if (strlen(text) > PKI_CLAUSE_MAX)
		return "the clause is too long";
	memcpy(clause, text, strlen(text) + 1);
	return NULL;
}

/* "error 2048 | TS 33.310 6.1.1" */
static const char *take_rule(char *value, enum pki_value_kind kind, const char *words,
			     struct pki_rule *rule)
{
	static const char *const levels[] = { "off", "info", "warn", "error" };
	const char *why = take_clause(value, rule->clause);
	char *rest = value, *w;
	int level;

	if (why)
		return why;
	w = word(&rest);
	level = w ? index_of(levels, ARRAY_SIZE(levels), w) : -1;
	if (level < 0)
		return "the level is not one of off, info, warn, error";
	rule->level = (uint8_t)level;
	if (kind == PKI_VALUE_SET)
		return set(words, rest, &rule->value);
	w = word(&rest);
	if (kind != PKI_VALUE_NONE) {
		if (!w)
			return "no value given";
		why = kind == PKI_VALUE_NUMBER ? number(w, &rule->value) : date(w, &rule->value);
		w = word(&rest);
	}
	return why ? why : w ? "more values than one" : NULL;
}

static const char *take_class(struct parser *p, const char *key, char *value)
{
	struct pki_rule rule = { 0 };
	const char *why;
	bool *seen;

	for (unsigned int i = 0; i < PKI_RULES; i++) {
		const struct pki_rule_kind *k = &pki_rule_kinds[i];

		if (strcmp(k->name, key) || !(k->classes & 1u << p->class))
			continue;
		seen = &p->seen[p->class][p->role + 1][i];
		if (*seen)
			return twice;
		*seen = true;
		/* What follows for all roles would undo it. */
		if (p->role >= 0 && !p->seen[p->class][0][i])
			return "the class has not given it yet, give it there first";
		why = take_rule(value, k->kind, k->words, &rule);
		for (int role = 0; !why && role < PKI_ROLES; role++)
			if (p->role < 0 || p->role == role)
				p->out->rules[p->class][role][i] = rule;
		return why;
	}
	return unknown_key;
}

static const char *take_crl(struct parser *p, const char *key, char *value)
{
	static const char *const names[] = { "version", "number", "authority-key-id",
					     "delta-published" };
	int i = index_of(names, ARRAY_SIZE(names), key);

	if (i < 0)
		return unknown_key;
	if (p->seen_crl[i])
		return twice;
	p->seen_crl[i] = true;
	return take_rule(value, PKI_VALUE_NONE, NULL, &p->out->crl[i]);
}

/*
 * The section came later: a profile without it says what RFC 6960 4.2.2.2.1 does, which
 * leaves a nocheck out only where the responder can be asked about otherwise, and knows
 * no longest life.
 */
static const struct {
	const char *name, *unsaid;
	enum pki_value_kind kind;
} signer_rules[PKI_SIGNER_RULES] = {
	[PKI_SIGNER_NOCHECK] = { "nocheck", "error | RFC 6960 4.2.2.2.1", PKI_VALUE_NONE },
	[PKI_SIGNER_LIFE] = { "max-lifetime", "off 366 | RFC 6960 4.2.2.2.1", PKI_VALUE_NUMBER },
};

static const char *take_signer(struct parser *p, const char *key, char *value)
{
	const char *why;

	for (unsigned int i = 0; i < PKI_SIGNER_RULES; i++) {
		struct pki_rule *rule = &p->out->signer[i];

		if (strcmp(key, signer_rules[i].name))
			continue;
		if (p->seen_signer[i])
			return twice;
		p->seen_signer[i] = true;
		why = take_rule(value, signer_rules[i].kind, NULL, rule);
		return why ? why : rule->value > LIFE_MAX_DAYS ? "more days than a century has" :
		       i == PKI_SIGNER_LIFE && !rule->value ? "not a day" : NULL;
	}
	return unknown_key;
}

static void signers_unsaid(struct parser *p)
{
	for (unsigned int i = 0; i < PKI_SIGNER_RULES; i++) {
		char text[LINE_LEN + 1];

		snprintf(text, sizeof(text), "%s", signer_rules[i].unsaid);
		if (!p->seen_signer[i])
			take_rule(text, signer_rules[i].kind, NULL, &p->out->signer[i]);
	}
}

/* "allow | clause", "legacy-before=2014-09-01 | clause", "deny | clause" */
static const char *take_sha1(struct parser *p, const char *key, char *value)
{
	static const char *const names[] = { "certificate", "crl", "ocsp" };
	static const char legacy[] = "legacy-before=";
	int i = index_of(names, ARRAY_SIZE(names), key);
	const char *why;
	struct pki_sha1 *s;

	if (i < 0)
		return unknown_key;
	if (p->seen_sha1[i])
		return twice;
	p->seen_sha1[i] = true;
	s = &p->out->sha1[i];
	why = take_clause(value, p->out->sha1_clause[i]);
	if (why)
		return why;
	value = trim(value);
	s->mode = PKI_SHA1_DENY;
	if (!strcmp(value, "allow"))
		s->mode = PKI_SHA1_ALLOW;
	else if (!strncmp(value, legacy, strlen(legacy)))
		why = date(value + strlen(legacy), &s->before);
	else if (strcmp(value, "deny"))
		why = "not one of allow, legacy-before=DATE, deny";
	if (!why && !strncmp(value, legacy, strlen(legacy)))
		s->mode = PKI_SHA1_LEGACY;
	return why;
}

static const char *take_text(const char *value, char *out, size_t size)
{
	if (strlen(value) >= size)
		return "too long";
	memcpy(out, value, strlen(value) + 1);
	return NULL;
}

static const char *take_bool(const char *value, bool *out)
{
	*out = !strcmp(value, "yes");
	return *out || !strcmp(value, "no") ? NULL : "neither yes nor no";
}

static const char *take_profile(struct parser *p, const char *key, char *value)
{
	static const char *const names[] = { "name", "description", "policies", "explicit-policy",
					     "inhibit-mapping", "inhibit-any-policy" };
	int i = index_of(names, ARRAY_SIZE(names), key);

	if (i < 0)
		return unknown_key;
	if (p->seen_other[i])
		return twice;
	p->seen_other[i] = true;
	switch (i) {
	case 0:
		return take_text(value, p->out->name, sizeof(p->out->name));
	case 1:
		return take_text(value, p->out->description, sizeof(p->out->description));
	case 2:
		if (strspn(value, "0123456789. ") != strlen(value))
			return "not object identifiers separated by blanks";
		return take_text(value, p->out->policies, sizeof(p->out->policies));
	case 3:
		return take_bool(value, &p->out->explicit_policy);
	case 4:
		return take_bool(value, &p->out->inhibit_mapping);
	default:
		return take_bool(value, &p->out->inhibit_any);
	}
}

/* "ike-entity" or "ike-entity.segw" */
static bool find_class(struct parser *p, const char *name)
{
	char class[32];
	size_t len = strcspn(name, ".");
	enum pki_role role;

	if (len >= sizeof(class))
		return false;
	memcpy(class, name, len);
	class[len] = '\0';
	p->role = -1;
	if (name[len]) {
		if (pki_role_parse(name + len + 1, &role))
			return false;
		p->role = role;
	}
	for (unsigned int i = 0; i < PKI_CLASSES; i++) {
		if (strcmp(class, pki_class_name((enum pki_class)i)))
			continue;
		p->class = (enum pki_class)i;
		p->section = take_class;
		return true;
	}
	return false;
}

static void take_section(struct parser *p, char *line)
{
	size_t len = strlen(line);

	p->section = NULL;
	p->section_name[0] = '\0';
	if (len < 3 || line[len - 1] != ']') {
		complain(p, p->line, "", line, "no section");
		return;
	}
	line[len - 1] = '\0';
	snprintf(p->section_name, sizeof(p->section_name), "%s", line + 1);
	if (!strcmp(line + 1, "profile"))
		p->section = take_profile;
	else if (!strcmp(line + 1, "sha1"))
		p->section = take_sha1;
	else if (!strcmp(line + 1, "crl"))
		p->section = take_crl;
	else if (!strcmp(line + 1, "ocsp-signer"))
		p->section = take_signer;
	else if (!find_class(p, line + 1))
		complain(p, p->line, "", line + 1, "unknown section");
}

static void take_line(struct parser *p, char *line)
{
	char shown[LINE_LEN + 1], *eq;
	const char *why;

	line = trim(line);
	if (!*line || *line == '#' || *line == ';')
		return;
	if (*line == '[') {
		take_section(p, line);
		return;
	}
	eq = strchr(line, '=');
	if (!eq) {
		complain(p, p->line, "", line, "neither a section, a key = value nor a comment");
		return;
	}
	*eq = '\0';
	line = trim(line);
	memcpy(shown, eq + 1, strlen(eq + 1) + 1);
	if (!p->section) {
		/* Of an unknown section, which was complained of. */
		if (!p->section_name[0])
			complain(p, p->line, hidden_name(line), "", "outside a section");
		return;
	}
	why = p->section(p, line, trim(eq + 1));
	if (why)
		complain(p, p->line, line, trim(shown), why);
}

/* A rule that came later counts in full where an older profile does not have it. */
static bool take_unsaid(struct parser *p, unsigned int class, unsigned int i)
{
	const struct pki_rule_kind *k = &pki_rule_kinds[i];
	char text[LINE_LEN + 1];
	struct pki_rule rule = { 0 };

	if (!(k->later & 1u << class))
		return false;
	snprintf(text, sizeof(text), "%s", k->unsaid);
	if (take_rule(text, k->kind, k->words, &rule))
		return false;
	for (int role = 0; role < PKI_ROLES; role++)
		p->out->rules[class][role][i] = rule;
	return true;
}

static void check_presence(struct parser *p)
{
	static const char missing[] = "not given (say off for a rule that is not wanted)";
	unsigned int class, i;

	for (class = 0; class < PKI_CLASSES; class++) {
		snprintf(p->section_name, sizeof(p->section_name), "%s",
			 pki_class_name((enum pki_class)class));
		for (i = 0; i < PKI_RULES; i++)
			if (pki_rule_kinds[i].classes & 1u << class && !p->seen[class][0][i] &&
			    !take_unsaid(p, class, i))
				complain(p, 0, pki_rule_kinds[i].name, "", missing);
	}
	for (i = 0; i < PKI_CRL_RULES; i++)
		if (!p->seen_crl[i]) {
			snprintf(p->section_name, sizeof(p->section_name), "crl");
			complain(p, 0, "", "", "version, number, authority-key-id and delta-published are needed");
			break;
		}
	for (i = 0; i < PKI_SHA1_USES; i++)
		if (!p->seen_sha1[i]) {
			snprintf(p->section_name, sizeof(p->section_name), "sha1");
			complain(p, 0, "", "", "certificate, crl and ocsp are needed");
			break;
		}
	snprintf(p->section_name, sizeof(p->section_name), "profile");
	if (!p->out->name[0])
		complain(p, 0, "name", "", "not given");
}

int pki_profile_parse(const char *file, const char *text, size_t len, struct pki_profile *out,
		      pki_profile_report_fn *report, void *arg)
{
	struct parser p = { .file = file, .report = report, .arg = arg, .out = out };
	const char *end = text + len, *nl;

	memset(out, 0, sizeof(*out));
	/* Strings and comparisons below would end at it. */
	if (len > PKI_PROFILE_MAX || memchr(text, 0, len)) {
		complain(&p, 0, "", "", len > PKI_PROFILE_MAX ? "larger than a profile may be" :
			 "not a text file");
		return p.errors;
	}
	while (text < end) {
		char line[LINE_LEN + 1];
		size_t n;

		nl = memchr(text, '\n', (size_t)(end - text));
		n = (size_t)((nl ? nl : end) - text);
		p.line++;
		if (n > LINE_LEN) {
			complain(&p, p.line, "", "", "the line is too long");
		} else {
			memcpy(line, text, n);
			line[n] = '\0';
			take_line(&p, line);
		}
		text += n + !!nl;
	}
	signers_unsaid(&p);
	check_presence(&p);
	return p.errors;
}
