/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a TLS client is by its certificate. */
#ifndef TRUSTGATE_DEVID_CLIENT_NAMES_H
#define TRUSTGATE_DEVID_CLIENT_NAMES_H

#include <stddef.h>

#define CLIENT_NAMES_MAX	8

struct client_names {
	char *name[CLIENT_NAMES_MAX];
	size_t n;
};

/*
 * The DNS names in the certificate of @session (a gnutls_session_t), if it is by a CA that
 * the server trusts, valid now, and for clients. None otherwise.
 */
void client_names_get(void *session, struct client_names *out);
void client_names_free(struct client_names *names);

#endif /* TRUSTGATE_DEVID_CLIENT_NAMES_H */
