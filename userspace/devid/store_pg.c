// SPDX-License-Identifier: GPL-2.0-or-later
/* A database that several repositories share. Its server does what FULL does here. */
#include "devid/store_backend.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libpq-fe.h>

#define BINARY		1
#define UNIQUE_VIOLATION	"23505"

struct pg {
	PGconn *c;
	bool batch;
};

/* A commit is on the disk before it is answered, whatever the server's default; nobody waits for long. */
static const char settings[] =
	"SET synchronous_commit = on; SET statement_timeout = '5s'; SET lock_timeout = '5s';"
	"SET client_min_messages = warning;"
	"SET default_transaction_isolation = 'read committed'";

static const char create[] =
	"BEGIN;"
	"SELECT pg_advisory_xact_lock(1413956674);"	/* two that start at once make it once */
	"CREATE TABLE IF NOT EXISTS devid_binding ("
	" idx bytea PRIMARY KEY CHECK (length(idx) = 32),"
	" status bigint NOT NULL CHECK (status IN (1, 2)),"
	" time_s bigint NOT NULL,"
	" version bigint NOT NULL,"
	" sealed bytea NOT NULL);"
	"CREATE TABLE IF NOT EXISTS devid_change ("
	" one bigint PRIMARY KEY CHECK (one = 1), generation bigint NOT NULL);"
	"INSERT INTO devid_change VALUES (1, 0) ON CONFLICT DO NOTHING;"
	"COMMIT";

static const struct {
	const char *name, *sql;
	int params;
} statements[] = {
	{ "insert", "INSERT INTO devid_binding (idx, status, time_s, version, sealed)"
	  " VALUES ($1::bytea, $2::bigint, $3::bigint, 1, $4::bytea)", 4 },
	{ "update", "UPDATE devid_binding SET status = $2::bigint, time_s = $3::bigint,"
	  " sealed = $4::bytea, version = version + 1"
	  " WHERE idx = $1::bytea AND version = $5::bigint", 5 },
	{ "changed", "UPDATE devid_change SET generation = generation + 1", 0 },
	{ "get", "SELECT status, time_s, version, sealed FROM devid_binding WHERE idx = $1::bytea", 1 },
	{ "generation", "SELECT generation FROM devid_change", 0 },
	{ "count", "SELECT count(*) FILTER (WHERE status = 1), count(*) FILTER (WHERE status = 2)"
	  " FROM devid_binding WHERE idx <> decode(repeat('00', 32), 'hex')", 0 },
};

#define PARAMS_MAX	5

struct params {
	const char *value[PARAMS_MAX];
	int len[PARAMS_MAX], format[PARAMS_MAX];
	uint64_t number[PARAMS_MAX];
};

static void param_octets(struct params *p, int i, const uint8_t *data, size_t len)
{
	p->value[i] = (const char *)data;
	p->len[i] = (int)len;
	p->format[i] = BINARY;
}

static void param_number(struct params *p, int i, int64_t v)
{
	p->number[i] = htobe64((uint64_t)v);
	param_octets(p, i, (const uint8_t *)&p->number[i], sizeof(p->number[i]));
}

static int fail(struct pg *db, const PGresult *r, char err[STORE_ERR_MAX])
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	const char *why = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	bool there = state && !strcmp(state, UNIQUE_VIOLATION);

	/* What was tried when the connection broke may or may not have been done. */
	snprintf(err, STORE_ERR_MAX, "PostgreSQL: %.150s (%s)", why ? why : PQerrorMessage(db->c),
		 there ? "it is there already" : "look at the server and its log");
	for (char *c = err; *c; c++)
		if (*c == '\n')
			*c = ' ';
	return there ? -EEXIST : PQstatus(db->c) == CONNECTION_OK ? -EIO : -ENOTCONN;
}

static int simple(struct pg *db, const char *sql, char err[STORE_ERR_MAX])
{
	PGresult *r = PQexec(db->c, sql);
	ExecStatusType status = PQresultStatus(r);
	int rc = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0 : fail(db, r, err);

	PQclear(r);
	return rc;
}

