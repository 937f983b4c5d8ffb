// SPDX-License-Identifier: GPL-2.0-or-later
/* Authorisation: the allow-list's parser, what OCSP and RADIUS answers become. */
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "lib/tap.h"
#include "segw/authz.h"

#define NOW	1790000000
#define HOUR	3600

static void lists(void)
{
	static const char text[] =
		"# who may connect\n"
		"\n"
		"0001.femto.example.org   # spare\n"
		"\tHNB-2.Femto.Example.ORG.\n"
		"hnb3.example.org";
	static const struct { const char *id; enum pki_verdict want; const char *rule, *what; } ask[] = {
		{ "0001.femto.example.org", PKI_GOOD, "authz.allowlist.listed", "listed" },
		{ "0001.FEMTO.example.org.", PKI_GOOD, "authz.allowlist.listed", "case and trailing dot" },
		{ "hnb-2.femto.example.org", PKI_GOOD, "authz.allowlist.listed", "listed in capitals" },
		{ "hnb3.example.org", PKI_GOOD, "authz.allowlist.listed", "last line without its end" },
		{ "hnb4.example.org", PKI_BAD, "authz.allowlist.absent", "not listed" },
		{ "femto.example.org", PKI_BAD, "authz.allowlist.absent", "the end of one that is" },
		{ "spare", PKI_BAD, "authz.identity", "what a comment says" },
		{ "*.femto.example.org", PKI_BAD, "authz.identity", "a wildcard" },
		{ "", PKI_BAD, "authz.identity", "nothing" },
	};
	struct authz_error e;
	struct authz_list *l = authz_list_parse(text, strlen(text), &e);
	struct pki_result r;

	tap_ok(l && authz_list_count(l) == 3, "SGW-AAA-06: a list of three");
	for (size_t i = 0; l && i < sizeof(ask) / sizeof(ask[0]); i++) {
		authz_by_list(l, ask[i].id, NOW, HOUR, &r);
		tap_ok(r.verdict == ask[i].want && !strcmp(r.rule, ask[i].rule) &&
		       r.expires == (r.verdict == PKI_GOOD ? NOW + HOUR :
				     !strcmp(r.rule, "authz.identity") ? 0 : NOW + 60),
		       "SGW-F1-08: %s: %s", ask[i].what, ask[i].rule);
	}
	authz_list_free(l);
	l = authz_list_parse("# nobody\n", 9, &e);
	authz_by_list(l, "hnb3.example.org", NOW, HOUR, &r);
	tap_ok(l && r.verdict == PKI_BAD, "SGW-AAA-06: an empty list allows nobody");
	authz_list_free(l);
	authz_by_list(NULL, "hnb3.example.org", NOW, HOUR, &r);
	tap_ok(r.verdict == PKI_INDETERMINATE && !strcmp(r.rule, "authz.allowlist.unreadable"),
	       "SGW-AAA-06: no list allows nobody");
}

static void refused_lists(void)
{
	static const struct { const char *what, *text; int line; } table[] = {
		{ "a wildcard", "a.example.org\n*.example.org\n", 2 },
		{ "two on a line", "a.example.org b.example.org\n", 1 },
		{ "one label", "localhost\n", 1 },
		{ "an address", "\n\n192.0.2.1\n", 3 },
		{ "an underscore", "a_b.example.org\n", 1 },
		{ "a carriage return", "a.example.org\r\n", 1 },
		{ "an empty label", "a..example.org\n", 1 },
		{ "a leading hyphen", "-a.example.org\n", 1 },
		{ "a trailing hyphen", "a-.example.org\n", 1 },
		{ "a hyphen at the end", "a.example.org-\n", 1 },
		{ "not ASCII", "b\xc3\xbc.example.org\n", 1 },
		{ "only dots", ".\n", 1 },
		{ "twice", "a.example.org\nb.example.org\nA.example.org. # again\n", 3 },
		{ "a label of 64",
		  "a123456789012345678901234567890123456789012345678901234567890123.example.org\n", 1 },
	};
	struct authz_error e;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct authz_list *l = authz_list_parse(table[i].text, strlen(table[i].text), &e);

		tap_ok(!l && e.line == table[i].line && *e.rule && *e.remedy,
		       "SGW-F1-08: a list with %s is refused, at line %d", table[i].what, e.line);
		authz_list_free(l);
	}
	tap_ok(!authz_list_parse("a.example.org\n\0b.example.org\n", 29, &e) && e.line == 2,
	       "SGW-F1-08: a list with a NUL is refused, at line %d", e.line);
}

