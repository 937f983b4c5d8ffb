// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A revocation list. Once as it is, and, when it has a list's frame, once with what it
 * says signed anew by its issuer, or nothing behind the signature would ever be read.
 */
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "fuzz.h"
#include "../pki/ca.h"
#include "pki/crl_parse.h"
#include "pki/profile.h"

static struct entity ca, leaf;
/* Of the seeds: the second is revoked. */
static const uint8_t free_serial[] = { 0x10, 0x92 }, revoked_serial[] = { 0x10, 0x93 };

static void setup(void)
{
	if (ca.cert)
		return;
	ca_issue(&ca, &(struct ca_spec){ .cn = "CA", .key = "fixed-1", .ext = { CA_EXT_CA } });
	ca_issue(&leaf, &(struct ca_spec){ .cn = "segw", .key = "fixed-2", .issuer = &ca,
					   .ext = { CA_EXT_END } });
}

static void check(const struct pki_result *r)
{
	const char *c;

	FUZZ_ASSERT(r->rule[0] && memchr(r->rule, 0, sizeof(r->rule)));
	FUZZ_ASSERT(r->detail[0] && memchr(r->detail, 0, sizeof(r->detail)));
	for (c = r->detail; *c; c++)
		FUZZ_ASSERT(*c >= 0x20 && *c <= 0x7e);
	FUZZ_ASSERT(r->verdict == PKI_GOOD || !r->expires);
}

static void ask(const struct pki_crl *crl, const uint8_t *serial, size_t len,
		const struct pki_crl_policy *policy, struct pki_der list)
{
	struct pki_result r;

	pki_crl_check_serial(crl, serial, len, policy, CA_NOW, &r);
	check(&r);
	/* Nobody is revoked whom the list doesn't name. */
	if (r.verdict == PKI_BAD)
		FUZZ_ASSERT(memmem(list.data, list.len, serial, len));
	if (r.verdict == PKI_GOOD)
		FUZZ_ASSERT(r.expires >= CA_NOW && r.expires <= CA_NOW + policy->age_max_s);
}

/*
 * The index that processes share: the list again, and with any octet of it changed
 * nothing is read beyond its end. What then is said of whom is not looked at.
 */
static void share(const struct pki_crl *crl, struct pki_der list,
		  const struct pki_crl_policy *policy)
{
	size_t room = pki_crl_flat_room(list.len), len;
	uint8_t *wide = malloc(room), *exact;
	struct pki_result one, other;
	struct pki_crl *shared;

	FUZZ_ASSERT(wide && (len = pki_crl_flatten(crl, wide, room)) > 0 && len <= room);
	exact = malloc(len);
	FUZZ_ASSERT(exact);
	memcpy(exact, wide, len);
	free(wide);
	shared = pki_crl_attach(list, (struct pki_der){ exact, len }, ca.der, policy, &one);
	FUZZ_ASSERT(shared);
	pki_crl_check_serial(crl, list.data, 2, policy, CA_NOW, &one);
	pki_crl_check_serial(shared, list.data, 2, policy, CA_NOW, &other);
	FUZZ_ASSERT(!memcmp(&one, &other, sizeof(one)));
	pki_crl_free(shared);
	exact[list.data[list.len - 1] * 7919u % len] ^= list.data[list.len / 2] | 1;
	shared = pki_crl_attach(list, (struct pki_der){ exact, len }, ca.der, policy, &other);
	if (shared)
		pki_crl_check_serial(shared, revoked_serial, sizeof(revoked_serial), policy,
				     CA_NOW, &other);
	pki_crl_free(shared);
	free(exact);
}

static void load(struct pki_der list)
{
	static const struct pki_profile profile;
	struct pki_crl_policy policy;
	struct pki_crl_info info;
	struct pki_crl *crl;
	struct pki_result r;

	pki_crl_policy_default(&policy, &profile);
	crl = pki_crl_load(list, ca.der, &policy, &r);
	check(&r);
	/* A list that is not complete can still say who is on it. */
	FUZZ_ASSERT(crl || r.verdict != PKI_GOOD);
	if (!crl)
		return;
	pki_crl_info(crl, &info);
	FUZZ_ASSERT(info.entries < list.len && pki_crl_number_cmp(&info, &info) == 0);
	pki_crl_check(crl, leaf.der, &policy, CA_NOW, &r);
	check(&r);
	ask(crl, free_serial, sizeof(free_serial), &policy, list);
	ask(crl, revoked_serial, sizeof(revoked_serial), &policy, list);
	ask(crl, list.data, list.len < 20 ? list.len : 20, &policy, list);
	share(crl, list, &policy);
	pki_crl_free(crl);
}

