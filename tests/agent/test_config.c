// SPDX-License-Identifier: GPL-2.0-or-later
/* The agent's configuration: what is refused, where, and what the defaults are. */
#include <string.h>
#include <sys/socket.h>
#include <linux/trustgate.h>

#include "../lib/tap.h"
#include "agent/config.h"
#include "agent/wire.h"

#define GOOD \
	"[charon]\nchild = core\n[peer]\nname = segw.example.org\nanchor = /a.pem\n" \
	"[ocsp]\nuri = http://10.99.0.2:8080/x\n"

struct last {
	int n, line;
	char key[64], rule[128], remedy[192];
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

static int parse(const char *text, struct config *c, struct last *l)
{
	memset(l, 0, sizeof(*l));
	return config_parse("test", text, strlen(text), c, keep, l);
}

struct refusal {
	const char *what, *text;
	int line;
	const char *key, *rule;
};

/* Each is GOOD (seven lines) and one thing more, or less. */
static const struct refusal refusals[] = {
	{ "unknown key", GOOD "nounce = required\n", 8, "ocsp.nounce", "unknown key" },
	{ "unknown section", GOOD "[ocps]\n", 8, "", "unknown section" },
	{ "key given twice", GOOD "uri = http://10.0.0.1/\n", 8, "ocsp.uri", "twice" },
	{ "line without =", GOOD "nonsense\n", 8, "", "neither a section" },
	{ "continued line", GOOD "try = 1s\n 2s\n", 9, "", "white space" },
	{ "duration without unit", GOOD "try = 5\n", 8, "ocsp.try", "without a unit" },
	{ "duration with a unit there is not", GOOD "try = 5d\n", 8, "ocsp.try", "unknown unit" },
	{ "duration below its range", GOOD "try = 1ms\n", 8, "ocsp.try", "smallest" },
	{ "duration beyond 32 bits", GOOD "try = 99999999999999999999h\n", 8, "ocsp.try",
	  "too large" },
	{ "negative number", GOOD "retries = -1\n", 8, "ocsp.retries", "not a number" },
	{ "number with more behind it", GOOD "retries = 4x\n", 8, "ocsp.retries", "not a number" },
	{ "HNB-AUTH-12: a mode there is not", GOOD "mode = stapled\n", 8, "ocsp.mode",
	  "not one of" },
	{ "HNB-AUTH-12: a mode twice", GOOD "mode = inband, inband\n", 8, "ocsp.mode", "twice" },
	{ "HNB-AUTH-12: no mode", GOOD "mode = ,\n", 8, "ocsp.mode", "" },
	{ "HNB-AUTH-12: off among others", GOOD "mode = off, inband\n", 8, "ocsp.mode",
	  "not one of" },
	{ "HNB-AUTH-15: off, and revocation required",
	  GOOD "mode = off\n[gate]\nrequired = device-auth, revocation\n", 0, "gate.required",
	  "off" },
	{ "HNB-AUTH-01: revocation alone, of nobody knows whom",
	  GOOD "[gate]\nrequired = revocation\n", 0, "gate.required", "device-auth is missing" },
	{ "HNB-AUTH-01: this box's own state alone",
	  GOOD "[gate]\nrequired = integrity\n", 0, "gate.required", "device-auth is missing" },
	{ "HNB-AUTH-01: all but the device",
	  GOOD "[gate]\nrequired = revocation, integrity\nauthentication = combined\n", 0,
	  "gate.required", "device-auth is missing" },
	{ "HNB-OCSP-08: pointers allowed, to nowhere", GOOD "aia = allow\n", 0, "ocsp.allow",
	  "missing" },
	{ "HNB-OCSP-08: a target that is none", GOOD "allow = 10.0.0.0/33\n", 8, "ocsp.allow",
	  "neither" },
	{ "HNB-GATE-11: direct, by a name with a blank", GOOD "direct_uri = http://a b/\n", 8,
	  "ocsp.direct_uri", "neither" },
	{ "HNB-OCSP-11: a scope there is not", GOOD "scope = all\n", 8, "ocsp.scope", "not one of" },
	{ "HNB-OCSP-11: CAs at another port than the gate lets through",
	  GOOD "ca_uri = http://10.99.0.2/ca\n", 0, "ocsp.ca_uri", "another host or port" },
	{ "HNB-OCSP-11: CAs at another address", GOOD "ca_uri = http://10.99.0.3:8080/ca\n", 0,
	  "ocsp.ca_uri", "another host or port" },
	{ "HNB-OCSP-11: CAs behind the tunnel by a name", GOOD "ca_uri = http://ocsp.test/ca\n", 8,
	  "ocsp.ca_uri", "name" },
	{ "HNB-OCSP-05: a direct try longer than IKE waits", GOOD "direct_try = 3s\n", 8,
	  "ocsp.direct_try", "largest" },
	{ "PIT-38: responses in IKE beyond 16 KiB", GOOD "inband_max = 16385\n", 8,
	  "ocsp.inband_max", "largest" },
	{ "clock state without a path", GOOD "[clock]\nstate = clock\n", 9, "clock.state",
	  "absolute" },
	{ "FFS-16: another word for the clock", GOOD "[clock]\nunsynced = accept\n", 9,
	  "clock.unsynced", "not one of" },
	{ "a role there is not", GOOD "[agent]\nrole = hems\n", 9, "agent.role", "not one of" },
	{ "what only a SeGW has", GOOD "[segw]\ndeadline = 5s\n", 8, "", "role = segw" },
	{ "no renewal in time", GOOD "[agent]\nrenew = 16s\n", 0, "agent.renew", "half" },
	{ "workers as root", GOOD "[agent]\nuser = root\n", 0, "agent.user", "root" },
	{ "empty value", GOOD "[agent]\nuser =\n", 9, "agent.user", "empty" },
	{ "no proof required", GOOD "[gate]\nrequired = ,\n", 9, "gate.required", "" },
	{ "a proof without a source", GOOD "[gate]\nrequired = device-auth, authz\n", 0, "gate.required",
	  "no source" },
	{ "SGW-F3-20: hp-auth without a second round",
	  GOOD "[gate]\nrequired = hp-auth\n", 9, "gate.required", "follows from" },
	{ "SGW-F3-20: rounds there are not",
	  GOOD "[gate]\nauthentication = both\n", 9, "gate.authentication", "" },
	{ "a proof there is not", GOOD "[gate]\nrequired = luck\n", 9, "gate.required", "unknown" },
	{ "PCR 24", GOOD "[tre]\npcrs = 0-24\n", 9, "tre.pcrs", "0 to 23" },
	{ "HNB-TRE-06: the TPM's root without the vendor's key", GOOD "[tre]\nanchor = nv\n", 0,
	  "tre.anchor_key", "is needed" },
	{ "HNB-TRE-06: another word for where the root is", GOOD "[tre]\nanchor = tpm\n", 9,
	  "tre.anchor", "not one of" },
	{ "HNB-TRE-04: another word for where the identity is", GOOD "[tre]\nidentity = tpm\n", 9,
	  "tre.identity", "not one of" },
	{ "HNB-AUTH-07: another word for a profile", GOOD "[credential]\nprofile = own\n", 9,
	  "credential.profile", "not one of" },
	{ "HNB-AUTH-07: the operator's, and nobody looks", GOOD "[credential]\nprofile = operator\n",
	  0, "credential.profile", "identity = nv" },
	{ "HNB-TRE-10: a bound key, and whose approvals is not said",
	  GOOD "[tre]\nkey = bound\nsign_auth = yes\n", 0, "tre.approval_key", "is needed" },
	{ "HNB-TRE-10: a bound key, and charon is to sign",
	  GOOD "[tre]\nkey = bound\napproval_key = /k\n", 0, "tre.sign_auth", "no AUTH" },
	{ "HNB-TRE-05: another word for where the key is", GOOD "[tre]\nkey = nv\n", 9,
	  "tre.key", "not one of" },
	{ "PCRs backwards", GOOD "[tre]\npcrs = 7-0\n", 9, "tre.pcrs", "0 to 23" },
	{ "source of another family", GOOD "source = fd00::1\n", 0, "ocsp.source", "family" },
	{ "HNB-INT-01: another word for when to send", GOOD "[integrity]\nintegrity_info = on\n", 9,
	  "integrity.integrity_info", "not one of" },
	{ "HNB-INT-06: a type that is not of private use", GOOD "[integrity]\nnotify_type = 40959\n",
	  9, "integrity.notify_type", "smallest" },
	{ "HNB-INT-06: a type beyond 16 bits", GOOD "[integrity]\nnotify_type = 65536\n", 9,
	  "integrity.notify_type", "largest" },
	{ "HNB-INT-06: 3GPP's DEVICE_IDENTITY", GOOD "[integrity]\nnotify_type = 41101\n", 9,
	  "integrity.notify_type", "DEVICE_IDENTITY" },
	{ "FFS-01: one of 3GPP's range", GOOD "[integrity]\nnotify_type = 55504\n", 9,
	  "integrity.notify_type", "3GPP" },
	{ "FFS-01: strongSwan's RADIUS_ATTRIBUTE", GOOD "[integrity]\nnotify_type = 40969\n", 9,
	  "integrity.notify_type", "RADIUS_ATTRIBUTE" },
	{ "PIT-42: a TPM's deadline that IKE can't wait for", GOOD "[integrity]\ndeadline = 9s\n", 9,
	  "integrity.deadline", "largest" },
	{ "SGW-INT-11: a SeGW's policy at a H(e)NB", GOOD "[integrity]\npolicy = required\n", 0,
	  "integrity.policy", "role = segw" },
	{ "FFS-15: a nonce of no octet", GOOD "nonce_length = 0\n", 8, "ocsp.nonce_length",
	  "smallest" },
	{ "FFS-15: a nonce of 129 octets", GOOD "nonce_length = 129\n", 8, "ocsp.nonce_length",
	  "largest" },
	{ "FFS-15: another word for a nonce", GOOD "nonce = off\n", 8, "ocsp.nonce", "not one of" },
	{ "FFS-20: a responder's file that is not absolute", GOOD "signer = r.pem\n", 8,
	  "ocsp.signer", "absolute" },
	{ "path that is not absolute", GOOD "[tre]\npolicy = p\n", 9, "tre.policy", "absolute" },
	{ "five certificates in a chain", GOOD "[peer]\nmax_chain = 5\n", 9, "peer.max_chain",
	  "largest" },
	{ "key before a section", "a = b\n" GOOD, 1, "a", "before" },
	{ "nothing to initiate", "[peer]\nname = a.b\nanchor = /a\n[ocsp]\nuri = http://10.0.0.1/\n",
	  0, "charon.child", "missing" },
	{ "no anchor", "[charon]\nchild = a\n[peer]\nname = a.b\n[ocsp]\nuri = http://10.0.0.1/\n",
	  0, "peer.anchor", "missing" },
};

static void test_refusals(void)
{
	struct config c;
	struct last l;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		int n = parse(r->text, &c, &l);

		if (!tap_ok(n == 1 && l.n == 1 && l.line == r->line && !strcmp(l.key, r->key) &&
			    strstr(l.rule, r->rule) && *l.remedy, "refused: %s", r->what))
			printf("# %d errors, the last: %d: %s: %s (%s)\n", n, l.line, l.key,
			       l.rule, l.remedy);
	}
}

