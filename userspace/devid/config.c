// SPDX-License-Identifier: GPL-2.0-or-later
/* What is not known, given twice or malformed is an error: nothing is guessed. */
#include "devid/access.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ini.h>
#include "pki/hidden.h"

#define CONFIG_MAX	(1u << 20)
#define SECTION_MAX	49	/* inih cuts them */

struct parser {
	struct devid_config *c;
	devid_config_report_fn *report;
	void *arg;
	const char *text;		/* what is left of it */
	size_t left;
	int line, errors;
	unsigned int seen;		/* bit: index in keys[] */
	uint32_t client_seen[ACCESS_CLIENTS_MAX];	/* bit: enum devid_verb; 0: name */
};

enum kind { TEXT, PATH, STORE, ADDRESS, NUMBER, SECONDS, SOURCE };

static const struct key {
	const char *section, *name;
	enum kind kind;
	bool required;
	size_t offset, size;
	uint32_t min, max;
} keys[] = {
#define IN(member) offsetof(struct devid_config, member), sizeof(((struct devid_config *)0)->member)
	{ "repository", "listen", ADDRESS, true, IN(listen), 0, 0 },
	{ "repository", "tls-cert", PATH, true, IN(tls_cert), 0, 0 },
	{ "repository", "tls-key", PATH, true, IN(tls_key), 0, 0 },
	{ "repository", "client-ca", PATH, true, IN(client_ca), 0, 0 },
	{ "repository", "store", STORE, true, IN(store), 0, 0 },
	{ "repository", "store-key", PATH, true, IN(store_key), 0, 0 },
	{ "repository", "signing-key", PATH, true, IN(signing_key), 0, 0 },
	{ "repository", "user", TEXT, false, IN(user), 0, 0 },
	{ "repository", "connections", NUMBER, false, IN(connections), 1, 4096 },
	{ "repository", "connections-per-address", NUMBER, false, IN(connections_per_address), 1, 4096 },
	{ "aaa", "socket", PATH, false, IN(aaa_socket), 0, 0 },
	{ "aaa", "url", TEXT, true, IN(aaa_url), 0, 0 },
	{ "aaa", "ca", PATH, true, IN(aaa_ca), 0, 0 },
	{ "aaa", "tls-cert", PATH, true, IN(aaa_cert), 0, 0 },
	{ "aaa", "tls-key", PATH, true, IN(aaa_key), 0, 0 },
	{ "aaa", "repository-key", PATH, true, IN(aaa_repository_key), 0, 0 },
	{ "aaa", "user", TEXT, false, IN(aaa_user), 0, 0 },
	{ "aaa", "group", TEXT, false, IN(aaa_group), 0, 0 },
	{ "aaa", "ca-source", SOURCE, false, IN(aaa_ca_from_repository), 0, 0 },
	/* FFS-10: an hour at most. */
	{ "aaa", "cache", SECONDS, false, IN(aaa_cache_s), 0, 3600 },
	{ "aaa", "recheck", SECONDS, false, IN(aaa_recheck_s), 1, 3600 },
#undef IN
};

#define NKEYS (sizeof(keys) / sizeof(keys[0]))

static void error(struct parser *p, const char *key, const char *why)
{
	p->errors++;
	if (p->report)
		p->report(p->arg, p->line, key, why);
}

static const char *set_text(char *to, size_t size, const char *value)
{
	if (!*value)
		return "empty";
	if (strlen(value) >= size)
		return "too long";
	memcpy(to, value, strlen(value) + 1);
	return NULL;
}

static const char *set_number(const struct key *k, uint32_t *to, const char *value)
{
	char *end;
	unsigned long v;

	if (!isdigit((unsigned char)*value))
		return "not a number";
	v = strtoul(value, &end, 10);
	if (k->kind == SECONDS && !strcmp(end, "min"))
		v *= 60;
	else if (k->kind == SECONDS ? (strcmp(end, "s") != 0 && v) : *end)
		return k->kind == SECONDS ? "seconds are to be given as 30s or 5min" : "not a number";
	if (strlen(value) > 12 || v < k->min || v > k->max)
		return v < k->min ? "below the smallest value allowed" : "above the largest value allowed";
	*to = (uint32_t)v;
	return NULL;
}

