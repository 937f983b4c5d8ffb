// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether an identity may connect, by list, by a responder that knows, or by RADIUS. */
#include "segw/authz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "segw/revocation.h"

/* A denial is asked about again after this long at the latest. */
#define DENIED_S	REV_FOLDED_S

struct authz_list {
	char *text;		/* canonical identities, each with its NUL */
	const char **names;	/* sorted */
	size_t n;
};

static bool is_ldh(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool authz_canonical(const char *name, size_t len, char out[AUTHZ_IDENTITY_MAX + 1])
{
	size_t label = 0, labels = 1;
	bool alpha = false;

	if (len && name[len - 1] == '.')
		len--;
	if (!len || len > AUTHZ_IDENTITY_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		out[i] = c;
		if (c == '.') {
			if (!label || out[i - 1] == '-')
				return false;
			label = 0;
			labels++;
			alpha = false;
			continue;
		}
		if (!is_ldh(c) || (c == '-' && !label) || ++label > 63)
			return false;
		alpha = alpha || c >= 'a';
	}
	out[len] = '\0';
	/* The last label of an FQDN is not a number: that would be an address. */
	return label && out[len - 1] != '-' && labels > 1 && alpha;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void error_at(struct authz_error *e, int line, const char *value, size_t len,
		     const char *rule, const char *remedy)
{
	size_t i;

	e->line = line;
	for (i = 0; i < len && i < sizeof(e->value) - 1; i++) {
		e->value[i] = value[i];
		if (value[i] < ' ' || value[i] > '~')
			e->value[i] = '?';
	}
	e->value[i] = '\0';
	e->rule = rule;
	e->remedy = remedy;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Add the line of @len octets at @p; *@room is where its identity goes. */
static bool add_line(struct authz_list *l, const char *p, size_t len, char **room, int line,
		     struct authz_error *error)
{
	char name[AUTHZ_IDENTITY_MAX + 1];
	const char *hash = memchr(p, '#', len);

	if (hash)
		len = (size_t)(hash - p);
	while (len && blank(*p))
		p++, len--;
	while (len && blank(p[len - 1]))
		len--;
	if (!len)
		return true;
	if (!authz_canonical(p, len, name)) {
		error_at(error, line, p, len, "not an FQDN",
			 "give one name a line, as in the certificate's subjectAltName");
		return false;
	}
	len = strlen(name) + 1;
	memcpy(*room, name, len);
	l->names[l->n++] = *room;
	*room += len;
	return true;
}

/* The line, counted from 1, that holds @name for the @nth time; for a report. */
static int line_of(const char *text, size_t len, const char *name)
{
	char found[AUTHZ_IDENTITY_MAX + 1];
	int line = 1, last = 0;

	while (len) {
		const char *nl = memchr(text, '\n', len);
		size_t n = nl ? (size_t)(nl - text) : len, skip = n + !!nl;
		const char *p = text, *hash = memchr(text, '#', n);

		n = hash ? (size_t)(hash - text) : n;
		while (n && blank(*p))
			p++, n--;
		while (n && blank(p[n - 1]))
			n--;
		if (n && authz_canonical(p, n, found) && !strcmp(found, name))
			last = line;
		text += skip;
		len -= skip;
		line++;
	}
	return last;
}

static bool unique(struct authz_list *l, const char *text, size_t len, struct authz_error *error)
{
	qsort(l->names, l->n, sizeof(*l->names), by_name);
	for (size_t i = 1; i < l->n; i++) {
		if (strcmp(l->names[i - 1], l->names[i]))
			continue;
		error_at(error, line_of(text, len, l->names[i]), l->names[i],
			 strlen(l->names[i]), "there twice",
			 "keep one of the lines, so that deleting it denies");
		return false;
	}
	return true;
}

struct authz_list *authz_list_parse(const char *text, size_t len, struct authz_error *error)
{
	struct authz_list *l = calloc(1, sizeof(*l));
	size_t left = len, lines = 1;
	const char *p = text;
	char *room;
	int line = 0;

	error_at(error, 0, "", 0, "out of memory", "free some");
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (l && len <= AUTHZ_LIST_MAX) {
		l->text = malloc(len + lines + 1);
		l->names = calloc(lines, sizeof(*l->names));
	} else if (l) {
		error_at(error, 0, "", 0, "too long", "a list has at most 64 MiB");
	}
	if (!l || !l->text || !l->names)
		goto bad;
	room = l->text;
	while (left) {
		const char *nl = memchr(p, '\n', left);
		size_t n = nl ? (size_t)(nl - p) : left;

		if (!add_line(l, p, n, &room, ++line, error))
			goto bad;
		p += n + !!nl;
		left -= n + !!nl;
	}
	if (unique(l, text, len, error))
		return l;
bad:
	authz_list_free(l);
	return NULL;
}

void authz_list_free(struct authz_list *list)
{
	if (!list)
		return;
	free(list->text);
	free(list->names);
	free(list);
}

size_t authz_list_count(const struct authz_list *list)
{
	return list->n;
}

__attribute__((format(printf, 4, 5)))
static void say(struct pki_result *r, enum pki_verdict verdict, const char *rule,
		const char *fmt, ...)
{
	va_list ap;

	r->verdict = verdict;
	snprintf(r->rule, sizeof(r->rule), "%s", rule);
	va_start(ap, fmt);
	vsnprintf(r->detail, sizeof(r->detail), fmt, ap);
	va_end(ap);
	for (char *p = r->detail; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

/* The decision is its own proof. */
static void seal(struct pki_result *r, const char *identity)
{
	char text[sizeof(r->rule) + AUTHZ_IDENTITY_MAX + 2];
	int n = snprintf(text, sizeof(text), "%s %.253s", r->rule, identity);

	if (n < 0 || EVP_Digest(text, (size_t)n, r->proof_digest, NULL, EVP_sha256(), NULL) != 1)
		say(r, PKI_INDETERMINATE, "memory", "out of memory: free some");
}

void authz_by_list(const struct authz_list *list, const char *identity, int64_t now,
		   int64_t life_s, struct pki_result *result)
{
	char name[AUTHZ_IDENTITY_MAX + 1];
	const char *key = name;

	memset(result, 0, sizeof(*result));
	if (!list) {
		say(result, PKI_INDETERMINATE, "authz.allowlist.unreadable",
		    "the allow-list can't be read: mend the file that [authz] allowlist names");
		return;
	}
	if (!authz_canonical(identity, strlen(identity), name)) {
		say(result, PKI_BAD, "authz.identity", "%.80s is not an FQDN: "
		    "the certificate's subjectAltName needs one", identity);
		return;
	}
	if (!bsearch(&key, list->names, list->n, sizeof(*list->names), by_name)) {
		say(result, PKI_BAD, "authz.allowlist.absent",
		    "%.160s is not in the allow-list: add it if it may connect", name);
		result->expires = now + DENIED_S;
	} else {
		say(result, PKI_GOOD, "authz.allowlist.listed", "%.160s is in the allow-list", name);
		result->expires = now + life_s;
	}
	seal(result, name);
}

void authz_by_ocsp(const struct pki_result *ocsp, bool carries_authz, int64_t now,
		   int64_t life_s, struct pki_result *result)
{
	memset(result, 0, sizeof(*result));
	memcpy(result->cert_digest, ocsp->cert_digest, sizeof(result->cert_digest));
	memcpy(result->proof_digest, ocsp->proof_digest, sizeof(result->proof_digest));
	if (!carries_authz) {
		say(result, PKI_INDETERMINATE, "authz.ocsp.unflagged",
		    "this responder speaks of revocation only: flag one with carries_authz = yes");
	} else if (ocsp->verdict == PKI_BAD || rev_outcome_of(ocsp) == REV_UNKNOWN) {
		say(result, PKI_BAD, "authz.ocsp.denied",
		    "not allowed at present (%.60s): authorise it at the responder", ocsp->rule);
		result->expires = now + DENIED_S;
	} else if (rev_outcome_of(ocsp) == REV_GOOD && ocsp->expires > now) {
		say(result, PKI_GOOD, "authz.ocsp.good", "the responder allows it");
		result->expires = ocsp->expires < now + life_s ? ocsp->expires : now + life_s;
	} else {
		say(result, PKI_INDETERMINATE, "authz.ocsp.no-answer", "%.60s: %.150s",
		    ocsp->rule, ocsp->detail);
	}
}

void authz_by_radius(const char *rule, const struct radius_reply *reply, int64_t now,
		     int64_t life_s, struct pki_result *result)
{
	const char *quoted = rule ? "" : reply->message;

	memset(result, 0, sizeof(*result));
	if (rule) {
		say(result, PKI_INDETERMINATE, rule,
		    "the RADIUS server gave no answer that can be believed: is it up, is the "
		    "secret the same, does it send Message-Authenticator?");
		return;
	}
	if (reply->code == RADIUS_ACCEPT && !(reply->timed && !reply->timeout_s)) {
		say(result, PKI_GOOD, "authz.radius.accept", "the RADIUS server allows it %s", quoted);
		if (reply->timed && reply->timeout_s < life_s)
			life_s = reply->timeout_s;
		result->expires = now + life_s;
	} else if (reply->code == RADIUS_CHALLENGE) {
		say(result, PKI_INDETERMINATE, "authz.radius.challenge",
		    "the RADIUS server wants a dialogue: have it answer Call Check at once");
		return;
	} else {
		say(result, PKI_BAD, "authz.radius.reject",
		    "the RADIUS server does not allow it: authorise the identity there. %s", quoted);
		result->expires = now + DENIED_S;
	}
	seal(result, quoted);
}
