// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * strongSwan's settings syntax. What each text means was compared with what strongSwan
 * 5.9.8 and 6.0.1 make of it; what it passes over silently is an error here.
 */
#include <stdlib.h>
#include <string.h>

#include "../lib/tap.h"
#include "lint/settings.h"

struct heard {
	int n, line;
	char rule[64], value[64], file[64];
};

static void hear(void *arg, const char *file, int line, const char *value, const char *rule,
		 const char *why, const char *remedy)
{
	struct heard *h = arg;

	if (!*why || !*remedy)
		h->n += 100;
	h->n++;
	h->line = line;
	snprintf(h->rule, sizeof(h->rule), "%s", rule);
	snprintf(h->value, sizeof(h->value), "%s", value);
	snprintf(h->file, sizeof(h->file), "%s", file);
}

/* Files for includes: "NAME" has what follows. */
static const struct { const char *name, *text; } files[] = {
	{ "plain", "x = 1\n" },
	{ "section", "s { y = 2 }\n" },
	{ "nested", "include plain\n" },
	{ "unbalanced", "}\n" },
	{ "open", "t {\n" },
	{ "bad", "\n\n= 1\n" },
};

static int include(void *arg, struct settings *settings, struct settings_section *into,
		   const char *pattern, const char *file, int line)
{
	const struct settings_calls calls = { .report = hear, .include = include, .arg = arg };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].name, pattern) == 0)
			return settings_parse(settings, into, files[i].name, files[i].text,
					      strlen(files[i].text), &calls);
	hear(arg, file, line, pattern, "test.include", "why", "remedy");
	return -1;
}

/* "a.b=[value]@LINE " of each key, depth first. */
static void dump(const struct settings_section *s, const char *path, char *out, size_t size)
{
	const struct settings_pair *p;
	size_t n;

	for (p = s->pairs; p; p = p->next) {
		n = strlen(out);
		if (p->value)
			snprintf(out + n, size - n, "%s%s=[%s]@%d ", path, p->key, p->value,
				 p->line);
	}
	for (s = s->sections; s; s = s->next) {
		char longer[256];

		snprintf(longer, sizeof(longer), "%s%s.", path, s->name);
		n = strlen(out);
		if (!s->pairs && !s->sections)
			snprintf(out + n, size - n, "%s@%d ", longer, s->line);
		dump(s, longer, out, size);
	}
}

/* Reads @len octets, which end with their buffer. False when refused. */
static bool read_text(const char *text, size_t len, struct heard *h, char *out, size_t size)
{
	const struct settings_calls calls = { .report = hear, .include = include, .arg = h };
	struct settings *settings = settings_new();
	struct settings_section *root = NULL;
	char *copy = malloc(len ? len : 1);

	memset(h, 0, sizeof(*h));
	*out = '\0';
	memcpy(copy, text, len);
	if (settings_parse(settings, settings_root(settings), "file", copy, len, &calls) == 0)
		root = settings_resolve(settings, &calls);
	if (root)
		dump(root, "", out, size);
	settings_free(settings);
	free(copy);
	return root;
}

struct meaning {
	const char *what, *text, *dump;
};

