// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What comes to a box's TPM from outside: a certificate and its issuer's as a signature
 * in the TPM's terms, the record of a root, a request for a certificate, a vendor's key,
 * an approval.
 * The first octet says which; parts are behind their length in two octets.
 */
#include <string.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include "parts.h"
#include "tre/anchor.h"
#include "tre/approval.h"
#include "tre/provision.h"
#include "tre/verify.h"

enum { LINK, RECORD, REQUEST, VENDOR, APPROVAL, KINDS };

static EVP_PKEY *ec, *rsa;

static void setup(void)
{
	if (ec)
		return;
	ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	FUZZ_ASSERT(ec && rsa);
}

static struct tre_der take(const uint8_t **data, size_t *size)
{
	struct tre_der part;

	part.data = fuzz_take(data, size, &part.len);
	return part;
}

static void check(bool ok, const struct tre_result *r)
{
	if (ok)
		return;
	FUZZ_ASSERT(r->verdict == TRE_FAIL || r->verdict == TRE_UNAVAILABLE);
	FUZZ_ASSERT(r->rule[0] && memchr(r->rule, 0, sizeof(r->rule)));
	FUZZ_ASSERT(r->detail[0] && memchr(r->detail, 0, sizeof(r->detail)));
}

static void try_link(const uint8_t *data, size_t size)
{
	struct tre_der cert = take(&data, &size), above = take(&data, &size);
	const uint8_t *p = cert.data, *q = above.data;
	X509 *a = d2i_X509(NULL, &p, (long)cert.len), *b = d2i_X509(NULL, &q, (long)above.len);
	struct tre_result r = { .verdict = TRE_UNAVAILABLE };
	struct tre_link link;

	if (a && b) {
		bool ok = tre_link_make(cert, a, b, &link, &r);

		check(ok, &r);
		FUZZ_ASSERT(!ok || link.fallback || (link.digest.size >= 20 &&
						     link.digest.size <= 64));
	}
	X509_free(a);
	X509_free(b);
}

static void try_record(const uint8_t *data, size_t size)
{
	uint8_t in[TRE_ANCHOR_SIZE] = { 0 }, out[TRE_ANCHOR_SIZE] = { 0 };
	struct tre_result r = { .verdict = TRE_UNAVAILABLE };
	struct tre_anchor a;
	size_t len;
	bool ok;

	memcpy(in, data, size < sizeof(in) ? size : sizeof(in));
	ok = tre_anchor_decode(in, &a, &r);
	check(ok, &r);
	if (!ok)
		return;
	len = tre_anchor_encode(&a, out);
	FUZZ_ASSERT(len <= sizeof(out) && !memcmp(in, out, len));
	tre_anchor_is(&a, data, size);
}

/* What is read is what would be written: there is one text for each approval. */
static void try_approval(const uint8_t *data, size_t size)
{
	static struct tre_approval a;
	struct tre_result r = { .verdict = TRE_UNAVAILABLE };
	bool ok = tre_approval_parse((const char *)data, size, &a, &r);
	char *text;

	check(ok, &r);
	if (!ok)
		return;
	FUZZ_ASSERT(a.version && a.n && a.n <= TRE_APPROVAL_STATES);
	text = tre_approval_text(&a);
	FUZZ_ASSERT(text && strlen(text) == size && !memcmp(text, data, size));
	free(text);
	tre_approval_verify(&a, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tre_result r = { .verdict = TRE_UNAVAILABLE };
	char identity[TRE_IDENTITY_MAX + 1];
	struct tre_vendor vendor;
	bool ok;

	setup();
	if (!size)
		return 0;
	switch (data[0] % KINDS) {
	case LINK:
		try_link(data + 1, size - 1);
		break;
	case RECORD:
		try_record(data + 1, size - 1);
		break;
	case REQUEST:
		ok = tre_csr_check(data + 1, size - 1, ec, identity, &r);
		check(ok, &r);
		FUZZ_ASSERT(!ok || (identity[0] && memchr(identity, 0, sizeof(identity))));
		break;
	case APPROVAL:
		try_approval(data + 1, size - 1);
		break;
	default:
		check(tre_vendor_load(data + 1, size - 1, &vendor, &r), &r);
		break;
	}
	return 0;
}

/* A certificate for @key by itself; @pss: RSASSA-PSS with a salt as long as the hash. */
static size_t put_cert(uint8_t *to, EVP_PKEY *key, bool pss)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	X509 *cert = X509_new();
	uint8_t *der = NULL;
	size_t len;
	int n;

	FUZZ_ASSERT(ctx && cert && X509_set_pubkey(cert, key) == 1 &&
		    X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
		    X509_gmtime_adj(X509_getm_notAfter(cert), 1000) &&
		    EVP_DigestSignInit(ctx, &pctx, EVP_sha256(), NULL, key) == 1);
	if (pss)
		FUZZ_ASSERT(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0 &&
			    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) > 0);
	FUZZ_ASSERT(X509_sign_ctx(cert, ctx) > 0);
	n = i2d_X509(cert, &der);
	FUZZ_ASSERT(n > 0);
	len = fuzz_put(to, der, (size_t)n);
	OPENSSL_free(der);
	X509_free(cert);
	EVP_MD_CTX_free(ctx);
	return len;
}

