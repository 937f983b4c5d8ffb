// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The statistics of several gateways in one database. The agent never waits for it: it
 * keeps them in its file, and this carries them over, from where the database says that
 * it is. So nothing here has to be remembered, nor is anything lost with it.
 */
#include "segw/sinks_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define APPLICATION_ID	0x54475250	/* "TGRP" */
#define BUSY_MS		3000
#define BATCH		256		/* rows in a transaction */

static const struct db_schema schema = { .id = APPLICATION_ID, .create_pg =
	"CREATE TABLE report ("
	" gateway text NOT NULL,"
	" seq bigint NOT NULL,"
	" event text NOT NULL UNIQUE,"
	" time_s bigint NOT NULL,"
	" device text NOT NULL,"
	" verdict text NOT NULL,"
	" rule text NOT NULL,"
	" outcome text NOT NULL,"
	" claim text,"
	" policy text,"
	" policy_digest bytea,"
	" firmware bytea,"
	" tpm_firmware text,"
	" PRIMARY KEY (gateway, seq));"
	"CREATE FUNCTION report_appended() RETURNS trigger LANGUAGE plpgsql AS"
	" 'BEGIN RAISE EXCEPTION ''reports are only appended''; END';"
	"CREATE TRIGGER report_changed BEFORE UPDATE OR DELETE ON report"
	" FOR EACH ROW EXECUTE FUNCTION report_appended()",
};

/* Of both tables, as they are bound. */
#define TEXTS	8
#define BLOBS	2
#define COLUMNS	"seq, time_s, event, device, verdict, rule, outcome, claim, policy, tpm_firmware," \
		" policy_digest, firmware"
#define FIRST_TEXT	2
#define FIRST_BLOB	10

struct row {
	int64_t seq, time_s;
	char text[TEXTS][256];
	bool has_text[TEXTS];
	uint8_t blob[BLOBS][PKI_DIGEST_LEN];
	bool has_blob[BLOBS];
};

struct copying {
	struct sinks *s;
	struct db to;
	const char *gateway;
	struct db_stmt *from, *insert;
	int64_t done;
};

static int failed(struct copying *c, int rc)
{
	memcpy(c->s->db.err, c->to.err, sizeof(c->s->db.err));
	return rc;
}

static bool read_row(struct db_stmt *s, struct row *row)
{
	memset(row, 0, sizeof(*row));
	row->seq = db_int(s, 0);
	row->time_s = db_int(s, 1);
	for (int i = 0; i < TEXTS; i++) {
		row->has_text[i] = !db_null(s, FIRST_TEXT + i);
		if (row->has_text[i] && !db_text(s, FIRST_TEXT + i, row->text[i], sizeof(row->text[i])))
			return false;
	}
	for (int i = 0; i < BLOBS; i++) {
		row->has_blob[i] = !db_null(s, FIRST_BLOB + i);
		if (row->has_blob[i] && !db_octets(s, FIRST_BLOB + i, row->blob[i], sizeof(row->blob[i])))
			return false;
	}
	return true;
}

static int insert(struct copying *c, const struct row *row)
{
	struct db_stmt *s = c->insert;

	db_bind_text(s, 1, c->gateway);
	db_bind_int(s, 2, row->seq);
	db_bind_int(s, 3, row->time_s);
	for (int i = 0; i < TEXTS; i++)
		if (row->has_text[i])
			db_bind_text(s, 4 + i, row->text[i]);
	for (int i = 0; i < BLOBS; i++)
		if (row->has_blob[i])
			db_bind_blob(s, 4 + TEXTS + i, row->blob[i], sizeof(row->blob[i]));
	return db_run(s);
}

/* How many were, or a negative errno. */
static int copy_batch(struct copying *c)
{
	struct row row = { 0 };
	int n = 0, rc;

	rc = db_begin(&c->to);
	if (rc)
		return failed(c, rc);
	db_bind_int(c->from, 1, c->done);
	while (n < BATCH && (rc = db_step(c->from)) == 1) {
		rc = read_row(c->from, &row) ? insert(c, &row) : -EBADMSG;
		if (rc == -EBADMSG)
			snprintf(c->to.err, sizeof(c->to.err), "a report that is kept here is damaged (look at the disk)");
		if (rc)
			break;
		n++;
	}
	db_reset(c->from);
	rc = db_end(&c->to, rc < 0 ? rc : 0);
	if (rc)
		return failed(c, rc);
	c->done = n ? row.seq : c->done;
	return n;
}

/* The last of this gateway that is there: -EEXIST when it is not the one here. */
static int find_end(struct copying *c)
{
	struct db_stmt *there = db_prepare(&c->to, "SELECT seq, event FROM report WHERE gateway = ?1"
					   " ORDER BY seq DESC LIMIT 1");
	struct db_stmt *here = db_prepare(&c->s->db, "SELECT 1 FROM report WHERE seq = ?1 AND event = ?2");
	char event[SINKS_EVENT_LEN + 1];
	int rc = there && here ? 0 : -ENOMEM;

	if (!rc) {
		db_bind_text(there, 1, c->gateway);
		rc = db_step(there);
	}
	if (rc == 1) {
		c->done = db_int(there, 0);
		rc = db_text(there, 1, event, sizeof(event)) ? 0 : -EBADMSG;
		db_bind_int(here, 1, c->done);
		db_bind_text(here, 2, event);
		rc = rc ? rc : db_step(here) == 1 ? 0 : -EEXIST;
	}
	if (rc == -EEXIST || rc == -EBADMSG)
		snprintf(c->to.err, sizeof(c->to.err), "what it has of gateway %.100s is not of this store (give --gateway another name)",
			 c->gateway);
	db_finalize(there);
	db_finalize(here);
	return rc ? failed(c, rc) : 0;
}

int sinks_copy(struct sinks *s, const char *where, const char *gateway, int64_t *copied)
{
	struct copying c = { .s = s, .gateway = gateway };
	int rc = -EINVAL;

	*copied = 0;
	if (!db_is_remote(where) || !*gateway || strlen(gateway) > SINKS_GATEWAY_MAX) {
		snprintf(s->db.err, sizeof(s->db.err), "no database, or no name of a gateway (give postgresql://...)");
		return rc;
	}
	rc = db_open(&c.to, where, true, &schema, BUSY_MS);
	if (!rc) {
		c.from = db_prepare(&s->db, "SELECT " COLUMNS " FROM report WHERE seq > ?1 ORDER BY seq");
		c.insert = db_prepare(&c.to, "INSERT INTO report (gateway, " COLUMNS ") VALUES"
				      " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
		rc = c.from && c.insert ? find_end(&c) : -ENOMEM;
	} else {
		failed(&c, rc);
	}
	if (!rc) {
		while ((rc = copy_batch(&c)) > 0)
			*copied += rc;
	}
	db_finalize(c.from);
	db_finalize(c.insert);
	db_close(&c.to);
	return rc;
}
