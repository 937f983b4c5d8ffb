// SPDX-License-Identifier: GPL-2.0-or-later
/* Applying rules: to every place that a rule's path leads to, there or missing. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "lint/engine.h"

#define KEY_ROOM	512

struct walk {
	const struct lint_rule *rule;
	struct lint_at at;
	/* The last section on the way that is there: where something is missing. */
	const struct settings_section *near;
	char key[KEY_ROOM];
	lint_found_fn *found;
	void *arg;
};

/* Appends to the key's name; returns its length before, to cut it off again. */
static size_t descend(struct walk *w, const char *name, size_t len)
{
	size_t n = strlen(w->key);

	snprintf(w->key + n, sizeof(w->key) - n, "%s%.*s", n ? "." : "", (int)len, name);
	return n;
}

/* A CWMP client's value has no "=": another line was joined to it. */
static const char *shown(const struct walk *w, const struct settings_pair *pair, char *buf,
			 size_t size)
{
	if (pair->hidden == HIDDEN_NOTHING && !w->rule->cwmp)
		return hidden_urls(pair->value, buf, size);
	return hidden_value(pair->hidden, pair->value, buf, size);
}

static void tell(struct walk *w)
{
	char value[KEY_ROOM];
	const struct settings_pair *pair = w->at.blame ? w->at.blame : w->at.pair;
	/* Of a key that should not be there the value says nothing, and may be anything. */
	bool given = w->at.pair && w->at.pair->value && !w->rule->check->sections;
	const char *preset = w->rule->preset && !w->rule->check->sections ? w->rule->preset : "";
	/* A check of a section may have found a key in it. */
	size_t n = w->rule->check->sections && pair ? descend(w, pair->key, strlen(pair->key)) :
						      strlen(w->key);
	struct lint_finding f = {
		.level = w->rule->level, .rule = w->rule->id, .clause = w->rule->clause,
		.why = w->rule->why, .remedy = w->rule->remedy, .key = w->key,
		.file = pair ? pair->file : w->near->file,
		.line = pair ? pair->line : w->near->line,
		.value = given ? shown(w, w->at.pair, value, sizeof(value)) : preset,
		.absent = !given && !w->rule->check->sections,
	};

	w->found(w->arg, &f);
	w->key[n] = '\0';
}

/* Whether the rule speaks of this section at all. */
static bool concerns(const struct walk *w)
{
	const struct lint_where *where = &w->rule->where;
	const struct settings_pair *p;
	const char *value;

	/* Without a connection there is no role: what is asked of either counts. */
	if (w->at.roles ? !(w->rule->roles & w->at.roles) : w->rule->roles != (LINT_HENB | LINT_SEGW))
		return false;
	if (!where->key)
		return true;
	p = settings_get(w->at.section, where->key);
	value = p && p->value ? p->value : where->preset;
	return value && lint_matches(where->values, value);
}

static void judge(struct walk *w)
{
	const char *value = w->at.pair && w->at.pair->value ? w->at.pair->value : NULL;

	w->at.blame = NULL;
	if (!concerns(w) || (w->at.context->fragment && !value && !w->rule->check->sections))
		return;
	if (!w->rule->check->holds(&w->at, w->rule->args, value ? value : w->rule->preset))
		tell(w);
}

static void visit(struct walk *w, const struct settings_section *in, const char *path);

static void enter(struct walk *w, const struct settings_section *in,
		  const struct settings_section *section, const char *name, size_t len,
		  const char *rest)
{
	const struct lint_at at = w->at;
	const struct settings_section *near = w->near;
	size_t n = descend(w, name, len);

	w->at.parent = in;
	w->at.section = section;
	if (section)
		w->near = section;
	if (*rest)
		visit(w, section, rest);
	else
		judge(w);
	w->at = at;
	w->near = near;
	w->key[n] = '\0';
}

/*
 * Each section of @in that @pattern names. When there is none, the rule still speaks of
 * the one that should be there; but "*" names no one in particular.
 */
static void visit_sections(struct walk *w, const struct settings_section *in,
			   const char *pattern, const char *rest)
{
	const struct settings_section *s;
	bool any = false;

	for (s = in ? in->sections : NULL; s; s = s->next) {
		/* UCI's clients ask for a section by its name or by its type. */
		if (fnmatch(pattern, s->name, FNM_CASEFOLD | FNM_NOESCAPE) != 0 &&
		    (!s->type || fnmatch(pattern, s->type, FNM_NOESCAPE) != 0))
			continue;
		any = true;
		enter(w, in, s, s->name, strlen(s->name), rest);
	}
	if (!any && *pattern != '*' && !w->rule->check->sections)
		enter(w, in, NULL, pattern, strcspn(pattern, "*"), rest);
}

