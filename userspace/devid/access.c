// SPDX-License-Identifier: GPL-2.0-or-later
#include "devid/access.h"

#include <string.h>
#include <strings.h>

#define TAC_DIGITS	8

static uint32_t tac_of(const char *imei)
{
	uint32_t tac = 0;

	for (int i = 0; i < TAC_DIGITS; i++)
		tac = tac * 10 + (uint32_t)(imei[i] - '0');
	return tac;
}

static int find_client(const struct devid_config *c, const char *const *names, size_t n)
{
	for (size_t i = 0; i < c->nclients; i++)
		for (size_t k = 0; k < n; k++)
			if (!strcasecmp(c->clients[i].name, names[k]))
				return (int)i;
	return -1;
}

/* All ranges are looked at, so that it takes as long whether one fits or not. */
bool access_allows(const struct devid_config *c, const char *const *names, size_t n,
		   enum devid_verb verb, const char *imei, int *client)
{
	uint32_t tac = tac_of(imei);
	bool allowed = false;

	*client = find_client(c, names, n);
	for (size_t i = 0; i < c->nranges; i++) {
		const struct access_range *r = &c->ranges[i];

		allowed |= (int)r->client == *client && r->verb == verb && tac >= r->from && tac <= r->to;
	}
	return allowed;
}
