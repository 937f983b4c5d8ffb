// SPDX-License-Identifier: GPL-2.0-or-later
/* The octets of the clock's state file: one line, so that a person can mend it. */
#include "agent/clock.h"

#include <stdio.h>
#include <string.h>

static const char label[] = "trustgate-clock ";

/* Digits at *@p, before @end; -1: none, or beyond the last that a certificate can name. */
static int64_t number(const char **p, const char *end)
{
	const char *from = *p;
	int64_t v = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
		v = v * 10 + (**p - '0');
		if (v > CLOCK_LAST)
			return -1;
	}
	return *p == from ? -1 : v;
}

bool clock_state_read(const char *text, size_t len, struct clock_state *out)
{
	const char *p = text + sizeof(label) - 1, *end = text + len;
	struct clock_state s = { 0 };
	int64_t version;

	if (len < sizeof(label) || len > CLOCK_STATE_MAX || memcmp(text, label, sizeof(label) - 1) != 0)
		return false;
	version = number(&p, end);
	if ((version != 1 && version != 2) || p == end || *p++ != ' ')
		return false;
	s.least = number(&p, end);
	if (version == 2 && (p == end || *p++ != ' '))
		return false;
	s.proven = version == 2 ? number(&p, end) : 0;
	if (s.least < 0 || s.proven < 0 || s.proven > s.least || p + 1 != end || *p != '\n')
		return false;
	*out = s;
	return true;
}

size_t clock_state_write(char out[CLOCK_STATE_MAX], const struct clock_state *s)
{
	return (size_t)snprintf(out, CLOCK_STATE_MAX, "%s2 %lld %lld\n", label,
				(long long)s->least, (long long)s->proven);
}