static void test_uri(const char *uri, bool good, const char *what)
{
	char text[512];
	struct config c;
	struct last l;
	int n;

	snprintf(text, sizeof(text),
		 "[charon]\nchild = core\n[peer]\nname = a.b\nanchor = /a\n[ocsp]\nuri = %s\n", uri);
	n = parse(text, &c, &l);
	if (!tap_ok(good ? !n : n == 1 && !strcmp(l.key, "ocsp.uri"), "%s", what))
		printf("# %s: %s\n", uri, l.rule);
}

static void test_peer(const char *name, bool good, const char *what)
{
	char text[512];
	struct config c;
	struct last l;
	int n;

	snprintf(text, sizeof(text),
		 "[charon]\nchild = core\n[peer]\nname = %s\nanchor = /a\n[ocsp]\nuri = http://10.0.0.1\n",
		 name);
	n = parse(text, &c, &l);
	tap_ok(good ? !n : n == 1 && !strcmp(l.key, "peer.name"), "%s", what);
}

static void test_names(void)
{
	test_uri("http://169.254.169.254/", false, "URI: link-local IPv4");
	test_uri("http://10.0.0.1", true, "URI: IPv4");
	test_uri("HTTP://10.0.0.1:81/a?b", true, "URI: port, path and query");
	test_uri("http://[2001:db8::1]:81/a", true, "URI: IPv6 in brackets");
	test_uri("http://ocsp.example.org/", false, "HNB-GATE-11: URI with a host name");
	test_uri("https://10.0.0.1/", false, "PIT-14: https");
	test_uri("ftp://10.0.0.1/", false, "URI: another scheme");
	test_uri("http://2001:db8::1/", false, "URI: IPv6 without brackets");
	test_uri("http://[10.0.0.1]/", false, "URI: IPv4 in brackets");
	test_uri("http://[fd00::1/", false, "URI: bracket left open");
	test_uri("http://a@10.0.0.1/", false, "URI: user information");
	test_uri("http://10.0.0.1:0/", false, "URI: port 0");
	test_uri("http://10.0.0.1:65536/", false, "URI: port beyond 65535");
	test_uri("http://10.0.0.1/a#b", false, "URI: fragment");
	test_uri("http://127.0.0.1/", false, "URI: loopback");
	test_uri("http://224.0.0.1/", false, "URI: multicast");
	test_uri("http://[::ffff:10.0.0.1]/", false, "URI: IPv4 mapped to IPv6");
	test_peer("segw.example.org", true, "peer: FQDN");
	test_peer("192.0.2.1", true, "peer: IPv4 address");
	test_peer("2001:db8::1", true, "peer: IPv6 address");
	test_peer("*.example.org", false, "peer: wildcard");
	test_peer("a..b", false, "peer: empty label");
	test_peer("a b", false, "peer: blank");
}

