// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * driver [-n RUNS] [-t SECONDS] [-s SEED] [-w DIR] [-o FILE] [INPUT...]
 *
 * Runs the INPUTs, the target's own seeds, and RUNS mutations of them, or as many as
 * SECONDS allow. The same SEED gives the same mutations. -o: write each input there
 * before it runs, so that the one that crashed is left. -w: write the seeds as a
 * corpus for libFuzzer, and end.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "fuzz.h"

#define SEEDS_MAX	16

static uint64_t state;
static const char *last;
static struct input {
	size_t len;
	uint8_t *data;
} seeds[SEEDS_MAX];
static unsigned int nseeds;

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static size_t below(size_t n)
{
	return n ? draw() % n : 0;
}

static void write_file(const char *path, const uint8_t *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

/* An exact copy on the heap, so that a read behind its end is seen. */
static void run(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		exit(1);
	memcpy(copy, data, len);
	if (last)
		write_file(last, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static size_t insert(uint8_t *buf, size_t len, size_t at, const uint8_t *from, size_t n)
{
	if (len + n > FUZZ_MAX)
		return len;
	memmove(buf + at + n, buf + at, len - at);
	memcpy(buf + at, from, n);
	return len + n;
}

static size_t mutate_once(uint8_t *buf, size_t len)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0x81, 0x82, 0x83, 0xff, 0x30, 0x04 };
	const struct input *other = &seeds[below(nseeds)];
	size_t at = below(len), n = below(len - at < 32 ? len - at : 32);
	uint8_t chunk[32];

	if (!len)
		return len;
	switch (below(8)) {
	case 0:
		buf[at] ^= (uint8_t)(1 << below(8));
		return len;
	case 1:
		buf[at] = (uint8_t)draw();
		return len;
	case 2:
		buf[at] = values[below(sizeof(values))];
		return len;
	case 3:
		buf[at] = (uint8_t)(buf[at] + (below(2) ? 1 : -1));
		return len;
	case 4:
		memmove(buf + at, buf + at + n, len - at - n);
		return len - n;
	case 5:
		memcpy(chunk, buf + at, n);
		return insert(buf, len, below(len), chunk, n);
	case 6:
		n = other->len < sizeof(chunk) ? other->len : sizeof(chunk);
		return insert(buf, len, at, other->data + below(other->len - n), n);
	default:
		return below(16) ? len : at;
	}
}

static unsigned long run_mutations(unsigned long runs, time_t seconds)
{
	static uint8_t buf[FUZZ_MAX];
	time_t end = time(NULL) + seconds;
	unsigned long i;
	size_t len, times;

	for (i = 0; i < runs && nseeds && time(NULL) <= end; i++) {
		const struct input *seed = &seeds[below(nseeds)];

		len = seed->len;
		memcpy(buf, seed->data, len);
		for (times = 1 + below(4); times; times--)
			len = mutate_once(buf, len);
		run(buf, len);
	}
	return i;
}

static void add_seed(const uint8_t *data, size_t len)
{
	struct input *in = &seeds[nseeds];

	if (nseeds == SEEDS_MAX || !len)
		return;
	in->data = malloc(len);
	if (!in->data)
		exit(1);
	memcpy(in->data, data, len);
	in->len = len;
	nseeds++;
}

static void load(const char *path)
{
	static uint8_t buf[FUZZ_MAX];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f) {
		perror(path);
		exit(1);
	}
	len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	add_seed(buf, len);
	run(buf, len);
}

static void own_seeds(const char *dir)
{
	static uint8_t buf[FUZZ_MAX];
	char path[4096];
	unsigned int n;
	size_t len;

	for (n = 0; (len = fuzz_seed(n, buf)); n++) {
		add_seed(buf, len);
		snprintf(path, sizeof(path), "%s/seed-%u", dir ? dir : "", n);
		if (dir)
			write_file(path, buf, len);
		else
			run(buf, len);
	}
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/'), *dir = NULL;
	unsigned long runs = 2000, seed = 1, seconds = 20;
	int opt;

	while ((opt = getopt(argc, argv, "n:t:s:w:o:")) != -1) {
		if (opt == 'n')
			runs = strtoul(optarg, NULL, 10);
		else if (opt == 't')
			seconds = strtoul(optarg, NULL, 10);
		else if (opt == 's')
			seed = strtoul(optarg, NULL, 10);
		else if (opt == 'w')
			dir = optarg;
		else if (opt == 'o')
			last = optarg;
		else
			return 64;
	}
	state = seed;
	own_seeds(dir);
	if (dir)
		return 0;
	puts("TAP version 13");
	for (; optind < argc; optind++)
		load(argv[optind]);
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	runs = run_mutations(runs, (time_t)seconds);
	printf("ok 1 - SEC-03: %s: %u seeds, %lu mutations (-s %lu)\n1..1\n",
	       name ? name + 1 : argv[0], nseeds, runs, seed);
	while (nseeds)
		free(seeds[--nseeds].data);
	return 0;
}
