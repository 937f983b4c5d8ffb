// SPDX-License-Identifier: GPL-2.0-or-later
/* Log lines. Values may come from a peer, so nothing unprintable gets through. */
#include "agent/log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "pki/hidden.h"

static void put(struct log *l, char c)
{
	if (l->len < sizeof(l->text) - 2)
		l->text[l->len++] = c;
}

static void puts_plain(struct log *l, const char *s)
{
	while (*s)
		put(l, *s++);
}

static int needs_quotes(const char *s)
{
	for (; *s; s++)
		if (!isgraph((unsigned char)*s) || strchr("\"\\=", *s))
			return 1;
	return 0;
}

void log_begin(struct log *l, int priority, const char *decision)
{
	struct timespec ts;
	char head[64];

	l->len = 0;
	if (getenv("JOURNAL_STREAM")) {
		snprintf(head, sizeof(head), "<%d>", priority);
	} else {
		clock_gettime(CLOCK_BOOTTIME, &ts);
		snprintf(head, sizeof(head), "trustgated: boottime=%lld.%03ld ",
			 (long long)ts.tv_sec, ts.tv_nsec / 1000000);
	}
	puts_plain(l, head);
	puts_plain(l, "decision=");
	puts_plain(l, decision);
}

void log_str(struct log *l, const char *key, const char *given)
{
	char shown[sizeof(l->text)];
	const char *value = shown;
	int quotes;

	if (!given || !*given)
		return;
	hidden_urls(given, shown, sizeof(shown));
	quotes = needs_quotes(value);
	put(l, ' ');
	puts_plain(l, key);
	put(l, '=');
	if (quotes)
		put(l, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			put(l, '\\');
		put(l, iscntrl((unsigned char)*value) ? '?' : *value);
	}
	if (quotes)
		put(l, '"');
}

void log_num(struct log *l, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	log_str(l, key, text);
}

void log_end(struct log *l)
{
	l->text[l->len++] = '\n';
	/* One write a line; a log that can't be written stops nothing. */
	if (write(STDERR_FILENO, l->text, l->len) < 0)
		l->len = 0;
}

void log_say(int priority, const char *decision, const char *value, const char *remedy)
{
	struct log l;

	log_begin(&l, priority, decision);
	log_str(&l, "value", value);
	log_str(&l, "remedy", remedy);
	log_end(&l);
}