static void test_values(void)
{
	struct config c;
	struct last l;

	tap_ok(!parse(GOOD, &c, &l), "what is needed is enough");
	tap_ok(c.agent.lease_ms == 30000 && c.agent.renew_ms == 10000 && c.charon.start &&
	       c.charon.backoff_max_ms == 30 * 60000 && c.peer.max_chain == 4 &&
	       c.peer.quarantine_ms == 2000 && c.peer.on_invalid == CONFIG_TERMINATE &&
	       c.ocsp.try_ms == 5000 && c.ocsp.retries == 4 && c.ocsp.skew_ms == 300000 &&
	       c.ocsp.age_max_ms == 86400000 && c.ocsp.nonce == PKI_NONCE_REQUIRED &&
	       c.ocsp.nonce_length == 32 && !*c.ocsp.signer &&
	       c.tre.pcrs == 0xff, "defaults are the specification's");
	tap_ok(c.gate.mode == TRUSTGATE_MODE_ENFORCE && c.gate.required == 0xd && !c.gate.set,
	       "the gate enforces, all proofs are required, its limits are left alone");
	tap_ok(c.ocsp.uri.addr.family == AF_INET && c.ocsp.uri.port == 8080 &&
	       !memcmp(c.ocsp.uri.addr.addr, "\x0a\x63\0\x02", 4), "the URI's address and port");
	tap_ok(!parse(GOOD "try = 1500ms ; a comment\n# one more\n[tre]\npcrs = 0-2, 10 ,23\n"
		      "max_age=2h\n[gate]\nt_verify = 1 min\n", &c, &l) &&
	       c.ocsp.try_ms == 1500 && c.tre.pcrs == (0x7u | 1u << 10 | 1u << 23) &&
	       c.tre.max_age_ms == 7200000 && c.gate.t_verify_ms == 60000 &&
	       c.gate.set == 1u << TRUSTGATE_A_CONFIG_T_VERIFY_MS,
	       "units, lists, blanks, comments");
	tap_ok(parse("[peer\n[agent]\nlease = 1\n[x]\ny = 1\n", &c, &l) == 6 && l.n == 6,
	       "every error is reported");
	tap_ok(config_parse("test", GOOD "try = 1s\0\n", sizeof(GOOD) + 9, &c, keep, &l) == 1,
	       "NUL in the file");
	tap_ok(config_load("/nonexistent", &c, keep, &l) == 1, "no such file");
	tap_ok(config_load("/", &c, keep, &l) == 1, "not a file");
}

