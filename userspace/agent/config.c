// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Configuration. inih finds lines, sections and values; what a value may be is
 * in one table, so that a key can't be read without being checked. The whole
 * file is looked at before giving up: who mends a file wants to hear it all.
 */
#include "agent/config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <ini.h>
#include <linux/trustgate.h>

#include "agent/notify_type.h"
#include "agent/profile.h"
#include "agent/wire.h"
#include "devid/aaa.h"
#include "pki/hidden.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MINUTE		60000u
#define HOUR		(60 * MINUTE)

struct key;

/* Store @value for @key. Returns NULL, or the rule that it breaks. */
typedef const char *store_fn(const struct key *key, const char *value, struct config *c);

struct key {
	const char *section, *name;
	store_fn *store;
	size_t offset;		/* of the member in struct config */
	uint32_t min, max;	/* of a number, ms for a duration */
	uint32_t preset;	/* of a number */
	const char *text;	/* preset of a text; choices of a choice */
	unsigned int attr;	/* bit in gate.set to set when given */
	bool required;
	const char *remedy;
};

static store_fn store_ms, store_u32, store_bool, store_text, store_path, store_socket, store_choice,
	store_https, store_store;
static store_fn store_peer, store_kinds, store_modes, store_uri, store_name_uri, store_allow;
static store_fn store_solutions, store_endpoint;
static store_fn store_source, store_pcrs, store_notify, store_url, store_key, store_address;

#define AT(member)	offsetof(struct config, member)

#define MS(s, n, lo, hi, def) \
	{ #s, #n, store_ms, AT(s.n##_ms), lo, hi, def, \
	  .remedy = "give a number and ms, s, min or h" }
