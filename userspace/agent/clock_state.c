// SPDX-License-Identifier: GPL-2.0-or-later
/* The octets of the clock's state file: one line, so that a person can mend it. */
#include "agent/clock.h"

#include <stdio.h>
#include <string.h>

static const char label[] = "trustgate-clock 1 ";

bool clock_state_read(const char *text, size_t len, int64_t *out)
{
	size_t n = sizeof(label) - 1;
	int64_t v = 0;

	if (len < n + 2 || len > CLOCK_STATE_MAX || memcmp(text, label, n) ||
	    text[len - 1] != '\n')
		return false;
	for (; n < len - 1; n++) {
		if (text[n] < '0' || text[n] > '9')
			return false;
		v = v * 10 + (text[n] - '0');
		/* The year 9999 is the last that a certificate can name. */
		if (v > CLOCK_LAST)
			return false;
	}
	*out = v;
	return true;
}

size_t clock_state_write(char out[CLOCK_STATE_MAX], int64_t seconds)
{
	return (size_t)snprintf(out, CLOCK_STATE_MAX, "%s%lld\n", label, (long long)seconds);
}
