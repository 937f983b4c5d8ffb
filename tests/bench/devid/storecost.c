// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Acceptance 5: what a query, a publication and a withdrawal cost when a store has 1,000,
 * 10,000, 100,000 and 1,000,000 bindings.
 *
 *	storecost STORE [BINDINGS]	a file that is not there, or postgresql:...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/evp.h>
#include "devid/store.h"
#include "maker.h"

#define SAMPLES		4000
#define CHANGES		200
#define BATCH		10000
#define TRIALS		900000000	/* numbers beyond those that are published */

static struct store *store;
static EVP_PKEY *key;
static struct pki_der spki;
static struct store_record record;

static void die(const char *what)
{
	fprintf(stderr, "storecost: %s\n", what);
	exit(1);
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), order);
	return v[n / 2];
}

static void put(unsigned int n, enum devid_status status, int64_t version)
{
	struct devid_binding b = maker_y(spki);
	struct devid_result r;

	maker_imei(b.imei, n);
	b.status = status;
	record.len = devid_binding_sign(&b, key, record.data, &r);
	record.status = status;
	record.time_s = b.time_s;
	record.version = version;
	if (store_put(store, DEVID_Y, b.imei, &record))
		die(store_error(store));
}

/* Of a device that is there, or of one that is not: processor time alone. */
static double query(unsigned int bindings, bool there)
{
	static double spent[SAMPLES];
	char imei[DEVID_IMEI_MAX + 1];

	for (size_t i = 0; i < SAMPLES; i++) {
		double begin;

		maker_imei(imei, (there ? 0 : TRIALS / 2) + (unsigned int)random() % bindings);
		begin = now(CLOCK_PROCESS_CPUTIME_ID);
		if (store_get(store, DEVID_Y, imei, &record) != there)
			die("a query that went wrong");
		spent[i] = now(CLOCK_PROCESS_CPUTIME_ID) - begin;
	}
	return median(spent, SAMPLES);
}

/* One transaction each, on the disk when it is over: by the clock. */
static void change(unsigned int first, double *publish, double *withdraw)
{
	static double p[CHANGES], w[CHANGES];

	for (unsigned int i = 0; i < CHANGES; i++) {
		double begin = now(CLOCK_MONOTONIC);

		put(first + i, DEVID_ACTIVE, 0);
		p[i] = now(CLOCK_MONOTONIC) - begin;
	}
	for (unsigned int i = 0; i < CHANGES; i++) {
		double begin = now(CLOCK_MONOTONIC);

		put(first + i, DEVID_WITHDRAWN, 1);
		w[i] = now(CLOCK_MONOTONIC) - begin;
	}
	*publish = median(p, CHANGES);
	*withdraw = median(w, CHANGES);
}

static void fill(unsigned int from, unsigned int to)
{
	while (from < to) {
		unsigned int end = from + BATCH < to ? from + BATCH : to;

		if (store_begin(store))
			die(store_error(store));
		while (from < end)
			put(from++, DEVID_ACTIVE, 0);
		if (store_end(store, true))
			die(store_error(store));
	}
}

int main(int argc, char **argv)
{
	static const uint8_t secret[STORE_KEY_LEN] = { 1 };
	unsigned int most = argc > 2 ? (unsigned int)atoi(argv[2]) : 1000000, have = 0, step = 0;
	double hit = 0, miss = 0, publish, withdraw, first[2] = { 0 };
	char err[STORE_ERR_MAX];

	if (argc < 2)
		die("STORE [BINDINGS]");
	store = store_open(argv[1], secret, true, err, sizeof(err));
	if (!store)
		die(err);
	key = maker_key("P-256");
	spki = maker_spki(maker_key("P-256"));
	puts("Bindings in a store (tests/bench/devid): median microseconds; publish and withdraw sync the disk");
	printf("%10s %10s %10s %10s %10s\n", "bindings", "query", "no such", "publish", "withdraw");
	for (unsigned int n = 1000; n <= most; n *= 10, step++) {
		fill(have, n);
		have = n;
		hit = query(n, true);
		miss = query(n, false);
		change(TRIALS + step * CHANGES, &publish, &withdraw);
		printf("%10u %10.1f %10.1f %10.0f %10.0f\n", n, hit, miss, publish, withdraw);
		fflush(stdout);
		if (!step) {
			first[0] = hit;
			first[1] = miss;
		}
	}
	printf("ratio of a query, %u bindings to 1000: %.2f, of one that finds nothing %.2f\n", have,
	       hit / first[0], miss / first[1]);
	store_close(store);
	return 0;
}
