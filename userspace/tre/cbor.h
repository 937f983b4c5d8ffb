/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CBOR of one encoding a value (RFC 8949, 4.2.1), item by item. What our records have no
 * use for is refused: tags, floats, undefined, indefinite lengths, text beyond ASCII.
 */
#ifndef TRUSTGATE_TRE_CBOR_H
#define TRUSTGATE_TRE_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRE_CBOR_DEPTH	4	/* arrays and maps in each other, of a value that is skipped */

enum tre_cbor_kind {
	TRE_CBOR_NONE,
	TRE_CBOR_UINT,		/* value */
	TRE_CBOR_NEGATIVE,	/* -1 - value */
	TRE_CBOR_BYTES,		/* data, value octets */
	TRE_CBOR_TEXT,
	TRE_CBOR_ARRAY,		/* value items follow */
	TRE_CBOR_MAP,		/* value pairs follow */
	TRE_CBOR_SIMPLE,	/* false, true or null */
};

struct tre_cbor_item {
	enum tre_cbor_kind kind;
	uint64_t value;
	const uint8_t *data;
};

struct tre_cbor {
	const uint8_t *p, *end;
};

/* The next item, of an array or a map its head alone. False: it is none that we read. */
bool tre_cbor_next(struct tre_cbor *in, struct tre_cbor_item *item);
/* The next item with all that is in it. */
bool tre_cbor_skip(struct tre_cbor *in);

/* Whether the key in @a comes before the one in @b, both as they are encoded. */
bool tre_cbor_ascends(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);

#endif /* TRUSTGATE_TRE_CBOR_H */