/* SEQUENCE { TBS, ecdsa-with-SHA256, signature of TBS }: 0, or its length. */
static size_t sign(struct pki_der tbs, uint8_t *out)
{
	static const uint8_t alg[] = { 0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 };
	uint8_t sig[128], *p = out;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = sizeof(sig), inner;

	FUZZ_ASSERT(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, ca.key) == 1 &&
		    EVP_DigestSign(ctx, sig, &len, tbs.data, tbs.len) == 1);
	EVP_MD_CTX_free(ctx);
	inner = tbs.len + sizeof(alg) + 3 + len;
	ASN1_put_object(&p, 1, (int)inner, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	memcpy(p, tbs.data, tbs.len);
	p += tbs.len;
	memcpy(p, alg, sizeof(alg));
	p += sizeof(alg);
	*p++ = DER_BIT_STRING;
	*p++ = (uint8_t)(len + 1);
	*p++ = 0;
	memcpy(p, sig, len);
	return (size_t)(p + len - out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[FUZZ_MAX + 512];
	struct pki_der list = { data, size };
	struct pki_tlv whole, tbs;

	setup();
	load(list);
	if (!pki_der_take(&list, DER_SEQUENCE, &whole) ||
	    !pki_der_take(&whole.value, DER_SEQUENCE, &tbs))
		return 0;
	load((struct pki_der){ again, sign(tbs.all, again) });
	ERR_clear_error();
	return 0;
}

static void add_revoked(X509_CRL *crl, const uint8_t *serial, size_t len, int reason)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_ENUMERATED *code = ASN1_ENUMERATED_new();
	BIGNUM *n = BN_bin2bn(serial, (int)len, NULL);
	ASN1_INTEGER *number = BN_to_ASN1_INTEGER(n, NULL);
	ASN1_TIME *when = ASN1_TIME_set(NULL, CA_NOW - CA_DAY);

	X509_REVOKED_set_serialNumber(entry, number);
	X509_REVOKED_set_revocationDate(entry, when);
	ASN1_ENUMERATED_set(code, reason);
	X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, code, 0, 0);
	X509_CRL_add0_revoked(crl, entry);
	ASN1_ENUMERATED_free(code);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(when);
	BN_free(n);
}

size_t fuzz_seed(unsigned int n, uint8_t buf[FUZZ_MAX])
{
	static const uint8_t long_serial[20] = { 0x7f, 1, 2, 3 };
	X509_CRL *crl;
	ASN1_INTEGER *number;
	ASN1_TIME *t;
	uint8_t *der = NULL;
	int len;

	if (n > 2)
		return 0;
	setup();
	crl = X509_CRL_new();
	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca.cert));
	t = ASN1_TIME_set(NULL, CA_NOW - 60);
	X509_CRL_set1_lastUpdate(crl, t);
	ASN1_TIME_set(t, CA_NOW + CA_DAY);
	X509_CRL_set1_nextUpdate(crl, t);
	ASN1_TIME_free(t);
	if (n)
		add_revoked(crl, revoked_serial, sizeof(revoked_serial), 1);
	if (n > 1) {
		add_revoked(crl, long_serial, sizeof(long_serial), 6);
		add_revoked(crl, free_serial, 1, 4);
	}
	number = ASN1_INTEGER_new();
	ASN1_INTEGER_set(number, 70000);
	X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
	ASN1_INTEGER_free(number);
	X509_CRL_sort(crl);
	FUZZ_ASSERT(X509_CRL_sign(crl, ca.key, EVP_sha256()) > 0);
	len = i2d_X509_CRL(crl, &der);
	FUZZ_ASSERT(len > 0 && len < FUZZ_MAX);
	memcpy(buf, der, (size_t)len);
	OPENSSL_free(der);
	X509_CRL_free(crl);
	return (size_t)len;
}