static bool modes_are(const struct config *c, const char *want)
{
	char got[64] = "";

	for (uint32_t i = 0; i < c->ocsp.nmodes; i++) {
		strcat(got, i ? "," : "");
		strcat(got, config_mode_name(c->ocsp.modes[i]));
	}
	if (strcmp(got, want))
		printf("# %s\n", got);
	return !strcmp(got, want);
}

#define BARE "[charon]\nchild = core\n[peer]\nname = a.b\nanchor = /a\n[ocsp]\n"

static void test_modes(void)
{
	struct config c;
	struct last l;

	tap_ok(!parse(GOOD, &c, &l) && modes_are(&c, "inband,intunnel"),
	       "HNB-AUTH-12: any is the default: what IKE brings, then the tunnel");
	tap_ok(!parse(GOOD "mode = any\ndirect_uri = http://ocsp.test/\n", &c, &l) &&
	       modes_are(&c, "inband,direct,intunnel") && !c.ocsp.direct_uri.addr.family &&
	       !strcmp(c.ocsp.direct_uri.host, "ocsp.test") && c.ocsp.direct_uri.port == 80,
	       "HNB-AUTH-12: and a direct query, if there is where to");
	tap_ok(!parse(GOOD "mode = intunnel, inband\n", &c, &l) && modes_are(&c, "intunnel,inband"),
	       "HNB-AUTH-12: in the order that was given");
	tap_ok(!parse(GOOD "mode = off\n", &c, &l) && !c.ocsp.nmodes && c.gate.required == 0x9,
	       "HNB-AUTH-15: off requires no proof of revocation");
	tap_ok(!parse(GOOD "[gate]\nauthentication = combined\n", &c, &l) &&
	       c.gate.required == 0xf, "SGW-F3-20: combined requires hp-auth as well");
	tap_ok(!parse(GOOD "[gate]\nrequired = device-auth\nauthentication = combined\n", &c, &l) &&
	       c.gate.required == 0x3, "PIT-32: whatever else is required");
	tap_ok(!parse(BARE "mode = inband\n", &c, &l) && modes_are(&c, "inband") &&
	       c.gate.required == 0xd, "HNB-OCSP-06: inband needs no responder");
	tap_ok(!parse(BARE "uri = http://10.0.0.1/\nmode = direct\n", &c, &l) &&
	       !strcmp(c.ocsp.direct_uri.text, "http://10.0.0.1/"),
	       "HNB-F2-06: direct asks uri when there is no other");
	tap_ok(!parse(GOOD, &c, &l) && c.ocsp.scope == CONFIG_SCOPE_AVAILABLE && !*c.ocsp.ca_uri.text,
	       "HNB-OCSP-11: the leaf, and CAs where there is somebody to ask, is the default");
	tap_ok(!parse(GOOD "mode = direct\nscope = chain\nca_uri = http://10.99.0.2:8080/ca\n", &c,
		      &l) && c.ocsp.scope == CONFIG_SCOPE_CHAIN &&
	       !strcmp(c.ocsp.direct_ca_uri.text, c.ocsp.ca_uri.text),
	       "HNB-OCSP-11: with uri, ca_uri too is asked directly when there is no other");
	tap_ok(parse(BARE "mode = direct\n", &c, &l) == 1 && !strcmp(l.key, "ocsp.direct_uri"),
	       "HNB-F2-06: direct needs a responder");
	tap_ok(parse(BARE "mode = any\n", &c, &l) == 1 && !strcmp(l.key, "ocsp.uri"),
	       "HNB-GATE-01: any needs one behind the tunnel");
	tap_ok(c.ocsp.inband_max == 16384 && c.ocsp.aia == CONFIG_AIA_IGNORE &&
	       c.clock.unsynced == CONFIG_UNSYNCED_PROVISIONAL && c.clock.save_ms == 900000,
	       "PIT-38, FFS-16, HNB-OCSP-08: defaults are the specification's");
}