#define NUM(s, n, lo, hi, def) \
	{ #s, #n, store_u32, AT(s.n), lo, hi, def, .remedy = "give a number in range" }
#define CHOICE(s, n, names, def, why) \
	{ #s, #n, store_choice, AT(s.n), 0, 0, def, names, .remedy = why }
#define TEXT(s, n, fn, def, need, why) \
	{ #s, #n, fn, AT(s.n), .text = def, .required = need, .remedy = why }
#define LIMIT_MS(n, a, lo, hi) \
	{ "gate", #n, store_ms, AT(gate.n##_ms), lo, hi, .attr = 1u << (a), \
	  .remedy = "give a number and ms, s, min or h" }
#define LIMIT(n, a, lo, hi) \
	{ "gate", #n, store_u32, AT(gate.n), lo, hi, .attr = 1u << (a), \
	  .remedy = "give a number in range" }

static const char nonces[] = "required preferred none";
static const char nonce_remedy[] = "say required, preferred or none";
static const char signer_remedy[] = "give the file of the responders' certificates, PEM or DER";
static const char hems_modes[] = "none intranet-ipsec intranet-ipsec+tls internet-tls";

static const struct key keys[] = {
	CHOICE(agent, role, "henb segw", CONFIG_ROLE_HENB, "say henb or segw"),
	MS(agent, lease, 1000, TRUSTGATE_LEASE_MAX_MS, 30000),
	MS(agent, renew, 100, TRUSTGATE_LEASE_MAX_MS / 2, 10000),
	TEXT(agent, plugin_socket, store_socket, TG_WIRE_PATH, false, "give an absolute path"),
	TEXT(agent, control_socket, store_socket, CONFIG_CONTROL_PATH, false,
	     "give an absolute path"),
	TEXT(agent, user, store_text, "nobody", false, "give the name of an unprivileged user"),

	TEXT(charon, vici, store_socket, "/run/charon.vici", false, "give an absolute path"),
	TEXT(charon, ike, store_text, "", false, "give a connection's name in swanctl.conf"),
	TEXT(charon, child, store_text, "", false, "give a child's name in swanctl.conf"),
	{ "charon", "start", store_bool, AT(charon.start), .preset = 1, .remedy = "say yes or no" },
	MS(charon, backoff_min, 100, HOUR, 1000),
	MS(charon, backoff_max, 100, 24 * HOUR, 30 * MINUTE),
	MS(charon, heartbeat, 1500, 10 * MINUTE, 5000),

	TEXT(peer, name, store_peer, NULL, true,
	     "give the FQDN or IP address that the peer certificate's subjectAltName has"),
	TEXT(peer, anchor, store_path, NULL, true, "give the root certificate's file, PEM or DER"),
	TEXT(peer, profile, store_text, PROFILE_DEFAULT, false,
	     "give seed, rel9, rel17, rel17-strict, or a file with a / in it"),
	NUM(peer, max_chain, 1, 4, 4),
	CHOICE(peer, on_invalid, "terminate hold", CONFIG_TERMINATE, "say terminate or hold"),
	MS(peer, quarantine, 0, MINUTE, 2000),

	CHOICE(gate, mode, "off observe enforce", TRUSTGATE_MODE_ENFORCE,
	       "say enforce, observe or off"),
	/* No preset: what is not given follows from ocsp.mode, see settle(). */
	{ "gate", "required", store_kinds, AT(gate.required), .remedy =
	  "list some of device-auth, revocation, integrity" },
	CHOICE(gate, authentication, "device combined", CONFIG_AUTH_DEVICE,
	       "say device or combined"),
	LIMIT_MS(t_bind, TRUSTGATE_A_CONFIG_T_BIND_MS, 100, 600000),
	LIMIT_MS(t_verify, TRUSTGATE_A_CONFIG_T_VERIFY_MS, 100, 600000),
	LIMIT_MS(grace, TRUSTGATE_A_CONFIG_GRACE_MS, 0, TRUSTGATE_GRACE_MAX_MS),
	LIMIT(boot_bytes, TRUSTGATE_A_CONFIG_BOOT_BYTES, 0, UINT32_MAX),
	LIMIT(boot_packets, TRUSTGATE_A_CONFIG_BOOT_PACKETS, 0, UINT32_MAX),
	LIMIT(boot_attempts, TRUSTGATE_A_CONFIG_BOOT_ATTEMPTS, 0, UINT32_MAX),
	LIMIT(max_contexts, TRUSTGATE_A_CONFIG_MAX_CONTEXTS, 1, 1048576),
	LIMIT(max_sas, TRUSTGATE_A_CONFIG_MAX_SAS, 1, 4194304),

	{ "ocsp", "mode", store_modes, 0, .remedy =
	  "say any, off, or list inband, direct, intunnel in the order to try" },
	TEXT(ocsp, uri, store_uri, NULL, false, "give http://IP-ADDRESS[:PORT][/PATH]"),
	TEXT(ocsp, direct_uri, store_name_uri, NULL, false, "give http://HOST[:PORT][/PATH]"),
	CHOICE(ocsp, scope, "leaf+available chain", CONFIG_SCOPE_AVAILABLE,
	       "say leaf+available or chain"),
	TEXT(ocsp, ca_uri, store_uri, NULL, false, "give http://IP-ADDRESS[:PORT][/PATH]"),
	TEXT(ocsp, direct_ca_uri, store_name_uri, NULL, false, "give http://HOST[:PORT][/PATH]"),
	/* The IKE daemon waits for the answer: 3 s for all that is to be said. */
	MS(ocsp, direct_try, 100, 2500, 2000),
	CHOICE(ocsp, aia, "ignore allow", CONFIG_AIA_IGNORE, "say ignore or allow"),
	TEXT(ocsp, allow, store_allow, "", false,
	     "list host names, addresses and prefixes (192.0.2.0/24, 2001:db8::/32)"),
	TEXT(ocsp, source, store_source, NULL, false, "give an IPv4 or IPv6 address of this box"),
	CHOICE(ocsp, nonce, nonces, PKI_NONCE_REQUIRED, nonce_remedy),
	NUM(ocsp, nonce_length, 1, PKI_NONCE_MAX, PKI_NONCE_LEN),
	TEXT(ocsp, signer, store_path, "", false, signer_remedy),
	{ "ocsp", "try", store_ms, AT(ocsp.try_ms), 100, MINUTE, 5000,
	  .remedy = "give a number and ms, s, min or h" },
	NUM(ocsp, retries, 0, 16, 4),
	MS(ocsp, skew, 0, 10 * MINUTE, 300000),
	MS(ocsp, age_max, 1000, TRUSTGATE_PROOF_MAX_MS, 24 * HOUR),
	MS(ocsp, age_no_next, 1000, TRUSTGATE_PROOF_MAX_MS, 300000),
	MS(ocsp, recheck_max, 1000, TRUSTGATE_PROOF_MAX_MS, HOUR),
	NUM(ocsp, response_max, 512, 65536, 65536),
	MS(ocsp, inband_age_max, 1000, TRUSTGATE_PROOF_MAX_MS, HOUR),
	TEXT(ocsp, revoked, store_path, "/var/lib/trustgate/revoked", false,
	     "give the absolute path of a file that survives a restart"),
	NUM(ocsp, inband_max, 512, TG_WIRE_OCSP_MAX, TG_WIRE_OCSP_MAX),

	TEXT(clock, state, store_path, "/var/lib/trustgate/clock", false,
	     "give the absolute path of a file that survives a restart"),
	MS(clock, save, 1000, 24 * HOUR, 15 * MINUTE),
	MS(clock, step_max, 1000, UINT32_MAX, 24 * HOUR),
	CHOICE(clock, unsynced, "provisional accept-inband", CONFIG_UNSYNCED_PROVISIONAL,
	       "say provisional or accept-inband"),

	CHOICE(credential, profile, "vendor operator", CONFIG_PROFILE_VENDOR,
	       "say vendor or operator"),
	TEXT(tre, tcti, store_text, "device:/dev/tpmrm0", false, "for example device:/dev/tpmrm0"),
	{ "tre", "pcrs", store_pcrs, AT(tre.pcrs), .preset = 0xff,
	  .remedy = "list PCRs, for example 0-7,10" },
	TEXT(tre, policy, store_path, "/etc/trustgate/reference.policy", false,
	     "give the reference policy's file"),
	MS(tre, max_age, 1000, TRUSTGATE_PROOF_MAX_MS, HOUR),
	MS(tre, retry, 1000, HOUR, 30000),
	TEXT(tre, policy_key, store_path, "", false,
	     "give the file of the public key that policies are signed for, PEM"),
	TEXT(tre, eventlog, store_path, "/sys/kernel/security/tpm0/binary_bios_measurements", false,
	     "give the file of the firmware's event log"),
	TEXT(tre, ima, store_path, "/sys/kernel/security/ima/binary_runtime_measurements", false,
	     "give the file of the kernel's measurement list"),
	MS(tre, watch, 1000, HOUR, 10000),
	CHOICE(tre, anchor, "file nv", CONFIG_TRE_ANCHOR_FILE, "say nv or file"),
	TEXT(tre, anchor_key, store_path, "", false,
	     "give the file of the vendor's public key, PEM, that authorises the root"),
	CHOICE(tre, identity, "any nv", CONFIG_TRE_IDENTITY_ANY, "say nv or any"),
	CHOICE(tre, key, "any tpm bound", CONFIG_TRE_KEY_ANY, "say tpm, bound or any"),
	{ "tre", "sign_auth", store_bool, AT(tre.sign_auth), .remedy = "say yes or no" },
	/* The IKE daemon waits for it. */
	MS(tre, sign_deadline, 100, 20000, 5000),
	TEXT(tre, approval, store_path, "/var/lib/trustgate/tre/ike.approval", false,
	     "give the file that 'trustgate tre approval install' writes"),
	TEXT(tre, approval_key, store_path, "", false,
	     "give the file of the operator's public key, PEM, that approves states of the box"),

	{ "integrity", "integrity_info", store_choice, AT(integrity.mode), 0, 0,
	  TG_WIRE_MODE_AUTO, "off auto force", .remedy = "say off, auto or force" },
	{ "integrity", "notify_type", store_notify, AT(integrity.notify_type),
	  TG_WIRE_NOTIFY_MIN, TG_WIRE_NOTIFY_MAX, TRE_RECORD_NOTIFY,
	  .remedy = "give one from 40960 to 65535 that nobody uses, the same at both ends" },
	/* The IKE daemon waits for it. */
	MS(integrity, deadline, 100, 8000, 1700),
	CHOICE(integrity, policy, "required optional ignore", INTEGRITY_OPTIONAL,
	       "say ignore, optional or required"),
	CHOICE(integrity, on_fail, "reject pending-validate log", ON_FAIL_REJECT,
	       "say log, pending-validate or reject"),
	TEXT(integrity, reference, store_path, "", false, "give the reference policy's file"),
	TEXT(integrity, references, store_path, "", false,
	     "give the directory of the policies that devices were enrolled with"),
	CHOICE(integrity, validate, "require best-effort off", VALIDATE_OFF,
	       "say off, best-effort or require"),
	TEXT(integrity, validate_uri, store_https, "", false, "give https://HOST[:PORT][/PATH]"),
	TEXT(integrity, validate_ca, store_path, "", false, "give the file of a certificate, PEM"),
	TEXT(integrity, validate_cert, store_path, "", false, "give the file of a certificate, PEM"),
	TEXT(integrity, validate_key, store_path, "", false, "give the file of a key, PEM"),
	MS(integrity, validate_try, 100, MINUTE, 3000),
	TEXT(integrity, enrolment, store_store, "", false, "give the enrolled devices' file, or postgresql://..."),
	TEXT(integrity, sinks, store_path, "", false, "give the file to keep what became of reports in"),
	{ "integrity", "figs", store_bool, AT(integrity.figs), .remedy = "say yes or no" },
	{ "integrity", "pcrs", store_pcrs, AT(integrity.pcrs), .preset = 0xff,
	  .remedy = "list PCRs, for example 0-7,10" },
	{ "integrity", "accept_degraded", store_bool, AT(integrity.accept_degraded), .preset = 1,
	  .remedy = "say yes or no" },
	MS(integrity, max_age, 1000, TRUSTGATE_PROOF_MAX_MS, TRUSTGATE_PROOF_MAX_MS),

	CHOICE(hems, mode, hems_modes, CONFIG_HEMS_NONE,
	       "say none, intranet-ipsec, intranet-ipsec+tls or internet-tls"),
	TEXT(hems, url, store_url, "", false, "give https://HOST[:PORT][/PATH]"),
	TEXT(hems, name, store_peer, "", false,
	     "give the FQDN or IP address that the H(e)MS certificate's subjectAltName has"),
	TEXT(hems, address, store_address, NULL, false, "give the H(e)MS's IPv4 or IPv6 address"),
	TEXT(hems, anchor, store_path, "", false,
	     "give the file of the roots that its certificate is issued below"),
	TEXT(hems, profile, store_text, PROFILE_DEFAULT, false,
	     "give seed, rel9, rel17, rel17-strict, or a file with a / in it"),
	CHOICE(hems, revocation, "any staple direct off", 0, "say any, staple, direct or off"),
	TEXT(hems, ocsp_uri, store_name_uri, NULL, false, "give http://HOST[:PORT][/PATH]"),
	CHOICE(hems, nonce, nonces, PKI_NONCE_REQUIRED, nonce_remedy),
	NUM(hems, nonce_length, 1, PKI_NONCE_MAX, PKI_NONCE_LEN),
	TEXT(hems, signer, store_path, "", false, signer_remedy),
	TEXT(hems, ciphers, store_text, "", false, "give a list as of openssl-ciphers(1)"),
	TEXT(hems, certificate, store_path, "", false, "give this box's own certificate, PEM or DER"),
	TEXT(hems, key, store_key, "", false, "give tpm:HANDLE, or a private key's file"),

	{ "devid", "solution", store_solutions, 0, .remedy = "say off, x, y or x, y" },
	CHOICE(devid, transport, "ike tcp", CONFIG_DEVID_IKE, "say ike or tcp"),
	CHOICE(devid, after, "open authenticated", CONFIG_DEVID_OPEN, "say open or authenticated"),
	TEXT(devid, verifier, store_endpoint, NULL, false, "give ADDRESS:PORT of the verifier"),
	CHOICE(devid, on_bad, "log close", CONFIG_DEVID_LOG, "say log or close"),
	MS(devid, every, 0, 24 * HOUR, 0),
	TEXT(devid, aaa, store_socket, AAA_SOCKET, false, "give an absolute path"),
	TEXT(devid, ca, store_path, "", false,
	     "give the file of the roots that device certificates are issued below, PEM"),
	TEXT(devid, profile, store_text, "devid", false,
	     "give devid, another profile's name, or a file with a / in it"),
	TEXT(devid, crl, store_path, "", false, "give the file of the first root's list, PEM"),
	TEXT(devid, listen, store_endpoint, NULL, false, "give ADDRESS:PORT of this SeGW"),
};

struct parser {
	const char *file;
	const char *text;
	size_t left;
	int line;
	int segw_line;		/* of the first section that only a SeGW has, or 0 */
	int errors;
	bool seen[ARRAY_SIZE(keys)];
	struct config *config;
	config_report_fn *report;
	void *arg;
};

/* Who writes a store's place may write its password into it. */
static enum hidden_kind hidden_kind(const char *full)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct key *key = &keys[i];
		size_t n = strlen(key->section);

		if (strncmp(full, key->section, n) || full[n] != '.' || strcmp(full + n + 1, key->name))
			continue;
		if (key->store == store_store)
			return HIDDEN_SECRET;
		return key->store == store_uri || key->store == store_name_uri ||
		       key->store == store_url || key->store == store_https ? HIDDEN_URL : HIDDEN_NOTHING;
	}
	return HIDDEN_SECRET;
}

static void complain(struct parser *p, int line, const char *key, const char *value,
		     const char *rule, const char *remedy)
{
	char shown[CONFIG_TEXT_MAX + 1];

	p->errors++;
	p->report(p->arg, p->file, line, key,
		  hidden_value(hidden_kind(key), value, shown, sizeof(shown)), rule, remedy);
}

static void *member(const struct key *key, struct config *c)
{
	return (char *)c + key->offset;
}

static const char *number(const char *value, unsigned long long *out, char **end)
{
	if (!isdigit((unsigned char)*value))
		return "not a number";
	errno = 0;
	*out = strtoull(value, end, 10);
	return errno ? "number is too large" : NULL;
}

static const char *in_range(const struct key *key, unsigned long long v, struct config *c)
{
	if (v < key->min)
		return "below the smallest value allowed";
	if (v > key->max)
		return "above the largest value allowed";
	*(uint32_t *)member(key, c) = (uint32_t)v;
	return NULL;
}

static const char *store_u32(const struct key *key, const char *value, struct config *c)
{
	unsigned long long v;
	char *end;
	const char *why = number(value, &v, &end);

	if (why)
		return why;
	return *end ? "not a number" : in_range(key, v, c);
}

static const char *store_ms(const struct key *key, const char *value, struct config *c)
{
	static const struct { const char *name; uint32_t ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "min", MINUTE }, { "h", HOUR },
	};
	unsigned long long v;
	char *end;
	const char *why = number(value, &v, &end);

	if (why)
		return why;
	while (*end == ' ')
		end++;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].name))
			continue;
		if (v > UINT32_MAX / units[i].ms)
			return "above the largest value allowed";
		return in_range(key, v * units[i].ms, c);
	}
	return *end ? "unknown unit" : "a duration without a unit";
}

