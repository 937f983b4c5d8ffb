// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store of enrolled devices: what may be enrolled, that counters never go back,
 * that a crash at any moment leaves the old or the new, and that a damaged file is
 * told of. With an argument, "postgresql:...", the same of an empty database, and what two
 * gateways make of it that share one.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include "lib/tap.h"
#include "pki/ca.h"
#include "segw/devices.h"
#include "tre/report_maker.h"

#define NAME	"henb-1.example.org"
#define OTHER	"henb-2.example.org"
#define SAN	"subjectAltName=DNS:" NAME

static EVP_PKEY *own, *foreign;
static struct entity box, other_key, other_name, common_name;
static char dir[] = "/tmp/trustgate-devices.XXXXXX", path[256];
static bool shared;

static struct devices *reopen(struct devices *d, bool write)
{
	char err[256];

	devices_close(d);
	d = devices_open(path, write, 1000, err, sizeof(err));
	if (!d)
		quote_die(err);
	return d;
}

struct enrolment {
	const char *what, *identity, *rule;	/* NULL: it is enrolled */
	const struct entity *cert;
	void (*bend)(struct made_certification *m);
	const char *reference;
};

static void foreign_sig(struct made_certification *m) { m->ak.key = foreign; }
static void movable(struct made_certification *m)
{
	m->ike.public.publicArea.objectAttributes &= ~TPMA_OBJECT_FIXEDTPM;
}

static void signing_ak(struct made_certification *m)
{
	m->ak.public.publicArea.objectAttributes &= ~TPMA_OBJECT_RESTRICTED;
}

static const struct enrolment enrolments[] = {
	{ "a device with its files", NAME, NULL, &box },
	{ "in capitals and with a dot at its end", "HENB-1.Example.org.", NULL, &box },
	{ "an IPv4 address", "192.0.2.1", "enrol.identity", &box },
	{ "another name than the certificate's", OTHER, "enrol.identity", &box },
	{ "a certificate of another name", NAME, "enrol.identity", &other_name },
	{ "a certificate with the name in its subject only", NAME, "enrol.identity", &common_name },
	{ "a certificate of another key", NAME, "enrol.certificate.key", &other_key },
	{ "no certificate", NAME, "enrol.certificate", NULL },
	{ "a certification by another key", NAME, "tre.signature", &box, foreign_sig },
	{ "an IKE key that can leave the TPM", NAME, "tre.ike.attributes", &box, movable },
	{ "an attestation key that signs anything", NAME, "tre.ak.attributes", &box, signing_ak },
	{ "a reference of 64 characters", NAME, "enrol.reference", &box, NULL,
	  "0123456789012345678901234567890123456789012345678901234567890123" },
};

static bool prepare(const char *identity, const struct entity *cert, EVP_PKEY *ak,
		    void (*bend)(struct made_certification *m), struct made_certification *m,
		    struct appraise_device *device, const char *reference, struct tre_result *r)
{
	struct pki_der none = { (const uint8_t *)"", 0 };

	certification_begin(m, ak, cert ? cert->key : box.key);
	/* The certificate of another key is held against the right IKE key. */
	if (cert == &other_key)
		certification_begin(m, ak, box.key);
	if (bend)
		bend(m);
	certification_end(m);
	return devices_prepare(identity, cert ? cert->der : none, &m->c, reference ? reference : "",
			       device, r);
}

static void test_prepare(void)
{
	static struct made_certification m;
	struct appraise_device device;
	struct tre_result r;

	for (size_t i = 0; i < sizeof(enrolments) / sizeof(*enrolments); i++) {
		const struct enrolment *e = &enrolments[i];
		bool ok = prepare(e->identity, e->cert, own, e->bend, &m, &device, e->reference, &r);

		if (!tap_ok(ok == !e->rule && (ok ? !strcmp(device.identity, NAME) && device.ak_public_len :
					       !strcmp(r.rule, e->rule) && r.detail[0]),
			    "FFS-04: %s: %s", e->what, e->rule ? e->rule : "enrolled"))
			printf("# %s: %s\n", r.rule, r.detail);
	}
}

static struct made_certification made, made_other;
static struct appraise_device device, other;

