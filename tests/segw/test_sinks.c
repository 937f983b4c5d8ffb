// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is kept of reports: pseudonyms alone, appended alone, and an outbox that has
 * each event until it was delivered. With arguments FILE N: keeps N events there.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sqlite3.h>
#include "lib/tap.h"
#include "segw/sinks.h"

#define NAME	"henb-1.example.org"

static char dir[] = "/tmp/trustgate-sinks.XXXXXX", path[64];

static struct sinks *open_at(const char *file)
{
	char err[256];
	struct sinks *s = sinks_open(file, 1000, err, sizeof(err));

	if (!s) {
		printf("Bail out! %s\n", err);
		exit(1);
	}
	return s;
}

static const struct appraise_result result = {
	.verdict = APPRAISE_GOOD, .now = { true, 7, 3, 0x2024000100000000 },
	.claims = { .verdict = TRE_CLAIM_PASS, .has_policy = true, .policy_version = "lab-7",
		    .policy_digest = { 0xb0 }, .has_firmware = true, .firmware = { 0xf1 } },
};

static int record(struct sinks *s, const char *identity, const struct appraise_result *r, bool figs)
{
	const struct sinks_event e = {
		.time_s = 1790000000, .identity = identity, .verdict = r ? "good" : "absent",
		.rule = "appraise.good", .outcome = "proven", .result = r,
	};

	return sinks_record(s, &e, figs);
}

static int execute(const char *sql)
{
	sqlite3 *h;
	int rc = sqlite3_open(path, &h);

	if (!rc)
		rc = sqlite3_exec(h, sql, NULL, NULL, NULL);
	sqlite3_close(h);
	return rc;
}

/* Whether any file of the store has @text in it. */
static bool contains(const char *text)
{
	static const char *const ends[] = { "", "-wal", ".key" };
	static char data[1 << 20];
	bool found = false;

	for (size_t i = 0; i < 3; i++) {
		char name[80];
		FILE *f;
		size_t n;

		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		f = fopen(name, "rb");
		if (!f)
			continue;
		n = fread(data, 1, sizeof(data), f);
		fclose(f);
		found = found || memmem(data, n, text, strlen(text));
	}
	return found;
}

static void test_kept(void)
{
	struct sinks *s = open_at(path);
	char one[65], other[65], again[80];
	struct sinks_counts c;
	struct stat st;

	tap_ok(!record(s, NAME, &result, true) && !record(s, NAME, NULL, false) && !sinks_count(s, &c) &&
	       c.kept == 2 && c.waiting == 1 && !c.refused && c.oldest_s == 1790000000,
	       "SGW-INT-08: reports are kept, and told to FIGS when that is wanted");
	tap_ok(sinks_pseudonym(s, NAME, one) && sinks_pseudonym(s, "henb-2.example.org", other) &&
	       strcmp(one, other) && strlen(one) == 64 && contains(one),
	       "PRIV-07: a device is a pseudonym");
	tap_ok(!contains("henb-1") && !contains("example.org"), "PRIV-07: and its name is nowhere in the store");
	sinks_close(s);
	s = open_at(path);
	tap_ok(sinks_pseudonym(s, NAME, again) && !strcmp(one, again), "PRIV-07: the same one the next time");
	sinks_close(s);
	snprintf(again, sizeof(again), "%s.key", path);
	tap_ok(!stat(again, &st) && (st.st_mode & 0777) == 0600 && st.st_size == 32,
	       "PRIV-07: its key is in a file of its own, for the owner alone");
	tap_ok(execute("UPDATE report SET verdict = 'bad'") && execute("DELETE FROM report") &&
	       !execute("SELECT 1 FROM report"), "FFS-07: nothing that is kept is changed or deleted");
}

