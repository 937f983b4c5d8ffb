// SPDX-License-Identifier: GPL-2.0-or-later
/* What a person types, into numbers. Pure functions. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "ctl.h"

/* Digits at *@s, decimal or 0x; moves *@s behind them. */
static int number(const char **s, uint64_t *v)
{
	char *end;

	/* strtoull() takes blanks and signs, and wraps negative numbers. */
	if (!isdigit((unsigned char)**s))
		return -EINVAL;
	errno = 0;
	*v = strtoull(*s, &end, strncmp(*s, "0x", 2) == 0 ? 16 : 10);
	if (errno || end == *s)
		return -EINVAL;
	*s = end;
	return 0;
}

int parse_u32(const char *s, uint32_t min, uint32_t max, uint32_t *v)
{
	uint64_t n;

	if (number(&s, &n) || *s || n < min || n > max)
		return -EINVAL;
	*v = n;
	return 0;
}

int parse_duration(const char *s, uint32_t min_ms, uint32_t max_ms, uint32_t *ms)
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "", 1000 }, { "min", 60000 }, { "h", 3600000 } };
	uint64_t n;

	if (number(&s, &n) || n > UINT32_MAX)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(s, units[i].name) != 0)
			continue;
		n *= units[i].ms;
		if (n < min_ms || n > max_ms)
			return -EINVAL;
		*ms = n;
		return 0;
	}
	return -EINVAL;
}

/* "7" or "1-5" */
static int parse_range(const char *s, uint32_t *min, uint32_t *max)
{
	uint64_t lo, hi;

	if (number(&s, &lo))
		return -EINVAL;
	hi = lo;
	if (*s == '-') {
		s++;
		if (number(&s, &hi))
			return -EINVAL;
	}
	if (*s || lo > hi || hi > UINT32_MAX)
		return -EINVAL;
	*min = lo;
	*max = hi;
	return 0;
}

/* "0x1/0xff"; without a mask all bits count. A mask of zero would mean any. */
static int parse_mark(const char *s, uint32_t *mark, uint32_t *mask)
{
	uint64_t v, m = UINT32_MAX;

	if (number(&s, &v))
		return -EINVAL;
	if (*s == '/') {
		s++;
		if (number(&s, &m))
			return -EINVAL;
	}
	if (*s || v > UINT32_MAX || m > UINT32_MAX || !m || v & ~m)
		return -EINVAL;
	*mark = v;
	*mask = m;
	return 0;
}

static int parse_condition(const char *s, struct tg_scope *scope)
{
	if (strncmp(s, "if-id=", 6) == 0)
		return parse_range(s + 6, &scope->if_id_min, &scope->if_id_max);
	if (strncmp(s, "reqid=", 6) == 0)
		return parse_range(s + 6, &scope->reqid_min, &scope->reqid_max);
	if (strncmp(s, "mark=", 5) == 0)
		return parse_mark(s + 5, &scope->mark, &scope->mark_mask);
	return -EINVAL;
}

static int parse_conditions(char *s, struct tg_scope *scope)
{
	char *part;

	*scope = (struct tg_scope)TG_SCOPE_ANY;
	while ((part = strsep(&s, "+")))
		if (parse_condition(part, scope))
			return -EINVAL;
	return 0;
}

int parse_scope(const char *s, struct tg_config *c)
{
	char *copy, *rest, *part;
	int rc = 0;

	if (strcmp(s, "all") == 0) {
		c->scope_all = true;
		c->set |= TG_CONFIG_SET(TRUSTGATE_A_CONFIG_SCOPE_ALL);
		return 0;
	}
	copy = strdup(s);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	c->nscopes = 0;
	while (!rc && (part = strsep(&rest, ",")))
		rc = c->nscopes == TG_SCOPES_MAX ? -EINVAL :
		     parse_conditions(part, &c->scopes[c->nscopes++]);
	free(copy);
	c->set |= TG_CONFIG_SET(TRUSTGATE_A_CONFIG_SCOPE);
	return rc;
}

/* Conditions of one range are joined by "+". */
static void put_range(FILE *f, const char **sep, const char *name, uint32_t min, uint32_t max)
{
	if (min == 0 && max == UINT32_MAX)
		return;
	fprintf(f, "%s%s=%" PRIu32, *sep, name, min);
	if (min != max)
		fprintf(f, "-%" PRIu32, max);
	*sep = "+";
}

