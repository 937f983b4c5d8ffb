// SPDX-License-Identifier: GPL-2.0-or-later
/* The SeGW's sections: what is refused, where, and what the values come to. */
#include <string.h>
#include <sys/socket.h>
#include "lib/tap.h"
#include "segw/config.h"
#include "segw/rounds.h"

#define SOURCES \
	"[source op]\nclass = operator-ocsp\nuri = http://10.1.0.1:8080/o\n" \
	"[source mf]\nclass = manufacturer-crl\n"
#define VENDOR	"[vendor acme]\nanchor = /a.pem\nsources = mf, op\n"
#define GOOD	SOURCES VENDOR		/* 8 lines */

struct last {
	int n, line;
	char key[96], rule[128], remedy[192];
};

static void keep(void *arg, const char *file, int line, const char *key, const char *value,
		 const char *rule, const char *remedy)
{
	struct last *l = arg;

	(void)file;
	(void)value;
	l->n++;
	l->line = line;
	snprintf(l->key, sizeof(l->key), "%s", key);
	snprintf(l->rule, sizeof(l->rule), "%s", rule);
	snprintf(l->remedy, sizeof(l->remedy), "%s", remedy);
}

static struct segw_config c;

static int parse(const char *text, struct last *l)
{
	memset(l, 0, sizeof(*l));
	return segw_config_parse("test", text, strlen(text), &c, keep, l);
}

