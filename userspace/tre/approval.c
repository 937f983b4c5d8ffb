// SPDX-License-Identifier: GPL-2.0-or-later
/* Approved states of a box: the text, what is signed of it, and by whom. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "tre/approval.h"
#include "tre/attest.h"
#include "tre/internal.h"
#include "tre/steps.h"

const struct tre_guard tre_approval_guard = {
	.word = "approval", .what = "approval of the IKE key",
	.get = "have the present state approved with a newer version: 'trustgate tre approval sign'",
	.index = TRE_NV_APPROVAL, .size = 8, .ref = TRE_APPROVAL_INDEX_REF,
};

/* The text, line by line. */
struct lines {
	const char *p, *end;
	unsigned int line;
	const char *at;		/* of the present line, behind its word */
	size_t len;
};

static bool bad(const struct lines *l, const char *why, struct tre_result *result)
{
	tre_set(result, TRE_FAIL, "tre.approval.syntax",
		"line %u of the approval: %s (take the file that 'trustgate tre approval sign' wrote)",
		l->line, why);
	return false;
}

/* The next line, if it begins with @word and a space. */
static bool next(struct lines *l, const char *word)
{
	size_t n = strlen(word);
	const char *nl = l->p < l->end ? memchr(l->p, '\n', (size_t)(l->end - l->p)) : NULL;

	if (!nl || (size_t)(nl - l->p) <= n || memcmp(l->p, word, n) || l->p[n] != ' ')
		return false;
	l->at = l->p + n + 1;
	l->len = (size_t)(nl - l->at);
	l->p = nl + 1;
	l->line++;
	return true;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unhex(const char *text, size_t len, uint8_t *out, size_t min, size_t max, size_t *got)
{
	size_t i;

	if (len % 2 || len / 2 < min || len / 2 > max)
		return false;
	for (i = 0; i < len / 2; i++) {
		int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	*got = len / 2;
	return true;
}

/* Decimal, without zeros before it; up to @max. */
static bool number(const char *text, size_t len, uint64_t max, uint64_t *out)
{
	size_t i;

	*out = 0;
	if (!len || (len > 1 && text[0] == '0'))
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || *out > (max - (uint64_t)(text[i] - '0')) / 10)
			return false;
		*out = *out * 10 + (uint64_t)(text[i] - '0');
	}
	return true;
}

static bool take_sig(struct lines *l, const char *word, struct tre_sig *sig)
{
	return next(l, word) && unhex(l->at, l->len, sig->der, 8, sizeof(sig->der), &sig->len);
}

static bool take_name(const struct lines *l, char name[TRE_APPROVAL_NAME_MAX + 1])
{
	size_t i;

	if (!l->len || l->len > TRE_APPROVAL_NAME_MAX)
		return false;
	for (i = 0; i < l->len; i++) {
		if (l->at[i] <= ' ' || l->at[i] > '~')
			return false;
	}
	memcpy(name, l->at, l->len);
	name[l->len] = 0;
	return true;
}

static bool take_pcr(const struct lines *l, struct tre_approval_state *st)
{
	const char *space = memchr(l->at, ' ', l->len);
	size_t n = space ? (size_t)(space - l->at) : 0, got;
	uint64_t pcr;

	/* Ascending, so that each is there once. */
	if (!space || !number(l->at, n, TRE_PCRS - 1, &pcr) || st->mask >> pcr)
		return false;
	st->mask |= 1u << pcr;
	return unhex(space + 1, l->len - n - 1, st->pcrs[pcr], TRE_DIGEST_LEN, TRE_DIGEST_LEN,
		     &got);
}

static bool take_state(struct lines *l, struct tre_approval *a, struct tre_result *result)
{
	struct tre_approval_state *st = &a->states[a->n];

	if (a->n == TRE_APPROVAL_STATES)
		return bad(l, "there are more states than 8", result);
	if (!take_name(l, st->name))
		return bad(l, "a state has a name of 1 to 63 visible characters", result);
	while (next(l, "pcr")) {
		if (!take_pcr(l, st))
			return bad(l, "no PCR from 0 to 23 above the last, with its value", result);
	}
	if (!st->mask)
		return bad(l, "the state has no PCR", result);
	if (!take_sig(l, "signature", &st->sig))
		return bad(l, "the state has no signature behind it", result);
	a->n++;
	return true;
}

static bool take_head(struct lines *l, struct tre_approval *a, struct tre_result *result)
{
	uint8_t point[TRE_POINT_LEN];
	size_t got;

	if (!next(l, "approval") || l->len != 1 || *l->at != '1')
		return bad(l, "no approval, or of a later release", result);
	if (!next(l, "version") || !number(l->at, l->len, UINT32_MAX, &a->version) || !a->version)
		return bad(l, "no version from 1", result);
	if (!next(l, "key") || !unhex(l->at, l->len, point, sizeof(point), sizeof(point), &got))
		return bad(l, "no key", result);
	if (!take_sig(l, "first", &a->first) || !take_sig(l, "update", &a->update))
		return bad(l, "no signatures of the version", result);
	return tre_vendor_point(point, &a->authority, result);
}

