// SPDX-License-Identifier: GPL-2.0-or-later
/* The IKE SA of a report, and lists of PCRs. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "report.h"
#include "segw/authz.h"

#define ID_FQDN	2	/* RFC 7296, 3.5 */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Octets in hexadecimal, @min to @max of them. */
static int take_hex(const char *what, const char *s, uint8_t *to, size_t min, size_t max, size_t *len)
{
	size_t n = strlen(s);
	char why[80];

	snprintf(why, sizeof(why), "not %zu to %zu octets in hexadecimal", min, max);
	if (n % 2 || n / 2 < min || n / 2 > max)
		return usage_error(what, why);
	for (size_t i = 0; i < n / 2; i++) {
		int hi = digit(s[2 * i]), lo = digit(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return usage_error(what, why);
		to[i] = (uint8_t)(hi << 4 | lo);
	}
	*len = n / 2;
	return 0;
}

static int take_id(const char *name, struct report_binding *out)
{
	size_t len = strlen(name);

	/* As it is sent, which may be in capitals. */
	if (!len || len > AUTHZ_IDENTITY_MAX)
		return usage_error("--id", "an FQDN has 1 to 253 characters");
	memcpy(out->idi, (const uint8_t[]){ ID_FQDN, 0, 0, 0 }, 4);
	memcpy(out->idi + 4, name, len);
	out->b.idi_len = 4 + len;
	return 0;
}

static const char *const names[] = { "spi_i", "spi_r", "ni", "nr", "id", "idi" };

/* Members of the file, as if they had been options; @doc owns the text. */
static int from_file(const char *path, const char *values[ARRAY_SIZE(names)], json_t **doc)
{
	static uint8_t text[REPORT_FILE_MAX];
	json_error_t err;
	const char *key;
	json_t *value;
	size_t len, i;
	int rc = report_read(path, text, sizeof(text), &len);

	if (rc)
		return EXIT_USAGE;
	*doc = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, &err);
	if (!json_is_object(*doc)) {
		complain(path, *doc ? "is no JSON object" : err.text, "see trustgate report make --help");
		return EXIT_USAGE;
	}
	json_object_foreach(*doc, key, value) {
		for (i = 0; i < ARRAY_SIZE(names) && strcmp(key, names[i]); i++)
			;
		if (i == ARRAY_SIZE(names) || !json_is_string(value)) {
			complain(path, "has a member that is none of a binding's, or no text",
				 "spi_i, spi_r, ni, nr, id or idi");
			return EXIT_USAGE;
		}
		values[i] = json_string_value(value);
	}
	return 0;
}

bool report_has_binding(const struct report_args *a)
{
	for (enum report_option o = RO_SPI_I; o <= RO_BINDING; o++)
		if (report_option(a, o))
			return true;
	return false;
}

static int take_values(const char *const values[ARRAY_SIZE(names)], struct report_binding *out)
{
	size_t len;
	int rc;

	for (int i = 0; i < 4; i++)
		if (!values[i])
			return usage_error(names[i], "is needed");
	if (!values[4] == !values[5])
		return usage_error("id", "either it is needed, or idi");
	rc = take_hex(names[0], values[0], out->b.spi_i, 8, 8, &len);
	rc = rc ? rc : take_hex(names[1], values[1], out->b.spi_r, 8, 8, &len);
	rc = rc ? rc : take_hex(names[2], values[2], out->ni, TRE_IKE_NONCE_MIN, TRE_IKE_NONCE_MAX,
				&out->b.ni_len);
	rc = rc ? rc : take_hex(names[3], values[3], out->nr, TRE_IKE_NONCE_MIN, TRE_IKE_NONCE_MAX,
				&out->b.nr_len);
	if (!rc && values[4])
		return take_id(values[4], out);
	return rc ? rc : take_hex(names[5], values[5], out->idi, 5, TRE_IDI_MAX, &out->b.idi_len);
}

int report_binding(const struct report_args *a, struct report_binding *out)
{
	const char *values[ARRAY_SIZE(names)] = { NULL }, *path = report_option(a, RO_BINDING);
	json_t *doc = NULL;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (path)
		rc = from_file(path, values, &doc);
	/* An option says it better than the file. */
	for (int i = 0; i < (int)ARRAY_SIZE(names); i++) {
		const char *given = report_option(a, (enum report_option)(RO_SPI_I + i));

		if (given)
			values[i] = given;
	}
	rc = rc ? rc : take_values(values, out);
	out->b.ni = out->ni;
	out->b.nr = out->nr;
	out->b.idi = out->idi;
	json_decref(doc);
	return rc;
}

static int pcr(const char **s, unsigned int *n)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return -1;
	*n = (unsigned int)strtoul(*s, &end, 10);
	*s = end;
	return *n < TRE_PCRS ? 0 : -1;
}

int report_pcrs(const char *list, uint32_t *mask)
{
	const char *s = list ? list : "0-7";
	unsigned int from, to;

	*mask = 0;
	do {
		if (pcr(&s, &from))
			return usage_error(list, "is no list of PCRs, as 0-7,10");
		to = from;
		if (*s == '-' && (s++, pcr(&s, &to) || to < from))
			return usage_error(list, "is no list of PCRs, as 0-7,10");
		for (unsigned int i = from; i <= to; i++)
			*mask |= 1u << i;
	} while (*s == ',' && s++);
	return *s ? usage_error(list, "is no list of PCRs, as 0-7,10") : 0;
}