static const char *store_notify(const struct key *key, const char *value, struct config *c)
{
	const char *why = store_u32(key, value, c);

	return why ?: notify_type_taken(*(uint32_t *)member(key, c));
}

static const char *store_bool(const struct key *key, const char *value, struct config *c)
{
	bool *out = member(key, c);

	if (!strcmp(value, "yes"))
		*out = true;
	else if (!strcmp(value, "no"))
		*out = false;
	else
		return "neither yes nor no";
	return NULL;
}

static const char *store_text(const struct key *key, const char *value, struct config *c)
{
	size_t len = strlen(value);

	if (!len)
		return "empty";
	if (len > CONFIG_TEXT_MAX)
		return "too long";
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)value[i]))
			return "has a control character";
	memcpy(member(key, c), value, len + 1);
	return NULL;
}

static const char *store_path(const struct key *key, const char *value, struct config *c)
{
	if (value[0] != '/')
		return "not an absolute path";
	return store_text(key, value, c);
}

/* The agent's worker may open no Unix socket: what listens there may do more than it. */
static const char *store_store(const struct key *key, const char *value, struct config *c)
{
	const char *host = value + 13;

	if (strncmp(value, "postgresql:", 11))
		return store_path(key, value, c);
	if (strncmp(value, "postgresql://", 13) || !*host || *host == '/' || *host == '?' ||
	    !strncmp(host, "%2F", 3) || !strncmp(host, "%2f", 3))
		return "a database without a host: it is asked by TCP";
	return store_text(key, value, c);
}

/* One that libcurl reads as it stands there. */
static const char *store_https(const struct key *key, const char *value, struct config *c)
{
	const char *host = value + 8;

	if (strncmp(value, "https://", 8))
		return "not an https URI";
	if (!isalnum((unsigned char)*host) && *host != '[')
		return "has no host";
	for (const char *s = host; *s; s++)
		if (!isgraph((unsigned char)*s) || strchr("\"#<>@\\^`{|}", *s))
			return "has a character that is not for a URI, or a user or fragment";
	return store_text(key, value, c);
}

static const char *store_socket(const struct key *key, const char *value, struct config *c)
{
	if (strlen(value) > CONFIG_SOCKET_MAX)
		return "longer than a Unix socket's path may be";
	return store_path(key, value, c);
}

/* Position of @value among the words of @names, or -1. */
static int word_index(const char *names, const char *value)
{
	size_t len = strlen(value);

	for (int i = 0; len && *names; i++) {
		size_t n = strcspn(names, " ");

		if (n == len && !memcmp(names, value, n))
			return i;
		names += n + (names[n] == ' ');
	}
	return -1;
}

static const char *store_choice(const struct key *key, const char *value, struct config *c)
{
	int i = word_index(key->text, value);

	if (i < 0)
		return "not one of the values known";
	*(uint32_t *)member(key, c) = (uint32_t)i;
	return NULL;
}