static void put_scope(FILE *f, const struct tg_scope *s)
{
	const char *sep = "";

	put_range(f, &sep, "if-id", s->if_id_min, s->if_id_max);
	put_range(f, &sep, "reqid", s->reqid_min, s->reqid_max);
	if (s->mark_mask)
		fprintf(f, "%smark=0x%" PRIx32 "/0x%" PRIx32, sep, s->mark, s->mark_mask);
}

void format_scope(char *buf, size_t len, const struct tg_config *c)
{
	FILE *f = fmemopen(buf, len, "w");

	*buf = '\0';
	if (!f)
		return;
	if (c->scope_all)
		fputs("all", f);
	for (unsigned int i = 0; !c->scope_all && i < c->nscopes; i++) {
		if (i)
			fputc(',', f);
		put_scope(f, &c->scopes[i]);
	}
	fclose(f);
}

/* Ranges as in the netlink spec; the kernel has the last word. */
struct setting {
	const char *name, *rule;
	size_t offset;
	int attr;
	uint32_t min, max;
	bool time;
};

#define SETTING(n, member, a, t, lo, hi, text) \
	{ .name = (n), .rule = (text), .offset = offsetof(struct tg_config, member), \
	  .attr = TRUSTGATE_A_CONFIG_##a, .min = (lo), .max = (hi), .time = (t) }
#define TIME(n, member, a, lo, hi, text)	SETTING(n, member, a, true, lo, hi, text)
#define NUM(n, member, a, lo, hi, text)		SETTING(n, member, a, false, lo, hi, text)

static const struct setting settings[] = {
	TIME("t-bind", t_bind_ms, T_BIND_MS, 100, 600000, "must be 100ms to 600s"),
	TIME("t-verify", t_verify_ms, T_VERIFY_MS, 100, 600000, "must be 100ms to 600s"),
	TIME("grace", grace_ms, GRACE_MS, 0, TRUSTGATE_GRACE_MAX_MS, "must be 0 to 60s"),
	NUM("boot-bytes", boot_bytes, BOOT_BYTES, 0, UINT32_MAX, "must be a number of octets"),
	NUM("boot-packets", boot_packets, BOOT_PACKETS, 0, UINT32_MAX,
	    "must be a number of packets"),
	NUM("boot-attempts", boot_attempts, BOOT_ATTEMPTS, 0, UINT32_MAX, "must be a number"),
	NUM("max-contexts", max_contexts, MAX_CONTEXTS, 1, 1048576, "must be 1 to 1048576"),
	NUM("max-sas", max_sas, MAX_SAS, 1, 4194304, "must be 1 to 4194304"),
};

static const char *set_number(const struct setting *s, const char *value, struct tg_config *c)
{
	uint32_t *v = (uint32_t *)((char *)c + s->offset);
	int rc;

	if (c->set & TG_CONFIG_SET(s->attr))
		return "given twice";
	rc = s->time ? parse_duration(value, s->min, s->max, v) :
		       parse_u32(value, s->min, s->max, v);
	c->set |= TG_CONFIG_SET(s->attr);
	return rc ? s->rule : NULL;
}

static const char *set_mode(const char *value, struct tg_config *c)
{
	if (c->set & TG_CONFIG_SET(TRUSTGATE_A_CONFIG_MODE))
		return "given twice";
	c->set |= TG_CONFIG_SET(TRUSTGATE_A_CONFIG_MODE);
	return tg_mode_parse(value, &c->mode) ? "must be off, observe or enforce" : NULL;
}

static const char *set_scope(const char *value, struct tg_config *c)
{
	if (c->set & (TG_CONFIG_SET(TRUSTGATE_A_CONFIG_SCOPE) |
		      TG_CONFIG_SET(TRUSTGATE_A_CONFIG_SCOPE_ALL)))
		return "given twice";
	return parse_scope(value, c) ?
	       "must be all, or up to 16 of if-id=N[-M], reqid=N[-M], mark=V[/MASK] with commas between" :
	       NULL;
}

const char *parse_setting(const char *s, struct tg_config *c)
{
	const char *eq = strchr(s, '=');
	size_t n = eq ? (size_t)(eq - s) : 0;

	if (!eq)
		return "not KEY=VALUE";
	if (n == 4 && strncmp(s, "mode", n) == 0)
		return set_mode(eq + 1, c);
	if (n == 5 && strncmp(s, "scope", n) == 0)
		return set_scope(eq + 1, c);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (n == strlen(settings[i].name) && strncmp(s, settings[i].name, n) == 0)
			return set_number(&settings[i], eq + 1, c);
	return "no such key; known: mode, scope, t-bind, t-verify, grace, boot-bytes, boot-packets, boot-attempts, max-contexts, max-sas";
}
