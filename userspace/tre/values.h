/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reference policy allows of a PCR, for who knows only a quote's digest of them. */
#ifndef TRUSTGATE_TRE_VALUES_H
#define TRUSTGATE_TRE_VALUES_H

#include "tre/tre.h"

/* How many values @policy allows PCR @pcr, and *@values are they; 0: it has no line for it. */
size_t tre_policy_values(const struct tre_policy *policy, unsigned int pcr,
			 const uint8_t (**values)[TRE_DIGEST_LEN]);

#endif /* TRUSTGATE_TRE_VALUES_H */
