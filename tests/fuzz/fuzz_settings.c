// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * strongSwan's settings, and the lint of them: refused with one error, or read to a tree
 * within its bounds that the rules can be applied to.
 */
#include <string.h>
#include "fuzz.h"
#include "lint/rules.h"

static void count(void *arg, const char *file, int line, const char *value, const char *rule,
		  const char *why, const char *remedy)
{
	FUZZ_ASSERT(file && line >= 0 && value && *rule && *why && *remedy);
	++*(int *)arg;
}

/* An include brings a little, and everything once more when it is told to. */
static int include(void *arg, struct settings *settings, struct settings_section *into,
		   const char *pattern, const char *file, int line)
{
	static const char text[] = "x = 1 s { y = 2 }\n";
	const struct settings_calls calls = { .report = count, .arg = arg };

	FUZZ_ASSERT(*pattern && *file && line > 0 && into);
	return settings_parse(settings, into, pattern, text, sizeof(text) - 1, &calls);
}

static void found(void *arg, const struct lint_finding *f)
{
	(void)arg;
	FUZZ_ASSERT(f->file && f->line >= 0 && *f->key && f->value && *f->rule && *f->why &&
		    *f->remedy && *f->clause);
}

static unsigned int measure(const struct settings_section *s)
{
	unsigned int n = 0;

	FUZZ_ASSERT(s->depth <= SETTINGS_DEPTH_MAX && s->entries <= SETTINGS_WIDTH_MAX);
	for (const struct settings_pair *p = s->pairs; p; p = p->next, n++)
		FUZZ_ASSERT(*p->key && p->line > 0 && p->file);
	for (s = s->sections; s; s = s->next)
		n += 1 + measure(s);
	return n;
}

/* Those of the tree this was built in, or those that are installed. */
static struct lint_rules *rules(void)
{
	static const char *const paths[] = {
		"../../policy/lint/strongswan.rules", "/usr/share/trustgate/lint/strongswan.rules",
	};
	static struct lint_rules *cached;
	static char buf[FUZZ_MAX];
	int errors = 0;
	const struct settings_calls calls = { .report = count, .arg = &errors };

	for (size_t i = 0; !cached && i < sizeof(paths) / sizeof(paths[0]); i++) {
		FILE *f = fopen(paths[i], "rb");

		if (!f)
			continue;
		cached = lint_rules_parse(paths[i], buf, fread(buf, 1, sizeof(buf), f), &calls);
		fclose(f);
	}
	FUZZ_ASSERT(cached && !errors);
	return cached;
}

/* One of the boxes there are, by the length of what is read. */
static void apply(const struct settings_section *root, size_t pick)
{
	static const unsigned int roles[] = { 0, LINT_HENB, LINT_SEGW };
	const struct lint_context context = {
		.roles = roles[pick % 3], .modes = pick / 3 % 8,
		.peer = pick & 1 ? "segw.example.org" : NULL, .fragment = pick % 5 == 0,
	};

	lint_swanctl(rules(), root, &context, found, NULL);
	lint_strongswan(rules(), root, &context, found, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings *settings = settings_new();
	int errors = 0;
	const struct settings_calls calls = { .report = count, .include = include,
					      .arg = &errors };
	struct settings_section *root = NULL;
	int rc = settings_parse(settings, settings_root(settings), "fuzz", (const char *)data,
				size, &calls);

	FUZZ_ASSERT(rc == 0 || errors == 1);
	FUZZ_ASSERT(rc || !errors);
	if (!rc)
		root = settings_resolve(settings, &calls);
	FUZZ_ASSERT(rc || !root == !!errors);
	if (root) {
		FUZZ_ASSERT(measure(root) <= SETTINGS_NODES_MAX);
		apply(root, size);
	}
	settings_free(settings);
	/* Rules are settings as well. */
	errors = 0;
	lint_rules_free(lint_rules_parse("fuzz", (const char *)data, size, &calls));
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const char * const seeds[] = {
		"connections {\n segw : common {\n  version = 2\n  remote_addrs = segw.example.org\n"
		"  local { auth = pubkey-sha256-sha384 certs = a.pem\n }\n"
		"  local-2 {\n round = 2\n auth = eap-aka\n }\n"
		"  remote {\n auth = rsa-3072-sha256\n id = segw.example.org\n cacerts = a.pem, b.pem\n"
		"  cacert1 { handle = 0x01800001 }\n revocation = relaxed\n }\n"
		"  children { core {\n local_ts = dynamic, 10.0.0.0/8\n"
		"   remote_ts = 10.99.0.0/24[tcp/http], fd99::/64, 10.0.0.1-10.0.0.9\n"
		"   start_action = none\n hw_offload = no\n }\n"
		"   shunt {\n mode = drop\n start_action = trap\n }\n } }\n}\n"
		"common { mobike = no\n reauth_time = 24h\n send_cert = always\n unique = never\n }\n"
		"secrets { token-ike { handle = 81010002 }\n private { file = a } }\n",
		"charon-systemd {\n load = random! trustgate\n plugins { tpm { load = 10 } }\n}\n"
		"charon { load_modular = yes\n follow_redirects = no\n"
		" plugins { include strongswan.d/*.conf\n revocation { enable_ocsp = no } } }\n",
		"# comment\r\na = \"s\\n\\\"\\\n q\" w # c\nb { c : d.e, f { } }\nd { e { x = } } f {}\n"
		"include \"x y\"\ninclude x\\ y\nkey =\n",
		"connections { a { pools = p\n remote { id = *.henb.example.org } } }\n",
		"swanctl { r {\n path = connections.*.remote*.id\n check = identity\n"
		"  default = %any\n role = henb, segw\n mode = inband, direct\n"
		"  except_mode = intunnel\n level = warning\n"
		"  clause = \"TS 33.320\"\n why = w\n remedy = r\n"
		"  where { key = auth\n values = \"pubkey* ike:*\"\n default = pubkey\n } } }\n",
	};

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	memcpy(buf, seeds[n], strlen(seeds[n]));
	return strlen(seeds[n]);
}