static const struct { const char *row, *what, *text; int line; const char *key, *rule; } refusals[] = {
	{ "SGW-REV-08", "unknown key", GOOD "rul = any-good\n", 9, "vendor acme.rul", "unknown key" },
	{ "SGW-REV-08", "unknown rule", GOOD "rule = either\n", 9, "vendor acme.rule", "not one of" },
	{ "SGW-REV-08", "key given twice", GOOD "anchor = /b.pem\n", 9, "vendor acme.anchor", "twice" },
	{ "SGW-REV-08", "vendor given twice", GOOD "[segw]\ncrl_dir = /x\n" VENDOR, 12,
	  "vendor acme", "already" },
	{ "SGW-PATH-05", "vendor without an anchor", SOURCES "[vendor acme]\nsources = mf, op\n", 7,
	  "vendor acme.anchor", "missing" },
	{ "SGW-PATH-05", "no vendor", "[authz]\nmode = none\n", 0, "vendor", "no [vendor NAME]" },
	{ "SGW-PATH-05", "two vendors of one anchor", GOOD "[vendor b]\nanchor = /a.pem\nsources = op\n",
	  10, "vendor b.anchor", "another vendor's" },
	{ "SGW-REV-04", "check on, no source", "[vendor a]\nanchor = /a\n", 2, "vendor a.sources",
	  "check is on" },
	{ "SGW-REV-08", "source that is not there", SOURCES "[vendor a]\nanchor = /a\nsources = mf,op,x\n",
	  7, "vendor a.sources", "no such" },
	{ "SGW-REV-08", "source listed twice", SOURCES "[vendor a]\nanchor = /a\nsources = mf,op,mf\n",
	  7, "vendor a.sources", "twice" },
	{ "SGW-REV-08", "two sources of one class", SOURCES "[source z]\nclass = manufacturer-crl\n"
	  "[vendor a]\nanchor = /a\nsources = mf,op,z\n[vendor b]\nanchor = /b\nsources = z\n", 9,
	  "vendor a.sources", "same class" },
	{ "SGW-REV-08", "source that nobody uses", GOOD "[source z]\nclass = operator-crl\n", 10,
	  "source z", "no vendor" },
	{ "SGW-REV-08", "source without a class", GOOD "[source z]\nnonce = none\n", 10, "source z.class",
	  "missing" },
	{ "SGW-REV-08", "unknown class", GOOD "[source z]\nclass = ocsp\n", 10, "source z.class",
	  "not one of" },
	{ "SGW-REV-03", "OCSP without a URI", "[source o]\nclass = operator-ocsp\n"
	  "[vendor a]\nanchor = /a\nsources = o\n", 2, "source o.uri", "missing" },
	{ "PIT-14", "https", SOURCES "uri = https://crl/\n" VENDOR, 6, "source mf.uri", "https" },
	{ "SGW-REV-03", "five URIs", SOURCES "uri = http://a,http://b,http://c,http://d,http://e\n" VENDOR,
	  6, "source mf.uri", "more than four" },
	{ "SGW-REV-03", "a device's name with a slash", SOURCES "interface = a/b\n" VENDOR, 6,
	  "source mf.interface", "device" },
	{ "SGW-REV-05", "signer of a CRL", SOURCES "signer = /s.pem\n" VENDOR, 5, "source mf.signer",
	  "only for OCSP" },
	{ "SGW-AAA-03", "manufacturer that authorises", SOURCES "carries_authz = yes\n" VENDOR, 5,
	  "source mf.carries_authz", "operator" },
	{ "SGW-AAA-03", "authz = ocsp, and none carries it", GOOD "[authz]\nmode = ocsp\n", 7,
	  "vendor acme.sources", "carries authorisation" },
	{ "SGW-AAA-06", "allow-list without a file", GOOD "[authz]\nmode = allowlist\n", 0,
	  "authz.allowlist", "missing" },
	{ "FFS-06", "allow-list that is not used", GOOD "[authz]\nallowlist = /l\n", 0,
	  "authz.allowlist", "something else" },
	{ "FFS-06", "unknown way", GOOD "[authz]\nmode = whitelist\n", 10, "authz.mode", "not one of" },
	{ "SGW-AAA-01", "RADIUS server with a name", GOOD "[authz]\nmode = aaa\nserver = aaa.example\n",
	  11, "authz.server", "a name" },
	{ "SGW-AAA-01", "RADIUS without a secret", GOOD "[authz]\nmode = aaa\nserver = 10.0.0.1\nnas = s\n",
	  0, "authz.secret", "missing" },
	{ "SGW-AAA-01", "RADIUS without a name of ours",
	  GOOD "[authz]\nmode = aaa\nserver = 10.0.0.1\nsecret = /s\n", 0, "authz.nas", "missing" },
	{ "SGW-REV-06", "pointers without a list", GOOD "[segw]\nuse_cert_pointers = allowlist\n", 0,
	  "segw.pointer_hosts", "missing" },
	{ "SGW-REV-06", "pointers for whoever asks", GOOD "[segw]\nuse_cert_pointers = yes\n", 10,
	  "segw.use_cert_pointers", "not one of" },
	{ "SGW-REV-06", "a list that is not used", GOOD "[segw]\npointer_hosts = a.example\n", 0,
	  "segw.use_cert_pointers", "not used" },
	{ "SGW-REV-06", "a wildcard for a host", GOOD "[segw]\npointer_hosts = *.example\n", 10,
	  "segw.pointer_hosts", "neither" },
	{ "SGW-REV-06", "a range with bits behind", GOOD "[segw]\npointer_networks = 10.1.0.1/16\n", 10,
	  "segw.pointer_networks", "behind the prefix" },
	{ "SGW-F2-10", "status of a certificate that is not named", GOOD "[segw]\nstatus_uri = http://o/\n",
	  0, "segw.certificate", "together" },
	{ "SGW-F1-06", "both rounds of an infix", GOOD "[segw]\ncombined = henb.*.example\n", 10,
	  "segw.combined", "a * stands" },
	{ "SGW-F1-06", "both rounds of part of a label", GOOD "[segw]\ncombined = *example\n", 10,
	  "segw.combined", "a * stands" },
	{ "SGW-F1-06", "both rounds of nobody", GOOD "[segw]\ncombined = a, , b\n", 10,
	  "segw.combined", "empty" },
	{ "SGW-REV-11", "refuse at another time", GOOD "[segw]\nrefuse = never\n", 10, "segw.refuse",
	  "not one of" },
	{ "SGW-REV-11", "deadline without a unit", GOOD "[segw]\ndeadline = 5\n", 10, "segw.deadline",
	  "without a unit" },
	{ "SGW-REV-11", "deadline beyond its range", GOOD "[segw]\ndeadline = 11s\n", 10, "segw.deadline",
	  "largest" },
	{ "SGW-REV-08", "a name for [authz]", GOOD "[authz x]\nmode = none\n", 10, "authz x", "no name" },
	{ "SGW-REV-08", "a vendor without a name", GOOD "[vendor ]\nanchor = /x\n", 10, "vendor ",
	  "1 to 31" },
	{ "SGW-REV-08", "a vendor with a blank in its name", GOOD "[vendor a b]\nanchor = /x\n", 10,
	  "vendor a b", "1 to 31" },
	{ "SGW-REV-08", "a line without =", GOOD "nonsense\n", 9, "", "neither a section" },
};

static void refused(void)
{
	struct last l;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		int n = parse(refusals[i].text, &l);

		if (!tap_ok(n == 1 && l.n == 1 && l.line == refusals[i].line &&
			    !strcmp(l.key, refusals[i].key) && strstr(l.rule, refusals[i].rule) &&
			    *l.remedy, "%s: configuration: %s", refusals[i].row, refusals[i].what))
			printf("# %d errors, line %d: %s: %s\n", n, l.line, l.key, l.rule);
	}
}

