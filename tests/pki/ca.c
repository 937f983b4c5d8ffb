// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "ca.h"

void ca_die(const char *what)
{
	printf("Bail out! %s\n", what);
	ERR_print_errors_fp(stdout);
	exit(1);
}

static EVP_PKEY *explicit_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1) != 1 ||
	    EVP_PKEY_CTX_set_ec_param_enc(ctx, 0) != 1 || EVP_PKEY_generate(ctx, &key) != 1)
		ca_die("explicit EC key");
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Short: nothing is to accept it, and longer ones take seconds to make. */
static EVP_PKEY *dsa_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL), *gen = NULL;
	EVP_PKEY *params = NULL, *key = NULL;

	if (!ctx || EVP_PKEY_paramgen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024) != 1 ||
	    EVP_PKEY_paramgen(ctx, &params) != 1)
		ca_die("DSA parameters");
	gen = EVP_PKEY_CTX_new(params, NULL);
	if (!gen || EVP_PKEY_keygen_init(gen) != 1 || EVP_PKEY_keygen(gen, &key) != 1)
		ca_die("DSA key");
	EVP_PKEY_CTX_free(gen);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(params);
	return key;
}

/* P-256 with the private key @n: the same in each run, so that a corpus lasts. */
static EVP_PKEY *fixed_key(unsigned long n)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *point = EC_POINT_new(group);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	BIGNUM *private = BN_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;
	uint8_t public[65];

	if (!BN_set_word(private, n) || !EC_POINT_mul(group, point, private, NULL, NULL, NULL) ||
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, public, sizeof(public),
			       NULL) != sizeof(public))
		ca_die("fixed key");
	OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
	OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, public, sizeof(public));
	OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, private);
	params = OSSL_PARAM_BLD_to_param(bld);
	if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		ca_die("fixed key");
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(private);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return key;
}

static EVP_PKEY *exponent3_key(int bits)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *key = NULL;

	if (!ctx || !e || !BN_set_word(e, 3) || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) <= 0 ||
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) <= 0 || EVP_PKEY_generate(ctx, &key) != 1)
		ca_die("RSA key with exponent 3");
	EVP_PKEY_CTX_free(ctx);
	BN_free(e);
	return key;
}

EVP_PKEY *ca_key(const char *kind)
{
	EVP_PKEY *key;

	if (!kind)
		kind = "P-256";
	if (!strcmp(kind, "explicit"))
		return explicit_key();
	if (!strcmp(kind, "DSA"))
		return dsa_key();
	if (!strncmp(kind, "fixed-", 6))
		return fixed_key(strtoul(kind + 6, NULL, 10));
	if (!strncmp(kind, "RSA3-", 5))
		key = exponent3_key(atoi(kind + 5));
	else if (!strncmp(kind, "RSA-", 4))
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atoi(kind + 4));
	else if (!strncmp(kind, "P-", 2))
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	if (!key)
		ca_die(kind);
	return key;
}

X509_EXTENSION *ca_extension(const char *line)
{
	char name[64];
	const char *value = strchr(line, '=');
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, 0);
	snprintf(name, sizeof(name), "%.*s", (int)(value - line), line);
	ext = X509V3_EXT_conf(NULL, &ctx, name, value + 1);
	if (!ext)
		ca_die(line);
	return ext;
}

static void add_extensions(X509 *cert, const struct ca_spec *spec)
{
	int i;

	for (i = 0; i < CA_EXT_MAX && spec->ext[i]; i++) {
		X509_EXTENSION *ext = ca_extension(spec->ext[i]);

		if (X509_add_ext(cert, ext, -1) != 1)
			ca_die(spec->ext[i]);
		X509_EXTENSION_free(ext);
	}
}

static void sign(X509 *cert, EVP_PKEY *key, const char *md)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	const EVP_MD *digest = NULL;
	bool pss;

	if (!md)
		md = "SHA256";
	pss = !strncmp(md, "pss:", 4);
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519)
		digest = EVP_get_digestbyname(pss ? md + 4 : md);
	if (!ctx || EVP_DigestSignInit(ctx, &pctx, digest, NULL, key) != 1 ||
	    (pss && EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1) ||
	    (pss && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) != 1) ||
	    X509_sign_ctx(cert, ctx) <= 0)
		ca_die("signing a certificate");
	EVP_MD_CTX_free(ctx);
}

/* Without dates: a day ago, and 30 days on. */
static void set_validity(X509 *cert, const struct ca_spec *spec)
{
	time_t from = CA_NOW + (spec->from ? spec->from : -CA_DAY);
	time_t to = CA_NOW + (spec->to ? spec->to : 30 * CA_DAY);

	ASN1_TIME_set(X509_getm_notBefore(cert), from);
	ASN1_TIME_set(X509_getm_notAfter(cert), to);
}

