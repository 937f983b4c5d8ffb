// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading rules, written in the settings syntax themselves. */
#include "lint/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint/engine.h"

struct reader {
	struct lint_rules *rules;
	const struct settings_calls *calls;
	bool failed;
};

static void fail(struct reader *r, const struct settings_section *rule,
		 const struct settings_pair *pair, const char *value, const char *why,
		 const char *remedy)
{
	r->failed = true;
	r->calls->report(r->calls->arg, rule->file, pair ? pair->line : rule->line, value,
			 "rules.rule", why, remedy);
}

struct name {
	const char *name;
	unsigned int bit;
};

static const struct name role_names[] = { { "henb", LINT_HENB }, { "segw", LINT_SEGW }, { 0 } };
static const struct name mode_names[] = {
	{ "inband", LINT_INBAND }, { "direct", LINT_DIRECT }, { "intunnel", LINT_INTUNNEL },
	{ "hems-tls", LINT_HEMS_TLS }, { 0 }
};
static const struct name level_names[] = {
	{ "error", LINT_ERROR }, { "warning", LINT_WARNING }, { 0 }
};

/* The union of what @names says of the words of @key; @preset when it is not given. */
static unsigned int take_mask(struct reader *r, const struct settings_section *s,
			      const char *key, const struct name *names, unsigned int preset)
{
	const struct settings_pair *p = settings_get(s, key);
	const char *list = p && p->value ? p->value : "", *word;
	unsigned int bits = 0;
	size_t len;

	if (!p)
		return preset;
	while (lint_word(&list, ',', &word, &len)) {
		const struct name *n = names;

		while (n->name && (strlen(n->name) != len || memcmp(n->name, word, len) != 0))
			n++;
		if (!n->name)
			fail(r, s, p, word, "a name that is not known", "mend it");
		bits |= n->bit;
	}
	return bits;
}

static const char *take_text(struct reader *r, const struct settings_section *s, const char *key,
			     bool needed)
{
	const struct settings_pair *p = settings_get(s, key);

	if (p && p->value && *p->value)
		return p->value;
	if (needed)
		fail(r, s, p, key, "the rule has none", "give one");
	return NULL;
}

static bool known(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* A key with a typing mistake would leave the rule weaker than it reads. */
static void check_keys(struct reader *r, const struct settings_section *s)
{
	static const char *const keys[] = { "path", "check", "default", "role", "mode",
					    "except_mode", "level", "clause", "why", "remedy" };
	static const char *const where[] = { "key", "values", "default" };
	const struct settings_pair *p;

	for (p = s->pairs; p; p = p->next)
		if (!known(keys, ARRAY_SIZE(keys), p->key))
			fail(r, s, p, p->key, "unknown key", "mend it");
	for (s = s->sections; s; s = s->next) {
		if (strcmp(s->name, "where") != 0)
			fail(r, s, NULL, s->name, "unknown section", "mend it");
		for (p = s->pairs; p; p = p->next)
			if (!known(where, ARRAY_SIZE(where), p->key))
				fail(r, s, p, p->key, "unknown key", "mend it");
	}
}

static void take_check(struct reader *r, const struct settings_section *s, struct lint_rule *rule)
{
	const char *text = take_text(r, s, "check", true), *word;
	size_t len;

	if (!text || !lint_word(&text, ' ', &word, &len))
		return;
	rule->check = lint_check_find(word, len);
	rule->args = text + strspn(text, " ");
	if (!rule->check)
		fail(r, s, settings_get(s, "check"), word, "no such check", "see lint.rst");
}

static const char *make_id(struct reader *r, const char *scope, const char *name)
{
	size_t room = strlen(scope) + strlen(name) + 2;
	char *id = calloc(1, room);

	if (id)
		snprintf(id, room, "%s.%s", scope, name);
	else
		r->failed = true;
	return id;
}

static void take_rule(struct reader *r, const char *scope, const struct settings_section *s)
{
	struct lint_rule *rule = &r->rules->rule[r->rules->n++];
	const struct settings_section *where = settings_find(s, "where");

	check_keys(r, s);
	rule->id = make_id(r, scope, s->name);
	rule->daemon = strcmp(scope, "charon") == 0;
	rule->cwmp = strcmp(scope, "cwmp") == 0;
	rule->path = take_text(r, s, "path", true);
	rule->preset = take_text(r, s, "default", false);
	rule->clause = take_text(r, s, "clause", true);
	rule->why = take_text(r, s, "why", true);
	rule->remedy = take_text(r, s, "remedy", true);
	rule->roles = take_mask(r, s, "role", role_names, LINT_HENB | LINT_SEGW);
	rule->modes = take_mask(r, s, "mode", mode_names, 0);
	rule->except_modes = take_mask(r, s, "except_mode", mode_names, 0);
	rule->level = take_mask(r, s, "level", level_names, LINT_ERROR) & LINT_ERROR ?
		LINT_ERROR : LINT_WARNING;
	take_check(r, s, rule);
	if (where) {
		rule->where.key = take_text(r, where, "key", true);
		rule->where.values = take_text(r, where, "values", true);
		rule->where.preset = take_text(r, where, "default", false);
	}
}

static unsigned int count(const struct settings_section *root)
{
	const struct settings_section *scope, *s;
	unsigned int n = 0;

	for (scope = root->sections; scope; scope = scope->next)
		for (s = scope->sections; s; s = s->next)
			n++;
	return n;
}

static void take_rules(struct reader *r, const struct settings_section *root)
{
	const struct settings_section *scope, *s;
	unsigned int n = count(root);

	r->rules->rule = calloc(n ? n : 1, sizeof(*r->rules->rule));
	if (!r->rules->rule)
		r->failed = true;
	if (r->failed)
		return;
	if (!n)
		fail(r, root, NULL, "", "no rule at all", "install the rules that were shipped");
	for (scope = root->sections; scope; scope = scope->next) {
		if (strcmp(scope->name, "swanctl") != 0 && strcmp(scope->name, "charon") != 0 &&
		    strcmp(scope->name, "cwmp") != 0)
			fail(r, scope, NULL, scope->name, "unknown section",
			     "rules are in swanctl, charon or cwmp");
		for (s = scope->sections; s; s = s->next)
			take_rule(r, scope->name, s);
	}
}

struct lint_rules *lint_rules_parse(const char *file, const char *text, size_t len,
				    const struct settings_calls *calls)
{
	struct settings_calls own = { .report = calls->report, .arg = calls->arg };
	struct reader r = { .calls = &own, .rules = calloc(1, sizeof(*r.rules)) };
	const struct settings_section *root = NULL;

	if (r.rules)
		r.rules->settings = settings_new();
	if (!r.rules || !r.rules->settings) {
		free(r.rules);
		own.report(own.arg, file, 0, "", "settings.memory", "out of memory",
			   "free some and try again");
		return NULL;
	}
	if (settings_parse(r.rules->settings, settings_root(r.rules->settings), file, text, len,
			   &own) == 0)
		root = settings_resolve(r.rules->settings, &own);
	if (root)
		take_rules(&r, root);
	if (root && !r.failed)
		return r.rules;
	lint_rules_free(r.rules);
	return NULL;
}

void lint_rules_free(struct lint_rules *rules)
{
	if (!rules)
		return;
	for (unsigned int i = 0; i < rules->n; i++)
		free((char *)rules->rule[i].id);
	free(rules->rule);
	settings_free(rules->settings);
	free(rules);
}

const char *lint_rule_id(const struct lint_rules *rules, unsigned int n)
{
	return n < rules->n ? rules->rule[n].id : NULL;
}
