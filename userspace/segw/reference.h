/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The set of PCR digests that a reference policy comes to, for appraise.c. */
#ifndef TRUSTGATE_SEGW_REFERENCE_H
#define TRUSTGATE_SEGW_REFERENCE_H

#include "segw/appraise.h"

struct appraise_reference {
	struct tre_policy *policy;
	uint32_t mask;
	size_t n;
	uint8_t (*digests)[TRE_DIGEST_LEN];	/* sorted */
};

bool appraise_reference_has(const struct appraise_reference *reference,
			    const uint8_t digest[TRE_DIGEST_LEN]);

#endif /* TRUSTGATE_SEGW_REFERENCE_H */