bool tre_approval_parse(const char *text, size_t len, struct tre_approval *out,
			struct tre_result *result)
{
	struct lines l = { .p = text, .end = text + len };

	memset(out, 0, sizeof(*out));
	if (!take_head(&l, out, result))
		return false;
	while (next(&l, "state")) {
		if (!take_state(&l, out, result))
			return false;
	}
	if (l.p != l.end)
		return bad(&l, "what is behind this line does not belong there", result);
	return out->n || bad(&l, "no state is approved", result);
}

static void put_hex(FILE *f, const char *word, const uint8_t *data, size_t len)
{
	size_t i;

	fprintf(f, "%s ", word);
	for (i = 0; i < len; i++)
		fprintf(f, "%02x", data[i]);
	fputc('\n', f);
}

char *tre_approval_text(const struct tre_approval *a)
{
	char *text = NULL, word[16];
	size_t len, i;
	int pcr;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fprintf(f, "approval 1\nversion %" PRIu64 "\n", a->version);
	put_hex(f, "key", a->authority.point, TRE_POINT_LEN);
	put_hex(f, "first", a->first.der, a->first.len);
	put_hex(f, "update", a->update.der, a->update.len);
	for (i = 0; i < a->n; i++) {
		fprintf(f, "state %s\n", a->states[i].name);
		for (pcr = 0; pcr < TRE_PCRS; pcr++) {
			snprintf(word, sizeof(word), "pcr %d", pcr);
			if (a->states[i].mask & 1u << pcr)
				put_hex(f, word, a->states[i].pcrs[pcr], TRE_DIGEST_LEN);
		}
		put_hex(f, "signature", a->states[i].sig.der, a->states[i].sig.len);
	}
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

bool tre_approval_key_policy(const struct tre_vendor *authority, uint8_t policy[TRE_DIGEST_LEN])
{
	return tre_step_authorize(policy, &authority->name, TRE_APPROVAL_REF);
}

bool tre_approval_policy(const struct tre_approval *a, size_t i, uint8_t policy[TRE_DIGEST_LEN])
{
	const struct tre_approval_state *st = &a->states[i];
	TPMS_NV_PUBLIC public;
	TPM2B_NAME index;

	memset(policy, 0, TRE_DIGEST_LEN);
	return tre_guard_public(&tre_approval_guard, &a->authority, &public) &&
	       tre_nv_name(&public, true, &index) &&
	       tre_step_version(policy, &index, a->version, TPM2_EO_UNSIGNED_LE) &&
	       tre_step_pcr(policy, st->mask, (const uint8_t (*)[TRE_DIGEST_LEN])st->pcrs);
}

static bool index_policies(const struct tre_approval *a, struct tre_guard_policies *out)
{
	uint8_t content[8];
	const struct tre_guard_write w = {
		.vendor = &a->authority, .version = a->version, .data = content,
		.len = sizeof(content),
	};

	tre_put_version(content, a->version);
	return tre_guard_policies(&tre_approval_guard, &w, out);
}

bool tre_approval_sign(EVP_PKEY *key, struct tre_approval *a)
{
	struct tre_guard_policies index;
	uint8_t policy[TRE_DIGEST_LEN];
	size_t i;

	if (!index_policies(a, &index) ||
	    !tre_vendor_sign(key, index.first, TRE_APPROVAL_INDEX_REF, &a->first) ||
	    !tre_vendor_sign(key, index.update, TRE_APPROVAL_INDEX_REF, &a->update))
		return false;
	for (i = 0; i < a->n; i++) {
		if (!tre_approval_policy(a, i, policy) ||
		    !tre_vendor_sign(key, policy, TRE_APPROVAL_REF, &a->states[i].sig))
			return false;
	}
	return true;
}

static bool verifies(EVP_PKEY *key, const uint8_t policy[TRE_DIGEST_LEN], const char *ref,
		     const struct tre_sig *sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t digest[TRE_DIGEST_LEN];
	bool ok;

	ok = ctx && tre_vendor_digest(policy, ref, digest) && EVP_PKEY_verify_init(ctx) == 1 &&
	     EVP_PKEY_verify(ctx, sig->der, sig->len, digest, sizeof(digest)) == 1;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

bool tre_approval_verify(const struct tre_approval *a, struct tre_result *result)
{
	EVP_PKEY *key = tre_ecc_key(&a->authority.public.publicArea.unique.ecc);
	struct tre_guard_policies index;
	uint8_t policy[TRE_DIGEST_LEN];
	size_t i;
	bool ok;

	ok = key && index_policies(a, &index) &&
	     verifies(key, index.first, TRE_APPROVAL_INDEX_REF, &a->first) &&
	     verifies(key, index.update, TRE_APPROVAL_INDEX_REF, &a->update);
	for (i = 0; ok && i < a->n; i++)
		ok = tre_approval_policy(a, i, policy) &&
		     verifies(key, policy, TRE_APPROVAL_REF, &a->states[i].sig);
	EVP_PKEY_free(key);
	if (!ok)
		tre_set(result, TRE_FAIL, "tre.approval.signature",
			"the key in the approval did not sign all that it says (take the file from the operator, unaltered)");
	return ok;
}