/* NULL with *@rc set, or what the statement gave, for PQclear(). */
static PGresult *ask(struct pg *db, const char *name, int n, const struct params *p, int *rc,
		     char err[STORE_ERR_MAX])
{
	PGresult *r = PQexecPrepared(db->c, name, n, p ? p->value : NULL, p ? p->len : NULL,
				     p ? p->format : NULL, BINARY);
	ExecStatusType status = PQresultStatus(r);

	*rc = 0;
	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return r;
	*rc = fail(db, r, err);
	PQclear(r);
	return NULL;
}

static int prepare_all(struct pg *db, char err[STORE_ERR_MAX])
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		PGresult *r = PQprepare(db->c, statements[i].name, statements[i].sql,
					statements[i].params, NULL);
		int rc = PQresultStatus(r) == PGRES_COMMAND_OK ? 0 : fail(db, r, err);

		PQclear(r);
		if (rc)
			return rc;
	}
	return 0;
}

static void pg_close(void *arg)
{
	struct pg *db = arg;

	PQfinish(db->c);
	free(db);
}

static int set_up(struct pg *db, bool write, char err[STORE_ERR_MAX])
{
	int rc = PQstatus(db->c) == CONNECTION_OK ? 0 : fail(db, NULL, err);

	rc = rc ? rc : simple(db, settings, err);
	rc = rc || !write ? rc : simple(db, create, err);
	return rc ? rc : prepare_all(db, err);
}

static void *pg_open(const char *where, bool write, char err[STORE_ERR_MAX])
{
	/* The URI's own, when it has them, come behind and count. */
	static const char *const keys[] = { "connect_timeout", "application_name", "dbname", NULL };
	const char *values[] = { "5", "trustgate-devid", where, NULL };
	struct pg *db = calloc(1, sizeof(*db));

	if (!db) {
		snprintf(err, STORE_ERR_MAX, "out of memory (free some)");
		return NULL;
	}
	db->c = PQconnectdbParams(keys, values, 1);
	if (!set_up(db, write, err))
		return db;
	pg_close(db);
	return NULL;
}

/* A server that was restarted is asked again; what was half done with the old one is void. */
static int connected(struct pg *db, char err[STORE_ERR_MAX])
{
	if (PQstatus(db->c) == CONNECTION_OK)
		return 0;
	if (db->batch) {
		snprintf(err, STORE_ERR_MAX, "PostgreSQL: the connection broke (start again)");
		return -ENOTCONN;
	}
	PQreset(db->c);
	return set_up(db, false, err);
}

static void row_params(struct params *p, const struct store_row *row)
{
	param_octets(p, 0, row->index, STORE_INDEX_LEN);
	param_number(p, 1, row->status);
	param_number(p, 2, row->time_s);
	param_octets(p, 3, row->sealed, row->len);
	param_number(p, 4, row->version);
}

static int pg_insert(void *arg, const struct store_row *row, char err[STORE_ERR_MAX])
{
	struct pg *db = arg;
	struct params p = { 0 };
	int rc = connected(db, err);

	row_params(&p, row);
	if (!rc)
		PQclear(ask(db, "insert", 4, &p, &rc, err));
	return rc;
}

static int pg_begin(void *arg, char err[STORE_ERR_MAX])
{
	struct pg *db = arg;
	int rc = connected(db, err);

	rc = rc ? rc : simple(db, "BEGIN", err);
	db->batch = !rc;
	return rc;
}

/* COMMIT of a transaction that failed succeeds, and says ROLLBACK. */
static int commit(struct pg *db, char err[STORE_ERR_MAX])
{
	PGresult *r = PQexec(db->c, "COMMIT");
	int rc = 0;

	if (PQresultStatus(r) != PGRES_COMMAND_OK) {
		rc = fail(db, r, err);
	} else if (strcmp(PQcmdStatus(r), "COMMIT") != 0) {
		snprintf(err, STORE_ERR_MAX, "PostgreSQL: the transaction was rolled back (try again)");
		rc = -EIO;
	}
	PQclear(r);
	return rc;
}

