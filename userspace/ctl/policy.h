/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs "trustgate policy ..." share. */
#ifndef TRUSTGATE_CTL_POLICY_H
#define TRUSTGATE_CTL_POLICY_H

#include "agent/config.h"
#include "ctl.h"
#include "tre/judge.h"
#include "tre/policy.h"

/* Exit status of check. */
enum { POLICY_CONFORMS = 0, POLICY_REFUSED = 1, POLICY_UNTOLD = 2 };

/* The policy that is to replace another lies beside it: see agent/integrity.c */
#define POLICY_NEXT	".next"
#define POLICY_LOG_MAX	(48u << 20)

/* Each is given its own name and what follows. */
int policy_init(struct ctl *ctl, int argc, char **argv);
int policy_build(struct ctl *ctl, int argc, char **argv);
int policy_sign(struct ctl *ctl, int argc, char **argv);
int policy_check(struct ctl *ctl, int argc, char **argv);
int policy_apply(struct ctl *ctl, int argc, char **argv);

/* policy.c: @path is what was asked for; as JSON. Exit status. */
int policy_done(const struct ctl *ctl, const char *path, const char *name, uint64_t version,
		bool window);

/* ------------------------------------------------------------ policy_file.c: files */

struct policy_text {
	char *data;
	size_t len;
};

/* 0 or -errno. What is longer than @max is -EFBIG. "-" is standard input. */
int policy_read(const char *path, size_t max, struct policy_text *t);
/* The same; complains. EXIT_USAGE, or 0. */
int policy_need(const char *path, size_t max, struct policy_text *t);
/* As a whole or not at all; "-" or NULL is standard output. Complains. Exit status. */
int policy_write(const char *path, const char *data, size_t len);
/* NULL after having complained. @t is the caller's to free in any case. */
struct tre_policy *policy_load(const char *path, struct policy_text *t);
/* Of @path, or where there is none the defaults. 0, or EXIT_USAGE. */
int policy_config(const char *path, struct config *c);
/* "0-7,10" into a mask. 0, or EXIT_USAGE after having complained. */
int policy_mask(const char *s, uint32_t *mask);

/* --------------------------------------------------- policy_state.c: what was measured */

struct policy_state {
	uint32_t mask;
	uint32_t from_file;	/* of these, the ones that a file of values has */
	uint8_t pcrs[TRE_PCRS][TRE_DIGEST_LEN];
	struct policy_text eventlog, ima;
	bool has_eventlog, has_ima;
	char why_eventlog[160], why_ima[160];
	char elsewhere[64];	/* other banks that have values, as in struct tre_measured */
};

/* Of this box: PCRs of @mask read from the TPM (not quoted), the logs where @c says. A
 * log that isn't there is none. 0, or EXIT_FAILED after having complained.
 */
int state_live(struct policy_state *s, const struct config *c, uint32_t mask);
/* Each: 0, or EXIT_USAGE after having complained. */
int state_pcrs(struct policy_state *s, const char *path);	/* policy_pcrs.c */
int state_eventlog(struct policy_state *s, const char *path);
int state_ima(struct policy_state *s, const char *path);
/* Values that no file gave and a log leads to. */
int state_replay(struct policy_state *s);
struct tre_measured state_measured(const struct policy_state *s);
void state_free(struct policy_state *s);

/* --------------------------------------------------------- policy_book.c: one in the making */

struct book_rule {
	enum tre_rule_kind kind;
	uint32_t pcr;
	bool has_digest;
	uint8_t digest[TRE_DIGEST_LEN];
	char *text;		/* a path, or a pattern as written; or NULL */
};

struct book {
	char name[64];
	uint64_t version;
	struct book_rule *rules;
	size_t n, room;
	bool failed;		/* out of memory */
};

void book_add(struct book *b, enum tre_rule_kind kind, uint32_t pcr,
	      const uint8_t *digest, const char *text, size_t len);
/* Everything, or only rules of the kinds in @kinds, bit n: kind n. */
void book_add_policy(struct book *b, const struct tre_policy *p, uint32_t kinds);
/* How many there are of a kind. */
size_t book_count(const struct book *b, enum tre_rule_kind kind);
/* The policy's text, which parses; NULL after having complained. */
char *book_write(struct book *b, size_t *len);
void book_free(struct book *b);

/* policy_tree.c: digests of the regular files below @root. Exit status. */
int book_add_tree(struct book *b, const char *root);
/* policy_keylime.c: a runtime policy of Keylime's. Exit status. */
int book_add_keylime(struct book *b, const char *path);

#endif /* TRUSTGATE_CTL_POLICY_H */
