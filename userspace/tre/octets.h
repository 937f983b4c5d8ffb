/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Little-endian numbers and runs of octets taken off the front of a buffer, or not. */
#ifndef TRUSTGATE_TRE_OCTETS_H
#define TRUSTGATE_TRE_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool take(const uint8_t **p, const uint8_t *end, size_t len, const uint8_t **out)
{
	if ((size_t)(end - *p) < len)
		return false;
	*out = *p;
	*p += len;
	return true;
}

static inline bool take_le(const uint8_t **p, const uint8_t *end, size_t len, uint32_t *out)
{
	const uint8_t *at;

	if (!take(p, end, len, &at))
		return false;
	*out = 0;
	while (len--)
		*out = *out << 8 | at[len];
	return true;
}

static inline bool take_le32(const uint8_t **p, const uint8_t *end, uint32_t *out)
{
	return take_le(p, end, 4, out);
}

#endif /* TRUSTGATE_TRE_OCTETS_H */
