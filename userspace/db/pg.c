// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A database that several machines share. What it answers is text, but for what is
 * bound: nothing of that is ever part of a statement.
 */
#include "db/ops.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libpq-fe.h>
#include "pki/hidden.h"

#define PARAMS_MAX	16
#define CONNECT_S	"3"
#define STATEMENT_MS	3000
#define BINARY		1

struct stmt {
	struct db_stmt base;
	char *sql;			/* with $1 for ?1 */
	int nparams;
	const char *value[PARAMS_MAX];
	int len[PARAMS_MAX], format[PARAMS_MAX];
	char number[PARAMS_MAX][24];
	PGresult *rows;			/* NULL: not run yet */
	int row;
};

struct conn {
	PGconn *pg;
	int changes;
};

static struct stmt *of(struct db_stmt *s)
{
	return (struct stmt *)s;
}

static PGconn *pg(const struct db *db)
{
	return ((struct conn *)db->h)->pg;
}

static const struct {
	const char *state;	/* or the class it begins with */
	int err;
	const char *remedy;
} failures[] = {
	{ "23505", -EEXIST, "it is there already" },
	{ "55P03", -EBUSY, "somebody else writes to it: try again" },
	{ "57014", -EBUSY, "it took too long: look at the server's load" },
	{ "40", -EBUSY, "somebody else wrote to it: try again" },
	{ "42501", -EACCES, "grant the user what it needs" },
	{ "25006", -EACCES, "it is read only: name the primary server" },
	{ "28", -EACCES, "look at user, password and pg_hba.conf" },
	{ "3D", -ENOENT, "make the database" },
	{ "42P01", -ENOENT, "a table has gone: restore a backup" },
	{ "53", -ENOSPC, "make room at the server" },
};

/* A host's name, and nothing that an unreadable URI might have put in its place. */
static bool is_host(const char *word, size_t len, const char *host)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)word[i]) && !strchr(".:-", word[i]))
			return false;
	return host && len && strlen(host) == len && !strncmp(word, host, len);
}

/*
 * What libpq says of a connection quotes what it was given: of a URI that it reads in
 * another way than it was meant, the password. Of what is quoted the host alone is kept.
 */
static void told(const char *why, const char *host, char *out, size_t size)
{
	size_t n = 0, len;
	bool known;

	while (*why && *why != '\n' && n + sizeof(HIDDEN) + 2 < size) {
		if (*why != '"') {
			out[n++] = *why++;
			continue;
		}
		len = strcspn(++why, "\"");
		known = len + n + 3 < size && is_host(why, len, host);
		n += (size_t)snprintf(out + n, size - n, "\"%.*s\"",
				      known ? (int)len : (int)sizeof(HIDDEN) - 1, known ? why : HIDDEN);
		why += len + (why[len] == '"');
	}
	out[n] = '\0';
}

static int fail(struct db *db, const PGresult *r)
{
	char said[161];

	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	const char *why = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	if (!why) {
		told(PQerrorMessage(pg(db)), PQhost(pg(db)), said, sizeof(said));
		why = said;
	}
	for (size_t i = 0; state && i < sizeof(failures) / sizeof(*failures); i++) {
		if (strncmp(state, failures[i].state, strlen(failures[i].state)))
			continue;
		snprintf(db->err, sizeof(db->err), "%.160s (%s)", why, failures[i].remedy);
		return failures[i].err;
	}
	snprintf(db->err, sizeof(db->err), "%.*s (is the server up, and its address right?)",
		 (int)strcspn(why, "\n") < 160 ? (int)strcspn(why, "\n") : 160, why);
	return -EIO;
}

/* 0, and what it changed in @changes, or a negative errno. */
static int finish(struct db *db, PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
	int err = ok ? 0 : fail(db, r);

	if (ok)
		((struct conn *)db->h)->changes = (int)strtol(PQcmdTuples(r), NULL, 10);
	/* A transaction that failed is answered to COMMIT with this, and no error. */
	if (ok && !strcmp(PQcmdStatus(r), "ROLLBACK"))
		err = -EIO;
	PQclear(r);
	return err;
}

