// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcbor takes the octets apart; that there was no other way to write them is checked
 * here, which it does not do.
 */
#include <string.h>
#include <cbor.h>
#include "tre/cbor.h"

/* The type in the callbacks of strings and collections. */
#if CBOR_MAJOR_VERSION == 0 && CBOR_MINOR_VERSION < 10
typedef size_t cbor_count;
#else
typedef uint64_t cbor_count;
#endif

static void take(void *to, enum tre_cbor_kind kind, uint64_t value, const uint8_t *data)
{
	*(struct tre_cbor_item *)to = (struct tre_cbor_item){ kind, value, data };
}

static void take_uint8(void *to, uint8_t v) { take(to, TRE_CBOR_UINT, v, NULL); }
static void take_uint16(void *to, uint16_t v) { take(to, TRE_CBOR_UINT, v, NULL); }
static void take_uint32(void *to, uint32_t v) { take(to, TRE_CBOR_UINT, v, NULL); }
static void take_uint64(void *to, uint64_t v) { take(to, TRE_CBOR_UINT, v, NULL); }
static void take_negint8(void *to, uint8_t v) { take(to, TRE_CBOR_NEGATIVE, v, NULL); }
static void take_negint16(void *to, uint16_t v) { take(to, TRE_CBOR_NEGATIVE, v, NULL); }
static void take_negint32(void *to, uint32_t v) { take(to, TRE_CBOR_NEGATIVE, v, NULL); }
static void take_negint64(void *to, uint64_t v) { take(to, TRE_CBOR_NEGATIVE, v, NULL); }
static void take_bytes(void *to, cbor_data d, cbor_count n) { take(to, TRE_CBOR_BYTES, n, d); }
static void take_text(void *to, cbor_data d, cbor_count n) { take(to, TRE_CBOR_TEXT, n, d); }
static void take_array(void *to, cbor_count n) { take(to, TRE_CBOR_ARRAY, n, NULL); }
static void take_map(void *to, cbor_count n) { take(to, TRE_CBOR_MAP, n, NULL); }
static void take_bool(void *to, bool v) { take(to, TRE_CBOR_SIMPLE, v, NULL); }
static void take_null(void *to) { take(to, TRE_CBOR_SIMPLE, 0, NULL); }

/* Whatever calls a function of libcbor's own leaves the item as it was: none. */
static const struct cbor_callbacks callbacks = {
	.uint8 = take_uint8,
	.uint16 = take_uint16,
	.uint32 = take_uint32,
	.uint64 = take_uint64,
	.negint8 = take_negint8,
	.negint16 = take_negint16,
	.negint32 = take_negint32,
	.negint64 = take_negint64,
	.byte_string_start = cbor_null_byte_string_start_callback,
	.byte_string = take_bytes,
	.string = take_text,
	.string_start = cbor_null_string_start_callback,
	.indef_array_start = cbor_null_indef_array_start_callback,
	.array_start = take_array,
	.indef_map_start = cbor_null_indef_map_start_callback,
	.map_start = take_map,
	.tag = cbor_null_tag_callback,
	.float2 = cbor_null_float2_callback,
	.float4 = cbor_null_float4_callback,
	.float8 = cbor_null_float8_callback,
	.undefined = cbor_null_undefined_callback,
	.null = take_null,
	.boolean = take_bool,
	.indef_break = cbor_null_indef_break_callback,
};

/* Octets of the shortest head that says @value; RFC 8949, 3. */
static size_t head_len(uint64_t value)
{
	if (value < 24)
		return 1;
	if (value <= UINT8_MAX)
		return 2;
	if (value <= UINT16_MAX)
		return 3;
	return value <= UINT32_MAX ? 5 : 9;
}

static bool is_ascii(const uint8_t *s, uint64_t len)
{
	while (len--)
		if (*s++ > 0x7f)
			return false;
	return true;
}

bool tre_cbor_next(struct tre_cbor *in, struct tre_cbor_item *item)
{
	size_t left = (size_t)(in->end - in->p), len;
	struct cbor_decoder_result r;

	memset(item, 0, sizeof(*item));
	if (!left)
		return false;
	r = cbor_stream_decode(in->p, left, &callbacks, item);
	if (r.status != CBOR_DECODER_FINISHED || r.read > left || item->kind == TRE_CBOR_NONE)
		return false;
	len = item->kind == TRE_CBOR_SIMPLE ? 1 : head_len(item->value);
	if (item->kind == TRE_CBOR_BYTES || item->kind == TRE_CBOR_TEXT) {
		if (item->value > left - len)
			return false;
		len += (size_t)item->value;
	}
	if (r.read != len || (item->kind == TRE_CBOR_TEXT && !is_ascii(item->data, item->value)))
		return false;
	in->p += len;
	left -= len;
	/* Each item has an octet at least: no count runs for longer than there is input. */
	if (item->kind == TRE_CBOR_ARRAY)
		return item->value <= left;
	return item->kind != TRE_CBOR_MAP || item->value <= left / 2;
}

bool tre_cbor_ascends(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	int cmp = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return cmp < 0 || (!cmp && a_len < b_len);
}

static bool skip(struct tre_cbor *in, unsigned int depth);

static bool skip_map(struct tre_cbor *in, uint64_t pairs, unsigned int depth)
{
	const uint8_t *last = NULL;
	size_t last_len = 0;

	while (pairs--) {
		const uint8_t *key = in->p;
		size_t len;

		if (!skip(in, depth))
			return false;
		len = (size_t)(in->p - key);
		if (last && !tre_cbor_ascends(last, last_len, key, len))
			return false;
		last = key;
		last_len = len;
		if (!skip(in, depth))
			return false;
	}
	return true;
}

static bool skip(struct tre_cbor *in, unsigned int depth)
{
	struct tre_cbor_item item;

	if (!tre_cbor_next(in, &item))
		return false;
	if (item.kind != TRE_CBOR_ARRAY && item.kind != TRE_CBOR_MAP)
		return true;
	if (!depth)
		return false;
	if (item.kind == TRE_CBOR_MAP)
		return skip_map(in, item.value, depth - 1);
	while (item.value--)
		if (!skip(in, depth - 1))
			return false;
	return true;
}

bool tre_cbor_skip(struct tre_cbor *in)
{
	return skip(in, TRE_CBOR_DEPTH);
}
