/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAP for the tests that run anywhere, without the kernel's kselftest.h. The plan
 * comes last; a test that dies before it has failed.
 */
#ifndef TRUSTGATE_TAP_H
#define TRUSTGATE_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define TAP_SKIP	4	/* kselftest's exit status of a skipped test */

static unsigned int tap_n, tap_failed;

__attribute__((format(printf, 2, 3)))
static inline bool tap_ok(bool ok, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %u - ", ok ? "" : "not ", ++tap_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	if (!ok)
		tap_failed++;
	return ok;
}

static inline void tap_skip(const char *what, const char *why)
{
	printf("ok %u - %s # SKIP %s\n", ++tap_n, what, why);
}

static inline void tap_start(void)
{
	puts("TAP version 13");
}

static inline int tap_end(void)
{
	printf("1..%u\n", tap_n);
	return tap_failed ? 1 : 0;
}

#endif /* TRUSTGATE_TAP_H */
