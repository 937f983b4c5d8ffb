// SPDX-License-Identifier: GPL-2.0-or-later
#include "segw/sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "segw/sinks_internal.h"

#define APPLICATION_ID	0x5447534b	/* "TGSK" */

static const struct db_schema schema = { .id = APPLICATION_ID, .create =
	"CREATE TABLE report ("
	" seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	" event TEXT NOT NULL UNIQUE,"
	" time_s INTEGER NOT NULL,"
	" device TEXT NOT NULL,"
	" verdict TEXT NOT NULL,"
	" rule TEXT NOT NULL,"
	" outcome TEXT NOT NULL,"
	" claim TEXT,"
	" policy TEXT,"
	" policy_digest BLOB,"
	" firmware BLOB,"
	" tpm_firmware TEXT"
	") STRICT;"
	"CREATE TRIGGER report_update BEFORE UPDATE ON report BEGIN"
	" SELECT raise(ABORT, 'reports are only appended'); END;"
	"CREATE TRIGGER report_delete BEFORE DELETE ON report BEGIN"
	" SELECT raise(ABORT, 'reports are only appended'); END;"
	"CREATE TABLE outbox ("
	" seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	" event TEXT NOT NULL UNIQUE,"
	" time_s INTEGER NOT NULL,"
	" body TEXT NOT NULL,"
	" due_s INTEGER NOT NULL DEFAULT 0"
	") STRICT",
};

static void key_path(const char *path, char out[4096])
{
	snprintf(out, 4096, "%s.key", path);
}

/* Made once: with another key all devices would be others. */
static int make_key(const char *path)
{
	uint8_t key[SINKS_KEY_LEN];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), err = 0;

	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	if (getrandom(key, sizeof(key), 0) != sizeof(key) ||
	    write(fd, key, sizeof(key)) != sizeof(key) || fsync(fd))
		err = errno ? -errno : -EIO;
	close(fd);
	if (err)
		unlink(path);
	OPENSSL_cleanse(key, sizeof(key));
	return err;
}

static int load_key(struct sinks *s, const char *path, char *err, size_t errlen)
{
	char name[4096];
	int fd, rc;

	key_path(path, name);
	rc = make_key(name);
	fd = rc ? -1 : open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		rc = rc ? rc : -errno;
		snprintf(err, errlen, "%.100s: %s (may this process write to its directory?)", name,
			 strerror(-rc));
		return rc;
	}
	rc = read(fd, s->key, SINKS_KEY_LEN) == SINKS_KEY_LEN ? 0 : -EBADMSG;
	close(fd);
	if (rc)
		snprintf(err, errlen, "%.100s has fewer than %d octets (restore it from a backup)", name, SINKS_KEY_LEN);
	return rc;
}

static bool prepare_all(struct sinks *s)
{
	struct db *db = &s->db;

	s->report = db_prepare(db, "INSERT INTO report (event, time_s, device, verdict, rule, outcome,"
			       " claim, policy, policy_digest, firmware, tpm_firmware)"
			       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
	s->outbox = db_prepare(db, "INSERT INTO outbox (event, time_s, body) VALUES (?1, ?2, ?3)");
	s->next = db_prepare(db, "SELECT seq, event, body FROM outbox WHERE due_s <= ?1 AND seq > ?2"
			     " ORDER BY seq LIMIT 1");
	s->delivered = db_prepare(db, "DELETE FROM outbox WHERE seq = ?1");
	s->postpone = db_prepare(db, "UPDATE outbox SET due_s = ?2 WHERE seq = ?1");
	s->count = db_prepare(db, "SELECT (SELECT count(*) FROM report), count(*),"
			      " coalesce(sum(due_s > 0), 0), coalesce(min(time_s), 0) FROM outbox");
	return s->report && s->outbox && s->next && s->delivered && s->postpone && s->count;
}

struct sinks *sinks_open(const char *path, int busy_ms, char *err, size_t errlen)
{
	struct sinks *s = calloc(1, sizeof(*s));

	if (!s) {
		snprintf(err, errlen, "out of memory (free some)");
		return NULL;
	}
	if (!load_key(s, path, err, errlen)) {
		if (!db_open(&s->db, path, true, &schema, busy_ms) && prepare_all(s))
			return s;
		snprintf(err, errlen, "%s", s->db.err);
	}
	sinks_close(s);
	return NULL;
}

void sinks_close(struct sinks *s)
{
	if (!s)
		return;
	db_finalize(s->report);
	db_finalize(s->outbox);
	db_finalize(s->next);
	db_finalize(s->delivered);
	db_finalize(s->postpone);
	db_finalize(s->count);
	db_close(&s->db);
	OPENSSL_cleanse(s->key, sizeof(s->key));
	free(s);
}

const char *sinks_error(const struct sinks *s)
{
	return s->db.err;
}

static void hex(char *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", data[i]);
}

bool sinks_pseudonym(const struct sinks *s, const char *identity, char out[2 * PKI_DIGEST_LEN + 1])
{
	uint8_t mac[PKI_DIGEST_LEN];
	unsigned int len = sizeof(mac);

	if (!HMAC(EVP_sha256(), s->key, SINKS_KEY_LEN, (const uint8_t *)identity, strlen(identity), mac, &len))
		return false;
	hex(out, mac, sizeof(mac));
	return true;
}

/* What is known of the box, of an authentic report alone. */
struct known {
	bool claims, policy, firmware;
	char tpm_firmware[17];
};

static struct known known_of(const struct appraise_result *r)
{
	struct known k = { .claims = r && r->now.seen };

	if (!k.claims)
		return k;
	k.policy = r->claims.has_policy;
	k.firmware = r->claims.has_firmware;
	snprintf(k.tpm_firmware, sizeof(k.tpm_firmware), "%016" PRIx64, r->now.firmware);
	return k;
}

static int insert_report(struct sinks *s, const struct sinks_event *e, const char *event,
			 const char *device)
{
	const struct appraise_result *r = e->result;
	struct known k = known_of(r);
	struct db_stmt *q = s->report;

	db_bind_text(q, 1, event);
	db_bind_int(q, 2, e->time_s);
	db_bind_text(q, 3, device);
	db_bind_text(q, 4, e->verdict);
	db_bind_text(q, 5, e->rule);
	db_bind_text(q, 6, e->outcome);
	if (k.claims)
		db_bind_text(q, 7, tre_claim_name(r->claims.verdict));
	if (k.policy) {
		db_bind_text(q, 8, r->claims.policy_version);
		db_bind_blob(q, 9, r->claims.policy_digest, TRE_DIGEST_LEN);
	}
	if (k.firmware)
		db_bind_blob(q, 10, r->claims.firmware, TRE_DIGEST_LEN);
	if (k.claims)
		db_bind_text(q, 11, k.tpm_firmware);
	return db_run(q);
}

static json_t *hex_or_null(bool there, const uint8_t *digest)
{
	char text[2 * TRE_DIGEST_LEN + 1];

	if (!there)
		return json_null();
	hex(text, digest, TRE_DIGEST_LEN);
	return json_string(text);
}

/* The same as is kept, and no more. For free(). */
static char *body_of(const struct sinks_event *e, const char *event, const char *device)
{
	static const struct appraise_result none;
	const struct appraise_result *r = e->result ? e->result : &none;
	struct known k = known_of(e->result);
	json_t *o = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
		"schema", "trustgate.figs/1", "event", event, "time_s", (json_int_t)e->time_s,
		"device", device, "verdict", e->verdict, "rule", e->rule, "outcome", e->outcome,
		"claim", k.claims ? json_string(tre_claim_name(r->claims.verdict)) : json_null(),
		"policy", k.policy ? json_string(r->claims.policy_version) : json_null(),
		"policy_digest", hex_or_null(k.policy, r->claims.policy_digest),
		"firmware", hex_or_null(k.firmware, r->claims.firmware),
		"tpm_firmware", k.claims ? json_string(k.tpm_firmware) : json_null());
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return text;
}

