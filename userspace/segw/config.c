// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What role = segw adds to the configuration. As in the agent's own part, what a
 * value may be is in one table, and the whole file is looked at before giving up.
 */
#include "segw/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <ini.h>
#include "pki/hidden.h"
#include "segw/config_values.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Which structure a key's member is in. */
enum place { IN_SEGW, IN_AUTHZ, IN_VENDOR, IN_SOURCE, PLACES };

static const char *const place_names[PLACES] = { "segw", "authz", "vendor", "source" };

struct key {
	enum place place;
	const char *name;
	value_fn *store;
	size_t offset;
	struct value_limits limits;
	const char *remedy;
};

#define DURATION	"give a number and ms, s, min or h"
#define KEY(p, type, key, member, fn, why, ...) \
	{ p, key, fn, offsetof(struct type, member), { __VA_ARGS__ }, why }

static const struct key keys[] = {
	KEY(IN_SEGW, segw_main, "crl_dir", crl_dir, value_path, "give an absolute path",
	    .text = SEGW_CRL_DIR),
	KEY(IN_SEGW, segw_main, "deadline", deadline_ms, value_ms, DURATION ", from 100 ms to 10 s",
	    .min = 100, .max = 10000, .preset = 2500),
	KEY(IN_SEGW, segw_main, "refuse", refuse_in_ike, value_bool, "say in-ike or after",
	    .text = "after in-ike"),
	KEY(IN_SEGW, segw_main, "combined", combined, value_rounds,
	    "list identities of H(e)NBs, *.DOMAIN, or * for all"),
	KEY(IN_SEGW, segw_main, "use_cert_pointers", pointers.use, value_bool,
	    "say no or allowlist", .text = "no allowlist"),
	KEY(IN_SEGW, segw_main, "pointer_hosts", pointers, value_hosts,
	    "list host names or addresses, each with :PORT unless it is 80"),
	KEY(IN_SEGW, segw_main, "pointer_networks", pointers, value_networks,
	    "list ranges such as 10.1.0.0/16"),
	KEY(IN_SEGW, segw_main, "certificate", certificate, value_path, "give an absolute path"),
	KEY(IN_SEGW, segw_main, "issuer", issuer, value_path, "give an absolute path"),
	KEY(IN_SEGW, segw_main, "status_signer", status_signer, value_path, "give an absolute path"),
	KEY(IN_SEGW, segw_main, "status_nonce", status_nonce, value_choice,
	    "say required, preferred or none", .text = "required preferred none"),
	KEY(IN_SEGW, segw_main, "status_nonce_length", status_nonce_length, value_u32,
	    "give a number from 1 to 128", .min = 1, .max = PKI_NONCE_MAX, .preset = PKI_NONCE_LEN),
	KEY(IN_SEGW, segw_main, "status_uri", status_uri, value_uri,
	    "give http://HOST[:PORT][/PATH]"),

	KEY(IN_AUTHZ, segw_authz, "mode", mode, value_choice, "say none, allowlist, ocsp or aaa",
	    .text = "none allowlist ocsp aaa"),
	KEY(IN_AUTHZ, segw_authz, "allowlist", allowlist, value_path, "give an absolute path"),
	KEY(IN_AUTHZ, segw_authz, "server", server, value_server,
	    "give the RADIUS server as ADDRESS[:PORT], an IPv6 address in brackets"),
	KEY(IN_AUTHZ, segw_authz, "secret", secret, value_path,
	    "give the absolute path of the file that holds the shared secret"),
	KEY(IN_AUTHZ, segw_authz, "nas", nas, value_text, "give the name of this SeGW"),
	KEY(IN_AUTHZ, segw_authz, "try", try_ms, value_ms, DURATION ", from 50 ms to 5 s",
	    .min = 50, .max = 5000, .preset = 800),
	KEY(IN_AUTHZ, segw_authz, "tries", tries, value_u32, "give a number from 1 to 10",
	    .min = 1, .max = 10, .preset = 3),
	KEY(IN_AUTHZ, segw_authz, "life", life_ms, value_ms, DURATION ", from 10 s to 24 h",
	    .min = 10000, .max = 86400000, .preset = 3600000),

	KEY(IN_VENDOR, segw_vendor, "anchor", anchor, value_path,
	    "give the absolute path of the vendor's root certificate", .required = true),
	KEY(IN_VENDOR, segw_vendor, "check", check, value_bool, "say on or off",
	    .text = "off on", .preset = 1),
	KEY(IN_VENDOR, segw_vendor, "rule", rule, value_choice,
	    "say first-definite, any-good or all-required",
	    .text = "first-definite any-good all-required", .preset = REV_ALL_REQUIRED),
	KEY(IN_VENDOR, segw_vendor, "sources", listed, value_text,
	    "list names of [source] sections, the first to ask first"),

	KEY(IN_SOURCE, segw_source, "class", class, value_choice,
	    "say operator-crl, operator-ocsp, manufacturer-crl or manufacturer-ocsp",
	    .text = "operator-crl operator-ocsp manufacturer-crl manufacturer-ocsp",
	    .required = true),
	KEY(IN_SOURCE, segw_source, "uri", uris, value_uris,
	    "list up to four of http://HOST[:PORT][/PATH]"),
	KEY(IN_SOURCE, segw_source, "signer", signer, value_path, "give an absolute path"),
	KEY(IN_SOURCE, segw_source, "carries_authz", carries_authz, value_bool, "say yes or no",
	    .text = "no yes"),
	KEY(IN_SOURCE, segw_source, "interface", interface, value_ifname,
	    "give the name of a network device or VRF"),
	KEY(IN_SOURCE, segw_source, "nonce", nonce, value_choice,
	    "say required, preferred or none", .text = "required preferred none"),
	KEY(IN_SOURCE, segw_source, "nonce_length", nonce_length, value_u32,
	    "give a number from 1 to 128", .min = 1, .max = PKI_NONCE_MAX, .preset = PKI_NONCE_LEN),
};

