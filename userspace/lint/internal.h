/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the settings parser share. */
#ifndef TRUSTGATE_LINT_INTERNAL_H
#define TRUSTGATE_LINT_INTERNAL_H

#include "lint/settings.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct settings_block;

struct settings {
	struct settings_block *blocks;
	struct settings_section *root;
	unsigned int nodes;
};

/* secret.c: what of the value of @key in @in may be shown. */
enum hidden_kind settings_hidden(const struct settings_section *in, const char *key);
/* Memory that lives as long as @settings; zeroed. NULL when there is none. */
void *settings_alloc(struct settings *settings, size_t size);
/* A copy of @len octets of @text, with a NUL behind it. */
char *settings_copy(struct settings *settings, const char *text, size_t len);
/* Sets @key of @in, replacing what is there. 0, -ENOMEM, or -E2BIG: no room. */
int settings_set(struct settings *settings, struct settings_section *in,
		 const struct settings_pair *pair);
/* Adds a reference of @in to @name behind those there are; once. */
int settings_refer(struct settings *settings, struct settings_section *in, const char *name,
		   const char *file, int line);

#endif /* TRUSTGATE_LINT_INTERNAL_H */
