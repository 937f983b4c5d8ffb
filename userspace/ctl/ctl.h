/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs of the trustgate tool share. */
#ifndef TRUSTGATE_CTL_H
#define TRUSTGATE_CTL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <jansson.h>
#include "lib/trustgate.h"

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define __cleanup(fn)		__attribute__((cleanup(fn)))
#define __printf_like(f, a)	__attribute__((format(printf, f, a)))

#define CONTROL_PATH	"/run/trustgate/control.sock"
#define CONTROL_MAX	(256u << 20)	/* of a reply: that is no agent any more */

/* Exit status: the first four are status and wait, see trustgate(8). */
enum {
	EXIT_OPEN = 0,
	EXIT_FAILED = 1,
	EXIT_HELD = 3,
	EXIT_REJECTED = 4,
	EXIT_ABSENT = 5,	/* no module, or no agent */
	EXIT_USAGE = 64,
	EXIT_PERM = 77,
};

struct ctl {
	bool json, color;
	const char *socket;
	bool timed;		/* --timeout given */
	bool delete_held;	/* config set: SAs that would pass are deleted */
	uint32_t timeout_ms;
	struct tg *tg;		/* after gate_open() */
};

/* A verb is given what follows its name; returns the exit status. */
typedef int (*verb_fn)(struct ctl *ctl, int argc, char **argv);

int verb_status(struct ctl *ctl, int argc, char **argv);
int verb_show(struct ctl *ctl, int argc, char **argv);
int verb_why(struct ctl *ctl, int argc, char **argv);
int verb_monitor(struct ctl *ctl, int argc, char **argv);
int verb_wait(struct ctl *ctl, int argc, char **argv);
int verb_clock(struct ctl *ctl, int argc, char **argv);
int verb_recheck(struct ctl *ctl, int argc, char **argv);
int verb_close(struct ctl *ctl, int argc, char **argv);
int verb_quarantine(struct ctl *ctl, int argc, char **argv);
int verb_config(struct ctl *ctl, int argc, char **argv);
int verb_check(struct ctl *ctl, int argc, char **argv);
int verb_revocation(struct ctl *ctl, int argc, char **argv);
int verb_policy(struct ctl *ctl, int argc, char **argv);
int verb_tre(struct ctl *ctl, int argc, char **argv);
int verb_report(struct ctl *ctl, int argc, char **argv);
int verb_devices(struct ctl *ctl, int argc, char **argv);
int verb_devid(struct ctl *ctl, int argc, char **argv);
int verb_sinks(struct ctl *ctl, int argc, char **argv);

/* main.c: "trustgate: what: why (todo)" on stderr. */
void complain(const char *what, const char *why, const char *todo);
int usage_error(const char *what, const char *why);
/* After getopt_long() returned '?': complains and returns EXIT_USAGE. */
int option_error(int argc, char **argv);

/*
 * gate.c: connects to the kernel's gate. 0, or the exit status after having
 * complained. gate_failed() says why a later request failed.
 */
int gate_open(struct ctl *ctl);
int gate_failed(const struct ctl *ctl, int err);
int gate_status(int err);

/* parse.c: 0, or -EINVAL. */
int parse_u32(const char *s, uint32_t min, uint32_t max, uint32_t *v);
/* Seconds without a unit; ms, s, min and h are known. The result in ms. */
int parse_duration(const char *s, uint32_t min_ms, uint32_t max_ms, uint32_t *ms);
/* "all", or ranges separated by commas: if-id=1-5,reqid=7+mark=0x1/0xff. */
int parse_scope(const char *s, struct tg_config *config);
/* The other way. */
void format_scope(char *buf, size_t len, const struct tg_config *config);
/* KEY=VALUE into @config; NULL, or the rule that is broken. */
const char *parse_setting(const char *s, struct tg_config *config);

/* text.c: what is printed for people. */
#define TEXT_ROOM	1100	/* of 255 octets, all of them escaped */

/*
 * Names and details come from peers: only printable UTF-8 reaches a terminal or
 * a JSON document, the rest as \xNN. Returns @buf.
 */
