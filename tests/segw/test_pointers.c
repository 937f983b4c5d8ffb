// SPDX-License-Identifier: GPL-2.0-or-later
/* URIs, address ranges, and the pointers of certificates made here. */
#include <arpa/inet.h>
#include <string.h>
#include <openssl/evp.h>
#include "lib/tap.h"
#include "pki/ca.h"
#include "segw/pointers.h"

static void uris(void)
{
	static const struct { const char *text, *host; unsigned int port; } good[] = {
		{ "http://ocsp.example.org", "ocsp.example.org", 80 },
		{ "HTTP://OCSP.Example.ORG.:8080/a/b?c=d%20", "ocsp.example.org", 8080 },
		{ "http://192.0.2.1/", "192.0.2.1", 80 },
		{ "http://[2001:db8::1]:81", "2001:db8::1", 81 },
		{ "http://h?x@y", "h", 80 },
	};
	static const char *const bad[] = {
		"", "http", "http://", "http:///path", "https://ocsp.example.org/", "ftp://h/",
		"ldap://h/cn=x", "file:///etc/passwd", "http://user@h/", "http://user:pass@h/",
		"http://h@evil.example.org/", "http://h:0/", "http://h:65536/", "http://h:/",
		"http://h:99999999999/", "http://h:80x/", "http://h#f", "http://h/a b", "http://h/\n",
		"http://[2001:db8::1", "http://[192.0.2.1]/", "http://2001:db8::1/", "http://[h]/",
		"http://a_b/", "http://a..b/", "http://.a/", "http://-a/", "http://127.1/",
		"http://2130706433/", "http://0x7f000001/", "http://0x7f.0x1/", "http://[fe80::1%25eth0]/",
		"http://h\\@evil/", "http://\xc3\xa4/", "//h/", "http://192.0.2.256/",
	};
	struct uri u;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *why = uri_parse(good[i].text, strlen(good[i].text), &u);

		tap_ok(!why && !strcmp(u.host, good[i].host) && u.port == good[i].port,
		       "SGW-REV-06: %s: host %s port %u", good[i].text, u.host, u.port);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = uri_parse(bad[i], strlen(bad[i]), &u);

		tap_ok(why, "PIT-34: URI %zu is refused: %s", i, why ? why : bad[i]);
	}
	tap_ok(uri_parse("http://h/\0", 10, &u), "PIT-34: a NUL in a URI is refused");
}

static struct uri_addr addr(const char *text)
{
	struct uri_addr a = { 0 };

	if (inet_pton(AF_INET, text, a.addr) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, text, a.addr) == 1)
		a.family = AF_INET6;
	return a;
}

static void ranges(void)
{
	static const char *const public[] = {
		"8.8.8.8", "11.0.0.0", "9.255.255.255", "172.15.255.255", "172.32.0.0", "100.63.255.255",
		"100.128.0.0", "223.255.255.255", "2600::1", "2a00::1", "2001:200::1",
	};
	static const char *const special[] = {
		"0.0.0.0", "10.0.0.1", "10.255.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255", "198.19.0.1",
		"224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "::", "::1", "::ffff:8.8.8.8",
		"64:ff9b::808:808", "fe80::1", "fec0::1", "fd00::1", "fc00::1", "ff02::1", "2002:a00:1::1",
		"2001::1", "2001:db8::1", "100::1",
	};
	static const char *const prefixes[] = {
		"10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1/128", "0.0.0.0/0",
	};
	static const char *const broken[] = {
		"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "h/8", "",
		"2001:db8::1/64", "::/129", "10.0.0.0/8 ", "/8",
	};
	struct uri_prefix p;

	for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++) {
		struct uri_addr a = addr(public[i]);

		tap_ok(!uri_special(&a), "SGW-REV-06: %s is of the Internet", public[i]);
	}
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		struct uri_addr a = addr(special[i]);
		const char *why = uri_special(&a);

		tap_ok(why, "PIT-34: %s is %s", special[i], why ? why : "taken");
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		tap_ok(!uri_prefix_parse(prefixes[i], &p), "SGW-REV-06: %s is a range", prefixes[i]);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		tap_ok(uri_prefix_parse(broken[i], &p), "SGW-REV-06: '%s' is no range", broken[i]);
}

/* The list that the cases below are held against. */
static struct pointer_policy policy(void)
{
	struct pointer_policy p = { .use = true };

	pointer_host_parse("ocsp.vendor.example", &p.hosts[p.nhosts++]);
	pointer_host_parse("crl.vendor.example:8080", &p.hosts[p.nhosts++]);
	pointer_host_parse("10.9.0.1", &p.hosts[p.nhosts++]);
	pointer_host_parse("10.8.0.1", &p.hosts[p.nhosts++]);
	uri_prefix_parse("10.9.0.0/24", &p.nets[p.nnets++]);
	return p;
}

/* Kept to the end, so that a leak reported is one of ours. */
static struct entity leaf(const char *ext1, const char *ext2)
{
	static struct entity root, made[32];
	static size_t n;

	if (!root.cert)
		ca_issue(&root, &(struct ca_spec){ .cn = "vendor", .ext = { CA_EXT_CA } });
	if (n == sizeof(made) / sizeof(made[0]))
		ca_die("too many certificates for this test");
	ca_issue(&made[n], &(struct ca_spec){ .cn = "hnb", .issuer = &root,
		 .ext = { CA_EXT_END, ext1, ext1 ? ext2 : NULL } });
	return made[n++];
}

