/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of the repository: HTTPS with a certificate of ours. */
#ifndef TRUSTGATE_DEVID_ASK_H
#define TRUSTGATE_DEVID_ASK_H

#include "devid/request.h"

struct ask_peer {
	const char *url;		/* https://NAME[:PORT], without a path */
	const char *ca;			/* PEM: who may have issued the repository's certificate */
	const char *cert, *key;		/* PEM */
	int timeout_ms;
};

struct ask_answer {
	long status;			/* of HTTP */
	bool record;			/* the body is one */
	int64_t generation;		/* -1: not told */
	uint8_t body[DEVID_RECORD_MAX + 1];	/* NUL behind it */
	size_t len;
};

struct ask;

/* Reads the files, so that later they need not be readable. NULL with why in @err. */
struct ask *ask_new(const struct ask_peer *peer, char *err, size_t errlen);
void ask_free(struct ask *ask);

/* False: there is no answer, and why in @err. */
bool ask_repository(struct ask *ask, const struct devid_request *request, struct ask_answer *answer,
		    char *err, size_t errlen);

#endif /* TRUSTGATE_DEVID_ASK_H */
