/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the computed policies and the TPM's session for them share. */
#ifndef TRUSTGATE_TRE_ANCHOR_NV_H
#define TRUSTGATE_TRE_ANCHOR_NV_H

#include "tre/anchor.h"
#include "tre/keys.h"

/* The index as it is defined. */
void tre_anchor_public(const struct tre_vendor *vendor, TPMS_NV_PUBLIC *out);
/* Of TPM2_NV_Write of @a into the index, @written before or not. */
bool tre_anchor_cphash(const struct tre_vendor *vendor, const struct tre_anchor *a, bool written,
		       TPM2B_DIGEST *out);

#endif /* TRUSTGATE_TRE_ANCHOR_NV_H */