#define SEGW \
	"[agent]\nrole = segw\n[vendor acme]\nanchor = /a.pem\nsources = crls\n" \
	"[source crls]\nclass = manufacturer-crl\n"

static void test_segw(void)
{
	struct config c;
	struct last l;
	int n = parse(SEGW, &c, &l);

	if (!tap_ok(!n && c.agent.role == CONFIG_ROLE_SEGW && c.gate.required == 0x5 &&
		    c.segw.nvendors == 1 && !c.charon.start && !c.ocsp.nmodes,
		    "SGW-REV-01: role segw: its vendors and sources, path and revocation required"))
		printf("# %d: %s: %s\n", n, l.key, l.rule);
	tap_ok(parse(SEGW "[gate]\nrequired = revocation\n", &c, &l) == 1 &&
	       !strcmp(l.key, "gate.required") && strstr(l.rule, "device-auth is missing"),
	       "SGW-F1-06, HNB-AUTH-01: a SeGW can't leave out whose certificate it is");
	tap_ok(parse(SEGW "[gate]\nrequired = device-auth, authz\n", &c, &l) == 1 &&
	       !strcmp(l.key, "gate.required"), "SGW-AAA-01: no authorisation without a source of it");
	tap_ok(parse(SEGW "[gate]\nauthentication = combined\n", &c, &l) == 1 &&
	       !strcmp(l.key, "gate.authentication"), "SGW-F1-06: a SeGW asks by identity");
}

