// SPDX-License-Identifier: GPL-2.0-or-later
/* Identities and addresses of peers, read as strongSwan reads them. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "lint/engine.h"

#define NAME_MAX_LEN	253

/* A host name of at least two labels. */
static bool is_fqdn(const char *name)
{
	size_t label = 0, len = strlen(name);
	bool dot = false, alpha = false;

	if (len > NAME_MAX_LEN)
		return false;
	for (; *name; name++) {
		if (*name == '.') {
			if (!label || name[-1] == '-' || !name[1])
				return false;
			dot = true;
			label = 0;
			continue;
		}
		if (!isalnum((unsigned char)*name) && (*name != '-' || !label))
			return false;
		alpha = alpha || isalpha((unsigned char)*name);
		label++;
	}
	return dot && alpha && name[-1] != '-';
}

/* An address of one host: neither a network nor "any". */
static bool is_address(const char *text)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1)
		return v4.s_addr != INADDR_ANY;
	return inet_pton(AF_INET6, text, &v6) == 1 && !IN6_IS_ADDR_UNSPECIFIED(&v6);
}

/* The FQDN in strongSwan's ways to write one; NULL: of another type. */
static const char *fqdn_of(const char *id)
{
	if (strncasecmp(id, "fqdn:", 5) == 0)
		return id + 5;
	if (strncasecmp(id, "dns:", 4) == 0)
		return id + 4;
	return *id == '@' ? id + 1 : id;
}

/*
 * One SeGW and no other: with a wildcard, or any identity at all, every holder of a
 * certificate of that PKI would pass for it.
 */
bool lint_is_identity(struct lint_at *at, const char *args, const char *value)
{
	const char *name = value ? fqdn_of(value) : "";

	(void)args;
	if (!is_address(name) && !is_fqdn(name))
		return false;
	return !at->context->peer || strcasecmp(name, at->context->peer) == 0;
}

/* The H(e)NBs of one domain, or one of them. */
bool lint_is_pattern(struct lint_at *at, const char *args, const char *value)
{
	const char *name = value ? fqdn_of(value) : "";

	(void)at;
	(void)args;
	return is_fqdn(strncmp(name, "*.", 2) == 0 ? name + 2 : name);
}

/* A list of hosts, by name or address. */
bool lint_are_addresses(struct lint_at *at, const char *args, const char *value)
{
	const char *word;
	bool any = false;
	size_t len;

	(void)at;
	(void)args;
	while (value && lint_word(&value, ',', &word, &len)) {
		char host[NAME_MAX_LEN + 1];

		if (len >= sizeof(host))
			return false;
		memcpy(host, word, len);
		host[len] = '\0';
		if (!is_address(host) && !is_fqdn(host))
			return false;
		any = true;
	}
	return any;
}
