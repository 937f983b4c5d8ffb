/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a text may be shown: to a person, to a log, to another program. Where a secret
 * is meant to be, the table that knows the place says so, and nothing of it is shown;
 * anywhere else it may still be part of a URL.
 */
#ifndef TRUSTGATE_PKI_HIDDEN_H
#define TRUSTGATE_PKI_HIDDEN_H

#include <stdbool.h>
#include <stddef.h>

#define HIDDEN	"(hidden)"

/* What is meant to be where a value stands. */
enum hidden_kind {
	HIDDEN_NOTHING,	/* no secret */
	HIDDEN_URL,	/* a URL, which has room for one */
	HIDDEN_SECRET,	/* one, or the name of a file that has it: who erred may have meant either */
};

/*
 * @text with user and password of URLs in it left out, and what follows "password=". @out
 * has @size octets and is ended by a NUL. Returns @out.
 */
const char *hidden_urls(const char *text, char *out, size_t size);

/*
 * The value of a setting of that kind, which may be in the wrong place, or not be what it
 * is meant to be: a URL that is none, or a line to which another was joined.
 */
const char *hidden_value(enum hidden_kind kind, const char *value, char *out, size_t size);

/* The name of a key that is not known, if it looks like one: it may have been a value. */
const char *hidden_name(const char *name);

#endif /* TRUSTGATE_PKI_HIDDEN_H */