static void test_enrol(void)
{
	struct devices *d = reopen(NULL, true);
	struct appraise_device got, clash = other;
	struct stat st;

	if (!shared)
		tap_ok(!stat(path, &st) && (st.st_mode & 0777) == 0600,
		       "PRIV-07: the store is its owner's alone");
	tap_ok(devices_find(d, NAME, &got) == -ENOENT && *devices_error(d), "FFS-04: nobody is enrolled at first");
	tap_ok(!devices_enrol(d, &device, &made.c, 100, false) && devices_count(d) == 1,
	       "FFS-04: a device is enrolled");
	tap_ok(devices_enrol(d, &device, &made.c, 100, false) == -EEXIST,
	       "FFS-04: not twice, unless it is to be replaced");
	tap_ok(!devices_enrol(d, &other, &made_other.c, 100, false) && devices_count(d) == 2,
	       "FFS-04: another is");
	memcpy(clash.ak_name, device.ak_name, sizeof(clash.ak_name));
	tap_ok(devices_enrol(d, &clash, &made_other.c, 100, true) == -EEXIST,
	       "PIT-40: an attestation key is no two devices'");
	clash = other;
	memcpy(clash.ike_key, device.ike_key, sizeof(clash.ike_key));
	tap_ok(devices_enrol(d, &clash, &made_other.c, 100, true) == -EEXIST,
	       "PIT-40: nor is an IKE key");
	tap_ok(!devices_find(d, OTHER, &got) && !memcmp(got.ak_name, other.ak_name, sizeof(got.ak_name)),
	       "FFS-04: and what was there before is there still");
	d = reopen(d, false);
	tap_ok(!devices_find(d, NAME, &got) && !memcmp(&got, &device, sizeof(got)),
	       "FFS-04: what was enrolled is read again as it was");
	devices_close(d);
}

static int seen(struct devices *d, uint32_t reset, uint32_t restart, uint64_t firmware)
{
	const struct appraise_counters c = { true, reset, restart, firmware };

	return devices_seen(d, &device, &c, 200);
}

static void test_counters(void)
{
	struct devices *d = reopen(NULL, true);
	struct appraise_device got, stale = device;
	const struct appraise_counters c = { true, 9, 9, 9 };

	tap_ok(!seen(d, 7, 3, 10) && !seen(d, 7, 3, 10) && !seen(d, 7, 4, 10) && !seen(d, 8, 0, 10),
	       "FFS-03: counters that stay or go on are stored");
	tap_ok(seen(d, 7, 9, 11) == -ESTALE && seen(d, 7, 0, 11) == -ESTALE && *devices_error(d),
	       "FFS-03: a reset that goes back is not");
	tap_ok(!seen(d, 8, 2, 11) && seen(d, 8, 1, 12) == -ESTALE, "FFS-03: nor is a restart");
	tap_ok(!seen(d, 8, 2, 5), "FFS-03: older firmware goes on with its counters");
	d = reopen(d, true);
	tap_ok(!devices_find(d, NAME, &got) && got.last.seen && got.last.reset == 8 &&
	       got.last.restart == 2 && got.last.firmware == 11,
	       "FFS-03: and the highest of each is what is there");
	stale.ak_name[5] ^= 1;
	tap_ok(devices_seen(d, &stale, &c, 200) == -ESTALE,
	       "FFS-03: a report by the key of an earlier enrolment is stale");
	snprintf(stale.identity, sizeof(stale.identity), "henb-9.example.org");
	tap_ok(devices_seen(d, &stale, &c, 200) == -ESTALE, "FFS-03: and so is one by nobody's");
	tap_ok(!seen(d, UINT32_MAX, UINT32_MAX, UINT64_MAX) && !devices_find(d, NAME, &got) &&
	       got.last.reset == UINT32_MAX && got.last.restart == UINT32_MAX &&
	       got.last.firmware == UINT64_MAX, "FFS-03: the largest numbers are stored");
	tap_ok(!devices_enrol(d, &device, &made.c, 300, true) && !devices_find(d, NAME, &got) &&
	       !got.last.seen, "FFS-04: a device enrolled anew begins anew");
	devices_close(d);
}

static int add(void *arg, const struct devices_entry *e)
{
	char *list = arg;

	strcat(list, e->device.identity);
	strcat(list, " ");
	return 0;
}

