// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stores of bindings: DID-X-P3, DID-Y-P3, PRIV-03. In a SQLite of its own; with an
 * argument, in that database, which has to be empty.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include "lib/tap.h"
#include "devid/store.h"
#include "maker.h"

static char dir[] = "/tmp/trustgate-devid.XXXXXX", path[64];
static const char *where;
static const uint8_t key[STORE_KEY_LEN] = { 7 }, other_key[STORE_KEY_LEN] = { 8 };
static EVP_PKEY *signer;
static struct pki_der spki;
static bool shared;

static struct store *open_it(const uint8_t k[STORE_KEY_LEN], bool write)
{
	char err[STORE_ERR_MAX];
	struct store *s = store_open(where, k, write, err, sizeof(err));

	if (s)
		return s;
	printf("Bail out! %s\n", err);
	exit(1);
}

static void record_of(struct store_record *rec, const char *imei, enum devid_status status, int64_t version)
{
	struct devid_binding b = maker_y(spki);
	struct devid_result r;

	strcpy(b.imei, imei);
	b.status = status;
	rec->len = devid_binding_sign(&b, signer, rec->data, &r);
	rec->status = status;
	rec->time_s = b.time_s;
	rec->version = version;
}

static int put(struct store *s, const char *imei, enum devid_status status, int64_t version)
{
	static struct store_record rec;

	record_of(&rec, imei, status, version);
	return store_put(s, DEVID_Y, imei, &rec);
}

/* What is there is what was signed: its status, or -1. */
static int get(struct store *s, const char *imei, int64_t *version)
{
	static struct store_record rec;
	struct devid_binding b;
	struct devid_result r;
	int rc = store_get(s, DEVID_Y, imei, &rec);

	if (rc <= 0)
		return rc;
	*version = rec.version;
	return devid_binding_verify(rec.data, rec.len, signer, &b, &r) && !strcmp(b.imei, imei) &&
	       b.status == rec.status ? (int)b.status : -1;
}

static void life(struct store *s)
{
	struct store_counts n;
	int64_t version = 0, before, after;
	struct store *second;

	tap_ok(get(s, MAKER_IMEI, &version) == 0, "nothing is there");
	tap_ok(!put(s, MAKER_IMEI, DEVID_ACTIVE, 0) && get(s, MAKER_IMEI, &version) == DEVID_ACTIVE &&
	       version == 1, "DID-Y-P3: published and read back");
	tap_ok(put(s, MAKER_IMEI, DEVID_ACTIVE, 0) == -EEXIST, "published again: it is there");
	tap_ok(get(s, MAKER_OTHER, &version) == 0, "another device's is not");
	second = open_it(key, true);
	tap_ok(get(second, MAKER_IMEI, &version) == DEVID_ACTIVE, "another process sees it");
	store_generation(s, &before);
	tap_ok(!put(second, MAKER_IMEI, DEVID_WITHDRAWN, 1) && get(s, MAKER_IMEI, &version) == DEVID_WITHDRAWN &&
	       version == 2, "DID-Y-P3: withdrawn there, it is withdrawn here");
	tap_ok(!store_generation(s, &after) && after == before + 1, "FFS-10: and the count of changes says so");
	tap_ok(put(s, MAKER_IMEI, DEVID_ACTIVE, 1) == -EEXIST && get(s, MAKER_IMEI, &version) == DEVID_WITHDRAWN,
	       "whoever saw the version before does not undo it");
	store_generation(s, &before);
	tap_ok(before == after, "a change that was refused is none");
	tap_ok(!put(s, MAKER_IMEI, DEVID_ACTIVE, 2) && !put(s, MAKER_OTHER, DEVID_ACTIVE, 0) &&
	       !store_count(s, &n) && n.active == 2 && !n.withdrawn, "published anew, and a second one: two");
	tap_ok(store_miss(s, DEVID_Y, MAKER_IMEI) == 0, "DID-X-P6: a search that is to miss misses what is there");
	store_close(second);
}

static void batches(struct store *s)
{
	char imei[DEVID_IMEI_MAX + 1];
	int64_t version;
	bool ok = true;

	ok &= !store_begin(s);
	for (unsigned int i = 500; i < 600; i++) {
		maker_imei(imei, i);
		ok &= !put(s, imei, DEVID_ACTIVE, 0);
	}
	ok &= !store_end(s, false);
	maker_imei(imei, 500);
	tap_ok(ok && get(s, imei, &version) == 0, "an import that was given up leaves nothing");
	ok = !store_begin(s);
	for (unsigned int i = 500; i < 600; i++) {
		maker_imei(imei, i);
		ok &= !put(s, imei, DEVID_ACTIVE, 0);
	}
	ok &= !store_end(s, true);
	for (unsigned int i = 500; i < 600; i++) {
		maker_imei(imei, i);
		ok &= get(s, imei, &version) == DEVID_ACTIVE;
	}
	tap_ok(ok, "one that was not leaves all");
}

