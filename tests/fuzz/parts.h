/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An input of several parts, each behind its length in two octets. */
#ifndef TRUSTGATE_FUZZ_PARTS_H
#define TRUSTGATE_FUZZ_PARTS_H

#include <string.h>
#include "fuzz.h"

/* The next part of what is left, cut where the input ends. */
static inline const uint8_t *fuzz_take(const uint8_t **data, size_t *size, size_t *len)
{
	const uint8_t *part;

	*len = 0;
	if (*size < 2)
		return *data;
	*len = (size_t)((*data)[0] << 8 | (*data)[1]);
	*data += 2;
	*size -= 2;
	if (*len > *size)
		*len = *size;
	part = *data;
	*data += *len;
	*size -= *len;
	return part;
}

static inline size_t fuzz_put(uint8_t *to, const uint8_t *part, size_t len)
{
	FUZZ_ASSERT(len && len <= UINT16_MAX);
	to[0] = (uint8_t)(len >> 8);
	to[1] = (uint8_t)len;
	memcpy(to + 2, part, len);
	return len + 2;
}

#endif /* TRUSTGATE_FUZZ_PARTS_H */