static const struct meaning meanings[] = {
	{ "nothing", "", "" },
	{ "a key", "a = b", "a=[b]@1 " },
	{ "sections in sections", "a {\n b {\n c = d\n }\n}\n", "a.b.c=[d]@3 " },
	{ "all on one line", "a { b { c = d } e = f }", "a.e=[f]@1 a.b.c=[d]@1 " },
	{ "an empty section", "a {}", "a.@1 " },
	{ "a brace on a later line", "a # why\n\n{\nb = 1 }", "a.b=[1]@4 " },
	{ "words are joined by one blank", "a =  b \t c\n", "a=[b c]@1 " },
	{ "braces and commas in a value", "a = b{c,d=e\n", "a=[b{c,d=e]@1 " },
	{ "a value ends at a closing brace", "a { b = c}d = e", "d=[e]@1 a.b=[c]@1 " },
	{ "a value ends at a comment", "a = b#c\n", "a=[b]@1 " },
	{ "a string keeps what it has", "a = \"b # c } \"\n", "a=[b # c } ]@1 " },
	{ "a string beside a word", "a = b\"c\"d", "a=[b c d]@1 " },
	{ "an empty string is a value", "a = \"\"", "a=[]@1 " },
	{ "escapes", "a = \"\\n\\t\\r\\\"\\\\\\x\"", "a=[\n\t\r\"\\x]@1 " },
	{ "a line continued in a string", "a = \"b\\\nc\"\nd = e", "a=[bc]@1 d=[e]@3 " },
	{ "a string over lines", "a = \"b\nc\"\nd = e", "a=[b\nc]@1 d=[e]@3 " },
	{ "a continued line with a carriage return", "a = \"b\\\r\nc\"", "a=[bc]@1 " },
	{ "comments", "# a = b\n a = c # d\n#", "a=[c]@2 " },
	{ "a comment with a carriage return in it", "#x\ra = b\nc = d", "c=[d]@2 " },
	{ "which ends it when no newline follows", "#x\ra = b", "a=[b]@1 " },
	{ "or when blanks are before it", " #x\ra = b\nc = d", "a=[b]@1 c=[d]@2 " },
	{ "lines that end in CR LF", "a = b\r\nc = d\r\n", "a=[b]@1 c=[d]@2 " },
	{ "the last of two counts", "a = b\na = c\n", "a=[c]@2 " },
	{ "a section continued", "a { b = 1 }\na { c = 2 }\n", "a.b=[1]@1 a.c=[2]@2 " },
	{ "a key without a value is none", "a =\nb = c\n", "b=[c]@2 " },
	{ "and takes a value away", "a = b\na =\n", "" },
	{ "a value never starts on the next line", "a =\nb = c", "b=[c]@2 " },
	{ "a key called include", "include=1\n", "include=[1]@1 " },
	{ "with a blank", "include = 1\n", "include=[1]@1 " },
	{ "a key that begins so", "includes = 1\n", "includes=[1]@1 " },
	{ "an include", "include plain\n", "x=[1]@1 " },
	{ "in a section", "a {\ninclude plain\n}", "a.x=[1]@1 " },
	{ "and a brace behind it", "a { include plain}", "a.x=[1]@1 " },
	{ "as a string", "include \"plain\" b = 2", "x=[1]@1 b=[2]@1 " },
	{ "of a file that includes", "include nested", "x=[1]@1 " },
	{ "what comes later counts: the include", "x = 0\ninclude plain", "x=[1]@1 " },
	{ "what comes later counts: the key", "include plain\nx = 0", "x=[0]@2 " },
	{ "a section that an include continues", "s { z = 1 }\ninclude section",
	  "s.z=[1]@1 s.y=[2]@1 " },
	{ "a reference", "a : b {\n}\nb { c = d }", "a.c=[d]@3 b.c=[d]@3 " },
	{ "its own key counts", "a : b { c = 1 }\nb { c = 2 }", "a.c=[1]@1 b.c=[2]@2 " },
	{ "also when it has no value", "a : b { c = }\nb { c = 2 }", "b.c=[2]@2 " },
	{ "the first reference counts", "a : b, c {}\nb { x = 1 }\nc { x = 2\ny = 3 }",
	  "a.x=[1]@2 a.y=[3]@4 b.x=[1]@2 c.x=[2]@3 c.y=[3]@4 " },
	{ "a path", "a : b.c {}\nb { c { x = 1 } }", "a.x=[1]@2 b.c.x=[1]@2 " },
	{ "sections below", "a : b { s { y = 1 } }\nb { s { x = 2\ny = 3 } }",
	  "a.s.y=[1]@1 a.s.x=[2]@2 b.s.x=[2]@2 b.s.y=[3]@3 " },
	{ "references of what is referred to", "a : b {}\nb : c {}\nc { x = 1 }",
	  "a.x=[1]@3 b.x=[1]@3 c.x=[1]@3 " },
	{ "a path through a reference", "a : b.s {}\nb : c {}\nc { s { x = 1 } }",
	  "a.x=[1]@3 b.s.x=[1]@3 c.s.x=[1]@3 " },
	{ "a nearer reference before one above", "a : p { s : q {} }\np { s { x = 1 } }\nq { x = 2 }",
	  "a.s.x=[2]@3 p.s.x=[1]@2 q.x=[2]@3 " },
	{ "swanctl's usual form", "connections { a : defaults { b = 1 } }\ndefaults { c = 2 }",
	  "connections.a.b=[1]@1 connections.a.c=[2]@2 defaults.c=[2]@2 " },
};

static void test_meanings(void)
{
	struct heard h;
	char out[1024];

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		const struct meaning *m = &meanings[i];
		bool good = read_text(m->text, strlen(m->text), &h, out, sizeof(out));

		if (!tap_ok(good && !h.n && strcmp(out, m->dump) == 0, "settings: %s", m->what))
			printf("# %s:%d %s\n# got %s\n", h.rule, h.line, h.value, out);
	}
}

struct refusal {
	const char *what, *text, *rule;
	int line;
};

