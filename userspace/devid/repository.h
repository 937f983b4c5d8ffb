/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The repository of bindings: what is answered to whom, without HTTP. Whoever may not know
 * gets the answer of a binding that is not there, and it takes as long (DID-X-P6).
 */
#ifndef TRUSTGATE_DEVID_REPOSITORY_H
#define TRUSTGATE_DEVID_REPOSITORY_H

#include "devid/access.h"
#include "devid/store.h"

#define REPOSITORY_TEXT_MAX	(DEVID_TEXT_MAX + 80)

struct repository {
	const struct devid_config *config;	/* NULL: whoever opened the store may do all */
	struct store *store;
	EVP_PKEY *key;				/* signs the records */
	uint8_t log_key[32];			/* random, of this process alone */
};

struct repository_answer {
	unsigned int status;		/* of HTTP */
	bool record;			/* the body is one; else text for a person */
	int64_t generation;
	uint8_t body[DEVID_RECORD_MAX];
	size_t len;
	char log[128];			/* for the log: verb, client, pseudonym, outcome */
};

/* False: no random numbers. */
bool repository_init(struct repository *r, const struct devid_config *config, struct store *store,
		     EVP_PKEY *key);

/* @names: the DNS names of the client's certificate, which was verified; none: there is none. */
void repository_handle(struct repository *r, const char *const *names, size_t nnames,
		       const uint8_t *request, size_t len, int64_t now, struct repository_answer *a);

/* The same for a request that is decoded and allowed. */
void repository_do(struct repository *r, const struct devid_request *request, int64_t now,
		   struct repository_answer *a);

/* Stands for @imei in this process' log; PRIV-02. */
void repository_pseudonym(const struct repository *r, const char *imei, char out[17]);

/* MHD around it, until SIGTERM or SIGINT. 0, or 1 with why in @err. */
int repository_serve(const struct devid_config *config, char *err, size_t errlen);

#endif /* TRUSTGATE_DEVID_REPOSITORY_H */
