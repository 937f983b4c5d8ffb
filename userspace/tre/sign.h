/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IKE key, and what it takes to use it: for AUTH, and for its certificate's request. */
#ifndef TRUSTGATE_TRE_SIGN_H
#define TRUSTGATE_TRE_SIGN_H

#include "tre/approval.h"

struct tre_ike {
	ESYS_TR key, session;
	TPMT_PUBLIC public;
};

/* It is there, and what it has to be (HNB-TRE-05). Close @ike in either case. */
bool tre_ike_open(struct tre_session *s, struct tre_ike *ike, struct tre_result *result);
/*
 * A session in which it signs once: by password, or, where the key obeys approvals, by
 * @a; NULL: there is none.
 */
bool tre_ike_use(struct tre_session *s, struct tre_ike *ike, const struct tre_approval *a,
		 struct tre_result *result);
void tre_ike_close(struct tre_session *s, struct tre_ike *ike);

/* Is @pub a key that signs only what @authority approved? */
bool tre_ike_bound(const TPMT_PUBLIC *pub, const struct tre_vendor *authority,
		   struct tre_result *result);

/*
 * HNB-TRE-09: the signature of AUTH, by one TPM2_Sign of @digest, ECDSA-Sig-Value in DER;
 * NULL: none. @spki: the key, SubjectPublicKeyInfo. Each is for OPENSSL_free().
 */
struct tre_auth {
	uint8_t *sig, *spki;
	size_t sig_len, spki_len;
};

bool tre_auth_sign(struct tre_session *s, const struct tre_approval *a, const uint8_t *digest,
		   struct tre_auth *out, struct tre_result *result);

#endif /* TRUSTGATE_TRE_SIGN_H */