static int exec(struct db *db, const char *sql)
{
	int err = finish(db, PQexec(pg(db), sql));

	return err == -EIO && !strcmp(sql, "ROLLBACK") ? 0 : err;
}

/* 1: there is a row with that version, 0: none, or a negative errno. */
static int version_of(struct db *db, int id)
{
	char sql[128];
	PGresult *r;
	int rc;

	snprintf(sql, sizeof(sql), "SELECT version FROM trustgate_store WHERE id = %d", id);
	r = PQexec(pg(db), sql);
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		rc = fail(db, r);
	else if (!PQntuples(r))
		rc = 0;
	else
		rc = !strcmp(PQgetvalue(r, 0, 0), "1") ? 1 : -EBADMSG;
	PQclear(r);
	if (rc == -EBADMSG)
		snprintf(db->err, sizeof(db->err), "its store is of another version than 1 (update this end)");
	return rc;
}

static int create(struct db *db, const struct db_schema *schema)
{
	char sql[128];
	int rc = exec(db, "CREATE TABLE IF NOT EXISTS trustgate_store (id bigint PRIMARY KEY,"
		      " version bigint NOT NULL)");

	rc = rc ? rc : version_of(db, schema->id);
	if (rc)
		return rc < 0 ? rc : 0;
	snprintf(sql, sizeof(sql), "INSERT INTO trustgate_store VALUES (%d, 1)", schema->id);
	rc = exec(db, schema->create_pg);
	return rc ? rc : exec(db, sql);
}

static int be_ours(struct db *db, bool write, const struct db_schema *schema)
{
	int rc;

	if (!schema->create_pg) {
		snprintf(db->err, sizeof(db->err), "this store is a file (name one)");
		return -EINVAL;
	}
	rc = version_of(db, schema->id);
	if (rc == 1 || (rc < 0 && rc != -ENOENT))
		return rc == 1 ? 0 : rc;
	if (!write) {
		snprintf(db->err, sizeof(db->err), "there is no such store in it (%s)", schema->make);
		return -ENOENT;
	}
	rc = exec(db, "BEGIN");
	/* Two that start at once make it once. */
	rc = rc ? rc : exec(db, "SELECT pg_advisory_xact_lock(1413956674)");
	return db_end(db, rc ? rc : create(db, schema));
}

