// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a long revocation list costs.
 *
 *	crlcost make DIR ENTRIES CERTS	a list, and certificates of which every other is on it
 *	crlcost ask DIR CERTS		load the list, look all of them up; then as a SeGW
 *					does, where each check finds an index that is there
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include "../../pki/ca.h"
#include "pki/crl.h"
#include "pki/profile.h"

#define CERTS_MAX	100000
#define SERIAL_LEN	16

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static FILE *open_in(const char *dir, const char *name, const char *mode)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, mode);
	if (!f)
		ca_die(path);
	return f;
}

static void save(const char *dir, const char *name, struct pki_der der, X509 *pem)
{
	FILE *f = open_in(dir, name, "wb");

	if (pem ? PEM_write_X509(f, pem) != 1 : fwrite(der.data, 1, der.len, f) != der.len)
		ca_die(name);
	if (fclose(f))
		ca_die(name);
}

static struct pki_der load(const char *dir, const char *name)
{
	FILE *f = open_in(dir, name, "rb");
	struct pki_der der = { 0 };
	uint8_t *data;
	long len;

	if (fseek(f, 0, SEEK_END) || (len = ftell(f)) <= 0 || fseek(f, 0, SEEK_SET))
		ca_die(name);
	data = malloc((size_t)len);
	if (!data || fread(data, 1, (size_t)len, f) != (size_t)len)
		ca_die(name);
	fclose(f);
	der.data = data;
	der.len = (size_t)len;
	return der;
}

/* SEQUENCE { INTEGER, UTCTime }: OpenSSL's own lists would take gigabytes to make. */
static uint8_t *put_entry(uint8_t *p, const uint8_t *serial, uint8_t len)
{
	static const char when[] = "\x17\x0d" "260901000000Z";

	*p++ = 0x30;
	*p++ = (uint8_t)(2 + len + 15);
	*p++ = 0x02;
	*p++ = len;
	memcpy(p, serial, len);
	memcpy(p + len, when, 15);
	return p + len + 15;
}

static uint8_t *put(uint8_t *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

static uint8_t *put_head(uint8_t *p, uint8_t tag, size_t len)
{
	ASN1_put_object(&p, tag >> 5 & 1, (int)len, tag & 0x1f, tag & 0xc0);
	return p;
}

static struct pki_der sign_list(const struct entity *ca, const uint8_t *entries, size_t len)
{
	static const uint8_t alg[] = { 0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 };
	static const uint8_t version[] = { 2, 1, 1 };
	static const uint8_t number[] = { 0xa0, 0x0e, 0x30, 0x0c, 0x30, 0x0a, 6, 3, 0x55, 0x1d,
					  0x14, 4, 3, 2, 1, 1 };
	static const char times[] = "\x17\x0d" "260921000000Z" "\x17\x0d" "260925000000Z";
	unsigned char *name = NULL;
	size_t name_len = (size_t)i2d_X509_NAME(X509_get_subject_name(ca->cert), &name);
	uint8_t *tbs = malloc(len + 4096), *out = malloc(len + 4096), *p = tbs, sig[128];
	size_t sig_len = sizeof(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	p = put_head(p, 0x30, sizeof(version) + sizeof(alg) + name_len + 30 + len +
		     (size_t)(put_head(out, 0x30, len) - out) + sizeof(number));
	p = put(put(p, version, sizeof(version)), alg, sizeof(alg));
	p = put(put(p, name, name_len), times, 30);
	p = put(put_head(p, 0x30, len), entries, len);
	p = put(p, number, sizeof(number));
	len = (size_t)(p - tbs);
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, ca->key) != 1 ||
	    EVP_DigestSign(ctx, sig, &sig_len, tbs, len) != 1)
		ca_die("signing the list");
	p = put_head(out, 0x30, len + sizeof(alg) + 3 + sig_len);
	p = put(put(p, tbs, len), alg, sizeof(alg));
	*p++ = 0x03;
	*p++ = (uint8_t)(sig_len + 1);
	*p++ = 0;
	p = put(p, sig, sig_len);
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(name);
	free(tbs);
	return (struct pki_der){ out, (size_t)(p - out) };
}

static int make(const char *dir, size_t entries, unsigned int certs)
{
	uint8_t *list = malloc(entries * (SERIAL_LEN + 19)), *p = list, serial[SERIAL_LEN];
	struct entity ca = { 0 }, leaf;
	char name[32];
	size_t n = 0;

	ca_issue(&ca, &(struct ca_spec){ .cn = "CA", .ext = { CA_EXT_CA } });
	save(dir, "ca.pem", ca.der, ca.cert);
	save(dir, "ca.der", ca.der, NULL);
	for (unsigned int i = 0; i < certs; i++) {
		const ASN1_INTEGER *number;

		memset(&leaf, 0, sizeof(leaf));
		ca_issue(&leaf, &(struct ca_spec){ .cn = "box", .issuer = &ca, .ext = { CA_EXT_END } });
		number = X509_get0_serialNumber(leaf.cert);
		if (i % 2 && n++ < entries)
			p = put_entry(p, ASN1_STRING_get0_data(number),
				      (uint8_t)ASN1_STRING_length(number));
		snprintf(name, sizeof(name), "%05u.der", i);
		save(dir, name, leaf.der, NULL);
		snprintf(name, sizeof(name), "%05u.pem", i);
		save(dir, name, leaf.der, leaf.cert);
	}
	for (; n < entries; n++) {
		RAND_bytes(serial, sizeof(serial));
		serial[0] = 0x40 | (serial[0] & 0x3f);
		p = put_entry(p, serial, sizeof(serial));
	}
	save(dir, "crl.der", sign_list(&ca, list, (size_t)(p - list)), NULL);
	free(list);
	return 0;
}

