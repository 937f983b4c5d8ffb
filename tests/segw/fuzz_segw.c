// SPDX-License-Identifier: GPL-2.0-or-later
/* The SeGW's texts: its configuration, an allow-list and a URI, all of the same octets. */
#include <string.h>
#include "fuzz/fuzz.h"
#include "segw/config.h"

static void count(void *arg, const char *file, int line, const char *key, const char *value,
		  const char *rule, const char *remedy)
{
	FUZZ_ASSERT(file && line >= 0 && key && value && rule && remedy);
	++*(int *)arg;
}

static void configuration(const char *text, size_t size)
{
	static struct segw_config c;
	int reported = 0;

	FUZZ_ASSERT(segw_config_parse("fuzz", text, size, &c, count, &reported) == reported);
	if (reported)
		return;
	FUZZ_ASSERT(c.nvendors);
	for (size_t i = 0; i < c.nvendors; i++) {
		struct rev_answer none[REV_CLASSES] = { 0 };
		struct rev_decision d;
		struct rev_policy p;

		if (!c.vendors[i].check)
			continue;
		segw_config_policy(&c, &c.vendors[i], &p);
		rev_decide(&p, none, 0, &d);
		FUZZ_ASSERT(d.ask && !d.settled && strcmp(d.result.rule, "revocation.policy") != 0);
	}
}

static void list(const char *text, size_t size)
{
	struct authz_error e;
	struct authz_list *l = authz_list_parse(text, size, &e);
	struct pki_result r;

	if (!l) {
		FUZZ_ASSERT(e.rule && e.remedy);
		return;
	}
	authz_by_list(l, "a.example.org", 1, 60, &r);
	FUZZ_ASSERT(authz_list_count(l) || r.verdict == PKI_BAD);
	authz_list_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uri u;

	configuration((const char *)data, size);
	list((const char *)data, size);
	if (!uri_parse((const char *)data, size, &u)) {
		FUZZ_ASSERT(*u.host && u.port && strlen(u.text) == size);
		FUZZ_ASSERT(!strpbrk(u.host, "@/?# "));
	}
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const char * const seeds[] = {
		"[source op]\nclass = operator-ocsp\nuri = http://10.1.0.1:8080/o\ncarries_authz = yes\n"
		"[source mf]\nclass = manufacturer-crl\n[vendor acme]\nanchor = /a.pem\n"
		"sources = mf, op\nrule = any-good\n[authz]\nmode = ocsp\n",
		"[segw]\nuse_cert_pointers = allowlist\npointer_hosts = a.example,b.example:81\n"
		"pointer_networks = 10.0.0.0/8\ndeadline = 3s\n[vendor a]\nanchor = /a\ncheck = off\n",
		"a.example.org\n# one more\nB.example.org.  # spare\n",
		"http://ocsp.example.org:8080/a?b", "http://[2001:db8::1]/",
	};

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	memcpy(buf, seeds[n], strlen(seeds[n]));
	return strlen(seeds[n]);
}