static void visit_key(struct walk *w, const struct settings_section *in, const char *key)
{
	size_t n = descend(w, key, strlen(key));

	w->at.section = in;
	w->at.pair = settings_get(in, key);
	judge(w);
	w->at.pair = NULL;
	w->key[n] = '\0';
}

static void visit(struct walk *w, const struct settings_section *in, const char *path)
{
	size_t len = strcspn(path, ".");
	char name[128];

	if (!path[len] && !w->rule->check->sections) {
		visit_key(w, in, path);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)len, path);
	visit_sections(w, in, name, path[len] ? path + len + 1 : "");
}

static bool mode_concerns(const struct lint_rule *rule, const struct lint_context *context)
{
	if (rule->modes && !(rule->modes & context->modes))
		return false;
	return !(rule->except_modes & context->modes);
}

static unsigned int role_of(const struct settings_section *conn,
			    const struct lint_context *context)
{
	const struct settings_pair *pools = settings_get(conn, "pools");

	if (context->roles)
		return context->roles;
	return pools && pools->value ? LINT_SEGW : LINT_HENB;
}

unsigned int lint_roles(const struct settings_section *root)
{
	const struct lint_context unknown = { 0 };
	const struct settings_section *conn = settings_find(root, "connections");
	unsigned int roles = 0;

	for (conn = conn ? conn->sections : NULL; conn; conn = conn->next)
		if (!lint_is_shunt_only(conn))
			roles |= role_of(conn, &unknown);
	return roles;
}

/* A rule on connections asks each by its own role. */
static void visit_connections(struct walk *w, const struct settings_section *root)
{
	static const char prefix[] = "connections.*.";
	const char *rest = w->rule->path + sizeof(prefix) - 1;
	const struct settings_section *all = settings_find(root, "connections"), *conn;

	for (conn = all ? all->sections : NULL; conn; conn = conn->next) {
		/* It has policies and no peer: of its own keys only what they are called counts. */
		if (lint_is_shunt_only(conn) && !w->rule->check->sections &&
		    strncmp(rest, "children.", 9) != 0)
			continue;
		w->near = conn;
		w->at.parent = all;
		w->at.section = conn;
		w->at.roles = role_of(conn, w->at.context);
		snprintf(w->key, sizeof(w->key), "connections.%s", conn->name);
		visit(w, conn, rest);
	}
}

void lint_swanctl(const struct lint_rules *rules, const struct settings_section *root,
		  const struct lint_context *context, lint_found_fn *found, void *arg)
{
	unsigned int roles = context->roles ? context->roles : lint_roles(root);

	for (unsigned int i = 0; i < rules->n; i++) {
		struct walk w = {
			.rule = &rules->rule[i], .found = found, .arg = arg, .near = root,
			.at = { .context = context, .root = root, .roles = roles },
		};

		if (w.rule->daemon || w.rule->cwmp || !mode_concerns(w.rule, context))
			continue;
		if (strncmp(w.rule->path, "connections.*.", 14) == 0) {
			visit_connections(&w, root);
			continue;
		}
		/* What is missing, is missing in the file that has the connections. */
		w.near = settings_find(root, "connections");
		if (!w.near)
			w.near = root->sections;
		if (w.near)
			visit(&w, root, w.rule->path);
	}
}

const struct settings_section *lint_daemon(const struct settings_section *root)
{
	const struct settings_section *s = settings_find(root, "charon-systemd");

	return s ? s : settings_find(root, "charon");
}

void lint_strongswan(const struct lint_rules *rules, const struct settings_section *root,
		     const struct lint_context *context, lint_found_fn *found, void *arg)
{
	const struct settings_section *daemon = lint_daemon(root);
	unsigned int roles = context->roles ? context->roles : LINT_HENB;

	for (unsigned int i = 0; daemon && i < rules->n; i++) {
		struct walk w = {
			.rule = &rules->rule[i], .found = found, .arg = arg, .near = daemon,
			.at = { .context = context, .root = daemon, .section = daemon,
				.roles = roles },
		};

		if (!w.rule->daemon || !mode_concerns(w.rule, context))
			continue;
		snprintf(w.key, sizeof(w.key), "%s", daemon->name);
		visit(&w, daemon, w.rule->path);
	}
}

void lint_cwmp(const struct lint_rules *rules, const struct settings_section *root,
	       const struct lint_context *context, lint_found_fn *found, void *arg)
{
	for (unsigned int i = 0; root->sections && i < rules->n; i++) {
		struct walk w = {
			.rule = &rules->rule[i], .found = found, .arg = arg, .near = root->sections,
			.at = { .context = context, .root = root, .roles = LINT_HENB },
		};

		if (w.rule->cwmp && mode_concerns(w.rule, context))
			visit(&w, root, w.rule->path);
	}
}
