/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device identifiers (3GPP TR 33.899 solutions #2.x and #2.y, rows DID-*): what the
 * repository of bindings, the AAA front end, the device and its verifier share.
 */
#ifndef TRUSTGATE_DEVID_H
#define TRUSTGATE_DEVID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVID_IMEI_MAX	16	/* digits, of an IMEISV; an IMEI has one less */
#define DEVID_TEXT_MAX	255

/* 0 is the one that opens nothing, whoever forgot to say. */
enum devid_verdict { DEVID_INDETERMINATE, DEVID_GOOD, DEVID_BAD };

/* The numbers are those on the wire and in what is signed. */
enum devid_solution {
	DEVID_SOLUTION_NONE,
	DEVID_X,		/* IMEI and device certificate */
	DEVID_Y,		/* IMEI and public key */
};

struct devid_result {
	enum devid_verdict verdict;
	char rule[64];				/* for example "binding.signature" */
	char detail[DEVID_TEXT_MAX + 1];	/* for a person; never has an IMEI in it */
};

/* Sets all of @result. What is not printable ASCII becomes '?'. */
void devid_set(struct devid_result *result, enum devid_verdict verdict, const char *rule,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * TS 23.003, 6.2: 15 digits, of which the last is the check digit, or the 16 of an
 * IMEISV, which has none. @s need not end in NUL. False with rule and detail in @result.
 */
bool devid_imei_ok(const char *s, size_t len, struct devid_result *result);

/* "x", "y", "?"; the other way DEVID_SOLUTION_NONE for anything else. */
const char *devid_solution_name(enum devid_solution solution);
enum devid_solution devid_solution_parse(const char *s);

#endif /* TRUSTGATE_DEVID_H */
