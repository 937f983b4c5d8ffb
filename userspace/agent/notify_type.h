/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FFS-01: numbers of the private range that others send in Notify payloads. A peer that
 * means one of theirs would have its words taken for INTEGRITY_INFO.
 */
#ifndef TRUSTGATE_NOTIFY_TYPE_H
#define TRUSTGATE_NOTIFY_TYPE_H

#include <stddef.h>
#include <stdint.h>

#define NOTIFY_3GPP	"taken: 3GPP TS 24.302 and TS 24.502 mean something else by it"

static const struct notify_taken {
	uint16_t first, last;
	const char *rule;
} notify_taken[] = {
	{ 40961, 40961, "taken: 3GPP TS 24.302, and strongSwan's USE_BEET_MODE" },
	{ 40962, 40968, "taken: strongSwan's mediation extension (ME_*)" },
	{ 40969, 40969, "taken: strongSwan's RADIUS_ATTRIBUTE" },
	{ 41041, 41041, NOTIFY_3GPP }, { 41050, 41051, NOTIFY_3GPP },
	{ 41101, 41101, "taken: DEVICE_IDENTITY of 3GPP TS 24.302" },
	{ 41112, 41112, NOTIFY_3GPP }, { 41134, 41134, NOTIFY_3GPP },
	{ 41288, 41288, NOTIFY_3GPP }, { 41304, 41304, NOTIFY_3GPP },
	{ 41501, 41501, NOTIFY_3GPP }, { 42011, 42011, NOTIFY_3GPP },
	{ 42014, 42015, NOTIFY_3GPP }, { 42017, 42017, NOTIFY_3GPP },
	{ 42020, 42020, NOTIFY_3GPP }, { 42094, 42095, NOTIFY_3GPP },
	{ 51015, 51015, NOTIFY_3GPP }, { 51115, 51115, NOTIFY_3GPP },
	{ 55501, 55507, NOTIFY_3GPP },
};

/* NULL: nobody is known to use it. */
static inline const char *notify_type_taken(uint32_t type)
{
	for (size_t i = 0; i < sizeof(notify_taken) / sizeof(notify_taken[0]); i++)
		if (type >= notify_taken[i].first && type <= notify_taken[i].last)
			return notify_taken[i].rule;
	return NULL;
}

#endif /* TRUSTGATE_NOTIFY_TYPE_H */