static void accepted(void)
{
	struct rev_policy p;
	struct last l;

	tap_ok(!parse("[agent]\nrole = segw\nwhatever = 1\n" GOOD, &l) && c.nvendors == 1 &&
	       c.nsources == 2, "SGW-REV-08: what is needed is enough, other sections are not ours");
	tap_ok(c.vendors[0].check && c.vendors[0].rule == REV_ALL_REQUIRED &&
	       c.segw.deadline_ms == 2500 && !strcmp(c.segw.crl_dir, SEGW_CRL_DIR) &&
	       !c.segw.pointers.use && c.authz.mode == AUTHZ_NONE && c.authz.tries == 3 &&
	       c.sources[0].nonce == PKI_NONCE_REQUIRED && c.sources[0].nonce_length == 32 &&
	       c.segw.status_nonce == PKI_NONCE_REQUIRED && c.segw.status_nonce_length == 32,
	       "FFS-06, SGW-REV-06: presets: every source must say good, no authz, no pointers");
	segw_config_policy(&c, &c.vendors[0], &p);
	tap_ok(p.n == 2 && p.order[0] == REV_MANUFACTURER_CRL && p.order[1] == REV_OPERATOR_OCSP &&
	       !p.folded && segw_config_source(&c, &c.vendors[0], REV_OPERATOR_OCSP) == &c.sources[0],
	       "SGW-REV-08: the order is the one of the list");
	tap_ok(!parse(SOURCES VENDOR "rule=first-definite\n[vendor b]\nanchor=/b\ncheck = off\n"
		      "[segw]\nuse_cert_pointers = allowlist\npointer_hosts = a.example, [fd00::1]:81\n"
		      "pointer_networks = fd00::/8,10.0.0.0/8\ndeadline = 3 s\n"
		      "[authz]\nmode = aaa\nserver = [fd00::2]\nsecret = /s\nnas = segw ; ours\n", &l) &&
	       c.segw.pointers.nhosts == 2 && c.segw.pointers.hosts[1].port == 81 &&
	       c.segw.pointers.nnets == 2 && c.segw.deadline_ms == 3000 &&
	       c.authz.server.family == AF_INET6 && c.authz.port == 1812 &&
	       !strcmp(c.authz.nas, "segw") && !c.vendors[1].check &&
	       c.vendors[0].rule == REV_FIRST_DEFINITE, "SGW-REV-08: lists, units, comments");
	tap_ok(!parse("[source o]\nclass = operator-ocsp\nuri = http://10.1.0.1\ncarries_authz = yes\n"
		      "[vendor a]\nanchor = /a\nsources = o\n[authz]\nmode = ocsp\n", &l),
	       "SGW-AAA-03: a responder that carries authorisation");
	segw_config_policy(&c, &c.vendors[0], &p);
	tap_ok(p.folded == 1u << REV_OPERATOR_OCSP, "SGW-AAA-04: the engine knows that it does");
	tap_ok(parse("[vendor a]\nx = 1\n[segw]\ndeadline = 1\n[authz]\nmode = x\n", &l) == 4 && l.n == 4,
	       "SGW-REV-08: every error is reported");
	tap_ok(segw_config_section("vendor x", 8) && segw_config_section("segw", 4) &&
	       !segw_config_section("vendors", 7) && !segw_config_section("ocsp", 4),
	       "SGW-REV-08: which sections are ours");
	tap_ok(segw_config_parse("test", GOOD "a\0\n", sizeof(GOOD) + 2, &c, keep, &l),
	       "SGW-REV-08: NUL in the file");
}

/* SGW-F1-06, SGW-F3-03b: the list, whom it is about and whom not. */
static void rounds(void)
{
	static const struct {
		const char *list, *identity;
		bool combined;
	} cases[] = {
		{ "", "a.example", false },
		{ "*", "a.example", true },
		{ "*", "", true },
		{ "a.example", "a.example", true },
		{ "a.example", "A.Example", true },
		{ "a.example", "b.a.example", false },
		{ "*.example", "a.example", true },
		{ "*.example", "b.a.EXAMPLE", true },
		{ "*.example", ".example", false },
		{ "*.example", "example", false },
		{ "*.example", "notexample", false },
		{ "*.example", "*.example", true },
		{ "x, *.example ,y", "a.example", true },
		{ "x, *.example ,y", "y", true },
		{ "x, *.example ,y", "z", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		tap_ok(!rounds_check(cases[i].list) &&
		       rounds_combined(cases[i].list, cases[i].identity) == cases[i].combined,
		       "SGW-F1-06: both rounds of \"%s\": \"%s\" %s", cases[i].list,
		       cases[i].identity, cases[i].combined ? "has to" : "has not");
}

int main(void)
{
	tap_start();
	rounds();
	accepted();
	refused();
	return tap_end();
}