const char *clean(char *buf, size_t len, const char *s);
const char *duration(char *buf, size_t len, uint64_t ms);
const char *address_text(char *buf, size_t len, uint16_t family, const uint8_t *addr);
const char *protocol_name(uint8_t protocol);
const char *xfrm_mode_name(uint8_t mode);
const char *hex_text(char *buf, size_t len, const uint8_t *data, size_t n);
/* "device-auth,integrity", or "-" for none. */
const char *kinds_text(char *buf, size_t len, uint32_t mask);

/* table.c: columns as wide as their widest cell. */
#define TABLE_COLUMNS	16

struct table {
	const char *const *head;
	unsigned int columns;
	char **cells;
	size_t n, room;
	bool failed;
};

void table_init(struct table *t, const char *const *head, unsigned int columns);
void table_add(struct table *t, const char *fmt, ...) __printf_like(2, 3);
/* Prints and frees. */
int table_print(struct table *t, const struct ctl *ctl);
/* Columns named STATE are coloured on a terminal. */
const char *state_color(const struct ctl *ctl, const char *state);
const char *color_reset(const struct ctl *ctl);

/* json.c: structures as documented in Documentation/json.rst. */
json_t *json_text(const char *s);
json_t *json_kinds(uint32_t mask);
json_t *json_context(const struct tg_context *c);
json_t *json_evidence(const struct tg_evidence *e);
json_t *json_sa(const struct tg_sa *s);
json_t *json_bootstrap(const struct tg_bootstrap *b);
json_t *json_config(const struct tg_config *c);
json_t *json_agent(const struct tg_agent *a);
json_t *json_stats(const struct tg_stats *s);
json_t *json_note(const struct tg_note *n);
/* Prints one document with "schema", on one line unless @pretty; takes @doc.
 * Returns @status, or EXIT_FAILED when it can't be written.
 */
int json_emit(json_t *doc, const char *schema, bool pretty, int status);
/* Member of an object as text, "" when there is none. */
const char *json_str(json_t *object, const char *key);

/*
 * control.c: one request to the agent. *@reply is the caller's. 0, or a negative
 * errno and why in @err: "why (what to do)".
 */
int control_ask(const struct ctl *ctl, json_t *request, json_t **reply, char *err, size_t errlen);

/* explain.c: what a number means and what to do about it. */
struct advice {
	const char *why, *todo;
};

struct advice advice_reason(uint32_t reason);
/* Of a required proof of @c that keeps it from opening; why NULL: it doesn't. */
struct advice advice_proof(const struct tg_context *c, uint32_t kind);
/* missing, bad, indeterminate, provisional, expired or good */
const char *proof_word(const struct tg_context *c, uint32_t kind);
bool state_is_open(uint32_t state);

/* box.c: all there is to know about this box, for status, why and wait. */
struct problem {
	char what[32];
	char *why, *todo;
};

#define PROBLEMS_MAX	12

struct box {
	int gate_status;	/* EXIT_OPEN when the gate answered */
	struct tg_config config;
	struct tg_agent agent;
	bool registered;
	struct tg_context *contexts;
	size_t ncontexts;
	struct tg_sa *sas;
	size_t nsas;
	json_t *control;	/* the agent's own status, or NULL */
	struct problem problems[PROBLEMS_MAX];
	unsigned int nproblems;
};

void box_load(struct ctl *ctl, struct box *box);
/* @why and @todo are copied; @todo NULL: @why ends with "(what to do)". */
void box_problem(struct box *box, const char *what, const char *why, const char *todo);
/* probe.c: what can be seen of configuration, TPM and charon without an agent. */
void probe_box(struct box *box);
void box_free(struct box *box);
void box_complain(const struct box *box);
json_t *box_problems(const struct box *box);
/* Exit status as "trustgate status"; @id not 0: of that context alone. */
int box_status(const struct box *box, uint32_t id);
const struct tg_context *box_context(const struct box *box, uint32_t id);
bool sa_is_loose(const struct tg_sa *sa);

/* status.c: what "status" prints of @box. */
int status_print(const struct ctl *ctl, const struct box *box);

#endif /* TRUSTGATE_CTL_H */