static void test_outbox(void)
{
	struct sinks *s = open_at(path);
	struct sinks_item first, second;
	struct sinks_counts c;
	int lock, busy;

	tap_ok(sinks_next(s, 1790000001, 0, &first) == 1 && strlen(first.event) == SINKS_EVENT_LEN &&
	       strstr(first.body, first.event) && strstr(first.body, "\"policy\":\"lab-7\"") &&
	       strstr(first.body, "\"tpm_firmware\":\"2024000100000000\"") && !strstr(first.body, "henb"),
	       "SGW-INT-09: what FIGS gets is what is kept");
	tap_ok(!record(s, "henb-2.example.org", NULL, true) && sinks_next(s, 1790000001, first.seq, &second) == 1 &&
	       strcmp(first.event, second.event) && strstr(second.body, "\"claim\":null"),
	       "SGW-INT-09: events have names of their own");
	tap_ok(!sinks_postpone(s, &first, 1790003600) && sinks_next(s, 1790000001, 0, &first) == 1 &&
	       first.seq == second.seq, "SGW-INT-09: one that was refused does not hold up the next");
	tap_ok(!sinks_count(s, &c) && c.waiting == 2 && c.refused == 1, "SGW-INT-09: and waits");
	tap_ok(sinks_next(s, 1790003600, 0, &first) == 1 && first.seq < second.seq,
	       "SGW-INT-09: until it is due again");
	tap_ok(!sinks_delivered(s, &first) && !sinks_delivered(s, &second) &&
	       !sinks_next(s, INT64_MAX, 0, &first), "SGW-INT-09: what was delivered is delivered once");
	tap_ok(!sinks_count(s, &c) && c.kept == 3 && !c.waiting, "SGW-INT-09: and is kept still");
	lock = sinks_lock(path);
	busy = sinks_lock(path);
	tap_ok(lock >= 0 && busy == -EBUSY, "SGW-INT-09: only one delivers at a time");
	close(lock);
	sinks_close(s);
}

/* Kept and told, or neither, at whatever moment it is killed. */
static void test_crash(void)
{
	struct sinks_counts before, after = { 0 };
	struct sinks *s = open_at(path);
	bool good = !sinks_count(s, &before);

	sinks_close(s);
	for (int i = 0; i < 10 && good; i++) {
		pid_t pid = fork();

		if (!pid) {
			s = open_at(path);
			while (!record(s, NAME, &result, true))
				;
			_exit(1);
		}
		usleep(40000 + 2000u * (unsigned int)i);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		s = open_at(path);
		good = !sinks_count(s, &after) && after.kept - before.kept == after.waiting - before.waiting;
		sinks_close(s);
	}
	tap_ok(good && after.kept > before.kept, "SGW-INT-09: after 10 kills each event is kept and waits, or neither");
}

static void test_busy(void)
{
	char err[256];
	struct sinks *s = sinks_open(path, 50, err, sizeof(err));
	sqlite3 *h;

	sqlite3_open(path, &h);
	sqlite3_exec(h, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	tap_ok(s && record(s, NAME, &result, true) == -EBUSY && *sinks_error(s),
	       "SGW-INT-09: who keeps a report waits for nobody");
	sqlite3_exec(h, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(h);
	sinks_close(s);
	tap_ok(!sinks_open("/nonexistent/sinks.db", 50, err, sizeof(err)) && *err,
	       "SGW-INT-09: a store that can't be made is told of");
}

static int fill(const char *file, int n)
{
	struct sinks *s = open_at(file);
	int rc = 0;

	while (!rc && n--)
		rc = record(s, NAME, &result, true);
	if (rc)
		fprintf(stderr, "%s\n", sinks_error(s));
	sinks_close(s);
	return rc ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".key" };

	if (argc == 3)
		return fill(argv[1], atoi(argv[2]));
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/sinks.db", dir);
	tap_start();
	test_kept();
	test_outbox();
	test_crash();
	test_busy();
	for (size_t i = 0; i < 4; i++) {
		char name[80];

		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(dir);
	return tap_end();
}