static size_t seed_record(uint8_t *buf)
{
	struct tre_anchor a;
	struct tre_result r;
	uint8_t der[TRE_ANCHOR_SIZE];

	memset(der, 0x30, sizeof(der));
	FUZZ_ASSERT(tre_anchor_make(7, der, 300, &a, &r));
	return tre_anchor_encode(&a, buf);
}

static size_t seed_request(uint8_t *buf)
{
	X509_REQ *req = X509_REQ_new();
	STACK_OF(X509_EXTENSION) *exts = sk_X509_EXTENSION_new_null();
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:box.test");
	uint8_t *p = buf;
	int len;

	FUZZ_ASSERT(req && exts && ext && sk_X509_EXTENSION_push(exts, ext) &&
		    X509_REQ_set_pubkey(req, ec) == 1 && X509_REQ_add_extensions(req, exts) == 1 &&
		    X509_REQ_sign(req, ec, EVP_sha256()) > 0);
	len = i2d_X509_REQ(req, &p);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_REQ_free(req);
	return (size_t)len;
}

static size_t seed_vendor(uint8_t *buf)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	FUZZ_ASSERT(bio && PEM_write_bio_PUBKEY(bio, ec) == 1);
	len = BIO_get_mem_data(bio, &text);
	memcpy(buf, text, (size_t)len);
	BIO_free(bio);
	return (size_t)len;
}

static size_t seed_approval(uint8_t *buf)
{
	static struct tre_approval a;
	struct tre_result r;
	char pem[1024], *text;
	size_t len;

	len = seed_vendor((uint8_t *)pem);
	memset(&a, 0, sizeof(a));
	FUZZ_ASSERT(tre_vendor_load(pem, len, &a.authority, &r));
	a.version = 7;
	a.n = 2;
	strcpy(a.states[0].name, "new");
	strcpy(a.states[1].name, "old");
	a.states[0].mask = 0x800081;
	a.states[1].mask = 1;
	FUZZ_ASSERT(tre_approval_sign(ec, &a));
	text = tre_approval_text(&a);
	FUZZ_ASSERT(text);
	len = strlen(text);
	memcpy(buf, text, len);
	free(text);
	return len;
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const uint8_t kinds[] = { LINK, LINK, LINK, RECORD, REQUEST, VENDOR, APPROVAL };
	size_t len;

	if (n >= sizeof(kinds))
		return 0;
	setup();
	*buf++ = kinds[n];
	switch (kinds[n]) {
	case LINK:
		len = put_cert(buf, n ? rsa : ec, n == 2);
		return 1 + len + put_cert(buf + len, n ? rsa : ec, false);
	case RECORD:
		return 1 + seed_record(buf);
	case REQUEST:
		return 1 + seed_request(buf);
	case APPROVAL:
		return 1 + seed_approval(buf);
	default:
		return 1 + seed_vendor(buf);
	}
}