static const struct {
	const char *what, *text, *key, *rule;
} validates[] = {
	{ "to ask nobody", "validate = require", "integrity.validate_uri", "missing" },
	{ "to ask nothing", "validate_uri = https://a.example/", "integrity.validate_uri", "nothing" },
	{ "plain http", "on_fail = pending-validate\nvalidate_uri = http://a.example/",
	  "integrity.validate_uri", "https" },
	{ "no host", "on_fail = pending-validate\nvalidate_uri = https:///x",
	  "integrity.validate_uri", "host" },
	{ "a user in the URI", "on_fail = pending-validate\nvalidate_uri = https://u:p@a.example/",
	  "integrity.validate_uri", "user" },
	{ "a certificate without its key", "on_fail = pending-validate\n"
	  "validate_uri = https://a.example/\nvalidate_cert = /c", "integrity.validate_key", "missing" },
	{ "a database by a Unix socket", "enrolment = postgresql:///trustgate", "integrity.enrolment",
	  "without a host" },
	{ "and in other words", "enrolment = postgresql://%2Frun/trustgate", "integrity.enrolment",
	  "without a host" },
	{ "a try of an hour", "on_fail = pending-validate\nvalidate_uri = https://a.example/\n"
	  "validate_try = 1h", "integrity.validate_try", "largest" },
};

static const struct {
	const char *what, *role, *text, *key, *rule;
} devids[] = {
	{ "a third solution", GOOD, "solution = z", "devid.solution", "not one" },
	{ "an empty list of them", GOOD, "solution = ,", "devid.solution", "solution" },
	{ "a SeGW that asks for both", SEGW, "solution = x, y", "devid.solution", "one of them" },
	{ "an H(e)NB that judges", GOOD, "on_bad = close", "devid.on_bad", "role = segw" },
	{ "a SeGW that proves", SEGW, "verifier = 10.0.0.1:1", "devid.verifier", "role = henb" },
	{ "TCP to nobody", GOOD, "solution = x\ntransport = tcp", "devid.verifier", "missing" },
	{ "TCP from nowhere", SEGW, "solution = x\ntransport = tcp", "devid.listen", "missing" },
	{ "an address without a port", GOOD, "verifier = 10.0.0.1", "devid.verifier", "no port" },
	{ "a name for an address", GOOD, "verifier = verifier.example:1", "devid.verifier", "address" },
	{ "an address of its own", GOOD, "verifier = 127.0.0.1:1", "devid.verifier", "address" },
	{ "a path behind it", GOOD, "verifier = 10.0.0.1:1/x", "devid.verifier", "ADDRESS:PORT" },
	{ "a list without its issuer", SEGW, "solution = x\ncrl = /l", "devid.ca", "missing" },
};