static void by_ocsp(void)
{
	static const struct {
		const char *row, *what;
		enum pki_verdict v;
		const char *rule;
		bool flagged;
		enum pki_verdict want;
		int64_t life;
	} table[] = {
		{ "SGW-AAA-03", "good of a flagged responder", PKI_GOOD, "ocsp.good", true, PKI_GOOD, 100 },
		{ "SGW-AAA-03", "good of the manufacturer's", PKI_GOOD, "ocsp.good", false,
		  PKI_INDETERMINATE, -NOW },
		{ "SGW-AAA-04", "a folded revoked is denied now", PKI_BAD, "ocsp.revoked", true, PKI_BAD, 60 },
		{ "SGW-AAA-04", "revoked of one without the flag", PKI_BAD, "ocsp.revoked", false,
		  PKI_INDETERMINATE, -NOW },
		{ "SGW-AAA-05", "a folded unknown is denied", PKI_INDETERMINATE, "ocsp.unknown", true,
		  PKI_BAD, 60 },
		{ "SGW-AAA-05", "no answer is not an answer", PKI_INDETERMINATE, "ocsp.http.timeout", true,
		  PKI_INDETERMINATE, -NOW },
		{ "SGW-AAA-05", "a stale answer is none", PKI_INDETERMINATE, "ocsp.nextupdate.past", true,
		  PKI_INDETERMINATE, -NOW },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct pki_result r, ocsp = { .verdict = table[i].v, .expires = NOW + 100 };

		snprintf(ocsp.rule, sizeof(ocsp.rule), "%s", table[i].rule);
		authz_by_ocsp(&ocsp, table[i].flagged, NOW, HOUR, &r);
		tap_ok(r.verdict == table[i].want && r.expires == NOW + table[i].life,
		       "%s: %s: %s", table[i].row, table[i].what, r.rule);
	}
}

static const uint8_t secret[] = "sixteen octets or more";

static const struct radius_request question = {
	.identity = "0001.femto.example.org", .nas = "segw.example.org", .id = 7,
	.secret = secret, .secret_len = sizeof(secret) - 1, .authenticator = "0123456789abcde",
};

static void digest(uint8_t *at, const uint8_t *packet, size_t len)
{
	uint8_t buf[RADIUS_MAX + 64];

	memcpy(buf, packet, len);
	memcpy(buf + len, secret, sizeof(secret) - 1);
	EVP_Digest(buf, len + sizeof(secret) - 1, at, NULL, EVP_md5(), NULL);
}

/* An answer as a server makes it; @attrs follow Message-Authenticator. */
static size_t reply_to(const struct radius_request *q, uint8_t code, const char *attrs,
		       size_t attrs_len, bool mac, uint8_t out[RADIUS_MAX])
{
	size_t len = 20;

	memset(out, 0, RADIUS_MAX);
	out[0] = code;
	out[1] = q->id;
	memcpy(out + 4, q->authenticator, 16);
	if (mac) {
		out[20] = 80;
		out[21] = 18;
		len += 18;
	}
	memcpy(out + len, attrs, attrs_len);
	len += attrs_len;
	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)len;
	if (mac)
		HMAC(EVP_md5(), secret, sizeof(secret) - 1, out, len, out + 22, NULL);
	digest(out + 4, out, len);
	return len;
}

static void request(void)
{
	uint8_t p[RADIUS_MAX], mac[16], sent[16];
	struct radius_request q = question;
	size_t len = radius_encode(&q, p);

	tap_ok(len == (size_t)(p[2] << 8 | p[3]) && p[0] == 1 && p[1] == 7 &&
	       !memcmp(p + 4, q.authenticator, 16), "SGW-AAA-01: an Access-Request");
	memcpy(sent, p + 22, 16);
	memset(p + 22, 0, 16);
	HMAC(EVP_md5(), secret, sizeof(secret) - 1, p, len, mac, NULL);
	tap_ok(p[20] == 80 && p[21] == 18 && !memcmp(sent, mac, 16),
	       "SGW-AAA-01: its Message-Authenticator comes first and is right");
	tap_ok(p[38] == 1 && p[39] == 2 + 22 && !memcmp(p + 40, q.identity, 22),
	       "SGW-AAA-01: User-Name is the identity of the certificate");
	tap_ok(!memcmp(p + 62, "\x06\x06\0\0\0\x0a", 6), "SGW-AAA-01: Service-Type is Call Check");
	q.secret_len = 15;
	tap_ok(!radius_encode(&q, p), "SGW-AAA-01: a secret of 15 octets is not used");
	q = question;
	q.identity = "";
	tap_ok(!radius_encode(&q, p), "SGW-AAA-01: nobody is not asked about");
}

