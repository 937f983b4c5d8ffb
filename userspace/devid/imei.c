// SPDX-License-Identifier: GPL-2.0-or-later
/* IMEIs, solutions by name, and results. */
#include "devid/devid.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define IMEI_LEN	15

void devid_set(struct devid_result *result, enum devid_verdict verdict, const char *rule,
	       const char *fmt, ...)
{
	va_list ap;

	memset(result, 0, sizeof(*result));
	result->verdict = verdict;
	snprintf(result->rule, sizeof(result->rule), "%s", rule);
	va_start(ap, fmt);
	vsnprintf(result->detail, sizeof(result->detail), fmt, ap);
	va_end(ap);
	for (char *c = result->detail; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

/* TS 23.003, annex B: Luhn, over all 15 digits. */
static bool check_digit_ok(const char *s)
{
	unsigned int sum = 0;

	for (int i = 0; i < IMEI_LEN; i++) {
		unsigned int d = (unsigned int)(s[i] - '0') << (i & 1);

		sum += d > 9 ? d - 9 : d;
	}
	return sum % 10 == 0;
}

bool devid_imei_ok(const char *s, size_t len, struct devid_result *result)
{
	if (len != IMEI_LEN && len != DEVID_IMEI_MAX) {
		devid_set(result, DEVID_BAD, "imei.length",
			  "%zu characters, an IMEI has 15 digits and an IMEISV 16 (give all of them)", len);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (s[i] >= '0' && s[i] <= '9')
			continue;
		devid_set(result, DEVID_BAD, "imei.digits",
			  "character %zu is no digit (give the digits alone)", i + 1);
		return false;
	}
	if (len != IMEI_LEN || check_digit_ok(s))
		return true;
	devid_set(result, DEVID_BAD, "imei.check-digit",
		  "the 15th digit is not what the 14 before it give (look at the type plate)");
	return false;
}

const char *devid_solution_name(enum devid_solution solution)
{
	return solution == DEVID_X ? "x" : solution == DEVID_Y ? "y" : "?";
}

enum devid_solution devid_solution_parse(const char *s)
{
	if (!strcmp(s, "x"))
		return DEVID_X;
	return strcmp(s, "y") ? DEVID_SOLUTION_NONE : DEVID_Y;
}