static const char *set_source(bool *from_repository, const char *value)
{
	*from_repository = !strcmp(value, "repository");
	return *from_repository || !strcmp(value, "local") ? NULL : "neither local nor repository";
}

static const char *set_key(const struct key *k, struct devid_config *c, const char *value)
{
	char *at = (char *)c + k->offset;

	switch (k->kind) {
	case NUMBER:
	case SECONDS:
		return set_number(k, (uint32_t *)(void *)at, value);
	case SOURCE:
		return set_source((bool *)(void *)at, value);
	case STORE:
		if (*value != '/' && strncmp(value, "postgresql:", 11) != 0)
			return "neither an absolute path nor postgresql:";
		return set_text(at, k->size, value);
	case PATH:
		return *value == '/' ? set_text(at, k->size, value) : "not an absolute path";
	case ADDRESS:
		return strrchr(value, ':') ? set_text(at, k->size, value) : "not ADDRESS:PORT";
	default:
		return set_text(at, k->size, value);
	}
}

/* "35209900" or "35209900-35209999"; "all" is every one. */
static const char *set_range(struct devid_config *c, int client, enum devid_verb verb, char *word)
{
	struct access_range *r = &c->ranges[c->nranges];
	size_t len = strlen(word);

	if (c->nranges == ACCESS_RANGES_MAX)
		return "more ranges than there is room for";
	*r = (struct access_range){ 0, 99999999, (uint16_t)client, (uint8_t)verb };
	if (strcmp(word, "all") != 0) {
		if (strspn(word, "0123456789") != 8 || (len != 8 && (len != 17 || word[8] != '-' ||
		    strspn(word + 9, "0123456789") != 8)))
			return "not a type allocation code of 8 digits, or FROM-TO, or all";
		r->from = (uint32_t)strtoul(word, NULL, 10);
		r->to = len == 8 ? r->from : (uint32_t)strtoul(word + 9, NULL, 10);
	}
	if (r->from > r->to)
		return "the range ends before it begins";
	c->nranges++;
	return NULL;
}

static const char *set_ranges(struct devid_config *c, int client, enum devid_verb verb, const char *value)
{
	char *copy = strdup(value), *rest = copy, *word;
	const char *why = copy && *copy ? NULL : "empty";

	while (!why && (word = strsep(&rest, ","))) {
		char *end;

		word += strspn(word, " \t");
		end = word + strlen(word);
		while (end > word && isspace((unsigned char)end[-1]))
			*--end = '\0';
		why = set_range(c, client, verb, word);
	}
	free(copy);
	return why;
}

static int client_of(struct parser *p, const char *label)
{
	struct devid_config *c = p->c;

	for (size_t i = 0; i < c->nclients; i++)
		if (!strcmp(c->clients[i].label, label))
			return (int)i;
	if (!*label || strlen(label) > ACCESS_LABEL_MAX) {
		error(p, label, "is no name of a client, of 1 to 40 characters");
		return -1;
	}
	if (c->nclients == ACCESS_CLIENTS_MAX) {
		error(p, label, "more clients than there is room for");
		return -1;
	}
	memcpy(c->clients[c->nclients].label, label, strlen(label) + 1);
	return (int)c->nclients++;
}

static const char *set_name(struct devid_config *c, int client, const char *name)
{
	if (strpbrk(name, " \t*"))
		return "no DNS name: neither blanks nor wildcards";
	for (int i = 0; i < (int)c->nclients; i++)
		if (i != client && !strcasecmp(c->clients[i].name, name))
			return "is another client's";
	return set_text(c->clients[client].name, sizeof(c->clients[client].name), name);
}

/* By their number: 0 is the name, the others are the verbs. */
static void client_key(struct parser *p, const char *label, const char *name, const char *value)
{
	static const char *const names[] = {
		"name", [DEVID_QUERY] = "query", [DEVID_PUBLISH] = "publish", [DEVID_WITHDRAW] = "withdraw",
	};
	int n = client_of(p, label);

	for (unsigned int i = 0; n >= 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		const char *why;

		if (strcmp(name, names[i]))
			continue;
		if (p->client_seen[n] & 1u << i)
			why = "given twice";
		else
			why = i ? set_ranges(p->c, n, (enum devid_verb)i, value) : set_name(p->c, n, value);
		p->client_seen[n] |= 1u << i;
		if (why)
			error(p, name, why);
		return;
	}
	if (n >= 0)
		error(p, hidden_name(name), "no such key of a client: name, query, publish, withdraw");
}

