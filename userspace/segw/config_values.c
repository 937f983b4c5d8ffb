// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of the SeGW's configuration, one kind a function. */
#include "segw/config_values.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "segw/rounds.h"

#define RADIUS_PORT	1812

bool value_next(const char **list, char *out, size_t size)
{
	const char *start = *list + strspn(*list, " \t");
	size_t len = strcspn(start, ",");

	if (!*start)
		return false;
	*list = start + len + (start[len] == ',');
	while (len && isspace((unsigned char)start[len - 1]))
		len--;
	if (len >= size)
		len = size - 1;
	memcpy(out, start, len);
	out[len] = '\0';
	return true;
}

static const char *number(const struct value_limits *limits, const char *value, uint32_t unit,
			  const char *end, uint32_t *out)
{
	unsigned long long v;
	char *stop;

	if (!isdigit((unsigned char)*value))
		return "not a number";
	errno = 0;
	v = strtoull(value, &stop, 10);
	while (*stop == ' ')
		stop++;
	if (stop != end)
		return "not a number";
	if (errno || v > UINT32_MAX / unit || v * unit > limits->max)
		return "above the largest value allowed";
	if (v * unit < limits->min)
		return "below the smallest value allowed";
	*out = (uint32_t)(v * unit);
	return NULL;
}

const char *value_u32(const struct value_limits *limits, const char *value, void *member)
{
	return number(limits, value, 1, value + strlen(value), member);
}

const char *value_ms(const struct value_limits *limits, const char *value, void *member)
{
	static const struct { const char *name; uint32_t ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 },
	};
	const char *unit = value + strspn(value, "0123456789 ");

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(unit, units[i].name))
			return number(limits, value, units[i].ms, unit, member);
	return *unit ? "unknown unit" : "a duration without a unit";
}

const char *value_text(const struct value_limits *limits, const char *value, void *member)
{
	size_t len = strlen(value);

	(void)limits;
	if (!len)
		return "empty";
	if (len > SEGW_TEXT_MAX)
		return "too long";
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)value[i]))
			return "has a control character";
	memcpy(member, value, len + 1);
	return NULL;
}

const char *value_path(const struct value_limits *limits, const char *value, void *member)
{
	return *value == '/' ? value_text(limits, value, member) : "not an absolute path";
}

const char *value_ifname(const struct value_limits *limits, const char *value, void *member)
{
	size_t len = strlen(value);

	(void)limits;
	if (!len || len > SEGW_IFNAME_MAX || !strcmp(value, ".") || !strcmp(value, ".."))
		return "not a device's name";
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)value[i]) || value[i] == '/' || value[i] == ':')
			return "not a device's name";
	memcpy(member, value, len + 1);
	return NULL;
}

/* Position of @value among the words of @names, or -1. */
static int word_index(const char *names, const char *value)
{
	size_t len = strlen(value);

	for (int i = 0; len && *names; i++) {
		size_t n = strcspn(names, " ");

		if (n == len && !memcmp(names, value, n))
			return i;
		names += n + (names[n] == ' ');
	}
	return -1;
}

const char *value_choice(const struct value_limits *limits, const char *value, void *member)
{
	int i = word_index(limits->text, value);

	if (i < 0)
		return "not one of the values known";
	*(uint32_t *)member = (uint32_t)i;
	return NULL;
}

/* Two words, the one for false first. */
const char *value_bool(const struct value_limits *limits, const char *value, void *member)
{
	int i = word_index(limits->text, value);

	if (i < 0)
		return "not one of the values known";
	*(bool *)member = i;
	return NULL;
}

const char *value_uri(const struct value_limits *limits, const char *value, void *member)
{
	(void)limits;
	return uri_parse(value, strlen(value), member);
}

/* Fills uris and nuris of a struct segw_source. */
const char *value_uris(const struct value_limits *limits, const char *value, void *member)
{
	struct segw_source *s = (void *)((char *)member - offsetof(struct segw_source, uris));
	char text[URI_MAX + 2];

	(void)limits;
	for (s->nuris = 0; value_next(&value, text, sizeof(text)); s->nuris++) {
		const char *why;

		if (s->nuris == SEGW_URIS_MAX)
			return "more than four";
		why = uri_parse(text, strlen(text), &s->uris[s->nuris]);
		if (why)
			return why;
	}
	return s->nuris ? NULL : "empty";
}

/* Fills server and port of a struct segw_authz. */
const char *value_server(const struct value_limits *limits, const char *value, void *member)
{
	struct segw_authz *a = (void *)((char *)member - offsetof(struct segw_authz, server));
	struct pointer_host host;
	struct uri_addr *addr = &a->server;
	const char *why = pointer_host_parse(value, &host);

	(void)limits;
	if (why)
		return why;
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, host.host, addr->addr) == 1)
		addr->family = AF_INET;
	else if (inet_pton(AF_INET6, host.host, addr->addr) == 1)
		addr->family = AF_INET6;
	else
		return "a name, where an answer would have to be waited for";
	/* What http presets is no RADIUS server's port unless it was written. */
	a->port = host.port == 80 && strcmp(value + strlen(value) - (strlen(value) > 3 ? 3 : 0),
					    ":80") != 0 ? RADIUS_PORT : host.port;
	return NULL;
}

const char *value_hosts(const struct value_limits *limits, const char *value, void *member)
{
	struct pointer_policy *p = (void *)((char *)member);
	char text[URI_MAX + 1];

	(void)limits;
	for (p->nhosts = 0; value_next(&value, text, sizeof(text)); p->nhosts++) {
		const char *why;

		if (p->nhosts == POINTER_HOSTS_MAX)
			return "more than 32";
		why = pointer_host_parse(text, &p->hosts[p->nhosts]);
		if (why)
			return why;
	}
	return p->nhosts ? NULL : "empty";
}

const char *value_rounds(const struct value_limits *limits, const char *value, void *member)
{
	const char *why = rounds_check(value);

	return why ? why : value_text(limits, value, member);
}

const char *value_networks(const struct value_limits *limits, const char *value, void *member)
{
	struct pointer_policy *p = member;
	char text[URI_PREFIX_MAX + 1];

	(void)limits;
	for (p->nnets = 0; value_next(&value, text, sizeof(text)); p->nnets++) {
		const char *why;

		if (p->nnets == POINTER_NETS_MAX)
			return "more than 32";
		why = uri_prefix_parse(text, &p->nets[p->nnets]);
		if (why)
			return why;
	}
	return p->nnets ? NULL : "empty";
}

void value_preset(value_fn *store, const struct value_limits *limits, void *member)
{
	if (store == value_ms || store == value_u32 || store == value_choice)
		*(uint32_t *)member = limits->preset;
	else if (store == value_bool)
		*(bool *)member = limits->preset;
	else if (limits->text)
		memcpy(member, limits->text, strlen(limits->text) + 1);
}
