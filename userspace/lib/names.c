// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of the numbers in the netlink spec, both ways. */
#include <errno.h>
#include <string.h>
#include <netlink/attr.h>
#include "trustgate.h"
#include "tables_gen.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const char *name_of(const char *const *names, size_t n, uint32_t v)
{
	return v < n && names[v] ? names[v] : "?";
}

static int parse(const char *const *names, size_t n, const char *name, uint32_t *v)
{
	for (size_t i = 0; i < n; i++) {
		if (names[i] && strcmp(names[i], name) == 0) {
			*v = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *tg_mode_name(uint32_t v)
{
	return name_of(tg_mode_names, COUNT(tg_mode_names), v);
}

const char *tg_state_name(uint32_t v)
{
	return name_of(tg_state_names, COUNT(tg_state_names), v);
}

const char *tg_reason_name(uint32_t v)
{
	return name_of(tg_reason_names, COUNT(tg_reason_names), v);
}

const char *tg_kind_name(uint32_t v)
{
	return name_of(tg_evidence_kind_names, COUNT(tg_evidence_kind_names), v);
}

const char *tg_result_name(uint32_t v)
{
	return name_of(tg_result_names, COUNT(tg_result_names), v);
}

const char *tg_role_name(uint32_t v)
{
	return name_of(tg_role_names, COUNT(tg_role_names), v);
}

const char *tg_event_name(uint32_t v)
{
	return name_of(tg_event_names, COUNT(tg_event_names), v);
}

const char *tg_direction_name(uint32_t v)
{
	return name_of(tg_direction_names, COUNT(tg_direction_names), v);
}

int tg_mode_parse(const char *name, uint32_t *v)
{
	return parse(tg_mode_names, COUNT(tg_mode_names), name, v);
}

int tg_kind_parse(const char *name, uint32_t *v)
{
	return parse(tg_evidence_kind_names, COUNT(tg_evidence_kind_names), name, v);
}