static bool parse_addr(const char *text, struct config_addr *out)
{
	static const uint16_t families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		memset(out, 0, sizeof(*out));
		if (inet_pton(families[i], text, out->addr) == 1) {
			out->family = families[i];
			return true;
		}
	}
	return false;
}

static bool is_hostname(const char *name)
{
	bool alpha = false;

	if (strlen(name) > 253 || *name == '.' || *name == '-')
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '.')
			return false;
		if (*name == '.' && (name[1] == '.' || name[1] == '-'))
			return false;
		alpha = alpha || isalpha((unsigned char)*name);
	}
	return alpha;
}

static const char *store_peer(const struct key *key, const char *value, struct config *c)
{
	struct config_addr addr;

	/* A wildcard would let any holder of a certificate below the anchor pass
	 * for this SeGW.
	 */
	if (strchr(value, '*'))
		return "a wildcard names no peer";
	if (!parse_addr(value, &addr) && !is_hostname(value))
		return "neither a host name nor an IP address";
	return store_text(key, value, c);
}

/* Copy the next element of a list with commas; false at its end. */
static bool next_element(const char **list, char *out, size_t size)
{
	const char *start = *list + strspn(*list, " \t");
	size_t len = strcspn(start, ",");

	if (!*start)
		return false;
	*list = start + len + (start[len] == ',');
	while (len && isspace((unsigned char)start[len - 1]))
		len--;
	if (len >= size)
		len = size - 1;
	memcpy(out, start, len);
	out[len] = '\0';
	return true;
}

static const char *store_kinds(const struct key *key, const char *value, struct config *c)
{
	static const char names[] = "device-auth hp-auth revocation integrity authz";
	uint32_t mask = 0;
	char word[32];

	while (next_element(&value, word, sizeof(word))) {
		int i = word_index(names, word);

		if (i < 0)
			return "unknown proof";
		if (i == TRUSTGATE_EVIDENCE_KIND_HP_AUTH)
			return "hp-auth follows from gate.authentication = combined";
		mask |= 1u << i;
	}
	if (!mask)
		return "no proof at all would leave nothing to verify";
	*(uint32_t *)member(key, c) = mask;
	return NULL;
}

static const char mode_names[] = "inband direct intunnel";

const char *config_mode_name(uint32_t mode)
{
	static const char *const names[] = { "inband", "direct", "intunnel" };

	return mode < ARRAY_SIZE(names) ? names[mode] : "none";
}

bool config_has_mode(const struct config_ocsp *o, uint32_t mode)
{
	for (uint32_t i = 0; i < o->nmodes; i++)
		if (o->modes[i] == mode)
			return true;
	return false;
}

bool config_shows_freshness(const struct config_ocsp *o)
{
	return config_has_mode(o, CONFIG_OCSP_DIRECT) || config_has_mode(o, CONFIG_OCSP_INTUNNEL);
}

static const char *store_modes(const struct key *key, const char *value, struct config *c)
{
	struct config_ocsp *o = &c->ocsp;
	char word[32];

	(void)key;
	o->any = !strcmp(value, "any");
	o->nmodes = 0;
	if (o->any || !strcmp(value, "off"))
		return NULL;
	while (next_element(&value, word, sizeof(word))) {
		int mode = word_index(mode_names, word);

		if (mode < 0)
			return "not one of the modes known";
		if (config_has_mode(o, (uint32_t)mode))
			return "a mode is listed twice";
		o->modes[o->nmodes++] = (uint8_t)mode;
	}
	/* An empty list is a slip, not the decision to check nothing. */
	return o->nmodes ? NULL : "no mode in the list";
}

static const char *store_pcrs(const struct key *key, const char *value, struct config *c)
{
	uint32_t mask = 0;
	char word[32];

	while (next_element(&value, word, sizeof(word))) {
		unsigned long long from, to;
		char *end;

		if (number(word, &from, &end))
			return "not a list of PCR numbers";
		to = from;
		if (*end == '-' && number(end + 1, &to, &end))
			return "not a list of PCR numbers";
		if (*end || from > to || to > 23)
			return "not PCR numbers from 0 to 23";
		for (; from <= to; from++)
			mask |= 1u << from;
	}
	if (!mask)
		return "no PCR at all would prove nothing";
	*(uint32_t *)member(key, c) = mask;
	return NULL;
}

static bool usable_addr(const struct config_addr *a)
{
	struct in6_addr v6;
	uint32_t v4;

	if (a->family == AF_INET) {
		memcpy(&v4, a->addr, sizeof(v4));
		v4 = ntohl(v4);
		return v4 && v4 >> 24 != 127 && v4 >> 16 != 0xa9fe && v4 >> 28 < 0xe;
	}
	memcpy(&v6, a->addr, sizeof(v6));
	return !IN6_IS_ADDR_UNSPECIFIED(&v6) && !IN6_IS_ADDR_LOOPBACK(&v6) &&
	       !IN6_IS_ADDR_MULTICAST(&v6) && !IN6_IS_ADDR_LINKLOCAL(&v6) &&
	       !IN6_IS_ADDR_V4MAPPED(&v6);
}

/* The host of a URI at @p, without port; *@rest gets what follows. */
static const char *uri_host(const char *p, char *host, size_t size, const char **rest)
{
	bool bracket = *p == '[';
	size_t len;

	p += bracket;
	len = strcspn(p, bracket ? "]" : ":/?#");
	if (!len || len >= size || (bracket && p[len] != ']'))
		return "no host in it";
	memcpy(host, p, len);
	host[len] = '\0';
	*rest = p + len + bracket;
	return NULL;
}

static const char *uri_port(const char **p, uint16_t *port)
{
	unsigned long long v;
	char *end;

	*port = 80;
	if (**p != ':')
		return NULL;
	if (number(*p + 1, &v, &end) || !v || v > 65535)
		return "port is not a number from 1 to 65535";
	*port = (uint16_t)v;
	*p = end;
	return NULL;
}

const char *config_uri_parse(const char *value, bool names, struct config_uri *out)
{
	const char *rest, *why;

	memset(out, 0, sizeof(*out));
	/* Its certificate would need a revocation check of its own (PIT-14). */
	if (!strncasecmp(value, "https:", 6))
		return "OCSP over https needs OCSP itself; responses are signed";
	if (strncasecmp(value, "http://", 7))
		return "not an http URI";
	if (strlen(value) > CONFIG_TEXT_MAX)
		return "too long";
	if (memchr(value + 7, '@', strcspn(value + 7, "/?#")))
		return "user information in it";
	why = uri_host(value + 7, out->host, sizeof(out->host), &rest);
	if (why)
		return why;
	if (!parse_addr(out->host, &out->addr)) {
		/* No name can be resolved before the tunnel is open (HNB-GATE-11). */
		if (!names)
			return "a host name can't be resolved while the gate holds";
		if (!is_hostname(out->host))
			return "neither a host name nor an IP address in it";
	} else if (!usable_addr(&out->addr)) {
		return "not an address that a responder can have";
	}
	if ((out->addr.family == AF_INET6) != (value[7] == '['))
		return "an IPv6 address goes in brackets, nothing else does";
	why = uri_port(&rest, &out->port);
	if (why)
		return why;
	if (*rest && *rest != '/')
		return "neither a port nor a path after the host";
	for (const char *q = rest; *q; q++)
		if (!isgraph((unsigned char)*q) || *q == '#')
			return "a character in the path that has no place there";
	memcpy(out->text, value, strlen(value) + 1);
	return NULL;
}

