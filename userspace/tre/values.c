// SPDX-License-Identifier: GPL-2.0-or-later
#include "tre/values.h"

#include "tre/internal.h"

size_t tre_policy_values(const struct tre_policy *policy, unsigned int pcr,
			 const uint8_t (**values)[TRE_DIGEST_LEN])
{
	const struct tre_allowed *a = &policy->pcr[pcr];

	*values = (const uint8_t (*)[TRE_DIGEST_LEN])a->values;
	return a->line ? a->n : 0;
}
