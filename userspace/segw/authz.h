/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May this identity connect (FFS-06, SGW-AAA)? Separate from, and in addition to,
 * revocation. The identity is the one of the certificate's subjectAltName, never an
 * IDi that nothing has proven. Pure: files and sockets are the caller's.
 */
#ifndef TRUSTGATE_SEGW_AUTHZ_H
#define TRUSTGATE_SEGW_AUTHZ_H

#include "pki/pki.h"
#include "segw/radius.h"

#define AUTHZ_IDENTITY_MAX	253
#define AUTHZ_LIST_MAX		(64u << 20)	/* octets of an allow-list */

enum authz_mode { AUTHZ_NONE, AUTHZ_ALLOWLIST, AUTHZ_OCSP, AUTHZ_AAA };

struct authz_list;

struct authz_error {
	int line;
	char value[64];			/* printable ASCII */
	const char *rule, *remedy;
};

/*
 * An allow-list: one FQDN a line; blank lines and what follows a # are left out. The
 * whole list is refused when a line is no FQDN or is there twice, with the first such
 * line in @error: of two lines, deleting one would deny nobody. NULL then, or when
 * there is no memory. authz_list_free() takes it.
 */
struct authz_list *authz_list_parse(const char *text, size_t len, struct authz_error *error);
void authz_list_free(struct authz_list *list);
size_t authz_list_count(const struct authz_list *list);

/*
 * The FQDN @name as it is compared: lower case, no trailing dot. False unless it is
 * one: letters, digits, hyphens, at least two labels, no wildcard.
 */
bool authz_canonical(const char *name, size_t len, char out[AUTHZ_IDENTITY_MAX + 1]);

/* @list NULL: it could not be read, which allows nobody and denies nobody. */
void authz_by_list(const struct authz_list *list, const char *identity, int64_t now,
		   int64_t life_s, struct pki_result *result);

/*
 * What an OCSP answer of @class_name says of authorisation. Only a source flagged
 * carries_authz says anything; its "revoked" and "unknown" both deny, for at most
 * 60 s (SGW-AAA-03..05).
 */
void authz_by_ocsp(const struct pki_result *ocsp, bool carries_authz, int64_t now,
		   int64_t life_s, struct pki_result *result);

/* @rule: what radius_ask() returned; @reply counts only when that is NULL. */
void authz_by_radius(const char *rule, const struct radius_reply *reply, int64_t now,
		     int64_t life_s, struct pki_result *result);

#endif /* TRUSTGATE_SEGW_AUTHZ_H */
