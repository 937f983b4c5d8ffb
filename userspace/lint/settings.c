// SPDX-License-Identifier: GPL-2.0-or-later
/* The tree that settings are read into. */
#include "lint/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lint/internal.h"

/* Each allocation by itself, so that a sanitiser sees the end of each. */
struct settings_block {
	struct settings_block *next;
	_Alignas(max_align_t) char data[];
};

struct settings *settings_new(void)
{
	struct settings *settings = calloc(1, sizeof(*settings));

	if (!settings)
		return NULL;
	settings->root = settings_alloc(settings, sizeof(*settings->root));
	if (!settings->root) {
		settings_free(settings);
		return NULL;
	}
	settings->root->name = "";
	settings->root->file = "";
	return settings;
}

void settings_free(struct settings *settings)
{
	struct settings_block *block;

	if (!settings)
		return;
	while ((block = settings->blocks)) {
		settings->blocks = block->next;
		free(block);
	}
	free(settings);
}

struct settings_section *settings_root(struct settings *settings)
{
	return settings->root;
}

void *settings_alloc(struct settings *settings, size_t size)
{
	struct settings_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->next = settings->blocks;
	settings->blocks = block;
	return block->data;
}

char *settings_copy(struct settings *settings, const char *text, size_t len)
{
	char *copy = settings_alloc(settings, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

const struct settings_section *settings_find(const struct settings_section *in, const char *name)
{
	const struct settings_section *s;

	for (s = in ? in->sections : NULL; s; s = s->next)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

const struct settings_pair *settings_get(const struct settings_section *in, const char *key)
{
	const struct settings_pair *p;

	for (p = in ? in->pairs : NULL; p; p = p->next)
		if (strcmp(p->key, key) == 0)
			return p;
	return NULL;
}

static bool take_room(struct settings *settings, struct settings_section *in)
{
	if (in->entries >= SETTINGS_WIDTH_MAX || settings->nodes >= SETTINGS_NODES_MAX)
		return false;
	in->entries++;
	settings->nodes++;
	return true;
}

struct settings_section *settings_add(struct settings *settings, struct settings_section *into,
				      const char *section, const char *file, int line)
{
	struct settings_section **end = &into->sections, *new;

	for (; *end; end = &(*end)->next)
		if (strcmp((*end)->name, section) == 0)
			return *end;
	if (into->depth >= SETTINGS_DEPTH_MAX || !take_room(settings, into))
		return NULL;
	new = settings_alloc(settings, sizeof(*new));
	if (!new)
		return NULL;
	new->name = settings_copy(settings, section, strlen(section));
	if (!new->name)
		return NULL;
	new->file = file;
	new->line = line;
	new->depth = into->depth + 1;
	new->secrets = into->secrets || (!into->depth && !strcasecmp(section, "secrets"));
	*end = new;
	return new;
}

int settings_set(struct settings *settings, struct settings_section *in,
		 const struct settings_pair *pair)
{
	struct settings_pair **end = &in->pairs, *new;

	for (; *end; end = &(*end)->next) {
		if (strcmp((*end)->key, pair->key) == 0) {
			(*end)->value = pair->value;
			(*end)->file = pair->file;
			(*end)->line = pair->line;
			/* What a reference brought from a secret's place stays one. */
			if (pair->hidden > (*end)->hidden)
				(*end)->hidden = pair->hidden;
			return 0;
		}
	}
	if (!take_room(settings, in))
		return -E2BIG;
	new = settings_alloc(settings, sizeof(*new));
	if (!new)
		return -ENOMEM;
	*new = *pair;
	new->next = NULL;
	if (settings_hidden(in, pair->key) > new->hidden)
		new->hidden = settings_hidden(in, pair->key);
	*end = new;
	return 0;
}

int settings_refer(struct settings *settings, struct settings_section *in, const char *name,
		   const char *file, int line)
{
	struct settings_ref **end = &in->refs, *new;

	for (; *end; end = &(*end)->next)
		if (strcmp((*end)->name, name) == 0)
			return 0;
	if (!take_room(settings, in))
		return -E2BIG;
	new = settings_alloc(settings, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->name = name;
	new->file = file;
	new->line = line;
	*end = new;
	return 0;
}

int settings_fall_back(struct settings *settings, struct settings_section *section,
		       const char *name)
{
	char *copy = settings_copy(settings, name, strlen(name));

	return copy ? settings_refer(settings, section, copy, section->file, section->line) :
		      -ENOMEM;
}