static const struct refusal refusals[] = {
	{ "a section that is not closed", "\na {\n b = c\n", "settings.unclosed", 2 },
	{ "a brace too many", "a = b\n}\n", "settings.syntax", 2 },
	{ "a string that is not closed", "a = b\nc = \"d\n\n", "settings.string", 2 },
	{ "a backslash at the end", "a = \"d\\", "settings.string", 1 },
	{ "a string for a key", "\"a\" = b\n", "settings.syntax", 1 },
	{ "a name alone", "a = b\nc\n", "settings.syntax", 2 },
	{ "no name", "= b\n", "settings.syntax", 1 },
	{ "a dot in a key", "a.b = c\n", "settings.syntax", 1 },
	{ "a comma in a key", "a,b = c\n", "settings.syntax", 1 },
	{ "a reference without a name", "a : {}\n", "settings.syntax", 1 },
	{ "a comma with no name behind it", "a : b, {}\nb {}\n", "settings.syntax", 1 },
	{ "references without a comma", "a : b c {}\nb {}\nc {}\n", "settings.syntax", 1 },
	{ "a reference with two dots", "a : b..c {}\nb {}\n", "settings.syntax", 1 },
	{ "a reference of a key", "a : b = c\nb {}\n", "settings.syntax", 1 },
	{ "a reference to nothing", "x = 1\na : b {}\n", "settings.reference", 2 },
	{ "a reference to itself", "\na : a { b = c }\n", "settings.loop", 2 },
	{ "a loop of references", "a : b {}\nb : c {}\nc : a {}\n", "settings.loop", 1 },
	{ "a loop through what is below", "a { b : a {} }\n", "settings.loop", 1 },
	{ "an include of nothing", "include \n", "settings.syntax", 1 },
	{ "two blanks before the = of include", "include  = 1\n", "settings.syntax", 1 },
	{ "an include that is refused", "\ninclude missing\n", "test.include", 2 },
	{ "an error in what is included", "include bad\n", "settings.syntax", 3 },
	{ "a brace that an include closes", "a {\ninclude unbalanced\n", "settings.syntax", 1 },
	{ "a brace that an include opens", "include open\n}\n", "settings.unclosed", 1 },
};

static void test_refusals(void)
{
	struct heard h;
	char out[1024];

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		bool good = read_text(r->text, strlen(r->text), &h, out, sizeof(out));

		if (!tap_ok(!good && h.n == 1 && strcmp(h.rule, r->rule) == 0 &&
			    h.line == r->line, "settings, refused: %s", r->what))
			printf("# %d %s:%d %s\n", h.n, h.rule, h.line, h.value);
	}
}

static bool refused_as(const char *text, size_t len, const char *rule, int line)
{
	struct heard h;
	char out[1024];

	if (read_text(text, len, &h, out, sizeof(out)))
		return false;
	printf("# %s:%d\n", h.rule, h.line);
	return h.n == 1 && strcmp(h.rule, rule) == 0 && h.line == line;
}

static void test_nul(void)
{
	static const char text[] = "a = b\nc = d\0e\n";

	tap_ok(refused_as(text, sizeof(text) - 1, "settings.nul", 2),
	       "settings, refused: NUL, which would cut a value short");
}

static void test_depth(void)
{
	char text[4096] = "", out[4096];
	struct heard h;

	for (unsigned int i = 0; i < SETTINGS_DEPTH_MAX; i++)
		strcat(text, "a {\n");
	for (unsigned int i = 0; i < SETTINGS_DEPTH_MAX; i++)
		strcat(text, "}\n");
	tap_ok(read_text(text, strlen(text), &h, out, sizeof(out)),
	       "settings: %u sections in each other", SETTINGS_DEPTH_MAX);
	memset(text, 0, sizeof(text));
	for (unsigned int i = 0; i <= SETTINGS_DEPTH_MAX; i++)
		strcat(text, "a {\n");
	tap_ok(refused_as(text, strlen(text), "settings.depth", SETTINGS_DEPTH_MAX + 1),
	       "settings, refused: one more");
}

static void test_size(void)
{
	size_t len = SETTINGS_FILE_MAX + 1, used = 0;
	char *text = malloc(len);

	memset(text, '#', len);
	tap_ok(refused_as(text, len, "settings.size", 0), "settings, refused: more than 1 MiB");
	for (unsigned int i = 0; i <= SETTINGS_WIDTH_MAX; i++)
		used += (size_t)sprintf(text + used, "k%u = v\n", i);
	tap_ok(refused_as(text, used, "settings.size", SETTINGS_WIDTH_MAX + 1),
	       "settings, refused: more than %u keys in a section", SETTINGS_WIDTH_MAX);
	free(text);
}

/* s0 has 4 sections of each a reference to s1, which has 4 of s2...: 4^12 sections. */
static void test_bomb(void)
{
	char text[4096] = "", out[64];
	struct heard h;
	size_t n = 0;

	for (int i = 0; i < 12; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "s%d { a : s%d {}\nb : s%d {}\nc : s%d {}\nd : s%d {} }\n",
				      i, i + 1, i + 1, i + 1, i + 1);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "s12 { x = 1 }\n");
	tap_ok(!read_text(text, n, &h, out, sizeof(out)) && strcmp(h.rule, "settings.size") == 0,
	       "settings, refused: few lines whose references make millions of sections");
}

int main(void)
{
	tap_start();
	test_meanings();
	test_refusals();
	test_nul();
	test_depth();
	test_size();
	test_bomb();
	return tap_end();
}
