// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads commands, finds who does them, prints what they say. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "gatectl.h"

static const struct command *const tables[] = {
	gate_commands, fuzz_commands, socket_commands, packet_commands, watch_commands,
};

const char *line_nth(struct line *l, const char *key, unsigned int i)
{
	for (unsigned int w = 0; w < l->n; w++) {
		if (strcmp(l->key[w], key) || i--)
			continue;
		l->used[w] = true;
		return l->val[w];
	}
	return NULL;
}

const char *line_val(struct line *l, const char *key)
{
	return line_nth(l, key, 0);
}

bool line_has(struct line *l, const char *key)
{
	return line_val(l, key);
}

uint64_t line_num(struct line *l, const char *key, uint64_t otherwise)
{
	const char *v = line_val(l, key);
	uint64_t n;
	char *end;

	if (!v)
		return otherwise;
	errno = 0;
	n = strtoull(v, &end, 0);
	if (errno || end == v || *end)
		l->wrong = key;
	return n;
}

bool addr_parse(const char *text, struct sockaddr_storage *ss, uint16_t port)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		return true;
	}
	return false;
}

int line_addr(struct line *l, const char *key, struct sockaddr_storage *ss, uint16_t port)
{
	const char *v = line_val(l, key);

	if (!v) {
		memset(ss, 0, sizeof(*ss));
		return 0;
	}
	if (!addr_parse(v, ss, port)) {
		l->wrong = key;
		return 0;
	}
	return ss->ss_family;
}

socklen_t addr_len(const struct sockaddr_storage *ss)
{
	return ss->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
					  sizeof(struct sockaddr_in6);
}

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void vsay(struct line *l, const char *fmt, va_list ap)
{
	int n = vsnprintf(l->reply + l->len, sizeof(l->reply) - l->len, fmt, ap);

	if (n > 0)
		l->len += (size_t)n;
	if (l->len >= sizeof(l->reply))
		l->len = sizeof(l->reply) - 1;
}

void say(struct line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(l, fmt, ap);
	va_end(ap);
}

int fail(struct line *l, int err, const char *fmt, ...)
{
	va_list ap;

	l->len = 0;
	l->reply[0] = '\0';
	va_start(ap, fmt);
	vsay(l, fmt, ap);
	va_end(ap);
	return err;
}

static command_fn find(const char *name)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct command *c = tables[t]; c->name; c++)
			if (!strcmp(c->name, name))
				return c->fn;
	return NULL;
}

static char *split(struct line *l, char *text)
{
	char *save = NULL, *name = strtok_r(text, " \t\n", &save), *word;
	static char none[] = "";

	memset(l, 0, offsetof(struct line, reply));
	l->reply[0] = '\0';
	while (name && (word = strtok_r(NULL, " \t\n", &save)) && l->n < WORDS_MAX) {
		char *eq = strchr(word, '=');

		if (eq)
			*eq++ = '\0';
		l->key[l->n] = word;
		l->val[l->n++] = eq ? eq : none;
	}
	return name;
}

static int run(struct line *l, const char *name)
{
	command_fn fn = find(name);
	int rc;

	if (!fn)
		return fail(l, -ENOSYS, "%s: no such command", name);
	rc = fn(l);
	if (l->wrong)
		return fail(l, -EINVAL, "%s: the value of %s can't be read", name, l->wrong);
	for (unsigned int w = 0; w < l->n; w++)
		if (!l->used[w] && !rc)
			return fail(l, -EINVAL, "%s: %s means nothing here", name, l->key[w]);
	return rc;
}

int main(void)
{
	static struct line l;
	static char text[8192];

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(text, sizeof(text), stdin)) {
		char *name = split(&l, text);
		int rc;

		if (!name)
			continue;
		rc = run(&l, name);
		if (rc < 0)
			printf("err -%s %s\n", strerrorname_np(-rc) ?: "?", l.reply);
		else
			printf("ok %s\n", l.reply);
	}
	return 0;
}