static const char *store_uri(const struct key *key, const char *value, struct config *c)
{
	return config_uri_parse(value, false, member(key, c));
}

static const char *store_name_uri(const struct key *key, const char *value, struct config *c)
{
	return config_uri_parse(value, true, member(key, c));
}

struct prefix {
	struct config_addr addr;
	unsigned int bits;
};

/* An address, alone or with the length of a prefix. */
static bool parse_prefix(const char *text, struct prefix *out)
{
	size_t len = strcspn(text, "/");
	unsigned long long bits;
	char addr[64], *end;

	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (!parse_addr(addr, &out->addr))
		return false;
	out->bits = out->addr.family == AF_INET ? 32 : 128;
	if (!text[len])
		return true;
	if (number(text + len + 1, &bits, &end) || *end || bits > out->bits)
		return false;
	out->bits = (unsigned int)bits;
	return true;
}

static bool within(const struct prefix *p, const struct config_addr *a)
{
	unsigned int whole = p->bits / 8, rest = p->bits % 8;

	if (p->addr.family != a->family || memcmp(p->addr.addr, a->addr, whole))
		return false;
	return !rest || !((p->addr.addr[whole] ^ a->addr[whole]) >> (8 - rest));
}

static const char *store_allow(const struct key *key, const char *value, struct config *c)
{
	const char *list = value;
	struct prefix p;
	char word[CONFIG_TEXT_MAX + 1];

	while (next_element(&list, word, sizeof(word)))
		if (!parse_prefix(word, &p) && !is_hostname(word))
			return "neither a host name nor an address or prefix";
	return store_text(key, value, c);
}

bool config_allows_addr(const struct config_ocsp *o, const struct config_addr *addr)
{
	bool prefixes = false, inside = false;
	const char *list = o->allow;
	char word[CONFIG_TEXT_MAX + 1];
	struct prefix p;

	while (next_element(&list, word, sizeof(word))) {
		if (!parse_prefix(word, &p))
			continue;
		prefixes = true;
		inside = inside || within(&p, addr);
	}
	return (addr->family == AF_INET || addr->family == AF_INET6) && usable_addr(addr) &&
	       (inside || !prefixes);
}

bool config_allows_pointer(const struct config_ocsp *o, const struct config_uri *uri)
{
	const char *list = o->allow;
	char word[CONFIG_TEXT_MAX + 1];
	struct prefix p;

	while (next_element(&list, word, sizeof(word))) {
		if (!parse_prefix(word, &p)) {
			if (!uri->addr.family && !strcasecmp(word, uri->host))
				return true;
		} else if (uri->addr.family && within(&p, &uri->addr)) {
			return true;
		}
	}
	return false;
}

static const char *store_source(const struct key *key, const char *value, struct config *c)
{
	struct config_addr *out = member(key, c);

	if (!parse_addr(value, out))
		return "not an IP address";
	return usable_addr(out) ? NULL : "not an address of this box in the tunnel";
}

bool config_hems_tls(uint32_t mode)
{
	return mode == CONFIG_HEMS_IPSEC_TLS || mode == CONFIG_HEMS_TLS;
}

const char *config_hems_name(uint32_t mode)
{
	static const char *const names[] = { "none", "intranet-ipsec", "intranet-ipsec+tls",
					     "internet-tls" };

	return mode < ARRAY_SIZE(names) ? names[mode] : "?";
}

/* "host", "host:port" or "[address]:port" at *@p, and what is behind it. */
static const char *take_host_port(const char *p, char host[CONFIG_TEXT_MAX + 1], uint16_t *port)
{
	bool bracket = *p == '[';
	size_t n = strcspn(p + bracket, bracket ? "]" : ":/?#");
	struct config_addr addr;
	unsigned long v;
	char *end;

	memcpy(host, p + bracket, n);
	host[n] = '\0';
	p += bracket + n;
	if (bracket && *p++ != ']')
		return "no closing bracket";
	if (!(parse_addr(host, &addr) ? bracket == (addr.family == AF_INET6) :
	      !bracket && is_hostname(host)))
		return "its host is neither a name nor an IP address";
	if (*p == ':') {
		v = isdigit((unsigned char)p[1]) ? strtoul(p + 1, &end, 10) : 0;
		if (!v || v > 65535)
			return "its port is not a number from 1 to 65535";
		*port = (uint16_t)v;
		p = end;
	}
	return *p && *p != '/' && *p != '?' ? "neither a port nor a path after the host" : NULL;
}

const char *config_hems_url(const char *url, bool *tls, char host[CONFIG_TEXT_MAX + 1],
			    uint16_t *port)
{
	*tls = !strncasecmp(url, "https://", 8);
	*port = *tls ? 443 : 80;
	if (!*tls && strncasecmp(url, "http://", 7) != 0)
		return "neither an https nor an http URL";
	if (strlen(url) > CONFIG_TEXT_MAX)
		return "too long";
	url += *tls ? 8 : 7;
	if (memchr(url, '@', strcspn(url, "/?")))
		return "a user or password in it: an H(e)NB shows a certificate (TS 33.320 8.3.4)";
	return take_host_port(url, host, port);
}

static const char *store_url(const struct key *key, const char *value, struct config *c)
{
	char host[CONFIG_TEXT_MAX + 1];
	uint16_t port;
	bool tls;
	const char *why = config_hems_url(value, &tls, host, &port);

	return why ?: store_text(key, value, c);
}

static const char *store_address(const struct key *key, const char *value, struct config *c)
{
	return parse_addr(value, member(key, c)) ? NULL : "not an IP address";
}

static const char *store_key(const struct key *key, const char *value, struct config *c)
{
	char *end;

	if (strncmp(value, "tpm:", 4) != 0)
		return store_path(key, value, c);
	if (strtoul(value + 4, &end, 16) >> 24 != 0x81 || *end)
		return "not a persistent handle of the TPM, 0x81000000 to 0x81ffffff";
	return store_text(key, value, c);
}

/* Those that a device answers; a verifier asks for one. */
static const char *store_solutions(const struct key *key, const char *value, struct config *c)
{
	uint32_t mask = 0;
	char word[8];

	(void)key;
	if (!strcmp(value, "off"))
		return NULL;
	while (next_element(&value, word, sizeof(word))) {
		enum devid_solution s = !strcmp(word, "x") ? DEVID_X :
					!strcmp(word, "y") ? DEVID_Y : DEVID_SOLUTION_NONE;

		if (s == DEVID_SOLUTION_NONE)
			return "not one of the solutions known";
		mask |= 1u << s;
		c->devid.ask = s;
	}
	c->devid.solutions = mask;
	return mask ? NULL : "no solution in the list";
}

static const char *store_endpoint(const struct key *key, const char *value, struct config *c)
{
	struct config_endpoint *out = member(key, c);
	char host[CONFIG_TEXT_MAX + 1];
	const char *why;

	if (strlen(value) > CONFIG_TEXT_MAX || strpbrk(value, "/?"))
		return "neither ADDRESS:PORT nor [ADDRESS]:PORT";
	out->port = 0;
	why = take_host_port(value, host, &out->port);
	if (why)
		return why;
	if (!parse_addr(host, &out->addr) || !usable_addr(&out->addr))
		return "not an address that the other end can have";
	return out->port ? NULL : "no port";
}