static int stop(void *arg, const struct devices_entry *e)
{
	++*(int *)arg;
	return (int)strlen(e->device.identity);
}

static void test_list(void)
{
	struct devices *d = reopen(NULL, true);
	char list[1024] = "";
	int calls = 0;

	tap_ok(!devices_each(d, add, list) && !strcmp(list, NAME " " OTHER " "), "FFS-04: all are listed");
	tap_ok(devices_each(d, stop, &calls) == (int)strlen(NAME) && calls == 1, "FFS-04: until it is enough");
	tap_ok(!devices_remove(d, OTHER) && devices_remove(d, OTHER) == -ENOENT && devices_count(d) == 1,
	       "FFS-04: one is removed once");
	devices_close(d);
}

/* A writer that is killed at some moment, again and again. */
static void test_crash(void)
{
	uint32_t told = 0;
	bool good = true;

	for (int round = 0; round < 20 && good; round++) {
		struct appraise_device got;
		struct devices *d;
		int fds[2];
		uint32_t n;
		pid_t pid;

		if (pipe(fds))
			quote_die("pipe");
		pid = fork();
		if (!pid) {
			d = reopen(NULL, true);
			for (n = told + 1; !seen(d, n, n, 1); n++)
				if (write(fds[1], &n, sizeof(n)) != sizeof(n))
					_exit(1);
			_exit(1);
		}
		close(fds[1]);
		usleep(40000 + 3000u * (unsigned int)round);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		while (read(fds[0], &n, sizeof(n)) == sizeof(n))
			told = n;
		close(fds[0]);
		d = reopen(NULL, true);
		good = !devices_find(d, NAME, &got) && got.last.reset == got.last.restart &&
		       (got.last.reset == told || got.last.reset == told + 1);
		told = got.last.reset;
		devices_close(d);
	}
	tap_ok(good && told > 0, "FFS-03: after 20 kills what was reported stored is stored (%u times)", told);
}

