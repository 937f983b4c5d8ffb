/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verbs "trustgate check ..." share. They judge bytes offline: neither
 * module nor agent nor a privilege is needed.
 */
#ifndef TRUSTGATE_CHECK_H
#define TRUSTGATE_CHECK_H

#include <getopt.h>
#include "ctl.h"
#include "pki/pki.h"
#include "pki/profile.h"

/* Exit status of ocsp and crl; of chain: good or bad. */
enum { EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_INDETERMINATE = 2 };

#define CHECK_FILE_MAX	(256u << 20)
#define CHECK_ITEMS_MAX	65536

/* Each is given its own name and what follows; parses its options with getopt_long(). */
int check_ocsp(struct ctl *ctl, int argc, char **argv);
int check_config(struct ctl *ctl, int argc, char **argv);
int check_chain(struct ctl *ctl, int argc, char **argv);
int check_crl(struct ctl *ctl, int argc, char **argv);
int check_tls(struct ctl *ctl, int argc, char **argv);

/* What files held, in the order given. */
struct check_items {
	struct pki_der *item;	/* of which each data is one allocation */
	size_t n;
};

/*
 * check_file.c: appends what @path holds: of a PEM file each block labelled @label
 * ("CERTIFICATE", "X509 CRL"; blocks of other labels are passed over), of any other
 * all its bytes as one item, which is for its parser to judge. "-": standard input.
 * 0, or EXIT_USAGE after having complained: the file can't be read, or has no block.
 */
int check_load(const char *path, const char *label, struct check_items *items);
/* The same, when exactly one item is needed. */
int check_load_one(const char *path, const char *label, struct check_items *items);
void check_items_free(struct check_items *items);

/* RFC 3339, or "@" and seconds since the epoch. 0, or -EINVAL. */
int check_time(const char *s, time_t *t);
/* @s NULL: now. 0, or EXIT_USAGE after having complained. */
int check_at(const char *s, time_t *t);
/* RFC 3339 in UTC. */
const char *check_time_text(char *buf, size_t len, int64_t t);

/* check_profile.c: @name NULL: the default. 0, or EXIT_USAGE after having complained. */
int check_profile(const char *name, struct pki_profile *profile);

/*
 * check_result.c: prints "VERDICT: rule: detail" as text, or, taking @doc (may be NULL
 * then, else more members for it), as JSON of @schema. @word is the verdict's name:
 * good, bad, revoked, indeterminate. Returns @status.
 */
int check_print(const struct ctl *ctl, const struct pki_result *result, const char *word,
		time_t at, json_t *doc, const char *schema, int status);

#endif /* TRUSTGATE_CHECK_H */