static bool section_known(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].section) == len && !memcmp(keys[i].section, name, len))
			return true;
	return false;
}

static const char *line_rule(const char *line, size_t len, size_t max)
{
	if (memchr(line, '\0', len))
		return "NUL in a text file";
	if (len > max)
		return "line is too long";
	if (isspace((unsigned char)*line)) {
		while (len && isspace((unsigned char)*line))
			line++, len--;
		if (len && *line != '#' && *line != ';')
			return "line starts with white space";
	}
	if (len && *line == '[') {
		const char *end = memchr(line, ']', len);

		if (!end)
			return "section has no closing bracket";
		if (!section_known(line + 1, (size_t)(end - line) - 1) &&
		    !segw_config_section(line + 1, (size_t)(end - line) - 1))
			return "unknown section";
	}
	return NULL;
}

/* Octets before the closing bracket. */
static size_t bracket_at(const char *text, size_t len)
{
	const char *end = memchr(text, ']', len);

	return end ? (size_t)(end - text) : len;
}

/* fgets() for inih. Counts the lines and keeps out what inih would bend: long
 * lines it cuts, continued lines it joins, empty sections it never shows.
 */
static char *read_line(char *out, int size, void *stream)
{
	struct parser *p = stream;
	const char *line = p->text, *nl, *why;
	size_t len;

	if (!p->left || size < 4)
		return NULL;
	nl = memchr(line, '\n', p->left);
	len = nl ? (size_t)(nl - line) : p->left;
	p->text += len + !!nl;
	p->left -= len + !!nl;
	p->line++;
	if (len > 2 && *line == '[' && !p->segw_line &&
	    segw_config_section(line + 1, bracket_at(line + 1, len - 1)))
		p->segw_line = p->line;
	why = line_rule(line, len, (size_t)size - 3);
	if (why) {
		/* What is on a line that is none may be half of a secret. */
		complain(p, p->line, "", "", why, "mend the line; see trustgated.conf(5)");
		/* An unknown section still counts for the keys below it. */
		if (*line != '[' || !memchr(line, ']', len))
			len = 0;
	}
	if (len > (size_t)size - 2)
		len = (size_t)size - 2;
	memcpy(out, line, len);
	out[len] = '\n';
	out[len + 1] = '\0';
	return out;
}

static const char *remedy_for(const struct key *key, char buf[128])
{
	if (key->store == store_ms)
		snprintf(buf, 128, "%s, from %u ms to %u ms", key->remedy, key->min, key->max);
	else if (key->store == store_u32)
		snprintf(buf, 128, "give a number from %u to %u", key->min, key->max);
	else
		return key->remedy;
	return buf;
}

static int take_value(void *arg, const char *section, const char *name, const char *value)
{
	struct parser *p = arg;
	char full[128], remedy[128];
	const char *why;

	snprintf(full, sizeof(full), "%s.%s", section, name);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct key *key = &keys[i];

		if (strcmp(key->section, section) || strcmp(key->name, name))
			continue;
		if (p->seen[i]) {
			complain(p, p->line, full, value, "given twice", "keep one of the lines");
			return 1;
		}
		p->seen[i] = true;
		p->config->gate.set |= key->attr;
		why = key->store(key, value, p->config);
		if (why)
			complain(p, p->line, full, value, why, remedy_for(key, remedy));
		return 1;
	}
	snprintf(full, sizeof(full), "%s.%s", section, hidden_name(name));
	/* The section itself was complained of already. */
	if (section_known(section, strlen(section)))
		complain(p, p->line, full, "", "unknown key",
			 "look for a typing mistake; see trustgated.conf(5)");
	else if (!*section)
		complain(p, p->line, hidden_name(name), "", "a key before the first section",
			 "put it below its [section]");
	return 1;
}

static void presets(struct config *c)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct key *key = &keys[i];

		if (key->store == store_bool)
			*(bool *)member(key, c) = key->preset;
		else if (key->store == store_ms || key->store == store_u32 ||
			 key->store == store_choice || key->store == store_kinds ||
			 key->store == store_pcrs || key->store == store_notify)
			*(uint32_t *)member(key, c) = key->preset;
		else if (key->text && key->store != store_uri && key->store != store_name_uri)
			memcpy(member(key, c), key->text, strlen(key->text) + 1);
	}
}

static bool given(const struct parser *p, const char *section, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].section, section) && !strcmp(keys[i].name, name))
			return p->seen[i];
	return false;
}

/* A SeGW wants what its configuration has sources for. */
static uint32_t segw_kinds(const struct config *config)
{
	const struct segw_config *c = &config->segw;
	uint32_t kinds = 1u << TRUSTGATE_EVIDENCE_KIND_DEVICE_AUTH;

	for (size_t i = 0; i < c->nvendors; i++)
		if (c->vendors[i].check)
			kinds |= 1u << TRUSTGATE_EVIDENCE_KIND_REVOCATION;
	if (c->authz.mode != AUTHZ_NONE)
		kinds |= 1u << TRUSTGATE_EVIDENCE_KIND_AUTHZ;
	if (config->integrity.policy == INTEGRITY_REQUIRED)
		kinds |= 1u << TRUSTGATE_EVIDENCE_KIND_INTEGRITY;
	return kinds;
}

/* What follows from which modes are tried: all that can be, unless it was said. */
static void settle_modes(struct parser *p)
{
	struct config_ocsp *o = &p->config->ocsp;
	uint32_t kinds = 1u << TRUSTGATE_EVIDENCE_KIND_DEVICE_AUTH |
			 1u << TRUSTGATE_EVIDENCE_KIND_INTEGRITY;

	if (p->config->agent.role == CONFIG_ROLE_SEGW) {
		o->nmodes = 0;
	} else if (o->any || !given(p, "ocsp", "mode")) {
		o->any = true;
		o->nmodes = 0;
		o->modes[o->nmodes++] = CONFIG_OCSP_INBAND;
		if (*o->direct_uri.text)
			o->modes[o->nmodes++] = CONFIG_OCSP_DIRECT;
		o->modes[o->nmodes++] = CONFIG_OCSP_INTUNNEL;
	}
	if (config_has_mode(o, CONFIG_OCSP_DIRECT) && !*o->direct_uri.text) {
		o->direct_uri = o->uri;
		if (!*o->direct_ca_uri.text)
			o->direct_ca_uri = o->ca_uri;
	}
	if (p->config->agent.role == CONFIG_ROLE_SEGW)
		kinds = segw_kinds(p->config);
	if (o->nmodes)
		kinds |= 1u << TRUSTGATE_EVIDENCE_KIND_REVOCATION;
	if (!p->config->gate.required)
		p->config->gate.required = kinds;
	if (p->config->gate.authentication == CONFIG_AUTH_COMBINED)
		p->config->gate.required |= 1u << TRUSTGATE_EVIDENCE_KIND_HP_AUTH;
}

