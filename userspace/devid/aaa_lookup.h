/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the AAA front end finds out of an IMEI: from the repository, whose signature it checks,
 * or, when that is configured, from what it was told less than an hour ago (FFS-10).
 */
#ifndef TRUSTGATE_DEVID_AAA_LOOKUP_H
#define TRUSTGATE_DEVID_AAA_LOOKUP_H

#include "devid/ask.h"

struct aaa;

struct aaa_limits {
	uint32_t cache_s;		/* 0: off */
	uint32_t recheck_s;		/* no answer from the cache without having asked for so long */
};

/* Asks the repository: as ask_repository(). */
typedef bool aaa_ask_fn(void *arg, const struct devid_request *request, struct ask_answer *answer,
			char *err, size_t errlen);

/* @key verifies the records, and is used while it lives, as @arg is. NULL: no memory. */
struct aaa *aaa_new(EVP_PKEY *key, const struct aaa_limits *limits, aaa_ask_fn *ask, void *arg);
void aaa_free(struct aaa *aaa);

/*
 * The record of @imei, in @record of DEVID_RECORD_MAX: its length, and DEVID_GOOD in
 * @result; else 0. @now_s is of a clock that is never set. @cached: nobody was asked.
 */
size_t aaa_lookup(struct aaa *aaa, enum devid_solution solution, const char *imei, int64_t now_s,
		  uint8_t *record, bool *cached, struct devid_result *result);

#endif /* TRUSTGATE_DEVID_AAA_LOOKUP_H */
