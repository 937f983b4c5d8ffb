/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A CRL from a server, fetched by a process that can do nothing else. */
#ifndef TRUSTGATE_CTL_REVOCATION_H
#define TRUSTGATE_CTL_REVOCATION_H

#include "pki/pki.h"
#include "segw/uri.h"

struct ctl;

struct revocation_fetched {
	struct pki_der crl;
	void *map;
	char why[256];
};

/*
 * 0 and @out->crl, as it was answered and not looked at, which
 * revocation_fetched_free() takes; or -1 and why.
 */
int revocation_fetch(const struct uri *uri, const char *interface, struct revocation_fetched *out);
void revocation_fetched_free(struct revocation_fetched *f);

/* revocation_check.c: "trustgate revocation check", its own name and what follows. */
int revocation_check(struct ctl *ctl, int argc, char **argv);

#endif /* TRUSTGATE_CTL_REVOCATION_H */