static struct pki_result good_chain(const struct entity *e)
{
	struct pki_result r = { .verdict = PKI_GOOD };

	EVP_Digest(e->der.data, e->der.len, r.cert_digest, NULL, EVP_sha256(), NULL);
	return r;
}

static void allowed(void)
{
	struct entity e = leaf("authorityInfoAccess=OCSP;URI:http://ocsp.vendor.example/o,"
			       "caIssuers;URI:http://ocsp.vendor.example/ca.crt",
			       "crlDistributionPoints=URI:http://crl.vendor.example:8080/a.crl");
	struct pointer_policy p = policy();
	struct pki_result chain = good_chain(&e);
	struct pointer out[POINTERS_MAX];
	size_t n = pointers_of(e.der, &chain, &p, out);

	tap_ok(n == 2 && out[0].kind == POINTER_OCSP && !out[0].refused &&
	       !strcmp(out[0].uri.text, "http://ocsp.vendor.example/o") &&
	       out[1].kind == POINTER_CRL && !out[1].refused && out[1].uri.port == 8080,
	       "SGW-REV-06: AIA and CDP to allowed hosts are used, caIssuers is not");
	p.use = false;
	n = pointers_of(e.der, &chain, &p, out);
	tap_ok(n == 2 && out[0].refused && out[1].refused,
	       "SGW-PATH-08: without use_cert_pointers nothing in a certificate is asked");
	p.use = true;
	chain.verdict = PKI_BAD;
	tap_ok(!pointers_of(e.der, &chain, &p, out), "PIT-34: none of a path that is bad");
	chain.verdict = PKI_INDETERMINATE;
	tap_ok(!pointers_of(e.der, &chain, &p, out), "PIT-34: none of a path that was not checked");
	chain = good_chain(&e);
	chain.cert_digest[0] ^= 1;
	tap_ok(!pointers_of(e.der, &chain, &p, out), "PIT-34: none of another certificate than checked");
	chain = good_chain(&e);
	tap_ok(!pointers_of(ca_append(e.der), &chain, &p, out), "PIT-34: none with an octet behind");
}

static void refused(void)
{
	static const struct { const char *what, *uri; } table[] = {
		{ "a host that is not listed", "http://evil.example/" },
		{ "a name below one that is", "http://x.ocsp.vendor.example/" },
		{ "another port", "http://ocsp.vendor.example:22/" },
		{ "user information", "http://ocsp.vendor.example@evil.example/" },
		{ "https", "https://ocsp.vendor.example/" },
		{ "ldap", "ldap://ocsp.vendor.example/cn=crl" },
		{ "a private address that is listed, in no range", "http://10.8.0.1/" },
		{ "loopback", "http://127.0.0.1/" },
		{ "the metadata service", "http://169.254.169.254/latest" },
	};
	struct pointer_policy p = policy();
	struct pointer out[POINTERS_MAX];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char ext[256];
		struct pki_result chain;
		struct entity e;
		size_t n;

		snprintf(ext, sizeof(ext), "authorityInfoAccess=OCSP;URI:%s", table[i].uri);
		e = leaf(ext, NULL);
		chain = good_chain(&e);
		n = pointers_of(e.der, &chain, &p, out);
		tap_ok(n == 1 && out[0].refused, "SGW-REV-06: %s: %s", table[i].what,
		       n ? out[0].refused : "not seen");
	}
}

static void others(void)
{
	struct pointer_policy p = policy();
	struct pointer out[POINTERS_MAX];
	struct uri_addr inside = addr("10.9.0.7"), outside = addr("10.9.1.7"), net = addr("8.8.8.8");
	struct entity e = leaf("authorityInfoAccess=OCSP;URI:http://10.9.0.1/", NULL);
	struct pki_result chain = good_chain(&e);
	char ext[1024] = "authorityInfoAccess=OCSP;URI:http://ocsp.vendor.example/0";
	bool all = true;
	size_t n = pointers_of(e.der, &chain, &p, out);

	tap_ok(n == 1 && !out[0].refused, "SGW-REV-06: a private address that is listed, in a range");
	tap_ok(!pointer_addr_refused(&p, &inside) && pointer_addr_refused(&p, &outside) &&
	       !pointer_addr_refused(&p, &net),
	       "PIT-34: what a name resolves to is checked: Internet or a listed range");
	e = leaf(NULL, NULL);
	chain = good_chain(&e);
	tap_ok(!pointers_of(e.der, &chain, &p, out), "SGW-REV-09: a certificate without pointers has none");
	for (int i = 1; i < 10; i++)
		snprintf(ext + strlen(ext), sizeof(ext) - strlen(ext),
			 ",OCSP;URI:http://ocsp.vendor.example/%d", i);
	e = leaf(ext, NULL);
	chain = good_chain(&e);
	n = pointers_of(e.der, &chain, &p, out);
	for (size_t i = 0; i < n; i++)
		all = all && out[i].refused;
	tap_ok(n == POINTERS_MAX && all, "PIT-34: of ten pointers none is used");
	e = leaf("authorityInfoAccess=OCSP;DNS:ocsp.vendor.example", NULL);
	chain = good_chain(&e);
	tap_ok(pointers_of(e.der, &chain, &p, out) == 1 && out[0].refused,
	       "SGW-REV-06: a name that is no URI is refused");
}

int main(void)
{
	tap_start();
	uris();
	ranges();
	allowed();
	refused();
	others();
	return tap_end();
}