static void be_silent(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static int set_up(struct db *db, bool write, int busy_ms)
{
	char sql[384];

	/* A commit is on its disk before it is answered, whatever its default is. */
	snprintf(sql, sizeof(sql), "SET synchronous_commit = on; SET statement_timeout = %d;"
		 "SET lock_timeout = %d; SET bytea_output = hex; SET standard_conforming_strings = on;"
		 "SET default_transaction_isolation = 'read committed';"
		 "SET default_transaction_read_only = %s", STATEMENT_MS, busy_ms < 1 ? 1 : busy_ms,
		 write ? "off" : "on");
	return exec(db, sql);
}

static int open_server(struct db *db, const char *where, bool write, const struct db_schema *schema,
		       int busy_ms)
{
	/* What the URI says takes the place of what is before it. */
	static const char *const keys[] = { "connect_timeout", "application_name", "gssencmode",
					    "tcp_user_timeout", "dbname", NULL };
	const char *const values[] = { CONNECT_S, "trustgate", "disable", "3000", where, NULL };
	struct conn *c = calloc(1, sizeof(*c));
	int rc;

	if (c)
		c->pg = PQconnectdbParams(keys, values, 1);
	if (!c || !c->pg) {
		free(c);
		snprintf(db->err, sizeof(db->err), "out of memory (free some)");
		return -ENOMEM;
	}
	db->h = c;
	if (PQstatus(c->pg) != CONNECTION_OK)
		return fail(db, NULL);
	PQsetNoticeProcessor(c->pg, be_silent, NULL);
	rc = set_up(db, write, busy_ms);
	return rc ? rc : be_ours(db, write, schema);
}

static void close_server(struct db *db)
{
	PQfinish(pg(db));
	free(db->h);
}

static bool alive(const struct db *db)
{
	return PQstatus(pg(db)) == CONNECTION_OK;
}

static struct db_stmt *prepare(struct db *db, const char *sql)
{
	struct stmt *s = calloc(1, sizeof(*s));

	if (s)
		s->sql = strdup(sql);
	if (!s || !s->sql) {
		free(s);
		snprintf(db->err, sizeof(db->err), "out of memory (free some)");
		return NULL;
	}
	s->base.db = db;
	for (char *p = s->sql; (p = strchr(p, '?')); p++) {
		int n = (int)strtol(p + 1, NULL, 10);

		*p = '$';
		s->nparams = n > s->nparams ? n : s->nparams;
	}
	return &s->base;
}

static void reset(struct db_stmt *stmt)
{
	struct stmt *s = of(stmt);

	PQclear(s->rows);
	s->rows = NULL;
	memset(s->value, 0, sizeof(s->value));
	memset(s->len, 0, sizeof(s->len));
	memset(s->format, 0, sizeof(s->format));
}

static void finalize(struct db_stmt *s)
{
	PQclear(of(s)->rows);
	free(of(s)->sql);
	free(s);
}

static void bind_text(struct db_stmt *s, int at, const char *text)
{
	of(s)->value[at - 1] = text;
}

static void bind_int(struct db_stmt *s, int at, int64_t v)
{
	snprintf(of(s)->number[at - 1], sizeof(of(s)->number[0]), "%" PRId64, v);
	of(s)->value[at - 1] = of(s)->number[at - 1];
}

static void bind_blob(struct db_stmt *s, int at, const void *data, size_t len)
{
	of(s)->value[at - 1] = data;
	of(s)->len[at - 1] = (int)len;
	of(s)->format[at - 1] = BINARY;
}

static int step(struct db_stmt *stmt)
{
	struct stmt *s = of(stmt);
	struct db *db = stmt->db;
	PGresult *r;

	if (s->rows)
		return ++s->row < PQntuples(s->rows);
	r = PQexecParams(pg(db), s->sql, s->nparams, NULL, s->value, s->len, s->format, 0);
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		return finish(db, r);
	s->rows = r;
	s->row = 0;
	return PQntuples(r) > 0;
}

static int changes(struct db *db)
{
	return ((struct conn *)db->h)->changes;
}

static const char *value(struct db_stmt *s, int column)
{
	return PQgetvalue(of(s)->rows, of(s)->row, column);
}

static bool is_null(struct db_stmt *s, int column)
{
	return PQgetisnull(of(s)->rows, of(s)->row, column);
}

/* As with SQLite, what is no number is 0. */
static int64_t get_int(struct db_stmt *s, int column)
{
	return strtoll(value(s, column), NULL, 10);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\x" and two digits an octet. */
static bool blob(struct db_stmt *s, int column, uint8_t *to, size_t room, size_t *len)
{
	const char *text = value(s, column);
	size_t n = strlen(text);

	if (n < 4 || n % 2 || text[0] != '\\' || text[1] != 'x' || n / 2 - 1 > room)
		return false;
	for (size_t i = 0; i < n / 2 - 1; i++) {
		int hi = digit(text[2 + 2 * i]), lo = digit(text[3 + 2 * i]);

		if (hi < 0 || lo < 0)
			return false;
		to[i] = (uint8_t)(hi << 4 | lo);
	}
	*len = n / 2 - 1;
	return true;
}

static bool text(struct db_stmt *s, int column, char *to, size_t room)
{
	const char *from = value(s, column);
	size_t n = strlen(from);

	if (is_null(s, column) || n >= room)
		return false;
	memcpy(to, from, n + 1);
	return true;
}

const struct db_ops db_pg = {
	.open = open_server, .close = close_server, .alive = alive, .prepare = prepare,
	.finalize = finalize, .exec = exec, .bind_text = bind_text, .bind_int = bind_int,
	.bind_blob = bind_blob, .step = step, .reset = reset, .changes = changes,
	.get_int = get_int, .is_null = is_null, .blob = blob, .text = text,
	.begin = "BEGIN", .for_update = " FOR UPDATE",
};
