// SPDX-License-Identifier: GPL-2.0-or-later
/* Secrets in what is shown: RFC 3986 3.2.1 has them in front of a host. */
#include "pki/hidden.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct out {
	char *text;
	size_t size, len;
};

static void put(struct out *o, const char *text, size_t len)
{
	if (len > o->size - 1 - o->len)
		len = o->size - 1 - o->len;
	memcpy(o->text + o->len, text, len);
	o->len += len;
}

static bool ends_word(char c)
{
	return !c || isspace((unsigned char)c) || strchr("'\"<>", c);
}

/* Is the ":" at @colon behind a scheme? Without a slash only where user and password follow. */
static bool has_scheme(const char *text, const char *colon)
{
	const char *at = colon + 1;

	if (colon == text || !isalnum((unsigned char)colon[-1]))
		return false;
	while (!ends_word(*at) && !strchr(":@", *at))
		at++;
	return colon[1] == '/' || (*at == ':' && memchr(at, '@', strcspn(at, " \t\n'\"<>")));
}

/*
 * Octets at @p that stand before a host: to the last "@" of the word, as a password may
 * have one; or, where somebody forgot the "@", the whole that has a colon and no port.
 */
static size_t user_info(const char *p)
{
	size_t word = 0, host, at;
	const char *colon;

	while (!ends_word(p[word]))
		word++;
	for (at = word; at; at--)
		if (p[at - 1] == '@')
			return at - 1;
	host = strcspn(p, "/?# \t\n'\"<>");
	while (host && strchr(":.,;)", p[host - 1]))
		host--;
	colon = memchr(p, ':', host);
	if (!colon || *p == '[' || (colon > p && colon[-1] == '['))
		return 0;
	for (colon++; colon < p + host; colon++)
		if (!isdigit((unsigned char)*colon))
			return host;
	return 0;
}

const char *hidden_urls(const char *text, char *buf, size_t size)
{
	static const char password[] = "password=";
	struct out o = { .text = buf, .size = size };
	const char *p = text;

	while (*p) {
		size_t n = 0;

		if (*p == ':' && has_scheme(text, p)) {
			size_t slashes = 1 + strspn(p + 1, "/");

			put(&o, p, slashes);
			p += slashes;
			n = user_info(p);
		} else if (!strncasecmp(p, password, sizeof(password) - 1)) {
			put(&o, p, sizeof(password) - 1);
			p += sizeof(password) - 1;
			while (!ends_word(p[n]) && p[n] != '&')
				n++;
		} else {
			put(&o, p++, 1);
			continue;
		}
		if (n)
			put(&o, HIDDEN, sizeof(HIDDEN) - 1);
		p += n;
	}
	buf[o.len] = '\0';
	return buf;
}

const char *hidden_value(enum hidden_kind kind, const char *value, char *out, size_t size)
{
	bool odd = strchr(value, '=') || strchr(value, '@');

	hidden_urls(value, out, size);
	if (kind == HIDDEN_URL)
		odd = strpbrk(value, "= \t\"'<>") || (strpbrk(value, ":@") && !strstr(value, "://"));
	if (*value && (kind == HIDDEN_SECRET || odd))
		snprintf(out, size, "%s", HIDDEN);
	return out;
}

const char *hidden_name(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz_-")] ? HIDDEN : name;
}
