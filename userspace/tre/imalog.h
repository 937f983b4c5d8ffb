/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's measurement list, binary_runtime_measurements of the Integrity
 * Measurement Architecture (Linux: security/integrity/ima). Little-endian, as on every
 * machine that Trustgate is built for. Plain octets; the quoted PCR says that they are
 * true, up to the entry that leads to its value.
 */
#ifndef TRUSTGATE_TRE_IMALOG_H
#define TRUSTGATE_TRE_IMALOG_H

#include "tre/tre.h"

#define TRE_IMA_PCR	10
/* A path of the kernel's, and what it appends to one that is gone. */
#define TRE_IMA_PATH_MAX	4352

struct tre_ima_entry {
	unsigned int n;			/* counted from 1, as lines of the list in ASCII */
	uint32_t pcr;
	/* The file was written while it was measured: no digest is true of it. */
	bool violation;
	bool known;			/* a template whose first fields are digest and name */
	bool sha256;			/* @digest is one */
	char alg[16];			/* of the digest; made fit for a message */
	uint8_t digest[TRE_DIGEST_LEN];
	const char *path;		/* not ended by a NUL, and has none */
	size_t path_len;
	char template[20];		/* made fit for a message */
};

struct tre_imalog {
	const uint8_t *p, *end;
	unsigned int n;
	uint8_t pcr10[TRE_DIGEST_LEN];	/* after the entries seen so far */
	char err[128];			/* "what is wrong (what to do)" */
};

/* @log has to outlive @l. */
void tre_imalog_begin(struct tre_imalog *l, const uint8_t *log, size_t len);

/* The next entry, replayed. 1; 0 at the end; -1 with the reason in @l->err. */
int tre_imalog_next(struct tre_imalog *l, struct tre_ima_entry *entry);

#endif /* TRUSTGATE_TRE_IMALOG_H */