static void test_devid(void)
{
	struct config c;
	struct last l;

	parse(GOOD, &c, &l);
	tap_ok(!l.n && !c.devid.solutions, "DID-00: device identifiers are off");
	parse(GOOD "[devid]\nsolution = x, y\ntransport = tcp\nverifier = [2001:db8::1]:48322\n", &c, &l);
	tap_ok(!l.n && c.devid.solutions == 6 && c.devid.after == CONFIG_DEVID_OPEN &&
	       c.devid.verifier.addr.family == AF_INET6 && c.devid.verifier.port == 48322,
	       "DID-X-02: a device answers for both, once its gate is open");
	parse(SEGW "[devid]\nsolution = y\non_bad = close\nevery = 1h\n", &c, &l);
	tap_ok(!l.n && c.devid.ask == 2 && c.devid.on_bad == CONFIG_DEVID_CLOSE &&
	       c.devid.every_ms == 3600000 && !strcmp(c.devid.profile, "devid"),
	       "DID-Y-03: a SeGW asks for one");
	for (size_t i = 0; i < sizeof(devids) / sizeof(devids[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), "%s[devid]\n%s\n", devids[i].role, devids[i].text);
		parse(text, &c, &l);
		if (!tap_ok(l.n && !strcmp(l.key, devids[i].key) && strstr(l.rule, devids[i].rule),
			    "FFS-21: refused: %s", devids[i].what))
			printf("# %d: %s: %s\n", l.n, l.key, l.rule);
	}
}

static void test_integrity(void)
{
	struct config c;
	struct last l;

	parse(GOOD, &c, &l);
	tap_ok(c.integrity.mode == TG_WIRE_MODE_AUTO && c.integrity.notify_type == 48320,
	       "HNB-INT-01, FFS-01: sent to who shows the Vendor ID, type 48320");
	parse(GOOD "[integrity]\nintegrity_info = force\nnotify_type = 65535\n", &c, &l);
	tap_ok(!l.n && c.integrity.mode == TG_WIRE_MODE_FORCE && c.integrity.notify_type == 65535,
	       "HNB-INT-01: or always, and by another type");
	parse(SEGW, &c, &l);
	tap_ok(c.integrity.policy == INTEGRITY_OPTIONAL && c.integrity.on_fail == ON_FAIL_REJECT &&
	       !(c.gate.required & 1u << TRUSTGATE_EVIDENCE_KIND_INTEGRITY),
	       "FFS-05, SGW-INT-11: optional, and a bad one refused");
	parse(SEGW "[integrity]\npolicy = required\non_fail = pending-validate\n"
	      "enrolment = /d\nreference = /r\n", &c, &l);
	tap_ok(!l.n && c.integrity.policy == INTEGRITY_REQUIRED &&
	       c.integrity.on_fail == ON_FAIL_PENDING_VALIDATE &&
	       c.gate.required & 1u << TRUSTGATE_EVIDENCE_KIND_INTEGRITY,
	       "SGW-INT-11: required, as a proof of the gate");
	parse(SEGW "[integrity]\npolicy = required\nreference = /r\n", &c, &l);
	tap_ok(l.n == 1 && !strcmp(l.key, "integrity.enrolment"),
	       "SGW-INT-11: required, and no device enrolled: an error");
	parse(SEGW "[integrity]\npolicy = required\nenrolment = /d\n", &c, &l);
	tap_ok(l.n == 1 && !strcmp(l.key, "integrity.reference"),
	       "SGW-INT-11: required, and no state allowed: an error");
	parse(SEGW "[integrity]\nsinks = /s\nfigs = yes\n", &c, &l);
	tap_ok(!l.n && c.integrity.figs && !strcmp(c.integrity.sinks, "/s"),
	       "SGW-INT-08, SGW-INT-09: kept for statistics, and told to FIGS");
	parse(SEGW "[integrity]\nfigs = yes\n", &c, &l);
	tap_ok(l.n == 1 && !strcmp(l.key, "integrity.sinks"),
	       "SGW-INT-09: what waits for FIGS needs a place to wait");
	parse(SEGW, &c, &l);
	tap_ok(!c.integrity.figs && !*c.integrity.sinks, "PRIV-07: unless it is wanted nothing is kept");
	parse(SEGW "[integrity]\nreferences = /d\nvalidate = require\n"
	      "validate_uri = https://[2001:db8::1]:8443/check?a=b\nvalidate_ca = /ca\n"
	      "validate_cert = /cert\nvalidate_key = /key\nvalidate_try = 5s\n", &c, &l);
	tap_ok(!l.n && c.integrity.validate == VALIDATE_REQUIRE && c.integrity.validate_try_ms == 5000 &&
	       !strcmp(c.integrity.validate_uri, "https://[2001:db8::1]:8443/check?a=b") &&
	       !strcmp(c.integrity.references, "/d"),
	       "SGW-INT-09: a validation entity, how it is known, and how we are");
	parse(SEGW "[integrity]\nenrolment = postgresql://u@db.example/t?sslmode=verify-full\n", &c, &l);
	tap_ok(!l.n && !strcmp(c.integrity.enrolment, "postgresql://u@db.example/t?sslmode=verify-full"),
	       "FFS-04: the devices of several gateways in one database");
	parse(SEGW "[integrity]\n", &c, &l);
	tap_ok(c.integrity.validate == VALIDATE_OFF && c.integrity.validate_try_ms == 3000,
	       "SGW-INT-09: unless it is wanted nobody is asked");
	for (size_t i = 0; i < sizeof(validates) / sizeof(validates[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), SEGW "[integrity]\n%s\n", validates[i].text);
		parse(text, &c, &l);
		tap_ok(l.n == 1 && !strcmp(l.key, validates[i].key) && strstr(l.rule, validates[i].rule),
		       "SGW-INT-09: refused: %s", validates[i].what);
	}
	parse(SEGW "[integrity]\nintegrity_info = auto\n", &c, &l);
	tap_ok(l.n == 1 && !strcmp(l.key, "integrity.integrity_info"),
	       "HNB-INT-01: what a H(e)NB sends is none of a SeGW's keys");
}