static long peak_kib(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static void expect(const struct pki_result *r, unsigned int i)
{
	if (r->verdict != (i % 2 ? PKI_BAD : PKI_GOOD))
		ca_die(r->detail);
}

/* SGW-REV-15: one verification of the list, and each check has the index it left. */
static void ask_shared(struct pki_der der, struct pki_der ca, const struct pki_der *all,
		       unsigned int certs, const struct pki_crl_policy *policy)
{
	size_t room = pki_crl_flat_room(der.len);
	uint8_t *octets = malloc(room);
	double start = cpu(), made, checked;
	struct pki_crl *crl;
	struct pki_result r;
	struct pki_der flat;

	crl = pki_crl_load(der, ca, policy, &r);
	if (!crl || !octets)
		ca_die(r.detail);
	flat = (struct pki_der){ octets, pki_crl_flatten(crl, octets, room) };
	pki_crl_free(crl);
	made = cpu() - start;
	start = cpu();
	for (unsigned int i = 0; i < certs; i++) {
		crl = pki_crl_attach(der, flat, ca, policy, &r);
		if (!crl)
			ca_die(r.detail);
		pki_crl_check(crl, all[i], policy, CA_NOW, &r);
		pki_crl_free(crl);
		expect(&r, i);
	}
	checked = cpu() - start;
	printf("index for all checks: %.0f ms, %.1f MiB; %u checks, each of its own: %.1f us each, "
	       "%.2f s in all\n", made * 1e3, (double)flat.len / 1048576, certs,
	       checked / certs * 1e6, checked);
	free(octets);
}

static int ask(const char *dir, unsigned int certs)
{
	static const struct pki_profile profile;
	static struct pki_der all[CERTS_MAX];
	struct pki_crl_policy policy;
	struct pki_crl_info info;
	struct pki_result r;
	struct pki_der der = load(dir, "crl.der");
	struct pki_crl *crl;
	double start, loaded, checked, found;
	char name[32];

	pki_crl_policy_default(&policy, &profile);
	start = cpu();
	crl = pki_crl_load(der, load(dir, "ca.der"), &policy, &r);
	loaded = cpu() - start;
	if (!crl)
		ca_die(r.detail);
	pki_crl_info(crl, &info);
	printf("%zu entries, %zu octets, index of %.1f MiB\n", info.entries, der.len,
	       (double)info.memory / 1048576);
	printf("load %.0f ms, peak %ld MiB\n", loaded * 1e3, peak_kib() / 1024);
	for (unsigned int i = 0; i < certs; i++) {
		snprintf(name, sizeof(name), "%05u.der", i);
		all[i] = load(dir, name);
	}
	start = cpu();
	for (unsigned int i = 0; i < certs; i++) {
		pki_crl_check(crl, all[i], &policy, CA_NOW, &r);
		expect(&r, i);
	}
	checked = cpu() - start;
	found = 0;
	for (unsigned int i = 0; i < certs; i++) {
		const uint8_t *p = all[i].data;
		X509 *cert = d2i_X509(NULL, &p, (long)all[i].len);
		const ASN1_INTEGER *number = X509_get0_serialNumber(cert);

		start = cpu();
		pki_crl_check_serial(crl, ASN1_STRING_get0_data(number),
				     (size_t)ASN1_STRING_length(number), &policy, CA_NOW, &r);
		found += cpu() - start;
		expect(&r, i);
		X509_free(cert);
	}
	printf("%u certificates: %.1f us each; by serial number: %.2f us each\n", certs,
	       checked / certs * 1e6, found / certs * 1e6);
	pki_crl_free(crl);
	ask_shared(der, load(dir, "ca.der"), all, certs, &policy);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long certs = argc > 3 ? strtoul(argv[argc - 1], NULL, 10) : 0;

	if (certs && certs <= CERTS_MAX && argc == 5 && !strcmp(argv[1], "make"))
		return make(argv[2], strtoul(argv[3], NULL, 10), (unsigned int)certs);
	if (certs && certs <= CERTS_MAX && argc == 4 && !strcmp(argv[1], "ask"))
		return ask(argv[2], (unsigned int)certs);
	fprintf(stderr, "usage: crlcost make DIR ENTRIES CERTS | ask DIR CERTS\n");
	return 64;
}