/* One bit a key in parser.seen. */
_Static_assert(ARRAY_SIZE(keys) <= 64, "too many keys for the mask");

struct parser {
	const char *file, *text;
	size_t left;
	int line, errors;
	struct segw_config *config;
	segw_report_fn *report;
	void *arg;
	char section[SEGW_NAME_MAX + 16];	/* the one that the keys below are of */
	enum place place;
	void *base;		/* NULL: keys are passed over, the section is not good */
	int section_line;
	uint64_t seen;
	bool had[PLACES];	/* [segw], [authz] */
};

static void complain(struct parser *p, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	p->errors++;
	p->report(p->arg, p->file, line, key, value, rule, remedy);
}

/* authz.secret is a file's name; who takes it for the secret's place errs, and is heard. */
static enum hidden_kind hidden_kind(const struct key *key)
{
	if (key->place == IN_AUTHZ && !strcmp(key->name, "secret"))
		return HIDDEN_SECRET;
	return key->store == value_uri || key->store == value_uris ? HIDDEN_URL : HIDDEN_NOTHING;
}

/* The place that a section's name begins with, or PLACES. */
static enum place place_of(const char *name, size_t len)
{
	for (enum place i = 0; i < PLACES; i++) {
		size_t n = strlen(place_names[i]);

		if (len < n || memcmp(name, place_names[i], n) != 0)
			continue;
		if (len == n || name[n] == ' ' || name[n] == '\t')
			return i;
	}
	return PLACES;
}

bool segw_config_section(const char *name, size_t len)
{
	return place_of(name, len) != PLACES;
}

/* fgets() for inih, which counts the lines and refuses those that inih would cut. */
static char *read_line(char *out, int size, void *stream)
{
	struct parser *p = stream;
	const char *line = p->text, *nl;
	size_t len;

	if (!p->left || size < 4)
		return NULL;
	nl = memchr(line, '\n', p->left);
	len = nl ? (size_t)(nl - line) : p->left;
	p->text += len + !!nl;
	p->left -= len + !!nl;
	p->line++;
	if (len > (size_t)size - 3 || memchr(line, '\0', len)) {
		complain(p, p->line, "", "", len > (size_t)size - 3 ? "line is too long" :
			 "NUL in a text file", "mend the line");
		len = 0;
	}
	memcpy(out, line, len);
	out[len] = '\n';
	out[len + 1] = '\0';
	return out;
}

static void presets(enum place place, void *base)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].place == place)
			value_preset(keys[i].store, &keys[i].limits, (char *)base + keys[i].offset);
}

static void missing_keys(struct parser *p)
{
	char full[128];

	for (size_t i = 0; p->base && i < ARRAY_SIZE(keys); i++) {
		if (keys[i].place != p->place || !keys[i].limits.required || p->seen & UINT64_C(1) << i)
			continue;
		snprintf(full, sizeof(full), "%s.%s", p->section, keys[i].name);
		complain(p, p->section_line, full, "", "missing", keys[i].remedy);
	}
}

