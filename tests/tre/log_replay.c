// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * log_replay event|ima FILE: the PCRs that a log leads to, "N HEX" a line; of one of the
 * kernel's also its entries, "# N PATH ALGORITHM". Status 1: the log is none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tre/eventlog.h"
#include "tre/imalog.h"

static void print_pcr(int n, const uint8_t digest[TRE_DIGEST_LEN])
{
	printf("%d ", n);
	for (int i = 0; i < TRE_DIGEST_LEN; i++)
		printf("%02x", digest[i]);
	putchar('\n');
}

static int replay_events(const uint8_t *log, size_t len)
{
	struct tre_eventlog l;
	struct tre_event e;

	if (tre_eventlog_begin(&l, log, len))
		while (tre_eventlog_next(&l, &e) > 0)
			;
	if (l.err[0]) {
		fprintf(stderr, "%s\n", l.err);
		return 1;
	}
	for (int i = 0; i < TRE_PCRS; i++)
		if (l.extended & 1u << i)
			print_pcr(i, l.pcrs[i]);
	return 0;
}

static int replay_files(const uint8_t *log, size_t len)
{
	struct tre_ima_entry e;
	struct tre_imalog l;
	int more;

	tre_imalog_begin(&l, log, len);
	while ((more = tre_imalog_next(&l, &e)) > 0)
		printf("# %u %.*s %s%s\n", e.n, (int)e.path_len, e.path, e.alg,
		       e.violation ? " violation" : "");
	if (more < 0) {
		fprintf(stderr, "%s\n", l.err);
		return 1;
	}
	print_pcr(TRE_IMA_PCR, l.pcr10);
	return 0;
}

int main(int argc, char **argv)
{
	static uint8_t buf[64u << 20];
	FILE *f = argc == 3 ? fopen(argv[2], "re") : NULL;
	size_t len;

	if (!f)
		return 64;
	len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	return strcmp(argv[1], "ima") ? replay_events(buf, len) : replay_files(buf, len);
}
