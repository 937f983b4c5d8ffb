// SPDX-License-Identifier: GPL-2.0-or-later
/* http URIs and address ranges. */
#include "segw/uri.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static bool parse_addr(const char *text, struct uri_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, out->addr) == 1)
		out->family = AF_INET;
	else if (inet_pton(AF_INET6, text, out->addr) == 1)
		out->family = AF_INET6;
	return out->family;
}

/* Lower case into @out; false when it is no host name. */
static bool take_name(const char *p, size_t len, char *out)
{
	bool start = true, alpha = false;
	size_t last = 0;

	if (len && p[len - 1] == '.')
		len--;
	if (!len || len > URI_HOST_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];
		bool digit = c >= '0' && c <= '9';
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && !digit && (start || (c != '-' && c != '.')))
			return false;
		if (start) {
			alpha = false;
			last = i;
		}
		alpha = alpha || letter;
		start = c == '.';
		out[i] = p[i];
		if (c >= 'A' && c <= 'Z')
			out[i] |= 'a' - 'A';
	}
	out[len] = '\0';
	/* To some resolvers 127.1 and 0x7f000001 are addresses: no name ends so. */
	return alpha && !start && strncmp(out + last, "0x", 2) != 0;
}

static const char *take_host(const char **p, const char *end, struct uri *out)
{
	bool bracket = *p < end && **p == '[';
	const char *from = *p + bracket, *to = from;

	while (to < end && !strchr(bracket ? "]/?" : ":/?", *to))
		to++;
	if (to == from || (size_t)(to - from) > URI_HOST_MAX)
		return "no host in it";
	if (bracket && (to == end || *to != ']'))
		return "a bracket without its other half";
	memcpy(out->host, from, (size_t)(to - from));
	out->host[to - from] = '\0';
	*p = to + bracket;
	if (parse_addr(out->host, &out->addr))
		return (out->addr.family == AF_INET6) == bracket ? NULL :
		       "an IPv6 address goes in brackets, an IPv4 address does not";
	if (bracket || !take_name(from, (size_t)(to - from), out->host))
		return "neither a host name nor an IP address";
	return NULL;
}

static const char *take_port(const char **p, const char *end, uint16_t *port)
{
	unsigned int v = 0, digits = 0;

	*port = 80;
	if (*p == end || **p != ':')
		return NULL;
	for (++*p; *p < end && **p >= '0' && **p <= '9' && digits < 6; ++*p, digits++)
		v = v * 10 + (unsigned int)(**p - '0');
	if (!digits || !v || v > 65535)
		return "port is not a number from 1 to 65535";
	*port = (uint16_t)v;
	return NULL;
}

const char *uri_parse(const char *text, size_t len, struct uri *out)
{
	const char *p = text + 7, *end = text + len, *why;

	memset(out, 0, sizeof(*out));
	if (len > URI_MAX)
		return "longer than 255 octets";
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' || strchr("\"<>\\^`{|}#", text[i]))
			return "a character in it that has no place there";
	/* Its certificate would need a revocation check of its own (PIT-14). */
	if (len >= 6 && !strncasecmp(text, "https:", 6))
		return "https needs a revocation check itself; what is fetched is signed";
	if (len < 7 || strncasecmp(text, "http://", 7) != 0)
		return "not an http URI";
	for (const char *q = p; q < end && *q != '/' && *q != '?'; q++)
		if (*q == '@')
			return "user information in it";
	why = take_host(&p, end, out);
	if (!why)
		why = take_port(&p, end, &out->port);
	if (!why && p < end && *p != '/' && *p != '?')
		why = "neither a port nor a path after the host";
	memcpy(out->text, text, len);
	return why;
}

const char *uri_prefix_parse(const char *text, struct uri_prefix *out)
{
	char addr[URI_PREFIX_MAX];
	size_t len = strcspn(text, "/");
	unsigned long bits;
	unsigned int max;
	char *end;

	if (len >= sizeof(addr))
		return "not an address";
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (!parse_addr(addr, &out->addr))
		return "not an address";
	max = out->addr.family == AF_INET ? 32 : 128;
	out->bits = max;
	if (!text[len])
		return NULL;
	if (text[len + 1] < '0' || text[len + 1] > '9')
		return "not a prefix length";
	bits = strtoul(text + len + 1, &end, 10);
	if (*end || bits > max)
		return "not a prefix length";
	out->bits = (unsigned int)bits;
	for (unsigned int i = out->bits; i < max; i++)
		if (out->addr.addr[i / 8] & 0x80u >> i % 8)
			return "bits set behind the prefix";
	return NULL;
}

bool uri_in_prefix(const struct uri_addr *addr, const struct uri_prefix *prefix)
{
	unsigned int whole = prefix->bits / 8, rest = prefix->bits % 8;

	if (addr->family != prefix->addr.family || memcmp(addr->addr, prefix->addr.addr, whole) != 0)
		return false;
	return !rest || !((addr->addr[whole] ^ prefix->addr.addr[whole]) & (0xffu << (8 - rest) & 0xff));
}

/* The special-purpose registries of RFC 6890, as far as they can be addressed. */
static const struct { const char *prefix, *why; } special[] = {
	{ "0.0.0.0/8", "an address of this network" },
	{ "10.0.0.0/8", "a private address" },
	{ "100.64.0.0/10", "a carrier's private address" },
	{ "127.0.0.0/8", "a loopback address" },
	{ "169.254.0.0/16", "a link-local address" },
	{ "172.16.0.0/12", "a private address" },
	{ "192.0.0.0/24", "a special-purpose address" },
	{ "192.0.2.0/24", "an address of the documentation" },
	{ "192.88.99.0/24", "a relay's address" },
	{ "192.168.0.0/16", "a private address" },
	{ "198.18.0.0/15", "an address of benchmarks" },
	{ "198.51.100.0/24", "an address of the documentation" },
	{ "203.0.113.0/24", "an address of the documentation" },
	{ "224.0.0.0/3", "a multicast or reserved address" },
	{ "2001::/23", "an IPv6 address of a special purpose" },
	{ "2001:db8::/32", "an address of the documentation" },
	{ "2002::/16", "an IPv6 address with an IPv4 address inside" },
	{ "3fff::/20", "an address of the documentation" },
};

const char *uri_special(const struct uri_addr *addr)
{
	static const struct uri_prefix global = { { AF_INET6, { 0x20 } }, 3 };

	if (addr->family != AF_INET && addr->family != AF_INET6)
		return "no address";
	/* Whatever is not global unicast, mapped and translated IPv4 with it. */
	if (addr->family == AF_INET6 && !uri_in_prefix(addr, &global))
		return "not a global IPv6 address";
	for (size_t i = 0; i < ARRAY_SIZE(special); i++) {
		struct uri_prefix p;

		if (!uri_prefix_parse(special[i].prefix, &p) && uri_in_prefix(addr, &p))
			return special[i].why;
	}
	return NULL;
}
