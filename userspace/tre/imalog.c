// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's measurement list and its replay in the SHA-256 bank: since Linux 5.8 each
 * bank is extended by a digest that its own algorithm made of the template's data.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>
#include "tre/imalog.h"
#include "tre/internal.h"
#include "tre/octets.h"

#define SHA1_LEN	20
/* The oldest template's name field, when it is hashed: padded, with the NUL. */
#define OLD_NAME_LEN	256

static int bad(struct tre_imalog *l, const char *what)
{
	snprintf(l->err, sizeof(l->err), "entry %u: %s (copy the list again, as a whole)", l->n + 1,
		 what);
	return -1;
}

/* What a name in a message may look like. */
static void copy_word(char *out, size_t size, const uint8_t *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < size - 1; i++)
		out[i] = isalnum(text[i]) || (text[i] && strchr("-_.|:", text[i])) ?
			 (char)text[i] : '?';
	out[i] = 0;
}

static bool is(const uint8_t *text, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(text, word, len);
}

/* Are the first fields of this template a digest and a name? */
static bool is_known(const uint8_t *name, size_t len)
{
	static const char * const templates[] = {
		"ima-ng", "ima-ngv2", "ima-sig", "ima-sigv2", "ima-buf", "ima-modsig", "evm-sig",
		"d-ng|n-ng", "d-ngv2|n-ng",
	};

	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
		if (is(name, len, templates[i]))
			return true;
	return false;
}

static void set_digest(struct tre_ima_entry *e, const uint8_t *digest, size_t len)
{
	e->sha256 = !strcmp(e->alg, "sha256") && len == TRE_DIGEST_LEN;
	if (e->sha256)
		memcpy(e->digest, digest, TRE_DIGEST_LEN);
}

static bool set_path(struct tre_ima_entry *e, const uint8_t *name, size_t len)
{
	e->path = (const char *)name;
	e->path_len = len;
	return len && len <= TRE_IMA_PATH_MAX && !memchr(name, 0, len);
}

/* "sha256:" NUL digest; of the second version, "ima:sha256:" or "verity:sha256:". */
static bool split_digest(struct tre_ima_entry *e, const uint8_t *field, size_t len)
{
	const uint8_t *nul = memchr(field, 0, len), *alg = field;
	size_t prefix;

	if (!nul || nul == field || nul[-1] != ':')
		return false;
	prefix = (size_t)(nul - field) - 1;
	/* Of a verity file it is its Merkle tree's root: that is no digest we know. */
	if (prefix > 4 && !memcmp(field, "ima:", 4))
		alg = field + 4;
	copy_word(e->alg, sizeof(e->alg), alg, prefix - (size_t)(alg - field));
	set_digest(e, nul + 1, len - prefix - 2);
	return true;
}

static bool take_field(const uint8_t **p, const uint8_t *end, const uint8_t **field,
		       uint32_t *len)
{
	return take_le32(p, end, len) && take(p, end, *len, field);
}

/* NULL, or what is wrong. */
static const char *split_fields(struct tre_ima_entry *e, const uint8_t *data, size_t data_len)
{
	const uint8_t *end = data + data_len, *field;
	uint32_t len;

	if (!take_field(&data, end, &field, &len) || !split_digest(e, field, len))
		return "its first field is no digest";
	if (!take_field(&data, end, &field, &len) || !len || field[len - 1] ||
	    !set_path(e, field, len - 1))
		return "its second field is no name";
	return NULL;
}

static bool hash(const uint8_t *data, size_t len, uint8_t out[TRE_DIGEST_LEN])
{
	return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1;
}

/* The oldest template: no length before the data or the digest, and the name as it is. */
static const char *take_old(struct tre_imalog *l, struct tre_ima_entry *e,
			    uint8_t out[TRE_DIGEST_LEN])
{
	uint8_t buf[SHA1_LEN + OLD_NAME_LEN] = { 0 };
	const uint8_t *digest, *name;
	uint32_t len;

	if (!take(&l->p, l->end, SHA1_LEN, &digest) || !take_field(&l->p, l->end, &name, &len))
		return "is cut off";
	if (len >= OLD_NAME_LEN || !set_path(e, name, len))
		return "its name is none";
	e->known = true;
	snprintf(e->alg, sizeof(e->alg), "sha1");
	memcpy(buf, digest, SHA1_LEN);
	memcpy(buf + SHA1_LEN, name, len);
	return hash(buf, sizeof(buf), out) ? NULL : "can't be hashed: out of memory";
}

static const char *take_new(struct tre_imalog *l, struct tre_ima_entry *e,
			    uint8_t out[TRE_DIGEST_LEN])
{
	const uint8_t *data;
	uint32_t len;

	if (!take_field(&l->p, l->end, &data, &len))
		return "is cut off";
	if (!hash(data, len, out))
		return "can't be hashed: out of memory";
	return e->known ? split_fields(e, data, len) : NULL;
}

void tre_imalog_begin(struct tre_imalog *l, const uint8_t *log, size_t len)
{
	memset(l, 0, sizeof(*l));
	l->p = log;
	l->end = log + len;
}

static const char *take_entry(struct tre_imalog *l, struct tre_ima_entry *e,
			      uint8_t out[TRE_DIGEST_LEN])
{
	static const uint8_t zeros[SHA1_LEN];
	const uint8_t *sha1, *name;
	uint32_t len;

	if (!take_le32(&l->p, l->end, &e->pcr) || !take(&l->p, l->end, SHA1_LEN, &sha1) ||
	    !take_field(&l->p, l->end, &name, &len))
		return "is cut off";
	if (e->pcr >= TRE_PCRS)
		return "extends a PCR above 23";
	copy_word(e->template, sizeof(e->template), name, len);
	e->violation = !memcmp(sha1, zeros, SHA1_LEN);
	if (is(name, len, "ima"))
		return take_old(l, e, out);
	e->known = is_known(name, len);
	return take_new(l, e, out);
}

int tre_imalog_next(struct tre_imalog *l, struct tre_ima_entry *e)
{
	uint8_t digest[TRE_DIGEST_LEN];
	const char *wrong;

	if (l->err[0])
		return -1;
	if (l->p == l->end)
		return 0;
	memset(e, 0, sizeof(*e));
	e->n = l->n + 1;
	wrong = take_entry(l, e, digest);
	if (wrong)
		return bad(l, wrong);
	/* ima_add_violation(): the list has zeros, the PCR gets ones. */
	if (e->violation)
		memset(digest, 0xff, sizeof(digest));
	if (e->pcr == TRE_IMA_PCR && !tre_extend(l->pcr10, digest))
		return bad(l, "can't be hashed: out of memory");
	l->n++;
	return 1;
}