static void test_two(void)
{
	char err[256];
	struct devices *a = reopen(NULL, true), *b = devices_open(path, true, 50, err, sizeof(err));
	struct appraise_device got;
	sqlite3 *h;

	tap_ok(b && !seen(b, UINT32_MAX - 1, 0, 1) && !devices_find(a, NAME, &got) &&
	       got.last.reset == UINT32_MAX - 1, "FFS-04: what one process stores another sees");
	/* A third one that holds the lock. */
	sqlite3_open(path, &h);
	sqlite3_exec(h, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	tap_ok(seen(b, UINT32_MAX, 0, 1) == -EBUSY && strstr(devices_error(b), "try again"),
	       "SGW-INT-09: nobody waits for a writer longer than he said");
	tap_ok(!devices_find(a, NAME, &got), "SGW-INT-09: and a reader not at all");
	sqlite3_exec(h, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(h);
	devices_close(a);
	devices_close(b);
}

/* At the second gateway, whose view of the device is @from of before. */
static int seen_by(struct devices *d, const struct appraise_device *from, uint32_t reset, uint32_t restart)
{
	const struct appraise_counters c = { true, reset, restart, 1 };

	return devices_seen(d, from, &c, 200);
}

/* FFS-03 over gateways: what a TPM said to one it can't say less of to the other. */
static void test_gateways(void)
{
	struct devices *a = reopen(NULL, true), *b = reopen(NULL, true);
	struct appraise_device at_a, at_b;
	char list[1024] = "";

	tap_ok(!devices_enrol(a, &device, &made.c, 100, true) && !devices_find(b, NAME, &at_b) &&
	       !memcmp(&at_b, &device, sizeof(at_b)), "FFS-04: what is enrolled at one gateway is at the other");
	tap_ok(!devices_find(a, NAME, &at_a) && !seen_by(a, &at_a, 5, 2), "FFS-03: one gateway hears of a TPM");
	tap_ok(seen_by(b, &at_b, 4, 9) == -ESTALE && seen_by(b, &at_b, 5, 1) == -ESTALE && *devices_error(b),
	       "FFS-03: a state of before is refused at the other, though it looked earlier");
	tap_ok(!devices_find(b, NAME, &at_b) && at_b.last.reset == 5 && at_b.last.restart == 2,
	       "FFS-03: which sees what the first has heard");
	tap_ok(!seen_by(b, &at_b, 6, 0) && seen_by(a, &at_a, 5, 9) == -ESTALE, "FFS-03: and the other way round");
	tap_ok(!devices_enrol(b, &device, &made.c, 100, true) && !devices_find(b, NAME, &at_b) && !at_b.last.seen,
	       "FFS-04: the other enrols it anew");
	tap_ok(!devices_remove(b, NAME) && seen_by(a, &at_a, 9, 0) == -ESTALE,
	       "FFS-04: a device that the other has removed is none");
	tap_ok(devices_find(a, "x'; DROP TABLE device; --", &at_a) == -ENOENT && !devices_each(a, add, list),
	       "FFS-04: a name is never part of a statement");
	tap_ok(!devices_enrol(a, &device, &made.c, 100, false), "FFS-04: and the device can be enrolled again");
	devices_close(a);
	devices_close(b);
}

/* Counters of one parity each, until @last. */
static void race(uint32_t from, uint32_t last)
{
	struct devices *d = reopen(NULL, true);
	int rc = 0;

	for (uint32_t n = from; n <= last && !rc; n += 2) {
		rc = seen_by(d, &device, n, 0);
		rc = rc == -ESTALE ? 0 : rc;
	}
	if (rc)
		fprintf(stderr, "%s\n", devices_error(d));
	devices_close(d);
	_exit(rc ? 1 : 0);
}

static void test_race(void)
{
	struct devices *d = reopen(NULL, true);
	struct appraise_device got;
	bool good = true, done = false;
	int status, left = 2;
	uint32_t before = 0;

	for (uint32_t i = 0; i < 2; i++)
		if (!fork())
			race(1000 + i, 1600 + i);
	while (!done) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		good = good && pid >= 0 && (!pid || !status) && !devices_find(d, NAME, &got) &&
		       got.last.reset >= before;
		before = got.last.reset;
		left -= pid > 0;
		done = !left || pid < 0;
	}
	tap_ok(good && !devices_find(d, NAME, &got) && got.last.reset == 1601,
	       "FFS-03: two gateways at once: the counters only rise, to the highest of all");
	devices_close(d);
}

static void query(const char *sql)
{
	PGconn *c = PQconnectdb(path);
	PGresult *r = PQexec(c, sql);

	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		quote_die(PQerrorMessage(c));
	PQclear(r);
	PQfinish(c);
}

static void test_made_once(void)
{
	int status, bad = 0;
	char err[256];

	tap_ok(!devices_open(path, false, 1000, err, sizeof(err)) && strstr(err, "enrol"),
	       "FFS-04: a database without a store is not one to read");
	for (int i = 0; i < 4; i++) {
		if (!fork()) {
			devices_close(reopen(NULL, true));
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		bad += status != 0;
	tap_ok(!bad, "FFS-04: four that start at once make one store");
}

static bool command(const char *name)
{
	const char *line = getenv(name);

	return line && !system(line);
}

static void test_server(void)
{
	struct devices *d = reopen(NULL, true), *held = reopen(NULL, true);
	struct appraise_device got;
	char err[256] = "", where[300];

	query("ALTER TABLE device RENAME TO away");
	tap_ok(devices_find(d, NAME, &got) < 0 && *devices_error(d), "FFS-04: a store without its table is told of");
	query("ALTER TABLE away RENAME TO device");
	query("UPDATE device SET ak_name = '\\x00'");
	tap_ok(devices_find(d, NAME, &got) == -EBADMSG, "FFS-04: a damaged device is none");
	query("UPDATE trustgate_store SET version = 2");
	tap_ok(!devices_open(path, true, 50, err, sizeof(err)) && strstr(err, "version"),
	       "FFS-04: a store of another version is not read");
	query("UPDATE trustgate_store SET version = 1");
	snprintf(where, sizeof(where), "postgresql:///nobody%s", strchr(path, '?'));
	tap_ok(!devices_open(where, true, 50, err, sizeof(err)) && strstr(err, "does not exist") && !strstr(err, "nobody"),
	       "FFS-04: nor a database that is not there, of whose URI nothing is shown");
	tap_ok(command("PG_DOWN") && devices_find(held, NAME, &got) == -EIO && strstr(devices_error(held), "server up"),
	       "SGW-INT-09: a server that went away is told of");
	tap_ok(!devices_open(path, true, 50, err, sizeof(err)) && strstr(err, "server up"),
	       "SGW-INT-09: and so is one that is not there");
	tap_ok(command("PG_UP") && (d = reopen(d, true)) && devices_count(d) == 1,
	       "FFS-04: what was stored is there when it is again");
	devices_close(d);
	devices_close(held);
}

static void exec_on(const char *sql)
{
	sqlite3 *h;

	if (sqlite3_open(path, &h) || sqlite3_exec(h, sql, NULL, NULL, NULL))
		quote_die(sqlite3_errmsg(h));
	sqlite3_close(h);
}

static void test_damage(void)
{
	struct devices *d;
	struct appraise_device got;
	char err[256] = "";
	FILE *f;

	exec_on("UPDATE device SET ak_name = x'00'");
	d = reopen(NULL, false);
	tap_ok(devices_find(d, NAME, &got) == -EBADMSG, "FFS-04: a damaged device is none");
	devices_close(d);
	exec_on("PRAGMA user_version = 2");
	tap_ok(!devices_open(path, true, 50, err, sizeof(err)) && strstr(err, "version 2"),
	       "FFS-04: a store of another version is not read");
	exec_on("PRAGMA user_version = 1; PRAGMA application_id = 5");
	tap_ok(!devices_open(path, true, 50, err, sizeof(err)) && strstr(err, "kind 5"),
	       "FFS-04: nor is another program's");
	f = fopen(path, "w");
	fputs("this is no store of devices, not at all, and not by any means\n", f);
	fclose(f);
	tap_ok(!devices_open(path, true, 50, err, sizeof(err)) && strstr(err, "damaged"),
	       "FFS-04: nor is what is no database");
	unlink(path);
	tap_ok(!devices_open(path, false, 50, err, sizeof(err)) && strstr(err, "enrol"),
	       "FFS-04: nor is what is not there");
	tap_ok(!devices_open("/nonexistent/devices.db", true, 50, err, sizeof(err)) && *err,
	       "FFS-04: nor is what can't be made");
}

static void test_shared(void)
{
	test_gateways();
	test_race();
	test_server();
}

int main(int argc, char **argv)
{
	const struct ca_spec specs[] = {
		{ .cn = "box", .ext = { CA_EXT_END, SAN } }, { .cn = "key", .ext = { CA_EXT_END, SAN } },
		{ .cn = "name", .ext = { CA_EXT_END, "subjectAltName=DNS:" OTHER } },
		{ .cn = NAME, .ext = { CA_EXT_END } },
	};
	char wal[sizeof(path) + 8];
	struct tre_result r;

	setenv("TSS2_LOG", "all+none", 0);
	own = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	foreign = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	ca_issue(&box, &specs[0]);
	ca_issue(&other_key, &specs[1]);
	ca_issue(&other_name, &specs[2]);
	ca_issue(&common_name, &specs[3]);
	if (!own || !foreign || !mkdtemp(dir))
		quote_die("set up");
	shared = argc > 1;
	if (shared)
		snprintf(path, sizeof(path), "%s", argv[1]);
	else
		snprintf(path, sizeof(path), "%s/devices.db", dir);
	tap_start();
	if (shared)
		test_made_once();
	test_prepare();
	if (!prepare(NAME, &box, own, NULL, &made, &device, "lab", &r) ||
	    !prepare(OTHER, &other_name, foreign, NULL, &made_other, &other, "", &r))
		quote_die(r.detail);
	test_enrol();
	test_counters();
	test_list();
	test_crash();
	if (shared) {
		test_shared();
	} else {
		test_two();
		test_damage();
	}
	for (int i = 0; i < 3; i++) {
		static const char *const ends[] = { "", "-wal", "-shm" };

		snprintf(wal, sizeof(wal), "%s%s", path, ends[i]);
		unlink(wal);
	}
	rmdir(dir);
	EVP_PKEY_free(own);
	EVP_PKEY_free(foreign);
	return tap_end();
}
