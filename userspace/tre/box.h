/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is what the box used in IKE what its TPM holds? */
#ifndef TRUSTGATE_TRE_BOX_H
#define TRUSTGATE_TRE_BOX_H

#include "tre/vendor.h"
#include "tre/verify.h"

/*
 * HNB-TRE-04: the TPM's identity is locked, is @id, as whom the box authenticated, and
 * is a dNSName of @cert, by which it did. HNB-AUTH-07: of the @operator, or of the vendor.
 */
bool tre_box_identity(struct tre_session *s, bool operator, const char *id, struct tre_der cert,
		      struct tre_result *result);

/*
 * HNB-TRE-05, -09: the IKE key was made in the TPM and can't leave it, and is the one
 * of @cert, and signs only in states that @authority (NULL: anyone, or no one) approved.
 * Then there is no other copy of it, and whoever signed AUTH was the TPM.
 */
bool tre_box_key(struct tre_session *s, struct tre_der cert, const struct tre_vendor *authority,
		 struct tre_result *result);

#endif /* TRUSTGATE_TRE_BOX_H */