static void check_modes(struct parser *p)
{
	const struct config_ocsp *o = &p->config->ocsp;
	bool aia = o->aia == CONFIG_AIA_ALLOW;

	if (p->config->agent.role == CONFIG_ROLE_SEGW)
		return;
	if (config_has_mode(o, CONFIG_OCSP_INTUNNEL) && !given(p, "ocsp", "uri"))
		complain(p, 0, "ocsp.uri", "", "missing", "give http://IP-ADDRESS[:PORT][/PATH]");
	if (config_has_mode(o, CONFIG_OCSP_DIRECT) && !aia && !given(p, "ocsp", "uri") &&
	    !given(p, "ocsp", "direct_uri"))
		complain(p, 0, "ocsp.direct_uri", "", "missing",
			 "give http://HOST[:PORT][/PATH] of the responder outside of the tunnel");
	if (aia && !*o->allow)
		complain(p, 0, "ocsp.allow", "", "missing, and ocsp.aia is allow",
			 "list where the certificates' pointers may lead");
	if (!p->errors && !o->nmodes &&
	    p->config->gate.required & 1u << TRUSTGATE_EVIDENCE_KIND_REVOCATION)
		complain(p, 0, "gate.required", "", "revocation is required, and ocsp.mode is off",
			 "leave revocation out of the list, or give a mode");
}

static void check_presence(struct parser *p)
{
	char full[64];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!keys[i].required || p->seen[i])
			continue;
		/* A SeGW has its peers' roots by vendor, and their names from them. */
		if (p->config->agent.role == CONFIG_ROLE_SEGW)
			continue;
		snprintf(full, sizeof(full), "%s.%s", keys[i].section, keys[i].name);
		complain(p, 0, full, "", "missing", keys[i].remedy);
	}
	settle_modes(p);
	check_modes(p);
	/* HNB-AUTH-01: whatever else is proven would be proven of nobody. */
	if (!(p->config->gate.required & 1u << TRUSTGATE_EVIDENCE_KIND_DEVICE_AUTH))
		complain(p, 0, "gate.required", "", "device-auth is missing",
			 "add it: a gate opens for a peer that authenticated");
}

/* What one role has and the other has not. */
static void check_role(struct parser *p)
{
	const struct config *c = p->config;
	uint32_t authz = 1u << TRUSTGATE_EVIDENCE_KIND_AUTHZ;

	if (c->agent.role == CONFIG_ROLE_HENB) {
		if (c->gate.required & authz)
			complain(p, 0, "gate.required", "authz",
				 "a proof that role henb has no source for", "leave it out");
		if (c->charon.start && !*c->charon.child)
			complain(p, 0, "charon.child", "", "missing, and charon.start is yes",
				 "name the child to initiate, or say start = no");
		return;
	}
	if (given(p, "gate", "authentication")) {
		complain(p, 0, "gate.authentication", "", "a key of role = henb",
			 "name the H(e)NBs that have to do both rounds: [segw] combined");
		return;
	}
	if (c->gate.required & ~segw_kinds(c))
		complain(p, 0, "gate.required", "", "a proof that this SeGW has no source for",
			 "leave it out, or see [vendor] check, [authz] mode and [integrity] policy");
	/* It waits for its peers. */
	p->config->charon.start = false;
}

/* Who is asked has to be named, and who is named to be asked. */
static void check_validate(struct parser *p)
{
	const struct config_integrity *i = &p->config->integrity;
	bool asks = i->validate != VALIDATE_OFF || i->on_fail == ON_FAIL_PENDING_VALIDATE;

	if (i->validate != VALIDATE_OFF && !*i->validate_uri)
		complain(p, 0, "integrity.validate_uri", "", "missing, and integrity.validate is not off",
			 "give https://HOST[:PORT][/PATH] of the validation entity");
	if (*i->validate_uri && !asks)
		complain(p, 0, "integrity.validate_uri", i->validate_uri, "is asked nothing",
			 "say validate = best-effort or require, or on_fail = pending-validate");
	if (!*i->validate_cert != !*i->validate_key)
		complain(p, 0, *i->validate_cert ? "integrity.validate_key" : "integrity.validate_cert",
			 "", "missing, and the other of the two is given", "give both or none");
}

/* INTEGRITY_INFO is sent by one end and appraised by the other. */
static void check_integrity(struct parser *p)
{
	static const struct {
		const char *name;
		uint32_t role;
	} only[] = {
		{ "integrity_info", CONFIG_ROLE_HENB }, { "deadline", CONFIG_ROLE_HENB },
		{ "policy", CONFIG_ROLE_SEGW }, { "on_fail", CONFIG_ROLE_SEGW },
		{ "reference", CONFIG_ROLE_SEGW }, { "enrolment", CONFIG_ROLE_SEGW },
		{ "sinks", CONFIG_ROLE_SEGW }, { "figs", CONFIG_ROLE_SEGW },
		{ "pcrs", CONFIG_ROLE_SEGW }, { "accept_degraded", CONFIG_ROLE_SEGW },
		{ "max_age", CONFIG_ROLE_SEGW }, { "references", CONFIG_ROLE_SEGW },
		{ "validate", CONFIG_ROLE_SEGW }, { "validate_uri", CONFIG_ROLE_SEGW },
		{ "validate_ca", CONFIG_ROLE_SEGW }, { "validate_cert", CONFIG_ROLE_SEGW },
		{ "validate_key", CONFIG_ROLE_SEGW }, { "validate_try", CONFIG_ROLE_SEGW },
	};
	const struct config_integrity *i = &p->config->integrity;
	char full[64];

	for (size_t n = 0; n < ARRAY_SIZE(only); n++) {
		if (only[n].role == p->config->agent.role || !given(p, "integrity", only[n].name))
			continue;
		snprintf(full, sizeof(full), "integrity.%s", only[n].name);
		complain(p, 0, full, "", only[n].role == CONFIG_ROLE_SEGW ?
			 "a key of role = segw" : "a key of role = henb", "leave it out");
	}
	check_validate(p);
	if (i->figs && !*i->sinks)
		complain(p, 0, "integrity.sinks", "", "missing, and integrity.figs is yes",
			 "give the file in which what FIGS is to get waits");
	if (p->config->agent.role == CONFIG_ROLE_SEGW && i->policy == INTEGRITY_REQUIRED &&
	    (!*i->enrolment || !*i->reference))
		complain(p, 0, *i->enrolment ? "integrity.reference" : "integrity.enrolment", "",
			 "missing, and integrity.policy is required: every H(e)NB would be refused",
			 *i->enrolment ? "give the file of the state that is allowed" :
			 "give the file that has the devices' attestation keys");
}

/* The sections of the other role's own. */
static void take_segw(struct parser *p, const char *file, const char *text, size_t len)
{
	if (p->config->agent.role == CONFIG_ROLE_SEGW)
		p->errors += segw_config_parse(file, text, len, &p->config->segw, p->report, p->arg);
	else if (p->segw_line)
		complain(p, p->segw_line, "", "", "a section of role = segw",
			 "leave it out, or say role = segw in [agent]");
}