static bool addr_ok(const struct config *c, const char *addr)
{
	char text[128];
	struct config_uri u;

	snprintf(text, sizeof(text), strchr(addr, ':') ? "http://[%s]/" : "http://%s/", addr);
	/* A refused literal leaves the address, which is what a resolver might say. */
	config_uri_parse(text, true, &u);
	return config_allows_addr(&c->ocsp, &u.addr);
}

static bool pointer_ok(const struct config *c, const char *uri)
{
	struct config_uri u;

	return !config_uri_parse(uri, true, &u) && config_allows_pointer(&c->ocsp, &u);
}

static void test_targets(void)
{
	struct config c;
	struct last l;

	parse(GOOD, &c, &l);
	tap_ok(addr_ok(&c, "10.1.2.3") && addr_ok(&c, "2001:db8::1") && !addr_ok(&c, "127.0.0.1") &&
	       !addr_ok(&c, "::1") && !addr_ok(&c, "0.0.0.0") && !addr_ok(&c, "224.0.0.1") &&
	       !addr_ok(&c, "fe80::1") && !addr_ok(&c, "::ffff:127.0.0.1") &&
	       !addr_ok(&c, "169.254.169.254"),
	       "HNB-OCSP-08: a name that leads to this box or nowhere is not asked");
	tap_ok(!pointer_ok(&c, "http://ocsp.test/"), "HNB-OCSP-08: no pointer leads anywhere");
	tap_ok(!parse(GOOD "aia = allow\nallow = OCSP.test, 192.0.2.0/25, 2001:db8::/32\n", &c, &l) &&
	       addr_ok(&c, "192.0.2.127") && !addr_ok(&c, "192.0.2.128") &&
	       addr_ok(&c, "2001:db8:ffff::1") && !addr_ok(&c, "2001:db9::1") &&
	       !addr_ok(&c, "10.1.2.3"), "HNB-OCSP-08: with prefixes, only what is within");
	tap_ok(pointer_ok(&c, "http://ocsp.test:81/x") && pointer_ok(&c, "http://192.0.2.1/") &&
	       !pointer_ok(&c, "http://evil.test/") && !pointer_ok(&c, "http://ocsp.test.evil.test/") &&
	       !pointer_ok(&c, "http://192.0.2.200/") && !pointer_ok(&c, "https://ocsp.test/") &&
	       !pointer_ok(&c, "http://ocsp.test@evil.test/"),
	       "HNB-OCSP-08: a pointer leads only to hosts on the list");
}

int main(void)
{
	tap_start();
	test_modes();
	test_targets();
	test_segw();
	test_devid();
	test_integrity();
	test_values();
	test_names();
	test_refusals();
	return tap_end();
}