static bool name_is_good(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
			return false;
	return len && len <= SEGW_NAME_MAX;
}

/* NULL, or what is wrong with it; a slot for [vendor @name] or [source @name]. */
static const char *named_slot(struct parser *p, const char *name)
{
	struct segw_config *c = p->config;

	if (!name_is_good(name))
		return "a section's name has 1 to 31 letters, digits, '-', '_' and '.'";
	if (p->place == IN_VENDOR) {
		for (size_t i = 0; i < c->nvendors; i++)
			if (!strcmp(c->vendors[i].name, name))
				return "there is such a section already";
		if (c->nvendors == SEGW_VENDORS_MAX)
			return "more than 16 vendors";
		p->base = &c->vendors[c->nvendors++];
		snprintf(((struct segw_vendor *)p->base)->name, SEGW_NAME_MAX + 1, "%s", name);
		((struct segw_vendor *)p->base)->line = p->line;
		return NULL;
	}
	for (size_t i = 0; i < c->nsources; i++)
		if (!strcmp(c->sources[i].name, name))
			return "there is such a section already";
	if (c->nsources == SEGW_SOURCES_MAX)
		return "more than 32 sources";
	p->base = &c->sources[c->nsources++];
	snprintf(((struct segw_source *)p->base)->name, SEGW_NAME_MAX + 1, "%s", name);
	((struct segw_source *)p->base)->line = p->line;
	return NULL;
}

/* The first key of [@section] is read. A section without keys is never seen here. */
static void enter(struct parser *p, const char *section)
{
	const char *rest, *why = NULL;

	missing_keys(p);
	snprintf(p->section, sizeof(p->section), "%s", section);
	p->place = place_of(section, strlen(section));
	p->section_line = p->line;
	p->seen = 0;
	p->base = NULL;
	if (p->place == PLACES)
		return;
	rest = section + strlen(place_names[p->place]);
	rest += strspn(rest, " \t");
	if (p->place == IN_VENDOR || p->place == IN_SOURCE)
		why = named_slot(p, rest);
	else if (*rest)
		why = "this section takes no name";
	else if (p->had[p->place])
		why = "there is such a section already";
	else
		p->base = p->place == IN_SEGW ? (void *)&p->config->segw : &p->config->authz;
	if (why) {
		complain(p, p->line, section, "", why, "see Documentation/segw.rst");
		return;
	}
	p->had[p->place] = true;
	if (p->place == IN_VENDOR || p->place == IN_SOURCE)
		presets(p->place, p->base);
}

static int take_value(void *arg, const char *section, const char *name, const char *value)
{
	struct parser *p = arg;
	char full[128], shown[SEGW_TEXT_MAX + 1];

	if (strcmp(p->section, section) != 0)
		enter(p, section);
	if (!p->base)
		return 1;
	snprintf(full, sizeof(full), "%s.%s", section, name);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *why;

		if (keys[i].place != p->place || strcmp(keys[i].name, name) != 0)
			continue;
		why = p->seen & UINT64_C(1) << i ? "given twice" :
		      keys[i].store(&keys[i].limits, value, (char *)p->base + keys[i].offset);
		p->seen |= UINT64_C(1) << i;
		if (why)
			complain(p, p->line, full, hidden_value(hidden_kind(&keys[i]), value, shown,
								sizeof(shown)), why, keys[i].remedy);
		return 1;
	}
	/* It may be a secret's, mistyped. */
	snprintf(full, sizeof(full), "%s.%s", section, hidden_name(name));
	complain(p, p->line, full, "", "unknown key", "look for a typing mistake");
	return 1;
}

int segw_config_parse(const char *file, const char *text, size_t len, struct segw_config *out,
		      segw_report_fn *report, void *arg)
{
	struct parser p = {
		.file = file, .text = text, .left = len, .config = out,
		.report = report, .arg = arg, .place = PLACES,
	};
	struct config_together t = { .config = out, .file = file, .report = report, .arg = arg };
	int first;

	memset(out, 0, sizeof(*out));
	presets(IN_SEGW, &out->segw);
	presets(IN_AUTHZ, &out->authz);
	first = ini_parse_stream(read_line, &p, take_value, &p);
	if (first)
		complain(&p, first > 0 ? first : 0, "", "", "neither a section, a key = value "
			 "nor a comment", "mend the line");
	missing_keys(&p);
	return p.errors ? p.errors : config_check_together(&t);
}