/* A device identifier is proven by one end and asked for by the other. */
static void check_devid(struct parser *p)
{
	static const struct {
		const char *name;
		uint32_t role;
	} only[] = {
		{ "verifier", CONFIG_ROLE_HENB }, { "on_bad", CONFIG_ROLE_SEGW },
		{ "every", CONFIG_ROLE_SEGW }, { "aaa", CONFIG_ROLE_SEGW },
		{ "ca", CONFIG_ROLE_SEGW }, { "profile", CONFIG_ROLE_SEGW },
		{ "crl", CONFIG_ROLE_SEGW }, { "listen", CONFIG_ROLE_SEGW },
	};
	const struct config_devid *d = &p->config->devid;
	bool segw = p->config->agent.role == CONFIG_ROLE_SEGW;
	const char *end = segw ? "devid.listen" : "devid.verifier";
	char full[64];

	for (size_t n = 0; n < ARRAY_SIZE(only); n++) {
		if (only[n].role == p->config->agent.role || !given(p, "devid", only[n].name))
			continue;
		snprintf(full, sizeof(full), "devid.%s", only[n].name);
		complain(p, 0, full, "", segw ? "a key of role = henb" : "a key of role = segw",
			 "leave it out");
	}
	if (!d->solutions)
		return;
	if (segw && d->solutions != 1u << d->ask)
		complain(p, 0, "devid.solution", "", "a verifier asks for one of them", "say x or y");
	if (d->transport == CONFIG_DEVID_TCP && !(segw ? &d->listen : &d->verifier)->port)
		complain(p, 0, end, "", "missing, and devid.transport is tcp", "give ADDRESS:PORT");
	if (*d->crl && !*d->ca)
		complain(p, 0, "devid.ca", "", "missing, and devid.crl is given",
			 "give the file of the list's issuer first");
}

/* TS 33.320 8.3: what each mode of the link to the H(e)MS needs. */
static void check_hems(struct parser *p)
{
	const struct config_hems *h = &p->config->hems;
	char host[CONFIG_TEXT_MAX + 1];
	struct config_addr addr;
	bool url_tls = false, tls = config_hems_tls(h->mode);
	uint16_t port;

	if (h->mode == CONFIG_HEMS_NONE)
		return;
	if (p->config->agent.role == CONFIG_ROLE_SEGW)
		complain(p, 0, "hems.mode", "", "a key of role = henb", "leave it out");
	if (!*h->url) {
		complain(p, 0, "hems.url", "", "missing", "give https://HOST[:PORT][/PATH]");
		return;
	}
	config_hems_url(h->url, &url_tls, host, &port);
	if (tls && !url_tls)
		complain(p, 0, "hems.url", h->url, "http, and this mode is TLS (TS 33.320 8.3.4)",
			 "give an https URL");
	if (h->mode == CONFIG_HEMS_TLS && !h->address.family && !parse_addr(host, &addr))
		complain(p, 0, "hems.address", "", "missing, and hems.mode is internet-tls",
			 "give the address that alone may be reached outside of the tunnel");
	if (tls && !*h->anchor)
		complain(p, 0, "hems.anchor", "", "missing, and this mode is TLS",
			 "give the file of the roots that its certificate is issued below");
	if (tls && (!*h->certificate || !*h->key))
		complain(p, 0, *h->certificate ? "hems.key" : "hems.certificate", "",
			 "missing: both ends show a certificate (TS 33.320 8.3.1, 8.3.2.1)",
			 "give certificate, and key = tpm:HANDLE or a file");
}

/* What no single value shows. */
static void check_together(struct parser *p)
{
	const struct config *c = p->config;

	check_role(p);
	check_integrity(p);
	check_hems(p);
	check_devid(p);
	if (c->agent.renew_ms > c->agent.lease_ms / 2)
		complain(p, 0, "agent.renew", "", "more than half of agent.lease",
			 "one late renewal would close the gate; make it a third of the lease");
	if (c->charon.backoff_min_ms > c->charon.backoff_max_ms)
		complain(p, 0, "charon.backoff_min", "", "above charon.backoff_max",
			 "make it smaller");
	if (c->ocsp.source.family && *c->ocsp.uri.text &&
	    c->ocsp.source.family != c->ocsp.uri.addr.family)
		complain(p, 0, "ocsp.source", "", "another address family than ocsp.uri",
			 "give a source of the responder's family");
	if (*c->ocsp.ca_uri.text && (c->ocsp.ca_uri.port != c->ocsp.uri.port ||
				     memcmp(&c->ocsp.ca_uri.addr, &c->ocsp.uri.addr,
					    sizeof(c->ocsp.uri.addr))))
		complain(p, 0, "ocsp.ca_uri", c->ocsp.ca_uri.text,
			 "another host or port than ocsp.uri",
			 "while the gate holds it lets one responder through: let that one answer "
			 "for the CAs too, at another path");
	if (c->ocsp.age_no_next_ms > c->ocsp.age_max_ms)
		complain(p, 0, "ocsp.age_no_next", "", "above ocsp.age_max", "make it smaller");
	if (c->gate.set & 1u << TRUSTGATE_A_CONFIG_T_VERIFY_MS &&
	    c->ocsp.try_ms > c->gate.t_verify_ms)
		complain(p, 0, "ocsp.try", "", "above gate.t_verify",
			 "leave room for at least one exchange");
	if (c->tre.anchor == CONFIG_TRE_ANCHOR_NV && !*c->tre.anchor_key)
		complain(p, 0, "tre.anchor_key", "", "is needed with anchor = nv",
			 "give the vendor's public key: only what it has signed is a root");
	if (c->credential.profile == CONFIG_PROFILE_OPERATOR &&
	    c->tre.identity != CONFIG_TRE_IDENTITY_NV)
		complain(p, 0, "credential.profile", "operator", "needs [tre] identity = nv",
			 "without it nobody looks whose identity it is");
	if (c->tre.key == CONFIG_TRE_KEY_BOUND && !*c->tre.approval_key)
		complain(p, 0, "tre.approval_key", "", "is needed with key = bound",
			 "give the operator's public key: the IKE key has to obey it");
	/* charon's own plugin has no session that such a key takes. */
	if (c->tre.key == CONFIG_TRE_KEY_BOUND && !c->tre.sign_auth)
		complain(p, 0, "tre.sign_auth", "no", "no AUTH with key = bound", "say yes");
	if (!strcmp(c->agent.plugin_socket, c->agent.control_socket))
		complain(p, 0, "agent.control_socket", c->agent.control_socket,
			 "the same as agent.plugin_socket", "give each a path of its own");
	if (!strcmp(c->agent.user, "root"))
		complain(p, 0, "agent.user", "root", "the workers must not be root",
			 "give the name of an unprivileged user");
}

int config_parse(const char *file, const char *text, size_t len, struct config *out,
		 config_report_fn *report, void *arg)
{
	struct parser p = {
		.file = file, .text = text, .left = len,
		.config = out, .report = report, .arg = arg,
	};
	int first;

	presets(out);
	first = ini_parse_stream(read_line, &p, take_value, &p);
	if (first)
		complain(&p, first > 0 ? first : 0, "", "", "neither a section, a key = value "
			 "nor a comment", "mend the line; see trustgated.conf(5)");
	take_segw(&p, file, text, len);
	check_presence(&p);
	if (!p.errors)
		check_together(&p);
	return p.errors;
}

static int read_file(const char *path, char *buf, size_t size, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	for (*len = 0; !err && *len < size; *len += (size_t)n) {
		n = read(fd, buf + *len, size - *len);
		if (n <= 0) {
			err = n ? -errno : 0;
			break;
		}
	}
	close(fd);
	return err ? err : *len == size ? -EFBIG : 0;
}

int config_load(const char *path, struct config *out, config_report_fn *report, void *arg)
{
	char *text = malloc(CONFIG_FILE_MAX + 1);
	int err = -ENOMEM;
	size_t len = 0;

	if (text)
		err = read_file(path, text, CONFIG_FILE_MAX + 1, &len);
	if (err) {
		report(arg, path, 0, "", "", strerror(-err),
		       "the configuration is a readable regular file of at most 64 KiB");
		err = 1;
	} else {
		err = config_parse(path, text, len, out, report, arg);
	}
	free(text);
	return err;
}
