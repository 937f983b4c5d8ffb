// SPDX-License-Identifier: GPL-2.0-or-later
/* The agent's configuration: errors are reported and counted, or there are none. */
#include <string.h>
#include <linux/trustgate.h>
#include "agent/config.h"
#include "fuzz.h"

static void count(void *arg, const char *file, int line, const char *key, const char *value,
		  const char *rule, const char *remedy)
{
	FUZZ_ASSERT(file && line >= 0 && key && value && rule && remedy);
	++*(int *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config;
	int reported = 0;

	FUZZ_ASSERT(config_parse("fuzz", (const char *)data, size, &config, count,
				 &reported) == reported);
	if (reported)
		return 0;
	/* What was accepted without a complaint keeps its promises. */
	FUZZ_ASSERT(config.gate.required && config.tre.pcrs);
	FUZZ_ASSERT(config.ocsp.nmodes <= CONFIG_OCSP_MODES);
	/* Nothing is to be asked of a responder that is not named. */
	if (config_has_mode(&config.ocsp, CONFIG_OCSP_INTUNNEL))
		FUZZ_ASSERT(config.ocsp.uri.port && config.ocsp.uri.addr.family);
	if (config_has_mode(&config.ocsp, CONFIG_OCSP_DIRECT))
		FUZZ_ASSERT(config.ocsp.direct_uri.port || config.ocsp.aia == CONFIG_AIA_ALLOW);
	if (!config.ocsp.nmodes)
		FUZZ_ASSERT(!(config.gate.required & 1u << TRUSTGATE_EVIDENCE_KIND_REVOCATION));
	config_allows_pointer(&config.ocsp, &config.ocsp.direct_uri);
	config_allows_addr(&config.ocsp, &config.ocsp.uri.addr);
	FUZZ_ASSERT(config.agent.renew_ms * 2 <= config.agent.lease_ms);
	return 0;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const char * const seeds[] = {
		"[charon]\nchild = core\n[peer]\nname = segw.example.org\nanchor = /a\n"
		"[ocsp]\nuri = http://10.99.0.2:8080/\n",
		"# all kinds of values\n[agent]\nlease = 30s ; longer\nrenew=10 s\n[charon]\n"
		"start = no\nbackoff_max = 30min\n[peer]\nname = 2001:db8::1\nanchor = /a\n"
		"max_chain = 3\non_invalid = hold\n[gate]\nmode = observe\n"
		"required = device-auth, integrity\nt_verify = 600000ms\n"
		"[ocsp]\nuri = http://[fd99::2]/ocsp?x\nsource = fd50::1\nnonce = preferred\n"
		"[tre]\npcrs = 0-7,10\ntcti = device:/dev/tpmrm0\n",
		"[charon]\nstart = no\n[peer]\nname = a.b\nanchor = /a\n[ocsp]\n"
		"mode = inband, direct\ndirect_uri = http://ocsp.test:81/a\naia = allow\n"
		"allow = ocsp.test, 192.0.2.0/24, 2001:db8::/32\ndirect_try = 1500ms\n"
		"[clock]\nstate = /c\nsave = 1min\nunsynced = accept-inband\n",
	};

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	memcpy(buf, seeds[n], strlen(seeds[n]));
	return strlen(seeds[n]);
}