static void answers(void)
{
	static const struct { const char *what; uint8_t code; const char *attrs; size_t len;
			      enum pki_verdict want; int64_t life; } table[] = {
		{ "accept", 2, "", 0, PKI_GOOD, HOUR },
		{ "accept with Session-Timeout 90", 2, "\x1b\x06\0\0\0\x5a", 6, PKI_GOOD, 90 },
		{ "of two Session-Timeouts the shorter", 2, "\x1b\x06\0\0\0\x5a\x1b\x06\0\0\1\0", 12,
		  PKI_GOOD, 90 },
		{ "accept with Session-Timeout 0", 2, "\x1b\x06\0\0\0\0", 6, PKI_BAD, 60 },
		{ "accept for longer than we allow", 2, "\x1b\x06\xff\xff\xff\xff", 6, PKI_GOOD, HOUR },
		{ "reject", 3, "\x12\x06no\x1b!", 6, PKI_BAD, 60 },
		{ "challenge", 11, "", 0, PKI_INDETERMINATE, -NOW },
	};
	uint8_t p[RADIUS_MAX];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t len = reply_to(&question, table[i].code, table[i].attrs, table[i].len, true, p);
		struct radius_reply reply;
		struct pki_result r;
		const char *rule = radius_decode(&question, p, len, &reply);

		authz_by_radius(rule, &reply, NOW, HOUR, &r);
		tap_ok(!rule && r.verdict == table[i].want && r.expires == NOW + table[i].life,
		       "SGW-AAA-01: %s: %s", table[i].what, r.rule);
	}
}

/* Each answer is right but for one thing. */
static void forgeries(void)
{
	struct radius_request other = question;
	uint8_t p[RADIUS_MAX];
	struct radius_reply reply;
	struct pki_result r;
	const char *rule;
	size_t len;

#define REFUSED(what, want) do { \
	rule = radius_decode(&question, p, len, &reply); \
	authz_by_radius(rule, &reply, NOW, HOUR, &r); \
	tap_ok(rule && !strcmp(rule, want) && r.verdict == PKI_INDETERMINATE, \
	       "SGW-AAA-01: %s: %s", what, rule ? rule : "taken"); \
} while (0)

	len = reply_to(&question, 2, "", 0, false, p);
	REFUSED("no Message-Authenticator", "authz.radius.message-authenticator.absent");
	len = reply_to(&question, 2, "", 0, true, p);
	p[30] ^= 1;
	REFUSED("one bit of Message-Authenticator", "authz.radius.authenticator");
	memcpy(p + 4, question.authenticator, 16);
	digest(p + 4, p, len);
	REFUSED("the same, response authenticator made again", "authz.radius.message-authenticator");
	len = reply_to(&question, 3, "", 0, true, p);
	p[0] = 2;
	REFUSED("a reject turned into an accept", "authz.radius.authenticator");
	memcpy(p + 4, question.authenticator, 16);
	digest(p + 4, p, len);
	REFUSED("the same, response authenticator made again", "authz.radius.message-authenticator");
	len = reply_to(&question, 2, "\x50\x12" "0123456789abcdef", 18, true, p);
	REFUSED("two Message-Authenticators", "authz.radius.message-authenticator");
	other.authenticator[0] ^= 1;
	len = reply_to(&other, 2, "", 0, true, p);
	REFUSED("the answer to another request", "authz.radius.authenticator");
	other.authenticator[0] ^= 1;
	other.id++;
	len = reply_to(&other, 2, "", 0, true, p);
	REFUSED("another identifier", "authz.radius.identifier");
	len = reply_to(&question, 5, "", 0, true, p);
	REFUSED("an Accounting-Response", "authz.radius.code");
	len = reply_to(&question, 2, "\x12\x01", 2, true, p);
	REFUSED("an attribute of one octet", "authz.radius.attribute");
	len = reply_to(&question, 2, "\x12\x09", 2, true, p);
	REFUSED("an attribute beyond the end", "authz.radius.attribute");
	len = reply_to(&question, 2, "\x12", 1, true, p);
	REFUSED("half an attribute", "authz.radius.attribute");
	len = reply_to(&question, 2, "", 0, true, p) - 1;
	REFUSED("one octet too few", "authz.radius.length");
	len = 19;
	REFUSED("less than a header", "authz.radius.length");
	len = reply_to(&question, 2, "", 0, true, p) + 3;
	tap_ok(!radius_decode(&question, p, len, &reply), "RFC 2865 3: padding is left out");
}

int main(void)
{
	tap_start();
	lists();
	refused_lists();
	by_ocsp();
	request();
	answers();
	forgeries();
	return tap_end();
}
