// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of known revocations and the text of its file; no file is touched here. */
#include "agent/known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#define END_MAX	(sizeof("end \n") + 2 * PKI_DIGEST_LEN)

static const char head[] = "trustgate-revoked 1\n";

static struct known_cert *find(struct known *k, const struct known_cert *cert)
{
	for (size_t i = 0; i < k->n; i++)
		if (!memcmp(k->list[i].digest, cert->digest, PKI_DIGEST_LEN) ||
		    !memcmp(k->list[i].id, cert->id, PKI_DIGEST_LEN))
			return &k->list[i];
	return NULL;
}

bool known_find(const struct known *k, const struct known_cert *cert, struct known_cert *out)
{
	const struct known_cert *found = find((struct known *)k, cert);

	*out = found ? *found : *cert;
	return found || k->lost;
}

/* By the time that it surely is: one that is only said to be over is kept. */
static void make_room(struct known *k, int64_t least)
{
	size_t kept = 0;

	for (size_t i = 0; i < k->n; i++)
		if (k->list[i].not_after >= least)
			k->list[kept++] = k->list[i];
	k->n = kept;
}

bool known_add(struct known *k, const struct known_cert *cert, int64_t least)
{
	if (find(k, cert))
		return false;
	if (k->n == KNOWN_MAX)
		make_room(k, least);
	if (k->n == KNOWN_MAX)
		k->lost = true;
	else
		k->list[k->n++] = *cert;
	return true;
}

bool known_del(struct known *k, const uint8_t id[PKI_DIGEST_LEN])
{
	for (size_t i = 0; i < k->n; i++) {
		if (memcmp(k->list[i].id, id, PKI_DIGEST_LEN) != 0)
			continue;
		k->list[i] = k->list[--k->n];
		return true;
	}
	return false;
}

static char *put_digest(char *p, const uint8_t digest[PKI_DIGEST_LEN])
{
	for (size_t i = 0; i < PKI_DIGEST_LEN; i++)
		p += sprintf(p, "%02x", digest[i]);
	*p++ = ' ';
	return p;
}

/* What ends @len octets of @text, so that one that was cut off or changed is none. */
static char *put_end(char *p, const char *text, size_t len)
{
	uint8_t digest[PKI_DIGEST_LEN] = { 0 };

	EVP_Digest(text, len, digest, NULL, EVP_sha256(), NULL);
	p = put_digest(p + sprintf(p, "end "), digest);
	p[-1] = '\n';
	return p;
}

size_t known_write(const struct known *k, char *out)
{
	char *p = out + sprintf(out, "%s", head);

	for (size_t i = 0; i < k->n; i++) {
		p = put_digest(p, k->list[i].digest);
		p = put_digest(p, k->list[i].id);
		p += sprintf(p, "%lld %lld %s\n", (long long)k->list[i].since,
			     (long long)k->list[i].not_after, k->list[i].name);
	}
	return (size_t)(put_end(p, out, (size_t)(p - out)) - out);
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *get_digest(const char *p, uint8_t digest[PKI_DIGEST_LEN])
{
	for (size_t i = 0; p && i < PKI_DIGEST_LEN; i++, p += 2) {
		if (nibble(p[0]) < 0 || nibble(p[1]) < 0)
			return NULL;
		digest[i] = (uint8_t)(nibble(p[0]) << 4 | nibble(p[1]));
	}
	return p && *p == ' ' ? p + 1 : NULL;
}

static const char *get_time(const char *p, int64_t *out)
{
	char *end = NULL;

	if (p)
		*out = strtoll(p, &end, 10);
	return end && end != p && *end == ' ' ? end + 1 : NULL;
}

/* One line of @text, which ends with a NUL; NULL when it is none. */
static const char *get_line(const char *p, struct known_cert *cert)
{
	size_t len;

	memset(cert, 0, sizeof(*cert));
	p = get_digest(p, cert->digest);
	p = p ? get_digest(p, cert->id) : NULL;
	p = get_time(get_time(p, &cert->since), &cert->not_after);
	len = p ? strcspn(p, "\n") : 0;
	if (!p || p[len] != '\n' || len >= sizeof(cert->name))
		return NULL;
	memcpy(cert->name, p, len);
	return p + len + 1;
}

static bool parse(struct known *k, const char *text)
{
	char copy[END_MAX], *end;
	struct known_cert cert;
	const char *p = text;

	if (strncmp(p, head, sizeof(head) - 1) != 0)
		return false;
	for (p += sizeof(head) - 1; *p != 'e' || p[1] != 'n'; ) {
		p = get_line(p, &cert);
		if (!p || k->n == KNOWN_MAX || !known_add(k, &cert, 0))
			return false;
	}
	end = put_end(copy, text, (size_t)(p - text));
	*end = '\0';
	return !strcmp(p, copy);
}

bool known_read(struct known *k, const char *text, size_t len)
{
	char *copy = len <= KNOWN_FILE_MAX ? strndup(text, len) : NULL;
	bool ok;

	memset(k, 0, sizeof(*k));
	ok = copy && strlen(copy) == len && parse(k, copy);
	free(copy);
	/* What could be read of it counts all the same. */
	k->lost = !ok;
	return ok;
}