static void add_to_name(X509_NAME *name, const char *type, const char *value)
{
	if (X509_NAME_add_entry_by_txt(name, type, MBSTRING_ASC, (const unsigned char *)value, -1,
				       -1, 0) != 1)
		ca_die(value);
}

/* "CN=a,DC=b" */
static X509_NAME *named(const char *text)
{
	X509_NAME *name = X509_NAME_new();
	char *copy = strdup(text), *save = NULL, *part;

	if (!name || !copy)
		ca_die(text);
	for (part = strtok_r(copy, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(part, '=');

		if (!eq)
			ca_die(text);
		*eq = 0;
		add_to_name(name, part, eq + 1);
	}
	free(copy);
	return name;
}

static X509_NAME *subject_of(const struct ca_spec *spec)
{
	X509_NAME *name;

	if (spec->subject)
		return named(spec->subject);
	name = named("O=Test");
	add_to_name(name, "CN", spec->cn);
	return name;
}

static void set_serial(X509 *cert, const struct ca_spec *spec)
{
	static long last = 1000;
	BIGNUM *serial = NULL;

	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++last);
	if (!spec->serial)
		return;
	if (!BN_hex2bn(&serial, spec->serial) ||
	    !BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert)))
		ca_die(spec->serial);
	BN_free(serial);
}

static void set_names(X509 *cert, const struct ca_spec *spec)
{
	X509_NAME *subject = subject_of(spec);
	X509_NAME *issuer = spec->issuer_name ? named(spec->issuer_name) : NULL;

	X509_set_subject_name(cert, subject);
	X509_set_issuer_name(cert, issuer ? issuer :
			     spec->issuer ? X509_get_subject_name(spec->issuer->cert) : subject);
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
}

void ca_issue(struct entity *out, const struct ca_spec *spec)
{
	X509 *cert = X509_new();
	unsigned char *der = NULL;
	int len;

	if (!out->key)
		out->key = ca_key(spec->key);
	if (!cert)
		ca_die("X509_new");
	X509_set_version(cert, spec->v1 ? X509_VERSION_1 : X509_VERSION_3);
	set_serial(cert, spec);
	set_names(cert, spec);
	set_validity(cert, spec);
	X509_set_pubkey(cert, out->key);
	add_extensions(cert, spec);
	sign(cert, spec->issuer ? spec->issuer->key : out->key, spec->md);
	len = i2d_X509(cert, &der);
	if (len <= 0)
		ca_die("encoding a certificate");
	out->cert = cert;
	out->der = (struct pki_der){ der, (size_t)len };
}

/* What a test bends stays reachable, so that a leak reported is a leak of ours. */
static uint8_t *keep(size_t len)
{
	static struct kept {
		struct kept *next;
		uint8_t data[];
	} *all;
	struct kept *k = malloc(sizeof(*k) + len);

	if (!k)
		ca_die("malloc");
	k->next = all;
	all = k;
	return k->data;
}

struct pki_der ca_copy(struct pki_der der)
{
	uint8_t *copy = keep(der.len + 1);

	memcpy(copy, der.data, der.len);
	copy[der.len] = 0;
	return (struct pki_der){ copy, der.len };
}

struct pki_der ca_flip(struct pki_der der, long at)
{
	struct pki_der copy = ca_copy(der);

	((uint8_t *)copy.data)[at < 0 ? (long)der.len + at : at] ^= 1;
	return copy;
}

struct pki_der ca_append(struct pki_der der)
{
	struct pki_der copy = ca_copy(der);

	copy.len++;
	return copy;
}

struct pki_der ca_lengthen(struct pki_der der)
{
	struct pki_der copy = ca_append(der);
	uint8_t *p = (uint8_t *)copy.data;
	size_t n = p[1] & 0x7f;

	memmove(p + 3, p + 2, der.len - 2);
	p[1] = (uint8_t)(0x80 | (n + 1));
	p[2] = 0;
	return copy;
}

struct pki_der ca_lengthen_tbs(struct pki_der der)
{
	struct pki_der copy = ca_append(der);
	uint8_t *p = (uint8_t *)copy.data;

	/* Both lengths are of two octets, as of every certificate of a usual size. */
	if (p[1] != 0x82 || p[5] != 0x82)
		ca_die("a certificate of another size");
	memmove(p + 7, p + 6, der.len - 6);
	p[5] = 0x83;
	p[6] = 0;
	if (!++p[3])
		p[2]++;
	return copy;
}
