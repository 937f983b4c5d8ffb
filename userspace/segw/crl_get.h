/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list that a H(e)NB's certificate points to (SGW-REV-06): wanted by a check, fetched
 * by one confined process, looked at by another, and put into the store by who may
 * write there. Who talks to the network judges nothing, and who judges has none.
 */
#ifndef TRUSTGATE_SEGW_CRL_GET_H
#define TRUSTGATE_SEGW_CRL_GET_H

#include "segw/crlstore.h"
#include "segw/pointers.h"

struct segw_world;

#define CRL_GET_MAX	(64u << 20)	/* octets of a list that is fetched so */

/* Plain data, from a check whose path is good. */
struct crl_want {
	char uri[URI_MAX + 1];			/* empty: none is wanted */
	char name[CRLSTORE_NAME_ROOM];		/* of the file, without the list's scope */
	uint32_t class;				/* enum rev_class */
	int32_t issuer;				/* of the peer's certificates; -1: the anchor */
};

/* Where the one leaves it for the other. */
struct crl_got {
	uint64_t len;
	uint8_t data[CRL_GET_MAX];
};

/*
 * Fetch @want into @got, within @ms: PKI_GOOD, or why not. Host and port are held
 * against @policy again, and each address when it is connected to.
 */
void crl_get_fetch(const struct crl_want *want, const struct pointer_policy *policy,
		   const char *interface, uint32_t ms, struct crl_got *got,
		   struct pki_result *result);

/*
 * Whether @crl, of @issuer, may take the place of the list in @w with the same scope at
 * @now: PKI_GOOD, with the rules of crlstore_succession(). @want->name becomes that of the
 * file for a list of that scope.
 */
void crl_get_judge(const struct segw_world *w, struct crl_want *want, struct pki_der crl,
		   struct pki_der issuer, const struct pki_crl_policy *policy, int64_t now,
		   struct pki_result *result);

#endif /* TRUSTGATE_SEGW_CRL_GET_H */
