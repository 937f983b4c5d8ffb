// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether anything holds a tunnel's traffic when the tunnel is not there: a trap of the
 * child's own, or a policy that drops it, which is there as long as charon is and gives
 * way to a tunnel's. Without, the routing table decides, and the traffic leaves in clear.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lint/engine.h"

#define SELECTORS_MAX	64

struct range {
	int family;
	unsigned char from[16], to[16];
	bool ports;		/* only some protocol or port */
};

struct selectors {
	struct range range[SELECTORS_MAX];
	unsigned int n;
	bool bad;		/* one that could not be read, or too many */
};

static size_t octets(int family)
{
	return family == AF_INET ? 4 : 16;
}

static void mask(struct range *r, unsigned int bits)
{
	for (size_t i = 0; i < octets(r->family); i++) {
		unsigned int keep = bits > 8 * i ? bits - (unsigned int)(8 * i) : 0;
		unsigned char host = keep >= 8 ? 0 : (unsigned char)(0xff >> keep);

		r->from[i] &= (unsigned char)~host;
		r->to[i] |= host;
	}
}

static bool read_address(const char *text, struct range *r, unsigned char *out)
{
	r->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(r->family, text, out) == 1;
}

/* ADDRESS, ADDRESS/BITS or ADDRESS-ADDRESS; @text is written to. */
static bool read_range(char *text, struct range *r)
{
	char *slash = strchr(text, '/'), *dash = strchr(text, '-'), *end;
	unsigned long bits;
	int family;

	if (dash) {
		*dash = '\0';
		if (!read_address(dash + 1, r, r->to))
			return false;
		family = r->family;
		return read_address(text, r, r->from) && r->family == family;
	}
	if (slash)
		*slash = '\0';
	if (!read_address(text, r, r->from))
		return false;
	memcpy(r->to, r->from, sizeof(r->to));
	bits = slash ? strtoul(slash + 1, &end, 10) : 8 * octets(r->family);
	if (slash && (*end || end == slash + 1))
		return false;
	if (bits > 8 * octets(r->family))
		return false;
	mask(r, (unsigned int)bits);
	return true;
}

static void add_any(struct selectors *s, int family, bool ports)
{
	struct range *r = &s->range[s->n];

	if (s->n == SELECTORS_MAX) {
		s->bad = true;
		return;
	}
	memset(r, 0, sizeof(*r));
	r->family = family;
	r->ports = ports;
	memset(r->to, 0xff, sizeof(r->to));
	s->n++;
}

static void add_selector(struct selectors *s, char *text)
{
	char *bracket = strchr(text, '[');
	struct range r = { .ports = bracket };

	if (bracket)
		*bracket = '\0';
	/* An address that is not known yet: of a child any, and a shunt takes it for all. */
	if (strcmp(text, "dynamic") == 0) {
		add_any(s, AF_INET, r.ports);
		add_any(s, AF_INET6, r.ports);
	} else if (s->n == SELECTORS_MAX || !read_range(text, &r)) {
		s->bad = true;
	} else {
		s->range[s->n++] = r;
	}
}

static void read_selectors(const struct settings_section *child, const char *key,
			   struct selectors *s)
{
	const struct settings_pair *p = settings_get(child, key);
	const char *list = p && p->value ? p->value : "dynamic", *word;
	size_t len;

	memset(s, 0, sizeof(*s));
	while (lint_word(&list, ',', &word, &len)) {
		char text[128];

		if (len >= sizeof(text)) {
			s->bad = true;
			continue;
		}
		memcpy(text, word, len);
		text[len] = '\0';
		add_selector(s, text);
	}
}

static bool covers(const struct range *outer, const struct range *inner)
{
	size_t n = octets(inner->family);

	return outer->family == inner->family && !outer->ports &&
	       memcmp(outer->from, inner->from, n) <= 0 && memcmp(outer->to, inner->to, n) >= 0;
}

static bool any_covers(const struct selectors *s, const struct range *inner)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (covers(&s->range[i], inner))
			return true;
	return false;
}

static bool key_is(const struct settings_section *s, const char *key, const char *words)
{
	const struct settings_pair *p = settings_get(s, key);

	return p && p->value && lint_matches(words, p->value);
}

/* Installed when it is loaded, and for all traffic, not that of some interface or mark. */
static bool is_shunt(const struct settings_section *child)
{
	static const char *const narrow[] = { "mark_in", "mark_out", "interface", "if_id_in",
					      "if_id_out" };

	for (size_t i = 0; i < ARRAY_SIZE(narrow); i++)
		if (settings_get(child, narrow[i]))
			return false;
	return key_is(child, "mode", "drop") && key_is(child, "start_action", "trap route");
}

static bool pair_is_covered(const struct settings_section *root, const struct range *local,
			    const struct range *remote)
{
	const struct settings_section *conn, *children, *child;
	struct selectors mine, theirs;

	conn = settings_find(root, "connections");
	for (conn = conn ? conn->sections : NULL; conn; conn = conn->next) {
		children = settings_find(conn, "children");
		for (child = children ? children->sections : NULL; child; child = child->next) {
			if (!is_shunt(child))
				continue;
			read_selectors(child, "local_ts", &mine);
			read_selectors(child, "remote_ts", &theirs);
			if (any_covers(&mine, local) && any_covers(&theirs, remote))
				return true;
		}
	}
	return false;
}

bool lint_is_covered(struct lint_at *at, const char *args, const char *value)
{
	struct selectors local, remote;

	(void)args;
	(void)value;
	if (key_is(at->section, "start_action", "trap route"))
		return true;
	read_selectors(at->section, "local_ts", &local);
	read_selectors(at->section, "remote_ts", &remote);
	if (local.bad || remote.bad)
		return false;
	for (unsigned int l = 0; l < local.n; l++)
		for (unsigned int r = 0; r < remote.n; r++)
			if (local.range[l].family == remote.range[r].family &&
			    !pair_is_covered(at->root, &local.range[l], &remote.range[r]))
				return false;
	return true;
}

/* A connection whose children only drop or pass: nobody is authenticated by it. */
bool lint_is_shunt_only(const struct settings_section *conn)
{
	const struct settings_section *children = settings_find(conn, "children"), *child;

	for (child = children ? children->sections : NULL; child; child = child->next)
		if (!key_is(child, "mode", "drop pass"))
			return false;
	return children && children->sections;
}

static bool is_multicast(const struct range *r)
{
	static const unsigned char first[] = { 224, 0, 0, 0 }, last[] = { 239, 255, 255, 255 };

	return r->family == AF_INET && memcmp(r->from, first, 4) >= 0 && memcmp(r->to, last, 4) <= 0;
}

/*
 * charon has a route for each selector. Linux shares the next hop of IPv4 routes that differ
 * by their prefix alone, and keeps with it what kind the last route was: after a packet to a
 * group, connect() to a host ends with ENETUNREACH. One that is wider than 224.0.0.0/4 does
 * not: a group's packet does not use its next hop, __mkroute_output().
 */
bool lint_is_unmixed(struct lint_at *at, const char *args, const char *value)
{
	bool groups = false, hosts = false;
	struct selectors s;

	(void)args;
	if (!value)
		return true;
	read_selectors(at->section, "remote_ts", &s);
	for (unsigned int i = 0; i < s.n; i++) {
		groups |= is_multicast(&s.range[i]);
		hosts |= s.range[i].family == AF_INET && !is_multicast(&s.range[i]);
	}
	return !groups || !hosts;
}