static int insert_outbox(struct sinks *s, const struct sinks_event *e, const char *event,
			 const char *device)
{
	char *body = body_of(e, event, device);
	int rc = -ENOMEM;

	if (body && strlen(body) < SINKS_BODY_MAX) {
		db_bind_text(s->outbox, 1, event);
		db_bind_int(s->outbox, 2, e->time_s);
		db_bind_text(s->outbox, 3, body);
		rc = db_run(s->outbox);
	} else {
		snprintf(s->db.err, sizeof(s->db.err), "out of memory (free some)");
	}
	free(body);
	return rc;
}

int sinks_record(struct sinks *s, const struct sinks_event *e, bool figs)
{
	char event[SINKS_EVENT_LEN + 1], device[2 * PKI_DIGEST_LEN + 1];
	uint8_t random[SINKS_EVENT_LEN / 2];
	int rc;

	if (getrandom(random, sizeof(random), 0) != sizeof(random) ||
	    !sinks_pseudonym(s, e->identity, device))
		return -EIO;
	hex(event, random, sizeof(random));
	rc = db_begin(&s->db);
	if (rc)
		return rc;
	rc = insert_report(s, e, event, device);
	if (!rc && figs)
		rc = insert_outbox(s, e, event, device);
	return db_end(&s->db, rc);
}

int sinks_lock(const char *path)
{
	char name[4096];
	int fd, err;

	key_path(path, name);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	close(fd);
	return err;
}

int sinks_next(struct sinks *s, int64_t now, int64_t seq, struct sinks_item *item)
{
	int rc;

	memset(item, 0, sizeof(*item));
	db_bind_int(s->next, 1, now);
	db_bind_int(s->next, 2, seq);
	rc = db_step(s->next);
	if (rc == 1) {
		item->seq = db_int(s->next, 0);
		if (!db_text(s->next, 1, item->event, sizeof(item->event)) ||
		    !db_text(s->next, 2, item->body, sizeof(item->body))) {
			snprintf(s->db.err, sizeof(s->db.err), "entry %" PRId64 " of the outbox is damaged (delete it)",
				 item->seq);
			rc = -EBADMSG;
		}
	}
	db_reset(s->next);
	return rc;
}

int sinks_delivered(struct sinks *s, const struct sinks_item *item)
{
	db_bind_int(s->delivered, 1, item->seq);
	return db_run(s->delivered);
}

int sinks_postpone(struct sinks *s, const struct sinks_item *item, int64_t when)
{
	db_bind_int(s->postpone, 1, item->seq);
	db_bind_int(s->postpone, 2, when);
	return db_run(s->postpone);
}

int sinks_count(struct sinks *s, struct sinks_counts *c)
{
	int rc = db_step(s->count);

	memset(c, 0, sizeof(*c));
	if (rc == 1) {
		c->kept = db_int(s->count, 0);
		c->waiting = db_int(s->count, 1);
		c->refused = db_int(s->count, 2);
		c->oldest_s = db_int(s->count, 3);
	}
	db_reset(s->count);
	return rc == 1 ? 0 : rc ? rc : -EIO;
}
