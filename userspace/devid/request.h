/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the repository is asked over HTTPS: the body of POST /v1/binding, deterministic
 * CBOR. The IMEI is in the body, since an address ends in logs. Pure.
 *
 *	[1, verb, solution, IMEI]				query (1), withdraw (3)
 *	[1, 2, solution, IMEI, replace, certificate or key, ca?]	publish
 */
#ifndef TRUSTGATE_DEVID_REQUEST_H
#define TRUSTGATE_DEVID_REQUEST_H

#include "devid/binding.h"

#define DEVID_REQUEST_MAX	(2 * DEVID_CERT_MAX + 128)
#define DEVID_REQUEST_TYPE	"application/vnd.trustgate.devid-request+cbor"
#define DEVID_RECORD_TYPE	"application/vnd.trustgate.devid-binding+cbor"
#define DEVID_REQUEST_PATH	"/v1/binding"
/* In every answer: how often a binding was changed that was there. FFS-10's push. */
#define DEVID_GENERATION_HEADER	"Trustgate-Generation"

enum devid_verb { DEVID_VERB_NONE, DEVID_QUERY, DEVID_PUBLISH, DEVID_WITHDRAW };

struct devid_request {
	enum devid_verb verb;
	enum devid_solution solution;
	char imei[DEVID_IMEI_MAX + 1];
	bool replace;			/* publish: also in the place of one that is there */
	struct pki_der subject, ca;	/* publish: certificate (x) or key (y); x: or none */
};

/* Octets written, 0 when it does not fit. */
size_t devid_request_encode(const struct devid_request *r, uint8_t out[DEVID_REQUEST_MAX]);

/* @r points into @data. False with @result set, and @r zeroed. The IMEI is well-formed. */
bool devid_request_decode(const uint8_t *data, size_t len, struct devid_request *r,
			  struct devid_result *result);

#endif /* TRUSTGATE_DEVID_REQUEST_H */