static int pg_end(void *arg, bool keep, char err[STORE_ERR_MAX])
{
	struct pg *db = arg;
	char ignored[STORE_ERR_MAX];
	int rc = keep ? commit(db, err) : 0;

	if (!keep)
		simple(db, "ROLLBACK", ignored);
	db->batch = false;
	return rc;
}

static int update_both(struct pg *db, const struct store_row *row, char err[STORE_ERR_MAX])
{
	struct params p = { 0 };
	PGresult *r;
	int rc;

	row_params(&p, row);
	r = ask(db, "update", 5, &p, &rc, err);
	if (r && !strcmp(PQcmdTuples(r), "0")) {
		snprintf(err, STORE_ERR_MAX, "somebody else changed it meanwhile (look at it again)");
		rc = -EEXIST;
	}
	PQclear(r);
	if (!rc)
		PQclear(ask(db, "changed", 0, NULL, &rc, err));
	return rc;
}

static int pg_update(void *arg, const struct store_row *row, char err[STORE_ERR_MAX])
{
	struct pg *db = arg;
	char ignored[STORE_ERR_MAX];
	int rc;

	if (db->batch)
		return update_both(db, row, err);
	rc = pg_begin(db, err);
	if (rc)
		return rc;
	rc = update_both(db, row, err);
	if (!rc)
		return pg_end(db, true, err);
	pg_end(db, false, ignored);
	return rc;
}

static bool take_number(const PGresult *r, int column, int64_t *v)
{
	uint64_t be;

	if (PQgetisnull(r, 0, column) || PQgetlength(r, 0, column) != sizeof(be))
		return false;
	memcpy(&be, PQgetvalue(r, 0, column), sizeof(be));
	*v = (int64_t)be64toh(be);
	return true;
}

static int take_row(const PGresult *r, struct store_row *row, char err[STORE_ERR_MAX])
{
	int len;

	if (PQntuples(r) == 0)
		return 0;
	len = PQgetlength(r, 0, 3);
	if (len <= 0 || (size_t)len > sizeof(row->sealed) || !take_number(r, 0, &row->status) ||
	    !take_number(r, 1, &row->time_s) || !take_number(r, 2, &row->version)) {
		snprintf(err, STORE_ERR_MAX, "PostgreSQL: a row is damaged (restore a backup)");
		return -EBADMSG;
	}
	memcpy(row->sealed, PQgetvalue(r, 0, 3), (size_t)len);
	row->len = (size_t)len;
	return 1;
}

static int pg_get(void *arg, struct store_row *row, char err[STORE_ERR_MAX])
{
	struct pg *db = arg;
	struct params p = { 0 };
	int rc = connected(db, err);
	PGresult *r;

	if (rc)
		return rc;
	param_octets(&p, 0, row->index, STORE_INDEX_LEN);
	r = ask(db, "get", 1, &p, &rc, err);
	if (r)
		rc = take_row(r, row, err);
	PQclear(r);
	return rc;
}

static int numbers(struct pg *db, const char *name, int64_t *v, int n, char err[STORE_ERR_MAX])
{
	int rc = connected(db, err);
	PGresult *r = rc ? NULL : ask(db, name, 0, NULL, &rc, err);

	for (int i = 0; r && !rc && i < n; i++)
		if (PQntuples(r) != 1 || !take_number(r, i, v + i))
			rc = -EBADMSG;
	if (r && rc)
		snprintf(err, STORE_ERR_MAX, "PostgreSQL: a table is damaged (restore a backup)");
	PQclear(r);
	return rc;
}

static int pg_generation(void *arg, int64_t *generation, char err[STORE_ERR_MAX])
{
	return numbers(arg, "generation", generation, 1, err);
}

static int pg_count(void *arg, struct store_counts *counts, char err[STORE_ERR_MAX])
{
	int64_t v[2] = { 0 };
	int rc = numbers(arg, "count", v, 2, err);

	counts->active = v[0];
	counts->withdrawn = v[1];
	return rc ? rc : pg_generation(arg, &counts->generation, err);
}

const struct store_backend store_pg = {
	pg_open, pg_close, pg_insert, pg_update, pg_get, pg_generation, pg_count, pg_begin, pg_end,
};
