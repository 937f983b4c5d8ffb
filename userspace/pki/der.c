// SPDX-License-Identifier: GPL-2.0-or-later
/* DER, element by element. Nothing is allocated and nothing copied. */
#include <string.h>
#include "pki/der.h"

#define DEPTH_MAX	32

bool pki_der_next(struct pki_der *in, struct pki_tlv *out)
{
	const uint8_t *p = in->data;
	size_t head = 2, len, i, n;

	/* All five bits set: a tag of more octets, which X.509 has none of. */
	if (in->len < 2 || (p[0] & 0x1f) == 0x1f)
		return false;
	len = p[1];
	if (len & 0x80) {
		n = len & 0x7f;
		/* 0 is the indefinite form. */
		if (!n || n > sizeof(uint32_t) || in->len < 2 + n || !p[2])
			return false;
		for (len = 0, i = 0; i < n; i++)
			len = len << 8 | p[2 + i];
		if (len < 0x80)
			return false;
		head += n;
	}
	if (len > in->len - head)
		return false;
	out->tag = p[0];
	out->value = (struct pki_der){ p + head, len };
	out->all = (struct pki_der){ p, head + len };
	in->data += head + len;
	in->len -= head + len;
	return true;
}

bool pki_der_take(struct pki_der *in, uint8_t tag, struct pki_tlv *out)
{
	return in->len && in->data[0] == tag && pki_der_next(in, out);
}

static bool shortest_integer(struct pki_der v)
{
	if (!v.len)
		return false;
	return v.len == 1 || !((v.data[0] == 0 && !(v.data[1] & 0x80)) ||
			       (v.data[0] == 0xff && (v.data[1] & 0x80)));
}

static bool primitive_strict(const struct pki_tlv *t)
{
	switch (t->tag) {
	case DER_BOOLEAN:
		return t->value.len == 1 && (!t->value.data[0] || t->value.data[0] == 0xff);
	case DER_INTEGER:
	case DER_ENUMERATED:
		return shortest_integer(t->value);
	case DER_BIT_STRING:
		return t->value.len && t->value.data[0] < 8 &&
		       (t->value.len > 1 || !t->value.data[0]);
	}
	return true;
}

/* Strings in pieces are BER, and nothing universal but SEQUENCE and SET has parts. */
static bool constructed_allowed(uint8_t tag)
{
	return (tag & 0xc0) || tag == DER_SEQUENCE || tag == 0x31;
}

bool pki_der_strict(struct pki_der der)
{
	struct pki_der stack[DEPTH_MAX];
	struct pki_tlv t;
	int depth = 0;

	if (!der.data || !pki_der_next(&der, &t) || der.len)
		return false;
	stack[0] = t.all;
	while (depth >= 0) {
		if (!stack[depth].len) {
			depth--;
			continue;
		}
		if (!pki_der_next(&stack[depth], &t))
			return false;
		if (!(t.tag & 0x20)) {
			if (!primitive_strict(&t))
				return false;
		} else if (!constructed_allowed(t.tag) || ++depth == DEPTH_MAX) {
			return false;
		} else {
			stack[depth] = t.value;
		}
	}
	return true;
}

bool pki_der_equal(struct pki_der a, struct pki_der b)
{
	return a.len == b.len && !memcmp(a.data, b.data, a.len);
}

static int two(const uint8_t *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	return (p[0] - '0') * 10 + (p[1] - '0');
}

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100) || year % 400 == 0;
}

/* Days from 1970-01-01, in the Gregorian calendar throughout. */
static int64_t days(int year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162 + before[month - 1] +
	       (month > 2 && leap(year)) + day - 1;
}

static int month_length(int year, int month)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return length[month - 1] + (month == 2 && leap(year));
}

int pki_der_time(const struct pki_tlv *tlv, int64_t *out)
{
	const uint8_t *p = tlv->value.data;
	int year, month, day, hour, minute, second;

	if (tlv->tag == DER_UTC_TIME && tlv->value.len == 13) {
		year = two(p);
		year += year < 0 ? -2000 : year < 50 ? 2000 : 1900;
		p += 2;
	} else if (tlv->tag == DER_GENERALIZED_TIME && tlv->value.len == 15) {
		year = two(p) < 0 || two(p + 2) < 0 ? -1 : two(p) * 100 + two(p + 2);
		p += 4;
	} else {
		return -1;
	}
	month = two(p);
	day = two(p + 2);
	hour = two(p + 4);
	minute = two(p + 6);
	second = two(p + 8);
	if (p[10] != 'Z' || year < 1 || month < 1 || month > 12 || day < 1 ||
	    day > month_length(year, month) || hour < 0 || hour > 23 || minute < 0 ||
	    minute > 59 || second < 0 || second > 59)
		return -1;
	*out = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return 0;
}
