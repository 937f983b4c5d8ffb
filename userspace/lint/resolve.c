// SPDX-License-Identifier: GPL-2.0-or-later
/* Following references: a tree in which each section has all that strongSwan finds in it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lint/internal.h"

#define STEPS_MAX	(4 * SETTINGS_NODES_MAX)
#define ACTIVE_MAX	128
#define PATH_ROOM	512	/* of strongSwan's own buffer for a path */

struct resolver {
	struct settings *settings;
	const struct settings_calls *calls;
	unsigned int steps;
	/* What is being copied, outermost first. */
	const struct settings_section *active[ACTIVE_MAX];
	unsigned int nactive;
	bool failed;
};

static void fail(struct resolver *r, const struct settings_section *at, const char *value,
		 const char *rule, const char *why, const char *remedy)
{
	if (!r->failed)
		r->calls->report(r->calls->arg, at->file, at->line, value, rule, why, remedy);
	r->failed = true;
}

static void too_large(struct resolver *r, const struct settings_section *at)
{
	fail(r, at, at->name, "settings.size", "references that make too much of it",
	     "refer to fewer sections");
}

static void absorb(struct resolver *r, struct settings_section *dst,
		   const struct settings_section *src);

/*
 * All sections called @path from @in go to @dst, those that are there first, then those
 * that references of sections on the way lead to. Returns whether there was any.
 */
static bool gather(struct resolver *r, struct settings_section *dst,
		   const struct settings_section *in, const char *path)
{
	const char *dot = strchr(path, '.');
	size_t n = dot ? (size_t)(dot - path) : strlen(path);
	const struct settings_section *s;
	const struct settings_ref *ref;
	bool found = false;

	if (++r->steps > STEPS_MAX)
		too_large(r, in);
	for (s = in->sections; s && !r->failed; s = s->next) {
		if (strlen(s->name) != n || memcmp(s->name, path, n) != 0)
			continue;
		if (dot) {
			found = gather(r, dst, s, dot + 1);
		} else {
			absorb(r, dst, s);
			found = true;
		}
		break;
	}
	for (ref = in->refs; ref && !r->failed; ref = ref->next) {
		char longer[PATH_ROOM];

		/* A path that goes round grows until it has no room. */
		if ((size_t)snprintf(longer, sizeof(longer), "%s.%s", ref->name, path) >=
		    sizeof(longer))
			too_large(r, in);
		else
			found = gather(r, dst, r->settings->root, longer) || found;
	}
	return found;
}

static void absorb_pairs(struct resolver *r, struct settings_section *dst,
			 const struct settings_section *src)
{
	for (const struct settings_pair *p = src->pairs; p && !r->failed; p = p->next) {
		/* Nearer ones win, also when they only say that there is no value. */
		if (!settings_get(dst, p->key) && settings_set(r->settings, dst, p))
			too_large(r, src);
	}
}

static void absorb_sections(struct resolver *r, struct settings_section *dst,
			    const struct settings_section *src)
{
	for (const struct settings_section *s = src->sections; s && !r->failed; s = s->next) {
		struct settings_section *to =
			settings_add(r->settings, dst, s->name, s->file, s->line);

		if (to)
			absorb(r, to, s);
		else
			too_large(r, src);
	}
}

static void absorb_refs(struct resolver *r, struct settings_section *dst,
			const struct settings_section *src)
{
	for (const struct settings_ref *ref = src->refs; ref && !r->failed; ref = ref->next) {
		struct settings_section where = { .file = ref->file, .line = ref->line };

		if (gather(r, dst, r->settings->root, ref->name) || r->failed)
			continue;
		/* strongSwan would pass over it, and over all that it was to bring. */
		fail(r, &where, ref->name, "settings.reference",
		     "refers to a section that does not exist", "mend the name, or define it");
	}
}

static void absorb(struct resolver *r, struct settings_section *dst,
		   const struct settings_section *src)
{
	for (unsigned int i = 0; i < r->nactive; i++) {
		if (r->active[i] == src)
			fail(r, src, src->name, "settings.loop", "refers to itself",
			     "take the reference out of the loop");
	}
	if (++r->steps > STEPS_MAX || r->nactive == ACTIVE_MAX)
		too_large(r, src);
	if (r->failed)
		return;
	r->active[r->nactive++] = src;
	absorb_pairs(r, dst, src);
	absorb_sections(r, dst, src);
	absorb_refs(r, dst, src);
	r->nactive--;
}

struct settings_section *settings_resolve(struct settings *settings,
					  const struct settings_calls *calls)
{
	struct resolver r = { .settings = settings, .calls = calls };
	struct settings_section *root = settings_alloc(settings, sizeof(*root));

	if (!root) {
		fail(&r, settings->root, "", "settings.memory", "out of memory",
		     "free some and try again");
		return NULL;
	}
	root->name = "";
	root->file = "";
	settings->nodes = 0;
	absorb(&r, root, settings->root);
	return r.failed ? NULL : root;
}
