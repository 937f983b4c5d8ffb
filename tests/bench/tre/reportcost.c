// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a report costs.
 *
 *	reportcost appraise		reports a second, and bare verifications
 *	reportcost store FILE N		with N devices enrolled in FILE, which is made
 *	reportcost tpm TCTI		a report and a quote
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sqlite3.h>
#include "../../pki/ca.h"
#include "../../tre/report_maker.h"
#include "segw/devices.h"
#include "tre/report.h"

#define ROUNDS		3000
#define LOOKUPS		2001

#define X(h)	h h h h h h h h h h h h h h h h h h h h h h h h h h h h h h h h
#define POLICY	"policy 1\nname lab\npcr 0 " X("00") "\npcr 7 " X("07") "\npcr 10 " X("0a") "\n"

static struct entity box;
static struct made_report report;
static struct made_certification certification;
static struct appraise_device device;
static struct appraise_reference *reference;

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void set_up(void)
{
	const struct ca_spec spec = { .cn = "box", .ext = { CA_EXT_END, "subjectAltName=DNS:henb-1.example.org" } };
	EVP_PKEY *ak = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	struct tre_result r;
	char err[256];

	ca_issue(&box, &spec);
	report_make(&report, ak);
	certification_begin(&certification, ak, box.key);
	certification_end(&certification);
	if (!devices_prepare("henb-1.example.org", box.der, &certification.c, "", &device, &r))
		quote_die(r.detail);
	reference = appraise_reference_make(tre_policy_parse(POLICY, strlen(POLICY), err, sizeof(err)),
					    REPORT_MASK, err, sizeof(err));
	if (!reference)
		quote_die(err);
}

static void appraise_one(const struct appraise_device *dev)
{
	const struct appraise_job job = {
		.record = report.data, .len = report.len, .binding = &report.binding,
		.certificate = box.der, .device = dev, .reference = reference,
	};
	struct appraise_result r;

	appraise(&job, &r);
	if (r.verdict != APPRAISE_GOOD)
		quote_die(r.detail);
}

/* The same signature, its DER made before: what nobody can do without. */
static double verify_all(void)
{
	const TPMS_SIGNATURE_ECDSA *s = &report.quote.signature.signature.ecdsa;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t *der = NULL;
	double start;
	int len;

	ECDSA_SIG_set0(sig, BN_bin2bn(s->signatureR.buffer, 32, NULL), BN_bin2bn(s->signatureS.buffer, 32, NULL));
	len = i2d_ECDSA_SIG(sig, &der);
	start = now(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < ROUNDS; i++) {
		EVP_MD_CTX *md = EVP_MD_CTX_new();

		if (EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, report.quote.key) != 1 ||
		    EVP_DigestVerify(md, der, (size_t)len, report.quote.attest_der, report.quote.attest_len) != 1)
			quote_die("verification");
		EVP_MD_CTX_free(md);
	}
	return ROUNDS / (now(CLOCK_PROCESS_CPUTIME_ID) - start);
}

static double appraise_all(void)
{
	double start = now(CLOCK_PROCESS_CPUTIME_ID);

	for (int i = 0; i < ROUNDS; i++)
		appraise_one(&device);
	return ROUNDS / (now(CLOCK_PROCESS_CPUTIME_ID) - start);
}

static int run_appraise(void)
{
	double bare = 0, whole = 0;

	/* The best of each: what else ran is not what is measured. */
	for (int i = 0; i < 5; i++) {
		double b = verify_all(), w = appraise_all();

		bare = b > bare ? b : bare;
		whole = w > whole ? w : whole;
	}
	printf("%-12s %8.0f/s\n%-12s %8.0f/s   ratio %.2f\n", "verified", bare, "appraised", whole, whole / bare);
	return 0;
}

