// SPDX-License-Identifier: GPL-2.0-or-later
/* The certificates a peer sends, each behind its length in two octets. */
#include <string.h>
#include "fuzz.h"
#include "../pki/ca.h"
#include "pki/internal.h"
#include "pki/profile.h"

#define CERTS_MAX	6

static struct entity root, sub, leaf, direct;

static void setup(void)
{
	if (root.cert)
		return;
	ca_issue(&root, &(struct ca_spec){ .cn = "Root", .key = "fixed-1", .ext = { CA_EXT_CA } });
	ca_issue(&sub, &(struct ca_spec){ .cn = "Sub", .key = "fixed-2", .issuer = &root,
					  .ext = { CA_EXT_CA } });
	ca_issue(&leaf, &(struct ca_spec){ .cn = "Leaf", .key = "fixed-3", .issuer = &sub,
		 .ext = { CA_EXT_END, "subjectAltName=DNS:a.test,DNS:segw.test,IP:192.0.2.1,"
			  "IP:2001:db8::1,email:a@a.test", "extendedKeyUsage=ipsecIKE" } });
	ca_issue(&direct, &(struct ca_spec){ .cn = "Direct", .key = "fixed-4", .issuer = &root,
		 .ext = { CA_EXT_END, "subjectAltName=DNS:segw.test" } });
}

static void check(const struct pki_result *r)
{
	const char *c;

	FUZZ_ASSERT(r->verdict == PKI_GOOD ? r->expires > CA_NOW : !r->expires);
	FUZZ_ASSERT(r->rule[0] && memchr(r->rule, 0, sizeof(r->rule)));
	FUZZ_ASSERT(r->detail[0] && memchr(r->detail, 0, sizeof(r->detail)));
	for (c = r->detail; *c; c++)
		FUZZ_ASSERT(*c >= 0x20 && *c <= 0x7e);
}

/* Names are looked at only on a path that verified, so mutants would never get there. */
static void names_alone(struct pki_der der)
{
	X509 *cert = pki_parse_cert(der);
	struct pki_result r = { 0 };

	if (cert && pki_name_check(cert, "segw.test", &r))
		r.verdict = PKI_GOOD;
	X509_free(cert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* All rules off, so that mutants get as far as they can. */
	static const struct pki_profile profile;
	struct pki_chain_policy policy = { .name = "segw.test", .max_sent = 4,
					   .profile = &profile };
	struct pki_der certs[CERTS_MAX];
	struct pki_result r;
	size_t n = 0;
	int issuer;

	setup();
	while (size >= 2 && n < CERTS_MAX) {
		size_t len = (size_t)(data[0] << 8 | data[1]);

		len = len < size - 2 ? len : size - 2;
		certs[n++] = (struct pki_der){ data + 2, len };
		data += len + 2;
		size -= len + 2;
	}
	policy.anchor = root.der;
	pki_check_chain(certs, n, &policy, CA_NOW, &issuer, &r);
	check(&r);
	FUZZ_ASSERT(issuer >= -1 && issuer < (int)n);
	if (n)
		names_alone(certs[0]);
	return 0;
}

static size_t put(uint8_t *to, struct pki_der der)
{
	to[0] = (uint8_t)(der.len >> 8);
	to[1] = (uint8_t)der.len;
	memcpy(to + 2, der.data, der.len);
	return der.len + 2;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	size_t len;

	setup();
	switch (n) {
	case 0:
		return put(buf, direct.der);
	case 1:
		len = put(buf, leaf.der);
		return len + put(buf + len, sub.der);
	case 2:
		len = put(buf, leaf.der);
		len += put(buf + len, sub.der);
		return len + put(buf + len, root.der);
	}
	return 0;
}