static void other_keys(void)
{
	char err[STORE_ERR_MAX] = "";
	struct store *s = store_open(where, other_key, true, err, sizeof(err));

	tap_ok(!s && strstr(err, "another store-key"), "another store-key opens nothing: %s", err);
	store_close(s);
	s = store_open(where, other_key, false, err, sizeof(err));
	tap_ok(!s, "nor to read alone");
	store_close(s);
}

/* Whether a file of the store has those octets. */
static bool holds(const char *file, const uint8_t *what, size_t len)
{
	int fd = open(file, O_RDONLY);
	static uint8_t data[1 << 24];
	ssize_t n = fd < 0 ? 0 : read(fd, data, sizeof(data));

	if (fd >= 0)
		close(fd);
	return n > 0 && memmem(data, (size_t)n, what, len);
}

static bool anywhere(const void *what, size_t len)
{
	char wal[80];

	snprintf(wal, sizeof(wal), "%s-wal", path);
	return holds(path, what, len) || holds(wal, what, len);
}

static void dump(void)
{
	uint8_t bcd[7], tbcd[7];

	for (int i = 0; i < 7; i++) {
		bcd[i] = (uint8_t)((MAKER_IMEI[2 * i] - '0') << 4 | (MAKER_IMEI[2 * i + 1] - '0'));
		tbcd[i] = (uint8_t)((MAKER_IMEI[2 * i + 1] - '0') << 4 | (MAKER_IMEI[2 * i] - '0'));
	}
	tap_ok(!anywhere(MAKER_IMEI, 14) && !anywhere(bcd, 7) && !anywhere(tbcd, 7),
	       "PRIV-03: the store's files have no IMEI in them, nor its BCD");
	tap_ok(!anywhere(spki.data + 26, 32), "nor a public key, by which one would be found");
	tap_ok(anywhere("sealed", 6), "(they are what was looked through)");
}

static int execute(const char *sql)
{
	sqlite3 *h;
	int rc = sqlite3_open(path, &h);

	rc = rc ? rc : sqlite3_exec(h, sql, NULL, NULL, NULL);
	sqlite3_close(h);
	return rc;
}

static void no_key_row(bool write)
{
	char err[STORE_ERR_MAX] = "";
	struct store *s = store_open(where, key, write, err, sizeof(err));

	tap_ok(!s && strstr(err, "nothing in it tells its store-key"),
	       "bindings without the row of their key are not opened to %s: %s", write ? "write" : "read", err);
	store_close(s);
}

/* Whoever can write to the file but has no key. */
static void tampered(struct store *s)
{
	int64_t version;

	execute("UPDATE devid_binding SET sealed = (SELECT sealed FROM devid_binding ORDER BY id DESC LIMIT 1)");
	tap_ok(get(s, MAKER_IMEI, &version) == -EBADMSG, "a record moved to another row does not open: %s",
	       store_error(s));
	execute("DELETE FROM devid_binding WHERE idx = zeroblob(32)");
	no_key_row(true);
	no_key_row(false);
	execute("DELETE FROM devid_binding WHERE idx <> zeroblob(32)");
	put(s, MAKER_IMEI, DEVID_ACTIVE, 0);
	execute("UPDATE devid_binding SET sealed = substr(sealed, 1, 100)");
	tap_ok(get(s, MAKER_IMEI, &version) == -EBADMSG, "one that was cut neither");
	execute("DROP TABLE devid_change");
	tap_ok(store_generation(s, &version) < 0, "a table that is gone is an error, not zero");
}

static void key_files(void)
{
	uint8_t a[STORE_KEY_LEN], b[STORE_KEY_LEN];
	char file[80], err[STORE_ERR_MAX];

	snprintf(file, sizeof(file), "%s/key", dir);
	tap_ok(store_key_load(file, false, a, err, sizeof(err)) == -ENOENT, "no key: %s", err);
	tap_ok(!store_key_load(file, true, a, err, sizeof(err)) && !store_key_load(file, true, b, err, sizeof(err)) &&
	       !memcmp(a, b, sizeof(a)), "a key is made once");
	chmod(file, 0644);
	tap_ok(store_key_load(file, false, a, err, sizeof(err)) == -EPERM, "one that others may read is refused");
	chmod(file, 0600);
	if (truncate(file, 31))
		perror("truncate");
	tap_ok(store_key_load(file, true, a, err, sizeof(err)) == -EBADMSG, "one of 31 octets, too");
}

static void clean(void)
{
	static const char *const names[] = { "b.db", "b.db-wal", "b.db-shm", "key" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char file[80];

		snprintf(file, sizeof(file), "%s/%s", dir, names[i]);
		unlink(file);
	}
	rmdir(dir);
}

int main(int argc, char **argv)
{
	struct store *s;
	struct stat st;

	tap_start();
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/b.db", dir);
	shared = argc > 1;
	where = shared ? argv[1] : path;
	signer = maker_key("P-256");
	spki = maker_spki(maker_key("P-256"));
	s = open_it(key, true);
	life(s);
	batches(s);
	other_keys();
	if (!shared) {
		tap_ok(!stat(path, &st) && (st.st_mode & 0777) == 0600, "its file is the owner's alone");
		dump();
		tampered(s);
		key_files();
	}
	store_close(s);
	clean();
	return tap_end();
}