/* Rows as enrolment makes them, in one go. */
static void fill(const char *path, const char *n)
{
	char sql[1024];
	sqlite3 *h;

	snprintf(sql, sizeof(sql), "WITH RECURSIVE i(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM i WHERE n < %s)"
		 " INSERT INTO device (identity, ak_public, ak_name, ike_key, ike_public, certify, signature,"
		 " reference, enrolled_s) SELECT printf('henb-%%d.example.org', n), randomblob(90), randomblob(34),"
		 " randomblob(32), randomblob(90), randomblob(141), randomblob(72), '', 0 FROM i", n);
	if (sqlite3_open(path, &h) || sqlite3_exec(h, sql, NULL, NULL, NULL))
		quote_die(sqlite3_errmsg(h));
	sqlite3_close(h);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2] * 1e6;
}

static int run_store(const char *path, const char *n)
{
	static double found[LOOKUPS], whole[LOOKUPS], stored[101];
	const struct appraise_counters c = { true, 1, 1, 1 };
	struct appraise_device dev;
	struct devices *d;
	char err[256], name[64];

	d = devices_open(path, true, 1000, err, sizeof(err));
	if (!d || devices_enrol(d, &device, &certification.c, 0, false))
		quote_die(err);
	devices_close(d);
	fill(path, n);
	d = devices_open(path, true, 1000, err, sizeof(err));
	for (size_t i = 0; d && i < LOOKUPS; i++) {
		double start = now(CLOCK_MONOTONIC);

		snprintf(name, sizeof(name), "henb-%ld.example.org", 1 + random() % atol(n));
		if (devices_find(d, name, &dev))
			quote_die(devices_error(d));
		found[i] = now(CLOCK_MONOTONIC) - start;
		appraise_one(&device);
		whole[i] = now(CLOCK_MONOTONIC) - start;
	}
	for (size_t i = 0; d && i < 101; i++) {
		double start = now(CLOCK_MONOTONIC);

		if (devices_seen(d, &device, &c, 0))
			quote_die(devices_error(d));
		stored[i] = now(CLOCK_MONOTONIC) - start;
	}
	devices_close(d);
	printf("%7s devices   found %6.1f   found and appraised %6.1f   counters stored %7.1f\n", n,
	       median(found, LOOKUPS), median(whole, LOOKUPS), median(stored, 101));
	return 0;
}

static int run_tpm(const char *tcti)
{
	static double made[20], quoted[20];
	const struct tre_claims claims = { .verdict = TRE_CLAIM_PASS };
	const struct tre_binding b = report_binding();
	uint8_t record[TRE_RECORD_MAX], qualifying[TRE_DIGEST_LEN] = { 0 };
	struct tre_policy *policy = tre_policy_parse(POLICY, strlen(POLICY), NULL, 0);
	struct tre_result r;
	size_t len;

	for (int i = 0; i < 20; i++) {
		double start = now(CLOCK_MONOTONIC);

		tre_report_make(tcti, 0xff, &b, &claims, record, &len, &r);
		if (!len)
			quote_die(r.detail);
		made[i] = now(CLOCK_MONOTONIC) - start;
		start = now(CLOCK_MONOTONIC);
		tre_quote(tcti, 1, qualifying, policy, &r);
		if (r.verdict != TRE_PASS)
			quote_die(r.detail);
		quoted[i] = now(CLOCK_MONOTONIC) - start;
	}
	printf("report of PCRs 0-7 %6.1f ms, of %zu octets   quote of one PCR, judged %6.1f ms\n",
	       median(made, 20) / 1000, len, median(quoted, 20) / 1000);
	tre_policy_free(policy);
	return 0;
}

int main(int argc, char **argv)
{
	setenv("TSS2_LOG", "all+none", 0);
	set_up();
	if (argc == 2 && !strcmp(argv[1], "appraise"))
		return run_appraise();
	if (argc == 4 && !strcmp(argv[1], "store"))
		return run_store(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "tpm"))
		return run_tpm(argv[2]);
	fputs("usage: reportcost appraise | store FILE N | tpm TCTI\n", stderr);
	return 64;
}