static int handle(void *arg, const char *section, const char *name, const char *value)
{
	struct parser *p = arg;

	if (!strncmp(section, "client ", 7)) {
		client_key(p, section + 7, name, value);
		return 1;
	}
	p->c->has_repository |= !strcmp(section, "repository");
	p->c->has_aaa |= !strcmp(section, "aaa");
	for (size_t i = 0; i < NKEYS; i++) {
		const char *why;

		if (strcmp(section, keys[i].section) || strcmp(name, keys[i].name))
			continue;
		why = p->seen & 1u << i ? "given twice" : set_key(&keys[i], p->c, value);
		p->seen |= 1u << i;
		if (why)
			error(p, name, why);
		return 1;
	}
	error(p, hidden_name(name), "no such key in this section");
	return 1;
}

/* What inih would bend without a word. */
static const char *line_rule(const char *line, size_t len, size_t max)
{
	size_t section = len && *line == '[' ? len : 0, blank = 0;

	while (blank < len && isspace((unsigned char)line[blank]))
		blank++;
	if (memchr(line, '\0', len))
		return "has a NUL in it";
	if (len > max)
		return "is too long";
	if (blank && blank < len)
		return "starts with white space";
	return section > SECTION_MAX ? "has too long a section" : NULL;
}

/* fgets() for inih, which counts the lines. */
static char *read_line(char *out, int size, void *stream)
{
	struct parser *p = stream;
	const char *nl = memchr(p->text, '\n', p->left), *why;
	size_t len = nl ? (size_t)(nl - p->text) : p->left;

	if (!p->left)
		return NULL;
	p->line++;
	why = line_rule(p->text, len, (size_t)size - 3);
	if (why)
		error(p, "line", why);
	memcpy(out, p->text, why ? 0 : len);
	memcpy(out + (why ? 0 : len), "\n", 2);
	p->text += len + (nl != NULL);
	p->left -= len + (nl != NULL);
	return out;
}

static void required(struct parser *p)
{
	for (size_t i = 0; i < NKEYS; i++) {
		bool section = !strcmp(keys[i].section, "aaa") ? p->c->has_aaa : p->c->has_repository;

		if (section && keys[i].required && !(p->seen & 1u << i))
			error(p, keys[i].name, "has to be given");
	}
	if (!p->c->has_repository && !p->c->has_aaa)
		error(p, "[repository]", "there is neither that nor [aaa]");
	if (p->c->nclients && !p->c->has_repository)
		error(p, "[client]", "is of a repository, of which there is no section");
	if (p->c->has_aaa && *p->c->aaa_url && strncmp(p->c->aaa_url, "https://", 8) != 0)
		error(p, "url", "not https://");
}

static void clients_named(struct parser *p)
{
	for (size_t i = 0; i < p->c->nclients; i++)
		if (!*p->c->clients[i].name)
			error(p, p->c->clients[i].label, "has no name: that in its certificate");
}

int devid_config_parse(const char *text, size_t len, struct devid_config *c,
		       devid_config_report_fn *report, void *arg)
{
	struct parser p = { .c = c, .report = report, .arg = arg, .text = text, .left = len };

	memset(c, 0, sizeof(*c));
	c->connections = 256;
	c->connections_per_address = 64;
	c->aaa_recheck_s = 30;
	snprintf(c->aaa_socket, sizeof(c->aaa_socket), "/run/trustgate-devid/aaa.sock");
	if (len > CONFIG_MAX)
		error(&p, "file", "too large");
	else if (ini_parse_stream(read_line, &p, handle, &p))
		error(&p, "line", "not INI: [section], key = value");
	p.line = 0;
	if (!p.errors)
		required(&p);
	if (!p.errors)
		clients_named(&p);
	return p.errors;
}
